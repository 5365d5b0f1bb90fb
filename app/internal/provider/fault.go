package provider

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// Refusal turns the error code of an authorization error response that carried
// the right state (RFC 6749 section 4.1.2.1, OpenID Connect Core 3.1.2.6, and the
// providers' own) into an *app.Error.
func Refusal(p app.Provider, errorCode string) *app.Error {
	code, ok := refusals[errorCode]
	if !ok {
		code = app.CodeProviderBadAnswer
	}
	return app.Fail(code, fmt.Errorf("authorization: error %s", printable(errorCode)), "provider", p.Name)
}

var refusals = map[string]app.Code{
	"access_denied":              app.CodeProviderDenied,
	"user_cancelled_authorize":   app.CodeProviderDenied, // Apple
	"consent_required":           app.CodeProviderDenied,
	"interaction_required":       app.CodeProviderDenied,
	"login_required":             app.CodeProviderDenied,
	"account_selection_required": app.CodeProviderDenied,
	"redirect_uri_mismatch":      app.CodeProviderMisconfigured,
	"invalid_request":            app.CodeProviderMisconfigured,
	"invalid_client":             app.CodeProviderMisconfigured,
	"unauthorized_client":        app.CodeProviderMisconfigured,
	"unsupported_response_type":  app.CodeProviderMisconfigured,
	"invalid_scope":              app.CodeProviderMisconfigured,
	"application_suspended":      app.CodeProviderUnavailable,
	"server_error":               app.CodeProviderError,
	"temporarily_unavailable":    app.CodeProviderError,
}

// tokenErrors are the error codes of a token endpoint (RFC 6749 section 5.2 and
// GitHub's) that mean the same at every provider.
var tokenErrors = map[string]app.Code{
	"invalid_grant":                app.CodeCodeExpired,
	"bad_verification_code":        app.CodeCodeExpired,           // GitHub; a wrong verifier too
	"invalid_request":              app.CodeProviderMisconfigured, // Google: client_secret is missing
	"invalid_client":               app.CodeProviderMisconfigured,
	"incorrect_client_credentials": app.CodeProviderMisconfigured,
	"redirect_uri_mismatch":        app.CodeProviderMisconfigured,
	"unauthorized_client":          app.CodeProviderMisconfigured,
	"unsupported_grant_type":       app.CodeProviderMisconfigured,
	"invalid_scope":                app.CodeProviderMisconfigured,
	"unverified_user_email":        app.CodePrimaryEmailUnverified,
	"application_suspended":        app.CodeProviderUnavailable,
	"access_denied":                app.CodeProviderDenied,
	"server_error":                 app.CodeProviderError,
	"temporarily_unavailable":      app.CodeProviderError,
	"slow_down":                    app.CodeRateLimited,
}

// place is where an answer came from; the same status means another thing there.
type place string

const (
	atToken     place = "token"
	atProfile   place = "profile"
	atDiscovery place = "discovery"
	atRevoke    place = "revocation"
)

// usedBefore is how the servers that say so word that a code came for the second
// time. GitHub and Naver answer as for one that is too old.
var usedBefore = regexp.MustCompile(`(?i)\balready (been )?(used|redeemed|consumed|exchanged)\b`)

// codeFault tells a code that was used before from one that is too old or wrong.
func codeFault(description string) app.Code {
	if usedBefore.MatchString(description) {
		return app.CodeCodeUsed
	}
	return app.CodeCodeExpired
}

// tokenFault judges a token endpoint's refusal: by its error code, which GitHub
// and Naver send with status 200, else by its status.
func tokenFault(now time.Time, status int, h http.Header, errorCode, description string) *app.Error {
	code, known := tokenErrors[errorCode]
	if code == app.CodeCodeExpired {
		code = codeFault(description)
	}
	switch {
	case known && code != app.CodeRateLimited:
		return app.Fail(code, fmt.Errorf("token: HTTP %d, error %s", status, printable(errorCode)))
	case known, strings.Contains(errorCode, "rate_limit"), strings.Contains(errorCode, "too_many"):
		// What GitHub sends beyond 2,000 token requests an hour is not documented.
		return rateLimited(now, atToken, status, h)
	}
	return statusFault(now, atToken, status, h, errorCode)
}

// statusFault judges an answer by its status alone. errorCode is for the log.
func statusFault(now time.Time, at place, status int, h http.Header, errorCode string) *app.Error {
	limited := status == http.StatusTooManyRequests || status == http.StatusForbidden &&
		(h.Get("Retry-After") != "" || h.Get("X-RateLimit-Remaining") == "0" || at == atToken)
	code := app.CodeProviderBadAnswer
	switch {
	case limited:
		return rateLimited(now, at, status, h)
	case status >= 500, status == http.StatusRequestTimeout:
		code = app.CodeProviderServerError
	case at == atProfile && status == http.StatusUnauthorized:
		code = app.CodeTokenRevoked
	case at == atProfile && status == http.StatusForbidden:
		code = app.CodePermissionMissing
	case at == atToken && (status == http.StatusUnauthorized || status == http.StatusNotFound),
		at == atDiscovery && status == http.StatusNotFound,
		at == atRevoke && status == http.StatusUnauthorized:
		code = app.CodeProviderMisconfigured
	}
	err := fmt.Errorf("%s: HTTP %d", at, status)
	if errorCode != "" {
		err = fmt.Errorf("%w, error %s", err, printable(errorCode))
	}
	return app.Fail(code, err)
}

// rateLimited says when to come back, in whole minutes and as an instant (RFC 3339)
// on this computer's clock: Retry-After in seconds or as a date (RFC 9110 section 10.2.3),
// else x-ratelimit-reset in Unix seconds if nothing remains until then, else a
// minute, at most a day. The provider's Date is compared with, not this computer's
// clock, where there is one.
func rateLimited(local time.Time, at place, status int, h http.Header) *app.Error {
	now := local
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	wait := time.Minute
	if s := h.Get("Retry-After"); s != "" {
		if n, err := strconv.ParseInt(s, 10, 32); err == nil {
			wait = time.Duration(n) * time.Second
		} else if t, err := http.ParseTime(s); err == nil {
			wait = t.Sub(now)
		}
	} else if n, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64); err == nil && or(h.Get("X-RateLimit-Remaining"), "0") == "0" {
		wait = time.Unix(n, 0).Sub(now)
	}
	wait = min(max(wait, time.Minute), 24*time.Hour)
	minutes := int((wait + time.Minute - 1) / time.Minute)
	until := local.Add(wait + time.Minute - 1).Truncate(time.Minute) // the first full minute that is not too early
	code := app.CodeRateLimited
	if at == atProfile {
		code = app.CodeRateLimitedUntil
	}
	return app.Fail(code, fmt.Errorf("HTTP %d, wait %s", status, wait), "minutes", strconv.Itoa(minutes), "time", until.UTC().Format(time.RFC3339))
}

// Winsock's numbers for what package syscall names only on Unix.
const (
	wsaENetDown     = syscall.Errno(10050)
	wsaENetUnreach  = syscall.Errno(10051)
	wsaETimedOut    = syscall.Errno(10060)
	wsaEHostUnreach = syscall.Errno(10065)
)

// fault gives every error of a conversation to p its code and the provider's name. ctx is
// the conversation's. A cancel by the caller is no failure and keeps context.Canceled.
func fault(ctx context.Context, p app.Provider, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*app.Error](err); ok {
		named := *e
		named.Params = app.Params{"provider": p.Name}
		for k, v := range e.Params {
			named.Params[k] = v
		}
		return &named
	}
	if cause := context.Cause(ctx); errors.Is(cause, context.Canceled) {
		return fmt.Errorf("provider: %w", context.Canceled)
	} else if cause != nil {
		return app.Fail(app.CodeTimeout, cause, "provider", p.Name)
	}
	return app.Fail(networkCode(err), err, "provider", p.Name)
}

// networkCode names what kept a request from its answer (docs/providers.md#on-the-network).
func networkCode(err error) app.Code {
	// Names come first: the resolver's own network errors are inside.
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if strings.HasSuffix(dns.Err, syscall.ENETUNREACH.Error()) {
			return app.CodeOffline // not even the name server can be reached
		}
		return app.CodeDNSFailed
	}
	if c, ok := errors.AsType[x509.CertificateInvalidError](err); ok && c.Reason == x509.Expired {
		return app.CodeClockWrong
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return app.CodeTLSUntrusted
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return app.CodeCaptivePortal // something that speaks no TLS answered for the provider
	}
	op, isOp := errors.AsType[*net.OpError](err)
	if isOp && (op.Op == "remote error" || op.Op == "local error") {
		return app.CodeTLSUntrusted // a TLS alert: crypto/tls names them so
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		switch errno {
		case syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.ENETDOWN, wsaENetDown, wsaENetUnreach, wsaEHostUnreach:
			return app.CodeOffline
		case syscall.ETIMEDOUT, wsaETimedOut:
			return app.CodeTimeout
		}
	}
	if isOp && (op.Op == "proxyconnect" || strings.HasPrefix(op.Op, "socks")) {
		if strings.Contains(op.Err.Error(), "authentication") { // a SOCKS proxy's 407
			return app.CodeProxyPassword
		}
		return app.CodeOffline // the provider was never asked
	}
	if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
		return app.CodeTimeout
	}
	return app.CodeProviderError
}

// printable is a provider's error code fit for the log: quoted and short.
func printable(s string) string {
	if len(s) > 64 {
		s = s[:64]
	}
	return strconv.QuoteToASCII(s)
}
