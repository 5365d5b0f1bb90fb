package practice

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
	web, api := s.github.Mux, s.githubAPI.Mux
	web.HandleFunc("GET /login/oauth/authorize", s.githubAuthorize)
	web.HandleFunc("POST /login/oauth/authorize", s.Decide(s.github))
	web.HandleFunc("POST /login/oauth/access_token", s.githubToken)
	web.HandleFunc("POST /login/device/code", s.githubDeviceCode)
	web.HandleFunc("GET /login/device", s.githubDevicePage)
	web.HandleFunc("POST /login/device", s.githubDeviceDecide)
	web.HandleFunc("GET /settings/connections/applications/{id}", s.githubConnection)
	for _, a := range []struct {
		*http.ServeMux
		base string
	}{{api, ""}, {web, "/api/v3"}} {
		a.HandleFunc("GET "+a.base+"/user", s.githubUser)
		a.HandleFunc("GET "+a.base+"/user/emails", s.githubEmails)
		a.HandleFunc("DELETE "+a.base+"/applications/{id}/token", s.githubRevoke(false))
		a.HandleFunc("DELETE "+a.base+"/applications/{id}/grant", s.githubRevoke(true))
		a.HandleFunc("POST "+a.base+"/credentials/revoke", s.githubCredentials)
	}
}

// githubAuthorize is GET /login/oauth/authorize. A wrong client or redirect URI is
// answered with a page and no redirect (docs/providers.md#githubs-authorization).
func (s *Server) githubAuthorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != GitHubClientID {
		messagePage(w, r, s.github, http.StatusNotFound, wordsFor(r).Practice.UnknownApp)
		return
	}
	a := Authorization{
		Host:        s.github,
		RedirectURI: q.Get("redirect_uri"),
		State:       q.Get("state"),
		Challenge:   q.Get("code_challenge"),
		Scope:       q.Get("scope"),
	}
	if a.RedirectURI == "" {
		a.RedirectURI = githubCallback
	}
	if !LoopbackMatch(githubCallback, a.RedirectURI) {
		RefusalPage(w, r, s.github)
		return
	}
	if why := CheckPKCE(q); why != "" {
		Refuse(w, r, a.RedirectURI, a.State, "invalid_request", why)
		return
	}
	s.Ask(w, r, a)
}

// githubAnswer writes a token endpoint's answer: as a form, unless JSON is accepted.
func githubAnswer(w http.ResponseWriter, r *http.Request, v map[string]any) {
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		WriteJSON(w, http.StatusOK, v)
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
		WriteJSON(w, http.StatusNotFound, map[string]any{"error": "Not Found"})
		return
	}
	if form.Get("grant_type") == deviceGrant {
		s.githubDeviceToken(w, r, form)
		return
	}
	if !Same(form.Get("client_secret"), GitHubClientSecret) {
		githubRefuse(w, r, "incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.")
		return
	}
	switch c, err := s.Redeem(s.github, form, false); {
	case errors.Is(err, errRedirectURI):
		githubRefuse(w, r, "redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application.")
	case err == nil:
		s.githubIssue(w, r, c.Person, c.Scope)
	default:
		githubRefuse(w, r, "bad_verification_code", "The code passed is incorrect or expired.")
	}
}

func (s *Server) githubIssue(w http.ResponseWriter, r *http.Request, p Person, scope string) {
	t := s.Issue("gho_"+random()+random()[:10], Token{Host: s.github, Person: p, Scope: scope})
	scopes := strings.FieldsFunc(scope, func(c rune) bool { return c == ' ' || c == ',' })
	slices.Sort(scopes)
	githubAnswer(w, r, map[string]any{"access_token": t, "scope": strings.Join(scopes, ","), "token_type": "bearer"})
}

func (s *Server) githubDeviceCode(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	if r.PostForm.Get("client_id") != GitHubClientID {
		WriteJSON(w, http.StatusNotFound, map[string]any{"error": "Not Found"})
		return
	}
	code, user := random()+random()[:14], random()
	d := &device{
		userCode: user[:4] + "-" + user[4:8],
		scope:    r.PostForm.Get("scope"),
		expires:  s.options.Clock.Now().Add(deviceLifetime),
		interval: s.options.DeviceInterval,
		polled:   s.options.Clock.Now(),
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
	now := s.options.Clock.Now()
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
			d.person == nil && !d.denied && s.options.Clock.Now().Before(d.expires) {
			return d
		}
	}
	return nil
}

func (s *Server) githubDevicePage(w http.ResponseWriter, r *http.Request) {
	s.codePage(w, r, r.URL.Query().Get("user_code"), false)
}

// githubDeviceDecide takes the typed code, then the person. Where nobody is asked
// the code alone confirms.
func (s *Server) githubDeviceDecide(w http.ResponseWriter, r *http.Request) {
	typed := r.PostFormValue("user_code")
	decision, chosen := r.PostFormValue("decision"), r.PostFormValue("person")
	s.mu.Lock()
	d := s.findDevice(typed)
	s.mu.Unlock()
	if d == nil {
		s.codePage(w, r, typed, true)
		return
	}
	var p Person
	switch {
	case decision == "error":
		messagePage(w, r, s.github, http.StatusInternalServerError, wordsFor(r).Practice.Failed)
		return
	case decision == "cancel":
	case chosen != "":
		var ok bool
		if p, ok = FindPerson(s.options.People, chosen); !ok {
			http.Error(w, "no such person", http.StatusBadRequest)
			return
		}
	case s.options.Choose == nil:
		s.choosePage(w, r, s.github, "user_code", typed)
		return
	default:
		p = s.options.Choose(w, r, s.github)
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
		messagePage(w, r, s.github, http.StatusOK, wordsFor(r).Practice.Declined)
		return
	}
	messagePage(w, r, s.github, http.StatusOK, wordsFor(r).Practice.Connected)
}

func (s *Server) githubConnection(w http.ResponseWriter, r *http.Request) {
	messagePage(w, r, s.github, http.StatusOK, wordsFor(r).Practice.Access)
}

// githubCaller finds who calls the API, or answers. GitHub refuses requests that
// name no User-Agent.
func (s *Server) githubCaller(w http.ResponseWriter, r *http.Request) (Token, bool) {
	w.Header().Set("X-GitHub-Request-Id", random())
	if r.UserAgent() == "" {
		githubMessage(w, http.StatusForbidden, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.")
		return Token{}, false
	}
	t, sent, ok := s.Bearer(r, s.github)
	switch {
	case !sent:
		githubMessage(w, http.StatusUnauthorized, "Requires authentication")
	case !ok:
		githubMessage(w, http.StatusUnauthorized, "Bad credentials")
	default:
		w.Header().Set("X-RateLimit-Limit", "5000")
		w.Header().Set("X-RateLimit-Remaining", "4999")
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(s.options.Clock.Now().Add(time.Hour).Unix(), 10))
		w.Header().Set("X-OAuth-Scopes", strings.Join(strings.Fields(t.Scope), ", "))
	}
	return t, ok
}

// githubMessage is the body of every failure of the API.
func githubMessage(w http.ResponseWriter, status int, message string) {
	WriteJSON(w, status, map[string]any{"message": message, "documentation_url": githubDocs, "status": strconv.Itoa(status)})
}

func (s *Server) githubUser(w http.ResponseWriter, r *http.Request) {
	t, ok := s.githubCaller(w, r)
	if !ok {
		return
	}
	p := t.Person
	WriteJSON(w, http.StatusOK, map[string]any{
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
	scopes := strings.FieldsFunc(t.Scope, func(c rune) bool { return c == ' ' || c == ',' })
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
	p := t.Person
	list := []email{{fmt.Sprintf("%d+%s@users.noreply.github.com", p.GitHubID(), p.Login), false, true, nil}}
	if p.Email != "" {
		list = append(list, email{p.Email, true, !p.EmailUnverified, &private})
	}
	WriteJSON(w, http.StatusOK, list)
}

// githubRevoke is DELETE /applications/{id}/token and, with grant, …/grant.
func (s *Server) githubRevoke(grant bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, secret, _ := r.BasicAuth()
		if id != GitHubClientID || !Same(secret, GitHubClientSecret) {
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
		if json.NewDecoder(r.Body).Decode(&body) != nil || !s.Withdraw(s.github, body.Token, grant) {
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
		s.Withdraw(s.github, c, false)
	}
	w.WriteHeader(http.StatusAccepted)
}
