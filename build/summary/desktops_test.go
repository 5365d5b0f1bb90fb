package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var testName = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

// named returns the tests in the files that pattern means.
func named(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal(pattern, err)
	}
	var all []string
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testName.FindAllSubmatch(text, -1) {
			all = append(all, string(m[1]))
		}
	}
	return all
}

func TestWhatTheDesktopsPartSelectsHasARow(t *testing.T) {
	script, err := os.ReadFile("../test.sh")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`-run '([^']*InASandbox[^']*)' ./app/e2e`).FindSubmatch(script)
	if m == nil {
		t.Fatal("the selection was not found")
	}
	selection := regexp.MustCompile(string(m[1]))
	for _, test := range named(t, "../../app/e2e/*_test.go") {
		under := strings.HasPrefix(test, "TestUnderGNOMEAndKDE")
		file := map[bool]string{true: compositors, false: "go.json"}[under]
		if !under && !selection.MatchString(test) {
			continue
		}
		if !slices.ContainsFunc(desktops, func(d desktop) bool {
			return d.pkg == "e2e" && d.file == file && d.tests.MatchString(test)
		}) {
			t.Errorf("%s has no row", test)
		}
	}
}

func TestEveryRowOfTheDesktopsHasATest(t *testing.T) {
	tests := map[string][]string{
		"e2e":      named(t, "../../app/e2e/*_test.go"),
		"keystore": named(t, "../../app/internal/keystore/*_test.go"),
	}
	for _, d := range desktops {
		if d.pkg != "" && !slices.ContainsFunc(tests[d.pkg], d.tests.MatchString) {
			t.Errorf("no test is meant by %s, %s", d.name, d.tests)
		}
	}
}

func TestTheSameTestsOfSeveralSystemsAreCountedEachByItself(t *testing.T) {
	folder := t.TempDir()
	written := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const test = `"Package":"munpae.example/munpae/app/e2e","Test":"TestUX_WithEveryTextSizeOfTheDesktop/ko"}` + "\n"
	results, err := resultsIn([]string{
		written("go.json", `{"Action":"fail",`+test),
		written("elsewhere.json", `{"Action":"suite","Output":"trixie"}`+"\n"+`{"Action":"pass",`+test+`{"Action":"suite","Output":"sid"}`+"\n"+`{"Action":"skip",`+test),
		written("compositors.json", `{"Action":"suite","Output":"trixie"}`+"\n"+`{"Action":"fail","Package":"munpae.example/munpae/app/e2e","Test":"TestUnderGNOMEAndKDEHangulComes/GNOME/Tab"}`+"\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range results {
		i := place(r)
		if i < 0 {
			t.Fatalf("%+v has no row", r)
		}
		got[desktops[i].name+", "+desktops[i].method] = r.outcome
	}
	for row, outcome := range map[string]string{
		"X11, every size of letters, none": "fail", "X11, every size of letters, trixie, none": "pass", "X11, every size of letters, sid, none": "skip",
		"Wayland (GNOME 48), its own, ibus-hangul": "fail",
	} {
		if got[row] != outcome {
			t.Errorf("%s: %q, want %q", row, got[row], outcome)
		}
	}
}
