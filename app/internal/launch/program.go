package launch

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"sync"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/desktop"
	"munpae.example/munpae/app/internal/origin"
	"munpae.example/munpae/app/internal/profile"
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/redirect"
	"munpae.example/munpae/app/internal/remote"
	"munpae.example/munpae/app/internal/signin"
	"munpae.example/munpae/app/internal/webview"
)

const (
	// watchEvery is how often watch looks.
	watchEvery = 10 * time.Second
	// tidyEvery is how often it forgets what is kept for a time that is over.
	tidyEvery = time.Hour
)

// program is one start: what is open, and what the window asks of it
// (munpae.Host).
type program struct {
	config   config.Config
	options  Options
	log      *slog.Logger
	window   *desktop.Window
	origin   *origin.Origin
	instance *desktop.Instance

	profile *profile.Profile
	remote  *remote.Remote // where a directory keeps the accounts
	browser *desktop.Browser
	service *signin.Service
	demo    *practice.Server
	setting *settingUp // nil: this start has what it needs
	stop    context.CancelFunc
	closing sync.Once
}

// open opens the profile and starts serving the page. What can't be opened leads
// to StepBlocked, never to an end without a word.
func (p *program) open(ctx context.Context, notice error) {
	c := p.config
	o := signin.Options{
		Redirect: redirect.New(redirect.Options{Name: p.options.Brand.Name, Style: p.options.Brand.Style, Logo: p.options.Brand.Logo, LogoType: p.options.Brand.LogoType, Clock: app.SystemClock{}, Rand: rand.Reader, Log: p.log}),
		Window:   p.window,
		Refusal:  func(p app.Provider, errorCode string) error { return provider.Refusal(p, errorCode) },
		Clock:    app.SystemClock{}, Rand: rand.Reader, Log: p.log, Online: provider.Online,
		Demo: c.Demo, Several: p.options.several(c), Language: app.Language(c.Language), LanguageSet: c.LanguageSet, Theme: c.Theme, ThemeSet: c.ThemeSet,
		SettingsFile: c.Profile.Settings(), Drawer: drawer{c.Profile.Receipt()}, Deleted: p.deleted, Merging: p.options.Merging, Reserved: p.options.Reserved, Judge: p.options.Judge, Confirmed: p.options.Confirmed, Notice: notice, Restart: p.restart,
	}
	p.profile = profile.Open(ctx, profileOptions(c, p.log))
	if o.Blocked = p.profile.Err(); o.Blocked == nil {
		o.Accounts, o.Sessions = p.profile.Database(), p.profile.Sessions()
		if err := p.profile.Notice(ctx); err != nil && o.Notice == nil {
			o.Notice = err
		}
	}
	if p.profile.Moved() {
		o.Notice = app.Fail(app.CodeDirectoryChanged, nil)
	}
	if c.DirectoryWrong && o.Blocked == nil { // nobody can sign in, and who is signed in stays so where they are
		c.Directory, o.Notice = p.profile.Directory(), settingsNotice(c)
		p.config.Directory = c.Directory
	}
	if c.Directory != "" && o.Blocked == nil {
		o.Blocked = p.join(ctx, &o)
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
	if len(providers) == 0 && err == nil && o.Blocked == nil && c.Directory == "" && !c.DirectoryWrong {
		p.setting = &settingUp{}
		o.Callbacks = callbacks(c)
	}
	p.browser = desktop.NewBrowser(pages, config.Prefix(p.options.Name))
	p.browser.Token = p.window.Token
	o.Browser = p.browser
	p.service = signin.New(o)
	p.origin.Use(p.service, p.service.Accounts())
	go func() {
		if err := p.origin.Serve(); err != nil {
			p.log.Error("the origin ended", "cause", err)
		}
	}()

	ctx, p.stop = context.WithCancel(ctx)
	go p.watch(ctx)
	p.lookAtFonts(ctx)
	if p.remote != nil {
		go p.remote.Watch(ctx, p.service)
	}
}

// lookAtFonts says once the first screen is there that nothing here draws Korean. What
// else is to be said comes first.
func (p *program) lookAtFonts(ctx context.Context) {
	ctx, done := context.WithCancel(ctx)
	p.service.Watch(ctx, func(s signin.State) {
		if s.Step == signin.StepStarting || s.Problem != nil || s.Language != app.Korean {
			return
		}
		done()
		if !webview.Hangul() {
			p.service.Note(app.CodeFontMissing)
		}
	})
}

// deleted removes what the program keeps of a user whose account is gone, or another's
// for good.
func (p *program) deleted(userID string) {
	if err := os.RemoveAll(p.config.Profile.User(userID)); err != nil {
		p.log.Warn("a deleted account's folder stays", "cause", err)
	}
}

// profileOptions name the profile of c.
func profileOptions(c config.Config, log *slog.Logger) profile.Options {
	return profile.Options{Folder: c.Profile, Keystore: c.Keystore, Directory: c.Directory, Unsure: c.DirectoryWrong, Clock: app.SystemClock{}, Rand: rand.Reader, Log: log}
}

// watch tells home when the network comes or goes, or the session is over, and tidies.
func (p *program) watch(ctx context.Context) {
	tick, tidy := time.NewTicker(watchEvery), time.NewTicker(tidyEvery)
	defer tick.Stop()
	defer tidy.Stop()
	p.service.Tidy(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tidy.C:
			p.service.Tidy(ctx)
		case <-tick.C:
			p.service.NetworkChanged()
			_, _ = p.service.Current(ctx) // a session that was ended elsewhere is over here
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
		if p.options.Closed != nil {
			p.options.Closed()
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
