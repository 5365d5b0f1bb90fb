// Package kit is the door between packages munpae and munpaetest: what a test may do
// to an Auth, and no program.
package kit

import (
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/signin"
)

// Open gives a *munpae.Auth the use cases that Run would have opened, on a profile that
// is open, and returns what Run does when the window closes. Package munpae sets it.
var Open func(auth any, s *signin.Service, p config.Profile) (closed func())
