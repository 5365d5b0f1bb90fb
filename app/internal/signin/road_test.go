package signin_test

import (
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/attempt"
	"munpae.example/munpae/app/internal/provider/providertest"
	"munpae.example/munpae/app/internal/signin"
)

func TestTheFirstSignInOpensTheNicknameDialogAndLeavesOnePendingRow(t *testing.T) {
	for _, id := range []string{"github", "naver", "oidc"} {
		t.Run(id, func(t *testing.T) {
			w := newWorld(t, config{oidc: true})
			if err := w.arrive(app.Pair{}); app.CodeOf(err) != app.CodeSessionNone {
				t.Fatal(err)
			}
			w.step(signin.StepSignedOut)
			page := w.walk(id, person(0))
			s := w.step(signin.StepNickname)
			if s.SignUp.Provider != id || s.SignUp.Account == "" || s.SignUp.Proposal == "" || s.Unclaimed {
				t.Errorf("the dialog does not say whose it is: %s", show(s))
			}
			if page.Status != 200 || page.URL.RawQuery != "" || page.URL.Path != "/oauth/done/" {
				t.Errorf("the browser ended at %s with %d", page.URL, page.Status)
			}
			w.want("pending_signups", 1)
			w.want("users", 0)
			w.want("identities", 0)
			w.want("sessions", 0)
			if _, _, err := w.Claim(ctx); app.CodeOf(err) != app.CodeSessionNone {
				t.Errorf("a session could be claimed: %v", err)
			}
			<-w.window.raised
		})
	}
}

func TestASignUpMakesUserIdentityAndSessionWhichIsClaimedOnce(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	w.walk("github", person(0))
	if a := w.SignUp(ctx, "슬기로운"); a.Code != app.CodeAvailable {
		t.Fatal(show(a))
	}
	s := w.step(signin.StepSignedIn)
	if !s.Unclaimed || s.Home.Nickname != "슬기로운" || s.Home.Name != "GitHub" || s.Home.Account != "seulgi-yoon" {
		t.Error(show(s))
	}
	for table, n := range map[string]int{"users": 1, "identities": 1, "sessions": 1} {
		w.want(table, n)
	}
	if _, err := w.db.PendingSignUp(ctx, w.clock.Now()); app.CodeOf(err) != app.CodeNotFound {
		t.Errorf("the sign-up is still open: %v", err)
	}
	// Two windows ask at once: exactly one gets the pair.
	var wg sync.WaitGroup
	errs := make(chan error, 2)
	for range 2 {
		wg.Go(func() {
			_, _, err := w.Claim(ctx)
			errs <- err
		})
	}
	wg.Wait()
	a, b := <-errs, <-errs
	if (a == nil) == (b == nil) || app.CodeOf(a)+app.CodeOf(b) != app.CodeSessionNone {
		t.Errorf("claims: %v, %v", a, b)
	}
	if s := w.step(signin.StepSignedIn); s.Unclaimed {
		t.Error("claimed, and still offered")
	}
}

func TestSomebodyKnownGoesStraightHome(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	first, _ := w.join("naver", person(0), "윤슬기")
	w.leave()
	page := w.walk("naver", person(0))
	s := w.step(signin.StepSignedIn)
	second, _ := w.claim()
	if second.User.ID != first.User.ID || second.Session.ID == first.Session.ID || !s.Unclaimed || s.Home.Nickname != "윤슬기" {
		t.Errorf("%s %s", show(second), show(s))
	}
	if !strings.Contains(page.Text(), "윤슬기") {
		t.Errorf("the page says %q", page.Text())
	}
	for _, c := range s.Providers {
		if c.LastUsed != (c.ID == "naver") {
			t.Errorf("last used: %s", show(s.Providers))
		}
	}
	w.want("users", 1)
}

func TestCB14_AReplacedAttemptIsOverAndItsLateCallbackChangesNothing(t *testing.T) {
	w := newWorld(t, config{chooser: true})
	w.arrive(app.Pair{})
	naver := w.visit(w.begin("naver"))
	first := w.State()
	github := w.visit(w.begin("github"))
	s := w.step(signin.StepWaiting)
	if s.Attempt == first.Attempt || s.Waiting.Provider != "github" {
		t.Fatal(show(s))
	}
	// The listener of the first is gone, so its callback goes nowhere.
	if p, err := naver.Click(ctx, "윤슬기"); err == nil && p.Status != 410 {
		t.Errorf("a callback of the replaced attempt was answered %d", p.Status)
	}
	if got := w.State(); got.Seq != s.Seq {
		t.Errorf("it changed the state: %s", show(got))
	}
	if n := w.server.Count(providertest.NaverToken); n != 0 {
		t.Errorf("its code was redeemed %d times", n)
	}
	if _, err := github.Click(ctx, "도하람"); err != nil {
		t.Fatal(err)
	}
	if s := w.step(signin.StepNickname); s.SignUp.Account != "haram" {
		t.Error(show(s))
	}
}

func TestCB14_TheSameFixedPortIsFreeForTheNextAttempt(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	asks := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for range 12 { // more than there are ports
		resp, err := asks.Get(w.begin("naver"))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		authorize, err := resp.Location()
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(authorize.Query().Get("redirect_uri"))
		if err != nil || u.Port() != strconv.Itoa(w.ports[0]) {
			t.Errorf("an attempt took port %s (%v)", u.Port(), err)
		}
	}
	w.Cancel()
}

func TestTwoPressesAtOnceLeaveOneAttempt(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() { w.SignIn([]string{"naver", "github"}[i%2]) })
	}
	wg.Wait()
	w.step(signin.StepWaiting)
	w.Cancel()
	w.step(signin.StepSignedOut)
	// No attempt goes on that nobody can cancel: nothing waits for its end any more.
	w.await("no attempt is left", func(signin.State) bool {
		w.clock.mu.Lock()
		defer w.clock.mu.Unlock()
		for x := range w.clock.due {
			if x.in == app.SignInLifetime {
				return false
			}
		}
		return true
	})
}

func TestCB09_AGenuineCallbackAfterTenMinutesIsTooLate(t *testing.T) {
	w := newWorld(t, config{chooser: true})
	w.arrive(app.Pair{})
	chooser := w.visit(w.begin("github"))
	w.clock.advance(app.SignInLifetime - time.Second)
	w.step(signin.StepWaiting)
	w.clock.advance(2 * time.Second)
	w.awaitStep(signin.StepSignedOut)
	p := w.problem(app.CodeSignInExpired)
	page, err := chooser.Click(ctx, "윤슬기")
	if err != nil {
		t.Fatal(err)
	}
	if page.Status != 410 || !strings.Contains(page.Text(), p.Support) {
		t.Errorf("the page says %d %q, want the support code %s", page.Status, page.Text(), p.Support)
	}
	if n := w.server.Count(providertest.GitHubToken); n != 0 {
		t.Errorf("the code was redeemed %d times", n)
	}
	w.step(signin.StepSignedOut)
}

func TestCB13_WhoeverNeverReturnsFreesThePortAfterTenMinutes(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	u, _ := url.Parse(w.begin("naver"))
	w.clock.advance(app.SignInLifetime)
	w.awaitStep(signin.StepSignedOut)
	w.problem(app.CodeSignInExpired)
	w.clock.awaitTimer(t, time.Minute) // the page, which nobody fetches
	w.clock.advance(time.Minute)
	l, err := net.Listen("tcp4", u.Host)
	if err != nil {
		t.Fatalf("the port is still taken: %v", err)
	}
	l.Close()
	if len(w.window.raised) != 0 {
		t.Error("the window jumped to the front although nobody was there")
	}
}

func TestAfterEightSecondsWithoutABrowserTheWindowSaysSo(t *testing.T) {
	w := newWorld(t, config{chooser: true})
	w.arrive(app.Pair{})
	hop := w.begin("github")
	if s := w.step(signin.StepWaiting); s.Waiting.Phase != attempt.PhaseOpening || s.Waiting.BrowserSlow {
		t.Fatal(show(s))
	}
	w.clock.advance(7 * time.Second)
	w.OpenAgain() // the eight seconds count from here
	w.opened()
	w.clock.advance(7 * time.Second)
	if w.State().Waiting.BrowserSlow {
		t.Error("slow before its time")
	}
	w.clock.advance(time.Second)
	w.await("no browser came, and the window says so", func(s signin.State) bool { return s.Waiting.BrowserSlow })
	w.visit(hop)
	if s := w.State(); s.Waiting.BrowserSlow || s.Waiting.Phase != attempt.PhaseOpen {
		t.Errorf("the browser is here: %s", show(s))
	}
	w.Cancel()
}

func TestABrowserThatCannotBeOpenedLeavesTheAttemptAlive(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	w.opener.fail(app.Fail(app.CodeBrowserUnavailable, nil))
	w.server.NextPerson(person(0))
	w.SignIn("github")
	s := w.await("a browser problem", func(s signin.State) bool { return s.Waiting != nil && s.Waiting.BrowserProblem != nil })
	if p := s.Waiting.BrowserProblem; p.Code != app.CodeBrowserUnavailable || !support.MatchString(p.Support) || s.Problem != nil {
		t.Error(show(s))
	}
	address, err := w.FirstHop() // Copy link
	if err != nil {
		t.Fatal(err)
	}
	w.visit(address)
	if s := w.step(signin.StepNickname); s.Problem != nil {
		t.Error(show(s))
	}
}

func TestCancelEndsAtOnceWithoutAWord(t *testing.T) {
	w := newWorld(t, config{chooser: true})
	w.arrive(app.Pair{})
	hop := w.begin("naver")
	chooser := w.visit(hop)
	w.Cancel()
	s := w.step(signin.StepSignedOut)
	if s.Problem != nil {
		t.Errorf("a cancel is shown as an error: %s", show(s.Problem))
	}
	u, _ := url.Parse(hop)
	l, err := net.Listen("tcp4", u.Host)
	if err != nil {
		t.Errorf("the port is still taken: %v", err)
	} else {
		l.Close()
	}
	if p, err := chooser.Click(ctx, "윤슬기"); err == nil {
		t.Errorf("somebody answered the callback: %d", p.Status)
	}
	w.Cancel() // nothing to cancel
	if got := w.State(); got.Seq != s.Seq {
		t.Error(show(got))
	}
	if _, err := w.FirstHop(); app.CodeOf(err) != app.CodeConflict {
		t.Errorf("an address to copy: %v", err)
	}
}

func TestAWrongStateLeavesTheSignInPendingAndTheRightOneEndsIt(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	w.server.NextPerson(person(0))
	w.server.Fault(providertest.GitHubAuthorize, providertest.Times(1, providertest.WrongState()))
	hop := w.begin("github")
	if p := w.visit(hop); p.Status != 400 {
		t.Errorf("a wrong state was answered %d", p.Status)
	}
	w.step(signin.StepWaiting)
	if n := w.server.Count(providertest.GitHubToken); n != 0 {
		t.Errorf("its code was redeemed %d times", n)
	}
	w.visit(hop)
	w.step(signin.StepNickname)
}

func TestST06_AStateAtAnotherProvidersAddressAsksNeitherProvider(t *testing.T) {
	w := newWorld(t, config{chooser: true})
	w.arrive(app.Pair{})
	chooser := w.visit(w.begin("github"))
	asked := w.query(providertest.GitHubAuthorize)
	crossed := strings.Replace(asked.Get("redirect_uri"), "/oauth/github/", "/oauth/naver/", 1) + "?code=mixed&state=" + asked.Get("state")
	if p := w.visit(crossed); p.Status != 400 {
		t.Errorf("answered %d", p.Status)
	}
	w.step(signin.StepWaiting)
	if n := w.server.Count(providertest.GitHubToken) + w.server.Count(providertest.NaverToken); n != 0 {
		t.Errorf("%d token requests", n)
	}
	_, err := chooser.Click(ctx, "윤슬기")
	w.must(err)
	w.step(signin.StepNickname)
}

func TestCB08_AReloadOfTheCallbackRedeemsNoCodeTwice(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	w.server.NextPerson(person(0))
	// The token request is held, so that the listener is still there.
	release := make(chan struct{})
	w.server.Fault(providertest.GitHubToken, func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		<-release
		next.ServeHTTP(rw, r)
	})
	hop := w.begin("github")
	visited := make(chan struct{})
	go func() {
		defer close(visited)
		_, _ = w.browser.Visit(ctx, hop)
	}()
	w.await("checking", func(s signin.State) bool { return s.Waiting != nil && s.Waiting.Phase == attempt.PhaseChecking })
	asked := w.query(providertest.GitHubAuthorize)
	for range 3 {
		p, err := w.browser.Visit(ctx, asked.Get("redirect_uri")+"?code=again&state="+asked.Get("state"))
		w.must(err)
		if p.Status != 410 {
			t.Errorf("a reload was answered %d", p.Status)
		}
	}
	close(release)
	<-visited
	w.awaitStep(signin.StepNickname)
	if n := w.server.Count(providertest.GitHubToken); n != 1 {
		t.Errorf("%d token requests", n)
	}
}

func TestCB12_WithAllFivePortsTakenNoBrowserOpens(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	for _, p := range w.ports {
		l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(p)))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
	w.SignIn("naver")
	w.step(signin.StepSignedOut)
	p := w.problem(app.CodePortInUse)
	for _, port := range w.ports {
		if !strings.Contains(p.Params["ports"], strconv.Itoa(port)) {
			t.Errorf("params %s do not name %d", show(p.Params), port)
		}
	}
	if !support.MatchString(p.Support) {
		t.Errorf("support code %q", p.Support)
	}
	w.begin("github") // another way in still works
	w.SignIn("naver")
	w.step(signin.StepSignedOut)
	w.problem(app.CodePortInUse)
	if n := w.opener.count(); n != 1 {
		t.Errorf("%d browsers were opened", n)
	}
}

func TestCB05_WhoeverSaysNoIsBackAtTheButtons(t *testing.T) {
	for _, id := range []string{"github", "naver"} {
		t.Run(id, func(t *testing.T) {
			w := newWorld(t, config{chooser: true})
			w.arrive(app.Pair{})
			page, err := w.visit(w.begin(id)).Click(ctx, "취소")
			w.must(err)
			s := w.step(signin.StepSignedOut)
			p := w.problem(app.CodeProviderDenied)
			if p.Params["provider"] != map[string]string{"github": "GitHub", "naver": "NAVER"}[id] {
				t.Error(show(p))
			}
			if !strings.Contains(page.Text(), p.Support) {
				t.Errorf("the page says %q, the window %s", page.Text(), show(p))
			}
			// Try again starts the same once more.
			w.Retry()
			if got := w.awaitStep(signin.StepWaiting); got.Waiting.Provider != id || got.Attempt == s.Attempt {
				t.Error(show(got))
			}
			w.opened()
			w.Cancel()
		})
	}
}

func TestPK05_TwoAttemptsNeverCrossTheirVerifiers(t *testing.T) {
	w := newWorld(t, config{chooser: true})
	w.arrive(app.Pair{})
	w.visit(w.begin("github"))
	one := w.query(providertest.GitHubAuthorize)
	second := w.visit(w.begin("github"))
	two := w.query(providertest.GitHubAuthorize)
	for _, name := range []string{"state", "code_challenge", "redirect_uri"} {
		if one.Get(name) == "" || one.Get(name) == two.Get(name) {
			t.Errorf("%s is the same twice", name)
		}
	}
	if two.Get("code_challenge_method") != "S256" {
		t.Error(two)
	}
	// The provider checks the verifier of the attempt that is left.
	_, err := second.Click(ctx, "윤슬기")
	w.must(err)
	w.step(signin.StepNickname)
}

func TestACancelWhileTheConfirmationIsStoredSignsNobodyIn(t *testing.T) {
	for what, known := range map[string]bool{"somebody known": true, "somebody new": false} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t, config{})
			w.arrive(app.Pair{})
			if known {
				w.join("github", person(0), "윤슬기")
				w.leave()
			}
			w.db.afterStored(w.Cancel) // committed, and then the button
			w.walk("github", person(0))
			w.db.afterStored(nil)
			w.step(signin.StepSignedOut)
			if _, _, err := w.Claim(ctx); app.CodeOf(err) != app.CodeSessionNone {
				t.Errorf("a cancelled sign-in can be claimed: %v", err)
			}
			w.quit()
			w.start()
			if err := w.arrive(app.Pair{}); app.CodeOf(err) != app.CodeSessionNone {
				t.Errorf("the next start: %v", err)
			}
			w.step(signin.StepSignedOut)
			w.want("pending_signups", 0)
			if n := w.rows("sessions", "ended_at IS NULL"); n != 0 {
				t.Errorf("%d live sessions", n)
			}
		})
	}
}

func TestTenMinutesThatEndWhileTheConfirmationIsStoredChangeNothing(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	w.join("github", person(0), "윤슬기")
	w.leave()
	w.db.afterStored(func() { w.clock.advance(app.SignInLifetime) })
	w.walk("github", person(0))
	if s := w.awaitStep(signin.StepSignedIn); s.Problem != nil {
		t.Error(show(s))
	}
	w.claim()
}

func TestWithoutAProviderTheSetupScreenIsShownAndNothingStarts(t *testing.T) {
	w := newWorld(t, config{none: true})
	w.arrive(app.Pair{})
	s := w.step(signin.StepSetupNeeded)
	w.SignIn("github")
	got := w.State()
	if got.Step != signin.StepSetupNeeded || got.Waiting != nil || s.SettingsFile == "" || w.opener.count() != 0 {
		t.Error(show(got))
	}
}

func TestNothingStartsBeforeThePageKnowsWhoIsHere(t *testing.T) {
	w := newWorld(t, config{})
	w.SignIn("github")
	w.step(signin.StepStarting)
	if w.opener.count() != 0 {
		t.Error("a browser was opened")
	}
}

// The computer slept: its timers stood still, and the ten minutes did not.
func TestTenMinutesAreOverAfterASleepHoweverLittleTheTimersCounted(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	w.begin("github")
	w.clock.sleep(8 * time.Hour)
	w.step(signin.StepWaiting)
	w.clock.advance(3 * time.Second) // somebody looks at the clock again
	w.awaitStep(signin.StepSignedOut)
	w.problem(app.CodeSignInExpired)
}

func TestOpenAgainGivesTenMinutesAnew(t *testing.T) {
	w := newWorld(t, config{chooser: true})
	w.arrive(app.Pair{})
	hop := w.begin("github")
	w.clock.advance(app.SignInLifetime - time.Minute)
	w.OpenAgain()
	w.opened()
	if at := w.State().Waiting.ExpiresAt; at != w.clock.Now().Add(app.SignInLifetime).UnixMilli() {
		t.Errorf("it expires in %s", time.UnixMilli(at).Sub(w.clock.Now()))
	}
	w.clock.advance(app.SignInLifetime - time.Second)
	chooser := w.visit(hop)
	w.step(signin.StepWaiting)
	_, err := chooser.Click(ctx, "윤슬기")
	w.must(err)
	w.step(signin.StepNickname)
}
