package session_test

import (
	"context"
	"crypto/rand"
	"sync/atomic"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/session"
)

func TestTM01_AClockSetBackRevivesNothing(t *testing.T) {
	w := worldOf(t)
	in, pair := w.signedIn()
	w.clock.advance(app.IdleLifetime + time.Hour)
	w.refuses(pair.Refresh, app.CodeSessionExpired)
	now := w.clock.Now()
	for _, back := range []time.Duration{24 * time.Hour, 90 * 24 * time.Hour, now.Sub(time.Unix(0, 0)), 11 * time.Minute} {
		w.clock.set(now.Add(-back))
		w.refuses(pair.Refresh, app.CodeClockMovedBack)
		w.verifies(pair.Access, app.CodeClockMovedBack)
		w.verifies("garbage", app.CodeSessionNone)
		w.clock.set(now)
		w.refuses(pair.Refresh, app.CodeSessionExpired)
	}
	// A little back is no reason to complain, and no reason to revive either.
	w.clock.set(now.Add(-app.ClockBackTolerance))
	w.refuses(pair.Refresh, app.CodeSessionExpired)
	if r := w.row(in.Session.ID); !r.EndedAt.IsZero() {
		t.Fatalf("the clock ended a session: %+v", r)
	}
}

func TestTM01_TheSessionIsKeptUntilTheClockIsRight(t *testing.T) {
	w := worldOf(t)
	_, pair := w.signedIn()
	w.clock.advance(time.Hour)
	pair = w.rotate(pair.Refresh)
	now := w.clock.Now()
	for range 2 {
		w.clock.set(now.Add(-24 * time.Hour))
		w.verifies(pair.Access, app.CodeClockMovedBack)
		w.refuses(pair.Refresh, app.CodeClockMovedBack)
		w.restart() // the mark was not stored yet; the session's own times serve
	}
	w.clock.set(now)
	w.verifies(pair.Access, "")
	w.rotate(pair.Refresh)
}

func TestTM02_AClockThatWasYearsAheadIsForgivenOnline(t *testing.T) {
	w := worldOf(t)
	_, pair := w.signedIn()
	now := w.clock.Now()
	w.clock.set(now.AddDate(10, 0, 0))
	w.refuses(pair.Refresh, app.CodeSessionExpired)
	w.clock.advance(2 * time.Minute) // the mark is stored by now
	w.clock.set(now)
	w.restart()
	w.refuses(pair.Refresh, app.CodeClockMovedBack)
	if err := w.keeper.Anchor(ctx, now.Add(2*time.Second)); err != nil {
		t.Fatal(err)
	}
	w.verifies(pair.Access, "")
	in := w.signIn(1)
	_, fresh, err := w.keeper.Claim(ctx, in.Session.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.restart()
	w.verifies(fresh.Access, "")
	w.rotate(fresh.Refresh)
}

func TestTM03_SmallStepsAreNothing(t *testing.T) {
	w := worldOf(t)
	_, pair := w.signedIn()
	for _, step := range []time.Duration{-2 * time.Second, 2 * time.Second, -time.Second, time.Second, -5 * time.Minute, 5 * time.Minute} {
		w.clock.advance(step)
		w.verifies(pair.Access, "")
		w.verifies(w.rotate(pair.Refresh).Access, "")
	}
	// The same instant in another zone is the same instant.
	seoul := time.FixedZone("KST", 9*60*60)
	w.clock.set(w.clock.Now().In(seoul))
	w.verifies(pair.Access, "")
	w.verifies(w.rotate(pair.Refresh).Access, "")
}

// Back by five minutes just before a start, when the stored mark lags behind: a
// token that this install signed tells where its clock has been.
func TestTM03_ASmallStepAcrossARestartIsNothing(t *testing.T) {
	w := worldOf(t)
	_, pair := w.signedIn()
	w.clock.advance(-5 * time.Minute)
	w.restart()
	w.verifies(pair.Access, "")
	next := w.rotate(pair.Refresh)
	w.verifies(next.Access, "")
	w.clock.advance(-6 * time.Minute) // eleven in all
	w.verifies(next.Access, app.CodeClockMovedBack)
	w.clock.advance(11 * time.Minute)
	w.verifies(next.Access, "")
}

func TestTM04_AfterANightInSuspendTheRefreshIsSilent(t *testing.T) {
	w := worldOf(t)
	_, pair := w.signedIn()
	w.clock.advance(8 * time.Hour)
	w.verifies(pair.Access, app.CodeSessionAccessExpired)
	w.verifies(w.rotate(pair.Refresh).Access, "")
}

func TestTM05_AProviderThatDisagreesMovesNothing(t *testing.T) {
	w := worldOf(t)
	_, pair := w.signedIn()
	now := w.clock.Now()
	for _, off := range []time.Duration{24 * time.Hour, -24 * time.Hour, app.ClockBackTolerance + time.Second, -app.ClockBackTolerance - time.Second} {
		if err := w.keeper.Anchor(ctx, now.Add(off)); app.CodeOf(err) != app.CodeClockWrong {
			t.Fatalf("off by %v: %v", off, err)
		}
		w.verifies(pair.Access, "")
	}
	// Nor does it forgive a clock that is set back to revive a session.
	w.clock.advance(app.IdleLifetime + time.Hour)
	w.refuses(pair.Refresh, app.CodeSessionExpired)
	right := w.clock.Now()
	w.clock.set(now)
	if err := w.keeper.Anchor(ctx, right); app.CodeOf(err) != app.CodeClockWrong {
		t.Fatal(err)
	}
	w.refuses(pair.Refresh, app.CodeClockMovedBack)
}

// counting counts what is written.
type counting struct {
	session.Store
	marks, updates atomic.Int64
}

func (c *counting) SetClockMark(ctx context.Context, mark, anchor time.Time) error {
	c.marks.Add(1)
	return c.Store.SetClockMark(ctx, mark, anchor)
}

func (c *counting) UpdateSession(ctx context.Context, id string, decide func(app.SignedIn) (app.Session, bool, error)) (app.SignedIn, error) {
	c.updates.Add(1)
	return c.Store.UpdateSession(ctx, id, decide)
}

func TestTheMarkIsStoredAtMostOnceAMinuteAndNeverByARotation(t *testing.T) {
	w := worldOf(t)
	_, pair := w.signedIn()
	store := &counting{Store: w.db}
	k, err := session.New(session.Options{Store: store, Keys: w.keys, InstallID: installID, Launch: "counted", Clock: w.clock, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	if _, pair, err = k.Rotate(ctx, pair.Refresh); err != nil {
		t.Fatal(err)
	}
	if store.marks.Load() != 0 || store.updates.Load() != 1 {
		t.Fatalf("a rotation wrote %d marks and %d rows", store.marks.Load(), store.updates.Load())
	}
	for range 300 {
		w.clock.advance(time.Second)
		if _, err := k.Verify(ctx, pair.Access); err != nil {
			t.Fatal(err)
		}
	}
	if n := store.marks.Load(); n < 2 || n > 5 {
		t.Fatalf("stored %d times in five minutes", n)
	}
	w.clock.advance(10 * time.Second)
	if _, err := k.Verify(ctx, pair.Access); err != nil {
		t.Fatal(err)
	}
	if err := k.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if mark, _, err := w.db.ClockMark(ctx); err != nil || !mark.Equal(w.clock.Now()) {
		t.Fatalf("%v, %v: not stored on closing", mark, err)
	}
}
