package signin

import (
	"cmp"
	"errors"
	"maps"
	"time"

	"munpae.example/munpae/app/internal/account"
	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/attempt"
)

// machine is all that a window knows, in one value: what it shows, and what it keeps
// to itself beside it. Only next moves it. What is shown is worked out from it by
// publish, so that no screen can tell another story than the rest.
type machine struct {
	providers []app.Provider // in the order of the buttons
	lastUsed  string
	language  app.Language
	theme     string

	stage   stage
	attempt *waiting         // the attempt under way, or nil
	signUp  *account.Pending // the sign-up whose dialog is open, or lies behind the attempt; or nil
	// person is who is signed in; nobody if their session has no ID. They stay so
	// behind an attempt and a dialog that they began.
	person app.SignedIn
	// notice is what the provider left out when it confirmed person.
	notice app.Code
	// unclaimed says that the pair of person's session waits for the window's POST
	// /munpae/session.
	unclaimed bool
	link      *linking // the account that may be linked to person, or brought together with theirs; or nil
	problem   *app.Problem
	again     *request // what Try again does with the problem, or nil
	chooser   bool     // the next sign-in asks the provider for another account
	receipt   *receipt // of the account that was deleted last, until it is read; or nil
	// going is the receipt of an account that is being deleted, or of which nobody could
	// say yet whether it was, since unsure then; or nil. It is shown once that is known.
	going    *receipt
	unsure   time.Time // zero while it is being deleted
	codesDue bool      // a provider confirmed person so that they may make recovery codes
}

// stage is whether there is anything to decide yet.
type stage int

const (
	starting stage = iota // the page has not asked yet who is here
	open
	blocked // nothing works until the person decides
)

// request is one press of a button that a provider has to answer.
type request struct {
	provider string
	purpose  Purpose
	prompt   app.Prompt
	who      app.SignedIn // whom it is for: not PurposeSignIn
	then     *errand      // what PurposeConfirm goes on with
}

// waiting is an attempt under way.
type waiting struct {
	id      string
	request request
	handle  *attempt.Attempt
	shown   Waiting
}

// linking is a provider's word for an account that the person is asked about: the
// word may have come by a browser that is not theirs.
type linking struct {
	id           string // of the attempt that brought it
	who          app.SignedIn
	confirmation app.Confirmation
	// other is whose account it is already: then the question is whether to bring the
	// two together. Nobody: it is whether to link it.
	other   app.User
	until   time.Time // a provider's word grows old
	decided bool      // it is being done, and nobody says no any more
}

// merges reports whether the question is about two accounts.
func (l *linking) merges() bool { return l != nil && l.other.ID != "" }

// event is a fact that moves the machine. Events of an attempt, of a sign-up and of a
// session name it, so that one that comes too late changes nothing.
type event interface{ event() }

// The events, each named for what has happened.
type (
	// resumed: a session lives, from a cookie at start or later. problem is shown at
	// the start only.
	resumed struct {
		in      app.SignedIn
		problem *app.Problem
	}
	// notResumed: no session lives any more. signUp is what an earlier start left
	// pending; problem is nil where nobody was signed in before.
	notResumed struct {
		signUp  *account.Pending
		problem *app.Problem
	}
	// foundUnclaimed: an earlier start made a session that the window may claim.
	foundUnclaimed struct {
		in      app.SignedIn
		problem *app.Problem
	}
	// claimed: the window holds the pair.
	claimed struct{ in app.SignedIn }
	// switched: the window holds the pair of another account of this computer.
	switched struct{ in app.SignedIn }

	// attempted: a provider is asked; replaces another attempt.
	attempted struct{ attempt waiting }
	// progressed: an attempt came further.
	progressed struct {
		attempt  string
		progress attempt.Progress
	}
	// attemptEnded: the attempt ended without a confirmation. problem is nil if the
	// person cancelled it here; else Try again makes the same request.
	attemptEnded struct {
		attempt string
		problem *app.Problem
	}
	// signedIn: the provider confirmed somebody who has an account.
	signedIn struct {
		attempt string
		in      app.SignedIn
		notice  app.Code
	}
	// signUpOpened: the provider confirmed somebody new.
	signUpOpened struct {
		attempt string
		signUp  *account.Pending
	}
	// linkAsked: the provider confirmed an account to link.
	linkAsked struct{ link linking }
	// linked: the person said yes, and it is.
	linked struct {
		link string
		in   app.SignedIn
	}
	// linkDropped: the person said no (problem is nil), or it could not be linked.
	linkDropped struct {
		link    string
		problem *app.Problem
	}
	// mergeDecided: the person said yes, and it is being done.
	mergeDecided struct{ link string }
	// mergeUndecided: it could not be done, and the question stands.
	mergeUndecided struct{ link string }
	// merged: two accounts are one.
	merged struct {
		link string
		in   app.SignedIn
	}
	// unmerged: and are two again.
	unmerged struct{ in app.SignedIn }
	// confirmed: the provider confirmed who is signed in.
	confirmed struct {
		attempt string
		in      app.SignedIn
	}

	// recovered: a recovery code opened a session.
	recovered struct{ in app.SignedIn }
	// codesWanted: a provider confirmed who is signed in, and the window may ask for
	// their recovery codes, which only an HTTP answer carries.
	codesWanted struct{ session string }
	// codesChanged: it did, or they were removed.
	codesChanged struct{ session string }
	// carriedOut: what a provider's word was asked for is done, and what is listed of the
	// person may be other than when the word led home.
	carriedOut struct{ session string }

	// signedUp: user, identity and session stand.
	signedUp struct {
		signUp string
		in     app.SignedIn
		notice app.Code
	}
	// signUpDropped: another account is wanted (problem is nil), or the sign-up is
	// too old.
	signUpDropped struct {
		signUp  string
		problem *app.Problem
	}
	// sessionEnded: signed out, ended, deleted. problem says why.
	sessionEnded struct {
		session string
		problem *app.Problem
	}
	// deleting: an account is about to be.
	deleting struct{ receipt *receipt }
	// undeleted: it was not; or nobody can say so at since, if that is not zero.
	undeleted struct {
		userID string
		since  time.Time
	}
	// alive: it was not, as was heard of something asked at that time.
	alive struct {
		userID string
		asked  time.Time
	}
	// deleted: the account is that the receipt names. Whose it was may be gone from the
	// window by then, or somebody else be there, who sees nothing of it.
	deleted struct{ receipt *receipt }
	// withdrawn: it is known what became of a permission that the receipt of that user names.
	withdrawn struct {
		receipt    string
		link       int
		withdrawal withdrawal
	}
	// receiptRead: the person has closed it.
	receiptRead struct{}
	// renamed: the user has another nickname.
	renamed struct{ user app.User }
	// unlinked: the session now stands under an identity that is left.
	unlinked struct{ in app.SignedIn }
	// networkChanged: come or gone.
	networkChanged struct{}

	// stopped: nothing works until the person decides.
	stopped struct{ problem app.Problem }
	// failed: an act failed; the screen stays.
	failed struct{ problem app.Problem }
	// dismissed: the person has read the problem.
	dismissed struct{}
	// languageChosen and themeChosen are the person's settings.
	languageChosen struct{ language app.Language }
	themeChosen    struct{ theme string }
	// offered: these are the providers, some of them set since the start. wrong is a setting
	// that still is, or nil.
	offered struct {
		providers []app.Provider
		wrong     *app.Problem
	}
	// confirmedBy: the provider that confirmed somebody last.
	confirmedBy struct{ provider string }
)

func (resumed) event()        {}
func (notResumed) event()     {}
func (foundUnclaimed) event() {}
func (claimed) event()        {}
func (switched) event()       {}
func (attempted) event()      {}
func (progressed) event()     {}
func (attemptEnded) event()   {}
func (signedIn) event()       {}
func (signUpOpened) event()   {}
func (linkAsked) event()      {}
func (linked) event()         {}
func (linkDropped) event()    {}
func (mergeDecided) event()   {}
func (mergeUndecided) event() {}
func (merged) event()         {}
func (unmerged) event()       {}
func (confirmed) event()      {}
func (recovered) event()      {}
func (codesWanted) event()    {}
func (codesChanged) event()   {}
func (carriedOut) event()     {}
func (signedUp) event()       {}
func (signUpDropped) event()  {}
func (sessionEnded) event()   {}
func (deleting) event()       {}
func (undeleted) event()      {}
func (alive) event()          {}
func (deleted) event()        {}
func (withdrawn) event()      {}
func (receiptRead) event()    {}
func (renamed) event()        {}
func (unlinked) event()       {}
func (networkChanged) event() {}
func (stopped) event()        {}
func (failed) event()         {}
func (dismissed) event()      {}
func (languageChosen) event() {}
func (themeChosen) event()    {}
func (offered) event()        {}
func (confirmedBy) event()    {}

// errLate is returned by next for an event that belongs to another attempt, sign-up
// or session, or does not fit: it came too late and changes nothing.
var errLate = errors.New("signin: event does not fit the state")

// step is the screen, worked out from what is known: an attempt lies over the dialog
// or the home that it was begun from, so its end leads back there.
func (m machine) step() Step {
	switch {
	case m.stage == blocked:
		return StepBlocked
	case m.stage == starting:
		return StepStarting
	case m.attempt != nil:
		return StepWaiting
	case m.signUp != nil:
		return StepNickname
	case m.isHome():
		return StepSignedIn
	case len(m.providers) == 0:
		return StepSetupNeeded
	}
	return StepSignedOut
}

// isHome reports whether somebody is signed in.
func (m machine) isHome() bool { return m.person.Session.ID != "" }

// mayRecover reports whether a recovery code has somebody to let in.
func (m machine) mayRecover() bool { return m.stage == open && !m.isHome() && m.signUp == nil }

// maySwitch reports whether another account of this computer can come on the screen:
// nothing is under way or asked that is of who is here, but a question which is dropped.
func (m machine) maySwitch() bool {
	return m.stage == open && m.attempt == nil && m.signUp == nil && !m.unclaimed && !(m.link != nil && m.link.decided)
}

// holds reports whether session is that of who is signed in.
func (m machine) holds(session string) bool { return m.isHome() && m.person.Session.ID == session }

// waitsFor reports whether the attempt is the one under way.
func (m machine) waitsFor(attempt string) bool { return m.attempt != nil && m.attempt.id == attempt }

// asks reports whether the sign-up is the one whose dialog is open.
func (m machine) asks(signUp string) bool { return m.signUp != nil && m.signUp.ID == signUp }

// asksToLink reports whether the question of that attempt is open.
func (m machine) asksToLink(attempt string) bool { return m.link != nil && m.link.id == attempt }

// next returns the machine after e, or errLate with m unchanged. It is pure: no
// clock, no I/O.
func next(m machine, e event) (machine, error) {
	switch e := e.(type) {
	case resumed:
		if s := m.step(); s != StepStarting && s != StepSignedIn {
			return m, errLate
		}
		if m.isHome() && !m.holds(e.in.Session.ID) {
			return m, errLate // nobody is moved to another account but by a claim or a switch
		}
		if m.stage == starting {
			m.problem = e.problem
			m = m.seenBy(e.in)
		} // else: a rotation in the background takes no words off the screen
		m.stage, m.person = open, e.in
	case notResumed:
		switch m.step() {
		case StepStarting:
			m.stage, m.signUp, m.problem = open, e.signUp, e.problem
			if m.receipt != nil && e.problem != nil && e.problem.Code == app.CodeSessionRevoked {
				m.problem = nil // which the receipt says better
			}
		case StepSignedIn:
			if m.unclaimed {
				return m, errLate // the old cookie failed, a newer session waits
			}
			m = m.leave()
			m.problem = e.problem
		default:
			return m, errLate
		}
	case foundUnclaimed:
		if m.stage != starting {
			return m, errLate
		}
		m.stage = open
		m = m.enter(e.in, "")
		m.problem = e.problem
	case claimed:
		if !m.unclaimed || !m.holds(e.in.Session.ID) {
			return m, errLate
		}
		m.person, m.unclaimed = e.in, false
		if m.step() == StepSignedIn {
			m.problem = nil
		}

	case switched:
		if !m.maySwitch() {
			return m, errLate
		}
		if !m.holds(e.in.Session.ID) {
			m.notice = ""
		}
		m.person = e.in
		m.link, m.problem, m.again, m.codesDue, m.chooser = nil, nil, nil, false, false
		m = m.seenBy(e.in)

	case attempted:
		if m.stage != open || m.step() == StepSetupNeeded || m.link != nil && m.link.decided {
			return m, errLate
		}
		m.attempt, m.link, m.problem, m.again, m.codesDue = &e.attempt, nil, nil, nil, false
	case progressed:
		if !m.waitsFor(e.attempt) {
			return m, errLate
		}
		further := *m.attempt
		further.shown = further.shown.at(e.progress)
		m.attempt = &further
	case attemptEnded:
		if !m.waitsFor(e.attempt) {
			return m, errLate
		}
		if e.problem != nil {
			again := m.attempt.request
			m.again = &again
		}
		m.attempt, m.problem = nil, e.problem
	case signedIn:
		if !m.waitsFor(e.attempt) {
			return m, errLate
		}
		m = m.enter(e.in, e.notice)
		m.chooser = false
	case signUpOpened: // who was at home stays signed in behind it
		if !m.waitsFor(e.attempt) {
			return m, errLate
		}
		m.attempt, m.signUp, m.chooser = nil, e.signUp, false
	case confirmed:
		if !m.waitsFor(e.attempt) || !m.holds(e.in.Session.ID) {
			return m, errLate
		}
		m.attempt, m.person, m.notice, m.chooser = nil, e.in, "", false

	case recovered: // no dialog is given up for it, and nobody who is here
		if !m.mayRecover() {
			return m, errLate
		}
		m = m.enter(e.in, "")
		m.chooser = false
	case codesWanted:
		if !m.holds(e.session) {
			return m, errLate
		}
		m.codesDue = true
	case codesChanged:
		if !m.holds(e.session) {
			return m, errLate
		}
		m.codesDue = false
	case carriedOut:
		if !m.holds(e.session) {
			return m, errLate
		}

	case linkAsked:
		if !m.waitsFor(e.link.id) || !m.holds(e.link.who.Session.ID) {
			return m, errLate
		}
		m.attempt, m.link = nil, &e.link
	case linked:
		if !m.asksToLink(e.link) || m.link.merges() || !m.holds(e.in.Session.ID) {
			return m, errLate
		}
		m.link, m.person, m.problem = nil, e.in, nil
	case linkDropped:
		if !m.asksToLink(e.link) || m.link.decided {
			return m, errLate
		}
		m.link, m.problem = nil, e.problem
	case mergeDecided:
		if !m.asksToLink(e.link) || !m.link.merges() || m.link.decided {
			return m, errLate
		}
		decided := *m.link
		decided.decided = true
		m.link, m.problem = &decided, nil
	case mergeUndecided:
		if !m.asksToLink(e.link) || !m.link.decided {
			return m, errLate
		}
		open := *m.link
		open.decided = false
		m.link = &open
	case merged:
		if !m.asksToLink(e.link) || !m.link.decided || !m.holds(e.in.Session.ID) {
			return m, errLate
		}
		m.link, m.person, m.notice, m.problem = nil, e.in, "", nil
	case unmerged:
		if !m.holds(e.in.Session.ID) {
			return m, errLate
		}
		m.person, m.notice = e.in, ""

	case signedUp: // an attempt that began meanwhile gives way
		if !m.asks(e.signUp) {
			return m, errLate
		}
		m = m.enter(e.in, e.notice)
	case signUpDropped: // an attempt goes on, with no dialog to return to
		if !m.asks(e.signUp) {
			return m, errLate
		}
		m.signUp = nil
		if e.problem == nil {
			m.chooser = true
		}
		if m.attempt == nil {
			m.problem = e.problem
		}
	case sessionEnded: // an open dialog stands by itself
		if !m.holds(e.session) {
			return m, errLate
		}
		m.attempt = nil
		m = m.leave()
		if m.signUp == nil {
			m.problem = e.problem
		}
	case deleting:
		if m.isHome() && m.person.User.ID != e.receipt.UserID {
			return m, errLate
		}
		m.going, m.unsure = e.receipt, time.Time{}
	case undeleted:
		if m.going == nil || m.going.UserID != e.userID {
			return m, errLate
		}
		if m.unsure = e.since; e.since.IsZero() {
			m.going = nil
		}
	case alive:
		if m.going == nil || m.going.UserID != e.userID || m.unsure.IsZero() || e.asked.Before(m.unsure) {
			return m, errLate
		}
		m.going, m.unsure = nil, time.Time{}
	case deleted:
		switch {
		case m.isHome() && m.person.User.ID == e.receipt.UserID:
			m.attempt = nil
			m = m.leave()
		case !m.isHome() && m.going != nil && m.going.UserID == e.receipt.UserID:
			m.problem, m.again = nil, nil // that their session is over is said by the receipt
		default:
			return m, errLate
		}
		m.receipt, m.going, m.unsure = e.receipt, nil, time.Time{}
	case withdrawn:
		if m.receipt == nil || m.receipt.UserID != e.receipt {
			return m, errLate
		}
		m.receipt = m.receipt.answered(e.link, e.withdrawal)
	case receiptRead:
		if m.receipt == nil {
			return m, errLate
		}
		m.receipt = nil
	case renamed:
		if !m.isHome() || m.person.User.ID != e.user.ID {
			return m, errLate
		}
		m.person.User = e.user
	case unlinked:
		if !m.holds(e.in.Session.ID) {
			return m, errLate
		}
		m.person, m.notice = e.in, ""
	case networkChanged:
		if !m.isHome() {
			return m, errLate
		}

	case stopped:
		if m.stage == open {
			return m, errLate
		}
		m.stage, m.problem = blocked, &e.problem
	case failed:
		m.problem, m.again = &e.problem, nil // that one belongs to an earlier problem
	case dismissed:
		if m.stage == blocked {
			return m, errLate
		}
		m.problem, m.again = nil, nil
	case languageChosen:
		m.language = e.language
	case themeChosen:
		m.theme = e.theme
	case confirmedBy:
		m.lastUsed = e.provider
	case offered:
		m.providers = e.providers
		if p := m.problem; p != nil && p.Code == app.CodeSettingsInvalid && (e.wrong == nil || !maps.Equal(p.Params, e.wrong.Params)) {
			m.problem, m.again = e.wrong, nil
		}
	default:
		return m, errLate
	}
	return m, nil
}

// enter leads home: whatever led there is done.
func (m machine) enter(in app.SignedIn, notice app.Code) machine {
	m.person, m.notice, m.unclaimed = in, notice, true
	m.attempt, m.signUp, m.link, m.problem, m.again, m.codesDue = nil, nil, nil, nil, nil, false
	return m.seenBy(in)
}

// seenBy leaves nothing of a receipt to whoever comes to the window, but that of their
// own account where nobody knows yet whether it is gone.
func (m machine) seenBy(in app.SignedIn) machine {
	m.receipt = nil
	if m.going != nil && m.going.UserID != in.User.ID {
		m.going, m.unsure = nil, time.Time{}
	}
	return m
}

// kept is the receipt that the next start is to find, or nil.
func (m machine) kept() *receipt { return cmp.Or(m.going, m.receipt) }

// leave forgets who is signed in.
func (m machine) leave() machine {
	m.person, m.notice, m.unclaimed, m.link, m.again, m.codesDue = app.SignedIn{}, "", false, nil, nil, false
	return m
}
