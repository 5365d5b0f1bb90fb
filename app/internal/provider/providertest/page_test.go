package providertest_test

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/provider/providertest"
	"munpae.example/munpae/app/internal/words"
)

// catcher stands where the app's redirect listener would.
type catcher struct {
	github, oidc string
	query        url.Values // what came last; read after Visit or Click returned
	cookies      []*http.Cookie
	header       http.Header
}

func catch(t *testing.T) *catcher {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &catcher{}
	base := "http://" + l.Addr().String()
	c.github, c.oidc = base+"/oauth/github/callback/", base+"/oauth/oidc/callback/"
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if first := r.URL.Query().Get("first"); first != "" {
			http.SetCookie(w, &http.Cookie{Name: "mine", Value: "1", Path: "/oauth/", HttpOnly: true})
			http.Redirect(w, r, first, http.StatusFound)
			return
		}
		c.query, c.cookies, c.header = r.URL.Query(), r.Cookies(), r.Header
		w.Write([]byte("<p>back in the app</p>"))
	})}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	return c
}

func TestAPersonIsChosenInTheirLanguage(t *testing.T) {
	s := start(t, providertest.Options{Chooser: true})
	for _, c := range []struct{ language, cancel, fail, practice string }{
		{"ko-KR,ko;q=0.9,en;q=0.8", "취소", "서버 오류", "연습용"},
		{"en-US", "Cancel", "Server error", "practice"},
		{"de", "Cancel", "Server error", "practice"},
	} {
		for _, address := range []string{githubAuthorize(s), naverAuthorize(s), oidcAuthorize(s)} {
			b := providertest.NewBrowser(nil)
			b.Language = c.language
			page, err := b.Visit(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"윤슬기", "한바다", "도하람", "서이든", "Nora Whitfield", c.cancel, c.fail}
			if got := page.Buttons(); !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", c.language, got, want)
			}
			if !strings.Contains(page.Text(), c.practice) {
				t.Errorf("%s: the page does not say that it is for practice", c.language)
			}
			if strings.Contains(string(page.Body), "<script") {
				t.Error("the page needs JavaScript")
			}
		}
	}
}

// Every language that there are words in is a language of these pages, so that a new
// one needs its file only.
func TestThePagesSpeakEveryLanguageThatThereAreWordsIn(t *testing.T) {
	s := start(t, providertest.Options{Chooser: true})
	for _, l := range words.Languages() {
		say := words.In(l).Practice
		b := providertest.NewBrowser(nil)
		b.Language = string(l)
		for address, want := range map[string][]string{
			naverAuthorize(s):                                       {say.Practice, say.Choose, say.Which, say.OtherOutcomes, say.Slow, say.Cancel, say.Fail, say.NoEmail, say.KeepsEmail},
			s.GitHubURL() + "/login/device":                         {say.Practice, say.Device, say.DeviceCode, say.Continue},
			githubAuthorize(s, "client_id", "another"):              {say.UnknownApp},
			naverAuthorize(s, "client_id", "another"):               {say.Misconfigured},
			s.GitHubURL() + "/settings/connections/applications/id": {say.Access},
		} {
			page, err := b.Visit(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			if got := page.Header.Get("Content-Language"); got != string(l) {
				t.Errorf("%s: the page is in %q", l, got)
			}
			for _, text := range want {
				if text == "" || !strings.Contains(page.Text(), text) {
					t.Errorf("%s: %q is not on the page %s: %s", l, text, address, page.Text())
				}
			}
		}
	}
}

func TestTheChooserSendsThePersonBackWithACode(t *testing.T) {
	s := start(t, providertest.Options{Chooser: true})
	r := catch(t)
	page, err := providertest.NewBrowser(nil).Visit(t.Context(), githubAuthorize(s, "redirect_uri", r.github))
	if err != nil {
		t.Fatal(err)
	}
	back, err := page.Click(t.Context(), "Nora Whitfield")
	if err != nil || back.Text() != "back in the app" {
		t.Fatalf("%v, %s", err, back.Text())
	}
	if r.query.Get("state") != "the-state" {
		t.Errorf("callback %v", r.query)
	}
	_, o := post(t, s.GitHubURL()+"/login/oauth/access_token", githubExchange(r.query.Get("code"), "redirect_uri", r.github))
	token, _ := o["access_token"].(string)
	if _, me := api(t, s.GitHubAPIURL()+"/user", token); me["login"] != "norawhitfield" {
		t.Errorf("%v", me)
	}
	// A chooser is good for one decision.
	if again, err := page.Click(t.Context(), "한바다"); err != nil || again.Status != http.StatusBadRequest {
		t.Errorf("the second click: HTTP %d, %v", again.Status, err)
	}
}

func TestTheChoosersSwitchesDenyAndFail(t *testing.T) {
	s := start(t, providertest.Options{Chooser: true})
	r := catch(t)
	for button, want := range map[string]string{"취소": "access_denied", "서버 오류": "server_error"} {
		for _, address := range []string{githubAuthorize(s, "redirect_uri", r.github), oidcAuthorize(s, "redirect_uri", r.oidc)} {
			page, err := providertest.NewBrowser(nil).Visit(t.Context(), address)
			if err == nil {
				_, err = page.Click(t.Context(), button)
			}
			if err != nil {
				t.Fatal(err)
			}
			if r.query.Get("error") != want || r.query.Get("state") != "the-state" || r.query.Has("code") {
				t.Errorf("%s: %v", button, r.query)
			}
		}
	}
}

func TestTheChoosersSlowSwitchAnswersAfterTenSeconds(t *testing.T) {
	c := newClock()
	s := start(t, providertest.Options{Chooser: true, Clock: c})
	r := catch(t)
	page, err := providertest.NewBrowser(nil).Visit(t.Context(), githubAuthorize(s, "redirect_uri", r.github))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := page.Fill("slow", "1").Click(t.Context(), "윤슬기")
		done <- err
	}()
	<-c.added
	c.advance(10*time.Second - 1)
	select {
	case <-done:
		t.Fatal("answered before the ten seconds were over")
	default:
	}
	c.advance(1)
	if err := <-done; err != nil || r.query.Get("code") == "" {
		t.Errorf("%v, %v", err, r.query)
	}
}

func TestTheBrowserKeepsCookiesByHostWhateverThePort(t *testing.T) {
	s := start(t, providertest.Options{})
	r := catch(t)
	b := providertest.NewBrowser(nil)
	first := strings.Replace(r.github, "callback/", "login/", 1) + "?first=" + url.QueryEscape(githubAuthorize(s, "redirect_uri", r.github))
	if _, err := b.Visit(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range r.cookies {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"mine", "practice_github"}) {
		t.Errorf("the redirect URI got the cookies %q", names)
	}
	if r.header.Get("Sec-Fetch-Mode") != "navigate" || r.header.Get("Sec-Fetch-Site") != "none" {
		t.Errorf("navigation headers %v", r.header)
	}
	for _, c := range b.Cookies(s.NaverURL() + "/oauth2/authorize") {
		if c.Name == "mine" {
			t.Error("a cookie left its path")
		}
	}
}

func TestTheBrowserTellsWhichButtonsThereAre(t *testing.T) {
	s := start(t, providertest.Options{Chooser: true})
	page, err := providertest.NewBrowser(nil).Visit(t.Context(), githubAuthorize(s))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := page.Click(t.Context(), "nobody"); err == nil || !strings.Contains(err.Error(), "윤슬기") {
		t.Errorf("%v", err)
	}
}
