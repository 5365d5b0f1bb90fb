// Package keystore keeps the 32 bytes that everything is signed with: in the
// operating system's keyring where that works at the first run, else in the file
// "key" of the profile folder, and always where it was first put.
//
// The database remembers of each key only its name, its place and its SHA-256
// (app.KeyRecord). A key is made in two cases and no other: no record exists, or
// the person asked to sign in again (Replace). An error that does not say what
// happened makes nothing, so a locked keyring costs a retry and never an account
// (docs/security.md#the-signing-key).
package keystore
