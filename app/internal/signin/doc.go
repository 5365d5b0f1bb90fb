// Package signin holds what one Munpae window knows, and the use cases around it:
// sign in, sign up, resume, rename, sign out, link, unlink.
//
// What is known is one value, the machine, moved by one pure function, next, under
// one lock; what the window shows, State, is worked out from it each time that it is
// published. Whoever wants something changed makes an event of what has happened.
//
// What goes in here: decisions. What does not: how a provider is asked (package
// attempt), what an act on an account is (package account), HTTP, SQL, Wails,
// cookies.
package signin
