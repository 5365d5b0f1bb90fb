package files_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/files"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// makeLink makes a link, which Wine says that it does, and does not.
func makeLink(t *testing.T, target, path string) {
	t.Helper()
	must(t, os.Symlink(target, path))
	if _, err := os.Lstat(path); err != nil {
		t.Skip("no links here: ", err)
	}
}

type plant struct {
	make func(t *testing.T, path string)
	why  error
}

// planted makes what somebody may leave at path, and names the reason to refuse it.
var planted = map[string]plant{
	"a link": {func(t *testing.T, p string) {
		must(t, os.WriteFile(p+".target", []byte("theirs"), 0o600))
		makeLink(t, p+".target", p)
	}, files.ErrLink},
	"a link to nothing": {func(t *testing.T, p string) { makeLink(t, p+".target", p) }, files.ErrLink},
	"a folder":          {func(t *testing.T, p string) { must(t, os.Mkdir(p, 0o700)) }, files.ErrNotRegular},
}

func TestPF01_WhatIsNoFileOfOursIsNeitherOpenedNorMadeNorFollowed(t *testing.T) {
	for name, row := range planted {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "file")
			row.make(t, path)
			for what, open := range map[string]func(string) (*os.File, error){"Open": files.Open, "OpenToWrite": files.OpenToWrite, "OpenOrCreate": files.OpenOrCreate} {
				f, err := open(path)
				if !errors.Is(err, row.why) || !files.Planted(err) {
					t.Errorf("%s: %v", what, err)
				}
				if f != nil {
					f.Close()
				}
			}
			if _, err := files.Read(path, 100); !errors.Is(err, row.why) {
				t.Errorf("Read: %v", err)
			}
			if err := files.Check(path); !errors.Is(err, row.why) {
				t.Errorf("Check: %v", err)
			}
			if _, err := files.Create(path); !errors.Is(err, os.ErrExist) {
				t.Errorf("Create: %v", err)
			}
			if b, err := os.ReadFile(path + ".target"); err == nil && string(b) != "theirs" {
				t.Errorf("the link's target now holds %q", b)
			} else if name == "a link to nothing" && err == nil {
				t.Error("the link's target was made")
			}
		})
	}
}

func TestPF01_MoreThanTheLimitIsNotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(path, make([]byte, 100), 0o600))
	must(t, os.Truncate(path, 2<<30)) // sparse: two gigabytes to whoever reads
	if _, err := files.Read(path, 100); !errors.Is(err, files.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	must(t, os.Truncate(path, 100))
	if b, err := files.Read(path, 100); err != nil || len(b) != 100 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

func TestPF01_AFolderThatIsALinkOrAnothersIsRefused(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	must(t, os.WriteFile(file, nil, 0o600))
	if err := files.Folder(file); err == nil {
		t.Error("a file is a folder")
	}
	if err := files.Folder(foreign(t)); !errors.Is(err, files.ErrNotOurs) {
		t.Errorf("another's: %v", err)
	}
	t.Run("a link", func(t *testing.T) {
		link := filepath.Join(dir, "link")
		makeLink(t, t.TempDir(), link)
		if err := files.Folder(link); !errors.Is(err, files.ErrLink) {
			t.Error(err)
		}
	})
}

func TestPF01_AFolderAndWhatIsMadeInItAreClosedToOthers(t *testing.T) {
	for name, make := range map[string]func(t *testing.T, path string){
		"new":  func(*testing.T, string) {},
		"open": func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)); openToAll(t, path) },
	} {
		dir := filepath.Join(t.TempDir(), "folder")
		make(t, dir)
		must(t, files.Folder(dir))
		made := filepath.Join(dir, "file")
		f, err := files.Create(made)
		must(t, err)
		must(t, f.Close())
		for _, path := range []string{dir, made} {
			st, err := os.Stat(path)
			must(t, err)
			if who := files.OpenTo(path, st); who != "" {
				t.Errorf("%s: %s is open to %s", name, filepath.Base(path), who)
			}
		}
	}
}

func TestPF01_AFileThatOthersMayUseIsSeenAndClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(path, []byte("kept"), 0o600))
	openToAll(t, path)
	st, err := os.Stat(path)
	must(t, err)
	if files.OpenTo(path, st) == "" || !files.OthersWrite(path, st) {
		t.Errorf("open to %q, written %v", files.OpenTo(path, st), files.OthersWrite(path, st))
	}
	must(t, files.Close(path, st))
	st, err = os.Stat(path)
	must(t, err)
	if files.OpenTo(path, st) != "" || files.OthersWrite(path, st) {
		t.Errorf("still open to %q, written %v", files.OpenTo(path, st), files.OthersWrite(path, st))
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "kept" {
		t.Errorf("its owner reads %q, %v", b, err)
	}
}

func TestAFileIsWrittenWholeAndForItsOwnerAlone(t *testing.T) {
	anyMask(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	must(t, os.WriteFile(path, []byte("old"), 0o644))
	unfinished := filepath.Join(dir, ".file.new")
	must(t, os.WriteFile(unfinished, []byte("half a f"), 0o644)) // of a crash
	must(t, files.Write(path, []byte("new")))
	if b, _ := os.ReadFile(path); string(b) != "new" {
		t.Errorf("holds %q", b)
	}
	if st, _ := os.Stat(path); files.OpenTo(path, st) != "" {
		t.Errorf("open to %v", files.OpenTo(path, st))
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
	t.Run("a link that waits where the unfinished file goes is taken away, not followed", func(t *testing.T) {
		target := filepath.Join(dir, "target")
		makeLink(t, target, unfinished)
		must(t, files.Write(path, []byte("newer")))
		if _, err := os.Lstat(target); err == nil {
			t.Error("followed")
		}
	})
}

func TestWhatIsSetAsideKeepsItsBytesAndItsCompany(t *testing.T) {
	now := time.Date(2026, 11, 26, 1, 2, 3, 0, time.UTC)
	dir := t.TempDir()
	path := filepath.Join(dir, "db")
	want := path + ".damaged-20261126T010203.000Z"
	for round, name := range []string{want, want + "-2"} {
		must(t, os.WriteFile(path, []byte{byte(round)}, 0o600))
		must(t, os.WriteFile(path+"-wal", []byte{byte(round), 1}, 0o600))
		got, err := files.SetAside(path, now, "-wal", "-shm")
		if err != nil || got != name {
			t.Fatalf("round %d: %q, %v", round, got, err)
		}
		if b, _ := os.ReadFile(name + "-wal"); len(b) != 2 || b[0] != byte(round) {
			t.Errorf("round %d: the companion holds %v", round, b)
		}
	}
	if got, err := files.SetAside(path, now); got != "" || err != nil {
		t.Errorf("nothing: %q, %v", got, err)
	}
	t.Run("a link goes itself, not what it leads to", func(t *testing.T) {
		target := filepath.Join(dir, "target")
		must(t, os.WriteFile(target, []byte("theirs"), 0o600))
		makeLink(t, target, path)
		got, err := files.SetAside(path, now, "-wal")
		must(t, err)
		if l, err := os.Readlink(got); err != nil || l != target {
			t.Errorf("%q, %v", l, err)
		}
		if b, _ := os.ReadFile(target); string(b) != "theirs" {
			t.Error("the target was touched")
		}
	})
}
