package rows

import (
	"time"

	"munpae.example/munpae/app/internal/app"
)

// RestBy has the nicknames of deleted accounts rest for app.NicknameRest from then on:
// until they have, nobody takes them or what looks like them. tag is a keyed hash whose
// key is not in the database, so that a copy of it tells no deleted nickname. Another key
// forgets what rests. It is called before the database is used; without it none rests.
func (db *DB) RestBy(tag func(text string) (string, error)) { db.tag = tag }

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
	if err != nil {
		return err
	}
	for _, n := range names {
		tags, err := t.db.tagsOf(n.key, n.skeleton)
		if err != nil {
			return err
		}
		if err := t.exec("rest_name", tags[0], tags[1], n.until); err != nil {
			return err
		}
	}
	return nil
}
