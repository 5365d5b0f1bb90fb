package providertest

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"munpae.example/munpae/app/internal/provider/practice"
)

// Endpoint names what can be asked, counted and made to fail.
type Endpoint string

// The endpoints. GitHub's API counts as one, whether it is reached at its own host
// or at /api/v3.
const (
	GitHubAuthorize   Endpoint = "github authorize"    // GET /login/oauth/authorize
	GitHubToken       Endpoint = "github token"        // POST /login/oauth/access_token with a code
	GitHubDeviceCode  Endpoint = "github device code"  // POST /login/device/code
	GitHubDeviceToken Endpoint = "github device token" // POST /login/oauth/access_token with a device code
	GitHubDevicePage  Endpoint = "github device page"  // GET /login/device
	GitHubConnection  Endpoint = "github connection"   // GET /settings/connections/applications/{id}
	GitHubUser        Endpoint = "github user"         // GET /user
	GitHubEmails      Endpoint = "github emails"       // GET /user/emails
	GitHubRevoke      Endpoint = "github revoke"       // DELETE /applications/{id}/grant and …/token
	GitHubCredentials Endpoint = "github credentials"  // POST /credentials/revoke

	NaverAuthorize Endpoint = "naver authorize" // GET /oauth2/authorize
	NaverToken     Endpoint = "naver token"     // POST /oauth2/token
	NaverProfile   Endpoint = "naver profile"   // GET /v1/nid/me
	NaverRevoke    Endpoint = "naver revoke"    // POST /oauth2.0/revoke
	NaverKeys      Endpoint = "naver keys"      // GET /oauth2/jwks
	NaverDiscovery Endpoint = "naver discovery"

	OIDCDiscovery Endpoint = "oidc discovery"
	OIDCAuthorize Endpoint = "oidc authorize"
	OIDCToken     Endpoint = "oidc token"
	OIDCKeys      Endpoint = "oidc keys"
	OIDCUserInfo  Endpoint = "oidc userinfo"
	OIDCRevoke    Endpoint = "oidc revoke"

	Decision Endpoint = "decision" // what a person clicks on a page, at any of the three
)

// endpoints are the endpoints by the first word of their host's name and their pattern.
var endpoints = map[string]Endpoint{
	"github GET /login/oauth/authorize":                  GitHubAuthorize,
	"github POST /login/oauth/authorize":                 Decision,
	"github POST /login/oauth/access_token":              GitHubToken,
	"github POST /login/device/code":                     GitHubDeviceCode,
	"github GET /login/device":                           GitHubDevicePage,
	"github POST /login/device":                          Decision,
	"github GET /settings/connections/applications/{id}": GitHubConnection,
	"github GET /user":                                   GitHubUser,
	"github GET /user/emails":                            GitHubEmails,
	"github DELETE /applications/{id}/token":             GitHubRevoke,
	"github DELETE /applications/{id}/grant":             GitHubRevoke,
	"github POST /credentials/revoke":                    GitHubCredentials,

	"naver GET /oauth2/authorize":                 NaverAuthorize,
	"naver POST /oauth2/authorize":                Decision,
	"naver POST /oauth2/token":                    NaverToken,
	"naver GET /v1/nid/me":                        NaverProfile,
	"naver POST /v1/nid/me":                       NaverProfile,
	"naver POST /oauth2.0/revoke":                 NaverRevoke,
	"naver GET /oauth2/jwks":                      NaverKeys,
	"naver GET /.well-known/openid-configuration": NaverDiscovery,

	"oidc GET /.well-known/openid-configuration": OIDCDiscovery,
	"oidc GET /authorize":                        OIDCAuthorize,
	"oidc POST /authorize":                       Decision,
	"oidc POST /token":                           OIDCToken,
	"oidc GET /keys":                             OIDCKeys,
	"oidc GET /userinfo":                         OIDCUserInfo,
	"oidc POST /userinfo":                        OIDCUserInfo,
	"oidc POST /revoke":                          OIDCRevoke,
}

// endpointOf names what a request to h asks for; empty if h has no such address. An
// address of h's without a name is a mistake of this table's.
func endpointOf(h *practice.Host, r *http.Request) (Endpoint, error) {
	_, pattern := h.Mux.Handler(r)
	if pattern == "" {
		return "", nil
	}
	family, _, _ := strings.Cut(h.Name, " ")
	e, ok := endpoints[family+" "+strings.Replace(pattern, " /api/v3", " ", 1)]
	if !ok {
		return "", fmt.Errorf("providertest: no endpoint has the name of %s %s", h.Name, pattern)
	}
	return e, nil
}

// Fault answers in place of an endpoint, or around it: next is the endpoint itself.
// It is called from the server's goroutines. docs/providers.md#what-can-go-wrong row by row:
//
//	browser denied            Refuse("access_denied", …)
//	    wrong redirect URI    by nature (a page), Refuse("redirect_uri_mismatch", …)
//	    suspended             Refuse("application_suspended", …), RefusalPage (Naver; not approved)
//	    provider fault        Refuse("server_error" or "temporarily_unavailable", …)
//	    wrong state, issuer   WrongState, Issuer
//	token   code expired          by nature: the clock
//	    code used             Replay; only the OpenID provider tells it from expired
//	    wrong verifier,
//	    wrong secret          by nature; 401: OAuthError(401, "unauthorized_client", …)
//	    mail unverified       OAuthError(200, "unverified_user_email", …)
//	    rate limited          RateLimited, RateLimitedUntil
//	    refresh dead          OAuthError(200, "bad_refresh_token", …)
//	    device code           by nature: pending, slow_down, expired_token, access_denied;
//	                          SlowDown, OAuthError(400, "device_flow_disabled", …)
//	profile no verified e-mail    by nature: Email, EmailUnverified of the person; GitHubError(401, 403, 404)
//	    e-mail refused        by nature: EmailRefused of the person
//	    no id, resultcode     Member, NaverError, NaverGatewayError
//	    token revoked         by nature: Server.Revoke; GitHubError(401, "Bad credentials")
//	    not permitted         GitHubError(403, …), NaverError(403, "40801", …)
//	    5xx                   Status
//	network refused               Server.Stop
//	    timeout               Hang, Drip, Delay
//	    captive portal        CaptivePage, CaptiveRedirect
//	    TLS, clock            NewCertificate
//
// Beyond the catalogue: Break, LoseAnswer, Large, GzipBomb, JSON for any nonsense,
// Server.EditIDToken for ID tokens.
type Fault func(w http.ResponseWriter, r *http.Request, next http.Handler)

// Answer is a Fault that answers by itself.
func Answer(f http.HandlerFunc) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) { f(w, r) }
}

// Times lets f happen n times; after that the endpoint is well.
func Times(n int, f Fault) Fault {
	var left atomic.Int64
	left.Store(int64(n))
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if left.Add(-1) < 0 {
			next.ServeHTTP(w, r)
			return
		}
		f(w, r, next)
	}
}

// Refuse is an authorization error response (RFC 6749 section 4.1.2.1) with the
// request's own state. It may come from any authorize endpoint.
func Refuse(errorCode, description string) Fault {
	return Answer(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		practice.Refuse(w, r, q.Get("redirect_uri"), q.Get("state"), errorCode, description)
	})
}

// RefusalPage is a page of the provider's own in the browser: nothing comes back to
// the app.
func RefusalPage() Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		r = r.Clone(r.Context())
		q := r.URL.Query()
		q.Set("redirect_uri", "https://nobody.example/")
		r.URL.RawQuery = q.Encode()
		next.ServeHTTP(w, r)
	}
}

// WrongState sends a well-formed response with a state that nobody asked for.
func WrongState() Fault {
	return Answer(func(w http.ResponseWriter, r *http.Request) {
		practice.Respond(w, r, r.URL.Query().Get("redirect_uri"), url.Values{"code": {rand.Text()}, "state": {rand.Text() + rand.Text()}})
	})
}

// Issuer lets an authorization be granted and changes the response's iss (RFC 9207).
func Issuer(iss string) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		a := record(next, r)
		practice.Respond(w, r, a.header.Get("Location"), url.Values{"iss": {iss}})
	}
}

// Status answers with a bare status, as a load balancer does.
func Status(status int) Fault {
	return Answer(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, http.StatusText(status), status)
	})
}

// JSON answers 200 with body, called JSON whatever it is.
func JSON(body string) Fault { return statusJSON(http.StatusOK, body) }

func statusJSON(status int, body string) Fault {
	return Answer(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
}

// OAuthError is a token endpoint's refusal. GitHub and Naver send it with status 200.
func OAuthError(status int, errorCode, description string) Fault {
	return members(status, map[string]any{"error": errorCode, "error_description": description})
}

func members(status int, v map[string]any) Fault {
	return Answer(func(w http.ResponseWriter, r *http.Request) { practice.WriteJSON(w, status, v) })
}

// SlowDown answers a poll with slow_down and the new interval, which GitHub tells.
func SlowDown(interval time.Duration) Fault {
	return members(http.StatusOK, map[string]any{
		"error": "slow_down", "error_description": "Too many requests have been made in the same timeframe.",
		"interval": int(interval / time.Second),
	})
}

// GitHubError is a failure of GitHub's API: 401 "Bad credentials", 403, 404.
func GitHubError(status int, message string) Fault {
	return members(status, githubMessage(status, message))
}

func githubMessage(status int, message string) map[string]any {
	return map[string]any{"message": message, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(status)}
}

// NaverError is a failure of Naver's API: "024", "028", "40801".
func NaverError(status int, resultcode, message string) Fault {
	return members(status, map[string]any{"resultcode": resultcode, "message": message})
}

// NaverGatewayError is the same from Naver's gateway, which has another shape.
func NaverGatewayError(status int, errorCode, message string) Fault {
	return members(status, map[string]any{"errorCode": errorCode, "errorMessage": message})
}

// RateLimited answers with status (403 or 429) and Retry-After.
func RateLimited(status int, retryAfter time.Duration) Fault {
	return Answer(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter/time.Second)))
		practice.WriteJSON(w, status, githubMessage(status, "You have exceeded a secondary rate limit. Please wait before you try again."))
	})
}

// RateLimitedUntil answers with status (403 or 429) and GitHub's primary limit.
func RateLimitedUntil(status int, reset time.Time) Fault {
	return Answer(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-RateLimit-Limit", "5000")
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
		practice.WriteJSON(w, status, githubMessage(status, "API rate limit exceeded for user."))
	})
}

// Member is the endpoint's own answer with one member changed: path is its name,
// with dots into objects ("response.id"), raw the JSON to put there; empty raw
// leaves the member out.
func Member(path, raw string) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		a := record(next, r)
		body, err := setMember(a.body.Bytes(), strings.Split(path, "."), raw)
		if err != nil {
			http.Error(w, "providertest: "+err.Error(), http.StatusInternalServerError)
			return
		}
		for k, v := range a.header {
			w.Header()[k] = v
		}
		w.WriteHeader(a.status)
		w.Write(body)
	}
}

func setMember(body []byte, path []string, raw string) ([]byte, error) {
	var o map[string]json.RawMessage
	if err := json.Unmarshal(body, &o); err != nil {
		return nil, err
	}
	name := path[0]
	switch {
	case len(path) > 1:
		inner, err := setMember(o[name], path[1:], raw)
		if err != nil {
			return nil, err
		}
		raw = string(inner)
	case raw == "":
		delete(o, name)
		return json.Marshal(o)
	}
	// Not json.Marshal: raw may be no JSON at all.
	delete(o, name)
	rest, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	sep := ","
	if len(o) == 0 {
		sep = ""
	}
	return append([]byte(`{`+strconv.Quote(name)+`:`+raw+sep), rest[1:]...), nil
}

// recorded is an answer that was not sent.
type recorded struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func (a *recorded) Header() http.Header         { return a.header }
func (a *recorded) WriteHeader(status int)      { a.status = status }
func (a *recorded) Write(b []byte) (int, error) { return a.body.Write(b) }

func record(next http.Handler, r *http.Request) *recorded {
	a := &recorded{status: http.StatusOK, header: http.Header{}}
	next.ServeHTTP(a, r)
	return a
}

// Delay waits before the endpoint answers, on the real clock.
func Delay(d time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			next.ServeHTTP(w, r)
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
}

// Hang never answers; the server's end breaks the connection.
func Hang() Fault {
	return Answer(func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		panic(http.ErrAbortHandler) // to return would be an answer
	})
}

// Drip sends a well-formed answer one byte every interval of the real clock, and
// never comes to its end.
func Drip(interval time.Duration) Fault {
	return Answer(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		tick := time.NewTicker(interval)
		defer tick.Stop()
		text := `{"message":"`
		for i := 0; ; i++ {
			b := byte('x')
			if i < len(text) {
				b = text[i]
			}
			if _, err := w.Write([]byte{b}); err != nil {
				return
			}
			http.NewResponseController(w).Flush()
			select {
			case <-tick.C:
			case <-r.Context().Done():
				panic(http.ErrAbortHandler)
			}
		}
	})
}

// Break resets the connection in the middle of an answer.
func Break() Fault {
	return Answer(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Content-Length", "4096")
		io.WriteString(w, `{"access_token":"gho_`)
		http.NewResponseController(w).Flush()
		reset(w)
	})
}

// LoseAnswer lets the endpoint do its work, then resets the connection: what was
// asked for has happened, and nobody knows (CR-04).
func LoseAnswer() Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		record(next, r)
		reset(w)
	}
}

// Replay lets the request arrive twice, as a proxy does that repeats what it got no
// answer to, and sends the second answer.
func Replay() Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		record(next, r)
		next.ServeHTTP(w, r)
	}
}

// reset closes the connection with RST rather than FIN.
func reset(w http.ResponseWriter) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2
	}
	raw := c
	if t, ok := c.(*tls.Conn); ok {
		raw = t.NetConn()
	}
	if t, ok := raw.(*net.TCPConn); ok {
		t.SetLinger(0)
	}
	raw.Close()
}

const captivePage = `<!doctype html><html><head><title>Wi-Fi</title></head><body><h1>Welcome to the café's Wi-Fi</h1><form><button>Accept</button></form></body></html>`

// CaptivePage is a network's sign-in page in place of the answer, with status 200.
func CaptivePage() Fault {
	return Answer(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, captivePage)
	})
}

// CaptiveRedirect is a 302 to address in place of the answer.
func CaptiveRedirect(address string) Fault {
	return Answer(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, address, http.StatusFound)
	})
}

// Large answers with a JSON object of about size bytes.
func Large(size int) Fault {
	return Answer(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		fill(w, size)
	})
}

// GzipBomb answers with a JSON object of about size bytes, which compression makes
// a thousand times smaller on the wire. It is compressed before anybody asks: on a busy
// machine the answer would else be one that does not come in time.
func GzipBomb(size int) Fault {
	const step = 1 << 20
	member := func(p []byte) []byte { // of a gzip file, which may have many (RFC 1952 section 2.2)
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(p)
		z.Close()
		return b.Bytes()
	}
	head, more, end := member([]byte(`{"id":1,"login":"`)), member(bytes.Repeat([]byte("a"), step)), member([]byte(`"}`))
	return Answer(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(head)
		for range size / step {
			if _, err := w.Write(more); err != nil {
				return
			}
		}
		w.Write(end)
	})
}

// fill writes a JSON object of size bytes until nobody reads on.
func fill(w io.Writer, size int) {
	io.WriteString(w, `{"id":1,"login":"`)
	block := bytes.Repeat([]byte("a"), 64<<10)
	for size > 0 {
		n, err := w.Write(block[:min(size, len(block))])
		if err != nil {
			return
		}
		size -= n
	}
	io.WriteString(w, `"}`)
}
