package remote_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/signin"
	"munpae.example/munpae/app/internal/sqlite"
)

// drawer is where a receipt lies from one start to the next.
type drawer struct{ sealed []byte }

func (d *drawer) Put(sealed []byte) error { d.sealed = sealed; return nil }
func (d *drawer) Look() ([]byte, error)   { return d.sealed, nil }
func (d *drawer) Empty() error            { d.sealed = nil; return nil }

// mirror is the profile's database with a place to stop at.
type mirror struct {
	*sqlite.DB
	delete func() // runs before a user is deleted here; may be nil
}

func (m *mirror) DeleteUser(ctx context.Context, userID string, now time.Time) error {
	if m.delete != nil {
		m.delete()
	}
	return m.DB.DeleteUser(ctx, userID, now)
}

// leaver is who deletes their account at a directory, in a window of their computer.
type leaver struct {
	*computer
	drawer *drawer
	window *signin.Service
	// meanwhile runs before nothing is answered; may be nil.
	meanwhile func()
	mu        sync.Mutex
	told      []string // who was deleted, as the program was told
	pair      app.Pair
}

func leaving(t *testing.T) *leaver {
	t.Helper()
	l := &leaver{computer: newWorld(t).computer("laptop"), drawer: &drawer{}}
	in := l.signUp(people()[0], "길동")
	var err error
	_, l.pair, err = l.sessions.Claim(ctx, in.Session.ID)
	l.must(err)
	l.open()
	l.arrive()
	return l
}

// open is a window of the program that the computer runs.
func (l *leaver) open() {
	l.window = signin.New(signin.Options{
		Accounts: l.remote.Store(), Sessions: l.sessions, Token: l.remote.Token, Clock: l.clock, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler), Drawer: l.drawer,
		Deleted: func(userID string) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.told = append(l.told, userID)
		},
	})
	l.Cleanup(l.window.Close)
}

// arrive is its page's first question.
func (l *leaver) arrive() {
	l.Helper()
	_, pair, err := l.window.Refresh(ctx, l.pair.Refresh)
	if err == nil {
		l.pair = pair
	} else if app.CodeOf(err) != app.CodeSessionRevoked && app.CodeOf(err) != app.CodeSessionNone {
		l.Fatal(err)
	}
}

// again is another start of the program, after a kill.
func (l *leaver) again() {
	l.Helper()
	l.start("http://" + l.address)
	l.open()
	l.arrive()
}

func (l *leaver) leave() error {
	l.Helper()
	in, err := l.window.Who()
	l.must(err)
	return l.window.DeleteAccount(ctx, in, "길동")
}

// deaf has the directory's answer to the deletion lost, or its request if done is not set.
func (l *leaver) deaf(done bool) (heal func()) {
	service := l.handler
	serve := func(h http.Handler) {
		l.away()
		l.handler = h
		l.back()
	}
	serve(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodDelete || r.URL.Path != "/v1/me" {
			service.ServeHTTP(rw, r)
			return
		}
		if done {
			service.ServeHTTP(lost{http.Header{}}, r)
		}
		if l.meanwhile != nil {
			l.meanwhile()
		}
		panic(http.ErrAbortHandler)
	}))
	return func() { serve(service) }
}

// LV-05: with a directory nobody knows, after a kill or an answer that was lost, whether the
// account is gone. Its receipt waits until that is known.
func TestLV05_TheReceiptOfADeletionWhoseEndNobodyHeardOfWaitsUntilItIsKnown(t *testing.T) {
	round := func(l *leaver) { l.remote.Round(ctx, l.window) }
	killed := func(l *leaver) {
		l.db.delete = func() { runtime.Goexit() }
		dead := make(chan struct{})
		go func() {
			defer close(dead)
			_ = l.leave()
		}()
		<-dead
		l.again()
	}
	unheard := func(done bool) func(l *leaver) {
		return func(l *leaver) {
			heal := l.deaf(done)
			l.wants(app.CodeDirectoryUnavailable, l.leave())
			heal()
		}
	}
	restarted := func(f func(l *leaver)) func(l *leaver) {
		return func(l *leaver) {
			f(l)
			l.again()
		}
	}
	for name, c := range map[string]struct {
		cut  func(l *leaver)
		then func(l *leaver)
		gone bool
	}{
		"killed before it was done here":            {killed, round, true},
		"the answer was lost":                       {unheard(true), round, true},
		"the answer was lost, and it started again": {restarted(unheard(true)), round, true},
		"the answer was lost, and it is pressed again": {unheard(true), func(l *leaver) {
			l.must(l.leave())
		}, true},
		"the answer was lost, and the news came before the page asked": {unheard(true), func(l *leaver) {
			l.start("http://" + l.address)
			l.open()
			round(l)
			l.arrive()
		}, true},
		"the request was lost":                       {unheard(false), round, false},
		"the request was lost, and it started again": {restarted(unheard(false)), round, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := leaving(t)
			c.cut(l)
			if s := l.window.State(); s.Step != signin.StepSignedIn || s.Receipt != nil || len(l.drawer.sealed) == 0 {
				t.Errorf("meanwhile: %s, receipt %+v, %d bytes", s.Step, s.Receipt, len(l.drawer.sealed))
			}
			c.then(l)
			s := l.window.State()
			if told := s.Receipt != nil && strings.Contains(s.Receipt.Text(), "길동"); told != c.gone || told != (s.Step != signin.StepSignedIn) || told != (len(l.drawer.sealed) > 0) || s.Problem != nil {
				t.Errorf("%s, receipt %+v, %d bytes, %+v", s.Step, s.Receipt, len(l.drawer.sealed), s.Problem)
			}
			l.window.CloseReceipt()
			if len(l.drawer.sealed) > 0 {
				t.Error("read, and it is still there")
			}
		})
	}
}

// The news may be faster than the answer.
func TestLV05_AnAccountThatTheNewsTookAwayHereFirstIsDeletedAllTheSame(t *testing.T) {
	l := leaving(t)
	l.db.delete = func() {
		l.db.delete = nil
		l.remote.Round(ctx, l.window)
	}
	l.must(l.leave())
	if s := l.window.State(); s.Receipt == nil || s.Problem != nil {
		t.Errorf("%+v", s)
	}
}

func TestLV05_AnAnswerThatWasLostAfterTheNewsIsNoFailure(t *testing.T) {
	l := leaving(t)
	in, err := l.window.Who()
	l.must(err)
	l.meanwhile = func() { l.remote.Round(ctx, l.window) }
	heal := l.deaf(true)
	l.must(l.leave())
	heal()
	if s := l.window.State(); s.Receipt == nil || s.Problem != nil {
		t.Errorf("%+v", s)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Equal(l.told, []string{in.User.ID}) {
		t.Errorf("the program was told of %q", l.told)
	}
}
