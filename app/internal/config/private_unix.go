//go:build unix

package config

import (
	"cmp"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Private keeps every file that this process and its children make from other
// users, and what they hold in memory out of any file: there is no core dump. Call it
// before anything is opened: the webview makes its jar with whatever the umask
// allows. The hard limit stays, so that the person's browser can have its own.
func Private() {
	unix.Umask(0o077)
	var core unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_CORE, &core) == nil {
		core.Cur = 0
		_ = unix.Setrlimit(unix.RLIMIT_CORE, &core)
	}
}

// pipeTo returns the descriptor of a pipe that holds data and that a program which
// replaces this one inherits.
func pipeTo(data []byte) (fd int, ok bool) {
	if len(data) > maxSecrets {
		return 0, false
	}
	var p [2]int
	if unix.Pipe(p[:]) != nil { // without close-on-exec
		return 0, false
	}
	n, err := unix.Write(p[1], data)
	unix.Close(p[1])
	if err != nil || n != len(data) {
		unix.Close(p[0])
		return 0, false
	}
	return p[0], true
}

// ThisComputer is the System of a program of that name outside tests.
func ThisComputer(name string) System {
	takeSecrets(Prefix(cmp.Or(name, "munpae")))
	return System{Name: name, OS: runtime.GOOS, Env: lookup, Names: environment, WorkDir: os.Getwd, Home: func() (string, error) {
		u, err := user.Current()
		if err != nil {
			return "", err
		}
		return u.HomeDir, nil
	}}
}

// absolute is path, if it is not absolute already, below the working directory.
func absolute(path string, workDir func() (string, error)) (string, error) {
	if filepath.IsAbs(path) {
		return path, nil
	}
	wd, err := workDir()
	return filepath.Join(wd, path), err
}

// ownerOf is the user ID of whoever owns what st describes.
func ownerOf(st fs.FileInfo) int {
	if t, ok := st.Sys().(*syscall.Stat_t); ok {
		return int(t.Uid)
	}
	return os.Geteuid()
}
