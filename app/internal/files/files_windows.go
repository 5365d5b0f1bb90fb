package files

import "io/fs"

// noFollow is 0: Check is all that there is here.
const noFollow = 0

func isLinkError(error) bool { return false }

// trusted is true: what lies below the person's own folder inherits an access list
// that shuts other users out.
func trusted(fs.FileInfo) bool { return true }

// OthersRead is false, see trusted.
func OthersRead(fs.FileInfo) bool { return false }

// OthersWrite is false, see trusted.
func OthersWrite(fs.FileInfo) bool { return false }

// SyncFolder does nothing: NTFS journals the rename, and a folder can't be flushed.
func SyncFolder(string) error { return nil }
