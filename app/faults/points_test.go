//go:build faults && crashtest && linux

package faults_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/app"
)

// CP-01, RR-11, KS-07: killed before and after every statement, and failing at
// every statement.
func TestCP01_EveryNamedPointOfEveryAct(t *testing.T) {
	var faults []fault
	for _, r := range roads {
		from, before := road(t, r.fresh, r.before)
		faults = append(faults, atPoints(t, walk{"point", r.name, from, before, r.acts, promise.check, 8})...)
	}
	tryAll(t, pointsAtMost, faults)
}

// walk is what a worker does with a profile, and what has to be so after it.
type walk struct {
	kind, name string
	from       string // the profile as it is before
	before     promise
	acts       []string
	check      func(promise, string) error
	least      int // named points, in all
}

// atPoints are the faults of a walk at its named points: killed there, and failing there.
func atPoints(t *testing.T, w walk) (faults []fault) {
	t.Helper()
	points := pass(t, w.from, w.before, w.acts)
	if len(points) < w.least {
		t.Errorf("%s: only %v", w.name, points)
	}
	for _, point := range points {
		faults = append(faults, fault{w.kind + "-kill", w.name + " at " + point, func(t *testing.T) (bool, error) {
			dir := scratch(t)
			defer os.RemoveAll(dir)
			copyTo(t, w.from, dir)
			out, err := work(nil, dir, w.before, w.acts, []string{"CRASH_AT=" + point})
			if !killed(err) {
				return false, fmt.Errorf("not killed: %w\n%s", err, out)
			}
			return true, w.check(w.before.keep(out, w.acts...), dir)
		}}, fault{w.kind + "-error", w.name + " at " + point, func(t *testing.T) (bool, error) {
			dir := scratch(t)
			defer os.RemoveAll(dir)
			copyTo(t, w.from, dir)
			out, err := work(nil, dir, w.before, w.acts, []string{"FAIL_AT=" + point})
			p := w.before.keep(out, w.acts...)
			if !p.started || p.doubt != "" { // CP-04: the same act again, in the same window, works
				return true, fmt.Errorf("trying again did not work: %w\n%s", err, out)
			}
			if err := told(p, app.CodeProfileUnwritable); err != nil {
				return true, err
			}
			return true, w.check(p, dir)
		}})
	}
	return faults
}

// pass returns the named points that the acts pass, once each.
func pass(t *testing.T, from string, p promise, acts []string) []string {
	t.Helper()
	dir, list := scratch(t), filepath.Join(t.TempDir(), "points")
	copyTo(t, from, dir)
	if out, err := work(nil, dir, p, acts, []string{"CRASH_LIST=" + list}); err != nil {
		t.Fatal(err, out)
	}
	text, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	points := strings.Fields(string(text))
	slices.Sort(points)
	return slices.Compact(points)
}
