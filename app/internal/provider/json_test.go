package provider_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider"
)

func TestPJ01_AnEmptyIDConfirmsNobody(t *testing.T) {
	for _, body := range []string{`{}`, `{"id":null}`, `{"id":""}`, `{"id":0}`, `[]`, `null`, `"x"`, `7`, ``} {
		s := githubServer(t, map[string]http.HandlerFunc{githubUser: answers(200, body)})
		c, err := exchange(t, "github", s, provider.Client{})
		wantCode(t, err, app.CodeProviderBadAnswer)
		if c.Profile != (app.Profile{}) || len(s.asked(githubEmails)) != 0 {
			t.Errorf("%s: %+v, asked %v", body, c.Profile, s.all())
		}
	}
	for body, want := range map[string]app.Code{
		`{"resultcode":"00","response":{}}`:          app.CodeProviderUnconfirmed,
		`{"resultcode":"00","response":{"id":null}}`: app.CodeProviderUnconfirmed,
		`{"resultcode":"00","response":{"id":""}}`:   app.CodeProviderUnconfirmed,
		`{"resultcode":"00","response":{"id":0}}`:    app.CodeProviderBadAnswer,
		`{"resultcode":"00","response":{"id":{}}}`:   app.CodeProviderBadAnswer,
		`[]`: app.CodeProviderBadAnswer,
		``:   app.CodeProviderBadAnswer,
	} {
		s := naverServer(t, map[string]http.HandlerFunc{naverMe: answers(200, body)})
		_, err := exchange(t, "naver", s, provider.Client{})
		wantCode(t, err, want)
	}
}

func TestPJ02_PJ11_AnAmbiguousAnswerIsRefused(t *testing.T) {
	for _, body := range []string{
		`{"id":1,"id":2}`, `{"id":1,"\u0069d":1}`, `{"id":1,"a":{"b":1,"b":2}}`, `{"id":1,"a":[{"sub":1,"sub":2}]}`,
		`{"id":1}{"id":2}`, `{"id":1} x`, `{"id":1},`, "{\"id\":1}\x00", `{"id":1}]`,
	} {
		s := githubServer(t, map[string]http.HandlerFunc{githubUser: answers(200, body)})
		_, err := exchange(t, "github", s, provider.Client{})
		wantCode(t, err, app.CodeProviderBadAnswer)
	}
	// A name in another case is another name, not the id.
	s := githubServer(t, map[string]http.HandlerFunc{githubUser: answers(200, `{"ID":1}`)})
	_, err := exchange(t, "github", s, provider.Client{})
	wantCode(t, err, app.CodeProviderBadAnswer)
	for _, body := range []string{
		`{"resultcode":"00","response":{"id":"a"},"response":{"id":"b"}}`,
		`{"resultcode":"00","response":{"id":"a","id":"a"}}`,
	} {
		s := naverServer(t, map[string]http.HandlerFunc{naverMe: answers(200, body)})
		_, err := exchange(t, "naver", s, provider.Client{})
		wantCode(t, err, app.CodeProviderBadAnswer)
	}
}

// Names are case-sensitive (RFC 8259 section 7): what differs in case is something else.
func TestPJ02_ANameInAnotherCaseIsAnotherName(t *testing.T) {
	s := githubServer(t, map[string]http.HandlerFunc{
		githubUser:   answers(200, `{"ID":2,"id":1,"Id":3,"login":"octocat","LOGIN":"mallory","\u212a":1,"k":2}`),
		githubEmails: answers(200, `[{"email":"a@example.com","EMAIL":"b@example.com","primary":true,"Primary":false,"verified":true}]`),
	})
	c, err := exchange(t, "github", s, provider.Client{})
	wantCode(t, err, "")
	if p := c.Profile; p.Key.Subject != "1" || p.Login != "octocat" || p.Email != "a@example.com" {
		t.Errorf("%+v", p)
	}
	s = naverServer(t, map[string]http.HandlerFunc{naverMe: answers(200, `{"RESULTCODE":"01","resultcode":"00","response":{"id":"a","Id":"b"},"Response":7}`)})
	c, err = exchange(t, "naver", s, provider.Client{})
	wantCode(t, err, "")
	if c.Profile.Key.Subject != "a" {
		t.Errorf("%+v", c.Profile)
	}
	s = naverServer(t, map[string]http.HandlerFunc{naverMe: answers(200, `{"resultcode":"01","RESULTCODE":"00","response":{"id":"a"}}`)})
	_, err = exchange(t, "naver", s, provider.Client{})
	wantCode(t, err, app.CodeProviderUnconfirmed)
}

// A person may sign in without an address, also where GitHub can't say it now; but then
// nobody may say that there is none.
func TestWhatIsOptionalMayFail(t *testing.T) {
	gone := func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }
	for name, h := range map[string]http.HandlerFunc{
		"500": answers(500, ``), "503": answers(503, `<html>`, "Content-Type", "text/html"), "429": answers(429, `{}`), "400": answers(400, ``), "410": answers(410, `{}`),
		"rate limited": answers(403, `{"message":"You have exceeded a secondary rate limit."}`), "the connection breaks": gone,
	} {
		s := githubServer(t, map[string]http.HandlerFunc{githubEmails: h})
		s.Config.ErrorLog = quiet
		c, err := exchange(t, "github", s, provider.Client{})
		if err != nil || c.Profile.Email != "" || c.Profile.Notice != "" || c.Profile.Login != "octocat" {
			t.Errorf("%s: %+v, %v", name, c.Profile, err)
		}
	}
}

func TestPJ03_GitHubsIDIsAPositiveInt64(t *testing.T) {
	for _, bad := range []string{`"1"`, `1.5`, `1e3`, `1E0`, `-1`, `0`, `-0`, `01`, `+1`, ` 1`, `99999999999999999999999`, `9223372036854775808`, `true`, `[1]`, `{"a":1}`, ``, `0x1`} {
		if got, err := provider.GitHubSubject(bad); err == nil {
			t.Errorf("%s accepted as %s", bad, got)
		} else {
			wantCode(t, err, app.CodeProviderBadAnswer)
		}
	}
	for _, good := range []string{`1`, `583231`, `9223372036854775807`} {
		if got, err := provider.GitHubSubject(good); err != nil || got != good {
			t.Errorf("%s: %s, %v", good, got, err)
		}
	}
}

func TestPJ04_NaversResultcodeMustBe00(t *testing.T) {
	for body, want := range map[string]app.Code{
		`{"resultcode":"024","message":"Authentication failed","response":{"id":"a"}}`: app.CodeProviderUnconfirmed,
		`{"resultcode":"028","message":"x"}`:                                           app.CodeProviderUnconfirmed,
		`{"resultcode":0,"response":{"id":"a"}}`:                                       app.CodeProviderUnconfirmed,
		`{"resultcode":"0","response":{"id":"a"}}`:                                     app.CodeProviderUnconfirmed,
		`{"response":{"id":"a"}}`:                                                      app.CodeProviderUnconfirmed,
		`{"resultcode":"00","response":null}`:                                          app.CodeProviderUnconfirmed,
		`{"resultcode":"00","response":[]}`:                                            app.CodeProviderUnconfirmed,
		`{"resultcode":"00","response":"a"}`:                                           app.CodeProviderUnconfirmed,
		`{"resultcode":"00"}`:                                                          app.CodeProviderUnconfirmed,
		`{"errorCode":"024","errorMessage":"x"}`:                                       app.CodeProviderUnconfirmed,
	} {
		s := naverServer(t, map[string]http.HandlerFunc{naverMe: answers(200, body)})
		_, err := exchange(t, "naver", s, provider.Client{})
		wantCode(t, err, want)
	}
}

func TestPJ05_NaversIDIsUpTo64CharactersLikeBase64(t *testing.T) {
	for _, bad := range []string{"", strings.Repeat("a", 65), "a\x00", "a b", " a", "a\n", "가", "a\u200b", "<a>", "a'--", "\ufffd"} {
		if provider.NaverSubject(bad) {
			t.Errorf("%q accepted", bad)
		}
	}
	for _, good := range []string{"1", "32742776", strings.Repeat("a", 64), "aB3_-+/=="} {
		if !provider.NaverSubject(good) {
			t.Errorf("%q refused", good)
		}
	}
}

func TestPJ06_AnAnswerOverAMebibyteIsNotReadOn(t *testing.T) {
	var before, after runtime.MemStats
	for name, h := range map[string]http.HandlerFunc{
		"10 MB": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"id":1,"x":"`)
			line := strings.Repeat("x", 1<<16)
			for range 160 {
				io.WriteString(w, line)
			}
		},
		"a gzip bomb": func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				t.Error("gzip is not offered: the bomb tests nothing")
			}
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			io.WriteString(z, `{"id":1,"x":"`)
			line := strings.Repeat("x", 1<<20)
			for range 1024 { // about 1 MB that would be 1 GB
				if _, err := io.WriteString(z, line); err != nil {
					return
				}
			}
		},
	} {
		s := githubServer(t, map[string]http.HandlerFunc{githubUser: h})
		runtime.ReadMemStats(&before)
		_, err := exchange(t, "github", s, provider.Client{Clock: newClock()})
		runtime.ReadMemStats(&after)
		wantCode(t, err, app.CodeProviderBadAnswer)
		// Everything allocated on both sides of the wire, freed or not.
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 32<<20 {
			t.Errorf("%s: %d MiB allocated", name, grown>>20)
		}
	}
	s := githubServer(t, map[string]http.HandlerFunc{githubUser: answers(200, `{"id":1,"x":"`+strings.Repeat("x", provider.MaxAnswer-15)+`"}`)})
	_, err := exchange(t, "github", s, provider.Client{Clock: newClock()})
	wantCode(t, err, "") // exactly one mebibyte
}

func TestPJ08_DeepAndBrokenJSONIsAnErrorAndNoPanic(t *testing.T) {
	deep := func(n int) string { return strings.Repeat(`[`, n) + strings.Repeat(`]`, n) }
	for _, bad := range []string{
		deep(65), deep(100_000), strings.Repeat(`{"a":`, 100_000), strings.Repeat(`[`, 100_000),
		strings.Repeat(`{"a":`, 65) + `1` + strings.Repeat(`}`, 65),
		// After JSONTestSuite's n_*.
		`[1 true]`, `[a`, `["": 1]`, `[""],`, `[,1]`, `[1,,2]`, `["x",,]`, `["x"]]`, `["",]`, `["x"`, `[x`, `[3[4]]`, `[:]`, `[,`, `[-]`, `[1,]`, `[-01]`,
		`[0.1.2]`, `[0e+]`, `[1ea]`, `[+1]`, `[.5]`, `[NaN]`, `[Infinity]`, `[0x1]`, `[1_0]`, `[2.]`, "[\"\t\"]", `["\x00"]`, `["\u12"]`, `["\uD800\u"]`,
		`{"x", null}`, `{"x"::"b"}`, `{"a" b}`, `{:"b"}`, `{"a":}`, `{"a":"a" 123}`, `{key: 1}`, `{'a':0}`, `{"id":0,}`, `{"a":"b"}/**/`, `{"a":"b"}#`,
		`*`, `{]`, `[`, `{`, `"`, `nul`, `tru`, `{"a":true} "x"`, `1]`, "\ufeff{}", `{"a": "b",,"c":1}`, `{1:1}`, `{null:null}`, ``, ` `,
	} {
		if provider.CheckJSON([]byte(bad)) == nil {
			t.Errorf("%.40s accepted", bad)
		}
	}
	for _, good := range []string{
		deep(64), `{}`, `[]`, `null`, ` {"a":[{"a":1},{"a":1}],"b":{"a":1}} `, `{"":1}`, `1e999`, `{"a":1,"b":"a"}`, `[{"a":{}},{"a":[]}]`, `{"a":{"x":1},"b":{"x":2},"c":[[],{}]}`,
	} {
		if err := provider.CheckJSON([]byte(good)); err != nil {
			t.Errorf("%.40s refused: %v", good, err)
		}
	}
	s := githubServer(t, map[string]http.HandlerFunc{githubUser: answers(200, deep(100_000))})
	_, err := exchange(t, "github", s, provider.Client{})
	wantCode(t, err, app.CodeProviderBadAnswer)
}

func TestPJ09_APageInsteadOfJSONIsACaptivePortal(t *testing.T) {
	// What is JSON is none, whatever it is called.
	for _, contentType := range []string{"text/html", "application/xhtml+xml", "image/png"} {
		as := func(body string) http.HandlerFunc { return answers(200, body, "Content-Type", contentType) }
		s := githubServer(t, map[string]http.HandlerFunc{githubToken: as(githubTokenOK), githubUser: as(githubUserOK), githubEmails: as(githubEmailsOK)})
		_, err := exchange(t, "github", s, provider.Client{})
		wantCode(t, err, "")
	}
	const page = `<!DOCTYPE html><html><body>Sign in to the Wi-Fi</body></html>`
	for _, route := range []string{githubToken, githubUser, githubEmails} {
		for _, contentType := range []string{"text/html; charset=utf-8", "TEXT/HTML", "application/xhtml+xml", "application/json", "text/plain", "", "x/y; z"} {
			s := githubServer(t, map[string]http.HandlerFunc{route: answers(200, page, "Content-Type", contentType)})
			_, err := exchange(t, "github", s, provider.Client{})
			wantCode(t, err, app.CodeCaptivePortal)
		}
		s := githubServer(t, map[string]http.HandlerFunc{route: answers(511, page, "Content-Type", "text/html")})
		_, err := exchange(t, "github", s, provider.Client{})
		wantCode(t, err, app.CodeCaptivePortal)
	}
	// What is no page but not called JSON either is the provider's fault.
	for _, contentType := range []string{"text/plain", "application/x-www-form-urlencoded", "application/octet-stream", ""} {
		s := githubServer(t, map[string]http.HandlerFunc{githubToken: answers(200, "access_token=a&token_type=bearer", "Content-Type", contentType)})
		_, err := exchange(t, "github", s, provider.Client{})
		wantCode(t, err, app.CodeProviderBadAnswer)
	}
}

func TestPJ10_ABadTextIsDroppedAndTheIDStands(t *testing.T) {
	for _, bad := range []string{`"a\ud800b"`, `"\udc00"`, "\"a\xffb\"", `"a\u0000b"`, `"a\u001bb"`, `"a\u0085b"`, `"\u202egnp.exe"`, `"\u2066x"`, `"\ufffd"`, `7`, `null`, `{}`, `["a"]`, `""`, `"   "`, `"` + strings.Repeat("x", 321) + `"`} {
		s := githubServer(t, map[string]http.HandlerFunc{
			githubUser:   answers(200, `{"id":7,"login":`+bad+`,"name":`+bad+`}`),
			githubEmails: answers(200, `[{"email":`+bad+`,"primary":true,"verified":true}]`),
		})
		c, err := exchange(t, "github", s, provider.Client{})
		wantCode(t, err, "")
		p := c.Profile
		if p.Key.Subject != "7" || p.Login+p.Name+p.Email != "" || p.EmailVerified || p.Notice != app.CodeEmailMissing {
			t.Errorf("%s: %+v", bad, p)
		}
	}
	for raw, want := range map[string]string{`"홍길동"`: "홍길동", `" a b "`: "a b", `"\ud83d\ude00"`: "😀", `"` + strings.Repeat("x", 320) + `"`: strings.Repeat("x", 320)} {
		if got, err := provider.Text([]byte(`{"t":`+raw+`}`), "t"); err != nil || got != want {
			t.Errorf("%s: %q, %v", raw, got, err)
		}
	}
}

func TestPJ10_WhatNobodySeesIsNotShown(t *testing.T) {
	for sent, shown := range map[string]string{
		"octo\u200bcat":           "octocat", // zero width space
		"\ufeffoctocat\u2060":     "octocat", // byte order mark, word joiner
		"octo\u00adcat":           "octocat", // soft hyphen
		"\u3164octocat\u115f":     "octocat", // Hangul fillers
		"octo\U000e0061\u2800cat": "octocat", // a tag, Braille's blank
		"나\u200c비\ufe0f":          "나비",
		"\u200b\u200d":            "",
		" 홍 길동 ":                  "홍 길동",
		"Zo\u00eb":                "Zoë",
		"octo\u202ecat":           "", // dropped whole, as ever
	} {
		if got, err := provider.Text([]byte(`{"t":"`+sent+`"}`), "t"); err != nil || got != shown {
			t.Errorf("%q is shown as %q, want %q", sent, got, shown)
		}
	}
}

func TestPJ12_MarkupIsTextAndThePictureIsNotRead(t *testing.T) {
	s := githubServer(t, map[string]http.HandlerFunc{githubUser: answers(200, `{"id":7,"login":"<img src=x onerror=alert(1)>","avatar_url":"javascript:alert(1)"}`)})
	c, err := exchange(t, "github", s, provider.Client{})
	wantCode(t, err, "")
	if c.Profile.Login != "<img src=x onerror=alert(1)>" { // kept as it is: whoever shows it escapes it
		t.Errorf("login %q", c.Profile.Login)
	}
	if strings.Contains(fmt.Sprintf("%+v", c.Profile), "javascript:") {
		t.Errorf("%+v", c.Profile)
	}
}

func TestPJ13_TheSameSubjectAtTwoProvidersIsTwoKeys(t *testing.T) {
	// Even on one address, as --demo and the tests have it.
	s := serve(t, map[string]http.HandlerFunc{
		githubToken: answers(200, githubTokenOK), githubUser: answers(200, `{"id":7}`), githubEmails: answers(200, `[]`),
		naverToken: answers(200, naverTokenOK), naverMe: answers(200, `{"resultcode":"00","response":{"id":"7"}}`),
	})
	g, err := exchange(t, "github", s, provider.Client{})
	wantCode(t, err, "")
	n, err := exchange(t, "naver", s, provider.Client{})
	wantCode(t, err, "")
	if g.Profile.Key.Subject != n.Profile.Key.Subject || g.Profile.Key == n.Profile.Key {
		t.Errorf("keys %+v and %+v", g.Profile.Key, n.Profile.Key)
	}
}

func TestPJ14_ARenamedLoginIsTheSameKey(t *testing.T) {
	s := githubServer(t, nil)
	a, err := exchange(t, "github", s, provider.Client{})
	wantCode(t, err, "")
	renamed := githubServer(t, map[string]http.HandlerFunc{githubUser: answers(200, `{"id":583231,"login":"hubot"}`)}) // another port, too
	b, err := exchange(t, "github", renamed, provider.Client{})
	wantCode(t, err, "")
	if a.Profile.Key != b.Profile.Key || a.Profile.Login == b.Profile.Login {
		t.Errorf("%+v\n%+v", a.Profile, b.Profile)
	}
}

func TestAL02_OnlyAPrimaryAndVerifiedAddressCounts(t *testing.T) {
	for body, want := range map[string]string{
		githubEmailsOK: "octocat@example.com",
		`[]`:           "",
		`[{"email":"a@b","primary":true,"verified":false},{"email":"c@d","primary":false,"verified":true}]`: "",
		`[{"email":"a@b","primary":"true","verified":"true"}]`:                                              "",
		`[{"email":"a@b","primary":1,"verified":1}]`:                                                        "",
		`[{"email":"a@b"},{}]`: "",
	} {
		s := githubServer(t, map[string]http.HandlerFunc{githubEmails: answers(200, body)})
		c, err := exchange(t, "github", s, provider.Client{})
		wantCode(t, err, "")
		notice := app.CodeEmailMissing
		if want != "" {
			notice = ""
		}
		if p := c.Profile; p.Email != want || p.EmailVerified != (want != "") || p.Notice != notice {
			t.Errorf("%s: %+v", body, p)
		}
	}
	for _, status := range []int{401, 403, 404} { // not allowed to ask: no failure
		s := githubServer(t, map[string]http.HandlerFunc{githubEmails: answers(status, `{"message":"x"}`)})
		c, err := exchange(t, "github", s, provider.Client{})
		wantCode(t, err, "")
		if p := c.Profile; p.Email != "" || p.Notice != app.CodeEmailMissing {
			t.Errorf("%d: %+v", status, p)
		}
	}
	for _, body := range []string{`{}`, `"a"`, `7`} {
		s := githubServer(t, map[string]http.HandlerFunc{githubEmails: answers(200, body)})
		_, err := exchange(t, "github", s, provider.Client{})
		wantCode(t, err, app.CodeProviderBadAnswer)
	}
}

func TestAL02_TheVerifiedAddressMayStandOnALaterPage(t *testing.T) {
	for _, c := range []struct {
		pages, primaryOn int
		want             string
		asked            int
	}{
		{3, 3, "octocat@example.com", 3},
		{3, 1, "octocat@example.com", 1},
		{1, 2, "", 1},
		{1000, 1000, "", 5}, // somewhere it has to end
	} {
		s := githubServer(t, map[string]http.HandlerFunc{githubEmails: func(w http.ResponseWriter, r *http.Request) {
			page, _ := strconv.Atoi(r.URL.Query().Get("page"))
			link := `<https://evil.example/?page=1>; rel="prev"`
			if page < c.pages { // only whether there is a next page counts, never its address
				link += `, <https://evil.example/?page=2>; rel="next"`
			}
			w.Header().Set("Link", link)
			answers(200, fmt.Sprintf(`[{"email":"octocat@example.com","primary":%t,"verified":true}]`, page == c.primaryOn))(w, r)
		}})
		got, err := exchange(t, "github", s, provider.Client{})
		wantCode(t, err, "")
		if asked := len(s.asked(githubEmails)); got.Profile.Email != c.want || asked != c.asked {
			t.Errorf("%d pages, primary on %d: %q after %d", c.pages, c.primaryOn, got.Profile.Email, asked)
		}
	}
}

// Naver's answer is the same for who kept the address back and for who was never asked:
// only what the application asks for tells them apart.
func TestNaverWithoutAnAddressIsANoticeOnlyWhereItWasAskedFor(t *testing.T) {
	for _, c := range []struct {
		asks   bool
		prompt app.Prompt
		want   app.Code
	}{
		{false, app.PromptNone, ""}, {false, app.PromptReauthenticate, ""},
		{true, app.PromptNone, app.CodeEmailRefused}, {false, app.PromptConsent, app.CodeEmailRefused},
	} {
		s := naverServer(t, map[string]http.HandlerFunc{naverMe: answers(200, `{"resultcode":"00","response":{"id":"a"}}`)})
		n, err := provider.NewNaver(provider.NaverConfig{ClientID: clientID, ClientSecret: secret, BaseURL: s.URL, APIURL: s.URL, AsksEmail: c.asks})
		if err != nil {
			t.Fatal(err)
		}
		req := request("naver")
		req.Prompt = c.prompt
		got, err := n.Exchange(context.Background(), req, response)
		wantCode(t, err, "")
		if got.Profile.Notice != c.want || got.Profile.EmailVerified {
			t.Errorf("%+v: %+v", c, got.Profile)
		}
	}
}

// FuzzProviderAnswers feeds both profiles: whatever a provider sends, nobody is
// confirmed without a subject of the documented shape, and no text is stored that
// the rules of text forbid.
func FuzzProviderAnswers(f *testing.F) {
	for _, s := range []string{githubUserOK, naverMeOK, githubEmailsOK, githubTokenOK, `{"id":1,"ID":2}`, `{"id":"1"}`, `{"resultcode":"00","response":{"id":"\u0000"}}`, `{"id":1,"login":"\ud800"}`} {
		f.Add([]byte(s))
	}
	var body []byte
	s := newServer(map[string]http.HandlerFunc{
		githubUser: func(w http.ResponseWriter, r *http.Request) { answers(200, string(body))(w, r) },
		naverToken: answers(200, naverTokenOK),
		naverMe:    func(w http.ResponseWriter, r *http.Request) { answers(200, string(body))(w, r) },
	})
	s.Start()
	f.Cleanup(s.Close)
	g, err := provider.NewGitHub(provider.GitHubConfig{ClientID: clientID, BaseURL: s.URL})
	if err != nil {
		f.Fatal(err)
	}
	n, err := provider.NewNaver(provider.NaverConfig{ClientID: clientID, ClientSecret: secret, BaseURL: s.URL, APIURL: s.URL})
	if err != nil {
		f.Fatal(err)
	}
	check := func(t *testing.T, p app.Profile, err error) {
		if err != nil {
			if code := app.CodeOf(err); code != app.CodeProviderBadAnswer && code != app.CodeProviderUnconfirmed && code != app.CodeCaptivePortal {
				t.Errorf("%s: %v", code, err)
			}
			return
		}
		if p.Key.Subject == "" || len(p.Key.Subject) > 64 || strings.ContainsAny(p.Key.Subject, " \x00\n'\"<>") {
			t.Errorf("subject %q", p.Key.Subject)
		}
		for _, s := range []string{p.Login, p.Name, p.Nickname, p.Email} {
			if strings.ContainsAny(s, "\x00\ufffd\u202e\n") || len(s) > 320 {
				t.Errorf("text %q", s)
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		body = b
		p, err := provider.GitHubUser(context.Background(), g, accessToken)
		check(t, p, err)
		c, err := n.Exchange(context.Background(), request("naver"), response)
		check(t, c.Profile, err)
	})
}
