package provider

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// What the black-box tests can't reach otherwise.
var (
	Fault     = fault
	CheckJSON = checkJSON
)

// RateLimited is rateLimited at the token endpoint.
func RateLimited(now time.Time, status int, h http.Header) *app.Error {
	return rateLimited(now, atToken, status, h)
}

// Text returns what object.text makes of the member name.
func Text(data []byte, name string) (string, error) {
	o, err := parseObject(data)
	return o.text(name), err
}

// GitHubSubject is githubSubject.
func GitHubSubject(raw string) (string, error) { return githubSubject(json.RawMessage(raw)) }

// NaverSubject is naverSubject.
var NaverSubject = naverSubject

// GitHubUser reads a profile with a token that is there already.
func GitHubUser(ctx context.Context, g *GitHub, token string) (app.Profile, error) {
	v := g.client.conversation()
	defer v.end()
	p, err := g.profile(ctx, v, token)
	return p, fault(ctx, g.describe, err)
}

// Get asks address through a conversation.
func Get(ctx context.Context, address string) error {
	v := Client{}.conversation()
	defer v.end()
	_, err := v.ask(ctx, "GET", address, nil)
	return err
}

// ReadDiscovery reads a discovery document of issuer.
func ReadDiscovery(issuer, document string) error {
	d, err := parseObject([]byte(document))
	if err != nil {
		return err
	}
	_, err = (&OIDC{issuer: issuer}).metadata(d)
	return err
}

// ProxyOf is the proxy that c would send a request for address through.
func ProxyOf(c Client, address string) (*url.URL, error) {
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	return c.Proxy(r)
}

// GitHubAPI is where the API of the GitHub at a set address is.
func GitHubAPI(set string) string {
	g, err := NewGitHub(GitHubConfig{ClientID: "id", BaseURL: set})
	if err != nil {
		return err.Error()
	}
	return g.api
}
