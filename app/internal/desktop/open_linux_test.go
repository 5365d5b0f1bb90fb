package desktop

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/godbus/dbus/v5"
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
