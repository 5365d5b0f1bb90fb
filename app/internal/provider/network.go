package provider

import (
	"context"
	"net"
	"net/http"
	"time"

	"munpae.example/munpae/app/internal/app"
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

// Reach asks address for an answer, whatever it is, and returns its status and
// its Date, zero if it had none. It asks with GET, which every server knows, and
// reads no body. Its errors carry the network codes of Exchange.
func (c Client) Reach(ctx context.Context, address string) (status int, date time.Time, err error) {
	v := c.conversation()
	defer v.end()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, time.Time{}, app.Fail(app.CodeInternal, err)
	}
	r.Header.Set("User-Agent", v.agent)
	resp, err := v.inTime(r, v.transport.RoundTrip)
	if err != nil {
		return 0, time.Time{}, fault(ctx, app.Provider{Name: r.URL.Hostname()}, err)
	}
	resp.Body.Close()
	v.noteDate(resp)
	return resp.StatusCode, v.date, nil
}
