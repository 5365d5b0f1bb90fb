package signin

import (
	"context"

	"munpae.example/munpae/app/internal/app"
)

// Merge brings the account that the person was asked about together with who's, under
// the one of the two nicknames that they chose. who's session goes on with a new pair;
// the pair is empty where none could be made, and the one before is good.
//
// CodeConflict where nothing was asked, or not of who's session, or for another
// nickname; CodeSignInExpired where the question stood open for too long;
// CodeMergeChanged where one of the two changed meanwhile, with which the question is
// over; CodeMergeRefused (param reason), after which it stands.
func (s *Service) Merge(ctx context.Context, who app.SignedIn, nickname string) (app.SignedIn, app.Pair, error) {
	s.linking.Lock()
	defer s.linking.Unlock()
	s.mu.Lock()
	l := s.machine.link
	s.mu.Unlock()
	if !l.merges() || l.who.Session.ID != who.Session.ID {
		return app.SignedIn{}, app.Pair{}, app.Fail(app.CodeConflict, nil)
	}
	if !s.now().Before(l.until) {
		err := app.Fail(app.CodeSignInExpired, nil)
		s.apply(linkDropped{l.id, s.Problem(err)})
		return app.SignedIn{}, app.Pair{}, err
	}
	if !s.apply(mergeDecided{l.id}) { // cancelled a moment ago
		return app.SignedIn{}, app.Pair{}, app.Fail(app.CodeConflict, nil)
	}
	in, err := s.acts.Merge(ctx, l.who, l.other, l.confirmation, l.until.Add(-app.SignInLifetime), nickname)
	if err != nil {
		s.apply(mergeUndecided{l.id})
		switch app.CodeOf(err) {
		case app.CodeMergeChanged, app.CodeSignInExpired: // another question
			s.apply(linkDropped{l.id, s.Problem(err)})
		}
		return app.SignedIn{}, app.Pair{}, err
	}
	s.apply(merged{l.id, in}) // late if the session ended meanwhile: its row says so
	renewed, pair, err := s.o.Sessions.Renew(ctx, in.Session.ID)
	if aboutSession(err) { // ended meanwhile; they are one all the same
		return app.SignedIn{}, app.Pair{}, err
	}
	if err != nil {
		s.o.Log.Warn("no new pair after a merge", "code", app.CodeOf(err))
		return in, app.Pair{}, nil
	}
	return renewed, pair, nil
}

// Unmerge undoes the merge by which who absorbed fromID: a risky act. CodeMergeLapsed,
// CodeMergeOrder, CodeMergeNoWayIn, CodeMergeRefused (param reason), CodeNotFound.
func (s *Service) Unmerge(ctx context.Context, who app.SignedIn, fromID string) error {
	if err := s.acts.MayUnmerge(ctx, who, fromID); err != nil {
		return err
	}
	return s.risk(ctx, who, errand{act: unmerging, what: fromID})
}

func (s *Service) unmergeNow(ctx context.Context, who app.SignedIn, e errand) error {
	in, err := s.acts.Unmerge(ctx, who, e.what)
	if err != nil {
		return err
	}
	s.apply(unmerged{in})
	return nil
}

// Tidy forgets what is kept for a time that is over: it is called at the start and
// every now and then.
func (s *Service) Tidy(ctx context.Context) {
	if s.o.Blocked != nil {
		return
	}
	if err := s.acts.Lapse(ctx, s.gone); err != nil {
		s.o.Log.Warn("lapsed merges not forgotten", "code", app.CodeOf(err))
	}
}
