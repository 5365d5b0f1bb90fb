package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
)

// nicknameVersion is the setting that remembers Options.NicknameVersion.
const nicknameVersion = "nickname_version"

// rekey makes the compare keys and skeletons of all nicknames anew when the
// rules or Unicode tables that made them have changed, in one transaction.
//
// Nobody loses a name by it. Where two names that were different become the
// same, whoever has had theirs longer gets the keys, and so stays protected; the
// other keeps the name as it is, under keys that no typed name can have (U+001F
// and the user's ID). As long as the first has theirs, nobody new can take either.
func (db *DB) rekey(ctx context.Context) error {
	version := db.opt.NicknameVersion
	if db.opt.Rekey == nil || version == 0 {
		return nil
	}
	var text string
	err := db.h.read["setting"].QueryRowContext(ctx, nicknameVersion).Scan(&text)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if text == strconv.Itoa(version) {
		return nil
	}
	// Under an older program than the last one, rows of the newer keep their keys
	// and the setting goes back, so that the next newer one looks at all again.
	return db.write(ctx, "rekey", func(t *tx) error {
		if _, err := t.exec("clear_outdated_keys", version); err != nil {
			return err
		}
		type row struct{ id, nick string }
		outdated := func(query string) (all []row, err error) {
			err = t.rows(query, []any{version}, func(scan scan) error {
				var r row
				err := scan(&r.id, &r.nick)
				all = append(all, r)
				return err
			})
			return all, err
		}
		users, err := outdated("outdated_users")
		if err != nil {
			return err
		}
		collisions := 0
		for _, u := range users {
			n := db.opt.Rekey(u.nick)
			changed, err := t.exec("rekey_user", u.id, n.Key, n.Skeleton, version)
			if err == nil && changed == 0 {
				collisions++
				_, err = t.exec("rekey_user", u.id, "\x1f"+u.id, "\x1f"+u.id, version)
			}
			if err != nil {
				return err
			}
		}
		former, err := outdated("outdated_former_names")
		if err != nil {
			return err
		}
		for _, f := range former {
			n := db.opt.Rekey(f.nick)
			if _, err := t.exec("rekey_former_name", f.id, n.Key, n.Skeleton, version); err != nil {
				return err
			}
		}
		if _, err := t.exec("set_setting", nicknameVersion, strconv.Itoa(version)); err != nil {
			return err
		}
		db.log.Info("database: nickname keys", "version", version, "collisions", collisions)
		return nil
	})
}
