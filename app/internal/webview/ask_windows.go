package webview

import (
	"encoding/binary"
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"
)

var taskDialogIndirect = windows.NewLazySystemDLL("comctl32.dll").NewProc("TaskDialogIndirect")

// Of <commctrl.h>.
const (
	taskDialogCancellable = 0x8        // TDF_ALLOW_DIALOG_CANCELLATION: Escape and the x
	taskDialogFits        = 0x01000000 // TDF_SIZE_TO_CONTENT
	taskDialogWarning     = 0xffff     // TD_WARNING_ICON
	firstButton           = 100        // an ID that none of the system's own buttons has
)

// Ask shows the system's dialog: no page, nothing of a profile. It returns the index of
// the button that was pressed, Closed if it was closed. A program without a manifest may
// have no such dialog, and shows a message box, which has one button.
func Ask(q Question) (pressed int, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if taskDialogIndirect.Find() != nil {
		return messageBox(q)
	}
	var pins runtime.Pinner
	defer pins.Unpin()
	var failed error
	text := func(s string) uint64 {
		p, err := windows.UTF16PtrFromString(s)
		if err != nil {
			failed = err
			return 0
		}
		pins.Pin(p)
		return uint64(uintptr(unsafe.Pointer(p)))
	}
	// Both structures are packed, which no structure of Go's is.
	var buttons, config []byte
	number := func(to []byte, v uint32) []byte { return binary.LittleEndian.AppendUint32(to, v) }
	pointer := func(to []byte, v uint64) []byte { return binary.LittleEndian.AppendUint64(to, v) }
	for i, label := range q.Buttons { // TASKDIALOG_BUTTON
		buttons = number(buttons, uint32(firstButton+i))
		buttons = pointer(buttons, text(label))
	}
	buttons = append(buttons, 0) // so that there is a first byte
	pins.Pin(&buttons[0])
	config = number(config, 0)  // cbSize
	config = pointer(config, 0) // hwndParent
	config = pointer(config, 0) // hInstance
	config = number(config, taskDialogCancellable|taskDialogFits)
	config = number(config, 0) // dwCommonButtons
	config = pointer(config, text(q.Title))
	config = pointer(config, taskDialogWarning)
	config = pointer(config, text(q.Happened))
	config = pointer(config, text(q.Next))
	config = number(config, uint32(len(q.Buttons)))
	config = pointer(config, uint64(uintptr(unsafe.Pointer(&buttons[0]))))
	config = number(config, firstButton)         // nDefaultButton
	config = append(config, make([]byte, 84)...) // from cRadioButtons to cxWidth: none
	binary.LittleEndian.PutUint32(config, uint32(len(config)))
	if failed != nil {
		return Closed, failed
	}
	var id int32
	if result, _, _ := taskDialogIndirect.Call(uintptr(unsafe.Pointer(&config[0])), uintptr(unsafe.Pointer(&id)), 0, 0); result != 0 {
		return messageBox(q)
	}
	if i := int(id) - firstButton; i >= 0 && i < len(q.Buttons) {
		return i, nil
	}
	return Closed, nil
}

func messageBox(q Question) (pressed int, err error) {
	text := q.Happened
	if q.Next != "" {
		text += "\n\n" + q.Next
	}
	body, err := windows.UTF16PtrFromString(text)
	if err != nil {
		return Closed, err
	}
	title, err := windows.UTF16PtrFromString(q.Title)
	if err != nil {
		return Closed, err
	}
	_, err = windows.MessageBox(0, body, title, windows.MB_OK|windows.MB_ICONWARNING)
	return Closed, err
}
