package signin_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/attempt"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
	"munpae.example/munpae/app/internal/signin"
)

// refusing is a Redirect that notes each attempt's state and opens nothing.
type refusing struct{ states []string }

func (r *refusing) Listen(l attempt.ListenRequest) (attempt.Listener, error) {
	r.states = append(r.states, l.State)
	return nil, app.Fail(app.CodePortInUse, nil)
}

// offered is a provider that is never asked.
type offered struct{ attempt.AuthorizationServer }

func (offered) Describe() app.Provider {
	return app.Provider{ID: "github", Name: "GitHub", Browser: true}
}

func TestST04_TenThousandStatesAreLongSafeInAddressesAndDifferent(t *testing.T) {
	r := &refusing{}
	s := signin.New(signin.Options{
		Providers: []attempt.AuthorizationServer{offered{}}, Accounts: nothingStored{}, Sessions: nobody{}, Redirect: r, Clock: app.SystemClock{},
		Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
	s.Refresh(ctx, "") // the page has asked, and nobody is signed in
	for range 10_000 {
		s.SignIn("github")
	}
	seen := map[string]bool{}
	for _, state := range r.states {
		if b, err := base64.RawURLEncoding.DecodeString(state); err != nil || len(b) < 16 {
			t.Fatalf("%q: %v", state, err)
		}
		if seen[state] {
			t.Fatalf("%q came twice", state)
		}
		seen[state] = true
	}
	if len(seen) != 10_000 {
		t.Fatalf("%d states", len(seen))
	}
}

// nowhere is a Redirect whose listeners are on no port at all; last is the newest.
type nowhere struct{ last unbound }

func (n *nowhere) Listen(attempt.ListenRequest) (attempt.Listener, error) {
	n.last = unbound{make(chan attempt.Visit)}
	return n.last, nil
}

// unbound is a listener: what the browser brings is sent on visits.
type unbound struct{ visits chan attempt.Visit }

func (unbound) RedirectURI() string            { return "http://127.0.0.1:1/oauth/github/callback/" }
func (unbound) FirstHop() string               { return "http://127.0.0.1:1/oauth/github/login/?n=n" }
func (u unbound) Visits() <-chan attempt.Visit { return u.visits }
func (unbound) Finish(attempt.Outcome)         {}
func (unbound) Close(attempt.Outcome)          {}

// noting is a provider that notes the verifiers it is given.
type noting struct {
	offered
	verifiers []string
}

func (n *noting) AuthorizationURL(_ context.Context, r app.AuthorizationRequest) (string, error) {
	n.verifiers = append(n.verifiers, r.CodeVerifier)
	return "https://github.example/", nil
}

func TestPK02_TenThousandVerifiersAreLongUnreservedAndDifferent(t *testing.T) {
	r, p := &nowhere{}, &noting{}
	s := signin.New(signin.Options{
		Providers: []attempt.AuthorizationServer{p}, Accounts: nothingStored{}, Sessions: nobody{}, Redirect: r, Clock: newClock(),
		Browser: &opener{opened: make(chan string, 10_000)}, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
	defer s.Close()
	s.Refresh(ctx, "")
	for range 10_000 {
		s.SignIn("github")
		hop := make(chan attempt.Hop, 1)
		r.last.visits <- attempt.Visit{Arrived: hop}
		if h := <-hop; h.Err != nil {
			t.Fatal(h.Err)
		}
	}
	seen := map[string]bool{}
	for _, v := range p.verifiers {
		// RFC 7636 section 4.1: 43 to 128 unreserved characters, made of 32 random bytes.
		if b, err := base64.RawURLEncoding.DecodeString(v); err != nil || len(b) < 32 || len(v) < 43 || len(v) > 128 {
			t.Fatalf("%q: %v", v, err)
		}
		if seen[v] {
			t.Fatalf("%q came twice", v)
		}
		seen[v] = true
	}
	if len(seen) != 10_000 {
		t.Fatalf("%d verifiers", len(seen))
	}
}

// nothingStored answers for settings alone.
type nothingStored struct{ signin.Accounts }

func (nothingStored) Setting(_ context.Context, _ string) (string, error) {
	return "", app.Fail(app.CodeNotFound, nil)
}

func (nothingStored) PendingSignUp(context.Context, time.Time) (app.PendingSignUp, error) {
	return app.PendingSignUp{}, app.Fail(app.CodeNotFound, nil)
}

// nobody has a session.
type nobody struct{ signin.Sessions }

func (nobody) Unclaimed(context.Context) (app.SignedIn, error) {
	return app.SignedIn{}, app.Fail(app.CodeSessionNone, nil)
}

func TestST04_NoRandomNumberIsAPredictableOne(t *testing.T) {
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "testdata") {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), `"math/rand`) {
			return errors.New(path + " imports math/rand")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestST05_AnAttackersCodeWithTheVictimsStateSignsNobodyIn(t *testing.T) {
	w := newWorld(t, config{chooser: true})
	w.arrive(app.Pair{})
	w.visit(w.begin("github"))
	victim := w.query(providertest.GitHubAuthorize)

	// The attacker signs in at the same application, as themselves, on a computer
	// where nothing takes the code from the address that it ends on.
	challenge := sha256.Sum256([]byte("the attacker's own verifier, long enough for RFC 7636"))
	page, err := providertest.NewBrowser(nil).Visit(ctx, w.server.GitHubURL()+"/login/oauth/authorize?"+url.Values{
		"client_id": {practice.GitHubClientID}, "response_type": {"code"}, "state": {"theirs"}, "scope": {"user:email"},
		"redirect_uri":          {victim.Get("redirect_uri")},
		"code_challenge_method": {"S256"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])},
	}.Encode())
	w.must(err)
	page, err = page.Click(ctx, "윤슬기")
	w.must(err)
	stolen := page.URL.Query().Get("code")
	if stolen == "" {
		t.Fatalf("no code in %s", page.URL.Path)
	}
	w.step(signin.StepWaiting)

	w.visit(victim.Get("redirect_uri") + "?" + url.Values{"code": {stolen}, "state": {victim.Get("state")}}.Encode())
	w.step(signin.StepSignedOut)
	w.problem(app.CodeCodeExpired)
	w.want("users", 0)
	w.want("pending_signups", 0)
}
