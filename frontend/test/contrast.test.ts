import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

// WCAG 2.2, 1.4.3, from the style sheet itself.
const css = readFileSync('src/app.css', 'utf8')

function luminance(hex: string): number {
  const full = hex.length === 4 ? hex.replace(/[^#]/g, '$&$&') : hex
  const [r, g, b] = [1, 3, 5].map((i) => {
    const v = parseInt(full.slice(i, i + 2), 16) / 255
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}

function ratio(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)]
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
}

function named(name: string, theme: 0 | 1): string {
  return new RegExp(`--${name}: light-dark\\((#\\w+), (#\\w+)\\)`).exec(css)![theme + 1]!
}

for (const [theme, name] of [
  [0, 'light'],
  [1, 'dark'],
] as const) {
  test(`what is written can be read, ${name}`, () => {
    for (const ink of ['ink', 'soft', 'accent', 'good', 'bad'])
      for (const ground of ['wall', 'paper', 'tint'])
        expect.soft(ratio(named(ink, theme), named(ground, theme)), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5)
    expect(ratio(named('on-accent', theme), named('accent', theme))).toBeGreaterThanOrEqual(4.5)
  })

  test(`the carved name can be read on the wood, ${name}`, () => {
    const ink = /\.board \{[^}]*?\n {2}color: (#\w+);/.exec(css)![1]!
    const wood = [.../linear-gradient\(176deg.*/.exec(css)![0].matchAll(/light-dark\((#\w+), (#\w+)\)/g)].map((m) => m[theme + 1]!)
    expect(wood).toHaveLength(3)
    for (const w of wood) expect.soft(ratio(ink, w), w).toBeGreaterThanOrEqual(4.5)
  })
}

test('a button that cannot be pressed is no paler than other words', () => {
  expect(css).toMatch(/button:disabled \{[^}]*color: var\(--soft\); background: var\(--tint\)/)
})

test("NAVER's own green carries letters that are large and bold by WCAG's measure", () => {
  const green = /\.provider\.naver \{ background: (#\w+); color: #fff/.exec(css)![1]!
  expect(ratio(green, '#fff')).toBeGreaterThanOrEqual(3)
  expect(css).toMatch(/\.provider \{[^}]*font-size: var\(--t2\); font-weight: 700/)
  expect(16 * Number(/--t2: ([\d.]+)rem/.exec(css)![1])).toBeGreaterThanOrEqual((14 * 4) / 3)
})
