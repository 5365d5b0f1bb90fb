//go:build !bindings

package desktop

// Generates is false in every program that opens a window.
const Generates = false

// Generate is there under the tag bindings only.
func Generate(bound, enums []any) error { return nil }
