package account

import (
	"context"
	"slices"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// freshFor is how long a provider's confirmation stands for linking and
// unlinking (docs/security.md#accounts).
const freshFor = 5 * time.Minute

// confirmation is a provider's fresh word for a session: its grant can be revoked.
type confirmation struct {
	at     time.Time
	revoke func(context.Context) error
}

// Grant is what a provider granted the app, to be withdrawn there.
type Grant struct {
	Provider string
	Revoke   func(context.Context) error
}

// remember keeps a provider's confirmation for as long as it is fresh, in memory
// only.
func (a *Acts) remember(sessionID, provider string, at time.Time, revoke func(context.Context) error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.o.Clock.Now()
	for key, c := range a.fresh {
		if now.Sub(c.at) > freshFor {
			delete(a.fresh, key)
		}
	}
	a.fresh[sessionID+" "+provider] = confirmation{at, revoke}
}

func (a *Acts) forget(sessionID, provider string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.fresh, sessionID+" "+provider)
}

// freshly returns the session's confirmation by the provider if it is fresh.
func (a *Acts) freshly(sessionID, provider string) (confirmation, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c, ok := a.fresh[sessionID+" "+provider]
	return c, ok && a.o.Clock.Now().Sub(c.at) <= freshFor
}

// grant returns what can be withdrawn at the provider: nothing without a fresh word.
func (a *Acts) grant(sessionID, provider string) []Grant {
	if c, ok := a.freshly(sessionID, provider); ok && c.revoke != nil {
		return []Grant{{provider, c.revoke}}
	}
	return nil
}

// toConfirm says which provider has to confirm who first: none if one of theirs, or a
// recovery code, did within freshFor, else the session's own if it can be asked, else another.
// CodeConfirmationNeeded if none can.
func (a *Acts) toConfirm(who app.SignedIn, ids []app.Identity) (string, error) {
	if a.recovered(who) {
		return "", nil
	}
	ask := ""
	for _, id := range ids {
		if _, ok := a.freshly(who.Session.ID, id.Provider); ok {
			return "", nil
		}
		if a.o.Configured(id.Provider) && (ask == "" || id.ID == who.Identity.ID) {
			ask = id.Provider
		}
	}
	if ask == "" {
		return "", app.Fail(app.CodeConfirmationNeeded, nil)
	}
	return ask, nil
}

// Confirmer says which provider can confirm who; empty if one did within freshFor.
// CodeConfirmationNeeded if none can.
func (a *Acts) Confirmer(ctx context.Context, who app.SignedIn) (string, error) {
	ids, err := a.o.Store.Identities(ctx, who.User.ID)
	if err != nil {
		return "", err
	}
	return a.toConfirm(who, ids)
}

// MayLink reports whether provider can be linked to who, and which provider has to
// confirm who before; empty if none has to. CodeConflict if it is linked already, unless a
// recovery code let them in: they may have lost that account and have another,
// CodeConfirmationNeeded if nobody can be asked.
func (a *Acts) MayLink(ctx context.Context, who app.SignedIn, provider string) (confirm string, err error) {
	ids, err := a.o.Store.Identities(ctx, who.User.ID)
	if err != nil {
		return "", err
	}
	if !a.recovered(who) && slices.ContainsFunc(ids, func(id app.Identity) bool { return id.Provider == provider }) {
		return "", app.Fail(app.CodeConflict, nil)
	}
	return a.toConfirm(who, ids)
}

// MayUnlink is MayLink for taking provider's account off who. CodeNotFound if it is
// not linked, CodeIdentityLast if it is the last, CodeConflict if there are two of it.
func (a *Acts) MayUnlink(ctx context.Context, who app.SignedIn, provider string) (confirm string, err error) {
	ids, err := a.o.Store.Identities(ctx, who.User.ID)
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(ids, func(id app.Identity) bool { return id.Provider == provider }) {
		return "", app.Fail(app.CodeNotFound, nil)
	}
	if len(ids) == 1 {
		return "", app.Fail(app.CodeIdentityLast, nil)
	}
	of := 0
	for _, id := range ids {
		if id.Provider == provider {
			of++
		}
	}
	if of > 1 { // which of the two is not said
		return "", app.Fail(app.CodeConflict, nil)
	}
	return a.toConfirm(who, ids)
}

// Confirm records that a provider of who confirmed them once more, and returns them
// as they are now. The session must still live (AL-04).
// CodeIdentityLinkedElsewhere if the word is about somebody else.
func (a *Acts) Confirm(ctx context.Context, who app.SignedIn, c app.Confirmation) (app.SignedIn, error) {
	in, err := a.o.Sessions.Live(ctx, who.Session.ID)
	if err != nil {
		return app.SignedIn{}, err
	}
	owner, err := a.o.Store.UserByIdentity(ctx, c.Profile.Key)
	if err != nil && app.CodeOf(err) != app.CodeNotFound {
		return app.SignedIn{}, err
	}
	if owner.ID != in.User.ID {
		return app.SignedIn{}, app.Fail(app.CodeIdentityLinkedElsewhere, nil)
	}
	now := a.o.Clock.Now()
	if in, err = a.o.Store.Confirm(ctx, in.Session.ID, c.Profile, now); err != nil {
		return app.SignedIn{}, err
	}
	a.remember(in.Session.ID, c.Profile.Provider, now, c.Revoke)
	return in, nil
}

// Linkable reports whether the account that c is about can be linked to who, and
// writes nothing. The session must still live (AL-04). CodeIdentityLinkedElsewhere.
func (a *Acts) Linkable(ctx context.Context, who app.SignedIn, c app.Confirmation) error {
	if _, err := a.o.Sessions.Live(ctx, who.Session.ID); err != nil {
		return err
	}
	owner, err := a.o.Store.UserByIdentity(ctx, c.Profile.Key)
	switch {
	case app.CodeOf(err) == app.CodeNotFound:
		return nil
	case err != nil:
		return err
	case owner.ID != who.User.ID:
		return app.Fail(app.CodeIdentityLinkedElsewhere, nil)
	}
	return nil
}

// Link links a provider's account to who, and returns them as they are now. The
// session must still live (AL-04). CodeIdentityLinkedElsewhere.
func (a *Acts) Link(ctx context.Context, who app.SignedIn, c app.Confirmation) (app.SignedIn, error) {
	in, err := a.o.Sessions.Live(ctx, who.Session.ID)
	if err != nil {
		return app.SignedIn{}, err
	}
	now := a.o.Clock.Now()
	if _, err := a.o.Store.LinkIdentity(ctx, in.User.ID, in.Session.ID, c.Profile, now); err != nil {
		return app.SignedIn{}, err
	}
	a.remember(in.Session.ID, c.Profile.Provider, now, c.Revoke)
	if in.Session.IdentityID == "" { // it is the new identity's now
		if now, err := a.o.Sessions.Live(ctx, in.Session.ID); err == nil {
			in = now
		} else {
			a.o.Log.Warn("session not read again", "code", app.CodeOf(err)) // it is linked all the same
		}
	}
	return in, nil
}

// TakeBackLink undoes a link that was cancelled while it was stored.
func (a *Acts) TakeBackLink(ctx context.Context, who app.SignedIn, provider string) {
	if err := a.o.Store.UnlinkIdentity(ctx, who.User.ID, who.Session.ID, provider, a.o.Clock.Now()); err != nil {
		a.o.Log.Warn("cancelled link not undone", "code", app.CodeOf(err))
	}
	a.forget(who.Session.ID, provider)
}

// Unlink takes provider's account off who (CodeIdentityLast for the last one) and
// returns them as they are now, with the grant to withdraw at the provider if it
// confirmed them freshly.
func (a *Acts) Unlink(ctx context.Context, who app.SignedIn, provider string) (app.SignedIn, []Grant, error) {
	if err := a.o.Store.UnlinkIdentity(ctx, who.User.ID, who.Session.ID, provider, a.o.Clock.Now()); err != nil {
		return app.SignedIn{}, nil, err
	}
	grants := a.grant(who.Session.ID, provider)
	a.forget(who.Session.ID, provider)
	in, err := a.o.Sessions.Live(ctx, who.Session.ID)
	if err != nil {
		a.o.Log.Warn("session not read again", "code", app.CodeOf(err))
		return who, grants, nil // it is unlinked all the same
	}
	return in, grants, nil
}
