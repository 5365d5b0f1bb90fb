//go:build !linux

package webview

// Hangul reports whether some font here draws Korean: Windows and macOS come with one.
func Hangul() bool { return true }
