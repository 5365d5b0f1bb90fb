package session_test

import (
	"crypto/hkdf"
	"crypto/sha256"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/app"
)

// A text that nobody signed is refused as nobody's, whatever it is.
func FuzzToken(f *testing.F) {
	w := newWorld(f, f.TempDir())
	f.Cleanup(func() { _ = w.db.Close() })
	in, pair := w.signedIn()
	for _, seed := range []string{
		"", ".", "..", "...", pair.Access, pair.Refresh, pair.Access + ".", strings.ToUpper(pair.Access), pair.Access[:40] + "\n" + pair.Access[40:],
		"eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJIUzI1NiIsImtpZCI6ImZpcnN0IiwidHlwIjoiYXQrand0In0.e30.AAAA", "\x00.\xff.\xfe", strings.Repeat(".", 3000),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := w.keeper.Verify(ctx, token); (err == nil) != (token == pair.Access) || err != nil && app.CodeOf(err) != app.CodeSessionNone {
			t.Fatalf("verify: %v", err)
		}
		if token == pair.Refresh {
			return
		}
		if _, _, err := w.keeper.Rotate(ctx, token); app.CodeOf(err) != app.CodeSessionNone {
			t.Fatalf("rotate: %v", err)
		}
		if r, err := w.db.Session(ctx, in.Session.ID); err != nil || r.Session.Generation != 1 || !r.Session.EndedAt.IsZero() {
			t.Fatalf("%+v, %v", r, err)
		}
	})
}

// Even with the key in the wrong hands, a header and payload of any shape end in
// one of the codes of GET /session.
func FuzzSignedToken(f *testing.F) {
	w := newWorld(f, f.TempDir())
	f.Cleanup(func() { _ = w.db.Close() })
	_, pair := w.signedIn()
	master := w.keys.all["first"]
	key, err := hkdf.Key(sha256.New, master[:], nil, "access-v1", 32)
	if err != nil {
		f.Fatal(err)
	}
	parts := strings.Split(pair.Access, ".")
	header, _ := b64.DecodeString(parts[0])
	payload, _ := b64.DecodeString(parts[1])
	f.Add(string(header), string(payload))
	f.Add(string(header), `{"exp":1e308}`)
	f.Add(string(header), `{"iss":["a"],"aud":null,"gen":-1}`)
	f.Add(string(header), "null")
	f.Add(string(header), string(payload)+string(payload))
	f.Add(`null`, string(payload))
	f.Add(`{"alg":"HS256","kid":"first","typ":"at+jwt","crit":[]}`, string(payload))
	f.Fuzz(func(t *testing.T, header, payload string) {
		in, err := w.keeper.Verify(ctx, mac(b64.EncodeToString([]byte(header))+"."+b64.EncodeToString([]byte(payload)), key))
		switch app.CodeOf(err) {
		case app.CodeSessionNone, app.CodeSessionAccessExpired, app.CodeSessionExpired, app.CodeSessionRevoked, app.CodeClockMovedBack:
		case "":
			if in.User.ID == "" {
				t.Fatal("accepted for nobody")
			}
		default:
			t.Fatal(err)
		}
	})
}
