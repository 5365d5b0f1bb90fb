//go:build independent

package provider_test

// The OpenID provider against servers that nobody here wrote. Needs Node, and
// `npm ci --prefix app/internal/provider/testdata/oidc-provider` once:
//
//	go test -tags independent ./app/internal/provider

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/provider/providertest"
)

// independent starts a server that prints its issuer and lives as long as its
// standard input.
func independent(t *testing.T, command *exec.Cmd) (issuer string) {
	t.Helper()
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	command.Stderr = &said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		io.Copy(io.Discard, out)
		command.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("%v: %s", err, said.String())
	}
	return strings.TrimSpace(line)
}

func oidcProvider(t *testing.T) (issuer string) {
	t.Helper()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("node", "server.mjs")
	command.Dir = "testdata/oidc-provider"
	command.Env = append(os.Environ(), "JWKS="+toJSON(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: rsaKey(), KeyID: "r", Algorithm: "RS256", Use: "sig"},
		{Key: ec, KeyID: "e", Algorithm: "ES256", Use: "sig"},
	}}))
	return independent(t, command)
}

// callback is the redirect URI's listener: it keeps what the provider sent.
func callback(t *testing.T) (redirectURI string, sent func() url.Values) {
	t.Helper()
	got := make(chan url.Values, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/oauth/oidc/callback/" {
			got <- r.URL.Query()
		}
	}))
	t.Cleanup(s.Close)
	return s.URL + "/oauth/oidc/callback/", func() url.Values {
		select {
		case q := <-got:
			return q
		default:
			t.Fatal("nothing came to the redirect URI")
			return nil
		}
	}
}

// walk clicks through the provider's own pages.
func walk(t *testing.T, address string, steps ...func(providertest.Page) (providertest.Page, error)) {
	t.Helper()
	page, err := providertest.NewBrowser(nil).Visit(context.Background(), address)
	for _, step := range steps {
		if err != nil {
			break
		}
		page, err = step(page)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, page.Text())
	}
}

func press(name string, fields ...string) func(providertest.Page) (providertest.Page, error) {
	return func(p providertest.Page) (providertest.Page, error) {
		for i := 0; i+1 < len(fields); i += 2 {
			p = p.Fill(fields[i], fields[i+1])
		}
		return p.Click(context.Background(), name)
	}
}

func TestIndependentOpenIDProviderSignsIn(t *testing.T) {
	issuer := oidcProvider(t)
	for _, c := range []struct{ id, secret string }{{"post", "not-a-secret"}, {"public", ""}, {"es256", ""}} {
		t.Run(c.id, func(t *testing.T) {
			p, err := provider.NewOIDC(provider.OIDCConfig{Issuer: issuer, ClientID: c.id, ClientSecret: c.secret})
			if err != nil {
				t.Fatal(err)
			}
			req := request("oidc")
			var sent func() url.Values
			req.RedirectURI, sent = callback(t)
			address, err := p.AuthorizationURL(context.Background(), req)
			wantCode(t, err, "")
			walk(t, address, press("Sign-in", "login", "gildong", "password", "x"), press("Continue"))
			q := sent()
			if q.Get("state") != req.State || q.Get("iss") != issuer {
				t.Fatalf("came back with %v", q)
			}
			resp := app.AuthorizationResponse{Code: q.Get("code"), Issuer: q.Get("iss")}

			// Without the iss that its discovery promises, nothing is redeemed: the
			// code is still good afterwards.
			_, err = p.Exchange(context.Background(), req, app.AuthorizationResponse{Code: resp.Code})
			wantCode(t, err, app.CodeIssuerMismatch)
			got, err := p.Exchange(context.Background(), req, resp)
			wantCode(t, err, "")
			want := app.Profile{
				Key:      app.IdentityKey{Issuer: "http://127.0.0.1#oidc", Subject: "gildong"},
				Provider: "oidc", Login: "gildong", Nickname: "길동", Name: "홍길동", Email: "gildong@example.com", EmailVerified: true,
			}
			if got.Profile != want {
				t.Errorf("%+v", got.Profile)
			}
			wantCode(t, got.Revoke(context.Background()), "")
			_, err = p.Exchange(context.Background(), req, resp) // a code is good once
			wantCode(t, err, app.CodeCodeExpired)
		})
	}
}

func TestPK04_IndependentOpenIDProviderRefusesASwappedVerifierNonceAndSecret(t *testing.T) {
	issuer := oidcProvider(t)
	for name, c := range map[string]struct {
		secret string
		swap   func(*app.AuthorizationRequest)
		want   app.Code
	}{
		"verifier":     {"not-a-secret", func(r *app.AuthorizationRequest) { r.CodeVerifier = strings.Repeat("x", 43) }, app.CodeCodeExpired},
		"redirect URI": {"not-a-secret", func(r *app.AuthorizationRequest) { r.RedirectURI += "x" }, app.CodeCodeExpired},
		"nonce":        {"not-a-secret", func(r *app.AuthorizationRequest) { r.Nonce = "another" }, app.CodeIDTokenInvalid},
		"secret":       {"another", func(*app.AuthorizationRequest) {}, app.CodeProviderMisconfigured},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := provider.NewOIDC(provider.OIDCConfig{Issuer: issuer, ClientID: "post", ClientSecret: c.secret})
			if err != nil {
				t.Fatal(err)
			}
			req := request("oidc")
			var sent func() url.Values
			req.RedirectURI, sent = callback(t)
			address, err := p.AuthorizationURL(context.Background(), req)
			wantCode(t, err, "")
			walk(t, address, press("Sign-in", "login", "gildong", "password", "x"), press("Continue"))
			q := sent()
			c.swap(&req)
			_, err = p.Exchange(context.Background(), req, app.AuthorizationResponse{Code: q.Get("code"), Issuer: q.Get("iss")})
			wantCode(t, err, c.want)
		})
	}
}

func TestCB05_IndependentOpenIDProviderTellsOfACancel(t *testing.T) {
	p, err := provider.NewOIDC(provider.OIDCConfig{Issuer: oidcProvider(t), ClientID: "public"})
	if err != nil {
		t.Fatal(err)
	}
	req := request("oidc")
	var sent func() url.Values
	req.RedirectURI, sent = callback(t)
	address, err := p.AuthorizationURL(context.Background(), req)
	wantCode(t, err, "")
	walk(t, address, press("[ Cancel ]"))
	q := sent()
	if q.Get("state") != req.State {
		t.Errorf("came back with %v", q)
	}
	wantCode(t, provider.Refusal(p.Describe(), q.Get("error")), app.CodeProviderDenied)
}

func TestTimesOfAnIndependentOpenIDProvider(t *testing.T) {
	issuer := oidcProvider(t)
	for off, want := range map[time.Duration]app.Code{
		-2 * time.Hour:    app.CodeClockWrong,
		2 * time.Hour:     app.CodeClockWrong,
		-50 * time.Second: "",
		50 * time.Second:  "",
	} {
		c := newClock()
		c.now = c.now.Add(off)
		p, err := provider.NewOIDC(provider.OIDCConfig{Issuer: issuer, ClientID: "public", Client: provider.Client{Clock: c}})
		if err != nil {
			t.Fatal(err)
		}
		req := request("oidc")
		var sent func() url.Values
		req.RedirectURI, sent = callback(t)
		address, err := p.AuthorizationURL(context.Background(), req)
		wantCode(t, err, "")
		walk(t, address, press("Sign-in", "login", "gildong", "password", "x"), press("Continue"))
		q := sent()
		_, err = p.Exchange(context.Background(), req, app.AuthorizationResponse{Code: q.Get("code"), Issuer: q.Get("iss")})
		wantCode(t, err, want)
	}
}

// zitadel is the example server of zitadel/oidc: another language, another code
// base, other habits (no iss in the response, at_hash, HTTP Basic).
func TestZitadelsOpenIDProviderSignsIn(t *testing.T) {
	redirectURI, sent := callback(t)
	command := exec.Command("go", "run", ".", redirectURI)
	command.Dir = "testdata/zitadel"
	command.Env = append(os.Environ(), "GOFLAGS=-mod=readonly")
	issuer := independent(t, command)
	for _, c := range []struct{ id, secret string }{{"native", ""}, {"web", "secret"}} {
		t.Run(c.id, func(t *testing.T) {
			p, err := provider.NewOIDC(provider.OIDCConfig{Issuer: issuer, ClientID: c.id, ClientSecret: c.secret})
			if err != nil {
				t.Fatal(err)
			}
			req := request("oidc")
			req.RedirectURI = redirectURI
			address, err := p.AuthorizationURL(context.Background(), req)
			wantCode(t, err, "")
			walk(t, address, press("Login", "username", "test-user@127.0.0.1", "password", "verysecure"))
			q := sent()
			if q.Get("state") != req.State {
				t.Fatalf("came back with %v", q)
			}
			resp := app.AuthorizationResponse{Code: q.Get("code"), Issuer: q.Get("iss")}
			got, err := p.Exchange(context.Background(), req, resp)
			wantCode(t, err, "")
			if k := got.Profile.Key; k != (app.IdentityKey{Issuer: "http://127.0.0.1#oidc", Subject: "id1"}) || got.Profile.Email != "test-user@zitadel.ch" || !got.Profile.EmailVerified {
				t.Errorf("%+v", got.Profile)
			}
			wantCode(t, got.Revoke(context.Background()), "")
			if _, err := p.Exchange(context.Background(), req, resp); err == nil {
				t.Error("a code is good twice")
			}
		})
	}
}
