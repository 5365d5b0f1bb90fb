package signin_test

import (
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
