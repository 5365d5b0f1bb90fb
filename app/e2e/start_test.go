//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider/providertest"
	spoken "munpae.example/munpae/app/internal/words"
)

// run runs the program to its end and returns what it printed and its exit code.
func run(t *testing.T, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	return runWrapped(t, nil, env, args...)
}

func runWrapped(t *testing.T, wrap, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	command := append(append(wrap, binary(t)), args...)
	c := exec.CommandContext(t.Context(), command[0], command[1:]...)
	var out, err bytes.Buffer
	c.Stdout, c.Stderr, c.Env = &out, &err, env
	kill := time.AfterFunc(appearsWithin, func() { c.Process.Kill() })
	defer kill.Stop()
	c.Run()
	return out.String(), err.String(), c.ProcessState.ExitCode()
}

// oneLine fails unless said is one line that starts with the program's name and
// shows no stack.
func oneLine(t testing.TB, said string) {
	t.Helper()
	if !strings.HasSuffix(said, "\n") || strings.Count(said, "\n") != 1 || !strings.HasPrefix(said, "munpae: ") || strings.Contains(said, "goroutine") {
		t.Errorf("not one clear line: %q", said)
	}
}

func TestAUsageErrorIsOneLineAndExits2(t *testing.T) {
	for _, args := range [][]string{
		{"--no-such-flag"}, {"--lang", "xx"}, {"--theme", "pink"}, {"--profile"}, {"--profile", ""}, {"status"}, {"doctor", "now"}, {"--json"}, {"--bad\nname"},
	} {
		stdout, stderr, code := run(t, desk.env(), args...)
		if code != 2 || stdout != "" {
			t.Errorf("%q: exit %d, printed %q", args, code, stdout)
		}
		oneLine(t, stderr)
	}
}

func TestVersionAndHelpNeedNoDisplay(t *testing.T) {
	env := []string{"PATH=" + os.Getenv("PATH")}
	for arg, want := range map[string]string{"--version": "munpae ", "--help": "munpae [--profile DIR]"} {
		stdout, stderr, code := run(t, env, arg)
		if code != 0 || stderr != "" || !strings.HasPrefix(stdout, want) {
			t.Errorf("%s: exit %d, %q, %q", arg, code, stdout, stderr)
		}
	}
}

func TestWithoutADisplayOneLineIsPrinted(t *testing.T) {
	for _, display := range []string{"", ":9999"} {
		env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "MUNPAE_KEYSTORE=file"}
		if display != "" {
			env = append(env, "DISPLAY="+display)
		}
		_, stderr, code := run(t, env, "--profile", filepath.Join(t.TempDir(), "profile"))
		if code != 1 || !strings.Contains(stderr, spoken.Say(app.English, app.CodeNoDisplay, nil).Happened) {
			t.Errorf("DISPLAY=%s: exit %d, %q", display, code, stderr)
		}
		oneLine(t, stderr)
	}
}

// readOnly is a command before the program that makes path unwritable even for
// root: a read-only mount in a namespace of its own.
func readOnly(t *testing.T, path string) []string {
	t.Helper()
	if err := exec.Command("unshare", "-m", "true").Run(); err != nil {
		t.Skip("no mount namespace of our own is permitted here: ", err)
	}
	return []string{"unshare", "-m", "sh", "-c", `mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"`, path}
}

// report is `munpae doctor --json` as its readers know it.
type report struct {
	OK      bool      `json:"ok"`
	Version string    `json:"version"`
	At      time.Time `json:"at"`
	Results []struct {
		Name    string `json:"name"`
		Verdict string `json:"verdict"`
		Detail  string `json:"detail"`
		Advice  string `json:"advice"`
		Code    string `json:"code"`
	} `json:"results"`
}

func (r report) of(name string) (verdict, detail, code string) {
	for _, x := range r.Results {
		if x.Name == name {
			return x.Verdict, x.Detail, x.Code
		}
	}
	return "absent", "", ""
}

func TestDoctorSaysWhatIsWrongAndExits1(t *testing.T) {
	s := serve(t)
	p := install(t, "ko", settings(s)...)
	ask := func(env ...string) (report, int) {
		t.Helper()
		stdout, stderr, code := run(t, desk.env(append(p.env, env...)...), "doctor", "--json", "--profile", p.profile)
		var r report
		d := json.NewDecoder(strings.NewReader(stdout))
		d.DisallowUnknownFields()
		if err := d.Decode(&r); err != nil || stderr != "" {
			t.Fatalf("%v: %q %q", err, stdout, stderr)
		}
		if r.OK != (code == 0) || r.At.IsZero() || r.Version == "" {
			t.Errorf("exit %d, report %+v", code, r)
		}
		return r, code
	}
	r, code := ask()
	if code != 0 {
		t.Errorf("all is well, and it exits %d: %+v", code, r)
	}
	for _, name := range []string{"settings", "profile", "database", "keystore", "cookie_jar", "loopback", "peer_check", "window_address", "naver_ports", "browser", "webview", "provider_github", "provider_naver"} {
		if v, _, _ := r.of(name); v != "ok" && v != "skipped" {
			t.Errorf("%s: %s", name, v)
		}
	}
	if _, err := os.Stat(p.profile); err == nil {
		t.Error("doctor made a profile")
	}

	os.MkdirAll(p.profile, 0o700)
	os.WriteFile(filepath.Join(p.profile, ".env"), []byte("# mine\n\nMUNPAE_THEME=purple\n"), 0o600)
	r, code = ask()
	if v, detail, c := r.of("settings"); code != 1 || v != "bad" || c != "settings_invalid" || !strings.Contains(detail, "MUNPAE_THEME") || !strings.Contains(detail, ":3)") {
		t.Errorf("exit %d, settings %s %s %s", code, v, c, detail)
	}
	os.Remove(filepath.Join(p.profile, ".env"))

	os.Chmod(p.profile, 0o755)
	if r, code = ask(); code != 1 {
		t.Errorf("an open folder: exit %d, %+v", code, r)
	}
	os.Chmod(p.profile, 0o700)
	s.Stop()
	r, code = ask()
	if v, _, c := r.of("provider_github"); code != 1 || v != "bad" || c != "provider_error" {
		t.Errorf("a provider that refuses: exit %d, %s %s", code, v, c)
	}
	stdout, _, code := run(t, desk.env(p.env...), "doctor", "--profile", p.profile)
	if code != 1 || !strings.Contains(stdout, "provider_github") {
		t.Errorf("exit %d, %q", code, stdout)
	}
}

func TestDoctorChangesNothingAndReadsAProfileOnAReadOnlyDisk(t *testing.T) {
	p, _ := account(t, korean)
	files := func() string {
		out, err := exec.Command("find", p.profile, "-printf", "%p %m %s %T@\n").Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	ask := func(wrap []string) (report, int) {
		t.Helper()
		stdout, _, code := runWrapped(t, wrap, desk.env(p.env...), "doctor", "--json", "--profile", p.profile)
		var r report
		if err := json.Unmarshal([]byte(stdout), &r); err != nil {
			t.Fatal(err, stdout)
		}
		return r, code
	}
	// Its probe for writing touches the folder itself, once; what is in it stays.
	r, code := ask(nil)
	if code != 0 {
		t.Errorf("exit %d, %+v", code, r)
	}
	_, before, _ := strings.Cut(files(), "\n")
	ask(nil)
	if _, after, _ := strings.Cut(files(), "\n"); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	r, code = ask(readOnly(t, p.profile))
	if code != 1 {
		t.Errorf("read-only: exit %d", code)
	}
	for name, want := range map[string]string{"profile": "profile_unwritable", "database": "", "keystore": "", "cookie_jar": "jar_read_only"} {
		if _, detail, c := r.of(name); c != want {
			t.Errorf("read-only: %s: %q (%s), want %q", name, c, detail, want)
		}
	}

	// A database that vanished is not one that was never there.
	os.Remove(p.file("munpae.db"))
	if r, code = ask(nil); code != 1 {
		t.Errorf("without the database: exit %d", code)
	}
	if _, _, c := r.of("database"); c != "database_missing" {
		t.Errorf("without the database: %+v", r)
	}
}

func TestWhatCannotBePrintedIsAnError(t *testing.T) {
	for _, arg := range []string{"--version", "--help", "doctor"} {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		c := exec.Command(binary(t), arg)
		c.Env, c.Stdout = desk.env(), full
		c.Run()
		full.Close()
		if code := c.ProcessState.ExitCode(); code != 1 {
			t.Errorf("%s: exit %d", arg, code)
		}
	}
}

// account makes a profile with somebody signed in at home, closed.
func account(t *testing.T, w words) (*program, *providertest.Server) {
	t.Helper()
	s := serve(t)
	p := install(t, w.lang, settings(s)...)
	p.start()
	p.signUp(s, w, w.github, nora, "Nora")
	p.quit()
	return p, s
}

// beside are the profile's files with that name's beginning.
func (p *program) beside(pattern string) []string {
	found, _ := filepath.Glob(filepath.Join(p.profile, pattern))
	return found
}

func (p *program) file(name string) string { return filepath.Join(p.profile, name) }

func TestDB01_ADamagedDatabaseIsSaidKeptAndSetAside(t *testing.T) {
	whole := func(b []byte) []byte { return b }
	for n, row := range []struct {
		damage string
		change func([]byte) []byte
		code   app.Code
	}{
		{"zero bytes", func([]byte) []byte { return nil }, app.CodeDatabaseDamaged},
		{"garbage for a header", func(b []byte) []byte { copy(b, strings.Repeat("garbage ", 13)); return b }, app.CodeDatabaseDamaged},
		{"cut off", func(b []byte) []byte { return b[:len(b)/2] }, app.CodeDatabaseDamaged},
		{"gone", whole, app.CodeDatabaseMissing},
	} {
		w := nth(n)
		t.Run(row.damage, func(t *testing.T) {
			p, s := account(t, w)
			db := p.file("munpae.db")
			good, err := os.ReadFile(db)
			if err != nil {
				t.Fatal(err)
			}
			for _, left := range []string{"-wal", "-shm"} {
				os.Remove(db + left)
			}
			bad := row.change(bytes.Clone(good))
			if row.code == app.CodeDatabaseMissing {
				err = os.Remove(db)
			} else {
				err = os.WriteFile(db, bad, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			p.start()
			p.hearsCode(w, row.code, nil)
			desk.screenshot(t, "blocked-"+strings.ReplaceAll(row.damage, " ", "-")+"-"+w.lang)
			if row.code != app.CodeDatabaseMissing {
				if now, _ := os.ReadFile(db); !bytes.Equal(now, bad) {
					t.Error("the damaged file was changed")
				}
			}
			restore := map[string]string{"ko": "백업 복원", "en": "Restore backup"}[w.lang]
			again := map[string]string{"ko": "다시 로그인", "en": "Sign in again"}[w.lang]
			p.see("push button", w.tryAgain)
			p.see("push button", restore)
			p.press(again)
			p.see("push button", w.github)
			if row.code != app.CodeDatabaseMissing {
				kept := p.beside("munpae.db.damaged-*")
				if len(kept) == 0 {
					t.Fatal("nothing was kept")
				}
				// The file itself sorts before its -shm and -wal.
				if now, _ := os.ReadFile(kept[0]); !bytes.Equal(now, bad) {
					t.Error("the damaged file was not kept as it was")
				}
			}
			s.NextPerson(nora)
			p.press(w.github)
			browse(t, p.address(2))
			p.see("dialog", w.dialog)
		})
	}
}

func TestDB02_TryAgainOpensADatabaseThatIsWellAgain(t *testing.T) {
	p, _ := account(t, korean)
	db := p.file("munpae.db")
	if err := os.Rename(db, db+".elsewhere"); err != nil {
		t.Fatal(err)
	}
	os.WriteFile(db, []byte("not a database at all, and longer than nothing"), 0o600)
	p.start()
	p.hearsCode(korean, app.CodeDatabaseDamaged, nil)
	p.press(korean.tryAgain)
	p.hearsCode(korean, app.CodeDatabaseDamaged, nil) // no better yet
	if err := os.Rename(db+".elsewhere", db); err != nil {
		t.Fatal(err)
	}
	p.press(korean.tryAgain)
	p.see("heading", "Nora")
}

func TestDB03_RestoringTheBackupBringsTheAccountBack(t *testing.T) {
	p, s := account(t, english)
	os.RemoveAll(p.file("backup")) // the first start's, from before the sign-up
	p.start()
	p.see("heading", "Nora")
	eventually(t, appearsWithin, "a backup is made", func() bool { return len(p.beside("backup/*.db")) > 0 })
	p.quit()
	os.Remove(p.file("munpae.db-wal"))
	os.WriteFile(p.file("munpae.db"), bytes.Repeat([]byte{0xA5}, 8192), 0o600)
	p.start()
	p.hearsCode(english, app.CodeDatabaseDamaged, nil)
	p.press("Restore backup")
	// Its sessions are ended: an old copy may not undo a sign-out.
	p.see("push button", english.github)
	s.NextPerson(nora)
	p.press(english.github)
	browse(t, p.address(2))
	p.see("heading", "Nora")
	if len(p.beside("munpae.db.damaged-*")) == 0 {
		t.Error("the damaged file was not kept")
	}
}

func TestDB05_ANewerDatabaseIsSaidAndLeftUntouched(t *testing.T) {
	for _, w := range languages {
		t.Run(w.lang, func(t *testing.T) {
			p, _ := account(t, w)
			db := p.file("munpae.db")
			if out, err := exec.Command("sqlite3", db, "PRAGMA user_version=9999; PRAGMA wal_checkpoint(TRUNCATE);").CombinedOutput(); err != nil {
				t.Skipf("sqlite3: %v %s", err, out)
			}
			before, _ := os.ReadFile(db)
			p.start()
			p.hearsCode(w, app.CodeDatabaseNewer, nil)
			desk.screenshot(t, "blocked-newer-"+w.lang)
			// Neither an old backup nor an empty file may take its place.
			p.absent("push button", map[string]string{"ko": "백업 복원", "en": "Restore backup"}[w.lang])
			p.absent("push button", map[string]string{"ko": "다시 로그인", "en": "Sign in again"}[w.lang])
			said, c := p.output, p.cmd
			p.quit()
			if !strings.Contains(said.String(), spoken.Say(app.English, app.CodeDatabaseNewer, nil).Happened) {
				t.Errorf("it is not said in a terminal: %s", said)
			}
			if code := c.ProcessState.ExitCode(); code != 1 {
				t.Errorf("a start that could not go on exits %d", code)
			}
			if after, _ := os.ReadFile(db); !bytes.Equal(before, after) {
				t.Error("the newer database was changed")
			}
		})
	}
}

func TestCK07_ADamagedJarIsSetAsideSaidAndTheNextSignInLasts(t *testing.T) {
	for n, row := range []struct {
		damage string
		change func([]byte) []byte
	}{
		{"random head", func(b []byte) []byte { copy(b, bytes.Repeat([]byte{0x5A, 0xC3}, 100)); return b }},
		{"zero length", func([]byte) []byte { return nil }},
		{"cut off", func(b []byte) []byte { return b[:len(b)-700] }},
	} {
		w := nth(n)
		t.Run(row.damage, func(t *testing.T) {
			p, s := account(t, w)
			p.start() // a first pair that no later start saw is given again
			p.see("heading", "Nora")
			p.quit()
			jar := p.file("cookies.sqlite")
			b, err := os.ReadFile(jar)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(jar, row.change(b), 0o600); err != nil {
				t.Fatal(err)
			}
			p.start()
			p.hearsCode(w, app.CodeJarDamaged, nil)
			desk.screenshot(t, "jar-"+w.lang)
			if kept := p.beside("cookies.sqlite.damaged-*"); len(kept) != 1 {
				t.Errorf("kept: %v", kept)
			}
			s.NextPerson(nora)
			p.press(w.github)
			browse(t, p.address(2))
			p.see("heading", "Nora")
			p.quit()
			s.Stop()
			p.start()
			p.see("heading", "Nora")
		})
	}
}

func TestKS06_ALostKeyIsSaidAndAccountsStay(t *testing.T) {
	for _, w := range languages {
		t.Run(w.lang, func(t *testing.T) {
			p, s := account(t, w)
			if err := os.Remove(p.file("key")); err != nil {
				t.Fatal(err)
			}
			p.start()
			p.hearsCode(w, app.CodeKeystoreLost, nil)
			desk.screenshot(t, "blocked-key-"+w.lang)
			p.press(map[string]string{"ko": "다시 로그인", "en": "Sign in again"}[w.lang])
			p.see("push button", w.github)
			s.NextPerson(nora)
			p.press(w.github)
			browse(t, p.address(2))
			p.see("heading", "Nora")
		})
	}
}

func TestCF01_AWrongSettingIsNamedWithItsLineAndResumeStillWorks(t *testing.T) {
	p, _ := account(t, english)
	env := p.file(".env")
	if err := os.WriteFile(env, []byte("# settings\nMUNPAE_LANG=en\nMUNPAE_OIDC_ISSUER=http://evil.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.start()
	p.see("heading", "Nora")
	p.press(english.signOut)
	p.see("push button", english.github)
	p.quit()
	p.start()
	p.hears("MUNPAE_OIDC_ISSUER")
	p.hears("line 3")
	p.hears(spoken.Say(app.English, app.CodeSettingsInvalid, nil).Next)
	p.press("Open settings folder")
	if got := p.address(2); got != "file://"+p.profile && got != p.profile {
		t.Errorf("opened %q", got)
	}
}

func TestSettingsInTheProfilesFileAreRead(t *testing.T) {
	s := serve(t)
	p := install(t, korean.lang)
	os.MkdirAll(p.profile, 0o700)
	if err := os.WriteFile(p.file(".env"), []byte(strings.Join(settings(s), "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.start()
	p.see("push button", korean.naver)
	p.press(korean.github)
	p.walkIn(s, korean, nora, 1)
}

func TestCC02_ASecondStartWithoutABusRaisesTheFirst(t *testing.T) {
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.start()
	p.see("push button", english.github)
	var without []string
	for _, v := range desk.env(p.env...) {
		if !strings.HasPrefix(v, "DBUS_SESSION_BUS_ADDRESS=") {
			without = append(without, v)
		}
	}
	for range 3 {
		if _, stderr, code := run(t, without, "--profile", p.profile); code != 0 || stderr != "" {
			t.Errorf("exit %d, %q", code, stderr)
		}
	}
	p.see("push button", english.github)
	if starts := strings.Count(p.log(), `"msg":"start"`); starts != 1 {
		t.Errorf("%d starts opened the profile", starts)
	}
}

func TestCC03_AStaleLockHoldsNobody(t *testing.T) {
	p, _ := account(t, korean)
	for range 2 {
		p.start()
		p.see("heading", "Nora")
		p.kill()
		for _, name := range []string{"munpae.lock", "munpae.sock"} {
			if _, err := os.Stat(p.file(name)); err != nil {
				t.Errorf("the kill left no %s: nothing is proven", name)
			}
		}
	}
	p.start()
	p.see("heading", "Nora")
}

// A cookie jar set from a foreign thread aborts one start in some tens. MUNPAE_STARTS
// says how many; 40 is what the promise names.
func TestManyStartsInARowNeverAbort(t *testing.T) {
	starts := 12
	if n, err := strconv.Atoi(os.Getenv("MUNPAE_STARTS")); err == nil {
		starts = n
	}
	p, _ := account(t, english)
	for n := range starts {
		p.start()
		p.see("heading", "Nora")
		c := p.cmd
		p.quit()
		if code := c.ProcessState.ExitCode(); code != 0 {
			t.Fatalf("start %d ended with %d:\n%s", n+1, code, p.output)
		}
	}
	if log := p.log(); strings.Contains(log, "web process ended") || strings.Contains(log, `"level":"ERROR"`) {
		t.Error("the log has an error")
	}
}

func TestTheDemoIsWalkedByClickingOnItsPages(t *testing.T) {
	for n, button := range []string{korean.naver, english.github} {
		w := nth(n)
		t.Run(w.lang, func(t *testing.T) {
			p := install(t, w.lang)
			p.args = []string{"--demo"}
			p.start()
			p.hears(map[string]string{"ko": "연습용 계정입니다", "en": "These are practice accounts"}[w.lang])
			p.press(button)
			b := providertest.NewBrowser(nil)
			b.Language = w.lang
			page, err := b.Visit(t.Context(), p.address(1))
			if err != nil {
				t.Fatal(err)
			}
			who := []string{"윤슬기", "Nora Whitfield"}[n]
			if page, err = page.Click(t.Context(), who); err != nil {
				t.Fatalf("%v; the page has %q", err, page.Buttons())
			}
			if want := map[string]string{"ko": "닉네임", "en": "nickname"}[w.lang]; !strings.Contains(page.Text(), want) {
				t.Errorf("the browser shows:\n%s", page.Text())
			}
			p.see("dialog", w.dialog)
			p.choose(w, fmt.Sprint("Walker ", n+1))
			p.see("heading", fmt.Sprint("Walker ", n+1))
			p.kill()
			p.start()
			p.see("heading", fmt.Sprint("Walker ", n+1))
			filepath.WalkDir(p.profile, func(path string, d fs.DirEntry, err error) error {
				if rel, _ := filepath.Rel(p.profile, path); rel != "." && !strings.HasPrefix(rel, "demo") {
					t.Errorf("the demo made %s outside its folder", rel)
				}
				return nil
			})
		})
	}
}

func TestASignalEndsItInOrderAndNothingIsPrinted(t *testing.T) {
	p, _ := account(t, english)
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		// At home, and as soon as the database is open, before there is a window.
		for _, early := range []bool{false, true} {
			p.start()
			if early {
				eventually(t, appearsWithin, "it opens the database", func() bool { return len(p.beside("munpae.db-wal")) > 0 })
			} else {
				p.see("heading", "Nora")
			}
			c, said := p.cmd, p.output
			c.Process.Signal(s)
			c.Process.Signal(syscall.SIGTERM) // a terminal and its shell say it twice
			eventually(t, appearsWithin, "it ends", func() bool { return !p.running() })
			p.cmd = nil
			if code := c.ProcessState.ExitCode(); code != 0 || said.String() != "" {
				t.Errorf("%v, early %v: exit %d, printed %q", s, early, code, said)
			}
			if left := append(p.beside("munpae.sock"), p.beside("munpae.db-wal")...); len(left) > 0 {
				t.Errorf("%v, early %v: left %v", s, early, left)
			}
		}
	}
	p.start()
	p.see("heading", "Nora")
}
