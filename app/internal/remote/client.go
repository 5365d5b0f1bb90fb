package remote

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
	"net/http"
	"slices"
	"strings"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory/wire"
)

const (
	// requestTimeout is how long one request may take: a confirmation waits for the
	// provider behind the directory.
	requestTimeout = 15 * time.Second
	maxAnswer      = 1 << 20
	// again is the pause before the one repetition of a request whose connection
	// failed. Every request of ours may be repeated.
	again = 300 * time.Millisecond
)

// client talks to one directory.
type client struct {
	base   string // without a slash at the end
	agent  string
	http   *http.Client
	online func() bool
}

func newClient(o Options) *client {
	transport := &http.Transport{
		Proxy: o.Proxy, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 64 << 10,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots}, TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: time.Minute,
	}
	return &client{
		base: strings.TrimSuffix(o.URL, "/"), agent: o.UserAgent, online: o.Online,
		http: &http.Client{Transport: transport, Timeout: requestTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
}

// do asks once, and once more where the connection failed. The codes are the
// directory's own; CodeOffline if there is no network, CodeDirectoryUnavailable if
// the directory does not answer or is in trouble itself, CodeDirectoryBadAnswer if
// what answers is no directory, CodeDirectoryVersion if it does not know the request.
func (c *client) do(ctx context.Context, method, path, bearer string, body, into any) (http.Header, error) {
	header, err := c.once(ctx, method, path, bearer, body, into)
	if app.CodeOf(err) == app.CodeDirectoryUnavailable && ctx.Err() == nil {
		select {
		case <-time.After(again):
			header, err = c.once(ctx, method, path, bearer, body, into)
		case <-ctx.Done():
		}
	}
	return header, err
}

func (c *client) once(ctx context.Context, method, path, bearer string, body, into any) (http.Header, error) {
	var r io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, app.Fail(app.CodeInternal, err)
		}
		r = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, r)
	if err != nil {
		return nil, app.Fail(app.CodeInternal, err)
	}
	req.Header.Set("User-Agent", c.agent)
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.fault(ctx, err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, c.fault(ctx, err)
	}
	nonsense := func(why string) error {
		return app.Fail(app.CodeDirectoryBadAnswer, fmt.Errorf("directory: HTTP %d: %s", resp.StatusCode, why))
	}
	if len(data) > maxAnswer {
		return nil, nonsense("too large")
	}
	if resp.StatusCode == http.StatusNoContent {
		return resp.Header, nil
	}
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if resp.StatusCode/100 == 2 {
		if media != "application/json" || into == nil || json.Unmarshal(data, into) != nil {
			return nil, nonsense("not what was asked for")
		}
		return resp.Header, nil
	}
	var f wire.Failure
	if media == "application/json" && json.Unmarshal(data, &f) == nil && f.Code != "" {
		var params []string
		for k, v := range f.Params {
			params = append(params, k, v)
		}
		err := fmt.Errorf("directory: HTTP %d, support %s", resp.StatusCode, f.Support)
		if ofAnotherVersion(path, f) {
			return nil, app.Fail(app.CodeDirectoryVersion, err)
		}
		return nil, app.Fail(f.Code, err, params...)
	}
	if resp.StatusCode >= 500 { // a proxy that does not reach it
		return nil, app.Fail(app.CodeDirectoryUnavailable, fmt.Errorf("directory: HTTP %d", resp.StatusCode))
	}
	return nil, nonsense("no failure of a directory's")
}

// optional are the routes that older directories lack and whose callers have words of
// their own for it.
var optional = []string{"/v1/recovery", "/v1/me/recovery", "/v1/merges"}

// ofAnotherVersion reports that the directory does not know a request that every desktop
// of its version sends.
func ofAnotherVersion(path string, f wire.Failure) bool {
	switch f.Code {
	case app.CodeBadRequest, app.CodeMethod, app.CodeMediaType, app.CodeBodyTooLarge:
		return true
	case app.CodeNotFound:
		return f.Params["what"] == wire.NoRoute && !slices.ContainsFunc(optional, func(of string) bool { return strings.HasPrefix(path, of) })
	}
	return false
}

// fault says why nothing came back.
func (c *client) fault(ctx context.Context, err error) error {
	_, authority := errors.AsType[x509.UnknownAuthorityError](err)
	_, host := errors.AsType[x509.HostnameError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return app.Fail(app.CodeDirectoryUnavailable, ctx.Err())
	case authority || host || invalid:
		return app.Fail(app.CodeTLSUntrusted, err)
	case c.online != nil && !c.online() && !strings.HasPrefix(c.base, "http://"): // loopback needs no network
		return app.Fail(app.CodeOffline, err)
	}
	return app.Fail(app.CodeDirectoryUnavailable, err)
}
