package signin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
	"munpae.example/munpae/app/internal/signin"
)

// stale lets a session's confirmation grow older than five minutes, and returns the
// pair that stands then.
func (w *world) stale(pair app.Pair) app.Pair {
	w.t.Helper()
	w.clock.advance(11 * time.Minute)
	_, next, err := w.Refresh(ctx, pair.Refresh)
	w.must(err)
	return next
}

// linked links provider's account of p to who, who was confirmed freshly.
func (w *world) linked(who app.SignedIn, provider string, p practice.Person) {
	w.t.Helper()
	w.server.NextPerson(p)
	w.must(w.Link(ctx, who, provider))
	w.visit(w.opened())
	w.asked(provider)
	w.ConfirmLink(ctx)
	if s := w.step(signin.StepSignedIn); s.Link != nil || s.Problem != nil {
		w.t.Error(show(s))
	}
}

// asked waits for the question whether to link.
func (w *world) asked(provider string) signin.Link {
	w.t.Helper()
	s := w.await("the question", func(s signin.State) bool { return s.Link != nil })
	if s.Step != signin.StepSignedIn || s.Link.Provider != provider {
		w.t.Fatal(show(s))
	}
	return *s.Link
}

func TestLinkingWhatIsLinkedAlreadySaysSoAndTakesNothingOff(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	in, _ := w.join("github", person(0), "윤슬기")
	w.linked(in, "naver", person(0))
	w.server.NextPerson(person(0))
	w.must(w.Link(ctx, in, "naver"))
	w.visit(w.opened())
	s := w.await("the answer", func(s signin.State) bool { return s.Problem != nil })
	if s.Step != signin.StepSignedIn || s.Link != nil || s.Problem.Code != app.CodeIdentityLinkedAlready || s.Problem.Params["provider"] == "" {
		t.Fatal(show(s))
	}
	w.Cancel()
	if got := w.linkedTo(in); len(got) != 2 {
		t.Errorf("linked are %v", got)
	}
}

func (w *world) linkedTo(who app.SignedIn) []string {
	w.t.Helper()
	all, err := w.Accounts().Identities(ctx, who.User.ID)
	w.must(err)
	ids := []string{}
	for _, i := range all {
		ids = append(ids, i.Provider)
	}
	return ids
}

func TestAL01_TheSameAddressAtAnotherProviderIsAnotherPerson(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	first, _ := w.join("github", person(0), "윤슬기")
	w.leave()
	// Naver says the same e-mail address, and nobody is merged.
	w.dialog("naver", person(0))
	w.sign("슬기윤", app.CodeAvailable)
	second, _ := w.claim()
	if second.User.ID == first.User.ID {
		t.Error("two accounts were merged by an address")
	}
	w.want("users", 2)
	if n := w.rows("identities", "email = 'seulgi@example.com'"); n != 2 {
		t.Errorf("%d identities have the address", n)
	}
}

func TestAL02_AnUnverifiedAddressIsNotTaken(t *testing.T) {
	w := newWorld(t, config{})
	s := w.dialog("github", person(3))
	if s.SignUp.Notice != app.CodeEmailMissing {
		t.Error(show(s.SignUp))
	}
	w.sign("서이든", app.CodeAvailable)
	if n := w.rows("identities", "email <> '' OR email_verified <> 0"); n != 0 {
		t.Error("the address was taken")
	}
}

func TestAL03_AnIdentityOfAnotherUserIsNotLinked(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	other, _ := w.join("naver", person(0), "먼저온이")
	w.leave()
	in, _ := w.join("github", person(2), "나중온이")
	w.server.NextPerson(person(0))
	w.must(w.Link(ctx, in, "naver"))
	if said := w.visit(w.opened()).Text(); !strings.Contains(said, "두 계정을 합칠지") {
		t.Errorf("the browser's page speaks of something else: %s", said)
	}
	if s := w.await("the question", func(s signin.State) bool { return s.Merge != nil }); s.Link != nil {
		t.Error(show(s))
	}
	w.ConfirmLink(ctx) // that is not what was asked
	if s := w.step(signin.StepSignedIn); s.Merge == nil || s.Problem != nil {
		t.Error(show(s))
	}
	w.Cancel()
	if a, b := w.linkedTo(in), w.linkedTo(other); len(a) != 1 || len(b) != 1 {
		t.Errorf("%q %q", a, b)
	}
}

func TestALinkNeedsAFreshConfirmationAndGoesOnByItself(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	_, pair := w.join("github", person(0), "윤슬기")
	pair = w.stale(pair)
	in := w.who(pair)
	w.must(w.Link(ctx, in, "naver"))
	s := w.step(signin.StepWaiting)
	if s.Waiting.Purpose != signin.PurposeConfirm || s.Waiting.Provider != "github" || s.Home == nil {
		t.Fatalf("not its own provider first: %s", show(s))
	}
	w.visit(w.opened())
	s = w.await("the link", func(s signin.State) bool { return s.Waiting != nil && s.Waiting.Purpose == signin.PurposeLink })
	if s.Waiting.Provider != "naver" {
		t.Fatal(show(s))
	}
	if n := len(w.linkedTo(in)); n != 1 {
		t.Errorf("%d identities before the second provider's word", n)
	}
	if now := w.clock.Now().UnixMilli(); s.Home.ConfirmedAt != now || w.who(pair).Session.ConfirmedAt.UnixMilli() != now {
		t.Errorf("confirmed at %d, home says %d, the session %v", now, s.Home.ConfirmedAt, w.who(pair).Session.ConfirmedAt)
	}
	w.visit(w.opened())
	w.asked("naver")
	if n := len(w.linkedTo(in)); n != 1 {
		t.Errorf("%d identities before the person's own word", n)
	}
	w.ConfirmLink(ctx)
	s = w.awaitStep(signin.StepSignedIn)
	if s.Problem != nil || s.Home.Nickname != "윤슬기" || s.Unclaimed || s.Link != nil {
		t.Error(show(s))
	}
	if n := len(w.linkedTo(in)); n != 2 {
		t.Errorf("%d identities", n)
	}
	w.who(pair) // the session goes on
	w.want("users", 1)

	// Both are ways in to the same account.
	w.leave()
	w.walk("naver", person(0))
	if got, _ := w.claim(); got.User.ID != in.User.ID {
		t.Error("the linked provider leads elsewhere")
	}
}

func TestAFreshSignInLinksAtOnceAndEndsTheOtherSessions(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	first, old := w.join("github", person(0), "윤슬기")
	w.walk("github", person(0)) // a second session of the same user
	in, pair := w.claim()
	if all, err := w.Accounts().Sessions(ctx, in); err != nil || len(all) != 2 {
		t.Fatalf("%d sessions, %v", len(all), err)
	} else if all[0].Session.ID != in.Session.ID {
		t.Error("the session that asks is not the first")
	}
	if all, err := w.Accounts().Sessions(ctx, first); err != nil || all[0].Session.ID != first.Session.ID || all[1].Session.ID != in.Session.ID {
		t.Errorf("the older session is not the first of its own list: %v", err)
	}
	w.linked(in, "naver", person(0))
	if _, err := w.Resume(ctx, old.Access); app.CodeOf(err) != app.CodeSessionRevoked {
		t.Errorf("the other session lives: %v", err)
	}
	w.who(pair)
	if err := w.Link(ctx, in, "nobody"); app.CodeOf(err) != app.CodeNotFound {
		t.Errorf("an unknown provider: %v", err)
	}
}

func TestAConfirmationOfASignUpIsAsOldAsTheProvidersWord(t *testing.T) {
	w := newWorld(t, config{})
	w.dialog("github", person(0))
	at := w.clock.Now()
	w.clock.advance(time.Hour) // the dialog stood open
	w.sign("윤슬기", app.CodeAvailable)
	in, _ := w.claim()
	if !in.Session.ConfirmedAt.Equal(at) || w.State().Home.ConfirmedAt != at.UnixMilli() {
		t.Errorf("confirmed at %s, want %s", in.Session.ConfirmedAt, at)
	}
	w.must(w.Link(ctx, in, "naver"))
	if s := w.step(signin.StepWaiting); s.Waiting.Purpose != signin.PurposeConfirm {
		t.Errorf("an hour old word passed as fresh: %s", show(s.Waiting))
	}
	w.Cancel()
}

func TestSomebodyElsesWordConfirmsNothing(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	_, pair := w.join("github", person(0), "윤슬기")
	pair = w.stale(pair)
	in := w.who(pair)
	w.server.NextPerson(person(2))
	w.must(w.Link(ctx, in, "naver"))
	w.visit(w.opened())
	w.awaitStep(signin.StepSignedIn)
	w.problem(app.CodeIdentityLinkedElsewhere)
	if w.opener.count() != 2 || len(w.linkedTo(in)) != 1 {
		t.Error("the link went on")
	}
	// Try again repeats the confirmation, and never signs somebody in.
	w.server.NextPerson(person(0))
	w.Retry()
	if s := w.awaitStep(signin.StepWaiting); s.Waiting.Purpose != signin.PurposeConfirm {
		t.Error(show(s.Waiting))
	}
	w.visit(w.opened())
	w.await("the link", func(s signin.State) bool { return s.Waiting != nil && s.Waiting.Purpose == signin.PurposeLink })
	w.Cancel()
	if s := w.step(signin.StepSignedIn); s.Problem != nil {
		t.Error(show(s))
	}
}

func TestTryAgainOfALinkAsksForAConfirmationThatIsStillFresh(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	in, pair := w.join("github", person(0), "윤슬기")
	w.server.Fault(providertest.NaverToken, providertest.Status(503))
	w.must(w.Link(ctx, in, "naver"))
	w.visit(w.opened())
	w.awaitStep(signin.StepSignedIn)
	w.problem(app.CodeProviderServerError)
	w.Retry()
	if s := w.step(signin.StepWaiting); s.Waiting.Purpose != signin.PurposeLink {
		t.Errorf("fresh, and yet: %s", show(s.Waiting))
	}
	w.visit(w.opened())
	w.awaitStep(signin.StepSignedIn)
	w.stale(pair)
	w.problem(app.CodeProviderServerError)
	w.Retry()
	if s := w.step(signin.StepWaiting); s.Waiting.Purpose != signin.PurposeConfirm || s.Waiting.Provider != "github" {
		t.Errorf("an old word passed as fresh: %s", show(s.Waiting))
	}
	w.Cancel()
}

// Somebody at home adds an account, and thinks better of it in the dialog.
func TestAnAddedAccountThatIsGivenUpLeadsBackHome(t *testing.T) {
	w := newWorld(t, config{chooser: true})
	w.arrive(app.Pair{})
	_, err := w.visit(w.begin("github")).Click(ctx, "윤슬기")
	w.must(err)
	w.sign("윤슬기", app.CodeAvailable)
	in, pair := w.claim()
	_, err = w.visit(w.begin("naver")).Click(ctx, "한바다")
	w.must(err)
	w.step(signin.StepNickname)
	w.ShareEmail() // from the dialog, and back to it
	w.opened()
	w.Cancel()
	w.step(signin.StepNickname)
	w.UseAnotherAccount(ctx)
	if s := w.step(signin.StepSignedIn); s.Home.Nickname != "윤슬기" || s.SignUp != nil {
		t.Error(show(s))
	}
	w.who(pair)

	// Signed up, it takes the place of the first, which lives on.
	_, err = w.visit(w.begin("naver")).Click(ctx, "한바다")
	w.must(err)
	w.sign("한바다", app.CodeAvailable)
	if second, _ := w.claim(); second.User.ID == in.User.ID || w.State().Home.Nickname != "한바다" {
		t.Error(show(w.State()))
	}

	// A session that ends behind the dialog leaves the dialog.
	_, err = w.visit(w.begin("github")).Click(ctx, "도하람")
	w.must(err)
	now, err := w.Who()
	w.must(err)
	w.must(w.SignOut(ctx, now.Session.ID))
	if s := w.step(signin.StepNickname); s.Home != nil {
		t.Error(show(s))
	}
	w.UseAnotherAccount(ctx)
	w.step(signin.StepSignedOut)
}

func TestAL04_ALinkOfASessionThatEndedMeanwhileIsNothing(t *testing.T) {
	for what, end := range map[string]func(w *world, in app.SignedIn){
		"signed out":      func(w *world, in app.SignedIn) { w.must(w.SignOut(ctx, in.Session.ID)) },
		"ended elsewhere": func(w *world, in app.SignedIn) { w.must(w.sessions.End(ctx, in.Session.ID, app.EndRevoked)) },
		"too old":         func(w *world, in app.SignedIn) { w.must(w.db.DeleteUser(ctx, in.User.ID, w.clock.Now())) },
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t, config{chooser: true})
			w.arrive(app.Pair{})
			_, err := w.visit(w.begin("github")).Click(ctx, "윤슬기")
			w.must(err)
			w.sign("윤슬기", app.CodeAvailable)
			in, _ := w.claim()
			w.must(w.Link(ctx, in, "naver"))
			chooser := w.visit(w.opened())
			end(w, in)
			if p, err := chooser.Click(ctx, "윤슬기"); err == nil && w.State().Step == signin.StepSignedIn {
				w.problem(app.CodeSessionRevoked)
				_ = p
			}
			if n := w.rows("identities", "provider = 'naver'"); n != 0 {
				t.Error("it was linked")
			}
			if s := w.State(); s.Step == signin.StepWaiting {
				t.Error(show(s))
			}
		})
	}
}

func TestACancelWhileALinkIsStoredTakesItBack(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	in, pair := w.join("github", person(0), "윤슬기")
	w.must(w.Link(ctx, in, "naver"))
	w.visit(w.opened())
	w.asked("naver")
	w.db.afterStored(w.Cancel)
	w.ConfirmLink(ctx)
	w.db.afterStored(nil)
	w.awaitStep(signin.StepSignedIn)
	w.await("one identity", func(signin.State) bool { return len(w.linkedTo(in)) == 1 })
	w.who(pair)
}

func TestAL05_TheLastIdentityCannotBeUnlinked(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	in, _ := w.join("github", person(0), "윤슬기")
	if err := w.Unlink(ctx, in, "github"); app.CodeOf(err) != app.CodeIdentityLast {
		t.Error(err)
	}
	if err := w.Unlink(ctx, in, "naver"); app.CodeOf(err) != app.CodeNotFound {
		t.Error(err)
	}
	w.clock.advance(time.Hour)
	if err := w.Unlink(ctx, in, "github"); app.CodeOf(err) != app.CodeIdentityLast {
		t.Error("a confirmation is asked for in vain:", err)
	}
	w.step(signin.StepSignedIn)
	w.want("identities", 1)
}

func TestAnUnlinkRevokesTheGrantAtTheProvider(t *testing.T) {
	for _, c := range []struct {
		unlink, stays string
		at            providertest.Endpoint
	}{
		{"naver", "github", providertest.NaverRevoke},
		{"github", "naver", providertest.GitHubRevoke},
	} {
		t.Run(c.unlink, func(t *testing.T) {
			w := newWorld(t, config{})
			w.arrive(app.Pair{})
			in, pair := w.join("github", person(0), "윤슬기")
			w.linked(in, "naver", person(0))
			w.must(w.Unlink(ctx, w.who(pair), c.unlink))
			w.await("the revocation", func(signin.State) bool { return w.server.Count(c.at) == 1 })
			got := w.who(pair)
			if ids := w.linkedTo(got); len(ids) != 1 || ids[0] != c.stays {
				t.Errorf("linked: %q", ids)
			}
			if s := w.step(signin.StepSignedIn); s.Home.Provider != c.stays || s.Home.Nickname != "윤슬기" {
				t.Errorf("home still names what was unlinked: %s", show(s.Home))
			}
			// What was unlinked is somebody new.
			w.leave()
			w.dialog(c.unlink, person(0))
		})
	}
}

func TestAnUnlinkWithoutAFreshWordAsksForOneAndGoesOnByItself(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	in, pair := w.join("github", person(0), "윤슬기")
	w.linked(in, "naver", person(0))
	pair = w.stale(pair)
	in = w.who(pair)
	if err := w.Unlink(ctx, in, "naver"); app.CodeOf(err) != app.CodeConfirmationNeeded {
		t.Fatal(err)
	}
	if s := w.step(signin.StepWaiting); s.Waiting.Purpose != signin.PurposeConfirm || s.Waiting.Provider != "github" {
		t.Fatal(show(s))
	}
	if n := len(w.linkedTo(in)); n != 2 {
		t.Errorf("%d identities before the provider's word", n)
	}
	w.visit(w.opened())
	w.await("the unlinking", func(signin.State) bool { return len(w.linkedTo(in)) == 1 })
	w.step(signin.StepSignedIn)
	w.who(pair)
	if w.server.Count(providertest.NaverRevoke) != 0 {
		t.Error("a grant was revoked with an old token")
	}
}

func TestDeletingTheAccountNeedsItsNicknameAndLeavesNothing(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	in, pair := w.join("github", person(0), "윤슬기")
	if err := w.DeleteAccount(ctx, in, "윤슬"); app.CodeOf(err) != app.CodeConflict {
		t.Fatal(err)
	}
	w.want("users", 1)
	w.must(w.DeleteAccount(ctx, in, "윤슬기"))
	s := w.step(signin.StepSignedOut)
	if s.Problem != nil || s.Receipt == nil {
		t.Error(show(s))
	}
	for _, table := range []string{"users", "identities", "sessions"} {
		w.want(table, 0)
	}
	w.await("the revocation", func(signin.State) bool { return w.server.Count(providertest.GitHubRevoke) == 1 })
	if _, err := w.Resume(ctx, pair.Access); app.CodeOf(err) != app.CodeSessionRevoked {
		t.Error(err)
	}
	w.dialog("github", person(0)) // a new person
}

func TestAnAccountDeletedFromAnotherSessionIsGoneFromTheWindow(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	other, _ := w.join("github", person(0), "윤슬기")
	w.walk("github", person(0))
	w.claim()
	w.must(w.DeleteAccount(ctx, other, "윤슬기")) // a browser under --dev
	if s := w.step(signin.StepSignedOut); s.Receipt == nil {
		t.Error(show(s))
	}
}

func TestARenameTakesNoNoticeOffTheScreen(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	in, _ := w.join("naver", person(1), "한바다") // who keeps the e-mail address back
	if _, err := w.Rename(ctx, in, "한바람"); err != nil {
		t.Fatal(err)
	}
	if h := w.step(signin.StepSignedIn).Home; h.Nickname != "한바람" || h.Notice != app.CodeEmailRefused {
		t.Errorf("%+v", h)
	}
}

func TestADeletionOfflineIsDoneAllTheSame(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	in, _ := w.join("github", person(0), "윤슬기")
	w.server.Stop()
	w.must(w.DeleteAccount(ctx, in, "윤슬기"))
	w.step(signin.StepSignedOut)
	w.want("users", 0)
}

func TestEndingSessionsFromTheAccountPage(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	first, old := w.join("github", person(0), "윤슬기")
	w.walk("github", person(0))
	in, pair := w.claim()
	if err := w.EndSession(ctx, in, "nobody's"); app.CodeOf(err) != app.CodeNotFound {
		t.Error(err)
	}
	w.must(w.EndSession(ctx, in, first.Session.ID))
	if _, err := w.Resume(ctx, old.Access); app.CodeOf(err) != app.CodeSessionRevoked {
		t.Error(err)
	}
	w.step(signin.StepSignedIn)
	w.walk("github", person(0))
	third, _ := w.claim()
	w.must(w.EndOtherSessions(ctx, third, ""))
	if _, err := w.Resume(ctx, pair.Access); app.CodeOf(err) != app.CodeSessionRevoked {
		t.Error(err)
	}
	w.step(signin.StepSignedIn)
	w.must(w.EndSession(ctx, third, third.Session.ID))
	if s := w.step(signin.StepSignedOut); s.Problem == nil || s.Problem.Code != app.CodeSignedOut {
		t.Errorf("ending one's own session is a sign-out: %s", show(s.Problem))
	}
	if events, err := w.Accounts().Events(ctx, third.User.ID); err != nil || len(events) < 5 {
		t.Errorf("timeline: %d lines, %v", len(events), err)
	}
}

func TestTheWindowsOwnSessionEndedFromAnotherOneIsGoneFromTheWindow(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	other, _ := w.join("github", person(0), "윤슬기")
	w.walk("github", person(0))
	in, _ := w.claim()
	w.must(w.EndSession(ctx, other, in.Session.ID)) // a browser under --dev
	w.step(signin.StepSignedOut)
	if p := w.problem(app.CodeSessionRevoked); !support.MatchString(p.Support) || !strings.Contains(w.log.text(), p.Support) {
		t.Errorf("%s: the log has\n%s", show(p), w.log.text())
	}
}

// Every reason for which somebody finds themselves signed out has a support code; that
// another session of theirs has ended is no problem.
func TestWhoIsSignedOutFromElsewhereIsGivenTheReasonAndASupportCode(t *testing.T) {
	for _, why := range []app.Code{app.CodeSessionRevoked, app.CodeAccountMerged, app.CodeAccountDeleted, app.CodeSessionReused} {
		t.Run(string(why), func(t *testing.T) {
			w := newWorld(t, config{})
			w.arrive(app.Pair{})
			in, _ := w.join("github", person(0), "윤슬기")
			w.Over("another", why)
			w.step(signin.StepSignedIn)
			if strings.Contains(w.log.text(), string(why)) {
				t.Errorf("the log has\n%s", w.log.text())
			}
			w.Over(in.Session.ID, why)
			w.step(signin.StepSignedOut)
			if p := w.problem(why); !support.MatchString(p.Support) || !strings.Contains(w.log.text(), p.Support) {
				t.Errorf("%s: the log has\n%s", show(p), w.log.text())
			}
		})
	}
}

func TestPJ13_TheSameSubjectAtTwoProvidersIsTwoPeople(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	w.server.Fault(providertest.GitHubUser, providertest.Member("id", "4711"))
	w.server.Fault(providertest.NaverProfile, providertest.Member("response.id", `"4711"`))
	first, _ := w.join("github", person(0), "깃허브의나")
	w.leave()
	second, _ := w.join("naver", person(0), "네이버의나")
	if first.User.ID == second.User.ID || first.Identity.Key.Subject != second.Identity.Key.Subject {
		t.Errorf("%s %s", show(first.Identity), show(second.Identity))
	}
	w.want("users", 2)
}

func TestPJ14_ARenamedGitHubLoginIsTheSamePerson(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	first, _ := w.join("github", person(0), "윤슬기")
	w.leave()
	w.server.Fault(providertest.GitHubUser, providertest.Member("login", `"seulgi-new"`))
	w.walk("github", person(0))
	s := w.step(signin.StepSignedIn)
	second, _ := w.claim()
	if second.User.ID != first.User.ID || s.Home.Account != "seulgi-new" || s.Home.Nickname != "윤슬기" {
		t.Errorf("%s", show(s.Home))
	}
	// And who takes the old login over is somebody else.
	w.leave()
	w.server.Fault(providertest.GitHubUser, providertest.Answer(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		_, _ = rw.Write([]byte(`{"id":99,"login":"seulgi-yoon"}`))
	}))
	w.dialog("github", person(0))
}
func TestASessionThatIsTooOldIsNotListedAmongTheLiveOnes(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	old, _ := w.join("github", person(0), "윤슬기")
	w.clock.advance(app.IdleLifetime)
	w.walk("github", person(0))
	in, _ := w.claim()
	all, err := w.Accounts().Sessions(ctx, in)
	if err != nil || len(all) != 1 || all[0].Session.ID != in.Session.ID {
		t.Errorf("%d sessions, %v", len(all), err)
	}
	if err := w.EndSession(ctx, in, old.Session.ID); err != nil {
		t.Errorf("its row can't be ended: %v", err)
	}
}

// Fresh means asked: a browser that is still signed in at the provider is no answer.
func TestAL07_WhoLinksIsAskedAnewByBothProviders(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	_, pair := w.join("github", person(0), "윤슬기")
	pair = w.stale(pair)
	w.must(w.Link(ctx, w.who(pair), "naver"))
	w.visit(w.opened())
	if got := w.query(providertest.GitHubAuthorize).Get("prompt"); got != "select_account" {
		t.Errorf("the confirmation asks with prompt=%q", got)
	}
	w.await("the link", func(s signin.State) bool { return s.Waiting != nil && s.Waiting.Purpose == signin.PurposeLink })
	w.visit(w.opened())
	w.awaitStep(signin.StepSignedIn)
	if got := w.query(providertest.NaverAuthorize).Get("auth_type"); got != "reauthenticate" {
		t.Errorf("the link asks with auth_type=%q", got)
	}
}

// AL-08. Whoever held the link of the first hop may have finished the sign-in, as
// themselves: the owner of the window is asked, by name, before anything is written.
func TestAL08_AnAccountIsLinkedOnlyAfterTheWindowsOwnerSaidYes(t *testing.T) {
	for what, by := range map[string]func(w *world) string{
		"by the browser": func(w *world) string {
			page := w.visit(w.opened())
			page, err := page.Click(ctx, "도하람")
			w.must(err)
			return page.Text()
		},
		"by the code": func(w *world) string {
			w.opened()
			w.UseDeviceCode()
			w.enter(w.device().Waiting.Device.UserCode, "도하람")
			w.clock.awaitTimer(w.t, poll)
			w.clock.advance(poll)
			return "앱에서 답해 주세요"
		},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t, config{chooser: true})
			w.arrive(app.Pair{})
			_, err := w.visit(w.begin("naver")).Click(ctx, "윤슬기")
			w.must(err)
			w.sign("윤슬기", app.CodeAvailable)
			in, pair := w.claim()

			w.must(w.Link(ctx, in, "github"))
			said := by(w)
			if l := w.asked("github"); l.Account != "haram" || l.Name != "GitHub" {
				t.Errorf("asked about %+v", l)
			}
			if !strings.Contains(said, "앱에서 답해 주세요") {
				t.Errorf("the page says %q", said)
			}
			if n := w.rows("identities", "provider = 'github'"); n != 0 {
				t.Fatal("linked before the answer")
			}
			w.Cancel()
			w.ConfirmLink(ctx) // nothing is asked any more
			if s := w.step(signin.StepSignedIn); s.Link != nil || s.Problem != nil {
				t.Error(show(s))
			}
			if n := w.rows("identities", "provider = 'github'"); n != 0 {
				t.Error("linked after a no")
			}
			w.who(pair) // the other sessions were not ended either
		})
	}
}

func TestAL08_AQuestionThatStoodOpenTooLongLinksNothing(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	in, _ := w.join("github", person(0), "윤슬기")
	w.must(w.Link(ctx, in, "naver"))
	w.visit(w.opened())
	w.asked("naver")
	w.clock.advance(app.SignInLifetime)
	w.ConfirmLink(ctx)
	w.problem(app.CodeSignInExpired)
	if s := w.step(signin.StepSignedIn); s.Link != nil || len(w.linkedTo(in)) != 1 {
		t.Error(show(s))
	}
}

func TestAL04_AQuestionOfASessionThatEndedMeanwhileIsNothing(t *testing.T) {
	for what, end := range map[string]func(w *world, in app.SignedIn){
		"signed out":      func(w *world, in app.SignedIn) { w.must(w.SignOut(ctx, in.Session.ID)) },
		"ended elsewhere": func(w *world, in app.SignedIn) { w.must(w.sessions.End(ctx, in.Session.ID, app.EndRevoked)) },
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t, config{})
			w.arrive(app.Pair{})
			in, _ := w.join("github", person(0), "윤슬기")
			w.must(w.Link(ctx, in, "naver"))
			w.visit(w.opened())
			w.asked("naver")
			end(w, in)
			w.ConfirmLink(ctx)
			if s := w.State(); s.Link != nil {
				t.Error(show(s))
			}
			if n := w.rows("identities", "provider = 'naver'"); n != 0 {
				t.Error("it was linked")
			}
		})
	}
}
