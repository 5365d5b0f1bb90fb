//go:build !windows

package desktop

// Terminal does nothing: a program has the terminal that it was started from.
func Terminal() {}

// LeaveTerminal does nothing.
func LeaveTerminal() {}
