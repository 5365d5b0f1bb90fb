package sqlite_test

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/session"
	"munpae.example/munpae/app/internal/signin"
)

// oneKey signs in every launch of the model.
type oneKey struct{}

func (oneKey) Current() (string, [32]byte) { return "key", [32]byte{1} }
func (oneKey) Key(id string) ([32]byte, bool) {
	return [32]byte{1}, id == "key"
}

// place is what the jar has at an account's own place.
type place struct{ session, token string }

// dice are the model's, so that a seed gives the same run.
type dice struct{ *rand.Rand }

func (d dice) Read(p []byte) (int, error) {
	for i := 0; i < len(p); i += 8 {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], d.Uint64())
		copy(p[i:], b[:])
	}
	return len(p), nil
}

// window starts the program on the model's database, as a launch of its own, with what
// the jar has: whoever was on the screen is there, if their session lives.
func (m *model) window() (*session.Keeper, *signin.Service) {
	m.t.Helper()
	m.made++
	c := &clock{now: m.now, timers: map[*timer]bool{}}
	keeper, err := session.New(session.Options{Store: m.db, Keys: oneKey{}, InstallID: "model", Launch: fmt.Sprint("launch", m.made), Clock: c, Rand: dice{m.random}})
	must(m.t, err)
	w := signin.New(signin.Options{Accounts: m.db, Sessions: keeper, Clock: c, Rand: dice{m.random}, Log: slog.New(slog.DiscardHandler), Several: true, Language: app.English})
	in, pair, err := w.Refresh(ctx, m.jar[m.screen].token)
	switch {
	case err == nil:
		if in.User != m.users[m.screen].User || in.Session.ID != m.jar[m.screen].session {
			m.t.Fatalf("the jar has %s, and %+v is on the screen", m.screen, in)
		}
		m.jar[m.screen] = place{in.Session.ID, pair.Refresh}
		m.touched(m.screen)
	case m.lives(m.screen):
		m.t.Fatalf("the session on the screen is lost: %v", err)
	default:
		m.screen = ""
	}
	return keeper, w
}

// lives says whether the session at the place of that user can be used, by the rules.
func (m *model) lives(id string) bool {
	p, ok := m.jar[id]
	if !ok || m.users[id] == nil {
		return false
	}
	row, ok := m.here()[p.session]
	return ok && row.UserID == id && row.EndedAt.IsZero() && m.now.Before(row.IdleUntil) && m.now.Before(row.AbsoluteEnd)
}

// arrive signs the user in in the window, beside whoever is there.
func (m *model) arrive() {
	u := m.pick("")
	keeper, w := m.window()
	defer w.Close()
	row, err := keeper.New()
	must(m.t, err)
	m.act("arrive", []string{u.ID}, func() app.Code {
		in, err := m.db.SignIn(ctx, m.profile(m.key(u)), row)
		must(m.t, err)
		_, pair, err := keeper.Claim(ctx, in.Session.ID)
		must(m.t, err)
		m.jar[u.ID], m.screen = place{in.Session.ID, pair.Refresh}, u.ID
		return ""
	})
	m.touched(u.ID)
}

// switchTo puts another account on the screen, or is refused and moves nobody: with the
// token of its own place, with a neighbour's there instead, with both, with none, or with
// one that has been used up long ago.
func (m *model) switchTo() {
	m.t.Helper()
	var ids []string
	for id := range m.jar {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return
	}
	slices.Sort(ids)
	id := ids[m.random.IntN(len(ids))]
	if there := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !m.lives(id) }); len(there) > 0 && m.random.IntN(4) > 0 {
		id = there[m.random.IntN(len(there))]
	}
	keeper, w := m.window()
	defer w.Close()
	if w.State().Unclaimed {
		return // a session of a moment ago, whose pair comes first
	}
	own := m.jar[id].token
	tokens, kind := []string{own}, "own"
	if stranger := ids[m.random.IntN(len(ids))]; m.random.IntN(4) == 0 && stranger != id {
		tokens, kind = []string{m.jar[stranger].token}, "exchanged"
		if m.random.IntN(2) == 0 {
			tokens, kind = append(tokens, own), "planted"
		}
	} else if m.random.IntN(8) == 0 {
		tokens, kind = nil, "none"
	} else if m.random.IntN(4) == 0 && m.lives(id) && id != m.screen {
		kind = "old"
		for range 2 { // once could be an answer that was lost
			_, pair, err := keeper.Rotate(ctx, m.jar[id].token)
			must(m.t, err)
			m.jar[id] = place{m.jar[id].session, pair.Refresh}
		}
		m.touched(id)
		if m.jar[id].token == own {
			m.t.Fatal("no other token")
		}
	}
	lives, before, screen := m.lives(id), m.here(), m.screen
	remembered, _ := m.db.Setting(ctx, "on_screen")
	want := []app.Code{app.CodeAccountEnded, app.CodeAccountExpired, app.CodeAccountReused, app.CodeNotFound}
	switch {
	case m.users[id] == nil:
		want = []app.Code{app.CodeNotFound}
	case kind == "exchanged" || kind == "none":
		want = []app.Code{app.CodeAccountLost, app.CodeNotFound}
		if lives {
			want = want[:1]
		}
	case kind == "old":
		want = []app.Code{app.CodeAccountReused}
	case lives:
		want = []app.Code{""}
	}
	var code app.Code
	about := []string{}
	if kind == "old" || want[0] == "" {
		about = []string{id}
	}
	m.act("switch "+kind, about, func() app.Code {
		in, pair, err := w.SwitchTo(ctx, id, tokens)
		if code = app.CodeOf(err); !slices.Contains(want, code) {
			m.t.Fatalf("switch, %s token, lives %t: %v, want %v", kind, lives, err, want)
		}
		if err == nil {
			if in.User != m.users[id].User || in.Session.ID != m.jar[id].session {
				m.t.Fatalf("switched to %+v, want %+v", in, m.users[id].User)
			}
			m.jar[id], m.screen = place{in.Session.ID, pair.Refresh}, id
		} else if !slices.Contains([]app.Code{app.CodeNotFound}, code) && app.ParamsOf(err)["nickname"] != m.users[id].Nickname {
			m.t.Fatalf("%v names nobody", err)
		}
		if kind == "old" {
			return "" // refused, and the session ended: nobody knows whose the window was
		}
		return code
	})
	// One person, whoever it is; and of all sessions one alone was touched.
	who, err := w.Who()
	if shown := w.State().Home; m.screen == "" && err == nil || m.screen != "" && (err != nil || who.User.ID != m.screen || shown == nil || shown.UserID != m.screen) {
		m.t.Fatalf("on the screen is %+v, want %q: %v", who.User, m.screen, err)
	}
	if now, _ := m.db.Setting(ctx, "on_screen"); code != "" && (m.screen != screen || now != remembered) {
		m.t.Fatalf("refused, and somebody was moved: %q, was %q", now, remembered)
	}
	after := m.here()
	for s, was := range before {
		if now := after[s]; s != m.jar[id].session && now != was {
			m.t.Fatalf("a switch reached another session: %+v, was %+v", now, was)
		}
	}
	switch {
	case kind == "old" && after[m.jar[id].session].EndReason != app.EndReused:
		m.t.Fatalf("an old token came back, and there is still %+v", after[m.jar[id].session])
	case code == "":
		m.touched(id)
		m.done["switched"]++
	case m.users[id] == nil:
		m.done["switch to nobody"]++
	}
}
