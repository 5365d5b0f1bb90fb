//go:build e2e && compositors

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// surroundings is what a person's desktop does beside showing a window.
type surroundings interface {
	host
	// wishes says in the desktop's own settings what programs are to look like.
	wishes(dark bool)
	// owner is the name of the launcher that the desktop files our window under.
	owner() string
	// closes our window, as the button of its title bar or the overview does.
	closes()
	// minimizes our window.
	minimizes()
	// launch starts the program p once more from the desktop.
	launch(p *program)
}

// Our window, in the desktop's own language.
const (
	gnomeWindow = `global.get_window_actors().map(a => a.meta_window).find(w => w.get_wm_class() === 'munpae')`
	kdeWindow   = `workspace.windowList().find(w => w.resourceClass == 'munpae')`
)

func (g *gnome) wishes(dark bool) {
	g.t.Helper()
	desk.gsettings(g.t, [3]string{"org.gnome.desktop.interface", "color-scheme", map[bool]string{true: "prefer-dark", false: "default"}[dark]})
}

func (g *gnome) owner() string {
	g.t.Helper()
	return strings.Trim(g.says(`imports.gi.Shell.WindowTracker.get_default().get_window_app(`+gnomeWindow+`).get_id()`), `"`)
}

func (g *gnome) closes() {
	g.t.Helper()
	g.says(gnomeWindow + `.delete(global.get_current_time()) ?? true`)
}

func (g *gnome) minimizes() {
	g.t.Helper()
	g.says(gnomeWindow + `.minimize() ?? true`)
}

func (g *gnome) launch(*program) {
	g.t.Helper()
	// As when the person has just pressed the launcher.
	g.says(`imports.gi.Shell.AppSystem.get_default().lookup_app('munpae.desktop').get_app_info().launch([], global.create_app_launch_context(global.display.get_current_time_roundtrip(), -1))`)
}

func (k *kde) wishes(dark bool) {
	k.t.Helper()
	colours, err := os.ReadFile("/usr/share/color-schemes/" + map[bool]string{true: "BreezeDark", false: "BreezeLight"}[dark] + ".colors")
	if err != nil {
		k.t.Fatal(err)
	}
	// As its settings do: all colours into the one file, and whoever runs is told.
	file := filepath.Join(k.own.dir, "home", ".config", "kdeglobals")
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, colours, 0o600)); err != nil {
		k.t.Fatal(err)
	}
	if err := errors.Join(
		k.bus.Emit("/KGlobalSettings", "org.kde.KGlobalSettings.notifyChange", int32(0), int32(0)),
		k.bus.Emit("/kdeglobals", "org.kde.kconfig.notify.ConfigChanged", map[string][][]byte{"General": {[]byte("ColorScheme")}, "Colors:Window": {[]byte("BackgroundNormal")}}),
	); err != nil {
		k.t.Fatal(err)
	}
}

func (k *kde) owner() string {
	k.t.Helper()
	return strings.Trim(k.asks(`found(`+kdeWindow+`.desktopFileName)`), `"`) + ".desktop"
}

func (k *kde) closes() {
	k.t.Helper()
	k.asks(kdeWindow + `.closeWindow(); found(true)`)
}

func (k *kde) minimizes() {
	k.t.Helper()
	k.asks(kdeWindow + `.minimized = true; found(true)`)
}

// launch has a token while no window has the keyboard: to whom else the compositor gives
// none but to its own launcher.
func (k *kde) launch(p *program) {
	k.t.Helper()
	token := sit(k.t, k.socket).token()
	c := exec.Command(binary(k.t), "--profile", p.profile)
	c.Env = desk.env(append(p.env, "XDG_ACTIVATION_TOKEN="+token)...)
	if out, err := c.CombinedOutput(); err != nil || len(out) > 0 {
		k.t.Fatalf("%v: %s", err, out)
	}
}

// isLaunched puts the program p among those that the desktop can start.
func (d *desktop) isLaunched(t *testing.T, p *program) {
	t.Helper()
	home := filepath.Join(d.dir, "home")
	entry, err := os.ReadFile("../../build/linux/munpae.desktop")
	if err != nil {
		t.Fatal(err)
	}
	icon, err := os.ReadFile("../../build/appicon.png")
	if err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\nexec env"
	for _, v := range p.env {
		script += " '" + v + "'"
	}
	script += " '" + binary(t) + "' --profile '" + p.profile + "' --lang " + p.lang + "\n"
	for name, text := range map[string]string{
		"munpae": script, ".local/share/icons/hicolor/1024x1024/apps/munpae.png": string(icon),
		".local/share/applications/munpae.desktop": strings.Replace(string(entry), "Exec=munpae", "Exec="+filepath.Join(home, "munpae"), 1),
	} {
		path := filepath.Join(home, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o755)); err != nil {
			t.Fatal(err)
		}
	}
}

// titleBar is the colour of the bar above the page, where no letter is.
func (p *program) titleBar() string {
	p.t.Helper()
	r := p.pageOnScreen()
	return desk.picture(p.t).colour(r.X+r.Width/4, r.Y-12)
}

// By pixels: the page and the bar above it, whoever draws that, follow the desktop's own
// settings through its own portal, while the window is open.
func TestUnderGNOMEAndKDETheWindowAndItsTitleBarFollowTheDesktopsSettings(t *testing.T) {
	for _, e := range environments {
		t.Run(e.name, func(t *testing.T) {
			c := e.start(t)
			at := c.host.(surroundings)
			p := c.install(t, korean.lang, settings(serve(t))...)
			p.start()
			p.see("push button", korean.github)
			for i, dark := range []bool{false, true, false} {
				if i > 0 {
					at.wishes(dark)
				}
				p.hasWall(map[bool]string{true: darkWall, false: lightWall}[dark])
				eventually(t, appearsWithin, "a title bar of that kind", func() bool { return (p.titleBar()[1] < '8') == dark })
				desk.screenshot(t, fmt.Sprintf("follows-%s-%d", e.name, i))
			}
			p.kill()
			at.wishes(true)
			p.start()
			p.see("push button", korean.github)
			p.hasWall(darkWall)
			// What the person chooses in the window stands over it, on the bar as well.
			p.kill()
			p.env = append(p.env, "MUNPAE_THEME=light")
			p.start()
			p.see("push button", korean.github)
			p.hasWall(lightWall)
			eventually(t, appearsWithin, "a light title bar", func() bool { return p.titleBar()[1] >= '8' })
			desk.screenshot(t, "chosen-light-"+e.name)
		})
	}
}

// In order: the desktop knows whose window it is, brings it to the front for whoever starts
// the program once more, closes it, and the next start is signed in.
func TestUnderGNOMEAndKDETheDesktopOwnsRaisesAndClosesTheWindow(t *testing.T) {
	for _, e := range environments {
		t.Run(e.name, func(t *testing.T) {
			c := e.start(t)
			at := c.host.(surroundings)
			s := serve(t)
			p := c.install(t, english.lang, settings(s)...)
			desk.browses(t, p)
			desk.isLaunched(t, p)
			p.start()
			// Nobody has typed yet, and GNOME has no keyboard until somebody does.
			p.press(english.github)
			p.press(english.copyLink)
			p.press(english.cancel)
			p.see("push button", english.github)
			at.sits()
			p.hasKeyboard()
			s.NextPerson(nora)
			p.press(english.github)
			browse(t, p.address(2))
			p.see("dialog", english.dialog)
			p.choose(english, "Nora")
			p.see("heading", "Nora")
			if owner := at.owner(); owner != "munpae.desktop" {
				t.Errorf("it is filed under %q", owner)
			}
			at.minimizes()
			eventually(t, appearsWithin, "the window out of the way", func() bool { return !c.front() })
			// Without a token nobody takes the keyboard from where it is, and the desktop says so.
			if code := p.second(); code != 0 {
				t.Errorf("a second start exits %d", code)
			}
			eventually(t, appearsWithin, "the window asks to be looked at", func() bool { c.looks(); return c.urgent || c.ahead })
			at.minimizes()
			eventually(t, appearsWithin, "the window out of the way again", func() bool { return !c.front() })
			at.launch(p)
			eventually(t, appearsWithin, "the window in front", func() bool { return c.front() })
			desk.screenshot(t, "raised-"+e.name)
			at.closes()
			if code := p.ended(); code != 0 {
				t.Errorf("it ended with %d", code)
			}
			if said := p.output.String(); said != "" {
				t.Errorf("it printed: %s", said)
			}
			p.start()
			p.see("heading", "Nora")
			desk.screenshot(t, "again-"+e.name)
		})
	}
}

// caret is where the shell puts what belongs to it, such as the list of Chinese characters.
func (g *gnome) caret() (at rectangle) {
	g.t.Helper()
	if err := json.Unmarshal([]byte(g.says("Main.inputMethod._cursorRect")), &at); err != nil {
		g.t.Fatal(err)
	}
	return at
}

// fcitxForKWin is a program that starts fcitx5 with Hangul on, as KWin does with what is chosen
// in its settings for virtual keyboards.
func fcitxForKWin(t *testing.T) string {
	t.Helper()
	script := filepath.Join(t.TempDir(), "fcitx")
	text := "#!/bin/sh\nXDG_CONFIG_HOME='" + fcitxConfig(t) + "' exec fcitx5 --keep --disable " + fcitxUnderWayland + "\n"
	if err := os.WriteFile(script, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return script
}

// GNOME's shell brings ibus itself, KDE's compositor starts fcitx5, and both speak Wayland's
// text-input with the window.
func TestUnderGNOMEAndKDEHangulComesFromTheDesktopsOwnInputMethod(t *testing.T) {
	for _, e := range []struct {
		name   string
		start  func(t *testing.T) *compositor
		hangul string // the key that changes between Latin and Hangul
	}{
		{"GNOME", func(t *testing.T) *compositor {
			g := startGNOME(t, [3]string{"org.gnome.desktop.input-sources", "sources", "[('ibus','hangul')]"}, [3]string{"org.freedesktop.ibus.engine.hangul", "initial-input-mode", "hangul"})
			eventually(t, appearsWithin, "the engine of ibus-hangul", func() bool {
				ask := exec.Command("ibus", "engine")
				ask.Env = desk.env("WAYLAND_DISPLAY=" + filepath.Base(g.socket))
				out, err := ask.CombinedOutput()
				return err == nil && strings.TrimSpace(string(out)) == "hangul"
			})
			return g.compositor
		}, "shift+space"},
		{"KDE", func(t *testing.T) *compositor {
			k := startKDE(t, "--inputmethod="+fcitxForKWin(t))
			fcitxIsOn(t, k.bus)
			return k.compositor
		}, "ctrl+space"},
	} {
		t.Run(e.name, func(t *testing.T) {
			c := e.start(t)
			c.sits()
			s := serve(t)
			s.NextPerson(nora)
			p := c.install(t, korean.lang, append(settings(s), withoutModules(t))...)
			desk.browses(t, p)
			p.start()
			p.press(korean.github)
			browse(t, p.address(1))
			p.hears(korean.free)
			p.hasKeyboard()
			w := &typist{program: p, hangul: e.hangul, pause: 100 * time.Millisecond}
			if g, ok := c.host.(*gnome); ok {
				w.writes(t, "한", "g", "k", "s")
				entry := w.see("entry", korean.nickname).onScreen()
				if caret := g.caret(); !entry.holds(caret) {
					t.Errorf("the shell has the caret at %+v, and the entry is at %+v", caret, entry)
				}
			}
			w.composes(t, e.name, "F9")
		})
	}
}
