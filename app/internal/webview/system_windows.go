package webview

import (
	"runtime"
	"unsafe"

	"github.com/wailsapp/go-webview2/webviewloader"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// Prepare looks whether there is a WebView2 to show the window with: ErrNoEngine. It keeps
// its cookies in the folder that Wails is given by itself, and Wails starts a crashed web
// process again. Its jar is no file of a known format, so Options.CookieJar is not used.
func Prepare(o Options) error {
	if o.OwnEngine {
		return nil
	}
	_, err := Version()
	return err
}

// Version is that of the WebView2 that the system has, as Wails finds it. ErrNoEngine.
func Version() (string, error) {
	version, err := webviewloader.GetAvailableCoreWebView2BrowserVersionString("")
	if err == nil && version == "" {
		err = ErrNoEngine
	}
	return version, err
}

// Dark reports whether Windows shows programs dark.
func Dark() bool {
	k, err := registry.OpenKey(registry.CURRENT_USER, `Software\Microsoft\Windows\CurrentVersion\Themes\Personalize`, registry.QUERY_VALUE)
	if err != nil {
		return false
	}
	defer k.Close()
	light, _, err := k.GetIntegerValue("AppsUseLightTheme")
	return err == nil && light == 0
}

var (
	user32           = windows.NewLazySystemDLL("user32.dll")
	openClipboard    = user32.NewProc("OpenClipboard")
	closeClipboard   = user32.NewProc("CloseClipboard")
	emptyClipboard   = user32.NewProc("EmptyClipboard")
	getClipboardData = user32.NewProc("GetClipboardData")

	kernel32     = windows.NewLazySystemDLL("kernel32.dll")
	globalLock   = kernel32.NewProc("GlobalLock")
	globalUnlock = kernel32.NewProc("GlobalUnlock")
)

// unicodeText is CF_UNICODETEXT of <winuser.h>.
const unicodeText = 13

// Forget empties the clipboard if it still holds text.
func Forget(text string) {
	runtime.LockOSThread() // which has the clipboard
	defer runtime.UnlockOSThread()
	if ok, _, _ := openClipboard.Call(0); ok == 0 {
		return // another program has it open, as whoever copies
	}
	defer closeClipboard.Call()
	h, _, _ := getClipboardData.Call(unicodeText)
	if h == 0 {
		return
	}
	p, _, _ := globalLock.Call(h)
	if p == 0 {
		return
	}
	held := windows.UTF16PtrToString(*(**uint16)(unsafe.Pointer(&p)))
	globalUnlock.Call(h)
	if held == text {
		emptyClipboard.Call()
	}
}
