package providertest_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
)

// signIn walks a whole sign-in with the app's own provider and returns its outcome.
func signIn(t *testing.T, id string, p signer) (app.Profile, error) {
	t.Helper()
	req := request(id, app.PromptNone)
	address, err := p.AuthorizationURL(t.Context(), req)
	if err != nil {
		return app.Profile{}, err
	}
	q := callback(t, address)
	if q == nil {
		return app.Profile{}, errSilence
	}
	if q.Get("state") != req.State {
		return app.Profile{}, errState
	}
	if q.Has("error") {
		return app.Profile{}, provider.Refusal(p.Describe(), q.Get("error"))
	}
	c, err := p.Exchange(t.Context(), req, app.AuthorizationResponse{Code: q.Get("code"), Issuer: q.Get("iss")})
	return c.Profile, err
}

var (
	errSilence = errors.New("a page, and nothing comes back")
	errState   = errors.New("another state")
)

// Every row of docs/providers.md#what-can-go-wrong that an answer can make, and what the app says to it.
func TestEveryRowOfTheErrorCatalogueCanBeMade(t *testing.T) {
	rows := []struct {
		what, provider string
		at             providertest.Endpoint
		fault          providertest.Fault
		want           app.Code
	}{
		{"denied", "github", providertest.GitHubAuthorize, providertest.Refuse("access_denied", "no"), app.CodeProviderDenied},
		{"denied", "naver", providertest.NaverAuthorize, providertest.Refuse("access_denied", "no"), app.CodeProviderDenied},
		{"denied", "oidc", providertest.OIDCAuthorize, providertest.Refuse("access_denied", "no"), app.CodeProviderDenied},
		{"redirect mismatch", "github", providertest.GitHubAuthorize, providertest.Refuse("redirect_uri_mismatch", ""), app.CodeProviderMisconfigured},
		{"suspended", "github", providertest.GitHubAuthorize, providertest.Refuse("application_suspended", ""), app.CodeProviderUnavailable},
		{"provider fault", "naver", providertest.NaverAuthorize, providertest.Refuse("server_error", ""), app.CodeProviderError},
		{"provider fault", "naver", providertest.NaverAuthorize, providertest.Refuse("temporarily_unavailable", ""), app.CodeProviderError},

		{"code expired", "github", providertest.GitHubToken, providertest.OAuthError(200, "bad_verification_code", ""), app.CodeCodeExpired},
		{"code expired", "naver", providertest.NaverToken, providertest.OAuthError(200, "invalid_request", "no valid data in session"), app.CodeCodeExpired},
		{"code used", "github", providertest.GitHubToken, providertest.Replay(), app.CodeCodeExpired}, // their answers are the same
		{"code used", "naver", providertest.NaverToken, providertest.Replay(), app.CodeCodeExpired},
		{"code used", "oidc", providertest.OIDCToken, providertest.Replay(), app.CodeCodeUsed},
		{"wrong secret", "github", providertest.GitHubToken, providertest.OAuthError(200, "incorrect_client_credentials", ""), app.CodeProviderMisconfigured},
		{"wrong secret", "naver", providertest.NaverToken, providertest.OAuthError(200, "invalid_request", "wrong client id / client secret pair"), app.CodeProviderMisconfigured},
		{"wrong secret", "naver", providertest.NaverToken, providertest.OAuthError(401, "unauthorized_client", ""), app.CodeProviderMisconfigured},
		{"mail unverified", "github", providertest.GitHubToken, providertest.OAuthError(200, "unverified_user_email", ""), app.CodePrimaryEmailUnverified},
		{"rate limited", "github", providertest.GitHubToken, providertest.RateLimited(429, time.Minute), app.CodeRateLimited},
		{"rate limited", "naver", providertest.NaverToken, providertest.RateLimited(429, time.Minute), app.CodeRateLimited},
		{"no token", "github", providertest.GitHubToken, providertest.Member("access_token", "null"), app.CodeProviderBadAnswer},
		{"token type", "github", providertest.GitHubToken, providertest.Member("token_type", `"mac"`), app.CodeProviderBadAnswer},

		{"no id", "github", providertest.GitHubUser, providertest.Member("id", ""), app.CodeProviderBadAnswer},
		{"id null", "github", providertest.GitHubUser, providertest.Member("id", "null"), app.CodeProviderBadAnswer},
		{"id text", "github", providertest.GitHubUser, providertest.Member("id", `"1"`), app.CodeProviderBadAnswer},
		{"id fraction", "github", providertest.GitHubUser, providertest.Member("id", "1.5"), app.CodeProviderBadAnswer},
		{"id twice", "github", providertest.GitHubUser, providertest.JSON(`{"id":1,"id":2}`), app.CodeProviderBadAnswer},
		{"nonsense", "github", providertest.GitHubUser, providertest.JSON(`{"id":1`), app.CodeProviderBadAnswer},
		{"no id", "naver", providertest.NaverProfile, providertest.Member("response.id", ""), app.CodeProviderUnconfirmed},
		{"no response", "naver", providertest.NaverProfile, providertest.Member("response", "null"), app.CodeProviderUnconfirmed},
		{"resultcode", "naver", providertest.NaverProfile, providertest.NaverError(200, "024", ""), app.CodeProviderUnconfirmed},
		{"revoked", "naver", providertest.NaverProfile, providertest.NaverError(401, "024", ""), app.CodeTokenRevoked},
		{"revoked", "naver", providertest.NaverProfile, providertest.NaverGatewayError(401, "024", ""), app.CodeTokenRevoked},
		{"revoked", "github", providertest.GitHubUser, providertest.GitHubError(401, "Bad credentials"), app.CodeTokenRevoked},
		{"not permitted", "github", providertest.GitHubUser, providertest.GitHubError(403, "Forbidden"), app.CodePermissionMissing},
		{"not permitted", "naver", providertest.NaverProfile, providertest.NaverError(403, "40801", ""), app.CodePermissionMissing},
		{"rate limited", "github", providertest.GitHubUser, providertest.RateLimited(403, time.Minute), app.CodeRateLimitedUntil},
		{"rate limited", "github", providertest.GitHubUser, providertest.RateLimitedUntil(403, time.Now().Add(time.Hour)), app.CodeRateLimitedUntil},
		{"quota", "naver", providertest.NaverProfile, providertest.RateLimited(429, time.Minute), app.CodeRateLimitedUntil},
		{"5xx", "github", providertest.GitHubUser, providertest.Status(503), app.CodeProviderServerError},
		{"5xx", "naver", providertest.NaverToken, providertest.Status(500), app.CodeProviderServerError},

		{"captive page", "github", providertest.GitHubToken, providertest.CaptivePage(), app.CodeCaptivePortal},
		{"captive page", "naver", providertest.NaverProfile, providertest.CaptivePage(), app.CodeCaptivePortal},
		{"captive redirect", "github", providertest.GitHubToken, providertest.CaptiveRedirect("http://127.0.0.1:1/"), app.CodeCaptivePortal},
		{"captive page", "oidc", providertest.OIDCDiscovery, providertest.CaptivePage(), app.CodeCaptivePortal},
		{"broken answer", "github", providertest.GitHubToken, providertest.Break(), app.CodeProviderError},
		{"lost answer", "naver", providertest.NaverToken, providertest.LoseAnswer(), app.CodeProviderError},
		{"10 MB", "github", providertest.GitHubUser, providertest.Large(10 << 20), app.CodeProviderBadAnswer},
		{"gzip bomb", "naver", providertest.NaverProfile, providertest.GzipBomb(1 << 30), app.CodeProviderBadAnswer},
		{"keys gone", "oidc", providertest.OIDCKeys, providertest.Status(502), app.CodeProviderServerError},
		{"another sub", "oidc", providertest.OIDCUserInfo, providertest.Member("sub", `"somebody"`), app.CodeProviderBadAnswer},
	}
	s := start(t, providertest.Options{})
	for _, r := range rows {
		p := providers(t, s)[r.provider] // new, because discovery is remembered
		s.Fault(r.at, r.fault)
		before := s.Count(r.at)
		if _, err := signIn(t, r.provider, p); app.CodeOf(err) != r.want {
			t.Errorf("%s at %s: %v, want %s", r.what, r.at, err, r.want)
		}
		if n := s.Count(r.at) - before; n != 1 {
			t.Errorf("%s at %s: asked %d times", r.what, r.at, n)
		}
		s.Heal()
		if _, err := signIn(t, r.provider, p); err != nil {
			t.Errorf("%s: healed, and still %v", r.what, err)
		}
	}
}

func TestSomeRowsAreMadeOfSilenceOrAnotherState(t *testing.T) {
	s := start(t, providertest.Options{})
	p := providers(t, s)["naver"]
	s.Fault(providertest.NaverAuthorize, providertest.RefusalPage())
	if _, err := signIn(t, "naver", p); !errors.Is(err, errSilence) {
		t.Errorf("not approved: %v", err)
	}
	s.Fault(providertest.NaverAuthorize, providertest.WrongState())
	if _, err := signIn(t, "naver", p); !errors.Is(err, errState) {
		t.Errorf("wrong state: %v", err)
	}
	s.Fault(providertest.NaverAuthorize, providertest.Times(1, providertest.RefusalPage()))
	if _, err := signIn(t, "naver", p); !errors.Is(err, errSilence) {
		t.Errorf("the first of one time: %v", err)
	}
	if _, err := signIn(t, "naver", p); err != nil {
		t.Errorf("after one time: %v", err)
	}
}

func TestAnAddressMayBeMissingUnverifiedOrForbidden(t *testing.T) {
	s := start(t, providertest.Options{})
	ps := providers(t, s)
	people := practice.People()
	for _, c := range []struct {
		provider, what string
		who            practice.Person
		fault          providertest.Fault
		email          string
		notice         app.Code
	}{
		{"github", "verified", people[0], nil, "seulgi@example.com", ""},
		{"github", "none", people[2], nil, "", app.CodeEmailMissing},
		{"github", "unverified primary", people[3], nil, "", app.CodeEmailMissing},
		{"github", "401", people[0], providertest.GitHubError(401, "Bad credentials"), "", app.CodeEmailMissing},
		{"github", "403", people[0], providertest.GitHubError(403, "Forbidden"), "", app.CodeEmailMissing},
		{"github", "404", people[0], providertest.GitHubError(404, "Not Found"), "", app.CodeEmailMissing},
		{"naver", "refused", people[1], nil, "", app.CodeEmailRefused},
		{"naver", "shared", people[0], nil, "seulgi@example.com", ""},
		{"oidc", "none", people[2], nil, "", app.CodeEmailMissing},
	} {
		s.NextPerson(c.who)
		s.Fault(providertest.GitHubEmails, c.fault)
		p, err := signIn(t, c.provider, ps[c.provider])
		if err != nil || p.Email != c.email || p.Notice != c.notice {
			t.Errorf("%s, %s: %q, %q, %v", c.provider, c.what, p.Email, p.Notice, err)
		}
	}
}

func TestARevokedGrantIsABadToken(t *testing.T) {
	s := start(t, providertest.Options{})
	s.Fault(providertest.GitHubUser, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		s.Revoke(practice.People()[0])
		next.ServeHTTP(w, r)
	})
	if _, err := signIn(t, "github", providers(t, s)["github"]); app.CodeOf(err) != app.CodeTokenRevoked {
		t.Error(err)
	}
}

func TestWhatHangsOrDripsEndsWithTheClientOrTheServer(t *testing.T) {
	for name, f := range map[string]providertest.Fault{
		"hang": providertest.Hang(), "drip": providertest.Drip(time.Millisecond), "delay": providertest.Delay(time.Hour),
	} {
		s := start(t, providertest.Options{})
		arrived := make(chan struct{}, 2)
		s.Fault(providertest.GitHubUser, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			arrived <- struct{}{}
			f(w, r, next)
		})
		ask := func(ctx context.Context) <-chan error {
			done := make(chan error, 1)
			go func() {
				r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.GitHubAPIURL()+"/user", nil)
				if err != nil {
					done <- err
					return
				}
				resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
				done <- err
			}()
			<-arrived
			return done
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := ask(ctx)
		cancel()
		if err := <-done; err == nil {
			t.Errorf("%s: came to an end by itself", name)
		}
		done = ask(t.Context())
		s.Close() // returns only when the request has ended
		if err := <-done; err == nil {
			t.Errorf("%s: came to an end by itself", name)
		}
	}
}

func TestALostAnswerHasUsedTheCodeUp(t *testing.T) {
	s := start(t, providertest.Options{})
	c := code(t, githubAuthorize(s))
	s.Fault(providertest.GitHubToken, providertest.Times(1, providertest.LoseAnswer()))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.GitHubURL()+"/login/oauth/access_token", strings.NewReader(githubExchange(c).Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r); err == nil {
		resp.Body.Close()
		t.Fatalf("an answer arrived: HTTP %d", resp.StatusCode)
	}
	if _, o := post(t, s.GitHubURL()+"/login/oauth/access_token", githubExchange(c)); o["error"] != "bad_verification_code" {
		t.Errorf("%v", o)
	}
}

func TestAStoppedServerRefusesAndComesBackOnTheSamePorts(t *testing.T) {
	s := start(t, providertest.Options{})
	before := []string{s.GitHubURL(), s.GitHubAPIURL(), s.NaverURL(), s.NaverAPIURL(), s.OIDCIssuer()}
	p := providers(t, s)["naver"]
	req := request("naver", app.PromptNone)
	response := authorize(t, p, req)
	s.Stop()
	if _, err := p.Exchange(t.Context(), req, response); app.CodeOf(err) != app.CodeProviderError {
		t.Errorf("stopped: %v", err)
	}
	if err := s.Resume(); err != nil {
		t.Fatal(err)
	}
	after := []string{s.GitHubURL(), s.GitHubAPIURL(), s.NaverURL(), s.NaverAPIURL(), s.OIDCIssuer()}
	for i := range before {
		if before[i] != after[i] {
			t.Errorf("%s became %s", before[i], after[i])
		}
	}
	if _, err := p.Exchange(t.Context(), req, response); err != nil {
		t.Errorf("back again: %v", err)
	}
	s.Close()
	if s.Resume() == nil {
		t.Error("a closed server came back")
	}
}

func TestBadIDTokensAreMadeToOrder(t *testing.T) {
	s := start(t, providertest.Options{})
	claim := func(name string, value any) func(*jwt.Token) {
		return func(t *jwt.Token) { t.Claims.(jwt.MapClaims)[name] = value }
	}
	for what, edit := range map[string]func(*jwt.Token){
		"nonce":       claim("nonce", "another"),
		"audience":    claim("aud", "another"),
		"issuer":      claim("iss", "https://example.com"),
		"at_hash":     claim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"),
		"expired":     claim("exp", time.Now().Add(-time.Hour).Unix()),
		"HS256":       func(t *jwt.Token) { t.Method = jwt.SigningMethodHS256 },
		"none":        func(t *jwt.Token) { t.Method = jwt.SigningMethodNone },
		"unknown key": func(t *jwt.Token) { t.Header["kid"] = "another" },
	} {
		s.EditIDToken(edit)
		if _, err := signIn(t, "oidc", providers(t, s)["oidc"]); app.CodeOf(err) != app.CodeIDTokenInvalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	s.Heal()
	if _, err := signIn(t, "oidc", providers(t, s)["oidc"]); err != nil {
		t.Errorf("healed: %v", err)
	}
}

func TestCertificatesCanBeUntrustedForAnotherHostOrExpired(t *testing.T) {
	now := time.Now()
	hour := time.Hour
	for _, c := range []struct {
		what          string
		before, after time.Time
		names         []string
		trusted       bool
		want          app.Code
	}{
		{"good", now.Add(-hour), now.Add(hour), nil, true, app.CodeOf(nil)},
		{"untrusted", now.Add(-hour), now.Add(hour), nil, false, app.CodeTLSUntrusted},
		{"another host", now.Add(-hour), now.Add(hour), []string{"github.com"}, true, app.CodeTLSUntrusted},
		{"expired", now.Add(-2 * hour), now.Add(-hour), nil, true, app.CodeClockWrong},
		{"not yet valid", now.Add(hour), now.Add(2 * hour), nil, true, app.CodeClockWrong},
	} {
		certificate, roots, err := providertest.NewCertificate(c.before, c.after, c.names...)
		if err != nil {
			t.Fatal(err)
		}
		if !c.trusted {
			roots = x509.NewCertPool()
		}
		s := start(t, providertest.Options{Certificate: certificate})
		g, err := provider.NewGitHub(provider.GitHubConfig{
			ClientID: practice.GitHubClientID, ClientSecret: practice.GitHubClientSecret,
			BaseURL: s.GitHubURL(), Client: provider.Client{Roots: roots},
		})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(s.GitHubURL(), "https://") {
			t.Fatal(s.GitHubURL())
		}
		_, err = g.Exchange(t.Context(), request("github", ""), app.AuthorizationResponse{Code: "guessed"})
		want := c.want
		if c.what == "good" {
			want = app.CodeCodeExpired // TLS let it through, the code is wrong
		}
		if app.CodeOf(err) != want {
			t.Errorf("%s: %v, want %s", c.what, err, want)
		}
	}
}

func TestEveryRequestIsRememberedWhole(t *testing.T) {
	s := start(t, providertest.Options{})
	post(t, s.NaverURL()+"/oauth2/token", naverExchange("guessed"))
	do(t, http.MethodGet, s.NaverURL()+"/oauth2.0/authorize?a=b", "", "X-Mine", "1")
	all := s.Requests()
	if len(all) != 2 {
		t.Fatalf("%d requests", len(all))
	}
	if r := all[0]; r.Endpoint != providertest.NaverToken || r.Method != "POST" || r.URL.Path != "/oauth2/token" ||
		r.Form.Get("code") != "guessed" || r.Form.Get("client_secret") != practice.NaverClientSecret || len(r.Body) == 0 {
		t.Errorf("%+v", r)
	}
	// The classic pair has no PKCE and is not served (docs/providers.md#naver).
	if r := all[1]; r.Endpoint != "" || r.URL.Query().Get("a") != "b" || r.Header.Get("X-Mine") != "1" || "http://"+r.Header.Get("Host") != s.NaverURL() {
		t.Errorf("%+v", r)
	}
}

func TestAMemberIsChangedAndTheRestStays(t *testing.T) {
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Kept", "1")
		w.WriteHeader(http.StatusAccepted)
		io.WriteString(w, `{"a":{"b":1,"c":[2]},"d":"e"}`)
	})
	for _, c := range []struct{ path, raw, want string }{
		{"a.b", `"x"`, `{"a":{"b":"x","c":[2]},"d":"e"}`},
		{"a.b", ``, `{"a":{"c":[2]},"d":"e"}`},
		{"d", `not JSON`, `{"d":not JSON,"a":{"b":1,"c":[2]}}`},
		{"new", `null`, `{"new":null,"a":{"b":1,"c":[2]},"d":"e"}`},
	} {
		w := httptest.NewRecorder()
		providertest.Member(c.path, c.raw)(w, httptest.NewRequest(http.MethodGet, "/", nil), next)
		if w.Body.String() != c.want || w.Code != http.StatusAccepted || w.Header().Get("X-Kept") != "1" {
			t.Errorf("%s=%s: HTTP %d %s", c.path, c.raw, w.Code, w.Body)
		}
	}
}

func TestOnlyLoopbackIsListenedOn(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "example.com:0", "127.0.0.1"} {
		if s, err := providertest.Start(providertest.Options{Addr: addr}); err == nil {
			s.Close()
			t.Errorf("%q was accepted", addr)
		}
	}
}
