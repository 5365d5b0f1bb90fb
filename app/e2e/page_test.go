//go:build e2e

package e2e

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider/providertest"
	spoken "munpae.example/munpae/app/internal/words"
)

// visit opens address in a fresh browser and returns the last page, whole.
func visit(t *testing.T, address string) providertest.Page {
	t.Helper()
	page, err := providertest.NewBrowser(nil).Visit(t.Context(), address)
	if err != nil {
		t.Fatalf("browser: %v", err)
	}
	return page
}

// held is an endpoint that answers once release is closed.
func held(release chan struct{}) providertest.Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		select {
		case <-release:
			next.ServeHTTP(w, r)
		case <-r.Context().Done(): // whoever asked has given up, or the test has
			panic(http.ErrAbortHandler)
		}
	}
}

func TestThePageInTheBrowserWaitsUntilTheAppHasFinished(t *testing.T) {
	for _, w := range languages {
		t.Run(w.lang, func(t *testing.T) {
			s := serve(t)
			s.NextPerson(nora)
			// The profile is answered when the test says so.
			answer := make(chan struct{})
			s.Fault(providertest.GitHubUser, held(answer))
			p := install(t, w.lang, settings(s)...)
			p.start()
			p.press(w.github)
			done := make(chan error, 1)
			var page providertest.Page
			address := p.address(1)
			go func() {
				var err error
				page, err = providertest.NewBrowser(nil).Visit(context.Background(), address)
				done <- err
			}()
			p.hears(map[string]string{"ko": "확인하는 중", "en": "Checking"}[w.lang])
			select {
			case err := <-done:
				t.Fatalf("the page came before the app had finished: %v %s", err, page.Text())
			case <-time.After(time.Second):
			}
			close(answer)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			if want := map[string]string{"ko": "앱에서 닉네임을 정해 주세요", "en": "Choose a nickname in the app"}[w.lang]; !strings.Contains(page.Text(), want) {
				t.Errorf("the page does not say %q:\n%s", want, page.Text())
			}
			p.see("dialog", w.dialog)
		})
	}
}

// Every outcome, in both languages: what it says, and that it is a page that
// needs no script, loads nothing, and keeps no secret in its address.
func TestCB11_ThePageInTheBrowserTellsWhatCameOfIt(t *testing.T) {
	says := map[string]struct{ signUp, signedIn, denied, failed string }{
		"ko": {"앱에서 닉네임을 정해 주세요", "노라 님, 로그인했습니다", "로그인을 취소했습니다", "로그인하지 못했습니다"},
		"en": {"Choose a nickname in the app", "Signed in as Nora", "Sign-in cancelled", "Sign-in did not work"},
	}
	for _, w := range languages {
		t.Run(w.lang, func(t *testing.T) {
			s := serve(t)
			p := install(t, w.lang, settings(s)...)
			p.start()
			opened := 0
			outcome := func(title string) providertest.Page {
				t.Helper()
				p.press(w.github)
				opened++
				page := visit(t, p.address(opened))
				body := string(page.Body)
				if !strings.Contains(page.Text(), title) {
					t.Errorf("the page does not say %q:\n%s", title, page.Text())
				}
				if page.URL.Path != "/oauth/done/" || page.URL.RawQuery != "" || page.URL.Fragment != "" {
					t.Errorf("the address bar shows %s", page.URL)
				}
				if strings.Contains(strings.ToLower(body), "<script") || strings.Contains(body, "javascript:") || strings.Contains(body, " src=") {
					t.Errorf("the page has a script or loads something:\n%s", body)
				}
				if csp := page.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") {
					t.Errorf("CSP: %q", csp)
				}
				if page.Header.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(page.Header.Get("Cache-Control"), "no-store") {
					t.Errorf("headers: %v", page.Header)
				}
				if !strings.Contains(body, `<html lang="`+w.lang+`"`) || !strings.Contains(body, "prefers-color-scheme: dark") && !strings.Contains(body, "light-dark(") {
					t.Error("the page does not follow language or dark mode")
				}
				return page
			}
			s.Fault(providertest.GitHubAuthorize, providertest.Refuse("access_denied", "<script>alert(1)</script>"))
			outcome(says[w.lang].denied)
			s.Heal()
			s.Fault(providertest.GitHubToken, providertest.Status(500))
			failed := outcome(says[w.lang].failed)
			p.hearsCode(w, app.CodeProviderServerError, app.Params{"provider": "GitHub"})
			if support := p.supportOnScreen(); support == "" || !strings.Contains(failed.Text(), actionsIn[w.lang].support+" "+support) {
				t.Errorf("support code on screen %q, on the page:\n%s", support, failed.Text())
			}
			s.Heal()
			s.NextPerson(nora)
			outcome(says[w.lang].signUp)
			p.see("dialog", w.dialog)
			name := map[string]string{"ko": "노라", "en": "Nora"}[w.lang]
			p.choose(w, name)
			p.see("heading", name)
			p.press(w.signOut)
			s.NextPerson(nora)
			outcome(says[w.lang].signedIn)
			p.see("heading", name)
		})
	}
}

func TestPJ12_ANameFromTheProviderIsTextOnThePageAndInTheWindow(t *testing.T) {
	s := serve(t)
	// GitHub promises no such login; who answers in its place might.
	s.Fault(providertest.NaverProfile, providertest.Member("response.nickname", `"<img src=x onerror=alert(1)>"`))
	s.NextPerson(seulgi)
	p := install(t, english.lang, settings(s)...)
	p.start()
	p.press(english.naver)
	page := visit(t, p.address(1))
	if strings.Contains(string(page.Body), "<img") {
		t.Errorf("markup from the provider is markup on the page:\n%s", page.Body)
	}
	p.see("dialog", english.dialog)
	w, _ := p.window()
	w.walk(func(n node) bool {
		if n.role == "image" && n.name == "x" {
			t.Error("markup from the provider is markup in the window")
		}
		return true
	})
}

func TestThePageInChromiumHasTheWindowsSentenceAndSupportCode(t *testing.T) {
	for _, w := range languages {
		t.Run(w.lang, func(t *testing.T) {
			s := serve(t)
			s.Fault(providertest.GitHubToken, providertest.Status(500))
			p := install(t, w.lang, settings(s)...)
			p.start()
			p.press(w.github)
			page := chromium(t, p.address(1))
			said := spoken.Say(app.Language(w.lang), app.CodeProviderServerError, app.Params{"provider": "GitHub"})
			p.hears(said.Happened)
			support := p.supportOnScreen()
			for _, want := range []string{said.Happened, said.Next, support} {
				if want == "" || !strings.Contains(page, want) {
					t.Errorf("Chromium does not show %q:\n%s", want, page)
				}
			}
		})
	}
}
