package provider_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider"
)

const deviceCodeRoute = "POST /login/device/code"

func deviceAnswer(base string) string {
	return `{"device_code":"3584d83530557fdd1f46af8289938c8ef79f9dc5","user_code":"WDJB-MJHT","verification_uri":"` + base + `/login/device","expires_in":900,"interval":5}`
}

// withoutSecret is GitHub as a build without a client secret has it.
func withoutSecret(t *testing.T, base string, c provider.Client) *provider.GitHub {
	t.Helper()
	g, err := provider.NewGitHub(provider.GitHubConfig{ClientID: clientID, BaseURL: base, Client: c})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// quick is a clock whose waits are over at once, except an exchange's deadline.
func quick() *clock {
	c := newClock()
	c.passes = func(d time.Duration) bool { return d != provider.ExchangeTimeout }
	return c
}

// inTurn answers with one after the other, then with the last.
func inTurn(handlers ...http.HandlerFunc) http.HandlerFunc {
	next := 0
	return func(w http.ResponseWriter, r *http.Request) {
		h := handlers[min(next, len(handlers)-1)]
		next++
		h(w, r)
	}
}

func code(c *clock, lifetime time.Duration) app.DeviceCode {
	return app.DeviceCode{DeviceCode: "the-device-code", UserCode: "WDJB-MJHT", ExpiresAt: c.Now().Add(lifetime), Interval: 5 * time.Second}
}

const (
	pending = `{"error":"authorization_pending"}`
	slow10  = `{"error":"slow_down","interval":10}`
)

func TestDeviceCodeIsRequestedWithTheClientIDAlone(t *testing.T) {
	s := githubServer(t, nil)
	s.routes[deviceCodeRoute] = answers(200, deviceAnswer(s.URL))
	c := newClock()
	d, err := withoutSecret(t, s.URL, provider.Client{Clock: c}).RequestDeviceCode(context.Background())
	wantCode(t, err, "")
	want := app.DeviceCode{
		DeviceCode: "3584d83530557fdd1f46af8289938c8ef79f9dc5", UserCode: "WDJB-MJHT", VerificationURI: s.URL + "/login/device",
		ExpiresAt: c.Now().Add(15 * time.Minute), Interval: 5 * time.Second,
	}
	if d != want {
		t.Errorf("%+v", d)
	}
	form := s.asked(deviceCodeRoute)[0].form
	if form.Get("client_id") != clientID || form.Get("scope") != "user:email" || len(form) != 2 {
		t.Errorf("form %v", form)
	}
}

func TestDeviceCodeAnswers(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string // BASE stands for the server
		want   app.Code
	}{
		{200, `{"device_code":"d","user_code":"U","verification_uri":"BASE/login/device","expires_in":900}`, ""}, // no interval: 5 s
		{200, `{"device_code":"d","user_code":"U","verification_uri":"BASE/login/device","verification_uri_complete":"BASE/login/device?user_code=U","expires_in":"900","interval":"5"}`, ""},
		{400, `{"error":"device_flow_disabled"}`, app.CodeDeviceDisabled},
		{200, `{"error":"device_flow_disabled"}`, app.CodeDeviceDisabled},
		{400, `{"error":"unauthorized_client"}`, app.CodeProviderMisconfigured},
		{200, `{"error":"incorrect_client_credentials"}`, app.CodeProviderMisconfigured},
		{404, `{"error":"Not Found"}`, app.CodeProviderMisconfigured},
		{429, `{}`, app.CodeRateLimited},
		{503, `busy`, app.CodeProviderServerError},
		{200, `{}`, app.CodeProviderBadAnswer},
		{200, `[]`, app.CodeProviderBadAnswer},
		{200, `{"device_code":"d","user_code":"U","expires_in":900}`, app.CodeProviderBadAnswer},
		// Another page than the provider's own is never shown as the place to go.
		{200, `{"device_code":"d","user_code":"U","verification_uri":"http://evil.example/login/device","expires_in":900}`, app.CodeProviderBadAnswer},
		{200, `{"device_code":"d","user_code":"U","verification_uri":"BASE/login/device","verification_uri_complete":"https://evil.example","expires_in":900}`, app.CodeProviderBadAnswer},
		{200, `{"device_code":"d","user_code":"U","verification_uri":"BASE/login/device","verification_uri_complete":"javascript:alert(1)","expires_in":900}`, app.CodeProviderBadAnswer},
		{200, `{"device_code":"d","user_code":"U","verification_uri":"https://evil.example/login/device","expires_in":900}`, app.CodeProviderBadAnswer}, // not the provider's host
		{200, `{"device_code":"d","user_code":"U","verification_uri":"BASE/login\u200b/device","expires_in":900}`, app.CodeProviderBadAnswer},
		{200, `{"device_code":"d","user_code":"U","verification_uri":"https://[::1","expires_in":900}`, app.CodeProviderBadAnswer},
		{200, `{"device_code":"","user_code":"U","verification_uri":"BASE/login/device","expires_in":900}`, app.CodeProviderBadAnswer},
		{200, `{"device_code":"d","user_code":"","verification_uri":"BASE/login/device","expires_in":900}`, app.CodeProviderBadAnswer},
		{200, `{"device_code":"d","user_code":"<b>","verification_uri":"BASE/login/device","expires_in":0}`, app.CodeProviderBadAnswer},
		{200, `{"device_code":"d","user_code":"U","verification_uri":"BASE/login/device","expires_in":-1}`, app.CodeProviderBadAnswer},
		{200, `{"device_code":"d","user_code":"U","verification_uri":"BASE/login/device"}`, app.CodeProviderBadAnswer},
		{200, `{"device_code":"d","device_code":"e","user_code":"U","verification_uri":"BASE/login/device","expires_in":900}`, app.CodeProviderBadAnswer},
	} {
		s := githubServer(t, nil)
		s.routes[deviceCodeRoute] = answers(c.status, strings.ReplaceAll(c.body, "BASE", s.URL))
		d, err := withoutSecret(t, s.URL, provider.Client{}).RequestDeviceCode(context.Background())
		if app.CodeOf(err) != c.want {
			t.Errorf("%d %s: %v, want %s", c.status, c.body, err, c.want)
		}
		if c.want == "" && d.Interval != 5*time.Second {
			t.Errorf("%s: interval %s", c.body, d.Interval)
		}
	}
}

func TestHugeDeviceTimesAreBounded(t *testing.T) {
	s := githubServer(t, nil)
	s.routes[deviceCodeRoute] = answers(200, `{"device_code":"d","user_code":"U","verification_uri":"`+s.URL+`/login/device","expires_in":9223372036854775807,"interval":9223372036854775807}`)
	c := newClock()
	d, err := withoutSecret(t, s.URL, provider.Client{Clock: c}).RequestDeviceCode(context.Background())
	wantCode(t, err, "")
	if d.ExpiresAt != c.Now().Add(time.Hour) || d.Interval != time.Minute {
		t.Errorf("%+v", d)
	}
}

func TestDeviceCodeIsPolledAtTheServersPaceUntilThePersonAgrees(t *testing.T) {
	for name, c := range map[string]struct {
		polls []http.HandlerFunc
		waits []time.Duration
	}{
		"at once":           {[]http.HandlerFunc{answers(200, githubTokenOK)}, []time.Duration{6 * time.Second}},
		"after a while":     {[]http.HandlerFunc{answers(200, pending), answers(400, pending), answers(200, githubTokenOK)}, []time.Duration{6 * time.Second, 6 * time.Second, 6 * time.Second}},
		"a new interval":    {[]http.HandlerFunc{answers(200, slow10), answers(200, pending), answers(200, githubTokenOK)}, []time.Duration{6 * time.Second, 14 * time.Second, 14 * time.Second}},
		"slower by 5 s":     {[]http.HandlerFunc{answers(400, `{"error":"slow_down"}`), answers(200, githubTokenOK)}, []time.Duration{6 * time.Second, 14 * time.Second}},
		"twice":             {[]http.HandlerFunc{answers(200, slow10), answers(200, `{"error":"slow_down","interval":15}`), answers(200, githubTokenOK)}, []time.Duration{6 * time.Second, 14 * time.Second, 21 * time.Second}},
		"never faster":      {[]http.HandlerFunc{answers(200, `{"error":"slow_down","interval":1}`), answers(200, githubTokenOK)}, []time.Duration{6 * time.Second, 7 * time.Second}},
		"a fault passes":    {[]http.HandlerFunc{answers(503, ``), answers(502, `<html>`), answers(200, pending), answers(200, githubTokenOK)}, []time.Duration{6 * time.Second, 12 * time.Second, 24 * time.Second, 6 * time.Second}},
		"a portal passes":   {[]http.HandlerFunc{answers(200, `<html>`), answers(200, githubTokenOK)}, []time.Duration{6 * time.Second, 12 * time.Second}},
		"too many requests": {[]http.HandlerFunc{answers(429, ``), answers(200, githubTokenOK)}, []time.Duration{6 * time.Second, 12 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			s := githubServer(t, map[string]http.HandlerFunc{githubToken: inTurn(c.polls...)})
			clk := quick()
			got, err := withoutSecret(t, s.URL, provider.Client{Clock: clk}).AwaitDeviceCode(context.Background(), code(clk, 15*time.Minute))
			wantCode(t, err, "")
			if got.Profile.Key.Subject != "583231" || got.Revoke != nil { // without a secret nothing can be revoked
				t.Errorf("%+v", got)
			}
			if !slices.Equal(clk.waits, c.waits) {
				t.Errorf("waited %v, want %v", clk.waits, c.waits)
			}
			form := s.asked(githubToken)[0].form
			if form.Get("client_id") != clientID || form.Get("device_code") != "the-device-code" || form.Get("grant_type") != "urn:ietf:params:oauth:grant-type:device_code" || len(form) != 3 {
				t.Errorf("form %v", form)
			}
		})
	}
}

func TestDeviceSignInEnds(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		want   app.Code
	}{
		{200, `{"error":"expired_token"}`, app.CodeDeviceCodeExpired},
		{400, `{"error":"token_expired"}`, app.CodeDeviceCodeExpired},
		{200, `{"error":"access_denied"}`, app.CodeDeviceDenied},
		{400, `{"error":"device_flow_disabled"}`, app.CodeDeviceDisabled},
		{200, `{"error":"incorrect_device_code"}`, app.CodeProviderMisconfigured},
		{200, `{"error":"incorrect_client_credentials"}`, app.CodeProviderMisconfigured},
		{200, `{"error":"unsupported_grant_type"}`, app.CodeProviderMisconfigured},
		{400, `{"error":"unauthorized_client"}`, app.CodeProviderMisconfigured},
		{200, `{"error":"never heard of it"}`, app.CodeProviderBadAnswer},
		{200, `{}`, app.CodeProviderBadAnswer},
		{200, `{"access_token":"","token_type":"bearer"}`, app.CodeProviderBadAnswer},
		{200, `{"access_token":"a","token_type":"mac"}`, app.CodeProviderBadAnswer},
	} {
		s := githubServer(t, map[string]http.HandlerFunc{githubToken: inTurn(answers(200, pending), answers(c.status, c.body))})
		clk := quick()
		_, err := withoutSecret(t, s.URL, provider.Client{Clock: clk}).AwaitDeviceCode(context.Background(), code(clk, 15*time.Minute))
		if app.CodeOf(err) != c.want || app.ParamsOf(err)["provider"] != "GitHub" {
			t.Errorf("%s: %v (%v), want %s", c.body, err, app.ParamsOf(err), c.want)
		}
		if got := s.all(); len(got) != 2 {
			t.Errorf("%s: asked %v", c.body, got)
		}
	}
}

func TestDeviceCodeThatExpiresIsNotPolledAnyMore(t *testing.T) {
	s := githubServer(t, map[string]http.HandlerFunc{githubToken: answers(200, pending)})
	clk := quick()
	_, err := withoutSecret(t, s.URL, provider.Client{Clock: clk}).AwaitDeviceCode(context.Background(), code(clk, 20*time.Second))
	wantCode(t, err, app.CodeDeviceCodeExpired)
	if got := len(s.all()); got != 3 { // after 6, 12 and 18 s
		t.Errorf("polled %d times", got)
	}
}

func TestDeviceSignInGivesANetworkUpThatStaysAway(t *testing.T) {
	s := githubServer(t, map[string]http.HandlerFunc{githubToken: answers(500, ``)})
	clk := quick()
	_, err := withoutSecret(t, s.URL, provider.Client{Clock: clk}).AwaitDeviceCode(context.Background(), code(clk, 15*time.Minute))
	wantCode(t, err, app.CodeProviderServerError)
	want := []time.Duration{6 * time.Second, 12 * time.Second, 24 * time.Second, 48 * time.Second, time.Minute}
	if !slices.Equal(clk.waits, want) {
		t.Errorf("waited %v", clk.waits)
	}
}

func TestACancelEndsAWaitForTheDevice(t *testing.T) {
	s := githubServer(t, nil)
	clk := newClock()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, err := withoutSecret(t, s.URL, provider.Client{Clock: clk}).AwaitDeviceCode(ctx, code(clk, 15*time.Minute))
		done <- err
	}()
	wait(t, clk.added, done)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if got := s.all(); len(got) != 0 {
		t.Errorf("asked %v", got)
	}
}

func TestDeviceSignInWithASecretCanBeRevoked(t *testing.T) {
	s := githubServer(t, nil)
	clk := quick()
	got, err := github(t, s.URL, provider.Client{Clock: clk}).AwaitDeviceCode(context.Background(), code(clk, time.Minute))
	wantCode(t, err, "")
	if got.Revoke == nil || s.asked(githubToken)[0].form.Has("client_secret") {
		t.Errorf("%v, form %v", got, s.asked(githubToken)[0].form)
	}
}
