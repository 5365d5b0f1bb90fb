//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"image"
	"image/png"
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
	env    []string
}

// wayland starts sway with a screen of that scale; nobody sits at it.
func wayland(t *testing.T, scale string, config ...string) *compositor {
	t.Helper()
	dir, err := os.MkdirTemp("", "munpae-wayland-") // not below a folder that others can't enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	c := &compositor{t: t, run: filepath.Join(dir, "run")}
	if err := os.Mkdir(c.run, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "config")
	lines := append([]string{"output * mode 2000x1600", "output * scale " + scale, "xwayland disable", "default_border normal"}, config...)
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
	sway := exec.Command(command[0], command[1:]...)
	sway.Env = append(desk.env("DBUS_SESSION_BUS_ADDRESS=disabled:", "HOME="+c.run), "XDG_RUNTIME_DIR="+c.run, "WLR_BACKENDS=headless", "WLR_LIBINPUT_NO_DEVICES=1", "WLR_RENDERER=pixman", "DISPLAY=")
	if err := desk.start(sway); err != nil {
		t.Fatal(err)
	}
	end := desk.stops[len(desk.stops)-1]
	desk.stops = desk.stops[:len(desk.stops)-1]
	t.Cleanup(end)
	c.socket = c.one("wayland-*[0-9]")
	c.env = []string{"PATH=" + os.Getenv("PATH"), "XDG_RUNTIME_DIR=" + c.run, "WAYLAND_DISPLAY=" + filepath.Base(c.socket), "SWAYSOCK=" + c.one("sway-ipc.*")}
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
func (c *compositor) asks(command ...string) string {
	c.t.Helper()
	x := exec.Command(command[0], command[1:]...)
	x.Env = c.env
	out, err := x.CombinedOutput()
	if err != nil {
		c.t.Fatalf("%v: %v\n%s", command, err, out)
	}
	return string(out)
}

// picture is what the compositor shows.
func (c *compositor) picture(name string) image.Image {
	c.t.Helper()
	file := filepath.Join(c.run, "picture.png")
	c.asks("grim", file)
	if folder := os.Getenv("MUNPAE_SCREENSHOTS"); folder != "" {
		b, _ := os.ReadFile(file)
		os.WriteFile(filepath.Join(folder, name+".png"), b, 0o644)
	}
	f, err := os.Open(file)
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close()
	picture, err := png.Decode(f)
	if err != nil {
		c.t.Fatal(err)
	}
	return picture
}

// install is a profile for a window on this compositor: what a service or a terminal of
// another seat knows of it, which is no XDG_SESSION_TYPE.
func (c *compositor) install(lang string, env ...string) *program {
	p := install(c.t, lang, env...)
	p.env = append(p.env, "DISPLAY=", "GDK_BACKEND=", "XDG_SESSION_TYPE=", "WAYLAND_DISPLAY="+c.socket)
	p.unseen = true
	return p
}

func colourAt(i image.Image, x, y int) string {
	r, g, b, _ := i.At(x, y).RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

// By the compositor's own picture, at every scale that desktops offer.
func TestUnderWaylandTheWindowIsThereWithoutASessionType(t *testing.T) {
	for i, scale := range []string{"1", "1.25", "1.5", "2"} {
		w := []words{korean, english}[i%2]
		theme := []string{"light", "dark"}[i/2]
		t.Run(scale+" "+w.lang+" "+theme, func(t *testing.T) {
			c := wayland(t, scale)
			p := c.install(w.lang, append(settings(serve(t)), "MUNPAE_THEME="+theme)...)
			p.start()
			p.see("push button", w.github)
			wall := map[string]string{"light": lightWall, "dark": darkWall}[theme]
			eventually(t, appearsWithin, "the page in the compositor's picture", func() bool {
				picture := c.picture("wayland-" + scale + "-" + w.lang)
				across, down := picture.Bounds().Dx(), picture.Bounds().Dy()
				button := false // the window's background comes before the page does
				for y := range down {
					button = button || colourAt(picture, across/2, y) == "#03a94d"
				}
				return button && colourAt(picture, across/2, down-12) == wall
			})
			tree := c.asks("swaymsg", "-t", "get_tree")
			for _, want := range []string{`"app_id": "munpae"`, `"name": "Munpae"`} {
				if !strings.Contains(tree, want) {
					t.Errorf("the compositor does not know %s:\n%s", want, tree)
				}
			}
		})
	}
}

// Nobody sits at this compositor: no keyboard and no mouse.
func TestUnderWaylandCopyLinkLeavesTheWindowWhereThereIsNoKeyboard(t *testing.T) {
	c := wayland(t, "1")
	p := c.install("ko", settings(serve(t))...)
	p.start()
	p.press(korean.github)
	p.press(korean.copyLink)
	p.press(korean.cancel)
	p.see("push button", korean.github)
}

// Who signs in elsewhere is called back: the compositor hears that the window is urgent.
func TestUnderWaylandAWindowThatIsLeftBehindIsUrgentAndNotifies(t *testing.T) {
	n := notify(t)
	c := wayland(t, "1", "workspace 1", "focus_on_window_activation urgent")
	p := c.install("en", settings(serve(t))...)
	p.start()
	p.press(english.github)
	c.asks("swaymsg", "workspace", "2")
	browse(t, p.address(1))
	select {
	case shown := <-n.shown:
		if shown.body != "Choose a nickname in the app" {
			t.Errorf("it says %+v", shown)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("no notification")
	}
}
