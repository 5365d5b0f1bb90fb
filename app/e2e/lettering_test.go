//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// lettering tells the programs of a desktop under X11 how large letters are, as GNOME and
// the others do (XSETTINGS, Xft/DPI), while they run.
type lettering struct {
	t      *testing.T
	daemon *exec.Cmd
	file   string
	now    int // percent
	// compared is how many texts have been held to another size of theirs, with the ink
	// that they had at 100 %, and have at that many.
	compared int
	was, is  map[int]float64
}

func letters(t *testing.T) *lettering {
	t.Helper()
	l := &lettering{t: t, file: filepath.Join(t.TempDir(), "xsettingsd"), now: 100, was: map[int]float64{}, is: map[int]float64{}}
	l.write()
	l.daemon = exec.Command("xsettingsd", "--config", l.file)
	l.daemon.Env = desk.env()
	if err := desk.start(l.daemon); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *lettering) write() {
	l.t.Helper()
	if err := os.WriteFile(l.file, fmt.Appendf(nil, "Xft/DPI %d\n", 96*1024*l.now/100), 0o600); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lettering) set(percent int) {
	l.t.Helper()
	l.now = percent
	l.write()
	if err := l.daemon.Process.Signal(syscall.SIGHUP); err != nil {
		l.t.Fatal(err)
	}
}
