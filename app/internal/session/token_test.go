package session_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/session"
)

// b64 is the encoding of JWS (RFC 7515 section 2).
var b64 = base64.RawURLEncoding

// The forger holds the real signing key: what must fail, must fail although the
// MAC is right.
type forger struct {
	*testing.T
	w      *world
	in     app.SignedIn
	pair   app.Pair
	header map[string]any
	claims map[string]any
}

func newForger(t *testing.T) *forger {
	t.Helper()
	w := worldOf(t)
	f := &forger{T: t, w: w}
	f.in, f.pair = w.signedIn()
	parts := strings.Split(f.pair.Access, ".")
	f.header, f.claims = object(t, parts[0]), object(t, parts[1])
	return f
}

func object(t *testing.T, segment string) map[string]any {
	t.Helper()
	b, err := b64.DecodeString(segment)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m
}

// with returns a copy of m in which key has value, or is absent for nothing{}.
func with(m map[string]any, pairs ...any) map[string]any {
	m = maps.Clone(m)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == (nothing{}) {
			delete(m, pairs[i].(string))
		} else {
			m[pairs[i].(string)] = pairs[i+1]
		}
	}
	return m
}

type nothing struct{}

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b64.EncodeToString(b)
}

func (f *forger) key(use string) []byte {
	master := f.w.keys.all["first"]
	key, err := hkdf.Key(sha256.New, master[:], nil, use, 32)
	if err != nil {
		f.Fatal(err)
	}
	return key
}

func mac(signing string, key []byte) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(signing))
	return signing + "." + b64.EncodeToString(h.Sum(nil))
}

// signed is a token with the access key's MAC over any header and payload.
func (f *forger) signed(header, payload any) string {
	return mac(segment(header)+"."+segment(payload), f.key("access-v1"))
}

// segment encodes a map as JSON and takes a string as the JSON itself.
func segment(v any) string {
	if s, ok := v.(string); ok {
		return b64.EncodeToString([]byte(s))
	}
	return encode(v)
}

// refused checks that neither entrance takes the token, and that the session did
// not suffer from it.
func (f *forger) refused(what, token string, want app.Code) {
	f.Helper()
	if _, err := f.w.keeper.Verify(ctx, token); app.CodeOf(err) != want {
		f.Errorf("%s: verify: %v, want %s", what, err, want)
	}
	if _, _, err := f.w.keeper.Rotate(ctx, token); app.CodeOf(err) != app.CodeSessionNone {
		f.Errorf("%s: rotate: %v", what, err)
	}
	f.alive()
}

func (f *forger) alive() {
	f.Helper()
	if r := f.w.row(f.in.Session.ID); !r.EndedAt.IsZero() || r.Generation != 1 {
		f.Fatalf("the session changed: %+v", r)
	}
}

// The counterpart of every refusal below: what the forger makes unchanged is good.
func TestForgedUnchangedIsGood(t *testing.T) {
	f := newForger(t)
	token := f.signed(f.header, f.claims)
	f.w.verifies(token, "")
	if n := len(f.header); n != 3 {
		t.Fatalf("%d header fields", n)
	}
	for _, name := range []string{"iss", "aud", "sub", "sid", "gen", "jti", "iat", "nbf", "exp"} {
		if _, ok := f.claims[name]; !ok {
			t.Errorf("no claim %s", name)
		}
	}
	if f.claims["iss"] != "urn:munpae:"+installID || f.claims["sub"] != f.in.User.ID {
		t.Errorf("%v", f.claims)
	}
	if len(f.pair.Refresh) > 600 || len(f.pair.Access) > 600 {
		t.Errorf("cookies of %d and %d bytes", len(f.pair.Access), len(f.pair.Refresh))
	}
}

func TestTK01_NoAlgorithmNone(t *testing.T) {
	f := newForger(t)
	var none []any
	for _, s := range []string{"none", "None", "NONE", "nOnE", "NoNe", "none ", " none", "none\x00", "", "null"} {
		none = append(none, s)
	}
	none = append(none, nil, []string{"none"}, []string{"HS256"}, true, 0)
	for _, alg := range none {
		header := with(f.header, "alg", alg)
		f.refused(fmt.Sprintf("%q with a MAC", alg), f.signed(header, f.claims), app.CodeSessionNone)
		f.refused(fmt.Sprintf("%q without", alg), encode(header)+"."+encode(f.claims)+".", app.CodeSessionNone)
	}
	f.refused("absent", f.signed(with(f.header, "alg", nothing{}), f.claims), app.CodeSessionNone)
}

func TestTK02_NoGuessableKey(t *testing.T) {
	f := newForger(t)
	signing := encode(f.header) + "." + encode(f.claims)
	words := []string{"", "secret", "Secret", "secretkey", "your-256-bit-secret", "password", "changeme", "jwt", "key", "private", "test", "admin", "123456",
		"supersecret", "your_jwt_secret", "hmackey", "default", "root", "qwerty", "munpae", installID, strings.Repeat("\x00", 32), strings.Repeat("0", 32)}
	master := f.w.keys.all["first"]
	for _, word := range slices.Clone(words) {
		words = append(words, strings.ToUpper(word), word+"1", word+"123", word+"!", word+word, fmt.Sprintf("%-32s", word), b64.EncodeToString([]byte(word)))
	}
	words = append(words, string(master[:]), "first")
	for _, word := range words {
		f.refused(word, mac(signing, []byte(word)), app.CodeSessionNone)
	}
	if len(words) < 95 {
		t.Errorf("only %d words", len(words))
	}
}

func TestTK03_OnlyHS256(t *testing.T) {
	f := newForger(t)
	for _, alg := range []string{"HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA", "hs256", "HS256 ", "HS-256"} {
		f.refused(alg+" with an HS256 MAC", f.signed(with(f.header, "alg", alg), f.claims), app.CodeSessionNone)
	}
	// And with MACs and signatures that are what the header says.
	key := f.key("access-v1")
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, real := range []struct {
		method jwt.SigningMethod
		key    any
	}{{jwt.SigningMethodHS384, key}, {jwt.SigningMethodHS512, key}, {jwt.SigningMethodRS256, rsaKey}, {jwt.SigningMethodES256, ecKey}} {
		token := &jwt.Token{Header: with(f.header, "alg", real.method.Alg()), Method: real.method, Claims: jwt.MapClaims(f.claims)}
		text, err := token.SignedString(real.key)
		if err != nil {
			t.Fatal(err)
		}
		f.refused(real.method.Alg(), text, app.CodeSessionNone)
	}
}

func TestTK04_AKeyInTheHeaderIsNotLookedAt(t *testing.T) {
	f := newForger(t)
	own := []byte(strings.Repeat("k", 32))
	for field, value := range map[string]any{
		"jwk": map[string]string{"kty": "oct", "k": b64.EncodeToString(own)}, "jku": "https://evil.example/keys", "x5u": "https://evil.example/cert", "x5c": []string{"MIIB"},
	} {
		header := with(f.header, field, value)
		f.refused(field+" under its own key", mac(encode(header)+"."+encode(f.claims), own), app.CodeSessionNone)
		f.refused(field+" under ours", f.signed(header, f.claims), app.CodeSessionNone)
	}
}

func TestTK05_KidIsOnlyCompared(t *testing.T) {
	f := newForger(t)
	for _, kid := range []any{"../../etc/passwd", "/dev/null", "' OR 1=1--", "first\x00", "\x00", "First", " first", "", nil, 0, true, []string{"first"}, map[string]string{"a": "b"}, strings.Repeat("a", 10<<10), "unknown"} {
		header := with(f.header, "kid", kid)
		f.refused(fmt.Sprintf("%.20q", fmt.Sprint(kid)), f.signed(header, f.claims), app.CodeSessionNone)
		f.refused(fmt.Sprintf("%.20q, empty key", fmt.Sprint(kid)), mac(encode(header)+"."+encode(f.claims), nil), app.CodeSessionNone)
	}
	f.refused("absent", f.signed(with(f.header, "kid", nothing{}), f.claims), app.CodeSessionNone)

	f.w.keys.add("second")
	delete(f.w.keys.all, "first")
	f.refused("of a retired key", f.pair.Access, app.CodeSessionNone)
	f.refused("refresh of a retired key", f.pair.Refresh, app.CodeSessionNone)
}

func TestTK06_NoExtensions(t *testing.T) {
	f := newForger(t)
	for _, header := range []map[string]any{
		with(f.header, "crit", []string{"x"}), with(f.header, "crit", []string{"exp"}, "exp", 1), with(f.header, "crit", []string{}), with(f.header, "crit", nil),
		with(f.header, "b64", false, "crit", []string{"b64"}), with(f.header, "b64", false), with(f.header, "b64", true), with(f.header, "zip", "DEF"), with(f.header, "cty", "JWT"),
	} {
		f.refused(fmt.Sprint(header), f.signed(header, f.claims), app.CodeSessionNone)
	}
}

func TestTK07_EveryFlippedBitIsRefused(t *testing.T) {
	f := newForger(t)
	for i := range len(f.pair.Access) {
		for bit := range 8 {
			token := []byte(f.pair.Access)
			token[i] ^= 1 << bit
			if _, err := f.w.keeper.Verify(ctx, string(token)); app.CodeOf(err) != app.CodeSessionNone {
				t.Fatalf("byte %d bit %d: %v", i, bit, err)
			}
		}
	}
	for i := range len(f.pair.Refresh) {
		token := []byte(f.pair.Refresh)
		token[i] ^= 1
		if _, _, err := f.w.keeper.Rotate(ctx, string(token)); app.CodeOf(err) != app.CodeSessionNone {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
	for n := range len(f.pair.Access) {
		if _, err := f.w.keeper.Verify(ctx, f.pair.Access[:n]); app.CodeOf(err) != app.CodeSessionNone {
			t.Fatalf("cut to %d: %v", n, err)
		}
	}
	f.alive()
}

// The example of RFC 7515 appendix A.1 has a good MAC, under its own key; it must
// be good there and nothing here.
func TestTK08_ForeignTokensOfTheStandard(t *testing.T) {
	f := newForger(t)
	const example = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	key, err := b64.DecodeString("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
	if err != nil {
		t.Fatal(err)
	}
	if mac(example[:strings.LastIndex(example, ".")], key) != example {
		t.Fatal("the example's own MAC is not reproduced")
	}
	f.refused("RFC 7515 A.1", example, app.CodeSessionNone)
	f.refused("RFC 7515 A.5", "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.", app.CodeSessionNone)
}

func TestTK09_OneSpellingOnly(t *testing.T) {
	f := newForger(t)
	parts := strings.Split(f.pair.Access, ".")
	for i, part := range parts {
		replaced := func(s string) string {
			p := append([]string{}, parts...)
			p[i] = s
			return strings.Join(p, ".")
		}
		for _, s := range []string{part + "=", part + "==", part + "\n", "\n" + part, part + " ", part[:4] + "\r\n" + part[4:], "\t" + part, part + "A", part + "+", part + "%3D", ""} {
			f.refused(fmt.Sprintf("segment %d as %.12q…%.6q", i, s, s[max(0, len(s)-6):]), replaced(s), app.CodeSessionNone)
		}
		// The last character of 43 carries two bits that decode to nothing.
		if len(part)%4 == 3 || len(part)%4 == 2 {
			const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
			last := strings.IndexByte(alphabet, part[len(part)-1])
			f.refused("unused bits", replaced(part[:len(part)-1]+string(alphabet[last^1])), app.CodeSessionNone)
		}
	}
	f.refused("a bearer prefix", "Bearer "+f.pair.Access, app.CodeSessionNone)
	f.refused("two tokens", f.pair.Access+","+f.pair.Access, app.CodeSessionNone)
	f.refused("a fourth segment", f.pair.Access+".", app.CodeSessionNone)
	f.refused("the standard alphabet", f.signedStandard(), app.CodeSessionNone)
}

// signedStandard carries a MAC over segments in the alphabet with + and /.
func (f *forger) signedStandard() string {
	h, _ := json.Marshal(f.header)
	c, _ := json.Marshal(with(f.claims, "x", "\u00ff\u00fe?>~~~"))
	return mac(base64.RawStdEncoding.EncodeToString(h)+"."+base64.RawStdEncoding.EncodeToString(c), f.key("access-v1"))
}

func TestTK10_Expiry(t *testing.T) {
	f := newForger(t)
	now := f.w.clock.Now().Unix()
	for _, test := range []struct {
		exp  any
		want app.Code
	}{
		{nothing{}, app.CodeSessionNone}, {nil, app.CodeSessionNone}, {0, app.CodeSessionNone}, {fmt.Sprint(now + 60), app.CodeSessionNone},
		{json.Number("1e308"), app.CodeSessionNone}, {json.Number("1e9"), app.CodeSessionNone}, {json.Number(fmt.Sprint(now+60, ".5")), app.CodeSessionNone},
		{"NaN", app.CodeSessionNone}, {[]int64{now + 60}, app.CodeSessionNone}, {true, app.CodeSessionNone}, {json.Number("99999999999999999999"), app.CodeSessionNone},
		{-1, app.CodeSessionAccessExpired}, {1, app.CodeSessionAccessExpired}, {now - 3600, app.CodeSessionAccessExpired},
		{now - 5, app.CodeSessionAccessExpired}, {now - 4, ""}, {now, ""}, {now + 1, ""},
	} {
		token := f.signed(f.header, with(f.claims, "exp", test.exp))
		if test.want == "" {
			f.w.verifies(token, "")
		} else {
			f.refused(fmt.Sprint("exp ", test.exp), token, test.want)
		}
	}
	f.refused("NaN bare", f.signed(f.header, `{"exp":NaN}`), app.CodeSessionNone)
}

// Nobody but this install signs, so a good MAC over a time to come was made by
// our own clock when it was ahead.
func TestTK11_ATokenFromTheFuture(t *testing.T) {
	f := newForger(t)
	now := f.w.clock.Now().Unix()
	for _, name := range []string{"iat", "nbf"} {
		f.refused(name+" in an hour", f.signed(f.header, with(f.claims, name, now+3600)), app.CodeClockMovedBack)
		f.refused(name+" past what a clock is forgiven", f.signed(f.header, with(f.claims, name, now+601)), app.CodeClockMovedBack)
		f.refused(name+" at the end of time", f.signed(f.header, with(f.claims, name, int64(1)<<62)), app.CodeClockMovedBack)
		f.refused(name+" absent", f.signed(f.header, with(f.claims, name, nothing{})), app.CodeSessionNone)
		f.refused(name+" as text", f.signed(f.header, with(f.claims, name, fmt.Sprint(now))), app.CodeSessionNone)
		f.w.verifies(f.signed(f.header, with(f.claims, name, now+5)), "")
	}
}

func TestTK12_IssuerAndAudience(t *testing.T) {
	f := newForger(t)
	for _, name := range []string{"iss", "aud"} {
		good := f.claims[name].(string)
		for _, value := range []any{nothing{}, nil, "", "x", good + "x", strings.ToUpper(good), []string{good}, []string{good, "x"}, []string{}, map[string]string{}, 0} {
			f.refused(fmt.Sprint(name, " ", value), f.signed(f.header, with(f.claims, name, value)), app.CodeSessionNone)
		}
	}
	for _, name := range []string{"sub", "sid", "jti", "gen"} {
		for _, value := range []any{nothing{}, nil, "", 0, []string{"x"}} {
			f.refused(fmt.Sprint(name, " ", value), f.signed(f.header, with(f.claims, name, value)), app.CodeSessionNone)
		}
	}
	// An empty issuer would switch the check off in the library.
	if _, err := session.New(session.Options{Store: f.w.db, Keys: f.w.keys, Launch: "l", Clock: f.w.clock, Rand: rand.Reader}); app.CodeOf(err) != app.CodeInternal {
		t.Fatalf("a Keeper without an install ID: %v", err)
	}
	other, err := session.New(session.Options{Store: f.w.db, Keys: f.w.keys, InstallID: "other", Launch: "l", Clock: f.w.clock, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Verify(ctx, f.pair.Access); app.CodeOf(err) != app.CodeSessionNone {
		t.Fatalf("another install, the same key: %v", err)
	}
}

func TestTK13_NoTokenInAnothersPlace(t *testing.T) {
	f := newForger(t)
	f.w.verifies(f.pair.Refresh, app.CodeSessionNone)
	f.w.refuses(f.pair.Access, app.CodeSessionNone)
	refresh := object(t, strings.Split(f.pair.Refresh, ".")[1])
	// Each of the three fences holds alone: the key, the type, the audience.
	for _, typ := range []any{"at+jwt", "rt+jwt", "pt+jwt", "JWT", "AT+JWT", "application/at+jwt", nothing{}, nil, []string{"at+jwt"}} {
		for _, use := range []string{"access-v1", "refresh-v1", "pending-v1"} {
			for name, claims := range map[string]map[string]any{"access": f.claims, "refresh": refresh, "pending": with(f.claims, "aud", "munpae-pending")} {
				token := mac(encode(with(f.header, "typ", typ))+"."+encode(claims), f.key(use))
				what := fmt.Sprintf("%v, %s, %s", typ, use, name)
				_, err := f.w.keeper.Verify(ctx, token)
				if good := typ == "at+jwt" && use == "access-v1" && name == "access"; (err == nil) != good {
					t.Errorf("verify %s: %v", what, err)
				}
				if typ == "rt+jwt" && use == "refresh-v1" && name == "refresh" {
					continue // the genuine one
				}
				if _, _, err := f.w.keeper.Rotate(ctx, token); app.CodeOf(err) != app.CodeSessionNone {
					t.Errorf("rotate %s: %v", what, err)
				}
			}
		}
	}
	f.alive()
}

func TestTK14_DeletedUserUnknownAndEndedSession(t *testing.T) {
	f := newForger(t)
	f.w.verifies(f.signed(f.header, with(f.claims, "sid", "unknown")), app.CodeSessionRevoked)
	f.w.verifies(f.signed(f.header, with(f.claims, "sub", "somebody-else")), app.CodeSessionRevoked)
	f.alive()
	second := f.w.signIn(1)
	_, pair, err := f.w.keeper.Claim(ctx, second.Session.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.w.keeper.End(ctx, second.Session.ID, app.EndSignedOut); err != nil {
		t.Fatal(err)
	}
	f.w.verifies(pair.Access, app.CodeSessionRevoked)
	f.w.refuses(pair.Refresh, app.CodeSessionRevoked)
	f.w.verifies(f.pair.Access, "")
	if err := f.w.db.DeleteUser(ctx, f.in.User.ID, f.w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	f.w.verifies(f.pair.Access, app.CodeSessionRevoked)
	f.w.refuses(f.pair.Refresh, app.CodeSessionRevoked)
}

// A repeated name in an object that we signed can only come from us; the last
// one counts, in the header as in the claims, and gains nobody anything.
func TestTK15_RepeatedNames(t *testing.T) {
	f := newForger(t)
	payload, _ := json.Marshal(f.claims)
	rest := string(payload[1:])
	f.refused("two algs", f.signed(`{"alg":"HS256","alg":"none","kid":"first","typ":"at+jwt"}`, f.claims), app.CodeSessionNone)
	f.refused("two kids", f.signed(`{"alg":"HS256","kid":"first","kid":"x","typ":"at+jwt"}`, f.claims), app.CodeSessionNone)
	f.refused("ALG", f.signed(`{"ALG":"HS256","kid":"first","typ":"at+jwt"}`, f.claims), app.CodeSessionNone)
	f.refused("two exps", f.signed(f.header, `{`+rest[:len(rest)-1]+`,"exp":1}`), app.CodeSessionAccessExpired)
	in, err := f.w.keeper.Verify(ctx, f.signed(f.header, `{"sub":"x","sid":"y",`+rest))
	if err != nil || in.User.ID != f.in.User.ID {
		t.Fatalf("%+v, %v", in, err)
	}
}

func TestTK16_HugeTokensCostNothing(t *testing.T) {
	f := newForger(t)
	huge := map[string]string{
		"9 KB":            f.signed(f.header, with(f.claims, "x", strings.Repeat("a", 9<<10))),
		"a million dots":  strings.Repeat(".", 1_000_000),
		"a million bytes": strings.Repeat("A", 1_000_000),
		"deep":            f.signed(f.header, strings.Repeat("[", 1500)),
	}
	for name, token := range huge {
		f.refused(name, token, app.CodeSessionNone)
		if n := testing.AllocsPerRun(10, func() { _, _ = f.w.keeper.Verify(ctx, token) }); n > 60 {
			t.Errorf("%s: %v allocations", name, n)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 10 {
			_, _ = f.w.keeper.Verify(ctx, token)
		}
		runtime.ReadMemStats(&after)
		if n := (after.TotalAlloc - before.TotalAlloc) / 10; n > 64<<10 {
			t.Errorf("%s: %d bytes allocated for one look", name, n)
		}
	}
}

func TestTK17_AKeyThatNoLongerSigns(t *testing.T) {
	f := newForger(t)
	f.w.keys.add("second")
	f.w.verifies(f.pair.Access, app.CodeSessionAccessExpired)
	next := f.w.rotate(f.pair.Refresh) // silent, at once
	if kid := object(t, strings.Split(next.Access, ".")[0])["kid"]; kid != "second" {
		t.Fatalf("signed with %v", kid)
	}
	f.w.verifies(next.Access, "")
	lost := f.w.rotate(f.pair.Refresh)
	if lost != next {
		t.Fatal("a lost reply across keys is not answered with the same bytes")
	}

	// Within a minute of a rotation, too: the key decides.
	f.w.keys.add("third")
	delete(f.w.keys.all, "first")
	again := f.w.rotate(next.Refresh)
	f.w.verifies(again.Access, "")

	f.w.keys.add("fourth")
	delete(f.w.keys.all, "third")
	f.w.verifies(again.Access, app.CodeSessionNone)
	f.w.refuses(again.Refresh, app.CodeSessionNone)
	if err := f.w.keeper.EndOtherKeys(ctx); err != nil {
		t.Fatal(err)
	}
	if r := f.w.row(f.in.Session.ID); r.EndReason != app.EndKeyLost {
		t.Fatalf("%+v", r)
	}
	f.w.accountsIntact()
}

func TestTK18_TheAccessTokenBefore(t *testing.T) {
	f := newForger(t)
	next := f.w.rotate(f.pair.Refresh)
	f.w.verifies(f.pair.Access, "")
	f.w.verifies(next.Access, "")
	f.w.verifies(f.signed(f.header, with(f.claims, "gen", 3)), app.CodeSessionRevoked) // a generation that never was
	f.w.clock.advance(app.AccessLifetime + 5*time.Second)
	f.w.verifies(f.pair.Access, app.CodeSessionAccessExpired)
	fresh := f.w.rotate(next.Refresh)
	if err := f.w.keeper.End(ctx, f.in.Session.ID, app.EndRevoked); err != nil {
		t.Fatal(err)
	}
	f.w.verifies(fresh.Access, app.CodeSessionRevoked)
}

func TestSealedTextOpensOnlyForItsRow(t *testing.T) {
	w := worldOf(t)
	profile := app.Profile{Login: "octocat"}
	sealed, err := w.keeper.SealProfile(profile, "row-1")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("octocat")) {
		t.Fatal("in clear")
	}
	if opened, err := w.keeper.OpenProfile(sealed, "row-1"); err != nil || opened != profile {
		t.Fatalf("%+v, %v", opened, err)
	}
	again, err := w.keeper.SealProfile(profile, "row-1")
	if err != nil || bytes.Equal(again, sealed) {
		t.Fatal("the nonce is not random")
	}
	if _, err := w.keeper.OpenProfile(sealed, "row-2"); app.CodeOf(err) != app.CodeKeystoreLost {
		t.Fatalf("for another row: %v", err)
	}
	for i := range sealed {
		broken := bytes.Clone(sealed)
		broken[i] ^= 1
		if _, err := w.keeper.OpenProfile(broken, "row-1"); app.CodeOf(err) != app.CodeKeystoreLost {
			t.Fatalf("byte %d: %v", i, err)
		}
		if _, err := w.keeper.OpenProfile(sealed[:i], "row-1"); app.CodeOf(err) != app.CodeKeystoreLost {
			t.Fatalf("cut to %d: %v", i, err)
		}
	}
	w.keys.add("second")
	if _, err := w.keeper.OpenProfile(sealed, "row-1"); err != nil {
		t.Fatalf("under the key before: %v", err)
	}
	delete(w.keys.all, "first")
	if _, err := w.keeper.OpenProfile(sealed, "row-1"); app.CodeOf(err) != app.CodeKeystoreLost {
		t.Fatalf("without its key: %v", err)
	}
}

func TestWithoutAKeyNothingIsMade(t *testing.T) {
	w := worldOf(t)
	_, pair := w.signedIn()
	w.keys.current, w.keys.all = "", nil
	if _, err := w.keeper.New(); app.CodeOf(err) != app.CodeKeystoreLocked {
		t.Fatal(err)
	}
	if _, err := w.keeper.SealProfile(app.Profile{}, ""); app.CodeOf(err) != app.CodeKeystoreLocked {
		t.Fatal(err)
	}
	w.verifies(pair.Access, app.CodeSessionNone)
	w.refuses(pair.Refresh, app.CodeSessionNone)
}
