package provider

import (
	"context"
	"fmt"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// Kinds are all kinds of providers, in the order of their buttons. A new one is a file
// of its own and a line here.
var Kinds = []Kind{naverKind, githubKind, oidcKind}

// Kind is a kind of provider: what may be set, and how one is made of that.
type Kind struct {
	app.ProviderKind
	// Name is the provider's own; empty where the settings say it.
	Name string
	// New makes one of a set whose values have the forms that Settings ask for.
	New func(app.ProviderSet, Client) (Provider, error)
}

// Provider signs people in; package signin asks for the same.
type Provider interface {
	// Describe describes the provider to the window and the redirect listener.
	Describe() app.Provider
	// Public is what of the registration may be told to others, for the directory.
	Public(context.Context) (app.PublicClient, error)
	// AuthorizationURL builds the authorization request.
	AuthorizationURL(context.Context, app.AuthorizationRequest) (string, error)
	// Exchange redeems a code and asks who it is of.
	Exchange(context.Context, app.AuthorizationRequest, app.AuthorizationResponse) (app.Confirmation, error)
	// Reach asks for what every sign-in begins with, for the self-tests: which address
	// was asked, and with which status and Date (zero if there was none) it answered.
	Reach(context.Context) (address string, status int, date time.Time, err error)
}

// Settings returns what the settings have to know of all kinds.
func Settings() []app.ProviderKind {
	var kinds []app.ProviderKind
	for _, k := range Kinds {
		kinds = append(kinds, k.ProviderKind)
	}
	return kinds
}

// New makes the provider that was set. CodeSettingsInvalid.
func New(set app.ProviderSet, c Client) (Provider, error) {
	for _, k := range Kinds {
		if k.ID == set.Kind {
			return k.New(set, c)
		}
	}
	return nil, app.Fail(app.CodeInternal, fmt.Errorf("no kind of provider is called %q", set.Kind))
}
