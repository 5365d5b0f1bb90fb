package rows

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// The kinds of events of two accounts that were brought together; those of the desktop's
// database.
const (
	eventMerged      = "merged"
	eventMergeUndone = "merge_undone"
	eventMergeLapsed = "merge_lapsed" // detail is the absorbed user's ID
)

// undoLate is how much longer than a merge can be undone the other nickname is held: no
// replica whose clock is ahead gives it away while another may still put it back.
const undoLate = time.Hour

func scanMerge(scan func(...any) error) (app.Merge, error) {
	var m app.Merge
	var at, until, fromCreated, fromRenamed, intoCreated, intoRenamed sql.NullInt64
	err := scan(&m.From.User.ID, &m.Into.User.ID, &m.Provider, &at, &until,
		&m.From.Name.Text, &m.From.Name.Key, &m.From.Name.Skeleton, &m.From.Name.Version, &fromCreated, &fromRenamed,
		&m.Into.Name.Text, &m.Into.Name.Key, &m.Into.Name.Skeleton, &m.Into.Name.Version, &intoCreated, &intoRenamed)
	m.At, m.Until = moment(at), moment(until)
	m.From.User.Nickname, m.From.User.CreatedAt, m.From.User.RenamedAt = m.From.Name.Text, moment(fromCreated), moment(fromRenamed)
	m.Into.User.Nickname, m.Into.User.CreatedAt, m.Into.User.RenamedAt = m.Into.Name.Text, moment(intoCreated), moment(intoRenamed)
	return m, err
}

func (t *tx) userRow(id string) (app.UserRow, error) {
	u, n, err := scanUser(t.row("user", id))
	return app.UserRow{User: u, Name: n}, err
}

// ofSession returns the session where it lives and is the user's; CodeSessionRevoked.
func (t *tx) ofSession(sessionID, userID string) (app.SignedIn, error) {
	in, err := scanSignedIn(t.row("session", sessionID).Scan)
	if errors.Is(err, sql.ErrNoRows) || err == nil && (in.User.ID != userID || !in.Session.EndedAt.IsZero()) {
		return app.SignedIn{}, app.Fail(app.CodeSessionRevoked, nil)
	}
	return in, err
}

// Merge brings two accounts together by a ticket of r.From's, which is used up by it:
// identities, timeline and former names of r.From become those of r.Into, all or none.
// r.From's row, r.Into's as it was and what was moved are kept for app.MergeLifetime; so
// is the nickname that was not chosen, for r.Into. The sessions of r.From are over; those
// of r.Into go on, on every computer. It returns r.Into's session as it is now. Done again
// with the same ticket it answers the same.
//
// CodeMergeChanged where r.Word is not r.From's any more, or one of the two was renamed
// or is gone; CodeConflict where the nickname is
// neither's or the two are one; CodeSessionRevoked; CodeConfirmationNeeded for a ticket
// that something else used, whose merge was undone since, or that is not good at r.At.
func (db *DB) Merge(ctx context.Context, hash string, r app.MergeRequest) (app.SignedIn, app.Merge, error) {
	var in app.SignedIn
	var made app.Merge
	err := db.serial(ctx, func(t *tx) (err error) {
		if in, err = t.ofSession(r.SessionID, r.Into.ID); err != nil {
			return err
		}
		claim := "merge " + r.From.ID // no session's ID has a blank
		var key app.IdentityKey
		err = t.row("claim_ticket", claim, hash, millis(r.At)).Scan(&key.Issuer, &key.Subject)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			made, err = t.mergedBy(hash, claim, r)
			return err
		case err != nil:
			return err
		case key != r.Word.Key:
			return app.Fail(app.CodeConfirmationNeeded, errors.New("a ticket of another identity"))
		}
		if made, err = t.absorb(r); err != nil {
			return err
		}
		in, err = scanSignedIn(t.row("session", r.SessionID).Scan)
		return err
	})
	if err != nil {
		return app.SignedIn{}, app.Merge{}, err
	}
	return in, made, nil
}

// mergedBy answers a ticket that could not be claimed: with the merge that it made.
func (t *tx) mergedBy(hash, claim string, r app.MergeRequest) (app.Merge, error) {
	ticket, err := scanTicket(t.row("ticket", hash))
	if errors.Is(err, sql.ErrNoRows) || err == nil && ticket.SessionID != claim {
		return app.Merge{}, app.Fail(app.CodeConfirmationNeeded, nil)
	} else if err != nil {
		return app.Merge{}, err
	}
	m, err := scanMerge(t.row("merge", r.From.ID).Scan)
	if errors.Is(err, sql.ErrNoRows) || err == nil && m.Into.User.ID != r.Into.ID {
		return app.Merge{}, app.Fail(app.CodeMergeChanged, nil)
	}
	return m, err
}

// absorb is Merge inside its transaction.
func (t *tx) absorb(r app.MergeRequest) (app.Merge, error) {
	_, owner, err := t.owner(r.Word.Key)
	if errors.Is(err, sql.ErrNoRows) || err == nil && owner.ID != r.From.ID {
		return app.Merge{}, app.Fail(app.CodeMergeChanged, nil)
	} else if err != nil {
		return app.Merge{}, err
	}
	from, err := t.userRow(r.From.ID)
	if err != nil {
		return app.Merge{}, err
	}
	into, err := t.userRow(r.Into.ID)
	if err != nil {
		return app.Merge{}, err
	}
	m, after, held, err := r.Made(from, into)
	if err != nil {
		return app.Merge{}, err
	}
	if err := t.endSessions(app.EndMerged, r.At, from.User.ID, ""); err != nil {
		return app.Merge{}, err
	}
	var declined int
	if err := t.row("codes_declined", from.User.ID).Scan(&declined); err != nil {
		return app.Merge{}, err
	}
	return m, t.steps([]step{
		{"drop_undone", []any{from.User.ID}}, // a repetition of that undo is about nothing any more
		{"insert_merge", []any{
			from.User.ID, into.User.ID, m.Provider, millis(m.At), millis(m.Until),
			from.Name.Text, from.Name.Key, from.Name.Skeleton, from.Name.Version, millis(from.User.CreatedAt), millis(from.User.RenamedAt), declined,
			into.Name.Text, into.Name.Key, into.Name.Skeleton, into.Name.Version, millis(into.User.CreatedAt), millis(into.User.RenamedAt),
		}},
		{"keep_identities", []any{from.User.ID}},
		{"keep_names", []any{from.User.ID}},
		{"keep_events", []any{from.User.ID}},
		{"keep_codes", []any{from.User.ID}},
		{"drop_hold", []any{from.User.ID}},
		{"drop_hold", []any{into.User.ID}},
		{"forget_sessions", []any{from.User.ID}}, // their end stands in the timeline
		{"move_identities", []any{into.User.ID, from.User.ID}},
		{"move_names", []any{into.User.ID, from.User.ID}},
		{"move_events", []any{into.User.ID, from.User.ID}},
		{"delete_user", []any{from.User.ID}}, // with their codes, which are kept above
		{"rename_user", []any{after.Name.Text, after.Name.Key, after.Name.Skeleton, after.Name.Version, millis(after.User.RenamedAt), into.User.ID}},
		{"insert_former_name", []any{into.User.ID, held.Text, held.Key, held.Skeleton, held.Version, millis(m.Until.Add(undoLate))}},
		{"insert_event", []any{into.User.ID, millis(r.At), eventMerged, m.Provider}},
	})
}

// step is one statement of several.
type step struct {
	name string
	args []any
}

func (t *tx) steps(all []step) error {
	for _, s := range all {
		if err := t.exec(s.name, s.args...); err != nil {
			return err
		}
	}
	return nil
}

// Merges returns those by which userID absorbed others and that can still be undone at
// now, the last one first.
func (db *DB) Merges(ctx context.Context, userID string, now time.Time) ([]app.Merge, error) {
	var all []app.Merge
	err := db.read(ctx, func(q query) error {
		all = nil
		return list(ctx, q, db.text["merges"], []any{userID, millis(now)}, func(scan func(...any) error) error {
			m, err := scanMerge(scan)
			all = append(all, m)
			return err
		})
	})
	return all, err
}

// MayUnmerge says what Unmerge would, and changes nothing.
func (db *DB) MayUnmerge(ctx context.Context, userID, sessionID, fromID string, now time.Time) (app.Merge, error) {
	var m app.Merge
	err := db.write(ctx, func(t *tx) (err error) {
		m, err = t.undoable(userID, sessionID, fromID, now)
		return err
	})
	return m, err
}

// undoable returns the merge that may be undone now. The codes of Unmerge.
func (t *tx) undoable(userID, sessionID, fromID string, now time.Time) (app.Merge, error) {
	if _, err := t.ofSession(sessionID, userID); err != nil {
		return app.Merge{}, err
	}
	m, err := scanMerge(t.row("merge", fromID).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		var into string
		if lapsed := t.row("lapsed_merge", fromID).Scan(&into); lapsed == nil && into == userID {
			return app.Merge{}, app.Fail(app.CodeMergeLapsed, nil)
		} else if lapsed != nil && !errors.Is(lapsed, sql.ErrNoRows) {
			return app.Merge{}, lapsed
		}
	}
	if err != nil {
		return app.Merge{}, err
	}
	var last string
	if err := t.row("last_merge", userID).Scan(&last); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return app.Merge{}, err
	}
	var theirs, others int
	if err := t.row("identities_left", fromID, userID).Scan(&theirs, &others); err != nil {
		return app.Merge{}, err
	}
	return m, m.Undoable(userID, last, theirs, others, now)
}

// Unmerge undoes the merge by which userID absorbed fromID, the last one first: both are
// as they were, and what came since stays with userID. An identity that fromID had, and
// that userID has now, goes back, also where it was unlinked and linked again; one that is
// gone stays gone. A third nickname that userID took stays theirs. No session comes back;
// those of userID that an identity opened which goes back end, except sessionID, which
// stands under one that is left. Names of older rules get the keys that keys makes. It
// returns that session. Done again within a day it answers the same, and does nothing but
// that where unconfirmed says that the word which it needs is missing.
//
// CodeMergeLapsed, CodeMergeOrder, CodeMergeNoWayIn, CodeNotFound, CodeSessionRevoked.
func (db *DB) Unmerge(ctx context.Context, userID, sessionID, fromID string, unconfirmed error, version int, keys func(string) app.Nickname, now time.Time) (app.SignedIn, error) {
	var in app.SignedIn
	err := db.serial(ctx, func(t *tx) error {
		m, err := t.undoable(userID, sessionID, fromID, now)
		if errors.Is(err, sql.ErrNoRows) {
			var into string
			err := t.row("undone_merge", fromID).Scan(&into)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			if into != userID {
				return sql.ErrNoRows
			}
			in, err = t.ofSession(sessionID, userID)
			return err
		}
		if err != nil {
			return err
		}
		if unconfirmed != nil {
			return unconfirmed
		}
		if err := t.part(m, sessionID, version, keys, now); err != nil {
			return err
		}
		in, err = scanSignedIn(t.row("session", sessionID).Scan)
		return err
	})
	if err != nil {
		return app.SignedIn{}, err
	}
	return in, nil
}

// part is Unmerge inside its transaction.
func (t *tx) part(m app.Merge, sessionID string, version int, keys func(string) app.Nickname, now time.Time) error {
	from, into := m.From.Rekeyed(version, keys), m.Into.Rekeyed(version, keys)
	row, err := t.userRow(into.User.ID)
	if err != nil {
		return err
	}
	inside, err := t.namesInside(from.User.ID, version, keys)
	if err != nil {
		return err
	}
	back := app.Merge{From: from, Into: into}.Undone(row, inside...)
	var gone []string
	err = list(t.ctx, t.sql, t.db.text["sessions_of_merge"], []any{from.User.ID, into.User.ID, sessionID}, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		gone = append(gone, id)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range gone {
		if _, err := t.endBy("end_session", now, app.EndRevoked, millis(now), string(app.EndRevoked), id); err != nil {
			return err
		}
	}
	var beside string
	if err := t.row("identity_beside", from.User.ID, into.User.ID).Scan(&beside); err != nil {
		return err
	}
	var all []step
	if back != row {
		all = []step{
			{"rename_user_to", []any{back.Name.Text, nobodys(into.User.ID), back.Name.Version, millis(back.User.RenamedAt), into.User.ID}},
			{"rekey_user_free", []any{back.Name.Key, back.Name.Skeleton, back.Name.Version, into.User.ID}},
		}
	}
	all = append(all, []step{
		{"restore_user", []any{from.User.ID, from.Name.Text, nobodys(from.User.ID), from.Name.Version, millis(from.User.CreatedAt), millis(from.User.RenamedAt)}},
		{"rekey_user_free", []any{from.Name.Key, from.Name.Skeleton, from.Name.Version, from.User.ID}},
		{"release_name", []any{into.User.ID, from.Name.Text, millis(now), into.Name.Text, millis(m.Until.Add(undoLate)), number(back == into)}},
		{"sessions_off", []any{from.User.ID, into.User.ID, beside}},
		{"return_identities", []any{from.User.ID, into.User.ID}},
		{"spend_tickets", []any{from.User.ID}}, // their words were given to the two as one
		{"return_names", []any{from.User.ID, into.User.ID}},
		{"return_events", []any{from.User.ID, into.User.ID}},
		{"return_codes", []any{from.User.ID}},
		{"return_declined", []any{from.User.ID}},
		{"drop_merge", []any{from.User.ID}},
		{"note_undone", []any{from.User.ID, into.User.ID, millis(now)}},
		{"insert_event", []any{from.User.ID, millis(m.At), eventMerged, m.Provider}},
		{"insert_event", []any{from.User.ID, millis(now), eventMergeUndone, m.Provider}},
		{"insert_event", []any{into.User.ID, millis(now), eventMergeUndone, m.Provider}},
	}...)
	return t.steps(all)
}

// nobodys is a key of a nickname that no typed name can have.
func nobodys(userID string) string { return "\x1f" + userID }

// namesInside are those that the merges into userID, and into whom these absorbed, give
// back when they are undone.
func (t *tx) namesInside(userID string, version int, keys func(string) app.Nickname) ([]app.Nickname, error) {
	var names []app.Nickname
	for inside := []string{userID}; len(inside) > 0; inside = inside[1:] {
		err := list(t.ctx, t.sql, t.db.text["names_inside"], []any{inside[0]}, func(scan func(...any) error) error {
			m, err := scanMerge(scan)
			names = append(names, m.From.Rekeyed(version, keys).Name, m.Into.Rekeyed(version, keys).Name)
			inside = append(inside, m.From.User.ID)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return names, nil
}

// Absorbed returns the users whose accounts became userID's, in turn or at once, and
// also where that can be undone no more.
func (db *DB) Absorbed(ctx context.Context, userID string) ([]string, error) {
	var all []string
	err := db.read(ctx, func(q query) (err error) {
		all, err = absorbed(ctx, db, q, userID)
		return err
	})
	return all, err
}

func absorbed(ctx context.Context, db *DB, q query, userID string) ([]string, error) {
	all := []string{userID}
	for i := 0; i < len(all); i++ {
		err := list(ctx, q, db.text["absorbed_into"], []any{all[i]}, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			if !slices.Contains(all, id) {
				all = append(all, id)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all[1:], nil
}

// Lapsed returns those of Absorbed for whom it can be undone no more.
func (db *DB) Lapsed(ctx context.Context, userID string) ([]string, error) {
	var all []string
	err := db.read(ctx, func(q query) error {
		all = nil
		ids, err := absorbed(ctx, db, q, userID)
		for _, id := range ids {
			var into string
			if err := q.QueryRowContext(ctx, db.text["lapsed_merge"], id).Scan(&into); err == nil {
				all = append(all, id)
			} else if !errors.Is(err, sql.ErrNoRows) {
				return err
			}
		}
		return err
	})
	return all, err
}

// MergedInto returns whose account that of userID became, in turn or at once; CodeNotFound
// where it is nobody's but theirs.
func (db *DB) MergedInto(ctx context.Context, userID string) (app.User, error) {
	var u app.User
	err := db.read(ctx, func(q query) error {
		owner, err := mergedInto(ctx, db, q, userID)
		if err != nil {
			return err
		}
		if owner == userID {
			return sql.ErrNoRows
		}
		u, _, err = scanUser(q.QueryRowContext(ctx, db.text["user"], owner))
		return err
	})
	return u, err
}

func mergedInto(ctx context.Context, db *DB, q query, userID string) (string, error) {
	for seen := 0; seen < 1000; seen++ { // two were one before each was another's: no ring
		var into string
		err := q.QueryRowContext(ctx, db.text["merged_into"], userID).Scan(&into)
		if errors.Is(err, sql.ErrNoRows) {
			return userID, nil
		} else if err != nil {
			return "", err
		}
		userID = into
	}
	return "", app.Fail(app.CodeInternal, errors.New("rows: merges in a ring"))
}

// lapseMerges forgets how those were who were absorbed in merges that can be undone no
// more; that they were stays, and the timeline says so.
func (db *DB) lapseMerges(ctx context.Context, now time.Time) error {
	return db.serial(ctx, func(t *tx) error {
		var due []string
		err := list(t.ctx, t.sql, t.db.text["lapsing_merges"], []any{millis(now)}, func(scan func(...any) error) error {
			var from string
			err := scan(&from)
			due = append(due, from)
			return err
		})
		if err != nil {
			return err
		}
		for _, from := range due {
			owner, err := mergedInto(t.ctx, t.db, t.sql, from)
			if err != nil {
				return err
			}
			if err := t.steps([]step{
				{"lapse_merge", []any{from}},
				{"drop_merge", []any{from}},
				{"insert_event", []any{owner, millis(now), eventMergeLapsed, from}},
			}); err != nil {
				return err
			}
		}
		return nil
	})
}
