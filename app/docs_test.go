package app_test

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	// citation is a document of this repository, perhaps with a part of it.
	citation = regexp.MustCompile(`(?m)(?:^|[^\w/$.-])((?:[\w.-]+/)*[\w-]+\.md\b(?:#[\p{L}\p{N}_-]+)?)`)
	// link is an address in a document: another file, or a part.
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	address = regexp.MustCompile(`\bhttps?://[^\s)>"'` + "`" + `]+`)
	// place is a file or a folder that a document names; NAME stands for any.
	place    = regexp.MustCompile("`((?:app|build|frontend)/[\\w./-]+)`")
	heading  = regexp.MustCompile(`(?m)^#{1,6} +(.+)$`)
	fence    = regexp.MustCompile("(?ms)^```.*?^```")
	tableRow = regexp.MustCompile(`(?m)^\| ([A-Z]{2}-\d\d) \| (\S.*) \|$`)
	rowID    = regexp.MustCompile(`\b[A-Z]{2}-\d\d\b`)
	goTest   = regexp.MustCompile(`(?m)^func (?:Test|Fuzz)(\w+)\(`)
	// named is how a test begins that keeps rows; misspelt is a row after that.
	named    = regexp.MustCompile(`^(?:[A-Z]{2}\d\d_)+`)
	misspelt = regexp.MustCompile(`(?:^|_)([A-Z]{2})_?\d\d|^\d\d_`)
)

const rowsAt = "docs/security.md"

// sources calls f for each text of the repository, by its path from the root.
func sources(t *testing.T, f func(name, text string)) {
	t.Helper()
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel("..", name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if base := d.Name(); base == ".git" || base == "node_modules" || base == "dist" || rel == "build/bin" {
				return fs.SkipDir
			}
			return nil
		}
		switch path.Ext(rel) {
		case ".go", ".ts", ".svelte", ".css", ".html", ".js", ".mjs", ".md", ".sh", ".sql", ".c", ".h", ".ps1", ".1", ".yml":
		default:
			return nil
		}
		if rel == "app/docs_test.go" || !d.Type().IsRegular() {
			return nil // its own examples
		}
		text, err := os.ReadFile(name)
		if err == nil {
			f(rel, string(text))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// parts are the addresses of a document's headings, made as the usual viewers do.
func parts(text string) []string {
	var all []string
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		title := strings.ToLower(strings.TrimSpace(m[1]))
		title = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(title, "")
		all = append(all, strings.ReplaceAll(title, " ", "-"))
	}
	return all
}

// TestEveryCitedDocumentAndPartExists holds for code and documents alike: what a
// reader is sent to is in the repository. Code cites docs/NAME.md#part, seen from
// app; a document links to others from where it lies.
func TestEveryCitedDocumentAndPartExists(t *testing.T) {
	cited := 0
	check := func(at, from, what string) {
		file, part, _ := strings.Cut(what, "#")
		if strings.Contains(file, "node_modules/") {
			return // npm brings it: there before a build or not
		}
		target := ""
		for _, base := range []string{from, "app", "."} {
			if _, err := os.Stat(filepath.Join("..", base, file)); file != "" && err == nil {
				target = filepath.Join("..", base, file)
				break
			}
		}
		if file == "" {
			target = filepath.Join("..", at)
		}
		if target == "" {
			t.Errorf("%s: there is no document %q", at, file)
			return
		}
		cited++
		if part == "" {
			return
		}
		text, err := os.ReadFile(target)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(parts(string(text)), part) {
			t.Errorf("%s: %s has no part %q", at, file, part)
		}
	}
	sources(t, func(name, text string) {
		text = address.ReplaceAllString(text, "")
		from := path.Dir(name)
		if path.Ext(name) == ".md" {
			for _, m := range link.FindAllStringSubmatch(text, -1) {
				if strings.HasPrefix(m[1], "http") || strings.HasPrefix(m[1], "mailto:") {
					continue
				}
				check(name, from, m[1])
			}
			for _, m := range place.FindAllStringSubmatch(text, -1) {
				if strings.HasPrefix(m[1], "build/bin/") || strings.Contains(m[1], "NAME") {
					continue
				}
				if _, err := os.Stat(filepath.Join("..", m[1])); err != nil {
					t.Errorf("%s: there is no %s", name, m[1])
				}
			}
			text = link.ReplaceAllString(text, "]")
		}
		for _, c := range citation.FindAllStringSubmatch(text, -1) {
			if !strings.HasPrefix(c[1], "share/") { // where a package puts it
				check(name, from, c[1])
			}
		}
	})
	if cited < 40 {
		t.Errorf("only %d citations were looked at", cited)
	}
}

// TestEveryRowHasATestAndEveryTestARow holds the table of promises and the tests
// together: a row is a line of the table, its test's name begins with it, and
// whatever else names a row names one that exists.
func TestEveryRowHasATestAndEveryTestARow(t *testing.T) {
	table, err := os.ReadFile(rowsAt)
	if err != nil {
		t.Fatal(err)
	}
	rows, areas := map[string]bool{}, map[string]bool{}
	for _, m := range tableRow.FindAllStringSubmatch(string(table), -1) {
		if rows[m[1]] {
			t.Errorf("%s has %s twice", rowsAt, m[1])
		}
		rows[m[1]], areas[m[1][:2]] = true, true
	}
	if len(rows) < 100 {
		t.Fatalf("%s has %d rows: its table is written in another way now", rowsAt, len(rows))
	}
	tested := map[string]bool{}
	sources(t, func(name, text string) {
		if strings.HasSuffix(name, "_test.go") {
			for _, m := range goTest.FindAllStringSubmatch(text, -1) {
				ids := named.FindString(m[1])
				if wrong := misspelt.FindStringSubmatch(m[1][len(ids):]); wrong != nil && (wrong[1] == "" || areas[wrong[1]]) {
					t.Errorf("%s: Test%s: rows are written TestAB01_…, or TestAB01_CD02_… for two", name, m[1])
				}
				for id := range strings.SplitSeq(strings.TrimSuffix(ids, "_"), "_") {
					if id == "" {
						continue
					}
					row := id[:2] + "-" + id[2:]
					tested[row] = true
					if !rows[row] {
						t.Errorf("%s: Test%s keeps %s, which has no line in app/%s: add one, saying what it promises", name, m[1], row, rowsAt)
					}
				}
			}
		}
		for _, row := range rowID.FindAllString(text, -1) {
			if areas[row[:2]] && !rows[row] {
				t.Errorf("%s names %s, which has no line in app/%s", name, row, rowsAt)
			}
		}
	})
	for row := range rows {
		if !tested[row] {
			t.Errorf("app/%s promises %s, and no test's name begins with it", rowsAt, row)
		}
	}
}

// A rebase that was resolved in a hurry leaves its marks where no compiler looks.
func TestNoTextCarriesAMergeThatWasNotResolved(t *testing.T) {
	mark := regexp.MustCompile(`(?m)^(?:<{7}|>{7}) `)
	sources(t, func(name, text string) {
		if at := mark.FindStringIndex(text); at != nil {
			t.Errorf("%s: %q", name, text[at[0]:min(len(text), at[1]+30)])
		}
	})
}

// The README in Korean has every section, row and point of the English one, so that neither
// runs ahead of the other unseen.
func TestTheKoreanReadmeSaysAsMuchAsTheEnglishOne(t *testing.T) {
	parts := func(path string) []string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, section := range strings.Split(string(text), "\n## ") {
			rows, points, code := 0, 0, 0
			for line := range strings.SplitSeq(section, "\n") {
				switch {
				case strings.HasPrefix(line, "|"):
					rows++
				case strings.HasPrefix(line, "- "):
					points++
				case strings.HasPrefix(line, "```"):
					code++
				}
			}
			all = append(all, fmt.Sprintf("%d rows, %d points, %d fences", rows, points, code))
		}
		return all
	}
	if en, ko := parts("../README.md"), parts("docs/README.ko.md"); !slices.Equal(en, ko) {
		t.Errorf("by section, the English one has\n%s\nthe Korean one\n%s", strings.Join(en, "\n"), strings.Join(ko, "\n"))
	}
}
