package practice

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

// Authorization is a valid authorization request that waits for a person.
type Authorization struct {
	Host        *Host
	RedirectURI string
	State       string
	Challenge   string // PKCE with S256
	Scope       string
	Nonce       string

	reprompt bool // Naver: ask again for refused items
	at       time.Time
}

// Code is an authorization code.
type Code struct {
	Authorization
	Person Person

	expires time.Time
	used    bool
}

// Token is an access token.
type Token struct {
	Host    *Host
	Person  Person
	Scope   string    // space separated
	Expires time.Time // zero: never

	reprompt bool
}

// random returns 26 characters of base32, none of which needs escaping.
func random() string { return rand.Text() }

// Refuse ends an authorization with an error response (RFC 6749 section 4.1.2.1).
func Refuse(w http.ResponseWriter, r *http.Request, redirectURI, state, errorCode, description string) {
	q := url.Values{"error": {errorCode}, "error_description": {description}}
	if state != "" {
		q.Set("state", state)
	}
	Respond(w, r, redirectURI, q)
}

// Respond sends the browser to the redirect URI with q added to its query.
func Respond(w http.ResponseWriter, r *http.Request, redirectURI string, q url.Values) {
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

// LoopbackMatch applies RFC 8252 section 7.3 as GitHub does: any port, but the same
// host literal and exactly the same path.
func LoopbackMatch(registered, sent string) bool {
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

// CheckPKCE names what is wrong with the challenge. S256 is the only method, and
// a request without a challenge is refused although the originals allow it: the
// app always sends one.
func CheckPKCE(q url.Values) string {
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

// Ask shows the chooser, or grants at once where nobody is asked.
func (s *Server) Ask(w http.ResponseWriter, r *http.Request, a Authorization) {
	a.at = s.options.Clock.Now()
	if s.options.Choose != nil {
		s.Grant(w, r, a, s.options.Choose(w, r, a.Host))
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
	s.choosePage(w, r, a.Host, "request", id)
}

// Grant sends a code to the redirect URI.
func (s *Server) Grant(w http.ResponseWriter, r *http.Request, a Authorization, p Person) {
	c := random()
	s.mu.Lock()
	s.codes[c] = &Code{Authorization: a, Person: p, expires: s.options.Clock.Now().Add(codeLifetime)}
	s.mu.Unlock()
	q := url.Values{"code": {c}}
	if a.State != "" {
		q.Set("state", a.State)
	}
	if a.Host.Issuer {
		q.Set("iss", a.Host.URL)
	}
	Respond(w, r, a.RedirectURI, q)
}

// Decide takes what the person clicked in host's chooser.
func (s *Server) Decide(host *Host) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := r.PostFormValue("request")
		s.mu.Lock()
		a, ok := s.pending[id]
		delete(s.pending, id)
		s.mu.Unlock()
		if !ok {
			messagePage(w, r, host, http.StatusBadRequest, wordsFor(r).Practice.Over)
			return
		}
		if r.PostFormValue("slow") != "" && !s.wait(r.Context(), slowAnswer) {
			panic(http.ErrAbortHandler) // nobody waits any more
		}
		switch r.PostFormValue("decision") {
		case "cancel":
			Refuse(w, r, a.RedirectURI, a.State, "access_denied", host.Denial)
			return
		case "error":
			Refuse(w, r, a.RedirectURI, a.State, "server_error", "The practice server was told to fail.")
			return
		}
		p, ok := FindPerson(s.options.People, r.PostFormValue("person"))
		if !ok {
			http.Error(w, "no such person", http.StatusBadRequest)
			return
		}
		s.Grant(w, r, a, p)
	}
}

// Why a code is not redeemed.
var (
	errCode        = errors.New("wrong, expired, or with another verifier")
	ErrCodeUsed    = errors.New("used before")
	errRedirectURI = errors.New("with another redirect URI")
)

// Redeem uses up the code of a token request to host.
func (s *Server) Redeem(host *Host, form url.Values, needRedirectURI bool) (Code, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.codes[form.Get("code")]
	switch sent := form.Get("redirect_uri"); {
	case found == nil || found.Host != host || !s.options.Clock.Now().Before(found.expires):
		return Code{}, errCode
	case found.used:
		return Code{}, ErrCodeUsed
	case sent != found.RedirectURI && (sent != "" || needRedirectURI):
		return Code{}, errRedirectURI
	}
	found.used = true
	if !verifies(form.Get("code_verifier"), found.Challenge) {
		return Code{}, errCode
	}
	return *found, nil
}

// Issue makes text an access token.
func (s *Server) Issue(text string, t Token) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[text] = &t
	return text
}

// Bearer finds the living token that a request carries; sent reports whether it
// carries one at all.
func (s *Server) Bearer(r *http.Request, host *Host) (t Token, sent, ok bool) {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "token") || text == "" {
		return Token{}, false, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.tokens[text]
	if found == nil || found.Host != host || !found.Expires.IsZero() && !s.options.Clock.Now().Before(found.Expires) {
		return Token{}, true, false
	}
	return *found, true, true
}

// Withdraw drops a token and, if grant, every other of the same person at that host.
// It reports whether there was one.
func (s *Server) Withdraw(host *Host, text string, grant bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tokens[text]
	if t == nil || t.Host != host {
		return false
	}
	delete(s.tokens, text)
	if grant {
		s.withdrawAll(host, t.Person)
	}
	return true
}

// WithdrawAll drops every token of a person at host, as they would on its own page.
func (s *Server) WithdrawAll(host *Host, p Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.withdrawAll(host, p)
}

func (s *Server) withdrawAll(host *Host, p Person) {
	for k, t := range s.tokens {
		if t.Host == host && t.Person.id() == p.id() {
			delete(s.tokens, k)
		}
	}
}

// Same compares secrets; the real ones do it in constant time too.
func Same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// WriteJSON answers with status and v.
func WriteJSON(w http.ResponseWriter, status int, v any) {
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
