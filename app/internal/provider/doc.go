// Package provider signs people in at GitHub, Naver and any OpenID provider.
//
// One file a kind of provider, each of the same shape and in the same order: constants,
// the kind with its settings, configuration, struct, constructor, Describe, AuthorizationURL, Exchange, the
// mapping of the profile, the revocation. A new provider is reviewed by laying
// its file beside a neighbour's. What they share:
//
//	kinds.go   the list of all kinds
//	client.go  the HTTP client: TLS, deadline, size, content type, no redirects
//	proxy.go   which proxy leads there
//	json.go    reading answers strictly
//	token.go   authorization URL, token request (RFC 6749, RFC 7636)
//	device.go  device codes (RFC 8628)
//	fault.go   every failure as a Code of package app (docs/providers.md#what-can-go-wrong)
//	network.go whether there is a network, and whether a provider answers at all
//
// What goes in here: what stands on the wire. What does not: state, listeners,
// accounts. A provider's tokens live as long as one call, or as long as the
// Revoke function that holds one; nothing here stores or logs them.
package provider
