package origin_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/origin"
)

// everyRoute is the table of docs/contract.md#routes, and the pages.
var everyRoute = []struct{ method, path, body string }{
	{"GET", "/munpae/", ""}, {"GET", "/munpae/assets/index-a1b2.js", ""},
	{"POST", "/munpae/session", ""}, {"GET", "/munpae/session", ""}, {"POST", "/munpae/session/refresh", ""}, {"DELETE", "/munpae/session", ""},
	{"GET", "/munpae/accounts", ""}, {"POST", "/munpae/accounts/u2", ""}, {"DELETE", "/munpae/accounts/u2", ""}, {"DELETE", "/munpae/accounts", ""},
	{"GET", "/munpae/me", ""}, {"PATCH", "/munpae/me", `{"nickname":"새이름"}`}, {"DELETE", "/munpae/me", `{"nickname":"나무"}`},
	{"GET", "/munpae/me/sessions", ""}, {"DELETE", "/munpae/me/sessions/s2", ""}, {"DELETE", "/munpae/me/sessions", ""},
	{"GET", "/munpae/me/identities", ""}, {"POST", "/munpae/me/identities/naver", ""}, {"DELETE", "/munpae/me/identities/naver", ""},
	{"GET", "/munpae/merges", ""}, {"POST", "/munpae/merges", `{"nickname":"나무"}`}, {"DELETE", "/munpae/merges/s2", ""},
	{"GET", "/munpae/me/events", ""}, {"GET", "/munpae/me/export", ""}, {"GET", "/munpae/openapi.json", ""}, {"GET", "/munpae/words/session_none", ""},
}

func TestHT01_AStrangerGetsTheSame403FromEveryPath(t *testing.T) {
	w := serve(t, several)
	want := w.plain("GET", "/munpae/", "").body
	for _, r := range everyRoute {
		for _, method := range []string{r.method, "GET", "POST", "HEAD", "OPTIONS", "PUT"} {
			a := w.request(method, r.path, "")
			a.Header.Set("Cookie", "munpae_boot="+strings.Repeat("A", 43)+"; "+signedIn)
			resp, err := w.client.Do(a)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.StatusCode != http.StatusForbidden || method != "HEAD" && string(body) != want {
				t.Errorf("%s %s: %d %q", method, r.path, resp.StatusCode, body)
			}
		}
	}
	for _, path := range []string{"/nothing", "/munpae/boot", "/munpae/boot?t=guess", "/munpae/assets/", "/munpae/docs", "/%2e%2e/"} {
		if a := w.plain("GET", path, ""); a.status != http.StatusForbidden || a.body != want {
			t.Errorf("%s: %d %q", path, a.status, a.body)
		}
	}
	if calls := w.uses.taken(); len(calls) > 0 {
		t.Errorf("a stranger reached %q", calls)
	}
}

func TestHT02_AStolenRefreshCookieAloneIsWorthless(t *testing.T) {
	w := serve(t)
	req := w.asWindow("POST", "/munpae/session/refresh", "")
	req.Header.Set("Cookie", "munpae_refresh=refresh-1; "+signedIn)
	if a := w.send(req); a.status != http.StatusForbidden || len(a.header["Set-Cookie"]) > 0 {
		t.Errorf("%d %v", a.status, a.header["Set-Cookie"])
	}
	if calls := w.uses.taken(); len(calls) > 0 {
		t.Errorf("the session was touched: %q", calls)
	}
}

// raw sends bytes and returns the answer's status and header, 0 if there was none.
func (w *world) raw(text string) (int, http.Header) {
	w.t.Helper()
	a := w.rawAnswer(text)
	return a.status, a.header
}

func (w *world) rawAnswer(text string) answer {
	w.t.Helper()
	c, err := net.Dial("tcp4", w.host)
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, text); err != nil {
		w.t.Fatal(err)
	}
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return answer{}
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body) // cut off where the server hangs up
	return answer{resp.StatusCode, resp.Header, string(body)}
}

func TestHT03_OnlyTheExactHostIsServed(t *testing.T) {
	w := serve(t)
	_, port, _ := strings.Cut(w.host, ":")
	cookie := "Cookie: munpae_boot=" + w.boot + "\r\n"
	for _, host := range []string{
		"localhost:" + port, "127.1:" + port, "0.0.0.0:" + port, "[::1]:" + port, "127.0.0.1.:" + port, "evil.com", "evil.com:" + port, "127.0.0.1", "127.0.0.1:1",
		"127.0.0.1:0" + port, "2130706433:" + port, "", w.host + ".evil.com",
	} {
		if st, _ := w.raw("GET / HTTP/1.1\r\nHost: " + host + "\r\n" + cookie + "\r\n"); st != http.StatusMisdirectedRequest {
			t.Errorf("Host %q: %d", host, st)
		}
	}
	for text, want := range map[string]int{
		"GET /munpae/ HTTP/1.1\r\nHost: " + w.host + "\r\n" + cookie + "\r\n":                         200,
		"GET /munpae/ HTTP/1.1\r\nHost: 127.0.0.1:" + port + "@evil\r\n" + cookie + "\r\n":            400,
		"GET /munpae/ HTTP/1.1\r\nHost: " + w.host + "\r\nHost: " + w.host + "\r\n" + cookie + "\r\n": 400,
		"GET /munpae/ HTTP/1.1\r\n" + cookie + "\r\n":                                                 400,
		"GET /munpae/ HTTP/1.0\r\n" + cookie + "\r\n":                                                 421,
		"GET http://" + w.host + "/ HTTP/1.1\r\nHost: " + w.host + "\r\n" + cookie + "\r\n":           400,
		"GET http://evil.com/ HTTP/1.1\r\nHost: " + w.host + "\r\n" + cookie + "\r\n":                 400,
	} {
		if st, _ := w.raw(text); st != want {
			t.Errorf("%.70q: %d, want %d", text, st, want)
		}
	}
}

func TestHT04_AnActNeedsTheExactOrigin(t *testing.T) {
	w := serve(t, several)
	for _, o := range []string{"", "null", "http://127.0.0.1:1", "https://" + w.host, w.address + ".evil", w.address + "/", "http://localhost:1", "wails://wails", strings.ToUpper(w.address)} {
		for _, r := range everyRoute {
			if r.method == "GET" {
				continue
			}
			req := w.asWindow(r.method, r.path, r.body, signedIn)
			req.Header.Del("Origin")
			if o != "" {
				req.Header.Set("Origin", o)
			}
			if a := w.send(req); a.status != http.StatusForbidden || a.code() != app.CodeForbidden {
				t.Errorf("%s %s from %q: %d", r.method, r.path, o, a.status)
			}
		}
	}
	req := w.asWindow("POST", "/munpae/session", "")
	req.Header.Add("Origin", "http://evil.example")
	same(t, "two origins", w.send(req).status, http.StatusForbidden)
	if calls := w.uses.taken(); len(calls) > 0 {
		t.Errorf("an act happened: %q", calls)
	}
}

func TestHT05_AnActNeedsToBeSameOrigin(t *testing.T) {
	w := serve(t)
	for site, want := range map[string]int{"same-site": 403, "cross-site": 403, "none": 403, "": 403, "Same-Origin": 403, "same-origin": 200} {
		req := w.asWindow("POST", "/munpae/session", "")
		req.Header.Set("Sec-Fetch-Site", site)
		same(t, "Sec-Fetch-Site "+site, w.send(req).status, want)
	}
	req := w.asWindow("POST", "/munpae/session", "")
	req.Header.Del("Sec-Fetch-Site")
	same(t, "absent: Origin decides", w.send(req).status, http.StatusOK)
	for site, want := range map[string]int{"same-site": 403, "cross-site": 403, "none": 200} {
		req := w.asWindow("GET", "/munpae/session", "", signedIn)
		req.Header.Set("Sec-Fetch-Site", site)
		same(t, "reading from "+site, w.send(req).status, want)
	}
}

func TestHT07_NothingChangesByAnotherMethod(t *testing.T) {
	w := serve(t)
	for path, allowed := range map[string]string{
		"/": "GET", "/munpae/": "GET", "/munpae/boot": "GET", "/munpae/assets/index-a1b2.js": "GET", "/munpae/session": "GET POST DELETE", "/munpae/session/refresh": "POST", "/munpae/me": "GET PATCH DELETE",
		"/munpae/me/sessions": "GET DELETE", "/munpae/me/sessions/s2": "DELETE", "/munpae/me/identities": "GET", "/munpae/me/identities/naver": "POST DELETE",
		"/munpae/me/events": "GET", "/munpae/me/export": "GET", "/munpae/openapi.json": "GET",
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			if strings.Contains(allowed, method) {
				continue
			}
			req := w.asWindow(method, path, "", signedIn)
			resp, err := w.client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") == "" {
				t.Errorf("%s %s: %d, Allow %q", method, path, resp.StatusCode, resp.Header.Get("Allow"))
			}
		}
	}
	for _, name := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		req := w.asWindow("POST", "/munpae/session", "", signedIn)
		req.Header.Set(name, "DELETE")
		same(t, name, w.send(req).status, http.StatusMethodNotAllowed)
	}
	same(t, "_method", w.window("POST", "/munpae/session?_method=DELETE", "", signedIn).status, http.StatusMethodNotAllowed)
	if calls := w.uses.taken(); len(calls) > 0 {
		t.Errorf("something happened: %q", calls)
	}
}

func TestHT08_OnlyJSONIsRead(t *testing.T) {
	w := serve(t)
	for contentType, want := range map[string]int{
		"text/plain": 415, "": 415, "application/x-www-form-urlencoded": 415, "multipart/form-data; boundary=x": 415, "application/json, text/plain": 415,
		"application/jsonp": 415, "text/json": 415, "application/json; charset=utf-16": 415, "application/json; charset=utf-8": 200, "application/json": 200,
	} {
		req := w.asWindow("PATCH", "/munpae/me", `{"nickname":"새이름"}`, signedIn)
		req.Header.Set("Content-Type", contentType)
		same(t, contentType, w.send(req).status, want)
	}
}

func TestHT09_NK07_ABodyIsBounded(t *testing.T) {
	w := serve(t)
	body := func(n int) string { return `{"nickname":"` + strings.Repeat("a", n-len(`{"nickname":""}`)) + `"}` }
	same(t, "64 KiB", w.window("PATCH", "/munpae/me", body(64<<10), signedIn).status, http.StatusOK)
	a := w.window("PATCH", "/munpae/me", body(64<<10+1), signedIn)
	same(t, "64 KiB + 1", a.status, http.StatusRequestEntityTooLarge)
	same(t, "its code", a.code(), app.CodeBodyTooLarge)

	head := "PATCH /munpae/me HTTP/1.1\r\nHost: " + w.host + "\r\nCookie: munpae_boot=" + w.boot + "; " + signedIn + "\r\nOrigin: " + w.address + "\r\nContent-Type: application/json\r\n"
	w.uses.taken()
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"declared too long":      {head + "Content-Length: 1000000000\r\n\r\n{", 413},
		"a name of 100 MB":       {head + "Content-Length: 104857600\r\n\r\n{\"nickname\":\"" + strings.Repeat("a", 4096), 413},
		"chunked, endless":       {head + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("4\r\naaaa\r\n", 100), 400},
		"a length and chunked":   {head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
		"two lengths":            {head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}    ", 400},
		"a negative length":      {head + "Content-Length: -1\r\n\r\n", 400},
		"an unknown encoding":    {head + "Transfer-Encoding: gzip\r\n\r\n", 501},
		"longer than it says":    {head + "Content-Length: 3\r\n\r\n{\"nickname\":\"a\"}", 400},
		"a body on a plain read": {"GET /munpae/me HTTP/1.1\r\nHost: " + w.host + "\r\nCookie: munpae_boot=" + w.boot + "\r\nContent-Length: 2\r\n\r\n{}", 400},
	} {
		if st, _ := w.raw(c.text); st != c.want {
			t.Errorf("%s: %d, want %d", name, st, c.want)
		}
	}
	if calls := w.uses.taken(); len(calls) > 0 {
		t.Errorf("something happened: %q", calls)
	}
}

func TestHT10_SocketsHeldOpenDoNotLockTheWindowOut(t *testing.T) {
	for name, says := range map[string]string{
		"half a header":              "GET / HTTP/1.1\r\nHost",
		"a body that never comes":    "POST /munpae/session HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1000\r\n\r\n",
		"chunks that never come":     "POST /munpae/session HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n",
		"a body at another's origin": "POST /munpae/session HTTP/1.1\r\nHost: evil.com\r\nContent-Length: 1000\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			w := serve(t)
			same(t, "the window before", w.window("GET", "/munpae/session", "", signedIn).status, http.StatusOK)
			var held []net.Conn
			defer func() {
				for _, c := range held {
					c.Close()
				}
			}()
			for range 500 {
				c, err := net.Dial("tcp4", w.host)
				if err != nil {
					t.Fatal(err)
				}
				held = append(held, c)
				io.WriteString(c, strings.Replace(says, "HOST", w.host, 1)) // it may have been hung up on already
			}
			reused := false
			trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { reused = i.Reused }}
			req := w.asWindow("GET", "/munpae/session", "", signedIn)
			same(t, "the window meanwhile", w.send(req.WithContext(httptrace.WithClientTrace(t.Context(), trace))).status, http.StatusOK)
			if !reused {
				t.Error("the window's own connection was closed")
			}
			w.client.CloseIdleConnections()
			same(t, "on a connection of its own", w.window("GET", "/munpae/session", "", signedIn).status, http.StatusOK)
			// The oldest had to make room: it is at its end without a deadline of ours.
			if _, err := io.Copy(io.Discard, held[0]); err != nil && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the oldest of 500 sockets is still held: %v", err)
			}
		})
	}
}

func TestHT11_APathReachesNoFileSystem(t *testing.T) {
	w := serve(t)
	for _, path := range []string{
		"/../", "/munpae/assets/../index.html", "/munpae/assets/..%2findex.html", "/%2e%2e/%2e%2e/etc/passwd", "/..%5c..%5cindex.html", "/munpae/assets%2findex-a1b2.js", "//etc/passwd",
		"/munpae/assets/index-a1b2.js%00.html", "/munpae/assets/", "/munpae/assets", "/munpae/assets/f", "/munpae/assets/f/", "/index.html", "/secret.txt", "//", "/./", "/munpae/assets/%69ndex-a1b2.jS", "/munpae/session/", "/munpae/me/sessions/",
		"/munpae/me/sessions/a/b", "/munpae/me/sessions/..", "/munpae/me/sessions/.", "/munpae/me/identities/../sessions", "/munpae/docs", "/munpae/docs/docs.js",
	} {
		st, _ := w.raw("GET " + path + " HTTP/1.1\r\nHost: " + w.host + "\r\nCookie: munpae_boot=" + w.boot + "\r\n\r\n")
		same(t, path, st, http.StatusNotFound)
	}
}

func TestHT12_ABootTokenOpensOneWindowOnce(t *testing.T) {
	w := serve(t)
	path := func() string { return strings.TrimPrefix(w.origin.BootURL(), w.address) }

	once := path()
	for _, method := range []string{"HEAD", "POST"} {
		resp, err := w.client.Do(w.request(method, once, ""))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		same(t, method+" takes nothing", resp.StatusCode, http.StatusForbidden)
	}
	same(t, "once", w.plain("GET", once, "").status, http.StatusOK)
	a := w.plain("GET", once, "")
	same(t, "twice", a.status, http.StatusForbidden)
	if len(a.header["Set-Cookie"]) > 0 {
		t.Error("a used token still gives a cookie")
	}

	old := path()
	w.clock.advance(61 * time.Second)
	same(t, "61 s old", w.plain("GET", old, "").status, http.StatusForbidden)
	young := path()
	w.clock.advance(59 * time.Second)
	same(t, "59 s old", w.plain("GET", young, "").status, http.StatusOK)

	token := path()
	for _, wrong := range []string{"/munpae/boot?t=", "/munpae/boot", "/munpae/boot?t=" + strings.Repeat("A", 43), token + "A", token + "&t=" + token, strings.ToLower(token), "/munpae/boot?x=1&" + strings.TrimPrefix(token, "/munpae/boot?")} {
		same(t, wrong, w.plain("GET", wrong, "").status, http.StatusForbidden)
	}
	first := path()
	for range 4 {
		path()
	}
	same(t, "the oldest of too many", w.plain("GET", first, "").status, http.StatusForbidden)

	_, secret, _ := strings.Cut(once, "=")
	for _, s := range []string{secret, w.boot} {
		if strings.Contains(w.log.String(), s) {
			t.Error("a secret of the boot is in the log")
		}
	}
}

func TestHT12_TheBootCookieIsOfThisLaunchOnly(t *testing.T) {
	first, second := serve(t), serve(t)
	req := second.asWindow("GET", "/munpae/session", "", signedIn)
	req.Header.Set("Cookie", "munpae_boot="+first.boot+"; "+signedIn)
	same(t, "another launch's", second.send(req).status, http.StatusForbidden)
}

func TestHT12_AWindowThatCrashedGetsAnother(t *testing.T) {
	w := serve(t)
	again := w.booted()
	same(t, "the old one", w.window("GET", "/munpae/session", "", signedIn).status, http.StatusOK)
	w.boot = again
	same(t, "the new one", w.window("GET", "/munpae/session", "", signedIn).status, http.StatusOK)
}

// send checks the headers of each answer; this row adds the pages and failures
// that other rows do not ask for.
func TestHT13_EveryAnswerCarriesTheHeaders(t *testing.T) {
	w := serve(t, several)
	for _, r := range everyRoute {
		w.plain(r.method, r.path, r.body)
		w.window(r.method, r.path, r.body, signedIn)
		w.window(r.method, r.path, r.body)
	}
	same(t, "nothing", w.window("GET", "/nothing", "").status, http.StatusNotFound)
	for _, text := range []string{
		"GET / HTTP/1.1\r\nHost: evil.com\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: " + w.host + "\r\nHost: " + w.host + "\r\n\r\n", "nonsense\r\n\r\n",
		"GET / HTTP/9.9\r\nHost: " + w.host + "\r\n\r\n", "GET / HTTP/1.1\r\nHost: " + w.host + "\r\nTransfer-Encoding: gzip\r\n\r\n",
		"GET /" + strings.Repeat("a", 64<<10) + " HTTP/1.1\r\nHost: " + w.host + "\r\n\r\n",
	} {
		a := w.rawAnswer(text)
		if a.status < 400 {
			t.Errorf("%.40q: %d", text, a.status)
		}
		guarded(t, a)
	}
}

func TestHT14_OtherProtocolsAreRefused(t *testing.T) {
	w := serve(t)
	cookie := "Cookie: munpae_boot=" + w.boot + "\r\n"
	for text, want := range map[string]int{
		"GET / HTTP/1.1\r\nHost: " + w.host + "\r\n" + cookie + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n": 400,
		"GET / HTTP/1.1\r\nHost: " + w.host + "\r\n" + cookie + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAAA\r\n\r\n":                                           400,
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n":                                 405,
		"GET /\r\n\r\n":                                                    400,
		"GET / HTTP/9.9\r\nHost: " + w.host + "\r\n\r\n":                   505,
		"CONNECT " + w.host + " HTTP/1.1\r\nHost: " + w.host + "\r\n\r\n":  405,
		"TRACE / HTTP/1.1\r\nHost: " + w.host + "\r\n" + cookie + "\r\n":   405,
		"OPTIONS * HTTP/1.1\r\nHost: " + w.host + "\r\n" + cookie + "\r\n": 400,
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n":             400,
	} {
		if st, _ := w.raw(text); st != want {
			t.Errorf("%.60q: %d, want %d", text, st, want)
		}
	}
}

func TestHT15_APanicIsA500AndTheServerLives(t *testing.T) {
	w := serve(t)
	w.uses.panic = "munpae_access=access-1"
	a := w.window("GET", "/munpae/session", "", signedIn)
	same(t, "status", a.status, http.StatusInternalServerError)
	same(t, "code", a.code(), app.CodeInternal)
	w.uses.panic = nil
	same(t, "after it", w.window("GET", "/munpae/session", "", signedIn).status, http.StatusOK)
	log := w.log.String()
	same(t, "lines in the log", strings.Count(log, `"msg":"panic"`), 1)
	if !strings.Contains(log, "session") || strings.Contains(log, "access-1") {
		t.Errorf("the log: %s", log)
	}
}

func TestCK01_TheCookiesAreAsPromised(t *testing.T) {
	w := serve(t)
	a := w.plain("GET", strings.TrimPrefix(w.origin.BootURL(), w.address), "")
	line := a.header["Set-Cookie"]
	if len(line) != 1 || !strings.HasPrefix(line[0], "munpae_boot=") || !strings.HasSuffix(line[0], "; Path=/; Max-Age=7776000; HttpOnly; SameSite=Strict") {
		t.Errorf("boot: %q", line)
	}
	for _, route := range []struct{ method, path, cookie string }{{"POST", "/munpae/session", ""}, {"POST", "/munpae/session/refresh", "munpae_refresh=refresh-1"}} {
		got := w.window(route.method, route.path, "{}", route.cookie).header["Set-Cookie"]
		want := []string{
			"munpae_refresh=refresh-1; Path=/munpae/session/refresh; Max-Age=2592000; HttpOnly; SameSite=Strict",
			"munpae_access=access-1; Path=/munpae/; Max-Age=600; HttpOnly; SameSite=Strict",
		}
		same(t, route.path, fmt.Sprint(got), fmt.Sprint(want))
	}
	// A pair given again for a lost one has less time left.
	w.clock.advance(9 * time.Minute)
	got := w.window("POST", "/munpae/session/refresh", "", "munpae_refresh=refresh-1").header["Set-Cookie"]
	if len(got) != 2 || !strings.Contains(got[1], "; Max-Age=60;") {
		t.Errorf("a pair given again: %q", got)
	}
	w.clock.advance(time.Hour)
	got = w.window("POST", "/munpae/session/refresh", "", "munpae_refresh=refresh-1").header["Set-Cookie"]
	if len(got) != 2 || !strings.Contains(got[1], "; Max-Age=1;") {
		t.Errorf("a pair past its time: %q", got)
	}
}

func TestCK01_APageSetsNothing(t *testing.T) {
	w := serve(t)
	for _, path := range []string{"/munpae/", "/munpae/assets/index-a1b2.js", "/munpae/assets/f/font.woff2", "/munpae/openapi.json"} {
		a := w.window("GET", path, "")
		same(t, path, a.status, http.StatusOK)
		if len(a.header["Set-Cookie"]) > 0 {
			t.Errorf("%s sets %q", path, a.header["Set-Cookie"])
		}
	}
	w.window("GET", "/munpae/session", "", signedIn)
}

func TestCK02_TwoCookiesOfOneNameAreBothCleared(t *testing.T) {
	w := serve(t)
	for _, planted := range []string{
		"munpae_access=access-1; munpae_access=evil", "munpae_access=evil; munpae_access=access-1", "munpae_access=access-1; munpae_access=access-1",
		"munpae_refresh=a; munpae_refresh=b", `munpae_access=access-1; munpae_access="mal formed`, "munpae_access=access-1; munpae_access", "munpae_boot=evil",
	} {
		for _, route := range []struct{ method, path string }{{"GET", "/munpae/session"}, {"POST", "/munpae/session/refresh"}, {"GET", "/munpae/"}, {"DELETE", "/munpae/me/sessions"}} {
			a := w.window(route.method, route.path, "", planted)
			if a.status != http.StatusBadRequest || a.code() != app.CodeAmbiguousCookie {
				t.Errorf("%s with %q: %d %s", route.path, planted, a.status, a.code())
				continue
			}
			set := strings.Join(a.header["Set-Cookie"], "\n")
			for _, want := range []string{"munpae_access=; Path=/; Max-Age=0;", "munpae_access=; Path=/session/refresh; Max-Age=0;", "munpae_refresh=; Path=/; Max-Age=0;", "munpae_refresh=; Path=/session/refresh; Max-Age=0;",
				"munpae_access=; Path=/munpae/; Max-Age=0;", "munpae_refresh=; Path=/munpae/session/refresh; Max-Age=0;"} {
				if !strings.Contains(set, want) {
					t.Errorf("%s with %q does not set %q", route.path, planted, want)
				}
			}
			if route.path == "/munpae/me/sessions" && (!strings.Contains(set, "munpae_access=; Path=/munpae/me;") || !strings.Contains(set, "munpae_access=; Path=/munpae/me/;") || !strings.Contains(set, "munpae_access=; Path=/munpae/me/sessions;")) {
				t.Errorf("a cookie planted at a part of the path stays: %s", set)
			}
			if !strings.Contains(set, "munpae_boot="+w.boot+"; Path=/; Max-Age=7776000; HttpOnly") {
				t.Error("the window lost its capability")
			}
		}
	}
	if calls := w.uses.taken(); len(calls) > 0 {
		t.Errorf("something happened: %q", calls)
	}
}

// What is planted while the window runs goes, wherever it was put, and the session stays:
// the window is known to have been served it, and is given its pair once more.
func TestCK02_ACookiePlantedInARunningWindowCostsNothing(t *testing.T) {
	w := serve(t)
	w.window("GET", "/munpae/session", "", signedIn)
	w.uses.taken()
	for _, planted := range []string{
		"munpae_access=access-1; munpae_access=evil", "munpae_access=evil; munpae_access=access-1", "munpae_access=evil; munpae_access=worse",
		`munpae_access=access-1; munpae_access="mal formed`, "munpae_refresh=refresh-1; munpae_refresh=evil", "munpae_refresh=evil; munpae_refresh=worse",
		signedIn + "; munpae_boot=evil", "munpae_access=evil",
	} {
		for _, route := range []struct{ method, path string }{{"GET", "/munpae/session"}, {"POST", "/munpae/session/refresh"}, {"GET", "/munpae/"}, {"GET", "/munpae/me"}} {
			if route.path == "/munpae/session/refresh" && !strings.Contains(planted, "munpae_refresh") {
				continue // the page sends it
			}
			a := w.window(route.method, route.path, "", planted)
			if planted == "munpae_access=evil" && route.path == "/munpae/" {
				continue // a page asks for no session
			}
			same(t, route.path+" with "+planted, a.status, http.StatusOK)
			set := strings.Join(a.header["Set-Cookie"], "\n")
			for name, at := range map[string]string{"munpae_access=access-1; Path=/munpae/;": "munpae_access=; Path=/munpae/;", "munpae_refresh=refresh-1; Path=/munpae/session/refresh;": "munpae_refresh=; Path=/munpae/session/refresh;"} {
				if !strings.Contains(set, name) || strings.LastIndex(set, name) < strings.LastIndex(set, at) {
					t.Errorf("%s with %q does not end with %q: %s", route.path, planted, name, set)
				}
			}
			if strings.Count(planted, "=") > 1 && (!strings.Contains(set, "munpae_access=; Path=/;") || !strings.Contains(set, "munpae_refresh=; Path=/;")) {
				t.Errorf("%s with %q: what was planted stays: %s", route.path, planted, set)
			}
			if strings.Contains(set, "evil") {
				t.Errorf("%s with %q keeps it: %s", route.path, planted, set)
			}
		}
	}
	for _, call := range w.uses.taken() {
		if strings.Contains(call, "mal") || strings.Contains(call, "worse") || strings.Contains(call, "refresh evil") {
			t.Errorf("a planted value was asked about: %s", call)
		}
	}

	// Whose session is over is not given it again, nor is one who signed out.
	w.uses.fail("Again", app.Fail(app.CodeSessionRevoked, nil))
	a := w.window("GET", "/munpae/session", "", "munpae_access=access-1; munpae_access=evil")
	if set := strings.Join(a.header["Set-Cookie"], "\n"); a.code() != app.CodeAmbiguousCookie || strings.Contains(set, "refresh-1") {
		t.Errorf("a session that is over: %d %s %s", a.status, a.body, set)
	}
	w.uses.fail("Again", nil)
	w.window("DELETE", "/munpae/session", "", signedIn)
	w.uses.taken()
	a = w.window("GET", "/munpae/session", "", "munpae_access=evil; munpae_access=worse")
	if set := strings.Join(a.header["Set-Cookie"], "\n"); a.code() != app.CodeAmbiguousCookie || strings.Contains(set, "refresh-1") || len(w.uses.taken()) > 0 {
		t.Errorf("after signing out: %d %s %s", a.status, a.body, set)
	}
}

// A browser beside the window is given no pair by it.
func TestCK02_ABrowserBesideTheWindowIsRefusedAsEver(t *testing.T) {
	w := serve(t, func(o *origin.Options) { o.Dev = true })
	w.beside()
	w.window("GET", "/munpae/session", "", signedIn)
	a := w.window("GET", "/munpae/session", "", "munpae_access=access-1; munpae_access=evil")
	if set := strings.Join(a.header["Set-Cookie"], "\n"); a.status != http.StatusBadRequest || a.code() != app.CodeAmbiguousCookie || strings.Contains(set, "=access-1") {
		t.Errorf("%d %s %s", a.status, a.body, set)
	}
}

func TestCK04_ARefreshCookieIsReadAtItsPathOnly(t *testing.T) {
	w := serve(t)
	for _, r := range everyRoute {
		if r.path != "/munpae/session/refresh" && r.method+r.path != "POST/munpae/session" { // claims without any cookie
			w.window(r.method, r.path, r.body, "munpae_refresh=refresh-1")
		}
	}
	for _, call := range w.uses.taken() {
		if call != "resume " {
			t.Errorf("a refresh cookie led to %q", call)
		}
	}
}

func TestCK11_JunkCookiesDoNotDisturb(t *testing.T) {
	w := serve(t)
	var junk []string
	for i := range 200 {
		junk = append(junk, fmt.Sprintf("junk%d=%s", i, strings.Repeat("x", 20)))
	}
	same(t, "200 cookies", w.window("GET", "/munpae/session", "", append(junk, signedIn)...).status, http.StatusOK)
	st, _ := w.raw("GET /munpae/session HTTP/1.1\r\nHost: " + w.host + "\r\nCookie: munpae_boot=" + w.boot + "; a=" + strings.Repeat("x", 64<<10) + "\r\n\r\n")
	same(t, "64 KiB of cookies", st, http.StatusRequestHeaderFieldsTooLarge)
	same(t, "after it", w.window("GET", "/munpae/session", "", signedIn).status, http.StatusOK)
}

func TestCF07_TheOriginIsNeverProxied(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://evil.example:3128")
	w := serve(t)
	req, err := http.NewRequest(http.MethodGet, w.address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := http.ProxyFromEnvironment(req); p != nil || err != nil {
		t.Errorf("proxy %v, %v", p, err)
	}
}

func TestWV05_TheAddressIsExactBeforeAnythingIsServed(t *testing.T) {
	g, err := origin.New(origin.Options{Pages: serveNothing, Log: discard, Rand: strings.NewReader("")})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close(t.Context())
	u, err := url.Parse(g.Address())
	if err != nil || u.Scheme != "http" || u.Hostname() != "127.0.0.1" || u.Port() == "" || u.Port() == "0" || u.Path != "" || strings.Contains(g.Address(), "*") {
		t.Errorf("address %q, %v", g.Address(), err)
	}
	if c, err := net.Dial("tcp4", u.Host); err != nil {
		t.Errorf("the port is not bound yet: %v", err)
	} else {
		c.Close()
	}
}

func TestNK19_UnknownFieldsAndLooseJSONAreRefused(t *testing.T) {
	w := serve(t)
	for _, body := range []string{
		`{"nickname":"a","id":1,"role":"admin","provider":"x"}`, `{"nickname":"a","nickname":"b"}`, `{"Nickname":"a"}`, `{"nickname":"a","NICKNAME":"b"}`, `{}`, ``, `null`, `[]`, `"a"`,
		`{"nickname":null}`, `{"nickname":1}`, `{"nickname":["a"]}`, `{"nickname":{"a":1}}`, `{"nickname":"a"}{}`, `{"nickname":"a"} x`, `{"nickname":"a"`, `{"nickname":"a",}`,
		"{\"nickname\":\"\xff\"}", "\ufeff{\"nickname\":\"a\"}", `{nickname:"a"}`, strings.Repeat("[", 10000),
	} {
		a := w.window("PATCH", "/munpae/me", body, signedIn)
		if a.status != http.StatusBadRequest || a.code() != app.CodeBadRequest {
			t.Errorf("%.40q: %d %s", body, a.status, a.code())
		}
	}
	same(t, "a body where none is taken", w.window("POST", "/munpae/session", `{"user":"u1"}`).status, http.StatusBadRequest)
	if calls := w.uses.taken(); len(calls) > 0 {
		t.Errorf("something happened: %q", calls)
	}
}

func FuzzNicknameBody(f *testing.F) {
	w := serve(f)
	for _, seed := range []string{`{"nickname":"나무"}`, `{"nickname":"a","nickname":"b"}`, `{}`, `[`, "{\"nickname\":\"\\ud800\"}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		w := *w
		w.t = t
		w.uses.taken()
		a := w.window("PATCH", "/munpae/me", string(body), signedIn)
		renamed := len(w.uses.taken()) == 2 // resume, rename
		if (a.status == http.StatusOK) != renamed {
			t.Fatalf("%q: %d, renamed %v", body, a.status, renamed)
		}
		if a.status != http.StatusOK {
			return
		}
		var got map[string]any
		if err := json.Unmarshal(body, &got); err != nil || len(got) != 1 {
			t.Fatalf("accepted %q: %v", body, err)
		}
		if _, ok := got["nickname"].(string); !ok {
			t.Fatalf("accepted %q", body)
		}
	})
}
