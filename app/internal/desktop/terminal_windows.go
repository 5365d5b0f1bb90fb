package desktop

import (
	"os"

	"golang.org/x/sys/windows"
)

var (
	kernel32      = windows.NewLazySystemDLL("kernel32.dll")
	attachConsole = kernel32.NewProc("AttachConsole")
	freeConsole   = kernel32.NewProc("FreeConsole")
)

// attachParent is ATTACH_PARENT_PROCESS of <wincon.h>.
const attachParent = ^uintptr(0)

// terminal is what Terminal has taken: the streams that it opened, and what was there.
var terminal struct {
	attached    bool
	stdout, was *os.File
	stderr, had *os.File
}

// Terminal has what is printed reach the terminal that this program was started from: a
// program with a window is given none. What was redirected stays so.
func Terminal() {
	stdout, stderr := printable(windows.STD_OUTPUT_HANDLE), printable(windows.STD_ERROR_HANDLE)
	if stdout && stderr {
		return
	}
	if ok, _, _ := attachConsole.Call(attachParent); ok == 0 {
		return // started from none
	}
	terminal.attached, terminal.was, terminal.had = true, os.Stdout, os.Stderr
	if !stdout {
		if f, err := os.OpenFile("CONOUT$", os.O_RDWR, 0); err == nil {
			os.Stdout, terminal.stdout = f, f
		}
	}
	if !stderr {
		if f, err := os.OpenFile("CONOUT$", os.O_RDWR, 0); err == nil {
			os.Stderr, terminal.stderr = f, f
		}
	}
}

// LeaveTerminal gives back what Terminal took, before the window opens: Ctrl+C there, and
// its end, are no matter of a window.
func LeaveTerminal() {
	if !terminal.attached {
		return
	}
	terminal.attached = false
	os.Stdout, os.Stderr = terminal.was, terminal.had
	for _, f := range []*os.File{terminal.stdout, terminal.stderr} {
		if f != nil {
			f.Close()
		}
	}
	_, _, _ = freeConsole.Call()
}

// printable reports whether the standard handle leads anywhere.
func printable(which uint32) bool {
	h, err := windows.GetStdHandle(which)
	if err != nil || h == 0 || h == windows.InvalidHandle {
		return false
	}
	kind, err := windows.GetFileType(h)
	return err == nil && kind != windows.FILE_TYPE_UNKNOWN
}
