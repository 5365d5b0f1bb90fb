package signin

import (
	"context"
	"fmt"
	"strings"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// sheet are recovery codes that are on the screen, so that they can be copied and saved
// without JavaScript handing them back.
type sheet struct {
	session string
	codes   []string
	until   time.Time
}

// sheetLifetime is how long the codes on the screen can be copied and saved at most: long
// enough to find a printer, and an end for a page that went without a word.
const sheetLifetime = time.Hour

// Recover opens a session for whoever a recovery code belongs to, and uses the code up;
// the window claims the session as after a sign-in. An attempt under way gives way.
// CodeConflict where there is nobody to let in, and the codes of account.Acts.Recover.
func (s *Service) Recover(ctx context.Context, typed string) error {
	if s.o.Blocked != nil {
		return s.o.Blocked
	}
	s.recovering.Lock()
	defer s.recovering.Unlock()
	s.mu.Lock()
	may := s.machine.mayRecover() && !s.closed
	s.mu.Unlock()
	if !may {
		return app.Fail(app.CodeConflict, nil)
	}
	if err := s.roomFor(ctx, ""); err != nil {
		return err
	}
	in, err := s.acts.Recover(ctx, typed)
	if err != nil {
		s.o.Log.Info("recovery", "code", app.CodeOf(err))
		return err
	}
	s.mu.Lock()
	under := s.machine.attempt
	ok := s.applyLocked(recovered{in})
	s.mu.Unlock()
	if !ok { // a provider was faster: two people are not signed in at once
		if err := s.o.Sessions.End(ctx, in.Session.ID, app.EndReplaced); err != nil {
			s.o.Log.Warn("session of a recovery code not ended", "code", app.CodeOf(err))
		}
		return app.Fail(app.CodeConflict, nil)
	}
	if under != nil {
		under.handle.Close(pageOf(notice(app.CodeSignInReplaced)))
	}
	return nil
}

// MakeRecoveryCodes makes ten recovery codes for who in the place of all earlier ones,
// and answers them this once: a risky act. After a confirmation the state says that
// the window may ask again, since only an answer of HTTP carries them.
func (s *Service) MakeRecoveryCodes(ctx context.Context, who app.SignedIn) ([]string, error) {
	if err := s.fresh(ctx, who, errand{act: makingCodes}); err != nil {
		return nil, err
	}
	codes, err := s.acts.MakeRecoveryCodes(ctx, who)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.sheet = sheet{who.Session.ID, codes, s.now().Add(sheetLifetime)}
	s.mu.Unlock()
	s.apply(codesChanged{who.Session.ID})
	return codes, nil
}

func (s *Service) codesMayBeMade(_ context.Context, who app.SignedIn, _ errand) error {
	s.apply(codesWanted{who.Session.ID})
	return nil
}

// RemoveRecoveryCodes takes all codes of who: a risky act.
func (s *Service) RemoveRecoveryCodes(ctx context.Context, who app.SignedIn) error {
	return s.risk(ctx, who, errand{act: removingCodes})
}

func (s *Service) removeCodesNow(ctx context.Context, who app.SignedIn, _ errand) error {
	if err := s.acts.RemoveRecoveryCodes(ctx, who); err != nil {
		return err
	}
	s.ForgetRecoveryCodes()
	s.apply(codesChanged{who.Session.ID})
	return nil
}

// RecoverySheet returns the codes that were made last, in numbered lines, as long as they are on
// the screen and who made them is signed in: at most an hour. CodeConflict.
func (s *Service) RecoverySheet() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.machine.holds(s.sheet.session) || !s.now().Before(s.sheet.until) {
		s.sheet = sheet{}
		return "", app.Fail(app.CodeConflict, nil)
	}
	var b strings.Builder
	for i, c := range s.sheet.codes {
		fmt.Fprintf(&b, "%2d. %s\n", i+1, c)
	}
	return b.String(), nil
}

// ForgetRecoveryCodes forgets the codes that were on the screen.
func (s *Service) ForgetRecoveryCodes() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sheet = sheet{}
}

// DeclineRecoveryCodes remembers that who is signed in wants to be offered none.
// CodeSessionNone.
func (s *Service) DeclineRecoveryCodes(ctx context.Context) error {
	in, err := s.Current(ctx)
	if err != nil {
		return err
	}
	return s.acts.DeclineRecoveryCodes(ctx, in)
}
