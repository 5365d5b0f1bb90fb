package directory

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"munpae.example/munpae/app/internal/api"
	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory/wire"
)

// Limits of a server. A request's header must arrive within headerTimeout, all of it
// within readTimeout; its act takes at most Options.ActTimeout, and is not given up when the
// asker goes away.
const (
	headerTimeout  = 5 * time.Second
	readTimeout    = 10 * time.Second
	writeTimeout   = 40 * time.Second
	idleTimeout    = 90 * time.Second
	actTimeout     = 20 * time.Second
	maxHeaderBytes = 32 << 10
	maxBody        = 64 << 10

	// refusalsPerMinute is how often one address may come with a ticket or a token
	// that is not ours before it has to wait: guessing is hopeless anyway, and this
	// keeps it cheap.
	refusalsPerMinute = 300
	maxAddresses      = 100_000
)

// Access says who may come, and from where.
type Access struct {
	// Proxies are those whose X-Forwarded-For counts.
	Proxies []netip.Prefix
	// Origins are the browser origins that may call (CORS).
	Origins []string
	// HSTS says that the public address is https.
	HSTS bool
}

// Handler is the directory's HTTP side.
type Handler struct {
	s           *Service
	o           Options
	access      Access
	mux         *http.ServeMux
	description json.RawMessage
	metrics     *Metrics
	guesses     guesses
	ready       readiness
	stranger    sync.Once // somebody who is no proxy of ours spoke for others
}

//go:embed docs.html
var files embed.FS

// NewHandler serves s.
func NewHandler(s *Service, a Access, m *Metrics) (*Handler, error) {
	h := &Handler{s: s, o: s.o, access: a, mux: http.NewServeMux(), metrics: m}
	h.guesses.counts = map[string]int{}
	routes := table()
	var err error
	if h.description, err = describe(routes, s.o.Version); err != nil {
		return nil, err
	}
	byPath := map[string][]string{}
	for _, rt := range routes {
		pattern := rt.path
		if strings.HasSuffix(pattern, "/") {
			pattern += "{$}"
		}
		byPath[pattern] = append(byPath[pattern], rt.method)
		h.mux.HandleFunc(rt.method+" "+pattern, func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, rt) })
	}
	for pattern, methods := range byPath {
		h.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { h.otherMethod(w, r, pattern, methods) })
	}
	h.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		h.send(w, r, "/healthz", 200, []byte("{\"ok\":true}\n"))
	})
	h.mux.HandleFunc("GET /readyz", h.serveReady)
	for path, page := range map[string]struct {
		from embed.FS
		name string
		kind string
	}{
		"/v1/docs":          {files, "docs.html", "text/html; charset=utf-8"},
		"/v1/docs/docs.js":  {api.Files, "docs.js", "text/javascript; charset=utf-8"},
		"/v1/docs/docs.css": {api.Files, "docs.css", "text/css; charset=utf-8"},
	} {
		body, err := page.from.ReadFile(page.name)
		if err != nil {
			return nil, err
		}
		h.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", page.kind)
			w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'")
			h.send(w, r, path, 200, body)
		})
	}
	h.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		h.fail(w, r, "", app.Fail(app.CodeNotFound, nil, "what", wire.NoRoute), time.Now()) // for a desktop of another version
	})
	return h, nil
}

// Server returns an http.Server for h with the limits of this package.
func (h *Handler) Server() *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes, DisableGeneralOptionsHandler: true,
		ErrorLog: slog.NewLogLogger(h.o.Log.Handler(), slog.LevelDebug),
	}
}

// ServeHTTP sets what every answer carries and asks the route.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("Cache-Control", "no-store")
	head.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	if h.access.HSTS {
		head.Set("Strict-Transport-Security", "max-age=31536000")
	}
	if len(h.access.Origins) > 0 {
		head.Add("Vary", "Origin")
		if origin := r.Header.Get("Origin"); slices.Contains(h.access.Origins, origin) {
			head.Set("Access-Control-Allow-Origin", origin)
			if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
				head.Set("Access-Control-Allow-Methods", "GET, POST, PATCH, DELETE")
				head.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
				head.Set("Access-Control-Max-Age", "600")
				h.send(w, r, "preflight", http.StatusNoContent, nil)
				return
			}
		}
	}
	h.mux.ServeHTTP(w, r)
}

// exchange is one request to a route.
type exchange struct {
	h       *Handler
	s       *Service
	w       http.ResponseWriter
	r       *http.Request
	ctx     context.Context
	address string // of the asker, without a port
	in      app.SignedIn
	tagged  bool // the answer may be kept, by its ETag
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request, rt route) {
	began := time.Now()
	address := h.address(r)
	if h.guesses.many(address, h.o.Clock.Now()) {
		h.fail(w, r, rt.path, app.Fail(app.CodeRateLimited, nil, "provider", "Munpae", "minutes", "1"), began)
		return
	}
	// Whoever hangs up has still asked: an act is not left half-way for it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), cmp.Or(h.o.ActTimeout, actTimeout))
	defer cancel()
	x := &exchange{h: h, s: h.s, w: w, r: r, ctx: ctx, address: address}
	answer, err := x.run(rt)
	if err != nil {
		h.fail(w, r, rt.path, err, began)
		return
	}
	var body []byte
	if rt.status != http.StatusNoContent {
		if body, err = json.Marshal(answer); err != nil {
			h.fail(w, r, rt.path, app.Fail(app.CodeInternal, err), began)
			return
		}
		w.Header().Set("Content-Type", "application/json")
	}
	status := rt.status
	if x.tagged {
		sum := sha256.Sum256(body)
		tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			status, body = http.StatusNotModified, nil
		}
	}
	h.send(w, r, rt.path, status, body)
	h.log(r, rt.path, status, "", "", began, address)
}

func (x *exchange) run(rt route) (any, error) {
	if err := x.addressed(); err != nil {
		return nil, err
	}
	if rt.signedIn {
		if err := x.who(); err != nil {
			return nil, err
		}
	}
	return rt.answer(x)
}

// who asks whom the access token belongs to (RFC 6750).
func (x *exchange) who() error {
	kind, token, ok := strings.Cut(x.r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(kind, "Bearer") {
		return app.Fail(app.CodeSessionNone, nil)
	}
	var err error
	x.in, err = x.s.Who(x.ctx, strings.TrimSpace(token))
	return err
}

// decode reads the body into what it points at: one JSON object of known fields, at most
// maxBody. No body at all is an empty object.
// stored reports whether a database of either engine could hold the text: PostgreSQL has
// no NUL and no bytes that are no UTF-8, and says so as a failure of its own.
func stored(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// addressed says why nothing can be at the request's address: it names what cannot be.
func (x *exchange) addressed() error {
	if !stored(x.r.URL.Path) {
		return app.Fail(app.CodeNotFound, nil)
	}
	for _, values := range x.r.URL.Query() {
		if slices.ContainsFunc(values, func(v string) bool { return !stored(v) }) {
			return app.Fail(app.CodeBadRequest, nil)
		}
	}
	return nil
}

func (x *exchange) decode(into any) error {
	if x.r.ContentLength == 0 {
		return nil
	}
	if media, _, _ := mime.ParseMediaType(x.r.Header.Get("Content-Type")); media != "application/json" {
		return app.Fail(app.CodeMediaType, nil)
	}
	data, err := io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, maxBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return app.Fail(app.CodeBodyTooLarge, nil)
		}
		return app.Fail(app.CodeBadRequest, err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil || len(bytes.TrimSpace(data)) == 0 || bytes.TrimSpace(data)[0] != '{' {
		return app.Fail(app.CodeBadRequest, nil) // the decoder's words may quote the body
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return app.Fail(app.CodeBadRequest, nil)
	}
	return nil
}

func (h *Handler) otherMethod(w http.ResponseWriter, r *http.Request, pattern string, methods []string) {
	w.Header().Set("Allow", strings.Join(methods, ", "))
	h.fail(w, r, pattern, app.Fail(app.CodeMethod, nil), time.Now())
}

// fail answers err's code. A 401 says nothing more of why.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, route string, err error, began time.Time) {
	code := app.CodeOf(err)
	status := api.Status(code)
	answer := Failure{Code: code, Params: app.Params{}, Support: app.SupportCode(h.o.Rand)}
	address := h.address(r)
	switch status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	default:
		if params := app.ParamsOf(err); params != nil {
			answer.Params = params
		}
		if refused, ok := errors.AsType[*refusal](err); ok {
			answer.Proposals = refused.proposals
		}
	}
	switch status {
	case http.StatusTooManyRequests:
		wait := 60 - h.o.Clock.Now().Second()
		if minutes, err := strconv.Atoi(answer.Params["minutes"]); err == nil && minutes > 1 {
			wait = minutes * 60
		}
		w.Header().Set("Retry-After", strconv.Itoa(wait))
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "2")
	}
	if code == app.CodeSessionNone || code == app.CodeSignUpExpired {
		h.guesses.count(address, h.o.Clock.Now())
	}
	body, _ := json.Marshal(answer) // these types always encode
	w.Header().Set("Content-Type", "application/json")
	h.send(w, r, route, status, body)
	cause := ""
	if status >= 500 {
		if e, ok := errors.AsType[*app.Error](err); ok && e.Err != nil {
			cause = e.Err.Error()
		}
	}
	h.log(r, route, status, code, answer.Support, began, address)
	if cause != "" {
		h.o.Log.Error("failed", "code", code, "support", answer.Support, "cause", cause)
	}
}

func (h *Handler) send(w http.ResponseWriter, r *http.Request, route string, status int, body []byte) {
	if status != http.StatusNoContent && status != http.StatusNotModified {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // whoever asked is gone: nobody to tell
	}
}

// log writes one line a request: never a body, a header, a query or a path's own values.
func (h *Handler) log(r *http.Request, route string, status int, code app.Code, support string, began time.Time, address string) {
	took := time.Since(began)
	h.metrics.observe(r.Method, route, status, took)
	level := slog.LevelInfo
	if status >= 500 {
		level = slog.LevelError
	}
	h.o.Log.Log(r.Context(), level, "request", "method", method(r.Method), "route", route, "status", status, "code", code, "support", support,
		"microseconds", took.Microseconds(), "address", address)
}

// method keeps a stranger's invention out of the log and the metrics.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// address is the asker's: the peer's, or what proxies that are trusted say, from the
// nearest on, up to the first that is not trusted.
func (h *Handler) address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	trusted := func(text string) bool {
		a, err := netip.ParseAddr(strings.TrimSpace(text))
		return err == nil && slices.ContainsFunc(h.access.Proxies, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) })
	}
	if !trusted(host) {
		if r.Header.Get("X-Forwarded-For") != "" {
			h.stranger.Do(func() {
				h.o.Log.Warn("X-Forwarded-For counts for nothing: MUNPAE_DIRECTORY_PROXIES does not list who sent it. If it is the reverse proxy, everybody behind it shares one limit", "address", host)
			})
		}
		return host
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		a, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		host = a.Unmap().String()
		if !trusted(host) {
			break
		}
	}
	return host
}

// guesses counts how often an address was wrong in this minute, on this replica.
type guesses struct {
	mu     sync.Mutex
	minute int64
	counts map[string]int
}

func (g *guesses) turn(now time.Time) {
	if minute := now.Unix() / 60; minute != g.minute || len(g.counts) > maxAddresses {
		g.minute = minute
		clear(g.counts)
	}
}

func (g *guesses) count(address string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.turn(now)
	g.counts[address]++
}

func (g *guesses) many(address string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.turn(now)
	return g.counts[address] >= refusalsPerMinute
}

// readiness remembers for a second whether the database can be used.
type readiness struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

func (h *Handler) serveReady(w http.ResponseWriter, r *http.Request) {
	h.ready.mu.Lock()
	if now := time.Now(); now.Sub(h.ready.at) > time.Second {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 3*time.Second)
		h.ready.err = h.s.db.Ready(ctx)
		cancel()
		h.ready.at = time.Now()
	}
	err := h.ready.err
	h.ready.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.Header().Set("Retry-After", "2")
		h.send(w, r, "/readyz", http.StatusServiceUnavailable, fmt.Appendf(nil, "{\"ok\":false,\"code\":%q}\n", app.CodeOf(err)))
		return
	}
	h.send(w, r, "/readyz", http.StatusOK, []byte("{\"ok\":true}\n"))
}

// describe makes the OpenAPI description of the routes.
func describe(routes []route, version string) (json.RawMessage, error) {
	schemas := map[string]any{}
	paths := map[string]map[string]any{}
	failure := func(text string) map[string]any {
		return map[string]any{"description": text, "content": api.Content(Failure{}, schemas)}
	}
	for _, rt := range routes {
		answer := map[string]any{"description": http.StatusText(rt.status)}
		switch {
		case rt.gives != nil:
			answer["content"] = api.Content(rt.gives, schemas)
		case rt.status == http.StatusOK:
			answer["content"] = map[string]any{"application/json": map[string]any{"schema": map[string]any{"type": "object"}}}
		}
		responses := map[string]any{strconv.Itoa(rt.status): answer, "default": failure("Any other failure.")}
		codes := join(rt.codes, app.CodeRateLimited, app.CodeDirectoryUnavailable, app.CodeInternal)
		if rt.signedIn {
			codes = join(codes, sessionCodes...)
		}
		if rt.takes != nil {
			codes = join(codes, app.CodeBadRequest, app.CodeBodyTooLarge, app.CodeMediaType)
		}
		byStatus := map[int][]string{}
		for _, c := range codes {
			if st := api.Status(c); !slices.Contains(byStatus[st], string(c)) {
				byStatus[st] = append(byStatus[st], string(c))
			}
		}
		for st, names := range byStatus {
			slices.Sort(names)
			responses[strconv.Itoa(st)] = failure(strings.Join(names, ", "))
		}
		operation := map[string]any{"summary": rt.summary, "operationId": api.OperationID(rt.method, rt.path), "responses": responses, "security": []any{}}
		if rt.signedIn {
			operation["security"] = []any{map[string]any{"bearer": []string{}}}
		}
		var parameters []any
		if i := strings.IndexByte(rt.path, '{'); i >= 0 {
			parameters = append(parameters, api.Parameter("path", strings.Trim(rt.path[i:], "{}")))
		}
		for _, name := range rt.query {
			p := api.Parameter("query", name)
			p["required"] = false
			parameters = append(parameters, p)
		}
		if parameters != nil {
			operation["parameters"] = parameters
		}
		if rt.takes != nil {
			content := api.Content(rt.takes, schemas)
			example, err := json.Marshal(rt.takes)
			if err != nil {
				return nil, err
			}
			content["application/json"].(map[string]any)["example"] = json.RawMessage(example)
			operation["requestBody"] = map[string]any{"required": true, "content": content}
		}
		if paths[rt.path] == nil {
			paths[rt.path] = map[string]any{}
		}
		paths[rt.path][strings.ToLower(rt.method)] = operation
	}
	return json.Marshal(map[string]any{
		"openapi": "3.1.0",
		"info": map[string]any{
			"title": "Munpae directory", "version": version,
			"description": "One account on every computer. All times are Unix milliseconds.",
		},
		"paths": paths,
		"components": map[string]any{
			"schemas":         schemas,
			"securitySchemes": map[string]any{"bearer": map[string]any{"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
		},
	})
}
