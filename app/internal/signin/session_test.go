package signin_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider/providertest"
	"munpae.example/munpae/app/internal/signin"
)

func TestAnUnclaimedSessionIsFoundByTheNextStartWithinTenMinutes(t *testing.T) {
	w := newWorld(t, config{})
	w.dialog("github", person(0))
	w.sign("윤슬기", app.CodeAvailable)
	w.quit() // before the page took the pair
	w.server.Stop()
	w.offline = true
	w.clock.advance(8 * time.Minute)
	w.start()
	w.arrive(app.Pair{})
	s := w.step(signin.StepSignedIn)
	if !s.Unclaimed || s.Home.Nickname != "윤슬기" || s.Problem != nil {
		t.Error(show(s))
	}
	in, pair := w.claim()
	if got := w.who(pair); got.Session.ID != in.Session.ID {
		t.Error("another session")
	}
}

// The window took the pair, and the jar never wrote it down.
func TestSE01_APairThatTheJarLostIsClaimedByTheNextStart(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	_, pair := w.join("github", person(0), "윤슬기")
	w.quit()
	w.server.Stop()
	w.offline = true
	w.start()
	w.arrive(app.Pair{})
	s := w.step(signin.StepSignedIn)
	if !s.Unclaimed || s.Home.Nickname != "윤슬기" || s.Problem != nil {
		t.Error(show(s))
	}
	if _, again := w.claim(); again != pair {
		t.Error("it is another pair")
	}
	w.quit() // and lost it once more
	w.start()
	w.arrive(app.Pair{})
	w.step(signin.StepSignedOut)
	w.quit() // what the jar has after all is good
	w.start()
	w.arrive(pair)
	w.step(signin.StepSignedIn)
}

func TestSE01_WhoSignedOutIsNotSignedInByTheNextStart(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	in, _ := w.join("github", person(0), "윤슬기")
	w.must(w.SignOut(ctx, in.Session.ID))
	w.quit()
	w.start()
	w.arrive(app.Pair{})
	w.step(signin.StepSignedOut)
	if _, _, err := w.Claim(ctx); app.CodeOf(err) != app.CodeSessionNone {
		t.Error(err)
	}
}

// The jar still has somebody else's older pair, which is good: what it lost is newer.
func TestSE01_AnOlderSessionInTheJarDoesNotHideTheOneThatItLost(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	_, old := w.join("github", person(0), "윤슬기")
	w.clock.advance(time.Minute)
	w.join("github", person(1), "한바다") // from home: the one before lives on
	w.quit()
	w.start()
	w.arrive(old)
	if s := w.step(signin.StepSignedIn); !s.Unclaimed || s.Home.Nickname != "한바다" {
		t.Error(show(s))
	}
	in, pair := w.claim()
	if got := w.who(pair); got.Session.ID != in.Session.ID {
		t.Error("another session")
	}
	w.quit()
	w.start()
	w.arrive(pair) // it came back: nothing is left to claim
	if s := w.step(signin.StepSignedIn); s.Unclaimed || s.Home.Nickname != "한바다" {
		t.Error(show(s))
	}
}

func TestAnUnclaimedSessionIsNotFoundLater(t *testing.T) {
	w := newWorld(t, config{})
	w.dialog("github", person(0))
	w.sign("윤슬기", app.CodeAvailable)
	w.quit()
	w.clock.advance(app.ClaimLifetime)
	w.start()
	w.arrive(app.Pair{})
	w.step(signin.StepSignedOut)
	if _, _, err := w.Claim(ctx); app.CodeOf(err) != app.CodeSessionNone {
		t.Error(err)
	}
}

// The answer of a sign-out was lost, so the jar still has the old pair; then
// somebody signed in, and the program died before the page took the new one.
func TestAnOldPairInTheJarDoesNotHideAnUnclaimedSession(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	_, old := w.join("github", person(0), "윤슬기")
	w.leave()
	w.walk("github", person(0))
	w.step(signin.StepSignedIn)
	w.quit()
	w.start()
	w.arrive(old)
	if s := w.step(signin.StepSignedIn); !s.Unclaimed {
		t.Error(show(s))
	}
	w.claim()
}

func TestASessionThatNobodyClaimedInTimeEndsOnTheSignInScreen(t *testing.T) {
	w := newWorld(t, config{})
	w.dialog("github", person(0))
	w.sign("윤슬기", app.CodeAvailable)
	w.clock.advance(app.ClaimLifetime + time.Minute)
	if _, _, err := w.Claim(ctx); app.CodeOf(err) != app.CodeSessionNone {
		t.Fatal(err)
	}
	w.step(signin.StepSignedOut)
	w.walk("github", person(0))
	w.claim()
}

func TestCK06_ARestartOfflineIsSignedIn(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	_, pair := w.join("naver", person(0), "윤슬기")
	w.quit()
	w.server.Stop()
	w.offline = true
	asked := len(w.server.Requests())
	w.clock.advance(20 * 24 * time.Hour)
	w.start()
	w.step(signin.StepStarting)
	if _, err := w.Resume(ctx, pair.Access); app.CodeOf(err) != app.CodeSessionAccessExpired {
		t.Fatal(err)
	}
	w.step(signin.StepStarting) // an expired access token decides nothing yet
	_, next, err := w.Refresh(ctx, pair.Refresh)
	w.must(err)
	s := w.step(signin.StepSignedIn)
	if !s.Home.Offline || s.Unclaimed || s.Home.OfflineUntil <= w.clock.Now().UnixMilli() || s.Home.ConfirmedAt >= w.clock.Now().UnixMilli() {
		t.Error(show(s.Home))
	}
	w.who(next)
	w.offline = false
	w.NetworkChanged()
	if w.State().Home.Offline {
		t.Error("the network is back")
	}
	seq := w.State().Seq
	w.NetworkChanged()
	if w.State().Seq != seq {
		t.Error("nothing changed, and yet the state did")
	}
	if len(w.server.Requests()) != asked {
		t.Error("the provider was asked")
	}
}

func TestTheReasonWhyARefreshFailsStandsAboveTheButtons(t *testing.T) {
	for want, spoil := range map[app.Code]func(w *world, in app.SignedIn, pair *app.Pair){
		app.CodeSessionRevoked: func(w *world, in app.SignedIn, _ *app.Pair) {
			w.must(w.sessions.End(ctx, in.Session.ID, app.EndRevoked))
		},
		app.CodeSessionExpired: func(w *world, _ app.SignedIn, _ *app.Pair) { w.clock.advance(app.IdleLifetime) },
		app.CodeSessionReused: func(w *world, _ app.SignedIn, pair *app.Pair) {
			at := *pair
			for range 3 {
				w.clock.advance(11 * time.Minute)
				_, next, err := w.Refresh(ctx, at.Refresh)
				w.must(err)
				at = next
			}
		},
		app.CodeClockMovedBack: func(w *world, _ app.SignedIn, _ *app.Pair) { w.clock.advance(-48 * time.Hour) },
	} {
		for _, when := range []string{"at home", "at the next start"} {
			t.Run(string(want)+" "+when, func(t *testing.T) {
				w := newWorld(t, config{})
				w.arrive(app.Pair{})
				in, pair := w.join("github", person(0), "윤슬기")
				spoil(w, in, &pair)
				if when != "at home" {
					w.quit()
					w.start()
				}
				if _, _, err := w.Refresh(ctx, pair.Refresh); app.CodeOf(err) != want {
					t.Fatalf("%v, want %s", err, want)
				}
				w.step(signin.StepSignedOut)
				if p := w.problem(want); !support.MatchString(p.Support) {
					t.Error(show(p))
				}
				if _, err := w.Who(); app.CodeOf(err) != app.CodeSessionNone {
					t.Error("somebody is still here")
				}
				w.want("users", 1)
			})
		}
	}
}

func TestATokenOfAnotherSessionDoesNotSignThisWindowOut(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	_, old := w.join("github", person(0), "윤슬기")
	w.leave()
	w.walk("github", person(0))
	_, pair := w.claim()
	if _, err := w.Resume(ctx, old.Access); app.CodeOf(err) != app.CodeSessionRevoked {
		t.Fatal(err)
	}
	if _, _, err := w.Refresh(ctx, old.Refresh); err == nil {
		t.Fatal("an ended session was refreshed")
	}
	if s := w.step(signin.StepSignedIn); s.Problem != nil {
		t.Error(show(s))
	}
	w.who(pair)
}

func TestARequestThatTheWindowGaveUpDecidesNothing(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	_, pair := w.join("github", person(0), "윤슬기")
	w.quit()
	w.start()
	gone, cancel := context.WithCancel(ctx)
	cancel()
	_, err := w.Resume(gone, pair.Access)
	if err != nil {
		w.step(signin.StepStarting)
	}
	if _, _, err := w.Refresh(gone, pair.Refresh); err != nil {
		w.step(signin.StepStarting)
	}
	w.must(w.arrive(pair))
	w.step(signin.StepSignedIn)
}

func TestCK09_SignOutEndsTheRowFirstOfflineToo(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	in, pair := w.join("github", person(0), "윤슬기")
	w.server.Stop()
	w.offline = true
	w.must(w.SignOut(ctx, in.Session.ID))
	s := w.step(signin.StepSignedOut)
	if s.Problem == nil || s.Problem.Code != app.CodeSignedOut || s.Home != nil {
		t.Error(show(s))
	}
	if n := w.rows("sessions", "id = ? AND ended_at IS NOT NULL AND end_reason = 'signed_out'", in.Session.ID); n != 1 {
		t.Error("the row still lives")
	}
	if _, err := w.Resume(ctx, pair.Access); app.CodeOf(err) != app.CodeSessionRevoked {
		t.Error(err)
	}
	if _, _, err := w.Refresh(ctx, pair.Refresh); app.CodeOf(err) != app.CodeSessionRevoked {
		t.Error(err)
	}
}

// The answer says it to whoever pressed, with its support code: the state would say the same
// once more with another.
func TestWhatASessionWasAskedForInVainIsToldOnceByTheAnswer(t *testing.T) {
	w := newWorld(t, config{several: true})
	w.arrive(app.Pair{})
	in, pair := w.join("github", person(0), "윤슬기")
	w.exec(`CREATE TRIGGER read_only BEFORE UPDATE ON sessions BEGIN SELECT RAISE(ABORT, 'read only'); END`)
	for what, ask := range map[string]func() error{
		"sign out":          func() error { return w.SignOut(ctx, in.Session.ID) },
		"sign out of one":   func() error { return w.SignOutOf(ctx, in.User.ID) },
		"sign out of all":   func() error { _, err := w.SignOutAll(ctx); return err },
		"renew the session": func() error { _, _, err := w.Refresh(ctx, pair.Refresh); return err },
	} {
		if err := ask(); err == nil {
			t.Errorf("%s: nothing is wrong", what)
		}
		if s := w.step(signin.StepSignedIn); s.Problem != nil || s.Home == nil {
			t.Errorf("%s: %s", what, show(s))
		}
		w.Dismiss()
	}
	w.exec(`DROP TRIGGER read_only`)
	w.who(pair) // the session is as it was
}

func TestCK10_AfterALostSignOutAnswerTheNextStartIsSignedOut(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	in, pair := w.join("github", person(0), "윤슬기")
	w.must(w.SignOut(ctx, in.Session.ID))
	w.quit()
	w.start() // the jar still has both cookies
	w.arrive(pair)
	w.step(signin.StepSignedOut)
	w.problem(app.CodeSessionRevoked)
}

func TestSigningOutEndsWhatWasUnderWay(t *testing.T) {
	w := newWorld(t, config{chooser: true})
	w.arrive(app.Pair{})
	_, err := w.visit(w.begin("github")).Click(ctx, "윤슬기")
	w.must(err)
	w.sign("윤슬기", app.CodeAvailable)
	in, _ := w.claim()
	chooser := w.visit(w.begin("naver"))
	w.must(w.SignOut(ctx, in.Session.ID))
	w.step(signin.StepSignedOut)
	if _, err := w.FirstHop(); app.CodeOf(err) != app.CodeConflict {
		t.Error("the attempt goes on behind the sign-in screen")
	}
	if p, err := chooser.Click(ctx, "윤슬기"); err == nil && p.Status == 200 {
		t.Errorf("its callback was taken: %d", p.Status)
	}
	w.step(signin.StepSignedOut)
}

func TestABackgroundRefreshTakesNoWordsOffTheScreen(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	_, pair := w.join("naver", person(1), "한바다")
	w.Report(app.Fail(app.CodeDiskFull, errors.New("full")))
	w.clock.advance(11 * time.Minute)
	_, _, err := w.Refresh(ctx, pair.Refresh)
	w.must(err)
	s := w.step(signin.StepSignedIn)
	if s.Problem == nil || s.Problem.Code != app.CodeDiskFull || s.Home.Notice != app.CodeEmailRefused {
		t.Error(show(s))
	}
}

func TestTryAgainOnAnotherProblemBeginsNoSignIn(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	w.server.Fault(providertest.GitHubToken, providertest.Status(503))
	w.visit(w.begin("github"))
	w.awaitStep(signin.StepSignedOut)
	w.Report(app.Fail(app.CodeInternal, errors.New("no such folder")))
	w.Retry()
	if s := w.step(signin.StepSignedOut); s.Problem != nil || w.opener.count() != 1 {
		t.Error(show(s))
	}
	w.visit(w.begin("github"))
	w.awaitStep(signin.StepSignedOut)
	w.Dismiss()
	w.Retry()
	w.step(signin.StepSignedOut)
}

func TestABlockedStartSaysWhyAndDoesNothing(t *testing.T) {
	w := newWorld(t, config{blocked: app.Fail(app.CodeDatabaseDamaged, errors.New("page 7"))})
	s := w.step(signin.StepBlocked)
	if s.Problem.Code != app.CodeDatabaseDamaged || !support.MatchString(s.Problem.Support) {
		t.Error(show(s))
	}
	w.SignIn("github")
	w.Cancel()
	w.Dismiss()
	w.sign("윤슬기", app.CodeConflict)
	for what, err := range map[string]error{"arrive": w.arrive(app.Pair{}), "sign out": w.SignOut(ctx, "x")} {
		if app.CodeOf(err) != app.CodeDatabaseDamaged {
			t.Errorf("%s: %v", what, err)
		}
	}
	w.step(signin.StepBlocked)
}

func TestAWrongSettingIsNamedOnTheFirstScreen(t *testing.T) {
	notice := app.Fail(app.CodeSettingsInvalid, nil, "name", "MUNPAE_NAVER_PORTS", "line", "3")
	w := newWorld(t, config{notice: notice})
	w.arrive(app.Pair{})
	w.step(signin.StepSignedOut)
	if p := w.problem(app.CodeSettingsInvalid); p.Params["line"] != "3" {
		t.Error(show(p))
	}
	// In the dialog that an earlier start left open, too.
	w.dialog("github", person(0))
	w.quit()
	w.start()
	w.arrive(app.Pair{})
	w.step(signin.StepNickname)
	w.problem(app.CodeSettingsInvalid)
}

func TestLanguageThemeAndProviderAreRememberedByTheNextStart(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	w.join("naver", person(0), "윤슬기")
	w.SetLanguage(ctx, app.English)
	w.SetLanguage(ctx, "fr")
	w.SetTheme(ctx, "dark")
	w.SetTheme(ctx, "pink")
	w.quit()
	w.start()
	s := w.State()
	if s.Language != app.English || s.Theme != "dark" {
		t.Error(show(s))
	}
	for _, c := range s.Providers {
		if c.LastUsed != (c.ID == "naver") {
			t.Error(show(s.Providers))
		}
	}
}

func TestTheWindowIsRaisedAtTheEndOfASignIn(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	w.walk("github", person(0))
	select {
	case <-w.window.raised:
	case <-time.After(patience):
		t.Fatal("it stays behind the browser")
	}
	if strings.Contains(w.log.text(), "seulgi@example.com") {
		t.Error("the log holds an address")
	}
}

func TestAnOlderSessionOfTheWindowHidesNoneThatWaitsToBeClaimed(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	_, old := w.join("github", person(0), "윤슬기")
	w.walk("naver", person(2))
	w.sign("도하람", app.CodeAvailable)
	if _, err := w.Resume(ctx, old.Access); app.CodeOf(err) != app.CodeConflict { // nor is it answered with
		t.Fatal(err)
	}
	if s := w.step(signin.StepSignedIn); s.Home.Nickname != "도하람" || !s.Unclaimed {
		t.Error(show(s))
	}
	if in, _ := w.claim(); in.User.Nickname != "도하람" {
		t.Error(show(in))
	}
}

func TestAMissingAddressIsSaidAtHomeEachTime(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	w.join("naver", person(1), "한바다") // who keeps the e-mail address back
	w.leave()
	w.walk("naver", person(1))
	if s := w.step(signin.StepSignedIn); s.Home.Notice != app.CodeEmailRefused {
		t.Error(show(s))
	}
}
