fetch('/ready')
const notes = window.go.main.Notes
notes.Mine().then(
  (text) => (document.getElementById('mine').textContent = text),
  (e) => (document.getElementById('mine').textContent = String(e)),
)
window.munpae?.subscribe((user) => (document.getElementById('who').textContent = user?.nickname ?? 'nobody'))
document.getElementById('out').onclick = () => notes.SignOut()
