package signin

import (
	"context"
	"encoding/json"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/nickname"
)

// proposalsShown is how many nicknames are offered when one is not free.
const proposalsShown = 3

// pendingSignUp is the sign-up whose dialog is open.
type pendingSignUp struct {
	row     app.PendingSignUp
	profile app.Profile
	revoke  func(context.Context) error
	checked string // the text that was last found free
}

// hold keeps a name that passed a check for whoever checked it.
type hold struct {
	owner string
	until time.Time
}

// CheckNickname says whether text can be a nickname now: for the open sign-up,
// or for who is signed in, whose own name does not count against them. A free
// name is held for app.NicknameHold.
func (s *Service) CheckNickname(ctx context.Context, text string) (answer NicknameAnswer) {
	answer = NicknameAnswer{Text: text, Proposals: []string{}}
	defer func() { s.o.Log.Info("nickname checked", "code", answer.Code) }() // never the text
	s.mu.Lock()
	userID, owner := s.who.User.ID, s.who.User.ID
	if s.pending != nil {
		userID, owner = "", s.pending.row.ID
	}
	s.mu.Unlock()
	if owner == "" {
		answer.Code = app.CodeConflict
		return answer
	}
	if !s.checks.AllowN(s.now(), 1) {
		answer.Code, answer.Params = app.CodeRateLimited, app.Params{"provider": "Munpae", "minutes": "1"}
		return answer
	}
	n, err := nickname.Parse(text)
	if err == nil {
		err = s.takeHold(ctx, n, userID, owner)
	}
	if err == nil {
		answer.Code = app.CodeAvailable
		s.mu.Lock()
		if p := s.pending; p != nil && p.row.ID == owner {
			p.checked = text
		}
		s.mu.Unlock()
		return answer
	}
	return s.refuse(ctx, answer, err, userID, owner)
}

// refuse fills in why a text is not free and what would be.
func (s *Service) refuse(ctx context.Context, answer NicknameAnswer, err error, userID, owner string) NicknameAnswer {
	answer.Code, answer.Params = app.CodeOf(err), app.ParamsOf(err)
	switch answer.Code {
	case app.CodeNicknameTaken, app.CodeNicknameJustTaken, app.CodeNicknameLooksLike, app.CodeNicknameReserved, app.CodeNicknameHeld:
		answer.Proposals = s.proposals(ctx, answer.Text, userID, owner)
	}
	return answer
}

// takeHold asks the database and then holds both keys of the name for owner.
func (s *Service) takeHold(ctx context.Context, n app.Nickname, userID, owner string) error {
	now := s.now()
	if err := s.o.Accounts.NicknameFree(ctx, n, userID, now); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.heldLocked(n, owner, now) {
		return app.Fail(app.CodeNicknameHeld, nil)
	}
	for name, h := range s.held { // one hold an owner, and none that is over
		if h.owner == owner || !now.Before(h.until) {
			delete(s.held, name)
		}
	}
	h := hold{owner, now.Add(app.NicknameHold)}
	s.held["key:"+n.Key], s.held["skeleton:"+n.Skeleton] = h, h
	return nil
}

// releaseLocked gives back what owner holds.
func (s *Service) releaseLocked(owner string) {
	for name, h := range s.held {
		if h.owner == owner {
			delete(s.held, name)
		}
	}
}

func (s *Service) heldLocked(n app.Nickname, owner string, now time.Time) bool {
	for _, name := range []string{"key:" + n.Key, "skeleton:" + n.Skeleton} {
		if h, ok := s.held[name]; ok && h.owner != owner && now.Before(h.until) {
			return true
		}
	}
	return false
}

// proposals returns up to three free names near text, in its script.
func (s *Service) proposals(ctx context.Context, text, userID, owner string) []string {
	sources := []string{text}
	s.mu.Lock()
	if p := s.pending; p != nil && p.row.ID == owner {
		sources = append(sources, p.profile.Nickname, p.profile.Name, p.profile.Login)
	}
	s.mu.Unlock()
	free := s.free(ctx, nickname.Propose(sources...), userID, owner)
	if len(free) > proposalsShown {
		free = free[:proposalsShown]
	}
	return free
}

// free returns the texts of those candidates that owner could take, in order:
// one round trip to the database.
func (s *Service) free(ctx context.Context, candidates []app.Nickname, userID, owner string) []string {
	now := s.now()
	free, err := s.o.Accounts.NicknamesFree(ctx, candidates, userID, now)
	if err != nil {
		s.o.Log.Warn("no proposals", "code", app.CodeOf(err))
		return []string{}
	}
	texts := []string{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range free {
		if !s.heldLocked(n, owner, now) {
			texts = append(texts, n.Text)
		}
	}
	return texts
}

// SignUp makes the user of the open sign-up. CodeAvailable in the answer means
// that it is done; every other code leaves the dialog as it is, except
// CodeSignUpExpired, which ends it.
func (s *Service) SignUp(ctx context.Context, text string) NicknameAnswer {
	answer := NicknameAnswer{Text: text, Proposals: []string{}}
	s.signingUp.Lock()
	defer s.signingUp.Unlock()
	s.mu.Lock()
	p := s.pending
	open := s.state.Step == StepNickname
	checked := p != nil && p.checked == text
	s.mu.Unlock()
	if p == nil || !open {
		answer.Code = app.CodeConflict
		return answer
	}
	n, err := nickname.Parse(text)
	if err != nil {
		return s.refuse(ctx, answer, err, "", p.row.ID)
	}
	s.mu.Lock()
	taken := s.heldLocked(n, p.row.ID, s.now())
	s.mu.Unlock()
	if taken {
		return s.refuse(ctx, answer, app.Fail(app.CodeNicknameHeld, nil), "", p.row.ID)
	}
	session, err := s.o.Sessions.New()
	if err != nil {
		answer.Code = app.CodeOf(err)
		return answer
	}
	session.ConfirmedAt = p.row.CreatedAt // the provider's word is that old
	in, err := s.o.Accounts.SignUp(ctx, p.row.ID, p.profile, n, session)
	switch code := app.CodeOf(err); code {
	case "":
	case app.CodeSignUpExpired:
		problem := s.problem(err)
		s.mu.Lock()
		s.pending = nil
		s.releaseLocked(p.row.ID)
		s.applyLocked(SignUpDropped{problem})
		s.mu.Unlock()
		answer.Code = code
		return answer
	default:
		if code == app.CodeNicknameTaken && checked {
			err = app.Fail(app.CodeNicknameJustTaken, err)
		}
		if code != app.CodeNicknameTaken && code != app.CodeNicknameLooksLike {
			s.Report(err)
		}
		return s.refuse(ctx, answer, err, "", p.row.ID)
	}
	answer.Code = app.CodeAvailable
	home := s.homeOf(in)
	home.Notice = p.profile.Notice
	s.mu.Lock()
	s.who, s.claim, s.pending = in, in.Session.ID, nil
	s.releaseLocked(p.row.ID)
	s.remindLocked(in, p.profile.Provider, p.row.CreatedAt, p.revoke)
	s.overtakenLocked(notice(app.CodeSignInReplaced))
	s.applyLocked(SignedUp{home})
	s.mu.Unlock()
	return answer
}

// UseAnotherAccount drops the open sign-up and goes back to the sign-in screen,
// where the next attempt asks the provider for another account.
func (s *Service) UseAnotherAccount(ctx context.Context) {
	s.signingUp.Lock()
	defer s.signingUp.Unlock()
	s.mu.Lock()
	p := s.pending
	open := s.state.Step == StepNickname
	s.mu.Unlock()
	if p == nil || !open {
		return
	}
	if err := s.o.Accounts.DeletePendingSignUp(ctx, p.row.ID); err != nil && app.CodeOf(err) != app.CodeNotFound {
		s.Report(err)
		return
	}
	s.mu.Lock()
	s.pending, s.chooser = nil, true
	s.releaseLocked(p.row.ID)
	s.applyLocked(SignUpDropped{})
	s.mu.Unlock()
}

// recallSignUp brings back a sign-up that an earlier start left open; nil if there is none.
func (s *Service) recallSignUp(ctx context.Context) *SignUp {
	row, err := s.o.Accounts.PendingSignUp(ctx, s.now())
	if err != nil {
		if app.CodeOf(err) != app.CodeNotFound {
			s.o.Log.Warn("pending sign-up not read", "code", app.CodeOf(err))
		}
		return nil
	}
	var p app.Profile
	plain, err := s.o.Sessions.Open(row.Sealed, row.ID)
	if err == nil {
		err = json.Unmarshal(plain, &p)
	}
	if err != nil {
		// Sealed under another key: the provider has to be asked again anyway.
		s.o.Log.Warn("pending sign-up not opened", "code", app.CodeOf(err))
		return nil
	}
	open := s.openSignUp(ctx, row, p)
	s.mu.Lock()
	s.pending = &pendingSignUp{row: row, profile: p}
	s.mu.Unlock()
	return &open
}
