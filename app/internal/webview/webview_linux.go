package webview

/*
#cgo pkg-config: gtk+-3.0 webkit2gtk-4.1
#cgo linux LDFLAGS: -lwayland-client
#include <stdlib.h>
#include <webkit2/webkit2.h>
#include "webview_linux.h"
*/
import "C"

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"github.com/godbus/dbus/v5"

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
	onlyThatBus()
	// Wails would choose X11 wherever XDG_SESSION_TYPE does not say Wayland, as in a
	// service; GDK reads it once, at its first start. Without either variable the
	// compositor's usual socket may still be there.
	if os.Getenv("GDK_BACKEND") == "" {
		backend := "wayland,x11"
		if os.Getenv("WAYLAND_DISPLAY") == "" && os.Getenv("DISPLAY") != "" {
			backend = "x11"
		}
		os.Setenv("GDK_BACKEND", backend)
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

// Heal is Load for a page that did not come: first it takes every cookie out of the
// jar that Options.Keeps does not know, since too many keep every page from coming.
func Heal(address string) {
	C.munpae_heal(C.CString(address)) // freed on the main loop
}

// Show puts n in the page's place, from any goroutine. It reports false where that
// can't be done. The page may be loaded meanwhile.
func Show(n Notice) bool {
	c := (*C.struct_munpae_notice)(C.calloc(1, C.sizeof_struct_munpae_notice)) // all of it freed on the main loop
	c.happened, c.next = C.CString(n.Happened), C.CString(n.Next)
	c.count = C.int(len(n.Buttons))
	c.buttons = (**C.char)(C.calloc(C.size_t(len(n.Buttons)+1), C.size_t(unsafe.Sizeof(c.happened))))
	for i, label := range n.Buttons {
		unsafe.Slice(c.buttons, len(n.Buttons))[i] = C.CString(label)
	}
	switch n.Theme {
	case "light":
		c.theme = C.MUNPAE_LIGHT
	case "dark":
		c.theme = C.MUNPAE_DARK
	default:
		c.theme = C.MUNPAE_SYSTEM
	}
	C.munpae_notice(c)
	return true
}

// Hide takes away what Show has put there, from any goroutine.
func Hide() { C.munpae_notice_hide() }

// Restart ends the webview's processes, which may hang, from any goroutine; the next
// Load starts others. What the jar holds stays.
func Restart() {
	C.munpae_end_web_process()
	end := syscall.SIGKILL
	if C.munpae_network_works() == 0 {
		end = syscall.SIGCONT // WebKit aborts this process when one dies that has not said its name yet
	}
	for _, pid := range children("WebKitNetworkProcess") {
		_ = syscall.Kill(pid, end)
	}
}

// children are this process's children of that name. The kernel keeps 15 bytes of it.
func children(name string) (pids []int) {
	own := strconv.Itoa(os.Getpid())
	found, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range found {
		// pid (name) state parent …, proc_pid_stat(5); a name may hold anything.
		b, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		text := string(b)
		open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
		if open < 0 || end < open {
			continue
		}
		after := strings.Fields(text[end+1:])
		pid, err := strconv.Atoi(strings.TrimSpace(text[:open]))
		if err == nil && len(after) > 1 && after[1] == own && text[open+1:end] == name[:min(len(name), 15)] {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Raise brings the window to the front, from any goroutine; where the window
// manager leaves it behind, it asks for attention until it is focused. token is a
// launcher's activation token, or empty; asked, that the person wants the window here and
// now, on whichever workspace they are. It reports false where Wails has to do it.
func Raise(token string, asked bool) bool {
	a := C.int(0)
	if asked {
		a = 1
	}
	C.munpae_raise(C.CString(token), a) // freed on the main loop
	return true
}

// Forget empties the clipboards that still hold text, from any goroutine.
func Forget(text string) {
	C.munpae_forget(C.CString(text)) // freed on the main loop
}

// Copy puts text on the clipboard and on the primary selection, from any goroutine but
// the main loop's. It reports done false where nobody sits: a compositor without a seat
// has no clipboard, and GTK would fall. can is false where Wails has to do it.
func Copy(text string) (done, can bool) {
	answer := make(chan bool, 1)
	mu.Lock()
	copied = append(copied, answer)
	mu.Unlock()
	C.munpae_copy(C.CString(text)) // freed on the main loop, which takes them in order
	return <-answer, true
}

// copied are those who wait in Copy.
var copied []chan bool

//export munpaeCopied
func munpaeCopied(done C.int) {
	mu.Lock()
	defer mu.Unlock()
	copied[0] <- done != 0
	copied = copied[1:]
}

// Token is an activation token for what the person did last in the window: who is given it
// may come to the front under Wayland. It is empty where there is none, and when ctx ends
// first. Call it from any goroutine but the main loop's, once the loop runs.
func Token(ctx context.Context) string {
	answer := make(chan string, 1)
	mu.Lock()
	tokens = append(tokens, answer)
	mu.Unlock()
	C.munpae_token()
	select {
	case token := <-answer:
		return token
	case <-ctx.Done():
		return ""
	}
}

// tokens are those who wait in Token.
var tokens []chan string

//export munpaeToken
func munpaeToken(token *C.char) {
	mu.Lock()
	defer mu.Unlock()
	tokens[0] <- C.GoString(token)
	tokens = tokens[1:]
}

// Announce has a screen reader say text once it has finished what it says, from any
// goroutine. WebKitGTK tells nobody of live regions, so this is how a page speaks.
func Announce(text string) {
	C.munpae_announce(C.CString(text)) // freed on the main loop
}

// Appear makes the window look like l, from any goroutine; with now at once, on the
// thread of Prepare before the main loop runs.
func Appear(l Look, now bool) {
	c, n := C.int(0), C.int(0)
	if l.Contrast {
		c = 1
	}
	if now {
		n = 1
	}
	C.munpae_appear(C.int(l.Scheme), c, C.int(l.Bar), C.CString(l.Style), n) // freed on the main loop
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

// WorkArea is the room that a window has on the monitor in use, and least what it has
// on any, in logical pixels, frame included; zero where nobody tells. Call it after
// Prepare, on the same thread.
func WorkArea() (here, least Size) {
	var w, h, leastW, leastH C.int
	C.munpae_work_area(&w, &h, &leastW, &leastH)
	return Size{int(w), int(h)}, Size{int(leastW), int(leastH)}
}

// SessionBus is the address of the D-Bus session bus, empty where there is none. Whoever
// looks for one in another way starts a stray daemon where there is none.
func SessionBus() string {
	address := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	if address != "" && !strings.HasPrefix(address, "autolaunch:") { // which is how to start one
		return address
	}
	folder := os.Getenv("XDG_RUNTIME_DIR")
	if !filepath.IsAbs(folder) {
		return ""
	}
	bus := filepath.Join(folder, "bus")
	st, err := os.Stat(bus)
	if err != nil || st.Mode().Type() != os.ModeSocket {
		return ""
	}
	if t, ok := st.Sys().(*syscall.Stat_t); !ok || int(t.Uid) != os.Getuid() {
		return ""
	}
	return "unix:path=" + dbus.EscapeBusAddressValue(bus)
}

// onlyThatBus tells GLib, in this process and in each of WebKit's, of SessionBus. It does
// so in C's environment only, which children of Go's do not see, and before GLib has
// threads that read it: once.
var onlyThatBus = sync.OnceFunc(func() {
	address := SessionBus()
	if address == "" {
		address = "disabled:"
	}
	name, value := C.CString("DBUS_SESSION_BUS_ADDRESS"), C.CString(address)
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(value))
	C.setenv(name, value, 1)
})

// Version is the version of WebKitGTK that runs, such as "2.50.6".
func Version() (string, error) {
	return fmt.Sprintf("%d.%d.%d", C.webkit_get_major_version(), C.webkit_get_minor_version(), C.webkit_get_micro_version()), nil
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
	case C.WEBKIT_WEB_PROCESS_CRASHED:
		f("crashed")
	case C.WEBKIT_WEB_PROCESS_EXCEEDED_MEMORY_LIMIT:
		f("memory")
	}
}

//export munpaeMessage
func munpaeMessage(message, uri *C.char) C.int {
	mu.Lock()
	o := options
	mu.Unlock()
	path, here := strings.CutPrefix(C.GoString(uri), o.Origin+"/")
	if !here {
		return C.MUNPAE_PASS // for Wails to refuse: it asks for the exact origin
	}
	switch o.Message(C.GoString(message), strings.HasPrefix(path, "munpae/")) {
	case Pass:
		return C.MUNPAE_PASS
	case Gesture:
		return C.MUNPAE_GESTURE
	case Refuse:
	}
	return C.MUNPAE_REFUSE
}

//export munpaeKeeps
func munpaeKeeps(name, path *C.char) C.int {
	mu.Lock()
	f := options.Keeps
	mu.Unlock()
	if f == nil || f(C.GoString(name), C.GoString(path)) {
		return 1
	}
	return 0
}

//export munpaeFailed
func munpaeFailed(why *C.char, part C.int) {
	mu.Lock()
	f := options.Failed
	mu.Unlock()
	if f != nil {
		f(C.GoString(why), part != 0)
	}
}

//export munpaeWaits
func munpaeWaits() {
	mu.Lock()
	f := options.Waits
	mu.Unlock()
	if f != nil {
		f()
	}
}

//export munpaeFinished
func munpaeFinished() {
	mu.Lock()
	f := options.Finished
	mu.Unlock()
	if f != nil {
		f()
	}
}

//export munpaeNoticePressed
func munpaeNoticePressed(button C.int) {
	mu.Lock()
	f := options.Pressed
	mu.Unlock()
	if f != nil {
		f(int(button))
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
