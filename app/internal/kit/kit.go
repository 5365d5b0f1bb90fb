// Package kit is the door between packages munpae and munpaetest: what a test may do
// to an Auth, and no program.
package kit

import (
	"context"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/signin"
)

// Confirmed is what a munpae.Options asks of each confirmation, or nil. Package munpae
// sets it.
var Confirmed func(options any) func(context.Context, app.Confirmation) error

// Merging is what a *munpae.Auth asks of two accounts that are to be brought together, or
// nil. Package munpae sets it.
var Merging func(auth any) func(ctx context.Context, from, into app.User, undone bool) error

// Open gives a *munpae.Auth the use cases that Run would have opened, on a profile that
// is open, and returns what Run does when the window closes. Package munpae sets it.
var Open func(auth any, s *signin.Service, p config.Profile) (closed func())
