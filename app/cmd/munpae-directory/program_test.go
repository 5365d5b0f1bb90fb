package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/directory/rows"
	"munpae.example/munpae/app/internal/loopback/loopbacktest"
	"munpae.example/munpae/app/internal/postgres"
	"munpae.example/munpae/app/internal/postgres/postgrestest"
	"munpae.example/munpae/app/internal/sqlite"
)

var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "munpae-directory")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "munpae-directory")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		panic(string(out))
	}
	code := postgrestest.Run(m)
	os.RemoveAll(dir)
	os.Exit(code)
}

// environment is nothing but what is set here.
func environment(t *testing.T, settings ...string) []string {
	t.Helper()
	return append([]string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}, settings...)
}

// run runs a command to its end.
func run(t *testing.T, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, program, args...)
	var out, errs bytes.Buffer
	c.Env, c.Stdout, c.Stderr = env, &out, &errs
	if err := c.Run(); err != nil {
		if _, ok := errors.AsType[*exec.ExitError](err); !ok {
			t.Fatal(err)
		}
	}
	return c.ProcessState.ExitCode(), out.String(), errs.String()
}

// serve starts the service and returns its address, and how to end it.
func serve(t *testing.T, env []string) (address string, stop func() (code int, log string)) {
	t.Helper()
	c := exec.Command(program, "serve")
	c.Env = append(env, "MUNPAE_DIRECTORY_LISTEN=127.0.0.1:0")
	var log bytes.Buffer
	c.Stderr = &log
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop = func() (int, string) {
		stopped = true
		c.Process.Signal(syscall.SIGTERM)
		c.Wait()
		return c.ProcessState.ExitCode(), log.String()
	}
	t.Cleanup(func() {
		if !stopped {
			c.Process.Kill()
			c.Wait()
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok || !strings.HasPrefix(address, "http://127.0.0.1:") {
		t.Fatalf("%q, %v: %s", line, err, log.String())
	}
	return address, stop
}

func get(t *testing.T, address string) (int, string) {
	t.Helper()
	r, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, _ := io.ReadAll(r.Body)
	return r.StatusCode, string(b)
}

func TestWithNothingSetItIsTheDemoOnThisComputer(t *testing.T) {
	env := environment(t)
	address, stop := serve(t, env)
	if code, body := get(t, address+"/v1/"); code != 200 || !strings.Contains(body, `"github"`) || !strings.Contains(body, `"issuer":"`+address+`"`) || !strings.Contains(body, `"demo":true`) {
		t.Errorf("HTTP %d %s", code, body)
	}
	if code, _ := get(t, address+"/readyz"); code != 200 {
		t.Errorf("not ready: HTTP %d", code)
	}
	code, log := stop()
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	for line := range strings.Lines(log) {
		if !json.Valid([]byte(line)) {
			t.Errorf("no JSON: %s", line)
		}
	}
	code, out, _ := run(t, env, "doctor", "--json")
	var report struct{ OK bool }
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != 0 || !report.OK {
		t.Errorf("exit %d: %s", code, out)
	}
	home := strings.TrimPrefix(env[0], "HOME=")
	for _, name := range []string{"directory.db", "directory.db.secret"} {
		st, err := os.Stat(filepath.Join(home, ".local/state/munpae-directory", name))
		if err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, st, err)
		}
	}
}

func TestTheDemoListensToNobodyElse(t *testing.T) {
	code, out, errs := run(t, environment(t, "MUNPAE_DIRECTORY_LISTEN=0.0.0.0:0"), "serve")
	if code != 1 || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "MUNPAE_DIRECTORY_LISTEN") {
		t.Errorf("exit %d: %q %q", code, out, errs)
	}
}

func TestACommandLineThatIsWrongIsOneLineAndTwo(t *testing.T) {
	for _, args := range [][]string{{}, {"what"}, {"--what"}, {"serve", "more"}, {"user"}, {"user", "show"}, {"keys"}, {"serve", "--json"}, {"serve", "--env"}} {
		code, out, errs := run(t, environment(t), args...)
		if code != 2 || out != "" || strings.Count(errs, "\n") != 1 {
			t.Errorf("%v: exit %d: %q %q", args, code, out, errs)
		}
	}
	if code, out, _ := run(t, environment(t), "--version"); code != 0 || !strings.HasPrefix(out, "munpae-directory ") {
		t.Errorf("exit %d: %q", code, out)
	}
	if code, out, _ := run(t, environment(t), "--help"); code != 0 || !strings.Contains(out, "keys rotate") {
		t.Errorf("exit %d: %q", code, out)
	}
}

func TestAWrongSettingIsNamedWithItsLine(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	const provider, secret = "MUNPAE_GITHUB_CLIENT_ID=Iv1.abc\n", "MUNPAE_DIRECTORY_SECRET=MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=\n"
	for text, want := range map[string]string{
		"MUNPAE_DIRECTORY_LISTEN=nowhere\n":                                                             "MUNPAE_DIRECTORY_LISTEN line 1",
		"MUNPAE_DIRECTORY_LISTEN=127.0.0.1:99999\n":                                                     "MUNPAE_DIRECTORY_LISTEN line 1",
		"\nMUNPAE_DIRECTORY_LISTEN=" + taken.Addr().String() + "\n":                                     "MUNPAE_DIRECTORY_LISTEN line 2",
		"MUNPAE_DIRECTORY_LISTEN=0.0.0.0:0\n":                                                           "MUNPAE_DIRECTORY_LISTEN line 1",
		provider + "MUNPAE_DIRECTORY_LISTEN=0.0.0.0:0\n":                                                "MUNPAE_DIRECTORY_URL line 2",
		"MUNPAE_DIRECTORY_URL=http://id.example.org\n":                                                  "MUNPAE_DIRECTORY_URL line 1",
		"\n\nMUNPAE_DIRECTORY_URL=id.example.org\n":                                                     "MUNPAE_DIRECTORY_URL line 3",
		"# a comment\nMUNPAE_DIRECTORY_SECRET=short\n":                                                  "MUNPAE_DIRECTORY_SECRET line 2",
		"MUNPAE_DIRECTORY_DATABASE=postgres://localhost/x\n":                                            "MUNPAE_DIRECTORY_SECRET line 1",
		"MUNPAE_DIRECTORY_DATABASE=mysql://x\n":                                                         "MUNPAE_DIRECTORY_DATABASE line 1",
		secret + "MUNPAE_DIRECTORY_DATABASE=postgres://%zz\n":                                           "MUNPAE_DIRECTORY_DATABASE line 2",
		"MUNPAE_DIRECTORY_PROXIES=10.0.0.0/99\n":                                                        "MUNPAE_DIRECTORY_PROXIES line 1",
		"MUNPAE_DIRECTORY_ORIGINS=x\n":                                                                  "MUNPAE_DIRECTORY_ORIGINS line 1",
		"MUNPAE_DIRECTORY_ORIGINS=https://a.example/path\n":                                             "MUNPAE_DIRECTORY_ORIGINS line 1",
		"MUNPAE_DIRECTORY_METRICS=x\n":                                                                  "MUNPAE_DIRECTORY_METRICS line 1",
		"MUNPAE_DIRECTORY_METRICS=" + taken.Addr().String() + "\nMUNPAE_DIRECTORY_LISTEN=127.0.0.1:0\n": "MUNPAE_DIRECTORY_METRICS line 1",
		"MUNPAE_DIRECTORY_TLS_CERT=/nowhere\n":                                                          "MUNPAE_DIRECTORY_TLS_KEY line 1",
		"MUNPAE_DIRECTORY_TLS_KEY=/nowhere\n":                                                           "MUNPAE_DIRECTORY_TLS_CERT line 1",
		"MUNPAE_DIRECTORY_TLS_KEY=/nowhere\nMUNPAE_DIRECTORY_TLS_CERT=/nowhere\n":                       "MUNPAE_DIRECTORY_TLS_CERT line 2",
		provider + "MUNPAE_DIRECTORY_UNHEARD_OF=1\n":                                                    "MUNPAE_DIRECTORY_UNHEARD_OF line 2",
		"MUNPAE_NAVER_CLIENT_ID=x\n":                                                                    "MUNPAE_NAVER_CLIENT_SECRET line 1",
		"what is this\n":                                                                                "env line 1",
	} {
		file := filepath.Join(t.TempDir(), "env")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		name, line, _ := strings.Cut(want, " ")
		code, out, errs := run(t, environment(t), "serve", "--env", file)
		if code != 1 || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, name+" ("+file+", "+line+"):") {
			t.Errorf("%q: exit %d: %q %q, want %s", text, code, out, errs, want)
		}
	}
	if code, _, errs := run(t, environment(t), "serve", "--env", "/nowhere/env"); code != 1 || !strings.Contains(errs, "/nowhere/env") {
		t.Errorf("exit %d %q", code, errs)
	}
	if code, _, errs := run(t, environment(t, "MUNPAE_DIRECTORY_LISTEN=x"), "serve"); code != 1 || !strings.Contains(errs, "MUNPAE_DIRECTORY_LISTEN (the environment):") {
		t.Errorf("exit %d %q", code, errs)
	}
}

// A misspelt setting in the environment stops nobody: the start and the doctor name it.
func TestAMisspeltSettingInTheEnvironmentIsSaidAtTheStart(t *testing.T) {
	env := environment(t, "MUNPAE_DIRECTORY_PROXYS=10.0.0.0/8", "MUNPAE_GITHUB_CLIENTID=secret-value", "MUNPAE_DIRECTRY_URL=x", "MUNPAE_THEME=dark", "MUNPAE_SOMETHING=1")
	_, stop := serve(t, env)
	code, log := stop()
	_, out, _ := run(t, env, "doctor")
	for _, name := range []string{"MUNPAE_DIRECTORY_PROXYS", "MUNPAE_GITHUB_CLIENTID", "MUNPAE_DIRECTRY_URL"} {
		if want := name + " (the environment):"; code != 0 || !strings.Contains(log, want) || !strings.Contains(out, want) {
			t.Errorf("%s: exit %d\n%s\n%s", name, code, log, out)
		}
	}
	for _, not := range []string{"secret-value", "MUNPAE_THEME", "MUNPAE_SOMETHING"} {
		if strings.Contains(log+out, not) {
			t.Errorf("%s is said", not)
		}
	}
}

// Behind a proxy whose word counts for nothing everybody shares one limit: the start says
// so, and so does the doctor.
func TestAPublicAddressBehindAProxyThatIsNotListedIsSaidAtTheStart(t *testing.T) {
	for proxies, want := range map[string]bool{"": true, "127.0.0.1/32": false} {
		env := environment(t, "MUNPAE_DIRECTORY_URL=https://id.example.org", "MUNPAE_GITHUB_CLIENT_ID=Iv1.example", "MUNPAE_DIRECTORY_PROXIES="+proxies)
		_, stop := serve(t, env)
		if code, log := stop(); code != 0 || strings.Contains(log, "shares one limit") != want {
			t.Errorf("%q: exit %d: %s", proxies, code, log)
		}
		if _, out, _ := run(t, env, "doctor"); strings.Contains(out, "shares one limit") != want {
			t.Errorf("%q: %s", proxies, out)
		}
	}
}

// newer has a program of later have been at the tables.
func newer(t *testing.T, e rows.Engine, err error) {
	t.Helper()
	if err == nil {
		_, err = e.Write.Exec("UPDATE directory_schema SET version = version + 1")
	}
	if err != nil {
		t.Fatal(err)
	}
	e.Write.Close()
	e.Read.Close()
}

// One that is running when the tables become newer says so itself and goes on answering;
// another is not started.
func TestADatabaseOfANewerProgramIsRefusedInOneLine(t *testing.T) {
	const secret = "MUNPAE_DIRECTORY_SECRET=MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="
	dsn, file := postgrestest.Database(t), filepath.Join(t.TempDir(), "directory.db")
	for _, database := range []string{dsn, file} {
		env := environment(t, secret, "MUNPAE_DIRECTORY_DATABASE="+database)
		address, stop := serve(t, env)
		if database == dsn {
			e, err := postgres.Open(dsn)
			newer(t, e, err)
		} else {
			e, err := sqlite.OpenDirectory(file)
			newer(t, e, err)
		}
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			code, body := get(t, address+"/readyz")
			if code == 503 && strings.Contains(body, `"database_newer"`) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("/readyz: HTTP %d %s", code, body)
			}
		}
		if code, _ := get(t, address+"/healthz"); code != 200 {
			t.Errorf("/healthz: HTTP %d", code)
		}
		for _, args := range [][]string{{"serve"}, {"migrate"}, {"keys", "rotate"}} {
			code, out, errs := run(t, env, args...)
			if code != 1 || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "newer version") {
				t.Errorf("%v: exit %d: %q %q", args, code, out, errs)
			}
		}
		if code, out, _ := run(t, env, "doctor"); code != 1 || !strings.Contains(out, "newer version") {
			t.Errorf("doctor: exit %d: %s", code, out)
		}
		if code, _ := stop(); code != 0 {
			t.Errorf("exit %d", code)
		}
	}
}

func TestADatabaseThatCantBeUsedIsOneLine(t *testing.T) {
	secret := "MUNPAE_DIRECTORY_SECRET=MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rubbish.db"), bytes.Repeat([]byte("rubbish "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, settings := range [][]string{
		{"MUNPAE_DIRECTORY_DATABASE=postgres://nobody@/x?host=/nowhere", secret},
		{"MUNPAE_DIRECTORY_DATABASE=" + filepath.Join(dir, "rubbish.db")},
		{"MUNPAE_DIRECTORY_DATABASE=" + filepath.Join(dir, "no", "folder.db")},
		{"MUNPAE_DIRECTORY_DATABASE=" + dir},
	} {
		code, out, errs := run(t, environment(t, settings...), "serve")
		if code != 1 || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, ": the database ") {
			t.Errorf("%v: exit %d: %q %q", settings, code, out, errs)
		}
		if code, _, _ := run(t, environment(t, settings...), "doctor"); code != 1 {
			t.Errorf("%v: the doctor exits %d", settings, code)
		}
	}
}

func TestOnPostgreSQLItMigratesServesRotatesAndShows(t *testing.T) {
	env := environment(t, "MUNPAE_DIRECTORY_DATABASE="+postgrestest.Database(t), "MUNPAE_DIRECTORY_SECRET=MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=",
		"MUNPAE_DIRECTORY_METRICS=127.0.0.1:0")
	for range 2 {
		if code, _, errs := run(t, env, "migrate"); code != 0 {
			t.Fatalf("exit %d: %s", code, errs)
		}
	}
	one, stopOne := serve(t, env)
	two, stopTwo := serve(t, env)
	_, before := get(t, one+"/.well-known/jwks.json")
	if code, out, errs := run(t, env, "keys", "rotate"); code != 0 || !strings.HasPrefix(out, "signing with key ") {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	for _, address := range []string{one, two} {
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
			if _, after := get(t, address+"/.well-known/jwks.json"); after != before {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("a replica did not follow")
			}
		}
	}
	for _, args := range [][]string{{"user", "show", "nobody"}, {"user", "delete", "nobody"}} {
		if code, _, errs := run(t, env, args...); code != 1 || errs != "munpae-directory: no such user\n" {
			t.Errorf("%v: exit %d %s", args, code, errs)
		}
	}
	for _, stop := range []func() (int, string){stopOne, stopTwo} {
		if code, log := stop(); code != 0 {
			t.Errorf("exit %d: %s", code, log)
		}
	}
}

// The example is run as it is, but for addresses and certificate.
func TestBehindTheNginxExampleItSeesWhoIsCallingAndRefusesItself(t *testing.T) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		nginx, err = exec.LookPath("/usr/sbin/nginx") // not in everybody's PATH
	}
	if err != nil {
		t.Skip("nginx is not installed")
	}
	const secret = "0123456789abcdef0123456789abcdef01234567"
	address, stop := serve(t, environment(t, "MUNPAE_DIRECTORY_URL=https://id.example.org", "MUNPAE_DIRECTORY_PROXIES=127.0.0.1/32, ::1/128",
		"MUNPAE_GITHUB_CLIENT_ID=Iv1.example", "MUNPAE_GITHUB_CLIENT_SECRET="+secret))
	example, err := os.ReadFile("../../../build/directory/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	// Before it a replica that is gone: the next one answers.
	gone, front := freeAddress(t), freeAddress(t)
	site := regexp.MustCompile(`(?m)^ *(listen \[::\]|ssl_).*\n`).ReplaceAllString(string(example), "")
	site = strings.ReplaceAll(site, "listen 443 ssl;", "listen "+front+";")
	site = strings.Replace(site, "server 127.0.0.1:8480", "server "+gone+" max_fails=1 fail_timeout=2s; server "+strings.TrimPrefix(address, "http://"), 1)
	dir := t.TempDir()
	conf := "daemon off; pid " + dir + "/pid; error_log stderr; events {} http {"
	if os.Geteuid() == 0 {
		conf = "user root; " + conf // another could not enter the folder
	}
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		conf += " " + kind + "_temp_path " + dir + "/" + kind + ";"
	}
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf+"\n"+site+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	proxy := exec.Command(nginx, "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-e", "stderr")
	askBehind(t, proxy, front, stop)
}

// askBehind asks the service twice through a proxy that listens at front, as somebody at
// 127.0.0.2 who says that they are somebody else, and expects the service's own words, and
// that it saw who it was. stop ends the service.
func askBehind(t *testing.T, proxy *exec.Cmd, front string, stop func() (int, string)) {
	t.Helper()
	var said bytes.Buffer
	proxy.Stderr = &said
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { proxy.Wait(); close(ended) }()
	t.Cleanup(func() { proxy.Process.Signal(syscall.SIGTERM); <-ended })
	caller := &http.Client{Transport: &http.Transport{DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}).DialContext}}
	ask := func(body string) (int, string) {
		t.Helper()
		for {
			req, _ := http.NewRequest(http.MethodPost, "http://"+front+"/v1/sessions", strings.NewReader(body))
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("X-Forwarded-For", "192.0.2.66") // what a caller says of itself counts for nothing
			r, err := caller.Do(req)
			if err != nil {
				select {
				case <-ended:
					t.Fatalf("the proxy ended: %s", &said)
				case <-time.After(50 * time.Millisecond): // it is starting
					continue
				}
			}
			b, _ := io.ReadAll(r.Body)
			r.Body.Close()
			return r.StatusCode, string(b)
		}
	}
	if code, body := ask(`{"ticket":"none","device":{"name":"laptop","platform":"linux"}}`); !strings.Contains(body, `"signup_expired"`) {
		t.Errorf("HTTP %d %s", code, body)
	}
	if code, body := ask(strings.Repeat("a", 70<<10)); code != http.StatusRequestEntityTooLarge || !strings.Contains(body, `"body_too_large"`) {
		t.Errorf("HTTP %d %s", code, body)
	}
	if _, log := stop(); strings.Count(log, `"address":"127.0.0.2"`) != 2 {
		t.Errorf("it saw other callers: %s", log)
	}
}

// freeAddress is one of loopback that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("127.0.0.1:%d", loopbacktest.Port(t))
}
