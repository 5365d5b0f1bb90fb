// Package munpae puts a sign-in in front of a Wails app: Naver, GitHub or any
// OpenID Connect provider through the person's own browser, a nickname the first
// time, and from then on an app that opens signed in, online or offline. There is no
// server and nothing to register but the app at its providers.
//
//	auth := munpae.New(munpae.Options{Name: "notes"})
//	err := auth.Run(&options.App{ // was wails.Run
//		Title: "Notes", Width: 800, Height: 600,
//		AssetServer: &assetserver.Options{Assets: assets},
//		Bind:        []any{&Notes{auth}},
//	})
//
// While nobody is signed in the window shows Munpae's screens; once somebody is, the
// app's own pages, as Wails would serve them. A bound method knows who asks by
// RequireSession, which it calls in its first line:
//
//	func (n *Notes) Mine() ([]Note, error) {
//		in, err := n.auth.RequireSession()
//		if err != nil {
//			return nil, err
//		}
//		return n.of(in.User.ID)
//	}
//
// The page needs nothing. What it may ask is in frontend/wailsjs/munpae, which is
// written where Wails writes its own bindings. docs/embedding.md is the whole story.
//
// This package, munpaetest and verify are what is promised; everything else of the module
// may change with any version.
package munpae

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/wailsapp/wails/v2/pkg/options"

	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/desktop"
	"munpae.example/munpae/app/internal/launch"
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/signin"
)

// Options are what an app asks of its sign-in. Only Name is required.
type Options struct {
	// Name is the app's in file names, settings and for the desktop: small letters,
	// digits and hyphens, a letter first, 32 at most. Apps of different names share
	// nothing. "my-notes" has its settings at MY_NOTES_….
	Name string
	// Version is what --version prints.
	Version string
	// Icon is a PNG, of the window where Wails' own options name none.
	Icon []byte
	// Providers are the ways in. nil: what the settings NAME_GITHUB_CLIENT_ID and so
	// on offer, and the practice providers where they offer nothing.
	Providers []Provider
	// Directory is the address of a munpae-directory that keeps the accounts: the
	// same on every computer. Empty: what NAME_DIRECTORY says, else the profile keeps
	// them. The directory has the providers, so it goes without Providers.
	Directory string
	// Front says what stands in front of whom.
	Front Front
	// Brand is how the sign-in looks: the app's name, picture and colours.
	Brand Brand
	// Policy adds sources to the Content-Security-Policy of the app's pages, by kind:
	// "connect", "img", "style", "font", "media", "script". Frames, objects and the
	// base address stay closed.
	Policy map[string][]string
	// Runtime are the functions of Wails' JavaScript runtime that the app's pages may call,
	// by name, such as "EventsEmit", or with a * for all that begin so, such as "Window*".
	// What is not named does nothing, whatever script gets into a page. nil: all of them,
	// empty: none. Bound methods are not among them. It is held to on Linux.
	Runtime []string
	// Storage keeps what the page stores (localStorage, IndexedDB) from start to start, by
	// keeping the port of the window's origin. Where another program has that port, the
	// page stands at another for one start and finds nothing.
	Storage bool
	// Accounts lets up to eight people, or one with several accounts, be signed in on one
	// computer, one of them on the screen: the account screen has the way from one to the
	// other, and OnChange tells of it. The setting NAME_ACCOUNTS=off turns it off. What a
	// page stores is everybody's, so it is refused together with Storage.
	Accounts bool
	// Keeps says, by language, what the app itself does with what is theirs when somebody
	// deletes their account, such as {"en": "Notes that you shared stay with whom you
	// shared them."}. It stands above the button.
	Keeps map[string]string
	// Reserved are more names that nobody may take as a nickname, in any disguise.
	Reserved []string
	// Nickname is the app's own say about a nickname that Munpae's rules allow, such as
	// moderation: the text of its error is the sentence that is shown. nil: it has none.
	// It is asked while somebody types, so it must be quick; it may be asked again.
	Nickname func(ctx context.Context, nickname string) error
	// OnConfirmed is given each confirmation by a provider before anything comes of it,
	// with the provider's own access token, which an app's server may trade for a session
	// of its own. It has ten seconds; an error ends the sign-in. The token is not kept:
	// nil, and nobody ever sees it. A directory gives none, so it is refused beside one.
	OnConfirmed func(context.Context, Confirmation) error
	// OnMerge is told of two accounts of one person that are to be brought together, and
	// of such that are to be two again: what the app keeps of From is Into's from then on,
	// or From's again. It is told before anything is written and has ten seconds; the text
	// of its error is the sentence that is shown, and nothing happens. Since it is told
	// before, it may be told again of what came to nothing: moving twice must do no harm.
	// nil: the app has no say.
	OnMerge func(context.Context, Merge) error
}

// Merge is what OnMerge is told of.
type Merge struct {
	From User // whose account becomes Into's, or comes back
	Into User // who goes on, with the same ID
	// FromDir and IntoDir are their folders (UserDir), each of which may not be there. That
	// of From stays for the 30 days in which it can be undone, and goes then.
	FromDir, IntoDir string
	Undone           bool // they are two again
}

// Front is what the window shows to whom.
type Front int

// The fronts.
const (
	// Wall shows Munpae's screens until somebody is signed in, and the app after that.
	Wall Front = iota
	// Own shows the app at once: it draws the screens itself, with the client.
	Own
	// Guest shows the app at once, and Munpae's screens when its page asks for them.
	Guest
)

// Auth is the sign-in of one app.
type Auth struct {
	o Options

	mu      sync.Mutex // guards all below
	args    []string   // those of Command that are ours
	ran     bool
	profile config.Profile
	service *signin.Service // once the profile is open
	watches []*watch
}

// New makes the sign-in of an app. It does nothing yet: what is wrong with o, Run says.
func New(o Options) *Auth { return &Auth{o: o} }

// ErrReported is in what Run returns where the start could not go on: standard error,
// and a window where one can be opened, have said why already.
var ErrReported = launch.ErrReported

// Run is wails.Run with the sign-in in front of the app: it opens the window and
// returns when it is closed. Every field of app is honoured, or refused by an error that
// names it (docs/embedding.md has the list). It parses no arguments: see Command. A
// second start of the same app raises the window of the first and returns nil.
//
// It must be called from the main goroutine, once.
func (a *Auth) Run(app *options.App) error {
	if err := a.start(); err != nil {
		return a.named(err)
	}
	if err := a.o.check(); err != nil {
		return a.named(err)
	}
	if err := desktop.Check(app); err != nil {
		return a.named(err)
	}
	if desktop.Generates {
		if err := desktop.Generate(app.Bind, app.EnumBind); err != nil {
			return a.named(err)
		}
		return writeClient()
	}
	behind, err := desktop.Pages(app)
	if err != nil {
		return a.named(err)
	}
	o, err := a.launch(app, behind)
	if err != nil {
		return a.named(err)
	}
	desktop.LeaveTerminal()
	return launch.Window(a.settings, o)
}

// start lets Run begin once.
func (a *Auth) start() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ran {
		return errors.New("Run was called twice")
	}
	a.ran = true
	return nil
}

// computer is what the settings are read from.
func (a *Auth) computer() config.System {
	s := config.ThisComputer(a.o.Name)
	s.Providers, s.NoDirectory = provider.Settings(), a.o.OnConfirmed != nil
	return s
}

// settings are those of the command line that Command was given, or of none.
func (a *Auth) settings() (config.Config, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	config.Private()
	c, err := config.Load(a.args, a.computer())
	if err == nil {
		c = a.o.over(c)
	}
	a.profile = c.Profile
	return c, err
}

// over is c with what the options set instead of the person; the demo has its own.
func (o Options) over(c config.Config) config.Config {
	if o.Providers != nil {
		c = offer(c, o.Providers)
	}
	if o.Directory != "" && !c.Demo {
		c.Directory = o.Directory
	}
	return c
}

func (a *Auth) launch(app *options.App, behind http.Handler) (launch.Options, error) {
	pages, err := builtPage()
	if err != nil {
		return launch.Options{}, err
	}
	brand, err := a.o.Brand.brand(cmp.Or(app.Title, a.o.Name))
	if err != nil {
		return launch.Options{}, err
	}
	policy, err := a.o.policy(desktop.DevServer() != "")
	if err != nil {
		return launch.Options{}, err
	}
	return launch.Options{
		Name: a.o.Name, Version: a.o.Version, Icon: a.o.Icon, Pages: pages, Brand: brand, Keeps: a.o.Keeps, Storage: a.o.Storage, Accounts: a.o.Accounts,
		App: app, Behind: behind, Open: a.o.Front != Wall, Policy: policy, Runtime: a.o.Runtime, Reserved: a.o.Reserved, Judge: a.o.Nickname, Confirmed: a.o.confirmed(), Merging: a.merging(),
		Opened: a.opened, Closed: a.closed,
	}, nil
}

// check says what is wrong with the options, as far as they themselves tell.
func (o Options) check() error {
	if !config.ValidName(o.Name) {
		return fmt.Errorf("Options.Name is %q: it must be small letters, digits and hyphens, a letter first, 32 at most", o.Name)
	}
	if o.Front < Wall || o.Front > Guest {
		return fmt.Errorf("Options.Front is %d: it must be Wall, Own or Guest", o.Front)
	}
	if err := checkProviders(o.Providers); err != nil {
		return err
	}
	if _, err := o.Brand.brand(""); err != nil {
		return err
	}
	if o.Accounts && o.Storage {
		return errors.New("Options.Accounts is set beside Options.Storage, which would show one person what another's page has stored")
	}
	if o.Directory != "" && o.OnConfirmed != nil {
		return errors.New("Options.OnConfirmed is set beside Options.Directory, which keeps the providers' tokens to itself")
	}
	if err := checkTexts("Keeps", o.Keeps); err != nil {
		return err
	}
	if err := checkReserved(o.Reserved); err != nil {
		return err
	}
	if o.Directory != "" {
		if !config.ValidAddress(o.Directory) {
			return errors.New("Options.Directory must be an https address, or http on a loopback address")
		}
		if o.Providers != nil {
			return errors.New("Options.Providers goes without Options.Directory: the directory has the providers")
		}
	}
	if err := desktop.CheckRuntime(o.Runtime); err != nil {
		return fmt.Errorf("Options.Runtime has %w", err)
	}
	_, err := o.policy(false)
	return err
}

// failure is an error under the app's name.
type failure struct {
	line string
	err  error
}

func (f *failure) Error() string { return f.line }
func (f *failure) Unwrap() error { return f.err }

// named says err in one line under the app's name.
func (a *Auth) named(err error) error {
	name := a.o.Name
	if !config.ValidName(name) {
		name = "munpae"
	}
	line := name + ": " + strings.TrimPrefix(err.Error(), "munpae: ")
	if e, ok := errors.AsType[*config.UsageError](err); ok {
		line = fmt.Sprintf("%[1]s: %[2]s (%[1]s --help)", name, e.Reason)
	}
	return &failure{line, err}
}

// Command takes what belongs to Munpae out of a command line without the program's
// name: --profile, --demo, --lang, --theme, --dev, which Run then heeds, and --version,
// --help and doctor, which are done here. rest is what the app may read for itself. If
// done is set the program ends with code: 0, 1 where doctor found something wrong, 2 for
// a command line that cannot be understood.
func (a *Auth) Command(args []string) (rest []string, code int, done bool) {
	if desktop.Generates {
		return nil, 0, false // the arguments are Wails' own
	}
	desktop.Terminal()
	if err := a.o.check(); err != nil {
		fmt.Fprintln(os.Stderr, a.named(err))
		return nil, 1, true
	}
	config.Private()
	ours, rest := config.Split(args)
	c, err := config.Load(ours, a.computer())
	if err == nil && c.Command != config.Window && len(rest) > 0 {
		err = &config.UsageError{Reason: fmt.Sprintf("unknown argument %q", rest[0])}
	}
	_, wrong := errors.AsType[*config.UsageError](err)
	if err != nil && (wrong || c.Command != config.Window) { // else Run says it, in a window
		fmt.Fprintln(os.Stderr, a.named(err))
		if wrong {
			return nil, 2, true
		}
		return nil, 1, true
	}
	printed := error(nil)
	switch c.Command {
	case config.Help:
		_, printed = fmt.Print(config.UsageOf(a.o.Name))
	case config.Version:
		_, printed = fmt.Println(a.o.Name, a.o.Version)
	case config.Doctor:
		if !launch.Doctor(a.o.over(c), launch.Options{Name: a.o.Name, Version: a.o.Version}) {
			return nil, 1, true
		}
	default:
		a.mu.Lock()
		a.args = ours
		a.mu.Unlock()
		return rest, 0, false
	}
	if printed != nil {
		return nil, 1, true
	}
	return nil, 0, true
}
