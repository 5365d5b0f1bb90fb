package account

import (
	"context"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/recovery"
)

// Lists are what an account's owner can look at and nobody judges.
type Lists interface {
	// Identities are the provider accounts that are linked to the user.
	Identities(ctx context.Context, userID string) ([]app.Identity, error)
	// Events is the security timeline, newest first.
	Events(ctx context.Context, userID string) ([]app.Event, error)
	// FormerNames are the nicknames that the user had before, newest first.
	FormerNames(ctx context.Context, userID string) ([]app.FormerName, error)
}

// Store is the database as the acts need it: package sqlite. Every method is one
// transaction; an unknown row is app.CodeNotFound; CodeDiskFull, CodeDatabaseBusy
// and CodeDatabaseDamaged may come from any.
type Store interface {
	Lists
	// SignIn records that the identity was confirmed at s.ConfirmedAt with this
	// profile, inserts s for its user (UserID and IdentityID are filled in by the
	// row found), ends that user's unclaimed sessions, and drops the identity's
	// pending sign-up. CodeNotFound if no user has the identity: nothing is written.
	SignIn(ctx context.Context, p app.Profile, s app.Session) (app.SignedIn, error)
	// SavePendingSignUp stores p, replacing an earlier one of the same identity.
	SavePendingSignUp(ctx context.Context, p app.PendingSignUp) error
	// PendingSignUp returns the newest one that has not expired at now, and
	// deletes expired ones.
	PendingSignUp(ctx context.Context, now time.Time) (app.PendingSignUp, error)
	DeletePendingSignUp(ctx context.Context, id string) error
	// SignUp turns a pending sign-up into user, identity and session. If the
	// identity already has a user (an unclear earlier failure), that user is
	// signed in instead and their nickname stands. CodeSignUpExpired if the
	// pending sign-up is gone or too old; CodeNicknameTaken or
	// CodeNicknameLooksLike if n lost.
	SignUp(ctx context.Context, pendingID string, p app.Profile, n app.Nickname, s app.Session) (app.SignedIn, error)
	// NicknameFree reports whether n can be taken by userID (empty for somebody
	// new): nil, CodeNicknameTaken or CodeNicknameLooksLike. A former name is
	// taken for everybody but its owner for app.RenameInterval. One indexed read.
	NicknameFree(ctx context.Context, n app.Nickname, userID string, now time.Time) error
	// NicknamesFree is NicknameFree for several in one round trip: the subset that
	// is free, in the order given.
	NicknamesFree(ctx context.Context, ns []app.Nickname, userID string, now time.Time) ([]app.Nickname, error)
	// Rename gives userID the nickname and keeps the former one for them.
	// CodeRenameTooSoon (param date) within app.RenameInterval of the last.
	Rename(ctx context.Context, userID string, n app.Nickname, now time.Time) (app.User, error)
	// UserByIdentity finds who has the identity.
	UserByIdentity(ctx context.Context, k app.IdentityKey) (app.User, error)
	// Confirm records that the identity of p, which is the user's own, was confirmed
	// once more in their session. CodeNotFound if the session has ended.
	Confirm(ctx context.Context, sessionID string, p app.Profile, now time.Time) (app.SignedIn, error)
	// LinkIdentity and UnlinkIdentity end all other sessions of the user. The session kept
	// is the linked identity's from then on, if a recovery code opened it.
	// CodeIdentityLinkedElsewhere, CodeIdentityLast.
	LinkIdentity(ctx context.Context, userID, keepSessionID string, p app.Profile, now time.Time) (app.Identity, error)
	UnlinkIdentity(ctx context.Context, userID, keepSessionID, identityID string, now time.Time) error
	// UserSessions returns the sessions that have not been ended, newest first.
	UserSessions(ctx context.Context, userID string) ([]app.SignedIn, error)
	// DeleteUser deletes the user and whom they absorbed.
	DeleteUser(ctx context.Context, userID string, now time.Time) error
	// ProviderBefore is the one that confirmed somebody here last; CodeNotFound where
	// nobody has an account.
	ProviderBefore(ctx context.Context) (string, error)

	// RecoveryCodes are those of the user.
	RecoveryCodes(ctx context.Context, userID string) (app.RecoveryCodes, error)
	RemoveRecoveryCodes(ctx context.Context, userID string, now time.Time) error
	DeclineRecoveryCodes(ctx context.Context, userID string, now time.Time) error
}

// Codes is a Store that keeps the recovery codes that the acts make and judge.
type Codes interface {
	recovery.Store
	// GuessRecoveryCode counts a guess by the rule of count, whose error it returns after
	// it has stored what count returned, and finds what the guess is about.
	GuessRecoveryCode(ctx context.Context, selector string, count func(app.Guesses) (app.Guesses, error)) (app.RecoveryGuess, error)
	// UseRecoveryCode uses the code up and opens s for its user. CodeConflict, and
	// nothing written, if it was used, replaced or retired meanwhile.
	UseRecoveryCode(ctx context.Context, c app.RecoveryCode, s app.Session) (app.SignedIn, error)
}

// CodesElsewhere is a Store whose recovery codes are made and judged elsewhere, by a
// directory. A Store that is neither this nor Codes has none.
type CodesElsewhere interface {
	// MakeCodes makes ten codes in the place of all earlier ones. CodeConfirmationNeeded.
	MakeCodes(ctx context.Context, userID string) ([]string, error)
	// Recover uses a code up, as Code.Text writes it, and opens s for its user.
	// CodeRateLimited (param minutes), the codes of recovery.Judge.
	Recover(ctx context.Context, code string, s app.Session) (app.SignedIn, error)
}

// Rester is a Store with which the nickname of a deleted account rests.
type Rester interface {
	// RestsUntil is how long that of one deleted at now does; zero: it does not.
	RestsUntil(now time.Time) time.Time
}

// Merger is a Store that can bring two accounts together. One that can't, or whose own
// CanMerge says so when the acts are made, never asks whether to.
type Merger interface {
	// Merge makes r.From's all that is r.Into's, and keeps how both were. Every session
	// of the two but r.SessionID ends; at a directory those of r.From alone. CodeMergeChanged
	// where either is not what r says any more, CodeConflict, CodeSessionRevoked,
	// CodeSignInExpired where a word is too old for it.
	Merge(ctx context.Context, r app.MergeRequest) (app.SignedIn, error)
	// Merges are those by which the user absorbed others and that can be undone at now,
	// the last one first.
	Merges(ctx context.Context, userID string, now time.Time) ([]app.Merge, error)
	// MayUnmerge says what Unmerge would. CodeMergeLapsed, CodeMergeOrder,
	// CodeMergeNoWayIn, CodeNotFound, CodeSessionRevoked.
	MayUnmerge(ctx context.Context, userID, sessionID, fromID string, now time.Time) (app.Merge, error)
	// Unmerge puts both back as they were. Every session of the user but one ends; at a
	// directory those that the other's identities opened.
	Unmerge(ctx context.Context, userID, sessionID, fromID string, now time.Time) (app.SignedIn, error)
	// LapsedMerges are the absorbed users of those that can be undone no more.
	LapsedMerges(ctx context.Context, now time.Time) ([]string, error)
	// LapseMerge forgets how an absorbed user was.
	LapseMerge(ctx context.Context, fromID string, now time.Time) error
	// Absorbed are the users whose accounts became the user's.
	Absorbed(ctx context.Context, userID string) ([]string, error)
}

// Sessions is what the acts need of package session.
type Sessions interface {
	// New builds the row of a session confirmed now. It writes nothing.
	New() (app.Session, error)
	// Live returns the session as its row is now: the codes of GET
	// /munpae/session if it can be used no more, CodeSessionRevoked if it is gone.
	Live(ctx context.Context, sessionID string) (app.SignedIn, error)
	// Alive says why the session of a row can be used no more, or nil.
	Alive(row app.Session) error
	// End ends a session; ending an ended one is no error.
	End(ctx context.Context, sessionID string, why app.EndReason) error
	// SealProfile and OpenProfile protect a pending sign-up's profile under the
	// pending key; about binds the text to its row. OpenProfile: CodeKeystoreLost if
	// the key is another.
	SealProfile(p app.Profile, about string) ([]byte, error)
	OpenProfile(sealed []byte, about string) (app.Profile, error)
}
