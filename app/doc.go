// Package app is Munpae's domain: who a person is (User), how a provider knows
// them (Identity), where they are signed in (Session), what they are called
// (Nickname), and every way an act can fail (Error and its Code).
//
// # The dependency rule
//
// This package imports the standard library only. Arrows point one way:
//
//	main                          → everything
//	desktop, origin, redirect     → signin → app, nickname
//	provider, session, keystore,
//	sqlite, nickname, doctor      → app
//	webview, config               → nothing of ours
//
// Adapters never import each other; what two of them exchange is a type of this
// package. Only desktop and main import Wails, only sqlite imports a database
// driver. The test beside this file reads the import graph and fails on a
// forbidden arrow.
//
// # Where things live
//
//	signin    the one state, its single writer, and the use cases around it
//	nickname  the rules of a nickname, pure
//	provider  GitHub, Naver, OpenID Connect; providertest imitates them
//	session   issues, verifies and rotates the token pair
//	keystore  where the signing key is kept
//	sqlite    the database
//	origin    the window's page and its HTTP routes; the only code that names its cookies
//	redirect  what the person's browser talks to while signing in
//	desktop   the Wails side: bound methods, window, events, single instance
//	webview   the persistent cookie jar
//	config    flags, settings, folders
//	doctor    the self-tests
package app
