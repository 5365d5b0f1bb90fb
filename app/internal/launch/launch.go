// Package launch is one start of the program: it takes the profile, opens what is in
// it and hands everything to the window. It wires all other packages up, and nothing
// else is here. Package munpae is its one caller.
package launch

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"runtime"

	"github.com/wailsapp/wails/v2/pkg/options"

	"munpae.example/munpae/app/internal/account"
	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/desktop"
	"munpae.example/munpae/app/internal/desktop/munpae"
	"munpae.example/munpae/app/internal/journal"
	"munpae.example/munpae/app/internal/origin"
	"munpae.example/munpae/app/internal/signin"
	"munpae.example/munpae/app/internal/sqlite"
	"munpae.example/munpae/app/internal/webview"
	"munpae.example/munpae/app/internal/words"
)

// Options are what differs between programs. Every field but Pages, App and Name may
// be zero.
type Options struct {
	// Name is the program's in file names and for the desktop. Programs of different
	// names share nothing.
	Name    string
	Version string
	Pages   fs.FS  // the built front end
	Icon    []byte // PNG
	// App are Wails' own options, checked by desktop.Check.
	App *options.App
	// Behind stands behind the sign-in; Open lets it answer without a session, and
	// Policy adds to the policy of its pages (origin.Options).
	Behind http.Handler
	Open   bool
	Policy map[string][]string
	// Runtime are the functions of Wails' runtime that its pages may call; nil: all.
	Runtime []string
	Brand   Brand
	// Keeps says what the program does when an account is deleted, by language.
	Keeps map[string]string
	// Storage keeps the origin's port from start to start.
	Storage bool
	// Accounts lets several accounts be signed in on one computer, unless a setting
	// forbids it.
	Accounts bool
	// Reserved are more names that nobody may take.
	Reserved []string
	// Confirmed is given each confirmation (signin.Options); may be nil.
	Confirmed func(context.Context, app.Confirmation) error
	// Judge is the program's own say about a nickname; may be nil.
	Judge func(context.Context, string) error
	// Merging is the program's own say about two accounts that are to be brought together
	// or apart again (signin.Options); may be nil.
	Merging func(ctx context.Context, from, into app.User, undone bool) error
	// Opened is called once the use cases are there, before the window is; Closed
	// before they are closed.
	Opened func(*signin.Service)
	Closed func()
}

// Brand is how the screens look, checked already.
type Brand struct {
	Name string
	// Own says that the program has a brand of its own; else it is Munpae's.
	Own         bool
	Logo        []byte // in the place of the nameplate; nil: the nameplate
	LogoType    string
	Style       string // custom properties of the screens; empty: Munpae's
	SignIn      map[string]string
	Light, Dark [3]uint8 // the grounds, painted before the page is there
}

// ErrReported is in the error of a start that could not go on: standard error, and a
// window where one can be opened, have said why.
var ErrReported = errors.New("the start could not go on")

// Window opens the window with the settings that load reads, and returns when it is
// closed, by nil also where the program runs already and was asked to come to the
// front. It must be called from the main goroutine. An error is ErrReported.
func Window(load func() (config.Config, error), o Options) error {
	c, err := load()
	if err != nil {
		return end(err, c, o)
	}
	if !desktop.HasWindow {
		fmt.Fprintln(os.Stderr, o.Name+": built without its window: use build/build.sh, or go build -tags desktop,production,webkit2_41")
		return reported(errors.New("no window"))
	}
	instance, err := enter(load, &c, o)
	if instance == nil {
		return err
	}
	defer instance.Close()
	log, closer := journal.Open(c.Profile.Log(), slog.LevelInfo)
	defer closer.Close()
	if err := instance.Comfort(); err != nil {
		log.Warn("a second start can't raise this one", "cause", err)
	}
	log.Info("start", "version", o.Version, "demo", c.Demo, "os", runtime.GOOS)

	notice := settingsNotice(c)
	if name := words.ZoneName(); name != "" {
		os.Setenv("TZ", name) // for the window's engine, which is started later
	}
	window := desktop.NewWindow()
	instance.OnRaise(window.RaiseFor)
	instance.OnLeave(window.Leave)
	p := &program{config: c, options: o, log: log, window: window, instance: instance}
	at, kept := place(c.Profile, o.Storage)
	from, err := origin.New(origin.Options{
		Host: at.Addr(), Port: int(at.Port()),
		Pages: o.Pages, Place: placeOf(c.Profile), Clock: app.SystemClock{}, Rand: rand.Reader, Log: log, Dev: c.Dev,
		Behind: o.Behind, Open: o.Open, Several: o.several(c), Policy: o.Policy,
		SetUp:    p.setUp,
		Brand:    origin.Brand{Name: o.Brand.Name, Own: o.Brand.Own, Settings: config.Prefix(o.Name), Logo: o.Brand.Logo, LogoType: o.Brand.LogoType, Style: o.Brand.Style, SignIn: o.Brand.SignIn, Keeps: o.Keeps},
		Language: func() app.Language { return p.service.Language() },
		Theme:    func() string { return p.service.State().Theme },
	})
	if err != nil {
		return end(err, c, o)
	}
	p.origin = from
	if o.Storage && !kept {
		if err := keepPlace(c.Profile.Port(), netip.AddrPortFrom(from.Host(), uint16(from.Port()))); err != nil {
			log.Warn("the origin's port was not kept", "cause", err)
		}
	}
	defer p.close()
	if err := checkJar(c.Profile.Cookies(), from.Host(), o.several(c), log); err != nil {
		notice = err
	}
	err = window.Run(desktop.Options{
		Name: o.Name, Called: o.Brand.Name, Origin: from.Address(), CookieJar: c.Profile.Cookies(), BootURL: from.BootURL, Booted: from.Booted, Log: log, Icon: o.Icon,
		Light: o.Brand.Light, Dark: o.Brand.Dark, Accent: o.Brand.Style == "",
		App: o.App, ShowsBehind: from.ShowsBehind, Keeps: origin.Keeps, Whole: o.Behind != nil, Runtime: o.Runtime,
		Connect: func() (munpae.SignIn, munpae.Host) {
			p.open(context.Background(), notice)
			if err := p.profile.Err(); err != nil {
				say(err, o) // the window says it too
			}
			if c.Dev {
				fmt.Fprintln(os.Stderr, from.DevURL())
			}
			if o.Opened != nil {
				o.Opened(p.service)
			}
			return p.service, p
		},
	})
	if err != nil {
		return end(err, c, o)
	}
	if p.profile != nil && p.profile.Err() != nil {
		return reported(p.profile.Err())
	}
	return nil
}

// several says whether several accounts may be signed in.
func (o Options) several(c config.Config) bool { return o.Accounts && c.Accounts }

// settingsNotice tells the first wrong setting; the doctor lists all.
func settingsNotice(c config.Config) error {
	if len(c.Problems) == 0 {
		return nil
	}
	return &app.Error{Code: app.CodeSettingsInvalid, Params: c.Problems[0].Params()}
}

// checkJar heals the webview's jar before the webview opens it, for the window at host,
// and returns what the person has to know of it. several keeps a copy of each account's
// token there.
func checkJar(path string, host netip.Addr, several bool, log *slog.Logger) error {
	now := app.SystemClock{}.Now()
	moved, err := webview.CheckJar(path, now, sqlite.CheckJar(context.Background(), func(all []sqlite.Cookie) []sqlite.Cookie {
		var ours []origin.Stored
		for _, c := range windows(all, host) {
			ours = append(ours, origin.Stored{Name: c.Name, Path: c.Path, Value: c.Value, Expires: c.Expires})
		}
		var settled []sqlite.Cookie
		for _, c := range origin.Settle(ours, now, several) {
			settled = append(settled, sqlite.Cookie{Name: c.Name, Host: host.String(), Path: c.Path, Value: c.Value, Expires: c.Expires})
		}
		return settled
	}))
	if moved != "" {
		log.Warn("cookie jar set aside", "to", moved)
	}
	switch {
	case errors.Is(err, webview.ErrJarReadOnly):
		return app.Fail(app.CodeJarReadOnly, err)
	case err != nil || moved != "":
		return app.Fail(app.CodeJarDamaged, err)
	}
	return nil
}

// windows are the cookies of the window at host: those that are there or, where none is,
// those of every other address of this computer's own. An earlier version had them at
// 127.0.0.1, and so has a start that could not have its own.
func windows(all []sqlite.Cookie, host netip.Addr) []sqlite.Cookie {
	var here, elsewhere []sqlite.Cookie
	for _, c := range all {
		switch at, err := netip.ParseAddr(c.Host); {
		case err != nil || !at.Is4() || !at.IsLoopback():
		case at == host:
			here = append(here, c)
		default:
			elsewhere = append(elsewhere, c)
		}
	}
	if len(here) > 0 {
		return here
	}
	return elsewhere
}

var (
	_ origin.UseCases = (*signin.Service)(nil)
	_ account.Merger  = (*sqlite.DB)(nil)
)
