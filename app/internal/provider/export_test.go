package provider

import (
	"context"
	"encoding/json"
	"net/http"
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
	v, ctx, end := g.client.visit(ctx)
	defer end()
	p, err := g.profile(ctx, v, token)
	return p, fault(ctx, g.describe, err)
}

// Get asks address through a visit.
func Get(ctx context.Context, address string) error {
	v, ctx, end := Client{}.visit(ctx)
	defer end()
	_, err := v.ask(ctx, "GET", address, nil)
	return err
}
