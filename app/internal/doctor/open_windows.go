package doctor

import (
	"io/fs"
	"unsafe"

	"golang.org/x/sys/windows"
)

// groups are those that everybody who may use the computer is in.
var groups = []windows.WELL_KNOWN_SID_TYPE{windows.WinWorldSid, windows.WinAuthenticatedUserSid, windows.WinBuiltinUsersSid, windows.WinBuiltinGuestsSid}

// accessAllowed is ACCESS_ALLOWED_ACE_TYPE of <winnt.h>.
const accessAllowed = 0

// openTo returns the name of a group of others that the file's access list lets in,
// or "". A file without a list is everybody's; one whose list can't be read is taken
// for closed.
func openTo(path string, _ fs.FileInfo) string {
	d, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return ""
	}
	list, _, err := d.DACL()
	if err != nil || list == nil {
		return "Everyone"
	}
	for i := range uint32(list.AceCount) {
		var ace *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(list, i, &ace); err != nil || ace.Header.AceType != accessAllowed {
			continue
		}
		if ace.Mask&(windows.FILE_READ_DATA|windows.FILE_WRITE_DATA|windows.GENERIC_READ|windows.GENERIC_WRITE|windows.GENERIC_ALL) == 0 {
			continue
		}
		sid := (*windows.SID)(unsafe.Pointer(&ace.SidStart))
		for _, group := range groups {
			if sid.IsWellKnown(group) {
				if name, _, _, err := sid.LookupAccount(""); err == nil {
					return name
				}
				return sid.String()
			}
		}
	}
	return ""
}
