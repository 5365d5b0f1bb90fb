//go:build e2e

package e2e

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
	spoken "munpae.example/munpae/app/internal/words"
)

// actions are the names of the buttons that a failure offers, in one language.
type actions struct {
	check, close, share, newCode, copyCode string
	support, slow                          string
}

var actionsIn = map[string]actions{
	"ko": {check: "로그인 점검", close: "닫기", share: "다시 동의하기", newCode: "새 코드 받기", copyCode: "코드 복사",
		support: "지원 코드", slow: "브라우저가 열리지 않았나요? ‘주소 복사’를 눌러 직접 열어 보세요."},
	"en": {check: "Check my sign-in", close: "Close", share: "Share it", newCode: "Get a new code", copyCode: "Copy code",
		support: "Support code", slow: "No browser yet? Use “Copy link” and open it yourself."},
}

var languages = []words{korean, english}

// nth is the language of the nth row of a table.
func nth(n int) words { return languages[n%len(languages)] }

var supportCode = regexp.MustCompile(`\b[A-Z][0-9]-[0-9]{2}\b`)

// hearsCode waits until the window says both sentences of a code, from the
// program's own catalogue.
func (p *program) hearsCode(w words, code app.Code, params app.Params) {
	p.t.Helper()
	said := spoken.Say(app.Language(w.lang), code, params)
	p.hears(said.Happened)
	if said.Next != "" {
		p.hears(said.Next)
	}
}

// supportOnScreen is the support code that the window shows.
func (p *program) supportOnScreen() string {
	p.t.Helper()
	w, _ := p.window()
	return supportCode.FindString(w.said())
}

// log is the program's log so far.
func (p *program) log() string {
	p.t.Helper()
	b, err := os.ReadFile(filepath.Join(p.profile, "munpae.log"))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(b)
}

// reach waits for an object as see does, and takes one that has to be scrolled to
// as well.
func (p *program) reach(role, name string) node {
	p.t.Helper()
	var found node
	eventually(p.t, appearsWithin, role+" "+name, func() bool {
		w, ok := p.window()
		return ok && !w.walk(func(c node) bool {
			if c.role == role && c.name == name {
				found = c
				return false
			}
			return true
		})
	})
	found.focus(p.t)
	return found
}

// walkIn goes on from waiting to the nickname dialog as somebody, and from there back
// to the sign-in screen.
func (p *program) walkIn(s *providertest.Server, w words, who practice.Person, browser int) {
	p.t.Helper()
	s.NextPerson(who)
	browse(p.t, p.address(browser))
	p.see("dialog", w.dialog)
	p.press(w.other)
	p.see("heading", w.heading)
}

// The row of the session cannot be written: the person stays, is told once, with the one
// support code that the log has, and the button signs out once it can be.
func TestASignOutThatFailsIsToldOnceAndTheNextSignsOut(t *testing.T) {
	for _, look := range []struct {
		w     words
		theme string
	}{{korean, "light"}, {english, "dark"}} {
		w := look.w
		t.Run(w.lang+" "+look.theme, func(t *testing.T) {
			p, _ := account(t, w)
			p.args = []string{"--theme", look.theme}
			p.start()
			p.see("heading", "Nora")
			p.sql("munpae.db", `CREATE TRIGGER read_only BEFORE UPDATE ON sessions BEGIN SELECT RAISE(ABORT, 'read only'); END`)
			p.press(w.signOut)
			p.hearsCode(w, app.CodeInternal, nil)
			window, _ := p.window()
			var codes []string
			window.walk(func(n node) bool {
				// What it stands in has its text, too.
				if supportCode.MatchString(n.text()) && !supportCode.MatchString(n.said()) {
					codes = append(codes, supportCode.FindAllString(n.text(), -1)...)
				}
				return true
			})
			if len(codes) != 1 || !strings.Contains(p.log(), codes[0]) {
				t.Errorf("the window has %q, the log:\n%s", codes, p.log())
			}
			desk.screenshot(t, "sign-out-failed-"+w.lang+"-"+look.theme)
			p.sql("munpae.db", `DROP TRIGGER read_only`)
			p.press(w.signOut)
			p.see("push button", w.github)
			if left := p.supportOnScreen(); left != "" {
				t.Errorf("%q is still said", left)
			}
			p.kill()
		})
	}
}

// failure is a row of docs/providers.md#what-can-go-wrong: what the provider does, and what the person
// is told.
type failure struct {
	row      string
	provider string
	at       providertest.Endpoint
	fault    providertest.Fault
	code     app.Code
	more     app.Params // besides the provider
}

// fiveHours is a full minute: no second that passes on the way changes it on screen.
var fiveHours = time.Now().Truncate(time.Minute).Add(5 * time.Hour)

var failures = []failure{
	// 7.1, in the browser.
	{"CB-05 denied", "github", providertest.GitHubAuthorize, providertest.Refuse("access_denied", ""), app.CodeProviderDenied, nil},
	{"CB-05 denied at Naver", "naver", providertest.NaverAuthorize, providertest.Refuse("access_denied", "Canceled By User"), app.CodeProviderDenied, nil},
	{"wrong redirect URI", "github", providertest.GitHubAuthorize, providertest.Refuse("redirect_uri_mismatch", ""), app.CodeProviderMisconfigured, nil},
	{"another issuer", "oidc", providertest.OIDCDiscovery, providertest.Member("issuer", `"https://evil.example"`), app.CodeIssuerUnknown, nil}, // asked for once: before its other rows
	{"ST-08 another issuer in the callback", "github", providertest.GitHubAuthorize, providertest.Issuer("https://evil.example"), app.CodeIssuerMismatch, nil},
	{"application suspended", "github", providertest.GitHubAuthorize, providertest.Refuse("application_suspended", ""), app.CodeProviderUnavailable, nil},
	{"server_error", "github", providertest.GitHubAuthorize, providertest.Refuse("server_error", ""), app.CodeProviderError, nil},
	{"temporarily_unavailable", "naver", providertest.NaverAuthorize, providertest.Refuse("temporarily_unavailable", ""), app.CodeProviderError, nil},
	{"a refusal that nobody knows", "naver", providertest.NaverAuthorize, providertest.Refuse("gone_fishing", ""), app.CodeProviderBadAnswer, nil},

	// 7.2, at the token endpoint.
	{"CR-02 code expired", "github", providertest.GitHubToken, providertest.OAuthError(200, "bad_verification_code", "The code passed is incorrect or expired."), app.CodeCodeExpired, nil},
	{"code expired at Naver", "naver", providertest.NaverToken, providertest.OAuthError(200, "invalid_request", "no valid data in session"), app.CodeCodeExpired, nil},
	{"code used", "oidc", providertest.OIDCToken, providertest.Replay(), app.CodeCodeUsed, nil},
	{"code redeemed", "oidc", providertest.OIDCToken, providertest.OAuthError(400, "invalid_grant", "AADSTS54005: OAuth2 Authorization code was already redeemed"), app.CodeCodeUsed, nil},
	{"code used at GitHub", "github", providertest.GitHubToken, providertest.Replay(), app.CodeCodeExpired, nil}, // as expired: the answer is the same
	{"code used at Naver", "naver", providertest.NaverToken, providertest.Replay(), app.CodeCodeExpired, nil},
	{"ID token", "oidc", providertest.OIDCToken, providertest.Member("id_token", `"a.b.c"`), app.CodeIDTokenInvalid, nil},
	{"wrong secret", "github", providertest.GitHubToken, providertest.OAuthError(200, "incorrect_client_credentials", ""), app.CodeProviderMisconfigured, nil},
	{"wrong secret at Naver", "naver", providertest.NaverToken, providertest.OAuthError(200, "invalid_request", "wrong client id / client secret pair"), app.CodeProviderMisconfigured, nil},
	{"unknown client", "github", providertest.GitHubToken, providertest.Status(404), app.CodeProviderMisconfigured, nil},
	{"client refused at Naver", "naver", providertest.NaverToken, providertest.OAuthError(401, "unauthorized_client", ""), app.CodeProviderMisconfigured, nil},
	{"mail unverified", "github", providertest.GitHubToken, providertest.OAuthError(200, "unverified_user_email", ""), app.CodePrimaryEmailUnverified, nil},
	{"PJ-15 rate limited for seven minutes", "github", providertest.GitHubToken, providertest.RateLimited(429, 7*time.Minute), app.CodeRateLimited, app.Params{"minutes": "7"}},
	{"PJ-15 rate limited at Naver", "naver", providertest.NaverToken, providertest.RateLimited(429, 90*time.Second), app.CodeRateLimited, app.Params{"minutes": "2"}},
	{"CR-03 no token", "github", providertest.GitHubToken, providertest.Member("access_token", `""`), app.CodeProviderBadAnswer, nil},
	{"CR-07 another kind of token", "naver", providertest.NaverToken, providertest.Member("token_type", `"mac"`), app.CodeProviderBadAnswer, nil},
	{"CR-04 answer lost", "github", providertest.GitHubToken, providertest.LoseAnswer(), app.CodeProviderError, nil},
	{"connection reset", "naver", providertest.NaverToken, providertest.Break(), app.CodeProviderError, nil},

	// 7.3, at the profile.
	{"PJ-01 no id at Naver", "naver", providertest.NaverProfile, providertest.Member("response.id", ""), app.CodeProviderUnconfirmed, nil},
	{"PJ-04 resultcode 028", "naver", providertest.NaverProfile, providertest.NaverError(401, "028", "Authentication header not exists"), app.CodeProviderUnconfirmed, nil},
	{"PJ-01 no id at GitHub", "github", providertest.GitHubUser, providertest.Member("id", "null"), app.CodeProviderBadAnswer, nil},
	{"PJ-02 two ids", "github", providertest.GitHubUser, providertest.JSON(`{"id":1,"id":2,"login":"a"}`), app.CodeProviderBadAnswer, nil},
	{"token revoked", "github", providertest.GitHubUser, providertest.GitHubError(401, "Bad credentials"), app.CodeTokenRevoked, nil},
	{"token revoked at Naver", "naver", providertest.NaverProfile, providertest.NaverError(401, "024", "Authentication failed"), app.CodeTokenRevoked, nil},
	{"not permitted", "github", providertest.GitHubUser, providertest.GitHubError(403, "Resource not accessible"), app.CodePermissionMissing, nil},
	{"not permitted at Naver", "naver", providertest.NaverProfile, providertest.NaverError(403, "40801", ""), app.CodePermissionMissing, nil},
	{"PJ-15 rate limited by GitHub's API", "github", providertest.GitHubUser, providertest.RateLimitedUntil(403, fiveHours.Add(-30*time.Second)), app.CodeRateLimitedUntil, app.Params{"time": fiveHours.Format(time.RFC3339)}},
	{"PJ-15 5xx", "github", providertest.GitHubUser, providertest.Status(502), app.CodeProviderServerError, nil},
	{"PJ-15 5xx at Naver", "naver", providertest.NaverProfile, providertest.Status(503), app.CodeProviderServerError, nil},
	{"PJ-08 nonsense", "naver", providertest.NaverProfile, providertest.JSON(strings.Repeat("[", 100_000)), app.CodeProviderBadAnswer, nil},
	{"PJ-06 gzip bomb", "github", providertest.GitHubUser, providertest.GzipBomb(256 << 20), app.CodeProviderBadAnswer, nil},

	// 7.4, the network.
	{"CR-08 timeout", "github", providertest.GitHubToken, providertest.Hang(), app.CodeTimeout, nil},
	{"PJ-07 drip", "naver", providertest.NaverProfile, providertest.Drip(time.Second), app.CodeTimeout, nil},
	{"PJ-09 captive portal's page", "github", providertest.GitHubToken, providertest.CaptivePage(), app.CodeCaptivePortal, nil},
	{"captive portal's redirect", "naver", providertest.NaverToken, providertest.CaptiveRedirect("http://127.0.0.1:9/login"), app.CodeCaptivePortal, nil},
}

// Every row of docs/providers.md#what-can-go-wrong that the providers can be made to show: the window
// says what happened in the row's own words, page, window and log have one support
// code, the button that it names works, and then the sign-in does. The rows take
// turns at the languages; with MUNPAE_SCREENSHOTS every row is walked in both.
func TestEveryFailureIsSaidAndItsButtonWorks(t *testing.T) {
	for turn, w := range languages {
		t.Run(w.lang, func(t *testing.T) {
			s := serve(t)
			p := install(t, w.lang, append(settings(s), openID(s)...)...)
			p.start()
			p.see("heading", w.heading)
			opened := 0
			defer func() { p.t = t }()
			for n, f := range failures {
				if n%len(languages) == turn || os.Getenv("MUNPAE_SCREENSHOTS") != "" {
					ok := t.Run(f.row, func(t *testing.T) {
						p.t = t
						opened = p.fails(s, w, f, opened)
					})
					if !ok {
						return // the next row would not begin at the sign-in screen
					}
				}
			}
		})
	}
}

// openID are settings for the played OpenID provider.
func openID(s *providertest.Server) []string {
	return []string{
		"MUNPAE_OIDC_ISSUER=" + s.OIDCIssuer(), "MUNPAE_OIDC_NAME=Corp",
		"MUNPAE_OIDC_CLIENT_ID=" + providertest.OIDCClientID, "MUNPAE_OIDC_CLIENT_SECRET=" + providertest.OIDCClientSecret,
	}
}

// fails walks one row from the sign-in screen back to it. opened is how many
// addresses the browser was given before; the count afterwards is returned.
func (p *program) fails(s *providertest.Server, w words, f failure, opened int) int {
	t := p.t
	t.Helper()
	a := actionsIn[w.lang]
	button := map[string]string{"github": w.github, "naver": w.naver, "oidc": map[string]string{"ko": "Corp로 로그인", "en": "Sign in with Corp"}[w.lang]}[f.provider]
	params := app.Params{"provider": map[string]string{"github": "GitHub", "naver": "NAVER", "oidc": "Corp"}[f.provider]}
	for k, v := range f.more {
		params[k] = v
	}
	s.Fault(f.at, f.fault)
	s.NextPerson(nora)
	p.press(button)
	page := p.pageOf(opened + 1)
	opened++
	p.hearsCode(w, f.code, params)
	support := p.supportOnScreen()
	if support == "" || !strings.Contains(p.log(), `"support":"`+support+`"`) {
		t.Errorf("support code on screen %q; the log has no such line", support)
	}
	if !strings.Contains(page, support) {
		t.Errorf("the window's support code is %s, the page says:\n%s", support, page)
	}
	desk.screenshot(t, fmt.Sprintf("failure-%s-%s", strings.ReplaceAll(f.row, " ", "-"), w.lang))
	s.Heal()

	said := spoken.Say(app.Language(w.lang), f.code, params)
	switch spoken.ActionOf(f.code) {
	case "try_again":
		p.press(said.Button)
	case "check":
		p.press(a.check)
		p.see("dialog", a.check)
		p.reach("push button", a.close).press(t)
		p.see("heading", w.heading)
		p.press(button)
	case "dismiss":
		p.press(a.close)
		p.press(button)
	}
	p.see("heading", w.waiting)
	p.walkIn(s, w, nora, opened+1)
	return opened + 1
}

// pageOf opens the nth address and returns what the browser shows in the end.
func (p *program) pageOf(n int) string {
	p.t.Helper()
	return browse(p.t, p.address(n))
}

// The window's engine knows zones by name alone, and Go too: a rule is one all the same.
func TestATimeInASentenceIsOnThePersonsOwnClock(t *testing.T) {
	w := korean
	s := serve(t)
	s.Fault(providertest.GitHubUser, providertest.RateLimitedUntil(403, fiveHours.Add(-30*time.Second)))
	p := install(t, w.lang, append(settings(s), "TZ=KST-9")...)
	p.start()
	p.press(w.github)
	browse(t, p.address(1))
	p.hears(fiveHours.In(time.FixedZone("KST", 9*60*60)).Format("15:04") + "에 다시 시도하세요.")
}

func TestNaverRefusingOnItsOwnPageLeavesTheAppWaitingAndItCanBeCancelled(t *testing.T) {
	s := serve(t)
	p := install(t, korean.lang, settings(s)...)
	p.start()
	s.Fault(providertest.NaverAuthorize, providertest.RefusalPage())
	p.press(korean.naver)
	browse(t, p.address(1))
	p.see("heading", korean.waiting)
	p.hears("브라우저가 열렸습니다")
	p.press(korean.cancel)
	p.see("heading", korean.heading)
	s.Heal()
	p.press(korean.naver)
	p.walkIn(s, korean, seulgi, 2)
}

func TestST01_AForeignStateFromTheProviderLeavesTheAppWaitingAndOpenAgainFinishes(t *testing.T) {
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.start()
	s.Fault(providertest.GitHubAuthorize, providertest.WrongState())
	p.press(english.github)
	page := browse(t, p.address(1))
	if want := spoken.Say(app.English, app.CodeStateMismatch, nil).Happened; !strings.Contains(page, want) {
		t.Errorf("the page does not say %q:\n%s", want, page)
	}
	p.see("heading", english.waiting)
	if n := s.Count(providertest.GitHubToken); n != 0 {
		t.Errorf("%d token requests", n)
	}
	s.Heal()
	p.press(english.openAgain)
	p.walkIn(s, english, nora, 2)
}

func TestAWrongSecretInTheSettingsIsSaid(t *testing.T) {
	for n, wrong := range []string{"MUNPAE_GITHUB_CLIENT_SECRET=mistyped", "MUNPAE_NAVER_CLIENT_SECRET=mistyped"} {
		w := nth(n)
		t.Run(w.lang, func(t *testing.T) {
			s := serve(t)
			p := install(t, w.lang, append(settings(s), wrong)...)
			p.start()
			p.press([]string{w.github, w.naver}[n])
			browse(t, p.address(1))
			p.hearsCode(w, app.CodeProviderMisconfigured, nil)
			if log := p.log(); strings.Contains(log, "mistyped") {
				t.Error("the log has the secret")
			}
		})
	}
}

func TestANaverEMailKeptBackIsSaidAndCanBeSharedAfterAll(t *testing.T) {
	for _, w := range languages {
		t.Run(w.lang, func(t *testing.T) {
			s := serve(t)
			s.NextPerson(person("bada"))
			p := install(t, w.lang, settings(s)...)
			p.start()
			p.press(w.naver)
			browse(t, p.address(1))
			p.see("dialog", w.dialog)
			p.hearsCode(w, app.CodeEmailRefused, nil)
			desk.screenshot(t, "failure-e-mail-refused-"+w.lang)
			p.press(actionsIn[w.lang].share)
			p.see("heading", w.waiting)
			browse(t, p.address(2))
			p.see("dialog", w.dialog)
			p.unsays(spoken.Say(app.Language(w.lang), app.CodeEmailRefused, nil).Happened)
			prompted := false
			for _, r := range s.Requests() {
				prompted = prompted || r.Endpoint == providertest.NaverAuthorize && r.URL.Query().Get("auth_type") == "reprompt"
			}
			if !prompted {
				t.Error("Naver was not asked to show its consent page again")
			}
		})
	}
}

// unsays waits until the window says a text no more.
func (p *program) unsays(text string) {
	p.t.Helper()
	eventually(p.t, appearsWithin, "unsaid: "+text, func() bool {
		w, ok := p.window()
		return ok && !strings.Contains(w.said(), text)
	})
}

func TestWithoutAnEMailTheSignUpGoesOnAndSaysSo(t *testing.T) {
	for n, who := range []string{"haram", "ideun"} { // none at all; none that is verified
		w := nth(n)
		t.Run(who, func(t *testing.T) {
			s := serve(t)
			s.NextPerson(person(who))
			p := install(t, w.lang, settings(s)...)
			p.start()
			p.press(w.github)
			browse(t, p.address(1))
			p.see("dialog", w.dialog)
			p.hearsCode(w, app.CodeEmailMissing, nil)
			p.choose(w, "새벽")
			p.see("heading", "새벽")
		})
	}
}

func TestCR08_ARefusedConnectionIsTheProvidersProblemAndTheNextTryWorks(t *testing.T) {
	s := serve(t)
	p := install(t, korean.lang, append(settings(s), "MUNPAE_GITHUB_API_URL=http://127.0.0.1:1")...) // nobody listens there
	p.start()
	p.press(korean.github)
	browse(t, p.address(1))
	p.hearsCode(korean, app.CodeProviderError, app.Params{"provider": "GitHub"})
	p.press(korean.naver)
	p.walkIn(s, korean, seulgi, 2)
}

func TestABrowserThatCannotBeOpenedIsSaidAndTheCopiedAddressWorks(t *testing.T) {
	for n, opener := range []string{"", "#!/bin/sh\nexit 3\n"} {
		w := nth(n)
		t.Run(map[bool]string{true: "missing", false: "exits 3"}[opener == ""], func(t *testing.T) {
			s := serve(t)
			p := install(t, w.lang, settings(s)...)
			bin := filepath.Dir(p.opened) + "/bin"
			// Nor does any browser of this computer's start.
			for _, name := range []string{
				"x-www-browser", "sensible-browser", "gnome-www-browser", "firefox", "firefox-esr", "google-chrome", "google-chrome-stable", "chromium",
				"chromium-browser", "naver-whale", "whale", "microsoft-edge", "brave-browser", "vivaldi", "opera", "epiphany-browser", "epiphany", "falkon", "konqueror",
			} {
				if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if opener == "" {
				os.Remove(filepath.Join(bin, "xdg-open"))
				p.env = append(p.env, "PATH="+bin) // and so none of the system's
			} else if err := os.WriteFile(filepath.Join(bin, "xdg-open"), []byte(opener), 0o755); err != nil {
				t.Fatal(err)
			}
			p.start()
			p.press(w.github)
			p.hearsCode(w, app.CodeBrowserUnavailable, nil)
			desk.screenshot(t, "failure-no-browser-"+w.lang)
			p.press(w.copyLink)
			p.hears(map[string]string{"ko": "복사했습니다", "en": "Copied"}[w.lang])
			s.NextPerson(nora)
			browse(t, p.clipboard())
			p.see("dialog", w.dialog)
			eventually(t, appearsWithin, "the address is off the clipboard", func() bool { return !strings.Contains(p.clipboard(), "127.0.0.1") })
		})
	}
}

// Without xdg-open a browser in the search path does, and it gets the person's own
// environment.
func TestWithoutAnOpenerABrowserIsFoundAndGetsThePersonsEnvironment(t *testing.T) {
	w := english
	s := serve(t)
	p := install(t, w.lang, settings(s)...)
	bin := filepath.Dir(p.opened) + "/bin"
	if err := os.Rename(filepath.Join(bin, "xdg-open"), filepath.Join(bin, "x-www-browser")); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\nprintf '%s\\n' \"$1\" >> '" + p.opened + "'\n/usr/bin/env > '" + p.opened + ".environment'\n"
	if err := os.WriteFile(filepath.Join(bin, "x-www-browser"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	p.env = append(p.env, "PATH="+bin, "BROWSER=", "APPDIR=/tmp/.mount_x", "LD_LIBRARY_PATH=/tmp/.mount_x/usr/lib", "XDG_SESSION_TYPE=x11", "GDK_BACKEND=")
	p.start()
	p.press(w.github)
	s.NextPerson(nora)
	browse(t, p.address(1))
	p.see("dialog", w.dialog)
	environment, err := os.ReadFile(p.opened + ".environment")
	if err != nil {
		t.Fatal(err)
	}
	if got := string(environment); strings.Contains(got, "MUNPAE_") || strings.Contains(got, "GDK_BACKEND=x11") || strings.Contains(got, "APPDIR") || strings.Contains(got, "LD_LIBRARY_PATH") || !strings.Contains(got, "XDG_SESSION_TYPE=x11") {
		t.Errorf("the browser's environment is\n%s", got)
	}
}

func TestCB18_WhatThePersonCopiedSinceStaysOnTheClipboard(t *testing.T) {
	s := serve(t)
	p := install(t, english.lang, settings(s)...)
	p.start()
	p.press(english.github)
	p.press(english.copyLink)
	p.hears("Copied")
	if link := p.clipboard(); !strings.Contains(link, "/oauth/github/login/") {
		t.Fatalf("on the clipboard: %q", link)
	}
	p.copy("a recipe for kimchi")
	p.press(english.cancel)
	p.see("push button", english.naver)
	p.press(english.github)
	p.press(english.copyLink)
	p.hears("Copied")
	p.copy("a recipe for kimchi")
	p.press(english.cancel)
	p.see("push button", english.naver)
	if text := p.clipboard(); text != "a recipe for kimchi" {
		t.Errorf("on the clipboard: %q", text)
	}
	p.press(english.github)
	p.press(english.copyLink)
	p.hears("Copied")
	p.press(english.cancel)
	eventually(t, appearsWithin, "the address is off the clipboard", func() bool { return !strings.Contains(p.clipboard(), "127.0.0.1") })
}

// clipboard returns the text on the desktop's clipboard.
func (p *program) clipboard() string {
	p.t.Helper()
	c := exec.Command("xclip", "-selection", "clipboard", "-o")
	c.Env = desk.env()
	out, _ := c.Output() // an empty clipboard is an error to it
	return string(out)
}

func TestABrowserThatNeverArrivesIsSaidAfterEightSeconds(t *testing.T) {
	w := english
	s := serve(t)
	p := install(t, w.lang, settings(s)...)
	p.start()
	p.press(w.github)
	p.hears("Opening the browser")
	p.hears(actionsIn[w.lang].slow)
	p.see("push button", w.copyLink)
	desk.screenshot(t, "failure-browser-slow-"+w.lang)
	p.walkIn(s, w, nora, 1)
}

func TestCB12_AllNaverPortsBusyIsSaidAtOnceAndNoBrowserOpens(t *testing.T) {
	for _, w := range languages {
		t.Run(w.lang, func(t *testing.T) {
			s := serve(t)
			p := install(t, w.lang, settings(s)...)
			var busy []net.Listener
			var names []string
			for _, port := range naverPorts {
				l, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				busy, names = append(busy, l), append(names, fmt.Sprint(port))
			}
			p.start()
			p.press(w.naver)
			p.hearsCode(w, app.CodePortInUse, app.Params{"ports": strings.Join(names, ", ")})
			if _, err := os.Stat(p.opened); err == nil {
				t.Error("a browser was opened")
			}
			desk.screenshot(t, "failure-ports-"+w.lang)
			// GitHub needs none of them; and one free port is enough for Naver.
			p.press(w.github)
			p.walkIn(s, w, nora, 1)
			busy[4].Close()
			p.press(w.naver)
			p.walkIn(s, w, seulgi, 2)
			for _, l := range busy {
				l.Close()
			}
		})
	}
}

var userCode = regexp.MustCompile(`\b[A-Z0-9]{4}-[A-Z0-9]{4}\b`)

// shownCode waits for the device code in the window.
func (p *program) shownCode(w words) string {
	p.t.Helper()
	p.see("push button", actionsIn[w.lang].copyCode)
	win, _ := p.window()
	code := userCode.FindString(win.said())
	if code == "" {
		p.t.Fatalf("no code on screen:\n%s", win.said())
	}
	return code
}

// enterCode does at GitHub's own page what the person does on another device.
func enterCode(t *testing.T, s *providertest.Server, code string) {
	t.Helper()
	page, err := providertest.NewBrowser(nil).Visit(t.Context(), s.GitHubURL()+"/login/device")
	if err == nil {
		_, err = page.Fill("user_code", code).Click(t.Context(), "계속")
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestACodeSignsInWhileTheBrowsersRoadStaysOpen(t *testing.T) {
	s := serve(t)
	s.NextPerson(nora)
	p := install(t, english.lang, settings(s)...)
	p.start()
	p.press(english.github)
	address := p.address(1)
	p.press(english.deviceCode)
	code := p.shownCode(english)
	for _, name := range []string{english.copyLink, english.openAgain, english.cancel} {
		p.see("push button", name)
	}
	p.hears(s.GitHubURL() + "/login/device")
	p.press(actionsIn["en"].copyCode)
	p.hears("Copied")
	if got := p.clipboard(); got != code {
		t.Errorf("copied %q, the window shows %q", got, code)
	}
	enterCode(t, s, code)
	p.see("dialog", english.dialog)
	// Whoever comes late through the browser changes nothing.
	if page, err := providertest.NewBrowser(nil).Visit(t.Context(), address); err == nil && strings.Contains(page.URL.Path, "callback") {
		t.Errorf("the late browser ends at %s: %s", page.URL, page.Text())
	}
	p.see("dialog", english.dialog)
	if n := s.Count(providertest.GitHubToken); n != 0 {
		t.Errorf("%d codes were redeemed for the late browser", n)
	}
}

func TestTheBrowserWinsWhileACodeIsShown(t *testing.T) {
	s := serve(t)
	p := install(t, korean.lang, settings(s)...)
	p.start()
	p.press(korean.github)
	p.press(korean.deviceCode)
	p.shownCode(korean)
	p.walkIn(s, korean, nora, 1)
	polls := s.Count(providertest.GitHubDeviceToken)
	time.Sleep(1500 * time.Millisecond) // longer than the interval: nothing may be asked any more
	if n := s.Count(providertest.GitHubDeviceToken); n > polls {
		t.Errorf("%d polls after the sign-in was over", n-polls)
	}
}

// What can go wrong with a device code (docs/providers.md#at-the-token-endpoint). With the browser's road open only
// the road by code is closed, and the sentence offers the next step.
func TestADeviceCodeThatFailsLeavesTheBrowsersRoadOpen(t *testing.T) {
	rows := []struct {
		row   string
		at    providertest.Endpoint
		fault providertest.Fault
		code  app.Code
	}{
		{"code expired", providertest.GitHubDeviceToken, providertest.OAuthError(200, "expired_token", ""), app.CodeDeviceCodeExpired},
		{"declined", providertest.GitHubDeviceToken, providertest.OAuthError(200, "access_denied", ""), app.CodeDeviceDenied},
		{"switched off", providertest.GitHubDeviceCode, providertest.OAuthError(400, "device_flow_disabled", ""), app.CodeDeviceDisabled},
		{"5xx", providertest.GitHubDeviceCode, providertest.Status(503), app.CodeProviderServerError},
	}
	for _, w := range languages {
		t.Run(w.lang, func(t *testing.T) {
			s := serve(t)
			p := install(t, w.lang, settings(s)...)
			p.start()
			opened := 0
			defer func() { p.t = t }()
			for _, r := range rows {
				ok := t.Run(r.row, func(t *testing.T) {
					p.t = t
					s.Fault(r.at, r.fault)
					p.press(w.github)
					p.press(w.deviceCode)
					params := app.Params{"provider": "GitHub"}
					p.hearsCode(w, r.code, params)
					if support := p.supportOnScreen(); support == "" || !strings.Contains(p.log(), support) {
						t.Errorf("support code %q", support)
					}
					desk.screenshot(t, "failure-device-"+strings.ReplaceAll(r.row, " ", "-")+"-"+w.lang)
					p.see("push button", w.copyLink)
					p.absent("push button", actionsIn[w.lang].copyCode) // a dead code is not shown
					s.Heal()
					opened++
					if spoken.ActionOf(r.code) == "dismiss" {
						p.walkIn(s, w, nora, opened)
						return
					}
					s.NextPerson(nora)
					p.press(spoken.Say(app.Language(w.lang), r.code, params).Button)
					enterCode(t, s, p.shownCode(w))
					p.see("dialog", w.dialog)
					p.press(w.other)
					p.see("heading", w.heading)
				})
				if !ok {
					return
				}
			}
		})
	}
}

// withoutSecret are settings for GitHub alone, by code.
func withoutSecret(base string) []string {
	return []string{"MUNPAE_GITHUB_CLIENT_ID=" + practice.GitHubClientID, "MUNPAE_GITHUB_URL=" + base}
}

func TestGitHubWithoutASecretSignsInByCodeAlone(t *testing.T) {
	s := serve(t)
	s.NextPerson(nora)
	p := install(t, korean.lang, withoutSecret(s.GitHubURL())...)
	p.start()
	p.see("push button", korean.github)
	p.absent("push button", korean.naver)
	p.press(korean.github)
	code := p.shownCode(korean)
	p.absent("push button", korean.copyLink)
	p.absent("push button", korean.openAgain)
	enterCode(t, s, code)
	p.see("dialog", korean.dialog)
	if _, err := os.Stat(p.opened); err == nil {
		t.Error("a browser was opened")
	}
	for _, r := range s.Requests() {
		if r.Form.Has("client_secret") {
			t.Error("a secret was sent")
		}
	}
}

func TestByCodeAloneADeclinedCodeEndsTheSignInAndAnExpiredOneOffersANew(t *testing.T) {
	s := serve(t)
	p := install(t, english.lang, withoutSecret(s.GitHubURL())...)
	p.start()
	s.Fault(providertest.GitHubDeviceToken, providertest.OAuthError(200, "access_denied", ""))
	p.press(english.github)
	p.hearsCode(english, app.CodeDeviceDenied, app.Params{"provider": "GitHub"})
	p.see("heading", english.heading)
	s.Fault(providertest.GitHubDeviceToken, providertest.OAuthError(200, "expired_token", ""))
	p.press(english.tryAgain)
	p.hearsCode(english, app.CodeDeviceCodeExpired, nil)
	s.Heal()
	s.NextPerson(nora)
	p.press(actionsIn["en"].newCode)
	enterCode(t, s, p.shownCode(english))
	p.see("dialog", english.dialog)
}

// What the network does to a request, on the road by code, which asks the provider
// before any browser does.
func TestEveryNetworkFailureIsSaid(t *testing.T) {
	untrusted, _, err := providertest.NewCertificate(time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	expired, _, err := providertest.NewCertificate(time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// What answers at the provider's address, changed row by row.
	var certificate atomic.Pointer[tls.Certificate]
	certificate.Store(untrusted)
	server := &http.Server{ErrorLog: log.New(io.Discard, "", 0), TLSConfig: &tls.Config{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate.Load(), nil },
	}}
	go server.ServeTLS(l, "", "")
	defer server.Close()

	for n, w := range languages {
		t.Run(w.lang, func(t *testing.T) {
			p := install(t, w.lang, withoutSecret("https://"+l.Addr().String())...)
			p.start()
			p.see("heading", w.heading)
			certificate.Store(untrusted)
			p.press(w.github)
			p.hearsCode(w, app.CodeTLSUntrusted, nil)
			desk.screenshot(t, "failure-tls-"+w.lang)
			win, _ := p.window()
			if _, ok := win.find("push button", w.tryAgain); ok {
				t.Error("an untrusted connection offers to try again")
			}
			certificate.Store(expired)
			p.press(w.github)
			p.hearsCode(w, app.CodeClockWrong, nil)
			desk.screenshot(t, "failure-clock-"+w.lang)
			p.absent("push button", w.tryAgain)
			if n == len(languages)-1 {
				server.Close()
				p.press(w.github)
				p.hearsCode(w, app.CodeProviderError, app.Params{"provider": "GitHub"})
			}
		})
	}
}

// offline starts the program where there is no route, not even to a name server;
// only the display and the bus, which are sockets in the file system, are there.
func (p *program) offline(t *testing.T) {
	t.Helper()
	if err := exec.Command("unshare", "-n", "true").Run(); err != nil {
		t.Skip("no network namespace of our own is permitted here: ", err)
	}
	p.wrap = []string{"unshare", "-n", "sh", "-c", `ip link set lo up && exec "$0" "$@"`}
}

func TestOfflineIsSaidAndTryAgainAsksAgain(t *testing.T) {
	for n, row := range []struct {
		base string
		code app.Code
	}{
		{"https://192.0.2.1", app.CodeOffline},
		{"https://github.example.invalid", app.CodeOffline}, // no name server either
	} {
		w := nth(n)
		t.Run(fmt.Sprint(row.base, " ", w.lang), func(t *testing.T) {
			p := install(t, w.lang, withoutSecret(row.base)...)
			p.offline(t)
			p.start()
			p.press(w.github)
			p.hearsCode(w, row.code, nil)
			p.press(w.tryAgain)
			p.hearsCode(w, row.code, nil)
			desk.screenshot(t, "failure-offline-"+w.lang)
		})
	}
}

// nameServer is the only name server of a program that starts with it: it answers
// every question with code (RFC 1035 section 4.1.1).
func (p *program) nameServer(t *testing.T, code byte) {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.53.53:53")
	if err != nil {
		t.Skip("no name server of our own is permitted here: ", err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		b := make([]byte, 512)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			if n > 3 {
				b[2], b[3] = 0x81, 0x80|code // an answer; recursion desired and available
				c.WriteTo(b[:n], from)
			}
		}
	}()
	resolv := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(resolv, []byte("nameserver 127.0.53.53\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("unshare", "-m", "mount", "--bind", resolv, "/etc/resolv.conf").CombinedOutput(); err != nil {
		t.Skip("no mount namespace of our own is permitted here: ", err, string(out))
	}
	p.wrap = []string{"unshare", "-m", "sh", "-c", `mount --bind ` + resolv + ` /etc/resolv.conf && exec "$0" "$@"`}
}

func TestCR08_ANameThatCannotBeFoundIsSaidAndTryAgainAsksAgain(t *testing.T) {
	for n, row := range []struct {
		answer string
		code   byte
	}{{"NXDOMAIN", 3}, {"SERVFAIL", 2}} {
		w := nth(n)
		t.Run(row.answer+" "+w.lang, func(t *testing.T) {
			p := install(t, w.lang, withoutSecret("https://github.example.invalid")...)
			p.nameServer(t, row.code)
			p.start()
			p.press(w.github)
			p.hearsCode(w, app.CodeDNSFailed, nil)
			desk.screenshot(t, "failure-dns-"+w.lang)
			problems := strings.Count(p.log(), `"code":"dns_failed"`)
			p.press(w.tryAgain)
			eventually(t, appearsWithin, "a second answer", func() bool { return strings.Count(p.log(), `"code":"dns_failed"`) > problems })
			p.hearsCode(w, app.CodeDNSFailed, nil)
		})
	}
}

func TestCheckMySignInShowsWhatItFoundAndHasTheSupportCodesLog(t *testing.T) {
	for _, w := range languages {
		t.Run(w.lang, func(t *testing.T) {
			a := actionsIn[w.lang]
			s := serve(t)
			p := install(t, w.lang, settings(s)...)
			p.start()
			s.Fault(providertest.GitHubToken, providertest.Status(503))
			p.press(w.github)
			browse(t, p.address(1))
			p.hearsCode(w, app.CodeProviderServerError, app.Params{"provider": "GitHub"})
			p.press(a.check)
			p.see("dialog", a.check)
			p.hears(map[string]string{"ko": "모두 정상입니다", "en": "All is well"}[w.lang])
			for _, line := range map[string][]string{
				"ko": {"앱 폴더", "계정 파일", "저장된 로그인", "네이버 로그인 포트", "GitHub까지의 연결", "네이버까지의 연결"},
				"en": {"The app's folder", "Account file", "Saved sign-in", "Ports for NAVER", "Connection to GitHub", "Connection to NAVER"},
			}[w.lang] {
				p.hears(line)
			}
			desk.screenshot(t, "check-"+w.lang)
			p.reach("push button", a.close).press(t)
			s.Stop()
			p.press(a.check)
			p.hears(map[string]string{"ko": "고칠 것이 있습니다", "en": "Something needs attention"}[w.lang])
			p.hears(spoken.Say(app.Language(w.lang), app.CodeProviderError, app.Params{"provider": "GitHub"}).Happened)
			p.hears(spoken.Say(app.Language(w.lang), app.CodeProviderError, app.Params{"provider": "NAVER"}).Happened)
		})
	}
}
