package signin

import (
	"context"

	"munpae.example/munpae/app/internal/app"
)

// Standing returns whose session it is, as its row and the clock say it now: what
// stands behind the sign-in asks this of every request. Codes of Sessions.Standing;
// CodeSessionNone also where another account is on the screen.
func (s *Service) Standing(ctx context.Context, sessionID string) (app.SignedIn, error) {
	if s.o.Blocked != nil {
		return app.SignedIn{}, s.o.Blocked
	}
	in, err := s.o.Sessions.Standing(ctx, sessionID)
	if err == nil && s.elsewhere(in) {
		return app.SignedIn{}, app.Fail(app.CodeSessionNone, nil)
	}
	return in, err
}

// Again is Standing with the pair that the session was given last: for a window that is
// known to have it, and whose jar somebody else has written into.
func (s *Service) Again(ctx context.Context, sessionID string) (app.SignedIn, app.Pair, error) {
	if _, err := s.Standing(ctx, sessionID); err != nil {
		return app.SignedIn{}, app.Pair{}, err
	}
	return s.o.Sessions.Again(ctx, sessionID)
}

// Current is Standing of the window's own session. One that turns out to be over
// leaves StepSignedIn. CodeSessionNone if nobody is signed in.
func (s *Service) Current(ctx context.Context) (app.SignedIn, error) {
	in, err := s.Who()
	if err != nil {
		return app.SignedIn{}, err
	}
	now, err := s.Standing(ctx, in.Session.ID)
	if err != nil && aboutSession(err) {
		s.ended(in.Session.ID, s.Problem(err))
	}
	return now, err
}
