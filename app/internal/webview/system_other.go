//go:build !linux && !windows

package webview

// Prepare does nothing here. WKWebView keeps its cookies in the user data folder of the app
// by itself, and Wails starts a crashed web process again. Its jar is no file of a known
// format, so Options.CookieJar is not used; it was not run.
func Prepare(Options) error { return nil }

// Forget does nothing: what was copied stays until something else is. Not tried.
func Forget(string) {}

// Dark reports false: the page's own colours come a moment later.
func Dark() bool { return false }

// Version is empty: WKWebView is the system's.
func Version() (string, error) { return "", nil }
