fetch('/ready')
// Screens of a program's own, by the client alone.
const munpae = window.munpae
const title = document.getElementById('title')
const text = document.getElementById('text')
const acts = document.getElementById('acts')

const button = (label, act) => {
  const b = document.createElement('button')
  b.textContent = label
  b.onclick = act
  acts.append(b)
  return b
}

async function draw() {
  const s = munpae.getState()
  if (!s || s.step === 'starting') return
  acts.replaceChildren()
  text.textContent = s.problem ? ((await munpae.explain(s.problem.code, s.problem.params))?.en.happened ?? '') : ''
  switch (s.step) {
    case 'signed_out':
      title.textContent = 'Who are you?'
      for (const p of s.providers ?? []) button(`Enter with ${p.name}`, () => munpae.signIn(p.id))
      break
    case 'waiting':
      title.textContent = `Waiting for ${s.waiting.name}`
      button('Never mind', munpae.cancel)
      break
    case 'nickname': {
      title.textContent = 'What shall we call you?'
      const entry = document.createElement('input')
      entry.setAttribute('aria-label', 'Name')
      acts.append(entry)
      button('Go', async () => {
        const answer = await munpae.signUp(entry.value)
        if (answer.code !== 'available') text.textContent = (await munpae.explain(answer.code, answer.params)).en.happened
      })
      break
    }
    case 'signed_in':
      title.textContent = s.home.nickname
      text.textContent = await window.go.main.Notes.Mine()
      button('My account', munpae.openAccount)
      button('Sign out', munpae.signOut)
  }
}

let drawn = -1
munpae.subscribe(() => {
  const s = munpae.getState()
  if (s && s.seq !== drawn) {
    drawn = s.seq
    void draw()
  }
})
