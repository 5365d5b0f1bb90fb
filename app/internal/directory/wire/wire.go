// Package wire has the bodies of the directory's routes: what the service answers and
// what a desktop reads, so that the two cannot differ.
package wire

import "munpae.example/munpae/app/internal/app"

// The bodies of the routes. Times are Unix milliseconds; 0 is "never".

// Home describes the directory: GET /v1/.
type Home struct {
	Issuer      string     `json:"issuer"`
	Providers   []Provider `json:"providers"`
	OfflineDays int        `json:"offline_days"`        // how long a desktop may go without an answer from here
	RestDays    int        `json:"rest_days,omitempty"` // how long the nickname of a deleted account rests
	JWKSURI     string     `json:"jwks_uri"`
	Version     string     `json:"version"`
	Demo        bool       `json:"demo,omitempty"`   // its providers and people are invented
	Merges      bool       `json:"merges,omitempty"` // two accounts can be brought together here
}

// Provider is one way of signing in, without its secret.
type Provider struct {
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	Issuer       string   `json:"issuer"` // the first half of an identity's key
	ClientID     string   `json:"client_id"`
	AuthorizeURL string   `json:"authorize_url"`
	Scopes       []string `json:"scopes"`
	Ports        []int    `json:"ports"`   // loopback ports of its redirect URIs; empty: any
	Browser      bool     `json:"browser"` // by authorization code
	Device       bool     `json:"device"`  // by device code
	Issuers      []string `json:"issuers"` // what iss of its response may say (RFC 9207)
	Pages        []string `json:"pages"`   // more pages of it that a desktop may open
}

// ConfirmationRequest is an authorization response to redeem (RFC 6749 section 4.1.3).
type ConfirmationRequest struct {
	Provider     string `json:"provider"`
	Code         string `json:"code"`
	CodeVerifier string `json:"code_verifier"`
	RedirectURI  string `json:"redirect_uri"`
	Nonce        string `json:"nonce,omitempty"` // OpenID Connect
	Iss          string `json:"iss,omitempty"`   // RFC 9207
	// AskedAt is when the provider was asked to have the person prove anew who they are;
	// 0: it was not. One that can say when it did (OpenID Connect) must say a time since.
	AskedAt int64 `json:"asked_at,omitempty"`
}

// Confirmation is a provider's word: a ticket for it, what it said, and whose it is.
type Confirmation struct {
	Ticket    string   `json:"ticket"`
	ExpiresAt int64    `json:"expires_at"`
	Age       int64    `json:"age,omitempty"` // seconds since the person proved to the provider who they are
	Profile   Identity `json:"profile"`
	User      *User    `json:"user,omitempty"` // absent: a nickname is needed
	// Withdrawable says that POST /v1/withdrawals can withdraw what was granted at the
	// provider, after an unlinking or a deletion. Only where it was asked anew.
	Withdrawable bool `json:"withdrawable,omitempty"`
}

// WithdrawalRequest is the ticket by which an identity was unlinked or its account deleted.
type WithdrawalRequest struct {
	Ticket string `json:"ticket"`
}

// DeviceRequest asks for a device code.
type DeviceRequest struct {
	Provider string `json:"provider"`
}

// DeviceAnswer is a device code without the code that polls for it (RFC 8628).
type DeviceAnswer struct {
	ID                      string `json:"id"`
	UserCode                string `json:"user_code"`
	VerificationURI         string `json:"verification_uri"`
	VerificationURIComplete string `json:"verification_uri_complete,omitempty"`
	ExpiresIn               int64  `json:"expires_in"` // seconds
	Interval                int64  `json:"interval"`   // seconds between two looks
}

// DevicePoll is what a look at a device code brought.
type DevicePoll struct {
	Status   string `json:"status"`             // pending, slow_down or confirmed
	Interval int64  `json:"interval,omitempty"` // seconds between two looks from now on
	Ticket   string `json:"ticket,omitempty"`
	// The rest of a confirmation.
	ExpiresAt int64     `json:"expires_at,omitempty"`
	Profile   *Identity `json:"profile,omitempty"`
	User      *User     `json:"user,omitempty"`
}

// NicknameRequest asks whether a nickname is free for a ticket's identity, or for
// whoever the access token belongs to.
type NicknameRequest struct {
	Ticket   string `json:"ticket,omitempty"`
	Nickname string `json:"nickname"`
}

// NicknameAnswer says available, or why not and what would be.
type NicknameAnswer struct {
	Text      string     `json:"text"`
	Code      app.Code   `json:"code"`
	Params    app.Params `json:"params,omitempty"`
	Proposals []string   `json:"proposals"`
}

// Device is how a computer is called in the list of sessions.
type Device struct {
	Name     string `json:"name"`
	Platform string `json:"platform"`
}

// SessionRequest opens a session for a ticket.
type SessionRequest struct {
	Ticket string `json:"ticket"`
	Device Device `json:"device"`
}

// SignUpRequest makes an account of a ticket.
type SignUpRequest struct {
	Ticket   string `json:"ticket"`
	Nickname string `json:"nickname"`
	Device   Device `json:"device"`
}

// SignedIn is a session with its pair.
type SignedIn struct {
	User         User     `json:"user"`
	Identity     Identity `json:"identity"`
	Session      Session  `json:"session"`
	AccessToken  string   `json:"access_token"`
	ExpiresIn    int64    `json:"expires_in"` // seconds from the token's iat: the same answer has the same bytes, whenever it is given again
	RefreshToken string   `json:"refresh_token"`
}

// RefreshRequest rotates a pair.
type RefreshRequest struct {
	RefreshToken string `json:"refresh_token"`
}

// EndRequest ends the session that a token belongs to; one of them is needed.
type EndRequest struct {
	AccessToken  string `json:"access_token,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
}

// TokenRequest asks for an access token for another server.
type TokenRequest struct {
	Audience string `json:"audience"`
}

// TokenAnswer is an access token.
type TokenAnswer struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int64  `json:"expires_in"` // seconds
}

// User is a person.
type User struct {
	ID        string `json:"id"`
	Nickname  string `json:"nickname"`
	CreatedAt int64  `json:"created_at"`
	RenamedAt int64  `json:"renamed_at"`
}

// Identity is a provider account.
type Identity struct {
	ID            string   `json:"id,omitempty"` // absent before there is a user
	Provider      string   `json:"provider"`
	Issuer        string   `json:"issuer"`
	Subject       string   `json:"subject"`
	Account       string   `json:"account"` // what names it to its owner
	Login         string   `json:"login"`
	Name          string   `json:"name"`
	Nickname      string   `json:"nickname"`
	Email         string   `json:"email"`
	EmailVerified bool     `json:"email_verified"`
	Notice        app.Code `json:"notice,omitempty"`
	LinkedAt      int64    `json:"linked_at"`
	ConfirmedAt   int64    `json:"confirmed_at"`
}

// Session is one sign-in as its owner may see it.
type Session struct {
	ID           string `json:"id"`
	Provider     string `json:"provider"`
	Account      string `json:"account"`
	Device       Device `json:"device"`
	CreatedAt    int64  `json:"created_at"`
	ConfirmedAt  int64  `json:"confirmed_at"`
	SeenAt       int64  `json:"seen_at"`
	OfflineUntil int64  `json:"offline_until"`
	IdleUntil    int64  `json:"idle_until"`
	AbsoluteEnd  int64  `json:"absolute_end"`
	Current      bool   `json:"current"` // the one that asks
}

// Me is the profile.
type Me struct {
	User     User     `json:"user"`
	Identity Identity `json:"identity"`
	Session  Session  `json:"session"`
}

// RenameRequest is a new nickname.
type RenameRequest struct {
	Nickname string `json:"nickname"`
}

// UserAnswer is a person after a rename.
type UserAnswer struct {
	User User `json:"user"`
}

// DeleteRequest deletes the account: its nickname once more, and a ticket of one of
// its identities that is not older than five minutes.
type DeleteRequest struct {
	Ticket   string `json:"ticket"`
	Nickname string `json:"nickname"`
}

// LinkRequest links the identity of a fresh ticket. Where the session itself was not
// confirmed within five minutes, a fresh ticket of an identity that is linked already
// confirms it.
type LinkRequest struct {
	Ticket       string `json:"ticket"`
	Confirmation string `json:"confirmation,omitempty"`
}

// UnlinkRequest is a fresh ticket of one of the account's identities.
type UnlinkRequest struct {
	Ticket string `json:"ticket"`
}

// IdentityAnswer is an identity after it was linked.
type IdentityAnswer struct {
	Identity Identity `json:"identity"`
}

// Sessions is a page of the live sessions. Next, if it is there, is what the next
// page is asked with as after.
type Sessions struct {
	Sessions []Session `json:"sessions"`
	Next     string    `json:"next,omitempty"`
}

// Identities are the linked provider accounts.
type Identities struct {
	Identities []Identity `json:"identities"`
}

// Event is a line of the security timeline.
type Event struct {
	ID     int64  `json:"id"`
	At     int64  `json:"at"`
	Kind   string `json:"kind"`
	Detail string `json:"detail"`
}

// Events is a page of the security timeline, newest first. Next, if it is there, is
// what the next page is asked with as before.
type Events struct {
	Events []Event `json:"events"`
	Next   int64   `json:"next,omitempty"`
}

// FormerName is a nickname of before. Until is when others may take it.
type FormerName struct {
	Nickname string `json:"nickname"`
	Until    int64  `json:"until"`
}

// Export is all that is held about a person, except what the program alone has a use
// for; of sessions and events the newest thousand.
type Export struct {
	ExportedAt  int64        `json:"exported_at"`
	User        User         `json:"user"`
	FormerNames []FormerName `json:"former_names"`
	Identities  []Identity   `json:"identities"`
	Sessions    []Session    `json:"sessions"`
	Events      []Event      `json:"events"`

	RecoveryCodes []RecoveryCode `json:"recovery_codes"`
	Merges        []Merge        `json:"merges"`
}

// RecoveryRequest is a recovery code as it was typed. The attempt, 16 to 128 random
// letters of the asker's own, lets them ask again where the answer was lost.
type RecoveryRequest struct {
	Code    string `json:"code"`
	Attempt string `json:"attempt"`
	Device  Device `json:"device"`
}

// Recovered is the session that a recovery code opened, which is no identity's, and the
// account's identities.
type Recovered struct {
	SignedIn   SignedIn   `json:"signed_in"`
	Identities []Identity `json:"identities"`
}

// RecoveryCode is one recovery code as its owner may see it: never the code.
type RecoveryCode struct {
	Number int   `json:"number"`
	MadeAt int64 `json:"made_at"`
	UsedAt int64 `json:"used_at"`
}

// RecoveryCodes is what there is of recovery codes.
type RecoveryCodes struct {
	Codes    []RecoveryCode `json:"codes"`
	Declined bool           `json:"declined"` // they want to be offered none
}

// NewRecoveryCodes is the one answer that holds codes.
type NewRecoveryCodes struct {
	Codes []string `json:"codes"`
}

// CodesRequest is a fresh ticket of one of the account's identities; not needed within
// five minutes of a recovery code that opened the session.
type CodesRequest struct {
	Ticket string `json:"ticket,omitempty"`
}

// MergeRequest brings two accounts together: a fresh ticket of the other one, whom it
// is and what both are called, as the person was shown it, and the nickname of one of the
// two that stays. Where the session itself was not confirmed within five minutes, a fresh
// ticket of an identity of the asker's own confirms it.
type MergeRequest struct {
	Ticket       string `json:"ticket"`
	Confirmation string `json:"confirmation,omitempty"`
	From         string `json:"from"`          // the other user's ID
	FromNickname string `json:"from_nickname"` // as shown
	IntoNickname string `json:"into_nickname"` // the asker's own, as shown
	Nickname     string `json:"nickname"`
}

// Merge is two accounts of one person that were brought together.
type Merge struct {
	ID        string `json:"id"`       // the absorbed user's
	Nickname  string `json:"nickname"` // the absorbed user's
	CreatedAt int64  `json:"created_at"`
	// Before is the nickname that the account that went on had before.
	Before   string `json:"before"`
	Provider string `json:"provider"` // whose word showed that they are one person's
	At       int64  `json:"at"`
	Until    int64  `json:"until"` // it can be undone before that
}

// Merged is somebody after a merge or its undo: the session that asked, and all their
// identities.
type Merged struct {
	User       User       `json:"user"`
	Identity   Identity   `json:"identity"`
	Session    Session    `json:"session"`
	Identities []Identity `json:"identities"`
}

// Merges are those that can still be undone, the last one first: only that one can be
// undone at once.
type Merges struct {
	Merges []Merge `json:"merges"`
	// Absorbed are all users whose accounts became this one's, also where that can be
	// undone no more.
	Absorbed []string `json:"absorbed"`
	// Lapsed are those of them for whom it can be undone no more.
	Lapsed []string `json:"lapsed"`
}

// UnmergeRequest is a fresh ticket of one of the account's identities; not needed within
// five minutes of a recovery code that opened the session.
type UnmergeRequest struct {
	Ticket string `json:"ticket,omitempty"`
}

// JWKS are the public keys (RFC 7517).
type JWKS struct {
	Keys []JWK `json:"keys"`
}

// JWK is one public key (RFC 8037).
type JWK struct {
	KeyType   string `json:"kty"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	KeyID     string `json:"kid"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
}

// NoRoute is the parameter "what" of CodeNotFound where the directory has no such route.
const NoRoute = "route"

// Failure is what every error answers: the code, what its sentence names, and a
// support code that also stands in the log.
type Failure struct {
	Code    app.Code   `json:"code"`
	Params  app.Params `json:"params"`
	Support string     `json:"support"`
	// Proposals are free nicknames, where the one asked for is not.
	Proposals []string `json:"proposals,omitempty"`
}

// Nothing is an empty object.
type Nothing struct{}
