//go:build unix && !linux

package desktop

// openFileLock is 0: there is none.
const openFileLock = 0

// socketPath changes nothing: a name that is too long is an error of the kernel's, and a
// second start then can't raise the first.
func socketPath(path string) (short string, release func(), err error) {
	return path, func() {}, nil
}
