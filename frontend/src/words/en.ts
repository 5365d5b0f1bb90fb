import said from 'virtual:said/en'

import type { Words } from './ko'

const plurals = (n: number, one: string, other: string) => (new Intl.PluralRules('en').select(n) === 'one' ? one : other)

export const words: Words = {
  locale: 'en-GB', // 24 December, 14:05
  said,
  called: (name) => name,
  withParticle: (word, written) => word + written,

  language: 'Language',
  theme: 'Theme',
  themes: { system: 'System', light: 'Light', dark: 'Dark' },
  demo: 'These are practice accounts',
  support: (code) => `Support code ${code}`,
  close: 'Close',
  back: 'Back',
  cancel: 'Cancel',
  check: 'Check my sign-in',

  signInTitle: (app?: string) => (app ? `Sign in to ${app}` : 'Put your name on the door'),
  signInWith: (name) => (name === 'NAVER' ? 'Log in with NAVER' : `Sign in with ${name}`),
  lastUsed: 'Last used',
  cantSignIn: "Can't use your account?",

  waitingTitle: 'Finish signing in in your browser',
  waitingCodeTitle: 'Finish signing in with the code',
  purposes: {
    sign_in: (name) => `Signing in with ${name}`,
    link: (name) => `Linking your ${name} account`,
    confirm: (name) => `Confirming with ${name} that it is you`,
  },
  phases: { opening: 'Opening the browser', open: 'The browser is open', checking: 'Checking' },
  slow: 'No browser yet? Use “Copy link” and open it yourself.',
  minutesLeft: (n) => (n < 1 ? 'Less than a minute left' : plurals(n, `${n} minute left`, `${n} minutes left`)),
  moreTime: '“Open again” gives ten more minutes',
  copyLink: 'Copy link',
  copied: 'Copied',
  openAgain: 'Open again',
  useCode: 'Use a code instead',
  copyCode: 'Copy code',
  codeText: 'Open this address and enter the code',
  qr: (address) => `QR code: ${address}`,

  nicknameTitle: 'Choose a nickname',
  from: (name, account) => (account ? `Signing up with the ${name} account ${account}` : `Signing up with your ${name} account`),
  nickname: 'Nickname',
  nicknameHint: '2 to 20 letters or digits, Hangul or Latin',
  proposals: 'How about one of these?',
  start: 'Start',
  anotherAccount: 'Use another account',
  usedBefore: (name) => `${name} was used to sign up on this computer before. Was it you?`,

  recovered: (when) => `Opened with a recovery code ${when ?? 'just now'}`,
  offline: 'Offline',
  confirmed: (name, when) => `Confirmed by ${name} ${when ?? 'just now'}`,
  offlineUntil: (date) => `Works offline until ${date}`,
  account: 'Account',
  signOut: 'Sign out',

  link: (name) => `Link ${name}`,
  linkShort: 'Link',
  linkQuestion: (name, account) => (account ? `Link ${name} account ${account}?` : `Link this ${name} account?`),
  linkText: 'Only link it if it is yours: whoever has that account can then sign in here too.',
  loading: 'Loading',

  blockedTitle: (app = 'Munpae') => `${app} can't open yet`,
  tryAgain: 'Try again',
  restoreBackup: 'Restore backup',
  signInAgain: 'Sign in again',

  checking: 'Checking',
  checkAllWell: 'All is well',
  checkWrong: 'Something needs attention',
  verdicts: { ok: 'Fine', warning: 'Attention', bad: 'Wrong', skipped: 'Does not apply' },
  checkProvider: (name) => `Connection to ${name}`,
  checks: {
    settings: 'Settings',
    profile: "The app's folder",
    database: 'Account file',
    cookie_jar: 'Saved sign-in',
    keystore: 'Signing key',
    loopback: 'Connection inside the app',
    peer_check: 'Other users of this computer',
    window_address: 'Address of the window',
    naver_ports: 'Ports for NAVER',
    browser: 'Browser',
    webview: 'Window',
    fonts: 'Fonts',
  },
  saveBundle: 'Save a report',

  outside: (app = 'Munpae') => `This is not the ${app} window`,
  outsideText: (app = 'Munpae') => `Signing in and settings work only in the ${app} window. Here you see only who is signed in already.`,
}
