package directory

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory/rows"
)

const (
	// ticketLifetime is how long a ticket is good where no nickname is needed.
	ticketLifetime = 10 * time.Minute
	// freshFor is how long a ticket stands for an act that is a risk.
	freshFor = 5 * time.Minute
)

// ticketFor is the ticket of a confirmation that these texts name, some of which
// nobody but the asker knows. The same request has the same ticket, so one whose
// answer was lost may be repeated, although the provider's code is used up.
func (s *Service) ticketFor(texts ...string) string {
	mac := hmac.New(sha256.New, s.ticketKey)
	for _, t := range texts {
		// Each with its length, so that no two lists of texts are the same bytes.
		var n [4]byte
		for i := range n {
			n[i] = byte(len(t) >> (8 * i))
		}
		mac.Write(n[:])
		mac.Write([]byte(t))
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// hashOf is what is stored of a ticket, of a device code's ID or of an attempt to recover.
func hashOf(ticket string) string {
	sum := sha256.Sum256([]byte(ticket))
	return hex.EncodeToString(sum[:])
}

// issue stores a ticket for a provider's confirmation and answers it. It is as old as the
// proof of who the person is, wherever the provider says when that was: what a desktop says
// it asked for makes no ticket younger.
func (s *Service) issue(ctx context.Context, ticket string, c app.Confirmation) (Confirmation, error) {
	p := c.Profile
	_, err := s.db.UserByIdentity(ctx, p.Key)
	lifetime := ticketLifetime
	switch app.CodeOf(err) {
	case "":
	case app.CodeNotFound:
		lifetime = app.PendingLifetime
	default:
		return Confirmation{}, err
	}
	plain, err := json.Marshal(p)
	if err != nil {
		return Confirmation{}, app.Fail(app.CodeInternal, err)
	}
	now, hash := s.now(), hashOf(ticket)
	sealed, err := s.keeper.Seal(plain, "ticket "+hash)
	if err != nil {
		return Confirmation{}, err
	}
	if err := s.db.SaveTicket(ctx, rows.Ticket{Hash: hash, Key: p.Key, Sealed: sealed, CreatedAt: c.Proven(now), ExpiresAt: now.Add(lifetime)}); err != nil {
		return Confirmation{}, err
	}
	return s.recall(ctx, ticket)
}

// recall answers a confirmation from its ticket.
func (s *Service) recall(ctx context.Context, ticket string) (Confirmation, error) {
	t, p, err := s.openTicket(ctx, ticket)
	if err != nil {
		return Confirmation{}, err
	}
	c := Confirmation{Ticket: ticket, ExpiresAt: ms(t.ExpiresAt), Age: max(0, int64(s.now().Sub(t.CreatedAt).Seconds())), Profile: identityOf(app.Identity{Profile: p, ConfirmedAt: t.CreatedAt})}
	if c.Withdrawable, err = s.withdrawable(ctx, ticket); err != nil {
		return Confirmation{}, err
	}
	u, err := s.db.UserByIdentity(ctx, p.Key)
	switch app.CodeOf(err) {
	case "":
		found := userOf(u)
		c.User = &found
	case app.CodeNotFound:
	default:
		return Confirmation{}, err
	}
	return c, nil
}

// openTicket finds a ticket and what the provider said. CodeSignUpExpired if there is
// none, or it is too old.
func (s *Service) openTicket(ctx context.Context, ticket string) (rows.Ticket, app.Profile, error) {
	var p app.Profile
	if ticket == "" || len(ticket) > 128 {
		return rows.Ticket{}, p, app.Fail(app.CodeSignUpExpired, nil)
	}
	t, err := s.db.Ticket(ctx, hashOf(ticket))
	switch {
	case app.CodeOf(err) == app.CodeNotFound, err == nil && !s.now().Before(t.ExpiresAt):
		return rows.Ticket{}, p, app.Fail(app.CodeSignUpExpired, err)
	case err != nil:
		return rows.Ticket{}, p, err
	}
	plain, err := s.keeper.Open(t.Sealed, "ticket "+t.Hash)
	if err == nil {
		err = json.Unmarshal(plain, &p)
	}
	if err != nil {
		return rows.Ticket{}, p, app.Fail(app.CodeSignUpExpired, errors.Join(errors.New("sealed under another secret"), err))
	}
	return t, p, nil
}

// freshTicket is openTicket for an act that is a risk: CodeConfirmationNeeded if the
// ticket is not there or older than freshFor.
func (s *Service) freshTicket(ctx context.Context, ticket string) (app.Profile, error) {
	t, p, err := s.openTicket(ctx, ticket)
	switch {
	case app.CodeOf(err) == app.CodeSignUpExpired, err == nil && s.now().Sub(t.CreatedAt) > freshFor:
		return p, app.Fail(app.CodeConfirmationNeeded, nil)
	}
	return p, err
}

// confirmed reports by a fresh ticket of an identity of in's own, or by a recovery code
// that opened the session a moment ago: whoever has one may have lost every provider.
func (s *Service) confirmed(ctx context.Context, in app.SignedIn, ticket string) error {
	if ticket == "" && in.Session.IdentityID == "" && s.now().Sub(in.Session.ConfirmedAt) <= freshFor {
		return nil
	}
	p, err := s.freshTicket(ctx, ticket)
	if err != nil {
		return err
	}
	owner, err := s.db.UserByIdentity(ctx, p.Key)
	if err != nil && app.CodeOf(err) != app.CodeNotFound {
		return err
	}
	if owner.ID != in.User.ID {
		return app.Fail(app.CodeConfirmationNeeded, nil)
	}
	return nil
}

// confirmedBeside is confirmed for an act that another's fresh ticket comes with: the
// session's own beginning counts, too.
func (s *Service) confirmedBeside(ctx context.Context, in app.SignedIn, ticket string) error {
	if s.now().Sub(in.Session.ConfirmedAt) <= freshFor {
		return nil
	}
	return s.confirmed(ctx, in, ticket)
}
