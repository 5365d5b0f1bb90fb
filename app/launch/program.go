package launch

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/desktop"
	"munpae.example/munpae/app/internal/origin"
	"munpae.example/munpae/app/internal/profile"
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/provider/providertest"
	"munpae.example/munpae/app/internal/redirect"
	"munpae.example/munpae/app/internal/signin"
)

// networkEvery is how often home looks whether there is a network.
const networkEvery = 10 * time.Second

// program is one start: what is open, and what the window asks of it
// (desktop.Host).
type program struct {
	args     []string
	config   config.Config
	options  Options
	log      *slog.Logger
	window   *desktop.Window
	origin   *origin.Origin
	instance *desktop.Instance

	profile *profile.Profile
	browser *desktop.Browser
	service *signin.Service
	demo    *providertest.Server
	stop    context.CancelFunc
	closing sync.Once
}

// open opens the profile and starts serving the page. What can't be opened leads
// to StepBlocked, never to an end without a word.
func (p *program) open(ctx context.Context, notice error) {
	c := p.config
	o := signin.Options{
		Redirect: redirect.New(redirect.Options{Clock: app.SystemClock{}, Rand: rand.Reader, Log: p.log}),
		Window:   p.window,
		Refusal:  func(p app.Provider, errorCode string) error { return provider.Refusal(p, errorCode) },
		Clock:    app.SystemClock{}, Rand: rand.Reader, Log: p.log, Online: provider.Online,
		Demo: c.Demo, Language: app.Language(c.Language), LanguageSet: c.LanguageSet, Theme: c.Theme, ThemeSet: c.ThemeSet,
		SettingsFile: c.Profile.Settings(), Notice: notice, Restart: p.restart,
	}
	providers, err := p.providers()
	if err != nil {
		o.Notice = err
	}
	var pages []string
	for _, pr := range providers {
		o.Providers = append(o.Providers, pr)
		pages = append(pages, pr.Describe().Pages...)
	}
	p.browser = desktop.NewBrowser(pages)
	o.Browser = p.browser
	p.profile = profile.Open(ctx, profileOptions(c, p.log))
	if o.Blocked = p.profile.Err(); o.Blocked == nil {
		o.Accounts, o.Sessions = p.profile.Database(), p.profile.Sessions()
	}
	p.service = signin.New(o)
	p.origin.Use(p.service, p.service.Accounts())
	go func() {
		if err := p.origin.Serve(); err != nil {
			p.log.Error("the origin ended", "cause", err)
		}
	}()

	ctx, p.stop = context.WithCancel(ctx)
	go p.watchNetwork(ctx)
}

// profileOptions name the profile of c.
func profileOptions(c config.Config, log *slog.Logger) profile.Options {
	return profile.Options{Folder: c.Profile, Keystore: c.Keystore, Clock: app.SystemClock{}, Rand: rand.Reader, Log: log}
}

// watchNetwork tells home when the network comes or goes.
func (p *program) watchNetwork(ctx context.Context) {
	tick := time.NewTicker(networkEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.service.NetworkChanged()
		}
	}
}

// close ends everything in the order in which it depends on the rest.
func (p *program) close() {
	p.closing.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if p.stop != nil {
			p.stop()
		}
		if p.service != nil {
			p.service.Close()
		}
		p.origin.Close(ctx)
		if p.demo != nil {
			p.demo.Close()
		}
		if p.profile == nil {
			return
		}
		if err := p.profile.Close(ctx); err != nil {
			p.log.Warn("not closed cleanly", "code", app.CodeOf(err))
		}
	})
}
