//go:build e2e

package e2e

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/loopback/loopbacktest"
	"munpae.example/munpae/app/internal/provider/providertest"
	spoken "munpae.example/munpae/app/internal/words"
)

// keeper is a running munpae-directory.
type keeper struct {
	t        testing.TB
	settings []string
	address  string
	cmd      *exec.Cmd
}

// keep starts a directory that has the provider servers.
func keep(t testing.TB, s *providertest.Server) *keeper {
	t.Helper()
	k := &keeper{t: t, settings: append(settings(s), "HOME="+t.TempDir(), "MUNPAE_DIRECTORY_DATABASE="+filepath.Join(t.TempDir(), "directory.db"))}
	k.start(fmt.Sprintf("127.0.0.1:%d", loopbacktest.Port(t))) // which stays free while it is away
	t.Cleanup(k.stop)
	return k
}

func (k *keeper) start(listen string) {
	k.t.Helper()
	program, err := filepath.Abs("../../build/bin/munpae-directory")
	if err != nil {
		k.t.Fatal(err)
	}
	k.cmd = exec.Command(program, "serve")
	k.cmd.Env = append(k.settings, "MUNPAE_DIRECTORY_LISTEN="+listen)
	k.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Getenv("MUNPAE_DIRECTORY_LOG") != "" {
		k.cmd.Stderr = os.Stderr
	}
	out, err := k.cmd.StdoutPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	if err := k.cmd.Start(); err != nil {
		k.t.Fatal(err, ": run ./build/build.sh first")
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		k.t.Fatalf("%q, %v", line, err)
	}
	k.address = address
}

// stop ends it.
func (k *keeper) stop() {
	if k.cmd != nil {
		k.cmd.Process.Signal(syscall.SIGTERM)
		k.cmd.Wait()
		k.cmd = nil
	}
}

// Two computers of one person: the second opens at home under the same nickname, a
// rename shows on the other, a session is ended from the other, and with the directory
// away the app still opens signed in.
func TestTwoComputersOfOnePerson(t *testing.T) {
	w, d := korean, dialogIn["ko"]
	s := serve(t)
	k := keep(t, s)
	laptop, desktop := install(t, w.lang, "MUNPAE_DIRECTORY="+k.address), install(t, w.lang, "MUNPAE_DIRECTORY="+k.address)

	laptop.start()
	laptop.signUp(s, w, w.github, nora, "길동")
	desk.screenshot(t, "directory-first")
	laptop.kill()

	desktop.start()
	desktop.see("push button", w.github)
	s.NextPerson(nora)
	desktop.press(w.github)
	browse(t, desktop.address(1))
	desktop.see("heading", "길동") // no nickname dialog in between
	desk.screenshot(t, "directory-second")
	desktop.press(w.account)
	here, _ := os.Hostname()
	eventually(t, appearsWithin, "the sessions of both computers", func() bool {
		window, ok := desktop.window()
		return ok && strings.Count(window.said(), here+" (linux)") >= 2
	})
	desk.screenshot(t, "directory-sessions")
	desktop.replaceText(desktop.somewhere("entry", w.nickname), "또치")
	desktop.hears(w.free)
	eventually(t, appearsWithin, "Change enabled", func() bool { return desktop.somewhere("push button", d.change).has(stateEnabled) })
	desktop.somewhere("push button", d.change).press(t)
	desktop.hears(accountIn["ko"].renamed)
	desktop.kill()

	laptop.start()
	laptop.see("heading", "또치") // by the news
	desk.screenshot(t, "directory-renamed")
	laptop.kill()

	k.stop()
	laptop.start()
	laptop.see("heading", "또치")
	laptop.press(w.account)
	laptop.hears(spoken.Say(app.Korean, app.CodeDirectoryUnavailable, nil).Happened)
	if support := laptop.supportOnScreen(); support == "" || !strings.Contains(laptop.log(), `"support":"`+support+`"`) {
		t.Errorf("support code on screen %q; the log has no such line", support)
	}
	eventually(t, appearsWithin, "a button to try again in the notice and in the two lists that the directory has", func() bool {
		window, ok := laptop.window()
		again := 0
		return ok && window.walk(func(c node) bool {
			if c.role == "push button" && c.name == w.tryAgain {
				again++
			}
			return true
		}) && again == 3 && !strings.Contains(window.said(), "불러오는 중")
	})
	desk.screenshot(t, "directory-away")

	k.start(strings.TrimPrefix(k.address, "http://"))
	laptop.somewhere("push button", w.tryAgain).press(t)
	laptop.hears(here + " (linux)")
	desk.screenshot(t, "directory-back")
	laptop.kill()

	desktop.start()
	desktop.see("heading", "또치")
	desktop.press(w.account)
	s.NextPerson(nora)
	desktop.somewhere("push button", accountIn["ko"].endOthers).press(t)
	browse(t, desktop.address(2)) // after a restart no word is fresh
	desktop.somewhere("heading", w.account)
	desktop.nowhere("push button", accountIn["ko"].endOthers)
	desktop.kill()

	laptop.start()
	laptop.see("heading", w.heading)
	laptop.hears(spoken.Say(app.Korean, app.CodeSessionRevoked, nil).Happened)
	desk.screenshot(t, "directory-ended")
}

// The codes that were made on one computer open the account on the other, whose provider
// is gone.
func TestRC13_ACodeOfOneComputerOpensTheAccountOnTheOther(t *testing.T) {
	for _, w := range languages {
		theme := map[string]string{"ko": "dark", "en": "light"}[w.lang]
		t.Run(w.lang, func(t *testing.T) {
			r := recoveryIn[w.lang]
			shoot := func(screen string) { desk.screenshot(t, "directory-recovery-"+screen+"-"+w.lang+"-"+theme) }
			s := serve(t)
			k := keep(t, s)
			laptop, desktop := install(t, w.lang, "MUNPAE_DIRECTORY="+k.address), install(t, w.lang, "MUNPAE_DIRECTORY="+k.address)
			laptop.args, desktop.args = []string{"--theme", theme}, []string{"--theme", theme}
			laptop.start()
			laptop.signUp(s, w, w.github, seulgi, "또치")
			laptop.press(r.codes)
			laptop.see("heading", r.codes)
			laptop.press(r.make)
			laptop.hears(r.once)
			codes := laptop.codesShown()
			shoot("1-codes")
			laptop.somewhere("push button", r.done).press(t)
			laptop.nowhere("push button", r.done)
			laptop.kill()

			desktop.start()
			desktop.press(r.cant)
			desktop.replaceText(desktop.see("entry", r.entry), codes[7])
			desktop.press(r.next)
			desktop.see("heading", "또치")
			desktop.hears(r.opened)
			shoot("2-home")
			desktop.press(r.link)
			s.NextPerson(seulgi)
			browse(t, desktop.address(1))
			desktop.see("heading", r.asked)
			desktop.press(r.yes)
			desktop.hears(r.linked)
			desktop.press(w.account)
			desktop.somewhere("push button", r.codes).press(t)
			desktop.hears(r.left)
			shoot("3-codes")
		})
	}
}

// A directory with nothing set is one to try things out with, and the window says so.
func TestADirectoryOfPracticeAccountsIsSaidToBeOne(t *testing.T) {
	k := &keeper{t: t, settings: []string{"HOME=" + t.TempDir()}}
	k.start("127.0.0.1:0")
	t.Cleanup(k.stop)
	for _, w := range languages {
		p := install(t, w.lang, "MUNPAE_DIRECTORY="+k.address)
		p.start()
		p.see("push button", w.github)
		p.hears(map[string]string{"ko": "연습용 계정입니다", "en": "These are practice accounts"}[w.lang])
		desk.screenshot(t, "directory-demo-"+w.lang)
		p.kill()
	}
}

// Somebody has an account on each of two computers, and the second one on a third: they
// bring the two together on the second. The third shows the nickname that stays, the first
// is told where its account went, and an undo puts both back.
func TestMG15_TwoAccountsBecomeOneOnEveryComputerAndTwoAgain(t *testing.T) {
	for _, w := range languages {
		theme := map[string]string{"ko": "dark", "en": "light"}[w.lang]
		t.Run(w.lang, func(t *testing.T) {
			m := mergeIn[w.lang]
			shoot := func(screen string) { desk.screenshot(t, "directory-merge-"+screen+"-"+w.lang+"-"+theme) }
			s := serve(t)
			k := keep(t, s)
			computer := func() *program {
				p := install(t, w.lang, "MUNPAE_DIRECTORY="+k.address)
				p.args = []string{"--theme", theme}
				p.start()
				return p
			}
			absorbed := computer()
			absorbed.signUp(s, w, w.github, nora, "길동")
			absorbed.kill()
			first := computer()
			first.signUp(s, w, w.naver, seulgi, "둘리")
			first.kill()
			other := computer()
			s.NextPerson(seulgi)
			other.press(w.naver)
			browse(t, other.address(1))
			other.see("heading", "둘리")
			other.kill()

			first.start()
			first.press(w.account)
			s.NextPerson(seulgi)
			first.somewhere("push button", m.link).press(t)
			browse(t, first.address(2)) // after a restart no word is fresh
			confirmed := first.address(3)
			s.NextPerson(nora)
			browse(t, confirmed)
			first.see("heading", m.question)
			first.see("radio button", "길동").press(t)
			shoot("1-question")
			first.press(m.together)
			first.somewhere("heading", m.title)
			first.somewhere("push button", m.undo)
			first.hears(m.merged)
			shoot("2-account")
			first.kill()

			other.start()
			other.see("heading", "길동") // by the news
			shoot("3-other")
			other.kill()
			absorbed.start()
			absorbed.see("heading", w.heading)
			absorbed.hearsCode(w, app.CodeAccountMerged, nil)
			shoot("4-absorbed")
			absorbed.kill()

			first.start()
			first.press(w.account)
			s.NextPerson(seulgi)
			first.somewhere("push button", m.undo).press(t)
			browse(t, first.address(4))
			first.somewhere("heading", w.account)
			first.nowhere("heading", m.title)
			first.hears(m.undone)
			shoot("5-undone")
			first.kill()
			other.start()
			other.see("heading", "둘리")
			other.kill()
			absorbed.start()
			s.NextPerson(nora)
			absorbed.press(w.github)
			browse(t, absorbed.address(2))
			absorbed.see("heading", "길동")
		})
	}
}

// Who leaves a directory has the provider's permission withdrawn by it: it has the client
// secret, and the confirmation that the deletion asked for.
func TestLV06_WhoLeavesADirectoryHasTheGrantWithdrawn(t *testing.T) {
	w, l := korean, leavingIn["ko"]
	s := serve(t)
	k := keep(t, s)
	p := install(t, w.lang, "MUNPAE_DIRECTORY="+k.address)
	p.start()
	p.signUp(s, w, w.github, nora, "길동")
	p.kill() // after a restart no word is fresh
	p.start()
	p.press(w.account)
	p.hears(l.at)
	p.replaceText(p.somewhere("entry", l.asked), "길동")
	a := accountIn[w.lang]
	eventually(t, appearsWithin, "Delete enabled", func() bool { return p.somewhere("push button", a.delete).has(stateEnabled) })
	s.NextPerson(nora)
	p.somewhere("push button", a.delete).press(t)
	browse(t, p.address(2))
	p.see("heading", a.deleted)
	p.hears(l.withdrawn)
	desk.screenshot(t, "directory-left")
	if n := s.Count(providertest.GitHubRevoke); n != 1 {
		t.Errorf("GitHub was told %d times", n)
	}
}
