package directory

import (
	"context"
	"errors"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/recovery"
)

// hash waits for its turn to compute slow hashes, and computes them.
func (s *Service) hash(ctx context.Context, compute func() error) error {
	select {
	case s.hashing <- struct{}{}:
		defer func() { <-s.hashing }()
		return compute()
	case <-ctx.Done():
		return app.Fail(app.CodeDirectoryUnavailable, ctx.Err())
	}
}

// RecoveryCodes tells of in's recovery codes, and holds none.
func (s *Service) RecoveryCodes(ctx context.Context, in app.SignedIn) (RecoveryCodes, error) {
	of, err := s.db.RecoveryCodes(ctx, in.User.ID)
	out := RecoveryCodes{Codes: []RecoveryCode{}, Declined: of.Declined}
	for _, c := range of.Codes {
		out.Codes = append(out.Codes, RecoveryCode{Number: c.Number, MadeAt: ms(c.MadeAt), UsedAt: ms(c.UsedAt)})
	}
	return out, err
}

// MakeRecoveryCodes makes ten codes for in in the place of all earlier ones, answered
// this once. CodeConfirmationNeeded.
func (s *Service) MakeRecoveryCodes(ctx context.Context, in app.SignedIn, ticket string) (NewRecoveryCodes, error) {
	if err := s.confirmed(ctx, in, ticket); err != nil {
		return NewRecoveryCodes{}, err
	}
	if err := s.count(ctx, "codes "+in.User.ID, recoveriesPerMinute); err != nil {
		return NewRecoveryCodes{}, err
	}
	var made NewRecoveryCodes
	err := s.hash(ctx, func() (err error) {
		made.Codes, err = recovery.Sheet(ctx, s.db, s.o.Rand, in.User.ID, s.now())
		return err
	})
	return made, err
}

// RemoveRecoveryCodes takes all codes of in. CodeConfirmationNeeded.
func (s *Service) RemoveRecoveryCodes(ctx context.Context, in app.SignedIn, ticket string) error {
	if err := s.confirmed(ctx, in, ticket); err != nil {
		return err
	}
	return s.db.RemoveRecoveryCodes(ctx, in.User.ID, s.now())
}

// DeclineRecoveryCodes remembers that in wants to be offered none.
func (s *Service) DeclineRecoveryCodes(ctx context.Context, in app.SignedIn) error {
	return s.db.DeclineRecoveryCodes(ctx, in.User.ID)
}

// Recover opens a session for whoever a recovery code belongs to, and uses the code up.
// The same attempt again answers the same session until its first pair was presented.
// Guesses are counted before they are judged: by address, and by the code's beginning,
// whether there is such a code or not, so that the count tells nobody which there are.
//
// Codes: CodeRecoveryMistyped, CodeRateLimited (param minutes), those of recovery.Judge,
// CodeConflict.
func (s *Service) Recover(ctx context.Context, address string, r RecoveryRequest) (Recovered, error) {
	device, err := deviceOf(r.Device)
	if err != nil {
		return Recovered{}, err
	}
	if len(r.Attempt) < 16 || len(r.Attempt) > 128 {
		return Recovered{}, app.Fail(app.CodeBadRequest, errors.New("an attempt has 16 to 128 letters"))
	}
	c, err := recovery.Parse(r.Code)
	if err != nil {
		return Recovered{}, err
	}
	if err := s.count(ctx, "recover "+address, recoveriesPerMinute); err != nil {
		return Recovered{}, err
	}
	g, err := s.db.GuessRecoveryCode(ctx, c.Selector(), func(g app.Guesses) (app.Guesses, error) { return recovery.Guess(g, s.now()) })
	if err != nil {
		return Recovered{}, err
	}
	attempt := hashOf(r.Attempt)
	err = s.hash(ctx, func() error { return recovery.Judge(c, g.RecoveryGuess) })
	if app.CodeOf(err) == app.CodeRecoveryUsed && g.UsedBy == attempt {
		err = nil // it is theirs, and they did not hear
	}
	if err != nil {
		return Recovered{}, err
	}
	row, err := s.keeper.New()
	if err != nil {
		return Recovered{}, err
	}
	row.Device = device
	in, err := s.db.UseRecoveryCode(ctx, g.Code, attempt, row)
	switch app.CodeOf(err) {
	case "":
	case app.CodeConflict: // another was faster
		return Recovered{}, app.Fail(app.CodeRecoveryUsed, err, "date", s.now().Format(time.RFC3339))
	case app.CodeNotFound: // its session was swept
		return Recovered{}, app.Fail(app.CodeSessionRevoked, err)
	default:
		return Recovered{}, err
	}
	answer, err := s.first(ctx, in)
	if err != nil {
		return Recovered{}, err
	}
	ids, err := s.Identities(ctx, in)
	return Recovered{SignedIn: answer, Identities: ids.Identities}, err
}
