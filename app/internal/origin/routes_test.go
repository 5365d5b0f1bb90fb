package origin_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/loopback"
	"munpae.example/munpae/app/internal/origin"
	"munpae.example/munpae/app/internal/words"
)

var (
	serveNothing = fstest.MapFS{"index.html": {Data: []byte(indexHTML)}}
	discard      = slog.New(slog.DiscardHandler)
)

const wantSession = `{"user":{"id":"u1","nickname":"나무","created_at":1795338000000},` +
	`"session":{"id":"s1","provider":"github","account":"octocat","created_at":1795510800000,"confirmed_at":1795510800000,` +
	`"offline_until":1798102800000,"idle_until":1798102800000,"absolute_end":1803286800000}}`

func TestTheSessionIsToldAsPromised(t *testing.T) {
	w := serve(t)
	for _, a := range []answer{
		w.window("GET", "/munpae/session", "", signedIn),
		w.window("POST", "/munpae/session", "{}"),
		w.window("POST", "/munpae/session/refresh", "{}", "munpae_refresh=refresh-1"),
	} {
		same(t, "status", a.status, http.StatusOK)
		same(t, "body", a.body, wantSession)
		same(t, "type", a.header.Get("Content-Type"), "application/json; charset=utf-8")
	}
	same(t, "calls", strings.Join(w.uses.taken(), ", "), "resume access-1, claim, refresh refresh-1")
}

func TestWithoutASessionEachCodeIsA401(t *testing.T) {
	w := serve(t)
	for _, code := range []app.Code{
		app.CodeSessionNone, app.CodeSessionAccessExpired, app.CodeSessionExpired, app.CodeSessionRevoked, app.CodeSessionReused, app.CodeClockMovedBack,
	} {
		w.uses.fail("Resume", app.Fail(code, nil))
		w.uses.fail("Refresh", app.Fail(code, nil))
		for _, a := range []answer{
			w.window("GET", "/munpae/session", "", signedIn),
			w.window("GET", "/munpae/me", "", signedIn),
			w.window("POST", "/munpae/session/refresh", "", "munpae_refresh=refresh-1"),
		} {
			if a.status != http.StatusUnauthorized || a.code() != code {
				t.Errorf("%s: %d %s", code, a.status, a.body)
			}
		}
	}
}

// A cookie that will never be good again is cleared; one that may be is kept.
func TestDeadCookiesAreCleared(t *testing.T) {
	const both = "munpae_access,munpae_refresh"
	for _, c := range []struct {
		code                 app.Code
		atSession, atRefresh string
	}{
		{app.CodeSessionRevoked, both, both},
		{app.CodeSessionReused, both, both},
		{app.CodeSessionExpired, both, both},
		{app.CodeSessionNone, "munpae_access", both},
		{app.CodeSessionAccessExpired, "munpae_access", ""},
		{app.CodeClockMovedBack, "", ""},
		{app.CodeDatabaseBusy, "", ""},
	} {
		w := serve(t)
		w.uses.fail("Resume", app.Fail(c.code, nil))
		w.uses.fail("Refresh", app.Fail(c.code, nil))
		same(t, "GET /session, "+string(c.code), cleared(t, w.window("GET", "/munpae/session", "", signedIn)), c.atSession)
		same(t, "POST /munpae/session/refresh, "+string(c.code), cleared(t, w.window("POST", "/munpae/session/refresh", "", "munpae_refresh=refresh-1")), c.atRefresh)
	}
}

// cleared lists the cookies that an answer takes away.
func cleared(t *testing.T, a answer) string {
	t.Helper()
	var names []string
	paths := map[string][]string{}
	for _, line := range a.header["Set-Cookie"] {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			t.Fatal(err)
		}
		if c.MaxAge != -1 || c.Value != "" {
			t.Errorf("not cleared: %q", line)
		}
		paths[c.Name] = append(paths[c.Name], c.Path)
		if len(paths[c.Name]) == 1 {
			names = append(names, c.Name)
		}
	}
	for name, got := range paths {
		want := map[string]string{"munpae_access": "/munpae/ /", "munpae_refresh": "/munpae/session/refresh /session/refresh"}[name]
		same(t, name+" is cleared at", strings.Join(got, " "), want)
	}
	return strings.Join(names, ",")
}

func TestWithoutCookiesNothingIsCleared(t *testing.T) {
	w := serve(t)
	for _, a := range []answer{w.window("GET", "/munpae/session", ""), w.window("POST", "/munpae/session/refresh", "")} {
		same(t, "status", a.status, http.StatusUnauthorized)
		same(t, "cleared", cleared(t, a), "")
	}
}

func TestSignOutEndsTheRowFirst(t *testing.T) {
	w := serve(t)
	w.uses.fail("SignOut", app.Fail(app.CodeDiskFull, nil))
	a := w.window("DELETE", "/munpae/session", "", signedIn)
	same(t, "status", a.status, http.StatusInsufficientStorage)
	same(t, "cleared while the row lives", cleared(t, a), "")

	w.uses.fail("SignOut", nil)
	w.uses.taken()
	a = w.window("DELETE", "/munpae/session", "", signedIn)
	same(t, "status", a.status, http.StatusNoContent)
	same(t, "cleared", cleared(t, a), "munpae_access,munpae_refresh")
	same(t, "calls", strings.Join(w.uses.taken(), ", "), "resume access-1, sign out s1")
}

// The refresh cookie's path keeps it from DELETE /session, and the access cookie
// is gone after ten minutes.
func TestSignOutWithoutAnAccessCookieEndsTheSessionThatTheWindowWasServed(t *testing.T) {
	for name, served := range map[string]func(*world){
		"by claim":   func(w *world) { w.window("POST", "/munpae/session", "") },
		"by refresh": func(w *world) { w.window("POST", "/munpae/session/refresh", "", "munpae_refresh=refresh-1") },
		"by read":    func(w *world) { w.window("GET", "/munpae/session", "", signedIn) },
	} {
		t.Run(name, func(t *testing.T) {
			w := serve(t)
			served(w)
			w.uses.taken()
			same(t, "status", w.window("DELETE", "/munpae/session", "").status, http.StatusNoContent)
			same(t, "calls", strings.Join(w.uses.taken(), ", "), "sign out s1")
			same(t, "again", w.window("DELETE", "/munpae/session", "").status, http.StatusNoContent)
			same(t, "calls", strings.Join(w.uses.taken(), ", "), "")
		})
	}
}

func TestSignOutWithAnExpiredAccessCookieEndsTheSessionThatTheWindowWasServed(t *testing.T) {
	w := serve(t)
	w.window("GET", "/munpae/session", "", signedIn)
	w.uses.fail("Resume", app.Fail(app.CodeSessionAccessExpired, nil))
	w.uses.taken()
	same(t, "status", w.window("DELETE", "/munpae/session", "", signedIn).status, http.StatusNoContent)
	same(t, "calls", strings.Join(w.uses.taken(), ", "), "resume access-1, sign out s1")
}

func TestAnotherWindowsSessionIsNotRemembered(t *testing.T) {
	w := serve(t)
	w.window("GET", "/munpae/session", "", signedIn)
	w.boot = w.booted()
	w.uses.taken()
	same(t, "status", w.window("DELETE", "/munpae/session", "").status, http.StatusNoContent)
	same(t, "calls", strings.Join(w.uses.taken(), ", "), "")
}

// What was saved of an account is handed on; the list of sessions stays in the window.
func TestASavedAccountDoesNotSayWhereOnTheComputerItIs(t *testing.T) {
	a := serve(t).window("GET", "/munpae/me/export", "", signedIn)
	same(t, "status", a.status, 200)
	if strings.Contains(a.body, "place") || strings.Contains(a.body, "gildong") || !strings.Contains(a.body, `"sessions":[{"id":"s1"`) {
		t.Error(a.body)
	}
}

func TestTheRoutesOfMe(t *testing.T) {
	for _, c := range []struct {
		method, path, body string
		status             int
		call, want         string
		ends               bool // this window has no session afterwards
	}{
		{"GET", "/munpae/me", "", 200, "", `"email_verified":false`, false},
		{"PATCH", "/munpae/me", `{"nickname":"새이름"}`, 200, "rename 새이름", `{"user":{"id":"u1","nickname":"새이름","created_at":1795338000000}}`, false},
		{"DELETE", "/munpae/me", `{"nickname":"나무"}`, 204, "delete 나무", "", true},
		{"GET", "/munpae/me/sessions", "", 200, "sessions", `"place":{"user":"gildong","folder":"~/other"},"current":true},{"id":"s2"`, false},
		{"DELETE", "/munpae/me/sessions/s2", "", 204, "end s2", "", false},
		{"DELETE", "/munpae/me/sessions/s1", "", 204, "end s1", "", true},
		{"DELETE", "/munpae/me/sessions", "", 204, "end others", "", false},
		{"DELETE", "/munpae/me/sessions", "{}", 204, "end others", "", false},
		{"DELETE", "/munpae/me/sessions", `{"nickname":"나무"}`, 204, "end others 나무", "", false},
		{"GET", "/munpae/me/identities", "", 200, "identities", `{"identities":[{"id":"i1","provider":"github","account":"octocat"`, false},
		{"POST", "/munpae/me/identities/naver", "{}", 202, "link naver", "{}", false},
		{"DELETE", "/munpae/me/identities/naver", "", 204, "unlink naver", "", false},
		{"GET", "/munpae/merges", "", 200, "merges", `{"merges":[{"id":"u2","nickname":"새싹","created_at":1795510800000,"before":"나무","provider":"naver","at":1795510800000,"until":1795514400000}]}`, false},
		{"DELETE", "/munpae/merges/u2", "", 204, "unmerge u2", "", false},
		{"GET", "/munpae/me/export", "", 200, "merges", `"merges":[{"id":"u2"`, false},
		{"GET", "/munpae/me/events", "", 200, "events", `{"events":[{"id":7,"at":1795510800000,"kind":"signed_in","detail":"github"}]}`, false},
		{"GET", "/munpae/me/export", "", 200, "events", `"identities":[`, false},
		{"GET", "/munpae/me/export", "", 200, "former names", `"former_names":[{"nickname":"새싹","until":1795510800000}]`, false},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			w := serve(t)
			a := w.window(c.method, c.path, c.body, signedIn)
			same(t, "status", a.status, c.status)
			if !strings.Contains(a.body, c.want) || c.status == 204 && a.body != "" {
				t.Errorf("body %s lacks %s", a.body, c.want)
			}
			calls := w.uses.taken()
			if c.call != "" && !slices.Contains(calls, c.call) {
				t.Errorf("calls %q lack %q", calls, c.call)
			}
			want := ""
			if c.ends {
				want = "munpae_access,munpae_refresh"
			}
			same(t, "cleared", cleared(t, a), want)
			if strings.Contains(a.body, "jti-secret") || strings.Contains(a.body, "583231") {
				t.Errorf("the answer tells too much: %s", a.body)
			}

			same(t, "without a session", w.window(c.method, c.path, c.body).status, http.StatusUnauthorized)
			if calls := w.uses.taken(); !slices.Equal(calls, []string{"resume "}) {
				t.Errorf("without a session: %q", calls)
			}
		})
	}
}

func TestMG10_AMergeGivesTheWindowANewPair(t *testing.T) {
	w := serve(t)
	a := w.window("POST", "/munpae/merges", `{"nickname":"새싹"}`, signedIn)
	same(t, "status", a.status, http.StatusOK)
	same(t, "body", a.body, wantSession)
	set := strings.Join(a.header["Set-Cookie"], "\n")
	for _, want := range []string{"munpae_access=access-2; Path=/munpae/;", "munpae_refresh=refresh-2; Path=/munpae/session/refresh;"} {
		if !strings.Contains(set, want) {
			t.Errorf("%q lacks %q", set, want)
		}
	}
	same(t, "calls", strings.Join(w.uses.taken(), ", "), "resume access-1, merge 새싹")
	if strings.Contains(set, "munpae_refresh_") {
		t.Errorf("a copy is spoken of where there is none: %q", set)
	}

	w.uses.samePair = true
	a = w.window("POST", "/munpae/merges", `{"nickname":"새싹"}`, signedIn)
	same(t, "status", a.status, http.StatusOK)
	same(t, "cookies", strings.Join(a.header["Set-Cookie"], ""), "")
	same(t, "without a session", w.window("POST", "/munpae/merges", `{"nickname":"새싹"}`).status, http.StatusUnauthorized)
	same(t, "an unknown field", w.window("POST", "/munpae/merges", `{"nickname":"새싹","from":"u2"}`, signedIn).status, http.StatusBadRequest)
	for code, status := range map[app.Code]int{
		app.CodeConflict: 409, app.CodeSignInExpired: 410, app.CodeMergeChanged: 409, app.CodeMergeRefused: 409,
	} {
		w.uses.fail("Merge", app.Fail(code, nil))
		a := w.window("POST", "/munpae/merges", `{"nickname":"새싹"}`, signedIn)
		if a.status != status || !strings.Contains(a.body, string(code)) || len(a.header["Set-Cookie"]) != 0 {
			t.Errorf("%s: %d %s", code, a.status, a.body)
		}
	}
}

func TestANicknameThatIsNotFreeComesWithProposals(t *testing.T) {
	w := serve(t)
	for code, want := range map[app.Code]int{
		app.CodeNicknameTaken: 409, app.CodeNicknameLooksLike: 409, app.CodeNicknameHeld: 409, app.CodeNicknameReserved: 400,
	} {
		w.uses.fail("Rename", app.Fail(code, nil))
		a := w.window("PATCH", "/munpae/me", `{"nickname":"남"}`, signedIn)
		same(t, string(code), a.status, want)
		var e origin.ErrorAnswer
		if err := json.Unmarshal([]byte(a.body), &e); err != nil || e.Code != code || !slices.Equal(e.Proposals, []string{"나무1", "나무2"}) {
			t.Errorf("%s: %s", code, a.body)
		}
	}
	w.uses.fail("Rename", app.Fail(app.CodeRenameTooSoon, nil, "date", "2026-12-24"))
	a := w.window("PATCH", "/munpae/me", `{"nickname":"남"}`, signedIn)
	var e origin.ErrorAnswer
	if err := json.Unmarshal([]byte(a.body), &e); err != nil || e.Params["date"] != "2026-12-24" || e.Proposals != nil {
		t.Errorf("too soon: %s", a.body)
	}
}

func TestAFailureSpeaksTheWindowsLanguage(t *testing.T) {
	w := serve(t)
	for _, l := range []app.Language{app.Korean, app.English} {
		w.lang = l
		a := w.window("GET", "/nothing", "")
		var e origin.ErrorAnswer
		if err := json.Unmarshal([]byte(a.body), &e); err != nil {
			t.Fatal(err)
		}
		if words := words.Say(l, app.CodeNotFound, nil); words.Happened == "" || !strings.HasPrefix(e.Message, words.Happened) {
			t.Errorf("%s: %q", l, e.Message)
		}
	}
}

func TestAFaultUnderneathIsTheLogsOnly(t *testing.T) {
	w := serve(t)
	w.uses.fail("Events", app.Fail(app.CodeDatabaseDamaged, io.ErrUnexpectedEOF))
	a := w.window("GET", "/munpae/me/events", "", signedIn)
	same(t, "status", a.status, http.StatusInternalServerError)
	same(t, "code", a.code(), app.CodeDatabaseDamaged)
	if strings.Contains(a.body, "EOF") || !strings.Contains(w.log.String(), "unexpected EOF") {
		t.Errorf("body %s, log %s", a.body, w.log)
	}
}

// docs/contract.md#routes: a failure is {code, params, support}, and the log has the same code.
func TestAFailureHasItsParamsAndASupportCodeThatStandsInTheLog(t *testing.T) {
	w := serve(t)
	form := regexp.MustCompile(`^[A-Z][0-9]-[0-9]{2}$`)
	for code, params := range map[app.Code][]string{
		app.CodeRenameTooSoon: {"date", "2026-12-24"}, app.CodeDirectoryUnavailable: nil, app.CodeDatabaseBusy: nil, app.CodeSessionRevoked: nil,
	} {
		w.uses.fail("Rename", app.Fail(code, io.ErrUnexpectedEOF, params...))
		a := w.window("PATCH", "/munpae/me", `{"nickname":"secret-name"}`, signedIn)
		var body map[string]any
		if err := json.Unmarshal([]byte(a.body), &body); err != nil {
			t.Fatal(err)
		}
		support, _ := body["support"].(string)
		said, _ := body["params"].(map[string]any)
		if !form.MatchString(support) || said == nil || len(said) != len(params)/2 || strings.Contains(a.body, "EOF") {
			t.Errorf("%s: %s", code, a.body)
			continue
		}
		i := strings.Index(w.log.String(), `"code":"`+string(code)+`","support":"`+support+`","cause":"unexpected EOF"`)
		if i < 0 || strings.Contains(w.log.String(), "secret-name") {
			t.Errorf("%s: the log has\n%s", code, w.log)
		}
	}
	w.uses.fail("Rename", nil)
	said := len(w.log.String())
	for what, a := range map[string]answer{
		"a stranger": w.plain("GET", "/munpae/me", ""), "nobody": w.window("GET", "/munpae/session", ""),
	} {
		if a.status/100 != 4 || strings.Contains(a.body, "support") || !strings.Contains(a.body, `"params":{}`) {
			t.Errorf("%s: %d %s", what, a.status, a.body)
		}
	}
	if more := w.log.String()[said:]; strings.Contains(more, "problem") {
		t.Errorf("nothing failed, and the log has\n%s", more)
	}
}

func TestWhatCouldNotBeDoneIsNeverSaidToBeDone(t *testing.T) {
	for _, c := range []struct{ act, method, path, body string }{
		{"Claim", "POST", "/munpae/session", "{}"}, {"Refresh", "POST", "/munpae/session/refresh", "{}"}, {"SignOut", "DELETE", "/munpae/session", ""},
		{"Resume", "GET", "/munpae/me", ""}, {"Rename", "PATCH", "/munpae/me", `{"nickname":"새이름"}`}, {"DeleteAccount", "DELETE", "/munpae/me", `{"nickname":"나무"}`},
		{"Sessions", "GET", "/munpae/me/sessions", ""}, {"EndSession", "DELETE", "/munpae/me/sessions/s1", ""}, {"EndOtherSessions", "DELETE", "/munpae/me/sessions", ""},
		{"Identities", "GET", "/munpae/me/identities", ""}, {"Link", "POST", "/munpae/me/identities/naver", "{}"}, {"Unlink", "DELETE", "/munpae/me/identities/naver", ""},
		{"Events", "GET", "/munpae/me/events", ""}, {"Identities", "GET", "/munpae/me/export", ""}, {"Sessions", "GET", "/munpae/me/export", ""},
		{"Events", "GET", "/munpae/me/export", ""}, {"FormerNames", "GET", "/munpae/me/export", ""},
	} {
		w := serve(t)
		w.uses.fail(c.act, app.Fail(app.CodeDatabaseBusy, nil))
		a := w.window(c.method, c.path, c.body, signedIn, "munpae_refresh=refresh-1")
		if a.status != http.StatusServiceUnavailable || a.code() != app.CodeDatabaseBusy || len(a.header["Set-Cookie"]) > 0 {
			t.Errorf("%s fails, and %s %s answers %d %s %v", c.act, c.method, c.path, a.status, a.body, a.header["Set-Cookie"])
		}
	}
}

func TestThePagesAreServedAsBuilt(t *testing.T) {
	w := serve(t)
	for path, want := range map[string][2]string{
		"/munpae/":                     {indexHTML, "text/html; charset=utf-8"},
		"/munpae/assets/index-a1b2.js": {"console.log(1)", "text/javascript; charset=utf-8"},
		"/munpae/assets/f/font.woff2":  {"font", "font/woff2"},
	} {
		a := w.window("GET", path, "")
		same(t, path, a.body, want[0])
		same(t, path, a.header.Get("Content-Type"), want[1])
	}
}

// Nothing of ours is at the root, and nothing else stands there yet.
func TestTheRootLeadsToThePage(t *testing.T) {
	w := serve(t)
	a := w.window("GET", "/", "")
	same(t, "status", a.status, http.StatusSeeOther)
	same(t, "to", a.header.Get("Location"), "/munpae/")
	same(t, "a stranger's", w.plain("GET", "/", "").status, http.StatusForbidden)
	for _, path := range []string{"/session", "/me", "/assets/index-a1b2.js", "/openapi.json", "/boot?t=x", "/munpae"} {
		same(t, path, w.window("GET", path, "", signedIn).status, http.StatusNotFound)
	}
}

func TestAFrontEndWithoutAPageIsAnError(t *testing.T) {
	_, err := origin.New(origin.Options{Pages: fstest.MapFS{}, Log: discard})
	if err == nil || !strings.Contains(err.Error(), "front end") || !strings.Contains(err.Error(), "index.html") {
		t.Fatalf("%v does not say what to do", err)
	}
}

func TestTheOpenAPIDescriptionIsOfTheseRoutes(t *testing.T) {
	w := serve(t, several)
	a := w.window("GET", "/munpae/openapi.json", "")
	same(t, "status", a.status, http.StatusOK)
	var d struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			Responses map[string]any
			Security  []map[string]any
		}
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(a.body), &d); err != nil {
		t.Fatal(err)
	}
	same(t, "version", d.OpenAPI, "3.1.0")
	parameter := strings.NewReplacer("{id}", "s2", "{userID}", "u2", "{provider}", "naver", "{file}", "index-a1b2.js", "{code}", "session_none")
	described := map[string]bool{}
	for path, operations := range d.Paths {
		for method, o := range operations {
			real := strings.ToUpper(method) + " " + parameter.Replace(path)
			described[real] = true
			body := ""
			for _, r := range everyRoute {
				if r.method+" "+r.path == real {
					body = r.body
				}
			}
			got := w.window(strings.ToUpper(method), parameter.Replace(path), body, signedIn, "munpae_refresh=refresh-1")
			if o.Responses[strconv.Itoa(got.status)] == nil {
				t.Errorf("%s answers %d, which is not described", real, got.status)
			}
			var access, refresh bool
			for _, needs := range o.Security { // none at /boot
				_, access = needs["access"]
				_, refresh = needs["refresh"]
			}
			none := w.window(strings.ToUpper(method), parameter.Replace(path), body).status
			if (access || refresh) != (none == http.StatusUnauthorized) {
				t.Errorf("%s answers %d without a session, and is described with %v", real, none, o.Security)
			}
		}
	}
	for _, r := range everyRoute {
		if !described[r.method+" "+r.path] {
			t.Errorf("%s %s is not described", r.method, r.path)
		}
	}
	for _, ref := range regexp.MustCompile(`#/components/schemas/(\w+)`).FindAllStringSubmatch(a.body, -1) {
		if _, ok := d.Components.Schemas[ref[1]]; !ok {
			t.Errorf("%s leads nowhere", ref[0])
		}
	}
	listed := slices.Sorted(maps.Keys(d.Components.Schemas["ListedSession"].Properties))
	if !slices.Contains(listed, "offline_until") || !slices.Contains(listed, "current") {
		t.Errorf("ListedSession has %q", listed)
	}
}

// Windows has Wails' scripts at another place, and the page that is built names Linux'.
func TestThePageFindsWailsScriptsWhereTheyAre(t *testing.T) {
	g, err := origin.New(origin.Options{
		Clock: &handClock{now: start}, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler), Language: func() app.Language { return app.English },
		WailsOrigin: "http://wails.localhost",
		Pages:       fstest.MapFS{"index.html": {Data: []byte(`<html lang="ko"><script defer src="wails://wails/wails/ipc.js"></script>`)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close(t.Context())
	answer := httptest.NewRecorder()
	r := httptest.NewRequest("GET", strings.TrimPrefix(g.BootURL(), g.Address()), nil)
	r.Host = strings.TrimPrefix(g.Address(), "http://")
	g.ServeHTTP(answer, r)
	if body := answer.Body.String(); !strings.Contains(body, `src="http://wails.localhost/wails/ipc.js"`) || strings.Contains(body, "wails://") {
		t.Errorf("%d %q", answer.Code, body)
	}
	if p := answer.Header().Get("Content-Security-Policy"); !strings.Contains(p, "script-src 'self' http://wails.localhost;") {
		t.Errorf("the policy is %q", p)
	}
}

// beside moves w to the browser beside the window: its address, its capability.
func (w *world) beside() {
	w.t.Helper()
	link := w.origin.DevURL()
	w.address = link[:strings.Index(link, "/munpae/")]
	w.host = strings.TrimPrefix(w.address, "http://")
	c, err := http.ParseSetCookie(w.plain("GET", strings.TrimPrefix(link, w.address), "").header.Get("Set-Cookie"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.boot = c.Value
}

func TestTheDocsPageIsForDevelopmentOnly(t *testing.T) {
	w := serve(t, func(o *origin.Options) { o.Dev = true })
	w.beside()
	for _, path := range []string{"/munpae/docs", "/munpae/docs/docs.js", "/munpae/docs/docs.css"} {
		a := w.window("GET", path, "")
		same(t, path, a.status, http.StatusOK)
		if strings.Contains(a.body, "<script>") || strings.Contains(a.body, "style=") || strings.Contains(a.body, "https://") {
			t.Errorf("%s holds what its policy forbids", path)
		}
		same(t, path+" for a stranger", w.plain("GET", path, "").status, http.StatusForbidden)
	}
	same(t, "without --dev", serve(t).window("GET", "/munpae/docs", "").status, http.StatusNotFound)
}

// An ordinary browser sends its cookies to every port of an address: those that it gets
// for trying the routes go to no program on 127.0.0.1.
func TestDV01_TheBrowserBesideTheWindowHasAnAddressOfItsOwn(t *testing.T) {
	if runtime.GOOS == "darwin" {
		t.Skip("there is one loopback address only")
	}
	w := serve(t, func(o *origin.Options) { o.Dev = true })
	windows := w.address
	same(t, "/munpae/docs at the window's address", w.window("GET", "/munpae/docs", "").status, http.StatusNotFound)
	w.beside()
	a, err := netip.ParseAddrPort(w.host)
	if err != nil || !a.Addr().IsLoopback() || a.Addr() == netip.MustParseAddr("127.0.0.1") || w.address == windows {
		t.Fatalf("%s: %v", w.address, err)
	}
	same(t, "an act from there", w.window("DELETE", "/munpae/session", "{}").status, http.StatusNoContent)
	r := w.asWindow("DELETE", "/munpae/session", "{}")
	r.Header.Set("Origin", windows)
	same(t, "an act from the window's address", w.send(r).status, http.StatusForbidden)
	r = w.asWindow("GET", "/munpae/session", "")
	r.Host = strings.TrimPrefix(windows, "http://")
	same(t, "under the window's name", w.send(r).status, http.StatusMisdirectedRequest)
	same(t, "another start's", strings.HasPrefix(serve(t, func(o *origin.Options) { o.Dev = true }).origin.DevURL(), "http://"+a.Addr().String()), false)
}

func TestClosingLetsNobodyIn(t *testing.T) {
	g, err := origin.New(origin.Options{Pages: serveNothing, Log: discard})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- g.Serve() }()
	if err := g.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	if _, err := http.Get(g.Address()); err == nil {
		t.Fatal("still answers")
	}
}

func BenchmarkGetSession(b *testing.B) {
	w := serve(b)
	measure(b, w.client, w.asWindow("GET", "/munpae/session", "", signedIn))
}

// BenchmarkEmptyHandler is what net/http itself costs: GET /session may take 1.55
// times as long.
func BenchmarkEmptyHandler(b *testing.B) {
	ln, err := loopback.Listen(0)
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
	go server.Serve(ln)
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequest("GET", "http://"+ln.Addr().String()+"/munpae/session", nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Cookie", "munpae_boot="+strings.Repeat("A", 43)+"; "+signedIn)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	measure(b, client, req)
}

func BenchmarkPage(b *testing.B) {
	w := serve(b)
	measure(b, w.client, w.asWindow("GET", "/munpae/", ""))
}

func measure(b *testing.B, client *http.Client, req *http.Request) {
	b.ReportAllocs()
	for b.Loop() {
		resp, err := client.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			b.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			b.Fatal(resp.StatusCode)
		}
	}
}

func TestSE02_ABrowserBesideTheWindowClaimsNothing(t *testing.T) {
	w := serve(t)
	window := w.boot
	a := w.plain("GET", strings.TrimPrefix(w.origin.DevURL(), w.address), "")
	c, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
	if a.status != http.StatusOK || err != nil {
		t.Fatalf("boot: %d, %v", a.status, err)
	}
	w.boot = c.Value
	if a := w.window("POST", "/munpae/session", "{}"); a.status != http.StatusUnauthorized || a.code() != app.CodeSessionNone || a.header.Get("Set-Cookie") != "" {
		t.Errorf("beside the window: %d %s", a.status, a.body)
	}
	same(t, "calls", strings.Join(w.uses.taken(), ", "), "")
	w.boot = window
	if a := w.window("POST", "/munpae/session", "{}"); a.status != http.StatusOK {
		t.Errorf("the window itself: %d %s", a.status, a.body)
	}
}

// CF-09: keys go one way. No answer and no line of the log has the secret.
func TestCF09_KeysAreTakenFromTheWindowAloneAndNeverGivenBack(t *testing.T) {
	var asked []string
	var refusal error
	w := serve(t, func(o *origin.Options) {
		o.SetUp = func(_ context.Context, provider, id, secret string) error {
			asked = append(asked, provider+" "+id+" "+secret)
			return refusal
		}
	})
	const keys = `{"client_id":"the-id","client_secret":"the-secret"}`
	a := w.window("POST", "/munpae/setup/github", keys)
	same(t, "status", a.status, http.StatusNoContent)
	same(t, "asked", strings.Join(asked, ", "), "github the-id the-secret")
	for code, status := range map[app.Code]int{
		app.CodeClientIDMistyped: 400, app.CodeClientSecretMistyped: 400, app.CodeKeysRefused: 400, app.CodeKeysSwapped: 400, app.CodeConflict: 409, app.CodeOffline: 503,
	} {
		refusal = app.Fail(code, nil)
		a := w.window("POST", "/munpae/setup/github", keys)
		if a.status != status || !strings.Contains(a.body, string(code)) || strings.Contains(a.body, "the-secret") {
			t.Errorf("%s: %d %s", code, a.status, a.body)
		}
	}
	if strings.Contains(w.log.String(), "the-secret") {
		t.Errorf("the log has the secret:\n%s", w.log)
	}
	asked, refusal = nil, nil
	same(t, "an unknown field", w.window("POST", "/munpae/setup/github", `{"client_id":"i","client_secret":"s","url":"https://evil.example"}`).status, http.StatusBadRequest)
	same(t, "without the boot cookie", w.plain("POST", "/munpae/setup/github", keys).status, http.StatusForbidden)
	w.beside()
	same(t, "beside the window", w.window("POST", "/munpae/setup/github", keys).status, http.StatusConflict)
	same(t, "asked", strings.Join(asked, ", "), "")

	// A program's own page, shown to who is not signed in, is not where our secrets are typed.
	guest := serveBehind(t, func(o *origin.Options) {
		o.Open = true
		o.SetUp = func(context.Context, string, string, string) error { t.Error("the page behind sets keys"); return nil }
	})
	guest.navigation("/")
	same(t, "behind", guest.origin.ShowsBehind(), true)
	same(t, "keys from the page behind", guest.window("POST", "/munpae/setup/github", keys).status, http.StatusConflict)
	same(t, "a code from the page behind", guest.window("POST", "/munpae/recovery", `{"code":"x"}`).status, http.StatusConflict)

	none := serve(t)
	same(t, "where nothing is to be set", none.window("POST", "/munpae/setup/github", keys).status, http.StatusConflict)
}
