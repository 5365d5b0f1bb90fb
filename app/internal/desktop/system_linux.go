package desktop

import (
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// openFileLock is the lock of fcntl that belongs to an open file.
const openFileLock = unix.F_OFD_SETLK

// maxSocketPath is the longest name of a socket, less the closing NUL.
const maxSocketPath = 107

// socketPath shortens a name that the kernel would not take. release is called
// when the name is no longer needed.
func socketPath(path string) (short string, release func(), err error) {
	if len(path) <= maxSocketPath {
		return path, func() {}, nil
	}
	dir, err := unix.Open(filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir, filepath.Base(path)), func() { unix.Close(dir) }, nil
}
