package redirect

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/attempt"
	"munpae.example/munpae/app/internal/loopback"
)

const donePath = "/oauth/done/"

// anyCallback is the redirect URI of any provider.
var anyCallback = regexp.MustCompile(`^/oauth/[a-z][a-z0-9]*/callback/$`)

// ServeHTTP answers the three addresses of the attempt. Everything else gets a
// page that says that the app is still waiting.
func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	loopback.Headers(w.Header(), l.all.policy)
	defer l.recover(w)

	host := l.host
	if a, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && a.String() == l.firstHost {
		host = l.firstHost
	}
	switch st := loopback.Refuse(r, host); st {
	case 0:
	case http.StatusMethodNotAllowed:
		l.stray(w, st, app.CodeMethod)
		return
	default:
		l.stray(w, st, app.CodeBadRequest)
		return
	}
	var answer func(http.ResponseWriter, *http.Request)
	if r.URL.RawPath == "" {
		switch {
		case r.URL.Path == l.home+"/login/" && host == l.firstHost:
			answer = l.firstHop
		case r.URL.Path == l.home+"/callback/" && host == l.host:
			answer = l.callback
		case r.URL.Path == donePath && host == l.host:
			answer = l.finished
		}
	}
	switch {
	case r.Header.Get("Service-Worker") == "script" && r.Method == http.MethodGet:
		retire(w)
	case answer == nil && anyCallback.MatchString(r.URL.EscapedPath()):
		l.stray(w, http.StatusBadRequest, app.CodeStateMismatch) // of a sign-in at another provider (ST-06)
	case answer == nil:
		l.stray(w, http.StatusNotFound, app.CodeNotFound)
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		l.stray(w, http.StatusMethodNotAllowed, app.CodeMethod)
	default:
		answer(w, r)
	}
}

// malformed answers what net/http could not read as a request.
func (l *listener) malformed(w http.ResponseWriter, st int) {
	loopback.Headers(w.Header(), l.all.policy)
	l.stray(w, st, app.CodeBadRequest)
}

// firstHop sends the browser to the provider and gives it the cookie that the
// response must come back with. That ties the response to this browser: a code
// that somebody else obtained and sends through the person's browser has no use
// of a state alone (RFC 9700 section 4.7). It may be opened again, in this browser
// or another.
func (l *listener) firstHop(w http.ResponseWriter, r *http.Request) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || len(q["n"]) != 1 || !equal(q.Get("n"), l.nonce) {
		l.stray(w, http.StatusBadRequest, app.CodeStateMismatch)
		return
	}
	loopback.Trust(r)
	if l.over() {
		l.already(w, r)
		return
	}
	// A browser that leaves early must not fail the attempt.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), arriveFor)
	defer cancel()
	hop := l.arrived(ctx)
	if hop.Err == nil {
		var value string
		if value, hop.Err = l.arrive(); hop.Err == nil {
			w.Header()["Set-Cookie"] = []string{l.cookie + "=" + value + "; Path=/oauth/; Max-Age=" + strconv.Itoa(int(app.SignInLifetime.Seconds())) + "; HttpOnly; SameSite=Lax"}
			forward(w, http.StatusFound, hop.Address)
			return
		}
	}
	// Without an address the attempt is over, and says why in a moment.
	l.awaitOutcome(ctx, settleFor)
	if o := l.result(); o != nil && o.Problem != nil {
		// The first hop itself proves who asks: nobody else has the nonce.
		l.show(w, http.StatusBadGateway, l.outcomePage(*o))
		l.shut()
		return
	}
	l.show(w, http.StatusBadGateway, l.problemPage(app.Problem{Code: app.CodeOf(hop.Err), Params: app.ParamsOf(hop.Err)}))
}

// arrived asks the attempt where the browser shall go.
func (l *listener) arrived(ctx context.Context) attempt.Hop {
	answer := make(chan attempt.Hop, 1)
	if !l.report(attempt.Visit{Arrived: answer}) {
		return attempt.Hop{Err: app.Fail(app.CodeSignInDone, nil)}
	}
	select {
	case hop := <-answer:
		return hop
	case <-l.done:
		return attempt.Hop{Err: app.Fail(app.CodeSignInDone, nil)}
	case <-ctx.Done():
		return attempt.Hop{Err: app.Fail(app.CodeTimeout, ctx.Err())}
	}
}

// callback is the redirect URI. The state is used up before anything is asked of
// the provider, so that the code is sent at most once.
func (l *listener) callback(w http.ResponseWriter, r *http.Request) {
	resp, err := parseResponse(r.URL.RawQuery)
	switch {
	case err != nil:
		l.stray(w, http.StatusBadRequest, app.CodeBadCallback)
		return
	case !equal(resp.state, l.request.State):
		if resp.state != "" && l.all.retired(resp.state) {
			l.stray(w, http.StatusGone, app.CodeSignInReplaced)
			return
		}
		l.stray(w, http.StatusBadRequest, app.CodeStateMismatch)
		return
	case l.over():
		l.already(w, r)
		return
	case !l.known(r):
		code := app.CodeBrowserMismatch
		if len(r.Header["Cookie"]) == 0 {
			code = app.CodeCookiesBlocked // where it began would be no help: most likely it is here
		}
		l.stray(w, http.StatusForbidden, code)
		return
	case !l.take():
		l.already(w, r)
		return
	}
	foreign := resp.issuer != "" && !slices.Contains(l.request.Provider.Issuers, resp.issuer)
	v := attempt.Visit{Response: app.AuthorizationResponse{Code: resp.code, Issuer: resp.issuer}}
	if resp.refusal != "" && !foreign {
		l.all.o.Log.Debug("authorization refused", "attempt", l.request.Attempt, "description", resp.description)
		v = attempt.Visit{Refusal: resp.refusal}
	}
	l.report(v)
	if foreign {
		l.hold(w, r, http.StatusBadRequest) // nobody is asked any more: it ends at once
		return
	}
	if l.first != l.ln {
		// What a former owner of the port left in this browser would be shown in place of
		// the page that it is sent to: a copy that is kept for years, a worker.
		w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	}
	forward(w, http.StatusSeeOther, donePath) // takes the code out of the address bar
}

// already answers what comes after the one response: with the outcome to the
// browser that it belongs to, with nothing to anybody else.
func (l *listener) already(w http.ResponseWriter, r *http.Request) {
	if o := l.result(); o != nil && l.known(r) {
		l.show(w, http.StatusGone, l.outcomePage(*o))
		return
	}
	l.show(w, http.StatusGone, l.strayPage(app.CodeSignInDone, true))
}

// finished holds the browser until the app knows what came of the sign-in. It
// needs no script: a page that got no outcome in time asks again by itself.
func (l *listener) finished(w http.ResponseWriter, r *http.Request) {
	if !l.known(r) {
		l.stray(w, http.StatusForbidden, app.CodeBrowserMismatch)
		return
	}
	l.hold(w, r, http.StatusOK)
}

// hold answers with the outcome, and status st, as soon as there is one.
func (l *listener) hold(w http.ResponseWriter, r *http.Request, st int) {
	// The server's read timeout would otherwise end this request's context.
	if err := http.NewResponseController(w).SetReadDeadline(time.Time{}); err != nil {
		l.all.o.Log.Debug("read deadline stays", "cause", err)
	}
	if l.awaitOutcome(r.Context(), holdFor); r.Context().Err() != nil {
		return
	}
	if o := l.result(); o != nil {
		l.show(w, st, l.outcomePage(*o))
		l.shut() // this answer is still written
		return
	}
	w.Header().Set("Refresh", "1; url="+donePath)
	l.show(w, http.StatusOK, l.checkingPage())
}

// awaitOutcome returns once there is an outcome, after d, or with ctx.
func (l *listener) awaitOutcome(ctx context.Context, d time.Duration) {
	late := make(chan struct{})
	stop := l.all.o.Clock.AfterFunc(d, func() { close(late) })
	defer stop()
	select {
	case <-l.done:
	case <-late:
	case <-ctx.Done():
	}
}

// stray answers a hit that is not this attempt's. It changes nothing but the
// patience for more.
func (l *listener) stray(w http.ResponseWriter, st int, code app.Code) {
	if !l.bad.AllowN(l.all.o.Clock.Now(), 1) {
		l.all.o.Log.Debug("stray request throttled", "attempt", l.request.Attempt)
		h := w.Header()
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte("Too many requests. The app is still waiting.\n")) // a stranger is gone: fine
		return
	}
	l.all.o.Log.Info("stray request", "attempt", l.request.Attempt, "status", st, "code", code)
	l.show(w, st, l.strayPage(code, l.over()))
}

// farewell is a service worker whose only act is to end itself.
const farewell = `self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", e => e.waitUntil(self.registration.unregister()));
`

// retire answers a browser that asks whether there is a newer version of a service
// worker. This app has none: another program left it at this port, and it would go
// on answering the browser in our place.
func retire(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	_, _ = w.Write([]byte(farewell)) // a browser that hangs up asks again
}

func forward(w http.ResponseWriter, st int, address string) {
	h := w.Header()
	h.Set("Location", address)
	h.Set("Content-Length", "0")
	w.WriteHeader(st)
}

// recover turns a panic into a plain page; where it happened is for the log only.
func (l *listener) recover(w http.ResponseWriter) {
	v := recover()
	if v == nil {
		return
	}
	l.all.o.Log.Error("panic", "attempt", l.request.Attempt, "panic", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
	l.show(w, http.StatusInternalServerError, l.problemPage(app.Problem{Code: app.CodeInternal}))
}
