package provider_test

import (
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/signin"
)

// What signin needs, the providers have.
var (
	_ signin.DeviceProvider = (*provider.GitHub)(nil)
	_ signin.Provider       = (*provider.Naver)(nil)
	_ signin.Provider       = (*provider.OIDC)(nil)
)
