//go:build unix

package desktop

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"munpae.example/munpae/app/internal/files"
)

var errLocked = errors.New("locked")

// takeLock locks the file at path until the process ends. No child inherits it. A
// file system that knows no flock (some network folders, some of user space) may
// know the locks of fcntl.
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
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if unsupported(err) {
		err = recordLock(f)
	}
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, unix.EWOULDBLOCK) || errors.Is(err, unix.EACCES):
		err = errLocked
	case unsupported(err):
		err = fmt.Errorf("%w: %w", ErrUnlockable, err)
	}
	f.Close()
	return nil, err
}

// recordLock locks the whole file in the way of fcntl.
func recordLock(f *os.File) error {
	whole := unix.Flock_t{Type: unix.F_WRLCK}
	if openFileLock != 0 { // it belongs to f, where the older kind goes with any descriptor of the file
		if e := unix.FcntlFlock(f.Fd(), openFileLock, &whole); !unsupported(e) {
			return e
		}
	}
	return unix.FcntlFlock(f.Fd(), unix.F_SETLK, &whole)
}

// unsupported reports whether err says that the file system has no such lock.
func unsupported(err error) bool {
	for _, e := range []error{unix.ENOLCK, unix.EOPNOTSUPP, unix.ENOSYS, unix.EPERM, unix.EINVAL} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// ours is pid if that process is one of this user's and runs this program, else 0.
func ours(pid int) int {
	if pid <= 1 || pid == os.Getpid() {
		return 0
	}
	self, err := os.Executable()
	if err != nil {
		return 0
	}
	other, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid)) // of this user's alone
	if err != nil || filepath.Base(strings.TrimSuffix(other, " (deleted)")) != filepath.Base(self) {
		return 0
	}
	return pid
}

func listenLocal(path string) (net.Listener, error) {
	short, release, err := socketPath(path)
	if err != nil {
		return nil, err
	}
	defer release()
	l, err := net.Listen("unix", short)
	if err != nil {
		return nil, err
	}
	l.(*net.UnixListener).SetUnlinkOnClose(short == path)
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func dialLocal(path string) (net.Conn, error) {
	short, release, err := socketPath(path)
	if err != nil {
		return nil, err
	}
	defer release()
	return net.Dial("unix", short)
}

// detach gives the browser a session of its own: closing our terminal leaves it open.
func detach(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
