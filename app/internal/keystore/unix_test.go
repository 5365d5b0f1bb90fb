//go:build unix

package keystore_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/keystore"
)

func TestKS01_WithoutASessionBusTheKeyringIsNotAsked(t *testing.T) {
	for name, env := range map[string]map[string]string{
		"nothing set":            {},
		"empty":                  {"DBUS_SESSION_BUS_ADDRESS": "", "XDG_RUNTIME_DIR": ""},
		"autolaunch":             {"DBUS_SESSION_BUS_ADDRESS": "autolaunch:"},
		"a folder without a bus": {"XDG_RUNTIME_DIR": t.TempDir()},
		"a folder that the library does not look into": {"XDG_RUNTIME_DIR": busFolder(t)},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProfile(t)
			p.env = env
			_, _, s := p.open()
			if p.keyring.calls != 0 || s.Place() != keystore.InFile {
				t.Fatalf("%d calls, kept in %q", p.keyring.calls, s.Place())
			}
		})
	}
}

func init() {
	spoilt["readable by others"] = func(t *testing.T, f string) { must(t, os.Chmod(f, 0o644)) }
	spoilt["readable by the group"] = func(t *testing.T, f string) { must(t, os.Chmod(f, 0o640)) }
	spoilt["writable by others"] = func(t *testing.T, f string) { must(t, os.Chmod(f, 0o602)) }
	spoilt["a symbolic link"] = func(t *testing.T, f string) {
		must(t, os.Rename(f, f+".elsewhere"))
		must(t, os.Symlink(f+".elsewhere", f))
	}
	spoilt["a dangling link"] = func(t *testing.T, f string) { must(t, os.Remove(f)); must(t, os.Symlink("/nowhere", f)) }
	spoilt["a FIFO"] = func(t *testing.T, f string) { must(t, os.Remove(f)); must(t, syscall.Mkfifo(f, 0o600)) }
}

func TestKS06_AnUnreadableFileIsNoReasonForANewKey(t *testing.T) {
	if os.Getuid() == 0 {
		// Root reads everything: a path component that is a file fails for root too.
		p := newProfile(t)
		p.choice = keystore.InFile
		id, _, _ := p.open()
		real := p.dir
		p.dir = filepath.Join(real, keystore.FileName)
		p.refused(app.CodeKeystoreLocked)
		p.dir = real
		if again, _, _ := p.open(); again != id {
			t.Fatal("another key")
		}
		return
	}
	p := newProfile(t)
	p.choice = keystore.InFile
	id, _, _ := p.open()
	must(t, os.Chmod(p.file(), 0))
	p.refused(app.CodeKeystoreLocked)
	must(t, os.Chmod(p.file(), 0o600))
	if again, _, _ := p.open(); again != id {
		t.Fatal("another key")
	}
}

// busFolder holds a socket named bus.
func busFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: filepath.Join(dir, "bus")}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestKS01_ABusThatWentAwayIsNoReasonForANewKey(t *testing.T) {
	p := newProfile(t)
	id, key, _ := p.open()
	p.env = nil
	s := p.refused(app.CodeKeystoreLocked)
	p.env = map[string]string{"DBUS_SESSION_BUS_ADDRESS": "unix:path=/test"}
	if err := s.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	if again, same := s.Current(); again != id || same != key {
		t.Fatal("another key")
	}
}
