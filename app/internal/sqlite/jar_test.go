package sqlite_test

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"munpae.example/munpae/app/internal/sqlite"
)

// libsoupTable is the one table of libsoup's jar (3.6).
const libsoupTable = "CREATE TABLE moz_cookies (id INTEGER PRIMARY KEY, name TEXT, value TEXT, host TEXT, path TEXT, expiry INTEGER, lastAccessed INTEGER, isSecure INTEGER, isHttpOnly INTEGER, sameSite INTEGER)"

type row struct {
	name, path, value string
	expiry            int
}

// jarOf makes a jar that holds rows.
func jarOf(t *testing.T, rows ...row) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cookies.sqlite")
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(libsoupTable); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if _, err := db.Exec("INSERT INTO moz_cookies VALUES (NULL, ?, ?, '127.0.0.1', ?, ?, NULL, 0, 1, 2)", r.name, r.value, r.path, r.expiry); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func jarRows(t *testing.T, path string) (all []row) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT name, path, value, expiry FROM moz_cookies WHERE host = '127.0.0.1' AND isHttpOnly = 1 AND sameSite = 2 ORDER BY name, path")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.name, &r.path, &r.value, &r.expiry); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// moves puts what lies at /old to /new and leaves what is there, the younger of two.
func moves(all []sqlite.Cookie) (settled []sqlite.Cookie) {
	for _, c := range all {
		if c.Path != "/old" && c.Path != "/new" {
			continue
		}
		c.Path = "/new"
		i := slices.IndexFunc(settled, func(o sqlite.Cookie) bool { return o.Name == c.Name })
		switch {
		case i < 0:
			settled = append(settled, c)
		case c.Expires.After(settled[i].Expires):
			settled[i] = c
		}
	}
	return settled
}

func TestCK12_ACookieAtAnOldPathIsMovedAndOneWithoutAPlaceIsDropped(t *testing.T) {
	path := jarOf(t, row{"a", "/old", "one", 100}, row{"b", "/new", "two", 100}, row{"c", "/else", "three", 100})
	if err := sqlite.CheckJar(ctx, moves)(path); err != nil {
		t.Fatal(err)
	}
	if got, want := jarRows(t, path), []row{{"a", "/new", "one", 100}, {"b", "/new", "two", 100}}; !slices.Equal(got, want) {
		t.Errorf("the jar holds %v, want %v", got, want)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := sqlite.CheckJar(ctx, moves)(path); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("a jar that is in order was written to")
	}
}

func TestAC09_ACookieThatIsMissingIsMadeAndNoScriptReadsIt(t *testing.T) {
	path := jarOf(t, row{"a", "/new", "one", 100})
	copies := func(all []sqlite.Cookie) []sqlite.Cookie {
		c := all[0]
		c.Name, c.Path = "a_copy", "/copies/1"
		return append(all[:1:1], c)
	}
	for range 2 { // the second time there is nothing to do
		if err := sqlite.CheckJar(ctx, func(all []sqlite.Cookie) []sqlite.Cookie {
			if len(all) > 1 {
				return all
			}
			return copies(all)
		})(path); err != nil {
			t.Fatal(err)
		}
		if got, want := jarRows(t, path), []row{{"a", "/new", "one", 100}, {"a_copy", "/copies/1", "one", 100}}; !slices.Equal(got, want) {
			t.Errorf("the jar holds %v, want %v", got, want)
		}
	}
}

func TestAJarThatWasNeverUsedIsFine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cookies.sqlite")
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("PRAGMA user_version = 1"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := sqlite.CheckJar(ctx, moves)(path); err != nil {
		t.Error(err)
	}
}

func TestCK13_ARowOfNothingIsDroppedAndTheSessionStays(t *testing.T) {
	path := jarOf(t, row{"a", "/new", "one", 100})
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("INSERT INTO moz_cookies DEFAULT VALUES"); err != nil {
		t.Fatal(err)
	}
	if err := sqlite.CheckJar(ctx, moves)(path); err != nil {
		t.Fatal(err)
	}
	if got := jarRows(t, path); !slices.Equal(got, []row{{"a", "/new", "one", 100}}) {
		t.Errorf("the jar holds %v", got)
	}
	var rows int
	if err := db.QueryRow("SELECT count(*) FROM moz_cookies").Scan(&rows); err != nil || rows != 1 {
		t.Errorf("%d rows, %v", rows, err)
	}
}
