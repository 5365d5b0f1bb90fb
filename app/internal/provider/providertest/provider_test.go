package providertest_test

import (
	"context"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
)

// signer is what the app's own providers have in common.
type signer interface {
	Describe() app.Provider
	AuthorizationURL(context.Context, app.AuthorizationRequest) (string, error)
	Exchange(context.Context, app.AuthorizationRequest, app.AuthorizationResponse) (app.Confirmation, error)
}

// providers are the app's providers, set to s as the settings would set them.
func providers(t *testing.T, s *providertest.Server) map[string]signer {
	t.Helper()
	g, err := provider.NewGitHub(provider.GitHubConfig{
		ClientID: practice.GitHubClientID, ClientSecret: practice.GitHubClientSecret,
		BaseURL: s.GitHubURL(), APIURL: s.GitHubAPIURL(),
	})
	if err != nil {
		t.Fatal(err)
	}
	enterprise, err := provider.NewGitHub(provider.GitHubConfig{
		ClientID: practice.GitHubClientID, ClientSecret: practice.GitHubClientSecret, BaseURL: s.GitHubURL(),
	})
	if err != nil {
		t.Fatal(err)
	}
	n, err := provider.NewNaver(provider.NaverConfig{
		AsksEmail: true,
		ClientID:  practice.NaverClientID, ClientSecret: practice.NaverClientSecret,
		BaseURL: s.NaverURL(), APIURL: s.NaverAPIURL(),
	})
	if err != nil {
		t.Fatal(err)
	}
	o, err := provider.NewOIDC(provider.OIDCConfig{
		Issuer: s.OIDCIssuer(), ClientID: providertest.OIDCClientID, ClientSecret: providertest.OIDCClientSecret,
	})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]signer{"github": g, "enterprise": enterprise, "naver": n, "oidc": o}
}

// request is the app's request; nothing listens at its redirect URI.
func request(id string, p app.Prompt) app.AuthorizationRequest {
	if id == "enterprise" {
		id = "github"
	}
	return app.AuthorizationRequest{
		RedirectURI:  "http://127.0.0.1:48113/oauth/" + id + "/callback/",
		State:        strings.Repeat("s", 43),
		CodeVerifier: verifier,
		Nonce:        "the-nonce",
		Prompt:       p,
	}
}

func TestTheAppsOwnProvidersSignPeopleIn(t *testing.T) {
	s := start(t, providertest.Options{})
	everybody := practice.People()
	subjects := map[string]func(practice.Person) string{
		"naver": practice.Person.NaverID,
		"oidc":  practice.Person.Subject,
	}
	for id, p := range providers(t, s) {
		for _, who := range everybody {
			s.NextPerson(who)
			req := request(id, app.PromptNone)
			c, err := p.Exchange(t.Context(), req, authorize(t, p, req))
			if err != nil {
				t.Fatalf("%s, %s: %v", id, who.Name, err)
			}
			if subject := subjects[id]; subject != nil && c.Profile.Key.Subject != subject(who) {
				t.Errorf("%s, %s: subject %q", id, who.Name, c.Profile.Key.Subject)
			}
			if c.Profile.Name != who.Name {
				t.Errorf("%s: %q for %q", id, c.Profile.Name, who.Name)
			}
			if err := c.Revoke(t.Context()); err != nil {
				t.Errorf("%s, %s: revoke: %v", id, who.Name, err)
			}
		}
	}
}

// authorize walks the authorization endpoint and returns what the redirect URI got.
func authorize(t *testing.T, p signer, req app.AuthorizationRequest) app.AuthorizationResponse {
	t.Helper()
	address, err := p.AuthorizationURL(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	q := callback(t, address)
	if q.Get("state") != req.State {
		t.Fatalf("callback %v", q)
	}
	return app.AuthorizationResponse{Code: q.Get("code"), Issuer: q.Get("iss")}
}
