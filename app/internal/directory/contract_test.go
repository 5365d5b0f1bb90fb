package directory_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
)

func TestTheDirectorySaysWhatADesktopNeeds(t *testing.T) {
	onSQLite(t, func(w *world) {
		var home directory.Home
		a := w.ask("GET", "/v1/", nil).into(200, &home)
		if home.Issuer != w.issuer || home.OfflineDays != 30 || home.JWKSURI != w.issuer+"/.well-known/jwks.json" || len(home.Providers) != 3 {
			t.Errorf("%+v", home)
		}
		if strings.Contains(string(a.body), "secret") {
			t.Error("a secret is told")
		}
		tag := a.header.Get("ETag")
		if tag == "" || !strings.Contains(a.header.Get("Cache-Control"), "max-age") {
			t.Errorf("not cacheable: %v", a.header)
		}
		w.ask("GET", "/v1/", nil, "If-None-Match", tag).into(304, nil)
	})
}

func TestFirstAConfirmationThenANicknameThenAnAccount(t *testing.T) {
	onBoth(t, func(w *world) {
		person := people()[0]
		c := w.confirm("github", person)
		if c.User != nil || c.Ticket == "" || c.Profile.Login == "" {
			t.Fatalf("%+v", c)
		}
		w.ask("POST", "/v1/sessions", directory.SessionRequest{Ticket: c.Ticket, Device: laptop}).fails(404, app.CodeNotFound)
		var n directory.NicknameAnswer
		w.ask("POST", "/v1/nicknames", directory.NicknameRequest{Ticket: c.Ticket, Nickname: "길동"}).into(200, &n)
		if n.Code != app.CodeAvailable || n.Text != "길동" {
			t.Errorf("%+v", n)
		}
		var in directory.SignedIn
		w.ask("POST", "/v1/users", directory.SignUpRequest{Ticket: c.Ticket, Nickname: "길동", Device: laptop}).into(201, &in)
		if in.User.Nickname != "길동" || in.Identity.Provider != "github" || in.Session.Device != laptop || in.ExpiresIn != 600 || in.RefreshToken == "" {
			t.Errorf("%+v", in)
		}
		header, claims := claimsOf(t, in.AccessToken)
		if header["alg"] != "EdDSA" || header["typ"] != "at+jwt" || claims["iss"] != w.issuer || claims["aud"] != w.issuer || claims["sub"] != in.User.ID ||
			claims["sid"] != in.Session.ID || claims["nickname"] != "길동" || claims["exp"].(float64)-claims["iat"].(float64) != 600 || claims["jti"] == "" {
			t.Errorf("%v %v", header, claims)
		}
		var me directory.Me
		w.bearer(in.AccessToken, "GET", "/v1/me", nil).into(200, &me)
		if me.User != in.User || me.Session.ID != in.Session.ID || !me.Session.Current {
			t.Errorf("%+v", me)
		}

		// The second computer: the same person needs no nickname.
		again := w.confirm("github", person)
		if again.User == nil || again.User.ID != in.User.ID {
			t.Fatalf("%+v", again)
		}
		var second directory.SignedIn
		w.ask("POST", "/v1/sessions", directory.SessionRequest{Ticket: again.Ticket, Device: directory.Device{Name: "desk", Platform: "windows"}}).into(201, &second)
		if second.User != in.User || second.Session.ID == in.Session.ID {
			t.Errorf("%+v", second)
		}
		var list directory.Sessions
		w.bearer(second.AccessToken, "GET", "/v1/me/sessions", nil).into(200, &list)
		if len(list.Sessions) != 2 {
			t.Errorf("%+v", list)
		}
	})
}

func TestEveryProviderSignsUp(t *testing.T) {
	onSQLite(t, func(w *world) {
		for i, id := range []string{"github", "naver", "oidc"} {
			if in := w.signUp(id, people()[0], []string{"하나", "둘째", "셋째"}[i]); in.Identity.Provider != id {
				t.Errorf("%+v", in)
			}
		}
	})
}

func TestAConfirmationWhoseAnswerWasLostMayBeRepeated(t *testing.T) {
	onBoth(t, func(w *world) {
		r := w.authorization("github", people()[0])
		var first, again directory.Confirmation
		w.ask("POST", "/v1/confirmations", r).into(200, &first)
		w.ask("POST", "/v1/confirmations", r).into(200, &again)
		if first.Ticket != again.Ticket {
			t.Error("two tickets")
		}
		if n := w.providers.Count(providertest.GitHubToken); n != 1 {
			t.Errorf("the provider was asked %d times", n)
		}
		// Whoever has the code but not the verifier gets nothing.
		r.CodeVerifier = strings.Repeat("x", 43)
		if a := w.ask("POST", "/v1/confirmations", r); a.status < 400 {
			t.Errorf("HTTP %d", a.status)
		}
	})
}

func TestTheSameTicketAnswersTheSameAccountOnEveryReplica(t *testing.T) {
	onBoth(t, func(w *world) {
		r := directory.SignUpRequest{Ticket: w.confirm("github", people()[0]).Ticket, Nickname: "길동", Device: laptop}
		got := make([]directory.SignedIn, 8)
		var all sync.WaitGroup
		for i := range got {
			all.Go(func() { w.askAt(i%2, "POST", "/v1/users", r).into(201, &got[i]) })
		}
		all.Wait()
		r.Nickname = "딴이름"
		w.ask("POST", "/v1/users", r).into(201, &got[0])
		for _, in := range got {
			if in != got[0] {
				t.Errorf("%+v and %+v", in, got[0])
			}
		}
		// Once its pair was presented, a ticket opens nothing any more.
		w.ask("POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: got[0].RefreshToken}).into(200, nil)
		w.ask("POST", "/v1/users", r).fails(409, app.CodeConflict)
	})
}

func TestTheTicketExpiresAfterADayForANewPersonAndTenMinutesElse(t *testing.T) {
	onSQLite(t, func(w *world) {
		c := w.confirm("github", people()[0])
		w.clock.advance(23 * time.Hour)
		var in directory.SignedIn
		w.ask("POST", "/v1/users", directory.SignUpRequest{Ticket: c.Ticket, Nickname: "길동", Device: laptop}).into(201, &in)
		known := w.confirm("github", people()[0])
		w.clock.advance(11 * time.Minute)
		w.ask("POST", "/v1/sessions", directory.SessionRequest{Ticket: known.Ticket, Device: laptop}).fails(410, app.CodeSignUpExpired)
		late := w.confirm("github", people()[1])
		w.clock.advance(25 * time.Hour)
		w.ask("POST", "/v1/users", directory.SignUpRequest{Ticket: late.Ticket, Nickname: "둘째", Device: laptop}).fails(410, app.CodeSignUpExpired)
	})
}

func TestThePredecessorIsReplayedByteForByteUntilItsSuccessorWasPresented(t *testing.T) {
	onBoth(t, func(w *world) {
		in := w.signUp("github", people()[0], "길동")
		refresh := func(token string) (directory.SignedIn, string) {
			var out directory.SignedIn
			a := w.ask("POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: token}).into(200, &out)
			return out, string(a.body)
		}
		w.clock.advance(time.Minute)
		second, first := refresh(in.RefreshToken)
		if second.RefreshToken == in.RefreshToken {
			t.Fatal("not rotated")
		}
		for range 3 {
			if _, again := refresh(in.RefreshToken); again != first {
				t.Errorf("%s, then %s", first, again)
			}
		}
		w.clock.advance(3 * time.Hour)
		if _, late := refresh(in.RefreshToken); late != first {
			t.Error("a late replay is another answer")
		}
		third, _ := refresh(second.RefreshToken)
		w.bearer(third.AccessToken, "GET", "/v1/me", nil).into(200, nil)
		w.ask("POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: in.RefreshToken}).fails(401, app.CodeSessionReused)
		// Nobody can say who the owner is: the session is over for both.
		w.ask("POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: third.RefreshToken}).fails(401, app.CodeSessionReused)
		w.bearer(third.AccessToken, "GET", "/v1/me", nil).fails(401, app.CodeSessionReused)
	})
}

func TestWhoKeepsInStepWithTheOwnerIsShutOut(t *testing.T) {
	onSQLite(t, func(w *world) {
		in := w.signUp("github", people()[0], "길동")
		token := in.RefreshToken
		for range 40 {
			var owner, thief directory.SignedIn
			a := w.ask("POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: token})
			if a.status == 401 {
				return
			}
			a.into(200, &owner)
			w.clock.advance(time.Second)
			a = w.ask("POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: token})
			if a.status == 401 {
				return
			}
			a.into(200, &thief)
			token = owner.RefreshToken
			w.clock.advance(9 * time.Minute)
		}
		t.Error("two hold one session for good")
	})
}

func TestParallelRefreshesOfOneTokenAreOneRotation(t *testing.T) {
	onBoth(t, func(w *world) {
		in := w.signUp("github", people()[0], "길동")
		got := make([]directory.SignedIn, 12)
		var all sync.WaitGroup
		for i := range got {
			all.Go(func() {
				w.askAt(i%2, "POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: in.RefreshToken}).into(200, &got[i])
			})
		}
		all.Wait()
		for _, x := range got {
			if x.RefreshToken != got[0].RefreshToken {
				t.Error("two successors")
			}
		}
	})
}

func TestSigningOutEndsTheSessionAndAgainIsNoError(t *testing.T) {
	onBoth(t, func(w *world) {
		in := w.signUp("github", people()[0], "길동")
		w.clock.advance(time.Hour) // the access token is too old, and good enough to end with
		w.bearer(in.AccessToken, "GET", "/v1/me", nil).fails(401, app.CodeSessionAccessExpired)
		for range 2 {
			w.ask("DELETE", "/v1/session", directory.EndRequest{AccessToken: in.AccessToken}).into(204, nil)
			w.ask("DELETE", "/v1/session", directory.EndRequest{RefreshToken: in.RefreshToken}).into(204, nil)
		}
		w.ask("POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: in.RefreshToken}).fails(401, app.CodeSessionRevoked)
		w.clock.advance(-2 * time.Hour) // no clock keeps somebody signed in who wants to go
		w.ask("DELETE", "/v1/session", directory.EndRequest{RefreshToken: in.RefreshToken}).into(204, nil)
		w.clock.advance(2 * time.Hour)
		w.ask("DELETE", "/v1/session", directory.EndRequest{RefreshToken: "forged"}).fails(401, app.CodeSessionNone)
		w.ask("DELETE", "/v1/session", directory.EndRequest{}).fails(400, app.CodeBadRequest)
	})
}

func TestASessionIsEndedFromTheOtherComputer(t *testing.T) {
	onBoth(t, func(w *world) {
		one := w.signUp("github", people()[0], "길동")
		var two, three directory.SignedIn
		for _, in := range []*directory.SignedIn{&two, &three} {
			w.ask("POST", "/v1/sessions", directory.SessionRequest{Ticket: w.confirm("github", people()[0]).Ticket, Device: laptop}).into(201, in)
		}
		w.bearer(two.AccessToken, "DELETE", "/v1/me/sessions/"+one.Session.ID, nil).into(204, nil)
		w.bearer(one.AccessToken, "GET", "/v1/me", nil).fails(401, app.CodeSessionRevoked)
		w.bearer(two.AccessToken, "DELETE", "/v1/me/sessions", nil).into(204, nil)
		w.bearer(three.AccessToken, "GET", "/v1/me", nil).fails(401, app.CodeSessionRevoked)
		w.bearer(two.AccessToken, "GET", "/v1/me", nil).into(200, nil)
		stranger := w.signUp("github", people()[1], "남남")
		w.bearer(stranger.AccessToken, "DELETE", "/v1/me/sessions/"+two.Session.ID, nil).fails(404, app.CodeNotFound)
	})
}

func TestNicknamesAreJudgedAsOnTheDesktopAndHeldOnEveryReplica(t *testing.T) {
	onBoth(t, func(w *world) {
		w.signUp("github", people()[0], "길동")
		one, two := w.confirm("github", people()[1]), w.confirm("naver", people()[0])
		check := func(ticket, text string) directory.NicknameAnswer {
			var n directory.NicknameAnswer
			w.ask("POST", "/v1/nicknames", directory.NicknameRequest{Ticket: ticket, Nickname: text}).into(200, &n)
			return n
		}
		if n := check(one.Ticket, "길동"); n.Code != app.CodeNicknameTaken || len(n.Proposals) == 0 {
			t.Errorf("%+v", n)
		}
		if n := check(one.Ticket, "ㅋㅋ"); n.Code != app.CodeNicknameIncompleteHangul {
			t.Errorf("%+v", n)
		}
		if n := check(one.Ticket, "새이름"); n.Code != app.CodeAvailable {
			t.Errorf("%+v", n)
		}
		if n := check(two.Ticket, "새이름"); n.Code != app.CodeNicknameHeld {
			t.Errorf("%+v", n)
		}
		f := w.ask("POST", "/v1/users", directory.SignUpRequest{Ticket: two.Ticket, Nickname: "새이름", Device: laptop}).fails(409, app.CodeNicknameHeld)
		if len(f.Proposals) == 0 {
			t.Errorf("%+v", f)
		}
		w.clock.advance(61 * time.Second)
		if n := check(two.Ticket, "새이름"); n.Code != app.CodeAvailable {
			t.Errorf("%+v", n)
		}
		w.ask("POST", "/v1/nicknames", directory.NicknameRequest{Nickname: "새이름"}).fails(401, app.CodeSessionNone)
		w.ask("POST", "/v1/nicknames", directory.NicknameRequest{Ticket: "forged", Nickname: "새이름"}).fails(410, app.CodeSignUpExpired)
	})
}

func TestRenaming(t *testing.T) {
	onBoth(t, func(w *world) {
		in := w.signUp("github", people()[0], "길동")
		var u directory.UserAnswer
		w.bearer(in.AccessToken, "PATCH", "/v1/me", directory.RenameRequest{Nickname: "새이름"}).into(200, &u)
		if u.User.Nickname != "새이름" || u.User.ID != in.User.ID {
			t.Errorf("%+v", u)
		}
		f := w.bearer(in.AccessToken, "PATCH", "/v1/me", directory.RenameRequest{Nickname: "또하나"}).fails(409, app.CodeRenameTooSoon)
		if f.Params["date"] == "" || f.Support == "" {
			t.Errorf("%+v", f)
		}
		var next directory.SignedIn
		w.ask("POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: in.RefreshToken}).into(200, &next)
		if next.User.Nickname != "새이름" {
			t.Errorf("%+v", next)
		}
	})
}

func TestLinkingAndUnlinkingNeedFreshTickets(t *testing.T) {
	onBoth(t, func(w *world) {
		in := w.signUp("github", people()[0], "길동")
		w.bearer(in.AccessToken, "POST", "/v1/me/identities/naver", directory.LinkRequest{}).fails(403, app.CodeConfirmationNeeded)
		naver := w.confirm("naver", people()[0])
		w.bearer(in.AccessToken, "POST", "/v1/me/identities/github", directory.LinkRequest{Ticket: naver.Ticket}).fails(400, app.CodeBadRequest)
		w.clock.advance(6 * time.Minute)
		w.bearer(in.AccessToken, "POST", "/v1/me/identities/naver", directory.LinkRequest{Ticket: naver.Ticket}).fails(403, app.CodeConfirmationNeeded)
		naver = w.confirm("naver", people()[0])
		// The session was confirmed too long ago: the owner has to be asked once more.
		w.bearer(in.AccessToken, "POST", "/v1/me/identities/naver", directory.LinkRequest{Ticket: naver.Ticket}).fails(403, app.CodeConfirmationNeeded)
		own := w.confirm("github", people()[0])
		var i directory.IdentityAnswer
		w.bearer(in.AccessToken, "POST", "/v1/me/identities/naver", directory.LinkRequest{Ticket: naver.Ticket, Confirmation: own.Ticket}).into(201, &i)
		if i.Identity.Provider != "naver" {
			t.Errorf("%+v", i)
		}
		var ids directory.Identities
		w.bearer(in.AccessToken, "GET", "/v1/me/identities", nil).into(200, &ids)
		if len(ids.Identities) != 2 {
			t.Errorf("%+v", ids)
		}
		other := w.signUp("github", people()[1], "둘째")
		w.bearer(other.AccessToken, "POST", "/v1/me/identities/naver", directory.LinkRequest{Ticket: naver.Ticket}).fails(409, app.CodeIdentityLinkedElsewhere)
		// Another's ticket confirms nobody.
		w.bearer(other.AccessToken, "DELETE", "/v1/me/identities/github", directory.UnlinkRequest{Ticket: own.Ticket}).fails(403, app.CodeConfirmationNeeded)
		w.bearer(in.AccessToken, "DELETE", "/v1/me/identities/github", directory.UnlinkRequest{}).fails(403, app.CodeConfirmationNeeded)
		w.bearer(in.AccessToken, "DELETE", "/v1/me/identities/github", directory.UnlinkRequest{Ticket: own.Ticket}).into(204, nil)
		last := w.confirm("naver", people()[0])
		w.bearer(in.AccessToken, "DELETE", "/v1/me/identities/naver", directory.UnlinkRequest{Ticket: last.Ticket}).fails(409, app.CodeIdentityLast)
	})
}

func TestDeletingAnAccount(t *testing.T) {
	onBoth(t, func(w *world) {
		in := w.signUp("github", people()[0], "길동")
		w.bearer(in.AccessToken, "DELETE", "/v1/me", directory.DeleteRequest{Nickname: "길동"}).fails(403, app.CodeConfirmationNeeded)
		fresh := w.confirm("github", people()[0])
		w.bearer(in.AccessToken, "DELETE", "/v1/me", directory.DeleteRequest{Ticket: fresh.Ticket, Nickname: "아니"}).fails(409, app.CodeConflict)
		w.bearer(in.AccessToken, "DELETE", "/v1/me", directory.DeleteRequest{Ticket: fresh.Ticket, Nickname: "길동"}).into(204, nil)
		w.bearer(in.AccessToken, "GET", "/v1/me", nil).fails(401, app.CodeAccountDeleted)
		w.ask("POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: in.RefreshToken}).fails(401, app.CodeAccountDeleted)
		w.ask("POST", "/v1/sessions", directory.SessionRequest{Ticket: fresh.Ticket, Device: laptop}).fails(410, app.CodeSignUpExpired)
		// The nickname rests, on every replica, for the owner of before too.
		f := w.ask("POST", "/v1/users", directory.SignUpRequest{Ticket: w.confirm("github", people()[0]).Ticket, Nickname: "길동", Device: laptop}).fails(409, app.CodeNicknameTaken)
		if len(f.Proposals) == 0 {
			t.Error("nothing is proposed")
		}
		if again := w.signUp("github", people()[0], "새이름"); again.User.ID == in.User.ID {
			t.Error("the account came back")
		}
	})
}

// A database of a moment before the account, or an empty one behind the same address and
// secret: desktops that hear account_deleted delete the person.
func TestADatabaseThatWasRestoredDeletesNobody(t *testing.T) {
	onBoth(t, func(w *world) {
		in := w.signUp("github", people()[0], "길동")
		e := w.engine()
		t.Cleanup(func() { e.Write.Close(); e.Read.Close() })
		for _, table := range []string{"sessions", "identities", "users"} {
			if _, err := e.Write.Exec("DELETE FROM " + table); err != nil {
				t.Fatal(err)
			}
		}
		w.bearer(in.AccessToken, "GET", "/v1/me", nil).fails(401, app.CodeSessionRevoked)
		w.ask("POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: in.RefreshToken}).fails(401, app.CodeSessionRevoked)
	})
}

func TestEventsAndExport(t *testing.T) {
	onBoth(t, func(w *world) {
		in := w.signUp("github", people()[0], "길동")
		w.bearer(in.AccessToken, "PATCH", "/v1/me", directory.RenameRequest{Nickname: "새이름"}).into(200, nil)
		var first, rest directory.Events
		w.bearer(in.AccessToken, "GET", "/v1/me/events?limit=1", nil).into(200, &first)
		if len(first.Events) != 1 || first.Events[0].Kind != "renamed" || first.Next == 0 {
			t.Fatalf("%+v", first)
		}
		b, _ := json.Marshal(first.Next)
		w.bearer(in.AccessToken, "GET", "/v1/me/events?before="+string(b), nil).into(200, &rest)
		if len(rest.Events) != 1 || rest.Events[0].Kind != "signed_up" {
			t.Errorf("%+v", rest)
		}
		for _, bad := range []string{"limit=0", "limit=101", "limit=x", "before=-1", "before=x"} {
			w.bearer(in.AccessToken, "GET", "/v1/me/events?"+bad, nil).fails(400, app.CodeBadRequest)
		}
		var x directory.Export
		a := w.bearer(in.AccessToken, "GET", "/v1/me/export", nil).into(200, &x)
		if x.User.Nickname != "새이름" || len(x.FormerNames) != 1 || len(x.Identities) != 1 || len(x.Sessions) != 1 || len(x.Events) != 2 ||
			!strings.Contains(a.header.Get("Content-Disposition"), "munpae.json") {
			t.Errorf("%+v", x)
		}
	})
}

func TestTokensForOtherServersAreForThoseThatAreListed(t *testing.T) {
	onSQLite(t, func(w *world) {
		in := w.signUp("github", people()[0], "길동")
		var a directory.TokenAnswer
		w.bearer(in.AccessToken, "POST", "/v1/tokens", directory.TokenRequest{Audience: otherServer}).into(200, &a)
		if _, claims := claimsOf(t, a.AccessToken); claims["aud"] != otherServer || claims["sub"] != in.User.ID || a.ExpiresIn != 600 {
			t.Errorf("%v", claims)
		}
		w.bearer(in.AccessToken, "POST", "/v1/tokens", directory.TokenRequest{Audience: "https://evil.example"}).fails(403, app.CodeForbidden)
		w.bearer(in.AccessToken, "POST", "/v1/tokens", directory.TokenRequest{Audience: w.issuer}).fails(403, app.CodeForbidden)
		// The directory itself takes only its own.
		w.bearer(a.AccessToken, "GET", "/v1/me", nil).fails(401, app.CodeSessionNone)
	})
}

func TestATokenThatIsNotGoodIs401AndSaysNothingOfWhy(t *testing.T) {
	onSQLite(t, func(w *world) {
		in := w.signUp("github", people()[0], "길동")
		h, c := claimsOf(t, in.AccessToken)
		_, key, _ := ed25519.GenerateKey(nil)
		forge := func(header, claims map[string]any) string {
			hb, _ := json.Marshal(header)
			cb, _ := json.Marshal(claims)
			text := base64.RawURLEncoding.EncodeToString(hb) + "." + base64.RawURLEncoding.EncodeToString(cb)
			return text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(text)))
		}
		parts := strings.Split(in.AccessToken, ".")
		none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"at+jwt","kid":"` + h["kid"].(string) + `"}`))
		for name, token := range map[string]string{
			"foreign key":      forge(h, c),
			"unknown key":      forge(map[string]any{"alg": "EdDSA", "typ": "at+jwt", "kid": "x"}, c),
			"no signature":     parts[0] + "." + parts[1] + ".",
			"none":             none + "." + parts[1] + ".",
			"another's claims": parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"x"}`)) + "." + parts[2],
			"refresh token":    in.RefreshToken,
			"rubbish":          "rubbish",
			"empty":            "",
			"very long":        strings.Repeat("a", 5000),
		} {
			a := w.bearer(token, "GET", "/v1/me", nil)
			if a.says(app.CodeSessionNone); a.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s: %v", name, a.header)
			}
		}
		a := w.ask("GET", "/v1/me", nil, "Authorization", "Basic eDp5")
		if a.status != 401 {
			t.Errorf("HTTP %d", a.status)
		}
	})
}

func TestKeysRotateWithAnOverlapAndEveryReplicaFollows(t *testing.T) {
	onBoth(t, func(w *world) {
		in := w.signUp("github", people()[0], "길동")
		kids := func() []string {
			var set directory.JWKS
			w.ask("GET", "/.well-known/jwks.json", nil).into(200, &set)
			var ids []string
			for _, k := range set.Keys {
				if k.KeyType != "OKP" || k.Curve != "Ed25519" || k.Algorithm != "EdDSA" || k.Use != "sig" {
					t.Errorf("%+v", k)
				}
				ids = append(ids, k.KeyID)
			}
			return ids
		}
		before := kids()
		if h, _ := claimsOf(t, in.AccessToken); len(before) != 2 || h["kid"] != before[0] {
			t.Fatalf("%v", before)
		}
		w.must(w.services[0].RotateKeys(context.Background()))
		w.clock.advance(2 * time.Second)
		after := kids()
		if len(after) != 3 || after[0] != before[1] || after[2] != before[0] {
			t.Errorf("%v became %v", before, after)
		}
		w.bearer(in.AccessToken, "GET", "/v1/me", nil).into(200, nil) // the old key still verifies
		for range 2 {
			var next directory.SignedIn
			w.ask("POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: in.RefreshToken}).into(200, &next)
			if h, _ := claimsOf(t, next.AccessToken); h["kid"] != after[0] {
				t.Errorf("signed with %v", h["kid"])
			}
		}
		// A week later the last one goes, a month later the next one signs by itself.
		w.clock.advance(8 * 24 * time.Hour)
		w.must(w.services[1].Maintain(context.Background()))
		w.clock.advance(2 * time.Second)
		if now := kids(); slices.Contains(now, before[0]) || len(now) != 2 {
			t.Errorf("%v", now)
		}
		w.clock.advance(23 * 24 * time.Hour)
		w.must(w.services[0].Maintain(context.Background()))
		w.clock.advance(2 * time.Second)
		if now := kids(); now[0] != after[1] || len(now) != 3 {
			t.Errorf("%v after %v", now, after)
		}
	})
}

// A provider that can say when it asked the person must say so through the directory too.
func TestAL07_AConfirmationThatWasAskedForAnewIsNoOldOne(t *testing.T) {
	onSQLite(t, func(w *world) {
		for name, c := range map[string]struct {
			since time.Duration
			asked bool
			stale bool
		}{
			"just now":                   {0, true, false},
			"an hour ago":                {-time.Hour, true, true},
			"an hour ago, and not asked": {-time.Hour, false, false},
		} {
			w.providers.EditIDToken(func(id *jwt.Token) {
				id.Claims.(jwt.MapClaims)["auth_time"] = w.clock.Now().Add(c.since).Unix()
			})
			r := w.authorization("oidc", people()[0])
			if c.asked {
				r.AskedAt = w.clock.Now().UnixMilli()
			}
			a := w.ask("POST", "/v1/confirmations", r)
			if c.stale {
				a.fails(403, app.CodeConfirmationStale)
			} else if a.status != 200 {
				t.Errorf("%s: HTTP %d %s", name, a.status, a.body)
			}
		}
	})
}

// A desktop may say what it likes of when it asked: a ticket is as old as the provider says
// that the person proved who they are, so that a browser that is signed in there since this
// morning is good to sign in and for nothing that is a risk.
func TestAL07_NoWordOfADesktopsMakesATicketFresh(t *testing.T) {
	onBoth(t, func(w *world) {
		var in directory.SignedIn
		ticket := func(proven time.Duration, asked int64) directory.Confirmation {
			w.providers.EditIDToken(func(id *jwt.Token) {
				id.Claims.(jwt.MapClaims)["auth_time"] = w.clock.Now().Add(proven).Unix()
			})
			r := w.authorization("oidc", people()[0])
			r.AskedAt = asked
			var c directory.Confirmation
			w.ask("POST", "/v1/confirmations", r).into(200, &c)
			return c
		}
		morning := -3 * time.Hour
		c := ticket(morning, 0)
		if c.Age < 10000 || c.Age > 3*3600 {
			t.Errorf("%+v", c)
		}
		w.ask("POST", "/v1/users", directory.SignUpRequest{Ticket: c.Ticket, Nickname: "길동", Device: laptop}).into(201, &in)
		for _, asked := range []int64{0, 1, w.clock.Now().Add(-24 * time.Hour).UnixMilli()} {
			old := ticket(morning, asked).Ticket
			w.bearer(in.AccessToken, "POST", "/v1/me/recovery", directory.CodesRequest{Ticket: old}).fails(403, app.CodeConfirmationNeeded)
			w.bearer(in.AccessToken, "DELETE", "/v1/me", directory.DeleteRequest{Ticket: old, Nickname: "길동"}).fails(403, app.CodeConfirmationNeeded)
			w.bearer(in.AccessToken, "POST", "/v1/me/identities/naver", directory.LinkRequest{Ticket: w.confirm("naver", people()[0]).Ticket, Confirmation: old}).
				fails(403, app.CodeConfirmationNeeded)
		}
		fresh := ticket(0, w.clock.Now().UnixMilli()).Ticket
		w.bearer(in.AccessToken, "DELETE", "/v1/me", directory.DeleteRequest{Ticket: fresh, Nickname: "길동"}).into(204, nil)
	})
}

func TestADeviceCodeIsPolledThroughTheDirectory(t *testing.T) {
	onBoth(t, func(w *world) {
		w.ask("POST", "/v1/device", directory.DeviceRequest{Provider: "naver"}).fails(400, app.CodeBadRequest)
		var d directory.DeviceAnswer
		a := w.ask("POST", "/v1/device", directory.DeviceRequest{Provider: "github"}).into(200, &d)
		if d.UserCode == "" || d.ID == "" || strings.Contains(string(a.body), "device_code") {
			t.Fatalf("%s", a.body)
		}
		var p directory.DevicePoll
		w.ask("POST", "/v1/device/"+d.ID, nil).into(200, &p)
		if p.Status != "slow_down" {
			t.Errorf("%+v", p)
		}
		if n := w.providers.Count(providertest.GitHubDeviceToken); n != 0 {
			t.Errorf("the provider was asked %d times too early", n)
		}
		w.clock.advance(7 * time.Second)
		w.ask("POST", "/v1/device/"+d.ID, nil).into(200, &p)
		if p.Status != "pending" {
			t.Errorf("%+v", p)
		}
		approve(w, d.UserCode)
		w.clock.advance(10 * time.Second)
		for range 2 { // and once more after a lost answer
			p = directory.DevicePoll{}
			w.ask("POST", "/v1/device/"+d.ID, nil).into(200, &p)
			if p.Status != "confirmed" || p.Ticket == "" {
				t.Fatalf("%+v", p)
			}
		}
		w.ask("POST", "/v1/users", directory.SignUpRequest{Ticket: p.Ticket, Nickname: "길동", Device: laptop}).into(201, nil)
		w.ask("POST", "/v1/device/unknown", nil).fails(404, app.CodeNotFound)
	})
}

func TestWhatIsNoRequestOfOursIsACode(t *testing.T) {
	onSQLite(t, func(w *world) {
		w.ask("GET", "/nothing", nil).fails(404, app.CodeNotFound)
		a := w.ask("PUT", "/v1/users", nil)
		a.fails(405, app.CodeMethod)
		if a.header.Get("Allow") != "POST" {
			t.Error(a.header)
		}
		for body, code := range map[string]int{
			`{"ticket":"x","unknown":1}`: 400, `[]`: 400, `"x"`: 400, `null`: 400, `{"ticket":1}`: 400, `{`: 400, `{} {}`: 400, `{"ticket":"x"} x`: 400,
			`{"ticket":"` + strings.Repeat("x", 70000) + `"}`: 413,
		} {
			if a := w.ask("POST", "/v1/users", body); a.status != code {
				t.Errorf("%.30s: HTTP %d %s", body, a.status, a.body)
			}
		}
		w.ask("POST", "/v1/users", "a=b", "Content-Type", "application/x-www-form-urlencoded").fails(415, app.CodeMediaType)
		for _, r := range []directory.ConfirmationRequest{
			{}, {Provider: "github"}, {Provider: "github", Code: "x", CodeVerifier: "short", RedirectURI: "http://127.0.0.1/"},
			{Provider: "github", Code: "a b", CodeVerifier: strings.Repeat("x", 43), RedirectURI: "http://127.0.0.1/"},
			{Provider: "github", Code: "x", CodeVerifier: strings.Repeat("x", 43), RedirectURI: "javascript:1"},
		} {
			if a := w.ask("POST", "/v1/confirmations", r); a.status != 400 && a.status != 404 {
				t.Errorf("%+v: HTTP %d %s", r, a.status, a.body)
			}
		}
		c := w.confirm("github", people()[0])
		w.ask("POST", "/v1/users", directory.SignUpRequest{Ticket: c.Ticket, Nickname: "길동", Device: directory.Device{Name: "a\nb"}}).fails(400, app.CodeBadRequest)
	})
}

func TestGuessingIsSlowedDownByAddressAndSaysUntilWhen(t *testing.T) {
	onSQLite(t, func(w *world) {
		var last answer
		for range 310 {
			last = w.askAt(0, "POST", "/v1/sessions", directory.SessionRequest{Ticket: "guess"}, "X-Forwarded-For", "198.51.100.7")
		}
		last.fails(429, app.CodeRateLimited)
		if last.header.Get("Retry-After") == "" {
			t.Error(last.header)
		}
		// Others are served, and after a minute so is this one.
		w.askAt(0, "POST", "/v1/sessions", directory.SessionRequest{Ticket: "guess"}, "X-Forwarded-For", "198.51.100.8").fails(410, app.CodeSignUpExpired)
		w.clock.advance(time.Minute)
		w.askAt(0, "POST", "/v1/sessions", directory.SessionRequest{Ticket: "guess"}, "X-Forwarded-For", "198.51.100.7").fails(410, app.CodeSignUpExpired)
	})
}

func TestNicknameChecksOfOneTicketAreCountedOverAllReplicas(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.confirm("github", people()[0])
		refused := false
		for range 130 {
			a := w.ask("POST", "/v1/nicknames", directory.NicknameRequest{Ticket: c.Ticket, Nickname: "x"})
			if a.status == 429 {
				refused = a.header.Get("Retry-After") != ""
			}
		}
		if !refused {
			t.Error("nobody counts")
		}
	})
}

func TestNoSecretAndNoPersonReachesTheLog(t *testing.T) {
	onSQLite(t, func(w *world) {
		r := w.authorization("github", people()[0])
		var c directory.Confirmation
		w.ask("POST", "/v1/confirmations", r).into(200, &c)
		var in directory.SignedIn
		w.ask("POST", "/v1/users", directory.SignUpRequest{Ticket: c.Ticket, Nickname: "비밀별명", Device: laptop}).into(201, &in)
		w.bearer(in.AccessToken, "GET", "/v1/me?x="+in.AccessToken, nil).into(200, nil)
		w.ask("POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: in.RefreshToken}).into(200, nil)
		w.bearer("forged-token", "GET", "/v1/me/sessions", nil)
		w.ask("GET", "/v1/device/"+c.Ticket, nil)
		log := w.log.String()
		if !strings.Contains(log, "/v1/users") {
			t.Fatal("nothing was logged")
		}
		for name, secret := range map[string]string{
			"code": r.Code, "verifier": r.CodeVerifier, "ticket": c.Ticket, "access token": in.AccessToken, "refresh token": in.RefreshToken,
			"nickname": "비밀별명", "login": c.Profile.Login, "e-mail": c.Profile.Email, "client secret": practice.GitHubClientSecret, "forged": "forged-token",
		} {
			if secret != "" && strings.Contains(log, secret) {
				t.Errorf("the log holds the %s", name)
			}
		}
	})
}

func TestEverySupportCodeStandsInTheLog(t *testing.T) {
	onSQLite(t, func(w *world) {
		h, err := directory.NewHandler(w.services[0], directory.Access{}, directory.NewMetrics("test"))
		w.must(err)
		for path, status := range map[string]int{"/v1/me": 401, "/v1/nothing": 404, "/v1/confirmations": 405} {
			a := httptest.NewRecorder()
			h.ServeHTTP(a, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
			var f directory.Failure
			if err := json.Unmarshal(a.Body.Bytes(), &f); err != nil || a.Code != status || f.Support == "" || !strings.Contains(w.log.String(), `"support":"`+f.Support+`"`) {
				t.Errorf("%s: HTTP %d %s; the log has\n%s", path, a.Code, a.Body, w.log)
			}
		}
	})
}

func TestBrowserOriginsThatAreListedMayCall(t *testing.T) {
	onSQLite(t, func(w *world) {
		a := w.ask("GET", "/v1/", nil, "Origin", "https://app.example")
		if a.header.Get("Access-Control-Allow-Origin") != "https://app.example" || a.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Error(a.header)
		}
		a = w.ask("OPTIONS", "/v1/me", nil, "Origin", "https://app.example", "Access-Control-Request-Method", "PATCH")
		if a.status != 204 || !strings.Contains(a.header.Get("Access-Control-Allow-Headers"), "Authorization") {
			t.Errorf("HTTP %d %v", a.status, a.header)
		}
		a = w.ask("GET", "/v1/", nil, "Origin", "https://evil.example")
		if a.header.Get("Access-Control-Allow-Origin") != "" {
			t.Error(a.header)
		}
	})
}

func TestTheDescriptionIsOfEveryRoute(t *testing.T) {
	onSQLite(t, func(w *world) {
		var d struct {
			OpenAPI string `json:"openapi"`
			Paths   map[string]map[string]any
		}
		w.ask("GET", "/v1/openapi.json", nil).into(200, &d)
		n := 0
		for _, operations := range d.Paths {
			n += len(operations)
		}
		if d.OpenAPI != "3.1.0" || n < 22 || d.Paths["/v1/sessions/refresh"]["post"] == nil || d.Paths["/v1/me/identities/{provider}"]["delete"] == nil {
			t.Errorf("%d operations", n)
		}
		for _, page := range []string{"/v1/docs", "/v1/docs/docs.js", "/v1/docs/docs.css"} {
			if a := w.ask("GET", page, nil); a.status != 200 {
				t.Errorf("%s: HTTP %d", page, a.status)
			}
		}
	})
}

func TestHealthAndReadiness(t *testing.T) {
	onBoth(t, func(w *world) {
		for _, path := range []string{"/healthz", "/readyz"} {
			a := w.ask("GET", path, nil)
			a.into(200, nil)
			if kind := a.header.Get("Content-Type"); kind != "application/json" {
				t.Errorf("%s is %q", path, kind)
			}
		}
		e := w.engine()
		defer e.Write.Close()
		defer e.Read.Close()
		if _, err := e.Write.Exec("UPDATE directory_schema SET version = 99"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1100 * time.Millisecond) // an answer stands for a second
		for i := range 2 {
			if a := w.askAt(i, "GET", "/readyz", nil); a.status != 503 || !strings.Contains(string(a.body), string(app.CodeDatabaseNewer)) {
				t.Errorf("HTTP %d %s", a.status, a.body)
			}
			w.askAt(i, "GET", "/healthz", nil).into(200, nil)
		}
	})
}

func TestAnotherSecretOpensNothing(t *testing.T) {
	onSQLite(t, func(w *world) {
		w.secret[0] ^= 1
		db := w.engine()
		defer db.Write.Close()
		defer db.Read.Close()
		if _, err := w.another(db); app.CodeOf(err) != app.CodeKeystoreLost {
			t.Errorf("%v", err)
		}
	})
}

// approve is the person's yes on the provider's page.
func approve(w *world, userCode string) {
	w.Helper()
	resp, err := http.PostForm(w.providers.GitHubURL()+"/login/device", url.Values{"user_code": {userCode}})
	w.must(err)
	resp.Body.Close()
	if resp.StatusCode != 200 {
		w.Fatalf("HTTP %d", resp.StatusCode)
	}
}
