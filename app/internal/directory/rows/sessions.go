package rows

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// Session reads one session with its user and identity, ended or not: one indexed
// read. CodeNotFound.
func (db *DB) Session(ctx context.Context, id string) (app.SignedIn, error) {
	var in app.SignedIn
	err := db.read(ctx, func(q query) (err error) {
		in, err = scanSignedIn(q.QueryRowContext(ctx, db.text["session"], id).Scan)
		return err
	})
	return in, err
}

// scanSignedIn reads a row of signedInColumns.
func scanSignedIn(scan func(...any) error) (app.SignedIn, error) {
	var s app.SignedIn
	var verified, byCode int
	var rotated, created, confirmed, seen, idle, absolute, ended sql.NullInt64
	var userCreated, renamed, linked, identityConfirmed sql.NullInt64
	err := scan(
		&s.Session.ID, &s.Session.KeyID, &s.Session.Generation, &s.Session.CurrentJTI, &s.Session.PreviousJTI, &rotated, &s.Session.Reissues,
		&created, &confirmed, &seen, &idle, &absolute, &ended, &s.Session.EndReason, &s.Session.Device.Name, &s.Session.Device.Platform, &byCode,
		&s.User.ID, &s.User.Nickname, &userCreated, &renamed,
		&s.Identity.ID, &s.Identity.Key.Issuer, &s.Identity.Key.Subject, &s.Identity.Provider, &s.Identity.Login, &s.Identity.Profile.Nickname,
		&s.Identity.Name, &s.Identity.Email, &verified, &s.Identity.Notice, &linked, &identityConfirmed,
	)
	if err != nil {
		return app.SignedIn{}, err
	}
	s.Identity.EmailVerified, s.Identity.LinkedAt, s.Identity.ConfirmedAt = verified != 0, moment(linked), moment(identityConfirmed)
	if byCode != 0 { // no identity confirmed it: the row's is there for the foreign key
		s.Identity = app.Identity{}
	}
	s.Session.UserID, s.Session.IdentityID, s.Identity.UserID = s.User.ID, s.Identity.ID, s.User.ID
	s.Session.RotatedAt, s.Session.CreatedAt, s.Session.ConfirmedAt = moment(rotated), moment(created), moment(confirmed)
	// Whoever made it got the pair in the same answer.
	s.Session.ClaimedAt, s.Session.SeenAt = moment(created), moment(seen)
	s.Session.IdleUntil, s.Session.AbsoluteEnd, s.Session.EndedAt = moment(idle), moment(absolute), moment(ended)
	s.User.CreatedAt, s.User.RenamedAt = moment(userCreated), moment(renamed)
	return s, nil
}

// storedSession is s as the database would return it.
func storedSession(s app.Session) app.Session {
	s.ClaimedAt, s.RotatedLaunch = s.CreatedAt, ""
	for _, t := range []*time.Time{
		&s.RotatedAt, &s.CreatedAt, &s.ConfirmedAt, &s.ClaimedAt, &s.SeenAt, &s.IdleUntil, &s.AbsoluteEnd, &s.EndedAt,
	} {
		*t = stored(*t)
	}
	return s
}

// insertSession stores s; byCode says that a recovery code opened it.
func (t *tx) insertSession(s app.Session, byCode bool) error {
	return t.exec("insert_session", s.ID, s.UserID, s.IdentityID, s.KeyID, s.Generation, s.CurrentJTI, s.PreviousJTI, millis(s.RotatedAt), s.Reissues,
		millis(s.CreatedAt), millis(s.ConfirmedAt), millis(s.SeenAt), millis(s.IdleUntil), millis(s.AbsoluteEnd), millis(s.EndedAt), string(s.EndReason),
		s.Device.Name, s.Device.Platform, number(byCode))
}

// UpdateSession runs decide on the current row and writes what it returns if the
// row is still the one that decide saw; else decide is asked again. With
// changed=false nothing is written. The error of decide is returned in either case,
// after the commit if there was one. CodeNotFound if there is no such row.
func (db *DB) UpdateSession(ctx context.Context, id string, decide func(app.SignedIn) (next app.Session, changed bool, err error)) (app.SignedIn, error) {
	var result app.SignedIn
	var verdict error
	err := db.write(ctx, func(t *tx) error {
		current, err := scanSignedIn(t.row("session", id).Scan)
		if err != nil {
			return err
		}
		next, changed, err := decide(current)
		result, verdict = current, err
		if !changed {
			return nil
		}
		next = storedSession(next)
		n, err := t.changed("update_session", next.KeyID, next.Generation, next.CurrentJTI, next.PreviousJTI, millis(next.RotatedAt), next.Reissues,
			millis(next.SeenAt), millis(next.IdleUntil), millis(next.EndedAt), string(next.EndReason),
			id, current.Session.Generation, current.Session.Reissues)
		if err != nil {
			return err
		}
		if n != 1 {
			return errMoved
		}
		if !next.EndedAt.IsZero() {
			if err := t.event(current.User.ID, next.EndedAt, eventSessionEnded, string(next.EndReason)); err != nil {
				return err
			}
		}
		result.Session = next
		return nil
	})
	if err != nil {
		return app.SignedIn{}, err
	}
	return result, verdict
}

// EndSessions ends the live session that which names by ID, or all of its user but
// one, with an event for each, and returns how many there were. CodeInternal for any
// other selection.
func (db *DB) EndSessions(ctx context.Context, which app.SessionSelection, why app.EndReason, at time.Time) (int, error) {
	n := 0
	err := db.write(ctx, func(t *tx) error {
		var err error
		switch {
		case which == app.SessionSelection{ID: which.ID} && which.ID != "":
			n, err = t.endBy("end_session", at, why, millis(at), string(why), which.ID)
		case which.ID == "" && which.OtherThanKeyID == "" && which.UserID != "":
			n, err = t.endBy("end_sessions", at, why, millis(at), string(why), which.UserID, which.ExceptID)
		default:
			err = app.Fail(app.CodeInternal, errors.New("rows: a selection without a statement"))
		}
		return err
	})
	return n, err
}

func (t *tx) endSessions(why app.EndReason, at time.Time, userID, except string) error {
	_, err := t.endBy("end_sessions", at, why, millis(at), string(why), userID, except)
	return err
}

func (t *tx) endBy(name string, at time.Time, why app.EndReason, args ...any) (int, error) {
	var users []string
	err := list(t.ctx, t.sql, t.db.text[name], args, func(scan func(...any) error) error {
		var user string
		err := scan(&user)
		users = append(users, user)
		return err
	})
	for _, user := range users {
		if err == nil {
			err = t.event(user, at, eventSessionEnded, string(why))
		}
	}
	return len(users), err
}

// EndSession ends one session of the user; ending an ended one is no error.
// CodeNotFound if it is not theirs.
func (db *DB) EndSession(ctx context.Context, userID, id string, why app.EndReason, at time.Time) error {
	return db.write(ctx, func(t *tx) error {
		in, err := scanSignedIn(t.row("session", id).Scan)
		if err != nil {
			return err
		}
		if in.User.ID != userID {
			return sql.ErrNoRows
		}
		_, err = t.endBy("end_session", at, why, millis(at), string(why), id)
		return err
	})
}

// UserSessions returns up to limit of the user's live sessions at now in the order
// of their IDs, those after the ID after.
func (db *DB) UserSessions(ctx context.Context, userID, after string, limit int, now time.Time) ([]app.SignedIn, error) {
	var all []app.SignedIn
	err := db.read(ctx, func(q query) error {
		all = nil
		return list(ctx, q, db.text["user_sessions"], []any{userID, millis(now), after, limit}, func(scan func(...any) error) error {
			s, err := scanSignedIn(scan)
			all = append(all, s)
			return err
		})
	})
	return all, err
}

// UnclaimedSession is part of session.Store: the wire knows no unclaimed sessions.
func (db *DB) UnclaimedSession(context.Context, time.Time, string) (app.SignedIn, error) {
	return app.SignedIn{}, app.Fail(app.CodeNotFound, nil)
}

// ClockMark is part of session.Store: replicas have clocks of their own, so the
// high-water mark is each process's, and rows carry the times that all must respect.
func (db *DB) ClockMark(context.Context) (mark, anchor time.Time, err error) {
	return time.Time{}, time.Time{}, nil
}

// SetClockMark is part of session.Store; see ClockMark.
func (db *DB) SetClockMark(context.Context, time.Time, time.Time) error { return nil }
