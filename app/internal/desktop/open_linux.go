package desktop

import (
	"context"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"munpae.example/munpae/app/internal/webview"
)

// The portal that opens addresses (org.freedesktop.portal.OpenURI, version 1).
const (
	portalOpenURI = "org.freedesktop.portal.OpenURI.OpenURI"
	portalAnswer  = "org.freedesktop.portal.Request"

	// portalPatience is for what the portal itself has to do; asking the person which
	// program to use may then take longer.
	portalPatience = 2 * time.Second
	portalFailed   = 2 // Response: ended in some other way than by the person
)

// openByDesktop asks the desktop's portal to open address, in whose hands it stands in
// no opener's arguments, where every user of the computer can read them. It reports
// whether that was done. A portal that does not run is not started: one that can't
// start makes its callers wait for half a minute.
func openByDesktop(ctx context.Context, address, token string) bool {
	session := webview.SessionBus()
	if !strings.HasPrefix(address, "http") || session == "" {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, openerPatience)
	defer cancel()
	bus, err := dbus.Connect(session, dbus.WithContext(ctx))
	if err != nil {
		return false
	}
	defer bus.Close()
	var runs bool
	if err := bus.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, portalName).Store(&runs); err != nil || !runs {
		return false
	}
	if err := bus.AddMatchSignalContext(ctx, dbus.WithMatchSender(portalName), dbus.WithMatchInterface(portalAnswer)); err != nil {
		return false
	}
	signals := make(chan *dbus.Signal, 4)
	bus.Signal(signals)
	asked, stop := context.WithTimeout(ctx, portalPatience)
	defer stop()
	options := map[string]dbus.Variant{}
	if token != "" {
		options["activation_token"] = dbus.MakeVariant(token) // since version 4; others leave it
	}
	var request dbus.ObjectPath
	err = bus.Object(portalName, portalPath).CallWithContext(asked, portalOpenURI, 0, "", address, options).Store(&request)
	if err != nil {
		return false
	}
	for {
		select {
		case s := <-signals:
			if s == nil { // the bus has gone, since nobody waits any more or with the portal
				return ctx.Err() != nil
			}
			if s.Path != request || s.Name != portalAnswer+".Response" || len(s.Body) == 0 {
				continue
			}
			how, _ := s.Body[0].(uint32)
			return how != portalFailed // a person who was asked and said no has decided
		case <-ctx.Done():
			return true // the person is being asked
		}
	}
}
