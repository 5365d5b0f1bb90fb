package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"syscall"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/files"

	"github.com/mattn/go-sqlite3"
)

// unclear is a commit that failed without saying whether it is durable
// (docs/security.md#a-commit-may-lie). The connections were opened anew before it is returned, so
// reading now tells the truth.
type unclear struct{ err error }

func (u *unclear) Error() string { return "unclear commit: " + u.err.Error() }
func (u *unclear) Unwrap() error { return u.err }

func isUnclear(err error) bool {
	_, ok := errors.AsType[*unclear](err)
	return ok
}

// coded gives err its app.Code. SQLite's own codes decide; a message is read for
// nothing but the column of a violated UNIQUE, which has no code of its own.
func coded(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*app.Error](err); ok {
		return err
	}
	if errors.Is(err, sql.ErrNoRows) {
		return app.Fail(app.CodeNotFound, err)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	e, ok := errors.AsType[sqlite3.Error](err)
	if !ok {
		return app.Fail(fileCode(err), err)
	}
	switch e.Code {
	case sqlite3.ErrFull:
		return app.Fail(app.CodeDiskFull, err)
	case sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrProtocol:
		return app.Fail(app.CodeDatabaseBusy, err)
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB, sqlite3.ErrFormat:
		return app.Fail(app.CodeDatabaseDamaged, err)
	case sqlite3.ErrReadonly, sqlite3.ErrPerm:
		return app.Fail(app.CodeProfileUnwritable, err)
	case sqlite3.ErrCantOpen:
		switch e.SystemErrno {
		case syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM:
			return app.Fail(app.CodeInternal, err)
		}
		if files.Full(e.SystemErrno) {
			return app.Fail(app.CodeDiskFull, err)
		}
		return app.Fail(app.CodeProfileUnwritable, err)
	case sqlite3.ErrIoErr:
		switch e.ExtendedCode {
		case sqlite3.ErrIoErrRead, sqlite3.ErrIoErrShortRead:
			return app.Fail(app.CodeDatabaseDamaged, err)
		case sqlite3.ErrIoErrNoMem:
			return app.Fail(app.CodeInternal, err)
		}
		// A full disk in the shared-memory file has no SQLITE_FULL.
		if files.Full(e.SystemErrno) {
			return app.Fail(app.CodeDiskFull, err)
		}
		return app.Fail(app.CodeProfileUnwritable, err)
	case sqlite3.ErrConstraint:
		return constraint(e)
	}
	return app.Fail(app.CodeInternal, err)
}

// constraint maps a violated constraint by extended code and column.
func constraint(e sqlite3.Error) error {
	switch e.ExtendedCode {
	case sqlite3.ErrConstraintUnique, sqlite3.ErrConstraintPrimaryKey, sqlite3.ErrConstraintRowID:
		_, column, _ := strings.Cut(e.Error(), ": ")
		switch column {
		case "users.nick_key":
			return app.Fail(app.CodeNicknameTaken, e)
		case "users.nick_skeleton":
			return app.Fail(app.CodeNicknameLooksLike, e)
		case "identities.issuer, identities.subject":
			return app.Fail(app.CodeIdentityLinkedElsewhere, e)
		}
		return app.Fail(app.CodeConflict, e)
	case sqlite3.ErrConstraintForeignKey:
		return app.Fail(app.CodeNotFound, e)
	}
	return app.Fail(app.CodeInternal, e) // CHECK, NOT NULL: a caller of ours broke a rule
}

// fileCode is the code of an error of the file system itself.
func fileCode(err error) app.Code {
	switch {
	case files.Full(err):
		return app.CodeDiskFull
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return app.CodeInternal
	case files.Unusable(err):
		return app.CodeProfileUnwritable
	}
	return app.CodeInternal
}

// ioFailed reports whether the connection that met err is not to be used again.
func ioFailed(err error) bool {
	e, ok := errors.AsType[sqlite3.Error](err)
	return ok && e.Code == sqlite3.ErrIoErr
}

// refused reports whether a failed commit certainly wrote nothing.
func refused(err error) bool {
	e, ok := errors.AsType[sqlite3.Error](err)
	if !ok {
		return false
	}
	switch e.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrConstraint:
		return true
	}
	return false
}
