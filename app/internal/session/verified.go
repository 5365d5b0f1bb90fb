package session

import (
	"crypto/subtle"
	"sync/atomic"
	"time"
)

// verified remembers one token that was good: the window presents the same access
// token with every request for ten minutes, and next the refresh token that came
// with it. Only what cannot change is remembered, that its MAC and its claims are
// good; its times, its key and its session's row are looked at each time.
type verified struct {
	last atomic.Pointer[verifiedToken]
}

type verifiedToken struct {
	text   []byte
	claims claims
	key    *derived
}

func (v *verified) keep(token string, c claims, key *derived) {
	v.last.Store(&verifiedToken{[]byte(token), c, key})
}

// recall returns the claims if token is the one remembered, its key still in use,
// and now well inside its times; anything else is for the parser to judge.
func (v *verified) recall(token string, now time.Time, back bool, keys Keys) (claims, *derived, bool) {
	t := v.last.Load()
	if t == nil || back || subtle.ConstantTimeCompare(t.text, []byte(token)) != 1 {
		return claims{}, nil, false
	}
	if master, ok := keys.Key(t.key.id); !ok || master != t.key.master {
		return claims{}, nil, false
	}
	if at := now.Unix(); at < t.claims.IssuedAt || at < t.claims.NotBefore || at >= t.claims.Expires {
		return claims{}, nil, false
	}
	return t.claims, t.key, true
}
