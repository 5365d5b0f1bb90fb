// What every screen must pass, asked of the page that Chromium shows.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { scenes } from '../look/fixtures'
import { Chromium } from './chromium'

export const names = Object.keys(scenes('ko', 'light', Date.now())).filter((n) => n !== 'starting')
export const chromium = new Chromium()
export const open = () => chromium.open(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))

const folder = process.env.MUNPAE_SCREENSHOTS
export async function keep(name: string): Promise<void> {
  if (!folder) return
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `page-${name}.png`), (await chromium.picture()).png)
}

interface Finding {
  id: string
  help: string
  nodes: { target: string[]; failureSummary: string }[]
}
// What axe finds.
export async function findings(): Promise<string[]> {
  // label-content-name-mismatch wants whole words between blanks: 둘리 is none of 둘리로 바꾸기. unwritten asks what WCAG does.
  const found = await chromium.ask<Finding[]>(
    `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      rules: { 'label-content-name-mismatch': { enabled: false } } }).then(r => r.violations)`,
  )
  return found.flatMap((f) => f.nodes.map((n) => `${f.id}: ${n.target.join(' ')}: ${n.failureSummary}`))
}

// WCAG 2.2, 2.5.3: what is written on a control stands in its name, letter by letter and in
// that order, so that whoever speaks to the computer can say it.
export const unwritten = () =>
  chromium.ask<
    string[]
  >(`[...document.querySelectorAll('button, select, input, a')].filter(e => e.checkVisibility() && e.hasAttribute('aria-label')).flatMap(e => {
  const texts = [], walker = document.createTreeWalker(e, NodeFilter.SHOW_TEXT)
  for (let n; (n = walker.nextNode());) if (!n.parentElement.closest('[aria-hidden=true], option') && n.data.trim()) texts.push(n.data.trim())
  let name = e.getAttribute('aria-label')
  return texts.filter(text => { const at = name.indexOf(text); if (at >= 0) name = name.slice(at + text.length); return at < 0 }).map(text => text + ' is not in ' + e.getAttribute('aria-label'))
})`)

// WCAG 2.2, 1.4.10: what is cut off, or scrolls sideways.
export const beyond = () =>
  chromium.ask<string[]>(`(() => {
      const scrolled = e => { for (let n = e.parentElement; n; n = n.parentElement) if (/auto|scroll/.test(getComputedStyle(n).overflowX) && n.clientWidth < innerWidth && n.matches('pre')) return true }
      const wide = [...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && !e.closest('svg, select') && !scrolled(e))
        .filter(e => { const r = e.getBoundingClientRect(); return r.width > 0 && (r.left < -0.5 || r.right > innerWidth + 0.5) || e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== 'visible' && !e.matches('pre, input') })
        .map(e => e.tagName + '.' + e.className + ' ' + e.textContent.trim().slice(0, 40))
      if (document.documentElement.scrollWidth > innerWidth) wide.push('the page is ' + document.documentElement.scrollWidth + ' wide')
      return wide
    })()`)

// WCAG 2.2, 2.5.8 asks for 24 pixels; whose hand is unsteady needs more.
export const small = () =>
  chromium.ask<string[]>(`[...document.querySelectorAll('button, select, a, input:not([type=radio]), label:has([type=radio])')].filter(e => e.checkVisibility())
    .map(e => [e, e.getBoundingClientRect()]).filter(([, r]) => r.width < 44 || r.height < 44)
    .map(([e, r]) => r.width + ' by ' + r.height + ': ' + e.className + ' ' + (e.getAttribute('aria-label') ?? e.textContent).trim())`)
