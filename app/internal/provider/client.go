package provider

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"munpae.example/munpae/app/internal/app"
)

const (
	// ExchangeTimeout bounds one request with its answer. A code is spent with the first
	// one, so slow answers in a row must not add up to a failure.
	ExchangeTimeout = 10 * time.Second
	// MaxAnswer is the largest answer that is read, in bytes after decompression.
	MaxAnswer = 1 << 20

	maxHeader = 64 << 10
)

// errTooSlow is the cause of a request that ExchangeTimeout ended.
var errTooSlow = errors.New("provider: no answer in time")

// Client says how a provider is reached. The zero value is right for a release.
type Client struct {
	// Clock drives the deadline, polling, and the check of certificates and ID
	// tokens; nil means app.SystemClock.
	Clock app.Clock
	// Proxies answers which proxies the desktop has set for an address, as URIs in the
	// order in which to try them; direct:// is none. It is asked where the environment
	// names no proxy, and never about this computer. nil: the desktop is not asked.
	Proxies func(ctx context.Context, address string) ([]string, error)
	// Roots are the certificate authorities to trust; nil means the system's.
	Roots *x509.CertPool
	// UserAgent is sent with every request (GitHub refuses requests without one);
	// empty means "munpae".
	UserAgent string
}

func (c Client) clock() app.Clock {
	if c.Clock == nil {
		return app.SystemClock{}
	}
	return c.Clock
}

// conversation is all that one call asks of a provider: connections of its own that end with
// it, and the answers' Date. It is used by one goroutine.
type conversation struct {
	http.Client
	clock     app.Clock
	transport *http.Transport
	agent     string

	date    time.Time // Date of the last answer that had one
	trusted time.Time // the same, if it came over TLS and its certificate was valid then
}

// conversation starts one; end must be called.
func (c Client) conversation() *conversation {
	v := &conversation{clock: c.clock(), agent: c.UserAgent}
	if v.agent == "" {
		v.agent = "munpae"
	}
	v.transport = &http.Transport{
		Proxy:                  c.Proxy,
		OnProxyConnectResponse: onProxyConnect,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: maxHeader,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.Roots, Time: v.clock.Now},
	}
	v.Client = http.Client{
		Transport:     v,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return v
}

func (v *conversation) end() { v.transport.CloseIdleConnections() }

// inTime runs send with r, whose context ends after ExchangeTimeout; send must have
// read the answer when it returns. CodeTimeout.
func (v *conversation) inTime(r *http.Request, send func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	stop := v.clock.AfterFunc(ExchangeTimeout, func() { cancel(errTooSlow) })
	defer stop()
	resp, err := send(r.WithContext(ctx))
	if err != nil && errors.Is(context.Cause(ctx), errTooSlow) {
		return nil, app.Fail(app.CodeTimeout, errTooSlow)
	}
	return resp, err
}

// RoundTrip sends r once and returns an answer that was read to its end and that
// is what a provider's API may answer: no redirect, not too large, JSON if it is a
// success with a body. Everything that reads answers, libraries included, sits
// behind this. Its errors are *app.Error or those of net/http.
func (v *conversation) RoundTrip(r *http.Request) (*http.Response, error) {
	if !safeAddress(r.URL) {
		return nil, app.Fail(app.CodeProviderBadAnswer, errors.New("provider: an address that is neither https nor http on loopback"))
	}
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", v.agent)
	if r.Header.Get("Accept") == "" {
		r.Header.Set("Accept", "application/json")
	}
	return v.inTime(r, v.roundTrip)
}

func (v *conversation) roundTrip(r *http.Request) (*http.Response, error) {
	resp, err := v.transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	v.noteDate(resp)
	if resp.StatusCode == http.StatusProxyAuthRequired {
		return nil, app.Fail(app.CodeProxyPassword, fmt.Errorf("%s: HTTP %d", r.URL.Host, resp.StatusCode))
	}
	// A redirect never leads on from an API: it is a network's login page, or an
	// attempt to have the secret sent elsewhere. RFC 6585 section 6 for 511.
	if resp.StatusCode/100 == 3 || resp.StatusCode == http.StatusNetworkAuthenticationRequired {
		return nil, app.Fail(app.CodeCaptivePortal, fmt.Errorf("%s: HTTP %d", r.URL.Host, resp.StatusCode))
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxAnswer+1))
	if err != nil {
		return nil, err
	}
	if len(body) > MaxAnswer {
		return nil, app.Fail(app.CodeProviderBadAnswer, fmt.Errorf("%s: answer over %d bytes", r.URL.Host, MaxAnswer))
	}
	if resp.StatusCode/100 == 2 {
		if err := checkAnswer(resp.Header.Get("Content-Type"), body); err != nil {
			return nil, err
		}
	}
	// x/oauth2 would read JSON that is called text/plain as a form.
	if json.Valid(body) {
		resp.Header.Set("Content-Type", "application/json")
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// checkAnswer judges a success. An HTML page where JSON belongs is a network that
// wants its own sign-in first, whatever it calls it. JSON is JSON by any other name,
// text/html too: it is what a server says that was never told what it sends.
func checkAnswer(contentType string, body []byte) error {
	trimmed := bytes.TrimSpace(body)
	if len(trimmed) == 0 {
		return nil // 204, Naver's revocation; who needs a body finds none
	}
	media, _, _ := mime.ParseMediaType(contentType)
	page := trimmed[0] == '<' || media == "text/html" || media == "application/xhtml+xml"
	if page && !json.Valid(body) {
		return app.Fail(app.CodeCaptivePortal, errors.New("a page instead of JSON"))
	}
	if err := checkJSON(body); err != nil {
		return app.Fail(app.CodeProviderBadAnswer, err)
	}
	return nil
}

// noteDate keeps the answer's time. Only TLS makes it a provider's word, and only
// while the certificate that vouches for it was valid.
func (v *conversation) noteDate(resp *http.Response) {
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return
	}
	v.date = date.UTC()
	if resp.TLS == nil || len(resp.TLS.PeerCertificates) == 0 {
		return
	}
	if leaf := resp.TLS.PeerCertificates[0]; !date.Before(leaf.NotBefore) && !date.After(leaf.NotAfter) {
		v.trusted = v.date
	}
}

// answer is what came back on an API call.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// ask sends one API request with the headers given as pairs.
func (v *conversation) ask(ctx context.Context, method, address string, body io.Reader, headers ...string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return answer{}, app.Fail(app.CodeInternal, err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := v.Do(r)
	if err != nil {
		return answer{}, err
	}
	data, err := io.ReadAll(resp.Body)
	return answer{status: resp.StatusCode, header: resp.Header, body: data}, err
}

// post sends a form.
func (v *conversation) post(ctx context.Context, address string, form url.Values, headers ...string) (answer, error) {
	headers = append(headers, "Content-Type", "application/x-www-form-urlencoded")
	return v.ask(ctx, http.MethodPost, address, strings.NewReader(form.Encode()), headers...)
}

// isLoopback reports whether host (no port) is this computer.
func isLoopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback() // RFC 6761 section 6.3
}

// safeAddress reports whether u may be talked to: https, or http on loopback.
func safeAddress(u *url.URL) bool {
	return u.Host != "" && (u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()))
}

// parseAddress reads a provider's set address and returns it in small letters, with
// no port that goes without saying and no trailing slash. CodeSettingsInvalid with
// params name and reason.
func parseAddress(name, raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err == nil {
		u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	}
	if err != nil || !safeAddress(u) || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		// The address is not quoted: somebody may have put a password in it.
		return nil, app.Fail(app.CodeSettingsInvalid, errors.New(name+": neither https nor http on a loopback address"),
			"name", name, "reason", "must be https, or http on a loopback address")
	}
	if u.Scheme == "https" && u.Port() == "443" {
		u.Host = strings.TrimSuffix(u.Host, ":443")
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), ""
	return u, nil
}

// issuerOf makes the first half of an identity's key from a provider's set
// address. A loopback port is chosen anew at every start, so it is left out; in
// its place stands the provider's ID as a fragment, which no real issuer has:
// two providers on one computer must never share a namespace (ASVS 6.8.1).
func issuerOf(u *url.URL, id string) string {
	n := *u
	if isLoopback(n.Hostname()) {
		n.Host = strings.TrimSuffix(n.Host, ":"+n.Port())
		n.Fragment = id
	}
	return n.String()
}

// missing is the failure of a setting that is not there.
func missing(name string) error {
	return app.Fail(app.CodeSettingsInvalid, errors.New(name+": missing"), "name", name, "reason", "missing")
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
