package doctor_test

import (
	"testing"

	"golang.org/x/sys/windows"
)

// others lets every user of the computer read path, or nobody but its owner.
func others(t *testing.T, path string, may bool) {
	t.Helper()
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		t.Fatal(err)
	}
	list := "D:P(A;OICI;FA;;;" + user.User.Sid.String() + ")"
	if may {
		list += "(A;OICI;FR;;;WD)"
	}
	d, err := windows.SecurityDescriptorFromString(list)
	if err != nil {
		t.Fatal(err)
	}
	acl, _, err := d.DACL()
	if err != nil {
		t.Fatal(err)
	}
	err = windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, acl, nil)
	if err != nil {
		t.Fatal(err)
	}
}
