package redirect

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"munpae.example/munpae/app/internal/app"
)

// Whatever the query, a response that is accepted has one state, exactly one of
// code and error, and nothing in it that is not plain text.
func FuzzParseResponse(f *testing.F) {
	for _, seed := range []string{
		"code=a&state=b", "error=access_denied&error_description=no&state=b", "code=a&code=b", "code=a&iss=https%3A%2F%2Fgithub.com&state=b", "state=%00&code=%0d%0a",
		"code=a;b", "%", "code=%ff&state=b", "error=x&error_description=%3Cscript%3E%E2%80%AE", "code&state", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		r, err := parseResponse(query)
		if err != nil {
			if app.CodeOf(err) != app.CodeBadCallback || r != (response{}) {
				t.Fatalf("%q: %v with %+v", query, err, r)
			}
			return
		}
		if (r.code == "") == (r.refusal == "") {
			t.Fatalf("%q: %+v", query, r)
		}
		for _, s := range []string{r.code, r.refusal, r.issuer} {
			if strings.ContainsFunc(s, func(c rune) bool { return c < 0x20 || c > 0x7e }) || len(s) > maxCode {
				t.Fatalf("%q: %q", query, s)
			}
		}
		if utf8.RuneCountInString(r.description) > maxDescription || strings.ContainsAny(r.description, "\r\n\x00\u202e") {
			t.Fatalf("%q: description %q", query, r.description)
		}
		q, err := url.ParseQuery(query)
		if err != nil || len(q["state"]) > 1 || q.Get("state") != r.state || q.Get("code") != r.code {
			t.Fatalf("%q: read as %+v", query, r)
		}
	})
}
