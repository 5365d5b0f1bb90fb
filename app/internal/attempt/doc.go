// Package attempt asks a provider who somebody is, once: from the press of a button
// to the provider's word. Run reads from top to bottom like the steps of RFC 8252
// section 4.1, with a device code (RFC 8628) beside them where there is one.
//
// What goes in here: the two ways to the provider and back, and the time they may
// take. What does not: what the word is for, and what the window shows. An attempt
// knows nothing of sessions and accounts; it ends in a Confirmation or in an error.
package attempt
