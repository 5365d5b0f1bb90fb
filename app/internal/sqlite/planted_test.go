package sqlite_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/sqlite"
)

// foreign are statements that put into a database what is not ours.
var foreign = map[string]string{
	"a trigger":       "CREATE TRIGGER thief AFTER INSERT ON sessions BEGIN UPDATE users SET nick = 'mallory'; END",
	"a view":          "CREATE VIEW everybody AS SELECT * FROM users",
	"a table":         "CREATE TABLE more (a TEXT) STRICT",
	"an index":        "CREATE INDEX slow ON users (created_at)",
	"a view replaced": "DROP VIEW signed_in; CREATE VIEW signed_in AS SELECT * FROM sessions",
	"a column":        "ALTER TABLE users ADD COLUMN more TEXT",
}

func TestPF03_ADatabaseWithForeignObjectsIsRefusedAndKept(t *testing.T) {
	for name, statement := range foreign {
		t.Run(name, func(t *testing.T) {
			opt := closedProfile(t)
			meddle(t, opt.Path, statement)
			before := read(t, opt.Path)
			_, err := sqlite.Open(ctx, opt)
			wantCode(t, err, app.CodeDatabaseDamaged)
			wantCode(t, sqlite.Check(ctx, opt.Path), app.CodeDatabaseDamaged)
			if string(read(t, opt.Path)) != string(before) {
				t.Error("it was written to")
			}
		})
	}
}

// Whichever version made it, what our migrations make of it is ours.
func TestPF03_AnUpgradedDatabaseIsOurs(t *testing.T) {
	for version := 1; version < sqlite.Latest(); version++ {
		made := fastOptions(t)
		for n := 1; n <= version; n++ {
			meddle(t, made.Path, sqlite.Statements(sqlite.Migration(n))...)
		}
		meddle(t, made.Path, fmt.Sprintf("PRAGMA user_version = %d", version))
		made.FirstRun = false
		for range 2 {
			db := open(t, made)
			in := signUp(t, db, 1, "Kim", start)
			if err := db.DeleteUser(ctx, in.User.ID, start); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if err := sqlite.Check(ctx, made.Path); err != nil {
			t.Errorf("from version %d: %v", version, err)
		}
	}
}

func TestPF03_ABackupWithATriggerIsNotRestored(t *testing.T) {
	opt := closedProfile(t)
	db := open(t, opt)
	good, err := db.Backup(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	opt.Clock.(*clock).advance(time.Hour)
	planted := filepath.Join(opt.BackupDir, "munpae-"+opt.Clock.Now().UTC().Format("20060102T150405.000Z")+".db")
	write(t, planted, read(t, good))
	meddle(t, planted, foreign["a trigger"])
	write(t, opt.Path, []byte("no database"))
	made, err := sqlite.RestoreBackup(ctx, opt)
	if err != nil || !strings.Contains(good, made.UTC().Format("20060102T150405.000Z")) {
		t.Fatalf("restored the one of %v, %v", made, err)
	}
	restored := open(t, opt)
	wantCounts(t, restored, 1)
}

func TestPF04_BackupsFromTheFutureNeitherWinNorStay(t *testing.T) {
	opt := closedProfile(t)
	db := open(t, opt)
	good, err := db.Backup(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"munpae-99991231T235959.999Z.db", "munpae-99991230T235959.999Z.db", "munpae-99991229T235959.999Z.db"} {
		empty := fastOptions(t)
		made := open(t, empty)
		if err := made.Close(); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(opt.BackupDir, name), read(t, empty.Path)) // good, and without an account
	}
	for range 2 {
		opt.Clock.(*clock).advance(25 * time.Hour)
		if _, err := db.Backup(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(opt.BackupDir, "munpae-9999*")); len(left) != 0 {
		t.Errorf("three of our own, and there is still %v", left)
	}
	if _, err := os.Stat(good); err != nil {
		t.Error("one of ours had to go for one from the year 9999")
	}
	write(t, filepath.Join(opt.BackupDir, "munpae-99991231T235959.999Z.db"), []byte("whatever"))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, opt.Path, []byte("no database"))
	if made, err := sqlite.RestoreBackup(ctx, opt); err != nil || made.Year() != 2026 {
		t.Errorf("restored the one of %v, %v", made, err)
	}
	wantCounts(t, open(t, opt), 1)
}

func TestPF02_ADatabaseThatIsNoFileOfOursIsNotOpened(t *testing.T) {
	for name, plant := range plantings(t) {
		for _, suffix := range []string{"", "-wal", "-journal"} {
			opt := closedProfile(t)
			target := filepath.Join(t.TempDir(), "target")
			write(t, target, read(t, opt.Path))
			before := read(t, target)
			if suffix == "" {
				if err := os.Remove(opt.Path); err != nil {
					t.Fatal(err)
				}
			}
			if err := plant(opt.Path+suffix, target); err != nil {
				t.Fatal(err)
			}
			_, err := sqlite.Open(ctx, opt)
			if app.CodeOf(err) != app.CodeDatabaseDamaged {
				t.Errorf("%s as munpae.db%s: %v", name, suffix, err)
			}
			if string(read(t, target)) != string(before) {
				t.Errorf("%s as munpae.db%s: the target was written to", name, suffix)
			}
		}
	}
}

func TestPF02_AnInstallThatIsNoFileOfOursIsSetAside(t *testing.T) {
	for name, plant := range plantings(t) {
		dir := t.TempDir()
		path, target := filepath.Join(dir, "install.json"), filepath.Join(dir, "target")
		write(t, target, []byte(`{"id":"theirs","created_at":"2026-01-01T00:00:00Z","database":true}`))
		if err := plant(path, target); err != nil {
			t.Fatal(err)
		}
		i, err := sqlite.LoadInstall(path, start, nil)
		if err != nil || i.ID == "theirs" || i.Database {
			t.Errorf("%s: %+v, %v", name, i, err)
		}
		if kept, _ := filepath.Glob(path + ".damaged-*"); len(kept) != 1 {
			t.Errorf("%s: kept %v", name, kept)
		}
		if !strings.Contains(string(read(t, target)), "theirs") {
			t.Errorf("%s: the target was written to", name)
		}
	}
}

func TestPF02_TwoGigabytesOfInstallAreNotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "install.json")
	write(t, path, []byte(`{"id":"large"}`))
	if err := os.Truncate(path, 2<<30); err != nil {
		t.Fatal(err)
	}
	i, err := sqlite.LoadInstall(path, start, nil)
	if err != nil || i.ID == "large" {
		t.Errorf("%+v, %v", i, err)
	}
}

func TestAMigrationsTriggerIsOneStatement(t *testing.T) {
	got := sqlite.Statements(`-- one; two;
CREATE TABLE a (b TEXT);
CREATE TRIGGER t AFTER INSERT ON a
BEGIN
    -- inside;
    UPDATE a SET b = 'x';
    DELETE FROM a;
END;

CREATE TEMP TRIGGER u AFTER DELETE ON a BEGIN
    SELECT 1;
end;
CREATE INDEX i
    ON a (b);
DROP TABLE a`)
	starts := []string{"CREATE TABLE a", "CREATE TRIGGER t", "CREATE TEMP TRIGGER u", "CREATE INDEX i", "DROP TABLE a"}
	if len(got) != len(starts) {
		t.Fatalf("%d statements: %q", len(got), got)
	}
	for i, want := range starts {
		if !strings.HasPrefix(got[i], want) {
			t.Errorf("statement %d is %q", i+1, got[i])
		}
	}
	opt := closedProfile(t)
	defer sqlite.AddMigration("CREATE TABLE extra (a TEXT) STRICT;\nCREATE TRIGGER noted AFTER INSERT ON extra\nBEGIN\n    DELETE FROM extra;\n    INSERT INTO extra VALUES ('one');\nEND;\nINSERT INTO extra VALUES ('two');\n")()
	db := open(t, opt)
	wantCounts(t, db, 1)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := sqlite.Check(ctx, opt.Path); err != nil {
		t.Errorf("a trigger of a migration's: %v", err)
	}
}

// A checkpoint that found a reader in the way is asked for again by the next commit.
func TestABusyCheckpointIsTriedAgain(t *testing.T) {
	opt := fastOptions(t)
	db := open(t, opt)
	signUp(t, db, 1, "Kim", start)
	c := opt.Clock.(*clock)
	c.advance(sqlite.CheckpointDelay)
	commit := func(n int) {
		t.Helper()
		for range n {
			if err := db.SetSetting(ctx, "theme", "dark"); err != nil {
				t.Fatal(err)
			}
		}
	}
	saved := func() bool {
		t.Helper()
		copied := copyOfFileAlone(t, opt)
		v, err := copied.Setting(ctx, "theme")
		if err != nil && app.CodeOf(err) != app.CodeNotFound {
			t.Fatal(err)
		}
		return v == "dark"
	}
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
	commit(sqlite.CheckpointCommits)
	c.advance(sqlite.CheckpointDelay)
	if saved() {
		t.Fatal("the reader was in nobody's way: the test shows nothing")
	}
	if err := reading.Rollback(); err != nil {
		t.Fatal(err)
	}
	commit(1)
	c.advance(sqlite.CheckpointDelay)
	if !saved() {
		t.Error("after one busy checkpoint none ever runs again")
	}
}
