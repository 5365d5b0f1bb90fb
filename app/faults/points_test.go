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
		points := pass(t, from, before, r.acts)
		if len(points) < 8 {
			t.Errorf("%s: only %v", r.name, points)
		}
		for _, point := range points {
			faults = append(faults, fault{"point-kill", r.name + " at " + point, func(t *testing.T) (bool, error) {
				dir := scratch(t)
				defer os.RemoveAll(dir)
				copyTo(t, from, dir)
				out, err := work(nil, dir, before, r.acts, []string{"CRASH_AT=" + point})
				if !killed(err) {
					return false, fmt.Errorf("not killed: %w\n%s", err, out)
				}
				return true, before.keep(out, r.acts...).check(dir)
			}}, fault{"point-error", r.name + " at " + point, func(t *testing.T) (bool, error) {
				dir := scratch(t)
				defer os.RemoveAll(dir)
				copyTo(t, from, dir)
				out, err := work(nil, dir, before, r.acts, []string{"FAIL_AT=" + point})
				p := before.keep(out, r.acts...)
				if !p.started || p.doubt != "" { // CP-04: the same act again, in the same window, works
					return true, fmt.Errorf("trying again did not work: %w\n%s", err, out)
				}
				if err := told(p, app.CodeProfileUnwritable); err != nil {
					return true, err
				}
				return true, p.check(dir)
			}})
		}
	}
	tryAll(t, pointsAtMost, faults)
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
