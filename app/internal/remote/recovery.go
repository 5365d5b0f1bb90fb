package remote

import (
	"context"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// Directories keep no recovery codes yet: each of these acts says so, or that there is no
// way to the directory, and changes nothing.

func (s *Store) withoutCodes() error {
	if s.r.o.Online != nil && !s.r.o.Online() {
		return app.Fail(app.CodeOffline, nil)
	}
	return app.Fail(app.CodeRecoveryUnsupported, nil)
}

// RecoveryCodes implements account.Store.
func (s *Store) RecoveryCodes(context.Context, string) (app.RecoveryCodes, error) {
	return app.RecoveryCodes{}, s.withoutCodes()
}

// RecoveryTag implements account.Store.
func (s *Store) RecoveryTag(context.Context, string) (string, error) { return "", s.withoutCodes() }

// MakeRecoveryCodes implements account.Store.
func (s *Store) MakeRecoveryCodes(context.Context, string, []app.RecoveryCode, time.Time) error {
	return s.withoutCodes()
}

// RemoveRecoveryCodes implements account.Store.
func (s *Store) RemoveRecoveryCodes(context.Context, string, time.Time) error {
	return s.withoutCodes()
}

// DeclineRecoveryCodes implements account.Store.
func (s *Store) DeclineRecoveryCodes(context.Context, string, time.Time) error {
	return s.withoutCodes()
}

// GuessRecoveryCode implements account.Store.
func (s *Store) GuessRecoveryCode(context.Context, string, func(app.Guesses) (app.Guesses, error)) (app.RecoveryGuess, error) {
	return app.RecoveryGuess{}, s.withoutCodes()
}

// UseRecoveryCode implements account.Store.
func (s *Store) UseRecoveryCode(context.Context, app.RecoveryCode, app.Session) (app.SignedIn, error) {
	return app.SignedIn{}, s.withoutCodes()
}
