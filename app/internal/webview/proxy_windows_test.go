package webview_test

import (
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"golang.org/x/sys/windows/registry"

	"munpae.example/munpae/app/internal/webview"
)

// setProxy writes what the person sets in Windows' settings, as they do, and puts back what
// was there.
func setProxy(t *testing.T, enabled bool, server, override, script string) {
	t.Helper()
	k, _, err := registry.CreateKey(registry.CURRENT_USER, `Software\Microsoft\Windows\CurrentVersion\Internet Settings\Connections`, registry.ALL_ACCESS)
	must(t, err)
	const name = "DefaultConnectionSettings"
	before, _, had := k.GetBinaryValue(name)
	t.Cleanup(func() {
		defer k.Close()
		if had == nil {
			must(t, k.SetBinaryValue(name, before))
		} else {
			must(t, k.DeleteValue(name))
		}
	})
	number := binary.LittleEndian.AppendUint32
	flags := uint32(1) // direct
	if enabled {
		flags |= 2
	}
	if script != "" {
		flags |= 4
	}
	set := number(number(number(nil, 0x46), 1), flags) // a mark, how often it was changed
	for _, text := range []string{server, override, script} {
		set = append(number(set, uint32(len(text))), text...)
	}
	must(t, k.SetBinaryValue(name, append(set, make([]byte, 32)...)))
}

// What the person has set in Windows is the way to the providers, as it is their browser's.
func TestCF07_TheProxyOfWindowsIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		enabled          bool
		server, override string
		address          string
		want             []string
	}{
		"one for all":       {true, "proxy.example:3128", "", "https://github.com/", []string{"http://proxy.example:3128"}},
		"with a scheme":     {true, "http://proxy.example:3128", "", "https://github.com/", []string{"http://proxy.example:3128"}},
		"one for each":      {true, "http=a.example:1;https=b.example:2", "", "https://github.com/", []string{"http://b.example:2"}},
		"for another":       {true, "ftp=a.example:1", "", "https://github.com/", []string{"direct://"}},
		"SOCKS":             {true, "socks=s.example:1080", "", "https://github.com/", []string{"socks://s.example:1080"}},
		"an exception":      {true, "proxy.example:3128", "*.github.com;github.com;<local>", "https://github.com/", []string{"direct://"}},
		"below it":          {true, "proxy.example:3128", "*.github.com", "https://api.github.com/", []string{"direct://"}},
		"no exception":      {true, "proxy.example:3128", "*.example;<local>", "https://github.com/", []string{"http://proxy.example:3128"}},
		"a name of our own": {true, "proxy.example:3128", "<local>", "https://intranet/", []string{"direct://"}},
		"switched off":      {false, "proxy.example:3128", "", "https://github.com/", []string{"direct://"}},
		"none":              {false, "", "", "https://github.com/", []string{"direct://"}},
	} {
		t.Run(name, func(t *testing.T) {
			setProxy(t, c.enabled, c.server, c.override, "")
			if got, err := webview.Proxies(t.Context(), c.address); err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

// So is what a script says that a company has its computers fetch.
func TestCF07_TheScriptThatWindowsIsSetToIsAsked(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-ns-proxy-autoconfig")
		fmt.Fprint(w, `function FindProxyForURL(url, host) { return host == "github.com" ? "PROXY script.example:8080" : "DIRECT"; }`)
	}))
	defer s.Close()
	setProxy(t, false, "", "", s.URL+"/proxy.pac")
	for address, want := range map[string]string{"https://github.com/x": "http://script.example:8080", "https://nid.naver.com/": "direct://"} {
		if got, err := webview.Proxies(t.Context(), address); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, %v", address, got, err)
		}
	}
}
