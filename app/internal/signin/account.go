package signin

import (
	"context"
	"errors"

	"munpae.example/munpae/app/internal/account"
	"munpae.example/munpae/app/internal/app"
)

// Rename gives who another nickname. Codes of the nickname rules,
// CodeNicknameTaken, CodeNicknameLooksLike, CodeRenameTooSoon (param date).
func (s *Service) Rename(ctx context.Context, who app.SignedIn, text string) (app.User, error) {
	u, err := s.acts.Rename(ctx, who, text)
	if err != nil {
		return app.User{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.who.User.ID == u.ID {
		s.who.User = u
		if s.state.Home != nil {
			home := s.homeOf(s.who)
			home.Notice = s.state.Home.Notice
			s.applyLocked(HomeChanged{home})
		}
	}
	return u, nil
}

// EndSession ends one session of who; CodeNotFound if it is not theirs.
func (s *Service) EndSession(ctx context.Context, who app.SignedIn, sessionID string) error {
	if err := s.acts.EndSession(ctx, who, sessionID); err != nil {
		return err
	}
	why := notice(app.CodeSessionRevoked)
	if sessionID == who.Session.ID {
		why = notice(app.CodeSignedOut)
	}
	s.ended(sessionID, why) // if it is the window's own
	return nil
}

// EndOtherSessions ends every session of who but this one.
func (s *Service) EndOtherSessions(ctx context.Context, who app.SignedIn) error {
	if err := s.o.Sessions.EndOthers(ctx, who.User.ID, who.Session.ID, app.EndRevoked); err != nil {
		return err
	}
	if in, err := s.Who(); err == nil && in.User.ID == who.User.ID && in.Session.ID != who.Session.ID {
		s.ended(in.Session.ID, notice(app.CodeSessionRevoked))
	}
	return nil
}

// Link asks provider for an account to link to who. Where no provider of theirs
// confirmed them within five minutes, one is asked first. CodeNotFound
// if the provider is not configured, CodeConflict if it is linked already,
// CodeConfirmationNeeded if nobody can be asked.
func (s *Service) Link(ctx context.Context, who app.SignedIn, provider string) error {
	if _, ok := s.providers[provider]; !ok {
		return app.Fail(app.CodeNotFound, nil)
	}
	confirm, err := s.acts.MayLink(ctx, who, provider)
	if err != nil {
		return err
	}
	link := func() { s.begin(provider, PurposeLink, app.PromptSelectAccount, who, nil) }
	if confirm == "" {
		link()
		return nil
	}
	s.begin(confirm, PurposeConfirm, app.PromptNone, who, link)
	return nil
}

// Unlink takes provider's account off who; the last one cannot be taken
// (CodeIdentityLast). Its grant at the provider is revoked where the provider
// confirmed it within five minutes. If no linked provider did, one is asked, the
// unlinking follows by itself, and CodeConfirmationNeeded is answered meanwhile.
// CodeNotFound if it is not linked.
func (s *Service) Unlink(ctx context.Context, who app.SignedIn, provider string) error {
	confirm, err := s.acts.MayUnlink(ctx, who, provider)
	if err != nil {
		return err
	}
	if confirm == "" {
		return s.unlink(ctx, who, provider)
	}
	s.begin(confirm, PurposeConfirm, app.PromptNone, who, func() {
		if err := s.unlink(context.Background(), who, provider); err != nil {
			s.Report(err)
		}
	})
	return app.Fail(app.CodeConfirmationNeeded, nil)
}

func (s *Service) unlink(ctx context.Context, who app.SignedIn, provider string) error {
	in, grants, err := s.acts.Unlink(ctx, who, provider)
	if err != nil {
		return err
	}
	s.withdraw(grants)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.who.Session.ID == in.Session.ID {
		s.who = in
		s.applyLocked(HomeChanged{s.homeOf(in)})
	}
	return nil
}

// withdraw revokes grants at the providers in the background: the act here is done
// and does not depend on it.
func (s *Service) withdraw(grants []account.Grant) {
	for _, g := range grants {
		s.run(func() {
			// The provider's client has its own deadline.
			if err := g.Revoke(s.alive); err != nil {
				s.o.Log.Warn("grant not revoked", "provider", g.Provider, "code", app.CodeOf(err))
			}
		})
	}
}

// DeleteAccount deletes who and all that is theirs in this profile. typed must be
// their nickname (CodeConflict otherwise).
func (s *Service) DeleteAccount(ctx context.Context, who app.SignedIn, typed string) error {
	grants, err := s.acts.Delete(ctx, who, typed)
	if err != nil {
		return err
	}
	s.withdraw(grants)
	if s.o.Deleted != nil {
		s.o.Deleted(who.User.ID)
	}
	window := who.Session.ID
	if in, err := s.Who(); err == nil && in.User.ID == who.User.ID {
		window = in.Session.ID
	}
	s.ended(window, notice(app.CodeAccountDeleted))
	return nil
}

// confirmAccount finishes an attempt whose purpose is to confirm or to link.
func (s *Service) confirmAccount(ctx context.Context, a *attempt, c app.Confirmation) (Outcome, error) {
	s.mu.Lock()
	same := s.who.Session.ID == a.who.Session.ID && s.who.User.ID == a.who.User.ID
	s.mu.Unlock()
	if !same {
		return Outcome{}, app.Fail(app.CodeSessionRevoked, nil)
	}
	act := s.acts.Confirm
	if a.purpose == PurposeLink {
		act = s.acts.Link
	}
	in, err := act(ctx, a.who, c)
	if err != nil {
		return Outcome{}, err
	}
	err = s.conclude(a, Confirmed{a.id, s.homeOf(in)}, func() { s.who = in })
	if errors.Is(err, errCancelled) && a.purpose == PurposeLink {
		s.acts.TakeBackLink(ctx, in, c.Profile.Provider)
	}
	return Outcome{Step: StepSignedIn, Account: c.Profile.Account(), Nickname: in.User.Nickname, Linked: a.purpose == PurposeLink}, err
}
