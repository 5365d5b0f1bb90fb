//go:build unix

package webview_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"munpae.example/munpae/app/internal/webview"
)

func init() {
	noJars["a link"] = func(p string) error { return os.Symlink("/etc/hostname", p) }
	noJars["a FIFO"] = func(p string) error { return unix.Mkfifo(p, 0o600) }
}

func TestTheSelfTestChangesNothingOfTheJar(t *testing.T) {
	path := jar(t, 3)
	must(t, os.Chmod(path, 0o644))
	if err := webview.Damage(path); err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(path)
	must(t, err)
	if st.Mode().Perm() != 0o644 {
		t.Errorf("the mode is %o now, and nobody is told that it was not", st.Mode().Perm())
	}
}

func TestCK07_AReadOnlyFolderIsSaid(t *testing.T) {
	for _, path := range []string{"/proc/cookies.sqlite", "/proc/munpae/cookies.sqlite"} {
		if _, err := webview.CheckJar(path, now, nil); !errors.Is(err, webview.ErrJarReadOnly) {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

func TestCK08_TheJarIsClosedToOthers(t *testing.T) {
	path := jar(t, 1)
	must(t, os.Chmod(path, 0o644))
	_, err := webview.CheckJar(path, now, nil)
	must(t, err)
	if st, _ := os.Stat(path); st.Mode().Perm() != 0o600 {
		t.Errorf("mode %o", st.Mode().Perm())
	}
	path = filepath.Join(t.TempDir(), "new", "cookies.sqlite")
	_, err = webview.CheckJar(path, now, nil)
	must(t, err)
	if st, _ := os.Stat(filepath.Dir(path)); st.Mode().Perm() != 0o700 {
		t.Errorf("folder mode %o", st.Mode().Perm())
	}
}
