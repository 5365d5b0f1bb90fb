package practice

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"net/http"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const keyID = "practice-1"

// SigningKey is one for all servers of the process: making it takes long.
var SigningKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return k
})

// IDToken is an ID token (OpenID Connect Core 1.0 section 2) for one client, good for ten
// minutes and not signed yet; more are its claims about the person.
func IDToken(now time.Time, issuer, client, subject, access, nonce string, more map[string]any) *jwt.Token {
	hash := sha256.Sum256([]byte(access))
	claims := jwt.MapClaims{}
	for k, v := range more {
		claims[k] = v
	}
	claims["iss"], claims["sub"], claims["aud"] = issuer, subject, client
	claims["iat"], claims["auth_time"], claims["exp"] = now.Unix(), now.Unix(), now.Add(10*time.Minute).Unix()
	claims["at_hash"] = base64.RawURLEncoding.EncodeToString(hash[:16])
	if nonce != "" {
		claims["nonce"] = nonce
	}
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	t.Header["kid"] = keyID
	return t
}

// ServeKeys is a key set (RFC 7517) with the one key.
func ServeKeys(w http.ResponseWriter, r *http.Request) {
	k := SigningKey().PublicKey
	encode := base64.RawURLEncoding.EncodeToString
	WriteJSON(w, http.StatusOK, map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": keyID,
		"n": encode(k.N.Bytes()), "e": encode(big.NewInt(int64(k.E)).Bytes()),
	}}})
}
