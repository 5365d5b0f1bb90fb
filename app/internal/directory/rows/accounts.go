package rows

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// The kinds of events that this package writes; those of the desktop's database.
const (
	eventSignedUp         = "signed_up"
	eventSignedIn         = "signed_in"
	eventSessionEnded     = "session_ended"
	eventRenamed          = "renamed"
	eventIdentityLinked   = "identity_linked"
	eventIdentityUnlinked = "identity_unlinked"
	eventAccountDeleted   = "account_deleted"
)

// Ticket is a confirmed identity that somebody holds a ticket for.
type Ticket struct {
	Hash      string // of the ticket itself, which nobody stores
	Key       app.IdentityKey
	Sealed    []byte // the profile
	CreatedAt time.Time
	ExpiresAt time.Time
	SessionID string // the session that it made, or empty
}

// SaveTicket stores t; a ticket that is there already stays as it is.
func (db *DB) SaveTicket(ctx context.Context, t Ticket) error {
	return db.write(ctx, func(x *tx) error {
		return x.exec("save_ticket", t.Hash, t.Key.Issuer, t.Key.Subject, t.Sealed, millis(t.CreatedAt), millis(t.ExpiresAt))
	})
}

// Ticket returns the ticket with that hash, expired or not; CodeNotFound.
func (db *DB) Ticket(ctx context.Context, hash string) (Ticket, error) {
	var t Ticket
	err := db.read(ctx, func(q query) (err error) {
		t, err = scanTicket(q.QueryRowContext(ctx, db.text["ticket"], hash))
		return err
	})
	return t, err
}

func scanTicket(row *sql.Row) (Ticket, error) {
	var t Ticket
	var created, expires sql.NullInt64
	err := row.Scan(&t.Hash, &t.Key.Issuer, &t.Key.Subject, &t.Sealed, &created, &expires, &t.SessionID)
	t.CreatedAt, t.ExpiresAt = moment(created), moment(expires)
	return t, err
}

// SignIn makes the ticket's session for the user who has its identity. Done again
// with the same ticket it answers the same session. CodeNotFound, and nothing is
// written, if no user has the identity; CodeSignUpExpired if the ticket is not good
// at s.CreatedAt.
func (db *DB) SignIn(ctx context.Context, hash string, p app.Profile, s app.Session) (app.SignedIn, error) {
	return db.enter(ctx, hash, p, nil, s)
}

// SignUp turns the ticket into user, identity and session, all or none. If the
// identity has a user, they are signed in and their nickname stands. Done again with
// the same ticket it answers the same account. CodeSignUpExpired if the ticket is not
// good at s.CreatedAt; CodeNicknameTaken, CodeNicknameLooksLike, CodeNicknameHeld.
func (db *DB) SignUp(ctx context.Context, hash string, p app.Profile, n app.Nickname, s app.Session) (app.SignedIn, error) {
	return db.enter(ctx, hash, p, &n, s)
}

func (db *DB) enter(ctx context.Context, hash string, p app.Profile, n *app.Nickname, s app.Session) (app.SignedIn, error) {
	var result app.SignedIn
	userID, err := db.randomID()
	if err != nil {
		return app.SignedIn{}, err
	}
	identityID, err := db.randomID()
	if err != nil {
		return app.SignedIn{}, err
	}
	err = db.write(ctx, func(t *tx) error {
		// Whoever is second with a ticket waits here, and then finds it used.
		var key app.IdentityKey
		err := t.row("claim_ticket", s.ID, hash, millis(s.CreatedAt)).Scan(&key.Issuer, &key.Subject)
		if errors.Is(err, sql.ErrNoRows) {
			result, err = t.used(hash)
			return err
		}
		if err != nil {
			return err
		}
		if key != p.Key {
			return app.Fail(app.CodeSignUpExpired, errors.New("a ticket of another identity"))
		}
		identity, user, err := t.owner(p.Key)
		switch {
		case err == nil:
			identity.Profile, identity.ConfirmedAt = p, stored(s.ConfirmedAt)
			if err := t.confirm(p, s.ConfirmedAt); err != nil {
				return err
			}
			if err := t.event(user.ID, s.CreatedAt, eventSignedIn, p.Provider); err != nil {
				return err
			}
		case !errors.Is(err, sql.ErrNoRows):
			return err
		case n == nil:
			return app.Fail(app.CodeNotFound, nil)
		default:
			if err := t.nicknameFree(*n, "", s.CreatedAt, hash); err != nil {
				return err
			}
			user = app.User{ID: userID, Nickname: n.Text, CreatedAt: stored(s.CreatedAt)}
			if err := t.exec("insert_user", user.ID, n.Text, n.Key, n.Skeleton, n.Version, millis(s.CreatedAt)); err != nil {
				return err
			}
			if identity, err = t.insertIdentity(identityID, user.ID, p, s.ConfirmedAt); err != nil {
				return err
			}
			if err := t.exec("drop_hold", hash); err != nil {
				return err
			}
			if err := t.event(user.ID, s.CreatedAt, eventSignedUp, p.Provider); err != nil {
				return err
			}
		}
		s := s
		s.UserID, s.IdentityID = user.ID, identity.ID
		if err := t.insertSession(s, false); err != nil {
			return err
		}
		result = app.SignedIn{User: user, Identity: identity, Session: storedSession(s)}
		return nil
	})
	if err != nil {
		return app.SignedIn{}, err
	}
	return result, nil
}

// used answers a ticket that could not be claimed: with the session that it made.
func (t *tx) used(hash string) (app.SignedIn, error) {
	ticket, err := scanTicket(t.row("ticket", hash))
	if errors.Is(err, sql.ErrNoRows) || err == nil && ticket.SessionID == "" {
		return app.SignedIn{}, app.Fail(app.CodeSignUpExpired, nil)
	} else if err != nil {
		return app.SignedIn{}, err
	}
	in, err := scanSignedIn(t.row("session", ticket.SessionID).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return app.SignedIn{}, app.Fail(app.CodeSignUpExpired, nil) // the account is deleted
	}
	return in, err
}

// owner finds who has an identity; sql.ErrNoRows.
func (t *tx) owner(k app.IdentityKey) (app.Identity, app.User, error) {
	return scanOwner(k, t.row("identity", k.Issuer, k.Subject))
}

func scanOwner(k app.IdentityKey, row *sql.Row) (app.Identity, app.User, error) {
	var i app.Identity
	var u app.User
	var linked, created, renamed sql.NullInt64
	err := row.Scan(&i.ID, &linked, &u.ID, &u.Nickname, &created, &renamed)
	i.UserID, i.Key, i.LinkedAt = u.ID, k, moment(linked)
	u.CreatedAt, u.RenamedAt = moment(created), moment(renamed)
	return i, u, err
}

// UserByIdentity finds who has the identity; CodeNotFound.
func (db *DB) UserByIdentity(ctx context.Context, k app.IdentityKey) (app.User, error) {
	var u app.User
	err := db.read(ctx, func(q query) (err error) {
		_, u, err = scanOwner(k, q.QueryRowContext(ctx, db.text["identity"], k.Issuer, k.Subject))
		return err
	})
	return u, err
}

func (t *tx) confirm(p app.Profile, at time.Time) error {
	return t.exec("confirm_identity", p.Provider, p.Login, p.Nickname, p.Name, p.Email, number(p.EmailVerified), string(p.Notice), millis(at), p.Key.Issuer, p.Key.Subject)
}

func (t *tx) insertIdentity(id, userID string, p app.Profile, at time.Time) (app.Identity, error) {
	err := t.exec("insert_identity", id, userID, p.Key.Issuer, p.Key.Subject, p.Provider, p.Login, p.Nickname, p.Name, p.Email,
		number(p.EmailVerified), string(p.Notice), millis(at), millis(at))
	return app.Identity{ID: id, UserID: userID, Profile: p, LinkedAt: stored(at), ConfirmedAt: stored(at)}, err
}

func (t *tx) event(userID string, at time.Time, kind, detail string) error {
	return t.exec("insert_event", userID, millis(at), kind, detail)
}

func (t *tx) nicknameFree(n app.Nickname, userID string, now time.Time, owner string) error {
	var why int
	tags, err := t.db.tagsOf(n.Key, n.Skeleton)
	if err != nil {
		return err
	}
	if err := t.row("nickname_free", n.Key, n.Skeleton, userID, millis(now), owner, tags[0], tags[1]).Scan(&why); err != nil {
		return err
	}
	return verdictOf(why)
}

func verdictOf(why int) error {
	switch why {
	case 1:
		return app.Fail(app.CodeNicknameTaken, nil)
	case 2:
		return app.Fail(app.CodeNicknameLooksLike, nil)
	case 3:
		return app.Fail(app.CodeNicknameHeld, nil)
	}
	return nil
}

// Hold keeps n for owner until now+app.NicknameHold if it is free for userID (empty:
// somebody new), and lets go of what owner held before. CodeNicknameTaken,
// CodeNicknameLooksLike, CodeNicknameHeld.
func (db *DB) Hold(ctx context.Context, n app.Nickname, userID, owner string, now time.Time) error {
	return db.loose(ctx, func(t *tx) error {
		if err := t.nicknameFree(n, userID, now, owner); err != nil {
			return err
		}
		if err := t.exec("drop_holds", millis(now), n.Key, n.Skeleton); err != nil {
			return err
		}
		return t.exec("hold", owner, n.Key, n.Skeleton, millis(now.Add(app.NicknameHold)))
	})
}

// NicknamesFree returns the first most of ns that owner could take, in the order given.
func (db *DB) NicknamesFree(ctx context.Context, ns []app.Nickname, most int, userID, owner string, now time.Time) ([]app.Nickname, error) {
	var free []app.Nickname
	err := db.read(ctx, func(q query) error {
		free = nil
		for _, n := range ns {
			var why int
			tags, err := db.tagsOf(n.Key, n.Skeleton)
			if err != nil {
				return err
			}
			if err := q.QueryRowContext(ctx, db.text["nickname_free"], n.Key, n.Skeleton, userID, millis(now), owner, tags[0], tags[1]).Scan(&why); err != nil {
				return err
			}
			if why == 0 {
				free = append(free, n)
			}
			if len(free) == most {
				break
			}
		}
		return nil
	})
	return free, err
}

// Rename gives userID the nickname and keeps the former one for them until
// app.RenameInterval is over. Done again with the nickname that they have, it changes
// nothing. CodeRenameTooSoon (param date, RFC 3339), CodeNicknameTaken,
// CodeNicknameLooksLike, CodeNicknameHeld, CodeNotFound.
func (db *DB) Rename(ctx context.Context, userID string, n app.Nickname, now time.Time) (app.User, error) {
	var user app.User
	err := db.serial(ctx, func(t *tx) error {
		var former app.Nickname
		var err error
		user, former, err = scanUser(t.row("user", userID))
		if err != nil || n.Text == former.Text {
			return err
		}
		if again := user.RenamedAt.Add(app.RenameInterval); !user.RenamedAt.IsZero() && now.Before(again) {
			return app.Fail(app.CodeRenameTooSoon, nil, "date", again.Format(time.RFC3339))
		}
		if err := t.nicknameFree(n, userID, now, userID); err != nil {
			return err
		}
		if err := t.exec("delete_former_name", userID, n.Key); err != nil {
			return err
		}
		if former.Key != n.Key {
			if err := t.exec("insert_former_name", userID, former.Text, former.Key, former.Skeleton, former.Version, millis(now.Add(app.RenameInterval))); err != nil {
				return err
			}
		}
		if err := t.exec("rename_user", n.Text, n.Key, n.Skeleton, n.Version, millis(now), userID); err != nil {
			return err
		}
		if err := t.exec("drop_hold", userID); err != nil {
			return err
		}
		user.Nickname, user.RenamedAt = n.Text, stored(now)
		return t.event(userID, now, eventRenamed, "")
	})
	return user, err
}

func scanUser(row *sql.Row) (app.User, app.Nickname, error) {
	var u app.User
	var n app.Nickname
	var created, renamed sql.NullInt64
	err := row.Scan(&u.ID, &n.Text, &n.Key, &n.Skeleton, &n.Version, &created, &renamed)
	u.Nickname, u.CreatedAt, u.RenamedAt = n.Text, moment(created), moment(renamed)
	return u, n, err
}

// User returns a user; CodeNotFound.
func (db *DB) User(ctx context.Context, id string) (app.User, error) {
	var u app.User
	err := db.read(ctx, func(q query) (err error) {
		u, _, err = scanUser(q.QueryRowContext(ctx, db.text["user"], id))
		return err
	})
	return u, err
}

// Users counts the users.
func (db *DB) Users(ctx context.Context) (n int64, err error) {
	err = db.read(ctx, func(q query) error { return q.QueryRowContext(ctx, db.text["count_users"]).Scan(&n) })
	return n, err
}

// Identities returns the user's identities in the order they were linked.
func (db *DB) Identities(ctx context.Context, userID string) ([]app.Identity, error) {
	var all []app.Identity
	err := db.read(ctx, func(q query) (err error) {
		all, err = identities(ctx, db, q, userID)
		return err
	})
	return all, err
}

func identities(ctx context.Context, db *DB, q query, userID string) ([]app.Identity, error) {
	var all []app.Identity
	err := list(ctx, q, db.text["identities"], []any{userID}, func(scan func(...any) error) error {
		i := app.Identity{UserID: userID}
		var verified int
		var linked, confirmed sql.NullInt64
		err := scan(&i.ID, &i.Key.Issuer, &i.Key.Subject, &i.Provider, &i.Login, &i.Profile.Nickname, &i.Name, &i.Email, &verified, &i.Notice, &linked, &confirmed)
		i.EmailVerified, i.LinkedAt, i.ConfirmedAt = verified != 0, moment(linked), moment(confirmed)
		all = append(all, i)
		return err
	})
	return all, err
}

func list(ctx context.Context, q query, text string, args []any, each func(scan func(...any) error) error) error {
	rows, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// LinkIdentity gives userID one more way in and ends their other sessions. Linking
// what is linked already stores the profile. The session kept is the linked identity's
// from then on, if a recovery code opened it. CodeIdentityLinkedElsewhere (param provider),
// CodeNotFound.
func (db *DB) LinkIdentity(ctx context.Context, userID, keepSessionID string, p app.Profile, now time.Time) (app.Identity, error) {
	var identity app.Identity
	id, err := db.randomID()
	if err != nil {
		return identity, err
	}
	err = db.serial(ctx, func(t *tx) error {
		found, owner, err := t.owner(p.Key)
		switch {
		case err == nil && owner.ID != userID:
			return app.Fail(app.CodeIdentityLinkedElsewhere, nil, "provider", p.Provider)
		case err == nil:
			identity, identity.Profile, identity.ConfirmedAt = found, p, stored(now)
			if err := t.confirm(p, now); err != nil {
				return err
			}
			return t.exec("adopt_session", found.ID, millis(now), keepSessionID, userID)
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		if _, _, err := scanUser(t.row("user", userID)); err != nil {
			return err
		}
		if identity, err = t.insertIdentity(id, userID, p, now); err != nil {
			return err
		}
		if err := t.endSessions(app.EndRevoked, now, userID, keepSessionID); err != nil {
			return err
		}
		if err := t.exec("adopt_session", identity.ID, millis(now), keepSessionID, userID); err != nil {
			return err
		}
		return t.event(userID, now, eventIdentityLinked, p.Provider)
	})
	return identity, err
}

// UnlinkIdentity takes an identity, named by its ID or by its provider, from userID and
// ends their other sessions; what the identity had confirmed now counts for the one that
// was confirmed last. CodeIdentityLast, CodeNotFound, CodeIdentityAmbiguous for a provider
// with two of theirs.
func (db *DB) UnlinkIdentity(ctx context.Context, userID, keepSessionID, named string, now time.Time) error {
	return db.serial(ctx, func(t *tx) error {
		all, err := identities(t.ctx, t.db, t.sql, userID)
		if err != nil {
			return err
		}
		var gone, other app.Identity
		byID := slices.ContainsFunc(all, func(i app.Identity) bool { return i.ID == named })
		for _, i := range all {
			if i.ID == named || !byID && i.Provider == named {
				if gone.ID != "" {
					return app.Fail(app.CodeIdentityAmbiguous, nil, "provider", named)
				}
				gone = i
			} else if !i.ConfirmedAt.Before(other.ConfirmedAt) {
				other = i
			}
		}
		switch {
		case gone.ID == "":
			return app.Fail(app.CodeNotFound, nil)
		case other.ID == "":
			return app.Fail(app.CodeIdentityLast, nil)
		}
		if err := t.endSessions(app.EndRevoked, now, userID, keepSessionID); err != nil {
			return err
		}
		if err := t.exec("move_sessions", other.ID, userID, gone.ID); err != nil {
			return err
		}
		if err := t.exec("spend_tickets", userID); err != nil {
			return err
		}
		if err := t.exec("delete_identity", userID, gone.ID); err != nil {
			return err
		}
		return t.event(userID, now, eventIdentityUnlinked, gone.Provider)
	})
}

// DeleteUser deletes everything about the user and of whom they absorbed; what stays is an
// event without one, and for Deleted, as long as a session of theirs could have lived, a
// hash of each ID. The nicknames rest, where RestBy was called, and are free at once else.
// CodeNotFound.
func (db *DB) DeleteUser(ctx context.Context, userID string, now time.Time) error {
	return db.serial(ctx, func(t *tx) error {
		absorbed, err := absorbed(t.ctx, t.db, t.sql, userID)
		if err != nil {
			return err
		}
		if err := t.exec("drop_undone", userID); err != nil {
			return err
		}
		for _, id := range absorbed {
			for _, step := range []string{"drop_merge", "drop_lapsed", "drop_undone", "drop_events"} {
				if err := t.exec(step, id); err != nil {
					return err
				}
			}
			if err := t.exec("remember_deletion", deletionOf(id), millis(now.Add(app.AbsoluteLifetime))); err != nil {
				return err
			}
		}
		if err := t.exec("spend_tickets", userID); err != nil {
			return err
		}
		if err := t.exec("drop_hold", userID); err != nil {
			return err
		}
		if err := t.restNames(userID, now); err != nil {
			return err
		}
		n, err := t.changed("delete_user", userID)
		if err != nil {
			return err
		}
		if n != 1 {
			return sql.ErrNoRows
		}
		if err := t.exec("drop_events", userID); err != nil {
			return err
		}
		if err := t.exec("remember_deletion", deletionOf(userID), millis(now.Add(app.AbsoluteLifetime))); err != nil {
			return err
		}
		return t.event("", now, eventAccountDeleted, "")
	})
}

// deletionOf names a user who is not there any more: it says something only to whoever
// knows the ID already.
func deletionOf(userID string) string {
	sum := sha256.Sum256([]byte("deleted user " + userID))
	return hex.EncodeToString(sum[:])
}

// Deleted reports whether this account was deleted here. One that is merely not there,
// as after a restore to a time before it, was not.
func (db *DB) Deleted(ctx context.Context, userID string) (bool, error) {
	var until int64
	err := db.read(ctx, func(q query) error {
		return q.QueryRowContext(ctx, db.text["deletion"], deletionOf(userID)).Scan(&until)
	})
	if app.CodeOf(err) == app.CodeNotFound {
		return false, nil
	}
	return err == nil, err
}

// FormerNames returns the nicknames that the user had before, newest first.
func (db *DB) FormerNames(ctx context.Context, userID string) ([]app.FormerName, error) {
	var all []app.FormerName
	err := db.read(ctx, func(q query) error {
		all = nil
		return list(ctx, q, db.text["former_names"], []any{userID}, func(scan func(...any) error) error {
			var n app.FormerName
			var until sql.NullInt64
			err := scan(&n.Nickname, &until)
			n.Until = moment(until)
			all = append(all, n)
			return err
		})
	})
	return all, err
}

// Events returns up to limit lines of the user's security timeline, newest first,
// those before the one with ID before; 0 begins at the newest.
func (db *DB) Events(ctx context.Context, userID string, before int64, limit int) ([]app.Event, error) {
	if before <= 0 {
		before = 1<<63 - 1
	}
	var all []app.Event
	err := db.read(ctx, func(q query) error {
		all = nil
		return list(ctx, q, db.text["events"], []any{userID, before, limit}, func(scan func(...any) error) error {
			e := app.Event{UserID: userID}
			var at sql.NullInt64
			err := scan(&e.ID, &at, &e.Kind, &e.Detail)
			e.At = moment(at)
			all = append(all, e)
			return err
		})
	})
	return all, err
}

// Rekey makes the nickname keys of every user anew that other rules made, in
// batches. A name that then clashes with another keeps its old keys.
func (db *DB) Rekey(ctx context.Context, version int, keys func(text string) app.Nickname) error {
	for {
		changed := 0
		err := db.write(ctx, func(t *tx) error {
			changed = 0
			type row struct{ id, nick string }
			var all []row
			if err := list(ctx, t.sql, db.text["outdated"], []any{version}, func(scan func(...any) error) error {
				var r row
				err := scan(&r.id, &r.nick)
				all = append(all, r)
				return err
			}); err != nil {
				return err
			}
			for _, r := range all {
				n := keys(r.nick)
				var why int
				if err := t.row("nickname_free", n.Key, n.Skeleton, r.id, 0, r.id, "", "").Scan(&why); err != nil {
					return err
				}
				if why != 0 {
					_, old, err := scanUser(t.row("user", r.id))
					if err != nil {
						return err
					}
					n.Key, n.Skeleton = old.Key, old.Skeleton
				}
				if err := t.exec("rekey_user", n.Key, n.Skeleton, version, r.id); err != nil {
					return err
				}
				changed++
			}
			return nil
		})
		if err != nil || changed == 0 {
			return err
		}
	}
}
