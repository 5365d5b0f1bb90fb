package recovery

import (
	"context"
	"io"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// Store keeps codes as they are stored.
type Store interface {
	// RecoveryTag returns how all codes here begin: drawn, if none were ever made.
	RecoveryTag(ctx context.Context, drawn string) (string, error)
	// MakeRecoveryCodes gives the user these codes and takes all earlier ones.
	// CodeConflict, and nothing changed, if a selector is taken.
	MakeRecoveryCodes(ctx context.Context, userID string, codes []app.RecoveryCode, now time.Time) error
}

// Sheet makes ten codes of the user in the place of all earlier ones, and returns their
// texts, this once. Errors are store's and random's.
func Sheet(ctx context.Context, store Store, random io.Reader, userID string, now time.Time) ([]string, error) {
	drawn, err := NewTag(random)
	if err != nil {
		return nil, err
	}
	tag, err := store.RecoveryTag(ctx, drawn)
	if err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		codes, rows, err := Make(random, tag, userID, now)
		if err != nil {
			return nil, err
		}
		err = store.MakeRecoveryCodes(ctx, userID, rows, now)
		if app.CodeOf(err) == app.CodeConflict && try < 3 {
			continue // two selectors drawn alike
		}
		if err != nil {
			return nil, err
		}
		texts := make([]string, len(codes))
		for i, c := range codes {
			texts[i] = c.Text()
		}
		return texts, nil
	}
}
