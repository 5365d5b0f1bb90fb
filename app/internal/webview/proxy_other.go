//go:build !linux && !windows

package webview

import "context"

// Proxies finds none here: no Mac was tried. A proxy of the environment is used.
func Proxies(context.Context, string) ([]string, error) { return nil, nil }
