//go:build !linux

package webview

import "context"

// Navigates is false: the boot page goes to the origin by itself.
const Navigates = false

// Prepare does nothing here. WebView2 (Windows) and WKWebView (macOS) keep their
// cookies in the user data folder of the app by themselves, and Wails starts a
// crashed web process again. Their jars are not files of a known format, so
// Options.CookieJar is not used; neither system was run.
func Prepare(Options) error { return nil }

// Load does nothing.
func Load(string) {}

// Heal does nothing.
func Heal(string) {}

// Show reports false: the page is watched on Linux alone.
func Show(Notice) bool { return false }

// Hide does nothing.
func Hide() {}

// Restart does nothing: Wails starts a crashed web process again.
func Restart() {}

// Raise reports false: Wails' own calls do it on both systems.
func Raise(string) bool { return false }

// Forget does nothing: what was copied stays until something else is. Not tried.
func Forget(string) {}

// Quit reports false: Wails' own call does it.
func Quit() bool { return false }

// Copy reports false: Wails' own call does it.
func Copy(string) (done, can bool) { return false, false }

// Token is empty: only Wayland asks for one.
func Token(context.Context) string { return "" }

// Announce does nothing: WebView2 and WKWebView tell of live regions themselves.
func Announce(string) {}

// Appear does nothing: both systems tell their webview themselves.
func Appear(Look, bool) {}

// Dark reports false: the page's own colours come a moment later.
func Dark() bool { return false }

// WorkArea is zero: nobody asks.
func WorkArea() (here, least Size) { return Size{}, Size{} }

// SessionBus reports false: neither system has one.
func SessionBus() bool { return false }

// Version is empty: WebView2 and WKWebView are the system's.
func Version() string { return "" }
