// Package app is the map of the house; it holds nothing itself.
//
// # The dependency rule
//
// The domain, internal/app, imports the standard library only: who a person is
// (User), how a provider knows them (Identity), where they are signed in (Session),
// what they are called (Nickname), and every way an act can fail (Error and its
// Code). Arrows point one way:
//
//	main → munpae → launch        → everything
//	cmd/munpae-directory          → everything but the window
//	directory                     → rows, session, nickname, recovery
//	postgres, sqlite              → rows
//	remote                        → directory/wire, nickname
//	origin, directory             → api
//	profile                       → config, sqlite, keystore, session, nickname
//	desktop, origin               → signin → account → nickname, recovery
//	signin, redirect              → attempt
//	desktop                       → webview
//	signin, desktop, origin,
//	redirect, doctor, config,
//	practice                      → words → app
//	origin, redirect              → loopback
//	provider, session, keystore,
//	sqlite, nickname, recovery,
//	doctor                        → app
//	sqlite, keystore, config,
//	journal, webview, desktop     → files
//	files, loopback               → nothing of ours
//
// Adapters never import each other; what two of them exchange is a type of the
// domain. Only desktop imports Wails, only sqlite and postgres import a database driver. The
// test beside this file reads the import graph and fails on a forbidden arrow.
//
// # Where things live
//
//	signin    the one state, its single writer, and the use cases around it
//	attempt   one question to a provider, from the press of a button to its word
//	account   what can be done with an account: admit, sign up, rename, link, merge, delete
//	nickname  the rules of a nickname, pure
//	recovery  the rules of recovery codes, pure
//	words     what a person reads, a file for each language
//	provider  GitHub, Naver, OpenID Connect; practice plays the first two for the demo and
//	          ships, providertest adds on top what only tests use
//	session   issues, verifies and rotates the token pair
//	keystore  where the signing key is kept
//	sqlite    the database
//	profile   opens the folder: install.json, database, key, sessions; restores, starts again
//	directory one account on every computer: the service; rows holds its database,
//	          postgres is its engine beside sqlite, cmd/munpae-directory the program
//	remote    the desktop's side of a directory: mirror, outbox, news
//	verify    for a program's own server: who is calling, by a directory's token
//	api       what our HTTP APIs share: status of a code, OpenAPI
//	origin    the window's page and its HTTP routes; the only code that names its cookies
//	redirect  what the person's browser talks to while signing in
//	desktop   the Wails side: bound methods, window, events, single instance
//	webview   what Wails lacks: cookie jar, rules for the page, its end, what stands in its place
//	loopback  how both listen on 127.0.0.1: limits, refusals, headers
//	config    flags, settings, folders
//	doctor    the self-tests
//	journal   the log
//	files     opens what lies in a profile, writes it whole, sets it aside
//	munpae    what other Wails apps embed; main is the first
//	munpaetest  tests such an app without a window
//	launch    starts the program: wires it all up
//	e2e       the built program in a real window
//	faults    breaks the profile on purpose and looks at what the next start finds
//	decisions what was chosen, what it cost, what would change it
//	docs      how it works, what it promises, how to change it
package app
