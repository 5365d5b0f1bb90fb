package provider_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider"
)

const (
	oidcDiscovery = "GET /.well-known/openid-configuration"
	oidcToken     = "POST /token"
	oidcJWKS      = "GET /jwks"
	oidcUserInfo  = "GET /userinfo"
)

var (
	rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		return k
	})
	otherRSAKey = sync.OnceValue(func() *rsa.PrivateKey {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		return k
	})
)

type claims = map[string]any

// openID is an OpenID provider whose every answer a test can bend.
type openID struct {
	*server
	discovery claims
	claims    claims
	userinfo  claims
	keys      []jose.JSONWebKey
	idToken   func() string // nil: claims signed by rsaKey
}

func newOpenID(t *testing.T) *openID {
	t.Helper()
	o := &openID{}
	o.server = serve(t, map[string]http.HandlerFunc{
		oidcDiscovery: func(w http.ResponseWriter, r *http.Request) { answers(200, toJSON(o.discovery))(w, r) },
		oidcUserInfo:  func(w http.ResponseWriter, r *http.Request) { answers(200, toJSON(o.userinfo))(w, r) },
		oidcJWKS: func(w http.ResponseWriter, r *http.Request) {
			answers(200, toJSON(jose.JSONWebKeySet{Keys: o.keys}))(w, r)
		},
		oidcToken: func(w http.ResponseWriter, r *http.Request) {
			token := o.idToken
			if token == nil {
				token = func() string { return sign(jose.RS256, rsaKey(), "k1", o.claims) }
			}
			answers(200, toJSON(claims{"access_token": accessToken, "token_type": "Bearer", "expires_in": 300, "id_token": token()}))(w, r)
		},
	})
	o.discovery = claims{
		"issuer":                                o.URL,
		"authorization_endpoint":                o.URL + "/authorize",
		"token_endpoint":                        o.URL + "/token",
		"jwks_uri":                              o.URL + "/jwks",
		"userinfo_endpoint":                     o.URL + "/userinfo",
		"id_token_signing_alg_values_supported": []string{"RS256", "ES256", "HS256", "none"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		"authorization_response_iss_parameter_supported": false,
	}
	now := time.Now()
	o.claims = claims{"iss": o.URL, "sub": "subject-1", "aud": clientID, "exp": now.Add(5 * time.Minute).Unix(), "iat": now.Unix(), "nonce": theNonce}
	o.userinfo = claims{"sub": "subject-1", "preferred_username": "hong", "nickname": "길동", "name": "홍길동", "email": "hong@example.com", "email_verified": true}
	o.keys = []jose.JSONWebKey{{Key: rsaKey().Public(), KeyID: "k1", Algorithm: "RS256", Use: "sig"}}
	return o
}

func (o *openID) client(t *testing.T, c provider.Client) *provider.OIDC {
	t.Helper()
	p, err := provider.NewOIDC(provider.OIDCConfig{Issuer: o.URL, ClientID: clientID, ClientSecret: secret, Name: "Corp", Client: c})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (o *openID) exchange(t *testing.T) (app.Confirmation, error) {
	t.Helper()
	return o.client(t, provider.Client{}).Exchange(context.Background(), request("oidc"), response)
}

func toJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func sign(alg jose.SignatureAlgorithm, key any, kid string, c any) string {
	payload, ok := c.(string)
	if !ok {
		payload = toJSON(c)
	}
	var o jose.SignerOptions
	if kid != "" {
		o.WithHeader("kid", kid)
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, &o)
	if err != nil {
		panic(err)
	}
	sig, err := s.Sign([]byte(payload))
	if err != nil {
		panic(err)
	}
	token, err := sig.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return token
}

func with(c claims, pairs ...any) claims {
	c = maps.Clone(c)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == nil {
			delete(c, pairs[i].(string))
		} else {
			c[pairs[i].(string)] = pairs[i+1]
		}
	}
	return c
}

func TestOpenIDConfirmsWithTheIDTokensSubject(t *testing.T) {
	o := newOpenID(t)
	c, err := o.exchange(t)
	wantCode(t, err, "")
	want := app.Profile{
		Key:      app.IdentityKey{Issuer: "http://127.0.0.1#oidc", Subject: "subject-1"},
		Provider: "oidc", Login: "hong", Nickname: "길동", Name: "홍길동", Email: "hong@example.com", EmailVerified: true,
	}
	if c.Profile != want {
		t.Errorf("%+v", c.Profile)
	}
	if c.Revoke != nil {
		t.Error("a revocation without an endpoint for it")
	}
	if got := o.all(); !slices.Equal(got, []string{oidcDiscovery, oidcToken, oidcJWKS, oidcUserInfo}) {
		t.Errorf("asked %v", got)
	}
	form := o.asked(oidcToken)[0].form
	for name, want := range map[string]string{"client_id": clientID, "client_secret": secret, "code": theCode, "code_verifier": theVerifier, "grant_type": "authorization_code", "redirect_uri": request("oidc").RedirectURI} {
		if form.Get(name) != want {
			t.Errorf("%s = %q", name, form.Get(name))
		}
	}
}

func TestPK03_OpenIDAuthenticationRequest(t *testing.T) {
	o := newOpenID(t)
	p := o.client(t, provider.Client{})
	for _, prompt := range []app.Prompt{app.PromptNone, app.PromptSelectAccount, app.PromptConsent} {
		req := request("oidc")
		req.Prompt = prompt
		q := authorizationURL(t, p, req).Query()
		if q.Get("code_challenge") != theChallenge || q.Get("code_challenge_method") != "S256" || q.Get("nonce") != theNonce ||
			q.Get("state") != theState || q.Get("scope") != "openid profile email" || q.Get("prompt") != string(prompt) {
			t.Errorf("%v", q)
		}
	}
	if got := o.all(); len(got) != 1 {
		t.Errorf("discovery is asked once: %v", got)
	}
	req := request("oidc")
	req.Nonce = ""
	_, err := p.AuthorizationURL(context.Background(), req)
	wantCode(t, err, app.CodeInternal)
}

func TestOpenIDWrongAnswers(t *testing.T) {
	toToken := []string{oidcDiscovery, oidcToken}
	toKeys := []string{oidcDiscovery, oidcToken, oidcJWKS}
	toUserInfo := []string{oidcDiscovery, oidcToken, oidcJWKS, oidcUserInfo}
	hmacOf := func(o *openID, key []byte) func() string {
		return func() string { return sign(jose.HS256, key, "k1", o.claims) }
	}
	for name, c := range map[string]struct {
		bend  func(*openID)
		want  app.Code
		asked []string
	}{
		"another issuer":            {func(o *openID) { o.claims["iss"] = "https://evil.example" }, app.CodeIDTokenInvalid, toKeys},
		"issuer with a slash":       {func(o *openID) { o.claims["iss"] = o.URL + "/" }, app.CodeIDTokenInvalid, toKeys},
		"another audience":          {func(o *openID) { o.claims["aud"] = "somebody-else" }, app.CodeIDTokenInvalid, toKeys},
		"no audience":               {func(o *openID) { delete(o.claims, "aud") }, app.CodeIDTokenInvalid, toKeys},
		"several audiences, no azp": {func(o *openID) { o.claims["aud"] = []string{clientID, "b"} }, app.CodeIDTokenInvalid, toKeys},
		"several audiences, azp b":  {func(o *openID) { o.claims["aud"] = []string{clientID, "b"}; o.claims["azp"] = "b" }, app.CodeIDTokenInvalid, toKeys},
		"one audience, azp b":       {func(o *openID) { o.claims["azp"] = "b" }, app.CodeIDTokenInvalid, toKeys},
		"another nonce":             {func(o *openID) { o.claims["nonce"] = "x" }, app.CodeIDTokenInvalid, toKeys},
		"no nonce":                  {func(o *openID) { delete(o.claims, "nonce") }, app.CodeIDTokenInvalid, toKeys},
		"NONCE":                     {func(o *openID) { delete(o.claims, "nonce"); o.claims["NONCE"] = theNonce }, app.CodeIDTokenInvalid, toKeys},
		"no sub":                    {func(o *openID) { delete(o.claims, "sub") }, app.CodeIDTokenInvalid, toKeys},
		"empty sub":                 {func(o *openID) { o.claims["sub"] = "" }, app.CodeIDTokenInvalid, toKeys},
		"sub too long":              {func(o *openID) { o.claims["sub"] = strings.Repeat("x", 256) }, app.CodeIDTokenInvalid, toKeys},
		"sub not ASCII":             {func(o *openID) { o.claims["sub"] = "가" }, app.CodeIDTokenInvalid, toKeys},
		"sub a number":              {func(o *openID) { o.claims["sub"] = 7 }, app.CodeIDTokenInvalid, toKeys},
		"no iat":                    {func(o *openID) { delete(o.claims, "iat") }, app.CodeIDTokenInvalid, toKeys},
		"no exp":                    {func(o *openID) { delete(o.claims, "exp") }, app.CodeIDTokenInvalid, toKeys},
		"expired":                   {func(o *openID) { o.claims["exp"] = time.Now().Add(-61 * time.Second).Unix() }, app.CodeIDTokenInvalid, toKeys},
		"issued tomorrow":           {func(o *openID) { o.claims["iat"] = time.Now().Add(24 * time.Hour).Unix() }, app.CodeIDTokenInvalid, toKeys},
		"at_hash of another token":  {func(o *openID) { o.claims["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA" }, app.CodeIDTokenInvalid, toKeys},
		"claims named twice": {func(o *openID) {
			p := toJSON(o.claims)
			o.idToken = func() string { return sign(jose.RS256, rsaKey(), "k1", strings.Replace(p, "{", `{"sub":"victim",`, 1)) }
		}, app.CodeIDTokenInvalid, toKeys},
		"no ID token":                 {func(o *openID) { o.idToken = func() string { return "" } }, app.CodeIDTokenInvalid, toToken},
		"not a token":                 {func(o *openID) { o.idToken = func() string { return "a.b.c" } }, app.CodeIDTokenInvalid, toToken},
		"alg none":                    {func(o *openID) { o.idToken = func() string { return unsigned("none", o.claims) } }, app.CodeIDTokenInvalid, toToken},
		"alg None":                    {func(o *openID) { o.idToken = func() string { return unsigned("None", o.claims) } }, app.CodeIDTokenInvalid, toToken},
		"HS256 with the secret":       {func(o *openID) { o.idToken = hmacOf(o, []byte(secret+secret)) }, app.CodeIDTokenInvalid, toToken},
		"HS256 with the public key":   {func(o *openID) { o.idToken = hmacOf(o, rsaKey().N.Bytes()) }, app.CodeIDTokenInvalid, toToken},
		"an algorithm not discovered": {func(o *openID) { o.idToken = func() string { return sign(jose.RS512, rsaKey(), "k1", o.claims) } }, app.CodeIDTokenInvalid, toToken},
		"JSON serialisation":          {func(o *openID) { o.idToken = func() string { return jsonSerialised(o.claims) } }, app.CodeIDTokenInvalid, toToken},
		"signed by another key":       {func(o *openID) { o.idToken = func() string { return sign(jose.RS256, otherRSAKey(), "k1", o.claims) } }, app.CodeIDTokenInvalid, toKeys},
		"an unknown kid":              {func(o *openID) { o.idToken = func() string { return sign(jose.RS256, rsaKey(), "k9", o.claims) } }, app.CodeIDTokenInvalid, toKeys},
		"no kid, two keys": {func(o *openID) {
			o.keys = append(o.keys, jose.JSONWebKey{Key: otherRSAKey().Public(), KeyID: "k2", Algorithm: "RS256", Use: "sig"})
			o.idToken = func() string { return sign(jose.RS256, rsaKey(), "", o.claims) }
		}, app.CodeIDTokenInvalid, toKeys},
		"one kid for two keys": {func(o *openID) {
			o.keys = append(o.keys, jose.JSONWebKey{Key: otherRSAKey().Public(), KeyID: "k1", Algorithm: "RS256", Use: "sig"})
		}, app.CodeIDTokenInvalid, toKeys},
		"a key for encryption":       {func(o *openID) { o.keys[0].Use = "enc" }, app.CodeIDTokenInvalid, toKeys},
		"no key":                     {func(o *openID) { o.keys = nil }, app.CodeIDTokenInvalid, toKeys},
		"key set with no keys":       {func(o *openID) { o.routes[oidcJWKS] = answers(200, `{"keys":7}`) }, app.CodeProviderBadAnswer, toKeys},
		"key set missing":            {func(o *openID) { o.routes[oidcJWKS] = answers(500, ``) }, app.CodeProviderServerError, toKeys},
		"userinfo of another":        {func(o *openID) { o.userinfo["sub"] = "subject-2" }, app.CodeProviderBadAnswer, toUserInfo},
		"userinfo without sub":       {func(o *openID) { delete(o.userinfo, "sub") }, app.CodeProviderBadAnswer, toUserInfo},
		"code refused":               {func(o *openID) { o.routes[oidcToken] = answers(400, `{"error":"invalid_grant"}`) }, app.CodeCodeExpired, toToken},
		"client refused":             {func(o *openID) { o.routes[oidcToken] = answers(401, `{"error":"invalid_client"}`) }, app.CodeProviderMisconfigured, toToken},
		"discovery's issuer":         {func(o *openID) { o.discovery["issuer"] = "https://evil.example" }, app.CodeIssuerUnknown, toToken[:1]},
		"discovery without issuer":   {func(o *openID) { delete(o.discovery, "issuer") }, app.CodeIssuerUnknown, toToken[:1]},
		"discovery to http":          {func(o *openID) { o.discovery["token_endpoint"] = "http://evil.example/token" }, app.CodeProviderBadAnswer, toToken[:1]},
		"userinfo on http":           {func(o *openID) { o.discovery["userinfo_endpoint"] = "http://evil.example/" }, app.CodeProviderBadAnswer, toToken[:1]},
		"discovery without keys":     {func(o *openID) { delete(o.discovery, "jwks_uri") }, app.CodeProviderBadAnswer, toToken[:1]},
		"a script as sign-in page":   {func(o *openID) { o.discovery["authorization_endpoint"] = "javascript:alert(1)" }, app.CodeProviderBadAnswer, toToken[:1]},
		"only symmetric signatures":  {func(o *openID) { o.discovery["id_token_signing_alg_values_supported"] = []string{"HS256", "none"} }, app.CodeProviderBadAnswer, toToken[:1]},
		"no discovery":               {func(o *openID) { o.routes[oidcDiscovery] = answers(404, ``) }, app.CodeIssuerUnknown, toToken[:1]},
		"discovery down":             {func(o *openID) { o.routes[oidcDiscovery] = answers(503, ``) }, app.CodeProviderServerError, toToken[:1]},
		"the promised iss is absent": {func(o *openID) { o.discovery["authorization_response_iss_parameter_supported"] = true }, app.CodeIssuerMismatch, toToken[:1]},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOpenID(t)
			c.bend(o)
			got, err := o.exchange(t)
			wantCode(t, err, c.want)
			if got.Profile != (app.Profile{}) || got.Revoke != nil {
				t.Errorf("a failure confirms somebody: %+v", got)
			}
			if asked := o.all(); !slices.Equal(asked, c.asked) {
				t.Errorf("asked %v, want %v", asked, c.asked)
			}
			if app.ParamsOf(err)["provider"] != "Corp" {
				t.Errorf("params %v", app.ParamsOf(err))
			}
		})
	}
}

func unsigned(alg string, c claims) string {
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(`{"alg":"`+alg+`"}`)) + "." + enc([]byte(toJSON(c))) + "."
}

func jsonSerialised(c claims) string {
	part := strings.Split(sign(jose.RS256, rsaKey(), "k1", c), ".")
	return toJSON(claims{"protected": part[0], "payload": part[1], "signature": part[2]})
}

func TestOpenIDRightAnswersOfEveryKind(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edPublic, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	atHash := func() string {
		sum := sha256.Sum256([]byte(accessToken))
		return base64.RawURLEncoding.EncodeToString(sum[:16])
	}
	for name, bend := range map[string]func(*openID){
		"the right azp":     func(o *openID) { o.claims["aud"] = []string{clientID, "b"}; o.claims["azp"] = clientID },
		"the right at_hash": func(o *openID) { o.claims["at_hash"] = atHash() },
		"just expired": func(o *openID) {
			o.claims["exp"] = time.Now().Add(-30 * time.Second).Unix()
			o.claims["iat"] = time.Now().Add(-time.Minute).Unix()
		},
		"issued a moment hence": func(o *openID) { o.claims["iat"] = time.Now().Add(30 * time.Second).Unix() },
		"no kid, one key":       func(o *openID) { o.idToken = func() string { return sign(jose.RS256, rsaKey(), "", o.claims) } },
		"no userinfo endpoint":  func(o *openID) { delete(o.discovery, "userinfo_endpoint") },
		"no algorithms listed":  func(o *openID) { delete(o.discovery, "id_token_signing_alg_values_supported") },
		"EdDSA": func(o *openID) {
			o.discovery["id_token_signing_alg_values_supported"] = []string{"EdDSA"}
			o.keys = append(o.keys, jose.JSONWebKey{Key: crypto.PublicKey(edPublic), KeyID: "k2"})
			o.idToken = func() string { return sign(jose.EdDSA, ed, "", o.claims) }
		},
		"ES256 beside an RS256": func(o *openID) {
			o.keys = append(o.keys, jose.JSONWebKey{Key: ec.Public(), KeyID: "k2"})
			o.idToken = func() string { return sign(jose.ES256, ec, "", o.claims) }
		},
		"a key of another kind": func(o *openID) {
			o.routes[oidcJWKS] = answers(200, strings.Replace(toJSON(jose.JSONWebKeySet{Keys: o.keys}), `[`, `[{"kty":"quantum","kid":"q"},`, 1))
		},
		"an address unverified": func(o *openID) { o.userinfo["email_verified"] = false },
	} {
		t.Run(name, func(t *testing.T) {
			o := newOpenID(t)
			bend(o)
			c, err := o.exchange(t)
			wantCode(t, err, "")
			if c.Profile.Key.Subject != "subject-1" {
				t.Errorf("%+v", c.Profile)
			}
		})
	}
}

func TestOpenIDAddressAndItsVerificationComeFromOnePlace(t *testing.T) {
	o := newOpenID(t)
	o.claims["email"], o.claims["email_verified"] = "verified@example.com", true
	o.userinfo = claims{"sub": "subject-1", "email": "unverified@example.com"}
	c, err := o.exchange(t)
	wantCode(t, err, "")
	if p := c.Profile; p.Email != "unverified@example.com" || p.EmailVerified {
		t.Errorf("%+v", p)
	}
	o.userinfo = claims{"sub": "subject-1", "email_verified": true}
	delete(o.claims, "email")
	c, err = o.exchange(t)
	wantCode(t, err, "")
	if p := c.Profile; p.Email != "" || p.EmailVerified || p.Notice != app.CodeEmailMissing {
		t.Errorf("%+v", p)
	}
}

func TestIDTokenTimesBlameTheClockThatIsWrong(t *testing.T) {
	for _, off := range []time.Duration{-time.Hour, time.Hour} {
		o := newOpenID(t)
		c := newClock()
		c.now = c.now.Add(off)
		_, err := o.client(t, provider.Client{Clock: c}).Exchange(context.Background(), request("oidc"), response)
		wantCode(t, err, app.CodeClockWrong)
		if len(o.asked(oidcUserInfo)) != 0 {
			t.Errorf("asked %v", o.all())
		}
	}
}

func TestST08_OpenIDIssuerOfTheCallbackIsComparedBeforeTheTokenRequest(t *testing.T) {
	for _, promised := range []bool{true, false} {
		o := newOpenID(t)
		o.discovery["authorization_response_iss_parameter_supported"] = promised
		p := o.client(t, provider.Client{})
		for _, iss := range []string{"https://evil.example", strings.ToUpper(o.URL), "http://127.0.0.1"} {
			_, err := p.Exchange(context.Background(), request("oidc"), app.AuthorizationResponse{Code: theCode, Issuer: iss})
			wantCode(t, err, app.CodeIssuerMismatch)
		}
		if got := o.all(); len(got) != 0 {
			t.Errorf("asked %v", got)
		}
		// Which spelling is the provider's, with a slash or without, its document says.
		_, err := p.Exchange(context.Background(), request("oidc"), app.AuthorizationResponse{Code: theCode, Issuer: o.URL + "/"})
		wantCode(t, err, app.CodeIssuerMismatch)
		if got := o.all(); !slices.Equal(got, []string{oidcDiscovery}) {
			t.Errorf("asked %v", got)
		}
		_, err = p.Exchange(context.Background(), request("oidc"), app.AuthorizationResponse{Code: theCode, Issuer: o.URL})
		wantCode(t, err, "")
	}
}

func TestOpenIDClientAuthenticationFollowsDiscovery(t *testing.T) {
	for _, c := range []struct {
		methods any
		header  bool
	}{
		{[]string{"client_secret_post"}, false},
		{[]string{"client_secret_basic"}, true},
		{[]string{"client_secret_basic", "client_secret_post"}, false},
		{[]string{"private_key_jwt"}, false},
		{nil, true}, // Discovery 1.0 section 3: the default
	} {
		o := newOpenID(t)
		o.discovery = with(o.discovery, "token_endpoint_auth_methods_supported", c.methods, "revocation_endpoint", o.URL+"/revoke")
		o.routes["POST /revoke"] = func(w http.ResponseWriter, r *http.Request) {}
		got, err := o.exchange(t)
		wantCode(t, err, "")
		wantCode(t, got.Revoke(context.Background()), "")
		for _, route := range []string{oidcToken, "POST /revoke"} {
			asked := o.asked(route)
			if len(asked) != 1 {
				t.Fatalf("%v: %s asked %d times", c.methods, route, len(asked))
			}
			r := http.Request{Header: asked[0].header}
			_, _, inHeader := r.BasicAuth()
			if inForm := asked[0].form.Has("client_secret"); inHeader != c.header || inForm == c.header {
				t.Errorf("%v, %s: header %t, form %t", c.methods, route, inHeader, inForm)
			}
			if asked[0].form.Has("client_id") == c.header {
				t.Errorf("%v, %s: the client names itself %v", c.methods, route, asked[0].form["client_id"])
			}
		}
		if form := o.asked("POST /revoke")[0].form; form.Get("token") != accessToken {
			t.Errorf("%v", form)
		}
	}
}

func TestOpenIDWithoutANonceConfirmsNobody(t *testing.T) {
	o := newOpenID(t)
	o.claims["nonce"] = ""
	req := request("oidc")
	req.Nonce = ""
	_, err := o.client(t, provider.Client{}).Exchange(context.Background(), req, response)
	wantCode(t, err, app.CodeIDTokenInvalid)
}

func TestDiscoveryThatFailedIsAskedForAgain(t *testing.T) {
	o := newOpenID(t)
	well := o.routes[oidcDiscovery]
	o.routes[oidcDiscovery] = inTurn(answers(503, ``), well)
	p := o.client(t, provider.Client{})
	_, err := p.AuthorizationURL(context.Background(), request("oidc"))
	wantCode(t, err, app.CodeProviderServerError)
	_, err = p.AuthorizationURL(context.Background(), request("oidc"))
	wantCode(t, err, "")
}

// The ID token says all that is needed.
func TestOpenIDGoesOnWithoutUserinfo(t *testing.T) {
	gone := func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }
	for name, h := range map[string]http.HandlerFunc{
		"401": answers(401, `{}`), "403": answers(403, `{}`), "404": answers(404, ``), "405": answers(405, ``), "429": answers(429, ``), "500": answers(500, ``),
		"503": answers(503, `<html>`, "Content-Type", "text/html"), "the connection breaks": gone,
	} {
		o := newOpenID(t)
		o.Config.ErrorLog = quiet
		o.claims["name"] = "홍길동"
		o.routes[oidcUserInfo] = h
		c, err := o.exchange(t)
		if err != nil || c.Profile.Key.Subject != "subject-1" || c.Profile.Name != "홍길동" || c.Profile.Email != "" || c.Profile.Notice != "" {
			t.Errorf("%s: %+v, %v", name, c.Profile, err)
		}
	}
}

// A claim whose name differs in case is another claim, also beside the one that counts.
func TestOpenIDClaimsAreReadByTheirExactNames(t *testing.T) {
	o := newOpenID(t)
	for _, name := range []string{"Sub", "ISS", "Aud", "Exp", "Nonce", "Azp"} {
		o.claims[name] = "mallory"
	}
	o.userinfo["Sub"] = "mallory"
	c, err := o.exchange(t)
	if err != nil || c.Profile.Key.Subject != "subject-1" {
		t.Errorf("%+v, %v", c.Profile, err)
	}
}

func TestOpenIDIssuerWithOrWithoutItsSlashIsTheSame(t *testing.T) {
	for set, document := range map[string]string{"": "/", "/": ""} {
		o := newOpenID(t)
		o.discovery["issuer"], o.claims["iss"] = o.URL+document, o.URL+document
		p, err := provider.NewOIDC(provider.OIDCConfig{Issuer: o.URL + set, ClientID: clientID, ClientSecret: secret})
		if err != nil {
			t.Fatal(err)
		}
		for _, iss := range []string{"", o.URL + document} {
			c, err := p.Exchange(context.Background(), request("oidc"), app.AuthorizationResponse{Code: theCode, Issuer: iss})
			if err != nil || c.Profile.Key != (app.IdentityKey{Issuer: "http://127.0.0.1#oidc", Subject: "subject-1"}) {
				t.Errorf("set with %q, document with %q: %+v, %v", set, document, c.Profile.Key, err)
			}
		}
	}
}

// A document read over TLS leads nowhere without, and one from elsewhere to nothing on
// this computer.
func TestST10_DiscoveryLeadsToHTTPSAndNeverToThisComputer(t *testing.T) {
	for _, c := range []struct {
		issuer, endpoint string
		may              bool
	}{
		{"https://id.example", "https://id.example/token", true},
		{"https://id.example", "https://login.elsewhere.example/token", true},
		{"https://id.example", "http://127.0.0.1:8080/token", false},
		{"https://id.example", "http://localhost/token", false},
		{"https://id.example", "https://127.0.0.1:8443/token", false},
		{"https://id.example", "https://[::1]/token", false},
		{"https://id.example", "https://localhost/token", false},
		{"https://id.example", "https://localhost./token", false},
		{"https://id.example", "https://evil.localhost/token", false},
		{"https://id.example", "https://127.9.9.9/token", false},
		{"https://127.0.0.1:8443", "https://127.0.0.1:8443/token", true},
		{"https://127.0.0.1:8443", "http://127.0.0.1:8080/token", false},
		{"http://127.0.0.1:8080", "http://127.0.0.1:8080/token", true},
		{"http://127.0.0.1:8080", "https://id.example/token", true},
		{"http://127.0.0.1:8080", "http://id.example/token", false},
	} {
		for _, name := range []string{"authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "revocation_endpoint"} {
			document := map[string]string{"issuer": c.issuer}
			for _, n := range []string{"authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "revocation_endpoint"} {
				document[n] = c.issuer + "/" + n
			}
			document[name] = c.endpoint
			err := provider.ReadDiscovery(c.issuer, toJSON(document))
			if (err == nil) != c.may || err != nil && app.CodeOf(err) != app.CodeProviderBadAnswer {
				t.Errorf("%s of %s at %s: %v", name, c.issuer, c.endpoint, err)
			}
		}
	}
}

// Fresh means asked: the provider has to say when it last asked the person.
func TestAL07_OpenIDAsksAnewAndChecksThatItDid(t *testing.T) {
	o := newOpenID(t)
	p := o.client(t, provider.Client{})
	req := request("oidc")
	req.Prompt, req.At = app.PromptReauthenticate, time.Now()
	if q := authorizationURL(t, p, req).Query(); q.Get("max_age") != "0" || q.Get("prompt") != "login" {
		t.Errorf("%v", q)
	}
	for name, c := range map[string]struct {
		authTime any
		want     app.Code
	}{
		"a moment ago":    {time.Now().Unix(), ""},
		"a slow clock":    {time.Now().Add(-50 * time.Second).Unix(), ""},
		"an hour ago":     {time.Now().Add(-time.Hour).Unix(), app.CodeConfirmationStale},
		"nobody says":     {nil, app.CodeConfirmationStale},
		"in letters":      {"now", app.CodeConfirmationStale},
		"written as text": {toJSON(time.Now().Unix()), app.CodeConfirmationStale},
	} {
		o.claims = with(o.claims, "auth_time", c.authTime)
		_, err := p.Exchange(context.Background(), req, response)
		if app.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	// An ordinary sign-in does not ask.
	o.claims = with(o.claims, "auth_time", time.Now().Add(-time.Hour).Unix())
	said, err := p.Exchange(context.Background(), request("oidc"), response)
	wantCode(t, err, "")
	// But the word is as old as the provider says, and now where it does not say.
	now := time.Now()
	if old := now.Sub(said.Proven(now)); old < 50*time.Minute || old > time.Hour {
		t.Errorf("an hour ago is %s ago", old)
	}
	o.claims = with(o.claims, "auth_time", nil)
	said, err = p.Exchange(context.Background(), request("oidc"), response)
	wantCode(t, err, "")
	if !said.Proven(now).Equal(now) {
		t.Errorf("%+v", said)
	}
}

// What is checked is what was asked, whoever asked and whatever the issuer is called:
// where only a choice of account can be asked for, no answer says when.
func TestAL07_NothingIsCheckedThatWasNotAsked(t *testing.T) {
	const google = "https://accounts.google.com/o/oauth2/v2/auth"
	for endpoint, asksAnew := range map[string]bool{
		google: false,
		"https://accounts.google.com.evil.example/auth": true,
		"https://login.example/accounts.google.com":     true,
	} {
		o := newOpenID(t)
		o.discovery["authorization_endpoint"] = endpoint
		o.claims = with(o.claims, "auth_time", time.Now().Add(-time.Hour).Unix())
		p := o.client(t, provider.Client{})
		req := request("oidc")
		req.Prompt, req.At = app.PromptReauthenticate, time.Now()
		elsewhere, err := provider.AuthorizationURL("oidc", app.PublicClient{ClientID: "id", AuthorizeURL: endpoint}, req)
		if err != nil {
			t.Fatal(err)
		}
		there, err := url.Parse(elsewhere)
		if err != nil {
			t.Fatal(err)
		}
		for who, q := range map[string]url.Values{"here": authorizationURL(t, p, req).Query(), "on a desktop of a directory": there.Query()} {
			if anew := q.Get("max_age") == "0" && q.Get("prompt") == "login"; anew != asksAnew || !anew && q.Get("prompt") != "select_account" {
				t.Errorf("%s, asked %s: %v", endpoint, who, q)
			}
		}
		_, err = p.Exchange(context.Background(), req, response)
		want := app.Code("")
		if asksAnew {
			want = app.CodeConfirmationStale
		}
		wantCode(t, err, want)
	}
}

// The doctor asks for the real document.
func TestReachOfAnOpenIDProviderIsDiscovery(t *testing.T) {
	o := newOpenID(t)
	p := o.client(t, provider.Client{})
	address, status, date, err := p.Reach(context.Background())
	if err != nil || address != o.URL+"/.well-known/openid-configuration" || status != 200 || date.IsZero() {
		t.Errorf("%s, %d, %s, %v", address, status, date, err)
	}
	o.discovery["issuer"] = "https://other.example/realm"
	_, _, _, err = p.Reach(context.Background())
	wantCode(t, err, app.CodeIssuerUnknown)
	if !strings.Contains(err.Error(), `"https://other.example/realm"`) || !strings.Contains(err.Error(), `"`+o.URL+`"`) {
		t.Errorf("it does not name both: %v", err)
	}
}
