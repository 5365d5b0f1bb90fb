package keystore

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/zalando/go-keyring"
)

// KeyringTimeout is how long one call to the keyring may take: its prompt may
// never be answered, and the library waits for it without end.
const KeyringTimeout = 3 * time.Second

// firstService is the service that Munpae's own entries are filed under, and those of
// every other program were before Options.Service.
const firstService = "munpae"

// Keyring is the operating system's store of secrets. Get and Delete answer an
// entry that does not exist with an error that is keyring.ErrNotFound of
// github.com/zalando/go-keyring. Calls may block; Store bounds them.
type Keyring interface {
	Set(service, user, secret string) error
	Get(service, user string) (string, error)
	Delete(service, user string) error
}

// SystemKeyring is the Secret Service on Linux, the Keychain on macOS, the
// Credential Manager on Windows.
type SystemKeyring struct{}

// Set stores secret, replacing an entry of the same name.
func (SystemKeyring) Set(service, user, secret string) error {
	return keyring.Set(service, user, secret)
}

// Get returns the stored secret, wherever the keyring has it now: the collection that
// it was put into need not be the default one any more.
func (SystemKeyring) Get(service, user string) (string, error) {
	text, err := keyring.Get(service, user)
	if errors.Is(err, keyring.ErrNotFound) {
		return everywhere(service, user)
	}
	return text, err
}

// Delete removes the entry.
func (SystemKeyring) Delete(service, user string) error { return keyring.Delete(service, user) }

var (
	errNoBus   = errors.New("keystore: no session bus")
	errTimeout = errors.New("keystore: the keyring did not answer in time")
	// errNotKey says that what is kept is certainly not the key: gone, or other bytes.
	errNotKey = errors.New("keystore: not the key that signed")
)

// keyringStore reads and writes keys in the keyring.
type keyringStore struct{ o *Options }

// service is what the program's entries are filed under.
func (k keyringStore) service() string { return cmp.Or(k.o.Service, firstService) }

// user names the entry. It holds the profile's install ID, so the demo, a second
// profile and a profile restored beside its original never share an entry.
func (k keyringStore) user(id string) string { return k.o.InstallID + "." + id }

func (k keyringStore) read(ctx context.Context, r record) ([]byte, error) {
	text, err := k.call(ctx, func() (string, error) {
		text, err := k.o.Keyring.Get(k.service(), k.user(r.ID))
		if errors.Is(err, keyring.ErrNotFound) && k.service() != firstService {
			return k.o.Keyring.Get(firstService, k.user(r.ID))
		}
		return text, err
	})
	if errors.Is(err, keyring.ErrNotFound) {
		return nil, fmt.Errorf("%w: the keyring has no such entry", errNotKey)
	}
	if err != nil {
		return nil, err
	}
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("%w: the entry is not base64", errNotKey)
	}
	return b, nil
}

func (k keyringStore) write(ctx context.Context, r, _ record, key []byte) error {
	_, err := k.call(ctx, func() (string, error) {
		return "", k.o.Keyring.Set(k.service(), k.user(r.ID), base64.StdEncoding.EncodeToString(key))
	})
	return err
}

// forget ignores an error: an entry without a record opens nothing.
func (k keyringStore) forget(ctx context.Context, r record) {
	_, _ = k.call(ctx, func() (string, error) {
		if k.service() != firstService {
			_ = k.o.Keyring.Delete(firstService, k.user(r.ID))
		}
		return "", k.o.Keyring.Delete(k.service(), k.user(r.ID))
	})
}

// call runs f in a goroutine of its own and leaves it behind after
// KeyringTimeout: there is no way to take a request to the keyring back. The
// library asserts types of what the bus sends, hence the recover.
func (k keyringStore) call(ctx context.Context, f func() (string, error)) (string, error) {
	if err := k.reachable(); err != nil {
		return "", err
	}
	type answer struct {
		text string
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		var a answer
		defer func() {
			if p := recover(); p != nil {
				a = answer{"", fmt.Errorf("keystore: the keyring's answer makes no sense: %v", p)}
			}
			answered <- a
		}()
		a.text, a.err = f()
	}()
	late := make(chan struct{})
	stop := k.o.Clock.AfterFunc(KeyringTimeout, func() { close(late) })
	defer stop()
	select {
	case a := <-answered:
		return a.text, a.err
	case <-late:
		return "", errTimeout
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// reachable keeps the library from a Linux without a session bus, where it would
// start a dbus-daemon of its own and leave it running. The library knows two
// ways to a bus that exists: the variable, and /run/user/UID/bus.
func (k keyringStore) reachable() error {
	if k.o.Keyring == nil {
		return errors.New("keystore: no keyring on this system")
	}
	switch runtime.GOOS {
	case "linux", "freebsd", "netbsd", "openbsd", "dragonfly":
	default:
		return nil
	}
	if address, _ := k.o.Env("DBUS_SESSION_BUS_ADDRESS"); address != "" && address != "autolaunch:" {
		return nil
	}
	folder, _ := k.o.Env("XDG_RUNTIME_DIR")
	if folder == "" || filepath.Clean(folder) != "/run/user/"+strconv.Itoa(os.Getuid()) {
		return errNoBus
	}
	if i, err := os.Stat(filepath.Join(folder, "bus")); err != nil || i.Mode().Type() != os.ModeSocket {
		return errNoBus
	}
	return nil
}
