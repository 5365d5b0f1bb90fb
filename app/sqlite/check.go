package sqlite

import (
	"context"
	"time"
)

// Check looks at the database at path as Open does, without writing to it and
// beside a program that has it open. CodeDatabaseDamaged, CodeDatabaseNewer,
// CodeDatabaseBusy, CodeProfileUnwritable.
func Check(ctx context.Context, path string) error {
	_, err := inspect(ctx, Options{Path: path, BusyTimeout: 2 * time.Second})
	return coded(err)
}
