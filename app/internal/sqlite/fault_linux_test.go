package sqlite_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/sqlite"
)

// disk is a small file system of its own.
func disk(t *testing.T, size string) (opt sqlite.Options, remount func(options string)) {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("munpae", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skip("mounting needs root:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	opt = childOptions(dir)
	return opt, func(options string) {
		t.Helper()
		var flags uintptr = syscall.MS_REMOUNT
		if options == "ro" {
			flags, options = flags|syscall.MS_RDONLY, ""
		}
		if err := syscall.Mount("munpae", dir, "tmpfs", flags, options); err != nil {
			t.Fatal(err)
		}
	}
}

// fill leaves no room on the disk; empty gives it back.
func fill(t *testing.T, opt sqlite.Options) (empty func()) {
	t.Helper()
	name := filepath.Join(filepath.Dir(opt.Path), "filler")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDB08_AFullDiskAtTheFirstStartIsSaidAndTheNextStartWorks(t *testing.T) {
	for _, size := range []string{"4k", "16k", "40k"} {
		opt, remount := disk(t, size)
		_, err := sqlite.Open(ctx, opt)
		wantCode(t, err, app.CodeDiskFull)
		remount("size=4m")
		signUp(t, open(t, opt), 1, "Kim", start)
	}
}

func TestDB08_AFullDiskRefusesTheActAndKeepsTheSession(t *testing.T) {
	opt, _ := disk(t, "2m")
	db := open(t, opt)
	kim := signUp(t, db, 1, "Kim", start)
	if err := db.SavePendingSignUp(ctx, pending("p2", profile("2"), start)); err != nil {
		t.Fatal(err)
	}
	if err := db.Checkpoint(ctx); err != nil { // so that the WAL has to grow
		t.Fatal(err)
	}
	empty := fill(t, opt)
	for range 3 {
		_, err := db.SignUp(ctx, "p2", profile("2"), nick("Lee"), newSession("s2", start))
		wantCode(t, err, app.CodeDiskFull)
		_, err = db.UpdateSession(ctx, "s1", rotate)
		wantCode(t, err, app.CodeDiskFull)
		if s, err := db.Session(ctx, "s1"); err != nil || s != kim {
			t.Fatalf("the session: %+v %v", s, err)
		}
	}
	empty()
	if _, err := db.SignUp(ctx, "p2", profile("2"), nick("Lee"), newSession("s2", start)); err != nil {
		t.Error("with space again:", err)
	}
	if _, err := db.UpdateSession(ctx, "s1", rotate); err != nil {
		t.Error("with space again:", err)
	}
	wantCounts(t, db, 2)
}

func TestDB08_AFullDiskAtAMigrationLeavesTheOldVersion(t *testing.T) {
	opt, _ := disk(t, "2m")
	db := open(t, opt)
	signUp(t, db, 1, "Kim", start)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	empty := fill(t, opt)
	undo := sqlite.AddMigration(secondVersion)
	_, err := sqlite.Open(ctx, opt)
	wantCode(t, err, app.CodeDiskFull)
	opt.BackupDir = ""
	_, err = sqlite.Open(ctx, opt)
	wantCode(t, err, app.CodeDiskFull)
	undo()
	empty()
	wantCounts(t, open(t, opt), 1)
}

func TestDB09_AReadOnlyProfileIsSaidAtTheStart(t *testing.T) {
	opt, remount := disk(t, "4m")
	remount("ro")
	_, err := sqlite.Open(ctx, opt)
	wantCode(t, err, app.CodeProfileUnwritable)
	remount("size=4m")
	db := open(t, opt)
	signUp(t, db, 1, "Kim", start)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	remount("ro")
	_, err = sqlite.Open(ctx, opt)
	wantCode(t, err, app.CodeProfileUnwritable)
	remount("size=4m")
	wantCounts(t, open(t, opt), 1)
}

// strace runs this test binary as a child under strace and returns what strace wrote.
func strace(t *testing.T, name, dir string, options ...string) (trace, out string, err error) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs strace")
	}
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip(err)
	}
	log := filepath.Join(t.TempDir(), "strace")
	args := append([]string{"-f", "-qq", "-o", log}, options...)
	cmd := exec.Command("strace", append(args, os.Args[0])...)
	cmd.Env = append(os.Environ(), "MUNPAE_SQLITE_CHILD="+name, "MUNPAE_SQLITE_DIR="+dir)
	var errOut strings.Builder
	cmd.Stderr = &errOut
	stdout, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, errOut.String())
	}
	if strings.Contains(errOut.String(), "PTRACE") {
		t.Skip("strace may not trace here:", errOut.String())
	}
	text, readErr := os.ReadFile(log)
	if readErr != nil {
		t.Fatal(readErr)
	}
	return string(text), string(stdout), err
}

var syncCall = regexp.MustCompile(`(?m)\b(fsync|fdatasync)\(`)

func TestF9_ASignUpAndARotationAreOneFsyncEachOnAWarmWAL(t *testing.T) {
	trace, _, err := strace(t, "sign up warm", profileDir(t, func(*sqlite.DB) {}), "-e", "trace=fsync,fdatasync,write")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(trace, `write(1, "mark\n"`)
	if len(parts) != 5 {
		t.Fatalf("%d marks", len(parts)-1)
	}
	for i, act := range map[int]string{1: "sign-up", 3: "rotation"} {
		if n := len(syncCall.FindAllString(parts[i], -1)); n != 1 {
			t.Errorf("%s: %d fsyncs", act, n)
		}
	}
}

// Every fsync of a sign-up fails once with EIO: the act that was tried again in
// the same process ends in one account, and what was answered is there.
func TestCP04_EIOAtEveryFsyncAndTheRetryIsTheSameUser(t *testing.T) {
	trace, _, err := strace(t, "sign up", profileDir(t, func(*sqlite.DB) {}), "-e", "trace=fsync,fdatasync")
	if err != nil {
		t.Fatal(err)
	}
	n := len(syncCall.FindAllString(trace, -1))
	if n < 3 {
		t.Fatalf("%d fsyncs in a sign-up", n)
	}
	for i := range n {
		dir := profileDir(t, func(*sqlite.DB) {})
		_, out, err := strace(t, "sign up", dir, "-e", "trace=fsync,fdatasync", "-e", fmt.Sprintf("inject=fsync,fdatasync:error=EIO:when=%d", i+1))
		db := open(t, childOptions(dir))
		user, findErr := db.UserByIdentity(ctx, profile("1").Key)
		if answered, ok := strings.CutPrefix(strings.Split(out, "\n")[0], "answered "); ok {
			if findErr != nil || answered != user.ID {
				t.Errorf("fsync %d: answered %q, is %q %v", i+1, answered, user.ID, findErr)
			}
		} else if err == nil {
			t.Errorf("fsync %d: neither answer nor error: %q", i+1, out)
		}
		again, err := trySignUp(db, 1, "Kim", start)
		if err != nil || findErr == nil && again.User != user {
			t.Errorf("fsync %d: again: %+v %v, before %+v", i+1, again.User, err, user)
		}
		wantCounts(t, db, 1)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAPipeInAFilesPlaceHoldsNobodyUp(t *testing.T) {
	opt := closedProfile(t)
	path := filepath.Join(filepath.Dir(opt.Path), "install.json")
	for _, p := range []string{opt.Path, path} {
		_ = os.Remove(p) // install.json need not be there
		if err := syscall.Mkfifo(p, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, err := sqlite.Open(ctx, opt)
		if app.CodeOf(err) != app.CodeDatabaseDamaged {
			t.Errorf("the database: %v", err)
		}
		i, err := sqlite.LoadInstall(path, start, nil)
		if err != nil || i.Database {
			t.Errorf("install.json: %v %v", i, err)
		}
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it waits for the other end of a pipe")
	}
	if kept, _ := filepath.Glob(path + ".damaged-*"); len(kept) != 1 {
		t.Errorf("kept %v", kept)
	}
}

// What may lie in a folder that can't be listed is not known to be nothing.
func TestDL01_WhereTheBackupsCannotBeListedNobodyIsDeleted(t *testing.T) {
	opt := options(t)
	opt.BackupDir = filepath.Join(t.TempDir(), strings.Repeat("b", 300)) // longer than a name may be
	db := open(t, opt)
	kim := signUp(t, db, 1, "Kim", start)
	wantCode(t, db.DeleteUser(ctx, kim.User.ID, start), app.CodeProfileUnwritable)
	wantCounts(t, db, 1)
	_, err := sqlite.RestoreBackup(ctx, opt)
	wantCode(t, err, app.CodeProfileUnwritable)
}
