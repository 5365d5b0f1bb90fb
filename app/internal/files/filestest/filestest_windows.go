// Package filestest makes files and folders as other programs, and other computers, leave
// them. Windows only.
package filestest

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/windows"
)

// Access gives path this access list, in the notation of security descriptors, such as
// "D:P(A;;FA;;;WD)".
func Access(t *testing.T, path, list string) {
	t.Helper()
	d, err := windows.SecurityDescriptorFromString(list)
	must(t, err)
	acl, _, err := d.DACL()
	must(t, err)
	must(t, windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, acl, nil))
}

// Share returns a folder of another computer, as Wine has those: \\munpae\NAME lies below
// dosdevices\unc. Packages are tested at the same time, so each has a name of its own.
func Share(t *testing.T, name string) string {
	t.Helper()
	folder := filepath.Join(`Z:\root\.wine\dosdevices\unc\munpae`, name)
	must(t, os.MkdirAll(folder, 0o700))
	t.Cleanup(func() { os.RemoveAll(folder) })
	return `\\munpae\` + name
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
