package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"munpae.example/munpae/app/internal/app"
)

// GitHub's fixed facts (docs/providers.md#github).
const (
	githubID         = "github"
	githubURL        = "https://github.com"
	githubAPIVersion = "2022-11-28"

	githubMaxPages = 5 // of e-mail addresses that are looked through
)

// user:email alone is enough for /user and /user/emails. It is always sent: left
// out, GitHub silently grants what was granted earlier.
var githubScopes = []string{"user:email"}

var githubKind = Kind{
	Name: "GitHub",
	ProviderKind: app.ProviderKind{ID: githubID, Settings: []app.ProviderSetting{
		{Name: "CLIENT_ID", Form: app.FormCredential, Required: true},
		{Name: "CLIENT_SECRET", Form: app.FormCredential},
		{Name: "URL", Form: app.FormAddress},
		{Name: "API_URL", Form: app.FormAddress},
	}},
	New: func(s app.ProviderSet, c Client) (Provider, error) {
		return NewGitHub(GitHubConfig{
			ClientID: s.Values["CLIENT_ID"], ClientSecret: s.Values["CLIENT_SECRET"],
			BaseURL: s.Values["URL"], APIURL: s.Values["API_URL"], Issuer: s.Issuer, Client: c,
		})
	},
}

// GitHubConfig configures GitHub, a GitHub Enterprise Server or a *.ghe.com.
type GitHubConfig struct {
	ClientID string
	// ClientSecret is required by GitHub's code exchange even with PKCE; without
	// it only the device code is offered.
	ClientSecret string
	BaseURL      string // empty: https://github.com
	APIURL       string // empty: derived from BaseURL
	Issuer       string // empty: derived from BaseURL; the demo's is constant
	Client       Client
}

// GitHub signs people in at GitHub. It satisfies attempt.DeviceAuthorizationServer.
type GitHub struct {
	client     Client
	id, secret string
	base, api  string
	describe   app.Provider
	code       oauth2.Config
}

// NewGitHub checks c. CodeSettingsInvalid with params name and reason.
func NewGitHub(c GitHubConfig) (*GitHub, error) {
	if c.ClientID == "" {
		return nil, missing("MUNPAE_GITHUB_CLIENT_ID")
	}
	base, err := parseAddress("MUNPAE_GITHUB_URL", or(c.BaseURL, githubURL))
	if err != nil {
		return nil, err
	}
	base = githubBase(base)
	api, err := parseAddress("MUNPAE_GITHUB_API_URL", or(c.APIURL, githubAPI(base)))
	if err != nil {
		return nil, err
	}
	g := &GitHub{client: c.Client, id: c.ClientID, secret: c.ClientSecret, base: base.String(), api: api.String()}
	g.describe = app.Provider{
		ID:      githubID,
		Name:    "GitHub",
		Issuer:  or(c.Issuer, issuerOf(base, githubID)),
		Browser: c.ClientSecret != "",
		Device:  true,
	}
	g.describe.Disconnect = g.base + "/settings/connections/applications/" + url.PathEscape(g.id)
	g.describe.Pages = []string{g.devicePage(), g.describe.Disconnect}
	// GitHub sends iss=https://github.com/login/oauth since 2026 (RFC 9207).
	g.describe.Issuers = []string{g.describe.Issuer, g.base, g.base + "/login/oauth"}
	g.code = oauth2.Config{
		ClientID:     g.id,
		ClientSecret: g.secret,
		Scopes:       githubScopes,
		Endpoint: oauth2.Endpoint{
			AuthURL:   g.base + "/login/oauth/authorize",
			TokenURL:  g.base + "/login/oauth/access_token",
			AuthStyle: oauth2.AuthStyleInParams,
		},
	}
	return g, nil
}

// githubBase is where people sign in, also where the API's address was given instead:
// github.com and *.ghe.com have their API on a host of its own, api. and the name.
func githubBase(set *url.URL) *url.URL {
	host, isAPI := strings.CutPrefix(set.Host, "api.")
	if !isAPI || host != "github.com" && !strings.HasSuffix(set.Hostname(), ".ghe.com") {
		return set
	}
	base := *set
	base.Host = host
	return &base
}

// githubAPI derives the API's address: its own host for github.com and *.ghe.com,
// /api/v3 on an Enterprise Server.
func githubAPI(base *url.URL) string {
	if base.String() == githubURL || strings.HasSuffix(base.Hostname(), ".ghe.com") {
		return base.Scheme + "://api." + base.Host
	}
	return base.String() + "/api/v3"
}

func (g *GitHub) devicePage() string { return g.base + "/login/device" }

// Describe describes GitHub to the window and the redirect listener.
func (g *GitHub) Describe() app.Provider { return g.describe }

// Public returns what of the registration may be told. It asks nobody.
func (g *GitHub) Public(context.Context) (app.PublicClient, error) { return public(g.code), nil }

// AuthorizationURL builds the authorization request. It asks nobody.
// PromptConsent has no counterpart at GitHub and is left out.
func (g *GitHub) AuthorizationURL(_ context.Context, req app.AuthorizationRequest) (string, error) {
	address, err := authorize(g.code, req, prompted(githubID, g.code.Endpoint.AuthURL, req.Prompt)...)
	return address, fault(context.Background(), g.describe, err)
}

// Exchange redeems the code and reads /user and /user/emails.
func (g *GitHub) Exchange(ctx context.Context, req app.AuthorizationRequest, resp app.AuthorizationResponse) (app.Confirmation, error) {
	v := g.client.conversation()
	defer v.end()
	if err := checkIssuer(resp, g.describe); err != nil {
		return app.Confirmation{}, fault(ctx, g.describe, err)
	}
	token, err := v.redeem(ctx, g.code, req, resp)
	if err != nil {
		return app.Confirmation{}, fault(ctx, g.describe, err)
	}
	return g.confirm(ctx, v, token.AccessToken)
}

// confirm makes a confirmation out of an access token.
func (g *GitHub) confirm(ctx context.Context, v *conversation, token string) (app.Confirmation, error) {
	p, err := g.profile(ctx, v, token)
	if err != nil {
		return app.Confirmation{}, fault(ctx, g.describe, err)
	}
	c := app.Confirmation{Profile: p, ServerTime: v.trusted, AccessToken: func() string { return token }}
	if g.secret != "" {
		c.Revoke = func(ctx context.Context) error { return g.Withdraw(ctx, token) }
	}
	return c, nil
}

// profile maps /user. Its e-mail address is the public one, verified or not, and
// is never read.
func (g *GitHub) profile(ctx context.Context, v *conversation, token string) (app.Profile, error) {
	a, err := g.get(ctx, v, "/user", token)
	if err != nil {
		return app.Profile{}, err
	}
	if a.status != http.StatusOK {
		return app.Profile{}, githubProfileFault(v, a)
	}
	user, err := parseObject(a.body)
	if err != nil {
		return app.Profile{}, app.Fail(app.CodeProviderBadAnswer, err)
	}
	subject, err := githubSubject(user["id"])
	if err != nil {
		return app.Profile{}, err
	}
	p := app.Profile{
		Key:      app.IdentityKey{Issuer: g.describe.Issuer, Subject: subject},
		Provider: githubID,
		Login:    user.text("login"),
		Name:     user.text("name"),
	}
	p.Email, err = g.verifiedEmail(ctx, v, token)
	switch p.EmailVerified = p.Email != ""; {
	case optional(ctx, err):
		return p, nil // nobody knows whether there is one
	case err == nil && p.Email == "":
		p.Notice = app.CodeEmailMissing
	}
	return p, err
}

// githubSubject accepts a positive int64 written as JSON writes one, and nothing
// that merely decodes to it: everybody whose id were null would be one person.
func githubSubject(raw json.RawMessage) (string, error) {
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || n <= 0 || strconv.FormatInt(n, 10) != string(raw) {
		return "", app.Fail(app.CodeProviderBadAnswer, errors.New("profile: no id that is a positive integer"))
	}
	return string(raw), nil
}

// githubProfileFault knows the secondary rate limit by its words too: it comes with
// 403 and may have no header of its own.
func githubProfileFault(v *conversation, a answer) *app.Error {
	o, _ := parseObject(a.body) // a body that is no JSON has no message
	if a.status == http.StatusForbidden && strings.Contains(strings.ToLower(o.string("message")), "rate limit") {
		return rateLimited(v.clock.Now(), atProfile, a.status, a.header)
	}
	return statusFault(v.clock.Now(), atProfile, a.status, a.header, "")
}

// optional reports whether err only keeps something back that a sign-in can do
// without: an answer that is no success, or none. What is wrong in itself, or what ctx
// ended, is more.
func optional(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil {
		return false
	}
	e, ok := errors.AsType[*app.Error](err)
	if !ok {
		return true // the network's
	}
	switch e.Code {
	case app.CodeTimeout, app.CodeProviderServerError, app.CodeProviderError, app.CodeRateLimited, app.CodeRateLimitedUntil,
		app.CodeTokenRevoked, app.CodePermissionMissing:
		return true
	}
	return false
}

// verifiedEmail returns the address that is primary and verified, or "". Not being
// allowed to ask is no failure: a person may sign in without an address.
func (g *GitHub) verifiedEmail(ctx context.Context, v *conversation, token string) (string, error) {
	for page := 1; page <= githubMaxPages; page++ {
		a, err := g.get(ctx, v, "/user/emails?per_page=100&page="+strconv.Itoa(page), token)
		if err != nil {
			return "", err
		}
		if a.status != http.StatusOK {
			refused := githubProfileFault(v, a)
			switch a.status {
			case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
				if refused.Code != app.CodeRateLimitedUntil {
					return "", nil
				}
			}
			refused.Code = app.CodeProviderServerError // whatever it is, it is in the way of nothing else
			return "", refused
		}
		var emails []object // the conversation has checked the body's JSON
		if json.Unmarshal(a.body, &emails) != nil {
			return "", app.Fail(app.CodeProviderBadAnswer, errors.New("profile: e-mail addresses of another shape"))
		}
		for _, e := range emails {
			if string(e["primary"]) == "true" && string(e["verified"]) == "true" {
				return e.text("email"), nil
			}
		}
		if !strings.Contains(a.header.Get("Link"), `rel="next"`) {
			break
		}
	}
	return "", nil
}

func (g *GitHub) get(ctx context.Context, v *conversation, path, token string) (answer, error) {
	return v.ask(ctx, http.MethodGet, g.api+path, nil,
		"Authorization", "Bearer "+token,
		"Accept", "application/vnd.github+json",
		"X-GitHub-Api-Version", githubAPIVersion)
}

// Withdraw withdraws the grant and with it every token of that person for the app
// (DELETE /applications/{client_id}/grant). 404 and 422: it is withdrawn already.
func (g *GitHub) Withdraw(ctx context.Context, token string) error {
	v := g.client.conversation()
	defer v.end()
	body, err := json.Marshal(map[string]string{"access_token": token})
	if err != nil {
		return app.Fail(app.CodeInternal, err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodDelete, g.api+"/applications/"+url.PathEscape(g.id)+"/grant", bytes.NewReader(body))
	if err != nil {
		return app.Fail(app.CodeInternal, err)
	}
	r.SetBasicAuth(g.id, g.secret)
	r.Header.Set("Accept", "application/vnd.github+json")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-GitHub-Api-Version", githubAPIVersion)
	resp, err := v.Do(r)
	if err != nil {
		return fault(ctx, g.describe, err)
	}
	switch resp.StatusCode {
	case http.StatusNoContent, http.StatusNotFound, http.StatusUnprocessableEntity:
		return nil
	}
	return fault(ctx, g.describe, statusFault(v.clock.Now(), atRevoke, resp.StatusCode, resp.Header, ""))
}

// Reach asks the sign-in page for an answer, whatever it is. The network codes of Exchange.
func (g *GitHub) Reach(ctx context.Context) (address string, status int, date time.Time, err error) {
	status, date, err = g.client.Reach(ctx, g.base)
	return g.base, status, date, err
}
