package sqlite_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/sqlite"
)

// modelUser is what the rules say of somebody, beside the database.
type modelUser struct {
	app.User
	ids map[app.IdentityKey]bool
}

// modelMerge is one that can be undone.
type modelMerge struct {
	from, into modelUser // as they were
	at         time.Time
	rows       map[string][]string // of both, where nothing was done to either since
	events     map[string]int64
}

type model struct {
	t      *testing.T
	db     *sqlite.DB
	path   string
	random *rand.Rand
	now    time.Time
	users  map[string]*modelUser
	merges []modelMerge         // in order
	rests  map[string]time.Time // by the nickname of a deleted account: until when
	made   int
	done   map[string]int
}

func (u *modelUser) copy() modelUser { return modelUser{u.User, maps.Clone(u.ids)} }

// pick is anybody, the same for the same dice.
func (m *model) pick(but string) *modelUser {
	ids := slices.Sorted(maps.Keys(m.users))
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == but })
	if len(ids) == 0 {
		return nil
	}
	return m.users[ids[m.random.IntN(len(ids))]]
}

func (m *model) profile(k app.IdentityKey) app.Profile {
	return app.Profile{Key: k, Provider: map[string]string{"https://github.com": "github", "https://nid.naver.com": "naver", "https://id.example": "oidc"}[k.Issuer], Login: k.Subject}
}

func (m *model) newKey() app.IdentityKey {
	m.made++
	issuers := []string{"https://github.com", "https://nid.naver.com", "https://id.example"}
	return app.IdentityKey{Issuer: issuers[m.random.IntN(3)], Subject: fmt.Sprint("subject", m.made)}
}

func (m *model) name() app.Nickname {
	names := []string{"Kim", "KIM", "K1m", "Lee", "LEE", "Park", "둘리", "또치", "희동이", "Illy", "1lly", "Ann"}
	return nick(names[m.random.IntN(len(names))])
}

// enter signs the user in: who acts has a session.
func (m *model) enter(u *modelUser) string {
	m.t.Helper()
	keys := slices.Collect(maps.Keys(u.ids))
	slices.SortFunc(keys, func(a, b app.IdentityKey) int { return strings.Compare(a.Subject, b.Subject) })
	m.made++
	s := claimed(fmt.Sprint("session", m.made), m.now)
	in, err := m.db.SignIn(ctx, m.profile(keys[m.random.IntN(len(keys))]), s)
	if err != nil || in.User.ID != u.ID {
		m.t.Fatalf("signed in %+v: %+v %v", u.User, in.User, err)
	}
	m.touched(u.ID)
	return s.ID
}

// touched says that a merge of the user can't be exactly undone any more.
func (m *model) touched(ids ...string) {
	for i, x := range m.merges {
		if slices.Contains(ids, x.from.ID) || slices.Contains(ids, x.into.ID) {
			m.merges[i].rows = nil
		}
	}
}

// of are the rows that name the user.
func of(rows []string, id string) []string {
	return slices.DeleteFunc(slices.Clone(rows), func(r string) bool { return !strings.Contains(r, id) })
}

// act does f and holds that it reached nobody but whom it is about.
func (m *model) act(what string, about []string, f func() app.Code) {
	m.t.Helper()
	before := rowsOf(m.t, m.path, nil)
	code := f()
	m.done[what+" "+string(code)]++
	after := rowsOf(m.t, m.path, nil)
	if code != "" {
		if d := differences(before, after); d != "" {
			m.t.Fatalf("%s was refused by %s and changed\n%s", what, code, d)
		}
		return
	}
	for id := range m.users {
		if slices.Contains(about, id) {
			continue
		}
		was := of(before, id)
		if about != nil { // rows that name both, such as a merge of old
			was = slices.DeleteFunc(was, func(r string) bool {
				return slices.ContainsFunc(about, func(a string) bool { return strings.Contains(r, a) })
			})
		}
		for _, r := range was {
			if !slices.Contains(after, r) {
				m.t.Fatalf("%s reached another account: %s", what, r)
			}
		}
	}
}

func (m *model) last(into string) int {
	for i := len(m.merges) - 1; i >= 0; i-- {
		if m.merges[i].into.ID == into {
			return i
		}
	}
	return -1
}

func (m *model) step() {
	m.t.Helper()
	m.now = m.now.Add(time.Duration(m.random.IntN(24*60)) * time.Minute)
	if m.random.IntN(12) == 0 {
		m.now = m.now.Add(12 * 24 * time.Hour)
	}
	switch n := m.random.IntN(20); {
	case len(m.users) < 2 || n < 3:
		m.signUp()
	case n < 6:
		m.link()
	case n < 8:
		m.unlink()
	case n < 11:
		m.rename()
	case n < 15:
		m.merge()
	case n < 18:
		m.unmerge()
	case n < 19:
		m.lapse()
	default:
		if len(m.users) > 4 {
			m.delete()
		}
	}
	m.check()
}

func (m *model) signUp() {
	k, n := m.newKey(), m.name()
	p := pending(fmt.Sprint("p", m.made), m.profile(k), m.now)
	must(m.t, m.db.SavePendingSignUp(ctx, p))
	m.act("sign-up", []string{}, func() app.Code {
		in, err := m.db.SignUp(ctx, p.ID, m.profile(k), n, claimed(fmt.Sprint("session of ", p.ID), m.now))
		if err == nil {
			m.free(n, "")
			m.users[in.User.ID] = &modelUser{in.User, map[app.IdentityKey]bool{k: true}}
		}
		return app.CodeOf(err)
	})
}

// free holds that a name that somebody got was nobody else's, and held for nobody else.
func (m *model) free(n app.Nickname, but string) {
	m.t.Helper()
	taken := func(name, by string) {
		if x := nick(name); by != but && (x.Key == n.Key || x.Skeleton == n.Skeleton) {
			m.t.Fatalf("%s was given although %s has %s", n.Text, by, name)
		}
	}
	for id, u := range m.users {
		taken(u.Nickname, id)
	}
	for _, x := range m.merges {
		if owner := m.owner(x.into.ID); m.now.Before(x.at.Add(app.MergeLifetime)) {
			taken(x.from.Nickname, owner)
			taken(x.into.Nickname, owner)
		}
	}
	for name, until := range m.rests {
		if m.now.Before(until) {
			taken(name, "a deleted account")
		}
	}
}

// owner is who absorbed the user by now, or the user.
func (m *model) owner(id string) string {
	for m.users[id] == nil {
		i := slices.IndexFunc(m.merges, func(x modelMerge) bool { return x.from.ID == id })
		if i < 0 {
			return ""
		}
		id = m.merges[i].into.ID
	}
	return id
}

func (m *model) link() {
	u := m.pick("")
	session := m.enter(u)
	k := m.newKey()
	if other := m.pick(u.ID); other != nil && m.random.IntN(3) == 0 { // somebody else's
		for k = range other.ids {
			break
		}
	}
	m.act("link", []string{u.ID}, func() app.Code {
		_, err := m.db.LinkIdentity(ctx, u.ID, session, m.profile(k), m.now)
		if err == nil {
			u.ids[k] = true
		}
		return app.CodeOf(err)
	})
}

func (m *model) unlink() {
	u := m.pick("")
	session := m.enter(u)
	all, err := m.db.Identities(ctx, u.ID)
	must(m.t, err)
	id := all[m.random.IntN(len(all))]
	m.act("unlink", []string{u.ID}, func() app.Code {
		err := m.db.UnlinkIdentity(ctx, u.ID, session, id.ID, m.now)
		if err == nil {
			delete(u.ids, id.Key)
		}
		return app.CodeOf(err)
	})
}

func (m *model) rename() {
	u, n := m.pick(""), m.name()
	m.touched(u.ID)
	m.act("rename", []string{u.ID}, func() app.Code {
		got, err := m.db.Rename(ctx, u.ID, n, m.now)
		if err == nil {
			m.free(n, u.ID)
			u.User = got
		}
		return app.CodeOf(err)
	})
}

func (m *model) merge() {
	u := m.pick("")
	other := m.pick(u.ID)
	session := m.enter(u)
	m.touched(other.ID)
	var word app.IdentityKey
	for word = range other.ids {
		break
	}
	choice := u.Nickname
	if m.random.IntN(2) == 0 {
		choice = other.Nickname
	}
	x := modelMerge{from: other.copy(), into: u.copy(), at: m.now, events: lastEvents(m.t, m.path)}
	rows := rowsOf(m.t, m.path, nil)
	x.rows = map[string][]string{u.ID: of(rows, u.ID), other.ID: of(rows, other.ID)}
	m.act("merge", []string{u.ID, other.ID}, func() app.Code {
		in, err := m.db.Merge(ctx, app.MergeRequest{From: other.User, Into: u.User, Word: m.profile(word), SessionID: session, Nickname: choice, At: m.now})
		if err == nil {
			if choice == other.Nickname {
				u.Nickname, u.RenamedAt = choice, m.now
			}
			maps.Copy(u.ids, other.ids)
			delete(m.users, other.ID)
			m.merges = append(m.merges, x)
			if in.User != u.User {
				m.t.Fatalf("merged %+v, want %+v", in.User, u.User)
			}
		}
		return app.CodeOf(err)
	})
}

func (m *model) unmerge() {
	u := m.pick("")
	if len(m.merges) > 0 && m.random.IntN(4) > 0 { // somebody who has one
		if x := m.users[m.merges[m.random.IntN(len(m.merges))].into.ID]; x != nil {
			u = x
		}
	}
	var from string
	if len(m.merges) > 0 {
		from = m.merges[m.random.IntN(len(m.merges))].from.ID
	}
	if i := m.last(u.ID); i >= 0 && m.random.IntN(3) > 0 {
		from = m.merges[i].from.ID
	}
	// The session that undoes it is of before the merge, or the exact rows are not.
	exact := map[string][]string(nil)
	i := m.last(u.ID)
	if i >= 0 && m.merges[i].from.ID == from {
		exact = m.merges[i].rows
	}
	session := m.session(u)
	want := app.Code("")
	switch {
	case i < 0 || !slices.ContainsFunc(m.merges, func(x modelMerge) bool { return x.into.ID == u.ID && x.from.ID == from }):
		want = app.CodeNotFound
	case !m.now.Before(m.at(from).Add(app.MergeLifetime)):
		want = app.CodeMergeLapsed
	case m.merges[i].from.ID != from:
		want = app.CodeMergeOrder
	default:
		theirs := 0
		for k := range m.merges[i].from.ids {
			if u.ids[k] {
				theirs++
			}
		}
		if theirs == 0 || theirs == len(u.ids) {
			want = app.CodeMergeNoWayIn
		}
	}
	m.act("unmerge", []string{u.ID, from}, func() app.Code {
		in, _, err := m.db.Unmerge(ctx, u.ID, session, from, m.now)
		if code := app.CodeOf(err); code != want {
			if lapsed := want == app.CodeNotFound && code == app.CodeMergeLapsed; !lapsed {
				m.t.Fatalf("undo: %v, want %q", err, want)
			}
		}
		if err != nil {
			return app.CodeOf(err)
		}
		x := m.merges[i]
		m.merges = slices.Delete(m.merges, i, i+1)
		back := x.from.copy()
		for k := range x.from.ids {
			if !u.ids[k] {
				delete(back.ids, k)
			}
			delete(u.ids, k)
		}
		m.users[back.ID] = &back
		if now, was := nick(u.Nickname), nick(x.from.Nickname); now.Key == was.Key || now.Skeleton == was.Skeleton {
			u.User = x.into.User
		}
		if in.User != u.User {
			m.t.Fatalf("undone: %+v, want %+v", in.User, u.User)
		}
		if exact != nil {
			m.done["exactly undone"]++
			rows := rowsOf(m.t, m.path, x.events)
			for id, was := range exact {
				if d := differences(was, of(rows, id)); d != "" {
					m.t.Fatalf("not as before:\n%s", d)
				}
			}
		}
		m.touched(u.ID, back.ID)
		return ""
	})
}

func (m *model) at(from string) time.Time {
	return m.merges[slices.IndexFunc(m.merges, func(x modelMerge) bool { return x.from.ID == from })].at
}

// session is a live one of the user: the newest, so that nothing is written, else another.
func (m *model) session(u *modelUser) string {
	m.t.Helper()
	live, err := m.db.UserSessions(ctx, u.ID)
	must(m.t, err)
	if len(live) > 0 {
		return live[0].Session.ID
	}
	return m.enter(u)
}

func (m *model) lapse() {
	ids, err := m.db.LapsedMerges(ctx, m.now)
	must(m.t, err)
	for _, id := range ids {
		owner := m.owner(id)
		m.act("lapse", []string{owner, id}, func() app.Code {
			must(m.t, m.db.LapseMerge(ctx, id, m.now))
			m.merges = slices.DeleteFunc(m.merges, func(x modelMerge) bool { return x.from.ID == id })
			return ""
		})
		m.touched(owner)
	}
	if slices.ContainsFunc(m.merges, func(x modelMerge) bool { return !m.now.Before(x.at.Add(app.MergeLifetime)) }) {
		m.t.Fatal("one that is over was not found")
	}
}

func (m *model) delete() {
	u := m.pick("")
	gone := []string{u.ID}
	for i := len(m.merges) - 1; i >= 0; i-- {
		if x := m.merges[i]; slices.Contains(gone, x.into.ID) {
			gone = append(gone, x.from.ID)
		}
	}
	for again := true; again; { // those that were absorbed first lie deepest
		again = false
		for _, x := range m.merges {
			if slices.Contains(gone, x.into.ID) && !slices.Contains(gone, x.from.ID) {
				gone, again = append(gone, x.from.ID), true
			}
		}
	}
	m.act("delete", gone, func() app.Code {
		must(m.t, m.db.DeleteUser(ctx, u.ID, m.now))
		delete(m.users, u.ID)
		m.rests[u.Nickname] = m.now.Add(app.NicknameRest)
		m.merges = slices.DeleteFunc(m.merges, func(x modelMerge) bool { return slices.Contains(gone, x.from.ID) })
		return ""
	})
	for _, r := range rowsOf(m.t, m.path, nil) {
		for _, id := range gone {
			if strings.Contains(r, id) {
				m.t.Fatalf("kept: %s", r)
			}
		}
	}
}

// check holds the database to the model.
func (m *model) check() {
	m.t.Helper()
	users, identities, _ := sqlite.Counts(m.db)
	want := 0
	names := map[string]string{}
	for id, u := range m.users {
		want += len(u.ids)
		ids, err := m.db.Identities(ctx, id)
		if err != nil || len(ids) != len(u.ids) {
			m.t.Fatalf("%+v has %+v, want %v: %v", u.User, ids, u.ids, err)
		}
		for k := range u.ids {
			if got, err := m.db.UserByIdentity(ctx, k); err != nil || got != u.User {
				m.t.Fatalf("%v is %+v, want %+v: %v", k, got, u.User, err)
			}
		}
		n := nick(u.Nickname)
		for _, key := range []string{n.Key, "skeleton " + n.Skeleton} {
			if names[key] != "" {
				m.t.Fatalf("two have %q", u.Nickname)
			}
			names[key] = id
		}
	}
	if users != len(m.users) || identities != want {
		m.t.Fatalf("%d users and %d identities, want %d and %d", users, identities, len(m.users), want)
	}
	for name, until := range m.rests {
		if err := m.db.NicknameFree(ctx, nick(name), "", m.now); err == nil && m.now.Before(until) {
			m.t.Fatalf("%s can be taken before it has rested", name)
		}
	}
	for _, x := range m.merges {
		if !m.now.Before(x.at.Add(app.MergeLifetime)) {
			continue
		}
		for _, name := range []string{x.from.Nickname, x.into.Nickname} {
			if err := m.db.NicknameFree(ctx, nick(name), "", m.now); err == nil {
				m.t.Fatalf("%s can be taken before it can't be put back", name)
			}
		}
	}
}

func TestMG13_WhateverIsDoneNobodyHasTwoOwnersAndNoActReachesAnotherAccount(t *testing.T) {
	seeds, steps := 6, 200
	if testing.Short() {
		seeds, steps = 2, 100
	}
	done := map[string]int{}
	for seed := range uint64(seeds) {
		opt := fastOptions(t)
		opt.BackupDir = ""
		m := &model{
			t: t, db: open(t, opt), path: opt.Path, random: rand.New(rand.NewPCG(seed, 12)), now: start, users: map[string]*modelUser{}, rests: map[string]time.Time{}, done: done,
		}
		m.db.RestBy(tag)
		for range steps {
			m.step()
		}
		if t.Failed() {
			t.Fatal("seed", seed)
		}
	}
	for _, what := range []string{
		"sign-up ", "sign-up nickname_taken", "sign-up nickname_looks_like", "link ", "link identity_linked_elsewhere", "unlink ", "unlink identity_last",
		"rename ", "rename rename_too_soon", "merge ", "unmerge ", "unmerge merge_order", "unmerge not_found", "lapse ", "delete ", "exactly undone",
	} {
		if !testing.Short() && done[what] == 0 {
			t.Errorf("never happened: %q; %v", what, done)
		}
	}
	t.Log(done)
}
