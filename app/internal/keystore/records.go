package keystore

import (
	"context"

	"munpae.example/munpae/app/internal/app"
)

// Records is the part of the database that remembers keys without holding them;
// package sqlite implements it.
type Records interface {
	// KeyRecords returns all, newest first; at most two are ever in use.
	KeyRecords(ctx context.Context) ([]app.KeyRecord, error)
	InsertKeyRecord(ctx context.Context, r app.KeyRecord) error
	DeleteKeyRecord(ctx context.Context, id string) error
	// Setting returns what SetSetting stored under name; CodeNotFound if nothing.
	Setting(ctx context.Context, name string) (string, error)
	SetSetting(ctx context.Context, name, value string) error
}
