package sqlite

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"

	"munpae.example/munpae/app/internal/app"

	"github.com/mattn/go-sqlite3"
)

// connection is one of the driver's own, with its statements prepared, and not one
// of database/sql, which starts a goroutine for each transaction and each query
// and so doubles what an act costs besides its fsync. The one that writes is used
// by whoever has the turn, the one that reads sessions by whoever holds its lock.
type connection struct {
	conn       *sqlite3.SQLiteConn
	statements map[string]driver.Stmt
}

// What is no query of its own.
var control = map[string]string{
	"begin":    "BEGIN IMMEDIATE",
	"commit":   "COMMIT",
	"rollback": "ROLLBACK",
	"save_wal": "PRAGMA wal_checkpoint(RESTART)",
	"drop_wal": "PRAGMA wal_checkpoint(TRUNCATE)",
}

// openWriter opens the connection that writes and prepares control and queries.
func openWriter(opt Options) (*connection, error) {
	return openConnection(dsn(opt, "rw", "_journal_mode=WAL"), control, queries)
}

func openConnection(dsn string, prepared ...map[string]string) (*connection, error) {
	conn, err := sqliteDriver.Open(dsn)
	if err != nil {
		return nil, err
	}
	w := &connection{conn: conn.(*sqlite3.SQLiteConn), statements: map[string]driver.Stmt{}}
	for _, texts := range prepared {
		for name, text := range texts {
			if w.statements[name], err = conn.Prepare(text); err != nil {
				delete(w.statements, name)
				return nil, errors.Join(err, w.close())
			}
		}
	}
	return w, nil
}

// close finishes the statements first: a connection that still has one is not
// closed, and saves no WAL.
func (w *connection) close() error {
	var errs []error
	for _, s := range w.statements {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, w.conn.Close())...)
}

// exec runs a statement and returns how many rows changed.
func (w *connection) exec(name string, args ...any) (int64, error) {
	//lint:ignore SA1019 the context variant is for cancelling
	result, err := w.statements[name].Exec(values(args))
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// rollback ends a transaction that is still open: SQLite ends it by itself at a
// commit and after some errors, but not after others.
func (w *connection) rollback() error {
	if w.conn.AutoCommit() {
		return nil
	}
	_, err := w.exec("rollback")
	return err
}

// rows runs a statement to its end and calls each for every row.
func (w *connection) rows(name string, args []any, each func(scan) error) error {
	return w.drain(w.statements[name], args, each)
}

// row is rows for one row; sql.ErrNoRows if there is none.
func (w *connection) row(name string, args []any, dest ...any) error {
	found := false
	err := w.rows(name, args, func(scan scan) error {
		found = true
		return scan(dest...)
	})
	if err == nil && !found {
		err = sql.ErrNoRows
	}
	return err
}

// pragma reads the value of a pragma.
func (w *connection) pragma(name string) (value string, err error) {
	s, err := w.conn.Prepare("PRAGMA " + name)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	err = w.drain(s, nil, func(scan scan) error { return scan(&value) })
	return value, err
}

func (w *connection) drain(s driver.Stmt, args []any, each func(scan) error) (err error) {
	//lint:ignore SA1019 the context variant is for cancelling
	rows, err := s.Query(values(args))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	row := make([]driver.Value, len(rows.Columns()))
	for {
		if err := rows.Next(row); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		err := each(func(dest ...any) error {
			if len(dest) != len(row) {
				return fmt.Errorf("%d columns into %d", len(row), len(dest))
			}
			for i, d := range dest {
				if err := assign(d, row[i]); err != nil {
					return fmt.Errorf("column %s: %w", rows.Columns()[i], err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// values makes the driver's types of ours.
func values(args []any) []driver.Value {
	list := make([]driver.Value, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case int:
			list[i] = int64(a)
		default: // string, []byte, int64, bool, nil
			list[i] = a
		}
	}
	return list
}

// assign stores a column where sql.Rows.Scan would; only what the tables hold.
func assign(dest any, v driver.Value) error {
	switch v := v.(type) {
	case nil:
		if d, ok := dest.(*nullTime); ok {
			*d = nullTime{}
			return nil
		}
	case int64:
		switch d := dest.(type) {
		case *nullTime:
			*d = nullTime{Int64: v, Valid: true}
			return nil
		case *int64:
			*d = v
			return nil
		case *int:
			*d = int(v)
			return nil
		case *bool:
			*d = v != 0
			return nil
		case *string:
			*d = fmt.Sprint(v)
			return nil
		}
	case string:
		switch d := dest.(type) {
		case *string:
			*d = v
			return nil
		case *app.Code:
			*d = app.Code(v)
			return nil
		case *app.EndReason:
			*d = app.EndReason(v)
			return nil
		}
	case []byte:
		if d, ok := dest.(*[]byte); ok {
			*d = slices.Clone(v)
			return nil
		}
	}
	return fmt.Errorf("%T into %T", v, dest)
}
