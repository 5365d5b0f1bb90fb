package account

import (
	"context"
	"slices"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// freshFor is how long a provider's confirmation, or a recovery code, stands for risky
// acts (docs/security.md#risky-acts).
const freshFor = 5 * time.Minute

// confirmation is a provider's fresh word for a session: its grant can be revoked.
type confirmation struct {
	at     time.Time
	revoke func(context.Context) error
}

// remember keeps a provider's confirmation, about one identity, for as long as it is
// fresh, in memory only.
func (a *Acts) remember(sessionID, identityID string, at time.Time, revoke func(context.Context) error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.o.Clock.Now()
	for key, c := range a.fresh {
		if now.Sub(c.at) > freshFor {
			delete(a.fresh, key)
		}
	}
	a.fresh[sessionID+" "+identityID] = confirmation{at, revoke}
}

func (a *Acts) forget(sessionID, identityID string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.fresh, sessionID+" "+identityID)
}

// freshly returns the session's confirmation of the identity if it is fresh.
func (a *Acts) freshly(sessionID, identityID string) (confirmation, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c, ok := a.fresh[sessionID+" "+identityID]
	return c, ok && a.o.Clock.Now().Sub(c.at) <= freshFor
}

// revoker withdraws at the provider what it granted the app; nil without a fresh word of
// its, or where it has no such call.
func (a *Acts) revoker(sessionID, identityID string) func(context.Context) error {
	if c, ok := a.freshly(sessionID, identityID); ok {
		return c.revoke
	}
	return nil
}

// Confirmer says which provider has to confirm who before a risky act: none if one of
// theirs, or a recovery code, did within freshFor, else the session's own if it can be
// asked, else another. CodeConfirmationNeeded if none can.
func (a *Acts) Confirmer(ctx context.Context, who app.SignedIn) (string, error) {
	ids, err := a.o.Store.Identities(ctx, who.User.ID)
	if err != nil || a.recovered(who) {
		return "", err
	}
	ask := ""
	for _, id := range ids {
		if _, ok := a.freshly(who.Session.ID, id.ID); ok {
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

// CanMerge reports whether two accounts can be brought together at all. Only then is a
// second account at one provider worth linking: somebody may have signed up by each.
func (a *Acts) CanMerge() bool { return a.merger != nil }

// MayLink reports whether one more account at provider can be linked to who. CodeConflict
// if one is linked already and accounts can't be brought together, unless a recovery code
// let them in: they may have lost that account and have another.
func (a *Acts) MayLink(ctx context.Context, who app.SignedIn, provider string) error {
	if a.CanMerge() {
		return nil
	}
	ids, err := a.o.Store.Identities(ctx, who.User.ID)
	if err == nil && !a.recovered(who) && slices.ContainsFunc(ids, func(id app.Identity) bool { return id.Provider == provider }) {
		err = app.Fail(app.CodeConflict, nil)
	}
	return err
}

// MayUnlink finds what can be taken off who, named by an identity's ID or by its
// provider. CodeNotFound if it is not linked, CodeIdentityAmbiguous if the provider has
// two of theirs, CodeIdentityLast if it is the last.
func (a *Acts) MayUnlink(ctx context.Context, who app.SignedIn, name string) (app.Identity, error) {
	ids, err := a.o.Store.Identities(ctx, who.User.ID)
	if err != nil {
		return app.Identity{}, err
	}
	id, err := named(ids, name)
	if err == nil && len(ids) == 1 {
		err = app.Fail(app.CodeIdentityLast, nil)
	}
	return id, err
}

// named finds an identity by its ID or, where the person has one there, its provider.
func named(ids []app.Identity, name string) (found app.Identity, err error) {
	n := 0
	for _, id := range ids {
		if id.ID == name {
			return id, nil
		}
		if id.Provider == name {
			found = id
			n++
		}
	}
	switch n {
	case 0:
		return found, app.Fail(app.CodeNotFound, nil)
	case 1:
		return found, nil
	}
	return found, app.Fail(app.CodeIdentityAmbiguous, nil, "provider", name)
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
	a.remember(in.Session.ID, in.Identity.ID, c.Proven(now), c.Revoke)
	return in, nil
}

// Linkable reports whether the account that c is about can be linked to who, and
// writes nothing. Where it has a user of its own that can be brought together with
// who's, it returns them. The session must still live (AL-04).
// CodeIdentityLinkedElsewhere; CodeIdentityLinkedAlready if it is who's, unless a
// recovery code let them in: then the link is what confirms them.
func (a *Acts) Linkable(ctx context.Context, who app.SignedIn, c app.Confirmation) (other app.User, err error) {
	if _, err := a.o.Sessions.Live(ctx, who.Session.ID); err != nil {
		return app.User{}, err
	}
	owner, err := a.o.Store.UserByIdentity(ctx, c.Profile.Key)
	switch {
	case app.CodeOf(err) == app.CodeNotFound:
		return app.User{}, nil
	case err != nil:
		return app.User{}, err
	case owner.ID == who.User.ID && a.recovered(who):
		return app.User{}, nil
	case owner.ID == who.User.ID: // a link that is cancelled would take it off
		return app.User{}, app.Fail(app.CodeIdentityLinkedAlready, nil)
	case a.merger == nil:
		return app.User{}, app.Fail(app.CodeIdentityLinkedElsewhere, nil)
	}
	return owner, nil
}

// Link links a provider's account to who, and returns them as they are now, and it. The
// session must still live (AL-04). CodeIdentityLinkedElsewhere.
func (a *Acts) Link(ctx context.Context, who app.SignedIn, c app.Confirmation) (in app.SignedIn, id app.Identity, err error) {
	if in, err = a.o.Sessions.Live(ctx, who.Session.ID); err != nil {
		return app.SignedIn{}, id, err
	}
	now := a.o.Clock.Now()
	if id, err = a.o.Store.LinkIdentity(ctx, in.User.ID, in.Session.ID, c.Profile, now); err != nil {
		return app.SignedIn{}, id, err
	}
	a.remember(in.Session.ID, id.ID, c.Proven(now), c.Revoke)
	if in.Session.IdentityID == "" { // it is the new identity's now
		if now, err := a.o.Sessions.Live(ctx, in.Session.ID); err == nil {
			in = now
		} else {
			a.o.Log.Warn("session not read again", "code", app.CodeOf(err)) // it is linked all the same
		}
	}
	return in, id, nil
}

// TakeBackLink undoes a link that was cancelled while it was stored.
func (a *Acts) TakeBackLink(ctx context.Context, who app.SignedIn, id app.Identity) {
	if err := a.o.Store.UnlinkIdentity(ctx, who.User.ID, who.Session.ID, id.ID, a.o.Clock.Now()); err != nil {
		a.o.Log.Warn("cancelled link not undone", "code", app.CodeOf(err))
	}
	a.forget(who.Session.ID, id.ID)
}

// Unlink takes the identity off who (CodeIdentityLast for the last one) and returns
// them as they are now, with what withdraws at the provider what was granted there; nil
// where the provider did not confirm them freshly, or has no such call.
func (a *Acts) Unlink(ctx context.Context, who app.SignedIn, id app.Identity) (in app.SignedIn, revoke func(context.Context) error, err error) {
	if err := a.o.Store.UnlinkIdentity(ctx, who.User.ID, who.Session.ID, id.ID, a.o.Clock.Now()); err != nil {
		return app.SignedIn{}, nil, err
	}
	revoke = a.revoker(who.Session.ID, id.ID)
	a.forget(who.Session.ID, id.ID)
	in, err = a.o.Sessions.Live(ctx, who.Session.ID)
	if err != nil {
		a.o.Log.Warn("session not read again", "code", app.CodeOf(err))
		return who, revoke, nil // it is unlinked all the same
	}
	return in, revoke, nil
}
