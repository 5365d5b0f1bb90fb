package main

import (
	"bufio"
	"cmp"
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
	return table(files, "attacks by", len(kinds), func(i int) string { return kinds[i].name }, func(_, test string) int {
		return kindOf(strings.SplitN(test, "/", 2)[0])
	})
}

// desktops are what a person sits at, by the tests that put the window there: those under
// Wine, else those of the real window. A case counts for the first that its name matches.
var desktops = []struct {
	desktop, method, language, theme string
	tests                            *regexp.Regexp
}{
	{"Windows under Wine 10", "", "", "", regexp.MustCompile(`^Wine`)},
	{"X11", "none", "ko", "light", regexp.MustCompile(`HangulWithoutAnInputMethod`)},
	{"X11", "XIM that nobody serves", "ko", "light", regexp.MustCompile(`IsPaintedWithXIM.*/(nobody|the_module|chosen|the_server)`)},
	{"X11", "XIM by IBus", "ko", "light", regexp.MustCompile(`IsPaintedWithXIM.*/IBus`)},
	{"X11", "XIM by Nabi", "ko", "light", regexp.MustCompile(`IsPaintedWithXIM.*/Nabi|EveryInputMethod/XIM`)},
	{"X11", "fcitx5-hangul", "ko", "light", regexp.MustCompile(`EveryInputMethod/fcitx5`)},
	{"Wayland (sway)", "its own, fcitx5-hangul", "ko", "light", regexp.MustCompile(`EveryInputMethod/Wayland`)},
	{"X11", "ibus-hangul", "ko", "light", regexp.MustCompile(`Hangul|Composition|Syllable`)},
	{"Wayland (sway), scale 1", "none", "ko", "light", regexp.MustCompile(`WholeRoad.*/sway_1_`)},
	{"Wayland (sway), scale 1.25", "none", "en", "light", regexp.MustCompile(`WholeRoad.*/sway_1\.25`)},
	{"Wayland (sway), scale 1.5", "none", "ko", "dark", regexp.MustCompile(`WholeRoad.*/sway_1\.5`)},
	{"Wayland (sway), scale 2", "none", "en", "dark", regexp.MustCompile(`WholeRoad.*/sway_2`)},
	{"Wayland (weston), scale 1", "none", "en", "dark", regexp.MustCompile(`WholeRoad.*/weston_1`)},
	{"Wayland (weston), scale 2", "none", "ko", "light", regexp.MustCompile(`WholeRoad.*/weston_2`)},
	{"Wayland, nobody sits at it", "none", "ko", "light", regexp.MustCompile(`NoKeyboard`)},
	{"Wayland (sway), left behind", "none", "en", "light", regexp.MustCompile(`Wayland`)},
	{"X11, the portal's wish", "none", "ko", "dark, light, contrast", regexp.MustCompile(`FollowsTheDesktopsAppearance/ko|AThemeThatIsChosen`)},
	{"X11, the portal's wish", "none", "en", "dark, light, contrast", regexp.MustCompile(`FollowsTheDesktopsAppearance/en`)},
	{"X11, the portal's accent colour", "none", "en", "dark, light, contrast", regexp.MustCompile(`AccentColour`)},
	{"X11, a sandbox with the portal alone", "none", "ko, en", "light", regexp.MustCompile(`InASandbox`)},
	{"X11, a screen reader", "none", "ko, en", "light", regexp.MustCompile(`ScreenReader`)},
	{"X11, by keyboard, every size and text", "none", "ko, en", "light", regexp.MustCompile(`UX_|ByKeyboardAlone`)},
}

// matrix prints on which desktop, with which input method, in which language and theme how
// much was tried and held in what `go test -json` wrote.
func matrix(files []string) error {
	line := func(desktop, method, language, theme string) string {
		return fmt.Sprintf("%-38s %-24s %-8s %-21s", desktop, cmp.Or(method, "-"), cmp.Or(language, "-"), cmp.Or(theme, "-"))
	}
	return table(files, line("desktop", "input method", "language", "theme"), len(desktops), func(i int) string {
		d := desktops[i]
		return line(d.desktop, d.method, d.language, d.theme)
	}, func(pkg, test string) int {
		for i, d := range desktops {
			if d.tests.MatchString(test) && (i == 0 || strings.HasSuffix(pkg, "/app/e2e")) {
				return i
			}
		}
		return -1
	})
}

// table prints a row for each of n kinds of tests: tried, held and skipped. place is a
// test's row by its package and name, or -1.
func table(files []string, heading string, n int, called func(int) string, place func(pkg, test string) int) error {
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
			if filepath.Base(name) == "wine.json" { // the same tests, elsewhere
				e.Test = "Wine " + e.Test
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
	counts := make([]count, n)
	for name, action := range results {
		pkg, test, _ := strings.Cut(name, " ")
		i := place(pkg, test)
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
	fmt.Printf("%-44s %6s %6s %6s\n", heading, "tried", "held", "skipped")
	for i, c := range counts {
		fmt.Printf("%-44s %6d %6d %6d\n", called(i), c.tried, c.held, c.skipped)
	}
	return nil
}
