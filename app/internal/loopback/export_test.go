package loopback

import (
	"net"
	"net/netip"
)

// SetOurs makes s ask f instead of the kernel.
func SetOurs(s *Server, f func(*net.TCPConn) (bool, error)) { s.ours = f }

// Ours asks the kernel about the other end of c.
func Ours(c *net.TCPConn) (bool, error) { return ours(c) }

// ErrGone is what the kernel says of a socket that is closed.
var ErrGone = errGone

// Question asks the kernel about any pair of addresses.
func Question(client, server netip.AddrPort) (bool, error) {
	k, err := peers()
	if err != nil {
		return false, err
	}
	return k.ours(client, server)
}
