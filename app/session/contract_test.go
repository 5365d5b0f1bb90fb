package session_test

import (
	"munpae/app/keystore"
	"munpae/app/session"
	"munpae/app/signin"
)

// The seams that main joins.
var (
	_ signin.Sessions = (*session.Keeper)(nil)
	_ session.Keys    = (*keystore.Store)(nil)
)
