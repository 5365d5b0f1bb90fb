// Package redirect is what the person's browser talks to while signing in: a
// loopback listener for the authorization response (RFC 8252 section 7.3), alive
// only while one attempt is, and the pages that the browser shows.
//
// Everybody on this computer and every web page can reach the port. Only a
// response with this attempt's state, brought by the browser that went through
// its first hop, counts; anything else is answered and changes nothing, so that
// no stranger ends a sign-in (docs/security.md#sign-in-in-the-browser).
package redirect

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/attempt"
	"munpae.example/munpae/app/internal/loopback"
)

// Options are what listeners need; every field is required.
type Options struct {
	Clock app.Clock
	Rand  io.Reader // crypto/rand.Reader outside tests
	Log   *slog.Logger
	// Name is the app's, in the title of its pages; "Munpae" if empty.
	Name string
	// Style are custom properties that stand over those of the style sheet; may be empty.
	Style string
	// Logo is in the place of the nameplate, of media type LogoType; nil: the nameplate.
	Logo     []byte
	LogoType string
}

const (
	holdFor   = 20 * time.Second // how long a page waits for the outcome before it asks again
	lingerFor = 60 * time.Second // how long an outcome that nobody fetched stays
	closeFor  = 5 * time.Second  // how long running answers have at the close
	landFor   = 2 * time.Second  // how long a browser that was sent on is awaited at the close
	settleFor = 2 * time.Second  // how long a first hop that leads nowhere waits for the reason
	arriveFor = 15 * time.Second // how long the first hop may take to find the provider's address: longer than a provider

	// bindFor is how long the last connections of an earlier sign-in have to leave a
	// fixed port. They take a moment, and only a test starts so soon again.
	bindFor = 500 * time.Millisecond

	// maxHeader is more than a browser keeps of cookies for one host (180 of 4096
	// bytes): cookies know no ports, so what other servers on 127.0.0.1 have set comes
	// along, and must not close the way back.
	maxHeader = 1 << 20

	// More cookies than browsers anybody opens the first hop in.
	maxBrowsers = 16
	// States of closed listeners that are still told apart from strangers' ones.
	maxFormer = 16

	// Bad hits above this rate get a short answer. They never end the sign-in.
	badRate  = rate.Limit(5)
	badBurst = 60
)

// Listeners opens a listener for each attempt. It implements attempt.Redirect.
type Listeners struct {
	o      Options
	policy []string // of every page

	mu     sync.Mutex
	former [][sha256.Size]byte // newest last
}

// New makes Listeners.
func New(o Options) *Listeners { return &Listeners{o: o, policy: pagePolicy(o)} }

// Listen implements attempt.Redirect.
func (ls *Listeners) Listen(a attempt.ListenRequest) (attempt.Listener, error) {
	nonce, err := ls.secret()
	if err != nil {
		return nil, err
	}
	ln, err := bind(a.Provider.Ports)
	if err != nil {
		return nil, err
	}
	first := ln
	if len(a.Provider.Ports) > 0 {
		// What an earlier owner of a port that everybody knows left in the browser must
		// not get hold of the first hop.
		if first, err = loopback.Listen(0); err != nil {
			ln.Close()
			return nil, app.Fail(app.CodePortInUse, err, "ports", "127.0.0.1")
		}
	}
	l := &listener{
		all: ls, request: a, ln: ln, first: first, host: ln.Addr().String(), firstHost: first.Addr().String(), nonce: nonce,
		cookie: "munpae_signin_" + a.Attempt,
		home:   "/oauth/" + a.Provider.ID,
		visits: make(chan attempt.Visit),
		done:   make(chan struct{}),
		bad:    rate.NewLimiter(badRate, badBurst),
	}
	l.server = loopback.NewServer(l, l.malformed, ls.o.Log)
	l.server.MaxHeaderBytes = maxHeader
	// One answer a connection: the listener is gone as soon as the last is written.
	l.server.SetKeepAlivesEnabled(false)
	go func() { _ = l.server.Serve(ln) }() // ends with the listener
	if first != ln {
		go func() { _ = l.server.Serve(first) }()
	}
	return l, nil
}

// bind takes the first of ports that nobody has, nor had a moment ago, or any free
// one if there are none.
func bind(ports []int) (net.Listener, error) {
	if len(ports) == 0 {
		ln, err := loopback.Listen(0)
		if err != nil {
			return nil, app.Fail(app.CodePortInUse, err, "ports", "127.0.0.1")
		}
		return ln, nil
	}
	usable := slices.DeleteFunc(slices.Clone(ports), loopback.Refused)
	if len(usable) == 0 {
		return nil, app.Fail(app.CodePortsRefused, loopback.ErrRefused, "ports", list(ports))
	}
	for end := time.Now().Add(bindFor); ; time.Sleep(bindFor / 10) {
		var last error
		for _, port := range usable {
			ln, err := loopback.ListenAlone(port)
			if err == nil {
				return ln, nil
			}
			last = err
		}
		if time.Now().After(end) {
			return nil, app.Fail(app.CodePortInUse, last, "ports", list(usable))
		}
	}
}

// list writes ports as sentences name them.
func list(ports []int) string {
	names := make([]string, len(ports))
	for i, p := range ports {
		names[i] = strconv.Itoa(p)
	}
	return strings.Join(names, ", ")
}

func (ls *Listeners) secret() (string, error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(ls.o.Rand, b); err != nil {
		return "", app.Fail(app.CodeInternal, err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// retire remembers the state of a listener that closed: where a later attempt
// binds the same port, a late response is told that its sign-in is over.
func (ls *Listeners) retire(state string) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.former = append(ls.former, sha256.Sum256([]byte(state)))
	if len(ls.former) > maxFormer {
		ls.former = ls.former[1:]
	}
}

func (ls *Listeners) retired(state string) bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return slices.Contains(ls.former, sha256.Sum256([]byte(state)))
}

// listener serves one attempt.
type listener struct {
	all     *Listeners
	request attempt.ListenRequest
	ln      net.Listener
	server  *loopback.Server
	host    string // 127.0.0.1:PORT of the redirect URI
	home    string // /oauth/{provider}

	// The first hop has an address of its own where the redirect URI's is fixed, and
	// the same where it is not.
	first     net.Listener
	firstHost string

	nonce   string
	cookie  string // its name
	bad     *rate.Limiter
	visits  chan attempt.Visit
	done    chan struct{} // closed with the outcome
	shutter sync.Once

	mu       sync.Mutex // guards all below
	browsers []string   // cookie values that were handed out
	used     bool       // the response came
	outcome  *attempt.Outcome
	unlinger func() bool
}

// RedirectURI implements attempt.Listener.
func (l *listener) RedirectURI() string { return "http://" + l.host + l.home + "/callback/" }

// FirstHop implements attempt.Listener.
func (l *listener) FirstHop() string {
	return "http://" + l.firstHost + l.home + "/login/?n=" + l.nonce
}

// Visits implements attempt.Listener.
func (l *listener) Visits() <-chan attempt.Visit { return l.visits }

// report hands a visit to the attempt; false if that is over.
func (l *listener) report(v attempt.Visit) bool {
	select {
	case l.visits <- v:
		return true
	case <-l.done:
		return false
	}
}

// Finish implements attempt.Listener.
func (l *listener) Finish(o attempt.Outcome) {
	if l.tell(o) {
		l.linger(lingerFor)
	}
}

// Close implements attempt.Listener. A browser that was sent on from the redirect URI
// is awaited for a moment: the person would be left with its own "cannot be reached".
func (l *listener) Close(o attempt.Outcome) {
	l.tell(o)
	l.mu.Lock()
	landing := l.used
	l.mu.Unlock()
	switch {
	case !landing:
		l.shut()
	case l.first != l.ln: // a fixed port, which the next sign-in may be waiting for
		l.linger(bindFor / 2)
	default:
		l.linger(landFor)
	}
}

// linger shuts the listener after d, or before if the outcome was delivered.
func (l *listener) linger(d time.Duration) {
	stop := l.all.o.Clock.AfterFunc(d, l.shut)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.unlinger != nil {
		l.unlinger()
	}
	l.unlinger = stop
}

// tell sets the outcome, once.
func (l *listener) tell(o attempt.Outcome) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.outcome != nil {
		return false
	}
	l.outcome = &o
	close(l.done)
	return true
}

// shut frees the port at once and lets running answers finish.
func (l *listener) shut() {
	l.shutter.Do(func() {
		_ = l.ln.Close() // only an earlier close fails
		_ = l.first.Close()
		l.all.retire(l.request.State)
		l.mu.Lock()
		stop := l.unlinger
		l.mu.Unlock()
		if stop != nil {
			stop()
		}
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), closeFor)
			defer cancel()
			_ = l.server.Stop(ctx) // who has not read by then is cut off
		}()
	})
}

// arrive makes the cookie of one more browser. Browsers that came earlier keep
// theirs: the person may have opened the address twice and finish in either.
func (l *listener) arrive() (string, error) {
	value, err := l.all.secret()
	if err != nil {
		return "", err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.browsers) == maxBrowsers {
		l.browsers = l.browsers[1:]
	}
	l.browsers = append(l.browsers, value)
	return value, nil
}

// known reports whether the request comes from a browser that went through the
// first hop, and then keeps its connection from making room for others. Another port on this host may have planted a cookie of the same name
// beside it; it cannot know a value, so any right one counts.
func (l *listener) known(r *http.Request) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range r.CookiesNamed(l.cookie) {
		for _, v := range l.browsers {
			if equal(c.Value, v) {
				loopback.Trust(r)
				return true
			}
		}
	}
	return false
}

// take uses the attempt up; false if it was before, or is over.
func (l *listener) take() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.used || l.outcome != nil {
		return false
	}
	l.used = true
	return true
}

func (l *listener) over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.used || l.outcome != nil
}

// result returns the outcome, or nil as long as there is none.
func (l *listener) result() *attempt.Outcome {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.outcome
}

// equal compares in constant time, whatever the lengths.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
