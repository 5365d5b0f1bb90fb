package signin

import (
	"errors"

	"munpae.example/munpae/app/internal/app"
)

// ErrStale is returned by Next for an event that belongs to another attempt or
// does not fit the step: it came too late and changes nothing.
var ErrStale = errors.New("signin: event does not fit the state")

// Event is a fact that moves the state. Events of an attempt carry its name.
type Event interface{ event() }

// The events, each named for what has happened.
type (
	// Resumed: a session lives, from a cookie at start or later.
	Resumed struct{ Home Home }
	// NotResumed: no session lives any more. SignUp is what an earlier start left
	// pending; Problem is nil where nobody was signed in before.
	NotResumed struct {
		SignUp  *SignUp
		Problem *app.Problem
	}
	// FoundUnclaimed: an earlier start made a session that the window may claim.
	FoundUnclaimed struct{ Home Home }
	// Claimed: the window holds the pair.
	Claimed struct{ Home Home }

	// Attempted: a confirmation by a provider was asked for; replaces another attempt.
	Attempted struct {
		Attempt string
		Waiting Waiting
	}
	// BrowserFailed: the browser could not be opened; the attempt goes on.
	BrowserFailed struct {
		Attempt string
		Problem app.Problem
	}
	// BrowserReopened: the browser was asked to open once more.
	BrowserReopened struct{ Attempt string }
	// BrowserArrived: the first hop was requested.
	BrowserArrived struct{ Attempt string }
	// BrowserSlow: eight seconds went by without a browser.
	BrowserSlow struct{ Attempt string }
	// DeviceShown: there is a device code to show.
	DeviceShown struct {
		Attempt string
		Device  Device
	}
	// DeviceFailed: the road by code is closed, the one through the browser is not.
	DeviceFailed struct {
		Attempt string
		Problem app.Problem
	}
	// Checking: the provider answered.
	Checking struct{ Attempt string }
	// AttemptEnded: the attempt ended without a confirmation. Problem is nil if
	// the person cancelled it here.
	AttemptEnded struct {
		Attempt string
		Problem *app.Problem
	}
	// SignedIn: the provider confirmed somebody who has an account.
	SignedIn struct {
		Attempt string
		Home    Home
	}
	// SignUpOpened: the provider confirmed somebody new.
	SignUpOpened struct {
		Attempt string
		SignUp  SignUp
	}
	// Confirmed: the provider confirmed who is signed in, or was linked.
	Confirmed struct {
		Attempt string
		Home    Home
	}

	// SignedUp: user, identity and session stand.
	SignedUp struct{ Home Home }
	// SignUpDropped: another account is wanted, or the sign-up is too old.
	SignUpDropped struct{ Problem *app.Problem }
	// SessionEnded: signed out, ended, deleted. Problem says why.
	SessionEnded struct{ Problem *app.Problem }
	// HomeChanged: renamed, network come or gone, confirmed anew.
	HomeChanged struct{ Home Home }

	// Blocked: nothing works until the person decides.
	Blocked struct{ Problem app.Problem }
	// ProblemRaised: an act failed; the screen stays.
	ProblemRaised struct{ Problem app.Problem }
	// Dismissed: the person has read the problem.
	Dismissed struct{}
	// LanguageChosen and ThemeChosen are the person's settings.
	LanguageChosen struct{ Language app.Language }
	ThemeChosen    struct{ Theme string }
	// LastUsed: the provider that confirmed somebody last.
	LastUsed struct{ Provider string }
)

func (Resumed) event()         {}
func (NotResumed) event()      {}
func (FoundUnclaimed) event()  {}
func (Claimed) event()         {}
func (Attempted) event()       {}
func (BrowserFailed) event()   {}
func (BrowserReopened) event() {}
func (BrowserArrived) event()  {}
func (BrowserSlow) event()     {}
func (DeviceShown) event()     {}
func (DeviceFailed) event()    {}
func (Checking) event()        {}
func (AttemptEnded) event()    {}
func (SignedIn) event()        {}
func (SignUpOpened) event()    {}
func (Confirmed) event()       {}
func (SignedUp) event()        {}
func (SignUpDropped) event()   {}
func (SessionEnded) event()    {}
func (HomeChanged) event()     {}
func (Blocked) event()         {}
func (ProblemRaised) event()   {}
func (Dismissed) event()       {}
func (LanguageChosen) event()  {}
func (ThemeChosen) event()     {}
func (LastUsed) event()        {}

// Next returns the state after e, or ErrStale with s unchanged. It is pure: no
// clock, no I/O; Seq is raised by the writer.
func Next(s State, e Event) (State, error) {
	switch e := e.(type) {
	case Resumed:
		if s.Step != StepStarting && s.Step != StepSignedIn {
			return s, ErrStale
		}
		p := s.Problem // a rotation in the background takes no words off the screen
		s = s.home(e.Home, s.Unclaimed)
		s.Problem = p
		return s, nil
	case NotResumed:
		switch s.Step {
		case StepStarting:
			if e.SignUp != nil {
				s = s.signUp(*e.SignUp)
				s.Problem = e.Problem
				return s, nil
			}
			return s.outside(e.Problem), nil
		case StepSignedIn:
			if s.Unclaimed { // the old cookie failed, a newer session waits
				return s, ErrStale
			}
			return s.outside(e.Problem), nil
		}
		return s, ErrStale
	case FoundUnclaimed:
		if s.Step != StepStarting {
			return s, ErrStale
		}
		return s.home(e.Home, true), nil
	case Claimed:
		switch {
		case s.Step == StepSignedIn:
			return s.home(e.Home, false), nil
		case s.Step == StepWaiting && s.Home != nil:
			h := e.Home
			s.Home, s.Unclaimed = &h, false
			return s, nil
		}
		return s, ErrStale

	case Attempted:
		switch s.Step {
		case StepSignedOut, StepWaiting, StepNickname, StepSignedIn:
			w := e.Waiting
			s.Step, s.Attempt, s.Waiting, s.Problem = StepWaiting, e.Attempt, &w, nil
			return s, nil
		}
		return s, ErrStale
	case BrowserFailed:
		if s.Waiting != nil && s.Waiting.Phase != PhaseOpening {
			return s, ErrStale // the opener complained, and yet the browser came
		}
		return s.wait(e.Attempt, func(w *Waiting) { w.BrowserProblem = &e.Problem })
	case BrowserReopened:
		return s.wait(e.Attempt, func(w *Waiting) { w.BrowserProblem, w.BrowserSlow = nil, false })
	case BrowserArrived:
		return s.wait(e.Attempt, func(w *Waiting) {
			w.BrowserProblem, w.BrowserSlow = nil, false
			if w.Phase == PhaseOpening {
				w.Phase = PhaseOpen
			}
		})
	case BrowserSlow:
		if s.Waiting != nil && s.Waiting.Phase != PhaseOpening {
			return s, ErrStale
		}
		return s.wait(e.Attempt, func(w *Waiting) { w.BrowserSlow = true })
	case DeviceShown:
		return s.wait(e.Attempt, func(w *Waiting) { d := e.Device; w.Device = &d })
	case DeviceFailed:
		return s.wait(e.Attempt, func(w *Waiting) {
			d := Device{}
			if w.Device != nil {
				d = *w.Device
			}
			d.Problem = &e.Problem
			w.Device = &d
		})
	case Checking:
		return s.wait(e.Attempt, func(w *Waiting) { w.Phase, w.BrowserSlow = PhaseChecking, false })
	case AttemptEnded:
		if !s.waitsFor(e.Attempt) {
			return s, ErrStale
		}
		return s.back(e.Problem), nil
	case SignedIn:
		if !s.waitsFor(e.Attempt) {
			return s, ErrStale
		}
		return s.home(e.Home, true), nil
	case SignUpOpened:
		if !s.waitsFor(e.Attempt) {
			return s, ErrStale
		}
		return s.signUp(e.SignUp), nil
	case Confirmed:
		if !s.waitsFor(e.Attempt) {
			return s, ErrStale
		}
		return s.home(e.Home, s.Unclaimed), nil

	case SignedUp: // an attempt that began meanwhile gives way
		if s.SignUp == nil {
			return s, ErrStale
		}
		return s.home(e.Home, true), nil
	case SignUpDropped:
		if s.SignUp == nil {
			return s, ErrStale
		}
		s.SignUp = nil
		if s.Step == StepWaiting { // the attempt goes on, with no dialog to return to
			return s, nil
		}
		return s.back(e.Problem), nil
	case SessionEnded:
		if s.Step == StepNickname && s.Home != nil { // the dialog stands by itself
			s.Home = nil
			return s, nil
		}
		if s.Step != StepSignedIn && !(s.Step == StepWaiting && s.Home != nil) {
			return s, ErrStale
		}
		return s.outside(e.Problem), nil
	case HomeChanged:
		if s.Home == nil {
			return s, ErrStale
		}
		h := e.Home
		s.Home = &h
		return s, nil

	case Blocked:
		if s.Step != StepStarting && s.Step != StepBlocked {
			return s, ErrStale
		}
		s = s.clear()
		s.Step, s.Problem = StepBlocked, &e.Problem
		return s, nil
	case ProblemRaised:
		s.Problem = &e.Problem
		return s, nil
	case Dismissed:
		if s.Step == StepBlocked {
			return s, ErrStale
		}
		s.Problem = nil
		return s, nil
	case LanguageChosen:
		s.Language = e.Language
		return s, nil
	case ThemeChosen:
		s.Theme = e.Theme
		return s, nil
	case LastUsed:
		choices := make([]ProviderChoice, len(s.Providers))
		for i, c := range s.Providers {
			c.LastUsed = c.ID == e.Provider
			choices[i] = c
		}
		s.Providers = choices
		return s, nil
	}
	return s, ErrStale
}

// waitsFor reports whether attempt is the one that is waited for.
func (s State) waitsFor(attempt string) bool {
	return s.Step == StepWaiting && s.Attempt == attempt
}

// wait changes a copy of Waiting for its own attempt.
func (s State) wait(attempt string, change func(*Waiting)) (State, error) {
	if !s.waitsFor(attempt) {
		return s, ErrStale
	}
	w := *s.Waiting
	change(&w)
	s.Waiting = &w
	return s, nil
}

// clear drops everything that belongs to a step.
func (s State) clear() State {
	s.Attempt, s.Waiting, s.SignUp, s.Home, s.Unclaimed, s.Problem = "", nil, nil, nil, false, nil
	return s
}

func (s State) home(h Home, unclaimed bool) State {
	s = s.clear()
	s.Step, s.Home, s.Unclaimed = StepSignedIn, &h, unclaimed
	return s
}

// signUp opens the dialog. Who was at home stays signed in behind it.
func (s State) signUp(u SignUp) State {
	h := s.Home
	s = s.clear()
	s.Step, s.SignUp, s.Home = StepNickname, &u, h
	return s
}

// outside is where nobody is signed in: the sign-in screen, or setup where no
// provider is configured.
func (s State) outside(p *app.Problem) State {
	s = s.clear()
	s.Step, s.Problem = StepSignedOut, p
	if len(s.Providers) == 0 {
		s.Step = StepSetupNeeded
	}
	return s
}

// back returns to where the attempt was started: the dialog, else home, else outside.
func (s State) back(p *app.Problem) State {
	switch {
	case s.SignUp != nil:
		s = s.signUp(*s.SignUp)
	case s.Home != nil:
		s = s.home(*s.Home, s.Unclaimed)
	default:
		return s.outside(p)
	}
	s.Problem = p
	return s
}
