package signin_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/account"
	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
	"munpae.example/munpae/app/internal/signin"
)

// dialog opens the nickname dialog of the person.
func (w *world) dialog(provider string, p practice.Person) signin.State {
	w.t.Helper()
	if w.State().Step == signin.StepStarting {
		_ = w.arrive(app.Pair{})
	}
	w.walk(provider, p)
	return w.step(signin.StepNickname)
}

func (w *world) check(text string, want app.Code) account.NicknameAnswer {
	w.t.Helper()
	a := w.CheckNickname(ctx, text)
	if a.Code != want || a.Text != text {
		w.t.Errorf("%q: %s, want %s", text, show(a), want)
	}
	return a
}

// sign signs the open sign-up up.
func (w *world) sign(text string, want app.Code) account.NicknameAnswer {
	w.t.Helper()
	a := w.SignUp(ctx, text)
	if a.Code != want || a.Text != text {
		w.t.Errorf("%q: %s, want %s", text, show(a), want)
	}
	return a
}

func TestAPendingSignUpIsThereAgainAfterARestartOffline(t *testing.T) {
	w := newWorld(t, config{})
	before := w.dialog("naver", person(1)) // who keeps the e-mail address back
	w.quit()
	w.server.Stop()
	w.offline = true
	w.start()
	if err := w.arrive(app.Pair{}); app.CodeOf(err) != app.CodeSessionNone {
		t.Fatal(err)
	}
	after := w.step(signin.StepNickname)
	if show(after.SignUp) != show(before.SignUp) || after.SignUp.Notice != app.CodeEmailRefused {
		t.Errorf("before %s, after %s", show(before.SignUp), show(after.SignUp))
	}
	w.sign("한바다", app.CodeAvailable)
	if s := w.step(signin.StepSignedIn); !s.Home.Offline {
		t.Error("home does not say that there is no network")
	}
	in, _ := w.claim()
	if in.Identity.Key.Subject != person(1).NaverID() {
		t.Errorf("somebody else: %s", show(in.Identity))
	}
}

func TestAPendingSignUpIsOverAfterADay(t *testing.T) {
	t.Run("at the next start", func(t *testing.T) {
		w := newWorld(t, config{})
		w.dialog("github", person(0))
		w.quit()
		w.clock.advance(app.PendingLifetime)
		w.start()
		w.arrive(app.Pair{})
		w.step(signin.StepSignedOut)
		w.want("pending_signups", 0)
	})
	t.Run("in the open dialog", func(t *testing.T) {
		w := newWorld(t, config{})
		w.dialog("github", person(0))
		w.clock.advance(app.PendingLifetime)
		w.sign("윤슬기", app.CodeSignUpExpired)
		w.step(signin.StepSignedOut)
		w.problem(app.CodeSignUpExpired)
		w.want("users", 0)
		w.sign("윤슬기", app.CodeConflict)
	})
}

func TestAnAttemptThatBeginsWhileTheAccountIsMadeGivesWayToIt(t *testing.T) {
	w := newWorld(t, config{})
	w.dialog("naver", person(1))
	w.db.afterStored(func() {
		w.db.afterStored(nil)
		w.ShareEmail()
		w.step(signin.StepWaiting)
	})
	w.sign("한바다", app.CodeAvailable)
	if s := w.step(signin.StepSignedIn); s.Home.Nickname != "한바다" || !s.Unclaimed {
		t.Error(show(s))
	}
	w.claim()
	if _, err := w.FirstHop(); app.CodeOf(err) != app.CodeConflict {
		t.Errorf("the attempt goes on: %v", err)
	}
	if s := w.step(signin.StepSignedIn); s.Problem != nil {
		t.Error(show(s))
	}
}

func TestACancelNeverOpensADialogWhoseSignUpIsGone(t *testing.T) {
	w := newWorld(t, config{})
	w.dialog("naver", person(1))
	w.db.afterStored(func() {
		w.db.afterStored(nil)
		w.ShareEmail()
	})
	w.UseAnotherAccount(ctx)
	w.step(signin.StepWaiting)
	w.Cancel()
	if s := w.step(signin.StepSignedOut); s.SignUp != nil || s.Problem != nil {
		t.Error(show(s))
	}
}

func TestUseAnotherAccountAsksTheProviderForOne(t *testing.T) {
	for _, c := range []struct {
		provider    string
		at          providertest.Endpoint
		name, value string
	}{
		{"github", providertest.GitHubAuthorize, "prompt", "select_account"},
		{"naver", providertest.NaverAuthorize, "auth_type", "reauthenticate"},
	} {
		t.Run(c.provider, func(t *testing.T) {
			w := newWorld(t, config{})
			w.dialog(c.provider, person(0))
			if got := w.query(c.at).Get(c.name); got != "" {
				t.Errorf("%s: %s=%s the first time", c.provider, c.name, got)
			}
			w.UseAnotherAccount(ctx)
			if s := w.step(signin.StepSignedOut); s.Problem != nil || s.SignUp != nil {
				t.Error(show(s))
			}
			w.want("pending_signups", 0)
			w.check("윤슬기", app.CodeConflict)
			w.dialog(c.provider, person(2))
			if got := w.query(c.at).Get(c.name); got != c.value {
				t.Errorf("%s: %s=%q, want %q", c.provider, c.name, got, c.value)
			}
			w.want("pending_signups", 1)
			w.sign("도하람", app.CodeAvailable)
			w.claim()
			w.leave()
			w.walk(c.provider, person(2))
			if got := w.query(c.at).Get(c.name); got != "" {
				t.Errorf("%s: %s=%s although nobody asked for another account", c.provider, c.name, got)
			}
		})
	}
}

func TestSharingTheAddressAsksAgainAndACancelReturnsToTheDialog(t *testing.T) {
	w := newWorld(t, config{chooser: true})
	w.arrive(app.Pair{})
	_, err := w.visit(w.begin("naver")).Click(ctx, "한바다")
	w.must(err)
	before := w.step(signin.StepNickname)
	if before.SignUp.Notice != app.CodeEmailRefused {
		t.Fatal(show(before.SignUp))
	}
	w.ShareEmail()
	w.visit(w.opened())
	if got := w.query(providertest.NaverAuthorize).Get("auth_type"); got != "reprompt" {
		t.Errorf("auth_type=%q", got)
	}
	w.Cancel()
	after := w.step(signin.StepNickname)
	if show(after.SignUp) != show(before.SignUp) || after.Problem != nil {
		t.Errorf("after the cancel: %s", show(after))
	}
	w.ShareEmail()
	_, err = w.visit(w.opened()).Click(ctx, "한바다")
	w.must(err)
	if s := w.step(signin.StepNickname); s.SignUp.Notice != "" {
		t.Errorf("the address was shared: %s", show(s.SignUp))
	}
	w.want("pending_signups", 1)
	w.sign("한바다", app.CodeAvailable)
	if n := w.rows("identities", "email = 'bada@example.com' AND email_verified = 0"); n != 1 {
		t.Error("the address is not there, or called verified")
	}
}

func TestAFailureWhileSharingTheAddressReturnsToTheDialogWithAWord(t *testing.T) {
	w := newWorld(t, config{})
	w.dialog("naver", person(1))
	w.server.Fault(providertest.NaverToken, providertest.Status(503))
	w.ShareEmail()
	w.visit(w.opened())
	w.awaitStep(signin.StepNickname)
	w.problem(app.CodeProviderServerError)
	w.server.Heal()
	w.sign("한바다", app.CodeAvailable)
}

func TestAnotherPersonInPlaceOfTheOpenSignUpLeavesOnePendingRow(t *testing.T) {
	w := newWorld(t, config{})
	w.dialog("naver", person(1))
	w.server.NextPerson(person(2))
	w.ShareEmail()
	w.visit(w.opened())
	if s := w.step(signin.StepNickname); s.SignUp.Account != person(2).Nickname {
		t.Error(show(s.SignUp))
	}
	w.await("one row", func(signin.State) bool { return w.rows("pending_signups", "") == 1 })
}

func TestWhoeverIsKnownMeanwhileFindsTheirAccountInPlaceOfTheDialog(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	w.join("naver", person(2), "도하람")
	w.leave()
	w.dialog("naver", person(1))
	w.server.NextPerson(person(2))
	w.ShareEmail()
	w.visit(w.opened())
	w.step(signin.StepSignedIn)
	w.claim()
	w.await("no row", func(signin.State) bool { return w.rows("pending_signups", "subject = ?", person(1).NaverID()) == 0 })
}

func TestTheDialogStartsFromAFreeProposalInThePersonsScript(t *testing.T) {
	w := newWorld(t, config{people: []practice.Person{
		{ID: "a", Name: "홍길동", Login: "gildong"}, {ID: "b", Name: "홍길동", Login: "gildong2"},
	}})
	first := w.dialog("naver", practice.Person{ID: "a", Name: "홍길동", Login: "gildong"}).SignUp.Proposal
	if first != "홍길동" {
		t.Errorf("proposal %q", first)
	}
	w.sign(first, app.CodeAvailable)
	w.claim()
	w.leave()
	second := w.dialog("naver", practice.Person{ID: "b", Name: "홍길동", Login: "gildong2"}).SignUp.Proposal
	if second == first || !strings.HasPrefix(second, "홍길동") && !strings.HasPrefix(second, "길동") {
		t.Errorf("proposal %q", second)
	}
	w.check(second, app.CodeAvailable)
	taken := w.check("홍길동", app.CodeNicknameTaken)
	if n := len(taken.Proposals); n == 0 || n > 3 {
		t.Fatalf("proposals %q", taken.Proposals)
	}
	for _, p := range taken.Proposals {
		w.check(p, app.CodeAvailable)
	}
}

// Two people at once: one is signed in and renames, the other is in the dialog.
func TestAPassedCheckHoldsTheNameForAMinute(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	owner, _ := w.join("github", person(0), "윤슬기")
	w.check("하람", app.CodeAvailable) // held for the owner
	w.check("하람", app.CodeAvailable) // one's own hold is no obstacle

	w.dialog("github", person(2))
	held := w.check("하람", app.CodeNicknameHeld)
	if len(held.Proposals) == 0 || slices.Contains(held.Proposals, "하람") {
		t.Errorf("proposals %q", held.Proposals)
	}
	w.sign("하람", app.CodeNicknameHeld)
	w.step(signin.StepNickname)
	w.clock.advance(app.NicknameHold)
	w.check("하람", app.CodeAvailable)
	if _, err := w.Rename(ctx, owner, "하람"); app.CodeOf(err) != app.CodeNicknameHeld {
		t.Errorf("a name that is held for a sign-up was taken: %v", err)
	}
	w.check("다른이름", app.CodeAvailable) // one hold an attempt: the first is free again
	if _, err := w.Rename(ctx, owner, "하람"); err != nil {
		t.Errorf("a name that nobody holds any more: %v", err)
	}
}

func TestASignUpGivesItsHoldBack(t *testing.T) {
	w := newWorld(t, config{})
	w.dialog("github", person(0))
	w.check("윤슬기", app.CodeAvailable)
	w.sign("윤슬기", app.CodeAvailable)
	w.claim()
	w.check("윤슬기", app.CodeAvailable)
}

func TestARenameIgnoresOnesOwnName(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	in, pair := w.join("github", person(4), "nora")
	w.check("nora", app.CodeAvailable)
	w.check("Nora", app.CodeAvailable)
	u, err := w.Rename(ctx, in, "Nora")
	w.must(err)
	if s := w.step(signin.StepSignedIn); u.Nickname != "Nora" || s.Home.Nickname != "Nora" || s.Home.RenameAfter == 0 {
		t.Error(show(s.Home))
	}
	if got := w.who(pair); got.User.Nickname != "Nora" {
		t.Errorf("the session says %q", got.User.Nickname)
	}
	_, err = w.Rename(ctx, w.who(pair), "whitfield")
	if app.CodeOf(err) != app.CodeRenameTooSoon || !strings.HasPrefix(app.ParamsOf(err)["date"], "2026-12-24") {
		t.Errorf("a second rename: %v %v", err, app.ParamsOf(err))
	}
	if len(w.Accounts().ProposalsFor(ctx, in, "nora")) == 0 {
		t.Error("no proposals")
	}
}

func TestNK17_OfTwoWhoTakeANameAtOnceOneIsToldThatItWasJustTaken(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	owner, _ := w.join("github", person(0), "윤슬기")
	w.dialog("github", person(2))
	w.check("하람이", app.CodeAvailable)
	w.clock.advance(app.NicknameHold) // the hold is over, and somebody is quicker
	_, err := w.Rename(ctx, owner, "하람이")
	w.must(err)
	a := w.sign("하람이", app.CodeNicknameJustTaken)
	if len(a.Proposals) == 0 || slices.Contains(a.Proposals, "하람이") {
		t.Errorf("proposals %q", a.Proposals)
	}
	if s := w.step(signin.StepNickname); s.Problem != nil {
		t.Errorf("a lost race is an answer, not a failure: %s", show(s.Problem))
	}
	// Without a check before, it is simply taken.
	w.sign("윤슬기", app.CodeNicknameTaken) // kept for who had it
	w.sign(a.Proposals[0], app.CodeAvailable)
}

func TestNK17_APressTwiceMakesOneUserAndOneSession(t *testing.T) {
	w := newWorld(t, config{})
	w.dialog("github", person(0))
	var wg sync.WaitGroup
	answers := make(chan app.Code, 4)
	for range 4 {
		wg.Go(func() { answers <- w.SignUp(ctx, "윤슬기").Code })
	}
	wg.Wait()
	close(answers)
	codes := map[app.Code]int{}
	for c := range answers {
		codes[c]++
	}
	if codes[app.CodeAvailable] != 1 || codes[app.CodeConflict] != 3 {
		t.Error(codes)
	}
	w.want("users", 1)
	w.want("sessions", 1)
	w.claim()
	if w.step(signin.StepSignedIn).Unclaimed {
		t.Error("a second session waits")
	}
}

func TestCC05_TwoSignInsOfTheSameNewPersonMakeOneUser(t *testing.T) {
	w := newWorld(t, config{})
	w.dialog("github", person(0))
	// Another program on the same profile finished the same person's sign-up.
	row, err := w.db.PendingSignUp(ctx, w.clock.Now())
	w.must(err)
	fresh, err := w.sessions.New()
	w.must(err)
	in, err := w.db.SignUp(ctx, row.ID, app.Profile{Key: row.Key, Provider: "github", Login: "seulgi-yoon"},
		app.Nickname{Text: "먼저", Key: "먼저", Skeleton: "먼저", Version: 1}, fresh)
	w.must(err)
	w.sign("나중", app.CodeAvailable)
	if s := w.step(signin.StepSignedIn); s.Home.Nickname != "먼저" {
		t.Errorf("the nickname that stands is %q", s.Home.Nickname)
	}
	if got, _ := w.claim(); got.User.ID != in.User.ID {
		t.Error("another user")
	}
	w.want("users", 1)
	w.want("identities", 1)
}

func TestNK18_NoSignUpWithoutAProvidersWord(t *testing.T) {
	w := newWorld(t, config{})
	w.sign("윤슬기", app.CodeConflict) // still starting
	w.check("윤슬기", app.CodeConflict)
	w.arrive(app.Pair{})
	w.sign("윤슬기", app.CodeConflict) // nobody signed in at a provider
	w.begin("github")
	w.sign("윤슬기", app.CodeConflict) // not yet
	w.Cancel()
	w.dialog("github", person(0))
	w.sign("윤슬기", app.CodeAvailable)
	w.sign("또다른", app.CodeConflict) // replayed
	w.claim()
	w.sign("또다른", app.CodeConflict)
	w.want("users", 1)
}

func TestNK18_APendingSignUpOfSomebodyElseIsNoTicket(t *testing.T) {
	w := newWorld(t, config{})
	w.dialog("github", person(0))
	row, err := w.db.PendingSignUp(ctx, w.clock.Now())
	w.must(err)
	// Its row is gone, another person's has come: the open dialog's ticket is void.
	w.must(w.db.DeletePendingSignUp(ctx, row.ID))
	row.ID, row.Key.Subject = "another", "4711"
	w.must(w.db.SavePendingSignUp(ctx, row))
	w.sign("윤슬기", app.CodeSignUpExpired)
	w.step(signin.StepSignedOut)
	w.want("users", 0)
	// And a sealed profile opens only beside its own row.
	w.quit()
	w.start()
	w.arrive(app.Pair{})
	w.step(signin.StepSignedOut)
}

func TestNK19_EveryAnswerIsJudgedHereWhateverThePageChecked(t *testing.T) {
	w := newWorld(t, config{})
	w.dialog("github", person(0))
	for text, want := range map[string]app.Code{
		"": app.CodeNicknameEmpty, "a": app.CodeNicknameTooShort, strings.Repeat("가", 21): app.CodeNicknameTooLong,
		"a☆b": app.CodeNicknameBadCharacter, "admin": app.CodeNicknameReserved, "ㄱㄴ": app.CodeNicknameIncompleteHangul,
	} {
		w.check(text, want)
		w.sign(text, want)
		w.step(signin.StepNickname)
	}
	w.want("users", 0)
}

func TestNK20_ChecksAreLimitedToWhatATypistNeeds(t *testing.T) {
	w := newWorld(t, config{})
	w.dialog("github", person(0))
	limited := 0
	for i := range 1000 {
		if a := w.CheckNickname(ctx, fmt.Sprint("name", i)); a.Code == app.CodeRateLimited {
			limited++
			if len(a.Proposals) != 0 || a.Params["minutes"] == "" {
				t.Fatal(show(a))
			}
		}
	}
	if limited < 900 {
		t.Errorf("%d of 1000 checks at once were answered", 1000-limited)
	}
	w.clock.advance(time.Second)
	w.check("윤슬기", app.CodeAvailable) // a second later there is room again
	w.sign("윤슬기", app.CodeAvailable)
}
