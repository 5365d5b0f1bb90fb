package providertest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	oidcCallback      = "http://127.0.0.1/oauth/oidc/callback/"
	oidcKeyID         = "practice-1"
	oidcTokenLifetime = time.Hour
)

// signingKey is one for all servers of the process: making it takes long.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return k
})

func (s *Server) routeOIDC() {
	h := s.hosts[oidcHost]
	h.handle("GET /.well-known/openid-configuration", OIDCDiscovery, s.oidcDiscovery)
	h.handle("GET /authorize", OIDCAuthorize, s.oidcAuthorize)
	h.handle("POST /authorize", Decision, s.decide)
	h.handle("POST /token", OIDCToken, s.oidcToken)
	h.handle("GET /keys", OIDCKeys, s.serveKeys)
	h.handle("GET /userinfo", OIDCUserInfo, s.oidcUserInfo)
	h.handle("POST /userinfo", OIDCUserInfo, s.oidcUserInfo)
	h.handle("POST /revoke", OIDCRevoke, s.oidcRevoke)
}

// oidcDiscovery is OpenID Connect Discovery 1.0 section 4.2.
func (s *Server) oidcDiscovery(w http.ResponseWriter, r *http.Request) {
	base := s.OIDCIssuer()
	writeJSON(w, http.StatusOK, map[string]any{
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
	a := authorization{
		host:        oidcHost,
		redirectURI: q.Get("redirect_uri"),
		state:       q.Get("state"),
		challenge:   q.Get("code_challenge"),
		scope:       q.Get("scope"),
		nonce:       q.Get("nonce"),
		hint:        q.Get("login_hint"),
		another:     slices.Contains(prompts, "select_account"),
	}
	if q.Get("client_id") != OIDCClientID || !loopbackMatch(oidcCallback, a.redirectURI) {
		refusalPage(w, r)
		return
	}
	fail := func(errorCode, why string) { refuse(w, r, a.redirectURI, a.state, errorCode, why) }
	_, err := r.Cookie(sessionCookie(oidcHost))
	switch {
	case q.Get("response_type") != "code":
		fail("unsupported_response_type", "response_type must be code")
	case !slices.Contains(strings.Fields(a.scope), "openid"):
		fail("invalid_scope", "openid is required")
	case checkPKCE(q) != "":
		fail("invalid_request", checkPKCE(q))
	case slices.Contains(prompts, "none") && err != nil:
		fail("login_required", "nobody is signed in")
	case slices.Contains(prompts, "none"):
		s.grant(w, r, a, s.choose(r, a))
	default:
		s.ask(w, r, a)
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
	return id == OIDCClientID && same(secret, OIDCClientSecret)
}

func oidcRefuse(w http.ResponseWriter, status int, errorCode string) {
	writeJSON(w, status, map[string]any{"error": errorCode})
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
	c, err := s.redeem(oidcHost, r.PostForm, true)
	if errors.Is(err, errCodeUsed) { // some real ones say so, in such words
		writeJSON(w, http.StatusBadRequest, map[string]any{
			"error": "invalid_grant", "error_description": "The authorization code has already been used.",
		})
		return
	}
	if err != nil {
		oidcRefuse(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	access := s.issue(random()+random(), token{
		host: oidcHost, person: c.person, scope: c.scope, expires: s.clock.Now().Add(oidcTokenLifetime),
	})
	id, err := s.idToken(s.OIDCIssuer(), OIDCClientID, c.person.Subject(), access, c.nonce, oidcClaims(c.person, c.scope))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": access, "token_type": "Bearer", "expires_in": int(oidcTokenLifetime / time.Second),
		"scope": c.scope, "id_token": id,
	})
}

// oidcClaims are the claims that the scopes give (Core 1.0 section 5.4).
func oidcClaims(p Person, scope string) map[string]any {
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

// EditIDToken lets tests spoil every ID token before it is signed: its header, its
// claims (jwt.MapClaims), its method. RS256 is signed with the key that the key set
// has, HS256 with the client secret, none not at all. nil takes it back.
func (s *Server) EditIDToken(f func(*jwt.Token)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.edit = f
}

// idToken makes an ID token (Core 1.0 section 2) for one client, good for ten minutes.
func (s *Server) idToken(issuer, client, subject, access, nonce string, more map[string]any) (string, error) {
	now := s.clock.Now()
	hash := sha256.Sum256([]byte(access))
	claims := jwt.MapClaims{}
	for k, v := range more {
		claims[k] = v
	}
	claims["iss"], claims["sub"], claims["aud"] = issuer, subject, client
	claims["iat"], claims["auth_time"], claims["exp"] = now.Unix(), now.Unix(), now.Add(10*time.Minute).Unix()
	claims["at_hash"] = base64.RawURLEncoding.EncodeToString(hash[:16])
	if nonce != "" {
		claims["nonce"] = nonce
	}
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	t.Header["kid"] = oidcKeyID
	s.mu.Lock()
	edit := s.edit
	s.mu.Unlock()
	if edit != nil {
		edit(t)
		t.Header["alg"] = t.Method.Alg()
	}
	switch t.Method.(type) {
	case *jwt.SigningMethodRSA, *jwt.SigningMethodRSAPSS:
		return t.SignedString(signingKey())
	case *jwt.SigningMethodHMAC:
		return t.SignedString([]byte(OIDCClientSecret))
	}
	if t.Method == jwt.SigningMethodNone {
		return t.SignedString(jwt.UnsafeAllowNoneSignatureType)
	}
	return "", fmt.Errorf("providertest: no key for %s", t.Method.Alg())
}

// serveKeys is a key set (RFC 7517) with the one key.
func (s *Server) serveKeys(w http.ResponseWriter, r *http.Request) {
	k := signingKey().PublicKey
	encode := base64.RawURLEncoding.EncodeToString
	writeJSON(w, http.StatusOK, map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": oidcKeyID,
		"n": encode(k.N.Bytes()), "e": encode(big.NewInt(int64(k.E)).Bytes()),
	}}})
}

func (s *Server) oidcUserInfo(w http.ResponseWriter, r *http.Request) {
	t, _, ok := s.bearer(r, oidcHost)
	if !ok {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`) // RFC 6750 section 3.1
		oidcRefuse(w, http.StatusUnauthorized, "invalid_token")
		return
	}
	writeJSON(w, http.StatusOK, oidcClaims(t.person, t.scope))
}

// oidcRevoke is RFC 7009: 200 for a dead token too.
func (s *Server) oidcRevoke(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	if !oidcClient(r) {
		oidcRefuse(w, http.StatusUnauthorized, "invalid_client")
		return
	}
	s.revoke(oidcHost, r.PostForm.Get("token"), true)
	w.WriteHeader(http.StatusOK)
}
