package session_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"munpae.example/munpae/app/internal/app"
)

// modelSession is a session as docs/security.md#rotation tells it in words: a list of
// refresh tokens, and which of them were ever presented.
type modelSession struct {
	id      string
	person  int
	tokens  []modelToken // one a generation; the last is current
	ended   app.Code     // what a token of it is answered, once ended
	created time.Time
	idle    time.Time
	handed  time.Time // when the current pair was given last
	launch  int       // in which start
	shown   bool      // the current token was presented, so its predecessor is dead
	again   bool      // the current pair was given again
	streak  int       // times that, with no generation between that needed none
	claims  int       // how often the first pair was given
	claimed int       // in which start last
}

// claimable reports whether a start that is brought nothing for the session is given
// its first pair again.
func (s *modelSession) claimable(now time.Time, launch int) bool {
	return s.lost(launch) && s.claims < 2 && now.Sub(s.created) <= app.ClaimLifetime
}

// lost reports whether nobody may have the session's pair any more.
func (s *modelSession) lost(launch int) bool {
	return s.ended == "" && len(s.tokens) == 1 && s.claimed != launch
}

type modelToken struct {
	text    string
	key     string
	expires time.Time
}

func (s *modelSession) current() modelToken { return s.tokens[len(s.tokens)-1] }

// answer is what presenting a token must come to, and does it to the model: a
// code, or the generation (from 0) whose token is answered, -1 for a new one.
func (s *modelSession) answer(generation int, now time.Time, launch int, signing string) (code app.Code, gives int) {
	last := len(s.tokens) - 1
	inTime := !now.After(s.handed.Add(app.PredecessorGrace))
	switch {
	case s.ended != "":
		return s.ended, 0
	case !now.Before(s.idle):
		return app.CodeSessionExpired, 0
	case generation == last && last > 0 && s.current().key == signing && now.Before(s.handed.Add(time.Minute)):
		s.shown = true
		return "", last
	case generation == last:
		if !s.again {
			s.streak = 0
		}
		s.again, s.shown, s.handed, s.launch = false, false, now, launch
		return "", -1
	case generation == last-1 && !s.shown && s.launch == launch && s.again && inTime:
		return "", last
	case generation == last-1 && !s.shown && (s.launch != launch || inTime) && s.streak < app.MaxReissues:
		s.streak++
		s.again, s.handed, s.launch = true, now, launch
		return "", last
	}
	s.ended = app.CodeSessionReused
	return s.ended, 0
}

// machine is the program beside the model.
type machine struct {
	*rapid.T
	w        *world
	sessions []*modelSession
	held     held // by the window, in memory
	disk     held // by the jar, on disk
	keys     int
	steps    *int
}

// held is a token: a session and a generation of it; session -1 for none.
type held struct{ session, generation int }

var nobody = held{-1, 0}

func (m *machine) now() time.Time { return m.w.clock.Now() }

// present does what must happen when a token is presented, in the program and
// in the model, and compares. It returns the generation that was answered.
func (m *machine) present(h held) (generation int, ok bool) {
	m.Helper()
	s := m.sessions[h.session]
	token := s.tokens[h.generation]
	want, gives := m.expect(s, h.generation)
	in, pair, err := m.w.keeper.Rotate(ctx, token.text)
	if app.CodeOf(err) != want {
		m.Fatalf("generation %d of %d: %v, want %q", h.generation, len(s.tokens)-1, err, want)
	}
	if err != nil {
		return 0, false
	}
	if gives < 0 {
		m.learn(s, in, pair)
		return len(s.tokens) - 1, true
	}
	if pair.Refresh != s.tokens[gives].text {
		m.Fatalf("not byte-identical: generation %d", gives)
	}
	if _, err := m.w.keeper.Verify(ctx, pair.Access); err != nil {
		m.Fatalf("the access token of an answer: %v", err)
	}
	return gives, true
}

func (m *machine) expect(s *modelSession, generation int) (app.Code, int) {
	token := s.tokens[generation]
	if _, ok := m.w.keys.all[token.key]; !ok {
		return app.CodeSessionNone, 0
	}
	if !m.now().Before(token.expires.Truncate(time.Second).Add(5 * time.Second)) {
		return app.CodeSessionExpired, 0
	}
	return s.answer(generation, m.now(), m.w.launch, m.w.keys.current)
}

// learn notes a new generation.
func (m *machine) learn(s *modelSession, in app.SignedIn, pair app.Pair) {
	m.Helper()
	for _, t := range s.tokens {
		if t.text == pair.Refresh {
			m.Fatal("a new generation with an old token")
		}
	}
	s.idle = m.now().Add(app.IdleLifetime)
	if end := s.created.Add(app.AbsoluteLifetime); s.idle.After(end) {
		s.idle = end
	}
	s.tokens = append(s.tokens, modelToken{pair.Refresh, m.w.keys.current, s.idle})
	if in.Session.Generation != int64(len(s.tokens)) {
		m.Fatalf("generation %d, want %d", in.Session.Generation, len(s.tokens))
	}
}

func (m *machine) signIn(person int) {
	m.w.clock.advance(time.Millisecond) // no two are made at one moment
	var in app.SignedIn
	if person == 0 {
		in = m.w.signUp()
		person = m.w.people
	} else {
		before, err := m.w.db.UserByIdentity(ctx, profile(person).Key)
		if err != nil {
			m.Fatal(err)
		}
		if in = m.w.signIn(person); in.User != before {
			m.Fatalf("signed in as %+v, not %+v", in.User, before)
		}
		for _, other := range m.sessions {
			if other.person == person && other.lost(m.w.launch) {
				other.ended = app.CodeSessionRevoked
			}
		}
	}
	s := &modelSession{id: in.Session.ID, person: person, created: m.now(), handed: m.now(), launch: m.w.launch}
	m.sessions = append(m.sessions, s)
	if rapid.Bool().Draw(m.T, "dies before the claim") {
		m.w.restart()
		m.disk, m.held = nobody, nobody
		found, err := m.w.keeper.Unclaimed(ctx)
		if err != nil || found.Session.ID != s.id {
			m.Fatalf("the next start finds %+v, %v", found.Session, err)
		}
	}
	in, pair, err := m.w.keeper.Claim(ctx, s.id)
	if err != nil {
		m.Fatal(err)
	}
	m.learn(s, in, pair)
	s.launch, s.claims, s.claimed = m.w.launch, 1, m.w.launch
	m.held = held{len(m.sessions) - 1, 0}
}

func (m *machine) actions() map[string]func(*rapid.T) {
	do := func(f func()) func(*rapid.T) {
		return func(t *rapid.T) {
			m.T, m.w.testingT = t, t
			*m.steps++
			f()
		}
	}
	need := func(h *held, f func()) func(*rapid.T) {
		return do(func() {
			if *h == nobody {
				m.Skip("nothing to present")
			}
			f()
		})
	}
	return map[string]func(*rapid.T){
		"sign up": do(func() {
			if m.w.people >= 3 {
				m.Skip("enough people")
			}
			m.signIn(0)
		}),
		"sign in again": do(func() {
			if m.w.people == 0 {
				m.Skip("nobody yet")
			}
			m.signIn(rapid.IntRange(1, m.w.people).Draw(m.T, "person"))
		}),
		"refresh": need(&m.held, func() {
			if generation, ok := m.present(m.held); ok {
				m.held.generation = generation
			} else {
				m.held = nobody // the origin clears the cookies
			}
		}),
		"refresh, reply lost": need(&m.held, func() { m.present(m.held) }),
		"parallel refresh": need(&m.held, func() {
			s, now := m.sessions[m.held.session], m.now()
			if s.streak >= app.MaxReissues-1 || s.current().key != m.w.keys.current {
				m.Skip("which of them is the last one counted is a matter of order")
			}
			token := s.tokens[m.held.generation]
			code, gives := m.expect(s, m.held.generation)
			pairs, errs := make([]app.Pair, 4), make([]error, 4)
			var in app.SignedIn
			var all sync.WaitGroup
			for i := range pairs {
				all.Go(func() {
					var who app.SignedIn
					who, pairs[i], errs[i] = m.w.keeper.Rotate(ctx, token.text)
					if i == 0 {
						in = who
					}
				})
			}
			all.Wait()
			for i := range pairs {
				if app.CodeOf(errs[i]) != code || pairs[i] != pairs[0] {
					m.Fatalf("answer %d: %v, want %q; same pair: %v", i, errs[i], code, pairs[i] == pairs[0])
				}
			}
			switch {
			case code != "":
				m.held = nobody
			case gives < 0:
				m.learn(s, in, pairs[0])
				m.held.generation++
				s.streak++ // the others were given it again
				s.again, s.handed = true, now
			default:
				m.held.generation = gives
			}
		}),
		"jar writes": do(func() { m.disk = m.held }),
		"crash": do(func() {
			m.w.restart()
			m.held = m.disk
		}),
		"crash, the jar lost": do(func() {
			m.w.restart()
			m.disk, m.held = nobody, nobody
			want := -1
			for i, s := range m.sessions {
				if s.claimable(m.now(), m.w.launch) && (want < 0 || s.created.After(m.sessions[want].created)) {
					want = i
				}
			}
			found, err := m.w.keeper.Unclaimed(ctx)
			if want < 0 {
				if app.CodeOf(err) != app.CodeSessionNone {
					m.Fatalf("%+v may be claimed: %v", found.Session, err)
				}
				return
			}
			s := m.sessions[want]
			if err != nil || found.Session.ID != s.id {
				m.Fatalf("the next start finds %+v, %v, want %s", found.Session, err, s.id)
			}
			_, pair, err := m.w.keeper.Claim(ctx, s.id)
			if _, known := m.w.keys.all[s.tokens[0].key]; !known {
				if app.CodeOf(err) != app.CodeSessionNone {
					m.Fatalf("a pair of a key that is gone: %v", err)
				}
				return
			}
			if err != nil || pair.Refresh != s.tokens[0].text {
				m.Fatalf("claimed again: the same pair %v, %v", pair.Refresh == s.tokens[0].text, err)
			}
			s.claims, s.claimed = 2, m.w.launch
			m.held = held{want, 0}
		}),
		"quit": do(func() {
			m.disk = m.held
			if err := m.w.keeper.Close(ctx); err != nil {
				m.Fatal(err)
			}
			m.w.restart()
		}),
		"an old token comes back": do(func() {
			if len(m.sessions) == 0 {
				m.Skip("no sessions")
			}
			i := rapid.IntRange(0, len(m.sessions)-1).Draw(m.T, "session")
			m.present(held{i, rapid.IntRange(0, len(m.sessions[i].tokens)-1).Draw(m.T, "generation")})
		}),
		"sign out": need(&m.held, func() {
			s := m.sessions[m.held.session]
			if err := m.w.keeper.End(ctx, s.id, app.EndSignedOut); err != nil {
				m.Fatal(err)
			}
			if s.ended == "" {
				s.ended = app.CodeSessionRevoked
			}
			// A sign-out whose reply is lost leaves the token in the jar.
			if rapid.Bool().Draw(m.T, "cookies cleared") {
				m.held = nobody
			}
		}),
		"end the others": need(&m.held, func() {
			s := m.sessions[m.held.session]
			in, err := m.w.db.Session(ctx, s.id)
			if err != nil {
				m.Fatal(err)
			}
			if err := m.w.keeper.EndOthers(ctx, in.User.ID, s.id, app.EndRevoked); err != nil {
				m.Fatal(err)
			}
			for _, other := range m.sessions {
				if other != s && other.person == s.person && other.ended == "" {
					other.ended = app.CodeSessionRevoked
				}
			}
		}),
		"seconds pass": do(func() { m.w.clock.advance(time.Duration(rapid.IntRange(1, 90).Draw(m.T, "s")) * time.Second) }),
		"days pass":    do(func() { m.w.clock.advance(time.Duration(rapid.IntRange(1, 20).Draw(m.T, "d")) * 24 * time.Hour) }),
		"the clock goes back and comes again": do(func() {
			m.w.keeper.Verify(ctx, "") // the clock is seen…
			m.w.clock.advance(61 * time.Second)
			right := m.now()
			m.w.clock.set(right.Add(-time.Duration(rapid.IntRange(1, 5000).Draw(m.T, "h")) * time.Hour))
			if rapid.Bool().Draw(m.T, "across a restart") {
				if err := m.w.keeper.Close(ctx); err != nil {
					m.Fatal(err)
				}
				m.w.restart()
				m.held = m.disk
			}
			for _, s := range m.sessions {
				for i, token := range s.tokens {
					want := app.CodeClockMovedBack
					if _, ok := m.w.keys.all[token.key]; !ok {
						want = app.CodeSessionNone
					}
					if _, _, err := m.w.keeper.Rotate(ctx, token.text); app.CodeOf(err) != want {
						m.Fatalf("generation %d with the clock back: %v, want %s", i, err, want)
					}
				}
			}
			m.w.clock.set(right)
		}),
		"a new key, the old one good": do(func() {
			m.keys++
			before := m.w.keys.current
			m.w.keys.add(fmt.Sprint("key-", m.keys))
			for id := range m.w.keys.all {
				if id != before && id != m.w.keys.current {
					delete(m.w.keys.all, id)
				}
			}
		}),
		"the key is lost": do(func() {
			m.keys++
			m.w.keys.all = nil
			m.w.keys.add(fmt.Sprint("key-", m.keys))
			if err := m.w.keeper.EndOtherKeys(ctx); err != nil {
				m.Fatal(err)
			}
			for _, s := range m.sessions {
				if s.ended == "" {
					s.ended = app.CodeSessionRevoked
				}
			}
		}),
		"": do(m.invariants),
	}
}

// invariants are those of docs/security.md#what-holds-after-any-fault; the file itself is
// looked at in the end, by opening the database once more.
func (m *machine) invariants() {
	m.Helper()
	m.w.accountsIntact() // one user for each identity
	for _, s := range m.sessions {
		in, err := m.w.db.Session(ctx, s.id)
		if err != nil {
			m.Fatalf("an acknowledged session is gone: %v", err)
		}
		if in.Identity.Key != profile(s.person).Key || in.Identity.UserID != in.User.ID {
			m.Fatalf("session of another's identity: %+v", in)
		}
		if in.Session.Generation != int64(len(s.tokens)) { // no generation that nobody was given
			m.Fatalf("generation %d, %d were given", in.Session.Generation, len(s.tokens))
		}
		if ended := !in.Session.EndedAt.IsZero(); ended != (s.ended != "") {
			m.Fatalf("ended %v, in the model %q", ended, s.ended)
		}
		if in.Session.PreviousJTI == in.Session.CurrentJTI || s.shown && in.Session.PreviousJTI != "" {
			m.Fatalf("two live generations: %+v", in.Session)
		}
	}
	for n := 1; n <= m.w.people; n++ { // nothing lives that the model does not know
		user, err := m.w.db.UserByIdentity(ctx, profile(n).Key)
		if err != nil {
			m.Fatal(err)
		}
		live, err := m.w.db.UserSessions(ctx, user.ID)
		if err != nil {
			m.Fatal(err)
		}
		for _, in := range live {
			if !slices.ContainsFunc(m.sessions, func(s *modelSession) bool { return s.id == in.Session.ID && s.ended == "" }) {
				m.Fatalf("a session that should not live: %+v", in.Session)
			}
		}
	}
}

// Whatever is done to it, a session does what the model in words says. The run is
// short; -rapid.checks and -rapid.steps make it long.
func TestSessionsFollowTheModel(t *testing.T) {
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if !given["rapid.checks"] {
		checks := flag.Lookup("rapid.checks")
		before := checks.Value.String()
		if err := checks.Value.Set("25"); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = checks.Value.Set(before) }()
	}
	steps := 0
	root := t.TempDir()
	rapid.Check(t, func(r *rapid.T) {
		dir, err := os.MkdirTemp(root, "profile")
		if err != nil {
			r.Fatal(err)
		}
		m := &machine{T: r, w: newWorld(r, dir), held: nobody, disk: nobody, steps: &steps}
		defer func() { _ = m.w.db.Close() }()
		r.Repeat(m.actions())
		m.T, m.w.testingT = r, r
		m.w.restart() // opening checks the file
		m.invariants()
	})
	t.Logf("%d steps", steps)
}
