package desktop

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"munpae.example/munpae/app/internal/files"
)

// Place is where a program's window is.
type Place struct {
	// Display is X11's, without the screen, such as ":0"; empty if there is none.
	Display string `json:"display,omitempty"`
	// Wayland is the compositor's socket, absolute; empty if there is none.
	Wayland string `json:"wayland,omitempty"`
	// Computer is the host's name.
	Computer string `json:"computer,omitempty"`
}

// Here is the place of a program with this environment (os.Getenv).
func Here(env func(name string) string) Place {
	p := Place{Display: strings.TrimPrefix(env("DISPLAY"), "unix")}
	if colon := strings.LastIndexByte(p.Display, ':'); colon >= 0 {
		if dot := strings.IndexByte(p.Display[colon:], '.'); dot >= 0 {
			p.Display = p.Display[:colon+dot]
		}
	}
	if p.Wayland = env("WAYLAND_DISPLAY"); p.Wayland != "" && !filepath.IsAbs(p.Wayland) {
		p.Wayland = filepath.Join(env("XDG_RUNTIME_DIR"), p.Wayland)
	}
	p.Computer, _ = os.Hostname()
	return p
}

// Anywhere reports whether there is a display at all.
func (p Place) Anywhere() bool { return p.Display != "" || p.Wayland != "" }

// Name is what a person may know the place by.
func (p Place) Name() string {
	if p.Display != "" {
		return p.Display
	}
	return filepath.Base(p.Wayland)
}

// Far reports whether the place is on another computer than other.
func (p Place) Far(other Place) bool {
	return p.Computer != "" && other.Computer != "" && p.Computer != other.Computer
}

// shows reports whether a window at p can be seen from here. Who has no display
// sees none anywhere, and is not asked to choose.
func (p Place) shows(here Place) bool {
	if p.Far(here) {
		return false
	}
	if !p.Anywhere() || !here.Anywhere() {
		return true
	}
	return p.Display != "" && p.Display == here.Display || p.Wayland != "" && p.Wayland == here.Wayland
}

// notes is what the holder of a lock writes into its file, for whoever comes second.
type notes struct {
	PID   int   `json:"pid"`
	Place Place `json:"place"`
}

// maxNotes bounds what is read of them, in bytes.
const maxNotes = 4 << 10

// note is best effort: without it a second start raises this one wherever it is.
func note(lock *os.File, here Place) {
	if lock.Truncate(0) != nil {
		return
	}
	text, err := json.Marshal(notes{os.Getpid(), here})
	if err == nil {
		_, _ = lock.WriteAt(append(text, '\n'), 0)
	}
}

// noted reads what the holder of the lock has written; false if it has not, or not yet.
func noted(lockFile string) (n notes, ok bool) {
	text, err := files.Read(lockFile, maxNotes)
	return n, err == nil && json.Unmarshal(text, &n) == nil
}
