package providertest

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"munpae.example/munpae/app/internal/app"
)

// The app's registration at each provider.
const (
	GitHubClientID     = "practice-github-client"
	GitHubClientSecret = "practice-github-secret"
	NaverClientID      = "practice-naver-client"
	NaverClientSecret  = "practice-naver-secret"
	OIDCClientID       = "practice-oidc-client"
	OIDCClientSecret   = "practice-oidc-secret"
)

const (
	codeLifetime = 10 * time.Minute // docs/providers.md#githubs-authorization
	slowAnswer   = 10 * time.Second // what the chooser's switch adds
	maxRequests  = 1000             // kept in the log
	maxBody      = 1 << 20          // bytes read of a request
)

// Options configures a Server. The zero value is right for most tests.
type Options struct {
	// Addr is the loopback address of the listeners; empty means 127.0.0.1:0. With
	// a port P, they take P to P+4.
	Addr string
	// People are those who have accounts; nil means People().
	People []Person
	// Clock says when codes expire and is the Date of every answer; nil means app.SystemClock.
	Clock app.Clock
	// Chooser shows the account chooser to browsers. Without it every authorization
	// is granted at once, see NextPerson.
	Chooser bool
	// NaverPorts are the loopback ports of the redirect URIs registered at Naver;
	// nil means 48111 to 48115.
	NaverPorts []int
	// DeviceInterval is the polling interval of the device flow; zero means 5 s.
	// It is told in whole seconds.
	DeviceInterval time.Duration
	// Certificate makes every listener speak TLS with it; nil means plain HTTP.
	Certificate *tls.Certificate
}

// Server is GitHub, Naver and an OpenID provider.
type Server struct {
	options Options
	clock   app.Clock
	hosts   []*host
	alive   context.Context // of every request, until Close
	end     context.CancelFunc
	serving sync.WaitGroup // listeners and requests

	mu       sync.Mutex
	next     *Person
	faults   map[Endpoint]Fault
	edit     func(*jwt.Token)
	requests []Request
	counts   map[Endpoint]int
	pending  map[string]authorization // by the chooser's request
	codes    map[string]*code
	tokens   map[string]*token
	devices  map[string]*device // by device code
}

// host is one of the real hosts.
type host struct {
	addr      string // bound address
	mux       *http.ServeMux
	endpoints map[string]Endpoint // by the mux's pattern

	server *http.Server // nil while stopped
}

// The hosts, in the order of their listeners.
const (
	githubHost = iota
	githubAPIHost
	naverHost
	naverAPIHost
	oidcHost
	hostCount
)

// Request is one request as it arrived, secrets included.
type Request struct {
	Endpoint Endpoint // empty for an address that the originals don't have either
	Method   string
	URL      *url.URL    // with the query
	Header   http.Header // with Host
	Form     url.Values  // of the body only
	Body     []byte
	At       time.Time
}

// Start listens and serves until Close.
func Start(o Options) (*Server, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.People == nil {
		o.People = People()
	}
	if o.Clock == nil {
		o.Clock = app.SystemClock{}
	}
	if o.NaverPorts == nil {
		o.NaverPorts = []int{48111, 48112, 48113, 48114, 48115}
	}
	if o.DeviceInterval == 0 {
		o.DeviceInterval = 5 * time.Second
	}
	if len(o.People) == 0 {
		return nil, errors.New("providertest: no people")
	}
	address, port, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return nil, fmt.Errorf("providertest: %w", err)
	}
	first, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("providertest: %w", err)
	}
	if ip := net.ParseIP(address); ip == nil || !ip.IsLoopback() {
		return nil, errors.New("providertest: not a loopback address")
	}
	alive, end := context.WithCancel(context.Background())
	s := &Server{
		options: o,
		clock:   o.Clock,
		alive:   alive,
		end:     end,
		faults:  map[Endpoint]Fault{},
		counts:  map[Endpoint]int{},
		pending: map[string]authorization{},
		codes:   map[string]*code{},
		tokens:  map[string]*token{},
		devices: map[string]*device{},
	}
	for i := range hostCount {
		p := 0
		if first != 0 {
			p = first + i
		}
		s.hosts = append(s.hosts, &host{
			addr:      net.JoinHostPort(address, strconv.Itoa(p)),
			mux:       http.NewServeMux(),
			endpoints: map[string]Endpoint{},
		})
	}
	s.routeGitHub()
	s.routeNaver()
	s.routeOIDC()
	if err := s.Resume(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (h *host) handle(pattern string, e Endpoint, f http.HandlerFunc) {
	h.mux.HandleFunc(pattern, f)
	h.endpoints[pattern] = e
}

// Resume listens again on the same ports after Stop. It fails if another program
// has taken one meanwhile; then nothing listens.
func (s *Server) Resume() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.alive.Err() != nil {
		return errors.New("providertest: closed")
	}
	for _, h := range s.hosts {
		if h.server != nil {
			continue
		}
		l, err := net.Listen("tcp", h.addr)
		if err != nil {
			s.stop()
			return fmt.Errorf("providertest: %w", err)
		}
		h.addr = l.Addr().String()
		if s.options.Certificate != nil {
			l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{*s.options.Certificate}})
		}
		h.server = &http.Server{
			Handler:           s.handler(h),
			BaseContext:       func(net.Listener) context.Context { return s.alive },
			ReadHeaderTimeout: 10 * time.Second,
			ErrorLog:          log.New(io.Discard, "", 0), // handshakes fail on purpose
		}
		server := h.server
		s.serving.Go(func() { server.Serve(l) })
	}
	return nil
}

// Stop breaks every connection and refuses new ones, until Resume.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop()
}

func (s *Server) stop() {
	for _, h := range s.hosts {
		if h.server != nil {
			h.server.Close()
			h.server = nil
		}
	}
}

// Close stops for good and returns when nothing of the server runs any more.
func (s *Server) Close() {
	s.mu.Lock()
	s.end()
	s.stop()
	s.mu.Unlock()
	s.serving.Wait()
}

func (s *Server) address(host int) string {
	if s.options.Certificate != nil {
		return "https://" + s.hosts[host].addr
	}
	return "http://" + s.hosts[host].addr
}

// GitHubURL is what MUNPAE_GITHUB_URL is set to. Its API is also at /api/v3, as on
// an Enterprise Server.
func (s *Server) GitHubURL() string { return s.address(githubHost) }

// GitHubAPIURL is what MUNPAE_GITHUB_API_URL is set to, the counterpart of api.github.com.
func (s *Server) GitHubAPIURL() string { return s.address(githubAPIHost) }

// NaverURL is what MUNPAE_NAVER_URL is set to.
func (s *Server) NaverURL() string { return s.address(naverHost) }

// NaverAPIURL is what MUNPAE_NAVER_API_URL is set to.
func (s *Server) NaverAPIURL() string { return s.address(naverAPIHost) }

// Sets are the providers that the demo plays, as they would be set. Their issuers are
// constant, although the ports are not, so that its people are known again after a
// restart (docs/security.md#accounts).
func (s *Server) Sets() []app.ProviderSet {
	return []app.ProviderSet{
		{Kind: "naver", ID: "naver", Issuer: "https://naver.demo", Values: map[string]string{
			"CLIENT_ID": NaverClientID, "CLIENT_SECRET": NaverClientSecret, "URL": s.NaverURL(), "API_URL": s.NaverAPIURL(), "EMAIL": "yes",
		}},
		{Kind: "github", ID: "github", Issuer: "https://github.demo", Values: map[string]string{
			"CLIENT_ID": GitHubClientID, "CLIENT_SECRET": GitHubClientSecret, "URL": s.GitHubURL(), "API_URL": s.GitHubAPIURL(),
		}},
	}
}

// OIDCIssuer is what MUNPAE_OIDC_ISSUER is set to.
func (s *Server) OIDCIssuer() string { return s.address(oidcHost) }

// NextPerson says who signs in from the next authorization on, where there is no
// chooser. Without it, it is who the login hint names, else who signed in last with
// the same browser (somebody else, if the request asks for another account), else
// the first person.
func (s *Server) NextPerson(p Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = &p
}

// Requests returns what was asked so far, oldest first, at most the last thousand.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Count returns how often an endpoint was asked.
func (s *Server) Count(e Endpoint) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[e]
}

// Fault makes an endpoint misbehave from now on; nil makes it well again.
func (s *Server) Fault(e Endpoint, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f == nil {
		delete(s.faults, e)
		return
	}
	s.faults[e] = f
}

// Heal takes back every Fault and EditIDToken.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.faults)
	s.edit = nil
}

// handler logs a request, then answers it or lets the endpoint's fault do so.
func (s *Server) handler(h *host) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		if s.alive.Err() != nil {
			s.mu.Unlock()
			return
		}
		s.serving.Add(1)
		s.mu.Unlock()
		defer s.serving.Done()
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			http.Error(w, "request too large", http.StatusRequestEntityTooLarge)
			return
		}
		var form url.Values
		if r.Header.Get("Content-Type") == "application/x-www-form-urlencoded" {
			form, _ = url.ParseQuery(string(body))
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		_, pattern := h.mux.Handler(r)
		e := h.endpoints[pattern]
		if e == GitHubToken && form.Get("grant_type") == deviceGrant {
			e = GitHubDeviceToken
		}
		header := r.Header.Clone()
		header.Set("Host", r.Host)
		w.Header().Set("Date", s.clock.Now().UTC().Format(http.TimeFormat))
		w.Header().Set("Cache-Control", "no-store")

		s.mu.Lock()
		s.counts[e]++
		s.requests = append(s.requests, Request{
			Endpoint: e, Method: r.Method, URL: r.URL, Header: header, Form: form, Body: body, At: s.clock.Now(),
		})
		if n := len(s.requests) - maxRequests; n > 0 {
			s.requests = append([]Request(nil), s.requests[n:]...)
		}
		f := s.faults[e]
		s.mu.Unlock()
		if f == nil {
			h.mux.ServeHTTP(w, r)
			return
		}
		f(w, r, h.mux)
	})
}

// wait returns after d on the server's clock, or false if the request or the
// server ended before.
func (s *Server) wait(ctx context.Context, d time.Duration) bool {
	woken := make(chan struct{})
	stop := s.clock.AfterFunc(d, func() { close(woken) })
	defer stop()
	select {
	case <-woken:
		return true
	case <-ctx.Done():
		return false
	}
}
