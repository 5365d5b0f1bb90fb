package sqlite

import (
	"context"
	"errors"
	"time"
)

// Check looks at the database at path as Open does, without writing to it and
// beside a program that has it open. CodeDatabaseDamaged, CodeDatabaseNewer,
// CodeDatabaseBusy, CodeProfileUnwritable.
func Check(ctx context.Context, path string) error {
	_, err := inspect(ctx, Options{Path: path, BusyTimeout: 2 * time.Second})
	return coded(err)
}

// QuickCheck reads the SQLite database at path, of whatever program, and returns
// what is damaged in it: the webview's cookie jar is looked at like this, since
// libsoup works on with a damaged one and keeps nothing.
func QuickCheck(path string) error {
	db := connect(Options{Path: path, BusyTimeout: 2 * time.Second}, "rw", "")
	defer db.Close()
	var verdict string
	if err := db.QueryRow("PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return coded(err)
	}
	if verdict != "ok" {
		return errors.New(verdict)
	}
	return nil
}
