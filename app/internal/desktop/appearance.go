package desktop

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"

	"munpae.example/munpae/app/internal/webview"
)

// look is how the window looks: as the desktop wishes, unless the person has chosen a
// theme. GNOME and KDE tell their wish through the desktop portal alone
// (org.freedesktop.portal.Settings, namespace org.freedesktop.appearance), which
// neither GTK 3 nor the webview asks.
type look struct {
	// own is whether the window shows nothing but our page: a program's behind the
	// sign-in hears of the desktop's wish, and of no theme that is chosen in ours.
	own bool
	// accent is whether our pages have Munpae's own colours, and may take the person's.
	accent bool
	// show is called with now on the thread of the window before its loop runs.
	show func(l webview.Look, now bool)

	mu    sync.Mutex
	live  bool // open was called
	theme string
	wish  wish
	shown webview.Look
}

// wish is what the desktop says.
type wish struct {
	scheme   uint32 // 0: nothing, 1: dark, 2: light
	contrast bool
	accent   *colour // nil: none
}

const (
	portalName       = "org.freedesktop.portal.Desktop"
	portalPath       = dbus.ObjectPath("/org/freedesktop/portal/desktop")
	portalSettings   = "org.freedesktop.portal.Settings"
	portalAppearance = "org.freedesktop.appearance"
)

// portalWait is how long the window waits for the desktop's wish, which mostly comes in
// a millisecond. A portal that has to be started first is heard once the window is there.
const portalWait = 150 * time.Millisecond

// of is how a window of that theme looks.
func (w wish) of(theme string) webview.Look {
	l := webview.Look{Contrast: w.contrast}
	if w.accent != nil && !w.contrast { // which has colours of its own
		l.Style = accented(*w.accent)
	}
	switch {
	case theme == "dark" || theme == "system" && w.scheme == 1:
		l.Scheme = webview.PreferDark
	case theme == "light" || theme == "system" && w.scheme == 2:
		l.Scheme = webview.PreferLight
	}
	// The compositor knows the desktop's own wish.
	if theme == "dark" && w.scheme != 1 || theme == "light" && w.scheme != 2 {
		l.Bar = l.Scheme
	}
	return l
}

// open gives the window its first look, on its thread, before its loop runs, and keeps
// hearing the desktop's wish until ctx ends. bus is the session bus, or empty.
func (l *look) open(ctx context.Context, bus string, log *slog.Logger) {
	if bus != "" {
		told := make(chan struct{})
		go l.follow(ctx, bus, told, log)
		select {
		case <-told:
		case <-time.After(portalWait):
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.live = true
	l.draw(true)
}

func (l *look) setTheme(theme string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.theme = theme
	l.draw(false)
}

func (l *look) setWish(w wish) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wish = w
	l.draw(false)
}

// draw shows what has changed; l.mu is held.
func (l *look) draw(now bool) {
	theme := l.theme
	if !l.own {
		theme = "system"
	}
	next := l.wish.of(theme)
	if !l.accent {
		next.Style = ""
	}
	if l.live && next != l.shown {
		l.shown = next
		l.show(next, now)
	}
}

// follow hears the desktop's wish until ctx ends. told is closed when it is known for the
// first time, or cannot be.
func (l *look) follow(ctx context.Context, address string, told chan<- struct{}, log *slog.Logger) {
	var once sync.Once
	known := func() { once.Do(func() { close(told) }) }
	defer known()
	bus, err := dbus.Connect(address, dbus.WithContext(ctx))
	if err != nil {
		log.Info("appearance", "error", err)
		return
	}
	defer bus.Close()
	signals := make(chan *dbus.Signal, 16)
	bus.Signal(signals)
	for _, match := range [][]dbus.MatchOption{
		{dbus.WithMatchSender(portalName), dbus.WithMatchInterface(portalSettings), dbus.WithMatchMember("SettingChanged"), dbus.WithMatchArg(0, portalAppearance)},
		{dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, portalName)},
	} {
		if err := bus.AddMatchSignal(match...); err != nil {
			log.Info("appearance", "error", err)
			return
		}
	}
	for flags := dbus.Flags(0); ; flags = dbus.FlagNoAutoStart { // one that ends is not started again
		if w, err := wished(ctx, bus, flags); err == nil {
			l.setWish(w)
		} else {
			log.Debug("appearance", "error", err)
		}
		known()
		select {
		case _, open := <-signals: // what it says now is asked for
			if !open {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// wished asks the portal.
func wished(ctx context.Context, bus *dbus.Conn, flags dbus.Flags) (w wish, err error) {
	var all map[string]map[string]dbus.Variant
	if err = bus.Object(portalName, portalPath).CallWithContext(ctx, portalSettings+".ReadAll", flags, []string{portalAppearance}).Store(&all); err != nil {
		return w, err
	}
	w.scheme, _ = all[portalAppearance]["color-scheme"].Value().(uint32)
	contrast, _ := all[portalAppearance]["contrast"].Value().(uint32)
	w.contrast = contrast == 1
	if c, ok := accentOf(all[portalAppearance]["accent-color"]); ok {
		w.accent = &c
	}
	return w, nil
}
