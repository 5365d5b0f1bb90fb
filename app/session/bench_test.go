package session_test

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"munpae/app"
	"munpae/app/session"
)

// libraryClaims are the claims of an access token as the library has them.
type libraryClaims struct {
	jwt.RegisteredClaims
	Session    string `json:"sid"`
	Generation int64  `json:"gen"`
}

// BenchmarkVerify stands beside its floors: the library alone over the same token
// with the same checks, and the library followed by the same row read.
func BenchmarkVerify(b *testing.B) {
	w := newWorld(b, b.TempDir())
	defer func() { _ = w.db.Close() }()
	in, pair := w.signedIn()
	master := w.keys.all["first"]
	key, err := hkdf.Key(sha256.New, master[:], nil, "access-v1", 32)
	if err != nil {
		b.Fatal(err)
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithStrictDecoding(), jwt.WithExpirationRequired(), jwt.WithNotBeforeRequired(),
		jwt.WithIssuedAt(), jwt.WithIssuer("urn:munpae:"+installID), jwt.WithAudience("munpae-access"), jwt.WithLeeway(5*time.Second),
		jwt.WithTimeFunc(w.clock.Now), jwt.WithJSONNumber())
	library := func(b *testing.B) {
		var c libraryClaims
		if _, err := parser.ParseWithClaims(pair.Access, &c, func(*jwt.Token) (any, error) { return key, nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("golang-jwt", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			library(b)
		}
	})
	b.Run("golang-jwt+row", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			library(b)
			if _, err := w.db.Session(ctx, in.Session.ID); err != nil {
				b.Fatal(err)
			}
		}
	})
	// The token's half of Verify: the row is handed over without a database.
	held, err := w.db.Session(ctx, in.Session.ID)
	if err != nil {
		b.Fatal(err)
	}
	k, err := session.New(session.Options{Store: handing{w.db, held}, Keys: w.keys, InstallID: installID, Launch: "bench", Clock: w.clock, Rand: rand.Reader})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("token", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := k.Verify(ctx, pair.Access); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("token+row", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := w.keeper.Verify(ctx, pair.Access); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRotate stands beside its floor: one durable commit of the same database.
func BenchmarkRotate(b *testing.B) {
	w := newWorld(b, b.TempDir())
	defer func() { _ = w.db.Close() }()
	_, pair := w.signedIn()
	b.Run("commit", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if err := w.db.SetSetting(ctx, "bench", fmt.Sprint(i)); err != nil { // an unchanged one is not written
				b.Fatal(err)
			}
		}
	})
	b.Run("rotate", func(b *testing.B) {
		for b.Loop() {
			w.clock.at = w.clock.at.Add(time.Minute) // nothing else reads it meanwhile
			pair = w.rotate(pair.Refresh)
		}
	})
}

// handing is a store whose row is at hand.
type handing struct {
	session.Store
	row app.SignedIn
}

func (h handing) Session(context.Context, string) (app.SignedIn, error) { return h.row, nil }
