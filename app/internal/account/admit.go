package account

import (
	"context"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/nickname"
)

// Pending is a sign-up that waits for a nickname.
type Pending struct {
	ID      string
	Profile app.Profile
	// ConfirmedAt is when the provider confirmed them.
	ConfirmedAt time.Time
	// Proposal is a free nickname to begin with, or empty.
	Proposal string
	// Before is the provider by which somebody was confirmed here last who has an
	// account, or empty: they may be the same person, which nothing else says.
	Before string

	revoke func(context.Context) error // nil after a restart
}

// Admission is what a provider's word leads to: somebody known is signed in,
// somebody new may sign up. Exactly one of the two is set.
type Admission struct {
	In      app.SignedIn
	Pending *Pending
}

// Admit signs in whom a provider confirmed, or stores the sign-up of somebody new.
func (a *Acts) Admit(ctx context.Context, c app.Confirmation) (Admission, error) {
	session, err := a.o.Sessions.New()
	if err != nil {
		return Admission{}, err
	}
	in, err := a.o.Store.SignIn(ctx, c.Profile, session)
	switch app.CodeOf(err) {
	case "":
		a.remember(in.Session.ID, in.Identity.ID, c.Proven(a.o.Clock.Now()), c.Revoke)
		return Admission{In: in}, nil
	case app.CodeNotFound:
		p, err := a.storePending(ctx, c)
		return Admission{Pending: p}, err
	default:
		return Admission{}, err
	}
}

func (a *Acts) storePending(ctx context.Context, c app.Confirmation) (*Pending, error) {
	id, err := a.randomID()
	if err != nil {
		return nil, err
	}
	sealed, err := a.o.Sessions.SealProfile(c.Profile, id)
	if err != nil {
		return nil, err
	}
	now := a.o.Clock.Now()
	row := app.PendingSignUp{ID: id, Sealed: sealed, Key: c.Profile.Key, CreatedAt: now, ExpiresAt: now.Add(app.PendingLifetime)}
	if err := a.o.Store.SavePendingSignUp(ctx, row); err != nil {
		return nil, err
	}
	p := a.pending(ctx, row, c.Profile, c.Revoke)
	p.ConfirmedAt = c.Proven(now)
	return p, nil
}

func (a *Acts) pending(ctx context.Context, row app.PendingSignUp, p app.Profile, revoke func(context.Context) error) *Pending {
	out := &Pending{ID: row.ID, Profile: p, ConfirmedAt: row.CreatedAt, revoke: revoke}
	if free := a.free(ctx, nickname.Propose(out.names()...), out.Holder()); len(free) > 0 {
		out.Proposal = free[0]
	}
	before, err := a.o.Store.ProviderBefore(ctx)
	if err != nil && app.CodeOf(err) != app.CodeNotFound {
		a.o.Log.Warn("provider used before not read", "code", app.CodeOf(err))
	} else if a.o.Configured(before) {
		out.Before = before
	}
	return out
}

// names are what a proposal may start from.
func (p *Pending) names() []string {
	return []string{p.Profile.Nickname, p.Profile.Name, p.Profile.Login}
}

// TakeBack undoes an admission that nobody waits for any more: nobody may find
// themselves signed in after they cancelled.
func (a *Acts) TakeBack(ctx context.Context, ad Admission) {
	if ad.Pending != nil {
		if err := a.Drop(ctx, ad.Pending.ID); err != nil {
			a.o.Log.Warn("pending sign-up not deleted", "code", app.CodeOf(err))
		}
		return
	}
	if err := a.o.Sessions.End(ctx, ad.In.Session.ID, app.EndReplaced); err != nil {
		a.o.Log.Warn("cancelled session not ended", "code", app.CodeOf(err))
	}
}

// Drop forgets a pending sign-up; one that is gone already is no error.
func (a *Acts) Drop(ctx context.Context, pendingID string) error {
	if err := a.o.Store.DeletePendingSignUp(ctx, pendingID); err != nil && app.CodeOf(err) != app.CodeNotFound {
		return err
	}
	a.release(pendingID)
	return nil
}

// Recall brings back a sign-up that an earlier start left open; nil if there is none.
func (a *Acts) Recall(ctx context.Context) *Pending {
	row, err := a.o.Store.PendingSignUp(ctx, a.o.Clock.Now())
	if err != nil {
		if app.CodeOf(err) != app.CodeNotFound {
			a.o.Log.Warn("pending sign-up not read", "code", app.CodeOf(err))
		}
		return nil
	}
	p, err := a.o.Sessions.OpenProfile(row.Sealed, row.ID)
	if err != nil {
		// Sealed under another key: the provider has to be asked again anyway.
		a.o.Log.Warn("pending sign-up not opened", "code", app.CodeOf(err))
		return nil
	}
	return a.pending(ctx, row, p, nil)
}

// SignUp makes the user of a pending sign-up. CodeAvailable in the answer means
// that it is done. The error is what is more than an answer: a fault underneath, or
// CodeSignUpExpired, with which the sign-up is over.
func (a *Acts) SignUp(ctx context.Context, p *Pending, text string) (app.SignedIn, NicknameAnswer, error) {
	refused := func(err error) NicknameAnswer { return a.refuse(ctx, text, err, p.Holder()) }
	n, err := a.parse(ctx, text, p.Holder())
	if err != nil {
		return app.SignedIn{}, refused(err), nil
	}
	session, err := a.o.Sessions.New()
	if err != nil {
		return app.SignedIn{}, refused(err), nil
	}
	session.ConfirmedAt = p.ConfirmedAt // the provider's word is that old
	in, err := a.o.Store.SignUp(ctx, p.ID, p.Profile, n, session)
	switch app.CodeOf(err) {
	case "":
		a.release(p.ID)
		a.remember(in.Session.ID, in.Identity.ID, p.ConfirmedAt, p.revoke)
		return in, NicknameAnswer{Text: text, Code: app.CodeAvailable, Proposals: []string{}}, nil
	case app.CodeNicknameTaken:
		if a.wasFree(p.ID, text) {
			err = app.Fail(app.CodeNicknameJustTaken, err)
		}
		return app.SignedIn{}, refused(err), nil
	case app.CodeNicknameLooksLike:
		return app.SignedIn{}, refused(err), nil
	case app.CodeSignUpExpired:
		a.release(p.ID)
	}
	return app.SignedIn{}, refused(err), err
}
