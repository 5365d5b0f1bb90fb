package desktop

import (
	"context"

	"golang.org/x/sys/windows"
)

// openByDesktop has the shell open an address or a folder, without a program between
// that would show it in its arguments.
func openByDesktop(_ context.Context, what, _ string) bool {
	verb, err := windows.UTF16PtrFromString("open")
	if err != nil {
		return false
	}
	file, err := windows.UTF16PtrFromString(what)
	if err != nil {
		return false
	}
	return windows.ShellExecute(0, verb, file, nil, nil, windows.SW_SHOWNORMAL) == nil
}
