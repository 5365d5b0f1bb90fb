// Package practice plays GitHub and Naver on loopback for the demo, so that the program
// can be tried without an account and without a network. It ships.
//
// Start gives a Server with one listener per real host, because a browser and an HTTP
// client tell hosts apart: GitHub and its API, Naver and its API, as docs/providers.md
// describes them on the wire. It is strict where the originals are or may be: redirect
// URIs, single-use codes of ten minutes, PKCE with S256 only. Its pages say that they are
// for practice, let people choose among invented accounts, and have switches to say no,
// to be slow, or to fail.
//
// What only tests need, such as faults, an OpenID provider and certificates, is built on
// New in package providertest.
package practice
