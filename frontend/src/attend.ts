// What the page does for keyboards and screen readers. Loaded when the first screen is there.
import { ui } from './ui.svelte'

// What had the focus may leave the screen: then what it stood under has it.
let above: Element[] = []
function focused() {
  above = []
  for (let n = document.activeElement; n; n = n.parentElement) above.push(n)
}
focused()
addEventListener('focusin', focused)
function refocus() {
  if (document.activeElement !== document.body || above[0]?.isConnected !== false) return
  for (const n of above) {
    const next = n.isConnected && n.querySelector<HTMLElement>('[tabindex="-1"], input')
    if (next) return next.focus({ preventScroll: true })
  }
}

// After the last control comes the first: beyond them is nothing but the frame,
// and a modal dialog keeps the keyboard.
addEventListener('keydown', (e) => {
  if (e.keyCode !== 9) return // WebKitGTK calls it Tab without Shift alone
  const within = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document
  const all = [...within.querySelectorAll<HTMLElement>('button:enabled, input:not([type=radio]:not(:checked)), select')]
  if (document.activeElement !== all.at(e.shiftKey ? 0 : -1)) return
  e.preventDefault()
  all.at(e.shiftKey ? -1 : 0)?.focus()
})

// WebKitGTK scrolls to the caret alone, and to nothing when the letters grow: all of the
// line that is written on stays in sight, with what its margin is for.
const line = () => document.querySelector('input:focus')?.scrollIntoView({ block: 'nearest' })
addEventListener('resize', line)
addEventListener('keyup', (e) => e.keyCode === 9 && line())

// Escape presses what leads out of the screen.
addEventListener('keydown', (e) => {
  if (e.key === 'Escape' && !e.defaultPrevented && !e.isComposing && !document.querySelector('dialog[open]'))
    document.querySelector<HTMLElement>('[data-escape]')?.click()
})

// WebKitGTK tells nobody of a live region: the window says what one has come to say,
// once the page holds still.
let said = new WeakMap<Element, string>()
let timer: ReturnType<typeof setTimeout>
function say() {
  // What is no news any more is news when it comes again.
  const before = said
  said = new WeakMap()
  for (const e of document.querySelectorAll('[role=status], [role=alert], [aria-live]')) {
    const text = (e.querySelector('p') ?? e).textContent.trim()
    // What explains an entry is read with it, and no news.
    if (text && text !== before.get(e) && !e.matches('.hint, :has(.hint)')) ui.bridge.announce(text)
    said.set(e, text)
  }
}

new MutationObserver(() => {
  refocus()
  // What was taken back is news when it comes again, however soon.
  for (const e of document.querySelectorAll('[role=status]')) if (!e.textContent.trim()) said.delete(e)
  clearTimeout(timer)
  timer = setTimeout(say, 250)
}).observe(document, { childList: true, subtree: true, characterData: true })
say()
