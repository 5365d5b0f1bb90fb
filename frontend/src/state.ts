// What Go tells the window: app/signin/state.go and app/error.go, field by field.

export type Step = 'starting' | 'setup_needed' | 'signed_out' | 'waiting' | 'nickname' | 'signed_in' | 'blocked'
export type Language = 'ko' | 'en'
export type Theme = 'light' | 'dark' | 'system'
export type Params = Record<string, string>

export interface Problem {
  code: string
  params?: Params
  support?: string
}

export interface ProviderChoice {
  id: string
  name: string
  issuer?: string
  browser: boolean
  device: boolean
  last_used: boolean
}

export interface Device {
  user_code: string
  verification_uri: string
  qr: string[] | null
  expires_at: number
  problem?: Problem
}

export interface Waiting {
  provider: string
  name: string
  purpose: 'sign_in' | 'link' | 'confirm'
  phase: 'opening' | 'open' | 'checking'
  expires_at: number
  browser: boolean
  browser_slow: boolean
  browser_problem?: Problem
  device_offered: boolean
  device?: Device
}

export interface SignUp {
  provider: string
  name: string
  account: string
  proposal: string
  notice?: string
}

export interface Home {
  nickname: string
  provider: string
  name: string
  account: string
  confirmed_at: number
  offline_until: number
  offline: boolean
  rename_after: number
  notice?: string
}

export interface State {
  seq: number
  step: Step
  attempt?: string
  demo: boolean
  language: Language
  theme: Theme
  providers: ProviderChoice[] | null
  waiting?: Waiting
  sign_up?: SignUp
  home?: Home
  unclaimed?: boolean
  problem?: Problem
  settings_file?: string
}

export interface NicknameAnswer {
  text: string
  code: string
  params?: Params
  proposals: string[] | null
}

// One line of the self-test: desktop.Finding.
export interface CheckLine {
  name: string
  verdict: 'ok' | 'warning' | 'bad' | 'skipped'
  code?: string
  params?: Params
  detail: string
}
