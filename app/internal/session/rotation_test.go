package session_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"crypto/rand"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/session"
)

func TestRR01_RotationMovesOnAndTheOldTokenDiesWithTheNewOnesUse(t *testing.T) {
	w := worldOf(t)
	in, first := w.signedIn()
	second := w.rotate(first.Refresh)
	if second.Refresh == first.Refresh || second.Access == first.Access {
		t.Fatal("the first refresh gave the same pair")
	}
	if r := w.row(in.Session.ID); r.Generation != 2 {
		t.Fatalf("%+v", r)
	}
	w.clock.advance(app.AccessLifetime)
	third := w.rotate(second.Refresh)
	if r := w.row(in.Session.ID); r.Generation != 3 || third == second {
		t.Fatalf("%+v", r)
	}
	w.refuses(first.Refresh, app.CodeSessionReused)
}

// Within a minute the current pair is given again: what was presented counts,
// how often does not.
func TestRR01_WithinAMinuteTheSamePair(t *testing.T) {
	w := worldOf(t)
	in, first := w.signedIn()
	second := w.rotate(first.Refresh)
	for range 20 {
		w.clock.advance(2 * time.Second)
		if w.rotate(second.Refresh) != second {
			t.Fatal("another pair")
		}
	}
	if r := w.row(in.Session.ID); r.Generation != 2 || r.PreviousJTI != "" || r.Reissues != 0 {
		t.Fatalf("%+v", r)
	}
	w.clock.advance(20 * time.Second)
	third := w.rotate(second.Refresh)
	if third == second {
		t.Fatal("after a minute still the same pair")
	}
	if w.rotate(second.Refresh) != third {
		t.Fatal("a lost reply gets another successor")
	}
}

func TestRR02_ALostReplyIsAnsweredWithTheSameBytes(t *testing.T) {
	w := worldOf(t)
	in, first := w.signedIn()
	second := w.rotate(first.Refresh)
	for range 3 {
		w.clock.advance(3 * time.Second)
		if again := w.rotate(first.Refresh); again != second {
			t.Fatalf("\n%+v\n%+v", second, again)
		}
	}
	if r := w.row(in.Session.ID); r.Generation != 2 || r.CurrentJTI == "" {
		t.Fatalf("a third token: %+v", r)
	}
	w.clock.advance(10*time.Second + time.Millisecond)
	w.refuses(first.Refresh, app.CodeSessionReused)
}

func TestRR03_AJarThatForgotResumesAtTheNextStart(t *testing.T) {
	w := worldOf(t)
	in, first := w.signedIn()
	second := w.rotate(first.Refresh)
	w.clock.advance(5 * 24 * time.Hour)
	w.restart()
	again := w.rotate(first.Refresh)
	if again.Refresh != second.Refresh {
		t.Fatal("the successor was made anew")
	}
	w.verifies(again.Access, "") // though the one of that time expired long ago
	w.clock.advance(8 * time.Second)
	if w.rotate(first.Refresh) != again {
		t.Fatal("the reply to that was lost in turn, and is not repeated")
	}
	w.clock.advance(app.AccessLifetime)
	w.rotate(again.Refresh)
	if r := w.row(in.Session.ID); r.Generation != 3 || !r.EndedAt.IsZero() {
		t.Fatalf("%+v", r)
	}
}

func TestRR03_AJarThatNeverWritesLastsTenStarts(t *testing.T) {
	w := worldOf(t)
	_, first := w.signedIn()
	second := w.rotate(first.Refresh)
	for range app.MaxReissues {
		w.clock.advance(time.Hour)
		w.restart()
		if w.rotate(first.Refresh).Refresh != second.Refresh {
			t.Fatal("another successor")
		}
	}
	w.restart()
	w.refuses(first.Refresh, app.CodeSessionReused)
	w.accountsIntact()
}

func TestRR04_APredecessorAfterItsSuccessorWasUsedEndsTheSession(t *testing.T) {
	for _, wait := range []time.Duration{0, time.Second, app.AccessLifetime, 24 * time.Hour} {
		w := worldOf(t)
		in, first := w.signedIn()
		second := w.rotate(first.Refresh)
		w.clock.advance(wait)
		current := w.rotate(second.Refresh)
		w.refuses(first.Refresh, app.CodeSessionReused)
		w.refuses(current.Refresh, app.CodeSessionReused)
		w.verifies(current.Access, app.CodeSessionReused)
		if r := w.row(in.Session.ID); r.EndReason != app.EndReused {
			t.Fatalf("%+v", r)
		}
		events, err := w.db.Events(ctx, in.User.ID)
		if err != nil {
			t.Fatal(err)
		}
		told := 0
		for _, e := range events {
			if e.Kind == "session_ended" && e.Detail == string(app.EndReused) {
				told++
			}
		}
		if told != 1 {
			t.Fatalf("the timeline tells it %d times: %+v", told, events)
		}
		w.accountsIntact()
	}
}

func TestRR05_AGrandparentIsReuseInsideAnyGrace(t *testing.T) {
	for _, newLaunch := range []bool{false, true} {
		w := worldOf(t)
		_, first := w.signedIn()
		second := w.rotate(first.Refresh)
		w.clock.advance(time.Minute)
		third := w.rotate(second.Refresh)
		if newLaunch {
			w.restart()
		}
		w.refuses(first.Refresh, app.CodeSessionReused)
		w.refuses(third.Refresh, app.CodeSessionReused)
	}
}

func TestRR06_FiftyAtOnceAreOneRotation(t *testing.T) {
	w := worldOf(t)
	in, first := w.signedIn()
	pairs := make([]app.Pair, 50)
	var all sync.WaitGroup
	for i := range pairs {
		all.Go(func() {
			_, pair, err := w.keeper.Rotate(ctx, first.Refresh)
			if err != nil {
				t.Errorf("%d: %v", i, err)
			}
			pairs[i] = pair
		})
	}
	all.Wait()
	for i, pair := range pairs {
		if pair != pairs[0] {
			t.Fatalf("answer %d differs", i)
		}
	}
	if r := w.row(in.Session.ID); r.Generation != 2 || r.Reissues > 1 {
		t.Fatalf("%+v", r)
	}
}

// The rounds would test the disk: where there is one, they run in memory.
func TestRR07_NoLiveTokenAfterAFinishedSignOut(t *testing.T) {
	dir, err := os.MkdirTemp("/dev/shm", "munpae-test-")
	if err != nil {
		dir = t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	w := newWorld(t, dir)
	defer func() { _ = w.db.Close() }()
	w.signUp()
	for range 1000 {
		in := w.signIn(1)
		_, pair, err := w.keeper.Claim(ctx, in.Session.ID)
		if err != nil {
			t.Fatal(err)
		}
		var rotated app.Pair
		var rotateErr error
		var both sync.WaitGroup
		both.Go(func() { _, rotated, rotateErr = w.keeper.Rotate(ctx, pair.Refresh) })
		both.Go(func() {
			if err := w.keeper.End(ctx, in.Session.ID, app.EndSignedOut); err != nil {
				t.Error(err)
			}
		})
		both.Wait()
		if rotateErr == nil {
			w.verifies(rotated.Access, app.CodeSessionRevoked)
			w.refuses(rotated.Refresh, app.CodeSessionRevoked)
		} else if app.CodeOf(rotateErr) != app.CodeSessionRevoked {
			t.Fatal(rotateErr)
		}
		w.verifies(pair.Access, app.CodeSessionRevoked)
		w.refuses(pair.Refresh, app.CodeSessionRevoked)
	}
}

// Order is told by generations: with a clock that stands still nothing changes.
func TestRR08_ReplayIsSeenWithinOneInstant(t *testing.T) {
	w := worldOf(t)
	_, first := w.signedIn()
	second := w.rotate(first.Refresh)
	w.rotate(second.Refresh)
	w.refuses(first.Refresh, app.CodeSessionReused)
	w.refuses(second.Refresh, app.CodeSessionReused)
}

func TestRR09_AnEndedSessionStaysEndedAcrossRestarts(t *testing.T) {
	w := worldOf(t)
	_, first := w.signedIn()
	second := w.rotate(first.Refresh)
	w.rotate(second.Refresh)
	w.refuses(first.Refresh, app.CodeSessionReused)
	for range 2 {
		w.restart()
		w.refuses(first.Refresh, app.CodeSessionReused)
		w.refuses(second.Refresh, app.CodeSessionReused)
		w.verifies(second.Access, app.CodeSessionReused)
	}
}

// And what a presentation within a minute decided is no matter of memory either.
func TestRR09_ADeadPredecessorStaysDeadAcrossRestarts(t *testing.T) {
	w := worldOf(t)
	_, first := w.signedIn()
	second := w.rotate(first.Refresh)
	w.rotate(second.Refresh)
	w.restart()
	w.refuses(first.Refresh, app.CodeSessionReused)
}

func TestRR10_IdleAndAbsoluteEnd(t *testing.T) {
	w := worldOf(t)
	_, pair := w.signedIn()
	w.clock.advance(app.IdleLifetime + time.Second)
	w.verifies(pair.Access, app.CodeSessionAccessExpired)
	w.refuses(pair.Refresh, app.CodeSessionExpired)
	w.accountsIntact()

	in := w.signIn(1)
	_, pair, err := w.keeper.Claim(ctx, in.Session.ID)
	if err != nil {
		t.Fatal(err)
	}
	start := w.clock.Now()
	for w.clock.Now().Before(start.Add(app.AbsoluteLifetime - 24*time.Hour)) {
		w.clock.advance(24 * time.Hour)
		pair = w.rotate(pair.Refresh)
		if pair.RefreshExpires.After(start.Add(app.AbsoluteLifetime)) {
			t.Fatalf("outlives the absolute end: %v", pair.RefreshExpires)
		}
	}
	w.clock.set(start.Add(app.AbsoluteLifetime - time.Second))
	last := w.rotate(pair.Refresh)
	if last.AccessExpires.After(start.Add(app.AbsoluteLifetime)) {
		t.Fatalf("the access token outlives the session: %v", last.AccessExpires)
	}
	w.clock.set(start.Add(app.AbsoluteLifetime + time.Second))
	w.verifies(last.Access, app.CodeSessionExpired) // the leeway of the token is none of the session
	w.clock.advance(time.Minute)
	w.refuses(last.Refresh, app.CodeSessionExpired)
	w.accountsIntact()
}

// failing makes one call fail, before the row is touched or after it was written.
type failing struct {
	session.Store
	before, after error
}

func (f *failing) UpdateSession(ctx context.Context, id string, decide func(app.SignedIn) (app.Session, bool, error)) (app.SignedIn, error) {
	if f.before != nil {
		return app.SignedIn{}, f.before
	}
	in, err := f.Store.UpdateSession(ctx, id, decide)
	if f.after != nil {
		return app.SignedIn{}, f.after
	}
	return in, err
}

// What fails inside the transaction is package sqlite's to test; here, that
// neither half of an unclear outcome costs the session.
func TestRR11_AFailedRotationCostsNothing(t *testing.T) {
	w := worldOf(t)
	_, first := w.signedIn()
	store := &failing{Store: w.db}
	k, err := session.New(session.Options{Store: store, Keys: w.keys, InstallID: installID, Launch: "launch-1", Clock: w.clock, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	full := app.Fail(app.CodeDiskFull, errors.New("no space"))
	store.before = full
	if _, _, err := k.Rotate(ctx, first.Refresh); app.CodeOf(err) != app.CodeDiskFull {
		t.Fatal(err)
	}
	w.verifies(first.Access, "")
	store.before, store.after = nil, full
	if _, pair, err := k.Rotate(ctx, first.Refresh); app.CodeOf(err) != app.CodeDiskFull || pair != (app.Pair{}) {
		t.Fatal(err)
	}
	store.after = nil
	if _, _, err := k.Rotate(ctx, first.Refresh); err != nil {
		t.Fatalf("written, though it said that it failed: %v", err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := w.keeper.Rotate(cancelled, first.Refresh); err == nil {
		t.Log("the database answered although the caller had gone")
	}
	w.rotate(first.Refresh)
}

func TestRR12_SomebodyInStepWithTheOwnerIsFound(t *testing.T) {
	w := worldOf(t)
	_, pair := w.signedIn()
	stolen := pair
	for range app.MaxReissues {
		next := w.rotate(pair.Refresh)
		w.clock.advance(5 * time.Second)
		if w.rotate(stolen.Refresh) != next {
			t.Fatal("the thief gets another pair")
		}
		pair, stolen = next, next
		w.clock.advance(app.AccessLifetime)
	}
	w.rotate(pair.Refresh)
	w.clock.advance(5 * time.Second)
	w.refuses(stolen.Refresh, app.CodeSessionReused)
}

func TestClaimHandsThePairOutOnce(t *testing.T) {
	w := worldOf(t)
	in := w.signUp()
	found, err := w.keeper.Unclaimed(ctx)
	if err != nil || found.Session.ID != in.Session.ID {
		t.Fatalf("%+v, %v", found, err)
	}
	got, pair, err := w.keeper.Claim(ctx, in.Session.ID)
	if err != nil || got.User.ID != in.User.ID {
		t.Fatalf("%+v, %v", got, err)
	}
	w.verifies(pair.Access, "")
	if _, _, err := w.keeper.Claim(ctx, in.Session.ID); app.CodeOf(err) != app.CodeSessionNone {
		t.Fatal(err)
	}
	if _, err := w.keeper.Unclaimed(ctx); app.CodeOf(err) != app.CodeSessionNone {
		t.Fatal(err)
	}
	if _, _, err := w.keeper.Claim(ctx, "unknown"); app.CodeOf(err) != app.CodeSessionNone {
		t.Fatal(err)
	}
}

// The jar lost the first pair: the next start is given the identical one, once.
func TestSE01_AFirstPairThatNobodySawComeBackIsGivenAgainOnce(t *testing.T) {
	w := worldOf(t)
	in := w.signUp()
	_, first, err := w.keeper.Claim(ctx, in.Session.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.verifies(first.Access, "") // in the launch that was given it: memory, no proof
	w.clock.advance(2 * time.Minute)
	w.restart()
	found, err := w.keeper.Unclaimed(ctx)
	if err != nil || found.Session.ID != in.Session.ID {
		t.Fatalf("%+v, %v", found, err)
	}
	_, again, err := w.keeper.Claim(ctx, in.Session.ID)
	if err != nil {
		t.Fatal(err)
	}
	if again != first {
		t.Error("it is another pair")
	}
	for range 2 { // in the same start, and in one after it
		if _, err := w.keeper.Unclaimed(ctx); app.CodeOf(err) != app.CodeSessionNone {
			t.Error("it is offered a third time")
		}
		if _, _, err := w.keeper.Claim(ctx, in.Session.ID); app.CodeOf(err) != app.CodeSessionNone {
			t.Errorf("it is given a third time: %v", err)
		}
		w.restart()
	}
	w.rotate(again.Refresh)
}

// Either token proves that the jar has the pair, and one write says so for good.
func TestSE01_APairThatCameBackIsNeverClaimedAgain(t *testing.T) {
	for name, present := range map[string]func(*world, app.Pair){
		"access":  func(w *world, p app.Pair) { w.verifies(p.Access, "") },
		"refresh": func(w *world, p app.Pair) { w.rotate(p.Refresh) },
	} {
		t.Run(name, func(t *testing.T) {
			w := worldOf(t)
			in := w.signUp()
			_, pair, err := w.keeper.Claim(ctx, in.Session.ID)
			if err != nil {
				t.Fatal(err)
			}
			w.clock.advance(time.Minute)
			w.restart()
			present(w, pair)
			if name == "access" {
				row, err := w.db.Session(ctx, in.Session.ID)
				if err != nil {
					t.Fatal(err)
				}
				for range 3 {
					w.clock.advance(time.Second)
					w.verifies(pair.Access, "")
				}
				after, err := w.db.Session(ctx, in.Session.ID)
				if err != nil || after.Session != row.Session {
					t.Errorf("presented again, it is written again: %v", err)
				}
			}
			w.restart()
			if _, err := w.keeper.Unclaimed(ctx); app.CodeOf(err) != app.CodeSessionNone {
				t.Errorf("it is offered: %v", err)
			}
			if _, _, err := w.keeper.Claim(ctx, in.Session.ID); app.CodeOf(err) != app.CodeSessionNone {
				t.Errorf("it is given: %v", err)
			}
		})
	}
}

func TestSE01_WhatWasSignedOutIsNeverClaimedAgain(t *testing.T) {
	w := worldOf(t)
	in := w.signUp()
	if _, _, err := w.keeper.Claim(ctx, in.Session.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.keeper.End(ctx, in.Session.ID, app.EndSignedOut); err != nil {
		t.Fatal(err)
	}
	w.restart()
	if _, err := w.keeper.Unclaimed(ctx); app.CodeOf(err) != app.CodeSessionNone {
		t.Error(err)
	}
	if _, _, err := w.keeper.Claim(ctx, in.Session.ID); app.CodeOf(err) != app.CodeSessionNone {
		t.Error(err)
	}
}

// A first pair that nobody can hold is no session any more once its person signs in
// again; one that was handed out in this very start may be in use.
func TestSE01_ALostFirstSessionEndsWithTheNextSignIn(t *testing.T) {
	w := worldOf(t)
	lost := w.signUp()
	if _, _, err := w.keeper.Claim(ctx, lost.Session.ID); err != nil {
		t.Fatal(err)
	}
	w.clock.advance(app.ClaimLifetime + time.Second)
	w.restart()
	second := w.signIn(1)
	if row, err := w.db.Session(ctx, lost.Session.ID); err != nil || row.Session.EndReason != app.EndReplaced {
		t.Errorf("the lost one: %q, %v", row.Session.EndReason, err)
	}
	if _, _, err := w.keeper.Claim(ctx, second.Session.ID); err != nil {
		t.Fatal(err)
	}
	w.signIn(1)
	if row, err := w.db.Session(ctx, second.Session.ID); err != nil || !row.Session.EndedAt.IsZero() {
		t.Errorf("one of this start: %q, %v", row.Session.EndReason, err)
	}
}

func TestTheNextStartClaimsWithinTenMinutes(t *testing.T) {
	w := worldOf(t)
	w.signUp()
	w.clock.advance(app.ClaimLifetime)
	w.restart()
	found, err := w.keeper.Unclaimed(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, pair, err := w.keeper.Claim(ctx, found.Session.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.rotate(pair.Refresh)

	late := w.signIn(1)
	w.clock.advance(app.ClaimLifetime + time.Second)
	w.restart()
	if _, err := w.keeper.Unclaimed(ctx); app.CodeOf(err) != app.CodeSessionNone {
		t.Fatal(err)
	}
	if _, _, err := w.keeper.Claim(ctx, late.Session.ID); app.CodeOf(err) != app.CodeSessionNone {
		t.Fatal(err)
	}
}

func TestEndingOthersKeepsOne(t *testing.T) {
	w := worldOf(t)
	first, a := w.signedIn()
	second := w.signIn(1)
	_, b, err := w.keeper.Claim(ctx, second.Session.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, c := w.signedIn() // somebody else
	if err := w.keeper.EndOthers(ctx, first.User.ID, second.Session.ID, app.EndRevoked); err != nil {
		t.Fatal(err)
	}
	w.verifies(a.Access, app.CodeSessionRevoked)
	w.verifies(b.Access, "")
	w.verifies(c.Access, "")
	// A name that is missing selects nobody, never everybody.
	if err := w.keeper.EndOthers(ctx, "", "", app.EndRevoked); err != nil {
		t.Fatal(err)
	}
	if err := w.keeper.End(ctx, "", app.EndRevoked); err != nil {
		t.Fatal(err)
	}
	w.verifies(b.Access, "")
	w.verifies(c.Access, "")
	if err := w.keeper.End(ctx, "unknown", app.EndRevoked); err != nil {
		t.Fatal(err)
	}
	if err := w.keeper.End(ctx, first.Session.ID, app.EndRevoked); err != nil {
		t.Fatalf("ending an ended one: %v", err)
	}
}

// What a session stands for has changed: its pair is another at once, within the minute
// too, and a jar that lost it in a kill brings the one before and is given it again.
func TestMG10_RenewedASessionHasTheNextPairAndTheOneBeforeIsItsPredecessor(t *testing.T) {
	w := worldOf(t)
	in, first := w.signedIn()
	second := w.rotate(first.Refresh)
	got, third, err := w.keeper.Renew(context.Background(), in.Session.ID)
	if err != nil || got.Session.Generation != 3 || third.Refresh == second.Refresh || third.Access == second.Access {
		t.Fatalf("%+v %v", got.Session, err)
	}
	w.restart()
	if w.rotate(second.Refresh) != third {
		t.Fatal("the lost pair is not given again")
	}
	w.rotate(third.Refresh) // presented
	w.refuses(second.Refresh, app.CodeSessionReused)
	if _, _, err := w.keeper.Renew(context.Background(), in.Session.ID); app.CodeOf(err) != app.CodeSessionReused {
		t.Errorf("an ended session was renewed: %v", err)
	}
	if _, _, err := w.keeper.Renew(context.Background(), "nobody's"); app.CodeOf(err) != app.CodeSessionRevoked {
		t.Error(err)
	}
}
