//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"
)

// desktop is a display with a window manager and a session bus, alone for this suite.
type desktop struct {
	dir     string
	display string
	address string // of the session bus
	manager *exec.Cmd
	a11y    *dbus.Conn
	scale   int32       // device pixels in a logical one
	nested  bool        // its only window is a compositor's, which shows one window, whole
	wayland *compositor // whose windows tests look at and type into; nil: the display's own
	kind    string      // XDG_CURRENT_DESKTOP, or empty
	stops   []func()
}

var desk *desktop

// locales are those of the people who use this, by the window's language.
var locales = map[string]string{"ko": "ko_KR.UTF-8", "en": "en_US.UTF-8"}

// afterwards is what is tidied up when all tests are done.
var afterwards []func()

func TestMain(m *testing.M) {
	os.Exit(func() int {
		d, err := startDesktop("1000x800", 1)
		if d != nil {
			defer d.close()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "e2e:", err)
			return 1
		}
		desk = d
		defer removeStranger()
		defer func() {
			for _, f := range afterwards {
				f()
			}
		}()
		return m.Run()
	}())
}

// startDesktop starts one with a screen of that size in device pixels.
func startDesktop(size string, scale int32) (*desktop, error) {
	dir, err := os.MkdirTemp("", "munpae-e2e-")
	if err != nil {
		return nil, err
	}
	d := &desktop{dir: dir, scale: scale}
	d.stops = append(d.stops, func() { os.RemoveAll(dir) })

	// Where one is missing GTK takes the C library's own, and another input method.
	for _, locale := range locales {
		if out, err := exec.Command("env", "LC_ALL="+locale, "locale", "charmap").Output(); err != nil || strings.TrimSpace(string(out)) != "UTF-8" {
			return d, fmt.Errorf("this system has no locale %s: build/test.sh makes it", locale)
		}
	}

	display, end, err := startDisplay("-screen", "0", size+"x24", "-fbdir", dir)
	if err != nil {
		return d, err
	}
	d.display, d.stops = display, append(d.stops, end)

	bus := exec.Command("dbus-daemon", "--session", "--nofork", "--print-address=1")
	bus.Env = d.env()
	out, err := bus.StdoutPipe()
	if err != nil {
		return d, err
	}
	if err := d.start(bus); err != nil {
		return d, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return d, fmt.Errorf("dbus-daemon gave no address: %w", err)
	}
	d.address = strings.TrimSpace(line)
	go io.Copy(io.Discard, out)

	if err := d.manage(); err != nil {
		return d, err
	}
	// A window that comes before the manager does is given no keyboard.
	for end := time.Now().Add(appearsWithin); ; time.Sleep(60 * time.Millisecond) {
		ask := exec.Command("wmctrl", "-m")
		ask.Env = d.env()
		out, err := ask.CombinedOutput()
		if err == nil {
			break
		}
		if time.Now().After(end) {
			return d, fmt.Errorf("no window manager: %w: %s", err, out)
		}
	}

	session, err := dbus.Connect(d.address)
	if err != nil {
		return d, err
	}
	defer session.Close()
	a11y := session.Object("org.a11y.Bus", "/org/a11y/bus")
	var address string
	if err := a11y.Call("org.a11y.Bus.GetAddress", 0).Store(&address); err != nil {
		return d, fmt.Errorf("no accessibility bus: %w", err)
	}
	if err := a11y.SetProperty("org.a11y.Status.IsEnabled", dbus.MakeVariant(true)); err != nil {
		return d, err
	}
	_ = a11y.SetProperty("org.a11y.Status.ScreenReaderEnabled", dbus.MakeVariant(true)) // the newest have it no more
	d.a11y, err = dbus.Connect(address)
	return d, err
}

// The numbers of the suite's displays: above those that X servers take by themselves.
const (
	firstDisplay = 100
	lastDisplay  = 999
)

// startDisplay starts an Xvfb and returns its display's name. The number is one that
// nobody else has, even in another container or namespace with the same /tmp: there Xvfb,
// which looks for the owner of a number among the processes that it can see, would take a
// running one for dead, and put its own socket in the place of that one's.
func startDisplay(args ...string) (display string, end func(), err error) {
	claims, err := os.OpenFile(fmt.Sprintf("/tmp/.munpae-displays-%d", os.Getuid()), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", nil, err
	}
	for number := firstDisplay; number <= lastDisplay; number++ {
		claim := unix.Flock_t{Type: unix.F_WRLCK, Start: int64(number), Len: 1} // until claims is closed
		if unix.FcntlFlock(claims.Fd(), unix.F_OFD_SETLK, &claim) != nil {
			continue
		}
		display := fmt.Sprint(":", number)
		files := []string{fmt.Sprint("/tmp/.X11-unix/X", number), fmt.Sprintf("/tmp/.X%d-lock", number)}
		taken := func() bool { // by somebody who makes no claims, or was killed
			return slices.ContainsFunc(files, func(f string) bool { _, err := os.Lstat(f); return err == nil })
		}
		if taken() {
			continue
		}
		stop, err := xvfb(display, args...)
		if err != nil && taken() {
			continue
		}
		if err != nil {
			claims.Close()
			return "", nil, err
		}
		return display, func() {
			stop()
			for _, f := range files { // it was killed, and has not done so
				os.Remove(f)
			}
			claims.Close()
		}, nil
	}
	claims.Close()
	return "", nil, fmt.Errorf("every display from :%d to :%d is in use, or was left behind in /tmp", firstDisplay, lastDisplay)
}

// xvfb starts one at that display, and returns when it may be connected to.
func xvfb(display string, args ...string) (end func(), err error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	defer write.Close()
	c := exec.Command("Xvfb", append([]string{display, "-displayfd", "3", "-nolisten", "tcp", "-noreset"}, args...)...)
	c.ExtraFiles = []*os.File{write}
	if end, err = started(c); err != nil {
		return nil, err
	}
	write.Close()
	if _, err := bufio.NewReader(read).ReadString('\n'); err != nil {
		end()
		return nil, fmt.Errorf("Xvfb %s did not start: %w", display, err)
	}
	return end, nil
}

// desktopFor starts one for a test.
func desktopFor(t *testing.T, size string, scale int32) *desktop {
	t.Helper()
	d, err := startDesktop(size, scale)
	if d != nil {
		t.Cleanup(d.close)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// lookAt has the test look at that desktop until it is over.
func lookAt(t *testing.T, d *desktop) {
	before := desk
	desk = d
	t.Cleanup(func() { desk = before })
}

// env is what every program on this desktop gets, and nothing of the caller's
// display, bus or home.
func (d *desktop) env(more ...string) []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(d.dir, "home"), "XDG_RUNTIME_DIR=" + filepath.Join(d.dir, "run"),
		"DISPLAY=" + d.display, "LANG=C.UTF-8", "GDK_BACKEND=x11", fmt.Sprint("GDK_SCALE=", d.scale), "LIBGL_ALWAYS_SOFTWARE=1", "NO_PROXY=127.0.0.1",
		"DBUS_SESSION_BUS_ADDRESS=" + d.address,
	}
	if zone, ok := os.LookupEnv("TZ"); ok { // dates on screen are compared with this process's
		env = append(env, "TZ="+zone)
	}
	if d.kind != "" {
		env = append(env, "XDG_CURRENT_DESKTOP="+d.kind)
	}
	for _, name := range []string{"home", "run"} {
		os.MkdirAll(filepath.Join(d.dir, name), 0o700)
	}
	return append(env, more...)
}

// manage starts a window manager.
func (d *desktop) manage() error {
	d.manager = exec.Command("openbox")
	d.manager.Env = d.env()
	return d.start(d.manager)
}

// start starts a program that ends with the desktop.
func (d *desktop) start(c *exec.Cmd) error {
	end, err := started(c)
	if err == nil {
		d.stops = append(d.stops, end)
	}
	return err
}

// started starts a program, and returns what ends it.
func started(c *exec.Cmd) (end func(), err error) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := c.Start(); err != nil {
		return nil, err
	}
	return func() {
		syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		c.Wait()
	}, nil
}

// daemon runs a command, and whatever that starts, for one test.
func daemon(t *testing.T, env []string, command ...string) *os.Process {
	t.Helper()
	c := exec.Command(command[0], command[1:]...)
	c.Env = env
	end, err := started(c)
	if err != nil {
		t.Fatal(command[0], ": ", err)
	}
	t.Cleanup(end)
	return c.Process
}

func (d *desktop) close() {
	for i := len(d.stops) - 1; i >= 0; i-- {
		d.stops[i]()
	}
}

// types a text that the keyboard has.
func (d *desktop) types(t testing.TB, text string) {
	t.Helper()
	if d.wayland == nil {
		d.xdotool(t, "type", "--delay", "15", text)
		return
	}
	for _, r := range text {
		key := strings.ToLower(string(r))
		if string(r) != key {
			key = "shift+" + key
		}
		d.wayland.key(key)
	}
}

func (d *desktop) xdotool(t testing.TB, args ...string) string {
	t.Helper()
	c := exec.Command("xdotool", args...)
	c.Env = d.env()
	out, err := c.Output()
	if err != nil {
		t.Fatalf("xdotool %s: %v", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out))
}

// screenshot writes the whole screen into MUNPAE_SCREENSHOTS, if that is set.
func (d *desktop) screenshot(t testing.TB, name string) {
	t.Helper()
	folder := os.Getenv("MUNPAE_SCREENSHOTS")
	if folder == "" {
		return
	}
	os.MkdirAll(folder, 0o755)
	time.Sleep(400 * time.Millisecond) // a transition may still run
	if d.wayland != nil {
		if err := d.picture(t).write(filepath.Join(folder, name+".png")); err != nil {
			t.Logf("no screenshot: %v", err)
		}
		return
	}
	c := exec.Command("import", "-window", "root", filepath.Join(folder, name+".png"))
	c.Env = d.env()
	if out, err := c.CombinedOutput(); err != nil {
		t.Logf("no screenshot: %v %s", err, out)
	}
}

// eventually polls until f is true or the time is over.
func eventually(t testing.TB, within time.Duration, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(within); ; time.Sleep(60 * time.Millisecond) {
		if f() {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("within %v: not %s", within, what)
		}
	}
}

// tail keeps what a program printed; it may be read while the program runs.
type tail struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// The desktop puts a window under the launcher whose file is called as the window says.
func TestTheWindowTellsTheDesktopWhoseItIs(t *testing.T) {
	p := install(t, "ko", settings(serve(t))...)
	p.start()
	p.see("push button", korean.github)
	entry, err := os.ReadFile("../../build/linux/munpae.desktop")
	if err != nil {
		t.Fatal(err)
	}
	_, class, _ := strings.Cut(string(entry), "\nStartupWMClass=")
	class, _, _ = strings.Cut(class, "\n")
	for _, want := range []string{fmt.Sprintf("WM_CLASS(STRING) = %q", class), `_NET_WM_NAME(UTF8_STRING) = "Munpae"`, "_NET_WM_ICON(CARDINAL) ="} {
		eventually(t, appearsWithin, want, func() bool {
			c := exec.Command("xprop", "-id", p.shown("Munpae"), "WM_CLASS", "_NET_WM_NAME", "_NET_WM_ICON")
			c.Env = desk.env()
			out, _ := c.Output()
			return strings.Contains(string(out), want)
		})
	}
}
