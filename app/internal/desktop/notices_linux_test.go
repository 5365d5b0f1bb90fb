package desktop

import (
	"bufio"
	"context"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/signin"
)

// sessionBus is a bus of the test's own.
func sessionBus(t *testing.T) *dbus.Conn {
	bus, _ := endingBus(t)
	return bus
}

// endingBus is sessionBus that can be ended before the test is over.
func endingBus(t *testing.T) (bus *dbus.Conn, end func()) {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	daemon := exec.CommandContext(ctx, "dbus-daemon", "--session", "--nofork", "--print-address=1")
	out, err := daemon.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = daemon.Wait() }) // the context, which ends first, killed it
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", strings.TrimSpace(address))
	bus, err = dbus.Connect(strings.TrimSpace(address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bus.Close() })
	return bus, end
}

// offer has bus answer to name, where v at path is what can be called.
func offer(t *testing.T, bus *dbus.Conn, name string, v any, path dbus.ObjectPath, of string) {
	t.Helper()
	if err := bus.Export(v, path, of); err != nil {
		t.Fatal(err)
	}
	if _, err := bus.RequestName(name, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
}

// shown is a call of Notify.
type shown struct {
	replaces uint32
	body     string
}

// server is a notification server.
type server struct {
	shown  chan shown
	closed chan uint32
}

func (s *server) Notify(_ string, replaces uint32, _, _, body string, _ []string, _ map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	s.shown <- shown{replaces, body}
	return 7, nil
}

func (s *server) CloseNotification(id uint32) *dbus.Error {
	s.closed <- id
	return nil
}

func TestAPressedNotificationBringsTheWindowWithTheTokenThatAllowsIt(t *testing.T) {
	bus := sessionBus(t)
	s := &server{shown: make(chan shown, 4), closed: make(chan uint32, 4)}
	offer(t, bus, notificationsName, s, notificationsPath, notificationsName)
	raised := make(chan string, 4)
	n := &notices{
		title: "Munpae", raise: func(token string) { raised <- token }, log: slog.New(slog.DiscardHandler),
		state: func() signin.State { return signin.State{Language: app.English, Step: signin.StepSignedIn} },
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	attention := make(chan bool)
	done := make(chan struct{})
	go func() { defer close(done); n.follow(ctx, attention) }()

	attention <- true
	if got := <-s.shown; got != (shown{0, "You are signed in"}) {
		t.Errorf("shown: %+v", got)
	}
	attention <- true
	if got := <-s.shown; got.replaces != 7 {
		t.Errorf("a second notification replaces %d", got.replaces)
	}
	another, err := dbus.Connect(os.Getenv("DBUS_SESSION_BUS_ADDRESS"))
	if err != nil {
		t.Fatal(err)
	}
	defer another.Close()
	if err := another.Emit(notificationsPath, notificationsName+".ActionInvoked", uint32(7), "default"); err != nil {
		t.Fatal(err)
	}
	if err := another.BusObject().Call("org.freedesktop.DBus.GetId", 0).Err; err != nil { // it has been there
		t.Fatal(err)
	}
	for _, signal := range []struct {
		name string
		body []any
	}{
		{"ActionInvoked", []any{uint32(8), "default"}}, // another program's
		{"ActivationToken", []any{uint32(7), "the compositor's token"}},
		{"ActionInvoked", []any{uint32(7), "default"}},
	} {
		if err := bus.Emit(notificationsPath, notificationsName+"."+signal.name, signal.body...); err != nil {
			t.Fatal(err)
		}
	}
	if token := <-raised; token != "the compositor's token" {
		t.Errorf("raised with %q", token)
	}
	attention <- false
	if id := <-s.closed; id != 7 {
		t.Errorf("%d was closed", id)
	}
	cancel()
	<-done
	if len(s.closed) != 0 || len(raised) != 0 {
		t.Error("something happened twice")
	}
}

func TestAfterTheBusHasGoneAnotherIsNotified(t *testing.T) {
	n := &notices{title: "Munpae", raise: func(string) {}, log: slog.New(slog.DiscardHandler), state: func() signin.State { return signin.State{} }}
	defer n.close()
	for range 2 {
		bus, end := endingBus(t)
		s := &server{shown: make(chan shown, 4), closed: make(chan uint32, 4)}
		offer(t, bus, notificationsName, s, notificationsPath, notificationsName)
		n.set(true)
		if len(s.shown) != 1 {
			t.Fatal("nothing was shown")
		}
		if got := <-s.shown; got.replaces != 0 {
			t.Errorf("it replaces %d, which another bus showed", got.replaces)
		}
		end()
		<-n.bus.Context().Done()
	}
}

func TestWithoutANotificationServerNothingHangs(t *testing.T) {
	sessionBus(t)
	n := &notices{title: "Munpae", raise: func(string) {}, log: slog.New(slog.DiscardHandler), state: func() signin.State { return signin.State{} }}
	n.set(true)
	n.set(false)
	n.close()
}

func TestAServerThatHangsNeverHoldsUpTheMainLoop(t *testing.T) {
	c := make(chan bool, 1)
	say := newest(c)
	for i := range 1000 {
		say(i%2 == 0)
	}
	if <-c {
		t.Error("not the newest")
	}
	say(true)
	if !<-c {
		t.Error("not the newest")
	}
}
