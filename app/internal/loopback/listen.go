package loopback

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// hangUpWait is how long the other end of a connection to a port of ListenAlone has
// to hang up first.
const hangUpWait = 5 * time.Second

// Listen binds 127.0.0.1 over IPv4 on port, or on any free one if port is 0.
// ErrRefused.
func Listen(port int) (net.Listener, error) { return listenOn("127.0.0.1", port) }

// Here is where everybody listens.
var Here = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// Apart is an address of 127.0.0.0/8 that nobody has a reason to use, made of three
// bytes: browsers, whose cookies know no ports, keep those of 127.0.0.1 from it and
// its own from there.
func Apart(seed [3]byte) netip.Addr {
	return netip.AddrFrom4([4]byte{127, 1 + seed[0]%254, seed[1], 1 + seed[2]%254})
}

// ListenApart binds such an address, on port or else on any free one. macOS has no
// address but Here, which is an error.
func ListenApart(host netip.Addr, port int) (net.Listener, error) {
	if !host.Is4() || !host.IsLoopback() {
		return nil, fmt.Errorf("loopback: %s is not on this computer", host)
	}
	ln, err := listenOn(host.String(), port)
	if err != nil && port != 0 {
		ln, err = listenOn(host.String(), 0)
	}
	return ln, err
}

func listenOn(host string, port int) (net.Listener, error) {
	listen := func() (net.Listener, error) { return net.Listen("tcp4", net.JoinHostPort(host, strconv.Itoa(port))) }
	if port == 0 {
		return listenUnrefused(listen)
	}
	if Refused(port) {
		return nil, ErrRefused
	}
	return listen()
}

// ListenAlone is Listen for a port that everybody knows. It fails as long as the
// kernel remembers any connection to a listener that had the port before: a browser
// keeps such connections to use them again, and would speak through one to whoever
// is at its other end, not to this listener. ErrRefused.
func ListenAlone(port int) (net.Listener, error) {
	if Refused(port) {
		return nil, ErrRefused
	}
	c := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var failed error
		if err := raw.Control(func(fd uintptr) { failed = alone(fd) }); err != nil {
			return err
		}
		return failed
	}}
	ln, err := c.Listen(context.Background(), "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	return aloneListener{ln}, nil
}

type aloneListener struct{ net.Listener }

// listener lets nobody in but this user.
type listener struct {
	net.Listener
	alone     bool
	ours      func(*net.TCPConn) (bool, error)
	malformed func(http.ResponseWriter, int)
	stranger  func(error) // called for each connection that was dropped
}

// strangers returns what logs connections that were dropped: the first, and no more,
// since their number is not ours to bound.
func strangers(log *slog.Logger) func(error) {
	var once sync.Once
	return func(cause error) {
		once.Do(func() { log.Warn("a connection that is not this user's was dropped", "cause", cause) })
	}
}

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		tcp, ok := c.(*net.TCPConn)
		if !ok {
			return c, err
		}
		ours, err := l.ours(tcp)
		if ours {
			return &conn{TCPConn: tcp, alone: l.alone, malformed: l.malformed}, nil
		}
		if !errors.Is(err, errGone) {
			l.stranger(err)
		}
		_ = tcp.SetLinger(0) // a reset, which leaves nothing of it
		tcp.Close()
	}
}

// conn is an accepted connection of this user.
type conn struct {
	*net.TCPConn
	alone     bool
	malformed func(http.ResponseWriter, int)
	closing   sync.Once
}

// CloseWrite is what net/http says good-bye with.
func (c *conn) CloseWrite() error {
	if c.alone {
		return nil
	}
	return c.TCPConn.CloseWrite()
}

// Close implements net.Conn. Who closes first is remembered by the kernel for a
// minute, and ListenAlone would find the port taken by ourselves: so on such a port
// the other end goes first. Every answer says "Connection: close".
func (c *conn) Close() error {
	if !c.alone {
		return c.TCPConn.Close()
	}
	c.closing.Do(func() {
		if err := c.SetReadDeadline(time.Now().Add(hangUpWait)); err != nil {
			c.TCPConn.Close()
			return
		}
		go func() {
			if _, err := io.Copy(io.Discard, c.TCPConn); err != nil {
				_ = c.SetLinger(0)
			}
			c.TCPConn.Close()
		}()
	})
	return nil
}
