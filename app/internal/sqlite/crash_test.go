//go:build unix

package sqlite_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/sqlite"

	"go.uber.org/goleak"
)

// TestMain lets the test binary be the process that a test kills.
func TestMain(m *testing.M) {
	if child := os.Getenv("MUNPAE_SQLITE_CHILD"); child != "" {
		if err := children[child](os.Getenv("MUNPAE_SQLITE_DIR")); err != nil {
			fmt.Println("code", app.CodeOf(err))
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		os.Exit(0)
	}
	code := m.Run()
	for _, f := range atExit {
		f()
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// atExit is what tests that share something leave to be cleared.
var atExit []func()

// children are what a child process does in a profile folder. They print what
// they were answered, since what was answered must hold.
var children = map[string]func(dir string) error{
	"start":   func(dir string) error { return childDB(dir, func(*sqlite.DB) error { return nil }) },
	"sign up": func(dir string) error { return childDB(dir, childSignUp) },
	"rotate": func(dir string) error {
		return childDB(dir, func(db *sqlite.DB) error {
			s, err := db.UpdateSession(ctx, "s1", rotate)
			if err == nil {
				fmt.Println("answered", s.Session.Generation)
			}
			return err
		})
	},
	"recover": func(dir string) error {
		return childDB(dir, func(db *sqlite.DB) error {
			g, err := db.GuessRecoveryCode(ctx, "1-0", counted)
			if err != nil {
				return err
			}
			in, err := db.UseRecoveryCode(ctx, g.Code, newSession("r1", start))
			if err == nil {
				fmt.Println("answered", in.Session.ID)
			}
			return err
		})
	},
	"make codes": func(dir string) error {
		return childDB(dir, func(db *sqlite.DB) error {
			s, err := db.Session(ctx, "s1")
			if err == nil {
				err = db.MakeRecoveryCodes(ctx, s.User.ID, sheet(2, s.User.ID, start), start)
			}
			return err
		})
	},
	"upgrade": func(dir string) error {
		defer sqlite.AddMigration(secondVersion)()
		return childDB(dir, func(*sqlite.DB) error { return nil })
	},
	"sign up warm": func(dir string) error {
		return childDB(dir, func(db *sqlite.DB) error {
			if _, err := trySignUp(db, 1, "Kim", start); err != nil {
				return err
			}
			p := profile("2")
			if err := db.SavePendingSignUp(ctx, pending("p2", p, start)); err != nil {
				return err
			}
			fmt.Println("mark")
			_, err := db.SignUp(ctx, "p2", p, nick("Lee"), newSession("s2", start))
			fmt.Println("mark")
			if err != nil {
				return err
			}
			fmt.Println("mark")
			_, err = db.UpdateSession(ctx, "s1", rotate)
			fmt.Println("mark")
			return err
		})
	},
	"acts": func(dir string) error {
		return childDB(dir, func(db *sqlite.DB) error {
			other := profile("2")
			other.Provider, other.Key.Issuer = "naver", "https://nid.naver.com"
			in, err := trySignUp(db, 1, "Kim", start)
			if err != nil {
				return err
			}
			ended := 0
			var linked app.Identity
			for _, act := range []func() error{
				func() error { return db.SavePendingSignUp(ctx, pending("p2", other, start)) },
				func() error { return db.DeletePendingSignUp(ctx, "p2") },
				func() error { return db.SetSetting(ctx, "language", "ko") },
				func() error { return db.SetClockMark(ctx, start, time.Time{}) },
				func() error { _, err := db.RecoveryTag(ctx, "7K"); return err },
				func() error { return db.MakeRecoveryCodes(ctx, in.User.ID, sheet(1, in.User.ID, start), start) },
				func() error { _, err := db.GuessRecoveryCode(ctx, "1-0", counted); return err },
				func() error { return db.DeclineRecoveryCodes(ctx, in.User.ID, start) },
				func() error { return db.RemoveRecoveryCodes(ctx, in.User.ID, start) },
				func() error { _, err := db.Rename(ctx, in.User.ID, nick("Lee"), start); return err },
				func() (err error) { linked, err = db.LinkIdentity(ctx, in.User.ID, "s1", other, start); return err },
				func() error { _, err := db.Confirm(ctx, "s1", other, start); return err },
				func() error { return db.UnlinkIdentity(ctx, in.User.ID, "s1", linked.ID, start) },
				func() error { return childMerge(db) },
				func() error { return childUnmerge(db) },
				func() error { return childMerge(db) },
				func() error { return childLapse(db) },
				func() (err error) {
					ended, err = db.EndSessions(ctx, app.SessionSelection{UserID: in.User.ID}, app.EndSignedOut, start)
					return err
				},
				func() error { return db.DeleteUser(ctx, in.User.ID, start) },
			} {
				if err := act(); err != nil {
					return err
				}
			}
			fmt.Println("answered", ended)
			return nil
		})
	},
	"merge":   func(dir string) error { return childDB(dir, childMerge) },
	"unmerge": func(dir string) error { return childDB(dir, childUnmerge) },
	"lapse":   func(dir string) error { return childDB(dir, childLapse) },
	"compete": func(dir string) error {
		return childDB(dir, func(db *sqlite.DB) error {
			for round := range competeRounds {
				n := 1000 + round
				if os.Getenv("MUNPAE_SQLITE_SIDE") == "b" {
					n += 1000
				}
				_, err := retryBusy(func() (app.SignedIn, error) { return trySignUp(db, n, fmt.Sprint("name", round), start) })
				fmt.Println(round, app.CodeOf(err))
			}
			return nil
		})
	},
	"umask": func(dir string) error {
		var mask int
		if _, err := fmt.Sscanf(os.Getenv("MUNPAE_SQLITE_UMASK"), "%o", &mask); err != nil {
			return err
		}
		syscall.Umask(mask)
		if _, err := sqlite.LoadInstall(filepath.Join(dir, "install.json"), start, nil); err != nil {
			return err
		}
		return childDB(dir, func(db *sqlite.DB) error {
			if err := childSignUp(db); err != nil {
				return err
			}
			if _, err := db.Backup(ctx); err != nil {
				return err
			}
			return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
				if err != nil || path == dir {
					return err
				}
				info, err := d.Info()
				if err == nil {
					fmt.Println("mode", info.Mode(), d.Name())
				}
				return err
			})
		})
	},
	"few descriptors": func(dir string) error {
		var limit syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
			return err
		}
		// The runtime dies where it cannot make its own; that is not what is tested.
		if _, _, err := os.Pipe(); err != nil {
			return err
		}
		for n := uint64(8); n < 20; n++ {
			limit.Cur = n
			if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
				return err
			}
			err := childDB(dir, func(*sqlite.DB) error { return nil })
			fmt.Println("limit", n, app.CodeOf(err))
		}
		return nil
	},
}

const (
	secondVersion = "CREATE TABLE extra (a TEXT) STRICT;\nALTER TABLE extra ADD COLUMN b TEXT;\nINSERT INTO extra VALUES ('a', 'b');\n"
	competeRounds = 20
)

func childOptions(dir string) sqlite.Options {
	return sqlite.Options{
		Path: filepath.Join(dir, "munpae.db"), BackupDir: filepath.Join(dir, "backup"), Clock: newClock(),
		Rekey: nick, NicknameVersion: 1, FirstRun: true, BusyTimeout: 2 * time.Second,
	}
}

func childDB(dir string, f func(*sqlite.DB) error) error {
	db, err := sqlite.Open(ctx, childOptions(dir))
	if err != nil {
		return err
	}
	db.RestBy(tag)
	return errors.Join(f(db), db.Close())
}

func childSignUp(db *sqlite.DB) error {
	s, err := trySignUp(db, 1, "Kim", start)
	if err != nil {
		// The person tries again, in the same process.
		s, err = trySignUp(db, 1, "Kim", start)
	}
	if err == nil {
		fmt.Println("answered", s.User.ID)
	}
	return err
}

// childMerge makes a second account, where it is not there yet, and brings it together
// with the first; done already is no error.
func childMerge(db *sqlite.DB) error {
	into, err := db.UserByIdentity(ctx, profile("1").Key)
	if err != nil {
		return err
	}
	from, err := db.UserByIdentity(ctx, profile("9").Key)
	if app.CodeOf(err) == app.CodeNotFound {
		in, err := trySignUp(db, 9, "둘리", start)
		if err != nil {
			return err
		}
		from = in.User
	} else if err != nil {
		return err
	}
	if from.ID == into.ID {
		return nil
	}
	_, err = db.Merge(ctx, app.MergeRequest{From: from, Into: into, Word: profile("9"), SessionID: "s1", Nickname: from.Nickname, At: start})
	return err
}

func childUnmerge(db *sqlite.DB) error {
	into, err := db.UserByIdentity(ctx, profile("1").Key)
	if err != nil {
		return err
	}
	all, err := db.Merges(ctx, into.ID, start)
	if err != nil || len(all) == 0 {
		return err
	}
	_, err = db.Unmerge(ctx, into.ID, "s1", all[0].From.User.ID, start.Add(time.Minute))
	return err
}

func childLapse(db *sqlite.DB) error {
	at := start.Add(app.MergeLifetime)
	all, err := db.LapsedMerges(ctx, at)
	for _, id := range all {
		err = errors.Join(err, db.LapseMerge(ctx, id, at))
	}
	return err
}

// child starts the binary as a child in dir and returns what it printed.
func child(binary, name, dir string, environment ...string) (string, error) {
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(), append(environment, "MUNPAE_SQLITE_CHILD="+name, "MUNPAE_SQLITE_DIR="+dir)...)
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, errOut.String())
	}
	return string(out), err
}

func killed(err error) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// crashBinary is this test binary with crash points.
var crashBinary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "munpae-crashtest-")
	if err != nil {
		return "", err
	}
	atExit = append(atExit, func() { _ = os.RemoveAll(dir) })
	name := filepath.Join(dir, "sqlite.test")
	out, err := exec.Command("go", "test", "-c", "-tags", "crashtest", "-o", name, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return name, nil
})

func needCrashBinary(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a binary of its own")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("the binary with crash points is built with go:", err)
	}
	binary, err := crashBinary()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// profileDir is a folder in memory where there is such a thing, holding what
// prepare makes.
func profileDir(t testing.TB, prepare func(*sqlite.DB)) string {
	t.Helper()
	dir := filepath.Dir(fastOptions(t).Path)
	if prepare != nil {
		db, err := sqlite.Open(ctx, childOptions(dir))
		if err != nil {
			t.Fatal(err)
		}
		prepare(db)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// points runs a child to its end and returns the crash points it passed, once each.
func points(t *testing.T, binary, name, dir string) []string {
	t.Helper()
	list := filepath.Join(t.TempDir(), "points")
	if _, err := child(binary, name, dir, "CRASH_LIST="+list); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, line := range strings.Fields(string(read(t, list))) {
		if !slices.Contains(names, line) {
			names = append(names, line)
		}
	}
	return names
}

type crash struct {
	name    string
	prepare func(testing.TB) func(*sqlite.DB)
	// act matches the points that the child is to be killed at.
	act   *regexp.Regexp
	least int
	// holds checks a profile after the kill, and after the same act again.
	holds func(t *testing.T, point, answered string, dir string)
}

// crashes lists the acts whose every point is tried, and what must hold after it.
var crashes = []crash{
	{
		"start", func(testing.TB) func(*sqlite.DB) { return nil }, regexp.MustCompile(`^(migration_[123]|rekey)\.`), 40,
		func(t *testing.T, point, answered, dir string) {
			db := open(t, childOptions(dir))
			wantCounts(t, db, 0)
			signUp(t, db, 1, "Kim", start)
		},
	},
	{
		"sign up", func(testing.TB) func(*sqlite.DB) { return func(*sqlite.DB) {} }, regexp.MustCompile(`^(signup|save_pending_signup)\.`), 20,
		func(t *testing.T, point, answered, dir string) {
			db := open(t, childOptions(dir))
			users, identities, sessions := sqlite.Counts(db)
			if users != identities || users != sessions || users > 1 {
				t.Errorf("%d users, %d identities, %d sessions", users, identities, sessions)
			}
			if point == "signup.commit.after" && users != 1 {
				t.Error("a durable account is gone")
			}
			before, err := db.UserByIdentity(ctx, profile("1").Key)
			if (err == nil) != (users == 1) {
				t.Error(err)
			}
			again, err := trySignUp(db, 1, "Kim", start)
			if err != nil || users == 1 && again.User != before {
				t.Errorf("the same act again: %+v %v, before %+v", again.User, err, before)
			}
			wantCounts(t, db, 1)
		},
	},
	{
		"rotate", func(t testing.TB) func(*sqlite.DB) {
			return func(db *sqlite.DB) { signUp(t, db, 1, "Kim", start) }
		}, regexp.MustCompile(`^update_session\.`), 8,
		func(t *testing.T, point, answered, dir string) {
			db := open(t, childOptions(dir))
			wantCounts(t, db, 1)
			s, err := db.Session(ctx, "s1")
			if err != nil {
				t.Fatal(err)
			}
			want, jti := int64(1), "s1.1"
			if point == "update_session.commit.after" {
				want, jti = 2, "s1.1'"
			}
			if s.Session.Generation != want || s.Session.CurrentJTI != jti || !s.Session.EndedAt.IsZero() {
				t.Errorf("%+v, want generation %d", s.Session, want)
			}
			if s, err = db.UpdateSession(ctx, "s1", rotate); err != nil || s.Session.Generation != want+1 {
				t.Errorf("the next rotation: %+v %v", s.Session, err)
			}
		},
	},
	{
		"recover", func(t testing.TB) func(*sqlite.DB) {
			return func(db *sqlite.DB) { withCodes(t, db, 1, "Kim") }
		}, regexp.MustCompile(`^(guess|use)_recovery_code\.`), 26,
		func(t *testing.T, point, answered, dir string) {
			db := open(t, childOptions(dir))
			in, err := db.Session(ctx, "r1")
			g := guess(t, db, "1-0")
			if (err == nil) != !g.Code.UsedAt.IsZero() {
				t.Errorf("the session is there: %v, the code was used: %v", err == nil, g.Code.UsedAt)
			}
			if point == "use_recovery_code.commit.after" && err != nil {
				t.Error("a durable session is gone")
			}
			again, useErr := db.UseRecoveryCode(ctx, g.Code, newSession("r1", start)) // the same act again
			if useErr != nil || err == nil && again != in {
				t.Errorf("%+v %v, before %+v", again, useErr, in)
			}
			_, err = db.UseRecoveryCode(ctx, g.Code, newSession("r2", start))
			wantCode(t, err, app.CodeConflict)
			if n := left(t, db, again.User.ID); n != 9 {
				t.Errorf("%d left", n)
			}
		},
	},
	{
		"make codes", func(t testing.TB) func(*sqlite.DB) {
			return func(db *sqlite.DB) { withCodes(t, db, 1, "Kim") }
		}, regexp.MustCompile(`^make_recovery_codes\.`), 12,
		func(t *testing.T, point, answered, dir string) {
			db := open(t, childOptions(dir))
			s, err := db.Session(ctx, "s1")
			if err != nil {
				t.Fatal(err)
			}
			of, err := db.RecoveryCodes(ctx, s.User.ID)
			if err != nil || len(of.Codes) != 10 {
				t.Fatalf("%+v %v", of, err)
			}
			want := "1-"
			if point == "make_recovery_codes.commit.after" {
				want = "2-"
			}
			for _, c := range of.Codes {
				if !strings.HasPrefix(c.Selector, want) {
					t.Errorf("%s among those of %s", c.Selector, want)
				}
			}
			if err := db.MakeRecoveryCodes(ctx, s.User.ID, sheet(2, s.User.ID, start), start); err != nil || guess(t, db, "1-0").Code.Selector != "" {
				t.Errorf("the same act again: %v", err)
			}
		},
	},
	{
		"upgrade", func(t testing.TB) func(*sqlite.DB) {
			return func(db *sqlite.DB) { signUp(t, db, 1, "Kim", start) }
		}, regexp.MustCompile(fmt.Sprintf(`^migration_%d\.`, sqlite.Latest()+1)), 10,
		func(t *testing.T, point, answered, dir string) {
			if backups, err := filepath.Glob(filepath.Join(dir, "backup", fmt.Sprintf("*-v%d.db", sqlite.Latest()))); err != nil || len(backups) != 1 {
				t.Errorf("backups %v %v", backups, err)
			}
			if point != fmt.Sprintf("migration_%d.commit.after", sqlite.Latest()+1) { // the old version opens it
				db := open(t, childOptions(dir))
				wantCounts(t, db, 1)
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
			}
			defer sqlite.AddMigration(secondVersion)()
			db := open(t, childOptions(dir)) // and the new one finishes
			wantCounts(t, db, 1)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		},
	},
}

func init() {
	merging := func(t testing.TB) func(*sqlite.DB) {
		return func(db *sqlite.DB) { signUp(t, db, 1, "Kim", start) }
	}
	merged := func(t testing.TB) func(*sqlite.DB) {
		return func(db *sqlite.DB) {
			signUp(t, db, 1, "Kim", start)
			if err := childMerge(db); err != nil {
				t.Fatal(err)
			}
		}
	}
	// Both accounts, or one with both identities; and the act again ends as it should.
	holds := func(done string, after int, again func(*sqlite.DB) error) func(t *testing.T, point, answered, dir string) {
		return func(t *testing.T, point, answered, dir string) {
			db := open(t, childOptions(dir))
			users, identities, _ := sqlite.Counts(db)
			if identities != 2 || users != 1 && users != 2 || point == done && users != after {
				t.Errorf("%d users, %d identities", users, identities)
			}
			if in, err := db.Session(ctx, "s1"); err != nil || !in.Session.EndedAt.IsZero() {
				t.Errorf("the session on screen: %+v %v", in, err)
			}
			if err := again(db); err != nil {
				t.Error("the same act again:", err)
			}
			if users, identities, _ := sqlite.Counts(db); users != after || identities != 2 {
				t.Errorf("at the end %d users, %d identities", users, identities)
			}
		}
	}
	crashes = append(crashes, []crash{
		{"merge", merging, regexp.MustCompile(`^merge\.`), 40, func(t *testing.T, point, answered, dir string) {
			db := open(t, childOptions(dir))
			users, identities, _ := sqlite.Counts(db)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if users == 1 && identities == 1 {
				t.Fatal("killed before the second account was there")
			}
			holds("merge.commit.after", 1, childMerge)(t, point, answered, dir)
		}},
		{"unmerge", merged, regexp.MustCompile(`^unmerge\.`), 40, holds("unmerge.commit.after", 2, childUnmerge)},
		{"lapse", merged, regexp.MustCompile(`^lapse_merge\.`), 8, func(t *testing.T, point, answered, dir string) {
			db := open(t, childOptions(dir))
			if err := childLapse(db); err != nil {
				t.Error("the same act again:", err)
			}
			if all, err := db.Merges(ctx, userOf(t, db, "1").ID, start); err != nil || len(all) != 0 {
				t.Errorf("%+v %v", all, err)
			}
			events, err := db.Events(ctx, userOf(t, db, "1").ID)
			if n := strings.Count(fmt.Sprint(events), " merge_lapsed "); err != nil || n != 1 {
				t.Errorf("said %d times: %v", n, err)
			}
		}},
	}...)
}

func TestCP01_RC06_RC07_KilledAtAnyPointEverythingIsThereOrNothing(t *testing.T) {
	binary := needCrashBinary(t)
	// Under an emulator (build/arm64.sh) a process takes long to start: every act is killed
	// at a tenth of its points.
	every := 1
	if os.Getenv("MUNPAE_EMULATED") != "" {
		every = 10
	}
	for _, c := range crashes {
		t.Run(c.name, func(t *testing.T) {
			tried := 0
			for _, point := range points(t, binary, c.name, profileDir(t, c.prepare(t))) {
				if !c.act.MatchString(point) {
					continue
				}
				tried++
				if tried%every != every/2 {
					continue
				}
				dir := profileDir(t, c.prepare(t))
				out, err := child(binary, c.name, dir, "CRASH_AT="+point)
				if !killed(err) {
					t.Fatalf("%s: not killed: %v %s", point, err, out)
				}
				c.holds(t, point, out, dir) // Open checks integrity
				if t.Failed() {
					t.Fatal("after a kill at", point)
				}
			}
			if tried < c.least {
				t.Errorf("only %d points", tried)
			}
		})
	}
}

// RR-11, CP-04: a statement that fails leaves the old state, in the same process;
// a commit that failed and yet is durable is answered as done.
func TestRR11_CP04_AnErrorAtAnyStatementLeavesTheOldStateOrTheWholeNewOne(t *testing.T) {
	binary := needCrashBinary(t)
	t.Run("rotate", func(t *testing.T) {
		prepare := func(db *sqlite.DB) { signUp(t, db, 1, "Kim", start) }
		for _, point := range points(t, binary, "rotate", profileDir(t, prepare)) {
			if !strings.HasPrefix(point, "update_session.") {
				continue
			}
			dir := profileDir(t, prepare)
			out, err := child(binary, "rotate", dir, "FAIL_AT="+point)
			db := open(t, childOptions(dir))
			s, readErr := db.Session(ctx, "s1")
			if readErr != nil {
				t.Fatal(readErr)
			}
			switch {
			case point == "update_session.commit.after":
				if err != nil || out != "answered 2\n" || s.Session.Generation != 2 {
					t.Errorf("%s: a durable rotation was answered %q %v, generation %d", point, out, err, s.Session.Generation)
				}
			case err == nil || out != "code profile_unwritable\n" || s.Session.Generation != 1 || s.Session.CurrentJTI != "s1.1":
				t.Errorf("%s: %q %v %+v", point, out, err, s.Session)
			}
			if s, err := db.UpdateSession(ctx, "s1", rotate); err != nil || s.Session.Generation > 3 {
				t.Errorf("%s: the old cookie afterwards: %v", point, err)
			}
		}
	})
	t.Run("recover", func(t *testing.T) {
		prepare := func(db *sqlite.DB) { withCodes(t, db, 1, "Kim") }
		for _, point := range points(t, binary, "recover", profileDir(t, prepare)) {
			if !strings.HasPrefix(point, "use_recovery_code.") {
				continue
			}
			dir := profileDir(t, prepare)
			out, err := child(binary, "recover", dir, "FAIL_AT="+point)
			db := open(t, childOptions(dir))
			_, readErr := db.Session(ctx, "r1")
			used := !guess(t, db, "1-0").Code.UsedAt.IsZero()
			durable := point == "use_recovery_code.commit.after"
			if used != durable || (readErr == nil) != durable || durable != (err == nil && out == "answered r1\n") {
				t.Errorf("%s: answered %q %v, used %v, session %v", point, out, err, used, readErr)
			}
		}
	})
	t.Run("sign up", func(t *testing.T) {
		for _, point := range points(t, binary, "sign up", profileDir(t, nil)) {
			if !strings.HasPrefix(point, "signup.") && !strings.HasPrefix(point, "save_pending_signup.") {
				continue
			}
			dir := profileDir(t, nil)
			out, err := child(binary, "sign up", dir, "FAIL_AT="+point)
			if err != nil || !strings.HasPrefix(out, "answered ") {
				t.Errorf("%s: tried again: %q %v", point, out, err)
				continue
			}
			db := open(t, childOptions(dir))
			wantCounts(t, db, 1)
			user, err := db.UserByIdentity(ctx, profile("1").Key)
			if err != nil || out != "answered "+user.ID+"\n" {
				t.Errorf("%s: answered %q, is %q %v", point, out, user.ID, err)
			}
		}
	})
}

// CP-04: what a commit made durable is answered as done, though it failed.
func TestCP04_ADurableActIsAnsweredAsDoneWhateverItsCommitSaid(t *testing.T) {
	binary := needCrashBinary(t)
	for _, act := range []string{
		"save_pending_signup", "delete_pending_signup", "set_setting", "set_clock_mark", "recovery_tag", "make_recovery_codes",
		"guess_recovery_code", "decline_recovery", "remove_recovery_codes", "rename", "link", "confirm", "unlink", "merge", "unmerge", "lapse_merge", "end_sessions", "delete_user",
	} {
		dir := profileDir(t, nil)
		if out, err := child(binary, "acts", dir, "FAIL_AT="+act+".commit.after"); err != nil || out != "answered 1\n" {
			t.Errorf("%s: %q %v", act, out, err)
		}
		wantCounts(t, open(t, childOptions(dir)), 0)
	}
}

func TestCC04_TwoProcessesThatBothSignUpShareTheNamesBetweenThem(t *testing.T) {
	dir := profileDir(t, func(*sqlite.DB) {})
	var out [2]string
	var errs [2]error
	var wg sync.WaitGroup
	for i, side := range []string{"a", "b"} {
		wg.Go(func() { out[i], errs[i] = child(os.Args[0], "compete", dir, "MUNPAE_SQLITE_SIDE="+side) })
	}
	wg.Wait()
	if err := errors.Join(errs[0], errs[1]); err != nil {
		t.Fatal(err)
	}
	a, b := strings.Split(out[0], "\n"), strings.Split(out[1], "\n")
	for round := range competeRounds {
		won, lost := fmt.Sprint(round, " "), fmt.Sprint(round, " nickname_taken")
		if !(a[round] == won && b[round] == lost || a[round] == lost && b[round] == won) {
			t.Errorf("%q and %q", a[round], b[round])
		}
	}
	wantCounts(t, open(t, childOptions(dir)), competeRounds)
}

func TestDB12_WithoutFileDescriptorsTheStartSaysSoAndTheFileStays(t *testing.T) {
	dir := profileDir(t, func(db *sqlite.DB) { signUp(t, db, 1, "Kim", start) })
	out, err := child(os.Args[0], "few descriptors", dir)
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	lines := bufio.NewScanner(strings.NewReader(out))
	for lines.Scan() {
		switch f := strings.Fields(lines.Text()); {
		case len(f) == 3 && (f[2] == string(app.CodeInternal) || f[2] == string(app.CodeProfileUnwritable)):
			failed++
		case len(f) == 3:
			t.Errorf("%s", lines.Text())
		}
	}
	if failed == 0 {
		t.Errorf("no limit was low enough:\n%s", out)
	}
	wantCounts(t, open(t, childOptions(dir)), 1)
}

func TestCF05_NoUmaskOpensOrLocksAFile(t *testing.T) {
	for _, umask := range []string{"000", "022", "077", "777"} {
		out, err := child(os.Args[0], "umask", profileDir(t, nil), "MUNPAE_SQLITE_UMASK="+umask)
		if err != nil {
			t.Fatal(umask, err)
		}
		modes := strings.Count(out, "mode ")
		if private := strings.Count(out, "mode -rw------- ") + strings.Count(out, "mode drwx------ backup"); modes < 6 || private != modes {
			t.Errorf("umask %s:\n%s", umask, out)
		}
	}
}

// What runs after answers is over when Close returns, whenever it is called.
func TestCC06_CloseWaitsForWhatRunsAfterTheAnswer(t *testing.T) {
	opt := childOptions(profileDir(t, func(db *sqlite.DB) { signUp(t, db, 1, "Kim", start) }))
	opt.Clock = app.SystemClock{}
	for i := range 20 {
		opt.BackupDir = filepath.Join(t.TempDir(), "backup")
		db, err := sqlite.Open(ctx, opt) // a backup is due at once
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := trySignUp(db, 10+i, nameOf(i), start); err != nil && app.CodeOf(err) != app.CodeInternal {
				t.Error(err)
			}
		})
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		if unfinished, err := filepath.Glob(filepath.Join(opt.BackupDir, "*.new*")); err != nil || len(unfinished) != 0 {
			t.Errorf("%v %v", unfinished, err)
		}
		wantClosed(t, db)
	}
}

func wantClosed(t *testing.T, db *sqlite.DB) {
	t.Helper()
	if _, err := db.Session(ctx, "s1"); app.CodeOf(err) != app.CodeInternal {
		t.Errorf("after Close: %v", err)
	}
	if err := db.SetSetting(ctx, "a", "b"); app.CodeOf(err) != app.CodeInternal {
		t.Errorf("after Close: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}
