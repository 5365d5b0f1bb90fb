package signin

import (
	"context"
	"time"

	"munpae.example/munpae/app/internal/account"
	"munpae.example/munpae/app/internal/app"
)

// Accounts is the database as signing in needs it.
type Accounts interface {
	account.Store
	// Setting and SetSetting keep small texts: "last_provider", "language", "theme", "on_screen".
	Setting(ctx context.Context, name string) (string, error)
	SetSetting(ctx context.Context, name, value string) error
	// SessionsHere returns the sessions that this profile's window took, of every user:
	// those that have not ended, newest first, then those that ended, the last first.
	// Those that ended or were idle before since are left out.
	SessionsHere(ctx context.Context, since time.Time) ([]app.SignedIn, error)
	// ForgetEnded has SessionsHere leave out the user's ended sessions.
	ForgetEnded(ctx context.Context, userID string) error
}

// Sessions issues, verifies, rotates and ends sessions: package session.
type Sessions interface {
	account.Sessions
	// Claim hands out the first pair of a session that nobody claimed yet, once.
	// CodeSessionNone if it is claimed, ended or older than app.ClaimLifetime.
	Claim(ctx context.Context, sessionID string) (app.SignedIn, app.Pair, error)
	// Unclaimed returns the newest session that may still be claimed;
	// CodeSessionNone if there is none.
	Unclaimed(ctx context.Context) (app.SignedIn, error)
	// Verify accepts an access token whose row lives. Codes of GET /session.
	Verify(ctx context.Context, access string) (app.SignedIn, error)
	// Standing returns a session that may be used, by its row and the clock; no
	// token is asked for. CodeSessionNone for no ID or an unknown one, and the codes
	// of Verify.
	Standing(ctx context.Context, sessionID string) (app.SignedIn, error)
	// Again is Standing with the pair that the session was given last.
	Again(ctx context.Context, sessionID string) (app.SignedIn, app.Pair, error)
	// Rotate trades a refresh token for the next pair (docs/security.md#rotation).
	// Codes of POST /session/refresh, which are those of GET /session.
	Rotate(ctx context.Context, refresh string) (app.SignedIn, app.Pair, error)
	// Renew gives a session its next pair where no token asks for it. Codes of Live.
	Renew(ctx context.Context, sessionID string) (app.SignedIn, app.Pair, error)
	// Bearer says whose refresh token it is and of which session, living or not.
	// CodeSessionNone, and CodeSessionExpired, which says whose it was.
	Bearer(refresh string) (userID, sessionID string, err error)
	// EndOthers ends every session of the user but one (which may be empty).
	EndOthers(ctx context.Context, userID, keepSessionID string, why app.EndReason) error
	// Seal and Open protect what is kept for a while; about binds it to what it is. Open:
	// CodeKeystoreLost.
	Seal(plain []byte, about string) ([]byte, error)
	Open(sealed []byte, about string) ([]byte, error)
	// Anchor tells the clock's high-water mark of a provider's time, read over TLS.
	Anchor(ctx context.Context, serverTime time.Time) error
}

// Window is the app's window.
type Window interface {
	// Raise brings it to the front, or asks for attention where it can't.
	Raise()
}
