//go:build unix && !linux

package desktop

// openFileLock is 0: there is none.
const openFileLock = 0
