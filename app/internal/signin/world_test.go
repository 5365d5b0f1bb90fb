package signin_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/attempt"
	"munpae.example/munpae/app/internal/keystore"
	"munpae.example/munpae/app/internal/loopback/loopbacktest"
	"munpae.example/munpae/app/internal/nickname"
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
	"munpae.example/munpae/app/internal/redirect"
	"munpae.example/munpae/app/internal/session"
	"munpae.example/munpae/app/internal/signin"
	"munpae.example/munpae/app/internal/sqlite"
)

// Nothing of a closed program runs on (CC-06). More tests than processors run at
// once: they mostly wait for the disk.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

var ctx = context.Background()

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// clock moves only by hand; what is due runs before advance returns.
type clock struct {
	mu    sync.Mutex
	added *sync.Cond
	now   time.Time
	due   map[*timer]bool
}

type timer struct {
	at  time.Time
	in  time.Duration
	run func()
}

func newClock() *clock {
	c := &clock{now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), due: map[*timer]bool{}}
	c.added = sync.NewCond(&c.mu)
	return c
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) AfterFunc(d time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &timer{c.now.Add(d), d, f}
	c.due[t] = true
	c.added.Broadcast()
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		waits := c.due[t]
		delete(c.due, t)
		return waits
	}
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	var run []*timer
	for t := range c.due {
		if !t.at.After(c.now) {
			run = append(run, t)
			delete(c.due, t)
		}
	}
	c.mu.Unlock()
	slices.SortFunc(run, func(a, b *timer) int { return a.at.Compare(b.at) })
	for _, t := range run {
		t.run()
	}
}

// sleep is what a computer does with its lid closed: the time goes on, timers do not.
func (c *clock) sleep(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for t := range c.due {
		t.at = t.at.Add(d)
	}
}

// awaitTimer returns once something waits for about d.
func (c *clock) awaitTimer(t *testing.T, d time.Duration) {
	t.Helper()
	late := time.AfterFunc(patience, func() { c.added.Broadcast() })
	defer late.Stop()
	end := time.Now().Add(patience)
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		for x := range c.due {
			if x.in == d && x.at.Sub(c.now) <= d {
				return
			}
		}
		if time.Now().After(end) {
			t.Fatalf("nothing waits for %s", d)
		}
		c.added.Wait()
	}
}

// dice is a source of randomness that goes on the same in every run.
type dice struct {
	mu sync.Mutex
	n  uint64
}

func (d *dice) Read(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := 0; i < len(p); {
		d.n++
		sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("dice"), d.n))
		i += copy(p[i:], sum[:])
	}
	return len(p), nil
}

// opener stands where the system's browser opener does.
type opener struct {
	mu        sync.Mutex
	addresses []string
	fails     error
	opened    chan string
}

func (o *opener) Open(_ context.Context, address string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.addresses = append(o.addresses, address)
	if o.fails != nil {
		return o.fails
	}
	o.opened <- address
	return nil
}

func (o *opener) fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fails = err
}

func (o *opener) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.addresses)
}

// window counts how often it was raised.
type window struct{ raised chan struct{} }

func (w *window) Raise() { w.raised <- struct{}{} }

// logbook keeps every line.
type logbook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logbook) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// accounts is the real database with a place to stop at.
type accounts struct {
	*sqlite.DB
	mu      sync.Mutex
	stored  func()       // runs after an act on a sign-up, a sign-in or a link committed
	delete  func() error // runs before a user is deleted, who then is not if it fails; may be nil
	deleted func()       // runs after a user was deleted; may be nil
}

func (a *accounts) DeleteUser(ctx context.Context, userID string, now time.Time) error {
	if a.delete != nil {
		if err := a.delete(); err != nil {
			return err
		}
	}
	err := a.DB.DeleteUser(ctx, userID, now)
	if a.deleted != nil {
		a.deleted()
	}
	return err
}

func (a *accounts) afterStored(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stored = f
}

func (a *accounts) pause(err error) {
	a.mu.Lock()
	f := a.stored
	a.mu.Unlock()
	if f != nil && err == nil {
		f()
	}
}

func (a *accounts) SignIn(ctx context.Context, p app.Profile, s app.Session) (app.SignedIn, error) {
	in, err := a.DB.SignIn(ctx, p, s)
	a.pause(err)
	return in, err
}

func (a *accounts) SavePendingSignUp(ctx context.Context, p app.PendingSignUp) error {
	err := a.DB.SavePendingSignUp(ctx, p)
	a.pause(err)
	return err
}

func (a *accounts) SignUp(ctx context.Context, id string, p app.Profile, n app.Nickname, s app.Session) (app.SignedIn, error) {
	in, err := a.DB.SignUp(ctx, id, p, n, s)
	a.pause(err)
	return in, err
}

func (a *accounts) DeletePendingSignUp(ctx context.Context, id string) error {
	err := a.DB.DeletePendingSignUp(ctx, id)
	a.pause(err)
	return err
}

func (a *accounts) Merge(ctx context.Context, r app.MergeRequest) (app.SignedIn, error) {
	in, err := a.DB.Merge(ctx, r)
	a.pause(err)
	return in, err
}

func (a *accounts) LinkIdentity(ctx context.Context, userID, keep string, p app.Profile, now time.Time) (app.Identity, error) {
	id, err := a.DB.LinkIdentity(ctx, userID, keep, p, now)
	a.pause(err)
	return id, err
}

// sessions are the real ones with a place to stop at.
type sessions struct {
	*session.Keeper
	w *world
}

func (s sessions) EndOthers(ctx context.Context, userID, keepSessionID string, why app.EndReason) error {
	err := s.Keeper.EndOthers(ctx, userID, keepSessionID, why)
	if s.w.othersEnded != nil {
		s.w.othersEnded()
	}
	return err
}

// config is what differs between worlds.
type config struct {
	people   []practice.Person
	chooser  bool
	noSecret bool // GitHub by device code only
	oidc     bool
	blocked  error
	notice   error
	none     bool // no provider is configured
	several  bool // accounts may be signed in beside each other
	merging  func(ctx context.Context, from, into app.User, undone bool) error
	deleted  func(userID string)
}

// world is one profile, the providers, a person's browser, and the program on top:
// everything real but the clock, the dice, the opener and the window.
type world struct {
	drawer drawer
	*signin.Service
	t       *testing.T
	c       config
	dir     string
	clock   *clock
	dice    *dice
	ports   []int
	server  *providertest.Server
	browser *providertest.Browser
	opener  *opener
	window  *window
	log     *logbook
	offline bool
	// othersEnded runs when all other sessions of a user have been ended; may be nil.
	othersEnded func()

	install  *sqlite.Install
	db       *accounts
	sessions *session.Keeper
	launches int
	running  bool
	pairs    []app.Pair // that were claimed
	codes    []string   // recovery codes that were made

	unwatch context.CancelFunc
	mu      sync.Mutex
	seen    []signin.State // of this start
	all     bytes.Buffer   // every state of every start, as JavaScript would get it
	news    chan struct{}
}

func newWorld(t *testing.T, c config) *world {
	t.Helper()
	t.Parallel()
	return newWorldAlone(t, c)
}

// newWorldAlone is newWorld that runs beside no other.
func newWorldAlone(t *testing.T, c config) *world {
	t.Helper()
	w := &world{
		t: t, c: c, dir: t.TempDir(), clock: newClock(), dice: &dice{}, ports: loopbacktest.Ports(t, 5), browser: providertest.NewBrowser(nil),
		opener: &opener{opened: make(chan string, 100)}, window: &window{make(chan struct{}, 1000)}, log: &logbook{}, news: make(chan struct{}, 1),
	}
	var err error
	w.server, err = providertest.Start(providertest.Options{People: c.people, Clock: w.clock, Chooser: c.chooser, NaverPorts: w.ports})
	if err != nil {
		t.Fatal(err)
	}
	w.start()
	t.Cleanup(func() {
		w.quit()
		w.server.Close()
		w.noSecretsTold()
	})
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) providers() []attempt.AuthorizationServer {
	w.t.Helper()
	if w.c.none {
		return nil
	}
	client := provider.Client{Clock: w.clock, UserAgent: "munpae/test"}
	naver, err := provider.NewNaver(provider.NaverConfig{
		AsksEmail: true,
		ClientID:  practice.NaverClientID, ClientSecret: practice.NaverClientSecret, BaseURL: w.server.NaverURL(), APIURL: w.server.NaverAPIURL(),
		Issuer: "https://naver.test", Ports: w.ports, Client: client,
	})
	w.must(err)
	secret := practice.GitHubClientSecret
	if w.c.noSecret {
		secret = ""
	}
	github, err := provider.NewGitHub(provider.GitHubConfig{
		ClientID: practice.GitHubClientID, ClientSecret: secret, BaseURL: w.server.GitHubURL(), APIURL: w.server.GitHubAPIURL(),
		Issuer: "https://github.test", Client: client,
	})
	w.must(err)
	all := []attempt.AuthorizationServer{naver, github}
	if w.c.oidc {
		oidc, err := provider.NewOIDC(provider.OIDCConfig{
			Issuer: w.server.OIDCIssuer(), ClientID: providertest.OIDCClientID, ClientSecret: providertest.OIDCClientSecret, Name: "문지기", Client: client,
		})
		w.must(err)
		all = append(all, oidc)
	}
	return all
}

// start opens the profile and starts the service, as package launch does.
func (w *world) start() {
	w.t.Helper()
	var err error
	w.install, err = sqlite.LoadInstall(filepath.Join(w.dir, "install.json"), w.clock.Now(), w.dice)
	w.must(err)
	log := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	db, err := sqlite.Open(ctx, sqlite.Options{
		Path: filepath.Join(w.dir, "munpae.db"), Clock: w.clock, Random: w.dice, Log: log, Rekey: nickname.Keys, NicknameVersion: nickname.Version,
		FirstRun: !w.install.Database,
	})
	w.must(err)
	w.must(w.install.Made())
	w.db = &accounts{DB: db}
	keys, err := keystore.Open(ctx, keystore.Options{
		Choice: keystore.InFile, Dir: w.dir, InstallID: w.install.ID, Records: db, Rand: w.dice, Clock: w.clock,
	})
	w.must(err)
	w.launches++
	w.sessions, err = session.New(session.Options{
		Store: db, Keys: keys, InstallID: w.install.ID, Launch: fmt.Sprint("launch ", w.launches), Clock: w.clock, Rand: w.dice,
	})
	w.must(err)
	db.RestBy(w.sessions.NameTag)
	w.Service = signin.New(signin.Options{
		Providers: w.providers(), Accounts: w.db, Sessions: sessions{w.sessions, w},
		Redirect: redirect.New(redirect.Options{Clock: w.clock, Rand: w.dice, Log: log}),
		Browser:  w.opener,
		Refusal:  func(p app.Provider, errorCode string) error { return provider.Refusal(p, errorCode) },
		Window:   w.window, Clock: w.clock, Rand: w.dice, Log: log, Online: func() bool { return !w.offline },
		SettingsFile: filepath.Join(w.dir, ".env"), Blocked: w.c.blocked, Notice: w.c.notice, Merging: w.c.merging, Deleted: w.c.deleted, Several: w.c.several, Drawer: &w.drawer, Restart: func() error { return nil },
	})
	w.running = true
	w.mu.Lock()
	w.seen = nil
	w.mu.Unlock()
	var watching context.Context
	watching, w.unwatch = context.WithCancel(ctx)
	w.Watch(watching, func(s signin.State) {
		text, err := json.Marshal(s)
		if err != nil {
			panic(err)
		}
		w.mu.Lock()
		w.seen = append(w.seen, s)
		w.all.Write(text)
		w.all.WriteByte('\n')
		w.mu.Unlock()
		select {
		case w.news <- struct{}{}:
		default:
		}
	})
}

// drawer is where a receipt lies from one start to the next.
type drawer struct {
	mu     sync.Mutex
	sealed []byte
	stuck  error // why nobody can look into it; may be nil
}

func (d *drawer) Put(sealed []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sealed = sealed
	return nil
}

func (d *drawer) Look() ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sealed, d.stuck
}

func (d *drawer) Empty() error { return d.Put(nil) }

// cutOff ends the program as a kill does: nothing is put away, nothing is taken out.
func (w *world) cutOff() {
	w.t.Helper()
	there, _ := w.drawer.Look()
	w.quit()
	_ = w.drawer.Put(there)
}

// quit ends the program in the order of package launch.
func (w *world) quit() {
	w.t.Helper()
	if !w.running {
		return
	}
	w.running = false
	w.Close()
	w.caughtUp()
	w.unwatch()
	w.clock.advance(61 * time.Second) // pages that nobody fetched
	w.must(w.sessions.Close(ctx))
	w.must(w.db.Close())
}

// arrive is the page's first questions at a start: session, then refresh.
func (w *world) arrive(pair app.Pair) error {
	w.t.Helper()
	if _, err := w.Resume(ctx, pair.Access); err == nil {
		return nil
	}
	_, _, err := w.Refresh(ctx, pair.Refresh)
	return err
}

// await returns the first state, from now on or now, that is as wanted.
func (w *world) await(what string, as func(signin.State) bool) signin.State {
	w.t.Helper()
	late := time.After(patience)
	for {
		if s := w.State(); as(s) {
			return s
		}
		select {
		case <-w.news:
		case <-time.After(5 * time.Millisecond):
		case <-late:
			w.t.Fatalf("not reached: %s; the state is %s", what, show(w.State()))
		}
	}
}

// caughtUp waits until the world's watcher has been told the last state.
func (w *world) caughtUp() {
	w.t.Helper()
	w.await("the last state is told", func(s signin.State) bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.seen) > 0 && w.seen[len(w.seen)-1].Seq == s.Seq
	})
}

func show(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (w *world) awaitStep(step signin.Step) signin.State {
	w.t.Helper()
	return w.await(string(step), func(s signin.State) bool { return s.Step == step })
}

// step fails unless the window is at step.
func (w *world) step(step signin.Step) signin.State {
	w.t.Helper()
	s := w.State()
	if s.Step != step {
		w.t.Fatalf("step %s, want %s: %s", s.Step, step, show(s))
	}
	return s
}

// problem fails unless the state names code, and returns it.
func (w *world) problem(code app.Code) *app.Problem {
	w.t.Helper()
	p := w.State().Problem
	if p == nil || p.Code != code {
		w.t.Fatalf("problem %s, want %s", show(p), code)
	}
	return p
}

var support = regexp.MustCompile(`^[A-Z][0-9]-[0-9]{2}$`)

// opened returns the address that the browser was last asked to open.
func (w *world) opened() string {
	w.t.Helper()
	select {
	case a := <-w.opener.opened:
		return a
	case <-time.After(patience):
		w.t.Fatal("no browser was opened")
		return ""
	}
}

// begin presses a provider's button and returns the first hop.
func (w *world) begin(provider string) string {
	w.t.Helper()
	w.SignIn(provider)
	return w.opened()
}

// visit opens an address in the person's browser, to the end of the redirects.
func (w *world) visit(address string) providertest.Page {
	w.t.Helper()
	p, err := w.browser.Visit(ctx, address)
	w.must(err)
	return p
}

// walk signs in through the browser as p and returns the last page.
func (w *world) walk(provider string, p practice.Person) providertest.Page {
	w.t.Helper()
	w.server.NextPerson(p)
	return w.visit(w.begin(provider))
}

// join signs somebody new up and claims the session.
func (w *world) join(provider string, p practice.Person, nick string) (app.SignedIn, app.Pair) {
	w.t.Helper()
	w.walk(provider, p)
	w.step(signin.StepNickname)
	if a := w.SignUp(ctx, nick); a.Code != app.CodeAvailable {
		w.t.Fatalf("sign-up: %s", show(a))
	}
	return w.claim()
}

func (w *world) claim() (app.SignedIn, app.Pair) {
	w.t.Helper()
	in, pair, err := w.Claim(ctx)
	w.must(err)
	w.pairs = append(w.pairs, pair)
	return in, pair
}

// leave signs out.
func (w *world) leave() {
	w.t.Helper()
	in, err := w.Who()
	w.must(err)
	w.must(w.SignOut(ctx, in.Session.ID))
	w.step(signin.StepSignedOut)
}

// who is the session as its row is now, the way the HTTP routes ask.
func (w *world) who(pair app.Pair) app.SignedIn {
	w.t.Helper()
	in, err := w.Resume(ctx, pair.Access)
	w.must(err)
	return in
}

// rows counts a table's rows that meet a condition.
func (w *world) rows(table, where string, args ...any) int {
	w.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(w.dir, "munpae.db")+"?mode=ro")
	w.must(err)
	defer db.Close()
	if where == "" {
		where = "1"
	}
	n := -1
	w.must(db.QueryRow("SELECT count(*) FROM "+table+" WHERE "+where, args...).Scan(&n))
	return n
}

// exec does to the database what the program never would.
func (w *world) exec(statement string) {
	w.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(w.dir, "munpae.db"))
	w.must(err)
	defer db.Close()
	_, err = db.Exec(statement)
	w.must(err)
}

func (w *world) want(table string, n int) {
	w.t.Helper()
	if got := w.rows(table, ""); got != n {
		w.t.Errorf("%d rows in %s, want %d", got, table, n)
	}
}

func person(i int) practice.Person { return practice.People()[i] }

// query returns the parameters of the last request to an endpoint.
func (w *world) query(e providertest.Endpoint) url.Values {
	w.t.Helper()
	all := w.server.Requests()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Endpoint == e {
			return all[i].URL.Query()
		}
	}
	w.t.Fatalf("%s was never asked", e)
	return nil
}

// noSecretsTold looks for everything secret that went over the wires of this test
// in every state and every line of the log.
func (w *world) noSecretsTold() {
	secrets := map[string]string{
		practice.GitHubClientSecret: "client secret", practice.NaverClientSecret: "client secret", providertest.OIDCClientSecret: "client secret",
	}
	add := func(what, value string) {
		if len(value) > 5 {
			secrets[value] = what
		}
	}
	for _, r := range w.server.Requests() {
		for _, q := range []url.Values{r.URL.Query(), r.Form} {
			for _, name := range []string{"state", "code", "code_verifier", "device_code", "nonce", "access_token", "client_secret"} {
				add(name, q.Get(name))
			}
		}
		_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		add("access token", token)
	}
	for _, p := range w.pairs {
		add("access token of ours", p.Access)
		add("refresh token of ours", p.Refresh)
	}
	w.opener.mu.Lock()
	for _, a := range w.opener.addresses {
		if u, err := url.Parse(a); err == nil {
			add("nonce of the first hop", u.Query().Get("n"))
		}
	}
	w.opener.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.codes {
		add("recovery code", c)
	}
	for where, text := range map[string]string{"a state": w.all.String(), "the log": w.log.text()} {
		for value, what := range secrets {
			if strings.Contains(text, value) {
				w.t.Errorf("%s holds a %s", where, what)
			}
		}
	}
}
