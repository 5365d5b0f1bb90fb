package attempt

import (
	"context"
	"encoding/base64"
	"io"
	"log/slog"
	"sync"
	"time"

	"munpae.example/munpae/app/internal/app"
)

const (
	// slowAfter is how long the first hop may take before the window says that no
	// browser came (docs/contract.md#steps).
	slowAfter = 8 * time.Second
	// lookEvery is how often the wall clock is looked at: timers stand still while a
	// computer sleeps, and ten minutes do not.
	lookEvery = 3 * time.Second
	// askFor is how long a device code may take to come before another press asks
	// again.
	askFor = 10 * time.Second
)

// Options are what an attempt needs; every field is required, but those of the way
// through the browser only where the provider offers it.
type Options struct {
	ID       string // of this launch; names the browser cookie
	Server   AuthorizationServer
	Prompt   app.Prompt
	Redirect Redirect
	Browser  Browser
	// Refusal translates the error code of an authorization error response (RFC
	// 6749 section 4.1.2.1), such as access_denied, into one of ours.
	Refusal  func(p app.Provider, errorCode string) error
	Language func() app.Language // of the pages
	// Problem is what a person may know of an error.
	Problem func(error) *app.Problem
	// Report is told of every progress, by the goroutine that runs the attempt.
	Report func(Progress)
	Clock  app.Clock
	Rand   io.Reader // crypto/rand.Reader outside tests
	Log    *slog.Logger
}

// Attempt is one confirmation by a provider. New, Listen, Run; then Finish, unless
// Close came first. Run owns everything that moves, in one goroutine.
type Attempt struct {
	o        Options
	provider app.Provider
	request  app.AuthorizationRequest

	ctx    context.Context // until the word, or Close
	cancel context.CancelFunc

	// What Run waits for, beside the browser's visits and the time.
	presses  chan press // what the person asks for meanwhile
	unopened chan error // the browser could not be opened
	codes    chan app.DeviceCode
	words    chan word      // what the provider says
	helpers  sync.WaitGroup // those who ask it

	mu       sync.Mutex // guards all below
	listener Listener   // nil without a way through the browser, and before Listen
	closed   *Outcome
}

// press is a button of a waiting sign-in.
type press int

const (
	openAgain press = iota
	useDeviceCode
)

// word is what the provider says: a confirmation, or why there is none.
type word struct {
	confirmation app.Confirmation
	err          error
	device       bool // by the way by code
}

// New makes an attempt with its own state, verifier and nonce. It ends with ctx.
func New(ctx context.Context, o Options) (*Attempt, error) {
	a := &Attempt{
		o: o, provider: o.Server.Describe(),
		presses: make(chan press, 1), unopened: make(chan error), codes: make(chan app.DeviceCode), words: make(chan word),
	}
	a.request.Prompt, a.request.At = o.Prompt, o.Clock.Now()
	for _, secret := range []struct {
		to    *string
		bytes int
	}{{&a.request.State, 32}, {&a.request.CodeVerifier, 32}, {&a.request.Nonce, 16}} {
		b := make([]byte, secret.bytes)
		if _, err := io.ReadFull(o.Rand, b); err != nil {
			return nil, app.Fail(app.CodeInternal, err)
		}
		*secret.to = base64.RawURLEncoding.EncodeToString(b)
	}
	a.ctx, a.cancel = context.WithCancel(ctx)
	return a, nil
}

// Start is the progress before the first step.
func (a *Attempt) Start() Progress {
	return Progress{Phase: PhaseOpening, Browser: a.provider.Browser, ExpiresAt: a.expiry().UnixMilli()}
}

// expiry is ten minutes from now by the wall clock: what Round drops would count the
// time that the computer was awake.
func (a *Attempt) expiry() time.Time { return a.o.Clock.Now().Round(0).Add(app.SignInLifetime) }

// Listen binds the redirect URI, where there is a way through the browser.
// CodePortInUse; context.Canceled if Close came before.
func (a *Attempt) Listen() error {
	if !a.provider.Browser {
		return a.ctx.Err()
	}
	l, err := a.o.Redirect.Listen(ListenRequest{Provider: a.provider, Attempt: a.o.ID, State: a.request.State, Language: a.o.Language})
	if err != nil {
		return err
	}
	a.request.RedirectURI = l.RedirectURI()
	a.mu.Lock()
	a.listener = l
	closed := a.closed
	a.mu.Unlock()
	if closed != nil {
		l.Close(*closed)
	}
	return a.ctx.Err()
}

// Run asks the provider, and returns its word: a confirmation by whichever way came
// first. context.Canceled after Close. A confirmation that is there is never thrown
// away for what failed, or for a time that was over, at the same moment.
func (a *Attempt) Run() (app.Confirmation, error) {
	defer a.cancel()
	run := run{Attempt: a, progress: a.Start()}
	defer run.stop()
	run.limit()

	// (1) The app opens the first hop in the person's browser, or asks for a code.
	var visits <-chan Visit
	if l := a.bound(); l != nil {
		visits = l.Visits()
		run.open()
	} else {
		run.askForCode()
	}
	for {
		select {
		case v := <-visits:
			switch {
			// (2) The browser is at the first hop, and goes on to the provider, which
			// asks the person.
			case v.Arrived != nil:
				run.arrived(v.Arrived)
			// (3) The provider refuses …
			case v.Refusal != "":
				a.o.Log.Info("authorization refused", "attempt", a.o.ID, "error", v.Refusal)
				return a.unless(a.o.Refusal(a.provider, v.Refusal))
			// … or (4) its answer comes back to the redirect URI, and (5) the code goes
			// to the token endpoint.
			default:
				run.check(v.Response)
			}
		// (6) The provider says who it is, or why not.
		case w := <-a.words:
			if w.err == nil {
				run.report(func(p *Progress) { p.Phase, p.BrowserSlow = PhaseChecking, false })
				return w.confirmation, nil
			}
			if w.device && run.goesOnWithout(w.err) {
				continue
			}
			return a.unless(w.err)

		case err := <-a.unopened:
			run.notOpened(err)
		case code := <-a.codes:
			run.codeUntil = code.ExpiresAt
			run.report(func(p *Progress) { p.Device = shown(code) })
		case p := <-a.presses:
			switch p {
			case openAgain:
				run.limit() // whoever opens it again has ten minutes for it
				run.open()
			case useDeviceCode:
				run.askForCode()
			}
		case <-run.slow.rings:
			if run.progress.Phase == PhaseOpening {
				run.report(func(p *Progress) { p.BrowserSlow = true })
			}
		case <-run.look.rings:
			if !run.tooLate() {
				run.look.set(a.o.Clock, lookEvery)
				continue
			}
			return a.unless(run.unanswered())
		case <-run.over.rings:
			return a.unless(run.unanswered())
		case <-a.ctx.Done():
			return app.Confirmation{}, a.ctx.Err()
		}
	}
}

// unless ends an attempt with err, unless a confirmation is there already.
func (a *Attempt) unless(err error) (app.Confirmation, error) {
	select {
	case w := <-a.words:
		if w.err == nil {
			return w.confirmation, nil
		}
	default:
	}
	return app.Confirmation{}, err
}

// say hands the provider's word to Run, unless that is over.
func (a *Attempt) say(w word) {
	select {
	case a.words <- w:
	case <-a.ctx.Done():
	}
}

// OpenAgain asks the browser to open once more, and gives it ten minutes anew.
func (a *Attempt) OpenAgain() {
	if a.bound() != nil {
		a.press(openAgain)
	}
}

// UseDeviceCode adds the way by code to the one through the browser.
func (a *Attempt) UseDeviceCode() {
	if a.provider.Device {
		a.press(useDeviceCode)
	}
}

func (a *Attempt) press(p press) {
	select {
	case a.presses <- p:
	case <-a.ctx.Done():
	}
}

// FirstHop returns the address to open in a browser; false without a way through it.
func (a *Attempt) FirstHop() (string, bool) {
	if l := a.bound(); l != nil {
		return l.FirstHop(), true
	}
	return "", false
}

func (a *Attempt) bound() Listener {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.listener
}

// Finish lets the page in the browser tell what came of the attempt.
func (a *Attempt) Finish(o Outcome) {
	if l := a.bound(); l != nil {
		l.Finish(o)
	}
}

// Close ends the attempt, which frees its port as Listener.Close says; who waits for the
// page is told o.
func (a *Attempt) Close(o Outcome) {
	a.cancel()
	a.mu.Lock()
	if a.closed == nil {
		a.closed = &o
	}
	l := a.listener
	a.mu.Unlock()
	if l != nil {
		l.Close(o)
	}
}

// Wait returns once nothing of the attempt runs any more, after Run.
func (a *Attempt) Wait() { a.helpers.Wait() }
