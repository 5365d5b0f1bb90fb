package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// The kinds of events of recovery codes. A restored backup is the detail of a removal.
const (
	eventCodesMade    = "recovery_codes_made"
	eventCodeUsed     = "recovery_code_used"
	eventCodesRemoved = "recovery_codes_removed"
	detailRestored    = "restored"
)

// RecoveryCodes are those of the user.
func (db *DB) RecoveryCodes(ctx context.Context, userID string) (app.RecoveryCodes, error) {
	var of app.RecoveryCodes
	err := db.query(ctx, "recovery_codes", []any{userID}, func(scan scan) error {
		c, err := scanRecoveryCode(scan)
		of.Codes = append(of.Codes, c)
		return err
	})
	if err != nil {
		return app.RecoveryCodes{}, err
	}
	return of, db.queryRow(ctx, "recovery_declined", []any{userID}, &of.Declined)
}

func scanRecoveryCode(scan scan) (app.RecoveryCode, error) {
	var c app.RecoveryCode
	var made, used, void nullTime
	err := scan(&c.Selector, &c.UserID, &c.Number, &c.Verifier, &made, &used, &void)
	c.MadeAt, c.UsedAt, c.VoidAt = moment(made), moment(used), moment(void)
	return c, err
}

// RecoveryTag returns how the codes of this profile begin: drawn, if it never made any.
func (db *DB) RecoveryTag(ctx context.Context, drawn string) (string, error) {
	var tag string
	var failed int
	var at, until nullTime
	err := db.repeat(ctx, "recovery_tag", func(t *tx) error {
		if _, err := t.exec("set_recovery_tag", drawn); err != nil {
			return err
		}
		return t.row("recovery_guesses", nil, &tag, &failed, &at, &until)
	})
	return tag, err
}

// MakeRecoveryCodes gives the user these codes and takes all earlier ones, used or not.
// Making the same again changes nothing. CodeConflict, and nothing changed, if a selector is
// taken; CodeNotFound.
func (db *DB) MakeRecoveryCodes(ctx context.Context, userID string, codes []app.RecoveryCode, now time.Time) error {
	err := db.repeat(ctx, "make_recovery_codes", func(t *tx) error {
		if earlier, err := t.recoveryCode(codes[0].Selector); err == nil && earlier.Verifier == codes[0].Verifier {
			return nil // done, whatever the commit said
		} else if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if _, err := t.exec("delete_recovery_codes", userID); err != nil {
			return err
		}
		for _, c := range codes {
			if _, err := t.exec("insert_recovery_code", c.Selector, userID, c.Number, c.Verifier, millis(c.MadeAt)); err != nil {
				return err
			}
		}
		return t.event(userID, now, eventCodesMade, "")
	})
	if err == nil {
		db.wrote(true)
	}
	return err
}

// RemoveRecoveryCodes takes all codes of the user, who then is not offered any either.
// Removing none is no error, and nothing that happened.
func (db *DB) RemoveRecoveryCodes(ctx context.Context, userID string, now time.Time) error {
	err := db.repeat(ctx, "remove_recovery_codes", func(t *tx) error {
		n, err := t.exec("delete_recovery_codes", userID)
		if err != nil || n == 0 {
			return err
		}
		if _, err := t.exec("decline_recovery", userID, millis(now)); err != nil {
			return err
		}
		return t.event(userID, now, eventCodesRemoved, "")
	})
	if err == nil {
		db.wrote(true)
	}
	return err
}

// DeclineRecoveryCodes remembers that the user does not want to be offered any.
func (db *DB) DeclineRecoveryCodes(ctx context.Context, userID string, now time.Time) error {
	err := db.repeat(ctx, "decline_recovery", func(t *tx) error {
		_, err := t.exec("decline_recovery", userID, millis(now))
		return err
	})
	if err == nil {
		db.wrote(false)
	}
	return err
}

// GuessRecoveryCode counts a guess by the rule of count, whose error it returns after it
// has stored what count returned, and finds what the guess is about.
func (db *DB) GuessRecoveryCode(ctx context.Context, selector string, count func(app.Guesses) (app.Guesses, error)) (app.RecoveryGuess, error) {
	var found app.RecoveryGuess
	var verdict error
	counted := false
	err := db.repeat(ctx, "guess_recovery_code", func(t *tx) error {
		var g app.Guesses
		var at, until nullTime
		if err := t.row("recovery_guesses", nil, &found.Tag, &g.Failed, &at, &until); err != nil {
			return err
		}
		g.At, g.Until = moment(at), moment(until)
		if !counted { // after an unclear commit it is counted, or nobody was answered
			next, err := count(g)
			verdict = err
			if _, err := t.exec("set_recovery_guesses", next.Failed, millis(next.At), millis(next.Until)); err != nil {
				return err
			}
		}
		if err := t.row("any_recovery_code", nil, &found.Any); err != nil {
			return err
		}
		var err error
		found.Code, err = t.recoveryCode(selector)
		if errors.Is(err, sql.ErrNoRows) {
			found.Code, err = app.RecoveryCode{}, nil
		}
		return err
	})
	if err == nil {
		db.wrote(false)
		err = verdict
	}
	if err != nil {
		return app.RecoveryGuess{}, err
	}
	return found, nil
}

// UseRecoveryCode uses the code up and opens s for its user, in one transaction: neither
// is ever there without the other. It forgets the guesses and ends that user's unclaimed sessions. Repeated
// with the same s.ID it answers the same. CodeConflict, and nothing written, if the code
// was used, replaced or retired meanwhile.
func (db *DB) UseRecoveryCode(ctx context.Context, c app.RecoveryCode, s app.Session) (app.SignedIn, error) {
	var in app.SignedIn
	err := db.write(ctx, "use_recovery_code", func(t *tx) error {
		earlier, err := t.session(s.ID)
		if err == nil && earlier.User.ID == c.UserID && earlier.Session.IdentityID == "" {
			in = earlier
			return nil
		} else if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		n, err := t.exec("use_recovery_code", c.Selector, c.Verifier, millis(s.CreatedAt))
		if err != nil {
			return err
		}
		if n != 1 {
			return app.Fail(app.CodeConflict, nil)
		}
		if _, err := t.exec("set_recovery_guesses", 0, millis(time.Time{}), millis(time.Time{})); err != nil {
			return err
		}
		if _, err := t.endSessions("end_unclaimed", app.EndReplaced, s.CreatedAt, c.UserID, s.RotatedLaunch); err != nil {
			return err
		}
		s.UserID, s.IdentityID = c.UserID, ""
		if err := t.insertSession(s); err != nil {
			return err
		}
		if err := t.event(c.UserID, s.CreatedAt, eventCodeUsed, ""); err != nil {
			return err
		}
		in, err = t.session(s.ID)
		return err
	})
	return db.settled(in, s.ID, err)
}

func (t *tx) recoveryCode(selector string) (app.RecoveryCode, error) {
	var c app.RecoveryCode
	found := false
	err := t.rows("recovery_code", []any{selector}, func(scan scan) (err error) {
		found = true
		c, err = scanRecoveryCode(scan)
		return err
	})
	if err == nil && !found {
		err = sql.ErrNoRows
	}
	return c, err
}
