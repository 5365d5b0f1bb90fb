//go:build !linux

package webview

import "context"

// Navigates is false: the boot page goes to the origin by itself.
const Navigates = false

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
func Raise(string, bool) bool { return false }

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

// WorkArea is zero: nobody asks.
func WorkArea() (here, least Size) { return Size{}, Size{} }

// SessionBus is empty: neither system has one.
func SessionBus() string { return "" }
