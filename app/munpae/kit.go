package munpae

import (
	"context"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/kit"
	"munpae.example/munpae/app/internal/signin"
)

func init() {
	kit.Confirmed = func(o any) func(context.Context, app.Confirmation) error { return o.(Options).confirmed() }
	kit.Merging = func(auth any) func(context.Context, app.User, app.User, bool) error { return auth.(*Auth).merging() }
	kit.Open = func(auth any, s *signin.Service, p config.Profile) func() {
		a := auth.(*Auth)
		a.mu.Lock()
		a.profile = p
		a.mu.Unlock()
		a.opened(s)
		return a.closed
	}
}
