package providertest

import (
	_ "embed"
	"html/template"
	"net/http"
	"strings"

	"golang.org/x/text/language"
)

//go:embed page.html
var pageHTML string

var page = template.Must(template.New("page").Parse(pageHTML))

// text is one text in Korean and English.
type text [2]string

// pageLanguages has English first, for everybody who reads neither.
var pageLanguages = language.NewMatcher([]language.Tag{language.English, language.Korean})

// words are the texts of every page. Tests find buttons by them.
var words = map[string]text{
	"title":    {"계정 선택", "Choose an account"},
	"practice": {"연습용 화면입니다. 실제 서비스가 아니며, 사람도 모두 지어냈습니다.", "This is a practice page, not the real service. The people are invented."},
	"which":    {"어느 계정으로 문패에 로그인할까요?", "Which account should sign in to Munpae?"},
	"slow":     {"10초 늦게 답하기", "Answer after 10 seconds"},
	"cancel":   {"취소", "Cancel"},
	"error":    {"서버 오류", "Server error"},
	"try":      {"다른 결과를 보려면", "To see other outcomes"},
	"noemail":  {"이메일 없음", "no e-mail"},
	"refuses":  {"이메일은 다시 물을 때만 제공", "shares e-mail only when asked again"},
	"device":   {"기기 연결", "Connect a device"},
	"code":     {"앱에 보이는 코드", "Code shown in the app"},
	"wrong":    {"코드가 맞지 않거나 시간이 지났습니다.", "The code is wrong or has expired."},
	"continue": {"계속", "Continue"},
}

// providerNames are the pages' headings.
var providerNames = map[int]string{githubHost: "GitHub", naverHost: "NAVER", oidcHost: "OpenID"}

// pageData is what page.html shows.
type pageData struct {
	Lang     string
	Look     string // the page's look: github, naver, oidc
	Provider string
	Title    string
	People   []personData
	Hidden   map[string]string // of the chooser's form
	AskCode  bool
	Code     string
	Wrong    bool
	T        map[string]string
}

type personData struct {
	ID, Name, Detail string
}

// hostOf tells a page's host by its path.
func hostOf(r *http.Request) int {
	switch {
	case strings.HasPrefix(r.URL.Path, "/oauth2"):
		return naverHost
	case strings.HasPrefix(r.URL.Path, "/login/"), strings.HasPrefix(r.URL.Path, "/settings/"):
		return githubHost
	}
	return oidcHost
}

func newPage(r *http.Request, host int) pageData {
	d := pageData{
		Lang:     "en",
		Look:     strings.TrimPrefix(sessionCookie(host), "practice_"),
		Provider: providerNames[host],
		T:        map[string]string{},
	}
	if t, _ := language.MatchStrings(pageLanguages, r.Header.Get("Accept-Language")); strings.HasPrefix(t.String(), "ko") {
		d.Lang = "ko"
	}
	for k, v := range words {
		d.T[k] = d.say(v)
	}
	d.Title = d.T["title"]
	return d
}

func (d pageData) say(t text) string {
	if d.Lang == "ko" {
		return t[0]
	}
	return t[1]
}

func (d pageData) write(w http.ResponseWriter, status int) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", d.Lang)
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	page.Execute(w, d) // fails only if the browser has left
}

// choosePage is the account chooser; the hidden field comes back with the decision.
func (s *Server) choosePage(w http.ResponseWriter, r *http.Request, host int, field, value string) {
	d := newPage(r, host)
	d.Hidden = map[string]string{field: value}
	for _, p := range s.options.People {
		account, email := p.Login, p.Email
		if host == naverHost {
			account = p.Nickname
		}
		switch {
		case email == "":
			email = d.T["noemail"]
		case host == naverHost && p.EmailRefused:
			email = d.T["refuses"]
		}
		detail := email
		if account != "" {
			detail = account + " · " + email
		}
		d.People = append(d.People, personData{p.id(), p.Name, detail})
	}
	d.write(w, http.StatusOK)
}

// codePage asks for the device flow's user code.
func codePage(w http.ResponseWriter, r *http.Request, status int, typed string, wrong bool) {
	d := newPage(r, githubHost)
	d.Title, d.AskCode, d.Code, d.Wrong = d.T["device"], true, typed, wrong
	d.write(w, status)
}

func messagePage(w http.ResponseWriter, r *http.Request, host, status int, message text) {
	d := newPage(r, host)
	d.Title = d.say(message)
	d.write(w, status)
}

// refusalPage is the page of a wrong client or redirect URI.
func refusalPage(w http.ResponseWriter, r *http.Request) {
	messagePage(w, r, hostOf(r), http.StatusBadRequest, text{
		"서비스 설정에 오류가 있어 로그인할 수 없습니다. redirect_uri가 이 애플리케이션에 등록되어 있지 않습니다.",
		"Sign-in is impossible because of the service's settings. The redirect_uri is not associated with this application.",
	})
}
