package desktop

import (
	"cmp"
	"context"
	"errors"
	"os"

	"github.com/wailsapp/wails/v2/pkg/options"
	wailsassets "github.com/wailsapp/wails/v2/pkg/options/assetserver"
	"github.com/wailsapp/wails/v2/pkg/options/linux"
	"github.com/wailsapp/wails/v2/pkg/options/windows"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/webview"
)

// Treatment is what becomes of a field of Wails' own options.
type Treatment string

// The treatments.
const (
	Passed  Treatment = "passed"  // as it is
	Chained Treatment = "chained" // the program's own runs beside ours
	Behind  Treatment = "behind"  // it is served behind the sign-in
	Filled  Treatment = "filled"  // as it is; ours where it is not set
	Refused Treatment = "refused" // setting it is an error that names it
)

// Fields says what becomes of every field of options.App.
var Fields = map[string]Treatment{
	"Title": Passed, "Width": Passed, "Height": Passed, "DisableResize": Passed, "Fullscreen": Passed, "Frameless": Passed,
	"MinWidth": Passed, "MinHeight": Passed, "MaxWidth": Passed, "MaxHeight": Passed, "StartHidden": Passed,
	"HideWindowOnClose": Passed, "AlwaysOnTop": Passed, "WindowStartState": Passed, "Menu": Passed,
	"BackgroundColour": Filled, "Logger": Filled, "Linux": Filled, "Windows": Filled,
	"LogLevel": Passed, "LogLevelProduction": Passed,
	"Assets": Behind, "AssetsHandler": Behind, "AssetServer": Behind,
	"OnStartup": Chained, "OnDomReady": Chained, "OnShutdown": Passed, "OnBeforeClose": Passed,
	"Bind": Chained, "EnumBind": Passed, "ErrorFormatter": Chained,
	"CSSDragProperty": Passed, "CSSDragValue": Passed, "EnableDefaultContextMenu": Passed, "EnableFraudulentWebsiteDetection": Passed,
	"SingleInstanceLock": Refused, "BindingsAllowedOrigins": Refused,
	"Mac": Passed, "Experimental": Passed, "Debug": Passed, "DragAndDrop": Passed, "DisablePanicRecovery": Passed,
}

// Check names the first option that cannot work with the sign-in.
func Check(a *options.App) error {
	switch {
	case a == nil:
		return errors.New("no options were given")
	case a.SingleInstanceLock != nil:
		return errors.New("SingleInstanceLock cannot be set: one program runs for a profile already, and a second start raises its window")
	case a.BindingsAllowedOrigins != "":
		return errors.New("BindingsAllowedOrigins cannot be set: the window's own origin is the only one that may call Go")
	//lint:ignore SA1019 a program of others may set them
	case a.AssetServer != nil && (a.Assets != nil || a.AssetsHandler != nil):
		return errors.New("AssetServer is set beside the deprecated Assets or AssetsHandler: set AssetServer alone")
	}
	return nil
}

// DevServer is the address of the front end's dev server under `wails dev`, or empty.
func DevServer() string {
	if !dev {
		return ""
	}
	return os.Getenv("frontenddevserverurl")
}

// run is what Wails is given: the program's own options, and ours.
func (o Options) run(bound []any, theme string, startup, domReady func(context.Context)) *options.App {
	run := *o.App
	// No larger than its screen, and able to become as small as the smallest.
	here, smallest := webview.WorkArea()
	run.Width, run.Height = fitted(cmp.Or(run.Width, 1024), cmp.Or(run.Height, 768), here) // Wails' own default
	run.MinWidth, run.MinHeight = fitted(run.MinWidth, run.MinHeight, smallest)
	if run.BackgroundColour == nil && !o.Whole { // a page of the program's may count on Wails' own
		run.BackgroundColour = o.background(theme)
	}
	//lint:ignore SA1019 a program of others may set them
	run.Assets, run.AssetsHandler = nil, nil
	run.AssetServer = &wailsassets.Options{Handler: bootPage(o.App.Title, o.BootURL, o.Booted)}
	run.Bind = append(bound, run.Bind...)
	run.BindingsAllowedOrigins = o.Origin
	run.ErrorFormatter = errorFormatter(o.App.ErrorFormatter)
	if run.Logger == nil {
		run.Logger = wailsLog{o.Log}
	}
	own := linux.Options{WebviewGpuPolicy: linux.WebviewGpuPolicyNever} // the zero value of a set one starts WebKit's GPU process
	if run.Linux != nil {
		own = *run.Linux
	}
	if own.Icon == nil {
		own.Icon = o.Icon
	}
	if own.ProgramName == "" {
		own.ProgramName = o.Name
	}
	run.Linux = &own
	onWindows := windows.Options{}
	if run.Windows != nil {
		onWindows = *run.Windows
	} else if !o.Whole {
		onWindows.Theme = titleBar(theme)
	}
	if onWindows.WebviewUserDataPath == "" {
		// Else every profile, and the demo, would share one jar in the roaming folder.
		onWindows.WebviewUserDataPath = o.webviewData()
	}
	run.Windows = &onWindows
	run.OnStartup = func(ctx context.Context) {
		startup(ctx)
		if o.App.OnStartup != nil {
			o.App.OnStartup(ctx)
		}
	}
	run.OnDomReady = func(ctx context.Context) {
		domReady(ctx)
		if o.App.OnDomReady != nil && o.ShowsBehind() {
			o.App.OnDomReady(ctx)
		}
	}
	return &run
}

// titleBar is the look of a title bar above a page of that theme.
func titleBar(theme string) windows.Theme {
	switch theme {
	case "dark":
		return windows.Dark
	case "light":
		return windows.Light
	}
	return windows.SystemDefault
}

// errorFormatter gives the page our errors as their code, with the support code of what
// our own methods could not do, and every other one as the program's own formatter, or
// Wails, would.
func errorFormatter(own options.ErrorFormatter) options.ErrorFormatter {
	return func(err error) any {
		if p, ok := errors.AsType[*app.Problem](err); ok {
			return p.Error()
		}
		if e, ok := errors.AsType[*app.Error](err); ok {
			return string(e.Code)
		}
		if own != nil {
			return own(err)
		}
		return err.Error()
	}
}
