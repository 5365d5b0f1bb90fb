import { Read, Write } from '../wailsjs/go/main/Notes'
import { openAccount, signOut, subscribe } from '../wailsjs/munpae'
import './style.css'

const element = (id) => document.getElementById(id)
const note = element('note')

subscribe((user) => (element('who').textContent = user?.nickname ?? ''))
Read().then((text) => (note.value = text))
element('save').onclick = async () => {
  await Write(note.value)
  element('kept').textContent = 'Saved'
}
element('account').onclick = openAccount
element('out').onclick = signOut
