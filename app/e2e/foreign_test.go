//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// leavingScript is a page of the origin with a button that starts a sign-in and one
// that leaves it for a page of another port.
const leavingScript = `
const call = (name, ...args) => webkit.messageHandlers.external.postMessage('C' + JSON.stringify({name: 'munpae.Bridge.' + name, args, callbackID: name}))
const button = (name, f) => {
  const b = document.createElement('button')
  b.textContent = name
  b.onclick = f
  document.body.append(b)
}
await fetch('/munpae/session')
await fetch('/munpae/session/refresh', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{}'})
call('State') // as the page does, or another is loaded in its place
button('own call', () => call('SignIn', 'github'))
button('leave', () => location.href = 'EVIL/?' + location.origin)
`

// foreignPage is the page of another port. Its calls go straight to the webview, as
// it has none of Wails' scripts.
const foreignPage = `<!doctype html><title>B</title><button onclick="location.href = location.search.slice(1) + '/'">spoof</button><script>
setInterval(() => webkit.messageHandlers.external.postMessage('C{"name":"munpae.Bridge.SignIn","args":["github"],"callbackID":"B"}'), 1)
</script>`

// withoutFirstWall is package webview's source with a window that goes to address
// as well.
func withoutFirstWall(t *testing.T, address string) map[string]string {
	t.Helper()
	const file = "app/internal/webview/webview_linux.c"
	text, err := os.ReadFile("../../" + file)
	if err != nil {
		t.Fatal(err)
	}
	const wall = "return uri != NULL && (at_origin(uri)"
	if strings.Count(string(text), wall) != 1 {
		t.Fatalf("%s has not the wall that is to be taken away", file)
	}
	return map[string]string{file: strings.Replace(string(text), wall, fmt.Sprintf("%s || g_str_has_prefix(uri, %q)", wall, address), 1)}
}

// The window never goes to another port (WV-02). Should it one day, that port's
// page must find the second wall: the window is built without the first here.
func TestWV04_WV09_APageOfAnotherPortInTheWindowCallsNothing(t *testing.T) {
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, foreignPage)
	}))
	defer evil.Close()
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.binary = hostile(t, strings.ReplaceAll(leavingScript, "EVIL", evil.URL), withoutFirstWall(t, evil.URL))
	refused := func() int {
		return strings.Count(p.log(), "Blocked request from unauthorized origin: "+evil.URL+`"`)
	}
	allRefused := func(what string) {
		t.Helper()
		before := refused()
		eventually(t, appearsWithin, what+" is refused, call after call", func() bool {
			if b, err := os.ReadFile(p.opened); err == nil {
				t.Fatalf("%s started a sign-in: %s", what, b)
			}
			return refused() >= before+50
		})
	}
	p.start()
	p.press("leave")
	p.see("push button", "spoof")
	allRefused("the page of another port")
	// On its way to the origin for as long as the test wants: nothing answers now.
	out, err := exec.Command("pgrep", "-g", fmt.Sprint(p.cmd.Process.Pid), "WebKitNetwork").Output()
	network, bad := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil || bad != nil {
		t.Fatalf("no process of the webview's network: %v %q", err, out)
	}
	if err := syscall.Kill(network, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	p.press("spoof")
	allRefused("the same page on its way to the origin")
	if err := syscall.Kill(network, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	p.press("own call") // it has arrived
	p.address(1)        // so that call would have been seen
}

// forgeryScript runs before the page. It notes whoever listens for messages, and once
// the page is there it sends what a listener might take for Go's word or a call.
const forgeryScript = `
const listeners = []
const listen = EventTarget.prototype.addEventListener
EventTarget.prototype.addEventListener = function (type, ...rest) {
  if (type == 'message') listeners.push(this)
  return listen.call(this, type, ...rest)
}
const call = {name: 'munpae.Bridge.SignIn', args: ['github'], callbackID: 'forged'}
const state = {seq: 1e6, step: 'signed_in', home: {nickname: 'Forged', provider: 'github', name: 'GitHub', account: 'forged'}}
const forged = [
  call, 'C' + JSON.stringify(call), state, JSON.stringify(state), {type: 'state', state}, {name: 'state', data: [state]}, 'n' + JSON.stringify({name: 'state', data: [state]}),
  'EE' + JSON.stringify({name: 'state', data: [state]}),
]
const forge = () => {
  for (const data of forged) {
    postMessage(data, '*')
    for (const origin of ['https://evil.example', location.origin]) dispatchEvent(new MessageEvent('message', {data, origin}))
  }
  postMessage('last', '*')
}
listen.call(window, 'message', (e) => {
  if (e.data != 'last') return
  const h = document.createElement('h2')
  h.textContent = 'all sent, listeners: ' + (listeners.length + (onmessage ? 1 : 0))
  document.body.append(h)
})
listen.call(window, 'load', () => {
  const b = document.createElement('button')
  b.textContent = 'forge'
  b.onclick = forge
  document.body.append(b)
})
`

func TestWV10_AMessageOfAnotherWindowIsNoWordOfGosAndNoCall(t *testing.T) {
	page, err := os.ReadFile("../../frontend/dist/index.html")
	if err != nil {
		t.Fatal(err)
	}
	const head = "<head>"
	if strings.Count(string(page), head) != 1 {
		t.Fatalf("the page has not one head:\n%s", page)
	}
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.binary = rebuilt(t, map[string]string{
		"frontend/dist/index.html":        strings.Replace(string(page), head, head+`<script src="/munpae/assets/forgery.js"></script>`, 1),
		"frontend/dist/assets/forgery.js": forgeryScript,
	})
	p.start()
	p.see("push button", english.github)
	p.reach("push button", "forge").press(t)
	p.hears("all sent, listeners: 0")
	p.see("heading", english.heading)
	if w, _ := p.window(); strings.Contains(w.said(), "Forged") {
		t.Errorf("the window says:\n%s", w.said())
	}
	for _, step := range p.logged("step") {
		if to := step["to"]; to != "starting" && to != "signed_out" {
			t.Errorf("the state moved: %v", step)
		}
	}
	if b, err := os.ReadFile(p.opened); err == nil {
		t.Errorf("a sign-in was started: %s", b)
	}
	p.press(english.github) // the page itself is heard
	p.address(1)
}

// dragSource builds testdata/drag.c.
func dragSource(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "drag")
	flags, err := exec.Command("pkg-config", "--cflags", "--libs", "gtk+-3.0").Output()
	if err != nil {
		t.Fatalf("pkg-config: %v", err)
	}
	if text, err := exec.Command("cc", append([]string{"-o", out, "testdata/drag.c"}, strings.Fields(string(flags))...)...).CombinedOutput(); err != nil {
		t.Fatalf("cc: %v\n%s", err, text)
	}
	return out
}

func TestWV12_WhatIsDroppedOnTheWindowIsNotOpened(t *testing.T) {
	source := dragSource(t)
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.start()
	p.see("heading", english.heading)
	p.hasKeyboard()
	for _, uri := range []string{"file:///etc/hostname", s.GitHubURL() + "/login"} {
		p.drop(source, uri)
	}
	p.see("heading", english.heading)
	for _, line := range p.logged("navigation refused") {
		t.Errorf("what was dropped was nearly opened: %v", line)
	}
	if n := len(s.Requests()); n > 0 {
		t.Errorf("what was dropped was asked for: %d requests", n)
	}
	p.press(english.github)
	p.address(1)
}

// otherWindow starts another program with a window: source, see dragSource.
func otherWindow(t testing.TB, source, uri string) *program {
	t.Helper()
	other := &program{t: t, output: &tail{}, done: make(chan struct{})}
	other.cmd = exec.Command(source, uri)
	other.cmd.Env, other.cmd.Stdout, other.cmd.Stderr = desk.env(), other.output, other.output
	other.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := other.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func(c *exec.Cmd) {
		c.Wait()
		close(other.done)
	}(other.cmd)
	t.Cleanup(other.kill)
	return other
}

// drop drags uri from another program's window into the middle of this one's and
// lets it go there.
func (p *program) drop(source, uri string) {
	p.t.Helper()
	drag := otherWindow(p.t, source, uri)
	defer drag.kill()
	drag.hasKeyboard()
	steps := func(want string) bool { return strings.Contains(drag.output.String(), want) }
	const inside = "100"
	desk.xdotool(p.t, "mousemove", "--window", drag.shown("drag"), inside, inside, "mousedown", "1")
	defer desk.xdotool(p.t, "mouseup", "1")
	eventually(p.t, appearsWithin, "the drag begins", func() bool {
		desk.xdotool(p.t, "mousemove_relative", "1", "1")
		return steps("begun")
	})
	for n := range 20 { // a drop goes where the pointer was seen to go
		desk.xdotool(p.t, "mousemove", "--window", p.shown("Munpae"), fmt.Sprint(100+n), "300")
		time.Sleep(50 * time.Millisecond)
	}
	desk.xdotool(p.t, "mouseup", "1")
	eventually(p.t, appearsWithin, "the drag ends", func() bool { return steps("ended") })
	if steps("given") {
		p.t.Errorf("the window took %s", uri)
	}
}

// shown is the X window of that title and this process.
func (p *program) shown(title string) string {
	p.t.Helper()
	return desk.xdotool(p.t, "search", "--all", "--onlyvisible", "--pid", fmt.Sprint(p.cmd.Process.Pid), "--name", "^"+title+"$")
}

// passingScript stands beside the page and sends Wails what its own runtime would.
const passingScript = `
addEventListener('load', () => {
  const told = document.createElement('h2')
  document.body.append(told)
  const answered = []
  const callback = window.wails.Callback
  window.wails.Callback = (m) => (answered.push(m), callback(m))
  const b = document.createElement('button')
  b.textContent = 'send'
  b.onclick = () => {
    const send = (m) => webkit.messageHandlers.external.postMessage(m)
    send('BO:EVIL/opened')
    send('BOEVIL/opened')
    send('C' + JSON.stringify({name: ':wails:ClipboardGetText', args: [], callbackID: 'read'}))
    send('C' + JSON.stringify({name: ':wails:ClipboardSetText', args: ['planted'], callbackID: 'write'}))
    send('WT' + 'Another title')
    send('LF' + 'the end')
    for (const rel of ['preconnect', 'prefetch', 'dns-prefetch']) {
      const l = document.createElement('link')
      l.rel = rel
      l.href = 'EVIL/' + rel
      document.head.append(l)
    }
    const a = document.createElement('a')
    a.href = '/munpae/openapi.json'
    a.download = 'planted'
    document.body.append(a)
    a.click()
    setTimeout(() => (told.textContent = 'answered: ' + (answered.filter((m) => /read|write/.test(m)).join() || 'nothing')), 1500)
  }
  document.body.append(b)
})
`

func TestWV14_AScriptInThePageOpensNothingAndReadsNoClipboard(t *testing.T) {
	evil, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer evil.Close()
	connected := make(chan struct{}, 8)
	go func() {
		for {
			c, err := evil.Accept()
			if err != nil {
				return
			}
			connected <- struct{}{}
			c.Close()
		}
	}()
	page, err := os.ReadFile("../../frontend/dist/index.html")
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.binary = rebuilt(t, map[string]string{
		"frontend/dist/index.html":        strings.Replace(string(page), "<head>", `<head><script src="/munpae/assets/passing.js"></script>`, 1),
		"frontend/dist/assets/passing.js": strings.ReplaceAll(passingScript, "EVIL", "http://"+evil.Addr().String()),
	})
	p.start()
	p.see("push button", english.github)
	p.copy("a secret of another program")
	p.reach("push button", "send").press(t)
	p.hears("answered: nothing")
	if got := p.clipboard(); got != "a secret of another program" {
		t.Errorf("the clipboard holds %q", got)
	}
	if b, err := os.ReadFile(p.opened); err == nil {
		t.Errorf("opened %s", b)
	}
	if len(connected) > 0 {
		t.Error("the window spoke to another port")
	}
	if found, _ := filepath.Glob(filepath.Join(desk.dir, "home", "*", "planted*")); len(found) > 0 {
		t.Errorf("saved %v", found)
	}
	p.press(english.github) // the page itself is heard
	p.address(1)
}
