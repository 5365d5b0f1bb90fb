package files_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/windows"

	"munpae.example/munpae/app/internal/files"
	"munpae.example/munpae/app/internal/files/filestest"
)

// foreign is a folder of another user: under Wine one of Debian's own, that of the user
// _apt.
func foreign(t *testing.T) string {
	t.Helper()
	dir := `Z:\var\cache\apt\archives\partial`
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no other user's folder is known here: ", err)
	}
	return dir
}

func us(t *testing.T) string {
	t.Helper()
	u, err := files.UserOf(windows.CurrentProcess())
	must(t, err)
	return u.String()
}

// openToAll lets every user of the computer read and write path, as the root of a second
// disk does.
func openToAll(t *testing.T, path string) {
	t.Helper()
	filestest.Access(t, path, "D:P(A;OICI;FA;;;"+us(t)+")(A;OICI;FA;;;WD)")
}

func anyMask(*testing.T) {}

// Whoever may read or write what is not theirs is named, whichever group it is.
func TestPF01_WhoMayUseAFileIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(path, nil, 0o600))
	for name, row := range map[string]struct {
		list          string
		open, written bool
	}{
		"its owner alone":  {"", false, false},
		"everybody reads":  {"(A;;FR;;;WD)", true, false},
		"everybody writes": {"(A;;FA;;;WD)", true, true},
	} {
		filestest.Access(t, path, "D:P(A;;FA;;;"+us(t)+")"+row.list)
		st, err := os.Stat(path)
		must(t, err)
		if who, written := files.OpenTo(path, st), files.OthersWrite(path, st); who != "" != row.open || written != row.written {
			t.Errorf("%s: open to %q, written %v", name, who, written)
		}
	}
}

// An access list stays as the person made it where it lets nobody else in.
func TestAClosedFolderKeepsItsAccessList(t *testing.T) {
	dir := t.TempDir()
	filestest.Access(t, dir, "D:P(A;;FA;;;"+us(t)+")")
	before := list(t, dir)
	must(t, files.Folder(dir))
	if after := list(t, dir); after != before {
		t.Errorf("%s became %s", before, after)
	}
}

func list(t *testing.T, path string) string {
	t.Helper()
	d, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	must(t, err)
	return d.String()
}

// A scanner that looks at the file for a moment, and lets nobody replace it meanwhile,
// costs a moment.
func TestAFileThatAnotherProgramHasOpenIsReplacedOnceItIsFree(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(path, []byte("old"), 0o600))
	must(t, os.WriteFile(path+".other", nil, 0o600))
	held := hold(t, path)
	refused := make(chan error, 1)
	go func() {
		refused <- os.Rename(path+".other", path) // as it is for whoever tries once
		windows.CloseHandle(held)
	}()
	err := files.Write(path, []byte("new"))
	if r := <-refused; r == nil {
		t.Error("nobody was refused, so this says nothing")
	}
	must(t, err)
	if b, _ := os.ReadFile(path); string(b) != "new" {
		t.Errorf("it holds %q", b)
	}
}

// One that is never let go is an error, and what was there stays.
func TestAFileThatIsHeldForGoodIsSaidAndStaysAsItWas(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(path, []byte("old"), 0o600))
	held := hold(t, path)
	defer windows.CloseHandle(held)
	if err := files.Write(path, []byte("new")); !errors.Is(err, windows.ERROR_ACCESS_DENIED) && !errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
		t.Errorf("got %v", err)
	}
	if b, _ := os.ReadFile(path); string(b) != "old" {
		t.Errorf("it holds %q", b)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if _, err := files.SetAside(path, time.Now()); err == nil {
		t.Error("it was set aside")
	}
}

// hold opens path as programs do that share reading and writing, and no renaming.
func hold(t *testing.T, path string) windows.Handle {
	t.Helper()
	name, err := windows.UTF16PtrFromString(path)
	must(t, err)
	h, err := windows.CreateFile(name, windows.GENERIC_READ, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, nil, windows.OPEN_EXISTING, 0, 0)
	must(t, err)
	return h
}

// Names that a device has are no files, in every folder and with every ending.
func TestPF01_ADevicesNameIsNoFile(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"NUL", "nul.txt", "CON", "COM1"} {
		path := filepath.Join(dir, name)
		if f, err := files.OpenOrCreate(path); err == nil {
			f.Close()
			t.Errorf("%s was opened", name)
		}
		if err := files.Write(path, []byte("lost")); err == nil {
			t.Errorf("%s was written", name)
		}
	}
	if made, _ := os.ReadDir(dir); len(made) != 0 {
		t.Errorf("made: %v", made)
	}
}

// A person's folder may be called anything, lie deep, or on another computer.
func TestFilesAreWrittenWhereverTheFolderIs(t *testing.T) {
	base := t.TempDir()
	for name, dir := range map[string]string{
		"Hangul and spaces":       filepath.Join(base, "홍 길동", "문 패"),
		"signs of URLs and cmd":   filepath.Join(base, "100% #1 & (a) 'b'; ^c ! ~d = +"),
		"an emoji":                filepath.Join(base, "🐾"),
		"longer than 260":         filepath.Join(base, strings.Repeat("아주긴이름", 20), strings.Repeat("b", 100), strings.Repeat("c", 100)),
		"the extended form":       `\\?\` + filepath.Join(base, "extended"),
		"another computer's":      filepath.Join(filestest.Share(t, "files"), "홍 길동"),
		"slashes the other way":   filepath.ToSlash(filepath.Join(base, "slashes")),
		"upper and lower letters": filepath.Join(strings.ToUpper(base), "LETTERS"),
	} {
		t.Run(name, func(t *testing.T) {
			must(t, files.Folder(dir))
			path := filepath.Join(dir, "file")
			must(t, files.Write(path, []byte("one")))
			must(t, files.Write(path, []byte("two")))
			if b, err := files.Read(path, 10); err != nil || string(b) != "two" {
				t.Errorf("%q, %v", b, err)
			}
			aside, err := files.SetAside(path, time.Now())
			must(t, err)
			must(t, files.Copy(aside, path))
			must(t, files.Erase(path))
			must(t, files.Writable(dir))
		})
	}
}

func TestAFolderInWhichNothingCanBeMadeIsSaidAndNothingIsMade(t *testing.T) {
	dir := t.TempDir()
	must(t, files.Writable(dir))
	closed := filepath.Join(dir, "closed")
	must(t, os.Mkdir(closed, 0o700))
	for name, dir := range map[string]string{"not there": filepath.Join(dir, "gone"), "no disk": `Q:\`} {
		if err := files.Writable(dir); err == nil {
			t.Errorf("%s: it takes files", name)
		}
	}
	if made, _ := os.ReadDir(closed); len(made) != 0 {
		t.Errorf("made %v", made)
	}
}

// Each as Windows itself says it: names of syscall, such as ENOSPC, no call returns there.
func TestAFullDiskAndAPlaceThatIsNoGoodAreKnownByWindowsOwnNames(t *testing.T) {
	for _, full := range []error{windows.ERROR_DISK_FULL, &os.PathError{Op: "write", Err: windows.ERROR_HANDLE_DISK_FULL}, windows.ERROR_DISK_QUOTA_EXCEEDED} {
		if !files.Full(full) || files.Unusable(full) {
			t.Errorf("%v is not a full disk", full)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	for _, path := range []string{`Q:\file`, filepath.Join(file, "below"), filepath.Join(t.TempDir(), "gone", "file"), filepath.Join(t.TempDir(), "a?b"), `\\nobody\nothing\file`, filepath.Join(t.TempDir(), "CON")} {
		err := os.WriteFile(path, nil, 0o600)
		if !files.Unusable(err) || files.Full(err) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if files.Full(nil) || files.Unusable(nil) {
		t.Error("nothing is wrong, and something is said")
	}
}
