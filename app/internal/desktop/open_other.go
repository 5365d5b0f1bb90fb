//go:build !linux && !windows

package desktop

import "context"

func openByDesktop(context.Context, string, string) bool { return false }
