package desktop_test

import (
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/desktop"
	"munpae.example/munpae/app/internal/words"
)

// A sign-in that works is not called broken for one port of five that is taken.
func TestWhatIsOnlyWorthKnowingIsNoProblemWhereThePageIsMissing(t *testing.T) {
	port := app.Finding{Verdict: app.Warning, Detail: "48111"}
	browser := app.Finding{Verdict: app.Bad, Code: app.CodeBrowserUnavailable}
	for _, tag := range []app.Language{app.Korean, app.English} {
		w := words.In(tag)
		if happened, next := desktop.Examined(w, []app.Finding{{Verdict: app.Good, Detail: "well"}, port}); happened != w.Blank.Well ||
			!strings.HasPrefix(next, w.Blank.WellNext) || !strings.HasSuffix(next, "48111") || strings.Contains(next, "well\n") {
			t.Errorf("%q, %q", happened, next)
		}
		if happened, next := desktop.Examined(w, []app.Finding{port, browser}); happened != w.Blank.Wrong ||
			!strings.HasPrefix(next, words.Say(tag, app.CodeBrowserUnavailable, nil).Happened) || !strings.HasSuffix(next, "48111") {
			t.Errorf("%q, %q", happened, next)
		}
	}
}
