package rows

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// DeviceCode is a device code that a desktop polls for through the directory.
type DeviceCode struct {
	ID        string // a hash, as of a ticket
	Provider  string
	Sealed    []byte // the provider's device code
	Pause     time.Duration
	NextPoll  time.Time // when the provider may be asked next
	ExpiresAt time.Time
}

// SaveDeviceCode stores d.
func (db *DB) SaveDeviceCode(ctx context.Context, d DeviceCode) error {
	return db.write(ctx, func(t *tx) error {
		return t.exec("save_device", d.ID, d.Provider, d.Sealed, d.Pause.Milliseconds(), millis(d.NextPoll), millis(d.ExpiresAt))
	})
}

// DeviceCode returns a device code; CodeNotFound.
func (db *DB) DeviceCode(ctx context.Context, id string) (DeviceCode, error) {
	d := DeviceCode{ID: id}
	err := db.read(ctx, func(q query) error {
		var pause int64
		var next, expires sql.NullInt64
		err := q.QueryRowContext(ctx, db.text["device"], id).Scan(&d.Provider, &d.Sealed, &pause, &next, &expires)
		d.Pause, d.NextPoll, d.ExpiresAt = time.Duration(pause)*time.Millisecond, moment(next), moment(expires)
		return err
	})
	return d, err
}

// TakePoll moves the time of the next poll, and with it the right to this one:
// false if another replica took it.
func (db *DB) TakePoll(ctx context.Context, d DeviceCode, next time.Time, pause time.Duration) (bool, error) {
	var n int64
	err := db.write(ctx, func(t *tx) (err error) {
		n, err = t.changed("poll_device", millis(next), pause.Milliseconds(), d.ID, millis(d.NextPoll))
		return err
	})
	return n == 1, err
}

// SigningKey is a key for access tokens.
type SigningKey struct {
	ID         string // JWT header kid
	Public     []byte
	Sealed     []byte // the private half
	CreatedAt  time.Time
	ActiveFrom time.Time
}

// SigningKeys returns all keys, by the time from which they sign.
func (db *DB) SigningKeys(ctx context.Context) ([]SigningKey, error) {
	var all []SigningKey
	err := db.read(ctx, func(q query) (err error) {
		all, err = signingKeys(ctx, db, q)
		return err
	})
	return all, err
}

func signingKeys(ctx context.Context, db *DB, q query) ([]SigningKey, error) {
	var all []SigningKey
	err := list(ctx, q, db.text["signing_keys"], nil, func(scan func(...any) error) error {
		var k SigningKey
		var created, active sql.NullInt64
		err := scan(&k.ID, &k.Public, &k.Sealed, &created, &active)
		k.CreatedAt, k.ActiveFrom = moment(created), moment(active)
		all = append(all, k)
		return err
	})
	return all, err
}

// UpdateSigningKeys runs decide on all keys, one replica at a time: it returns the
// keys to add, those to sign from another time on, and those to drop.
func (db *DB) UpdateSigningKeys(ctx context.Context, decide func([]SigningKey) (add, move []SigningKey, drop []string, err error)) error {
	return db.serial(ctx, func(t *tx) error {
		all, err := signingKeys(ctx, db, t.sql)
		if err != nil {
			return err
		}
		add, move, drop, err := decide(all)
		if err != nil {
			return err
		}
		for _, id := range drop {
			if err := t.exec("drop_keys", id); err != nil {
				return err
			}
		}
		for _, k := range move {
			if err := t.exec("activate_key", millis(k.ActiveFrom), k.ID); err != nil {
				return err
			}
		}
		for _, k := range add {
			if err := t.exec("insert_key", k.ID, k.Public, k.Sealed, millis(k.CreatedAt), millis(k.ActiveFrom)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Count counts one more of what name says in the minute of now, over all replicas,
// and returns how many there were.
func (db *DB) Count(ctx context.Context, name string, now time.Time) (int64, error) {
	var n int64
	err := db.loose(ctx, func(t *tx) error {
		return t.row("count", name, now.Truncate(time.Minute).UnixMilli()).Scan(&n)
	})
	return n, err
}

// Sweep deletes what has expired at now: tickets, what can withdraw a grant, holds, device codes, former
// names, counts, deletions that no token speaks of any more, guesses of before yesterday, and sessions whose absolute end is a month ago.
// It lapses the merges that can be undone no more.
func (db *DB) Sweep(ctx context.Context, now time.Time) error {
	failed := db.lapseMerges(ctx, now) // what is secret goes all the same
	for name, before := range map[string]time.Time{
		"drop_tickets": now, "drop_grants": now, "stale_holds": now, "drop_devices": now, "stale_former_names": now, "drop_deletions": now, "drop_rested": now, "drop_guesses": now.Add(-24 * time.Hour), "stale_undone": now.Add(-24 * time.Hour),
		"drop_limits": now.Add(-time.Hour), "drop_sessions": now.Add(-30 * 24 * time.Hour),
	} {
		if err := db.write(ctx, func(t *tx) error { return t.exec(name, millis(before)) }); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}
