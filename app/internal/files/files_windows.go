package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// noFollow is 0: swapped tells of a link. FILE_FLAG_OPEN_REPARSE_POINT would read what a
// deduplicating disk keeps instead of the file.
const noFollow = 0

func isLinkError(error) bool { return false }

// swapped reports whether a link has come to path, by which something else was opened. Who
// also takes it away in time is kept out by the folder's access list: numbers of files, which
// would tell, change from one opening to the next on some disks of the network.
func swapped(path string) bool {
	there, err := os.Lstat(path)
	return err != nil || !there.Mode().IsRegular()
}

// Of <winnt.h>.
const (
	accessAllowed = 0 // ACCESS_ALLOWED_ACE_TYPE

	fileWrites = windows.FILE_WRITE_DATA | windows.FILE_APPEND_DATA | windows.DELETE | windows.WRITE_DAC | windows.WRITE_OWNER | windows.GENERIC_WRITE | windows.GENERIC_ALL
	fileReads  = windows.FILE_READ_DATA | windows.GENERIC_READ
)

// others are groups that people are in who are not this user.
var others = []windows.WELL_KNOWN_SID_TYPE{
	windows.WinWorldSid, windows.WinAuthenticatedUserSid, windows.WinBuiltinUsersSid, windows.WinBuiltinGuestsSid,
	windows.WinInteractiveSid, windows.WinNetworkSid, windows.WinAnonymousSid,
}

// trusted reports whether what lies at path is this user's, or the administrator's. Who
// nobody can sign in as, as after Windows was set up anew, changes nothing; nor does a
// disk that knows no owners.
func trusted(path string, f *os.File, _ fs.FileInfo) bool {
	var d *windows.SECURITY_DESCRIPTOR
	var err error
	if f != nil {
		d, err = windows.GetSecurityInfo(windows.Handle(f.Fd()), windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	} else {
		d, err = windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	}
	if err != nil {
		return true
	}
	owner, _, err := d.Owner()
	if err == nil && owner != nil && owner.IsWellKnown(windows.WinAnonymousSid) {
		return false
	}
	if err != nil || owner == nil || owner.IsWellKnown(windows.WinLocalSystemSid) || owner.IsWellKnown(windows.WinBuiltinAdministratorsSid) {
		return true
	}
	if us, err := UserOf(windows.CurrentProcess()); err != nil || owner.Equals(us) {
		return true
	}
	_, _, kind, err := owner.LookupAccount("")
	return err != nil || kind != windows.SidTypeUser
}

// UserOf is who a process runs as. Windows only.
func UserOf(process windows.Handle) (*windows.SID, error) {
	var token windows.Token
	if err := windows.OpenProcessToken(process, windows.TOKEN_QUERY, &token); err != nil {
		return nil, err
	}
	defer token.Close()
	u, err := token.GetTokenUser()
	if err != nil {
		return nil, err
	}
	return u.User.Sid.Copy()
}

// OpenTo returns the name of a group of others that the access list of what lies at path
// lets read or write, or "". What has no list is everybody's; what can't be asked for one
// is taken for closed.
func OpenTo(path string, _ fs.FileInfo) string { return openTo(path, fileReads|fileWrites) }

// OthersWrite reports whether other users may write what lies at path.
func OthersWrite(path string, _ fs.FileInfo) bool { return openTo(path, fileWrites) != "" }

func openTo(path string, rights windows.ACCESS_MASK) string {
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
		if err := windows.GetAce(list, i, &ace); err != nil || ace.Header.AceType != accessAllowed || ace.Mask&rights == 0 {
			continue
		}
		sid := (*windows.SID)(unsafe.Pointer(&ace.SidStart))
		for _, group := range others {
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

// Close gives the file or the folder at path, if others may use it, an access list that
// lets in this user, the system and its administrators, and nobody by way of the folder
// above; what lies in a folder inherits it. A disk that keeps no lists is left as it is.
func Close(path string, st fs.FileInfo) error {
	if OpenTo(path, st) == "" || !keepsLists(path) {
		return nil
	}
	us, err := UserOf(windows.CurrentProcess())
	if err != nil {
		return err
	}
	below := ""
	if st.IsDir() {
		below = "OICI"
	}
	d, err := windows.SecurityDescriptorFromString("D:P(A;" + below + ";FA;;;" + us.String() + ")(A;" + below + ";FA;;;SY)(A;" + below + ";FA;;;BA)")
	if err != nil {
		return err
	}
	list, _, err := d.DACL()
	if err != nil {
		return err
	}
	if err := windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, list, nil); err != nil {
		return &os.PathError{Op: "SetNamedSecurityInfo", Path: path, Err: err}
	}
	return nil
}

// keepsLists reports whether the disk that path is on has access lists: FAT has none.
func keepsLists(path string) bool {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return true
	}
	root := make([]uint16, windows.MAX_LONG_PATH)
	if windows.GetVolumePathName(name, &root[0], uint32(len(root))) != nil {
		return true
	}
	var flags uint32
	if windows.GetVolumeInformation(&root[0], nil, 0, nil, nil, &flags, nil, 0) != nil {
		return true
	}
	return flags&windows.FILE_PERSISTENT_ACLS != 0
}

// MakeAll makes the folder at path and those above that are missing, each closed to others.
func MakeAll(path string) error {
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return nil
	}
	if above := filepath.Dir(path); above != path {
		if err := MakeAll(above); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		if st, err := os.Stat(path); err == nil && st.IsDir() { // made by another meanwhile
			return nil
		}
		return err
	}
	st, err := os.Lstat(path)
	if err != nil {
		return err
	}
	return Close(path, st)
}

// Writable reports why no file can be made in the folder, and makes none.
func Writable(dir string) error {
	name, err := windows.UTF16PtrFromString(filepath.Clean(dir))
	if err != nil {
		return err
	}
	const add = windows.FILE_WRITE_DATA | windows.FILE_APPEND_DATA // of a folder: FILE_ADD_FILE and FILE_ADD_SUBDIRECTORY
	h, err := windows.CreateFile(name, add, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_BACKUP_SEMANTICS, 0)
	if err != nil {
		return &os.PathError{Op: "CreateFile", Path: dir, Err: err}
	}
	return windows.CloseHandle(h)
}

// Full reports whether err says that a disk has no room, or this user no more of it.
func Full(err error) bool {
	return isAny(err, windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL, windows.ERROR_DISK_QUOTA_EXCEEDED)
}

// Unusable reports whether err says that a place can't be read or written as it is.
func Unusable(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) || isAny(err,
		windows.ERROR_WRITE_PROTECT, windows.ERROR_NOT_READY, windows.ERROR_CRC, windows.ERROR_IO_DEVICE, windows.ERROR_SHARING_VIOLATION, windows.ERROR_LOCK_VIOLATION,
		windows.ERROR_BAD_NETPATH, windows.ERROR_BAD_NET_NAME, windows.ERROR_INVALID_NAME, windows.ERROR_BAD_PATHNAME, windows.ERROR_DIRECTORY, windows.ERROR_FILENAME_EXCED_RANGE, windows.ERROR_INVALID_HANDLE)
}

// isAny knows Windows' own names: those of syscall, such as ENOSPC, are Go's inventions
// there, which no call returns.
func isAny(err error, reasons ...windows.Errno) bool {
	return slices.ContainsFunc(reasons, func(reason windows.Errno) bool { return errors.Is(err, reason) })
}

// busyPatience is how long Rename waits for a program that has one of the files open, as
// scanners and indexers have for a moment after each change.
const busyPatience = 2 * time.Second

// Rename gives what lies at from the name to, in the place of what has it.
func Rename(from, to string) error {
	for end := time.Now().Add(busyPatience); ; time.Sleep(10 * time.Millisecond) {
		err := os.Rename(from, to)
		busy := errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_ACCESS_DENIED)
		if !busy || time.Now().After(end) {
			return err
		}
	}
}

// SyncFolder does nothing: NTFS journals the rename, and a folder can't be flushed.
func SyncFolder(string) error { return nil }
