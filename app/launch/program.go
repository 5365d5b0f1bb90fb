package launch

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/desktop"
	"munpae.example/munpae/app/internal/keystore"
	"munpae.example/munpae/app/internal/nickname"
	"munpae.example/munpae/app/internal/origin"
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/provider/providertest"
	"munpae.example/munpae/app/internal/redirect"
	"munpae.example/munpae/app/internal/session"
	"munpae.example/munpae/app/internal/signin"
	"munpae.example/munpae/app/internal/sqlite"
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

	install  *sqlite.Install
	db       *sqlite.DB
	keys     *keystore.Store
	sessions *session.Keeper
	browser  *desktop.Browser
	service  *signin.Service
	demo     *providertest.Server
	blocked  error // why the profile could not be opened
	stop     context.CancelFunc
	closing  sync.Once
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
	if err := p.openProfile(ctx); err != nil {
		p.blocked, o.Blocked = err, err
	} else {
		o.Accounts, o.Sessions = p.db, p.sessions
	}
	p.service = signin.New(o)
	p.origin.Use(p.service)
	go func() {
		if err := p.origin.Serve(); err != nil {
			p.log.Error("the origin ended", "cause", err)
		}
	}()

	ctx, p.stop = context.WithCancel(ctx)
	go p.watchNetwork(ctx)
}

// openProfile opens install.json, the database, the key and the sessions.
func (p *program) openProfile(ctx context.Context) (err error) {
	now := app.SystemClock{}.Now()
	if p.install, err = sqlite.LoadInstall(p.config.Profile.Install(), now, rand.Reader); err != nil {
		return err
	}
	if p.db, err = sqlite.Open(ctx, p.databaseOptions()); err != nil {
		return err
	}
	if err = p.install.Made(); err != nil {
		return err
	}
	if p.keys, err = openKeys(ctx, p.config, p.install.ID, p.db); err != nil {
		return err
	}
	p.sessions, err = p.newSessions()
	return err
}

func (p *program) newSessions() (*session.Keeper, error) {
	return session.New(session.Options{
		Store: p.db, Keys: p.keys, InstallID: p.install.ID, Launch: launchID(), Clock: app.SystemClock{}, Rand: rand.Reader,
	})
}

func (p *program) databaseOptions() sqlite.Options {
	o := sqlite.Options{
		Path: p.config.Profile.Database(), BackupDir: p.config.Profile.Backup(), Clock: app.SystemClock{}, Random: rand.Reader, Log: p.log,
		Rekey: nickname.Keys, NicknameVersion: nickname.Version,
	}
	o.FirstRun = p.install != nil && !p.install.Database
	return o
}

func openKeys(ctx context.Context, c config.Config, installID string, records keystore.Records) (*keystore.Store, error) {
	return keystore.Open(ctx, keystore.Options{
		Choice: c.Keystore, Dir: c.Profile.Dir, InstallID: installID, Records: records,
		Keyring: keystore.SystemKeyring{}, Rand: rand.Reader, Clock: app.SystemClock{},
	})
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
		var err error
		if p.sessions != nil {
			err = p.sessions.Close(ctx)
		}
		if p.db != nil {
			err = errors.Join(err, p.db.Close())
		}
		if err != nil {
			p.log.Warn("not closed cleanly", "code", app.CodeOf(err))
		}
	})
}
