//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
)

type setupWords struct{ title, naver, github, id, secret, check, correct, swap, goOn, settings, demo string }

var setupIn = map[string]setupWords{
	"ko": {"로그인할 곳을 정해 주세요", "네이버 키 입력", "GitHub 키 입력", "클라이언트 ID", "클라이언트 시크릿", "확인하고 저장", "고쳐 입력", "맞바꾸기", "로그인 화면으로", "설정 폴더 열기", "데모 시작"},
	"en": {"Choose where to sign in", "Enter NAVER keys", "Enter GitHub keys", "Client ID", "Client secret", "Check and save", "Correct it", "Swap them", "Go to sign-in", "Open settings folder", "Start the demo"},
}

// typeKeys fills in the form that is open. Of a secret a screen reader is told the length alone.
func (p *program) typeKeys(d setupWords, id, secret string) {
	p.t.Helper()
	p.replaceText(p.see("entry", d.id), id)
	entry := p.see("", d.secret) // WebKitGTK has no name for its role
	p.hasKeyboard()
	entry.focus(p.t)
	desk.xdotool(p.t, "key", "ctrl+a", "Delete")
	eventually(p.t, appearsWithin, "the entry is empty", func() bool { return entry.text() == "" })
	desk.xdotool(p.t, "type", "--delay", "15", secret)
	eventually(p.t, appearsWithin, "the secret is typed", func() bool { return utf8.RuneCountInString(entry.text()) == len(secret) })
	if strings.Contains(entry.text(), secret) {
		p.t.Error("the secret can be read on the screen")
	}
	desk.xdotool(p.t, "key", "Return")
}

// CF-09: what a person without any settings types is checked by the provider at once, kept for
// the owner's eyes alone, used without a restart, and seen nowhere else.
func TestCF09_KeysTypedInTheWindowAreCheckedKeptAndUsedAtOnce(t *testing.T) {
	inEveryLook(t, func(t *testing.T, w words, theme string) {
		d, s := setupIn[w.lang], serve(t)
		var addresses []string // where the providers are, and no key
		for _, set := range settings(s) {
			if !strings.Contains(set, "_CLIENT_") {
				addresses = append(addresses, set)
			}
		}
		p := install(t, w.lang, addresses...)
		p.args = []string{"--theme", theme}
		p.start()
		shoot := func(screen string) { desk.screenshot(t, "setup-"+screen+"-"+w.lang+"-"+theme) }
		p.see("push button", d.naver)
		p.see("push button", d.demo)
		p.focused("heading", d.title)
		shoot("1-empty")

		p.press(d.github)
		p.focused("entry", d.id)
		shoot("2-form")
		p.typeKeys(d, `"`+practice.GitHubClientID+`"`, practice.GitHubClientSecret)
		p.hearsCode(w, app.CodeClientIDMistyped, nil)
		p.focused("entry", d.id)
		shoot("3-mistyped")
		p.typeKeys(d, practice.GitHubClientSecret, practice.GitHubClientID)
		p.hearsCode(w, app.CodeKeysSwapped, nil)
		shoot("4-swapped")
		p.press(d.swap)
		p.see("push button", d.goOn)
		p.focused("push button", d.goOn)
		shoot("5-saved")

		p.press(d.naver)
		p.hears(fmt.Sprintf("http://127.0.0.1:%d/oauth/naver/callback/", naverPorts[4])) // as they are set
		p.typeKeys(d, practice.NaverClientID, "a-wrong-secret")
		p.hearsCode(w, app.CodeKeysRefused, app.Params{"provider": "NAVER"})
		s.Fault(providertest.NaverToken, providertest.Status(http.StatusServiceUnavailable))
		p.typeKeys(d, practice.NaverClientID, practice.NaverClientSecret)
		p.hearsCode(w, app.CodeProviderServerError, app.Params{"provider": "NAVER"})
		s.Fault(providertest.NaverToken, nil)
		p.press(w.tryAgain)
		eventually(t, appearsWithin, "both are set", func() bool { return p.count("push button", d.naver) == 0 })

		path := p.file(".env")
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("the settings file: %v, %v", st.Mode(), err)
		}
		for _, line := range []string{
			"MUNPAE_GITHUB_CLIENT_ID=" + practice.GitHubClientID, "MUNPAE_GITHUB_CLIENT_SECRET=" + practice.GitHubClientSecret,
			"MUNPAE_NAVER_CLIENT_ID=" + practice.NaverClientID, "MUNPAE_NAVER_CLIENT_SECRET=" + practice.NaverClientSecret, "#MUNPAE_THEME=system",
		} {
			if strings.Count(string(data), "\n"+line+"\n") != 1 {
				t.Errorf("%s is not one line of\n%s", line, data)
			}
		}
		p.last = sight{} // the page has been scrolled meanwhile, and the tree's places are those of before
		p.press(d.goOn)
		p.last = sight{} // what stands at the foot of both screens looks the same
		p.see("push button", w.github)
		p.focused("heading", w.heading)
		p.signUp(s, w, w.naver, seulgi, "윤슬")
		win, _ := p.window()
		for what, text := range map[string]string{"log": p.log(), "window": win.said()} {
			for _, secret := range []string{practice.GitHubClientSecret, practice.NaverClientSecret, "a-wrong-secret"} {
				if strings.Contains(text, secret) {
					t.Errorf("a secret is in the %s", what)
				}
			}
		}
		p.quit()
		s.NextPerson(seulgi)
		p.start()
		p.see("heading", "윤슬")
		p.press(w.signOut)
		p.see("push button", w.github)
	})
}

// Where a directory's address has a slip, who is signed in stays so, and after that nobody
// signs in: it is said, with the way to the settings, and no key is asked for. Mended, the
// accounts are where they were.
func TestThroughASlipInTheDirectorysAddressAPersonStaysSignedIn(t *testing.T) {
	w, d := korean, setupIn[korean.lang]
	s := serve(t)
	k := keep(t, s)
	right := "MUNPAE_DIRECTORY=" + k.address
	p := install(t, w.lang, right)
	named := func(setting string) {
		for i, had := range p.env {
			if strings.HasPrefix(had, "MUNPAE_DIRECTORY=") {
				p.env[i] = setting
			}
		}
	}
	p.start()
	p.signUp(s, w, w.github, nora, "길동")
	p.quit()

	named("MUNPAE_DIRECTORY=accounts.example")
	p.start()
	p.see("heading", "길동")
	p.hears("MUNPAE_DIRECTORY")
	desk.screenshot(t, "directory-slip-home")
	p.press(w.signOut)
	p.see("heading", d.title)
	p.see("push button", d.settings)
	p.absent("push button", d.github)
	p.quit()
	p.start()
	p.hears("MUNPAE_DIRECTORY")
	p.absent("push button", d.github)
	desk.screenshot(t, "directory-slip-out")
	p.quit()

	named(right)
	p.start()
	s.NextPerson(nora)
	p.press(w.github)
	browse(t, p.address(2))
	p.see("heading", "길동") // no nickname dialog in between
}
