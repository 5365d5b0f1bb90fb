//go:build directory

package directory

import (
	"context"

	"munpae.example/munpae/app/internal/app"
)

// IssueForTest is a ticket as if a provider had confirmed somebody of that name.
func IssueForTest(s *Service, subject string) (string, error) {
	c, err := s.issue(context.Background(), s.ticketFor("test", subject), app.Confirmation{Profile: app.Profile{
		Key: app.IdentityKey{Issuer: "https://figures.example", Subject: subject}, Provider: "github", Login: subject,
	}})
	return c.Ticket, err
}

// NewSessionForTest is a row of a session as the service makes it, without its user.
func NewSessionForTest(s *Service) (app.Session, error) { return s.keeper.New() }

// FirstForTest is the answer of before to whoever made a session that was not gone on with.
func FirstForTest(ctx context.Context, s *Service, sessionID string) (SignedIn, error) {
	in, err := s.db.Session(ctx, sessionID)
	if err != nil {
		return SignedIn{}, err
	}
	return s.first(ctx, in)
}
