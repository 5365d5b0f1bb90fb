package directory_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory"
)

// merging is what a desktop sends when somebody chose which nickname stays.
func merging(into, from directory.User, ticket, nick string) directory.MergeRequest {
	return directory.MergeRequest{Ticket: ticket, From: from.ID, FromNickname: from.Nickname, IntoNickname: into.Nickname, Nickname: nick}
}

func TestMG15_TwoAccountsBecomeOneAtTheDirectoryAndTwoAgain(t *testing.T) {
	onBoth(t, func(w *world) {
		kim, dooly := w.signUp("github", people()[0], "길동"), w.signUp("naver", people()[0], "둘리")
		var elsewhere directory.SignedIn
		w.ask("POST", "/v1/sessions", directory.SessionRequest{Ticket: w.confirm("github", people()[0]).Ticket, Device: laptop}).into(201, &elsewhere)
		word := w.confirm("naver", people()[0])
		if word.User == nil || *word.User != dooly.User {
			t.Fatalf("%+v", word)
		}
		r := merging(kim.User, dooly.User, word.Ticket, "둘리")
		var m directory.Merged
		done := w.bearer(kim.AccessToken, "POST", "/v1/merges", r).into(201, &m)
		if m.User.ID != kim.User.ID || m.User.Nickname != "둘리" || m.Session.ID != kim.Session.ID || !m.Session.Current || len(m.Identities) != 2 {
			t.Errorf("%+v", m)
		}
		again := w.bearer(kim.AccessToken, "POST", "/v1/merges", r).into(201, nil) // on the other replica
		if string(again.body) != string(done.body) {
			t.Errorf("%s, then %s", done.body, again.body)
		}
		var me directory.Me
		w.bearer(elsewhere.AccessToken, "GET", "/v1/me", nil).into(200, &me)
		if me.User != m.User {
			t.Errorf("the other computer hears %+v", me)
		}
		// Who was absorbed hears so, by either token.
		w.bearer(dooly.AccessToken, "GET", "/v1/me", nil).fails(401, app.CodeAccountMerged)
		w.ask("POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: dooly.RefreshToken}).fails(401, app.CodeAccountMerged)
		var list directory.Merges
		w.bearer(elsewhere.AccessToken, "GET", "/v1/merges", nil).into(200, &list)
		if len(list.Merges) != 1 || list.Merges[0].ID != dooly.User.ID || list.Merges[0].Nickname != "둘리" || list.Merges[0].Before != "길동" ||
			list.Merges[0].Until-list.Merges[0].At != app.MergeLifetime.Milliseconds() || !slices.Equal(list.Absorbed, []string{dooly.User.ID}) {
			t.Errorf("%+v", list)
		}
		var x directory.Export
		w.bearer(kim.AccessToken, "GET", "/v1/me/export", nil).into(200, &x)
		if len(x.Merges) != 1 || len(x.Identities) != 2 {
			t.Errorf("%+v", x)
		}

		w.bearer(kim.AccessToken, "GET", "/v1/merges/"+dooly.User.ID, nil).into(200, nil)
		w.clock.advance(6 * time.Minute)
		w.bearer(kim.AccessToken, "DELETE", "/v1/merges/"+dooly.User.ID, directory.UnmergeRequest{}).fails(403, app.CodeConfirmationNeeded)
		stranger := w.confirm("github", people()[1]).Ticket
		w.bearer(kim.AccessToken, "DELETE", "/v1/merges/"+dooly.User.ID, directory.UnmergeRequest{Ticket: stranger}).fails(403, app.CodeConfirmationNeeded)
		// The absorbed identity is theirs, so that its word is; and who did not hear the
		// answer asks again, although it is the other's by then.
		undo := directory.UnmergeRequest{Ticket: w.confirm("naver", people()[0]).Ticket}
		first := w.bearer(kim.AccessToken, "DELETE", "/v1/merges/"+dooly.User.ID, undo).into(200, &m)
		second := w.bearer(kim.AccessToken, "DELETE", "/v1/merges/"+dooly.User.ID, undo).into(200, nil)
		if string(first.body) != string(second.body) || m.User != kim.User || len(m.Identities) != 1 {
			t.Errorf("%s, then %s", first.body, second.body)
		}
		back := w.confirm("naver", people()[0])
		if back.User == nil || *back.User != dooly.User {
			t.Errorf("%+v", back)
		}
		w.bearer(dooly.AccessToken, "GET", "/v1/me", nil).fails(401, app.CodeSessionRevoked) // an undo revives no session
		w.bearer(kim.AccessToken, "GET", "/v1/merges/"+dooly.User.ID, nil).fails(404, app.CodeNotFound)
		// The word that brought them together does not do so once more.
		w.bearer(kim.AccessToken, "POST", "/v1/merges", r).fails(403, app.CodeConfirmationNeeded)
	})
}

func TestMG09_ADirectoryMergesOnlyByFreshWordsOfBoth(t *testing.T) {
	onSQLite(t, func(w *world) {
		kim, dooly := w.signUp("github", people()[0], "길동"), w.signUp("naver", people()[0], "둘리")
		refused := func(status int, code app.Code, r directory.MergeRequest) {
			t.Helper()
			w.bearer(kim.AccessToken, "POST", "/v1/merges", r).fails(status, code)
			if c := w.confirm("naver", people()[0]); c.User == nil || *c.User != dooly.User {
				t.Errorf("after %s: %+v", code, c)
			}
		}
		refused(403, app.CodeConfirmationNeeded, merging(kim.User, dooly.User, "", "길동"))
		refused(403, app.CodeConfirmationNeeded, merging(kim.User, dooly.User, "no ticket of ours", "길동"))
		own := w.confirm("github", people()[0]).Ticket
		refused(409, app.CodeMergeChanged, merging(kim.User, dooly.User, own, "길동")) // a word about oneself
		refused(400, app.CodeBadRequest, directory.MergeRequest{Ticket: own})
		old := w.confirm("naver", people()[0]).Ticket
		w.clock.advance(5*time.Minute + time.Second)
		refused(403, app.CodeConfirmationNeeded, merging(kim.User, dooly.User, old, "길동"))
		w.clock.advance(time.Minute)
		word := w.confirm("naver", people()[0]).Ticket
		stale := merging(kim.User, dooly.User, word, "길동")
		refused(403, app.CodeConfirmationNeeded, stale) // the session was confirmed too long ago
		stale.Confirmation = own
		refused(403, app.CodeConfirmationNeeded, stale)
		stale.Confirmation = word // the other's word is not one's own
		refused(403, app.CodeConfirmationNeeded, stale)
		w.clock.advance(time.Minute)
		seen := merging(kim.User, directory.User{ID: dooly.User.ID, Nickname: "고길동"}, w.confirm("naver", people()[0]).Ticket, "길동")
		seen.Confirmation = w.confirm("github", people()[0]).Ticket
		refused(409, app.CodeMergeChanged, seen) // not as it was shown
		seen.FromNickname, seen.Nickname = "둘리", "또치"
		refused(409, app.CodeConflict, seen)
		seen.Nickname = "길동"
		w.clock.advance(time.Minute)
		w.bearer(kim.AccessToken, "POST", "/v1/merges", seen).into(201, nil)
		w.clock.advance(time.Minute)
		for range 10 {
			w.bearer(kim.AccessToken, "POST", "/v1/merges", seen)
		}
		if a := w.bearer(kim.AccessToken, "POST", "/v1/merges", seen); a.status != 429 || a.header.Get("Retry-After") == "" {
			t.Errorf("HTTP %d %s", a.status, a.body)
		}
		w.logged.Lock()
		defer w.logged.Unlock()
		for _, secret := range []string{"길동", "둘리", word, seen.Confirmation} {
			if quoted, _ := json.Marshal(secret); strings.Contains(w.log.String(), secret) || strings.Contains(w.log.String(), string(quoted)) {
				t.Error("the log holds what it must not")
			}
		}
	})
}

func TestWhatNoDatabaseCouldHoldIsNotThereAndNoFailureOfTheDirectorys(t *testing.T) {
	onBoth(t, func(w *world) {
		kim := w.signUp("github", people()[0], "길동")
		for _, id := range []string{"%00", "a%00b", "%ff%fe"} {
			w.bearer(kim.AccessToken, "GET", "/v1/merges/"+id, nil).fails(404, app.CodeNotFound)
			w.bearer(kim.AccessToken, "DELETE", "/v1/merges/"+id, directory.UnmergeRequest{Ticket: w.confirm("github", people()[0]).Ticket}).fails(404, app.CodeNotFound)
			w.bearer(kim.AccessToken, "DELETE", "/v1/me/sessions/"+id, nil).fails(404, app.CodeNotFound)
			w.bearer(kim.AccessToken, "GET", "/v1/me/sessions?after="+id, nil).fails(400, app.CodeBadRequest)
		}
		r := merging(kim.User, directory.User{ID: "a\x00b", Nickname: "둘리"}, w.confirm("naver", people()[0]).Ticket, "길동")
		w.bearer(kim.AccessToken, "POST", "/v1/merges", r).fails(400, app.CodeBadRequest)
	})
}
