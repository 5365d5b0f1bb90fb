//go:build unix

package files

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// noFollow refuses a link in the last place, and never waits for a FIFO's other end.
const noFollow = unix.O_NOFOLLOW | unix.O_NONBLOCK

// isLinkError also knows FreeBSD's word for it.
func isLinkError(err error) bool { return errors.Is(err, unix.ELOOP) || errors.Is(err, unix.EMLINK) }

// trusted reports whether what st describes is this user's, or the administrator's.
func trusted(st fs.FileInfo) bool {
	t, ok := st.Sys().(*syscall.Stat_t)
	return !ok || t.Uid == 0 || int(t.Uid) == os.Geteuid()
}

// OthersRead reports whether other users may read or write what st describes.
func OthersRead(st fs.FileInfo) bool { return st.Mode().Perm()&0o077 != 0 }

// OthersWrite reports whether other users may write what st describes.
func OthersWrite(st fs.FileInfo) bool { return st.Mode().Perm()&0o022 != 0 }

// SyncFolder makes what was renamed in the folder survive a power loss.
func SyncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
