package sqlite_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// rotate is the shape of a rotation, as package session decides it.
func rotate(s app.SignedIn) (app.Session, bool, error) {
	next := s.Session
	next.PreviousJTI, next.CurrentJTI = next.CurrentJTI, next.CurrentJTI+"'"
	next.Generation++
	next.RotatedAt, next.RotatedLaunch = start.Add(time.Hour), "launch"
	return next, true, nil
}

func TestRR01_ARotationIsWrittenWhole(t *testing.T) {
	db := open(t, options(t))
	before := signUp(t, db, 1, "Kim", start)
	rotated, err := db.UpdateSession(ctx, "s1", rotate)
	if err != nil {
		t.Fatal(err)
	}
	want := before
	want.Session, _, _ = rotate(before)
	if rotated != want {
		t.Errorf("%+v\nwant %+v", rotated, want)
	}
	if read, err := db.Session(ctx, "s1"); err != nil || read != want {
		t.Errorf("read %+v %v", read, err)
	}
	_, err = db.UpdateSession(ctx, "none", rotate)
	wantCode(t, err, app.CodeNotFound)
}

func TestRR04_AVerdictThatEndsTheSessionIsKeptAndReturned(t *testing.T) {
	db := open(t, options(t))
	signUp(t, db, 1, "Kim", start)
	reused := app.Fail(app.CodeSessionReused, nil)
	end := func(s app.SignedIn) (app.Session, bool, error) {
		s.Session.EndedAt, s.Session.EndReason = start.Add(time.Minute), app.EndReused
		return s.Session, true, reused
	}
	s, err := db.UpdateSession(ctx, "s1", end)
	if !errors.Is(err, reused) || s.Session.EndReason != app.EndReused {
		t.Errorf("%+v %v", s.Session, err)
	}
	events, err := db.Events(ctx, s.User.ID)
	if err != nil || len(events) == 0 || events[0].Kind != "session_ended" || events[0].Detail != "reused" {
		t.Errorf("events %+v %v", events, err)
	}
	wantCounts(t, db, 1)
	// Nothing revives it.
	_, err = db.UpdateSession(ctx, "s1", func(s app.SignedIn) (app.Session, bool, error) {
		next, _, _ := rotate(s)
		next.EndedAt, next.EndReason = time.Time{}, ""
		return next, true, nil
	})
	wantCode(t, err, app.CodeConflict)
	if read, err := db.Session(ctx, "s1"); err != nil || read != s {
		t.Errorf("read %+v %v", read, err)
	}
}

func TestAnUnchangedSessionIsNotWritten(t *testing.T) {
	db := open(t, options(t))
	before := signUp(t, db, 1, "Kim", start)
	refusal := app.Fail(app.CodeSessionExpired, nil)
	for _, verdict := range []error{nil, refusal} {
		got, err := db.UpdateSession(ctx, "s1", func(s app.SignedIn) (app.Session, bool, error) {
			next, _, _ := rotate(s)
			return next, false, verdict
		})
		if !errors.Is(err, verdict) || got != before {
			t.Errorf("%+v %v", got, err)
		}
	}
	if read, err := db.Session(ctx, "s1"); err != nil || read != before {
		t.Errorf("read %+v %v", read, err)
	}
}

func TestRR06_ParallelRotationsEachSeeTheOneBefore(t *testing.T) {
	db := open(t, fastOptions(t))
	signUp(t, db, 1, "Kim", start)
	seen := make([]int64, 50)
	var wg sync.WaitGroup
	for i := range seen {
		wg.Go(func() {
			s, err := db.UpdateSession(ctx, "s1", rotate)
			if err != nil {
				t.Error(err)
			}
			seen[i] = s.Session.Generation
		})
	}
	wg.Wait()
	once := map[int64]bool{}
	for _, g := range seen {
		once[g] = true
	}
	if len(once) != len(seen) || !once[2] || !once[51] {
		t.Errorf("generations %v", seen)
	}
}

func TestRR07_NoRotationOutlivesAFinishedSignOut(t *testing.T) {
	db := open(t, fastOptions(t))
	for i := range 1000 {
		s := signUp(t, db, i, nameOf(i), start)
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := db.UpdateSession(ctx, s.Session.ID, func(now app.SignedIn) (app.Session, bool, error) {
				if !now.Session.EndedAt.IsZero() {
					return now.Session, false, app.Fail(app.CodeSessionRevoked, nil)
				}
				return rotate(now)
			})
			if err != nil && app.CodeOf(err) != app.CodeSessionRevoked {
				t.Error(err)
			}
		})
		n, err := db.EndSessions(ctx, app.SessionSelection{ID: s.Session.ID}, app.EndSignedOut, start)
		if err != nil || n != 1 {
			t.Errorf("ended %d %v", n, err)
		}
		wg.Wait()
		if read, err := db.Session(ctx, s.Session.ID); err != nil || read.Session.EndReason != app.EndSignedOut {
			t.Fatalf("%+v %v", read.Session, err)
		}
	}
}

func TestEndSessionsEndsWhatItSelects(t *testing.T) {
	for name, c := range map[string]struct {
		which func(kim, lee string) app.SessionSelection
		ended string
	}{
		"one":                  {func(kim, lee string) app.SessionSelection { return app.SessionSelection{ID: "s1"} }, "s1"},
		"one of its own user":  {func(kim, lee string) app.SessionSelection { return app.SessionSelection{ID: "s1", UserID: kim} }, "s1"},
		"one of somebody else": {func(kim, lee string) app.SessionSelection { return app.SessionSelection{ID: "s1", UserID: lee} }, ""},
		"of a user":            {func(kim, lee string) app.SessionSelection { return app.SessionSelection{UserID: kim} }, "s1 k2"},
		"others of a user":     {func(kim, lee string) app.SessionSelection { return app.SessionSelection{UserID: kim, ExceptID: "k2"} }, "s1"},
		"of a user, other key": {func(kim, lee string) app.SessionSelection {
			return app.SessionSelection{UserID: kim, OtherThanKeyID: "k1"}
		}, "k2"},
		"under another key": {func(kim, lee string) app.SessionSelection { return app.SessionSelection{OtherThanKeyID: "k1"} }, "k2"},
		"all but one":       {func(kim, lee string) app.SessionSelection { return app.SessionSelection{ExceptID: "s2"} }, "s1 k2"},
		"all":               {func(kim, lee string) app.SessionSelection { return app.SessionSelection{} }, "s1 k2 s2"},
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t, fastOptions(t))
			kim := signUp(t, db, 1, "Kim", start)
			if _, err := db.UpdateSession(ctx, "s1", func(s app.SignedIn) (app.Session, bool, error) {
				s.Session.ClaimedAt = start
				return s.Session, true, nil
			}); err != nil {
				t.Fatal(err)
			}
			second := newSession("k2", start)
			second.KeyID = "another"
			if _, err := db.SignIn(ctx, profile("1"), second); err != nil {
				t.Fatal(err)
			}
			lee := signUp(t, db, 2, "Lee", start)
			count, err := db.EndSessions(ctx, c.which(kim.User.ID, lee.User.ID), app.EndRevoked, start)
			if err != nil {
				t.Fatal(err)
			}
			got, n := "", 0
			for _, id := range []string{"s1", "k2", "s2"} {
				s, err := db.Session(ctx, id)
				if err != nil {
					t.Fatal(err)
				}
				if s.Session.EndReason == app.EndRevoked && s.Session.EndedAt.Equal(start) {
					if n++; got != "" {
						got += " "
					}
					got += id
				}
			}
			if got != c.ended || n != count {
				t.Errorf("ended %q, said %d, want %q", got, count, c.ended)
			}
			if n, err := db.EndSessions(ctx, c.which(kim.User.ID, lee.User.ID), app.EndRevoked, start); n != 0 || err != nil {
				t.Errorf("again: %d %v", n, err)
			}
		})
	}
}

func TestTM01_TheClockMarkRisesAndOnlyAnAnchorMovesItBack(t *testing.T) {
	db := open(t, options(t))
	check := func(wantMark, wantAnchor time.Time) {
		t.Helper()
		mark, anchor, err := db.ClockMark(ctx)
		if err != nil || !mark.Equal(wantMark) || !anchor.Equal(wantAnchor) {
			t.Errorf("%v %v %v, want %v %v", mark, anchor, err, wantMark, wantAnchor)
		}
	}
	set := func(mark, anchor time.Time) {
		t.Helper()
		if err := db.SetClockMark(ctx, mark, anchor); err != nil {
			t.Fatal(err)
		}
	}
	none := time.Time{}
	check(none, none)
	set(start, none)
	check(start, none)
	set(start.Add(-time.Hour), none)
	check(start, none)
	set(start.AddDate(10, 0, 0), none)
	check(start.AddDate(10, 0, 0), none)
	set(start.AddDate(10, 0, 0), start.Add(time.Minute))
	check(start.Add(time.Minute), start.Add(time.Minute))
	set(start.Add(time.Hour), none)
	check(start.Add(time.Hour), start.Add(time.Minute))
}
