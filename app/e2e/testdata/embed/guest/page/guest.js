fetch('/ready')
const write = (id, text) => (document.getElementById(id).textContent = text)
window.munpae.subscribe((user) => {
  write('who', user?.nickname ?? 'Welcome, guest')
  window.go.main.Notes.Mine().then(
    (text) => write('mine', text),
    (e) => write('mine', 'refused: ' + e),
  )
})
document.getElementById('in').onclick = window.munpae.openSignIn
document.getElementById('out').onclick = window.munpae.signOut
history.replaceState(null, '', '/shelf?x=1')
