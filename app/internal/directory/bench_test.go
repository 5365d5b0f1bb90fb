//go:build directory

package directory_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/directory"
	"munpae.example/munpae/app/internal/nickname"
	"munpae.example/munpae/app/internal/postgres/postgrestest"
)

// growing are the tables that have a row and more a person.
var growing = []string{"users", "identities", "sessions", "events", "tickets"}

// filled is a PostgreSQL server with so many people, and a world on it. sessions are the
// IDs of theirs, whose refresh tokens nobody has presented yet.
func filled(tb testing.TB, people int) (w *world, s *postgrestest.Server, session func(i int) string) {
	tb.Helper()
	s, err := postgrestest.Start("max_connections=100", "shared_buffers=1GB", "maintenance_work_mem=1GB", "max_wal_size=4GB", "checkpoint_timeout=15min",
		"wal_level=minimal", "max_wal_senders=0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Close)
	if err := s.Exec("postgres", "CREATE DATABASE directory"); err != nil {
		tb.Fatal(err)
	}
	w = newWorld(tb, inPostgreSQL(tb, s.DSN("directory")))
	model, err := directory.NewSessionForTest(w.services[0])
	w.must(err)
	at, idle, end := w.clock.Now().UnixMilli(), model.IdleUntil.UnixMilli(), model.AbsoluteEnd.UnixMilli()
	// Random to the database, and the same for the same number.
	id := func(kind byte, i int) string {
		r := rand.New(rand.NewPCG(uint64(kind), uint64(i)))
		return fmt.Sprintf("%c%013s%012s", kind, strconv.FormatUint(r.Uint64(), 36), strconv.FormatUint(r.Uint64()>>4, 36))
	}
	session = func(i int) string { return id('s', i) }
	ctx := context.Background()
	began := time.Now()
	w.must(s.WithoutIndexes(ctx, "directory", growing, func() error {
		for _, table := range []struct {
			name, columns string
			n             int
			row           func(i int) []any
		}{
			{"users", "id nick nick_key nick_skeleton keys_version created_at", people, func(i int) []any {
				n := nickname.Keys(nameOf(i))
				return []any{id('u', i), n.Text, n.Key, n.Skeleton, n.Version, at}
			}},
			{"identities", "id user_id issuer subject provider login nickname name email email_verified notice linked_at confirmed_at", people, func(i int) []any {
				subject := strconv.Itoa(10_000_000 + i)
				return []any{id('i', i), id('u', i), "https://github.example", subject, "github", "login-" + subject, "", "Person " + subject, subject + "@mail.example", 1, "", at, at}
			}},
			{"sessions", "id user_id identity_id key_id generation current_jti previous_jti rotated_at reissues created_at confirmed_at seen_at idle_until absolute_end end_reason device_name device_platform",
				people, func(i int) []any {
					return []any{session(i), id('u', i), id('i', i), model.KeyID, 1, id('j', i), "", at, 0, at, at, at, idle, end, "", "laptop", "linux"}
				}},
			{"events", "user_id at kind detail", people, func(i int) []any { return []any{id('u', i), at, "signed_up", "github"} }},
			// One in thirty came today.
			{"tickets", "hash issuer subject sealed created_at expires_at session_id", people / 30, func(i int) []any {
				return []any{id('t', i), "https://github.example", strconv.Itoa(10_000_000 + i*30), make([]byte, 300), at, at + 86_400_000, session(i * 30)}
			}},
		} {
			if err := s.Copy(ctx, "directory", table.name, strings.Fields(table.columns), table.n, table.row); err != nil {
				return err
			}
		}
		return nil
	}))
	w.must(s.Exec("directory", "VACUUM ANALYZE"))
	w.must(s.Exec("directory", "CHECKPOINT"))
	bytes, err := s.Ask(ctx, "directory", "SELECT pg_database_size('directory')")
	w.must(err)
	tb.Logf("%d people filled in %s: %d MB, %d bytes a person", people, time.Since(began).Round(time.Second), bytes>>20, bytes/int64(people))
	return w, s, session
}

// told ends the service's connections, which tell what they have done then, or ten seconds
// later.
func told(tb testing.TB, s *postgrestest.Server) {
	tb.Helper()
	left, err := s.Ask(context.Background(), "directory", "SELECT count(*) FILTER (WHERE NOT pg_terminate_backend(pid, 20000)) FROM pg_stat_activity WHERE datname = 'directory' AND pid <> pg_backend_pid()")
	if err != nil || left != 0 {
		tb.Fatalf("%d connections go on, %v", left, err)
	}
}

// wholeReads is how often each table that grows was read from one end to the other.
func wholeReads(tb testing.TB, s *postgrestest.Server) map[string]int64 {
	tb.Helper()
	told(tb, s)
	all := map[string]int64{}
	for _, table := range growing {
		n, err := s.Ask(context.Background(), "directory", "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = '"+table+"'")
		if err != nil {
			tb.Fatal(err)
		}
		all[table] = n
	}
	return all
}

// sender asks a world's first replica from many goroutines at once.
type sender struct {
	client *http.Client
	url    string
}

func (d sender) send(method, path, bearer string, body, into any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	r, err := http.NewRequest(method, d.url+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, err := d.client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		return fmt.Errorf("HTTP %d %s %v", resp.StatusCode, data, err)
	}
	return json.Unmarshal(data, into)
}

// measure does one thing b.N times at figureClients clients and reports how many a second
// there were, and the median and the 99th percentile of how long one took.
func measure(b *testing.B, one func(client, n int) error) {
	b.Helper()
	took := make([]time.Duration, b.N)
	var next atomic.Int64
	var failed atomic.Value
	var all sync.WaitGroup
	b.ResetTimer()
	for c := range figureClients {
		all.Go(func() {
			for {
				n := int(next.Add(1) - 1)
				if n >= b.N || failed.Load() != nil {
					return
				}
				began := time.Now()
				if err := one(c, n); err != nil {
					failed.Store(err)
				}
				took[n] = time.Since(began)
			}
		})
	}
	all.Wait()
	b.StopTimer()
	if err := failed.Load(); err != nil {
		b.Fatal(err)
	}
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "each/s")
	b.ReportMetric(ms(took[b.N/2]), "p50-ms")
	b.ReportMetric(ms(took[b.N*99/100]), "p99-ms")
}

// BenchmarkDirectory fills PostgreSQL with so many people as MUNPAE_PEOPLE lists (1000
// without it; a million takes some 1.5 GB and half a minute, ten million ten times that)
// and asks the service, four at a time, about people picked at random. From a hundred thousand
// people on it fails if anything that was asked read a table that grows whole.
func BenchmarkDirectory(b *testing.B) {
	list := os.Getenv("MUNPAE_PEOPLE")
	if list == "" {
		list = "1000"
	}
	for text := range strings.SplitSeq(list, ",") {
		people, err := strconv.Atoi(text)
		if err != nil || people < 100 {
			b.Fatalf("MUNPAE_PEOPLE=%s: numbers from 100 on, with commas between them", list)
		}
		b.Run("people="+text, func(b *testing.B) { benchmarkAt(b, people) })
	}
}

func benchmarkAt(b *testing.B, people int) {
	w, s, session := filled(b, people)
	asker := sender{&http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: figureClients}}, w.servers[0].URL}
	before := wholeReads(b, s)
	// Those who are asked about: some thousands from all over the tables.
	known := make([]directory.SignedIn, min(people, 5000))
	for i := range known {
		in, err := directory.FirstForTest(context.Background(), w.services[0], session(i*(people/len(known))))
		w.must(err)
		known[i] = in
	}
	rand.Shuffle(len(known), func(i, j int) { known[i], known[j] = known[j], known[i] })

	b.Run("who", func(b *testing.B) {
		measure(b, func(_, n int) error {
			var me directory.Me
			return asker.send("GET", "/v1/me", known[n%len(known)].AccessToken, nil, &me)
		})
	})
	tickets := 0
	ticket := func() string {
		tickets++
		return w.ticketWithoutProvider(w, tickets)
	}
	check := func(b *testing.B, name func(n int) string, want string) {
		// A ticket may ask 120 times a minute, and the minute stands still here.
		mine := make([]string, b.N/100+figureClients)
		for i := range mine {
			mine[i] = ticket()
		}
		measure(b, func(_, n int) error {
			var a directory.NicknameAnswer
			if err := asker.send("POST", "/v1/nicknames", "", directory.NicknameRequest{Ticket: mine[n%len(mine)], Nickname: name(n)}, &a); err != nil {
				return err
			}
			if string(a.Code) != want {
				return fmt.Errorf("%s: %s", a.Text, a.Code)
			}
			return nil
		})
	}
	made := people
	b.Run("nickname=free", func(b *testing.B) {
		from := made
		made += b.N
		check(b, func(n int) string { return nameOf(from + n) }, "available")
	})
	b.Run("nickname=taken", func(b *testing.B) {
		check(b, func(n int) string { return nameOf(n * 7919 % people) }, "nickname_taken")
	})
	b.Run("sign-up", func(b *testing.B) {
		from := made
		made += b.N
		mine := make([]string, b.N)
		for i := range mine {
			mine[i] = ticket()
		}
		measure(b, func(_, n int) error {
			var in directory.SignedIn
			return asker.send("POST", "/v1/users", "", directory.SignUpRequest{Ticket: mine[n], Nickname: nameOf(from + n), Device: laptop}, &in)
		})
	})
	b.Run("refresh", func(b *testing.B) {
		var mu [64]sync.Mutex // one desktop asks one thing at a time
		measure(b, func(_, n int) error {
			i := n % len(known)
			mu[i%len(mu)].Lock()
			defer mu[i%len(mu)].Unlock()
			return asker.send("POST", "/v1/sessions/refresh", "", directory.RefreshRequest{RefreshToken: known[i].RefreshToken}, &known[i])
		})
	})

	w.everyRoad()
	w.must(w.services[0].Maintain(context.Background()))
	for table, n := range wholeReads(b, s) {
		// PostgreSQL is right to read a small table whole.
		if n != before[table] && people >= 100_000 {
			b.Errorf("%s was read whole %d times", table, n-before[table])
		}
	}
}

// everyRoad asks once what a benchmark does not.
func (w *world) everyRoad() {
	w.Helper()
	in := w.signUp("github", people()[0], "길동길동")
	session := func() (in directory.SignedIn) {
		w.ask("POST", "/v1/sessions", directory.SessionRequest{Ticket: w.confirm("github", people()[0]).Ticket, Device: laptop}).into(201, &in)
		return in
	}
	w.bearer(in.AccessToken, "DELETE", "/v1/me/sessions/"+session().Session.ID, nil).into(204, nil)
	w.ask("DELETE", "/v1/session", directory.EndRequest{RefreshToken: session().RefreshToken}).into(204, nil)
	for _, path := range []string{"/v1/", "/v1/me/sessions", "/v1/me/identities", "/v1/me/events", "/v1/me/export", "/v1/me/recovery", "/v1/merges", "/.well-known/jwks.json"} {
		w.bearer(in.AccessToken, "GET", path, nil).into(200, nil)
	}
	var device directory.DeviceAnswer
	w.ask("POST", "/v1/device", directory.DeviceRequest{Provider: "github"}).into(200, &device)
	w.ask("POST", "/v1/device/"+device.ID, nil).into(200, nil)
	w.bearer(in.AccessToken, "POST", "/v1/tokens", directory.TokenRequest{Audience: otherServer}).into(200, nil)
	w.bearer(in.AccessToken, "PATCH", "/v1/me", directory.RenameRequest{Nickname: "길동이둘"}).into(200, nil)
	w.ask("POST", "/v1/recovery", try(w.codes(in, 0)[0], "bench")).into(201, nil)
	w.bearer(in.AccessToken, "DELETE", "/v1/me/recovery", directory.CodesRequest{Ticket: w.confirm("github", people()[0]).Ticket}).into(204, nil)
	w.bearer(in.AccessToken, "POST", "/v1/me/recovery/declined", directory.Nothing{}).into(204, nil)
	link := directory.LinkRequest{Ticket: w.confirm("naver", people()[1]).Ticket, Confirmation: w.confirm("github", people()[0]).Ticket}
	w.bearer(in.AccessToken, "POST", "/v1/me/identities/naver", link).into(201, nil)
	w.bearer(in.AccessToken, "DELETE", "/v1/me/identities/naver", directory.UnlinkRequest{Ticket: w.confirm("github", people()[0]).Ticket}).into(204, nil)
	other := w.signUp("naver", people()[0], "둘리둘리")
	w.bearer(in.AccessToken, "POST", "/v1/merges", merging(directory.User{ID: in.User.ID, Nickname: "길동이둘"}, other.User, w.confirm("naver", people()[0]).Ticket, "길동이둘")).into(201, nil)
	w.bearer(in.AccessToken, "GET", "/v1/merges/"+other.User.ID, nil).into(200, nil)
	w.bearer(in.AccessToken, "DELETE", "/v1/merges/"+other.User.ID, directory.UnmergeRequest{Ticket: w.confirm("naver", people()[0]).Ticket}).into(200, nil)
	w.bearer(in.AccessToken, "DELETE", "/v1/me/sessions", nil).into(204, nil)
	anew := w.anew("github", people()[0])
	w.bearer(in.AccessToken, "DELETE", "/v1/me", directory.DeleteRequest{Ticket: anew.Ticket, Nickname: "길동이둘"}).into(204, nil)
	w.ask("POST", "/v1/withdrawals", directory.WithdrawalRequest{Ticket: anew.Ticket}).into(204, nil)
}
