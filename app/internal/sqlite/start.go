package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/files"
)

//go:embed migration/*.sql
var migrationFiles embed.FS

// migrations are the texts of migration/*.sql in order; the first makes version 1.
var migrations = func() []string {
	names, err := fs.Glob(migrationFiles, "migration/*.sql") // sorted
	if err != nil {
		panic(err) // embedded
	}
	var texts []string
	for _, name := range names {
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			panic(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}()

// latest is the user_version of a database that this program writes.
func latest() int { return len(migrations) }

// tables must exist, and be STRICT.
var tables = []string{
	"clock", "events", "former_names", "grants", "identities", "identities_elsewhere", "key_records", "merged_codes", "merged_identities", "merged_names", "merged_sessions", "merges",
	"outbox", "pending_signups", "recovery_codes", "recovery_codes_elsewhere", "recovery_declined", "recovery_guesses", "resting_names", "sessions", "settings",
	"users", "users_elsewhere",
}

// fullCheckLimit is the size up to which every start compares the indexes with
// their tables too; above it, only the structure is checked.
const fullCheckLimit = 64 << 20

// start brings the file at opt.Path into service.
func (db *DB) start(ctx context.Context) error {
	_, err := os.Lstat(db.opt.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !db.opt.FirstRun:
		return app.Fail(app.CodeDatabaseMissing, err)
	case errors.Is(err, fs.ErrNotExist):
		if err := db.create(ctx); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	version, err := inspect(ctx, db.opt, "")
	if err != nil {
		return err
	}
	if err := private(db.opt.Path); err != nil {
		return err
	}
	if version < latest() {
		if err := db.upgrade(ctx, version); err != nil {
			return err
		}
	}
	if db.h, err = open(ctx, db.opt); err != nil {
		// A statement that cannot be prepared is a column that is missing.
		return damagedIfSchema(err)
	}
	if err := db.writable(); err != nil {
		return err
	}
	if err := private(db.opt.Path); err != nil {
		return err
	}
	return db.rekey(ctx)
}

// create makes the database under another name and moves it into place when it
// is complete, so that a start that is killed leaves no half-made database that
// would look like a damaged one.
func (db *DB) create(ctx context.Context) error {
	// The WAL of a file that is gone must not be played into a new one.
	if _, err := os.Lstat(db.opt.Path + "-wal"); err == nil {
		if _, err := SetAside(db.opt.Path, db.opt.Clock.Now()); err != nil {
			return err
		}
	}
	made := db.opt
	made.Path += ".new"
	if err := remove(made.Path); err != nil {
		return err
	}
	f, err := files.Create(made.Path)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := migrate(ctx, made, 0); err != nil {
		return err
	}
	return files.MoveInto(made.Path, db.opt.Path)
}

// upgrade makes a backup and runs the migrations above version.
func (db *DB) upgrade(ctx context.Context, version int) error {
	if db.opt.BackupDir != "" {
		name, err := backup(ctx, db.opt, fmt.Sprintf("-v%d", version))
		if err != nil {
			return err
		}
		db.log.Info("database: backup before migration", "from", version, "to", latest(), "backup", filepath.Base(name))
	}
	return migrate(ctx, db.opt, version)
}

// migrate runs every migration above version, each in one transaction together
// with its user_version: killed at any moment, the database is at the one
// version or at the other.
func migrate(ctx context.Context, opt Options, version int) error {
	writer := connect(opt, "rw", "_txlock=immediate")
	defer func() { _ = writer.Close() }()
	writer.SetMaxOpenConns(1)
	for i := version; i < len(migrations); i++ {
		if err := migrateOne(ctx, writer, i+1, migrations[i]); err != nil {
			return damagedIfSchema(err)
		}
	}
	// A new file gets its journal before it gets its name: killed while it changes
	// over, it would leave a rollback journal that a check without writing refuses.
	if err := point("migrate", "wal", "before"); err != nil {
		return err
	}
	if _, err := writer.ExecContext(ctx, "PRAGMA journal_mode = WAL"); err != nil {
		return err
	}
	if err := point("migrate", "wal", "after"); err != nil {
		return err
	}
	if version == 0 { // a new file, which is moved
		return closeWhole(ctx, writer)
	}
	return writer.Close() // saves the WAL
}

func migrateOne(ctx context.Context, writer *sql.DB, version int, text string) error {
	act := fmt.Sprintf("migration_%d", version)
	if err := point(act, "begin", "before"); err != nil {
		return err
	}
	t, err := writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = t.Rollback() }() // does nothing after a commit
	if err := point(act, "begin", "after"); err != nil {
		return err
	}
	for i, statement := range append(statements(text), fmt.Sprintf("PRAGMA user_version = %d", version)) {
		name := fmt.Sprintf("statement_%d", i+1)
		if err := point(act, name, "before"); err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, statement); err != nil {
			return err
		}
		if err := point(act, name, "after"); err != nil {
			return err
		}
	}
	if err := point(act, "commit", "before"); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return err
	}
	return point(act, "commit", "after")
}

// statements are those of a migration's text. Each ends with a semicolon at the end
// of a line, a trigger with a line that is END; and a line of comment belongs to none.
func statements(text string) []string {
	var all []string
	var one strings.Builder
	for line := range strings.Lines(text) {
		bare := strings.TrimSpace(line)
		if bare == "" || strings.HasPrefix(bare, "--") {
			continue
		}
		one.WriteString(line)
		words := strings.Fields(strings.ToUpper(one.String()))
		trigger := len(words) > 2 && words[0] == "CREATE" && (words[1] == "TRIGGER" || words[2] == "TRIGGER")
		if strings.HasSuffix(bare, ";") && (!trigger || strings.EqualFold(bare, "END;")) {
			all = append(all, strings.TrimSpace(one.String()))
			one.Reset()
		}
	}
	if rest := strings.TrimSpace(one.String()); rest != "" {
		all = append(all, rest)
	}
	return all
}

// inspect checks the file at opt.Path without writing to it and returns its
// version. CodeDatabaseDamaged, CodeDatabaseNewer.
func inspect(ctx context.Context, opt Options, more string) (version int, err error) {
	damaged := func(err error) error { return app.Fail(app.CodeDatabaseDamaged, err) }
	size, version, err := header(opt.Path)
	if err != nil {
		return 0, err
	}
	if version > latest() { // decided before SQLite sees the file
		return 0, app.Fail(app.CodeDatabaseNewer, fmt.Errorf("user_version %d, this program knows %d", version, latest()))
	}
	reader := connect(opt, "ro", more)
	defer func() { _ = reader.Close() }()
	reader.SetMaxOpenConns(1)
	// The WAL may know a later version than the file.
	if err := reader.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return 0, err
	}
	if version > latest() {
		return 0, app.Fail(app.CodeDatabaseNewer, fmt.Errorf("user_version %d, this program knows %d", version, latest()))
	}
	if version == 0 {
		// Such a file is never left under this name: see create.
		return 0, damaged(errors.New("a database without a version"))
	}
	// Before anything in it is evaluated: a check of the indexes does that too.
	if err := oursAlone(ctx, reader, version); err != nil {
		return 0, err
	}
	check := "PRAGMA integrity_check(1)"
	if size > fullCheckLimit {
		check = "PRAGMA quick_check(1)"
	}
	var verdict string
	if err := reader.QueryRowContext(ctx, check).Scan(&verdict); err != nil {
		return 0, err
	}
	if verdict != "ok" {
		return 0, damaged(errors.New(verdict))
	}
	if version == latest() {
		for _, table := range tables {
			var strict bool
			err := reader.QueryRowContext(ctx, "SELECT strict FROM pragma_table_list WHERE schema = 'main' AND name = ? AND type = 'table'", table).
				Scan(&strict)
			if errors.Is(err, sql.ErrNoRows) {
				return 0, damaged(fmt.Errorf("table %s is missing", table))
			} else if err != nil {
				return 0, err
			}
			if !strict {
				return 0, damaged(fmt.Errorf("table %s is not STRICT", table))
			}
		}
	}
	return version, nil
}

// header reads size and user_version from the file itself
// (https://www.sqlite.org/fileformat2.html#the_database_header).
func header(path string) (size int64, version int, err error) {
	// SQLite would follow a link, and write what another user can change.
	for _, name := range append([]string{""}, companions...) {
		if err := files.Check(path + name); files.Planted(err) {
			return 0, 0, app.Fail(app.CodeDatabaseDamaged, err)
		}
	}
	f, err := files.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return 0, 0, err
	}
	var b [100]byte
	if _, err := io.ReadFull(f, b[:]); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, 0, app.Fail(app.CodeDatabaseDamaged, fmt.Errorf("only %d bytes", info.Size()))
		}
		return 0, 0, err
	}
	if !bytes.HasPrefix(b[:], []byte("SQLite format 3\x00")) {
		return 0, 0, app.Fail(app.CodeDatabaseDamaged, errors.New("not a SQLite file"))
	}
	return info.Size(), int(int32(binary.BigEndian.Uint32(b[60:]))), nil
}

// writable takes the write lock once, since SQLite opens a read-only file
// without a word.
func (db *DB) writable() error {
	if _, err := db.h.writer.exec("begin"); err != nil {
		return err
	}
	_, err := db.h.writer.exec("rollback")
	return err
}

// damagedIfSchema makes a missing table or column what it is.
func damagedIfSchema(err error) error {
	if coded := coded(err); app.CodeOf(coded) != app.CodeInternal {
		return coded
	}
	if strings.Contains(err.Error(), "no such ") || strings.Contains(err.Error(), "has no column") {
		return app.Fail(app.CodeDatabaseDamaged, err)
	}
	return err
}

// private gives the file and what SQLite keeps beside it mode 0600, whatever the
// umask was. SQLite gives new companions the mode of the file. Windows has no such
// modes, and no other handle may be had of a file that SQLite has mapped: there the
// access list of the person's own folder is inherited.
func private(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return err
	}
	for _, companion := range companions {
		if err := os.Chmod(path+companion, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// companions are the suffixes of what SQLite keeps beside a database.
var companions = []string{"-wal", "-shm", "-journal"}
