//go:build unix

package desktop

import "syscall"

// unwritable are files that can't be made.
var unwritable = []string{"/dev/full/x", "/proc/export.json", "/sys/export.json"}

// diskFull is what the system calls a disk without room.
const diskFull = syscall.ENOSPC
