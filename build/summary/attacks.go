package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// kinds are the attackers of app/docs/security.md by the rows that their attacks have.
// A test that keeps rows of several counts for the first.
var kinds = []struct{ name, rows string }{
	{"another user of the computer", "PE AT-01 AT-02 AT-03 AT-04 HT-01"},
	{"a former owner of a port", "FP AT-05 AT-06 AT-07"},
	{"a page in the person's browser", "HT CB DV"},
	{"a crossed or replayed sign-in", "ST PK AL"},
	{"a hostile provider", "CR PJ"},
	{"forged, stolen or old tokens", "TK RR CK TM SE"},
	{"a script in the window", "WV"},
	{"another account on this computer", "AC"},
	{"a guesser of recovery codes", "RC"},
	{"planted or damaged files", "PF DB CF KS"},
	{"a deleted person who comes back", "DL"},
	{"a name that passes for another", "NK"},
}

var row = regexp.MustCompile(`[A-Z]{2}\d{2}`)

// kindOf returns the place in kinds of a test by its name, or -1.
func kindOf(test string) int {
	found := row.FindString(test)
	if found == "" {
		return -1
	}
	area, whole := found[:2], found[:2]+"-"+found[2:]
	for _, exact := range []bool{true, false} {
		for i, k := range kinds {
			for _, r := range strings.Fields(k.rows) {
				if exact && r == whole || !exact && r == area {
					return i
				}
			}
		}
	}
	return -1
}

// attacks prints how many attacks of each kind were tried and held in what
// `go test -json` wrote. An attack is a test of a row, or each case of one.
func attacks(files []string) error {
	return table(files, "attacks by", len(kinds), func(i int) string { return kinds[i].name }, func(r result) int {
		return kindOf(strings.SplitN(r.test, "/", 2)[0])
	})
}

// result is the end of one test, or of one case of it, and where it ran.
type result struct {
	file    string // its base name
	suite   string // the system that a script said the tests of this part of the file run on
	pkg     string
	test    string
	outcome string // pass, fail or skip; of the last run there
}

// table prints a row for each of n kinds of tests: tried, held and skipped. place is a
// test's row, or -1.
func table(files []string, heading string, n int, called func(int) string, place func(result) int) error {
	results, err := resultsIn(files)
	if err != nil {
		return err
	}
	type count struct{ tried, held, skipped int }
	counts := make([]count, n)
	for _, r := range results {
		i := place(r)
		if i < 0 {
			continue
		}
		if r.outcome == "skip" {
			counts[i].skipped++
			continue
		}
		counts[i].tried++
		if r.outcome == "pass" {
			counts[i].held++
		}
	}
	fmt.Printf("%-44s %6s %6s %6s\n", heading, "tried", "held", "skipped")
	for i, c := range counts {
		fmt.Printf("%-44s %6d %6d %6d\n", called(i), c.tried, c.held, c.skipped)
	}
	return nil
}

// resultsIn reads what `go test -json` wrote. Where a test has cases, they count, and it
// does not.
func resultsIn(files []string) ([]result, error) {
	results := map[result]string{} // by all but their outcome
	parents := map[result]bool{}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 16<<20)
		suite := ""
		for lines.Scan() {
			var e event
			if json.Unmarshal(lines.Bytes(), &e) != nil {
				continue
			}
			if e.Action == "suite" { // suite_is, in build/roots.sh
				suite = e.Output
			}
			if e.Test == "" {
				continue
			}
			switch e.Action {
			case "pass", "fail", "skip":
				key := result{file: filepath.Base(name), suite: suite, pkg: e.Package, test: e.Test}
				results[key] = e.Action
				if i := strings.LastIndexByte(e.Test, '/'); i >= 0 {
					key.test = e.Test[:i]
					parents[key] = true
				}
			}
		}
		f.Close()
		if err := lines.Err(); err != nil {
			return nil, err
		}
	}
	var all []result
	for r, outcome := range results {
		if !parents[r] {
			r.outcome = outcome
			all = append(all, r)
		}
	}
	return all, nil
}
