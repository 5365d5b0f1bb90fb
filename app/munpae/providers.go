package munpae

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/provider"
)

// Provider is a way in: GitHub, Naver or OIDC. Of the last there may be several.
type Provider interface {
	kind() string
	set() app.ProviderSet
}

// GitHub is the sign-in with GitHub, or with a GitHub server of one's own.
type GitHub struct {
	ClientID     string
	ClientSecret string // empty: by device code only
	URL          string // empty: https://github.com
	APIURL       string // empty: that of URL
}

// Naver is the sign-in with Naver.
type Naver struct {
	ClientID     string
	ClientSecret string
	Ports        []int  // the five that are registered; nil: 48111 to 48115
	URL, APIURL  string // empty: Naver's
	// AsksEmail says that the application asks for the e-mail address in Naver's console:
	// only then is a person who keeps it back told so.
	AsksEmail bool
}

// OIDC is the sign-in with any OpenID Connect provider that has a discovery document.
type OIDC struct {
	Issuer       string // exactly as the provider writes it
	ClientID     string
	ClientSecret string // may be empty: a public client
	Name         string // as the button says it
}

func (GitHub) kind() string { return "GitHub" }
func (Naver) kind() string  { return "Naver" }
func (OIDC) kind() string   { return "OIDC" }

func (g GitHub) set() app.ProviderSet {
	return app.ProviderSet{Kind: "github", ID: "github", Values: map[string]string{
		"CLIENT_ID": g.ClientID, "CLIENT_SECRET": g.ClientSecret, "URL": g.URL, "API_URL": g.APIURL,
	}}
}

func (n Naver) set() app.ProviderSet {
	var ports []string
	for _, p := range n.Ports {
		ports = append(ports, strconv.Itoa(p))
	}
	return app.ProviderSet{Kind: "naver", ID: "naver", Values: map[string]string{
		"CLIENT_ID": n.ClientID, "CLIENT_SECRET": n.ClientSecret, "URL": n.URL, "API_URL": n.APIURL, "PORTS": strings.Join(ports, ","),
		"EMAIL": map[bool]string{true: "yes"}[n.AsksEmail],
	}}
}

func (o OIDC) set() app.ProviderSet {
	return app.ProviderSet{Kind: "oidc", ID: "oidc", Values: map[string]string{
		"ISSUER": o.Issuer, "CLIENT_ID": o.ClientID, "CLIENT_SECRET": o.ClientSecret, "NAME": o.Name,
	}}
}

// sets are the providers as they would be set; the second OIDC is oidc2.
func sets(all []Provider) []app.ProviderSet {
	var sets []app.ProviderSet
	count := map[string]int{}
	for _, p := range all {
		s := p.set()
		if count[s.Kind]++; count[s.Kind] > 1 {
			s.ID += strconv.Itoa(count[s.Kind])
		}
		sets = append(sets, s)
	}
	return sets
}

// Confirmation is a provider's word that a person is who they say, a moment ago.
type Confirmation struct {
	Provider    string // "github", "naver", "oidc"
	Account     string // what the provider calls them
	Subject     string // the provider's own name for them; never changes
	AccessToken string // a secret, with what the sign-in asked for: the profile
}

// confirmed is OnConfirmed as the sign-in calls it.
func (o Options) confirmed() func(context.Context, app.Confirmation) error {
	if o.OnConfirmed == nil {
		return nil
	}
	return func(ctx context.Context, c app.Confirmation) error {
		return o.OnConfirmed(ctx, Confirmation{c.Profile.Provider, c.Profile.Account(), c.Profile.Key.Subject, c.AccessToken()})
	}
}

// checkProviders names the first that cannot be offered.
func checkProviders(all []Provider) error {
	seen := map[string]bool{}
	for i, p := range all {
		if p == nil {
			return fmt.Errorf("Options.Providers[%d] is nil", i)
		}
		o, several := p.(OIDC)
		name := p.kind()
		if several {
			name += " of " + strings.TrimRight(o.Issuer, "/")
		}
		if seen[name] {
			return fmt.Errorf("Options.Providers has %s twice: one can be offered", name)
		}
		seen[name] = true
		if several && o.Name == "" {
			return fmt.Errorf("Options.Providers[%d], %s: Name is empty", i, p.kind())
		}
	}
	for i, s := range sets(all) {
		if _, err := provider.New(s, provider.Client{}); err != nil {
			return fmt.Errorf("Options.Providers[%d], %s: %s", i, all[i].kind(), reason(err))
		}
	}
	return nil
}

// reason is what is wrong, by the field's name: the check below names settings.
func reason(err error) string {
	text := err.Error()
	if e, ok := errors.AsType[*app.Error](err); ok && e.Err != nil {
		text = e.Err.Error()
	}
	return settingName.ReplaceAllString(text, "")
}

var settingName = regexp.MustCompile(`MUNPAE_[A-Z0-9]+_`)

// offer puts all in the place of what the settings offer. The demo has its own.
func offer(c config.Config, all []Provider) config.Config {
	if !c.Demo {
		c.Providers = sets(all)
	}
	return c
}
