package desktop

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/windows"

	"munpae.example/munpae/app/internal/files"
)

var errLocked = errors.New("locked")

// takeLock locks the file at path until the process ends.
func takeLock(path string) (*os.File, error) {
	f, err := files.OpenOrCreate(path)
	if files.Planted(err) { // no start of ours left that, so none holds it
		if _, err = files.SetAside(path, time.Now()); err == nil {
			f, err = files.OpenOrCreate(path)
		}
	}
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

// ours is pid if that process is one of this user's and runs this program, else 0.
func ours(pid int) int {
	if pid <= 0 || pid == os.Getpid() {
		return 0
	}
	process, err := ofThisUser(uint32(pid))
	if err != nil {
		return 0
	}
	defer windows.CloseHandle(process)
	path := make([]uint16, windows.MAX_LONG_PATH)
	size := uint32(len(path))
	if windows.QueryFullProcessImageName(process, 0, &path[0], &size) != nil {
		return 0
	}
	self, err := os.Executable()
	if err != nil || !strings.EqualFold(filepath.Base(windows.UTF16ToString(path[:size])), filepath.Base(self)) {
		return 0
	}
	return pid
}

func detach(*exec.Cmd) {}
