package webview_test

import (
	"errors"
	"runtime"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"munpae.example/munpae/app/internal/webview"
)

// Whoever has no WebView2 is told so before a window opens, unless the program brings one.
func TestAWindowsWithoutWebView2IsSaid(t *testing.T) {
	version, err := webview.Version()
	if err == nil {
		if version == "" {
			t.Error("there is one, of no version")
		}
		t.Skip("there is WebView2 ", version)
	}
	if !errors.Is(err, webview.ErrNoEngine) {
		t.Errorf("got %q, %v", version, err)
	}
	if err := webview.Prepare(webview.Options{}); !errors.Is(err, webview.ErrNoEngine) {
		t.Errorf("got %v", err)
	}
	if err := webview.Prepare(webview.Options{OwnEngine: true}); err != nil {
		t.Errorf("with one of its own: %v", err)
	}
}

// What Windows' settings say decides on the ground that is there before the page.
func TestDarkIsWhatWindowsIsSetTo(t *testing.T) {
	path := `Software\Microsoft\Windows\CurrentVersion\Themes\Personalize`
	k, _, err := registry.CreateKey(registry.CURRENT_USER, path, registry.ALL_ACCESS)
	must(t, err)
	before, _, was := k.GetIntegerValue("AppsUseLightTheme")
	t.Cleanup(func() {
		defer k.Close()
		if was == nil {
			must(t, k.SetDWordValue("AppsUseLightTheme", uint32(before)))
		} else {
			must(t, k.DeleteValue("AppsUseLightTheme"))
		}
	})
	for light, dark := range map[uint32]bool{0: true, 1: false} {
		must(t, k.SetDWordValue("AppsUseLightTheme", light))
		if webview.Dark() != dark {
			t.Errorf("AppsUseLightTheme %d is taken for dark: %v", light, !dark)
		}
	}
}

// The address of a sign-in that is over is taken off the clipboard, and nothing else.
func TestOnlyWhatWasCopiedIsTakenOffTheClipboard(t *testing.T) {
	runtime.LockOSThread() // which has the clipboard
	defer runtime.UnlockOSThread()
	address := "http://127.0.0.1:40000/?n=once"
	for held, stays := range map[string]bool{address: false, "홍길동의 메모": true, address + " ": true} {
		put(t, held)
		webview.Forget(address)
		if got := taken(t); (got == held) != stays {
			t.Errorf("%q became %q", held, got)
		}
	}
}

// clipboard calls f with the clipboard open.
func clipboard(t *testing.T, f func()) {
	t.Helper()
	if ok, _, err := user32.NewProc("OpenClipboard").Call(0); ok == 0 {
		t.Fatal(err)
	}
	f()
	user32.NewProc("CloseClipboard").Call()
}

func put(t *testing.T, text string) {
	t.Helper()
	clipboard(t, func() {
		user32.NewProc("EmptyClipboard").Call()
		words, err := syscall.UTF16FromString(text)
		must(t, err)
		h, _, _ := kernel32.NewProc("GlobalAlloc").Call(2, uintptr(2*len(words))) // GMEM_MOVEABLE
		p, _, _ := kernel32.NewProc("GlobalLock").Call(h)
		copy(unsafe.Slice(*(**uint16)(unsafe.Pointer(&p)), len(words)), words)
		kernel32.NewProc("GlobalUnlock").Call(h)
		if ok, _, err := user32.NewProc("SetClipboardData").Call(13, h); ok == 0 {
			t.Error(err)
		}
	})
}

func taken(t *testing.T) (text string) {
	t.Helper()
	clipboard(t, func() {
		h, _, _ := user32.NewProc("GetClipboardData").Call(13)
		if h == 0 {
			return
		}
		p, _, _ := kernel32.NewProc("GlobalLock").Call(h)
		text = windows.UTF16PtrToString(*(**uint16)(unsafe.Pointer(&p)))
		kernel32.NewProc("GlobalUnlock").Call(h)
	})
	return text
}
