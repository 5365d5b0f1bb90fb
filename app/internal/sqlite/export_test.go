package sqlite

// Counts returns the numbers of users, identities and sessions.
func Counts(db *DB) (users, identities, sessions int) {
	h, done, err := db.reading(background)
	if err != nil {
		return -1, -1, -1
	}
	defer done()
	err = h.reader.QueryRow("SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM identities), (SELECT count(*) FROM sessions)").
		Scan(&users, &identities, &sessions)
	if err != nil {
		return -1, -1, -1
	}
	return users, identities, sessions
}

// AddMigration makes the program one version newer until undo is called.
func AddMigration(text string) (undo func()) {
	before := migrations
	migrations = append(migrations[:len(migrations):len(migrations)], text)
	return func() { migrations = before }
}

// Migration is the text that makes version n.
func Migration(n int) string { return migrations[n-1] }

// Latest is the version that this program writes, AddMigration's included.
func Latest() int { return latest() }

// Statements are those of a migration's text.
func Statements(text string) []string { return statements(text) }

// CheckpointCommits is how many commits may stand in the WAL at most, about.
const CheckpointCommits = checkpointCommits

// CheckpointDelay is how long the WAL waits.
const CheckpointDelay = checkpointDelay

// CheckPragmas is what every start asserts.
func CheckPragmas(db *DB) error { return assert(background, db.h) }

// AssertAfter asserts it after a statement on the writer and the readers.
func AssertAfter(db *DB, statement string) error {
	db.h.reader.SetMaxOpenConns(1)
	if _, err := db.h.reader.Exec(statement); err != nil {
		return nil
	}
	if _, err := db.h.writer.conn.ExecContext(background, statement); err != nil {
		return nil
	}
	return assert(background, db.h)
}

// CountPendingSignUps returns the number of rows, used ones too.
func CountPendingSignUps(db *DB) (n int) {
	if err := db.h.reader.QueryRow("SELECT count(*) FROM pending_signups").Scan(&n); err != nil {
		return -1
	}
	return n
}
