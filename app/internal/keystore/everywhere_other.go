//go:build !(linux || freebsd || netbsd || openbsd || dragonfly)

package keystore

import "github.com/zalando/go-keyring"

// everywhere finds nothing more: these keyrings have one place for an entry.
func everywhere(string, string) (string, error) { return "", keyring.ErrNotFound }
