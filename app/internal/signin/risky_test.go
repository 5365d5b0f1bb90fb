package signin_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/signin"
)

// riskyAct is one as a person does it, and how it is seen that it was done.
type riskyAct struct {
	do    func(w *world, who app.SignedIn, typed string) error
	done  func(w *world, who app.SignedIn) bool
	typed bool // the nickname is enough without a network
}

// riskyActs are those of somebody with two linked accounts, recovery codes, a second
// session and an account that they absorbed, by the names that the window is told.
var riskyActs = map[string]riskyAct{
	"link": {func(w *world, who app.SignedIn, typed string) error { return w.Link(ctx, who, "oidc") }, func(w *world, _ app.SignedIn) bool {
		s := w.State()
		return s.Waiting != nil && s.Waiting.Purpose == signin.PurposeLink
	}, false},
	"unlink": {func(w *world, who app.SignedIn, typed string) error { return w.Unlink(ctx, who, "naver") }, func(w *world, who app.SignedIn) bool {
		return len(w.linkedTo(who)) == 1
	}, false},
	"unmerge": {func(w *world, who app.SignedIn, typed string) error {
		all, err := w.Accounts().Merges(ctx, who)
		if err != nil || len(all) != 1 {
			return fmt.Errorf("%d merges: %w", len(all), err)
		}
		return w.Unmerge(ctx, who, all[0].From.User.ID)
	}, func(w *world, _ app.SignedIn) bool { return w.rows("merges", "true") == 0 }, false},
	"codes_make": {func(w *world, who app.SignedIn, typed string) error {
		_, err := w.MakeRecoveryCodes(ctx, who)
		return err
	}, func(w *world, _ app.SignedIn) bool { s := w.State(); return s.Home != nil && s.Home.CodesDue }, false},
	"codes_remove": {func(w *world, who app.SignedIn, typed string) error { return w.RemoveRecoveryCodes(ctx, who) },
		func(w *world, who app.SignedIn) bool { return w.rows("recovery_codes", "true") == 0 }, false},
	"end_others": {func(w *world, who app.SignedIn, typed string) error { return w.EndOtherSessions(ctx, who, typed) },
		func(w *world, who app.SignedIn) bool { return w.rows("sessions", "ended_at IS NULL") == 1 }, true},
	"delete": {func(w *world, who app.SignedIn, typed string) error { return w.DeleteAccount(ctx, who, typed) },
		func(w *world, _ app.SignedIn) bool { return w.rows("users", "true") == 0 }, true},
}

// settled is somebody with all that the risky acts take, whose last confirmation is old.
func settled(t *testing.T) (*world, app.SignedIn) {
	t.Helper()
	w := newWorld(t, config{oidc: true})
	in, _, _ := w.twice()
	_, pair, err := w.Merge(ctx, in, "먼저온이")
	w.must(err)
	w.pairs = append(w.pairs, pair)
	w.sheet(w.who(pair))
	now, err := w.sessions.New()
	w.must(err)
	_, err = w.db.SignIn(ctx, w.who(pair).Identity.Profile, now)
	w.must(err)
	pair = w.stale(pair)
	w.drained()
	return w, w.who(pair)
}

// drained forgets the addresses that were opened until now.
func (w *world) drained() {
	for {
		select {
		case <-w.opener.opened:
		default:
			return
		}
	}
}

func TestRA01_EveryRiskyActWaitsForAFreshWordAndGoesOnByItself(t *testing.T) {
	for name, act := range riskyActs {
		t.Run(name, func(t *testing.T) {
			w, who := settled(t)
			if err := act.do(w, who, who.User.Nickname); name != "link" && app.CodeOf(err) != app.CodeConfirmationNeeded || name == "link" && err != nil {
				t.Fatal(err)
			}
			s := w.step(signin.StepWaiting)
			if s.Waiting.Purpose != signin.PurposeConfirm || s.Waiting.For != name || s.Waiting.Provider != who.Identity.Provider || act.done(w, who) {
				t.Fatal(show(s))
			}
			w.opened() // the cancelled attempt's address, which nobody answers at any more
			w.Cancel() // nothing is done without the word
			if s := w.step(signin.StepSignedIn); s.Problem != nil || act.done(w, who) {
				t.Fatal(show(s))
			}
			_ = act.do(w, who, who.User.Nickname)
			w.server.NextPerson(person(2))
			w.visit(w.opened())
			w.await(name+" to be done", func(signin.State) bool { return act.done(w, who) })
		})
	}
}

func TestRA02_WithoutANetworkTheTypedNicknameEndsAndDeletesAndNoMore(t *testing.T) {
	for name, act := range riskyActs {
		t.Run(name, func(t *testing.T) {
			w, who := settled(t)
			w.offline = true
			if act.typed {
				if err := act.do(w, who, "다른이름"); app.CodeOf(err) != app.CodeConflict || act.done(w, who) {
					t.Errorf("another nickname: %v", err)
				}
			}
			err := act.do(w, who, who.User.Nickname)
			if done := act.done(w, who); done != act.typed || act.typed && err != nil {
				t.Errorf("done: %t, %v", done, err)
			}
		})
	}
	w, who := settled(t)
	w.offline = true
	if err := w.EndOtherSessions(ctx, who, ""); app.CodeOf(err) != app.CodeConfirmationNeeded || riskyActs["end_others"].done(w, who) {
		t.Errorf("no nickname: %v", err)
	}
}

// The window reads its lists when the word leads home, and on a slow computer that is
// before the act is done: it has to hear of that, too.
func TestWhatFollowedAWordIsToldToTheWindowWhenItIsDone(t *testing.T) {
	w, who := settled(t)
	done := make(chan uint64, 1)
	w.othersEnded = func() { done <- w.State().Seq }
	if err := w.EndOtherSessions(ctx, who, ""); app.CodeOf(err) != app.CodeConfirmationNeeded {
		t.Fatal(err)
	}
	w.server.NextPerson(person(2))
	w.visit(w.opened())
	seq := <-done
	w.await("a state after the act", func(s signin.State) bool { return s.Seq > seq && s.Step == signin.StepSignedIn })
}

// What the word is for is said, in every language.
func TestEveryRiskyActHasWords(t *testing.T) {
	for _, l := range []string{"ko", "en"} {
		text, err := os.ReadFile(filepath.Join("../../../frontend/src/words/account", l+".ts"))
		if err != nil {
			t.Fatal(err)
		}
		for name := range riskyActs {
			if !strings.Contains(string(text), "\n  "+name+": '") {
				t.Errorf("%s has no words for %s", l, name)
			}
		}
	}
	code, err := os.ReadFile("risky.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(code), "&risky{"); n != len(riskyActs) {
		t.Errorf("%d risky acts, and %d are tried here", n, len(riskyActs))
	}
}

// A browser that has been signed in at the provider since this morning is a way in, and no
// fresh word, wherever the provider says since when.
func TestAL07_ASignInIsAsOldAsTheProviderSaysThatItIs(t *testing.T) {
	for since, fresh := range map[time.Duration]bool{0: true, -3 * time.Hour: false} {
		t.Run(since.String(), func(t *testing.T) {
			w := newWorld(t, config{oidc: true})
			w.server.EditIDToken(func(id *jwt.Token) { id.Claims.(jwt.MapClaims)["auth_time"] = w.clock.Now().Add(since).Unix() })
			w.arrive(app.Pair{})
			in, _ := w.join("oidc", person(0), "먼저온이")
			for range 2 { // after the sign-up, and after a sign-in
				_, err := w.MakeRecoveryCodes(ctx, in)
				if fresh && err != nil || !fresh && app.CodeOf(err) != app.CodeConfirmationNeeded {
					t.Error(err)
				}
				if !fresh {
					w.opened()
					w.Cancel()
					w.step(signin.StepSignedIn)
				}
				w.leave()
				w.walk("oidc", person(0))
				in, _ = w.claim()
			}
		})
	}
}
