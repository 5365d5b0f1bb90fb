package remote

import (
	"context"
	"net/http"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory/wire"
)

// Provider is a provider whose authorization code the directory redeems; it alone
// has the client secret. It satisfies attempt.AuthorizationServer.
type Provider struct {
	r    *Remote
	wire wire.Provider
}

// DeviceProvider is a Provider that also offers a device code. It satisfies
// attempt.DeviceAuthorizationServer.
type DeviceProvider struct{ *Provider }

// Describe describes the provider to the window and the redirect listener.
func (p *Provider) Describe() app.Provider {
	d := app.Provider{
		ID: p.wire.ID, Name: p.wire.Name, Issuer: p.wire.Issuer, Browser: p.wire.Browser, Device: p.wire.Device,
		Ports: p.wire.Ports, Issuers: p.wire.Issuers, Pages: p.wire.Pages,
	}
	if d.ID == "naver" { // it refuses people on a page of its own
		d.Unanswered = app.CodeAccountNotAllowed
	}
	return d
}

// AuthorizationURL builds the authorization request. It asks nobody.
func (p *Provider) AuthorizationURL(_ context.Context, req app.AuthorizationRequest) (string, error) {
	return p.r.o.Authorize(p.wire.ID, app.PublicClient{ClientID: p.wire.ClientID, AuthorizeURL: p.wire.AuthorizeURL, Scopes: p.wire.Scopes}, req)
}

// Exchange lets the directory redeem the code. The same request again is answered
// the same, so a lost answer costs nobody a second sign-in.
func (p *Provider) Exchange(ctx context.Context, req app.AuthorizationRequest, resp app.AuthorizationResponse) (app.Confirmation, error) {
	r := wire.ConfirmationRequest{
		Provider: p.wire.ID, Code: resp.Code, CodeVerifier: req.CodeVerifier, RedirectURI: req.RedirectURI, Nonce: req.Nonce, Iss: resp.Issuer,
	}
	if req.Prompt == app.PromptReauthenticate {
		r.AskedAt = req.At.UnixMilli()
	}
	var c wire.Confirmation
	header, err := p.r.client.do(ctx, http.MethodPost, "/v1/confirmations", "", r, &c)
	if err != nil {
		return app.Confirmation{}, named(err, p.wire.Name)
	}
	p.r.said(c.Profile, c.User)
	word := app.Confirmation{Profile: profileOf(c.Profile, c.Ticket), ServerTime: p.r.serverTime(header), At: p.r.o.Clock.Now().Add(-time.Duration(c.Age) * time.Second)}
	if c.Withdrawable {
		word.Revoke = func(ctx context.Context) error {
			_, err := p.r.client.do(ctx, http.MethodPost, "/v1/withdrawals", "", wire.WithdrawalRequest{Ticket: c.Ticket}, nil)
			return named(err, p.wire.Name)
		}
	}
	return word, nil
}

// named gives the provider's name to a code that lost it.
func named(err error, provider string) error {
	if err == nil {
		return nil
	}
	if app.ParamsOf(err)["provider"] != "" {
		return err
	}
	params := []string{"provider", provider}
	for k, v := range app.ParamsOf(err) {
		params = append(params, k, v)
	}
	return app.Fail(app.CodeOf(err), err, params...)
}

// RequestDeviceCode begins a sign-in by device code. What polls for it stays at the
// directory: DeviceCode is the directory's own name for it.
func (p DeviceProvider) RequestDeviceCode(ctx context.Context) (app.DeviceCode, error) {
	var d wire.DeviceAnswer
	if _, err := p.r.client.do(ctx, http.MethodPost, "/v1/device", "", wire.DeviceRequest{Provider: p.wire.ID}, &d); err != nil {
		return app.DeviceCode{}, named(err, p.wire.Name)
	}
	return app.DeviceCode{
		DeviceCode: d.ID, UserCode: d.UserCode, VerificationURI: d.VerificationURI, VerificationURIComplete: d.VerificationURIComplete,
		ExpiresAt: p.r.o.Clock.Now().Add(time.Duration(d.ExpiresIn) * time.Second), Interval: time.Duration(d.Interval) * time.Second,
	}, nil
}

// AwaitDeviceCode asks the directory until the person has decided, no more often
// than it wants to be asked. A directory that is away is waited for as long as the
// code is good. CodeDeviceCodeExpired, CodeDeviceDenied, and the codes of Exchange.
func (p DeviceProvider) AwaitDeviceCode(ctx context.Context, d app.DeviceCode) (app.Confirmation, error) {
	pause := max(d.Interval, time.Second)
	for {
		woken := make(chan struct{})
		stop := p.r.o.Clock.AfterFunc(pause+pause/5, func() { close(woken) })
		select {
		case <-woken:
		case <-ctx.Done():
			stop()
			return app.Confirmation{}, ctx.Err()
		}
		if !p.r.o.Clock.Now().Before(d.ExpiresAt) {
			return app.Confirmation{}, app.Fail(app.CodeDeviceCodeExpired, nil)
		}
		var poll wire.DevicePoll
		header, err := p.r.client.do(ctx, http.MethodPost, "/v1/device/"+d.DeviceCode, "", wire.Nothing{}, &poll)
		switch app.CodeOf(err) {
		case "":
		case app.CodeDirectoryUnavailable, app.CodeOffline:
			continue
		default:
			return app.Confirmation{}, named(err, p.wire.Name)
		}
		if poll.Interval > 0 {
			pause = time.Duration(poll.Interval) * time.Second
		}
		if poll.Status == "confirmed" && poll.Profile != nil {
			p.r.said(*poll.Profile, poll.User)
			return app.Confirmation{Profile: profileOf(*poll.Profile, poll.Ticket), ServerTime: p.r.serverTime(header)}, nil
		}
	}
}

func profileOf(i wire.Identity, ticket string) app.Profile {
	return app.Profile{
		Key: app.IdentityKey{Issuer: i.Issuer, Subject: i.Subject}, Provider: i.Provider, Login: i.Login, Nickname: i.Nickname, Name: i.Name,
		Email: i.Email, EmailVerified: i.EmailVerified, Notice: i.Notice, Ticket: ticket,
	}
}

func identityOf(i wire.Identity, userID string) app.Identity {
	return app.Identity{ID: i.ID, UserID: userID, Profile: profileOf(i, ""), LinkedAt: moment(i.LinkedAt), ConfirmedAt: moment(i.ConfirmedAt)}
}

func userOf(u wire.User) app.User {
	return app.User{ID: u.ID, Nickname: u.Nickname, CreatedAt: moment(u.CreatedAt), RenamedAt: moment(u.RenamedAt)}
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// serverTime is the Date of an answer over TLS, or zero.
func (r *Remote) serverTime(h http.Header) time.Time {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil || len(r.client.base) < 8 || r.client.base[:8] != "https://" {
		return time.Time{}
	}
	return date.UTC()
}
