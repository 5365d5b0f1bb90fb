//go:build production || dev || bindings

package desktop

// HasWindow reports that this program was built with Wails' tags.
const HasWindow = true
