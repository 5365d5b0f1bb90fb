package signin_test

import (
	"errors"
	"reflect"
	"testing"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/signin"
)

func states() map[string]signin.State {
	providers := []signin.ProviderChoice{{Provider: app.Provider{ID: "github", Name: "GitHub"}}}
	base := signin.State{Seq: 7, Language: app.Korean, Theme: "system", Providers: providers}
	with := func(change func(*signin.State)) signin.State {
		s := base
		change(&s)
		return s
	}
	home := &signin.Home{Nickname: "길동"}
	sign := &signin.SignUp{Provider: "github", Account: "octocat"}
	wait := func() *signin.Waiting { return &signin.Waiting{Provider: "github", Phase: signin.PhaseOpening} }
	return map[string]signin.State{
		"starting":             with(func(s *signin.State) { s.Step = signin.StepStarting }),
		"setup_needed":         with(func(s *signin.State) { s.Step, s.Providers = signin.StepSetupNeeded, nil }),
		"signed_out":           with(func(s *signin.State) { s.Step = signin.StepSignedOut }),
		"waiting":              with(func(s *signin.State) { s.Step, s.Attempt, s.Waiting = signin.StepWaiting, "a1", wait() }),
		"waiting from sign-up": with(func(s *signin.State) { s.Step, s.Attempt, s.Waiting, s.SignUp = signin.StepWaiting, "a1", wait(), sign }),
		"waiting from home":    with(func(s *signin.State) { s.Step, s.Attempt, s.Waiting, s.Home = signin.StepWaiting, "a1", wait(), home }),
		"nickname":             with(func(s *signin.State) { s.Step, s.SignUp = signin.StepNickname, sign }),
		"signed_in":            with(func(s *signin.State) { s.Step, s.Home = signin.StepSignedIn, home }),
		"unclaimed":            with(func(s *signin.State) { s.Step, s.Home, s.Unclaimed = signin.StepSignedIn, home, true }),
		"blocked": with(func(s *signin.State) {
			s.Step, s.Problem = signin.StepBlocked, &app.Problem{Code: app.CodeDatabaseDamaged}
		}),
	}
}

// late marks a pair of step and event that must change nothing.
const late = "late"

func TestEveryStepAnswersEveryEvent(t *testing.T) {
	home := signin.Home{Nickname: "둘리"}
	p := &app.Problem{Code: app.CodeSessionRevoked, Support: "K7-41"}
	// The step after each event, in the order of the columns.
	columns := []string{"starting", "setup_needed", "signed_out", "waiting", "waiting from sign-up", "waiting from home", "nickname", "signed_in", "unclaimed", "blocked"}
	all := func(step string) []string { // every step stays as it is or becomes step
		out := make([]string, len(columns))
		for i := range out {
			out[i] = step
		}
		return out
	}
	const stay = "stay"
	rows := []struct {
		name  string
		event signin.Event
		want  []string
	}{
		{"Resumed", signin.Resumed{Home: home}, []string{"signed_in", late, late, late, late, late, late, "signed_in", "signed_in", late}},
		{"NotResumed", signin.NotResumed{Problem: p}, []string{"signed_out", late, late, late, late, late, late, "signed_out", late, late}},
		{"NotResumed with a sign-up", signin.NotResumed{SignUp: &signin.SignUp{}}, []string{"nickname", late, late, late, late, late, late, "signed_out", late, late}},
		{"FoundUnclaimed", signin.FoundUnclaimed{Home: home}, []string{"signed_in", late, late, late, late, late, late, late, late, late}},
		{"Claimed", signin.Claimed{Home: home}, []string{late, late, late, late, late, stay, late, "signed_in", "signed_in", late}},
		{"Attempted", signin.Attempted{Attempt: "a2"}, []string{late, late, "waiting", "waiting", "waiting", "waiting", "waiting", "waiting", "waiting", late}},
		{"BrowserFailed", signin.BrowserFailed{Attempt: "a1"}, []string{late, late, late, stay, stay, stay, late, late, late, late}},
		{"BrowserReopened", signin.BrowserReopened{Attempt: "a1"}, []string{late, late, late, stay, stay, stay, late, late, late, late}},
		{"BrowserArrived", signin.BrowserArrived{Attempt: "a1"}, []string{late, late, late, stay, stay, stay, late, late, late, late}},
		{"BrowserSlow", signin.BrowserSlow{Attempt: "a1"}, []string{late, late, late, stay, stay, stay, late, late, late, late}},
		{"DeviceShown", signin.DeviceShown{Attempt: "a1"}, []string{late, late, late, stay, stay, stay, late, late, late, late}},
		{"DeviceFailed", signin.DeviceFailed{Attempt: "a1"}, []string{late, late, late, stay, stay, stay, late, late, late, late}},
		{"Checking", signin.Checking{Attempt: "a1"}, []string{late, late, late, stay, stay, stay, late, late, late, late}},
		{"AttemptEnded", signin.AttemptEnded{Attempt: "a1", Problem: p}, []string{late, late, late, "signed_out", "nickname", "signed_in", late, late, late, late}},
		{"SignedIn", signin.SignedIn{Attempt: "a1", Home: home}, []string{late, late, late, "signed_in", "signed_in", "signed_in", late, late, late, late}},
		{"SignUpOpened", signin.SignUpOpened{Attempt: "a1"}, []string{late, late, late, "nickname", "nickname", "nickname", late, late, late, late}},
		{"Confirmed", signin.Confirmed{Attempt: "a1", Home: home}, []string{late, late, late, "signed_in", "signed_in", "signed_in", late, late, late, late}},
		{"SignedUp", signin.SignedUp{Home: home}, []string{late, late, late, late, "signed_in", late, "signed_in", late, late, late}},
		{"SignUpDropped", signin.SignUpDropped{}, []string{late, late, late, late, stay, late, "signed_out", late, late, late}},
		{"SessionEnded", signin.SessionEnded{Problem: p}, []string{late, late, late, late, late, "signed_out", late, "signed_out", "signed_out", late}},
		{"HomeChanged", signin.HomeChanged{Home: home}, []string{late, late, late, late, late, stay, late, stay, stay, late}},
		{"Blocked", signin.Blocked{Problem: *p}, []string{"blocked", late, late, late, late, late, late, late, late, "blocked"}},
		{"ProblemRaised", signin.ProblemRaised{Problem: *p}, all(stay)},
		{"Dismissed", signin.Dismissed{}, []string{stay, stay, stay, stay, stay, stay, stay, stay, stay, late}},
		{"LanguageChosen", signin.LanguageChosen{Language: app.English}, all(stay)},
		{"ThemeChosen", signin.ThemeChosen{Theme: "dark"}, all(stay)},
		{"LastUsed", signin.LastUsed{Provider: "github"}, all(stay)},
	}
	from := states()
	for _, row := range rows {
		for i, column := range columns {
			before := from[column]
			after, err := signin.Next(before, row.event)
			switch want := row.want[i]; want {
			case late:
				if !errors.Is(err, signin.ErrStale) {
					t.Errorf("%s in %s: %v, want it to be too late", row.name, column, err)
				}
				if !reflect.DeepEqual(after, before) {
					t.Errorf("%s in %s changed the state although it came too late", row.name, column)
				}
			default:
				if want == stay {
					want = string(before.Step)
				}
				if err != nil || string(after.Step) != want {
					t.Errorf("%s in %s: step %q, %v, want %q", row.name, column, after.Step, err, want)
				}
			}
		}
	}
}

func TestAnEventOfAnotherAttemptChangesNothing(t *testing.T) {
	for _, e := range []signin.Event{
		signin.BrowserFailed{Attempt: "a0"}, signin.BrowserReopened{Attempt: "a0"}, signin.BrowserArrived{Attempt: "a0"},
		signin.BrowserSlow{Attempt: "a0"}, signin.DeviceShown{Attempt: "a0"}, signin.DeviceFailed{Attempt: "a0"},
		signin.Checking{Attempt: "a0"}, signin.AttemptEnded{Attempt: "a0"}, signin.SignedIn{Attempt: "a0"},
		signin.SignUpOpened{Attempt: "a0"}, signin.Confirmed{Attempt: "a0"},
	} {
		before := states()["waiting"]
		after, err := signin.Next(before, e)
		if !errors.Is(err, signin.ErrStale) || !reflect.DeepEqual(before, after) {
			t.Errorf("%T of another attempt was taken", e)
		}
	}
}

func TestNextNeverChangesTheStateItWasGiven(t *testing.T) {
	before := states()["waiting"]
	if _, err := signin.Next(before, signin.Checking{Attempt: "a1"}); err != nil {
		t.Fatal(err)
	}
	if before.Waiting.Phase != signin.PhaseOpening {
		t.Error("an older snapshot changed under its reader")
	}
}

func TestWithoutAProviderNobodyLandsOnASignInScreenWithNoButtons(t *testing.T) {
	s := states()["starting"]
	s.Providers = nil
	after, _ := signin.Next(s, signin.NotResumed{})
	if after.Step != signin.StepSetupNeeded {
		t.Errorf("step %q, want setup_needed", after.Step)
	}
}

func TestCancelReturnsToWhereTheAttemptWasStarted(t *testing.T) {
	for from, want := range map[string]signin.Step{"waiting": signin.StepSignedOut, "waiting from sign-up": signin.StepNickname, "waiting from home": signin.StepSignedIn} {
		after, err := signin.Next(states()[from], signin.AttemptEnded{Attempt: "a1"})
		if err != nil || after.Step != want || after.Problem != nil || after.Waiting != nil {
			t.Errorf("%s: %q %v %v, want %q without a word", from, after.Step, after.Problem, err, want)
		}
	}
}

func TestWhatIsClaimedDuringAnAttemptIsNotClaimedAgainAfterIt(t *testing.T) {
	s := states()["waiting from home"]
	s.Unclaimed = true
	s, err := signin.Next(s, signin.Claimed{Home: signin.Home{Nickname: "둘리"}})
	if err != nil {
		t.Fatal(err)
	}
	s, _ = signin.Next(s, signin.AttemptEnded{Attempt: "a1"})
	if s.Unclaimed || s.Home.Nickname != "둘리" {
		t.Errorf("%+v", s)
	}
}

func TestALateSlowBrowserIsNotReportedOnceItCame(t *testing.T) {
	s, _ := signin.Next(states()["waiting"], signin.BrowserArrived{Attempt: "a1"})
	if _, err := signin.Next(s, signin.BrowserSlow{Attempt: "a1"}); !errors.Is(err, signin.ErrStale) {
		t.Error("the window would say that no browser came although it did")
	}
}

func TestAnOpenerThatComplainsAlthoughTheBrowserCameIsNotReported(t *testing.T) {
	s, _ := signin.Next(states()["waiting"], signin.BrowserArrived{Attempt: "a1"})
	if _, err := signin.Next(s, signin.BrowserFailed{Attempt: "a1"}); !errors.Is(err, signin.ErrStale) {
		t.Error("the window would say that no browser could be opened although one is here")
	}
}
