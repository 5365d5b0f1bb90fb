package provider

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"munpae.example/munpae/app/internal/app"
)

// Naver's fixed facts (docs/providers.md#naver).
const (
	naverID     = "naver"
	naverURL    = "https://nid.naver.com"
	naverAPIURL = "https://openapi.naver.com"
	// Where a person sees, and ends, what sign-ins with Naver have granted.
	naverTokens = "/internalToken/view/tokenList/pc/ko"

	naverMaxID = 64 // characters of response.id
)

var naverKind = Kind{
	Name: "NAVER",
	ProviderKind: app.ProviderKind{ID: naverID, Settings: []app.ProviderSetting{
		{Name: "CLIENT_ID", Form: app.FormCredential, Required: true},
		{Name: "CLIENT_SECRET", Form: app.FormCredential, Required: true},
		{Name: "URL", Form: app.FormAddress},
		{Name: "API_URL", Form: app.FormAddress},
		{Name: "PORTS", Form: app.FormPorts},
		{Name: "EMAIL", Form: app.FormYes},
	}},
	New: func(s app.ProviderSet, c Client) (Provider, error) {
		return NewNaver(NaverConfig{
			ClientID: s.Values["CLIENT_ID"], ClientSecret: s.Values["CLIENT_SECRET"],
			BaseURL: s.Values["URL"], APIURL: s.Values["API_URL"], Issuer: s.Issuer,
			Ports: ports(s.Values["PORTS"]), AsksEmail: s.Values["EMAIL"] == "yes", Client: c,
		})
	},
}

// ports reads the normal form of app.FormPorts: numbers separated by commas.
func ports(text string) []int {
	var all []int
	for p := range strings.SplitSeq(text, ",") {
		if n, err := strconv.Atoi(p); err == nil {
			all = append(all, n)
		}
	}
	return all
}

// NaverPorts are the loopback ports of the redirect URIs to register: Naver
// documents no port exception, and at most five addresses.
var NaverPorts = []int{48111, 48112, 48113, 48114, 48115}

// NaverConfig configures Naver Login.
type NaverConfig struct {
	ClientID     string
	ClientSecret string // required by Naver, also with PKCE
	BaseURL      string // empty: https://nid.naver.com
	APIURL       string // empty: https://openapi.naver.com
	Issuer       string // empty: derived from BaseURL; the demo's is constant
	Ports        []int  // empty: NaverPorts
	// AsksEmail says that the application asks for the e-mail address in Naver's console.
	// No answer of Naver's tells a person who kept it back from one who was never asked.
	AsksEmail bool
	Client    Client
}

// Naver signs people in at Naver. It satisfies attempt.AuthorizationServer.
type Naver struct {
	client    Client
	base, api string
	asksEmail bool
	describe  app.Provider
	code      oauth2.Config
}

// NewNaver checks c. CodeSettingsInvalid with params name and reason.
func NewNaver(c NaverConfig) (*Naver, error) {
	if c.ClientID == "" {
		return nil, missing("MUNPAE_NAVER_CLIENT_ID")
	}
	if c.ClientSecret == "" {
		return nil, missing("MUNPAE_NAVER_CLIENT_SECRET")
	}
	base, err := parseAddress("MUNPAE_NAVER_URL", or(c.BaseURL, naverURL))
	if err != nil {
		return nil, err
	}
	api, err := parseAddress("MUNPAE_NAVER_API_URL", or(c.APIURL, naverAPIURL))
	if err != nil {
		return nil, err
	}
	ports := slices.Clone(c.Ports)
	if len(ports) == 0 {
		ports = slices.Clone(NaverPorts)
	}
	n := &Naver{client: c.Client, base: base.String(), api: api.String(), asksEmail: c.AsksEmail}
	n.describe = app.Provider{
		ID:      naverID,
		Name:    "NAVER",
		Issuer:  or(c.Issuer, issuerOf(base, naverID)),
		Browser: true,
		Ports:   ports,
		// Whoever is no tester of an application in development sees Naver's own page.
		Unanswered: app.CodeAccountNotAllowed,
		Disconnect: base.String() + naverTokens,
		Pages:      []string{base.String() + naverTokens},
	}
	n.describe.Issuers = []string{n.describe.Issuer, n.base}
	// The OpenID Connect pair: the classic one (/oauth2.0/) documents no PKCE, and
	// one sign-in must not mix the two.
	n.code = oauth2.Config{
		ClientID:     c.ClientID,
		ClientSecret: c.ClientSecret,
		Scopes:       []string{"openid"},
		Endpoint: oauth2.Endpoint{
			AuthURL:   n.base + "/oauth2/authorize",
			TokenURL:  n.base + "/oauth2/token",
			AuthStyle: oauth2.AuthStyleInParams,
		},
	}
	return n, nil
}

// Describe describes Naver to the window and the redirect listener.
func (n *Naver) Describe() app.Provider { return n.describe }

// Public returns what of the registration may be told. It asks nobody.
func (n *Naver) Public(context.Context) (app.PublicClient, error) { return public(n.code), nil }

// AuthorizationURL builds the authorization request. It asks nobody.
func (n *Naver) AuthorizationURL(_ context.Context, req app.AuthorizationRequest) (string, error) {
	address, err := authorize(n.code, req, prompted(naverID, n.code.Endpoint.AuthURL, req.Prompt)...)
	return address, fault(context.Background(), n.describe, err)
}

// Exchange redeems the code and reads /v1/nid/me. The ID token that comes along is
// not needed: the profile is asked over TLS with the token just received.
func (n *Naver) Exchange(ctx context.Context, req app.AuthorizationRequest, resp app.AuthorizationResponse) (app.Confirmation, error) {
	v := n.client.conversation()
	defer v.end()
	if err := checkIssuer(resp, n.describe); err != nil {
		return app.Confirmation{}, fault(ctx, n.describe, err)
	}
	// Naver's reference marks state as required here as well.
	token, err := v.redeem(ctx, n.code, req, resp, oauth2.SetAuthURLParam("state", req.State))
	if err != nil {
		return app.Confirmation{}, fault(ctx, n.describe, naverTokenFault(err))
	}
	p, err := n.profile(ctx, v, token.AccessToken, req.Prompt)
	if err != nil {
		return app.Confirmation{}, fault(ctx, n.describe, err)
	}
	return app.Confirmation{
		Profile:     p,
		ServerTime:  v.trusted,
		AccessToken: func() string { return token.AccessToken },
		Revoke:      func(ctx context.Context) error { return n.Withdraw(ctx, token.AccessToken) },
	}, nil
}

// naverTokenFault reads invalid_request, Naver's word for a code that is used,
// expired or wrong as well as for wrong credentials, by its description.
func naverTokenFault(err error) error {
	r, ok := errors.AsType[*tokenRefusal](err)
	if !ok || r.code != "invalid_request" {
		return err
	}
	if strings.Contains(strings.ToLower(r.description), "client") {
		return app.Fail(app.CodeProviderMisconfigured, r.fault.Err)
	}
	return app.Fail(codeFault(r.description), r.fault.Err)
}

// profile maps /v1/nid/me. Status and resultcode must both say success: Naver has
// answered failures with 200. The address is an editable contact field without a
// verified flag, so it never counts as verified.
func (n *Naver) profile(ctx context.Context, v *conversation, token string, asked app.Prompt) (app.Profile, error) {
	a, err := v.ask(ctx, http.MethodGet, n.api+"/v1/nid/me", nil, "Authorization", "Bearer "+token)
	if err != nil {
		return app.Profile{}, err
	}
	if a.status != http.StatusOK {
		return app.Profile{}, naverProfileFault(v, a)
	}
	me, err := parseObject(a.body)
	if err != nil {
		return app.Profile{}, app.Fail(app.CodeProviderBadAnswer, err)
	}
	if code := me.string("resultcode"); code != "00" {
		return app.Profile{}, app.Fail(app.CodeProviderUnconfirmed, errors.New("profile: resultcode "+printable(code)))
	}
	person := me.object("response")
	id := person.string("id")
	if len(person["id"]) == 0 || string(person["id"]) == "null" || string(person["id"]) == `""` {
		return app.Profile{}, app.Fail(app.CodeProviderUnconfirmed, errors.New("profile: no id"))
	}
	if !naverSubject(id) {
		return app.Profile{}, app.Fail(app.CodeProviderBadAnswer, errors.New("profile: an id of another shape"))
	}
	p := app.Profile{
		Key:      app.IdentityKey{Issuer: n.describe.Issuer, Subject: id},
		Provider: naverID,
		Nickname: person.text("nickname"),
		Name:     person.text("name"),
		Email:    person.text("email"),
	}
	if p.Email == "" && (n.asksEmail || asked == app.PromptConsent) {
		p.Notice = app.CodeEmailRefused
	}
	return p, nil
}

// naverSubject accepts what Naver documents: up to 64 characters like base64.
func naverSubject(id string) bool {
	if id == "" || len(id) > naverMaxID {
		return false
	}
	return !strings.ContainsFunc(id, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("+/=-_", r))
	})
}

// naverProfileFault reads both bodies that Naver's gateway and API send with a
// failure: {"resultcode"} and {"errorCode"}.
func naverProfileFault(v *conversation, a answer) error {
	var code string
	if o, err := parseObject(a.body); err == nil {
		code = or(o.string("resultcode"), o.string("errorCode"))
	}
	err := statusFault(v.clock.Now(), atProfile, a.status, a.header, code)
	if a.status == http.StatusUnauthorized && code == "028" { // no token arrived
		err.Code = app.CodeProviderUnconfirmed
	}
	return err
}

// Withdraw withdraws the grant (POST /oauth2.0/revoke, RFC 7009). The status alone
// counts; a token that is dead already gets 200 too.
func (n *Naver) Withdraw(ctx context.Context, token string) error {
	v := n.client.conversation()
	defer v.end()
	a, err := v.post(ctx, n.base+"/oauth2.0/revoke", url.Values{
		"client_id":       {n.code.ClientID},
		"client_secret":   {n.code.ClientSecret},
		"token":           {token},
		"token_type_hint": {"access_token"},
	})
	if err == nil && a.status != http.StatusOK {
		err = statusFault(v.clock.Now(), atRevoke, a.status, a.header, "")
	}
	return fault(ctx, n.describe, err)
}

// Reach asks the sign-in page for an answer, whatever it is. The network codes of Exchange.
func (n *Naver) Reach(ctx context.Context) (address string, status int, date time.Time, err error) {
	status, date, err = n.client.Reach(ctx, n.base)
	return n.base, status, date, err
}
