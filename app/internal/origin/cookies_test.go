package origin

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// A cookie of ours is counted wherever and however it stands in the header, so
// that a planted one is never overlooked.
func FuzzReadCookies(f *testing.F) {
	for _, seed := range []string{"munpae_access=a; munpae_access=b", "a=b", "munpae_boot", ";;;", `munpae_refresh="x; y"`, "munpae_access =a", " munpae_access=a=b;"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		before := readCookies(http.Header{"Cookie": {line}})
		after := readCookies(http.Header{"Cookie": {"munpae_access=ours; " + line, "munpae_boot=ours"}})
		if after.access.count != before.access.count+1 || after.boot.count != before.boot.count+1 || after.refresh.count != before.refresh.count {
			t.Fatalf("%q: %+v became %+v", line, before, after)
		}
		if after.access.value != "ours" {
			t.Fatalf("%q: read as %q", line, after.access.value)
		}
		// net/http is a second opinion: what it finds, we count.
		r := http.Request{Header: http.Header{"Cookie": {line}}}
		if n := len(r.CookiesNamed(accessCookie)); n > before.access.count {
			t.Fatalf("%q: net/http finds %d, we find %d", line, n, before.access.count)
		}
		if strings.Contains(before.access.value, ";") {
			t.Fatalf("%q: value %q", line, before.access.value)
		}
	})
}

// RFC 6265 section 5.1.4: a cookie goes to an address if its path is the address,
// or a prefix of it that ends in a slash or is followed by one.
func TestCK02_EveryPathThatACookieCouldHaveIsCleared(t *testing.T) {
	for path, want := range map[string][]string{
		"/":                       {"/"},
		"/munpae/session":         {"/", "/munpae", "/munpae/", "/munpae/session"},
		"/munpae/session/refresh": {"/", "/munpae", "/munpae/", "/munpae/session", "/munpae/session/", "/munpae/session/refresh"},
		"/a//b":                   {"/", "/a", "/a/", "/a/", "/a//", "/a//b"},
	} {
		if got := prefixes(path); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestCK12_APairOfAnOldPathHasItsPlaceAndNothingElseHas(t *testing.T) {
	for _, c := range []struct{ name, path, to string }{
		{"munpae_access", "/", "/munpae/"}, {"munpae_access", "/munpae/", "/munpae/"},
		{"munpae_refresh", "/session/refresh", "/munpae/session/refresh"}, {"munpae_refresh", "/munpae/session/refresh", "/munpae/session/refresh"},
		{"munpae_access", "/munpae/session", ""}, {"munpae_refresh", "/", ""}, {"munpae_refresh", "/munpae/", ""}, {"munpae_boot", "/", ""}, {"theirs", "/", ""},
	} {
		if to, ok := Place(c.name, c.path, "a.b.c", time.Hour); to != c.to || ok != (c.to != "") {
			t.Errorf("%s at %s belongs at %q, %v", c.name, c.path, to, ok)
		}
	}
}

func TestCK13_WhatNoTokenLooksLikeOrOutlastsAnyHasNoPlace(t *testing.T) {
	for _, c := range []struct {
		value string
		lasts time.Duration
		ours  bool
	}{
		{"eyJhbGci.eyJzdWIi.c2ln", 30 * 24 * time.Hour, true}, {"eyJhbGci.eyJzdWIi.c2ln", -time.Hour, true},
		{"eyJhbGci.eyJzdWIi.c2ln", 365 * 24 * time.Hour, false}, {"", time.Hour, false}, {"evil", time.Hour, false}, {"a.b.c.d", time.Hour, false},
		{"a.b.c\n", time.Hour, false}, {strings.Repeat("A", 4000), time.Hour, false}, {"a." + strings.Repeat("A", 5000) + ".c", time.Hour, false},
	} {
		if _, ok := Place("munpae_refresh", "/munpae/session/refresh", c.value, c.lasts); ok != c.ours {
			t.Errorf("%.20q for %v: %v", c.value, c.lasts, ok)
		}
	}
}
