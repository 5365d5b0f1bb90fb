package session_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/session"
	"munpae.example/munpae/app/internal/sqlite"
)

var ctx = context.Background()

// clock is moved by hand; what is due runs when it is moved there.
type clock struct {
	mu  sync.Mutex
	at  time.Time
	due map[*timer]bool
}

type timer struct {
	at time.Time
	f  func()
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) AfterFunc(d time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.due == nil {
		c.due = map[*timer]bool{}
	}
	t := &timer{c.at.Add(d), f}
	c.due[t] = true
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		was := c.due[t]
		delete(c.due, t)
		return was
	}
}

func (c *clock) set(to time.Time) {
	c.mu.Lock()
	c.at = to
	var now []func()
	for t := range c.due {
		if !t.at.After(to) {
			now = append(now, t.f)
			delete(c.due, t)
		}
	}
	c.mu.Unlock()
	for _, f := range now {
		f()
	}
}

func (c *clock) advance(d time.Duration) { c.set(c.Now().Add(d)) }

// keys is the keystore: what package keystore promises, held by hand.
type keys struct {
	current string
	all     map[string][32]byte
}

func (k *keys) Current() (string, [32]byte) { return k.current, k.all[k.current] }
func (k *keys) Key(id string) ([32]byte, bool) {
	key, ok := k.all[id]
	return key, ok
}

func (k *keys) add(id string) {
	var key [32]byte
	_, _ = rand.Read(key[:])
	if k.all == nil {
		k.all = map[string][32]byte{}
	}
	k.all[id], k.current = key, id
}

// testingT is *testing.T, *testing.B or *rapid.T.
type testingT interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// world is one profile on a real database, and the program that runs on it.
type world struct {
	testingT
	dir    string
	db     *sqlite.DB
	clock  *clock
	keys   *keys
	keeper *session.Keeper
	launch int
	people int
}

const installID = "test-install"

func newWorld(t testingT, dir string) *world {
	t.Helper()
	w := &world{testingT: t, dir: dir, clock: &clock{at: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}, keys: &keys{}}
	w.keys.add("first")
	w.open(true)
	w.start()
	return w
}

func worldOf(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, t.TempDir())
	t.Cleanup(func() { _ = w.db.Close() })
	return w
}

func (w *world) open(first bool) {
	w.Helper()
	db, err := sqlite.Open(ctx, sqlite.Options{
		Path: filepath.Join(w.dir, "munpae.db"), Clock: w.clock, FirstRun: first,
		Rekey:           func(text string) app.Nickname { return name(text) },
		NicknameVersion: 1,
	})
	if err != nil {
		w.Fatal(err)
	}
	w.db = db
}

func name(text string) app.Nickname {
	return app.Nickname{Text: text, Key: text, Skeleton: text, Version: 1}
}

// start is a program start: nothing that an earlier one held in memory is left.
func (w *world) start() {
	w.Helper()
	w.launch++
	k, err := session.New(session.Options{
		Store: w.db, Keys: w.keys, InstallID: installID, Launch: fmt.Sprint("launch-", w.launch), Clock: w.clock, Rand: rand.Reader,
	})
	if err != nil {
		w.Fatal(err)
	}
	w.keeper = k
}

// restart ends the program and starts it again, database and all.
func (w *world) restart() {
	w.Helper()
	if err := w.db.Close(); err != nil {
		w.Fatal(err)
	}
	w.open(false)
	w.start()
}

func profile(n int) app.Profile {
	return app.Profile{Provider: "github", Login: "octocat", Key: app.IdentityKey{Issuer: "https://github.com", Subject: fmt.Sprint(n)}}
}

// signUp makes a new person and their first session, not yet claimed.
func (w *world) signUp() app.SignedIn {
	w.Helper()
	w.people++
	now := w.clock.Now()
	id := fmt.Sprint("pending-", w.people)
	sealed, err := w.keeper.SealProfile(profile(w.people), id)
	if err != nil {
		w.Fatal(err)
	}
	err = w.db.SavePendingSignUp(ctx, app.PendingSignUp{ID: id, Sealed: sealed, Key: profile(w.people).Key, CreatedAt: now, ExpiresAt: now.Add(app.PendingLifetime)})
	if err != nil {
		w.Fatal(err)
	}
	s, err := w.keeper.New()
	if err != nil {
		w.Fatal(err)
	}
	in, err := w.db.SignUp(ctx, id, profile(w.people), name(fmt.Sprint("person", w.people)), s)
	if err != nil {
		w.Fatal(err)
	}
	return in
}

// signIn makes another session of person n.
func (w *world) signIn(n int) app.SignedIn {
	w.Helper()
	s, err := w.keeper.New()
	if err != nil {
		w.Fatal(err)
	}
	in, err := w.db.SignIn(ctx, profile(n), s)
	if err != nil {
		w.Fatal(err)
	}
	return in
}

// signedIn is signUp and the claim.
func (w *world) signedIn() (app.SignedIn, app.Pair) {
	w.Helper()
	in := w.signUp()
	in, pair, err := w.keeper.Claim(ctx, in.Session.ID)
	if err != nil {
		w.Fatal(err)
	}
	return in, pair
}

// rotate must succeed.
func (w *world) rotate(token string) app.Pair {
	w.Helper()
	_, pair, err := w.keeper.Rotate(ctx, token)
	if err != nil {
		w.Fatalf("rotate: %v", err)
	}
	return pair
}

// refuses checks the code that Rotate answers.
func (w *world) refuses(token string, want app.Code) {
	w.Helper()
	if _, _, err := w.keeper.Rotate(ctx, token); app.CodeOf(err) != want {
		w.Fatalf("rotate: %v, want %s", err, want)
	}
}

// verifies checks the code that Verify answers, empty for a live session.
func (w *world) verifies(token string, want app.Code) {
	w.Helper()
	if _, err := w.keeper.Verify(ctx, token); app.CodeOf(err) != want {
		w.Fatalf("verify: %v, want %q", err, want)
	}
}

func (w *world) row(id string) app.Session {
	w.Helper()
	in, err := w.db.Session(ctx, id)
	if err != nil {
		w.Fatal(err)
	}
	return in.Session
}

// accountsIntact checks that a person is still there, name and all.
func (w *world) accountsIntact() {
	w.Helper()
	for n := 1; n <= w.people; n++ {
		if u, err := w.db.UserByIdentity(ctx, profile(n).Key); err != nil || u.Nickname != fmt.Sprint("person", n) {
			w.Fatalf("account %d: %+v, %v", n, u, err)
		}
	}
}
