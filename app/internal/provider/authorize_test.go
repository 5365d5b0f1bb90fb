package provider_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/url"
	"strings"
	"sync"
	"testing"

	"net/http"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider"
)

func authorizationURL(t *testing.T, p interface {
	AuthorizationURL(context.Context, app.AuthorizationRequest) (string, error)
}, req app.AuthorizationRequest) *url.URL {
	t.Helper()
	raw, err := p.AuthorizationURL(context.Background(), req)
	wantCode(t, err, "")
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(raw, req.CodeVerifier) {
		t.Errorf("the verifier stands in %s", raw)
	}
	return u
}

func TestPK01_PK03_AuthorizationURLCarriesTheS256ChallengeAndNoVerifier(t *testing.T) {
	g := github(t, "", provider.Client{})
	n := naver(t, "https://nid.naver.com", provider.Client{})
	for id, u := range map[string]*url.URL{
		"github": authorizationURL(t, g, request("github")),
		"naver":  authorizationURL(t, n, request("naver")),
	} {
		q := u.Query()
		if q.Get("code_challenge") != theChallenge || q.Get("code_challenge_method") != "S256" {
			t.Errorf("%s: challenge %q by %q", id, q.Get("code_challenge"), q.Get("code_challenge_method"))
		}
		if q.Get("state") != theState || q.Get("redirect_uri") != request(id).RedirectURI || q.Get("client_id") != clientID || q.Get("response_type") != "code" {
			t.Errorf("%s: %v", id, q)
		}
		if strings.Contains(u.String(), secret) || q.Has("client_secret") {
			t.Errorf("%s: the secret stands in %s", id, u)
		}
		for name, values := range q {
			if len(values) != 1 {
				t.Errorf("%s: %s sent %d times", id, name, len(values))
			}
		}
	}
}

func TestAuthorizationEndpointsScopesAndPrompts(t *testing.T) {
	for _, c := range []struct {
		id       string
		prompt   app.Prompt
		endpoint string
		scope    string
		name     string // of the prompt's parameter
		value    string
	}{
		{"github", app.PromptNone, "https://github.com/login/oauth/authorize", "user:email", "prompt", ""},
		{"github", app.PromptSelectAccount, "https://github.com/login/oauth/authorize", "user:email", "prompt", "select_account"},
		{"github", app.PromptConsent, "https://github.com/login/oauth/authorize", "user:email", "prompt", ""},
		{"naver", app.PromptNone, "https://nid.naver.com/oauth2/authorize", "openid", "auth_type", ""},
		{"naver", app.PromptSelectAccount, "https://nid.naver.com/oauth2/authorize", "openid", "auth_type", "reauthenticate"},
		{"naver", app.PromptConsent, "https://nid.naver.com/oauth2/authorize", "openid", "auth_type", "reprompt"},
	} {
		req := request(c.id)
		req.Prompt = c.prompt
		var u *url.URL
		if c.id == "github" {
			u = authorizationURL(t, github(t, "", provider.Client{}), req)
		} else {
			u = authorizationURL(t, naver(t, "https://nid.naver.com", provider.Client{}), req)
		}
		if got := u.Scheme + "://" + u.Host + u.Path; got != c.endpoint {
			t.Errorf("%s: endpoint %s", c.id, got)
		}
		if got := u.Query().Get("scope"); got != c.scope {
			t.Errorf("%s: scope %s", c.id, got)
		}
		if got := u.Query().Get(c.name); got != c.value {
			t.Errorf("%s, prompt %q: %s=%q, want %q", c.id, c.prompt, c.name, got, c.value)
		}
	}
}

func TestPK02_AVerifierAgainstRFC7636IsRefusedBeforeAnythingIsSent(t *testing.T) {
	s := githubServer(t, nil)
	g := github(t, s.URL, provider.Client{})
	for _, bad := range []string{"", "short", strings.Repeat("a", 42), strings.Repeat("a", 129), strings.Repeat("a", 42) + "+", strings.Repeat("a", 42) + "한"} {
		req := request("github")
		req.CodeVerifier = bad
		_, err := g.AuthorizationURL(context.Background(), req)
		wantCode(t, err, app.CodeInternal)
		_, err = g.Exchange(context.Background(), req, response)
		wantCode(t, err, app.CodeInternal)
	}
	for _, good := range []string{strings.Repeat("a", 43), strings.Repeat("~", 128), strings.Repeat("-._9", 16)} {
		req := request("github")
		req.CodeVerifier = good
		if got := authorizationURL(t, g, req).Query().Get("code_challenge"); got != challengeOf(good) {
			t.Errorf("challenge of %s: %s", good, got)
		}
	}
	if got := s.all(); len(got) != 0 {
		t.Errorf("asked %v", got)
	}
}

func TestPK04_ASwappedVerifierEndsAsAnExpiredCode(t *testing.T) {
	pkce := func(refusal string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			r.ParseForm()
			if challengeOf(r.PostForm.Get("code_verifier")) == theChallenge {
				answers(200, githubTokenOK)(w, r)
				return
			}
			answers(200, refusal)(w, r)
		}
	}
	s := serve(t, map[string]http.HandlerFunc{
		githubToken: pkce(`{"error":"bad_verification_code"}`), githubUser: answers(200, githubUserOK), githubEmails: answers(200, githubEmailsOK),
		naverToken: pkce(`{"error":"invalid_grant"}`), naverMe: answers(200, naverMeOK),
	})
	other := strings.Repeat("x", 43)
	for id, p := range map[string]interface {
		Exchange(context.Context, app.AuthorizationRequest, app.AuthorizationResponse) (app.Confirmation, error)
	}{"github": github(t, s.URL, provider.Client{}), "naver": naver(t, s.URL, provider.Client{})} {
		_, err := p.Exchange(context.Background(), request(id), response)
		wantCode(t, err, "")
		req := request(id)
		req.CodeVerifier = other
		_, err = p.Exchange(context.Background(), req, response)
		wantCode(t, err, app.CodeCodeExpired)
	}
}

func TestPK05_VerifiersOfParallelSignInsAreNeverCrossed(t *testing.T) {
	const n = 16
	verifierOf := map[string]string{}
	for range n {
		b := make([]byte, 32)
		rand.Read(b)
		v := base64.RawURLEncoding.EncodeToString(b)
		verifierOf["code-"+v[:8]] = v
	}
	s := githubServer(t, map[string]http.HandlerFunc{githubToken: func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		if verifierOf[r.PostForm.Get("code")] != r.PostForm.Get("code_verifier") {
			answers(200, `{"error":"bad_verification_code"}`)(w, r)
			return
		}
		answers(200, githubTokenOK)(w, r)
	}})
	g := github(t, s.URL, provider.Client{})
	var wg sync.WaitGroup
	errs := make(chan error, n)
	for code, verifier := range verifierOf {
		wg.Go(func() {
			req := request("github")
			req.CodeVerifier = verifier
			_, err := g.Exchange(context.Background(), req, app.AuthorizationResponse{Code: code})
			errs <- err
		})
	}
	wg.Wait()
	for range n {
		wantCode(t, <-errs, "")
	}
}
