package sqlite_test

import (
	"munpae/app/keystore"
	"munpae/app/session"
	"munpae/app/signin"
	"munpae/app/sqlite"
)

// What the other packages ask of a database.
var (
	_ signin.Accounts  = (*sqlite.DB)(nil)
	_ session.Store    = (*sqlite.DB)(nil)
	_ keystore.Records = (*sqlite.DB)(nil)
)
