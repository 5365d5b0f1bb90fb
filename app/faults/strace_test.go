//go:build faults && crashtest && linux

package faults_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/app"
)

// writes are the system calls that change a disk.
var writes = []string{
	"openat", "write", "pwrite64", "pwritev", "fsync", "fdatasync", "sync_file_range", "ftruncate", "fallocate",
	"rename", "renameat", "renameat2", "unlink", "unlinkat", "link", "linkat", "symlinkat", "mkdir", "mkdirat",
	"chmod", "fchmod", "fchmodat", "fchmodat2",
}

// needStrace skips only where nobody may trace, and says so.
func needStrace(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("faults: not tried:", err)
	}
	if out, err := exec.Command("strace", "-f", "-qq", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		t.Skipf("faults: not tried: strace may not trace here: %s", out)
	}
}

func traced(log string, more ...string) []string {
	return append([]string{"strace", "-f", "-qq", "-e", "signal=none", "-o", log}, more...)
}

// call is one line of strace: who made which call, with what.
type call struct {
	thread, name, arguments, result string
}

var callLine = regexp.MustCompile(`^(\d+) +(?:([a-z0-9_]+)\((.*)\)|<\.\.\. ([a-z0-9_]+) resumed>(.*)\)) += (.*)$`)

// calls reads a log of strace -f; a call that another thread interrupted stands
// where it ended.
func calls(t *testing.T, log string) []call {
	t.Helper()
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var all []call
	begun := map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasSuffix(line, " <detached ...>") {
			continue // a thread that went with the program, amid a call or between two ("???(")
		}
		if head, ok := strings.CutSuffix(line, " <unfinished ...>"); ok {
			thread, rest, _ := strings.Cut(head, " ")
			_, arguments, _ := strings.Cut(rest, "(")
			begun[thread] = arguments
			continue
		}
		m := callLine.FindStringSubmatch(line)
		if m == nil {
			if strings.Contains(line, "(") {
				t.Fatalf("strace wrote %.200q", line)
			}
			continue // +++ exited
		}
		c := call{m[1], m[2], strings.TrimRight(m[3], " "), m[6]}
		if c.name == "" {
			c.name, c.arguments = m[4], begun[m[1]]+m[5]
		}
		all = append(all, c)
	}
	return all
}

func TestCallsOfThreadsThatGoWithTheProgramAreNone(t *testing.T) {
	log := filepath.Join(t.TempDir(), "strace")
	if err := os.WriteFile(log, []byte("19315 ???( <detached ...>\n19316 fsync(5 <unfinished ...>\n19317 write(7, \"x\", 1 <detached ...>\n19316 <... fsync resumed>)             = 0\n19316 +++ exited with 0 +++\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := calls(t, log); !slices.Equal(got, []call{{"19316", "fsync", "5", "0"}}) {
		t.Errorf("%+v", got)
	}
}

// files returns every path in the profile that a run touches, relative to it.
func files(t *testing.T, from string, p promise, acts []string) []string {
	t.Helper()
	dir, log := scratch(t), filepath.Join(t.TempDir(), "strace")
	copyTo(t, from, dir)
	if out, err := work(traced(log, "-e", "trace=%file"), dir, p, acts, nil); err != nil {
		t.Fatal(err, out)
	}
	var paths []string
	for _, path := range regexp.MustCompile(regexp.QuoteMeta(dir)+`[^"]*`).FindAllString(string(mustRead(t, log)), -1) {
		paths = append(paths, strings.TrimPrefix(path, dir))
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

func mustRead(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// within restricts strace to the profile's files, so that the pipes of the Go
// runtime and the worker's own output are left alone.
func within(dir string, files []string) []string {
	var options []string
	for _, f := range files {
		options = append(options, "-P", dir+f)
	}
	return options
}

// CP-02, CP-04, KS-07, DB-08: every call that writes to the profile, in turn the
// one at which the process is killed, the disk fails, the disk is full.
func TestCP02_EveryWriteSystemCall(t *testing.T) {
	needStrace(t)
	effects := []struct {
		name, inject, stays string
		allowed             []app.Code
	}{
		{"kill", "signal=KILL", "", nil},
		{"EIO", "error=EIO", "", []app.Code{app.CodeProfileUnwritable}},
		{"ENOSPC", "error=ENOSPC", "", []app.Code{app.CodeDiskFull}},
		// From then on, until the program is started again.
		{"EIO-that-stays", "error=EIO", "+", []app.Code{app.CodeProfileUnwritable}},
	}
	var faults []fault
	type way struct {
		name   string
		from   string
		before promise
		acts   []string
		check  func(promise, string) error
	}
	var ways []way
	for _, r := range roads {
		from, before := road(t, r.fresh, r.before)
		ways = append(ways, way{r.name, from, before, r.acts, promise.check})
	}
	for _, l := range lives {
		from, before := l.prepare(t)
		ways = append(ways, way{l.name, from, before, l.acts, l.check})
	}
	for _, r := range ways {
		from, before := r.from, r.before
		paths := files(t, from, before, r.acts)
		dir, log := scratch(t), filepath.Join(t.TempDir(), "strace")
		copyTo(t, from, dir)
		front := append(traced(log, "-e", "trace=?"+strings.Join(writes, ",?")), within(dir, paths)...)
		if out, err := work(front, dir, before, r.acts, nil); err != nil {
			t.Fatal(err, out)
		}
		counted := map[string]int{} // by thread and call, as strace counts
		seen := map[string]bool{}
		for _, c := range calls(t, log) {
			counted[c.thread+c.name]++
			n := counted[c.thread+c.name]
			id := fmt.Sprint(c.name, n)
			if c.name == "openat" && !strings.Contains(c.arguments, "O_CREAT") || seen[id] {
				continue
			}
			seen[id] = true
			for _, e := range effects {
				faults = append(faults, fault{"syscall-" + e.name, fmt.Sprintf("%s at %s %d", r.name, c.name, n), func(t *testing.T) (bool, error) {
					dir := scratch(t)
					defer os.RemoveAll(dir)
					copyTo(t, from, dir)
					log := dir + ".strace"
					defer os.Remove(log)
					front := traced(log, "-e", "trace="+c.name, "-e", fmt.Sprintf("inject=%s:%s:when=%d%s", c.name, e.inject, n, e.stays))
					out, err := work(append(front, within(dir, paths)...), dir, before, r.acts, nil)
					p := before.keep(out, r.acts...)
					if e.name == "kill" {
						return killed(err), r.check(p, dir)
					}
					happened := strings.Contains(string(mustRead(t, log)), "(INJECTED)")
					if !happened {
						return false, r.check(p, dir)
					}
					if e.stays == "" && (!p.started || p.doubt != "") { // the same act again, in the same window, works
						return true, fmt.Errorf("trying again did not work: %w\n%s", err, out)
					}
					allowed := e.allowed
					if c.name == "openat" {
						// SQLite then tries to open it for reading, and tells of that.
						allowed = []app.Code{app.CodeDiskFull, app.CodeProfileUnwritable}
					}
					if slices.Contains(r.acts, useCode) { // a try counts until it let somebody in, and nothing can take that back on this disk
						allowed = append(slices.Clone(allowed), app.CodeRateLimited)
					}
					if err := told(p, allowed...); err != nil {
						return true, err
					}
					return true, r.check(p, dir)
				}})
			}
		}
	}
	tryAll(t, syscallsAtMost, faults)
}
