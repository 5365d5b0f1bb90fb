package launch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/desktop"
	"munpae.example/munpae/app/internal/files"
	"munpae.example/munpae/app/internal/webview"
	"munpae.example/munpae/app/internal/words"
)

// choice is a button of the window that says why a start can't go on.
type choice int

const (
	quit choice = iota
	tryAgain
	moveHere // end the app that is open elsewhere, and go on here
	endIt    // end the app that does not answer, and go on
	newFolder
	getWebView // open the page where WebView2 is to be had
)

// label is the button's, in the words of one language.
func (b choice) label(w *words.Language) string {
	switch b {
	case tryAgain:
		return w.Actions["try_again"]
	case moveHere:
		return w.Ending.MoveHere
	case endIt:
		return w.Ending.EndIt
	case newFolder:
		return w.Ending.NewFolder
	case getWebView:
		return w.Ending.GetWebView
	case quit:
	}
	return w.Actions["quit"]
}

// enter makes the profile ready and takes it. Where that can't be done it says so,
// on stderr at once and in a window, and does what the person chooses there. Without
// an instance the start is over. The settings are those that stand when the profile can
// be read at last.
func enter(load func() (config.Config, error), c *config.Config, o Options) (instance *desktop.Instance, over error) {
	lock, socket, here := c.Profile.Lock(), c.Profile.Socket(), desktop.Here(os.Getenv)
	for {
		err := c.Profile.Create()
		if err == nil {
			instance, err = desktop.Acquire(lock, socket, here)
		}
		if err == nil {
			return instance, nil
		}
		if errors.Is(err, desktop.ErrRunning) {
			return nil, nil
		}
		choices := []choice{tryAgain, quit}
		elsewhere, there := errors.AsType[*desktop.Elsewhere](err)
		silent, hung := errors.AsType[*desktop.NotAnswering](err)
		switch {
		case there && elsewhere.Place.Far(here):
		case there:
			choices = []choice{moveHere, quit}
		case hung && silent.PID != 0:
			choices = []choice{tryAgain, endIt, quit}
		case errors.Is(err, config.ErrForeign) && c.Profile.Movable():
			choices = []choice{newFolder, tryAgain, quit}
		}
		switch tell(err, *c, o, choices...) {
		case moveHere:
			if err := desktop.MoveHere(lock, socket); err != nil {
				continue // it does not answer: Acquire says so
			}
		case endIt:
			silent.Overcome(lock)
		case newFolder:
			if _, err := c.Profile.SetAside(app.SystemClock{}.Now()); err != nil {
				return nil, end(err, *c, o)
			}
		case tryAgain:
		default:
			return nil, reported(err)
		}
		if again, err := load(); err == nil {
			*c = again
		}
	}
}

// end says why the start is over, and returns when that was read.
func end(err error, c config.Config, o Options) error {
	if app.CodeOf(err) != app.CodeWebViewMissing {
		tell(err, c, o, quit)
	} else if tell(err, c, o, getWebView, quit) == getWebView {
		_ = desktop.NewBrowser([]string{webview.EnginePage}, config.Prefix(o.Name)).Open(context.Background(), webview.EnginePage) // the address has been said
	}
	return reported(err)
}

// reported is err as something that has been said.
func reported(err error) error { return fmt.Errorf("%w: %w", ErrReported, err) }

// tell prints one clear line on stderr at once, and then says the same in a window
// where one can be opened. It returns the button that was pressed there, else quit.
func tell(err error, c config.Config, o Options, choices ...choice) choice {
	said := ending(err)
	say(said, o)
	if said.Code == app.CodeNoDisplay {
		return quit
	}
	w := words.In(app.Language(c.Language))
	told := words.Say(w.Tag, said.Code, said.Params)
	q := webview.Question{Name: o.Name, Title: o.App.Title, Happened: told.Happened, Next: told.Next}
	if p, ok := errors.AsType[*config.ProfileError](err); ok {
		q.Next += "\n\n" + p.Dir
	}
	if slices.Contains(choices, newFolder) {
		q.Next += "\n" + w.Ending.NewFolderNext
	}
	for _, b := range choices {
		q.Buttons = append(q.Buttons, b.label(w))
	}
	pressed, err := webview.Ask(q)
	if err != nil || pressed == webview.Closed {
		return quit
	}
	return choices[pressed]
}

// say prints err in one clear line on standard error, under the program's name.
func say(err error, o Options) { fmt.Fprintln(os.Stderr, Line(o.Name, err)) }

// Line tells err in one clear line under the program's name, in English whatever the
// window speaks, since scripts and bug reports read it.
func Line(name string, err error) string {
	e := ending(err)
	line := name + ": " + words.Say(app.English, e.Code, e.Params).Text()
	if p, ok := errors.AsType[*config.ProfileError](err); ok {
		line += " (" + p.Short() + ")"
	}
	return line
}

// ending gives what ended a start the code that says it to the person.
func ending(err error) *app.Error {
	if e, ok := errors.AsType[*app.Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*desktop.Elsewhere](err); ok {
		if e.Place.Far(desktop.Here(os.Getenv)) {
			return app.Fail(app.CodeRunningFar, err, "computer", e.Place.Computer)
		}
		return app.Fail(app.CodeRunningElsewhere, err, "place", e.Place.Name())
	}
	_, hung := errors.AsType[*desktop.NotAnswering](err)
	p, profile := errors.AsType[*config.ProfileError](err)
	switch {
	case hung:
		return app.Fail(app.CodeNotAnswering, err)
	case errors.Is(err, config.ErrForeign):
		return app.Fail(app.CodeProfileForeign, err, "owner", ownerName(p.Owner))
	case files.Full(err):
		return app.Fail(app.CodeDiskFull, err)
	case errors.Is(err, desktop.ErrUnlockable):
		return app.Fail(app.CodeProfileUnlockable, err)
	case errors.Is(err, config.ErrNoHome):
		return app.Fail(app.CodeNoHome, err)
	}
	if _, ok := errors.AsType[*os.PathError](err); ok || profile {
		return app.Fail(app.CodeProfileUnwritable, err)
	}
	return app.Fail(app.CodeInternal, err)
}

// ownerName is the name of the user with that ID, or the ID.
func ownerName(id int) string {
	if u, err := user.LookupId(strconv.Itoa(id)); err == nil {
		return u.Username
	}
	return strconv.Itoa(id)
}
