package provider_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/provider"
)

var described = app.Provider{ID: "github", Name: "GitHub"}

func TestCB05_RefusalsOfTheAuthorizationEndpoint(t *testing.T) {
	for code, want := range map[string]app.Code{
		"access_denied":             app.CodeProviderDenied, // 7.1: the person denies, both providers
		"user_cancelled_authorize":  app.CodeProviderDenied,
		"redirect_uri_mismatch":     app.CodeProviderMisconfigured,
		"invalid_request":           app.CodeProviderMisconfigured,
		"unauthorized_client":       app.CodeProviderMisconfigured,
		"unsupported_response_type": app.CodeProviderMisconfigured,
		"invalid_scope":             app.CodeProviderMisconfigured,
		"application_suspended":     app.CodeProviderUnavailable,
		"server_error":              app.CodeProviderError,
		"temporarily_unavailable":   app.CodeProviderError,
		"never heard of it":         app.CodeProviderBadAnswer,
		"":                          app.CodeProviderBadAnswer,
	} {
		err := provider.Refusal(described, code)
		if err.Code != want || err.Params["provider"] != "GitHub" {
			t.Errorf("%q: %v %v, want %s", code, err, err.Params, want)
		}
	}
	if err := provider.Refusal(described, "\x1b[2J"+string(make([]byte, 5000))); len(err.Error()) > 400 || containsControl(err.Error()) {
		t.Errorf("unfit for a log: %q", err.Error())
	}
}

func containsControl(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return true
		}
	}
	return false
}

// docs/providers.md#on-the-network, and what belongs to it.
func TestNetworkFaults(t *testing.T) {
	wrap := func(err error) error { return &url.Error{Op: "Post", URL: "https://github.com", Err: err} }
	dial := func(no syscall.Errno) error {
		return wrap(&net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", no)})
	}
	verify := func(err error) error { return wrap(&tls.CertificateVerificationError{Err: err}) }
	for name, c := range map[string]struct {
		err  error
		want app.Code
	}{
		"no route to the network":  {dial(syscall.ENETUNREACH), app.CodeOffline},
		"no route to the host":     {dial(syscall.EHOSTUNREACH), app.CodeOffline},
		"network down":             {dial(syscall.ENETDOWN), app.CodeOffline},
		"Windows: no route":        {dial(10051), app.CodeOffline},
		"Windows: no host":         {dial(10065), app.CodeOffline},
		"refused":                  {dial(syscall.ECONNREFUSED), app.CodeProviderError},
		"Windows: refused":         {dial(10061), app.CodeProviderError},
		"reset":                    {wrap(&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}), app.CodeProviderError},
		"closed":                   {wrap(io.EOF), app.CodeProviderError},
		"cut off":                  {wrap(io.ErrUnexpectedEOF), app.CodeProviderError},
		"no answer to SYN":         {dial(syscall.ETIMEDOUT), app.CodeTimeout},
		"Windows: no answer":       {dial(10060), app.CodeTimeout},
		"i/o timeout":              {wrap(os.ErrDeadlineExceeded), app.CodeTimeout},
		"no such name":             {wrap(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "github.com", IsNotFound: true}}), app.CodeDNSFailed},
		"name server silent":       {wrap(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "i/o timeout", IsTimeout: true}}), app.CodeDNSFailed},
		"name server unreachable":  {wrap(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "dial udp 192.0.2.1:53: connect: network is unreachable"}}), app.CodeOffline},
		"unknown authority":        {verify(x509.UnknownAuthorityError{}), app.CodeTLSUntrusted},
		"another host's":           {verify(x509.HostnameError{Host: "github.com", Certificate: &x509.Certificate{}}), app.CodeTLSUntrusted},
		"not for servers":          {verify(x509.CertificateInvalidError{Reason: x509.IncompatibleUsage, Cert: &x509.Certificate{}}), app.CodeTLSUntrusted},
		"expired or not yet valid": {verify(x509.CertificateInvalidError{Reason: x509.Expired, Cert: &x509.Certificate{}}), app.CodeClockWrong},
		"TLS alert":                {wrap(&net.OpError{Op: "remote error", Err: errors.New("tls: handshake failure")}), app.CodeTLSUntrusted},
		"no TLS":                   {wrap(tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}), app.CodeCaptivePortal},
		"http on https":            {wrap(http.ErrSchemeMismatch), app.CodeCaptivePortal},
		"no proxy there":           {wrap(&net.OpError{Op: "proxyconnect", Err: &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}}), app.CodeOffline},
		"a code of ours":           {wrap(app.Fail(app.CodeCaptivePortal, nil)), app.CodeCaptivePortal},
	} {
		err := provider.Fault(context.Background(), described, c.err)
		if got := app.CodeOf(err); got != c.want || app.ParamsOf(err)["provider"] != "GitHub" {
			t.Errorf("%s: %s %v, want %s", name, got, app.ParamsOf(err), c.want)
		}
	}
	if err := provider.Fault(context.Background(), described, nil); err != nil {
		t.Errorf("%v", err)
	}
	late, cancel := context.WithDeadline(context.Background(), time.Unix(1, 0))
	defer cancel()
	wantCode(t, provider.Fault(late, described, wrap(context.DeadlineExceeded)), app.CodeTimeout)
}

// docs/providers.md#at-the-token-endpoint and #at-the-profile.
func TestPJ15_StatusesHaveDistinctCodesAndNothingIsAskedTwice(t *testing.T) {
	soon := strconv.FormatInt(time.Now().Add(150*time.Second).Unix(), 10)
	for _, c := range []struct {
		id, route string
		status    int
		body      string
		headers   []string
		want      app.Code
		minutes   string
	}{
		{"github", githubToken, 404, `{"error":"Not Found"}`, nil, app.CodeProviderMisconfigured, ""}, // unknown client ID
		{"github", githubToken, 401, ``, nil, app.CodeProviderMisconfigured, ""},
		{"github", githubToken, 403, ``, nil, app.CodeRateLimited, "1"},
		{"github", githubToken, 403, ``, []string{"Retry-After", "600"}, app.CodeRateLimited, "10"},
		{"github", githubToken, 429, ``, []string{"Retry-After", "61"}, app.CodeRateLimited, "2"},
		{"github", githubToken, 400, ``, nil, app.CodeProviderBadAnswer, ""},
		{"github", githubToken, 500, ``, nil, app.CodeProviderServerError, ""},
		{"github", githubToken, 502, `<html>bad gateway</html>`, []string{"Content-Type", "text/html"}, app.CodeProviderServerError, ""},
		{"github", githubToken, 503, ``, []string{"Retry-After", "600"}, app.CodeProviderServerError, ""},
		{"github", githubToken, 504, ``, nil, app.CodeProviderServerError, ""},
		{"github", githubUser, 401, `{"message":"Bad credentials"}`, nil, app.CodeTokenRevoked, ""},
		{"github", githubUser, 403, `{"message":"Resource not accessible"}`, nil, app.CodePermissionMissing, ""},
		{"github", githubUser, 403, `{}`, []string{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", soon}, app.CodeRateLimitedUntil, "3"},
		{"github", githubUser, 403, `{}`, []string{"X-RateLimit-Remaining", "4999"}, app.CodePermissionMissing, ""},
		{"github", githubUser, 403, `{}`, []string{"Retry-After", "30"}, app.CodeRateLimitedUntil, "1"}, // secondary limit
		// The secondary limit by its words alone; what the primary limit says beside it is not about it.
		{"github", githubUser, 403, `{"message":"You have exceeded a secondary rate limit. Please wait a few minutes."}`, nil, app.CodeRateLimitedUntil, "1"},
		{"github", githubUser, 403, `{"message":"You have exceeded a secondary rate limit."}`, []string{"X-RateLimit-Remaining", "4999", "X-RateLimit-Reset", soon}, app.CodeRateLimitedUntil, "1"},
		{"github", githubUser, 429, `{}`, nil, app.CodeRateLimitedUntil, "1"},
		{"github", githubUser, 404, `{}`, nil, app.CodeProviderBadAnswer, ""},
		{"github", githubUser, 500, ``, nil, app.CodeProviderServerError, ""},
		{"github", githubUser, 201, githubUserOK, nil, app.CodeProviderBadAnswer, ""},
		{"naver", naverToken, 401, `{"error":"unauthorized_client"}`, nil, app.CodeProviderMisconfigured, ""},
		{"naver", naverToken, 429, ``, nil, app.CodeRateLimited, "1"},
		{"naver", naverToken, 500, ``, nil, app.CodeProviderServerError, ""},
		{"naver", naverMe, 401, `{"resultcode":"024","message":"Authentication failed"}`, nil, app.CodeTokenRevoked, ""},
		{"naver", naverMe, 401, `{"errorCode":"024","errorMessage":"Authentication failed"}`, nil, app.CodeTokenRevoked, ""},
		{"naver", naverMe, 401, `{"errorCode":"028","errorMessage":"no header"}`, nil, app.CodeProviderUnconfirmed, ""},
		{"naver", naverMe, 403, `{"resultcode":"403"}`, nil, app.CodePermissionMissing, ""},
		{"naver", naverMe, 403, `{"errorCode":"40801"}`, nil, app.CodePermissionMissing, ""},
		{"naver", naverMe, 429, `{}`, nil, app.CodeRateLimitedUntil, "1"},
		{"naver", naverMe, 500, `{"resultcode":"500"}`, nil, app.CodeProviderServerError, ""},
	} {
		t.Run(c.id+" "+c.route+" "+strconv.Itoa(c.status), func(t *testing.T) {
			routes := map[string]http.HandlerFunc{c.route: answers(c.status, c.body, c.headers...)}
			var s *server
			if c.id == "github" {
				s = githubServer(t, routes)
			} else {
				s = naverServer(t, routes)
			}
			_, err := exchange(t, c.id, s, provider.Client{})
			wantCode(t, err, c.want)
			if got := app.ParamsOf(err)["minutes"]; got != c.minutes {
				t.Errorf("minutes %q, want %q", got, c.minutes)
			}
			if got := s.asked(c.route); len(got) != 1 {
				t.Errorf("asked %d times", len(got))
			}
			if all := s.all(); all[len(all)-1] != c.route {
				t.Errorf("asked on: %v", all)
			}
		})
	}
}

// The token endpoint's limit says in how many minutes, the profile's at what time.
func TestARateLimitSaysWhenItEndsOnThisComputersClock(t *testing.T) {
	clk := newClock()
	clk.now = time.Date(2026, 1, 1, 12, 0, 1, 0, time.UTC)
	// The provider's clock is an hour ahead: the wait counts, not the time there.
	date := clk.now.Add(time.Hour).UTC()
	limited := answers(403, `{}`, "Date", date.Format(http.TimeFormat), "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", strconv.FormatInt(date.Add(30*time.Minute).Unix(), 10))
	s := githubServer(t, map[string]http.HandlerFunc{githubUser: limited})
	_, err := exchange(t, "github", s, provider.Client{Clock: clk})
	wantCode(t, err, app.CodeRateLimitedUntil)
	if got := app.ParamsOf(err)["time"]; got != "2026-01-01T12:31:00Z" {
		t.Errorf("time %q", got)
	}
}

func TestRateLimitMinutes(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	unix := func(d time.Duration) string { return strconv.FormatInt(now.Add(d).Unix(), 10) }
	for _, c := range []struct {
		h    http.Header
		want string
	}{
		{http.Header{}, "1"},
		{http.Header{"Retry-After": {"0"}}, "1"},
		{http.Header{"Retry-After": {"-5"}}, "1"},
		{http.Header{"Retry-After": {"60"}}, "1"},
		{http.Header{"Retry-After": {"61"}}, "2"},
		{http.Header{"Retry-After": {"2147483647"}}, "1440"},
		{http.Header{"Retry-After": {"99999999999999999999"}}, "1"},
		{http.Header{"Retry-After": {now.Add(5 * time.Minute).Format(http.TimeFormat)}}, "5"},
		{http.Header{"X-Ratelimit-Reset": {unix(59 * time.Minute)}}, "59"},
		{http.Header{"X-Ratelimit-Reset": {unix(-time.Hour)}}, "1"},
		{http.Header{"X-Ratelimit-Reset": {"soon"}}, "1"},
		{http.Header{"X-Ratelimit-Reset": {unix(59 * time.Minute)}, "X-Ratelimit-Remaining": {"12"}}, "1"},
		// This computer's clock is an hour behind; the answer's Date is not.
		{http.Header{"X-Ratelimit-Reset": {unix(65 * time.Minute)}, "Date": {now.Add(time.Hour).Format(http.TimeFormat)}}, "5"},
	} {
		if got := provider.RateLimited(now, 429, c.h).Params["minutes"]; got != c.want {
			t.Errorf("%v: %s minutes, want %s", c.h, got, c.want)
		}
	}
}
