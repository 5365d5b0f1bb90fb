package desktop

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/godbus/dbus/v5"

	"munpae.example/munpae/app/internal/signin"
	"munpae.example/munpae/app/internal/webview"
)

// portal is a desktop's portal.
type portal struct {
	bus    *dbus.Conn
	opened chan string
	token  atomic.Value // the last
	how    atomic.Uint32
}

func (p *portal) OpenURI(_, address string, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	const request = dbus.ObjectPath("/org/freedesktop/portal/desktop/request/1_1/t")
	token, _ := options["activation_token"].Value().(string)
	p.token.Store(token)
	p.opened <- address
	go func() { _ = p.bus.Emit(request, portalAnswer+".Response", p.how.Load(), map[string]dbus.Variant{}) }()
	return request, nil
}

const first = "http://127.0.0.1:40123/oauth/github/login/?n=Abc-_9"

// leaving is a portal that the bus goes with once it has answered.
type leaving struct {
	bus *dbus.Conn
	end func()
}

func (p *leaving) OpenURI(string, string, map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	go func() {
		for range 50 { // by then the answer is there
			_ = p.bus.BusObject().Call("org.freedesktop.DBus.GetId", 0).Err
		}
		p.end()
	}()
	return "/org/freedesktop/portal/desktop/request/1_1/t", nil
}

func TestWhereTheBusGoesWithThePortalAnOpenerIsAsked(t *testing.T) {
	bus, end := endingBus(t)
	offer(t, bus, portalName, &leaving{bus, end}, portalPath, "org.freedesktop.portal.OpenURI")
	commands := 0
	b := NewBrowser(nil, "")
	b.Commands = func() [][]string { commands++; return [][]string{{"/bin/true"}} }
	if err := b.Open(t.Context(), first); err != nil || commands != 1 {
		t.Errorf("%d openers, %v", commands, err)
	}
}

// dbus-launch starts a bus, which then stays.
func TestNothingStartsABusOfItsOwn(t *testing.T) {
	programs, started := t.TempDir(), filepath.Join(t.TempDir(), "started")
	if err := os.WriteFile(filepath.Join(programs, "dbus-launch"), []byte("#!/bin/sh\n: > "+started+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", programs)
	noBus := t.TempDir()
	if err := os.WriteFile(filepath.Join(noBus, "bus"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"", "autolaunch:", "autolaunch:scope=*user"} {
		for _, folder := range []string{"", t.TempDir(), noBus} {
			t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
			t.Setenv("XDG_RUNTIME_DIR", folder)
			if openByDesktop(t.Context(), first, "") {
				t.Error("nobody opened it")
			}
			n := &notices{raise: func(string) {}, log: slog.New(slog.DiscardHandler), state: func() signin.State { return signin.State{} }}
			n.set(true)
			n.close()
			l := &look{show: func(webview.Look, bool) {}}
			l.open(t.Context(), webview.SessionBus(), slog.New(slog.DiscardHandler))
			if _, err := os.Stat(started); err == nil {
				t.Fatalf("%q, %q: a bus was started", address, folder)
			}
		}
	}
}

func TestABusThatOnlyTheRuntimeFolderTellsOfIsTheSessionBus(t *testing.T) {
	sessionBus(t)
	address, _, _ := strings.Cut(os.Getenv("DBUS_SESSION_BUS_ADDRESS"), ",")
	folder := t.TempDir()
	if err := os.Symlink(strings.TrimPrefix(address, "unix:path="), filepath.Join(folder, "bus")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_RUNTIME_DIR", folder)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	bus, err := dbus.Connect(webview.SessionBus())
	if err != nil {
		t.Fatalf("%q: %v", webview.SessionBus(), err)
	}
	bus.Close()
}

// The nonce then stands in no opener's arguments, which every user can read.
func TestPE08_WhereThereIsAPortalTheAddressGoesToNoOpener(t *testing.T) {
	bus := sessionBus(t)
	p := &portal{bus: bus, opened: make(chan string, 4)}
	if err := bus.Export(p, portalPath, "org.freedesktop.portal.OpenURI"); err != nil {
		t.Fatal(err)
	}
	commands := 0
	b := NewBrowser(nil, "")
	b.Commands = func() [][]string { commands++; return [][]string{{"/bin/true"}} }
	opens := func() {
		t.Helper()
		if err := b.Open(t.Context(), first); err != nil {
			t.Fatal(err)
		}
	}
	opens()
	if commands != 1 || len(p.opened) != 0 {
		t.Fatalf("without a portal: %d openers, %d asked", commands, len(p.opened))
	}
	if _, err := bus.RequestName(portalName, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	opens()
	if commands != 1 || len(p.opened) != 1 || <-p.opened != first {
		t.Fatalf("with a portal: %d openers", commands)
	}
	b.Token = func(context.Context) string { return "a-token" }
	opens()
	if <-p.opened; p.token.Load() != "a-token" {
		t.Errorf("the portal was given the token %q", p.token.Load())
	}
	p.how.Store(1) // the person closed the question
	opens()
	if commands != 1 {
		t.Error("an opener was started against the person's word")
	}
	p.how.Store(portalFailed)
	opens()
	if commands != 2 {
		t.Error("a portal that failed was the end")
	}
	b.Commands = func() [][]string { return nil }
	if err := b.Open(t.Context(), first); err == nil {
		t.Error("neither opened it and nothing was said")
	}
}
