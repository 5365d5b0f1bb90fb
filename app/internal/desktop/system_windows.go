package desktop

import (
	"errors"
	"os"
	"os/exec"

	"golang.org/x/sys/windows"
)

var errLocked = errors.New("locked")

// takeLock locks the file at path until the process ends.
func takeLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	// A byte far behind what stands in the file: nobody could read the locked ones.
	err = windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &windows.Overlapped{OffsetHigh: 1})
	if err != nil {
		f.Close()
		if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
			return nil, errLocked
		}
		return nil, err
	}
	return f, nil
}

// ours is 0: nothing is ended that might be another's.
func ours(int) int { return 0 }

func detach(*exec.Cmd) {}
