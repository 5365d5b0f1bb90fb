//go:build unix

package config

import (
	"io/fs"
	"os"
	"os/user"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Private keeps every file that this process and its children make from other
// users. Call it before anything is opened: the webview makes its jar with
// whatever the umask allows.
func Private() { unix.Umask(0o077) }

// ThisComputer is the System of a program of that name outside tests.
func ThisComputer(name string) System {
	return System{Name: name, OS: runtime.GOOS, Env: os.LookupEnv, WorkDir: os.Getwd, Home: func() (string, error) {
		u, err := user.Current()
		if err != nil {
			return "", err
		}
		return u.HomeDir, nil
	}}
}

// writable reports why no file can be made in the folder.
func writable(dir string) error { return unix.Access(dir, unix.W_OK|unix.X_OK) }

// ownerOf is the user ID of whoever owns what st describes.
func ownerOf(st fs.FileInfo) int {
	if t, ok := st.Sys().(*syscall.Stat_t); ok {
		return int(t.Uid)
	}
	return os.Geteuid()
}
