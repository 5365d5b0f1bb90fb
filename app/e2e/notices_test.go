//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// notifications is a notification server on the suite's session bus.
type notifications struct {
	bus    *dbus.Conn
	shown  chan notification
	closed chan uint32
}

type notification struct {
	id            uint32
	summary, body string
}

func notify(t *testing.T) *notifications {
	t.Helper()
	bus, err := dbus.Connect(desk.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bus.Close() })
	n := &notifications{bus: bus, shown: make(chan notification, 8), closed: make(chan uint32, 8)}
	if err := bus.Export(n, "/org/freedesktop/Notifications", "org.freedesktop.Notifications"); err != nil {
		t.Fatal(err)
	}
	if reply, err := bus.RequestName("org.freedesktop.Notifications", dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatal(reply, err)
	}
	return n
}

// Notify is a method of the specification.
func (n *notifications) Notify(_ string, replaces uint32, _, summary, body string, _ []string, _ map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	id := max(replaces, 41)
	n.shown <- notification{id, summary, body}
	return id, nil
}

// CloseNotification is a method of the specification.
func (n *notifications) CloseNotification(id uint32) *dbus.Error {
	n.closed <- id
	return nil
}

func TestAWindowThatIsLeftBehindNotifiesUntilThePersonComes(t *testing.T) {
	n := notify(t)
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.start()
	p.press(english.github)
	p.see("heading", english.waiting)
	if len(n.shown) != 0 {
		t.Fatal("it notified while it was in front")
	}

	// The window manager lets nobody come forward, and the person is elsewhere.
	desk.manager.Process.Signal(syscall.SIGSTOP)
	defer desk.manager.Process.Signal(syscall.SIGCONT)
	desk.xdotool(t, "windowfocus", desk.xdotool(t, "search", "--maxdepth", "0", "--name", ""))
	browse(t, p.address(1))
	shown := n.shows(t, "Choose a nickname in the app")

	desk.manager.Process.Signal(syscall.SIGCONT)
	n.takenAway(t, shown)
}

// pressed is what a notification server tells when the person presses the notification, with
// the token of that press where the desktop has such.
func (n *notifications) pressed(t *testing.T, id uint32, token string) {
	t.Helper()
	signal := func(name string, more string) {
		t.Helper()
		if err := n.bus.Emit("/org/freedesktop/Notifications", "org.freedesktop.Notifications."+name, id, more); err != nil {
			t.Fatal(err)
		}
	}
	if token != "" {
		signal("ActivationToken", token)
	}
	signal("ActionInvoked", "default")
}

// shows waits for the notification that the person is to be shown next.
func (n *notifications) shows(t *testing.T, body string) notification {
	t.Helper()
	select {
	case shown := <-n.shown:
		if shown.summary != "Munpae" || shown.body != body {
			t.Errorf("it says %+v", shown)
		}
		return shown
	case <-time.After(appearsWithin):
		t.Fatal("no notification")
		return notification{}
	}
}

// takenAway waits until that notification is.
func (n *notifications) takenAway(t *testing.T, shown notification) {
	t.Helper()
	select {
	case id := <-n.closed:
		if id != shown.id {
			t.Errorf("%d was closed", id)
		}
	case <-time.After(appearsWithin):
		t.Error("the window came to the front and left its notification behind")
	}
}

// goes has the person go to a workspace, counted from 0.
func (d *desktop) goes(t *testing.T, workspace int) {
	t.Helper()
	c := exec.Command("wmctrl", "-s", fmt.Sprint(workspace))
	c.Env = d.env()
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	eventually(t, appearsWithin, "the workspace", func() bool { return d.xdotool(t, "get_desktop") == fmt.Sprint(workspace) })
}

// xTime is the X server's: the system's own since it started, in milliseconds.
func xTime(t *testing.T) int {
	t.Helper()
	var seconds float64
	text, err := os.ReadFile("/proc/uptime")
	if err == nil {
		_, err = fmt.Sscan(string(text), &seconds)
	}
	if err != nil {
		t.Fatal(err)
	}
	return int(seconds * 1000)
}

// The person is on another of the desktop's workspaces, from where no window may fetch them.
func TestAPressedNotificationBringsTheWindow(t *testing.T) {
	defer desk.goes(t, 0)
	for _, row := range []struct {
		name  string
		token bool
	}{{"by a server that knows no tokens", false}, {"with a token", true}} {
		t.Run(row.name, func(t *testing.T) {
			n := notify(t)
			desk.goes(t, 0)
			p := install(t, english.lang, settings(serve(t))...)
			p.start()
			p.press(english.github)
			p.see("heading", english.waiting)
			desk.goes(t, 1)
			browse(t, p.address(1))
			shown := n.shows(t, "Choose a nickname in the app")
			if p.inFront() && desk.xdotool(t, "get_desktop") == "0" {
				t.Fatal("it came by itself")
			}
			token := ""
			if row.token { // as the start-up notification of X11 has them
				token = fmt.Sprint("notifications-1-host_TIME", xTime(t))
			}
			n.pressed(t, shown.id, token)
			p.hasKeyboard()
			p.see("dialog", english.dialog)
			n.takenAway(t, shown)
		})
	}
}
