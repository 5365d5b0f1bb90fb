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
	daemon *os.Process
	file   string
	now    int // percent
}

// letters has them that large until the test is over.
func letters(t *testing.T, percent int) *lettering {
	t.Helper()
	l := &lettering{t: t, file: filepath.Join(t.TempDir(), "xsettingsd"), now: percent}
	l.write()
	l.daemon = daemon(t, desk.env(), "xsettingsd", "--config", l.file)
	l.told()
	return l
}

// setting is the line that says it, in 1024ths of a dot per inch.
func (l *lettering) setting() string { return fmt.Sprintf("Xft/DPI %d\n", 96*1024*l.now/100) }

func (l *lettering) write() {
	l.t.Helper()
	if err := os.WriteFile(l.file, []byte(l.setting()), 0o600); err != nil {
		l.t.Fatal(err)
	}
}

// told waits until whoever asks the display is told so.
func (l *lettering) told() {
	l.t.Helper()
	eventually(l.t, appearsWithin, "the display tells of "+l.setting(), func() bool {
		ask := exec.Command("dump_xsettings")
		ask.Env = desk.env()
		out, err := ask.Output()
		return err == nil && string(out) == l.setting()
	})
}

func (l *lettering) set(percent int) {
	l.t.Helper()
	l.now = percent
	l.write()
	if err := l.daemon.Signal(syscall.SIGHUP); err != nil {
		l.t.Fatal(err)
	}
	l.told()
}
