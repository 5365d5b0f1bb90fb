package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory/rows"
)

// directoryBusy is how long an act of the directory waits for another process.
const directoryBusy = 10 * time.Second

// directoryDriver is sqliteDriver for a service: SQLite keeps its log short by itself.
var directoryDriver = &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
	for _, pragma := range []string{
		"PRAGMA secure_delete = 1", "PRAGMA fullfsync = 1", "PRAGMA trusted_schema = 0", "PRAGMA cell_size_check = 1", "PRAGMA cache_size = -65536",
	} {
		if _, err := c.Exec(pragma, nil); err != nil {
			return err
		}
	}
	return nil
}}

// OpenDirectory prepares the directory's engine on the file at path, which is made
// with mode 0600 if it is missing; its folder must be there. CodeProfileUnwritable,
// CodeDiskFull.
func OpenDirectory(path string) (rows.Engine, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return rows.Engine{}, app.Fail(app.CodeProfileUnwritable, err)
	}
	f, err := os.OpenFile(absolute, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return rows.Engine{}, app.Fail(fileCode(err), err)
	}
	if err := f.Close(); err != nil {
		return rows.Engine{}, app.Fail(fileCode(err), err)
	}
	o := Options{Path: absolute, BusyTimeout: directoryBusy}
	// One writer at a time is SQLite's rule; waiting in line here is fairer than there.
	write := sql.OpenDB(directoryConnector(dsn(o, "rw", "_journal_mode=WAL&_txlock=immediate")))
	write.SetMaxOpenConns(1)
	read := sql.OpenDB(directoryConnector(dsn(o, "rw", "_journal_mode=WAL&_query_only=1")))
	read.SetMaxOpenConns(8)
	read.SetMaxIdleConns(8)
	return rows.Engine{Name: "sqlite", Write: write, Read: read, Dialect: directoryDialect, Judge: judgeDirectory}, nil
}

type directoryConnector string

func (c directoryConnector) Connect(context.Context) (driver.Conn, error) {
	return directoryDriver.Open(string(c))
}

func (c directoryConnector) Driver() driver.Driver { return directoryDriver }

var numbered = regexp.MustCompile(`\$(\d+)`)

// directoryDialect writes rows' statements in SQLite's words.
func directoryDialect(text string) string {
	text = numbered.ReplaceAllString(text, "?$1")
	if !strings.Contains(text, "CREATE TABLE") {
		return text
	}
	return strings.NewReplacer("NUMBERED", "INTEGER PRIMARY KEY", "BIGINT", "INTEGER", "BYTEA", "BLOB").Replace(text)
}

func judgeDirectory(err error) (rows.Verdict, app.Code) {
	e, ok := errors.AsType[sqlite3.Error](err)
	if !ok {
		return rows.Failed, app.CodeOf(coded(err))
	}
	switch {
	case e.Code == sqlite3.ErrBusy, e.Code == sqlite3.ErrLocked:
		return rows.Again, ""
	case e.ExtendedCode == sqlite3.ErrConstraintUnique, e.ExtendedCode == sqlite3.ErrConstraintPrimaryKey:
		return rows.Taken, ""
	case e.ExtendedCode == sqlite3.ErrConstraintForeignKey:
		return rows.Gone, ""
	}
	return rows.Failed, app.CodeOf(coded(err))
}
