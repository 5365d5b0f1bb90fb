package sqlite

import (
	"context"

	"munpae.example/munpae/app/internal/app"
)

// FormerNames returns the nicknames that the user gave up, newest first, those
// that others may take by now included.
func (db *DB) FormerNames(ctx context.Context, userID string) ([]app.FormerName, error) {
	var all []app.FormerName
	err := db.query(ctx, "former_names", []any{userID}, func(scan scan) error {
		var n app.FormerName
		var until nullTime
		err := scan(&n.Nickname, &until)
		n.Until = moment(until)
		all = append(all, n)
		return err
	})
	return all, err
}
