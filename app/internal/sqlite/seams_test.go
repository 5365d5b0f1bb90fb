package sqlite_test

import (
	"munpae.example/munpae/app/internal/keystore"
	"munpae.example/munpae/app/internal/session"
	"munpae.example/munpae/app/internal/signin"
	"munpae.example/munpae/app/internal/sqlite"
)

// What the other packages ask of a database.
var (
	_ signin.Accounts  = (*sqlite.DB)(nil)
	_ session.Store    = (*sqlite.DB)(nil)
	_ keystore.Records = (*sqlite.DB)(nil)
)
