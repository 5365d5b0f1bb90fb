package signin

import (
	"context"

	"munpae.example/munpae/app/internal/account"
	"munpae.example/munpae/app/internal/app"
)

// CheckNickname says whether text can be a nickname now: for the open sign-up,
// or for who is signed in, whose own name does not count against them. A free
// name is held for app.NicknameHold.
func (s *Service) CheckNickname(ctx context.Context, text string) account.NicknameAnswer {
	var holder account.Holder
	s.mu.Lock()
	switch {
	case s.pending != nil:
		holder = s.pending.Holder()
	case s.who.User.ID != "":
		holder = account.HolderOf(s.who.User)
	}
	s.mu.Unlock()
	return s.acts.CheckNickname(ctx, holder, text)
}

// SignUp makes the user of the open sign-up. CodeAvailable in the answer means
// that it is done; every other code leaves the dialog as it is, except
// CodeSignUpExpired, which ends it.
func (s *Service) SignUp(ctx context.Context, text string) account.NicknameAnswer {
	s.signingUp.Lock()
	defer s.signingUp.Unlock()
	s.mu.Lock()
	p := s.pending
	open := s.state.Step == StepNickname
	s.mu.Unlock()
	if p == nil || !open {
		return account.NicknameAnswer{Text: text, Code: app.CodeConflict, Proposals: []string{}}
	}
	in, answer, err := s.acts.SignUp(ctx, p, text)
	switch {
	case app.CodeOf(err) == app.CodeSignUpExpired:
		problem := s.problem(err)
		s.mu.Lock()
		s.pending = nil
		s.applyLocked(SignUpDropped{problem})
		s.mu.Unlock()
	case err != nil:
		s.Report(err)
	case answer.Code == app.CodeAvailable:
		home := s.homeOf(in)
		home.Notice = p.Profile.Notice
		s.mu.Lock()
		s.who, s.claim, s.pending = in, in.Session.ID, nil
		s.overtakenLocked(notice(app.CodeSignInReplaced))
		s.applyLocked(SignedUp{home})
		s.mu.Unlock()
	}
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
	if err := s.acts.Drop(ctx, p.ID); err != nil {
		s.Report(err)
		return
	}
	s.mu.Lock()
	s.pending, s.chooser = nil, true
	s.applyLocked(SignUpDropped{})
	s.mu.Unlock()
}

// recallSignUp brings back a sign-up that an earlier start left open; nil if there is none.
func (s *Service) recallSignUp(ctx context.Context) *SignUp {
	p := s.acts.Recall(ctx)
	if p == nil {
		return nil
	}
	s.mu.Lock()
	s.pending = p
	s.mu.Unlock()
	open := s.dialogOf(p)
	return &open
}
