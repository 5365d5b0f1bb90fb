// Package providertest makes the providers of package practice do as a test tells, and
// adds an OpenID provider. Only tests use it: what ships has none of it.
//
// Start gives a Server with one listener per real host: GitHub and its API, Naver and its
// API, and the issuer. By itself it behaves well and grants every authorization at once.
// Server.Fault makes one endpoint misbehave; fault.go has every row of the error
// catalogue. Server.Requests tells what was asked. Browser is a person's browser without
// a window.
package providertest
