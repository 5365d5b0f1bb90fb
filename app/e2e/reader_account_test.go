//go:build e2e && reader

package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// saves presses a button and names the file in the desktop's dialog, which has a voice of its
// own: of the step is kept what the window says of it then.
func (r *reader) saves(p *program, button, said string) {
	r.t.Helper()
	from, file := len(r.said()), filepath.Join(r.t.TempDir(), "saved.txt")
	r.presses(p, button)
	desk.dialog(r.t)
	p.copy(file) // a path that is typed is completed on the way, and a busy reader loses letters
	desk.xdotool(r.t, "key", "ctrl+a", "ctrl+v", "Return")
	eventually(r.t, appearsWithin, "the file", func() bool {
		info, err := os.Stat(file)
		return err == nil && info.Size() > 0
	})
	at := -1
	eventually(r.t, appearsWithin, said+" is said", func() bool {
		at = slices.Index(r.said()[from:], said)
		return at >= 0
	})
	r.cuts = append(r.cuts, cut{from, from + at + 1, []string{said}})
}

// returns presses a button after the desktop's dialog, and keeps nothing of what is read around
// it: Orca is told of the window that is active again, or not.
func (r *reader) returns(p *program, button string) {
	r.t.Helper()
	before := len(r.said())
	r.focuses(p, button)
	r.comesTo(before, button)
	desk.xdotool(r.t, "key", "Return")
}

// The account, by ear: recovery codes made, copied, saved and removed, one more account and
// which is on the screen, two that become one and two again, and leaving. What an act came to is
// said once, and each thing on the way has a name.
func TestOrcaReadsTheAccount(t *testing.T) {
	for _, w := range languages {
		t.Run(w.lang, func(t *testing.T) { accountByEar(t, w) })
	}
}

func accountByEar(t *testing.T, w words) {
	a, c, m, v, l := accountIn[w.lang], recoveryIn[w.lang], mergeIn[w.lang], severalIn[w.lang], leavingIn[w.lang]
	offer := map[string]string{"ko": "로그인하던 계정을 잃어버릴 때를", "en": "Make recovery codes, in case"}[w.lang]
	remove := map[string]string{"ko": "모두 지우기", "en": "Remove all"}[w.lang]
	path := golden(t, "account", w.lang)
	enter := func() { desk.xdotool(t, "key", "Return") }
	s := serve(t)
	p := install(t, w.lang, settings(s)...)
	r := readAloud(t, w.lang)
	p.start()
	p.signUp(s, w, w.github, nora, "길동")
	p.focused("heading", "길동")
	p.hasKeyboard()
	r.waits(0, "길동")
	eventually(t, appearsWithin, "home offers codes aloud", func() bool {
		return slices.ContainsFunc(r.said(), func(said string) bool { return strings.HasPrefix(said, offer) })
	})

	r.step("recovery codes, from home")
	r.presses(p, c.codes)
	p.focused("heading", c.codes)
	r.hears(path)
	r.step("make them")
	before := len(r.said())
	r.focuses(p, c.make)
	from := r.waits(before, c.make) + 1
	enter()
	r.comesTo(from, c.codes)
	p.hears(c.once)
	r.hears(path)
	r.step("copy them")
	r.presses(p, c.copy)
	r.hears(path)
	r.step("save them")
	r.saves(p, c.save, c.saved)
	r.step("done")
	r.returns(p, c.done)
	p.focused("heading", c.codes)
	r.hears(path)
	r.step("remove them")
	r.presses(p, remove)
	r.hears(path)
	r.step("Escape")
	desk.xdotool(t, "key", "Escape")
	r.hears(path)

	r.step("add an account")
	r.presses(p, v.add)
	p.focused("heading", v.add)
	r.hears(path)
	r.step("sign in")
	s.NextPerson(seulgi)
	r.presses(p, w.naver)
	p.focused("heading", w.waiting)
	r.hears(path)
	r.step("in the browser, and a nickname")
	from = len(r.said())
	if err := <-p.visited(2); err != nil {
		t.Fatal(err)
	}
	r.comesTo(from, w.dialog)
	p.focused("entry", w.nickname)
	p.hears(w.free)
	p.replaceText(p.see("entry", w.nickname), "둘리")
	p.hears(w.free)
	r.hears(path)
	r.step("start with it")
	enter()
	p.focused("heading", "둘리")
	r.hears(path)
	r.step("switch")
	r.presses(p, v.toOne)
	p.focused("heading", "길동")
	r.hears(path)

	r.step("account")
	r.presses(p, w.account)
	p.focused("heading", w.account)
	r.hears(path)
	r.step("link the other")
	s.NextPerson(seulgi)
	r.presses(p, a.link)
	p.focused("heading", w.waiting)
	r.hears(path)
	r.step("in the browser")
	from = len(r.said())
	if err := <-p.visited(3); err != nil {
		t.Fatal(err)
	}
	r.comesTo(from, m.question)
	p.focused("heading", m.question)
	r.hears(path)
	r.step("Tab, to the way on")
	r.tabs(p, m.together)
	r.hears(path)
	r.step("together")
	enter()
	p.focused("heading", a.providers)
	p.somewhere("heading", m.title)
	r.hears(path)
	r.step("undo")
	r.presses(p, strings.Replace(m.undo, "길동", "둘리", 1))
	p.nowhere("heading", m.title)
	r.hears(path)

	r.step("Tab, to the end")
	r.tabs(p, a.export)
	r.enters(p, l.asked, len(r.said()))
	r.hears(path)
	r.step("leave")
	p.copy("길동")
	desk.xdotool(t, "key", "ctrl+v")
	eventually(t, appearsWithin, "the nickname is typed", func() bool { return p.somewhere("entry", l.asked).text() == "길동" })
	before = len(r.said())
	enter()
	p.focused("heading", a.deleted)
	r.cuts = append(r.cuts, cut{r.from[len(r.from)-1], before, nil})
	p.hears(l.withdrawn)
	r.hears(path)
	r.step("save the receipt")
	r.saves(p, a.save, a.saved)
	r.step("close")
	r.returns(p, a.close)
	p.focused("heading", w.heading)
	r.hears(path)
}
