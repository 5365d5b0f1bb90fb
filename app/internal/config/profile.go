package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"munpae.example/munpae/app/internal/files"
)

// Profile is the folder where everything of one person on this computer is kept.
type Profile struct {
	// Dir is absolute. For the demo it is the folder demo inside the real one.
	Dir string
	// Name is the program's, in the names of files; "munpae" if empty.
	Name string
	// Named says that it is not the one that everybody has, but asked for or the demo's.
	Named bool
}

// named is a file that carries the program's name.
func (p Profile) named(what string) string { return cmp.Or(p.Name, "munpae") + "." + what }

// Database is the file of accounts and sessions.
func (p Profile) Database() string { return filepath.Join(p.Dir, p.named("db")) }

// Install tells a first run from a database that vanished.
func (p Profile) Install() string { return filepath.Join(p.Dir, "install.json") }

// Backup is the folder of database copies.
func (p Profile) Backup() string { return filepath.Join(p.Dir, "backup") }

// Cookies is the webview's jar.
func (p Profile) Cookies() string { return filepath.Join(p.Dir, "cookies.sqlite") }

// Lock is held by the one running app.
func (p Profile) Lock() string { return filepath.Join(p.Dir, p.named("lock")) }

// Socket is where a second start speaks to the first.
func (p Profile) Socket() string { return filepath.Join(p.Dir, p.named("sock")) }

// Log is the log file.
func (p Profile) Log() string { return filepath.Join(p.Dir, p.named("log")) }

// Settings is the profile's .env.
func (p Profile) Settings() string { return filepath.Join(p.Dir, ".env") }

// Port is the file that keeps the port of the window's origin, where the program asks
// for one.
func (p Profile) Port() string { return filepath.Join(p.Dir, "port") }

// Receipt is the file that keeps the receipt of a deleted account until it is read.
func (p Profile) Receipt() string { return filepath.Join(p.Dir, "receipt") }

// User is the folder that the program around keeps of one user.
func (p Profile) User(id string) string { return filepath.Join(p.Dir, "users", id) }

// findProfile decides on the folder: the one named, else the system's place for
// app data. It touches nothing.
func findProfile(named string, demo bool, s System) (Profile, error) {
	dir := named
	if dir == "" {
		base, err := dataDir(s)
		if err != nil {
			return Profile{}, err
		}
		dir = filepath.Join(base, cmp.Or(s.Name, "munpae"))
	}
	dir, err := absolute(dir, s.WorkDir)
	if err != nil {
		return Profile{}, &UsageError{"--profile is not absolute, and the working directory can't be read"}
	}
	if demo {
		dir = filepath.Join(dir, "demo")
	}
	return Profile{Dir: filepath.Clean(dir), Name: s.Name, Named: named != "" || demo}, nil
}

// dataDir is where apps keep data: the XDG Base Directory rules on Linux (a
// relative XDG_DATA_HOME does not count), Local AppData, Application Support.
func dataDir(s System) (string, error) {
	absolute := func(name string) string {
		if v, ok := s.Env(name); ok && filepath.IsAbs(v) {
			return v
		}
		return ""
	}
	home := absolute("HOME")
	switch s.OS {
	case "windows":
		if d := absolute("LOCALAPPDATA"); d != "" {
			return d, nil
		}
		home = absolute("USERPROFILE")
	case "darwin":
	default:
		if d := absolute("XDG_DATA_HOME"); d != "" {
			return d, nil
		}
	}
	if home == "" && s.Home != nil {
		if h, err := s.Home(); err == nil && filepath.IsAbs(h) {
			home = h
		}
	}
	if home == "" {
		return "", ErrNoHome
	}
	switch s.OS {
	case "windows":
		return filepath.Join(home, "AppData", "Local"), nil
	case "darwin":
		return filepath.Join(home, "Library", "Application Support"), nil
	default:
		return filepath.Join(home, ".local", "share"), nil
	}
}

// ErrForeign reports a profile folder of another user: the app was run once as
// administrator, or is now.
var ErrForeign = errors.New("it belongs to another user")

// ProfileError reports a profile folder that can't be used. Its text is one line.
type ProfileError struct {
	Dir string
	Err error
	// Owner is the user ID of whoever it belongs to, where Err is ErrForeign.
	Owner int
}

// Error names the folder and the reason.
func (e *ProfileError) Error() string {
	return "munpae: the profile folder can't be used: " + e.Short()
}

// Short is the folder and the reason alone.
func (e *ProfileError) Short() string {
	reason := e.Err
	if p, ok := errors.AsType[*fs.PathError](e.Err); ok {
		reason = p.Err
	}
	return oneLine(fmt.Sprintf("%s: %v", e.Dir, reason))
}

// Unwrap returns the cause.
func (e *ProfileError) Unwrap() error { return e.Err }

// foreign returns ErrForeign if the folder, or the link that leads to it, is there
// and another user's.
func (p Profile) foreign() error {
	for _, look := range []func(string) (fs.FileInfo, error){os.Lstat, os.Stat} {
		st, err := look(p.Dir)
		if err != nil {
			continue // for whoever opens it to say
		}
		if owner := ownerOf(st); owner != os.Geteuid() {
			return &ProfileError{p.Dir, ErrForeign, owner}
		}
	}
	return nil
}

// Movable reports whether SetAside may be offered: not to the administrator, who
// could move anybody's.
func (p Profile) Movable() bool {
	return os.Geteuid() > 0 && files.Writable(filepath.Dir(p.Dir)) == nil
}

// SetAside renames the folder to *.foreign-TIME and returns its new name: nothing in
// it is read or changed. *ProfileError.
func (p Profile) SetAside(now time.Time) (string, error) {
	aside := p.Dir + ".foreign-" + now.UTC().Format(files.Stamp)
	if err := files.Rename(p.Dir, aside); err != nil {
		return "", &ProfileError{Dir: p.Dir, Err: err}
	}
	return aside, nil
}

// Creatable reports why Create could not make the folder that is not there, and
// makes none. *ProfileError.
func (p Profile) Creatable() error {
	dir := p.Dir
	st, err := os.Stat(dir)
	for errors.Is(err, fs.ErrNotExist) && dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
		st, err = os.Stat(dir)
	}
	if err == nil && !st.IsDir() {
		err = errors.New("not a folder")
	}
	if err == nil {
		err = files.Writable(dir)
	}
	if err != nil {
		return &ProfileError{Dir: p.Dir, Err: err}
	}
	return nil
}

// Create makes the folder, closed to others, or takes their rights from one that
// is there, and makes sure that it can be written. *ProfileError.
func (p Profile) Create() error {
	if err := files.MakeAll(p.Dir); err != nil {
		return &ProfileError{Dir: p.Dir, Err: err}
	}
	if err := p.foreign(); err != nil {
		return err
	}
	st, err := os.Stat(p.Dir)
	if err == nil && !st.IsDir() {
		err = errors.New("not a folder")
	}
	if err == nil && files.OpenTo(p.Dir, st) != "" {
		err = files.Close(p.Dir, st)
	}
	if err != nil {
		return &ProfileError{Dir: p.Dir, Err: err}
	}
	// Modes do not tell of a read-only mount or a full quota.
	probe, err := os.CreateTemp(p.Dir, ".writable-*")
	if err != nil {
		return &ProfileError{Dir: p.Dir, Err: err}
	}
	probe.Close()
	if err := os.Remove(probe.Name()); err != nil {
		return &ProfileError{Dir: p.Dir, Err: err}
	}
	p.private()
	return nil
}

// private takes others' rights from what a start before this one, or a copy of the
// profile under another umask, has left in it: from our own names, since the folder
// may be one that holds other things. The key is not among them: one that others
// could read is refused (package keystore). Best effort: the folder is closed.
func (p Profile) private() {
	ours := []string{p.named("*"), cmp.Or(p.Name, "munpae") + "-*.log", "install.json*", "cookies.sqlite*", "backup", "webview", "users", "port", "receipt", ".env"}
	entries, _ := os.ReadDir(p.Dir)
	for _, e := range entries {
		if !slices.ContainsFunc(ours, func(pattern string) bool { ok, _ := filepath.Match(pattern, e.Name()); return ok }) {
			continue
		}
		_ = filepath.WalkDir(filepath.Join(p.Dir, e.Name()), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() && !d.Type().IsRegular() {
				return nil
			}
			st, err := d.Info()
			if err != nil || files.OpenTo(path, st) == "" || path == p.Settings() && files.OthersWrite(path, st) {
				return nil // such a .env is refused until the person has looked at it
			}
			_ = files.Close(path, st)
			return nil
		})
	}
}
