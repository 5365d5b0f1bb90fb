package session

import (
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// The table walks every kind of token × age × launch. What it promises is
// docs/security.md#rotation; the comment on decide says why.
func TestDecide(t *testing.T) {
	t0 := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	// The session of user u was rotated to generation 5 at t0 in launch A.
	row := func(change func(*app.Session)) app.Session {
		r := app.Session{
			ID: "s", UserID: "u", KeyID: "k", Generation: 5, CurrentJTI: "five", PreviousJTI: "four",
			RotatedAt: t0, SeenAt: t0, RotatedLaunch: "A",
			CreatedAt: t0.Add(-time.Hour), ClaimedAt: t0.Add(-time.Hour),
			IdleUntil: t0.Add(app.IdleLifetime), AbsoluteEnd: t0.Add(app.AbsoluteLifetime - time.Hour),
		}
		if change != nil {
			change(&r)
		}
		return r
	}
	current := claims{Subject: "u", Session: "s", ID: "five", Generation: 5}
	previous := claims{Subject: "u", Session: "s", ID: "four", Generation: 4}
	grandparent := claims{Subject: "u", Session: "s", ID: "three", Generation: 3}

	type outcome string
	const (
		rotated   outcome = "next generation"
		presented outcome = "same pair, predecessor dead"
		same      outcome = "same pair, nothing written"
		again     outcome = "same pair, counted"
		ended     outcome = "ended for reuse"
		refused   outcome = "refused, nothing written"
	)
	tests := []struct {
		name   string
		row    app.Session
		claims claims
		after  time.Duration // since t0
		launch string
		want   outcome
		code   app.Code
	}{
		{"current after a minute", row(nil), current, time.Minute, "A", rotated, ""},
		{"current at a new launch after a minute", row(nil), current, time.Minute, "B", rotated, ""},
		{"current within a minute", row(nil), current, 59 * time.Second, "A", presented, ""},
		{"current at once", row(nil), current, 0, "A", presented, ""},
		{"current within a minute at a new launch", row(nil), current, 5 * time.Second, "B", presented, ""},
		{"current within a minute, presented before", row(func(r *app.Session) { r.PreviousJTI = "" }), current, 30 * time.Second, "A", same, ""},
		{"current within a minute under a retired key", row(func(r *app.Session) { r.KeyID = "old" }), current, time.Second, "A", rotated, ""},
		{"current within a minute of a reissue long after", row(func(r *app.Session) { r.SeenAt = t0.Add(24 * time.Hour); r.Reissues = 1 }), current, 24*time.Hour + time.Second, "A", presented, ""},
		{"the first pair, at once", row(func(r *app.Session) { r.Generation, r.CurrentJTI, r.PreviousJTI = 1, "one", "" }),
			claims{Subject: "u", Session: "s", ID: "one", Generation: 1}, 0, "A", rotated, ""},

		{"predecessor at 10 s", row(nil), previous, 10 * time.Second, "A", again, ""},
		{"predecessor after 10 s", row(nil), previous, 10*time.Second + time.Millisecond, "A", ended, app.CodeSessionReused},
		{"predecessor at a new launch days later", row(nil), previous, 20 * 24 * time.Hour, "B", again, ""},
		{"predecessor a second time in that launch, at once",
			row(func(r *app.Session) {
				r.RotatedLaunch, r.SeenAt, r.Reissues = "B", t0.Add(20*24*time.Hour), 1
			}), previous, 20*24*time.Hour + 10*time.Second, "B", same, ""},
		{"predecessor a second time in that launch, later",
			row(func(r *app.Session) {
				r.RotatedLaunch, r.SeenAt, r.Reissues = "B", t0.Add(20*24*time.Hour), 1
			}), previous, 20*24*time.Hour + 11*time.Second, "B", ended, app.CodeSessionReused},
		{"predecessor in parallel", row(func(r *app.Session) { r.SeenAt = t0.Add(time.Millisecond); r.Reissues = 1 }), previous, time.Second, "A", same, ""},
		{"predecessor once its successor was presented", row(func(r *app.Session) { r.PreviousJTI = "" }), previous, time.Second, "A", ended, app.CodeSessionReused},
		{"predecessor once its successor was presented, new launch", row(func(r *app.Session) { r.PreviousJTI = "" }), previous, time.Second, "B", ended, app.CodeSessionReused},
		{"the 10th reissue", row(func(r *app.Session) { r.Reissues = 9 }), previous, time.Second, "A", again, ""},
		{"the 11th reissue", row(func(r *app.Session) { r.Reissues = 10 }), previous, time.Second, "A", ended, app.CodeSessionReused},

		{"grandparent within the grace", row(nil), grandparent, time.Second, "A", ended, app.CodeSessionReused},
		{"grandparent at a new launch", row(nil), grandparent, time.Hour, "B", ended, app.CodeSessionReused},
		{"the right ID with another generation", row(nil), claims{Subject: "u", Session: "s", ID: "five", Generation: 4}, time.Hour, "A", ended, app.CodeSessionReused},
		{"a generation that the row has not reached", row(nil), claims{Subject: "u", Session: "s", ID: "six", Generation: 6}, time.Hour, "A", ended, app.CodeSessionReused},
		{"an empty ID where there is no predecessor", row(func(r *app.Session) { r.PreviousJTI = "" }), claims{Subject: "u", Session: "s", Generation: 4}, time.Second, "A", ended, app.CodeSessionReused},

		{"somebody else's token", row(nil), claims{Subject: "v", Session: "s", ID: "five", Generation: 5}, time.Hour, "A", refused, app.CodeSessionNone},
		{"signed out", row(func(r *app.Session) { r.EndedAt, r.EndReason = t0, app.EndSignedOut }), current, time.Hour, "A", refused, app.CodeSessionRevoked},
		{"ended from elsewhere", row(func(r *app.Session) { r.EndedAt, r.EndReason = t0, app.EndRevoked }), current, time.Hour, "A", refused, app.CodeSessionRevoked},
		{"ended for reuse", row(func(r *app.Session) { r.EndedAt, r.EndReason = t0, app.EndReused }), current, time.Hour, "A", refused, app.CodeSessionReused},
		{"an old token of an ended session", row(func(r *app.Session) { r.EndedAt, r.EndReason = t0, app.EndSignedOut }), grandparent, time.Hour, "A", refused, app.CodeSessionRevoked},
		{"the last moment of 30 days", row(nil), current, app.IdleLifetime - time.Millisecond, "B", rotated, ""},
		{"30 days without a refresh", row(nil), current, app.IdleLifetime, "B", refused, app.CodeSessionExpired},
		{"an old token after 30 days", row(nil), grandparent, app.IdleLifetime, "B", refused, app.CodeSessionExpired},
		{"90 days", row(func(r *app.Session) { r.IdleUntil = r.AbsoluteEnd }), current, app.AbsoluteLifetime - time.Hour, "B", refused, app.CodeSessionExpired},

		{"clock back within the tolerance, current", row(nil), current, -10 * time.Minute, "A", presented, ""},
		{"clock back within the tolerance, predecessor", row(nil), previous, -10 * time.Minute, "A", again, ""},
		{"clock back further", row(nil), current, -10*time.Minute - time.Millisecond, "A", refused, app.CodeClockMovedBack},
		{"clock back further, an old token", row(nil), grandparent, -time.Hour, "A", refused, app.CodeClockMovedBack},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := presentation{now: t0.Add(test.after), launch: test.launch, keyID: "k", jti: "new"}
			got, changed, err := decide(test.row, test.claims, p)
			if app.CodeOf(err) != test.code {
				t.Fatalf("code %q, want %q", app.CodeOf(err), test.code)
			}
			was := test.row
			var is outcome
			switch {
			case !changed && got != was:
				t.Fatal("a row that differs is not to be written")
			case err != nil && !changed:
				is = refused
			case err != nil && got.EndReason == app.EndReused && !got.EndedAt.IsZero() && got.Generation == was.Generation:
				is = ended
			case err == nil && !changed:
				is = same
			case got.Generation == was.Generation+1 && got.PreviousJTI == was.CurrentJTI && got.CurrentJTI == "new" && got.KeyID == "k":
				is = rotated
			case got.Generation == was.Generation && got.CurrentJTI == was.CurrentJTI && got.PreviousJTI == "" && got.Reissues == was.Reissues:
				is = presented
			case got.Generation == was.Generation && got.CurrentJTI == was.CurrentJTI && got.PreviousJTI == was.PreviousJTI && got.Reissues == was.Reissues+1:
				is = again
			}
			if is != test.want {
				t.Fatalf("%q, want %q: %+v", is, test.want, got)
			}
			if is == again && !reissued(got) {
				t.Fatal("the row does not show that this generation was given again")
			}
			if is == rotated && (reissued(got) || got.OfflineUntil().After(was.AbsoluteEnd)) {
				t.Fatalf("a fresh generation that looks reissued, or outlives its end: %+v", got)
			}
			if is == same || is == presented || is == again {
				if a, b := refreshClaims(was), refreshClaims(got); a != b {
					t.Fatalf("the refresh token changed: %+v, %+v", a, b)
				}
			}
		})
	}
}

// refreshClaims are what a refresh token says of its row.
func refreshClaims(r app.Session) claims {
	return claims{
		Subject: r.UserID, Session: r.ID, Generation: r.Generation, ID: r.CurrentJTI,
		IssuedAt: r.RotatedAt.Unix(), NotBefore: r.RotatedAt.Unix(), Expires: r.OfflineUntil().Unix(),
	}
}

// A counter that a clean generation resets, and only a clean one.
func TestRR12_ReissuesCountUntilAGenerationNeedsNone(t *testing.T) {
	t0 := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	row := app.Session{ID: "s", UserID: "u", Generation: 1, CurrentJTI: "1", RotatedAt: t0, SeenAt: t0, IdleUntil: t0.Add(app.IdleLifetime), AbsoluteEnd: t0.Add(app.AbsoluteLifetime)}
	now := t0
	present := func(jti string, generation int64) error {
		next, _, err := decide(row, claims{Subject: "u", Session: "s", ID: jti, Generation: generation}, presentation{now: now, jti: "r" + row.CurrentJTI})
		row = next
		return err
	}
	rotate := func() {
		t.Helper()
		now = now.Add(time.Hour)
		if err := present(row.CurrentJTI, row.Generation); err != nil {
			t.Fatal(err)
		}
	}
	again := func() error { return present(row.PreviousJTI, row.Generation-1) }
	for range 3 {
		rotate()
		if err := again(); err != nil {
			t.Fatal(err)
		}
	}
	rotate()
	if row.Reissues != 3 {
		t.Fatalf("after 3 generations that each needed one: %d", row.Reissues)
	}
	rotate() // the generation before this one was clean
	if row.Reissues != 0 {
		t.Fatalf("after a clean generation: %d", row.Reissues)
	}
	for i := range app.MaxReissues {
		if err := again(); err != nil {
			t.Fatalf("reissue %d: %v", i+1, err)
		}
		rotate()
	}
	if err := again(); app.CodeOf(err) != app.CodeSessionReused || row.EndReason != app.EndReused {
		t.Fatalf("reissue %d in a row: %v", app.MaxReissues+1, err)
	}
}

func TestClaimOfTheFirstPair(t *testing.T) {
	t0 := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	fresh := app.Session{ID: "s", UserID: "u", Generation: 1, CurrentJTI: "1", RotatedAt: t0, SeenAt: t0, CreatedAt: t0, IdleUntil: t0.Add(app.IdleLifetime), AbsoluteEnd: t0.Add(app.AbsoluteLifetime)}
	claimed, ended := fresh, fresh
	claimed.ClaimedAt, claimed.RotatedLaunch = t0, "A"
	here, again, came, rotated := claimed, claimed, claimed, claimed
	here.RotatedLaunch = "B"
	again.Reissues = maxReclaims
	came.SeenAt = t0.Add(time.Millisecond)
	rotated.Generation, rotated.CurrentJTI = 2, "2"
	ended.EndedAt, ended.EndReason = t0, app.EndReplaced
	for _, test := range []struct {
		name  string
		row   app.Session
		after time.Duration
		code  app.Code
	}{
		{"at once", fresh, 0, ""},
		{"by the next start, within ten minutes", fresh, app.ClaimLifetime, ""},
		{"after ten minutes", fresh, app.ClaimLifetime + time.Millisecond, app.CodeSessionNone},
		{"a second time, by a later start", claimed, app.ClaimLifetime, ""},
		{"a second time, too late", claimed, app.ClaimLifetime + time.Millisecond, app.CodeSessionNone},
		{"a second time in one start", here, time.Second, app.CodeSessionNone},
		{"a third time", again, time.Second, app.CodeSessionNone},
		{"once its pair came back", came, time.Second, app.CodeSessionNone},
		{"once rotated", rotated, time.Second, app.CodeSessionNone},
		{"ended", ended, time.Second, app.CodeSessionNone},
		{"before it was made", fresh, -time.Hour, app.CodeClockMovedBack},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, changed, err := claim(test.row, presentation{now: t0.Add(test.after), launch: "B", keyID: "k"})
			if app.CodeOf(err) != test.code || changed != (test.code == "") {
				t.Fatalf("changed %v, code %q", changed, app.CodeOf(err))
			}
			if err == nil && (got.ClaimedAt.IsZero() || got.RotatedLaunch != "B" || reissued(got)) {
				t.Fatalf("%+v", got)
			}
		})
	}
}

func TestARotationNeverOutlivesTheAbsoluteEndNorGoesBackInTime(t *testing.T) {
	t0 := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	row := app.Session{
		ID: "s", UserID: "u", KeyID: "k", Generation: 5, CurrentJTI: "five", RotatedAt: t0, SeenAt: t0, RotatedLaunch: "A",
		IdleUntil: t0.Add(app.IdleLifetime), AbsoluteEnd: t0.Add(app.IdleLifetime + time.Hour),
	}
	current := claims{Subject: "u", Session: "s", ID: "five", Generation: 5}
	next, changed, err := decide(row, current, presentation{now: t0.Add(2 * time.Hour), launch: "A", keyID: "k", jti: "six"})
	if err != nil || !changed || !next.IdleUntil.Equal(row.AbsoluteEnd) {
		t.Errorf("idle until %s, the absolute end is %s: %v", next.IdleUntil, row.AbsoluteEnd, err)
	}
	// A clock that stepped back inside the tolerance, under another key, which rotates at once.
	next, changed, err = decide(row, current, presentation{now: t0.Add(-app.ClockBackTolerance), launch: "A", keyID: "other", jti: "six"})
	if err != nil || !changed || next.RotatedAt.Before(row.RotatedAt) {
		t.Errorf("rotated at %s, after a rotation at %s: %v", next.RotatedAt, row.RotatedAt, err)
	}
}
