//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/provider/providertest"
)

// leavingWords are what deleting an account is said to be.
type leavingWords struct {
	at, rests, withdrawn, asked string
}

var leavingIn = map[string]leavingWords{
	"ko": {
		at: "GitHub: 여기서 철회할 수", rests: "길동은 30일 동안 아무도 쓸 수 없습니다", withdrawn: "GitHub에서 이 앱에 준 권한을 철회했습니다.", asked: "확인을 위해 길동을 입력해 주세요",
	},
	"en": {
		at: "GitHub: the permission that this app was", rests: "Nobody can take 길동 for 30 days", withdrawn: "GitHub has withdrawn this app's permission.", asked: "Type 길동 to confirm",
	},
}

// Somebody leaves, by keyboard alone: what goes is said before, what went after, and the
// file has it.
func TestSomebodyLeavesByKeyboardAloneAndKeepsTheReceipt(t *testing.T) {
	inEveryLook(t, func(t *testing.T, w words, theme string) { leavingWalk(t, w, leavingIn[w.lang], theme) })
}

func leavingWalk(t *testing.T, w words, l leavingWords, theme string) {
	a := accountIn[w.lang]
	shoot := func(screen string) { desk.screenshot(t, "leaving-"+screen+"-"+w.lang+"-"+theme) }
	s := serve(t)
	p := install(t, w.lang, settings(s)...)
	p.args = []string{"--theme", theme}
	p.start()
	p.signUp(s, w, w.github, nora, "길동")
	fails := theme == "dark"
	if fails {
		s.Fault(providertest.GitHubRevoke, providertest.Status(500))
	}
	p.tabTo(w.account)
	typeKeys(t, 0, "Return")
	p.focused("heading", w.account)
	p.hears(l.at)
	p.hears(l.rests)
	p.goTo("shift+Tab", "entry", l.asked) // the last but the language and the theme
	p.replaceText(p.somewhere("entry", l.asked), "길동")
	shoot("asked")
	typeKeys(t, 0, "Return")
	p.focused("heading", a.deleted)
	outcome := l.withdrawn
	if fails {
		outcome = a.kept
	}
	p.hears(outcome)
	shoot("receipt")
	next := func(name string) {
		t.Helper()
		typeKeys(t, 0, "Tab")
		p.focused("push button", name)
	}
	if fails {
		next(a.openPage)
	}
	next(a.save)
	text := p.saves("receipt.txt", func() { typeKeys(t, 0, "Return") })
	if !strings.Contains(text, "길동") || !strings.Contains(text, outcome) || strings.Contains(text, "/settings/connections/applications/") != fails {
		t.Errorf("saved:\n%s", text)
	}
	p.hears(a.saved)
	next(a.close)
	shoot("receipt-end")
	typeKeys(t, 0, "Return")
	p.focused("heading", w.heading)
	shoot("left")
}
