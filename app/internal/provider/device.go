package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"munpae.example/munpae/app/internal/app"
)

const (
	deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

	deviceInterval    = 5 * time.Second // RFC 8628 section 3.2, where the answer names none
	deviceMaxInterval = 60 * time.Second
	deviceMaxLifetime = time.Hour
	// A failing network is given this many polls in a row before the person hears of it.
	deviceMaxFailures = 4

	// Clocks in virtual machines drift, and a poll that comes a moment early is
	// answered with slow_down, so every wait is a fifth longer than asked for, and
	// two fifths after a slow_down.
	driftFactor         = 1.2
	driftFactorSlowDown = 1.4
)

// deviceErrors are the error codes that end a device sign-in (RFC 8628 section
// 3.5, and GitHub's own).
var deviceErrors = map[string]app.Code{
	"expired_token":         app.CodeDeviceCodeExpired,
	"token_expired":         app.CodeDeviceCodeExpired, // GitHub's documentation has both
	"access_denied":         app.CodeDeviceDenied,
	"device_flow_disabled":  app.CodeDeviceDisabled,
	"incorrect_device_code": app.CodeProviderMisconfigured,
}

// RequestDeviceCode asks for a device and a user code (RFC 8628 section 3.1).
// CodeDeviceDisabled, CodeProviderMisconfigured, CodeProviderBadAnswer,
// CodeRateLimited, or a network code.
func (g *GitHub) RequestDeviceCode(ctx context.Context) (app.DeviceCode, error) {
	v := g.client.conversation()
	defer v.end()
	a, err := v.post(ctx, g.base+"/login/device/code", url.Values{
		"client_id": {g.id},
		"scope":     {strings.Join(githubScopes, " ")},
	})
	if err != nil {
		return app.DeviceCode{}, fault(ctx, g.describe, err)
	}
	o, err := deviceAnswer(v, a)
	if err != nil {
		return app.DeviceCode{}, fault(ctx, g.describe, err)
	}
	d, err := g.deviceCode(o, v.clock.Now())
	return d, fault(ctx, g.describe, err)
}

// deviceCode maps the answer. The page is where the provider says: it is shown as
// an address and a picture, and the opener's own list decides what is ever opened.
// It must be at the host that the provider is configured with, and one that no
// network between can read: https, or http on loopback.
func (g *GitHub) deviceCode(o object, now time.Time) (app.DeviceCode, error) {
	lifetime, ok := o.integer("expires_in")
	interval, hasInterval := o.integer("interval")
	if !hasInterval || interval <= 0 {
		interval = int64(deviceInterval / time.Second)
	}
	d := app.DeviceCode{
		DeviceCode:              o.string("device_code"),
		UserCode:                o.string("user_code"),
		VerificationURI:         o.string("verification_uri"),
		VerificationURIComplete: o.string("verification_uri_complete"),
		ExpiresAt:               now.Add(min(time.Duration(min(lifetime, 1<<20))*time.Second, deviceMaxLifetime)),
		Interval:                min(time.Duration(min(interval, 1<<20))*time.Second, deviceMaxInterval),
	}
	complete := d.VerificationURIComplete
	if !ok || lifetime <= 0 || !visibleASCII(d.DeviceCode, 1024) || !visibleASCII(d.UserCode, 32) ||
		!devicePage(d.VerificationURI, g.base) || complete != "" && !devicePage(complete, d.VerificationURI) {
		return app.DeviceCode{}, app.Fail(app.CodeProviderBadAnswer, errors.New("device code: an answer of another shape"))
	}
	return d, nil
}

// devicePage reports whether address may be shown as the page to type the code
// at: it is at the origin of beside, which is the provider's own or was found good.
func devicePage(address, beside string) bool {
	u, err := url.Parse(address)
	if err != nil || !visibleASCII(address, 256) || !safeAddress(u) || u.User != nil {
		return false
	}
	b, err := url.Parse(beside)
	return err == nil && u.Scheme == b.Scheme && u.Host == b.Host
}

// AwaitDeviceCode polls until the person has decided: first after the interval,
// never faster than the server wants, never after the code has expired. A network
// that fails is tried again more slowly before it is given up.
// CodeDeviceCodeExpired, CodeDeviceDenied, the codes of RequestDeviceCode, or those
// of the profile; context.Canceled if ctx ends.
func (g *GitHub) AwaitDeviceCode(ctx context.Context, d app.DeviceCode) (app.Confirmation, error) {
	clock := g.client.clock()
	interval, factor, failures := d.Interval, driftFactor, 0
	if interval <= 0 {
		interval = deviceInterval
	}
	for {
		wait := time.Duration(float64(interval) * factor)
		wait = min(wait<<failures, max(wait, deviceMaxInterval)) // RFC 8628 section 3.5: back off
		if err := sleep(ctx, clock, wait); err != nil {
			return app.Confirmation{}, fault(ctx, g.describe, err)
		}
		if !clock.Now().Before(d.ExpiresAt) {
			return app.Confirmation{}, fault(ctx, g.describe, app.Fail(app.CodeDeviceCodeExpired, nil))
		}
		p, err := g.poll(ctx, d.DeviceCode)
		if err != nil {
			if failures++; !passes(err) || failures > deviceMaxFailures {
				return app.Confirmation{}, err
			}
			continue
		}
		failures = 0
		if p.slowDown {
			factor = driftFactorSlowDown
			if p.interval == 0 {
				p.interval = interval + deviceInterval // what RFC 8628 section 3.5 adds
			}
			interval = min(max(interval, p.interval), deviceMaxInterval)
		}
		if p.token != "" {
			v := g.client.conversation()
			defer v.end()
			return g.confirm(ctx, v, p.token)
		}
	}
}

// PollDeviceCode asks once whether the person has decided; how often it may be asked
// is the caller's to keep. Codes of AwaitDeviceCode.
func (g *GitHub) PollDeviceCode(ctx context.Context, d app.DeviceCode) (app.DevicePoll, error) {
	if !g.client.clock().Now().Before(d.ExpiresAt) {
		return app.DevicePoll{}, fault(ctx, g.describe, app.Fail(app.CodeDeviceCodeExpired, nil))
	}
	p, err := g.poll(ctx, d.DeviceCode)
	if err != nil || p.token == "" {
		return app.DevicePoll{SlowDown: p.slowDown, Interval: p.interval}, err
	}
	v := g.client.conversation()
	defer v.end()
	c, err := g.confirm(ctx, v, p.token)
	return app.DevicePoll{Confirmation: &c}, err
}

// polled is what one poll brought: a token, or that the person has not decided yet.
type polled struct {
	token    string
	slowDown bool
	interval time.Duration // the new one that came with slow_down, or 0
}

func (g *GitHub) poll(ctx context.Context, deviceCode string) (polled, error) {
	v := g.client.conversation()
	defer v.end()
	a, err := v.post(ctx, g.code.Endpoint.TokenURL, url.Values{
		"client_id":   {g.id},
		"device_code": {deviceCode},
		"grant_type":  {deviceGrant},
	})
	if err != nil {
		return polled{}, fault(ctx, g.describe, err)
	}
	o, err := deviceAnswer(v, a)
	if err != nil {
		return polled{}, fault(ctx, g.describe, err)
	}
	switch o.string("error") {
	case "authorization_pending":
		return polled{}, nil
	case "slow_down":
		seconds, _ := o.integer("interval")
		return polled{slowDown: true, interval: time.Duration(min(max(seconds, 0), 1<<20)) * time.Second}, nil
	}
	token := o.string("access_token")
	return polled{token: token}, fault(ctx, g.describe, checkToken(token, o.string("token_type")))
}

// deviceAnswer reads an answer by its body: GitHub refuses with 200 as well as
// with 400. The two errors that mean "wait" are answers.
func deviceAnswer(v *conversation, a answer) (object, error) {
	o, err := parseObject(a.body)
	code := o.string("error")
	switch {
	case code == "authorization_pending", code == "slow_down":
		return o, nil
	case code != "":
		if known, ok := deviceErrors[code]; ok {
			return nil, app.Fail(known, fmt.Errorf("device code: HTTP %d, error %s", a.status, printable(code)))
		}
		return nil, tokenFault(v.clock.Now(), a.status, a.header, code, "")
	case a.status != http.StatusOK:
		return nil, statusFault(v.clock.Now(), atToken, a.status, a.header, "")
	case err != nil:
		return nil, app.Fail(app.CodeProviderBadAnswer, err)
	}
	return o, nil
}

// passes reports whether err may pass by itself while the person still types.
func passes(err error) bool {
	switch app.CodeOf(err) {
	case app.CodeOffline, app.CodeDNSFailed, app.CodeTimeout, app.CodeProviderError, app.CodeProviderServerError, app.CodeRateLimited, app.CodeCaptivePortal:
		return true
	}
	return false
}

// sleep waits for d on clock, or until ctx ends.
func sleep(ctx context.Context, clock app.Clock, d time.Duration) error {
	woken := make(chan struct{})
	stop := clock.AfterFunc(d, func() { close(woken) })
	defer stop()
	select {
	case <-woken:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
