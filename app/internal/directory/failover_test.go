//go:build directory

package directory_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/directory"
	"munpae.example/munpae/app/internal/postgres"
	"munpae.example/munpae/app/internal/postgres/postgrestest"
	"munpae.example/munpae/app/internal/provider/practice"
)

// person is one who has nothing but a number.
func person(n int) practice.Person {
	return practice.Person{ID: fmt.Sprintf("person-%d", n), Name: fmt.Sprintf("Person %d", n), Login: fmt.Sprintf("person-%d", n)}
}

// persistent asks until there is an answer that is none of the service's trouble, as a
// desktop does, over both replicas.
func (w *world) persistent(ctx context.Context, n int, path string, body any) (int, []byte, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	for ctx.Err() == nil {
		resp, err := http.Post(w.servers[n%2].URL+path, "application/json", bytes.NewReader(text))
		n++
		if err == nil {
			data, readErr := io.ReadAll(resp.Body)
			resp.Body.Close()
			if readErr == nil && resp.StatusCode < 500 && resp.StatusCode != 429 {
				return resp.StatusCode, data, nil
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	return 0, nil, ctx.Err()
}

// failover has desktops sign up and refresh at two replicas while kill kills the primary,
// and returns once another is one, which survivor is the address of. No account that was
// acknowledged may be lost or doubled, no nickname have two owners, nobody be signed out.
func failover(t *testing.T, w *world, patience time.Duration, survivor string, kill func()) {
	t.Helper()
	const desktops, before = 16, 12
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()

	type account struct {
		ticket, refresh string
		in              directory.SignedIn
	}
	var mu sync.Mutex
	acknowledged := map[string]*account{} // by user ID
	var at []time.Time                    // of each sign-up that was acknowledged
	var killed time.Time
	signOuts, number := 0, 0
	signUp := func(desktop int) {
		mu.Lock()
		number++
		n := number
		c := w.confirmedTicket(n)
		mu.Unlock()
		code, data, err := w.persistent(ctx, desktop, "/v1/users", directory.SignUpRequest{Ticket: c, Nickname: fmt.Sprintf("사람%d", n+1000), Device: laptop})
		if err != nil || code != 201 {
			t.Errorf("sign-up %d: HTTP %d %s %v", n, code, data, err)
			return
		}
		var in directory.SignedIn
		if err := json.Unmarshal(data, &in); err != nil {
			t.Error(err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if old := acknowledged[in.User.ID]; old != nil {
			t.Errorf("two sign-ups have user %s", in.User.ID)
		}
		acknowledged[in.User.ID] = &account{ticket: c, refresh: in.RefreshToken, in: in}
		at = append(at, time.Now())
	}
	refresh := func(a *account) {
		code, data, err := w.persistent(ctx, 0, "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: a.refresh})
		var in directory.SignedIn
		if err != nil || code != 200 || json.Unmarshal(data, &in) != nil {
			mu.Lock()
			signOuts++
			mu.Unlock()
			t.Errorf("refresh: HTTP %d %s %v", code, data, err)
			return
		}
		a.refresh = in.RefreshToken
	}
	var all sync.WaitGroup
	for d := range desktops {
		all.Go(func() {
			for range before {
				signUp(d)
			}
		})
	}
	// The same people's desktops refresh all the while.
	stop := make(chan struct{})
	var refreshing sync.WaitGroup
	refreshing.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
			mu.Lock()
			var a *account
			for _, a = range acknowledged {
				break
			}
			mu.Unlock()
			if a != nil {
				refresh(a)
			}
		}
	})
	for {
		mu.Lock()
		n := len(acknowledged)
		mu.Unlock()
		if n >= desktops*before/3 || ctx.Err() != nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	mu.Lock()
	killed = time.Now()
	mu.Unlock()
	kill()
	promoted := time.Now()
	all.Wait()
	close(stop)
	refreshing.Wait()

	e, err := postgres.Open(survivor)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Write.Close()
	count := func(query string) (n int) {
		if err := e.Read.QueryRow(query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	lost, doubled := 0, 0
	for id, a := range acknowledged {
		var nick string
		if err := e.Read.QueryRow("SELECT nick FROM users WHERE id = $1", id).Scan(&nick); err != nil || nick != a.in.User.Nickname {
			lost++
		}
	}
	doubled += count("SELECT count(*) FROM (SELECT issuer, subject FROM identities GROUP BY 1, 2 HAVING count(*) > 1) x")
	doubled += count("SELECT count(*) FROM users u WHERE NOT EXISTS (SELECT 1 FROM identities i WHERE i.user_id = u.id)")
	twoOwners := count("SELECT count(*) FROM (SELECT nick_key FROM users GROUP BY 1 HAVING count(*) > 1) x") +
		count("SELECT count(*) FROM (SELECT nick_skeleton FROM users GROUP BY 1 HAVING count(*) > 1) x")
	ended := count("SELECT count(*) FROM sessions WHERE ended_at IS NOT NULL")
	var without time.Duration // the longest time from one sign-up to the next
	after := 0
	for i, t := range at {
		if i > 0 {
			without = max(without, t.Sub(at[i-1]))
		}
		if t.After(promoted) {
			after++
		}
	}
	if len(acknowledged) != desktops*before || after == 0 || lost != 0 || doubled != 0 || twoOwners != 0 || ended != 0 || signOuts != 0 {
		t.Error("see the counts below")
	}
	t.Logf("acknowledged %d of %d; lost %d, doubled %d, nicknames with two owners %d, sessions ended %d, wrongful sign-outs %d; "+
		"kill to promotion %s, longest time without a sign-up %s, sign-ups after the promotion %d",
		len(acknowledged), desktops*before, lost, doubled, twoOwners, ended, signOuts,
		promoted.Sub(killed).Round(time.Millisecond), without.Round(time.Millisecond), after)
	// The same tickets still answer the same accounts.
	for id, a := range acknowledged {
		code, data, err := w.persistent(ctx, 1, "/v1/users", directory.SignUpRequest{Ticket: a.ticket, Nickname: "딴이름", Device: laptop})
		var in directory.SignedIn
		if err != nil || code != 201 && code != 409 || code == 201 && (json.Unmarshal(data, &in) != nil || in.User.ID != id) {
			t.Errorf("HTTP %d %s %v", code, data, err)
		}
	}
}

// A primary is killed with kill -9 while desktops sign up and refresh, and its
// synchronous standby is promoted.
func TestNoAcknowledgedAccountIsLostWhenThePrimaryDies(t *testing.T) {
	if _, err := postgrestest.Bin(); err != nil {
		t.Skip(err)
	}
	settings := []string{"max_connections=100", "wal_level=replica"}
	primary, err := postgrestest.Start(settings...)
	if err != nil {
		t.Fatal(err)
	}
	defer primary.Close()
	standby, err := primary.Standby("standby", settings...)
	if err != nil {
		t.Fatal(err)
	}
	defer standby.Close()
	for _, statement := range []string{"ALTER SYSTEM SET synchronous_standby_names = 'standby'", "SELECT pg_reload_conf()", "CREATE DATABASE directory"} {
		if err := primary.Exec("postgres", statement); err != nil {
			t.Fatal(err)
		}
	}
	w := newWorld(t, inPostgreSQL(t, postgrestest.DSN("directory", primary, standby)))
	failover(t, w, 90*time.Second, standby.DSN("directory"), func() {
		primary.Kill()
		if err := standby.Promote(); err != nil {
			t.Fatal(err)
		}
		if err := standby.Exec("postgres", "ALTER SYSTEM SET synchronous_standby_names = ''"); err != nil {
			t.Fatal(err)
		}
		if err := standby.Exec("postgres", "SELECT pg_reload_conf()"); err != nil {
			t.Fatal(err)
		}
	})

	// What comes back from the dead is not believed: it is on an older timeline.
	if err := primary.Resume(settings...); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		w.askAt(i%2, "GET", "/readyz", nil)
	}
	u, err := primaryUsers(primary)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.persistent(t.Context(), 0, "/v1/users", directory.SignUpRequest{Ticket: w.confirmedTicket(9999), Nickname: "나중사람", Device: laptop}); err != nil {
		t.Error(err)
	}
	if again, err := primaryUsers(primary); err != nil || again != u {
		t.Errorf("the old primary took a sign-up: %d users, then %d, %v", u, again, err)
	}
}

func primaryUsers(s *postgrestest.Server) (n int, err error) {
	e, err := postgres.Open(s.DSN("directory"))
	if err != nil {
		return 0, err
	}
	defer e.Write.Close()
	err = e.Read.QueryRow("SELECT count(*) FROM users").Scan(&n)
	return n, err
}

// confirmedTicket is the ticket of person n, by way of the provider.
func (w *world) confirmedTicket(n int) string {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
	defer cancel()
	code, data, err := w.persistent(ctx, n, "/v1/confirmations", w.authorization("github", person(n)))
	var c directory.Confirmation
	if err != nil || code != 200 || json.Unmarshal(data, &c) != nil {
		w.Errorf("confirmation %d: HTTP %d %s %v", n, code, data, err)
	}
	return c.Ticket
}

// cutter is a TCP proxy that hangs up after so many bytes of a direction.
type cutter struct {
	listener net.Listener
	to       string
}

func newCutter(t *testing.T, to string) *cutter {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &cutter{l, to}
}

// once lets one connection through, up to up bytes of the request and down bytes of
// the answer; -1 is all.
func (c *cutter) once(up, down int64) {
	in, err := c.listener.Accept()
	if err != nil {
		return
	}
	defer in.Close()
	out, err := net.Dial("tcp", c.to)
	if err != nil {
		return
	}
	defer out.Close()
	done := make(chan struct{}, 2)
	pass := func(to, from net.Conn, limit int64) {
		if limit < 0 {
			io.Copy(to, from)
		} else {
			io.CopyN(to, from, limit)
		}
		done <- struct{}{}
	}
	go pass(out, in, up)
	go pass(in, out, down)
	<-done
}

// ask sends a request of which so many bytes get through, and returns what came back.
func (c *cutter) ask(t *testing.T, raw []byte, up, down int64) string {
	t.Helper()
	var proxied sync.WaitGroup
	proxied.Go(func() { c.once(up, down) })
	conn, err := net.Dial("tcp", c.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn.Write(raw)
	data, _ := io.ReadAll(conn)
	conn.Close()
	proxied.Wait()
	return string(data)
}

// The connection is cut at every byte of the request and of the answer; the desktop
// asks again, and there is one account and one session.
func TestACutAtAnyByteOfASignUpOrASignInLeavesOneAccount(t *testing.T) {
	onSQLite(t, func(w *world) {
		target := strings.TrimPrefix(w.servers[0].URL, "http://")
		cuts := 0
		for _, path := range []string{"/v1/users", "/v1/sessions"} {
			ticket := w.confirmedTicket(1)
			var body []byte
			if path == "/v1/users" {
				body, _ = json.Marshal(directory.SignUpRequest{Ticket: ticket, Nickname: "길동", Device: laptop})
			} else {
				body, _ = json.Marshal(directory.SessionRequest{Ticket: ticket, Device: laptop})
			}
			raw := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
			c := newCutter(t, target)
			attempt := func(up, down int64) string { cuts++; return c.ask(t, raw, up, down) }
			for up := range int64(len(raw)) {
				attempt(up, 0)
			}
			whole := attempt(-1, -1)
			_, answer, ok := strings.Cut(whole, "\r\n\r\n")
			var first directory.SignedIn
			if !ok || json.Unmarshal([]byte(answer), &first) != nil {
				t.Fatalf("%s", whole)
			}
			for down := range int64(len(whole)) {
				attempt(-1, down)
			}
			if _, again, _ := strings.Cut(attempt(-1, -1), "\r\n\r\n"); again != answer {
				t.Errorf("%s, then %s", answer, again)
			}
			var list directory.Sessions
			w.bearer(first.AccessToken, "GET", "/v1/me/sessions", nil).into(200, &list)
			want := map[string]int{"/v1/users": 1, "/v1/sessions": 2}[path]
			if len(list.Sessions) != want {
				t.Errorf("%s: %d sessions", path, len(list.Sessions))
			}
		}
		t.Logf("%d cuts", cuts)
	})
}

// So is a merge, and its undo: cut wherever it may be and asked again, two accounts are one
// once, and two again once.
func TestMG15_ACutAtAnyByteOfAMergeOrItsUndoDoesEachOnce(t *testing.T) {
	onSQLite(t, func(w *world) {
		kim, dooly := w.signUp("github", person(1), "길동"), w.signUp("github", person(2), "둘리")
		e := w.engine()
		defer e.Read.Close()
		defer e.Write.Close()
		c := newCutter(t, strings.TrimPrefix(w.servers[0].URL, "http://"))
		cuts := 0
		everywhere := func(method, path string, body any) {
			t.Helper()
			text, _ := json.Marshal(body)
			raw := fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s",
				method, path, kim.AccessToken, len(text), text)
			attempt := func(up, down int64) string {
				if cuts++; cuts%8 == 0 { // nobody is slowed down here
					_, err := e.Write.Exec("DELETE FROM limits")
					w.must(err)
				}
				return c.ask(t, raw, up, down)
			}
			for up := range int64(len(raw)) {
				attempt(up, 0)
			}
			whole := attempt(-1, -1)
			_, answer, ok := strings.Cut(whole, "\r\n\r\n")
			var m directory.Merged
			if !ok || json.Unmarshal([]byte(answer), &m) != nil || m.User.ID != kim.User.ID {
				t.Fatalf("%s", whole)
			}
			for down := range int64(len(whole)) {
				attempt(-1, down)
			}
			if _, again, _ := strings.Cut(attempt(-1, -1), "\r\n\r\n"); again != answer {
				t.Errorf("%s, then %s", answer, again)
			}
		}
		happened := func(kind string) (n int) {
			var all directory.Events
			w.bearer(kim.AccessToken, "GET", "/v1/me/events", nil).into(200, &all)
			for _, e := range all.Events {
				if e.Kind == kind {
					n++
				}
			}
			return n
		}
		everywhere("POST", "/v1/merges", merging(kim.User, dooly.User, w.confirm("github", person(2)).Ticket, "둘리"))
		if c := w.confirm("github", person(2)); c.User == nil || c.User.ID != kim.User.ID || happened("merged") != 1 {
			t.Errorf("%+v, %d", c, happened("merged"))
		}
		everywhere("DELETE", "/v1/merges/"+dooly.User.ID, directory.UnmergeRequest{Ticket: w.confirm("github", person(2)).Ticket})
		if c := w.confirm("github", person(2)); c.User == nil || *c.User != dooly.User || happened("merge_undone") != 1 {
			t.Errorf("%+v, %d", c, happened("merge_undone"))
		}
		t.Logf("%d cuts", cuts)
	})
}
