package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/files"

	"github.com/mattn/go-sqlite3"
)

const (
	// keptBackups is how many backups stay.
	keptBackups = 3
	// backupInterval is how old the newest backup gets.
	backupInterval = 24 * time.Hour
	backupSuffix   = ".db"
	// Since which version backups have the people of another directory, their recovery
	// codes, and merges.
	elsewhereSince      = 2
	codesElsewhereSince = 3
	mergesSince         = 4
)

// backupPrefix is how the names of the backups begin: like the database's own.
func (o Options) backupPrefix() string {
	return strings.TrimSuffix(filepath.Base(o.Path), backupSuffix) + "-"
}

// Backup copies the database as it is now into BackupDir, with SQLite's online
// backup: acts go on meanwhile. It keeps the last three and returns the new
// file's path, or the empty string without a BackupDir.
func (db *DB) Backup(ctx context.Context) (string, error) {
	if db.opt.BackupDir == "" {
		return "", nil
	}
	db.backing.Lock()
	defer db.backing.Unlock()
	name, err := backup(ctx, db.opt, "")
	return name, coded(err)
}

// purge takes the users out of every backup, since a person who is deleted must not
// come back with one. A backup that can't be opened can't be purged either, and is no
// use to anybody; one in which nobody is left, here or of another directory, is none to
// keep. So go those who had one of the identities in the backup and are nobody here any
// more: at a directory their account became the deleted one's. The caller holds backing.
func (db *DB) purge(ctx context.Context, userIDs []string, identities []app.Identity) error {
	if db.opt.BackupDir == "" {
		return nil
	}
	if err := files.Check(db.opt.BackupDir); errors.Is(err, files.ErrLink) {
		return nil // not a folder of ours, and nothing of ours in it
	}
	names, err := inBackupDir(db.opt)
	if err != nil || len(names) == 0 {
		return err
	}
	for _, name := range names {
		path := filepath.Join(db.opt.BackupDir, name)
		left := 0
		if strings.HasSuffix(path, backupSuffix) { // else half a backup, of a crash
			if left, err = db.purged(ctx, db.opt, path, userIDs, identities); err != nil {
				db.log.Warn("database: backup not purged but removed", "backup", filepath.Base(path), "error", err)
			}
		}
		if err != nil || left == 0 {
			if err := remove(path); err != nil {
				return err
			}
		}
	}
	return files.SyncFolder(db.opt.BackupDir)
}

// purged replaces the backup at path by one without the users, and returns how many
// that has.
func (db *DB) purged(ctx context.Context, opt Options, path string, userIDs []string, identities []app.Identity) (left int, err error) {
	made := opt
	made.Path = path + ".new"
	if err := remove(made.Path); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, remove(made.Path)) }()
	if err := files.Copy(path, made.Path); err != nil {
		return 0, err
	}
	version, err := inspect(ctx, made, "")
	if err != nil {
		return 0, err
	}
	all := []string{"delete_pending_signups_of_user", "delete_user", "delete_events"}
	people := "SELECT count(*) FROM users"
	if version >= elsewhereSince { // the profile may have belonged to another when it was made
		all = append(all, "delete_user_elsewhere", "delete_identities_of_user_elsewhere")
		people += " UNION ALL SELECT count(*) FROM users_elsewhere"
	}
	if version >= codesElsewhereSince {
		all = append(all, "delete_recovery_codes_of_user_elsewhere")
	}
	if version >= mergesSince {
		all = append(all, "delete_merge", "delete_merges_into")
	}
	writer := connect(made, "rw", "_txlock=immediate")
	writer.SetMaxOpenConns(1)
	defer func() { _ = writer.Close() }()
	for _, i := range identities {
		id, err := db.nobodyHere(ctx, writer, i.Key)
		if err != nil {
			return 0, err
		}
		if id != "" && !slices.Contains(userIDs, id) {
			userIDs = append(slices.Clip(userIDs), id)
		}
	}
	if version >= mergesSince {
		if err := partIn(ctx, writer, userIDs); err != nil {
			return 0, err
		}
	}
	for _, userID := range userIDs {
		for _, query := range all {
			if _, err := writer.ExecContext(ctx, queries[query], userID); err != nil {
				return 0, err
			}
		}
	}
	if err := writer.QueryRowContext(ctx, "SELECT sum(n) FROM (SELECT 0 AS n UNION ALL "+people+")").Scan(&left); err != nil {
		return 0, err
	}
	// Nothing of it stays in a page that is free now.
	if _, err := writer.ExecContext(ctx, "VACUUM"); err != nil {
		return 0, err
	}
	if err := closeWhole(ctx, writer); err != nil {
		return 0, err
	}
	return left, files.MoveInto(made.Path, path)
}

// nobodyHere returns who has the identity in a backup, if they are not in the database any
// more; else nothing.
func (db *DB) nobodyHere(ctx context.Context, backup *sql.DB, k app.IdentityKey) (string, error) {
	var id string
	err := backup.QueryRowContext(ctx, "SELECT user_id FROM identities WHERE issuer = ? AND subject = ?", k.Issuer, k.Subject).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	} else if err != nil {
		return "", err
	}
	var there string
	switch err := db.queryRow(ctx, "user_there", []any{id}, &there); app.CodeOf(err) {
	case app.CodeNotFound:
		return id, nil
	case "":
		return "", nil
	default:
		return "", err
	}
}

// partIn undoes, in a backup, what has been undone since: each merge of which one half
// goes and the other stays, and those that such a one lies in. The sessions of who went
// on go with it: a restore ends them anyway.
func partIn(ctx context.Context, db *sql.DB, gone []string) error {
	rows, err := db.QueryContext(ctx, queries["all_merges"])
	if err != nil {
		return err
	}
	var all []mergeRow
	err = drain(rows, func(scan scan) error {
		m, err := scanMerge(scan)
		all = append(all, m)
		return err
	})
	if err != nil {
		return err
	}
	apart := map[string]bool{} // by who was absorbed
	var part func(m mergeRow)
	part = func(m mergeRow) {
		apart[m.From.User.ID] = true
		for _, outer := range all {
			if outer.From.User.ID == m.Into.User.ID && !apart[outer.From.User.ID] {
				part(outer)
			}
		}
	}
	for _, m := range all {
		if slices.Contains(gone, m.From.User.ID) != slices.Contains(gone, m.Into.User.ID) {
			part(m)
		}
	}
	for _, m := range all { // the last one first
		from, into := m.From, m.Into
		if !apart[from.User.ID] {
			continue
		}
		for _, step := range []struct {
			name string
			args []any
		}{
			{"delete_sessions_of_user", []any{into.User.ID}},
			{"restore_user", []any{from.User.ID, from.Name.Text, from.Name.Version, millis(from.User.CreatedAt), millis(from.User.RenamedAt)}},
			{"renamed_user_from", []any{into.User.ID, from.Name.Key, into.Name.Text, into.Name.Version, millis(into.User.RenamedAt)}},
			{"rekey_user", []any{from.User.ID, from.Name.Key, from.Name.Skeleton, from.Name.Version}},
			{"rekey_user_named", []any{into.User.ID, into.Name.Text, into.Name.Key, into.Name.Skeleton, into.Name.Version}},
			{"release_merged_name", []any{into.User.ID, from.Name.Text, into.Name.Text, millis(m.Until), millis(m.At), false}},
			{"return_merged_identities", []any{from.User.ID, into.User.ID}},
			{"return_merged_names", []any{from.User.ID, into.User.ID}},
			{"return_merged_codes", []any{from.User.ID}},
			{"move_events", []any{into.User.ID, from.User.ID, m.before + 1, m.before + m.last, -m.before}},
			{"delete_merge", []any{from.User.ID}},
		} {
			if _, err := db.ExecContext(ctx, queries[step.name], step.args...); err != nil {
				return err
			}
		}
	}
	return nil
}

// scheduleBackup sees to it that a backup is made when the newest is a day old.
func (db *DB) scheduleBackup() {
	if db.opt.BackupDir == "" {
		return
	}
	delay := time.Duration(0)
	// Where they can't be read, the one that is made now tells why.
	if names, _ := backups(db.opt); len(names) > 0 {
		now := db.opt.Clock.Now()
		// One from the future was made before the clock went back: make one now.
		if made := db.opt.backupTime(names[0]); !made.After(now) {
			delay = max(0, made.Add(backupInterval).Sub(now))
		}
	}
	db.later.after("backup", delay, db.dailyBackup)
}

func (db *DB) dailyBackup() {
	next := backupInterval
	var worth bool
	err := db.queryRow(background, "any_user", nil, &worth)
	if err == nil && worth {
		_, err = db.Backup(background)
	}
	switch {
	case err != nil:
		db.log.Warn("database: backup", "error", err)
		next = time.Hour
	case !worth:
		next = time.Hour
	}
	db.later.after("backup", next, db.dailyBackup)
}

// backup copies opt.Path into opt.BackupDir under a name with the time and mark.
func backup(ctx context.Context, opt Options, mark string) (string, error) {
	if err := backupFolder(opt); err != nil {
		return "", err
	}
	name := filepath.Join(opt.BackupDir, opt.backupPrefix()+opt.Clock.Now().UTC().Format(files.Stamp)+mark+backupSuffix)
	unfinished := name + ".new"
	if err := remove(unfinished); err != nil {
		return "", err
	}
	f, err := files.Create(unfinished)
	if err != nil {
		return "", err
	}
	if err := f.Close(); err != nil {
		return "", err
	}
	to := opt
	to.Path = unfinished
	err = copyDatabase(ctx, opt, to)
	if err == nil {
		_, err = inspect(ctx, to, "")
	}
	if err != nil {
		return "", errors.Join(err, remove(unfinished))
	}
	// The check of a WAL database leaves empty companions.
	for _, companion := range companions {
		_ = os.Remove(unfinished + companion)
	}
	if err := files.MoveInto(unfinished, name); err != nil {
		return "", err
	}
	all, err := backups(opt)
	if err != nil {
		return "", err
	}
	for i, old := range all {
		if i >= keptBackups {
			if err := os.Remove(filepath.Join(opt.BackupDir, old)); err != nil {
				return "", err
			}
		}
	}
	return name, nil
}

// copyDatabase runs SQLite's online backup (https://www.sqlite.org/backup.html).
func copyDatabase(ctx context.Context, from, to Options) error {
	source := connect(from, "rw", "_query_only=1")
	defer func() { _ = source.Close() }()
	target := connect(to, "rw", "")
	defer func() { _ = target.Close() }()
	return raw(ctx, source, func(source *sqlite3.SQLiteConn) error {
		return raw(ctx, target, func(target *sqlite3.SQLiteConn) error {
			b, err := target.Backup("main", source, "main")
			if err != nil {
				return err
			}
			// All pages in one step are one read transaction, which stops no writer.
			done, err := b.Step(-1)
			if err := errors.Join(err, b.Finish()); err != nil {
				return err
			}
			if !done {
				return sqlite3.Error{Code: sqlite3.ErrBusy}
			}
			return nil
		})
	})
}

func raw(ctx context.Context, db *sql.DB, f func(*sqlite3.SQLiteConn) error) error {
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return c.Raw(func(driverConn any) error { return f(driverConn.(*sqlite3.SQLiteConn)) })
}

// backupFolder makes the folder of backups. A link, or what else is in its place,
// is set aside: backups are written and deleted in a folder of our own alone.
func backupFolder(opt Options) error {
	err := files.Folder(opt.BackupDir)
	if !files.Planted(err) {
		return err
	}
	if _, err := files.SetAside(opt.BackupDir, opt.Clock.Now()); err != nil {
		return err
	}
	return files.Folder(opt.BackupDir)
}

// inBackupDir are the names of the backups, and of what is left of unfinished ones, in
// order. Without a folder there are none; one that can't be read is an error: whoever
// deletes a person must not take it for empty.
func inBackupDir(opt Options) ([]string, error) {
	entries, err := os.ReadDir(opt.BackupDir)
	if err != nil {
		if st, statErr := os.Stat(opt.BackupDir); errors.Is(statErr, fs.ErrNotExist) || statErr == nil && !st.IsDir() {
			return nil, nil
		}
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if !opt.backupTime(e.Name()).IsZero() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// backups are the names of the finished backups, newest first. One from the future
// was named under a wrong clock, or put there: it comes last, so that it neither is
// restored before a better one nor keeps its place for good.
func backups(opt Options) ([]string, error) {
	all, err := inBackupDir(opt)
	if err != nil {
		return nil, err
	}
	now := opt.Clock.Now()
	var names, future []string
	for _, name := range all {
		switch {
		case !strings.HasSuffix(name, backupSuffix):
		case opt.backupTime(name).After(now.Add(backupInterval)):
			future = append(future, name)
		default:
			names = append(names, name)
		}
	}
	slices.Sort(names)
	slices.Reverse(names)
	slices.Sort(future)
	return append(names, future...), nil
}

// backupTime reads the time in a backup's name, zero if it is none of ours.
func (o Options) backupTime(name string) time.Time {
	text := strings.TrimPrefix(name, o.backupPrefix())
	if len(text) < len(files.Stamp) || text == name {
		return time.Time{}
	}
	t, err := time.Parse(files.Stamp, text[:len(files.Stamp)])
	if err != nil {
		return time.Time{}
	}
	return t
}

// RestoreBackup puts the newest good backup in the place of the database at
// opt.Path, which is set aside as SetAside does, and returns when that backup
// was made. No DB may be open on it.
//
// The accounts are those of that moment. Every session in it is ended
// (EndReplaced): since then one may have been signed out or rotated, and neither
// may be undone by an old copy. Every recovery code in it is retired for the same
// reason: since then it may have been used. CodeNotFound if there is no good backup: nothing
// was touched.
func RestoreBackup(ctx context.Context, opt Options) (time.Time, error) {
	if opt.BusyTimeout == 0 {
		opt.BusyTimeout = 2 * time.Second
	}
	names, err := backups(opt)
	if err != nil {
		return time.Time{}, app.Fail(fileCode(err), err)
	}
	var tried []error
	for _, name := range names {
		made := opt
		made.Path = opt.Path + ".new"
		err := remove(made.Path)
		if err == nil {
			err = files.Copy(filepath.Join(opt.BackupDir, name), made.Path)
		}
		if files.Planted(err) {
			tried = append(tried, err)
			continue
		}
		if err != nil {
			return time.Time{}, app.Fail(fileCode(err), err)
		}
		if err := endRestored(ctx, made); err != nil {
			tried = append(tried, fmt.Errorf("%s: %w", name, err))
			continue
		}
		if _, err := SetAside(opt.Path, opt.Clock.Now()); err != nil {
			return time.Time{}, err
		}
		return opt.backupTime(name), coded(files.MoveInto(made.Path, opt.Path))
	}
	return time.Time{}, app.Fail(app.CodeNotFound, errors.Join(append(tried, errors.New("no good backup"))...))
}

// endRestored checks a copied backup, ends its sessions and retires its recovery codes.
func endRestored(ctx context.Context, opt Options) error {
	if _, err := inspect(ctx, opt, ""); err != nil {
		return err
	}
	writer := connect(opt, "rw", "_journal_mode=WAL&_txlock=immediate")
	defer func() { _ = writer.Close() }()
	t, err := writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = t.Rollback() }() // does nothing after a commit
	at := millis(opt.Clock.Now())
	if _, err := t.ExecContext(ctx, queries["insert_restored_events"], at, eventSessionEnded, string(app.EndReplaced)); err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, queries["end_restored_sessions"], at, string(app.EndReplaced)); err != nil {
		return err
	}
	var codes, merged bool // a backup of an earlier version has no place for them
	if err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'recovery_codes'),
	                                        EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'merged_codes')`).Scan(&codes, &merged); err != nil {
		return err
	}
	if merged {
		if _, err := t.ExecContext(ctx, queries["void_merged_codes"], at); err != nil {
			return err
		}
	}
	if codes {
		if _, err := t.ExecContext(ctx, queries["insert_voided_events"], at, eventCodesRemoved, detailRestored); err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, queries["void_restored_codes"], at); err != nil {
			return err
		}
	}
	if err := t.Commit(); err != nil {
		return err
	}
	return closeWhole(ctx, writer)
}
