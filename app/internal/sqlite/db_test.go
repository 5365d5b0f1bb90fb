package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/sqlite"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

var ctx = context.Background()

// start is a moment with milliseconds, since that is all the database keeps.
var start = time.Date(2026, 11, 24, 9, 0, 0, 123e6, time.UTC)

// clock is driven by hand.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	timers map[*timer]bool
}

type timer struct {
	at time.Time
	f  func()
}

func newClock() *clock { return &clock{now: start, timers: map[*timer]bool{}} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) AfterFunc(d time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &timer{c.now.Add(d), f}
	c.timers[t] = true
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		was := c.timers[t]
		delete(c.timers, t)
		return was
	}
}

// advance moves the clock and runs what is due, to its end.
func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	var due []func()
	for t := range c.timers {
		if !t.at.After(c.now) {
			due = append(due, t.f)
			delete(c.timers, t)
		}
	}
	c.mu.Unlock()
	for _, f := range due {
		f()
	}
}

// nick makes keys as package nickname does for what these tests need: the
// compare key folds case and width, the skeleton makes l, 1 and I one.
func nick(text string) app.Nickname {
	key := cases.Fold().String(norm.NFKC.String(text))
	return app.Nickname{Text: text, Key: key, Skeleton: strings.NewReplacer("1", "l", "i", "l").Replace(key), Version: 1}
}

func options(t testing.TB) sqlite.Options {
	dir := t.TempDir()
	return sqlite.Options{
		Path: filepath.Join(dir, "munpae.db"), BackupDir: filepath.Join(dir, "backup"), Clock: newClock(),
		Rekey: nick, NicknameVersion: 1, FirstRun: true, BusyTimeout: 50 * time.Millisecond,
	}
}

func open(t testing.TB, opt sqlite.Options) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(ctx, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func profile(subject string) app.Profile {
	return app.Profile{
		Key: app.IdentityKey{Issuer: "https://github.com", Subject: subject}, Provider: "github",
		Login: "octocat" + subject, Email: "o@example.com", EmailVerified: true, Notice: app.CodeEmailMissing,
	}
}

func newSession(id string, at time.Time) app.Session {
	return app.Session{
		ID: id, KeyID: "k1", Generation: 1, CurrentJTI: id + ".1", CreatedAt: at, ConfirmedAt: at,
		IdleUntil: at.Add(app.IdleLifetime), AbsoluteEnd: at.Add(app.AbsoluteLifetime),
	}
}

func pending(id string, p app.Profile, at time.Time) app.PendingSignUp {
	return app.PendingSignUp{ID: id, Sealed: []byte("sealed"), Key: p.Key, CreatedAt: at, ExpiresAt: at.Add(app.PendingLifetime)}
}

// signUp makes an account; n distinguishes subjects, tickets and sessions.
func signUp(t testing.TB, db *sqlite.DB, n int, name string, at time.Time) app.SignedIn {
	t.Helper()
	s, err := trySignUp(db, n, name, at)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func trySignUp(db *sqlite.DB, n int, name string, at time.Time) (app.SignedIn, error) {
	p := profile(fmt.Sprint(n))
	ticket := pending(fmt.Sprint("p", n), p, at)
	if err := db.SavePendingSignUp(ctx, ticket); err != nil {
		return app.SignedIn{}, err
	}
	return db.SignUp(ctx, ticket.ID, p, nick(name), newSession(fmt.Sprint("s", n), at))
}

func wantCode(t testing.TB, err error, want app.Code) {
	t.Helper()
	if got := app.CodeOf(err); got != want {
		t.Fatalf("code %q (%v), want %q", got, err, want)
	}
}

func TestSignUpIsThereAfterARestart(t *testing.T) {
	opt := options(t)
	db := open(t, opt)
	made := signUp(t, db, 1, "홍길동", start)
	if len(made.User.ID) != 26 {
		t.Errorf("user ID %q", made.User.ID)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	opt.FirstRun = false
	db = open(t, opt)
	got, err := db.Session(ctx, "s1")
	if err != nil {
		t.Fatal(err)
	}
	if got != made {
		t.Errorf("read   %+v\nsigned %+v", got, made)
	}
	_, err = db.PendingSignUp(ctx, start)
	wantCode(t, err, app.CodeNotFound)
}

func nameOf(i int) string { return fmt.Sprintf("user%d", i) }

// fastOptions puts the database into memory where that exists: the fsyncs of
// many rounds would only test the disk.
func fastOptions(t testing.TB) sqlite.Options {
	opt := options(t)
	dir, err := os.MkdirTemp("/dev/shm", "munpae-test-")
	if err != nil {
		return opt
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	opt.Path, opt.BackupDir = filepath.Join(dir, "munpae.db"), filepath.Join(dir, "backup")
	return opt
}
