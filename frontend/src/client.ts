// What a page of any framework needs of Munpae: who is signed in, told again at every
// change, and the acts. No framework, and nothing on the screen.
import type * as Client from '../../app/munpae/client'
import { Connection } from './bridge'
import type { Home, State } from './state'

let state: State | null = null
const listeners = new Set<(user: Home | null) => void>()

const getState = (): State | null => state
const getUser = (): Home | null => state?.home ?? null

// Calls f with who is signed in as soon as that is known, and after every change.
function subscribe(f: (user: Home | null) => void): () => void {
  const own = (user: Home | null) => f(user)
  listeners.add(own)
  if (state) own(getUser())
  return () => void listeners.delete(own)
}

// The wall stands in front of this page; open, the page is shown to nobody as well.
const wall = document.currentScript?.dataset.front === 'wall'

function show(s: State): void {
  if (wall && !s.home && s.step !== 'starting') return location.reload()
  const before = state?.home?.user_id
  if (before && s.home && s.home.user_id !== before) {
    // Another person: nothing of the one before stays on the page.
    if (!s.unclaimed) location.reload()
    return
  }
  state = s
  for (const f of listeners) f(getUser())
}

const connection = new Connection(window, window.fetch, {
  state: show,
  home: (home) => show({ seq: -1, step: 'signed_in', demo: false, language: document.documentElement.lang, theme: 'system', providers: [], home }),
  outside: () => undefined,
})

// Munpae's own screens, and back to where the page is now.
const visit = () => location.assign('/munpae/?back=' + encodeURIComponent(location.pathname + location.search + location.hash))

const { signIn, cancel, copyLink, openAgain, useDeviceCode, checkNickname, signUp, useAnotherAccount, signOut, dismiss, retry, explain } = connection
const client: typeof Client = {
  getState,
  getUser,
  subscribe,
  signIn,
  cancel,
  openAgain,
  copyLink,
  useDeviceCode,
  checkNickname,
  signUp,
  useAnotherAccount,
  signOut,
  dismiss,
  retry,
  explain,
  openSignIn: visit,
  openAccount: visit,
}
Object.assign(window, { munpae: client })
void connection.start()
