package account

import (
	"context"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/recovery"
)

// RecoveryCodes are those of who: how many are left and which were used, and no code.
func (a *Acts) RecoveryCodes(ctx context.Context, who app.SignedIn) (app.RecoveryCodes, error) {
	return a.o.Store.RecoveryCodes(ctx, who.User.ID)
}

// MakeRecoveryCodes makes ten codes for who in the place of all earlier ones. They are
// answered this once. It needs a fresh confirmation (see Confirmer), which the caller has
// seen to.
func (a *Acts) MakeRecoveryCodes(ctx context.Context, who app.SignedIn) ([]string, error) {
	if elsewhere, ok := a.o.Store.(CodesElsewhere); ok {
		return elsewhere.MakeCodes(ctx, who.User.ID)
	}
	store, err := a.codes()
	if err != nil {
		return nil, err
	}
	return recovery.Sheet(ctx, store, a.o.Rand, who.User.ID, a.o.Clock.Now())
}

// codes is the store of the codes that are judged here. CodeRecoveryUnsupported.
func (a *Acts) codes() (Codes, error) {
	if store, ok := a.o.Store.(Codes); ok {
		return store, nil
	}
	return nil, app.Fail(app.CodeRecoveryUnsupported, nil)
}

// RemoveRecoveryCodes takes all codes of who. It needs a fresh confirmation as
// MakeRecoveryCodes does.
func (a *Acts) RemoveRecoveryCodes(ctx context.Context, who app.SignedIn) error {
	return a.o.Store.RemoveRecoveryCodes(ctx, who.User.ID, a.o.Clock.Now())
}

// DeclineRecoveryCodes remembers that who does not want to be offered any.
func (a *Acts) DeclineRecoveryCodes(ctx context.Context, who app.SignedIn) error {
	return a.o.Store.DeclineRecoveryCodes(ctx, who.User.ID, a.o.Clock.Now())
}

// Recover opens a session for whoever a recovery code belongs to, and uses the code up.
// The guess is counted before it is judged, so that no number of guesses at once gets
// around the count; what can't be a code costs none.
//
// Codes: CodeRecoveryMistyped, CodeRateLimited (param minutes), those of recovery.Judge.
func (a *Acts) Recover(ctx context.Context, typed string) (app.SignedIn, error) {
	c, err := recovery.Parse(typed)
	if err != nil {
		return app.SignedIn{}, err
	}
	if elsewhere, ok := a.o.Store.(CodesElsewhere); ok {
		session, err := a.o.Sessions.New()
		if err != nil {
			return app.SignedIn{}, err
		}
		return elsewhere.Recover(ctx, c.Text(), session)
	}
	store, err := a.codes()
	if err != nil {
		return app.SignedIn{}, err
	}
	g, err := store.GuessRecoveryCode(ctx, c.Selector(), func(g app.Guesses) (app.Guesses, error) {
		return recovery.Guess(g, a.o.Clock.Now())
	})
	if err != nil {
		return app.SignedIn{}, err
	}
	if err := recovery.Judge(c, g); err != nil {
		return app.SignedIn{}, err
	}
	session, err := a.o.Sessions.New()
	if err != nil {
		return app.SignedIn{}, err
	}
	in, err := store.UseRecoveryCode(ctx, g.Code, session)
	if app.CodeOf(err) == app.CodeConflict { // another was faster
		err = app.Fail(app.CodeRecoveryUsed, err, "date", a.o.Clock.Now().Format(time.RFC3339))
	}
	return in, err
}

// recovered reports whether a recovery code opened the session of who a moment ago,
// which counts as a provider's fresh word (docs/security.md#recovery-codes). It stands in the session's row, and
// so outlives a restart.
func (a *Acts) recovered(who app.SignedIn) bool {
	return who.Session.IdentityID == "" && who.Session.ID != "" && a.o.Clock.Now().Sub(who.Session.ConfirmedAt) <= freshFor
}
