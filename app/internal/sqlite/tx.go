package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"munpae.example/munpae/app/internal/app"
)

// tx is one write transaction. Its three methods are the only places of the
// package that run a statement of an act, and each passes a crash point on both
// sides of it; a test holds every file to that.
type tx struct {
	act string
	w   *connection
}

// exec runs the statement of query/name.sql and returns how many rows changed.
func (t *tx) exec(name string, args ...any) (int64, error) {
	if err := point(t.act, name, "before"); err != nil {
		return 0, err
	}
	n, err := t.w.exec(name, args...)
	if err != nil {
		return 0, err
	}
	return n, point(t.act, name, "after")
}

// row runs the statement of query/name.sql and scans its one row; sql.ErrNoRows.
func (t *tx) row(name string, args []any, dest ...any) error {
	if err := point(t.act, name, "before"); err != nil {
		return err
	}
	if err := t.w.row(name, args, dest...); err != nil {
		return err
	}
	return point(t.act, name, "after")
}

// rows runs the statement of query/name.sql and calls each for every row. The
// statement is finished before rows returns; each must run no other.
func (t *tx) rows(name string, args []any, each func(scan) error) error {
	if err := point(t.act, name, "before"); err != nil {
		return err
	}
	if err := t.w.rows(name, args, each); err != nil {
		return err
	}
	return point(t.act, name, "after")
}

// scan is sql.Row.Scan or sql.Rows.Scan.
type scan = func(dest ...any) error

// background runs what must not stop half-way: an act that has begun takes
// microseconds and one fsync, and a cancelled caller is answered by its outcome.
var background = context.Background()

// write runs f in one transaction that holds the write lock from its beginning.
// It waits for its turn as long as ctx allows, and at most Options.BusyTimeout
// for another process (CodeDatabaseBusy). An error of f rolls everything back
// and is returned with its code. A commit that failed unclearly is *unclear.
func (db *DB) write(ctx context.Context, act string, f func(*tx) error) error {
	release, err := db.turn(ctx)
	if err != nil {
		return err
	}
	defer release()
	h, err := db.current()
	if err != nil {
		return err
	}
	err = transact(h.writer, act, f)
	if err != nil && (isUnclear(err) || ioFailed(err)) {
		// Never again on the connections that failed.
		db.log.Warn("database: write failed, connections opened anew", "act", act, "error", err)
		db.reopen()
	}
	return coded(err)
}

// repeat is write for an act that may be done twice. After a commit that failed
// unclearly it is done once more, and finds itself done or does it; done is what it
// then fails with if it was.
func (db *DB) repeat(ctx context.Context, act string, f func(*tx) error, done ...app.Code) error {
	err := db.write(ctx, act, f)
	if !isUnclear(err) {
		return err
	}
	if err = db.write(ctx, act, f); slices.Contains(done, app.CodeOf(err)) {
		return nil
	}
	return err
}

func transact(w *connection, act string, f func(*tx) error) (err error) {
	if err := point(act, "begin", "before"); err != nil {
		return err
	}
	if _, err := w.exec("begin"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.rollback()) }()
	if err := point(act, "begin", "after"); err != nil {
		return err
	}
	if err := f(&tx{act: act, w: w}); err != nil {
		return err
	}
	if err := point(act, "commit", "before"); err != nil {
		return err
	}
	_, err = w.exec("commit")
	if err == nil {
		err = point(act, "commit", "after")
	}
	if err != nil && !refused(err) {
		return &unclear{err}
	}
	return err
}

// query runs the statement of query/name.sql on a reader and calls each for every row.
func (db *DB) query(ctx context.Context, name string, args []any, each func(scan) error) error {
	h, done, err := db.reading(ctx)
	if err != nil {
		return err
	}
	defer done()
	// A read takes microseconds; to be able to cancel it would cost more.
	rows, err := h.read[name].QueryContext(background, args...)
	if err != nil {
		return coded(err)
	}
	return coded(drain(rows, each))
}

// queryRow is query for exactly one row; CodeNotFound if there is none.
func (db *DB) queryRow(ctx context.Context, name string, args []any, dest ...any) error {
	h, done, err := db.reading(ctx)
	if err != nil {
		return err
	}
	defer done()
	return coded(h.read[name].QueryRowContext(background, args...).Scan(dest...))
}

func drain(rows *sql.Rows, each func(scan) error) error {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
