package remote

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// Keeper is what a profile's own sessions are kept by: package session.
type Keeper interface {
	New() (app.Session, error)
	Claim(ctx context.Context, sessionID string) (app.SignedIn, app.Pair, error)
	Unclaimed(ctx context.Context) (app.SignedIn, error)
	Verify(ctx context.Context, access string) (app.SignedIn, error)
	Rotate(ctx context.Context, refresh string) (app.SignedIn, app.Pair, error)
	Bearer(refresh string) (userID, sessionID string, err error)
	Live(ctx context.Context, sessionID string) (app.SignedIn, error)
	Standing(ctx context.Context, sessionID string) (app.SignedIn, error)
	Again(ctx context.Context, sessionID string) (app.SignedIn, app.Pair, error)
	Renew(ctx context.Context, sessionID string) (app.SignedIn, app.Pair, error)
	Alive(row app.Session) error
	End(ctx context.Context, sessionID string, why app.EndReason) error
	EndOthers(ctx context.Context, userID, keepSessionID string, why app.EndReason) error
	Anchor(ctx context.Context, serverTime time.Time) error
	SealProfile(p app.Profile, about string) ([]byte, error)
	OpenProfile(sealed []byte, about string) (app.Profile, error)
	Seal(plain []byte, about string) ([]byte, error)
	Open(sealed []byte, about string) ([]byte, error)
}

// Sessions are the sessions of a profile that belongs to a directory:
// signin.Sessions. The pair in the jar stays the profile's own and resumes without
// the network, as long as the directory was heard of within its days.
type Sessions struct {
	Keeper
	r *Remote
}

// Sessions returns the sessions.
func (r *Remote) Sessions() *Sessions { return &Sessions{r.o.Keeper, r} }

// limit shortens a session to what the directory allows without an answer from it.
// CodeSessionExpired beyond that, CodeSessionRevoked for a session without a grant.
func (s *Sessions) limit(ctx context.Context, in app.SignedIn) (app.SignedIn, error) {
	s.r.mu.Lock()
	contact, known := s.r.contact[in.Session.ID]
	s.r.mu.Unlock()
	if !known {
		g, err := s.r.grantOf(ctx, ofSession(in.Session.ID))
		if app.CodeOf(err) == app.CodeSessionNone {
			return app.SignedIn{}, app.Fail(app.CodeSessionRevoked, err)
		} else if err != nil {
			return app.SignedIn{}, err
		}
		contact = g.ContactAt
		s.r.mu.Lock()
		s.r.contact[in.Session.ID] = contact
		s.r.mu.Unlock()
	}
	until := contact.Add(time.Duration(s.r.home.OfflineDays) * 24 * time.Hour)
	if !s.r.o.Clock.Now().Before(until) {
		return app.SignedIn{}, app.Fail(app.CodeSessionExpired, nil)
	}
	if until.Before(in.Session.IdleUntil) {
		in.Session.IdleUntil = until
	}
	return in, nil
}

// Claim implements signin.Sessions.
func (s *Sessions) Claim(ctx context.Context, sessionID string) (app.SignedIn, app.Pair, error) {
	in, pair, err := s.Keeper.Claim(ctx, sessionID)
	if err == nil {
		in, err = s.limit(ctx, in)
	}
	return in, pair, err
}

// Verify implements signin.Sessions.
func (s *Sessions) Verify(ctx context.Context, access string) (app.SignedIn, error) {
	in, err := s.Keeper.Verify(ctx, access)
	if err != nil {
		return in, err
	}
	return s.limit(ctx, in)
}

// Rotate implements signin.Sessions.
func (s *Sessions) Rotate(ctx context.Context, refresh string) (app.SignedIn, app.Pair, error) {
	in, pair, err := s.Keeper.Rotate(ctx, refresh)
	if err == nil {
		in, err = s.limit(ctx, in)
	}
	return in, pair, err
}

// Live implements signin.Sessions.
func (s *Sessions) Live(ctx context.Context, sessionID string) (app.SignedIn, error) {
	in, err := s.Keeper.Live(ctx, sessionID)
	if err != nil {
		return in, err
	}
	return s.limit(ctx, in)
}

// Standing implements signin.Sessions.
func (s *Sessions) Standing(ctx context.Context, sessionID string) (app.SignedIn, error) {
	in, err := s.Keeper.Standing(ctx, sessionID)
	if err != nil {
		return in, err
	}
	return s.limit(ctx, in)
}

// Again implements signin.Sessions.
func (s *Sessions) Again(ctx context.Context, sessionID string) (app.SignedIn, app.Pair, error) {
	in, pair, err := s.Keeper.Again(ctx, sessionID)
	if err != nil {
		return in, pair, err
	}
	in, err = s.limit(ctx, in)
	return in, pair, err
}

// End ends a session of this profile's own at once, with a row in the outbox for the
// directory, or another computer's at the directory.
func (s *Sessions) End(ctx context.Context, sessionID string, why app.EndReason) error {
	s.r.mu.Lock()
	userID, other := s.r.others[sessionID]
	s.r.mu.Unlock()
	if other {
		_, err := s.r.ask(ctx, ofUser(userID), http.MethodDelete, "/v1/me/sessions/"+url.PathEscape(sessionID), nil, nil)
		return err
	}
	if err := s.r.o.DB.EndAndTell(ctx, sessionID, why, s.r.o.Clock.Now()); err != nil {
		return err
	}
	s.r.forget(sessionID)
	s.r.Kick()
	return nil
}

// EndOthers ends every session of the user but one, at the directory and here.
func (s *Sessions) EndOthers(ctx context.Context, userID, keepSessionID string, why app.EndReason) error {
	if _, err := s.r.ask(ctx, ofSession(keepSessionID), http.MethodDelete, "/v1/me/sessions", nil, nil); err != nil {
		return err
	}
	return s.Keeper.EndOthers(ctx, userID, keepSessionID, why)
}
