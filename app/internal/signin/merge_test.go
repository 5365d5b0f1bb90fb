package signin_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/account"
	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/nickname"
	"munpae.example/munpae/app/internal/signin"
)

// twice is somebody who signed up by Naver, and then by GitHub as somebody else, and
// who is asked whether to bring the two together.
func (w *world) twice() (in app.SignedIn, pair app.Pair, other app.SignedIn) {
	w.t.Helper()
	w.arrive(app.Pair{})
	other, _ = w.join("naver", person(0), "먼저온이")
	w.leave()
	in, pair = w.join("github", person(2), "나중온이")
	w.linksTheOther(in)
	return in, pair, other
}

// linksTheOther goes as far as the question.
func (w *world) linksTheOther(in app.SignedIn) signin.Merge {
	w.t.Helper()
	w.server.NextPerson(person(0))
	w.must(w.Link(ctx, in, "naver"))
	w.visit(w.opened())
	s := w.await("the question", func(s signin.State) bool { return s.Merge != nil })
	if s.Step != signin.StepSignedIn || s.Link != nil || s.Problem != nil {
		w.t.Fatal(show(s))
	}
	return *s.Merge
}

func sorted(all []string) []string {
	slices.Sort(all)
	return all
}

func TestMG09_TwoAccountsAreOneOnlyAfterTheirOwnerChoseSo(t *testing.T) {
	for choice, other := range map[string]string{"나중온이": "먼저온이", "먼저온이": "나중온이"} {
		t.Run(choice, func(t *testing.T) {
			w := newWorld(t, config{})
			in, pair, first := w.twice()
			q := *w.State().Merge
			if q.Nickname != "나중온이" || q.Other != "먼저온이" || q.Name != "NAVER" || q.Provider != "naver" || q.Account == "" {
				t.Errorf("asked about %+v", q)
			}
			if len(w.linkedTo(in)) != 1 || len(w.linkedTo(first)) != 1 {
				t.Fatal("something was written before the answer")
			}
			got, next, err := w.Merge(ctx, in, choice)
			w.must(err)
			w.pairs = append(w.pairs, next)
			if got.User.ID != in.User.ID || got.User.Nickname != choice {
				t.Errorf("%+v", got)
			}
			s := w.step(signin.StepSignedIn)
			if s.Merge != nil || s.Home.Nickname != choice || s.Unclaimed || s.Problem != nil {
				t.Error(show(s))
			}
			if ids := sorted(w.linkedTo(in)); !slices.Equal(ids, []string{"github", "naver"}) {
				t.Errorf("%q", ids)
			}
			if who := w.who(next); who.User.ID != in.User.ID || who.Session.ID != in.Session.ID {
				t.Errorf("%+v", who)
			}
			if next.Refresh == pair.Refresh || next.Access == pair.Access {
				t.Error("the pair is the one of before")
			}
			// Whoever comes by the other account's way in is in the same one.
			w.leave()
			w.walk("naver", person(0))
			now, _ := w.claim()
			if now.User.ID != in.User.ID {
				t.Errorf("%+v", now.User)
			}
			if a := w.Accounts().CheckNickname(ctx, account.HolderOf(now.User), other); a.Code != app.CodeAvailable {
				t.Errorf("theirs: %s", show(a))
			}
		})
	}
}

func TestMG09_TwoAccountsByOneProviderBecomeOneAsWell(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	other, _ := w.join("github", person(0), "먼저온이")
	w.leave()
	in, _ := w.join("github", person(2), "나중온이")
	if s := w.step(signin.StepSignedIn); !s.Home.Another {
		t.Error(show(s))
	}
	w.server.NextPerson(person(0))
	w.must(w.Link(ctx, in, "github"))
	w.visit(w.opened())
	w.await("the question", func(s signin.State) bool { return s.Merge != nil })
	one, _, err := w.Merge(ctx, in, "나중온이")
	w.must(err)
	if got := w.linkedTo(one); !slices.Equal(got, []string{"github", "github"}) {
		t.Errorf("linked are %v", got)
	}
	w.leave()
	w.walk("github", person(0))
	if now, _ := w.claim(); now.User.ID != one.User.ID {
		t.Errorf("%s and %s became %s, but it is %s", in.User.ID, other.User.ID, one.User.ID, now.User.ID)
	}
}

func TestMG09_WithoutAnAnswerNothingHappens(t *testing.T) {
	for what, c := range map[string]struct {
		do   func(w *world, in app.SignedIn) error
		want app.Code
		asks bool // still
	}{
		"cancelled": {func(w *world, in app.SignedIn) error {
			w.Cancel()
			_, _, err := w.Merge(ctx, in, "먼저온이")
			return err
		}, app.CodeConflict, false},
		"after ten minutes": {func(w *world, in app.SignedIn) error {
			w.clock.advance(app.SignInLifetime)
			_, _, err := w.Merge(ctx, in, "먼저온이")
			w.problem(app.CodeSignInExpired)
			return err
		}, app.CodeSignInExpired, false},
		"a third nickname": {func(w *world, in app.SignedIn) error {
			_, _, err := w.Merge(ctx, in, "누구인가")
			return err
		}, app.CodeConflict, true},
		"of another session": {func(w *world, in app.SignedIn) error {
			in.Session.ID = "another"
			_, _, err := w.Merge(ctx, in, "먼저온이")
			return err
		}, app.CodeConflict, true},
		"signed out": {func(w *world, in app.SignedIn) error {
			w.must(w.SignOut(ctx, in.Session.ID))
			_, _, err := w.Merge(ctx, in, "먼저온이")
			return err
		}, app.CodeConflict, false},
		"ended elsewhere": {func(w *world, in app.SignedIn) error {
			w.must(w.sessions.End(ctx, in.Session.ID, app.EndRevoked))
			_, _, err := w.Merge(ctx, in, "먼저온이")
			return err
		}, app.CodeSessionRevoked, true},
		"another sign-in begun": {func(w *world, in app.SignedIn) error {
			w.begin("github")
			_, _, err := w.Merge(ctx, in, "먼저온이")
			return err
		}, app.CodeConflict, false},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t, config{})
			in, _, other := w.twice()
			err := c.do(w, in)
			if app.CodeOf(err) != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
			if (w.State().Merge != nil) != c.asks {
				t.Error(show(w.State()))
			}
			if len(w.linkedTo(in)) != 1 || len(w.linkedTo(other)) != 1 || w.rows("merges", "") != 0 {
				t.Error("it was done all the same")
			}
		})
	}
}

func TestMG03_AHalfThatChangedMeanwhileIsSaidAndTheQuestionIsOver(t *testing.T) {
	for what, meanwhile := range map[string]func(w *world, in, other app.SignedIn){
		"the other was renamed": func(w *world, in, other app.SignedIn) {
			_, err := w.db.Rename(ctx, other.User.ID, nickname.Keys("새이름"), w.clock.Now())
			w.must(err)
		},
		"they were renamed": func(w *world, in, other app.SignedIn) {
			_, err := w.Rename(ctx, in, "새이름")
			w.must(err)
		},
		"the other is gone": func(w *world, in, other app.SignedIn) {
			w.must(w.db.DeleteUser(ctx, other.User.ID, w.clock.Now()))
		},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t, config{})
			in, _, other := w.twice()
			meanwhile(w, in, other)
			_, _, err := w.Merge(ctx, in, "나중온이")
			if app.CodeOf(err) != app.CodeMergeChanged {
				t.Error(err)
			}
			if p := w.problem(app.CodeMergeChanged); !support.MatchString(p.Support) {
				t.Error(show(p))
			}
			if w.State().Merge != nil || len(w.linkedTo(in)) != 1 {
				t.Error(show(w.State()))
			}
		})
	}
}

// A cancel that comes while it is being done is too late, and what was done is shown.
func TestACancelWhileTwoAccountsAreBroughtTogetherIsTooLate(t *testing.T) {
	w := newWorld(t, config{})
	in, _, _ := w.twice()
	w.db.afterStored(func() { w.Cancel() })
	_, next, err := w.Merge(ctx, in, "먼저온이")
	w.must(err)
	w.pairs = append(w.pairs, next)
	if s := w.step(signin.StepSignedIn); s.Merge != nil || s.Home.Nickname != "먼저온이" {
		t.Error(show(s))
	}
}

// A sign-out that comes while it is being done wins: nobody is signed in, and they are
// one account.
func TestMG10_ASignOutWhileTwoAccountsAreBroughtTogetherHolds(t *testing.T) {
	w := newWorld(t, config{})
	in, pair, _ := w.twice()
	w.db.afterStored(func() { w.must(w.SignOut(ctx, in.Session.ID)) })
	_, _, err := w.Merge(ctx, in, "먼저온이")
	if app.CodeOf(err) != app.CodeSessionRevoked {
		t.Error(err)
	}
	w.step(signin.StepSignedOut)
	if _, err := w.Resume(ctx, pair.Access); app.CodeOf(err) != app.CodeSessionRevoked {
		t.Error(err)
	}
	w.want("merges", 1)
}

func TestMG10_EverySessionOfTheTwoButTheOneOnScreenEndsAndUndoRevivesNone(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	other, _ := w.join("naver", person(0), "먼저온이")
	in, pair := w.join("github", person(2), "나중온이") // beside it
	own, err := w.sessions.New()                    // and one of their own, as of another start
	w.must(err)
	own.ClaimedAt, own.Generation = own.CreatedAt, 2
	_, err = w.db.DB.SignIn(ctx, in.Identity.Profile, own)
	w.must(err)
	w.linksTheOther(in)
	_, next, err := w.Merge(ctx, in, "나중온이")
	w.must(err)
	w.pairs = append(w.pairs, next)
	for what, id := range map[string]string{"the absorbed one's": other.Session.ID, "another of theirs": own.ID} {
		if n := w.rows("sessions", "end_reason = 'merged' AND id = ?", id); n != 1 {
			t.Errorf("%s lives", what)
		}
	}
	// The pair of before is the new one's predecessor, as after any rotation, and dies
	// with the new one's use.
	if _, _, err := w.Refresh(ctx, next.Refresh); err != nil {
		t.Error(err)
	}
	w.must(w.Unmerge(ctx, w.who(next), other.User.ID))
	if _, err := w.sessions.Live(ctx, other.Session.ID); app.CodeOf(err) != app.CodeAccountMerged {
		t.Error(err)
	}
	if _, _, err := w.Refresh(ctx, pair.Refresh); app.CodeOf(err) != app.CodeSessionReused {
		t.Error(err)
	}
}

func TestAnUndoWithoutAFreshWordAsksForOneAndGoesOnByItself(t *testing.T) {
	w := newWorld(t, config{})
	in, _, other := w.twice()
	_, pair, err := w.Merge(ctx, in, "먼저온이")
	w.must(err)
	w.pairs = append(w.pairs, pair)
	pair = w.stale(pair)
	w.pairs = append(w.pairs, pair)

	w.server.NextPerson(person(2))
	if err := w.Unmerge(ctx, w.who(pair), other.User.ID); app.CodeOf(err) != app.CodeConfirmationNeeded {
		t.Fatal(err)
	}
	if w.rows("merges", "") != 1 {
		t.Fatal("undone before the word")
	}
	w.visit(w.opened())
	s := w.await("two again", func(s signin.State) bool { return s.Home != nil && s.Home.Nickname == "나중온이" })
	if s.Problem != nil {
		t.Error(show(s))
	}
	w.want("merges", 0)
	if ids := sorted(w.linkedTo(in)); !slices.Equal(ids, []string{"github"}) {
		t.Errorf("%q", ids)
	}
	if ids := sorted(w.linkedTo(other)); !slices.Equal(ids, []string{"naver"}) {
		t.Errorf("%q", ids)
	}
}

func TestMG05_AnUndoThatCannotBeIsSaidBeforeAnybodyIsSentToAProvider(t *testing.T) {
	w := newWorld(t, config{})
	in, _, other := w.twice()
	_, pair, err := w.Merge(ctx, in, "먼저온이")
	w.must(err)
	w.pairs = append(w.pairs, pair)
	opened := w.opener.count()
	w.clock.sleep(app.MergeLifetime - time.Hour)
	_, pair, err = w.Refresh(ctx, pair.Refresh)
	w.must(err)
	w.pairs = append(w.pairs, pair)
	w.clock.sleep(time.Hour)
	for id, want := range map[string]app.Code{other.User.ID: app.CodeMergeLapsed, "nobody": app.CodeNotFound} {
		if err := w.Unmerge(ctx, in, id); app.CodeOf(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	var forgotten []string
	w.c.deleted = func(id string) { forgotten = append(forgotten, id) }
	w.quit()
	w.start()
	w.Tidy(ctx)
	if !slices.Equal(forgotten, []string{other.User.ID}) || w.rows("merges", "") != 0 {
		t.Errorf("%q", forgotten)
	}
	w.must(w.arrive(pair))
	if err := w.Unmerge(ctx, in, other.User.ID); app.CodeOf(err) != app.CodeMergeLapsed {
		t.Error(err)
	}
	if w.opener.count() != opened {
		t.Error("somebody was sent to a provider")
	}
}

func TestMG11_TheProgramIsToldBeforeAnythingIsWrittenAndMayRefuse(t *testing.T) {
	var told []string
	var refuse error
	var w *world
	w = newWorld(t, config{merging: func(_ context.Context, from, into app.User, undone bool) error {
		what := from.Nickname + " into " + into.Nickname
		if undone {
			what = "undo " + what
		}
		told = append(told, what)
		if n := w.rows("merges", ""); (n == 1) != undone {
			t.Error("it is written already")
		}
		return refuse
	}})
	in, _, other := w.twice()
	refuse = errors.New("메모 둘을 합칠 수 없습니다")
	_, _, err := w.Merge(ctx, in, "먼저온이")
	if app.CodeOf(err) != app.CodeMergeRefused || app.ParamsOf(err)["reason"] != refuse.Error() {
		t.Error(err)
	}
	if s := w.State(); s.Merge == nil || w.rows("merges", "") != 0 {
		t.Error(show(s)) // the question stands
	}
	refuse = nil
	_, pair, err := w.Merge(ctx, in, "먼저온이")
	w.must(err)
	w.pairs = append(w.pairs, pair)
	refuse = errors.New("이미 정리했습니다")
	if err := w.Unmerge(ctx, w.who(pair), other.User.ID); app.CodeOf(err) != app.CodeMergeRefused || w.rows("merges", "") != 1 {
		t.Error(err)
	}
	refuse = nil
	w.must(w.Unmerge(ctx, w.who(pair), other.User.ID))
	want := []string{
		"먼저온이 into 나중온이", "먼저온이 into 나중온이", "undo 먼저온이 into 먼저온이", "undo 먼저온이 into 먼저온이",
	}
	if !slices.Equal(told, want) {
		t.Errorf("%q", told)
	}
}

// Two accounts at one provider, by a merge: the word about one of them withdraws no
// other's grant, and a name that fits both takes off neither.
func TestMG12_TwoAccountsAtOneProviderAreToldApart(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	first, _ := w.join("naver", person(0), "먼저온이")
	w.linked(first, "github", person(1))
	w.leave()
	in, _ := w.join("github", person(2), "나중온이")
	w.linksTheOther(in)
	_, pair, err := w.Merge(ctx, in, "나중온이")
	w.must(err)
	w.pairs = append(w.pairs, pair)
	in = w.who(pair)
	if ids := sorted(w.linkedTo(in)); !slices.Equal(ids, []string{"github", "github", "naver"}) {
		t.Fatalf("%q", ids)
	}
	err = w.Unlink(ctx, in, "github")
	if app.CodeOf(err) != app.CodeIdentityAmbiguous || app.ParamsOf(err)["provider"] != "GitHub" {
		t.Error(err)
	}
	all, err := w.Accounts().Identities(ctx, in.User.ID)
	w.must(err)
	i := slices.IndexFunc(all, func(id app.Identity) bool { return id.Login == person(1).Login })
	// person(2) was confirmed a moment ago, and person(0); person(1) was not in this session.
	for what, c := range map[string]struct {
		id   app.Identity
		want bool
	}{"not confirmed": {all[i], false}, "confirmed": {all[slices.IndexFunc(all, func(id app.Identity) bool { return id.Provider == "naver" })], true}} {
		_, revoke, err := w.Accounts().Unlink(ctx, in, c.id)
		if err != nil || (revoke != nil) != c.want {
			t.Errorf("%s: something to withdraw: %t, %v", what, revoke != nil, err)
		}
	}
	if ids := w.linkedTo(in); !slices.Equal(ids, []string{"github"}) {
		t.Errorf("%q", ids)
	}
}

func TestMG07_WhoDeletesTheirAccountIsTheLastOfBoth(t *testing.T) {
	var gone []string
	w := newWorld(t, config{deleted: func(id string) { gone = append(gone, id) }})
	in, _, other := w.twice()
	_, pair, err := w.Merge(ctx, in, "먼저온이")
	w.must(err)
	w.pairs = append(w.pairs, pair)
	w.must(w.DeleteAccount(ctx, w.who(pair), "먼저온이"))
	w.step(signin.StepSignedOut)
	for _, table := range []string{"users", "identities", "sessions", "merges", "merged_identities", "former_names"} {
		w.want(table, 0)
	}
	if !slices.Equal(gone, []string{other.User.ID, in.User.ID}) {
		t.Errorf("%q", gone)
	}
	w.walk("naver", person(0))
	if s := w.step(signin.StepNickname); s.SignUp.Before != "" {
		t.Error(show(s))
	}
	for _, name := range []string{"나중온이", "먼저온이"} { // which rest
		if a := w.CheckNickname(ctx, name); a.Code != app.CodeNicknameTaken {
			t.Error(show(a))
		}
	}
	if a := w.SignUp(ctx, "새로온이"); a.Code != app.CodeAvailable {
		t.Error(show(a))
	}
}

// Somebody new is pointed at the provider that was used here before, and at nothing
// else of whoever used it.
func TestMG14_WhoIsNewIsShownTheProviderThatWasUsedBeforeAndNoName(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	w.walk("github", person(2))
	if s := w.step(signin.StepNickname); s.SignUp.Before != "" || s.SignUp.BeforeName != "" {
		t.Error(show(s))
	}
	if a := w.SignUp(ctx, "먼저온이"); a.Code != app.CodeAvailable {
		t.Fatal(show(a))
	}
	w.claim()
	w.leave()
	w.walk("naver", person(0))
	s := w.step(signin.StepNickname)
	if s.SignUp.Before != "github" || s.SignUp.BeforeName != "GitHub" {
		t.Error(show(s))
	}
	for _, secret := range []string{"먼저온이", person(2).Login, person(2).Name} {
		if strings.Contains(show(s), secret) {
			t.Errorf("the state names %q: %s", secret, show(s))
		}
	}
	// A restart shows it again, and its button leads to the account that is there.
	w.quit()
	w.start()
	w.arrive(app.Pair{})
	if s := w.step(signin.StepNickname); s.SignUp.Before != "github" {
		t.Error(show(s))
	}
	w.UseAnotherAccount(ctx)
	w.walk("github", person(2))
	if s := w.step(signin.StepSignedIn); s.Home.Nickname != "먼저온이" {
		t.Error(show(s))
	}
	w.want("pending_signups", 0)
}
