package providertest_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
)

// deviceFlow asks for a device code and returns how to poll.
func deviceFlow(t *testing.T, s *providertest.Server) (userCode string, poll func() map[string]any) {
	t.Helper()
	_, d := post(t, s.GitHubURL()+"/login/device/code", url.Values{
		"client_id": {practice.GitHubClientID}, "scope": {"user:email"},
	})
	if d["verification_uri"] != s.GitHubURL()+"/login/device" || d["expires_in"] != 900. || d["interval"] != 5. {
		t.Fatalf("device code: %v", d)
	}
	return d["user_code"].(string), func() map[string]any {
		_, o := post(t, s.GitHubURL()+"/login/oauth/access_token", url.Values{
			"client_id": {practice.GitHubClientID}, "device_code": {d["device_code"].(string)},
			"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"},
		})
		return o
	}
}

func TestADeviceWaitsForItsPersonAndThenSignsInOnce(t *testing.T) {
	c := newClock()
	s := start(t, providertest.Options{Clock: c, Chooser: true})
	user, poll := deviceFlow(t, s)
	c.advance(5 * time.Second)
	if o := poll(); o["error"] != "authorization_pending" {
		t.Fatalf("before: %v", o)
	}
	b := providertest.NewBrowser(nil)
	page, err := b.Visit(t.Context(), s.GitHubURL()+"/login/device")
	if err != nil {
		t.Fatal(err)
	}
	// A wrong code is told, and typed again.
	page, err = page.Fill("user_code", "WRON-GONE").Click(t.Context(), "계속")
	if err != nil || !strings.Contains(page.Text(), "코드가 맞지 않거나") {
		t.Fatalf("a wrong code: %v, %s", err, page.Text())
	}
	// People leave the dash out and don't shift.
	page, err = page.Fill("user_code", strings.ToLower(strings.ReplaceAll(user, "-", ""))).Click(t.Context(), "계속")
	if err != nil {
		t.Fatal(err)
	}
	if page, err = page.Click(t.Context(), "윤슬기"); err != nil || !strings.Contains(page.Text(), "기기를 연결했습니다") {
		t.Fatalf("%v, %s", err, page.Text())
	}
	c.advance(5 * time.Second)
	o := poll()
	token, _ := o["access_token"].(string)
	if _, me := api(t, s.GitHubAPIURL()+"/user", token); me["name"] != "윤슬기" {
		t.Errorf("after: %v, %v", o, me)
	}
	c.advance(5 * time.Second)
	if o := poll(); o["access_token"] != nil {
		t.Error("a device code gave two tokens")
	}
	if s.Count(providertest.GitHubDeviceToken) != 3 || s.Count(providertest.GitHubToken) != 0 {
		t.Error("polls are counted apart from exchanges")
	}
}

func TestAPollThatComesEarlyIsToldToSlowDownAndByHowMuch(t *testing.T) {
	c := newClock()
	s := start(t, providertest.Options{Clock: c})
	_, poll := deviceFlow(t, s)
	c.advance(4 * time.Second)
	if o := poll(); o["error"] != "slow_down" || o["interval"] != 10. {
		t.Errorf("4 s: %v", o)
	}
	c.advance(9 * time.Second)
	if o := poll(); o["error"] != "slow_down" || o["interval"] != 15. {
		t.Errorf("9 s of 10: %v", o)
	}
	c.advance(15 * time.Second)
	if o := poll(); o["error"] != "authorization_pending" {
		t.Errorf("15 s: %v", o)
	}
}

func TestADeviceCodeExpiresAfterFifteenMinutes(t *testing.T) {
	c := newClock()
	s := start(t, providertest.Options{Clock: c})
	_, poll := deviceFlow(t, s)
	c.advance(900 * time.Second)
	if o := poll(); o["error"] != "expired_token" {
		t.Errorf("%v", o)
	}
}

func TestADeclinedDeviceIsDeniedForGood(t *testing.T) {
	c := newClock()
	s := start(t, providertest.Options{Clock: c, Chooser: true})
	user, poll := deviceFlow(t, s)
	b := providertest.NewBrowser(nil)
	b.Language = "en"
	page, err := b.Visit(t.Context(), s.GitHubURL()+"/login/device")
	if err == nil {
		page, err = page.Fill("user_code", user).Click(t.Context(), "Continue")
	}
	if err == nil {
		_, err = page.Click(t.Context(), "Cancel")
	}
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		c.advance(5 * time.Second)
		if o := poll(); o["error"] != "access_denied" {
			t.Errorf("%v", o)
		}
	}
}

// impatient is a clock on which every wait is over at once, save the deadline of a
// call to a provider, which never comes.
type impatient struct{ *clock }

func (c impatient) AfterFunc(d time.Duration, f func()) func() bool {
	if d == provider.ExchangeTimeout {
		return func() bool { return true }
	}
	c.advance(d)
	go f()
	return func() bool { return false }
}

// What can go wrong with a device code (docs/providers.md#at-the-token-endpoint), and what the app says to them.
func TestTheAppsOwnDeviceFlowMeetsEveryOutcome(t *testing.T) {
	for _, c := range []struct {
		what   string
		at     providertest.Endpoint
		fault  providertest.Fault
		button string // that the person clicks, if any
		want   app.Code
	}{
		{what: "confirmed", button: "도하람"},
		{what: "confirmed after slow_down", button: "도하람", at: providertest.GitHubDeviceToken,
			fault: providertest.Times(2, providertest.SlowDown(9*time.Second))},
		{what: "declined", button: "취소", want: app.CodeDeviceDenied},
		{what: "nobody came", want: app.CodeDeviceCodeExpired},
		{what: "switched off", want: app.CodeDeviceDisabled, at: providertest.GitHubDeviceCode,
			fault: providertest.OAuthError(400, "device_flow_disabled", "")},
		{what: "network answers", want: app.CodeCaptivePortal, at: providertest.GitHubDeviceCode, fault: providertest.CaptivePage()},
	} {
		clock := impatient{newClock()}
		s := start(t, providertest.Options{Clock: clock, Chooser: true})
		s.Fault(c.at, c.fault)
		g, err := provider.NewGitHub(provider.GitHubConfig{
			ClientID: practice.GitHubClientID, BaseURL: s.GitHubURL(), APIURL: s.GitHubAPIURL(),
			Client: provider.Client{Clock: clock},
		})
		if err != nil {
			t.Fatal(err)
		}
		d, err := g.RequestDeviceCode(t.Context())
		var got app.Confirmation
		if err == nil {
			if c.button != "" {
				page, err := providertest.NewBrowser(nil).Visit(t.Context(), d.VerificationURI)
				if err == nil {
					page, err = page.Fill("user_code", d.UserCode).Click(t.Context(), "계속")
				}
				if err == nil {
					_, err = page.Click(t.Context(), c.button)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			got, err = g.AwaitDeviceCode(t.Context(), d)
		}
		if c.want == "" && (err != nil || got.Profile.Name != c.button) || c.want != "" && app.CodeOf(err) != c.want {
			t.Errorf("%s: %q, %v", c.what, got.Profile.Name, err)
		}
	}
}
