// Words: both languages whole, particles that fit, dates in words, and no markup
// made from text anywhere in the sources.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ago, dateInWords, timeInWords } from '../src/dates'
import { fill } from '../src/fill'
import { withParticle } from '../src/particle'
import { isKnown, say } from '../src/problems'
import { has, languages, spoken } from '../src/words'

const root = join(import.meta.dirname, '..')
const inGo = (name: string) => JSON.parse(readFileSync(join(root, '../app/internal/words', name), 'utf8')) as unknown
const particles = inGo('testdata/particles.json') as string[][]
const actions = inGo('actions.json') as Record<string, string>
const ko = spoken('ko')!
const en = spoken('en')!

test.each(particles)('%s takes the particles that fit, as in Go', (word, ...want) => {
  expect(['을/를', '이/가', '은/는', '과/와', '(으)로'].map((p) => withParticle(word!, p))).toEqual(want)
})

describe('fill', () => {
  test('a value is never read as a placeholder', () => {
    expect(fill(en, '{a} and {b}, {c} {', { a: '{b}', b: '$& {a}' })).toBe('{b} and $& {a}, {c} {')
  })
  test('a name from the prototype is no value', () => {
    expect(fill(ko, '{constructor}', {})).toBe('{constructor}')
  })
  test('NAVER has its Korean name, and the particle that fits it', () => {
    expect(fill(ko, '{provider}(으)로', { provider: 'NAVER' })).toBe('네이버로')
    expect(fill(en, '{provider}', { provider: 'NAVER' })).toBe('NAVER')
  })
})

test.each(Object.keys(languages))('%s has a file for the window, and says there what its file for Go says', (tag) => {
  expect(has(tag), `src/words/${tag}.ts is missing`).toBe(true)
  const w = spoken(tag)!
  const go = inGo(`${tag}.json`) as { name: string; actions: Record<string, string>; problems: Record<string, { happened: string; next?: string }> }
  expect(languages[tag]).toBe(go.name)
  for (const [code, action] of Object.entries(actions)) {
    // Said by the browser's pages and by native windows, and by no screen.
    const elsewhere =
      /^(signin_(replaced|done)|(state|browser)_mismatch|cookies_blocked|no_(display|home)|running_(elsewhere|far)|not_answering|webview_missing)$/.test(code)
    expect(isKnown(w, code), code).toBe(!elsewhere)
    if (elsewhere) continue
    const { happened, next = '' } = go.problems[code]!
    expect(say(w, code), code).toEqual({ happened: fill(w, happened, {}), next: fill(w, next, {}), button: go.actions[action], action })
  }
})

test('an unknown code reads as internal', () => {
  expect(say(en, 'toString')).toEqual(say(en, 'internal'))
})

test('one minute is singular', () => {
  expect(['1', '2', '11'].map((minutes) => say(en, 'rate_limited', { minutes }).next)).toEqual([
    'Try again in 1 minute.',
    'Try again in 2 minutes.',
    'Try again in 11 minutes.',
  ])
  expect(say(ko, 'rate_limited', { minutes: '1' }).next).toBe('1분 뒤에 다시 시도하세요.')
})

test("a date in a sentence is in words, and a time on the person's own clock", () => {
  const date = new Date(2026, 11, 24).toISOString()
  expect(say(en, 'rename_too_soon', { date }).happened).toMatch(/from 24 December( 2026)?$/)
  expect(say(ko, 'rename_too_soon', { date }).happened).toMatch(/^(2026년 )?12월 24일부터/)
  const time = new Date(2026, 11, 24, 14, 5).toISOString()
  expect(say(en, 'rate_limited_until', { time }).next).toBe('Try again at 14:05.')
  expect(say(ko, 'rate_limited_until', { time }).next).toBe('14:05에 다시 시도하세요.')
})

test('a wrong setting is said with its place', () => {
  const params = { name: 'MUNPAE_THEME', reason: 'choice', place: 'line', file: '/p/.env', line: '3' }
  expect(say(ko, 'settings_invalid', params).happened).toBe('설정 MUNPAE_THEME이 잘못되었습니다: 고를 수 없는 값입니다 (/p/.env 3번째 줄).')
  expect(say(en, 'settings_invalid', { ...params, place: 'environment' }).happened).toBe(
    'The setting MUNPAE_THEME is wrong: not one of the choices (the environment).',
  )
})

test('dates in words', () => {
  const now = new Date(2026, 10, 24, 13, 5).getTime()
  const next = new Date(2027, 0, 2, 9, 7).getTime()
  expect(dateInWords(ko.locale, new Date(2026, 11, 24).getTime(), now)).toBe('12월 24일')
  expect(dateInWords(en.locale, new Date(2026, 11, 24).getTime(), now)).toBe('24 December')
  expect(dateInWords(ko.locale, next, now)).toBe('2027년 1월 2일')
  expect(timeInWords(en.locale, next, now)).toBe('2 January 2027 09:07')
  expect(timeInWords(ko.locale, new Date(2026, 10, 24, 0, 7).getTime(), now)).toBe('11월 24일 00:07')
  expect(ago(ko.locale, now - 3 * 86_400_000, now)).toBe('3일 전')
  expect(ago(en.locale, now - 86_400_000, now)).toBe('1 day ago')
  expect(ago(en.locale, now - 3_600_000 * 2, now)).toBe('2 hours ago')
  expect(ago(ko.locale, now - 59_000, now)).toBeNull()
  expect(ago(ko.locale, now + 86_400_000, now)).toBeNull()
})

// Every text of a dictionary, its functions called with letters.
function texts(of: unknown, at: string): [string, string][] {
  if (['locale', 'said', 'called', 'withParticle'].includes(at)) return []
  if (typeof of === 'string') return [[at, of]]
  if (typeof of === 'function') return texts(of(...(at === 'minutesLeft' ? [3] : ['X', 'Y'])), at)
  return Object.entries(of as object).flatMap(([k, v]) => texts(v, at ? `${at}.${k}` : k))
}

test.each(Object.keys(languages))('%s has every text, and none is empty or left in another language', (tag) => {
  const all = texts(spoken(tag)!, '')
  expect(all.map(([k]) => k).sort()).toEqual(
    texts(ko, '')
      .map(([k]) => k)
      .sort(),
  )
  for (const [k, t] of all) {
    expect(t, k).not.toBe('')
    expect(/[가-힣]/.test(t), `${k}: ${t}`).toBe(tag === 'ko')
  }
})

test('the words of the sign-in buttons', () => {
  expect(ko.signInWith('NAVER')).toBe('네이버로 로그인')
  expect(en.signInWith('NAVER')).toBe('Log in with NAVER')
  expect(ko.signInWith('Keycloak')).toBe('Keycloak으로 로그인')
  expect(ko.signInWith('구글')).toBe('구글로 로그인')
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
