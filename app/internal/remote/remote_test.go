package remote_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"munpae.example/munpae/app/internal/account"
	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/attempt"
	"munpae.example/munpae/app/internal/directory"
	"munpae.example/munpae/app/internal/directory/rows"
	"munpae.example/munpae/app/internal/loopback/loopbacktest"
	"munpae.example/munpae/app/internal/nickname"
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
	"munpae.example/munpae/app/internal/remote"
	"munpae.example/munpae/app/internal/session"
	"munpae.example/munpae/app/internal/signin"
	"munpae.example/munpae/app/internal/sqlite"
)

var (
	ctx = context.Background()
	_   = []any{signin.Accounts((*remote.Store)(nil)), signin.Sessions((*remote.Sessions)(nil)), attempt.AuthorizationServer((*remote.Provider)(nil)), attempt.DeviceAuthorizationServer(remote.DeviceProvider{})}
)

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) AfterFunc(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a directory and whoever comes to it.
type world struct {
	*testing.T
	clock     *clock
	providers *providertest.Server
	handler   http.Handler
	service   *directory.Service
	secret    [32]byte
	engine    rows.Engine
	server    *httptest.Server
	address   string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, clock: &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}}
	var err error
	w.providers, err = providertest.Start(providertest.Options{Clock: w.clock})
	w.must(err)
	t.Cleanup(w.providers.Close)
	rand.Read(w.secret[:])
	w.serve(filepath.Join(t.TempDir(), "directory.db"))
	w.address = fmt.Sprintf("127.0.0.1:%d", loopbacktest.Port(t))
	w.back()
	t.Cleanup(func() { w.server.Close() })
	return w
}

// serve makes the handler a directory on the database at path.
func (w *world) serve(path string) {
	w.Helper()
	var err error
	w.engine, err = sqlite.OpenDirectory(path)
	w.must(err)
	db := rows.Open(w.engine, rows.Options{})
	w.Cleanup(func() { db.Close() })
	w.must(db.Migrate(ctx))
	g, err := provider.NewGitHub(provider.GitHubConfig{
		ClientID: practice.GitHubClientID, ClientSecret: practice.GitHubClientSecret, BaseURL: w.providers.GitHubURL(), APIURL: w.providers.GitHubAPIURL(),
		Client: provider.Client{Clock: w.clock},
	})
	w.must(err)
	n, err := provider.NewNaver(provider.NaverConfig{
		ClientID: practice.NaverClientID, ClientSecret: practice.NaverClientSecret, BaseURL: w.providers.NaverURL(), APIURL: w.providers.NaverAPIURL(),
		Client: provider.Client{Clock: w.clock},
	})
	w.must(err)
	s, err := directory.New(ctx, directory.Options{
		DB: db, Secret: w.secret, Providers: []directory.IdentityProvider{g, n}, Issuer: "https://id.example", Audiences: []string{"https://notes.example"}, Version: "test",
		Clock: w.clock, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
	w.must(err)
	w.service = s
	w.handler, err = directory.NewHandler(s, directory.Access{}, directory.NewMetrics("test"))
	w.must(err)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) wants(code app.Code, err error) {
	w.Helper()
	if app.CodeOf(err) != code {
		w.Fatalf("got %v, want %s", err, code)
	}
}

// away stops the directory, back starts it where it was.
func (w *world) away() { w.server.CloseClientConnections(); w.server.Close() }

func (w *world) back() {
	w.Helper()
	l, err := net.Listen("tcp", w.address)
	w.must(err)
	w.server = httptest.NewUnstartedServer(w.handler)
	w.server.Listener.Close()
	w.server.Listener = l
	w.server.Start()
}

// key signs the sessions of one computer.
type key [32]byte

func (k key) Current() (string, [32]byte) { return "key", k }

func (k key) Key(id string) ([32]byte, bool) { return k, id == "key" }

// computer is a desktop with a profile of its own.
type computer struct {
	*world
	name     string
	path     string
	key      key
	db       *mirror
	remote   *remote.Remote
	acts     *account.Acts
	sessions *remote.Sessions
	renewed  []app.SignedIn
	over     map[string]app.Code
	merging  func(ctx context.Context, from, into app.User, undone bool) error
}

func (w *world) computer(name string) *computer {
	c := &computer{world: w, name: name, path: filepath.Join(w.TempDir(), "munpae.db"), over: map[string]app.Code{}}
	rand.Read(c.key[:])
	c.start("http://" + w.address)
	w.Cleanup(func() { c.db.Close() })
	return c
}

// start is a start of the program, on what an earlier one left.
func (c *computer) start(directory string) {
	c.Helper()
	first := c.db == nil
	if !first {
		c.must(c.db.Close())
	}
	db, err := sqlite.Open(ctx, sqlite.Options{Path: c.path, Clock: c.clock, FirstRun: first, Rekey: nickname.Keys, NicknameVersion: nickname.Version})
	c.must(err)
	c.db = &mirror{DB: db}
	launch := make([]byte, 8)
	rand.Read(launch)
	keeper, err := session.New(session.Options{Store: c.db, Keys: c.key, InstallID: "install", Launch: fmt.Sprintf("%x", launch), Clock: c.clock, Rand: rand.Reader})
	c.must(err)
	o := account.Options{Merging: c.merging, Store: c.db, Sessions: keeper, Configured: func(string) bool { return true }, Clock: c.clock, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler)}
	c.remote, c.sessions = nil, nil
	if directory != "" {
		c.remote = remote.New(remote.Options{
			URL: directory, Device: app.Device{Name: c.name, Platform: "linux"}, DB: c.db, Keeper: keeper, Authorize: provider.AuthorizationURL, Clock: c.clock,
		})
		c.sessions = c.remote.Sessions()
		o.Store, o.Sessions = c.remote.Store(), c.sessions
		c.must(c.remote.Learn(ctx))
	}
	c.acts = account.New(o)
}

func (c *computer) Renewed(in app.SignedIn)           { c.renewed = append(c.renewed, in) }
func (c *computer) Lives(string, time.Time)           {}
func (c *computer) Over(sessionID string, w app.Code) { c.over[sessionID] = w }

// confirm is a sign-in in the person's browser.
func (c *computer) confirm(id string, person practice.Person) app.Confirmation {
	c.Helper()
	conf, err := c.exchange(id, person)
	c.must(err)
	return conf
}

func (c *computer) exchange(id string, person practice.Person, prompt ...app.Prompt) (app.Confirmation, error) {
	c.Helper()
	c.providers.NextPerson(person)
	for _, p := range c.remote.Providers() {
		p := p.(attempt.AuthorizationServer)
		if p.Describe().ID != id {
			continue
		}
		req := app.AuthorizationRequest{RedirectURI: "http://127.0.0.1:48111/oauth/" + id + "/callback/", State: "state", CodeVerifier: oauth2.GenerateVerifier(), Nonce: "nonce"}
		for _, req.Prompt = range prompt {
			req.At = c.clock.Now()
		}
		address, err := p.AuthorizationURL(ctx, req)
		c.must(err)
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		resp, err := client.Get(address)
		c.must(err)
		resp.Body.Close()
		to, err := url.Parse(resp.Header.Get("Location"))
		c.must(err)
		return p.Exchange(ctx, req, app.AuthorizationResponse{Code: to.Query().Get("code"), Issuer: to.Query().Get("iss")})
	}
	return app.Confirmation{}, errors.New("no such provider")
}

func (c *computer) signUp(person practice.Person, nick string) app.SignedIn {
	c.Helper()
	ad, err := c.acts.Admit(ctx, c.confirm("github", person))
	c.must(err)
	if ad.Pending == nil {
		c.Fatal("they have an account")
	}
	in, answer, err := c.acts.SignUp(ctx, ad.Pending, nick)
	c.must(err)
	if answer.Code != app.CodeAvailable {
		c.Fatalf("%+v", answer)
	}
	return in
}

func (c *computer) signIn(person practice.Person) app.SignedIn {
	c.Helper()
	ad, err := c.acts.Admit(ctx, c.confirm("github", person))
	c.must(err)
	if ad.Pending != nil {
		c.Fatal("they have no account")
	}
	return ad.In
}

func people() []practice.Person { return practice.People() }

func TestTheSecondComputerOpensAtHomeUnderTheSameName(t *testing.T) {
	w := newWorld(t)
	one, two := w.computer("laptop"), w.computer("desk")
	first := one.signUp(people()[0], "길동")
	second := two.signIn(people()[0])
	if second.User != first.User || second.Identity.Key != first.Identity.Key {
		t.Errorf("%+v, then %+v", first, second)
	}
	all, err := two.acts.Sessions(ctx, second)
	w.must(err)
	if len(all) != 2 || all[0].Session.ID != second.Session.ID || all[0].Session.Device.Name != "desk" || all[1].Session.Device.Name != "laptop" ||
		all[0].Session.Elsewhere || !all[1].Session.Elsewhere {
		t.Errorf("%+v", all)
	}
}

func TestARenameAppearsOnTheOtherComputer(t *testing.T) {
	w := newWorld(t)
	one, two := w.computer("laptop"), w.computer("desk")
	in := one.signUp(people()[0], "길동")
	there := two.signIn(people()[0])
	two.remote.Round(ctx, two)
	if len(two.renewed) != 0 {
		t.Error("news of nothing")
	}
	u, err := one.acts.Rename(ctx, in, "새이름")
	w.must(err)
	if u.Nickname != "새이름" {
		t.Errorf("%+v", u)
	}
	two.remote.Round(ctx, two)
	if len(two.renewed) != 1 || two.renewed[0].User.Nickname != "새이름" || two.renewed[0].Session.ID != there.Session.ID {
		t.Errorf("%+v", two.renewed)
	}
	_, err = one.acts.Rename(ctx, in, "또하나")
	w.wants(app.CodeRenameTooSoon, err)
}

func TestASessionIsEndedFromTheOtherComputerAndTheReasonComesAlong(t *testing.T) {
	w := newWorld(t)
	one, two := w.computer("laptop"), w.computer("desk")
	in := one.signUp(people()[0], "길동")
	there := two.signIn(people()[0])
	all, err := two.acts.Sessions(ctx, there)
	w.must(err)
	w.must(two.acts.EndSession(ctx, there, all[1].Session.ID))
	w.must(liveness(one.sessions.Live(ctx, in.Session.ID))) // it has not heard of it yet
	one.remote.Round(ctx, one)
	if one.over[in.Session.ID] != app.CodeSessionRevoked {
		t.Errorf("%v", one.over)
	}
	w.wants(app.CodeSessionRevoked, liveness(one.sessions.Live(ctx, in.Session.ID)))
	two.remote.Round(ctx, two)
	if len(two.over) != 0 {
		t.Errorf("%v", two.over)
	}
}

func liveness(_ app.SignedIn, err error) error { return err }

func TestWithTheDirectoryAwayTheSessionLivesAndActsSayIt(t *testing.T) {
	w := newWorld(t)
	one := w.computer("laptop")
	in := one.signUp(people()[0], "길동")
	w.away()
	one.start("http://" + w.address) // nothing there is waited for
	w.must(liveness(one.sessions.Live(ctx, in.Session.ID)))
	one.remote.Round(ctx, one)
	if len(one.over) != 0 {
		t.Errorf("signed out by silence: %v", one.over)
	}
	_, err := one.acts.Rename(ctx, in, "새이름")
	w.wants(app.CodeDirectoryUnavailable, err)
	_, err = one.acts.Sessions(ctx, in)
	w.wants(app.CodeDirectoryUnavailable, err)
	// What this computer alone can't end is not said to have ended.
	_, err = one.acts.Delete(ctx, in, "길동")
	w.wants(app.CodeDirectoryUnavailable, err)
	w.wants(app.CodeDirectoryUnavailable, one.sessions.EndOthers(ctx, in.User.ID, in.Session.ID, app.EndRevoked))
	if got, err := one.sessions.Live(ctx, in.Session.ID); err != nil || got.User.Nickname != "길동" {
		t.Errorf("%+v %v", got, err)
	}
	if left, err := one.db.Outbox(ctx); err != nil || len(left) != 0 {
		t.Errorf("%d to tell, %v", len(left), err)
	}
	if a := one.acts.CheckNickname(ctx, account.HolderOf(in.User), "새이름"); a.Code != app.CodeDirectoryUnavailable {
		t.Errorf("%+v", a)
	}
}

func TestASignOutWithTheDirectoryAwayIsToldLater(t *testing.T) {
	w := newWorld(t)
	one, two := w.computer("laptop"), w.computer("desk")
	in := one.signUp(people()[0], "길동")
	there := two.signIn(people()[0])
	w.away()
	w.must(one.sessions.End(ctx, in.Session.ID, app.EndSignedOut))
	w.wants(app.CodeSessionRevoked, liveness(one.sessions.Live(ctx, in.Session.ID)))
	one.remote.Round(ctx, one)
	one.start("http://" + w.address) // and over a restart
	w.back()
	one.remote.Round(ctx, one)
	all, err := two.acts.Sessions(ctx, there)
	w.must(err)
	if len(all) != 1 {
		t.Errorf("%d sessions at the directory", len(all))
	}
	left, err := one.db.Outbox(ctx)
	w.must(err)
	if len(left) != 0 {
		t.Errorf("%d left to tell", len(left))
	}
}

// A sign-in that the window never took is replaced by the next one; it must not stay in
// the list of sessions as a computer that nobody has. Likewise one whose pair two used.
func TestASessionThatEndedHereByItselfEndsAtTheDirectoryToo(t *testing.T) {
	w := newWorld(t)
	one, two := w.computer("laptop"), w.computer("desk")
	there := two.signUp(people()[0], "길동")
	_, _, err := two.sessions.Claim(ctx, there.Session.ID)
	w.must(err)
	listed := func(want int) {
		t.Helper()
		one.remote.Round(ctx, one)
		all, err := two.acts.Sessions(ctx, there)
		w.must(err)
		if len(all) != want {
			t.Errorf("%d sessions at the directory, not %d", len(all), want)
		}
	}
	one.signIn(people()[0]) // nobody claims it
	again := one.signIn(people()[0])
	listed(2)
	_, _, err = one.sessions.Claim(ctx, again.Session.ID)
	w.must(err)
	_, err = one.db.EndSessions(ctx, app.SessionSelection{ID: again.Session.ID}, app.EndReused, w.clock.Now())
	w.must(err)
	listed(1)
	if left, err := one.db.Outbox(ctx); err != nil || len(left) != 0 {
		t.Errorf("%d to tell, %v", len(left), err)
	}
}

func TestADirectoryThatLostItsSecretOrItsPeopleSignsOut(t *testing.T) {
	w, anew := newWorld(t), newWorld(t)
	one := w.computer("laptop")
	in := one.signUp(people()[0], "길동")
	w.away()
	w.handler = anew.handler
	w.back()
	one.remote.Round(ctx, one)
	if one.over[in.Session.ID] != app.CodeSessionRevoked {
		t.Errorf("told %v", one.over)
	}
	w.wants(app.CodeSessionRevoked, liveness(one.sessions.Live(ctx, in.Session.ID)))
	w.providers = anew.providers
	one.start("http://" + w.address)
	if again := one.signUp(people()[0], "길동"); again.User.ID == in.User.ID { // whoever was mirrored is in nobody's way
		t.Errorf("%+v", again.User)
	}
}

// The directory's database is one of before this account: the person is signed out, and
// nothing of theirs is deleted here.
func TestADirectoryThatWasRestoredDeletesNobodyHere(t *testing.T) {
	w := newWorld(t)
	copied := filepath.Join(t.TempDir(), "copy.db")
	if _, err := w.engine.Write.Exec("VACUUM INTO ?", copied); err != nil {
		t.Fatal(err)
	}
	one := w.computer("laptop")
	in := one.signUp(people()[0], "길동")
	w.away()
	w.serve(copied)
	w.back()
	one.remote.Round(ctx, one)
	if one.over[in.Session.ID] != app.CodeSessionRevoked {
		t.Errorf("told %v", one.over)
	}
	if u, err := one.db.UserByIdentity(ctx, in.Identity.Key); err != nil || u.ID != in.User.ID {
		t.Errorf("the mirror has %+v, %v", u, err)
	}
	again := one.signUp(people()[0], "길동") // and they come back, by the name that they had
	if again.User.Nickname != "길동" {
		t.Errorf("%+v", again.User)
	}
}

func TestOfflineHoldsForAsManyDaysAsTheDirectorySaid(t *testing.T) {
	w := newWorld(t)
	one := w.computer("laptop")
	in := one.signUp(people()[0], "길동")
	w.clock.advance(29 * 24 * time.Hour)
	got, err := one.sessions.Live(ctx, in.Session.ID)
	w.must(err)
	if want := in.Session.CreatedAt.Add(30 * 24 * time.Hour); !got.Session.OfflineUntil().Equal(want) {
		t.Errorf("until %s, not %s", got.Session.OfflineUntil(), want)
	}
	one.remote.Round(ctx, one) // heard of
	w.clock.advance(29 * 24 * time.Hour)
	if _, err := one.sessions.Live(ctx, in.Session.ID); err != nil && app.CodeOf(err) != app.CodeSessionExpired {
		t.Error(err) // the session's own limit may be nearer
	}
	two := w.computer("desk")
	second := two.signIn(people()[0])
	w.away()
	w.clock.advance(31 * 24 * time.Hour)
	w.wants(app.CodeSessionExpired, liveness(two.sessions.Live(ctx, second.Session.ID)))
}

func TestAnAccountThatIsDeletedGoesFromTheMirrorToo(t *testing.T) {
	w := newWorld(t)
	one, two := w.computer("laptop"), w.computer("desk")
	in := one.signUp(people()[0], "길동")
	there := two.signIn(people()[0])
	w.clock.advance(6 * time.Minute)
	_, err := one.acts.Delete(ctx, in, "길동")
	w.wants(app.CodeConfirmationNeeded, err)
	in, err = one.acts.Confirm(ctx, in, one.confirm("github", people()[0]))
	w.must(err)
	gone, err := one.acts.Delete(ctx, in, "길동")
	w.must(err)
	if want := gone.At.Add(app.NicknameRest); !gone.RestsUntil.Equal(want) {
		t.Errorf("the nickname rests until %v, want %v", gone.RestsUntil, want)
	}
	two.remote.Round(ctx, two)
	if two.over[there.Session.ID] != app.CodeAccountDeleted {
		t.Errorf("%v", two.over)
	}
	for _, c := range []*computer{one, two} {
		if _, err := c.db.UserByIdentity(ctx, there.Identity.Key); app.CodeOf(err) != app.CodeNotFound {
			t.Errorf("%s still has them: %v", c.name, err)
		}
	}
}

// The receipt says of each provider what became of its permission: with a directory, too,
// what was confirmed anew is withdrawn, since the directory has the client secret.
func TestLV06_WhatWasGrantedIsWithdrawnThroughTheDirectory(t *testing.T) {
	w := newWorld(t)
	one := w.computer("laptop")
	in := one.signUp(people()[0], "길동")
	in, naver, err := one.acts.Link(ctx, in, one.confirm("naver", people()[0]))
	w.must(err)
	anew := func(id string) app.Confirmation {
		t.Helper()
		c, err := one.exchange(id, people()[0], app.PromptReauthenticate)
		w.must(err)
		return c
	}
	w.clock.advance(6 * time.Minute)
	in, err = one.acts.Confirm(ctx, in, anew("naver"))
	w.must(err)
	in, revoke, err := one.acts.Unlink(ctx, in, naver)
	w.must(err)
	if revoke == nil {
		t.Fatal("nothing withdraws Naver's grant")
	}
	w.must(revoke(ctx))
	if n := w.providers.Count(providertest.NaverRevoke); n != 1 {
		t.Errorf("Naver was told %d times", n)
	}
	w.clock.advance(6 * time.Minute)
	in, err = one.acts.Confirm(ctx, in, anew("github"))
	w.must(err)
	gone, err := one.acts.Delete(ctx, in, "길동")
	w.must(err)
	if len(gone.Links) != 1 || gone.Links[0].Revoke == nil {
		t.Fatalf("%+v", gone.Links)
	}
	w.must(gone.Links[0].Revoke(ctx))
	w.must(gone.Links[0].Revoke(ctx)) // whoever did not hear the answer asks again
	if n := w.providers.Count(providertest.GitHubRevoke); n != 1 {
		t.Errorf("GitHub was told %d times", n)
	}
}

func TestADirectoryWhereNoNicknameRestsIsNotSaidToHaveOneRest(t *testing.T) {
	w := newWorld(t)
	service := w.handler
	w.away()
	w.handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { // as it was before it did
		if r.URL.Path != "/v1/" {
			service.ServeHTTP(rw, r)
			return
		}
		answer := httptest.NewRecorder()
		service.ServeHTTP(answer, r)
		var home map[string]any
		w.must(json.Unmarshal(answer.Body.Bytes(), &home))
		if home["rest_days"] != float64(30) {
			t.Errorf("it says %v", home["rest_days"])
		}
		delete(home, "rest_days")
		rw.Header().Set("Content-Type", "application/json")
		w.must(json.NewEncoder(rw).Encode(home))
	})
	w.back()
	one := w.computer("laptop")
	in := one.signUp(people()[0], "길동")
	gone, err := one.acts.Delete(ctx, in, "길동")
	w.must(err)
	if !gone.RestsUntil.IsZero() {
		t.Errorf("the nickname rests until %v", gone.RestsUntil)
	}
}

func TestLinkingAndUnlinkingReachTheOtherComputer(t *testing.T) {
	w := newWorld(t)
	one, two := w.computer("laptop"), w.computer("desk")
	in := one.signUp(people()[0], "길동")
	in, linked, err := one.acts.Link(ctx, in, one.confirm("naver", people()[0]))
	w.must(err)
	ids, err := one.acts.Identities(ctx, in.User.ID)
	w.must(err)
	if len(ids) != 2 {
		t.Errorf("%+v", ids)
	}
	second := two.signIn(people()[0])
	if ids, _ := two.acts.Identities(ctx, second.User.ID); len(ids) != 2 {
		t.Errorf("%+v", ids)
	}
	_, _, err = one.acts.Unlink(ctx, in, linked)
	w.must(err)
	if ids, _ := one.acts.Identities(ctx, in.User.ID); len(ids) != 1 || ids[0].Provider != "github" {
		t.Errorf("%+v", ids)
	}
	two.remote.Round(ctx, two)
	if two.over[second.Session.ID] != app.CodeSessionRevoked { // unlinking ends the others
		t.Errorf("%v", two.over)
	}
}

func TestASignUpGoesOnAfterARestart(t *testing.T) {
	w := newWorld(t)
	one := w.computer("laptop")
	ad, err := one.acts.Admit(ctx, one.confirm("github", people()[0]))
	w.must(err)
	if ad.Pending == nil || ad.Pending.Proposal == "" {
		t.Fatalf("%+v", ad)
	}
	one.start("http://" + w.address)
	p := one.acts.Recall(ctx)
	if p == nil {
		t.Fatal("forgotten")
	}
	if a := one.acts.CheckNickname(ctx, p.Holder(), "길동"); a.Code != app.CodeAvailable {
		t.Errorf("%+v", a)
	}
	in, answer, err := one.acts.SignUp(ctx, p, "길동")
	w.must(err)
	if answer.Code != app.CodeAvailable || in.User.Nickname != "길동" {
		t.Errorf("%+v", answer)
	}
	taken := w.computer("desk")
	ad, err = taken.acts.Admit(ctx, taken.confirm("github", people()[1]))
	w.must(err)
	_, answer, err = taken.acts.SignUp(ctx, ad.Pending, "길동")
	w.must(err)
	if answer.Code != app.CodeNicknameTaken {
		t.Errorf("%+v", answer)
	}
}

func TestAProfileMovesAndTheOldPeopleStayInTheFile(t *testing.T) {
	w := newWorld(t)
	one := w.computer("laptop")
	one.start("") // without a directory
	p := app.Profile{Key: app.IdentityKey{Issuer: "http://127.0.0.1#github", Subject: one.subject(people()[0])}, Provider: "github", Login: "x"}
	ad, err := one.acts.Admit(ctx, app.Confirmation{Profile: p})
	w.must(err)
	local, answer, err := one.acts.SignUp(ctx, ad.Pending, "옛이름")
	w.must(err)
	if answer.Code != app.CodeAvailable {
		t.Fatalf("%+v", answer)
	}
	for range 2 { // once more changes nothing
		moved, err := one.db.Move(ctx, "https://id.example", w.clock.Now())
		w.must(err)
		_ = moved
	}
	one.start("http://" + w.address)
	if _, err := one.db.UserByIdentity(ctx, p.Key); app.CodeOf(err) != app.CodeNotFound {
		t.Errorf("a local account in a directory: %v", err)
	}
	ad, err = one.acts.Admit(ctx, one.confirm("github", people()[0]))
	w.must(err)
	if ad.Pending == nil || ad.Pending.Proposal != "옛이름" {
		t.Fatalf("%+v", ad.Pending)
	}
	in, _, err := one.acts.SignUp(ctx, ad.Pending, "옛이름")
	w.must(err)
	if in.User.ID == local.User.ID {
		t.Error("one ID in two places")
	}
	moved, err := one.db.Move(ctx, "", w.clock.Now())
	w.must(err)
	if !moved {
		t.Error("nobody was there")
	}
	back, err := one.db.UserByIdentity(ctx, p.Key)
	w.must(err)
	if back != local.User {
		t.Errorf("%+v came back as %+v", local.User, back)
	}
}

// subject is what GitHub calls a person.
func (c *computer) subject(person practice.Person) string {
	c.Helper()
	other := c.world.computer("probe")
	return other.confirm("github", person).Profile.Key.Subject
}

func TestWhatIsNoDirectoryIsToldApart(t *testing.T) {
	w := newWorld(t)
	one := w.computer("laptop")
	in := one.signUp(people()[0], "길동")
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		code   app.Code
	}{
		"a page": {func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprint(rw, "<html>hello") }, app.CodeDirectoryBadAnswer},
		"empty":  {func(rw http.ResponseWriter, _ *http.Request) {}, app.CodeDirectoryBadAnswer},
		"a redirect": {func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "https://evil.example", http.StatusFound)
		}, app.CodeDirectoryBadAnswer},
		"a proxy's error": {func(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "bad gateway", http.StatusBadGateway) }, app.CodeDirectoryUnavailable},
		"a hang-up":       {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, app.CodeDirectoryUnavailable},
		"too much": {func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			for range 3 << 10 {
				rw.Write(make([]byte, 1<<10))
			}
		}, app.CodeDirectoryBadAnswer},
	} {
		server := httptest.NewServer(c.answer)
		r := remote.New(remote.Options{URL: server.URL, DB: one.db, Clock: w.clock})
		if err := r.Learn(ctx); app.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
		server.Close()
	}
	w.must(liveness(one.sessions.Live(ctx, in.Session.ID)))
}

// A directory of before or after this version says by a code that it does not know what is
// asked, and the desktop says that in words, keeps its session, and tries again.
func TestADirectoryOfAnotherVersionIsToldSoInWords(t *testing.T) {
	w := newWorld(t)
	one := w.computer("laptop")
	in := one.signUp(people()[0], "길동")
	service := w.handler
	for name, other := range map[string]http.HandlerFunc{
		"no such route": func(rw http.ResponseWriter, r *http.Request) {
			r.URL.Path = "/v9" + r.URL.Path
			service.ServeHTTP(rw, r)
		},
		"another method": func(rw http.ResponseWriter, r *http.Request) {
			r.Method = http.MethodPut
			service.ServeHTTP(rw, r)
		},
		"a field that it does not know": func(rw http.ResponseWriter, r *http.Request) {
			r.Body = io.NopCloser(strings.NewReader(`{"of_another_version":true}`))
			service.ServeHTTP(rw, r)
		},
		"another media type": func(rw http.ResponseWriter, r *http.Request) {
			r.Header.Set("Content-Type", "application/cbor")
			service.ServeHTTP(rw, r)
		},
	} {
		w.away()
		w.handler = other
		w.back()
		_, err := one.acts.Rename(ctx, in, "새이름")
		if app.CodeOf(err) != app.CodeDirectoryVersion {
			t.Errorf("%s: %v", name, err)
		}
		_, err = one.exchange("github", people()[0])
		if app.CodeOf(err) != app.CodeDirectoryVersion {
			t.Errorf("%s: a confirmation: %v", name, err)
		}
		one.remote.Round(ctx, one)
	}
	if len(one.over) != 0 {
		t.Errorf("signed out: %v", one.over)
	}
	w.away()
	w.handler = service
	w.back()
	_, err := one.acts.Rename(ctx, in, "새이름")
	w.must(err)
}

func TestAProgramThatDiesBetweenARefreshAndItsRowIsNotSignedOut(t *testing.T) {
	w := newWorld(t)
	one := w.computer("laptop")
	in := one.signUp(people()[0], "길동")
	before, err := one.db.Grants(ctx)
	w.must(err)
	for range 3 {
		w.clock.advance(11 * time.Minute)
		one.remote.Round(ctx, one)               // rotates there
		w.must(one.db.SaveGrant(ctx, before[0])) // and the row was lost
		one.start("http://" + w.address)
		one.remote.Round(ctx, one)
		if len(one.over) != 0 {
			t.Fatalf("%v", one.over)
		}
		before, err = one.db.Grants(ctx)
		w.must(err)
	}
	w.must(liveness(one.sessions.Live(ctx, in.Session.ID)))
}

func TestTheProgramsOwnServerGetsATokenOfItsOwn(t *testing.T) {
	w := newWorld(t)
	one := w.computer("laptop")
	in := one.signUp(people()[0], "길동")
	token, err := one.remote.Token(ctx, in.Session.ID, "https://notes.example")
	w.must(err)
	if token == "" {
		t.Error("empty")
	}
	_, err = one.remote.Token(ctx, in.Session.ID, "https://evil.example")
	w.wants(app.CodeForbidden, err)
}

func TestEventsAndFormerNamesAreTheDirectorys(t *testing.T) {
	w := newWorld(t)
	one := w.computer("laptop")
	in := one.signUp(people()[0], "길동")
	_, err := one.acts.Rename(ctx, in, "새이름")
	w.must(err)
	events, err := one.acts.Events(ctx, in.User.ID)
	w.must(err)
	former, err := one.acts.FormerNames(ctx, in.User.ID)
	w.must(err)
	if len(events) != 2 || events[0].Kind != "renamed" || len(former) != 1 || former[0].Nickname != "길동" {
		t.Errorf("%+v %+v", events, former)
	}
}
