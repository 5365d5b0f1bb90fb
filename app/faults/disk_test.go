//go:build faults && crashtest && linux

package faults_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"munpae.example/munpae/app/internal/app"
)

// needMount skips only where nobody may mount, and says so.
func needMount(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("munpae", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("faults: not tried: mounting is not permitted:", err)
	}
	if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
		t.Fatal(err)
	}
}

// mounted is a file system of its own with a profile in it.
type mounted struct{ dir string }

func mount(t *testing.T, from, size string) (m mounted, unmount func(), err error) {
	m.dir = scratch(t)
	if err := syscall.Mount("munpae", m.dir, "tmpfs", 0, "mode=700,size="+size); err != nil {
		return m, nil, err
	}
	if from != "" {
		copyTo(t, from, m.dir)
	}
	return m, func() {
		if err := syscall.Unmount(m.dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
		_ = os.RemoveAll(m.dir)
	}, nil
}

func (m mounted) remount(flags uintptr, options string) error {
	return syscall.Mount("munpae", m.dir, "tmpfs", syscall.MS_REMOUNT|flags, options)
}

const page = 4096

// fill leaves so many pages free; empty gives all of them back.
func (m mounted) fill(free int) (empty func() error, err error) {
	name := filepath.Join(m.dir, "filler")
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	var written int64
	for err == nil {
		var n int
		n, err = f.Write(make([]byte, page))
		written += int64(n)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		return nil, err
	}
	if err := errors.Join(f.Truncate(max(0, written-int64(free)*page)), f.Close()); err != nil {
		return nil, err
	}
	return func() error {
		// Cut first: a worker that is just being started may hold the file open.
		if err := os.Truncate(name, 0); err != nil {
			return err
		}
		return os.Remove(name)
	}, nil
}

// DB-08: a disk of every size, from one that has no room for the first file to
// one on which all of it fits.
func TestDB08_EveryAmountOfSpace(t *testing.T) {
	needMount(t)
	var faults []fault
	acts := []string{signIn, claim, rotate, wait, rotate, rename, signOut, signIn, claim}
	start := promise{At: began}
	for kib := 4; kib <= 512; kib += 4 {
		faults = append(faults, fault{"disk-too-small", fmt.Sprintf("%d KiB", kib), func(t *testing.T) (bool, error) {
			m, unmount, err := mount(t, "", fmt.Sprintf("%dk", kib))
			if err != nil {
				return false, err
			}
			defer unmount()
			out, workErr := work(nil, m.dir, start, acts, nil)
			p := start.keep(out, acts...)
			if err := told(p, app.CodeDiskFull); err != nil {
				return true, err
			}
			if p.doubt != "" && len(p.errors) == 0 {
				return true, fmt.Errorf("no reason was told: %w", workErr)
			}
			if kib >= 480 && p.doubt != "" {
				return true, fmt.Errorf("no disk was large enough: %s", out)
			}
			if err := m.remount(0, "size=8m"); err != nil {
				return false, err
			}
			return true, p.check(m.dir)
		}})
	}
	tryAll(t, disksAtMost, faults)
}

// DB-08: full in the middle of it: the act is refused, the session stays, and the
// same window goes on once there is space.
//
// These are not tried beside faults that start workers: a process that is just
// being started holds every file of this one, so that what was removed keeps its
// space until then, and a disk with no page to spare has none for what was there.
func TestDB08_FullInTheMiddleOfAnAct(t *testing.T) {
	needMount(t)
	var faults []fault
	for _, r := range roads {
		if r.fresh {
			continue
		}
		from, before := road(t, r.fresh, r.before)
		for free := range 24 {
			faults = append(faults, fault{"disk-full", fmt.Sprintf("%s with %d pages", r.name, free), func(t *testing.T) (bool, error) {
				m, unmount, err := mount(t, from, "2m")
				if err != nil {
					return false, err
				}
				defer unmount()
				return true, fullThenFree(m, before, r.acts, free)
			}})
		}
	}
	tryAll(t, disksAtMost, faults)
}

func fullThenFree(m mounted, before promise, acts []string, free int) error {
	h, err := enter(m.dir, &clock{at: before.At})
	if err != nil {
		return err
	}
	closed := false
	defer func() {
		if !closed {
			_ = h.leave()
		}
	}()
	if err := h.db.Checkpoint(ctx); err != nil { // so that the WAL has to grow
		return err
	}
	// What the person sees meanwhile.
	seen, err := h.db.UserByIdentity(ctx, person.Key)
	if err != nil && app.CodeOf(err) != app.CodeNotFound {
		return err
	}
	empty, err := m.fill(free)
	if err != nil {
		return err
	}
	var said strings.Builder
	ack := func(words ...any) { said.WriteString("ack " + fmt.Sprintln(words...)) }
	t := task{Session: before.Session, Token: before.Token}
	refused := 0
	for _, act := range acts {
		for try := 0; ; try++ {
			err := h.do(act, &t, ack)
			if err == nil {
				break
			}
			refused++
			if app.CodeOf(err) != app.CodeDiskFull {
				return fmt.Errorf("%s on a full disk: %w", act, err)
			}
			if try == tries {
				return fmt.Errorf("%s with space again: %w", act, err)
			}
			if act == rename || act == signOut || act == rotate {
				if now, err := h.db.UserByIdentity(ctx, person.Key); err != nil || now != seen {
					return fmt.Errorf("%s on a full disk: %+v %w", act, now, err)
				}
			}
			if try == 1 {
				if err := empty(); err != nil {
					return err
				}
			}
		}
	}
	if free == 0 && refused == 0 {
		return errors.New("the disk was not full")
	}
	if err := empty(); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	closed = true
	if err := h.leave(); err != nil {
		return err
	}
	p := before.keep(said.String(), acts...)
	if p.doubt != "" {
		return fmt.Errorf("%s was not done", p.doubt)
	}
	return p.check(m.dir)
}

// DB-09: a read-only disk, folder, or file is said at the start, before anybody
// signs in, and costs nothing.
func TestDB09_ReadOnly(t *testing.T) {
	needMount(t)
	var faults []fault
	for _, r := range roads {
		from, before := road(t, r.fresh, r.before)
		add := func(name string, protect func(m mounted) (undo func() error, err error)) {
			faults = append(faults, fault{"read-only", r.name + ", " + name, func(t *testing.T) (bool, error) {
				m, unmount, err := mount(t, from, "8m")
				if err != nil {
					return false, err
				}
				defer unmount()
				undo, err := protect(m)
				if err != nil {
					return false, err
				}
				out, workErr := work(nil, m.dir, before, r.acts, nil)
				if err := undo(); err != nil {
					return false, err
				}
				p := before.keep(out, r.acts...)
				if p.started || len(p.errors) == 0 {
					return true, fmt.Errorf("it started: %w\n%s", workErr, out)
				}
				if err := told(p, app.CodeProfileUnwritable); err != nil {
					return true, err
				}
				return true, p.check(m.dir)
			}})
		}
		add("disk", func(m mounted) (func() error, error) {
			return func() error { return m.remount(0, "size=8m") }, m.remount(syscall.MS_RDONLY, "")
		})
		add("folder", func(m mounted) (func() error, error) { return bindReadOnly(m.dir) })
		if !r.fresh {
			add("database", func(m mounted) (func() error, error) { return bindReadOnly(filepath.Join(m.dir, "munpae.db")) })
		}
	}
	tryAll(t, disksAtMost, faults)
}

// bindReadOnly lays a read-only view over path.
func bindReadOnly(path string) (undo func() error, err error) {
	if err := syscall.Mount(path, path, "", syscall.MS_BIND, ""); err != nil {
		return nil, err
	}
	undo = func() error { return syscall.Unmount(path, syscall.MNT_DETACH) }
	if err := syscall.Mount("", path, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		return nil, errors.Join(err, undo())
	}
	return undo, nil
}
