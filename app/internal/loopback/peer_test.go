package loopback_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/loopback"
)

// asks sends one request and returns the answer's status, 0 for a connection that
// was cut.
func asks(t *testing.T, c net.Conn) int {
	t.Helper()
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		return 0
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

func checked(t *testing.T) {
	t.Helper()
	if err := loopback.PeerCheck(); err != nil {
		t.Skipf("the kernel does not answer here: %v", err)
	}
}

func TestPE01_ThisUserIsLetIn(t *testing.T) {
	checked(t)
	_, address := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	if st := asks(t, dial(t, address)); st != http.StatusNoContent {
		t.Errorf("IPv4: %d", st)
	}
	_, port, _ := net.SplitHostPort(address)
	for _, mapped := range []string{"::ffff:127.0.0.1", "::ffff:7f00:1"} {
		c, err := net.Dial("tcp", net.JoinHostPort(mapped, port))
		if err != nil {
			t.Fatal(err)
		}
		if st := asks(t, c); st != http.StatusNoContent {
			t.Errorf("%s: %d", mapped, st)
		}
		c.Close()
	}
}

// The verdict decides, before anything that came is read.
func TestPE02_WhatIsNotThisUsersIsResetUnread(t *testing.T) {
	for name, verdict := range map[string]error{"another user's": nil, "hung up already": loopback.ErrGone, "no answer from the kernel": errors.New("no buffer space")} {
		t.Run(name, func(t *testing.T) {
			var served atomic.Int32
			ln, err := loopback.Listen(0)
			if err != nil {
				t.Fatal(err)
			}
			s := newServer(func(http.ResponseWriter, *http.Request) { served.Add(1) })
			loopback.SetOurs(s, func(*net.TCPConn) (bool, error) { return false, verdict })
			done := make(chan error, 1)
			go func() { done <- s.Serve(ln) }()
			t.Cleanup(func() { s.Close(); <-done })
			st := 0
			if c, err := net.Dial("tcp4", ln.Addr().String()); err == nil { // the reset may come as early as this
				st = asks(t, c)
				c.Close()
			}
			if st != 0 || served.Load() != 0 {
				t.Errorf("answered %d, served %d", st, served.Load())
			}
		})
	}
}

func TestPE03_WhatTheKernelDoesNotKnowIsNobodys(t *testing.T) {
	checked(t)
	ln, err := loopback.Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	far := dial(t, ln.Addr().String())
	client, server := far.LocalAddr().(*net.TCPAddr).AddrPort(), far.RemoteAddr().(*net.TCPAddr).AddrPort()
	other := func(p netip.AddrPort) netip.AddrPort {
		return netip.AddrPortFrom(netip.MustParseAddr("127.9.8.7"), p.Port())
	}
	for name, q := range map[string][2]netip.AddrPort{
		"another address": {other(client), server}, "to another address": {client, other(server)},
		"a port that nobody has": {netip.AddrPortFrom(client.Addr(), 1), server},
	} {
		if ours, err := loopback.Question(q[0], q[1]); ours || !errors.Is(err, loopback.ErrGone) {
			t.Errorf("%s: %v, %v", name, ours, err)
		}
	}
	if ours, err := loopback.Question(client, server); !ours || err != nil {
		t.Errorf("the connection itself: %v, %v", ours, err)
	}
	near, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	far.Close()
	if ours, err := loopback.Ours(near.(*net.TCPConn)); ours || !errors.Is(err, loopback.ErrGone) {
		t.Errorf("hung up: %v, %v", ours, err)
	}
}

func BenchmarkOurs(b *testing.B) {
	ln, err := loopback.Listen(0)
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	far, err := net.Dial("tcp4", ln.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer far.Close()
	near, err := ln.Accept()
	if err != nil {
		b.Fatal(err)
	}
	defer near.Close()
	for b.Loop() {
		if ours, err := loopback.Ours(near.(*net.TCPConn)); !ours || err != nil {
			b.Fatal(ours, err)
		}
	}
}
