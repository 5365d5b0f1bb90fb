package origin

import (
	"bytes"
	"context"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/loopback"
)

// What stands behind the sign-in has every path outside /munpae/. Its requests are
// bound by who asks (Host, boot capability, session), never by the shape that our own
// routes ask for: it may take any body, any method, and an upgrade.

// ours reports whether path is one that this package answers.
func ours(path string) bool { return strings.HasPrefix(path, pagePath) }

// wailsPath is where a page of Wails' own scheme finds its scripts.
const wailsPath = "/wails/"

// loaders are Wails' two scripts.
var loaders = []string{"ipc.js", "runtime.js"}

type signedInKey struct{}

// SignedIn returns who asked, in a request that the program behind answers.
func SignedIn(ctx context.Context) (app.SignedIn, bool) {
	in, ok := ctx.Value(signedInKey{}).(app.SignedIn)
	return in, ok
}

// stranger reports whether another origin's page sent the request.
func (x *exchange) stranger() bool {
	if o := x.r.Header["Origin"]; len(o) > 1 || len(o) == 1 && o[0] != "http://"+x.host {
		return true
	}
	for _, s := range x.r.Header["Sec-Fetch-Site"] {
		if s != "same-origin" && s != "none" {
			return true
		}
	}
	return false
}

// behind lets the program behind answer. Where nobody is signed in, a navigation gets
// the sign-in, at the address that was asked for, and everything else 401.
func (x *exchange) behind() error {
	if x.stranger() {
		return app.Fail(app.CodeForbidden, nil)
	}
	in, err := x.g.o.UseCases.Standing(x.r.Context(), x.window.lastServed())
	if err != nil && !x.g.o.Open {
		if !navigates(x.r) {
			return err
		}
		p := x.g.front("wall")
		x.g.shows.Store(false)
		send(x.w, http.StatusOK, p.contentType, p.body)
		return nil
	}
	if name, ok := strings.CutPrefix(x.r.URL.Path, wailsPath); ok && slices.Contains(loaders, name) {
		// The page asks for what it was given already, from Wails' own scheme.
		send(x.w, http.StatusOK, contentType(name), nil)
		return nil
	}
	// Nothing of the program's own takes too long or is too much.
	c := http.NewResponseController(x.w)
	_, _ = c.SetReadDeadline(time.Time{}), c.SetWriteDeadline(time.Time{})

	r := x.r
	if err == nil {
		r = r.WithContext(context.WithValue(r.Context(), signedInKey{}, in))
	}
	withoutOurs(r.Header)
	page := navigates(r)
	if page {
		r.Header.Del("Accept-Encoding") // the page is going to be written into
	}
	h := x.w.Header()
	h["Content-Security-Policy"] = x.g.behindPolicy
	a := &answering{ResponseWriter: x.w, g: x.g, page: page}
	x.g.o.Behind.ServeHTTP(a, r)
	if a.missing {
		// A path of the page's own router: the page answers, as on any host of such pages.
		root := r.Clone(r.Context())
		root.URL.Path, root.URL.RawPath = "/", ""
		h.Del("Content-Type")
		h.Del("Content-Length")
		a = &answering{ResponseWriter: x.w, g: x.g, page: page, root: true}
		x.g.o.Behind.ServeHTTP(a, root)
	}
	a.finish()
	return nil
}

// navigates reports whether the request is for a page that the window will show.
func navigates(r *http.Request) bool {
	if r.Method != http.MethodGet {
		return false
	}
	if mode := r.Header["Sec-Fetch-Mode"]; mode != nil {
		return len(mode) == 1 && mode[0] == "navigate"
	}
	return strings.HasPrefix(r.Header.Get("Accept"), "text/html")
}

// withoutOurs takes our cookies out of a request: none is the program's business.
func withoutOurs(h http.Header) {
	var kept []string
	for _, line := range h["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			if pair = strings.TrimSpace(pair); pair != "" && !strings.HasPrefix(pair, cookiePrefix) {
				kept = append(kept, pair)
			}
		}
	}
	if len(kept) == 0 {
		h.Del("Cookie")
		return
	}
	h["Cookie"] = []string{strings.Join(kept, "; ")}
}

// answering keeps a page until it is whole, and a 404 that has none until it is
// known what stands in its place; everything else passes through.
type answering struct {
	http.ResponseWriter
	g       *Origin
	page    bool // what is asked for is a page
	root    bool // it is the last try
	code    int  // as answered, 0 before
	html    *bytes.Buffer
	missing bool
}

// Unwrap lets a handler flush, hijack and set deadlines.
func (a *answering) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (a *answering) WriteHeader(code int) {
	if a.code != 0 {
		return
	}
	if code >= 100 && code < 200 && code != http.StatusSwitchingProtocols {
		a.ResponseWriter.WriteHeader(code)
		return
	}
	a.code = code
	h := a.Header()
	// A policy of its own may narrow ours, never widen it: of two, both hold.
	if own := h["Content-Security-Policy"]; !slices.Equal(own, a.g.behindPolicy) {
		h["Content-Security-Policy"] = append(slices.Clone(a.g.behindPolicy), own...)
	}
	h["Set-Cookie"] = slices.DeleteFunc(h["Set-Cookie"], func(c string) bool { return strings.HasPrefix(strings.TrimSpace(c), cookiePrefix) })
	isHTML := strings.HasPrefix(h.Get("Content-Type"), "text/html")
	switch {
	case a.page && isHTML && h.Get("Content-Encoding") == "":
		a.html = &bytes.Buffer{}
	case a.page && code == http.StatusNotFound && !a.root:
		a.missing = true
	default:
		a.ResponseWriter.WriteHeader(code)
	}
}

// Write implements http.ResponseWriter.
func (a *answering) Write(p []byte) (int, error) {
	if a.code == 0 {
		if h := a.Header(); h["Content-Type"] == nil {
			h.Set("Content-Type", http.DetectContentType(p))
		}
		a.WriteHeader(http.StatusOK)
	}
	switch {
	case a.html != nil:
		return a.html.Write(p)
	case a.missing:
		return len(p), nil
	}
	return a.ResponseWriter.Write(p)
}

func (a *answering) finish() {
	if a.html == nil {
		if a.code == 0 {
			a.WriteHeader(http.StatusOK)
		}
		return
	}
	body := a.g.connected(a.html.Bytes())
	a.g.shows.Store(true)
	h := a.Header()
	h.Del("Last-Modified")
	h.Del("Etag")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	a.ResponseWriter.WriteHeader(a.code)
	_, _ = a.ResponseWriter.Write(body) // the client is gone: nobody to tell
}

// opening is what stands before the first element of a page's head.
var opening = regexp.MustCompile(`(?is)^.*?<head(?:\s[^>]*)?>|^.*?<html(?:\s[^>]*)?>|^\s*<!doctype[^>]*>`)

// connected puts Wails' two scripts and our client into a page of the program's,
// before all of its own, as Wails does on its own scheme.
func (g *Origin) connected(page []byte) []byte {
	at := 0
	if m := opening.FindIndex(page); m != nil {
		at = m[1]
	}
	return slices.Concat(page[:at], g.scripts, page[at:])
}

// upgradeAllowed lets what stands behind speak another protocol on its connection.
func upgradeAllowed(r *http.Request, host string) int {
	upgrade := r.Header["Upgrade"]
	delete(r.Header, "Upgrade")
	st := loopback.Refuse(r, host)
	if upgrade != nil {
		r.Header["Upgrade"] = upgrade
	}
	return st
}
