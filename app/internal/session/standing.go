package session

import (
	"context"

	"munpae.example/munpae/app/internal/app"
)

// Standing returns a session that may be used, as its row and the clock say it now:
// no token is asked for, and none is made. CodeSessionNone for no ID or an unknown
// one; CodeSessionExpired, CodeSessionRevoked, CodeSessionReused,
// CodeClockMovedBack, and the codes of the database.
func (s *Keeper) Standing(ctx context.Context, sessionID string) (app.SignedIn, error) {
	if sessionID == "" {
		return app.SignedIn{}, app.Fail(app.CodeSessionNone, nil)
	}
	now, back, err := s.mark.now(ctx)
	if err != nil {
		return app.SignedIn{}, err
	}
	if back {
		return app.SignedIn{}, app.Fail(app.CodeClockMovedBack, nil)
	}
	in, err := s.store.Session(ctx, sessionID)
	if err != nil {
		if app.CodeOf(err) == app.CodeNotFound {
			err = app.Fail(app.CodeSessionNone, err)
		}
		return app.SignedIn{}, err
	}
	if err := alive(in.Session, now); err != nil {
		return app.SignedIn{}, err
	}
	return in, nil
}

// Again is Standing with the pair of the session's generation, byte for byte as it was
// given last.
func (s *Keeper) Again(ctx context.Context, sessionID string) (app.SignedIn, app.Pair, error) {
	in, err := s.Standing(ctx, sessionID)
	if err != nil {
		return app.SignedIn{}, app.Pair{}, err
	}
	pair, err := s.pair(in.Session)
	return in, pair, err
}
