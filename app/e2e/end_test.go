//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	spoken "munpae.example/munpae/app/internal/words"
)

// anywhere returns the object of that role and name in whichever Munpae has it: two
// of them may be on the accessibility bus.
func anywhere(t *testing.T, role, name string) node {
	t.Helper()
	var found node
	eventually(t, appearsWithin, fmt.Sprintf("%s %q shows somewhere", role, name), func() bool {
		root := node{bus: desk.a11y, owner: registryName, path: rootPath}
		for _, a := range root.children() {
			if n, ok := a.find(role, name); ok && strings.EqualFold(a.name, "munpae") {
				found = n
				return true
			}
		}
		return false
	})
	return found
}

// ended waits for the program's own end and returns its exit code.
func (p *program) ended() int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(appearsWithin):
		p.t.Fatal("it still runs")
	}
	code := p.cmd.ProcessState.ExitCode()
	p.cmd = nil
	return code
}

var quitLabel = map[string]string{"ko": "끝내기", "en": "Quit"}

// endsInAWindow starts p and expects that this start ends with code: one line on
// stderr while the window is still open, the sentence and the button in the window,
// and exit 1 when that is pressed.
func (p *program) endsInAWindow(w words, picture string, code app.Code, params app.Params) {
	p.t.Helper()
	p.start()
	said := spoken.Say(app.Language(w.lang), code, params)
	p.hears(said.Happened)
	if said.Next != "" {
		p.hears(said.Next)
	}
	desk.screenshot(p.t, picture+"-"+w.lang)
	line := p.output.String()
	oneLine(p.t, line)
	if !strings.Contains(line, spoken.Say(app.English, code, params).Happened) {
		p.t.Errorf("stderr says %q", line)
	}
	p.press(quitLabel[w.lang])
	if exit := p.ended(); exit != 1 {
		p.t.Errorf("exit %d", exit)
	}
	oneLine(p.t, line)
}

func TestDB09_AProfileThatCannotBeWrittenIsSaidInAWindow(t *testing.T) {
	for _, w := range languages {
		t.Run("a file in its place "+w.lang, func(t *testing.T) {
			p := install(t, w.lang)
			if err := os.WriteFile(p.profile, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			p.endsInAWindow(w, "end-unwritable", app.CodeProfileUnwritable, nil)
			if b, _ := os.ReadFile(p.profile); len(b) != 0 {
				t.Error("the file was written to")
			}
		})
	}
	t.Run("a folder below a file", func(t *testing.T) {
		p := install(t, "en")
		os.WriteFile(p.profile, nil, 0o600)
		p.profile = filepath.Join(p.profile, "below")
		p.endsInAWindow(english, "end-below", app.CodeProfileUnwritable, nil)
	})
	t.Run("a read-only home", func(t *testing.T) {
		p := install(t, "ko")
		home := t.TempDir()
		p.wrap = readOnly(t, home)
		p.profile = filepath.Join(home, ".local", "share", "munpae")
		p.endsInAWindow(korean, "end-read-only", app.CodeProfileUnwritable, nil)
	})
	t.Run("closing the window is enough", func(t *testing.T) {
		p := install(t, "en")
		os.WriteFile(p.profile, nil, 0o600)
		p.start()
		p.see("push button", "Quit")
		eventually(t, appearsWithin, "the window manager closes the window", func() bool {
			c := exec.Command("wmctrl", "-c", "Munpae")
			c.Env = desk.env()
			return c.Run() == nil
		})
		if exit := p.ended(); exit != 1 {
			t.Errorf("exit %d", exit)
		}
	})
	t.Run("well again, it is tried again", func(t *testing.T) {
		p := install(t, "ko")
		os.WriteFile(p.profile, nil, 0o600)
		p.start()
		p.see("push button", korean.tryAgain)
		os.Remove(p.profile)
		p.press(korean.tryAgain)
		p.see("push button", "데모 시작") // and not a word of settings that could not be read
	})
}

func TestAProfileOfAnotherUserIsSaidInAWindow(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give a folder away")
	}
	for _, w := range languages {
		p := install(t, w.lang)
		if err := os.Mkdir(p.profile, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(p.profile, 65534, 65534); err != nil {
			t.Fatal(err)
		}
		p.endsInAWindow(w, "end-foreign", app.CodeProfileForeign, app.Params{"owner": "nobody"})
		if left, _ := os.ReadDir(p.profile); len(left) != 0 {
			t.Errorf("something was made in it: %v", left)
		}
	}
}

func TestDB08_NoRoomAtAllIsSaidInAWindow(t *testing.T) {
	if err := exec.Command("unshare", "-m", "true").Run(); err != nil {
		t.Skip("no mount namespace of our own is permitted here: ", err)
	}
	p := install(t, "ko")
	os.Mkdir(p.profile, 0o700)
	// One inode: the root folder's own.
	p.wrap = []string{"unshare", "-m", "sh", "-c", `mount -t tmpfs -o mode=700,nr_inodes=1 tmpfs "$0" && exec "$@"`, p.profile}
	p.endsInAWindow(korean, "end-full", app.CodeDiskFull, nil)
}

func TestCC07_AStartOnAnotherDisplaySaysWhereAndMovesTheAppThere(t *testing.T) {
	for _, w := range languages {
		t.Run(w.lang, func(t *testing.T) {
			p, _ := account(t, w)
			p.start()
			p.see("heading", "Nora")
			first := p.cmd.Process.Pid

			second := *p
			second.cmd, second.env = nil, append(append([]string{}, p.env...), "DISPLAY="+anotherDisplay(t))
			t.Cleanup(second.kill)
			second.start()
			said := spoken.Say(app.Language(w.lang), app.CodeRunningElsewhere, app.Params{"place": desk.display})
			anywhere(t, "push button", map[string]string{"ko": "여기로 옮기기", "en": "Move here"}[w.lang])
			eventually(t, appearsWithin, "the sentence is on stderr", func() bool {
				return strings.Contains(second.output.String(), spoken.Say(app.English, app.CodeRunningElsewhere, app.Params{"place": desk.display}).Happened)
			})
			anywhere(t, "label", said.Happened)
			if p.cmd.Process.Pid != first || !p.running() {
				t.Fatal("the first has ended before anybody chose")
			}
			anywhere(t, "push button", map[string]string{"ko": "여기로 옮기기", "en": "Move here"}[w.lang]).press(t)
			if code := p.ended(); code != 0 {
				t.Errorf("the first ended with %d, not in order", code)
			}
			second.see("heading", "Nora")
			if !second.running() {
				t.Error("the app is nowhere now")
			}
		})
	}
}

func TestCC07_WhoDoesNotMoveItLeavesItWhereItIs(t *testing.T) {
	p, _ := account(t, english)
	p.start()
	p.see("heading", "Nora")
	second := *p
	second.cmd, second.env = nil, append(append([]string{}, p.env...), "DISPLAY="+anotherDisplay(t))
	t.Cleanup(second.kill)
	second.start()
	anywhere(t, "push button", "Quit").press(t)
	if code := second.ended(); code != 1 {
		t.Errorf("exit %d", code)
	}
	if !p.running() {
		t.Error("the first is gone")
	}
}

// anotherDisplay starts one and returns its name.
func anotherDisplay(t *testing.T) string {
	t.Helper()
	display, end, err := startDisplay("-screen", "0", "1000x800x24")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	return display
}

func TestCC08_AHungAppIsSaidInAWindowAndCanBeEndedThere(t *testing.T) {
	p, _ := account(t, korean)
	p.start()
	p.see("heading", "Nora")
	syscall.Kill(p.cmd.Process.Pid, syscall.SIGSTOP)
	second := *p
	second.cmd = nil
	t.Cleanup(second.kill)
	second.start()
	// The hung one is on the accessibility bus still, and answers nothing.
	eventually(t, appearsWithin, "it is said on stderr", func() bool {
		return strings.Contains(second.output.String(), spoken.Say(app.English, app.CodeNotAnswering, nil).Happened)
	})
	oneLine(t, second.output.String())
	var window string
	eventually(t, appearsWithin, "a window of the second start", func() bool {
		c := exec.Command("xdotool", "search", "--onlyvisible", "--pid", fmt.Sprint(second.cmd.Process.Pid))
		c.Env = desk.env()
		out, _ := c.Output()
		window, _, _ = strings.Cut(strings.TrimSpace(string(out)), "\n")
		return window != ""
	})
	desk.screenshot(t, "end-hung-ko")
	// Try again, End it and start again, Quit.
	desk.xdotool(t, "windowactivate", "--sync", window)
	desk.xdotool(t, "key", "Tab")
	time.Sleep(300 * time.Millisecond)
	desk.xdotool(t, "key", "Return")
	if code := p.ended(); code != -1 {
		t.Errorf("the hung one exits %d", code)
	}
	second.see("heading", "Nora")
}

func TestCC09_AFileSystemWithoutFlockOrSocketsHoldsNobodyUp(t *testing.T) {
	for n, errno := range []string{"ENOLCK", "EOPNOTSUPP", "EPERM"} {
		t.Run(errno, func(t *testing.T) {
			w := nth(n)
			p := install(t, w.lang)
			p.wrap = []string{"strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=flock", "-e", "inject=flock:error=" + errno}
			// Where a socket is to be, something is that can be neither bound nor taken away.
			if err := os.MkdirAll(filepath.Join(p.profile, "munpae.sock", "in the way"), 0o700); err != nil {
				t.Fatal(err)
			}
			p.start()
			p.see("push button", map[string]string{"ko": "데모 시작", "en": "Start the demo"}[w.lang])
			if said := p.output.String(); strings.Contains(said, "munpae:") {
				t.Errorf("it says %q", said)
			}
		})
	}
}
