package provider

import (
	"context"
	"net"
	"strconv"
	"strings"

	"munpae.example/munpae/app/internal/app"
)

// CheckKeys has p redeem a code that nobody was given. A provider looks at the client ID
// and its secret before the code, so an answer about the code is one that knows the keys.
// CodeKeysRefused where it does not, else the codes of Exchange.
func CheckKeys(ctx context.Context, p Provider) error {
	d := p.Describe()
	c, err := p.Exchange(ctx, app.AuthorizationRequest{
		RedirectURI: Callbacks(p)[0], State: "keys", CodeVerifier: strings.Repeat("keys", 11),
	}, app.AuthorizationResponse{Code: "keys"})
	switch app.CodeOf(err) {
	case app.CodeCodeExpired, app.CodeCodeUsed:
		return nil
	case app.CodeProviderMisconfigured:
		return app.Fail(app.CodeKeysRefused, err, "provider", d.Name)
	}
	if err == nil && c.Revoke != nil { // it takes any code, and nobody is to be signed in by it
		_ = c.Revoke(ctx)
	}
	return err
}

// Callbacks are the redirect URIs to register for p: one without a port where any will do.
func Callbacks(p Provider) []string {
	d := p.Describe()
	hosts := []string{"127.0.0.1"}
	if len(d.Ports) > 0 {
		hosts = nil
	}
	for _, port := range d.Ports {
		hosts = append(hosts, net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	}
	for i, host := range hosts {
		hosts[i] = "http://" + host + "/oauth/" + d.ID + "/callback/"
	}
	return hosts
}
