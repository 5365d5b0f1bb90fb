package loopback

import (
	"errors"
	"net"
	"slices"
)

// ErrRefused reports a port that every browser refuses to ask, whoever listens there.
var ErrRefused = errors.New("loopback: browsers refuse this port")

// refusedPorts are the bad ports of the Fetch standard (fetch.spec.whatwg.org,
// 2.9 Port blocking), in order.
var refusedPorts = []int{
	0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111, 113,
	115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556,
	563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667,
	6668, 6669, 6679, 6697, 10080,
}

// Refused reports whether browsers refuse port.
func Refused(port int) bool {
	_, found := slices.BinarySearch(refusedPorts, port)
	return found
}

// listenUnrefused calls listen until the system gives a port that browsers ask. It
// holds those that it may not use meanwhile, so that none comes twice.
func listenUnrefused(listen func() (net.Listener, error)) (net.Listener, error) {
	for range len(refusedPorts) + 1 {
		ln, err := listen()
		if err != nil {
			return nil, err
		}
		if !Refused(ln.Addr().(*net.TCPAddr).Port) {
			return ln, nil
		}
		defer ln.Close()
	}
	return nil, ErrRefused
}
