package directory_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/directory"
	"munpae.example/munpae/app/verify"
)

// onItsOwnAddress makes the issuer what the first replica listens on, so that others
// find its keys there.
func onItsOwnAddress(t *testing.T, promise func(w *world)) {
	onSQLite(t, func(w *world) {
		w.servers[0].Close()
		probe := httptest.NewServer(nil)
		address := probe.Listener.Addr().String()
		probe.Close()
		w.issuer, w.listen = "http://"+address, address
		for i := range w.servers {
			w.services[i], w.servers[i] = w.replica()
		}
		promise(w)
	})
}

func (w *world) tokenFor(in directory.SignedIn, audience string) string {
	w.Helper()
	var a directory.TokenAnswer
	w.bearer(in.AccessToken, "POST", "/v1/tokens", directory.TokenRequest{Audience: audience}).into(200, &a)
	return a.AccessToken
}

// A program's own server, in Go.
func TestAServerKnowsWhoIsCalling(t *testing.T) {
	onItsOwnAddress(t, func(w *world) {
		v, err := verify.New(verify.Options{Issuer: w.issuer, Audience: otherServer, Now: w.clock.Now})
		w.must(err)
		notes := httptest.NewServer(v.Handler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			p, ok := verify.FromContext(r.Context())
			fmt.Fprint(rw, p.ID, " ", p.Nickname, " ", ok)
		})))
		defer notes.Close()
		in := w.signUp("github", people()[0], "길동")
		ask := func(header string) (int, string) { return call(t, notes.URL, header) }
		if code, body := ask("Bearer " + w.tokenFor(in, otherServer)); code != 200 || body != in.User.ID+" 길동 true" {
			t.Errorf("HTTP %d %s", code, body)
		}
		for name, header := range map[string]string{
			"none": "", "basic": "Basic x", "rubbish": "Bearer x", "for the directory": "Bearer " + in.AccessToken, "a refresh token": "Bearer " + in.RefreshToken,
			"cut": "Bearer " + strings.TrimSuffix(w.tokenFor(in, otherServer), "A")[1:],
		} {
			if code, _ := ask(header); code != 401 {
				t.Errorf("%s: HTTP %d", name, code)
			}
		}
		// A rotation is seen at the first token of the new key.
		w.must(w.services[0].RotateKeys(context.Background()))
		w.clock.advance(verify.KeysAgain)
		rotated := w.tokenFor(in, otherServer)
		if code, body := ask("Bearer " + rotated); code != 200 {
			t.Errorf("after a rotation: HTTP %d %s", code, body)
		}
		// The directory away, what is known goes on being used; the time still counts.
		w.servers[0].Close()
		if code, _ := ask("Bearer " + rotated); code != 200 {
			t.Errorf("HTTP %d", code)
		}
		w.clock.advance(11 * time.Minute)
		if code, _ := ask("Bearer " + rotated); code != 401 {
			t.Errorf("an old token: HTTP %d", code)
		}
		lost, err := verify.New(verify.Options{Issuer: w.issuer, Audience: otherServer, Now: w.clock.Now})
		w.must(err)
		if _, err := lost.Verify(context.Background(), rotated); !errors.Is(err, verify.ErrKeys) {
			t.Errorf("%v", err)
		}
	})
}

func TestAVerifierNeedsAnIssuerThatCanBeTrusted(t *testing.T) {
	for _, o := range []verify.Options{{}, {Issuer: "http://id.example", Audience: "x"}, {Issuer: "https://id.example"}, {Issuer: "id.example", Audience: "x"}} {
		if _, err := verify.New(o); err == nil {
			t.Errorf("%+v", o)
		}
	}
}

// The same in Node, with an ordinary library.
func TestAServerInNodeKnowsWhoIsCalling(t *testing.T) {
	const example = "../../verify/testdata/node"
	if _, err := os.Stat(example + "/node_modules/jose"); err != nil {
		t.Skip("npm ci --prefix app/verify/testdata/node was not run")
	}
	onItsOwnAddress(t, func(w *world) {
		w.clock.set(time.Now()) // Node's own
		c := exec.Command("node", example+"/server.mjs")
		c.Env = append(os.Environ(), "ISSUER="+w.issuer, "AUDIENCE="+otherServer)
		c.Stderr = os.Stderr
		out, err := c.StdoutPipe()
		w.must(err)
		w.must(c.Start())
		defer func() { c.Process.Kill(); c.Wait() }()
		port, err := bufio.NewReader(out).ReadString('\n')
		w.must(err)
		address := "http://127.0.0.1:" + strings.TrimSpace(port)
		in := w.signUp("github", people()[0], "길동")
		code, body := call(t, address, "Bearer "+w.tokenFor(in, otherServer))
		var who struct{ ID, Nickname string }
		if err := json.Unmarshal([]byte(body), &who); err != nil || code != 200 || who.ID != in.User.ID || who.Nickname != "길동" {
			t.Fatalf("HTTP %d %s", code, body)
		}
		for _, header := range []string{"", "Bearer x", "Bearer " + in.AccessToken} {
			if code, _ := call(t, address, header); code != 401 {
				t.Errorf("HTTP %d", code)
			}
		}
		w.must(w.services[0].RotateKeys(context.Background()))
		time.Sleep(1200 * time.Millisecond) // the library's own pause between two readings
		w.clock.set(time.Now())
		if code, body := call(t, address, "Bearer "+w.tokenFor(in, otherServer)); code != 200 {
			t.Errorf("after a rotation: HTTP %d %s", code, body)
		}
	})
}

func call(t *testing.T, address, authorization string) (int, string) {
	t.Helper()
	r, err := http.NewRequest("GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body := make([]byte, 1000)
	n, _ := resp.Body.Read(body)
	return resp.StatusCode, string(body[:n])
}
