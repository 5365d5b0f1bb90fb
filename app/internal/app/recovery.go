package app

import "time"

// RecoveryCode is one recovery code as the database keeps it: enough to find it again
// and to know it when it is typed, and nothing that gives it away.
type RecoveryCode struct {
	Selector string // the beginning of the code, by which its row is found; no secret
	UserID   string
	Number   int    // from 1, its place on the sheet
	Verifier string // a slow salted hash of the whole code
	MadeAt   time.Time
	UsedAt   time.Time // zero until it opened a session; it opens none after
	VoidAt   time.Time // zero unless a restored backup has retired it
}

// RecoveryCodes are those of one person.
type RecoveryCodes struct {
	Codes []RecoveryCode // by number; none where none were made
	// Declined says that the person does not want to be offered any.
	Declined bool
}

// Guesses are the recovery codes that were tried and opened nothing, in one profile.
type Guesses struct {
	Failed int       // since the last good one, or the last quiet day
	At     time.Time // of the last
	Until  time.Time // the next is refused before
}

// RecoveryGuess is what one guess finds.
type RecoveryGuess struct {
	Code RecoveryCode // of the selector; zero if there is none
	Tag  string       // how the codes of this profile begin; empty if it never made any
	Any  bool         // somebody has codes here
}
