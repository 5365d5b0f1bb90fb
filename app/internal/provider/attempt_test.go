package provider_test

import (
	"munpae.example/munpae/app/internal/attempt"
	"munpae.example/munpae/app/internal/provider"
)

// What an attempt needs, the providers have.
var (
	_ attempt.DeviceAuthorizationServer = (*provider.GitHub)(nil)
	_ attempt.AuthorizationServer       = (*provider.Naver)(nil)
	_ attempt.AuthorizationServer       = (*provider.OIDC)(nil)
)
