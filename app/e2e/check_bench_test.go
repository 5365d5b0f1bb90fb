//go:build e2e

package e2e

import (
	"regexp"
	"strconv"
	"testing"
)

// checkScript signs in and then calls the nickname check and a method that does
// nothing (a cancel of nothing) in turn, as many at a time as the limit on checks
// allows: the page's clock counts whole milliseconds.
const checkScript = `
const wait = (ms) => new Promise((f) => setTimeout(f, ms))
async function timed(n, f) {
  const begin = performance.now()
  for (let i = 0; i < n; i++) await f(i)
  return performance.now() - begin
}
async function run() {
  while (!window.go?.desktop?.Bridge) await wait(10)
  const b = window.go.desktop.Bridge
  await fetch('/munpae/session')
  await fetch('/munpae/session/refresh', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' })
  await b.SignIn('github')
  while ((await b.State()).step !== 'nickname') await wait(50)
  const ratios = [], checks = []
  for (let round = 0; round < 41; round++) {
    await wait(1500)
    const check = () => timed(20, async (i) => {
      const a = await b.CheckNickname('name ' + round + 'x' + i)
      if (a.code !== 'available') throw a.code
    })
    const empty = () => timed(20, () => b.Cancel())
    let c, e
    if (round % 2) { c = await check(); e = await empty() } else { e = await empty(); c = await check() }
    if (round) { ratios.push(c / e); checks.push(c / 20) }
  }
  const median = (list) => list.sort((x, y) => x - y)[list.length >> 1]
  const h = document.createElement('h1')
  h.textContent = 'check=' + median(checks).toFixed(3) + ' ratio=' + median(ratios).toFixed(3)
  document.body.append(h)
}
run().catch((e) => { document.body.textContent = 'failed ' + e })
`

// BenchmarkCheck is the nickname check as the page calls it, in the real window
// with a real database, beside a bound call that does nothing.
func BenchmarkCheck(b *testing.B) {
	s := serve(b)
	s.NextPerson(nora)
	p := install(b, english.lang, settings(s)...)
	p.binary = hostile(b, checkScript, nil)
	p.start()
	browse(b, p.address(1))
	var found []string
	eventually(b, 10*appearsWithin, "figures in the window", func() bool {
		if w, ok := p.window(); ok {
			found = regexp.MustCompile(`check=([\d.]+) ratio=([\d.]+)`).FindStringSubmatch(w.said())
		}
		return found != nil
	})
	number := func(text string) float64 {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			b.Fatal(err)
		}
		return f
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(number(found[1]), "ms/check")
	b.ReportMetric(number(found[2]), "×empty")
}
