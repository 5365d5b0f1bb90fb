package origin

import (
	"context"

	"munpae.example/munpae/app/internal/app"
)

// UseCases is what the routes ask for; *signin.Service implements it. Each
// method also moves the window's one state where the act changes it, so no route
// touches the state itself. Errors carry an app.Code.
type UseCases interface {
	// Claim hands out the first pair of the session that this window's sign-in or
	// sign-up made, or that an earlier start left unclaimed. CodeSessionNone.
	Claim(ctx context.Context) (app.SignedIn, app.Pair, error)
	// Resume verifies an access token (empty: CodeSessionNone).
	Resume(ctx context.Context, access string) (app.SignedIn, error)
	// Standing returns whose session it is, by its row and the clock. CodeSessionNone.
	Standing(ctx context.Context, sessionID string) (app.SignedIn, error)
	// Again is Standing with the pair that the session was given last.
	Again(ctx context.Context, sessionID string) (app.SignedIn, app.Pair, error)
	// Refresh rotates a refresh token (empty: CodeSessionNone).
	Refresh(ctx context.Context, refresh string) (app.SignedIn, app.Pair, error)
	// Nameplates lists the accounts of this computer, the one on the screen first.
	Nameplates(ctx context.Context) ([]app.Nameplate, error)
	// SwitchTo puts another account of this computer on the screen: tokens are what the
	// jar has at its place. CodeNotFound, CodeAccountLost, CodeAccountEnded,
	// CodeAccountExpired, CodeAccountReused, CodeConflict.
	SwitchTo(ctx context.Context, userID string, tokens []string) (app.SignedIn, app.Pair, error)
	// SignOutOf ends that account's sessions on this computer: the rows first.
	// CodeNotFound. SignOutAll does so with every account, and returns whose they were.
	SignOutOf(ctx context.Context, userID string) error
	SignOutAll(ctx context.Context) (userIDs []string, err error)
	// SignOut ends the session's row and moves the state to signed_out.
	SignOut(ctx context.Context, sessionID string) error

	Rename(ctx context.Context, who app.SignedIn, text string) (app.User, error)
	DeleteAccount(ctx context.Context, who app.SignedIn, nickname string) error
	EndSession(ctx context.Context, who app.SignedIn, sessionID string) error
	EndOtherSessions(ctx context.Context, who app.SignedIn, nickname string) error
	// Link starts a sign-in at provider whose purpose is to link; the answer is
	// the window's state. CodeConfirmationNeeded.
	Link(ctx context.Context, who app.SignedIn, provider string) error
	// Unlink takes an account off who, by its identity's ID or its provider.
	// CodeConfirmationNeeded, CodeIdentityAmbiguous.
	Unlink(ctx context.Context, who app.SignedIn, name string) error
	// Merge answers the question of the window's state whether to bring two accounts
	// together. An empty pair: the one that who has stays good.
	Merge(ctx context.Context, who app.SignedIn, nickname string) (app.SignedIn, app.Pair, error)
	// Unmerge undoes a merge, named by the absorbed user. CodeConfirmationNeeded.
	Unmerge(ctx context.Context, who app.SignedIn, fromID string) error

	// Recover opens a session for whoever a recovery code belongs to, uses the code up,
	// and moves the state to where the window claims the session.
	Recover(ctx context.Context, typed string) error
	// MakeRecoveryCodes makes ten codes, answered this once. CodeConfirmationNeeded.
	MakeRecoveryCodes(ctx context.Context, who app.SignedIn) ([]string, error)
	RemoveRecoveryCodes(ctx context.Context, who app.SignedIn) error
}

// Accounts is what the routes read, and what moves no state; *account.Acts
// implements it. Errors carry an app.Code.
type Accounts interface {
	// ProposalsFor returns up to three free nicknames near text for who.
	ProposalsFor(ctx context.Context, who app.SignedIn, text string) []string
	// Sessions lists the live ones: that of who, then the others, newest first.
	Sessions(ctx context.Context, who app.SignedIn) ([]app.SignedIn, error)
	Identities(ctx context.Context, userID string) ([]app.Identity, error)
	// Events and FormerNames list the newest first.
	Events(ctx context.Context, userID string) ([]app.Event, error)
	FormerNames(ctx context.Context, userID string) ([]app.FormerName, error)
	// Merges lists those that can still be undone, the last one first.
	Merges(ctx context.Context, who app.SignedIn) ([]app.Merge, error)
	// RecoveryCodes tells of the codes of who, and holds none.
	RecoveryCodes(ctx context.Context, who app.SignedIn) (app.RecoveryCodes, error)
}
