package keystore_test

import (
	"os"
	"path/filepath"
	"testing"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/files"
	"munpae.example/munpae/app/internal/keystore"
)

// spoilt are what may have become of the file of the key, whose owner alone may use it.
var spoilt = map[string]func(t *testing.T, file string){
	"a folder":     func(t *testing.T, f string) { must(t, os.Remove(f)); must(t, os.Mkdir(f, 0o700)) },
	"gone":         func(t *testing.T, f string) { must(t, os.Remove(f)) },
	"empty":        func(t *testing.T, f string) { must(t, os.Truncate(f, 0)) },
	"half written": func(t *testing.T, f string) { must(t, os.Truncate(f, 16)) },
	"33 bytes":     func(t *testing.T, f string) { must(t, os.Truncate(f, 33)) },
	"other bytes":  func(t *testing.T, f string) { must(t, os.WriteFile(f, make([]byte, 32), 0o600)) },
}

func TestKS06_AFileThatIsNotJustOursIsRefused(t *testing.T) {
	for name, spoil := range spoilt {
		t.Run(name, func(t *testing.T) {
			p := newProfile(t)
			p.choice = keystore.InFile
			old, _, _ := p.open()
			spoil(t, p.file())
			before, _ := os.Lstat(p.file())
			s := p.refused(app.CodeKeystoreLost)
			if after, _ := os.Lstat(p.file()); before != nil && (after == nil || !os.SameFile(before, after)) {
				t.Fatal("refused, and touched all the same")
			}
			if err := s.Replace(ctx); err != nil {
				t.Fatal(err)
			}
			id, _ := s.Current()
			if _, ok := s.Key(old); ok || id == old {
				t.Fatal("the refused key is still in use")
			}
			if again, _, _ := p.open(); again != id {
				t.Fatal("not the one that was made")
			}
			if i, err := os.Lstat(p.file()); err != nil || !i.Mode().IsRegular() || files.OpenTo(p.file(), i) != "" {
				t.Fatalf("%v, %v", i, err)
			}
			// What was in its way is kept under a name that says so.
			aside, err := filepath.Glob(p.file() + ".damaged-*")
			if err != nil || (before != nil) != (len(aside) == 1) {
				t.Fatalf("%v, %v", aside, err)
			}
		})
	}
}

func TestKS06_AFolderThatCannotBeWrittenIsSaid(t *testing.T) {
	p := newProfile(t)
	p.choice, p.dir = keystore.InFile, filepath.Join(p.dir, "missing")
	p.refused(app.CodeProfileUnwritable)
}
