package practice

import (
	_ "embed"
	"html/template"
	"net/http"
	"sync"

	"golang.org/x/text/language"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/words"
)

//go:embed page.html
var pageHTML string

var page = template.Must(template.New("page").Parse(pageHTML))

// languages has English first, for everybody who reads none of the others.
var languages = sync.OnceValue(func() language.Matcher {
	tags := []language.Tag{language.English}
	for _, l := range words.Languages() {
		if l != app.English {
			tags = append(tags, language.Make(string(l)))
		}
	}
	return language.NewMatcher(tags)
})

// wordsFor are the words in the language of the person's browser.
func wordsFor(r *http.Request) *words.Language {
	tag, _ := language.MatchStrings(languages(), r.Header.Get("Accept-Language"))
	base, _ := tag.Base()
	return words.In(app.Language(base.String()))
}

// pageData is what page.html shows.
type pageData struct {
	Lang     string
	Look     string // the page's look: Host.Name
	Provider string
	Title    string
	People   []personData
	Hidden   map[string]string // of the chooser's form
	AskCode  bool
	Code     string
	Wrong    bool
	Words    words.Practice
}

type personData struct {
	ID, Name, Detail string
}

func newPage(r *http.Request, h *Host) pageData {
	l := wordsFor(r)
	return pageData{
		Lang:     string(l.Tag),
		Look:     h.Name,
		Provider: h.Heading,
		Title:    l.Practice.Choose,
		Words:    l.Practice,
	}
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
func (s *Server) choosePage(w http.ResponseWriter, r *http.Request, h *Host, field, value string) {
	d := newPage(r, h)
	d.Hidden = map[string]string{field: value}
	for _, p := range s.options.People {
		account, email := p.Login, p.Email
		if h == s.naver {
			account = p.Nickname
		}
		switch {
		case email == "":
			email = d.Words.NoEmail
		case h == s.naver && p.EmailRefused:
			email = d.Words.KeepsEmail
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
func (s *Server) codePage(w http.ResponseWriter, r *http.Request, typed string, wrong bool) {
	d := newPage(r, s.github)
	d.Title, d.AskCode, d.Code, d.Wrong = d.Words.Device, true, typed, wrong
	d.write(w, http.StatusOK)
}

func messagePage(w http.ResponseWriter, r *http.Request, h *Host, status int, message string) {
	d := newPage(r, h)
	d.Title = message
	d.write(w, status)
}

// RefusalPage is h's page of a wrong client or redirect URI: nothing comes back to the app.
func RefusalPage(w http.ResponseWriter, r *http.Request, h *Host) {
	messagePage(w, r, h, http.StatusBadRequest, wordsFor(r).Practice.Misconfigured)
}
