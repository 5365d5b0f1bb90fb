//go:build e2e

package e2e

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider/providertest"
	spoken "munpae.example/munpae/app/internal/words"
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
// screen reader through the window itself, each thing once. What it says of a wait that
// nears its end, and when, is tried with a clock that is moved (frontend/test/screens.test.ts).
func TestAScreenReaderHearsWhatTheWindowComesToSay(t *testing.T) {
	for _, w := range []words{korean, english} {
		t.Run(w.lang, func(t *testing.T) {
			phases := map[string][]string{"ko": {"브라우저를 여는 중", "브라우저가 열렸습니다", "확인하는 중"}, "en": {"Opening the browser", "The browser is open", "Checking"}}[w.lang]
			slow := map[string]string{"ko": "브라우저가 열리지 않았나요?", "en": "No browser yet?"}[w.lang]
			h := listen(t)
			var want, said []string
			// all that is said up to now, and text after it
			hears := func(text string) {
				t.Helper()
				defer func() {
					if t.Failed() {
						t.Logf("said: %q", h.all())
					}
				}()
				want = append(want, text)
				eventually(t, appearsWithin, text+" is said", func() bool {
					// A machine that is busy for 8 s hears in between that the browser is slow.
					said = slices.DeleteFunc(h.all(), func(s string) bool { return strings.HasPrefix(s, slow) })
					return len(said) >= len(want)
				})
				if !slices.Equal(said, want) {
					t.Fatalf("it says\n%q, want\n%q", said, want)
				}
			}
			s := serve(t)
			s.NextPerson(nora)
			page, token := make(chan struct{}), make(chan struct{})
			s.Fault(providertest.GitHubAuthorize, held(page))
			s.Fault(providertest.GitHubToken, held(token))
			p := install(t, w.lang, settings(s)...)
			p.start()
			p.see("push button", w.github)
			eventually(t, appearsWithin, "the heading has the focus", func() bool { return p.see("heading", w.heading).has(stateFocused) })
			p.press(w.github)
			hears(phases[0])
			p.press(w.copyLink)
			hears(map[string]string{"ko": "복사했습니다", "en": "Copied"}[w.lang])

			browsed := p.visited(1)
			hears(phases[1])
			close(page)
			hears(phases[2])
			close(token)
			free, taken := spoken.Say(app.Language(w.lang), app.CodeAvailable, nil).Happened, spoken.Say(app.Language(w.lang), app.CodeNicknameTaken, nil)
			hears(free) // what the entry begins with
			if err := <-browsed; err != nil {
				t.Error(err)
			}

			// Pasted, so that the entry holds nothing in between that would be answered, too.
			p.someoneTakes("길동")
			p.replaceText(p.see("entry", w.nickname), "길동")
			hears(strings.TrimSpace(taken.Happened + " " + taken.Next))
			p.replaceText(p.see("entry", w.nickname), "봄날")
			hears(free)
		})
	}
}
