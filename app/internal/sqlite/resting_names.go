package sqlite

import (
	"time"

	"munpae.example/munpae/app/internal/app"
)

// RestBy has the nicknames of deleted accounts rest for app.NicknameRest from then on:
// until they have, nobody takes them or what looks like them. tag is a keyed hash, 64
// hexadecimal digits, whose key is not in the database, so that a copy of it tells no
// deleted nickname. Another key forgets what rests. It is called before the database is used.
func (db *DB) RestBy(tag func(text string) (string, error)) { db.tag = tag }

// RestsUntil is how long the nickname of an account that is deleted at now rests; zero
// where it does not.
func (db *DB) RestsUntil(now time.Time) time.Time {
	if db.tag == nil {
		return time.Time{}
	}
	return now.Add(app.NicknameRest)
}

// tagsOf are what a nickname is told by once its account is gone; empty where none rests.
func (db *DB) tagsOf(key, skeleton string) (tags [2]string, err error) {
	if db.tag == nil {
		return tags, nil
	}
	for i, text := range []string{"key " + key, "skeleton " + skeleton} {
		if tags[i], err = db.tag(text); err != nil {
			return tags, err
		}
	}
	return tags, nil
}

// restNames has the names that are the user's rest, each as long as nobody else would
// have got it, and forgets those that have rested.
func (t *tx) restNames(db *DB, userID string, now time.Time) error {
	if db.tag == nil {
		return nil
	}
	if _, err := t.exec("delete_rested_names", millis(now)); err != nil {
		return err
	}
	type resting struct {
		key, skeleton string
		until         nullTime
	}
	var text string
	var version int
	var created, renamed nullTime
	own := resting{until: nullTime{Int64: db.RestsUntil(now).UnixMilli(), Valid: true}}
	if err := t.row("user", []any{userID}, &text, &own.key, &own.skeleton, &version, &created, &renamed); err != nil {
		return err
	}
	names := []resting{own}
	err := t.rows("former_name_keys", []any{userID, millis(now)}, func(scan scan) error {
		var n resting
		err := scan(&n.key, &n.skeleton, &n.until)
		names = append(names, n)
		return err
	})
	if err != nil {
		return err
	}
	for _, n := range names {
		tags, err := db.tagsOf(n.key, n.skeleton)
		if err != nil {
			return err
		}
		if _, err := t.exec("rest_name", tags[0], tags[1], n.until); err != nil {
			return err
		}
	}
	return nil
}
