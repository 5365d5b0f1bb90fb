package session_test

import (
	"munpae.example/munpae/app/internal/keystore"
	"munpae.example/munpae/app/internal/session"
	"munpae.example/munpae/app/internal/signin"
)

// The seams that main joins.
var (
	_ signin.Sessions = (*session.Keeper)(nil)
	_ session.Keys    = (*keystore.Store)(nil)
)
