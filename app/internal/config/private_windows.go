package config

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/windows"
)

// Private does nothing: what lies below the person's own profile folder inherits
// an access list that shuts other users out.
func Private() {}

// ThisComputer is the System of a program of that name outside tests.
func ThisComputer(name string) System {
	takeSecrets(Prefix(cmp.Or(name, "munpae")))
	return System{Name: name, OS: runtime.GOOS, Env: lookup, Names: environment, WorkDir: os.Getwd, Home: os.UserHomeDir, Languages: languagesOfWindows}
}

// languagesOfWindows are those that the person has chosen for Windows' own menus.
func languagesOfWindows() []string {
	all, err := windows.GetUserPreferredUILanguages(windows.MUI_LANGUAGE_NAME)
	if err != nil {
		return nil
	}
	return all
}

// absolute is path, if it is not absolute already, below the working directory; \profile
// and C:profile are what Windows itself takes them for.
func absolute(path string, workDir func() (string, error)) (string, error) {
	switch {
	case filepath.IsAbs(path):
		return path, nil
	case path[0] == '\\', path[0] == '/', filepath.VolumeName(path) != "":
		return filepath.Abs(path)
	}
	wd, err := workDir()
	return filepath.Join(wd, path), err
}

func ownerOf(fs.FileInfo) int { return os.Geteuid() }

// pipeTo reports false: a process can't be replaced here.
func pipeTo([]byte) (fd int, ok bool) { return 0, false }
