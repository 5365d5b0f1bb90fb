package remote

import (
	"context"
	"net/http"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory/wire"
)

const (
	// newsEvery is how often the directory is asked for news: one read there.
	newsEvery = time.Minute
	// newsTimeout bounds one round.
	newsTimeout = time.Minute
	// contactEvery is how often it is written down that the directory answered, and
	// how often all identities are compared.
	contactEvery = 5 * time.Minute
)

// News is told what happened at the directory: *signin.Service.
type News interface {
	// Renewed brings a session of this profile's own as it is now.
	Renewed(in app.SignedIn)
	// Lives says that a user's account was there at asked.
	Lives(userID string, asked time.Time)
	// Over says that a session of this profile's own has ended, and why.
	Over(sessionID string, why app.Code)
}

// Kick asks for news now.
func (r *Remote) Kick() {
	select {
	case r.kick <- struct{}{}:
	default: // it is asked for already
	}
}

// Watch asks for news until ctx ends: at once, every minute, and when it is kicked.
func (r *Remote) Watch(ctx context.Context, n News) {
	tick := time.NewTicker(newsEvery)
	defer tick.Stop()
	for {
		round, cancel := context.WithTimeout(ctx, newsTimeout)
		r.Round(round, n)
		cancel()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-r.kick:
		}
	}
}

// Round tells the directory what it has to be told and asks once for news of every
// session of this profile's own.
func (r *Remote) Round(ctx context.Context, n News) {
	if !r.tell(ctx) {
		return // it can't be reached
	}
	if err := r.askHome(ctx); err != nil {
		r.o.Log.Info("no news", "code", app.CodeOf(err))
		return
	}
	all, err := r.o.DB.Grants(ctx)
	if err != nil {
		r.o.Log.Warn("no news", "code", app.CodeOf(err))
		return
	}
	// First all that has ended: whoever became another is told so before the mirror of the
	// other takes what was theirs.
	heard := map[string]wire.Me{}
	for _, g := range all {
		me, lives, err := r.hear(ctx, g, n)
		if err != nil {
			r.o.Log.Info("no news of a session", "code", app.CodeOf(err))
		} else if lives {
			heard[g.SessionID] = me
		}
	}
	for _, g := range all {
		if me, ok := heard[g.SessionID]; ok {
			if err := r.renew(ctx, g, me, n); err != nil {
				r.o.Log.Info("no news of a session", "code", app.CodeOf(err))
			}
		}
	}
}

// tell empties the outbox as far as the directory can be reached.
func (r *Remote) tell(ctx context.Context) (reached bool) {
	if err := r.o.DB.TellOfEnded(ctx); err != nil {
		r.o.Log.Warn("outbox not filled", "code", app.CodeOf(err)) // the next round does
	}
	all, err := r.o.DB.Outbox(ctx)
	if err != nil {
		r.o.Log.Warn("outbox not read", "code", app.CodeOf(err))
		return true
	}
	for _, g := range all {
		token, err := r.o.Keeper.Open(g.Sealed, sealedAbout(g.SessionID))
		if err == nil {
			_, err = r.client.do(ctx, http.MethodDelete, "/v1/session", "", wire.EndRequest{RefreshToken: string(token)}, nil)
		}
		switch app.CodeOf(err) {
		case app.CodeOffline, app.CodeDirectoryUnavailable, app.CodeDirectoryBadAnswer, app.CodeDirectoryVersion, app.CodeTLSUntrusted, app.CodeRateLimited, app.CodeInternal:
			return false
		}
		// Done, or a word of the directory's that trying again won't change.
		if err := r.o.DB.Told(ctx, g.SessionID); err != nil {
			r.o.Log.Warn("outbox not emptied", "code", app.CodeOf(err))
		}
	}
	return true
}

// hear asks how the session of a grant is. That it has ended holds here at once.
func (r *Remote) hear(ctx context.Context, g app.Grant, n News) (me wire.Me, lives bool, err error) {
	asked := r.o.Clock.Now()
	_, err = r.ask(ctx, ofSession(g.SessionID), http.MethodGet, "/v1/me", nil, &me)
	code := app.CodeOf(err)
	why := app.EndRevoked
	switch code {
	case "":
		n.Lives(g.UserID, asked)
		return me, true, nil
	case app.CodeAccountDeleted:
		if err := r.o.DB.DeleteUser(ctx, g.UserID, r.o.Clock.Now()); err != nil && app.CodeOf(err) != app.CodeNotFound {
			return me, false, err
		}
		n.Over(g.SessionID, code)
		return me, false, nil
	case app.CodeAccountMerged:
		if err := r.o.Keeper.End(ctx, g.SessionID, app.EndMerged); err != nil {
			return me, false, err
		}
		// No nameplate is left of them: whoever signs in by what was theirs is the other.
		if err := r.o.DB.ForgetEnded(ctx, g.UserID); err != nil {
			return me, false, err
		}
		r.absorbed(ctx, g.UserID, r.o.Clock.Now().Add(app.MergeLifetime))
		n.Over(g.SessionID, code)
		return me, false, nil
	case app.CodeSessionNone: // no token of the directory's any more: it lost its secret
		if _, err := r.grantOf(ctx, ofSession(g.SessionID)); err != nil {
			return me, false, nil // or it ended here meanwhile
		}
		code = app.CodeSessionRevoked
	case app.CodeSessionReused:
		why = app.EndReused
	case app.CodeSessionRevoked, app.CodeSessionExpired:
	default:
		return me, false, err
	}
	if err := r.o.Keeper.End(ctx, g.SessionID, why); err != nil {
		return me, false, err
	}
	n.Over(g.SessionID, code)
	return me, false, nil
}

// renew stores what the directory says of a session that lives there.
func (r *Remote) renew(ctx context.Context, g app.Grant, me wire.Me, n News) error {
	before, err := r.o.DB.Session(ctx, g.SessionID)
	if err != nil {
		return err
	}
	g, err = r.grantOf(ctx, ofSession(g.SessionID))
	if err != nil {
		return nil // it ended here meanwhile
	}
	now := r.o.Clock.Now()
	stale := now.Sub(g.ContactAt) > contactEvery // a write a minute would wear a disk
	if stale || userOf(me.User) != before.User || me.Identity.ID != "" && me.Identity.ID != before.Identity.ID {
		if err := r.remirror(ctx, g.UserID, me.User); err != nil {
			return err
		}
		if before.Session.IdentityID == "" {
			if err := r.adopt(ctx, g, me); err != nil {
				return err
			}
		}
	}
	if stale {
		g.ContactAt = now
		if err := r.o.DB.SaveGrant(ctx, g); err != nil {
			return err
		}
	}
	r.mu.Lock()
	r.contact[g.SessionID] = r.o.Clock.Now()
	r.mu.Unlock()
	in, err := r.Sessions().Live(ctx, g.SessionID)
	if err != nil {
		return err
	}
	if in.User != before.User || in.Identity.ID != before.Identity.ID {
		n.Renewed(in)
	}
	return nil
}
