package webview

import (
	"context"
	"net/url"
	"path"
	"runtime"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	winhttp              = windows.NewLazySystemDLL("winhttp.dll")
	winHTTPOpen          = winhttp.NewProc("WinHttpOpen")
	winHTTPCloseHandle   = winhttp.NewProc("WinHttpCloseHandle")
	winHTTPGetProxyOf    = winhttp.NewProc("WinHttpGetProxyForUrl")
	winHTTPGetUsersProxy = winhttp.NewProc("WinHttpGetIEProxyConfigForCurrentUser")

	globalFree = kernel32.NewProc("GlobalFree")
)

// Of <winhttp.h>.
const (
	accessNoProxy      = 1 // WINHTTP_ACCESS_TYPE_NO_PROXY
	accessNamedProxy   = 3 // WINHTTP_ACCESS_TYPE_NAMED_PROXY
	autoproxyConfigURL = 2 // WINHTTP_AUTOPROXY_CONFIG_URL
)

// Proxies asks Windows which proxies its settings have for address, as URIs in the order in
// which to try them; direct:// means none. A script that the settings name is fetched and
// run, which may take long; one that would have to be looked for in the network (WPAD) is
// not.
func Proxies(_ context.Context, address string) ([]string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	var set struct { // WINHTTP_CURRENT_USER_IE_PROXY_CONFIG
		detect                int32
		script, proxy, bypass *uint16
	}
	if ok, _, err := winHTTPGetUsersProxy.Call(uintptr(unsafe.Pointer(&set))); ok == 0 {
		return nil, err
	}
	script, proxy, bypass := given(set.script), given(set.proxy), given(set.bypass)
	if script != "" {
		if found, bypass, err := scripted(script, address); err == nil {
			return proxiesFor(u, found, bypass), nil
		}
	}
	return proxiesFor(u, proxy, bypass), nil
}

// given is a text of the system's, which is ours to free.
func given(p *uint16) string {
	if p == nil {
		return ""
	}
	defer globalFree.Call(uintptr(unsafe.Pointer(p)))
	return windows.UTF16PtrToString(p)
}

// scripted asks a script for address, as a proxy and a list of exceptions.
func scripted(script, address string) (proxy, bypass string, err error) {
	at, err := windows.UTF16PtrFromString(script)
	if err != nil {
		return "", "", err
	}
	to, err := windows.UTF16PtrFromString(address)
	if err != nil {
		return "", "", err
	}
	session, _, err := winHTTPOpen.Call(0, accessNoProxy, 0, 0, 0)
	if session == 0 {
		return "", "", err
	}
	defer winHTTPCloseHandle.Call(session)
	options := struct { // WINHTTP_AUTOPROXY_OPTIONS
		flags, detect uint32
		script        *uint16
		_             uintptr
		_             uint32
		logon         int32
	}{flags: autoproxyConfigURL, script: at}
	var info struct { // WINHTTP_PROXY_INFO
		access        uint32
		proxy, bypass *uint16
	}
	ok, _, err := winHTTPGetProxyOf.Call(session, uintptr(unsafe.Pointer(to)), uintptr(unsafe.Pointer(&options)), uintptr(unsafe.Pointer(&info)))
	runtime.KeepAlive(at)
	if ok == 0 {
		return "", "", err
	}
	proxy, bypass = given(info.proxy), given(info.bypass)
	if info.access != accessNamedProxy {
		proxy = ""
	}
	return proxy, bypass, nil
}

// proxiesFor reads Windows' own notation: "proxy:3128", or one for each scheme as in
// "https=proxy:3128;socks=other:1080"; and the exceptions, such as "<local>;*.example".
func proxiesFor(u *url.URL, proxy, bypass string) []string {
	between := func(r rune) bool { return r == ';' || r == ' ' || r == '\t' || r == '\n' || r == '\r' }
	host := strings.ToLower(u.Hostname())
	for _, except := range strings.FieldsFunc(strings.ToLower(bypass), between) {
		if except == "<local>" {
			if !strings.ContainsAny(host, ".:") {
				return []string{"direct://"}
			}
			continue
		}
		if _, rest, ok := strings.Cut(except, "://"); ok {
			except = rest
		}
		if ok, err := path.Match(except, host); ok && err == nil {
			return []string{"direct://"}
		}
	}
	var found, socks []string
	for _, one := range strings.FieldsFunc(proxy, between) {
		scheme, at, each := strings.Cut(one, "=")
		switch {
		case !each:
			found = append(found, withScheme("http", one))
		case strings.EqualFold(scheme, u.Scheme):
			found = append(found, withScheme("http", at))
		case strings.EqualFold(scheme, "socks"):
			socks = append(socks, withScheme("socks", at))
		}
	}
	if found = append(found, socks...); len(found) == 0 {
		return []string{"direct://"}
	}
	return found
}

func withScheme(scheme, at string) string {
	if strings.Contains(at, "://") {
		return at
	}
	return scheme + "://" + at
}
