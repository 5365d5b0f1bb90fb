package session

import (
	"context"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// Store is the part of the database that sessions need; package sqlite
// implements it. Every method is one transaction.
type Store interface {
	// Session reads one session with its user and identity: one indexed read.
	// app.CodeNotFound if there is no such row; an ended session is returned.
	Session(ctx context.Context, id string) (app.SignedIn, error)
	// UpdateSession runs decide on the current row under BEGIN IMMEDIATE and writes
	// what it returns with a compare-and-swap on the generation (exactly one row,
	// still not ended). When decide returns an error together with changed=true the
	// row is still written (a session ended for reuse) and the error is returned;
	// with changed=false nothing is written.
	UpdateSession(ctx context.Context, id string, decide func(app.SignedIn) (next app.Session, changed bool, err error)) (app.SignedIn, error)
	// EndSessions ends every live session that which selects and adds an event for
	// each. It returns how many. CodeNotFound is never returned.
	EndSessions(ctx context.Context, which app.SessionSelection, why app.EndReason, at time.Time) (int, error)
	// UnclaimedSession returns the newest session that launch may claim (see claim) and
	// that was created at or after since; app.CodeNotFound if there is none.
	UnclaimedSession(ctx context.Context, since time.Time, launch string) (app.SignedIn, error)
	// ClockMark returns the highest wall clock time that was stored, zero if none,
	// and the time a provider's answer anchored last, zero if none.
	ClockMark(ctx context.Context) (mark, anchor time.Time, err error)
	// SetClockMark stores it. With anchor set, the mark is moved to it even backwards.
	SetClockMark(ctx context.Context, mark, anchor time.Time) error
}
