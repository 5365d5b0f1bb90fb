package loopback

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"golang.org/x/sys/unix"
)

// sock_diag(7) for TCP: <linux/sock_diag.h>, <linux/inet_diag.h>.
const (
	sockDiagByFamily = 20
	diagRequest      = unix.SizeofNlMsghdr + 56 // struct inet_diag_req_v2
	diagAnswer       = unix.SizeofNlMsghdr + 72 // struct inet_diag_msg
	anyCookie        = 0xffffffff
	everyState       = 0xffffffff
)

// kernel is a netlink socket that answers whose a TCP socket is.
type kernel struct {
	uid uint32

	mu  sync.Mutex // one question at a time; each takes some microseconds
	fd  int
	seq uint32
}

func openKernel() (*kernel, error) {
	k := &kernel{uid: uint32(unix.Geteuid()), fd: -1}
	return k, k.open()
}

func (k *kernel) open() error {
	if k.fd >= 0 {
		unix.Close(k.fd)
		k.fd = -1
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return fmt.Errorf("loopback: no sock_diag: %w", err)
	}
	k.fd = fd
	return nil
}

// ours reports whether the socket at client that is connected to server belongs to
// this user; errGone if there is none.
func (k *kernel) ours(client, server netip.AddrPort) (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	uid, err := k.owner(client, server)
	if err != nil && !errors.Is(err, errGone) {
		if err = k.open(); err == nil { // an answer may have been lost, not twice
			uid, err = k.owner(client, server)
		}
	}
	return err == nil && uid == k.uid, err
}

// owner asks about one exact pair of addresses. Sockets of IPv6 that speak IPv4
// (::ffff:127.0.0.1) are found under AF_INET too.
func (k *kernel) owner(client, server netip.AddrPort) (uint32, error) {
	k.seq++
	n := binary.NativeEndian
	var q [diagRequest]byte
	n.PutUint32(q[0:], diagRequest)
	n.PutUint16(q[4:], sockDiagByFamily)
	n.PutUint16(q[6:], unix.NLM_F_REQUEST)
	n.PutUint32(q[8:], k.seq)
	b := q[unix.SizeofNlMsghdr:]
	b[0], b[1] = unix.AF_INET, unix.IPPROTO_TCP
	n.PutUint32(b[4:], everyState)
	binary.BigEndian.PutUint16(b[8:], client.Port()) // as the client's own socket has it: its end first
	binary.BigEndian.PutUint16(b[10:], server.Port())
	from, to := client.Addr().As4(), server.Addr().As4()
	copy(b[12:], from[:])
	copy(b[28:], to[:])
	n.PutUint32(b[48:], anyCookie)
	n.PutUint32(b[52:], anyCookie)
	if err := unix.Sendto(k.fd, q[:], 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return 0, err
	}
	var a [4096]byte
	for {
		// The kernel answers within Sendto: there is nothing to wait for.
		m, sender, err := unix.Recvfrom(k.fd, a[:], unix.MSG_DONTWAIT)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return 0, err
		}
		if s, ok := sender.(*unix.SockaddrNetlink); !ok || s.Pid != 0 || m < unix.SizeofNlMsghdr+4 || n.Uint32(a[8:]) != k.seq {
			continue // not the kernel's, or to an earlier question
		}
		switch n.Uint16(a[4:]) {
		case unix.NLMSG_ERROR:
			if errno := unix.Errno(-int32(n.Uint32(a[unix.SizeofNlMsghdr:]))); errno != unix.ENOENT {
				return 0, errno
			}
			return 0, errGone
		case sockDiagByFamily:
			if m < diagAnswer {
				return 0, unix.EBADMSG
			}
			d := a[unix.SizeofNlMsghdr:]
			// The kernel falls back on a listening socket, which has no other end; one
			// that its process has closed has no inode, and may have lost its owner.
			if binary.BigEndian.Uint16(d[4:]) != client.Port() || binary.BigEndian.Uint16(d[6:]) != server.Port() || n.Uint32(d[68:]) == 0 {
				return 0, errGone
			}
			return n.Uint32(d[64:]), nil
		default:
			return 0, unix.EBADMSG
		}
	}
}
