package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"
)

// Cookie is one of the webview's jar.
type Cookie struct {
	Name, Host, Path, Value string
	Expires                 time.Time // whole seconds
}

// Settle says what a jar should hold that holds these.
type Settle func([]Cookie) []Cookie

// CheckJar returns a look at the webview's cookie jar, since libsoup works on with
// a damaged one and keeps nothing: it reads the whole file and returns what is
// damaged in it. Then the jar is made to hold what inOrder says, cookies that no
// script can read and no other site's page sends. Nobody else may have the jar open.
func CheckJar(ctx context.Context, inOrder Settle) func(path string) error {
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
		return coded(settle(ctx, db, inOrder))
	}
}

// settle makes the jar hold what inOrder says. Most jars need nothing, and are not
// written to.
func settle(ctx context.Context, db *sql.DB, inOrder Settle) error {
	ids, all, err := jarRows(ctx, db)
	if err != nil {
		return err
	}
	missing := inOrder(slices.Clone(all))
	var drop []int64
	for i, c := range all {
		if at := slices.Index(missing, c); at >= 0 {
			missing = slices.Delete(missing, at, at+1)
		} else {
			drop = append(drop, ids[i])
		}
	}
	if len(drop) == 0 && len(missing) == 0 {
		return nil
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, id := range drop {
		if _, err := tx.ExecContext(ctx, "DELETE FROM moz_cookies WHERE id = ?", id); err != nil {
			return err
		}
	}
	for _, c := range missing {
		// sameSite 2 is Strict (SoupSameSitePolicy).
		const insert = "INSERT INTO moz_cookies (name, value, host, path, expiry, isSecure, isHttpOnly, sameSite) VALUES (?, ?, ?, ?, ?, 0, 1, 2)"
		if _, err := tx.ExecContext(ctx, insert, c.Name, c.Value, c.Host, c.Path, c.Expires.Unix()); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// jarRows reads libsoup's one table, which a jar that was never used lacks.
func jarRows(ctx context.Context, db *sql.DB) (ids []int64, all []Cookie, err error) {
	var tables int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE name = 'moz_cookies'").Scan(&tables); err != nil || tables == 0 {
		return nil, nil, err
	}
	rows, err := db.QueryContext(ctx, "SELECT id, coalesce(name, ''), coalesce(host, ''), coalesce(path, ''), coalesce(value, ''), coalesce(expiry, 0) FROM moz_cookies")
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id, expiry int64
		var c Cookie
		if err := rows.Scan(&id, &c.Name, &c.Host, &c.Path, &c.Value, &expiry); err != nil {
			return nil, nil, err
		}
		c.Expires = time.Unix(expiry, 0)
		ids, all = append(ids, id), append(all, c)
	}
	return ids, all, rows.Err()
}
