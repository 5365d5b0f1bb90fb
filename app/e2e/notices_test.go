//go:build e2e

package e2e

import (
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
	var shown notification
	select {
	case shown = <-n.shown:
	case <-time.After(20 * time.Second):
		t.Fatal("no notification")
	}
	if shown.summary != "Munpae" || shown.body != "Choose a nickname in the app" {
		t.Errorf("it says %+v", shown)
	}

	desk.manager.Process.Signal(syscall.SIGCONT)
	select {
	case id := <-n.closed:
		if id != shown.id {
			t.Errorf("%d was closed", id)
		}
	case <-time.After(20 * time.Second):
		t.Error("the window came to the front and left its notification behind")
	}
}
