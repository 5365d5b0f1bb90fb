package signin_test

import (
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/attempt"
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/provider/providertest"
	"munpae.example/munpae/app/internal/signin"
)

// names are what people call the providers.
var names = map[string]string{"github": "GitHub", "naver": "NAVER", "oidc": "문지기"}

// Every row of docs/providers.md#what-can-go-wrong that an answer can make, from the click to the words
// on screen: its code, the provider's name, a support code that also stands on the
// page and in the log, nothing written, and a Try again that works.
func TestEveryFailureOfTheCatalogueEndsInItsCode(t *testing.T) {
	w := newWorld(t, config{oidc: true})
	w.arrive(app.Pair{})
	for _, r := range []struct {
		what, provider string
		at             providertest.Endpoint
		fault          providertest.Fault
		want           app.Code
	}{
		// Discovery is remembered, so its row comes first.
		{"captive page at discovery", "oidc", providertest.OIDCDiscovery, providertest.CaptivePage(), app.CodeCaptivePortal},
		{"denied", "github", providertest.GitHubAuthorize, providertest.Refuse("access_denied", "no"), app.CodeProviderDenied},
		{"denied", "naver", providertest.NaverAuthorize, providertest.Refuse("access_denied", "no"), app.CodeProviderDenied},
		{"denied", "oidc", providertest.OIDCAuthorize, providertest.Refuse("access_denied", "no"), app.CodeProviderDenied},
		{"redirect mismatch", "github", providertest.GitHubAuthorize, providertest.Refuse("redirect_uri_mismatch", ""), app.CodeProviderMisconfigured},
		{"suspended", "github", providertest.GitHubAuthorize, providertest.Refuse("application_suspended", ""), app.CodeProviderUnavailable},
		{"provider fault", "naver", providertest.NaverAuthorize, providertest.Refuse("server_error", ""), app.CodeProviderError},
		{"provider fault", "github", providertest.GitHubAuthorize, providertest.Refuse("temporarily_unavailable", ""), app.CodeProviderError},
		{"an error nobody knows", "github", providertest.GitHubAuthorize, providertest.Refuse("<b>odd</b>", ""), app.CodeProviderBadAnswer},

		{"code expired", "github", providertest.GitHubToken, providertest.OAuthError(200, "bad_verification_code", ""), app.CodeCodeExpired},
		{"code expired", "naver", providertest.NaverToken, providertest.OAuthError(200, "invalid_request", "no valid data in session"), app.CodeCodeExpired},
		{"CR-01 invalid_grant", "oidc", providertest.OIDCToken, providertest.OAuthError(400, "invalid_grant", ""), app.CodeCodeExpired},
		{"code used", "github", providertest.GitHubToken, providertest.Replay(), app.CodeCodeExpired},
		{"code used", "naver", providertest.NaverToken, providertest.Replay(), app.CodeCodeExpired},
		{"code used", "oidc", providertest.OIDCToken, providertest.Replay(), app.CodeCodeUsed},
		{"wrong secret", "github", providertest.GitHubToken, providertest.OAuthError(200, "incorrect_client_credentials", ""), app.CodeProviderMisconfigured},
		{"wrong secret", "naver", providertest.NaverToken, providertest.OAuthError(401, "unauthorized_client", ""), app.CodeProviderMisconfigured},
		{"mail unverified", "github", providertest.GitHubToken, providertest.OAuthError(200, "unverified_user_email", ""), app.CodePrimaryEmailUnverified},
		{"rate limited", "github", providertest.GitHubToken, providertest.RateLimited(429, 3*time.Minute), app.CodeRateLimited},
		{"rate limited", "naver", providertest.NaverToken, providertest.RateLimited(429, 3*time.Minute), app.CodeRateLimited},
		{"CR-03 no token", "github", providertest.GitHubToken, providertest.Member("access_token", "null"), app.CodeProviderBadAnswer},
		{"CR-07 token type", "github", providertest.GitHubToken, providertest.Member("token_type", `"mac"`), app.CodeProviderBadAnswer},
		{"CR-04 lost answer", "naver", providertest.NaverToken, providertest.LoseAnswer(), app.CodeProviderError},
		{"CR-05 redirect", "github", providertest.GitHubToken, providertest.CaptiveRedirect("http://127.0.0.1:1/"), app.CodeCaptivePortal},

		{"PJ-01 no id", "github", providertest.GitHubUser, providertest.Member("id", ""), app.CodeProviderBadAnswer},
		{"PJ-02 id twice", "github", providertest.GitHubUser, providertest.JSON(`{"id":1,"id":2}`), app.CodeProviderBadAnswer},
		{"PJ-03 id text", "github", providertest.GitHubUser, providertest.Member("id", `"1"`), app.CodeProviderBadAnswer},
		{"PJ-04 resultcode", "naver", providertest.NaverProfile, providertest.NaverError(200, "024", ""), app.CodeProviderUnconfirmed},
		{"PJ-04 no response", "naver", providertest.NaverProfile, providertest.Member("response", "null"), app.CodeProviderUnconfirmed},
		{"PJ-06 10 MB", "github", providertest.GitHubUser, providertest.Large(10 << 20), app.CodeProviderBadAnswer},
		{"PJ-09 captive page", "naver", providertest.NaverProfile, providertest.CaptivePage(), app.CodeCaptivePortal},
		{"revoked", "naver", providertest.NaverProfile, providertest.NaverError(401, "024", ""), app.CodeTokenRevoked},
		{"revoked", "github", providertest.GitHubUser, providertest.GitHubError(401, "Bad credentials"), app.CodeTokenRevoked},
		{"not permitted", "github", providertest.GitHubUser, providertest.GitHubError(403, "Forbidden"), app.CodePermissionMissing},
		{"not permitted", "naver", providertest.NaverProfile, providertest.NaverError(403, "40801", ""), app.CodePermissionMissing},
		{"rate limited", "github", providertest.GitHubUser, providertest.RateLimitedUntil(403, w.clock.Now().Add(3*time.Minute)), app.CodeRateLimitedUntil},
		{"5xx", "github", providertest.GitHubUser, providertest.Status(503), app.CodeProviderServerError},
		{"5xx", "naver", providertest.NaverToken, providertest.Status(500), app.CodeProviderServerError},
		{"broken answer", "github", providertest.GitHubToken, providertest.Break(), app.CodeProviderError},
		{"another sub", "oidc", providertest.OIDCUserInfo, providertest.Member("sub", `"somebody"`), app.CodeProviderBadAnswer},
	} {
		w.server.Heal()
		w.server.Fault(r.at, r.fault)
		before := w.server.Count(r.at)
		page := w.visit(w.begin(r.provider))
		s := w.awaitStep(signin.StepSignedOut)
		p := s.Problem
		if p == nil || p.Code != r.want || p.Params["provider"] != names[r.provider] || !support.MatchString(p.Support) {
			t.Errorf("%s at %s: %s, want %s of %s", r.what, r.at, show(p), r.want, names[r.provider])
			continue
		}
		if r.want == app.CodeRateLimited && p.Params["minutes"] != "3" {
			t.Errorf("%s at %s: %s, want 3 minutes", r.what, r.at, show(p))
		}
		if n := w.server.Count(r.at) - before; n != 1 {
			t.Errorf("%s: %s was asked %d times", r.what, r.at, n)
		}
		if !strings.Contains(page.Text(), p.Support) {
			t.Errorf("%s at %s: the page lacks %s: %s", r.what, r.at, p.Support, page.Text())
		}
		if !strings.Contains(w.log.text(), `"support":"`+p.Support+`"`) {
			t.Errorf("%s at %s: the log lacks %s", r.what, r.at, p.Support)
		}
		for _, text := range []string{"<b>odd", "Bad credentials", "Forbidden"} {
			if strings.Contains(show(s), text) || strings.Contains(string(page.Body), text) {
				t.Errorf("%s at %s: the provider's own words are shown: %s", r.what, r.at, text)
			}
		}
	}
	for _, table := range []string{"users", "identities", "sessions", "pending_signups"} {
		w.want(table, 0)
	}
	w.server.Heal()
	w.Retry()
	w.visit(w.opened())
	w.step(signin.StepNickname)
}

func TestST08_AnotherIssuerInTheCallbackEndsTheSignInWith400AndNoRequest(t *testing.T) {
	w := newWorld(t, config{oidc: true})
	w.arrive(app.Pair{})
	for name, at := range map[string][2]providertest.Endpoint{
		"github": {providertest.GitHubAuthorize, providertest.GitHubToken},
		"naver":  {providertest.NaverAuthorize, providertest.NaverToken},
		"oidc":   {providertest.OIDCAuthorize, providertest.OIDCToken},
	} {
		w.server.Fault(at[0], providertest.Issuer("https://evil.example"))
		page := w.visit(w.begin(name))
		w.awaitStep(signin.StepSignedOut)
		p := w.problem(app.CodeIssuerMismatch)
		if page.Status != 400 || !strings.Contains(page.Text(), p.Support) {
			t.Errorf("%s: %d %s", name, page.Status, page.Text())
		}
		if n := w.server.Count(at[1]); n != 0 {
			t.Errorf("%s: %d token requests", name, n)
		}
	}
}

// Naver shows its own page to who is no tester yet.
func TestWhoNaverMayHaveRefusedOnItsOwnPageIsToldSoWhenTheTimeIsOver(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	w.server.Fault(providertest.NaverAuthorize, providertest.RefusalPage())
	w.server.Fault(providertest.GitHubAuthorize, providertest.RefusalPage())
	for _, r := range []struct {
		provider string
		arrives  bool
		want     app.Code
	}{
		{"naver", true, app.CodeAccountNotAllowed},
		{"naver", false, app.CodeSignInExpired},
		{"github", true, app.CodeSignInExpired},
	} {
		hop := w.begin(r.provider)
		if r.arrives {
			w.visit(hop)
		}
		w.clock.advance(app.SignInLifetime)
		w.awaitStep(signin.StepSignedOut)
		if p := w.problem(r.want); p.Params["provider"] != names[r.provider] {
			t.Errorf("%s: %s", r.provider, show(p))
		}
		if len(w.window.raised) != 0 {
			t.Errorf("%s: the window jumped to the front although nobody was there", r.provider)
		}
	}
}

func TestCR08_AProviderThatIsOffOrSilentEndsInWordsAndLeavesTheSessionAlone(t *testing.T) {
	w := newWorld(t, config{chooser: true})
	w.arrive(app.Pair{})
	chooser := w.visit(w.begin("github"))
	_, err := chooser.Click(ctx, "윤슬기")
	w.must(err)
	if a := w.SignUp(ctx, "윤슬기"); a.Code != app.CodeAvailable {
		t.Fatal(show(a))
	}
	_, pair := w.claim()

	// Silent: ten seconds on the clock, no more.
	w.clock.advance(time.Hour) // the sign-in is no fresh confirmation any more
	in, pair, err := w.Refresh(ctx, pair.Refresh)
	w.must(err)
	w.must(w.Link(ctx, in, "naver"))
	chooser = w.visit(w.opened())
	w.server.Fault(providertest.GitHubToken, providertest.Hang())
	clicked := make(chan struct{})
	go func() {
		defer close(clicked)
		_, _ = chooser.Click(ctx, "윤슬기")
	}()
	w.await("checking", func(s signin.State) bool { return s.Waiting != nil && s.Waiting.Phase == attempt.PhaseChecking })
	w.clock.awaitTimer(t, provider.ExchangeTimeout)
	w.clock.advance(provider.ExchangeTimeout)
	s := w.awaitStep(signin.StepSignedIn)
	if s.Problem == nil || s.Problem.Code != app.CodeTimeout || s.Problem.Params["provider"] != "GitHub" {
		t.Errorf("silence: %s", show(s.Problem))
	}
	<-clicked

	// Off: refused at once.
	w.server.Heal()
	w.must(w.Link(ctx, in, "naver"))
	hop := w.opened()
	w.server.Stop()
	if _, err := w.browser.Visit(ctx, hop); err == nil {
		t.Error("a stopped provider showed a page")
	}
	w.step(signin.StepWaiting)
	w.Cancel()
	if got := w.who(pair); got.Session.ID != in.Session.ID {
		t.Error("the session did not survive")
	}
}
