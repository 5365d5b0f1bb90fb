//go:build !production && !dev && !bindings

package desktop

// HasWindow is false in a program built without Wails' tags: it answers doctor,
// --version and --help, and has no window to open.
const HasWindow = false
