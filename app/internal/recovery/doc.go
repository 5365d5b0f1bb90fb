// Package recovery holds the rules of recovery codes: how they are made, how what
// somebody typed is read, what is stored of them, who may try again and when.
//
// A code is 24 letters of an alphabet in which no two are confused, in groups of four:
//
//	TT SSSSS XXXXXXXXXXXXXXXX C
//
// two that say which profile made it (so that a sheet of another computer is told from
// a wrong code), five by which its row is found, sixteen that are the secret (80 bits),
// and one that catches a slip of the pen. The row is found by the first seven, so that a
// guess costs one slow hash and not one for every code there is; the hash is over all.
//
// What goes in here: pure functions. What does not: where codes are kept, and what a
// good one opens (package account, package directory).
package recovery
