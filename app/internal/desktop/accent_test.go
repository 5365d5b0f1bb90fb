package desktop

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"

	"munpae.example/munpae/app/internal/webview"
)

// What GNOME 47 and KDE's Breeze offer.
var offered = map[string]string{
	"blue": "#3584e4", "teal": "#2190a4", "green": "#3a944a", "yellow": "#c88800", "orange": "#ed5b00", "red": "#e62d42", "pink": "#d56199", "purple": "#9141ac", "slate": "#6f8396",
	"Breeze": "#3daee9", "black": "#000000", "white": "#ffffff",
}

func parsed(t *testing.T, hex string) (c colour) {
	t.Helper()
	if len(hex) == 4 {
		hex = "#" + hex[1:2] + hex[1:2] + hex[2:3] + hex[2:3] + hex[3:] + hex[3:]
	}
	n, err := strconv.ParseUint(hex[1:], 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	return colour{uint8(n >> 16), uint8(n >> 8), uint8(n)}
}

func TestAnAccentColourIsUsedWhereItIsLegibleAndNowhereElse(t *testing.T) {
	style, err := os.ReadFile("../../../frontend/src/app.css")
	if err != nil {
		t.Fatal(err)
	}
	own := map[string][]string{} // the first of each name: the others are for more contrast
	for _, m := range regexp.MustCompile(`--([a-z-]+): light-dark\((#\w+), (#\w+)\);`).FindAllStringSubmatch(string(style), -1) {
		if own[m[1]] == nil {
			own[m[1]] = m[2:]
		}
	}
	rules := regexp.MustCompile(`(outline-color|background): light-dark\(([^,]+?), ([^;]+?)\) !important`)
	for name, hex := range offered {
		c, used := parsed(t, hex), ""
		found := rules.FindAllStringSubmatch(accented(c), -1)
		if len(found) != 2 {
			t.Errorf("%s: rules for the ring and the button are not to be found: %q", name, found)
		}
		for _, m := range found {
			for i, theme := range []string{"light", "dark"} {
				legible := true
				grounds := map[string][]string{"outline-color": {"wall", "paper", "tint"}, "background": {"wall", "paper"}}[m[1]]
				for _, g := range grounds {
					legible = legible && Contrast(c, parsed(t, own[g][i])) >= 3
				}
				if m[1] == "background" {
					legible = legible && Contrast(c, parsed(t, own["on-accent"][i])) >= 4.5
				}
				want := map[bool]string{true: hex, false: "var(--accent)"}[legible]
				if m[2+i] != want {
					t.Errorf("%s: the %s is %s in the %s theme, want %s", name, m[1], m[2+i], theme, want)
				}
				if legible {
					used += " " + theme + " " + m[1]
				}
			}
		}
		t.Logf("%s:%s", name, used)
	}
}

func TestAnAccentColourThatIsNoneIsLeftAlone(t *testing.T) {
	for _, v := range []any{nil, "#ff0000", []any{1.0, 0.0}, []any{1.0, 0.0, "0"}, []any{-1.0, -1.0, -1.0}, []any{0.0, 0.0, 1.01}, []any{0.0, 0.0, math.NaN()}} {
		told := dbus.Variant{}
		if v != nil {
			told = dbus.MakeVariant(v)
		}
		if c, ok := accentOf(told); ok {
			t.Errorf("%v is %v", v, c)
		}
	}
	if c, ok := accentOf(dbus.MakeVariant([]any{0.0, 0.5, 1.0})); !ok || fmt.Sprint(c) != "#0080ff" {
		t.Errorf("%v, %v", c, ok)
	}
	w := wish{accent: &colour{0x91, 0x41, 0xac}, contrast: true}
	if l := w.of("system"); l.Style != "" {
		t.Errorf("beside more contrast: %s", l.Style)
	}
	if w.contrast = false; !strings.Contains(w.of("system").Style, "#9141ac") {
		t.Error("it is not used")
	}
}

func TestAProgramWithColoursOfItsOwnKeepsThem(t *testing.T) {
	for accent, want := range map[bool]bool{true: true, false: false} {
		var shown webview.Look
		l := &look{own: true, accent: accent, theme: "system", show: func(l webview.Look, _ bool) { shown = l }}
		l.open(t.Context(), "", nil)
		l.setWish(wish{scheme: 1, accent: &colour{0x35, 0x84, 0xe4}})
		if got := strings.Contains(shown.Style, "#3584e4"); got != want {
			t.Errorf("own colours %v: the person's colour is used: %v", !accent, got)
		}
	}
}
