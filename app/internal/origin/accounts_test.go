package origin_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/origin"
)

func several(o *origin.Options) { o.Several = true }

const (
	theirCopy = "munpae_refresh_u2=refresh-old"
	copyOf2   = "munpae_refresh_u2=refresh-2; Path=/munpae/accounts/u2; Max-Age=2592000; HttpOnly; SameSite=Strict"
)

func TestAC01_ThePairComesWithACopyThatOnlyTheRoutesOfThatAccountSee(t *testing.T) {
	w := serve(t, several)
	for _, a := range []answer{w.window("POST", "/munpae/session", "{}"), w.window("POST", "/munpae/session/refresh", "{}", "munpae_refresh=refresh-1")} {
		got := a.header["Set-Cookie"]
		want := "munpae_refresh_u1=refresh-1; Path=/munpae/accounts/u1; Max-Age=2592000; HttpOnly; SameSite=Strict"
		if len(got) != 3 || got[2] != want || !strings.HasPrefix(got[0], "munpae_refresh=refresh-1; Path=/munpae/session/refresh;") || !strings.HasPrefix(got[1], "munpae_access=access-1; Path=/munpae/;") {
			t.Errorf("cookies: %q", got)
		}
	}
}

func TestAC01_ASwitchIsProvenByTheCopyAndGivesThePairAndTheCopyAnew(t *testing.T) {
	w := serve(t, several)
	a := w.window("POST", "/munpae/accounts/u2", "{}", signedIn, theirCopy, "munpae_refresh_u3=another")
	same(t, "status", a.status, http.StatusOK)
	same(t, "calls", strings.Join(w.uses.taken(), ", "), "switch u2 refresh-old")
	got := a.header["Set-Cookie"]
	if len(got) != 3 || !strings.HasPrefix(got[0], "munpae_refresh=refresh-2;") || !strings.HasPrefix(got[1], "munpae_access=access-2;") || got[2] != copyOf2 {
		t.Errorf("cookies: %q", got)
	}
	if !strings.Contains(a.body, `"id":"u2"`) {
		t.Error(a.body)
	}
	// The window is served that session from then on.
	same(t, "sign-out", w.window("DELETE", "/munpae/session", "").status, http.StatusNoContent)
	if calls := w.uses.taken(); !slices.Contains(calls, "sign out s2") {
		t.Errorf("calls: %q", calls)
	}
}

func TestAC02_ASwitchThatFailsTakesNothingOfAnybodyElses(t *testing.T) {
	for code, gone := range map[app.Code]string{
		app.CodeAccountEnded: "munpae_refresh_u2", app.CodeAccountExpired: "munpae_refresh_u2", app.CodeAccountReused: "munpae_refresh_u2",
		app.CodeAccountLost: "", app.CodeConflict: "", app.CodeClockMovedBack: "", app.CodeDiskFull: "",
	} {
		w := serve(t, several)
		w.window("GET", "/munpae/session", "", signedIn)
		w.uses.fail("SwitchTo", app.Fail(code, nil, "nickname", "바위"))
		a := w.window("POST", "/munpae/accounts/u2", "", signedIn, theirCopy)
		same(t, "code", a.code(), code)
		var names []string
		for _, line := range a.header["Set-Cookie"] {
			name, _, _ := strings.Cut(line, "=")
			names = append(names, name)
		}
		same(t, string(code)+" takes away", strings.Join(names, ","), gone)
		w.uses.taken()
		w.window("DELETE", "/munpae/session", "")
		if calls := w.uses.taken(); !slices.Contains(calls, "sign out s1") {
			t.Errorf("%s: the window is served another session: %q", code, calls)
		}
	}
}

func TestAC02_OfTwoCookiesOfThatNameThePlantedOneIsTakenAway(t *testing.T) {
	w := serve(t, several)
	cookies := []string{signedIn, theirCopy, "munpae_refresh_u2=planted"}
	w.uses.fail("SwitchTo", app.Fail(app.CodeAccountLost, nil, "nickname", "바위"))
	a := w.window("POST", "/munpae/accounts/u2", "", cookies...)
	same(t, "calls", strings.Join(w.uses.taken(), ", "), "switch u2 refresh-old planted")
	// The webview's file would forget the good one as well, which nothing brings back.
	same(t, "after a switch that failed", len(a.header["Set-Cookie"]), 0)

	w.uses.fail("SwitchTo", nil)
	var cleared []string
	given := false
	for _, line := range w.window("POST", "/munpae/accounts/u2", "", cookies...).header["Set-Cookie"] {
		c, err := http.ParseSetCookie(line)
		switch {
		case err != nil:
			t.Errorf("%q", line)
		case c.Name == "munpae_refresh_u2" && c.MaxAge == -1:
			cleared = append(cleared, c.Path)
		case c.Name == "munpae_refresh_u2" && len(cleared) == 5: // after what is cleared, or it goes with that
			given = c.Path == "/munpae/accounts/u2"
		}
	}
	same(t, "cleared at", strings.Join(cleared, " "), "/ /munpae /munpae/ /munpae/accounts /munpae/accounts/")
	if !given {
		t.Error("the good one is not given anew")
	}
}

func TestAC03_TheNameplatesNeedNoSessionAndHoldNoToken(t *testing.T) {
	w := serve(t, several)
	a := w.window("GET", "/munpae/accounts", "")
	same(t, "status", a.status, http.StatusOK)
	same(t, "body", a.body, `{"accounts":[`+
		`{"user":{"id":"u1","nickname":"나무","created_at":1795338000000},"provider":"github","account":"octocat","seen_at":1795510800000,"current":true,"lives":true},`+
		`{"user":{"id":"u2","nickname":"바위","created_at":1795510800000},"provider":"github","account":"octocat","seen_at":1795510800000,"current":false,"lives":false}]}`)
}

func TestAC04_SigningOutEndsTheRowsFirstAndClearsThatAccountsCookiesAlone(t *testing.T) {
	names := func(a answer) string {
		var names []string
		for _, line := range a.header["Set-Cookie"] {
			name, _, _ := strings.Cut(line, "=")
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		return strings.Join(names, ",")
	}
	for _, c := range []struct{ path, method, gone string }{
		{"/munpae/accounts/u2", "SignOutOf", "munpae_refresh_u2"},
		{"/munpae/accounts/u1", "SignOutOf", "munpae_access,munpae_refresh,munpae_refresh_u1"},
		{"/munpae/session", "SignOut", "munpae_access,munpae_refresh,munpae_refresh_u1"},
		{"/munpae/accounts", "SignOutAll", "munpae_access,munpae_refresh,munpae_refresh_u1,munpae_refresh_u2"},
	} {
		w := serve(t, several)
		w.window("GET", "/munpae/session", "", signedIn)
		a := w.window("DELETE", c.path, "", signedIn)
		same(t, c.path, a.status, http.StatusNoContent)
		same(t, c.path+" clears", names(a), c.gone)
	}
	w := serve(t, several)
	w.window("GET", "/munpae/session", "", signedIn)
	w.uses.fail("SignOutOf", app.Fail(app.CodeDiskFull, nil))
	a := w.window("DELETE", "/munpae/accounts/u1", "", signedIn)
	same(t, "status", a.status, http.StatusInsufficientStorage)
	same(t, "cleared while the row lives", names(a), "")
}

// Whom the other absorbed has no session any more: their copy goes with the merge, and
// the one that stays has its copy renewed.
func TestAC04_AMergeTakesAwayTheCopyOfWhomItAbsorbed(t *testing.T) {
	w := serve(t, several)
	a := w.window("POST", "/munpae/merges", `{"nickname":"새싹"}`, signedIn)
	same(t, "status", a.status, http.StatusOK)
	set := strings.Join(a.header["Set-Cookie"], "\n")
	for _, want := range []string{"munpae_refresh_u2=; Path=/munpae/accounts/u2; Max-Age=0", "munpae_refresh_u1=refresh-2; Path=/munpae/accounts/u1;"} {
		if !strings.Contains(set, want) {
			t.Errorf("%q lacks %q", set, want)
		}
	}
}

func TestAC05_WithTheFeatureOffTheRoutesAreNotThereAndNoCopyIsMade(t *testing.T) {
	w := serve(t)
	for _, r := range []struct{ method, path string }{
		{"GET", "/munpae/accounts"}, {"DELETE", "/munpae/accounts"}, {"POST", "/munpae/accounts/u2"}, {"DELETE", "/munpae/accounts/u2"},
	} {
		a := w.window(r.method, r.path, "", signedIn, theirCopy)
		if a.status != http.StatusNotFound || a.code() != app.CodeNotFound {
			t.Errorf("%s %s: %d %s", r.method, r.path, a.status, a.body)
		}
	}
	same(t, "cookies", len(w.window("POST", "/munpae/session", "").header["Set-Cookie"]), 2)
	same(t, "calls", strings.Join(w.uses.taken(), ", "), "claim")
}

func TestAC06_ABrowserBesideTheWindowSwitchesNobody(t *testing.T) {
	w := serve(t, several)
	w.beside()
	a := w.window("POST", "/munpae/accounts/u2", "", theirCopy)
	same(t, "status", a.status, http.StatusForbidden)
	same(t, "calls", strings.Join(w.uses.taken(), ", "), "")
}
