//go:build e2e && compositors

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/godbus/dbus/v5"
)

const portalName = "org.freedesktop.portal.Desktop"

// environment starts a desktop of its own, whose programs run as that kind, with a
// connection to its bus. Its compositor is not there yet.
func environment(t *testing.T, kind string) (*compositor, *desktop, *dbus.Conn) {
	t.Helper()
	own := desktopFor(t, "1000x800", 1)
	own.kind = kind
	bus, err := dbus.Connect(own.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bus.Close() })
	return &compositor{t: t, run: filepath.Join(own.dir, "run"), scale: 1}, own, bus
}

// browses gives the desktop a browser, which its portal starts, and which keeps the
// addresses for p, and the tokens that it was given to come to the front with.
func (d *desktop) browses(t *testing.T, p *program) (tokens string) {
	t.Helper()
	tokens = p.opened + ".token"
	home := filepath.Join(d.dir, "home")
	for name, text := range map[string]string{
		"browser": "#!/bin/sh\nprintf '%s\\n' \"$XDG_ACTIVATION_TOKEN\" >> '" + tokens + "'\nprintf '%s\\n' \"$1\" >> '" + p.opened + "'\n",
		".local/share/applications/browser.desktop": "[Desktop Entry]\nType=Application\nName=Browser\nExec=" + filepath.Join(home, "browser") + " %u\nStartupNotify=true\nMimeType=text/html;x-scheme-handler/http;x-scheme-handler/https;\n",
		".config/mimeapps.list":                     "[Default Applications]\nx-scheme-handler/http=browser.desktop\nx-scheme-handler/https=browser.desktop\n",
	} {
		path := filepath.Join(home, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	return tokens
}

// serves starts the compositor's program, and looks at it once its socket is there.
func (c *compositor) serves(own *desktop, bus *dbus.Conn, h host, env []string, command ...string) {
	c.t.Helper()
	x := exec.Command(command[0], command[1:]...)
	x.Env = own.env(env...)
	out := &tail{}
	x.Stdout, x.Stderr = out, out
	if err := own.start(x); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		if c.t.Failed() {
			c.t.Logf("%s printed:\n%s", command[0], out)
		}
	})
	c.host = h
	c.socket = c.one("wayland-*[0-9]")
	own.wayland = c
	lookAt(c.t, own)
	// As a session's first program tells the bus, for what the bus starts.
	here := map[string]string{"WAYLAND_DISPLAY": filepath.Base(c.socket), "XDG_CURRENT_DESKTOP": own.kind, "XDG_SESSION_TYPE": "wayland", "XDG_RUNTIME_DIR": c.run}
	if own.kind == "KDE" {
		here["KDE_FULL_SESSION"], here["KDE_SESSION_VERSION"] = "true", "6"
	}
	if err := bus.BusObject().Call("org.freedesktop.DBus.UpdateActivationEnvironment", 0, here).Err; err != nil {
		c.t.Fatal(err)
	}
	// The compositor has asked for the portal before that, which knows of no desktop then:
	// another takes its place.
	var answer, early uint32
	owner := ""
	daemons := bus.BusObject()
	if err := errors.Join(
		daemons.Call("org.freedesktop.DBus.StartServiceByName", 0, portalName, uint32(0)).Store(&answer),
		daemons.Call("org.freedesktop.DBus.GetNameOwner", 0, portalName).Store(&owner),
		daemons.Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0, owner).Store(&early),
	); err != nil || early == 0 {
		c.t.Fatal(early, err)
	}
	if err := syscall.Kill(int(early), syscall.SIGKILL); err != nil {
		c.t.Fatal(err)
	}
	eventually(c.t, appearsWithin, "the early portal has gone", func() bool {
		there := true
		return daemons.Call("org.freedesktop.DBus.NameHasOwner", 0, owner).Store(&there) == nil && !there
	})
}

// gnome is GNOME's shell, which draws without a screen, and says all of itself to whoever
// asks in its own language.
type gnome struct {
	*compositor
	bus     *dbus.Conn
	session dbus.ObjectPath // of somebody far away, with a keyboard
}

// startGNOME starts it with those settings of the person: schema, key, value.
func startGNOME(t *testing.T, settings ...[3]string) *gnome {
	t.Helper()
	c, own, bus := environment(t, "GNOME")
	g := &gnome{compositor: c, bus: bus}
	// What it asks the system for is not there; that there is a system, it takes for granted.
	system := exec.Command("dbus-daemon", "--session", "--nofork", "--address=unix:path="+filepath.Join(own.dir, "system"))
	system.Env = own.env()
	if err := own.start(system); err != nil {
		t.Fatal(err)
	}
	eventually(t, appearsWithin, "a bus of the system", func() bool { _, err := os.Stat(filepath.Join(own.dir, "system")); return err == nil })
	for _, s := range append(settings, [3]string{"org.gnome.desktop.notifications", "show-banners", "false"}) { // it warns of root
		own.gsettings(t, s)
	}
	c.serves(own, bus, g, []string{"DISPLAY=", "DBUS_SYSTEM_BUS_ADDRESS=unix:path=" + filepath.Join(own.dir, "system"), "XDG_CURRENT_DESKTOP=GNOME", "XDG_SESSION_TYPE=wayland"},
		"gnome-shell", "--headless", "--unsafe-mode", "--no-x11", "--wayland-display=wayland-1", "--virtual-monitor=1000x800")
	eventually(t, appearsWithin, "the shell stands", func() bool {
		said, err := g.asks(`Main.layoutManager._startingUp`)
		return err == nil && said == "false"
	})
	g.says(`Main.overview.hide()`) // in which it starts
	eventually(t, appearsWithin, "no overview", func() bool { return g.says(`Main.overview.visible || Main.overview.animationInProgress`) == "false" })
	return g
}

// gsettings sets one.
func (d *desktop) gsettings(t *testing.T, s [3]string) {
	t.Helper()
	set := exec.Command("gsettings", "set", s[0], s[1], s[2])
	set.Env = d.env()
	if out, err := set.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v: %s", s, err, out)
	}
}

// asks has the shell work out an expression, and answers with its JSON.
func (g *gnome) asks(expression string) (string, error) {
	var ok bool
	var said string
	err := g.bus.Object("org.gnome.Shell", "/org/gnome/Shell").Call("org.gnome.Shell.Eval", 0, expression).Store(&ok, &said)
	if err == nil && !ok {
		err = fmt.Errorf("%s: %s", expression, said)
	}
	return said, err
}

func (g *gnome) says(expression string) string {
	g.t.Helper()
	said, err := g.asks(expression)
	if err != nil {
		g.t.Fatal(err)
	}
	return said
}

// stands reads what a compositor says of our window in JSON, or null.
func stands(t *testing.T, said string) (found stand) {
	t.Helper()
	var w *struct {
		X, Y, W, H    float64
		Ahead, Urgent bool
		Title         string
	}
	if err := json.Unmarshal([]byte(said), &w); err != nil {
		t.Fatal(said, err)
	}
	if w == nil {
		return found
	}
	return stand{rectangle{int32(w.X), int32(w.Y), int32(w.W), int32(w.H)}, w.Ahead, w.Urgent, w.Title}
}

func (g *gnome) find() stand {
	g.t.Helper()
	return stands(g.t, g.says(`(() => {
		const all = global.get_window_actors().map(a => a.meta_window).filter(w => w.get_wm_class() === 'munpae');
		const w = all.find(w => w.has_focus()) ?? all[0];
		if (!w) return null;
		const r = w.get_buffer_rect();
		return {x: r.x, y: r.y, w: r.width, h: r.height, ahead: w.has_focus(), urgent: w.demands_attention || w.urgent, title: w.title};
	})()`))
}

func (g *gnome) picture() picture {
	g.t.Helper()
	file := filepath.Join(g.run, "picture.png")
	var ok bool
	var used string
	if err := g.bus.Object("org.gnome.Shell.Screenshot", "/org/gnome/Shell/Screenshot").Call("org.gnome.Shell.Screenshot.Screenshot", 0, false, false, file).Store(&ok, &used); err != nil || !ok {
		g.t.Fatal("no picture: ", ok, err)
	}
	f, err := os.Open(used)
	if err != nil {
		g.t.Fatal(err)
	}
	defer f.Close()
	drawn, err := png.Decode(f)
	if err != nil {
		g.t.Fatal(err)
	}
	size := drawn.Bounds().Size()
	all := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(all, all.Rect, drawn, image.Point{}, draw.Src)
	for at := 0; at < len(all.Pix); at += 4 {
		all.Pix[at], all.Pix[at+2] = all.Pix[at+2], all.Pix[at]
	}
	return picture{width: size.X, height: size.Y, stride: all.Stride, pixels: all.Pix}
}

const remoteDesktop = "org.gnome.Mutter.RemoteDesktop"

func (g *gnome) sits() {
	g.t.Helper()
	if g.session != "" {
		return
	}
	if err := g.bus.Object(remoteDesktop, "/org/gnome/Mutter/RemoteDesktop").Call(remoteDesktop+".CreateSession", 0).Store(&g.session); err != nil {
		g.t.Fatal(err)
	}
	if err := g.bus.Object(remoteDesktop, g.session).Call(remoteDesktop+".Session.Start", 0).Err; err != nil {
		g.t.Fatal(err)
	}
}

func (g *gnome) key(name string) {
	g.t.Helper()
	g.sits()
	parts := strings.Split(name, "+")
	press := func(name string, down bool) {
		code, there := codes[name]
		if !there {
			g.t.Fatalf("there is no key %s", name)
		}
		if err := g.bus.Object(remoteDesktop, g.session).Call(remoteDesktop+".Session.NotifyKeyboardKeycode", 0, code, down).Err; err != nil {
			g.t.Fatal(err)
		}
	}
	for _, p := range parts {
		press(p, true)
	}
	for i := len(parts) - 1; i >= 0; i-- {
		press(parts[i], false)
	}
}

func (g *gnome) pasted() string {
	g.t.Helper()
	g.says(`(() => { imports.gi.St.Clipboard.get_default().get_text(imports.gi.St.ClipboardType.CLIPBOARD, (_, text) => { global.pasted = text ?? ''; }); return true; })()`)
	var text string
	if err := json.Unmarshal([]byte(g.says(`global.pasted ?? ''`)), &text); err != nil {
		g.t.Fatal(err)
	}
	return text
}

func (g *gnome) copy(text string) {
	g.t.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		g.t.Fatal(err)
	}
	g.says(fmt.Sprintf(`(() => { imports.gi.St.Clipboard.get_default().set_text(imports.gi.St.ClipboardType.CLIPBOARD, %s); return true; })()`, quoted))
}

// kde is KDE's compositor, in the only window of a display of its own: without a GPU it
// lets nobody see what it draws for a screen that is not there.
type kde struct {
	*compositor
	own  *desktop
	bus  *dbus.Conn
	told chan string // what a script found
	env  []string
	nth  int
}

// startKDE starts it with more arguments.
func startKDE(t *testing.T, more ...string) *kde {
	t.Helper()
	c, own, bus := environment(t, "KDE")
	k := &kde{compositor: c, own: own, bus: bus, told: make(chan string, 1)}
	if err := k.bus.Export(k, "/found", "example.munpae.Found"); err != nil {
		t.Fatal(err)
	}
	c.serves(own, bus, k, []string{"KWIN_COMPOSE=Q", "KWIN_WAYLAND_NO_PERMISSION_CHECKS=1", "XDG_CURRENT_DESKTOP=KDE", "XDG_SESSION_TYPE=wayland", "GDK_BACKEND="},
		append([]string{"kwin_wayland", "--x11-display", own.display, "--width=1000", "--height=800", "--no-lockscreen", "--socket=wayland-1"}, more...)...)
	k.env = []string{"PATH=" + os.Getenv("PATH"), "XDG_RUNTIME_DIR=" + c.run, "WAYLAND_DISPLAY=" + filepath.Base(c.socket)}
	eventually(t, appearsWithin, "its window fills the display", func() bool {
		full := exec.Command("wmctrl", "-r", "KDE Wayland Compositor", "-b", "add,fullscreen")
		full.Env = own.env()
		return full.Run() == nil
	})
	return k
}

// Found is where a script of asks answers.
func (k *kde) Found(said string) *dbus.Error {
	k.told <- said
	return nil
}

// asks runs a script in the compositor, in which found(…) answers.
func (k *kde) asks(script string) string {
	k.t.Helper()
	k.nth++
	name := fmt.Sprint("munpae", k.nth)
	file := filepath.Join(k.run, name+".js")
	text := fmt.Sprintf("const found = what => callDBus(%q, '/found', 'example.munpae.Found', 'Found', JSON.stringify(what));\n%s", k.bus.Names()[0], script)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		k.t.Fatal(err)
	}
	defer os.Remove(file)
	scripting := k.bus.Object("org.kde.KWin", "/Scripting")
	var id int32
	if err := scripting.Call("org.kde.kwin.Scripting.loadScript", 0, file, name).Store(&id); err != nil {
		k.t.Fatal(err)
	}
	if err := k.bus.Object("org.kde.KWin", dbus.ObjectPath(fmt.Sprint("/Scripting/Script", id))).Call("org.kde.kwin.Script.run", 0).Err; err != nil {
		k.t.Fatal(err)
	}
	said := <-k.told
	scripting.Call("org.kde.kwin.Scripting.unloadScript", 0, name)
	return said
}

func (k *kde) find() stand {
	k.t.Helper()
	return stands(k.t, k.asks(`{
		const all = workspace.windowList().filter(w => w.resourceClass == 'munpae');
		const w = all.find(w => w.active) ?? all[0];
		const r = w?.bufferGeometry;
		found(w ? {x: r.x, y: r.y, w: r.width, h: r.height, ahead: w.active, urgent: w.demandsAttention, title: w.caption} : null);
	}`))
}

func (k *kde) picture() picture {
	k.t.Helper()
	return k.own.frameBuffer(k.t)
}

func (k *kde) sits() {}

func (k *kde) key(name string) {
	k.t.Helper()
	k.own.xdotool(k.t, "key", name)
}

func (k *kde) pasted() string { return pastedFrom(k.env) }

func (k *kde) copy(text string) { copyTo(k.t, k.env, text) }

// environments are the desktops that most people have.
var environments = []struct {
	name  string
	start func(t *testing.T) *compositor
}{
	{"GNOME", func(t *testing.T) *compositor { return startGNOME(t).compositor }},
	{"KDE", func(t *testing.T) *compositor { return startKDE(t).compositor }},
}

// By the desktop's own picture, by keyboard.
func TestUnderGNOMEAndKDETheWholeRoadIsWalked(t *testing.T) {
	for _, e := range environments {
		for _, row := range []struct {
			theme string
			words
		}{{"light", korean}, {"dark", english}} {
			w, theme := row.words, row.theme
			t.Run(e.name+" "+w.lang+" "+theme, func(t *testing.T) {
				c := e.start(t)
				s := serve(t)
				s.NextPerson(seulgi)
				p := c.install(t, w.lang, append(settings(s), "MUNPAE_THEME="+theme)...)
				desk.browses(t, p)
				p.start()
				p.walksByKeyboard(w)
				p.hasWall(map[string]string{"light": lightWall, "dark": darkWall}[theme])
				if said := p.output.String(); said != "" {
					t.Errorf("it printed: %s", said)
				}
			})
		}
	}
}
