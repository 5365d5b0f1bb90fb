package signin

import (
	"context"
	"time"

	"munpae.example/munpae/app/internal/account"
	"munpae.example/munpae/app/internal/app"
)

// Provider is one way in by authorization code (RFC 6749 section 4.1).
type Provider interface {
	Describe() app.Provider
	// AuthorizationURL builds the address at the provider that the first hop
	// redirects to. It may have to ask the network (OpenID discovery); its codes
	// are those of Exchange.
	AuthorizationURL(context.Context, app.AuthorizationRequest) (string, error)
	// Exchange trades the authorization code for the person's profile: one token
	// request, then the profile requests, at most 10 s in all, never repeated.
	// Codes: every "While signing in" code of package app.
	Exchange(context.Context, app.AuthorizationRequest, app.AuthorizationResponse) (app.Confirmation, error)
}

// DeviceProvider is a Provider that also offers a device code (RFC 8628).
type DeviceProvider interface {
	Provider
	RequestDeviceCode(context.Context) (app.DeviceCode, error)
	// AwaitDeviceCode polls until the person has decided, politely, and returns
	// the confirmation; CodeDeviceCodeExpired, CodeDeviceDenied, or a network code.
	AwaitDeviceCode(context.Context, app.DeviceCode) (app.Confirmation, error)
}

// Accounts is the database as signing in needs it.
type Accounts interface {
	account.Store
	// Setting and SetSetting keep small texts: "last_provider", "language", "theme".
	Setting(ctx context.Context, name string) (string, error)
	SetSetting(ctx context.Context, name, value string) error
}

// Sessions issues, verifies, rotates and ends sessions: package session.
type Sessions interface {
	account.Sessions
	// Claim hands out the first pair of a session that nobody claimed yet, once.
	// CodeSessionNone if it is claimed, ended or older than app.ClaimLifetime.
	Claim(ctx context.Context, sessionID string) (app.SignedIn, app.Pair, error)
	// Unclaimed returns the newest session that may still be claimed;
	// CodeSessionNone if there is none.
	Unclaimed(ctx context.Context) (app.SignedIn, error)
	// Verify accepts an access token whose row lives. Codes of GET /session.
	Verify(ctx context.Context, access string) (app.SignedIn, error)
	// Standing returns a session that may be used, by its row and the clock; no
	// token is asked for. CodeSessionNone for no ID or an unknown one, and the codes
	// of Verify.
	Standing(ctx context.Context, sessionID string) (app.SignedIn, error)
	// Rotate trades a refresh token for the next pair (docs/security.md#rotation).
	// Codes of POST /session/refresh, which are those of GET /session.
	Rotate(ctx context.Context, refresh string) (app.SignedIn, app.Pair, error)
	// EndOthers ends every session of the user but one (which may be empty).
	EndOthers(ctx context.Context, userID, keepSessionID string, why app.EndReason) error
	// Anchor tells the clock's high-water mark of a provider's time, read over TLS.
	Anchor(ctx context.Context, serverTime time.Time) error
}

// Redirect opens the loopback listener that one attempt needs: package redirect.
type Redirect interface {
	// Listen binds 127.0.0.1 on one of ports (empty: any). CodePortInUse with
	// param ports if none is free. handler is called from the listener's goroutines.
	Listen(a ListenRequest, h RedirectHandler) (RedirectListener, error)
}

// ListenRequest is what a listener must know of its attempt.
type ListenRequest struct {
	Provider app.Provider
	Attempt  string // 1, 2, … of this launch, with a random part; names the browser cookie
	Ports    []int
	State    string // compared in constant time; consumed by the first valid use
}

// RedirectListener is a bound listener.
type RedirectListener interface {
	// RedirectURI is the redirect URI with the port that was bound.
	RedirectURI() string
	// FirstHop is the address to open in the person's browser; it contains a nonce
	// and is the only address besides app.Provider.Pages that the opener accepts.
	FirstHop() string
	// Finish tells what came of the attempt: the page that the browser is waiting
	// for is answered with it, and the listener closes once it was delivered, at
	// most 60 s later.
	Finish(Outcome)
	// Close closes at once (cancel, replaced): connections that wait are told o.
	Close(o Outcome)
}

// RedirectHandler is what a listener reports. Service implements it per attempt.
type RedirectHandler interface {
	// BrowserArrived is called at the first hop with the right nonce. It returns
	// the provider's address to redirect to, or a problem for the page.
	BrowserArrived(context.Context) (string, error)
	// Responded is called once, with the response that carried the right state and
	// cookie; it returns at once, the exchange runs elsewhere.
	Responded(app.AuthorizationResponse)
	// Refused is called once, with the error code of an error response that carried
	// the right state and cookie (RFC 6749 section 4.1.2.1).
	Refused(errorCode, description string)
	// Language is the window's language, for the pages.
	Language() app.Language
}

// Outcome is what the page in the browser says at the end.
type Outcome struct {
	Step     Step   // StepSignedIn, StepNickname, or StepSignedOut with a Problem
	Account  string // as the provider sent it: the page must escape it
	Nickname string
	Linked   bool // a provider was linked, nobody signed in
	Problem  *app.Problem
}

// Browser opens an address in the person's browser.
type Browser interface {
	// Open returns once the opener was started; CodeBrowserUnavailable if it can't.
	Open(ctx context.Context, address string) error
}

// Window is the app's window.
type Window interface {
	// Raise brings it to the front, or asks for attention where it can't.
	Raise()
}
