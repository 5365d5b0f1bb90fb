package directory_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/provider/providertest"
)

// anew is a confirmation for a risky act.
func (w *world) anew(id string, person practice.Person) directory.Confirmation {
	w.Helper()
	r := w.authorization(id, person)
	r.AskedAt = w.clock.Now().Truncate(time.Second).UnixMilli()
	var c directory.Confirmation
	w.ask("POST", "/v1/confirmations", r).into(200, &c)
	var again directory.Confirmation
	if w.ask("POST", "/v1/confirmations", r).into(200, &again); again.Ticket != c.Ticket || again.Withdrawable != c.Withdrawable {
		w.Errorf("%+v, then %+v", c, again)
	}
	return c
}

// What was granted is withdrawn after a deletion, by whichever replica is asked, once, and
// never of somebody who has an account.
func TestLV06_AGrantIsWithdrawnAfterTheDeletionAndNotBefore(t *testing.T) {
	onBoth(t, func(w *world) {
		for id, endpoint := range map[string]providertest.Endpoint{"github": providertest.GitHubRevoke, "naver": providertest.NaverRevoke, "oidc": providertest.OIDCRevoke} {
			in := w.signUp(id, people()[0], "길동"+string([]rune("가나다라")[len(id)%4]))
			told := w.providers.Count(endpoint)
			signIn := w.confirm(id, people()[0])
			if signIn.Withdrawable {
				w.Errorf("%s: a sign-in's token is kept", id)
			}
			w.ask("POST", "/v1/withdrawals", directory.WithdrawalRequest{Ticket: signIn.Ticket}).fails(404, app.CodeNotFound)
			c := w.anew(id, people()[0])
			if !c.Withdrawable {
				w.Fatalf("%s: %+v", id, c)
			}
			r := directory.WithdrawalRequest{Ticket: c.Ticket}
			w.ask("POST", "/v1/withdrawals", r).fails(409, app.CodeConflict)
			if n := w.providers.Count(endpoint) - told; n != 0 {
				w.Errorf("%s was told %d times of somebody who has an account", id, n)
			}
			w.bearer(in.AccessToken, "DELETE", "/v1/me", directory.DeleteRequest{Ticket: c.Ticket, Nickname: in.User.Nickname}).into(204, nil)
			w.providers.Fault(endpoint, func(rw http.ResponseWriter, _ *http.Request, _ http.Handler) {
				rw.WriteHeader(http.StatusServiceUnavailable)
			})
			if a := w.ask("POST", "/v1/withdrawals", r); a.status < 500 {
				w.Errorf("%s: HTTP %d %s", id, a.status, a.body)
			}
			w.providers.Heal()
			told = w.providers.Count(endpoint)
			for range 4 {
				w.ask("POST", "/v1/withdrawals", r).into(204, nil)
			}
			if n := w.providers.Count(endpoint) - told; n != 1 {
				w.Errorf("%s was told %d times", id, n)
			}
			w.clock.advance(6 * time.Minute)
			w.ask("POST", "/v1/withdrawals", r).fails(404, app.CodeNotFound)
		}
		w.ask("POST", "/v1/withdrawals", directory.WithdrawalRequest{Ticket: "guessed"}).fails(404, app.CodeNotFound)
	})
}

// The provider's token is there for five minutes, sealed, and then is not.
func TestCR10_AProvidersTokenIsKeptSealedAndForFiveMinutes(t *testing.T) {
	onBoth(t, func(w *world) {
		w.signUp("github", people()[0], "길동")
		w.confirm("github", people()[0])
		e := w.engine()
		defer e.Write.Close()
		defer e.Read.Close()
		kept := func() (all []string) {
			found, err := e.Read.Query("SELECT sealed FROM grants")
			w.must(err)
			defer found.Close()
			for found.Next() {
				var b []byte
				w.must(found.Scan(&b))
				all = append(all, string(b))
			}
			return all
		}
		if n := len(kept()); n != 0 {
			w.Errorf("%d tokens of sign-ins", n)
		}
		w.anew("github", people()[0])
		all := kept()
		if len(all) != 1 || strings.Contains(all[0], "gho_") || len(all[0]) < 40 {
			w.Errorf("%q", all)
		}
		w.clock.advance(6 * time.Minute)
		w.must(w.services[1].Maintain(context.Background()))
		if n := len(kept()); n != 0 {
			w.Errorf("%d tokens after six minutes", n)
		}
	})
}
