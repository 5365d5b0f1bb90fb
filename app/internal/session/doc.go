// Package session issues, verifies and rotates the token pair of a session, and
// ends sessions. It knows no network: a resume needs the database and the key.
//
// A session is one row. Both tokens are HS256 JWTs (RFC 7515, RFC 7519) whose
// every claim derives from the row, so the pair of a generation can be made again
// byte for byte at any time and is stored nowhere. What a presented refresh token
// leads to is decided by one pure function, decide.
package session
