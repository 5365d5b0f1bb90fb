//go:build unix

package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// noFollow refuses a link in the last place, and never waits for a FIFO's other end.
const noFollow = unix.O_NOFOLLOW | unix.O_NONBLOCK

// isLinkError also knows FreeBSD's word for it.
func isLinkError(err error) bool { return errors.Is(err, unix.ELOOP) || errors.Is(err, unix.EMLINK) }

// swapped is false: noFollow saw to it.
func swapped(string) bool { return false }

// trusted reports whether what st describes is this user's, or the administrator's.
func trusted(_ string, _ *os.File, st fs.FileInfo) bool {
	t, ok := st.Sys().(*syscall.Stat_t)
	return !ok || t.Uid == 0 || int(t.Uid) == os.Geteuid()
}

// OpenTo says who else than its owner may read or write what st describes: its mode, such
// as "0644", or "".
func OpenTo(_ string, st fs.FileInfo) string {
	if st.Mode().Perm()&0o077 == 0 {
		return ""
	}
	return fmt.Sprintf("%#o", st.Mode().Perm())
}

// OthersWrite reports whether other users may write what st describes.
func OthersWrite(_ string, st fs.FileInfo) bool { return st.Mode().Perm()&0o022 != 0 }

// Close takes others' rights from the file or the folder at path, which st describes.
func Close(path string, st fs.FileInfo) error {
	if st.IsDir() {
		return os.Chmod(path, 0o700)
	}
	return os.Chmod(path, 0o600)
}

// MakeAll makes the folder at path and those above that are missing, each closed to others.
func MakeAll(path string) error { return os.MkdirAll(path, 0o700) }

// Writable reports why no file can be made in the folder, and makes none.
func Writable(dir string) error { return unix.Access(dir, unix.W_OK|unix.X_OK) }

// Full reports whether err says that a disk has no room, or this user no more of it.
func Full(err error) bool { return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) }

// Unusable reports whether err says that a place can't be read or written as it is.
func Unusable(err error) bool {
	return slices.ContainsFunc([]error{unix.EIO, unix.EROFS, unix.EACCES, unix.EPERM, unix.ENOENT, unix.EISDIR, unix.ENOTDIR, unix.ELOOP, unix.ENAMETOOLONG},
		func(reason error) bool { return errors.Is(err, reason) })
}

// Rename gives what lies at from the name to, in the place of what has it.
func Rename(from, to string) error { return os.Rename(from, to) }

// SyncFolder makes what was renamed in the folder survive a power loss, as far as its file
// system can: some, of network shares, sync no folder.
func SyncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.EOPNOTSUPP) {
		err = nil
	}
	return errors.Join(err, f.Close())
}
