// Package directory keeps one account for all of a person's computers: the service
// behind munpae-directory, its use cases and its HTTP routes. A desktop brings the
// provider's authorization code; the directory, which alone has the client secret,
// redeems it, drops the provider's tokens, and answers with a ticket. A ticket opens
// a session or, with a nickname, makes an account.
//
//	service.go  confirmations, device codes, nicknames, sessions, accounts
//	tickets.go  tickets: made, found, opened
//	keys.go     the keys that sign access tokens, and the tokens
//	types.go    the bodies, which are package wire's
//	routes.go   the table of routes, which openapi.json is made from
//	http.go     limits, refusals, logs, metrics around the routes
//
// The service keeps nothing in memory that another replica would need: tickets,
// holds, device codes, counts and keys are rows (package rows), sealed where they are
// secret. Rotation is package session's, nicknames are package nickname's.
package directory
