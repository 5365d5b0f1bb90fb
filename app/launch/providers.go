package launch

import (
	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/provider/providertest"
	"munpae.example/munpae/app/internal/signin"
)

// providers builds what the settings offer, in the order of the buttons. In the
// demo they are played by providertest in this process, with constant issuers, so
// that its people are known again after a restart (docs/security.md#accounts).
func (p *program) providers() ([]signin.Provider, error) {
	c := p.config
	var issuers struct{ github, naver string }
	if c.Demo {
		server, err := providertest.Start(providertest.Options{Chooser: true, NaverPorts: c.Naver.Ports})
		if err != nil {
			return nil, app.Fail(app.CodePortInUse, err)
		}
		p.demo = server
		c.GitHub = config.GitHub{ClientID: providertest.GitHubClientID, ClientSecret: providertest.GitHubClientSecret, URL: server.GitHubURL(), APIURL: server.GitHubAPIURL()}
		c.Naver = config.Naver{ClientID: providertest.NaverClientID, ClientSecret: providertest.NaverClientSecret, URL: server.NaverURL(), APIURL: server.NaverAPIURL(), Ports: c.Naver.Ports}
		c.OIDC = config.OIDC{}
		issuers.github, issuers.naver = "https://github.demo", "https://naver.demo"
	}

	client := provider.Client{UserAgent: p.options.Name + "/" + p.options.Version}
	var all []signin.Provider
	if c.Naver.ClientID != "" && c.Naver.ClientSecret != "" {
		n, err := provider.NewNaver(provider.NaverConfig{
			ClientID: c.Naver.ClientID, ClientSecret: c.Naver.ClientSecret, BaseURL: c.Naver.URL, APIURL: c.Naver.APIURL,
			Issuer: issuers.naver, Ports: c.Naver.Ports, Client: client,
		})
		if err != nil {
			return all, err
		}
		all = append(all, n)
	}
	if c.GitHub.ClientID != "" {
		g, err := provider.NewGitHub(provider.GitHubConfig{
			ClientID: c.GitHub.ClientID, ClientSecret: c.GitHub.ClientSecret, BaseURL: c.GitHub.URL, APIURL: c.GitHub.APIURL,
			Issuer: issuers.github, Client: client,
		})
		if err != nil {
			return all, err
		}
		all = append(all, g)
	}
	if c.OIDC.ClientID != "" {
		o, err := provider.NewOIDC(provider.OIDCConfig{
			Issuer: c.OIDC.Issuer, ClientID: c.OIDC.ClientID, ClientSecret: c.OIDC.ClientSecret, Name: c.OIDC.Name, Client: client,
		})
		if err != nil {
			return all, err
		}
		all = append(all, o)
	}
	return all, nil
}
