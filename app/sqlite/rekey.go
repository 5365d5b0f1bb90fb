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
// same, the one whose account is older keeps the keys, and so stays protected;
// the other keeps the name as it is, under keys that no typed name can have
// (U+001F and the user's ID). That name is no longer guarded by keys of its own,
// but as long as the older account has its name, nobody new can take either.
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
		collisions := 0
		for last := int64(0); ; {
			type row struct {
				rowid    int64
				id, nick string
			}
			var batch []row
			err := t.rows("outdated_users", []any{version, last}, func(scan scan) error {
				var r row
				err := scan(&r.rowid, &r.id, &r.nick)
				batch = append(batch, r)
				return err
			})
			if err != nil {
				return err
			}
			if len(batch) == 0 {
				break
			}
			for _, r := range batch {
				last = r.rowid
				n := db.opt.Rekey(r.nick)
				changed, err := t.exec("rekey_user", r.id, n.Key, n.Skeleton, version)
				if err != nil {
					return err
				}
				if changed == 0 {
					collisions++
					if _, err := t.exec("rekey_user", r.id, "\x1f"+r.id, "\x1f"+r.id, version); err != nil {
						return err
					}
				}
			}
		}
		for last := int64(0); ; {
			type row struct {
				id   int64
				nick string
			}
			var batch []row
			err := t.rows("outdated_former_names", []any{version, last}, func(scan scan) error {
				var r row
				err := scan(&r.id, &r.nick)
				batch = append(batch, r)
				return err
			})
			if err != nil {
				return err
			}
			if len(batch) == 0 {
				break
			}
			for _, r := range batch {
				last = r.id
				n := db.opt.Rekey(r.nick)
				if _, err := t.exec("rekey_former_name", r.id, n.Key, n.Skeleton, version); err != nil {
					return err
				}
			}
		}
		if _, err := t.exec("set_setting", nicknameVersion, strconv.Itoa(version)); err != nil {
			return err
		}
		db.log.Info("database: nickname keys", "version", version, "collisions", collisions)
		return nil
	})
}
