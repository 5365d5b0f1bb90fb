// Package loopbacktest has ports for tests that must know one while nobody listens on it:
// before something is started on it, or from its end to its next start.
package loopbacktest

import (
	"crypto/rand"
	"encoding/binary"
	"net"
	"runtime"
	"sync/atomic"
	"testing"

	"munpae.example/munpae/app/internal/loopback"
)

// The ports lie below those that systems hand out to whoever asks for any, and to every
// connection for its near end (Linux from 32768, others from 49152): one of those may become
// somebody's between two uses, and on a busy machine it does.
const (
	lowest  = 20000
	highest = 32000
)

// next is the port to try next. It begins anywhere, so that packages that are tested at
// the same time are rarely in each other's way, and goes on: the one before may be in
// the kernel's memory for a minute.
var next atomic.Uint32

func init() {
	var b [4]byte
	_, _ = rand.Read(b[:]) // it never fails
	next.Store(binary.BigEndian.Uint32(b[:]))
}

// Ports returns n ports of 127.0.0.1 that nobody listens on and no connection is of. They
// are those of t until it is over: no other test of this computer is given one of them.
func Ports(t testing.TB, n int) []int {
	t.Helper()
	var ports []int
	for range highest - lowest {
		if len(ports) == n {
			return ports
		}
		if port := lowest + int(next.Add(1)%(highest-lowest)); claim(t, port) {
			ports = append(ports, port)
		}
	}
	t.Fatal("no free ports")
	return nil
}

// Port returns one.
func Port(t testing.TB) int {
	t.Helper()
	return Ports(t, 1)[0]
}

// claim keeps other tests from port until t is over, by the UDP port of the same number:
// the system frees that even where the test's process is killed. Wine gives Go no UDP
// port: there only next keeps them apart.
func claim(t testing.TB, port int) bool {
	if runtime.GOOS != "windows" {
		held, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		if err != nil {
			return false
		}
		t.Cleanup(func() { held.Close() })
	}
	l, err := loopback.ListenAlone(port)
	if err != nil {
		return false
	}
	l.Close()
	return true
}
