package sqlite

import (
	"database/sql"
	"errors"

	"github.com/mattn/go-sqlite3"
)

// connection is one that stays open for as long as the database does, with its
// statements prepared. The one that writes is used by whoever has the turn, the one
// that reads sessions by whoever holds its lock. What it runs has no context that
// could end, and transactions are statements like any other: database/sql starts
// goroutines for both, which cost more than the statements.
type connection struct {
	pool       *sql.DB
	conn       *sql.Conn
	statements map[string]*sql.Stmt
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
	pool := sql.OpenDB(connector(dsn))
	pool.SetMaxOpenConns(1)
	conn, err := pool.Conn(background)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	w := &connection{pool: pool, conn: conn, statements: map[string]*sql.Stmt{}}
	for _, texts := range prepared {
		for name, text := range texts {
			if w.statements[name], err = conn.PrepareContext(background, text); err != nil {
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
	return errors.Join(append(errs, w.conn.Close(), w.pool.Close())...)
}

// exec runs a statement and returns how many rows changed.
func (w *connection) exec(name string, args ...any) (int64, error) {
	result, err := w.statements[name].ExecContext(background, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// rollback ends a transaction that is still open: SQLite ends it by itself at a
// commit and after some errors, but not after others.
func (w *connection) rollback() error {
	open := false
	err := w.conn.Raw(func(c any) error {
		open = !c.(*sqlite3.SQLiteConn).AutoCommit()
		return nil
	})
	if err != nil || !open {
		return err
	}
	_, err = w.exec("rollback")
	return err
}

// rows runs a statement to its end and calls each for every row.
func (w *connection) rows(name string, args []any, each func(scan) error) (err error) {
	rows, err := w.statements[name].QueryContext(background, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// row is rows for one row; sql.ErrNoRows if there is none.
func (w *connection) row(name string, args []any, dest ...any) error {
	return w.statements[name].QueryRowContext(background, args...).Scan(dest...)
}

// pragma reads the value of a pragma.
func (w *connection) pragma(name string) (value string, err error) {
	err = w.conn.QueryRowContext(background, "PRAGMA "+name).Scan(&value)
	return value, err
}
