package sqlite_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/sqlite"
)

// What the doctor does to a profile: nothing, whether the app runs or not.
func TestCheckingAClosedDatabaseMakesNoFile(t *testing.T) {
	opt := options(t)
	db, err := sqlite.Open(ctx, opt)
	if err != nil {
		t.Fatal(err)
	}
	looks := func(when string) {
		t.Helper()
		if err := sqlite.Check(ctx, opt.Path); err != nil {
			t.Errorf("%s: %v", when, err)
		}
		if _, err := sqlite.ReadKeyRecords(ctx, opt.Path); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
	looks("open")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before := names(t, filepath.Dir(opt.Path))
	looks("closed")
	if after := names(t, filepath.Dir(opt.Path)); !slices.Equal(before, after) {
		t.Errorf("there was %v, now there is %v", before, after)
	}
}

func TestAnEmptyDatabaseHasNoKeysAndIsDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "munpae.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.ReadKeyRecords(ctx, path); app.CodeOf(err) != app.CodeDatabaseDamaged {
		t.Errorf("got %v", err)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestCK07_DamageBehindTheHeaderOfAnyDatabaseIsFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cookies.sqlite")
	meddle(t, path, "CREATE TABLE moz_cookies (id INTEGER PRIMARY KEY, name TEXT, value TEXT, host TEXT, path TEXT, expiry INTEGER)")
	for i := range 100 {
		meddle(t, path, fmt.Sprintf("INSERT INTO moz_cookies VALUES (%d, 'c', hex(randomblob(200)), '127.0.0.1', '/%d', 1)", i, i))
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	check := sqlite.CheckJar(ctx, func(all []sqlite.Cookie) []sqlite.Cookie { return all })
	if err := check(path); err != nil {
		t.Fatalf("a sound file: %v", err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the check wrote to the file")
	}
	copy(before[len(before)/2:], bytes.Repeat([]byte{0xAA}, 2048))
	if err := os.WriteFile(path, before, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := check(path); err == nil {
		t.Error("a page full of 0xAA passes")
	}
}
