package desktop

import (
	"testing"

	"munpae.example/munpae/app/internal/webview"
)

func TestThePersonsThemeStandsOverTheDesktopsWish(t *testing.T) {
	for _, c := range []struct {
		theme string
		wish  wish
		want  webview.Scheme
		bar   webview.Scheme // AsFound: the compositor knows it itself
	}{
		{"system", wish{}, webview.AsFound, webview.AsFound},
		{"system", wish{scheme: 1}, webview.PreferDark, webview.AsFound},
		{"system", wish{scheme: 2}, webview.PreferLight, webview.AsFound},
		{"system", wish{scheme: 7}, webview.AsFound, webview.AsFound},
		{"light", wish{scheme: 1}, webview.PreferLight, webview.PreferLight},
		{"light", wish{scheme: 2}, webview.PreferLight, webview.AsFound},
		{"dark", wish{scheme: 2}, webview.PreferDark, webview.PreferDark},
		{"dark", wish{}, webview.PreferDark, webview.PreferDark},
	} {
		for _, contrast := range []bool{false, true} {
			c.wish.contrast = contrast
			if got := c.wish.of(c.theme); got != (webview.Look{Scheme: c.want, Bar: c.bar, Contrast: contrast}) {
				t.Errorf("theme %s, wish %+v: %+v", c.theme, c.wish, got)
			}
		}
	}
}

func TestAProgramBehindTheSignInHearsOfTheDesktopsWishAlone(t *testing.T) {
	for own, want := range map[bool]webview.Scheme{true: webview.PreferLight, false: webview.PreferDark} {
		var shown []webview.Look
		l := &look{own: own, theme: "light", show: func(l webview.Look, _ bool) { shown = append(shown, l) }}
		l.setWish(wish{scheme: 1})
		if shown != nil {
			t.Fatal("it was shown before the window opens")
		}
		l.open(t.Context(), "", nil)
		if len(shown) != 1 || shown[0].Scheme != want {
			t.Errorf("own %v: %+v", own, shown)
		}
	}
}
