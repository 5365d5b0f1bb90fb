// Package frontend carries the built page.
package frontend

import "embed"

// Dist holds the folder dist: index.html and assets/. Before the front end is
// built it holds only .gitkeep, and package origin says so.
//
//go:embed all:dist
var Dist embed.FS
