package redirect_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/attempt"
	"munpae.example/munpae/app/internal/loopback/loopbacktest"
	"munpae.example/munpae/app/internal/redirect"
	"munpae.example/munpae/app/internal/words"
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
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

// handClock stands still until it is moved.
type handClock struct {
	mu     sync.Mutex
	cond   *sync.Cond
	now    time.Time
	next   int
	timers map[int]timer
}

type timer struct {
	at time.Time
	f  func()
}

func newClock() *handClock {
	c := &handClock{now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), timers: map[int]timer{}}
	c.cond = sync.NewCond(&c.mu)
	return c
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) AfterFunc(d time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.next
	c.next++
	c.timers[id] = timer{c.now.Add(d), f}
	c.cond.Broadcast()
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		_, ok := c.timers[id]
		delete(c.timers, id)
		return ok
	}
}

// awaitTimer returns once something waits for the clock.
func (c *handClock) awaitTimer() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.timers) == 0 {
		c.cond.Wait()
	}
}

func (c *handClock) advance(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	var due []func()
	for id, t := range c.timers {
		if !t.at.After(c.now) {
			due = append(due, t.f)
			delete(c.timers, id)
		}
	}
	c.mu.Unlock()
	for _, f := range due {
		f()
	}
}

// asker stands where an attempt does: it answers visits, and writes them down.
type asker struct {
	mu        sync.Mutex
	arrived   int
	responses []app.AuthorizationResponse
	refusals  []string
	language  app.Language
	broken    bool // Language panics, once
	address   string
	fails     error
	onArrived func()
	onRefused func()

	onResponded func()
	ask         chan chan struct{}
}

// answer takes l's visits until the test ends.
func (a *asker) answer(t *testing.T, l attempt.Listener) {
	a.ask = make(chan chan struct{})
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	go func() {
		for {
			select {
			case v := <-l.Visits():
				a.take(v)
			case c := <-a.ask:
				close(c)
			case <-done:
				return
			}
		}
	}()
}

func (a *asker) take(v attempt.Visit) {
	a.mu.Lock()
	var then func()
	switch {
	case v.Arrived != nil:
		a.arrived++
		then = a.onArrived
	case v.Refusal != "":
		a.refusals = append(a.refusals, v.Refusal)
		then = a.onRefused
	default:
		a.responses = append(a.responses, v.Response)
		then = a.onResponded
	}
	hop := attempt.Hop{Address: a.address, Err: a.fails}
	a.mu.Unlock()
	if then != nil {
		then()
	}
	if v.Arrived != nil {
		v.Arrived <- hop
	}
}

func (a *asker) Language() app.Language {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.broken {
		a.broken = false // once
		panic("secret-in-a-panic")
	}
	return a.language
}

// settle returns once every visit so far is written down.
func (a *asker) settle() {
	c := make(chan struct{})
	a.ask <- c
	<-c
}

func (a *asker) told() (responses, refusals int) {
	a.settle()
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.responses), len(a.refusals)
}

func (a *asker) arrivals() int {
	a.settle()
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.arrived
}

const goodState = "Zk3bQ9s1-7yVtWm2LxUoPq8aRcDeFgHiJkLmNoPqRsT"

// world is one attempt at its listener.
type world struct {
	t        *testing.T
	clock    *handClock
	log      *journal
	all      *redirect.Listeners
	handler  *asker
	listener attempt.Listener
	base     string // http://127.0.0.1:PORT
}

func open(t *testing.T, changes ...func(*attempt.ListenRequest)) *world {
	t.Helper()
	return openAs(t, redirect.Options{}, changes...)
}

// openAs is open in a program of that look.
func openAs(t *testing.T, o redirect.Options, changes ...func(*attempt.ListenRequest)) *world {
	t.Helper()
	w := &world{t: t, clock: newClock(), log: &journal{}, handler: &asker{language: app.English, address: "https://github.example/authorize?x=1"}}
	o.Clock, o.Rand, o.Log = w.clock, rand.Reader, slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.all = redirect.New(o)
	request := attempt.ListenRequest{Provider: app.Provider{ID: "github", Name: "GitHub"}, Attempt: "1-0a0b0c0d", State: goodState, Language: w.handler.Language}
	for _, change := range changes {
		change(&request)
	}
	var err error
	if w.listener, err = w.all.Listen(request); err != nil {
		t.Fatal(err)
	}
	w.handler.answer(t, w.listener)
	t.Cleanup(func() {
		w.listener.Close(attempt.Outcome{})
		w.clock.advance(time.Hour) // who never came is not awaited
	})
	w.base, _, _ = strings.Cut(w.listener.RedirectURI(), "/oauth/")
	return w
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

// browser is a person's browser: it keeps cookies and shows redirects.
type browser struct {
	t      *testing.T
	client *http.Client
}

func newBrowser(t *testing.T) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{t, &http.Client{Jar: jar, Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type answer struct {
	status int
	header http.Header
	body   string // as a person reads it: entities resolved
	raw    string
}

func (b *browser) do(method, address string) answer {
	b.t.Helper()
	a, err := b.try(method, address)
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

func (b *browser) try(method, address string) (answer, error) {
	req, err := http.NewRequest(method, address, nil)
	if err != nil {
		return answer{}, err
	}
	resp, err := b.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, html.UnescapeString(string(body)), string(body)}, err
}

func (b *browser) get(address string) answer {
	b.t.Helper()
	return b.do(http.MethodGet, address)
}

// arrived is a browser that went through the first hop.
func (w *world) arrived() *browser {
	w.t.Helper()
	b := newBrowser(w.t)
	if a := b.get(w.listener.FirstHop()); a.status != http.StatusFound || a.header.Get("Location") != w.handler.address {
		w.t.Fatalf("first hop: %d, Location %q", a.status, a.header.Get("Location"))
	}
	return b
}

func (w *world) callback(query string) string { return w.listener.RedirectURI() + "?" + query }

// stillPending checks that nothing was reported and that the genuine response of
// b still counts.
func (w *world) stillPending(b *browser) {
	w.t.Helper()
	if r, e := w.handler.told(); r != 0 || e != 0 {
		w.t.Fatalf("a stray hit was reported: %d responses, %d refusals", r, e)
	}
	a := b.get(w.callback("code=genuine&state=" + goodState))
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/oauth/done/" {
		w.t.Fatalf("the genuine response: %d %q", a.status, a.header.Get("Location"))
	}
	if r, _ := w.handler.told(); r != 1 || w.handler.responses[0].Code != "genuine" {
		w.t.Fatalf("responses: %+v", w.handler.responses)
	}
}

// refused checks a page that turns a stray hit away.
func refused(t *testing.T, a answer, status int) {
	t.Helper()
	if a.status != status {
		t.Errorf("status %d, want %d", a.status, status)
	}
	if status != http.StatusGone && !strings.Contains(a.body, "The app is still waiting") {
		t.Errorf("the page does not say that the app is still waiting: %q", a.body)
	}
	if strings.Contains(a.raw, goodState) || len(a.header["Set-Cookie"]) > 0 {
		t.Error("the page gives something away")
	}
	guarded(t, a.header)
}

// guarded checks the headers of every answer.
func guarded(t *testing.T, h http.Header) {
	t.Helper()
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if p := h.Get("Content-Security-Policy"); !strings.HasPrefix(p, "default-src 'none'; ") || strings.Contains(p, "script") || strings.Contains(p, "unsafe") {
		t.Errorf("Content-Security-Policy: %q", p)
	}
	for name := range h {
		if name == "Server" || strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("header %s", name)
		}
	}
}

func TestCB01_NothingListensAfterTheSignIn(t *testing.T) {
	w := open(t)
	w.listener.Close(attempt.Outcome{})
	if _, err := newBrowser(t).try(http.MethodGet, w.callback("code=x&state="+goodState)); err == nil {
		t.Fatal("the port still answers")
	}
}

func TestCB02_AMalformedResponseLeavesTheSignInPending(t *testing.T) {
	w := open(t)
	b := w.arrived()
	for _, query := range []string{
		"state=" + goodState,
		"code=&state=" + goodState,
		"code=a&code=b&state=" + goodState,
		"code=a&code=a&state=" + goodState,
		"code=a&state=" + goodState + "&state=" + goodState,
		"code=a&error=access_denied&state=" + goodState,
		"error=&state=" + goodState,
		"error=a&error=b&state=" + goodState,
		"code=a&iss=&state=" + goodState,
		"code=a%00b&state=" + goodState,
		"code=a+b&state=" + goodState,
		"code=a%ffb&state=" + goodState,
		"code=a%zz&state=" + goodState,
		"code=a;b&state=" + goodState,
		"code=" + strings.Repeat("a", 4097) + "&state=" + goodState,
	} {
		a := b.get(w.callback(query))
		refused(t, a, http.StatusBadRequest)
		if !strings.Contains(a.body, "could not be read") {
			t.Errorf("%.60q: not the words of bad_callback", query)
		}
	}
	w.stillPending(b)
}

func TestCB03_FiftyStrayCallbacksDoNotEndTheSignIn(t *testing.T) {
	w := open(t)
	b := w.arrived()
	for i := range 50 {
		refused(t, b.get(w.callback(fmt.Sprintf("code=a&state=guess%d", i))), http.StatusBadRequest)
	}
	throttled := 0
	for i := range 30 {
		a := b.get(w.callback(fmt.Sprintf("code=a&state=more%d", i)))
		guarded(t, a.header)
		if a.status == http.StatusTooManyRequests {
			throttled++
			if !strings.Contains(a.body, "The app is still waiting") {
				t.Errorf("throttled without clear words: %q", a.body)
			}
		}
	}
	if throttled == 0 {
		t.Error("a flood is not throttled")
	}
	w.stillPending(b)
}

// Sockets that are held open make room for the person's browser, and what it
// waits for is not cut off by those that come later.
func TestCB03_AFloodLeavesTheSignInPending(t *testing.T) {
	w := open(t)
	flood := func(says string) {
		for range 200 {
			c, err := net.Dial("tcp4", strings.TrimPrefix(w.base, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			io.WriteString(c, says) // it may have been hung up on already
		}
	}
	const half, bodyless = "GET /oauth/done/ HTTP/1.1\r\nHost: x\r\nX-", "GET /oauth/done/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
	flood(half)
	w.handler.onArrived = func() { flood(bodyless) } // while the provider's address is looked for
	b := w.arrived()
	w.stillPending(b)
	page := make(chan error, 1)
	go func() {
		_, err := b.try(http.MethodGet, w.base+"/oauth/done/")
		page <- err
	}()
	w.clock.awaitTimer()
	flood(bodyless)
	w.listener.Finish(attempt.Outcome{Result: attempt.ResultNickname})
	if err := <-page; err != nil {
		t.Errorf("the page that waited: %v", err)
	}
}

func TestCB04_AnErrorWithoutStateLeavesTheSignInPending(t *testing.T) {
	w := open(t)
	b := w.arrived()
	refused(t, b.get(w.callback("error=access_denied")), http.StatusBadRequest)
	refused(t, b.get(w.callback("error=access_denied&state=")), http.StatusBadRequest)
	refused(t, b.get(w.callback("error=access_denied&state=other")), http.StatusBadRequest)
	w.stillPending(b)
}

func TestCB04_AnErrorFromAnotherBrowserLeavesTheSignInPending(t *testing.T) {
	w := open(t)
	b := w.arrived()
	refused(t, newBrowser(t).get(w.callback("error=access_denied&state="+goodState)), http.StatusForbidden)
	w.stillPending(b)
}

func TestCB05_ARefusalEndsTheSignInAndThePageSaysCancelled(t *testing.T) {
	w := open(t)
	w.handler.onRefused = func() {
		w.listener.Finish(attempt.Outcome{Problem: &app.Problem{Code: app.CodeProviderDenied, Params: app.Params{"provider": "GitHub"}, Support: "K7-41"}})
	}
	b := w.arrived()
	a := b.get(w.callback("error=access_denied&error_description=no&state=" + goodState))
	if a.status != http.StatusSeeOther {
		t.Fatalf("status %d", a.status)
	}
	if _, refusals := w.handler.told(); refusals != 1 || w.handler.refusals[0] != "access_denied" {
		t.Fatalf("refusals: %v", w.handler.refusals)
	}
	a = b.get(w.base + "/oauth/done/")
	if a.status != http.StatusOK || !strings.Contains(a.body, "Sign-in cancelled") || !strings.Contains(a.body, "K7-41") {
		t.Fatalf("%d: %s", a.status, a.body)
	}
	guarded(t, a.header)
}

func TestCB06_OtherMethodsLeaveTheSignInPending(t *testing.T) {
	w := open(t)
	b := w.arrived()
	for _, method := range []string{"POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} {
		for _, address := range []string{w.callback("code=a&state=" + goodState), w.base + "/oauth/done/", w.listener.FirstHop()} {
			if a := b.do(method, address); a.status != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: %d", method, address, a.status)
			}
		}
	}
	if n := w.handler.arrivals(); n != 1 {
		t.Errorf("the browser arrived %d times", n)
	}
	w.stillPending(b)
}

func TestCB07_OtherPathsLeaveTheSignInPending(t *testing.T) {
	w := open(t)
	b := w.arrived()
	good := "?code=a&state=" + goodState
	for _, path := range []string{
		"/", "/favicon.ico", "/robots.txt", "/oauth/github/callback", "/oauth/github/callback/x/", "/oauth/github/callback//", "//oauth/github/callback/",
		"/oauth/./github/callback/", "/oauth/%67ithub/callback/..%2f", "/oauth%2fgithub/callback/", "/oauth/GitHub/callback/", "/oauth/done", "/oauth/github/login", "/oauth//callback/",
	} {
		if a := b.get(w.base + path + good); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	w.stillPending(b)
}

func TestCB08_TheResponseCountsOnce(t *testing.T) {
	w := open(t)
	b := w.arrived()
	address := w.callback("code=genuine&state=" + goodState)
	w.stillPending(b)
	for range 3 {
		refused(t, b.get(address), http.StatusGone)
		refused(t, newBrowser(t).get(address), http.StatusGone)
	}
	refused(t, b.get(w.callback("error=access_denied&state="+goodState)), http.StatusGone)
	refused(t, b.get(w.listener.FirstHop()), http.StatusGone)
	if r, e := w.handler.told(); r != 1 || e != 0 {
		t.Fatalf("%d responses, %d refusals", r, e)
	}
}

func TestCB08_OfManyAtOnceOneCounts(t *testing.T) {
	w := open(t)
	b := w.arrived()
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			a, err := b.try(http.MethodGet, w.callback("code=genuine&state="+goodState))
			if err != nil || a.status != http.StatusSeeOther && a.status != http.StatusGone {
				t.Errorf("%d, %v", a.status, err)
			}
		})
	}
	group.Wait()
	if r, _ := w.handler.told(); r != 1 {
		t.Fatalf("%d responses", r)
	}
}

func TestCB09_AfterTheEndTheResponseIsTooLate(t *testing.T) {
	w := open(t)
	b := w.arrived()
	w.listener.Finish(attempt.Outcome{Problem: &app.Problem{Code: app.CodeSignInExpired, Support: "A1-23"}})
	a := b.get(w.callback("code=late&state=" + goodState))
	if a.status != http.StatusGone || !strings.Contains(a.body, "A1-23") {
		t.Fatalf("%d: %s", a.status, a.body)
	}
	if r, _ := w.handler.told(); r != 0 {
		t.Fatal("a late response was reported")
	}
}

func TestCB10_WhatAProviderSendsStaysText(t *testing.T) {
	w := open(t)
	b := w.arrived()
	long := url.QueryEscape("<script>alert(1)</script>\r\nSet-Cookie: a=b\u202e" + strings.Repeat("가", 8<<10/9))
	a := b.get(w.callback("error=access_denied&state=" + goodState + "&error_description=" + long))
	if a.status != http.StatusSeeOther {
		t.Fatalf("status %d", a.status)
	}
	guarded(t, a.header)
	if len(a.header["Set-Cookie"]) > 0 {
		t.Error("a header was injected")
	}
	var said struct{ Description string }
	for line := range strings.Lines(w.log.String()) {
		if strings.Contains(line, "description") {
			if err := json.Unmarshal([]byte(line), &said); err != nil {
				t.Fatal(err)
			}
		}
	}
	if d := said.Description; d == "" || len([]rune(d)) > 200 || strings.ContainsAny(d, "\r\n\u202e") {
		t.Errorf("description: %q", d)
	}
	w.listener.Finish(attempt.Outcome{Result: attempt.ResultNickname, Account: `<img src=x onerror="alert(1)">` + "\u202e" + strings.Repeat("x", 500)})
	a = b.get(w.base + "/oauth/done/")
	if strings.Contains(a.raw, "<img") || !strings.Contains(a.raw, "&lt;img") || len(a.body) > 8<<10 {
		t.Errorf("not escaped or cut: %s", a.raw)
	}
	guarded(t, a.header)
}

func TestCB11_TheCodeLeavesTheAddressBar(t *testing.T) {
	w := open(t)
	b := w.arrived()
	a := b.get(w.callback("code=genuine&state=" + goodState))
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/oauth/done/" || a.raw != "" {
		t.Fatalf("%d %q %q", a.status, a.header.Get("Location"), a.raw)
	}
	guarded(t, a.header)
}

func TestCB12_BusyPortsAreNamed(t *testing.T) {
	var ports []int
	for range 5 {
		ln, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		ports = append(ports, ln.Addr().(*net.TCPAddr).Port)
	}
	all := redirect.New(redirect.Options{Clock: newClock(), Rand: rand.Reader, Log: slog.New(slog.DiscardHandler)})
	_, err := all.Listen(attempt.ListenRequest{Provider: app.Provider{ID: "naver", Ports: ports}, Attempt: "1", State: goodState})
	if app.CodeOf(err) != app.CodePortInUse {
		t.Fatalf("error %v", err)
	}
	for _, p := range ports {
		if !strings.Contains(app.ParamsOf(err)["ports"], fmt.Sprint(p)) {
			t.Errorf("port %d is not named: %q", p, app.ParamsOf(err)["ports"])
		}
	}
}

// A port that browsers refuse is no other program's, and is not said to be.
func TestCB12_PortsThatBrowsersRefuseAreNamedAsSuch(t *testing.T) {
	busy, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	taken := busy.Addr().(*net.TCPAddr).Port
	all := redirect.New(redirect.Options{Clock: newClock(), Rand: rand.Reader, Log: slog.New(slog.DiscardHandler)})
	for _, c := range []struct {
		ports []int
		code  app.Code
		named string
	}{
		{[]int{5060, 5061, 6000}, app.CodePortsRefused, "5060, 5061, 6000"},
		{[]int{5060, taken}, app.CodePortInUse, fmt.Sprint(taken)},
	} {
		_, err := all.Listen(attempt.ListenRequest{Provider: app.Provider{ID: "naver", Ports: c.ports}, Attempt: "1", State: goodState})
		if app.CodeOf(err) != c.code || app.ParamsOf(err)["ports"] != c.named {
			t.Errorf("%v: %v, %v", c.ports, err, app.ParamsOf(err))
		}
	}
}

// A service worker that another program left at the fixed port sees no first hop, and
// the browser's next look for a newer one ends it.
func TestFP03_TheFirstHopOfAFixedPortIsElsewhere(t *testing.T) {
	port := loopbacktest.Port(t)
	w := open(t, func(r *attempt.ListenRequest) { r.Provider.Ports = []int{port} })
	if strings.HasPrefix(w.listener.FirstHop(), w.base+"/") || !strings.HasPrefix(w.listener.FirstHop(), "http://127.0.0.1:") {
		t.Fatalf("first hop %s, redirect URI %s", w.listener.FirstHop(), w.listener.RedirectURI())
	}
	b := newBrowser(t)
	query := w.listener.FirstHop()[strings.Index(w.listener.FirstHop(), "?"):]
	refused(t, b.get(w.base+"/oauth/github/login/"+query), http.StatusNotFound)
	first, _, _ := strings.Cut(w.listener.FirstHop(), "/oauth/")
	refused(t, b.get(first+"/oauth/github/callback/?code=a&state="+goodState), http.StatusBadRequest)
	refused(t, b.get(first+"/oauth/done/"), http.StatusNotFound)
	if status, _ := raw(t, first, "GET /oauth/github/login/"+query+" HTTP/1.1\r\nHost: "+strings.TrimPrefix(w.base, "http://")+"\r\n\r\n"); status != http.StatusMisdirectedRequest {
		t.Errorf("the other listener's name is answered %d", status)
	}
	w.stillPending(w.arrived())
}

func TestFP03_AServiceWorkersScriptEndsItself(t *testing.T) {
	w := open(t, func(r *attempt.ListenRequest) { r.Provider.Ports = []int{loopbacktest.Port(t)} })
	b := w.arrived()
	for _, path := range []string{"/sw.js", "/oauth/github/callback/", "/anything/else.js?x=1"} {
		req, err := http.NewRequest(http.MethodGet, w.base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Service-Worker", "script")
		resp, err := b.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/javascript") || !strings.Contains(string(body), "unregister") {
			t.Errorf("%s: %d %v %q", path, resp.StatusCode, resp.Header, body)
		}
	}
	w.stillPending(b)
}

func TestFP04_TheBrowserForgetsWhatAFormerOwnerOfAFixedPortLeft(t *testing.T) {
	for name, ports := range map[string][]int{`"cache", "storage"`: {loopbacktest.Port(t)}, "": nil} {
		w := open(t, func(r *attempt.ListenRequest) { r.Provider.Ports = ports })
		a := w.arrived().get(w.callback("error=access_denied&state=" + goodState))
		if got := a.header.Get("Clear-Site-Data"); a.status != http.StatusSeeOther || got != name {
			t.Errorf("ports %v: %d, Clear-Site-Data %q, want %q", ports, a.status, got, name)
		}
	}
}

// Five sign-ins in a row, each to its end, do not use up the five ports.
func TestFP02_OneSignInAfterAnotherFindsAFixedPort(t *testing.T) {
	ports := loopbacktest.Ports(t, 2)
	for range 8 {
		w := open(t, func(r *attempt.ListenRequest) { r.Provider.Ports = ports })
		b := w.arrived()
		w.stillPending(b)
		w.listener.Finish(attempt.Outcome{Result: attempt.ResultSignedIn, Nickname: "Nora"})
		if a := b.get(w.base + "/oauth/done/"); a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
}

func TestCB12_TheFirstFreePortIsTaken(t *testing.T) {
	busy, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	port := loopbacktest.Port(t)
	w := open(t, func(r *attempt.ListenRequest) { r.Provider.Ports = []int{busy.Addr().(*net.TCPAddr).Port, port} })
	if want := fmt.Sprintf("http://127.0.0.1:%d/oauth/github/callback/", port); w.listener.RedirectURI() != want {
		t.Fatalf("redirect URI %q, want %q", w.listener.RedirectURI(), want)
	}
}

func TestCB13_ACancelFreesThePortAtOnce(t *testing.T) {
	w := open(t)
	host := strings.TrimPrefix(w.base, "http://")
	w.listener.Close(attempt.Outcome{})
	ln, err := net.Listen("tcp4", host)
	if err != nil {
		t.Fatalf("the port is still taken: %v", err)
	}
	ln.Close()
}

func TestCB13_ACancelIsToldToThePageThatWaits(t *testing.T) {
	w := open(t)
	b := w.arrived()
	w.stillPending(b)
	page := make(chan answer, 1)
	go func() {
		a, _ := b.try(http.MethodGet, w.base+"/oauth/done/")
		page <- a
	}()
	w.clock.awaitTimer()
	w.listener.Close(attempt.Outcome{Problem: &app.Problem{Code: app.CodeProviderDenied}})
	if a := <-page; a.status != http.StatusOK || !strings.Contains(a.body, "Sign-in cancelled") {
		t.Fatalf("%d: %s", a.status, a.body)
	}
}

// Somebody presses Cancel in the moment in which the browser goes from the redirect
// URI to the page that tells what came of it.
func TestCB13_ACancelIsToldToABrowserThatIsOnItsWay(t *testing.T) {
	for name, ports := range map[string][]int{"any port": nil, "a fixed port": {loopbacktest.Port(t)}} {
		t.Run(name, func(t *testing.T) {
			w := open(t, func(r *attempt.ListenRequest) { r.Provider.Ports = ports })
			b := w.arrived()
			w.handler.onResponded = func() {
				w.listener.Close(attempt.Outcome{Problem: &app.Problem{Code: app.CodeProviderDenied}})
			}
			w.stillPending(b)
			a, err := b.try(http.MethodGet, w.base+"/oauth/done/")
			if err != nil || a.status != http.StatusOK || !strings.Contains(a.body, "Sign-in cancelled") {
				t.Fatalf("%v %d: %s", err, a.status, a.body)
			}
		})
	}
}

// The next sign-in awaits a fixed port for 500 ms: it is free after half of that.
func TestCB13_ABrowserThatNeverArrivesKeepsAFixedPortForAMoment(t *testing.T) {
	port := loopbacktest.Port(t)
	w := open(t, func(r *attempt.ListenRequest) { r.Provider.Ports = []int{port} })
	w.stillPending(w.arrived())
	w.listener.Close(attempt.Outcome{Problem: &app.Problem{Code: app.CodeSignInReplaced}})
	w.clock.advance(250 * time.Millisecond)
	next, err := w.all.Listen(attempt.ListenRequest{Provider: app.Provider{ID: "github", Name: "GitHub", Ports: []int{port}}, Attempt: "2-00000000", State: strings.Repeat("s", 43), Language: w.handler.Language})
	if err != nil {
		t.Fatal(err)
	}
	next.Close(attempt.Outcome{})
}

func TestCB14_ALateResponseOfAReplacedSignInIsTold(t *testing.T) {
	port := loopbacktest.Port(t)
	w := open(t, func(r *attempt.ListenRequest) { r.Provider.Ports = []int{port} })
	b := w.arrived()
	host := w.base
	w.listener.Close(attempt.Outcome{Problem: &app.Problem{Code: app.CodeSignInReplaced}})
	second := &asker{language: app.English, address: "https://github.example/second"}
	next, err := w.all.Listen(attempt.ListenRequest{Provider: app.Provider{ID: "github", Name: "GitHub", Ports: []int{port}}, Attempt: "2-00000000", State: strings.Repeat("s", 43), Language: second.Language})
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close(attempt.Outcome{})
	second.answer(t, next)
	refused(t, b.get(host+"/oauth/github/callback/?code=late&state="+goodState), http.StatusGone)
	if r, e := second.told(); r+e != 0 {
		t.Fatal("the second attempt was told of the first one's response")
	}
}

func TestCB15_OnlyLoopbackIsBound(t *testing.T) {
	w := open(t)
	host, port, err := net.SplitHostPort(strings.TrimPrefix(w.base, "http://"))
	if err != nil || host != "127.0.0.1" {
		t.Fatalf("%q %v", host, err)
	}
	for _, other := range []string{"127.0.0.2", "::1"} {
		if c, err := net.Dial("tcp", net.JoinHostPort(other, port)); err == nil {
			c.Close()
			t.Errorf("%s answers too", other)
		}
	}
}

// raw sends bytes and returns the status of the answer, 0 if there was none.
func raw(t *testing.T, base, text string) (status int, header http.Header) {
	t.Helper()
	c, err := net.Dial("tcp4", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, nil
	}
	resp.Body.Close()
	return resp.StatusCode, resp.Header
}

func TestCB16_OtherHostsAreMisdirected(t *testing.T) {
	w := open(t)
	b := w.arrived()
	port := strings.TrimPrefix(w.base, "http://127.0.0.1:")
	path := "/oauth/github/callback/?code=a&state=" + goodState
	for text, want := range map[string]int{
		"GET " + path + " HTTP/1.1\r\nHost: localhost:" + port + "\r\n\r\n":                                          421,
		"GET " + path + " HTTP/1.1\r\nHost: evil.com:" + port + "\r\n\r\n":                                           421,
		"GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n":                                                       421,
		"GET " + path + " HTTP/1.1\r\nHost:\r\n\r\n":                                                                 421,
		"GET " + path + " HTTP/1.0\r\n\r\n":                                                                          421,
		"GET " + path + " HTTP/1.1\r\n\r\n":                                                                          400,
		"GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\nHost: evil.com\r\n\r\n":                        400,
		"GET " + w.base + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n\r\n":                                 400,
		"GET http://evil.com" + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n\r\n":                           400,
		"GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\nUpgrade: websocket\r\n\r\n":                    400,
		"CONNECT 127.0.0.1:" + port + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n\r\n":                            405,
		"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n\r\n":                                                 400,
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n":                                                                           405,
		"GET " + path + "\r\n\r\n":                                                                                   400,
		"GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\nX: " + strings.Repeat("a", 2<<20) + "\r\n\r\n": 431,
	} {
		got, header := raw(t, w.base, text)
		if got != want {
			t.Errorf("%.60q: %d, want %d", text, got, want)
		}
		guarded(t, header)
	}
	w.stillPending(b)
}

func TestST01_OnlyTheExactStateCounts(t *testing.T) {
	w := open(t)
	b := w.arrived()
	flipped := []byte(goodState)
	flipped[20] ^= 1
	for _, state := range []string{"", string(flipped), goodState[:42], goodState + "A", strings.ToUpper(goodState), " " + goodState, goodState + "%00"} {
		a := b.get(w.callback("code=a&state=" + strings.ReplaceAll(state, " ", "%20")))
		refused(t, a, http.StatusBadRequest)
		if !strings.Contains(a.body, "does not belong to the sign-in") {
			t.Errorf("%q: not the words of state_mismatch", state)
		}
	}
	refused(t, b.get(w.callback("code=a")), http.StatusBadRequest)
	w.stillPending(b)
}

func TestST02_AUsedStateIsUsedUp(t *testing.T) {
	w := open(t)
	b := w.arrived()
	w.stillPending(b)
	refused(t, b.get(w.callback("code=other&state="+goodState)), http.StatusGone)
	if r, _ := w.handler.told(); r != 1 {
		t.Fatalf("%d responses", r)
	}
}

func TestST03_AStateOfAnotherLaunchIsStray(t *testing.T) {
	first, second := open(t), open(t, func(r *attempt.ListenRequest) { r.State = strings.Repeat("q", 43) })
	b := second.arrived()
	first.listener.Close(attempt.Outcome{})
	refused(t, b.get(second.callback("code=a&state="+goodState)), http.StatusBadRequest)
	if r, e := second.handler.told(); r+e != 0 {
		t.Fatal("reported")
	}
}

func TestST06_AStateAtAnotherProvidersAddressIsStray(t *testing.T) {
	w := open(t)
	b := w.arrived()
	refused(t, b.get(w.base+"/oauth/naver/callback/?code=a&state="+goodState), http.StatusBadRequest)
	w.stillPending(b)
}

func TestST08_TheIssuerIsPassedOnAndAnotherThanTheProvidersIsAnswered400(t *testing.T) {
	for iss, want := range map[string]int{"https://github.example": http.StatusSeeOther, "https://evil.example": http.StatusBadRequest} {
		w := open(t, func(r *attempt.ListenRequest) { r.Provider.Issuers = []string{"https://github.example"} })
		w.handler.onResponded = func() {
			w.listener.Finish(attempt.Outcome{Problem: &app.Problem{Code: app.CodeIssuerMismatch, Support: "A1-23"}})
		}
		b := w.arrived()
		a := b.get(w.callback("code=genuine&iss=" + url.QueryEscape(iss) + "&state=" + goodState))
		if r, _ := w.handler.told(); r != 1 || w.handler.responses[0].Issuer != iss {
			t.Fatalf("responses: %+v", w.handler.responses)
		}
		if a.status != want || strings.Contains(a.body, "A1-23") != (want == http.StatusBadRequest) {
			t.Errorf("%s: %d %s", iss, a.status, a.body)
		}
	}
}

func TestST08_ARefusalByAnotherIssuerIsNotTheProviders(t *testing.T) {
	w := open(t)
	w.handler.onResponded = func() {
		w.listener.Finish(attempt.Outcome{Problem: &app.Problem{Code: app.CodeIssuerMismatch}})
	}
	b := w.arrived()
	if a := b.get(w.callback("error=access_denied&iss=https%3A%2F%2Fevil.example&state=" + goodState)); a.status != http.StatusBadRequest {
		t.Errorf("status %d", a.status)
	}
	if responses, refusals := w.handler.told(); responses != 1 || refusals != 0 {
		t.Errorf("%d responses, %d refusals", responses, refusals)
	}
}

func TestST09_TwoIssuersAreMalformed(t *testing.T) {
	w := open(t)
	b := w.arrived()
	refused(t, b.get(w.callback("code=a&iss=https%3A%2F%2Fgithub.com&iss=https%3A%2F%2Fevil.example&state="+goodState)), http.StatusBadRequest)
	w.stillPending(b)
}

func TestTheFirstHopNeedsItsNonce(t *testing.T) {
	w := open(t)
	b := newBrowser(t)
	for _, query := range []string{"", "?n=", "?n=guess", "?n=guess&n=guess", "?" + strings.SplitN(w.listener.FirstHop(), "?", 2)[1] + "&n=x"} {
		refused(t, b.get(w.base+"/oauth/github/login/"+query), http.StatusBadRequest)
	}
	if n := w.handler.arrivals(); n != 0 {
		t.Fatal("a browser without the nonce was reported")
	}
	w.arrived()
}

func TestTheFirstHopSetsItsCookieExactly(t *testing.T) {
	w := open(t)
	a := newBrowser(t).get(w.listener.FirstHop())
	guarded(t, a.header)
	if len(a.header["Set-Cookie"]) != 1 {
		t.Fatalf("cookies: %v", a.header["Set-Cookie"])
	}
	c, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "munpae_signin_1-0a0b0c0d" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/oauth/" || c.MaxAge != 600 || c.Domain != "" || c.Secure || len(c.Value) != 43 {
		t.Errorf("cookie %+v", c)
	}
}

// The person opened the address in two browsers; either may finish.
func TestEveryBrowserOfTheFirstHopMayFinish(t *testing.T) {
	for name, pick := range map[string]int{"the first": 0, "the second": 1, "the first, opened again": 2} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			browsers := []*browser{w.arrived(), w.arrived()}
			browsers[0].get(w.listener.FirstHop())
			w.stillPending(browsers[pick%2])
		})
	}
}

func TestAResponseWithoutTheFirstHopsCookieLeavesTheSignInPending(t *testing.T) {
	w := open(t)
	b := w.arrived()
	u, err := url.Parse(w.base)
	if err != nil {
		t.Fatal(err)
	}
	other := newBrowser(t)
	other.client.Jar.SetCookies(u, []*http.Cookie{{Name: "of_another_program", Value: "x", Path: "/"}})
	a := other.get(w.callback("code=stolen&state=" + goodState))
	refused(t, a, http.StatusForbidden)
	if !strings.Contains(a.body, "This is not the browser that the sign-in began in.") {
		t.Errorf("not the words of browser_mismatch: %s", a.body)
	}
	w.stillPending(b)
}

// A browser that sends no cookie at all is most likely the one that it began in: the
// advice to open the address there again would lead in a circle.
func TestABrowserThatBlocksCookiesIsToldSo(t *testing.T) {
	for l, want := range map[app.Language][2]string{app.English: {"sent no cookie", "in another browser"}, app.Korean: {"쿠키를 보내지 않아", "다른 브라우저에서"}} {
		w := open(t)
		w.handler.language = l
		b := w.arrived()
		blocking := newBrowser(t)
		blocking.client.Jar = nil
		if a := blocking.get(w.listener.FirstHop()); a.status != http.StatusFound {
			t.Fatalf("first hop: %d", a.status)
		}
		a := blocking.get(w.callback("code=mine&state=" + goodState))
		if a.status != http.StatusForbidden || !strings.Contains(a.body, want[0]) || !strings.Contains(a.body, want[1]) || strings.Contains(a.body, "not the browser") {
			t.Errorf("%d: %s", a.status, a.body)
		}
		w.stillPending(b)
	}
}

// Another port on this host may plant a cookie beside ours; it must not keep the
// person out.
func TestAPlantedCookieBesideOursDoesNoHarm(t *testing.T) {
	w := open(t)
	b := w.arrived()
	u, err := url.Parse(w.base + "/oauth/github/callback/")
	if err != nil {
		t.Fatal(err)
	}
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: "munpae_signin_1-0a0b0c0d", Value: "planted", Path: "/oauth/github/callback/"}})
	w.stillPending(b)
}

func TestTheFirstHopSaysWhyItCannotGoOn(t *testing.T) {
	w := open(t)
	w.handler.fails = app.Fail(app.CodeDNSFailed, nil)
	page := make(chan answer, 1)
	go func() {
		a, _ := newBrowser(t).try(http.MethodGet, w.listener.FirstHop())
		page <- a
	}()
	w.clock.awaitTimer() // nobody says more
	w.clock.advance(2 * time.Second)
	a := <-page
	if a.status != http.StatusBadGateway || !strings.Contains(a.body, "Sign-in did not work") || len(a.header["Set-Cookie"]) > 0 {
		t.Fatalf("%d: %s", a.status, a.body)
	}
}

// The attempt ends; the page then has its support code.
func TestTheFirstHopTellsTheOutcomeOfAnAttemptThatFailedThere(t *testing.T) {
	w := open(t)
	w.handler.fails = app.Fail(app.CodeDNSFailed, nil)
	w.handler.onArrived = func() {
		w.listener.Finish(attempt.Outcome{Problem: &app.Problem{Code: app.CodeDNSFailed, Support: "H4-07"}})
	}
	a := newBrowser(t).get(w.listener.FirstHop())
	if a.status != http.StatusBadGateway || !strings.Contains(a.body, "H4-07") {
		t.Fatalf("%d: %s", a.status, a.body)
	}
	ln, err := net.Listen("tcp4", strings.TrimPrefix(w.base, "http://"))
	if err != nil {
		t.Fatalf("the port is still taken: %v", err)
	}
	ln.Close()
}

func TestAPanicIsAPageAndTheSignInStaysPending(t *testing.T) {
	w := open(t)
	b := w.arrived()
	w.handler.broken = true
	a := newBrowser(t).get(w.base + "/")
	if a.status != http.StatusInternalServerError || strings.Contains(a.body, "secret-in-a-panic") || strings.Contains(a.body, "goroutine") {
		t.Fatalf("%d: %s", a.status, a.body)
	}
	guarded(t, a.header)
	if log := w.log.String(); strings.Count(log, `"msg":"panic"`) != 1 || strings.Contains(log, "secret-in-a-panic") {
		t.Errorf("the log: %s", log)
	}
	w.stillPending(b)
}

func TestThePageIsHeldUntilTheAppHasFinished(t *testing.T) {
	w := open(t)
	b := w.arrived()
	w.stillPending(b)
	page := make(chan answer, 1)
	go func() {
		a, _ := b.try(http.MethodGet, w.base+"/oauth/done/")
		page <- a
	}()
	w.clock.awaitTimer()
	select {
	case a := <-page:
		t.Fatalf("not held: %d %s", a.status, a.body)
	default:
	}
	w.listener.Finish(attempt.Outcome{Result: attempt.ResultSignedIn, Account: "octocat", Nickname: "나무"})
	a := <-page
	if a.status != http.StatusOK || !strings.Contains(a.body, "Signed in as 나무") || !strings.Contains(a.body, "octocat") {
		t.Fatalf("%d: %s", a.status, a.body)
	}
	guarded(t, a.header)
}

func TestAfterTwentySecondsThePageAsksAgainByItself(t *testing.T) {
	w := open(t)
	b := w.arrived()
	w.stillPending(b)
	page := make(chan answer, 1)
	go func() {
		a, _ := b.try(http.MethodGet, w.base+"/oauth/done/")
		page <- a
	}()
	w.clock.awaitTimer()
	w.clock.advance(20 * time.Second)
	a := <-page
	if a.status != http.StatusOK || !strings.Contains(a.header.Get("Refresh"), "url=/oauth/done/") || !strings.Contains(a.body, `http-equiv="refresh"`) {
		t.Fatalf("%d %v: %s", a.status, a.header, a.body)
	}
	w.listener.Finish(attempt.Outcome{Result: attempt.ResultNickname, Account: "octocat"})
	if a = b.get(w.base + "/oauth/done/"); !strings.Contains(a.body, "Choose a nickname in the app") || a.header.Get("Refresh") != "" {
		t.Fatalf("%d: %s", a.status, a.body)
	}
}

func TestOnlyTheBrowserThatSignedInSeesTheOutcome(t *testing.T) {
	w := open(t)
	b := w.arrived()
	w.stillPending(b)
	w.listener.Finish(attempt.Outcome{Result: attempt.ResultSignedIn, Account: "octocat", Nickname: "나무"})
	a := newBrowser(t).get(w.base + "/oauth/done/")
	if a.status != http.StatusForbidden || strings.Contains(a.body, "octocat") || strings.Contains(a.body, "나무") {
		t.Fatalf("%d: %s", a.status, a.body)
	}
	if a = b.get(w.base + "/oauth/done/"); !strings.Contains(a.body, "나무") {
		t.Fatalf("%d: %s", a.status, a.body)
	}
}

func TestTheListenerClosesOnceTheOutcomeWasDelivered(t *testing.T) {
	w := open(t)
	b := w.arrived()
	w.stillPending(b)
	w.listener.Finish(attempt.Outcome{Result: attempt.ResultSignedIn, Nickname: "나무"})
	if a := b.get(w.base + "/oauth/done/"); a.status != http.StatusOK {
		t.Fatalf("status %d", a.status)
	}
	ln, err := net.Listen("tcp4", strings.TrimPrefix(w.base, "http://"))
	if err != nil {
		t.Fatalf("the port is still taken: %v", err)
	}
	ln.Close()
}

func TestAnOutcomeThatNobodyFetchesStaysAMinute(t *testing.T) {
	w := open(t)
	host := strings.TrimPrefix(w.base, "http://")
	w.listener.Finish(attempt.Outcome{Result: attempt.ResultSignedIn, Nickname: "나무"})
	w.clock.advance(59 * time.Second)
	if ln, err := net.Listen("tcp4", host); err == nil {
		ln.Close()
		t.Fatal("closed too early")
	}
	w.clock.advance(time.Second)
	ln, err := net.Listen("tcp4", host)
	if err != nil {
		t.Fatalf("the port is still taken: %v", err)
	}
	ln.Close()
}

func TestThePagesSpeakKorean(t *testing.T) {
	for name, c := range map[string]struct {
		outcome attempt.Outcome
		want    []string
	}{
		"signed in": {attempt.Outcome{Result: attempt.ResultSignedIn, Nickname: "나무", Account: "octocat"}, []string{"나무 님, 로그인했습니다", "GitHub 계정", "octocat"}},
		"nickname":  {attempt.Outcome{Result: attempt.ResultNickname, Account: "octocat"}, []string{"앱에서 닉네임을 정해 주세요", "octocat"}},
		"two":       {attempt.Outcome{Result: attempt.ResultTwo, Account: "octocat"}, []string{"앱에서 답해 주세요", "두 계정을 합칠지", "octocat"}},
		"asked":     {attempt.Outcome{Result: attempt.ResultAsked, Account: "octocat"}, []string{"앱에서 답해 주세요", "octocat"}},
		"cancelled": {attempt.Outcome{Problem: &app.Problem{Code: app.CodeProviderDenied}}, []string{"로그인을 취소했습니다"}},
		"failed":    {attempt.Outcome{Problem: &app.Problem{Code: app.CodeTimeout, Support: "K7-41"}}, []string{"로그인하지 못했습니다", "지원 코드", "K7-41", words.Say(app.Korean, app.CodeTimeout, app.Params{"provider": "GitHub"}).Happened}},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			w.handler.language = app.Korean
			b := w.arrived()
			w.stillPending(b)
			w.listener.Finish(c.outcome)
			a := b.get(w.base + "/oauth/done/")
			for _, want := range append(c.want, `<html lang="ko">`) {
				if !strings.Contains(a.body, want) {
					t.Errorf("%q is missing in %s", want, a.body)
				}
			}
		})
	}
}

// The style is let in by its hash: a page whose style changed on the way would
// stand there without any.
func TestTheStyleIsTheOneThatThePolicyNames(t *testing.T) {
	w := open(t)
	a := newBrowser(t).get(w.base + "/")
	_, style, ok := strings.Cut(a.raw, "<style>")
	style, _, closed := strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	if want := "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !ok || !closed || !strings.Contains(a.header.Get("Content-Security-Policy"), want) {
		t.Errorf("Content-Security-Policy %q lacks %s", a.header.Get("Content-Security-Policy"), want)
	}
}

// A program's picture stands in the place of the nameplate, in the page itself: nothing
// is loaded from anywhere.
func TestEM15_TheBrowsersPagesCarryTheProgramsNameAndPicture(t *testing.T) {
	logo := []byte("<svg onload='x()'/>")
	w := openAs(t, redirect.Options{Name: "Notes & Co", Logo: logo, LogoType: "image/svg+xml"})
	a := newBrowser(t).get(w.base + "/")
	page := html.UnescapeString(a.raw)
	for _, want := range []string{"· Notes & Co</title>", `<img class="logo" src="data:image/svg+xml;base64,` + base64.StdEncoding.EncodeToString(logo)} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s: %s", want, page)
		}
	}
	if strings.Contains(page, `class="plate`) || strings.Contains(page, "Munpae") {
		t.Errorf("the page is Munpae's: %s", page)
	}
	if policy := a.header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; img-src data:; style-src") {
		t.Errorf("the policy is %s", policy)
	}
	if plain := newBrowser(t).get(open(t).base + "/"); strings.Contains(plain.header.Get("Content-Security-Policy"), "img-src") {
		t.Error("a page without a picture may show one")
	}
}

func TestNoSecretReachesTheLog(t *testing.T) {
	w := open(t)
	b := w.arrived()
	b.get(w.callback("code=wrongcode&state=guessedstate"))
	w.stillPending(b)
	w.listener.Finish(attempt.Outcome{Result: attempt.ResultSignedIn, Nickname: "나무"})
	b.get(w.base + "/oauth/done/")
	_, nonce, _ := strings.Cut(w.listener.FirstHop(), "?n=")
	for _, secret := range []string{goodState, nonce, "genuine", "wrongcode", "guessedstate"} {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if !strings.Contains(w.log.String(), "stray request") {
		t.Error("a stray hit is not logged")
	}
}

// Cookies know no ports: what every other server on 127.0.0.1 has set comes along.
func TestCB17_ANeighboursCookiesDoNotCloseTheWayBack(t *testing.T) {
	w := open(t)
	b := newBrowser(t)
	at, err := url.Parse(w.listener.FirstHop())
	if err != nil {
		t.Fatal(err)
	}
	var planted []*http.Cookie
	for i := range 179 { // a browser keeps 180 for a host
		planted = append(planted, &http.Cookie{Name: fmt.Sprintf("neighbour%03d", i), Value: strings.Repeat("x", 4000), Path: "/"})
	}
	b.client.Jar.SetCookies(at, planted)
	if a := b.get(w.listener.FirstHop()); a.status != http.StatusFound {
		t.Fatalf("first hop: %d", a.status)
	}
	w.stillPending(b)
	origin, _, _ := strings.Cut(w.listener.RedirectURI(), "/oauth/")
	w.listener.Finish(attempt.Outcome{Result: attempt.ResultNickname})
	if a := b.get(origin + "/oauth/done/"); a.status == http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("the outcome: %d", a.status)
	}
}
