package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/mattn/go-sqlite3"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/files"
)

// SetAside renames a database that cannot be used, and what SQLite keeps beside
// it, to *.damaged-TIME and returns the new name of the file. Nothing is ever
// deleted; the renamed set can still be opened for rescue. It returns the empty
// string if there was nothing. No DB may be open on path.
func SetAside(path string, now time.Time) (string, error) {
	aside, err := files.SetAside(path, now, companions...)
	if err != nil {
		return "", app.Fail(fileCode(err), err)
	}
	return aside, nil
}

// remove removes an unfinished file and its companions.
func remove(path string) error {
	for _, suffix := range append(companions, "") {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

const (
	// checkpointDelay is how long the database is quiet before the WAL is saved.
	checkpointDelay = 300 * time.Millisecond
	// checkpointCommits is how many commits may stand in the WAL at most, about.
	checkpointCommits = 1000
)

// wrote is called after every commit. An act that an account depends on is soon
// saved into the file itself, so that a copy of the file alone has it
// (DB-07). Lesser acts wait, since the first commit into a saved WAL
// costs a second fsync. The WAL keeps its room on the disk: a commit that has to
// ask for room takes half as long again.
func (db *DB) wrote(account bool) {
	db.mu.Lock()
	db.unsaved++
	// A checkpoint that found a reader in the way leaves the count where it is: the
	// next commit asks for another.
	many := db.unsaved >= checkpointCommits
	db.mu.Unlock()
	switch {
	case account:
		db.later.after("checkpoint", checkpointDelay, db.saveWAL)
	case many: // at the latest then, however many come after it
		db.later.soon("checkpoint", checkpointDelay, db.saveWAL)
	}
}

func (db *DB) saveWAL() {
	// Used ones only: what has expired is the caller's clock's to say.
	if err := db.deleteStalePendingSignUps(background, time.UnixMilli(0)); err != nil {
		db.log.Warn("database: used pending sign-ups", "error", err)
	}
	if err := db.checkpoint(background, "save_wal"); err != nil {
		db.log.Warn("database: checkpoint", "error", err)
	}
}

// closeWhole closes a database that is about to be moved without its WAL: all of it is in
// the file. Closing saves the WAL too, and tells nobody where that fails.
func closeWhole(ctx context.Context, db *sql.DB) error {
	var busy, frames, saved int
	if err := db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &saved); err != nil {
		return err
	}
	if busy != 0 {
		return sqlite3.Error{Code: sqlite3.ErrBusy}
	}
	return db.Close()
}

// Checkpoint saves the WAL into the database file and empties it.
// CodeDatabaseBusy if a reader or another process was in the way: the WAL stays
// and nothing is lost.
func (db *DB) Checkpoint(ctx context.Context) error { return db.checkpoint(ctx, "drop_wal") }

func (db *DB) checkpoint(ctx context.Context, how string) error {
	release, err := db.turn(ctx)
	if err != nil {
		return err
	}
	defer release()
	h, err := db.current()
	if err != nil {
		return err
	}
	var busy, frames, saved int
	if err := h.writer.row(how, nil, &busy, &frames, &saved); err != nil {
		return coded(err)
	}
	if busy != 0 {
		return app.Fail(app.CodeDatabaseBusy, fmt.Errorf("checkpoint: %d of %d frames", saved, frames))
	}
	db.mu.Lock()
	db.unsaved = 0
	db.mu.Unlock()
	return nil
}
