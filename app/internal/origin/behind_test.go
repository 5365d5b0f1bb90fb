package origin_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/origin"
)

const theirPage = `<!DOCTYPE html><html><head lang="x"><title>Notes</title></head><body>notes</body></html>`

// notes is a program behind the sign-in.
func notes(w http.ResponseWriter, r *http.Request) {
	in, ok := origin.SignedIn(r.Context())
	switch r.URL.Path {
	case "/":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
		fmt.Fprint(w, theirPage)
	case "/session", "/me", "/boot":
		fmt.Fprintf(w, "theirs %s %s %v", r.Method, in.User.ID, ok)
	case "/cookies":
		w.Header()["Set-Cookie"] = []string{"munpae_access=forged; Path=/", "theirs=1", " munpae_boot=x"}
		fmt.Fprint(w, r.Header.Get("Cookie"))
	case "/upload":
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, n)
	case "/policy":
		w.Header().Set("Content-Security-Policy", "connect-src 'none'")
	case "/upgrade":
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer c.Close()
		fmt.Fprint(rw, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nhello")
		rw.Flush()
	case "/own404":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, "<p>no such note</p>")
	default:
		http.NotFound(w, r)
	}
}

func serveBehind(t testing.TB, changes ...func(*origin.Options)) *world {
	t.Helper()
	return serve(t, append([]func(*origin.Options){func(o *origin.Options) {
		o.Behind = http.HandlerFunc(notes)
		pages := fstest.MapFS{"client.js": {Data: []byte("1")}, "door.js": {Data: []byte("2")}, "door.html": {Data: []byte(indexHTML)}}
		for name, f := range o.Pages.(fstest.MapFS) {
			pages[name] = f
		}
		pages["index.html"] = &fstest.MapFile{Data: []byte(`<!doctype html><html lang="ko"><head><title>Munpae</title></head>`)}
		o.Pages = pages
	}}, changes...)...)
}

// navigation is a request for a page.
func (w *world) navigation(path string) answer {
	w.t.Helper()
	req := w.asWindow("GET", path, "")
	req.Header.Set("Sec-Fetch-Mode", "navigate")
	return w.ask(req)
}

// ask sends a request whose answer has headers of the program's own.
func (w *world) ask(req *http.Request) answer {
	w.t.Helper()
	resp, err := w.client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

// resume gives the window its session, as its first page does.
func (w *world) resume() {
	w.t.Helper()
	same(w.t, "resume", w.window("GET", "/munpae/session", "", signedIn).status, http.StatusOK)
}

func TestEM01_NobodyGetsAnythingOfTheProgramWithoutASession(t *testing.T) {
	w := serveBehind(t)
	for _, path := range []string{"/", "/notes/5", "/session", "/assets/app.js", "/munpae"} {
		same(t, path+" of a stranger", w.plain("GET", path, "").status, http.StatusForbidden)
		same(t, path, w.ask(w.asWindow("GET", path, "", signedIn)).status, http.StatusUnauthorized) // the access cookie is not what counts
		a := w.navigation(path)
		same(t, path+" as a page", a.status, http.StatusOK)
		if !strings.Contains(a.body, `data-app="wall"`) || strings.Contains(a.body, "notes") {
			t.Errorf("%s shows %s", path, a.body)
		}
		guarded(t, a)
	}
}

func TestEM02_EveryPathButOursIsTheProgramsOnceSomebodyIsSignedIn(t *testing.T) {
	w := serveBehind(t)
	w.resume()
	for _, path := range []string{"/session", "/me", "/boot"} {
		same(t, path, w.ask(w.asWindow("PUT", path, "not json")).body, "theirs PUT u1 true")
	}
	same(t, "our own", w.window("GET", "/munpae/session", "", signedIn).status, http.StatusOK)
	a := w.navigation("/munpae/")
	same(t, "our page", a.status, http.StatusOK)
	if !strings.Contains(a.body, `data-app="account"`) {
		t.Errorf("our page is %s", a.body)
	}
}

func TestEM03_ASessionThatIsOverBringsTheSignInBack(t *testing.T) {
	w := serveBehind(t)
	w.resume()
	same(t, "before", strings.Contains(w.navigation("/").body, "notes"), true)
	for _, code := range []app.Code{app.CodeSessionRevoked, app.CodeSessionExpired, app.CodeClockMovedBack} {
		w.uses.fail("Standing", app.Fail(code, nil))
		if body := w.navigation("/").body; !strings.Contains(body, `data-app="wall"`) {
			t.Errorf("%s: %s", code, body)
		}
		a := w.ask(w.asWindow("GET", "/session", ""))
		same(t, "its request", a.code(), code)
	}
	w.uses.fail("Standing", nil)
	w.window("DELETE", "/munpae/session", "", signedIn)
	if body := w.navigation("/").body; !strings.Contains(body, `data-app="wall"`) {
		t.Errorf("after signing out: %s", body)
	}
}

func TestEM04_ThePageIsGivenWailsAndTheClientBeforeItsOwnScripts(t *testing.T) {
	w := serveBehind(t)
	w.resume()
	a := w.navigation("/")
	want := `<head lang="x"><script src="wails://wails/wails/ipc.js"></script><script src="wails://wails/wails/runtime.js"></script><script src="/munpae/client.js" data-front="wall"></script><title>Notes`
	if !strings.Contains(a.body, want) {
		t.Errorf("the page is %s", a.body)
	}
	same(t, "length", a.header.Get("Content-Length"), fmt.Sprint(len(a.body)))
	same(t, "Last-Modified", a.header.Get("Last-Modified"), "")
	same(t, "not a navigation", strings.Contains(w.ask(w.asWindow("GET", "/", "")).body, "client.js"), false)
	same(t, "a router's path", w.navigation("/notes/5").body, a.body)
	same(t, "its status", w.navigation("/notes/5").status, http.StatusOK)
	same(t, "a missing file", w.ask(w.asWindow("GET", "/assets/gone.js", "")).status, http.StatusNotFound)
	own := w.navigation("/own404")
	if own.status != http.StatusNotFound || !strings.Contains(own.body, "no such note") {
		t.Errorf("a 404 page of its own: %d %s", own.status, own.body)
	}
	for _, name := range []string{"/wails/ipc.js", "/wails/runtime.js"} {
		same(t, name, w.ask(w.asWindow("GET", name, "")).status, http.StatusOK)
	}
}

func TestEM05_OurCookiesAreNoneOfTheProgramsBusiness(t *testing.T) {
	w := serveBehind(t)
	w.resume()
	a := w.ask(w.asWindow("GET", "/cookies", "", "munpae_refresh=refresh-1", "theirs=2", "munpae_access=access-1"))
	same(t, "what it sees", a.body, "theirs=2")
	same(t, "what it sets", strings.Join(a.header["Set-Cookie"], "|"), "theirs=1")
}

func TestEM06_TheProgramMayNarrowThePolicyButNotWidenIt(t *testing.T) {
	w := serveBehind(t, func(o *origin.Options) {
		o.Policy = map[string][]string{"connect-src": {"https://api.example.com"}}
	})
	w.resume()
	policies := w.ask(w.asWindow("GET", "/policy", "")).header["Content-Security-Policy"]
	if len(policies) != 2 || policies[1] != "connect-src 'none'" {
		t.Fatalf("policies %q", policies)
	}
	for _, want := range []string{"connect-src 'self' https://api.example.com;", "style-src 'self' 'unsafe-inline';", "script-src 'self' wails://wails;", "frame-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "default-src 'none'"} {
		if !strings.Contains(policies[0], want) {
			t.Errorf("%q lacks %q", policies[0], want)
		}
	}
	if own := w.window("GET", "/munpae/session", "", signedIn).header.Get("Content-Security-Policy"); strings.Contains(own, "api.example.com") {
		t.Errorf("ours is %q", own)
	}
}

func TestEM07_OurRulesOfShapeAreNotTheProgramsOwn(t *testing.T) {
	w := serveBehind(t)
	w.resume()
	same(t, "a large body", w.ask(w.asWindow("POST", "/upload", strings.Repeat("x", 1<<20))).body, fmt.Sprint(1<<20))
	c, err := net.Dial("tcp", w.host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "GET /upgrade HTTP/1.1\r\nHost: %s\r\nCookie: munpae_boot=%s\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n", w.host, w.boot)
	r := bufio.NewReader(c)
	line, _ := r.ReadString('\n')
	all, _ := io.ReadAll(r)
	if !strings.Contains(line, "101") || !strings.HasSuffix(string(all), "hello") {
		t.Errorf("an upgrade: %q %q", line, all)
	}
	st, _ := w.raw("GET /munpae/session HTTP/1.1\r\nHost: " + w.host + "\r\nCookie: munpae_boot=" + w.boot + "\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n")
	same(t, "one of our own paths", st, http.StatusBadRequest)
}

func TestEM08_AnotherOriginsPageReachesNothing(t *testing.T) {
	w := serveBehind(t)
	w.resume()
	for name, value := range map[string]string{"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"} {
		req := w.asWindow("POST", "/session", "")
		req.Header.Set(name, value)
		same(t, name, w.ask(req).status, http.StatusForbidden)
	}
	req := w.asWindow("GET", "/session", "")
	req.Host = "evil.example"
	same(t, "another host", w.ask(req).status, http.StatusMisdirectedRequest)
}

func TestEM09_AnOpenFrontShowsTheProgramToNobodyAsWell(t *testing.T) {
	w := serveBehind(t, func(o *origin.Options) { o.Open = true })
	same(t, "nobody", w.ask(w.asWindow("GET", "/session", "")).body, "theirs GET  false")
	if body := w.navigation("/").body; !strings.Contains(body, `data-front="open"`) || !strings.Contains(body, "notes") {
		t.Errorf("the page is %s", body)
	}
	if body := w.navigation("/munpae/").body; !strings.Contains(body, `data-app="guest"`) {
		t.Errorf("our page is %s", body)
	}
	w.resume()
	same(t, "somebody", w.ask(w.asWindow("GET", "/session", "")).body, "theirs GET u1 true")
}

func TestEM15_TheScreensCarryTheProgramsNamePictureAndColours(t *testing.T) {
	w := serveBehind(t, func(o *origin.Options) {
		o.Brand = origin.Brand{Name: `Notes & "Co"`, Own: true, Settings: "NOTES_", Logo: []byte("<svg/>"), LogoType: "image/svg+xml", Style: ":root { --wall: #fff; }", SignIn: map[string]string{"en": "Come in"}, Keeps: map[string]string{"en": "Shared notes stay."}}
	})
	body := w.navigation("/").body
	for _, want := range []string{"<title>Notes &amp; &#34;Co&#34;</title>", `data-name="Notes &amp; &#34;Co&#34;" data-own data-settings="NOTES_"`, `data-sign-in-en="Come in"`, `data-keeps-en="Shared notes stay."`, `<link rel="stylesheet" href="/munpae/brand.css">`} {
		if !strings.Contains(body, want) {
			t.Errorf("%s lacks %s", body, want)
		}
	}
	same(t, "logo", w.window("GET", "/munpae/logo", "").header.Get("Content-Type"), "image/svg+xml")
	if css := w.window("GET", "/munpae/brand.css", "").body; !strings.Contains(css, "--wall: #fff") || !strings.Contains(css, "/munpae/logo") {
		t.Errorf("the style is %s", css)
	}
	plain := serveBehind(t, func(o *origin.Options) { o.Brand = origin.Brand{Name: "Notes"} }).navigation("/").body
	if !strings.Contains(plain, `data-name="Notes"`) || strings.Contains(plain, "data-own") {
		t.Errorf("a program without a look of its own loses its name, or the nameplate: %s", plain)
	}
	same(t, "without a brand", serveBehind(t).window("GET", "/munpae/logo", "").status, http.StatusNotFound)
}
