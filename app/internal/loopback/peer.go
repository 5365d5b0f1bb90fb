package loopback

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
)

// Every user of this computer reaches a port on 127.0.0.1, and what proves who is
// who on it (a nonce, a cookie) has to pass through the hands of programs that show
// it, as an opener's arguments do. So the kernel is asked, at each connection, whose
// socket the other end is; another user's is reset before a byte of it is read.

// errGone reports that there is no such socket: the other end has hung up.
var errGone = errors.New("loopback: the other end has hung up")

// peers is the one way to ask that this process keeps open.
var peers = sync.OnceValues(func() (*kernel, error) {
	k, err := openKernel()
	if err != nil {
		return nil, err
	}
	if err := probe(k); err != nil {
		return nil, err
	}
	return k, nil
})

// PeerCheck reports why servers of this package can't tell connections of this user
// from those of others, or nil if they can: then they drop the others'. It asks the
// kernel once in a process, about a connection of its own.
func PeerCheck() error {
	_, err := peers()
	return err
}

// probe asks about a connection whose owner is known, and again when it is gone: a
// kernel that says nothing of use, or yes to everything, is not asked any more.
func probe(k *kernel) error {
	ln, err := Listen(0)
	if err != nil {
		return err
	}
	defer ln.Close()
	far, err := net.Dial("tcp4", ln.Addr().String())
	if err != nil {
		return err
	}
	defer far.Close()
	client, server := address(far.LocalAddr()), address(far.RemoteAddr())
	switch ours, err := k.ours(client, server); {
	case err != nil:
		return fmt.Errorf("loopback: the kernel does not say whose a connection is: %w", err)
	case !ours:
		return errors.New("loopback: the kernel takes a connection of this user for another's")
	}
	nobody := netip.AddrPortFrom(client.Addr(), server.Port()) // from the port to itself
	if ours, err := k.ours(nobody, server); ours || err == nil {
		return errors.New("loopback: the kernel knows an owner of a connection that there is not")
	}
	return nil
}

// ours reports whether the other end of c is a socket of this user. One that has
// hung up already is nobody's: no answer would reach it.
func ours(c *net.TCPConn) (bool, error) {
	k, err := peers()
	if err != nil {
		return true, nil // said by PeerCheck
	}
	return k.ours(address(c.RemoteAddr()), address(c.LocalAddr()))
}

// address is a TCP address as IPv4 where it is that in the clothes of IPv6.
func address(a net.Addr) netip.AddrPort {
	ap := a.(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
