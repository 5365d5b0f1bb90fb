//go:build faults && crashtest && linux

package faults_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/keystore"
	"munpae.example/munpae/app/internal/nickname"
	"munpae.example/munpae/app/internal/session"
	"munpae.example/munpae/app/internal/signin"
	"munpae.example/munpae/app/internal/sqlite"
)

var ctx = context.Background()

// began is when every profile of this suite is made.
var began = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// clock stands still until a test moves it. What is to happen later happens by
// the computer's own clock, as it does in the program.
type clock struct {
	app.SystemClock
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// house is an open profile, put together as package launch does it.
type house struct {
	dir      string
	clock    *clock
	install  *sqlite.Install
	db       *sqlite.DB
	keys     *keystore.Store
	sessions *session.Keeper
	window   *signin.Service // of a road with several accounts, once it is open
}

func enter(dir string, c *clock) (_ *house, err error) {
	h := &house{dir: dir, clock: c}
	defer func() {
		if err != nil && h.db != nil {
			_ = h.db.Close()
		}
	}()
	if h.install, err = sqlite.LoadInstall(filepath.Join(dir, "install.json"), c.Now(), rand.Reader); err != nil {
		return nil, err
	}
	h.db, err = sqlite.Open(ctx, sqlite.Options{
		Path: filepath.Join(dir, "munpae.db"), BackupDir: filepath.Join(dir, "backup"), Clock: c, Random: rand.Reader,
		Rekey: nickname.Keys, NicknameVersion: nickname.Version, FirstRun: !h.install.Database,
	})
	if err != nil {
		return nil, err
	}
	if err = h.install.Made(); err != nil {
		return nil, err
	}
	h.keys, err = keystore.Open(ctx, keystore.Options{
		Choice: keystore.InFile, Dir: dir, InstallID: h.install.ID, Records: h.db, Rand: rand.Reader, Clock: c,
	})
	if err != nil {
		return nil, err
	}
	h.sessions, err = session.New(session.Options{
		Store: h.db, Keys: h.keys, InstallID: h.install.ID, Launch: rand.Text(), Clock: c, Rand: rand.Reader,
	})
	return h, err
}

func (h *house) leave() error {
	if h.window != nil {
		h.window.Close()
	}
	return errors.Join(h.sessions.Close(ctx), h.db.Close())
}

// person is who signs in.
var person = app.Profile{
	Key:      app.IdentityKey{Issuer: "https://github.com", Subject: "583231"},
	Provider: "github", Login: "octocat", Email: "octocat@example.org", EmailVerified: true,
}

const firstName, secondName = "Kim", "Lee"

func nick(text string) app.Nickname {
	n, err := nickname.Parse(text)
	if err != nil {
		panic(err)
	}
	return n
}

// signIn is what package signin does once a provider has confirmed the person,
// and when the nickname was entered.
func (h *house) signIn(say func(...any)) (app.SignedIn, error) {
	return h.signInAs(person, firstName, say)
}

func (h *house) signInAs(who app.Profile, name string, say func(...any)) (app.SignedIn, error) {
	s, err := h.sessions.New()
	if err != nil {
		return app.SignedIn{}, err
	}
	in, err := h.db.SignIn(ctx, who, s)
	if app.CodeOf(err) != app.CodeNotFound {
		return in, err
	}
	now := h.clock.Now()
	pending, err := h.db.PendingSignUp(ctx, now)
	if app.CodeOf(err) == app.CodeNotFound {
		pending, err = h.seal(who, now)
	}
	if err != nil {
		return app.SignedIn{}, err
	}
	say("pending", pending.ID)
	p, err := h.sessions.OpenProfile(pending.Sealed, pending.ID)
	if err != nil {
		return app.SignedIn{}, err
	}
	if s, err = h.sessions.New(); err != nil {
		return app.SignedIn{}, err
	}
	return h.db.SignUp(ctx, pending.ID, p, nick(name), s)
}

func (h *house) seal(who app.Profile, now time.Time) (app.PendingSignUp, error) {
	row := app.PendingSignUp{ID: rand.Text(), Key: who.Key, CreatedAt: now, ExpiresAt: now.Add(app.PendingLifetime)}
	var err error
	if row.Sealed, err = h.sessions.SealProfile(who, row.ID); err != nil {
		return app.PendingSignUp{}, err
	}
	return row, h.db.SavePendingSignUp(ctx, row)
}

// task is what a worker is told: what to do in which profile, and what the jar holds.
type task struct {
	Dir     string
	Acts    []string
	At      time.Time
	Session string
	Token   string
	Door    door
	Codes   []string // that somebody wrote down
}

// The acts of a worker, besides the start that precedes them.
const (
	signIn  = "signin"
	claim   = "claim"
	rotate  = "rotate"
	rename  = "rename"
	signOut = "signout"
	wait    = "wait" // longer than an access token lives
	shut    = "shut" // the window, which every worker does that has one
)

const (
	taskVariable = "MUNPAE_FAULTS_TASK"
	// tries is how often a person tries again in the same window.
	tries = 3
	// waits is longer than an access token lives.
	waits = app.AccessLifetime + time.Minute
)

func init() {
	// The acts stay on the process's first thread: strace counts by thread.
	if os.Getenv(taskVariable) != "" {
		runtime.LockOSThread()
	}
}

// TestMain lets the test binary be the process that a fault meets.
func TestMain(m *testing.M) {
	if text := os.Getenv(taskVariable); text != "" {
		var t task
		if err := json.Unmarshal([]byte(text), &t); err != nil {
			panic(err)
		}
		os.Exit(t.work())
	}
	code := m.Run()
	for _, dir := range profiles {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// work does the task. It prints "ack ACT …" for what was answered with success
// and "error ACT CODE …" for what was not, each in one write. An act that fails
// is tried again; one that keeps failing ends the worker.
func (t task) work() int {
	say := func(words ...any) { _, _ = os.Stdout.WriteString(fmt.Sprintln(words...)) }
	ack := func(words ...any) { say(append([]any{"ack"}, words...)...) }
	try := func(act string, f func() error) bool {
		for range tries {
			err := f()
			if err == nil {
				return true
			}
			say("error", act, app.CodeOf(err), strings.ReplaceAll(err.Error(), "\n", "; "))
		}
		return false
	}
	var h *house
	c := &clock{at: t.At}
	if !try("start", func() (err error) { h, err = enter(t.Dir, c); return err }) {
		return 3
	}
	id, _ := h.keys.Current()
	ack("start", h.install.ID, id)
	for _, act := range t.Acts {
		ok := try(act, func() error { return h.do(act, &t, ack) })
		if !ok {
			return 3
		}
	}
	if h.window != nil {
		ack(shut) // from here on what the person saw may go
		h.window.Close()
	}
	if err := h.leave(); err != nil {
		say("error", "leave", app.CodeOf(err), err)
		return 3
	}
	ack("leave")
	return 0
}

// do does one act with what the jar of t holds, and puts into it what was given.
func (h *house) do(act string, t *task, ack func(...any)) error {
	switch act {
	case signIn:
		in, err := h.signIn(ack)
		if err == nil {
			t.Session = in.Session.ID
			ack(act, in.User.ID, in.Session.ID)
		}
		return err
	case claim:
		_, pair, err := h.sessions.Claim(ctx, t.Session)
		if err == nil {
			t.Token = pair.Refresh
			ack(act, pair.Refresh)
		}
		return err
	case rotate:
		in, pair, err := h.sessions.Rotate(ctx, t.Token)
		if err == nil {
			t.Token = pair.Refresh
			ack(act, pair.Refresh, in.Session.Generation)
		}
		return err
	case rename:
		user, err := h.db.UserByIdentity(ctx, person.Key)
		if err == nil {
			user, err = h.db.Rename(ctx, user.ID, nick(secondName), h.clock.Now())
		}
		if err == nil {
			ack(act, user.Nickname)
		}
		return err
	case signOut:
		err := h.sessions.End(ctx, t.Session, app.EndSignedOut)
		if err == nil {
			ack(act)
		}
		return err
	case beside, switchOver, outOf:
		return h.atTheDoor(act, t, ack)
	case makeCodes, useCode, merge, undo, leave:
		return h.onAccounts(act, t, ack)
	case wait:
		h.clock.move(waits)
		ack(act)
		return nil
	}
	panic(act)
}

// profiles are the folders to be removed at the end.
var profiles []string

var profilesMu sync.Mutex

// scratch is a new empty profile folder, in memory where there is such a thing:
// what is lost is decided by the faults here, not by this machine's disk.
func scratch(t testing.TB) string {
	t.Helper()
	parent := "/dev/shm"
	if i, err := os.Stat(parent); err != nil || !i.IsDir() {
		parent = ""
	}
	dir, err := os.MkdirTemp(parent, "munpae-faults-")
	if err != nil {
		t.Fatal(err)
	}
	profilesMu.Lock()
	profiles = append(profiles, dir)
	profilesMu.Unlock()
	return dir
}

// copyTo copies a closed profile.
func copyTo(t testing.TB, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		if d.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, b, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}
