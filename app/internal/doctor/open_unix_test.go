//go:build !windows

package doctor_test

import (
	"io/fs"
	"os"
	"testing"
)

// others lets every user of the computer read path, or nobody but its owner.
func others(t *testing.T, path string, may bool) {
	t.Helper()
	mode := fs.FileMode(0o700)
	if may {
		mode = 0o755
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}
