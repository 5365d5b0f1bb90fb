// Package faults breaks the profile on purpose and looks at what the next start
// finds (docs/security.md#how-faults-are-made). It has tests only, under the build tags faults and
// crashtest, since they take minutes:
//
//	go test -tags faults,crashtest ./app/faults
//
// A worker process, which is the test binary itself, does what a person does: a
// first start, sign-in, rotation, rename, sign-out, on the real database, key file
// and sessions. Whatever it was answered it prints, and whatever it printed must
// hold afterwards. Each kind of fault ends with a line
//
//	faults: kind=… tried=… held=…
//
// A run is bounded in time and says how many faults there were in all; with
// MUNPAE_FAULTS_FULL=1 every one of them is tried, with MUNPAE_FAULTS_ONLY those alone that
// a regular expression names.
package faults
