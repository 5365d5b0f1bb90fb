package session

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"munpae.example/munpae/app/internal/app"
)

// maxToken is the length from which a token is refused unread; ours have less
// than 500 characters.
const maxToken = 2048

// leeway is how far a token's times may be off: whole seconds are rounded.
const leeway = 5 * time.Second

// kind is one of the tokens. Each has its own key, typ (RFC 8725 section 3.11)
// and audience, so one presented in the other's place fails three times.
type kind struct {
	typ      string
	audience string
	// use is what the key is derived for (RFC 5869 section 2.3, info).
	use string
	// expired is what to answer when nothing but the time is wrong.
	expired app.Code
}

var (
	access  = &kind{"at+jwt", "munpae-access", "access-v1", app.CodeSessionAccessExpired}
	refresh = &kind{"rt+jwt", "munpae-refresh", "refresh-v1", app.CodeSessionExpired}
)

// claims are a token's payload. The fields are narrower than RFC 7519 allows: a
// list, a float or a number in quotes is not of our making.
type claims struct {
	Issuer     string `json:"iss"`
	Audience   string `json:"aud"`
	Subject    string `json:"sub"`
	Session    string `json:"sid"`
	Generation int64  `json:"gen"`
	ID         string `json:"jti"`
	IssuedAt   int64  `json:"iat"`
	NotBefore  int64  `json:"nbf"`
	Expires    int64  `json:"exp"`
}

func seconds(n int64) (*jwt.NumericDate, error) {
	if n == 0 {
		return nil, nil // absent, which the parser refuses
	}
	return &jwt.NumericDate{Time: time.Unix(n, 0)}, nil
}

func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return seconds(c.Expires) }
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error)       { return seconds(c.IssuedAt) }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error)      { return seconds(c.NotBefore) }
func (c *claims) GetIssuer() (string, error)                   { return c.Issuer, nil }
func (c *claims) GetSubject() (string, error)                  { return c.Subject, nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error) {
	return jwt.ClaimStrings{c.Audience}, nil
}

// Validate is called by the parser after its own checks; those skip an absent
// iat and know nothing of our own claims.
func (c *claims) Validate() error {
	if c.Subject == "" || c.Session == "" || c.ID == "" || c.Generation < 1 || c.IssuedAt == 0 {
		return jwt.ErrTokenRequiredClaimMissing
	}
	return nil
}

// Keys are the signing keys in use: package keystore.
type Keys interface {
	// Current returns the key that signs; the name is empty while there is none.
	Current() (id string, key [32]byte)
	// Key returns one of the at most two keys in use.
	Key(id string) (key [32]byte, ok bool)
}

// derived are the keys made of one master key (RFC 5869), one for each use, so
// that no byte string is good under two of them.
type derived struct {
	id      string
	master  [32]byte
	access  signing
	refresh signing
	pending []byte
	names   []byte
}

// signing is a key for one kind of token with the header that goes with it.
type signing struct {
	key    []byte
	header string // encoded
}

func derive(id string, master [32]byte) (*derived, error) {
	d := &derived{id: id, master: master}
	key := func(use string) ([]byte, error) { return hkdf.Key(sha256.New, master[:], nil, use, 32) }
	var err error
	for k, to := range map[*kind]*signing{access: &d.access, refresh: &d.refresh} {
		if to.key, err = key(k.use); err != nil {
			return nil, err
		}
		header, err := json.Marshal(map[string]string{"alg": "HS256", "kid": id, "typ": k.typ})
		if err != nil {
			return nil, err
		}
		to.header = base64.RawURLEncoding.EncodeToString(header)
	}
	if d.pending, err = key("pending-v1"); err != nil {
		return nil, err
	}
	d.names, err = key("names-v1")
	return d, err
}

func (d *derived) of(k *kind) *signing {
	if k == access {
		return &d.access
	}
	return &d.refresh
}

// keySet derives each key once. Which keys there are is asked of Keys every
// time, so a retired key verifies nothing from that moment on.
type keySet struct {
	keys Keys
	mu   sync.Mutex
	made map[string]*derived
}

func (r *keySet) derived(id string, key [32]byte) (*derived, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d := r.made[id]; d != nil && d.master == key {
		return d, nil
	}
	d, err := derive(id, key)
	if err != nil {
		return nil, app.Fail(app.CodeInternal, err)
	}
	for old := range r.made {
		if _, ok := r.keys.Key(old); !ok {
			delete(r.made, old)
		}
	}
	r.made[id] = d
	return d, nil
}

// current returns the key that signs, or CodeKeystoreLocked.
func (r *keySet) current() (*derived, error) {
	id, key := r.keys.Current()
	if id == "" {
		return nil, app.Fail(app.CodeKeystoreLocked, nil)
	}
	return r.derived(id, key)
}

// named returns the key of that name, or CodeKeystoreLost.
func (r *keySet) named(id string) (*derived, error) {
	key, ok := r.keys.Key(id)
	if !ok || id == "" {
		return nil, app.Fail(app.CodeKeystoreLost, nil)
	}
	return r.derived(id, key)
}

// newParser returns the parser of one kind. WithIssuer("") and an empty
// audience would switch their checks off: New refuses an empty install ID, and
// the audiences are constants.
func newParser(k *kind, issuer string, now func() time.Time) *jwt.Parser {
	return jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithStrictDecoding(), jwt.WithExpirationRequired(),
		jwt.WithNotBeforeRequired(), jwt.WithIssuedAt(), jwt.WithIssuer(issuer), jwt.WithAudience(k.audience),
		jwt.WithLeeway(leeway), jwt.WithTimeFunc(now), jwt.WithJSONNumber())
}

var errHeader = errors.New("session: not a header of ours")

// parse accepts a token of one kind. CodeSessionNone if it is not one that this
// install signed; the kind's expired code, or CodeClockMovedBack if it is, but
// is from the past or the future.
//
// A token with a good MAC from a little ahead was signed by our own clock before
// it stepped back, and after the stored mark: it lifts the mark to where the
// clock has been. One from further ahead does not, or a token of a year when the
// clock was wrong would undo what an Anchor put right.
func (s *Keeper) parse(k *kind, token string, back bool) (claims, *derived, error) {
	c, key, err := s.parseOnce(k, token, back)
	if app.CodeOf(err) != app.CodeClockMovedBack || back {
		return c, key, err
	}
	from := max(c.IssuedAt, c.NotBefore)
	if now, _ := s.mark.peek(); time.Unix(from, 0).Sub(now) > app.ClockBackTolerance {
		return c, key, err
	}
	s.mark.raise(from * 1000)
	_, back = s.mark.peek()
	return s.parseOnce(k, token, back)
}

func (s *Keeper) parseOnce(k *kind, token string, back bool) (c claims, key *derived, err error) {
	// Strict decoding still skips line breaks (package base64), so one token
	// would have many spellings.
	if len(token) > maxToken || strings.IndexByte(token, '\n') >= 0 || strings.IndexByte(token, '\r') >= 0 {
		return c, nil, app.Fail(app.CodeSessionNone, nil)
	}
	parser := s.accessParser
	if k == refresh {
		parser = s.refreshParser
	}
	_, err = parser.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		// Exactly alg, kid and typ: crit, zip, b64, jwk, jku, x5u are refused unread.
		id, _ := t.Header["kid"].(string)
		if len(t.Header) != 3 || t.Header["typ"] != k.typ || id == "" {
			return nil, errHeader
		}
		var err error
		if key, err = s.keySet.named(id); err != nil {
			return nil, err
		}
		return key.of(k).key, nil
	})
	switch {
	case err == nil && !back:
		return c, key, nil
	case err == nil:
		return c, nil, app.Fail(app.CodeClockMovedBack, nil)
	case !errors.Is(err, jwt.ErrTokenInvalidClaims), // the MAC is checked before the claims
		errors.Is(err, jwt.ErrTokenInvalidIssuer), errors.Is(err, jwt.ErrTokenInvalidAudience),
		errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return c, nil, app.Fail(app.CodeSessionNone, err)
	case back, errors.Is(err, jwt.ErrTokenUsedBeforeIssued), errors.Is(err, jwt.ErrTokenNotValidYet):
		return c, nil, app.Fail(app.CodeClockMovedBack, err) // our own clock has been there
	case errors.Is(err, jwt.ErrTokenExpired):
		return c, nil, app.Fail(k.expired, err)
	}
	return c, nil, app.Fail(app.CodeSessionNone, err)
}

// sign makes the compact serialization (RFC 7515 section 7.1). The same claims
// give the same bytes.
func sign(with *signing, c *claims) (string, error) {
	payload, err := json.Marshal(c)
	if err != nil {
		return "", app.Fail(app.CodeInternal, err)
	}
	text := with.header + "." + base64.RawURLEncoding.EncodeToString(payload)
	mac, err := jwt.SigningMethodHS256.Sign(text, with.key)
	if err != nil {
		return "", app.Fail(app.CodeInternal, err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(mac), nil
}

// pair makes the pair of the row's generation: the same row, the same bytes. The
// access token of a pair that is given again long after its rotation counts from
// then, and is signed by the key that signs now, or it would be born expired.
func (s *Keeper) pair(row app.Session) (app.Pair, error) {
	key, err := s.keySet.named(row.KeyID)
	if err != nil {
		return app.Pair{}, err
	}
	current, err := s.keySet.current()
	if err != nil {
		return app.Pair{}, err
	}
	end := row.OfflineUntil().Unix()
	r := claims{
		Issuer: s.issuer, Audience: refresh.audience, Subject: row.UserID, Session: row.ID,
		Generation: row.Generation, ID: row.CurrentJTI,
		IssuedAt: row.RotatedAt.Unix(), NotBefore: row.RotatedAt.Unix(), Expires: end,
	}
	from := row.RotatedAt
	if last := lastHandedOut(row); last.Sub(from) > app.PredecessorGrace {
		from = last
	}
	a := r
	a.Audience = access.audience
	a.IssuedAt, a.NotBefore, a.Expires = from.Unix(), from.Unix(), min(from.Add(app.AccessLifetime).Unix(), end)
	a.ID = row.CurrentJTI + "." + strconv.FormatInt(a.IssuedAt, 36) // a JWT ID is never used twice

	var p app.Pair
	if p.Refresh, err = sign(key.of(refresh), &r); err != nil {
		return app.Pair{}, err
	}
	if p.Access, err = sign(current.of(access), &a); err != nil {
		return app.Pair{}, err
	}
	// What was signed here needs no parser when it comes back.
	s.good.refresh.keep(p.Refresh, r, key)
	s.good.access.keep(p.Access, a, current)
	p.RefreshExpires, p.AccessExpires = time.Unix(r.Expires, 0).UTC(), time.Unix(a.Expires, 0).UTC()
	return p, nil
}
