package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// The kinds of events that this package writes.
const (
	eventSignedUp         = "signed_up"
	eventSignedIn         = "signed_in"
	eventSessionEnded     = "session_ended"
	eventRenamed          = "renamed"
	eventIdentityLinked   = "identity_linked"
	eventIdentityUnlinked = "identity_unlinked"
	eventAccountDeleted   = "account_deleted"
)

// SignIn records that the identity of p was confirmed at s.ConfirmedAt, inserts s
// for its user, ends that user's unclaimed sessions and drops the identity's
// pending sign-up. Repeated with the same s.ID it answers the same and writes no
// second session. CodeNotFound if no user has the identity: nothing is written.
func (db *DB) SignIn(ctx context.Context, p app.Profile, s app.Session) (app.SignedIn, error) {
	var result app.SignedIn
	err := db.write(ctx, "signin", func(t *tx) (err error) {
		result, err = t.signIn(p, s)
		return err
	})
	return db.settled(result, s.ID, err)
}

// SignUp turns a pending sign-up into user, identity and session, all or none.
// If the identity of p already has a user, because an earlier failure was no
// failure or another attempt was faster, that user is signed in and their
// nickname stands. CodeSignUpExpired if the pending sign-up is gone, too old at
// s.CreatedAt, or of another identity; CodeNicknameTaken, CodeNicknameLooksLike.
//
// A pending sign-up whose identity has a user counts for nothing; its row is
// deleted after the answer, which spares the act a page.
func (db *DB) SignUp(ctx context.Context, pendingID string, p app.Profile, n app.Nickname, s app.Session) (app.SignedIn, error) {
	var result app.SignedIn
	err := db.write(ctx, "signup", func(t *tx) (err error) {
		result, err = t.signIn(p, s)
		if err == nil || !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		var ticket string
		var expires nullTime
		err = t.row("pending_signup_of_identity", []any{p.Key.Issuer, p.Key.Subject}, &ticket, &expires)
		if errors.Is(err, sql.ErrNoRows) {
			return app.Fail(app.CodeSignUpExpired, nil)
		} else if err != nil {
			return err
		}
		if ticket != pendingID || !moment(expires).After(s.CreatedAt) {
			return app.Fail(app.CodeSignUpExpired, nil)
		}
		if err := t.nicknameFree(db, n, "", s.CreatedAt); err != nil {
			return err
		}
		user := app.User{Nickname: n.Text, CreatedAt: stored(s.CreatedAt)}
		if user.ID, err = randomID(db.opt.Random); err != nil {
			return err
		}
		if _, err := t.exec("insert_user", user.ID, n.Text, n.Key, n.Skeleton, n.Version, millis(s.CreatedAt)); err != nil {
			return err
		}
		identity, err := t.insertIdentity(db, user.ID, p, s.ConfirmedAt)
		if err != nil {
			return err
		}
		s.UserID, s.IdentityID = user.ID, identity.ID
		if err := t.insertSession(s); err != nil {
			return err
		}
		result = app.SignedIn{User: user, Identity: identity, Session: storedSession(s)}
		return t.event(user.ID, s.CreatedAt, eventSignedUp, p.Provider)
	})
	return db.settled(result, s.ID, err)
}

// settled answers an act that inserts a session: after an unclear commit the row
// itself says whether it happened.
func (db *DB) settled(result app.SignedIn, sessionID string, err error) (app.SignedIn, error) {
	if isUnclear(err) {
		var readErr error
		if result, readErr = db.Session(background, sessionID); readErr == nil {
			err = nil
		}
	}
	if err != nil {
		return app.SignedIn{}, err
	}
	db.wrote(true)
	return result, nil
}

// signIn is SignIn inside a transaction; sql.ErrNoRows if no user has the identity.
func (t *tx) signIn(p app.Profile, s app.Session) (app.SignedIn, error) {
	identity := app.Identity{Profile: p, ConfirmedAt: stored(s.ConfirmedAt)}
	var user app.User
	var linked, created, renamed nullTime
	err := t.row("identity_by_key", []any{p.Key.Issuer, p.Key.Subject}, &identity.ID, &linked, &user.ID, &user.Nickname, &created, &renamed)
	if err != nil {
		return app.SignedIn{}, err
	}
	identity.UserID, identity.LinkedAt = user.ID, moment(linked)
	user.CreatedAt, user.RenamedAt = moment(created), moment(renamed)
	if earlier, err := t.session(s.ID); err == nil && earlier.Identity.ID == identity.ID {
		return earlier, nil
	} else if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return app.SignedIn{}, err
	}
	if err := t.confirm(identity); err != nil {
		return app.SignedIn{}, err
	}
	if _, err := t.endSessions("end_unclaimed", app.EndReplaced, s.CreatedAt, user.ID, s.RotatedLaunch); err != nil {
		return app.SignedIn{}, err
	}
	s.UserID, s.IdentityID = user.ID, identity.ID
	if err := t.insertSession(s); err != nil {
		return app.SignedIn{}, err
	}
	if err := t.event(user.ID, s.CreatedAt, eventSignedIn, p.Provider); err != nil {
		return app.SignedIn{}, err
	}
	return app.SignedIn{User: user, Identity: identity, Session: storedSession(s)}, nil
}

// confirm stores what the provider said this time.
func (t *tx) confirm(i app.Identity) error {
	_, err := t.exec("confirm_identity", i.Key.Issuer, i.Key.Subject, i.Provider, i.Login, i.Nickname, i.Name, i.Email, i.EmailVerified, string(i.Notice), millis(i.ConfirmedAt))
	return err
}

func (t *tx) insertIdentity(db *DB, userID string, p app.Profile, at time.Time) (app.Identity, error) {
	id, err := randomID(db.opt.Random)
	if err != nil {
		return app.Identity{}, err
	}
	_, err = t.exec("insert_identity", id, userID, p.Key.Issuer, p.Key.Subject, p.Provider, p.Login, p.Nickname, p.Name, p.Email, p.EmailVerified,
		string(p.Notice), millis(at), millis(at))
	return app.Identity{ID: id, UserID: userID, Profile: p, LinkedAt: stored(at), ConfirmedAt: stored(at)}, err
}

func (t *tx) insertSession(s app.Session) error {
	_, err := t.exec("insert_session", s.ID, s.UserID, s.IdentityID, s.KeyID, s.Generation, s.CurrentJTI, s.PreviousJTI, millis(s.RotatedAt),
		s.RotatedLaunch, s.Reissues, millis(s.CreatedAt), millis(s.ConfirmedAt), millis(s.ClaimedAt), millis(s.SeenAt), millis(s.IdleUntil),
		millis(s.AbsoluteEnd), millis(s.EndedAt), string(s.EndReason))
	return err
}

// SavePendingSignUp stores p, replacing an earlier one of the same identity.
func (db *DB) SavePendingSignUp(ctx context.Context, p app.PendingSignUp) error {
	err := db.repeat(ctx, "save_pending_signup", func(t *tx) error {
		_, err := t.exec("save_pending_signup", p.ID, p.Key.Issuer, p.Key.Subject, p.Sealed, millis(p.CreatedAt), millis(p.ExpiresAt))
		return err
	})
	if err == nil {
		db.wrote(true)
	}
	return err
}

// PendingSignUp returns the newest pending sign-up that has not expired at now,
// and deletes expired ones; CodeNotFound if there is none.
func (db *DB) PendingSignUp(ctx context.Context, now time.Time) (app.PendingSignUp, error) {
	if err := db.deleteStalePendingSignUps(ctx, now); err != nil {
		return app.PendingSignUp{}, err
	}
	var p app.PendingSignUp
	var created, expires nullTime
	err := db.queryRow(ctx, "pending_signup", []any{millis(now)}, &p.ID, &p.Key.Issuer, &p.Key.Subject, &p.Sealed, &created, &expires)
	if err != nil {
		return app.PendingSignUp{}, err
	}
	p.CreatedAt, p.ExpiresAt = moment(created), moment(expires)
	return p, nil
}

// deleteStalePendingSignUps deletes those that are used or have expired at now.
func (db *DB) deleteStalePendingSignUps(ctx context.Context, now time.Time) error {
	var stale bool
	if err := db.queryRow(ctx, "stale_pending_signups", []any{now.UnixMilli()}, &stale); err != nil || !stale {
		return err
	}
	return db.repeat(ctx, "stale_pending_signups", func(t *tx) error {
		_, err := t.exec("delete_stale_pending_signups", now.UnixMilli())
		return err
	})
}

// DeletePendingSignUp forgets a pending sign-up; forgetting it twice is no error.
func (db *DB) DeletePendingSignUp(ctx context.Context, id string) error {
	err := db.repeat(ctx, "delete_pending_signup", func(t *tx) error {
		_, err := t.exec("delete_pending_signup", id)
		return err
	})
	if err == nil {
		db.wrote(false)
	}
	return err
}

// NicknameFree reports whether n can be taken by userID (empty for somebody new)
// at now: nil, CodeNicknameTaken or CodeNicknameLooksLike.
func (db *DB) NicknameFree(ctx context.Context, n app.Nickname, userID string, now time.Time) error {
	var why int
	tags, err := db.tagsOf(n.Key, n.Skeleton)
	if err != nil {
		return err
	}
	if err := db.queryRow(ctx, "nickname_free", []any{n.Key, n.Skeleton, userID, millis(now), tags[0], tags[1]}, &why); err != nil {
		return err
	}
	return nicknameVerdict(why)
}

func (t *tx) nicknameFree(db *DB, n app.Nickname, userID string, now time.Time) error {
	var why int
	tags, err := db.tagsOf(n.Key, n.Skeleton)
	if err != nil {
		return err
	}
	if err := t.row("nickname_free", []any{n.Key, n.Skeleton, userID, millis(now), tags[0], tags[1]}, &why); err != nil {
		return err
	}
	return nicknameVerdict(why)
}

// nicknameVerdict reads the answer of query/nickname_free.sql.
func nicknameVerdict(why int) error {
	switch why {
	case 1:
		return app.Fail(app.CodeNicknameTaken, nil)
	case 2:
		return app.Fail(app.CodeNicknameLooksLike, nil)
	}
	return nil
}

// NicknamesFree returns those of ns that NicknameFree would call free, in order.
func (db *DB) NicknamesFree(ctx context.Context, ns []app.Nickname, userID string, now time.Time) ([]app.Nickname, error) {
	keys := make([][4]string, len(ns))
	for i, n := range ns {
		tags, err := db.tagsOf(n.Key, n.Skeleton)
		if err != nil {
			return nil, err
		}
		keys[i] = [4]string{n.Key, n.Skeleton, tags[0], tags[1]}
	}
	list, err := json.Marshal(keys)
	if err != nil {
		return nil, app.Fail(app.CodeInternal, err)
	}
	var free []app.Nickname
	err = db.query(ctx, "nicknames_free", []any{string(list), userID, millis(now)}, func(scan scan) error {
		var i int
		if err := scan(&i); err != nil {
			return err
		}
		free = append(free, ns[i])
		return nil
	})
	return free, err
}

// Rename gives userID the nickname and keeps the former one for them until
// app.RenameInterval is over. Repeated with the nickname that they have, it
// changes nothing and is no error. CodeRenameTooSoon (param date, RFC 3339),
// CodeNicknameTaken, CodeNicknameLooksLike, CodeNotFound.
func (db *DB) Rename(ctx context.Context, userID string, n app.Nickname, now time.Time) (app.User, error) {
	var user app.User
	err := db.repeat(ctx, "rename", func(t *tx) error {
		user = app.User{ID: userID}
		var former app.Nickname
		var created, renamed nullTime
		err := t.row("user", []any{userID}, &former.Text, &former.Key, &former.Skeleton, &former.Version, &created, &renamed)
		if err != nil {
			return err
		}
		user.Nickname, user.CreatedAt, user.RenamedAt = former.Text, moment(created), moment(renamed)
		if n.Text == former.Text {
			return nil
		}
		if again := user.RenamedAt.Add(app.RenameInterval); !user.RenamedAt.IsZero() && now.Before(again) {
			return app.Fail(app.CodeRenameTooSoon, nil, "date", again.Format(time.RFC3339))
		}
		if err := t.nicknameFree(db, n, userID, now); err != nil {
			return err
		}
		if _, err := t.exec("delete_former_name", userID, n.Key); err != nil {
			return err
		}
		if former.Key != n.Key {
			until := now.Add(app.RenameInterval)
			_, err := t.exec("insert_former_name", userID, former.Text, former.Key, former.Skeleton, former.Version, millis(until))
			if err != nil {
				return err
			}
		}
		if _, err := t.exec("rename_user", userID, n.Text, n.Key, n.Skeleton, n.Version, millis(now)); err != nil {
			return err
		}
		user.Nickname, user.RenamedAt = n.Text, stored(now)
		return t.event(userID, now, eventRenamed, "")
	})
	if err != nil {
		return app.User{}, err
	}
	db.wrote(true)
	return user, nil
}

// UserByIdentity finds who has the identity; CodeNotFound.
func (db *DB) UserByIdentity(ctx context.Context, k app.IdentityKey) (app.User, error) {
	var user app.User
	var identity string
	var linked, created, renamed nullTime
	err := db.queryRow(ctx, "identity_by_key", []any{k.Issuer, k.Subject}, &identity, &linked, &user.ID, &user.Nickname, &created, &renamed)
	if err != nil {
		return app.User{}, err
	}
	user.CreatedAt, user.RenamedAt = moment(created), moment(renamed)
	return user, nil
}

// Identities returns the user's identities in the order they were linked.
func (db *DB) Identities(ctx context.Context, userID string) ([]app.Identity, error) {
	var all []app.Identity
	err := db.query(ctx, "identities", []any{userID}, func(scan scan) error {
		var i app.Identity
		var linked, confirmed nullTime
		err := scan(&i.ID, &i.UserID, &i.Key.Issuer, &i.Key.Subject, &i.Provider, &i.Login, &i.Nickname, &i.Name, &i.Email, &i.EmailVerified,
			&i.Notice, &linked, &confirmed)
		i.LinkedAt, i.ConfirmedAt = moment(linked), moment(confirmed)
		all = append(all, i)
		return err
	})
	return all, err
}

// Confirm records that the identity of p, which is the user's own, was confirmed
// once more in their session: it is that identity's from now on. CodeNotFound if
// the session has ended.
func (db *DB) Confirm(ctx context.Context, sessionID string, p app.Profile, now time.Time) (app.SignedIn, error) {
	var in app.SignedIn
	err := db.repeat(ctx, "confirm", func(t *tx) error {
		if err := t.confirm(app.Identity{Profile: p, ConfirmedAt: now}); err != nil {
			return err
		}
		n, err := t.exec("confirm_session", sessionID, p.Key.Issuer, p.Key.Subject, millis(now))
		if err != nil {
			return err
		}
		if n != 1 {
			return sql.ErrNoRows
		}
		in, err = t.session(sessionID)
		return err
	})
	if err != nil {
		return app.SignedIn{}, err
	}
	db.wrote(false)
	return in, nil
}

// LinkIdentity gives userID one more way in and ends their other sessions. A session
// kept that a recovery code opened is the identity's from then on.
// Linking what is linked already stores the profile. CodeIdentityLinkedElsewhere
// (param provider) if another user has the identity, CodeConflict if the user
// has another account of the same provider and no recovery code opened the session kept, CodeNotFound.
func (db *DB) LinkIdentity(ctx context.Context, userID, keepSessionID string, p app.Profile, now time.Time) (app.Identity, error) {
	var identity app.Identity
	err := db.repeat(ctx, "link", func(t *tx) error {
		var owner app.User
		var linked, created, renamed nullTime
		err := t.row("identity_by_key", []any{p.Key.Issuer, p.Key.Subject}, &identity.ID, &linked, &owner.ID, &owner.Nickname, &created, &renamed)
		switch {
		case err == nil && owner.ID != userID:
			return app.Fail(app.CodeIdentityLinkedElsewhere, nil, "provider", p.Provider)
		case err == nil:
			identity = app.Identity{ID: identity.ID, UserID: userID, Profile: p, LinkedAt: moment(linked), ConfirmedAt: stored(now)}
			err = t.confirm(identity)
		case errors.Is(err, sql.ErrNoRows):
			var other app.Identity
			err = t.row("identity_of_user_by_provider", []any{userID, p.Provider}, &other.ID, &other.Key.Issuer, &other.Key.Subject)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			if err == nil { // whoever lost that account links the one they have now
				keep, err := t.session(keepSessionID)
				if err != nil && !errors.Is(err, sql.ErrNoRows) {
					return err
				}
				if err != nil || keep.User.ID != userID || keep.Session.IdentityID != "" {
					return app.Fail(app.CodeConflict, errors.New("another account of this provider is linked"))
				}
			}
			identity, err = t.insertIdentity(db, userID, p, now)
		}
		if err != nil {
			return err
		}
		if _, err := t.endSessions("end_other_sessions", app.EndRevoked, now, userID, keepSessionID); err != nil {
			return err
		}
		if _, err := t.exec("adopt_session", keepSessionID, userID, identity.ID, millis(now)); err != nil {
			return err
		}
		return t.event(userID, now, eventIdentityLinked, p.Provider)
	})
	if err != nil {
		return app.Identity{}, err
	}
	db.wrote(true)
	return identity, nil
}

// UnlinkIdentity takes the identity from userID and ends their other sessions; what
// it had confirmed now counts for the one that was confirmed last. CodeIdentityLast,
// CodeNotFound.
func (db *DB) UnlinkIdentity(ctx context.Context, userID, keepSessionID, identityID string, now time.Time) error {
	err := db.repeat(ctx, "unlink", func(t *tx) error {
		var provider string
		if err := t.row("identity_of_user", []any{userID, identityID}, &provider); err != nil {
			return err
		}
		var other string
		err := t.row("other_identity", []any{userID, identityID}, &other)
		if errors.Is(err, sql.ErrNoRows) {
			return app.Fail(app.CodeIdentityLast, nil)
		} else if err != nil {
			return err
		}
		if _, err := t.endSessions("end_other_sessions", app.EndRevoked, now, userID, keepSessionID); err != nil {
			return err
		}
		if _, err := t.exec("move_sessions_to_identity", userID, identityID, other); err != nil {
			return err
		}
		if _, err := t.exec("delete_pending_signups_of_user", userID); err != nil {
			return err
		}
		if _, err := t.exec("delete_identity", userID, identityID); err != nil {
			return err
		}
		return t.event(userID, now, eventIdentityUnlinked, provider)
	}, app.CodeNotFound)
	if err == nil {
		db.wrote(true)
	}
	return err
}

// Events returns the user's security timeline, newest first.
func (db *DB) Events(ctx context.Context, userID string) ([]app.Event, error) {
	var all []app.Event
	err := db.query(ctx, "events", []any{userID}, func(scan scan) error {
		e := app.Event{UserID: userID}
		var at nullTime
		err := scan(&e.ID, &at, &e.Kind, &e.Detail)
		e.At = moment(at)
		all = append(all, e)
		return err
	})
	return all, err
}

// DeleteUser deletes everything about the user and of whom they absorbed, in every
// backup too; what stays is an event without one. The nicknames rest (RestBy),
// or are free at once.
// CodeNotFound. If the backups can't be written, nothing is deleted:
// CodeProfileUnwritable, CodeDiskFull.
//
// The backups come first, so that no kill in between leaves an account there that is
// gone here.
func (db *DB) DeleteUser(ctx context.Context, userID string, now time.Time) error {
	db.backing.Lock()
	defer db.backing.Unlock()
	var there string
	if err := db.queryRow(ctx, "user_there", []any{userID}, &there); err != nil {
		return err
	}
	absorbed, err := db.Absorbed(ctx, userID)
	if err != nil {
		return err
	}
	identities, err := db.Identities(ctx, userID)
	if err != nil {
		return err
	}
	if err := db.purge(ctx, append(absorbed, userID), identities); err != nil {
		return app.Fail(fileCode(err), err)
	}
	err = db.repeat(ctx, "delete_user", func(t *tx) error {
		for _, id := range absorbed {
			if _, err := t.exec("delete_merge", id); err != nil {
				return err
			}
		}
		if _, err := t.exec("delete_pending_signups_of_user", userID); err != nil {
			return err
		}
		if err := t.restNames(db, userID, now); err != nil {
			return err
		}
		n, err := t.exec("delete_user", userID)
		if err != nil {
			return err
		}
		if n != 1 {
			return sql.ErrNoRows
		}
		if _, err := t.exec("delete_events", userID); err != nil {
			return err
		}
		return t.event("", now, eventAccountDeleted, "")
	}, app.CodeNotFound)
	if err != nil {
		return err
	}
	// What was deleted must not stay in the WAL either.
	if err := db.Checkpoint(background); err != nil {
		db.log.Warn("database: checkpoint", "error", err)
		db.wrote(true)
	}
	return nil
}

// Setting returns a setting; CodeNotFound if it was never set.
func (db *DB) Setting(ctx context.Context, name string) (string, error) {
	var value string
	err := db.queryRow(ctx, "setting", []any{name}, &value)
	return value, err
}

// SetSetting stores a setting.
func (db *DB) SetSetting(ctx context.Context, name, value string) error {
	err := db.repeat(ctx, "set_setting", func(t *tx) error {
		_, err := t.exec("set_setting", name, value)
		return err
	})
	if err == nil {
		db.wrote(false)
	}
	return err
}
