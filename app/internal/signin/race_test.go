package signin_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/attempt"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/signin"
)

// oneStory fails unless the screen, Who and Claim tell of the same session.
func (w *world) oneStory() {
	w.t.Helper()
	s := w.step(signin.StepSignedIn)
	who, err := w.Who()
	if err != nil || who.User.Nickname != s.Home.Nickname {
		w.t.Errorf("home shows %q, and signed in is %q, %v", s.Home.Nickname, who.User.Nickname, err)
	}
	in, pair, err := w.Claim(ctx)
	if err != nil || in.Session.ID != who.Session.ID {
		w.t.Fatalf("claimed is %q, signed in is %q, %v", in.Session.ID, who.Session.ID, err)
	}
	if got := w.who(pair); got.User.ID != who.User.ID {
		w.t.Errorf("the pair is that of %q", got.User.Nickname)
	}
	if s := w.step(signin.StepSignedIn); s.Unclaimed || s.Problem != nil {
		w.t.Error(show(s))
	}
}

func TestAnAttemptThatEndsBetweenASignUpsCommitAndItsEffectLeavesOneStory(t *testing.T) {
	for what, c := range map[string]struct {
		provider string
		finishes practice.Person
		home     string
	}{
		"the same person":       {"naver", person(1), "한바다"},
		"somebody known before": {"github", person(2), "도하람"},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t, config{})
			w.arrive(app.Pair{})
			w.join("github", person(2), "도하람")
			w.leave()
			w.dialog("naver", person(1))
			w.db.afterStored(func() {
				w.db.afterStored(nil)
				w.walk(c.provider, c.finishes)
				w.awaitStep(signin.StepSignedIn)
			})
			w.sign("한바다", app.CodeAvailable)
			if s := w.step(signin.StepSignedIn); s.Home.Nickname != c.home {
				t.Errorf("home of %q, want %q", s.Home.Nickname, c.home)
			}
			w.oneStory()
			// The session of the sign-up that came too late is nobody's.
			if n := w.rows("sessions", "ended_at IS NULL"); n != 1 {
				t.Errorf("%d live sessions", n)
			}
		})
	}
}

// twoRoads is a provider whose code road confirms when told to.
type twoRoads struct {
	offered
	confirm chan struct{}
}

func (twoRoads) Describe() app.Provider {
	return app.Provider{ID: "github", Name: "GitHub", Browser: true, Device: true}
}

func (twoRoads) RequestDeviceCode(context.Context) (app.DeviceCode, error) {
	return app.DeviceCode{UserCode: "ABCD", VerificationURI: "https://github.example/", ExpiresAt: time.Now().Add(time.Hour)}, nil
}

func (p twoRoads) AwaitDeviceCode(ctx context.Context, _ app.DeviceCode) (app.Confirmation, error) {
	select {
	case <-p.confirm:
		return app.Confirmation{Profile: app.Profile{Provider: "github"}}, nil
	case <-ctx.Done():
		return app.Confirmation{}, ctx.Err()
	}
}

// known is a database in which everybody has an account.
type known struct {
	nothingStored
	signedIn atomic.Bool
}

func (k *known) SignIn(_ context.Context, _ app.Profile, s app.Session) (app.SignedIn, error) {
	k.signedIn.Store(true)
	return app.SignedIn{User: app.User{ID: "u", Nickname: "둘리"}, Session: s}, nil
}

func (*known) SetSetting(context.Context, string, string) error { return nil }

// fresh makes sessions that live nowhere.
type fresh struct{ nobody }

func (fresh) New() (app.Session, error)                        { return app.Session{ID: "s"}, nil }
func (fresh) End(context.Context, string, app.EndReason) error { return nil }

// A confirmation that was accepted is never thrown away, whatever ends beside it.
func TestAConfirmationIsNeverThrownAwayForWhatFailsAtTheSameMoment(t *testing.T) {
	thrown := 0
	for range 200 {
		r, db, p := &nowhere{}, &known{}, twoRoads{confirm: make(chan struct{})}
		s := signin.New(signin.Options{
			Providers: []attempt.AuthorizationServer{p}, Accounts: db, Sessions: fresh{}, Redirect: r, Clock: newClock(), Window: &window{make(chan struct{}, 10)},
			Refusal: func(app.Provider, string) error { return app.Fail(app.CodeProviderDenied, nil) },
			Browser: &opener{opened: make(chan string, 1)}, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
		})
		s.Refresh(ctx, "")
		s.SignIn("github")
		s.UseDeviceCode()
		for s.State().Waiting.Device == nil {
			time.Sleep(time.Microsecond)
		}
		var both sync.WaitGroup
		over := make(chan struct{})
		both.Go(func() { close(p.confirm) })
		both.Go(func() {
			select { // where the browser is not waited for any more, its visit finds nobody
			case r.last.visits <- attempt.Visit{Refusal: "access_denied"}:
			case <-over:
			}
		})
		for range 2 { // a crowd at the lock
			both.Go(func() {
				for s.State().Step == signin.StepWaiting {
				}
			})
		}
		for s.State().Step == signin.StepWaiting {
		}
		close(over)
		both.Wait()
		s.Close()
		if st := s.State(); st.Step == signin.StepSignedOut && db.signedIn.Load() {
			thrown++
		}
	}
	if thrown > 0 {
		t.Errorf("%d confirmations were taken and then thrown away", thrown)
	}
}
