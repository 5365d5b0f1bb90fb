package keystore

import (
	"errors"
	"os"
)

// checksModes is false: Windows has access control lists, and the profile folder
// inherits those of the person's own AppData.
const checksModes = false

var errSymlink = errors.New("keystore: a symbolic link")

func openNoFollow(path string) (*os.File, error) {
	i, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if i.Mode().Type() != 0 {
		return nil, errSymlink
	}
	return os.Open(path)
}

func createNoFollow(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

func isSymlinkError(err error) bool { return errors.Is(err, errSymlink) }

// syncFolder does nothing: NTFS journals the rename, and a folder can't be flushed.
func syncFolder(string) error { return nil }
