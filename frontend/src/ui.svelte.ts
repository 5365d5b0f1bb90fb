// What the screens draw from: Go's one state, and the few things that are only the
// window's own.
import { Refusal, type Bridge } from './bridge'
import type { Home, Language, Problem, State, Theme } from './state'
import { fallback, has, learn, spoken, type Words } from './words'

// What this page stands in front of: nothing, the program's page at its own address
// ("wall"), or it is shown at ours, where a guest may turn back.
const html = document.documentElement.dataset
const { app } = html

class Ui {
  state = $state.raw<State | null>(null)
  // A failure of something asked here, shown until the next act.
  refused = $state.raw<Problem | null>(null)
  // Does what was refused once more, the whole of it.
  again!: () => unknown
  // An ordinary browser, where Go's methods are not.
  outside = $state(false)
  // Home shows the account.
  account = $state(app !== undefined)
  // The card of the account that a risky act was asked for at, and what was typed there:
  // a provider's word may come before it, and the person comes back to it.
  at = $state('')
  typed = $state('')
  // The account shows its recovery codes.
  codes = $state(false)
  // Home asks for one more account.
  adding = $state(false)
  // Somebody who is not signed in has a recovery code.
  recovering = $state(false)
  // Keys are typed, from a start without any until the person goes on to the sign-in.
  settingUp = $state(false)
  // The self-test is open.
  checking = $state(false)
  // The nameplate is hung up now, rather than hanging there already.
  arriving = $state(false)
  bridge!: Bridge

  // What the screens are in: the language of words, once they are here.
  language = $state.raw<Language>(fallback)
  words = $state.raw<Words>()!
  theme = $derived<Theme>(this.state?.theme ?? served().theme)

  // Where Go has the window, and the screen: what the person has opened from there.
  place = $derived.by(() => {
    const s = this.state
    return s && (s.merge ? 'merge' : s.link ? 'link' : s.receipt ? 'receipt' : s.step)
  })
  screen = $derived(
    this.place === 'signed_in'
      ? this.codes
        ? 'codes'
        : this.adding
          ? 'add'
          : this.account
            ? 'account'
            : this.place
      : this.place === 'signed_out'
        ? this.settingUp
          ? 'setup_needed'
          : this.recovering
            ? 'recover'
            : this.place
        : this.place,
  )

  // Speaks the language that was asked for last, at once where its words are loaded.
  #asked: Language = ''
  async speak(l: Language): Promise<void> {
    if (!has(l)) l = fallback
    this.#asked = l
    const words = spoken(l) ?? (await learn(l))
    if (this.#asked !== l) return
    this.language = l
    this.words = words
  }

  #told: State | null = null
  show(s: State): void {
    this.#told = s
    const before = this.state?.step ?? 'starting'
    const was = this.state?.home?.user_id
    if (was && s.home && s.home.user_id !== was) {
      this.account = this.codes = this.adding = false
      this.at = this.typed = ''
    }
    if (app && s.step === 'signed_in' && !s.unclaimed && (app === 'wall' || !this.account)) return void this.open(s)
    if (before !== 'starting' && before !== s.step) this.refused = null
    this.arriving = s.step === 'signed_in' && !this.account && (before === 'nickname' || before === 'waiting' || (this.arriving && before === 'signed_in'))
    if (s.step !== 'starting' && !s.home) {
      this.account = this.codes = this.adding = false
      this.at = this.typed = ''
    }
    if (s.step !== 'signed_out') this.recovering = false
    if (s.step === 'waiting') this.adding = false
    this.settingUp = s.step === 'setup_needed' || (this.settingUp && s.step === 'signed_out')
    if (s.home?.codes_due) this.codes = true
    this.state = s
    void this.part(this.speak(s.language))
  }

  // A sentence of the program's own, in the language of the screens.
  own(name: 'sign-in' | 'keeps'): string | null {
    return document.documentElement.getAttribute(`data-${name}-${this.language}`)
  }

  // What the program is called, where it is not Munpae itself, and what the sign-in
  // calls it where it has a look of its own.
  name = html.name
  brand = 'own' in html ? this.name : undefined

  // How its settings begin.
  settings = html.settings ?? 'MUNPAE_'

  standsAlone = app === undefined

  // Somebody may turn back to the program without a session.
  guest = app === 'guest'

  recover(on: boolean): void {
    this.refused = null
    this.recovering = on
  }

  // Leaves the account.
  back(): void {
    this.refused = null
    this.at = this.typed = ''
    if (app) this.leave()
    else this.account = false
  }

  // Goes to the program's page, once its own cookies say that somebody is signed in.
  async open(s: State): Promise<void> {
    try {
      await this.bridge.session()
    } catch (e) {
      const p = await problemOf(e)
      if (this.#told !== s) return // Go has told what became of it
      this.state = s
      this.again = () => this.open(s)
      this.refused = p
      return
    }
    this.leave()
  }

  leave(): void {
    if (app === 'wall') return location.reload()
    const to = new URLSearchParams(location.search).get('back') ?? '/'
    location.replace(/^\/(?!\/)/.test(to) ? to : '/')
  }

  showHome(home: Home): void {
    this.show({ seq: -1, step: 'signed_in', demo: false, language: served().language, theme: served().theme, providers: [], home })
  }

  // What comes when it is opened; nothing where it does not come, which is said. The page
  // anew asks for it anew.
  async part<T>(coming: Promise<T>): Promise<T | undefined> {
    try {
      return await coming
    } catch {
      this.checking = false
      this.again = () => location.reload()
      this.refused = await this.bridge.failed('part')
    }
  }

  // Does what a button asks; a refusal becomes a notice. What goes on around what, such
  // as an entry that is looked at when it was refused, is in again, too.
  async act(what: () => unknown, again: () => unknown = () => this.act(what)): Promise<boolean> {
    this.refused = null
    const { place, screen, state } = this
    try {
      await what()
      return true
    } catch (e) {
      const p = await problemOf(e)
      // Whoever has turned to another screen hears of it no more. Where Go has, it may be what led there.
      if (screen !== this.screen && place === this.place && state?.home?.user_id === this.state?.home?.user_id) return false
      this.again = again
      // What Go went elsewhere for is said there. The screen that waits for a provider's word says what it is for.
      if ((p.code !== this.state?.problem?.code || place === this.place) && (p.code !== 'confirmation_needed' || this.state?.step !== 'waiting'))
        this.refused = p
      return false
    }
  }
}

// What a rejected promise of the bridge's says. Where a hand slipped, and where the program
// itself refuses, nothing has failed: there is no support code.
export const problemOf = async (e: unknown): Promise<Problem> =>
  !(e instanceof Refusal) ? ui.bridge.failed('script') : /_mistyped$|^(merge|nickname)_refused$/.test(e.code) ? { code: e.code, params: e.params } : e

// Language and theme before Go's first state: the served page carries them as
// attributes of <html>; without data-theme nobody set them.
export function served(): { language: Language; theme: Theme } {
  const { theme } = html
  if (theme === 'light' || theme === 'dark' || theme === 'system') return { language: document.documentElement.lang, theme }
  const own = navigator.language.split('-')[0]!
  return { language: has(own) ? own : 'en', theme: 'system' }
}

export const ui = new Ui()
