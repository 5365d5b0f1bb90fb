//go:build go1.27

package nickname

// unicodeMajor is the Unicode version of x/text's tables, which x/text chooses
// by the Go release that builds it.
const unicodeMajor = 17
