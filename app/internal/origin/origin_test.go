package origin_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"munpae.example/munpae/app/internal/account"
	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/loopback/loopbacktest"
	"munpae.example/munpae/app/internal/origin"
	"munpae.example/munpae/app/internal/signin"
)

var (
	_ origin.UseCases = (*signin.Service)(nil)
	_ origin.Accounts = (*account.Acts)(nil)
)

func TestMain(m *testing.M) {
	status := m.Run()
	// A server that hangs up first stays for half a second, longer than goleak waits.
	err := goleak.Find()
	for range 5 {
		if err == nil {
			break
		}
		err = goleak.Find()
	}
	if status == 0 && err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		status = 1
	}
	os.Exit(status)
}

// handClock stands still until it is moved.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) AfterFunc(time.Duration, func()) func() bool {
	panic("the origin sets no timers")
}

func (c *handClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// journal is a log that may be read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

var start = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// useCases knows one person with one session, and writes down what is asked.
type useCases struct {
	mu    sync.Mutex
	calls []string
	in    app.SignedIn
	pair  app.Pair
	fails map[string]error // by method
	panic any              // Resume panics with it
	// samePair says that Merge could not make a new one.
	samePair bool
}

func newUseCases() *useCases {
	return &useCases{
		fails: map[string]error{},
		in: app.SignedIn{
			User:     app.User{ID: "u1", Nickname: "나무", CreatedAt: start.Add(-48 * time.Hour)},
			Identity: app.Identity{ID: "i1", UserID: "u1", Profile: app.Profile{Provider: "github", Login: "octocat", Key: app.IdentityKey{Issuer: "https://github.com", Subject: "583231"}}, LinkedAt: start, ConfirmedAt: start},
			Session:  app.Session{ID: "s1", UserID: "u1", IdentityID: "i1", CurrentJTI: "jti-secret", CreatedAt: start, ConfirmedAt: start, SeenAt: start, IdleUntil: start.Add(app.IdleLifetime), AbsoluteEnd: start.Add(app.AbsoluteLifetime)},
		},
		pair: app.Pair{Access: "access-1", Refresh: "refresh-1", AccessExpires: start.Add(app.AccessLifetime), RefreshExpires: start.Add(app.IdleLifetime)},
	}
}

func (u *useCases) note(call, method string) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.calls = append(u.calls, call)
	return u.fails[method]
}

func (u *useCases) fail(method string, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.fails[method] = err
}

// taken returns the calls so far and forgets them.
func (u *useCases) taken() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	calls := u.calls
	u.calls = nil
	return calls
}

func (u *useCases) Claim(context.Context) (app.SignedIn, app.Pair, error) {
	return u.in, u.pair, u.note("claim", "Claim")
}

func (u *useCases) Resume(_ context.Context, access string) (app.SignedIn, error) {
	if u.panic != nil {
		panic(u.panic)
	}
	if err := u.note("resume "+access, "Resume"); err != nil {
		return app.SignedIn{}, err
	}
	if access != "access-1" {
		return app.SignedIn{}, app.Fail(app.CodeSessionNone, nil)
	}
	return u.in, nil
}

func (u *useCases) Standing(_ context.Context, id string) (app.SignedIn, error) {
	if err := u.note("standing "+id, "Standing"); err != nil {
		return app.SignedIn{}, err
	}
	if id != u.in.Session.ID {
		return app.SignedIn{}, app.Fail(app.CodeSessionNone, nil)
	}
	return u.in, nil
}

func (u *useCases) Again(_ context.Context, id string) (app.SignedIn, app.Pair, error) {
	if err := u.note("again "+id, "Again"); err != nil {
		return app.SignedIn{}, app.Pair{}, err
	}
	if id != u.in.Session.ID {
		return app.SignedIn{}, app.Pair{}, app.Fail(app.CodeSessionNone, nil)
	}
	return u.in, u.pair, nil
}

func (u *useCases) Refresh(_ context.Context, refresh string) (app.SignedIn, app.Pair, error) {
	if err := u.note("refresh "+refresh, "Refresh"); err != nil {
		return app.SignedIn{}, app.Pair{}, err
	}
	if refresh != "refresh-1" {
		return app.SignedIn{}, app.Pair{}, app.Fail(app.CodeSessionNone, nil)
	}
	return u.in, u.pair, nil
}

func (u *useCases) Nameplates(context.Context) ([]app.Nameplate, error) {
	ben := u.in
	ben.User = app.User{ID: "u2", Nickname: "바위", CreatedAt: start}
	ben.Session.ID = "s2"
	return []app.Nameplate{{SignedIn: u.in, Current: true, Lives: true}, {SignedIn: ben}}, u.note("nameplates", "Nameplates")
}

func (u *useCases) SwitchTo(_ context.Context, userID string, tokens []string) (app.SignedIn, app.Pair, error) {
	in := u.in
	in.User.ID, in.User.Nickname, in.Session.ID = userID, "바위", "s2"
	return in, app.Pair{Access: "access-2", Refresh: "refresh-2", AccessExpires: u.pair.AccessExpires, RefreshExpires: u.pair.RefreshExpires},
		u.note("switch "+userID+" "+strings.Join(tokens, " "), "SwitchTo")
}

func (u *useCases) SignOutOf(_ context.Context, userID string) error {
	return u.note("sign out of "+userID, "SignOutOf")
}

func (u *useCases) SignOutAll(context.Context) ([]string, error) {
	return []string{"u2", "u1"}, u.note("sign out of all", "SignOutAll")
}

func (u *useCases) SignOut(_ context.Context, id string) error {
	return u.note("sign out "+id, "SignOut")
}

func (u *useCases) Rename(_ context.Context, who app.SignedIn, text string) (app.User, error) {
	user := who.User
	user.Nickname = text
	return user, u.note("rename "+text, "Rename")
}

func (u *useCases) ProposalsFor(context.Context, app.SignedIn, string) []string {
	return []string{"나무1", "나무2"}
}

func (u *useCases) DeleteAccount(_ context.Context, _ app.SignedIn, nickname string) error {
	return u.note("delete "+nickname, "DeleteAccount")
}

func (u *useCases) Sessions(_ context.Context, who app.SignedIn) ([]app.SignedIn, error) {
	other := who
	other.Session.ID = "s2"
	return []app.SignedIn{who, other}, u.note("sessions", "Sessions")
}

func (u *useCases) EndSession(_ context.Context, _ app.SignedIn, id string) error {
	return u.note("end "+id, "EndSession")
}

func (u *useCases) EndOtherSessions(_ context.Context, _ app.SignedIn, typed string) error {
	return u.note(strings.TrimSpace("end others "+typed), "EndOtherSessions")
}

func (u *useCases) Identities(context.Context, string) ([]app.Identity, error) {
	return []app.Identity{u.in.Identity}, u.note("identities", "Identities")
}

func (u *useCases) Link(_ context.Context, _ app.SignedIn, provider string) error {
	return u.note("link "+provider, "Link")
}

func (u *useCases) Unlink(_ context.Context, _ app.SignedIn, provider string) error {
	return u.note("unlink "+provider, "Unlink")
}

func (u *useCases) Merge(_ context.Context, _ app.SignedIn, nickname string) (app.SignedIn, app.Pair, error) {
	pair := app.Pair{Access: "access-2", Refresh: "refresh-2", AccessExpires: u.pair.AccessExpires, RefreshExpires: u.pair.RefreshExpires}
	if u.samePair {
		pair = app.Pair{}
	}
	return u.in, pair, u.note("merge "+nickname, "Merge")
}

func (u *useCases) Unmerge(_ context.Context, _ app.SignedIn, id string) error {
	return u.note("unmerge "+id, "Unmerge")
}

func (u *useCases) Merges(_ context.Context, who app.SignedIn) ([]app.Merge, error) {
	from := app.UserRow{User: app.User{ID: "u2", Nickname: "새싹", CreatedAt: start}}
	return []app.Merge{{From: from, Into: app.UserRow{User: who.User}, Provider: "naver", At: start, Until: start.Add(time.Hour)}}, u.note("merges", "Merges")
}

func (u *useCases) Recover(_ context.Context, typed string) error {
	return u.note("recover "+typed, "Recover")
}

func (u *useCases) MakeRecoveryCodes(context.Context, app.SignedIn) ([]string, error) {
	return []string{"7K3M-PQRS-TVWX-YZ01-2345-6789"}, u.note("make codes", "MakeRecoveryCodes")
}

func (u *useCases) RemoveRecoveryCodes(context.Context, app.SignedIn) error {
	return u.note("remove codes", "RemoveRecoveryCodes")
}

func (u *useCases) RecoveryCodes(context.Context, app.SignedIn) (app.RecoveryCodes, error) {
	return app.RecoveryCodes{Codes: []app.RecoveryCode{{Selector: "7K3MPQR", Number: 1, Verifier: "verifier", MadeAt: start, UsedAt: start}, {Number: 2, MadeAt: start}}}, u.note("codes", "RecoveryCodes")
}

func (u *useCases) Events(context.Context, string) ([]app.Event, error) {
	return []app.Event{{ID: 7, UserID: "u1", At: start, Kind: "signed_in", Detail: "github"}}, u.note("events", "Events")
}

func (u *useCases) FormerNames(context.Context, string) ([]app.FormerName, error) {
	return []app.FormerName{{Nickname: "새싹", Until: start}}, u.note("former names", "FormerNames")
}

const indexHTML = "<!doctype html><title>Munpae</title>"

// world is an origin that serves, and its window.
type world struct {
	t       testing.TB
	clock   *handClock
	log     *journal
	uses    *useCases
	origin  *origin.Origin
	address string
	host    string
	client  *http.Client
	boot    string // the boot cookie's value
	lang    app.Language
}

func serve(t testing.TB, changes ...func(*origin.Options)) *world {
	t.Helper()
	w := &world{t: t, clock: &handClock{now: start}, log: &journal{}, uses: newUseCases(), lang: app.English}
	o := origin.Options{
		Place:    origin.Place{User: "gildong", Folder: "~/other"},
		UseCases: w.uses, Accounts: w.uses, Clock: w.clock, Rand: rand.Reader, WailsOrigin: "wails://wails",
		Log:      slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Language: func() app.Language { return w.lang },
		Pages: fstest.MapFS{
			"index.html":           {Data: []byte(indexHTML)},
			"assets/index-a1b2.js": {Data: []byte("console.log(1)")},
			"assets/f/font.woff2":  {Data: []byte("font")},
			"secret.txt":           {Data: []byte("not a page")},
		},
	}
	for _, change := range changes {
		change(&o)
	}
	var err error
	if w.origin, err = origin.New(o); err != nil {
		t.Fatal(err)
	}
	w.address = w.origin.Address()
	w.host = strings.TrimPrefix(w.address, "http://")
	served := make(chan error, 1)
	go func() { served <- w.origin.Serve() }()
	transport := &http.Transport{DisableCompression: true}
	w.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := w.origin.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	w.boot = w.booted()
	return w
}

// booted opens another window and returns its boot cookie.
func (w *world) booted() string {
	w.t.Helper()
	a := w.plain("GET", strings.TrimPrefix(w.origin.BootURL(), w.address), "")
	if a.status != http.StatusOK || a.body != indexHTML {
		w.t.Fatalf("boot: %d %q", a.status, a.body)
	}
	c, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
	if err != nil || c.Name != "munpae_boot" {
		w.t.Fatalf("boot cookie: %v %v", c, err)
	}
	return c.Value
}

type answer struct {
	status int
	header http.Header
	body   string
}

// code is the code of an error answer.
func (a answer) code() app.Code {
	var e struct {
		Code app.Code `json:"code"`
	}
	_ = json.Unmarshal([]byte(a.body), &e) // not an error answer: the empty code
	return e.Code
}

func (w *world) send(req *http.Request) answer {
	w.t.Helper()
	resp, err := w.client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	a := answer{resp.StatusCode, resp.Header, string(body)}
	guarded(w.t, a)
	return a
}

func (w *world) request(method, path, body string) *http.Request {
	w.t.Helper()
	req, err := http.NewRequest(method, w.address+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	return req
}

// plain is a request of a stranger.
func (w *world) plain(method, path, body string) answer {
	w.t.Helper()
	return w.send(w.request(method, path, body))
}

// asWindow is a request as the page sends it, with the cookies that the jar holds.
func (w *world) asWindow(method, path, body string, cookies ...string) *http.Request {
	w.t.Helper()
	req := w.request(method, path, body)
	req.Header.Set("Cookie", strings.Join(append([]string{"munpae_boot=" + w.boot}, cookies...), "; "))
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if method != http.MethodGet {
		req.Header.Set("Origin", w.address)
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

func (w *world) window(method, path, body string, cookies ...string) answer {
	w.t.Helper()
	return w.send(w.asWindow(method, path, body, cookies...))
}

const signedIn = "munpae_access=access-1"

// guarded checks what HT-13 wants of every answer, and that a failure
// is a typed one that tells nothing of the inside.
func guarded(t testing.TB, a answer) {
	t.Helper()
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := a.header[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	policy := a.header.Get("Content-Security-Policy")
	for _, want := range []string{
		"default-src 'none'", "script-src 'self' wails://wails", "style-src 'self'", "img-src 'self' data:", "font-src 'self'", "connect-src 'self'",
		"form-action 'self'", "frame-src 'none'", "child-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'",
		"require-trusted-types-for 'script'", "trusted-types svelte-trusted-html",
	} {
		if !strings.Contains(policy+";", want+";") {
			t.Errorf("Content-Security-Policy lacks %q: %q", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
		t.Errorf("Content-Security-Policy: %q", policy)
	}
	for name := range a.header {
		if name == "Server" || name == "X-Powered-By" || strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("header %s", name)
		}
	}
	if a.status >= 400 {
		var e struct{ Code, Message string }
		if err := json.Unmarshal([]byte(a.body), &e); err != nil || e.Code == "" || e.Message == "" {
			t.Errorf("not a typed failure: %d %q", a.status, a.body)
		}
		for _, inside := range []string{".go", "goroutine", "/work", "SELECT", "access-1", "refresh-1"} {
			if strings.Contains(a.body, inside) {
				t.Errorf("the answer tells %q: %s", inside, a.body)
			}
		}
	}
	for _, c := range a.header["Set-Cookie"] {
		cookieAsPromised(t, c)
	}
}

// cookieAsPromised checks one Set-Cookie (CK-01).
func cookieAsPromised(t testing.TB, line string) {
	t.Helper()
	c, err := http.ParseSetCookie(line)
	if err != nil {
		t.Errorf("%q: %v", line, err)
		return
	}
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Domain != "" || c.Secure || len(c.Name)+len(c.Value) >= 4096 {
		t.Errorf("%q", line)
	}
	if c.Name != "munpae_boot" && !strings.Contains(line, "; Max-Age=") {
		t.Errorf("no Max-Age: %q", line)
	}
}

func same[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestTheOriginTakesTheKeptPortAndAnyOtherWhereThatIsNotFree(t *testing.T) {
	first := serve(t)
	taken := first.origin.Port()
	if second := serve(t, func(o *origin.Options) { o.Port = taken }); second.origin.Port() == taken {
		t.Error("two origins have one port")
	}
	free := loopbacktest.Port(t)
	if got := serve(t, func(o *origin.Options) { o.Port = free }).origin.Port(); got != free {
		t.Errorf("it took %d, want %d", got, free)
	}
}

// Cookies know no ports: at an address of its own the window's go to no other program's.
func TestDV02_TheOriginHasTheAddressThatItWasGivenAndNoOther(t *testing.T) {
	if runtime.GOOS == "darwin" {
		t.Skip("there is one loopback address only")
	}
	own := netip.MustParseAddr("127.83.12.9")
	w := serve(t, func(o *origin.Options) { o.Host = own })
	if !strings.HasPrefix(w.address, "http://127.83.12.9:") || w.origin.Host() != own {
		t.Fatalf("it is at %s", w.address)
	}
	same(t, "an act", w.window("DELETE", "/munpae/session", "{}").status, http.StatusNoContent)
	shared := fmt.Sprintf("127.0.0.1:%d", w.origin.Port())
	r := w.asWindow("GET", "/munpae/session", "")
	r.Host = shared
	same(t, "under the name of all programs", w.send(r).status, http.StatusMisdirectedRequest)
	r = w.asWindow("DELETE", "/munpae/session", "{}")
	r.Header.Set("Origin", "http://"+shared)
	same(t, "an act from the address of all programs", w.send(r).status, http.StatusForbidden)
	if c, err := net.Dial("tcp4", shared); err == nil {
		c.Close()
		t.Error("it listens on 127.0.0.1, too")
	}
	for _, host := range []string{"192.0.2.1", "::1", "0.0.0.0"} {
		if got := serve(t, func(o *origin.Options) { o.Host = netip.MustParseAddr(host) }).address; !strings.HasPrefix(got, "http://127.0.0.1:") {
			t.Errorf("%s: it is at %s", host, got)
		}
	}
}
