package signin

import (
	"context"
	"errors"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/attempt"
)

// Rename gives who another nickname. Codes of the nickname rules,
// CodeNicknameTaken, CodeNicknameLooksLike, CodeRenameTooSoon (param date).
func (s *Service) Rename(ctx context.Context, who app.SignedIn, text string) (app.User, error) {
	u, err := s.acts.Rename(ctx, who, text)
	if err != nil {
		return app.User{}, err
	}
	s.apply(renamed{u})
	return u, nil
}

// EndSession ends one session of who; CodeNotFound if it is not theirs.
func (s *Service) EndSession(ctx context.Context, who app.SignedIn, sessionID string) error {
	if err := s.acts.EndSession(ctx, who, sessionID); err != nil {
		return err
	}
	if sessionID == who.Session.ID {
		s.ended(sessionID, notice(app.CodeSignedOut))
		return nil
	}
	s.taken(sessionID, app.CodeSessionRevoked)
	return nil
}

// EndOtherSessions ends every session of who but this one: a risky act. typed, their
// nickname, is needed only where they were not confirmed freshly and no provider can be
// asked; else it may be empty.
func (s *Service) EndOtherSessions(ctx context.Context, who app.SignedIn, typed string) error {
	return s.risk(ctx, who, errand{act: endingOthers, typed: typed})
}

func (s *Service) endOthersNow(ctx context.Context, who app.SignedIn, _ errand) error {
	if err := s.o.Sessions.EndOthers(ctx, who.User.ID, who.Session.ID, app.EndRevoked); err != nil {
		return err
	}
	if in, err := s.Who(); err == nil && in.User.ID == who.User.ID && in.Session.ID != who.Session.ID {
		s.ended(in.Session.ID, s.Problem(app.Fail(app.CodeSessionRevoked, nil)))
	}
	return nil
}

// Link asks provider for an account to link to who: a risky act. CodeNotFound
// if the provider is not configured, CodeConflict as account.Acts.MayLink says it,
// CodeConfirmationNeeded if nobody can be asked to confirm them. Where somebody is, it
// answers nil: the link's own question follows.
func (s *Service) Link(ctx context.Context, who app.SignedIn, provider string) error {
	if s.server(provider) == nil {
		return app.Fail(app.CodeNotFound, nil)
	}
	if err := s.acts.MayLink(ctx, who, provider); err != nil {
		return err
	}
	if err := s.risk(ctx, who, errand{act: linkingAccount, what: provider}); !errors.Is(err, errAsked) {
		return err
	}
	return nil
}

func (s *Service) linkNow(_ context.Context, who app.SignedIn, e errand) error {
	s.begin(request{provider: e.what, purpose: PurposeLink, prompt: app.PromptReauthenticate, who: who})
	return nil
}

// Unlink takes an account at a provider off who, named by its identity's ID or by its
// provider: a risky act. The last one cannot be taken (CodeIdentityLast). Its grant at the provider
// is revoked where the provider confirmed it freshly. CodeNotFound if it is not linked,
// CodeIdentityAmbiguous if the provider has two of theirs.
func (s *Service) Unlink(ctx context.Context, who app.SignedIn, name string) error {
	id, err := s.acts.MayUnlink(ctx, who, name)
	if err != nil {
		if app.CodeOf(err) == app.CodeIdentityAmbiguous {
			err = named(err, app.Provider{Name: s.nameOf(name)})
		}
		return err
	}
	return s.risk(ctx, who, errand{act: unlinking, what: id.ID})
}

func (s *Service) unlinkNow(ctx context.Context, who app.SignedIn, e errand) error {
	id, err := s.acts.MayUnlink(ctx, who, e.what)
	if err != nil {
		return err
	}
	in, revoke, err := s.acts.Unlink(ctx, who, id)
	if err != nil {
		return err
	}
	if revoke != nil {
		s.withdraw(id.Provider, revoke, func(error) {})
	}
	s.apply(unlinked{in})
	return nil
}

// withdraw revokes at the provider in the background what was granted there, and tells
// then what became of it: the act here is done and does not depend on it.
func (s *Service) withdraw(provider string, revoke func(context.Context) error, then func(error)) {
	s.run(func() {
		// The provider's client has its own deadline.
		err := revoke(s.alive)
		if err != nil {
			s.o.Log.Warn("grant not revoked", "provider", provider, "code", app.CodeOf(err))
		}
		then(err)
	})
}

// DeleteAccount deletes who and all that is theirs in this profile: a risky act. typed
// must be their nickname (CodeConflict otherwise), and is enough where no provider can be asked.
func (s *Service) DeleteAccount(ctx context.Context, who app.SignedIn, typed string) error {
	if typed != who.User.Nickname {
		return app.Fail(app.CodeConflict, nil)
	}
	return s.risk(ctx, who, errand{act: deletingAccount, typed: typed})
}

func (s *Service) deleteNow(ctx context.Context, who app.SignedIn, e errand) error {
	d, err := s.acts.Delete(ctx, who, e.typed)
	if err != nil {
		if s.undeleted(ctx, who.User.ID) {
			return nil
		}
		return err
	}
	s.endedBy(deleted{receiptOf(who.User, d)}, notice(app.CodeAccountDeleted))
	s.withdrawAll(d, who.User.ID)
	for _, id := range d.Gone {
		s.gone(id)
	}
	return nil
}

// gone tells that nothing is left of a user.
func (s *Service) gone(userID string) {
	if s.o.Deleted != nil {
		s.o.Deleted(userID)
	}
}

// confirmPerson finishes an attempt whose purpose is to confirm, or to link: then the
// person is asked first, whichever way the word came by. The session that asked must
// still be the window's, and live (AL-04).
func (s *Service) confirmPerson(ctx context.Context, w waiting, c app.Confirmation) (attempt.Outcome, error) {
	who := w.request.who
	if in, err := s.Who(); err != nil || in.Session.ID != who.Session.ID {
		return attempt.Outcome{}, app.Fail(app.CodeSessionRevoked, nil)
	}
	out := attempt.Outcome{Result: attempt.ResultSignedIn, Account: c.Profile.Account()}
	if w.request.purpose == PurposeLink {
		other, err := s.acts.Linkable(ctx, who, c)
		if err != nil {
			return attempt.Outcome{}, err
		}
		out.Result = attempt.ResultAsked
		if other.ID != "" {
			out.Result = attempt.ResultTwo
		}
		return out, s.take(linkAsked{linking{id: w.id, who: who, confirmation: c, other: other, until: s.now().Add(app.SignInLifetime)}})
	}
	in, err := s.acts.Confirm(ctx, who, c)
	if err != nil {
		return attempt.Outcome{}, err
	}
	out.Nickname = in.User.Nickname
	return out, s.take(confirmed{w.id, in})
}

// ConfirmLink links the account that the person was asked about. What comes of it is
// told by the state alone.
func (s *Service) ConfirmLink(ctx context.Context) {
	s.linking.Lock()
	defer s.linking.Unlock()
	s.mu.Lock()
	l := s.machine.link
	s.mu.Unlock()
	if l == nil || l.merges() {
		return
	}
	if !s.now().Before(l.until) {
		s.apply(linkDropped{l.id, s.Problem(app.Fail(app.CodeSignInExpired, nil))})
		return
	}
	provider := l.confirmation.Profile.Provider
	in, id, err := s.acts.Link(ctx, l.who, l.confirmation)
	if err != nil {
		s.apply(linkDropped{l.id, s.Problem(named(err, app.Provider{Name: s.nameOf(provider)}))})
		return
	}
	if !s.apply(linked{l.id, in}) { // cancelled while it was stored
		s.acts.TakeBackLink(ctx, in, id)
	}
}

func (s *Service) nameOf(provider string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.machine.nameOf(provider)
}
