package directory

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory/rows"
)

const (
	keyLifetime = 30 * 24 * time.Hour
	// keyOverlap is how long a key that signs no more stays published. The next one
	// is published as long as it waits, so nobody ever meets a key too early either.
	keyOverlap = 7 * 24 * time.Hour
	// keysFresh is how long a replica goes by what it read.
	keysFresh = time.Second

	maxToken = 2048
	leeway   = 5 * time.Second
)

// masterKey makes the secret of MUNPAE_DIRECTORY_SECRET the one key of a
// session.Keeper: it signs refresh tokens and seals what the rows keep.
type masterKey struct {
	id  string
	key [32]byte
}

func newMasterKey(secret [32]byte) masterKey {
	sum := sha256.Sum256(append([]byte("munpae-directory key name "), secret[:]...))
	return masterKey{hex.EncodeToString(sum[:8]), secret}
}

func (k masterKey) Current() (string, [32]byte) { return k.id, k.key }

func (k masterKey) Key(id string) ([32]byte, bool) { return k.key, id == k.id }

// signer signs and verifies access tokens (RFC 9068) with EdDSA (RFC 8037).
type signer struct {
	db     *rows.DB
	clock  app.Clock
	rand   io.Reader
	issuer string
	seal   func(plain []byte, about string) ([]byte, error)
	open   func(sealed []byte, about string) ([]byte, error)
	parser *jwt.Parser

	mu      sync.Mutex
	read    time.Time
	keys    []rows.SigningKey             // by ActiveFrom
	private map[string]ed25519.PrivateKey // those that were opened
	good    map[[32]byte]verified         // tokens whose signature was checked
}

// verified is a token that was good: its signature and claims cannot change, so only
// its times and its key are looked at when it comes again. A desktop presents the
// same token for ten minutes, and a signature costs as much as all the rest.
type verified struct {
	claims claims
	keyID  string
}

// maxVerified bounds how many are remembered: a few megabytes.
const maxVerified = 10_000

// claims are an access token's payload.
type claims struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	Subject  string `json:"sub"`
	Session  string `json:"sid"`
	Nickname string `json:"nickname"`
	IssuedAt int64  `json:"iat"`
	Expires  int64  `json:"exp"`
	ID       string `json:"jti"`
}

func numeric(n int64) (*jwt.NumericDate, error) {
	if n == 0 {
		return nil, nil // absent, which the parser refuses
	}
	return &jwt.NumericDate{Time: time.Unix(n, 0)}, nil
}

func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return numeric(c.Expires) }
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error)       { return numeric(c.IssuedAt) }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error)      { return nil, nil }
func (c *claims) GetIssuer() (string, error)                   { return c.Issuer, nil }
func (c *claims) GetSubject() (string, error)                  { return c.Subject, nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error)       { return jwt.ClaimStrings{c.Audience}, nil }

// Validate is called by the parser after its own checks.
func (c *claims) Validate() error {
	if c.Subject == "" || c.Session == "" || c.ID == "" || c.IssuedAt == 0 {
		return jwt.ErrTokenRequiredClaimMissing
	}
	return nil
}

const tokenType = "at+jwt"

func keyAbout(id string) string { return "signing key " + id }

// all returns the keys, read at most keysFresh ago.
func (s *signer) all(ctx context.Context) ([]rows.SigningKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	if s.keys != nil && now.Sub(s.read).Abs() < keysFresh {
		return s.keys, nil
	}
	keys, err := s.db.SigningKeys(ctx)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, app.Fail(app.CodeInternal, errors.New("no signing key"))
	}
	s.keys, s.read = keys, now
	return keys, nil
}

// signing returns the key that signs at the moment at.
func (s *signer) signing(ctx context.Context, at time.Time) (string, ed25519.PrivateKey, error) {
	keys, err := s.all(ctx)
	if err != nil {
		return "", nil, err
	}
	k := keys[current(keys, at)]
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.private[k.ID]; p != nil {
		return k.ID, p, nil
	}
	seed, err := s.open(k.Sealed, keyAbout(k.ID))
	if err != nil || len(seed) != ed25519.SeedSize {
		return "", nil, app.Fail(app.CodeKeystoreLost, err)
	}
	p := ed25519.NewKeyFromSeed(seed)
	s.private[k.ID] = p
	return k.ID, p, nil
}

// current is the index of the key that signs at the moment at: the newest that has
// begun, else the first.
func current(keys []rows.SigningKey, at time.Time) int {
	i := 0
	for j, k := range keys {
		if !k.ActiveFrom.After(at) {
			i = j
		}
	}
	return i
}

// sign makes the compact serialization; the same claims under the same key give the
// same bytes (RFC 8032).
func (s *signer) sign(ctx context.Context, c *claims) (string, error) {
	id, key, err := s.signing(ctx, time.UnixMilli(c.IssuedAt*1000+999))
	if err != nil {
		return "", err
	}
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, c)
	t.Header["typ"], t.Header["kid"] = tokenType, id
	text, err := t.SignedString(key)
	if err != nil {
		return "", app.Fail(app.CodeInternal, err)
	}
	return text, nil
}

// access makes the access token of the row's generation.
func (s *signer) access(ctx context.Context, in app.SignedIn) (text string, expires time.Time, err error) {
	from := in.Session.RotatedAt
	end := from.Add(app.AccessLifetime)
	if last := in.Session.OfflineUntil(); last.Before(end) {
		end = last
	}
	id := sha256.Sum256([]byte("access " + in.Session.CurrentJTI))
	c := &claims{
		Issuer: s.issuer, Audience: s.issuer, Subject: in.User.ID, Session: in.Session.ID, Nickname: in.User.Nickname,
		IssuedAt: from.Unix(), Expires: end.Unix(), ID: hex.EncodeToString(id[:16]),
	}
	text, err = s.sign(ctx, c)
	return text, time.Unix(c.Expires, 0), err
}

// other makes an access token for another server.
func (s *signer) other(ctx context.Context, in app.SignedIn, audience string) (text string, expires time.Time, err error) {
	b := make([]byte, 16)
	if _, err := io.ReadFull(s.rand, b); err != nil {
		return "", time.Time{}, app.Fail(app.CodeInternal, err)
	}
	now := s.clock.Now()
	c := &claims{
		Issuer: s.issuer, Audience: audience, Subject: in.User.ID, Session: in.Session.ID, Nickname: in.User.Nickname,
		IssuedAt: now.Unix(), Expires: min(now.Add(app.AccessLifetime).Unix(), in.Session.OfflineUntil().Unix()), ID: hex.EncodeToString(b),
	}
	text, err = s.sign(ctx, c)
	return text, time.Unix(c.Expires, 0), err
}

var errHeader = errors.New("directory: not a header of ours")

// verify accepts an access token for the directory itself. CodeSessionNone if it is
// not one that this directory signed for itself, CodeSessionAccessExpired if it is
// too old; the claims are returned then too.
func (s *signer) verify(ctx context.Context, text string) (claims, error) {
	var c claims
	if len(text) > maxToken || strings.ContainsAny(text, "\r\n") {
		return c, app.Fail(app.CodeSessionNone, nil)
	}
	keys, err := s.all(ctx)
	if err != nil {
		return c, err
	}
	hash := sha256.Sum256([]byte(text))
	if known, ok := s.recall(hash, keys); ok {
		return known, nil
	}
	keyID := ""
	_, err = s.parser.ParseWithClaims(text, &c, func(t *jwt.Token) (any, error) {
		// Exactly alg, kid and typ: crit, jwk, jku, x5u are refused unread.
		id, _ := t.Header["kid"].(string)
		if len(t.Header) != 3 || t.Header["typ"] != tokenType || id == "" {
			return nil, errHeader
		}
		for _, k := range keys {
			if k.ID == id {
				keyID = id
				return ed25519.PublicKey(k.Public), nil
			}
		}
		return nil, errHeader
	})
	switch {
	case err == nil:
		s.remember(hash, verified{c, keyID})
		return c, nil
	case errors.Is(err, jwt.ErrTokenExpired) && !errors.Is(err, jwt.ErrTokenInvalidIssuer) && !errors.Is(err, jwt.ErrTokenInvalidAudience) &&
		!errors.Is(err, jwt.ErrTokenRequiredClaimMissing) && !errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return c, app.Fail(app.CodeSessionAccessExpired, err)
	}
	return claims{}, app.Fail(app.CodeSessionNone, err)
}

// recall returns the claims of a token that was good before and still is, well inside
// its times and under a key that is there; anything else is for the parser.
func (s *signer) recall(hash [32]byte, keys []rows.SigningKey) (claims, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, ok := s.good[hash]
	if now := s.clock.Now().Unix(); !ok || now < known.claims.IssuedAt || now >= known.claims.Expires {
		return claims{}, false
	}
	return known.claims, slices.ContainsFunc(keys, func(k rows.SigningKey) bool { return k.ID == known.keyID })
}

func (s *signer) remember(hash [32]byte, v verified) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.good == nil || len(s.good) >= maxVerified {
		s.good = map[[32]byte]verified{}
	}
	s.good[hash] = v
}

// public returns the keys to publish: the one that signs, those that will, and the
// last ones.
func (s *signer) public(ctx context.Context) (JWKS, error) {
	keys, err := s.all(ctx)
	if err != nil {
		return JWKS{}, err
	}
	at := current(keys, s.clock.Now())
	set := JWKS{}
	for _, k := range slices.Concat(keys[at:], keys[:at]) {
		set.Keys = append(set.Keys, JWK{
			KeyType: "OKP", Curve: "Ed25519", X: base64.RawURLEncoding.EncodeToString(k.Public), KeyID: k.ID, Use: "sig", Algorithm: "EdDSA",
		})
	}
	return set, nil
}

// maintain sees to it that there is a key that signs and one that will, and drops
// those whose overlap is over.
func (s *signer) maintain(ctx context.Context) error {
	now := s.clock.Now().UTC()
	return s.update(ctx, func(have []rows.SigningKey) (add, move []rows.SigningKey, drop []string, err error) {
		if len(have) == 0 {
			k, err := s.make(now)
			if err != nil {
				return nil, nil, nil, err
			}
			add, have = append(add, k), append(have, k)
		}
		at := current(have, now)
		if at == len(have)-1 {
			k, err := s.make(have[at].ActiveFrom.Add(keyLifetime))
			if err != nil {
				return nil, nil, nil, err
			}
			if !k.ActiveFrom.After(now) {
				k.ActiveFrom = now.Add(keyOverlap) // the directory was off for long: publish it first
			}
			add = append(add, k)
		}
		for i, k := range have[:at] {
			if now.Sub(have[i+1].ActiveFrom) > keyOverlap {
				drop = append(drop, k.ID)
			}
		}
		return add, nil, drop, nil
	})
}

// rotate makes the key that waits sign from now on, and another one wait.
func (s *signer) rotate(ctx context.Context) error {
	if err := s.maintain(ctx); err != nil {
		return err
	}
	now := s.clock.Now().UTC()
	return s.update(ctx, func(have []rows.SigningKey) (add, move []rows.SigningKey, drop []string, err error) {
		k, err := s.make(now.Add(keyLifetime))
		if err != nil {
			return nil, nil, nil, err
		}
		at := current(have, now)
		from := now
		if !from.After(have[at].ActiveFrom) {
			from = have[at].ActiveFrom.Add(time.Millisecond)
		}
		for _, waiting := range have[at+1:] {
			waiting.ActiveFrom = from
			move = append(move, waiting)
		}
		return []rows.SigningKey{k}, move, nil, nil
	})
}

func (s *signer) update(ctx context.Context, decide func([]rows.SigningKey) (add, move []rows.SigningKey, drop []string, err error)) error {
	err := s.db.UpdateSigningKeys(ctx, decide)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = nil
	return err
}

func (s *signer) make(activeFrom time.Time) (rows.SigningKey, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(s.rand, seed); err != nil {
		return rows.SigningKey{}, app.Fail(app.CodeInternal, err)
	}
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	sum := sha256.Sum256(public)
	k := rows.SigningKey{
		ID: hex.EncodeToString(sum[:8]), Public: bytes.Clone(public), CreatedAt: s.clock.Now().UTC(), ActiveFrom: activeFrom,
	}
	var err error
	k.Sealed, err = s.seal(seed, keyAbout(k.ID))
	return k, err
}
