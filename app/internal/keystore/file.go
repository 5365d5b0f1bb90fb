package keystore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"munpae.example/munpae/app/internal/files"
)

// FileName is the file in the profile folder that holds the key when the keyring
// does not: 32 raw bytes, mode 0600.
const FileName = "key"

const (
	// previousName keeps the key that Replace retired, if it was still good, for
	// tokens that were signed with it. Which record a file belongs to is told by
	// its fingerprint, never by its name, so a crash between two renames of
	// Replace is read correctly.
	previousName = "key.previous"
	newName      = "key.new"
)

// fileStore reads and writes keys in the profile folder.
type fileStore struct{ o *Options }

func (f fileStore) path(name string) string { return filepath.Join(f.o.Dir, name) }

func (f fileStore) read(_ context.Context, r record) ([]byte, error) {
	key, err := readKeyFile(f.path(FileName))
	if err == nil && r.is(key) {
		return key, nil
	}
	if before, errBefore := readKeyFile(f.path(previousName)); errBefore == nil && r.is(before) {
		return before, nil
	}
	return key, err
}

// readKeyFile refuses everything but a regular file of 32 bytes that only its
// owner may read. It never blocks, not even on a FIFO.
func readKeyFile(path string) ([]byte, error) {
	refused := func(why string) error {
		return fmt.Errorf("%w: the file %s %s", errNotKey, filepath.Base(path), why)
	}
	file, err := files.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, refused("does not exist")
	}
	if files.Planted(err) {
		return nil, fmt.Errorf("%w: %w", errNotKey, err)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	i, err := file.Stat()
	if err != nil {
		return nil, err
	}
	who := files.OpenTo(path, i)
	switch {
	case who != "":
		return nil, refused("can be read by others (" + who + ")")
	case i.Size() != 32:
		return nil, refused("does not have 32 bytes")
	}
	key := make([]byte, 32)
	if _, err := io.ReadFull(file, key); err != nil {
		return nil, err
	}
	return key, nil
}

// write puts key in place so that at every moment, power loss included, the file
// holds a whole key, and the key recorded so far stands under one of the two names.
func (f fileStore) write(_ context.Context, _, before record, key []byte) error {
	if err := os.Remove(f.path(newName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err // left by a crash, or nothing
	}
	file, err := files.Create(f.path(newName))
	if err != nil {
		return err
	}
	_, err = file.Write(key)
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(f.path(newName)))
	}
	if err := f.moveAside(before); err != nil {
		return err
	}
	return files.MoveInto(f.path(newName), f.path(FileName))
}

// moveAside frees the name. Only the key recorded so far becomes the previous
// one, so an orphan of a crash never takes its place; anything else is kept
// under a name that says damaged.
func (f fileStore) moveAside(before record) error {
	if key, err := readKeyFile(f.path(FileName)); err == nil && before.is(key) {
		return files.Rename(f.path(FileName), f.path(previousName))
	}
	_, err := files.SetAside(f.path(FileName), f.o.Clock.Now())
	return err
}

// forget removes the file only if it is that key.
func (f fileStore) forget(_ context.Context, r record) {
	for _, name := range []string{FileName, previousName} {
		if key, err := readKeyFile(f.path(name)); err == nil && r.is(key) {
			_ = os.Remove(f.path(name))
		}
	}
}
