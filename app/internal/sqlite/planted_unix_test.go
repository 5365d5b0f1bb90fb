//go:build unix

package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestPF02_ABackupFolderThatIsALinkIsSetAside(t *testing.T) {
	opt := closedProfile(t)
	elsewhere := t.TempDir()
	theirs := filepath.Join(elsewhere, "munpae-20200101T000000.000Z.db")
	write(t, theirs, []byte("theirs"))
	if err := os.RemoveAll(opt.BackupDir); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, opt.BackupDir); err != nil {
		t.Fatal(err)
	}
	db := open(t, opt)
	for range 5 {
		if _, err := db.Backup(ctx); err != nil {
			t.Fatal(err)
		}
		opt.Clock.(*clock).advance(time.Hour)
	}
	if left, _ := os.ReadDir(elsewhere); len(left) != 1 || string(read(t, theirs)) != "theirs" {
		t.Errorf("the folder behind the link holds %v", left)
	}
	if st, err := os.Lstat(opt.BackupDir); err != nil || !st.IsDir() {
		t.Errorf("%v, %v", st, err)
	}
}

// plantings leave at path what is no file of ours; target is what a link leads to.
func plantings(t *testing.T) map[string]func(path, target string) error {
	t.Helper()
	all := map[string]func(path, target string) error{
		"a link": func(path, target string) error { return os.Symlink(target, path) },
		"a FIFO": func(path, _ string) error { return unix.Mkfifo(path, 0o600) },
	}
	if os.Geteuid() == 0 {
		all["another user's"] = func(path, target string) error {
			b, err := os.ReadFile(target)
			if err == nil {
				err = os.WriteFile(path, b, 0o666)
			}
			if err == nil {
				err = os.Chown(path, 65534, 65534)
			}
			return err
		}
	}
	return all
}
