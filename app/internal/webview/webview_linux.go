package webview

/*
#cgo pkg-config: gtk+-3.0 webkit2gtk-4.1
#include <stdlib.h>
#include <webkit2/webkit2.h>
#include "webview_linux.h"
*/
import "C"

import (
	"fmt"
	"net/url"
	"os"
	"runtime"
	"sync"
	"time"
	"unsafe"

	"munpae.example/munpae/app/internal/files"
)

var (
	mu      sync.Mutex
	options Options
)

// Prepare opens the display and sets up the default web context that Wails'
// window will use: persistent jar, caches, navigation rules. Call it once, from
// the main goroutine, before wails.Run in that same goroutine: it locks the
// goroutine to its thread, which becomes GTK's. ErrNoDisplay.
func Prepare(o Options) error {
	mu.Lock()
	options = o
	mu.Unlock()

	display()
	if o.DataDir != "" {
		// The engine writes there wherever a link leads.
		if err := files.Folder(o.DataDir); files.Planted(err) {
			_, _ = files.SetAside(o.DataDir, time.Now())
		}
	}
	jar, origin, data := C.CString(o.CookieJar), C.CString(o.Origin), C.CString(o.DataDir)
	defer C.free(unsafe.Pointer(jar))
	defer C.free(unsafe.Pointer(origin))
	defer C.free(unsafe.Pointer(data))
	whole := C.int(0)
	if o.Whole {
		whole = 1
	}
	if C.munpae_prepare(jar, origin, data, whole) == 0 {
		return ErrNoDisplay
	}
	return nil
}

// display makes the goroutine's thread GTK's and chooses the way to the display.
func display() {
	runtime.LockOSThread()
	// Wails chooses X11 the same way; GDK reads it once, at its first start.
	session := os.Getenv("XDG_SESSION_TYPE")
	if os.Getenv("GDK_BACKEND") == "" && (session == "" || session == "unspecified" || session == "x11") {
		os.Setenv("GDK_BACKEND", "x11")
	}
}

// Navigates reports whether Load works: if not, the boot page has to go to the
// origin by itself.
const Navigates = true

// Load sends the window to address, from any goroutine. It supersedes a load that
// is under way, so the boot page costs nothing. An address outside Options.Origin
// is not loaded.
func Load(address string) {
	C.munpae_load(C.CString(address)) // freed on the main loop
}

// Raise brings the window to the front, from any goroutine; where the window
// manager leaves it behind, it asks for attention until it is focused. token is a
// launcher's activation token, or empty. It reports false where Wails has to do it.
func Raise(token string) bool {
	C.munpae_raise(C.CString(token)) // freed on the main loop
	return true
}

// Quit ends the main loop, from any goroutine: at once, or as soon as it has begun,
// which Wails' own call does not wait for. It reports false where Wails has to do it.
func Quit() bool {
	C.munpae_quit()
	return true
}

// Dark reports whether the desktop prefers a dark theme, as the webview will tell
// the page (prefers-color-scheme). Call it after Prepare, on the same thread.
func Dark() bool { return C.munpae_dark() != 0 }

// SessionBus reports whether there is a D-Bus session bus to speak to, once Prepare
// has run. Who asks for one where there is none starts a stray daemon.
func SessionBus() bool { return C.munpae_session_bus() != 0 }

// Version is the version of WebKitGTK that runs, such as "2.50.6".
func Version() string {
	return fmt.Sprintf("%d.%d.%d", C.webkit_get_major_version(), C.webkit_get_minor_version(), C.webkit_get_micro_version())
}

//export munpaeTerminated
func munpaeTerminated(reason C.int) {
	mu.Lock()
	f := options.Terminated
	mu.Unlock()
	if f == nil {
		return
	}
	switch reason {
	case 0:
		f("crashed")
	case 1:
		f("memory")
	default:
		f("terminated")
	}
}

//export munpaeBlocked
func munpaeBlocked(address *C.char) {
	mu.Lock()
	f := options.Blocked
	mu.Unlock()
	if f == nil {
		return
	}
	u, err := url.Parse(C.GoString(address))
	if err != nil {
		f("an address that can't be read")
		return
	}
	f(u.Scheme + "://" + u.Host)
}

//export munpaeAttention
func munpaeAttention(wanted C.int) {
	mu.Lock()
	f := options.Attention
	mu.Unlock()
	if f != nil {
		f(wanted != 0)
	}
}
