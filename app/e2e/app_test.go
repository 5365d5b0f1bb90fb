//go:build e2e

package e2e

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"
)

// appearsWithin is how long anything on screen may take before a test gives up;
// it bounds a failure and measures nothing.
const appearsWithin = time.Minute

// program is a profile and the running Munpae on it.
type program struct {
	t       testing.TB
	profile string
	lang    string
	env     []string
	args    []string
	wrap    []string // what it is started by, such as unshare
	name    string   // on the accessibility bus; empty: munpae
	bare    bool     // it is given no arguments but args
	dir     string   // it is started in, or empty
	binary  string   // another build than the one of build/build.sh, or empty
	opened  string   // file that the stand-in for xdg-open appends addresses to
	cmd     *exec.Cmd
	output  *tail
	last    sight              // what was painted when a test last saw something
	looks   map[drawing]string // what each thing looked like when it was
	done    chan struct{}
}

// binary is the built program; MUNPAE_BINARY names another one.
func binary(t testing.TB) string {
	t.Helper()
	name := os.Getenv("MUNPAE_BINARY")
	if name == "" {
		name = "../../build/bin/munpae"
	}
	path, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal("build/bin/munpae is missing: run ./build/build.sh first")
	}
	return path
}

// install makes a profile with settings for the provider servers; nothing runs yet.
func install(t testing.TB, lang string, env ...string) *program {
	t.Helper()
	dir := t.TempDir()
	p := &program{t: t, profile: filepath.Join(dir, "profile"), lang: lang, env: env, opened: filepath.Join(dir, "opened")}
	bin := filepath.Join(dir, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\nprintf '%s\\n' \"$1\" >> '" + p.opened + "'\n"
	if err := os.WriteFile(filepath.Join(bin, "xdg-open"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	p.env = append([]string{"PATH=" + bin + ":" + os.Getenv("PATH"), "MUNPAE_KEYSTORE=file"}, p.env...)
	t.Cleanup(p.kill)
	return p
}

// start runs the program and returns at once.
func (p *program) start() {
	p.t.Helper()
	if p.cmd != nil {
		p.t.Fatal("it runs already")
	}
	args := append([]string{"--profile", p.profile, "--lang", p.lang}, p.args...)
	if p.bare {
		args = p.args
	}
	program := p.binary
	if program == "" {
		program = binary(p.t)
	}
	command := append(append(slices.Clone(p.wrap), program), args...)
	p.cmd = exec.Command(command[0], command[1:]...)
	p.cmd.WaitDelay = 5 * time.Second // what it started may hold its output (wails dev)
	p.cmd.Env = desk.env(append([]string{"LANG=" + locales[p.lang]}, p.env...)...)
	p.cmd.Dir = p.dir
	p.output = &tail{}
	p.last, p.looks = sight{}, nil
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.done = make(chan struct{})
	go func(c *exec.Cmd, done chan struct{}) {
		c.Wait()
		close(done)
	}(p.cmd, p.done)
}

// second starts the program once more on the same profile and returns its exit code.
func (p *program) second() int {
	p.t.Helper()
	c := exec.Command(binary(p.t), "--profile", p.profile)
	c.Env = desk.env(p.env...)
	err := c.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return 0
}

// kill ends it as a crash or a power cut does.
func (p *program) kill() {
	if p.cmd == nil {
		return
	}
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
	p.cmd = nil
}

// quit closes the window as a person does.
func (p *program) quit() {
	p.t.Helper()
	eventually(p.t, appearsWithin, "the window manager closes the window", func() bool { // it may not know of it yet
		c := exec.Command("wmctrl", "-c", cmp.Or(p.name, "Munpae"))
		c.Env = desk.env()
		return c.Run() == nil
	})
	select {
	case <-p.done:
	case <-time.After(appearsWithin):
		p.t.Fatal("the window was closed and the program still runs")
	}
	p.cmd = nil
}

func (p *program) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// window returns the program's object on the accessibility bus.
func (p *program) window() (node, bool) {
	root := node{bus: desk.a11y, owner: registryName, path: rootPath}
	name := cmp.Or(p.name, "munpae")
	for _, a := range root.children() {
		if strings.EqualFold(a.name, name) {
			return a, true
		}
	}
	return node{}, false
}

// see waits until an object of that role and accessible name shows.
func (p *program) see(role, name string) node {
	p.t.Helper()
	var found node
	end := time.Now().Add(appearsWithin)
	for {
		if w, ok := p.window(); ok {
			if found, ok = w.find(role, name); ok {
				p.painted()
				return found
			}
		}
		if !p.running() {
			p.t.Fatalf("it ended while %s %q was waited for:\n%s", role, name, p.output)
		}
		if time.Now().After(end) {
			said := ""
			if w, ok := p.window(); ok {
				said = w.said()
			}
			desk.screenshot(p.t, "failed-"+strings.ReplaceAll(p.t.Name(), "/", "-"))
			p.t.Fatalf("%s %q does not show; on screen:\n%s\nit printed:\n%s", role, name, said, p.output)
		}
		time.Sleep(60 * time.Millisecond)
	}
}

// absent fails if an object of that role and name shows now.
func (p *program) absent(role, name string) {
	p.t.Helper()
	if w, ok := p.window(); ok {
		if _, ok := w.find(role, name); ok {
			p.t.Fatalf("%s %q shows", role, name)
		}
	}
}

// hears waits until the window says a text anywhere.
func (p *program) hears(text string) {
	p.t.Helper()
	said := ""
	end := time.Now().Add(appearsWithin)
	for time.Now().Before(end) {
		if w, ok := p.window(); ok {
			if said = w.said(); strings.Contains(said, text) {
				return
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	desk.screenshot(p.t, "failed-"+strings.ReplaceAll(p.t.Name(), "/", "-"))
	p.t.Fatalf("the window does not say %q; it says:\n%s", text, said)
}

func (p *program) press(name string) {
	p.t.Helper()
	p.see("push button", name).press(p.t)
}

// address waits for the address that the program gave to the browser.
func (p *program) address(n int) string {
	p.t.Helper()
	var lines []string
	eventually(p.t, appearsWithin, "an address for the browser", func() bool {
		b, _ := os.ReadFile(p.opened)
		lines = strings.Fields(string(b))
		return len(lines) >= n
	})
	return lines[n-1]
}

// hasKeyboard waits until what is typed goes to this program's window.
func (p *program) hasKeyboard() {
	p.t.Helper()
	if desk.nested {
		p.see("document web", "Munpae") // which is all that could have it
		return
	}
	eventually(p.t, appearsWithin, "the window has the keyboard", func() bool {
		if desk.wayland != nil {
			desk.wayland.sits()
			return desk.wayland.front()
		}
		c := exec.Command("xdotool", "getwindowfocus", "getwindowpid")
		c.Env = desk.env()
		out, _ := c.Output() // no window has it: no pid
		return p.started(strings.TrimSpace(string(out)))
	})
}

// started reports whether pid is the program, or what it started (wails dev).
func (p *program) started(pid string) bool {
	for pid != "" && pid != "0" {
		if pid == fmt.Sprint(p.cmd.Process.Pid) {
			return true
		}
		stat, _ := os.ReadFile("/proc/" + pid + "/stat")
		_, rest, _ := strings.Cut(string(stat), ") ") // state, then the parent
		fields := strings.Fields(rest)
		if len(fields) < 2 {
			return false
		}
		pid = fields[1]
	}
	return false
}

// replaceText types over what an entry holds. Letters that the keyboard lacks are
// pasted: xdotool would remap a key for each, which every program on the display is
// told of, and on a loaded machine the window manager is busy with that for a minute.
func (p *program) replaceText(entry node, text string) {
	p.t.Helper()
	p.hasKeyboard()
	entry.focus(p.t)
	typed := strings.IndexFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) < 0
	for end := time.Now().Add(appearsWithin); time.Now().Before(end); {
		typeKeys(p.t, 0, "ctrl+a")
		if typed {
			desk.types(p.t, text)
		} else {
			p.copy(text)
			typeKeys(p.t, 0, "ctrl+v")
		}
		for still := time.Now().Add(5 * time.Second); time.Now().Before(still); time.Sleep(60 * time.Millisecond) {
			if entry.text() == text {
				return
			}
		}
	}
	p.t.Fatalf("typed %q, the entry holds %q", text, entry.text())
}

// copy puts text on the desktop's clipboard.
func (p *program) copy(text string) {
	p.t.Helper()
	if desk.wayland != nil {
		desk.wayland.copy(text)
		return
	}
	c := exec.Command("xclip", "-selection", "clipboard", "-i")
	c.Env, c.Stdin = desk.env(), strings.NewReader(text)
	if err := c.Run(); err != nil {
		p.t.Fatalf("%v: %v", c.Args, err)
	}
}
