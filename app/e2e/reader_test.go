//go:build e2e && reader

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
)

// reader is Orca, with a speech dispatcher whose voice says nothing.
type reader struct {
	t     *testing.T
	debug string // its own log, which has every utterance
	steps []string
	from  []int             // where each step's utterances begin
	cuts  []cut             // what is not ours
	dated map[string]string // what a date is called in the transcript
}

// cut is what of the utterances from one to another is kept.
type cut struct {
	from, to int
	kept     []string
}

var utterance = regexp.MustCompile(`(?m)SPEECH OUTPUT: '(.*)'(?: \{.*)?$`)

// loaded is what Orca says of a page that came after it, and not of one that was there
// before it looked: which of the two is a matter of milliseconds.
var loaded = regexp.MustCompile(`^Finished loading .*\.$|읽어들이기를 마쳤습니다\.$`)

// edited is Orca's own remark on a selection that is typed over. Which of them it makes, if
// any, is up to whether it looks before or after the first letter; the entry's words and the
// program's answer to what is typed come either way.
var edited = regexp.MustCompile(`^(Text unselected|Selection deleted)\.$`)

// listed is Orca's own remark on a list that is come to or left, which it makes or not by where
// it believes to have been before; what stands in the list is read either way.
var listed = regexp.MustCompile(`^(List with \d+ items?|leaving list\.)$`)

// said is every utterance so far, but remarks on editing and on lists, and what Orca says of the page
// itself: that it is loaded, and then once more what it has just read, where it had come to
// the heading by then.
func (r *reader) said() []string {
	text, _ := os.ReadFile(r.debug)
	var all []string
	again := false
	for _, m := range utterance.FindAllStringSubmatch(string(text), -1) {
		line := strings.TrimSpace(m[1])
		switch {
		case line == "", edited.MatchString(line), listed.MatchString(line):
		case loaded.MatchString(line):
			again = true
		case again && len(all) > 0 && r.undated(line) == all[len(all)-1]:
			again = false
		default:
			again = false
			all = append(all, r.undated(line))
		}
	}
	return all
}

// undated is a line that is the same on every day.
func (r *reader) undated(line string) string {
	for date, name := range r.dated {
		line = strings.ReplaceAll(line, date, name)
	}
	return line
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
	r := &reader{t: t, debug: filepath.Join(home, "orca.log"), dated: map[string]string{
		dateInWords(lang, time.Now()):                         "(today)",
		dateInWords(lang, time.Now().Add(app.RenameInterval)): "(in 30 days)",
	}}
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
	// Not to replace another: two seconds later that has it write to its log from a signal, which
	// breaks off whatever it was about to say if it wrote there just then.
	c := exec.Command("orca", "--debug-file", r.debug)
	c.Env = desk.env("HOME="+home, "LANG="+locales[lang], "LANGUAGE="+lang, "PYTHONPATH="+filepath.Join(home, "lines"),
		"XDG_RUNTIME_DIR="+home) // a dispatcher of its own
	out := &tail{}
	c.Stdout, c.Stderr = out, out
	if err := desk.start(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		log, _ := os.ReadFile(r.debug)
		if folder := os.Getenv("MUNPAE_SCREENSHOTS"); folder != "" {
			os.WriteFile(filepath.Join(folder, fmt.Sprintf("orca-%s-%v-%d.log", lang, t.Failed(), os.Getpid())), log, 0o600)
		}
		if t.Failed() {
			t.Logf("Orca printed %s\nand wrote %d bytes; it said\n%s", out, len(log), strings.Join(r.said(), "\n"))
		}
	})
	eventually(t, appearsWithin, "Orca speaks, and listens", func() bool {
		log, _ := os.ReadFile(r.debug)
		return len(r.said()) > 0 && strings.Contains(string(log), "Starting Atspi main event loop")
	})
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
		for at := r.from[i]; at < to; at++ {
			if c := slices.IndexFunc(r.cuts, func(c cut) bool { return c.from == at && c.to > at }); c >= 0 {
				for _, text := range r.cuts[c].kept {
					b.WriteString(text + "\n")
				}
				at = r.cuts[c].to - 1
				continue
			}
			b.WriteString(all[at] + "\n")
		}
	}
	return b.String()
}

// hears waits until the transcript is what path has of the steps so far. To write it
// down, it is what was said when nothing more comes.
func (r *reader) hears(path string) {
	r.t.Helper()
	if os.Getenv("MUNPAE_GOLDEN") == "write" {
		for before := ""; before != r.transcript(); time.Sleep(2500 * time.Millisecond) {
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

// reads waits until something that begins with a name is read after what is done.
func (r *reader) reads(name string, do func()) {
	r.t.Helper()
	before := len(r.said())
	do()
	r.waits(before, name)
}

// waits until something that begins with a name is read after the first so many utterances,
// and is which one it is.
func (r *reader) waits(before int, name string) int {
	r.t.Helper()
	name = r.undated(name)
	at := -1
	eventually(r.t, appearsWithin, name+" is read", func() bool {
		at = slices.IndexFunc(r.said()[before:], func(line string) bool { return strings.HasPrefix(line, name+" ") })
		return at >= 0
	})
	return before + at
}

// begins starts the program, whose first heading is read. The frame and its main part are read
// before it or not: Orca is told of a window that becomes active only if the program's
// connection to it is there by then.
func (r *reader) begins(p *program, heading string) {
	r.t.Helper()
	before := len(r.said())
	p.start()
	p.focused("heading", heading)
	p.hasKeyboard()
	r.comesTo(before, heading)
}

// comesTo drops what is said from an utterance to one that begins with a name.
func (r *reader) comesTo(from int, name string) {
	r.t.Helper()
	r.cuts = append(r.cuts, cut{from, r.waits(from, name), nil})
}

// comes presses a button that brings the focus to an entry, where something may be said, goes
// back from it and comes to it by Tab.
func (r *reader) comes(p *program, button, entry string, also ...string) {
	r.t.Helper()
	before := len(r.said())
	r.focuses(p, button)
	from, been := r.waits(before, button)+1, r.told(entry)
	desk.xdotool(r.t, "key", "Return")
	eventually(r.t, appearsWithin, "Orca is told of "+entry, func() bool { return r.told(entry) > been })
	for _, text := range also {
		eventually(r.t, appearsWithin, text+" is said", func() bool { return slices.Contains(r.said()[from:], text) })
	}
	r.back(p, entry)
	r.enters(p, entry, from, also...)
}

// enters goes on to an entry by Tab, and keeps what is read of it, after what else was said from
// an utterance on. Orca reads an entry or not: if it looks at the caret before it is told of
// the focus that came with it, it takes that for read. Then who hears goes back and comes again.
func (r *reader) enters(p *program, entry string, from int, also ...string) {
	r.t.Helper()
	for range 10 {
		before, been := len(r.said()), r.told(entry)
		desk.xdotool(r.t, "key", "Tab")
		eventually(r.t, appearsWithin, "Orca is told of "+entry, func() bool { return r.told(entry) > been })
		if at := slices.IndexFunc(r.said()[before:], func(line string) bool { return strings.HasPrefix(line, entry+" ") }); at >= 0 {
			r.cuts = append(r.cuts, cut{from, before + at, also})
			return
		}
		r.back(p, entry)
	}
	r.t.Fatalf("%s is never read", entry)
}

// back leaves what has a name by Shift and Tab.
func (r *reader) back(p *program, name string) {
	r.t.Helper()
	desk.xdotool(r.t, "key", "shift+Tab")
	eventually(r.t, appearsWithin, "the focus leaves "+name, func() bool {
		at := p.focus()
		return at.name != "" && at.name != name && at.role != "document web"
	})
}

// told is how often Orca was told that something of that name has the focus, and was done with it.
func (r *reader) told(name string) int {
	log, _ := os.ReadFile(r.debug)
	done := regexp.MustCompile(`(?s)Dequeued object:state-changed:focused for \[[^]\n]*: '` + regexp.QuoteMeta(name) +
		`'\][^\n]*\(1, 0, 0\).*?FINISHED PRIORITY-\d OBJECT EVENT OBJECT:STATE-CHANGED:FOCUSED`)
	return len(done.FindAll(log, -1))
}

// focuses brings the focus to a button, and waits until it is read.
func (r *reader) focuses(p *program, button string) {
	r.t.Helper()
	r.reads(button, func() { p.somewhere("push button", button).focus(r.t) })
}

// presses brings the focus to a button, waits until it is read, and presses Enter on it.
func (r *reader) presses(p *program, button string) {
	r.t.Helper()
	r.focuses(p, button)
	desk.xdotool(r.t, "key", "Return")
}

// tabs goes on by Tab until it comes to an object of that name; everything on the way
// has a name, and is read before it goes on.
func (r *reader) tabs(p *program, name string) {
	r.t.Helper()
	passed := 0
	for at := p.focus(); ; passed++ {
		if passed == 60 {
			r.t.Fatalf("no way to %q by Tab", name)
		}
		from, before := at.path, len(r.said())
		desk.xdotool(r.t, "key", "Tab")
		eventually(r.t, appearsWithin, "the focus goes on from "+at.name, func() bool {
			at = p.focus()
			return at.path != "" && at.path != from && at.role != "document web" // which is on its way
		})
		r.waits(before, at.name)
		if at.name == name {
			return
		}
	}
}

// browses walks the nth address through a GitHub that asks and answers slowly enough for
// each phase to be heard, and ends before the answer's own step.
func (r *reader) browses(p *program, s *providertest.Server, path string, n int, answer providertest.Fault) {
	r.t.Helper()
	person, arrive := r.door()
	answered, release := r.door()
	s.Fault(providertest.GitHubAuthorize, held(person))
	s.Fault(providertest.GitHubToken, func(w http.ResponseWriter, q *http.Request, next http.Handler) {
		<-answered
		if answer != nil {
			answer(w, q, next)
			return
		}
		next.ServeHTTP(w, q)
	})
	r.step("the browser comes")
	browsed := p.visited(n)
	r.hears(path)
	r.step("yes, there")
	arrive()
	r.hears(path)
	r.step("and who it is")
	release()
	if err := <-browsed; err != nil {
		r.t.Fatal(err)
	}
	s.Heal()
}

// door is what somebody waits at until it is opened, at the latest when the test ends.
func (r *reader) door() (chan struct{}, func()) {
	closed := make(chan struct{})
	open := sync.OnceFunc(func() { close(closed) })
	r.t.Cleanup(open)
	return closed, open
}

// golden is where the transcript of a walk is.
func golden(t *testing.T, walk, lang string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", "orca", walk+"."+lang+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// What somebody who can't see the window hears on the road, word by word: each answer and
// phase once, nothing over another, in the language of the window.
func TestOrcaReadsTheRoad(t *testing.T) {
	for _, w := range languages {
		t.Run(w.lang, func(t *testing.T) {
			path := golden(t, "road", w.lang)
			r := readAloud(t, w.lang)
			s := serve(t)
			s.NextPerson(nora)
			p := install(t, w.lang, settings(s)...)
			r.step("start")
			r.begins(p, w.heading)
			r.hears(path)
			r.step("Tab, twice")
			desk.xdotool(t, "key", "Tab")
			p.focused("push button", w.naver)
			desk.xdotool(t, "key", "Tab")
			p.focused("push button", w.github)
			r.hears(path)
			r.step("Enter, and no browser comes")
			desk.xdotool(t, "key", "Return")
			p.focused("heading", w.waiting)
			p.hears(map[string]string{"ko": "‘주소 복사’", "en": "“Copy link”"}[w.lang])
			r.hears(path)
			r.step("copy the link")
			r.presses(p, w.copyLink)
			r.hears(path)
			r.browses(p, s, path, 1, nil)
			p.focused("entry", w.nickname)
			p.hears(w.free)
			r.hears(path)
			r.step("type a nickname that is too short")
			p.replaceText(p.see("entry", w.nickname), "N")
			r.hears(path)
			r.step("type another")
			p.replaceText(p.see("entry", w.nickname), "Nora7")
			p.hears(w.free)
			r.hears(path)
			r.step("start with it")
			desk.xdotool(t, "key", "Return")
			p.focused("heading", "Nora7")
			r.hears(path)
			r.step("account")
			r.presses(p, w.account)
			p.focused("heading", w.account)
			r.hears(path)
			r.step("Escape")
			desk.xdotool(t, "key", "Escape")
			r.hears(path)
			r.step("sign out")
			r.presses(p, w.signOut)
			p.focused("heading", w.heading)
			r.hears(path)
		})
	}
}

// What goes wrong, by ear: keys that are mistaken one for the other, a no at the provider,
// and a network that breaks off.
func TestOrcaReadsWhatGoesWrong(t *testing.T) {
	for _, w := range languages {
		t.Run(w.lang, func(t *testing.T) { faultsByEar(t, w) })
	}
}

func faultsByEar(t *testing.T, w words) {
	d := setupIn[w.lang]
	path := golden(t, "wrong", w.lang)
	enter := func() { desk.xdotool(t, "key", "Return") }
	s := serve(t)
	p := install(t, w.lang)
	for _, set := range settings(s) { // where the providers are, and no key
		if !strings.Contains(set, "_CLIENT_") {
			p.env = append(p.env, set)
		}
	}
	r := readAloud(t, w.lang)
	r.step("start without keys")
	r.begins(p, d.title)
	r.hears(path)
	r.step("Tab, to the end and round")
	r.tabs(p, dialogIn[w.lang].theme)
	r.tabs(p, d.naver)
	r.hears(path)
	r.step("GitHub's keys")
	r.comes(p, d.github, d.id)
	r.hears(path)
	r.step("one for the other")
	keys := func(id, secret string) {
		t.Helper()
		desk.xdotool(t, "key", "ctrl+a")
		desk.types(t, id)
		eventually(t, appearsWithin, "the ID is typed", func() bool { return p.see("entry", d.id).text() == id })
		r.enters(p, d.secret, len(r.said()))
		desk.types(t, secret)
		eventually(t, appearsWithin, "the secret is typed", func() bool { return utf8.RuneCountInString(p.see("", d.secret).text()) == len(secret) })
		enter()
	}
	keys(practice.GitHubClientSecret, practice.GitHubClientID)
	p.hearsCode(w, app.CodeKeysSwapped, nil)
	r.hears(path)
	r.step("swap them")
	checked, answer := r.door()
	s.Fault(providertest.GitHubToken, held(checked))
	r.comes(p, d.swap, d.id, map[string]string{"ko": "GitHub에서 키를 확인하는 중", "en": "Checking the keys with GitHub"}[w.lang])
	r.hears(path)
	r.step("GitHub answers")
	answer()
	p.focused("push button", d.goOn)
	r.hears(path)
	s.Heal()
	r.step("NAVER's keys")
	r.comes(p, d.naver, d.id)
	r.hears(path)
	r.step("a secret that NAVER refuses")
	keys(practice.NaverClientID, "a-wrong-secret")
	p.hearsCode(w, app.CodeKeysRefused, app.Params{"provider": "NAVER"})
	r.hears(path)
	r.step("Escape, from the entry")
	desk.xdotool(t, "key", "Escape")
	p.focused("push button", d.naver)
	r.hears(path)
	r.step("to the sign-in")
	r.presses(p, d.goOn)
	p.focused("heading", w.heading)
	r.hears(path)

	r.step("no, in the browser")
	r.presses(p, w.github)
	p.focused("heading", w.waiting)
	r.hears(path)
	r.step("the browser comes")
	said, refuse := r.door()
	s.Fault(providertest.GitHubAuthorize, func(w http.ResponseWriter, q *http.Request, next http.Handler) {
		<-said
		providertest.Refuse("access_denied", "")(w, q, next)
	})
	browsed := p.visited(1)
	r.hears(path)
	r.step("no, there")
	refuse()
	<-browsed
	p.hearsCode(w, app.CodeProviderDenied, app.Params{"provider": "GitHub"})
	r.hears(path)
	s.Heal()
	r.step("the network breaks off")
	r.presses(p, w.github)
	p.focused("heading", w.waiting)
	r.hears(path)
	r.browses(p, s, path, 2, providertest.Break())
	p.see("push button", w.tryAgain)
	r.hears(path)
	r.step("Tab, to the button, and Enter")
	r.tabs(p, w.tryAgain)
	enter()
	p.focused("heading", w.waiting)
	r.hears(path)
	r.step("Escape")
	desk.xdotool(t, "key", "Escape")
	p.focused("heading", w.heading)
	r.hears(path)
}
