package signin

import (
	"context"
	"slices"
	"strconv"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// Several accounts may be signed in on one computer (Options.Several). One is on the
// screen; the refresh token of each lies in the webview's jar in a place of its own, and
// is the only proof by which a switch leads to it.

// rememberFor is how long an account whose session is over keeps its nameplate.
const rememberFor = app.IdleLifetime

// onScreen is the setting that names the session that was claimed or switched to last.
const onScreen = "on_screen"

// Nameplates are the accounts of this computer: the one on the screen, then those whose
// sessions live, the last used first, then those that have to be signed in to again, at
// most app.MaxAccounts in all. Nothing without Options.Several.
func (s *Service) Nameplates(ctx context.Context) ([]app.Nameplate, error) {
	if s.o.Blocked != nil {
		return nil, s.o.Blocked
	}
	if !s.o.Several {
		return nil, nil
	}
	all, err := s.o.Accounts.SessionsHere(ctx, s.now().Add(-rememberFor))
	if err != nil {
		return nil, err
	}
	person, _ := s.Who()
	var plates []app.Nameplate
	if person.Session.ID != "" {
		plates = append(plates, app.Nameplate{SignedIn: person, Current: true, Lives: true})
	}
	known := map[string]bool{person.User.ID: true}
	var over []app.Nameplate
	for _, in := range all { // the living ones come first
		if known[in.User.ID] {
			continue
		}
		lives := in.Session.EndedAt.IsZero()
		if lives {
			now, err := s.o.Sessions.Standing(ctx, in.Session.ID)
			switch {
			case err == nil:
				in = now
			case !aboutSession(err):
				return nil, err
			case app.CodeOf(err) != app.CodeClockMovedBack: // which is about all of them
				lives = false
			}
		}
		switch {
		case lives:
			plates = append(plates, app.Nameplate{SignedIn: in, Lives: true})
		case in.Session.EndedAt.IsZero() || slices.Contains([]app.EndReason{app.EndRevoked, app.EndReused, app.EndKeyLost}, in.Session.EndReason):
			over = append(over, app.Nameplate{SignedIn: in})
			if in.Session.EndedAt.IsZero() {
				continue // another one may live
			}
		}
		known[in.User.ID] = true
	}
	slices.SortStableFunc(plates, func(a, b app.Nameplate) int {
		switch {
		case a.Current:
			return -1
		case b.Current:
			return 1
		}
		return b.Session.SeenAt.Compare(a.Session.SeenAt)
	})
	for _, p := range over {
		if len(plates) < app.MaxAccounts && !slices.ContainsFunc(plates, func(o app.Nameplate) bool { return o.User.ID == p.User.ID }) {
			plates = append(plates, p)
		}
	}
	return plates, nil
}

// plate returns that user's nameplate. CodeNotFound.
func (s *Service) plate(ctx context.Context, userID string) (app.Nameplate, error) {
	all, err := s.Nameplates(ctx)
	if err != nil {
		return app.Nameplate{}, err
	}
	i := slices.IndexFunc(all, func(p app.Nameplate) bool { return p.User.ID == userID })
	if i < 0 {
		return app.Nameplate{}, app.Fail(app.CodeNotFound, nil)
	}
	return all[i], nil
}

// roomFor says whether one more account may be signed in: that of userID, which may be
// empty for somebody new. CodeAccountsFull (param count).
func (s *Service) roomFor(ctx context.Context, userID string) error {
	if !s.o.Several {
		return nil
	}
	all, err := s.Nameplates(ctx)
	if err != nil {
		return err
	}
	n := 0
	for _, p := range all {
		if p.Lives && p.User.ID != userID {
			n++
		}
	}
	if n >= app.MaxAccounts {
		return app.Fail(app.CodeAccountsFull, nil, "count", strconv.Itoa(app.MaxAccounts))
	}
	return nil
}

// SwitchTo puts another account of this computer on the screen, offline too, and returns
// its next pair. tokens are what the jar has at that account's place: usually one; others
// were planted. CodeNotFound if no nameplate is theirs, CodeAccountLost if no token is
// theirs, CodeAccountEnded, CodeAccountExpired, CodeAccountReused (all with param
// nickname, and provider: whom to sign in with again), CodeConflict while a session waits to be claimed, CodeClockMovedBack. What
// fails moves nobody.
func (s *Service) SwitchTo(ctx context.Context, userID string, tokens []string) (app.SignedIn, app.Pair, error) {
	none := func(err error) (app.SignedIn, app.Pair, error) { return app.SignedIn{}, app.Pair{}, err }
	s.claiming.Lock()
	defer s.claiming.Unlock()
	p, err := s.plate(ctx, userID)
	if err != nil {
		return none(err)
	}
	called := func(code app.Code, err error) error {
		return app.Fail(code, err, "nickname", p.User.Nickname, "provider", p.Identity.Provider)
	}
	token, sessionID, err := s.proof(userID, tokens)
	switch app.CodeOf(err) {
	case "":
	case app.CodeSessionExpired:
		return none(called(app.CodeAccountExpired, err))
	default:
		return none(called(app.CodeAccountLost, err))
	}
	said := func(in app.SignedIn, pair app.Pair, err error) (app.SignedIn, app.Pair, error) {
		switch app.CodeOf(err) {
		case "":
			return in, pair, nil
		case app.CodeSessionExpired:
			err = called(app.CodeAccountExpired, err)
		case app.CodeSessionReused:
			err = called(app.CodeAccountReused, err)
		case app.CodeSessionRevoked, app.CodeAccountMerged, app.CodeSessionNone, app.CodeKeystoreLost:
			err = called(app.CodeAccountEnded, err)
		}
		return none(err)
	}
	// Before anything is written: what has ended stays as it is.
	if in, err := s.o.Sessions.Standing(ctx, sessionID); err != nil || in.User.ID != userID {
		if err == nil {
			err = app.Fail(app.CodeSessionNone, nil)
		}
		return said(app.SignedIn{}, app.Pair{}, err)
	}
	if err := s.makeWay(); err != nil {
		return none(err)
	}
	// Before the token is used up, since a kill may come in between.
	before, _ := s.o.Accounts.Setting(ctx, onScreen)
	s.keep(ctx, onScreen, sessionID)
	in, pair, err := s.o.Sessions.Rotate(ctx, token)
	if err != nil {
		s.keep(ctx, onScreen, before)
		return said(in, pair, err)
	}
	if !s.apply(switched{in}) {
		s.keep(ctx, onScreen, before)
		// Somebody signed in meanwhile. Who is on the screen stays so.
		return none(app.Fail(app.CodeConflict, nil))
	}
	return in, pair, nil
}

// makeWay ends an attempt that is under way. CodeConflict where nobody can be switched to.
func (s *Service) makeWay() error {
	s.mu.Lock()
	m := s.machine
	s.mu.Unlock()
	if m.attempt != nil && m.signUp == nil {
		s.Cancel()
		m.attempt = nil
	}
	if !m.maySwitch() {
		return app.Fail(app.CodeConflict, nil)
	}
	return nil
}

// proof finds the one token that is the user's. CodeSessionExpired if it is too old,
// CodeSessionNone if there is none, CodeAmbiguousCookie if there are two.
func (s *Service) proof(userID string, tokens []string) (token, sessionID string, err error) {
	err = app.Fail(app.CodeSessionNone, nil)
	for _, t := range slices.Compact(slices.Sorted(slices.Values(tokens))) {
		whose, id, bad := s.o.Sessions.Bearer(t)
		switch {
		case whose != userID:
		case bad != nil:
			if token == "" {
				err = bad
			}
		case token != "":
			return "", "", app.Fail(app.CodeAmbiguousCookie, nil)
		default:
			token, sessionID, err = t, id, nil
		}
	}
	return token, sessionID, err
}

// SignOutOf signs that account out of this computer: its rows first. If it was on the
// screen, the sign-in is there now. Once more is no failure: the first time may have
// been answered with one. CodeNotFound if no nameplate was theirs.
func (s *Service) SignOutOf(ctx context.Context, userID string) error {
	p, err := s.plate(ctx, userID)
	if app.CodeOf(err) == app.CodeNotFound && s.wasSignedOutOf(ctx, userID) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.takeDown(ctx, p)
}

// wasSignedOutOf reports whether that account was signed out of on this computer.
func (s *Service) wasSignedOutOf(ctx context.Context, userID string) bool {
	if !s.o.Several {
		return false
	}
	all, err := s.o.Accounts.SessionsHere(ctx, s.now().Add(-rememberFor))
	return err == nil && slices.ContainsFunc(all, func(in app.SignedIn) bool {
		return in.User.ID == userID && in.Session.EndReason == app.EndSignedOut
	})
}

// SignOutAll is SignOutOf for every account of this computer. It returns whose
// nameplates it took down.
func (s *Service) SignOutAll(ctx context.Context) (userIDs []string, err error) {
	all, err := s.Nameplates(ctx)
	if err != nil {
		return nil, err
	}
	// The one on the screen last: until then the others are still to be seen.
	slices.Reverse(all)
	for _, p := range all {
		if err := s.takeDown(ctx, p); err != nil {
			return userIDs, err
		}
		userIDs = append(userIDs, p.User.ID)
	}
	return userIDs, nil
}

// takeDown ends every session of that account on this computer.
func (s *Service) takeDown(ctx context.Context, p app.Nameplate) error {
	if err := s.endHere(ctx, p.User.ID); err != nil {
		return err
	}
	if p.Current {
		if err := s.o.Sessions.End(ctx, p.Session.ID, app.EndSignedOut); err != nil { // not claimed yet
			return err
		}
		s.ended(p.Session.ID, notice(app.CodeSignedOut))
	}
	return nil
}

// endHere forgets the sessions of that user that have ended, and ends those that this
// profile's window took: in this order, so that what fails in between can be done again.
func (s *Service) endHere(ctx context.Context, userID string) error {
	if err := s.o.Accounts.ForgetEnded(ctx, userID); err != nil {
		return err
	}
	all, err := s.o.Accounts.SessionsHere(ctx, time.UnixMilli(0))
	if err != nil {
		return err
	}
	for _, in := range all {
		if in.User.ID == userID && in.Session.EndedAt.IsZero() {
			if err := s.o.Sessions.End(ctx, in.Session.ID, app.EndSignedOut); err != nil {
				return err
			}
		}
	}
	return nil
}

// again reports whether whom the provider confirmed is who is signed in already: with
// several accounts that is a confirmation, and no other session.
func (s *Service) again(ctx context.Context, p app.Profile) (app.SignedIn, bool) {
	in, err := s.Who()
	if err != nil || !s.o.Several || !s.lives(ctx, in) {
		return app.SignedIn{}, false
	}
	return in, s.ownerOf(ctx, p) == in.User.ID
}

// ownerOf returns the user whom this profile knows by p, or nobody.
func (s *Service) ownerOf(ctx context.Context, p app.Profile) (userID string) {
	u, err := s.o.Accounts.UserByIdentity(ctx, p.Key)
	if err != nil {
		return "" // whoever asks next is told why
	}
	return u.ID
}

// lastOnScreen reports whether a session that may still be claimed is the one to go on
// with: with several accounts one that the window took already may have been left for
// another since, or signed out of.
func (s *Service) lastOnScreen(ctx context.Context, in app.SignedIn) bool {
	if !s.o.Several || in.Session.ClaimedAt.IsZero() {
		return true
	}
	id, err := s.o.Accounts.Setting(ctx, onScreen)
	return err == nil && (id == "" || id == in.Session.ID)
}

// elsewhere reports whether another session than that of in is on the screen, or where
// there may be several nobody's: its token is good, and not what this window is to be
// answered with.
func (s *Service) elsewhere(in app.SignedIn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.machine
	return m.stage == open && !m.holds(in.Session.ID) && (s.o.Several || m.isHome())
}
