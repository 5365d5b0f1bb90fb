// Package verify tells a program's own server who is calling, by an access token of a
// Munpae directory: a JWT that the directory signed for this server (RFC 9068, RFC
// 8037), checked against the directory's published keys (RFC 7517). It asks the
// directory for nothing else, and needs the standard library and golang-jwt only.
//
//	v, err := verify.New(verify.Options{Issuer: "https://id.example.org", Audience: "https://notes.example.org"})
//	http.Handle("/notes", v.Handler(notes))
//
//	func (n *Notes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
//		person, _ := verify.FromContext(r.Context())
//		n.of(w, person.ID)
//	}
//
// The audience is one that MUNPAE_DIRECTORY_AUDIENCES lists; the desktop gets a token
// for it from the directory and sends it as "Authorization: Bearer …". A token says
// who somebody was when it was made, ten minutes ago at most: whoever must know that
// a session has not ended since asks the directory itself.
package verify

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// KeysFor is how long the directory's keys are gone by before they are read anew.
	KeysFor = 10 * time.Minute
	// KeysAgain is the least time between two readings, whatever tokens come.
	KeysAgain = 10 * time.Second

	leeway   = 30 * time.Second
	maxToken = 8 << 10
	maxKeys  = 64 << 10
)

// Options say whose tokens are taken, and for whom.
type Options struct {
	// Issuer is the directory's public address, MUNPAE_DIRECTORY_URL, as it is there.
	Issuer string
	// Audience is this server's name among MUNPAE_DIRECTORY_AUDIENCES.
	Audience string
	// Client reads the keys; nil is one with a timeout of five seconds.
	Client *http.Client
	// Now is the time; nil is time.Now.
	Now func() time.Time
}

// Person is who is calling.
type Person struct {
	ID        string // for good, and never anybody else's
	Nickname  string // as it was when the token was made
	SessionID string
	Expires   time.Time // of the token
}

// ErrToken is why a token was not taken. What exactly was wrong with it is for the
// log, not for the caller.
var ErrToken = errors.New("verify: not a good token")

// ErrKeys says that the directory's keys could not be read, so nothing can be said
// about a token.
var ErrKeys = errors.New("verify: the directory's keys can't be read")

// Verifier checks tokens. It is safe for concurrent use.
type Verifier struct {
	o      Options
	keysAt string
	parser *jwt.Parser

	mu    sync.Mutex
	keys  map[string]ed25519.PublicKey
	read  time.Time // when keys were read
	tried time.Time // when it was last attempted
}

// New makes a Verifier. It asks nobody yet. The issuer must be https, or http on a
// loopback address.
func New(o Options) (*Verifier, error) {
	u, err := url.Parse(o.Issuer)
	if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return nil, errors.New("verify: the issuer must be an https address, or http on loopback")
	}
	if o.Audience == "" {
		return nil, errors.New("verify: the audience is missing")
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: 5 * time.Second}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Verifier{
		o: o, keysAt: strings.TrimSuffix(o.Issuer, "/") + "/.well-known/jwks.json",
		parser: jwt.NewParser(jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithStrictDecoding(), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
			jwt.WithIssuer(o.Issuer), jwt.WithAudience(o.Audience), jwt.WithLeeway(leeway), jwt.WithTimeFunc(o.Now)),
	}, nil
}

func loopback(host string) bool { return host == "127.0.0.1" || host == "::1" || host == "localhost" }

type claims struct {
	jwt.RegisteredClaims
	Session  string `json:"sid"`
	Nickname string `json:"nickname"`
}

// Verify returns whose token it is. ErrToken if it is not a good one, ErrKeys if that
// can't be said.
func (v *Verifier) Verify(ctx context.Context, token string) (Person, error) {
	if len(token) > maxToken {
		return Person{}, ErrToken
	}
	var c claims
	_, err := v.parser.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		id, _ := t.Header["kid"].(string)
		if t.Header["typ"] != "at+jwt" || id == "" || t.Header["crit"] != nil {
			return nil, ErrToken
		}
		return v.key(ctx, id)
	})
	switch {
	case errors.Is(err, ErrKeys):
		return Person{}, err
	case err != nil:
		return Person{}, fmt.Errorf("%w: %w", ErrToken, err)
	case c.Subject == "" || len(c.Audience) != 1 || c.IssuedAt == nil:
		return Person{}, ErrToken
	}
	return Person{ID: c.Subject, Nickname: c.Nickname, SessionID: c.Session, Expires: c.ExpiresAt.Time}, nil
}

// key returns a published key. Keys are read anew when they are old, or when a token
// names one that is not among them: after a rotation. Old ones go on being used while
// the directory can't be reached.
func (v *Verifier) key(ctx context.Context, id string) (ed25519.PublicKey, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.o.Now()
	if k := v.keys[id]; k != nil && now.Sub(v.read) < KeysFor {
		return k, nil
	}
	var err error
	if now.Sub(v.tried).Abs() >= KeysAgain {
		v.tried = now
		var keys map[string]ed25519.PublicKey
		if keys, err = v.fetch(ctx); err == nil {
			v.keys, v.read = keys, now
		}
	}
	if k := v.keys[id]; k != nil {
		return k, nil
	}
	if err != nil || v.keys == nil {
		return nil, fmt.Errorf("%w: %w", ErrKeys, err)
	}
	return nil, ErrToken
}

func (v *Verifier) fetch(ctx context.Context) (map[string]ed25519.PublicKey, error) {
	// Whoever waits for the keys behind this caller needs them too.
	r, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodGet, v.keysAt, nil)
	if err != nil {
		return nil, err
	}
	resp, err := v.o.Client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("HTTP %d", resp.StatusCode)
	}
	var set struct {
		Keys []struct{ Kty, Crv, X, Kid string }
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxKeys)).Decode(&set); err != nil {
		return nil, err
	}
	keys := map[string]ed25519.PublicKey{}
	for _, k := range set.Keys {
		x, err := base64.RawURLEncoding.DecodeString(k.X)
		if k.Kty == "OKP" && k.Crv == "Ed25519" && k.Kid != "" && err == nil && len(x) == ed25519.PublicKeySize {
			keys[k.Kid] = x
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("no key that can be used")
	}
	return keys, nil
}

type personKey struct{}

// FromContext returns who is calling, inside a Handler.
func FromContext(ctx context.Context) (Person, bool) {
	p, ok := ctx.Value(personKey{}).(Person)
	return p, ok
}

// Handler lets only requests with a good token through to next (RFC 6750): 401 for
// all others, 503 while nothing can be said.
func (v *Verifier) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
		if !ok || !strings.EqualFold(kind, "Bearer") {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "sign in first", http.StatusUnauthorized)
			return
		}
		p, err := v.Verify(r.Context(), strings.TrimSpace(token))
		switch {
		case errors.Is(err, ErrKeys):
			w.Header().Set("Retry-After", "10")
			http.Error(w, "try again shortly", http.StatusServiceUnavailable)
		case err != nil:
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			http.Error(w, "sign in again", http.StatusUnauthorized)
		default:
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), personKey{}, p)))
		}
	})
}
