package loopback

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/windows"
)

var getExtendedTCPTable = windows.NewLazySystemDLL("iphlpapi.dll").NewProc("GetExtendedTcpTable")

// <iprtrmib.h>, <tcpmib.h>
const (
	tcpTableOwnerPIDConnections = 4  // TCP_TABLE_OWNER_PID_CONNECTIONS
	tcpRow                      = 24 // sizeof(MIB_TCPROW_OWNER_PID)
)

// kernel answers by the table of TCP connections, whose rows name a process.
type kernel struct{ user *windows.SID }

func openKernel() (*kernel, error) {
	if err := getExtendedTCPTable.Find(); err != nil {
		return nil, err
	}
	u, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, err
	}
	sid, err := u.User.Sid.Copy()
	return &kernel{sid}, err
}

// ours reports whether the socket at client that is connected to server belongs to
// this user; errGone if there is none.
func (k *kernel) ours(client, server netip.AddrPort) (bool, error) {
	pid, err := connectionOwner(client, server)
	if err != nil {
		return false, err
	}
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return false, nil // another user's can't be looked at
	}
	defer windows.CloseHandle(process)
	var token windows.Token
	if err := windows.OpenProcessToken(process, windows.TOKEN_QUERY, &token); err != nil {
		return false, nil
	}
	defer token.Close()
	u, err := token.GetTokenUser()
	if err != nil {
		return false, err
	}
	// The number may have been given to another process in between.
	if again, err := connectionOwner(client, server); err != nil || again != pid {
		return false, errGone
	}
	return u.User.Sid.Equals(k.user), nil
}

// connectionOwner returns the process that has the connection.
func connectionOwner(client, server netip.AddrPort) (pid uint32, err error) {
	table := make([]byte, 32<<10)
	for {
		size := uint32(len(table))
		r, _, _ := getExtendedTCPTable.Call(uintptr(unsafe.Pointer(&table[0])), uintptr(unsafe.Pointer(&size)), 0, windows.AF_INET, tcpTableOwnerPIDConnections, 0)
		if windows.Errno(r) == windows.ERROR_INSUFFICIENT_BUFFER && size > uint32(len(table)) {
			table = make([]byte, size+4096) // it may grow meanwhile
			continue
		}
		if r != 0 {
			return 0, fmt.Errorf("GetExtendedTcpTable: %w", windows.Errno(r))
		}
		break
	}
	from, to := client.Addr().As4(), server.Addr().As4()
	rows := table[4:]
	for range min(int(binary.LittleEndian.Uint32(table)), len(rows)/tcpRow) {
		row := rows[:tcpRow]
		rows = rows[tcpRow:]
		if [4]byte(row[4:]) == from && binary.BigEndian.Uint16(row[8:]) == client.Port() &&
			[4]byte(row[12:]) == to && binary.BigEndian.Uint16(row[16:]) == server.Port() {
			if pid = binary.LittleEndian.Uint32(row[20:]); pid == 0 {
				return 0, errGone // closed by its process
			}
			return pid, nil
		}
	}
	return 0, errGone
}
