//go:build faults && crashtest && linux

package faults_test

import (
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sector is the unit in which a disk writes whole or not at all.
const sector = 512

// change is one thing that a program did to its disk, as the trace tells it.
type change struct {
	act  string // open, write, cut, sync, move, remove, say
	path string // relative to the profile; "" is the profile folder
	to   string // move
	file int    // open, write, cut, sync: which open file, counted from 1; 0 is a folder
	at   int64  // write, cut
	data []byte // write, say
}

// unescape reads a string of strace -xx.
func unescape(t *testing.T, s string) string {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(strings.Trim(s, `"`), `\x`, ""))
	if err != nil {
		t.Fatalf("%v in %.100q", err, s)
	}
	return string(b)
}

// record runs the acts once and returns what they did to the disk, and what the
// worker printed when.
func record(t *testing.T, dir string, p promise, acts []string) []change {
	t.Helper()
	log := filepath.Join(t.TempDir(), "strace")
	front := traced(log, "-xx", "-s", "10000000", "-e", "trace=?"+strings.Join(append([]string{"close", "lseek", "creat", "dup", "dup3"}, writes...), ",?"))
	if out, err := work(front, dir, p, acts, nil); err != nil {
		t.Fatal(err, out)
	}
	var changes []change
	type open struct {
		path     string
		file     int
		position int64
	}
	fds := map[string]*open{}
	files := 0
	inside := func(argument string) (string, bool) {
		path := unescape(t, argument)
		if path == dir {
			return "", true
		}
		return strings.CutPrefix(path, dir+"/")
	}
	number := func(s string) int64 {
		n, err := strconv.ParseInt(s, 0, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, c := range calls(t, log) {
		if strings.HasPrefix(c.result, "-1") || strings.HasPrefix(c.result, "?") {
			continue
		}
		a := strings.Split(c.arguments, ", ")
		f := fds[a[0]]
		switch c.name {
		case "openat":
			fd := strings.Fields(c.result)[0]
			delete(fds, fd)
			path, ok := inside(a[1])
			if !ok || strings.HasSuffix(path, "-shm") { // rebuilt from the WAL, and written without calls
				continue
			}
			o := &open{path: path}
			if !strings.Contains(a[2], "O_DIRECTORY") && path != "" && path != "backup" {
				files++
				o.file = files
				changes = append(changes, change{act: "open", path: path, file: o.file})
			}
			if strings.Contains(a[2], "O_TRUNC") || strings.Contains(a[2], "O_APPEND") {
				t.Fatalf("not understood: %s(%.200s)", c.name, c.arguments)
			}
			fds[fd] = o
		case "close":
			delete(fds, a[0])
		case "write":
			if a[0] == "1" {
				changes = append(changes, change{act: "say", data: []byte(unescape(t, a[1]))})
			} else if f != nil {
				data := []byte(unescape(t, a[1]))[:number(c.result)]
				changes = append(changes, change{act: "write", path: f.path, file: f.file, at: f.position, data: data})
				f.position += int64(len(data))
			}
		case "pwrite64":
			if f != nil {
				data := []byte(unescape(t, a[1]))[:number(c.result)]
				changes = append(changes, change{act: "write", path: f.path, file: f.file, at: number(a[3]), data: data})
			}
		case "ftruncate":
			if f != nil {
				changes = append(changes, change{act: "cut", path: f.path, file: f.file, at: number(a[1])})
			}
		case "fsync", "fdatasync":
			if f != nil {
				changes = append(changes, change{act: "sync", path: f.path, file: f.file})
			}
		case "rename", "renameat", "renameat2":
			if c.name != "rename" {
				a = []string{a[1], a[3]}
			}
			from, one := inside(a[0])
			to, two := inside(a[1])
			if one && two {
				changes = append(changes, change{act: "move", path: from, to: to})
			}
		case "unlink", "unlinkat":
			if c.name == "unlinkat" {
				a = a[1:]
			}
			if path, ok := inside(a[0]); ok && !strings.HasSuffix(path, "-shm") {
				changes = append(changes, change{act: "remove", path: path})
			}
		case "mkdir", "mkdirat", "chmod", "fchmod", "fchmodat": // modes and the empty folder for backups hold nothing
		case "lseek":
			if f != nil && a[2] != "SEEK_CUR" && c.result != "0" {
				t.Fatalf("not understood: %s(%s) = %s", c.name, c.arguments, c.result)
			}
		default:
			if f != nil {
				t.Fatalf("not understood: %s(%.200s)", c.name, c.arguments)
			}
		}
	}
	return changes
}

// inode is a file's content: what is on the disk for certain, and what was
// written since.
type inode struct {
	certain []byte
	since   []change
}

// disk is what a computer would find after power came back.
type disk struct {
	names  map[string]*inode // for certain
	moved  []change          // changes of names since the folder was synced
	now    map[string]*inode // as the running program sees the names
	inodes map[int]*inode    // by open file
}

func newDisk() *disk {
	return &disk{names: map[string]*inode{}, now: map[string]*inode{}, inodes: map[int]*inode{}}
}

// play applies one change. Without an fsync nothing is certain, and the fsync of
// a file says nothing about its name.
func (d *disk) play(c change) {
	switch c.act {
	case "open":
		if d.now[c.path] == nil {
			d.now[c.path] = &inode{}
			d.moved = append(d.moved, change{act: "open", path: c.path, file: c.file})
		}
		d.inodes[c.file] = d.now[c.path]
	case "write", "cut":
		i := d.inodes[c.file]
		i.since = append(i.since, c)
	case "sync":
		if c.file != 0 {
			i := d.inodes[c.file]
			i.certain, i.since = apply(i.certain, i.since), nil
			return
		}
		var other []change
		for _, m := range d.moved {
			if filepath.Dir(m.path) == "." == (c.path == "") {
				d.rename(d.names, m)
			} else {
				other = append(other, m)
			}
		}
		d.moved = other
	case "move", "remove":
		d.rename(d.now, c)
		d.moved = append(d.moved, c)
	}
}

// rename applies a change of names.
func (d *disk) rename(names map[string]*inode, c change) {
	switch c.act {
	case "open":
		names[c.path] = d.inodes[c.file]
	case "move":
		if i := names[c.path]; i != nil {
			names[c.to] = i
		}
		delete(names, c.path)
	case "remove":
		delete(names, c.path)
	}
}

func apply(content []byte, changes []change) []byte {
	content = slices.Clone(content)
	grow := func(n int64) {
		if n > int64(len(content)) {
			content = append(content, make([]byte, n-int64(len(content)))...)
		}
	}
	for _, c := range changes {
		if c.act == "cut" {
			grow(c.at)
			content = content[:c.at]
			continue
		}
		grow(c.at + int64(len(c.data)))
		copy(content[c.at:], c.data)
	}
	return content
}

// loss decides what of the uncertain is lost.
type loss struct {
	name string
	keep func() bool // a change is there, wholly
	torn bool        // decided for each sector of a write
}

func losses(seed uint64) []loss {
	half := func(more uint64) func() bool {
		r := rand.New(rand.NewPCG(seed, more))
		return func() bool { return r.IntN(2) == 0 }
	}
	return []loss{
		{"nothing unsynced is kept", func() bool { return false }, false},
		{"everything is kept", func() bool { return true }, false},
		{"some is kept (1)", half(1), false},
		{"some is kept (2)", half(2), false},
		{"torn (1)", half(3), true},
		{"torn (2)", half(4), true},
	}
}

// fail writes what is left of the disk into dir.
func (d *disk) fail(dir string, l loss) error {
	names := maps.Clone(d.names)
	for _, m := range d.moved {
		if l.keep() {
			d.rename(names, m)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		i := names[name]
		var kept []change
		for _, c := range i.since {
			switch {
			case l.torn && c.act == "write":
				for at := int64(0); at < int64(len(c.data)); {
					end := min(int64(len(c.data)), (c.at+at)/sector*sector+sector-c.at)
					if l.keep() {
						kept = append(kept, change{act: "write", at: c.at + at, data: c.data[at:end]})
					}
					at = end
				}
			case l.keep():
				kept = append(kept, c)
			}
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, apply(i.certain, kept), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// CP-03: power is lost after any call of a first start, a sign-up, rotations, a
// rename and a sign-out, and the disk forgets any part of what was not synced.
func TestCP03_PowerLossAtEveryCut(t *testing.T) {
	needStrace(t)
	acts := []string{signIn, claim, rotate, wait, rotate, rename, signOut, signIn, claim, rotate}
	dir := scratch(t)
	start := promise{At: began}
	changes := record(t, dir, start, acts)
	if n := count(changes, "sync"); n < 10 {
		t.Fatalf("%d syncs in the recording", n)
	}
	// The recording is the truth: played to its end, the disk holds the same bytes.
	d := newDisk()
	for _, c := range changes {
		d.play(c)
	}
	for name, i := range d.now {
		if got, want := apply(i.certain, i.since), mustRead(t, filepath.Join(dir, name)); string(got) != string(want) {
			t.Fatalf("the recording of %s differs: %d bytes, not %d", name, len(got), len(want))
		}
	}
	var faults []fault
	for cut := range len(changes) + 1 {
		if cut > 0 && changes[cut-1].act == "open" && cut < len(changes) {
			continue // an opened file alone is the next cut too
		}
		for which, l := range losses(uint64(cut)) {
			name := fmt.Sprintf("cut %d, %s", cut, l.name)
			faults = append(faults, fault{"power-loss", name, func(t *testing.T) (bool, error) {
				return true, powerLoss(t, changes[:cut], losses(uint64(cut))[which], start, acts)
			}})
		}
	}
	tryAll(t, powerAtMost, faults)
}

func count(changes []change, act string) (n int) {
	for _, c := range changes {
		if c.act == act {
			n++
		}
	}
	return n
}

func powerLoss(t *testing.T, changes []change, l loss, start promise, acts []string) error {
	d := newDisk()
	var said strings.Builder
	for _, c := range changes {
		d.play(c)
		if c.act == "say" {
			said.Write(c.data)
		}
	}
	dir := scratch(t)
	defer os.RemoveAll(dir)
	if err := d.fail(dir, l); err != nil {
		return err
	}
	return start.keep(said.String(), acts...).check(dir)
}
