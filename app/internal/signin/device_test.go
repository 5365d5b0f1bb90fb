package signin_test

import (
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/attempt"
	"munpae.example/munpae/app/internal/provider/providertest"
	"munpae.example/munpae/app/internal/signin"
	"munpae.example/munpae/app/internal/words"
)

// poll is how long the app waits between two polls: the server's five seconds and
// a fifth.
const poll = 6 * time.Second

// device returns the state once a code is on screen.
func (w *world) device() signin.State {
	w.t.Helper()
	return w.await("a device code", func(s signin.State) bool {
		return s.Waiting != nil && s.Waiting.Device != nil && s.Waiting.Device.Problem == nil
	})
}

// enter types the code at the provider's page and clicks name there.
func (w *world) enter(code, name string) {
	w.t.Helper()
	page := w.visit(w.server.GitHubURL() + "/login/device")
	page, err := page.Fill("user_code", code).Click(ctx, "계속")
	w.must(err)
	_, err = page.Click(ctx, name)
	w.must(err)
}

func TestTheDeviceCodeStandsBesideTheBrowserAndWinsIfItIsFirst(t *testing.T) {
	w := newWorld(t, config{chooser: true})
	w.arrive(app.Pair{})
	chooser := w.visit(w.begin("github"))
	w.UseDeviceCode()
	d := w.device().Waiting
	if !d.Browser || !d.DeviceOffered || d.Phase != attempt.PhaseOpen || d.Device.UserCode == "" || len(d.Device.QR) < 21 ||
		d.Device.VerificationURI != w.server.GitHubURL()+"/login/device" {
		t.Errorf("beside the browser: %s", show(d))
	}
	w.UseDeviceCode() // a second press asks for nothing
	if code, err := w.UserCode(); err != nil || code != d.Device.UserCode {
		t.Errorf("code to copy: %q %v", code, err)
	}
	w.enter(d.Device.UserCode, "도하람")
	w.clock.awaitTimer(t, poll)
	w.clock.advance(poll)
	s := w.awaitStep(signin.StepNickname)
	if s.SignUp.Account != "haram" {
		t.Error(show(s))
	}
	if n := w.server.Count(providertest.GitHubDeviceCode); n != 1 {
		t.Errorf("%d codes were asked for", n)
	}
	// The browser's road is closed: whoever finishes there now changes nothing.
	if p, err := chooser.Click(ctx, "윤슬기"); err == nil && p.Status != 410 {
		t.Errorf("the late browser was answered %d", p.Status)
	}
	if got := w.State(); got.Seq != s.Seq || w.server.Count(providertest.GitHubToken) != 0 {
		t.Error("the late browser changed something")
	}
}

func TestTheBrowserWinsIfItIsFirstAndThePollingEnds(t *testing.T) {
	w := newWorld(t, config{chooser: true})
	w.arrive(app.Pair{})
	chooser := w.visit(w.begin("github"))
	w.UseDeviceCode()
	d := w.device().Waiting.Device
	w.clock.awaitTimer(t, poll)
	_, err := chooser.Click(ctx, "윤슬기")
	w.must(err)
	s := w.awaitStep(signin.StepNickname)
	w.enter(d.UserCode, "도하람")
	polls := w.server.Count(providertest.GitHubDeviceToken)
	w.clock.advance(5 * time.Minute)
	if got := w.State(); got.Seq != s.Seq || got.SignUp.Account != "seulgi-yoon" {
		t.Errorf("the late code changed the state: %s", show(got))
	}
	if n := w.server.Count(providertest.GitHubDeviceToken); n != polls {
		t.Error("polling went on")
	}
}

func TestGitHubWithoutASecretWorksByCodeAlone(t *testing.T) {
	w := newWorld(t, config{chooser: true, noSecret: true})
	w.arrive(app.Pair{})
	w.SignIn("github")
	d := w.device().Waiting
	if d.Browser || w.opener.count() != 0 {
		t.Errorf("a browser was opened: %s", show(d))
	}
	if _, err := w.FirstHop(); app.CodeOf(err) != app.CodeConflict {
		t.Errorf("an address to copy: %v", err)
	}
	w.enter(d.Device.UserCode, "윤슬기")
	w.clock.awaitTimer(t, poll)
	w.clock.advance(poll)
	w.awaitStep(signin.StepNickname)
}

func TestAnExpiredDeviceCodeOffersANewOne(t *testing.T) {
	for what, noSecret := range map[string]bool{"beside the browser": false, "alone": true} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t, config{chooser: true, noSecret: noSecret})
			w.arrive(app.Pair{})
			w.SignIn("github")
			if !noSecret {
				w.UseDeviceCode()
			}
			first := w.device().Waiting.Device.UserCode
			w.server.Fault(providertest.GitHubDeviceToken, providertest.Times(1, providertest.OAuthError(200, "expired_token", "")))
			w.clock.awaitTimer(t, poll)
			w.clock.advance(poll)
			s := w.await("an expired code", func(s signin.State) bool {
				return s.Waiting != nil && s.Waiting.Device != nil && s.Waiting.Device.Problem != nil
			})
			if p := s.Waiting.Device.Problem; p.Code != app.CodeDeviceCodeExpired || !support.MatchString(p.Support) || s.Problem != nil {
				t.Errorf("expired: %s", show(s))
			}
			if words.ActionOf(app.CodeDeviceCodeExpired) != "new_code" {
				t.Error("its button does not ask for a new one")
			}
			if _, err := w.UserCode(); app.CodeOf(err) != app.CodeConflict {
				t.Errorf("a dead code can be copied: %v", err)
			}
			w.UseDeviceCode()
			second := w.device().Waiting.Device.UserCode
			if second == first {
				t.Fatal("it is the same code")
			}
			w.enter(second, "윤슬기")
			w.clock.awaitTimer(t, poll)
			w.clock.advance(poll)
			w.awaitStep(signin.StepNickname)
		})
	}
}

func TestADeclinedDeviceCodeEndsItsRoadOnly(t *testing.T) {
	w := newWorld(t, config{chooser: true})
	w.arrive(app.Pair{})
	chooser := w.visit(w.begin("github"))
	w.UseDeviceCode()
	w.enter(w.device().Waiting.Device.UserCode, "취소")
	w.clock.awaitTimer(t, poll)
	w.clock.advance(poll)
	s := w.await("a declined code", func(s signin.State) bool {
		return s.Waiting != nil && s.Waiting.Device != nil && s.Waiting.Device.Problem != nil
	})
	if p := s.Waiting.Device.Problem; p.Code != app.CodeDeviceDenied || p.Params["provider"] != "GitHub" {
		t.Error(show(p))
	}
	_, err := chooser.Click(ctx, "윤슬기")
	w.must(err)
	w.awaitStep(signin.StepNickname)
}

func TestWhereThereIsOnlyTheCodeItsFailureEndsTheAttempt(t *testing.T) {
	for what, c := range map[string]struct {
		at    providertest.Endpoint
		fault providertest.Fault
		want  app.Code
	}{
		"declined":     {providertest.GitHubDeviceToken, providertest.OAuthError(200, "access_denied", ""), app.CodeDeviceDenied},
		"switched off": {providertest.GitHubDeviceCode, providertest.OAuthError(400, "device_flow_disabled", ""), app.CodeDeviceDisabled},
		"captive":      {providertest.GitHubDeviceCode, providertest.CaptivePage(), app.CodeCaptivePortal},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t, config{noSecret: true})
			w.arrive(app.Pair{})
			w.server.Fault(c.at, c.fault)
			w.SignIn("github")
			if c.at == providertest.GitHubDeviceToken {
				w.clock.awaitTimer(t, poll)
				w.clock.advance(poll)
			}
			s := w.awaitStep(signin.StepSignedOut)
			if p := s.Problem; p == nil || p.Code != c.want || p.Params["provider"] != "GitHub" || !support.MatchString(p.Support) {
				t.Error(show(s))
			}
		})
	}
}

func TestNaverHasNoCodeToUse(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	w.begin("naver")
	before := w.State()
	w.UseDeviceCode()
	if got := w.State(); got.Seq != before.Seq || got.Waiting.DeviceOffered {
		t.Error(show(got))
	}
	w.Cancel()
	w.UseDeviceCode() // nothing is under way
	if w.server.Count(providertest.GitHubDeviceCode) != 0 {
		t.Error("a code was asked for")
	}
}
