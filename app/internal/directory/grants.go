package directory

import (
	"context"
	"errors"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory/rows"
)

// Withdrawer is an IdentityProvider at which what a person granted can be withdrawn.
type Withdrawer interface {
	Withdraw(ctx context.Context, token string) error
}

// keepGrant keeps what can withdraw the grant of a confirmation that was asked for anew,
// for as long as its ticket stands for a risky act. Of every other confirmation the token
// dies in the request that brought it.
func (s *Service) keepGrant(ctx context.Context, p IdentityProvider, ticket string, c app.Confirmation) error {
	if _, ok := p.(Withdrawer); !ok || c.Revoke == nil || c.AccessToken == nil {
		return nil
	}
	hash := hashOf(ticket)
	sealed, err := s.keeper.Seal([]byte(c.AccessToken()), "grant "+hash)
	if err != nil {
		return err
	}
	return s.db.SaveGrant(ctx, rows.Grant{Hash: hash, Provider: p.Describe().ID, Key: c.Profile.Key, Sealed: sealed, ExpiresAt: s.now().Add(freshFor)})
}

// withdrawable reports whether the ticket's grant can be withdrawn.
func (s *Service) withdrawable(ctx context.Context, ticket string) (bool, error) {
	_, err := s.db.Grant(ctx, hashOf(ticket), s.now())
	if app.CodeOf(err) == app.CodeNotFound {
		return false, nil
	}
	return err == nil, err
}

// Withdraw withdraws at the provider what the person of a ticket granted there, once
// nobody has the identity any more: after it was unlinked or its account deleted. Again is
// no error. CodeConflict while somebody has it, CodeNotFound where nothing is kept, and
// the provider's codes.
func (s *Service) Withdraw(ctx context.Context, address string, r WithdrawalRequest) error {
	if err := s.count(ctx, "confirm "+address, confirmationsPerMinute); err != nil {
		return err
	}
	g, err := s.db.Grant(ctx, hashOf(r.Ticket), s.now())
	if err != nil {
		return err
	}
	if _, err := s.db.UserByIdentity(ctx, g.Key); err == nil {
		return app.Fail(app.CodeConflict, errors.New("somebody has the identity"))
	} else if app.CodeOf(err) != app.CodeNotFound {
		return err
	}
	if len(g.Sealed) == 0 {
		return nil
	}
	p, err := s.provider(g.Provider)
	if err != nil {
		return err
	}
	w, ok := p.(Withdrawer)
	if !ok {
		return app.Fail(app.CodeNotFound, nil)
	}
	token, err := s.keeper.Open(g.Sealed, "grant "+g.Hash)
	if err != nil {
		return app.Fail(app.CodeNotFound, err) // sealed under another secret
	}
	if err := w.Withdraw(ctx, string(token)); err != nil {
		return ours(p, err)
	}
	return s.db.Withdrawn(ctx, g.Hash)
}
