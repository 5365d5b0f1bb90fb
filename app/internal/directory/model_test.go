//go:build directory

package directory_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory"
	"munpae.example/munpae/app/internal/directory/rows"
	"munpae.example/munpae/app/internal/nickname"
	"munpae.example/munpae/app/internal/postgres"
	"munpae.example/munpae/app/internal/postgres/postgrestest"
	"munpae.example/munpae/app/internal/sqlite"
)

// desktopOf is a session as an honest desktop holds it: the newest refresh token that
// it was answered with.
type desktopOf struct {
	session, user, refresh string
	seen                   time.Time // when the directory answered last
	ended                  bool
}

// model is what must be true of the directory, whatever was lost on the way.
type model struct {
	*world
	t        *rapid.T
	db       *rows.DB
	tickets  []modelTicket
	accounts map[int]string    // person: their user ID, as acknowledged
	names    map[string]string // user ID: nickname, as acknowledged
	unsure   map[int]bool      // persons with a sign-up whose answer was lost
	desktops []*desktopOf
	renamed  map[string]time.Time
}

type modelTicket struct {
	person int
	text   string
	made   time.Time
}

func (m *model) service() *directory.Service {
	return m.services[rapid.IntRange(0, 1).Draw(m.t, "replica")]
}

func (m *model) lost() bool { return rapid.IntRange(0, 3).Draw(m.t, "lost") == 0 }

// N desktops and M replicas: confirmations, sign-ups, sign-ins, refreshes, renames and
// deletions in any order, with answers that are lost and asked for again, replicas that
// are killed and replaced, and a clock that jumps.
func modelOf(t *testing.T, engine func() rows.Engine) {
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		w := newWorld(t, engine, make([]byte, 32)...)
		m := &model{world: w, t: rt, accounts: map[int]string{}, names: map[string]string{}, unsure: map[int]bool{}, renamed: map[string]time.Time{}}
		m.db = rows.Open(engine(), rows.Options{})
		defer m.db.Close()
		ctx := context.Background()
		base := run * 100 // people of this run
		texts := []string{"하나", "둘째", "셋째", "Galil", "GaliI", "넷째"}
		nick := func() string {
			return texts[rapid.IntRange(0, len(texts)-1).Draw(rt, "nickname")] + fmt.Sprint(run%7+2)
		}
		signedIn := func(person int, in directory.SignedIn) {
			if known := m.accounts[person]; known != "" && known != in.User.ID {
				rt.Fatalf("person %d has two accounts: %s and %s", person, known, in.User.ID)
			}
			for other, id := range m.accounts {
				if id == in.User.ID && other != person {
					rt.Fatalf("person %d is signed in as person %d", person, other)
				}
			}
			m.accounts[person] = in.User.ID
			delete(m.unsure, person)
			m.names[in.User.ID] = in.User.Nickname
			for _, d := range m.desktops {
				if d.session == in.Session.ID {
					d.refresh, d.seen = in.RefreshToken, w.clock.Now()
					return
				}
			}
			m.desktops = append(m.desktops, &desktopOf{session: in.Session.ID, user: in.User.ID, refresh: in.RefreshToken, seen: w.clock.Now()})
		}
		rt.Repeat(map[string]func(*rapid.T){
			"confirm": func(*rapid.T) {
				n := rapid.IntRange(0, 3).Draw(rt, "person")
				r := w.authorization("github", person(base+n))
				c, err := m.service().Confirm(ctx, fmt.Sprint(run), r)
				if m.lost() {
					c, err = m.service().Confirm(ctx, fmt.Sprint(run), r)
				}
				if err != nil {
					rt.Fatal(err)
				}
				m.tickets = append(m.tickets, modelTicket{n, c.Ticket, w.clock.Now()})
			},
			"sign up": func(*rapid.T) {
				if len(m.tickets) == 0 {
					rt.Skip()
				}
				k := m.tickets[rapid.IntRange(0, len(m.tickets)-1).Draw(rt, "ticket")]
				r := directory.SignUpRequest{Ticket: k.text, Nickname: nick(), Device: laptop}
				in, err := m.service().SignUp(ctx, r)
				if err == nil && m.lost() {
					m.unsure[k.person] = true
					r.Nickname = nick()
					in, err = m.service().SignUp(ctx, r)
				}
				switch app.CodeOf(err) {
				case "":
					signedIn(k.person, in)
				case app.CodeNicknameTaken, app.CodeNicknameLooksLike, app.CodeNicknameHeld, app.CodeConflict, app.CodeSessionRevoked, app.CodeSignUpExpired, app.CodeSessionReused:
				default:
					rt.Fatal(err)
				}
			},
			"sign in": func(*rapid.T) {
				if len(m.tickets) == 0 {
					rt.Skip()
				}
				k := m.tickets[rapid.IntRange(0, len(m.tickets)-1).Draw(rt, "ticket")]
				in, err := m.service().SignIn(ctx, directory.SessionRequest{Ticket: k.text, Device: laptop})
				switch app.CodeOf(err) {
				case "":
					signedIn(k.person, in)
				case app.CodeNotFound:
					if m.accounts[k.person] != "" {
						rt.Fatalf("an acknowledged account is not found")
					}
				case app.CodeConflict, app.CodeSessionRevoked, app.CodeSignUpExpired, app.CodeSessionReused:
				default:
					rt.Fatal(err)
				}
			},
			"refresh": func(*rapid.T) {
				if len(m.desktops) == 0 {
					rt.Skip()
				}
				d := m.desktops[rapid.IntRange(0, len(m.desktops)-1).Draw(rt, "desktop")]
				in, err := m.service().Refresh(ctx, d.refresh)
				if err == nil && m.lost() && rapid.IntRange(0, 2).Draw(rt, "asked again") > 0 {
					again, err := m.service().Refresh(ctx, d.refresh)
					if err != nil || again.RefreshToken != in.RefreshToken {
						rt.Fatalf("asked again: %v", err)
					}
				}
				expired := w.clock.Now().Sub(d.seen) >= app.IdleLifetime-time.Minute
				switch code := app.CodeOf(err); {
				case err == nil && d.ended:
					rt.Fatal("an ended session goes on")
				case err == nil:
					if in.User.ID != d.user {
						rt.Fatal("a session of somebody else")
					}
					d.refresh, d.seen = in.RefreshToken, w.clock.Now()
				case d.ended, expired && code == app.CodeSessionExpired:
				default:
					rt.Fatalf("a wrongful sign-out: %v", err)
				}
			},
			"rename": func(*rapid.T) {
				if len(m.desktops) == 0 {
					rt.Skip()
				}
				d := m.desktops[rapid.IntRange(0, len(m.desktops)-1).Draw(rt, "desktop")]
				if d.ended {
					rt.Skip()
				}
				u, err := m.service().Rename(ctx, app.SignedIn{User: app.User{ID: d.user}}, nick())
				switch app.CodeOf(err) {
				case "":
					m.names[d.user] = u.Nickname
				case app.CodeNicknameTaken, app.CodeNicknameLooksLike, app.CodeNicknameHeld, app.CodeRenameTooSoon:
				default:
					rt.Fatal(err)
				}
			},
			"end": func(*rapid.T) {
				if len(m.desktops) == 0 {
					rt.Skip()
				}
				d := m.desktops[rapid.IntRange(0, len(m.desktops)-1).Draw(rt, "desktop")]
				err := m.service().End(ctx, directory.EndRequest{RefreshToken: d.refresh})
				if err != nil && !d.ended {
					rt.Fatal(err)
				}
				d.ended = true
			},
			"kill a replica": func(*rapid.T) {
				i := rapid.IntRange(0, 1).Draw(rt, "replica")
				w.servers[i].Close()
				w.services[i], w.servers[i] = w.replica()
			},
			"time": func(*rapid.T) {
				w.clock.advance(time.Duration(rapid.SampledFrom([]int{1, 30, 90, 600, 3600, 86400}).Draw(rt, "seconds")) * time.Second)
			},
			"the clock goes back": func(*rapid.T) { w.clock.advance(-time.Minute) },
			"": func(*rapid.T) {
				owners := map[string]string{}
				for id, text := range m.names {
					u, err := m.db.User(ctx, id)
					if err != nil || u.Nickname != text {
						rt.Fatalf("acknowledged as %q, and is %+v, %v", text, u, err)
					}
					n := nickname.Keys(text)
					for _, key := range []string{"k" + n.Key, "s" + n.Skeleton} {
						if other := owners[key]; other != "" && other != id {
							rt.Fatalf("%q has two owners", text)
						}
						owners[key] = id
					}
				}
			},
		})
		for _, s := range w.servers {
			s.Close()
		}
		for _, db := range w.opened {
			db.Close()
		}
		w.providers.Close()
	})
}

func TestWhateverIsLostKilledOrLateTheModelHolds(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "directory.db")
		modelOf(t, func() rows.Engine {
			e, err := sqlite.OpenDirectory(path)
			if err != nil {
				t.Fatal(err)
			}
			return e
		})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		dsn := postgrestest.Database(t)
		modelOf(t, func() rows.Engine {
			e, err := postgres.Open(dsn)
			if err != nil {
				t.Fatal(err)
			}
			return e
		})
	})
}
