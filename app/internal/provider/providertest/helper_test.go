package providertest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
)

// Nothing of a closed server runs on.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock moves only by hand.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	timers map[*timer]bool
	added  chan struct{} // told of every new timer
}

type timer struct {
	at time.Time
	f  func()
}

func newClock() *clock {
	return &clock{now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), timers: map[*timer]bool{}, added: make(chan struct{}, 100)}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) AfterFunc(d time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &timer{c.now.Add(d), f}
	c.timers[t] = true
	c.added <- struct{}{}
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		waits := c.timers[t]
		delete(c.timers, t)
		return waits
	}
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for t := range c.timers {
		if !t.at.After(c.now) {
			delete(c.timers, t)
			go t.f()
		}
	}
}

const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636 appendix B

func challenge() string {
	d := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(d[:])
}

func start(t *testing.T, o providertest.Options) *providertest.Server {
	t.Helper()
	s, err := providertest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

const (
	githubRedirect = "http://127.0.0.1:40001/oauth/github/callback/"
	naverRedirect  = "http://127.0.0.1:48111/oauth/naver/callback/"
	oidcRedirect   = "http://127.0.0.1:40001/oauth/oidc/callback/"
)

// with is q with pairs set; an empty value leaves the parameter out.
func with(q url.Values, pairs ...string) url.Values {
	for i := 0; i+1 < len(pairs); i += 2 {
		if q.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			q.Del(pairs[i])
		}
	}
	return q
}

func githubAuthorize(s *providertest.Server, pairs ...string) string {
	return s.GitHubURL() + "/login/oauth/authorize?" + with(url.Values{
		"client_id": {practice.GitHubClientID}, "redirect_uri": {githubRedirect}, "state": {"the-state"},
		"scope": {"user:email read:user"}, "code_challenge": {challenge()}, "code_challenge_method": {"S256"},
	}, pairs...).Encode()
}

func naverAuthorize(s *providertest.Server, pairs ...string) string {
	return s.NaverURL() + "/oauth2/authorize?" + with(url.Values{
		"response_type": {"code"}, "client_id": {practice.NaverClientID}, "redirect_uri": {naverRedirect}, "state": {"the-state"},
		"scope": {"openid"}, "code_challenge": {challenge()}, "code_challenge_method": {"S256"},
	}, pairs...).Encode()
}

func oidcAuthorize(s *providertest.Server, pairs ...string) string {
	return s.OIDCIssuer() + "/authorize?" + with(url.Values{
		"response_type": {"code"}, "client_id": {providertest.OIDCClientID}, "redirect_uri": {oidcRedirect}, "state": {"the-state"},
		"scope": {"openid profile email"}, "nonce": {"n"}, "code_challenge": {challenge()}, "code_challenge_method": {"S256"},
	}, pairs...).Encode()
}

func githubExchange(code string, pairs ...string) url.Values {
	return with(url.Values{
		"client_id": {practice.GitHubClientID}, "client_secret": {practice.GitHubClientSecret},
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {githubRedirect}, "code_verifier": {verifier},
	}, pairs...)
}

func naverExchange(code string, pairs ...string) url.Values {
	return with(url.Values{
		"client_id": {practice.NaverClientID}, "client_secret": {practice.NaverClientSecret}, "state": {"the-state"},
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {naverRedirect}, "code_verifier": {verifier},
	}, pairs...)
}

func oidcExchange(code string, pairs ...string) url.Values {
	return with(url.Values{
		"client_id": {providertest.OIDCClientID}, "client_secret": {providertest.OIDCClientSecret},
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {oidcRedirect}, "code_verifier": {verifier},
	}, pairs...)
}

func do(t *testing.T, method, address, body string, headers ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return send(t, r)
}

func send(t *testing.T, r *http.Request) *http.Response {
	t.Helper()
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// post sends a form as the app does and returns status and members of the answer.
func post(t *testing.T, address string, form url.Values) (int, map[string]any) {
	t.Helper()
	resp := do(t, http.MethodPost, address, form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Accept", "application/json")
	return resp.StatusCode, object(t, resp)
}

// api asks an API with an access token.
func api(t *testing.T, address, token string) (int, map[string]any) {
	t.Helper()
	resp := do(t, http.MethodGet, address, "", "Authorization", "Bearer "+token, "User-Agent", "munpae")
	return resp.StatusCode, object(t, resp)
}

func object(t *testing.T, resp *http.Response) map[string]any {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var o map[string]any
	if err := json.Unmarshal(b, &o); err != nil {
		t.Fatalf("HTTP %d, no JSON object: %.200s", resp.StatusCode, b)
	}
	return o
}

// callback asks an authorization endpoint and returns the query that it redirects
// with, or nil if it shows a page.
func callback(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := do(t, http.MethodGet, address, "").Location()
	if err != nil {
		return nil
	}
	return u.Query()
}

// code is callback's code.
func code(t *testing.T, address string) string {
	t.Helper()
	c := callback(t, address).Get("code")
	if c == "" {
		t.Fatal("no code")
	}
	return c
}
