package origin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	pathpkg "path"
	"reflect"
	"runtime/debug"
	"strings"
	"unicode/utf8"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/loopback"
)

const maxBody = 64 << 10

// ServeHTTP lets a request pass in this order: the protocol and Host, the boot
// capability, our own cookies coming once, the path, the method, and for an act
// that changes something Origin, Sec-Fetch-Site, the media type and the body. So
// a stranger learns the same from every path.
func (g *Origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	loopback.Headers(w.Header(), g.policy)
	defer g.recover(w, r)

	refuse := loopback.Refuse
	behind := g.o.Behind != nil && !ours(r.URL.Path)
	if behind {
		refuse = upgradeAllowed
	}
	host := g.host
	if a, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && a.String() == g.devHost {
		host = g.devHost
	}
	if st := refuse(r, host); st != 0 {
		code := app.CodeForbidden
		switch st {
		case http.StatusBadRequest:
			code = app.CodeBadRequest
		case http.StatusMethodNotAllowed:
			code = app.CodeMethod
		}
		g.shut(w, st, code)
		return
	}
	if r.URL.Path == bootRoute && r.Method == http.MethodGet {
		g.boot(w, r)
		return
	}
	c := readCookies(r.Header)
	held := g.capability(c.boot.value)
	boot := c.boot.value
	for _, v := range c.boot.all {
		if h := g.capability(v); h != nil {
			held, boot = h, v
		}
	}
	if held == nil {
		g.shut(w, http.StatusForbidden, app.CodeForbidden)
		return
	}
	loopback.Trust(r)
	if behind {
		if err := (&exchange{g: g, w: w, r: r, host: host, cookies: c, window: held}).behind(); err != nil {
			g.fail(w, err)
		}
		return
	}
	x := &exchange{g: g, w: w, r: r, host: host, cookies: c, window: held}
	if c.access.count > 1 || c.refresh.count > 1 || c.boot.count > 1 {
		clearPlanted(w.Header(), r.URL.Path, boot)
		if !x.heal() {
			g.fail(w, app.Fail(app.CodeAmbiguousCookie, nil))
			return
		}
	}
	if err := g.route(x); err != nil {
		g.fail(w, err)
	}
}

// shut answers somebody who is not the window and hangs up, so that strangers
// hold no connection.
func (g *Origin) shut(w http.ResponseWriter, st int, code app.Code) {
	w.Header().Set("Connection", "close")
	g.refuse(w, st, ErrorAnswer{Code: code})
}

// malformed answers what net/http could not read as a request.
func (g *Origin) malformed(w http.ResponseWriter, st int) {
	loopback.Headers(w.Header(), g.policy)
	g.shut(w, st, app.CodeBadRequest)
}

// boot trades a one-time token for a capability and answers with the page itself:
// a Strict cookie would not come along on a redirect, since the navigation began
// on Wails' own scheme.
func (g *Origin) boot(w http.ResponseWriter, r *http.Request) {
	token, ok := strings.CutPrefix(r.URL.RawQuery, "t=")
	if ok {
		var secret string
		if secret, ok = g.takeToken(token); ok {
			loopback.Trust(r)
			setBoot(w.Header(), secret)
			g.booted.Store(true)
			p := g.front("")
			if g.o.Behind != nil {
				p = g.pages[pagePath+"door.html"]
			}
			send(w, http.StatusOK, p.contentType, p.body)
			return
		}
	}
	g.shut(w, http.StatusForbidden, app.CodeForbidden)
}

// recover turns a panic into a plain 500; where it happened is for the log only.
func (g *Origin) recover(w http.ResponseWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v)
	}
	what := fmt.Sprintf("%T", v) // the value itself may hold anything
	if err, ok := v.(interface{ RuntimeError() }); ok {
		what = fmt.Sprint(err)
	}
	support := app.SupportCode(g.o.Rand)
	g.o.Log.Error("panic", "support", support, "method", r.Method, "path", r.URL.Path, "panic", what, "stack", string(debug.Stack()))
	delete(w.Header(), "Set-Cookie")
	w.Header().Set("Connection", "close")
	g.refuse(w, http.StatusInternalServerError, ErrorAnswer{Code: app.CodeInternal, Support: support})
}

// exchange is one request that came from the window.
type exchange struct {
	g       *Origin
	host    string // that the request came to
	w       http.ResponseWriter
	r       *http.Request
	cookies cookies
	window  *capability
	last    string // the {id}, {userID}, {provider} or {code} of the path
}

// heal gives the window the pair of the session that it was served last once more, and
// the request, too: whoever wrote into the jar since has not taken it away. A browser
// beside the window is given nothing. It reports whether there is such a session.
func (x *exchange) heal() bool {
	if x.window.beside {
		return false
	}
	id := x.window.lastServed()
	if id == "" {
		return false
	}
	in, pair, err := x.g.o.UseCases.Again(x.r.Context(), id)
	if err != nil {
		return false
	}
	x.g.o.Log.Warn("the window's cookies were not its own: it has them again")
	x.setPair(in, pair)
	x.cookies.access, x.cookies.refresh = values{value: pair.Access, count: 1}, values{value: pair.Refresh, count: 1}
	return true
}

// route finds the route and answers.
func (g *Origin) route(x *exchange) error {
	path := x.r.URL.Path
	if x.r.URL.RawPath != "" || path != pagePath && pathpkg.Clean(path) != path {
		return app.Fail(app.CodeNotFound, nil) // written in a way that no client of ours writes
	}
	if overridden(x.r) {
		return app.Fail(app.CodeMethod, nil)
	}
	if p, ok := g.pages[path]; ok && (x.host == g.devHost || !strings.HasPrefix(path, docsPath)) {
		if path == pagePath {
			p = g.front(g.stands())
			g.shows.Store(false)
		}
		if x.r.Method != http.MethodGet {
			x.w.Header().Set("Allow", http.MethodGet)
			return app.Fail(app.CodeMethod, nil)
		}
		send(x.w, http.StatusOK, p.contentType, p.body)
		return nil
	}
	if path == "/" && x.r.Method == http.MethodGet { // nothing stands behind the page
		x.w.Header().Set("Location", pagePath)
		x.w.WriteHeader(http.StatusSeeOther)
		return nil
	}
	routes := g.exact[path]
	if routes == nil {
		if i := strings.LastIndexByte(path, '/'); i > 0 && i+1 < len(path) {
			x.last = path[i+1:]
			for _, pattern := range [...]string{"/{id}", "/{userID}", "/{provider}", "/{code}"} {
				if routes = g.exact[path[:i]+pattern]; routes != nil {
					break
				}
			}
		}
	}
	if routes == nil {
		if path == bootRoute || path == "/" {
			x.w.Header().Set("Allow", http.MethodGet)
			return app.Fail(app.CodeMethod, nil)
		}
		return app.Fail(app.CodeNotFound, nil)
	}
	for _, rt := range routes {
		if rt.method == x.r.Method {
			body, err := x.admit(rt)
			if err != nil {
				return err
			}
			return rt.answer.do(x, body)
		}
	}
	allow := make([]string, len(routes))
	for i, rt := range routes {
		allow[i] = rt.method
	}
	x.w.Header().Set("Allow", strings.Join(allow, ", "))
	return app.Fail(app.CodeMethod, nil)
}

// stands says what the page at its own address stands in front of.
func (g *Origin) stands() string {
	switch {
	case g.o.Behind == nil:
		return ""
	case g.o.Open:
		return "guest"
	}
	return "account"
}

// overridden reports whether the request wants to be taken for another method.
func overridden(r *http.Request) bool {
	for _, name := range [...]string{"X-Http-Method-Override", "X-Http-Method", "X-Method-Override"} {
		if r.Header[name] != nil {
			return true
		}
	}
	return r.URL.RawQuery != "" && r.URL.Query().Has("_method")
}

// admit checks that the request comes from the page itself and reads its body.
// SameSite is no help: a page on another port of 127.0.0.1 is same-site and its
// requests carry our cookies (docs/security.md#cookies-ignore-ports), but it can forge neither Origin
// nor Sec-Fetch-Site.
func (x *exchange) admit(rt *route) ([]byte, error) {
	r := x.r
	site := r.Header["Sec-Fetch-Site"]
	if rt.method == http.MethodGet {
		for _, s := range site {
			if s != "same-origin" && s != "none" {
				return nil, app.Fail(app.CodeForbidden, nil)
			}
		}
		if r.ContentLength != 0 {
			return nil, app.Fail(app.CodeBadRequest, nil)
		}
		return nil, nil
	}
	if o := r.Header["Origin"]; len(o) != 1 || o[0] != "http://"+x.host {
		return nil, app.Fail(app.CodeForbidden, nil)
	}
	if len(site) > 1 || len(site) == 1 && site[0] != "same-origin" {
		return nil, app.Fail(app.CodeForbidden, nil)
	}
	if t := r.Header["Content-Type"]; len(t) != 1 || !isJSON(t[0]) {
		return nil, app.Fail(app.CodeMediaType, nil)
	}
	if r.ContentLength > maxBody {
		x.w.Header().Set("Connection", "close")
		return nil, app.Fail(app.CodeBodyTooLarge, nil)
	}
	// A body without a length is never the page's; and net/http drops a
	// Content-Length that came beside Transfer-Encoding, so this refuses both.
	if len(r.TransferEncoding) > 0 || r.ContentLength < 0 {
		x.w.Header().Set("Connection", "close")
		return nil, app.Fail(app.CodeBadRequest, nil)
	}
	raw, err := io.ReadAll(http.MaxBytesReader(x.w, r.Body, maxBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, app.Fail(app.CodeBodyTooLarge, nil)
		}
		return nil, app.Fail(app.CodeBadRequest, nil)
	}
	return raw, nil
}

func isJSON(contentType string) bool {
	if contentType == "application/json" {
		return true
	}
	t, params, err := mime.ParseMediaType(contentType)
	if err != nil || t != "application/json" {
		return false
	}
	charset, ok := params["charset"]
	return !ok || strings.EqualFold(charset, "utf-8")
}

// decode reads one JSON object into the struct T, more strictly than
// encoding/json does: each field exactly once, under its exact name, nothing else
// and nothing after (docs/security.md#json-is-read-loosely).
func decode[T any](raw []byte) (T, error) {
	var into T
	bad := func() (T, error) { return into, app.Fail(app.CodeBadRequest, nil) }
	if !utf8.Valid(raw) {
		return bad()
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return bad()
	}
	v := reflect.ValueOf(&into).Elem()
	fields := map[string]int{}
	for i := range v.NumField() {
		fields[v.Type().Field(i).Tag.Get("json")] = i
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return bad()
		}
		name, _ := key.(string)
		i, ok := fields[name]
		if !ok {
			return bad()
		}
		delete(fields, name)
		var value json.RawMessage
		if d.Decode(&value) != nil || string(value) == "null" || json.Unmarshal(value, v.Field(i).Addr().Interface()) != nil {
			return bad()
		}
	}
	if _, err := d.Token(); err != nil || len(fields) > 0 {
		return bad()
	}
	if _, err := d.Token(); err != io.EOF {
		return bad()
	}
	return into, nil
}
