// Words: both languages whole, particles that fit, dates in words, and no markup
// made from text anywhere in the sources.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ago, dateInWords, timeInWords } from '../src/dates'
import { fill, withParticle } from '../src/particle'
import { say } from '../src/problems'
import { words } from '../src/words'

const root = join(import.meta.dirname, '..')
const particles = JSON.parse(readFileSync(join(root, '../app/internal/app/testdata/particles.json'), 'utf8')) as string[][]
const problems = JSON.parse(readFileSync(join(root, '../app/internal/app/problems.json'), 'utf8')) as Record<
  string,
  Record<'ko' | 'en', { happened: string; next: string; button: string }>
>

test.each(particles)('%s takes the particles that fit, as in Go', (word, ...want) => {
  expect(['을/를', '이/가', '은/는', '과/와', '(으)로'].map((p) => withParticle(word!, p))).toEqual(want)
})

describe('fill', () => {
  test('a value is never read as a placeholder', () => {
    expect(fill('{a} and {b}, {c} {', { a: '{b}', b: '$& {a}' }, false)).toBe('{b} and $& {a}, {c} {')
  })
  test('a name from the prototype is no value', () => {
    expect(fill('{constructor}', {}, true)).toBe('{constructor}')
  })
})

test.each(Object.keys(problems))('%s says in the window what problems.json says', (code) => {
  for (const l of ['ko', 'en'] as const) {
    const said = say(l, code)
    expect([said.happened, said.next, said.button]).toEqual([problems[code]![l].happened, problems[code]![l].next, problems[code]![l].button])
  }
})

test('an unknown code reads as internal', () => {
  expect(say('en', 'toString')).toEqual(say('en', 'internal'))
})

test('one minute is singular', () => {
  expect(['1', '2', '11'].map((minutes) => say('en', 'rate_limited', { minutes }).next)).toEqual([
    'Try again in 1 minute.',
    'Try again in 2 minutes.',
    'Try again in 11 minutes.',
  ])
})

test('a date in a sentence is in words', () => {
  const at = new Date(2026, 11, 24).toISOString()
  expect(say('en', 'rename_too_soon', { date: at }).happened).toMatch(/from 24 December( 2026)?$/)
  expect(say('ko', 'rename_too_soon', { date: at }).happened).toMatch(/^(2026년 )?12월 24일부터/)
})

test('dates in words', () => {
  const now = new Date(2026, 10, 24, 13, 5).getTime()
  const next = new Date(2027, 0, 2, 9, 7).getTime()
  expect(dateInWords('ko', new Date(2026, 11, 24).getTime(), now)).toBe('12월 24일')
  expect(dateInWords('en', new Date(2026, 11, 24).getTime(), now)).toBe('24 December')
  expect(dateInWords('ko', next, now)).toBe('2027년 1월 2일')
  expect(timeInWords('en', next, now)).toBe('2 January 2027 09:07')
  expect(ago('ko', now - 3 * 86_400_000, now)).toBe('3일 전')
  expect(ago('en', now - 86_400_000, now)).toBe('1 day ago')
  expect(ago('en', now - 3_600_000 * 2, now)).toBe('2 hours ago')
  expect(ago('ko', now - 59_000, now)).toBeNull()
  expect(ago('ko', now + 86_400_000, now)).toBeNull()
})

// Every text of a dictionary, its functions called with letters.
function texts(of: unknown, at: string): [string, string][] {
  if (typeof of === 'string') return [[at, of]]
  if (typeof of === 'function') return texts(of(...(at === 'minutesLeft' ? [3] : ['X', 'Y'])), at)
  return Object.entries(of as object).flatMap(([k, v]) => texts(v, at ? `${at}.${k}` : k))
}

test('both languages have the same texts, and none is empty or left in the other', () => {
  const ko = texts(words.ko, '')
  const en = texts(words.en, '')
  expect(en.map(([k]) => k).sort()).toEqual(ko.map(([k]) => k).sort())
  for (const [k, t] of [...ko, ...en]) expect(t, k).not.toBe('')
  for (const [k, t] of en) expect(/[가-힣]/.test(t), `${k}: ${t}`).toBe(false)
  for (const [k, t] of ko) if (k !== 'called') expect(/[가-힣]/.test(t), `${k}: ${t}`).toBe(true)
})

test('the words of the sign-in buttons', () => {
  expect(words.ko.signInWith('NAVER')).toBe('네이버로 로그인')
  expect(words.en.signInWith('NAVER')).toBe('Log in with NAVER')
  expect(words.ko.signInWith('Keycloak')).toBe('Keycloak으로 로그인')
  expect(words.ko.signInWith('구글')).toBe('구글로 로그인')
})

function sources(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((f) => (f.isDirectory() ? sources(join(dir, f.name)) : [join(dir, f.name)]))
}

test('NK-14, WV: no source makes markup from text, leaves the page, or fetches beside the bridge', () => {
  for (const file of [...sources(join(root, 'src')), join(root, 'index.html')]) {
    const code = readFileSync(file, 'utf8')
    expect(code, file).not.toMatch(
      /\{@html|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|<iframe|<a[\s>]|target=|window\.open|localStorage|sessionStorage|document\.cookie|\sstyle=|<style/,
    )
    if (!file.endsWith('bridge.ts')) expect(code, file).not.toMatch(/window\.go\b|\.runtime\b|EventsOn|XMLHttpRequest|fetch\(|sendBeacon|WebSocket/)
  }
})
