//go:build directory

package directory_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory"
	"munpae.example/munpae/app/internal/directory/rows"
	"munpae.example/munpae/app/internal/postgres/postgrestest"
)

// restores is a directory whose database is copied while it runs, by the commands of
// docs/directory.md, and one that goes on with the copy under the same secret.
func restores(t *testing.T, open func() rows.Engine, copied func(t *testing.T) func() rows.Engine) {
	w := newWorld(t, open)
	quiet, busy := w.signUp("github", people()[0], "조용한"), w.signUp("github", people()[1], "바쁜이")
	waiting := w.confirm("github", person(77)) // has a ticket and no account yet
	gone := w.signUp("naver", people()[0], "떠날이")

	again := copied(t)

	w.ask("POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: busy.RefreshToken}).into(200, &busy)
	w.ask("POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: busy.RefreshToken}).into(200, &busy)
	late := w.signUp("github", person(78), "나중이")
	var since directory.SignedIn
	since.User.ID = "none"
	w.ask("POST", "/v1/users", directory.SignUpRequest{Ticket: waiting.Ticket, Nickname: "기다림", Device: laptop}).into(201, &since)
	w.bearer(gone.AccessToken, "DELETE", "/v1/me", directory.DeleteRequest{Ticket: w.confirm("naver", people()[0]).Ticket, Nickname: "떠날이"}).into(204, nil)

	r := newWorld(t, again, w.secret[:]...)
	r.clock.set(w.clock.Now())
	// Whose tokens are of the copy goes on, access token and all: the keys are in it.
	r.bearer(quiet.AccessToken, "GET", "/v1/me", nil).into(200, nil)
	r.ask("POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: quiet.RefreshToken}).into(200, nil)
	// Whose are newer is signed out, and nobody is said to be deleted.
	if a := r.ask("POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: busy.RefreshToken}); a.status != 401 {
		r.Errorf("a token newer than the copy: HTTP %d %s", a.status, a.body)
	}
	r.ask("POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: late.RefreshToken}).fails(401, app.CodeSessionRevoked)
	r.bearer(late.AccessToken, "GET", "/v1/me", nil).fails(401, app.CodeSessionRevoked)
	// Their account is still theirs.
	var back directory.SignedIn
	r.ask("POST", "/v1/sessions", directory.SessionRequest{Ticket: r.confirm("github", people()[1]).Ticket, Device: laptop}).into(201, &back)
	if back.User.ID != busy.User.ID || back.User.Nickname != "바쁜이" {
		r.Errorf("%+v", back.User)
	}
	// An account made since is made anew by a ticket that the copy has.
	r.ask("POST", "/v1/users", directory.SignUpRequest{Ticket: waiting.Ticket, Nickname: "기다림", Device: laptop}).into(201, &back)
	// One that was deleted since is there again.
	if c := r.confirm("naver", people()[0]); c.User == nil || c.User.Nickname != "떠날이" {
		r.Errorf("%+v", c.User)
	}
	r.ask("GET", "/readyz", nil).into(200, nil)
}

func TestABackupOfSQLiteIsRestored(t *testing.T) {
	tool, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Skip("Debian's package sqlite3 is not installed")
	}
	file, copied := filepath.Join(t.TempDir(), "directory.db"), filepath.Join(t.TempDir(), "copy.db")
	restores(t, inFile(t, file), func(t *testing.T) func() rows.Engine {
		if out, err := exec.Command(tool, file, ".backup '"+copied+"'").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return inFile(t, copied)
	})
}

func TestABackupOfPostgreSQLIsRestored(t *testing.T) {
	from, to := postgrestest.Database(t), postgrestest.Database(t)
	bin, err := postgrestest.Bin()
	if err != nil {
		t.Fatal(err)
	}
	restores(t, inPostgreSQL(t, from), func(t *testing.T) func() rows.Engine {
		dump := filepath.Join(t.TempDir(), "directory.dump")
		for _, c := range [][]string{{"pg_dump", "-Fc", "-f", dump, from}, {"pg_restore", "--exit-on-error", "--no-owner", "-d", to, dump}} {
			if out, err := exec.Command(filepath.Join(bin, c[0]), c[1:]...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %v: %s", c, err, out)
			}
		}
		return inPostgreSQL(t, to)
	})
}
