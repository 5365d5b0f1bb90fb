package sqlite_test

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/sqlite"

	_ "github.com/mattn/go-sqlite3" // to do to the file what others could
)

// closedProfile is a profile with one account, closed properly.
func closedProfile(t testing.TB) sqlite.Options {
	t.Helper()
	opt := fastOptions(t)
	db := open(t, opt)
	signUp(t, db, 1, "Kim", start)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	opt.FirstRun = false
	return opt
}

// meddle runs SQL on the file as a stranger would.
func meddle(t testing.TB, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(s, err)
		}
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDB01_DB02_DB03_DB04_DB06_ADamagedFileIsSaidAndKept(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, path string){
		"DB01 zero bytes": func(t *testing.T, path string) { write(t, path, nil) },
		"DB02 truncated": func(t *testing.T, path string) {
			b := read(t, path)
			write(t, path, b[:len(b)/2])
		},
		"DB02 truncated to a part of the header": func(t *testing.T, path string) { write(t, path, read(t, path)[:50]) },
		"DB03 garbage header": func(t *testing.T, path string) {
			b := read(t, path)
			copy(b, bytes.Repeat([]byte{0xa5}, 100))
			write(t, path, b)
		},
		"DB03 garbage behind a good magic": func(t *testing.T, path string) {
			b := read(t, path)
			copy(b[16:], bytes.Repeat([]byte{0xa5}, 40))
			write(t, path, b)
		},
		"DB04 a flipped byte in every page": func(t *testing.T, path string) {
			b := read(t, path)
			for page := 1024; page < len(b); page += 1024 {
				b[page] ^= 0x40
			}
			write(t, path, b)
		},
		"DB06 a missing table": func(t *testing.T, path string) {
			meddle(t, path, "DROP VIEW signed_in", "DROP TABLE sessions")
		},
		"DB06 a missing column": func(t *testing.T, path string) {
			meddle(t, path, "DROP VIEW signed_in", "ALTER TABLE events DROP COLUMN detail")
		},
		"DB06 every table missing": func(t *testing.T, path string) {
			write(t, path, nil)
			meddle(t, path, "CREATE TABLE x (y)")
		},
		"DB11 a table that is not STRICT": func(t *testing.T, path string) {
			meddle(t, path, "DROP TABLE clock", "CREATE TABLE clock (id INTEGER PRIMARY KEY, mark INTEGER, anchor INTEGER)")
		},
		"a folder": func(t *testing.T, path string) {
			if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		for _, firstRun := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				opt := closedProfile(t)
				opt.FirstRun = firstRun
				damage(t, opt.Path)
				before, _ := os.ReadFile(opt.Path)
				_, err := sqlite.Open(ctx, opt)
				wantCode(t, err, app.CodeDatabaseDamaged)
				if after, _ := os.ReadFile(opt.Path); !bytes.Equal(before, after) {
					t.Error("the file was changed")
				}
			})
		}
	}
}

// Whatever single byte of structure is flipped, the start either says so or the
// account is still there: never an empty database.
func TestDB04_NoFlippedByteLosesTheAccountSilently(t *testing.T) {
	opt := closedProfile(t)
	good := read(t, opt.Path)
	noticed := 0
	for page := 0; page < len(good); page += 1024 {
		for _, offset := range []int{0, 3, 5, 8, 9, 1023} {
			b := bytes.Clone(good)
			if page == 0 {
				offset += 100 // behind the file's header, which has its own tests
			}
			if page+offset >= len(b) {
				continue
			}
			b[page+offset] ^= 0xff
			write(t, opt.Path, b)
			db, err := sqlite.Open(ctx, opt)
			if err != nil {
				wantCode(t, err, app.CodeDatabaseDamaged)
				noticed++
				continue
			}
			_, err = db.Session(ctx, "s1")
			if code := app.CodeOf(err); code != "" && code != app.CodeDatabaseDamaged {
				t.Errorf("byte %d: %v", page+offset, err)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if noticed < len(good)/1024 {
		t.Errorf("only %d flips were noticed", noticed)
	}
}

func TestDB05_ANewerDatabaseIsSaidAndUntouched(t *testing.T) {
	opt := closedProfile(t)
	meddle(t, opt.Path, "PRAGMA user_version = 99", "ALTER TABLE users ADD COLUMN future TEXT")
	before := read(t, opt.Path)
	_, err := sqlite.Open(ctx, opt)
	wantCode(t, err, app.CodeDatabaseNewer)
	if !bytes.Equal(before, read(t, opt.Path)) {
		t.Error("the file was changed")
	}
}

func TestDB05_ANewerVersionThatStandsOnlyInTheWALIsSeen(t *testing.T) {
	opt := closedProfile(t)
	other, err := sql.Open("sqlite3", "file:"+opt.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	if _, err := other.Exec("PRAGMA user_version = 99"); err != nil { // and is still open
		t.Fatal(err)
	}
	if v := binary.BigEndian.Uint32(read(t, opt.Path)[60:]); v == 99 {
		t.Fatal("the version is in the file: this test tests nothing")
	}
	before := read(t, opt.Path+"-wal")
	_, err = sqlite.Open(ctx, opt)
	wantCode(t, err, app.CodeDatabaseNewer)
	if !bytes.Equal(before, read(t, opt.Path+"-wal")) {
		t.Error("the WAL was changed")
	}
}

func TestAMissingDatabaseIsNotAFirstRun(t *testing.T) {
	opt := options(t)
	opt.FirstRun = false
	_, err := sqlite.Open(ctx, opt)
	wantCode(t, err, app.CodeDatabaseMissing)
	if _, err := os.Lstat(opt.Path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a file was made:", err)
	}
}

func TestTheWALOfALostDatabaseIsNotPlayedIntoANewOne(t *testing.T) {
	opt := options(t)
	write(t, opt.Path+"-wal", []byte("old"))
	open(t, opt)
	aside, err := filepath.Glob(opt.Path + ".damaged-*-wal")
	if err != nil || len(aside) != 1 || string(read(t, aside[0])) != "old" {
		t.Errorf("set aside: %v %v", aside, err)
	}
}

func TestDB10_AnotherProcessThatWritesMakesUsSayBusyAndLosesNothing(t *testing.T) {
	opt := options(t)
	db := open(t, opt)
	kim := signUp(t, db, 1, "Kim", start)
	if err := db.SavePendingSignUp(ctx, pending("p2", profile("2"), start)); err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite3", "file:"+opt.Path+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	lock, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.SignUp(ctx, "p2", profile("2"), nick("Lee"), newSession("s2", start))
	wantCode(t, err, app.CodeDatabaseBusy)
	_, err = db.UpdateSession(ctx, "s1", rotate)
	wantCode(t, err, app.CodeDatabaseBusy)
	if s, err := db.Session(ctx, "s1"); err != nil || s != kim {
		t.Errorf("reading meanwhile: %+v %v", s, err)
	}
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.SignUp(ctx, "p2", profile("2"), nick("Lee"), newSession("s2", start)); err != nil {
		t.Error("afterwards:", err)
	}
	wantCounts(t, db, 2)
}

func TestDB11_EveryConnectionIsDurableAndStrict(t *testing.T) {
	opt := options(t)
	if err := sqlite.CheckPragmas(open(t, opt)); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"synchronous = NORMAL", "foreign_keys = 0", "wal_autocheckpoint = 1000"} {
		if err := sqlite.AssertAfter(open(t, options(t)), "PRAGMA "+wrong); err == nil {
			t.Errorf("a connection with %s was accepted", wrong)
		}
	}
}

func TestCF05_EveryFileIsPrivateWhateverItWas(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no modes there; they inherit the folder's access list")
	}
	opt := options(t)
	db := open(t, opt)
	signUp(t, db, 1, "Kim", start)
	if _, err := db.Backup(ctx); err != nil {
		t.Fatal(err)
	}
	install(t, opt)
	check := func() {
		t.Helper()
		n := 0
		err := filepath.WalkDir(filepath.Dir(opt.Path), func(path string, d fs.DirEntry, err error) error {
			if err != nil || path == filepath.Dir(opt.Path) {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			n++
			want := fs.FileMode(0o600)
			if d.IsDir() {
				want = 0o700
			}
			if info.Mode().Perm() != want {
				t.Errorf("%s has mode %v", d.Name(), info.Mode())
			}
			return nil
		})
		if err != nil || n < 6 { // db, wal, shm, folder, backup, install.json
			t.Errorf("%d files, %v", n, err)
		}
	}
	check()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Chmod(opt.Path+suffix, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	open(t, opt)
	check()
}

func TestNK16_KeysAreMadeAnewWhenTheRulesChangeAndNobodyLosesAName(t *testing.T) {
	opt := fastOptions(t)
	db := open(t, opt)
	for i, name := range []string{"Straße", "Strasse2", "Lee", "O", "0"} {
		signUp(t, db, i, name, start.Add(time.Duration(i)*time.Second))
	}
	former := signUp(t, db, 9, "Old", start)
	if _, err := db.Rename(ctx, former.User.ID, nick("New"), start); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	// The new rules make O and 0 one, and give every key a mark.
	rules := func(text string) app.Nickname {
		n := nick(text)
		n.Key, n.Version = "v2:"+n.Key, 2
		n.Skeleton = "v2:" + strings.ReplaceAll(n.Skeleton, "0", "o")
		return n
	}
	opt.FirstRun, opt.Rekey, opt.NicknameVersion = false, rules, 2
	db = open(t, opt)
	wantCounts(t, db, 6)
	for _, name := range []string{"straße", "LEE", "o", "new", "old"} {
		wantCode(t, db.NicknameFree(ctx, rules(name), "", start), app.CodeNicknameTaken)
	}
	// Who had O first keeps it; who had 0 keeps the name, and nobody else gets it.
	wantCode(t, db.NicknameFree(ctx, rules("0"), "", start), app.CodeNicknameLooksLike)
	for i, name := range []string{"Straße", "Strasse2", "Lee", "O", "0"} {
		s, err := db.Session(ctx, newSession("s"+string(rune('0'+i)), start).ID)
		if err != nil || s.User.Nickname != name {
			t.Errorf("%q %v, want %q", s.User.Nickname, err, name)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	// The same rules again change nothing.
	calls := 0
	opt.Rekey = func(text string) app.Nickname { calls++; return rules(text) }
	open(t, opt)
	if calls != 0 {
		t.Errorf("%d names were keyed again", calls)
	}
}

func TestDB08_AMigrationMakesABackupAndIsWholeOrNotAtAll(t *testing.T) {
	opt := closedProfile(t)
	undo := sqlite.AddMigration("CREATE TABLE extra (a TEXT) STRICT;\nINSERT INTO extra VALUES ('x');\nINSERT INTO nowhere VALUES (1);\n")
	before := read(t, opt.Path)
	_, err := sqlite.Open(ctx, opt)
	undo()
	if err == nil {
		t.Fatal("a migration that fails was accepted")
	}
	db := open(t, opt) // the old version opens it as it was
	wantCounts(t, db, 1)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	backups, err := filepath.Glob(filepath.Join(opt.BackupDir, fmt.Sprintf("*-v%d.db", sqlite.Latest())))
	if err != nil || len(backups) != 1 {
		t.Fatalf("backups %v %v", backups, err)
	}
	if len(read(t, backups[0])) != len(before) {
		t.Error("the backup is another file")
	}

	undo = sqlite.AddMigration("CREATE TABLE extra (a TEXT) STRICT;\n")
	db = open(t, opt)
	wantCounts(t, db, 1)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	undo()
	_, err = sqlite.Open(ctx, opt)
	wantCode(t, err, app.CodeDatabaseNewer)
}

func install(t testing.TB, opt sqlite.Options) *sqlite.Install {
	t.Helper()
	i, err := sqlite.LoadInstall(filepath.Join(filepath.Dir(opt.Path), "install.json"), start, nil)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestInstallTellsAFirstRunFromADatabaseThatVanished(t *testing.T) {
	opt := options(t)
	first := install(t, opt)
	if len(first.ID) != 26 || first.Database {
		t.Fatalf("%+v", first)
	}
	if again := install(t, opt); again.ID != first.ID || again.Database {
		t.Errorf("killed before the database: %+v", again)
	}
	if err := first.Made(); err != nil {
		t.Fatal(err)
	}
	second := install(t, opt)
	if second.ID != first.ID || !second.Database || !second.CreatedAt.Equal(start) {
		t.Errorf("%+v", second)
	}
	path := filepath.Join(filepath.Dir(opt.Path), "install.json")
	for _, text := range []string{"", "{", `{"id":""}`, `[]`} {
		write(t, path, []byte(text))
		if got := install(t, opt); got.ID == first.ID || len(got.ID) != 26 {
			t.Errorf("%q: %+v", text, got)
		}
	}
	if aside, err := filepath.Glob(path + ".damaged-*"); err != nil || len(aside) != 4 {
		t.Errorf("set aside %v %v", aside, err)
	}
}
