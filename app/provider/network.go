package provider

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"munpae/app"
)

// Online reports whether this computer has a route to the outside. It sends
// nothing: connecting a UDP socket only asks the kernel for a route. The
// addresses are those that RFC 5737 and RFC 3849 reserve for documentation.
func Online() bool {
	for _, to := range []struct{ network, address string }{{"udp4", "192.0.2.1:443"}, {"udp6", "[2001:db8::1]:443"}} {
		if c, err := net.Dial(to.network, to.address); err == nil {
			c.Close()
			return true
		}
	}
	return false
}
