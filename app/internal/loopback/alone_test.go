package loopback_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/loopback"
	"munpae.example/munpae/app/internal/loopback/loopbacktest"
)

// A program that had the port before keeps a connection of the browser: whoever
// binds the port next must not think that the browser is now its own.
func TestFP01_APortWithAFormerOwnersConnectionIsNotBound(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Wine lets SO_EXCLUSIVEADDRUSE pass; build/windows/check.ps1 asks a real Windows")
	}
	former, err := loopback.Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	port := former.Addr().(*net.TCPAddr).Port
	pooled := dial(t, former.Addr().String())
	near, err := former.Accept()
	if err != nil {
		t.Fatal(err)
	}
	former.Close()
	if ln, err := loopback.ListenAlone(port); err == nil {
		ln.Close()
		t.Fatal("the port was bound although a connection of its former owner is open")
	}
	near.(*net.TCPConn).SetLinger(0)
	near.Close()
	pooled.Close()
	ln, err := loopback.ListenAlone(port)
	if err != nil {
		t.Fatalf("nobody has it any more: %v", err)
	}
	ln.Close()
}

// One sign-in after another finds the port that the last one had.
func TestFP02_OurOwnConnectionsDoNotKeepThePort(t *testing.T) {
	port := loopbacktest.Port(t)
	for round := range 5 {
		ln, err := loopback.ListenAlone(port)
		for end := time.Now().Add(30 * time.Second); err != nil; ln, err = loopback.ListenAlone(port) {
			if time.Now().After(end) { // the kernel remembers who closed first for sixty seconds
				t.Fatalf("round %d: %v", round, err)
			}
			time.Sleep(time.Millisecond)
		}
		s := newServer(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "done") })
		s.SetKeepAlivesEnabled(false)
		done := make(chan error, 1)
		go func() { done <- s.Serve(ln) }()
		for range 3 {
			resp, err := http.Get("http://" + ln.Addr().String() + "/")
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "done" {
				t.Errorf("%q, %v", body, err)
			}
			resp.Body.Close()
		}
		ln.Close()
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		<-done
	}
}
