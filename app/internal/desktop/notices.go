package desktop

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/godbus/dbus/v5"

	"munpae.example/munpae/app/internal/signin"
	"munpae.example/munpae/app/internal/webview"
	"munpae.example/munpae/app/internal/words"
)

// notices tell the person what the window would have said in front: Wayland's
// compositors, and window managers that guard the focus, let no window come there
// by itself. They speak the Desktop Notifications Specification 1.3 themselves:
// Wails' own notifications make a folder in the person's settings, and drop the
// token with which a compositor lets the window come after all.
type notices struct {
	name  string // of the .desktop file
	title string
	raise func(token string)
	state func() signin.State
	log   *slog.Logger

	mu  sync.Mutex
	bus *dbus.Conn
	id  uint32 // of the notification that is shown, or 0
}

const (
	notificationsName = "org.freedesktop.Notifications"
	notificationsPath = dbus.ObjectPath("/org/freedesktop/Notifications")
)

// newest returns the one sender of c, which holds one value: what nobody has taken
// yet gives way. The main loop's thread must not wait for a notification server.
func newest(c chan bool) func(bool) {
	return func(v bool) {
		select {
		case <-c:
		default:
		}
		c <- v
	}
}

// follow shows and takes away as the window asks for attention and gets it.
func (n *notices) follow(ctx context.Context, attention <-chan bool) {
	for {
		select {
		case wanted := <-attention:
			n.set(wanted)
		case <-ctx.Done():
			n.close()
			return
		}
	}
}

// set shows the one notification, or takes it away.
func (n *notices) set(wanted bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var err error
	switch {
	case wanted:
		err = n.show()
	case !wanted && n.id != 0:
		err = n.bus.Object(notificationsName, notificationsPath).Call(notificationsName+".CloseNotification", 0, n.id).Err
		n.id = 0
	}
	if err != nil {
		n.log.Info("notification", "wanted", wanted, "error", err)
	}
}

func (n *notices) close() {
	n.set(false)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.bus != nil {
		n.bus.Close() // and with it what listen reads
	}
}

func (n *notices) show() error {
	if n.bus != nil && !n.bus.Connected() { // the bus has gone, and with it what it showed
		n.bus, n.id = nil, 0
	}
	if n.bus == nil {
		address := webview.SessionBus()
		if address == "" {
			return errors.New("no session bus")
		}
		bus, err := dbus.Connect(address)
		if err != nil {
			return err
		}
		if err := bus.AddMatchSignal(dbus.WithMatchSender(notificationsName), dbus.WithMatchInterface(notificationsName), dbus.WithMatchObjectPath(notificationsPath)); err != nil {
			bus.Close()
			return err
		}
		signals := make(chan *dbus.Signal, 16)
		bus.Signal(signals)
		go n.listen(signals)
		n.bus = bus
	}
	return n.bus.Object(notificationsName, notificationsPath).Call(notificationsName+".Notify", 0,
		n.title, n.id, "", n.title, noticeOf(n.state()), []string{"default", n.title},
		map[string]dbus.Variant{"desktop-entry": dbus.MakeVariant(n.name)}, int32(-1)).Store(&n.id)
}

// listen raises the window when the notification is pressed; the server may send
// a token that allows it first (ActivationToken).
func (n *notices) listen(signals <-chan *dbus.Signal) {
	token := ""
	for s := range signals {
		if len(s.Body) == 0 {
			continue
		}
		n.mu.Lock()
		ours := n.id != 0 && s.Body[0] == n.id
		n.mu.Unlock()
		if !ours {
			continue
		}
		switch s.Name {
		case notificationsName + ".ActivationToken":
			if len(s.Body) > 1 {
				token, _ = s.Body[1].(string)
			}
		case notificationsName + ".ActionInvoked":
			n.raise(token)
			token = ""
		case notificationsName + ".NotificationClosed":
			n.mu.Lock()
			n.id = 0
			n.mu.Unlock()
		}
	}
}

// noticeOf is one sentence without a name in it: a locked screen shows it too.
func noticeOf(s signin.State) string {
	w := words.In(s.Language).Notices
	switch {
	case s.Problem != nil:
		return w.Failed
	case s.Step == signin.StepNickname:
		return w.Nickname
	case s.Link != nil:
		return w.Link
	case s.Merge != nil:
		return w.Merge
	case s.Step == signin.StepSignedIn:
		return w.SignedIn
	}
	return w.Open
}
