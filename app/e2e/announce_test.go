//go:build e2e

package e2e

import (
	"slices"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

// hearing is what a screen reader is asked to say, as AT-SPI tells it.
type hearing struct {
	mu   sync.Mutex
	said []string
}

// accessibility is the address of the desktop's own bus of that name.
func accessibility(t *testing.T) (address string) {
	t.Helper()
	session, err := dbus.Connect(desk.address)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	if err := session.Object("org.a11y.Bus", "/org/a11y/bus").Call("org.a11y.Bus.GetAddress", 0).Store(&address); err != nil {
		t.Fatal(err)
	}
	return address
}

func listen(t *testing.T) *hearing {
	t.Helper()
	const event, member = "org.a11y.atspi.Event.Object", "Announcement"
	bus, err := dbus.Connect(accessibility(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bus.Close() })
	if err := bus.AddMatchSignal(dbus.WithMatchInterface(event), dbus.WithMatchMember(member)); err != nil {
		t.Fatal(err)
	}
	if err := bus.Object(registryName, "/org/a11y/atspi/registry").Call(registryName+".RegisterEvent", 0, "object:announcement", []string{}, "").Err; err != nil {
		t.Fatal(err)
	}
	signals := make(chan *dbus.Signal, 64)
	bus.Signal(signals)
	h := &hearing{}
	go func() {
		for s := range signals {
			if s.Name != event+"."+member || len(s.Body) < 4 {
				continue
			}
			text, _ := s.Body[3].(dbus.Variant).Value().(string)
			if detail, ok := s.Body[0].(string); ok && text == "" {
				text = detail
			}
			h.mu.Lock()
			h.said = append(h.said, text)
			h.mu.Unlock()
		}
	}()
	return h
}

func (h *hearing) all() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.said)
}

// WebKitGTK tells nobody of live regions: what the window comes to say goes to the
// screen reader through the window itself.
func TestAScreenReaderHearsWhatTheWindowComesToSay(t *testing.T) {
	for _, w := range []words{korean, english} {
		t.Run(w.lang, func(t *testing.T) {
			h := listen(t)
			hears := func(text string) {
				t.Helper()
				defer func() {
					if t.Failed() {
						t.Logf("said: %q", h.all())
					}
				}()
				eventually(t, appearsWithin, text+" is said", func() bool { return slices.Contains(h.all(), text) })
			}
			s := serve(t)
			s.NextPerson(nora)
			p := install(t, w.lang, settings(s)...)
			p.start()
			p.see("push button", w.github)
			eventually(t, appearsWithin, "the heading has the focus", func() bool { return p.see("heading", w.heading).has(stateFocused) })
			p.press(w.github)
			hears(map[string]string{"ko": "브라우저를 여는 중", "en": "Opening the browser"}[w.lang])
			p.press(w.copyLink)
			hears(map[string]string{"ko": "복사했습니다", "en": "Copied"}[w.lang])
			browse(t, p.address(1))
			p.hears(w.free)
			before := len(h.all())
			p.replaceText(p.see("entry", w.nickname), "Nora7")
			p.hears(w.free)
			eventually(t, appearsWithin, "the answer is said", func() bool { return len(h.all()) > before })
			for _, said := range h.all()[before+1:] {
				t.Errorf("beside the answer it says %q", said)
			}
		})
	}
}
