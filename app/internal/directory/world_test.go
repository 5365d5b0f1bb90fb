package directory_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory"
	"munpae.example/munpae/app/internal/directory/rows"
	"munpae.example/munpae/app/internal/postgres"
	"munpae.example/munpae/app/internal/postgres/postgrestest"
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
	"munpae.example/munpae/app/internal/sqlite"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Run(m)) }

// actTimeout is the server's own, but under an emulator (build/arm64.sh), where ten recovery
// codes take as many seconds.
func actTimeout() time.Duration {
	if os.Getenv("MUNPAE_EMULATED") != "" {
		return 2 * time.Minute
	}
	return 0
}

const otherServer = "https://notes.example"

// clock is driven by hand; replicas share it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) AfterFunc(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t.UTC()
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a directory of two replicas on one database, with imitated providers.
type world struct {
	testing.TB
	clock     *clock
	providers *providertest.Server
	services  [2]*directory.Service
	servers   [2]*httptest.Server
	issuer    string
	listen    string // where the next replica listens; empty: anywhere
	log       *bytes.Buffer
	logged    sync.Mutex
	engine    func() rows.Engine
	secret    [32]byte
	opened    []*rows.DB
	n         int
}

func (w *world) Write(p []byte) (int, error) {
	w.logged.Lock()
	defer w.logged.Unlock()
	return w.log.Write(p)
}

func newWorld(t testing.TB, engine func() rows.Engine, secret ...byte) *world {
	t.Helper()
	w := &world{TB: t, clock: &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}, log: &bytes.Buffer{}, engine: engine, issuer: "https://id.example"}
	rand.Read(w.secret[:])
	copy(w.secret[:], secret) // where another world had the database before
	var err error
	if w.providers, err = providertest.Start(providertest.Options{Clock: w.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.providers.Close)
	for i := range w.servers {
		w.services[i], w.servers[i] = w.replica()
	}
	return w
}

// replica is one more service on the same database.
func (w *world) replica() (*directory.Service, *httptest.Server) {
	w.Helper()
	db := rows.Open(w.engine(), rows.Options{})
	w.opened = append(w.opened, db)
	w.Cleanup(func() { db.Close() })
	ctx := context.Background()
	w.must(db.Migrate(ctx))
	client := provider.Client{Clock: w.clock}
	g, err := provider.NewGitHub(provider.GitHubConfig{
		ClientID: practice.GitHubClientID, ClientSecret: practice.GitHubClientSecret, BaseURL: w.providers.GitHubURL(), APIURL: w.providers.GitHubAPIURL(), Client: client,
	})
	w.must(err)
	n, err := provider.NewNaver(provider.NaverConfig{
		ClientID: practice.NaverClientID, ClientSecret: practice.NaverClientSecret, BaseURL: w.providers.NaverURL(), APIURL: w.providers.NaverAPIURL(), Client: client,
	})
	w.must(err)
	o, err := provider.NewOIDC(provider.OIDCConfig{Issuer: w.providers.OIDCIssuer(), ClientID: providertest.OIDCClientID, ClientSecret: providertest.OIDCClientSecret, Client: client})
	w.must(err)
	s, err := directory.New(ctx, directory.Options{
		DB: db, Providers: []directory.IdentityProvider{g, n, o}, Issuer: w.issuer, Audiences: []string{otherServer}, Secret: w.secret, Version: "test",
		Clock: w.clock, Rand: rand.Reader, Log: slog.New(slog.NewJSONHandler(w, nil)), ActTimeout: actTimeout(),
	})
	w.must(err)
	h, err := directory.NewHandler(s, directory.Access{Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Origins: []string{"https://app.example"}}, directory.NewMetrics("test"))
	w.must(err)
	server := httptest.NewUnstartedServer(h)
	if w.listen != "" {
		l, err := net.Listen("tcp", w.listen)
		w.must(err)
		server.Listener.Close()
		server.Listener, w.listen = l, ""
	}
	server.Start()
	w.Cleanup(server.Close)
	return s, server
}

// inFile opens a database of SQLite's as often as it is called.
func inFile(t testing.TB, path string) func() rows.Engine {
	return func() rows.Engine {
		t.Helper()
		e, err := sqlite.OpenDirectory(path)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
}

// inPostgreSQL opens the database at that address as often as it is called.
func inPostgreSQL(t testing.TB, dsn string) func() rows.Engine {
	return func() rows.Engine {
		t.Helper()
		e, err := postgres.Open(dsn)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
}

func onSQLite(t testing.TB, promise func(w *world)) {
	t.Helper()
	promise(newWorld(t, inFile(t, filepath.Join(t.TempDir(), "directory.db"))))
}

func onBoth(t *testing.T, promise func(w *world)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { onSQLite(t, promise) })
	t.Run("PostgreSQL", func(t *testing.T) {
		promise(newWorld(t, inPostgreSQL(t, postgrestest.Database(t))))
	})
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
	w      *world
}

// ask sends one request to a replica; replicas take turns.
func (w *world) ask(method, path string, body any, headers ...string) answer {
	w.Helper()
	w.n++
	return w.askAt(w.n%2, method, path, body, headers...)
}

func (w *world) askAt(replica int, method, path string, body any, headers ...string) answer {
	w.Helper()
	var r io.Reader
	if body != nil {
		text, raw := body.(string)
		if !raw {
			b, err := json.Marshal(body)
			w.must(err)
			text = string(b)
		}
		r = strings.NewReader(text)
	}
	req, err := http.NewRequest(method, w.servers[replica].URL+path, r)
	w.must(err)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	w.must(err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	w.must(err)
	return answer{resp.StatusCode, resp.Header, data, w}
}

// bearer asks with an access token.
func (w *world) bearer(token, method, path string, body any) answer {
	w.Helper()
	return w.ask(method, path, body, "Authorization", "Bearer "+token)
}

// into reads a success.
func (a answer) into(status int, v any) answer {
	a.w.Helper()
	if a.status != status {
		a.w.Fatalf("HTTP %d, not %d: %s", a.status, status, a.body)
	}
	if v != nil {
		if err := json.Unmarshal(a.body, v); err != nil {
			a.w.Fatal(err)
		}
	}
	return a
}

// fails reads a failure.
func (a answer) fails(status int, code app.Code) directory.Failure {
	a.w.Helper()
	var f directory.Failure
	if err := json.Unmarshal(a.body, &f); err != nil || a.status != status || f.Code != code {
		a.w.Fatalf("HTTP %d %s, not %d %s", a.status, a.body, status, code)
	}
	if f.Params == nil || len(f.Support) != len("K7-41") {
		a.w.Errorf("%s is not {code, params, support}", a.body)
	}
	return f
}

// says checks that the answer is a 401 of that code, and tells nothing of why.
func (a answer) says(code app.Code) {
	a.w.Helper()
	f := a.fails(http.StatusUnauthorized, code)
	if want := fmt.Sprintf(`{"code":%q,"params":{},"support":%q}`, code, f.Support); string(a.body) != want {
		a.w.Errorf("%s, not %s", a.body, want)
	}
}

// authorization is what a person's browser brings back to a desktop.
func (w *world) authorization(id string, person practice.Person) directory.ConfirmationRequest {
	w.Helper()
	w.providers.NextPerson(person)
	var home directory.Home
	w.ask("GET", "/v1/", nil).into(200, &home)
	for _, p := range home.Providers {
		if p.ID != id {
			continue
		}
		verifier := oauth2.GenerateVerifier()
		redirect := "http://127.0.0.1:48111/oauth/" + id + "/callback/"
		conf := oauth2.Config{ClientID: p.ClientID, RedirectURL: redirect, Scopes: p.Scopes, Endpoint: oauth2.Endpoint{AuthURL: p.AuthorizeURL}}
		opts := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier)}
		nonce := ""
		if id == "oidc" {
			nonce = "a-nonce-of-this-sign-in"
			opts = append(opts, oauth2.SetAuthURLParam("nonce", nonce))
		}
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		resp, err := client.Get(conf.AuthCodeURL("state", opts...))
		w.must(err)
		resp.Body.Close()
		back, err := url.Parse(resp.Header.Get("Location"))
		w.must(err)
		if back.Query().Get("code") == "" {
			w.Fatalf("no code: HTTP %d %s", resp.StatusCode, back)
		}
		return directory.ConfirmationRequest{
			Provider: id, Code: back.Query().Get("code"), CodeVerifier: verifier, RedirectURI: redirect, Nonce: nonce, Iss: back.Query().Get("iss"),
		}
	}
	w.Fatalf("no provider %s in %+v", id, home)
	return directory.ConfirmationRequest{}
}

func (w *world) confirm(id string, person practice.Person) directory.Confirmation {
	w.Helper()
	var c directory.Confirmation
	w.ask("POST", "/v1/confirmations", w.authorization(id, person)).into(200, &c)
	return c
}

var laptop = directory.Device{Name: "서재 노트북", Platform: "linux"}

func (w *world) signUp(id string, person practice.Person, nick string) directory.SignedIn {
	w.Helper()
	var in directory.SignedIn
	w.ask("POST", "/v1/users", directory.SignUpRequest{Ticket: w.confirm(id, person).Ticket, Nickname: nick, Device: laptop}).into(201, &in)
	return in
}

func people() []practice.Person { return practice.People() }

// claimsOf reads a token's payload without judging it.
func claimsOf(tb testing.TB, token string) (header, claims map[string]any) {
	tb.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		tb.Fatalf("no JWT: %d parts", len(parts))
	}
	for i, into := range []*map[string]any{&header, &claims} {
		b, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			tb.Fatal(err)
		}
		if err := json.Unmarshal(b, into); err != nil {
			tb.Fatal(err)
		}
	}
	return header, claims
}

// another makes a service on an engine without serving it.
func (w *world) another(e rows.Engine) (*directory.Service, error) {
	return directory.New(context.Background(), directory.Options{
		DB: rows.Open(e, rows.Options{}), Issuer: w.issuer, Secret: w.secret, Clock: w.clock, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
}
