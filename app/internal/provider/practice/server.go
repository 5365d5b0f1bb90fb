package practice

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// The app's registration at each provider.
const (
	GitHubClientID     = "practice-github-client"
	GitHubClientSecret = "practice-github-secret"
	NaverClientID      = "practice-naver-client"
	NaverClientSecret  = "practice-naver-secret"
)

const (
	codeLifetime = 10 * time.Minute // docs/providers.md#githubs-authorization
	slowAnswer   = 10 * time.Second // what the chooser's switch adds
	maxBody      = 1 << 20          // bytes read of a request
)

// Options configures a Server. The zero value is the demo's.
type Options struct {
	// People are those who have accounts; nil means People().
	People []Person
	// Clock says when codes expire; nil means app.SystemClock.
	Clock app.Clock
	// NaverPorts are the loopback ports of the redirect URIs registered at Naver;
	// nil means 48111 to 48115.
	NaverPorts []int
	// DeviceInterval is the polling interval of the device flow; zero means 5 s.
	// It is told in whole seconds.
	DeviceInterval time.Duration
	// Choose says who signs in at a host, at once; nil asks the person on a page.
	Choose func(w http.ResponseWriter, r *http.Request, h *Host) Person
}

// Host is one of the real hosts.
type Host struct {
	// Name is the look of the host's pages, if it has any: "github", "github api".
	Name string
	// Heading stands over its pages.
	Heading string
	// Denial is its description of access_denied.
	Denial string
	// Issuer lets authorization responses say who answers (RFC 9207).
	Issuer bool
	// URL is where it listens, without a slash at the end; set before the first request.
	URL string
	// Mux is what it answers.
	Mux *http.ServeMux
}

// Server is GitHub and Naver, and keeps what any host granted.
type Server struct {
	options                            Options
	github, githubAPI, naver, naverAPI *Host

	servers []*http.Server
	end     context.CancelFunc // of every request
	serving sync.WaitGroup

	mu      sync.Mutex
	pending map[string]Authorization // by the chooser's request
	codes   map[string]*Code
	tokens  map[string]*Token
	devices map[string]*device // by device code
}

// New returns a server whose hosts do not listen yet.
func New(o Options) *Server {
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
	s := &Server{
		options:   o,
		github:    &Host{Name: "github", Heading: "GitHub", Denial: "The user has denied your application access.", Mux: http.NewServeMux()},
		githubAPI: &Host{Name: "github api", Mux: http.NewServeMux()},
		naver:     &Host{Name: "naver", Heading: "NAVER", Denial: "Canceled By User", Mux: http.NewServeMux()},
		naverAPI:  &Host{Name: "naver api", Mux: http.NewServeMux()},
		pending:   map[string]Authorization{},
		codes:     map[string]*Code{},
		tokens:    map[string]*Token{},
		devices:   map[string]*device{},
	}
	s.routeGitHub()
	s.routeNaver()
	return s
}

// Start listens on free ports of 127.0.0.1 and serves until Close.
func Start(o Options) (*Server, error) {
	s := New(o)
	alive, end := context.WithCancel(context.Background())
	s.end = end
	for _, h := range s.Hosts() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("practice: %w", err)
		}
		h.URL = "http://" + l.Addr().String()
		server := &http.Server{
			Handler:           answer(h.Mux),
			BaseContext:       func(net.Listener) context.Context { return alive },
			ReadHeaderTimeout: 10 * time.Second,
		}
		s.servers = append(s.servers, server)
		s.serving.Go(func() { server.Serve(l) })
	}
	return s, nil
}

// answer bounds what is read, and lets nothing be kept by a cache.
func answer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// Close breaks every connection and listens no more.
func (s *Server) Close() {
	s.end()
	for _, server := range s.servers {
		server.Close()
	}
	s.serving.Wait()
}

// Hosts are GitHub, its API, Naver, and its API.
func (s *Server) Hosts() []*Host { return []*Host{s.github, s.githubAPI, s.naver, s.naverAPI} }

// GitHubURL is what MUNPAE_GITHUB_URL is set to. Its API is also at /api/v3, as on
// an Enterprise Server.
func (s *Server) GitHubURL() string { return s.github.URL }

// GitHubAPIURL is what MUNPAE_GITHUB_API_URL is set to, the counterpart of api.github.com.
func (s *Server) GitHubAPIURL() string { return s.githubAPI.URL }

// NaverURL is what MUNPAE_NAVER_URL is set to.
func (s *Server) NaverURL() string { return s.naver.URL }

// NaverAPIURL is what MUNPAE_NAVER_API_URL is set to.
func (s *Server) NaverAPIURL() string { return s.naverAPI.URL }

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

// wait returns after d on the server's clock, or false if the request or the
// server ended before.
func (s *Server) wait(ctx context.Context, d time.Duration) bool {
	woken := make(chan struct{})
	stop := s.options.Clock.AfterFunc(d, func() { close(woken) })
	defer stop()
	select {
	case <-woken:
		return true
	case <-ctx.Done():
		return false
	}
}
