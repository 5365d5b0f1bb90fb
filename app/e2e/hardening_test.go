//go:build e2e

package e2e

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
)

var bootLink = regexp.MustCompile(`http://127\.[0-9.]+:[0-9]+/munpae/boot\?t=\S+`)

// boot waits for the one-time link that --dev prints and returns it with the origin.
func (p *program) boot() (link, origin string) {
	p.t.Helper()
	eventually(p.t, appearsWithin, "a boot link is printed", func() bool {
		link = bootLink.FindString(p.output.String())
		return link != ""
	})
	return link, link[:strings.Index(link, "/munpae/boot")]
}

// sql asks a database of the profile, as somebody with a tool of their own would.
func (p *program) sql(file, statement string) string {
	p.t.Helper()
	out, err := exec.Command("sqlite3", "-cmd", ".timeout 5000", p.file(file), statement).CombinedOutput()
	if err != nil {
		p.t.Fatalf("sqlite3 %s: %v %s", statement, err, out)
	}
	return strings.TrimSpace(string(out))
}

// jar asks the window's jar. It reads a copy: the webview does not wait for a lock,
// so a reader of the file itself could cost it a cookie. A copy that was taken in
// the middle of a write may be none, which is no answer.
func (p *program) jar(question string) (answer string, ok bool) {
	p.t.Helper()
	b, err := os.ReadFile(p.file("cookies.sqlite"))
	if err != nil {
		return "", false
	}
	copied := filepath.Join(p.t.TempDir(), "jar")
	if err := os.WriteFile(copied, b, 0o600); err != nil {
		p.t.Fatal(err)
	}
	out, err := exec.Command("sqlite3", copied, question).Output()
	return strings.TrimSpace(string(out)), err == nil
}

// cookie waits for a cookie in the window's jar and returns its value.
func (p *program) cookie(name string) string {
	p.t.Helper()
	value := ""
	eventually(p.t, appearsWithin, "the jar has "+name, func() bool {
		value, _ = p.jar("SELECT value FROM moz_cookies WHERE name='" + name + "'")
		return value != ""
	})
	return value
}

func TestHT01_AnotherUserOfThisComputerIsNotAnswered(t *testing.T) {
	attacker := another(t)
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.args = []string{"--dev"}
	p.start()
	p.signUp(s, english, english.github, nora, "Nora")
	_, origin := p.boot()
	var first string
	for _, path := range []string{"/", "/munpae/", "/munpae/session", "/munpae/me", "/munpae/me/export", "/munpae/openapi.json", "/munpae/docs", "/munpae/assets/", "/munpae/boot?t=guess", "/nowhere"} {
		if out, ok := attacker.curl(t, origin+path); ok || out != " 000" {
			t.Errorf("%s: another user is answered %s", path, out)
		}
		out, err := exec.Command("curl", "-s", "--noproxy", "*", "-w", " %{http_code}", origin+path).Output()
		if err != nil {
			t.Fatalf("curl %s: %v", path, err)
		}
		if first == "" {
			first = string(out)
		}
		if string(out) != first || !strings.HasSuffix(first, " 403") {
			t.Errorf("%s answers this user otherwise: %s, not %s", path, out, first)
		}
	}
	p.see("heading", "Nora")
}

func TestHT12_TheBootLinkOpensOneBrowserOnceAndIsNotInTheLog(t *testing.T) {
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.args = []string{"--dev"}
	p.start()
	p.see("push button", english.github)
	link, _ := p.boot()
	for n, want := range []int{200, 403, 403} {
		jar, _ := cookiejar.New(nil)
		r, err := (&http.Client{Jar: jar}).Get(link)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != want {
			t.Errorf("visit %d: %d", n+1, r.StatusCode)
		}
	}
	if _, token, _ := strings.Cut(link, "t="); strings.Contains(p.log(), token) {
		t.Error("the log has the boot token")
	}
}

func TestCB15_NothingListensBeyondLoopback(t *testing.T) {
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.start()
	p.press(english.naver)
	p.address(1)
	out, err := exec.Command("ss", "-ltnpH").Output()
	if err != nil {
		t.Skip("ss: ", err)
	}
	mine, apart := 0, 0
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, fmt.Sprintf("pid=%d,", p.cmd.Process.Pid)) {
			mine++
			if local := strings.Fields(line)[3]; !strings.HasPrefix(local, "127.") {
				t.Errorf("listens on %s", local)
			} else if !strings.HasPrefix(local, "127.0.0.1:") {
				apart++
			}
		}
	}
	if mine != 3 || apart != 1 {
		t.Errorf("%d listeners, %d at addresses of their own; want the origin's, which has one, the first hop's and the redirect's:\n%s", mine, apart, out)
	}
}

// The jar's rows are what WebKit was told: HttpOnly is why no script can read them
// (CK-05), the path why the refresh token goes to one route alone (CK-04).
func TestCK04_TheWindowsJarHoldsThePairAsPromised(t *testing.T) {
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.start()
	p.signUp(s, english, english.github, nora, "Nora")
	p.cookie("munpae_access")
	p.cookie("munpae_refresh")
	p.quit()
	got := p.sql("cookies.sqlite", "SELECT name, host, path, isHttpOnly, isSecure, sameSite FROM moz_cookies WHERE name IN ('munpae_access','munpae_refresh') ORDER BY name")
	const strict = "2" // SOUP_SAME_SITE_POLICY_STRICT
	host := p.host()
	want := "munpae_access|" + host + "|/munpae/|1|0|" + strict + "\nmunpae_refresh|" + host + "|/munpae/session/refresh|1|0|" + strict
	if got != want {
		t.Errorf("the jar has\n%s\nwant\n%s", got, want)
	}
}

// host is the address of the window's origin, as its jar has it.
func (p *program) host() string {
	p.t.Helper()
	host := p.sql("cookies.sqlite", "SELECT DISTINCT host FROM moz_cookies")
	if a, err := netip.ParseAddr(host); err != nil || !a.IsLoopback() || host == "127.0.0.1" {
		p.t.Fatalf("the window's cookies are of %q: no address of its own", host)
	}
	return host
}

// Versions before this one had their cookies at the root of the origin, and that on the
// address that all programs share.
func TestCK12_AnUpdateFromTheOldPathsSignsNobodyOut(t *testing.T) {
	p, s := account(t, korean)
	s.Stop()
	own := p.host()
	p.sql("cookies.sqlite", "UPDATE moz_cookies SET host='127.0.0.1'; UPDATE moz_cookies SET path='/' WHERE name='munpae_access'; UPDATE moz_cookies SET path='/session/refresh' WHERE name='munpae_refresh'")
	p.start()
	p.see("heading", "Nora")
	p.see("push button", korean.signOut)
	p.quit()
	p.sql("cookies.sqlite", "DELETE FROM moz_cookies WHERE name='munpae_access'") // the refresh token was moved as well
	p.start()
	p.see("push button", korean.signOut)
	p.quit()
	if got := p.sql("cookies.sqlite", "SELECT DISTINCT path FROM moz_cookies WHERE name IN ('munpae_access','munpae_refresh') AND path NOT LIKE '/munpae/accounts/%' ORDER BY path"); got != "/munpae/\n/munpae/session/refresh" {
		t.Errorf("cookies are at %s", got)
	}
	if host := p.host(); host != own {
		t.Errorf("the cookies are of %s, want %s", host, own)
	}
}

func TestCK03_ACookiePlantedBeforeTheSignInIsNotTheSessionAfterwards(t *testing.T) {
	attacker, _ := account(t, english)
	access, refresh := attacker.cookie("munpae_access"), attacker.cookie("munpae_refresh")

	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.start()
	p.signUp(s, english, english.github, nora, "Nora")
	p.cookie("munpae_refresh")
	p.press(english.signOut)
	p.see("push button", english.github)
	p.quit()
	own := p.host()
	for name, row := range map[string][2]string{"munpae_access": {access, "/munpae/"}, "munpae_refresh": {refresh, "/munpae/session/refresh"}} {
		p.sql("cookies.sqlite", fmt.Sprintf("INSERT INTO moz_cookies (name, value, host, path, expiry, isSecure, isHttpOnly, sameSite) VALUES ('%s','%s','%s','%s',%d,0,1,2)",
			name, row[0], own, row[1], time.Now().Add(time.Hour).Unix()))
	}
	p.start()
	p.see("push button", english.github) // the other's session opens nothing
	s.NextPerson(seulgi)
	p.press(english.naver)
	browse(t, p.address(2))
	p.see("dialog", english.dialog)
	p.choose(english, "Yunseul")
	p.see("heading", "Yunseul")
	for name, planted := range map[string]string{"munpae_access": access, "munpae_refresh": refresh} {
		eventually(t, appearsWithin, name+" is replaced", func() bool {
			now, _ := p.jar("SELECT value FROM moz_cookies WHERE name='" + name + "'")
			return now != "" && !strings.Contains(now, planted)
		})
	}
}

func TestCK09_AfterSigningOutTheJarIsEmptyAndTheOldPairIsWorthless(t *testing.T) {
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.args = []string{"--dev"}
	p.start()
	p.signUp(s, english, english.github, nora, "Nora")
	link, origin := p.boot()
	stolen, stolenRefresh := p.cookie("munpae_access"), p.cookie("munpae_refresh")
	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar}
	r, err := client.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	ask := func() int {
		q, _ := http.NewRequest("GET", origin+"/munpae/session", nil)
		q.AddCookie(&http.Cookie{Name: "munpae_access", Value: stolen})
		r, err := client.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		return r.StatusCode
	}
	if got := ask(); got != 200 {
		t.Fatalf("the copy answers %d while signed in: nothing would be proven", got)
	}
	s.Stop() // signing out needs no network
	p.press(english.signOut)
	p.see("push button", english.github)
	if got := ask(); got != 401 {
		t.Errorf("the copy answers %d after signing out", got)
	}
	q, _ := http.NewRequest("POST", origin+"/munpae/session/refresh", strings.NewReader("{}"))
	q.Header.Set("Origin", origin)
	q.Header.Set("Content-Type", "application/json")
	q.AddCookie(&http.Cookie{Name: "munpae_refresh", Value: stolenRefresh})
	if r, err = client.Do(q); err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != 401 {
		t.Errorf("the copy of the refresh cookie answers %d after signing out", r.StatusCode)
	}
	eventually(t, appearsWithin, "the jar is empty", func() bool {
		n, _ := p.jar("SELECT count(*) FROM moz_cookies WHERE name IN ('munpae_access','munpae_refresh')")
		return n == "0"
	})
}

func TestRR03_AJarRolledBackAfterAKillResumesWithOneLiveSession(t *testing.T) {
	p, s := account(t, korean)
	s.Stop()
	p.sql("cookies.sqlite", "DELETE FROM moz_cookies WHERE name='munpae_access'") // so that the start rotates
	before, err := os.ReadFile(p.file("cookies.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	p.start()
	p.see("heading", "Nora")
	p.cookie("munpae_access")
	p.kill()
	if err := os.WriteFile(p.file("cookies.sqlite"), before, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, left := range p.beside("cookies.sqlite-*") {
		os.Remove(left)
	}
	p.start()
	p.see("heading", "Nora")
	if n := p.sql("munpae.db", "SELECT count(*) FROM sessions WHERE ended_at IS NULL"); n != "1" {
		t.Errorf("%s live sessions", n)
	}
}

func TestNK14_ANamePlantedInTheDatabaseIsTextInTheWindow(t *testing.T) {
	p, _ := account(t, english)
	const planted = `"><img src=x onerror=alert(1)><script>a(2)</script>{{7*7}}` // at most 64 bytes
	p.sql("munpae.db", "UPDATE users SET nick='"+planted+"'")
	p.start()
	p.see("heading", planted)
	p.see("push button", english.signOut)
}

// One whole walk under each umask; then nothing in the profile is open to anybody else.
func TestCF05_UnderAnyUmaskNothingIsOpenToOthers(t *testing.T) {
	for n, umask := range []string{"000", "022"} {
		w := nth(n)
		t.Run(umask, func(t *testing.T) {
			s := serve(t)
			p := install(t, w.lang, settings(s)...)
			p.wrap = []string{"sh", "-c", "umask " + umask + ` && exec "$0" "$@"`}
			p.start()
			p.signUp(s, w, w.github, nora, "Nora")
			p.cookie("munpae_access")
			p.press(w.account)
			p.see("entry", w.nickname)
			look := func(when string) {
				t.Helper()
				files := 0
				filepath.WalkDir(p.profile, func(path string, d fs.DirEntry, err error) error {
					if err != nil {
						return nil
					}
					if info, err := d.Info(); err == nil {
						files++
						if info.Mode()&os.ModeSymlink == 0 && info.Mode().Perm()&0o077 != 0 {
							t.Errorf("%s: %s is %v", when, path, info.Mode())
						}
					}
					return nil
				})
				if files < 6 {
					t.Errorf("%s: only %d files", when, files)
				}
			}
			look("while it runs") // CK-08 too: the jar is among them
			p.quit()
			look("afterwards")
		})
	}
}

func TestCF08_NoSecretIsInTheLogTheArgumentsTheEnvironmentOrTheDatabase(t *testing.T) {
	s := serve(t)
	p := install(t, english.lang)
	os.MkdirAll(p.profile, 0o700)
	// In the file, not the environment, where the person put them themselves.
	os.WriteFile(p.file(".env"), []byte(strings.Join(settings(s), "\n")+"\n"), 0o600)
	p.start()
	p.signUp(s, english, english.github, nora, "Nora")
	p.press(english.signOut)
	p.see("push button", english.naver)
	s.Fault(providertest.NaverProfile, providertest.NaverError(401, "024", "Authentication failed"))
	s.NextPerson(seulgi)
	p.press(english.naver)
	browse(t, p.address(2))
	p.see("push button", english.tryAgain)
	s.Heal()
	s.NextPerson(nora)
	p.press(english.github)
	browse(t, p.address(3))
	p.see("heading", "Nora")

	secrets := map[string]string{}
	add := func(kind, value string) {
		if len(value) >= 8 {
			secrets[value] = kind
		}
	}
	for _, r := range s.Requests() {
		for _, name := range []string{"code", "code_verifier", "client_secret", "access_token", "device_code"} {
			add(name, r.Form.Get(name))
		}
		add("state", r.URL.Query().Get("state"))
		if _, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok {
			add("provider's token", token)
		}
	}
	add("access cookie", p.cookie("munpae_access"))
	add("refresh cookie", p.cookie("munpae_refresh"))
	if b, err := os.ReadFile(p.file("key")); err == nil {
		add("signing key", strings.TrimSpace(string(b)))
	}
	kinds := map[string]bool{}
	for _, k := range secrets {
		kinds[k] = true
	}
	for _, k := range []string{"code", "code_verifier", "client_secret", "state", "provider's token", "access cookie", "refresh cookie"} {
		if !kinds[k] {
			t.Errorf("no %s was seen: nothing is proven", k)
		}
	}

	places := map[string][]byte{"log": []byte(p.log()), "printed": []byte(p.output.String())}
	for _, name := range []string{"munpae.db", "munpae.db-wal", "install.json"} {
		places[name], _ = os.ReadFile(p.file(name))
	}
	pids, _ := exec.Command("pgrep", "-g", fmt.Sprint(p.cmd.Process.Pid)).Output()
	if len(strings.Fields(string(pids))) < 2 {
		t.Errorf("processes: %q", pids)
	}
	for _, pid := range strings.Fields(string(pids)) {
		for _, f := range []string{"cmdline", "environ"} {
			places["/proc/"+pid+"/"+f], _ = os.ReadFile("/proc/" + pid + "/" + f)
		}
	}
	for place, text := range places {
		for secret, kind := range secrets {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("%s has a %s", place, kind)
			}
		}
	}
	// The provider's tokens are nowhere at all, the jar included (CR-09).
	filepath.WalkDir(p.profile, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		text, _ := os.ReadFile(path)
		for secret, kind := range secrets {
			if (kind == "provider's token" || kind == "code" || kind == "code_verifier") && bytes.Contains(text, []byte(secret)) {
				t.Errorf("%s has a %s", path, kind)
			}
		}
		return nil
	})
}

func TestCF08_SecretsInTheEnvironmentLeaveItAndReachTheRestart(t *testing.T) {
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.start()
	p.see("push button", english.naver)
	look := func() {
		t.Helper()
		pids, _ := exec.Command("pgrep", "-g", fmt.Sprint(p.cmd.Process.Pid)).Output()
		if len(strings.Fields(string(pids))) < 2 {
			t.Errorf("processes: %q", pids)
		}
		for _, pid := range strings.Fields(string(pids)) {
			text, _ := os.ReadFile("/proc/" + pid + "/environ")
			for _, secret := range []string{practice.GitHubClientSecret, practice.NaverClientSecret} {
				if bytes.Contains(text, []byte(secret)) {
					t.Errorf("process %s has %s in its environment", pid, secret)
				}
			}
			limits, err := os.ReadFile("/proc/" + pid + "/limits")
			if err == nil && !regexp.MustCompile(`Max core file size +0 `).Match(limits) {
				t.Errorf("process %s may dump its core:\n%s", pid, limits)
			}
		}
	}
	look()
	p.signUp(s, english, english.github, nora, "Nora")
	p.quit()
	// Restarted in place, the settings are still there.
	db := p.file("munpae.db")
	good, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile(db, []byte("not a database at all, and longer than nothing"), 0o600)
	p.start()
	p.hearsCode(english, app.CodeDatabaseDamaged, nil)
	os.WriteFile(db, good, 0o600)
	p.press(english.tryAgain)
	p.see("heading", "Nora")
	look()
	p.press(english.signOut)
	s.NextPerson(nora)
	p.press(english.github)
	browse(t, p.address(2))
	p.see("heading", "Nora")
}

func TestTheProgramIsHardenedAsItIsShipped(t *testing.T) {
	info, err := buildinfo.ReadFile(binary(t))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(info.Settings, func(s debug.BuildSetting) bool { return s.Key == "-trimpath" && s.Value == "true" }) {
		t.Skip("not the program of build/build.sh")
	}
	f, err := elf.Open(binary(t))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Type != elf.ET_DYN {
		t.Errorf("%v: not position-independent", f.Type)
	}
	relro, stack := false, false
	for _, p := range f.Progs {
		relro = relro || p.Type == elf.PT_GNU_RELRO
		stack = stack || p.Type == elf.PT_GNU_STACK && p.Flags&elf.PF_X == 0
	}
	flags, _ := f.DynValue(elf.DT_FLAGS)
	now := slices.ContainsFunc(flags, func(v uint64) bool { return elf.DynFlag(v)&elf.DF_BIND_NOW != 0 })
	if !relro || !now {
		t.Errorf("GNU_RELRO %v, BIND_NOW %v", relro, now)
	}
	if !stack {
		t.Error("the stack may be executed")
	}
	imported, err := f.ImportedSymbols()
	if err != nil {
		t.Fatal(err)
	}
	has := func(match func(string) bool) bool {
		return slices.ContainsFunc(imported, func(s elf.ImportedSymbol) bool { return match(s.Name) })
	}
	if !has(func(n string) bool { return n == "__stack_chk_fail" }) {
		t.Error("no stack protector")
	}
	if !has(func(n string) bool { return strings.HasPrefix(n, "__") && strings.HasSuffix(n, "_chk") }) {
		t.Error("nothing is fortified")
	}
}

// A page of another port is same-site with the origin, so its requests bring every
// cookie: the origin has to refuse them itself. The browser is Chromium with the
// boot cookie of a --dev link, which is more than any stranger's page has.
func TestHT06_AL06_APageOfAnotherPortChangesNothing(t *testing.T) {
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.args = []string{"--dev"}
	p.start()
	p.signUp(s, english, english.github, nora, "Nora")
	link, origin := p.boot()
	p.cookie("munpae_refresh")
	rows := func() string {
		return p.sql("munpae.db", "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM identities), (SELECT count(*) FROM sessions WHERE ended_at IS NULL)")
	}
	before := rows()
	results := make(chan string, 20)
	const script = `<!doctype html><title>B</title><iframe name=frame></iframe>
<form id=f method=post enctype="text/plain" target=frame action="ORIGIN/munpae/session/refresh"><input name=a value=b></form>
<script>
const say = t => fetch('/result', {method: 'POST', body: t})
const ask = (name, path, o) => fetch('ORIGIN' + path, {credentials: 'include', ...o}).then(r => name + ' ' + r.type + ' ' + r.status, e => name + ' refused').then(say)
const json = {'Content-Type': 'application/json'}
const boot = fetch('LINK', {mode: 'no-cors', credentials: 'include'}).catch(() => 0)
boot.then(async () => {
  await ask('read', '/munpae/session', {})
  await ask('no-cors', '/munpae/session/refresh', {method: 'POST', mode: 'no-cors', body: '{}'})
  await ask('json', '/munpae/session', {method: 'POST', headers: json, body: '{}'})
  await ask('delete', '/munpae/session', {method: 'DELETE', headers: json})
  await ask('delete account', '/munpae/me', {method: 'DELETE', headers: json, body: '{"nickname":"Nora"}'})
  await ask('link', '/munpae/me/identities/naver', {method: 'POST', headers: json, body: '{}'})
  document.getElementById('f').submit()
  setTimeout(() => say('end'), 500)
})
</script>`
	b := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/result" {
			body, _ := io.ReadAll(r.Body)
			results <- string(body)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, strings.NewReplacer("ORIGIN", origin, "LINK", link).Replace(script))
	}))
	defer b.Close()
	stop := startChromium(t, b.URL)
	defer stop()
	var said []string
	for len(said) == 0 || said[len(said)-1] != "end" {
		select {
		case r := <-results:
			said = append(said, r)
		case <-time.After(appearsWithin):
			t.Fatalf("the page does not come to its end: %q", said)
		}
	}
	want := []string{"read refused", "no-cors refused", "json refused", "delete refused", "delete account refused", "link refused", "end"}
	if strings.Join(said, "; ") != strings.Join(want, "; ") {
		t.Errorf("the page got %q, want %q", said, want)
	}
	if r, err := http.Get(link); err != nil || r.StatusCode != 403 {
		t.Error("the page has not used the link: nothing is proven")
	}
	if after := rows(); after != before {
		t.Errorf("users, identities, live sessions: %s, before %s", after, before)
	}
	p.see("heading", "Nora")
	p.absent("heading", english.waiting)
}

// startChromium opens a browser that stays until stop.
func startChromium(t *testing.T, args ...string) (stop func()) {
	t.Helper()
	c := chromiumCommand(t, args...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return func() {
		syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		c.Wait()
	}
}

func TestWV11_TheWindowHasNoInspector(t *testing.T) {
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.start()
	p.see("push button", english.github).focus(t)
	p.hasKeyboard()
	windows := func() string {
		c := exec.Command("wmctrl", "-l")
		c.Env = desk.env()
		out, _ := c.Output()
		return strings.TrimSpace(string(out))
	}
	for _, key := range []string{"F12", "ctrl+shift+i", "ctrl+shift+F12"} {
		desk.xdotool(t, "key", key)
	}
	time.Sleep(500 * time.Millisecond) // a window needs a moment to come
	if got := windows(); strings.Count(got, "\n") != 0 {
		t.Errorf("windows:\n%s", got)
	}
	p.see("push button", english.github)
}
