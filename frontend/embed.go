// Package frontend carries the built page.
package frontend

import "embed"

// Dist holds the folder dist: index.html and assets/. It is checked in as it was built,
// so that the module has it; build/test.sh compares it with what its sources make.
//
//go:embed all:dist
var Dist embed.FS
