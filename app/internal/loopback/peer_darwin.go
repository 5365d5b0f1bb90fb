package loopback

import (
	"encoding/binary"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// Records of the sysctl net.inet.tcp.pcblist_n (xnu, bsd/netinet/in_pcblist.c and
// bsd/sys/socketvar.h): each begins with its length and its kind, and the socket's
// follows that of its addresses. Written from that source; it has not been run. What
// it would get wrong, the question about a connection of our own brings out.
const (
	recordSocket    = 0x001 // XSO_SOCKET, struct xsocket_n
	recordAddresses = 0x010 // XSO_INPCB, struct xinpcb_n
)

// kernel answers by the list of TCP sockets, which names each one's user.
type kernel struct{ uid uint32 }

func openKernel() (*kernel, error) { return &kernel{uint32(os.Geteuid())}, nil }

// ours reports whether the socket at client that is connected to server belongs to
// this user; errGone if there is none.
func (k *kernel) ours(client, server netip.AddrPort) (bool, error) {
	list, err := unix.SysctlRaw("net.inet.tcp.pcblist_n")
	if err != nil {
		return false, err
	}
	n := binary.NativeEndian
	from, to := client.Addr().As4(), server.Addr().As4()
	found := false
	for len(list) >= 8 {
		length, kind := int(n.Uint32(list)), n.Uint32(list[4:])
		if length < 8 || length > len(list) {
			break
		}
		switch {
		case kind == recordAddresses && length >= 80:
			// inp_fport, inp_lport, and the last four bytes of each address.
			found = binary.BigEndian.Uint16(list[16:]) == server.Port() && binary.BigEndian.Uint16(list[18:]) == client.Port() &&
				[4]byte(list[60:]) == to && [4]byte(list[76:]) == from
		case kind == recordSocket && length >= 68 && found:
			return n.Uint32(list[64:]) == k.uid, nil // so_uid
		}
		next := (length + 7) &^ 7
		if next > len(list) {
			break
		}
		list = list[next:]
	}
	return false, errGone
}
