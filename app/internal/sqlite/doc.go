// Package sqlite is the database of a profile: users, identities, sessions,
// pending sign-ups, the security timeline, and what remembers the keys, the
// settings and the clock. *DB implements signin.Accounts, session.Store and
// keystore.Records.
//
// # Durability
//
// WAL with synchronous=FULL: an act that was answered survives power loss, for
// one fsync (docs/security.md#durable-by-default-is-not). Whatever else needs the disk waits until after the
// answer: the WAL is never checkpointed inside an act but by a goroutine of the
// DB once it has been quiet, so that a copy of the file alone has every account.
//
// A commit can fail and yet be durable (docs/security.md#a-commit-may-lie). After such a failure every
// connection is opened anew and the truth is read back; an act that turns out to
// have happened is answered as done, and every act may be repeated.
//
// # Files
//
// Beside munpae.db stand its -wal and -shm, and while a profile is made or
// restored munpae.db.new. All have mode 0600. A file that is damaged is never
// written, only renamed (SetAside).
//
// While a DB is open its process must not open the file by other means than
// SQLite: POSIX drops all locks of a process on a file when it closes any
// descriptor of it (https://www.sqlite.org/howtocorrupt.html, section 2.2).
package sqlite
