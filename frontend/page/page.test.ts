// What eyes and hands need of every screen, in a real browser: app/docs/contributing.md.
// quick.test.ts asks the first part of it of one look.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { beyond, chromium, findings, keep, names, open, small, unwritten } from './checks'
import { contrast, type Shown } from './chromium'

beforeAll(open)
afterAll(() => chromium.close())

// Every screen, Korean by day and English at night.
const sights = names.flatMap((scene) => [{ scene, language: 'ko', theme: 'light' } as const, { scene, language: 'en', theme: 'dark' } as const])
// quick.test.ts has seen the Korean ones.
const english = sights.filter((s) => s.language === 'en')

describe('axe finds nothing', () => {
  test.each(english)('on $scene, $language, $theme', async (shown) => {
    await chromium.show(shown)
    expect(await findings()).toEqual([])
    expect(await unwritten()).toEqual([])
  })
  test.each(names)('on %s in a window of 320 by 256', async (scene) => {
    await chromium.show({ scene, width: 320, height: 256 })
    expect(await findings()).toEqual([])
  })
  test.each(names)('on %s with more contrast', async (scene) => {
    await chromium.show({ scene, theme: 'dark', media: { 'prefers-contrast': 'more' } })
    expect(await findings()).toEqual([])
  })
})

describe('at 320 pixels nothing is cut off and nothing scrolls sideways', () => {
  test.each(english)('on $scene, $language', async (shown) => {
    await chromium.show({ ...shown, width: 320, height: 640 })
    await keep(`320-${shown.scene}-${shown.language}`)
    expect(await beyond()).toEqual([])
  })
})

// The focus, as WCAG 2.2, 2.4.13 measures it: what changes with it is as much as a line of two
// pixels along the control's edge, rounded corners included, and each of these pixels differs
// by 3:1 from what it was without the focus. And to the eye it is a line: where it has the
// colour of the control, there is something else between the two.
async function ring(what: string): Promise<string[]> {
  const r = await chromium.ask<{ x: number; y: number; width: number; height: number; radius: number; name: string } | null>(`(async () => {
    const e = document.activeElement
    if (!e || e === document.body) return null
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
    const { x, y, width, height } = e.getBoundingClientRect()
    return { x, y, width, height, radius: parseFloat(getComputedStyle(e).borderRadius), name: e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent.trim() }
  })()`)
  if (!r) return [`${what}: nothing has the focus`]
  if (!r.name) return [`${what}: a stop without a name`]
  const focused = await chromium.picture()
  await chromium.ask(`(window.ours = document.activeElement).blur()`)
  const plain = await chromium.picture()
  await chromium.ask(`ours.focus({ preventScroll: true })`)
  let changed = 0
  for (let y = Math.max(0, Math.floor(r.y) - 6); y < Math.min(focused.height, r.y + r.height + 6); y++)
    for (let x = Math.max(0, Math.floor(r.x) - 6); x < Math.min(focused.width, r.x + r.width + 6); x++)
      if (contrast(focused.at(x, y), plain.at(x, y)) >= 3) changed++
  const corner = Math.min(r.radius, r.height / 2, r.width / 2)
  const least = 2 * (2 * (r.width + r.height) - (8 - 2 * Math.PI) * corner)
  const [middle, top] = [Math.floor(r.x + r.width / 2), Math.floor(r.y)]
  const own = focused.at(middle, top + 4)
  const outwards = [1, 2, 3, 4, 5, 6].map((n) => focused.at(middle, Math.max(0, top - n)))
  const line = outwards.findIndex((c, n) => contrast(c, plain.at(middle, Math.max(0, top - n - 1))) >= 3)
  if (line >= 0 && contrast(outwards[line]!, own) < 3 && !outwards.slice(0, line).some((c) => contrast(c, outwards[line]!) >= 3))
    return [`${what}, ${r.name}: only looks larger`]
  return changed >= least ? [] : [`${what}, ${r.name}: ${changed} pixels change by 3:1, ${Math.ceil(least)} are an edge of two`]
}

// stops is the controls in the order of the keyboard, from the screen's beginning until they come around.
async function walk(each: (n: number) => Promise<void>): Promise<string[]> {
  const seen: string[] = []
  for (let n = 0; n < 80; n++) {
    await chromium.press('Tab')
    const which = await chromium.ask<string>(`(() => { const e = document.activeElement
      return e === document.body ? '' : e.tagName + [...document.querySelectorAll('button, input, select, pre, a')].indexOf(e) })()`)
    if (which === seen[0] || which === '') break
    seen.push(which)
    await each(n)
  }
  return seen
}

describe('the keyboard comes to every control, and the focus is seen', () => {
  test.each(sights)('on $scene, $language, $theme', async (shown) => {
    await chromium.show(shown)
    const wrong: string[] = []
    const seen = await walk(async (n) => {
      if (n === 1) await keep(`focus-${shown.scene}-${shown.language}`)
      wrong.push(...(await ring(`stop ${n + 1}`)))
    })
    expect(wrong).toEqual([])
    // A group of radio buttons is one stop.
    const controls = await chromium.ask<number>(`(() => {
      const within = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document
      return [...within.querySelectorAll('button:enabled, input:not(:disabled), select')].filter(e => e.checkVisibility() && !(e.type === 'radio' && !e.checked)).length })()`)
    expect(seen.length).toBe(controls)
  })
})

const forced: Shown['media'] = { 'forced-colors': 'active' }
describe('colours that the desktop forces', () => {
  test.each(names)('leave every control an edge, a focus and legible words on %s', async (scene) => {
    for (const theme of ['light', 'dark'] as const) {
      await chromium.show({ scene, theme, media: forced })
      await keep(`forced-${scene}-${theme}`)
      expect(await findings()).toEqual([])
      const wrong: string[] = []
      const bare = await chromium.ask<string[]>(`[...document.querySelectorAll('button, input, select')].filter(e => e.checkVisibility())
        .filter(e => { const s = getComputedStyle(e); return parseFloat(s.borderTopWidth) < 1 || s.borderTopStyle === 'none' || s.borderTopColor === s.backgroundColor || s.borderTopColor === getComputedStyle(document.body).backgroundColor })
        .map(e => e.className + ' ' + e.textContent.trim())`)
      expect(bare, theme).toEqual([])
      if (theme === 'light') await walk(async (n) => void wrong.push(...(await ring(`stop ${n + 1}`))))
      expect(wrong).toEqual([])
    }
  })
  test('a phase that is over or now differs from one to come', async () => {
    await chromium.show({ scene: 'open', media: forced })
    const colours = await chromium.ask<string[]>(`[...document.querySelectorAll('.progress i')].map(e => getComputedStyle(e).backgroundColor)`)
    expect(colours[1]).not.toBe(colours[2])
  })
})

test('more contrast makes words black on white, or white on black', async () => {
  for (const [theme, wall, ink] of [
    ['light', 'rgb(255, 255, 255)', 'rgb(0, 0, 0)'],
    ['dark', 'rgb(0, 0, 0)', 'rgb(255, 255, 255)'],
  ] as const) {
    await chromium.show({ scene: 'home', theme, media: { 'prefers-contrast': 'more' } })
    await keep(`contrast-home-${theme}`)
    const said = await chromium.ask<string[]>(
      `[...document.querySelectorAll('.who, .who *')].filter(e => e.checkVisibility() && !e.matches('.pill, svg, svg *')).map(e => getComputedStyle(e).color)`,
    )
    expect(new Set(said)).toEqual(new Set([ink]))
    expect((await chromium.picture()).at(6, 670).join()).toBe(wall.match(/\d+/g)!.join())
  }
})

test('where less motion is wished for nothing moves, and where it is not things do', async () => {
  const moving = `document.getAnimations().length + [...document.querySelectorAll('*')].filter(e => getComputedStyle(e).transitionDuration.split(',').some(d => parseFloat(d) > 0)).length`
  for (const scene of ['opening', 'home', 'signed_out']) {
    await chromium.show({ scene, media: { 'prefers-reduced-motion': 'no-preference' } })
    expect(await chromium.ask<number>(moving), scene).toBeGreaterThan(0)
    await chromium.show({ scene })
    expect(await chromium.ask<number>(moving), scene).toBe(0)
  }
})

test.each(english)('what is pressed is 44 pixels high and wide on $scene, $language', async (shown) => {
  await chromium.show(shown)
  expect(await small()).toEqual([])
})

// WCAG 2.2, 1.4.3: NAVER's green carries letters of 14 points and bold, and no smaller ones.
test.each([
  [440, 680],
  [320, 256],
  [380, 380],
])("NAVER's button has letters that are large by WCAG's measure at %d by %d", async (width, height) => {
  await chromium.show({ scene: 'signed_out', width, height })
  const [size, weight] = await chromium.ask<number[]>(
    `(s => [parseFloat(s.fontSize), +s.fontWeight])(getComputedStyle(document.querySelector('.provider.naver')))`,
  )
  expect(size).toBeGreaterThanOrEqual((14 * 4) / 3)
  expect(weight).toBeGreaterThanOrEqual(700)
})

test('Escape closes the form of keys, and the focus is where it was opened', async () => {
  await chromium.show({ scene: 'setup_form' })
  expect(await chromium.ask(`document.activeElement.id`)).toBe('keys-id')
  await chromium.press('Escape')
  expect(await chromium.ask(`[document.activeElement.textContent.trim(), document.querySelectorAll('form').length]`)).toEqual(['네이버 키 입력', 0])
  await chromium.press('Enter')
  expect(await chromium.ask(`document.activeElement.id`)).toBe('keys-id')
})

test.each([
  [440, 680],
  [380, 560],
  [320, 256],
])('"Copied" covers no button at %d by %d', async (width, height) => {
  for (const [scene, button] of [
    ['device', '코드 복사'],
    ['opening', '주소 복사'],
  ]) {
    await chromium.show({ scene: scene!, width, height })
    const covered = await chromium.ask<string[]>(`(async () => {
      const button = [...document.querySelectorAll('button')].find(b => b.textContent.trim() === '${button}')
      button.focus()
      button.click()
      const toast = document.querySelector('.toast')
      while (!toast.textContent) await new Promise(requestAnimationFrame)
      const t = toast.getBoundingClientRect()
      return [...document.querySelectorAll('button')].filter(b => { const r = b.getBoundingClientRect(); return r.left < t.right && r.right > t.left && r.top < t.bottom && r.bottom > t.top }).map(b => b.textContent.trim())
    })()`)
    expect(covered, scene).toEqual([])
  }
})

test('Escape cancels a wait', async () => {
  for (const scene of ['opening', 'device']) {
    await chromium.show({ scene })
    await chromium.ask(`window.pressed = []; addEventListener('click', e => pressed.push(e.target.textContent.trim()))`)
    await chromium.press('Escape')
    expect(await chromium.ask(`pressed`), scene).toEqual(['취소'])
  }
})
