package remote

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory/wire"
	"munpae.example/munpae/app/internal/nickname"
)

// settingHome is where the directory's description is kept for the next start.
const settingHome = "directory_home "

// Options are what New needs; Proxy, Roots, Online and UserAgent may be zero.
type Options struct {
	// URL is the directory's address.
	URL string
	// Device is how this computer is called in the list of sessions.
	Device app.Device
	DB     Database
	Keeper Keeper
	// Authorize builds an authorization request: provider.AuthorizationURL.
	Authorize func(id string, c app.PublicClient, req app.AuthorizationRequest) (string, error)
	// Proxy says by which proxy a request goes; nil: by none.
	Proxy func(*http.Request) (*url.URL, error)
	// Roots are the certificate authorities to trust; nil means the system's.
	Roots     *x509.CertPool
	Online    func() bool
	UserAgent string
	Clock     app.Clock
	Log       *slog.Logger // nil: nothing is logged
}

// Remote is one directory, seen from one profile. It is safe for concurrent use.
type Remote struct {
	o      Options
	client *client
	home   wire.Home

	kick chan struct{} // news are wanted now

	refreshing sync.Mutex // one refresh at a time: a token is presented once
	absorbing  sync.Mutex // guards settingAbsorbed

	mu      sync.Mutex // guards all below
	access  map[string]access
	contact map[string]time.Time     // by session: when the directory was last heard of
	fresh   map[string]ticket        // by user: the last confirmation
	pending ticket                   // of the open sign-up
	owners  map[app.IdentityKey]word // whose a confirmed identity is there
	others  map[string]string        // sessions of other computers, by ID: their user
	// recovering is the recovery code that was tried last, until it is known what came of it.
	recovering attempt
}

// access is an access token of the directory's, in memory only.
type access struct {
	token   string
	expires time.Time
}

type ticket struct {
	text string
	at   time.Time
}

// New makes a Remote. It asks nobody: see Learn.
func New(o Options) *Remote {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Remote{
		o: o, client: newClient(o), kick: make(chan struct{}, 1), access: map[string]access{}, contact: map[string]time.Time{}, fresh: map[string]ticket{},
		others: map[string]string{}, owners: map[app.IdentityKey]word{},
	}
}

// Learn finds out what the directory is and which providers it has: from what an
// earlier start remembered, else from the directory itself. A start that has
// something to remember never waits.
func (r *Remote) Learn(ctx context.Context) error {
	text, err := r.o.DB.Setting(ctx, settingHome+r.client.base)
	if err == nil && json.Unmarshal([]byte(text), &r.home) == nil && len(r.home.Providers) > 0 {
		return nil
	}
	return r.askHome(ctx)
}

// askHome asks the directory what it is and remembers it for the next start.
func (r *Remote) askHome(ctx context.Context) error {
	var home wire.Home
	if _, err := r.client.do(ctx, http.MethodGet, "/v1/", "", nil, &home); err != nil {
		return err
	}
	if home.Issuer == "" || home.OfflineDays < 1 || home.OfflineDays > 90 {
		return app.Fail(app.CodeDirectoryBadAnswer, errors.New("directory: a description of another shape"))
	}
	text, err := json.Marshal(home)
	if err != nil {
		return app.Fail(app.CodeInternal, err)
	}
	if r.home.Issuer == "" {
		r.home = home // what is in use now stays till the next start
	}
	return r.o.DB.SetSetting(ctx, settingHome+r.client.base, string(text))
}

// Providers are the directory's; each is a *Provider or a DeviceProvider.
func (r *Remote) Providers() []any {
	var all []any
	for _, p := range r.home.Providers {
		one := &Provider{r, p}
		if p.Device {
			all = append(all, DeviceProvider{one})
		} else {
			all = append(all, one)
		}
	}
	return all
}

// Demo reports whether the directory is one to try things out with, whose providers and
// people are invented.
func (r *Remote) Demo() bool { return r.home.Demo }

// sealed binds a refresh token to its session's row.
func sealedAbout(sessionID string) string { return "grant " + sessionID }

// grantOf returns the grant of a live session; CodeSessionNone if it has none.
func (r *Remote) grantOf(ctx context.Context, match func(app.Grant) bool) (app.Grant, error) {
	all, err := r.o.DB.Grants(ctx)
	if err != nil {
		return app.Grant{}, err
	}
	for _, g := range all {
		if match(g) {
			return g, nil
		}
	}
	return app.Grant{}, app.Fail(app.CodeSessionNone, nil)
}

func ofSession(id string) func(app.Grant) bool {
	return func(g app.Grant) bool { return g.SessionID == id }
}

func ofUser(id string) func(app.Grant) bool { return func(g app.Grant) bool { return g.UserID == id } }

// bearer returns an access token of a session that match finds, refreshing it if it
// has to.
func (r *Remote) bearer(ctx context.Context, match func(app.Grant) bool) (app.Grant, string, error) {
	r.refreshing.Lock()
	defer r.refreshing.Unlock()
	g, err := r.grantOf(ctx, match)
	if err != nil {
		return g, "", err
	}
	r.mu.Lock()
	a, ok := r.access[g.SessionID]
	r.mu.Unlock()
	if ok && r.o.Clock.Now().Add(30*time.Second).Before(a.expires) {
		return g, a.token, nil
	}
	in, err := r.refresh(ctx, g)
	if err != nil {
		return g, "", err
	}
	return g, in.AccessToken, nil
}

// refresh rotates a session's pair at the directory and stores what it answered. A
// program that dies in between presents the predecessor next time, which is answered
// with the same pair.
func (r *Remote) refresh(ctx context.Context, g app.Grant) (wire.SignedIn, error) {
	var in wire.SignedIn
	token, err := r.o.Keeper.Open(g.Sealed, sealedAbout(g.SessionID))
	if err != nil {
		return in, err
	}
	if _, err := r.client.do(ctx, http.MethodPost, "/v1/sessions/refresh", "", wire.RefreshRequest{RefreshToken: string(token)}, &in); err != nil {
		return in, err
	}
	if g, err = r.grant(g.SessionID, in); err != nil {
		return in, err
	}
	if err := r.o.DB.SaveGrant(ctx, g); err != nil {
		return in, err
	}
	r.heard(g.SessionID, in.AccessToken, in.ExpiresIn)
	return in, nil
}

// grant is what a directory's answer gives to a session of ours.
func (r *Remote) grant(sessionID string, in wire.SignedIn) (app.Grant, error) {
	if in.User.ID == "" || in.Session.ID == "" || in.RefreshToken == "" || in.AccessToken == "" {
		return app.Grant{}, app.Fail(app.CodeDirectoryBadAnswer, errors.New("directory: a session of another shape"))
	}
	sealed, err := r.o.Keeper.Seal([]byte(in.RefreshToken), sealedAbout(sessionID))
	return app.Grant{SessionID: sessionID, RemoteID: in.Session.ID, Sealed: sealed, ContactAt: r.o.Clock.Now()}, err
}

// heard remembers an access token and that the directory answered.
func (r *Remote) heard(sessionID, token string, expiresIn int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.o.Clock.Now()
	r.contact[sessionID] = now
	// The token counts from its making, which may have been a while ago.
	r.access[sessionID] = access{token, now.Add(min(time.Duration(expiresIn)*time.Second, app.AccessLifetime))}
}

// forget drops an access token that is not taken any more.
func (r *Remote) forget(sessionID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.access, sessionID)
}

// ask does a request of a session's owner, once more with a new access token where
// the directory does not take the one in memory any more.
func (r *Remote) ask(ctx context.Context, match func(app.Grant) bool, method, path string, body, into any) (app.Grant, error) {
	for first := true; ; first = false {
		g, token, err := r.bearer(ctx, match)
		if err != nil {
			return g, err
		}
		_, err = r.client.do(ctx, method, path, token, body, into)
		if code := app.CodeOf(err); first && (code == app.CodeSessionNone || code == app.CodeSessionAccessExpired) {
			r.forget(g.SessionID)
			continue
		}
		return g, err
	}
}

// Token returns an access token for the program's own server, which the directory's
// MUNPAE_DIRECTORY_AUDIENCES must list (CodeForbidden).
func (r *Remote) Token(ctx context.Context, sessionID, audience string) (string, error) {
	var a wire.TokenAnswer
	_, err := r.ask(ctx, ofSession(sessionID), http.MethodPost, "/v1/tokens", wire.TokenRequest{Audience: audience}, &a)
	return a.AccessToken, err
}

// mirror stores a person as the directory has them, and a session of theirs if s is
// not zero.
func (r *Remote) mirror(ctx context.Context, u wire.User, ids []wire.Identity, by app.IdentityKey, s app.Session, g app.Grant) (app.SignedIn, error) {
	user := userOf(u)
	var identities []app.Identity
	for _, i := range ids {
		identities = append(identities, identityOf(i, user.ID))
	}
	return r.o.DB.Mirror(ctx, user, nickname.Keys(user.Nickname), identities, by, s, g)
}

// Reach reports whether the directory answers as one; for the self-tests.
func (r *Remote) Reach(ctx context.Context) error {
	var home wire.Home
	_, err := r.client.do(ctx, http.MethodGet, "/v1/", "", nil, &home)
	if err == nil && home.Issuer == "" {
		err = app.Fail(app.CodeDirectoryBadAnswer, nil)
	}
	return err
}
