package rows

import (
	"time"

	"munpae.example/munpae/app/internal/app"
)

// RestBy has the nicknames of deleted accounts rest for app.NicknameRest from then on:
// until they have, nobody takes them or what looks like them. tag is a keyed hash whose
// key is not in the database, so that a copy of it tells no deleted nickname. Another key
// forgets what rests. It is called before the database is used; without it none rests.
func (db *DB) RestBy(tag func(text string) string) { db.tag = tag }

// tagsOf are what a nickname is told by once its account is gone; empty where none rests.
func (db *DB) tagsOf(key, skeleton string) (keyTag, skeletonTag string) {
	if db.tag == nil {
		return "", ""
	}
	return db.tag("key " + key), db.tag("skeleton " + skeleton)
}

// restNames has the names that are the user's rest, each as long as nobody else would
// have got it.
func (t *tx) restNames(userID string, now time.Time) error {
	if t.db.tag == nil {
		return nil
	}
	_, own, err := scanUser(t.row("user", userID))
	if err != nil {
		return err
	}
	type resting struct {
		key, skeleton string
		until         int64
	}
	names := []resting{{own.Key, own.Skeleton, now.Add(app.NicknameRest).UnixMilli()}}
	err = list(t.ctx, t.sql, t.db.text["former_name_keys"], []any{userID, millis(now)}, func(scan func(...any) error) error {
		var n resting
		err := scan(&n.key, &n.skeleton, &n.until)
		names = append(names, n)
		return err
	})
	for _, n := range names {
		if err == nil {
			key, skeleton := t.db.tagsOf(n.key, n.skeleton)
			err = t.exec("rest_name", key, skeleton, n.until)
		}
	}
	return err
}
