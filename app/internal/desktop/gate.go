package desktop

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"munpae.example/munpae/app/internal/webview"
)

// gate says which of a page's messages reach Wails (its internal/frontend/dispatcher).
// Whatever script gets into a page may send them all. Our own page needs its bound
// methods and Quit. A program's page behind the sign-in keeps its runtime, but for what
// only Wails' own side sends; what leaves the window or reads the clipboard asks for
// something that the person has just done there. allowed may leave it less of the
// runtime (Options.Runtime).
func gate(message string, own bool, allowed []string) webview.Verdict {
	if own {
		return ownGate(message)
	}
	if message == "" || !sends(message, allowed) {
		return webview.Refuse
	}
	switch message[0] {
	case 'C':
		name := callName(message)
		switch {
		case name == "":
			return webview.Refuse
		case strings.HasPrefix(name, ":wails:Clipboard"):
			return webview.Gesture
		}
		return webview.Pass
	case 'B':
		u, err := url.Parse(strings.TrimPrefix(message, "BO:"))
		if err != nil || !strings.HasPrefix(message, "BO:") || !slices.Contains([]string{"http", "https", "mailto"}, u.Scheme) {
			return webview.Refuse
		}
		return webview.Gesture
	case 'L': // not LF, which ends the program, nor LS, which changes what is logged
		if len(message) > 1 && strings.IndexByte("TPDIWE", message[1]) >= 0 {
			return webview.Pass
		}
		return webview.Refuse
	case 'E', 'W', 'Q', 'S', 'H', 'c':
		return webview.Pass
	}
	if message == "runtime:ready" || message == "drag" || strings.HasPrefix(message, "resize:") {
		return webview.Pass
	}
	return webview.Refuse // DomReady, DD: and wails:showInspector among them
}

func ownGate(message string) webview.Verdict {
	if message == "runtime:ready" || message == "Q" || strings.HasPrefix(callName(message), "munpae.Bridge.") {
		return webview.Pass
	}
	return webview.Refuse
}

// callName is the method that a message calls, or empty.
func callName(message string) string {
	if !strings.HasPrefix(message, "C") {
		return ""
	}
	var call struct {
		Name string `json:"name"`
	}
	if json.Unmarshal([]byte(message[1:]), &call) != nil {
		return ""
	}
	return call.Name
}
