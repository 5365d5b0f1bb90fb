// Package desktop is the Wails side: the window, its events, the system browser, and
// the rule of one running app a profile. The page runs at the app's own loopback
// origin (docs/decisions); what it may call is package munpae below this one.
package desktop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/wailsapp/wails/v2"
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/runtime"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/desktop/munpae"
	"munpae.example/munpae/app/internal/files"
	"munpae.example/munpae/app/internal/signin"
	"munpae.example/munpae/app/internal/webview"
)

// What a window manager's frame takes of a work area, at most, in logical pixels.
const frameWidth, frameHeight = 8, 40

// fitted is a size as far as it fits into an area, frame included. An area of no size
// says nothing.
func fitted(width, height int, area webview.Size) (int, int) {
	if area.Width <= frameWidth || area.Height <= frameHeight {
		return width, height
	}
	return min(width, area.Width-frameWidth), min(height, area.Height-frameHeight)
}

// Options are what Run needs. Every field but Icon, Light and Dark is required.
type Options struct {
	// Name is what the desktop knows the program by: that of its .desktop file.
	Name string
	// Called is what people call it, in notifications.
	Called string
	// Origin is where the page is served, such as "http://127.0.0.1:40000".
	Origin string
	// CookieJar is the webview's jar, already checked (webview.CheckJar).
	CookieJar string
	// Connect opens the rest of the program. It runs in its own goroutine while
	// the display opens, which takes longer.
	Connect func() (munpae.SignIn, munpae.Host)
	// App are Wails' own options, as the program around gives them. Check refused what
	// cannot be.
	App *options.App
	// Whole leaves the page what the web can do (webview.Options).
	Whole bool
	// Runtime are the functions of Wails' JavaScript runtime that the program's page may
	// call, checked by CheckRuntime; nil: all.
	Runtime []string
	// ShowsBehind reports whether the window shows the program behind the sign-in
	// rather than the sign-in.
	ShowsBehind func() bool
	// Keeps reports whether a cookie of that name and path is the window's own.
	Keeps func(name, path string) bool
	// BootURL makes an address at Origin with a new one-time token.
	BootURL func() string
	// Booted reports whether the window has been there.
	Booted func() bool
	Log    *slog.Logger
	// Light and Dark are the page's backgrounds, painted before the page is there.
	Light, Dark [3]uint8 // red, green, blue
	// Accent lets the person's accent colour, which the desktop tells, into our pages.
	Accent bool
	Icon   []byte // PNG
}

// webviewData is where the webview keeps what is its own, beside the jar.
func (o Options) webviewData() string { return filepath.Join(filepath.Dir(o.CookieJar), "webview") }

// Window is the app's one window. It implements signin.Window, and may be used
// before Run: there is nothing to raise then.
type Window struct {
	mu     sync.Mutex
	ctx    context.Context // Wails' own, which its runtime functions ask for
	dog    *watchdog       // once the window is open
	ending chan os.Signal  // what asks the program to end
	// link was copied, of attempt; empty once it is forgotten.
	link, attempt string
}

// NewWindow returns a window that Run will open.
func NewWindow() *Window {
	return &Window{ctx: context.Background(), ending: make(chan os.Signal, 1)}
}

// Leave ends the program in order, as a signal would (Instance.OnLeave).
func (w *Window) Leave() {
	select {
	case w.ending <- syscall.SIGTERM:
	default: // it is ending
	}
}

// Context is Wails' own once the window is open.
func (w *Window) Context() context.Context {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ctx
}

// open reports whether Wails' runtime may be called: without its context it
// would end the process.
func (w *Window) open() (context.Context, bool) {
	ctx := w.Context()
	return ctx, ctx != context.Background()
}

// Raise brings the window to the front. Where the window manager refuses, the
// window asks for attention and a notification says why.
func (w *Window) Raise() { w.raise("", false) }

// RaiseFor is Raise for a person who asks for the window, by a second start
// (Instance.OnRaise) or a pressed notification. The activation token of the launcher or
// the notification server, if any, lets a Wayland compositor allow it.
func (w *Window) RaiseFor(token string) { w.raise(token, true) }

func (w *Window) raise(token string, asked bool) {
	ctx, ok := w.open()
	if !ok {
		return
	}
	w.watching().raised()
	if webview.Raise(token, asked) {
		return
	}
	if runtime.WindowIsMinimised(ctx) { // else Windows would make a maximised one small
		runtime.WindowUnminimise(ctx)
	}
	runtime.WindowShow(ctx)
}

// Token makes an activation token for whatever the person's press opens; empty where there
// is none.
func (w *Window) Token(ctx context.Context) string {
	if _, ok := w.open(); !ok {
		return ""
	}
	return webview.Token(ctx)
}

// watching is nil until the window is open.
func (w *Window) watching() *watchdog {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dog
}

// PageRuns hears that the page runs; ready says whether it has a screen to show.
func (w *Window) PageRuns(ready bool) {
	if d := w.watching(); d != nil {
		d.runs(ready)
	}
}

// CopyLink is CopyText for the address of an attempt, whose end takes it off the
// clipboard again. state is the sign-in's.
func (w *Window) CopyLink(address, attempt string, state func() signin.State) error {
	if err := w.CopyText(address); err != nil {
		return err
	}
	w.keepLink(address, attempt, state)
	return nil
}

// keepLink remembers what was copied, to forget it: at once if the attempt ended while it
// was being copied, when there was nothing to forget.
func (w *Window) keepLink(address, attempt string, state func() signin.State) {
	w.mu.Lock()
	w.link, w.attempt = address, attempt
	w.mu.Unlock()
	w.forgetLink(state())
}

// forgetLink takes the address of an attempt that is over off the clipboard, if it is
// still there: whoever opens it could begin what the person has left.
func (w *Window) forgetLink(s signin.State) {
	w.mu.Lock()
	link := w.link
	over := link != "" && (s.Step != signin.StepWaiting || s.Attempt != w.attempt)
	if over {
		w.link, w.attempt = "", ""
	}
	w.mu.Unlock()
	if over {
		webview.Forget(link)
	}
}

// CopyText puts text on the clipboard. CodeConflict before the window is open.
func (w *Window) CopyText(text string) error {
	ctx, ok := w.open()
	if !ok {
		return app.Fail(app.CodeConflict, nil)
	}
	done, can := webview.Copy(text)
	if !can {
		if err := runtime.ClipboardSetText(ctx, text); err != nil {
			return app.Fail(app.CodeInternal, err)
		}
		return nil
	}
	if !done {
		return app.Fail(app.CodeInternal, errors.New("the display has no clipboard"))
	}
	return nil
}

// SaveFile asks where to save d and writes it there with mode 0600, whole or not
// at all. It reports false if the person cancelled. CodeDiskFull, CodeSaveRefused.
func (w *Window) SaveFile(d munpae.Document) (bool, error) {
	ctx, ok := w.open()
	if !ok {
		return false, app.Fail(app.CodeConflict, nil)
	}
	path, err := runtime.SaveFileDialog(ctx, runtime.SaveDialogOptions{DefaultFilename: d.Name, CanCreateDirectories: true})
	if err != nil {
		return false, app.Fail(app.CodeInternal, err)
	}
	if path == "" {
		return false, nil
	}
	return true, writeWhole(path, d.Data)
}

// Announce has a screen reader say text, where the page's own live regions are not heard.
func (w *Window) Announce(text string) {
	if _, ok := w.open(); ok {
		webview.Announce(text)
	}
}

// writeWhole writes the whole file or none.
func writeWhole(path string, data []byte) error {
	if err := files.Write(path, data); err != nil {
		return saveFailed(err)
	}
	return nil
}

func saveFailed(err error) error {
	if files.Full(err) {
		return app.Fail(app.CodeDiskFull, err)
	}
	return app.Fail(app.CodeSaveRefused, err)
}

// Run opens the window and returns when it is closed, by the person or by a signal
// that asks the program to end. Call it from the main goroutine: its thread becomes
// the one of the window. CodeNoDisplay, CodeWebViewMissing.
func (w *Window) Run(o Options) error {
	opened := make(chan struct{})
	alone := onEnding(w.ending, opened, func(s os.Signal) {
		o.Log.Info("asked to end", "signal", s.String())
		if !webview.Quit() {
			runtime.Quit(w.Context())
		}
	})
	attention := make(chan bool, 1)
	say := newest(attention)
	var signIn munpae.SignIn
	connected := make(chan *munpae.Bridge, 1)
	go func() {
		s, h := o.Connect()
		signIn = s
		connected <- munpae.NewBridge(w, s, h)
	}()
	notice := &blank{window: w, put: webview.Show}
	dog := &watchdog{
		load: func() { webview.Load(o.BootURL()) }, heal: func() { webview.Heal(o.BootURL()) }, restart: webview.Restart, say: notice.show, unsay: webview.Hide,
		after: func(d time.Duration, f func()) { time.AfterFunc(d, f) }, now: time.Now, log: o.Log,
	}
	notice.dog = dog
	err := webview.Prepare(webview.Options{
		CookieJar:  o.CookieJar,
		DataDir:    o.webviewData(),
		Origin:     o.Origin,
		Whole:      o.Whole,
		Keeps:      o.Keeps,
		OwnEngine:  o.App.Windows != nil && o.App.Windows.WebviewBrowserPath != "",
		Terminated: func(reason string) { go dog.crashed(reason) },
		Failed:     func(why string, part bool) { go dog.failed(why, part) },
		Waits:      func() { o.Log.Info("the page waits for a dialog") },
		Finished: func() {
			if o.ShowsBehind() { // the sign-in's page says itself when it is there
				go dog.runs(true)
			}
		},
		Pressed: notice.press,
		Message: func(message string, own bool) webview.Verdict {
			v := gate(message, own, o.Runtime)
			if name := callName(message); v == webview.Refuse {
				o.Log.Warn("a message of the page was refused", "kind", message[:min(len(message), 1)], "method", name[:min(len(name), 64)])
			}
			return v
		},
		Blocked: func(address string) {
			o.Log.Warn("navigation refused", "to", address)
		},
		Attention: func(wanted bool) {
			if webview.SessionBus() != "" {
				say(wanted)
			}
		},
	})
	bridge := <-connected
	if errors.Is(err, webview.ErrNoDisplay) {
		return app.Fail(app.CodeNoDisplay, err)
	}
	if errors.Is(err, webview.ErrNoEngine) {
		return app.Fail(app.CodeWebViewMissing, err, "address", webview.EnginePage)
	}
	if err != nil {
		return app.Fail(app.CodeInternal, err)
	}

	notice.signIn, notice.check = signIn, bridge.Check
	var watch sync.Once
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	theme := signIn.State().Theme // what the window opens with
	look := &look{own: !o.Whole, accent: o.Accent, show: webview.Appear, theme: theme}
	look.open(ctx, webview.SessionBus(), o.Log)
	notices := &notices{name: o.Name, title: o.Called, raise: w.RaiseFor, state: signIn.State, log: o.Log}
	go notices.follow(ctx, attention)
	startup := func(wailsCtx context.Context) {
		w.mu.Lock()
		w.ctx, w.dog = wailsCtx, dog
		w.mu.Unlock()
		alone()
		close(opened)
		if webview.Navigates {
			dog.open()
		}
	}
	// The page asks for the state when it starts and hears of changes from here on;
	// what changed in between comes with the watcher's first call.
	domReady := func(wailsCtx context.Context) {
		watch.Do(func() {
			bar := theme
			signIn.Watch(ctx, func(s signin.State) {
				runtime.EventsEmit(wailsCtx, "state", s)
				look.setTheme(s.Theme)
				if s.Theme != bar && !o.Whole && o.App.Windows == nil {
					bar = s.Theme
					setTitleBar(wailsCtx, bar)
				}
				if s.Step != signin.StepStarting {
					dog.ready()
				}
				w.forgetLink(s)
			})
		})
	}
	if err := wails.Run(o.run([]any{bridge}, theme, startup, domReady)); err != nil {
		return app.Fail(app.CodeInternal, fmt.Errorf("wails: %w", err))
	}
	return nil
}

// setTitleBar changes what titleBar has chosen; Windows only.
func setTitleBar(ctx context.Context, theme string) {
	switch theme {
	case "dark":
		runtime.WindowSetDarkTheme(ctx)
	case "light":
		runtime.WindowSetLightTheme(ctx)
	default:
		runtime.WindowSetSystemDefaultTheme(ctx)
	}
}

// background is what the window shows until the page paints.
func (o Options) background(theme string) *options.RGBA {
	c := o.Light
	if theme == "dark" || theme == "system" && webview.Dark() {
		c = o.Dark
	}
	return options.NewRGB(c[0], c[1], c[2])
}
