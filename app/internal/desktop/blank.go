package desktop

import (
	"strings"
	"sync"

	"github.com/wailsapp/wails/v2/pkg/runtime"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/desktop/munpae"
	"munpae.example/munpae/app/internal/webview"
	"munpae.example/munpae/app/internal/words"
)

// blank is what the window says where its page is not there.
type blank struct {
	window *Window
	dog    *watchdog
	put    func(webview.Notice) bool // webview.Show
	// Set once the program is connected, before the window opens.
	signIn munpae.SignIn
	check  func() ([]app.Finding, error)

	checking sync.Mutex
}

// The buttons, in the order in which they are shown.
const (
	pressTryAgain = iota
	pressCheck
	pressQuit
)

// show says that the page is not there.
func (b *blank) show() {
	w := words.In(b.signIn.State().Language).Blank
	b.say(w.Missing, w.MissingNext)
}

func (b *blank) say(happened, next string) {
	state := b.signIn.State()
	w := words.In(state.Language)
	b.put(webview.Notice{
		Happened: happened, Next: next, Theme: state.Theme,
		Buttons: []string{w.Actions["try_again"], w.Actions["check"], w.Actions["quit"]},
	})
}

// press does what a button says. It is called on the main loop's thread.
func (b *blank) press(button int) {
	switch button {
	case pressTryAgain:
		go b.dog.again()
	case pressCheck:
		go b.examine()
	case pressQuit:
		if !webview.Quit() {
			runtime.Quit(b.window.Context())
		}
	}
}

// examine runs the self-tests and says what is not well, as the page would. A page that
// has come meanwhile stays.
func (b *blank) examine() {
	if !b.checking.TryLock() {
		return
	}
	defer b.checking.Unlock()
	w := words.In(b.signIn.State().Language)
	b.dog.amend(func() { b.say(w.Blank.Checking, "") })
	findings, err := b.check()
	happened, next := examined(w, findings)
	if err != nil {
		said := words.Say(w.Tag, app.CodeOf(err), nil)
		happened, next = said.Happened, said.Next
	}
	b.dog.amend(func() { b.say(happened, next) })
}

// examined is what findings come to: a failure is named as what is wrong; what is
// only worth knowing, such as one of five ports that is taken, stands below.
func examined(w *words.Language, findings []app.Finding) (happened, next string) {
	happened, lines := w.Blank.Well, []string{w.Blank.WellNext}
	var wrong, worthKnowing []string
	for _, f := range findings {
		line := f.Detail
		if f.Code != "" {
			line = words.Say(w.Tag, f.Code, f.Params).Text() + "\n" + f.Detail
		}
		switch f.Verdict {
		case app.Bad:
			wrong = append(wrong, line)
		case app.Warning:
			worthKnowing = append(worthKnowing, line)
		case app.Good, app.Skipped:
		}
	}
	if len(wrong) > 0 {
		happened, lines = w.Blank.Wrong, wrong
	}
	return happened, strings.Join(append(lines, worthKnowing...), "\n\n")
}
