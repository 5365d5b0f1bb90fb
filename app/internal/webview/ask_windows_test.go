package webview_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"munpae.example/munpae/app/internal/webview"
)

var (
	user32             = windows.NewLazySystemDLL("user32.dll")
	findWindow         = user32.NewProc("FindWindowW")
	enumChildWindows   = user32.NewProc("EnumChildWindows")
	getWindowText      = user32.NewProc("GetWindowTextW")
	postMessage        = user32.NewProc("PostMessageW")
	sendMessageTimeout = user32.NewProc("SendMessageTimeoutW")

	kernel32         = windows.NewLazySystemDLL("kernel32.dll")
	createActCtx     = kernel32.NewProc("CreateActCtxW")
	activateActCtx   = kernel32.NewProc("ActivateActCtx")
	deactivateActCtx = kernel32.NewProc("DeactivateActCtx")
)

const (
	wmClose        = 0x10
	wmNull         = 0x0
	tdmClickButton = 0x400 + 102 // TDM_CLICK_BUTTON of <commctrl.h>
)

// dialog waits for the dialog of that title and returns it with the texts of what is in it.
func dialog(t *testing.T, title string) (window uintptr, texts []string) {
	t.Helper()
	name, err := windows.UTF16PtrFromString(title)
	must(t, err)
	for end := time.Now().Add(time.Minute); window == 0; {
		if time.Now().After(end) {
			t.Fatal("no dialog has come")
		}
		window, _, _ = findWindow.Call(0, uintptr(unsafe.Pointer(name)))
		time.Sleep(time.Millisecond) // the system tells nobody of a window that opens
	}
	// Once it answers it has been made whole.
	var answer uintptr
	sendMessageTimeout.Call(window, wmNull, 0, 0, 0, 10_000, uintptr(unsafe.Pointer(&answer)))
	enumChildWindows.Call(window, syscall.NewCallback(func(child, _ uintptr) uintptr {
		text := make([]uint16, 1000)
		getWindowText.Call(child, uintptr(unsafe.Pointer(&text[0])), uintptr(len(text)))
		texts = append(texts, windows.UTF16ToString(text))
		return 1
	}), 0)
	return window, texts
}

// asModernControls calls f as a program is whose manifest asks for version 6 of the common
// controls, as build/windows/wails.exe.manifest does.
func asModernControls(t *testing.T, f func()) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	text, err := os.ReadFile("../../../build/windows/wails.exe.manifest")
	if err != nil {
		t.Error(err)
		return
	}
	path := filepath.Join(t.TempDir(), "manifest")
	if err := os.WriteFile(path, bytes.ReplaceAll(text, []byte("{{.Info.ProductVersion}}"), []byte("0.1.0")), 0o600); err != nil {
		t.Error(err)
		return
	}
	manifest, err := windows.UTF16PtrFromString(path)
	if err != nil {
		t.Error(err)
		return
	}
	context, _, err := createActCtx.Call(uintptr(unsafe.Pointer(&struct { // ACTCTXW
		size, flags uint32
		source      *uint16
		_           [5]uintptr
	}{size: 56, source: manifest})))
	if context == ^uintptr(0) {
		t.Error(err)
		return
	}
	var cookie uintptr
	if ok, _, err := activateActCtx.Call(context, uintptr(unsafe.Pointer(&cookie))); ok == 0 {
		t.Error(err)
		return
	}
	defer deactivateActCtx.Call(0, cookie)
	f()
}

func TestTheDialogSaysWhatHappenedAndReturnsTheButtonThatWasPressed(t *testing.T) {
	q := webview.Question{Title: "문패 " + t.Name(), Happened: "앱의 폴더에 쓸 수 없습니다.", Next: "폴더의 권한을 확인하고 다시 시작하세요.", Buttons: []string{"새 폴더로 시작", "다시 시도", "끝내기"}}
	for want, press := range map[int]func(window uintptr){
		0:              func(w uintptr) { postMessage.Call(w, tdmClickButton, 100, 0) },
		1:              func(w uintptr) { postMessage.Call(w, tdmClickButton, 101, 0) },
		2:              func(w uintptr) { postMessage.Call(w, tdmClickButton, 102, 0) },
		webview.Closed: func(w uintptr) { postMessage.Call(w, wmClose, 0, 0) },
	} {
		pressed := make(chan int)
		go func() {
			n := -2
			asModernControls(t, func() {
				var err error
				if n, err = webview.Ask(q); err != nil {
					t.Error(err)
				}
			})
			pressed <- n
		}()
		window, texts := dialog(t, q.Title)
		for _, label := range q.Buttons {
			if !slices.Contains(texts, label) {
				t.Errorf("there is no button %q among %q", label, texts)
			}
		}
		press(window)
		if got := <-pressed; got != want {
			t.Errorf("button %d became %d", want, got)
		}
	}
	if _, err := webview.Ask(webview.Question{Title: "a\x00b"}); err == nil || !strings.Contains(err.Error(), "invalid") {
		t.Errorf("what no text of Windows can be: %v", err)
	}
}
