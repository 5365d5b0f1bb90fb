//go:build !linux

package webview

// Prepare does nothing here. WebView2 (Windows) and WKWebView (macOS) keep their
// cookies in the user data folder of the app by themselves, and report a crashed
// web process to Wails, which starts another. Their jars are not files of a known
// format, so Options.CookieJar is not used; neither was run.
func Prepare(Options) error { return nil }

// Load reports false: the boot page goes to the origin by itself.
func Load(string) bool { return false }

// Urge does nothing: both systems raise a window that asks, or flash its icon.
func Urge(bool) {}
