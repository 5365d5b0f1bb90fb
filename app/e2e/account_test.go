//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
	"munpae.example/munpae/app/internal/sqlite"
)

// accountWords are what the account says and what its buttons are called.
type accountWords struct {
	link, linking, confirming, unlink, unlinkOwn, last string
	since, thisSession, end, endOthers                 string
	linked, unlinked, renamed, signedUp                string
	providers, asked, yes                              string
	export, typed, delete                              string
	confirmedNow                                       string
	deleted, kept, openPage, save, saved, close        string
}

var accountIn = map[string]accountWords{
	"ko": {
		link: "네이버 연결", linking: "네이버 계정을 연결하는 중", confirming: "GitHub에서 본인인지 확인하는 중", unlink: "네이버 연결 해제", unlinkOwn: "GitHub 연결 해제",
		last: "하나뿐인 계정은 연결을 해제할 수 없습니다", since: "GitHub · %s에 로그인", thisSession: "지금 이 창", end: "GitHub · %s에 로그인 끝내기", endOthers: "다른 로그인 모두 끝내기",
		linked: "계정 연결 · 네이버", unlinked: "계정 연결 해제 · 네이버", renamed: "닉네임 변경", signedUp: "가입 · GitHub",
		providers: "연결된 계정", asked: "네이버 계정 윤슬을 연결할까요?", yes: "연결",
		export: "내 정보 저장", typed: "확인을 위해 또치를 입력해 주세요", delete: "계정 삭제하기", confirmedNow: "GitHub가 방금 확인함",
		deleted: "계정을 삭제했습니다", kept: "GitHub에서 이 앱에 준 권한을 철회하지 못했습니다.", openPage: "GitHub 연결 관리 페이지 열기",
		save: "확인서 저장", saved: "저장했습니다", close: "닫기",
	},
	"en": {
		link: "Link NAVER", linking: "Linking your NAVER account", confirming: "Confirming with GitHub that it is you", unlink: "Unlink NAVER", unlinkOwn: "Unlink GitHub",
		last: "Your only account can't be unlinked", since: "GitHub, since %s", thisSession: "This window", end: "End GitHub, since %s", endOthers: "End all others",
		linked: "Account linked · NAVER", unlinked: "Account unlinked · NAVER", renamed: "Nickname changed", signedUp: "Signed up · GitHub",
		providers: "Linked accounts", asked: "Link NAVER account 윤슬?", yes: "Link",
		export: "Save my data", typed: "Type 또치 to confirm", delete: "Delete my account", confirmedNow: "Confirmed by GitHub just now",
		deleted: "Your account is deleted", kept: "This app's permission could not be withdrawn at GitHub.", openPage: "Open the page of GitHub that withdraws it",
		save: "Save receipt", saved: "Saved", close: "Close",
	},
}

// somewhere finds an object of that role and name on the whole page, also where
// the person would have to scroll to.
func (p *program) somewhere(role, name string) node {
	p.t.Helper()
	var found node
	p.becomes(fmt.Sprintf("%s %q on the page", role, name), func(w node) bool {
		return !w.walk(func(c node) bool {
			found = c
			return c.role != role || c.name != name
		})
	})
	return found
}

// nowhere waits until no object of that role and name is on the whole page.
func (p *program) nowhere(role, name string) {
	p.t.Helper()
	p.becomes(fmt.Sprintf("%s %q off the page", role, name), func(w node) bool {
		return w.walk(func(c node) bool { return c.role != role || c.name != name })
	})
}

// becomes waits until the window is as asked, and tells how it is if it does not become so.
func (p *program) becomes(what string, as func(node) bool) {
	p.t.Helper()
	said, done := "", false
	defer func() {
		if !done {
			desk.screenshot(p.t, "failed-"+strings.ReplaceAll(p.t.Name(), "/", "-"))
			p.t.Logf("on screen:\n%s\nit printed:\n%s", said, p.output)
		}
	}()
	eventually(p.t, appearsWithin, what, func() bool {
		w, ok := p.window()
		if !ok {
			return false
		}
		if done = as(w); !done {
			said = w.said()
		}
		return done
	})
}

// signsInElsewhere gives who, signed in by their GitHub account, one more session.
func (p *program) signsInElsewhere(s *providertest.Server, id string, who practice.Person) {
	p.t.Helper()
	p.behind(func(db *sqlite.DB) error {
		key := app.IdentityKey{Issuer: issuerOf(p.t, s), Subject: fmt.Sprint(who.GitHubID())}
		now := time.Now()
		_, err := db.SignIn(context.Background(), app.Profile{Key: key, Provider: "github", Login: who.Login}, app.Session{
			ID: id, KeyID: id, Generation: 1, CurrentJTI: id, CreatedAt: now, ConfirmedAt: now, ClaimedAt: now,
			IdleUntil: now.Add(app.IdleLifetime), AbsoluteEnd: now.Add(app.AbsoluteLifetime),
		})
		return err
	})
}

func TestEveryButtonOfTheAccountDoesWhatItSays(t *testing.T) {
	for _, w := range languages {
		t.Run(w.lang, func(t *testing.T) { accountWalk(t, w, accountIn[w.lang], dialogIn[w.lang]) })
	}
}

func accountWalk(t *testing.T, w words, a accountWords, d dialogWords) {
	s := serve(t)
	p := install(t, w.lang, settings(s)...)
	p.start()
	p.signUp(s, w, w.github, nora, "길동")
	today := dateInWords(w.lang, time.Now())

	// AL-05: the last way in has no button that takes it away.
	p.press(w.account)
	p.hears(a.last)
	p.hears(a.signedUp)
	p.nowhere("push button", a.unlinkOwn)

	// A sign-in five minutes old is asked for once more; after a restart none is fresh.
	p.kill()
	p.start()
	p.press(w.account)
	s.NextPerson(nora)
	p.somewhere("push button", a.link).press(t)
	p.hears(a.confirming)
	browse(t, p.address(2))
	p.hears(a.linking)
	desk.screenshot(t, "linking-"+w.lang)
	s.NextPerson(seulgi)
	browse(t, p.address(3))
	p.see("heading", a.asked) // AL-08: nothing is linked before the answer
	desk.screenshot(t, "link-"+w.lang)
	p.press(a.yes)
	p.somewhere("push button", a.unlink)
	p.somewhere("push button", a.unlinkOwn)
	p.focused("heading", a.providers) // the card where it was asked for
	p.hears(a.linked)
	desk.screenshot(t, "linked-"+w.lang)

	// Two more sessions, as another computer with this profile would make them.
	p.somewhere("push button", d.back).press(t)
	p.hears(a.confirmedNow)
	p.signsInElsewhere(s, "second", nora)
	p.signsInElsewhere(s, "third", nora)
	p.press(w.account)
	p.hears(a.thisSession)
	p.somewhere("push button", a.endOthers).focus(t) // scrolls to it
	desk.screenshot(t, "sessions-"+w.lang)
	p.somewhere("push button", fmt.Sprintf(a.end, today)).press(t)
	eventually(t, appearsWithin, "one other session", func() bool { return p.count("push button", fmt.Sprintf(a.end, today)) == 1 })
	p.somewhere("push button", a.endOthers).press(t)
	p.nowhere("push button", a.endOthers)
	p.hears(fmt.Sprintf(a.since, today)) // this one goes on

	p.somewhere("push button", a.unlink).press(t)
	p.somewhere("push button", a.link)
	p.hears(a.unlinked)
	p.hears(a.last)

	// The timeline follows a rename at once.
	p.replaceText(p.somewhere("entry", w.nickname), "또치")
	p.hears(w.free)
	eventually(t, appearsWithin, "Change enabled", func() bool { return p.somewhere("push button", d.change).has(stateEnabled) })
	p.somewhere("push button", d.change).press(t)
	p.hears(a.renamed)

	p.somewhere("push button", a.export).focus(t)
	desk.screenshot(t, "account-end-"+w.lang)
	p.exports(a.export, "또치")

	// Without a network the account is deleted all the same, once its nickname is typed.
	s.Stop()
	typed := p.somewhere("entry", a.typed)
	p.replaceText(typed, "길동")
	if p.somewhere("push button", a.delete).has(stateEnabled) {
		t.Error("a former nickname is enough to delete the account")
	}
	p.replaceText(typed, "또치")
	eventually(t, appearsWithin, "Delete enabled", func() bool { return p.somewhere("push button", a.delete).has(stateEnabled) })
	desk.screenshot(t, "delete-"+w.lang)
	p.somewhere("push button", a.delete).press(t)
	// The receipt, by keyboard alone: what was deleted, what could not be withdrawn, and the file.
	p.see("heading", a.deleted)
	p.hears(a.kept)
	desk.screenshot(t, "receipt-"+w.lang)
	p.focused("heading", a.deleted)
	typeKeys(t, 0, "Tab")
	p.focused("push button", a.openPage)
	typeKeys(t, 0, "Tab")
	p.focused("push button", a.save)
	text := p.saves("receipt.txt", func() { typeKeys(t, 0, "Return") })
	if !strings.Contains(text, "또치") || !strings.Contains(text, a.kept) || !strings.Contains(text, "/settings/connections/applications/") {
		t.Errorf("saved:\n%s", text)
	}
	p.hears(a.saved)
	p.focused("push button", a.save)
	typeKeys(t, 0, "Tab")
	p.focused("push button", a.close)
	desk.screenshot(t, "receipt-end-"+w.lang)
	typeKeys(t, 0, "Return")
	p.see("heading", w.heading)
	desk.screenshot(t, "deleted-"+w.lang)
	p.kill()
	p.start()
	p.see("push button", w.github)
	p.behind(func(db *sqlite.DB) error {
		_, err := db.UserByIdentity(context.Background(), app.IdentityKey{Issuer: issuerOf(t, s), Subject: fmt.Sprint(nora.GitHubID())})
		if app.CodeOf(err) != app.CodeNotFound {
			t.Errorf("the account is still in the database: %v", err)
		}
		return nil
	})
}

// count is how many objects of that role and name are on the whole page.
func (p *program) count(role, name string) int {
	n := 0
	if w, ok := p.window(); ok {
		w.walk(func(c node) bool {
			if c.role == role && c.name == name {
				n++
			}
			return true
		})
	}
	return n
}

// exports presses the button and saves where the desktop's own dialog is told to.
func (p *program) exports(button, nickname string) {
	p.t.Helper()
	b := p.somewhere("push button", button)
	if text := p.saves("mine.json", func() { b.press(p.t) }); !json.Valid([]byte(text)) || !strings.Contains(text, nickname) {
		p.t.Errorf("exported: %s", text)
	}
}

// saves does what opens the desktop's own dialog, and saves under that name.
func (p *program) saves(name string, open func()) string {
	p.t.Helper()
	file := filepath.Join(p.t.TempDir(), name)
	open()
	desk.saveAs(p.t, file)
	var text []byte
	eventually(p.t, appearsWithin, "the file", func() bool {
		text, _ = os.ReadFile(file)
		return len(text) > 0
	})
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		p.t.Errorf("%v %v", info.Mode(), err)
	}
	return string(text)
}

// dialog waits for the desktop's own, which has the keyboard then.
func (d *desktop) dialog(t testing.TB) {
	t.Helper()
	eventually(t, appearsWithin, "the desktop's dialog", func() bool { return d.windows() > 1 })
}

// saveAs names the file in the dialog of the desktop's that asks for one.
func (d *desktop) saveAs(t testing.TB, file string) {
	t.Helper()
	d.dialog(t)
	d.xdotool(t, "key", "ctrl+a")
	d.xdotool(t, "type", "--delay", "10", file)
	d.xdotool(t, "key", "Return")
}

// windows counts those on screen that a window manager knows.
func (d *desktop) windows() int {
	c := exec.Command("wmctrl", "-l")
	c.Env = d.env()
	out, err := c.Output()
	if err != nil {
		return 0
	}
	return strings.Count(string(out), "\n")
}
