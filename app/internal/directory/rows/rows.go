package rows

import (
	"context"
	"crypto/rand"
	"database/sql"
	_ "embed"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// Verdict is what an engine's error means.
type Verdict int

// The verdicts.
const (
	// Failed is any error without a rule of its own.
	Failed Verdict = iota
	// Again says that nothing was written and that the act may simply run again:
	// SQLSTATE 40001, 40P01.
	Again
	// Lost says that the connection or the primary is gone; whether a commit
	// happened is not known.
	Lost
	// Taken is a violated unique constraint.
	Taken
	// Gone is a violated foreign key: what the row belongs to is not there any more.
	Gone
)

// Engine is one way of keeping tables.
type Engine struct {
	// Name is "postgres" or "sqlite".
	Name string
	// Write and Read are pools; they may be the same. Write's transactions hold the
	// engine's write lock from their beginning where it has one lock for all.
	Write, Read *sql.DB
	// Dialect rewrites a statement's $1 and a migration's types.
	Dialect func(text string) string
	// Lock is the statement that makes a transaction wait for other migrations;
	// empty where a transaction excludes all others anyway.
	Lock string
	// Loose is the statement that has a transaction answered before it is on the disk;
	// empty where there is none.
	Loose string
	// Judge says what an error means; the code where it is Failed.
	Judge func(error) (Verdict, app.Code)
	// Serializable says that sql.LevelSerializable has to be asked for.
	Serializable bool
}

// Options are what Open needs besides the engine.
type Options struct {
	// Rand makes the IDs; nil is crypto/rand.
	Rand io.Reader
	// Patience is how long an act tries to reach a database that is lost; zero is
	// ten seconds. The caller's context ends it sooner.
	Patience time.Duration
	// Repeated, if set, is told of every act that runs again, for the metrics.
	Repeated func(Verdict)
}

// DB is an open database. Its methods may be called from any goroutine.
type DB struct {
	engine Engine
	o      Options
	text   map[string]string            // every statement in the engine's dialect
	tag    func(string) (string, error) // see RestBy
}

var (
	//go:embed 0001.sql
	first string
	//go:embed 0002.sql
	second string
	//go:embed 0003.sql
	third string
	//go:embed 0004.sql
	fourth string
	//go:embed 0005.sql
	fifth string
	//go:embed 0006.sql
	sixth string
	//go:embed 0007.sql
	seventh string
)

// migrations are the schema's versions in order; the first makes version 1.
var migrations = [Version]string{first, second, third, fourth, fifth, sixth, seventh}

// Version is the schema that this program writes.
const Version = 7

// Open wraps an engine's pools. It asks nothing yet: see Migrate.
func Open(e Engine, o Options) *DB {
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Patience == 0 {
		o.Patience = 10 * time.Second
	}
	if o.Repeated == nil {
		o.Repeated = func(Verdict) {}
	}
	db := &DB{engine: e, o: o, text: map[string]string{}}
	for name, text := range statements {
		db.text[name] = e.Dialect(text)
	}
	return db
}

// Engine returns the engine's name.
func (db *DB) Engine() string { return db.engine.Name }

// Stats returns the pool's figures, for the metrics.
func (db *DB) Stats() sql.DBStats { return db.engine.Write.Stats() }

// Close closes the pools.
func (db *DB) Close() error {
	return errors.Join(db.engine.Read.Close(), db.engine.Write.Close())
}

// Schema returns the version of the tables that are there; 0 where there are none.
func (db *DB) Schema(ctx context.Context) (int, error) {
	var version int
	err := db.read(ctx, func(q query) error {
		var err error
		version, err = schemaOf(ctx, db, q)
		return err
	})
	return version, err
}

// Ready reports whether acts can be done: the database answers, can be written to,
// and has this program's schema. CodeDirectoryUnavailable, CodeDatabaseNewer,
// CodeDatabaseDamaged where the tables are older or missing.
func (db *DB) Ready(ctx context.Context) error {
	version, err := db.Schema(ctx)
	switch {
	case err != nil:
		return err
	case version > Version:
		return app.Fail(app.CodeDatabaseNewer, nil)
	case version < Version:
		return app.Fail(app.CodeDatabaseDamaged, fmt.Errorf("the schema is version %d, not %d: run migrate", version, Version))
	}
	return db.write(ctx, func(t *tx) error { return t.exec("touch") })
}

// Migrate makes the tables, or brings them up to date, under a lock that replicas
// share; one of them does it and the others find it done. CodeDatabaseNewer, and
// nothing is written, if a newer program has been here.
func (db *DB) Migrate(ctx context.Context) error {
	return db.write(ctx, func(t *tx) error {
		if db.engine.Lock != "" {
			if _, err := t.sql.ExecContext(ctx, db.engine.Lock); err != nil {
				return err
			}
		}
		if _, err := t.sql.ExecContext(ctx, db.engine.Dialect("CREATE TABLE IF NOT EXISTS directory_schema (id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1), version BIGINT NOT NULL, touched BIGINT NOT NULL) STRICT")); err != nil {
			return err
		}
		var version int
		err := t.sql.QueryRowContext(ctx, "SELECT version FROM directory_schema WHERE id = 1").Scan(&version)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if version > Version {
			return app.Fail(app.CodeDatabaseNewer, fmt.Errorf("the schema is version %d, this program knows %d", version, Version))
		}
		for ; version < Version; version++ {
			if _, err := t.sql.ExecContext(ctx, db.engine.Dialect(migrations[version])); err != nil {
				return err
			}
		}
		return t.exec("set_schema", Version)
	})
}

func schemaOf(ctx context.Context, db *DB, q query) (version int, err error) {
	err = q.QueryRowContext(ctx, db.text["schema"]).Scan(&version)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return version, err
}

// query is what a read and a transaction have in common.
type query interface {
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

// tx is one act's transaction.
type tx struct {
	db  *DB
	ctx context.Context
	sql *sql.Tx
}

// exec runs a statement.
func (t *tx) exec(name string, args ...any) error {
	_, err := t.sql.ExecContext(t.ctx, t.db.text[name], args...)
	return err
}

// changed runs a statement and returns how many rows it changed.
func (t *tx) changed(name string, args ...any) (int64, error) {
	result, err := t.sql.ExecContext(t.ctx, t.db.text[name], args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (t *tx) row(name string, args ...any) *sql.Row {
	return t.sql.QueryRowContext(t.ctx, t.db.text[name], args...)
}

// errMoved is an act's own word that somebody else was faster: it runs again.
var errMoved = errors.New("rows: the row moved on")

// maxConflicts is how often an act runs again because others were faster. Each time
// somebody else got on, so that many in a row means a rule is broken.
const maxConflicts = 20

// write runs f in a transaction, again as often as package doc allows.
func (db *DB) write(ctx context.Context, f func(*tx) error) error {
	return db.act(ctx, sql.LevelDefault, f)
}

// serial is write where the act's rule spans rows.
func (db *DB) serial(ctx context.Context, f func(*tx) error) error {
	level := sql.LevelDefault
	if db.engine.Serializable {
		level = sql.LevelSerializable
	}
	return db.act(ctx, level, f)
}

// loose is write for what a crash may take: it counts or holds something for a minute,
// and is there for every other transaction at once, but nobody waits for the disk.
func (db *DB) loose(ctx context.Context, f func(*tx) error) error {
	return db.write(ctx, func(t *tx) error {
		if db.engine.Loose != "" {
			if _, err := t.sql.ExecContext(ctx, db.engine.Loose); err != nil {
				return err
			}
		}
		return f(t)
	})
}

func (db *DB) act(ctx context.Context, level sql.IsolationLevel, f func(*tx) error) error {
	return db.persist(ctx, func() error {
		t, err := db.engine.Write.BeginTx(ctx, &sql.TxOptions{Isolation: level})
		if err != nil {
			return err
		}
		if err := f(&tx{db, ctx, t}); err != nil {
			return errors.Join(err, ignoreDone(t.Rollback()))
		}
		return t.Commit()
	})
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// read runs f on the reading pool.
func (db *DB) read(ctx context.Context, f func(query) error) error {
	return db.persist(ctx, func() error { return f(db.engine.Read) })
}

// persist runs attempt until it succeeds or fails for good, and gives its error a code.
func (db *DB) persist(ctx context.Context, attempt func() error) error {
	began := time.Now()
	pause := 5 * time.Millisecond
	for conflicts := 0; ; {
		err := attempt()
		if err == nil {
			return nil
		}
		if coded, ok := errors.AsType[*app.Error](err); ok {
			return coded
		}
		if errors.Is(err, sql.ErrNoRows) {
			return app.Fail(app.CodeNotFound, err)
		}
		verdict, code := db.engine.Judge(err)
		if errors.Is(err, errMoved) {
			verdict = Again
		}
		switch verdict {
		case Again, Taken, Gone:
			// A constraint that was violated is looked at again: the other act is
			// there to be seen now, and the rules say what it means.
			if conflicts++; conflicts > maxConflicts {
				return app.Fail(app.CodeDatabaseBusy, err)
			}
			if verdict != Again {
				pause = time.Millisecond
			}
		case Lost:
			if time.Since(began) > db.o.Patience {
				return app.Fail(app.CodeDirectoryUnavailable, err)
			}
			pause = min(pause*2, 200*time.Millisecond)
		default:
			if ctx.Err() != nil {
				return app.Fail(app.CodeDirectoryUnavailable, errors.Join(err, ctx.Err()))
			}
			return app.Fail(code, err)
		}
		db.o.Repeated(verdict)
		select {
		case <-time.After(pause + jitter(pause)):
		case <-ctx.Done():
			return app.Fail(app.CodeDirectoryUnavailable, errors.Join(err, ctx.Err()))
		}
	}
}

// jitter spreads those who were told to come again.
func jitter(d time.Duration) time.Duration {
	var b [1]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return d * time.Duration(b[0]) / 256
}

// randomID returns 26 characters of lower-case base32: 128 random bits.
func (db *DB) randomID() (string, error) {
	b := make([]byte, 16)
	if _, err := io.ReadFull(db.o.Rand, b); err != nil {
		return "", app.Fail(app.CodeInternal, err)
	}
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)), nil
}

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

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
