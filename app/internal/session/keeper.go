package session

import (
	"context"
	"encoding/base32"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"munpae.example/munpae/app/internal/app"
)

// Options are what New needs; every field is required.
type Options struct {
	Store Store
	Keys  Keys
	// InstallID is the profile's own random name. Tokens of another install fail.
	InstallID string
	// Launch is this program start's own random name: the jar is read from the disk
	// once a launch, which is what makes a lost successor believable.
	Launch string
	Clock  app.Clock
	Rand   io.Reader
	// Wire says that refresh tokens travel on the wire and not in a webview's jar:
	// the rules of decide that are there for jars and launches are off.
	Wire bool
}

// Keeper keeps the sessions of one profile. It is safe for concurrent use.
type Keeper struct {
	store  Store
	issuer string
	launch string
	wire   bool
	keySet keySet
	mark   mark
	// good are the access token and the refresh token that were good last.
	good struct{ access, refresh verified }
	// proved are the sessions that prove was tried for.
	proved sync.Map

	accessParser  *jwt.Parser
	refreshParser *jwt.Parser

	randMu sync.Mutex
	rand   io.Reader
}

// New makes a Keeper. It reads nothing yet. CodeInternal if an option is missing.
func New(o Options) (*Keeper, error) {
	if o.Store == nil || o.Keys == nil || o.InstallID == "" || o.Launch == "" || o.Clock == nil || o.Rand == nil {
		return nil, app.Fail(app.CodeInternal, errors.New("session: an option is missing"))
	}
	s := &Keeper{
		store:  o.Store,
		issuer: "urn:munpae:" + o.InstallID,
		launch: o.Launch,
		wire:   o.Wire,
		keySet: keySet{keys: o.Keys, made: map[string]*derived{}},
		mark:   mark{clock: o.Clock, store: o.Store},
		rand:   o.Rand,
	}
	now := func() time.Time { t, _ := s.mark.peek(); return t }
	s.accessParser = newParser(access, s.issuer, now)
	s.refreshParser = newParser(refresh, s.issuer, now)
	return s, nil
}

// Close stores the clock's high-water mark. The Keeper may still be asked, but
// stores the mark no more.
func (s *Keeper) Close(ctx context.Context) error {
	err := s.mark.flush(ctx)
	s.mark.mu.Lock()
	s.mark.closed = true
	s.mark.mu.Unlock()
	return err
}

// random returns n random bytes as lower-case base32.
func (s *Keeper) random(n int) (string, error) {
	b := make([]byte, n)
	s.randMu.Lock()
	defer s.randMu.Unlock()
	if _, err := io.ReadFull(s.rand, b); err != nil {
		return "", app.Fail(app.CodeInternal, err)
	}
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)), nil
}

// New builds the row of a session confirmed now. It writes nothing. Its user and
// identity are filled in by whoever stores it. CodeKeystoreLocked without a key.
func (s *Keeper) New() (app.Session, error) {
	key, err := s.keySet.current()
	if err != nil {
		return app.Session{}, err
	}
	id, err := s.random(16)
	if err != nil {
		return app.Session{}, err
	}
	jti, err := s.random(16)
	if err != nil {
		return app.Session{}, err
	}
	now, _ := s.mark.peek()
	return app.Session{
		ID: id, KeyID: key.id, Generation: 1, CurrentJTI: jti,
		RotatedAt: now, RotatedLaunch: s.launch,
		CreatedAt: now, ConfirmedAt: now, SeenAt: now,
		IdleUntil: now.Add(app.IdleLifetime), AbsoluteEnd: now.Add(app.AbsoluteLifetime),
	}, nil
}

// presentation gathers what a decision needs.
func (s *Keeper) presentation(now time.Time) (presentation, error) {
	key, err := s.keySet.current()
	if err != nil {
		return presentation{}, err
	}
	jti, err := s.random(16)
	return presentation{now: now, launch: s.launch, keyID: key.id, jti: jti, wire: s.wire}, err
}

// update runs a decision on the session's row and makes the pair of the outcome.
func (s *Keeper) update(ctx context.Context, id string, missing app.Code, decide func(app.Session) (app.Session, bool, error)) (app.SignedIn, app.Pair, error) {
	in, err := s.store.UpdateSession(ctx, id, func(in app.SignedIn) (app.Session, bool, error) { return decide(in.Session) })
	if err != nil {
		if app.CodeOf(err) == app.CodeNotFound {
			err = app.Fail(missing, err)
		}
		return app.SignedIn{}, app.Pair{}, err
	}
	pair, err := s.pair(in.Session)
	if err != nil {
		return app.SignedIn{}, app.Pair{}, err
	}
	return in, pair, nil
}

// Claim hands out the first pair of a session: once, and once more in a later launch
// if the jar was never seen to have kept it; that is the identical pair.
// CodeSessionNone if it may not be claimed, is ended, rotated or older than
// app.ClaimLifetime; CodeClockMovedBack, CodeKeystoreLocked, and the codes of the database.
func (s *Keeper) Claim(ctx context.Context, sessionID string) (app.SignedIn, app.Pair, error) {
	now, back, err := s.mark.now(ctx)
	if err != nil {
		return app.SignedIn{}, app.Pair{}, err
	}
	if back {
		return app.SignedIn{}, app.Pair{}, app.Fail(app.CodeClockMovedBack, nil)
	}
	p, err := s.presentation(now)
	if err != nil {
		return app.SignedIn{}, app.Pair{}, err
	}
	return s.update(ctx, sessionID, app.CodeSessionNone, func(row app.Session) (app.Session, bool, error) {
		if _, err := s.keySet.named(row.KeyID); err != nil && !row.ClaimedAt.IsZero() {
			return row, false, app.Fail(app.CodeSessionNone, err) // its pair can't be made again
		}
		return claim(row, p)
	})
}

// Unclaimed returns the newest session that this launch may still claim;
// CodeSessionNone if there is none, CodeClockMovedBack.
func (s *Keeper) Unclaimed(ctx context.Context) (app.SignedIn, error) {
	now, back, err := s.mark.now(ctx)
	if err != nil {
		return app.SignedIn{}, err
	}
	if back { // Claim would refuse it, and how old it is nobody knows
		return app.SignedIn{}, app.Fail(app.CodeClockMovedBack, nil)
	}
	in, err := s.store.UnclaimedSession(ctx, now.Add(-app.ClaimLifetime), s.launch)
	if app.CodeOf(err) == app.CodeNotFound {
		err = app.Fail(app.CodeSessionNone, err)
	}
	return in, err
}

// Verify accepts an access token whose session lives: a MAC and one row read.
// CodeSessionNone, CodeSessionAccessExpired, CodeSessionExpired,
// CodeSessionRevoked, CodeSessionReused, CodeClockMovedBack, and the codes of the
// database. A token under a key that no longer signs counts as expired: the
// refresh moves the session to the new key.
func (s *Keeper) Verify(ctx context.Context, token string) (app.SignedIn, error) {
	now, back, err := s.mark.now(ctx)
	if err != nil {
		return app.SignedIn{}, err
	}
	c, key, ok := s.good.access.recall(token, now, back, s.keySet.keys)
	if !ok {
		if c, key, err = s.parse(access, token, back); err != nil {
			return app.SignedIn{}, err
		}
		s.good.access.keep(token, c, key)
	}
	in, err := s.store.Session(ctx, c.Session)
	if err != nil {
		if app.CodeOf(err) == app.CodeNotFound {
			err = app.Fail(app.CodeSessionRevoked, err)
		}
		return app.SignedIn{}, err
	}
	if in.User.ID != c.Subject || c.Generation > in.Session.Generation {
		return app.SignedIn{}, app.Fail(app.CodeSessionRevoked, nil)
	}
	if err := alive(in.Session, now); err != nil {
		return app.SignedIn{}, err
	}
	if id, _ := s.keySet.keys.Current(); id != key.id {
		return app.SignedIn{}, app.Fail(app.CodeSessionAccessExpired, nil)
	}
	if provable(in.Session, s.launch) {
		s.prove(ctx, in.Session.ID, now)
	}
	return in, nil
}

// Live returns the session as its row is now, without a token.
// CodeSessionExpired, CodeSessionRevoked also where there is no such row,
// CodeSessionReused, CodeClockMovedBack, and the codes of the database.
func (s *Keeper) Live(ctx context.Context, sessionID string) (app.SignedIn, error) {
	in, err := s.store.Session(ctx, sessionID)
	switch {
	case app.CodeOf(err) == app.CodeNotFound:
		return app.SignedIn{}, app.Fail(app.CodeSessionRevoked, err)
	case err != nil:
		return app.SignedIn{}, err
	}
	return in, s.Alive(in.Session)
}

// Alive says why the session of row is not to be used now, or nil. Codes of Live.
func (s *Keeper) Alive(row app.Session) error {
	now, back := s.mark.peek()
	if back {
		return app.Fail(app.CodeClockMovedBack, nil)
	}
	return alive(row, now)
}

// prove is tried once a launch and session: an error costs nothing but that the
// session may be claimed again.
func (s *Keeper) prove(ctx context.Context, id string, now time.Time) {
	if _, tried := s.proved.LoadOrStore(id, true); tried {
		return
	}
	_, _ = s.store.UpdateSession(ctx, id, func(in app.SignedIn) (app.Session, bool, error) {
		return prove(in.Session, presentation{now: now, launch: s.launch})
	})
}

// Bearer says whose refresh token this is, and of which session, living or not. A clock
// that was moved back does not matter here. CodeSessionNone, and CodeSessionExpired,
// which says whose it was.
func (s *Keeper) Bearer(token string) (userID, sessionID string, err error) {
	c, _, err := s.parse(refresh, token, false)
	switch app.CodeOf(err) {
	case app.CodeClockMovedBack: // its signature was good
		err = nil
	case "", app.CodeSessionExpired:
	default:
		return "", "", err
	}
	return c.Subject, c.Session, err
}

// Pair makes the pair of the row's generation: the same row, the same bytes.
func (s *Keeper) Pair(row app.Session) (app.Pair, error) { return s.pair(row) }

// Rotate trades a refresh token for the next pair; decide says how. Codes of
// Verify, where CodeSessionExpired also says that the token itself is too old.
func (s *Keeper) Rotate(ctx context.Context, token string) (app.SignedIn, app.Pair, error) {
	now, back, err := s.mark.now(ctx)
	if err != nil {
		return app.SignedIn{}, app.Pair{}, err
	}
	c, _, ok := s.good.refresh.recall(token, now, back, s.keySet.keys)
	if !ok {
		c, _, err = s.parse(refresh, token, back)
	}
	if err != nil {
		return app.SignedIn{}, app.Pair{}, err
	}
	p, err := s.presentation(now)
	if err != nil {
		return app.SignedIn{}, app.Pair{}, err
	}
	return s.update(ctx, c.Session, app.CodeSessionRevoked, func(row app.Session) (app.Session, bool, error) { return decide(row, c, p) })
}

// Renew gives a session its next pair without its refresh token: whoever calls has
// changed whose session it is. Codes of Live.
func (s *Keeper) Renew(ctx context.Context, sessionID string) (app.SignedIn, app.Pair, error) {
	now, back, err := s.mark.now(ctx)
	if err != nil {
		return app.SignedIn{}, app.Pair{}, err
	}
	if back {
		return app.SignedIn{}, app.Pair{}, app.Fail(app.CodeClockMovedBack, nil)
	}
	p, err := s.presentation(now)
	if err != nil {
		return app.SignedIn{}, app.Pair{}, err
	}
	return s.update(ctx, sessionID, app.CodeSessionRevoked, func(row app.Session) (app.Session, bool, error) { return renew(row, p) })
}

// End ends a session; ending an ended or unknown one is no error.
func (s *Keeper) End(ctx context.Context, sessionID string, why app.EndReason) error {
	if sessionID == "" {
		return nil // a selection by nothing would select everything
	}
	return s.end(ctx, app.SessionSelection{ID: sessionID}, why)
}

// EndOthers ends every session of the user but one, which may be empty.
func (s *Keeper) EndOthers(ctx context.Context, userID, keepSessionID string, why app.EndReason) error {
	if userID == "" {
		return nil
	}
	return s.end(ctx, app.SessionSelection{UserID: userID, ExceptID: keepSessionID}, why)
}

// EndOtherKeys ends, with app.EndKeyLost, every session that another key than
// the current one signed: after a key was replaced because it was lost.
func (s *Keeper) EndOtherKeys(ctx context.Context) error {
	key, err := s.keySet.current()
	if err != nil {
		return err
	}
	return s.end(ctx, app.SessionSelection{OtherThanKeyID: key.id}, app.EndKeyLost)
}

func (s *Keeper) end(ctx context.Context, which app.SessionSelection, why app.EndReason) error {
	now, _ := s.mark.peek()
	_, err := s.store.EndSessions(ctx, which, why, now)
	return err
}

// Anchor moves the clock's high-water mark to the clock, even backwards, since a
// provider's answer over TLS confirmed it. CodeClockWrong, and nothing moved, if
// the two differ by more than app.ClockBackTolerance.
func (s *Keeper) Anchor(ctx context.Context, serverTime time.Time) error {
	return s.mark.anchor(ctx, serverTime)
}
