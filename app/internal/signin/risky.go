package signin

import (
	"context"
	"errors"

	"munpae.example/munpae/app/internal/app"
)

// risky is a kind of act that a fresh word of a provider comes before, since it adds or
// removes a way in, or takes what nobody brings back. What is fresh is account.Acts.Confirmer's
// to say; that one is needed, and what is done once it came, is said here alone. A new
// kind is one more value below, and words for its name (docs/security.md#risky-acts).
type risky struct {
	name string // of the act, as the window is told what the word is for
	// typed says that where no provider can be asked, without a network or since none of
	// theirs is configured, the nickname is enough. It must never be for what adds or
	// removes a way in.
	typed bool
	do    func(s *Service, ctx context.Context, who app.SignedIn, e errand) error
}

// The risky acts.
var (
	linkingAccount  = &risky{name: "link", do: (*Service).linkNow}
	unlinking       = &risky{name: "unlink", do: (*Service).unlinkNow}
	unmerging       = &risky{name: "unmerge", do: (*Service).unmergeNow}
	makingCodes     = &risky{name: "codes_make", do: (*Service).codesMayBeMade}
	removingCodes   = &risky{name: "codes_remove", do: (*Service).removeCodesNow}
	endingOthers    = &risky{name: "end_others", typed: true, do: (*Service).endOthersNow}
	deletingAccount = &risky{name: "delete", typed: true, do: (*Service).deleteNow}
)

// errand is a risky act that somebody wants done, with what they said of it.
type errand struct {
	act   *risky
	what  string // a provider, an identity, an absorbed user: whatever the act is about
	typed string // their nickname, where they typed it
}

// risk does a risky act of who, or has a provider of theirs confirm them first: then
// the act follows by itself, and CodeConfirmationNeeded is answered meanwhile.
func (s *Service) risk(ctx context.Context, who app.SignedIn, e errand) error {
	if err := s.fresh(ctx, who, e); err != nil {
		return err
	}
	err := e.act.do(s, ctx, who, e)
	if e.act.typed && app.CodeOf(err) == app.CodeConfirmationNeeded {
		// A directory that is reached, on this very computer perhaps, wants a word all the same.
		if ask, cannot := s.acts.Confirmer(ctx, who); cannot == nil && ask != "" {
			s.begin(request{provider: ask, purpose: PurposeConfirm, prompt: app.PromptReauthenticate, who: who, then: &e})
			return app.Fail(app.CodeConfirmationNeeded, errAsked)
		}
	}
	return err
}

// fresh is the rule: nil if the act of who may be done now. Else a provider of theirs is
// asked, and CodeConfirmationNeeded says so, as it does where nobody can be. CodeConflict
// for another nickname than theirs, where that would be enough.
func (s *Service) fresh(ctx context.Context, who app.SignedIn, e errand) error {
	ask, err := s.acts.Confirmer(ctx, who)
	nobody := app.CodeOf(err) == app.CodeConfirmationNeeded
	switch {
	case err != nil && !nobody:
		return err
	case err == nil && ask == "":
		return nil
	case e.act.typed && e.typed != "" && (nobody || !s.online()):
		if e.typed != who.User.Nickname {
			return app.Fail(app.CodeConflict, nil)
		}
		return nil
	case nobody:
		return err
	}
	s.begin(request{provider: ask, purpose: PurposeConfirm, prompt: app.PromptReauthenticate, who: who, then: &e})
	return app.Fail(app.CodeConfirmationNeeded, errAsked)
}

// errAsked is beneath a CodeConfirmationNeeded where somebody is asked for it.
var errAsked = errors.New("signin: a provider is asked")

// goOn does what a fresh word was asked for. Who is told of a failure by the window,
// since whoever asked was answered long ago; and that it is done, since the window may have
// read its lists when the word led home, before that.
func (s *Service) goOn(who app.SignedIn, e errand) {
	if in, err := s.Who(); err == nil && in.Session.ID == who.Session.ID {
		who = in // as they are called by now
	}
	if err := e.act.do(s, context.Background(), who, e); err != nil {
		s.Report(err)
		return
	}
	s.apply(carriedOut{who.Session.ID})
}
