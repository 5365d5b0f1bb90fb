// Package providertest imitates GitHub, Naver and an OpenID provider on loopback,
// as docs/providers.md describes them on the wire. Unit tests, end-to-end tests and the
// demo share it, so it ships in the program and needs nothing of package testing.
//
// Start gives a Server with one listener per real host, because a browser and an
// HTTP client tell hosts apart: GitHub and its API, Naver and its API, and the
// issuer. By itself it behaves well, and it is strict where the originals are or
// may be: redirect URIs, single-use codes of ten minutes, PKCE with S256 only.
// Server.Fault makes one endpoint misbehave; fault.go has every row of the error
// catalogue. Browser is a person's browser without a window.
package providertest
