package providertest

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// authorization is a valid authorization request that waits for a person.
type authorization struct {
	host        int
	redirectURI string
	state       string
	challenge   string
	scope       string
	nonce       string
	hint        string // login, login_hint
	another     bool   // another account is wanted
	reprompt    bool   // Naver: ask again for refused items
	at          time.Time
}

// code is an authorization code.
type code struct {
	authorization
	person  Person
	expires time.Time
	used    bool
}

// token is an access token.
type token struct {
	host     int
	person   Person
	scope    string // space separated
	reprompt bool
	expires  time.Time // zero: never
}

// random returns 26 characters of base32, none of which needs escaping.
func random() string { return rand.Text() }

// refuse ends an authorization with an error response (RFC 6749 section 4.1.2.1).
func refuse(w http.ResponseWriter, r *http.Request, redirectURI, state, errorCode, description string) {
	q := url.Values{"error": {errorCode}, "error_description": {description}}
	if state != "" {
		q.Set("state", state)
	}
	answerRedirect(w, r, redirectURI, q)
}

func answerRedirect(w http.ResponseWriter, r *http.Request, redirectURI string, q url.Values) {
	u, err := url.Parse(redirectURI)
	if err != nil {
		http.Error(w, "redirect_uri", http.StatusBadRequest)
		return
	}
	all := u.Query()
	for k, v := range q {
		all[k] = v
	}
	u.RawQuery = all.Encode()
	http.Redirect(w, r, u.String(), http.StatusFound)
}

// loopbackMatch applies RFC 8252 section 7.3 as GitHub does: any port, but the same
// host literal and exactly the same path.
func loopbackMatch(registered, sent string) bool {
	u, err := url.Parse(sent)
	if err != nil || u.Port() == "" && strings.HasSuffix(u.Host, ":") {
		return false
	}
	if ip := net.ParseIP(u.Hostname()); ip == nil || !ip.IsLoopback() {
		return sent == registered
	}
	u.Host = strings.TrimSuffix(u.Host, ":"+u.Port())
	return u.String() == registered
}

// checkPKCE names what is wrong with the challenge. S256 is the only method, and
// a request without a challenge is refused although the originals allow it: the
// app always sends one.
func checkPKCE(q url.Values) string {
	switch {
	case q.Get("code_challenge") == "":
		return "code_challenge is required here"
	case q.Get("code_challenge_method") != "S256":
		return "code_challenge_method must be S256"
	case len(q.Get("code_challenge")) != 43:
		return "code_challenge must be 43 characters"
	}
	return ""
}

func verifies(verifier, challenge string) bool {
	d := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(d[:])), []byte(challenge)) == 1
}

// ask shows the chooser, or grants at once.
func (s *Server) ask(w http.ResponseWriter, r *http.Request, a authorization) {
	a.at = s.clock.Now()
	if !s.options.Chooser {
		s.grant(w, r, a, s.choose(r, a))
		return
	}
	id := random()
	s.mu.Lock()
	for k, p := range s.pending {
		if a.at.Sub(p.at) > time.Hour {
			delete(s.pending, k)
		}
	}
	s.pending[id] = a
	s.mu.Unlock()
	s.choosePage(w, r, a.host, "request", id)
}

// choose says who signs in where nobody is asked.
func (s *Server) choose(r *http.Request, a authorization) Person {
	s.mu.Lock()
	next := s.next
	s.mu.Unlock()
	if next != nil {
		return *next
	}
	people := s.options.People
	if p, ok := findPerson(people, a.hint); ok {
		return p
	}
	c, err := r.Cookie(sessionCookie(a.host))
	if err != nil {
		return people[0]
	}
	last, ok := findPerson(people, c.Value)
	if ok && !a.another {
		return last
	}
	for _, p := range people {
		if p.id() != last.id() {
			return p
		}
	}
	return people[0]
}

// sessionCookie remembers who signed in at a host with this browser.
func sessionCookie(host int) string {
	return "practice_" + [hostCount]string{"github", "", "naver", "", "oidc"}[host]
}

// grant sends a code to the redirect URI.
func (s *Server) grant(w http.ResponseWriter, r *http.Request, a authorization, p Person) {
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie(a.host), Value: p.id(), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	c := random()
	s.mu.Lock()
	s.codes[c] = &code{authorization: a, person: p, expires: s.clock.Now().Add(codeLifetime)}
	s.mu.Unlock()
	q := url.Values{"code": {c}}
	if a.state != "" {
		q.Set("state", a.state)
	}
	if a.host == oidcHost {
		q.Set("iss", s.OIDCIssuer()) // RFC 9207
	}
	answerRedirect(w, r, a.redirectURI, q)
}

// decide takes what the person clicked in the chooser.
func (s *Server) decide(w http.ResponseWriter, r *http.Request) {
	id := r.PostFormValue("request")
	s.mu.Lock()
	a, ok := s.pending[id]
	delete(s.pending, id)
	s.mu.Unlock()
	if !ok {
		messagePage(w, r, hostOf(r), http.StatusBadRequest, wordsFor(r).Practice.Over)
		return
	}
	if r.PostFormValue("slow") != "" && !s.wait(r.Context(), slowAnswer) {
		panic(http.ErrAbortHandler) // nobody waits any more
	}
	switch r.PostFormValue("decision") {
	case "cancel":
		refuse(w, r, a.redirectURI, a.state, "access_denied", denial[a.host])
		return
	case "error":
		refuse(w, r, a.redirectURI, a.state, "server_error", "The practice server was told to fail.")
		return
	}
	p, ok := findPerson(s.options.People, r.PostFormValue("person"))
	if !ok {
		http.Error(w, "no such person", http.StatusBadRequest)
		return
	}
	s.grant(w, r, a, p)
}

// denial is the description of access_denied.
var denial = map[int]string{
	githubHost: "The user has denied your application access.",
	naverHost:  "Canceled By User",
	oidcHost:   "The resource owner denied the request.",
}

// Why a code is not redeemed.
var (
	errCode        = errors.New("wrong, expired, or with another verifier")
	errCodeUsed    = errors.New("used before")
	errRedirectURI = errors.New("with another redirect URI")
)

// redeem uses a code up.
func (s *Server) redeem(host int, form url.Values, needRedirectURI bool) (code, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.codes[form.Get("code")]
	switch sent := form.Get("redirect_uri"); {
	case found == nil || found.host != host || !s.clock.Now().Before(found.expires):
		return code{}, errCode
	case found.used:
		return code{}, errCodeUsed
	case sent != found.redirectURI && (sent != "" || needRedirectURI):
		return code{}, errRedirectURI
	}
	found.used = true
	if !verifies(form.Get("code_verifier"), found.challenge) {
		return code{}, errCode
	}
	return *found, nil
}

func (s *Server) issue(text string, t token) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[text] = &t
	return text
}

// bearer finds the living token that a request carries; sent reports whether it
// carries one at all.
func (s *Server) bearer(r *http.Request, host int) (t token, sent, ok bool) {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "token") || text == "" {
		return token{}, false, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.tokens[text]
	if found == nil || found.host != host || !found.expires.IsZero() && !s.clock.Now().Before(found.expires) {
		return token{}, true, false
	}
	return *found, true, true
}

// revoke drops a token and, if grant, every other of the same person at that host.
// It reports whether there was one.
func (s *Server) revoke(host int, text string, grant bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tokens[text]
	if t == nil || t.host != host {
		return false
	}
	delete(s.tokens, text)
	if grant {
		for k, other := range s.tokens {
			if other.host == host && other.person.id() == t.person.id() {
				delete(s.tokens, k)
			}
		}
	}
	return true
}

// Revoke withdraws every grant of a person, as they would on the provider's own page.
func (s *Server) Revoke(p Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, t := range s.tokens {
		if t.person.id() == p.id() {
			delete(s.tokens, k)
		}
	}
}

// same compares secrets; the real ones do it in constant time too.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.Encode(v) // a client that left is no failure of the server's
}

// nullable is s, or null if it is empty.
func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}
