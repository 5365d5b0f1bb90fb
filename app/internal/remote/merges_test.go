package remote_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// twice is somebody with an account by GitHub on one computer, who made another by NAVER on
// a second one.
func (w *world) twice() (one, two *computer, kim, dooly app.SignedIn) {
	w.Helper()
	one, two = w.computer("laptop"), w.computer("desk")
	kim = one.signUp(people()[0], "길동")
	dooly = two.signUpBy("naver", "둘리")
	return one, two, kim, dooly
}

func (c *computer) signUpBy(provider, nick string) app.SignedIn {
	c.Helper()
	ad, err := c.acts.Admit(ctx, c.confirm(provider, people()[0]))
	c.must(err)
	in, answer, err := c.acts.SignUp(ctx, ad.Pending, nick)
	c.must(err)
	if answer.Code != app.CodeAvailable {
		c.Fatalf("%+v", answer)
	}
	return in
}

// merge is the link of who's other account, and yes to the question.
func (c *computer) merge(who app.SignedIn, nick string) (app.SignedIn, error) {
	c.Helper()
	word := c.confirm("naver", people()[0])
	other, err := c.acts.Linkable(ctx, who, word)
	c.must(err)
	if other.ID == "" {
		c.Fatal("nobody is asked about")
	}
	return c.acts.Merge(ctx, who, other, word, c.clock.Now(), nick)
}

func (c *computer) linked(userID string) (all []string) {
	c.Helper()
	ids, err := c.db.Identities(ctx, userID)
	c.must(err)
	for _, i := range ids {
		all = append(all, i.Provider)
	}
	slices.Sort(all)
	return all
}

func TestMG15_TheMirrorsFollowAMergeAndNobodyIsSignedOutWrongly(t *testing.T) {
	w := newWorld(t)
	one, two, kim, dooly := w.twice()
	three := w.computer("tablet")
	there := three.signIn(people()[0])

	in, err := one.merge(kim, "둘리")
	w.must(err)
	if in.User.ID != kim.User.ID || in.User.Nickname != "둘리" || in.Session.ID != kim.Session.ID {
		t.Errorf("%+v", in)
	}
	if got := one.linked(kim.User.ID); !slices.Equal(got, []string{"github", "naver"}) {
		t.Errorf("%v", got)
	}
	all, err := one.acts.Merges(ctx, in)
	w.must(err)
	if len(all) != 1 || all[0].From.User.ID != dooly.User.ID || all[0].From.User.Nickname != "둘리" || all[0].Into.User.Nickname != "길동" {
		t.Errorf("%+v", all)
	}

	one.remote.Round(ctx, one)
	three.remote.Round(ctx, three)
	if len(one.over)+len(three.over) != 0 || len(three.renewed) != 1 || three.renewed[0].User.Nickname != "둘리" || three.renewed[0].Session.ID != there.Session.ID {
		t.Errorf("%v %v %+v", one.over, three.over, three.renewed)
	}
	if got := three.linked(kim.User.ID); !slices.Equal(got, []string{"github", "naver"}) {
		t.Errorf("%v", got)
	}
	two.remote.Round(ctx, two)
	if two.over[dooly.Session.ID] != app.CodeAccountMerged {
		t.Errorf("%v", two.over)
	}
	w.wants(app.CodeAccountMerged, liveness(two.sessions.Live(ctx, dooly.Session.ID))) // whoever asks first
	here, err := two.db.SessionsHere(ctx, time.Time{})
	w.must(err)
	if len(here) != 0 {
		t.Errorf("a nameplate of who is nobody: %+v", here)
	}
	again, err := two.acts.Admit(ctx, two.confirm("naver", people()[0]))
	w.must(err)
	if again.In.User.ID != kim.User.ID || again.In.User.Nickname != "둘리" {
		t.Errorf("%+v", again)
	}

	w.must(one.acts.MayUnmerge(ctx, in, dooly.User.ID))
	w.clock.advance(time.Minute)
	out, err := one.acts.Unmerge(ctx, in, dooly.User.ID)
	w.must(err)
	if out.User != kim.User || out.Session.ID != kim.Session.ID {
		t.Errorf("%+v", out)
	}
	if got := one.linked(kim.User.ID); !slices.Equal(got, []string{"github"}) {
		t.Errorf("%v", got)
	}
	for _, c := range []*computer{one, two, three} {
		c.over = map[string]app.Code{}
		c.remote.Round(ctx, c)
	}
	// Only what the other's account opened is over.
	if len(one.over)+len(three.over) != 0 || two.over[again.In.Session.ID] != app.CodeSessionRevoked || three.renewed[1].User.Nickname != "길동" {
		t.Errorf("%v %v %v %+v", one.over, two.over, three.over, three.renewed)
	}
	back, err := two.acts.Admit(ctx, two.confirm("naver", people()[0]))
	w.must(err)
	if back.In.User != dooly.User {
		t.Errorf("%+v", back)
	}
	_, err = one.acts.Rename(ctx, out, "셋째") // nothing of the merge is left in the way
	w.must(err)
}

func TestMG15_BothAccountsOnOneComputerBecomeOneMirror(t *testing.T) {
	w := newWorld(t)
	one := w.computer("laptop")
	dooly := one.signUpBy("naver", "둘리")
	kim := one.signUp(people()[0], "길동")
	_, err := one.merge(kim, "길동")
	w.must(err)
	if got := one.linked(kim.User.ID); !slices.Equal(got, []string{"github", "naver"}) {
		t.Errorf("%v", got)
	}
	here, err := one.db.SessionsHere(ctx, time.Time{})
	w.must(err)
	for _, in := range here {
		if in.User.ID != kim.User.ID {
			t.Errorf("%+v", in)
		}
	}
	w.wants(app.CodeSessionRevoked, liveness(one.sessions.Live(ctx, dooly.Session.ID)))
	one.remote.Round(ctx, one)
	if len(one.over) != 0 {
		t.Errorf("%v", one.over)
	}
	w.must(liveness(one.sessions.Live(ctx, kim.Session.ID)))
}

// The other computer's news bring the end of the one account before the mirror of the other.
func TestMG15_OfTwoAccountsOnAnotherComputerTheAbsorbedOneIsToldWhereItWent(t *testing.T) {
	w := newWorld(t)
	one, two, kim, dooly := w.twice()
	there := two.signIn(people()[0]) // beside the other account
	_, err := one.merge(kim, "둘리")
	w.must(err)
	two.remote.Round(ctx, two)
	if len(two.over) != 1 || two.over[dooly.Session.ID] != app.CodeAccountMerged {
		t.Errorf("%v", two.over)
	}
	if len(two.renewed) != 1 || two.renewed[0].Session.ID != there.Session.ID || two.renewed[0].User.Nickname != "둘리" {
		t.Errorf("%+v", two.renewed)
	}
}

func TestMG15_WhatIsLostOnTheWayIsAskedAgainAndWhatCantBeAskedChangesNothing(t *testing.T) {
	w := newWorld(t)
	one, _, kim, dooly := w.twice()
	word := one.confirm("naver", people()[0])
	other, err := one.acts.Linkable(ctx, kim, word)
	w.must(err)
	press := func() (app.SignedIn, error) { return one.acts.Merge(ctx, kim, other, word, w.clock.Now(), "둘리") }
	service := w.handler
	w.away()
	_, err = press()
	w.wants(app.CodeDirectoryUnavailable, err)
	if got := one.linked(kim.User.ID); !slices.Equal(got, []string{"github"}) {
		t.Errorf("%v", got)
	}
	w.handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		service.ServeHTTP(lost{http.Header{}}, r)
		panic(http.ErrAbortHandler) // done, and the connection is gone
	})
	w.back()
	_, err = press()
	w.wants(app.CodeDirectoryUnavailable, err)
	w.away()
	w.handler = service
	w.back()
	in, err := press()
	w.must(err)
	if in.User.Nickname != "둘리" {
		t.Errorf("%+v", in)
	}
	// So does the undo, whose word is then the other's.
	w.away()
	w.handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodDelete {
			service.ServeHTTP(rw, r)
			return
		}
		service.ServeHTTP(lost{http.Header{}}, r)
		panic(http.ErrAbortHandler)
	})
	w.back()
	_, err = one.acts.Unmerge(ctx, in, dooly.User.ID)
	w.wants(app.CodeDirectoryUnavailable, err)
	w.away()
	w.handler = service
	w.back()
	one.remote.Round(ctx, one) // the news bring what was not heard
	if len(one.over) != 0 {
		t.Errorf("%v", one.over)
	}
	now, err := one.sessions.Live(ctx, kim.Session.ID)
	w.must(err)
	if now.User != kim.User {
		t.Errorf("%+v", now)
	}
}

func TestMG09_AQuestionThatStoodTooLongIsAskedAnewAndAnOlderDirectoryAsksNone(t *testing.T) {
	w := newWorld(t)
	one, _, kim, _ := w.twice()
	word := one.confirm("naver", people()[0])
	other, err := one.acts.Linkable(ctx, kim, word)
	w.must(err)
	w.clock.advance(6 * time.Minute)
	_, err = one.acts.Merge(ctx, kim, other, word, w.clock.Now(), "둘리")
	w.wants(app.CodeSignInExpired, err)

	service := w.handler
	w.away()
	w.handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { // as it was before it could
		if r.URL.Path == "/v1/" {
			rec := recorded{header: http.Header{}}
			service.ServeHTTP(&rec, r)
			for k := range rec.header {
				rw.Header()[k] = rec.header[k]
			}
			rw.Header().Del("Content-Length")
			rw.Write([]byte(strings.Replace(rec.body.String(), `"merges":true`, `"merges":false`, 1)))
			return
		}
		service.ServeHTTP(rw, r)
	})
	w.back()
	old := w.computer("old")
	in := old.signIn(people()[0])
	if old.acts.CanMerge() {
		t.Error("it can't")
	}
	_, err = old.acts.Linkable(ctx, in, old.confirm("naver", people()[0]))
	w.wants(app.CodeIdentityLinkedElsewhere, err)
}

type recorded struct {
	header http.Header
	body   strings.Builder
}

func (r *recorded) Header() http.Header         { return r.header }
func (r *recorded) Write(b []byte) (int, error) { return r.body.Write(b) }
func (r *recorded) WriteHeader(int)             {}

func TestMG11_TheProgramMayRefuseAMergeAtADirectoryBeforeItIsAsked(t *testing.T) {
	w := newWorld(t)
	one, _, kim, _ := w.twice()
	var asked []string
	one.merging = func(_ context.Context, from, into app.User, undone bool) error {
		asked = append(asked, from.Nickname+" "+into.Nickname)
		return errors.New("아직은 안 됩니다")
	}
	one.start("http://" + w.address)
	_, err := one.merge(kim, "둘리")
	w.wants(app.CodeMergeRefused, err)
	if c := one.confirm("naver", people()[0]); !slices.Equal(asked, []string{"둘리 길동"}) {
		t.Errorf("%v %+v", asked, c)
	}
	w.must(liveness(one.sessions.Live(ctx, kim.Session.ID)))
	if all, err := one.acts.Merges(ctx, kim); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestMG06_WhatTheProgramKeepsOfAnAbsorbedAccountGoesWhenTheDirectorySaysItIsForGood(t *testing.T) {
	w := newWorld(t)
	one, two, kim, dooly := w.twice()
	in, err := one.merge(kim, "길동")
	w.must(err)
	two.remote.Round(ctx, two)
	lapse := func(c *computer) (gone []string) {
		t.Helper()
		w.must(c.acts.Lapse(ctx, func(userID string) { gone = append(gone, userID) }))
		return gone
	}
	if gone := lapse(one); len(gone) != 0 {
		t.Errorf("too soon: %v", gone)
	}
	// Away for a month: nothing is known, so nothing goes.
	for range 29 {
		w.clock.advance(24 * time.Hour)
		one.remote.Round(ctx, one)
	}
	w.clock.advance(25 * time.Hour)
	w.away()
	if err := one.acts.Lapse(ctx, func(string) { t.Error("gone") }); err == nil {
		t.Error("it was not asked")
	}
	w.back()
	if gone := lapse(one); len(gone) != 0 {
		t.Errorf("the directory has not said so: %v", gone)
	}
	w.must(w.service.Maintain(ctx))
	if gone := lapse(one); !slices.Equal(gone, []string{dooly.User.ID}) {
		t.Errorf("%v", gone)
	}
	if gone := lapse(one); len(gone) != 0 {
		t.Errorf("once more: %v", gone)
	}
	// On the computer where the absorbed account was, by whoever is in there now.
	if gone := lapse(two); len(gone) != 0 {
		t.Errorf("nobody is in: %v", gone)
	}
	two.signIn(people()[0])
	if gone := lapse(two); !slices.Equal(gone, []string{dooly.User.ID}) {
		t.Errorf("%v", gone)
	}
	w.wants(app.CodeMergeLapsed, one.acts.MayUnmerge(ctx, in, dooly.User.ID))
}

// What was undone, and absorbed again inside another, is not for good because an older date is over.
func TestMG06_WhatIsOnceMorePartOfAnotherIsNotForGoodBeforeItsTime(t *testing.T) {
	w := newWorld(t)
	one, two, kim, dooly := w.twice()
	in, err := one.merge(kim, "길동")
	w.must(err)
	two.remote.Round(ctx, two) // it remembers that, and hears of no undo
	in, err = one.acts.Unmerge(ctx, in, dooly.User.ID)
	w.must(err)
	for range 29 {
		w.clock.advance(24 * time.Hour)
		one.remote.Round(ctx, one)
	}
	_, err = one.acts.Confirm(ctx, in, one.confirm("github", people()[0]))
	w.must(err)
	in, err = one.merge(in, "길동")
	w.must(err)
	w.clock.advance(25 * time.Hour)
	two.signIn(people()[0])
	for _, c := range []*computer{one, two} {
		w.must(c.acts.Lapse(ctx, func(userID string) { t.Errorf("%s can still be put back", userID) }))
	}
	w.must(one.acts.MayUnmerge(ctx, in, dooly.User.ID))
}

func TestAnAccountWhoseDeletionWasNotHeardOfIsDeletedHereWhenItIsPressedAgain(t *testing.T) {
	w := newWorld(t)
	one := w.computer("laptop")
	in := one.signUp(people()[0], "길동")
	service := w.handler
	w.away()
	w.handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodDelete || r.URL.Path != "/v1/me" {
			service.ServeHTTP(rw, r)
			return
		}
		service.ServeHTTP(lost{http.Header{}}, r)
		panic(http.ErrAbortHandler) // done, and the connection is gone
	})
	w.back()
	_, err := one.acts.Delete(ctx, in, "길동")
	if err != nil { // the one repetition was refused, or lost as well
		w.away()
		w.handler = service
		w.back()
		_, err = one.acts.Delete(ctx, in, "길동")
	}
	w.must(err)
	w.wants(app.CodeNotFound, liveness(one.db.Session(ctx, in.Session.ID)))
}
