//go:build e2e

package e2e

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

// A proxy of the environment is for the Internet. The window's page, its one-time
// token and its cookies stay in this computer.
func TestCF07_TheWindowUsesNoProxyAndItsPageComes(t *testing.T) {
	var asked atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked.Add(1) }))
	defer proxy.Close()
	for n, address := range []string{"http://127.0.0.1:9", proxy.URL} {
		w := nth(n)
		s := serve(t)
		p := install(t, w.lang, append(settings(s), "NO_PROXY=", "no_proxy=", "http_proxy="+address, "HTTP_PROXY="+address, "all_proxy="+address)...)
		p.start()
		p.see("push button", w.github)
		p.kill()
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the proxy was asked %d times", n)
	}
}
