package origin

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
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

	// Each account's refresh token lies once more where only the routes of that account
	// see it, under a name of its own: libsoup's jar forgets by name and host
	// (decisions/0013-a-copy-under-a-name-of-its-own.md).
	copyPrefix   = refreshCookie + "_" // and the user's ID
	accountsPath = "/munpae/accounts"

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

// Stored is a cookie of the window's jar.
type Stored struct {
	Name, Path, Value string
	Expires           time.Time
}

// Settle says what the window's jar should hold that holds all, so that an update signs
// nobody out. What is no token of ours has no place there: the boot cookie is worth
// something for one launch only, and what no token looks like, or lasts longer than
// any, somebody else has put there. Of two that come to one place the one that expires
// later stays.
//
// The refresh token says who is signed in: an access token of another session, which a
// kill in the middle of a switch leaves, goes. With several accounts each refresh token
// comes to the place of the user whom it names, whoever put it elsewhere, and the one of
// the pair has its copy there. Nothing is verified here: the routes judge what is
// presented.
func Settle(all []Stored, now time.Time, several bool) []Stored {
	type place struct{ name, path string }
	settled := map[place]Stored{}
	for _, c := range all {
		if len(c.Value) > maxToken || !tokenShape.MatchString(c.Value) || c.Expires.Sub(now) > app.AbsoluteLifetime+clockSlack {
			continue
		}
		var to place
		switch {
		case c.Name == accessCookie && (c.Path == accessPath || c.Path == oldAccessPath):
			to = place{accessCookie, accessPath}
		case c.Name == refreshCookie && (c.Path == refreshPath || c.Path == oldRefreshPath):
			to = place{refreshCookie, refreshPath}
		case several && strings.HasPrefix(c.Name, copyPrefix) && strings.HasPrefix(c.Path, accountsPath+"/"):
			user := claimsOf(c.Value).User
			if !userShape.MatchString(user) {
				continue
			}
			to = place{copyPrefix + user, copyPath(user)}
		default:
			continue
		}
		if other, taken := settled[to]; taken && !c.Expires.After(other.Expires) {
			continue
		}
		settled[to] = Stored{to.name, to.path, c.Value, c.Expires}
	}
	if refresh, ok := settled[place{refreshCookie, refreshPath}]; ok {
		at := place{accessCookie, accessPath}
		if access, ok := settled[at]; ok && claimsOf(access.Value).Session != claimsOf(refresh.Value).Session {
			delete(settled, at)
		}
		if user := claimsOf(refresh.Value).User; several && userShape.MatchString(user) {
			at := place{copyPrefix + user, copyPath(user)}
			settled[at] = Stored{at.name, at.path, refresh.Value, refresh.Expires}
		}
	}
	return slices.Collect(maps.Values(settled))
}

// userShape is what the ID of a user looks like.
var userShape = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// copyPath is where the copy of that user's refresh token goes to.
func copyPath(userID string) string { return accountsPath + "/" + userID }

// unverified is what a token says of itself.
type unverified struct {
	User    string `json:"sub"`
	Session string `json:"sid"`
}

func claimsOf(token string) (c unverified) {
	parts := strings.Split(token, ".")
	if payload, err := base64.RawURLEncoding.DecodeString(parts[len(parts)/2]); err == nil {
		_ = json.Unmarshal(payload, &c) // one that is no token says nothing
	}
	return c
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
	user, ok := strings.CutPrefix(name, copyPrefix)
	return ok && path == copyPath(user)
}

// cookies are the values that a request brought, by name: more than one where
// another port on this host planted its own, since cookies ignore ports
// (docs/security.md#cookies-ignore-ports).
type cookies struct {
	access, refresh, boot values
	copies                map[string][]string // by user
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
			switch name = strings.TrimSpace(name); name {
			case accessCookie:
				c.access.add(strings.TrimSpace(value))
			case refreshCookie:
				c.refresh.add(strings.TrimSpace(value))
			case bootCookie:
				c.boot.add(strings.TrimSpace(value))
			default:
				if user, ok := strings.CutPrefix(name, copyPrefix); ok {
					if c.copies == nil {
						c.copies = map[string][]string{}
					}
					c.copies[user] = append(c.copies[user], strings.TrimSpace(value))
				}
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

// setPair gives the window the pair: the refresh token first, which says who is signed
// in whatever a kill leaves of the rest (Settle).
func setPair(h http.Header, p app.Pair, now time.Time) {
	setCookie(h, refreshCookie, p.Refresh, refreshPath, seconds(p.RefreshExpires.Sub(now), app.IdleLifetime))
	setCookie(h, accessCookie, p.Access, accessPath, seconds(p.AccessExpires.Sub(now), app.AccessLifetime))
}

// setCopy gives the window the copy of that user's refresh token.
func setCopy(h http.Header, userID string, p app.Pair, now time.Time) {
	if userShape.MatchString(userID) {
		setCookie(h, copyPrefix+userID, p.Refresh, copyPath(userID), seconds(p.RefreshExpires.Sub(now), app.IdleLifetime))
	}
}

// clearCopy takes the copy of that user's refresh token away.
func clearCopy(h http.Header, userID string) {
	if userShape.MatchString(userID) {
		clearCookie(h, copyPrefix+userID, copyPath(userID))
	}
}

// clearPlantedCopies takes away every cookie of the name of that user's copy that a
// request to its place could have brought from elsewhere.
func clearPlantedCopies(h http.Header, userID string) {
	for _, p := range prefixes(copyPath(userID)) {
		if p != copyPath(userID) {
			clearCookie(h, copyPrefix+userID, p)
		}
	}
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
