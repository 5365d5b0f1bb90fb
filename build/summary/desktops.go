package main

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"strings"
)

// desktop is a row of the matrix: what a person sits at, by the tests that put the window
// there.
type desktop struct {
	name, method, language, theme string

	// file is where the tests' results are: go.json has what ran on this system, each other
	// what a script ran in a system of its own, and says which (suite).
	file, suite string
	pkg         string         // the last element of the tests' package; empty: of any
	tests       *regexp.Regexp // the tests' names; nil: all
	cases       *regexp.Regexp // the beginning of their cases; nil: all
}

// here is a desktop whose tests run here, before the real window. tests is a pattern of
// their names, and of their cases if it has a slash.
func here(name, method, language, theme, tests string) desktop {
	return at("go.json", "", "e2e", name, method, language, theme, tests)
}

// at is here for tests of a package that a script runs in another system.
func at(file, suite, pkg, name, method, language, theme, tests string) desktop {
	d := desktop{name: name, method: method, language: language, theme: theme, file: file, suite: suite, pkg: pkg}
	test, cases, split := strings.Cut(tests, "/")
	d.tests = regexp.MustCompile(test)
	if split {
		d.cases = regexp.MustCompile("^(" + cases + ")")
	}
	return d
}

const (
	letters     = "WithEveryTextSize"
	title       = "WindowAndItsTitleBarFollow|DesktopOwnsRaisesAndCloses"
	compositors = "compositors.json"
)

// desktops are the rows of the matrix. A result counts for the first that it fits.
var desktops = []desktop{
	here("X11", "none", "ko", "light", "HangulWithoutAnInputMethod"),
	here("X11", "XIM that nobody serves", "ko", "light", "IsPaintedWithXIM/nobody|the_module|chosen|the_server"),
	here("X11", "XIM by IBus", "ko", "light", "IsPaintedWithXIM/IBus"),
	here("X11", "XIM by Nabi", "ko", "light", "IsPaintedWithXIM/Nabi"),
	here("X11", "XIM by Nabi, typed", "ko", "light", "HangulWithEveryInputMethod/XIM"),
	here("X11", "fcitx5-hangul", "ko", "light", "HangulWithEveryInputMethod/fcitx5"),
	here("X11", "ibus-hangul", "ko", "light", "HangulWithEveryInputMethod/ibus"),
	here("X11", "ibus-hangul, while composing", "ko", "light", "HangulTyped|Composition|Syllable"),
	here("Wayland (sway)", "its own, fcitx5-hangul", "ko", "light", "HangulWithEveryInputMethod/Wayland"),
	here("Wayland (sway), scale 1", "none", "ko", "light", "UnderWaylandTheWholeRoad/sway_1_"),
	here("Wayland (sway), scale 1.25", "none", "en", "light", `UnderWaylandTheWholeRoad/sway_1\.25`),
	here("Wayland (sway), scale 1.5", "none", "ko", "dark", `UnderWaylandTheWholeRoad/sway_1\.5`),
	here("Wayland (sway), scale 2", "none", "en", "dark", "UnderWaylandTheWholeRoad/sway_2"),
	here("Wayland (weston), scale 1", "none", "en", "dark", "UnderWaylandTheWholeRoad/weston_1"),
	here("Wayland (weston), scale 2", "none", "ko", "light", "UnderWaylandTheWholeRoad/weston_2"),
	here("Wayland, nobody sits at it", "none", "ko", "light", "NoKeyboard"),
	here("Wayland (sway), left behind", "none", "en", "light", "UnderWaylandTheBrowserGetsAToken"),
	at(compositors, "trixie", "e2e", "Wayland (GNOME 48), the road", "none", "ko", "light", "UnderGNOMEAndKDETheWholeRoad/GNOME_ko"),
	at(compositors, "trixie", "e2e", "Wayland (GNOME 48), the road", "none", "en", "dark", "UnderGNOMEAndKDETheWholeRoad/GNOME_en"),
	at(compositors, "trixie", "e2e", "Wayland (GNOME 48), its settings", "none", "ko, en", "dark, light", title+"/GNOME"),
	at(compositors, "trixie", "e2e", "Wayland (GNOME 48)", "its own, ibus-hangul", "ko", "light", "UnderGNOMEAndKDEHangul/GNOME"),
	at(compositors, "trixie", "e2e", "Wayland (KDE 6.3), the road", "none", "ko", "light", "UnderGNOMEAndKDETheWholeRoad/KDE_ko"),
	at(compositors, "trixie", "e2e", "Wayland (KDE 6.3), the road", "none", "en", "dark", "UnderGNOMEAndKDETheWholeRoad/KDE_en"),
	at(compositors, "trixie", "e2e", "Wayland (KDE 6.3), its settings", "none", "ko, en", "dark, light", title+"/KDE"),
	at(compositors, "trixie", "e2e", "Wayland (KDE 6.3)", "its own, fcitx5-hangul", "ko", "light", "UnderGNOMEAndKDEHangul/KDE"),
	at("go.json", "", "keystore", "KDE's keyring here", "", "", "", "KDE"),
	at(compositors, "trixie", "keystore", "KDE's keyring, kwalletd6", "", "", "", "KDE"),
	at(compositors, "sid", "keystore", "KDE's keyring, ksecretd", "", "", "", "KDE"),
	here("X11, the portal's wish", "none", "ko", "dark, light, contrast", "FollowsTheDesktopsAppearance/ko"),
	here("X11, the portal's wish", "none", "en", "dark, light, contrast", "FollowsTheDesktopsAppearance/en"),
	here("X11, the person's wish over it", "none", "ko", "dark, light", "AThemeThatIsChosen"),
	here("X11, GTK's themes for contrast", "none", "ko", "dark, light, contrast", "ThemesForMoreContrast"),
	here("X11, the portal's accent colour", "none", "en", "dark, light, contrast", "AccentColour"),
	here("X11, a sandbox with the portal alone", "none", "ko, en", "light", "InASandbox"),
	here("X11, a screen reader", "none", "ko, en", "light", "ScreenReader"),
	here("X11, every size of letters", "none", "ko, en", "light, dark", letters),
	at("elsewhere.json", "trixie", "e2e", "X11, every size of letters, trixie", "none", "ko, en", "light, dark", letters),
	at("elsewhere.json", "sid", "e2e", "X11, every size of letters, sid", "none", "ko, en", "light, dark", letters),
	here("X11, every size of window", "none", "ko, en", "light", "UX_EveryScreenFits|UX_OnASmallScreen"),
	here("X11, the contract's names", "none", "ko, en", "light", "UX_EveryScreenHas"),
	here("X11, by keyboard alone", "none", "ko, en", "light, dark", "ByKeyboardAlone"),
	at("wine.json", "", "", "Windows under Wine 10", "", "", "", ""),
}

// place returns the first of desktops that r fits, or -1.
func place(r result) int {
	test, cases, _ := strings.Cut(r.test, "/")
	for i, d := range desktops {
		if r.file == d.file && r.suite == d.suite && (d.pkg == "" || path.Base(r.pkg) == d.pkg) &&
			d.tests.MatchString(test) && (d.cases == nil || d.cases.MatchString(cases)) {
			return i
		}
	}
	return -1
}

// matrix prints on which desktop, with which input method, in which language and theme how
// much was tried and held in what `go test -json` wrote.
func matrix(files []string) error {
	line := func(desktop, method, language, theme string) string {
		return fmt.Sprintf("%-38s %-28s %-8s %-21s", desktop, cmp.Or(method, "-"), cmp.Or(language, "-"), cmp.Or(theme, "-"))
	}
	return table(files, line("desktop", "input method", "language", "theme"), len(desktops), func(i int) string {
		d := desktops[i]
		return line(d.name, d.method, d.language, d.theme)
	}, place)
}
