import type { RecoveryWords } from './ko'

export const words: RecoveryWords = {
  title: 'Use a recovery code',
  text: "If you can't use the account that you signed in with, one of the codes that you kept lets you in without it.",
  entry: 'Recovery code',
  hint: "Capitals, spaces and hyphens don't matter",
  go: 'Continue',

  codes: 'Recovery codes',
  why: 'Should you lose the account that you sign in with, a recovery code lets you back in. Each works once.',
  none: 'None were made yet',
  left: (n, date) => `Made on ${date}, ${n} left`,
  numbered: (n) => `Code ${n}`,
  used: (date) => `used on ${date}`,
  unused: 'left',
  retired: 'retired when a backup was restored',
  make: 'Make recovery codes',
  again: 'Make new codes',
  againText: 'New codes replace all earlier ones.',
  remove: 'Remove all',
  once: 'They are shown this once. Write them down or print them, and keep them safe: whoever has one can enter this account.',
  copy: 'Copy all',
  copied: 'Copied',
  save: 'Save to a file',
  saved: 'Saved',
  print: 'Print',
  done: 'I keep them safe',

  offer: 'Make recovery codes, in case you ever lose the account that you sign in with.',
  linkFirst: 'You came in with a recovery code. Link the account that you will use from now on.',
  linkSoon: 'Within five minutes of coming in, the lost account is not asked to confirm it.',
  linkLate: 'Five minutes are over. Sign out and come in with another code to link an account at once.',
}
