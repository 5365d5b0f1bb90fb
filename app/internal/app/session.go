package app

import "time"

// Lifetimes of a session (docs/security.md#lifetimes).
const (
	AccessLifetime     = 10 * time.Minute
	IdleLifetime       = 30 * 24 * time.Hour
	AbsoluteLifetime   = 90 * 24 * time.Hour
	PendingLifetime    = 24 * time.Hour
	ClaimLifetime      = 10 * time.Minute // an unclaimed session may be claimed by the next start
	SignInLifetime     = 10 * time.Minute
	NicknameHold       = 60 * time.Second
	RenameInterval     = 30 * 24 * time.Hour // also how long a former name stays its owner's
	NicknameRest       = 30 * 24 * time.Hour // that nobody takes the nickname of a deleted account
	PredecessorGrace   = 10 * time.Second    // a lost successor is given again within this time or at a new launch
	MaxReissues        = 10
	ClockBackTolerance = 10 * time.Minute
)

// Session is one sign-in of one user, as the row in the database holds it.
// The refresh token of generation Generation has the JWT ID CurrentJTI.
type Session struct {
	ID         string
	UserID     string
	IdentityID string // the identity that confirmed it
	// KeyID names the signing key (JWT header kid).
	KeyID string
	// Generation counts rotations from 1.
	Generation  int64
	CurrentJTI  string
	PreviousJTI string // empty before the first rotation and once the successor was presented
	RotatedAt   time.Time
	// RotatedLaunch identifies the program start that rotated last.
	RotatedLaunch string
	// Reissues counts how often the current pair was given again for its predecessor.
	Reissues int

	CreatedAt   time.Time
	ConfirmedAt time.Time // by the provider
	ClaimedAt   time.Time // zero until the window took the pair
	SeenAt      time.Time
	IdleUntil   time.Time
	AbsoluteEnd time.Time

	EndedAt   time.Time // zero while it lives
	EndReason EndReason

	// Device is the computer, where sessions of several are kept together; else zero.
	Device Device
	// Elsewhere says that it is not of this profile, but of another that a directory keeps
	// together with it.
	Elsewhere bool
}

// Device is how a computer is called in a list of sessions. It proves nothing.
type Device struct {
	Name     string // what its owner calls it: the host's name
	Platform string // runtime.GOOS of the program there
}

// OfflineUntil is the last moment at which the session resumes without the provider.
func (s Session) OfflineUntil() time.Time {
	if s.AbsoluteEnd.Before(s.IdleUntil) {
		return s.AbsoluteEnd
	}
	return s.IdleUntil
}

// EndReason says why a session ended.
type EndReason string

// The reasons, as stored.
const (
	EndSignedOut EndReason = "signed_out"
	EndRevoked   EndReason = "revoked" // ended from another session, or by a link, unlink
	EndReused    EndReason = "reused"  // an old refresh token came back (RFC 9700 section 4.14.2)
	EndReplaced  EndReason = "replaced"
	EndKeyLost   EndReason = "key_lost"
	EndMerged    EndReason = "merged" // the account was brought together with another
)

// SignedIn is a live session with whom it belongs to: what one read returns.
type SignedIn struct {
	User     User
	Identity Identity
	Session  Session
}

// MaxAccounts is how many accounts may be signed in on one computer.
const MaxAccounts = 8

// Nameplate is an account of this computer, by the session that counts for it.
type Nameplate struct {
	SignedIn
	Current bool // on the screen
	Lives   bool // else it has to be signed in to again
}

// Pair is the token pair of one generation. Both are secrets: package origin
// puts them into cookies and nothing else may hold them.
type Pair struct {
	Access         string
	Refresh        string
	AccessExpires  time.Time
	RefreshExpires time.Time
}

// KeyRecord remembers which key signs, without holding it.
type KeyRecord struct {
	ID          string // JWT header kid
	Store       string // "keyring" or "file"; sticky
	Fingerprint [32]byte
	CreatedAt   time.Time
}

// Event is one line of an account's security timeline.
type Event struct {
	ID     int64
	UserID string // empty when no user is known
	At     time.Time
	Kind   string // "signed_in", "signed_up", "renamed", "session_ended", …
	Detail string // a code or a provider, never a secret
}

// SessionSelection names live sessions: those that match every field that is set.
type SessionSelection struct {
	ID       string
	UserID   string
	ExceptID string
	// OtherThanKeyID selects sessions signed under any other key.
	OtherThanKeyID string
}

// Grant is what a directory gave for one of this profile's own sessions.
type Grant struct {
	SessionID string // the session here
	UserID    string // read only
	RemoteID  string // the session there
	Sealed    []byte // the refresh token there
	ContactAt time.Time
}
