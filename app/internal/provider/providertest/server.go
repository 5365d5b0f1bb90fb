package providertest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider/practice"
)

const (
	deviceGrant = "urn:ietf:params:oauth:grant-type:device_code" // RFC 8628 section 3.4
	maxRequests = 1000                                           // kept in the log
	maxBody     = 1 << 20                                        // bytes read of a request
)

// Options configures a Server. The zero value is right for most tests.
type Options struct {
	// Addr is the loopback address of the listeners; empty means 127.0.0.1:0. With
	// a port P, they take P to P+4.
	Addr string
	// People are those who have accounts; nil means practice.People().
	People []practice.Person
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

// Server is GitHub, Naver and an OpenID provider, each as told.
type Server struct {
	*practice.Server
	options Options
	oidc    *practice.Host
	clock   app.Clock
	hosts   []*host
	alive   context.Context // of every request, until Close
	end     context.CancelFunc
	serving sync.WaitGroup // listeners and requests

	mu       sync.Mutex
	next     *practice.Person
	faults   map[Endpoint]Fault
	edit     func(*jwt.Token)
	requests []Request
	counts   map[Endpoint]int
}

// host is one of the real hosts, and the server that listens for it.
type host struct {
	*practice.Host
	addr   string       // bound address
	server *http.Server // nil while stopped
}

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
		o.People = practice.People()
	}
	if o.Clock == nil {
		o.Clock = app.SystemClock{}
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
		oidc:    &practice.Host{Name: "oidc", Heading: "OpenID", Denial: "The resource owner denied the request.", Issuer: true, Mux: http.NewServeMux()},
	}
	well := practice.Options{People: o.People, Clock: o.Clock, NaverPorts: o.NaverPorts, DeviceInterval: o.DeviceInterval}
	if !o.Chooser {
		well.Choose = s.choose
	}
	s.Server = practice.New(well)
	s.routeOIDC()
	for i, h := range append(s.Server.Hosts(), s.oidc) {
		p := 0
		if first != 0 {
			p = first + i
		}
		s.hosts = append(s.hosts, &host{Host: h, addr: net.JoinHostPort(address, strconv.Itoa(p))})
	}
	if err := s.Resume(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
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
		scheme := "http://"
		if s.options.Certificate != nil {
			scheme = "https://"
			l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{*s.options.Certificate}})
		}
		if h.URL == "" {
			h.addr = l.Addr().String()
			h.URL = scheme + h.addr
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

// OIDCIssuer is what MUNPAE_OIDC_ISSUER is set to.
func (s *Server) OIDCIssuer() string { return s.oidc.URL }

// NextPerson says who signs in from the next authorization on, where there is no
// chooser. Without it, it is who the login hint names, else who signed in last with
// the same browser (somebody else, if the request asks for another account), else
// the first person.
func (s *Server) NextPerson(p practice.Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = &p
}

// choose says who signs in where nobody is asked.
func (s *Server) choose(w http.ResponseWriter, r *http.Request, h *practice.Host) practice.Person {
	p := s.chosen(r, h)
	http.SetCookie(w, &http.Cookie{Name: sessionCookie(h), Value: p.Login, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	return p
}

func (s *Server) chosen(r *http.Request, h *practice.Host) practice.Person {
	s.mu.Lock()
	next := s.next
	s.mu.Unlock()
	if next != nil {
		return *next
	}
	people, q := s.options.People, r.URL.Query()
	if p, ok := practice.FindPerson(people, cmp.Or(q.Get("login"), q.Get("login_hint"))); ok {
		return p
	}
	c, err := r.Cookie(sessionCookie(h))
	if err != nil {
		return people[0]
	}
	last, ok := practice.FindPerson(people, c.Value)
	another := slices.Contains(strings.Fields(q.Get("prompt")), "select_account") || q.Get("auth_type") == "reauthenticate"
	if ok && !another {
		return last
	}
	for _, p := range people {
		if p != last {
			return p
		}
	}
	return people[0]
}

// sessionCookie remembers who signed in at a host with this browser.
func sessionCookie(h *practice.Host) string { return "practice_" + h.Name }

// Revoke withdraws every grant of a person, as they would on the provider's own page.
func (s *Server) Revoke(p practice.Person) {
	for _, h := range s.hosts {
		s.WithdrawAll(h.Host, p)
	}
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
		e, err := endpointOf(h.Host, r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
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
			h.Mux.ServeHTTP(w, r)
			return
		}
		f(w, r, h.Mux)
	})
}
