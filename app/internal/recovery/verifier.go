package recovery

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"munpae.example/munpae/app/internal/app"
)

// cost is what one hash takes: OWASP's smallest for argon2id. The secret has 80 bits, so
// a copied database gives nothing away even where a hash costs nothing; this is the
// second lock (decisions/0012-recovery-codes.md has the figures).
var cost = parameters{memory: 19 * 1024, passes: 2, lanes: 1}

// dearest is the most that a stored verifier may ask for: a planted row must not hold
// the program up.
var dearest = parameters{memory: 64 * 1024, passes: 4, lanes: 4}

const (
	saltLength = 16
	hashLength = 32
	form       = "$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s"
)

type parameters struct {
	memory uint32 // KiB
	passes uint32
	lanes  uint8
}

func (p parameters) hash(c Code, salt []byte) []byte {
	return argon2.IDKey([]byte(c.text), salt, p.passes, p.memory, p.lanes, hashLength)
}

// verifier is what is stored of a code, in the PHC string format.
func verifier(random io.Reader, c Code) (string, error) {
	salt := make([]byte, saltLength)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", app.Fail(app.CodeInternal, err)
	}
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf(form, cost.memory, cost.passes, cost.lanes, text(salt), text(cost.hash(c, salt))), nil
}

// opens reports whether the verifier is that of c.
func (c Code) opens(verifier string) bool {
	var p parameters
	rest, ok := strings.CutPrefix(verifier, "$argon2id$v=19$")
	if !ok {
		return false
	}
	part := strings.Split(rest, "$")
	if len(part) != 3 {
		return false
	}
	if n, err := fmt.Sscanf(part[0], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.lanes); n != 3 || err != nil {
		return false
	}
	salt, err := base64.RawStdEncoding.Strict().DecodeString(part[1])
	if err != nil || len(salt) != saltLength {
		return false
	}
	want, err := base64.RawStdEncoding.Strict().DecodeString(part[2])
	if err != nil || len(want) != hashLength || p.passes == 0 || p.lanes == 0 || p.memory > dearest.memory || p.passes > dearest.passes || p.lanes > dearest.lanes {
		return false
	}
	return subtle.ConstantTimeCompare(p.hash(c, salt), want) == 1
}

// Make makes the Count codes of a user and what is stored of them.
func Make(random io.Reader, tag, userID string, now time.Time) ([]Code, []app.RecoveryCode, error) {
	codes, rows := make([]Code, Count), make([]app.RecoveryCode, Count)
	for i := range codes {
		var err error
		if codes[i], err = newCode(random, tag); err != nil {
			return nil, nil, err
		}
		rows[i] = app.RecoveryCode{Selector: codes[i].Selector(), UserID: userID, Number: i + 1, MadeAt: now}
		if rows[i].Verifier, err = verifier(random, codes[i]); err != nil {
			return nil, nil, err
		}
	}
	return codes, rows, nil
}

// Judge says whether c opens what the guess found. It costs one slow hash whatever it
// finds, and only who types a code that was good is told that it was: CodeRecoveryUsed
// (param date), CodeRecoveryVoid. All others hear CodeRecoveryWrong, CodeRecoveryForeign
// for a code of another profile, or CodeRecoveryNone where nobody has any.
func Judge(c Code, g app.RecoveryGuess) error {
	if g.Code.Selector == "" {
		cost.hash(c, make([]byte, saltLength)) // as long as one that is there
		switch {
		case !g.Any:
			return app.Fail(app.CodeRecoveryNone, nil)
		case c.Tag() != g.Tag:
			return app.Fail(app.CodeRecoveryForeign, nil)
		}
		return app.Fail(app.CodeRecoveryWrong, nil)
	}
	switch {
	case !c.opens(g.Code.Verifier):
		return app.Fail(app.CodeRecoveryWrong, nil)
	case !g.Code.UsedAt.IsZero():
		return app.Fail(app.CodeRecoveryUsed, nil, "date", g.Code.UsedAt.Format(time.RFC3339))
	case !g.Code.VoidAt.IsZero():
		return app.Fail(app.CodeRecoveryVoid, nil)
	}
	return nil
}
