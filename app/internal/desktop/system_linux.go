package desktop

import "golang.org/x/sys/unix"

// openFileLock is the lock of fcntl that belongs to an open file.
const openFileLock = unix.F_OFD_SETLK
