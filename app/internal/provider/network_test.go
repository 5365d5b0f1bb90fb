package provider_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider"
)

// Some small servers answer HEAD with 501, which says nothing of a sign-in.
func TestReachAsksWithAMethodThatEveryServerKnows(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			w.WriteHeader(http.StatusNotImplemented)
		}
	}))
	defer s.Close()
	if status, _, err := (provider.Client{}).Reach(t.Context(), s.URL); err != nil || status != http.StatusOK {
		t.Errorf("got %d, %v", status, err)
	}
}

func TestReachTellsTheAnswerWhateverItIs(t *testing.T) {
	date := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", date.Format(http.TimeFormat))
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	defer s.Close()
	status, at, err := provider.Client{}.Reach(t.Context(), s.URL)
	if err != nil || status != http.StatusFound || !at.Equal(date) {
		t.Error(status, at, err)
	}
	s.Close()
	if _, _, err := (provider.Client{}).Reach(t.Context(), s.URL); app.CodeOf(err) != app.CodeProviderError {
		t.Errorf("a refused connection is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := (provider.Client{}).Reach(ctx, s.URL); err == nil {
		t.Error("a cancelled question was answered")
	}
}

func TestOnlineIsWhetherThereIsARoute(t *testing.T) {
	if os.Getenv("MUNPAE_TEST_ONLINE") != "" { // the program that the other half runs
		if provider.Online() {
			os.Stdout.WriteString("online\n")
		} else {
			os.Stdout.WriteString("offline\n")
		}
		return
	}
	c := exec.Command("unshare", "-n", os.Args[0], "-test.run", "^TestOnlineIsWhetherThereIsARoute$")
	c.Env = append(os.Environ(), "MUNPAE_TEST_ONLINE=1")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Skip("no network namespace of our own is permitted here: ", err)
	}
	if !strings.Contains(string(out), "offline") {
		t.Errorf("without any network: %s", out)
	}
	if c, err := net.Dial("udp4", "192.0.2.1:443"); err == nil {
		c.Close()
		if !provider.Online() {
			t.Error("there is a route, and it says offline")
		}
	}
}

// noProxy leaves the environment without a proxy.
func noProxy(t *testing.T) {
	t.Helper()
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"} {
		t.Setenv(name, "")
	}
}

// desk is a desktop's resolver that answers the same for every address.
type desk struct {
	answer []string
	err    error
	asked  []string
}

func (d *desk) proxies(_ context.Context, address string) ([]string, error) {
	d.asked = append(d.asked, address)
	return d.answer, d.err
}

func TestCF07_TheDesktopsProxyIsUsedWhereTheEnvironmentNamesNone(t *testing.T) {
	var connects []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connects = append(connects, r.Method+" "+r.Host)
		w.WriteHeader(http.StatusBadGateway)
	}))
	defer proxy.Close()
	reach := func(d *desk, address string) error {
		_, _, err := provider.Client{Proxies: d.proxies}.Reach(t.Context(), address)
		return err
	}
	for _, answer := range [][]string{{proxy.URL}, {"ftp://proxy.example:21", "socks4://p.example", "::", proxy.URL}} {
		noProxy(t)
		connects = nil
		d := &desk{answer: answer}
		wantCode(t, reach(d, "https://github.example/"), app.CodeProviderError)
		if !slices.Equal(connects, []string{"CONNECT github.example:443"}) || !slices.Equal(d.asked, []string{"https://github.example/"}) {
			t.Errorf("%q: the proxy was asked %q, the desktop %q", answer, connects, d.asked)
		}
	}
	// The environment stands first, ALL_PROXY too.
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"} {
		noProxy(t)
		t.Setenv(name, proxy.URL)
		connects = nil
		d := &desk{answer: []string{"http://127.0.0.1:1"}}
		wantCode(t, reach(d, "https://github.example/"), app.CodeProviderError)
		if len(connects) != 1 || len(d.asked) != 0 {
			t.Errorf("%s: the proxy was asked %q, the desktop %q", name, connects, d.asked)
		}
	}
	// What is for this computer goes through none.
	s := serve(t, nil)
	for _, set := range []bool{true, false} {
		noProxy(t)
		if set {
			t.Setenv("ALL_PROXY", proxy.URL)
		}
		connects = nil
		d := &desk{answer: []string{proxy.URL}}
		if err := reach(d, s.URL); err != nil || len(d.asked) != 0 || len(connects) != 0 {
			t.Errorf("%v; the proxy was asked %q, the desktop %q", err, connects, d.asked)
		}
	}
}

func TestADesktopThatSaysNothingOfUseMeansNoProxy(t *testing.T) {
	noProxy(t)
	c := newClock()
	hangs := func(ctx context.Context, _ string) ([]string, error) { <-ctx.Done(); return nil, ctx.Err() }
	for name, answers := range map[string]func(context.Context, string) ([]string, error){
		"direct": (&desk{answer: []string{"direct://"}}).proxies, "nothing": (&desk{}).proxies, "an error": (&desk{err: io.EOF}).proxies,
		"only what nobody speaks": (&desk{answer: []string{"gopher://x:1"}}).proxies, "it hangs": hangs,
	} {
		done := make(chan *url.URL, 1)
		go func() {
			u, err := provider.ProxyOf(provider.Client{Clock: c, Proxies: answers}, "https://github.example/")
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			done <- u
		}()
		<-c.added
		if name == "it hangs" {
			c.advance(3 * time.Second)
		}
		if u := <-done; u != nil {
			t.Errorf("%s: %s", name, u)
		}
	}
}

func TestASocksProxyIsSpokenTo(t *testing.T) {
	for _, set := range []string{"socks://127.0.0.1:1080", "socks5://127.0.0.1:1080"} {
		noProxy(t)
		t.Setenv("ALL_PROXY", set)
		u, err := provider.ProxyOf(provider.Client{}, "https://github.example/")
		if err != nil || u == nil || u.Scheme != "socks5" || u.Host != "127.0.0.1:1080" {
			t.Errorf("%s: %v, %v", set, u, err)
		}
	}
}
