package directory_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory"
	"munpae.example/munpae/app/internal/postgres/postgrestest"
	"munpae.example/munpae/app/internal/sqlite"
)

// unready waits until a replica says that it is not ready: an answer stands for a second.
func (w *world) unready(code app.Code) {
	w.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		a := w.ask("GET", "/readyz", nil)
		if a.status == 503 && strings.Contains(string(a.body), fmt.Sprintf("%q", code)) && a.header.Get("Retry-After") != "" {
			break
		}
		if time.Now().After(deadline) {
			w.Fatalf("/readyz: HTTP %d %s, not %s", a.status, a.body, code)
		}
		time.Sleep(100 * time.Millisecond)
	}
	w.ask("GET", "/healthz", nil).into(200, nil) // the process is not to be ended for it
}

// onASmallDisk is a world on SQLite on a file system of its own.
func onASmallDisk(t *testing.T) (w *world, dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("munpae", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Skip("mounting needs root:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return newWorld(t, inFile(t, filepath.Join(dir, "directory.db"))), dir
}

// onAServer is a world on PostgreSQL, and somebody beside it who does what its owner can.
func onAServer(t *testing.T) (w *world, do func(statements ...string)) {
	t.Helper()
	open := inPostgreSQL(t, postgrestest.Database(t))
	e := open()
	t.Cleanup(func() { e.Write.Close() })
	return newWorld(t, open), func(statements ...string) {
		t.Helper()
		for _, s := range statements {
			if _, err := e.Write.Exec(s); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A disk that is full: nothing is half written, who is signed in is known, and it says so.
func TestADatabaseThatIsFullSaysSoAndStillKnowsWhoIsWho(t *testing.T) {
	const tries = 400
	promise := func(w *world, full, room func()) {
		in := w.signUp("github", people()[0], "길동")
		full()
		refused := false
		for i := 0; i < tries && !refused; i++ {
			a := w.ask("POST", "/v1/device", directory.DeviceRequest{Provider: "github"})
			if refused = a.status == 507; refused {
				a.fails(507, app.CodeDiskFull)
			}
		}
		if !refused {
			w.Fatal("it never was full")
		}
		w.unready(app.CodeDiskFull)
		w.bearer(in.AccessToken, "GET", "/v1/me", nil).into(200, nil)
		room()
		w.ask("POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: in.RefreshToken}).into(200, nil)
	}
	t.Run("SQLite", func(t *testing.T) {
		w, dir := onASmallDisk(t)
		filler := filepath.Join(dir, "filler")
		promise(w, func() {
			f, err := os.Create(filler)
			for err == nil {
				_, err = f.Write(make([]byte, 4096))
			}
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			w.must(f.Close())
		}, func() { w.must(os.Remove(filler)) })
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		w, do := onAServer(t)
		// The server's own words for it, without filling a disk.
		promise(w, func() {
			do("CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$",
				"CREATE TRIGGER full_disk BEFORE INSERT ON device_codes EXECUTE FUNCTION full_disk()", "CREATE TRIGGER full_disk BEFORE UPDATE ON directory_schema EXECUTE FUNCTION full_disk()")
		}, func() { do("DROP FUNCTION full_disk CASCADE") })
	})
}

// A disk that was mounted anew without the right to write, as after an error of its own.
func TestAReadOnlyDiskIsRefusedAtTheStart(t *testing.T) {
	w, dir := onASmallDisk(t)
	in := w.signUp("github", people()[0], "길동")
	for _, e := range w.opened { // a file that is open for writing keeps the disk from it
		w.must(e.Close())
	}
	w.must(syscall.Mount("munpae", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	e, err := sqlite.OpenDirectory(filepath.Join(dir, "directory.db"))
	if app.CodeOf(err) != app.CodeProfileUnwritable {
		t.Errorf("%+v, %v", e, err)
	}
	w.must(syscall.Mount("munpae", dir, "tmpfs", syscall.MS_REMOUNT, "size=2m"))
	_, w.servers[1] = w.replica()
	w.askAt(1, "POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: in.RefreshToken}).into(200, nil)
}

// A primary that became a standby, or was made read-only: nothing is written, and it is
// out of the balancer until it can be written to again.
func TestAReadOnlyPrimaryIsSaidByReadyz(t *testing.T) {
	w, do := onAServer(t)
	in := w.signUp("github", people()[0], "길동")
	// Sessions that are open go on as they were: each is ended once, as a demotion does.
	do("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	w.unready(app.CodeDirectoryUnavailable)
	do("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET default_transaction_read_only', current_database()); END $$")
	w.ask("POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: in.RefreshToken}).into(200, nil)
}

// Tokens that were good once, or elsewhere.
func TestAnExpiredOrForeignTokenIs401AndSaysNothingOfWhy(t *testing.T) {
	onSQLite(t, func(w *world) {
		in := w.signUp("github", people()[0], "길동")
		var foreign directory.TokenAnswer
		w.bearer(in.AccessToken, "POST", "/v1/tokens", directory.TokenRequest{Audience: otherServer}).into(200, &foreign)
		var elsewhere directory.SignedIn
		onSQLite(w.TB, func(other *world) { elsewhere = other.signUp("github", people()[0], "길동") })
		_, key, _ := ed25519.GenerateKey(nil)
		header, claims := claimsOf(w.TB, in.AccessToken)
		forged := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims(claims))
		forged.Header["kid"], forged.Header["typ"] = header["kid"], header["typ"]
		foreignKey, err := forged.SignedString(key)
		w.must(err)
		// HMAC with the public key, which everybody has, as its secret.
		var keys directory.JWKS
		w.ask("GET", "/.well-known/jwks.json", nil).into(200, &keys)
		public, err := base64.RawURLEncoding.DecodeString(keys.Keys[0].X)
		w.must(err)
		confused := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims(claims))
		confused.Header["kid"], confused.Header["typ"] = header["kid"], header["typ"]
		byPublic, err := confused.SignedString(public)
		w.must(err)
		says := func(name, token string, code app.Code) {
			w.Helper()
			for _, r := range []struct {
				method, path string
				body         any
			}{{"GET", "/v1/me", nil}, {"DELETE", "/v1/me", directory.DeleteRequest{}}, {"POST", "/v1/tokens", directory.TokenRequest{Audience: otherServer}}} {
				a := w.bearer(token, r.method, r.path, r.body)
				if a.says(code); a.header.Get("WWW-Authenticate") != "Bearer" {
					w.Errorf("%s: %s %s: %v", name, r.method, r.path, a.header)
				}
			}
		}
		says("foreign audience", foreign.AccessToken, app.CodeSessionNone)
		says("another directory's", elsewhere.AccessToken, app.CodeSessionNone)
		says("foreign key", foreignKey, app.CodeSessionNone)
		says("public key as a secret", byPublic, app.CodeSessionNone)
		a := w.ask("POST", "/v1/sessions/refresh", directory.RefreshRequest{RefreshToken: elsewhere.RefreshToken})
		a.says(app.CodeSessionNone)
		w.clock.advance(11 * time.Minute)
		says("expired", in.AccessToken, app.CodeSessionAccessExpired)
	})
}

// Every route that takes a body refuses what is none of ours by a code, and none of it
// comes back in the answer.
func TestEveryRouteRefusesWhatIsNoRequestByACode(t *testing.T) {
	onSQLite(t, func(w *world) {
		in := w.signUp("github", people()[0], "길동")
		var d struct {
			Paths map[string]map[string]struct {
				RequestBody json.RawMessage `json:"requestBody"`
			}
		}
		w.ask("GET", "/v1/openapi.json", nil).into(200, &d)
		routes := 0
		for path, operations := range d.Paths {
			for method, operation := range operations {
				if operation.RequestBody == nil {
					continue
				}
				routes++
				method, path := strings.ToUpper(method), strings.NewReplacer("{id}", "x", "{provider}", "github").Replace(path)
				for name, try := range map[string]struct {
					body, media string
					status      int
					code        app.Code
				}{
					"no JSON":          {`whatever-it-is`, "application/json", 400, app.CodeBadRequest},
					"cut off":          {`{"`, "application/json", 400, app.CodeBadRequest},
					"a list":           {`[]`, "application/json", 400, app.CodeBadRequest},
					"null":             {`null`, "application/json", 400, app.CodeBadRequest},
					"unknown field":    {`{"whatever-it-is":1}`, "application/json", 400, app.CodeBadRequest},
					"two":              {`{} {}`, "application/json", 400, app.CodeBadRequest},
					"not UTF-8":        {"{\"\xff\":1}", "application/json", 400, app.CodeBadRequest},
					"deep":             {strings.Repeat("[", 20000), "application/json", 400, app.CodeBadRequest},
					"too large":        {`{"x":"` + strings.Repeat("y", 65<<10) + `"}`, "application/json", 413, app.CodeBodyTooLarge},
					"a form":           {`whatever-it-is=1`, "application/x-www-form-urlencoded", 415, app.CodeMediaType},
					"no type":          {`{}`, "", 415, app.CodeMediaType},
					"a page's request": {`{}`, "text/plain", 415, app.CodeMediaType},
				} {
					a := w.askAt(0, method, path, try.body, "Content-Type", try.media, "Authorization", "Bearer "+in.AccessToken)
					var f directory.Failure
					if a.status != try.status || json.Unmarshal(a.body, &f) != nil || f.Code != try.code || f.Support == "" || strings.Contains(string(a.body), "whatever") {
						w.Errorf("%s %s, %s: HTTP %d %s", method, path, name, a.status, a.body)
					}
				}
			}
		}
		if routes < 14 {
			w.Errorf("%d routes take a body", routes)
		}
	})
}

// What a proxy says of its callers counts only if the proxy is listed; the log says once
// that it does not, so that nobody wonders why everybody shares a limit.
func TestAProxyThatIsNotListedIsSaidOnceInTheLog(t *testing.T) {
	onSQLite(t, func(w *world) {
		h, err := directory.NewHandler(w.services[0], directory.Access{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, directory.NewMetrics("test"))
		w.must(err)
		for from, address := range map[string]string{"192.0.2.1:4000": "192.0.2.1", "10.1.2.3:4000": "198.51.100.7"} {
			w.log.Reset()
			for range 3 {
				r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/v1/me", nil)
				r.RemoteAddr = from
				r.Header.Set("X-Forwarded-For", "198.51.100.7")
				h.ServeHTTP(httptest.NewRecorder(), r)
			}
			log, want := w.log.String(), 0
			if address == "192.0.2.1" {
				want = 1
			}
			if n := strings.Count(log, "MUNPAE_DIRECTORY_PROXIES"); n != want || strings.Count(log, `"address":"`+address+`"`) != 3+want {
				w.Errorf("from %s it says so %d times: %s", from, n, log)
			}
		}
	})
}
