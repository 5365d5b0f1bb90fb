//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/provider/providertest"
)

// rectangle is where an object is drawn, in the window.
type rectangle struct{ X, Y, Width, Height int32 }

func (n node) extents() rectangle {
	var r rectangle
	n.call(componentFace+".GetExtents", uint32(1)).Store(&r)
	return r
}

// written is where the text of n is drawn.
func (n node) written() rectangle {
	var r rectangle
	if text := n.text(); text != "" {
		n.call(textFace+".GetRangeExtents", int32(0), int32(len([]rune(text))), uint32(1)).Store(&r.X, &r.Y, &r.Width, &r.Height)
	}
	return r
}

// resize gives the window a size, the frame of the window manager not counted.
func (p *program) resize(screen string, width, height int) {
	p.t.Helper()
	id := strings.Fields(desk.xdotool(p.t, "search", "--onlyvisible", "--name", "^Munpae$"))[0]
	desk.xdotool(p.t, "windowsize", id, fmt.Sprint(width), fmt.Sprint(height))
	// The page is as wide as the window, or there is more to the side.
	var page rectangle
	for end := time.Now().Add(appearsWithin); page.Width != int32(width); time.Sleep(60 * time.Millisecond) {
		if page = p.page(); time.Now().After(end) {
			desk.screenshot(p.t, "failed-"+strings.ReplaceAll(p.t.Name(), "/", "-"))
			p.t.Fatalf("%s: the page is %d wide in a window of %d:\n%s", screen, page.Width, width, p.wide(int32(width)))
		}
	}
}

// wide names what reaches beyond that width.
func (p *program) wide(width int32) string {
	var b strings.Builder
	if w, ok := p.window(); ok {
		w.walk(func(c node) bool {
			if r := c.extents(); r.X+r.Width > width {
				fmt.Fprintf(&b, "  %s %q: %+v\n", c.role, c.name+c.text(), r)
			}
			return true
		})
	}
	return b.String()
}

// page is the page's own rectangle: as wide as what would have to be scrolled.
func (p *program) page() rectangle {
	var r rectangle
	if w, ok := p.window(); ok {
		w.walk(func(c node) bool {
			if c.role == "document web" {
				r = c.extents()
			}
			return c.role != "document web"
		})
	}
	return r
}

// fits fails where something reaches beyond the page's sides, at every size.
func (p *program) fits(screen string, sizes ...[2]int) {
	p.t.Helper()
	for _, size := range sizes {
		p.resize(screen, size[0], size[1])
		desk.screenshot(p.t, fmt.Sprintf("fit-%s-%s-%dx%d", screen, strings.ReplaceAll(p.t.Name(), "/", "-"), size[0], size[1]))
		p.laidOut(fmt.Sprintf("%s at %dx%d", screen, size[0], size[1]), int32(size[0]))
	}
}

// laidOut fails where something reaches beyond the sides of a page that wide, or lies over
// another, or where a button is too small for what it says.
func (p *program) laidOut(screen string, width int32) {
	p.t.Helper()
	w, _ := p.window()
	var drawn []node
	var at []rectangle
	w.walk(func(c node) bool {
		r := c.extents()
		line := c.written()
		is := func(roles ...string) bool { return slices.Contains(roles, c.role) }
		shown := is("push button", "entry", "combo box", "image") || line.Width > 0 && is("heading", "paragraph", "status bar", "label")
		if !shown {
			return true
		}
		if r.X < 0 || r.X+r.Width > width {
			p.t.Errorf("%s: %s %q reaches from %d to %d", screen, c.role, c.name+c.text(), r.X, r.X+r.Width)
		}
		if is("push button") && line.Width > 0 && !r.holds(line) {
			p.t.Errorf("%s: %s %q %v does not hold its letters %v", screen, c.role, c.name, r, line)
		}
		for i, other := range at {
			if r.overlaps(other) {
				p.t.Errorf("%s: %s %q %v lies over %s %q %v", screen, c.role, c.name+c.text(), r, drawn[i].role, drawn[i].name+drawn[i].text(), other)
			}
		}
		drawn, at = append(drawn, c), append(at, r)
		return true
	})
}

// overlaps is by more than two pixels: WebKitGTK 2.54 rounds boxes outwards to whole ones, and
// where two of them meet within a pixel, each has it and its neighbour. Letters are further
// apart by the leading of their lines.
func (r rectangle) overlaps(other rectangle) bool {
	return r.X+2 < other.X+other.Width && other.X+2 < r.X+r.Width && r.Y+2 < other.Y+other.Height && other.Y+2 < r.Y+r.Height
}

// docs/contract.md#window: at least 380 × 560, resizable, usable at 200 % text. With names as long
// and as strange as providers allow.
func TestUX_EveryScreenFitsEverySizeOfWindowAndText(t *testing.T) {
	small, normal, wide := [2]int{380, 560}, [2]int{440, 680}, [2]int{960, 720}
	for _, scale := range []struct {
		name    string
		percent int
		w       words
		sizes   [][2]int
	}{
		{"normal text", 100, english, [][2]int{small, normal, wide}},
		{"text at 200 %", 200, korean, [][2]int{small, normal}},
	} {
		t.Run(scale.name, func(t *testing.T) {
			w, d := scale.w, dialogIn[scale.w.lang]
			letters(t, scale.percent)
			s := serve(t)
			s.NextPerson(seulgi)
			s.Fault(providertest.NaverProfile, providertest.Member("response.nickname", `"<b>שלום</b>NicknameWithoutEndNicknameWithoutEnd"`))
			p := install(t, w.lang, append(settings(s), "MUNPAE_OIDC_ISSUER=http://127.0.0.1:9", "MUNPAE_OIDC_CLIENT_ID=x", "MUNPAE_OIDC_CLIENT_SECRET=x",
				"MUNPAE_OIDC_NAME=Nothingbutoneverylongword Incorporated")...)
			p.start()
			p.somewhere("push button", w.naver)
			p.fits("signin", scale.sizes...)
			p.somewhere("push button", w.github).press(t)
			p.somewhere("push button", w.deviceCode).press(t)
			p.somewhere("push button", map[string]string{"ko": "코드 복사", "en": "Copy code"}[w.lang])
			p.fits("code", scale.sizes...)
			p.somewhere("push button", w.cancel).press(t)
			p.somewhere("push button", w.naver).press(t)
			browse(t, p.address(2))
			p.somewhere("dialog", w.dialog)
			p.someoneTakes("WWWWWWWWWWWWWWWWWWWW")
			p.replaceText(p.somewhere("entry", w.nickname), "WWWWWWWWWWWWWWWWWWWW")
			p.hears(map[string]string{"ko": "이미 쓰고 있는 닉네임입니다", "en": "This nickname is taken"}[w.lang])
			p.fits("dialog", scale.sizes...)
			p.replaceText(p.somewhere("entry", w.nickname), "MMMMMMMMMMWWWWWWWWWW")
			eventually(t, appearsWithin, "Start enabled", func() bool { return p.somewhere("push button", w.start).has(stateEnabled) })
			p.somewhere("push button", w.start).press(t)
			p.somewhere("heading", "MMMMMMMMMMWWWWWWWWWW")
			p.fits("home", scale.sizes...)
			p.somewhere("push button", w.account).press(t)
			p.somewhere("push button", map[string]string{"ko": "GitHub 연결", "en": "Link GitHub"}[w.lang])
			p.fits("account", scale.sizes...)
			p.somewhere("push button", d.back)
		})
	}
}

// room is what of the screen the window has.
func (p *program) room() rectangle {
	p.t.Helper()
	w, _ := p.window()
	screen := desk.picture(p.t)
	return screen.visible(screen.all(), w)
}

// inSight fails unless all of the thing is on the screen.
func (p *program) inSight(role, name string) {
	p.t.Helper()
	if at, room := p.see(role, name).onScreen(), p.room(); !room.holds(at) {
		desk.screenshot(p.t, "failed-"+strings.ReplaceAll(p.t.Name(), "/", "-"))
		p.t.Errorf("%s %q is at %+v, and the window shows %+v", role, name, at, room)
	}
}

func TestUX_OnASmallScreenAtTwiceTheSizeTheActThatMattersIsInSight(t *testing.T) {
	for _, size := range []string{"1366x768", "1024x600"} {
		for _, w := range languages {
			t.Run(size+" "+w.lang, func(t *testing.T) {
				lookAt(t, desktopFor(t, size, 2))
				shoot := func(screen string) { desk.screenshot(t, "small-"+screen+"-"+size+"-"+w.lang) }
				s := serve(t)
				s.NextPerson(nora)
				p := install(t, w.lang, settings(s)...)
				p.start()
				p.inSight("push button", w.naver)
				p.inSight("push button", w.github)
				frame := rectangle{}
				window, _ := p.window()
				for _, c := range window.children() {
					frame = c.onScreen()
				}
				screen := desk.picture(t)
				if !screen.all().holds(frame) {
					t.Errorf("the window is at %+v on a screen of %d x %d", frame, screen.width, screen.height)
				}
				shoot("signin")
				p.press(w.github)
				p.inSight("push button", w.copyLink)
				shoot("waiting")
				browse(t, p.address(1))
				p.see("dialog", w.dialog)
				p.hears(w.free)
				p.inSight("push button", w.start)
				shoot("nickname")
				p.press(w.start)
				p.inSight("push button", w.account)
				p.inSight("push button", w.signOut)
				shoot("home")
				p.kill()
			})
		}
	}
}
