package keystore_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	zalando "github.com/zalando/go-keyring"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/keystore"
	"munpae.example/munpae/app/internal/sqlite"
)

var ctx = context.Background()

// clock stands still until it is told to hurry: then what waits is due.
type clock struct {
	mu    sync.Mutex
	hurry bool
	at    time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) AfterFunc(_ time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.hurry {
		return func() bool { return true }
	}
	go f()
	return func() bool { return false }
}

// memory is a keyring that can be told to misbehave in every way that one does.
type memory struct {
	mu      sync.Mutex
	entries map[string]string
	err     error         // every call's answer
	hang    chan struct{} // every call waits for it
	loses   bool          // stores nothing, and says that it did
	alters  bool          // gives back another secret than it was given
	panics  bool
	calls   int
}

func (m *memory) enter() error {
	m.mu.Lock()
	m.calls++
	err, hang, panics := m.err, m.hang, m.panics
	m.mu.Unlock()
	if panics {
		panic("interface conversion: interface {} is nil, not []dbus.ObjectPath")
	}
	if hang != nil {
		<-hang
		return errors.New("too late")
	}
	return err
}

func (m *memory) Set(service, user, secret string) error {
	if err := m.enter(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries == nil {
		m.entries = map[string]string{}
	}
	if !m.loses {
		m.entries[service+"\x00"+user] = secret
	}
	return nil
}

func (m *memory) Get(service, user string) (string, error) {
	if err := m.enter(); err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if secret, ok := m.entries[service+"\x00"+user]; ok {
		if m.alters {
			return base64.StdEncoding.EncodeToString(make([]byte, 32)), nil
		}
		return secret, nil
	}
	return "", zalando.ErrNotFound
}

func (m *memory) Delete(service, user string) error {
	if err := m.enter(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.entries, service+"\x00"+user)
	return nil
}

// profile is one profile folder with its database and a computer around it.
type profile struct {
	*testing.T
	dir     string
	install string
	db      *sqlite.DB
	keyring *memory
	clock   *clock
	env     map[string]string
	choice  string
}

func newProfile(t *testing.T) *profile {
	t.Helper()
	p := &profile{
		T: t, dir: t.TempDir(), install: "install-1", keyring: &memory{}, clock: &clock{at: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)},
		env: map[string]string{"DBUS_SESSION_BUS_ADDRESS": "unix:path=/test"}, choice: keystore.Auto,
	}
	db, err := sqlite.Open(ctx, sqlite.Options{
		Path: filepath.Join(p.dir, "munpae.db"), Clock: p.clock, FirstRun: true,
		Rekey: func(text string) app.Nickname { return app.Nickname{Text: text, Version: 1} }, NicknameVersion: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	p.db = db
	return p
}

func (p *profile) options() keystore.Options {
	return keystore.Options{
		Choice: p.choice, Dir: p.dir, InstallID: p.install, Records: p.db, Keyring: p.keyring, Rand: rand.Reader, Clock: p.clock,
		Env: func(name string) (string, bool) { v, ok := p.env[name]; return v, ok },
	}
}

// open must succeed.
func (p *profile) open() (id string, key [32]byte, s *keystore.Store) {
	p.Helper()
	s, err := keystore.Open(ctx, p.options())
	if err != nil {
		p.Fatal(err)
	}
	id, key = s.Current()
	if again, ok := s.Key(id); id == "" || key == ([32]byte{}) || !ok || again != key {
		p.Fatalf("key %q", id)
	}
	return id, key, s
}

// refused checks the code, and that nothing was made: neither record nor key.
func (p *profile) refused(want app.Code) *keystore.Store {
	p.Helper()
	before := p.records()
	s, err := keystore.Open(ctx, p.options())
	if app.CodeOf(err) != want {
		p.Fatalf("%v, want %s", err, want)
	}
	if id, key := s.Current(); id != "" || key != ([32]byte{}) {
		p.Fatalf("a key in spite of the error: %q", id)
	}
	if after := p.records(); len(after) != len(before) || len(after) > 0 && after[0] != before[0] {
		p.Fatalf("records changed: %+v", after)
	}
	return s
}

func (p *profile) records() []app.KeyRecord {
	p.Helper()
	all, err := p.db.KeyRecords(ctx)
	if err != nil {
		p.Fatal(err)
	}
	return all
}

func (p *profile) file() string { return filepath.Join(p.dir, keystore.FileName) }

// entry is the only entry of the keyring.
func (p *profile) entry() (name, secret string) {
	p.Helper()
	if len(p.keyring.entries) != 1 {
		p.Fatalf("%d entries", len(p.keyring.entries))
	}
	for name, secret = range p.keyring.entries {
	}
	return name, secret
}

func TestAFirstRunPutsTheKeyIntoTheKeyring(t *testing.T) {
	p := newProfile(t)
	id, key, s := p.open()
	name, secret := p.entry()
	if name != "munpae\x00install-1."+id {
		t.Errorf("entry %q", name)
	}
	if b, err := base64.StdEncoding.DecodeString(secret); err != nil || !bytes.Equal(b, key[:]) {
		t.Errorf("%v", err)
	}
	r := p.records()
	if len(r) != 1 || r[0].ID != id || r[0].Store != keystore.InKeyring || r[0].Fingerprint != sha256.Sum256(key[:]) {
		t.Errorf("%+v", r)
	}
	if _, err := os.Lstat(p.file()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file beside it: %v", err)
	}
	if s.Place() != keystore.InKeyring {
		t.Errorf("place %q", s.Place())
	}
	p.keyring.calls = 0
	if again, same, _ := p.open(); again != id || same != key {
		t.Error("another key at the next start")
	}
	if p.keyring.calls != 1 {
		t.Errorf("%d calls to the keyring at a start", p.keyring.calls)
	}
}

func TestProfilesShareNoEntry(t *testing.T) {
	a, b := newProfile(t), newProfile(t)
	b.keyring, b.install = a.keyring, "install-2"
	_, keyA, _ := a.open()
	_, keyB, _ := b.open()
	if keyA == keyB || len(a.keyring.entries) != 2 {
		t.Fatalf("%d entries", len(a.keyring.entries))
	}
}

// Each program's keys are filed under its own name, so that no other program reaches for
// them; Munpae's own, of a version before, are found by whoever has its folder.
func TestKS10_ProgramsShareNoEntryAndWhatWasFiledUnderMunpaeIsFound(t *testing.T) {
	p := newProfile(t)
	named := func(service string) keystore.Options {
		o := p.options()
		o.Service = service
		return o
	}
	s, err := keystore.Open(ctx, named("notes"))
	must(t, err)
	id, key := s.Current()
	if name, _ := p.entry(); name != "notes\x00install-1."+id {
		t.Errorf("entry %q", name)
	}
	if _, err := keystore.Open(ctx, named("plans")); app.CodeOf(err) != app.CodeKeystoreLost {
		t.Errorf("another program has the key: %v", err)
	}
	if _, err := keystore.Open(ctx, named("munpae")); app.CodeOf(err) != app.CodeKeystoreLost {
		t.Errorf("Munpae has the key: %v", err)
	}

	// A version before this one filed it under Munpae's name.
	_, secret := p.entry()
	p.keyring.entries = map[string]string{"munpae\x00install-1." + id: secret}
	s, err = keystore.Open(ctx, named("notes"))
	must(t, err)
	if again, same := s.Current(); again != id || same != key {
		t.Error("an existing profile lost its key")
	}
	must(t, s.Replace(ctx))
	newest, _ := s.Current()
	if _, ok := p.keyring.entries["notes\x00install-1."+newest]; !ok {
		t.Errorf("the next key is filed elsewhere: %v", slices.Collect(maps.Keys(p.keyring.entries)))
	}
	must(t, s.Replace(ctx))
	if _, ok := p.keyring.entries["munpae\x00install-1."+id]; ok {
		t.Error("what is out of use stays under Munpae's name")
	}

	// Munpae's own stays where it was.
	q := newProfile(t)
	id, key, _ = q.open()
	o := q.options()
	o.Service = "munpae"
	s, err = keystore.Open(ctx, o)
	must(t, err)
	if again, same := s.Current(); again != id || same != key {
		t.Error("Munpae's own profile lost its key")
	}
}

func TestTheChoiceOfTheFirstRunStays(t *testing.T) {
	p := newProfile(t)
	p.choice = keystore.InFile
	id, key, s := p.open()
	if p.keyring.calls != 0 || s.Place() != keystore.InFile {
		t.Fatalf("%d calls, %q", p.keyring.calls, s.Place())
	}
	for _, choice := range []string{keystore.Auto, keystore.InKeyring, keystore.InFile} {
		p.choice = choice
		if again, same, s := p.open(); again != id || same != key || s.Place() != keystore.InFile {
			t.Fatalf("with %s the key moved", choice)
		}
	}
	if p.keyring.calls != 0 {
		t.Fatal("the keyring was asked for a key in a file")
	}

	p = newProfile(t)
	id, _, _ = p.open()
	p.choice = keystore.InFile
	if again, _, s := p.open(); again != id || s.Place() != keystore.InKeyring {
		t.Fatal("a setting moved the key")
	}
}

func TestAWrongChoiceIsASettingsError(t *testing.T) {
	p := newProfile(t)
	p.choice = "cloud"
	if _, err := keystore.Open(ctx, p.options()); app.CodeOf(err) != app.CodeSettingsInvalid || app.ParamsOf(err)["name"] != "MUNPAE_KEYSTORE" {
		t.Fatal(err)
	}
}

func TestKS02_AKeyringThatFailsAtTheFirstRunIsNotUsed(t *testing.T) {
	for name, spoil := range map[string]func(*profile){
		"no service":             func(p *profile) { p.keyring.err = errors.New("The name org.freedesktop.secrets was not provided") },
		"never answers":          func(p *profile) { p.keyring.hang, p.clock.hurry = make(chan struct{}), true },
		"keeps nothing":          func(p *profile) { p.keyring.loses = true },
		"keeps something else":   func(p *profile) { p.keyring.alters = true },
		"breaks the library":     func(p *profile) { p.keyring.panics = true },
		"is none on this system": func(p *profile) { p.keyring = nil },
	} {
		t.Run(name, func(t *testing.T) {
			p := newProfile(t)
			spoil(p)
			o := p.options()
			if p.keyring == nil {
				o.Keyring = nil
			} else if p.keyring.hang != nil {
				defer close(p.keyring.hang)
			}
			s, err := keystore.Open(ctx, o)
			if err != nil || s.Place() != keystore.InFile {
				t.Fatalf("kept in %q: %v", s.Place(), err)
			}
			i, err := os.Lstat(p.file())
			if err != nil || !i.Mode().IsRegular() || i.Size() != 32 || runtime.GOOS != "windows" && i.Mode() != 0o600 { // modes mean nothing there
				t.Fatalf("%v, %v", i, err)
			}
		})
	}
	t.Run("unless it was demanded", func(t *testing.T) {
		p := newProfile(t)
		p.choice, p.keyring.err = keystore.InKeyring, errors.New("locked")
		p.refused(app.CodeKeystoreLocked)
		if _, err := os.Lstat(p.file()); !errors.Is(err, os.ErrNotExist) {
			t.Fatal("a file, though the keyring was demanded")
		}
	})
}

// leaving is a keyring whose person goes away while it asks.
type leaving struct {
	*memory
	leave context.CancelFunc
}

func (l leaving) Set(service, user, secret string) error {
	l.leave()
	return errors.New("dismissed")
}

func TestKS02_AFirstRunThatEndsWhileTheKeyringAsksPutsNoKeyIntoTheFile(t *testing.T) {
	p := newProfile(t)
	ctx, leave := context.WithCancel(ctx)
	o := p.options()
	o.Keyring = leaving{p.keyring, leave}
	if _, err := keystore.Open(ctx, o); app.CodeOf(err) != app.CodeKeystoreLocked {
		t.Errorf("%v, want %s", err, app.CodeKeystoreLocked)
	}
	if _, err := os.Lstat(p.file()); !errors.Is(err, os.ErrNotExist) || len(p.records()) > 0 {
		t.Errorf("the choice is made for good: %v, records %v", err, p.records())
	}
}

func TestKS03_RecordsThatCannotBeReadAreNoFirstRun(t *testing.T) {
	p := newProfile(t)
	if err := p.db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := keystore.Open(ctx, p.options())
	if err == nil || p.keyring.calls > 0 {
		t.Errorf("%v after %d calls to the keyring", err, p.keyring.calls)
	}
	if id, _ := s.Current(); id != "" {
		t.Errorf("a key of no record: %q", id)
	}
	if err := s.Replace(ctx); err == nil || p.keyring.calls > 0 {
		t.Errorf("replaced: %v after %d calls to the keyring", err, p.keyring.calls)
	}
}

func TestKS03_AnUnclearErrorMakesNoKey(t *testing.T) {
	for name, spoil := range map[string]func(*profile){
		"locked": func(p *profile) {
			p.keyring.err = errors.New("failed to unlock correct collection '/org/freedesktop/secrets/collection/login'")
		},
		"never answers":      func(p *profile) { p.keyring.hang, p.clock.hurry = make(chan struct{}), true },
		"breaks the library": func(p *profile) { p.keyring.panics = true },
	} {
		t.Run(name, func(t *testing.T) {
			p := newProfile(t)
			id, key, _ := p.open()
			spoil(p)
			s := p.refused(app.CodeKeystoreLocked)
			p.keyring.mu.Lock() // a call that hangs is still under way
			if p.keyring.hang != nil {
				close(p.keyring.hang)
			}
			p.keyring.err, p.keyring.hang, p.keyring.panics = nil, nil, false
			p.keyring.mu.Unlock()
			p.clock.mu.Lock()
			p.clock.hurry = false
			p.clock.mu.Unlock()
			if err := s.Reload(ctx); err != nil {
				t.Fatalf("unlocked, and still: %v", err)
			}
			if again, same := s.Current(); again != id || same != key {
				t.Fatal("another key")
			}
			if _, err := os.Lstat(p.file()); !errors.Is(err, os.ErrNotExist) {
				t.Fatal("a file appeared")
			}
		})
	}
}

func TestKS03_AKeyInUseSurvivesAReloadThatFails(t *testing.T) {
	p := newProfile(t)
	id, _, s := p.open()
	p.keyring.err = errors.New("locked")
	if err := s.Reload(ctx); app.CodeOf(err) != app.CodeKeystoreLocked {
		t.Fatal(err)
	}
	if now, _ := s.Current(); now != id {
		t.Fatal("the key in use was dropped")
	}
}

func TestKS04_AnotherEntryThanTheOneThatSignedIsSaid(t *testing.T) {
	other := bytes.Repeat([]byte{7}, 32)
	for name, spoil := range map[string]func(entry string, all map[string]string){
		"deleted":     func(e string, all map[string]string) { delete(all, e) },
		"other bytes": func(e string, all map[string]string) { all[e] = base64.StdEncoding.EncodeToString(other) },
		"31 bytes":    func(e string, all map[string]string) { all[e] = base64.StdEncoding.EncodeToString(other[1:]) },
		"33 bytes": func(e string, all map[string]string) {
			b, _ := base64.StdEncoding.DecodeString(all[e])
			all[e] = base64.StdEncoding.EncodeToString(append(b, 0))
		},
		"not base64":       func(e string, all map[string]string) { all[e] = "no key at all" },
		"empty":            func(e string, all map[string]string) { all[e] = "" },
		"padding after it": func(e string, all map[string]string) { all[e] += "=" },
		"the bytes unencoded": func(e string, all map[string]string) {
			b, _ := base64.StdEncoding.DecodeString(all[e])
			all[e] = string(b)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProfile(t)
			p.open()
			entry, _ := p.entry()
			spoil(entry, p.keyring.entries)
			before := len(p.keyring.entries)
			s := p.refused(app.CodeKeystoreLost)
			if len(p.keyring.entries) != before {
				t.Fatal("the keyring was written")
			}
			// Only an explicit act makes another.
			if err := s.Replace(ctx); err != nil {
				t.Fatal(err)
			}
			id, key := s.Current()
			if r := p.records(); len(r) != 1 || r[0].ID != id || r[0].Store != keystore.InKeyring {
				t.Fatalf("%+v", r)
			}
			if again, same, _ := p.open(); again != id || same != key {
				t.Fatal("not the one that was made")
			}
		})
	}
}

// The key is in the keyring, so a copied folder holds no session.
func TestKS05_ACopiedFolderHasNoKey(t *testing.T) {
	p := newProfile(t)
	_, key, _ := p.open()
	p.keyring = &memory{} // another person's
	p.refused(app.CodeKeystoreLost)
	files, err := os.ReadDir(p.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(p.dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, key[:]) || strings.Contains(string(b), base64.StdEncoding.EncodeToString(key[:])) {
			t.Errorf("%s holds the key", f.Name())
		}
	}
}

// killed stops the first run at a point: its database refuses the record, or its
// place refuses the key.
type killed struct {
	keystore.Records
	at error
}

func (k killed) InsertKeyRecord(context.Context, app.KeyRecord) error { return k.at }

func TestKS07_AFirstRunThatDiedIsTakenUpAgain(t *testing.T) {
	died := errors.New("killed")
	for _, choice := range []string{keystore.InFile, keystore.InKeyring} {
		t.Run("key written, record not, "+choice, func(t *testing.T) {
			p := newProfile(t)
			p.choice = choice
			o := p.options()
			o.Records = killed{p.db, died}
			s, err := keystore.Open(ctx, o)
			if !errors.Is(err, died) {
				t.Fatal(err)
			}
			if id, _ := s.Current(); id != "" {
				t.Fatal("a key in use that no record knows")
			}
			id, key, _ := p.open()
			if again, same, _ := p.open(); again != id || same != key {
				t.Fatal("not consistent")
			}
			if len(p.records()) != 1 {
				t.Fatalf("%+v", p.records())
			}
		})
	}
	t.Run("record written, key not", func(t *testing.T) {
		// Our order never leaves this; a restored database can.
		p := newProfile(t)
		must(t, p.db.InsertKeyRecord(ctx, app.KeyRecord{ID: "ghost", Store: keystore.InKeyring, Fingerprint: [32]byte{1}, CreatedAt: p.clock.Now()}))
		s := p.refused(app.CodeKeystoreLost)
		must(t, s.Replace(ctx))
		p.open()
	})
	t.Run("half-written file", func(t *testing.T) {
		p := newProfile(t)
		p.choice = keystore.InFile
		must(t, os.WriteFile(p.file()+".new", []byte("half"), 0o600))
		p.open()
		if _, err := os.Lstat(p.file() + ".new"); !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	})
}

func TestReplaceKeepsAGoodKeyForWhatItSigned(t *testing.T) {
	for _, choice := range []string{keystore.InFile, keystore.Auto} {
		t.Run(choice, func(t *testing.T) {
			p := newProfile(t)
			p.choice = choice
			first, firstKey, s := p.open()
			must(t, s.Replace(ctx))
			second, secondKey := s.Current()
			if second == first || secondKey == firstKey {
				t.Fatal("not replaced")
			}
			for range 2 {
				if key, ok := s.Key(first); !ok || key != firstKey {
					t.Fatal("the key before is gone")
				}
				if now, key := s.Current(); now != second || key != secondKey {
					t.Fatal("another current key")
				}
				_, _, s = p.open()
			}
			p.clock.at = p.clock.at.Add(-time.Hour) // and the order of two does not hang on the clock
			must(t, s.Replace(ctx))
			third, _ := s.Current()
			for range 2 {
				if _, ok := s.Key(first); ok {
					t.Fatal("three keys")
				}
				if _, ok := s.Key(second); !ok {
					t.Fatal("the key before is gone")
				}
				if now, _ := s.Current(); now != third {
					t.Fatal("another current key")
				}
				_, _, s = p.open()
			}
			if r := p.records(); len(r) != 2 {
				t.Fatalf("%+v", r)
			}
			if choice == keystore.Auto && len(p.keyring.entries) != 2 {
				t.Fatalf("%d entries left behind", len(p.keyring.entries))
			}
		})
	}
}

// A crash between any two steps of Replace, any number of times, leaves a key that
// the records know.
func TestReplaceKilledAnywhereLeavesTheOldKeyGood(t *testing.T) {
	died := errors.New("killed")
	for _, choice := range []string{keystore.InFile, keystore.Auto} {
		t.Run(choice, func(t *testing.T) {
			p := newProfile(t)
			p.choice = choice
			id, key, _ := p.open()
			same := func(when string) {
				t.Helper()
				if now, k, _ := p.open(); now != id || k != key {
					t.Fatalf("%s: another key", when)
				}
			}
			for range 3 {
				o := p.options()
				o.Records = killed{p.db, died}
				s, err := keystore.Open(ctx, o)
				if err != nil {
					t.Fatal(err)
				}
				if err := s.Replace(ctx); !errors.Is(err, died) {
					t.Fatal(err)
				}
				if now, _ := s.Current(); now != id {
					t.Fatal("a key in use that no record knows")
				}
				same("killed before the record")
				p.clock.at = p.clock.at.Add(time.Second)
			}
			if choice == keystore.InFile {
				must(t, os.Remove(p.file()))
				same("killed between the renames")
			}
			_, _, s := p.open()
			must(t, s.Replace(ctx))
			for range 2 {
				if k, ok := s.Key(id); !ok || k != key {
					t.Fatal("the key before is gone")
				}
				_, _, s = p.open()
			}
		})
	}
}

func TestAKeyThatMovedIntoTheKeyringLeavesNoFileBehind(t *testing.T) {
	p := newProfile(t)
	p.choice = keystore.InFile
	first, _, _ := p.open()
	p.choice = keystore.InKeyring // what exists stays where it is until it is replaced
	_, _, s := p.open()
	must(t, s.Replace(ctx))
	if _, ok := s.Key(first); ok || s.Place() != keystore.InKeyring {
		t.Errorf("the old key is in use: %v, in %s", ok, s.Place())
	}
	if left, _ := filepath.Glob(p.file() + "*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if r := p.records(); len(r) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestReplaceWithALockedKeyringGoesToTheFile(t *testing.T) {
	p := newProfile(t)
	old, _, _ := p.open()
	p.keyring.err = errors.New("locked")
	s := p.refused(app.CodeKeystoreLocked)
	p.keyring.calls = 0
	must(t, s.Replace(ctx))
	if p.keyring.calls != 1 {
		t.Errorf("the locked keyring was asked %d times", p.keyring.calls)
	}
	id, _ := s.Current()
	if s.Place() != keystore.InFile || id == old {
		t.Fatal(s.Place())
	}
	p.keyring.err = nil
	if again, _, s := p.open(); again != id || s.Place() != keystore.InFile {
		t.Fatal("moved back by itself")
	}
}

// Some keyrings are made anew at each log-in of the desktop. The second time is a habit.
func TestKS08_AKeyringThatLosesTheKeyTwiceIsLeftForTheFile(t *testing.T) {
	p := newProfile(t)
	_, _, s := p.open()
	if s.Moved(ctx) {
		t.Error("moved, although nothing was lost")
	}
	for loss, want := range []string{keystore.InKeyring, keystore.InFile} {
		p.keyring.entries = nil
		s := p.refused(app.CodeKeystoreLost)
		must(t, s.Replace(ctx))
		id, _ := s.Current()
		again, _, s := p.open()
		if again != id || s.Place() != want {
			t.Fatalf("after loss %d it is kept in the %s", loss+1, s.Place())
		}
		if moved := s.Moved(ctx); moved != (want == keystore.InFile) {
			t.Errorf("after loss %d the person is told %t", loss+1, moved)
		}
		if s.Moved(ctx) {
			t.Error("told twice")
		}
	}
}

func TestALockedKeyringIsNoLoss(t *testing.T) {
	p := newProfile(t)
	p.open()
	for range 3 {
		p.keyring.err = errors.New("locked")
		s := p.refused(app.CodeKeystoreLocked)
		p.keyring.err = nil
		must(t, s.Replace(ctx))
		if s.Place() != keystore.InKeyring {
			t.Fatalf("moved to the %s", s.Place())
		}
	}
}

// Who chose the keyring has it.
func TestAChosenKeyringIsNotLeft(t *testing.T) {
	p := newProfile(t)
	p.choice = keystore.InKeyring
	p.open()
	for range 3 {
		p.keyring.entries = nil
		s := p.refused(app.CodeKeystoreLost)
		must(t, s.Replace(ctx))
		if s.Place() != keystore.InKeyring {
			t.Fatalf("moved to the %s", s.Place())
		}
	}
}

func TestNoErrorHoldsTheKey(t *testing.T) {
	p := newProfile(t)
	_, key, _ := p.open()
	entry, secret := p.entry()
	p.keyring.entries[entry] = secret + "AAAA"
	_, err := keystore.Open(ctx, p.options())
	if err == nil || strings.Contains(err.Error(), secret[:20]) || strings.Contains(err.Error(), string(key[:8])) {
		t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
