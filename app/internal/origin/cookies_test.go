package origin

import (
	"encoding/base64"
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

var jarTime = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// tokenOf looks like a token of that user and session.
func tokenOf(user, session string) string {
	return "h." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"`+user+`","sid":"`+session+`"}`)) + ".s"
}

// settled is what the jar holds of those cookies afterwards, "name path value".
func settled(several bool, all ...Stored) []string {
	var out []string
	for _, c := range Settle(all, jarTime, several) {
		out = append(out, c.Name+" "+c.Path+" "+c.Value)
	}
	slices.Sort(out)
	return out
}

func TestCK12_APairOfAnOldPathHasItsPlaceAndNothingElseHas(t *testing.T) {
	for _, c := range []struct{ name, path, to string }{
		{"munpae_access", "/", "/munpae/"}, {"munpae_access", "/munpae/", "/munpae/"},
		{"munpae_refresh", "/session/refresh", "/munpae/session/refresh"}, {"munpae_refresh", "/munpae/session/refresh", "/munpae/session/refresh"},
		{"munpae_access", "/munpae/session", ""}, {"munpae_refresh", "/", ""}, {"munpae_refresh", "/munpae/", ""}, {"munpae_boot", "/", ""}, {"theirs", "/", ""},
		{"munpae_refresh_u1", "/munpae/accounts/u1", ""}, // of a program that has one account
	} {
		var want []string
		if c.to != "" {
			want = []string{c.name + " " + c.to + " a.b.c"}
		}
		if got := settled(false, Stored{c.name, c.path, "a.b.c", jarTime.Add(time.Hour)}); !slices.Equal(got, want) {
			t.Errorf("%s at %s became %q", c.name, c.path, got)
		}
	}
}

// After an update, a return to the version before and the update again the jar
// holds a token of each; the one that was renewed last is the one that counts.
func TestCK12_OfTwoThatComeToOnePlaceTheYoungerStays(t *testing.T) {
	young := Stored{"munpae_refresh", "/session/refresh", "y.y.y", jarTime.Add(2 * time.Hour)}
	old := Stored{"munpae_refresh", "/munpae/session/refresh", "o.o.o", jarTime.Add(time.Hour)}
	for _, all := range [][]Stored{{young, old}, {old, young}} {
		if got := settled(false, all...); !slices.Equal(got, []string{"munpae_refresh /munpae/session/refresh y.y.y"}) {
			t.Errorf("%v became %q", all, got)
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
		for _, several := range []bool{false, true} {
			got := settled(several, Stored{"munpae_refresh", "/munpae/session/refresh", c.value, jarTime.Add(c.lasts)})
			if (len(got) == 1) != c.ours {
				t.Errorf("%.20q for %v: %q", c.value, c.lasts, got)
			}
		}
	}
}

func TestAC09_TheJarKeepsACopyOfEachAccountsTokenAndMakesThatOfAnOlderProfile(t *testing.T) {
	later := jarTime.Add(time.Hour)
	ann, ben := tokenOf("ann", "1"), tokenOf("ben", "2")
	for what, c := range map[string]struct{ is, want []Stored }{
		"an older profile's": {
			[]Stored{{"munpae_refresh", refreshPath, ann, later}},
			[]Stored{{"munpae_refresh", refreshPath, ann, later}, {"munpae_refresh_ann", "/munpae/accounts/ann", ann, later}},
		},
		"in order": {
			[]Stored{{"munpae_refresh", refreshPath, ann, later}, {"munpae_refresh_ann", "/munpae/accounts/ann", ann, later}, {"munpae_refresh_ben", "/munpae/accounts/ben", ben, later}},
			[]Stored{{"munpae_refresh", refreshPath, ann, later}, {"munpae_refresh_ann", "/munpae/accounts/ann", ann, later}, {"munpae_refresh_ben", "/munpae/accounts/ben", ben, later}},
		},
		"exchanged": {
			[]Stored{{"munpae_refresh_ben", "/munpae/accounts/ben", ann, later}, {"munpae_refresh_ann", "/munpae/accounts/ann", ben, later}},
			[]Stored{{"munpae_refresh_ann", "/munpae/accounts/ann", ann, later}, {"munpae_refresh_ben", "/munpae/accounts/ben", ben, later}},
		},
		"a switch that was killed": {
			[]Stored{{"munpae_refresh", refreshPath, ben, later}, {"munpae_access", accessPath, ann, later}, {"munpae_refresh_ben", "/munpae/accounts/ben", tokenOf("ben", "old"), later}},
			[]Stored{{"munpae_refresh", refreshPath, ben, later}, {"munpae_refresh_ben", "/munpae/accounts/ben", ben, later}},
		},
		"of nobody": {[]Stored{{"munpae_refresh_x", "/munpae/accounts/x", "a.b.c", later}, {"munpae_refresh_ann", "/", ann, later}}, nil},
	} {
		var want []string
		for _, w := range c.want {
			want = append(want, w.Name+" "+w.Path+" "+w.Value)
		}
		slices.Sort(want)
		if got := settled(true, c.is...); !slices.Equal(got, want) {
			t.Errorf("%s: became %q, want %q", what, got, want)
		}
	}
}
