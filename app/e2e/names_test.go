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

// control is what the keyboard reaches, as a screen reader says it.
type control struct{ role, name, description string }

func button(name string) control { return control{role: "push button", name: name} }

// controls are those of the page in its order; what is disabled is not among them.
func (p *program) controls() []control {
	var all []control
	if w, ok := p.window(); ok {
		w.walk(func(c node) bool {
			if slices.Contains([]string{"push button", "entry", "combo box", "check box", "link"}, c.role) && c.has(stateEnabled) {
				all = append(all, control{c.role, c.name, c.property("Description")})
			}
			return true
		})
	}
	return all
}

// offers waits until the page has one heading of level 1, this one, and exactly
// these controls.
func (p *program) offers(heading string, want ...control) {
	p.t.Helper()
	var got []control
	var headings []string
	for end := time.Now().Add(appearsWithin); ; time.Sleep(100 * time.Millisecond) {
		got, headings = p.controls(), p.headings()
		if slices.Equal(got, want) && slices.Equal(headings, []string{heading}) {
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("under %q there are\n%s\nwant under %q\n%s", headings, list(got), heading, list(want))
		}
	}
}

// headings are those of level 1.
func (p *program) headings() []string {
	var all []string
	if w, ok := p.window(); ok {
		w.walk(func(c node) bool {
			var attributes map[string]string
			if c.role == "heading" && c.call(accessible+".GetAttributes").Store(&attributes) == nil && attributes["level"] == "1" {
				all = append(all, c.name)
			}
			return true
		})
	}
	return all
}

func list(all []control) string {
	var b strings.Builder
	for _, c := range all {
		fmt.Fprintf(&b, "  %s %q, described as %q\n", c.role, c.name, c.description)
	}
	return b.String()
}

// docs/contract.md#accessible-names are a contract. Every screen of the main road has
// these controls in this order and no other: none without a name, none twice.
func TestUX_EveryScreenHasTheContractsNamesAndNoOthers(t *testing.T) {
	for _, w := range languages {
		t.Run(w.lang, func(t *testing.T) { contract(t, w, dialogIn[w.lang]) })
	}
}

func contract(t *testing.T, w words, d dialogWords) {
	more := map[string]map[string]string{
		"ko": {"settings": "설정 폴더 열기", "demo": "데모 시작", "setup": "로그인할 곳을 정해 주세요", "last": "최근 사용", "code": "코드 복사", "free": "쓸 수 있는 닉네임입니다", "taken": "이미 쓰고 있는 닉네임입니다", "check": "로그인 점검", "close": "닫기", "cant": "계정을 쓸 수 없나요?", "codes": "복구 코드"},
		"en": {"settings": "Open settings folder", "demo": "Start the demo", "setup": "Choose where to sign in", "last": "Last used", "code": "Copy code", "free": "This nickname is free", "taken": "This nickname is taken", "check": "Check my sign-in", "close": "Close", "cant": "Can't use your account?", "codes": "Recovery codes"},
	}[w.lang]
	footer := []control{{role: "combo box", name: d.language}, {role: "combo box", name: d.theme}}
	with := func(all ...control) []control { return append(all, footer...) }

	setup := install(t, w.lang)
	setup.start()
	setup.offers(more["setup"], with(button(setupIn[w.lang].naver), button(setupIn[w.lang].github), button(more["demo"]), button(more["settings"]))...)
	setup.kill()

	s := serve(t)
	s.NextPerson(nora)
	p := install(t, w.lang, settings(s)...)
	p.start()
	p.offers(w.heading, with(button(w.naver), button(w.github), button(more["cant"]))...)
	p.press(w.github)
	p.offers(w.waiting, with(button(w.copyLink), button(w.openAgain), button(w.deviceCode), button(w.cancel))...)
	p.focused("heading", w.waiting)
	p.press(w.deviceCode)
	code := p.see("push button", more["code"]).property("Description") // the code itself
	if len(strings.Split(code, "-")) != 2 {
		t.Errorf("%q is described as %q, not by the code", more["code"], code)
	}
	p.offers(w.waiting, with(control{"push button", more["code"], code}, button(w.copyLink), button(w.openAgain), button(w.cancel))...)

	browse(t, p.address(1))
	entry := control{"entry", w.nickname, more["free"]}
	p.offers(w.dialog, with(entry, button(w.start), button(w.other))...)
	if !p.see("dialog", w.dialog).has(stateModal) {
		t.Error("the dialog is not modal")
	}
	p.focused("entry", w.nickname)
	p.someoneTakes("Octocat")
	p.replaceText(p.see("entry", w.nickname), "Octocat")
	p.hears(more["taken"])
	taken := []control{{"entry", w.nickname, more["taken"]}}
	for _, name := range p.proposals(w) {
		if name != d.language && name != d.theme {
			taken = append(taken, button(name))
		}
	}
	p.offers(w.dialog, with(append(taken, button(w.other))...)...)
	p.choose(w, "봄날")

	p.offers("봄날", with(button(w.account), button(w.signOut), button(severalIn[w.lang].add), button(more["codes"]), button(more["close"]))...)
	p.focused("heading", "봄날")
	p.press(w.account)
	p.see("heading", w.account)
	p.focused("heading", w.account)
	p.press(d.back)
	p.focused("push button", w.account) // where the account was opened from
	p.press(w.signOut)
	lastUsed := control{"push button", w.github, more["last"]}
	p.offers(w.heading, with(button(more["close"]), button(w.naver), lastUsed, button(more["cant"]))...)
	p.focused("heading", w.heading)

	s.Fault(providertest.GitHubToken, providertest.Status(503))
	p.press(w.github)
	browse(t, p.address(2))
	p.offers(w.heading, with(button(w.tryAgain), button(more["check"]), button(more["close"]), button(w.naver), lastUsed, button(more["cant"]))...)
}

// From the first screen to signed out with the keyboard alone: where the focus is
// after every step, and what Enter, Space and Escape do.
func TestTheWholeRoadCanBeWalkedByKeyboardAlone(t *testing.T) {
	w, d := english, dialogIn["en"]
	s := serve(t)
	s.NextPerson(nora)
	p := install(t, w.lang, settings(s)...)
	p.start()
	p.see("push button", w.github)
	tabTo := func(key string, all ...control) {
		t.Helper()
		for _, c := range all {
			typeKeys(t, 0, key)
			p.focused(c.role, c.name)
		}
	}
	language, theme := control{role: "combo box", name: d.language}, control{role: "combo box", name: d.theme}
	entry := control{role: "entry", name: w.nickname}

	// A failure and the self-test: Escape closes it, and the focus is where it was.
	s.Fault(providertest.GitHubToken, providertest.Status(503))
	tabTo("Tab", button(w.naver), button(w.github), button("Can't use your account?"), language, theme)
	tabTo("shift+Tab", language, button("Can't use your account?"))
	p.ringed("Can't use your account?", w.github)
	tabTo("shift+Tab", button(w.github))
	p.ringed(w.github, "Can't use your account?")
	desk.screenshot(t, "ring-keyboard")
	typeKeys(t, 0, "Return")
	p.focused("heading", w.waiting)
	p.address(1)
	typeKeys(t, 0, "Escape") // takes back what was begun
	p.focused("heading", w.heading)
	tabTo("Tab", button(w.naver), button(w.github))
	typeKeys(t, 0, "Return")
	p.focused("heading", w.waiting)
	browse(t, p.address(2))
	p.focused("heading", w.heading)
	tabTo("Tab", button(w.tryAgain), button("Check my sign-in"))
	typeKeys(t, 0, "Return")
	if !p.see("dialog", "Check my sign-in").has(stateModal) {
		t.Error("the self-test is not modal")
	}
	p.see("push button", "Save a report")
	desk.screenshot(t, "check-keyboard")
	typeKeys(t, 0, "Escape")
	p.focused("push button", "Check my sign-in")
	tabTo("Tab", button("Close"))
	typeKeys(t, 0, "Return")
	p.focused("heading", w.heading) // the notice is gone, and Close with it
	s.Heal()

	tabTo("Tab", button(w.naver), button(w.github))
	typeKeys(t, 0, "Return")
	p.focused("heading", w.waiting)
	tabTo("Tab", button(w.copyLink), button(w.openAgain), button(w.deviceCode))
	typeKeys(t, 0, "space")
	p.focused("push button", "Copy code") // in the place of the button that is gone
	desk.screenshot(t, "code-keyboard")
	tabTo("Tab", button(w.copyLink), button(w.openAgain), button(w.cancel))
	s.NextPerson(nora)
	browse(t, p.address(3))

	// The dialog keeps the keyboard: after its last control comes its first.
	p.see("dialog", w.dialog)
	p.hears(w.free)
	p.focused(entry.role, entry.name)
	typeKeys(t, 100*time.Millisecond, "Escape")
	p.focused(entry.role, entry.name)
	tabTo("Tab", button(w.start), button(w.other), language, theme, entry)
	tabTo("shift+Tab", theme, language, button(w.other), button(w.start), entry)
	typeKeys(t, 0, "Return")
	p.focused("heading", "Nora Whitfield")

	tabTo("Tab", button(w.account))
	typeKeys(t, 0, "space")
	p.focused("heading", w.account)
	p.somewhere("push button", "Link NAVER") // all is there
	tabTo("Tab", entry, button("Link NAVER"), button("Link another GitHub account"), button("Sign out Nora Whitfield"), button("Add account"), button("Recovery codes"), button("Save my data"))
	tabTo("shift+Tab", button("Recovery codes"), button("Add account"), button("Sign out Nora Whitfield"), button("Link another GitHub account"), button("Link NAVER"), entry, button(d.back))
	typeKeys(t, 0, "Return")
	p.focused("push button", w.account)
	tabTo("Tab", button(w.signOut))
	typeKeys(t, 0, "Return")
	p.focused("heading", w.heading)
	p.see("push button", w.github)
}
