// Package munpaetest tests a program that embeds package munpae: an Auth in which
// somebody is signed in, without a window and without a network, on a real database and
// by a real sign-in at practice providers.
//
//	func TestMineIsTheirs(t *testing.T) {
//		auth := munpaetest.SignedIn(t, "길동")
//		notes := &Notes{auth}
//		…
//	}
package munpaetest

import (
	"context"
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/attempt"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/kit"
	"munpae.example/munpae/app/internal/profile"
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
	"munpae.example/munpae/app/internal/redirect"
	"munpae.example/munpae/app/internal/signin"
	"munpae.example/munpae/app/internal/words"
	"munpae.example/munpae/app/munpae"
)

// patience is how long any step of a sign-in may take.
const patience = 30 * time.Second

// Person is a program's user without a window.
type Person struct {
	Auth *munpae.Auth

	t       testing.TB
	server  *providertest.Server
	service *signin.Service
	login   string            // of who signed in last
	jar     map[string]string // the refresh token of each account of this computer, by user ID
	opened  chan string       // addresses that the program asked the browser to open
}

// Open returns somebody in front of a program of those options in which nobody is
// signed in, as after its first start. What the options say of providers is put aside:
// there are the practice providers. It ends with the test.
func Open(t testing.TB, o munpae.Options) *Person {
	t.Helper()
	server, err := providertest.Start(providertest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	github, err := provider.NewGitHub(provider.GitHubConfig{
		ClientID: practice.GitHubClientID, ClientSecret: practice.GitHubClientSecret, BaseURL: server.GitHubURL(), APIURL: server.GitHubAPIURL(),
	})
	if err != nil {
		t.Fatal(err)
	}
	// By a second provider somebody signs up twice.
	second, err := provider.NewOIDC(provider.OIDCConfig{
		Issuer: server.OIDCIssuer(), ClientID: providertest.OIDCClientID, ClientSecret: providertest.OIDCClientSecret, Name: "Practice",
	})
	if err != nil {
		t.Fatal(err)
	}
	p := &Person{Auth: munpae.New(o), t: t, server: server, jar: map[string]string{}, opened: make(chan string, 8)}
	log, clock := slog.New(slog.DiscardHandler), app.SystemClock{}
	folder := config.Profile{Dir: filepath.Join(t.TempDir(), "profile")}
	if err := folder.Create(); err != nil {
		t.Fatal(err)
	}
	open := profile.Open(t.Context(), profile.Options{Folder: folder, Keystore: "file", Clock: clock, Rand: rand.Reader, Log: log})
	if err := open.Err(); err != nil {
		t.Fatal(err)
	}
	p.service = signin.New(signin.Options{
		Providers: []attempt.AuthorizationServer{github, second}, Accounts: open.Database(), Sessions: open.Sessions(),
		Redirect: redirect.New(redirect.Options{Clock: clock, Rand: rand.Reader, Log: log}), Browser: p, Window: p,
		Refusal: func(p app.Provider, code string) error { return provider.Refusal(p, code) },
		Clock:   clock, Rand: rand.Reader, Log: log, Reserved: o.Reserved, Judge: o.Nickname, Confirmed: kit.Confirmed(o), Merging: kit.Merging(p.Auth), Several: o.Accounts, Language: app.English,
	})
	closed := kit.Open(p.Auth, p.service, folder)
	t.Cleanup(sync.OnceFunc(func() {
		closed()
		p.service.Close()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := open.Close(ctx); err != nil {
			t.Error(err)
		}
	}))
	_, _, _ = p.service.Refresh(t.Context(), "") // as the window does: nobody is signed in
	return p
}

// SignedIn returns an Auth in which somebody called nickname is signed in.
func SignedIn(t testing.TB, nickname string) *munpae.Auth {
	t.Helper()
	p := Open(t, munpae.Options{Name: "test"})
	p.SignIn("nora", nickname)
	return p.Auth
}

// SignIn walks the whole sign-in as login, a person of the practice provider: through
// the browser, and with the nickname the first time. The same login is the same person.
func (p *Person) SignIn(login, nickname string) {
	p.t.Helper()
	p.login = login
	p.signIn("github", login, nickname)
}

func (p *Person) signIn(provider, login, nickname string) {
	p.t.Helper()
	p.server.NextPerson(practice.Person{Login: login, Name: login})
	p.service.SignIn(provider)
	p.visit()
	p.wait(func(s signin.State) bool { return s.Step == signin.StepNickname || s.Step == signin.StepSignedIn })
	if p.service.State().Step == signin.StepNickname {
		if answer := p.service.SignUp(p.t.Context(), nickname); answer.Code != app.CodeAvailable {
			p.t.Fatalf("the nickname %q: %s", nickname, answer.Code)
		}
	}
	in, pair, err := p.service.Claim(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	p.jar[in.User.ID] = pair.Refresh
	p.wait(func(s signin.State) bool { return s.Step == signin.StepSignedIn && !s.Unclaimed })
}

// Switch puts the account called nickname on the screen, one of those that SignIn signed
// in one after the other with Options.Accounts, as one press of its nameplate does. It
// returns "", or the code of why nobody was moved, and the sentence that is shown.
func (p *Person) Switch(nickname string) (code, sentence string) {
	p.t.Helper()
	all, err := p.service.Nameplates(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	for _, plate := range all {
		if id := plate.User.ID; plate.User.Nickname == nickname {
			_, pair, err := p.service.SwitchTo(p.t.Context(), id, []string{p.jar[id]})
			if err == nil {
				p.jar[id] = pair.Refresh
			}
			return said(err)
		}
	}
	p.t.Fatalf("no account of this computer is called %q", nickname)
	return "", ""
}

// Refused walks a sign-in as login that comes to nothing, and returns the code that is
// shown.
func (p *Person) Refused(login string) string {
	p.t.Helper()
	p.server.NextPerson(practice.Person{Login: login, Name: login})
	p.service.SignIn("github")
	p.visit()
	p.wait(func(s signin.State) bool { return s.Step == signin.StepSignedOut && s.Problem != nil })
	return string(p.service.State().Problem.Code)
}

// Merge has who is signed in find out that they have a second account, called nickname,
// which login made by another provider, and bring the two together under the nickname
// keep. It returns "", or the code of why they were not, and the sentence that is shown.
func (p *Person) Merge(login, nickname, keep string) (code, sentence string) {
	p.t.Helper()
	if err := p.Auth.SignOut(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	p.signIn("oidc", login, nickname)
	if err := p.Auth.SignOut(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	p.SignIn(p.login, "")
	who, err := p.service.Who()
	if err != nil {
		p.t.Fatal(err)
	}
	p.server.NextPerson(practice.Person{Login: login, Name: login})
	if err := p.service.Link(p.t.Context(), who, "oidc"); err != nil {
		p.t.Fatal(err)
	}
	p.visit()
	p.wait(func(s signin.State) bool { return s.Merge != nil })
	_, _, err = p.service.Merge(p.t.Context(), who, keep)
	if err != nil {
		p.service.Cancel() // the question stands
	}
	return said(err)
}

// Unmerge has who is signed in undo the last Merge. It returns what Merge does.
func (p *Person) Unmerge() (code, sentence string) {
	p.t.Helper()
	who, err := p.service.Who()
	if err != nil {
		p.t.Fatal(err)
	}
	all, err := p.service.Accounts().Merges(p.t.Context(), who)
	if err != nil || len(all) == 0 {
		p.t.Fatalf("nothing to undo: %v", err)
	}
	return said(p.service.Unmerge(p.t.Context(), who, all[0].From.User.ID))
}

func said(err error) (code, sentence string) {
	if err == nil {
		return "", ""
	}
	return string(app.CodeOf(err)), words.Say(app.English, app.CodeOf(err), app.ParamsOf(err)).Text()
}

// visit goes to the practice provider and back.
func (p *Person) visit() {
	p.t.Helper()
	select {
	case address := <-p.opened:
		if _, err := providertest.NewBrowser(nil).Visit(p.t.Context(), address); err != nil {
			p.t.Fatal(err)
		}
	case <-time.After(patience):
		p.t.Fatal("no browser was opened")
	}
}

// Nickname says whether text could be a nickname now: "available", or the code of why
// not, and the sentence that is shown.
func (p *Person) Nickname(text string) (code, sentence string) {
	answer := p.service.CheckNickname(p.t.Context(), text)
	return string(answer.Code), words.Say(app.English, answer.Code, answer.Params).Text()
}

// wait returns when the state is as asked.
func (p *Person) wait(as func(signin.State) bool) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	reached := make(chan struct{})
	once := sync.OnceFunc(func() { close(reached) })
	p.service.Watch(ctx, func(s signin.State) {
		if as(s) {
			once()
		}
	})
	select {
	case <-reached:
	case <-ctx.Done():
		s := p.service.State()
		p.t.Fatalf("the sign-in stands at %s: %v", s.Step, s.Problem)
	}
}

// Open implements attempt.Browser.
func (p *Person) Open(_ context.Context, address string) error {
	p.opened <- address
	return nil
}

// Raise implements signin.Window.
func (p *Person) Raise() {}
