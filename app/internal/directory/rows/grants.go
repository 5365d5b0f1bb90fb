package rows

import (
	"context"
	"database/sql"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// Grant is what withdraws, at a provider, what a person granted there.
type Grant struct {
	Hash      string // of the ticket of the same confirmation
	Provider  string
	Key       app.IdentityKey
	Sealed    []byte // the provider's token; empty once it was withdrawn
	ExpiresAt time.Time
}

// SaveGrant stores g; one that is there already stays as it is.
func (db *DB) SaveGrant(ctx context.Context, g Grant) error {
	return db.write(ctx, func(t *tx) error {
		return t.exec("save_grant", g.Hash, g.Provider, g.Key.Issuer, g.Key.Subject, g.Sealed, millis(g.ExpiresAt))
	})
}

// Grant returns what the ticket with that hash can withdraw at now; CodeNotFound.
func (db *DB) Grant(ctx context.Context, hash string, now time.Time) (Grant, error) {
	g := Grant{Hash: hash}
	err := db.read(ctx, func(q query) error {
		var expires sql.NullInt64
		err := q.QueryRowContext(ctx, db.text["grant"], hash, millis(now)).Scan(&g.Provider, &g.Key.Issuer, &g.Key.Subject, &g.Sealed, &expires)
		g.ExpiresAt = moment(expires)
		return err
	})
	return g, err
}

// Withdrawn forgets the token of a grant, and that it was withdrawn is known until it expires.
func (db *DB) Withdrawn(ctx context.Context, hash string) error {
	return db.write(ctx, func(t *tx) error { return t.exec("withdrawn", []byte{}, hash) })
}
