package directory

import (
	"context"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory/rows"
	"munpae.example/munpae/app/internal/nickname"
	"munpae.example/munpae/app/internal/session"
)

const (
	// OfflineDays is how long a desktop may go without an answer from the directory.
	OfflineDays = 30

	proposalsShown = 3
	maxDeviceName  = 64 // characters
	maxPlatform    = 32 // bytes
	maxPage        = 100
	exported       = 1000

	// In a minute: what one address may have confirmed, what one ticket or user may
	// ask of nicknames.
	confirmationsPerMinute = 300
	checksPerMinute        = 120
	// What one address may guess of recovery codes, and one user make of them.
	recoveriesPerMinute = 10
	// How often one user may be brought together with others, or apart.
	mergesPerMinute = 10
)

// IdentityProvider is one way in by authorization code: package provider.
type IdentityProvider interface {
	Describe() app.Provider
	// Public is what of the registration may be told; it may have to ask the network.
	Public(context.Context) (app.PublicClient, error)
	Exchange(context.Context, app.AuthorizationRequest, app.AuthorizationResponse) (app.Confirmation, error)
}

// DeviceProvider is an IdentityProvider that also offers a device code.
type DeviceProvider interface {
	IdentityProvider
	RequestDeviceCode(context.Context) (app.DeviceCode, error)
	PollDeviceCode(context.Context, app.DeviceCode) (app.DevicePoll, error)
}

// Options are what New needs; every field is required but Audiences, Version and Demo.
type Options struct {
	DB        *rows.DB
	Providers []IdentityProvider
	// Issuer is the public address: iss of every token, aud of those for itself.
	Issuer    string
	Audiences []string // for whom else tokens may be made
	// Secret seals what rows keep and signs refresh tokens. Replicas share it.
	Secret  [32]byte
	Version string
	Demo    bool // the providers are invented, and desktops say so
	Clock   app.Clock
	Rand    io.Reader
	Log     *slog.Logger
	// ActTimeout is how long the act of one request takes at most; 20 s without it.
	ActTimeout time.Duration
}

// Service is the directory's use cases. It is safe for concurrent use; any number of
// them may share a database and a secret.
type Service struct {
	o         Options
	db        *rows.DB
	keeper    *session.Keeper
	signer    *signer
	ticketKey []byte
	// hashing is who may compute slow hashes: each takes 19 MiB while it lasts.
	hashing chan struct{}
}

// New makes a Service on a database that has been migrated, and the first signing
// keys. CodeKeystoreLost if the database's keys were sealed with another secret.
func New(ctx context.Context, o Options) (*Service, error) {
	master := newMasterKey(o.Secret)
	keeper, err := session.New(session.Options{
		Store: o.DB, Keys: master, InstallID: "directory", Launch: "wire", Clock: o.Clock, Rand: o.Rand, Wire: true,
	})
	if err != nil {
		return nil, err
	}
	ticketKey, err := hkdf.Key(sha256.New, o.Secret[:], nil, "ticket-v1", 32)
	if err != nil {
		return nil, app.Fail(app.CodeInternal, err)
	}
	o.DB.RestBy(keeper.NameTag)
	s := &Service{o: o, db: o.DB, keeper: keeper, ticketKey: ticketKey, hashing: make(chan struct{}, 2)}
	s.signer = newSigner(o, keeper)
	if err := s.signer.maintain(ctx); err != nil {
		return nil, err
	}
	_, _, err = s.signer.signing(ctx, o.Clock.Now())
	return s, err
}

func newSigner(o Options, keeper *session.Keeper) *signer {
	return &signer{
		db: o.DB, clock: o.Clock, rand: o.Rand, issuer: o.Issuer, seal: keeper.Seal, open: keeper.Open, private: map[string]ed25519.PrivateKey{},
		parser: jwt.NewParser(jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithStrictDecoding(), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
			jwt.WithIssuer(o.Issuer), jwt.WithAudience(o.Issuer), jwt.WithLeeway(leeway), jwt.WithTimeFunc(o.Clock.Now), jwt.WithJSONNumber()),
	}
}

// RotateKeys makes the next signing key sign from now on.
func (s *Service) RotateKeys(ctx context.Context) error { return s.signer.rotate(ctx) }

// Maintain does what is due: keys, and the sweeping of what has expired. Replicas
// may all do it.
func (s *Service) Maintain(ctx context.Context) error {
	return errors.Join(s.signer.maintain(ctx), s.db.Sweep(ctx, s.now()))
}

func (s *Service) now() time.Time { return s.o.Clock.Now().UTC() }

// Home describes the directory. A provider whose own description can't be had now is
// left out.
func (s *Service) Home(ctx context.Context) Home {
	h := Home{Issuer: s.o.Issuer, Providers: []Provider{}, OfflineDays: OfflineDays, RestDays: int(app.NicknameRest / (24 * time.Hour)), JWKSURI: s.o.Issuer + jwksPath, Version: s.o.Version, Demo: s.o.Demo, Merges: true}
	for _, p := range s.o.Providers {
		d := p.Describe()
		public, err := p.Public(ctx)
		if err != nil {
			s.o.Log.Warn("provider not described", "provider", d.ID, "code", app.CodeOf(err))
			continue
		}
		h.Providers = append(h.Providers, Provider{
			ID: d.ID, Name: d.Name, Issuer: d.Issuer, ClientID: public.ClientID, AuthorizeURL: public.AuthorizeURL, Scopes: full(public.Scopes),
			Ports: full(d.Ports), Browser: d.Browser, Device: d.Device, Issuers: full(d.Issuers), Pages: full(d.Pages),
		})
	}
	return h
}

// full is list, and never null on the wire.
func full[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (s *Service) provider(id string) (IdentityProvider, error) {
	for _, p := range s.o.Providers {
		if p.Describe().ID == id {
			return p, nil
		}
	}
	return nil, app.Fail(app.CodeNotFound, errors.New("no such provider"))
}

// Confirm redeems an authorization code. The same request again, from whoever knows
// its verifier, is answered with the same ticket while that is good. CodeNotFound for
// a provider that is not offered, and every code of an exchange.
func (s *Service) Confirm(ctx context.Context, address string, r ConfirmationRequest) (Confirmation, error) {
	p, err := s.provider(r.Provider)
	if err != nil {
		return Confirmation{}, err
	}
	if !p.Describe().Browser || !validExchange(r) {
		return Confirmation{}, app.Fail(app.CodeBadRequest, nil)
	}
	ticket := s.ticketFor("code", r.Provider, r.Code, r.CodeVerifier, r.RedirectURI, r.Nonce)
	if c, err := s.recall(ctx, ticket); app.CodeOf(err) != app.CodeSignUpExpired {
		return c, err
	}
	if err := s.count(ctx, "confirm "+address, confirmationsPerMinute); err != nil {
		return Confirmation{}, err
	}
	asked := app.AuthorizationRequest{
		RedirectURI: r.RedirectURI, CodeVerifier: r.CodeVerifier, Nonce: r.Nonce,
		State: "-", // it was compared where the response came in
	}
	if r.AskedAt > 0 {
		asked.Prompt, asked.At = app.PromptReauthenticate, time.UnixMilli(r.AskedAt)
	}
	c, err := p.Exchange(ctx, asked, app.AuthorizationResponse{Code: r.Code, Issuer: r.Iss})
	if err != nil {
		// Another replica may have redeemed it for the same asker meanwhile.
		if again, recallErr := s.recall(ctx, ticket); recallErr == nil {
			return again, nil
		}
		return Confirmation{}, ours(p, err)
	}
	if r.AskedAt > 0 {
		if err := s.keepGrant(ctx, p, ticket, c); err != nil {
			return Confirmation{}, err
		}
	}
	return s.issue(ctx, ticket, c)
}

// ours turns what stands between the directory and a provider into the provider's
// trouble: to a desktop, offline and the like would speak of its own network.
func ours(p IdentityProvider, err error) error {
	switch app.CodeOf(err) {
	case app.CodeOffline, app.CodeDNSFailed, app.CodeCaptivePortal, app.CodeTLSUntrusted, app.CodeClockWrong:
		return app.Fail(app.CodeProviderError, err, "provider", p.Describe().Name)
	}
	return err
}

// validExchange refuses what no desktop of ours would send.
func validExchange(r ConfirmationRequest) bool {
	visible := func(text string, max int) bool {
		return len(text) <= max && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
	}
	verifier := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._~", r))
	}
	u, err := url.Parse(r.RedirectURI)
	return r.Code != "" && visible(r.Code, 4096) && visible(r.Nonce, 256) && visible(r.Iss, 512) && visible(r.RedirectURI, 512) &&
		len(r.CodeVerifier) >= 43 && len(r.CodeVerifier) <= 128 && !strings.ContainsFunc(r.CodeVerifier, verifier) && // RFC 7636 section 4.1
		err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// count refuses the act that is one too many in this minute over all replicas:
// CodeRateLimited.
func (s *Service) count(ctx context.Context, name string, limit int64) error {
	n, err := s.db.Count(ctx, name, s.now())
	if err != nil {
		return err
	}
	if n > limit {
		return app.Fail(app.CodeRateLimited, nil, "provider", "Munpae", "minutes", "1")
	}
	return nil
}

// StartDevice asks a provider for a device code. What polls for it stays here.
func (s *Service) StartDevice(ctx context.Context, address string, r DeviceRequest) (DeviceAnswer, error) {
	p, err := s.deviceProvider(r.Provider)
	if err != nil {
		return DeviceAnswer{}, err
	}
	if err := s.count(ctx, "confirm "+address, confirmationsPerMinute); err != nil {
		return DeviceAnswer{}, err
	}
	d, err := p.RequestDeviceCode(ctx)
	if err != nil {
		return DeviceAnswer{}, ours(p, err)
	}
	b := make([]byte, 32)
	if _, err := io.ReadFull(s.o.Rand, b); err != nil {
		return DeviceAnswer{}, app.Fail(app.CodeInternal, err)
	}
	id := base64.RawURLEncoding.EncodeToString(b)
	plain, err := json.Marshal(d)
	if err != nil {
		return DeviceAnswer{}, app.Fail(app.CodeInternal, err)
	}
	sealed, err := s.keeper.Seal(plain, "device code "+hashOf(id))
	if err != nil {
		return DeviceAnswer{}, err
	}
	now := s.now()
	row := rows.DeviceCode{ID: hashOf(id), Provider: r.Provider, Sealed: sealed, Pause: d.Interval, NextPoll: now.Add(d.Interval), ExpiresAt: d.ExpiresAt}
	if err := s.db.SaveDeviceCode(ctx, row); err != nil {
		return DeviceAnswer{}, err
	}
	return DeviceAnswer{
		ID: id, UserCode: d.UserCode, VerificationURI: d.VerificationURI, VerificationURIComplete: d.VerificationURIComplete,
		ExpiresIn: int64(d.ExpiresAt.Sub(now).Seconds()), Interval: int64(d.Interval.Seconds()),
	}, nil
}

func (s *Service) deviceProvider(id string) (DeviceProvider, error) {
	p, err := s.provider(id)
	if err != nil {
		return nil, err
	}
	d, ok := p.(DeviceProvider)
	if !ok || !p.Describe().Device {
		return nil, app.Fail(app.CodeBadRequest, errors.New("no device code at this provider"))
	}
	return d, nil
}

// PollDevice looks at a device code, and asks the provider no more often than it
// wants to be asked, however often and wherever the desktop asks. CodeDeviceCodeExpired,
// CodeDeviceDenied.
func (s *Service) PollDevice(ctx context.Context, id string) (DevicePoll, error) {
	ticket := s.ticketFor("device", id)
	if c, err := s.recall(ctx, ticket); err == nil {
		return confirmedPoll(c), nil
	} else if app.CodeOf(err) != app.CodeSignUpExpired {
		return DevicePoll{}, err
	}
	row, err := s.db.DeviceCode(ctx, hashOf(id))
	if err != nil {
		return DevicePoll{}, err
	}
	p, err := s.deviceProvider(row.Provider)
	if err != nil {
		return DevicePoll{}, err
	}
	now := s.now()
	if !now.Before(row.ExpiresAt) {
		return DevicePoll{}, app.Fail(app.CodeDeviceCodeExpired, nil)
	}
	waiting := DevicePoll{Status: "pending", Interval: int64(row.Pause.Seconds())}
	if now.Before(row.NextPoll) {
		waiting.Status = "slow_down"
		return waiting, nil
	}
	mine, err := s.db.TakePoll(ctx, row, now.Add(row.Pause), row.Pause)
	if err != nil || !mine {
		return waiting, err
	}
	var d app.DeviceCode
	plain, err := s.keeper.Open(row.Sealed, "device code "+row.ID)
	if err == nil {
		err = json.Unmarshal(plain, &d)
	}
	if err != nil {
		return DevicePoll{}, app.Fail(app.CodeDeviceCodeExpired, err)
	}
	poll, err := p.PollDeviceCode(ctx, d)
	switch {
	case err != nil:
		return DevicePoll{}, ours(p, err)
	case poll.Confirmation != nil:
		c, err := s.issue(ctx, ticket, *poll.Confirmation)
		return confirmedPoll(c), err
	case poll.SlowDown:
		pause := min(max(row.Pause+5*time.Second, poll.Interval), time.Minute) // RFC 8628 section 3.5
		row.NextPoll = now.Add(row.Pause)
		if _, err := s.db.TakePoll(ctx, row, now.Add(pause), pause); err != nil {
			return DevicePoll{}, err
		}
		waiting.Interval = int64(pause.Seconds())
	}
	return waiting, nil
}

func confirmedPoll(c Confirmation) DevicePoll {
	return DevicePoll{Status: "confirmed", Ticket: c.Ticket, ExpiresAt: c.ExpiresAt, Profile: &c.Profile, User: c.User}
}

// CheckNickname says whether a nickname is free, and holds a free one for a minute:
// for a ticket's identity, or for in where there is no ticket.
func (s *Service) CheckNickname(ctx context.Context, in app.SignedIn, r NicknameRequest) (NicknameAnswer, error) {
	a := NicknameAnswer{Text: r.Nickname, Proposals: []string{}}
	userID, owner := in.User.ID, in.User.ID
	var sources []string
	if r.Ticket != "" {
		t, p, err := s.openTicket(ctx, r.Ticket)
		if err != nil {
			return a, err
		}
		userID, owner = "", t.Hash
		sources = []string{p.Nickname, p.Name, p.Login}
	}
	if err := s.count(ctx, "nickname "+owner, checksPerMinute); err != nil {
		return a, err
	}
	n, err := nickname.Parse(r.Nickname)
	if err == nil {
		err = s.db.Hold(ctx, n, userID, owner, s.now())
	}
	if err == nil {
		a.Code = app.CodeAvailable
		return a, nil
	}
	return s.refuse(ctx, a, err, userID, owner, sources)
}

// refuse fills in why a nickname is not free and what would be. Errors of another
// kind are returned.
func (s *Service) refuse(ctx context.Context, a NicknameAnswer, err error, userID, owner string, sources []string) (NicknameAnswer, error) {
	a.Code, a.Params = app.CodeOf(err), app.ParamsOf(err)
	if !aboutNickname(a.Code) {
		return a, err
	}
	switch a.Code {
	case app.CodeNicknameTaken, app.CodeNicknameLooksLike, app.CodeNicknameReserved, app.CodeNicknameHeld:
		free, err := s.db.NicknamesFree(ctx, nickname.Propose(append([]string{a.Text}, sources...)...), proposalsShown, userID, owner, s.now())
		if err != nil {
			return a, err
		}
		for _, n := range free {
			a.Proposals = append(a.Proposals, n.Text)
		}
	}
	return a, nil
}

func aboutNickname(c app.Code) bool {
	switch c {
	case app.CodeNicknameTaken, app.CodeNicknameLooksLike, app.CodeNicknameReserved, app.CodeNicknameHeld, app.CodeNicknameEmpty,
		app.CodeNicknameTooShort, app.CodeNicknameTooLong, app.CodeNicknameBadCharacter, app.CodeNicknameBadSeparator,
		app.CodeNicknameTooManyMarks, app.CodeNicknameMixedScripts, app.CodeNicknameIncompleteHangul:
		return true
	}
	return false
}

// refusal is a nickname that was refused at the act, with proposals.
type refusal struct {
	error
	proposals []string
}

func (r *refusal) Unwrap() error { return r.error }

// SignIn opens a session for a ticket. The same ticket again answers the same
// session until its pair has been presented. CodeNotFound if the person has no
// account, CodeSignUpExpired.
func (s *Service) SignIn(ctx context.Context, r SessionRequest) (SignedIn, error) {
	t, p, row, err := s.begin(ctx, r.Ticket, r.Device)
	if err != nil {
		return SignedIn{}, err
	}
	in, err := s.db.SignIn(ctx, t.Hash, p, row)
	if err != nil {
		return SignedIn{}, err
	}
	return s.first(ctx, in)
}

// SignUp makes an account of a ticket. The same ticket again answers the same
// account, whatever nickname comes with it. Codes of the nickname rules,
// CodeNicknameTaken, CodeNicknameLooksLike, CodeNicknameHeld, CodeSignUpExpired.
func (s *Service) SignUp(ctx context.Context, r SignUpRequest) (SignedIn, error) {
	t, p, row, err := s.begin(ctx, r.Ticket, r.Device)
	if err != nil {
		return SignedIn{}, err
	}
	n, err := nickname.Parse(r.Nickname)
	var in app.SignedIn
	if err == nil {
		in, err = s.db.SignUp(ctx, t.Hash, p, n, row)
	}
	if err == nil {
		return s.first(ctx, in)
	}
	a, other := s.refuse(ctx, NicknameAnswer{Text: r.Nickname}, err, "", t.Hash, []string{p.Nickname, p.Name, p.Login})
	if other != nil {
		return SignedIn{}, other
	}
	return SignedIn{}, &refusal{err, a.Proposals}
}

// begin opens the ticket and makes the row of its session.
func (s *Service) begin(ctx context.Context, ticket string, d Device) (rows.Ticket, app.Profile, app.Session, error) {
	device, err := deviceOf(d)
	if err != nil {
		return rows.Ticket{}, app.Profile{}, app.Session{}, err
	}
	t, p, err := s.openTicket(ctx, ticket)
	if err != nil {
		return t, p, app.Session{}, err
	}
	row, err := s.keeper.New()
	row.ConfirmedAt, row.Device = t.CreatedAt, device // the provider's word is that old
	return t, p, row, err
}

// deviceOf takes a computer's name as it comes, if it is a line of text.
func deviceOf(d Device) (app.Device, error) {
	bad := func(s string) bool { return !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) }
	if bad(d.Name) || bad(d.Platform) || len(d.Platform) > maxPlatform {
		return app.Device{}, app.Fail(app.CodeBadRequest, errors.New("a device's name is a line of text"))
	}
	if name := []rune(d.Name); len(name) > maxDeviceName {
		d.Name = string(name[:maxDeviceName])
	}
	return app.Device(d), nil
}

// first answers a session that a ticket or a recovery code made, as long as its first
// pair was not presented: after that the ticket, or the attempt, is used up. CodeConflict.
func (s *Service) first(ctx context.Context, in app.SignedIn) (SignedIn, error) {
	switch {
	case !in.Session.EndedAt.IsZero():
		return SignedIn{}, app.Fail(app.CodeSessionRevoked, nil)
	case in.Session.Generation != 1:
		return SignedIn{}, app.Fail(app.CodeConflict, errors.New("the session goes on already"))
	}
	pair, err := s.keeper.Pair(in.Session)
	if err != nil {
		return SignedIn{}, err
	}
	return s.answer(ctx, in, pair.Refresh)
}

func (s *Service) answer(ctx context.Context, in app.SignedIn, refresh string) (SignedIn, error) {
	access, expires, err := s.signer.access(ctx, in)
	if err != nil {
		return SignedIn{}, err
	}
	in.Session.SeenAt = in.Session.RotatedAt // a pair that is given again comes in the same bytes
	return SignedIn{
		User: userOf(in.User), Identity: identityOf(in.Identity), Session: sessionOf(in, in.Session.ID),
		AccessToken: access, ExpiresIn: expires.Unix() - in.Session.RotatedAt.Unix(), RefreshToken: refresh,
	}, nil
}

// Refresh trades a refresh token for the next pair. Codes of session.Keeper.Rotate.
func (s *Service) Refresh(ctx context.Context, refresh string) (SignedIn, error) {
	in, pair, err := s.keeper.Rotate(ctx, refresh)
	if err != nil {
		userID, _, _ := s.keeper.Bearer(refresh) // empty for a token that is not ours
		return SignedIn{}, s.gone(ctx, userID, err)
	}
	return s.answer(ctx, in, pair.Refresh)
}

// Who returns the live session of an access token: a signature and one row read.
// CodeSessionNone, CodeSessionAccessExpired, CodeSessionExpired, CodeSessionRevoked,
// CodeSessionReused.
func (s *Service) Who(ctx context.Context, access string) (app.SignedIn, error) {
	c, err := s.signer.verify(ctx, access)
	if err != nil {
		return app.SignedIn{}, err
	}
	in, err := s.keeper.Live(ctx, c.Session)
	if err != nil {
		return app.SignedIn{}, s.gone(ctx, c.Subject, err)
	}
	if in.User.ID != c.Subject {
		return app.SignedIn{}, app.Fail(app.CodeSessionRevoked, nil)
	}
	return in, nil
}

// gone tells a session whose account was deleted, or became another's, from one that merely
// is not there: whose it is says a token that is signed.
// Desktops delete what they hold of a person when they hear CodeAccountDeleted, so that
// it is said only where the deletion itself is on record: a database that was restored,
// or that is another one, ends its sessions and says no more than that.
func (s *Service) gone(ctx context.Context, userID string, err error) error {
	if e, ok := errors.AsType[*app.Error](err); !ok || e.Code != app.CodeSessionRevoked || e.Err == nil || app.CodeOf(e.Err) != app.CodeNotFound {
		return err
	}
	if _, mergedErr := s.db.MergedInto(ctx, userID); mergedErr == nil {
		return app.Fail(app.CodeAccountMerged, err)
	} else if app.CodeOf(mergedErr) != app.CodeNotFound {
		return mergedErr
	}
	deleted, readErr := s.db.Deleted(ctx, userID)
	switch {
	case readErr != nil:
		return readErr
	case deleted:
		return app.Fail(app.CodeAccountDeleted, err)
	}
	return err
}

// End ends the session of an access token, expired or not, or of a refresh token.
// Ending an ended one is no error. CodeSessionNone for a token that is not ours.
func (s *Service) End(ctx context.Context, r EndRequest) error {
	var id string
	switch {
	case (r.AccessToken == "") == (r.RefreshToken == ""):
		return app.Fail(app.CodeBadRequest, errors.New("one token is needed"))
	case r.AccessToken != "":
		c, err := s.signer.verify(ctx, r.AccessToken)
		if err != nil && app.CodeOf(err) != app.CodeSessionAccessExpired {
			return err
		}
		id = c.Session
	default:
		_, named, err := s.keeper.Bearer(r.RefreshToken)
		if app.CodeOf(err) == app.CodeSessionExpired {
			return nil // it has ended by itself
		} else if err != nil {
			return err
		}
		id = named
	}
	return s.keeper.End(ctx, id, app.EndSignedOut)
}

// Token makes an access token for another server. CodeForbidden if no token may be
// made for it.
func (s *Service) Token(ctx context.Context, in app.SignedIn, audience string) (TokenAnswer, error) {
	if !slices.Contains(s.o.Audiences, audience) {
		return TokenAnswer{}, app.Fail(app.CodeForbidden, nil)
	}
	text, expires, err := s.signer.other(ctx, in, audience)
	return TokenAnswer{AccessToken: text, ExpiresIn: int64(expires.Sub(s.now()).Seconds())}, err
}

// Rename gives in another nickname; codes of the nickname rules, with proposals, and
// CodeRenameTooSoon.
func (s *Service) Rename(ctx context.Context, in app.SignedIn, text string) (User, error) {
	if err := s.count(ctx, "nickname "+in.User.ID, checksPerMinute); err != nil {
		return User{}, err
	}
	n, err := nickname.Parse(text)
	var u app.User
	if err == nil {
		u, err = s.db.Rename(ctx, in.User.ID, n, s.now())
	}
	if err == nil {
		return userOf(u), nil
	}
	a, other := s.refuse(ctx, NicknameAnswer{Text: text}, err, in.User.ID, in.User.ID, nil)
	if other != nil {
		return User{}, other
	}
	return User{}, &refusal{err, a.Proposals}
}

// Delete deletes in's account. CodeConfirmationNeeded, CodeConflict if the nickname
// is not theirs.
func (s *Service) Delete(ctx context.Context, in app.SignedIn, r DeleteRequest) error {
	if err := s.confirmed(ctx, in, r.Ticket); err != nil {
		return err
	}
	if r.Nickname != in.User.Nickname {
		return app.Fail(app.CodeConflict, nil)
	}
	if err := s.db.DeleteUser(ctx, in.User.ID, s.now()); app.CodeOf(err) != app.CodeNotFound {
		return err
	}
	return nil // somebody was faster
}

// Link links the identity of a fresh ticket to in. CodeConfirmationNeeded,
// CodeBadRequest if it is another provider's, CodeIdentityLinkedElsewhere,
// CodeConflict.
func (s *Service) Link(ctx context.Context, in app.SignedIn, provider string, r LinkRequest) (Identity, error) {
	p, err := s.freshTicket(ctx, r.Ticket)
	if err != nil {
		return Identity{}, err
	}
	if p.Provider != provider {
		return Identity{}, app.Fail(app.CodeBadRequest, errors.New("a ticket of another provider"))
	}
	if err := s.confirmedBeside(ctx, in, r.Confirmation); err != nil {
		return Identity{}, err
	}
	i, err := s.db.LinkIdentity(ctx, in.User.ID, in.Session.ID, p, s.now())
	return identityOf(i), err
}

// Unlink takes an identity from in, named by its ID or by its provider.
// CodeConfirmationNeeded, CodeIdentityLast, CodeIdentityAmbiguous, CodeNotFound.
func (s *Service) Unlink(ctx context.Context, in app.SignedIn, named string, r UnlinkRequest) error {
	if err := s.confirmed(ctx, in, r.Ticket); err != nil {
		return err
	}
	return s.db.UnlinkIdentity(ctx, in.User.ID, in.Session.ID, named, s.now())
}

// Sessions returns a page of in's live sessions.
func (s *Service) Sessions(ctx context.Context, in app.SignedIn, after string, limit int) (Sessions, error) {
	all, err := s.db.UserSessions(ctx, in.User.ID, after, limit, s.now())
	page := Sessions{Sessions: []Session{}}
	for _, other := range all {
		page.Sessions = append(page.Sessions, sessionOf(other, in.Session.ID))
	}
	if len(all) == limit {
		page.Next = all[limit-1].Session.ID
	}
	return page, err
}

// EndSession ends a session of in's own; CodeNotFound.
func (s *Service) EndSession(ctx context.Context, in app.SignedIn, id string) error {
	why := app.EndRevoked
	if id == in.Session.ID {
		why = app.EndSignedOut
	}
	return s.db.EndSession(ctx, in.User.ID, id, why, s.now())
}

// EndOthers ends every session of in's user but in.
func (s *Service) EndOthers(ctx context.Context, in app.SignedIn) error {
	return s.keeper.EndOthers(ctx, in.User.ID, in.Session.ID, app.EndRevoked)
}

// Identities lists in's provider accounts.
func (s *Service) Identities(ctx context.Context, in app.SignedIn) (Identities, error) {
	all, err := s.db.Identities(ctx, in.User.ID)
	list := Identities{Identities: []Identity{}}
	for _, i := range all {
		list.Identities = append(list.Identities, identityOf(i))
	}
	return list, err
}

// Events returns a page of in's security timeline.
func (s *Service) Events(ctx context.Context, in app.SignedIn, before int64, limit int) (Events, error) {
	all, err := s.db.Events(ctx, in.User.ID, before, limit)
	page := Events{Events: []Event{}}
	for _, e := range all {
		page.Events = append(page.Events, Event{ID: e.ID, At: ms(e.At), Kind: e.Kind, Detail: e.Detail})
	}
	if len(all) == limit {
		page.Next = all[limit-1].ID
	}
	return page, err
}

// Export returns all that is held about in.
func (s *Service) Export(ctx context.Context, in app.SignedIn) (Export, error) {
	x := Export{ExportedAt: ms(s.now()), User: userOf(in.User), FormerNames: []FormerName{}}
	former, err := s.db.FormerNames(ctx, in.User.ID)
	if err != nil {
		return x, err
	}
	for _, n := range former {
		x.FormerNames = append(x.FormerNames, FormerName{Nickname: n.Nickname, Until: ms(n.Until)})
	}
	ids, err := s.Identities(ctx, in)
	if err != nil {
		return x, err
	}
	sessions, err := s.Sessions(ctx, in, "", exported)
	if err != nil {
		return x, err
	}
	events, err := s.Events(ctx, in, 0, exported)
	if err != nil {
		return x, err
	}
	codes, err := s.RecoveryCodes(ctx, in)
	if err != nil {
		return x, err
	}
	merges, err := s.Merges(ctx, in)
	x.Identities, x.Sessions, x.Events, x.RecoveryCodes, x.Merges = ids.Identities, sessions.Sessions, events.Events, codes.Codes, merges.Merges
	return x, err
}

// JWKS returns the public keys.
func (s *Service) JWKS(ctx context.Context) (JWKS, error) { return s.signer.public(ctx) }
