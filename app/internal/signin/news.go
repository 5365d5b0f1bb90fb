package signin

import (
	"context"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// Renewed brings a session as whoever keeps the accounts has it now: home shows a
// nickname that was changed on another computer.
func (s *Service) Renewed(in app.SignedIn) {
	before, err := s.Who()
	switch {
	case err != nil || before.Session.ID != in.Session.ID:
	case before.Identity.ID != in.Identity.ID:
		s.apply(unlinked{in})
	default:
		s.apply(renamed{in.User})
	}
}

// Over says that a session has ended where the accounts are kept, and why.
func (s *Service) Over(sessionID string, why app.Code) {
	if why == app.CodeAccountDeleted {
		s.goneElsewhere(s.alive) // which says so better
	}
	s.taken(sessionID, why)
}

// Lives says that a user's account was there where the accounts are kept when that was
// asked, at asked or after it: a deletion that nobody had heard the end of came to nothing.
func (s *Service) Lives(userID string, asked time.Time) { s.apply(alive{userID, asked}) }

// Token returns an access token for the program's own server, named audience.
// CodeSessionNone if nobody is signed in, CodeNotFound where no directory keeps the
// accounts, CodeForbidden if it makes no tokens for that server.
func (s *Service) Token(ctx context.Context, audience string) (string, error) {
	in, err := s.Current(ctx)
	if err != nil {
		return "", err
	}
	if s.o.Token == nil {
		return "", app.Fail(app.CodeNotFound, nil)
	}
	return s.o.Token(ctx, in.Session.ID, audience)
}
