const write = (id, text) => (document.getElementById(id).textContent = text)
const tell = (id, promise) => promise.then((v) => write(id, v), (e) => write(id, 'failed: ' + e))
const { Notes } = window.go.main
tell('mine', Notes.Mine())
tell('own', Notes.Fail())
tell('kept', Notes.Keep())
tell('api', fetch('/api/me').then((r) => r.text()))
write('where', 'at ' + location.pathname)
window.munpae.subscribe((user) => write('who', user ? user.nickname : 'nobody'))
document.getElementById('account').onclick = () => window.munpae.openAccount()
document.getElementById('out').onclick = () => Notes.SignOut()
document.getElementById('ask').onclick = async () => {
  window.runtime.WindowSetTitle('Another title')
  const { w } = await window.runtime.WindowGetSize() // it is answered after the title was asked for
  tell('own', Notes.Mine().then((all) => all + ', ' + w + ' wide'))
}
if (location.pathname === '/') history.replaceState(null, '', '/shelf/1')
