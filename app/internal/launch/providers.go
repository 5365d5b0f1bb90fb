package launch

import (
	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/attempt"
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/webview"
)

// providerClient is how every provider is reached.
func providerClient(o Options) provider.Client {
	return provider.Client{UserAgent: o.Name + "/" + o.Version, Proxies: webview.Proxies}
}

// providers builds what the settings offer, in the order of the buttons. In the demo
// they are played in this process.
func (p *program) providers() ([]attempt.AuthorizationServer, error) {
	if p.config.DirectoryWrong {
		return nil, nil
	}
	if p.remote != nil {
		return p.remoteServers(), nil
	}
	sets := p.config.Providers
	if p.config.Demo {
		server, err := practice.Start(practice.Options{})
		if err != nil {
			return nil, app.Fail(app.CodePortInUse, err)
		}
		p.demo, sets = server, server.Sets()
	}
	var all []attempt.AuthorizationServer
	for _, set := range sets {
		made, err := provider.New(set, providerClient(p.options))
		if err != nil {
			return all, err
		}
		all = append(all, made)
	}
	return all, nil
}
