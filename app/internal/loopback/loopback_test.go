package loopback_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/loopback"
)

func serve(t *testing.T, h http.HandlerFunc) (*loopback.Server, string) {
	t.Helper()
	ln, err := loopback.Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(h)
	done := make(chan error, 1)
	go func() { done <- s.Serve(ln) }()
	t.Cleanup(func() {
		s.Close()
		<-done
	})
	return s, ln.Addr().String()
}

func newServer(h http.HandlerFunc) *loopback.Server {
	s := loopback.NewServer(h, malformed, slog.New(slog.DiscardHandler))
	s.ReadHeaderTimeout, s.ReadTimeout = time.Hour, time.Hour // what closes a connection in these tests is no clock
	return s
}

func malformed(w http.ResponseWriter, status int) {
	w.Header().Set("X-Ours", "yes")
	w.WriteHeader(status)
	io.WriteString(w, "not understood")
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp4", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestEveryLimitIsSet(t *testing.T) {
	_, address := serve(t, nil)
	s := loopback.NewServer(nil, nil, slog.New(slog.DiscardHandler))
	if s.ReadHeaderTimeout != 5*time.Second || s.ReadTimeout == 0 || s.WriteTimeout == 0 || s.IdleTimeout == 0 || s.MaxHeaderBytes == 0 {
		t.Errorf("%+v", s)
	}
	if host, _, err := net.SplitHostPort(address); err != nil || host != "127.0.0.1" {
		t.Errorf("bound %q", address)
	}
}

func TestABusyPortIsAnError(t *testing.T) {
	ln, err := loopback.Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if second, err := loopback.Listen(ln.Addr().(*net.TCPAddr).Port); err == nil {
		second.Close()
		t.Fatal("one port was bound twice")
	}
}

// A header that is followed by no body keeps a connection busy as well as silence
// does, and no answer ends it.
const (
	silence  = ""
	half     = "GET / HTTP/1.1\r\nHost: x\r\nX-"
	bodyless = "POST /stranger HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
)

func TestHT10_StrangersMakeRoomAndWhoIsTrustedStays(t *testing.T) {
	for name, says := range map[string]string{"silent": silence, "half a header": half, "no body": bodyless} {
		t.Run(name, func(t *testing.T) {
			hold := make(chan struct{})
			arrived := make(chan struct{})
			_, address := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/stranger" {
					w.WriteHeader(http.StatusForbidden)
					return
				}
				loopback.Trust(r)
				arrived <- struct{}{}
				<-hold
				w.WriteHeader(http.StatusNoContent)
			})
			ask := func() net.Conn {
				c := dial(t, address)
				if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
					t.Fatal(err)
				}
				select {
				case <-arrived:
				case <-time.After(time.Minute):
					t.Fatal("a request among the strangers' was not let in")
				}
				return c
			}
			before := ask()
			var strangers []net.Conn
			for range 2 * loopback.MaxConnections {
				c := dial(t, address)
				strangers = append(strangers, c)
				io.WriteString(c, says) // it may have been hung up on already
			}
			if err := strangers[0].SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, strangers[0]); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the oldest stranger is still held")
			}
			after := ask()
			close(hold)
			for _, c := range []net.Conn{before, after} {
				resp, err := http.ReadResponse(bufio.NewReader(c), nil)
				if err != nil {
					t.Fatalf("the trusted connection was cut off: %v", err)
				}
				resp.Body.Close()
			}
		})
	}
}

func TestWhenAllAreTrustedTheNewcomerGoes(t *testing.T) {
	hold := make(chan struct{})
	arrived := make(chan struct{})
	_, address := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		loopback.Trust(r)
		arrived <- struct{}{}
		<-hold
	})
	defer close(hold)
	for range loopback.MaxConnections {
		if _, err := io.WriteString(dial(t, address), "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		<-arrived
	}
	newcomer := dial(t, address)
	if err := newcomer.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := newcomer.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the newcomer: %v, want its end", err)
	}
}

// A browser opens sockets ahead of need; they must not hold up the end.
func TestStopWaitsForAnswersAndForNobodyElse(t *testing.T) {
	hold := make(chan struct{})
	arrived := make(chan struct{})
	s, address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-hold
		w.WriteHeader(http.StatusNoContent)
	})
	answered, silent := dial(t, address), dial(t, address)
	if _, err := io.WriteString(answered, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	<-arrived
	stopped := make(chan error, 1)
	go func() { stopped <- s.Stop(context.Background()) }()
	if err := silent.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := silent.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the silent connection: %v, want its end", err)
	}
	select {
	case <-stopped:
		t.Fatal("stopped in the middle of an answer")
	default:
	}
	close(hold)
	resp, err := http.ReadResponse(bufio.NewReader(answered), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
}

func TestHT13_WhatIsNoRequestIsAnsweredByUs(t *testing.T) {
	_, address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusTeapot)
	})
	for text, want := range map[string]int{
		"GET / HTTP/1.1\r\n\r\n": 400, "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n": 400, "nonsense\r\n\r\n": 400, "GET / HTTP/9.9\r\nHost: x\r\n\r\n": 505,
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n":                              501,
		"GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 2*loopback.MaxHeaderBytes) + "\r\n": 431,
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n":                                                          http.StatusTeapot,
	} {
		c := dial(t, address)
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatalf("%.40q: %v", text, err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != want {
			t.Errorf("%.40q: %d, want %d, %v", text, resp.StatusCode, want, err)
		}
		if ours := want != http.StatusTeapot; ours != (resp.Header.Get("X-Ours") == "yes") || ours && (string(body) != "not understood" || !resp.Close) {
			t.Errorf("%.40q: %v %q", text, resp.Header, body)
		}
	}
}
