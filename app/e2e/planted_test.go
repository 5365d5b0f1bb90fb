//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// A profile that somebody else has packed: every name in it leads to a file of the
// person's own.
func TestPF02_AProfileFullOfLinksTouchesNothingBehindThem(t *testing.T) {
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	theirs := t.TempDir()
	if err := os.Mkdir(p.profile, 0o700); err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, name := range []string{"munpae.log", "munpae.lock", "install.json", "cookies.sqlite", "cookies.sqlite-journal", "key", "key.previous", "munpae.db-wal"} {
		target := filepath.Join(theirs, name)
		targets = append(targets, target)
		if err := os.WriteFile(target, []byte("the person's own"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(p.profile, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"backup", "webview"} {
		target := filepath.Join(theirs, name)
		if err := os.Mkdir(target, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(p.profile, name)); err != nil {
			t.Fatal(err)
		}
	}
	p.start()
	p.signUp(s, english, english.github, nora, "Nora")
	p.quit()
	p.start() // with somebody to back up
	p.see("heading", "Nora")
	eventually(t, appearsWithin, "a backup in a folder of ours", func() bool {
		st, err := os.Lstat(p.file("backup"))
		return err == nil && st.IsDir()
	})
	p.quit()
	for _, target := range targets {
		if b, err := os.ReadFile(target); err != nil || string(b) != "the person's own" {
			t.Errorf("%s now holds %q, %v", filepath.Base(target), b, err)
		}
	}
	for _, name := range []string{"backup", "webview"} {
		if left, _ := os.ReadDir(filepath.Join(theirs, name)); len(left) != 0 {
			t.Errorf("the folder behind %s holds %v", name, left)
		}
		if st, err := os.Stat(filepath.Join(theirs, name)); err != nil || st.Mode().Perm() != 0o755 {
			t.Errorf("the folder behind %s: %v, %v", name, st, err)
		}
	}
}
