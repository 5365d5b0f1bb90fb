//go:build faults && crashtest && linux

package faults_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// full asks for every fault there is, however long it takes.
var full = os.Getenv("MUNPAE_FAULTS_FULL") != ""

// only names faults by a regular expression, for whoever looks into one.
var only = os.Getenv("MUNPAE_FAULTS_ONLY")

// Bounds of a default run, by kind. What they leave out is an even sample.
const (
	pointsAtMost   = 50 * time.Second
	syscallsAtMost = 100 * time.Second
	powerAtMost    = 40 * time.Second
	disksAtMost    = 20 * time.Second
)

// roads are what is done while a fault happens, and what was done before it.
var roads = []struct {
	name   string
	fresh  bool // before the first start
	before []string
	acts   []string
}{
	{"first start", true, nil, nil},
	{"sign-up", false, nil, []string{signIn, claim}},
	{"rotation", false, []string{signIn, claim}, []string{rotate}},
	{"later rotation", false, []string{signIn, claim, wait, rotate}, []string{wait, rotate}},
	{"rename", false, []string{signIn, claim}, []string{rename}},
	{"sign-out", false, []string{signIn, claim}, []string{signOut}},
	{"sign-in", false, []string{signIn, claim, signOut}, []string{signIn, claim}},
}

// road returns a profile in which before has happened, to be copied.
func road(t *testing.T, fresh bool, before []string) (dir string, p promise) {
	t.Helper()
	dir, p = scratch(t), promise{At: began}
	if fresh {
		return dir, p
	}
	out, err := work(nil, dir, p, before, nil)
	if p = p.keep(out, before...); err != nil || !p.finished || len(p.errors) != 0 {
		t.Fatalf("%v\n%s", err, out)
	}
	p.At = p.At.Add(time.Minute)
	if len(before) == 0 {
		return dir, p // nobody to make a backup of
	}
	// The daily backup is made now, not beside the act.
	h, err := enter(dir, &clock{at: p.At})
	if err != nil {
		t.Fatal(err)
	}
	made := func() bool {
		names, _ := filepath.Glob(filepath.Join(dir, "backup", "*.db"))
		return len(names) > 0
	}
	for !made() {
		time.Sleep(time.Millisecond)
	}
	if err := h.leave(); err != nil {
		t.Fatal(err)
	}
	return dir, p
}

// work starts a worker, under the command in front if there is one, and returns
// what it printed.
func work(front []string, dir string, p promise, acts, environment []string) (string, error) {
	text, err := json.Marshal(task{Dir: dir, Acts: acts, At: p.At, Session: p.Session, Token: p.Token, Door: p.Door, Codes: p.Codes})
	if err != nil {
		return "", err
	}
	args := append(slices.Clone(front), os.Args[0])
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), taskVariable+"="+string(text), "GOMAXPROCS=1", "GOTRACEBACK=none")
	cmd.Env = append(cmd.Env, environment...)
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	if err != nil && errOut.Len() > 0 {
		err = fmt.Errorf("%w: %.400s", err, errOut.String())
	}
	return string(out), err
}

func killed(err error) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// fault is one fault of a kind: what it is called, and what it does. happened is
// false if the process never came to it.
type fault struct {
	kind, name string
	try        func(t *testing.T) (happened bool, err error)
}

// tryAll tries the faults, two at a time and in an order that is random but the
// same in every run, until they are all tried or the time is over, and prints
// what held.
func tryAll(t *testing.T, atMost time.Duration, faults []fault) {
	t.Helper()
	if only != "" {
		named := regexp.MustCompile(only)
		faults = slices.DeleteFunc(faults, func(f fault) bool { return !named.MatchString(f.kind + ": " + f.name) })
	}
	type tally struct{ all, tried, held, missed int }
	tallies := map[string]*tally{}
	var kinds []string
	for _, f := range faults {
		if tallies[f.kind] == nil {
			kinds, tallies[f.kind] = append(kinds, f.kind), &tally{}
		}
		tallies[f.kind].all++
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(faults), func(i, j int) { faults[i], faults[j] = faults[j], faults[i] })
	queue := make(chan fault)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for f := range queue {
				happened, err := f.try(t)
				mu.Lock()
				tally := tallies[f.kind]
				switch {
				case err != nil:
					tally.tried++
					t.Errorf("%s: %s: %v", f.kind, f.name, err)
				case happened:
					tally.tried++
					tally.held++
				default:
					tally.missed++
				}
				mu.Unlock()
			}
		})
	}
	began := time.Now()
	for _, f := range faults {
		if !full && time.Since(began) > atMost {
			break
		}
		queue <- f
	}
	close(queue)
	wg.Wait()
	for _, kind := range kinds {
		c := tallies[kind]
		line := fmt.Sprintf("faults: kind=%s tried=%d held=%d of=%d", kind, c.tried, c.held, c.all)
		if c.missed > 0 {
			line += fmt.Sprintf(" not-reached=%d", c.missed)
		}
		fmt.Println(line)
		if c.tried == 0 || c.tried != c.held {
			t.Errorf("%s: %d of %d held", kind, c.held, c.tried)
		}
		if c.missed > c.all/10 {
			t.Errorf("%s: %d of %d never happened", kind, c.missed, c.all)
		}
	}
	fmt.Printf("faults: %s took %.0f s\n", t.Name(), time.Since(began).Seconds())
}

// told holds a worker's errors to what a person reads: each has a code with a sentence about what
// is wrong, never the one that says nothing.
func told(p promise, allowed ...app.Code) error {
	for _, line := range p.errors {
		w := strings.Fields(line)
		if !slices.Contains(allowed, app.Code(w[2])) {
			return fmt.Errorf("the person is told %q", line)
		}
	}
	return nil
}
