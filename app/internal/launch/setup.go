package launch

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/attempt"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/provider"
)

// settingUp is what was set in the window of a start that had no provider.
type settingUp struct {
	turn sync.Mutex // one pair of keys at a time
	mu   sync.Mutex
	sets []app.ProviderSet
}

// setUp implements origin.Options.SetUp: what a person typed on the set-up screen is
// checked by the provider, written into the settings file and used at once. A provider
// that is set is set no more: keys are changed in the file.
func (p *program) setUp(ctx context.Context, id, clientID, clientSecret string) error {
	s := p.setting
	if s == nil {
		return app.Fail(app.CodeConflict, nil)
	}
	s.turn.Lock()
	defer s.turn.Unlock()
	if _, err := p.service.Who(); err == nil || slices.ContainsFunc(s.all(), func(set app.ProviderSet) bool { return set.ID == id }) {
		return app.Fail(app.CodeConflict, nil)
	}
	set, err := p.config.WithKeys(id, clientID, clientSecret)
	if err != nil {
		return err
	}
	if err := p.checkKeys(ctx, set); err != nil {
		if app.CodeOf(err) == app.CodeKeysRefused {
			// What a swapped pair could give away it has given away with the first question.
			if other, bad := p.config.WithKeys(id, clientSecret, clientID); bad == nil && p.checkKeys(ctx, other) == nil {
				return app.Fail(app.CodeKeysSwapped, err)
			}
		}
		return err
	}
	if err := p.config.SaveKeys(set); err != nil {
		return err
	}
	all := append(s.all(), set)
	slices.SortFunc(all, func(a, b app.ProviderSet) int { return cmp.Compare(kindAt(a), kindAt(b)) })
	var servers []attempt.AuthorizationServer
	for _, one := range all {
		made, err := provider.New(one, providerClient(p.options))
		if err != nil {
			return err
		}
		servers = append(servers, made)
		p.browser.Allow(made.Describe().Pages...)
	}
	s.mu.Lock()
	s.sets = all
	s.mu.Unlock()
	p.log.Info("a provider was set up in the window", "provider", id)
	p.service.Offer(servers, settingsNotice(p.configured()))
	return nil
}

// kindAt is where the button of set comes.
func kindAt(set app.ProviderSet) int {
	return slices.IndexFunc(provider.Kinds, func(k provider.Kind) bool { return k.ID == set.Kind })
}

func (p *program) checkKeys(ctx context.Context, set app.ProviderSet) error {
	made, err := provider.New(set, providerClient(p.options))
	if err != nil {
		return err
	}
	return provider.CheckKeys(ctx, made)
}

func (s *settingUp) all() []app.ProviderSet {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sets)
}

// configured is the configuration with what was set in the window since the start.
func (p *program) configured() config.Config {
	c := p.config
	if p.setting == nil {
		return c
	}
	if all := p.setting.all(); len(all) > 0 {
		c = c.With(all)
	}
	return c
}

// callbacks are what has to be registered at each provider whose keys c takes.
func callbacks(c config.Config) map[string][]string {
	all := map[string][]string{}
	for _, k := range provider.Kinds {
		set, err := c.WithKeys(k.ID, "id", "secret")
		if err != nil {
			continue // it wants more than keys, or its other settings are wrong
		}
		if made, err := provider.New(set, provider.Client{}); err == nil {
			all[k.ID] = provider.Callbacks(made)
		}
	}
	return all
}
