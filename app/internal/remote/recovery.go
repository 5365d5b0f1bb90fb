package remote

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory/wire"
)

// attempt is what the directory knows one press of a button by: a code whose answer was
// lost is tried again under the same.
type attempt struct {
	of   [sha256.Size]byte // of the code, which is not kept
	name string
}

// unsupported turns the answer of a directory that has no such route, being older, into
// what it means.
func unsupported(err error) error {
	if app.CodeOf(err) == app.CodeNotFound {
		return app.Fail(app.CodeRecoveryUnsupported, err)
	}
	return err
}

// RecoveryCodes implements account.Store. CodeRecoveryUnsupported from a directory that
// keeps none.
func (s *Store) RecoveryCodes(ctx context.Context, userID string) (app.RecoveryCodes, error) {
	var w wire.RecoveryCodes
	if _, err := s.r.ask(ctx, ofUser(userID), http.MethodGet, "/v1/me/recovery", nil, &w); err != nil {
		return app.RecoveryCodes{}, unsupported(err)
	}
	of := app.RecoveryCodes{Declined: w.Declined}
	for _, c := range w.Codes {
		of.Codes = append(of.Codes, app.RecoveryCode{UserID: userID, Number: c.Number, MadeAt: moment(c.MadeAt), UsedAt: moment(c.UsedAt)})
	}
	return of, nil
}

// MakeCodes implements account.CodesElsewhere.
func (s *Store) MakeCodes(ctx context.Context, userID string) ([]string, error) {
	var made wire.NewRecoveryCodes
	r := wire.CodesRequest{Ticket: s.r.confirmation(userID)}
	if _, err := s.r.ask(ctx, ofUser(userID), http.MethodPost, "/v1/me/recovery", r, &made); err != nil {
		return nil, unsupported(err)
	}
	return made.Codes, nil
}

// RemoveRecoveryCodes implements account.Store.
func (s *Store) RemoveRecoveryCodes(ctx context.Context, userID string, _ time.Time) error {
	r := wire.CodesRequest{Ticket: s.r.confirmation(userID)}
	_, err := s.r.ask(ctx, ofUser(userID), http.MethodDelete, "/v1/me/recovery", r, nil)
	return unsupported(err)
}

// DeclineRecoveryCodes implements account.Store.
func (s *Store) DeclineRecoveryCodes(ctx context.Context, userID string, _ time.Time) error {
	_, err := s.r.ask(ctx, ofUser(userID), http.MethodPost, "/v1/me/recovery/declined", wire.Nothing{}, nil)
	return unsupported(err)
}

// Recover implements account.CodesElsewhere: the directory judges the code and opens a
// session, which is mirrored here.
func (s *Store) Recover(ctx context.Context, code string, row app.Session) (app.SignedIn, error) {
	r := s.r
	of := sha256.Sum256([]byte(code))
	r.mu.Lock()
	if r.recovering.of != of {
		r.recovering = attempt{of, rand.Text()}
	}
	name := r.recovering.name
	r.mu.Unlock()
	var w wire.Recovered
	if _, err := r.client.do(ctx, http.MethodPost, "/v1/recovery", "", wire.RecoveryRequest{Code: code, Attempt: name, Device: wire.Device(r.o.Device)}, &w); err != nil {
		return app.SignedIn{}, unsupported(err)
	}
	g, err := r.grant(row.ID, w.SignedIn)
	if err != nil {
		return app.SignedIn{}, err
	}
	in, err := r.mirror(ctx, w.SignedIn.User, w.Identities, app.IdentityKey{}, row, g)
	if err != nil {
		return app.SignedIn{}, err
	}
	r.heard(row.ID, w.SignedIn.AccessToken, w.SignedIn.ExpiresIn)
	r.mu.Lock()
	r.recovering = attempt{}
	r.mu.Unlock()
	return in, nil
}
