package app

import (
	"context"
	"time"
)

// Provider describes one way of signing in, as the window shows it and as the
// redirect listener needs it. It holds no secret.
type Provider struct {
	// ID is the word in addresses, bound methods and SQL: "github", "naver", "oidc".
	ID string `json:"id"`
	// Name is what a person calls it: "GitHub", "NAVER", or MUNPAE_OIDC_NAME.
	Name string `json:"name"`
	// Issuer is the first half of an identity's key: the provider's own
	// constant, or its set address without a loopback port (docs/security.md#accounts).
	Issuer string `json:"issuer"`
	// Browser reports whether the authorization code grant is offered
	// (RFC 6749 section 4.1); GitHub without a client secret offers only Device.
	Browser bool `json:"browser"`
	// Device reports whether the device authorization grant is offered (RFC 8628).
	Device bool `json:"device"`
	// Ports are the loopback ports registered at the provider, tried in order;
	// empty means any free port (RFC 8252 section 7.3).
	Ports []int `json:"-"`
	// Issuers are what the parameter iss of its callback may name (RFC 9207).
	Issuers []string `json:"-"`
	// Unanswered is the code for a time that is over where the provider may have
	// refused the person on a page of its own, from which nothing comes back; empty
	// means CodeSignInExpired.
	Unanswered Code `json:"-"`
	// Pages are addresses outside the sign-in that the browser opener may also
	// open for this provider: its device page and its page to disconnect the app.
	Pages []string `json:"-"`
	// Disconnect is the one of Pages on which a person withdraws what they granted this
	// app; empty where none is known.
	Disconnect string `json:"-"`
}

// IdentityKey is what a provider calls a person, for good. Nothing else ever
// finds an account: not an e-mail address, not a login (docs/security.md#accounts).
type IdentityKey struct {
	Issuer  string
	Subject string
}

// Profile is what a provider said about a person at one sign-in. Only Key is
// certain; every text may be empty and may change between sign-ins.
type Profile struct {
	Key      IdentityKey
	Provider string // Provider.ID
	// Login is the account's handle at the provider ("octocat"), for display only.
	Login string
	// Nickname and Name are display names that the provider holds; proposals
	// for a nickname start from Nickname, then Name, then Login.
	Nickname string
	Name     string
	Email    string
	// EmailVerified is true only for GitHub's primary and verified address and
	// an OpenID provider's email_verified; Naver's is never verified.
	EmailVerified bool
	// Notice is a code about something that is missing but stops nothing:
	// CodeEmailMissing or CodeEmailRefused; else empty.
	Notice Code
	// Ticket is the directory's for this confirmation, where one redeemed it: a
	// secret that is stored with a pending sign-up, sealed, and nowhere else.
	Ticket string `json:",omitempty"`
}

// Account returns the text that names the account to its owner: the login, else
// nickname, name, e-mail address, else the empty string.
func (p Profile) Account() string {
	for _, s := range []string{p.Login, p.Nickname, p.Name, p.Email} {
		if s != "" {
			return s
		}
	}
	return ""
}

// Identity is a provider account linked to a User.
type Identity struct {
	ID     string
	UserID string
	Profile
	LinkedAt    time.Time
	ConfirmedAt time.Time // the last time that the provider confirmed it
}

// AuthorizationRequest is what one sign-in sends to the authorization endpoint
// and must bring back (RFC 6749 section 4.1.1, RFC 7636, OpenID Connect Core 3.1.2.1).
type AuthorizationRequest struct {
	RedirectURI  string
	State        string // 32 random bytes, base64url
	CodeVerifier string // RFC 7636 section 4.1, 43 characters
	Nonce        string // OpenID Connect only
	Prompt       Prompt
	// At is when the request was made: PromptReauthenticate compares auth_time with it.
	At time.Time
}

// Prompt asks a provider to show more than it would by itself.
type Prompt string

// The prompts; each provider translates them into its own parameter.
const (
	PromptNone          Prompt = ""
	PromptSelectAccount Prompt = "select_account" // choose another account (Naver: auth_type=reauthenticate)
	PromptConsent       Prompt = "consent"        // ask again for refused items (Naver: auth_type=reprompt)
	// PromptReauthenticate has the person prove anew who they are, as far as the
	// provider can (OpenID Connect: max_age=0, Naver: auth_type=reauthenticate, GitHub:
	// the choice of an account).
	PromptReauthenticate Prompt = "reauthenticate"
)

// AuthorizationResponse is what came back to the redirect URI with the right state.
type AuthorizationResponse struct {
	Code   string
	Issuer string // the parameter iss (RFC 9207), empty if absent
}

// Confirmation is a provider's word that a person is who they say, fresh from
// the wire. Provider tokens live only inside it and die with it.
type Confirmation struct {
	Profile Profile
	// ServerTime is the Date that the provider's TLS answer carried, or zero.
	ServerTime time.Time
	// At is when the person proved to the provider who they are, where it says so: a
	// browser that was signed in there may have done so long ago. Zero: it does not say.
	At time.Time
	// AccessToken returns the provider's, for the program that asked to be given it: a
	// function, so that nothing prints it.
	AccessToken func() string
	// Revoke withdraws the app's grant at the provider. It is called only after
	// an unlink or an account deletion, and may be nil where there is no such call.
	Revoke func(context.Context) error
}

// Proven is when the person proved who they are: At, and now where nobody can know.
func (c Confirmation) Proven(now time.Time) time.Time {
	if c.At.IsZero() || c.At.After(now) {
		return now
	}
	return c.At
}

// DeviceCode is a device authorization response (RFC 8628 section 3.2).
type DeviceCode struct {
	DeviceCode      string // secret; never leaves Go
	UserCode        string // shown in large type
	VerificationURI string
	// VerificationURIComplete carries the user code, or is empty.
	VerificationURIComplete string
	ExpiresAt               time.Time
	Interval                time.Duration
}

// DevicePoll is what one look at a device code brought: a confirmation, or that the
// person has not decided yet.
type DevicePoll struct {
	Confirmation *Confirmation // nil: not yet
	// SlowDown asks for longer pauses, Interval from now on if it is not zero
	// (RFC 8628 section 3.5).
	SlowDown bool
	Interval time.Duration
}

// PublicClient is what may be told of an application's registration at a provider:
// enough to send a person there, and nothing that could redeem what they bring back.
type PublicClient struct {
	ClientID     string
	AuthorizeURL string
	Scopes       []string
}
