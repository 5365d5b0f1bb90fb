package provider_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider"
)

const (
	clientID    = "client-id-0001"
	secret      = "client-secret-SECRET"
	accessToken = "AAAA+access/token="
	theCode     = "the-code"
	theState    = "0123456789012345678901234567890123456789012"
	theNonce    = "the-nonce"
	// The verifier of RFC 7636 appendix B.
	theVerifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	theChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

func request(id string) app.AuthorizationRequest {
	return app.AuthorizationRequest{
		RedirectURI:  "http://127.0.0.1:48111/oauth/" + id + "/callback/",
		State:        theState,
		CodeVerifier: theVerifier,
		Nonce:        theNonce,
	}
}

var response = app.AuthorizationResponse{Code: theCode}

// server is a provider on loopback that remembers what it was asked.
type server struct {
	*httptest.Server
	routes map[string]http.HandlerFunc // "GET /user"

	mu   sync.Mutex
	seen []seen
}

type seen struct {
	route  string
	form   url.Values
	header http.Header
	body   string
}

func newServer(routes map[string]http.HandlerFunc) *server {
	s := &server{routes: routes}
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.ErrorLog = nil
	return s
}

func serve(t *testing.T, routes map[string]http.HandlerFunc) *server {
	t.Helper()
	s := newServer(routes)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	route := r.Method + " " + r.URL.Path
	s.mu.Lock()
	s.seen = append(s.seen, seen{route, form, r.Header.Clone(), string(body)})
	h := s.routes[route]
	s.mu.Unlock()
	if h == nil {
		http.NotFound(w, r)
		return
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	h(w, r)
}

func (s *server) asked(route string) []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []seen
	for _, r := range s.seen {
		if r.route == route {
			found = append(found, r)
		}
	}
	return found
}

func (s *server) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var routes []string
	for _, r := range s.seen {
		routes = append(routes, r.route)
	}
	return routes
}

func answers(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

const (
	githubToken  = "POST /login/oauth/access_token"
	githubUser   = "GET /api/v3/user"
	githubEmails = "GET /api/v3/user/emails"
	naverToken   = "POST /oauth2/token"
	naverMe      = "GET /v1/nid/me"

	githubTokenOK  = `{"access_token":"` + accessToken + `","scope":"read:user,user:email","token_type":"bearer"}`
	githubUserOK   = `{"login":"octocat","id":583231,"name":"The Octocat","email":"public@example.com","avatar_url":"javascript:alert(1)"}`
	githubEmailsOK = `[{"email":"other@example.com","primary":false,"verified":true,"visibility":null},{"email":"octocat@example.com","primary":true,"verified":true,"visibility":"private"}]`
	naverTokenOK   = `{"access_token":"` + accessToken + `","refresh_token":"r","token_type":"bearer","expires_in":"3600"}`
	naverMeOK      = `{"resultcode":"00","message":"success","response":{"id":"AbC_d-1+/=","nickname":"문패","name":"홍길동","email":"hong@example.com"}}`
)

// githubServer answers as GitHub does; overrides replace single routes.
func githubServer(t *testing.T, overrides map[string]http.HandlerFunc) *server {
	t.Helper()
	return serve(t, merged(map[string]http.HandlerFunc{
		githubToken:  answers(200, githubTokenOK),
		githubUser:   answers(200, githubUserOK),
		githubEmails: answers(200, githubEmailsOK),
	}, overrides))
}

func naverServer(t *testing.T, overrides map[string]http.HandlerFunc) *server {
	t.Helper()
	return serve(t, merged(map[string]http.HandlerFunc{
		naverToken: answers(200, naverTokenOK),
		naverMe:    answers(200, naverMeOK),
	}, overrides))
}

func merged(a, b map[string]http.HandlerFunc) map[string]http.HandlerFunc {
	for k, v := range b {
		a[k] = v
	}
	return a
}

func github(t *testing.T, base string, c provider.Client) *provider.GitHub {
	t.Helper()
	g, err := provider.NewGitHub(provider.GitHubConfig{ClientID: clientID, ClientSecret: secret, BaseURL: base, Client: c})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func naver(t *testing.T, base string, c provider.Client) *provider.Naver {
	t.Helper()
	n, err := provider.NewNaver(provider.NaverConfig{ClientID: clientID, ClientSecret: secret, BaseURL: base, APIURL: base, Client: c})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// exchange runs one at the provider with the given ID that listens on s.
func exchange(t *testing.T, id string, s *server, c provider.Client) (app.Confirmation, error) {
	t.Helper()
	var p interface {
		Exchange(context.Context, app.AuthorizationRequest, app.AuthorizationResponse) (app.Confirmation, error)
	}
	switch id {
	case "github":
		p = github(t, s.URL, c)
	case "naver":
		p = naver(t, s.URL, c)
	}
	return p.Exchange(context.Background(), request(id), response)
}

func wantCode(t *testing.T, err error, want app.Code) {
	t.Helper()
	if got := app.CodeOf(err); got != want {
		t.Fatalf("code %q, want %q (%v)", got, want, err)
	}
}

// clock is moved by hand.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	timers []*timer
	waits  []time.Duration // every wait that was let pass
	// passes reports whether a wait of d is over at once, the clock moving on by it.
	passes func(d time.Duration) bool
	added  chan struct{} // gets one for every timer that stays
}

type timer struct {
	at      time.Time
	f       func()
	stopped bool
}

func newClock() *clock {
	return &clock{now: time.Now().UTC(), added: make(chan struct{}, 1000)}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) AfterFunc(d time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.passes != nil && c.passes(d) {
		c.now = c.now.Add(d)
		c.waits = append(c.waits, d)
		go f()
		return func() bool { return false }
	}
	tm := &timer{at: c.now.Add(d), f: f}
	c.timers = append(c.timers, tm)
	c.added <- struct{}{}
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		was := !tm.stopped
		tm.stopped = true
		return was
	}
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	var due []func()
	for _, tm := range c.timers {
		if !tm.stopped && !tm.at.After(c.now) {
			tm.stopped = true
			due = append(due, tm.f)
		}
	}
	c.mu.Unlock()
	for _, f := range due {
		f()
	}
}

func TestGitHubConfirmsWithIDLoginAndVerifiedAddress(t *testing.T) {
	s := githubServer(t, nil)
	c, err := exchange(t, "github", s, provider.Client{})
	wantCode(t, err, "")
	want := app.Profile{
		Key:      app.IdentityKey{Issuer: "http://127.0.0.1#github", Subject: "583231"},
		Provider: "github", Login: "octocat", Name: "The Octocat",
		Email: "octocat@example.com", EmailVerified: true,
	}
	if c.Profile != want {
		t.Errorf("profile %+v\nwant    %+v", c.Profile, want)
	}
	if got := s.all(); !slices.Equal(got, []string{githubToken, githubUser, githubEmails}) {
		t.Errorf("asked %v", got)
	}
	form := s.asked(githubToken)[0].form
	for name, want := range map[string]string{
		"client_id": clientID, "client_secret": secret, "code": theCode, "code_verifier": theVerifier,
		"redirect_uri": request("github").RedirectURI, "grant_type": "authorization_code",
	} {
		if form.Get(name) != want {
			t.Errorf("%s = %q", name, form.Get(name))
		}
	}
	if got := s.asked(githubToken)[0].header; got.Get("Accept") != "application/json" || got.Get("User-Agent") != "munpae" || got.Get("Authorization") != "" {
		t.Errorf("token request headers %v", got)
	}
	if got := s.asked(githubUser)[0].header; got.Get("Authorization") != "Bearer "+accessToken || got.Get("X-GitHub-Api-Version") == "" {
		t.Errorf("user request headers %v", got)
	}
}

func TestNaverConfirmsWithResponseIDAndNeverAVerifiedAddress(t *testing.T) {
	s := naverServer(t, nil)
	c, err := exchange(t, "naver", s, provider.Client{})
	wantCode(t, err, "")
	want := app.Profile{
		Key:      app.IdentityKey{Issuer: "http://127.0.0.1#naver", Subject: "AbC_d-1+/="},
		Provider: "naver", Nickname: "문패", Name: "홍길동", Email: "hong@example.com",
	}
	if c.Profile != want {
		t.Errorf("profile %+v\nwant    %+v", c.Profile, want)
	}
	form := s.asked(naverToken)[0].form
	for name, want := range map[string]string{
		"client_id": clientID, "client_secret": secret, "code": theCode, "code_verifier": theVerifier, "state": theState,
		"redirect_uri": request("naver").RedirectURI, "grant_type": "authorization_code",
	} {
		if form.Get(name) != want {
			t.Errorf("%s = %q", name, form.Get(name))
		}
	}
}

func TestDescribe(t *testing.T) {
	g := func(c provider.GitHubConfig) app.Provider {
		c.ClientID = clientID
		p, err := provider.NewGitHub(c)
		if err != nil {
			t.Fatal(err)
		}
		return p.Describe()
	}
	if p := g(provider.GitHubConfig{}); p.Browser || !p.Device || p.Issuer != "https://github.com" || len(p.Ports) != 0 {
		t.Errorf("GitHub without a secret: %+v", p)
	}
	if p := g(provider.GitHubConfig{ClientSecret: secret}); !p.Browser || !p.Device {
		t.Errorf("GitHub with a secret: %+v", p)
	}
	if p := g(provider.GitHubConfig{}); !slices.Contains(p.Pages, "https://github.com/login/device") ||
		!slices.Contains(p.Pages, "https://github.com/settings/connections/applications/"+clientID) {
		t.Errorf("pages %v", p.Pages)
	}
	for set, want := range map[string]string{
		"https://github.com/":            "https://github.com",
		"HTTPS://GitHub.com:443":         "https://github.com",
		"https://git.corp.example":       "https://git.corp.example",
		"https://git.corp.example:8443/": "https://git.corp.example:8443",
		"http://127.0.0.1:39811":         "http://127.0.0.1#github",
		"http://[::1]:39811":             "http://[::1]#github",
		"http://localhost:39811/hub/":    "http://localhost/hub#github",
		"HTTP://LocalHost:39811":         "http://localhost#github",
	} {
		if got := g(provider.GitHubConfig{BaseURL: set}).Issuer; got != want {
			t.Errorf("issuer of %s is %s, want %s", set, got, want)
		}
	}
	if got := g(provider.GitHubConfig{BaseURL: "http://127.0.0.1:1", Issuer: "https://github.demo"}).Issuer; got != "https://github.demo" {
		t.Errorf("a set issuer stands: %s", got)
	}
	n, err := provider.NewNaver(provider.NaverConfig{ClientID: clientID, ClientSecret: secret})
	if err != nil {
		t.Fatal(err)
	}
	if p := n.Describe(); !p.Browser || p.Device || p.Name != "NAVER" || p.Issuer != "https://nid.naver.com" || !slices.Equal(p.Ports, []int{48111, 48112, 48113, 48114, 48115}) {
		t.Errorf("Naver: %+v", p)
	}
	o, err := provider.NewOIDC(provider.OIDCConfig{Issuer: "https://id.example/realm", ClientID: clientID})
	if err != nil {
		t.Fatal(err)
	}
	if p := o.Describe(); p.ID != "oidc" || p.Name != "id.example" || p.Issuer != "https://id.example/realm" || !p.Browser || p.Device {
		t.Errorf("OpenID: %+v", p)
	}
}

func TestGitHubAPIAddressFollowsTheBaseAddress(t *testing.T) {
	// The address is seen in the request: a proxy on loopback takes them all.
	for base, want := range map[string]string{
		"":                         "api.github.com:443",
		"https://git.corp.example": "git.corp.example:443",
		"https://acme.ghe.com":     "api.acme.ghe.com:443",
		"https://api.acme.ghe.com": "api.acme.ghe.com:443",
		"https://api.github.com":   "api.github.com:443",
		"https://api.corp.example": "api.corp.example:443",
		"HTTPS://GitHub.com:443/":  "api.github.com:443",
	} {
		var asked []string
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.Host)
			w.WriteHeader(http.StatusBadGateway)
		}))
		t.Setenv("HTTPS_PROXY", proxy.URL)
		t.Setenv("NO_PROXY", "")
		g, err := provider.NewGitHub(provider.GitHubConfig{ClientID: clientID, ClientSecret: secret, BaseURL: base})
		if err != nil {
			t.Fatal(err)
		}
		_, err = provider.GitHubUser(context.Background(), g, accessToken)
		wantCode(t, err, app.CodeProviderError)
		proxy.Close()
		if !slices.Equal(asked, []string{want}) {
			t.Errorf("%q: asked %v, want %s", base, asked, want)
		}
	}
}

func TestOneRuleSaysWhereGitHubsAPIIs(t *testing.T) {
	for set, want := range map[string]string{
		"":                           "https://api.github.com",
		"https://github.com":         "https://api.github.com",
		"https://GitHub.com/":        "https://api.github.com",
		"HTTPS://GitHub.com:443/":    "https://api.github.com",
		"https://ghe.example/":       "https://ghe.example/api/v3",
		"https://acme.ghe.com":       "https://api.acme.ghe.com",
		"https://Acme.GHE.com/":      "https://api.acme.ghe.com",
		"https://api.corp.ghe.com":   "https://api.corp.ghe.com", // the API's own address was set
		"https://api.github.com":     "https://api.github.com",
		"https://api.ghe.example":    "https://api.ghe.example/api/v3", // a server of that name
		"https://notghe.com.example": "https://notghe.com.example/api/v3",
		"http://127.0.0.1:9":         "http://127.0.0.1:9/api/v3",
		"http://[::1]:80/Base":       "http://[::1]:80/Base/api/v3",
	} {
		if got := provider.GitHubAPI(set); got != want {
			t.Errorf("%s: got %s, want %s", set, got, want)
		}
	}
}

// The settings of a kind and its constructor agree.
func TestEveryKindIsMadeOfItsSettings(t *testing.T) {
	values := map[app.SettingForm]string{
		app.FormCredential: "id", app.FormIssuer: "https://id.example", app.FormAddress: "https://p.example", app.FormName: "Corp",
		app.FormPorts: "5001,5002,5003,5004,5005", app.FormYes: "yes",
	}
	seen := map[string]bool{}
	for _, k := range provider.Kinds {
		if seen[k.ID] || k.New == nil {
			t.Errorf("%s: twice, or without a constructor", k.ID)
		}
		seen[k.ID] = true
		set := app.ProviderSet{Kind: k.ID, ID: k.ID, Values: map[string]string{}}
		for _, s := range k.Settings {
			if s.Required {
				set.Values[s.Name] = values[s.Form]
			}
		}
		for range 2 { // with what is required alone, then with everything
			p, err := provider.New(set, provider.Client{})
			if err != nil {
				t.Fatalf("%s of %v: %v", k.ID, set.Values, err)
			}
			d := p.Describe()
			if d.ID != k.ID || d.Name == "" || k.Name != "" && d.Name != k.Name || d.Issuer == "" || !d.Browser && !d.Device {
				t.Errorf("%s of %v: %+v", k.ID, set.Values, d)
			}
			for _, s := range k.Settings {
				set.Values[s.Name] = values[s.Form]
			}
		}
		for _, s := range k.Settings {
			if !s.Required {
				continue
			}
			without := app.ProviderSet{Kind: k.ID, ID: k.ID, Values: maps.Clone(set.Values)}
			delete(without.Values, s.Name)
			if _, err := provider.New(without, provider.Client{}); app.CodeOf(err) != app.CodeSettingsInvalid {
				t.Errorf("%s without its %s: %v", k.ID, s.Name, err)
			}
		}
	}
}

func TestSettings(t *testing.T) {
	for _, bad := range []string{"http://evil.example", "ftp://127.0.0.1", "https://", "github.com", "https://user:pw@github.com", "https://github.com/?q", "http://127.0.0.1.evil.example", "http://localhost.evil.example:80", "\x00"} {
		for name, err := range map[string]error{
			"MUNPAE_GITHUB_URL":     second(provider.NewGitHub(provider.GitHubConfig{ClientID: "i", BaseURL: bad})),
			"MUNPAE_GITHUB_API_URL": second(provider.NewGitHub(provider.GitHubConfig{ClientID: "i", APIURL: bad})),
			"MUNPAE_NAVER_URL":      second(provider.NewNaver(provider.NaverConfig{ClientID: "i", ClientSecret: "s", BaseURL: bad})),
			"MUNPAE_NAVER_API_URL":  second(provider.NewNaver(provider.NaverConfig{ClientID: "i", ClientSecret: "s", APIURL: bad})),
			"MUNPAE_OIDC_ISSUER":    second(provider.NewOIDC(provider.OIDCConfig{ClientID: "i", Issuer: bad})),
		} {
			wantCode(t, err, app.CodeSettingsInvalid)
			if got := app.ParamsOf(err)["name"]; got != name {
				t.Errorf("named %s, want %s", got, name)
			}
			if strings.Contains(err.Error(), "pw") {
				t.Errorf("the password is quoted: %v", err)
			}
		}
	}
	for name, err := range map[string]error{
		"MUNPAE_GITHUB_CLIENT_ID":    second(provider.NewGitHub(provider.GitHubConfig{})),
		"MUNPAE_NAVER_CLIENT_ID":     second(provider.NewNaver(provider.NaverConfig{ClientSecret: "s"})),
		"MUNPAE_NAVER_CLIENT_SECRET": second(provider.NewNaver(provider.NaverConfig{ClientID: "i"})),
		"MUNPAE_OIDC_CLIENT_ID":      second(provider.NewOIDC(provider.OIDCConfig{Issuer: "https://id.example"})),
		"MUNPAE_OIDC_ISSUER":         second(provider.NewOIDC(provider.OIDCConfig{ClientID: "i"})),
	} {
		wantCode(t, err, app.CodeSettingsInvalid)
		if got := app.ParamsOf(err)["name"]; got != name {
			t.Errorf("named %s, want %s", got, name)
		}
	}
}

func TestAHostIsTheSameInAnyCase(t *testing.T) {
	g, err := provider.NewGitHub(provider.GitHubConfig{ClientID: "i", BaseURL: "HTTP://LOCALHOST:1/", APIURL: "http://LocalHost:1"})
	if err != nil {
		t.Fatal(err)
	}
	if got := g.Describe().Issuer; got != "http://localhost#github" {
		t.Errorf("got %s", got)
	}
}

func second[T any](_ T, err error) error { return err }

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// quiet is for servers whose clients are meant to hang up.
var quiet = log.New(io.Discard, "", 0)
