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
		if got := gate(row.message, true, nil); got != row.own {
			t.Errorf("our page, %q: %v", row.message, got)
		}
		if got := gate(row.message, false, nil); got != row.behind {
			t.Errorf("a program's page, %q: %v", row.message, got)
		}
	}
}

// An app may leave its page less of Wails' runtime, by the names that Wails' own
// documentation has. Its bound methods are its own matter.
func TestWV15_AProgramMayAllowItsPageLessOfTheRuntime(t *testing.T) {
	const refuse, pass, gesture = webview.Refuse, webview.Pass, webview.Gesture
	some := []string{"Events*", "WindowGet*", "WindowSetTitle", "ClipboardSetText", "LogInfo"}
	for _, row := range []struct {
		message    string
		some, none webview.Verdict
	}{
		{"runtime:ready", pass, pass},
		{"drag", pass, pass},
		{`C{"name":"main.Notes.Mine","args":[],"callbackID":"1"}`, pass, pass},
		{`EE{"name":"state","data":[]}`, pass, refuse},
		{"EXstate", pass, refuse},
		{"E", refuse, refuse},
		{`C{"name":":wails:WindowGetPos","args":[],"callbackID":"1"}`, pass, refuse},
		{`C{"name":":wails:Environment","args":[],"callbackID":"1"}`, refuse, refuse},
		{`C{"name":"main.Notes.Mine","Name":":wails:Environment"}`, refuse, refuse},
		{`C{"name":":wails:ClipboardSetText","args":["x"],"callbackID":"1"}`, gesture, refuse},
		{`C{"name":":wails:ClipboardGetText","args":[],"callbackID":"1"}`, refuse, refuse},
		{"WTa title", pass, refuse},
		{"Wt", refuse, refuse},
		{"WATP:1", refuse, refuse},
		{"W", refuse, refuse},
		{"BO:https://example.org/", refuse, refuse},
		{"LIa line", pass, refuse},
		{"LEa line", refuse, refuse},
		{"LFthe end", refuse, refuse},
		{"Q", refuse, refuse},
		{"Sanything", refuse, refuse},
		{"H", refuse, refuse},
		{"DomReady", refuse, refuse},
	} {
		if got := gate(row.message, false, some); got != row.some {
			t.Errorf("some, %q: %v", row.message, got)
		}
		if got := gate(row.message, false, []string{}); got != row.none {
			t.Errorf("none, %q: %v", row.message, got)
		}
		if gate(row.message, true, []string{}) != gate(row.message, true, nil) {
			t.Errorf("our own page, %q, is touched by it", row.message)
		}
	}
	if got := gate("WATP:1", false, []string{"WindowSetAlwaysOnTop"}); got != pass {
		t.Errorf("always on top: %v", got)
	}
}
