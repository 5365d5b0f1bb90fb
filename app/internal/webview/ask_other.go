//go:build !linux && !windows

package webview

// Ask has no window of its own here.
func Ask(Question) (pressed int, err error) { return Closed, ErrNoDisplay }
