package webview

import "golang.org/x/sys/windows"

// Ask shows the system's message box, which has one button: it is always closed.
// Not tried.
func Ask(q Question) (pressed int, err error) {
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
