package webview

/*
#cgo pkg-config: gtk+-3.0
#cgo !webkit2_41 pkg-config: webkit2gtk-4.0
#cgo webkit2_41 pkg-config: webkit2gtk-4.1
#include <stdlib.h>
#include "webview_linux.h"
*/
import "C"

import (
	"net/url"
	"os"
	"runtime"
	"sync"
	"unsafe"
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
	runtime.LockOSThread()
	mu.Lock()
	options = o
	mu.Unlock()

	// Wails chooses X11 the same way; GDK reads it once, at its first start.
	session := os.Getenv("XDG_SESSION_TYPE")
	if os.Getenv("GDK_BACKEND") == "" && (session == "" || session == "unspecified" || session == "x11") {
		os.Setenv("GDK_BACKEND", "x11")
	}
	jar, origin := C.CString(o.CookieJar), C.CString(o.Origin)
	defer C.free(unsafe.Pointer(jar))
	defer C.free(unsafe.Pointer(origin))
	if C.munpae_prepare(jar, origin) == 0 {
		return ErrNoDisplay
	}
	return nil
}

// Load sends the window to address, from any goroutine, and reports false where
// the page has to go there by itself. An address outside Options.Origin is not
// loaded.
func Load(address string) bool {
	a := C.CString(address)
	C.munpae_load(a) // freed on the main loop
	return true
}

// Urge asks for attention where the window manager would not raise the window,
// and takes the request back when urgent is false. It may be called from any
// goroutine.
func Urge(urgent bool) {
	n := C.int(0)
	if urgent {
		n = 1
	}
	C.munpae_urge(n)
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
