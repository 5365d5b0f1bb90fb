package directory_test

import (
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory"
)

// codes makes a sheet of codes by a fresh ticket.
func (w *world) codes(in directory.SignedIn, person int) []string {
	w.Helper()
	var made directory.NewRecoveryCodes
	w.bearer(in.AccessToken, "POST", "/v1/me/recovery", directory.CodesRequest{Ticket: w.confirm("github", people()[person]).Ticket}).into(200, &made)
	if len(made.Codes) != 10 {
		w.Fatalf("%d codes", len(made.Codes))
	}
	return made.Codes
}

func try(code, attempt string) directory.RecoveryRequest {
	return directory.RecoveryRequest{Code: code, Attempt: attempt + strings.Repeat(".", 16), Device: laptop}
}

func TestARecoveryCodeOpensOneSessionAndTheSameAttemptAnswersTheSame(t *testing.T) {
	onBoth(t, func(w *world) {
		in := w.signUp("github", people()[0], "길동")
		w.bearer(in.AccessToken, "POST", "/v1/me/recovery", directory.CodesRequest{}).fails(403, app.CodeConfirmationNeeded)
		codes := w.codes(in, 0)
		var opened directory.Recovered
		first := w.ask("POST", "/v1/recovery", try(codes[2], "one")).into(201, &opened)
		again := w.ask("POST", "/v1/recovery", try(strings.ToLower(codes[2]), "one")).into(201, nil) // on the other replica
		if string(first.body) != string(again.body) {
			t.Errorf("%s, then %s", first.body, again.body)
		}
		if opened.SignedIn.User != in.User || opened.SignedIn.Identity.ID != "" || len(opened.Identities) != 1 || opened.SignedIn.Session.Device != laptop {
			t.Errorf("%+v", opened)
		}
		w.ask("POST", "/v1/recovery", try(codes[2], "another")).fails(410, app.CodeRecoveryUsed)
		w.ask("POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: opened.SignedIn.RefreshToken}).into(200, nil)
		w.ask("POST", "/v1/recovery", try(codes[2], "one")).fails(409, app.CodeConflict) // its pair was presented
		var of directory.RecoveryCodes
		w.bearer(in.AccessToken, "GET", "/v1/me/recovery", nil).into(200, &of)
		used := 0
		for _, c := range of.Codes {
			if c.UsedAt != 0 {
				used++
			}
		}
		if len(of.Codes) != 10 || used != 1 || of.Codes[2].UsedAt == 0 {
			t.Errorf("%+v", of)
		}
		var x directory.Export
		w.bearer(in.AccessToken, "GET", "/v1/me/export", nil).into(200, &x)
		if len(x.RecoveryCodes) != 10 || strings.Contains(string(w.bearer(in.AccessToken, "GET", "/v1/me/export", nil).body), codes[0]) {
			t.Errorf("%+v", x.RecoveryCodes)
		}
		for _, secret := range []string{codes[2], strings.ReplaceAll(codes[2], "-", "")} {
			w.logged.Lock()
			if strings.Contains(w.log.String(), secret) {
				t.Error("the log holds the code")
			}
			w.logged.Unlock()
		}
	})
}

func TestWhoCameBackByACodeMayLinkAnAccountAtOnceAndLaterNeedsAWord(t *testing.T) {
	onBoth(t, func(w *world) {
		in := w.signUp("github", people()[0], "길동")
		codes := w.codes(in, 0)
		open := func(code, name string) directory.SignedIn {
			var opened directory.Recovered
			w.ask("POST", "/v1/recovery", try(code, name)).into(201, &opened)
			return opened.SignedIn
		}
		late := open(codes[0], "late")
		w.clock.advance(5*time.Minute + time.Second)
		naver := w.confirm("naver", people()[0])
		w.bearer(late.AccessToken, "POST", "/v1/me/identities/naver", directory.LinkRequest{Ticket: naver.Ticket}).fails(403, app.CodeConfirmationNeeded)
		w.bearer(late.AccessToken, "DELETE", "/v1/me", directory.DeleteRequest{Nickname: "길동"}).fails(403, app.CodeConfirmationNeeded)
		soon := open(codes[1], "soon")
		w.bearer(soon.AccessToken, "POST", "/v1/me/identities/naver", directory.LinkRequest{Ticket: naver.Ticket}).into(201, nil)
		var me directory.Me
		w.bearer(soon.AccessToken, "GET", "/v1/me", nil).into(200, &me)
		if me.Identity.Provider != "naver" {
			t.Errorf("%+v", me)
		}
	})
}

func TestAGuessThatIsWrongTellsNothingAndCostsAWait(t *testing.T) {
	onBoth(t, func(w *world) {
		w.ask("POST", "/v1/recovery", try("7K3M", "one")).fails(400, app.CodeRecoveryMistyped)
		w.ask("POST", "/v1/recovery", directory.RecoveryRequest{Code: "7K3M", Attempt: "short"}).fails(400, app.CodeBadRequest)
		elsewhere := w.codesOfAnotherDirectory()
		w.ask("POST", "/v1/recovery", try(elsewhere, "one")).fails(404, app.CodeRecoveryNone)
		in := w.signUp("github", people()[0], "길동")
		codes := w.codes(in, 0)
		w.codes(in, 0) // the first sheet is replaced
		w.ask("POST", "/v1/recovery", try(codes[0], "one")).fails(404, app.CodeRecoveryWrong)
		for range 4 {
			w.ask("POST", "/v1/recovery", try(codes[0], "one")).fails(404, app.CodeRecoveryWrong)
		}
		f := w.ask("POST", "/v1/recovery", try(codes[0], "one")).fails(429, app.CodeRateLimited)
		if f.Params["minutes"] != "1" {
			t.Errorf("%+v", f)
		}
		// The address is counted too, over the codes and the replicas.
		w.clock.advance(time.Hour)
		limited := 0
		for i := range 12 {
			if a := w.ask("POST", "/v1/recovery", try(codes[1+i%9], "one")); a.status == 429 && a.header.Get("Retry-After") != "" {
				limited++
			}
		}
		if limited != 2 {
			t.Errorf("%d were refused", limited)
		}
	})
}

func TestNobodyIsOfferedCodesWhoDeclinedThemOrTookThemAway(t *testing.T) {
	onBoth(t, func(w *world) {
		in := w.signUp("github", people()[0], "길동")
		var of directory.RecoveryCodes
		w.bearer(in.AccessToken, "POST", "/v1/me/recovery/declined", directory.Nothing{}).into(204, nil)
		w.bearer(in.AccessToken, "GET", "/v1/me/recovery", nil).into(200, &of)
		if !of.Declined || of.Codes == nil {
			t.Errorf("%+v", of)
		}
		codes := w.codes(in, 0)
		w.bearer(in.AccessToken, "DELETE", "/v1/me/recovery", directory.CodesRequest{}).fails(403, app.CodeConfirmationNeeded)
		w.bearer(in.AccessToken, "DELETE", "/v1/me/recovery", directory.CodesRequest{Ticket: w.confirm("github", people()[0]).Ticket}).into(204, nil)
		w.ask("POST", "/v1/recovery", try(codes[0], "one")).fails(404, app.CodeRecoveryNone)
	})
}

// codesOfAnotherDirectory is a well-formed code that nobody here made.
func (w *world) codesOfAnotherDirectory() string {
	w.Helper()
	var code string
	onSQLite(w.TB, func(other *world) {
		code = other.codes(other.signUp("github", people()[0], "길동"), 0)[0]
	})
	return code
}
