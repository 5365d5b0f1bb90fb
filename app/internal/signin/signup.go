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
	switch m := s.machine; {
	case m.signUp != nil:
		holder = m.signUp.Holder()
	case m.isHome():
		holder = account.HolderOf(m.person.User)
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
	p := s.dialog()
	if p == nil {
		return account.NicknameAnswer{Text: text, Code: app.CodeConflict, Proposals: []string{}}
	}
	if err := s.roomFor(ctx, ""); err != nil { // the sign-up may be an earlier start's
		s.Report(err)
		return account.NicknameAnswer{Text: text, Code: app.CodeOf(err), Proposals: []string{}}
	}
	in, answer, err := s.acts.SignUp(ctx, p, text)
	switch {
	case app.CodeOf(err) == app.CodeSignUpExpired:
		s.apply(signUpDropped{p.ID, s.Problem(err)})
	case err != nil:
		s.Report(err)
	case answer.Code == app.CodeAvailable:
		s.mu.Lock()
		under := s.machine.attempt
		ok := s.applyLocked(signedUp{p.ID, in, p.Profile.Notice})
		s.mu.Unlock()
		if !ok { // an attempt that finished meanwhile has shown another session
			s.acts.TakeBack(ctx, account.Admission{In: in})
		} else if under != nil {
			under.handle.Close(pageOf(notice(app.CodeSignInReplaced)))
		}
	}
	return answer
}

// dialog returns the sign-up whose dialog is on the screen, or nil.
func (s *Service) dialog() *account.Pending {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.machine.step() != StepNickname {
		return nil
	}
	return s.machine.signUp
}

// UseAnotherAccount drops the open sign-up and goes back to the sign-in screen,
// where the next attempt asks the provider for another account.
func (s *Service) UseAnotherAccount(ctx context.Context) {
	s.signingUp.Lock()
	defer s.signingUp.Unlock()
	p := s.dialog()
	if p == nil {
		return
	}
	if err := s.acts.Drop(ctx, p.ID); err != nil {
		s.Report(err)
		return
	}
	s.apply(signUpDropped{p.ID, nil})
}
