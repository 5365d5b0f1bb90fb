// Package loopback is how Munpae listens on this computer: on 127.0.0.1 and
// nothing else, over IPv4, to this user and nobody else, with limits that keep the
// window served while somebody floods the port, and with the refusals and headers
// that every answer shares.
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

// Server is an http.Server with the limits of this package. End it by Stop.
type Server struct {
	*http.Server
	connections *connections
	malformed   func(http.ResponseWriter, int)
	ours        func(*net.TCPConn) (bool, error)
	stranger    func(error)
}

// NewServer returns a server for h. Above MaxConnections the oldest connection
// that h has not trusted makes room, so that a stranger locks nobody out, whether
// by silence, by a header without an end or by a body that never comes.
// malformed answers what was no request, with the status that it is given.
func NewServer(h http.Handler, malformed func(http.ResponseWriter, int), log *slog.Logger) *Server {
	c := &connections{open: map[net.Conn]*connection{}}
	return &Server{connections: c, malformed: malformed, ours: ours, stranger: strangers(log), Server: &http.Server{
		Handler:                      h,
		ReadHeaderTimeout:            HeaderTimeout,
		ReadTimeout:                  ReadTimeout,
		WriteTimeout:                 WriteTimeout,
		IdleTimeout:                  IdleTimeout,
		MaxHeaderBytes:               MaxHeaderBytes,
		DisableGeneralOptionsHandler: true, // it would answer OPTIONS * past the handler
		ConnContext:                  c.enter,
		ConnState:                    c.changed,
		ErrorLog:                     slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}
}

// Serve answers on a listener of this package until Stop; it then returns
// http.ErrServerClosed. Connections of other users are dropped where PeerCheck is
// nil. It may be called for several listeners.
func (s *Server) Serve(ln net.Listener) error {
	l := listener{Listener: ln, ours: s.ours, malformed: s.malformed, stranger: s.stranger}
	if a, ok := ln.(aloneListener); ok {
		l.Listener, l.alone = a.Listener, true
	}
	return s.Server.Serve(l)
}

// Trust keeps the connection that r came on from making room for others: r has
// proven that it comes from whom the server is there for.
func Trust(r *http.Request) {
	if g, ok := r.Context().Value(connectionKey{}).(*connection); ok {
		g.list.trust(g)
	}
}

// Stop frees the port, hangs up on everybody who has asked nothing yet, lets
// running answers finish until ctx ends, and then cuts them off. Shutdown alone
// would wait five seconds for the sockets that browsers open ahead of need.
func (s *Server) Stop(ctx context.Context) error {
	s.connections.closeSilent()
	if err := s.Shutdown(ctx); err != nil {
		return s.Close()
	}
	return nil
}

// connections is a server's connections, without those that were closed to make room.
type connections struct {
	mu     sync.Mutex
	seq    uint64
	open   map[net.Conn]*connection
	closed bool
}

// connection is one of them; the list's mu guards it.
type connection struct {
	list    *connections
	conn    net.Conn
	arrived uint64
	asked   bool // sent one whole header
	trusted bool
}

type connectionKey struct{}

// enter runs before any other state of the connection.
func (c *connections) enter(ctx context.Context, conn net.Conn) context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seq++
	g := &connection{list: c, conn: conn, arrived: c.seq}
	c.open[conn] = g
	if c.closed {
		conn.Close()
	} else if len(c.open) > MaxConnections {
		c.makeRoom(g)
	}
	return context.WithValue(ctx, connectionKey{}, g)
}

func (c *connections) changed(conn net.Conn, s http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch s {
	case http.StateActive:
		if g := c.open[conn]; g != nil {
			g.asked = true
		}
	case http.StateClosed, http.StateHijacked:
		delete(c.open, conn)
	}
}

func (c *connections) trust(g *connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g.trusted = true
}

// closeSilent closes every connection that has sent no whole header, and from now on
// each that comes.
func (c *connections) closeSilent() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, g := range c.open {
		if !g.asked {
			g.conn.Close()
		}
	}
}

// makeRoom closes the oldest connection that is not trusted, which is newest if
// every other is.
func (c *connections) makeRoom(newest *connection) {
	oldest := newest
	for _, g := range c.open {
		if !g.trusted && g.arrived < oldest.arrived {
			oldest = g
		}
	}
	delete(c.open, oldest.conn)
	oldest.conn.Close()
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
// elsewhere, kept on disk (WebKit wrote pages to its disk cache; ASVS
// 14.3.2) or told in a Referer. policy is the Content-Security-Policy as a header value.
func Headers(h http.Header, policy []string) {
	h["Content-Security-Policy"] = policy
	h["X-Content-Type-Options"] = nosniff
	h["Referrer-Policy"] = noReferrer
	h["Cache-Control"] = noStore
	h["Cross-Origin-Opener-Policy"] = sameOrigin
	h["Cross-Origin-Resource-Policy"] = sameOrigin
}
