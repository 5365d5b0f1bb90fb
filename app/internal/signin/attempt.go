package signin

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"rsc.io/qr"

	"munpae.example/munpae/app/internal/account"
	"munpae.example/munpae/app/internal/app"
)

// browserSlowAfter is how long the first hop may take before the window says
// that no browser came (docs/contract.md#steps).
const browserSlowAfter = 8 * time.Second

// attempt is one confirmation by a provider, from the click to the outcome. Both
// roads, browser and code, belong to it; the first to be confirmed wins.
type attempt struct {
	id        string
	provider  Provider
	described app.Provider
	purpose   Purpose
	who       app.SignedIn // for PurposeLink and PurposeConfirm
	then      func()       // what PurposeConfirm goes on with
	again     func()       // starts the same once more
	request   app.AuthorizationRequest

	ctx      context.Context
	cancel   context.CancelFunc
	listener RedirectListener // nil on the road by code alone

	won bool // one road was confirmed; guarded by Service.mu

	mu     sync.Mutex
	timers []func() bool
	slow   func() bool // the timer that waits for the browser
	device *app.DeviceCode
}

// stop ends everything at once.
func (a *attempt) stop(o Outcome) {
	a.end()
	if a.listener != nil {
		a.listener.Close(o)
	}
}

// finish ends everything and lets the page in the browser tell what came of it.
func (a *attempt) finish(o Outcome) {
	a.end()
	if a.listener != nil {
		a.listener.Finish(o)
	}
}

func (a *attempt) end() {
	a.cancel()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, stop := range a.timers {
		stop()
	}
	if a.slow != nil {
		a.slow()
	}
}

// after calls f unless the attempt ends before.
func (a *attempt) after(c app.Clock, d time.Duration, f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ctx.Err() == nil {
		a.timers = append(a.timers, c.AfterFunc(d, f))
	}
}

// awaitBrowser says so if the browser takes too long, counted from now.
func (s *Service) awaitBrowser(a *attempt) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ctx.Err() != nil {
		return
	}
	if a.slow != nil {
		a.slow()
	}
	a.slow = s.o.Clock.AfterFunc(browserSlowAfter, func() { s.apply(BrowserSlow{a.id}) })
}

// SignIn asks the provider who the person is. A running attempt is replaced.
// What comes of it is told by the state alone.
func (s *Service) SignIn(provider string) {
	prompt := app.PromptNone
	s.mu.Lock()
	if s.chooser {
		prompt = app.PromptSelectAccount
	}
	s.mu.Unlock()
	s.begin(provider, PurposeSignIn, prompt, app.SignedIn{}, nil)
}

// ShareEmail asks the provider of the open sign-up once more for the e-mail
// address that the person did not share.
func (s *Service) ShareEmail() {
	st := s.State()
	if st.SignUp != nil {
		s.begin(st.SignUp.Provider, PurposeSignIn, app.PromptConsent, app.SignedIn{}, nil)
	}
}

// Retry starts the last attempt again, or the program where nothing works.
func (s *Service) Retry() {
	s.mu.Lock()
	again, blocked := s.again, s.state.Step == StepBlocked
	s.mu.Unlock()
	if blocked {
		if err := s.o.Restart(); err != nil {
			s.Report(err)
		}
		return
	}
	if again == nil {
		s.Dismiss()
		return
	}
	again()
}

// begin starts an attempt in place of the one under way. One begins at a time:
// two presses of a button must not leave an attempt that nobody can cancel.
func (s *Service) begin(providerID string, purpose Purpose, prompt app.Prompt, who app.SignedIn, then func()) {
	s.beginning.Lock()
	defer s.beginning.Unlock()
	provider, ok := s.providers[providerID]
	if !ok {
		s.Report(app.Fail(app.CodeNotFound, nil, "provider", providerID))
		return
	}
	s.mu.Lock()
	_, err := Next(s.state, Attempted{})
	closed := s.closed
	s.mu.Unlock()
	if err != nil || closed {
		return // nothing to sign in from: still starting, or blocked
	}
	a, err := s.newAttempt(provider, purpose, prompt, who, then)
	if err != nil {
		s.Report(err)
		return
	}
	again := func() {
		if purpose != PurposeSignIn {
			in, err := s.Who()
			if err != nil || in.Session.ID != who.Session.ID {
				s.Dismiss()
				return
			}
			if purpose == PurposeLink { // the confirmation may be too old by now
				if err := s.Link(s.alive, in, providerID); err != nil {
					s.Report(err)
				}
				return
			}
		}
		s.begin(providerID, purpose, prompt, who, then)
	}

	s.mu.Lock()
	before := s.current
	s.current, s.again = nil, nil
	s.mu.Unlock()
	if before != nil {
		before.stop(Outcome{Step: StepSignedOut, Problem: notice(app.CodeSignInReplaced)})
	}

	if a.described.Browser {
		l, err := s.o.Redirect.Listen(ListenRequest{Provider: a.described, Attempt: a.id, Ports: a.described.Ports, State: a.request.State}, road{s, a})
		if err != nil {
			a.end()
			p := s.problem(named(err, a.described))
			s.mu.Lock()
			defer s.mu.Unlock()
			s.again = again
			if s.state.Step == StepWaiting {
				s.applyLocked(AttemptEnded{s.state.Attempt, p})
			} else {
				s.applyLocked(ProblemRaised{*p})
			}
			return
		}
		a.listener = l
		a.request.RedirectURI = l.RedirectURI()
	}

	now := s.now()
	s.mu.Lock()
	w := Waiting{
		Provider: providerID, Name: a.described.Name, Purpose: purpose, Phase: PhaseOpening,
		ExpiresAt: now.Add(app.SignInLifetime).UnixMilli(),
		Browser:   a.described.Browser, DeviceOffered: a.described.Device,
	}
	if s.closed || !s.applyLocked(Attempted{a.id, w}) {
		s.mu.Unlock()
		a.stop(Outcome{Step: StepSignedOut, Problem: notice(app.CodeSignInReplaced)})
		return
	}
	a.again = again
	s.current = a
	a.after(s.o.Clock, app.SignInLifetime, func() { s.fail(a, app.Fail(s.unanswered(a), nil)) })
	if a.listener != nil {
		s.awaitBrowser(a)
	}
	s.mu.Unlock()

	s.o.Log.Info("attempt", "attempt", a.id, "provider", providerID, "purpose", purpose)
	if a.listener != nil {
		s.run(func() { s.openBrowser(a) })
	} else {
		s.run(func() { s.offerDeviceCode(a) })
	}
}

func (s *Service) newAttempt(p Provider, purpose Purpose, prompt app.Prompt, who app.SignedIn, then func()) (*attempt, error) {
	secret := func(n int) (string, error) {
		b := make([]byte, n)
		if _, err := io.ReadFull(s.o.Rand, b); err != nil {
			return "", app.Fail(app.CodeInternal, err)
		}
		return base64.RawURLEncoding.EncodeToString(b), nil
	}
	state, err := secret(32)
	if err != nil {
		return nil, err
	}
	verifier, err := secret(32)
	if err != nil {
		return nil, err
	}
	nonce, err := secret(16)
	if err != nil {
		return nil, err
	}
	var b [4]byte
	if _, err := io.ReadFull(s.o.Rand, b[:]); err != nil {
		return nil, app.Fail(app.CodeInternal, err)
	}
	s.mu.Lock()
	s.attempts++
	n := s.attempts
	s.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	return &attempt{
		id: strconv.Itoa(n) + "-" + hex.EncodeToString(b[:]), provider: p, described: p.Describe(), purpose: purpose, who: who, then: then,
		request: app.AuthorizationRequest{State: state, CodeVerifier: verifier, Nonce: nonce, Prompt: prompt},
		ctx:     ctx, cancel: cancel,
	}, nil
}

// named adds the provider's name, which most sentences need.
func named(err error, p app.Provider) error {
	params := app.Params{"provider": p.Name}
	for k, v := range app.ParamsOf(err) {
		if k != "provider" { // a store knows only the ID
			params[k] = v
		}
	}
	return &app.Error{Code: app.CodeOf(err), Params: params, Err: err}
}

func (s *Service) openBrowser(a *attempt) {
	if err := s.o.Browser.Open(a.ctx, a.listener.FirstHop()); err != nil && a.ctx.Err() == nil {
		s.apply(BrowserFailed{a.id, *s.problem(named(err, a.described))})
	}
}

// underWay returns the attempt under way, or nil.
func (s *Service) underWay() *attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

// OpenAgain asks the browser to open once more.
func (s *Service) OpenAgain() {
	if a := s.underWay(); a != nil && a.listener != nil {
		s.apply(BrowserReopened{a.id})
		s.awaitBrowser(a)
		s.run(func() { s.openBrowser(a) })
	}
}

// FirstHop returns the address to copy: the first hop of the attempt under way, or
// CodeConflict. It must not reach JavaScript: whoever holds it can finish this sign-in.
func (s *Service) FirstHop() (string, error) {
	if a := s.underWay(); a != nil && a.listener != nil {
		return a.listener.FirstHop(), nil
	}
	return "", app.Fail(app.CodeConflict, nil)
}

// UserCode returns the device code's user code, or CodeConflict.
func (s *Service) UserCode() (string, error) {
	if st := s.State(); st.Waiting != nil && st.Waiting.Device != nil && st.Waiting.Device.UserCode != "" && st.Waiting.Device.Problem == nil {
		return st.Waiting.Device.UserCode, nil
	}
	return "", app.Fail(app.CodeConflict, nil)
}

// Cancel ends the attempt under way; the person is told nothing, they chose it.
func (s *Service) Cancel() {
	s.mu.Lock()
	a := s.current
	if a == nil {
		s.mu.Unlock()
		return
	}
	s.current = nil
	s.applyLocked(AttemptEnded{a.id, nil})
	s.mu.Unlock()
	a.stop(Outcome{Step: StepSignedOut, Problem: &app.Problem{Code: app.CodeProviderDenied, Params: app.Params{"provider": a.described.Name}}})
}

// fail ends the attempt with a reason, unless a road was confirmed meanwhile: then
// the other road, or the time that is over, has nothing to say any more.
func (s *Service) fail(a *attempt, err error) {
	s.mu.Lock()
	won := a.won
	s.mu.Unlock()
	if !won {
		s.end(a, err)
	}
}

// unanswered is the code for a time that is over. A browser that never came was
// refused by nobody.
func (s *Service) unanswered(a *attempt) app.Code {
	w := s.State().Waiting
	if a.described.Unanswered != "" && w != nil && w.Phase != PhaseOpening {
		return a.described.Unanswered
	}
	return app.CodeSignInExpired
}

// end ends the attempt with a reason if it is the one under way.
func (s *Service) end(a *attempt, err error) {
	s.mu.Lock()
	if s.current != a {
		s.mu.Unlock()
		a.end()
		return
	}
	s.current, s.again = nil, a.again
	p := s.problem(named(err, a.described))
	s.applyLocked(AttemptEnded{a.id, p})
	s.mu.Unlock()
	a.finish(Outcome{Step: StepSignedOut, Problem: p})
	if p.Code != app.CodeSignInExpired && p.Code != a.described.Unanswered {
		s.o.Window.Raise()
	}
}

// overtakenLocked ends the attempt under way because of what happened beside it.
func (s *Service) overtakenLocked(why *app.Problem) {
	if a := s.current; a != nil && !s.closed {
		s.current = nil
		s.running.Go(func() { a.stop(Outcome{Step: StepSignedOut, Problem: why}) })
	}
}

// road is what the redirect listener of one attempt reports to.
type road struct {
	s *Service
	a *attempt
}

// BrowserArrived implements RedirectHandler.
func (r road) BrowserArrived(ctx context.Context) (string, error) {
	r.s.apply(BrowserArrived{r.a.id})
	address, err := r.a.provider.AuthorizationURL(ctx, r.a.request)
	if err != nil {
		err = named(err, r.a.described)
		r.s.fail(r.a, err)
		return "", err
	}
	return address, nil
}

// Responded implements RedirectHandler.
func (r road) Responded(resp app.AuthorizationResponse) {
	if !r.s.apply(Checking{r.a.id}) {
		return
	}
	r.s.run(func() {
		c, err := r.a.provider.Exchange(r.a.ctx, r.a.request, resp)
		if err != nil {
			if r.a.ctx.Err() == nil {
				r.s.fail(r.a, err)
			}
			return
		}
		r.s.confirmed(r.a, c)
	})
}

// Refused implements RedirectHandler.
func (r road) Refused(errorCode, description string) {
	r.s.o.Log.Info("authorization refused", "attempt", r.a.id, "error", errorCode)
	r.s.fail(r.a, r.s.o.Refusal(r.a.described, errorCode))
}

// Language implements RedirectHandler.
func (r road) Language() app.Language { return r.s.Language() }

// UseDeviceCode opens the road by code beside the one through the browser.
func (s *Service) UseDeviceCode() {
	a := s.underWay()
	if a == nil || !a.described.Device {
		return
	}
	s.run(func() { s.offerDeviceCode(a) })
}

func (s *Service) offerDeviceCode(a *attempt) {
	p, ok := a.provider.(DeviceProvider)
	if !ok {
		return
	}
	a.mu.Lock()
	busy := a.device != nil && a.device.ExpiresAt.After(s.now())
	if !busy {
		a.device = &app.DeviceCode{ExpiresAt: s.now().Add(10 * time.Second)} // asked for: a second press changes nothing
	}
	a.mu.Unlock()
	if busy {
		return
	}
	code, err := p.RequestDeviceCode(a.ctx)
	if err != nil {
		s.deviceFailed(a, err)
		return
	}
	a.mu.Lock()
	a.device = &code
	a.mu.Unlock()
	address := code.VerificationURIComplete
	if address == "" {
		address = code.VerificationURI
	}
	if !s.apply(DeviceShown{a.id, Device{
		UserCode: code.UserCode, VerificationURI: code.VerificationURI, QR: modules(address), ExpiresAt: code.ExpiresAt.UnixMilli(),
	}}) {
		return
	}
	c, err := p.AwaitDeviceCode(a.ctx, code)
	if err != nil {
		s.deviceFailed(a, err)
		return
	}
	s.apply(Checking{a.id})
	s.confirmed(a, c)
}

// deviceFailed closes the road by code: the attempt goes on through the browser
// where there is that road, and ends where there is none. A code that is too old
// never ends it, since there is a new one for the asking.
func (s *Service) deviceFailed(a *attempt, err error) {
	if a.ctx.Err() != nil {
		return
	}
	a.mu.Lock()
	a.device = nil
	a.mu.Unlock()
	if a.listener == nil && app.CodeOf(err) != app.CodeDeviceCodeExpired {
		s.fail(a, err)
		return
	}
	s.apply(DeviceFailed{a.id, *s.problem(named(err, a.described))})
}

// modules draws address as a QR picture: rows of '1' (dark) and '0'.
func modules(address string) []string {
	c, err := qr.Encode(address, qr.M)
	if err != nil {
		return nil
	}
	rows := make([]string, c.Size)
	for y := range rows {
		row := make([]byte, c.Size)
		for x := range row {
			row[x] = '0'
			if c.Black(x, y) {
				row[x] = '1'
			}
		}
		rows[y] = string(row)
	}
	return rows
}

// confirmed goes on with a provider's word: to home, to the nickname dialog, or
// back to what the confirmation was for.
func (s *Service) confirmed(a *attempt, c app.Confirmation) {
	s.mu.Lock()
	if s.current != a || a.won {
		s.mu.Unlock()
		return
	}
	a.won = true
	s.mu.Unlock()
	// From here the attempt is decided; its own context may end at any time.
	ctx := context.Background()
	if !c.ServerTime.IsZero() {
		if err := s.o.Sessions.Anchor(ctx, c.ServerTime); err != nil {
			s.o.Log.Warn("clock not anchored", "code", app.CodeOf(err))
		}
	}
	var outcome Outcome
	var err error
	switch a.purpose {
	case PurposeSignIn:
		outcome, err = s.admit(ctx, a, c)
	default:
		outcome, err = s.confirmAccount(ctx, a, c)
	}
	switch {
	case errors.Is(err, ErrStale):
		// Cancelled or replaced while it was stored.
		a.stop(Outcome{Step: StepSignedOut, Problem: notice(app.CodeSignInReplaced)})
		return
	case err != nil:
		s.end(a, err)
		return
	}
	a.finish(outcome)
	s.o.Window.Raise()
	if a.then != nil {
		a.then()
	}
}

// conclude applies the event that a confirmation leads to and then, in the same
// step, what goes with it. ErrStale if the attempt was cancelled or replaced
// meanwhile; at the end of the program it stands, for the next start to find.
func (s *Service) conclude(a *attempt, e Event, with func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != a {
		return errCancelled
	}
	if s.closed {
		return ErrStale
	}
	if !s.applyLocked(e) {
		s.current = nil
		return errCancelled
	}
	s.current, s.again, s.chooser = nil, nil, false
	with()
	return nil
}

// errCancelled is ErrStale where what was stored is to be taken back.
var errCancelled = fmt.Errorf("%w: cancelled", ErrStale)

// admit signs in whom the provider confirmed, or opens the sign-up of somebody new.
func (s *Service) admit(ctx context.Context, a *attempt, c app.Confirmation) (Outcome, error) {
	admitted, err := s.acts.Admit(ctx, c)
	if err != nil {
		return Outcome{}, err
	}
	s.remember(ctx, a.described.ID)
	in, p := admitted.In, admitted.Pending
	out := Outcome{Step: StepSignedIn, Account: c.Profile.Account(), Nickname: in.User.Nickname}
	var e Event
	if p != nil {
		out.Step = StepNickname
		e = SignUpOpened{a.id, s.dialogOf(p)}
	} else {
		home := s.homeOf(in)
		home.Notice = c.Profile.Notice
		e = SignedIn{a.id, home}
	}
	var before *account.Pending
	err = s.conclude(a, e, func() {
		before, s.pending = s.pending, p
		if p == nil {
			s.who, s.claim = in, in.Session.ID
		}
	})
	if errors.Is(err, errCancelled) {
		s.acts.TakeBack(ctx, admitted)
	}
	if err != nil {
		return Outcome{}, err
	}
	if before != nil { // one dialog at a time
		s.acts.TakeBack(ctx, account.Admission{Pending: before})
	}
	return out, nil
}

// remember keeps which provider was used last, for the words on its button.
func (s *Service) remember(ctx context.Context, provider string) {
	s.apply(LastUsed{provider})
	s.keep(ctx, "last_provider", provider)
}

// dialogOf is what the nickname dialog starts from.
func (s *Service) dialogOf(p *account.Pending) SignUp {
	return SignUp{Provider: p.Profile.Provider, Name: s.nameOf(p.Profile.Provider), Account: p.Profile.Account(), Proposal: p.Proposal, Notice: p.Profile.Notice}
}

// nameOf returns what a person calls the provider, also one that is no longer configured.
func (s *Service) nameOf(id string) string {
	if p, ok := s.providers[id]; ok {
		return p.Describe().Name
	}
	switch id {
	case "github":
		return "GitHub"
	case "naver":
		return "NAVER"
	}
	return id
}
