package desktop

import "golang.org/x/sys/windows"

// unwritable are files that can't be made.
var unwritable = []string{`Q:\export.json`, `C:\windows\export?.json`, `\\nobody\nothing\export.json`}

// diskFull is what the system calls a disk without room.
const diskFull = windows.ERROR_DISK_FULL
