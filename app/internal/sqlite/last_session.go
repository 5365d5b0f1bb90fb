package sqlite

import (
	"sync"

	"munpae.example/munpae/app/internal/app"
)

// lastSession reads one session again and again, as the window's every request
// asks. It asks SQLite whether anybody, in this process or another, has committed
// anything since the last read (PRAGMA data_version), and only then reads the row.
type lastSession struct {
	mu      sync.Mutex // guards all below
	conn    *connection
	version int64
	row     app.SignedIn // of version; without an ID, none
}

func openLastSession(opt Options) (*lastSession, error) {
	c, err := openConnection(dsn(opt, "rw", "_query_only=1"), map[string]string{
		"session":      queries["session"],
		"data_version": "PRAGMA data_version",
	})
	if err != nil {
		return nil, err
	}
	return &lastSession{conn: c}, nil
}

// read returns the row of that session; sql.ErrNoRows if there is none.
func (l *lastSession) read(id string) (app.SignedIn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// Asked for before the row: a commit in between makes the next read another one.
	var version int64
	if err := l.conn.row("data_version", nil, &version); err != nil {
		return app.SignedIn{}, err
	}
	if version == l.version && l.row.Session.ID == id && id != "" {
		return l.row, nil
	}
	row, err := scanSignedIn(func(dest ...any) error { return l.conn.row("session", []any{id}, dest...) })
	if err != nil {
		return app.SignedIn{}, err
	}
	l.version, l.row = version, row
	return row, nil
}

func (l *lastSession) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn.close()
}
