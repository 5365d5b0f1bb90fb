package munpae

import (
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/kit"
	"munpae.example/munpae/app/internal/signin"
)

func init() {
	kit.Open = func(auth any, s *signin.Service, p config.Profile) func() {
		a := auth.(*Auth)
		a.mu.Lock()
		a.profile = p
		a.mu.Unlock()
		a.opened(s)
		return a.closed
	}
}
