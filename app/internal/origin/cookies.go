package origin

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// The window's cookies (docs/contract.md#cookies). WebKitGTK drops Secure and __Host- cookies
// on http://127.0.0.1 (docs/security.md#secure-cookies), so neither is used on any platform.
const (
	cookiePrefix = "munpae_" // no cookie of the program behind begins like this

	accessCookie  = "munpae_access"
	refreshCookie = "munpae_refresh"
	bootCookie    = "munpae_boot"

	accessPath  = "/munpae/"
	refreshPath = "/munpae/session/refresh"
	bootPath    = "/"

	// Versions before the move under /munpae/ had them here.
	oldAccessPath  = "/"
	oldRefreshPath = "/session/refresh"
)

// tokenShape is what every token of the pair looks like (RFC 7515 section 3.1).
var tokenShape = regexp.MustCompile(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$`)

// maxToken is what a cookie can hold, in bytes.
const maxToken = 4 << 10

// clockSlack is how far this computer's clock may have been set back since a cookie
// was made, for the cookie to be one of ours.
const clockSlack = 30 * 24 * time.Hour

// Place says where a cookie of the window's jar belongs, so that an update signs
// nobody out. What is not the pair has no place there: the boot cookie is worth
// something for one launch only, and what no token looks like, or lasts longer than
// any, somebody else has put there.
func Place(name, path, value string, lasts time.Duration) (to string, ok bool) {
	if len(value) > maxToken || !tokenShape.MatchString(value) || lasts > app.AbsoluteLifetime+clockSlack {
		return "", false
	}
	switch {
	case name == accessCookie && (path == accessPath || path == oldAccessPath):
		return accessPath, true
	case name == refreshCookie && (path == refreshPath || path == oldRefreshPath):
		return refreshPath, true
	}
	return "", false
}

// Keeps reports whether a cookie of that name and path is the window's own.
func Keeps(name, path string) bool {
	switch name {
	case bootCookie:
		return path == bootPath
	case accessCookie:
		return path == accessPath
	case refreshCookie:
		return path == refreshPath
	}
	return false
}

// cookies are the values that a request brought, by name: more than one where
// another port on this host planted its own, since cookies ignore ports
// (docs/security.md#cookies-ignore-ports).
type cookies struct {
	access, refresh, boot values
}

// values are a cookie's value and how often its name came.
type values struct {
	value string
	count int
	all   []string // only where count > 1
}

func (v *values) add(s string) {
	switch v.count++; v.count {
	case 1:
		v.value = s
	case 2:
		v.all = []string{v.value, s}
	default:
		v.all = append(v.all, s)
	}
}

// readCookies looks at the raw header: net/http leaves out cookies that it finds
// malformed, and a duplicate must be seen whatever its value.
func readCookies(h http.Header) (c cookies) {
	for _, line := range h["Cookie"] {
		for len(line) > 0 {
			var pair string
			pair, line, _ = strings.Cut(line, ";")
			name, value, _ := strings.Cut(pair, "=")
			switch strings.TrimSpace(name) {
			case accessCookie:
				c.access.add(strings.TrimSpace(value))
			case refreshCookie:
				c.refresh.add(strings.TrimSpace(value))
			case bootCookie:
				c.boot.add(strings.TrimSpace(value))
			}
		}
	}
	return c
}

// setCookie adds a cookie with the attributes that all of ours have.
func setCookie(h http.Header, name, value, path string, maxAge int) {
	c := http.Cookie{Name: name, Value: value, Path: path, MaxAge: maxAge, HttpOnly: true, SameSite: http.SameSiteStrictMode}
	h["Set-Cookie"] = append(h["Set-Cookie"], c.String())
}

// setPair gives the window the pair.
func setPair(h http.Header, p app.Pair, now time.Time) {
	setCookie(h, accessCookie, p.Access, accessPath, seconds(p.AccessExpires.Sub(now), app.AccessLifetime))
	setCookie(h, refreshCookie, p.Refresh, refreshPath, seconds(p.RefreshExpires.Sub(now), app.IdleLifetime))
}

func seconds(d, most time.Duration) int {
	return int(max(min(d, most).Round(time.Second), time.Second) / time.Second)
}

// bootKept is longer than any launch lasts. The capability itself ends with the launch.
const bootKept = 90 * 24 * time.Hour

// setBoot gives the window its capability. It is kept on the disk like the pair: the
// webview's network process holds session cookies in its memory alone, and when it
// dies and another takes its place the window could do nothing any more.
func setBoot(h http.Header, secret string) {
	setCookie(h, bootCookie, secret, bootPath, seconds(bootKept, bootKept))
}

func clearCookie(h http.Header, name, path string) {
	setCookie(h, name, "", path, -1) // Max-Age=0
}

// clearAccess takes the access token away, wherever it can be.
func clearAccess(h http.Header) {
	clearCookie(h, accessCookie, accessPath)
	clearCookie(h, accessCookie, oldAccessPath)
}

// clearPair takes the pair away, wherever it can be.
func clearPair(h http.Header) {
	clearAccess(h)
	clearCookie(h, refreshCookie, refreshPath)
	clearCookie(h, refreshCookie, oldRefreshPath)
}

// clearPlanted takes away the pair and every cookie of our names that a request
// to path could have brought: a cookie's Path is a prefix of the address it goes
// to, so clearing at every prefix leaves none. The boot cookie stays where it
// belongs, as boot.
func clearPlanted(h http.Header, path, boot string) {
	seen := map[string]bool{}
	for _, p := range append(prefixes(path), accessPath, refreshPath, oldAccessPath, oldRefreshPath) {
		if seen[p] {
			continue
		}
		seen[p] = true
		clearCookie(h, accessCookie, p)
		clearCookie(h, refreshCookie, p)
		if p != bootPath {
			clearCookie(h, bootCookie, p)
		}
	}
	setBoot(h, boot)
}

// prefixes returns "/", "/a", "/a/", "/a/b" for "/a/b".
func prefixes(path string) []string {
	out := []string{"/"}
	for i := 1; i < len(path); i++ {
		if path[i] == '/' {
			out = append(out, path[:i], path[:i+1])
		}
	}
	if path != "/" {
		out = append(out, path)
	}
	return out
}
