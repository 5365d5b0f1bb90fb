//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// portal is the desktop's portal on the suite's session bus, as far as it tells how
// programs are to look.
type portal struct {
	bus  *dbus.Conn
	mu   sync.Mutex
	says map[string]dbus.Variant
}

const (
	portalPath     = "/org/freedesktop/portal/desktop"
	portalSettings = "org.freedesktop.portal.Settings"
	appearance     = "org.freedesktop.appearance"
)

func openPortal(t *testing.T, scheme, contrast uint32) *portal {
	t.Helper()
	bus, err := dbus.Connect(desk.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bus.Close() })
	p := &portal{bus: bus, says: map[string]dbus.Variant{"color-scheme": dbus.MakeVariant(scheme), "contrast": dbus.MakeVariant(contrast)}}
	if err := bus.Export(p, portalPath, portalSettings); err != nil {
		t.Fatal(err)
	}
	if reply, err := bus.RequestName("org.freedesktop.portal.Desktop", dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatal(reply, err)
	}
	return p
}

// ReadAll is a method of the portal.
func (p *portal) ReadAll([]string) (map[string]map[string]dbus.Variant, *dbus.Error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	says := map[string]dbus.Variant{}
	for k, v := range p.says {
		says[k] = v
	}
	return map[string]map[string]dbus.Variant{appearance: says}, nil
}

// set changes a setting while programs run.
func (p *portal) set(t *testing.T, key string, value any) {
	t.Helper()
	if n, ok := value.(int); ok {
		value = uint32(n)
	}
	p.mu.Lock()
	p.says[key] = dbus.MakeVariant(value)
	p.mu.Unlock()
	if err := p.bus.Emit(portalPath, portalSettings+".SettingChanged", appearance, key, dbus.MakeVariant(value)); err != nil {
		t.Fatal(err)
	}
}

// wall is the colour of the page's background, from the picture.
func (p *program) wall() string {
	p.t.Helper()
	r := p.pageOnScreen()
	return desk.picture(p.t).colour(r.X+6, r.Y+r.Height-6)
}

// pageOnScreen is the page's own place on the screen.
func (p *program) pageOnScreen() (r rectangle) {
	p.t.Helper()
	eventually(p.t, appearsWithin, "the page is on the screen", func() bool {
		if w, ok := p.window(); ok {
			w.walk(func(c node) bool {
				if c.role == "document web" {
					r = c.onScreen()
				}
				return c.role != "document web"
			})
		}
		return r.Width > 0
	})
	return r
}

// colour is that of one pixel, such as "#1e1a17".
func (p picture) colour(x, y int32) string {
	at := p.row(rectangle{X: x, Width: 1}, y)
	return fmt.Sprintf("#%02x%02x%02x", at[2], at[1], at[0])
}

func (p *program) hasWall(wall string) {
	p.t.Helper()
	got := ""
	defer func() {
		if p.t.Failed() {
			p.t.Logf("the wall is %s", got)
		}
	}()
	eventually(p.t, appearsWithin, "a wall of "+wall, func() bool { got = p.wall(); return got == wall })
}

// The walls of the page and its own accent (app.css).
const (
	lightWall, darkWall     = "#fbf7f0", "#1e1a17"
	lightPlain, darkPlain   = "#ffffff", "#000000"
	lightAccent, darkAccent = "#8a4b2a", "#dba27a"
)

// ringed waits until the ring of the focus is drawn around one button, on each side, and
// around the other, which had it before, no more.
func (p *program) ringed(name, before string) {
	p.t.Helper()
	var sides []string
	defer func() {
		if p.t.Failed() {
			p.t.Logf("around %s and %s there is %q", name, before, sides)
		}
	}()
	eventually(p.t, appearsWithin, "a ring around "+name, func() bool {
		screen := desk.picture(p.t)
		around := func(name string) []string {
			r := p.see("push button", name).onScreen()
			middle, line := r.X+r.Width/2, r.Y+r.Height/2
			// Three pixels, two away from the button.
			return []string{screen.colour(r.X-4, line), screen.colour(r.X+r.Width+3, line), screen.colour(middle, r.Y-4), screen.colour(middle, r.Y+r.Height+3)}
		}
		sides = append(around(name), around(before)...)
		own := func(c string) bool { return c == lightAccent }
		return !slices.ContainsFunc(sides[:4], func(c string) bool { return !own(c) }) && !slices.ContainsFunc(sides[4:], own)
	})
}

// By pixels: what the portal says when the window opens, and each time it says
// something else.
func TestTheWindowFollowsTheDesktopsAppearance(t *testing.T) {
	for _, w := range []words{korean, english} {
		t.Run(w.lang, func(t *testing.T) {
			desktop := openPortal(t, 1, 0)
			p := install(t, w.lang, settings(serve(t))...)
			p.start()
			p.see("push button", w.github)
			p.hasWall(darkWall)
			desk.screenshot(t, "portal-dark-"+w.lang)
			desktop.set(t, "contrast", 1)
			p.hasWall(darkPlain)
			desk.screenshot(t, "portal-dark-contrast-"+w.lang)
			desktop.set(t, "color-scheme", 2)
			p.hasWall(lightPlain)
			desk.screenshot(t, "portal-light-contrast-"+w.lang)
			desktop.set(t, "contrast", 0)
			p.hasWall(lightWall)
			desktop.set(t, "color-scheme", 1)
			p.hasWall(darkWall)
			desktop.set(t, "color-scheme", 0)
			p.hasWall(lightWall)
		})
	}
}

// Where no portal tells, GTK's own settings do: its two themes for more contrast.
func TestGTKsThemesForMoreContrastAreFollowed(t *testing.T) {
	for theme, wall := range map[string]string{"HighContrast": lightPlain, "HighContrastInverse": darkPlain} {
		t.Run(theme, func(t *testing.T) {
			folder := t.TempDir()
			if err := os.Mkdir(filepath.Join(folder, "gtk-3.0"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, "gtk-3.0", "settings.ini"), []byte("[Settings]\ngtk-theme-name="+theme+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			p := install(t, "ko", append(settings(serve(t)), "XDG_CONFIG_HOME="+folder)...)
			p.start()
			p.see("push button", korean.github)
			desk.screenshot(t, "gtk-"+theme)
			p.hasWall(wall)
		})
	}
}

func TestAThemeThatIsChosenStandsOverTheDesktops(t *testing.T) {
	desktop := openPortal(t, 1, 0)
	p := install(t, "ko", append(settings(serve(t)), "MUNPAE_THEME=light")...)
	p.start()
	p.see("push button", korean.github)
	p.hasWall(lightWall)
	desktop.set(t, "contrast", 1)
	p.hasWall(lightPlain) // and what it says beside is heard
}

// By pixels: the focus ring of the entry and the main button, in the person's colour where
// that is legible (internal/desktop/accent.go), live.
func TestTheWindowTakesTheDesktopsAccentColourWhereItIsLegible(t *testing.T) {
	type rgb struct{ R, G, B float64 }
	desktop := openPortal(t, 2, 0)
	red, blue, yellow, purple := rgb{0xe6 / 255.0, 0x2d / 255.0, 0x42 / 255.0}, rgb{0x35 / 255.0, 0x84 / 255.0, 0xe4 / 255.0}, rgb{0xc8 / 255.0, 0x88 / 255.0, 0}, rgb{0x91 / 255.0, 0x41 / 255.0, 0xac / 255.0}
	desktop.set(t, "accent-color", purple)
	p, _ := atDialog(t, english, nora)
	eventually(t, appearsWithin, "Start enabled", func() bool { return p.canStart(english) })
	for _, step := range []struct {
		name, key    string
		value        any
		ring, button string
	}{
		{"purple", "accent-color", purple, "#9141ac", "#9141ac"},
		{"red", "accent-color", red, "#e62d42", lightAccent},
		{"yellow", "accent-color", yellow, lightAccent, lightAccent},
		{"blue", "accent-color", blue, "#3584e4", lightAccent},
		{"blue in the dark", "color-scheme", uint32(1), "#3584e4", "#3584e4"},
		{"with more contrast", "contrast", uint32(1), "#ffc59b", "#ffc59b"},
		{"with less again", "contrast", uint32(0), "#3584e4", "#3584e4"},
		{"none", "accent-color", rgb{-1, -1, -1}, darkAccent, darkAccent},
	} {
		desktop.set(t, step.key, step.value)
		ring, button := "", ""
		for end := time.Now().Add(appearsWithin); ring != step.ring || button != step.button; {
			entry, start := p.see("entry", english.nickname).onScreen(), p.see("push button", english.start).onScreen()
			screen := desk.picture(t)
			ring, button = screen.colour(entry.X-2, entry.Y+entry.Height/2), screen.colour(start.X+12, start.Y+start.Height/2)
			if time.Now().After(end) {
				desk.screenshot(t, "failed-accent")
				t.Fatalf("%s: ring %s, button %s; want %s and %s", step.name, ring, button, step.ring, step.button)
			}
		}
		desk.screenshot(t, "accent-"+strings.ReplaceAll(step.name, " ", "-"))
	}
}
