package signin

import (
	"context"

	"munpae.example/munpae/app/internal/app"
)

// Claim hands out the first pair of the session that this window's sign-in or
// sign-up made, or that an earlier start left unclaimed. CodeSessionNone if
// there is none.
func (s *Service) Claim(ctx context.Context) (app.SignedIn, app.Pair, error) {
	if s.o.Blocked != nil {
		return app.SignedIn{}, app.Pair{}, s.o.Blocked
	}
	s.claiming.Lock()
	defer s.claiming.Unlock()
	s.mu.Lock()
	id := s.machine.person.Session.ID
	unclaimed := s.machine.unclaimed
	s.mu.Unlock()
	if !unclaimed {
		return app.SignedIn{}, app.Pair{}, app.Fail(app.CodeSessionNone, nil)
	}
	if s.o.Several {
		s.keep(ctx, onScreen, id)
	}
	in, pair, err := s.o.Sessions.Claim(ctx, id)
	if err != nil {
		if aboutSession(err) {
			s.ended(id, s.Problem(err)) // nobody can ever claim it
		} else if ctx.Err() == nil {
			s.Report(err)
		}
		return app.SignedIn{}, app.Pair{}, err
	}
	s.apply(claimed{in}) // late if signed out or in as somebody else meanwhile: the row says so
	return in, pair, nil
}

// aboutSession reports whether err says something of a session, rather than of
// what lies underneath.
func aboutSession(err error) bool {
	switch app.CodeOf(err) {
	case app.CodeSessionNone, app.CodeSessionAccessExpired, app.CodeSessionExpired, app.CodeSessionRevoked, app.CodeAccountMerged, app.CodeSessionReused,
		app.CodeClockMovedBack, app.CodeKeystoreLost:
		return true
	}
	return false
}

// Resume verifies an access token, offline too. A missing or expired one decides
// nothing yet, since the page asks Refresh next.
func (s *Service) Resume(ctx context.Context, access string) (app.SignedIn, error) {
	if s.o.Blocked != nil {
		return app.SignedIn{}, s.o.Blocked
	}
	if access == "" {
		return app.SignedIn{}, app.Fail(app.CodeSessionNone, nil)
	}
	in, err := s.o.Sessions.Verify(ctx, access)
	if err != nil {
		if code := app.CodeOf(err); code != app.CodeSessionNone && code != app.CodeSessionAccessExpired {
			s.lost(ctx, err)
		}
		return app.SignedIn{}, err
	}
	s.resumed(ctx, in)
	if s.elsewhere(in) {
		return app.SignedIn{}, app.Fail(app.CodeConflict, nil)
	}
	return in, nil
}

// Refresh rotates a refresh token, offline too. It alone leaves StepStarting when
// there is no session.
func (s *Service) Refresh(ctx context.Context, refresh string) (app.SignedIn, app.Pair, error) {
	if s.o.Blocked != nil {
		return app.SignedIn{}, app.Pair{}, s.o.Blocked
	}
	if refresh == "" {
		err := app.Fail(app.CodeSessionNone, nil)
		s.lost(ctx, err)
		return app.SignedIn{}, app.Pair{}, err
	}
	in, pair, err := s.o.Sessions.Rotate(ctx, refresh)
	if err != nil {
		s.lost(ctx, err)
		return app.SignedIn{}, app.Pair{}, err
	}
	s.resumed(ctx, in)
	if s.elsewhere(in) { // the jar has another's pair by now, which this must not replace
		return app.SignedIn{}, app.Pair{}, app.Fail(app.CodeConflict, nil)
	}
	return in, pair, nil
}

// resumed shows home. Most calls find it shown already and change nothing: this
// runs on every GET /session. At the start the jar may have brought a session that
// the person left since: the newer one, whose pair it lost, is claimed instead.
func (s *Service) resumed(ctx context.Context, in app.SignedIn) {
	if s.State().Step == StepStarting {
		newer, err := s.o.Sessions.Unclaimed(ctx)
		if err == nil && newer.Session.ID != in.Session.ID && newer.Session.CreatedAt.After(in.Session.SeenAt) && s.lastOnScreen(ctx, newer) && s.offer(newer) {
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.machine
	if m.step() == StepSignedIn && m.holds(in.Session.ID) && m.person.Session.Generation == in.Session.Generation && m.person.User.Nickname == in.User.Nickname {
		return
	}
	e := resumed{in: in}
	if m.stage == starting && s.o.Notice != nil {
		e.problem = s.Problem(s.o.Notice)
	}
	s.applyLocked(e)
}

// lost moves to where nobody is signed in, with the reason, unless an earlier
// start left a session to claim or a sign-up to finish.
func (s *Service) lost(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return // the page went away, and will ask again
	}
	code := app.CodeOf(err)
	starting := s.State().Step == StepStarting
	if !aboutSession(err) {
		// Not a word about the session but a fault underneath: keep it. Whoever asked is
		// told by the answer; at the start nobody could be.
		if starting {
			s.apply(stopped{*s.Problem(err)})
		}
		return
	}
	if starting && s.recallUnclaimed(ctx) {
		return
	}
	if !starting && (code == app.CodeSessionNone || code == app.CodeSessionExpired || code == app.CodeSessionRevoked || code == app.CodeAccountMerged || code == app.CodeSessionReused) {
		// It may have been a token of another session than the window's, or none at
		// all from a browser that was let in beside it (--dev).
		if in, err := s.Who(); err == nil && s.lives(ctx, in) {
			return
		}
	}
	e := notResumed{}
	switch {
	case starting && app.CodeOf(s.o.Notice) == app.CodeDirectoryChanged:
		e.problem = s.Problem(s.o.Notice) // that is why the session is not there
	case code != app.CodeSessionNone && code != app.CodeSessionAccessExpired:
		e.problem = s.Problem(err)
	case starting && s.o.Notice != nil:
		e.problem = s.Problem(s.o.Notice)
	}
	if starting {
		e.signUp = s.acts.Recall(ctx)
	}
	s.apply(e)
}

// recallUnclaimed finds a session of an earlier start whose pair never reached
// the jar, so that nobody consents at the provider twice.
func (s *Service) recallUnclaimed(ctx context.Context) bool {
	in, err := s.o.Sessions.Unclaimed(ctx)
	return err == nil && s.lastOnScreen(ctx, in) && s.offer(in)
}

// offer shows home of a session that the window is to claim. A jar that was healed
// is not worth a word then: its advice is to sign in again, and nobody has to.
func (s *Service) offer(in app.SignedIn) bool {
	e := foundUnclaimed{in: in}
	if s.o.Notice != nil && app.CodeOf(s.o.Notice) != app.CodeJarDamaged {
		e.problem = s.Problem(s.o.Notice)
	}
	return s.apply(e)
}

// SignOut ends the session's row first and then shows the sign-in screen. The
// session stays if the row could not be ended, which only the error says.
func (s *Service) SignOut(ctx context.Context, sessionID string) error {
	if s.o.Blocked != nil {
		return s.o.Blocked
	}
	if err := s.o.Sessions.End(ctx, sessionID, app.EndSignedOut); err != nil {
		return err
	}
	if in, err := s.Who(); s.o.Several && err == nil && in.Session.ID == sessionID { // nobody has the tokens of the others any more
		if err := s.endHere(ctx, in.User.ID); err != nil {
			s.o.Log.Warn("earlier sessions not ended", "code", app.CodeOf(err))
		}
	}
	s.ended(sessionID, notice(app.CodeSignedOut))
	return nil
}

// ended shows that the window's own session is over, and with it what was under way.
func (s *Service) ended(sessionID string, why *app.Problem) {
	s.endedBy(sessionEnded{sessionID, why}, why)
}

// taken is ended for a session that somebody else has ended, if it is the window's own:
// another one's is not worth a word.
func (s *Service) taken(sessionID string, why app.Code) {
	if in, err := s.Who(); err == nil && in.Session.ID == sessionID {
		s.ended(sessionID, s.Problem(app.Fail(why, nil)))
	}
}

// endedBy is ended for whatever event ends it, and reports whether it fitted.
func (s *Service) endedBy(e event, why *app.Problem) bool {
	s.mu.Lock()
	under := s.machine.attempt
	ok := s.applyLocked(e)
	over := ok && s.machine.attempt == nil // else it is another's
	s.mu.Unlock()
	if over && under != nil {
		under.handle.Close(pageOf(why))
	}
	return ok
}

// lives reports whether the session of in can still be used, as far as can be known.
func (s *Service) lives(ctx context.Context, in app.SignedIn) bool {
	_, err := s.o.Sessions.Live(ctx, in.Session.ID)
	return !aboutSession(err)
}
