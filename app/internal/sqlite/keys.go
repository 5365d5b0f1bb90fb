package sqlite

import (
	"context"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// KeyRecords returns all key records, newest first.
func (db *DB) KeyRecords(ctx context.Context) ([]app.KeyRecord, error) {
	var records []app.KeyRecord
	err := db.query(ctx, "key_records", nil, func(scan scan) error {
		r, err := scanKeyRecord(scan)
		records = append(records, r)
		return err
	})
	return records, err
}

// ReadKeyRecords is KeyRecords of the file at path, for the self-tests: it writes
// nothing and works beside a program that has the file open.
func ReadKeyRecords(ctx context.Context, path string) ([]app.KeyRecord, error) {
	var records []app.KeyRecord
	err := asItLies(path, func(more string) error {
		records = nil
		reader := connect(Options{Path: path, BusyTimeout: 2 * time.Second}, "ro", more)
		defer func() { _ = reader.Close() }()
		rows, err := reader.QueryContext(ctx, queries["key_records"])
		if err != nil {
			return err
		}
		return drain(rows, func(scan scan) error {
			r, err := scanKeyRecord(scan)
			records = append(records, r)
			return err
		})
	})
	return records, damagedIfSchema(err)
}

func scanKeyRecord(scan scan) (app.KeyRecord, error) {
	var r app.KeyRecord
	var fingerprint []byte
	var at nullTime
	if err := scan(&r.ID, &r.Store, &fingerprint, &at); err != nil {
		return r, err
	}
	copy(r.Fingerprint[:], fingerprint)
	r.CreatedAt = moment(at)
	return r, nil
}

// InsertKeyRecord stores r; CodeConflict if its ID is known.
func (db *DB) InsertKeyRecord(ctx context.Context, r app.KeyRecord) error {
	err := db.repeat(ctx, "insert_key_record", func(t *tx) error {
		_, err := t.exec("insert_key_record", r.ID, r.Store, r.Fingerprint[:], millis(r.CreatedAt))
		return err
	}, app.CodeConflict)
	if err == nil {
		db.wrote(true)
	}
	return err
}

// DeleteKeyRecord forgets a key; forgetting it twice is no error.
func (db *DB) DeleteKeyRecord(ctx context.Context, id string) error {
	err := db.repeat(ctx, "delete_key_record", func(t *tx) error {
		_, err := t.exec("delete_key_record", id)
		return err
	})
	if err == nil {
		db.wrote(true)
	}
	return err
}
