package session_test

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/session"
)

// libraryClaims are the claims of an access token as the library has them.
type libraryClaims struct {
	jwt.RegisteredClaims
	Session    string `json:"sid"`
	Generation int64  `json:"gen"`
}

// beside runs both in turn, so that a busy machine slows them alike, and reports
// the median of each and of the one as a multiple of its floor.
func beside(b *testing.B, floorName string, floor func(), name string, f func()) {
	b.Helper()
	var floors, times []time.Duration
	timed := func(f func()) time.Duration {
		start := time.Now()
		f()
		return time.Since(start)
	}
	for i := 0; b.Loop(); i++ {
		if i%2 == 0 { // whoever comes second finds warmer caches
			floors = append(floors, timed(floor))
			times = append(times, timed(f))
		} else {
			times = append(times, timed(f))
			floors = append(floors, timed(floor))
		}
	}
	slices.Sort(floors)
	slices.Sort(times)
	one, other := floors[len(floors)/2], times[len(times)/2]
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(one), "ns/"+floorName)
	b.ReportMetric(float64(other), "ns/"+name)
	b.ReportMetric(float64(other)/float64(one), "×"+floorName)
}

// BenchmarkVerify stands beside its floor: the library over the same token with
// the same checks, without a row; and with the same row read.
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
	library := func() {
		var c libraryClaims
		if _, err := parser.ParseWithClaims(pair.Access, &c, func(*jwt.Token) (any, error) { return key, nil }); err != nil {
			b.Fatal(err)
		}
	}
	row := func() app.SignedIn {
		in, err := w.db.Session(ctx, in.Session.ID)
		if err != nil {
			b.Fatal(err)
		}
		return in
	}
	verify := func(k *session.Keeper) func() {
		return func() {
			if _, err := k.Verify(ctx, pair.Access); err != nil {
				b.Fatal(err)
			}
		}
	}
	// The token's half of Verify: the row is handed over without a database.
	k, err := session.New(session.Options{Store: handing{w.db, row()}, Keys: w.keys, InstallID: installID, Launch: "bench", Clock: w.clock, Rand: rand.Reader})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("token", func(b *testing.B) { beside(b, "golang-jwt", library, "verify", verify(k)) })
	b.Run("token and row", func(b *testing.B) {
		beside(b, "golang-jwt+row", func() { library(); row() }, "verify", verify(w.keeper))
	})
}

// BenchmarkRotate stands beside its floor: one durable commit of the same
// database, of one small row.
func BenchmarkRotate(b *testing.B) {
	w := newWorld(b, b.TempDir())
	defer func() { _ = w.db.Close() }()
	_, pair := w.signedIn()
	i := 0
	commit := func() {
		i++ // an unchanged value is not written
		if err := w.db.SetSetting(ctx, "bench", fmt.Sprint(i)); err != nil {
			b.Fatal(err)
		}
	}
	beside(b, "commit", commit, "rotate", func() {
		w.clock.at = w.clock.at.Add(time.Minute) // nothing else reads it meanwhile
		pair = w.rotate(pair.Refresh)
	})
}

// handing is a store whose row is at hand.
type handing struct {
	session.Store
	row app.SignedIn
}

func (h handing) Session(context.Context, string) (app.SignedIn, error) { return h.row, nil }
