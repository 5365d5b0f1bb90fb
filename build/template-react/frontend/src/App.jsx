import { useEffect, useState, useSyncExternalStore } from 'react'
import { Read, Write } from '../wailsjs/go/main/Notes'
import { getUser, openAccount, signOut, subscribe } from '../wailsjs/munpae'

export function App() {
  const user = useSyncExternalStore(subscribe, getUser)
  const [note, setNote] = useState('')
  const [kept, setKept] = useState('')
  useEffect(() => {
    Read().then(setNote)
  }, [])
  return (
    <main>
      <h1>{user?.nickname}</h1>
      <label htmlFor="note">Your note</label>
      <textarea id="note" rows="8" value={note} onChange={(e) => setNote(e.target.value)} />
      <p role="status">{kept}</p>
      <button onClick={() => Write(note).then(() => setKept('Saved'))}>Save</button>
      <button onClick={openAccount}>Account</button>
      <button onClick={signOut}>Sign out</button>
    </main>
  )
}
