package desktop

import (
	"slices"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/desktop/munpae"
	"munpae.example/munpae/app/internal/signin"
	"munpae.example/munpae/app/internal/webview"
	"munpae.example/munpae/app/internal/words"
)

// told is a sign-in that only says how it is.
type told struct{ service }

type service = munpae.SignIn

func (told) State() signin.State { return signin.State{Language: app.Korean} }

func TestWhatTheCheckFoundIsNotPutOverAPageThatHasCome(t *testing.T) {
	w := watch(t)
	var put []string
	b := &blank{dog: w.watchdog, signIn: told{}, put: func(n webview.Notice) bool { put = append(put, n.Happened); return true }}
	b.check = func() ([]app.Finding, error) { return nil, nil }
	w.pass(2 * patience)
	w.want(3, true)
	of := words.In(app.Korean).Blank
	if b.examine(); !slices.Equal(put, []string{of.Checking, of.Well}) {
		t.Errorf("while the page is missing: %q", put)
	}
	put = nil
	b.check = func() ([]app.Finding, error) { w.runs(true); return nil, nil }
	if b.examine(); !slices.Equal(put, []string{of.Checking}) {
		t.Errorf("and the page came: %q", put)
	}
	w.want(3, false)
}

// A sign-in that works is not called broken for one port of five that is taken.
func TestWhatIsOnlyWorthKnowingIsNoProblemWhereThePageIsMissing(t *testing.T) {
	port := app.Finding{Verdict: app.Warning, Detail: "48111"}
	browser := app.Finding{Verdict: app.Bad, Code: app.CodeBrowserUnavailable}
	for _, tag := range []app.Language{app.Korean, app.English} {
		w := words.In(tag)
		if happened, next := examined(w, []app.Finding{{Verdict: app.Good, Detail: "well"}, port}); happened != w.Blank.Well ||
			!strings.HasPrefix(next, w.Blank.WellNext) || !strings.HasSuffix(next, "48111") || strings.Contains(next, "well\n") {
			t.Errorf("%q, %q", happened, next)
		}
		if happened, next := examined(w, []app.Finding{port, browser}); happened != w.Blank.Wrong ||
			!strings.HasPrefix(next, words.Say(tag, app.CodeBrowserUnavailable, nil).Happened) || !strings.HasSuffix(next, "48111") {
			t.Errorf("%q, %q", happened, next)
		}
	}
}
