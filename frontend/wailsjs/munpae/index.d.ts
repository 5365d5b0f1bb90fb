// Written by Munpae beside what Wails generates. Do not edit.

/** Which screen the sign-in is at. */
export type Step = 'starting' | 'setup_needed' | 'signed_out' | 'waiting' | 'nickname' | 'signed_in' | 'blocked'
/** Such as "ko" or "en". */
export type Language = string

/** Who is signed in. Times are Unix milliseconds. */
export interface User {
  nickname: string
  /** "github", "naver", "oidc"; empty where a recovery code opened the session. */
  provider: string
  /** What the provider is called. */
  name: string
  /** What the provider calls them; may change, and is no key. */
  account: string
  confirmed_at: number
  /** How long the session stands without the provider. */
  offline_until: number
  offline: boolean
}

/** What went wrong; `explain` has the sentences. */
export interface Problem {
  code: string
  params?: Record<string, string>
  /** To tell whoever helps. */
  support?: string
}

export interface State {
  /** Grows with every change. */
  seq: number
  step: Step
  demo: boolean
  language: Language
  theme: string
  providers: { id: string; name: string; last_used: boolean }[] | null
  /** At step "waiting". */
  waiting?: {
    provider: string
    name: string
    phase: string
    expires_at: number
    browser: boolean
    browser_slow: boolean
    browser_problem?: Problem
    device_offered: boolean
    device?: { user_code: string; verification_uri: string; qr: string[] | null; expires_at: number; problem?: Problem }
  }
  /** At step "nickname". */
  sign_up?: { provider: string; name: string; account: string; proposal: string; notice?: string }
  /** At step "signed_in". */
  home?: User
  problem?: Problem
}

export interface NicknameAnswer {
  /** Exactly as asked. */
  text: string
  /** "available", or why not: `explain` has the sentences. */
  code: string
  params?: Record<string, string>
  /** At most three, where it is not free. */
  proposals: string[] | null
}

export interface Sentences {
  /** What happened. */
  happened: string
  /** What can be done. */
  next: string
  /** What a button for that says, or nothing. */
  button: string
}

/** The state as it is, the same object until it changes; null until it is known. */
export function getState(): State | null
/** Who is signed in, or null. */
export function getUser(): User | null
/**
 * Calls f with who is signed in, as soon as that is known, and after every change, until
 * what it returns is called. React: useSyncExternalStore(subscribe, getUser).
 */
export function subscribe(f: (user: User | null) => void): () => void

/** Starts a sign-in in the person's browser. */
export function signIn(provider: string): Promise<void>
export function cancel(): Promise<void>
/** Asks the browser once more. */
export function openAgain(): Promise<void>
/** Puts the address of the sign-in under way on the clipboard. */
export function copyLink(): Promise<void>
/** Adds the road by device code. */
export function useDeviceCode(): Promise<void>
export function checkNickname(text: string): Promise<NicknameAnswer>
/** Takes the nickname and makes the account. */
export function signUp(nickname: string): Promise<NicknameAnswer>
/** Leaves the nickname for the sign-in. */
export function useAnotherAccount(): Promise<void>
export function signOut(): Promise<void>
/** Takes the problem off the state. */
export function dismiss(): Promise<void>
/** Starts the last sign-in again. */
export function retry(): Promise<void>
/** The sentences of a code in both languages; null for no code of Munpae's. */
export function explain(code: string, params?: Record<string, string>): Promise<Record<Language, Sentences> | null>

/** Shows Munpae's screens, and comes back to this page (Front Guest). */
export function openSignIn(): void
/** Shows Munpae's account screen, and comes back to this page. */
export function openAccount(): void
