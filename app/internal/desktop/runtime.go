package desktop

import (
	"fmt"
	"slices"
	"strings"
)

// windowFunctions are the functions of Wails' runtime behind W, by the byte that its
// dispatcher looks at; those behind WA are told apart by what follows.
var windowFunctions = map[byte]string{
	'R': "WindowReloadApp", 'c': "WindowCenter", 'T': "WindowSetTitle", 'F': "WindowFullscreen", 'f': "WindowUnfullscreen",
	's': "WindowSetSize", 'Z': "WindowSetMaxSize", 'z': "WindowSetMinSize", 'p': "WindowSetPosition", 'H': "WindowHide", 'S': "WindowShow",
	'M': "WindowMaximise", 't': "WindowToggleMaximise", 'U': "WindowUnmaximise", 'm': "WindowMinimise", 'u': "WindowUnminimise",
	'r': "WindowSetBackgroundColour",
}

var appearanceFunctions = map[string]string{
	"SDT": "WindowSetSystemDefaultTheme", "LT": "WindowSetLightTheme", "DT": "WindowSetDarkTheme", "TP:": "WindowSetAlwaysOnTop",
}

var logFunctions = map[byte]string{'T': "LogTrace", 'P': "LogPrint", 'D': "LogDebug", 'I': "LogInfo", 'W': "LogWarning", 'E': "LogError"}

// calledFunctions are those that a page calls as it calls a bound method.
var calledFunctions = []string{
	"WindowGetPosition", "WindowGetSize", "WindowIsMaximised", "WindowIsMinimised", "WindowIsNormal", "WindowIsFullscreen", "ScreenGetAll", "Environment",
	"ClipboardGetText", "ClipboardSetText", "InitializeNotifications", "CleanupNotifications", "IsNotificationAvailable", "RequestNotificationAuthorization",
	"CheckNotificationAuthorization", "SendNotification", "SendNotificationWithActions", "RegisterNotificationCategory", "RemoveNotificationCategory",
	"RemoveAllPendingNotifications", "RemovePendingNotification", "RemoveAllDeliveredNotifications", "RemoveDeliveredNotification", "RemoveNotification",
}

// runtimeFunctions are all functions of Wails' JavaScript runtime that send something.
func runtimeFunctions() []string {
	all := append([]string{"BrowserOpenURL", "EventsEmit", "EventsOff", "Quit", "Show", "Hide"}, calledFunctions...)
	for _, f := range windowFunctions {
		all = append(all, f)
	}
	for _, f := range appearanceFunctions {
		all = append(all, f)
	}
	for _, f := range logFunctions {
		all = append(all, f)
	}
	slices.Sort(all)
	return all
}

// CheckRuntime names the first of names that is no function of Wails' runtime.
func CheckRuntime(names []string) error {
	all := runtimeFunctions()
	for _, n := range names {
		if n == "" || !slices.ContainsFunc(all, func(f string) bool { return allows(n, f) }) {
			return fmt.Errorf("%q, which is no function of Wails' runtime", n)
		}
	}
	return nil
}

// allows reports whether name is f, or with * at its end the beginning of f.
func allows(name, f string) bool {
	if begins, ok := strings.CutSuffix(name, "*"); ok {
		return strings.HasPrefix(f, begins)
	}
	return name == f
}

// sends reports whether a program that allows its page the functions of allowed, all of
// them if it is nil, lets message pass. Bound methods, and what Wails' runtime sends by
// itself, are no functions of it.
func sends(message string, allowed []string) bool {
	if allowed == nil || message == "" {
		return true
	}
	f := ""
	second := byte(0)
	if len(message) > 1 {
		second = message[1]
	}
	switch message[0] {
	case 'C':
		name, ours := strings.CutPrefix(callName(message), ":wails:")
		if !ours {
			return true
		}
		f = name
		if f == "WindowGetPos" {
			f = "WindowGetPosition"
		}
	case 'B':
		f = "BrowserOpenURL"
	case 'L':
		f = logFunctions[second]
	case 'E':
		f = map[byte]string{'E': "EventsEmit", 'X': "EventsOff"}[second]
	case 'W':
		f = windowFunctions[second]
		if second == 'A' {
			for begins, named := range appearanceFunctions {
				if strings.HasPrefix(message[2:], begins) {
					f = named
				}
			}
		}
	case 'Q':
		f = "Quit"
	case 'S':
		f = "Show"
	case 'H':
		f = "Hide"
	default:
		return true // c, a bound method; the runtime's own: ready, drag, resize
	}
	return slices.ContainsFunc(allowed, func(name string) bool { return f != "" && allows(name, f) })
}
