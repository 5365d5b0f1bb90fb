//go:build e2e && embed

package e2e

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/provider/providertest"
)

// Programs outside this tree, made from nothing but the module's zip, as whoever runs
// go get has it. They need npm and the Go module proxy.

const kitVersion = "v0.1.0"

// kit is where a program outside finds the module and Wails' command.
type kit struct {
	env   []string
	wails string
}

// theKit makes the module's zip, a file proxy that serves it, and Wails' command, once.
var theKit = sync.OnceValues(func() (kit, error) {
	dir, err := os.MkdirTemp("", "munpae-kit-")
	if err != nil {
		return kit{}, err
	}
	afterwards = append(afterwards, func() { _ = os.RemoveAll(dir) })
	root, err := filepath.Abs("../..")
	if err != nil {
		return kit{}, err
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return kit{}, err
	}
	path := strings.Fields(string(mod))[1]
	versions := filepath.Join(dir, "proxy", filepath.FromSlash(path), "@v")
	if err := os.MkdirAll(versions, 0o755); err != nil {
		return kit{}, err
	}
	archive, err := moduleZip(root, path)
	if err != nil {
		return kit{}, err
	}
	for name, data := range map[string][]byte{
		"list": []byte(kitVersion + "\n"), kitVersion + ".mod": mod, kitVersion + ".zip": archive,
		kitVersion + ".info": fmt.Appendf(nil, `{"Version":%q,"Time":"2026-01-01T00:00:00Z"}`, kitVersion),
	} {
		if err := os.WriteFile(filepath.Join(versions, name), data, 0o644); err != nil {
			return kit{}, err
		}
	}
	proxy, err := exec.Command("go", "env", "GOPROXY").Output()
	if err != nil {
		return kit{}, err
	}
	k := kit{wails: filepath.Join(dir, "bin", "wails")}
	cache, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		return kit{}, err
	}
	// The zip is another at each run and its version is not, which no cache of modules may
	// ever see: so there is one of this run's own, filled from the usual one.
	host, _, _ := strings.Cut(path, "/")
	k.env = append(os.Environ(),
		"GOPROXY=file://"+filepath.ToSlash(filepath.Join(dir, "proxy"))+",file://"+filepath.ToSlash(strings.TrimSpace(string(cache)))+"/cache/download,"+strings.TrimSpace(string(proxy)),
		"GOMODCACHE="+filepath.Join(dir, "mod"), "GONOSUMDB="+host+"/*", "GOFLAGS=-modcacherw -trimpath", "GOBIN="+filepath.Join(dir, "bin"))
	version, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", "github.com/wailsapp/wails/v2").Output()
	if err != nil {
		return kit{}, err
	}
	install := exec.Command("go", "install", "github.com/wailsapp/wails/v2/cmd/wails@"+strings.TrimSpace(string(version)))
	install.Env, install.Dir = k.env, dir
	if out, err := install.CombinedOutput(); err != nil {
		return kit{}, fmt.Errorf("%w: %s", err, out)
	}
	return k, nil
})

// moduleZip is the module as the proxy protocol has it: what git tracks, without the
// modules inside it.
func moduleZip(root, path string) ([]byte, error) {
	list := exec.Command("git", "ls-files", "-z")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		return nil, err
	}
	files := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	var nested []string
	for _, f := range files {
		if dir, ok := strings.CutSuffix(f, "/go.mod"); ok {
			nested = append(nested, dir+"/")
		}
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		if slices.ContainsFunc(nested, func(dir string) bool { return strings.HasPrefix(f, dir) }) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(root, f))
		if err != nil {
			return nil, err
		}
		w, err := z.Create(path + "@" + kitVersion + "/" + f)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(data); err != nil {
			return nil, err
		}
	}
	err = z.Close()
	return b.Bytes(), err
}

func mustKit(t testing.TB) kit {
	t.Helper()
	k, err := theKit()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// do runs a command of the kit in dir.
func (k kit) do(t testing.TB, dir, name string, arguments ...string) {
	t.Helper()
	c := exec.Command(name, arguments...)
	c.Dir, c.Env = dir, k.env
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(arguments, " "), err, out)
	}
}

// sample copies testdata/embed/NAME to a folder outside the tree.
func sample(t testing.TB, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	from := filepath.Join("testdata", "embed", name)
	err := filepath.WalkDir(from, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(from, p)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, strings.TrimSuffix(rel, ".txt"))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// plainBuild builds a sample by go get and go build, and no other tool.
func (k kit) plainBuild(t testing.TB, name string) string {
	t.Helper()
	dir := sample(t, name)
	path := strings.Fields(string(mustRead(t, "../../go.mod")))[1]
	k.do(t, dir, "go", "mod", "init", name)
	k.do(t, dir, "go", "get", path+"/app/munpae@"+kitVersion)
	k.do(t, dir, "go", "mod", "tidy")
	k.do(t, dir, "go", "build", "-tags", "desktop,production,webkit2_41", "-o", name, ".")
	return filepath.Join(dir, name)
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// outside is a profile of a program at binary, whose settings begin with its name.
func outside(t testing.TB, s *providertest.Server, name, binary string) *program {
	t.Helper()
	own := settings(s)
	for i := range own {
		own[i] = strings.Replace(own[i], "MUNPAE_", strings.ToUpper(strings.ReplaceAll(name, "-", "_"))+"_", 1)
	}
	p := install(t, english.lang, append(own, strings.ToUpper(name)+"_KEYSTORE=file")...)
	p.name, p.binary = name, binary
	return p
}

// road signs up, restarts offline and signs out. signedIn says that the program's own
// page is there, signOut ends the session by what the program has for it.
func road(t *testing.T, s *providertest.Server, p *program, signedIn, signOut func()) {
	t.Helper()
	p.start()
	p.see("push button", english.github)
	s.NextPerson(nora)
	p.press(english.github)
	p.see("push button", english.cancel)
	browse(t, p.address(1))
	p.see("dialog", english.dialog)
	p.choose(english, "Nora")
	signedIn()
	desk.screenshot(t, "embed-"+p.name)
	p.quit()
	s.Stop() // offline
	p.start()
	signedIn()
	signOut()
	p.see("push button", english.github)
	p.quit()
}

func TestEM20_APageWithoutABundlerByGoGetAlone(t *testing.T) {
	k, s := mustKit(t), serve(t)
	p := outside(t, s, "plain", k.plainBuild(t, "plain"))
	road(t, s, p, func() {
		p.see("heading", "Nora")
		p.hears("notes of Nora")
	}, func() { p.press("Sign out") })
}

func TestEM21_TheTemplatesBuildAndSignIn(t *testing.T) {
	for _, template := range []string{"template", "template-react"} {
		t.Run(template, func(t *testing.T) {
			k, s := mustKit(t), serve(t)
			root, dir := filepath.Join(mustAbs(t, "../.."), "build", template), t.TempDir()
			k.do(t, dir, k.wails, "init", "-n", "notes", "-t", root)
			dir = filepath.Join(dir, "notes")
			k.do(t, dir, k.wails, "build", "-tags", "webkit2_41")
			p := outside(t, s, "notes", filepath.Join(dir, "build", "bin", "notes"))
			road(t, s, p, func() {
				p.see("heading", "Nora")
				p.see("entry", "Your note")
			}, func() { p.press("Sign out") })
			// Without a provider in the settings the practice providers are there at once.
			bare := install(t, english.lang, "NOTES_KEYSTORE=file")
			bare.name, bare.binary = "notes", p.binary
			bare.start()
			bare.press("Start the demo")
			bare.hears("These are practice accounts")
			bare.press(english.github)
			bare.see("push button", english.cancel)
			page, err := providertest.NewBrowser(nil).Visit(t.Context(), bare.address(1))
			if err == nil {
				_, err = page.Click(t.Context(), "Nora Whitfield")
			}
			if err != nil {
				t.Fatal(err)
			}
			bare.see("dialog", english.dialog)
			bare.choose(english, "Nora")
			bare.see("heading", "Nora")
			bare.see("entry", "Your note")
			desk.screenshot(t, "embed-"+template)
		})
	}
}

func TestEM22_ReactWithARouterAndCSSInJSAndANativeMenu(t *testing.T) {
	k, s := mustKit(t), serve(t)
	p := outside(t, s, "react", k.reactBuild(t))
	road(t, s, p, func() {
		p.hears("notes of Nora")
		p.hears("styled rgb(0, 128, 0)")
		p.see("heading", "All notes")
		p.somewhere("link", "Open note 7").press(t)
		p.see("heading", "Note 7")
		p.press("Reload")
		p.see("heading", "Note 7")
	}, func() {
		p.somewhere("menu item", "Sign out").press(t) // of the native menu
	})
}

// reactBuild builds the sample with React.
func (k kit) reactBuild(t testing.TB) string {
	t.Helper()
	dir := sample(t, "react")
	front := filepath.Join(dir, "frontend")
	if err := os.Mkdir(front, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{"package.json", "index.html", "vite.config.js", "src"} {
		if err := os.Rename(filepath.Join(dir, f), filepath.Join(front, f)); err != nil {
			t.Fatal(err)
		}
	}
	k.do(t, front, "npm", "install", "--no-audit", "--no-fund")
	k.do(t, front, "npm", "run", "build")
	path := strings.Fields(string(mustRead(t, "../../go.mod")))[1]
	k.do(t, dir, "go", "mod", "init", "react")
	k.do(t, dir, "go", "get", path+"/app/munpae@"+kitVersion)
	k.do(t, dir, "go", "mod", "tidy")
	k.do(t, dir, "go", "build", "-tags", "desktop,production,webkit2_41", "-o", "react", ".")
	return filepath.Join(dir, "react")
}

// Wails' own Vue template, of which one file is changed and frontend/ is not.
func TestEM23_WailsOwnVueTemplateWithTwoLinesOfGo(t *testing.T) {
	k, s := mustKit(t), serve(t)
	dir := t.TempDir()
	k.do(t, dir, k.wails, "init", "-n", "vue", "-t", "vue")
	dir = filepath.Join(dir, "vue")
	path := strings.Fields(string(mustRead(t, "../../go.mod")))[1]
	before := string(mustRead(t, filepath.Join(dir, "main.go")))
	after := strings.NewReplacer(
		"\t\"github.com/wailsapp/wails/v2\"\n", "\t\""+path+"/app/munpae\"\n",
		"\terr := wails.Run(", "\terr := munpae.New(munpae.Options{Name: \"vue\"}).Run(",
	).Replace(before)
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(after), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d lines of Go were changed, none of the page", changedLines(before, after))
	page := written(t, filepath.Join(dir, "frontend"))
	k.do(t, dir, "go", "get", path+"/app/munpae@"+kitVersion)
	k.do(t, dir, k.wails, "build", "-tags", "webkit2_41")
	if now := written(t, filepath.Join(dir, "frontend")); !maps.Equal(page, now) {
		t.Errorf("frontend/ was edited: it has %v", slices.Sorted(maps.Keys(now)))
	}
	p := outside(t, s, "vue", filepath.Join(dir, "build", "bin", "vue"))
	p.env = append(p.env, "XDG_DATA_HOME="+filepath.Dir(p.profile))
	p.bare = true // it reads no arguments
	p.profile = filepath.Join(filepath.Dir(p.profile), "vue")
	p.start()
	p.see("push button", english.github)
	s.NextPerson(nora)
	p.press(english.github)
	p.see("push button", english.cancel)
	browse(t, p.address(1))
	p.see("dialog", english.dialog)
	p.choose(english, "Nora")
	p.see("push button", "Greet")
	desk.screenshot(t, "embed-vue")
	p.quit()
	s.Stop()
	p.start()
	p.see("push button", "Greet")
	for _, f := range p.beside("*.db") { // it has no button for it: the session is ended elsewhere
		p.sql(filepath.Base(f), "UPDATE sessions SET ended_at=created_at, end_reason='revoked'")
	}
	p.see("push button", english.github)
}

// written is what a person has written of a front end, by file: not what Wails, npm and
// the bundler put there.
func written(t *testing.T, front string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(front, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{"node_modules", "dist", "wailsjs"}, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if d.Name() != "package.json.md5" && d.Name() != "package-lock.json" {
			files[p] = string(mustRead(t, p))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func changedLines(before, after string) int {
	was := strings.Split(before, "\n")
	n := 0
	for _, l := range strings.Split(after, "\n") {
		if !slices.Contains(was, l) {
			n++
		}
	}
	return n
}

func TestEM24_AProgramMayDrawTheScreensItself(t *testing.T) {
	k, s := mustKit(t), serve(t)
	p := outside(t, s, "own", k.plainBuild(t, "own"))
	p.start()
	p.see("heading", "Who are you?")
	desk.screenshot(t, "embed-own")
	p.press("Enter with GitHub")
	p.see("heading", "Waiting for GitHub")
	p.press("Never mind")
	p.see("heading", "Who are you?")
	s.NextPerson(nora)
	p.press("Enter with GitHub")
	p.see("heading", "Waiting for GitHub")
	browse(t, p.address(2))
	p.see("heading", "What shall we call you?")
	p.replaceText(p.see("entry", "Name"), "admin")
	p.press("Go")
	p.hears("This nickname is reserved")
	p.replaceText(p.see("entry", "Name"), "Nora")
	p.press("Go")
	p.see("heading", "Nora")
	p.hears("notes of Nora")
	p.press("My account")
	p.see("heading", english.account)
	p.press("Back")
	p.see("heading", "Nora")
	p.quit()
	s.Stop()
	p.start()
	p.see("heading", "Nora")
	p.press("Sign out")
	p.see("heading", "Who are you?")
}

func TestEM25_AProgramMayOpenWithoutASessionAndAskLater(t *testing.T) {
	k, s := mustKit(t), serve(t)
	p := outside(t, s, "guest", k.plainBuild(t, "guest"))
	p.start()
	p.see("heading", "Welcome, guest")
	p.hears("refused: Error: session_none")
	desk.screenshot(t, "embed-guest")
	p.press("Sign in here")
	p.see("push button", english.github)
	desk.screenshot(t, "embed-guest-signin")
	p.press("Back")
	p.see("heading", "Welcome, guest")
	p.press("Sign in here")
	s.NextPerson(nora)
	p.press(english.github)
	p.see("push button", english.cancel)
	browse(t, p.address(1))
	p.see("dialog", english.dialog)
	p.choose(english, "Nora")
	p.see("heading", "Nora")
	p.hears("notes of Nora")
	p.quit()
	s.Stop()
	p.start()
	p.see("heading", "Nora")
	p.press("Sign out")
	p.see("heading", "Welcome, guest")
	p.hears("refused: Error: session_none")
}

// The front end's dev server stands behind the wall, and what is changed in a file
// shows in the window.
func TestEM26_WailsDevShowsAChangeWithoutARestart(t *testing.T) {
	k, s := mustKit(t), serve(t)
	dir := t.TempDir()
	k.do(t, dir, k.wails, "init", "-n", "notes", "-t", filepath.Join(mustAbs(t, "../.."), "build", "template"))
	dir = filepath.Join(dir, "notes")
	p := outside(t, s, "notes", k.wails)
	p.bare, p.dir = true, dir
	p.profile = filepath.Join(filepath.Dir(p.profile), "notes")
	p.env = append(append(slices.Clone(k.env), p.env...), "XDG_DATA_HOME="+filepath.Dir(p.profile), "LANG=en_US.UTF-8")
	p.args = []string{"dev", "-tags", "webkit2_41", "-nocolour"}
	p.start()
	eventually(t, 4*time.Minute, "the window opens", func() bool { _, ok := p.window(); return ok })
	p.see("push button", english.github)
	s.NextPerson(nora)
	p.press(english.github)
	p.see("push button", english.cancel)
	browse(t, p.address(1))
	p.see("dialog", english.dialog)
	p.choose(english, "Nora")
	p.see("push button", "Save")
	page := filepath.Join(dir, "frontend", "index.html")
	text := strings.Replace(string(mustRead(t, page)), ">Save<", ">Keep it<", 1)
	start := time.Now()
	// Whoever saves before the bundler has reached the new page saves once more.
	eventually(t, time.Minute, "the change on screen", func() bool {
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(60 * time.Millisecond) {
			if w, ok := p.window(); ok {
				if _, ok := w.find("push button", "Keep it"); ok {
					return true
				}
			}
		}
		return false
	})
	t.Logf("the change was on screen after %v", time.Since(start).Round(10*time.Millisecond))
	desk.screenshot(t, "embed-dev")
	p.quit() // and with the window all that wails dev started

	s.Stop() // offline
	p.start()
	eventually(t, 4*time.Minute, "the window opens", func() bool { _, ok := p.window(); return ok })
	p.see("heading", "Nora")
	p.press("Sign out")
	p.see("push button", english.github)
	p.quit()
}

// Whoever publishes the module gives it a path of theirs, in one commit, after which it
// builds and nothing asks for the old one.
func TestEM27_TheModuleGetsAPathThatCanBeFetchedInOneCommit(t *testing.T) {
	k, dir := mustKit(t), filepath.Join(t.TempDir(), "munpae")
	old := strings.Fields(string(mustRead(t, "../../go.mod")))[1]
	k.do(t, "", "git", "clone", "--quiet", mustAbs(t, "../.."), dir)
	k.do(t, dir, "git", "config", "user.name", "Owner")
	k.do(t, dir, "git", "config", "user.email", "owner@example.com")
	k.do(t, dir, "git", "tag", "before")
	k.do(t, dir, "build/module.sh", "github.com/owner/door")
	k.do(t, dir, "git", "diff", "--exit-code", "HEAD")
	for what, c := range map[string][]string{"commits": {"rev-list", "--count", "before..HEAD"}, "old": {"grep", "-lF", old}} {
		git := exec.Command("git", c...)
		git.Dir = dir
		out, _ := git.Output() // grep that finds nothing says 1
		if want := map[string]string{"commits": "1", "old": ""}[what]; strings.TrimSpace(string(out)) != want {
			t.Errorf("%s: %s", what, out)
		}
	}
	k.do(t, dir, "go", "build", "-tags", "desktop,production,webkit2_41", "-o", os.DevNull, ".")
}

func mustAbs(t testing.TB, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

// BenchmarkResume measures, in turns, the same program with and without the sign-in in
// front of it: from its start to the page's first request, and what its processes hold.
func BenchmarkResume(b *testing.B) {
	for _, name := range []string{"plain", "own", "guest", "react"} {
		b.Run(name, func(b *testing.B) { resume(b, name) })
	}
}

func resume(b *testing.B, name string) {
	k := mustKit(b)
	s := serve(b)
	build := k.plainBuild
	if name == "react" {
		build = func(t testing.TB, _ string) string { return k.reactBuild(t) }
	}
	p := outside(b, s, name, build(b, name))
	p.start()
	if button := map[string]string{"own": "Enter with GitHub", "guest": "Sign in here"}[name]; button != "" {
		p.press(button)
	}
	if name != "own" {
		p.press(english.github)
	}
	s.NextPerson(nora)
	browse(b, p.address(1))
	if name == "own" {
		p.see("heading", "What shall we call you?")
		p.replaceText(p.see("entry", "Name"), "Nora")
		p.press("Go")
	} else {
		p.see("dialog", english.dialog)
		p.choose(english, "Nora")
	}
	p.hears("notes of Nora")
	p.quit()
	var with, without []time.Duration
	var held, heldWithout []int64
	for range 12 {
		for _, plain := range []bool{false, true} {
			took, pss := startToReady(b, p, plain)
			if plain {
				without, heldWithout = append(without, took), append(heldWithout, pss)
			} else {
				with, held = append(with, took), append(held, pss)
			}
		}
	}
	slices.Sort(with)
	slices.Sort(without)
	slices.Sort(held)
	slices.Sort(heldWithout)
	b.ReportMetric(float64(with[len(with)/2].Milliseconds()), "ms/resume")
	b.ReportMetric(float64(without[len(without)/2].Milliseconds()), "ms/plain")
	b.ReportMetric(float64(held[len(held)/2])/1024, "MB/resume")
	b.ReportMetric(float64(heldWithout[len(heldWithout)/2])/1024, "MB/plain")
}

// startToReady starts the program and returns how long its page took, and the PSS of
// its processes a second later, in KiB.
func startToReady(b *testing.B, p *program, plain bool) (time.Duration, int64) {
	b.Helper()
	c := exec.Command(p.binary, "--profile", p.profile)
	c.Env = desk.env(p.env...)
	if plain {
		c.Env = append(c.Env, "PLAIN=1")
	}
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	out, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	line := make([]byte, len("ready\n"))
	if _, err := io.ReadFull(out, line); err != nil {
		b.Fatal(err)
	}
	took := time.Since(start)
	time.Sleep(time.Second)
	pss := heldBy(c.Process.Pid)
	_ = c.Process.Signal(syscall.SIGTERM)
	_ = c.Wait()
	return took, pss
}

// heldBy is the PSS of the process and all that it started, in KiB.
func heldBy(pid int) int64 {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range stats {
		data, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		var id, parent int
		var state string
		_, rest, _ := strings.Cut(string(data), ") ")
		if _, err := fmt.Sscan(rest, &state, &parent); err != nil {
			continue
		}
		if _, err := fmt.Sscan(string(data), &id); err == nil {
			children[parent] = append(children[parent], id)
		}
	}
	var total int64
	for all := []int{pid}; len(all) > 0; all = all[1:] {
		all = append(all, children[all[0]]...)
		data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", all[0]))
		for line := range strings.Lines(string(data)) {
			var kib int64
			if n, _ := fmt.Sscanf(line, "Pss: %d kB", &kib); n == 1 {
				total += kib
			}
		}
	}
	return total
}
