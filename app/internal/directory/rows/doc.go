// Package rows is the directory's database: one set of SQL statements for every
// engine, so that engines cannot drift apart. An Engine, made by package postgres or
// package sqlite, says the little in which they differ. One suite of promises runs on
// each of them.
//
// Every act is one transaction that may be done twice: after a lost connection, a
// serialisation failure, a deadlock or a commit whose answer was lost it runs again
// and finds itself done or does it. What is unique (an identity, a nickname's compare
// key and its skeleton, a ticket's session) is unique by an index; acts whose rule
// spans rows (the last identity, a rename) run serialisable.
package rows
