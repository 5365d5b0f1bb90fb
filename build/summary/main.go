// Command summary reads what the test runners wrote and says it shortly: the
// output of `go test -json`, and vitest's JSON report.
//
//	summary FILE…                        each package, and the output of what failed; exit 1 if any did
//	summary -attacks FILE…                 attacks tried and held, by kind
//	summary -desktops FILE…                what was tried and held on each desktop
//	summary -total [-also-failed N] FILE…  one last line, "N passed, N failed"; exit 1 if any did
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// event is one line of `go test -json` (go doc test2json).
type event struct {
	Action, Package, ImportPath, Test, Output string
	Elapsed                                   float64
}

type counts struct{ passed, failed, skipped int }

func main() {
	total := flag.Bool("total", false, "print only the last line")
	also := flag.Int("also-failed", 0, "steps that failed and have no tests to count")
	byKind := flag.Bool("attacks", false, "count attacks by kind")
	byDesktop := flag.Bool("desktops", false, "count what was tried on each desktop")
	flag.Parse()
	if *byDesktop {
		if err := matrix(flag.Args()); err != nil {
			fmt.Fprintln(os.Stderr, "summary:", err)
			os.Exit(1)
		}
		return
	}
	if *byKind {
		if err := attacks(flag.Args()); err != nil {
			fmt.Fprintln(os.Stderr, "summary:", err)
			os.Exit(1)
		}
		return
	}
	var all counts
	for _, name := range flag.Args() {
		c, err := read(name, !*total)
		if err != nil {
			fmt.Fprintf(os.Stderr, "summary: %s: %v\n", name, err)
			c.failed++
		}
		all.passed += c.passed
		all.failed += c.failed
		all.skipped += c.skipped
	}
	// A step that ran tests has counted its failures already.
	if all.failed == 0 {
		all.failed = *also
	}
	if *total {
		line := fmt.Sprintf("%d passed, %d failed", all.passed, all.failed)
		if all.skipped > 0 {
			line += fmt.Sprintf(", %d skipped", all.skipped)
		}
		fmt.Println(line)
	}
	if all.failed > 0 {
		os.Exit(1)
	}
}

func read(name string, tell bool) (counts, error) {
	f, err := os.Open(name)
	if err != nil {
		return counts{}, err
	}
	defer f.Close()
	switch filepath.Base(name) {
	case "vitest.json", "page.json": // both are vitest's
		return readVitest(f)
	}
	return readGo(f, tell)
}

func readVitest(r io.Reader) (counts, error) {
	var report struct {
		NumPassedTests, NumFailedTests, NumPendingTests, NumFailedTestSuites int
	}
	err := json.NewDecoder(r).Decode(&report)
	failed := report.NumFailedTests
	if failed == 0 {
		failed = report.NumFailedTestSuites // a file that does not even load
	}
	return counts{report.NumPassedTests, failed, report.NumPendingTests}, err
}

func readGo(r io.Reader, tell bool) (counts, error) {
	var c counts
	output := map[string]*strings.Builder{} // by package and test
	failedIn := map[string]int{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	say := func(format string, args ...any) {
		if tell {
			fmt.Printf(format, args...)
		}
	}
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			say("%s\n", lines.Text()) // not a test's: the compiler's, the runner's
			continue
		}
		key := e.Package + "\x00" + e.Test
		switch e.Action {
		case "output", "build-output":
			if e.Action == "build-output" {
				say("%s", e.Output)
				continue
			}
			if output[key] == nil {
				output[key] = &strings.Builder{}
			}
			output[key].WriteString(e.Output)
			// What the fault suite counts is worth reading when it went well, too.
			if strings.Contains(e.Output, "faults: kind=") {
				say("     %s", e.Output)
			}
		case "pass", "skip", "fail":
			if e.Test == "" {
				switch {
				case e.Action == "fail" && failedIn[e.Package] == 0:
					// The package did not build, or died outside a test.
					c.failed++
					say("FAIL %s\n", e.Package)
					if output[key] != nil {
						say("%s", output[key])
					}
				case e.Action == "pass":
					say("ok   %s %.1fs\n", e.Package, e.Elapsed)
				}
				continue
			}
			switch e.Action {
			case "pass":
				c.passed++
			case "skip":
				c.skipped++
				say("skip %s %s\n", e.Package, e.Test)
			case "fail":
				c.failed++
				failedIn[e.Package]++
				say("FAIL %s %s\n", e.Package, e.Test)
				if output[key] != nil {
					say("%s", output[key])
				}
			}
			delete(output, key)
		}
	}
	return c, lines.Err()
}
