package remote_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// A sheet made on one computer opens the account on another, whose browser knows nobody;
// and what is linked then is what the session stands on, here and there.
func TestRC13_ACodeMadeOnOneComputerOpensTheAccountOnAnother(t *testing.T) {
	w := newWorld(t)
	one, two := w.computer("laptop"), w.computer("desk")
	in := one.signUp(people()[0], "길동")
	codes, err := one.acts.MakeRecoveryCodes(ctx, in)
	w.must(err)
	there, err := two.acts.Recover(ctx, strings.ToLower(codes[4]))
	w.must(err)
	if there.User.Nickname != "길동" || there.User.ID != in.User.ID || there.Session.IdentityID != "" {
		t.Errorf("%+v", there)
	}
	_, err = two.sessions.Live(ctx, there.Session.ID)
	w.must(err)
	two.start("http://" + w.address) // it is known to be a code's after a restart, and after news
	two.remote.Round(ctx, two)
	there, err = two.sessions.Live(ctx, there.Session.ID)
	w.must(err)
	if there.Session.IdentityID != "" || len(two.over) != 0 {
		t.Errorf("%+v, %v", there, two.over)
	}
	of, err := one.acts.RecoveryCodes(ctx, in)
	w.must(err)
	if len(of.Codes) != 10 || of.Codes[4].UsedAt.IsZero() || !of.Codes[5].UsedAt.IsZero() {
		t.Errorf("%+v", of)
	}
	there, linked, err := two.acts.Link(ctx, there, two.confirm("naver", people()[0]))
	w.must(err)
	if there.Session.IdentityID != linked.ID || there.Identity.Provider != "naver" {
		t.Errorf("%+v", there)
	}
	w.must(two.acts.RemoveRecoveryCodes(ctx, there))
	_, err = two.acts.Recover(ctx, codes[5])
	w.wants(app.CodeRecoveryNone, err)
}

// The directory's session is a code's for as long as nothing is linked in it: that a
// provider confirmed it here is no news, and a write a minute would wear a disk.
func TestACodesSessionThatAProviderConfirmedIsNotReadAnewEveryMinute(t *testing.T) {
	w := newWorld(t)
	one, two := w.computer("laptop"), w.computer("desk")
	codes, err := one.acts.MakeRecoveryCodes(ctx, one.signUp(people()[0], "길동"))
	w.must(err)
	there, err := two.acts.Recover(ctx, codes[0])
	w.must(err)
	there, err = two.acts.Confirm(ctx, there, two.confirm("github", people()[0]))
	w.must(err)
	if there.Session.IdentityID == "" {
		t.Error("nothing confirmed it")
	}
	two.remote.Round(ctx, two)
	var asked []string
	service := w.handler
	w.away()
	w.handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path)
		service.ServeHTTP(rw, r)
	})
	w.back()
	two.remote.Round(ctx, two)
	if !slices.Contains(asked, "GET /v1/me") || slices.Contains(asked, "GET /v1/me/identities") {
		t.Errorf("asked were %v", asked)
	}
}

func TestACodeWhoseAnswerWasLostIsNotUsedUpForWhoTypedIt(t *testing.T) {
	w := newWorld(t)
	one, two := w.computer("laptop"), w.computer("desk")
	codes, err := one.acts.MakeRecoveryCodes(ctx, one.signUp(people()[0], "길동"))
	w.must(err)
	service := w.handler
	w.away()
	w.handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		service.ServeHTTP(lost{http.Header{}}, r)
		panic(http.ErrAbortHandler) // done, and the connection is gone
	})
	w.back()
	_, err = two.acts.Recover(ctx, codes[0])
	w.wants(app.CodeDirectoryUnavailable, err)
	w.away()
	w.handler = service
	w.back()
	in, err := two.acts.Recover(ctx, codes[0])
	w.must(err)
	if in.User.Nickname != "길동" {
		t.Errorf("%+v", in)
	}
	_, err = one.acts.Recover(ctx, codes[0])
	w.wants(app.CodeRecoveryUsed, err)
}

type lost struct{ header http.Header }

func (l lost) Header() http.Header         { return l.header }
func (l lost) Write(b []byte) (int, error) { return len(b), nil }
func (l lost) WriteHeader(int)             {}

func TestWithTheDirectoryAwayOrOlderCodesSayIt(t *testing.T) {
	w := newWorld(t)
	one := w.computer("laptop")
	in := one.signUp(people()[0], "길동")
	codes, err := one.acts.MakeRecoveryCodes(ctx, in)
	w.must(err)
	service := w.handler
	w.away()
	_, err = one.acts.Recover(ctx, codes[0])
	w.wants(app.CodeDirectoryUnavailable, err)
	_, err = one.acts.MakeRecoveryCodes(ctx, in)
	w.wants(app.CodeDirectoryUnavailable, err)
	w.handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { // as it was before it kept any
		if strings.Contains(r.URL.Path, "recovery") {
			r.URL.Path = "/v1/nothing-here"
		}
		service.ServeHTTP(rw, r)
	})
	w.back()
	_, err = one.acts.Recover(ctx, codes[0])
	w.wants(app.CodeRecoveryUnsupported, err)
	_, err = one.acts.RecoveryCodes(ctx, in)
	w.wants(app.CodeRecoveryUnsupported, err)
	w.away()
	w.handler = service
	w.back()
	_, err = one.acts.Recover(ctx, codes[0]) // none of it cost the code
	w.must(err)
	w.clock.advance(6 * time.Minute)
	_, err = one.acts.MakeRecoveryCodes(ctx, in)
	w.wants(app.CodeConfirmationNeeded, err)
}
