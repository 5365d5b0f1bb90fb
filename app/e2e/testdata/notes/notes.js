// Says below the page what the program answers about who is signed in.
const notes = document.createElement('p')
document.body.append(notes)
setInterval(async () => {
  try {
    notes.textContent = (await window.go.main.Notes.Mine()).join(', ')
  } catch (e) {
    notes.textContent = 'No notes: ' + e
  }
}, 200)
