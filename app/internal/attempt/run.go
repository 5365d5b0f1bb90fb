package attempt

import (
	"time"

	"munpae.example/munpae/app/internal/app"
)

// run is what the goroutine of an attempt keeps between two things that happen.
type run struct {
	*Attempt
	progress  Progress
	expires   time.Time // by the wall clock
	codeUntil time.Time // there is a device code, or one was asked for, until then

	slow, look, over alarm
}

func (r *run) report(change func(*Progress)) {
	change(&r.progress)
	r.o.Report(r.progress)
}

// limit gives the person ten minutes from now.
func (r *run) limit() {
	r.expires = r.expiry()
	r.progress.ExpiresAt = r.expires.UnixMilli()
	r.look.set(r.o.Clock, lookEvery)
	r.over.set(r.o.Clock, app.SignInLifetime)
}

// tooLate looks at the wall clock.
func (r *run) tooLate() bool { return !r.o.Clock.Now().Round(0).Before(r.expires) }

// unanswered says that the time is over. A browser that never came was refused by
// nobody.
func (r *run) unanswered() error {
	code := app.CodeSignInExpired
	if r.provider.Unanswered != "" && r.progress.Phase != PhaseOpening {
		code = r.provider.Unanswered
	}
	return app.Fail(code, nil)
}

// open asks the browser to open the first hop.
func (r *run) open() {
	r.report(func(p *Progress) { p.BrowserProblem, p.BrowserSlow = nil, false })
	r.slow.set(r.o.Clock, slowAfter)
	address := r.bound().FirstHop()
	r.helpers.Go(func() {
		if err := r.o.Browser.Open(r.ctx, address); err != nil {
			select {
			case r.unopened <- err:
			case <-r.ctx.Done():
			}
		}
	})
}

// notOpened says so, unless the opener complained and yet the browser came.
func (r *run) notOpened(err error) {
	if r.progress.Phase == PhaseOpening {
		problem := r.o.Problem(err)
		r.report(func(p *Progress) { p.BrowserProblem = problem })
	}
}

// arrived sends the browser on to the provider. Without an address to send it to, the
// attempt is over.
func (r *run) arrived(waits chan<- Hop) {
	r.report(func(p *Progress) {
		p.BrowserProblem, p.BrowserSlow = nil, false
		if p.Phase == PhaseOpening {
			p.Phase = PhaseOpen
		}
	})
	r.helpers.Go(func() {
		address, err := r.o.Server.AuthorizationURL(r.ctx, r.request)
		waits <- Hop{address, err}
		if err != nil {
			r.say(word{err: err})
		}
	})
}

// check trades the code of the response for the person's profile.
func (r *run) check(resp app.AuthorizationResponse) {
	r.report(func(p *Progress) { p.Phase, p.BrowserSlow = PhaseChecking, false })
	r.helpers.Go(func() {
		c, err := r.o.Server.Exchange(r.ctx, r.request, resp)
		r.say(word{confirmation: c, err: err})
	})
}

// askForCode opens the way by code, unless it is open. A second press changes nothing.
func (r *run) askForCode() {
	server, ok := r.o.Server.(DeviceAuthorizationServer)
	if !ok || r.codeUntil.After(r.o.Clock.Now()) {
		return
	}
	r.codeUntil = r.o.Clock.Now().Add(askFor)
	r.helpers.Go(func() {
		code, err := server.RequestDeviceCode(r.ctx)
		if err != nil {
			r.say(word{err: err, device: true})
			return
		}
		select {
		case r.codes <- code:
		case <-r.ctx.Done():
			return
		}
		c, err := server.AwaitDeviceCode(r.ctx, code)
		r.say(word{c, err, true})
	})
}

// goesOnWithout closes the way by code: the attempt goes on through the browser where
// there is that way, and ends where there is none. A code that is too old never ends
// it, since there is a new one for the asking.
func (r *run) goesOnWithout(err error) bool {
	r.codeUntil = time.Time{}
	if r.bound() == nil && app.CodeOf(err) != app.CodeDeviceCodeExpired {
		return false
	}
	problem := r.o.Problem(err)
	r.report(func(p *Progress) { p.Device = p.Device.failed(problem) })
	return true
}

func (r *run) stop() {
	r.slow.halt()
	r.look.halt()
	r.over.halt()
}

// alarm rings once, d after it was set last.
type alarm struct {
	rings <-chan struct{}
	stop  func() bool
}

func (a *alarm) set(c app.Clock, d time.Duration) {
	a.halt()
	rings := make(chan struct{}, 1) // one of its own, so that an earlier ring is not heard
	a.rings, a.stop = rings, c.AfterFunc(d, func() { rings <- struct{}{} })
}

func (a *alarm) halt() {
	if a.stop != nil {
		a.stop()
	}
}
