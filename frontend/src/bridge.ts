// The only road out of the page: Go's bound methods and events (window.go,
// window.runtime) and HTTP on the page's own origin. Nothing else calls either.
import type { CheckLine, Home, Language, NicknameAnswer, State, Theme } from './state'

interface Bound {
  State(): Promise<State>
  SignIn(provider: string): Promise<void>
  UseDeviceCode(): Promise<void>
  OpenAgain(): Promise<void>
  Cancel(): Promise<void>
  Retry(): Promise<void>
  CopyLink(): Promise<void>
  CopyCode(): Promise<void>
  CheckNickname(text: string): Promise<NicknameAnswer>
  SignUp(nickname: string): Promise<NicknameAnswer>
  UseAnotherAccount(): Promise<void>
  ShareEmail(): Promise<void>
  SetLanguage(language: string): Promise<void>
  SetTheme(theme: string): Promise<void>
  OpenSettingsFolder(): Promise<void>
  StartDemo(): Promise<void>
  RestoreBackup(): Promise<void>
  SignInAgain(): Promise<void>
  Check(): Promise<CheckLine[]>
  SaveBundle(): Promise<boolean>
  SaveExport(): Promise<boolean>
  Dismiss(): Promise<void>
}

declare global {
  interface Window {
    go?: { desktop?: { Bridge?: Bound } }
    runtime?: { EventsOn(name: string, f: (s: State) => void): () => void; Quit(): void }
  }
}

// Refusal is an answer that carries a code.
export class Refusal extends Error {
  constructor(
    readonly code: string,
    readonly params: Record<string, string> = {},
    readonly proposals: string[] = [],
  ) {
    super(code)
  }
}

export interface Session {
  id: string
  provider: string
  account: string
  created_at: number
  confirmed_at: number
  offline_until: number
  current?: boolean
}

export interface SignedIn {
  user: { id: string; nickname: string; created_at: number }
  session: Session
}

export interface Identity {
  provider: string
  account: string
  linked_at: number
}

export interface TimelineEvent {
  at: number
  kind: string
  detail: string
}

export interface Watcher {
  // A newer state from Go. Never called with an older seq than before.
  state(s: State): void
  // Home as GET /session told it, before Go's first state is here.
  home(h: Home): void
  // Go's methods are not here: an ordinary browser.
  outside(): void
}

export class Connection {
  #seq = -1
  #step: State['step'] = 'starting'
  #early = false // home is shown from GET /session, and Go's state is still to come
  #refreshing: Promise<SignedIn> | null = null
  #claiming: Promise<void> | null = null

  constructor(
    private readonly host: Window,
    private readonly fetch: typeof globalThis.fetch,
    private readonly watcher: Watcher,
  ) {}

  // Opens the connection: asks for the session at once and listens to Go as soon
  // as its scripts have run, neither waiting for the other.
  async start(): Promise<void> {
    this.host.history.replaceState(null, '', '/') // the boot token leaves the address
    await Promise.all([this.#resume(), this.#listen()])
  }

  async #resume(): Promise<void> {
    try {
      const { user, session } = await this.#http<SignedIn>('GET', '/session')
      if (this.#step !== 'starting') return
      this.#early = true
      this.watcher.home({
        nickname: user.nickname, provider: session.provider, name: nameOf(session.provider), account: session.account,
        confirmed_at: session.confirmed_at, offline_until: session.offline_until, offline: false, rename_after: 0,
      })
    } catch {
      // Go has moved the state and tells it.
    }
  }

  async #listen(): Promise<void> {
    const doc = this.host.document
    if (doc.readyState !== 'complete' && !this.host.go?.desktop?.Bridge) {
      await new Promise((done) => {
        doc.addEventListener('DOMContentLoaded', done, { once: true })
        this.host.addEventListener('load', done, { once: true })
      })
    }
    const bound = this.host.go?.desktop?.Bridge
    if (!bound) {
      this.watcher.outside()
      return
    }
    this.host.runtime?.EventsOn('state', (s) => this.#accept(s))
    this.#accept(await bound.State())
  }

  #accept(s: State): void {
    if (s.seq < this.#seq) return
    if (this.#early && s.step === 'starting') return // asked before GET /session was answered
    this.#seq = s.seq
    this.#step = s.step
    this.#early = false
    this.watcher.state(s)
    if (!s.unclaimed) this.#claiming = null
    // Once for a session: a second POST would find it claimed.
    else this.#claiming ??= this.#http('POST', '/session', {}).then(ignore, ignore)
  }

  // One request. An access token that ran out meanwhile is renewed once and the
  // request repeated; requests that find it at the same time share one renewal.
  async #http<T>(method: string, path: string, body?: object): Promise<T> {
    try {
      return await this.#send<T>(method, path, body)
    } catch (e) {
      const over = e instanceof Refusal && (e.code === 'session_access_expired' || e.code === 'session_none')
      if (!over || (method === 'POST' && path === '/session')) throw e
      const renewed = await this.refresh()
      if (method === 'GET' && path === '/session') return renewed as T
      return this.#send<T>(method, path, body)
    }
  }

  async #send<T>(method: string, path: string, body?: object): Promise<T> {
    const unsafe = method !== 'GET'
    let answer: Response
    try {
      answer = await this.fetch.call(this.host, path, {
        method,
        headers: unsafe ? { 'Content-Type': 'application/json' } : {},
        body: unsafe ? JSON.stringify(body ?? {}) : undefined,
      })
    } catch {
      throw new Refusal('internal')
    }
    const text = await answer.text()
    let json: unknown
    try {
      json = text ? JSON.parse(text) : {}
    } catch {
      throw new Refusal('internal')
    }
    if (answer.ok) return json as T
    const r = json as { code?: string; params?: Record<string, string>; proposals?: string[] | null }
    throw new Refusal(r.code ?? 'internal', r.params ?? {}, r.proposals ?? [])
  }

  // After a claim in flight: the pair it brings is what the request needs.
  async #own<T>(method: string, path: string, body?: object): Promise<T> {
    await this.#claiming
    return this.#http<T>(method, path, body)
  }

  refresh(): Promise<SignedIn> {
    this.#refreshing ??= this.#send<SignedIn>('POST', '/session/refresh', {}).finally(() => (this.#refreshing = null))
    return this.#refreshing
  }

  signOut = () => this.#own<void>('DELETE', '/session')
  rename = (nickname: string) => this.#own<{ user: SignedIn['user'] }>('PATCH', '/me', { nickname })
  deleteAccount = (nickname: string) => this.#own<void>('DELETE', '/me', { nickname })
  sessions = () => this.#own<{ sessions: Session[] }>('GET', '/me/sessions').then((a) => a.sessions)
  endSession = (id: string) => this.#own<void>('DELETE', `/me/sessions/${encodeURIComponent(id)}`)
  endOtherSessions = () => this.#own<void>('DELETE', '/me/sessions')
  identities = () => this.#own<{ identities: Identity[] }>('GET', '/me/identities').then((a) => a.identities)
  link = (provider: string) => this.#own<void>('POST', `/me/identities/${encodeURIComponent(provider)}`)
  unlink = (provider: string) => this.#own<void>('DELETE', `/me/identities/${encodeURIComponent(provider)}`)
  events = () => this.#own<{ events: TimelineEvent[] }>('GET', '/me/events').then((a) => a.events)

  async #call<T>(f: (b: Bound) => Promise<T>): Promise<T> {
    const bound = this.host.go?.desktop?.Bridge
    if (!bound) throw new Refusal('forbidden')
    try {
      return await f(bound)
    } catch (e) {
      // Wails wraps the code that Go's error came as.
      throw new Refusal(/^(?:Error: )?([a-z_]+)$/.exec(String(e))?.[1] ?? 'internal')
    }
  }

  signIn = (provider: string) => this.#call((b) => b.SignIn(provider))
  useDeviceCode = () => this.#call((b) => b.UseDeviceCode())
  openAgain = () => this.#call((b) => b.OpenAgain())
  cancel = () => this.#call((b) => b.Cancel())
  retry = () => this.#call((b) => b.Retry())
  copyLink = () => this.#call((b) => b.CopyLink())
  copyCode = () => this.#call((b) => b.CopyCode())
  checkNickname = (text: string) => this.#call((b) => b.CheckNickname(text))
  signUp = (nickname: string) => this.#call((b) => b.SignUp(nickname))
  useAnotherAccount = () => this.#call((b) => b.UseAnotherAccount())
  shareEmail = () => this.#call((b) => b.ShareEmail())
  setLanguage = (l: Language) => this.#call((b) => b.SetLanguage(l))
  setTheme = (t: Theme) => this.#call((b) => b.SetTheme(t))
  openSettingsFolder = () => this.#call((b) => b.OpenSettingsFolder())
  startDemo = () => this.#call((b) => b.StartDemo())
  restoreBackup = () => this.#call((b) => b.RestoreBackup())
  signInAgain = () => this.#call((b) => b.SignInAgain())
  check = () => this.#call((b) => b.Check())
  saveBundle = () => this.#call((b) => b.SaveBundle())
  saveExport = () => this.#call((b) => b.SaveExport())
  dismiss = () => this.#call((b) => b.Dismiss())
  quit = async () => this.host.runtime?.Quit()
}

// Bridge is what the screens may ask for.
export type Bridge = Omit<Connection, 'start' | 'refresh'>

const ignore = () => undefined

// What a provider is called before Go's first state names it.
export function nameOf(provider: string): string {
  return provider === 'github' ? 'GitHub' : provider === 'naver' ? 'NAVER' : provider
}
