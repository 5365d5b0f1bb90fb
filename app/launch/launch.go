// Package launch starts the program: it reads the command line, takes the
// profile, opens what is in it and hands everything to the window. It is the one
// package besides main that knows all others; whoever embeds Munpae in a program
// of their own calls Main (see the example), or starts from a copy of this package.
package launch

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"runtime"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/desktop"
	"munpae.example/munpae/app/internal/journal"
	"munpae.example/munpae/app/internal/origin"
	"munpae.example/munpae/app/internal/signin"
	"munpae.example/munpae/app/internal/sqlite"
	"munpae.example/munpae/app/internal/webview"
)

// Options are what differs between programs that start with Main.
type Options struct {
	// Name is the program's in file names and for the desktop; "munpae" if empty.
	// Programs of different names share nothing.
	Name string
	// Title is the window's; "Munpae" if empty.
	Title   string
	Version string
	Pages   fs.FS  // the built front end
	Icon    []byte // PNG
	// Bind returns structs whose exported methods the page may call, beside
	// Munpae's own: window.go.PACKAGE.STRUCT.METHOD. who answers who is signed in at
	// the moment, or app.CodeSessionNone; the page gets an error as its code. nil:
	// there are none.
	Bind func(who func() (app.SignedIn, error)) []any
}

// Exit codes (docs/contract.md#command-line).
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

// Main runs the program with its arguments, without its name, and returns the
// exit code. It must be called from the main goroutine.
func Main(args []string, o Options) int {
	if desktop.Generates {
		var more []any
		if o.Bind != nil {
			more = o.Bind(nil)
		}
		if err := desktop.Generate(more...); err != nil {
			return fail(err)
		}
		return exitOK
	}
	o.Name, o.Title = cmp.Or(o.Name, "munpae"), cmp.Or(o.Title, "Munpae")
	config.Private()
	c, err := config.Load(args, config.ThisComputer(o.Name))
	if err != nil {
		if _, ok := errors.AsType[*config.UsageError](err); ok {
			fmt.Fprintln(os.Stderr, err)
			return exitUsage
		}
		if c.Command == config.Doctor {
			return fail(err)
		}
		return end(err, c, o)
	}
	switch c.Command {
	case config.Help:
		return printed(fmt.Print(config.Usage()))
	case config.Version:
		return printed(fmt.Println(o.Name, o.Version))
	case config.Doctor:
		return runDoctor(c, o)
	default:
		return runWindow(args, c, o)
	}
}

// printed is the exit code of a command that only prints.
func printed(_ int, err error) int {
	if err != nil {
		return exitError
	}
	return exitOK
}

// runWindow opens the window and returns when it is closed.
func runWindow(args []string, c config.Config, o Options) int {
	if !desktop.HasWindow {
		fmt.Fprintln(os.Stderr, o.Name+": built without its window: use build/build.sh, or go build -tags desktop,production,webkit2_41")
		return exitError
	}
	instance, code := enter(args, &c, o)
	if instance == nil {
		return code
	}
	defer instance.Close()
	log, closer := journal.Open(c.Profile.Log(), slog.LevelInfo)
	defer closer.Close()
	if err := instance.Comfort(); err != nil {
		log.Warn("a second start can't raise this one", "cause", err)
	}
	log.Info("start", "version", o.Version, "demo", c.Demo, "os", runtime.GOOS)

	notice := settingsNotice(c)
	if err := checkJar(c.Profile.Cookies(), log); err != nil {
		notice = err
	}
	window := desktop.NewWindow()
	instance.OnRaise(window.RaiseFor)
	instance.OnLeave(window.Leave)
	p := &program{args: args, config: c, options: o, log: log, window: window, instance: instance}
	from, err := origin.New(origin.Options{
		Pages: o.Pages, Clock: app.SystemClock{}, Rand: rand.Reader, Log: log, Dev: c.Dev,
		Language: func() app.Language { return p.service.Language() },
		Theme:    func() string { return p.service.State().Theme },
	})
	if err != nil {
		return end(err, c, o)
	}
	p.origin = from
	defer p.close()
	err = window.Run(desktop.Options{
		Name: o.Name, Title: o.Title, Origin: from.Address(), CookieJar: c.Profile.Cookies(), BootURL: from.BootURL, Log: log, Icon: o.Icon,
		Light: desktop.Colour{R: 0xFB, G: 0xF7, B: 0xF0}, Dark: desktop.Colour{R: 0x1E, G: 0x1A, B: 0x17},
		Connect: func() (desktop.SignIn, desktop.Host) {
			p.open(context.Background(), notice)
			if err := p.profile.Err(); err != nil {
				fail(err) // the window says it too
			}
			if c.Dev {
				fmt.Fprintln(os.Stderr, from.DevURL())
			}
			return p.service, p
		},
		Bind: func() []any {
			if o.Bind == nil {
				return nil
			}
			return o.Bind(p.service.Who)
		},
	})
	if err != nil {
		return end(err, c, o)
	}
	if p.profile != nil && p.profile.Err() != nil {
		return exitError
	}
	return exitOK
}

// settingsNotice tells the first wrong setting; the doctor lists all.
func settingsNotice(c config.Config) error {
	if len(c.Problems) == 0 {
		return nil
	}
	return &app.Error{Code: app.CodeSettingsInvalid, Params: c.Problems[0].Params()}
}

// checkJar heals the webview's jar before the webview opens it and returns what
// the person has to know of it.
func checkJar(path string, log *slog.Logger) error {
	moved, err := webview.CheckJar(path, app.SystemClock{}.Now(), sqlite.CheckJar(context.Background(), func(c sqlite.Cookie) (sqlite.Cookie, bool) {
		to, ok := origin.Place(c.Name, c.Path)
		return sqlite.Cookie{Name: c.Name, Host: c.Host, Path: to}, ok && c.Host == "127.0.0.1"
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

var _ origin.UseCases = (*signin.Service)(nil)
