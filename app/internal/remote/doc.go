// Package remote is the desktop's side of a directory: signing in through it, and a
// mirror of its person in the profile's own database. It satisfies what package signin
// asks for, so that nothing there knows whether the profile belongs to a directory.
//
//	client.go    one request: what failed, and whose fault it is
//	provider.go  a provider whose code the directory redeems
//	store.go     the accounts: acts go to the directory, then into the mirror
//	sessions.go  the sessions: this profile's own, by its own keys, as long as the
//	             directory was heard of lately; those of other computers
//	recovery.go  recovery codes, which the directory makes and judges
//	news.go      in the background: what changed there, and what it has to be told
//
// A start never waits for the network: sessions resume by the mirror, and the news
// come afterwards.
package remote
