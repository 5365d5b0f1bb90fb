package signin_test

import (
	"testing"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/signin"
)

func TestABrowserWithoutAPairBesideTheWindowDoesNotSignItOut(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	_, pair := w.join("github", person(0), "윤슬기")
	if err := w.arrive(app.Pair{}); app.CodeOf(err) != app.CodeSessionNone {
		t.Fatal(err)
	}
	if s := w.step(signin.StepSignedIn); s.Problem != nil {
		t.Error(show(s))
	}
	w.who(pair)
}

func TestAWrongSettingIsSaidAtHomeToo(t *testing.T) {
	w := newWorld(t, config{notice: app.Fail(app.CodeSettingsInvalid, nil, "name", "MUNPAE_NAVER_PORTS")})
	w.arrive(app.Pair{})
	w.Dismiss()
	_, pair := w.join("github", person(0), "윤슬기")
	w.quit()
	w.start()
	w.arrive(pair)
	if s := w.step(signin.StepSignedIn); s.Problem == nil || s.Problem.Code != app.CodeSettingsInvalid {
		t.Error(show(s))
	}
}
