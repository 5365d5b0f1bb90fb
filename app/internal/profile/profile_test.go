package profile_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/profile"
	"munpae.example/munpae/app/internal/sqlite"
)

var ctx = context.Background()

func options(dir string) profile.Options {
	return profile.Options{
		Folder: config.Profile{Dir: dir}, Keystore: "file", Clock: app.SystemClock{}, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
	}
}

// open opens dir and demands the code that Err answers.
func open(t *testing.T, dir string, want app.Code) *profile.Profile {
	t.Helper()
	p := profile.Open(ctx, options(dir))
	t.Cleanup(func() { _ = p.Close(ctx) })
	if got := app.CodeOf(p.Err()); got != want {
		t.Fatalf("opened with %q (%v), want %q", got, p.Err(), want)
	}
	return p
}

// used is a folder that was opened and closed before.
func used(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := open(t, dir, "").Close(ctx); err != nil {
		t.Fatal(err)
	}
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAProfileOpensTheFirstTimeAndEveryTimeAfter(t *testing.T) {
	dir := used(t)
	p := open(t, dir, "")
	if p.Database() == nil || p.Sessions() == nil {
		t.Error("it is open, and something is missing")
	}
	if place, err := p.CheckKey(ctx); place != "file" || err != nil {
		t.Errorf("the key is in %q, %v", place, err)
	}
	if place, err := profile.FindKey(ctx, options(dir)); place != "file" || err != nil {
		t.Errorf("beside the open profile the key is found in %q, %v", place, err)
	}
	if err := p.RestoreBackup(ctx); app.CodeOf(err) != app.CodeConflict {
		t.Errorf("a backup took the place of a good database: %v", err)
	}
}

func TestADatabaseThatVanishedIsNotReplacedUnlessThePersonStartsAgain(t *testing.T) {
	dir := used(t)
	must(t, os.Remove(filepath.Join(dir, "munpae.db")))
	p := open(t, dir, app.CodeDatabaseMissing)
	if _, err := os.Stat(filepath.Join(dir, "munpae.db")); err == nil {
		t.Fatal("an empty one took its place without a word")
	}
	if err := p.RestoreBackup(ctx); app.CodeOf(err) != app.CodeNotFound {
		t.Errorf("there is no backup: %v", err)
	}
	must(t, p.Reset(ctx))
	open(t, dir, "")
}

func TestADamagedDatabaseIsSetAsideWhole(t *testing.T) {
	dir := used(t)
	damaged := make([]byte, 8192)
	copy(damaged, "nothing that a database begins with")
	must(t, os.WriteFile(filepath.Join(dir, "munpae.db"), damaged, 0o600))
	p := open(t, dir, app.CodeDatabaseDamaged)
	must(t, p.Reset(ctx))
	open(t, dir, "")
	kept, _ := filepath.Glob(filepath.Join(dir, "munpae.db.damaged-*"))
	if len(kept) != 1 {
		t.Errorf("kept: %q", kept)
	}
}

func TestALostKeyIsReplacedOnlyIfThePersonStartsAgain(t *testing.T) {
	dir := used(t)
	keys, _ := filepath.Glob(filepath.Join(dir, "key*"))
	for _, k := range keys {
		must(t, os.RemoveAll(k))
	}
	p := open(t, dir, app.CodeKeystoreLost)
	must(t, p.Reset(ctx))
	must(t, p.Close(ctx))
	open(t, dir, "")
}

// A slip in the directory's address is no reason to leave it.
func TestAProfileStaysWhoseItWasWhileNobodyKnowsWhoseItIs(t *testing.T) {
	dir := t.TempDir()
	belongs := func(directory string, unsure bool) string {
		o := options(dir)
		o.Directory, o.Unsure = directory, unsure
		p := profile.Open(ctx, o)
		must(t, p.Err())
		kept, err := p.Database().Setting(ctx, "directory")
		must(t, err)
		must(t, p.Close(ctx))
		if i, err := sqlite.ReadInstall(o.Folder.Install()); err != nil || i.Directory != kept {
			t.Errorf("install.json says %+v (%v), the database %q", i, err, kept)
		}
		return kept
	}
	const directory = "https://accounts.example"
	if got := belongs(directory, false); got != directory {
		t.Errorf("at first it is of %q", got)
	}
	if got := belongs("", true); got != directory {
		t.Errorf("after a slip it is of %q", got)
	}
	if got := belongs("", false); got != "" {
		t.Errorf("without a directory it is of %q", got)
	}
}
