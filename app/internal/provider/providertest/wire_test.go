package providertest_test

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
)

func TestGitHubTakesAnyLoopbackPortButOnlyTheRegisteredHostAndPath(t *testing.T) {
	s := start(t, providertest.Options{})
	for uri, allowed := range map[string]bool{
		"http://127.0.0.1:1/oauth/github/callback/":           true,
		"http://127.0.0.1:65535/oauth/github/callback/":       true,
		"http://127.0.0.1/oauth/github/callback/":             true,
		"http://localhost:1/oauth/github/callback/":           false,
		"http://[::1]:1/oauth/github/callback/":               false,
		"http://127.0.0.2:1/oauth/github/callback/":           false,
		"https://127.0.0.1:1/oauth/github/callback/":          false,
		"http://127.0.0.1:1/oauth/github/callback":            false,
		"http://127.0.0.1:1/oauth/github/callback/more/":      false,
		"http://127.0.0.1:1/oauth/github/callback/?a=b":       false,
		"http://127.0.0.1:1/oauth/naver/callback/":            false,
		"http://127.0.0.1.example.com/oauth/github/callback/": false,
		"http://a@127.0.0.1:1/oauth/github/callback/":         false,
	} {
		if got := callback(t, githubAuthorize(s, "redirect_uri", uri)) != nil; got != allowed {
			t.Errorf("%s: redirected %v, want %v", uri, got, allowed)
		}
	}
	if callback(t, githubAuthorize(s, "client_id", "somebody-else")) != nil {
		t.Error("an unknown client was redirected")
	}
}

func TestNaverTakesExactlyTheFiveRegisteredRedirectURIs(t *testing.T) {
	s := start(t, providertest.Options{})
	for uri, allowed := range map[string]bool{
		"http://127.0.0.1:48111/oauth/naver/callback/":  true,
		"http://127.0.0.1:48115/oauth/naver/callback/":  true,
		"http://127.0.0.1:48110/oauth/naver/callback/":  false,
		"http://127.0.0.1:48116/oauth/naver/callback/":  false,
		"http://127.0.0.1/oauth/naver/callback/":        false,
		"http://localhost:48111/oauth/naver/callback/":  false,
		"http://127.0.0.1:48111/oauth/naver/callback":   false,
		"http://127.0.0.1:48111/oauth/naver/callback/?": false,
	} {
		if got := callback(t, naverAuthorize(s, "redirect_uri", uri)) != nil; got != allowed {
			t.Errorf("%s: redirected %v, want %v", uri, got, allowed)
		}
	}
	other := start(t, providertest.Options{NaverPorts: []int{5001}})
	if callback(t, naverAuthorize(other, "redirect_uri", "http://127.0.0.1:5001/oauth/naver/callback/")) == nil {
		t.Error("a port that the test registered was refused")
	}
}

func TestEveryAuthorizeEndpointWantsAnS256Challenge(t *testing.T) {
	s := start(t, providertest.Options{})
	for name, authorize := range map[string]func(*providertest.Server, ...string) string{
		"github": githubAuthorize, "naver": naverAuthorize, "oidc": oidcAuthorize,
	} {
		for what, pairs := range map[string][]string{
			"no challenge": {"code_challenge", "", "code_challenge_method", ""},
			"plain":        {"code_challenge", verifier, "code_challenge_method", "plain"},
			"no method":    {"code_challenge_method", ""},
			"short":        {"code_challenge", "short"},
		} {
			q := callback(t, authorize(s, pairs...))
			if q.Get("error") != "invalid_request" || q.Get("state") != "the-state" || q.Has("code") {
				t.Errorf("%s, %s: %v", name, what, q)
			}
		}
	}
}

func TestNaverAndOpenIDCheckTheRestOfTheAuthorizationRequest(t *testing.T) {
	s := start(t, providertest.Options{})
	for _, c := range []struct{ address, want string }{
		{naverAuthorize(s, "state", ""), "invalid_request"},
		{naverAuthorize(s, "scope", ""), "invalid_scope"},
		{naverAuthorize(s, "response_type", "token"), "unsupported_response_type"},
		{naverAuthorize(s, "auth_type", "select_account"), "invalid_request"},
		{oidcAuthorize(s, "scope", "email"), "invalid_scope"},
		{oidcAuthorize(s, "response_type", ""), "unsupported_response_type"},
		{oidcAuthorize(s, "prompt", "none"), "login_required"},
	} {
		if got := callback(t, c.address).Get("error"); got != c.want {
			t.Errorf("%s: %q, want %q", c.address, got, c.want)
		}
	}
}

// exchanges are the three token endpoints and how each of them refuses a code.
func exchanges(s *providertest.Server) map[string]struct {
	authorize func(*providertest.Server, ...string) string
	token     string
	form      func(string, ...string) url.Values
	refusal   string
	status    int
	secret    string // the refusal of a wrong secret
} {
	type e = struct {
		authorize func(*providertest.Server, ...string) string
		token     string
		form      func(string, ...string) url.Values
		refusal   string
		status    int
		secret    string
	}
	return map[string]e{
		"github": {githubAuthorize, s.GitHubURL() + "/login/oauth/access_token", githubExchange, "bad_verification_code", 200, "incorrect_client_credentials"},
		"naver":  {naverAuthorize, s.NaverURL() + "/oauth2/token", naverExchange, "invalid_request", 200, "invalid_request"},
		"oidc":   {oidcAuthorize, s.OIDCIssuer() + "/token", oidcExchange, "invalid_grant", 400, "invalid_client"},
	}
}

func TestACodeWorksOnce(t *testing.T) {
	s := start(t, providertest.Options{})
	for name, e := range exchanges(s) {
		c := code(t, e.authorize(s))
		if _, o := post(t, e.token, e.form(c)); o["access_token"] == nil {
			t.Fatalf("%s: %v", name, o)
		}
		if status, o := post(t, e.token, e.form(c)); status != e.status || o["error"] != e.refusal || o["access_token"] != nil {
			t.Errorf("%s: the second time HTTP %d %v", name, status, o)
		}
	}
}

func TestACodeLivesTenMinutes(t *testing.T) {
	for _, late := range []bool{false, true} {
		c := newClock()
		s := start(t, providertest.Options{Clock: c})
		for name, e := range exchanges(s) {
			got := code(t, e.authorize(s))
			c.advance(10*time.Minute - time.Second)
			if late {
				c.advance(time.Second)
			}
			if _, o := post(t, e.token, e.form(got)); (o["access_token"] == nil) != late {
				t.Errorf("%s, late %v: %v", name, late, o)
			}
		}
	}
}

func TestACodeIsBoundToVerifierClientAndProvider(t *testing.T) {
	s := start(t, providertest.Options{})
	for name, e := range exchanges(s) {
		for what, pairs := range map[string][]string{
			"wrong verifier": {"code_verifier", strings.Repeat("x", 43)},
			"no verifier":    {"code_verifier", ""},
			"wrong code":     {"code", "guessed"},
		} {
			if status, o := post(t, e.token, e.form(code(t, e.authorize(s)), pairs...)); status != e.status || o["error"] != e.refusal {
				t.Errorf("%s, %s: HTTP %d %v", name, what, status, o)
			}
		}
		c := code(t, e.authorize(s))
		for what, pairs := range map[string][]string{
			"wrong secret": {"client_secret", "wrong"},
			"no secret":    {"client_secret", ""},
		} {
			if _, o := post(t, e.token, e.form(c, pairs...)); o["error"] != e.secret {
				t.Errorf("%s, %s: %v", name, what, o)
			}
		}
		if _, o := post(t, e.token, e.form(c)); o["access_token"] == nil {
			t.Errorf("%s: a wrong secret used the code up: %v", name, o)
		}
	}
	if _, o := post(t, s.NaverURL()+"/oauth2/token", naverExchange(code(t, githubAuthorize(s)))); o["error"] != "invalid_request" {
		t.Errorf("Naver took GitHub's code: %v", o)
	}
	if _, o := post(t, s.GitHubURL()+"/login/oauth/access_token",
		githubExchange(code(t, githubAuthorize(s)), "redirect_uri", "http://127.0.0.1:2/oauth/github/callback/")); o["error"] != "redirect_uri_mismatch" {
		t.Errorf("another redirect URI: %v", o)
	}
}

func TestTokenAnswersHaveEachProvidersShape(t *testing.T) {
	s := start(t, providertest.Options{})
	_, o := post(t, s.GitHubURL()+"/login/oauth/access_token", githubExchange(code(t, githubAuthorize(s))))
	if o["scope"] != "read:user,user:email" || o["token_type"] != "bearer" || !strings.HasPrefix(o["access_token"].(string), "gho_") {
		t.Errorf("GitHub: %v", o)
	}
	resp := do(t, http.MethodPost, s.GitHubURL()+"/login/oauth/access_token", githubExchange(code(t, githubAuthorize(s))).Encode(),
		"Content-Type", "application/x-www-form-urlencoded")
	b, _ := io.ReadAll(resp.Body)
	if form, err := url.ParseQuery(string(b)); err != nil || form.Get("scope") != "read:user,user:email" {
		t.Errorf("GitHub without Accept answers a form, not %s", b)
	}
	_, o = post(t, s.NaverURL()+"/oauth2/token", naverExchange(code(t, naverAuthorize(s))))
	if o["expires_in"] != "3600" || !strings.ContainsAny(o["access_token"].(string), "+/=") {
		t.Errorf("Naver: %v", o)
	}
	// Naver does not read a POST's query (docs/providers.md#naver).
	resp = do(t, http.MethodPost, s.NaverURL()+"/oauth2/token?"+naverExchange(code(t, naverAuthorize(s))).Encode(), "")
	if o := object(t, resp); o["error"] != "invalid_request" {
		t.Errorf("Naver read the query: %v", o)
	}
}

func TestGitHubsAPIAnswersAtItsHostAndAtTheEnterprisePath(t *testing.T) {
	who := practice.Person{Login: "octo", Name: "Octo", Email: "octo@example.com", PublicEmail: "trap@example.net"}
	s := start(t, providertest.Options{People: []practice.Person{who}})
	_, o := post(t, s.GitHubURL()+"/login/oauth/access_token", githubExchange(code(t, githubAuthorize(s))))
	token := o["access_token"].(string)
	for _, base := range []string{s.GitHubAPIURL(), s.GitHubURL() + "/api/v3"} {
		status, me := api(t, base+"/user", token)
		if status != 200 || int64(me["id"].(float64)) != who.GitHubID() || me["login"] != "octo" || me["email"] != "trap@example.net" {
			t.Errorf("%s: HTTP %d %v", base, status, me)
		}
		resp := do(t, http.MethodGet, base+"/user/emails", "", "Authorization", "Bearer "+token, "User-Agent", "munpae")
		b, _ := io.ReadAll(resp.Body)
		if !strings.Contains(string(b), `{"email":"octo@example.com","primary":true,"verified":true,"visibility":"private"}`) ||
			strings.HasPrefix(string(b), `[{"email":"octo@example.com"`) {
			t.Errorf("%s: addresses %s", base, b)
		}
	}
	if status, o := api(t, s.GitHubAPIURL()+"/user", "gho_guessed"); status != 401 || o["message"] != "Bad credentials" {
		t.Errorf("a guessed token: HTTP %d %v", status, o)
	}
	if resp := do(t, http.MethodGet, s.GitHubAPIURL()+"/user", "", "Authorization", "Bearer "+token, "User-Agent", ""); resp.StatusCode != 403 {
		t.Errorf("no User-Agent: HTTP %d", resp.StatusCode)
	}
	_, o = post(t, s.GitHubURL()+"/login/oauth/access_token", githubExchange(code(t, githubAuthorize(s, "scope", "read:user"))))
	if status, _ := api(t, s.GitHubAPIURL()+"/user/emails", o["access_token"].(string)); status != 404 {
		t.Errorf("addresses without user:email: HTTP %d", status)
	}
}

func TestNaverKeepsAnAddressBackUntilItIsAskedForAgain(t *testing.T) {
	s := start(t, providertest.Options{People: []practice.Person{
		{Login: "bada", Name: "한바다", Email: "bada@example.com", EmailRefused: true},
	}})
	me := func(pairs ...string) map[string]any {
		_, o := post(t, s.NaverURL()+"/oauth2/token", naverExchange(code(t, naverAuthorize(s, pairs...))))
		_, o = api(t, s.NaverAPIURL()+"/v1/nid/me", o["access_token"].(string))
		return o["response"].(map[string]any)
	}
	if got := me(); got["email"] != nil || got["nickname"] != nil || got["id"] == nil || got["name"] != "한바다" {
		t.Errorf("at first: %v", got)
	}
	if got := me("auth_type", "reprompt"); got["email"] != "bada@example.com" {
		t.Errorf("asked again: %v", got)
	}
}

func TestNaverTellsABadTokenFromNone(t *testing.T) {
	s := start(t, providertest.Options{})
	if status, o := api(t, s.NaverAPIURL()+"/v1/nid/me", "guessed"); status != 401 || o["resultcode"] != "024" {
		t.Errorf("HTTP %d %v", status, o)
	}
	resp := do(t, http.MethodGet, s.NaverAPIURL()+"/v1/nid/me", "")
	if o := object(t, resp); resp.StatusCode != 401 || o["resultcode"] != "028" {
		t.Errorf("HTTP %d %v", resp.StatusCode, o)
	}
}

func TestSubjectsNeverChange(t *testing.T) {
	seulgi := practice.People()[0]
	if seulgi.GitHubID() != 2029000898 || seulgi.NaverID() != "VsHkimzrSbM9aXmFFey8YFW84tQ_Ax3JfwRWdVR8XIE" || seulgi.Subject() != "62a97603a3cc9d5721535f2e" {
		t.Errorf("%d %s %s", seulgi.GitHubID(), seulgi.NaverID(), seulgi.Subject())
	}
	renamed := seulgi
	renamed.Login, renamed.Name, renamed.Nickname = "new", "새", "이름"
	if renamed.GitHubID() != seulgi.GitHubID() {
		t.Error("a new login made another account")
	}
	seen := map[any]bool{}
	for _, p := range practice.People() {
		seen[p.GitHubID()], seen[p.NaverID()], seen[p.Subject()] = true, true, true
	}
	if want := 3 * len(practice.People()); len(seen) != want {
		t.Errorf("%d different subjects, want %d", len(seen), want)
	}
}

func TestWhoSignsInWhereNobodyIsAsked(t *testing.T) {
	s := start(t, providertest.Options{})
	people := practice.People()
	who := func(b *providertest.Browser, pairs ...string) string {
		t.Helper()
		r := catch(t)
		if _, err := b.Visit(t.Context(), githubAuthorize(s, append(pairs, "redirect_uri", r.github)...)); err != nil {
			t.Fatal(err)
		}
		_, o := post(t, s.GitHubURL()+"/login/oauth/access_token", githubExchange(r.query.Get("code"), "redirect_uri", r.github))
		_, o = api(t, s.GitHubAPIURL()+"/user", o["access_token"].(string))
		return o["name"].(string)
	}
	b := providertest.NewBrowser(nil)
	for _, c := range []struct {
		what, want string
		pairs      []string
	}{
		{"the first person", people[0].Name, nil},
		{"another account is wanted", people[1].Name, []string{"prompt", "select_account"}},
		{"the browser remembers", people[1].Name, nil},
		{"the hint decides", people[4].Name, []string{"login", "norawhitfield"}},
	} {
		if got := who(b, c.pairs...); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
	s.NextPerson(people[2])
	if got := who(b, "login", "norawhitfield"); got != people[2].Name {
		t.Errorf("NextPerson: %s", got)
	}
}

func TestAWithdrawnGrantLeavesNoTokenAlive(t *testing.T) {
	s := start(t, providertest.Options{})
	token := func() string {
		_, o := post(t, s.GitHubURL()+"/login/oauth/access_token", githubExchange(code(t, githubAuthorize(s))))
		return o["access_token"].(string)
	}
	alive := func(token string) bool {
		status, _ := api(t, s.GitHubAPIURL()+"/user", token)
		return status == http.StatusOK
	}
	withdraw := func(what, token, id, secret string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodDelete,
			s.GitHubAPIURL()+"/applications/"+id+"/"+what, strings.NewReader(`{"access_token":"`+token+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(id, secret)
		return send(t, r).StatusCode
	}
	a, b, c := token(), token(), token()
	if status := withdraw("grant", a, practice.GitHubClientID, "wrong"); status != 401 || !alive(a) {
		t.Errorf("a wrong secret: HTTP %d, alive %v", status, alive(a))
	}
	if status := withdraw("token", a, practice.GitHubClientID, practice.GitHubClientSecret); status != 204 || alive(a) || !alive(b) {
		t.Errorf("one token: HTTP %d, alive %v, the other %v", status, alive(a), alive(b))
	}
	if status := withdraw("grant", b, practice.GitHubClientID, practice.GitHubClientSecret); status != 204 || alive(b) || alive(c) {
		t.Errorf("the grant: HTTP %d, alive %v, the other %v", status, alive(b), alive(c))
	}
	if status := withdraw("grant", b, practice.GitHubClientID, practice.GitHubClientSecret); status != 422 {
		t.Errorf("a dead token: HTTP %d", status)
	}

	_, o := post(t, s.NaverURL()+"/oauth2/token", naverExchange(code(t, naverAuthorize(s))))
	naver := o["access_token"].(string)
	revoke := func(secret, token string) int {
		return do(t, http.MethodPost, s.NaverURL()+"/oauth2.0/revoke", url.Values{
			"client_id": {practice.NaverClientID}, "client_secret": {secret}, "token": {token},
		}.Encode(), "Content-Type", "application/x-www-form-urlencoded").StatusCode
	}
	if got := []int{revoke("wrong", naver), revoke(practice.NaverClientSecret, ""), revoke(practice.NaverClientSecret, naver), revoke(practice.NaverClientSecret, naver)}; !slices.Equal(got, []int{401, 400, 200, 200}) {
		t.Errorf("Naver: %v", got)
	}
	if status, _ := api(t, s.NaverAPIURL()+"/v1/nid/me", naver); status != 401 {
		t.Errorf("Naver's token lives: HTTP %d", status)
	}
}

func TestAFixedPortHasTheFiveHostsInARow(t *testing.T) {
	probe := start(t, providertest.Options{})
	if _, err := providertest.Start(providertest.Options{Addr: strings.TrimPrefix(probe.GitHubURL(), "http://")}); err == nil {
		t.Error("a taken port was taken again")
	}
	// The four after a free one may be anybody's, so more than one is tried.
	for range 20 {
		probe := start(t, providertest.Options{})
		want, err := url.Parse(probe.OIDCIssuer())
		if err != nil {
			t.Fatal(err)
		}
		probe.Close()
		s, err := providertest.Start(providertest.Options{Addr: want.Host})
		if err != nil {
			continue
		}
		defer s.Close()
		first, _ := strconv.Atoi(want.Port())
		for i, address := range []string{s.GitHubURL(), s.GitHubAPIURL(), s.NaverURL(), s.NaverAPIURL(), s.OIDCIssuer()} {
			if address != "http://127.0.0.1:"+strconv.Itoa(first+i) {
				t.Errorf("host %d is at %s, the first at %d", i, address, first)
			}
		}
		return
	}
	t.Skip("no five free ports in a row")
}
