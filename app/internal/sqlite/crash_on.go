//go:build crashtest && unix

package sqlite

import (
	"os"
	"syscall"

	"github.com/mattn/go-sqlite3"
)

// point is the named crash point act.statement.side (docs/security.md#how-faults-are-made). Every
// statement of this package passes one before and one after itself. Environment:
//
//	CRASH_AT=name    the process kills itself there
//	FAIL_AT=name     the statement fails there as if fsync had answered EIO, once
//	CRASH_LIST=file  every point that is passed is appended to the file
func point(act, statement, side string) error {
	name := act + "." + statement + "." + side
	if path := os.Getenv("CRASH_LIST"); path != "" {
		if f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
			_, _ = f.WriteString(name + "\n")
			_ = f.Close()
		}
	}
	switch name {
	case os.Getenv("CRASH_AT"):
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case os.Getenv("FAIL_AT"):
		_ = os.Unsetenv("FAIL_AT")
		return sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErrFsync}
	}
	return nil
}
