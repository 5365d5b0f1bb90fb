package redirect

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/signin"
)

//go:embed page.css
var styleSheet string

//go:embed page.html
var pageHTML string

// pageTemplate escapes everything but the style sheet, which is ours.
var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// pagePolicy lets the page load nothing at all; the style is known by its hash.
var pagePolicy = func() []string {
	sum := sha256.Sum256([]byte(styleSheet))
	return []string{"default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}
}()

// view is what a page says.
type view struct {
	Style    template.CSS
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
	v.Style = template.CSS(styleSheet)
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

// in picks the words of the window's language.
func in(l app.Language, korean, english string) string {
	if l == app.Korean {
		return korean
	}
	return english
}

// maxAccount bounds what a page shows of a name that a provider sent.
const maxAccount = 100

func (l *listener) outcomePage(o signin.Outcome) view {
	if o.Problem != nil {
		return l.problemPage(*o.Problem)
	}
	lang := l.handler.Language()
	v := view{
		Language: lang, Tone: "good", Plate: o.Nickname,
		Account:      plain(o.Account, maxAccount),
		AccountLabel: in(lang, l.request.Provider.Name+" 계정", l.request.Provider.Name+" account"),
		Closing:      in(lang, "이 페이지는 닫아도 됩니다.", "You can close this page."),
	}
	switch {
	case o.Linked:
		v.Title = in(lang, "계정을 연결했습니다", "Account linked")
		v.Text = []string{in(lang, "앱으로 돌아가세요.", "Go back to the app.")}
	case o.Step == signin.StepNickname:
		v.Title = in(lang, "앱에서 닉네임을 정해 주세요", "Choose a nickname in the app")
		v.Text = []string{in(lang, "확인을 마쳤습니다. 문패에 걸 이름만 정하면 됩니다.", "You are confirmed. All that is missing is the name on the plate.")}
	default:
		v.Title = in(lang, o.Nickname+" 님, 로그인했습니다", "Signed in as "+o.Nickname)
		v.Text = []string{in(lang, "앱으로 돌아가세요.", "Go back to the app.")}
	}
	return v
}

func (l *listener) problemPage(p app.Problem) view {
	lang := l.handler.Language()
	params := app.Params{"provider": l.request.Provider.Name}
	for k, val := range p.Params {
		params[k] = val
	}
	words := app.Say(lang, p.Code, params)
	v := view{
		Language: lang, Tone: "bad", Title: in(lang, "로그인하지 못했습니다", "Sign-in did not work"),
		Text: said(words), Support: p.Support, SupportLabel: in(lang, "지원 코드", "Support code"),
		Closing: in(lang, "이 페이지는 닫아도 됩니다.", "You can close this page."),
	}
	switch p.Code {
	case app.CodeProviderDenied, app.CodeDeviceDenied:
		// The person chose this: no failure, no second "you cancelled".
		v.Tone = "wait"
		v.Title = in(lang, "로그인을 취소했습니다", "Sign-in cancelled")
		v.Text = []string{in(lang, "앱에서 언제든 다시 시작할 수 있습니다.", "You can start again in the app at any time.")}
	case app.CodeSignInReplaced:
		v.Tone = "wait"
		v.Title = in(lang, "다른 로그인을 시작했습니다", "Another sign-in was started")
	}
	return v
}

// checkingPage waits for the outcome and asks again by itself.
func (l *listener) checkingPage() view {
	lang := l.handler.Language()
	return view{
		Language: lang, Tone: "wait", Again: donePath,
		Title:   in(lang, "확인하는 중", "Checking"),
		Text:    []string{in(lang, "조금 더 걸리고 있습니다. 이 페이지는 저절로 새로 고쳐집니다.", "This is taking a little longer. The page refreshes by itself.")},
		Closing: in(lang, "닫아도 앱에서 계속됩니다.", "You may close it; the app goes on."),
	}
}

// strayPage tells nothing about the attempt but whether the app still waits.
func (l *listener) strayPage(code app.Code, over bool) view {
	lang := l.handler.Language()
	v := view{Language: lang, Tone: "wait"}
	switch {
	case over || code == app.CodeSignInReplaced:
		v.Title = in(lang, "이미 끝난 로그인입니다", "This sign-in is already done")
		v.Closing = in(lang, "이 페이지는 닫아도 됩니다.", "You can close this page.")
		if code != app.CodeSignInReplaced {
			code = app.CodeSignInDone
		}
	default:
		v.Title = in(lang, "앱은 아직 기다리고 있습니다", "The app is still waiting")
		if code != app.CodeBrowserMismatch && code != app.CodeBadCallback {
			code = app.CodeStateMismatch // to a person, every other stray address is the same
		}
	}
	v.Text = said(app.Say(lang, code, app.Params{"provider": l.request.Provider.Name}))
	return v
}

func said(w app.Words) []string {
	var out []string
	for _, s := range []string{w.Happened, w.Next} {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}
