package loopback_test

import (
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"munpae.example/munpae/app/internal/loopback"
)

// stranger is a user of this computer that is not this one.
const stranger = 65534

// asStranger makes f's sockets those of another user: the kernel gives a socket to
// the file-system user of the thread that makes it.
func asStranger(t *testing.T, f func()) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can be another user")
	}
	checked(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: the thread ends with its other user
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETFSUID, stranger, 0, 0); errno != 0 {
			t.Error(errno)
			return
		}
		f()
	}()
	<-done
}

// connect makes a plain socket of the calling thread: package net may use others.
func connect(t *testing.T, address string, family int) net.Conn {
	t.Helper()
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		t.Error(err)
		return nil
	}
	port, _ := strconv.Atoi(text)
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Error(err)
		return nil
	}
	var to unix.Sockaddr = &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}
	if family == unix.AF_INET6 {
		to = &unix.SockaddrInet6{Port: port, Addr: [16]byte{10: 0xff, 11: 0xff, 12: 127, 15: 1}}
	}
	if err := unix.Connect(fd, to); err != nil {
		t.Error(err)
		unix.Close(fd)
		return nil
	}
	f := os.NewFile(uintptr(fd), "stranger")
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		t.Error(err)
		return nil
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestPE04_AnotherUserOfThisComputerIsNotLetIn(t *testing.T) {
	var served atomic.Int32
	_, address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		served.Add(1)
		w.WriteHeader(http.StatusNoContent)
	})
	asStranger(t, func() {
		for name, family := range map[string]int{"IPv4": unix.AF_INET, "IPv4 in the clothes of IPv6": unix.AF_INET6} {
			if c := connect(t, address, family); c != nil && asks(t, c) != 0 {
				t.Errorf("%s: another user was answered", name)
			}
		}
	})
	if served.Load() != 0 {
		t.Errorf("%d requests were served", served.Load())
	}
	if st := asks(t, dial(t, address)); st != http.StatusNoContent {
		t.Errorf("this user got %d", st)
	}
}

// A closed socket has lost its owner: the kernel calls it root's, which this test is.
func TestPE05_ARequestOfWhoHasGoneIsNotServed(t *testing.T) {
	ln, err := loopback.Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	asStranger(t, func() {
		for range 20 {
			c := connect(t, ln.Addr().String(), unix.AF_INET)
			if c == nil {
				return
			}
			if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
				t.Error(err)
			}
			c.Close()
		}
	})
	var served atomic.Int32
	s := newServer(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			served.Add(1)
		}
	})
	done := make(chan error, 1)
	go func() { done <- s.Serve(ln) }()
	t.Cleanup(func() { s.Close(); <-done })
	c := dial(t, ln.Addr().String()) // after them in the queue
	if _, err := io.WriteString(c, "GET /mine HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if served.Load() != 0 {
		t.Errorf("%d requests of somebody who is gone were served", served.Load())
	}
}

// However many there are, none takes a place among the connections of this user.
func TestPE06_AFloodOfAnotherUserTakesNoPlace(t *testing.T) {
	hold := make(chan struct{})
	arrived := make(chan struct{})
	_, address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-hold
		w.WriteHeader(http.StatusNoContent)
	})
	first := dial(t, address) // trusted by nothing: the oldest would make room for others
	if _, err := io.WriteString(first, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	<-arrived
	asStranger(t, func() {
		for range 4 * loopback.MaxConnections {
			connect(t, address, unix.AF_INET)
		}
	})
	close(hold)
	if _, err := first.Read(make([]byte, 1)); err != nil {
		t.Errorf("the connection of this user was cut: %v", err)
	}
}
