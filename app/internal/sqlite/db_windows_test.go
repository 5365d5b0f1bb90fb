package sqlite_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/files/filestest"
)

// A person's folder may be called anything, lie deep, or on another computer: what is
// written is there after a restart, and nothing is made elsewhere.
func TestTheDatabaseOpensWhereverItsFolderIs(t *testing.T) {
	base := t.TempDir()
	for name, dir := range map[string]string{
		"Hangul and spaces":     filepath.Join(base, "홍 길동", "문 패"),
		"signs of URLs and cmd": filepath.Join(base, "100%25 #1 & (a) 'b'; ^c ! ~d = +"),
		"longer than 260":       filepath.Join(base, strings.Repeat("b", 100), strings.Repeat("c", 100), strings.Repeat("d", 100)),
		"another computer's":    filepath.Join(filestest.Share(t, "sqlite"), "홍 길동"),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			opt := options(t)
			opt.Path, opt.BackupDir = filepath.Join(dir, "munpae.db"), filepath.Join(dir, "backup")
			db := open(t, opt)
			made := signUp(t, db, 1, "홍길동", start)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(opt.Path); err != nil {
				t.Fatal(err)
			}
			opt.FirstRun = false
			db = open(t, opt)
			if got, err := db.Session(ctx, "s1"); err != nil || got != made {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}
