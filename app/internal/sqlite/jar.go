package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Cookie says which cookie a row of the webview's jar is.
type Cookie struct{ Name, Host, Path string }

// Place says where a cookie belongs, by what it is, what it holds and when it expires;
// false if it is nobody's.
type Place func(c Cookie, value string, expires time.Time) (Cookie, bool)

// CheckJar returns a look at the webview's cookie jar, since libsoup works on with
// a damaged one and keeps nothing: it reads the whole file and returns what is
// damaged in it. Then it moves each cookie to where place says, and drops those
// that have none. Of two that come to the same place the one that expires later
// stays. Nobody else may have the jar open.
func CheckJar(ctx context.Context, place Place) func(path string) error {
	return func(path string) error {
		db := connect(Options{Path: path, BusyTimeout: 2 * time.Second}, "rw", "")
		defer db.Close()
		var verdict string
		if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
			return coded(err)
		}
		if verdict != "ok" {
			return errors.New(verdict)
		}
		var foreign string
		err := db.QueryRowContext(ctx, "SELECT type || ' ' || name FROM sqlite_schema WHERE type IN ('trigger', 'view')").Scan(&foreign)
		if err == nil {
			return errors.New(foreign + " is not the jar's") // it would run with what is written here
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return coded(err)
		}
		return coded(settle(ctx, db, place))
	}
}

// jarRow is a cookie, where it was and where it belongs.
type jarRow struct {
	id, expiry int64
	value      string
	is, to     Cookie
	keep       bool
}

// settle puts every cookie where place says. Most jars need nothing, and are not
// written to.
func settle(ctx context.Context, db *sql.DB, place Place) error {
	all, err := jarRows(ctx, db)
	if err != nil {
		return err
	}
	latest := map[Cookie]*jarRow{}
	changed := false
	for i := range all {
		r := &all[i]
		if r.to, r.keep = place(r.is, r.value, time.Unix(r.expiry, 0)); r.keep {
			if other := latest[r.to]; other != nil && other.expiry >= r.expiry {
				r.keep = false
			} else {
				if other != nil {
					other.keep = false
				}
				latest[r.to] = r
			}
		}
		changed = changed || !r.keep || r.to != r.is
	}
	if !changed {
		return nil
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, r := range all {
		switch {
		case !r.keep:
			_, err = tx.ExecContext(ctx, "DELETE FROM moz_cookies WHERE id = ?", r.id)
		case r.to != r.is:
			_, err = tx.ExecContext(ctx, "UPDATE moz_cookies SET host = ?, path = ? WHERE id = ?", r.to.Host, r.to.Path, r.id)
		}
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}

// jarRows reads libsoup's one table, which a jar that was never used lacks.
func jarRows(ctx context.Context, db *sql.DB) ([]jarRow, error) {
	var tables int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE name = 'moz_cookies'").Scan(&tables); err != nil || tables == 0 {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, "SELECT id, coalesce(name, ''), coalesce(host, ''), coalesce(path, ''), coalesce(value, ''), coalesce(expiry, 0) FROM moz_cookies")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []jarRow
	for rows.Next() {
		var r jarRow
		if err := rows.Scan(&r.id, &r.is.Name, &r.is.Host, &r.is.Path, &r.value, &r.expiry); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}
