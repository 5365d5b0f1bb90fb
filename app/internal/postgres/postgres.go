// Package postgres is the directory's engine on PostgreSQL 15 and newer, or on any
// database that speaks its wire protocol: pgx behind database/sql. The statements
// are those of package rows; here stands how a server is reached, which of several
// is believed, and what its errors mean.
package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory/rows"
)

const (
	connectTimeout = 3 * time.Second
	maxConnections = 20
	idleFor        = 5 * time.Minute
	// migrationLock is the advisory lock that replicas share: any number will do, as
	// long as nothing else in the database uses it.
	migrationLock = 0x6d756e706165 // "munpae"
)

// Open prepares a pool for the servers that dsn names (a postgres:// address; several
// hosts are tried in order). It asks nobody yet. CodeSettingsInvalid if dsn can't be
// read; its text, which may hold a password, is in no error.
func Open(dsn string) (rows.Engine, error) {
	conf, err := pgx.ParseConfig(dsn)
	if err != nil {
		return rows.Engine{}, app.Fail(app.CodeSettingsInvalid, errors.New("postgres: not a connection string"),
			"name", "MUNPAE_DIRECTORY_DATABASE", "reason", "not a postgres:// address that can be read")
	}
	if !strings.Contains(dsn, "connect_timeout") {
		conf.ConnectTimeout = connectTimeout
	}
	for name, value := range map[string]string{
		"application_name": "munpae-directory",
		// What was acknowledged is on the disk, and on the synchronous standby where
		// there is one, whatever the database's own default says. There is no
		// statement_timeout: it would end the wait for the standby with a success.
		"synchronous_commit":                  "on",
		"lock_timeout":                        "5s",
		"idle_in_transaction_session_timeout": "30s",
	} {
		if _, set := conf.RuntimeParams[name]; !set {
			conf.RuntimeParams[name] = value
		}
	}
	newest := &timeline{}
	conf.ValidateConnect = newest.validate
	db := stdlib.OpenDB(*conf, stdlib.OptionResetSession(newest.recheck))
	db.SetMaxOpenConns(maxConnections)
	db.SetMaxIdleConns(maxConnections)
	db.SetConnMaxIdleTime(idleFor)
	return rows.Engine{
		Name: "postgres", Write: db, Read: db, Dialect: dialect, Judge: judge, Serializable: true,
		Loose: "SET LOCAL synchronous_commit = off",
		Lock:  "SELECT pg_advisory_xact_lock(" + strconv.Itoa(migrationLock) + ")",
	}, nil
}

// timeline is the newest timeline of any primary that was seen. A promotion begins a
// new one, so a server on an older one is a primary of before a failover, whose rows
// are not to be believed any more.
type timeline struct{ newest atomic.Int64 }

const timelineKey = "timeline"

// validate takes a connection only to a server that can be written to and is no
// primary of the past.
func (t *timeline) validate(ctx context.Context, c *pgconn.PgConn) error {
	if err := pgconn.ValidateConnectTargetSessionAttrsReadWrite(ctx, c); err != nil {
		return err
	}
	result, err := c.Exec(ctx, "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)").ReadAll()
	if err != nil || len(result) != 1 || len(result[0].Rows) != 1 {
		return nil // another engine that speaks the protocol: it looks after this itself
	}
	n, err := strconv.ParseInt(string(result[0].Rows[0][0]), 16, 64)
	if err != nil {
		return nil
	}
	c.CustomData()[timelineKey] = n
	for {
		newest := t.newest.Load()
		if n < newest {
			return fmt.Errorf("postgres: this primary is on timeline %d, and %d was seen", n, newest)
		}
		if n == newest || t.newest.CompareAndSwap(newest, n) {
			return nil
		}
	}
}

// recheck drops a pooled connection to a primary of the past. It asks nobody.
func (t *timeline) recheck(_ context.Context, c *pgx.Conn) error {
	if n, ok := c.PgConn().CustomData()[timelineKey].(int64); ok && n < t.newest.Load() {
		return driver.ErrBadConn
	}
	return nil
}

// dialect writes rows' schema in PostgreSQL's words. Text is compared byte by byte,
// so that no update of the system's collations can turn two names into one or spoil
// a unique index.
func dialect(text string) string {
	if !strings.Contains(text, "CREATE TABLE") {
		return text
	}
	return strings.NewReplacer(
		"NUMBERED", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", ") STRICT", ")", " TEXT ", ` TEXT COLLATE "C" `,
	).Replace(text)
}

// judge reads SQLSTATE (PostgreSQL documentation, appendix A).
func judge(err error) (rows.Verdict, app.Code) {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch code := refused.Code; {
		case code == "40001", code == "40P01", code == "55P03": // serialisation, deadlock, lock_timeout
			return rows.Again, ""
		case code == "23505":
			return rows.Taken, ""
		case code == "23503":
			return rows.Gone, ""
		case code == "53100":
			return rows.Failed, app.CodeDiskFull
		case code == "25006", // read-only: a standby, or a primary that was demoted
			code == "53300", // too many connections
			strings.HasPrefix(code, "57P"), strings.HasPrefix(code, "08"):
			return rows.Lost, ""
		case strings.HasPrefix(code, "28"), code == "3D000", code == "42501": // who we are, and what we may
			return rows.Failed, app.CodeDirectoryUnavailable
		case strings.HasPrefix(code, "XX"):
			return rows.Failed, app.CodeDatabaseDamaged
		}
		return rows.Failed, app.CodeInternal
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		if _, ok := errors.AsType[*pgconn.ConnectError](err); !ok {
			return rows.Failed, app.CodeDirectoryUnavailable
		}
	}
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return rows.Lost, ""
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return rows.Lost, ""
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return rows.Lost, ""
	}
	if strings.Contains(err.Error(), "conn closed") { // pgx has no value for it
		return rows.Lost, ""
	}
	return rows.Failed, app.CodeInternal
}
