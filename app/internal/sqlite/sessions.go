package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"munpae.example/munpae/app/internal/app"
)

type nullTime = sql.NullInt64

// Session reads one session with its user and identity, ended or not;
// CodeNotFound if there is no such row.
func (db *DB) Session(ctx context.Context, id string) (app.SignedIn, error) {
	h, done, err := db.reading(ctx)
	if err != nil {
		return app.SignedIn{}, err
	}
	defer done()
	s, err := h.last.read(id)
	return s, coded(err)
}

// UnclaimedSession returns the newest session that was created at or after since, has
// not ended, and is either not claimed or claimed by an earlier launch alone, with
// no token of its pair seen since; CodeNotFound if there is none.
func (db *DB) UnclaimedSession(ctx context.Context, since time.Time, launch string) (app.SignedIn, error) {
	return db.signedIn(ctx, "unclaimed_session", millis(since), launch)
}

// UserSessions returns the user's live sessions, newest first.
func (db *DB) UserSessions(ctx context.Context, userID string) ([]app.SignedIn, error) {
	var all []app.SignedIn
	err := db.query(ctx, "user_sessions", []any{userID}, func(scan scan) error {
		s, err := scanSignedIn(scan)
		all = append(all, s)
		return err
	})
	return all, err
}

// SessionsHere returns the sessions that a window of this profile took, of every user:
// those that have not ended, newest first, then those that ended, the last to end
// first. Those that ended or were idle before since are left out.
func (db *DB) SessionsHere(ctx context.Context, since time.Time) ([]app.SignedIn, error) {
	var all []app.SignedIn
	err := db.query(ctx, "sessions_here", []any{millis(since)}, func(scan scan) error {
		s, err := scanSignedIn(scan)
		all = append(all, s)
		return err
	})
	return all, err
}

// ForgetEnded has SessionsHere leave out the user's ended sessions.
func (db *DB) ForgetEnded(ctx context.Context, userID string) error {
	err := db.repeat(ctx, "forget_ended", func(t *tx) error {
		_, err := t.exec("forget_ended_sessions", userID)
		return err
	})
	if err == nil {
		db.wrote(false)
	}
	return err
}

func (db *DB) signedIn(ctx context.Context, query string, args ...any) (app.SignedIn, error) {
	h, done, err := db.reading(ctx)
	if err != nil {
		return app.SignedIn{}, err
	}
	defer done()
	s, err := scanSignedIn(h.read[query].QueryRowContext(background, args...).Scan)
	return s, coded(err)
}

// scanSignedIn reads a row of the view signed_in.
func scanSignedIn(scan scan) (app.SignedIn, error) {
	var s app.SignedIn
	var rotated, created, confirmed, claimed, seen, idle, absolute, ended nullTime
	var userCreated, renamed, linked, identityConfirmed nullTime
	err := scan(
		&s.Session.ID, &s.Session.KeyID, &s.Session.Generation, &s.Session.CurrentJTI, &s.Session.PreviousJTI, &rotated,
		&s.Session.RotatedLaunch, &s.Session.Reissues, &created, &confirmed, &claimed, &seen, &idle, &absolute, &ended, &s.Session.EndReason,
		&s.User.ID, &s.User.Nickname, &userCreated, &renamed,
		&s.Identity.ID, &s.Identity.Key.Issuer, &s.Identity.Key.Subject, &s.Identity.Provider, &s.Identity.Login, &s.Identity.Nickname,
		&s.Identity.Name, &s.Identity.Email, &s.Identity.EmailVerified, &s.Identity.Notice, &linked, &identityConfirmed,
	)
	if err != nil {
		return app.SignedIn{}, err
	}
	s.Session.UserID, s.Session.IdentityID = s.User.ID, s.Identity.ID
	if s.Identity.ID != "" { // else a recovery code opened it
		s.Identity.UserID = s.User.ID
	}
	s.Session.RotatedAt, s.Session.CreatedAt, s.Session.ConfirmedAt = moment(rotated), moment(created), moment(confirmed)
	s.Session.ClaimedAt, s.Session.SeenAt = moment(claimed), moment(seen)
	s.Session.IdleUntil, s.Session.AbsoluteEnd, s.Session.EndedAt = moment(idle), moment(absolute), moment(ended)
	s.User.CreatedAt, s.User.RenamedAt = moment(userCreated), moment(renamed)
	s.Identity.LinkedAt, s.Identity.ConfirmedAt = moment(linked), moment(identityConfirmed)
	return s, nil
}

// storedSession is s with the precision of the database.
func storedSession(s app.Session) app.Session {
	for _, t := range []*time.Time{
		&s.RotatedAt, &s.CreatedAt, &s.ConfirmedAt, &s.ClaimedAt, &s.SeenAt, &s.IdleUntil, &s.AbsoluteEnd, &s.EndedAt,
	} {
		*t = stored(*t)
	}
	return s
}

// UpdateSession runs decide on the current row while holding the write lock and
// writes what it returns, if the row still has the generation that decide saw
// and has not ended; ID, user, identity and creation never change. With
// changed=false nothing is written. The error of decide is returned in either
// case, after the commit if there was one. CodeNotFound if there is no such row,
// CodeConflict if an ended session was to be changed.
func (db *DB) UpdateSession(
	ctx context.Context, id string, decide func(app.SignedIn) (next app.Session, changed bool, err error),
) (app.SignedIn, error) {
	var result app.SignedIn
	var verdict error
	unchanged := errors.New("unchanged")
	err := db.write(ctx, "update_session", func(t *tx) error {
		current, err := t.session(id)
		if err != nil {
			return err
		}
		next, changed, err := decide(current)
		result, verdict = current, err
		if !changed {
			return unchanged
		}
		next.ID, next.UserID, next.IdentityID = current.Session.ID, current.Session.UserID, current.Session.IdentityID
		next.CreatedAt = current.Session.CreatedAt
		next = storedSession(next)
		n, err := t.exec("update_session", id, current.Session.Generation,
			next.KeyID, next.Generation, next.CurrentJTI, next.PreviousJTI, millis(next.RotatedAt), next.RotatedLaunch, next.Reissues,
			millis(next.ConfirmedAt), millis(next.ClaimedAt), millis(next.SeenAt), millis(next.IdleUntil), millis(next.AbsoluteEnd),
			millis(next.EndedAt), string(next.EndReason))
		if err != nil {
			return err
		}
		if n != 1 {
			return app.Fail(app.CodeConflict, fmt.Errorf("session ended or moved on: %d rows", n))
		}
		if !next.EndedAt.IsZero() {
			if err := t.event(next.UserID, next.EndedAt, eventSessionEnded, string(next.EndReason)); err != nil {
				return err
			}
		}
		result.Session = next
		return nil
	})
	switch {
	case errors.Is(err, unchanged):
		return result, verdict
	case isUnclear(err):
		if now, readErr := db.Session(background, id); readErr != nil || now.Session != result.Session {
			return app.SignedIn{}, err
		}
	case err != nil:
		return app.SignedIn{}, err
	}
	db.wrote(false)
	return result, verdict
}

func (t *tx) session(id string) (app.SignedIn, error) {
	var s app.SignedIn
	found := false
	err := t.rows("session", []any{id}, func(scan scan) (err error) {
		found = true
		s, err = scanSignedIn(scan)
		return err
	})
	if err == nil && !found {
		err = sql.ErrNoRows
	}
	return s, err
}

// EndSessions ends every live session that which selects, adds an event for
// each, and returns how many there were.
func (db *DB) EndSessions(ctx context.Context, which app.SessionSelection, why app.EndReason, at time.Time) (int, error) {
	n := 0
	err := db.repeat(ctx, "end_sessions", func(t *tx) error {
		var ended int
		var err error
		// Three statements, so that the usual selections each use an index.
		switch {
		case which.ID != "":
			ended, err = t.endSessions("end_session", why, at, which.ID, which.UserID, which.ExceptID, which.OtherThanKeyID)
		case which.UserID != "":
			ended, err = t.endSessions("end_sessions_of_user", why, at, which.UserID, which.ExceptID, which.OtherThanKeyID)
		default:
			ended, err = t.endSessions("end_all_sessions", why, at, which.ExceptID, which.OtherThanKeyID)
		}
		n = max(n, ended) // done a second time it finds none
		return err
	})
	if err != nil {
		return 0, err
	}
	db.wrote(false)
	return n, nil
}

// endSessions runs a statement that ends sessions, whose last two parameters are
// time and reason and which returns the ID and user of each, and adds the events.
func (t *tx) endSessions(query string, why app.EndReason, at time.Time, args ...any) (int, error) {
	var users []string
	err := t.rows(query, append(args, millis(at), string(why)), func(scan scan) error {
		var id, user string
		err := scan(&id, &user)
		users = append(users, user)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, user := range users {
		if err := t.event(user, at, eventSessionEnded, string(why)); err != nil {
			return 0, err
		}
	}
	return len(users), nil
}

// event adds a line to the timeline of user, which may be empty.
func (t *tx) event(user string, at time.Time, kind, detail string) error {
	_, err := t.exec("insert_event", user, millis(at), kind, detail)
	return err
}

// ClockMark returns the highest wall clock time that was stored and the last
// anchor, each zero if there is none.
func (db *DB) ClockMark(ctx context.Context) (mark, anchor time.Time, err error) {
	var m, a nullTime
	err = db.queryRow(ctx, "clock_mark", nil, &m, &a)
	if app.CodeOf(err) == app.CodeNotFound {
		return time.Time{}, time.Time{}, nil
	}
	return moment(m), moment(a), err
}

// SetClockMark raises the mark, or with an anchor moves it there, even backwards.
func (db *DB) SetClockMark(ctx context.Context, mark, anchor time.Time) error {
	err := db.repeat(ctx, "set_clock_mark", func(t *tx) error {
		_, err := t.exec("set_clock_mark", millis(mark), millis(anchor))
		return err
	})
	if err == nil {
		db.wrote(false)
	}
	return err
}
