package signin

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"munpae.example/munpae/app/internal/account"
	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/attempt"
)

// SignIn asks the provider who the person is. A running attempt is replaced.
// What comes of it is told by the state alone.
func (s *Service) SignIn(provider string) {
	prompt := app.PromptNone
	s.mu.Lock()
	if s.machine.chooser || s.o.Several && s.machine.isHome() { // who is here is not asked for
		prompt = app.PromptSelectAccount
	}
	s.mu.Unlock()
	s.begin(request{provider: provider, purpose: PurposeSignIn, prompt: prompt})
}

// ShareEmail asks the provider of the open sign-up once more for the e-mail
// address that the person did not share.
func (s *Service) ShareEmail() {
	if st := s.State(); st.SignUp != nil {
		s.begin(request{provider: st.SignUp.Provider, purpose: PurposeSignIn, prompt: app.PromptConsent})
	}
}

// Retry makes the request again that failed last, or starts the program over where
// nothing works.
func (s *Service) Retry() {
	s.mu.Lock()
	m := s.machine
	s.mu.Unlock()
	switch {
	case m.stage == blocked:
		if err := s.o.Restart(); err != nil {
			s.Report(err)
		}
	case m.again == nil || m.again.purpose != PurposeSignIn && !m.holds(m.again.who.Session.ID):
		s.Dismiss()
	case m.again.purpose == PurposeLink: // the confirmation before it may be too old by now
		if err := s.Link(s.alive, m.person, m.again.provider); err != nil {
			s.Report(err)
		}
	default:
		s.begin(*m.again)
	}
}

// begin makes a request of a provider, in place of the attempt under way.
func (s *Service) begin(r request) {
	server := s.server(r.provider)
	if server == nil {
		s.Report(app.Fail(app.CodeNotFound, nil, "provider", r.provider))
		return
	}
	w, err := s.prepare(server, r)
	if err != nil {
		s.Report(err)
		return
	}
	s.mu.Lock()
	before := s.machine.attempt
	ok := !s.closed && s.applyLocked(attempted{w})
	s.mu.Unlock()
	if !ok {
		w.handle.Close(attempt.Outcome{})
		return // nothing to sign in from: still starting, blocked, or closing
	}
	if before != nil {
		before.handle.Close(pageOf(notice(app.CodeSignInReplaced))) // its port may be wanted
	}
	s.o.Log.Info("attempt", "attempt", w.id, "provider", r.provider, "purpose", r.purpose)
	if err := w.handle.Listen(); err != nil {
		w.handle.Close(attempt.Outcome{})
		if !errors.Is(err, context.Canceled) { // whoever closed it meanwhile has said why
			s.fail(w, err)
		}
		return
	}
	s.run(func() { s.conduct(w) })
}

// prepare makes the attempt of a request, of which nothing runs yet.
func (s *Service) prepare(server attempt.AuthorizationServer, r request) (waiting, error) {
	var b [4]byte
	if _, err := io.ReadFull(s.o.Rand, b[:]); err != nil {
		return waiting{}, app.Fail(app.CodeInternal, err)
	}
	s.mu.Lock()
	s.attempts++
	id := strconv.Itoa(s.attempts) + "-" + hex.EncodeToString(b[:])
	s.mu.Unlock()
	d := server.Describe()
	a, err := attempt.New(s.alive, attempt.Options{
		ID: id, Server: server, Prompt: r.prompt, Redirect: s.o.Redirect, Browser: s.o.Browser, Refusal: s.o.Refusal, Language: s.Language,
		Problem: func(err error) *app.Problem { return s.Problem(named(err, d)) },
		Report:  func(p attempt.Progress) { s.apply(progressed{id, p}) },
		Clock:   s.o.Clock, Rand: s.o.Rand, Log: s.o.Log,
	})
	if err != nil {
		return waiting{}, err
	}
	shown := Waiting{Provider: d.ID, Name: d.Name, Purpose: r.purpose, DeviceOffered: d.Device}
	if r.then != nil {
		shown.For = r.then.act.name
	}
	return waiting{id, r, a, shown.at(a.Start())}, nil
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

// conduct runs an attempt to its end, and does what it was for.
func (s *Service) conduct(w waiting) {
	defer w.handle.Wait()
	c, err := w.handle.Run()
	switch {
	case errors.Is(err, context.Canceled): // whoever closed it has said why
	case err != nil:
		s.failed(w, err)
	default:
		s.confirmed(w, c)
	}
}

// failed ends the attempt with a reason, and tells the browser and the person.
func (s *Service) failed(w waiting, err error) {
	p := s.fail(w, err)
	if p == nil {
		return
	}
	w.handle.Finish(pageOf(p))
	if p.Code != app.CodeSignInExpired && p.Code != s.server(w.request.provider).Describe().Unanswered { // there is somebody to look
		s.o.Window.Raise()
	}
}

// fail shows why the attempt ended, and returns it; nil if it was not under way.
func (s *Service) fail(w waiting, err error) *app.Problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.machine.waitsFor(w.id) || s.closed {
		return nil
	}
	p := s.Problem(named(err, s.server(w.request.provider).Describe()))
	s.applyLocked(attemptEnded{w.id, p})
	return p
}

// confirmed goes on with a provider's word: to home, to the nickname dialog, or
// back to what the confirmation was for.
func (s *Service) confirmed(w waiting, c app.Confirmation) {
	// From here the attempt is decided; its own context has ended.
	ctx := context.Background()
	if !c.ServerTime.IsZero() {
		if err := s.o.Sessions.Anchor(ctx, c.ServerTime); err != nil {
			s.o.Log.Warn("clock not anchored", "code", app.CodeOf(err))
		}
	}
	if s.o.Confirmed != nil {
		if err := s.tell(c); err != nil {
			s.failed(w, app.Fail(app.CodeInternal, err))
			return
		}
	}
	c.AccessToken = nil // nobody else has a use for it
	act := s.admit
	if w.request.purpose != PurposeSignIn {
		act = s.confirmPerson
	}
	outcome, err := act(ctx, w, c)
	switch {
	case errors.Is(err, errLate): // closed while it was stored, by whoever said why
		return
	case err != nil:
		s.failed(w, err)
		return
	}
	w.handle.Finish(outcome)
	s.o.Window.Raise()
	if then := w.request.then; then != nil {
		s.goOn(w.request.who, *then)
	}
}

// tellPatience is how long the program may think about a confirmation.
const tellPatience = 10 * time.Second

// tell gives the program the provider's word, and its token, once.
func (s *Service) tell(c app.Confirmation) error {
	ctx, cancel := context.WithTimeout(s.alive, tellPatience)
	defer cancel()
	return s.o.Confirmed(ctx, c)
}

// take applies what a confirmation led to. errCancelled if the attempt is not under
// way any more: what was stored is to be taken back. At the end of the program it
// stands, for the next start to find.
func (s *Service) take(e event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		if _, err := next(s.machine, e); err == nil {
			return errLate
		}
		return errCancelled
	}
	if !s.applyLocked(e) {
		return errCancelled
	}
	return nil
}

// errCancelled is errLate where what was stored is to be taken back.
var errCancelled = fmt.Errorf("%w: cancelled", errLate)

// admit signs in whom the provider confirmed, or opens the sign-up of somebody new.
// With several accounts somebody who is signed in already is only confirmed, and nobody
// comes in for whom there is no room.
func (s *Service) admit(ctx context.Context, w waiting, c app.Confirmation) (attempt.Outcome, error) {
	if s.o.Several {
		if who, ok := s.again(ctx, c.Profile); ok {
			return s.confirmAgain(ctx, w, who, c)
		}
		if err := s.roomFor(ctx, s.ownerOf(ctx, c.Profile)); err != nil {
			return attempt.Outcome{}, err
		}
	}
	admitted, err := s.acts.Admit(ctx, c)
	if err != nil {
		return attempt.Outcome{}, err
	}
	s.apply(confirmedBy{w.request.provider})
	s.keep(ctx, "last_provider", w.request.provider)

	in, p := admitted.In, admitted.Pending
	out := attempt.Outcome{Result: attempt.ResultSignedIn, Account: c.Profile.Account(), Nickname: in.User.Nickname}
	var e event = signedIn{w.id, in, c.Profile.Notice}
	if p != nil {
		out.Result = attempt.ResultNickname
		e = signUpOpened{w.id, p}
	}
	s.mu.Lock()
	before := s.machine.signUp
	s.mu.Unlock()
	if err := s.take(e); err != nil {
		if errors.Is(err, errCancelled) {
			s.acts.TakeBack(ctx, admitted)
		}
		return attempt.Outcome{}, err
	}
	if before != nil { // one dialog at a time
		s.acts.TakeBack(ctx, account.Admission{Pending: before})
	}
	return out, nil
}

// confirmAgain takes a sign-in of who is at home already for a fresh confirmation.
func (s *Service) confirmAgain(ctx context.Context, w waiting, who app.SignedIn, c app.Confirmation) (attempt.Outcome, error) {
	in, err := s.acts.Confirm(ctx, who, c)
	if err != nil {
		return attempt.Outcome{}, err
	}
	s.apply(confirmedBy{w.request.provider})
	s.keep(ctx, "last_provider", w.request.provider)
	out := attempt.Outcome{Result: attempt.ResultSignedIn, Account: c.Profile.Account(), Nickname: in.User.Nickname}
	return out, s.take(confirmed{w.id, in})
}

// pageOf is the page in the browser that tells of a problem.
func pageOf(p *app.Problem) attempt.Outcome { return attempt.Outcome{Problem: p} }

// underWay returns the attempt under way, or nil.
func (s *Service) underWay() *attempt.Attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.machine.attempt == nil {
		return nil
	}
	return s.machine.attempt.handle
}

// OpenAgain asks the browser to open once more, and gives the person ten minutes anew.
func (s *Service) OpenAgain() {
	if a := s.underWay(); a != nil {
		a.OpenAgain()
	}
}

// UseDeviceCode opens the way by code beside the one through the browser.
func (s *Service) UseDeviceCode() {
	if a := s.underWay(); a != nil {
		a.UseDeviceCode()
	}
}

// FirstHop returns the address to copy: the first hop of the attempt under way, or
// CodeConflict. It must not reach JavaScript: whoever holds it can finish this sign-in.
func (s *Service) FirstHop() (string, error) {
	if a := s.underWay(); a != nil {
		if address, ok := a.FirstHop(); ok {
			return address, nil
		}
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

// Cancel ends the attempt under way, or says no to the link; the person is told
// nothing, they chose it.
func (s *Service) Cancel() {
	s.mu.Lock()
	w, l := s.machine.attempt, s.machine.link
	switch {
	case s.closed:
		w = nil
	case w != nil:
		s.applyLocked(attemptEnded{w.id, nil})
	case l != nil:
		s.applyLocked(linkDropped{l.id, nil})
	}
	s.mu.Unlock()
	if w != nil {
		w.handle.Close(pageOf(&app.Problem{Code: app.CodeProviderDenied, Params: app.Params{"provider": w.shown.Name}}))
	}
}
