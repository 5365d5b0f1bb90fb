package provider

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"munpae.example/munpae/app/internal/app"
)

// OpenID Connect's fixed facts.
const (
	oidcID        = "oidc"
	oidcWellKnown = "/.well-known/openid-configuration" // Discovery 1.0 section 4
	oidcMaxSub    = 255                                 // characters; Core 1.0 section 2

	// oidcLeeway is allowed between this computer's clock and the provider's.
	oidcLeeway = 60 * time.Second
)

var oidcScopes = []string{"openid", "profile", "email"}

// asymmetric are the signatures that an ID token may carry. "none" and the HMACs
// are not among them: a client secret that ships in a binary proves nothing.
var asymmetric = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

var oidcKind = Kind{
	ProviderKind: app.ProviderKind{ID: oidcID, Several: true, Settings: []app.ProviderSetting{
		{Name: "ISSUER", Form: app.FormIssuer, Required: true},
		{Name: "CLIENT_ID", Form: app.FormCredential, Required: true},
		{Name: "CLIENT_SECRET", Form: app.FormCredential},
		{Name: "NAME", Form: app.FormName},
	}},
	New: func(s app.ProviderSet, c Client) (Provider, error) {
		return NewOIDC(OIDCConfig{
			ID: s.ID, Issuer: s.Values["ISSUER"], ClientID: s.Values["CLIENT_ID"], ClientSecret: s.Values["CLIENT_SECRET"],
			Name: s.Values["NAME"], Client: c,
		})
	},
}

// OIDCConfig configures one provider found by discovery.
type OIDCConfig struct {
	ID           string // app.Provider.ID; empty: "oidc"
	Issuer       string // as the provider's discovery document has it; a slash at its end is no difference
	ClientID     string
	ClientSecret string // empty for a public client
	Name         string // empty: the issuer's host
	Client       Client
}

// OIDC signs people in at an OpenID provider. It satisfies attempt.AuthorizationServer.
type OIDC struct {
	client     Client
	issuer     string
	id, secret string
	describe   app.Provider

	mu    sync.Mutex
	found *metadata // nil until discovery has succeeded once
}

// metadata is what is used of a discovery document.
type metadata struct {
	issuer        string // as the document has it
	code          oauth2.Config
	jwks          string
	userinfo      string // "" if there is none
	revocation    string // "" if there is none
	algorithms    []string
	issInResponse bool // RFC 9207 section 3
}

// NewOIDC checks c. It asks nobody: discovery happens at the first sign-in, so
// that the app starts offline. CodeSettingsInvalid with params name and reason.
func NewOIDC(c OIDCConfig) (*OIDC, error) {
	prefix := "MUNPAE_" + strings.ToUpper(or(c.ID, oidcID)) + "_"
	if c.ClientID == "" {
		return nil, missing(prefix + "CLIENT_ID")
	}
	u, err := parseAddress(prefix+"ISSUER", c.Issuer)
	if err != nil {
		return nil, err
	}
	id := or(c.ID, oidcID)
	o := &OIDC{client: c.Client, issuer: c.Issuer, id: c.ClientID, secret: c.ClientSecret}
	o.describe = app.Provider{
		ID:      id,
		Name:    or(c.Name, u.Hostname()),
		Issuer:  issuerOf(u, id),
		Issuers: []string{strings.TrimSuffix(c.Issuer, "/"), strings.TrimSuffix(c.Issuer, "/") + "/"},
		Browser: true,
	}
	return o, nil
}

// Describe describes the provider to the window and the redirect listener.
func (o *OIDC) Describe() app.Provider { return o.describe }

// Public returns what of the registration may be told. It asks for the discovery
// document, once.
func (o *OIDC) Public(ctx context.Context) (app.PublicClient, error) {
	v := o.client.conversation()
	defer v.end()
	m, err := o.discover(ctx, v)
	if err != nil {
		return app.PublicClient{}, fault(ctx, o.describe, err)
	}
	return public(m.code), nil
}

// AuthorizationURL asks for the discovery document, once, and builds the
// authentication request (Core 1.0 section 3.1.2.1). CodeIssuerUnknown if the
// document is another issuer's, and the codes of Exchange.
func (o *OIDC) AuthorizationURL(ctx context.Context, req app.AuthorizationRequest) (string, error) {
	v := o.client.conversation()
	defer v.end()
	m, err := o.discover(ctx, v)
	if err != nil {
		return "", fault(ctx, o.describe, err)
	}
	if req.Nonce == "" {
		return "", fault(ctx, o.describe, app.Fail(app.CodeInternal, errors.New("authorization request without nonce")))
	}
	more := append(prompted(o.describe.ID, m.code.Endpoint.AuthURL, req.Prompt), oauth2.SetAuthURLParam("nonce", req.Nonce))
	address, err := authorize(m.code, req, more...)
	return address, fault(ctx, o.describe, err)
}

// Exchange redeems the code, verifies the ID token and asks the userinfo endpoint.
// After a wrong answer nothing further is asked.
func (o *OIDC) Exchange(ctx context.Context, req app.AuthorizationRequest, resp app.AuthorizationResponse) (app.Confirmation, error) {
	v := o.client.conversation()
	defer v.end()
	c, err := o.exchange(ctx, v, req, resp)
	return c, fault(ctx, o.describe, err)
}

func (o *OIDC) exchange(ctx context.Context, v *conversation, req app.AuthorizationRequest, resp app.AuthorizationResponse) (app.Confirmation, error) {
	if err := checkIssuer(resp, o.describe); err != nil {
		return app.Confirmation{}, err
	}
	m, err := o.discover(ctx, v)
	if err != nil {
		return app.Confirmation{}, err
	}
	if resp.Issuer != "" && resp.Issuer != m.issuer { // RFC 9207 section 2.4: letter by letter
		return app.Confirmation{}, app.Fail(app.CodeIssuerMismatch, errors.New("authorization response with iss "+printable(resp.Issuer)))
	}
	if m.issInResponse && resp.Issuer == "" {
		return app.Confirmation{}, app.Fail(app.CodeIssuerMismatch, errors.New("authorization response without the iss that discovery promises"))
	}
	token, err := v.redeem(ctx, m.code, req, resp)
	if err != nil {
		return app.Confirmation{}, err
	}
	raw, _ := token.Extra("id_token").(string)
	claims, err := o.verify(ctx, v, m, raw, token.AccessToken, req)
	if err != nil {
		return app.Confirmation{}, err
	}
	p, err := o.profile(ctx, v, m, claims, token.AccessToken)
	if err != nil {
		return app.Confirmation{}, err
	}
	c := app.Confirmation{Profile: p, ServerTime: v.trusted, At: provenAt(m, claims), AccessToken: func() string { return token.AccessToken }}
	if m.revocation != "" {
		c.Revoke = func(ctx context.Context) error { return o.Withdraw(ctx, token.AccessToken) }
	}
	return c, nil
}

// discover returns the provider's metadata, asked for once. CodeIssuerUnknown if
// there is none at the issuer's address, or another issuer's.
func (o *OIDC) discover(ctx context.Context, v *conversation) (*metadata, error) {
	o.mu.Lock()
	m := o.found
	o.mu.Unlock()
	if m != nil {
		return m, nil
	}
	a, err := v.ask(ctx, http.MethodGet, o.wellKnown(), nil)
	if err != nil {
		return nil, err
	}
	d, err := parseObject(a.body)
	switch {
	case a.status == http.StatusNotFound, a.status == http.StatusOK && err == nil && d.string("issuer") == "":
		return nil, o.unknown(a.status, "")
	case a.status != http.StatusOK:
		return nil, statusFault(v.clock.Now(), atDiscovery, a.status, a.header, "")
	case err != nil:
		return nil, app.Fail(app.CodeProviderBadAnswer, err)
	}
	// Both spellings have the same document; what it says is what tokens will say.
	if issuer := d.string("issuer"); strings.TrimSuffix(issuer, "/") != strings.TrimSuffix(o.issuer, "/") {
		return nil, o.unknown(a.status, issuer)
	}
	m, err = o.metadata(d)
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	o.found = m
	o.mu.Unlock()
	return m, nil
}

// unknown is the failure of a discovery that found nothing, or another issuer.
func (o *OIDC) unknown(status int, found string) *app.Error {
	err := fmt.Errorf("discovery: HTTP %d, document of issuer %s, expected %s", status, printable(found), printable(o.issuer))
	f := app.Fail(app.CodeIssuerUnknown, err, "address", o.wellKnown(), "expected", o.issuer, "status", strconv.Itoa(status))
	if found != "" {
		f.Params["found"] = printable(found)
	}
	return f
}

// wellKnown is the address of the discovery document.
func (o *OIDC) wellKnown() string { return strings.TrimSuffix(o.issuer, "/") + oidcWellKnown }

// Reach asks for the discovery document anew and returns its address, and how the
// server's clock stands, zero if it did not say. The codes of Exchange.
func (o *OIDC) Reach(ctx context.Context) (address string, status int, date time.Time, err error) {
	v := o.client.conversation()
	defer v.end()
	fresh := &OIDC{client: o.client, issuer: o.issuer, id: o.id, secret: o.secret, describe: o.describe}
	_, err = fresh.discover(ctx, v)
	return o.wellKnown(), http.StatusOK, v.date, fault(ctx, o.describe, err)
}

// metadata reads a discovery document (Discovery 1.0 section 3, RFC 8414).
func (o *OIDC) metadata(d object) (*metadata, error) {
	m := &metadata{
		issuer:        d.string("issuer"),
		jwks:          d.string("jwks_uri"),
		userinfo:      d.string("userinfo_endpoint"),
		revocation:    d.string("revocation_endpoint"),
		issInResponse: d.bool("authorization_response_iss_parameter_supported"),
		code: oauth2.Config{
			ClientID:     o.id,
			ClientSecret: o.secret,
			Scopes:       oidcScopes,
			Endpoint: oauth2.Endpoint{
				AuthURL:   d.string("authorization_endpoint"),
				TokenURL:  d.string("token_endpoint"),
				AuthStyle: oauth2.AuthStyleInParams,
			},
		},
	}
	// Every address that will be opened or asked.
	for _, address := range []string{m.code.Endpoint.AuthURL, m.code.Endpoint.TokenURL, m.jwks} {
		if !o.mayName(address) {
			return nil, app.Fail(app.CodeProviderBadAnswer, errors.New("discovery: an endpoint is missing, not https, or on this computer"))
		}
	}
	for _, address := range []string{m.userinfo, m.revocation} {
		if address != "" && !o.mayName(address) {
			return nil, app.Fail(app.CodeProviderBadAnswer, errors.New("discovery: an endpoint is not https, or on this computer"))
		}
	}
	methods := d.strings("token_endpoint_auth_methods_supported")
	if o.secret != "" && !slices.Contains(methods, "client_secret_post") &&
		(methods == nil || slices.Contains(methods, "client_secret_basic")) {
		m.code.Endpoint.AuthStyle = oauth2.AuthStyleInHeader // the default where the list is absent
	}
	algorithms := d.strings("id_token_signing_alg_values_supported")
	if algorithms == nil {
		algorithms = []string{"RS256"} // the one that every provider must have
	}
	for _, a := range algorithms {
		if slices.Contains(asymmetric, a) {
			m.algorithms = append(m.algorithms, a)
		}
	}
	if len(m.algorithms) == 0 {
		return nil, app.Fail(app.CodeProviderBadAnswer, errors.New("discovery: no asymmetric signature for ID tokens"))
	}
	return m, nil
}

// mayName reports whether the issuer's document may lead to address: one read over TLS
// to none without, and one from elsewhere to nothing on this computer, where it would
// send a code, or the person's browser, to whatever listens there.
func (o *OIDC) mayName(address string) bool {
	issuer, err := url.Parse(o.issuer)
	if err != nil {
		return false
	}
	u, err := url.Parse(address)
	return err == nil && safeAddress(u) && u.User == nil && u.Fragment == "" &&
		(u.Scheme == "https" || issuer.Scheme != "https") &&
		(isLoopback(issuer.Hostname()) || !isLoopback(u.Hostname()))
}

// verify checks an ID token (Core 1.0 section 3.1.3.7) and returns its claims, each
// read by its exact name. CodeIDTokenInvalid; CodeClockWrong if only the times are off
// and the provider's clock does not agree with this computer's; CodeConfirmationStale
// if the person was to be asked anew and was not.
func (o *OIDC) verify(ctx context.Context, v *conversation, m *metadata, raw, accessToken string, req app.AuthorizationRequest) (object, error) {
	invalid := func(why string) error { return app.Fail(app.CodeIDTokenInvalid, errors.New("id token: "+why)) }
	keys := &keySet{conversation: v, address: m.jwks, algorithms: m.algorithms}
	payload, algorithm, err := keys.verify(ctx, raw)
	if keys.err != nil {
		return nil, keys.err
	}
	if err != nil {
		return nil, invalid("signature")
	}
	claims, err := parseObject(payload)
	if err != nil {
		return nil, invalid(err.Error())
	}
	for _, name := range []string{"iss", "sub", "aud", "exp", "iat", "nonce"} {
		if claims[name] == nil {
			return nil, invalid("no " + name)
		}
	}
	if claims.string("iss") != m.issuer {
		return nil, invalid("another issuer")
	}
	audience := claims.strings("aud")
	if one := claims.string("aud"); one != "" {
		audience = []string{one}
	}
	if !slices.Contains(audience, o.id) {
		return nil, invalid("another audience")
	}
	if req.Nonce == "" || subtle.ConstantTimeCompare([]byte(claims.string("nonce")), []byte(req.Nonce)) != 1 {
		return nil, invalid("another nonce")
	}
	if !visibleASCII(claims.string("sub"), oidcMaxSub) {
		return nil, invalid("no usable sub")
	}
	if azp := claims.string("azp"); claims["azp"] != nil && azp != o.id || len(audience) > 1 && azp != o.id {
		return nil, invalid("another authorized party")
	}
	if claims["at_hash"] != nil && claims.string("at_hash") != accessTokenHash(algorithm, accessToken) {
		return nil, invalid("another access token's at_hash")
	}
	expires, expiresOK := claims.time("exp")
	issued, issuedOK := claims.time("iat")
	notBefore, notBeforeOK := issued, true
	if claims["nbf"] != nil {
		notBefore, notBeforeOK = claims.time("nbf")
	}
	if !expiresOK || !issuedOK || !notBeforeOK {
		return nil, invalid("a time of another shape")
	}
	now := v.clock.Now()
	if now.After(expires.Add(oidcLeeway)) || issued.After(now.Add(oidcLeeway)) || notBefore.After(now.Add(oidcLeeway)) || expires.Before(issued) {
		if off := now.Sub(v.date).Abs(); !v.date.IsZero() && off <= oidcLeeway {
			return nil, invalid("expired or not yet issued, by the provider's own clock too")
		}
		return nil, app.Fail(app.CodeClockWrong, fmt.Errorf("id token: issued %s, expires %s", issued, expires))
	}
	if req.Prompt == app.PromptReauthenticate && !choosesOnly(m.code.Endpoint.AuthURL) {
		asked, ok := claims.time("auth_time")
		if !ok || req.At.IsZero() || asked.Before(req.At.Add(-oidcLeeway)) {
			return nil, app.Fail(app.CodeConfirmationStale, errors.New("id token: no auth_time since the request"))
		}
	}
	return claims, nil
}

// provenAt is when the person proved who they are, by a provider that says it of its own
// accord; a clock of its that is behind by what is allowed elsewhere makes nobody older.
// Zero where nobody can be asked to prove it anew: they could do no risky act ever.
func provenAt(m *metadata, c object) time.Time {
	at, ok := c.time("auth_time")
	if !ok || choosesOnly(m.code.Endpoint.AuthURL) {
		return time.Time{}
	}
	return at.Add(oidcLeeway)
}

// choosesOnly reports whether the most that can be asked at an authorization endpoint
// is which account, and so that no answer says when (docs/providers.md#openid-connect). Both
// who asks and who checks judge by the endpoint: who asks may know nothing else.
func choosesOnly(endpoint string) bool {
	return strings.HasPrefix(endpoint, "https://accounts.google.com/")
}

// accessTokenHash is at_hash: the left half of the hash that alg signs with (Core 1.0
// section 3.1.3.6). EdDSA's is SHA-512, as for Ed25519.
func accessTokenHash(alg, token string) string {
	var sum []byte
	switch {
	case strings.HasSuffix(alg, "256"):
		s := sha256.Sum256([]byte(token))
		sum = s[:]
	case strings.HasSuffix(alg, "384"):
		s := sha512.Sum384([]byte(token))
		sum = s[:]
	default:
		s := sha512.Sum512([]byte(token))
		sum = s[:]
	}
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}

// keySet finds the one key that may have signed; a token is never tried against every
// key until one fits.
type keySet struct {
	conversation *conversation
	address      string
	algorithms   []string

	err error // why the keys could not be had
}

// verify returns what was signed, and the algorithm that it was signed with.
func (k *keySet) verify(ctx context.Context, raw string) (payload []byte, algorithm string, err error) {
	var algorithms []jose.SignatureAlgorithm
	for _, a := range k.algorithms {
		algorithms = append(algorithms, jose.SignatureAlgorithm(a))
	}
	token, err := jose.ParseSignedCompact(raw, algorithms)
	if err != nil {
		return nil, "", err
	}
	keys, err := k.fetch(ctx)
	if err != nil {
		k.err = err
		return nil, "", err
	}
	header := token.Signatures[0].Protected
	var fitting []jose.JSONWebKey
	for _, key := range keys {
		if (header.KeyID == "" || key.KeyID == header.KeyID) && signs(key, header.Algorithm) {
			fitting = append(fitting, key)
		}
	}
	if len(fitting) != 1 {
		return nil, "", fmt.Errorf("%d keys may have signed", len(fitting))
	}
	payload, err = token.Verify(fitting[0])
	return payload, header.Algorithm, err
}

// fetch reads the key set (RFC 7517); keys of kinds that are unknown here are
// passed over, as section 5 wants.
func (k *keySet) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	a, err := k.conversation.ask(ctx, http.MethodGet, k.address, nil)
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, statusFault(k.conversation.clock.Now(), atDiscovery, a.status, a.header, "")
	}
	set, err := parseObject(a.body)
	if err != nil {
		return nil, app.Fail(app.CodeProviderBadAnswer, err)
	}
	var members []json.RawMessage
	if json.Unmarshal(set["keys"], &members) != nil {
		return nil, app.Fail(app.CodeProviderBadAnswer, errors.New("key set without keys"))
	}
	var keys []jose.JSONWebKey
	for _, m := range members {
		var key jose.JSONWebKey
		if json.Unmarshal(m, &key) == nil && key.IsPublic() {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// signs reports whether key is meant for, and able to make, signatures of alg.
func signs(key jose.JSONWebKey, alg string) bool {
	if key.Use != "" && key.Use != "sig" || key.Algorithm != "" && key.Algorithm != alg {
		return false
	}
	switch k := key.Key.(type) {
	case *rsa.PublicKey:
		return strings.HasPrefix(alg, "RS") || strings.HasPrefix(alg, "PS")
	case *ecdsa.PublicKey:
		bits := map[string]int{"ES256": 256, "ES384": 384, "ES512": 521}
		return k.Curve.Params().BitSize == bits[alg]
	case ed25519.PublicKey:
		return alg == "EdDSA"
	}
	return false
}

// profile maps the claims of Core 1.0 section 5.1, those of the userinfo endpoint
// where it answers: the ID token alone says who it is. Its sub must be the ID token's
// (section 5.3.2). An address and its email_verified are taken from the same place, or
// not at all.
func (o *OIDC) profile(ctx context.Context, v *conversation, m *metadata, claims object, token string) (app.Profile, error) {
	subject, sources, withheld := claims.string("sub"), []object{claims}, false
	if m.userinfo != "" {
		switch info, err := o.userInfo(ctx, v, m, token); {
		case err != nil:
			return app.Profile{}, err
		case info == nil:
			withheld = true
		case info.string("sub") != subject:
			return app.Profile{}, app.Fail(app.CodeProviderBadAnswer, errors.New("userinfo: another sub than the ID token's"))
		default:
			sources = []object{info, claims}
		}
	}
	p := app.Profile{
		Key:      app.IdentityKey{Issuer: o.describe.Issuer, Subject: subject},
		Provider: o.describe.ID,
	}
	for _, s := range sources {
		p.Login = or(p.Login, s.text("preferred_username"))
		p.Nickname = or(p.Nickname, s.text("nickname"))
		p.Name = or(p.Name, s.text("name"))
		if p.Email == "" {
			p.Email = s.text("email")
			p.EmailVerified = p.Email != "" && s.bool("email_verified")
		}
	}
	if p.Email == "" && !withheld {
		p.Notice = app.CodeEmailMissing
	}
	return p, nil
}

// userInfo returns nil where the endpoint keeps its answer back, or answers with a
// signed one.
func (o *OIDC) userInfo(ctx context.Context, v *conversation, m *metadata, token string) (object, error) {
	a, err := v.ask(ctx, http.MethodGet, m.userinfo, nil, "Authorization", "Bearer "+token)
	if optional(ctx, err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, nil
	}
	info, err := parseObject(a.body)
	if err != nil {
		return nil, app.Fail(app.CodeProviderBadAnswer, err)
	}
	return info, nil
}

// Withdraw revokes the access token (RFC 7009), authenticated like the token request.
// CodeNotFound where the provider has no endpoint for it.
func (o *OIDC) Withdraw(ctx context.Context, token string) error {
	v := o.client.conversation()
	defer v.end()
	m, err := o.discover(ctx, v)
	if err != nil {
		return fault(ctx, o.describe, err)
	}
	if m.revocation == "" {
		return app.Fail(app.CodeNotFound, nil)
	}
	form := url.Values{"token": {token}, "token_type_hint": {"access_token"}}
	var headers []string
	if m.code.Endpoint.AuthStyle == oauth2.AuthStyleInHeader {
		r := http.Request{Header: http.Header{}}
		r.SetBasicAuth(url.QueryEscape(o.id), url.QueryEscape(o.secret)) // RFC 6749 section 2.3.1
		headers = []string{"Authorization", r.Header.Get("Authorization")}
	} else {
		form.Set("client_id", o.id)
		if o.secret != "" {
			form.Set("client_secret", o.secret)
		}
	}
	a, err := v.post(ctx, m.revocation, form, headers...)
	if err == nil && a.status != http.StatusOK {
		err = statusFault(v.clock.Now(), atRevoke, a.status, a.header, "")
	}
	return fault(ctx, o.describe, err)
}
