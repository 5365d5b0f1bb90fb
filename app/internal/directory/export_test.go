//go:build directory

package directory

import (
	"context"

	"munpae.example/munpae/app/internal/app"
)

// IssueForTest is a ticket as if a provider had confirmed somebody of that name.
func IssueForTest(s *Service, subject string) (string, error) {
	c, err := s.issue(context.Background(), s.ticketFor("test", subject), app.Profile{
		Key: app.IdentityKey{Issuer: "https://figures.example", Subject: subject}, Provider: "github", Login: subject,
	})
	return c.Ticket, err
}
