package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"
)

// Check looks at the database at path as Open does, without writing to it or
// making a file, and beside a program that has it open. CodeDatabaseDamaged, CodeDatabaseNewer,
// CodeDatabaseBusy, CodeProfileUnwritable.
func Check(ctx context.Context, path string) error {
	opt := Options{Path: path, BusyTimeout: 2 * time.Second}
	return coded(asItLies(path, func(more string) error {
		_, err := inspect(ctx, opt, more)
		return err
	}))
}

// asItLies calls read with what a DSN needs so that reading the database at path
// makes no file. A closed database has no WAL, and SQLite would make one to read it,
// which it could not take away again, or not make at all on a read-only disk.
func asItLies(path string, read func(more string) error) error {
	opened := func() bool {
		_, err := os.Lstat(path + "-wal")
		return !errors.Is(err, fs.ErrNotExist)
	}
	if !opened() {
		// Nobody holds such a file still, so what was read counts only if nobody came.
		if err := read("immutable=1"); !opened() {
			return err
		}
	}
	return read("")
}
