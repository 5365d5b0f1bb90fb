//go:build unix

package loopback

import "golang.org/x/sys/unix"

// alone takes back what package net sets on every listener.
func alone(fd uintptr) error {
	return unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 0)
}
