// The window's first page where a program stands behind the sign-in: the session is
// brought back, and then the root opens, which decides who sees what.
fetch('/munpae/session')
  .then(async (answer) => {
    if (answer.ok || !/session_(none|access_expired)/.test((await answer.json()).code)) return
    await fetch('/munpae/session/refresh', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' })
  })
  .catch(() => undefined)
  .then(() => location.replace('/'))
