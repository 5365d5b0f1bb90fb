//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	spoken "munpae.example/munpae/app/internal/words"
)

// A proxy of the environment is for the Internet. The window's page, its one-time
// token and its cookies stay in this computer.
func TestCF07_TheWindowUsesNoProxyAndItsPageComes(t *testing.T) {
	var asked atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked.Add(1) }))
	defer proxy.Close()
	for n, address := range []string{"http://127.0.0.1:9", proxy.URL} {
		w := nth(n)
		s := serve(t)
		p := install(t, w.lang, append(settings(s), "NO_PROXY=", "no_proxy=", "http_proxy="+address, "HTTP_PROXY="+address, "all_proxy="+address)...)
		p.start()
		p.see("push button", w.github)
		p.kill()
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the proxy was asked %d times", n)
	}
}

// children are the program's processes of that name.
func (p *program) children(name string) []int {
	p.t.Helper()
	out, _ := exec.Command("pgrep", "-g", fmt.Sprint(p.cmd.Process.Pid), name).Output() // none: exit 1
	var pids []int
	for _, field := range strings.Fields(string(out)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			p.t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

// blankWords are what the window says where its page is not there.
func blankWords(w words) spoken.Blank { return spoken.In(app.Language(w.lang)).Blank }

// missing waits for the sentence of a page that did not come, and its three buttons.
func (p *program) missing(w words) {
	p.t.Helper()
	p.see("label", blankWords(w).Missing)
	for _, name := range []string{w.tryAgain, map[string]string{"ko": "로그인 점검", "en": "Check my sign-in"}[w.lang], map[string]string{"ko": "끝내기", "en": "Quit"}[w.lang]} {
		p.see("push button", name)
	}
}

func TestBL01_AKilledNetworkProcessCostsNothing(t *testing.T) {
	for n := range languages {
		w := nth(n)
		p, _ := account(t, w)
		p.start()
		p.see("heading", "Nora")
		for _, pid := range p.children("WebKitNetwork") {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		p.press(w.account)
		p.see("entry", w.nickname)
		p.press(dialogIn[w.lang].back)
		p.press(w.signOut)
		p.see("push button", w.github)
		p.unsays(spoken.Say(app.Language(w.lang), app.CodeForbidden, nil).Happened)
		if n := p.sql("munpae.db", "SELECT count(*) FROM sessions WHERE ended_at IS NULL"); n != "0" {
			t.Errorf("%s sessions are alive after signing out", n)
		}
		p.kill()
	}
}

func TestBL02_AWebProcessThatDiesAgainAndAgainIsSaidAndTryAgainBringsThePage(t *testing.T) {
	for _, w := range languages {
		for _, theme := range []string{"light", "dark"} {
			t.Run(w.lang+" "+theme, func(t *testing.T) {
				p, _ := account(t, w)
				p.args = []string{"--theme", theme}
				p.start()
				p.see("heading", "Nora")
				// Not while a process starts: WebKit ends the program that it starts for.
				dying := func() bool {
					window, ok := p.window()
					if !ok {
						return false
					}
					if _, said := window.find("label", blankWords(w).Missing); said {
						return true
					}
					if _, shown := window.find("push button", w.signOut); shown {
						for _, pid := range p.children("WebKitWeb") {
							syscall.Kill(pid, syscall.SIGKILL)
						}
					}
					return false
				}
				eventually(t, appearsWithin, "the window says that its page is missing", dying)
				p.missing(w)
				desk.screenshot(t, "blank-"+w.lang+"-"+theme)
				p.press(map[string]string{"ko": "로그인 점검", "en": "Check my sign-in"}[w.lang])
				p.see("label", blankWords(w).Well)
				desk.screenshot(t, "blank-checked-"+w.lang+"-"+theme)
				p.press(w.tryAgain)
				p.see("heading", "Nora")

				eventually(t, appearsWithin, "the window says it once more", dying)
				p.missing(w)
				if code := p.second(); code != 0 {
					t.Errorf("a second start exits %d", code)
				}
				p.see("heading", "Nora")
				eventually(t, appearsWithin, "the window says it a third time", dying)
				p.press(map[string]string{"ko": "끝내기", "en": "Quit"}[w.lang])
				eventually(t, appearsWithin, "it ends", func() bool { return !p.running() })
				if code := p.cmd.ProcessState.ExitCode(); code != 0 {
					t.Errorf("Quit ends it with %d", code)
				}
				p.cmd = nil
			})
		}
	}
}

func TestBL03_AWebviewThatHangsAtTheStartIsSaidAndTryAgainBringsThePage(t *testing.T) {
	for n, process := range []string{"WebKitWeb", "WebKitNetwork"} {
		w := nth(n)
		t.Run(process, func(t *testing.T) {
			s := serve(t)
			p := install(t, w.lang, settings(s)...)
			p.start()
			eventually(t, appearsWithin, process+" runs", func() bool {
				for _, pid := range p.children(process) {
					syscall.Kill(pid, syscall.SIGSTOP)
				}
				return len(p.children(process)) > 0
			})
			p.see("push button", w.github) // others have taken their place
		})
	}
}

// What an attacker or a fault put in the place of the page's script.
func TestBL04_APageWithoutItsScriptIsSaid(t *testing.T) {
	page, err := os.ReadFile("../../frontend/dist/index.html")
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.binary = rebuilt(t, map[string]string{"frontend/dist/index.html": strings.Replace(string(page), "/munpae/assets/index-", "/munpae/assets/gone-", 1)})
	p.start()
	p.missing(english)
}

// wanderingScript stands beside the page and goes to what is no page.
const wanderingScript = `
addEventListener('load', () => {
  for (const [name, address] of [['data', '/munpae/openapi.json'], ['refusal', '/munpae/nowhere']]) {
    const b = document.createElement('button')
    b.textContent = name
    b.onclick = () => location.href = address
    document.body.append(b)
  }
})
`

func TestBL05_NothingButAPageIsEverShown(t *testing.T) {
	page, err := os.ReadFile("../../frontend/dist/index.html")
	if err != nil {
		t.Fatal(err)
	}
	p, _ := account(t, english)
	p.binary = rebuilt(t, map[string]string{
		"frontend/dist/index.html":          strings.Replace(string(page), "<head>", `<head><script src="/munpae/assets/wandering.js"></script>`, 1),
		"frontend/dist/assets/wandering.js": wanderingScript,
	})
	p.start()
	for _, what := range []string{"data", "refusal", "refusal"} {
		p.see("heading", "Nora")
		p.reach("push button", what).press(t)
		for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			if w, ok := p.window(); ok && strings.ContainsAny(w.said(), "{}") {
				t.Fatalf("the window says:\n%s", w.said())
			}
		}
	}
	p.press(english.signOut)
	p.see("push button", english.github)
}

func TestBL06_AFloodOfConnectionsAtTheStartLeavesNoBlankWindow(t *testing.T) {
	s := serve(t)
	for n := range 6 {
		w := nth(n)
		p := install(t, w.lang, settings(s)...)
		p.start()
		address := p.listening()
		ctx, stop := context.WithCancel(t.Context())
		var flood sync.WaitGroup
		for range 4 {
			flood.Go(func() {
				for ctx.Err() == nil {
					if c, err := net.Dial("tcp4", address); err == nil {
						defer c.Close()
					}
				}
			})
		}
		time.AfterFunc(3*time.Second, stop)
		p.see("push button", w.github)
		stop()
		flood.Wait()
		p.kill()
	}
}

// listening waits for the program's first port.
func (p *program) listening() (address string) {
	p.t.Helper()
	eventually(p.t, appearsWithin, "it listens", func() bool {
		out, err := exec.Command("ss", "-ltnpH").Output()
		if err != nil {
			p.t.Skip("ss: ", err)
		}
		for line := range strings.Lines(string(out)) {
			if strings.Contains(line, fmt.Sprintf("pid=%d,", p.cmd.Process.Pid)) {
				address = strings.Fields(line)[3]
			}
		}
		return address != ""
	})
	return address
}

func TestBL08_APageThatHangsUnderThePersonsHandsComesBack(t *testing.T) {
	p, _ := account(t, korean)
	p.start()
	p.see("heading", "Nora")
	p.hasKeyboard()
	for _, pid := range p.children("WebKitWeb") {
		syscall.Kill(pid, syscall.SIGSTOP)
	}
	desk.xdotool(t, "mousemove", "--window", p.shown("Munpae"), "100", "100", "click", "1")
	eventually(t, appearsWithin, "it is noticed", func() bool { return strings.Contains(p.log(), "the web process hangs") })
	p.see("heading", "Nora")
	p.press(korean.signOut)
	p.see("push button", korean.github)
}

// hoardingScript stands beside the page and sets more cookies than a request may carry.
const hoardingScript = `
addEventListener('load', () => {
  const b = document.createElement('button')
  b.textContent = 'hoard'
  b.onclick = () => {
    for (let n = 0; n < 12; n++) document.cookie = 'c' + n + '=' + 'x'.repeat(4000) + '; Max-Age=9999999; Path=' + (n % 2 ? '/' : '/munpae/')
    location.reload()
  }
  document.body.append(b)
})
`

// plantingScript stands beside the page, puts cookies of our names beside ours, and asks
// for what needs them.
const plantingScript = `
addEventListener('load', () => {
  const b = document.createElement('button')
  b.textContent = 'plant'
  b.onclick = () => {
    for (const name of ['munpae_access', 'munpae_refresh', 'munpae_boot'])
      for (const path of ['/', '/munpae', '/munpae/session', '/munpae/session/', '/munpae/me']) document.cookie = name + '=planted; Max-Age=9999999; Path=' + path
    fetch('/munpae/session/refresh', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' }).then((r) => {
      b.textContent = 'refreshed ' + r.status
    })
  }
  document.body.append(b)
})
`

func TestCK02_CookiesOfOurNamesPlantedInTheRunningWindowCostNothing(t *testing.T) {
	page, err := os.ReadFile("../../frontend/dist/index.html")
	if err != nil {
		t.Fatal(err)
	}
	p, s := account(t, korean)
	s.Stop()
	p.binary = rebuilt(t, map[string]string{
		"frontend/dist/index.html":         strings.Replace(string(page), "<head>", `<head><script src="/munpae/assets/planting.js"></script>`, 1),
		"frontend/dist/assets/planting.js": plantingScript,
	})
	p.start()
	p.see("heading", "Nora")
	p.reach("push button", "plant").press(t)
	p.see("push button", "refreshed 200")
	p.press(korean.account)
	p.see("entry", korean.nickname)
	p.quit()
	if got := p.sql("cookies.sqlite", "SELECT name, path FROM moz_cookies WHERE value = 'planted'"); got != "" {
		t.Errorf("planted cookies stay: %s", got)
	}
	p.start()
	p.see("heading", "Nora")
	p.press(korean.signOut)
	p.see("push button", korean.github)
}

func TestCK13_PlantedCookiesKeepNoPageFromComingAndTheSessionStays(t *testing.T) {
	page, err := os.ReadFile("../../frontend/dist/index.html")
	if err != nil {
		t.Fatal(err)
	}
	p, s := account(t, english)
	s.Stop()
	p.binary = rebuilt(t, map[string]string{
		"frontend/dist/index.html":         strings.Replace(string(page), "<head>", `<head><script src="/munpae/assets/hoarding.js"></script>`, 1),
		"frontend/dist/assets/hoarding.js": hoardingScript,
	})
	own := p.host()
	for range 3 {
		p.sql("cookies.sqlite", "INSERT INTO moz_cookies (name, value, host, path, expiry, isSecure, isHttpOnly, sameSite) "+
			"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i < 12) SELECT 'c' || i, printf('%.4000c', 'x'), '"+own+"', '/', 9999999999, 0, 0, 0 FROM n")
		p.sql("cookies.sqlite", "INSERT INTO moz_cookies (name, value, host, path, expiry, isSecure, isHttpOnly, sameSite) "+
			"VALUES ('munpae_refresh', 'planted', '"+own+"', '/munpae/session/refresh', 9999999999, 0, 1, 2), ('munpae_access', 'planted', '"+own+"', '/munpae/', 9999999999, 0, 1, 2)")
		p.start()
		p.see("heading", "Nora")
		hoard := p.reach("push button", "hoard")
		hoard.press(t)
		eventually(t, appearsWithin, "the page does not come", func() bool { return strings.Contains(p.log(), "the page did not come") })
		eventually(t, appearsWithin, "the next page, until which the one before stands there", func() bool { return hoard.property("Name") == "" })
		p.see("heading", "Nora")
		p.press(english.account)
		p.see("entry", english.nickname)
		p.quit()
		os.Remove(p.file("munpae.log"))
	}
}
