package providertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	deviceGrant    = "urn:ietf:params:oauth:grant-type:device_code"
	deviceLifetime = 900 * time.Second
	deviceSlower   = 5 * time.Second // what slow_down adds

	githubCallback = "http://127.0.0.1/oauth/github/callback/"
	githubDocs     = "https://docs.github.com/rest"
)

// device is a device code and what became of it.
type device struct {
	userCode string
	scope    string
	expires  time.Time
	interval time.Duration
	polled   time.Time
	person   *Person // who confirmed
	denied   bool
	used     bool
}

func (s *Server) routeGitHub() {
	web, api := s.hosts[githubHost], s.hosts[githubAPIHost]
	web.handle("GET /login/oauth/authorize", GitHubAuthorize, s.githubAuthorize)
	web.handle("POST /login/oauth/authorize", Decision, s.decide)
	web.handle("POST /login/oauth/access_token", GitHubToken, s.githubToken)
	web.handle("POST /login/device/code", GitHubDeviceCode, s.githubDeviceCode)
	web.handle("GET /login/device", GitHubDevicePage, s.githubDevicePage)
	web.handle("POST /login/device", Decision, s.githubDeviceDecide)
	web.handle("GET /settings/connections/applications/{id}", GitHubConnection, s.githubConnection)
	for _, a := range []struct {
		*host
		base string
	}{{api, ""}, {web, "/api/v3"}} {
		a.handle("GET "+a.base+"/user", GitHubUser, s.githubUser)
		a.handle("GET "+a.base+"/user/emails", GitHubEmails, s.githubEmails)
		a.handle("DELETE "+a.base+"/applications/{id}/token", GitHubRevoke, s.githubRevoke(false))
		a.handle("DELETE "+a.base+"/applications/{id}/grant", GitHubRevoke, s.githubRevoke(true))
		a.handle("POST "+a.base+"/credentials/revoke", GitHubCredentials, s.githubCredentials)
	}
}

// githubAuthorize is GET /login/oauth/authorize. A wrong client or redirect URI is
// answered with a page and no redirect (docs/providers.md#githubs-authorization).
func (s *Server) githubAuthorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != GitHubClientID {
		messagePage(w, r, githubHost, http.StatusNotFound, wordsFor(r).Practice.UnknownApp)
		return
	}
	a := authorization{
		host:        githubHost,
		redirectURI: q.Get("redirect_uri"),
		state:       q.Get("state"),
		challenge:   q.Get("code_challenge"),
		scope:       q.Get("scope"),
		hint:        q.Get("login"),
		another:     q.Get("prompt") == "select_account",
	}
	if a.redirectURI == "" {
		a.redirectURI = githubCallback
	}
	if !loopbackMatch(githubCallback, a.redirectURI) {
		refusalPage(w, r)
		return
	}
	if why := checkPKCE(q); why != "" {
		refuse(w, r, a.redirectURI, a.state, "invalid_request", why)
		return
	}
	s.ask(w, r, a)
}

// githubAnswer writes a token endpoint's answer: as a form, unless JSON is accepted.
func githubAnswer(w http.ResponseWriter, r *http.Request, v map[string]any) {
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		writeJSON(w, http.StatusOK, v)
		return
	}
	form := url.Values{}
	for name, value := range v {
		form.Set(name, fmt.Sprint(value))
	}
	w.Header().Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	fmt.Fprint(w, form.Encode())
}

// githubRefuse is GitHub's way to fail: status 200 and a member error.
func githubRefuse(w http.ResponseWriter, r *http.Request, errorCode, description string) {
	githubAnswer(w, r, map[string]any{
		"error": errorCode, "error_description": description,
		"error_uri": "https://docs.github.com/apps/oauth-apps/" + errorCode,
	})
}

func (s *Server) githubToken(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	form := r.PostForm
	if form.Get("client_id") != GitHubClientID {
		writeJSON(w, http.StatusNotFound, map[string]any{"error": "Not Found"})
		return
	}
	if form.Get("grant_type") == deviceGrant {
		s.githubDeviceToken(w, r, form)
		return
	}
	if !same(form.Get("client_secret"), GitHubClientSecret) {
		githubRefuse(w, r, "incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.")
		return
	}
	switch c, err := s.redeem(githubHost, form, false); {
	case errors.Is(err, errRedirectURI):
		githubRefuse(w, r, "redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application.")
	case err == nil:
		s.githubIssue(w, r, c.person, c.scope)
	default:
		githubRefuse(w, r, "bad_verification_code", "The code passed is incorrect or expired.")
	}
}

func (s *Server) githubIssue(w http.ResponseWriter, r *http.Request, p Person, scope string) {
	t := s.issue("gho_"+random()+random()[:10], token{host: githubHost, person: p, scope: scope})
	scopes := strings.FieldsFunc(scope, func(c rune) bool { return c == ' ' || c == ',' })
	slices.Sort(scopes)
	githubAnswer(w, r, map[string]any{"access_token": t, "scope": strings.Join(scopes, ","), "token_type": "bearer"})
}

func (s *Server) githubDeviceCode(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	if r.PostForm.Get("client_id") != GitHubClientID {
		writeJSON(w, http.StatusNotFound, map[string]any{"error": "Not Found"})
		return
	}
	code, user := random()+random()[:14], random()
	d := &device{
		userCode: user[:4] + "-" + user[4:8],
		scope:    r.PostForm.Get("scope"),
		expires:  s.clock.Now().Add(deviceLifetime),
		interval: s.options.DeviceInterval,
		polled:   s.clock.Now(),
	}
	s.mu.Lock()
	s.devices[code] = d
	s.mu.Unlock()
	githubAnswer(w, r, map[string]any{
		"device_code": code, "user_code": d.userCode, "verification_uri": s.GitHubURL() + "/login/device",
		"expires_in": int(deviceLifetime / time.Second), "interval": int(d.interval / time.Second),
	})
}

// githubDeviceToken answers one poll (RFC 8628 section 3.5). A poll that comes
// before the interval is over is told to slow down, and by how much.
func (s *Server) githubDeviceToken(w http.ResponseWriter, r *http.Request, form url.Values) {
	now := s.clock.Now()
	s.mu.Lock()
	d := s.devices[form.Get("device_code")]
	if d == nil || d.used {
		s.mu.Unlock()
		githubRefuse(w, r, "incorrect_device_code", "The device_code provided is not valid.")
		return
	}
	early := now.Sub(d.polled) < d.interval
	d.polled = now
	if early {
		d.interval += deviceSlower
	}
	was := *d
	if d.person != nil && !early {
		d.used = true
	}
	s.mu.Unlock()
	switch {
	case !now.Before(was.expires):
		githubRefuse(w, r, "expired_token", "The device_code has expired.")
	case was.denied:
		githubRefuse(w, r, "access_denied", "The authorization request was denied.")
	case early:
		githubAnswer(w, r, map[string]any{
			"error": "slow_down", "error_description": "Too many requests have been made in the same timeframe.",
			"interval": int(was.interval / time.Second),
		})
	case was.person == nil:
		githubRefuse(w, r, "authorization_pending", "The authorization request is still pending.")
	default:
		s.githubIssue(w, r, *was.person, was.scope)
	}
}

// findDevice finds a device code that waits for a person, by its user code as
// people type it.
func (s *Server) findDevice(typed string) *device {
	typed = strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(typed), " ", ""))
	for _, d := range s.devices {
		if (d.userCode == typed || strings.ReplaceAll(d.userCode, "-", "") == typed) &&
			d.person == nil && !d.denied && s.clock.Now().Before(d.expires) {
			return d
		}
	}
	return nil
}

func (s *Server) githubDevicePage(w http.ResponseWriter, r *http.Request) {
	codePage(w, r, http.StatusOK, r.URL.Query().Get("user_code"), false)
}

// githubDeviceDecide takes the typed code, then the person. Without a chooser the
// code alone confirms.
func (s *Server) githubDeviceDecide(w http.ResponseWriter, r *http.Request) {
	typed := r.PostFormValue("user_code")
	decision, chosen := r.PostFormValue("decision"), r.PostFormValue("person")
	s.mu.Lock()
	d := s.findDevice(typed)
	s.mu.Unlock()
	if d == nil {
		codePage(w, r, http.StatusOK, typed, true)
		return
	}
	var p Person
	switch {
	case decision == "error":
		messagePage(w, r, githubHost, http.StatusInternalServerError, wordsFor(r).Practice.Failed)
		return
	case decision == "cancel":
	case chosen != "":
		var ok bool
		if p, ok = findPerson(s.options.People, chosen); !ok {
			http.Error(w, "no such person", http.StatusBadRequest)
			return
		}
	case s.options.Chooser:
		s.choosePage(w, r, githubHost, "user_code", typed)
		return
	default:
		p = s.choose(r, authorization{host: githubHost})
	}
	if r.PostFormValue("slow") != "" && !s.wait(r.Context(), slowAnswer) {
		panic(http.ErrAbortHandler)
	}
	s.mu.Lock()
	if decision == "cancel" {
		d.denied = true
	} else {
		d.person = &p
	}
	s.mu.Unlock()
	if decision == "cancel" {
		messagePage(w, r, githubHost, http.StatusOK, wordsFor(r).Practice.Declined)
		return
	}
	messagePage(w, r, githubHost, http.StatusOK, wordsFor(r).Practice.Connected)
}

func (s *Server) githubConnection(w http.ResponseWriter, r *http.Request) {
	messagePage(w, r, githubHost, http.StatusOK, wordsFor(r).Practice.Access)
}

// githubCaller finds who calls the API, or answers. GitHub refuses requests that
// name no User-Agent.
func (s *Server) githubCaller(w http.ResponseWriter, r *http.Request) (token, bool) {
	w.Header().Set("X-GitHub-Request-Id", random())
	if r.UserAgent() == "" {
		githubMessage(w, http.StatusForbidden, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.")
		return token{}, false
	}
	t, sent, ok := s.bearer(r, githubHost)
	switch {
	case !sent:
		githubMessage(w, http.StatusUnauthorized, "Requires authentication")
	case !ok:
		githubMessage(w, http.StatusUnauthorized, "Bad credentials")
	default:
		w.Header().Set("X-RateLimit-Limit", "5000")
		w.Header().Set("X-RateLimit-Remaining", "4999")
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(s.clock.Now().Add(time.Hour).Unix(), 10))
		w.Header().Set("X-OAuth-Scopes", strings.Join(strings.Fields(t.scope), ", "))
	}
	return t, ok
}

// githubMessage is the body of every failure of the API.
func githubMessage(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, map[string]any{"message": message, "documentation_url": githubDocs, "status": strconv.Itoa(status)})
}

func (s *Server) githubUser(w http.ResponseWriter, r *http.Request) {
	t, ok := s.githubCaller(w, r)
	if !ok {
		return
	}
	p := t.person
	writeJSON(w, http.StatusOK, map[string]any{
		"login": p.Login, "id": p.GitHubID(), "node_id": "U_" + p.Subject(),
		"avatar_url": "https://avatars.githubusercontent.com/u/" + strconv.FormatInt(p.GitHubID(), 10) + "?v=4",
		"html_url":   s.GitHubURL() + "/" + p.Login, "type": "User", "site_admin": false,
		"name": nullable(p.Name), "email": nullable(p.PublicEmail), "bio": nil, "company": nil,
		"created_at": "2020-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z",
	})
}

// githubEmails is GET /user/emails. The primary address is never the first one:
// who takes the first takes the wrong one.
func (s *Server) githubEmails(w http.ResponseWriter, r *http.Request) {
	t, ok := s.githubCaller(w, r)
	if !ok {
		return
	}
	scopes := strings.FieldsFunc(t.scope, func(c rune) bool { return c == ' ' || c == ',' })
	if !slices.Contains(scopes, "user:email") && !slices.Contains(scopes, "user") {
		githubMessage(w, http.StatusNotFound, "Not Found")
		return
	}
	type email struct {
		Email      string  `json:"email"`
		Primary    bool    `json:"primary"`
		Verified   bool    `json:"verified"`
		Visibility *string `json:"visibility"`
	}
	private := "private"
	p := t.person
	list := []email{{fmt.Sprintf("%d+%s@users.noreply.github.com", p.GitHubID(), p.Login), false, true, nil}}
	if p.Email != "" {
		list = append(list, email{p.Email, true, !p.EmailUnverified, &private})
	}
	writeJSON(w, http.StatusOK, list)
}

// githubRevoke is DELETE /applications/{id}/token and, with grant, …/grant.
func (s *Server) githubRevoke(grant bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, secret, _ := r.BasicAuth()
		if id != GitHubClientID || !same(secret, GitHubClientSecret) {
			githubMessage(w, http.StatusUnauthorized, "Bad credentials")
			return
		}
		if r.PathValue("id") != GitHubClientID {
			githubMessage(w, http.StatusNotFound, "Not Found")
			return
		}
		var body struct {
			Token string `json:"access_token"`
		}
		if json.NewDecoder(r.Body).Decode(&body) != nil || !s.revoke(githubHost, body.Token, grant) {
			githubMessage(w, http.StatusUnprocessableEntity, "Validation Failed")
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// githubCredentials is POST /credentials/revoke, which wants no authentication.
func (s *Server) githubCredentials(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" {
		githubMessage(w, http.StatusForbidden, "This endpoint must be called unauthenticated.")
		return
	}
	var body struct {
		Credentials []string `json:"credentials"`
	}
	if json.NewDecoder(r.Body).Decode(&body) != nil || len(body.Credentials) == 0 {
		githubMessage(w, http.StatusUnprocessableEntity, "Validation Failed")
		return
	}
	for _, c := range body.Credentials {
		s.revoke(githubHost, c, false)
	}
	w.WriteHeader(http.StatusAccepted)
}
