package attempt

import (
	"context"

	"munpae.example/munpae/app/internal/app"
)

// AuthorizationServer is a provider as an attempt asks it, by authorization code
// (RFC 6749 section 4.1); app.Provider describes it.
type AuthorizationServer interface {
	Describe() app.Provider
	// AuthorizationURL builds the address at the provider that the first hop
	// redirects to. It may have to ask the network (OpenID discovery); its codes
	// are those of Exchange.
	AuthorizationURL(context.Context, app.AuthorizationRequest) (string, error)
	// Exchange trades the authorization code for the person's profile: one token
	// request, then the profile requests, within a time of its own, never repeated.
	// Codes: every "While signing in" code of package app.
	Exchange(context.Context, app.AuthorizationRequest, app.AuthorizationResponse) (app.Confirmation, error)
}

// DeviceAuthorizationServer is an AuthorizationServer that also offers a device code
// (RFC 8628).
type DeviceAuthorizationServer interface {
	AuthorizationServer
	RequestDeviceCode(context.Context) (app.DeviceCode, error)
	// AwaitDeviceCode polls until the person has decided, politely, and returns
	// the confirmation; CodeDeviceCodeExpired, CodeDeviceDenied, or a network code.
	AwaitDeviceCode(context.Context, app.DeviceCode) (app.Confirmation, error)
}

// Redirect opens the loopback listener that one attempt needs: package redirect.
type Redirect interface {
	// Listen binds 127.0.0.1 on one of the ports. With param ports: CodePortInUse if none
	// is free, CodePortsRefused if browsers go to none.
	Listen(ListenRequest) (Listener, error)
}

// ListenRequest is what a listener must know of its attempt.
type ListenRequest struct {
	Provider app.Provider // its Ports are tried in order; none: any port
	Attempt  string       // names the browser cookie
	State    string       // compared in constant time; consumed by the first valid use
	// Language is the window's language, for the pages.
	Language func() app.Language
}

// Listener is a bound listener.
type Listener interface {
	// RedirectURI is the redirect URI with the port that was bound.
	RedirectURI() string
	// FirstHop is the address to open in the person's browser; it contains a nonce
	// and is the only address besides app.Provider.Pages that the opener accepts.
	FirstHop() string
	// Visits are what the person's browser brings, until the outcome is told: any
	// number of arrivals, and one response or refusal at most.
	Visits() <-chan Visit
	// Finish tells what came of the attempt: the page that the browser is waiting
	// for is answered with it, and the listener closes once it was delivered, at
	// most 60 s later. The first outcome stands.
	Finish(Outcome)
	// Close closes at once (cancel, replaced): connections that wait are told o, and so is
	// a browser that is on its way to the last page, for 2 s at most.
	Close(o Outcome)
}

// Visit is one request of the person's browser that belongs to the attempt.
type Visit struct {
	// Arrived is set at the first hop with the right nonce: the browser waits there
	// for one answer. It has room for it.
	Arrived chan<- Hop
	// Refusal is the error code of an error response that carried the right state and
	// cookie (RFC 6749 section 4.1.2.1), or empty.
	Refusal string
	// Response is the response that carried them, if neither of the others is set.
	Response app.AuthorizationResponse
}

// Hop is where the first hop leads: to the provider's address, or nowhere.
type Hop struct {
	Address string
	Err     error // for the page
}

// Outcome is what the page in the browser says at the end.
type Outcome struct {
	Result   Result
	Account  string // as the provider sent it: the page must escape it
	Nickname string
	Problem  *app.Problem // what went wrong, in place of a result
}

// Result is what a confirmation led to.
type Result string

// The results.
const (
	ResultSignedIn Result = "signed_in"
	ResultNickname Result = "nickname" // somebody new, who chooses one in the app
	ResultAsked    Result = "asked"    // whether to link it: the answer is given in the app
	ResultTwo      Result = "two"      // likewise whether to bring two accounts together
)

// Browser opens an address in the person's browser.
type Browser interface {
	// Open returns once the opener was started; CodeBrowserUnavailable if it can't.
	Open(ctx context.Context, address string) error
}
