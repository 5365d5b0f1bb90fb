package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// The kinds of events of two accounts that were brought together.
const (
	eventMerged      = "merged"
	eventMergeUndone = "merge_undone"
	eventMergeLapsed = "merge_lapsed" // detail is the absorbed user's ID
)

// mergeRow is a row of merges.
type mergeRow struct {
	app.Merge
	before, last int64 // the absorbed timeline is Into's from before+1 to before+last
}

func scanMerge(scan scan) (mergeRow, error) {
	var m mergeRow
	var at, until, fromCreated, fromRenamed, intoCreated, intoRenamed nullTime
	err := scan(&m.From.User.ID, &m.Into.User.ID, &m.Provider, &at, &until, &m.before, &m.last,
		&m.From.Name.Text, &m.From.Name.Key, &m.From.Name.Skeleton, &m.From.Name.Version, &fromCreated, &fromRenamed,
		&m.Into.Name.Text, &m.Into.Name.Key, &m.Into.Name.Skeleton, &m.Into.Name.Version, &intoCreated, &intoRenamed)
	m.At, m.Until = moment(at), moment(until)
	m.From.User.Nickname, m.From.User.CreatedAt, m.From.User.RenamedAt = m.From.Name.Text, moment(fromCreated), moment(fromRenamed)
	m.Into.User.Nickname, m.Into.User.CreatedAt, m.Into.User.RenamedAt = m.Into.Name.Text, moment(intoCreated), moment(intoRenamed)
	return m, err
}

// userRow reads a user whole.
func (t *tx) userRow(id string) (app.UserRow, error) {
	r := app.UserRow{User: app.User{ID: id}}
	var created, renamed nullTime
	err := t.row("user", []any{id}, &r.Name.Text, &r.Name.Key, &r.Name.Skeleton, &r.Name.Version, &created, &renamed)
	r.User.Nickname, r.User.CreatedAt, r.User.RenamedAt = r.Name.Text, moment(created), moment(renamed)
	return r, err
}

// ofSession returns the session where it lives and is the user's; CodeSessionRevoked.
func (t *tx) ofSession(sessionID, userID string) (app.SignedIn, error) {
	in, err := t.session(sessionID)
	if errors.Is(err, sql.ErrNoRows) || err == nil && (in.User.ID != userID || !in.Session.EndedAt.IsZero()) {
		return app.SignedIn{}, app.Fail(app.CodeSessionRevoked, nil)
	}
	return in, err
}

// Merge brings two accounts together: identities, sessions, timeline and former names
// of r.From become those of r.Into, all or none. r.From's row, r.Into's as it was and
// what was moved are kept for app.MergeLifetime; so is the nickname that was not
// chosen, for r.Into. Every session of the two but r.SessionID ends. It returns that
// session as it is now.
//
// CodeMergeChanged where r.Word is not r.From's any more, or one of the two was renamed
// or is gone; CodeConflict where the nickname is neither's or the two are one;
// CodeSessionRevoked. With any of them nothing has changed.
func (db *DB) Merge(ctx context.Context, r app.MergeRequest) (app.SignedIn, error) {
	var in app.SignedIn
	err := db.repeat(ctx, "merge", func(t *tx) (err error) {
		if in, err = t.ofSession(r.SessionID, r.Into.ID); err != nil {
			return err
		}
		if done, err := t.merge(r.From.ID); err == nil && done.Into.User.ID == r.Into.ID && done.At.Equal(stored(r.At)) {
			return nil // whatever the commit said
		} else if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err := t.absorb(r, in.Identity.ID); err != nil {
			return err
		}
		in, err = t.session(r.SessionID)
		return err
	})
	if err != nil {
		return app.SignedIn{}, err
	}
	db.wrote(true)
	return in, nil
}

// merge reads the merge by which from was absorbed; sql.ErrNoRows.
func (t *tx) merge(from string) (m mergeRow, err error) {
	found := false
	err = t.rows("merge", []any{from}, func(scan scan) (err error) {
		found = true
		m, err = scanMerge(scan)
		return err
	})
	if err == nil && !found {
		err = sql.ErrNoRows
	}
	return m, err
}

// absorb is Merge inside its transaction; identity is one that the survivor has, or
// empty in a session that a recovery code opened.
func (t *tx) absorb(r app.MergeRequest, identity string) error {
	var owner app.User
	var word string
	var linked, created, renamed nullTime
	err := t.row("identity_by_key", []any{r.Word.Key.Issuer, r.Word.Key.Subject}, &word, &linked, &owner.ID, &owner.Nickname, &created, &renamed)
	if errors.Is(err, sql.ErrNoRows) || err == nil && owner.ID != r.From.ID {
		return app.Fail(app.CodeMergeChanged, nil)
	} else if err != nil {
		return err
	}
	from, err := t.userRow(r.From.ID)
	if err != nil { // it was found above
		return err
	}
	into, err := t.userRow(r.Into.ID)
	if err != nil {
		return err
	}
	m, after, held, err := r.Made(from, into)
	if err != nil {
		return err
	}
	for _, user := range []string{r.From.ID, r.Into.ID} {
		if _, err := t.endSessions("end_other_sessions", app.EndMerged, r.At, user, r.SessionID); err != nil {
			return err
		}
	}
	var before, last int64
	if err := t.row("last_event", []any{into.User.ID}, &before); err != nil {
		return err
	}
	if err := t.row("last_event", []any{from.User.ID}, &last); err != nil {
		return err
	}
	for _, step := range []struct {
		name string
		args []any
	}{
		{"insert_merge", []any{
			from.User.ID, into.User.ID, m.Provider, millis(m.At), millis(m.Until), before, last,
			from.Name.Text, from.Name.Key, from.Name.Skeleton, from.Name.Version, millis(from.User.CreatedAt), millis(from.User.RenamedAt),
			into.Name.Text, into.Name.Key, into.Name.Skeleton, into.Name.Version, millis(into.User.CreatedAt), millis(into.User.RenamedAt),
		}},
		{"keep_merged_identities", []any{from.User.ID}},
		{"keep_merged_sessions", []any{from.User.ID}},
		{"keep_merged_names", []any{from.User.ID}},
		{"keep_merged_codes", []any{from.User.ID}},
		{"move_sessions_to_user", []any{from.User.ID, into.User.ID, sql.NullString{String: identity, Valid: identity != ""}}},
		{"move_identities_to_user", []any{from.User.ID, into.User.ID}},
		{"restore_merged_sessions_identity", []any{from.User.ID, into.User.ID}},
		{"move_names_to_user", []any{from.User.ID, into.User.ID}},
		{"move_events", []any{from.User.ID, into.User.ID, 1, last, before}},
		{"delete_user", []any{from.User.ID}}, // nothing is left that would go with it
		{"rename_user", []any{into.User.ID, after.Name.Text, after.Name.Key, after.Name.Skeleton, after.Name.Version, millis(after.User.RenamedAt)}},
		{"insert_former_name", []any{into.User.ID, held.Text, held.Key, held.Skeleton, held.Version, millis(m.Until)}},
	} {
		if _, err := t.exec(step.name, step.args...); err != nil {
			return err
		}
	}
	return t.event(into.User.ID, r.At, eventMerged, m.Provider)
}

// Unmerge undoes the merge by which userID absorbed fromID, the last one first: both
// are as they were, and what came since stays with userID. An identity that fromID
// had, and that userID has now, goes back, also where it was unlinked and linked
// again; one that is gone stays gone. A third nickname that userID took stays theirs.
// No session comes back, and every one of userID but sessionID ends; that one stands
// under an identity that is left. It returns that session.
//
// CodeMergeLapsed, CodeMergeOrder, CodeMergeNoWayIn, CodeNotFound, CodeSessionRevoked.
func (db *DB) Unmerge(ctx context.Context, userID, sessionID, fromID string, now time.Time) (app.SignedIn, error) {
	var in app.SignedIn
	err := db.repeat(ctx, "unmerge", func(t *tx) error {
		m, err := t.undoable(userID, sessionID, fromID, now)
		if err != nil {
			return err
		}
		if err := db.part(t, m, sessionID, now); err != nil {
			return err
		}
		in, err = t.session(sessionID)
		return err
	}, app.CodeNotFound)
	if err == nil && in.Session.ID == "" { // done by a commit that said it was not
		in, err = db.Session(background, sessionID)
	}
	if err != nil {
		return app.SignedIn{}, err
	}
	db.wrote(true)
	return in, nil
}

// MayUnmerge says what Unmerge would, and changes nothing.
func (db *DB) MayUnmerge(ctx context.Context, userID, sessionID, fromID string, now time.Time) (app.Merge, error) {
	var m mergeRow
	asked := errors.New("asked")
	err := db.write(ctx, "may_unmerge", func(t *tx) (err error) {
		if m, err = t.undoable(userID, sessionID, fromID, now); err != nil {
			return err
		}
		return asked
	})
	if errors.Is(err, asked) {
		err = nil
	}
	return m.Merge, err
}

// undoable returns the merge that may be undone now. The codes of Unmerge.
func (t *tx) undoable(userID, sessionID, fromID string, now time.Time) (mergeRow, error) {
	if _, err := t.ofSession(sessionID, userID); err != nil {
		return mergeRow{}, err
	}
	m, err := t.merge(fromID)
	if errors.Is(err, sql.ErrNoRows) {
		var lapsed bool
		if err := t.row("event_of_kind", []any{userID, eventMergeLapsed, fromID}, &lapsed); err != nil {
			return mergeRow{}, err
		}
		if lapsed {
			return mergeRow{}, app.Fail(app.CodeMergeLapsed, nil)
		}
	}
	if err != nil {
		return mergeRow{}, err
	}
	var last string
	if err := t.row("last_merge", []any{userID}, &last); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return mergeRow{}, err
	}
	var theirs, others int
	if err := t.row("merged_identities_left", []any{fromID, userID}, &theirs, &others); err != nil {
		return mergeRow{}, err
	}
	return m, m.Undoable(userID, last, theirs, others, now)
}

// part is Unmerge inside its transaction.
func (db *DB) part(t *tx, m mergeRow, sessionID string, now time.Time) error {
	from, into := db.rekeyed(m.From), db.rekeyed(m.Into)
	row, err := t.userRow(into.User.ID)
	if err != nil {
		return err
	}
	inside, err := db.namesInside(t, from.User.ID)
	if err != nil {
		return err
	}
	back := app.Merge{From: from, Into: into}.Undone(row, inside...)
	if _, err := t.endSessions("end_other_sessions", app.EndRevoked, now, into.User.ID, sessionID); err != nil {
		return err
	}
	var identity string
	if err := t.row("identity_beside_merged", []any{from.User.ID, into.User.ID}, &identity); err != nil {
		return err
	}
	if back != row {
		if _, err := t.exec("renamed_user", into.User.ID, back.Name.Text, back.Name.Version, millis(back.User.RenamedAt)); err != nil {
			return err
		}
		if _, err := t.exec("rekey_user", into.User.ID, back.Name.Key, back.Name.Skeleton, back.Name.Version); err != nil {
			return err
		}
	}
	for _, step := range []struct {
		name string
		args []any
	}{
		{"restore_user", []any{from.User.ID, from.Name.Text, from.Name.Version, millis(from.User.CreatedAt), millis(from.User.RenamedAt)}},
		// Taken only where newer rules made two names one since: then the name stays
		// theirs, under keys of its own (see rekey).
		{"rekey_user", []any{from.User.ID, from.Name.Key, from.Name.Skeleton, from.Name.Version}},
		{"release_merged_name", []any{into.User.ID, from.Name.Text, into.Name.Text, millis(m.Until), millis(now), back == into}},
		{"move_sessions_off_merged", []any{from.User.ID, into.User.ID, identity}},
		{"return_merged_identities", []any{from.User.ID, into.User.ID}},
		{"return_merged_sessions", []any{from.User.ID, into.User.ID}},
		{"return_merged_names", []any{from.User.ID, into.User.ID}},
		{"return_merged_codes", []any{from.User.ID}},
		{"return_merged_declined", []any{from.User.ID}},
		{"move_events", []any{into.User.ID, from.User.ID, m.before + 1, m.before + m.last, -m.before}},
		{"delete_merge", []any{from.User.ID}},
	} {
		if _, err := t.exec(step.name, step.args...); err != nil {
			return err
		}
	}
	if err := t.event(from.User.ID, m.At, eventMerged, m.Provider); err != nil {
		return err
	}
	for _, user := range []string{from.User.ID, into.User.ID} {
		if err := t.event(user, now, eventMergeUndone, m.Provider); err != nil {
			return err
		}
	}
	return nil
}

// namesInside are those that the merges into userID, and into whom these absorbed, give
// back when they are undone.
func (db *DB) namesInside(t *tx, userID string) ([]app.Nickname, error) {
	var all []app.Nickname
	err := t.rows("names_inside", []any{userID}, func(scan scan) error {
		var r app.UserRow
		err := scan(&r.Name.Text, &r.Name.Key, &r.Name.Skeleton, &r.Name.Version)
		all = append(all, db.rekeyed(r).Name)
		return err
	})
	return all, err
}

// rekeyed is r with the keys of the present rules.
func (db *DB) rekeyed(r app.UserRow) app.UserRow {
	if db.opt.Rekey == nil {
		return r
	}
	return r.Rekeyed(db.opt.NicknameVersion, db.opt.Rekey)
}

// Merges returns those by which userID absorbed others and that can still be undone
// at now, the last one first.
func (db *DB) Merges(ctx context.Context, userID string, now time.Time) ([]app.Merge, error) {
	var all []app.Merge
	err := db.query(ctx, "merges", []any{userID, millis(now)}, func(scan scan) error {
		m, err := scanMerge(scan)
		all = append(all, m.Merge)
		return err
	})
	return all, err
}

// LapsedMerges returns the absorbed users of those that can be undone no more at now.
func (db *DB) LapsedMerges(ctx context.Context, now time.Time) ([]string, error) {
	return db.ids(ctx, "lapsed_merges", millis(now))
}

// LapseMerge forgets how fromID was before it was absorbed; forgetting it twice is no
// error. The timeline keeps that it was.
func (db *DB) LapseMerge(ctx context.Context, fromID string, now time.Time) error {
	err := db.repeat(ctx, "lapse_merge", func(t *tx) error {
		var owner string
		err := t.row("merge_owner", []any{fromID}, &owner)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		} else if err != nil {
			return err
		}
		if _, err := t.exec("delete_merge", fromID); err != nil {
			return err
		}
		return t.event(owner, now, eventMergeLapsed, fromID)
	})
	if err == nil {
		db.wrote(true)
	}
	return err
}

// Absorbed returns the users whose accounts became userID's, in turn or at once, and
// also where that can be undone no more.
func (db *DB) Absorbed(ctx context.Context, userID string) ([]string, error) {
	return db.ids(ctx, "absorbed", userID, eventMergeLapsed)
}

func (db *DB) ids(ctx context.Context, query string, args ...any) ([]string, error) {
	var all []string
	err := db.query(ctx, query, args, func(scan scan) error {
		var id string
		err := scan(&id)
		all = append(all, id)
		return err
	})
	return all, err
}

// ProviderBefore returns the provider that confirmed somebody of this profile last;
// CodeNotFound where nobody has an account.
func (db *DB) ProviderBefore(ctx context.Context) (string, error) {
	var provider string
	err := db.queryRow(ctx, "provider_before", nil, &provider)
	return provider, err
}
