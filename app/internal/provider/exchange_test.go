package provider_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCR01_ARefusedCodeIsSentExactlyOnce(t *testing.T) {
	for id, route := range map[string]string{"github": githubToken, "naver": naverToken} {
		for _, status := range []int{400, 401, 200, 500} {
			refusal := map[string]http.HandlerFunc{route: answers(status, `{"error":"invalid_grant"}`)}
			s := map[string]func(*testing.T, map[string]http.HandlerFunc) *server{"github": githubServer, "naver": naverServer}[id](t, refusal)
			_, err := exchange(t, id, s, provider.Client{})
			wantCode(t, err, app.CodeCodeExpired)
			if got := s.all(); len(got) != 1 || got[0] != route {
				t.Errorf("%s, %d: asked %v", id, status, got)
			}
		}
	}
}

func TestCR02_CR03_CR07_TokenAnswers(t *testing.T) {
	for _, c := range []struct {
		id, body string
		want     app.Code
	}{
		// The error in a 200 (docs/providers.md#githubs-tokens, docs/providers.md#navers-errors).
		{"github", `{"error":"bad_verification_code","error_description":"The code passed is incorrect or expired."}`, app.CodeCodeExpired},
		{"github", `{"error":"incorrect_client_credentials"}`, app.CodeProviderMisconfigured},
		{"github", `{"error":"redirect_uri_mismatch"}`, app.CodeProviderMisconfigured},
		{"github", `{"error":"unverified_user_email"}`, app.CodePrimaryEmailUnverified},
		{"github", `{"error":"application_suspended"}`, app.CodeProviderUnavailable},
		{"github", `{"error":"rate_limit_exceeded"}`, app.CodeRateLimited},
		{"github", `{"error":"never heard of it"}`, app.CodeProviderBadAnswer},
		{"github", `{"error":"bad_verification_code","access_token":"x","token_type":"bearer"}`, app.CodeCodeExpired},
		{"naver", `{"error":"invalid_request","error_description":"no valid data in session"}`, app.CodeCodeExpired},
		{"naver", `{"error":"invalid_request","error_description":"wrong client id / client secret pair"}`, app.CodeProviderMisconfigured},
		{"naver", `{"error":"invalid_client"}`, app.CodeProviderMisconfigured},
		{"naver", `{"error":"unauthorized_client"}`, app.CodeProviderMisconfigured},
		{"naver", `{"error":"server_error"}`, app.CodeProviderError},
		{"github", `{"error":"invalid_request","error_description":"client_secret is missing."}`, app.CodeProviderMisconfigured},
		// A code that was used, where the answer says so.
		{"github", `{"error":"bad_verification_code","error_description":"The code was already used."}`, app.CodeCodeUsed},
		{"github", `{"error":"invalid_grant","error_description":"The authorization code has already been used."}`, app.CodeCodeUsed},
		{"github", `{"error":"invalid_grant","error_description":"AADSTS54005: OAuth2 Authorization code was already redeemed, please retry."}`, app.CodeCodeUsed},
		{"github", `{"error":"invalid_grant","error_description":"The grant is invalid, expired, revoked or does not match the redirection URI used in the authorization request."}`, app.CodeCodeExpired},
		{"naver", `{"error":"invalid_request","error_description":"code already used"}`, app.CodeCodeUsed},
		{"naver", `{"error":"invalid_grant"}`, app.CodeCodeExpired},
		// CR-03: no token.
		{"github", `{}`, app.CodeProviderBadAnswer},
		{"github", `[]`, app.CodeProviderBadAnswer},
		{"github", `null`, app.CodeProviderBadAnswer},
		{"github", ``, app.CodeProviderBadAnswer},
		{"github", `{"access_token":"","token_type":"bearer"}`, app.CodeProviderBadAnswer},
		{"github", `{"access_token":null,"token_type":"bearer"}`, app.CodeProviderBadAnswer},
		{"github", `{"access_token":12345678,"token_type":"bearer"}`, app.CodeProviderBadAnswer},
		{"github", `{"access_token":["x"],"token_type":"bearer"}`, app.CodeProviderBadAnswer},
		{"github", `{"access_token":"a\r\nX-Evil: 1","token_type":"bearer"}`, app.CodeProviderBadAnswer},
		{"github", `{"access_token":"a","access_token":"b","token_type":"bearer"}`, app.CodeProviderBadAnswer},
		{"github", `{"ACCESS_TOKEN":"b","token_type":"bearer"}`, app.CodeProviderBadAnswer},
		// CR-07: no bearer token.
		{"github", `{"access_token":"a","token_type":"mac"}`, app.CodeProviderBadAnswer},
		{"github", `{"access_token":"a"}`, app.CodeProviderBadAnswer},
		// Accepted: Naver's expires_in in quotes, GitHub's expiring tokens, any case of the type, no scope.
		{"naver", naverTokenOK, ""},
		{"github", `{"access_token":"a","token_type":"Bearer","expires_in":28800,"refresh_token":"ghr_x","refresh_token_expires_in":15897600}`, ""},
		{"github", `{"access_token":"a","token_type":"bearer","scope":""}`, ""},
		// A name in another case is another name.
		{"github", `{"access_token":"a","ACCESS_TOKEN":"b","token_type":"bearer","Token_Type":"mac","Error":"x"}`, ""},
	} {
		t.Run(c.id+c.body, func(t *testing.T) {
			var s *server
			if c.id == "github" {
				s = githubServer(t, map[string]http.HandlerFunc{githubToken: answers(200, c.body)})
			} else {
				s = naverServer(t, map[string]http.HandlerFunc{naverToken: answers(200, c.body)})
			}
			got, err := exchange(t, c.id, s, provider.Client{})
			wantCode(t, err, c.want)
			if c.want == "" {
				return
			}
			if got.Profile != (app.Profile{}) || got.Revoke != nil {
				t.Errorf("a failure confirms somebody: %+v", got)
			}
			if asked := s.all(); len(asked) != 1 {
				t.Errorf("asked on: %v", asked)
			}
			if name := app.ParamsOf(err)["provider"]; name == "" {
				t.Error("the provider is not named")
			}
		})
	}
}

func TestJSONCountsWhateverItIsCalled(t *testing.T) {
	for _, contentType := range []string{
		"application/json;charset=utf-8", "Application/JSON; charset=UTF-8", "application/vnd.github+json; charset=utf-8", "application/problem+json",
		"text/json", "text/javascript;charset=UTF-8", "application/javascript", "text/plain; charset=utf-8", "application/octet-stream", "",
	} {
		named := func(body string) http.HandlerFunc { return answers(200, body, "Content-Type", contentType) }
		s := githubServer(t, map[string]http.HandlerFunc{githubToken: named(githubTokenOK), githubUser: named(githubUserOK), githubEmails: named(githubEmailsOK)})
		c, err := exchange(t, "github", s, provider.Client{})
		wantCode(t, err, "")
		if c.Profile.Email != "octocat@example.com" {
			t.Errorf("%s: %+v", contentType, c.Profile)
		}
		n := naverServer(t, map[string]http.HandlerFunc{naverToken: named(naverTokenOK), naverMe: named(naverMeOK)})
		_, err = exchange(t, "naver", n, provider.Client{})
		wantCode(t, err, "")
		for _, status := range []int{200, 400} {
			s := githubServer(t, map[string]http.HandlerFunc{githubToken: answers(status, `{"error":"bad_verification_code"}`, "Content-Type", contentType)})
			_, err = exchange(t, "github", s, provider.Client{})
			wantCode(t, err, app.CodeCodeExpired)
		}
	}
}

func TestCR04_ALostAnswerIsNotAskedForAgain(t *testing.T) {
	s := githubServer(t, map[string]http.HandlerFunc{githubToken: func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.(*net.TCPConn).SetLinger(0)
			conn.Close()
		}
	}})
	_, err := exchange(t, "github", s, provider.Client{})
	wantCode(t, err, app.CodeProviderError)
	if got := s.all(); len(got) != 1 {
		t.Errorf("asked %v", got)
	}
}

func TestCR05_ARedirectIsNotFollowed(t *testing.T) {
	evil := serve(t, nil)
	for _, status := range []int{301, 302, 303, 307, 308} {
		for route, serve := range map[string]func(*testing.T, map[string]http.HandlerFunc) *server{githubToken: githubServer, githubUser: githubServer, naverToken: naverServer, naverMe: naverServer} {
			id := "github"
			if strings.Contains(route, "oauth2") || strings.Contains(route, "nid") {
				id = "naver"
			}
			s := serve(t, map[string]http.HandlerFunc{route: func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, evil.URL+"/steal", status)
			}})
			_, err := exchange(t, id, s, provider.Client{})
			wantCode(t, err, app.CodeCaptivePortal)
		}
	}
	if got := evil.all(); len(got) != 0 {
		t.Errorf("the other listener was asked %v", got)
	}
}

func roots(s *httptest.Server) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return pool
}

func TestCR06_ACertificateThatCannotBeVerifiedIsRefused(t *testing.T) {
	s := newServer(map[string]http.HandlerFunc{
		githubToken: answers(200, githubTokenOK), githubUser: answers(200, githubUserOK), githubEmails: answers(200, githubEmailsOK),
	})
	s.Config.ErrorLog = quiet
	s.StartTLS()
	defer s.Close()
	long := newClock()
	long.now = s.Certificate().NotBefore.Add(-time.Hour)
	late := newClock()
	late.now = s.Certificate().NotAfter.Add(time.Hour)

	for name, c := range map[string]struct {
		base   string
		client provider.Client
		want   app.Code
	}{
		"self-signed": {s.URL, provider.Client{}, app.CodeTLSUntrusted},
		// The certificate is for 127.0.0.1 and example.com.
		"another host":    {strings.Replace(s.URL, "127.0.0.1", "localhost", 1), provider.Client{Roots: roots(s.Server)}, app.CodeTLSUntrusted},
		"expired":         {s.URL, provider.Client{Roots: roots(s.Server), Clock: late}, app.CodeClockWrong},
		"not yet valid":   {s.URL, provider.Client{Roots: roots(s.Server), Clock: long}, app.CodeClockWrong},
		"no TLS at all":   {"https://" + serve(t, nil).Listener.Addr().String(), provider.Client{}, app.CodeCaptivePortal},
		"one to be liked": {s.URL, provider.Client{Roots: roots(s.Server)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(s.all())
			g := github(t, c.base, c.client)
			got, err := g.Exchange(context.Background(), request("github"), response)
			wantCode(t, err, c.want)
			if c.want != "" && len(s.all()) != before {
				t.Errorf("the code was sent: %v", s.all())
			}
			if c.want == "" && time.Since(got.ServerTime).Abs() > time.Minute {
				t.Errorf("server time %s", got.ServerTime)
			}
		})
	}
}

func TestCR06_NothingInTheTreeTurnsVerificationOff(t *testing.T) {
	forbidden, files := "Insecure"+"SkipVerify", 0
	err := filepath.WalkDir("../../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == "node_modules" {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		files++
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), forbidden) {
			t.Errorf("%s has %s", path, forbidden)
		}
		return err
	})
	if err != nil || files < 100 {
		t.Fatal(files, err)
	}
}

func TestTM05_ServerTimeNeedsTLSAndLiesWithinTheCertificate(t *testing.T) {
	s := githubServer(t, nil)
	got, err := exchange(t, "github", s, provider.Client{})
	wantCode(t, err, "")
	if !got.ServerTime.IsZero() {
		t.Errorf("a time without TLS: %s", got.ServerTime)
	}
	ts := newServer(map[string]http.HandlerFunc{
		githubToken:  answers(200, githubTokenOK, "Date", "Wed, 31 Dec 1969 23:00:00 GMT"),
		githubUser:   answers(200, githubUserOK, "Date", "Wed, 31 Dec 1969 23:00:00 GMT"),
		githubEmails: answers(200, githubEmailsOK, "Date", "Fri, 31 Dec 9999 23:59:59 GMT"),
	})
	ts.StartTLS()
	defer ts.Close()
	got, err = exchange(t, "github", ts, provider.Client{Roots: roots(ts.Server)})
	wantCode(t, err, "")
	if !got.ServerTime.IsZero() {
		t.Errorf("a time outside the certificate's: %s", got.ServerTime)
	}
}

func TestCR08_AConnectionRefusedIsAProviderProblem(t *testing.T) {
	// Nobody listens there.
	_, err := github(t, "http://127.0.0.1:1", provider.Client{}).Exchange(context.Background(), request("github"), response)
	wantCode(t, err, app.CodeProviderError)
}

// stalled answers nothing until the test ends.
func stalled(t *testing.T) (h http.HandlerFunc, arrived chan struct{}) {
	arrived = make(chan struct{}, 10)
	return func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	}, arrived
}

// wait returns once the request has arrived; an exchange that ends before is a failure.
func wait(t *testing.T, arrived <-chan struct{}, done <-chan error) {
	t.Helper()
	select {
	case <-arrived:
	case err := <-done:
		t.Fatalf("ended before it asked: %v", err)
	}
}

func TestCR08_AStallEndsAfterTenSeconds(t *testing.T) {
	// Without an e-mail address a sign-in goes on.
	for route, want := range map[string]app.Code{githubToken: app.CodeTimeout, githubUser: app.CodeTimeout, githubEmails: ""} {
		h, arrived := stalled(t)
		s := githubServer(t, map[string]http.HandlerFunc{route: h})
		c := newClock()
		done := make(chan error, 1)
		go func() {
			_, err := exchange(t, "github", s, provider.Client{Clock: c})
			done <- err
		}()
		wait(t, arrived, done)
		c.advance(provider.ExchangeTimeout - time.Millisecond)
		select {
		case err := <-done:
			t.Fatalf("%s: ended too early: %v", route, err)
		default:
		}
		c.advance(time.Millisecond)
		wantCode(t, <-done, want)
	}
}

// The code is spent with the first of them, so three slow answers must not add up.
func TestCR08_SlowAnswersInARowAreEachInTime(t *testing.T) {
	c := newClock()
	slow := func(h http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			c.advance(provider.ExchangeTimeout - time.Millisecond)
			h(w, r)
		}
	}
	s := githubServer(t, map[string]http.HandlerFunc{
		githubToken: slow(answers(200, githubTokenOK)), githubUser: slow(answers(200, githubUserOK)), githubEmails: slow(answers(200, githubEmailsOK)),
	})
	got, err := exchange(t, "github", s, provider.Client{Clock: c})
	wantCode(t, err, "")
	if got.Profile.Email != "octocat@example.com" {
		t.Errorf("%+v", got.Profile)
	}
}

func TestPJ07_AnAnswerThatDripsEndsAfterTenSeconds(t *testing.T) {
	arrived := make(chan struct{}, 1)
	s := githubServer(t, map[string]http.HandlerFunc{githubUser: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{`))
		w.(http.Flusher).Flush()
		arrived <- struct{}{}
		<-r.Context().Done()
	}})
	c := newClock()
	done := make(chan error, 1)
	go func() {
		_, err := exchange(t, "github", s, provider.Client{Clock: c})
		done <- err
	}()
	wait(t, arrived, done)
	c.advance(provider.ExchangeTimeout)
	wantCode(t, <-done, app.CodeTimeout)
}

func TestACancelIsACancelAndNoFailure(t *testing.T) {
	h, arrived := stalled(t)
	s := githubServer(t, map[string]http.HandlerFunc{githubToken: h})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, err := github(t, s.URL, provider.Client{}).Exchange(ctx, request("github"), response)
		done <- err
	}()
	wait(t, arrived, done)
	cancel()
	err := <-done
	if _, failed := errors.AsType[*app.Error](err); failed || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestNothingIsSentInClearBeyondThisComputer(t *testing.T) {
	for _, address := range []string{"http://192.0.2.1/", "http://provider.example/", "ftp://127.0.0.1/", "http://127.0.0.1.example/"} {
		wantCode(t, provider.Get(context.Background(), address), app.CodeProviderBadAnswer)
	}
}

func TestCR09_NoSecretStaysInTheConfirmationOrInAnError(t *testing.T) {
	s := githubServer(t, nil)
	got, err := exchange(t, "github", s, provider.Client{})
	wantCode(t, err, "")
	if text := fmt.Sprintf("%+v %#v", got, got.Profile); strings.Contains(text, accessToken) {
		t.Errorf("the token is in %s", text)
	}
	leaky := `{"error":"bad_verification_code","error_description":"code ` + theCode + ` verifier ` + theVerifier + ` token ` + accessToken + `"}`
	for route, h := range map[string]http.HandlerFunc{
		githubToken: answers(400, leaky),
		githubUser:  answers(500, leaky),
	} {
		s := githubServer(t, map[string]http.HandlerFunc{route: h})
		_, err := exchange(t, "github", s, provider.Client{})
		for _, secret := range []string{secret, theVerifier, accessToken, theCode} {
			if strings.Contains(fmt.Sprintf("%v %+v", err, app.ParamsOf(err)), secret) {
				t.Errorf("%s: %q is in %v", route, secret, err)
			}
		}
	}
}

func TestST07_ACodeGoesToItsOwnProviderOnly(t *testing.T) {
	g := githubServer(t, nil)
	n := naverServer(t, map[string]http.HandlerFunc{naverToken: answers(200, `{"error":"invalid_request","error_description":"no valid data in session"}`)})
	_, err := exchange(t, "naver", n, provider.Client{})
	wantCode(t, err, app.CodeCodeExpired)
	if len(n.asked(naverToken)) != 1 || len(n.all()) != 1 || len(g.all()) != 0 {
		t.Errorf("asked naver %v, github %v", n.all(), g.all())
	}
}

func TestST08_ST09_AnotherIssuerIsRefusedBeforeTheTokenRequest(t *testing.T) {
	gs, ns := githubServer(t, nil), naverServer(t, nil)
	g, n := github(t, gs.URL, provider.Client{}), naver(t, ns.URL, provider.Client{})
	for _, iss := range []string{"https://evil.example", "https://github.com", "https://nid.naver.com", gs.URL + "/", gs.URL + "/login", "http://127.0.0.1"} {
		_, err := g.Exchange(context.Background(), request("github"), app.AuthorizationResponse{Code: theCode, Issuer: iss})
		wantCode(t, err, app.CodeIssuerMismatch)
		_, err = n.Exchange(context.Background(), request("naver"), app.AuthorizationResponse{Code: theCode, Issuer: iss})
		wantCode(t, err, app.CodeIssuerMismatch)
	}
	if len(gs.all())+len(ns.all()) != 0 {
		t.Errorf("asked %v %v", gs.all(), ns.all())
	}
	// GitHub names itself by its own authorization server's issuer.
	for _, iss := range []string{gs.URL, gs.URL + "/login/oauth"} {
		_, err := g.Exchange(context.Background(), request("github"), app.AuthorizationResponse{Code: theCode, Issuer: iss})
		wantCode(t, err, "")
	}
	_, err := n.Exchange(context.Background(), request("naver"), app.AuthorizationResponse{Code: theCode, Issuer: ns.URL})
	wantCode(t, err, "")
}

func TestAnExchangeWithoutACodeAsksNobody(t *testing.T) {
	s := githubServer(t, nil)
	for _, code := range []string{"", "a b", "a\x00", strings.Repeat("x", 5000)} {
		_, err := github(t, s.URL, provider.Client{}).Exchange(context.Background(), request("github"), app.AuthorizationResponse{Code: code})
		wantCode(t, err, app.CodeBadCallback)
	}
	if len(s.all()) != 0 {
		t.Errorf("asked %v", s.all())
	}
}

func TestCF07_LoopbackIsNeverProxiedAndAProxyDoesNotEndTLS(t *testing.T) {
	// A proxy that answers for everybody with its own certificate.
	impostor := newServer(map[string]http.HandlerFunc{githubToken: answers(200, githubTokenOK)})
	impostor.Config.ErrorLog = quiet
	impostor.StartTLS()
	defer impostor.Close()
	var connects []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connects = append(connects, r.Method+" "+r.Host)
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		up, err := net.Dial("tcp", impostor.Listener.Addr().String())
		if err != nil {
			return
		}
		defer up.Close()
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { bufio.NewReader(up).WriteTo(conn); conn.Close() }()
		bufio.NewReader(conn).WriteTo(up)
	}))
	defer proxy.Close()
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	t.Setenv("NO_PROXY", "")
	t.Setenv("no_proxy", "")

	s := githubServer(t, nil)
	_, err := exchange(t, "github", s, provider.Client{})
	wantCode(t, err, "")
	if len(connects) != 0 {
		t.Fatalf("loopback went through the proxy: %v", connects)
	}
	_, err = github(t, "", provider.Client{}).Exchange(context.Background(), request("github"), response)
	wantCode(t, err, app.CodeTLSUntrusted)
	if len(connects) != 1 || connects[0] != "CONNECT github.com:443" {
		t.Errorf("proxy was asked %v", connects)
	}
	if len(impostor.all()) != 0 {
		t.Errorf("the impostor was told %v", impostor.all())
	}
}

func TestCF07_AProxysAnswerIsToldFromTheProviders(t *testing.T) {
	for status, want := range map[int]app.Code{
		407: app.CodeProxyPassword, 302: app.CodeCaptivePortal, 511: app.CodeCaptivePortal, 403: app.CodeCaptivePortal,
		502: app.CodeProviderError, 504: app.CodeProviderError,
	} {
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) }))
		t.Setenv("HTTPS_PROXY", proxy.URL)
		t.Setenv("NO_PROXY", "")
		_, err := github(t, "", provider.Client{}).Exchange(context.Background(), request("github"), response)
		proxy.Close()
		wantCode(t, err, want)
	}
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1") // nobody listens: the provider was never reached
	_, err := github(t, "", provider.Client{}).Exchange(context.Background(), request("github"), response)
	wantCode(t, err, app.CodeOffline)
}

func TestRevokeWithdrawsTheGrantWithTheConfirmationsToken(t *testing.T) {
	const grant = "DELETE /api/v3/applications/" + clientID + "/grant"
	for status, want := range map[int]app.Code{204: "", 404: "", 422: "", 401: app.CodeProviderMisconfigured, 503: app.CodeProviderServerError} {
		s := githubServer(t, map[string]http.HandlerFunc{grant: func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) }})
		c, err := exchange(t, "github", s, provider.Client{})
		wantCode(t, err, "")
		wantCode(t, c.Revoke(context.Background()), want)
		asked := s.asked(grant)
		if len(asked) != 1 || asked[0].body != `{"access_token":"`+accessToken+`"}` {
			t.Fatalf("asked %+v", asked)
		}
		r := http.Request{Header: asked[0].header}
		if user, pass, ok := r.BasicAuth(); !ok || user != clientID || pass != secret {
			t.Error("not authenticated by client ID and secret")
		}
	}
	const revoke = "POST /oauth2.0/revoke"
	for status, want := range map[int]app.Code{200: "", 401: app.CodeProviderMisconfigured, 503: app.CodeProviderServerError} {
		s := naverServer(t, map[string]http.HandlerFunc{revoke: func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) }})
		c, err := exchange(t, "naver", s, provider.Client{})
		wantCode(t, err, "")
		wantCode(t, c.Revoke(context.Background()), want)
		if form := s.asked(revoke)[0].form; form.Get("token") != accessToken || form.Get("client_id") != clientID || form.Get("client_secret") != secret {
			t.Errorf("form %v", form)
		}
	}
}
