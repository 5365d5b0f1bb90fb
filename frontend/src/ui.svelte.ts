// What the screens draw from: Go's one state, and the few things that are only the
// window's own.
import { Refusal, type Bridge } from './bridge'
import type { Home, Language, Problem, State, Theme } from './state'
import { words } from './words'

class Ui {
  state = $state.raw<State | null>(null)
  // A failure of something asked here, shown until the next act.
  refused = $state.raw<Problem | null>(null)
  // An ordinary browser, where Go's methods are not.
  outside = $state(false)
  // Home shows the account.
  account = $state(false)
  // The self-test is open.
  checking = $state(false)
  // The nameplate is hung up now, rather than hanging there already.
  arriving = $state(false)
  bridge!: Bridge

  language = $derived<Language>(this.state?.language ?? served().language)
  theme = $derived<Theme>(this.state?.theme ?? served().theme)
  words = $derived(words[this.language])

  show(s: State): void {
    const before = this.state?.step
    if (before && before !== s.step) this.refused = null
    this.arriving = s.step === 'signed_in' && !this.account && (before === 'nickname' || before === 'waiting' || (this.arriving && before === 'signed_in'))
    if (s.step !== 'signed_in' && s.step !== 'waiting') this.account = false
    this.state = s
  }

  showHome(home: Home): void {
    this.show({ seq: -1, step: 'signed_in', demo: false, language: served().language, theme: served().theme, providers: [], home })
  }

  // Does what a button asks; a refusal becomes a notice.
  async act(promise: Promise<unknown>): Promise<boolean> {
    this.refused = null
    try {
      await promise
      return true
    } catch (e) {
      this.refuse(e)
      return false
    }
  }

  refuse(e: unknown): void {
    this.refused = e instanceof Refusal ? { code: e.code, params: e.params } : { code: 'internal' }
  }
}

// Language and theme before Go's first state: the served page carries them as
// attributes of <html>; without data-theme nobody set them.
function served(): { language: Language; theme: Theme } {
  const html = document.documentElement
  const theme = html.dataset.theme
  if (theme === 'light' || theme === 'dark' || theme === 'system') return { language: html.lang === 'en' ? 'en' : 'ko', theme }
  return { language: navigator.language.startsWith('ko') ? 'ko' : 'en', theme: 'system' }
}

export const ui = new Ui()
