//go:build e2e

package e2e

import (
	"os"
	"testing"

	"munpae.example/munpae/app/internal/provider/providertest"
)

// inEveryLook runs a walk in both languages and both themes; without pictures, which are
// what needs all four, in each language and each theme once.
func inEveryLook(t *testing.T, walk func(t *testing.T, w words, theme string)) {
	for _, w := range languages {
		for _, theme := range []string{"light", "dark"} {
			if os.Getenv("MUNPAE_SCREENSHOTS") == "" && (w.lang == "ko") != (theme == "light") {
				continue
			}
			t.Run(w.lang+" "+theme, func(t *testing.T) { walk(t, w, theme) })
		}
	}
}

// TestScreens walks every screen of the main road in both languages and both
// themes and takes a picture of each, for a person to look at. Without
// MUNPAE_SCREENSHOTS it still proves that each screen shows.
func TestScreens(t *testing.T) {
	inEveryLook(t, func(t *testing.T, w words, theme string) { screens(t, w, theme) })
}

func screens(t *testing.T, w words, theme string) {
	shoot := func(screen string) { desk.screenshot(t, screen+"-"+w.lang+"-"+theme) }
	setup := install(t, w.lang)
	setup.args = []string{"--theme", theme}
	setup.start()
	setup.see("combo box", map[string]string{"ko": "언어", "en": "Language"}[w.lang])
	shoot("setup")
	setup.kill()

	s := serve(t)
	s.NextPerson(seulgi)
	p := install(t, w.lang, settings(s)...)
	p.args = []string{"--theme", theme}
	p.start()
	p.see("push button", w.github)
	shoot("signin")
	p.press(w.github)
	p.see("push button", w.copyLink)
	shoot("waiting")
	p.press(w.deviceCode)
	p.see("push button", map[string]string{"ko": "코드 복사", "en": "Copy code"}[w.lang])
	shoot("device")
	browse(t, p.address(1))
	p.see("dialog", w.dialog)
	p.hears(w.free)
	shoot("nickname")
	p.replaceText(p.see("entry", w.nickname), "admin")
	p.hears(map[string]string{"ko": "쓸 수 없는 닉네임입니다", "en": "This nickname is reserved"}[w.lang])
	shoot("nickname-reserved")
	p.choose(w, "봄날")
	p.see("heading", "봄날")
	shoot("home")
	p.press(w.account)
	p.see("entry", w.nickname)
	shoot("account")
	p.kill()
	p.start()
	p.see("heading", "봄날")
	p.press(w.signOut)
	p.see("push button", w.naver)
	shoot("signed-out")
	s.Fault(providertest.GitHubToken, providertest.Status(503))
	p.press(w.github)
	browse(t, p.address(2))
	p.see("push button", w.tryAgain)
	shoot("failed")
}
