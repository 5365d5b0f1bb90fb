package webview

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"munpae.example/munpae/app/internal/files"
)

// ErrJarReadOnly reports that the jar's folder or file can't be written: cookies
// would live until the window closes, and nobody would be told.
var ErrJarReadOnly = errors.New("webview: the cookie jar can't be written")

// jarMagic opens every SQLite file (sqlite.org/fileformat2.html, 1.3).
var jarMagic = []byte("SQLite format 3\x00")

// CheckJar looks at the jar before the webview opens it, because libsoup works on
// with a damaged jar, keeps nothing, and never repairs it. It makes a missing
// folder with mode 0700, and takes others' rights from the file. A jar that can't be
// used is renamed <path>.damaged-<time>, with its journal, and movedTo is its new
// name: the webview starts an empty one. integrity, if not nil, reads the file as a
// database and returns an error for damage that the header does not show.
//
// err wraps ErrJarReadOnly, or is the reason why a jar could not be moved.
func CheckJar(path string, now time.Time, integrity func(path string) error) (movedTo string, err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("%w: %w", ErrJarReadOnly, err)
	}
	// A mode says too little: root may write anywhere but on a read-only mount.
	probe, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrJarReadOnly, err)
	}
	probe.Close()
	os.Remove(probe.Name())

	damage := errors.Join(makePrivate(path), jarDamage(path, integrity))
	if damage == nil {
		return "", nil
	}
	// A journal left behind would be played into the new jar.
	movedTo, err = files.SetAside(path, now, "-journal", "-wal", "-shm")
	if err != nil {
		return "", fmt.Errorf("webview: the damaged cookie jar (%w) can't be moved: %w", damage, err)
	}
	return movedTo, nil
}

// makePrivate takes others' rights from the file at path, if it is one.
func makePrivate(path string) error {
	st, err := os.Lstat(path)
	if err != nil || !st.Mode().IsRegular() {
		return nil // for jarDamage to say
	}
	return files.Close(path, st)
}

// jarDamage returns why the webview could not use the file at path, or nil. No
// file is a fine jar.
func jarDamage(path string, integrity func(string) error) error {
	for _, suffix := range []string{"-journal", "-wal", "-shm"} {
		if err := files.Check(path + suffix); files.Planted(err) {
			return err
		}
	}
	f, err := files.OpenToWrite(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err // among others somebody else's
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	page := make([]byte, 64<<10) // the largest page
	n, err := io.ReadFull(f, page)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("empty: %w", err)
	}
	page = page[:n]
	if n < 512 || !bytes.HasPrefix(page, jarMagic) {
		return errors.New("no database")
	}
	size := int64(binary.BigEndian.Uint16(page[16:]))
	if size == 1 {
		size = 65536
	}
	if size < 512 || size&(size-1) != 0 {
		return errors.New("a page size that no database has")
	}
	// With a journal SQLite itself will restore the length; the count in the
	// header stands only where both change counters agree.
	j, err := os.Stat(path + "-journal")
	hot := err == nil && j.Size() > 0
	valid := bytes.Equal(page[24:28], page[92:96])
	if pages := int64(binary.BigEndian.Uint32(page[28:])); !hot && valid && st.Size() < pages*size {
		return errors.New("shorter than its header says")
	}
	if !hot && st.Size()%size != 0 {
		return errors.New("cut off inside a page")
	}
	if kind := page[100]; kind != 0x0d && kind != 0x05 {
		return errors.New("no table in the first page")
	}
	if integrity != nil {
		return integrity(path)
	}
	return nil
}

// Damage reports why the webview could not use the jar at path, or nil, and
// changes nothing: for the self-tests, also beside a running app.
func Damage(path string) error { return jarDamage(path, nil) }
