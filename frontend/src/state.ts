// What Go tells the window, as Wails declares it from the Go types, with the words
// that are plain strings there.
import type { account, app, attempt, signin } from '../wailsjs/go/models'

// T with some fields narrowed; a field that Go does not have does not compile.
type Narrow<T, N extends { [K in keyof N]: K extends keyof T ? unknown : never }> = Omit<T, keyof N> & N

// Every step that Go has: the switch in App.svelte does not compile without one.
export type Step = `${signin.Step}`
// The tag of a language that has words, such as 'ko'.
export type Language = string
export type Theme = 'light' | 'dark' | 'system'
export type Params = Record<string, string>

export type Problem = app.Problem
export type ProviderChoice = signin.ProviderChoice
export type SignUp = signin.SignUp
export type Home = signin.Home
export type Receipt = Narrow<signin.Receipt, { lines: string[]; links: signin.ReceiptLink[] }>
export type Link = signin.Link
export type Merge = signin.Merge
export type Device = Narrow<attempt.Device, { qr: string[] | null }>
export type Waiting = Narrow<signin.Waiting, { purpose: 'sign_in' | 'link' | 'confirm'; phase: 'opening' | 'open' | 'checking'; device?: Device }>
export type State = Narrow<
  signin.State,
  { step: Step; language: Language; theme: Theme; providers: ProviderChoice[] | null; waiting?: Waiting; receipt?: Receipt }
>
export type NicknameAnswer = Narrow<account.NicknameAnswer, { proposals: string[] | null }>
// One line of the self-test.
export type CheckLine = Narrow<app.Finding, { verdict: 'ok' | 'warning' | 'bad' | 'skipped' }>
