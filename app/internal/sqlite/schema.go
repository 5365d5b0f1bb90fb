package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"

	"munpae.example/munpae/app/internal/app"
)

// object is one row of sqlite_schema.
type object struct{ kind, name, table, text string }

// schemas holds what migrations make, asked for once each.
var schemas sync.Map // their text → func() (map[object]bool, error)

// oursAlone refuses a database with anything in its schema that the migrations up to
// version do not make, or make otherwise: a trigger or a view that somebody put in
// it would run with every act of ours. CodeDatabaseDamaged.
func oursAlone(ctx context.Context, db *sql.DB, version int) error {
	texts := migrations[:version]
	made, _ := schemas.LoadOrStore(strings.Join(texts, ""), sync.OnceValues(func() (map[object]bool, error) { return schemaOf(texts) }))
	ours, err := made.(func() (map[object]bool, error))()
	if err != nil {
		return err
	}
	found, err := schema(ctx, db)
	if err != nil {
		return err
	}
	for o := range found {
		if !ours[o] {
			return app.Fail(app.CodeDatabaseDamaged, fmt.Errorf("%s %s is not one of ours", o.kind, o.name))
		}
	}
	for o := range ours {
		if !found[o] {
			return app.Fail(app.CodeDatabaseDamaged, fmt.Errorf("%s %s is missing", o.kind, o.name))
		}
	}
	return nil
}

// schemaOf makes an empty database of those migrations, in memory.
func schemaOf(texts []string) (map[object]bool, error) {
	db := sql.OpenDB(connector("file::memory:"))
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	for _, text := range texts {
		for _, statement := range statements(text) {
			if _, err := db.Exec(statement); err != nil {
				return nil, err
			}
		}
	}
	all, err := schema(context.Background(), db)
	if err == nil && len(all) == 0 {
		err = errors.New("the migrations make nothing")
	}
	return all, err
}

// schema reads what is in the schema, less what SQLite keeps for itself.
func schema(ctx context.Context, db *sql.DB) (map[object]bool, error) {
	rows, err := db.QueryContext(ctx, "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	all := map[object]bool{}
	for rows.Next() {
		var o object
		if err := rows.Scan(&o.kind, &o.name, &o.table, &o.text); err != nil {
			return nil, err
		}
		if o.kind == "table" && strings.HasPrefix(o.name, "sqlite_stat") {
			continue // ANALYZE
		}
		o.text = strings.Join(strings.Fields(o.text), " ")
		all[o] = true
	}
	return all, rows.Err()
}
