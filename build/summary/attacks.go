package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
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
	results := map[string]string{} // by package and test, the last run of each
	parents := map[string]bool{}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			var e event
			if json.Unmarshal(lines.Bytes(), &e) != nil || e.Test == "" {
				continue
			}
			switch e.Action {
			case "pass", "fail", "skip":
				key := e.Package + " " + e.Test
				results[key] = e.Action
				if i := strings.LastIndexByte(key, '/'); i > strings.IndexByte(key, ' ') {
					parents[key[:i]] = true
				}
			}
		}
		f.Close()
		if err := lines.Err(); err != nil {
			return err
		}
	}
	type count struct{ tried, held, skipped int }
	counts := make([]count, len(kinds))
	for name, action := range results {
		_, test, _ := strings.Cut(name, " ")
		i := kindOf(strings.SplitN(test, "/", 2)[0])
		if i < 0 || parents[name] {
			continue // its cases count
		}
		if action == "skip" {
			counts[i].skipped++
			continue
		}
		counts[i].tried++
		if action == "pass" {
			counts[i].held++
		}
	}
	fmt.Printf("%-34s %6s %6s %6s\n", "attacks by", "tried", "held", "skipped")
	for i, k := range kinds {
		c := counts[i]
		fmt.Printf("%-34s %6d %6d %6d\n", k.name, c.tried, c.held, c.skipped)
	}
	return nil
}
