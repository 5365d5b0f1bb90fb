package munpae

import (
	"errors"
	"fmt"
	"regexp"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/provider"
)

// Provider is a way in: GitHub, Naver or OIDC.
type Provider interface {
	kind() string
	check() error
	offer(*config.Config)
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

func (g GitHub) check() error {
	_, err := provider.NewGitHub(provider.GitHubConfig{ClientID: g.ClientID, ClientSecret: g.ClientSecret, BaseURL: g.URL, APIURL: g.APIURL})
	return err
}

func (n Naver) check() error {
	_, err := provider.NewNaver(provider.NaverConfig{ClientID: n.ClientID, ClientSecret: n.ClientSecret, BaseURL: n.URL, APIURL: n.APIURL, Ports: n.ports()})
	return err
}

func (o OIDC) check() error {
	if o.Name == "" {
		return errors.New("Name is empty")
	}
	_, err := provider.NewOIDC(provider.OIDCConfig{Issuer: o.Issuer, ClientID: o.ClientID, ClientSecret: o.ClientSecret, Name: o.Name})
	return err
}

func (n Naver) ports() []int {
	if n.Ports == nil {
		return config.NaverPorts()
	}
	return n.Ports
}

func (g GitHub) offer(c *config.Config) {
	c.GitHub = config.GitHub{ClientID: g.ClientID, ClientSecret: g.ClientSecret, URL: g.URL, APIURL: g.APIURL}
}

func (n Naver) offer(c *config.Config) {
	c.Naver = config.Naver{ClientID: n.ClientID, ClientSecret: n.ClientSecret, URL: n.URL, APIURL: n.APIURL, Ports: n.ports()}
}

func (o OIDC) offer(c *config.Config) {
	c.OIDC = config.OIDC{Issuer: o.Issuer, ClientID: o.ClientID, ClientSecret: o.ClientSecret, Name: o.Name}
}

// checkProviders names the first that cannot be offered.
func checkProviders(all []Provider) error {
	seen := map[string]bool{}
	for i, p := range all {
		switch {
		case p == nil:
			return fmt.Errorf("Options.Providers[%d] is nil", i)
		case seen[p.kind()]:
			return fmt.Errorf("Options.Providers has %s twice: one of a kind can be offered", p.kind())
		}
		seen[p.kind()] = true
		if err := p.check(); err != nil {
			return fmt.Errorf("Options.Providers[%d], %s: %s", i, p.kind(), reason(err))
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

var settingName = regexp.MustCompile(`MUNPAE_[A-Z]+_`)

// providers puts all in the place of what the settings offer. The demo has its own.
func providers(c config.Config, all []Provider) config.Config {
	if c.Demo {
		return c
	}
	c.GitHub, c.Naver, c.OIDC = config.GitHub{}, config.Naver{}, config.OIDC{}
	for _, p := range all {
		p.offer(&c)
	}
	return c
}
