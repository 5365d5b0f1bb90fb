package sqlite_test

import (
	"database/sql"
	"testing"
)

// A column that takes anything, or a row that outlives its person, is a mistake that
// shows late.
func TestEveryTableIsStrictAndGoesWithItsPerson(t *testing.T) {
	opt := closedProfile(t)
	db, err := sql.Open("sqlite3", opt.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT l.name, l.strict, coalesce(f.on_delete, '') FROM pragma_table_list AS l
		LEFT JOIN pragma_foreign_key_list(l.name) AS f ON f."table" = 'users'
		WHERE l.schema = 'main' AND l.type = 'table' AND l.name NOT LIKE 'sqlite_%'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	tables := 0
	for rows.Next() {
		var name, onDelete string
		var strict bool
		if err := rows.Scan(&name, &strict, &onDelete); err != nil {
			t.Fatal(err)
		}
		tables++
		if !strict {
			t.Errorf("%s is not STRICT", name)
		}
		if onDelete != "" && onDelete != "CASCADE" {
			t.Errorf("%s keeps rows of a deleted person: %s", name, onDelete)
		}
	}
	if err := rows.Err(); err != nil || tables < 5 {
		t.Errorf("%d tables, %v", tables, err)
	}
}
