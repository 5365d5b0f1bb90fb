// Package webview is what Wails lacks: a cookie jar that outlives the process, a
// window that goes nowhere but to the app's own origin, and word of a crashed web
// process. All cgo of our own is here, and of the program only how files are
// opened is known here.
//
// GTK and WebKitGTK are called on one thread only, that of Prepare, which later runs
// GTK's main loop: calls from another abort the process now and then. What may be
// called from any goroutine says so, and has the main loop do it.
package webview

import "errors"

// ErrNoDisplay reports that no window can be opened: no display server is named,
// or the named one does not answer.
var ErrNoDisplay = errors.New("webview: no display can be opened")

// ErrNoEngine reports that the system has nothing to show a page with: a Windows without
// WebView2.
var ErrNoEngine = errors.New("webview: there is no WebView2")

// EnginePage is where WebView2 is to be had: Microsoft's own installer, which needs no
// administrator.
const EnginePage = "https://go.microsoft.com/fwlink/p/?LinkId=2124703"

// Options are what Prepare sets up.
type Options struct {
	// CookieJar is the file of the persistent jar, checked by CheckJar before.
	// Empty keeps cookies in memory.
	CookieJar string
	// DataDir is where the webview keeps what is not a cookie; empty leaves it to
	// the system's folder under the program's name.
	DataDir string
	// Origin is the only origin that the window may show besides Wails' own boot
	// page, such as "http://127.0.0.1:40000".
	Origin string
	// Whole leaves the page what the web can do: compiled scripts, storage, media.
	// Munpae's own page needs none of it, and a program's behind the sign-in may.
	Whole bool
	// Keeps reports whether a cookie of that name and path stays when the jar is healed;
	// nil keeps all.
	Keeps func(name, path string) bool
	// OwnEngine says that the program brings an engine of its own. Windows only.
	OwnEngine bool
	// Terminated is called on the main loop's thread when the web process died, but
	// not by Restart; reason is "crashed" or "memory". It must not block.
	Terminated func(reason string)
	// Failed is called on the main loop's thread when the page could not be loaded, or,
	// with part, something that it needs to begin with; why is for the log. It must
	// not block.
	Failed func(why string, part bool)
	// Waits is called on the main loop's thread when the page gives no sign of life and
	// is left alone, because a dialog is open that it may wait for. It must not block.
	// Linux only.
	Waits func()
	// Finished is called on the main loop's thread when a document of the origin has
	// been loaded. It must not block.
	Finished func()
	// Pressed is called on the main loop's thread with the index of the button of a
	// Notice that was pressed. It must not block.
	Pressed func(button int)
	// Message is called on the main loop's thread with each message that a page of the
	// origin sends to Wails, and says whether it gets there; own reports whether the
	// page is Munpae's. It must not block. Linux only.
	Message func(message string, own bool) Verdict
	// Blocked is called on the main loop's thread with the scheme and host of an
	// address that the page wanted to go to and may not. It must not block.
	Blocked func(address string)
	// Attention is called on the main loop's thread with true when the window
	// manager left the window behind after a Raise, and with false once the person
	// has come to it. It must not block. Linux only.
	Attention func(wanted bool)
}

// Verdict is what becomes of a page's message.
type Verdict int

// The verdicts. Gesture passes what is sent right after the person has done something
// on the page.
const (
	Refuse Verdict = iota
	Pass
	Gesture
)

// Question is what Ask shows.
type Question struct {
	Name     string // what the desktop knows the program by: that of its .desktop file
	Title    string
	Happened string
	Next     string // a second sentence, or empty
	Buttons  []string
}

// Closed is what Ask answers when the window was closed with no button pressed.
const Closed = -1

// Notice is what stands in the window where the page should be, drawn without the
// page and without any process of the webview.
type Notice struct {
	Happened string
	Next     string
	Buttons  []string // the first is the one that is meant
	// Theme is "light", "dark" or "system".
	Theme string
}

// Look is how the window looks, beside what its page decides: the page is told of it
// (prefers-color-scheme, prefers-contrast), and a title bar that is drawn by the
// window itself follows.
type Look struct {
	Scheme Scheme
	// Contrast wishes for more of it.
	Contrast bool
	// Bar is for a title bar that a compositor draws around the window, where it can be
	// told (KDE's): AsFound leaves that to its own settings.
	Bar Scheme
	// Style are rules for Munpae's own pages, over those of the pages; may be empty.
	// Linux only.
	Style string
}

// Scheme is a wish for dark on light or light on dark.
type Scheme int

// The schemes. AsFound is what GTK's own settings say.
const (
	AsFound Scheme = iota
	PreferDark
	PreferLight
)

// Size is a size in logical pixels.
type Size struct{ Width, Height int }
