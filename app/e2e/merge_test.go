//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider/providertest"
	"munpae.example/munpae/app/internal/sqlite"
)

// mergeWords are what two accounts that become one are said to be.
type mergeWords struct {
	before, link, question, which, together, title, undo string
	merged, undone, until                                string
}

var mergeIn = map[string]mergeWords{
	"ko": {
		before: "이 컴퓨터에서는 GitHub로 가입한 적이 있습니다. 본인인가요?", link: "GitHub 연결", question: "두 계정을 합칠까요?", which: "어느 닉네임을 쓸까요?", together: "합치기",
		title: "합친 계정", undo: "길동 되돌리기", merged: "계정 합침 · GitHub", undone: "합친 계정 되돌림 · GitHub", until: "%s까지 되돌릴 수 있습니다",
	},
	"en": {
		before: "GitHub was used to sign up on this computer before. Was it you?", link: "Link GitHub", question: "Bring your two accounts together?", which: "Which nickname do you keep?",
		together: "Bring together", title: "Accounts brought together", undo: "Undo 길동", merged: "Accounts brought together · GitHub", undone: "Accounts taken apart again · GitHub",
		until: "Can be undone until %s",
	},
}

// Somebody signed up by GitHub, and on another day by NAVER: they bring the two together
// and take them apart again, by keyboard alone.
func TestTwoAccountsByMistakeBecomeOneAndTwoAgainByKeyboardAlone(t *testing.T) {
	inEveryLook(t, func(t *testing.T, w words, theme string) { mergeWalk(t, w, mergeIn[w.lang], theme) })
}

func mergeWalk(t *testing.T, w words, m mergeWords, theme string) {
	shoot := func(screen string) { desk.screenshot(t, "merge-"+screen+"-"+w.lang+"-"+theme) }
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
	enter(w.signOut)
	p.focused("heading", w.heading)

	// The second sign-up is pointed at the first one's provider, by no name.
	s.NextPerson(seulgi)
	enter(w.naver)
	browse(t, p.address(2))
	p.see("dialog", w.dialog)
	p.hears(m.before)
	p.see("push button", w.github)
	shoot("before")
	p.choose(w, "둘리")
	p.see("heading", "둘리")

	tab := func(role, name string) {
		t.Helper()
		typeKeys(t, 0, "Tab")
		p.focused(role, name)
	}
	link := func(browser int) {
		t.Helper()
		s.NextPerson(nora)
		enter(m.link)
		browse(t, p.address(browser))
		p.see("heading", m.question)
		p.focused("heading", m.question)
	}
	p.focused("heading", "둘리")
	enter(w.account)
	p.focused("heading", w.account)
	link(3)
	p.see("radio button", "길동")
	shoot("question")
	// No is no.
	tab("radio button", "둘리")
	tab("push button", m.together)
	tab("push button", w.cancel)
	typeKeys(t, 0, "Return")
	p.focused("heading", accountIn[w.lang].providers)
	p.nowhere("heading", m.title)

	link(4)
	tab("radio button", "둘리")
	typeKeys(t, 0, "Down")
	p.focused("radio button", "길동")
	shoot("chosen")
	tab("push button", m.together)
	typeKeys(t, 0, "Return")
	p.focused("heading", accountIn[w.lang].providers)
	p.somewhere("heading", m.title)
	p.hears(fmt.Sprintf(m.until, dateInWords(w.lang, time.Now().Add(app.MergeLifetime))))
	p.hears(m.merged)
	p.somewhere("push button", m.undo).focus(t)
	shoot("account")
	p.owners(s, map[string]string{"github": "길동", "naver": "길동"})

	// The pair that the window was given resumes.
	p.kill()
	p.start()
	p.focused("heading", "길동")
	enter(w.account)
	p.focused("heading", w.account)

	// After a restart no word is fresh: the undo asks for one and goes on by itself.
	s.NextPerson(seulgi)
	enter(m.undo)
	p.see("heading", w.waiting)
	shoot("confirm")
	browse(t, p.address(5))
	p.somewhere("heading", w.account)
	p.nowhere("heading", m.title)
	p.hears(m.undone)
	shoot("undone")
	p.owners(s, map[string]string{"github": "길동", "naver": "둘리"})

	// Each is itself again.
	p.kill()
	p.start()
	p.see("heading", "둘리")
	p.press(w.signOut)
	s.NextPerson(nora)
	p.press(w.github)
	browse(t, p.address(6))
	p.see("heading", "길동")
}

// owners holds which nickname each provider's account has.
func (p *program) owners(s *providertest.Server, want map[string]string) {
	p.t.Helper()
	p.behind(func(db *sqlite.DB) error {
		for provider, nickname := range want {
			key := app.IdentityKey{Issuer: issuerAt(p.t, s.NaverURL(), "naver"), Subject: seulgi.NaverID()}
			if provider == "github" {
				key = app.IdentityKey{Issuer: issuerOf(p.t, s), Subject: fmt.Sprint(nora.GitHubID())}
			}
			u, err := db.UserByIdentity(context.Background(), key)
			if err != nil || u.Nickname != nickname {
				p.t.Errorf("%s is %q, want %q: %v", provider, u.Nickname, nickname, err)
			}
		}
		return nil
	})
}
