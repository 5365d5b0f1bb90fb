package rows

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// The kinds of events of recovery codes; those of the desktop's database.
const (
	eventCodesMade    = "recovery_codes_made"
	eventCodeUsed     = "recovery_code_used"
	eventCodesRemoved = "recovery_codes_removed"
)

// Guess is what one guess of a recovery code finds.
type Guess struct {
	app.RecoveryGuess
	UsedBy    string // a hash of the attempt that used the code up, or empty
	SessionID string // what it opened
}

// RecoveryTag returns how the codes of this directory begin: drawn, if it never made any.
func (db *DB) RecoveryTag(ctx context.Context, drawn string) (string, error) {
	var tag string
	err := db.write(ctx, func(t *tx) error {
		if err := t.exec("set_recovery_tag", drawn); err != nil {
			return err
		}
		return t.row("recovery_tag").Scan(&tag)
	})
	return tag, err
}

// RecoveryCodes are those of the user; CodeNotFound.
func (db *DB) RecoveryCodes(ctx context.Context, userID string) (app.RecoveryCodes, error) {
	var of app.RecoveryCodes
	err := db.read(ctx, func(q query) error {
		of = app.RecoveryCodes{}
		if err := q.QueryRowContext(ctx, db.text["codes_declined"], userID).Scan(&of.Declined); err != nil {
			return err
		}
		return list(ctx, q, db.text["recovery_codes"], []any{userID}, func(scan func(...any) error) error {
			g, err := scanCode(scan)
			of.Codes = append(of.Codes, g.Code)
			return err
		})
	})
	return of, err
}

func scanCode(scan func(...any) error) (Guess, error) {
	var g Guess
	var made, used sql.NullInt64
	err := scan(&g.Code.Selector, &g.Code.UserID, &g.Code.Number, &g.Code.Verifier, &made, &used, &g.UsedBy, &g.SessionID)
	g.Code.MadeAt, g.Code.UsedAt = moment(made), moment(used)
	return g, err
}

// MakeRecoveryCodes gives the user these codes and takes all earlier ones, used or not.
// CodeConflict, and nothing changed, if a selector is taken; CodeNotFound.
func (db *DB) MakeRecoveryCodes(ctx context.Context, userID string, codes []app.RecoveryCode, now time.Time) error {
	return db.serial(ctx, func(t *tx) error {
		if _, _, err := scanUser(t.row("user", userID)); err != nil {
			return err
		}
		if err := t.exec("drop_codes", userID); err != nil {
			return err
		}
		for _, c := range codes {
			n, err := t.changed("insert_code", c.Selector, userID, c.Number, c.Verifier, millis(c.MadeAt))
			if err != nil {
				return err
			}
			if n != 1 {
				return app.Fail(app.CodeConflict, errors.New("a selector is taken"))
			}
		}
		return t.event(userID, now, eventCodesMade, "")
	})
}

// RemoveRecoveryCodes takes all codes of the user, who then is not offered any either.
// Removing none is no error, and nothing that happened.
func (db *DB) RemoveRecoveryCodes(ctx context.Context, userID string, now time.Time) error {
	return db.write(ctx, func(t *tx) error {
		n, err := t.changed("drop_codes", userID)
		if err != nil || n == 0 {
			return err
		}
		if err := t.exec("decline_codes", userID); err != nil {
			return err
		}
		return t.event(userID, now, eventCodesRemoved, "")
	})
}

// DeclineRecoveryCodes remembers that the user does not want to be offered any.
func (db *DB) DeclineRecoveryCodes(ctx context.Context, userID string) error {
	return db.write(ctx, func(t *tx) error { return t.exec("decline_codes", userID) })
}

// GuessRecoveryCode counts a guess of the code that begins so, over all replicas and by
// the rule of count, whose error it returns after it has stored what count returned, and
// finds what the guess is about.
func (db *DB) GuessRecoveryCode(ctx context.Context, selector string, count func(app.Guesses) (app.Guesses, error)) (Guess, error) {
	var found Guess
	var verdict error
	err := db.serial(ctx, func(t *tx) error {
		var g app.Guesses
		var at, until sql.NullInt64
		if err := t.row("guesses", selector).Scan(&g.Failed, &at, &until); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		g.At, g.Until = moment(at), moment(until)
		next, err := count(g)
		verdict = err
		if err := t.exec("set_guesses", selector, next.Failed, next.At.UnixMilli(), next.Until.UnixMilli()); err != nil {
			return err
		}
		found, err = scanCode(t.row("recovery_code", selector).Scan)
		if errors.Is(err, sql.ErrNoRows) {
			found = Guess{}
		} else if err != nil {
			return err
		}
		if err := t.row("any_code").Scan(&found.Any); err != nil {
			return err
		}
		if err := t.row("recovery_tag").Scan(&found.Tag); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		return nil
	})
	if err == nil {
		err = verdict
	}
	return found, err
}

// UseRecoveryCode uses the code up and opens s for its user, in one transaction: neither
// is ever there without the other. Done again by the same attempt, which a hash names, it
// answers the same session. CodeConflict, and nothing written, if the code was used by
// another or replaced meanwhile.
func (db *DB) UseRecoveryCode(ctx context.Context, c app.RecoveryCode, attempt string, s app.Session) (app.SignedIn, error) {
	var in app.SignedIn
	err := db.write(ctx, func(t *tx) error {
		n, err := t.changed("use_code", millis(s.CreatedAt), attempt, s.ID, c.Selector, c.Verifier)
		if err != nil {
			return err
		}
		if n != 1 { // whoever is second with a code waited above, and finds it used
			g, err := scanCode(t.row("recovery_code", c.Selector).Scan)
			if errors.Is(err, sql.ErrNoRows) || err == nil && g.UsedBy != attempt {
				return app.Fail(app.CodeConflict, nil)
			} else if err != nil {
				return err
			}
			in, err = scanSignedIn(t.row("session", g.SessionID).Scan)
			return err
		}
		if err := t.exec("forget_guesses", c.Selector); err != nil {
			return err
		}
		all, err := identities(t.ctx, t.db, t.sql, c.UserID)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return app.Fail(app.CodeInternal, errors.New("rows: a user without an identity"))
		}
		s := s
		s.UserID, s.IdentityID = c.UserID, all[0].ID
		if err := t.insertSession(s, true); err != nil {
			return err
		}
		if err := t.event(c.UserID, s.CreatedAt, eventCodeUsed, ""); err != nil {
			return err
		}
		in, err = scanSignedIn(t.row("session", s.ID).Scan)
		return err
	})
	if err != nil {
		return app.SignedIn{}, err
	}
	return in, nil
}
