//go:build unix

package files_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"munpae.example/munpae/app/internal/files"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// planted makes what somebody may leave at path, and names the reason to refuse it.
var planted = map[string]struct {
	make func(t *testing.T, path string)
	why  error
}{
	"a link": {func(t *testing.T, p string) {
		must(t, os.WriteFile(p+".target", []byte("theirs"), 0o600))
		must(t, os.Symlink(p+".target", p))
	}, files.ErrLink},
	"a link to nothing": {func(t *testing.T, p string) { must(t, os.Symlink(p+".target", p)) }, files.ErrLink},
	"a FIFO":            {func(t *testing.T, p string) { must(t, unix.Mkfifo(p, 0o600)) }, files.ErrNotRegular},
	"a folder":          {func(t *testing.T, p string) { must(t, os.Mkdir(p, 0o700)) }, files.ErrNotRegular},
	"a device":          {func(t *testing.T, p string) { node(t, p) }, files.ErrNotRegular},
	"another user's": {func(t *testing.T, p string) {
		must(t, os.WriteFile(p, []byte("theirs"), 0o666))
		asRoot(t)
		must(t, os.Chown(p, 65534, 65534))
	}, files.ErrNotOurs},
}

func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can play another user")
	}
}

func node(t *testing.T, path string) {
	t.Helper()
	if err := unix.Mknod(path, unix.S_IFCHR|0o600, int(unix.Mkdev(1, 5))); err != nil {
		t.Skip("no device can be made here: ", err)
	}
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

func TestPF01_TheAdministratorsFilesAreRead(t *testing.T) {
	if b, err := files.Read("/etc/passwd", 1<<20); err != nil || len(b) == 0 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

func TestPF01_AFolderThatIsALinkOrAnothersIsRefused(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	must(t, os.Symlink(t.TempDir(), link))
	if err := files.Folder(link); !errors.Is(err, files.ErrLink) {
		t.Errorf("a link: %v", err)
	}
	file := filepath.Join(dir, "file")
	must(t, os.WriteFile(file, nil, 0o600))
	if err := files.Folder(file); err == nil {
		t.Error("a file is a folder")
	}
	open := filepath.Join(dir, "open")
	must(t, os.Mkdir(open, 0o755))
	must(t, files.Folder(open))
	if st, _ := os.Stat(open); st.Mode().Perm() != 0o700 {
		t.Errorf("mode %v", st.Mode())
	}
	asRoot(t)
	must(t, os.Chown(open, 65534, 65534))
	if err := files.Folder(open); !errors.Is(err, files.ErrNotOurs) {
		t.Errorf("another's: %v", err)
	}
}

func TestAFileIsWrittenWholeAndForItsOwnerAlone(t *testing.T) {
	defer unix.Umask(unix.Umask(0))
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	must(t, os.WriteFile(path, []byte("old"), 0o644))
	unfinished := filepath.Join(dir, ".file.new")
	must(t, os.WriteFile(unfinished, []byte("half a f"), 0o644)) // of a crash
	must(t, files.Write(path, []byte("new")))
	if b, _ := os.ReadFile(path); string(b) != "new" {
		t.Errorf("holds %q", b)
	}
	if st, _ := os.Stat(path); st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", st.Mode())
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
	// A link that waits where the unfinished file goes is taken away, not followed.
	target := filepath.Join(dir, "target")
	must(t, os.Symlink(target, unfinished))
	must(t, files.Write(path, []byte("newer")))
	if _, err := os.Lstat(target); err == nil {
		t.Error("the link was followed")
	}
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
	// A link goes itself, not what it leads to.
	target := filepath.Join(dir, "target")
	must(t, os.WriteFile(target, []byte("theirs"), 0o600))
	must(t, os.Symlink(target, path))
	got, err := files.SetAside(path, now, "-wal")
	must(t, err)
	if l, err := os.Readlink(got); err != nil || l != target {
		t.Errorf("%q, %v", l, err)
	}
	if b, _ := os.ReadFile(target); string(b) != "theirs" {
		t.Error("the target was touched")
	}
}
