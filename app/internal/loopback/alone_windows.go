package loopback

import "golang.org/x/sys/windows"

// soExclusiveAddrUse is SO_EXCLUSIVEADDRUSE of <winsock2.h>, ~SO_REUSEADDR: without
// it another program may bind the same port over ours.
const soExclusiveAddrUse = ^windows.SO_REUSEADDR

func alone(fd uintptr) error {
	return windows.SetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, soExclusiveAddrUse, 1)
}
