//go:build unix

package files_test

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"munpae.example/munpae/app/internal/files"
)

func init() {
	planted["a FIFO"] = plant{func(t *testing.T, p string) { must(t, unix.Mkfifo(p, 0o600)) }, files.ErrNotRegular}
	planted["a device"] = plant{node, files.ErrNotRegular}
	planted["another user's"] = plant{func(t *testing.T, p string) {
		must(t, os.WriteFile(p, []byte("theirs"), 0o666))
		asRoot(t)
		must(t, os.Chown(p, 65534, 65534))
	}, files.ErrNotOurs}
}

func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can play another user")
	}
}

func node(t *testing.T, path string) {
	t.Helper()
	if err := unix.Mknod(path, unix.S_IFCHR|0o600, int(unix.Mkdev(1, 5))); err != nil {
		t.Skip("no device can be made here: ", err)
	}
}

// foreign is a folder of another user.
func foreign(t *testing.T) string {
	t.Helper()
	asRoot(t)
	dir := t.TempDir()
	must(t, os.Chown(dir, 65534, 65534))
	return dir
}

// openToAll lets every user of the computer read and write path.
func openToAll(t *testing.T, path string) {
	t.Helper()
	must(t, os.Chmod(path, 0o777))
}

// anyMask takes the umask away for the test.
func anyMask(t *testing.T) {
	before := unix.Umask(0)
	t.Cleanup(func() { unix.Umask(before) })
}

func TestPF01_TheAdministratorsFilesAreRead(t *testing.T) {
	if b, err := files.Read("/etc/passwd", 1<<20); err != nil || len(b) == 0 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

func TestAFolderInWhichNothingCanBeMadeIsSaidAndNothingIsMade(t *testing.T) {
	dir := t.TempDir()
	if err := files.Writable(dir); err != nil {
		t.Error(err)
	}
	if err := files.Writable(filepath.Join("/proc", "self")); err == nil {
		t.Error("/proc takes files")
	}
	if made, _ := os.ReadDir(dir); len(made) != 0 {
		t.Errorf("made %v", made)
	}
}
