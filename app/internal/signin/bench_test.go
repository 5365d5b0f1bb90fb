package signin_test

import (
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/keystore"
	"munpae.example/munpae/app/internal/nickname"
	"munpae.example/munpae/app/internal/origin"
	"munpae.example/munpae/app/internal/session"
	"munpae.example/munpae/app/internal/signin"
	"munpae.example/munpae/app/internal/sqlite"
)

// BenchmarkGetSession is GET /session of somebody signed in, over loopback, with
// the real database and key, in turn with an empty handler's round trip: it may
// take 1.55 times as long.
func BenchmarkGetSession(b *testing.B) {
	must := func(err error) {
		if err != nil {
			b.Helper()
			b.Fatal(err)
		}
	}
	clock := app.SystemClock{}
	db, err := sqlite.Open(ctx, sqlite.Options{
		Path: filepath.Join(b.TempDir(), "munpae.db"), Clock: clock, Rekey: nickname.Keys, NicknameVersion: nickname.Version, FirstRun: true,
	})
	must(err)
	defer db.Close()
	keys, err := keystore.Open(ctx, keystore.Options{Choice: keystore.InFile, Dir: b.TempDir(), InstallID: "bench", Records: db, Rand: rand.Reader, Clock: clock})
	must(err)
	sessions, err := session.New(session.Options{Store: db, Keys: keys, InstallID: "bench", Launch: "bench", Clock: clock, Rand: rand.Reader})
	must(err)
	log := slog.New(slog.DiscardHandler)
	service := signin.New(signin.Options{Accounts: db, Sessions: sessions, Clock: clock, Rand: rand.Reader, Log: log})

	p := app.Profile{Key: app.IdentityKey{Issuer: "https://github.com", Subject: "1"}, Provider: "github", Login: "octocat"}
	must(db.SavePendingSignUp(ctx, app.PendingSignUp{ID: "pending", Sealed: []byte("x"), Key: p.Key, CreatedAt: clock.Now(), ExpiresAt: clock.Now().Add(time.Hour)}))
	n, err := nickname.Parse("길동")
	must(err)
	row, err := sessions.New()
	must(err)
	in, err := db.SignUp(ctx, "pending", p, n, row)
	must(err)
	_, pair, err := sessions.Claim(ctx, in.Session.ID)
	must(err)

	from, err := origin.New(origin.Options{
		UseCases: service, Accounts: service.Accounts(), Pages: fstest.MapFS{"index.html": {}}, Clock: clock, Rand: rand.Reader, Log: log,
		Language: func() app.Language { return app.Korean },
	})
	must(err)
	go from.Serve()
	defer from.Close(ctx)
	boot, err := http.Get(from.BootURL())
	must(err)
	boot.Body.Close()
	cookies := boot.Cookies()[0].Name + "=" + boot.Cookies()[0].Value + "; munpae_access=" + pair.Access

	empty := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer empty.Close()
	ask := func(client *http.Client, address string) time.Duration {
		r, err := http.NewRequest(http.MethodGet, address+"/munpae/session", nil)
		must(err)
		r.Header.Set("Cookie", cookies)
		start := time.Now()
		resp, err := client.Do(r)
		must(err)
		_, err = io.Copy(io.Discard, resp.Body)
		must(err)
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			b.Fatal(resp.Status)
		}
		return time.Since(start)
	}
	client, other := &http.Client{Transport: &http.Transport{}}, &http.Client{Transport: &http.Transport{}}
	var ours, floors []time.Duration
	for b.Loop() {
		floors = append(floors, ask(other, empty.URL))
		ours = append(ours, ask(client, from.Address()))
	}
	slices.Sort(ours)
	slices.Sort(floors)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(floors[len(floors)/2]), "ns/empty")
	b.ReportMetric(float64(ours[len(ours)/2]), "ns/session")
	b.ReportMetric(float64(ours[len(ours)/2])/float64(floors[len(floors)/2]), "×empty")
}
