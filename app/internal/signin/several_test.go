package signin_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
	"munpae.example/munpae/app/internal/signin"
)

// here are the nicknames of the nameplates: "*" before the one on the screen, "!" before
// one that has to be signed in to again.
func (w *world) here() (names []string) {
	w.t.Helper()
	all, err := w.Nameplates(ctx)
	w.must(err)
	for _, p := range all {
		mark := ""
		if p.Current {
			mark = "*"
		} else if !p.Lives {
			mark = "!"
		}
		names = append(names, mark+p.User.Nickname)
	}
	return names
}

func (w *world) wantHere(want ...string) {
	w.t.Helper()
	if got := w.here(); !slices.Equal(got, want) {
		w.t.Errorf("here are %q, want %q", got, want)
	}
}

// move switches with what the jar has for that account.
func (w *world) move(in app.SignedIn, pair app.Pair) (app.SignedIn, app.Pair) {
	w.t.Helper()
	got, next, err := w.SwitchTo(ctx, in.User.ID, []string{pair.Refresh})
	w.must(err)
	w.pairs = append(w.pairs, next)
	return got, next
}

// two are two people who signed in one after the other; the second is on the screen.
func two(t *testing.T) (w *world, ann app.SignedIn, annPair app.Pair, ben app.SignedIn, benPair app.Pair) {
	t.Helper()
	w = newWorld(t, config{several: true})
	w.arrive(app.Pair{})
	ann, annPair = w.join("github", person(0), "먼저온이")
	w.clock.advance(time.Second)
	ben, benPair = w.join("naver", person(2), "나중온이")
	return w, ann, annPair, ben, benPair
}

func TestAC08_WhoSignsInFromHomeAsSomebodyElseLeavesNobodySignedOut(t *testing.T) {
	w, ann, annPair, _, benPair := two(t)
	w.wantHere("*나중온이", "먼저온이")
	w.offline = true
	got, annPair := w.move(ann, annPair)
	if s := w.step(signin.StepSignedIn); s.Home.Nickname != "먼저온이" || got.Session.ID != ann.Session.ID || s.Unclaimed || s.Problem != nil {
		t.Error(show(s))
	}
	w.wantHere("*먼저온이", "나중온이")
	if in := w.who(annPair); in.User.ID != ann.User.ID {
		t.Errorf("%+v", in)
	}
	if _, err := w.Resume(ctx, benPair.Access); app.CodeOf(err) != app.CodeConflict {
		t.Errorf("the other's token: %v", err)
	}
	if n := w.rows("sessions", "ended_at IS NULL"); n != 2 {
		t.Errorf("%d live sessions", n)
	}
}

func TestAC08_WhoSignsInFromHomeAsThemselvesIsConfirmedAndGetsNoOtherSession(t *testing.T) {
	w := newWorld(t, config{several: true})
	w.arrive(app.Pair{})
	in, _ := w.join("github", person(0), "먼저온이")
	w.clock.advance(time.Hour)
	w.walk("github", person(0))
	s := w.step(signin.StepSignedIn)
	if s.Unclaimed || s.Home.ConfirmedAt != w.clock.Now().UnixMilli() {
		t.Error(show(s))
	}
	if now, err := w.Who(); err != nil || now.Session.ID != in.Session.ID {
		t.Errorf("%+v, %v", now, err)
	}
	w.want("sessions", 1)
}

func TestAC08_WithTheFeatureOffAnotherSignInReplacesAsBefore(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	w.join("github", person(0), "먼저온이")
	w.walk("github", person(0))
	if s := w.step(signin.StepSignedIn); !s.Unclaimed || s.Accounts {
		t.Error(show(s))
	}
	w.want("sessions", 2)
	w.wantHere()
}

func TestAC08_CancelLeadsHomeToWhoWasThere(t *testing.T) {
	w, _, _, ben, benPair := two(t)
	w.begin("github")
	w.Cancel()
	if s := w.step(signin.StepSignedIn); s.Home.UserID != ben.User.ID || s.Problem != nil {
		t.Error(show(s))
	}
	w.who(benPair)
	w.wantHere("*나중온이", "먼저온이")
}

// A provider that is still signed in to would answer with who is here already.
func TestAC08_WhoAddsAnAccountIsAskedForAnother(t *testing.T) {
	w := newWorld(t, config{several: true})
	w.arrive(app.Pair{})
	w.join("github", person(0), "먼저온이")
	if got := w.query(providertest.GitHubAuthorize).Get("prompt"); got != "" {
		t.Errorf("the first time with prompt=%q", got)
	}
	w.walk("github", person(0))
	if got := w.query(providertest.GitHubAuthorize).Get("prompt"); got != "select_account" {
		t.Errorf("the next one with prompt=%q", got)
	}
}

func TestAC02_AnAccountThatAnotherAbsorbedHasNoNameplateAndNoTokenOfItsOwn(t *testing.T) {
	w := newWorld(t, config{several: true})
	w.arrive(app.Pair{})
	ann, annPair := w.join("naver", person(0), "먼저온이")
	ben, _ := w.join("github", person(2), "나중온이")
	w.linksTheOther(ben)
	ben, pair, err := w.Merge(ctx, ben, "나중온이")
	w.must(err)
	w.pairs = append(w.pairs, pair)
	w.wantHere("*나중온이")
	gone := func(what string) {
		t.Helper()
		if _, _, err := w.SwitchTo(ctx, ann.User.ID, []string{annPair.Refresh}); err == nil {
			t.Errorf("%s, the old token still leads there", what)
		}
		if s := w.step(signin.StepSignedIn); s.Home.UserID != ben.User.ID {
			t.Error(show(s))
		}
	}
	gone("absorbed")
	w.must(w.Unmerge(ctx, ben, ann.User.ID))
	gone("undone")
}

func TestAC02_ASwitchThatFailsMovesNobodyAndSaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(w *world, ann app.SignedIn)
		token func(ann, ben app.Pair) []string
		code  app.Code
		plate string // of whom could not be switched to, afterwards
	}{
		"no cookie":         {nil, func(_, _ app.Pair) []string { return nil }, app.CodeAccountLost, "먼저온이"},
		"the other's":       {nil, func(_, ben app.Pair) []string { return []string{ben.Refresh} }, app.CodeAccountLost, "먼저온이"},
		"junk":              {nil, func(_, _ app.Pair) []string { return []string{"a.b.c"} }, app.CodeAccountLost, "먼저온이"},
		"an access token":   {nil, func(ann, _ app.Pair) []string { return []string{ann.Access} }, app.CodeAccountLost, "먼저온이"},
		"junk and the good": {nil, func(ann, _ app.Pair) []string { return []string{"a.b.c", ann.Refresh, ann.Refresh} }, "", ""},
		"ended elsewhere": {func(w *world, ann app.SignedIn) {
			w.must(w.sessions.End(ctx, ann.Session.ID, app.EndRevoked))
		}, func(ann, _ app.Pair) []string { return []string{ann.Refresh} }, app.CodeAccountEnded, "!먼저온이"},
		"ended by reuse": {func(w *world, ann app.SignedIn) {
			w.must(w.sessions.End(ctx, ann.Session.ID, app.EndReused))
		}, func(ann, _ app.Pair) []string { return []string{ann.Refresh} }, app.CodeAccountReused, "!먼저온이"},
	} {
		t.Run(name, func(t *testing.T) {
			w, ann, annPair, ben, benPair := two(t)
			if c.spoil != nil {
				c.spoil(w, ann)
			}
			_, pair, err := w.SwitchTo(ctx, ann.User.ID, c.token(annPair, benPair))
			if app.CodeOf(err) != c.code {
				t.Fatalf("%v", err)
			}
			if c.code == "" {
				w.pairs = append(w.pairs, pair)
				return
			}
			if app.ParamsOf(err)["nickname"] != "먼저온이" {
				t.Errorf("%v", app.ParamsOf(err))
			}
			if s := w.step(signin.StepSignedIn); s.Home.UserID != ben.User.ID {
				t.Error(show(s))
			}
			w.who(benPair)
			w.wantHere("*나중온이", c.plate)
		})
	}
}

func TestAC02_ASessionThatIsTooOldIsSaidByItsOwnersName(t *testing.T) {
	w, ann, annPair, _, benPair := two(t)
	for range 4 {
		w.clock.advance(10 * 24 * time.Hour)
		var err error
		if _, benPair, err = w.Refresh(ctx, benPair.Refresh); err != nil {
			t.Fatal(err)
		}
		w.pairs = append(w.pairs, benPair)
	}
	_, _, err := w.SwitchTo(ctx, ann.User.ID, []string{annPair.Refresh})
	if app.CodeOf(err) != app.CodeAccountExpired || app.ParamsOf(err)["nickname"] != "먼저온이" {
		t.Errorf("%v", err)
	}
	w.who(benPair)
}

func TestAC02_NobodyIsSwitchedToBehindADialogOrWithoutANameplate(t *testing.T) {
	w, ann, annPair, _, _ := two(t)
	if _, _, err := w.SwitchTo(ctx, "nobody", []string{annPair.Refresh}); app.CodeOf(err) != app.CodeNotFound {
		t.Errorf("%v", err)
	}
	w.walk("github", person(3))
	w.step(signin.StepNickname)
	if _, _, err := w.SwitchTo(ctx, ann.User.ID, []string{annPair.Refresh}); app.CodeOf(err) != app.CodeConflict {
		t.Errorf("%v", err)
	}
	w.step(signin.StepNickname)
	if in, err := w.sessions.Live(ctx, ann.Session.ID); err != nil || in.Session.Generation != 1 {
		t.Errorf("it was rotated: %+v, %v", in.Session, err)
	}
}

func TestAC07_TheNinthAccountIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	var people []practice.Person
	for i := range 9 {
		people = append(people, practice.Person{ID: fmt.Sprint("p", i), Name: fmt.Sprint("사람 ", i), Login: fmt.Sprint("person", i)})
	}
	w := newWorld(t, config{several: true, people: people})
	w.arrive(app.Pair{})
	names := []string{"가람", "나루", "다솜", "라온", "마루", "바다", "사랑", "아름"}
	for i, n := range names {
		w.join("github", people[i], n)
	}
	if got := w.here(); len(got) != app.MaxAccounts {
		t.Fatalf("%q", got)
	}
	w.walk("github", people[8])
	s := w.step(signin.StepSignedIn)
	if s.Problem == nil || s.Problem.Code != app.CodeAccountsFull || s.Problem.Params["count"] != "8" || s.Home.Nickname != "아름" {
		t.Error(show(s))
	}
	w.want("pending_signups", app.MaxAccounts) // the used ones
	w.want("sessions", app.MaxAccounts)
	// One of the eight may always come again.
	w.walk("github", people[0])
	if s := w.step(signin.StepSignedIn); s.Home.Nickname != "가람" {
		t.Error(show(s))
	}
}

func TestAC04_SigningOutOfOneShowsTheOthersAndOfAllNobody(t *testing.T) {
	w, ann, annPair, ben, _ := two(t)
	w.must(w.SignOutOf(ctx, ben.User.ID))
	if s := w.step(signin.StepSignedOut); s.Problem == nil || s.Problem.Code != app.CodeSignedOut {
		t.Error(show(s))
	}
	w.wantHere("먼저온이")
	if _, _, err := w.SwitchTo(ctx, ben.User.ID, nil); app.CodeOf(err) != app.CodeNotFound {
		t.Errorf("%v", err)
	}
	_, annPair = w.move(ann, annPair)
	w.step(signin.StepSignedIn)
	w.wantHere("*먼저온이")
	w.walk("naver", person(2))
	w.claim()
	w.must(w.SignOutOf(ctx, ann.User.ID))
	if s := w.step(signin.StepSignedIn); s.Home.UserID != ben.User.ID {
		t.Error(show(s))
	}
	w.wantHere("*나중온이")
	all, err := w.SignOutAll(ctx)
	w.must(err)
	if !slices.Equal(all, []string{ben.User.ID}) {
		t.Errorf("%q", all)
	}
	w.step(signin.StepSignedOut)
	w.wantHere()
	if n := w.rows("sessions", "ended_at IS NULL"); n != 0 {
		t.Errorf("%d live sessions", n)
	}
	if _, _, err := w.Refresh(ctx, annPair.Refresh); err == nil {
		t.Error("a token of somebody who signed out is good")
	}
}

func TestAC04_AnEndedAccountsNameplateIsTakenDownForGood(t *testing.T) {
	w, ann, _, _, _ := two(t)
	w.must(w.sessions.End(ctx, ann.Session.ID, app.EndRevoked))
	w.wantHere("*나중온이", "!먼저온이")
	w.must(w.SignOutOf(ctx, ann.User.ID))
	w.wantHere("*나중온이")
}

func TestAC11_TheNextStartShowsWhoWasOnTheScreenLast(t *testing.T) {
	w, ann, annPair, _, benPair := two(t)
	w.clock.advance(time.Minute)
	_, annPair = w.move(ann, annPair)
	w.quit()
	w.start()
	// The second session is newer, and no token of it came back yet.
	w.must(w.arrive(annPair))
	if s := w.step(signin.StepSignedIn); s.Home.Nickname != "먼저온이" || s.Unclaimed {
		t.Error(show(s))
	}
	// Nor does it come by itself where the jar lost everything, or after a sign-out.
	w.quit()
	w.start()
	w.arrive(app.Pair{})
	w.step(signin.StepSignedOut)
	w.wantHere("먼저온이", "나중온이")
	ben := w.plateOf("나중온이")
	w.move(ben, benPair)
	w.step(signin.StepSignedIn)
}

func (w *world) plateOf(nickname string) app.SignedIn {
	w.t.Helper()
	all, err := w.Nameplates(ctx)
	w.must(err)
	for _, p := range all {
		if p.User.Nickname == nickname {
			return p.SignedIn
		}
	}
	w.t.Fatalf("no nameplate of %s", nickname)
	return app.SignedIn{}
}

// A sign-in that never reached the jar is gone on with, whoever was there before.
func TestAC11_ASignInThatWasKilledBeforeItsClaimIsNotForgotten(t *testing.T) {
	w := newWorld(t, config{several: true})
	w.arrive(app.Pair{})
	_, annPair := w.join("github", person(0), "먼저온이")
	w.clock.advance(time.Minute)
	w.walk("naver", person(2))
	w.sign("나중온이", app.CodeAvailable)
	w.quit()
	w.start()
	w.arrive(annPair)
	if s := w.step(signin.StepSignedIn); s.Home.Nickname != "나중온이" || !s.Unclaimed {
		t.Error(show(s))
	}
	w.claim()
	w.wantHere("*나중온이", "먼저온이")
}

func TestAC04_ADeletedAccountHasNoNameplateAndTheOthersStay(t *testing.T) {
	w, _, _, ben, _ := two(t)
	w.must(w.DeleteAccount(ctx, ben, "나중온이"))
	w.step(signin.StepSignedOut)
	w.wantHere("먼저온이")
}

// TestAC10_WhateverIsDoneTheTokensOfOneAccountNeverSpeakForAnother walks at random: a
// jar that holds what the routes give, switches, sign-ins, sign-outs, restarts and
// tokens that come back late. Who is on the screen, whom the window's session stands
// for and whom every token is answered with are always one.
func TestAC10_WhateverIsDoneTheTokensOfOneAccountNeverSpeakForAnother(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t, config{several: true})
			r := rand.New(rand.NewPCG(seed, 12))
			w.arrive(app.Pair{})
			names := []string{"먼저온이", "나중온이", "끝에온이"}
			jar := map[string]app.Pair{} // each account's own place
			ids := map[string]string{}
			on := "" // by user ID
			done := map[string]int{}
			for range 60 {
				i := r.IntN(len(names))
				id := ids[names[i]]
				switch act := r.IntN(8); {
				case act < 3 && id != "":
					in, pair, err := w.SwitchTo(ctx, id, []string{jar[id].Refresh})
					if _, there := jar[id]; !there {
						if err == nil {
							t.Fatal("switched to somebody without a token")
						}
						break
					}
					if err != nil || in.User.ID != id {
						t.Fatalf("switch: %v", err)
					}
					w.pairs = append(w.pairs, pair)
					jar[id], on = pair, id
					done["switch"]++
				case act == 3:
					w.walk("github", person(i))
					if w.State().Step == signin.StepNickname {
						w.sign(names[i], app.CodeAvailable)
					}
					if w.State().Unclaimed {
						in, pair := w.claim()
						id = in.User.ID
						ids[names[i]], jar[id], on = id, pair, id
						done["sign in"]++
					} else {
						done["confirm"]++
					}
				case act == 4 && id != "":
					if err := w.SignOutOf(ctx, id); err == nil {
						done["sign out"]++
					}
					delete(jar, id)
					if on == id {
						on = ""
					}
				case act == 5 && on != "":
					_, pair, err := w.Refresh(ctx, jar[on].Refresh)
					w.must(err)
					w.pairs = append(w.pairs, pair)
					jar[on] = pair
					done["refresh"]++
				case act == 6 && r.IntN(3) == 0:
					w.quit()
					w.start()
					w.arrive(jar[on])
					done["restart"]++
				default:
					w.clock.advance(time.Duration(r.IntN(90)) * time.Second)
				}
				who, err := w.Who()
				if on == "" {
					if err == nil {
						t.Fatalf("%s is on the screen, nobody should be", who.User.Nickname)
					}
				} else if err != nil || who.User.ID != on {
					t.Fatalf("on the screen is %q, %v; want %q", who.User.ID, err, on)
				}
				if now, err := w.Current(ctx); on != "" && (err != nil || now.User.ID != on) {
					t.Fatalf("the session stands for %q, %v; want %q", now.User.ID, err, on)
				}
				for id, pair := range maps.Clone(jar) {
					in, err := w.Resume(ctx, pair.Access)
					if on != "" && id != on && err == nil {
						t.Fatalf("a token of %q is answered while %q is on the screen", id, on)
					}
					if err == nil && in.User.ID != id {
						t.Fatalf("a token of %q speaks for %q", id, in.User.ID)
					}
					if on == "" && err == nil {
						t.Fatalf("a token of %q brought them back", id)
					}
				}
			}
			if done["switch"] == 0 || done["sign in"] < 2 {
				t.Logf("little happened: %v", done)
			}
		})
	}
}
