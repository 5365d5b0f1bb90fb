package rows_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory/rows"
)

func sheet(first string) []app.RecoveryCode {
	var all []app.RecoveryCode
	for i := range 10 {
		all = append(all, app.RecoveryCode{Selector: fmt.Sprintf("%s%d", first, i), Number: i + 1, Verifier: "verifier of " + first, MadeAt: now})
	}
	return all
}

func counted(g app.Guesses) (app.Guesses, error) { g.Failed++; return g, nil }

func TestRecoveryCodesAreReplacedWholeAndOthersAreLeftAlone(t *testing.T) {
	onBoth(t, func(w *world) {
		in, other := w.signUp("1", "길동"), w.signUp("2", "둘째")
		w.must(w.db.MakeRecoveryCodes(ctx, in.User.ID, sheet("A"), now))
		w.must(w.db.MakeRecoveryCodes(ctx, other.User.ID, sheet("B"), now))
		w.must(w.db.MakeRecoveryCodes(ctx, in.User.ID, sheet("C"), now))
		// A selector that is another's changes nothing.
		w.wants(app.CodeConflict, w.db.MakeRecoveryCodes(ctx, in.User.ID, sheet("B"), now))
		for user, first := range map[string]string{in.User.ID: "C0", other.User.ID: "B0"} {
			of, err := w.db.RecoveryCodes(ctx, user)
			w.must(err)
			if len(of.Codes) != 10 || of.Codes[0].Selector != first || !of.Codes[0].MadeAt.Equal(now) || of.Declined {
				w.Errorf("%+v", of)
			}
		}
		w.must(w.db.RemoveRecoveryCodes(ctx, in.User.ID, now))
		if of, err := w.db.RecoveryCodes(ctx, in.User.ID); err != nil || len(of.Codes) != 0 || !of.Declined {
			w.Errorf("%+v, %v", of, err)
		}
		w.must(w.db.DeleteUser(ctx, other.User.ID, now))
		if g, err := w.db.GuessRecoveryCode(ctx, "B0", counted); err != nil || g.Any || g.Code.Selector != "" {
			w.Errorf("%+v, %v", g, err)
		}
	})
}

func TestARecoveryCodeOpensOneSessionHoweverManyAskAtOnce(t *testing.T) {
	onBoth(t, func(w *world) {
		in := w.signUp("1", "길동")
		w.must(w.db.MakeRecoveryCodes(ctx, in.User.ID, sheet("A"), now))
		g, err := w.db.GuessRecoveryCode(ctx, "A3", counted)
		w.must(err)
		replicas := []*rows.DB{w.db, w.open()}
		got, failed := make([]app.SignedIn, 12), make([]error, 12)
		var all sync.WaitGroup
		for i := range got {
			all.Go(func() {
				// Two attempts, each of which asks six times.
				got[i], failed[i] = replicas[i%2].UseRecoveryCode(ctx, g.Code, fmt.Sprintf("attempt %d", i%2), session(fmt.Sprintf("by-code-%d", i)))
			})
		}
		all.Wait()
		opened := map[string]bool{}
		for i := range got {
			switch app.CodeOf(failed[i]) {
			case "":
				opened[got[i].Session.ID] = true
				if got[i].User.ID != in.User.ID || got[i].Session.IdentityID != "" {
					w.Errorf("%+v", got[i])
				}
			case app.CodeConflict:
			default:
				w.Error(failed[i])
			}
		}
		if len(opened) != 1 {
			w.Errorf("opened %v", opened)
		}
		sessions, err := w.db.UserSessions(ctx, in.User.ID, "", 100, now)
		w.must(err)
		if len(sessions) != 2 {
			w.Errorf("%d sessions", len(sessions))
		}
		events, err := w.db.Events(ctx, in.User.ID, 0, 100)
		w.must(err)
		used := 0
		for _, e := range events {
			if e.Kind == "recovery_code_used" {
				used++
			}
		}
		if used != 1 {
			w.Errorf("%d events", used)
		}
	})
}

func TestNoNumberOfGuessesAtOnceGetsAroundTheCount(t *testing.T) {
	onBoth(t, func(w *world) {
		other := w.open()
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() {
				db := []*rows.DB{w.db, other}[i%2]
				for {
					_, err := db.GuessRecoveryCode(ctx, "NOBODYS", counted)
					if app.CodeOf(err) == app.CodeDatabaseBusy {
						continue // it was not counted, and not answered
					}
					if err != nil {
						w.Error(err)
					}
					return
				}
			})
		}
		all.Wait()
		refused := errors.New("too many")
		seen := 0
		_, err := w.db.GuessRecoveryCode(ctx, "NOBODYS", func(g app.Guesses) (app.Guesses, error) {
			seen = g.Failed
			g.At, g.Until = now, now.Add(time.Minute)
			return g, refused
		})
		if seen != 10 || !errors.Is(err, refused) {
			w.Errorf("%d, %v", seen, err)
		}
		// What was refused is stored too.
		_, err = w.db.GuessRecoveryCode(ctx, "NOBODYS", func(g app.Guesses) (app.Guesses, error) {
			if !g.Until.Equal(now.Add(time.Minute)) {
				w.Errorf("%+v", g)
			}
			return g, nil
		})
		w.must(err)
	})
}

func TestAfterACodeASecondAccountOfAProviderMayBeLinkedAndTheSessionIsItsOwn(t *testing.T) {
	onBoth(t, func(w *world) {
		in := w.signUp("1", "길동")
		second := profile("2")
		w.must(w.db.MakeRecoveryCodes(ctx, in.User.ID, sheet("A"), now))
		g, err := w.db.GuessRecoveryCode(ctx, "A0", counted)
		w.must(err)
		opened, err := w.db.UseRecoveryCode(ctx, g.Code, "attempt", w.session())
		w.must(err)
		linked, err := w.db.LinkIdentity(ctx, in.User.ID, opened.Session.ID, second, now.Add(time.Minute))
		w.must(err)
		after, err := w.db.Session(ctx, opened.Session.ID)
		w.must(err)
		if after.Session.IdentityID != linked.ID || after.Identity.Key != second.Key || !after.Session.EndedAt.IsZero() {
			w.Errorf("%+v", after)
		}
		first, err := w.db.Session(ctx, in.Session.ID)
		w.must(err)
		if first.Session.EndedAt.IsZero() {
			w.Error("the session of before goes on")
		}
		w.wants(app.CodeIdentityAmbiguous, w.db.UnlinkIdentity(ctx, in.User.ID, opened.Session.ID, "github", now))
		w.must(w.db.UnlinkIdentity(ctx, in.User.ID, opened.Session.ID, in.Identity.ID, now))
		left, err := w.db.Identities(ctx, in.User.ID)
		w.must(err)
		if !slices.ContainsFunc(left, func(i app.Identity) bool { return i.ID == linked.ID }) || len(left) != 1 {
			w.Errorf("%+v", left)
		}
	})
}
