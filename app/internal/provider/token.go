package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"munpae.example/munpae/app/internal/app"
)

const (
	maxToken = 16 << 10 // characters; Azure's are the longest, about 5,000
	maxCode  = 4 << 10
)

// authorize builds the authorization request (RFC 6749 section 4.1.1) with the
// S256 challenge of RFC 7636; there is no way to build one without.
func authorize(conf oauth2.Config, req app.AuthorizationRequest, more ...oauth2.AuthCodeOption) (string, error) {
	if err := checkRequest(req); err != nil {
		return "", err
	}
	conf.RedirectURL = req.RedirectURI
	return conf.AuthCodeURL(req.State, append(more, oauth2.S256ChallengeOption(req.CodeVerifier))...), nil
}

// AuthorizationURL builds the authorization request of a provider whose registration
// is known from elsewhere: what its own AuthorizationURL would build. It asks nobody.
func AuthorizationURL(id string, c app.PublicClient, req app.AuthorizationRequest) (string, error) {
	more := prompted(id, c.AuthorizeURL, req.Prompt)
	if strings.HasPrefix(id, oidcID) { // oidc2 to oidc9 are others
		more = append(more, oauth2.SetAuthURLParam("nonce", req.Nonce))
	}
	return authorize(oauth2.Config{ClientID: c.ClientID, Scopes: c.Scopes, Endpoint: oauth2.Endpoint{AuthURL: c.AuthorizeURL}}, req, more...)
}

// prompted says a prompt in the words of a provider with this ID and authorization
// endpoint.
func prompted(id, endpoint string, p app.Prompt) []oauth2.AuthCodeOption {
	param := func(name, value string) []oauth2.AuthCodeOption {
		return []oauth2.AuthCodeOption{oauth2.SetAuthURLParam(name, value)}
	}
	switch {
	case p == app.PromptNone:
		return nil
	case id == githubID: // it asks nobody for a password anew, and has nothing for PromptConsent
		if p == app.PromptSelectAccount || p == app.PromptReauthenticate {
			return param("prompt", "select_account")
		}
		return nil
	case id == naverID && p == app.PromptConsent:
		return param("auth_type", "reprompt")
	case id == naverID:
		return param("auth_type", "reauthenticate")
	case p == app.PromptReauthenticate && choosesOnly(endpoint):
		return param("prompt", string(app.PromptSelectAccount))
	case p == app.PromptReauthenticate:
		// max_age is what makes auth_time come back; some heed only the prompt.
		return append(param("max_age", "0"), param("prompt", "login")...)
	}
	return param("prompt", string(p)) // Core 1.0's own words
}

// public is what of a registration may be told.
func public(conf oauth2.Config) app.PublicClient {
	return app.PublicClient{ClientID: conf.ClientID, AuthorizeURL: conf.Endpoint.AuthURL, Scopes: conf.Scopes}
}

// redeem sends the one token request of a code. x/oauth2 would try two ways of
// sending the secret, and so the code twice, if AuthStyle were left open.
func (v *conversation) redeem(ctx context.Context, conf oauth2.Config, req app.AuthorizationRequest, resp app.AuthorizationResponse, more ...oauth2.AuthCodeOption) (*oauth2.Token, error) {
	if err := checkRequest(req); err != nil {
		return nil, err
	}
	if !visibleASCII(resp.Code, maxCode) {
		return nil, app.Fail(app.CodeBadCallback, errors.New("no authorization code"))
	}
	if conf.Endpoint.AuthStyle == oauth2.AuthStyleAutoDetect {
		return nil, app.Fail(app.CodeInternal, errors.New("token: AuthStyle left open"))
	}
	conf.RedirectURL = req.RedirectURI
	exact := v.Client
	exact.Transport = exactNames{v}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, &exact)
	t, err := conf.Exchange(ctx, resp.Code, append(more, oauth2.VerifierOption(req.CodeVerifier))...)
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		// RetrieveError quotes the whole body; only the code may reach a log.
		return nil, &tokenRefusal{
			fault:       tokenFault(v.clock.Now(), refused.Response.StatusCode, refused.Response.Header, refused.ErrorCode, refused.ErrorDescription),
			code:        refused.ErrorCode,
			description: refused.ErrorDescription,
		}
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return nil, err // the request itself failed
	}
	if err != nil {
		// Its text may quote the answer.
		return nil, app.Fail(app.CodeProviderBadAnswer, errors.New("token: an answer of another shape"))
	}
	return t, checkToken(t.AccessToken, t.TokenType)
}

// exactNames hides from x/oauth2, which reads a token answer into a struct, the members
// that encoding/json would take for the ones it looks for although their names differ
// in case.
type exactNames struct{ inner http.RoundTripper }

// RoundTrip satisfies http.RoundTripper.
func (e exactNames) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := e.inner.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if o, err := parseObject(body); err == nil {
		for name := range o {
			for _, read := range []string{"access_token", "token_type", "refresh_token", "expires_in", "error", "error_description", "error_uri"} {
				if name != read && strings.EqualFold(name, read) {
					delete(o, name)
				}
			}
		}
		if body, err = json.Marshal(o); err != nil {
			return nil, err
		}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// tokenRefusal is a token endpoint's error for those who know better what their
// provider means by it.
type tokenRefusal struct {
	fault             *app.Error
	code, description string
}

func (r *tokenRefusal) Error() string { return r.fault.Error() }
func (r *tokenRefusal) Unwrap() error { return r.fault }

func checkRequest(req app.AuthorizationRequest) error {
	unreserved := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._~", r)
	}
	v := req.CodeVerifier
	switch {
	case len(v) < 43 || len(v) > 128 || strings.ContainsFunc(v, func(r rune) bool { return !unreserved(r) }):
		return app.Fail(app.CodeInternal, errors.New("code verifier against RFC 7636 section 4.1"))
	case req.State == "" || req.RedirectURI == "":
		return app.Fail(app.CodeInternal, errors.New("authorization request without state or redirect URI"))
	}
	return nil
}

// checkToken wants a bearer token (RFC 6750): any other type could not be used as
// one, and an absent type is against RFC 6749 section 5.1.
func checkToken(access, kind string) error {
	if !visibleASCII(access, maxToken) || !strings.EqualFold(kind, "bearer") {
		return app.Fail(app.CodeProviderBadAnswer, errors.New("token: no bearer token in the answer"))
	}
	return nil
}

// checkIssuer compares the callback's iss (RFC 9207) before anything is asked.
func checkIssuer(resp app.AuthorizationResponse, p app.Provider) error {
	if resp.Issuer == "" || slices.Contains(p.Issuers, resp.Issuer) {
		return nil
	}
	return app.Fail(app.CodeIssuerMismatch, errors.New("authorization response with iss "+printable(resp.Issuer)))
}
