package munpae

import (
	"context"
	"errors"
	"os"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/origin"
	"munpae.example/munpae/app/internal/signin"
)

// User is who is signed in.
type User struct {
	ID        string // random, the same for ever; what the app's own data hangs on
	Nickname  string // may change; unique in this profile
	CreatedAt time.Time
}

// Session is a sign-in that stands.
type Session struct {
	User     User
	Provider string // "github", "naver", "oidc"; empty if a recovery code opened it
	Account  string // what the provider calls them; may change, and is no key
	// ConfirmedAt is when the provider said last who it is, or a recovery code was used.
	ConfirmedAt time.Time
	// OfflineUntil is how long the session stands without the provider.
	OfflineUntil time.Time
}

// What RequireSession and UserDir answer where nobody is signed in. Both reach the
// page as a code, such as session_none.
var (
	ErrSignedOut  = errors.New("nobody is signed in")
	ErrExpired    = errors.New("the session is over")
	ErrNotRunning = errors.New("munpae: Run has not opened the profile yet")
)

// refused is a session's error, by its code and by what it means.
type refused struct {
	means error
	err   *app.Error
}

func (r *refused) Error() string   { return r.means.Error() }
func (r *refused) Unwrap() []error { return []error{r.means, r.err} }

// meaning gives an error of a session one that an app can ask for.
func meaning(err error) error {
	e, ok := errors.AsType[*app.Error](err)
	if !ok {
		return err
	}
	switch e.Code {
	case app.CodeSessionExpired, app.CodeClockMovedBack:
		return &refused{ErrExpired, e}
	case app.CodeSessionNone, app.CodeSessionRevoked, app.CodeAccountMerged, app.CodeSessionReused, app.CodeSessionAccessExpired, app.CodeKeystoreLost:
		return &refused{ErrSignedOut, e}
	}
	return err
}

func userOf(u app.User) User { return User{u.ID, u.Nickname, u.CreatedAt} }

// merging is OnMerge as the accounts call it.
func (a *Auth) merging() func(ctx context.Context, from, into app.User, undone bool) error {
	if a.o.OnMerge == nil {
		return nil
	}
	return func(ctx context.Context, from, into app.User, undone bool) error {
		a.mu.Lock()
		dirs := a.profile
		a.mu.Unlock()
		return a.o.OnMerge(ctx, Merge{userOf(from), userOf(into), dirs.User(from.ID), dirs.User(into.ID), undone})
	}
}

func sessionOf(in app.SignedIn) Session {
	return Session{
		User:     userOf(in.User),
		Provider: in.Identity.Provider, Account: in.Identity.Account(),
		ConfirmedAt: in.Session.ConfirmedAt, OfflineUntil: in.Session.OfflineUntil(),
	}
}

// RequireSession returns who is signed in, as the database and the clock have it now: a
// session that was ended a moment ago, here or elsewhere, is refused. ErrSignedOut,
// ErrExpired, ErrNotRunning; another error says what is wrong with the database.
func (a *Auth) RequireSession() (Session, error) {
	s, err := a.open()
	if err != nil {
		return Session{}, err
	}
	in, err := s.Current(context.Background())
	if err != nil {
		return Session{}, meaning(err)
	}
	return sessionOf(in), nil
}

func (a *Auth) open() (*signin.Service, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.service == nil {
		return nil, ErrNotRunning
	}
	return a.service, nil
}

// FromContext returns who sent a request that the app's own AssetServer.Handler
// answers. It reports false where nobody is signed in, which a handler sees with
// Front Own or Guest only.
func FromContext(ctx context.Context) (Session, bool) {
	in, ok := origin.SignedIn(ctx)
	if !ok {
		return Session{}, false
	}
	return sessionOf(in), true
}

// UserDir makes and returns a folder for who is signed in, closed to everybody else,
// mode 0700. It goes when the account is deleted. Codes of RequireSession.
func (a *Auth) UserDir() (string, error) {
	in, err := a.RequireSession()
	if err != nil {
		return "", err
	}
	a.mu.Lock()
	dir := a.profile.User(in.User.ID)
	a.mu.Unlock()
	return dir, os.MkdirAll(dir, 0o700)
}

// SignOut ends the session: the row first, and the window shows the sign-in. Signing
// out nobody is no error. ErrNotRunning.
func (a *Auth) SignOut(ctx context.Context) error {
	s, err := a.open()
	if err != nil {
		return err
	}
	in, err := s.Who()
	if err != nil {
		return nil
	}
	return s.SignOut(ctx, in.Session.ID)
}

// ErrNoDirectory is what Token answers where the profile keeps its accounts itself.
var ErrNoDirectory = errors.New("munpae: no directory keeps the accounts")

// Token returns an access token by which the app's own server, which verifies it with
// package verify, knows who is calling. The directory makes it for audience, one of
// its MUNPAE_DIRECTORY_AUDIENCES, and it lives ten minutes. It is for Go alone: the
// page gets none. ErrSignedOut, ErrExpired, ErrNoDirectory; other errors carry a code,
// such as offline.
func (a *Auth) Token(ctx context.Context, audience string) (string, error) {
	s, err := a.open()
	if err != nil {
		return "", err
	}
	token, err := s.Token(ctx, audience)
	if app.CodeOf(err) == app.CodeNotFound {
		return "", ErrNoDirectory
	}
	if err != nil {
		return "", meaning(err)
	}
	return token, nil
}

// watch is one caller of OnChange.
type watch struct {
	f    func(Session, bool)
	ctx  context.Context
	stop context.CancelFunc
	told bool
	last Session
	in   bool
}

// OnChange calls f with who is signed in, and with false where nobody is: as soon as
// that is known, and then at every change, in order, one call at a time, until stop.
// It may be called before Run.
func (a *Auth) OnChange(f func(Session, bool)) (stop func()) {
	w := &watch{f: f}
	w.ctx, w.stop = context.WithCancel(context.Background())
	a.mu.Lock()
	defer a.mu.Unlock()
	a.watches = append(a.watches, w)
	if a.service != nil {
		w.follow(a.service)
	}
	return w.stop
}

func (w *watch) follow(s *signin.Service) {
	s.Watch(w.ctx, func(st signin.State) {
		if st.Step == signin.StepStarting {
			return
		}
		var now Session
		in, err := s.Who()
		if err == nil {
			now = sessionOf(in)
		}
		if w.told && w.in == (err == nil) && w.last == now {
			return
		}
		w.told, w.in, w.last = true, err == nil, now
		w.f(now, w.in)
	})
}

// opened is called once the profile is open.
func (a *Auth) opened(s *signin.Service) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.service = s
	for _, w := range a.watches {
		w.follow(s)
	}
}

// closed is called before the profile is closed.
func (a *Auth) closed() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.service = nil
	for _, w := range a.watches {
		w.stop()
	}
}
