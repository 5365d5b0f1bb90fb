//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// compositor is a Wayland compositor without a screen or an input device.
type compositor struct {
	t      *testing.T
	run    string // XDG_RUNTIME_DIR
	socket string
	host
	stand
	scale float64 // device pixels in a logical one
}

// host is how a compositor is asked, each in a way of its own.
type host interface {
	// find is where our window stands now, and zero where there is none.
	find() stand
	picture() picture
	// key presses one, such as "shift+space", and lets it go.
	key(name string)
	// sits has somebody with a keyboard be there.
	sits()
	pasted() string
	copy(text string)
}

// stand is where the window stood when a test last looked.
type stand struct {
	at rectangle // its surface's, in logical pixels
	// It has the keyboard; it asked to be looked at.
	ahead, urgent bool
	title         string
}

// sway is asked by its own words, and by those of every compositor of its kind.
type sway struct {
	*compositor
	env  []string
	seat *seat // once somebody sits at it
}

// wayland starts sway with a screen of 800 x 700 logical pixels of that scale, and has
// the test look at it; nobody sits at it.
func wayland(t *testing.T, scale string, config ...string) *compositor {
	t.Helper()
	c := &compositor{t: t}
	s := &sway{compositor: c}
	c.host = s
	if _, err := fmt.Sscan(scale, &c.scale); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "munpae-wayland-") // not below a folder that others can't enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	c.run = filepath.Join(dir, "run")
	if err := os.Mkdir(c.run, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "config")
	lines := append([]string{
		fmt.Sprintf("output * mode %dx%d", int(800*c.scale), int(700*c.scale)), "output * scale " + scale, "xwayland disable", "default_border normal",
	}, config...)
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	command := []string{"sway", "--config", file}
	if os.Getuid() == 0 { // as whom it does not run
		const nobody = 65534
		if err := errors.Join(os.Chmod(dir, 0o755), os.Chown(c.run, nobody, nobody)); err != nil {
			t.Fatal(err)
		}
		command = append([]string{"setpriv", "--reuid", fmt.Sprint(nobody), "--regid", fmt.Sprint(nobody), "--clear-groups"}, command...)
	}
	daemon(t, append(desk.env("DBUS_SESSION_BUS_ADDRESS=disabled:", "HOME="+c.run), "XDG_RUNTIME_DIR="+c.run, "WLR_BACKENDS=headless", "WLR_LIBINPUT_NO_DEVICES=1", "WLR_RENDERER=pixman", "DISPLAY="), command...)
	c.socket = c.one("wayland-*[0-9]")
	s.env = []string{"PATH=" + os.Getenv("PATH"), "XDG_RUNTIME_DIR=" + c.run, "WAYLAND_DISPLAY=" + filepath.Base(c.socket), "SWAYSOCK=" + c.one("sway-ipc.*")}
	here := *desk
	here.wayland = c
	lookAt(t, &here)
	return c
}

// one waits for the one file in the compositor's folder that is called so.
func (c *compositor) one(pattern string) (path string) {
	c.t.Helper()
	eventually(c.t, appearsWithin, pattern, func() bool {
		all, _ := filepath.Glob(filepath.Join(c.run, pattern))
		if len(all) > 0 {
			path = all[0]
		}
		return path != ""
	})
	return path
}

// asks runs a command on the compositor.
func (s *sway) asks(command ...string) string {
	s.t.Helper()
	x := exec.Command(command[0], command[1:]...)
	x.Env = s.env
	out, err := x.CombinedOutput()
	if err != nil {
		s.t.Fatalf("%v: %v\n%s", command, err, out)
	}
	return string(out)
}

func (s *sway) sits() {
	if s.seat == nil {
		s.seat = sit(s.t, s.socket)
		s.seat.brings()
	}
}

func (s *sway) key(name string) {
	s.t.Helper()
	s.sits()
	s.seat.key(name)
}

func (s *sway) find() (found stand) {
	s.t.Helper()
	type container struct {
		AppID      string    `json:"app_id"`
		Rect       rectangle `json:"rect"`
		WindowRect rectangle `json:"window_rect"`
		Focused    bool
		Name       string
		Urgent     bool
		Visible    bool // its workspace is the one that is shown
		Nodes      []json.RawMessage
		Floating   []json.RawMessage `json:"floating_nodes"`
	}
	all := []json.RawMessage{json.RawMessage(s.asks("swaymsg", "-t", "get_tree"))}
	for len(all) > 0 {
		var one container
		if err := json.Unmarshal(all[0], &one); err != nil {
			s.t.Fatal(err)
		}
		all = append(append(all[1:], one.Nodes...), one.Floating...)
		if one.AppID == "munpae" && (one.Focused || found.at.Width == 0) {
			at := rectangle{one.Rect.X + one.WindowRect.X, one.Rect.Y + one.WindowRect.Y, one.WindowRect.Width, one.WindowRect.Height}
			found = stand{at, one.Focused && one.Visible, one.Urgent, one.Name}
		}
	}
	return found
}

// looks asks where the window stands.
func (c *compositor) looks() { c.stand = c.find() }

// front reports whether a window of ours has the keyboard.
func (c *compositor) front() bool {
	c.t.Helper()
	c.looks()
	return c.ahead
}

// place is what of the screen r of the window is, without what is a pixel only in part.
func (c *compositor) place(r rectangle) rectangle {
	x, y := float64(r.X+c.at.X)*c.scale, float64(r.Y+c.at.Y)*c.scale
	left, top := math.Ceil(x), math.Ceil(y)
	return rectangle{
		int32(left), int32(top),
		int32(max(math.Floor(x+float64(r.Width)*c.scale)-left, 0)), int32(max(math.Floor(y+float64(r.Height)*c.scale)-top, 0)),
	}
}

func (s *sway) picture() picture {
	s.t.Helper()
	out := []byte(s.asks("grim", "-t", "ppm", "-"))
	var p picture
	var depth int
	if _, err := fmt.Sscanf(string(out[:min(len(out), 40)]), "P6\n%d %d\n%d\n", &p.width, &p.height, &depth); err != nil || depth != 255 || len(out) < 3*p.width*p.height {
		s.t.Fatalf("grim: %v: %d bytes", err, len(out))
	}
	p.stride = 4 * p.width
	p.pixels = make([]byte, p.stride*p.height)
	for i, rgb := 0, out[len(out)-3*p.width*p.height:]; len(rgb) > 0; i, rgb = i+4, rgb[3:] {
		p.pixels[i], p.pixels[i+1], p.pixels[i+2] = rgb[2], rgb[1], rgb[0]
	}
	return p
}

// install is a profile for a window on this compositor: what a service or a terminal of
// another seat knows of it, which is no XDG_SESSION_TYPE.
func (c *compositor) install(t testing.TB, lang string, env ...string) *program {
	p := install(t, lang, env...)
	p.env = append(p.env, "DISPLAY=", "GDK_BACKEND=", "XDG_SESSION_TYPE=", "WAYLAND_DISPLAY="+c.socket)
	return p
}

// By the compositor's own picture, at every scale that desktops offer, by keyboard.
func TestUnderWaylandTheWholeRoadIsWalkedAtEveryScale(t *testing.T) {
	for _, row := range []struct {
		compositor, scale, theme string
		words
	}{
		{"sway", "1", "light", korean}, {"sway", "1.25", "light", english}, {"sway", "1.5", "dark", korean}, {"sway", "2", "dark", english},
		{"weston", "1", "dark", english}, {"weston", "2", "light", korean},
	} {
		w, theme := row.words, row.theme
		t.Run(row.compositor+" "+row.scale+" "+w.lang+" "+theme, func(t *testing.T) {
			var c *compositor
			if row.compositor == "sway" {
				c = wayland(t, row.scale)
			} else {
				c = weston(t, int32(row.scale[0]-'0'))
			}
			s := serve(t)
			s.NextPerson(seulgi)
			p := c.install(t, w.lang, append(settings(s), "MUNPAE_THEME="+theme)...)
			p.start()
			p.walksByKeyboard(w)
			p.hasWall(map[string]string{"light": lightWall, "dark": darkWall}[theme])
			if said := p.output.String(); said != "" {
				t.Errorf("it printed: %s", said)
			}
		})
	}
}

// weston starts it in the only window of a display of its own, where it shows one program's
// window, whole; the test looks at it and types through the display.
func weston(t *testing.T, scale int32) *compositor {
	t.Helper()
	own := desktopFor(t, fmt.Sprintf("%dx%d", 800*scale, 700*scale), 1)
	c := &compositor{t: t, run: filepath.Join(own.dir, "run")}
	server := exec.Command("weston", "--backend=x11-backend.so", "--use-pixman", "--shell=kiosk-shell.so", "--fullscreen", "--width=800", "--height=700", fmt.Sprint("--scale=", scale),
		"--no-config", "--idle-time=0", "--socket=wayland-1")
	server.Env = own.env()
	if err := own.start(server); err != nil {
		t.Fatal(err)
	}
	c.socket = c.one("wayland-*[0-9]")
	own.scale, own.nested = scale, true
	lookAt(t, own)
	return c
}

// walksByKeyboard is the road to home, into the account and out.
func (p *program) walksByKeyboard(w words) {
	t := p.t
	shoot := func(screen string) {
		desk.screenshot(t, strings.ReplaceAll("road-"+strings.Join(strings.Split(t.Name(), "/")[1:], "-")+"-"+screen, " ", "_"))
	}
	reach := func(role, name string) {
		t.Helper()
		p.hasKeyboard()
		for range 24 {
			if p.see(role, name).has(stateFocused) {
				return
			}
			typeKeys(t, 60*time.Millisecond, "Tab")
		}
		t.Fatalf("no Tab leads to %s %q", role, name)
	}
	press := func(name string) {
		t.Helper()
		reach("push button", name)
		typeKeys(t, 0, "Return")
	}
	p.see("push button", w.github)
	if c := desk.wayland; c != nil { // by the name of its .desktop file, see looks
		if c.looks(); c.title != "Munpae" {
			t.Errorf("the compositor calls it %q", c.title)
		}
	}
	press(w.github)
	p.see("push button", w.copyLink)
	shoot("waiting")
	press(w.copyLink)
	if !desk.nested { // nobody else is there to ask
		eventually(t, appearsWithin, "the address on the clipboard", func() bool { return strings.HasPrefix(p.pasted(), "http://127.") })
	}
	browse(t, p.address(1))
	p.see("dialog", w.dialog)
	p.hears(w.free)
	shoot("nickname")
	p.replaceText(p.see("entry", w.nickname), "Bomnal")
	p.hears(w.free)
	eventually(t, appearsWithin, "Start enabled", func() bool { return p.canStart(w) })
	typeKeys(t, 0, "Return")
	p.see("heading", "Bomnal")
	shoot("home")
	press(w.account)
	renamed := "봄날"
	if desk.nested { // Hangul is pasted, see replaceText
		renamed = "Saebom"
	}
	p.replaceText(p.see("entry", w.nickname), renamed)
	p.hears(w.free)
	shoot("account")
	press(dialogIn[w.lang].change)
	p.hears(dialogIn[w.lang].renamed)
	typeKeys(t, 0, "Escape")
	p.see("heading", renamed)
	press(w.signOut)
	p.see("push button", w.naver)
	shoot("signed-out")
}

// opensWithToken has the stand-in for xdg-open keep the token that it was given in a file.
func (p *program) opensWithToken() (file string) {
	p.t.Helper()
	file = p.opened + ".token"
	bin, _, _ := strings.Cut(strings.TrimPrefix(p.env[0], "PATH="), ":")
	script := "#!/bin/sh\nprintf '%s\\n' \"$XDG_ACTIVATION_TOKEN\" > '" + file + "'\nprintf '%s\\n' \"$1\" >> '" + p.opened + "'\n"
	if err := os.WriteFile(filepath.Join(bin, "xdg-open"), []byte(script), 0o755); err != nil {
		p.t.Fatal(err)
	}
	return file
}

// pasted is what the clipboard holds.
func (p *program) pasted() string {
	p.t.Helper()
	if desk.wayland != nil {
		return desk.wayland.pasted()
	}
	c := exec.Command("xclip", "-selection", "clipboard", "-o")
	c.Env = desk.env()
	out, _ := c.Output() // it may hold nothing yet
	return string(out)
}

func (s *sway) pasted() string { return pastedFrom(s.env) }

func (s *sway) copy(text string) { copyTo(s.t, s.env, text) }

// pastedFrom is what the clipboard of the compositor in env holds, which lets a program
// that has no window see it.
func pastedFrom(env []string) string {
	c := exec.Command("wl-paste", "--no-newline")
	c.Env = env
	out, _ := c.Output() // it may hold nothing yet
	return string(out)
}

// copyTo puts text there.
func copyTo(t testing.TB, env []string, text string) {
	t.Helper()
	c := exec.Command("wl-copy", text) // it stays, and holds whatever output it is given
	c.Env = env
	if err := c.Run(); err != nil {
		t.Fatalf("%v: %v", c.Args, err)
	}
}

// Nobody sits at this compositor: no keyboard and no mouse.
func TestUnderWaylandCopyLinkLeavesTheWindowWhereThereIsNoKeyboard(t *testing.T) {
	c := wayland(t, "1")
	p := c.install(t, "ko", settings(serve(t))...)
	p.start()
	p.press(korean.github)
	p.press(korean.copyLink)
	p.press(korean.cancel)
	p.see("push button", korean.github)
}

// The browser may come to the front with the token of the press, and who signed in there
// is called back: the compositor hears that the window is urgent, and a notification says why.
func TestUnderWaylandTheBrowserGetsATokenAndAWindowLeftBehindNotifiesAndComesWhenThatIsPressed(t *testing.T) {
	n := notify(t)
	c := wayland(t, "1", "workspace 1", "focus_on_window_activation urgent")
	p := c.install(t, "en", append(settings(serve(t)), "WAYLAND_DEBUG=client")...)
	given := p.opensWithToken()
	p.start()
	p.hasKeyboard()
	p.see("push button", english.github).focus(t)
	typeKeys(t, 0, "Return")
	p.address(1)
	if b, _ := os.ReadFile(given); len(strings.TrimSpace(string(b))) == 0 {
		t.Error("the browser was given no token to come to the front with")
	}
	c.host.(*sway).asks("swaymsg", "workspace", "2")
	browse(t, p.address(1))
	shown := n.shows(t, "Choose a nickname in the app")
	eventually(t, appearsWithin, "the window is urgent", func() bool { c.looks(); return c.urgent })
	if c.front() {
		t.Fatal("it came to the front by itself")
	}

	// Sway lets come who has a token, if it is told to; the one of the press is used.
	c.host.(*sway).asks("swaymsg", "focus_on_window_activation", "focus")
	token := sit(t, c.socket).token()
	n.pressed(t, shown.id, token)
	eventually(t, appearsWithin, "the window is in front", c.front)
	if !strings.Contains(p.output.String(), "activate(\""+token+"\"") {
		t.Error("it came by another token than that of the press")
	}
	n.takenAway(t, shown)
	c.host.(*sway).asks("swaymsg", "workspace", "1") // sway 1.7 draws what it has focused so with its next command alone
	p.see("dialog", english.dialog)
}
