package webview_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/webview"
)

// asksProxies makes this test binary print what the desktop answers, and end.
const asksProxies = "MUNPAE_TEST_PROXIES"

// givesUp makes this test binary ask very often, end each question while it is answered, and end.
const givesUp = "MUNPAE_TEST_GIVES_UP"

func init() {
	if os.Getenv(givesUp) != "" {
		for range 20000 {
			ctx, cancel := context.WithCancel(context.Background())
			go cancel()
			_, _ = webview.Proxies(ctx, "https://github.com/")
		}
		os.Exit(0)
	}
	if address := os.Getenv(asksProxies); address != "" {
		proxies, err := webview.Proxies(context.Background(), address)
		fmt.Println(proxies, err)
		os.Exit(0)
	}
}

func TestCF07_GNOMEsProxyIsFound(t *testing.T) {
	for _, program := range []string{"dbus-run-session", "gsettings"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("no " + program)
		}
	}
	home := t.TempDir()
	c := exec.Command("dbus-run-session", "--", "sh", "-ec", `
gsettings set org.gnome.system.proxy mode manual
gsettings set org.gnome.system.proxy.https host proxy.example
gsettings set org.gnome.system.proxy.https port 3128
gsettings set org.gnome.system.proxy ignore-hosts "['intra.example']"
for address in https://github.com/x https://intra.example/; do `+asksProxies+`=$address "$0"; done`, os.Args[0])
	c.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_RUNTIME_DIR="+t.TempDir(), "XDG_CURRENT_DESKTOP=GNOME") // dconf has a file of one name in either
	out, err := c.Output()
	if err != nil {
		t.Skipf("no GNOME settings here: %v", err)
	}
	if got, want := string(out), "[http://proxy.example:3128] <nil>\n[direct://] <nil>\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCF07_KDEsProxyIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		file, address string
		want          []string
	}{
		"its own way":     {"ProxyType=1\nhttpsProxy=http://proxy.example 3128\n", "https://github.com/", []string{"http://proxy.example:3128"}},
		"the usual way":   {"ProxyType=1\nhttpsProxy=http://proxy.example:3128\n", "https://github.com/", []string{"http://proxy.example:3128"}},
		"SOCKS":           {"ProxyType=1\nsocksProxy=socks://proxy.example 1080\n", "https://github.com/", []string{"socks://proxy.example:1080"}},
		"another scheme":  {"ProxyType=1\nhttpProxy=http://proxy.example 3128\n", "https://github.com/", []string{"direct://"}},
		"an exception":    {"ProxyType=1\nhttpsProxy=http://proxy.example 3128\nNoProxyFor=github.com\n", "https://github.com/", []string{"direct://"}},
		"no exception":    {"ProxyType=1\nhttpsProxy=http://proxy.example 3128\nNoProxyFor=a.example\n", "https://github.com/", []string{"http://proxy.example:3128"}},
		"only for these":  {"ProxyType=1\nhttpsProxy=http://proxy.example 3128\nNoProxyFor=a.example\nReversedException=true\n", "https://a.example/", []string{"http://proxy.example:3128"}},
		"only for others": {"ProxyType=1\nhttpsProxy=http://proxy.example 3128\nNoProxyFor=a.example\nReversedException=true\n", "https://github.com/", []string{"direct://"}},
		"none":            {"ProxyType=0\nhttpsProxy=http://proxy.example 3128\n", "https://github.com/", []string{"direct://"}},
		"another section": {"ProxyType=1\n[Other]\nhttpsProxy=http://proxy.example 3128\n", "https://github.com/", []string{"direct://"}},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "kioslaverc"), []byte("[Proxy Settings]\n"+c.file), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv("XDG_CURRENT_DESKTOP", "ubuntu:KDE")
		t.Setenv("XDG_CONFIG_HOME", dir)
		if got, err := webview.Proxies(t.Context(), c.address); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// Whoever gives up does so at any moment, the last one too. GLib's warning ends the
// process here; without it, what is touched after it is gone would do so now and then.
func TestAQuestionForProxiesCanBeGivenUpAtAnyMoment(t *testing.T) {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), givesUp+"=1", "G_DEBUG=fatal-criticals", "XDG_CURRENT_DESKTOP=", "GSETTINGS_BACKEND=memory")
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v: %.300s", err, out)
	}
}

func TestWithoutADesktopThereIsNoProxy(t *testing.T) {
	for _, name := range []string{"http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, "")
	}
	t.Setenv("XDG_CURRENT_DESKTOP", "")
	t.Setenv("GSETTINGS_BACKEND", "memory")
	got, err := webview.Proxies(t.Context(), "https://github.com/")
	if err != nil || strings.Join(got, " ") != "direct://" {
		t.Errorf("%q, %v", got, err)
	}
}
