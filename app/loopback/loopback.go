// Package loopback is how Munpae listens on this computer: on 127.0.0.1 and
// nothing else, over IPv4, with limits that keep the window served while somebody
// floods the port, and with the refusals and headers that every answer shares.
//
// What goes in here: what the window's origin and the redirect listener must both
// do on a port that every user and every web page of this computer can reach.
// What does not: routes, cookies, pages. It imports nothing of ours.
package loopback

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Limits of a server. A request's header must arrive within HeaderTimeout, all of
// it within ReadTimeout; its answer within WriteTimeout of its header.
const (
	HeaderTimeout  = 5 * time.Second
	ReadTimeout    = 10 * time.Second
	WriteTimeout   = 30 * time.Second
	IdleTimeout    = 60 * time.Second
	MaxHeaderBytes = 32 << 10
	MaxConnections = 64
)

// Listen binds 127.0.0.1 over IPv4 on port, or on any free one if port is 0.
func Listen(port int) (net.Listener, error) {
	return net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
}

// Server is an http.Server with the limits of this package. End it by Stop.
type Server struct {
	*http.Server
	crowd *crowd
}

// NewServer returns a server for h. Above MaxConnections the oldest connection
// that has not sent one whole header yet makes room, so that sockets held open by
// a stranger never lock the window out.
func NewServer(h http.Handler, log *slog.Logger) *Server {
	c := &crowd{fresh: map[net.Conn]uint64{}}
	return &Server{crowd: c, Server: &http.Server{
		Handler:                      h,
		ReadHeaderTimeout:            HeaderTimeout,
		ReadTimeout:                  ReadTimeout,
		WriteTimeout:                 WriteTimeout,
		IdleTimeout:                  IdleTimeout,
		MaxHeaderBytes:               MaxHeaderBytes,
		DisableGeneralOptionsHandler: true, // it would answer OPTIONS * past the handler
		ConnState:                    c.changed,
		ErrorLog:                     slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}
}

// Stop frees the port, hangs up on everybody who has asked nothing yet, lets
// running answers finish until ctx ends, and then cuts them off. Shutdown alone
// would wait five seconds for the sockets that browsers open ahead of need.
func (s *Server) Stop(ctx context.Context) error {
	s.crowd.disperse()
	if err := s.Shutdown(ctx); err != nil {
		return s.Close()
	}
	return nil
}

// crowd counts a server's connections.
type crowd struct {
	mu     sync.Mutex
	open   int
	seq    uint64
	fresh  map[net.Conn]uint64 // those that have sent no whole header, by arrival
	closed bool
}

func (c *crowd) changed(conn net.Conn, s http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch s {
	case http.StateNew:
		c.open++
		c.seq++
		c.fresh[conn] = c.seq
		if c.closed {
			conn.Close()
		} else if c.open > MaxConnections {
			c.oldest(conn).Close() // its own StateClosed counts it out
		}
	case http.StateActive:
		delete(c.fresh, conn)
	case http.StateClosed, http.StateHijacked:
		c.open--
		delete(c.fresh, conn)
	}
}

// disperse closes every connection that has sent no whole header, and from now on
// each that comes.
func (c *crowd) disperse() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for conn := range c.fresh {
		conn.Close()
	}
}

// oldest returns the connection that makes room, which is newest itself if every
// other has sent a request.
func (c *crowd) oldest(newest net.Conn) net.Conn {
	found, seq := newest, c.fresh[newest]
	for conn, n := range c.fresh {
		if n < seq {
			found, seq = conn, n
		}
	}
	delete(c.fresh, found) // it is closed once
	return found
}

// Refuse returns the status for a request that no route may see: 400 for another
// protocol, an upgrade or an absolute or asterisk target; 405 for a method that
// HTTP clients of ours never send; 421 unless Host is exactly host. 0 if it may pass.
// Host is the guard against DNS rebinding: a page whose name was pointed at
// 127.0.0.1 still sends its own name.
func Refuse(r *http.Request, host string) int {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
	default: // CONNECT, TRACE, PRI
		return http.StatusMethodNotAllowed
	}
	if r.ProtoMajor != 1 || r.Header["Upgrade"] != nil || r.URL.Host != "" || r.URL.Scheme != "" || len(r.URL.Path) == 0 || r.URL.Path[0] != '/' {
		return http.StatusBadRequest
	}
	if r.Host != host {
		return http.StatusMisdirectedRequest
	}
	return 0
}

// The headers of every answer. The slices are shared by all answers and never
// written to.
var (
	nosniff    = []string{"nosniff"}
	noReferrer = []string{"no-referrer"}
	noStore    = []string{"no-store"}
	sameOrigin = []string{"same-origin"}
)

// Headers sets what every answer carries: nothing may be sniffed, framed from
// elsewhere, kept on disk (WebKit wrote pages to its disk cache, SECURITY.md 2,
// 14.3.2) or told in a Referer. policy is the Content-Security-Policy as a header value.
func Headers(h http.Header, policy []string) {
	h["Content-Security-Policy"] = policy
	h["X-Content-Type-Options"] = nosniff
	h["Referrer-Policy"] = noReferrer
	h["Cache-Control"] = noStore
	h["Cross-Origin-Opener-Policy"] = sameOrigin
	h["Cross-Origin-Resource-Policy"] = sameOrigin
}
