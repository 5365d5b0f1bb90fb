// Package signin holds the one State of a Munpae window, the pure function Next
// that moves it, the single writer that applies it, and the use cases around it:
// sign in, sign up, resume, rename, sign out, link, unlink.
//
// What goes in here: decisions. What does not: HTTP, SQL, Wails, cookies. The
// interfaces that this package needs are declared in ports.go and implemented by
// the adapters.
package signin
