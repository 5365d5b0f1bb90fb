package signin_test

import (
	"bytes"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider/providertest"
	"munpae.example/munpae/app/internal/signin"
)

// link is what a receipt says of a provider.
func link(r *signin.Receipt, provider string) signin.ReceiptLink {
	if r != nil {
		for _, l := range r.Links {
			if l.Provider == provider {
				return l
			}
		}
	}
	return signin.ReceiptLink{}
}

func TestLV02_TheReceiptSaysOfEachProviderWhatBecameOfItsPermission(t *testing.T) {
	const withdrawn, failed, kept = "철회했습니다", "철회하지 못했습니다", "남아 있습니다"
	for _, c := range []struct {
		name          string
		before        func(w *world, pair app.Pair) app.Pair
		github, naver string // of the words
	}{
		{"withdrawn", func(_ *world, pair app.Pair) app.Pair { return pair }, withdrawn, withdrawn},
		{"a provider says no", func(w *world, pair app.Pair) app.Pair {
			w.server.Fault(providertest.GitHubRevoke, providertest.Status(500))
			return pair
		}, failed, withdrawn},
		{"the network went", func(w *world, pair app.Pair) app.Pair {
			w.server.Stop()
			return pair
		}, failed, failed},
		{"there is no network since the start", func(w *world, pair app.Pair) app.Pair {
			pair = w.stale(pair)
			w.offline = true
			return pair
		}, kept, kept},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, config{})
			w.arrive(app.Pair{})
			in, pair := w.join("github", person(0), "윤슬기")
			w.linked(in, "naver", person(0))
			pair = c.before(w, pair)
			w.must(w.DeleteAccount(ctx, w.who(pair), "윤슬기"))
			w.await("what became of it", func(s signin.State) bool {
				return strings.Contains(link(s.Receipt, "github").Text, c.github) && strings.Contains(link(s.Receipt, "naver").Text, c.naver)
			})
			r := w.step(signin.StepSignedOut).Receipt
			pages := map[string]string{"github": "/settings/connections/applications/", "naver": "/internalToken/view/tokenList/pc/ko"}
			for provider, text := range map[string]string{"github": c.github, "naver": c.naver} {
				if l := link(r, provider); (text == withdrawn) != (l.Page == "") || !strings.Contains(l.Page, pages[provider]) && l.Page != "" {
					t.Errorf("%+v", l)
				}
			}
			until := w.clock.Now().Add(app.NicknameRest).Local().Format("1월 2일")
			for _, want := range []string{r.Title, "윤슬기", "계정 2개", "백업", until + "까지 아무도", "GitHub", "네이버", link(r, "github").Page} {
				if !strings.Contains(r.Text(), want) {
					t.Errorf("%q is not in the file:\n%s", want, r.Text())
				}
			}
			w.SetLanguage(ctx, app.English)
			if r := w.State().Receipt; !strings.Contains(r.Text(), "Nobody can take the nickname 윤슬기") || !strings.Contains(r.Text(), "2 linked accounts") {
				t.Errorf("in English:\n%s", r.Text())
			}
			if err := w.OpenReceiptPage("oidc"); app.CodeOf(err) != app.CodeNotFound {
				t.Errorf("a page that the receipt does not name: %v", err)
			}
			if page := link(r, "github").Page; page != "" {
				w.must(w.OpenReceiptPage("github"))
				if got := w.opened(); got != page {
					t.Errorf("opened %s", got)
				}
			}
			w.CloseReceipt()
			if s := w.step(signin.StepSignedOut); s.Receipt != nil {
				t.Error("it is still there")
			}
		})
	}
}

func TestLV03_TheReceiptGoesWithWhoeverSignsIn(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	in, _ := w.join("github", person(0), "윤슬기")
	w.must(w.DeleteAccount(ctx, in, "윤슬기"))
	w.join("naver", person(1), "한바다")
	if s := w.step(signin.StepSignedIn); s.Receipt != nil {
		t.Error("somebody else sees it")
	}
	w.leave()
	if s := w.State(); s.Receipt != nil {
		t.Error("somebody else sees it")
	}
}

// The same person neither gets the nickname back: nothing tells who they were.
func TestLV01_NobodySignsUpUnderANicknameThatRests(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	in, _ := w.join("github", person(0), "윤슬기")
	w.must(w.DeleteAccount(ctx, in, "윤슬기"))
	w.dialog("github", person(0))
	if a := w.CheckNickname(ctx, "윤슬기"); a.Code != app.CodeNicknameTaken {
		t.Errorf("%+v", a)
	}
}

// Cut off right after the deletion, the next start says what became of the account, and
// of a permission whose withdrawal nobody heard of again; then nothing is left of it.
func TestLV04_AReceiptOutlivesAKillUntilItIsReadAndNoLonger(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	in, pair := w.join("github", person(0), "윤슬기")
	w.linked(in, "naver", person(0))
	w.server.Fault(providertest.GitHubRevoke, providertest.Hang())
	w.must(w.DeleteAccount(ctx, w.who(pair), "윤슬기"))
	w.await("what became of one", func(s signin.State) bool {
		return strings.Contains(link(s.Receipt, "naver").Text, "철회했습니다")
	})
	there, _ := w.drawer.Look()
	for _, told := range []string{"윤슬기", person(0).Login, "naver"} {
		if bytes.Contains(there, []byte(told)) {
			t.Errorf("what is kept tells %q", told)
		}
	}
	w.cutOff()

	w.start()
	w.arrive(pair)
	s := w.step(signin.StepSignedOut)
	r := s.Receipt
	if r == nil || !strings.Contains(r.Text(), "윤슬기") || s.Problem != nil {
		t.Fatalf("the next start says %+v, %+v", r, s.Problem)
	}
	if l := link(r, "github"); !strings.Contains(l.Text, "확인하지 못했습니다") || !strings.Contains(l.Page, "/settings/connections/applications/") {
		t.Errorf("of the one that was cut off: %+v", l)
	}
	if l := link(r, "naver"); !strings.Contains(l.Text, "철회했습니다") || l.Page != "" {
		t.Errorf("of the one that was not: %+v", l)
	}
	w.cutOff() // not read yet
	w.start()
	w.arrive(pair)
	if w.step(signin.StepSignedOut).Receipt == nil {
		t.Error("lost although nobody read it")
	}
	w.CloseReceipt()
	if there, _ := w.drawer.Look(); len(there) != 0 {
		t.Error("read, and it is still there")
	}
	w.cutOff()
	w.start()
	w.arrive(pair)
	if r := w.step(signin.StepSignedOut).Receipt; r != nil {
		t.Errorf("read, and it came again: %+v", r)
	}
}

func TestLV04_NothingOfAReceiptStaysBehind(t *testing.T) {
	deleted := func(t *testing.T) *world {
		w := newWorld(t, config{})
		w.arrive(app.Pair{})
		in, _ := w.join("github", person(0), "윤슬기")
		w.must(w.DeleteAccount(ctx, in, "윤슬기"))
		w.drained()
		return w
	}
	undeleted := func(t *testing.T) (w *world, there []byte) {
		w = newWorld(t, config{})
		w.arrive(app.Pair{})
		in, _ := w.join("github", person(0), "윤슬기")
		w.db.delete = func() error {
			there, _ = w.drawer.Look()
			return app.Fail(app.CodeDiskFull, nil)
		}
		if err := w.DeleteAccount(ctx, in, "윤슬기"); app.CodeOf(err) != app.CodeDiskFull {
			t.Fatal(err)
		}
		return w, there
	}
	for name, f := range map[string]func(t *testing.T) *world{
		"the window is closed": func(t *testing.T) *world {
			w := deleted(t)
			w.quit()
			return w
		},
		"somebody signs in": func(t *testing.T) *world {
			w := deleted(t)
			w.join("naver", person(1), "한바다")
			w.cutOff()
			return w
		},
		"it is older than a nickname rests": func(t *testing.T) *world {
			w := deleted(t)
			w.cutOff()
			w.clock.advance(app.NicknameRest)
			return w
		},
		"it is no receipt": func(t *testing.T) *world {
			w := deleted(t)
			w.cutOff()
			there, _ := w.drawer.Look()
			there[len(there)-1] ^= 1
			return w
		},
		"cut off before anything was deleted": func(t *testing.T) *world {
			w, there := undeleted(t)
			w.cutOff()
			_ = w.drawer.Put(there)
			return w
		},
		"the deletion failed": func(t *testing.T) *world {
			w, there := undeleted(t)
			if len(there) == 0 {
				t.Error("it is not kept before anything is deleted")
			}
			w.cutOff()
			return w
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := f(t)
			w.start()
			if r := w.State().Receipt; r != nil {
				t.Errorf("it is shown: %+v", r)
			}
			if there, _ := w.drawer.Look(); len(there) != 0 {
				t.Error("it is still there")
			}
		})
	}
}

// unreceipted fails unless nothing of a receipt is there.
func (w *world) unreceipted() {
	w.t.Helper()
	if there, _ := w.drawer.Look(); len(there) != 0 {
		w.t.Errorf("%d bytes of it are there", len(there))
	}
	if r := w.State().Receipt; r != nil {
		w.t.Errorf("somebody else sees it: %+v", r)
	}
}

// The session may end before the deletion has answered: whoever asks of it in between finds
// its row gone.
func TestLV04_AReceiptIsShownAlsoWhereTheSessionEndedBeforeTheDeletionDid(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	in, _ := w.join("github", person(0), "윤슬기")
	w.db.deleted = func() {
		if _, err := w.Current(ctx); err == nil {
			t.Error("the session of nobody is there")
		}
		w.step(signin.StepSignedOut)
	}
	w.must(w.DeleteAccount(ctx, in, "윤슬기"))
	if s := w.step(signin.StepSignedOut); s.Receipt == nil || s.Problem != nil {
		t.Error(show(s))
	}
	w.await("what became of it", func(s signin.State) bool {
		return strings.Contains(link(s.Receipt, "github").Text, "철회했습니다")
	})
	w.CloseReceipt()
	w.unreceipted()
}

func TestLV04_ALateReceiptEndsNoSignInThatSomebodyBeganMeanwhile(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	in, _ := w.join("github", person(0), "윤슬기")
	w.drained()
	var address string
	w.db.deleted = func() {
		_, _ = w.Current(ctx)
		w.server.NextPerson(person(1))
		address = w.begin("naver")
	}
	w.must(w.DeleteAccount(ctx, in, "윤슬기"))
	w.step(signin.StepWaiting)
	w.visit(address)
	w.step(signin.StepNickname)
}

// A page that is told of nothing asks nothing of an account that is about to go.
func TestLV04_ThePageIsToldOfADeletionOnceItIsDone(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	in, _ := w.join("github", person(0), "윤슬기")
	before := w.State().Seq
	then := before - 1
	w.db.delete = func() error {
		then = w.State().Seq
		return nil
	}
	w.must(w.DeleteAccount(ctx, in, "윤슬기"))
	if then != before {
		t.Error("it is told before")
	}
}

// A directory may be slow, and somebody else at the window by the time that it answers.
func TestLV03_WhoCameToTheWindowWhileAnAccountWasBeingDeletedSeesNothingOfIt(t *testing.T) {
	other := func(w *world, ben app.SignedIn, benPair app.Pair) { w.move(ben, benPair) }
	for name, f := range map[string]struct {
		meanwhile func(w *world, ben app.SignedIn, benPair app.Pair)
		nickname  string // of whom the receipt is that is there then; or nobody's
	}{
		"somebody else is there": {other, ""},
		"somebody else was there": {func(w *world, ben app.SignedIn, benPair app.Pair) {
			other(w, ben, benPair)
			w.leave()
		}, ""},
		"somebody else signed in": {func(w *world, _ app.SignedIn, _ app.Pair) { w.join("naver", person(1), "한바다") }, ""},
		"somebody else has deleted theirs": {func(w *world, ben app.SignedIn, benPair app.Pair) {
			other(w, ben, benPair)
			w.must(w.DeleteAccount(ctx, ben, "나중온이"))
		}, "나중온이"},
	} {
		t.Run(name, func(t *testing.T) {
			w, ann, annPair, ben, benPair := two(t)
			w.move(ann, annPair)
			w.db.delete = func() error {
				w.db.delete = nil
				f.meanwhile(w, ben, benPair)
				return nil
			}
			w.must(w.DeleteAccount(ctx, ann, "먼저온이"))
			if f.nickname != "" {
				if r := w.step(signin.StepSignedOut).Receipt; r == nil || !strings.Contains(r.Text(), f.nickname) {
					t.Errorf("%+v", r)
				}
				return
			}
			w.unreceipted()
			w.quit()
			w.start()
			w.arrive(app.Pair{})
			w.unreceipted()
		})
	}
}

func TestLV03_AReceiptThatNobodyCouldLookAtIsSeenByNobodyWhoSignsInLater(t *testing.T) {
	w := newWorld(t, config{})
	w.arrive(app.Pair{})
	in, _ := w.join("github", person(0), "윤슬기")
	w.must(w.DeleteAccount(ctx, in, "윤슬기"))
	w.drained()
	w.cutOff()
	w.drawer.stuck = app.Fail(app.CodeProfileUnwritable, nil)
	w.start()
	w.drawer.stuck = nil
	w.arrive(app.Pair{})
	w.join("naver", person(1), "한바다")
	w.unreceipted()
}

// A window that nobody saw anything in has shown nobody a receipt.
func TestLV04_AReceiptThatNobodyHasSeenIsThereAtTheNextStart(t *testing.T) {
	for name, seen := range map[string]func(w *world){
		"closed before the page asked": func(*world) {},
		"closed over the dialog of a sign-up": func(w *world) {
			w.arrive(app.Pair{})
			w.step(signin.StepNickname)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, config{several: true})
			w.arrive(app.Pair{})
			in, _ := w.join("github", person(0), "윤슬기")
			w.dialog("naver", person(1))
			w.must(w.DeleteAccount(ctx, in, "윤슬기"))
			if name != "closed over the dialog of a sign-up" {
				w.UseAnotherAccount(ctx)
			}
			w.cutOff()
			w.start()
			seen(w)
			w.quit()
			w.start()
			w.arrive(app.Pair{})
			if w.State().Step == signin.StepNickname {
				w.UseAnotherAccount(ctx)
			}
			if w.step(signin.StepSignedOut).Receipt == nil {
				t.Error("it is lost")
			}
			w.quit()
			w.start()
			w.unreceipted()
		})
	}
}
