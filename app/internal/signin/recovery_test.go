package signin_test

import (
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider/providertest"
	"munpae.example/munpae/app/internal/signin"
)

// sheet makes recovery codes for who, who was confirmed freshly.
func (w *world) sheet(who app.SignedIn) []string {
	w.t.Helper()
	codes, err := w.MakeRecoveryCodes(ctx, who)
	w.must(err)
	w.codes = append(w.codes, codes...)
	if len(codes) != 10 {
		w.t.Fatalf("%d codes", len(codes))
	}
	return codes
}

func (w *world) refused(code string, want app.Code) {
	w.t.Helper()
	if err := w.Recover(ctx, code); app.CodeOf(err) != want {
		w.t.Errorf("%v, want %s", err, want)
	}
	if s := w.State(); s.Step != signin.StepSignedOut {
		w.t.Fatal(show(s))
	}
}

func TestRC06_ACodeSignsInOfflineOnceAndTheWindowClaimsIt(t *testing.T) {
	w := newWorld(t, config{})
	_ = w.arrive(app.Pair{})
	kim, _ := w.join("github", person(0), "길동")
	codes := w.sheet(kim)
	w.leave()
	w.offline = true
	w.server.Close() // no provider is there any more
	w.must(w.Recover(ctx, strings.ToLower(strings.ReplaceAll(codes[3], "-", " "))))
	s := w.step(signin.StepSignedIn)
	if !s.Unclaimed || !s.Home.Recovered || s.Home.Nickname != "길동" || s.Home.Provider != "" || s.Home.Account != "" {
		t.Error(show(s))
	}
	in, pair := w.claim()
	if in.User.ID != kim.User.ID || in.Session.IdentityID != "" || w.who(pair).User.ID != kim.User.ID {
		t.Errorf("%+v", in)
	}
	of, err := w.Accounts().RecoveryCodes(ctx, in)
	if err != nil || of.Codes[3].UsedAt.IsZero() || !of.Codes[4].UsedAt.IsZero() {
		t.Errorf("%+v %v", of, err)
	}
	w.leave()
	w.refused(codes[3], app.CodeRecoveryUsed)
	w.must(w.Recover(ctx, codes[4]))
	w.step(signin.StepSignedIn)
}

// The program ends before the page has its pair: the next start claims the session, and
// the code is not lost for nothing.
func TestRC06_ASessionOfACodeThatNobodyClaimedIsClaimedByTheNextStart(t *testing.T) {
	w := newWorld(t, config{})
	_ = w.arrive(app.Pair{})
	kim, _ := w.join("github", person(0), "길동")
	codes := w.sheet(kim)
	w.leave()
	w.must(w.Recover(ctx, codes[0]))
	w.quit()
	w.start()
	if err := w.arrive(app.Pair{}); app.CodeOf(err) != app.CodeSessionNone {
		t.Errorf("%v", err)
	}
	if s := w.step(signin.StepSignedIn); !s.Unclaimed || !s.Home.Recovered {
		t.Error(show(s))
	}
	if in, _ := w.claim(); in.User.ID != kim.User.ID {
		t.Errorf("%+v", in)
	}
}

func TestRC04_WrongUsedForeignMistypedAndNone(t *testing.T) {
	w, other := newWorld(t, config{}), newWorldAlone(t, config{})
	_, _ = w.arrive(app.Pair{}), other.arrive(app.Pair{})
	lee, _ := other.join("github", person(1), "둘리")
	foreign := other.sheet(lee)
	w.join("github", person(0), "길동")
	w.leave()
	w.refused(foreign[0], app.CodeRecoveryNone)
	w.walk("github", person(0))
	w.step(signin.StepSignedIn)
	kim, _ := w.claim()
	old := w.sheet(kim)
	now := w.sheet(kim)
	w.leave()
	w.refused(old[0], app.CodeRecoveryWrong)
	w.refused(foreign[0], app.CodeRecoveryForeign)
	for range 20 { // what can't be a code costs no guess
		w.refused(now[0][:28], app.CodeRecoveryMistyped)
	}
	w.must(w.Recover(ctx, now[0]))
	if s := w.step(signin.StepSignedIn); s.Home.Nickname != "길동" {
		t.Error(show(s))
	}
}

func TestRC05_GuessesAreSlowedDownOverARestartAndTheProvidersRoadStaysOpen(t *testing.T) {
	w := newWorld(t, config{})
	_ = w.arrive(app.Pair{})
	kim, _ := w.join("github", person(0), "길동")
	old := w.sheet(kim)
	now := w.sheet(kim)
	w.leave()
	for _, c := range old[:5] {
		w.refused(c, app.CodeRecoveryWrong)
	}
	err := w.Recover(ctx, now[0])
	if app.CodeOf(err) != app.CodeRateLimited || app.ParamsOf(err)["minutes"] != "1" {
		t.Errorf("%v", err)
	}
	for _, c := range old[5:7] {
		w.clock.advance(2 * time.Minute)
		w.refused(c, app.CodeRecoveryWrong)
	}
	w.quit() // a minute goes by
	w.start()
	_ = w.arrive(app.Pair{})
	w.step(signin.StepSignedOut)
	w.refused(now[0], app.CodeRateLimited) // the good one too: nobody is told which it is
	w.clock.advance(-6 * time.Minute)
	w.refused(now[0], app.CodeRateLimited)
	w.walk("github", person(0)) // never locked
	w.step(signin.StepSignedIn)
	w.claim()
	w.leave()
	w.clock.advance(7 * time.Minute)
	w.must(w.Recover(ctx, now[0]))
	w.step(signin.StepSignedIn)
}

// Whoever lost the provider's account links the one that they have now, of the same
// provider too, and no word of the lost one is asked for.
func TestRC10_TheCodeCountsAsAConfirmationForFiveMinutes(t *testing.T) {
	for name, to := range map[string]struct {
		provider string
		person   int
		linked   []string
	}{
		"another provider":  {"naver", 0, []string{"github", "naver"}},
		"the same provider": {"github", 1, []string{"github", "github"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, config{})
			_ = w.arrive(app.Pair{})
			kim, _ := w.join("github", person(0), "길동")
			codes := w.sheet(kim)
			w.leave()
			w.must(w.Recover(ctx, codes[0]))
			in, _ := w.claim()
			w.quit() // and it outlives a restart
			w.start()
			w.must(w.arrive(w.pairs[len(w.pairs)-1]))
			asked := len(w.server.Requests())
			w.linked(in, to.provider, person(to.person))
			for _, r := range w.server.Requests()[asked:] {
				if to.provider == "naver" && r.Endpoint == providertest.GitHubAuthorize {
					t.Error("the lost provider was asked")
				}
			}
			if got := strings.Join(w.linkedTo(in), " "); got != strings.Join(to.linked, " ") {
				t.Errorf("linked: %s", got)
			}
			if s := w.State(); s.Home.Recovered || s.Home.Provider != to.provider {
				t.Error(show(s))
			}
		})
	}
}

func TestRC10_AfterFiveMinutesALinkAsksAProviderAgain(t *testing.T) {
	w := newWorld(t, config{})
	_ = w.arrive(app.Pair{})
	kim, _ := w.join("github", person(0), "길동")
	codes := w.sheet(kim)
	w.leave()
	w.must(w.Recover(ctx, codes[0]))
	in, _ := w.claim()
	w.clock.advance(5*time.Minute + time.Second)
	w.must(w.Link(ctx, in, "naver"))
	if s := w.step(signin.StepWaiting); s.Waiting.Purpose != signin.PurposeConfirm || s.Waiting.Provider != "github" {
		t.Error(show(s))
	}
}

func TestRC12_MakingAndRemovingNeedAFreshWordAndGoOnAfterIt(t *testing.T) {
	w := newWorld(t, config{})
	_ = w.arrive(app.Pair{})
	kim, pair := w.join("github", person(0), "길동")
	first := w.sheet(kim)
	pair = w.stale(pair)
	kim = w.who(pair)
	w.server.NextPerson(person(0))
	if _, err := w.MakeRecoveryCodes(ctx, kim); app.CodeOf(err) != app.CodeConfirmationNeeded {
		t.Fatal(err)
	}
	w.visit(w.opened())
	s := w.await("the word", func(s signin.State) bool { return s.Home != nil && s.Home.CodesDue })
	if s.Step != signin.StepSignedIn {
		t.Error(show(s))
	}
	second := w.sheet(kim)
	if s := w.State(); s.Home.CodesDue {
		t.Error(show(s))
	}
	text, err := w.RecoverySheet()
	if err != nil || strings.Count(text, "\n") != 10 || !strings.Contains(text, second[9]) || strings.Contains(text, first[0]) {
		t.Errorf("%v", err)
	}
	w.clock.advance(45 * time.Minute) // until somebody found the printer
	if again, err := w.RecoverySheet(); err != nil || again != text {
		t.Errorf("still on the screen, and can't be saved any more: %v", err)
	}
	w.clock.advance(15 * time.Minute)
	if _, err := w.RecoverySheet(); app.CodeOf(err) != app.CodeConflict {
		t.Errorf("the sheet is still in memory: %v", err)
	}
	w.server.NextPerson(person(0))
	if err := w.RemoveRecoveryCodes(ctx, kim); app.CodeOf(err) != app.CodeConfirmationNeeded {
		t.Fatal(err)
	}
	w.visit(w.opened())
	w.await("home", func(s signin.State) bool { return s.Step == signin.StepSignedIn })
	w.Close() // waits for what goes on in the background
	if n := w.rows("recovery_codes", ""); n != 0 {
		t.Errorf("%d codes left", n)
	}
}

func TestRC12_WhoDeclinesIsNotAskedAgain(t *testing.T) {
	w := newWorld(t, config{})
	_ = w.arrive(app.Pair{})
	kim, _ := w.join("github", person(0), "길동")
	if of, err := w.Accounts().RecoveryCodes(ctx, kim); err != nil || of.Declined {
		t.Errorf("%+v %v", of, err)
	}
	w.must(w.DeclineRecoveryCodes(ctx))
	if of, err := w.Accounts().RecoveryCodes(ctx, kim); err != nil || !of.Declined {
		t.Errorf("%+v %v", of, err)
	}
}

// A code lets somebody in where nobody is, and nowhere else.
func TestRC06_NoCodeIsUsedWhereSomebodyIsSignedInOrSigningUp(t *testing.T) {
	w := newWorld(t, config{})
	_ = w.arrive(app.Pair{})
	kim, _ := w.join("github", person(0), "길동")
	codes := w.sheet(kim)
	if err := w.Recover(ctx, codes[0]); app.CodeOf(err) != app.CodeConflict {
		t.Error(err)
	}
	w.leave()
	w.walk("github", person(1))
	w.step(signin.StepNickname)
	if err := w.Recover(ctx, codes[0]); app.CodeOf(err) != app.CodeConflict {
		t.Error(err)
	}
	w.UseAnotherAccount(ctx)
	w.begin("github")
	if err := w.Recover(ctx, codes[0]); err != nil {
		t.Error(err)
	}
	if s := w.step(signin.StepSignedIn); s.Home.Nickname != "길동" || s.Waiting != nil {
		t.Error(show(s))
	}
}
