package sqlite_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"munpae.example/munpae/app/internal/sqlite"
)

// Each testdata/versionN.sql is a database that a program with that schema wrote. One
// is added with each migration: the version before is then what people have.
func TestDB13_AnUpdateKeepsEverybody(t *testing.T) {
	dumps, err := filepath.Glob("testdata/version*.sql")
	if err != nil || len(dumps) < 1 {
		t.Fatal(dumps, err)
	}
	for _, dump := range dumps {
		t.Run(filepath.Base(dump), func(t *testing.T) {
			text, err := os.ReadFile(dump)
			if err != nil {
				t.Fatal(err)
			}
			opt := fastOptions(t)
			opt.FirstRun = false
			old, err := sql.Open("sqlite3", opt.Path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := old.Exec(string(text)); err != nil {
				t.Fatal(err)
			}
			if err := old.Close(); err != nil {
				t.Fatal(err)
			}
			db := open(t, opt)
			for subject, want := range map[string]string{"1": "Kim", "2": "둘리"} {
				user, err := db.UserByIdentity(ctx, profile(subject).Key)
				if err != nil || user.Nickname != want {
					t.Errorf("%s: %+v, %v", want, user, err)
				}
			}
			if err := sqlite.CheckPragmas(db); err != nil {
				t.Error(err)
			}
			signUp(t, db, 3, "Lee", start) // and goes on
		})
	}
}
