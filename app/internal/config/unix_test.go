//go:build unix

package config_test

import "golang.org/x/sys/unix"

func mkfifo(path string) error { return unix.Mkfifo(path, 0o600) }

func umask(mask int) (old int) { return unix.Umask(mask) }
