package redirect

import (
	"net/url"
	"strings"
	"unicode"

	"munpae.example/munpae/app/internal/app"
)

// Bounds of an authorization response. RFC 6749 sets none; providers' codes are
// some forty characters, OpenID providers' may be a JWT.
const (
	maxCode        = 4096
	maxError       = 100
	maxDescription = 200
	maxIssuer      = 512
)

// response is an authorization response (RFC 6749 sections 4.1.2 and 4.1.2.1,
// RFC 9207), read but not yet believed.
type response struct {
	state       string
	code        string
	issuer      string
	refusal     string // the parameter error
	description string // for the log: at most 200 characters of plain text
}

// parseResponse reads the query of a redirect. A parameter of the protocol that
// comes twice makes it malformed (RFC 6749 section 3.1), whichever value is right;
// so do neither code nor error, or both. CodeBadCallback.
func parseResponse(rawQuery string) (response, error) {
	bad := app.Fail(app.CodeBadCallback, nil)
	q, err := url.ParseQuery(rawQuery)
	if err != nil {
		return response{}, bad
	}
	for _, name := range [...]string{"state", "code", "iss", "error", "error_description", "error_uri"} {
		if len(q[name]) > 1 {
			return response{}, bad
		}
	}
	r := response{
		state: q.Get("state"), code: q.Get("code"), issuer: q.Get("iss"), refusal: q.Get("error"),
		description: plain(q.Get("error_description"), maxDescription),
	}
	switch {
	case q.Has("code") == q.Has("error"),
		q.Has("code") && (!visible(r.code, maxCode) || strings.Contains(r.code, " ")), // none is ever redeemed
		q.Has("error") && !visible(r.refusal, maxError),
		q.Has("iss") && !visible(r.issuer, maxIssuer):
		return response{}, bad
	}
	return r, nil
}

// visible reports whether s is 1 to most characters of printable ASCII (VSCHAR of
// RFC 6749 appendix A).
func visible(s string, most int) bool {
	if s == "" || len(s) > most {
		return false
	}
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// plain cuts s to at most characters and drops what a terminal or a log could
// take for more than text.
func plain(s string, most int) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if !unicode.IsPrint(r) {
			continue
		}
		if n++; n > most {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}
