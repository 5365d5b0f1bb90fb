// Package nickname is the rules of a nickname: which texts are one, the two
// keys that make it unique, the names nobody may have, and proposals near a
// taken one. It is pure: no clock, no randomness, no storage.
//
// A nickname is 2 to 20 grapheme clusters and at most 64 bytes of NFC: Hangul
// syllables, Latin letters of living orthographies, digits, and single inner
// '_', '.', '-' or spaces. Hangul and Latin may mix; no other script may.
//
// Two names are the same when their keys are equal (RFC 8266 with full case
// folding) and look alike when their skeletons are (UTS #39). Both are unique
// in the database. Version says what made them; after an update of Unicode or
// of the rules, Keys makes them anew from the stored text without judging it
// again, so that nobody loses a name.
package nickname
