//go:build e2e

package e2e

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider/practice"
	spoken "munpae.example/munpae/app/internal/words"
)

// recoveryWords are what the screens of recovery codes say.
type recoveryWords struct {
	cant, title, entry, next, codes, make, once, copy, copied, done, left string
	made, used, opened, link, asked, yes, linked, back                    string
}

var recoveryIn = map[string]recoveryWords{
	"ko": {
		cant: "계정을 쓸 수 없나요?", title: "복구 코드로 들어가기", entry: "복구 코드", next: "계속", codes: "복구 코드", make: "복구 코드 만들기", once: "지금만 볼 수 있습니다",
		copy: "모두 복사", copied: "복사했습니다", done: "안전한 곳에 두었습니다", left: "9개 남음", made: "복구 코드 만듦", used: "복구 코드로 로그인", opened: "복구 코드로 방금 들어옴",
		link: "네이버 연결", asked: "네이버 계정 윤슬을 연결할까요?", yes: "연결", linked: "네이버가 방금 확인함", back: "뒤로",
	},
	"en": {
		cant: "Can't use your account?", title: "Use a recovery code", entry: "Recovery code", next: "Continue", codes: "Recovery codes", make: "Make recovery codes", once: "They are shown this once",
		copy: "Copy all", copied: "Copied", done: "I keep them safe", left: "9 left", made: "Recovery codes made", used: "Signed in with a recovery code", opened: "Opened with a recovery code just now",
		link: "Link NAVER", asked: "Link NAVER account 윤슬?", yes: "Link", linked: "Confirmed by NAVER just now", back: "Back",
	},
}

var codeForm = regexp.MustCompile(`[0-9A-Z]{4}(?:-[0-9A-Z]{4}){5}`)

// codesShown are the ten recovery codes on the screen.
func (p *program) codesShown() []string {
	p.t.Helper()
	w, ok := p.window()
	if !ok {
		p.t.Fatal("no window")
	}
	codes := slices.Compact(codeForm.FindAllString(w.said(), -1)) // each as a name and as text
	if len(codes) != 10 {
		p.t.Fatalf("%d codes on the screen:\n%s", len(codes), w.said())
	}
	return codes
}

// From the offer after the sign-up to the account that is linked with a code, the
// provider of the lost one away, in each language and theme.
func TestRC06_RC10_ACodeMadeAfterTheSignUpLetsItsOwnerBackIn(t *testing.T) {
	for _, w := range languages {
		theme := map[string]string{"ko": "light", "en": "dark"}[w.lang]
		t.Run(w.lang, func(t *testing.T) { recovers(t, w, recoveryIn[w.lang], theme) })
	}
}

func recovers(t *testing.T, w words, r recoveryWords, theme string) {
	shoot := func(screen string) { desk.screenshot(t, "recovery-"+screen+"-"+w.lang+"-"+theme) }
	s := serve(t)
	p := install(t, w.lang, settings(s)...)
	p.args = []string{"--theme", theme}
	p.start()
	p.see("push button", r.cant)
	shoot("1-signin")
	p.signUp(s, w, w.github, seulgi, "또치")

	// The offer on home leads to ten codes, shown this once.
	p.see("push button", r.codes)
	shoot("2-offer")
	p.press(r.codes)
	p.see("heading", r.codes)
	p.press(r.make)
	p.hears(r.once)
	codes := p.codesShown()
	shoot("3-codes")
	p.somewhere("push button", r.copy).press(t)
	p.hears(r.copied)
	if copied := codeForm.FindAllString(p.clipboard(), -1); strings.Join(copied, " ") != strings.Join(codes, " ") {
		t.Errorf("%d of them on the clipboard", len(copied))
	}
	p.somewhere("push button", r.done).press(t)
	p.nowhere("push button", r.done)
	shoot("4-made")
	p.press(r.back)
	p.see("heading", "또치")
	p.press(w.signOut)
	p.see("push button", w.github)

	// The provider is gone. A slip, a code of nobody's, then a good one, without capitals.
	s.Close()
	p.press(r.cant)
	p.see("heading", r.title)
	p.focused("heading", r.title)
	refused := func(typed string, code app.Code) {
		t.Helper()
		p.replaceText(p.see("entry", r.entry), typed)
		p.press(r.next)
		p.hears(spoken.Say(app.Language(w.lang), code, app.Params{"date": time.Now().Format(time.RFC3339)}).Happened)
	}
	refused(codes[2][:27], app.CodeRecoveryMistyped)
	shoot("5-mistyped")
	p.replaceText(p.see("entry", r.entry), strings.ToLower(strings.ReplaceAll(codes[2], "-", " ")))
	typeKeys(t, 0, "Return")
	p.see("heading", "또치")
	p.hears(r.opened)
	p.see("push button", r.link)
	shoot("6-home")

	// A restart finds them signed in; a used code opens nothing more.
	p.kill()
	again := serve(t) // the providers are there again, at other ports
	p.env = append(p.env, settings(again)...)
	p.start()
	p.see("heading", "또치")
	p.hears(r.link)
	again.NextPerson(practice.People()[0])
	p.press(w.signOut)
	p.press(r.cant)
	refused(codes[2], app.CodeRecoveryUsed)
	shoot("7-used")
	p.replaceText(p.see("entry", r.entry), codes[3])
	p.press(r.next)
	p.see("heading", "또치")

	// Linking comes first, and the lost account is asked nothing.
	p.press(r.link)
	again.NextPerson(seulgi)
	browse(t, p.address(2))
	p.see("heading", r.asked)
	p.press(r.yes)
	p.hears(r.linked)
	p.press(w.account)
	p.somewhere("push button", r.codes)
	shoot("8-account")
	p.hears(r.used)
	p.hears(r.made)
}
