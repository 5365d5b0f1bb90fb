//go:build directory

package directory_test

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory"
	"munpae.example/munpae/app/internal/directory/rows"
	"munpae.example/munpae/app/internal/nickname"
	"munpae.example/munpae/app/internal/postgres/postgrestest"
)

// desktopOf is a session as an honest desktop holds it: the newest refresh token that
// it was answered with.
type desktopOf struct {
	session, user, refresh string
	person                 int       // whose account at the provider opened it; nobody: a recovery code did
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
	keys     map[int]app.IdentityKey // of each person's account at the provider
	merges   []modelMerge            // that can still be undone, the last one last
	codes    []modelCode             // every one that was ever made
	sheets   map[string]int          // user ID: the sheet that is theirs
}

// nobody opened a session that a recovery code opened.
const nobody = -1

// modelMerge is how two accounts were when they became one.
type modelMerge struct {
	from, into app.UserRow
	people     []int // whose accounts at the provider were from's
	codes      app.RecoveryCodes
	until      time.Time
}

// modelCode is a recovery code of a sheet of somebody's.
type modelCode struct {
	selector, user string
	sheet          int
	used           bool
}

// row is a user as they are.
func (m *model) row(id string) app.UserRow {
	u, err := m.db.User(context.Background(), id)
	if err != nil {
		m.t.Fatal(err)
	}
	return app.UserRow{User: u, Name: nickname.Keys(u.Nickname)}
}

// alive draws a desktop that is signed in.
func (m *model) alive() *desktopOf {
	var all []*desktopOf
	for _, d := range m.desktops {
		if !d.ended {
			all = append(all, d)
		}
	}
	if len(all) == 0 {
		m.t.Skip()
	}
	return all[rapid.IntRange(0, len(all)-1).Draw(m.t, "desktop")]
}

// people are those whose account at the provider is the user's.
func (m *model) people(user string) (all []int) {
	for n := range 4 {
		if user != "" && m.accounts[n] == user {
			all = append(all, n)
		}
	}
	return all
}

// inside are the names that go back with a user who absorbed others.
func (m *model) inside(user string) (all []app.Nickname) {
	for _, x := range m.merges {
		if x.into.User.ID == user {
			all = append(append(all, x.from.Name, x.into.Name), m.inside(x.from.User.ID)...)
		}
	}
	return all
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

// N desktops and M replicas: confirmations, sign-ups, sign-ins, refreshes, renames, merges and
// undos in chains, recovery codes, in any order, with answers that are lost and asked for
// again, replicas that
// are killed and replaced, and a clock that jumps.
func modelOf(t *testing.T, engine func() rows.Engine) {
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		w := newWorld(t, engine, make([]byte, 32)...)
		m := &model{world: w, t: rt, accounts: map[int]string{}, names: map[string]string{}, unsure: map[int]bool{}, keys: map[int]app.IdentityKey{}, sheets: map[string]int{}}
		m.db = rows.Open(engine(), rows.Options{})
		defer m.db.Close()
		ctx := context.Background()
		base := run * 100 // people of this run
		texts := []string{"하나", "둘째", "셋째", "Galil", "GaliI", "넷째"}
		nick := func() string {
			return texts[rapid.IntRange(0, len(texts)-1).Draw(rt, "nickname")] + fmt.Sprint(run%7+2)
		}
		word := func(n int) string { // of person n's account at the provider, just now
			c, err := m.service().Confirm(ctx, fmt.Sprint(run), w.authorization("github", person(base+n)))
			if err != nil {
				rt.Fatal(err)
			}
			m.keys[n] = app.IdentityKey{Issuer: c.Profile.Issuer, Subject: c.Profile.Subject}
			return c.Ticket
		}
		signedIn := func(person int, in directory.SignedIn) {
			if known := m.accounts[person]; known != "" && known != in.User.ID {
				rt.Fatalf("person %d has two accounts: %s and %s", person, known, in.User.ID)
			}
			for other, id := range m.accounts {
				if m.accounts[person] == "" && id == in.User.ID {
					rt.Fatalf("person %d is signed in as person %d", person, other)
				}
			}
			m.accounts[person], m.keys[person] = in.User.ID, app.IdentityKey{Issuer: in.Identity.Issuer, Subject: in.Identity.Subject}
			delete(m.unsure, person)
			m.names[in.User.ID] = in.User.Nickname
			for _, d := range m.desktops {
				if d.session == in.Session.ID {
					d.refresh, d.seen = in.RefreshToken, w.clock.Now()
					return
				}
			}
			m.desktops = append(m.desktops, &desktopOf{person: person, session: in.Session.ID, user: in.User.ID, refresh: in.RefreshToken, seen: w.clock.Now()})
		}
		if rapid.IntRange(0, 3).Draw(rt, "empty") > 0 { // else whoever comes is the first
			for n, text := range []string{"하나", "둘째", "Galil"} {
				// Runs share a database: these names are this one's own.
				in, err := m.service().SignUp(ctx, directory.SignUpRequest{Ticket: word(n), Nickname: text + fmt.Sprint(run+100), Device: laptop})
				if err != nil {
					rt.Fatal(err)
				}
				signedIn(n, in)
			}
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
			"merge": func(*rapid.T) {
				d := m.alive()
				n := rapid.IntRange(0, 3).Draw(rt, "person")
				from := m.accounts[n]
				if from == "" || from == d.user {
					rt.Skip()
				}
				before := modelMerge{from: m.row(from), into: m.row(d.user), people: m.people(from)}
				var err error
				if before.codes, err = m.db.RecoveryCodes(ctx, from); err != nil {
					rt.Fatal(err)
				}
				r := directory.MergeRequest{
					Ticket: word(n), Confirmation: word(m.people(d.user)[0]), From: from, FromNickname: m.names[from], IntoNickname: m.names[d.user],
					Nickname: m.names[[]string{from, d.user}[rapid.IntRange(0, 1).Draw(rt, "name")]],
				}
				if rapid.IntRange(0, 3).Draw(rt, "another") == 0 { // which is nothing of the one who is to be absorbed
					r.Ticket = r.Confirmation
				}
				who := app.SignedIn{User: app.User{ID: d.user}, Session: app.Session{ID: d.session}}
				got, err := m.service().Merge(ctx, who, r)
				if err == nil && m.lost() {
					again, err := m.service().Merge(ctx, who, r)
					if code := app.CodeOf(err); code != app.CodeRateLimited && (err != nil || again.User != got.User) {
						rt.Fatalf("asked again: %+v, %v", again, err)
					}
				}
				switch code := app.CodeOf(err); {
				case code == app.CodeRateLimited, code == app.CodeMergeChanged && r.Ticket == r.Confirmation:
					return
				case err != nil || r.Ticket == r.Confirmation || got.User.ID != d.user || got.User.Nickname != r.Nickname:
					rt.Fatalf("%+v, %v", got, err)
				}
				before.until = w.clock.Now().Add(app.MergeLifetime)
				m.merges = append(m.merges, before)
				for _, p := range before.people {
					m.accounts[p] = d.user
				}
				delete(m.names, from)
				m.names[d.user] = got.User.Nickname
				for _, other := range m.desktops {
					other.ended = other.ended || other.user == from
				}
			},
			"undo": func(*rapid.T) {
				d := m.alive()
				last, any := -1, -1
				for i, x := range m.merges {
					if x.into.User.ID == d.user {
						last = i
						if any < 0 || rapid.Bool().Draw(rt, "that one") {
							any = i
						}
					}
				}
				if any < 0 {
					rt.Skip()
				}
				x := m.merges[any]
				from, into := x.from.User.ID, d.user
				now := m.row(into)
				who := app.SignedIn{User: app.User{ID: into}, Session: app.Session{ID: d.session}}
				theirs := m.people(into)
				ticket := word(theirs[rapid.IntRange(0, len(theirs)-1).Draw(rt, "word")])
				got, err := m.service().Unmerge(ctx, who, from, ticket)
				if err == nil && m.lost() {
					again, err := m.service().Unmerge(ctx, who, from, ticket)
					if code := app.CodeOf(err); code != app.CodeRateLimited && (err != nil || again.User != got.User) {
						rt.Fatalf("asked again: %+v, %v", again, err)
					}
				}
				switch code := app.CodeOf(err); {
				case code == app.CodeRateLimited,
					code == app.CodeMergeLapsed && !w.clock.Now().Before(x.until),
					code == app.CodeMergeOrder && any != last:
					return
				case err != nil || any != last:
					rt.Fatalf("%+v, %v", got, err)
				}
				m.merges = append(m.merges[:any:any], m.merges[any+1:]...)
				for _, p := range x.people {
					m.accounts[p] = from
				}
				back := app.Merge{From: x.from, Into: x.into}.Undone(now, m.inside(from)...)
				m.names[from], m.names[into] = x.from.User.Nickname, back.User.Nickname
				if m.row(from) != x.from || m.row(into) != back {
					rt.Fatalf("%+v and %+v are not as they were: %+v, %+v", m.row(from), m.row(into), x.from, back)
				}
				if codes, err := m.db.RecoveryCodes(ctx, from); err != nil || !reflect.DeepEqual(codes, x.codes) {
					rt.Fatalf("codes: %+v, not %+v, %v", codes, x.codes, err)
				}
				for _, other := range m.desktops {
					if other != d && other.user == into && slices.Contains(x.people, other.person) {
						other.ended = true
					}
				}
				if slices.Contains(x.people, d.person) { // it stands under another identity of theirs
					in, err := m.db.Session(ctx, d.session)
					if err != nil || !slices.ContainsFunc(m.people(into), func(p int) bool { d.person = p; return m.keys[p] == in.Identity.Key }) {
						rt.Fatalf("%+v, %v", in, err)
					}
				}
			},
			"make codes": func(*rapid.T) {
				d := m.alive()
				sheet := len(m.codes)
				var codes []app.RecoveryCode
				for i := range 3 { // verifiers are slow, and judged elsewhere
					c := app.RecoveryCode{Selector: fmt.Sprintf("R%d-%d-%d", run, sheet, i), Number: i + 1, Verifier: "verifier", MadeAt: w.clock.Now()}
					codes = append(codes, c)
					m.codes = append(m.codes, modelCode{selector: c.Selector, user: d.user, sheet: sheet})
				}
				if err := m.db.MakeRecoveryCodes(ctx, d.user, codes, w.clock.Now()); err != nil {
					rt.Fatal(err)
				}
				m.sheets[d.user] = sheet
			},
			"use a code": func(*rapid.T) {
				if len(m.codes) == 0 {
					rt.Skip()
				}
				c := &m.codes[rapid.IntRange(0, len(m.codes)-1).Draw(rt, "code")]
				g, err := m.db.GuessRecoveryCode(ctx, c.selector, func(g app.Guesses) (app.Guesses, error) { return g, nil })
				if err != nil {
					rt.Fatal(err)
				}
				_, there := m.names[c.user]
				if there = there && m.sheets[c.user] == c.sheet; there != (g.Code.Selector != "") {
					rt.Fatalf("%+v is found: %+v", c, g)
				}
				if !there {
					return
				}
				s, err := directory.NewSessionForTest(m.service())
				if err != nil {
					rt.Fatal(err)
				}
				attempt := fmt.Sprint("attempt ", len(m.desktops))
				in, err := m.db.UseRecoveryCode(ctx, g.Code, attempt, s)
				if err == nil && m.lost() {
					again, err := m.db.UseRecoveryCode(ctx, g.Code, attempt, s)
					if err != nil || again != in {
						rt.Fatalf("asked again: %+v, %v", again, err)
					}
				}
				if c.used {
					if app.CodeOf(err) != app.CodeConflict {
						rt.Fatalf("a code is good twice: %+v, %v", in, err)
					}
					return
				}
				if err != nil || in.User.ID != c.user {
					rt.Fatalf("%+v, %v", in, err)
				}
				c.used = true
				first, err := directory.FirstForTest(ctx, m.service(), in.Session.ID)
				if err != nil {
					rt.Fatal(err)
				}
				m.desktops = append(m.desktops, &desktopOf{person: nobody, session: in.Session.ID, user: c.user, refresh: first.RefreshToken, seen: w.clock.Now()})
			},
			"sweep": func(*rapid.T) {
				if err := m.service().Maintain(ctx); err != nil {
					rt.Fatal(err)
				}
				m.merges = slices.DeleteFunc(m.merges, func(x modelMerge) bool { return !w.clock.Now().Before(x.until) })
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
				w.clock.advance(time.Duration(rapid.SampledFrom([]int{1, 30, 90, 600, 3600, 86400, 16 * 86400}).Draw(rt, "seconds")) * time.Second)
			},
			"the clock goes back": func(*rapid.T) { w.clock.advance(-time.Minute) },
			"": func(*rapid.T) {
				for n, id := range m.accounts {
					if u, err := m.db.UserByIdentity(ctx, m.keys[n]); err != nil || u.ID != id {
						rt.Fatalf("person %d is %+v, not %s: %v", n, u, id, err)
					}
				}
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

func TestMG13_WhateverIsLostKilledOrLateTheModelHolds(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		modelOf(t, inFile(t, filepath.Join(t.TempDir(), "directory.db")))
	})
	t.Run("PostgreSQL", func(t *testing.T) { modelOf(t, inPostgreSQL(t, postgrestest.Database(t))) })
}
