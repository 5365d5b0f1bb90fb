package provider

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
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

var oidcScopes = []string{oidc.ScopeOpenID, "profile", "email"}

// asymmetric are the signatures that an ID token may carry. "none" and the HMACs
// are not among them: a client secret that ships in a binary proves nothing.
var asymmetric = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512,
	oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
}

// OIDCConfig configures one provider found by discovery.
type OIDCConfig struct {
	Issuer       string // exactly as the provider's discovery document has it
	ClientID     string
	ClientSecret string // empty for a public client
	Name         string // empty: the issuer's host
	Client       Client
}

// OIDC signs people in at an OpenID provider. It satisfies signin.Provider.
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
	if c.ClientID == "" {
		return nil, missing("MUNPAE_OIDC_CLIENT_ID")
	}
	u, err := parseAddress("MUNPAE_OIDC_ISSUER", c.Issuer)
	if err != nil {
		return nil, err
	}
	o := &OIDC{client: c.Client, issuer: c.Issuer, id: c.ClientID, secret: c.ClientSecret}
	o.describe = app.Provider{
		ID:      oidcID,
		Name:    or(c.Name, u.Hostname()),
		Issuer:  issuerOf(u, oidcID),
		Issuers: []string{c.Issuer},
		Browser: true,
	}
	return o, nil
}

// Describe describes the provider to the window and the redirect listener.
func (o *OIDC) Describe() app.Provider { return o.describe }

// Public returns what of the registration may be told. It asks for the discovery
// document, once.
func (o *OIDC) Public(ctx context.Context) (app.PublicClient, error) {
	v, ctx, end := o.client.visit(ctx)
	defer end()
	m, err := o.discover(ctx, v)
	if err != nil {
		return app.PublicClient{}, fault(ctx, o.describe, err)
	}
	return public(m.code), nil
}

// AuthorizationURL asks for the discovery document, once, and builds the
// authentication request (Core 1.0 section 3.1.2.1). CodeIssuerMismatch if the
// document is another issuer's, and the codes of Exchange.
func (o *OIDC) AuthorizationURL(ctx context.Context, req app.AuthorizationRequest) (string, error) {
	v, ctx, end := o.client.visit(ctx)
	defer end()
	m, err := o.discover(ctx, v)
	if err != nil {
		return "", fault(ctx, o.describe, err)
	}
	if req.Nonce == "" {
		return "", fault(ctx, o.describe, app.Fail(app.CodeInternal, errors.New("authorization request without nonce")))
	}
	more := []oauth2.AuthCodeOption{oidc.Nonce(req.Nonce)}
	if req.Prompt != app.PromptNone {
		more = append(more, oauth2.SetAuthURLParam("prompt", string(req.Prompt))) // Core 1.0's own words
	}
	address, err := authorize(m.code, req, more...)
	return address, fault(ctx, o.describe, err)
}

// Exchange redeems the code, verifies the ID token and asks the userinfo endpoint.
// After a wrong answer nothing further is asked.
func (o *OIDC) Exchange(ctx context.Context, req app.AuthorizationRequest, resp app.AuthorizationResponse) (app.Confirmation, error) {
	v, ctx, end := o.client.visit(ctx)
	defer end()
	c, err := o.exchange(ctx, v, req, resp)
	return c, fault(ctx, o.describe, err)
}

func (o *OIDC) exchange(ctx context.Context, v *visit, req app.AuthorizationRequest, resp app.AuthorizationResponse) (app.Confirmation, error) {
	if err := checkIssuer(resp, o.describe); err != nil {
		return app.Confirmation{}, err
	}
	m, err := o.discover(ctx, v)
	if err != nil {
		return app.Confirmation{}, err
	}
	if m.issInResponse && resp.Issuer == "" {
		return app.Confirmation{}, app.Fail(app.CodeIssuerMismatch, errors.New("authorization response without the iss that discovery promises"))
	}
	token, err := v.redeem(ctx, m.code, req, resp)
	if err != nil {
		return app.Confirmation{}, err
	}
	raw, _ := token.Extra("id_token").(string)
	claims, err := o.verify(ctx, v, m, raw, token.AccessToken, req.Nonce)
	if err != nil {
		return app.Confirmation{}, err
	}
	p, err := o.profile(ctx, v, m, claims, token.AccessToken)
	if err != nil {
		return app.Confirmation{}, err
	}
	c := app.Confirmation{Profile: p, ServerTime: v.trusted}
	if m.revocation != "" {
		c.Revoke = func(ctx context.Context) error { return o.revoke(ctx, m, token.AccessToken) }
	}
	return c, nil
}

// discover returns the provider's metadata, asked for once.
func (o *OIDC) discover(ctx context.Context, v *visit) (*metadata, error) {
	o.mu.Lock()
	m := o.found
	o.mu.Unlock()
	if m != nil {
		return m, nil
	}
	a, err := v.ask(ctx, http.MethodGet, strings.TrimSuffix(o.issuer, "/")+oidcWellKnown, nil)
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, statusFault(v.clock.Now(), atDiscovery, a.status, a.header, "")
	}
	d, err := parseObject(a.body)
	if err != nil {
		return nil, app.Fail(app.CodeProviderBadAnswer, err)
	}
	if issuer := d.string("issuer"); issuer != o.issuer {
		return nil, app.Fail(app.CodeIssuerMismatch, errors.New("discovery document of issuer "+printable(issuer)))
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

// metadata reads a discovery document (Discovery 1.0 section 3, RFC 8414).
func (o *OIDC) metadata(d object) (*metadata, error) {
	m := &metadata{
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
	// Every address that will be opened or asked, so that a document read over TLS
	// can't lead to one without.
	for _, address := range []string{m.code.Endpoint.AuthURL, m.code.Endpoint.TokenURL, m.jwks} {
		if !safeEndpoint(address) {
			return nil, app.Fail(app.CodeProviderBadAnswer, errors.New("discovery: an endpoint is missing or not https"))
		}
	}
	for _, address := range []string{m.userinfo, m.revocation} {
		if address != "" && !safeEndpoint(address) {
			return nil, app.Fail(app.CodeProviderBadAnswer, errors.New("discovery: an endpoint is not https"))
		}
	}
	methods := d.strings("token_endpoint_auth_methods_supported")
	if o.secret != "" && !slices.Contains(methods, "client_secret_post") &&
		(methods == nil || slices.Contains(methods, "client_secret_basic")) {
		m.code.Endpoint.AuthStyle = oauth2.AuthStyleInHeader // the default where the list is absent
	}
	algorithms := d.strings("id_token_signing_alg_values_supported")
	if algorithms == nil {
		algorithms = []string{oidc.RS256} // the one that every provider must have
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

func safeEndpoint(address string) bool {
	u, err := url.Parse(address)
	return err == nil && safeAddress(u) && u.User == nil && u.Fragment == ""
}

// verify checks an ID token (Core 1.0 section 3.1.3.7) and returns its claims.
// CodeIDTokenInvalid; CodeClockWrong if only the times are off and the provider's
// clock does not agree with this computer's.
func (o *OIDC) verify(ctx context.Context, v *visit, m *metadata, raw, accessToken, nonce string) (object, error) {
	keys := &keySet{visit: v, address: m.jwks, algorithms: m.algorithms}
	// The times are checked below, where both directions have a leeway.
	verifier := oidc.NewVerifier(o.issuer, keys, &oidc.Config{
		ClientID:             o.id,
		SupportedSigningAlgs: m.algorithms,
		SkipExpiryCheck:      true,
	})
	token, err := verifier.Verify(ctx, raw)
	if keys.err != nil {
		return nil, keys.err
	}
	if err != nil {
		return nil, app.Fail(app.CodeIDTokenInvalid, errors.New("id token: signature, issuer or audience"))
	}
	invalid := func(why string) error { return app.Fail(app.CodeIDTokenInvalid, errors.New("id token: "+why)) }
	claims, err := parseObject(keys.payload)
	if err != nil {
		return nil, invalid(err.Error())
	}
	for _, name := range []string{"iss", "sub", "aud", "exp", "iat", "nonce"} {
		if claims[name] == nil {
			return nil, invalid("no " + name)
		}
	}
	if nonce == "" || subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1 {
		return nil, invalid("another nonce")
	}
	if !visibleASCII(token.Subject, oidcMaxSub) {
		return nil, invalid("no usable sub")
	}
	if azp := claims.string("azp"); claims["azp"] != nil && azp != o.id || len(token.Audience) > 1 && azp != o.id {
		return nil, invalid("another authorized party")
	}
	if token.AccessTokenHash != "" && token.VerifyAccessToken(accessToken) != nil {
		return nil, invalid("another access token's at_hash")
	}
	now := v.clock.Now()
	if now.After(token.Expiry.Add(oidcLeeway)) || token.IssuedAt.After(now.Add(oidcLeeway)) || token.Expiry.Before(token.IssuedAt) {
		if off := now.Sub(v.date).Abs(); !v.date.IsZero() && off <= oidcLeeway {
			return nil, invalid("expired or not yet issued, by the provider's own clock too")
		}
		return nil, app.Fail(app.CodeClockWrong, fmt.Errorf("id token: issued %s, expires %s", token.IssuedAt, token.Expiry))
	}
	return claims, nil
}

// keySet finds the one key that may have signed. go-oidc's own would try every key
// until one fits.
type keySet struct {
	visit      *visit
	address    string
	algorithms []string

	payload []byte // of the verified token
	err     error  // why the keys could not be had; go-oidc keeps only its text
}

// VerifySignature satisfies oidc.KeySet.
func (k *keySet) VerifySignature(ctx context.Context, raw string) ([]byte, error) {
	var algorithms []jose.SignatureAlgorithm
	for _, a := range k.algorithms {
		algorithms = append(algorithms, jose.SignatureAlgorithm(a))
	}
	token, err := jose.ParseSignedCompact(raw, algorithms)
	if err != nil {
		return nil, err
	}
	keys, err := k.fetch(ctx)
	if err != nil {
		k.err = err
		return nil, err
	}
	header := token.Signatures[0].Protected
	var fitting []jose.JSONWebKey
	for _, key := range keys {
		if (header.KeyID == "" || key.KeyID == header.KeyID) && signs(key, header.Algorithm) {
			fitting = append(fitting, key)
		}
	}
	if len(fitting) != 1 {
		return nil, fmt.Errorf("%d keys may have signed", len(fitting))
	}
	k.payload, err = token.Verify(fitting[0])
	return k.payload, err
}

// fetch reads the key set (RFC 7517); keys of kinds that are unknown here are
// passed over, as section 5 wants.
func (k *keySet) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	a, err := k.visit.ask(ctx, http.MethodGet, k.address, nil)
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, statusFault(k.visit.clock.Now(), atDiscovery, a.status, a.header, "")
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
		bits := map[string]int{oidc.ES256: 256, oidc.ES384: 384, oidc.ES512: 521}
		return k.Curve.Params().BitSize == bits[alg]
	case ed25519.PublicKey:
		return alg == oidc.EdDSA
	}
	return false
}

// profile maps the claims of Core 1.0 section 5.1, those of the userinfo endpoint
// where there is one. Its sub must be the ID token's (section 5.3.2). An address
// and its email_verified are taken from the same place, or not at all.
func (o *OIDC) profile(ctx context.Context, v *visit, m *metadata, claims object, token string) (app.Profile, error) {
	subject, sources := claims.string("sub"), []object{claims}
	if m.userinfo != "" {
		info, err := o.userInfo(ctx, v, m, token)
		if err != nil {
			return app.Profile{}, err
		}
		if info.string("sub") != subject {
			return app.Profile{}, app.Fail(app.CodeProviderBadAnswer, errors.New("userinfo: another sub than the ID token's"))
		}
		sources = []object{info, claims}
	}
	p := app.Profile{
		Key:      app.IdentityKey{Issuer: o.describe.Issuer, Subject: subject},
		Provider: oidcID,
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
	if p.Email == "" {
		p.Notice = app.CodeEmailMissing
	}
	return p, nil
}

func (o *OIDC) userInfo(ctx context.Context, v *visit, m *metadata, token string) (object, error) {
	a, err := v.ask(ctx, http.MethodGet, m.userinfo, nil, "Authorization", "Bearer "+token)
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, statusFault(v.clock.Now(), atProfile, a.status, a.header, "")
	}
	info, err := parseObject(a.body)
	if err != nil {
		return nil, app.Fail(app.CodeProviderBadAnswer, err)
	}
	return info, nil
}

// revoke revokes the access token (RFC 7009), authenticated like the token request.
func (o *OIDC) revoke(ctx context.Context, m *metadata, token string) error {
	v, ctx, end := o.client.visit(ctx)
	defer end()
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
