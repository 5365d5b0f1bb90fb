package practice

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
	web, api := s.naver.Mux, s.naverAPI.Mux
	web.HandleFunc("GET /oauth2/authorize", s.naverAuthorize)
	web.HandleFunc("POST /oauth2/authorize", s.Decide(s.naver))
	web.HandleFunc("POST /oauth2/token", s.naverToken)
	web.HandleFunc("POST /oauth2.0/revoke", s.naverRevoke)
	web.HandleFunc("GET /oauth2/jwks", ServeKeys)
	web.HandleFunc("GET /.well-known/openid-configuration", s.naverDiscovery)
	api.HandleFunc("GET /v1/nid/me", s.naverProfile)
	api.HandleFunc("POST /v1/nid/me", s.naverProfile)
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
	a := Authorization{
		Host:        s.naver,
		RedirectURI: q.Get("redirect_uri"),
		State:       q.Get("state"),
		Challenge:   q.Get("code_challenge"),
		Scope:       q.Get("scope"),
		reprompt:    q.Get("auth_type") == "reprompt",
	}
	if q.Get("client_id") != NaverClientID || !s.naverRegistered(a.RedirectURI) {
		RefusalPage(w, r, s.naver)
		return
	}
	fail := func(errorCode, why string) { Refuse(w, r, a.RedirectURI, a.State, errorCode, why) }
	switch {
	case q.Get("response_type") != "code":
		fail("unsupported_response_type", "response_type must be code")
	case a.State == "":
		fail("invalid_request", "state is required")
	case !slices.Contains(strings.Fields(a.Scope), "openid"):
		fail("invalid_scope", "openid is required")
	case !slices.Contains([]string{"", "reprompt", "reauthenticate", "autologin"}, q.Get("auth_type")):
		fail("invalid_request", "unknown auth_type")
	case CheckPKCE(q) != "":
		fail("invalid_request", CheckPKCE(q))
	default:
		s.Ask(w, r, a)
	}
}

// naverToken is POST /oauth2/token. Parameters in the query don't count, refusals
// have status 200, and expires_in is a string.
func (s *Server) naverToken(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	form := r.PostForm
	fail := func(errorCode, description string) {
		WriteJSON(w, http.StatusOK, map[string]any{"error": errorCode, "error_description": description})
	}
	if form.Get("client_id") != NaverClientID || !Same(form.Get("client_secret"), NaverClientSecret) {
		fail("invalid_request", "wrong client id / client secret pair")
		return
	}
	if form.Get("grant_type") != "authorization_code" {
		fail("unsupported_grant_type", "grant_type must be authorization_code")
		return
	}
	c, err := s.Redeem(s.naver, form, false)
	if err != nil {
		fail("invalid_request", "no valid data in session")
		return
	}
	b := make([]byte, 31)
	rand.Read(b)
	access := s.Issue("AAAA+/"+base64.StdEncoding.EncodeToString(b), Token{
		Host: s.naver, Person: c.Person, Scope: c.Scope, reprompt: c.reprompt,
		Expires: s.options.Clock.Now().Add(naverTokenLifetime),
	})
	id, err := IDToken(s.options.Clock.Now(), s.NaverURL(), NaverClientID, c.Person.NaverID(), access, c.Nonce, nil).SignedString(SigningKey())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	WriteJSON(w, http.StatusOK, map[string]any{
		"access_token": access, "refresh_token": random(), "token_type": "bearer", "expires_in": "3600", "id_token": id,
	})
}

// naverProfile is /v1/nid/me. Everything but the id may be missing.
func (s *Server) naverProfile(w http.ResponseWriter, r *http.Request) {
	t, sent, ok := s.Bearer(r, s.naver)
	if !sent {
		naverFailure(w, http.StatusUnauthorized, "028", "Authentication header not exists.")
		return
	}
	if !ok {
		naverFailure(w, http.StatusUnauthorized, "024", "Authentication failed")
		return
	}
	p := t.Person
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
	WriteJSON(w, http.StatusOK, map[string]any{"resultcode": "00", "message": "success", "response": me})
}

func naverFailure(w http.ResponseWriter, status int, code, message string) {
	WriteJSON(w, status, map[string]any{"resultcode": code, "message": message})
}

// naverRevoke is POST /oauth2.0/revoke: 200 and nothing, for dead tokens too.
func (s *Server) naverRevoke(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	form := r.PostForm
	switch {
	case form.Get("client_id") != NaverClientID || !Same(form.Get("client_secret"), NaverClientSecret):
		WriteJSON(w, http.StatusUnauthorized, map[string]any{"error": "unauthorized_client"})
	case form.Get("token") == "":
		WriteJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_request"})
	default:
		s.Withdraw(s.naver, form.Get("token"), true)
		w.WriteHeader(http.StatusOK)
	}
}

func (s *Server) naverDiscovery(w http.ResponseWriter, r *http.Request) {
	base := s.NaverURL()
	WriteJSON(w, http.StatusOK, map[string]any{
		"issuer": base, "authorization_endpoint": base + "/oauth2/authorize", "token_endpoint": base + "/oauth2/token",
		"userinfo_endpoint": s.NaverAPIURL() + "/v1/nid/me", "jwks_uri": base + "/oauth2/jwks",
		"response_types_supported": []string{"code"}, "grant_types_supported": []string{"authorization_code"},
		"subject_types_supported": []string{"pairwise"}, "id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported": []string{"openid", "profile"}, "code_challenge_methods_supported": []string{"S256"},
	})
}
