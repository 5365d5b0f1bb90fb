package keystore

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/files"
)

// The choices of MUNPAE_KEYSTORE.
const (
	Auto      = "auto" // the keyring if it works at the first run, else the file
	InKeyring = "keyring"
	InFile    = "file"
)

// Options are what Open needs; every field but Service, Keyring and Env is required.
type Options struct {
	// Choice is Auto, InKeyring or InFile. It decides where the first key goes, and
	// the one of Replace; a key that exists is read where it was put.
	Choice string
	// Dir is the profile folder, mode 0700, which exists.
	Dir string
	// Service is what the entries in the keyring are filed under: the program's name;
	// "munpae" if empty. A key that is filed under that of Munpae is found there.
	Service string
	// InstallID is the profile's own random name; it keeps profiles apart in the keyring.
	InstallID string
	Records   Records
	// Keyring is SystemKeyring outside of tests; nil means that there is none.
	Keyring Keyring
	Rand    io.Reader
	Clock   app.Clock
	// Env looks up an environment variable; nil means os.LookupEnv.
	Env func(name string) (string, bool)
}

// Store holds the keys in use, at most two. It is safe for concurrent use.
type Store struct {
	o Options

	// loading keeps Reload and Replace apart.
	loading sync.Mutex

	mu      sync.RWMutex
	lost    bool // the last Reload found that the key is gone for good
	current string
	place   string
	keys    map[string][32]byte
}

// record adds the comparison to an app.KeyRecord.
type record struct{ app.KeyRecord }

// is reports whether key is the one recorded.
func (r record) is(key []byte) bool {
	sum := sha256.Sum256(key)
	return len(key) == 32 && subtle.ConstantTimeCompare(sum[:], r.Fingerprint[:]) == 1
}

// place is one of the two places that keys are kept in.
type place interface {
	// read returns what is kept for r, unchecked, or an error that is errNotKey if
	// it certainly is not the key.
	read(ctx context.Context, r record) ([]byte, error)
	// write stores a new key for r. before is the newest record so far, the zero
	// record if there is none: its key must not be lost before r is recorded.
	write(ctx context.Context, r, before record, key []byte) error
	// forget removes what is kept for r, whose record is gone.
	forget(ctx context.Context, r record)
}

func (s *Store) at(name string) place {
	if name == InKeyring {
		return keyringStore{&s.o}
	}
	return fileStore{&s.o}
}

// Open reads the key, or makes the first one. It takes as long as one call to the
// keyring, at most 3 s; two calls at a first run and after a Replace. It needs
// nothing but the records, so it may run beside everything else of a start.
//
// With CodeKeystoreLocked (ask again later) and CodeKeystoreLost (deleted or
// other bytes) the Store is returned too, without a key: Reload tries again,
// Replace makes a new one. CodeProfileUnwritable and CodeDiskFull come from a
// first run; any code of the Records may come too.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Env == nil {
		o.Env = os.LookupEnv
	}
	switch o.Choice {
	case Auto, InKeyring, InFile:
	default:
		return nil, app.Fail(app.CodeSettingsInvalid, nil, "name", "MUNPAE_KEYSTORE", "reason", "auto, keyring, file")
	}
	s := &Store{o: o}
	return s, s.Reload(ctx)
}

// Reload reads the keys again, after a keyring was unlocked. Codes of Open. Keys
// that were in use before an error stay in use.
func (s *Store) Reload(ctx context.Context) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	all, err := s.o.Records.KeyRecords(ctx)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return s.mint(ctx, s.o.Choice, nil, false)
	}
	newest := record{all[0]}

	key, err := s.at(newest.Store).read(ctx, newest)
	if err == nil && !newest.is(key) {
		err = fmt.Errorf("%w: the fingerprint differs", errNotKey)
	}
	s.mu.Lock()
	s.lost = errors.Is(err, errNotKey)
	s.mu.Unlock()
	switch {
	case errors.Is(err, errNotKey):
		return app.Fail(app.CodeKeystoreLost, err)
	case err != nil:
		return app.Fail(app.CodeKeystoreLocked, err)
	}
	keys := map[string][32]byte{newest.ID: [32]byte(key)}
	// The key before is of use only for tokens that it signed, so failing to read
	// it is no error. It is read after the newest, for two calls at once to a locked
	// keyring would prompt twice, and in the same place alone, for a keyring that
	// hangs must not slow down a start that no longer needs it.
	if len(all) > 1 && all[1].Store == newest.Store {
		older := record{all[1]}
		if key, err := s.at(older.Store).read(ctx, older); err == nil && older.is(key) {
			keys[older.ID] = [32]byte(key)
		}
	}
	s.use(newest.ID, newest.Store, keys)
	return nil
}

// Replace makes a new key and signs with it from now on: only after the person
// chose to sign in again. The key before stays good for what it signed if it can
// still be read, else whoever calls ends the sessions under it. Codes of Open.
func (s *Store) Replace(ctx context.Context) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	all, err := s.o.Records.KeyRecords(ctx)
	if err != nil {
		return err
	}
	choice, good := s.o.Choice, false
	if len(all) > 0 {
		newest := record{all[0]}
		switch {
		case choice != Auto:
		case newest.Store == InFile:
			choice = InFile // once a file, a file: nothing moves by itself
		case s.isLost():
			if choice, err = s.afterLoss(ctx); err != nil {
				return err
			}
		}
		key, ok := s.Key(newest.ID)
		good = ok && newest.is(key[:])
	}
	return s.mint(ctx, choice, all, good)
}

func (s *Store) isLost() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.lost
}

// lossesSetting is how often the keyring has lost the key, and "told" once the person
// knows that it is in the file for that.
const lossesSetting = "keyring_losses"

// maxLosses is how often the keyring may lose the key. Some are made anew at each log-in
// of the desktop, and would send the person to the provider each time.
const maxLosses = 2

// afterLoss counts a loss and says where the next key goes.
func (s *Store) afterLoss(ctx context.Context) (choice string, err error) {
	text, err := s.o.Records.Setting(ctx, lossesSetting)
	if err != nil && app.CodeOf(err) != app.CodeNotFound {
		return "", err
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		n = 0 // never counted
	}
	if err := s.o.Records.SetSetting(ctx, lossesSetting, strconv.Itoa(n+1)); err != nil {
		return "", err
	}
	if n+1 >= maxLosses {
		return InFile, nil
	}
	return Auto, nil
}

// Moved reports, once, that the key went to the file because the keyring lost it again.
func (s *Store) Moved(ctx context.Context) bool {
	text, err := s.o.Records.Setting(ctx, lossesSetting)
	if err != nil || s.Place() != InFile {
		return false
	}
	if n, err := strconv.Atoi(text); err != nil || n < maxLosses {
		return false
	}
	return s.o.Records.SetSetting(ctx, lossesSetting, "told") == nil
}

// mint makes a key, stores it, reads it back, and only then records it: a kill
// before the record leaves an entry that nothing names, and the next start makes
// another.
func (s *Store) mint(ctx context.Context, choice string, before []app.KeyRecord, good bool) error {
	key := make([]byte, 32)
	name := make([]byte, 8)
	if _, err := io.ReadFull(s.o.Rand, key); err != nil {
		return app.Fail(app.CodeInternal, err)
	}
	if _, err := io.ReadFull(s.o.Rand, name); err != nil {
		return app.Fail(app.CodeInternal, err)
	}
	r := record{app.KeyRecord{
		ID:          strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(name)),
		Fingerprint: sha256.Sum256(key),
		CreatedAt:   s.o.Clock.Now().UTC().Truncate(time.Millisecond),
	}}
	if len(before) > 0 && !r.CreatedAt.After(before[0].CreatedAt) {
		// The records are told apart by time, and the clock may have moved back.
		r.CreatedAt = before[0].CreatedAt.Add(time.Millisecond)
	}
	var newest record
	if len(before) > 0 {
		newest = record{before[0]}
	}
	try := func(store string) error {
		r.Store = store
		if err := s.at(store).write(ctx, r, newest, key); err != nil {
			return err
		}
		back, err := s.at(store).read(ctx, r)
		if err == nil && !r.is(back) {
			err = errors.New("keystore: read back other bytes than were written")
		}
		return err
	}

	var err error
	switch choice {
	case InFile:
		err = try(InFile)
	case InKeyring:
		if err := try(InKeyring); err != nil {
			return app.Fail(app.CodeKeystoreLocked, err)
		}
	default:
		if err = try(InKeyring); err != nil {
			if ctx.Err() != nil {
				return app.Fail(app.CodeKeystoreLocked, err)
			}
			err = try(InFile)
		}
	}
	if err != nil {
		return app.Fail(fileCode(err), err)
	}
	if err := s.o.Records.InsertKeyRecord(ctx, r.KeyRecord); err != nil {
		return err
	}

	keys := map[string][32]byte{r.ID: [32]byte(key)}
	for i, old := range before {
		if k, ok := s.Key(old.ID); i == 0 && good && ok && old.Store == r.Store {
			keys[old.ID] = k
			continue
		}
		// Retired. A record that stays behind is one that no start reads beside the
		// newest two, so an error costs nothing; nor does an entry in a keyring that
		// just did not answer, and it is not waited for again.
		if s.o.Records.DeleteKeyRecord(ctx, old.ID) == nil && (old.Store == InFile || r.Store == InKeyring) {
			s.at(old.Store).forget(ctx, record{old})
		}
	}
	s.use(r.ID, r.Store, keys)
	return nil
}

// fileCode says what a failed write of the key file means to the person.
func fileCode(err error) app.Code {
	if files.Full(err) {
		return app.CodeDiskFull
	}
	_, onPath := errors.AsType[*fs.PathError](err)
	_, onRename := errors.AsType[*os.LinkError](err)
	if onPath || onRename {
		return app.CodeProfileUnwritable
	}
	return app.CodeKeystoreLocked
}

func (s *Store) use(id, store string, keys map[string][32]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current, s.place, s.keys = id, store, keys
}

// Current returns the key that signs and its name, the JWT header kid. The name
// is empty while there is no key.
func (s *Store) Current() (id string, key [32]byte) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.current, s.keys[s.current]
}

// Key returns the key of that name if it is one of the two in use.
func (s *Store) Key(id string) (key [32]byte, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	key, ok = s.keys[id]
	return key, ok
}

// Place says where the current key is kept, for the settings page: InKeyring,
// InFile, or empty while there is no key.
func (s *Store) Place() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.place
}
