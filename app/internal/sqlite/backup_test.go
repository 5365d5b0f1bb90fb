package sqlite_test

import (
	"bytes"
	"database/sql"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/sqlite"
)

// copyOfFileAlone opens a copy of the database file without its WAL.
func copyOfFileAlone(t testing.TB, opt sqlite.Options) *sqlite.DB {
	t.Helper()
	copied := fastOptions(t)
	copied.FirstRun = false
	write(t, copied.Path, read(t, opt.Path))
	return open(t, copied)
}

func TestDB07_ACopyOfTheFileAloneHasTheAccountOnceItIsQuiet(t *testing.T) {
	opt := fastOptions(t)
	db := open(t, opt)
	signUp(t, db, 1, "Kim", start)
	wantCounts(t, copyOfFileAlone(t, opt), 0) // the fsync of the act was the WAL's
	opt.Clock.(*clock).advance(sqlite.CheckpointDelay)
	wantCounts(t, copyOfFileAlone(t, opt), 1)
	lee := signUp(t, db, 2, "Lee", start)
	if err := db.Checkpoint(ctx); err != nil {
		t.Fatal(err)
	}
	wantCounts(t, copyOfFileAlone(t, opt), 2)
	emptyWAL := func() {
		t.Helper()
		if info, err := os.Stat(opt.Path + "-wal"); err != nil || info.Size() != 0 {
			t.Errorf("WAL %v %v", info, err)
		}
	}
	emptyWAL()
	if err := db.DeleteUser(ctx, lee.User.ID, start); err != nil {
		t.Fatal(err)
	}
	emptyWAL() // nobody finds there what was deleted
	signUp(t, db, 3, "Park", start)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	wantCounts(t, copyOfFileAlone(t, opt), 2)
}

func TestACheckpointDoesNotDisturbAReader(t *testing.T) {
	opt := fastOptions(t)
	db := open(t, opt)
	signUp(t, db, 1, "Kim", start)
	other, err := sql.Open("sqlite3", "file:"+opt.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	reading, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := reading.QueryRow("SELECT count(*) FROM users").Scan(&n); err != nil {
		t.Fatal(err)
	}
	signUp(t, db, 2, "Lee", start)
	wantCode(t, db.Checkpoint(ctx), app.CodeDatabaseBusy)
	if err := reading.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := db.Checkpoint(ctx); err != nil {
		t.Error(err)
	}
	wantCounts(t, db, 2)
}

func TestABackupIsMadeOnceADayAndThreeAreKept(t *testing.T) {
	opt := fastOptions(t)
	c := opt.Clock.(*clock)
	db := open(t, opt)
	list := func() []string {
		t.Helper()
		names, err := filepath.Glob(filepath.Join(opt.BackupDir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	c.advance(0)
	if n := list(); len(n) != 0 {
		t.Errorf("an empty database was saved: %v", n)
	}
	signUp(t, db, 1, "Kim", start)
	c.advance(time.Hour)
	if n := list(); len(n) != 1 {
		t.Fatalf("the first day: %v", n)
	}
	c.advance(24*time.Hour - time.Second)
	if n := list(); len(n) != 1 {
		t.Errorf("before the day is over: %v", n)
	}
	c.advance(time.Second)
	if n := list(); len(n) != 2 {
		t.Errorf("the second day: %v", n)
	}
	first := list()[0]
	for range 3 {
		c.advance(24 * time.Hour)
	}
	kept := list()
	if len(kept) != 3 || kept[0] == first {
		t.Errorf("kept %v", kept)
	}
	// A start does not make another one on the same day.
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, opt)
	c.advance(0)
	if n := list(); len(n) != 3 || n[2] != kept[2] {
		t.Errorf("after a restart: %v", n)
	}
}

func TestRestoreBackupBringsTheAccountsBackAndNoSession(t *testing.T) {
	opt := fastOptions(t)
	c := opt.Clock.(*clock)
	db := open(t, opt)
	kim := signUp(t, db, 1, "Kim", start)
	if name, err := db.Backup(ctx); err != nil || name == "" {
		t.Fatal(name, err)
	}
	made := c.Now()
	c.advance(time.Minute)
	signUp(t, db, 2, "Lee", start)
	if name, err := db.Backup(ctx); err != nil {
		t.Fatal(err)
	} else {
		write(t, name, []byte("a bad backup")) // the newest cannot be used
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, opt.Path, nil)
	write(t, opt.Path+"-wal", []byte("stray"))
	_, err := sqlite.Open(ctx, opt)
	wantCode(t, err, app.CodeDatabaseDamaged)

	from, err := sqlite.RestoreBackup(ctx, opt)
	if err != nil || !from.Equal(made) {
		t.Fatalf("%v %v, want %v", from, err, made)
	}
	opt.FirstRun = false
	db = open(t, opt)
	wantCounts(t, db, 1)
	s, err := db.Session(ctx, "s1")
	if err != nil || s.User != kim.User || s.Session.EndReason != app.EndReplaced {
		t.Errorf("%+v %v", s, err)
	}
	for suffix, want := range map[string]string{"": "", "-wal": "stray"} {
		aside, err := filepath.Glob(opt.Path + ".damaged-*Z" + suffix)
		if err != nil || len(aside) != 1 || string(read(t, aside[0])) != want {
			t.Errorf("set aside %q: %v %v", suffix, aside, err)
		}
	}
}

func TestWithoutAGoodBackupARestoreTouchesNothing(t *testing.T) {
	opt := closedProfile(t)
	before := read(t, opt.Path)
	_, err := sqlite.RestoreBackup(ctx, opt)
	wantCode(t, err, app.CodeNotFound)
	if !bytes.Equal(before, read(t, opt.Path)) {
		t.Error("the file was changed")
	}
}

func TestSetAsideNeverOverwrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "munpae.db")
	if aside, err := sqlite.SetAside(path, start); aside != "" || err != nil {
		t.Errorf("nothing: %q %v", aside, err)
	}
	seen := map[string]bool{}
	for _, text := range []string{"a", "b", "c"} {
		write(t, path, []byte(text))
		aside, err := sqlite.SetAside(path, start)
		if err != nil || seen[aside] || string(read(t, aside)) != text {
			t.Errorf("%q %v", aside, err)
		}
		seen[aside] = true
	}
}

// everywhere returns the names of the files below dir that hold text.
func everywhere(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		if b, err := os.ReadFile(path); err == nil && bytes.Contains(b, []byte(text)) {
			found = append(found, filepath.Base(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestDL01_WhoIsDeletedIsInNoBackupAndComesBackWithNone(t *testing.T) {
	opt := fastOptions(t)
	db := open(t, opt)
	gone := signUp(t, db, 4711, "Goneforever", start) // "s1" stands by chance where numbers do
	signUp(t, db, 2, "Stayshere", start)
	c := opt.Clock.(*clock)
	for range 2 {
		c.advance(time.Hour)
		if _, err := db.Backup(ctx); err != nil {
			t.Fatal(err)
		}
	}
	// Half a backup, of a crash, and one that is damaged.
	write(t, filepath.Join(opt.BackupDir, "munpae-20200101T000000.000Z.db.new"), []byte("Goneforever"))
	write(t, filepath.Join(opt.BackupDir, "munpae-20200102T000000.000Z.db"), []byte("Goneforever, and no database"))
	write(t, filepath.Join(opt.BackupDir, "notes.txt"), []byte("somebody's own"))
	dir := filepath.Dir(opt.Path)
	if found := everywhere(t, opt.BackupDir, "Goneforever"); len(found) != 4 {
		t.Fatalf("found in %v: the test shows nothing", found)
	}
	if err := db.DeleteUser(ctx, gone.User.ID, c.Now()); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"Goneforever", gone.User.ID, gone.Identity.ID, gone.Session.ID} {
		if found := everywhere(t, dir, text); found != nil {
			t.Errorf("%q is still in %v", text, found)
		}
	}
	if found := everywhere(t, opt.BackupDir, "Stayshere"); len(found) != 2 {
		t.Errorf("the other is in %v", found)
	}
	if b := read(t, filepath.Join(opt.BackupDir, "notes.txt")); string(b) != "somebody's own" {
		t.Error("another file was touched")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, opt.Path, []byte("no database"))
	if _, err := sqlite.RestoreBackup(ctx, opt); err != nil {
		t.Fatal(err)
	}
	restored := open(t, opt)
	wantCounts(t, restored, 1)
	_, err := restored.UserByIdentity(ctx, gone.Identity.Key)
	wantCode(t, err, app.CodeNotFound)
}

// The backups were made while the profile belonged to a directory: who is deleted lies
// in them as somebody of elsewhere, and so does whoever is to stay.
func TestDL01_WhoIsDeletedIsInNoBackupOfWhenTheProfileBelongedToAnother(t *testing.T) {
	opt := fastOptions(t)
	db := open(t, opt)
	gone := withCodes(t, db, 4711, "Goneforever")
	signUp(t, db, 2, "Stayshere", start)
	move := func(to string) {
		t.Helper()
		if _, err := db.Move(ctx, to, start); err != nil {
			t.Fatal(err)
		}
	}
	move("https://id.example")
	if _, err := db.Backup(ctx); err != nil {
		t.Fatal(err)
	}
	move("")
	if found := everywhere(t, opt.BackupDir, "Goneforever"); len(found) != 1 {
		t.Fatalf("found in %v: the test shows nothing", found)
	}
	if err := db.DeleteUser(ctx, gone.User.ID, start); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"Goneforever", gone.User.ID, gone.Identity.ID, "4711-0"} {
		if found := everywhere(t, opt.BackupDir, text); found != nil {
			t.Errorf("%q is still in %v", text, found)
		}
	}
	if found := everywhere(t, opt.BackupDir, "Stayshere"); len(found) != 1 {
		t.Errorf("the other is in %v", found)
	}
}

func TestDL01_TheLastPersonLeavesNoBackupBehind(t *testing.T) {
	opt := fastOptions(t)
	db := open(t, opt)
	only := signUp(t, db, 1, "Onlyone", start)
	if _, err := db.Backup(ctx); err != nil {
		t.Fatal(err)
	}
	if err := db.DeleteUser(ctx, only.User.ID, start); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(opt.BackupDir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	wantCode(t, db.DeleteUser(ctx, only.User.ID, start), app.CodeNotFound)
}
