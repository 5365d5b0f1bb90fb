//go:build e2e && letters

package e2e

import (
	"fmt"
	"maps"
	"testing"

	"munpae.example/munpae/app/internal/provider/providertest"
)

// ink is how much of r is drawn on, in pixels, each counted by how far it is from the ground.
func (p picture) ink(r rectangle) (sum float64) {
	ground := p.row(r, r.Y)[:3]
	var counts [256]int
	for y := r.Y; y < r.Y+r.Height; y++ {
		for line := p.row(r, y); len(line) > 0; line = line[4:] {
			far := 0
			for i, c := range ground {
				far = max(far, int(c)-int(line[i]), int(line[i])-int(c))
			}
			counts[far]++
		}
	}
	most := len(counts) - 1
	for most > 0 && counts[most] == 0 {
		most--
	}
	for far := most/5 + 1; far <= most; far++ { // the wall itself shades a little
		sum += float64(counts[far]*far) / float64(most)
	}
	return sum
}

// settled is what is drawn once the page stands still, in another shape than before.
func (p *program) settled(before map[drawing]bool) sight {
	p.t.Helper()
	var last, now sight
	eventually(p.t, appearsWithin, "the letters have another size", func() bool {
		last, now = now, p.look()
		return len(now.drawn) > 0 && !maps.Equal(now.drawn, before) && maps.Equal(now.drawn, last.drawn)
	})
	return now
}

// enlarged is letters that a walk makes larger on each of its screens.
type enlarged struct {
	*lettering
	// compared is how many texts have been held to another size of theirs, with the ink
	// that they had at 100 %, and have at that many.
	compared int
	was, is  map[int]float64
}

// least is how many times the ink of 100 % letters need at least, all together; by their
// height it would be 1.56 and 4, but thin strokes are painted thicker the smaller they are.
var least = map[int]float64{125: 1.25, 200: 2.5}

// usable holds the screen that shows to every size of letters: they are that much larger by
// what is painted, nothing is cut off, lies over another or reaches beyond the sides, and
// the act that matters is reached by wheel and by Tab. It leaves the letters at 200 %.
func (l *enlarged) usable(p *program, screen, role, name string) {
	l.t.Helper()
	p.somewhere(role, name)
	inks := map[string]float64{}
	for _, percent := range []int{100, 125, 200} {
		at := fmt.Sprintf("%s at %d %%", screen, percent)
		var before map[drawing]bool
		if percent != l.now {
			before = p.look().drawn
			l.set(percent)
		}
		shown := p.settled(before)
		desk.screenshot(l.t, fmt.Sprintf("text-%s-%d-%s", screen, percent, p.lang))
		if page, room := p.page(), p.room(); page.Width > room.Width { // which has its frame
			l.t.Errorf("%s: the page is %d wide in a window of %d:\n%s", at, page.Width, room.Width, p.wide(room.Width))
		}
		if screen == "check" {
			l.wheel(p, down, 200) // where the acts that stay in sight lie over nothing
			p.settled(nil)
		}
		if line := p.focus(); line.role == "entry" && !p.room().holds(line.onScreen()) {
			l.t.Errorf("%s: the line that is written on is at %+v, and the window shows %+v", at, line.onScreen(), p.room())
		}
		p.laidOut(at, p.room().Width)
		for d := range shown.drawn {
			if d.role != "paragraph" && d.role != "label" {
				continue // a title is large already, and gives way to what is to be done
			}
			ink, key := shown.after.ink(d.at), d.role+" "+d.said
			was := inks[key]
			switch {
			case percent == 100:
				inks[key] = ink
			case was > 0:
				l.compared++
				l.was[percent] += was
				l.is[percent] += ink
			}
		}
	}
	l.reached(p, screen, role, name)
}

// Buttons of X11 that a wheel presses.
const up, down = "4", "5"

// wheel turns it over the window.
func (l *enlarged) wheel(p *program, button string, times int) {
	l.t.Helper()
	room := p.room()
	desk.xdotool(l.t, "mousemove", fmt.Sprint(room.X+room.Width-6), fmt.Sprint(room.Y+room.Height/2), "click", "--repeat", fmt.Sprint(times), "--delay", "4", button)
}

// reached scrolls by wheel, and goes by Tab, to the act that matters.
func (l *enlarged) reached(p *program, screen, role, name string) {
	l.t.Helper()
	room := p.room()
	inSight := func() bool { return room.holds(p.somewhere(role, name).onScreen()) }
	l.wheel(p, up, 200)
	p.settled(nil)
	for range 100 {
		if inSight() {
			break
		}
		l.wheel(p, down, 2)
	}
	if eventually(l.t, appearsWithin, screen+": the wheel leads to "+name, inSight); !p.somewhere(role, name).has(stateFocused) {
		p.goTo("Tab", role, name)
	}
	eventually(l.t, appearsWithin, screen+": Tab leads to "+name, inSight)
}

// clicks presses it with the pointer, where it is seen.
func (p *program) clicks(name string) {
	p.t.Helper()
	at := p.somewhere("push button", name).onScreen()
	if !p.room().holds(at) {
		p.t.Fatalf("%q is at %+v, and the window shows %+v", name, at, p.room())
	}
	desk.xdotool(p.t, "mousemove", fmt.Sprint(at.X+at.Width/2), fmt.Sprint(at.Y+at.Height/2), "click", "1")
}

// tabsAndClicks goes to a button by Tab, which brings it to sight, and clicks it.
func (p *program) tabsAndClicks(name string) {
	p.t.Helper()
	p.tabTo(name)
	p.clicks(name)
}

// The letters as large as the desktop says, while the window is there, on a small screen,
// on every screen of it, light in Korean and dark in English. At 200 % every act is pressed
// with the pointer.
func TestUX_WithEveryTextSizeOfTheDesktopEveryScreenIsUsableOnASmallScreen(t *testing.T) {
	for _, w := range languages {
		t.Run(w.lang, func(t *testing.T) {
			lookAt(t, desktopFor(t, "1024x600", 1))
			textWalk(t, w, recoveryIn[w.lang], mergeIn[w.lang], accountIn[w.lang], actionsIn[w.lang])
		})
	}
}

func textWalk(t *testing.T, w words, r recoveryWords, m mergeWords, a accountWords, f actions) {
	const nickname, typed = "길동", "둘리"
	l, s := &enlarged{lettering: letters(t, 100), was: map[int]float64{}, is: map[int]float64{}}, serve(t)
	look := []string{"--theme", map[string]string{"ko": "light", "en": "dark"}[w.lang]}
	setup := install(t, w.lang)
	setup.args = look
	setup.start()
	l.usable(setup, "setup", "push button", setupIn[w.lang].demo)
	setup.tabsAndClicks(setupIn[w.lang].github)
	setup.see("entry", setupIn[w.lang].id)
	l.usable(setup, "setup-form", "entry", setupIn[w.lang].id)
	setup.kill()

	s.NextPerson(nora)
	p := install(t, w.lang, settings(s)...)
	p.args = look
	act := func(screen, name string) {
		t.Helper()
		l.usable(p, screen, "push button", name)
		p.clicks(name)
	}
	write := func(nickname string) {
		t.Helper()
		p.replaceText(p.somewhere("entry", w.nickname), nickname)
		p.hears(w.free)
		eventually(t, appearsWithin, "Start enabled", func() bool { return p.canStart(w) })
	}
	p.start()
	p.see("heading", w.heading)
	act("signin", r.cant)
	p.see("heading", r.title)
	act("recovery", r.back)
	p.see("heading", w.heading)
	p.tabsAndClicks(w.github)
	p.see("heading", w.waiting)
	act("waiting", w.deviceCode)
	p.see("push button", f.copyCode)
	l.usable(p, "device", "push button", f.copyCode)
	browse(t, p.address(1))
	p.see("dialog", w.dialog)
	p.hears(w.free)
	write(nickname)
	act("nickname", w.start)
	p.see("heading", nickname)
	act("home", r.codes)
	p.focused("heading", r.codes)
	act("codes", r.make)
	p.hears(r.once)
	l.wheel(p, up, 200) // to texts that are seen whole at every size
	act("codes-shown", r.done)
	p.nowhere("push button", r.done)
	p.tabBackTo(r.back)
	p.clicks(r.back)
	p.see("heading", nickname)
	p.tabsAndClicks(w.signOut)

	s.NextPerson(seulgi)
	p.see("heading", w.heading)
	p.tabsAndClicks(w.naver)
	p.see("heading", w.waiting)
	browse(t, p.address(2))
	p.see("dialog", w.dialog)
	p.hears(m.before)
	write(typed)
	act("nickname-before", w.start)
	p.see("heading", typed)
	p.tabsAndClicks(w.account)
	p.focused("heading", w.account)
	s.NextPerson(nora)
	act("account", m.link)
	browse(t, p.address(3))
	p.see("heading", m.question)
	act("merge", m.together)
	p.focused("heading", a.providers)
	l.usable(p, "account-merged", "push button", m.undo)
	asked := map[string]string{"ko": "확인을 위해 둘리를 입력해 주세요", "en": "Type 둘리 to confirm"}[w.lang]
	l.usable(p, "leaving", "entry", asked)
	p.replaceText(p.somewhere("entry", asked), typed)
	eventually(t, appearsWithin, "Delete enabled", func() bool { return p.somewhere("push button", a.delete).has(stateEnabled) })
	act("leaving-typed", a.delete)
	p.focused("heading", a.deleted)
	act("receipt", a.close)
	p.see("heading", w.heading)

	s.Fault(providertest.GitHubToken, providertest.Status(503))
	p.tabsAndClicks(w.github)
	p.see("heading", w.waiting)
	browse(t, p.address(4))
	p.see("push button", w.tryAgain)
	l.usable(p, "failed", "push button", w.tryAgain)
	act("failed-check", f.check)
	p.somewhere("push button", f.close)
	l.usable(p, "check", "push button", f.close)
	for percent, least := range least {
		if more := l.is[percent] / l.was[percent]; l.compared < 20 || more < least {
			t.Errorf("at %d %% the letters of %d texts have %.2f times the ink", percent, l.compared, more)
		}
	}
}
