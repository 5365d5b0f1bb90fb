package launch

import (
	"errors"
	"io/fs"

	"munpae.example/munpae/app/internal/files"
)

// drawer is the file of the receipt of a deleted account: signin.Drawer.
type drawer struct{ path string }

// largestReceipt is far more than one is.
const largestReceipt = 1 << 20

// Put implements signin.Drawer.
func (d drawer) Put(sealed []byte) error { return files.Write(d.path, sealed) }

// Look implements signin.Drawer.
func (d drawer) Look() ([]byte, error) {
	sealed, err := files.Read(d.path, largestReceipt)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return sealed, err
}

// Empty implements signin.Drawer.
func (d drawer) Empty() error { return files.Erase(d.path) }
