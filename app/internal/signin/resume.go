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
	id := s.claim
	s.mu.Unlock()
	if id == "" {
		return app.SignedIn{}, app.Pair{}, app.Fail(app.CodeSessionNone, nil)
	}
	in, pair, err := s.o.Sessions.Claim(ctx, id)
	if err != nil {
		if aboutSession(err) {
			s.ended(id, s.problem(err)) // nobody can ever claim it
		} else if ctx.Err() == nil {
			s.Report(err)
		}
		return app.SignedIn{}, app.Pair{}, err
	}
	home := s.homeOf(in)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.claim != id {
		return in, pair, nil // signed out or in as somebody else meanwhile: the row says so
	}
	s.claim, s.who = "", in
	if s.state.Home != nil {
		home.Notice = s.state.Home.Notice
	}
	s.applyLocked(Claimed{home})
	return in, pair, nil
}

// aboutSession reports whether err says something of a session, rather than of
// what lies underneath.
func aboutSession(err error) bool {
	switch app.CodeOf(err) {
	case app.CodeSessionNone, app.CodeSessionAccessExpired, app.CodeSessionExpired, app.CodeSessionRevoked, app.CodeSessionReused,
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
	return in, pair, nil
}

// resumed shows home. Most calls find it shown already and change nothing: this
// runs on every GET /session. At the start the jar may have brought a session that
// the person left since: the newer one, whose pair it lost, is claimed instead.
func (s *Service) resumed(ctx context.Context, in app.SignedIn) {
	if s.State().Step == StepStarting {
		newer, err := s.o.Sessions.Unclaimed(ctx)
		if err == nil && newer.Session.ID != in.Session.ID && newer.Session.CreatedAt.After(in.Session.SeenAt) && s.offerClaim(newer) {
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Step == StepSignedIn && s.who.Session.ID == in.Session.ID && s.who.Session.Generation == in.Session.Generation && s.who.User.Nickname == in.User.Nickname {
		return
	}
	if s.claim != "" && s.claim != in.Session.ID {
		return // a newer session waits to be claimed
	}
	home := s.homeOf(in)
	if s.state.Home != nil && s.who.Session.ID == in.Session.ID {
		home.Notice = s.state.Home.Notice
	}
	first := s.state.Step == StepStarting
	if s.applyLocked(Resumed{home}) {
		s.who = in
		if first && s.o.Notice != nil {
			s.applyLocked(ProblemRaised{*s.problem(s.o.Notice)})
		}
	}
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
		// Not a word about the session but a fault underneath: keep it, say so.
		if starting {
			s.apply(Blocked{*s.problem(err)})
		} else {
			s.Report(err)
		}
		return
	}
	if starting && s.recallUnclaimed(ctx) {
		return
	}
	if !starting && (code == app.CodeSessionNone || code == app.CodeSessionExpired || code == app.CodeSessionRevoked || code == app.CodeSessionReused) {
		// It may have been a token of another session than the window's, or none at
		// all from a browser that was let in beside it (--dev).
		if in, err := s.Who(); err == nil && s.lives(ctx, in) {
			return
		}
	}
	e := NotResumed{}
	switch {
	case code != app.CodeSessionNone && code != app.CodeSessionAccessExpired:
		e.Problem = s.problem(err)
	case starting && s.o.Notice != nil:
		e.Problem = s.problem(s.o.Notice)
	}
	if starting {
		e.SignUp = s.recallSignUp(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.applyLocked(e) && s.state.Home == nil {
		s.who = app.SignedIn{}
	}
}

// recallUnclaimed finds a session of an earlier start whose pair never reached
// the jar, so that nobody consents at the provider twice.
func (s *Service) recallUnclaimed(ctx context.Context) bool {
	in, err := s.o.Sessions.Unclaimed(ctx)
	return err == nil && s.offerClaim(in)
}

// offerClaim shows home of a session that the window is to claim.
func (s *Service) offerClaim(in app.SignedIn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	home := s.homeOf(in)
	if !s.applyLocked(FoundUnclaimed{home}) {
		return false
	}
	s.who, s.claim = in, in.Session.ID
	return true
}

// SignOut ends the session's row first and then shows the sign-in screen. The
// session stays if the row could not be ended.
func (s *Service) SignOut(ctx context.Context, sessionID string) error {
	if s.o.Blocked != nil {
		return s.o.Blocked
	}
	if err := s.o.Sessions.End(ctx, sessionID, app.EndSignedOut); err != nil {
		s.Report(err)
		return err
	}
	s.ended(sessionID, notice(app.CodeSignedOut))
	return nil
}

// ended shows that the window's own session is over.
func (s *Service) ended(sessionID string, why *app.Problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.who.Session.ID != sessionID {
		return
	}
	s.overtakenLocked(why)
	if s.applyLocked(SessionEnded{why}) {
		s.who, s.claim, s.again = app.SignedIn{}, "", nil
	}
}

// lives reports whether the session of in can still be used, as far as can be known.
func (s *Service) lives(ctx context.Context, in app.SignedIn) bool {
	_, err := s.o.Sessions.Live(ctx, in.Session.ID)
	return !aboutSession(err)
}

// homeOf is what home shows of a session.
func (s *Service) homeOf(in app.SignedIn) Home {
	h := Home{
		Nickname: in.User.Nickname, Provider: in.Identity.Provider, Name: s.nameOf(in.Identity.Provider), Account: in.Identity.Account(),
		ConfirmedAt: in.Session.ConfirmedAt.UnixMilli(), OfflineUntil: in.Session.OfflineUntil().UnixMilli(), Offline: !s.online(),
	}
	if !in.User.RenamedAt.IsZero() {
		if next := in.User.RenamedAt.Add(app.RenameInterval); next.After(s.now()) {
			h.RenameAfter = next.UnixMilli()
		}
	}
	return h
}
