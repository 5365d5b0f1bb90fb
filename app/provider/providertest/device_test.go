package providertest_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"munpae/app/provider/providertest"
)

// deviceFlow asks for a device code and returns how to poll.
func deviceFlow(t *testing.T, s *providertest.Server) (userCode string, poll func() map[string]any) {
	t.Helper()
	_, d := post(t, s.GitHubURL()+"/login/device/code", url.Values{
		"client_id": {providertest.GitHubClientID}, "scope": {"user:email"},
	})
	if d["verification_uri"] != s.GitHubURL()+"/login/device" || d["expires_in"] != 900. || d["interval"] != 5. {
		t.Fatalf("device code: %v", d)
	}
	return d["user_code"].(string), func() map[string]any {
		_, o := post(t, s.GitHubURL()+"/login/oauth/access_token", url.Values{
			"client_id": {providertest.GitHubClientID}, "device_code": {d["device_code"].(string)},
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
