package practice_test

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
)

// Nothing of a closed server runs on.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T) *practice.Server {
	t.Helper()
	s, err := practice.Start(practice.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// The demo from the button to the profile: a person is chosen on the page, and switches
// make it fail.
func TestThePeopleOfTheDemoAreSignedInByTheAppsOwnProviders(t *testing.T) {
	s := start(t)
	client := provider.Client{UserAgent: "munpae"}
	sets := s.Sets()
	if len(sets) != 2 {
		t.Fatalf("%d providers are set", len(sets))
	}
	for _, set := range sets {
		p, err := provider.New(set, client)
		if err != nil {
			t.Fatal(err)
		}
		for button, want := range map[string]string{"도하람": "", "취소": "access_denied", "서버 오류": "server_error"} {
			req := app.AuthorizationRequest{
				RedirectURI: "http://127.0.0.1:48113/oauth/" + set.ID + "/callback/", State: strings.Repeat("s", 43), CodeVerifier: strings.Repeat("v", 43),
			}
			address, err := p.AuthorizationURL(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			var back url.Values
			browser := providertest.NewBrowser(redirects(func(q url.Values) { back = q }))
			page, err := browser.Visit(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := page.Click(t.Context(), button); err != nil {
				t.Fatalf("%s, %s: %v", set.ID, button, err)
			}
			if back.Get("state") != req.State || back.Get("error") != want {
				t.Errorf("%s, %s: %v", set.ID, button, back)
			}
			if want != "" {
				continue
			}
			c, err := p.Exchange(t.Context(), req, app.AuthorizationResponse{Code: back.Get("code")})
			if err != nil || c.Profile.Name != button || c.Profile.Key.Issuer != set.Issuer {
				t.Errorf("%s: %+v, %v", set.ID, c.Profile, err)
			}
		}
	}
}

// redirects stands where the app's redirect listener would; all else goes to the network.
type redirects func(url.Values)

func (f redirects) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Port() != "48113" {
		return (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	}
	f(r.URL.Query())
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("back in the app")), Request: r}, nil
}

func TestOnlyTheComputerItselfReachesTheDemo(t *testing.T) {
	s := start(t)
	seen := map[string]bool{}
	for _, h := range s.Hosts() {
		u, err := url.Parse(h.URL)
		if err != nil || u.Hostname() != "127.0.0.1" || seen[u.Port()] {
			t.Errorf("%s listens at %q", h.Name, h.URL)
		}
		seen[u.Port()] = true
	}
	s.Close()
	for port := range seen {
		if c, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			c.Close()
			t.Errorf("a closed server still listens at port %s", port)
		}
	}
}
