package webview_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"munpae.example/munpae/app/internal/webview"
)

var now = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// jar makes the file that libsoup makes, with some cookies, and returns its name.
func jar(t *testing.T, cookies int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "profile", "cookies.sqlite")
	must(t, os.MkdirAll(filepath.Dir(path), 0o700))
	db, err := sql.Open("sqlite3", path)
	must(t, err)
	defer db.Close()
	_, err = db.Exec("CREATE TABLE moz_cookies (id INTEGER PRIMARY KEY, name TEXT, value TEXT, host TEXT, path TEXT, expiry INTEGER, lastAccessed INTEGER, isSecure INTEGER, isHttpOnly INTEGER, sameSite INTEGER)")
	must(t, err)
	tx, err := db.Begin()
	must(t, err)
	for i := range cookies {
		_, err = tx.Exec("INSERT INTO moz_cookies (name, value, host) VALUES (?, ?, '127.0.0.1')", fmt.Sprint("c", i), strings.Repeat("v", 400))
		must(t, err)
	}
	must(t, tx.Commit())
	return path
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return b
}

func TestASoundJarIsLeftAsItIs(t *testing.T) {
	for _, cookies := range []int{0, 1, 200} {
		path := jar(t, cookies)
		before := read(t, path)
		moved, err := webview.CheckJar(path, now, nil)
		if moved != "" || err != nil {
			t.Errorf("%d cookies: moved to %q, %v", cookies, moved, err)
		}
		if !bytes.Equal(before, read(t, path)) {
			t.Errorf("%d cookies: the jar changed", cookies)
		}
	}
}

func TestNoJarYetIsFine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "cookies.sqlite")
	if moved, err := webview.CheckJar(path, now, nil); moved != "" || err != nil {
		t.Errorf("moved to %q, %v", moved, err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 0 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

func TestCK07_ADamagedJarIsMovedAsideWhole(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, path string){
		"random bytes at the head": func(t *testing.T, path string) {
			b := read(t, path)
			for i := range 200 {
				b[i] = byte(i*37 + 11)
			}
			must(t, os.WriteFile(path, b, 0o600))
		},
		"zero length":           func(t *testing.T, path string) { must(t, os.Truncate(path, 0)) },
		"cut off inside a page": func(t *testing.T, path string) { must(t, os.Truncate(path, 5000)) },
		"cut off after a page":  func(t *testing.T, path string) { must(t, os.Truncate(path, 4096)) },
		"cut off in the header": func(t *testing.T, path string) { must(t, os.Truncate(path, 60)) },
		"another file": func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte(strings.Repeat("text ", 2000)), 0o600))
		},
		"an impossible page size": func(t *testing.T, path string) {
			b := read(t, path)
			b[16], b[17] = 0x0f, 0xff
			must(t, os.WriteFile(path, b, 0o600))
		},
		"no table": func(t *testing.T, path string) {
			b := read(t, path)
			b[100] = 0xee
			must(t, os.WriteFile(path, b, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := jar(t, 200)
			damage(t, path)
			before := read(t, path)
			moved, err := webview.CheckJar(path, now, nil)
			if err != nil || !strings.HasPrefix(moved, path+".damaged-") {
				t.Fatalf("moved to %q, %v", moved, err)
			}
			if !bytes.Equal(before, read(t, moved)) {
				t.Error("the damaged jar is not kept as it was")
			}
			if _, err := os.Lstat(path); err == nil {
				t.Error("the damaged jar is still there")
			}
			if moved, err := webview.CheckJar(path, now, nil); moved != "" || err != nil {
				t.Errorf("the next start: moved to %q, %v", moved, err)
			}
		})
	}
}

// noJars are what may lie where the jar should.
var noJars = map[string]func(path string) error{
	"a folder": func(p string) error { return os.Mkdir(p, 0o700) },
}

func TestCK07_WhatIsNoFileIsMovedAside(t *testing.T) {
	for name, make := range noJars {
		path := jar(t, 1)
		must(t, os.Remove(path))
		must(t, make(path))
		moved, err := webview.CheckJar(path, now, nil)
		if err != nil || moved == "" {
			t.Errorf("%s: moved to %q, %v", name, moved, err)
		}
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%s: still there", name)
		}
	}
}

func TestCK07_AJournalGoesWithItsJar(t *testing.T) {
	path := jar(t, 1)
	must(t, os.WriteFile(path, []byte("not a database"), 0o600))
	must(t, os.WriteFile(path+"-journal", []byte("old pages"), 0o600))
	moved, err := webview.CheckJar(path, now, nil)
	must(t, err)
	if string(read(t, moved+"-journal")) != "old pages" {
		t.Error("the journal is not kept")
	}
	if _, err := os.Lstat(path + "-journal"); err == nil {
		t.Error("the journal would be played into the new jar")
	}
}

// A process killed inside a transaction leaves a journal; SQLite itself puts the
// file right when it is opened.
func TestAnUnfinishedTransactionIsNoDamage(t *testing.T) {
	path := jar(t, 200)
	must(t, os.WriteFile(path+"-journal", []byte("pages to put back"), 0o600))
	must(t, os.Truncate(path, 5000))
	if moved, err := webview.CheckJar(path, now, nil); moved != "" || err != nil {
		t.Errorf("moved to %q, %v", moved, err)
	}
}

func TestCK07_DamageThatOnlyTheDatabaseSeesIsDamage(t *testing.T) {
	path := jar(t, 200)
	var asked string
	moved, err := webview.CheckJar(path, now, func(p string) error { asked = p; return errors.New("row 3 missing") })
	if err != nil || moved == "" || asked != path {
		t.Errorf("asked %q, moved to %q, %v", asked, moved, err)
	}
}

func TestCK07_AFolderThatCannotBeMadeIsSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	for _, path := range []string{filepath.Join(file, "cookies.sqlite"), filepath.Join(file, "below", "cookies.sqlite")} {
		if _, err := webview.CheckJar(path, now, nil); !errors.Is(err, webview.ErrJarReadOnly) {
			t.Errorf("%s: got %v", path, err)
		}
	}
}
