import type { SeveralWords } from './ko'

export const words: SeveralWords = {
  here: 'Accounts on this computer',
  others: 'Other accounts',
  switchTo: (nickname) => `Switch to ${nickname}`,
  switchShort: 'Switch',
  again: 'Sign in again',
  current: 'On screen',
  add: 'Add account',
  addText: (nickname) => `${nickname} stays signed in, and another account comes beside it.`,
  signOutOf: (nickname) => `Sign out ${nickname}`,
  signOutAll: 'Sign out of all',
}
