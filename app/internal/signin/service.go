package signin

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"munpae.example/munpae/app/internal/account"
	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/attempt"
	"munpae.example/munpae/app/internal/words"
)

// Options are what a Service needs. Everything up to Log is required, except that
// Accounts and Sessions may be nil where Blocked is set.
type Options struct {
	Providers []attempt.AuthorizationServer // in the order of the buttons
	Accounts  Accounts
	Sessions  Sessions
	Redirect  attempt.Redirect
	Browser   attempt.Browser
	// Refusal translates the error code of an authorization error response (RFC
	// 6749 section 4.1.2.1), such as access_denied, into one of ours.
	Refusal func(p app.Provider, errorCode string) error
	Window  Window
	Clock   app.Clock
	Rand    io.Reader // crypto/rand.Reader outside tests
	Log     *slog.Logger
	// Online reports whether the computer has a route to the outside, without
	// sending anything; nil means yes.
	Online func() bool

	Demo         bool
	Several      bool         // accounts may be signed in beside each other
	Language     app.Language // where the person has chosen none
	Theme        string
	LanguageSet  bool   // Language was asked for at this start and stands over the stored choice
	ThemeSet     bool   // likewise
	SettingsFile string // shown on the setup screen
	// Callbacks are what to register at each provider that the setup screen takes keys of.
	Callbacks map[string][]string
	// Notice is shown on the first screen where no session resumes: a wrong
	// setting, a healed cookie jar. Blocked stops everything at the start.
	Notice  error
	Blocked error
	// Confirmed is given each confirmation before anything comes of it, and ends the
	// sign-in by an error; nil: nobody is.
	Confirmed func(context.Context, app.Confirmation) error
	// Reserved are more names that nobody may take.
	Reserved []string
	// Judge is the program's own say about a nickname (account.Options); may be nil.
	Judge func(ctx context.Context, nickname string) error
	// Token makes an access token for the program's own server, where a directory
	// keeps the accounts; nil: there is none.
	Token func(ctx context.Context, sessionID, audience string) (string, error)
	// Merging is the program's own say about two accounts that are to be brought together
	// or apart again (account.Options); may be nil.
	Merging func(ctx context.Context, from, into app.User, undone bool) error
	// Deleted is told of every account that was deleted, after its rows are, and of every
	// one that is another's for good; may be nil.
	Deleted func(userID string)
	// Drawer keeps the receipt of a deleted account while it is not read; nil: it is lost
	// with the program.
	Drawer Drawer
	// Restart starts the program over: Try again in StepBlocked.
	Restart func() error
}

// Service is the single writer of the machine and holds the use cases around it.
type Service struct {
	o    Options
	acts *account.Acts

	alive context.Context // until Close
	die   context.CancelFunc

	// Acts that must not run beside themselves; taken before mu.
	claiming, signingUp, linking, recovering sync.Mutex

	serversMu sync.RWMutex
	servers   map[string]attempt.AuthorizationServer // by provider

	mu       sync.Mutex // guards all below
	machine  machine
	state    State // what machine shows
	watchers map[int]chan State
	watched  int
	attempts int
	closed   bool
	seen     string         // the user whose receipt was on the screen last
	sheet    sheet          // the recovery codes that are on the screen
	running  sync.WaitGroup // what goes on in the background
}

// closeFor is how long Close waits: longer than the database does for a lock.
const closeFor = 3 * time.Second

// New makes a Service in StepStarting, or StepBlocked if o.Blocked is set.
func New(o Options) *Service {
	s := &Service{o: o, servers: map[string]attempt.AuthorizationServer{}, watchers: map[int]chan State{}}
	s.machine.language, s.machine.theme = cmp.Or(o.Language, words.Default), cmp.Or(o.Theme, "system")
	s.machine.providers = s.serve(o.Providers)
	s.acts = account.New(account.Options{
		Store: o.Accounts, Sessions: o.Sessions, Configured: func(id string) bool { return s.server(id) != nil }, Clock: o.Clock, Rand: o.Rand, Log: o.Log, Reserved: o.Reserved, Judge: o.Judge,
		Merging:  o.Merging,
		Deleting: func(who app.SignedIn, d account.Deleted) { s.apply(deleting{receiptOf(who.User, d)}) },
	})
	s.alive, s.die = context.WithCancel(context.Background())
	if o.Blocked != nil {
		s.machine, _ = next(s.machine, stopped{*s.Problem(o.Blocked)})
	} else {
		s.recallSettings()
		s.recallReceipt(context.Background())
	}
	s.publish()
	return s
}

// serve takes all as the providers that there are, and describes them.
func (s *Service) serve(all []attempt.AuthorizationServer) []app.Provider {
	s.serversMu.Lock()
	defer s.serversMu.Unlock()
	var described []app.Provider
	for _, server := range all {
		d := server.Describe()
		s.servers[d.ID] = server
		described = append(described, d)
	}
	return described
}

// server is the provider of that ID, or nil.
func (s *Service) server(id string) attempt.AuthorizationServer {
	s.serversMu.RLock()
	defer s.serversMu.RUnlock()
	return s.servers[id]
}

// Offer shows all as the providers, in the order of the buttons: some were set since the
// start. None that was there may be missing. wrong is what is still to be said of the
// settings, or nil.
func (s *Service) Offer(all []attempt.AuthorizationServer, wrong error) {
	e := offered{providers: s.serve(all)}
	if wrong != nil {
		e.wrong = s.Problem(wrong)
	}
	s.apply(e)
}

// recallSettings brings back what the person chose at an earlier start.
func (s *Service) recallSettings() {
	ctx := context.Background()
	recall := func(name string, apply func(string)) {
		v, err := s.o.Accounts.Setting(ctx, name)
		if err == nil && v != "" {
			apply(v)
		}
	}
	if !s.o.LanguageSet {
		recall("language", func(v string) { s.machine.language = app.Language(v) })
	}
	if !s.o.ThemeSet {
		recall("theme", func(v string) { s.machine.theme = v })
	}
	recall("last_provider", func(v string) { s.machine.lastUsed = v })
}

// Accounts are what can be asked of the accounts without moving the state.
func (s *Service) Accounts() *account.Acts { return s.acts }

// State returns the state as it is.
func (s *Service) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// Language returns the language that the window speaks.
func (s *Service) Language() app.Language {
	return s.State().Language
}

// Watch calls f with the state as it is and then with every later one, in order,
// from one goroutine, until ctx ends. A slow f skips states in between, never the last.
func (s *Service) Watch(ctx context.Context, f func(State)) {
	c := make(chan State, 1)
	s.mu.Lock()
	id := s.watched
	s.watched++
	s.watchers[id] = c
	c <- s.state
	s.mu.Unlock()
	go func() {
		defer func() {
			s.mu.Lock()
			delete(s.watchers, id)
			s.mu.Unlock()
		}()
		for {
			select {
			case <-ctx.Done():
				return
			case st := <-c:
				if ctx.Err() != nil {
					return
				}
				f(st)
			}
		}
	}()
}

// apply is the only writer of the machine. It reports whether e fitted.
func (s *Service) apply(e event) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.applyLocked(e)
}

func (s *Service) applyLocked(e event) bool {
	m, err := next(s.machine, e)
	if err != nil {
		s.o.Log.Debug("late event", "event", fmt.Sprintf("%T", e), "step", s.state.Step)
		return false
	}
	_, begins := e.(deleting) // counts also while the window closes
	came := m.isHome() && m.person.User.ID != s.machine.person.User.ID
	if (m.kept() != s.machine.kept() || came) && (!s.closed || begins) {
		s.keepReceipt(m.kept())
	}
	s.machine = m
	switch e.(type) {
	case deleting, undeleted, alive: // nothing of it is to be seen
	default:
		s.publish()
	}
	return true
}

// publish tells the watchers what the machine shows now.
func (s *Service) publish() {
	before := s.state
	s.state = s.machine.state(s.now(), s.machine.isHome() && !s.online())
	if s.state.Receipt != nil {
		s.seen = s.machine.receipt.UserID
	}
	s.state.Seq, s.state.Demo, s.state.Accounts, s.state.SettingsFile = before.Seq+1, s.o.Demo, s.o.Several, s.o.SettingsFile
	if len(s.o.Callbacks) > 0 && (s.state.Step == StepSetupNeeded || s.state.Step == StepSignedOut) {
		s.state.Callbacks = s.o.Callbacks
	}
	if s.state.Home != nil {
		s.state.Home.Another = s.acts.CanMerge()
	}
	if s.state.Step != before.Step {
		s.o.Log.Info("step", "from", before.Step, "to", s.state.Step, "seq", s.state.Seq)
	}
	for _, c := range s.watchers {
		select {
		case <-c: // an older state nobody took yet
		default:
		}
		c <- s.state
	}
}

// Problem turns err into what the window may know, with a support code that also
// stands in the log beside the cause. It shows nothing.
func (s *Service) Problem(err error) *app.Problem {
	p := &app.Problem{Code: app.CodeOf(err), Params: app.ParamsOf(err), Support: app.SupportCode(s.o.Rand)}
	s.o.Log.Warn("problem", "code", p.Code, "support", p.Support, "cause", app.CauseOf(err))
	return p
}

// notice is a problem that the person meant, or that is nobody's fault, and needs no support code.
func notice(c app.Code) *app.Problem { return &app.Problem{Code: c} }

// Dismiss takes the problem off the screen.
func (s *Service) Dismiss() { s.apply(dismissed{}) }

// Report shows a failure of an act, such as a folder that could not be opened. The
// screen stays.
func (s *Service) Report(err error) { s.apply(failed{*s.Problem(err)}) }

// Note shows what is nobody's fault. The screen stays.
func (s *Service) Note(c app.Code) { s.apply(failed{*notice(c)}) }

// SetLanguage sets and keeps the window's language; any other text is ignored.
func (s *Service) SetLanguage(ctx context.Context, l app.Language) {
	if !words.Known(l) {
		return
	}
	s.apply(languageChosen{l})
	s.keep(ctx, "language", string(l))
}

// SetTheme sets and keeps "light", "dark" or "system"; any other text is ignored.
func (s *Service) SetTheme(ctx context.Context, theme string) {
	switch theme {
	case "light", "dark", "system":
		s.apply(themeChosen{theme})
		s.keep(ctx, "theme", theme)
	}
}

// keep stores a setting; that it could not be stored is for the log only, since
// the choice holds for this start all the same.
func (s *Service) keep(ctx context.Context, name, value string) {
	if s.o.Accounts == nil {
		return
	}
	if err := s.o.Accounts.SetSetting(ctx, name, value); err != nil {
		s.o.Log.Warn("setting not kept", "name", name, "code", app.CodeOf(err))
	}
}

// Who returns who is signed in in this window. CodeSessionNone.
func (s *Service) Who() (app.SignedIn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.machine.isHome() {
		return app.SignedIn{}, app.Fail(app.CodeSessionNone, nil)
	}
	return s.machine.person, nil
}

// run does f in the background; Close waits for it.
func (s *Service) run(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.running.Go(f)
	}
}

// Close cancels what is under way and returns when nothing of it runs any more: an
// exchange ends, an act on the database is finished; at most closeFor. Connections
// that still wait are told.
func (s *Service) Close() {
	defer s.settle()
	s.die()
	s.mu.Lock()
	s.closed = true
	w := s.machine.attempt // stays: what it has stored already is for the next start
	m := s.machine
	read := m.going == nil && (m.isHome() || m.receipt != nil && m.receipt.UserID == s.seen)
	s.mu.Unlock()
	if w != nil {
		w.handle.Close(pageOf(notice(app.CodeSignInExpired)))
	}
	if read {
		s.keepReceipt(nil) // whoever closes the window has seen it, or is somebody else
	}
}

// settle waits for what runs in the background, but not forever: a window that is
// going away may never answer a Raise.
func (s *Service) settle() {
	done, late := make(chan struct{}), make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	stop := s.o.Clock.AfterFunc(closeFor, func() { close(late) })
	defer stop()
	select {
	case <-done:
	case <-late:
		s.o.Log.Warn("closed while something was still running")
	}
}

func (s *Service) now() time.Time { return s.o.Clock.Now() }

// online reports whether there is a route to the outside.
func (s *Service) online() bool { return s.o.Online == nil || s.o.Online() }

// NetworkChanged looks at the network again: home says whether it is offline.
func (s *Service) NetworkChanged() {
	offline := !s.online()
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.state.Home; h != nil && h.Offline != offline {
		s.applyLocked(networkChanged{})
	}
}
