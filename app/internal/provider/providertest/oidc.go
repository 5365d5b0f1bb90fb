package providertest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"munpae.example/munpae/app/internal/provider/practice"
)

// The app's registration at the OpenID provider; those at GitHub and Naver are package
// practice's.
const (
	OIDCClientID     = "practice-oidc-client"
	OIDCClientSecret = "practice-oidc-secret"
)

const (
	oidcCallback      = "http://127.0.0.1/oauth/oidc/callback/"
	oidcTokenLifetime = time.Hour
)

func (s *Server) routeOIDC() {
	h := s.oidc.Mux
	h.HandleFunc("GET /.well-known/openid-configuration", s.oidcDiscovery)
	h.HandleFunc("GET /authorize", s.oidcAuthorize)
	h.HandleFunc("POST /authorize", s.Decide(s.oidc))
	h.HandleFunc("POST /token", s.oidcToken)
	h.HandleFunc("GET /keys", practice.ServeKeys)
	h.HandleFunc("GET /userinfo", s.oidcUserInfo)
	h.HandleFunc("POST /userinfo", s.oidcUserInfo)
	h.HandleFunc("POST /revoke", s.oidcRevoke)
}

// oidcDiscovery is OpenID Connect Discovery 1.0 section 4.2.
func (s *Server) oidcDiscovery(w http.ResponseWriter, r *http.Request) {
	base := s.OIDCIssuer()
	practice.WriteJSON(w, http.StatusOK, map[string]any{
		"issuer": base, "authorization_endpoint": base + "/authorize", "token_endpoint": base + "/token",
		"jwks_uri": base + "/keys", "userinfo_endpoint": base + "/userinfo", "revocation_endpoint": base + "/revoke",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"grant_types_supported":                          []string{"authorization_code"},
		"id_token_signing_alg_values_supported":          []string{"RS256"},
		"token_endpoint_auth_methods_supported":          []string{"client_secret_post", "client_secret_basic"},
		"scopes_supported":                               []string{"openid", "profile", "email"},
		"code_challenge_methods_supported":               []string{"S256"},
		"authorization_response_iss_parameter_supported": true,
	})
}

// oidcAuthorize is Core 1.0 section 3.1.2.
func (s *Server) oidcAuthorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	prompts := strings.Fields(q.Get("prompt"))
	a := practice.Authorization{
		Host:        s.oidc,
		RedirectURI: q.Get("redirect_uri"),
		State:       q.Get("state"),
		Challenge:   q.Get("code_challenge"),
		Scope:       q.Get("scope"),
		Nonce:       q.Get("nonce"),
	}
	if q.Get("client_id") != OIDCClientID || !practice.LoopbackMatch(oidcCallback, a.RedirectURI) {
		practice.RefusalPage(w, r, s.oidc)
		return
	}
	fail := func(errorCode, why string) { practice.Refuse(w, r, a.RedirectURI, a.State, errorCode, why) }
	_, err := r.Cookie(sessionCookie(s.oidc))
	switch {
	case q.Get("response_type") != "code":
		fail("unsupported_response_type", "response_type must be code")
	case !slices.Contains(strings.Fields(a.Scope), "openid"):
		fail("invalid_scope", "openid is required")
	case practice.CheckPKCE(q) != "":
		fail("invalid_request", practice.CheckPKCE(q))
	case slices.Contains(prompts, "none") && err != nil:
		fail("login_required", "nobody is signed in")
	case slices.Contains(prompts, "none"):
		s.Grant(w, r, a, s.choose(w, r, s.oidc))
	default:
		s.Ask(w, r, a)
	}
}

// oidcClient reports whether the client is authenticated: in the body or by HTTP
// Basic (RFC 6749 section 2.3.1), not both.
func oidcClient(r *http.Request) bool {
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if user, password, ok := r.BasicAuth(); ok {
		if secret != "" {
			return false
		}
		id, _ = url.QueryUnescape(user)
		secret, _ = url.QueryUnescape(password)
	}
	return id == OIDCClientID && practice.Same(secret, OIDCClientSecret)
}

func oidcRefuse(w http.ResponseWriter, status int, errorCode string) {
	practice.WriteJSON(w, status, map[string]any{"error": errorCode})
}

func (s *Server) oidcToken(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	if !oidcClient(r) {
		oidcRefuse(w, http.StatusUnauthorized, "invalid_client")
		return
	}
	if r.PostForm.Get("grant_type") != "authorization_code" {
		oidcRefuse(w, http.StatusBadRequest, "unsupported_grant_type")
		return
	}
	c, err := s.Redeem(s.oidc, r.PostForm, true)
	if errors.Is(err, practice.ErrCodeUsed) { // some real ones say so, in such words
		practice.WriteJSON(w, http.StatusBadRequest, map[string]any{
			"error": "invalid_grant", "error_description": "The authorization code has already been used.",
		})
		return
	}
	if err != nil {
		oidcRefuse(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	access := s.Issue(rand.Text()+rand.Text(), practice.Token{
		Host: s.oidc, Person: c.Person, Scope: c.Scope, Expires: s.clock.Now().Add(oidcTokenLifetime),
	})
	id, err := s.sign(practice.IDToken(s.clock.Now(), s.OIDCIssuer(), OIDCClientID, c.Person.Subject(), access, c.Nonce, oidcClaims(c.Person, c.Scope)))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	practice.WriteJSON(w, http.StatusOK, map[string]any{
		"access_token": access, "token_type": "Bearer", "expires_in": int(oidcTokenLifetime / time.Second),
		"scope": c.Scope, "id_token": id,
	})
}

// oidcClaims are the claims that the scopes give (Core 1.0 section 5.4).
func oidcClaims(p practice.Person, scope string) map[string]any {
	claims := map[string]any{"sub": p.Subject()}
	if scopes := strings.Fields(scope); slices.Contains(scopes, "profile") {
		claims["name"], claims["preferred_username"] = p.Name, p.Login
		if p.Nickname != "" {
			claims["nickname"] = p.Nickname
		}
	}
	if p.Email != "" && slices.Contains(strings.Fields(scope), "email") {
		claims["email"], claims["email_verified"] = p.Email, !p.EmailUnverified
	}
	return claims
}

// EditIDToken lets tests spoil the OpenID provider's ID tokens before they are signed: its header, its
// claims (jwt.MapClaims), its method. RS256 is signed with the key that the key set
// has, HS256 with the client secret, none not at all. nil takes it back.
func (s *Server) EditIDToken(f func(*jwt.Token)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.edit = f
}

// sign signs an ID token, spoiled if tests ask for it.
func (s *Server) sign(t *jwt.Token) (string, error) {
	s.mu.Lock()
	edit := s.edit
	s.mu.Unlock()
	if edit != nil {
		edit(t)
		t.Header["alg"] = t.Method.Alg()
	}
	switch t.Method.(type) {
	case *jwt.SigningMethodRSA, *jwt.SigningMethodRSAPSS:
		return t.SignedString(practice.SigningKey())
	case *jwt.SigningMethodHMAC:
		return t.SignedString([]byte(OIDCClientSecret))
	}
	if t.Method == jwt.SigningMethodNone {
		return t.SignedString(jwt.UnsafeAllowNoneSignatureType)
	}
	return "", fmt.Errorf("providertest: no key for %s", t.Method.Alg())
}

func (s *Server) oidcUserInfo(w http.ResponseWriter, r *http.Request) {
	t, _, ok := s.Bearer(r, s.oidc)
	if !ok {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`) // RFC 6750 section 3.1
		oidcRefuse(w, http.StatusUnauthorized, "invalid_token")
		return
	}
	practice.WriteJSON(w, http.StatusOK, oidcClaims(t.Person, t.Scope))
}

// oidcRevoke is RFC 7009: 200 for a dead token too.
func (s *Server) oidcRevoke(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	if !oidcClient(r) {
		oidcRefuse(w, http.StatusUnauthorized, "invalid_client")
		return
	}
	s.Withdraw(s.oidc, r.PostForm.Get("token"), true)
	w.WriteHeader(http.StatusOK)
}
