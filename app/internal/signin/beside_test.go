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

// The jar lost the first pair, so that the start claims it again.
func TestANoticeIsSaidAlsoWhereTheFirstPairIsClaimedAgain(t *testing.T) {
	for code, said := range map[app.Code]bool{
		app.CodeSettingsInvalid: true,
		app.CodeJarDamaged:      false, // it would have them sign in again, and nobody has to
	} {
		t.Run(string(code), func(t *testing.T) {
			w := newWorld(t, config{})
			w.arrive(app.Pair{})
			w.join("github", person(0), "윤슬기")
			w.quit()
			w.c.notice = app.Fail(code, nil)
			w.start()
			w.arrive(app.Pair{})
			if s := w.step(signin.StepSignedIn); !s.Unclaimed || (s.Problem != nil) != said || said && s.Problem.Code != code {
				t.Error(show(s))
			}
		})
	}
}
