//go:build e2e

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
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
	cant, title, entry, next, codes, make, once, copy, copied, save, saved, print, done, left string
	made, used, opened, link, asked, yes, linked, back                                        string
}

var recoveryIn = map[string]recoveryWords{
	"ko": {
		cant: "계정을 쓸 수 없나요?", title: "복구 코드로 들어가기", entry: "복구 코드", next: "계속", codes: "복구 코드", make: "복구 코드 만들기", once: "지금만 볼 수 있습니다",
		copy: "모두 복사", copied: "복사했습니다", save: "파일로 저장", saved: "저장했습니다", print: "인쇄", done: "안전한 곳에 두었습니다", left: "9개 남음", made: "복구 코드 만듦", used: "복구 코드로 로그인", opened: "복구 코드로 방금 들어옴",
		link: "네이버 연결", asked: "네이버 계정 윤슬을 연결할까요?", yes: "연결", linked: "네이버가 방금 확인함", back: "뒤로",
	},
	"en": {
		cant: "Can't use your account?", title: "Use a recovery code", entry: "Recovery code", next: "Continue", codes: "Recovery codes", make: "Make recovery codes", once: "They are shown this once",
		copy: "Copy all", copied: "Copied", save: "Save to a file", saved: "Saved", print: "Print", done: "I keep them safe", left: "9 left", made: "Recovery codes made", used: "Signed in with a recovery code", opened: "Opened with a recovery code just now",
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
	var codes []string
	for _, code := range codeForm.FindAllString(w.said(), -1) {
		if !slices.Contains(codes, code) { // each is said as a name, as text, and in the text of what it stands in
			codes = append(codes, code)
		}
	}
	if len(codes) != 10 {
		p.t.Fatalf("%d codes on the screen:\n%s", len(codes), w.said())
	}
	return codes
}

// holds holds a copy of the codes, wherever it is, to those on the screen.
func (p *program) holds(where, text string, codes []string) {
	p.t.Helper()
	if found := codeForm.FindAllString(text, -1); strings.Join(found, " ") != strings.Join(codes, " ") {
		p.t.Errorf("%d of them %s:\n%s", len(found), where, text)
	}
}

// printed is what the page says that GTK's dialog prints to a file.
func (p *program) printed() (text string) {
	p.t.Helper()
	eventually(p.t, appearsWithin, "a printed page", func() bool {
		names, _ := filepath.Glob(filepath.Join(p.dir, "*.pdf"))
		for _, name := range names {
			out, err := exec.Command("pdftotext", "-layout", name, "-").Output() // not whole yet: an error
			if text = string(out); err == nil && text != "" {
				if gray, err := exec.Command("pdftoppm", "-gray", "-r", "10", name).Output(); err != nil || 4*bytes.Count(gray, []byte{255}) < 3*len(gray) {
					p.t.Errorf("what is printed has a ground of its own, and not the paper's white: %v", err)
				}
				if folder := os.Getenv("MUNPAE_SCREENSHOTS"); folder != "" {
					_ = exec.Command("cp", name, filepath.Join(folder, "recovery-printed-"+p.lang+".pdf")).Run()
				}
				return true
			}
		}
		return false
	})
	return text
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
	enter := func() { typeKeys(t, 0, "Return") }
	s := serve(t)
	p := install(t, w.lang, settings(s)...)
	p.args, p.dir = []string{"--theme", theme}, t.TempDir() // where GTK prints to
	p.start()
	p.see("push button", r.cant)
	shoot("1-signin")
	p.signUp(s, w, w.github, seulgi, "또치")

	// The offer on home leads to ten codes, shown this once.
	p.focused("heading", "또치")
	p.tabTo(r.codes)
	shoot("2-offer")
	enter()
	p.focused("heading", r.codes)
	p.tabTo(r.make)
	enter()
	p.focused("heading", r.codes)
	p.hears(r.once)
	codes := p.codesShown()
	shoot("3-codes")
	p.tabTo(r.copy)
	enter()
	p.hears(r.copied)
	p.holds("on the clipboard", p.clipboard(), codes)

	// Whoever turns back from saving has lost nothing; a place that takes no file says so,
	// and trying again asks for another.
	p.tabTo(r.save)
	enter()
	desk.dialog(t)
	typeKeys(t, 0, "Escape")
	p.focused("push button", r.save)
	p.absent("push button", w.tryAgain)
	enter()
	desk.saveAs(t, "/sys/codes.txt")
	p.hears(spoken.Say(app.Language(w.lang), app.CodeSaveRefused, nil).Happened)
	p.focused("push button", r.save)
	shoot("3-refused")
	p.tabBackTo(w.tryAgain)
	p.holds("in the file", p.saves("codes.txt", enter), codes)
	p.hears(r.saved)
	p.absent("push button", w.tryAgain)

	// The printer's own dialog, and what comes out of it.
	p.tabTo(r.print)
	enter()
	desk.dialog(t)
	shoot("3-print")
	if w == english { // once is enough of what takes as long as a page may hang
		if code := p.second(); code != 0 {
			t.Errorf("a second start exits %d", code)
		}
		eventually(t, appearsWithin, "the page that waits for the dialog is left alone", func() bool { return strings.Contains(p.log(), "the page waits for a dialog") })
		desk.dialog(t)
	}
	typeKeys(t, 0, "Escape")
	p.focused("push button", r.print)
	p.holds("on the screen after all", strings.Join(p.codesShown(), " "), codes)
	enter()
	desk.dialog(t)
	typeKeys(t, 0, "Down", "alt+p") // to a file
	sheet := p.printed()
	p.holds("on paper", strings.ReplaceAll(sheet, " ", "-"), codes) // the font's hyphens are no text
	if !strings.Contains(sheet, "또치") || strings.Contains(sheet, r.copy) || strings.Contains(sheet, r.done) {
		t.Errorf("printed:\n%s", sheet)
	}

	p.tabTo(r.done)
	enter()
	p.focused("heading", r.codes)
	p.nowhere("push button", r.done)
	shoot("4-made")
	p.tabBackTo(r.back)
	enter()
	p.see("heading", "또치")
	p.tabTo(w.signOut)
	enter()
	p.focused("heading", w.heading)

	// The provider is gone. A slip, a code of nobody's, then a good one, without capitals.
	s.Close()
	p.tabTo(r.cant)
	enter()
	p.focused("heading", r.title)
	typeKeys(t, 0, "Tab")
	p.focused("entry", r.entry)
	refused := func(typed string, code app.Code) {
		t.Helper()
		desk.xdotool(t, "type", "--delay", "15", typed) // over what is selected
		enter()
		p.hears(spoken.Say(app.Language(w.lang), code, app.Params{"date": time.Now().Format(time.RFC3339)}).Happened)
		p.focused("entry", r.entry)
	}
	refused(codes[2][:27], app.CodeRecoveryMistyped)
	shoot("5-mistyped")
	desk.xdotool(t, "type", "--delay", "15", strings.ToLower(strings.ReplaceAll(codes[2], "-", " ")))
	enter()
	p.see("heading", "또치")
	p.hears(r.opened)
	p.focused("heading", "또치")
	typeKeys(t, 0, "Tab")
	p.focused("push button", r.link) // the first thing offered
	shoot("6-home")

	// A restart finds them signed in; a used code opens nothing more.
	p.kill()
	again := serve(t) // the providers are there again, at other ports
	p.env = append(p.env, settings(again)...)
	p.start()
	p.see("heading", "또치")
	p.hears(r.link)
	again.NextPerson(practice.People()[0])
	p.focused("heading", "또치")
	p.tabTo(w.signOut)
	enter()
	p.focused("heading", w.heading)
	p.tabTo(r.cant)
	enter()
	p.focused("heading", r.title)
	typeKeys(t, 0, "Tab")
	p.focused("entry", r.entry)
	refused(codes[2], app.CodeRecoveryUsed)
	shoot("7-used")
	desk.xdotool(t, "type", "--delay", "15", codes[3])
	p.tabTo(r.next)
	enter()
	p.see("heading", "또치")
	p.focused("heading", "또치")

	// Linking comes first, and the lost account is asked nothing.
	typeKeys(t, 0, "Tab")
	p.focused("push button", r.link)
	enter()
	again.NextPerson(seulgi)
	browse(t, p.address(2))
	p.focused("heading", r.asked)
	typeKeys(t, 0, "Tab")
	p.focused("push button", r.yes)
	enter()
	p.hears(r.linked)
	p.tabTo(w.account)
	enter()
	p.focused("heading", w.account)
	p.tabTo(r.codes)
	shoot("8-account")
	p.hears(r.used)
	p.hears(r.made)
}
