package redirect

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/attempt"
	"munpae.example/munpae/app/internal/words"
)

//go:embed page.css
var styleSheet string

//go:embed page.html
var pageHTML string

// pageTemplate escapes everything but the style sheet, which is ours.
var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// pagePolicy lets the page load nothing at all; the style is known by its hash, and a
// logo is in the page itself.
func pagePolicy(o Options) []string {
	sum := sha256.Sum256([]byte(styleSheet + o.Style))
	images := ""
	if o.Logo != nil {
		images = "img-src data:; "
	}
	return []string{"default-src 'none'; " + images + "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}
}

// view is what a page says.
type view struct {
	Style    template.CSS
	App      string
	Logo     template.URL // in the place of the nameplate, or empty
	Language app.Language
	Tone     string // "good", "bad" or "wait"
	Plate    string // the name on the nameplate, or empty
	Title    string
	Text     []string
	// AccountLabel and Account name the account at the provider.
	AccountLabel string
	Account      string
	SupportLabel string
	Support      string
	Closing      string // what to do with the page
	Again        string // where the page goes by itself, or empty
}

// show writes the page. Its words are those of the window's language.
func (l *listener) show(w http.ResponseWriter, st int, v view) {
	v.Style, v.App = template.CSS(styleSheet+l.all.o.Style), cmp.Or(l.all.o.Name, "Munpae")
	if o := l.all.o; o.Logo != nil {
		v.Logo = template.URL("data:" + o.LogoType + ";base64," + base64.StdEncoding.EncodeToString(o.Logo))
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, v); err != nil {
		l.all.o.Log.Error("page not made", "cause", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(st)
	_, _ = w.Write(b.Bytes()) // the browser is gone: nobody to tell
}

// maxAccount bounds what a page shows of a name that a provider sent.
const maxAccount = 100

func (l *listener) outcomePage(o attempt.Outcome) view {
	if o.Problem != nil {
		return l.problemPage(*o.Problem)
	}
	w := words.In(l.request.Language())
	v := view{
		Language: w.Tag, Tone: "good", Plate: o.Nickname,
		Account:      plain(o.Account, maxAccount),
		AccountLabel: w.Say(w.Pages.Account, "provider", l.request.Provider.Name),
		Closing:      w.Pages.Close,
	}
	switch {
	case o.Result == attempt.ResultAsked:
		v.Title, v.Text = w.Pages.LinkAsked, []string{w.Pages.LinkAskedNext}
	case o.Result == attempt.ResultTwo:
		v.Title, v.Text = w.Pages.LinkAsked, []string{w.Pages.TwoAskedNext}
	case o.Result == attempt.ResultNickname:
		v.Title, v.Text = w.Pages.Nickname, []string{w.Pages.NicknameNext}
	default:
		v.Title, v.Text = w.Say(w.Pages.SignedIn, "nickname", o.Nickname), []string{w.Pages.GoBack}
	}
	return v
}

func (l *listener) problemPage(p app.Problem) view {
	w := words.In(l.request.Language())
	params := app.Params{"provider": l.request.Provider.Name}
	for k, val := range p.Params {
		params[k] = val
	}
	v := view{
		Language: w.Tag, Tone: "bad", Title: w.Pages.Failed,
		Text: sentences(words.Say(w.Tag, p.Code, params)), Support: p.Support, SupportLabel: w.Pages.Support,
		Closing: w.Pages.Close,
	}
	switch p.Code {
	case app.CodeProviderDenied, app.CodeDeviceDenied:
		// The person chose this: no failure, no second "you cancelled".
		v.Tone, v.Title, v.Text = "wait", w.Pages.Cancelled, []string{w.Pages.CancelledNext}
	case app.CodeSignInReplaced:
		v.Tone, v.Title = "wait", w.Pages.Replaced
	}
	return v
}

// checkingPage waits for the outcome and asks again by itself.
func (l *listener) checkingPage() view {
	w := words.In(l.request.Language())
	return view{
		Language: w.Tag, Tone: "wait", Again: donePath,
		Title: w.Pages.Checking, Text: []string{w.Pages.CheckingNext}, Closing: w.Pages.CheckingClose,
	}
}

// strayPage tells nothing about the attempt but whether the app still waits.
func (l *listener) strayPage(code app.Code, over bool) view {
	w := words.In(l.request.Language())
	v := view{Language: w.Tag, Tone: "wait"}
	switch {
	case over || code == app.CodeSignInReplaced:
		v.Title = w.Pages.Done
		v.Closing = w.Pages.Close
		if code != app.CodeSignInReplaced {
			code = app.CodeSignInDone
		}
	default:
		v.Title = w.Pages.Waiting
		if code != app.CodeBrowserMismatch && code != app.CodeCookiesBlocked && code != app.CodeBadCallback {
			code = app.CodeStateMismatch // to a person, every other stray address is the same
		}
	}
	v.Text = sentences(words.Say(w.Tag, code, app.Params{"provider": l.request.Provider.Name}))
	return v
}

func sentences(said words.Said) []string {
	var out []string
	for _, s := range []string{said.Happened, said.Next} {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}
