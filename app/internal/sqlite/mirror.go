package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// Mirror stores what a directory said about its user: the person with these
// nickname keys, all their identities, and, where session is not zero, a session here
// of theirs, confirmed by the identity of the profile's key (by a recovery code if that is
// empty), with its grant: one transaction. What the directory no longer knows of the user is deleted. It returns
// the session as it is now, if it was stored.
func (db *DB) Mirror(ctx context.Context, u app.User, n app.Nickname, identities []app.Identity, by app.IdentityKey, s app.Session, g app.Grant) (app.SignedIn, error) {
	var in app.SignedIn
	err := db.repeat(ctx, "mirror", func(t *tx) error {
		if _, err := t.exec("vacate_nickname", n.Key, n.Skeleton, u.ID); err != nil {
			return err
		}
		if _, err := t.exec("mirror_user", u.ID, n.Text, n.Key, n.Skeleton, n.Version, millis(u.CreatedAt), millis(u.RenamedAt)); err != nil {
			return err
		}
		confirmedBy, err := t.mirrorIdentities(u.ID, identities, by)
		if err != nil || s.ID == "" {
			return err
		}
		if in, err = t.session(s.ID); errors.Is(err, sql.ErrNoRows) {
			if _, err := t.endSessions("end_unclaimed", app.EndReplaced, s.CreatedAt, u.ID, s.RotatedLaunch); err != nil {
				return err
			}
			s.UserID, s.IdentityID = u.ID, confirmedBy
			event := eventSignedIn
			if by == (app.IdentityKey{}) {
				s.IdentityID, event = "", eventCodeUsed
			}
			if err := t.insertSession(s); err != nil {
				return err
			}
			if err := t.event(u.ID, s.CreatedAt, event, ""); err != nil {
				return err
			}
		} else if err != nil {
			return err
		}
		if _, err := t.exec("save_grant", s.ID, g.RemoteID, g.Sealed, millis(g.ContactAt)); err != nil {
			return err
		}
		in, err = t.session(s.ID)
		return err
	})
	if err != nil {
		return app.SignedIn{}, err
	}
	db.wrote(true)
	return in, nil
}

// mirrorIdentities makes the user's identities those that are listed, and returns
// the ID of the one with the key by, or of any.
func (t *tx) mirrorIdentities(userID string, identities []app.Identity, by app.IdentityKey) (string, error) {
	confirmedBy, keep := "", ""
	listed := map[string]bool{}
	for _, i := range identities {
		var owner app.User
		var id string
		var linked, created, renamed nullTime
		err := t.row("identity_by_key", []any{i.Key.Issuer, i.Key.Subject}, &id, &linked, &owner.ID, &owner.Nickname, &created, &renamed)
		switch {
		case err == nil && owner.ID != userID: // it changed hands there
			if _, err := t.exec("delete_user", owner.ID); err != nil {
				return "", err
			}
			fallthrough
		case errors.Is(err, sql.ErrNoRows):
			_, err = t.exec("insert_identity", i.ID, userID, i.Key.Issuer, i.Key.Subject, i.Provider, i.Login, i.Profile.Nickname, i.Name, i.Email, i.EmailVerified,
				string(i.Notice), millis(i.LinkedAt), millis(i.ConfirmedAt))
			id = i.ID
		case err == nil:
			err = t.confirm(i)
		}
		if err != nil {
			return "", err
		}
		listed[id], keep = true, id
		if i.Key == by {
			confirmedBy = id
		}
	}
	if keep == "" {
		return "", app.Fail(app.CodeInternal, errors.New("a user without an identity"))
	}
	var gone []string
	err := t.rows("identities", []any{userID}, func(scan scan) error {
		var i app.Identity
		var linked, confirmed nullTime
		err := scan(&i.ID, &i.UserID, &i.Key.Issuer, &i.Key.Subject, &i.Provider, &i.Login, &i.Nickname, &i.Name, &i.Email, &i.EmailVerified,
			&i.Notice, &linked, &confirmed)
		if !listed[i.ID] {
			gone = append(gone, i.ID)
		}
		return err
	})
	for _, id := range gone {
		if err == nil {
			_, err = t.exec("move_sessions_to_identity", userID, id, keep)
		}
		if err == nil {
			_, err = t.exec("delete_identity", userID, id)
		}
	}
	if confirmedBy == "" {
		confirmedBy = keep
	}
	return confirmedBy, err
}

// AdoptSession makes a session that a recovery code opened the identity's, as LinkIdentity
// does where there is no directory; any other stays whose it is.
func (db *DB) AdoptSession(ctx context.Context, userID, sessionID, identityID string, at time.Time) error {
	err := db.repeat(ctx, "adopt_session", func(t *tx) error {
		_, err := t.exec("adopt_session", sessionID, userID, identityID, millis(at))
		return err
	})
	if err == nil {
		db.wrote(false)
	}
	return err
}

// SaveGrant stores a session's new refresh token and when it was given.
func (db *DB) SaveGrant(ctx context.Context, g app.Grant) error {
	err := db.repeat(ctx, "save_grant", func(t *tx) error {
		_, err := t.exec("save_grant", g.SessionID, g.RemoteID, g.Sealed, millis(g.ContactAt))
		return err
	})
	if err == nil {
		db.wrote(false)
	}
	return err
}

// Grants returns those of live sessions, the newest session's first.
func (db *DB) Grants(ctx context.Context) ([]app.Grant, error) {
	var all []app.Grant
	err := db.query(ctx, "grants", nil, func(scan scan) error {
		var g app.Grant
		var contact nullTime
		err := scan(&g.SessionID, &g.UserID, &g.RemoteID, &g.Sealed, &contact)
		g.ContactAt = moment(contact)
		all = append(all, g)
		return err
	})
	return all, err
}

// EndAndTell ends a session and, in the same transaction, puts into the outbox that
// the directory has to be told. Ending an ended or unknown one is no error.
func (db *DB) EndAndTell(ctx context.Context, sessionID string, why app.EndReason, at time.Time) error {
	err := db.repeat(ctx, "end_and_tell", func(t *tx) error {
		if _, err := t.exec("grant_to_outbox", sessionID, millis(at)); err != nil {
			return err
		}
		if _, err := t.exec("delete_grant", sessionID); err != nil {
			return err
		}
		_, err := t.endSessions("end_session", why, at, sessionID, "", "", "")
		return err
	})
	if err == nil {
		db.wrote(false)
	}
	return err
}

// TellOfEnded puts into the outbox what ended here by itself: a session that nobody
// claimed and a newer one replaced, one whose pair was used by two.
func (db *DB) TellOfEnded(ctx context.Context) error {
	return db.repeat(ctx, "tell_of_ended", func(t *tx) error {
		if _, err := t.exec("ended_grants_to_outbox"); err != nil {
			return err
		}
		_, err := t.exec("delete_ended_grants")
		return err
	})
}

// Outbox returns the sessions of whose end the directory has to be told, by their
// sealed refresh tokens.
func (db *DB) Outbox(ctx context.Context) ([]app.Grant, error) {
	var all []app.Grant
	err := db.query(ctx, "outbox", nil, func(scan scan) error {
		var g app.Grant
		var ended nullTime
		err := scan(&g.SessionID, &g.Sealed, &ended)
		all = append(all, g)
		return err
	})
	return all, err
}

// Told takes a session out of the outbox.
func (db *DB) Told(ctx context.Context, sessionID string) error {
	return db.repeat(ctx, "told", func(t *tx) error {
		_, err := t.exec("delete_from_outbox", sessionID)
		return err
	})
}

// settingDirectory is the directory that the people in the file belong to.
const settingDirectory = "directory"

// Move makes the people in the file those of the directory to (empty: of none). Those
// who are there are kept apart, those that it had there come back, and every session
// ends, in one transaction. moved reports whether it was another's with people in it.
func (db *DB) Move(ctx context.Context, to string, now time.Time) (moved bool, err error) {
	from, err := db.Setting(ctx, settingDirectory)
	if err != nil && app.CodeOf(err) != app.CodeNotFound {
		return false, err
	}
	if from == to {
		return false, nil
	}
	var people bool
	if err := db.queryRow(ctx, "any_user", nil, &people); err != nil {
		return false, err
	}
	err = db.repeat(ctx, "move", func(t *tx) error {
		var belongs string
		if err := t.row("setting", []any{settingDirectory}, &belongs); err == nil && belongs == to {
			return nil // done, whatever the commit said
		} else if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		for _, step := range []struct {
			name string
			args []any
		}{
			{"grants_to_outbox", []any{millis(now)}},
			{"users_to_elsewhere", []any{from}},
			{"identities_to_elsewhere", []any{from}},
			{"recovery_codes_to_elsewhere", []any{from}},
			{"delete_pending_signups", nil},
			{"delete_sessions", nil}, // before the identities that confirmed them
			{"delete_users", nil},
			{"users_from_elsewhere", []any{to}},
			{"identities_from_elsewhere", []any{to}},
			{"hold_merged_names", []any{millis(now)}},
			{"recovery_codes_from_elsewhere", []any{to}},
			{"forget_users_elsewhere", []any{to}},
			{"forget_identities_elsewhere", []any{to}},
			{"forget_recovery_codes_elsewhere", []any{to}},
			{"set_setting", []any{settingDirectory, to}},
		} {
			if _, err := t.exec(step.name, step.args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	db.wrote(true)
	return people, nil
}

// NicknameElsewhere returns the nickname that the identity's owner has where the
// profile belonged before; CodeNotFound.
func (db *DB) NicknameElsewhere(ctx context.Context, k app.IdentityKey) (string, error) {
	var nick string
	err := db.queryRow(ctx, "nickname_elsewhere", []any{k.Issuer, k.Subject}, &nick)
	return nick, err
}
