//go:build e2e && reader

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// reader is Orca, with a speech dispatcher whose voice says nothing.
type reader struct {
	t     *testing.T
	debug string // its own log, which has every utterance
	steps []string
	from  []int // where each step's utterances begin
}

var utterance = regexp.MustCompile(`(?m)SPEECH OUTPUT: '(.*)'(?: \{.*)?$`)

// loaded is what Orca says, or not, of a page that was there before it looked.
var loaded = regexp.MustCompile(`(has finished loading|읽어들이기를 마쳤습니다)\.$`)

// said is every utterance so far.
func (r *reader) said() []string {
	text, _ := os.ReadFile(r.debug)
	var all []string
	for _, m := range utterance.FindAllStringSubmatch(string(text), -1) {
		if line := strings.TrimSpace(m[1]); line != "" && !loaded.MatchString(line) {
			all = append(all, line)
		}
	}
	return all
}

// readAloud starts Orca in a language.
func readAloud(t *testing.T, lang string) *reader {
	t.Helper()
	home := t.TempDir()
	config := filepath.Join(home, ".config", "speech-dispatcher")
	if err := os.MkdirAll(config, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(config, "speechd.conf"), []byte("AddModule \"dummy\" \"sd_dummy\" \"\"\nDefaultModule dummy\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := &reader{t: t, debug: filepath.Join(home, "orca.log")}
	// Neither each key that is typed nor the whole page: what the program says. And its own log
	// is written line by line, to be read while it runs.
	for name, text := range map[string]string{
		".local/share/orca/user-settings.conf": `{"general": {"startingProfile": ["Default", "default"], "enableKeyEcho": false, "sayAllOnLoad": false, "pageSummaryOnLoad": false, "enableTutorialMessages": false},
			"pronunciations": {}, "keybindings": {}, "profiles": {"default": {"profile": ["Default", "default"], "pronunciations": {}, "keybindings": {}}}}`,
		"lines/sitecustomize.py": `import builtins
_open = builtins.open
builtins.open = lambda file, mode="r", buffering=-1, *more, **named: _open(file, mode, 1 if str(file).endswith("orca.log") else buffering, *more, **named)
`,
	} {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command("orca", "--replace", "--debug-file", r.debug)
	c.Env = desk.env("HOME="+home, "LANG="+locales[lang], "LANGUAGE="+lang, "PYTHONPATH="+filepath.Join(home, "lines"),
		"XDG_RUNTIME_DIR="+home) // a dispatcher of its own
	out := &tail{}
	c.Stdout, c.Stderr = out, out
	if err := desk.start(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		if t.Failed() {
			log, _ := os.ReadFile(r.debug)
			t.Logf("Orca printed %s\nand wrote %d bytes; it said\n%s", out, len(log), strings.Join(r.said(), "\n"))
		}
	})
	eventually(t, appearsWithin, "Orca speaks", func() bool { return len(r.said()) > 0 })
	return r
}

// step names what is done next.
func (r *reader) step(name string) {
	r.steps, r.from = append(r.steps, "# "+name), append(r.from, len(r.said()))
}

// transcript is the steps with what was said in each.
func (r *reader) transcript() string {
	var b strings.Builder
	all := r.said()
	for i, name := range r.steps {
		to := len(all)
		if i+1 < len(r.from) {
			to = r.from[i+1]
		}
		b.WriteString(name + "\n")
		for _, line := range all[r.from[i]:to] {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// hears waits until the transcript is what path has of the steps so far. To write it
// down, it is what was said when nothing more comes.
func (r *reader) hears(path string) {
	r.t.Helper()
	if os.Getenv("MUNPAE_GOLDEN") == "write" {
		for before := ""; before != r.transcript(); time.Sleep(4 * time.Second) {
			before = r.transcript()
		}
		if err := os.WriteFile(path, []byte(r.transcript()), 0o644); err != nil {
			r.t.Fatal(err)
		}
		return
	}
	golden, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	parts := strings.SplitAfter(string(golden), "\n# ")
	want := strings.TrimSuffix(strings.Join(parts[:len(r.steps)], ""), "# ")
	for end := time.Now().Add(appearsWithin); r.transcript() != want; time.Sleep(60 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("Orca says\n%s\nwant\n%s", r.transcript(), want)
		}
	}
}

// focuses brings the focus to a button, and waits until it is read.
func (r *reader) focuses(p *program, button string) {
	r.t.Helper()
	before := len(r.said())
	p.see("push button", button).focus(r.t)
	eventually(r.t, appearsWithin, button+" is read", func() bool {
		return slices.ContainsFunc(r.said()[before:], func(line string) bool { return strings.HasPrefix(line, button+" ") })
	})
}

// What somebody who can't see the window hears on the road, word by word: each answer and
// phase once, nothing over another, in the language of the window.
func TestOrcaReadsTheRoad(t *testing.T) {
	for _, w := range []words{korean, english} {
		t.Run(w.lang, func(t *testing.T) {
			path, err := filepath.Abs(filepath.Join("testdata", "orca", "road."+w.lang+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			r := readAloud(t, w.lang)
			s := serve(t)
			s.NextPerson(nora)
			p := install(t, w.lang, settings(s)...)
			r.step("start")
			p.start()
			p.focused("heading", w.heading)
			p.hasKeyboard()
			r.hears(path)
			r.step("Tab, twice")
			desk.xdotool(t, "key", "Tab")
			p.focused("push button", w.naver)
			desk.xdotool(t, "key", "Tab")
			p.focused("push button", w.github)
			r.hears(path)
			r.step("Enter")
			desk.xdotool(t, "key", "Return")
			p.focused("heading", w.waiting)
			r.hears(path)
			r.step("no browser comes")
			p.hears(map[string]string{"ko": "‘주소 복사’", "en": "“Copy link”"}[w.lang])
			r.hears(path)
			r.step("copy the link")
			r.focuses(p, w.copyLink)
			desk.xdotool(t, "key", "Return")
			r.hears(path)
			r.step("the browser comes and signs in")
			browse(t, p.address(1))
			p.focused("entry", w.nickname)
			p.hears(w.free)
			r.hears(path)
			r.step("paste a nickname that is too short")
			p.replaceText(p.see("entry", w.nickname), "봄")
			r.hears(path)
			r.step("paste another")
			p.replaceText(p.see("entry", w.nickname), "봄날")
			p.hears(w.free)
			r.hears(path)
			r.step("start with it")
			desk.xdotool(t, "key", "Return")
			p.focused("heading", "봄날")
			r.hears(path)
			r.step("account")
			r.focuses(p, w.account)
			desk.xdotool(t, "key", "Return")
			p.focused("heading", w.account)
			r.hears(path)
			r.step("Escape")
			desk.xdotool(t, "key", "Escape")
			r.hears(path)
			r.step("sign out")
			r.focuses(p, w.signOut)
			desk.xdotool(t, "key", "Return")
			p.focused("heading", w.heading)
			r.hears(path)
		})
	}
}
