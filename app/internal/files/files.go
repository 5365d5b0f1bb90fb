// Package files opens and writes the few files of a profile, and trusts none of
// them. A profile may come out of an archive, or from a folder where others wrote
// before: a link in it leads anywhere, a FIFO waits for ever, a file of another user
// is theirs to change, and two gigabytes of settings fill the memory.
//
// What is opened here is a regular file of this user (or of the administrator, who
// may do anything anyway), reached by no link in the last place. What is written
// here is written whole or not at all. What can't be used is set aside, never
// deleted.
package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Why a file is not opened. Each is a fault of what lies there, not of the disk.
var (
	ErrLink       = errors.New("it is a link")
	ErrNotRegular = errors.New("it is not a regular file")
	ErrNotFolder  = errors.New("it is not a folder")
	ErrNotOurs    = errors.New("it belongs to another user")
	ErrTooLarge   = errors.New("it is too large")
)

// Planted reports whether err is one of those.
func Planted(err error) bool {
	for _, reason := range []error{ErrLink, ErrNotRegular, ErrNotFolder, ErrNotOurs, ErrTooLarge} {
		if errors.Is(err, reason) {
			return true
		}
	}
	return false
}

// Stamp is a time in a file's name: sortable, and allowed on every system.
const Stamp = "20060102T150405.000Z"

// Open opens the file at path for reading. An error wraps one of the reasons above,
// or is of package os.
func Open(path string) (*os.File, error) { return open(path, os.O_RDONLY, 0) }

// OpenToWrite opens the file at path for reading and writing; it must be there.
// Errors as Open.
func OpenToWrite(path string) (*os.File, error) { return open(path, os.O_RDWR, 0) }

// OpenOrCreate is OpenToWrite that makes a missing file with mode 0600.
func OpenOrCreate(path string) (*os.File, error) { return open(path, os.O_RDWR|os.O_CREATE, 0o600) }

// Create makes the file at path, which must not be there, with mode 0600 whatever
// the umask is.
func Create(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|noFollow, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(0o600); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func open(path string, flag int, mode fs.FileMode) (*os.File, error) {
	// Asked before it is opened: some things answer to being opened.
	if st, err := os.Lstat(path); err == nil {
		if err := judge(path, nil, st); err != nil {
			return nil, err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(path, flag|noFollow, mode)
	if err != nil {
		if isLinkError(err) {
			return nil, refused(path, ErrLink)
		}
		return nil, err
	}
	// And once more of what was opened: the name may have changed hands.
	st, err := f.Stat()
	switch {
	case err != nil:
	case swapped(path):
		err = refused(path, ErrLink)
	default:
		err = judge(path, f, st)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Check says why what lies at path would not be opened; nil also if there is
// nothing.
func Check(path string) error {
	st, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	return judge(path, nil, st)
}

// judge looks at st of what lies at path, which is open as f if that is not nil.
func judge(path string, f *os.File, st fs.FileInfo) error {
	switch {
	case st.Mode()&fs.ModeSymlink != 0:
		return refused(path, ErrLink)
	case !st.Mode().IsRegular():
		return refused(path, ErrNotRegular)
	case !trusted(path, f, st):
		return refused(path, ErrNotOurs)
	}
	return nil
}

func refused(path string, why error) error {
	return fmt.Errorf("%s: %w", filepath.Base(path), why)
}

// Read returns the whole file at path, of at most limit bytes. Errors as Open.
func Read(path string, limit int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, refused(path, ErrTooLarge)
	}
	return data, err
}

// Folder makes the folder at path, closed to others, or takes their rights from the one
// that is there. One that is a link, or another user's, is refused; errors as Open.
func Folder(path string) error {
	st, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := MakeAll(path); err != nil {
			return err
		}
		st, err = os.Lstat(path)
	}
	switch {
	case err != nil:
		return err
	case st.Mode()&fs.ModeSymlink != 0:
		return refused(path, ErrLink)
	case !st.IsDir():
		return refused(path, ErrNotFolder)
	case !trusted(path, nil, st):
		return refused(path, ErrNotOurs)
	}
	return Close(path, st)
}

// Write puts data at path with mode 0600, so that at every moment, power loss
// included, either the old file or the new one is there whole.
func Write(path string, data []byte) error {
	unfinished := unfinished(path)
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err // left by a crash
	}
	f, err := Create(unfinished)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = MoveInto(unfinished, path)
	}
	if err != nil {
		_ = os.Remove(unfinished)
	}
	return err
}

// unfinished is where Write makes the file: hidden, so that it is nobody's own in a folder
// that the person chose.
func unfinished(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
}

// Erase removes what Write put at path, and what one that was cut off left beside it,
// power loss included. That there is nothing is no error.
func Erase(path string) error {
	gone := false
	for _, p := range []string{path, unfinished(path)} {
		err := os.Remove(p)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		gone = gone || err == nil
	}
	if !gone {
		return nil
	}
	return SyncFolder(filepath.Dir(path))
}

// MoveInto makes the finished file at made durable, with mode 0600, and gives it the
// name path.
func MoveInto(made, path string) error {
	f, err := OpenToWrite(made)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(0o600), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := Rename(made, path); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// Copy copies the file at from, opened as Open does, to the new file at to.
func Copy(from, to string) error {
	source, err := Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}

// SetAside renames what lies at path, whatever it is, and what lies beside it under
// the suffixes, to *.damaged-TIME, and returns path's new name: empty if there was
// nothing. Nothing is deleted, followed or opened.
func SetAside(path string, now time.Time, suffixes ...string) (string, error) {
	name := path + ".damaged-" + now.UTC().Format(Stamp)
	aside := name
	for i := 2; ; i++ {
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			break
		}
		aside = fmt.Sprintf("%s-%d", name, i)
	}
	found := false
	// The file goes last: without it the set is seen as missing, not as healthy.
	for _, suffix := range append(suffixes, "") {
		err := Rename(path+suffix, aside+suffix)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return "", err
		case suffix == "":
			found = true
		}
	}
	if err := SyncFolder(filepath.Dir(path)); err != nil {
		return "", err
	}
	if !found {
		return "", nil
	}
	return aside, nil
}
