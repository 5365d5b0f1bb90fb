//go:build directory

package directory_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/directory"
	"munpae.example/munpae/app/internal/postgres/postgrestest"
)

const (
	figureClients = 4
	figureTime    = 4 * time.Second
)

// rate does one thing at figureClients clients for figureTime and returns how long one takes.
func rate(t *testing.T, one func(client, n int) error) time.Duration {
	t.Helper()
	var done atomic.Int64
	var failed atomic.Value
	var all sync.WaitGroup
	began := time.Now()
	for c := range figureClients {
		all.Go(func() {
			for n := 0; time.Since(began) < figureTime; n++ {
				if err := one(c, n); err != nil {
					failed.Store(err)
					return
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		t.Fatal(err)
	}
	return time.Since(began) * figureClients / time.Duration(done.Load())
}

var latency = regexp.MustCompile(`latency average = ([0-9.]+) ms`)

// pgbench runs a script at the same number of clients and returns its latency.
func pgbench(t *testing.T, s *postgrestest.Server, script string) time.Duration {
	t.Helper()
	bin, err := postgrestest.Bin()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "script.sql")
	if err := os.WriteFile(file, []byte(script), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(filepath.Join(bin, "pgbench"), "-n", "-M", "prepared", "-f", file, "-c", strconv.Itoa(figureClients), "-j", "2",
		"-T", strconv.Itoa(int(figureTime.Seconds())), "-h", s.Dir, "-U", "munpae", "directory").CombinedOutput()
	m := latency.FindSubmatch(out)
	if err != nil || m == nil {
		t.Fatalf("%v: %s", err, out)
	}
	ms, _ := strconv.ParseFloat(string(m[1]), 64)
	return time.Duration(ms * float64(time.Millisecond))
}

// The figures beside their floors, measured in one run. They are printed, not judged:
// what else the machine does is not ours.
func TestFigures(t *testing.T) {
	if os.Getenv("MUNPAE_FIGURES") == "" {
		t.Skip("MUNPAE_FIGURES=1 measures")
	}
	people := 1000
	if text := os.Getenv("MUNPAE_PEOPLE"); text != "" {
		var err error
		if people, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	w, s, _ := filled(t, people)
	asker := sender{&http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: figureClients}}, w.servers[0].URL}
	send, client := asker.send, asker.client

	// Sign-ups: tickets first, made as confirmations make them.
	const enough = 8000
	var tickets [enough]string
	for i := range tickets {
		tickets[i] = w.ticketWithoutProvider(t, i)
	}
	var next atomic.Int64
	var sessions [figureClients]directory.SignedIn
	flushes := func() int64 {
		told(t, s)
		n, err := s.Ask(context.Background(), "directory", "SELECT wal_sync FROM pg_stat_wal")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := flushes()
	signUp := rate(t, func(c, _ int) error {
		i := next.Add(1) - 1
		if i >= enough {
			return fmt.Errorf("%d tickets are not enough", enough)
		}
		return send("POST", "/v1/users", "", directory.SignUpRequest{Ticket: tickets[i], Nickname: nameOf(people + int(i)), Device: laptop}, &sessions[c])
	})
	made := next.Load()
	walk := flushes() - before

	if err := s.Exec("directory", "INSERT INTO tickets SELECT 'floor' || n, 'i', 's' || n, '', 0, 9000000000000, '' FROM generate_series(1, 100000) n"); err != nil {
		t.Fatal(err)
	}
	if err := s.Exec("directory", "VACUUM ANALYZE"); err != nil {
		t.Fatal(err)
	}
	bareSignUp := pgbench(t, s, `\set n random(1, 100000)
\set u random(1, 1000000000000)
BEGIN;
UPDATE tickets SET session_id = 's' || :u WHERE hash = 'floor' || :n AND expires_at > 1 RETURNING issuer, subject;
SELECT i.id, i.linked_at, u.id, u.nick FROM identities i JOIN users u ON u.id = i.user_id WHERE i.issuer = 'i' AND i.subject = 'x' || :u;
SELECT CASE WHEN EXISTS (SELECT 1 FROM users WHERE nick_key = 'n' || :u) OR EXISTS (SELECT 1 FROM former_names WHERE nick_key = 'n' || :u AND until > 1) THEN 1
 WHEN EXISTS (SELECT 1 FROM users WHERE nick_skeleton = 'n' || :u) OR EXISTS (SELECT 1 FROM former_names WHERE nick_skeleton = 'n' || :u AND until > 1) THEN 2
 WHEN EXISTS (SELECT 1 FROM holds WHERE nick_key = 'n' || :u OR nick_skeleton = 'n' || :u) THEN 3 ELSE 0 END;
INSERT INTO users VALUES ('u' || :u, 'n', 'n' || :u, 'n' || :u, 1, 1);
INSERT INTO identities VALUES ('i' || :u, 'u' || :u, 'i', 'x' || :u, 'github', 'login', '', '', '', 0, '', 1, 1);
DELETE FROM holds WHERE owner = 'floor' || :n;
INSERT INTO events (user_id, at, kind, detail) VALUES ('u' || :u, 1, 'signed_up', 'github');
INSERT INTO sessions VALUES ('s' || :u, 'u' || :u, 'i' || :u, 'k', 1, 'j', '', 1, 0, 1, 1, 1, 1, 1, NULL, '', 'laptop', 'linux');
COMMIT;
`)

	// Checks.
	check := rate(t, func(c, _ int) error {
		var me directory.Me
		return send("GET", "/v1/me", sessions[c].AccessToken, nil, &me)
	})
	empty := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		fmt.Fprint(rw, `{"ok":true}`)
	}))
	defer empty.Close()
	nothing := rate(t, func(int, int) error {
		resp, err := client.Get(empty.URL)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	})
	prepared := pgbench(t, s, "SELECT * FROM signed_in WHERE session_id = '"+sessions[0].Session.ID+"';\n")

	// Nickname checks, of names that are free: a ticket may ask 120 times a minute, and the
	// minute stands still here.
	var asked atomic.Int64
	var mine [300]string
	for i := range mine {
		mine[i] = w.ticketWithoutProvider(t, enough+i)
	}
	nicknameCheck := rate(t, func(int, int) error {
		n := int(asked.Add(1))
		var a directory.NicknameAnswer
		return send("POST", "/v1/nicknames", "", directory.NicknameRequest{Ticket: mine[n%len(mine)], Nickname: nameOf(people + enough + n)}, &a)
	})
	bareCheck := pgbench(t, s, `\set u random(1, 1000000000000)
SELECT CASE WHEN EXISTS (SELECT 1 FROM users WHERE nick_key = 'n' || :u) OR EXISTS (SELECT 1 FROM former_names WHERE nick_key = 'n' || :u AND until > 1) THEN 1
 WHEN EXISTS (SELECT 1 FROM users WHERE nick_skeleton = 'n' || :u) OR EXISTS (SELECT 1 FROM former_names WHERE nick_skeleton = 'n' || :u AND until > 1) THEN 2
 WHEN EXISTS (SELECT 1 FROM holds WHERE nick_key = 'n' || :u OR nick_skeleton = 'n' || :u) THEN 3 ELSE 0 END;
`)
	held := pgbench(t, s, `\set u random(1, 1000000000000)
BEGIN;
SET LOCAL synchronous_commit = off;
INSERT INTO limits VALUES ('floor' || :u, 1, 1) ON CONFLICT (name) DO UPDATE SET times = limits.times + 1;
COMMIT;
BEGIN;
SET LOCAL synchronous_commit = off;
SELECT CASE WHEN EXISTS (SELECT 1 FROM users WHERE nick_key = 'n' || :u) OR EXISTS (SELECT 1 FROM former_names WHERE nick_key = 'n' || :u AND until > 1) THEN 1
 WHEN EXISTS (SELECT 1 FROM users WHERE nick_skeleton = 'n' || :u) OR EXISTS (SELECT 1 FROM former_names WHERE nick_skeleton = 'n' || :u AND until > 1) THEN 2
 WHEN EXISTS (SELECT 1 FROM holds WHERE nick_key = 'n' || :u OR nick_skeleton = 'n' || :u) THEN 3 ELSE 0 END;
DELETE FROM holds WHERE until <= 1 AND (nick_key = 'n' || :u OR nick_skeleton = 'n' || :u);
INSERT INTO holds VALUES ('o' || :u, 'n' || :u, 'n' || :u, 2) ON CONFLICT (owner) DO UPDATE SET nick_key = excluded.nick_key;
COMMIT;
`)

	// Refreshes.
	refresh := rate(t, func(c, _ int) error {
		return send("POST", "/v1/sessions/refresh", "", directory.RefreshRequest{RefreshToken: sessions[c].RefreshToken}, &sessions[c])
	})
	for _, text := range []string{
		"INSERT INTO users SELECT 'fu' || n, 'n', 'fn' || n, 'fn' || n, 1, 1 FROM generate_series(1, 10000) n",
		"INSERT INTO identities SELECT 'fi' || n, 'fu' || n, 'i', 'fx' || n, 'github', 'login', '', '', '', 0, '', 1, 1 FROM generate_series(1, 10000) n",
		"INSERT INTO sessions SELECT 'fs' || n, 'fu' || n, 'fi' || n, 'k', 1, 'j', '', 1, 0, 1, 1, 1, 1, 1, NULL, '', 'laptop', 'linux' FROM generate_series(1, 10000) n",
		"VACUUM ANALYZE",
	} {
		if err := s.Exec("directory", text); err != nil {
			t.Fatal(err)
		}
	}
	bareRefresh := pgbench(t, s, `\set n random(1, 10000)
BEGIN;
SELECT * FROM signed_in WHERE session_id = 'fs' || :n;
UPDATE sessions SET key_id = 'k', generation = generation + 1, current_jti = 'a', previous_jti = 'b', rotated_at = 1, seen_at = 1, idle_until = 1
 WHERE id = 'fs' || :n AND generation > 0 AND reissues = 0 AND ended_at IS NULL;
COMMIT;
`)
	t.Logf("at %d clients, everything on one machine of two cores", figureClients)
	t.Logf("check    %v; empty handler %v + prepared select %v = %v; %.2f times", check, nothing, prepared, nothing+prepared, float64(check)/float64(nothing+prepared))
	t.Logf("nickname %v; empty handler %v + prepared select %v = %v; %.2f times; empty handler + its transactions %v; %.2f times", nicknameCheck,
		nothing, bareCheck, nothing+bareCheck, float64(nicknameCheck)/float64(nothing+bareCheck), nothing+held, float64(nicknameCheck)/float64(nothing+held))
	t.Logf("sign-up  %v; the bare transaction %v; %.2f times; %d sign-ups made %d WAL flushes", signUp, bareSignUp, float64(signUp)/float64(bareSignUp), made, walk)
	t.Logf("refresh  %v; the bare transaction %v; %.2f times", refresh, bareRefresh, float64(refresh)/float64(bareRefresh))
}

// nameOf is a nickname that no other number has.
func nameOf(i int) string {
	text := []rune("이름")
	for range 4 {
		text = append(text, rune('가'+i%399*28))
		i /= 399
	}
	return string(text)
}

// ticketWithoutProvider is a ticket of an invented person, sealed as a confirmation's.
func (w *world) ticketWithoutProvider(t testing.TB, i int) string {
	t.Helper()
	ticket, err := directory.IssueForTest(w.services[0], fmt.Sprint("figure-", i))
	if err != nil {
		t.Fatal(err)
	}
	return ticket
}

// The program's own memory with a thousand connections open.
func TestMemoryAtAThousandConnections(t *testing.T) {
	if os.Getenv("MUNPAE_FIGURES") == "" {
		t.Skip("MUNPAE_FIGURES=1 measures")
	}
	program := filepath.Join(t.TempDir(), "munpae-directory")
	if out, err := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "../../cmd/munpae-directory").CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	c := exec.Command(program, "serve")
	c.Env = []string{"HOME=" + t.TempDir(), "MUNPAE_DIRECTORY_LISTEN=127.0.0.1:0", "MUNPAE_GITHUB_CLIENT_ID=figures"}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { c.Process.Signal(syscall.SIGTERM); c.Wait() }()
	line := make([]byte, 100)
	n, _ := out.Read(line)
	address := string(bytes.TrimSpace(bytes.TrimPrefix(line[:n], []byte("listening on "))))
	transport := &http.Transport{MaxIdleConnsPerHost: 1000, MaxConnsPerHost: 1000}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	for range 3 {
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() {
				resp, err := client.Get(address + "/v1/")
				if err != nil {
					t.Error(err)
					return
				}
				io.Copy(io.Discard, resp.Body)
				time.Sleep(100 * time.Millisecond) // so that nobody takes a connection that another has let go
				resp.Body.Close()
			})
		}
		all.Wait()
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", regexp.MustCompile(`VmRSS:.*|VmHWM:.*`).FindAll(status, -1))
}
