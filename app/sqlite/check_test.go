package sqlite_test

import (
	"bytes"
	"os"
	"testing"

	"munpae/app/sqlite"
)

func TestCK07_DamageBehindTheHeaderOfAnyDatabaseIsFound(t *testing.T) {
	opt := options(t)
	path := opt.Path
	db, err := sqlite.Open(ctx, opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := sqlite.QuickCheck(path); err != nil {
		t.Fatalf("a sound file: %v", err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the check wrote to the file")
	}
	copy(before[len(before)/2:], bytes.Repeat([]byte{0xAA}, 2048))
	if err := os.WriteFile(path, before, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := sqlite.QuickCheck(path); err == nil {
		t.Error("a page full of 0xAA passes")
	}
}
