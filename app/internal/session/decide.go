package session

import (
	"time"

	"munpae.example/munpae/app/internal/app"
)

// rotationInterval is the least time between handing out a pair and replacing
// it. A browser engine may need 30 s to write a cookie (docs/security.md#a-jar-that-lags), so a
// pair that is replaced faster may never reach the disk.
const rotationInterval = 60 * time.Second

// presentation is what decide knows besides the row and the token.
type presentation struct {
	now    time.Time // whole milliseconds
	launch string
	keyID  string // the key that signs now
	jti    string // the next refresh token's, if there is to be one
	wire   bool   // see Options.Wire
}

// lastHandedOut is when the current pair was given last.
func lastHandedOut(row app.Session) time.Time {
	if row.SeenAt.After(row.RotatedAt) {
		return row.SeenAt
	}
	return row.RotatedAt
}

// reissued reports whether the current pair was given again for its
// predecessor: a rotation sets SeenAt to RotatedAt, a reissue sets it later. So
// the row alone tells whether this generation needed one, across restarts.
func reissued(row app.Session) bool {
	return row.Generation > 1 && row.SeenAt.After(row.RotatedAt)
}

// alive says why the row's session is not to be used at now, or nil.
func alive(row app.Session, now time.Time) error {
	switch {
	case row.EndReason == app.EndReused:
		return app.Fail(app.CodeSessionReused, nil)
	case row.EndReason == app.EndMerged:
		return app.Fail(app.CodeAccountMerged, nil)
	case !row.EndedAt.IsZero():
		return app.Fail(app.CodeSessionRevoked, nil)
	case now.Before(row.RotatedAt.Add(-app.ClockBackTolerance)):
		// The row's own times are as good a mark as the stored one, and younger.
		return app.Fail(app.CodeClockMovedBack, nil)
	case !now.Before(row.OfflineUntil()):
		return app.Fail(app.CodeSessionExpired, nil)
	}
	return nil
}

// decide is the whole of rotation (docs/security.md#rotation): what a
// refresh token whose MAC and claims are good does to its session's row. It
// returns the row whose pair is the answer, whether it must be written, and the
// error to answer instead. Only reuse returns an error together with a change.
//
// The current token is answered with the next generation. Its predecessor stays
// good until the successor is presented here, because the jar may have lost the
// successor: within app.PredecessorGrace of its being handed out, or once at the
// start of a launch. Every other token is an old one that came back: the session
// ends, since nobody can say which of the two who hold tokens is the owner.
//
// Within rotationInterval the current token is answered with its own pair
// again. Nobody who behaves asks then (an access token lives longer), so this
// bounds what a restless caller can do: it makes no tokens that the jar could not
// keep up with, and after the first such call writes nothing at all. That first
// call is the successor's presentation, and so it does cost the predecessor its
// life, durably, exactly as a rotation would: an old token that comes back
// afterwards is reuse in this launch and in every later one. Generation 1 was
// claimed, not rotated, and has no predecessor to wait for: it always rotates. So
// does a pair under a key that no longer signs.
//
// On the wire (Options.Wire) there is no jar that lags behind and there are no
// launches: the current token always rotates, and its predecessor is answered with
// the same pair, however late, until the successor is presented. Who keeps in step
// with the owner that way is still shut out after app.MaxReissues.
func decide(row app.Session, c claims, p presentation) (next app.Session, changed bool, err error) {
	if c.Subject != row.UserID {
		return row, false, app.Fail(app.CodeSessionNone, nil)
	}
	if err := alive(row, p.now); err != nil {
		return row, false, err
	}
	// Inside the tolerance the clock stands still rather than going back.
	now := p.now
	if now.Before(row.RotatedAt) {
		now = row.RotatedAt
	}

	switch {
	case c.ID == row.CurrentJTI && c.Generation == row.Generation:
		if !p.wire && row.Generation > 1 && row.KeyID == p.keyID && now.Sub(lastHandedOut(row)) < rotationInterval {
			changed = row.PreviousJTI != ""
			row.PreviousJTI = ""
			return row, changed, nil
		}
		return turn(row, p, now), true, nil

	case row.PreviousJTI != "" && c.ID == row.PreviousJTI && c.Generation == row.Generation-1:
		newLaunch := !p.wire && p.launch != row.RotatedLaunch
		if !p.wire && !newLaunch && now.Sub(lastHandedOut(row)) > app.PredecessorGrace {
			break
		}
		if reissued(row) && !newLaunch {
			return row, false, nil // counted already: parallel requests, or a reply lost twice
		}
		if row.Reissues >= app.MaxReissues {
			break // somebody keeps in step with the owner
		}
		row.Reissues++
		row.RotatedLaunch = p.launch
		row.SeenAt = now
		if !row.SeenAt.After(row.RotatedAt) {
			row.SeenAt = row.RotatedAt.Add(time.Millisecond) // see reissued
		}
		return row, true, nil
	}

	row.EndedAt, row.EndReason = now, app.EndReused
	return row, true, app.Fail(app.CodeSessionReused, nil)
}

// turn makes the next generation of a row.
func turn(row app.Session, p presentation, now time.Time) app.Session {
	if !reissued(row) {
		row.Reissues = 0 // for generation 1 they were claims
	}
	row.PreviousJTI, row.CurrentJTI = row.CurrentJTI, p.jti
	row.Generation++
	row.KeyID = p.keyID
	row.RotatedAt, row.SeenAt, row.RotatedLaunch = now, now, p.launch
	row.IdleUntil = now.Add(app.IdleLifetime)
	if row.IdleUntil.After(row.AbsoluteEnd) {
		row.IdleUntil = row.AbsoluteEnd
	}
	return row
}

// renew is decide where no token is presented: what the session stands for has
// changed, so its pair does, too. The pair before is its predecessor, as after any
// rotation, and a jar that lost the new one is given it again.
func renew(row app.Session, p presentation) (next app.Session, changed bool, err error) {
	if err := alive(row, p.now); err != nil {
		return row, false, err
	}
	now := p.now
	if now.Before(row.RotatedAt) {
		now = row.RotatedAt
	}
	return turn(row, p, now), true, nil
}

// maxReclaims is how often the first pair of a session may be given again to a later
// launch.
const maxReclaims = 1

// proven reports whether the jar is known to hold the session's pair: one of its
// tokens was presented in a later launch than the one that handed it out. A
// rotation proves it, and so does a presentation that prove has written down.
func proven(row app.Session) bool {
	return row.Generation > 1 || row.SeenAt.After(row.RotatedAt)
}

// claim is decide for the first pair of a session, which no token asks for. A jar
// may lose what it was given in the last moments before a crash, so being handed out
// proves nothing: until one of its tokens came back in a later launch, a launch that
// was brought nothing for the session is given the same pair again, byte for byte.
// Both happen within app.ClaimLifetime of the session's making. For generation 1
// Reissues counts those claims.
func claim(row app.Session, p presentation) (next app.Session, changed bool, err error) {
	none := app.Fail(app.CodeSessionNone, nil)
	if !row.EndedAt.IsZero() || p.now.Sub(row.CreatedAt) > app.ClaimLifetime || row.Generation > 1 {
		return row, false, none
	}
	if err := alive(row, p.now); err != nil {
		return row, false, err
	}
	if row.ClaimedAt.IsZero() {
		row.ClaimedAt = p.now
		row.KeyID = p.keyID
		row.RotatedAt, row.SeenAt, row.RotatedLaunch = p.now, p.now, p.launch
		return row, true, nil
	}
	if proven(row) || row.Reissues >= maxReclaims || row.RotatedLaunch == p.launch {
		return row, false, none
	}
	row.Reissues++
	row.RotatedLaunch = p.launch
	return row, true, nil
}

// prove writes down that a token of the first pair came back in a later launch.
func prove(row app.Session, p presentation) (next app.Session, changed bool, err error) {
	if !provable(row, p.launch) || !row.EndedAt.IsZero() {
		return row, false, nil
	}
	row.SeenAt = p.now
	if !row.SeenAt.After(row.RotatedAt) {
		row.SeenAt = row.RotatedAt.Add(time.Millisecond) // see proven
	}
	return row, true, nil
}

// provable reports whether a token of row's pair, presented in launch, proves what
// is not known yet.
func provable(row app.Session, launch string) bool {
	return !row.ClaimedAt.IsZero() && !proven(row) && row.RotatedLaunch != launch
}
