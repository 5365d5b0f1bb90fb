package provider

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"

	"munpae.example/munpae/app/internal/app"
)

// desktopPatience is how long the desktop's resolver may take, which may run a script
// that it has to fetch first. After that the way is tried without a proxy.
const desktopPatience = 3 * time.Second

// Proxy chooses the way to r: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY as they
// are now, else what the desktop has set, which is what the person's browser uses. What
// is for this computer goes through no proxy.
func (c Client) Proxy(r *http.Request) (*url.URL, error) {
	if isLoopback(r.URL.Hostname()) {
		return nil, nil
	}
	e := httpproxy.FromEnvironment()
	all := os.Getenv("ALL_PROXY")
	if all == "" {
		all = os.Getenv("all_proxy")
	}
	e.HTTPProxy, e.HTTPSProxy = or(e.HTTPProxy, all), or(e.HTTPSProxy, all)
	if e.HTTPProxy != "" || e.HTTPSProxy != "" {
		e.HTTPProxy, e.HTTPSProxy = socks5(e.HTTPProxy), socks5(e.HTTPSProxy)
		return e.ProxyFunc()(r.URL)
	}
	if c.Proxies == nil {
		return nil, nil
	}
	return c.ofDesktop(r.Context(), r.URL)
}

// ofDesktop asks the desktop. A resolver that fails or hangs is no reason not to try.
func (c Client) ofDesktop(ctx context.Context, u *url.URL) (*url.URL, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer c.clock().AfterFunc(desktopPatience, cancel)()
	answered := make(chan []string, 1)
	go func() {
		proxies, err := c.Proxies(ctx, u.String())
		if err != nil {
			proxies = nil
		}
		answered <- proxies
	}()
	var proxies []string
	select {
	case proxies = <-answered:
	case <-ctx.Done(): // whoever cancelled the request as a whole hears of it where it is sent
	}
	for _, p := range proxies {
		if p == "direct://" {
			return nil, nil
		}
		proxy, err := url.Parse(socks5(p))
		if err == nil && proxy.Host != "" && slices.Contains([]string{"http", "https", "socks5", "socks5h"}, proxy.Scheme) {
			return proxy, nil
		}
	}
	return nil, nil
}

// socks5 reads socks:// as curl and the desktops do, which package http does not know.
func socks5(address string) string {
	if rest, ok := strings.CutPrefix(address, "socks://"); ok {
		return "socks5://" + rest
	}
	return address
}

// onProxyConnect tells a proxy that wants a password, and one that wants something
// else of the person first, from one that could not reach the provider.
func onProxyConnect(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	err := fmt.Errorf("proxy: HTTP %d", resp.StatusCode)
	switch {
	case resp.StatusCode == http.StatusOK:
		return nil
	case resp.StatusCode == http.StatusProxyAuthRequired:
		return app.Fail(app.CodeProxyPassword, err)
	case resp.StatusCode >= 500 && resp.StatusCode != http.StatusNetworkAuthenticationRequired:
		return app.Fail(app.CodeProviderError, err)
	}
	return app.Fail(app.CodeCaptivePortal, err)
}
