package webview

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// kdeProxies reads what KDE's proxy settings say by hand (kioslaverc, as KIO has it):
// none, or one for each scheme. It knows nothing, and ok is false, outside KDE and where
// a script or the environment decides.
func kdeProxies(env func(string) string, address string) (proxies []string, ok bool) {
	u, err := url.Parse(address)
	if err != nil || !slices.Contains(strings.Split(env("XDG_CURRENT_DESKTOP"), ":"), "KDE") {
		return nil, false
	}
	dir := env("XDG_CONFIG_HOME")
	if dir == "" {
		dir = filepath.Join(env("HOME"), ".config")
	}
	data, err := os.ReadFile(filepath.Join(dir, "kioslaverc"))
	if err != nil {
		return nil, false
	}
	settings := map[string]string{}
	section := ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = line
		} else if name, value, found := strings.Cut(line, "="); found && section == "[Proxy Settings]" {
			settings[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	switch settings["ProxyType"] {
	case "0":
		return []string{direct}, true
	case "1":
	default:
		return nil, false
	}
	proxy := kdeAddress(settings[u.Scheme+"Proxy"])
	if proxy == "" {
		proxy = kdeAddress(settings["socksProxy"])
	}
	except := httpproxy.Config{HTTPProxy: proxy, HTTPSProxy: proxy, NoProxy: settings["NoProxyFor"]}
	through, err := except.ProxyFunc()(u)
	if err != nil {
		return nil, false
	}
	if reversed := settings["ReversedException"] == "true"; proxy == "" || (through == nil) != reversed {
		return []string{direct}, true
	}
	return []string{proxy}, true
}

const direct = "direct://"

// kdeAddress reads "http://proxy.example 3128", KDE's own way to write a port, as well
// as the usual one.
func kdeAddress(s string) string {
	host, port, found := strings.Cut(s, " ")
	if port = strings.TrimSpace(port); !found || port == "" || port == "0" {
		return host
	}
	return strings.TrimSuffix(host, "/") + ":" + port
}
