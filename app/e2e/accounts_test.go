//go:build e2e

package e2e

import (
	"testing"

	"munpae.example/munpae/app/internal/app"
	spoken "munpae.example/munpae/app/internal/words"
)

// severalWords are what is said of several accounts on one computer.
type severalWords struct {
	add, all, back, toOne, toTwo, outOfTwo, twoAgain, here, others, again string
}

var severalIn = map[string]severalWords{
	"ko": {
		add: "다른 계정 추가", all: "모두 로그아웃", back: "뒤로", toOne: "길동으로 바꾸기", toTwo: "둘리로 바꾸기", outOfTwo: "둘리 로그아웃", twoAgain: "둘리로 바꾸기, 다시 로그인 필요", here: "이 컴퓨터의 계정", others: "다른 계정", again: "다시 로그인",
	},
	"en": {
		add: "Add account", all: "Sign out of all", back: "Back", toOne: "Switch to 길동", toTwo: "Switch to 둘리", outOfTwo: "Sign out 둘리", twoAgain: "Switch to 둘리, Sign in again", here: "Accounts on this computer", others: "Other accounts", again: "Sign in again",
	},
}

// Two people at one door: the second comes beside the first, each is one press away with
// the providers gone, a restart opens who was there last, and signing out of one shows
// the other.
func TestAC08_AC11_TwoAccountsOnOneComputerByKeyboardAlone(t *testing.T) {
	inEveryLook(t, func(t *testing.T, w words, theme string) { severalWalk(t, w, severalIn[w.lang], theme) })
}

func severalWalk(t *testing.T, w words, v severalWords, theme string) {
	shoot := func(screen string) { desk.screenshot(t, "accounts-"+screen+"-"+w.lang+"-"+theme) }
	s := serve(t)
	p := install(t, w.lang, settings(s)...)
	p.args = []string{"--theme", theme}
	p.start()
	p.signUp(s, w, w.github, nora, "길동")
	enter := func(button string) {
		t.Helper()
		p.tabTo(button)
		typeKeys(t, 0, "Return")
	}

	// No is no: back and cancel lead home.
	enter(v.add)
	p.see("heading", v.add)
	p.focused("heading", v.add)
	shoot("1-add")
	enter(v.back)
	p.see("heading", "길동")
	enter(v.add)
	enter(w.naver)
	p.see("push button", w.cancel)
	enter(w.cancel)
	p.see("heading", "길동")

	// The second comes beside the first.
	enter(v.add)
	s.NextPerson(seulgi)
	enter(w.naver)
	p.see("push button", w.cancel)
	browse(t, p.address(3))
	p.see("dialog", w.dialog)
	p.choose(w, "둘리")
	p.see("heading", "둘리")
	p.see("push button", v.toOne)
	shoot("2-two")
	enter(w.account)
	p.somewhere("heading", v.here)
	p.somewhere("push button", v.outOfTwo).focus(t)
	shoot("3-account")
	enter(v.back)

	// One press, with nobody else to ask.
	s.Close()
	enter(v.toOne)
	p.see("heading", "길동")
	p.focused("heading", "길동")
	p.see("push button", v.toTwo)
	shoot("4-switched")
	// What is on the disk is what a restart finds: both tokens, each at its place.
	eventually(t, appearsWithin, "the jar has the pair of the one and both copies", func() bool {
		n, ok := p.jar("SELECT count(*) FROM moz_cookies c JOIN moz_cookies r ON r.value = c.value WHERE r.name = 'munpae_refresh' AND c.name LIKE 'munpae_refresh_%' AND c.path = '/munpae/accounts/' || substr(c.name, 16)")
		all, also := p.jar("SELECT count(*) FROM moz_cookies WHERE name LIKE 'munpae_refresh_%'")
		return ok && also && n == "1" && all == "2"
	})
	p.kill()
	p.start()
	p.see("heading", "길동")
	p.see("push button", v.toTwo)

	// Out of one: the other hangs there still, and comes by one press.
	enter(w.signOut)
	p.see("push button", w.github)
	p.see("push button", v.toTwo)
	p.absent("push button", v.toOne)
	shoot("5-signed-out")
	enter(v.toTwo)
	p.see("heading", "둘리")
	p.absent("push button", v.toOne)

	// With the providers there again.
	again := serve(t)
	p.kill()
	p.env = append(p.env, settings(again)...)
	p.start()
	p.see("heading", "둘리")
	enter(v.add)
	again.NextPerson(nora)
	enter(w.github)
	p.see("push button", w.cancel)
	browse(t, p.address(4))
	p.see("heading", "길동")
	p.see("push button", v.toTwo)

	// Each has the other's token at their place: nobody comes by it, it is said whom to sign
	// in again by, and nothing is lost.
	p.kill()
	p.sql("cookies.sqlite", "UPDATE moz_cookies SET value = (SELECT o.value FROM moz_cookies o WHERE o.name LIKE 'munpae_refresh_%' AND o.name <> moz_cookies.name) WHERE name LIKE 'munpae_refresh_%'")
	p.start()
	p.see("heading", "길동")
	enter(v.toTwo)
	p.hears(spoken.Say(app.Language(w.lang), app.CodeAccountLost, app.Params{"nickname": "둘리"}).Happened)
	p.see("heading", "길동")
	again.NextPerson(seulgi)
	enter(v.again)
	p.see("heading", w.waiting)
	browse(t, p.address(5))
	p.see("heading", "둘리")
	enter(v.toOne)
	p.see("heading", "길동")

	// An account whose session ended elsewhere says so, by its name, and nobody is moved.
	p.tabTo(v.toTwo)
	p.sql("munpae.db", "UPDATE sessions SET ended_at = (SELECT max(seen_at) FROM sessions) + 1, end_reason = 'revoked' WHERE ended_at IS NULL AND user_id = (SELECT user_id FROM identities WHERE provider = 'naver')")
	typeKeys(t, 0, "Return") // its name may say so by now
	p.hears(spoken.Say(app.Language(w.lang), app.CodeAccountEnded, app.Params{"nickname": "둘리"}).Happened)
	p.see("heading", "길동")
	p.see("push button", v.twoAgain)
	p.inSight("push button", v.add) // in a window of the default size
	shoot("6-ended")

	// Out of all.
	enter(v.all)
	p.see("push button", w.github)
	p.absent("push button", v.toOne)
	p.absent("push button", v.toTwo)
	shoot("7-nobody")
	p.kill()
	p.start()
	p.see("push button", w.github)
}
