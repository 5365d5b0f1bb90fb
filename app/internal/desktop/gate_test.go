package desktop

import (
	"testing"

	"munpae.example/munpae/app/internal/webview"
)

func TestWV13_OnlyWhatAPageNeedsReachesWails(t *testing.T) {
	const refuse, pass, gesture = webview.Refuse, webview.Pass, webview.Gesture
	for _, row := range []struct {
		message     string
		own, behind webview.Verdict
	}{
		{"runtime:ready", pass, pass},
		{"Q", pass, pass},
		{`C{"name":"munpae.Bridge.State","args":[],"callbackID":"1"}`, pass, pass},
		{`C{"name":"main.Notes.Mine","args":[],"callbackID":"1"}`, refuse, pass},
		{`C{"name":":wails:ClipboardGetText","args":[],"callbackID":"1"}`, refuse, gesture},
		{`C{"name":":wails:ClipboardSetText","args":["x"],"callbackID":"1"}`, refuse, gesture},
		{`C{"name":":wails:WindowGetSize","args":[],"callbackID":"1"}`, refuse, pass},
		{`C{"Name":":wails:ClipboardGetText","args":[],"callbackID":"1"}`, refuse, gesture}, // Go's JSON takes either
		{`C{"name":"munpae.Bridge.State","Name":":wails:ClipboardGetText"}`, refuse, gesture},
		{"C", refuse, refuse},
		{"C{", refuse, refuse},
		{"BO:https://example.org/", refuse, gesture},
		{"BO:mailto:a@example.org", refuse, gesture},
		{"BO:file:///etc/passwd", refuse, refuse},
		{"BO:javascript:1", refuse, refuse},
		{"Bhttps://example.org/", refuse, refuse},
		{`EE{"name":"state","data":[]}`, refuse, pass},
		{"LIa line", refuse, pass},
		{"LFthe end", refuse, refuse},
		{"LS1", refuse, refuse},
		{"WH", refuse, pass},
		{"DomReady", refuse, refuse},
		{"DD:1:1:/etc/passwd", refuse, refuse},
		{"wails:showInspector", refuse, refuse},
		{"drag", refuse, pass},
		{"resize:n-resize", refuse, pass},
		{"", refuse, refuse},
	} {
		if got := gate(row.message, true); got != row.own {
			t.Errorf("our page, %q: %v", row.message, got)
		}
		if got := gate(row.message, false); got != row.behind {
			t.Errorf("a program's page, %q: %v", row.message, got)
		}
	}
}
