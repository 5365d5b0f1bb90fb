package providertest

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

const naverTokenLifetime = time.Hour

// routeNaver serves the OpenID Connect pair only: the classic one (/oauth2.0/) has
// no PKCE, and an app that strays there should notice.
func (s *Server) routeNaver() {
	web, api := s.hosts[naverHost], s.hosts[naverAPIHost]
	web.handle("GET /oauth2/authorize", NaverAuthorize, s.naverAuthorize)
	web.handle("POST /oauth2/authorize", Decision, s.decide)
	web.handle("POST /oauth2/token", NaverToken, s.naverToken)
	web.handle("POST /oauth2.0/revoke", NaverRevoke, s.naverRevoke)
	web.handle("GET /oauth2/jwks", NaverKeys, s.serveKeys)
	web.handle("GET /.well-known/openid-configuration", NaverDiscovery, s.naverDiscovery)
	api.handle("GET /v1/nid/me", NaverProfile, s.naverProfile)
	api.handle("POST /v1/nid/me", NaverProfile, s.naverProfile)
}

func (s *Server) naverRegistered(redirectURI string) bool {
	return slices.ContainsFunc(s.options.NaverPorts, func(port int) bool {
		return redirectURI == fmt.Sprintf("http://127.0.0.1:%d/oauth/naver/callback/", port)
	})
}

// naverAuthorize is GET /oauth2/authorize. A wrong client or redirect URI gets
// Naver's own page, and nothing returns to the app (docs/providers.md#navers-authorization).
func (s *Server) naverAuthorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	a := authorization{
		host:        naverHost,
		redirectURI: q.Get("redirect_uri"),
		state:       q.Get("state"),
		challenge:   q.Get("code_challenge"),
		scope:       q.Get("scope"),
		another:     q.Get("auth_type") == "reauthenticate",
		reprompt:    q.Get("auth_type") == "reprompt",
	}
	if q.Get("client_id") != NaverClientID || !s.naverRegistered(a.redirectURI) {
		refusalPage(w, r)
		return
	}
	fail := func(errorCode, why string) { refuse(w, r, a.redirectURI, a.state, errorCode, why) }
	switch {
	case q.Get("response_type") != "code":
		fail("unsupported_response_type", "response_type must be code")
	case a.state == "":
		fail("invalid_request", "state is required")
	case !slices.Contains(strings.Fields(a.scope), "openid"):
		fail("invalid_scope", "openid is required")
	case !slices.Contains([]string{"", "reprompt", "reauthenticate", "autologin"}, q.Get("auth_type")):
		fail("invalid_request", "unknown auth_type")
	case checkPKCE(q) != "":
		fail("invalid_request", checkPKCE(q))
	default:
		s.ask(w, r, a)
	}
}

// naverToken is POST /oauth2/token. Parameters in the query don't count, refusals
// have status 200, and expires_in is a string.
func (s *Server) naverToken(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	form := r.PostForm
	fail := func(errorCode, description string) {
		writeJSON(w, http.StatusOK, map[string]any{"error": errorCode, "error_description": description})
	}
	if form.Get("client_id") != NaverClientID || !same(form.Get("client_secret"), NaverClientSecret) {
		fail("invalid_request", "wrong client id / client secret pair")
		return
	}
	if form.Get("grant_type") != "authorization_code" {
		fail("unsupported_grant_type", "grant_type must be authorization_code")
		return
	}
	c, err := s.redeem(naverHost, form, false)
	if err != nil {
		fail("invalid_request", "no valid data in session")
		return
	}
	b := make([]byte, 31)
	rand.Read(b)
	access := s.issue("AAAA+/"+base64.StdEncoding.EncodeToString(b), token{
		host: naverHost, person: c.person, scope: c.scope, reprompt: c.reprompt,
		expires: s.clock.Now().Add(naverTokenLifetime),
	})
	id, err := s.idToken(s.NaverURL(), NaverClientID, c.person.NaverID(), access, c.nonce, nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": access, "refresh_token": random(), "token_type": "bearer", "expires_in": "3600", "id_token": id,
	})
}

// naverProfile is /v1/nid/me. Everything but the id may be missing.
func (s *Server) naverProfile(w http.ResponseWriter, r *http.Request) {
	t, sent, ok := s.bearer(r, naverHost)
	if !sent {
		naverFailure(w, http.StatusUnauthorized, "028", "Authentication header not exists.")
		return
	}
	if !ok {
		naverFailure(w, http.StatusUnauthorized, "024", "Authentication failed")
		return
	}
	p := t.person
	me := map[string]any{"id": p.NaverID()}
	if p.Name != "" {
		me["name"] = p.Name
	}
	if p.Nickname != "" {
		me["nickname"] = p.Nickname
	}
	if p.Email != "" && (!p.EmailRefused || t.reprompt) {
		me["email"] = p.Email
	}
	writeJSON(w, http.StatusOK, map[string]any{"resultcode": "00", "message": "success", "response": me})
}

func naverFailure(w http.ResponseWriter, status int, code, message string) {
	writeJSON(w, status, map[string]any{"resultcode": code, "message": message})
}

// naverRevoke is POST /oauth2.0/revoke: 200 and nothing, for dead tokens too.
func (s *Server) naverRevoke(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	form := r.PostForm
	switch {
	case form.Get("client_id") != NaverClientID || !same(form.Get("client_secret"), NaverClientSecret):
		writeJSON(w, http.StatusUnauthorized, map[string]any{"error": "unauthorized_client"})
	case form.Get("token") == "":
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_request"})
	default:
		s.revoke(naverHost, form.Get("token"), true)
		w.WriteHeader(http.StatusOK)
	}
}

func (s *Server) naverDiscovery(w http.ResponseWriter, r *http.Request) {
	base := s.NaverURL()
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer": base, "authorization_endpoint": base + "/oauth2/authorize", "token_endpoint": base + "/oauth2/token",
		"userinfo_endpoint": s.NaverAPIURL() + "/v1/nid/me", "jwks_uri": base + "/oauth2/jwks",
		"response_types_supported": []string{"code"}, "grant_types_supported": []string{"authorization_code"},
		"subject_types_supported": []string{"pairwise"}, "id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported": []string{"openid", "profile"}, "code_challenge_methods_supported": []string{"S256"},
	})
}
