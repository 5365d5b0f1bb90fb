package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"munpae.example/munpae/app/internal/app"

	"github.com/mattn/go-sqlite3"
)

// Options say which database to open, and with what.
type Options struct {
	// Path is the database file, munpae.db in the profile folder, which must exist.
	Path string
	// BackupDir is where backups go; it is made with mode 0700. Empty: no backups.
	BackupDir string
	// Clock names backups and drives what happens after the answer. Required.
	Clock app.Clock
	// Random makes the IDs of users and identities; nil is crypto/rand.
	Random io.Reader
	// Log may be nil.
	Log *slog.Logger
	// Rekey returns a stored nickname with the keys of the present rules; it must
	// accept every text. Required with NicknameVersion.
	Rekey func(text string) app.Nickname
	// NicknameVersion is the Version of the nicknames that Rekey returns. If the
	// database was last keyed under another, all older keys are made anew.
	NicknameVersion int
	// FirstRun allows to make the database; without it a missing one is
	// CodeDatabaseMissing. It is !Install.Database.
	FirstRun bool
	// BusyTimeout is how long an act waits for another process that is writing;
	// zero is two seconds.
	BusyTimeout time.Duration
}

// DB is an open database. Its methods may be called from any goroutine.
type DB struct {
	opt Options
	log *slog.Logger
	tag func(text string) (string, error) // RestBy; or nil

	writing chan struct{} // holds one token while an act writes

	mu     sync.RWMutex // readers hold it while they use h
	h      *handles     // nil while the file cannot be opened
	closed bool

	later *later
	// backing is held while backups are made or purged.
	backing sync.Mutex
	// unsaved counts the commits since the last checkpoint; under mu.
	unsaved int
}

// handles are the connections to the file, with every statement prepared.
type handles struct {
	writer *connection
	last   *lastSession
	reader *sql.DB
	read   map[string]*sql.Stmt
}

//go:embed query/*.sql
var queryFiles embed.FS

// queries are the statements by the name of their file. A parameter that is
// compared is written +?N: it keeps SQLite from planning by its value, and so
// from planning again at every use.
var queries = func() map[string]string {
	m := map[string]string{}
	names, err := fs.Glob(queryFiles, "query/*.sql")
	if err != nil {
		panic(err) // embedded
	}
	for _, name := range names {
		text, err := queryFiles.ReadFile(name)
		if err != nil {
			panic(err)
		}
		m[strings.TrimSuffix(path.Base(name), ".sql")] = string(text)
	}
	return m
}()

// errClosed is what every method answers after Close.
var errClosed = app.Fail(app.CodeInternal, errors.New("database is closed"))

// Open opens the database, makes it on a first run, and brings it up to date: a
// backup, then every migration that it lacks, each in a transaction of its own,
// then the keys of nicknames. Before anything is written the file is checked.
//
// Codes: CodeDatabaseMissing; CodeDatabaseDamaged (zero bytes, cut short, not a
// database, a broken page, a missing table: the file is left as it is);
// CodeDatabaseNewer (left as it is); CodeDatabaseBusy; CodeDiskFull;
// CodeProfileUnwritable.
func Open(ctx context.Context, opt Options) (*DB, error) {
	if opt.Random == nil {
		opt.Random = rand.Reader
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.BusyTimeout == 0 {
		opt.BusyTimeout = 2 * time.Second
	}
	absolute, err := filepath.Abs(opt.Path)
	if err != nil {
		return nil, app.Fail(app.CodeProfileUnwritable, err)
	}
	opt.Path = absolute
	db := &DB{opt: opt, log: opt.Log, writing: make(chan struct{}, 1), later: &later{clock: opt.Clock}}
	if err := db.start(ctx); err != nil {
		db.closeHandles()
		return nil, coded(err)
	}
	db.scheduleBackup()
	return db, nil
}

// Close waits for the act that is writing and for what was to happen after
// answers, saves the WAL into the file, and closes the connections.
func (db *DB) Close() error {
	db.later.close()
	db.writing <- struct{}{}
	defer func() { <-db.writing }()
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		return nil
	}
	db.closed = true
	db.mu.Unlock()
	return coded(db.closeHandles()) // the last connection checkpoints and removes the WAL
}

// turn waits for the right to write.
func (db *DB) turn(ctx context.Context) (release func(), err error) {
	select {
	case db.writing <- struct{}{}:
		return func() { <-db.writing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// current returns the connections, opening the file if the last attempt to do so
// failed. The caller holds the turn.
func (db *DB) current() (*handles, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return nil, errClosed
	}
	if db.h == nil {
		h, err := open(background, db.opt)
		if err != nil {
			return nil, coded(err)
		}
		db.h = h
	}
	return db.h, nil
}

// reading returns the connections for as long as done is not called.
func (db *DB) reading(ctx context.Context) (h *handles, done func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	db.mu.RLock()
	if db.h == nil && !db.closed {
		db.mu.RUnlock()
		release, err := db.turn(ctx)
		if err != nil {
			return nil, nil, err
		}
		_, err = db.current()
		release()
		if err != nil {
			return nil, nil, err
		}
		db.mu.RLock()
	}
	if db.closed || db.h == nil {
		db.mu.RUnlock()
		return nil, nil, errClosed
	}
	return db.h, db.mu.RUnlock, nil
}

// reopen closes every connection, which makes SQLite read the file and its WAL
// anew, and opens them again. The caller holds the turn. If that fails, the next
// act tries again.
func (db *DB) reopen() {
	if err := db.closeHandles(); err != nil {
		db.log.Warn("database: close", "error", err)
	}
	if _, err := db.current(); err != nil {
		db.log.Error("database: cannot open again", "error", err)
	}
}

func (db *DB) closeHandles() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.h == nil {
		return nil
	}
	err := db.h.close()
	db.h = nil
	return err
}

// close closes the readers first, so that the writer is the last connection and
// its checkpoint finds nobody reading.
func (h *handles) close() error {
	var errs []error
	if h.last != nil {
		errs = append(errs, h.last.close())
	}
	return errors.Join(append(errs, h.reader.Close(), h.writer.close())...)
}

// open opens the connections to an existing file that has the newest schema.
func open(ctx context.Context, opt Options) (*handles, error) {
	w, err := openWriter(opt)
	if err != nil {
		return nil, err
	}
	h := &handles{writer: w, reader: connect(opt, "rw", "_query_only=1"), read: map[string]*sql.Stmt{}}
	h.reader.SetMaxOpenConns(4)
	h.reader.SetMaxIdleConns(4)
	err = assert(ctx, h)
	if err == nil {
		h.last, err = openLastSession(opt)
	}
	for name, text := range queries {
		if err == nil {
			h.read[name], err = h.reader.PrepareContext(ctx, text)
		}
	}
	if err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

// assert refuses to run on a connection that is not as durable and as strict as
// it was asked to be: the driver's defaults lose acknowledged commits
// (docs/security.md#durable-by-default-is-not).
func assert(ctx context.Context, h *handles) error {
	reading := func(name string) (value string, err error) {
		err = h.reader.QueryRowContext(ctx, "PRAGMA "+name).Scan(&value)
		return value, err
	}
	for _, want := range []struct {
		pragma      func(string) (string, error)
		name, value string
	}{
		{h.writer.pragma, "journal_mode", "wal"},
		{h.writer.pragma, "synchronous", "2"},
		{h.writer.pragma, "foreign_keys", "1"},
		{h.writer.pragma, "wal_autocheckpoint", "0"},
		{reading, "journal_mode", "wal"},
		{reading, "query_only", "1"},
		{reading, "foreign_keys", "1"},
	} {
		got, err := want.pragma(want.name)
		if err != nil {
			return err
		}
		if got != want.value {
			return app.Fail(app.CodeInternal, fmt.Errorf("database runs with %s=%s, not %s", want.name, got, want.value))
		}
	}
	return nil
}

// connect prepares connections to opt.Path for reading and for what is no act.
func connect(opt Options, mode, more string) *sql.DB {
	return sql.OpenDB(connector(dsn(opt, mode, more)))
}

// dsn names opt.Path and every pragma that the driver can set; mode is "rw" or
// "ro", never one that makes a file. The driver sets the busy timeout before
// any other pragma, so that even journal_mode waits for another process.
func dsn(opt Options, mode, more string) string {
	name := filepath.ToSlash(opt.Path)
	if !strings.HasPrefix(name, "/") {
		name = "/" + name // a drive letter
	}
	dsn := fmt.Sprintf("file://%s?mode=%s&_busy_timeout=%d&_synchronous=FULL&_foreign_keys=1",
		(&url.URL{Path: name}).EscapedPath(), mode, opt.BusyTimeout.Milliseconds())
	if more != "" {
		dsn += "&" + more
	}
	return dsn
}

// connector opens connections of one DSN with what a DSN cannot say.
type connector string

var sqliteDriver = &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
	for _, pragma := range []string{
		// A quarter of the default, and only for a file that is still empty: an act
		// changes a few bytes on each of several pages, and its fsync carries whole ones.
		"PRAGMA page_size = 1024",
		"PRAGMA wal_autocheckpoint = 0", // see wrote
		"PRAGMA journal_size_limit = 4194304",
		"PRAGMA secure_delete = 1", // what is deleted is overwritten, a sealed profile too
		"PRAGMA fullfsync = 1",     // macOS: fsync alone leaves data in the drive's cache
		"PRAGMA trusted_schema = 0",
		"PRAGMA cell_size_check = 1",
		"PRAGMA cache_size = -65536", // KiB at most: ten million names are found with one read an index
	} {
		if _, err := c.Exec(pragma, nil); err != nil {
			return err
		}
	}
	return nil
}}

func (c connector) Connect(context.Context) (driver.Conn, error) { return sqliteDriver.Open(string(c)) }
func (c connector) Driver() driver.Driver                        { return sqliteDriver }

// millis is t as it is stored: NULL for the zero time.
func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// moment is millis backwards.
func moment(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}

// stored is t with the precision of the database.
func stored(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMilli(t.UnixMilli()).UTC()
}
