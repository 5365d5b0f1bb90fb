package app

import "time"

// User is one person in this profile.
type User struct {
	ID        string // random, 26 characters of base32; never a provider's subject
	Nickname  string // NFC, as typed
	CreatedAt time.Time
	RenamedAt time.Time // zero if never renamed
}

// Nickname is a nickname that passed the rules of package nickname, with the
// keys that make it unique. Only nickname.Parse makes one.
type Nickname struct {
	Text     string // NFC, as typed
	Key      string // PRECIS Nickname compare key (RFC 8266)
	Skeleton string // UTS #39 skeleton of Key
	// Version says which rules and Unicode tables made Key and Skeleton; rows
	// with an older one are rebuilt at start.
	Version int
}

// FormerName is a nickname that somebody had; nobody else may take it before Until.
type FormerName struct {
	Nickname string
	Until    time.Time
}

// PendingSignUp is a confirmed identity that has no user yet. It is kept sealed
// for 24 hours so that a crash or a restart opens the nickname dialog again.
type PendingSignUp struct {
	ID string // random
	// Sealed is the Profile as JSON under the pending key (docs/security.md#tokens),
	// opened only by package session.
	Sealed    []byte
	Key       IdentityKey // one pending sign-up per identity
	CreatedAt time.Time
	ExpiresAt time.Time
}
