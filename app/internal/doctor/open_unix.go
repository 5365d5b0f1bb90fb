//go:build !windows

package doctor

import (
	"fmt"
	"io/fs"
)

// openTo returns the mode of a file that others than its owner may use, or "".
func openTo(_ string, info fs.FileInfo) string {
	if info.Mode().Perm()&0o077 == 0 {
		return ""
	}
	return fmt.Sprintf("%#o", info.Mode().Perm())
}
