package signin

import (
	"context"
	"errors"
	"slices"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/nickname"
)

// freshFor is how long a provider's confirmation stands for linking and
// unlinking (docs/security.md#accounts).
const freshFor = 5 * time.Minute

// confirmation is a provider's fresh word for a session: its grant can be revoked.
type confirmation struct {
	at     time.Time
	revoke func(context.Context) error
}

// remindLocked keeps a provider's confirmation for as long as it is fresh, in
// memory only.
func (s *Service) remindLocked(in app.SignedIn, provider string, at time.Time, revoke func(context.Context) error) {
	now := s.now()
	for k, f := range s.fresh {
		if now.Sub(f.at) > freshFor {
			delete(s.fresh, k)
		}
	}
	s.fresh[in.Session.ID+" "+provider] = confirmation{at, revoke}
}

// freshly returns the session's confirmation by the provider if it is fresh.
func (s *Service) freshly(sessionID, provider string) (confirmation, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.fresh[sessionID+" "+provider]
	return c, ok && s.now().Sub(c.at) <= freshFor
}

// Rename gives who another nickname. Codes of the nickname rules,
// CodeNicknameTaken, CodeNicknameLooksLike, CodeRenameTooSoon (param date).
func (s *Service) Rename(ctx context.Context, who app.SignedIn, text string) (app.User, error) {
	n, err := nickname.Parse(text)
	if err != nil {
		return app.User{}, err
	}
	s.mu.Lock()
	held := s.heldLocked(n, who.User.ID, s.now())
	s.mu.Unlock()
	if held {
		return app.User{}, app.Fail(app.CodeNicknameHeld, nil)
	}
	u, err := s.o.Accounts.Rename(ctx, who.User.ID, n, s.now())
	if err != nil {
		return app.User{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.releaseLocked(u.ID)
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

// ProposalsFor returns up to three free nicknames near text for who.
func (s *Service) ProposalsFor(ctx context.Context, who app.SignedIn, text string) []string {
	return s.proposals(ctx, text, who.User.ID, who.User.ID)
}

// Sessions lists the live sessions of who: their own, then the others, newest first.
func (s *Service) Sessions(ctx context.Context, who app.SignedIn) ([]app.SignedIn, error) {
	all, err := s.o.Accounts.UserSessions(ctx, who.User.ID)
	if i := slices.IndexFunc(all, func(in app.SignedIn) bool { return in.Session.ID == who.Session.ID }); i > 0 {
		own := all[i]
		all = slices.Insert(slices.Delete(all, i, i+1), 0, own)
	}
	return all, err
}

// EndSession ends one session of who; CodeNotFound if it is not theirs.
func (s *Service) EndSession(ctx context.Context, who app.SignedIn, sessionID string) error {
	all, err := s.o.Accounts.UserSessions(ctx, who.User.ID)
	if err != nil {
		return err
	}
	for _, in := range all {
		if in.Session.ID != sessionID {
			continue
		}
		if sessionID == who.Session.ID {
			return s.SignOut(ctx, sessionID)
		}
		if err := s.o.Sessions.End(ctx, sessionID, app.EndRevoked); err != nil {
			return err
		}
		s.ended(sessionID, notice(app.CodeSessionRevoked)) // if it is the window's own
		return nil
	}
	return app.Fail(app.CodeNotFound, nil)
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

// Identities lists the provider accounts linked to who.
func (s *Service) Identities(ctx context.Context, who app.SignedIn) ([]app.Identity, error) {
	return s.o.Accounts.Identities(ctx, who.User.ID)
}

// Events lists the security timeline of who, newest first.
func (s *Service) Events(ctx context.Context, who app.SignedIn) ([]app.Event, error) {
	return s.o.Accounts.Events(ctx, who.User.ID)
}

// FormerNames lists the nicknames that who had before, newest first.
func (s *Service) FormerNames(ctx context.Context, who app.SignedIn) ([]app.FormerName, error) {
	return s.o.Accounts.FormerNames(ctx, who.User.ID)
}

// Link asks provider for an account to link to who. Where no provider of theirs
// confirmed them within five minutes, one is asked first. CodeNotFound
// if the provider is not configured, CodeConflict if it is linked already.
func (s *Service) Link(ctx context.Context, who app.SignedIn, provider string) error {
	if _, ok := s.providers[provider]; !ok {
		return app.Fail(app.CodeNotFound, nil)
	}
	ids, err := s.o.Accounts.Identities(ctx, who.User.ID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if id.Provider == provider {
			return app.Fail(app.CodeConflict, nil)
		}
	}
	link := func() {
		s.begin(provider, PurposeLink, app.PromptSelectAccount, who, nil)
	}
	if s.confirmedFreshly(who, ids) {
		link()
		return nil
	}
	return s.confirmFirst(who, ids, link)
}

// confirmedFreshly reports whether any of the linked providers confirmed who
// within freshFor.
func (s *Service) confirmedFreshly(who app.SignedIn, ids []app.Identity) bool {
	for _, id := range ids {
		if _, ok := s.freshly(who.Session.ID, id.Provider); ok {
			return true
		}
	}
	return false
}

// confirmFirst asks a linked provider, the session's own if it can, to confirm who
// again and goes on with then. CodeConfirmationNeeded if none is configured.
func (s *Service) confirmFirst(who app.SignedIn, ids []app.Identity, then func()) error {
	ask := ""
	for _, id := range ids {
		if _, ok := s.providers[id.Provider]; ok && (ask == "" || id.ID == who.Identity.ID) {
			ask = id.Provider
		}
	}
	if ask == "" {
		return app.Fail(app.CodeConfirmationNeeded, nil)
	}
	s.begin(ask, PurposeConfirm, app.PromptNone, who, then)
	return nil
}

// Unlink takes provider's account off who; the last one cannot be taken
// (CodeIdentityLast). Its grant at the provider is revoked where the provider
// confirmed it within five minutes. If no linked provider did, one is asked, the
// unlinking follows by itself, and CodeConfirmationNeeded is answered meanwhile.
// CodeNotFound if it is not linked.
func (s *Service) Unlink(ctx context.Context, who app.SignedIn, provider string) error {
	ids, err := s.o.Accounts.Identities(ctx, who.User.ID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(ids, func(id app.Identity) bool { return id.Provider == provider }) {
		return app.Fail(app.CodeNotFound, nil)
	}
	if len(ids) == 1 {
		return app.Fail(app.CodeIdentityLast, nil)
	}
	if !s.confirmedFreshly(who, ids) {
		if err := s.confirmFirst(who, ids, func() {
			if err := s.unlink(context.Background(), who, provider); err != nil {
				s.Report(err)
			}
		}); err != nil {
			return err
		}
		return app.Fail(app.CodeConfirmationNeeded, nil)
	}
	return s.unlink(ctx, who, provider)
}

func (s *Service) unlink(ctx context.Context, who app.SignedIn, provider string) error {
	c, _ := s.freshly(who.Session.ID, provider)
	if err := s.o.Accounts.UnlinkIdentity(ctx, who.User.ID, who.Session.ID, provider, s.now()); err != nil {
		return err
	}
	s.withdraw(provider, c.revoke)
	in, err := s.reread(ctx, who)
	if err != nil {
		s.o.Log.Warn("home not read again", "code", app.CodeOf(err))
		return nil // it is unlinked all the same
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.fresh, who.Session.ID+" "+provider)
	if s.who.Session.ID == in.Session.ID {
		s.who = in
		s.applyLocked(HomeChanged{s.homeOf(in)})
	}
	return nil
}

// withdraw revokes a grant at the provider in the background: the act here is
// done and does not depend on it.
func (s *Service) withdraw(provider string, revoke func(context.Context) error) {
	if revoke == nil {
		return
	}
	s.run(func() {
		// The provider's client has its own deadline.
		if err := revoke(s.alive); err != nil {
			s.o.Log.Warn("grant not revoked", "provider", provider, "code", app.CodeOf(err))
		}
	})
}

// DeleteAccount deletes who and all that is theirs in this profile. typed must be
// their nickname (CodeConflict otherwise).
func (s *Service) DeleteAccount(ctx context.Context, who app.SignedIn, typed string) error {
	if typed != who.User.Nickname {
		return app.Fail(app.CodeConflict, nil)
	}
	ids, err := s.o.Accounts.Identities(ctx, who.User.ID)
	if err != nil {
		return err
	}
	if err := s.o.Accounts.DeleteUser(ctx, who.User.ID, s.now()); err != nil {
		return err
	}
	for _, id := range ids {
		if c, ok := s.freshly(who.Session.ID, id.Provider); ok {
			s.withdraw(id.Provider, c.revoke)
		}
	}
	window := who.Session.ID
	if in, err := s.Who(); err == nil && in.User.ID == who.User.ID {
		window = in.Session.ID
	}
	s.ended(window, notice(app.CodeAccountDeleted))
	return nil
}

// confirmAccount finishes an attempt whose purpose is to confirm or to link. The
// session that asked must still live (AL-04).
func (s *Service) confirmAccount(ctx context.Context, a *attempt, c app.Confirmation) (Outcome, error) {
	s.mu.Lock()
	same := s.who.Session.ID == a.who.Session.ID && s.who.User.ID == a.who.User.ID
	in := s.who
	s.mu.Unlock()
	if !same {
		return Outcome{}, app.Fail(app.CodeSessionRevoked, nil)
	}
	in, err := s.reread(ctx, in)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Step: StepSignedIn, Account: c.Profile.Account(), Nickname: in.User.Nickname, Linked: a.purpose == PurposeLink}
	switch a.purpose {
	case PurposeLink:
		if _, err := s.o.Accounts.LinkIdentity(ctx, in.User.ID, in.Session.ID, c.Profile, s.now()); err != nil {
			return Outcome{}, err
		}
	default:
		owner, err := s.o.Accounts.UserByIdentity(ctx, c.Profile.Key)
		if err != nil && app.CodeOf(err) != app.CodeNotFound {
			return Outcome{}, err
		}
		if owner.ID != in.User.ID {
			return Outcome{}, app.Fail(app.CodeIdentityLinkedElsewhere, nil)
		}
		if in, err = s.o.Accounts.Confirm(ctx, in.Session.ID, c.Profile, s.now()); err != nil {
			return Outcome{}, err
		}
	}
	err = s.conclude(a, Confirmed{a.id, s.homeOf(in)}, func() {
		s.who = in
		s.remindLocked(in, c.Profile.Provider, s.now(), c.Revoke)
	})
	if errors.Is(err, errCancelled) && a.purpose == PurposeLink {
		if err := s.o.Accounts.UnlinkIdentity(ctx, in.User.ID, in.Session.ID, c.Profile.Provider, s.now()); err != nil {
			s.o.Log.Warn("cancelled link not undone", "code", app.CodeOf(err))
		}
	}
	return out, err
}
