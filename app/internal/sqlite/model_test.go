package sqlite_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
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
	ids      map[app.IdentityKey]bool
	codes    []app.RecoveryCode // by number
	declined bool
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
	opt    sqlite.Options
	path   string
	random *rand.Rand
	now    time.Time
	users  map[string]*modelUser
	merges []modelMerge         // in order
	rests  map[string]time.Time // by the nickname of a deleted account: until when
	drawn  []app.RecoveryCode   // every code that somebody ever wrote down
	failed int                  // guesses since the last good one
	jar    map[string]place     // by user: what the window's jar has at each one's own place
	screen string               // the user whose pair the jar has, or nobody
	made   int
	done   map[string]int
}

func (u *modelUser) copy() modelUser {
	return modelUser{u.User, maps.Clone(u.ids), slices.Clone(u.codes), u.declined}
}

// key is one of the user's, the same for the same dice.
func (m *model) key(u *modelUser) app.IdentityKey {
	keys := slices.SortedFunc(maps.Keys(u.ids), func(a, b app.IdentityKey) int { return strings.Compare(a.Subject, b.Subject) })
	return keys[m.random.IntN(len(keys))]
}

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
	m.made++
	s := claimed(fmt.Sprint("session", m.made), m.now)
	if m.random.IntN(4) == 0 { // one that no window was seen with
		s.Generation, s.RotatedLaunch = 1, s.ID
	}
	before := m.here()
	in, err := m.db.SignIn(ctx, m.profile(m.key(u)), s)
	if err != nil || in.User.ID != u.ID {
		m.t.Fatalf("signed in %+v: %+v %v", u.User, in.User, err)
	}
	after := m.here()
	for id, was := range before {
		if was.UserID == u.ID && was.Generation == 1 && was.EndedAt.IsZero() {
			if after[id].EndReason != app.EndReplaced {
				m.t.Fatalf("signed in, and there is still %+v", after[id])
			}
			m.done["replaced"]++
			delete(before, id)
		}
	}
	m.kept("sign-in", before, nil) // neither another's session nor their own others
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

// here are the sessions of everybody on this computer, as they are.
func (m *model) here() map[string]app.Session {
	m.t.Helper()
	all, err := m.db.SessionsHere(ctx, start)
	must(m.t, err)
	here := map[string]app.Session{}
	for _, s := range all {
		here[s.Session.ID] = s.Session
	}
	return here
}

// kept holds that no session was touched but of whom it is about.
func (m *model) kept(what string, before map[string]app.Session, about []string) {
	m.t.Helper()
	after := m.here()
	for id, was := range before {
		if !slices.Contains(about, was.UserID) && after[id] != was {
			m.t.Fatalf("%s reached another session: %+v, was %+v", what, after[id], was)
		}
	}
}

// eventOf is what a row of the timeline tells, without the provider that it names.
func eventOf(row string) string {
	words := strings.Fields(strings.TrimSuffix(row, "]"))
	kind, detail := words[len(words)-2], words[len(words)-1]
	if kind != `"session_ended"` {
		detail = ""
	}
	return strings.TrimSpace("event " + strings.ReplaceAll(kind+" "+detail, `"`, ""))
}

// of are the rows that name the user.
func of(rows []string, id string) []string {
	return slices.DeleteFunc(slices.Clone(rows), func(r string) bool { return !strings.Contains(r, id) })
}

// act does f and holds that it reached nobody but whom it is about.
func (m *model) act(what string, about []string, f func() app.Code) {
	m.t.Helper()
	before, here, users := rowsOf(m.t, m.path, nil), m.here(), slices.Sorted(maps.Keys(m.users))
	code := f()
	m.done[what+" "+string(code)]++
	after := rowsOf(m.t, m.path, nil)
	for _, r := range after {
		if strings.HasPrefix(r, `["events"`) {
			m.done[eventOf(r)]++
		}
	}
	if code != "" {
		m.kept(what, here, nil)
		if d := differences(before, after); d != "" {
			m.t.Fatalf("%s was refused by %s and changed\n%s", what, code, d)
		}
		return
	}
	m.kept(what, here, about)
	named := func(r string) bool { // a row that names both, such as a merge of old
		return slices.ContainsFunc(about, func(a string) bool { return strings.Contains(r, a) })
	}
	for _, id := range users {
		if slices.Contains(about, id) {
			continue
		}
		if d := differences(slices.DeleteFunc(of(before, id), named), slices.DeleteFunc(of(after, id), named)); d != "" {
			m.t.Fatalf("%s reached another account:\n%s", what, d)
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
	m.now = m.now.Add(time.Duration(m.random.IntN(15*60)) * time.Minute)
	if m.random.IntN(19) == 0 {
		m.now = m.now.Add(12 * 24 * time.Hour)
	}
	switch n := m.random.IntN(38); {
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
	case n < 20:
		if len(m.users) > 3 {
			m.delete()
		}
	case n < 23:
		m.makeCodes()
	case n < 28:
		m.useCode()
	case n < 29:
		m.removeCodes()
	case n < 31 || n == 31 && m.random.IntN(3) > 0:
		m.signOut()
	case n > 35:
		m.arrive()
	case n > 31:
		m.switchTo()
	default:
		m.restore()
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
			m.users[in.User.ID] = &modelUser{in.User, map[app.IdentityKey]bool{k: true}, nil, false}
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
		k = m.key(other)
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
	word := m.key(other)
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
		if j := slices.IndexFunc(m.merges, func(x modelMerge) bool { return x.into.ID == u.ID }); m.random.IntN(2) == 0 {
			from = m.merges[j].from.ID // out of order, where there are two
		}
	}
	// The session that undoes it is of before the merge, or the exact rows are not.
	session := m.session(u)
	exact := map[string][]string(nil)
	i := m.last(u.ID)
	if i >= 0 && m.merges[i].from.ID == from {
		exact = m.merges[i].rows
	}
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
		in, err := m.db.Unmerge(ctx, u.ID, session, from, m.now)
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
			if len(back.codes) > 0 {
				m.done["codes exactly back"]++
			}
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

// makeCodes makes a sheet, new or once more, or one with a code that somebody else has.
func (m *model) makeCodes() {
	u := m.pick("")
	m.made++
	what, want, codes := "codes", app.Code(""), sheet(m.made, u.ID, stamp(m.now))
	others := slices.DeleteFunc(m.inState("good"), func(c app.RecoveryCode) bool { return c.UserID == u.ID })
	switch n := m.random.IntN(6); {
	case n < 2 && len(others) > 0:
		what, want = "codes of another", app.CodeConflict
		codes[m.random.IntN(len(codes))].Selector = others[m.random.IntN(len(others))].Selector
	case n == 2 && u.codes != nil:
		what, codes = "codes once more", u.codes
	}
	m.act(what, []string{u.ID}, func() app.Code {
		err := m.db.MakeRecoveryCodes(ctx, u.ID, codes, m.now)
		if app.CodeOf(err) != want {
			m.t.Fatalf("%s: %v, want %q", what, err, want)
		}
		if what == "codes" {
			u.codes = codes
			m.drawn = append(m.drawn, codes...)
			m.touched(u.ID)
		}
		return app.CodeOf(err)
	})
}

// state is what the rules say of a code that somebody wrote down, and whose it is.
func (m *model) state(c app.RecoveryCode) (string, *modelUser) {
	same := func(x app.RecoveryCode) bool { return x.Selector == c.Selector }
	if u := m.users[c.UserID]; u != nil {
		i := slices.IndexFunc(u.codes, same)
		switch {
		case i < 0:
			return "gone", u
		case !u.codes[i].UsedAt.IsZero():
			return "used", u
		case !u.codes[i].VoidAt.IsZero():
			return "void", u
		}
		return "good", u
	}
	for _, x := range m.merges {
		if x.from.ID == c.UserID && slices.ContainsFunc(x.from.codes, same) {
			return "resting", nil
		}
	}
	return "gone", nil
}

// inState are the codes that the rules say that of.
func (m *model) inState(want string) []app.RecoveryCode {
	return slices.DeleteFunc(slices.Clone(m.drawn), func(c app.RecoveryCode) bool {
		is, _ := m.state(c)
		return is != want
	})
}

// useCode tries a code: one that is good, one that is not, or another's letters after
// the selector of one that is.
func (m *model) useCode() {
	kinds := []string{"good", "good", "used", "void", "resting", "gone", "foreign"}
	kind := kinds[m.random.IntN(len(kinds))]
	state := strings.Replace(kind, "foreign", "good", 1)
	all := m.inState(state)
	if len(all) == 0 {
		return
	}
	c := all[m.random.IntN(len(all))]
	_, u := m.state(c)
	g, err := m.db.GuessRecoveryCode(ctx, c.Selector, func(g app.Guesses) (app.Guesses, error) {
		if g.Failed != m.failed {
			m.t.Fatalf("%d guesses are counted, want %d", g.Failed, m.failed)
		}
		return counted(g)
	})
	must(m.t, err)
	m.failed++
	there := app.RecoveryGuess{Tag: g.Tag}
	for _, x := range m.users {
		there.Any = there.Any || len(x.codes) > 0
	}
	if u != nil {
		for _, x := range u.codes {
			if x.Selector == c.Selector {
				there.Code = x
			}
		}
	}
	if g != there {
		m.t.Fatalf("a %s code is found as %+v, want %+v", kind, g, there)
	}
	if kind == "foreign" {
		c.Verifier = m.drawn[(slices.Index(m.drawn, c)+1)%len(m.drawn)].Verifier
	}
	want := app.CodeConflict
	if kind == "good" {
		want = ""
	}
	use := func(what, session string, want app.Code) {
		m.t.Helper()
		m.act(what, []string{c.UserID}, func() app.Code {
			in, err := m.db.UseRecoveryCode(ctx, c, claimed(session, m.now))
			if app.CodeOf(err) != want {
				m.t.Fatalf("%s: %v, want %q", what, err, want)
			}
			if err == nil && (in.User != u.User || in.Session.ID != session || in.Session.IdentityID != "") {
				m.t.Fatalf("%s: %+v, want %+v", what, in, u.User)
			}
			return app.CodeOf(err)
		})
	}
	m.made++
	session := fmt.Sprint("recovered", m.made)
	use("use "+kind, session, want)
	if want != "" {
		return
	}
	m.failed = 0
	m.touched(u.ID)
	u.codes[slices.IndexFunc(u.codes, func(x app.RecoveryCode) bool { return x.Selector == c.Selector })].UsedAt = stamp(m.now)
	rows, here := rowsOf(m.t, m.path, nil), m.here()
	use("use once more", session, "") // whose answer was lost
	m.kept("use once more", here, nil)
	if d := differences(rows, rowsOf(m.t, m.path, nil)); d != "" {
		m.t.Fatalf("used once more, it changed\n%s", d)
	}
	use("use twice", session+" again", app.CodeConflict)
}

func (m *model) removeCodes() {
	u, what := m.pick(""), "remove"
	if u.codes == nil {
		what = "remove none"
	}
	before := rowsOf(m.t, m.path, nil)
	m.act(what, []string{u.ID}, func() app.Code {
		must(m.t, m.db.RemoveRecoveryCodes(ctx, u.ID, m.now))
		return ""
	})
	if u.codes == nil {
		if d := differences(before, rowsOf(m.t, m.path, nil)); d != "" {
			m.t.Fatalf("none were removed, and changed\n%s", d)
		}
		return
	}
	u.codes, u.declined = nil, true
	m.touched(u.ID)
}

// signOut ends one session of the several on this computer, or the user's others, or
// tries to end it as somebody else.
func (m *model) signOut() {
	before := m.here()
	live := slices.DeleteFunc(slices.Sorted(maps.Keys(before)), func(id string) bool { return !before[id].EndedAt.IsZero() })
	if len(live) == 0 {
		return
	}
	id := live[m.random.IntN(len(live))]
	user := before[id].UserID
	what, which := "sign-out", app.SessionSelection{ID: id, UserID: user}
	ends := []string{id}
	switch n := m.random.IntN(4); {
	case n == 0:
		what, which.UserID, ends = "sign-out of another", m.pick(user).ID, nil
	case n == 1:
		what, which = "sign-out of the others", app.SessionSelection{UserID: user, ExceptID: id}
		ends = slices.DeleteFunc(live, func(x string) bool { return x == id || before[x].UserID != user })
	}
	m.act(what, []string{which.UserID}, func() app.Code {
		n, err := m.db.EndSessions(ctx, which, app.EndSignedOut, m.now)
		if err != nil || n != len(ends) {
			m.t.Fatalf("%s: %d ended, want %v: %v", what, n, ends, err)
		}
		return ""
	})
	after := m.here()
	for id, s := range before {
		if slices.Contains(ends, id) {
			s.EndedAt, s.EndReason = stamp(m.now), app.EndSignedOut
		}
		if after[id] != s {
			m.t.Fatalf("%s: %+v, want %+v", what, after[id], s)
		}
	}
}

// restore puts the profile back from a backup of this moment: every code retires, those
// of an absorbed account too, and every session ends.
func (m *model) restore() {
	opt := m.opt
	opt.FirstRun, opt.BackupDir, opt.Clock = false, filepath.Join(filepath.Dir(m.path), "backup"), &clock{now: m.now, timers: map[*timer]bool{}}
	m.act("restore", slices.Collect(maps.Keys(m.users)), func() app.Code {
		must(m.t, m.db.Close())
		db := open(m.t, opt)
		_, err := db.Backup(ctx)
		must(m.t, err)
		must(m.t, db.Close())
		_, err = sqlite.RestoreBackup(ctx, opt)
		must(m.t, err)
		must(m.t, os.RemoveAll(opt.BackupDir))
		opt.BackupDir = ""
		m.db = open(m.t, opt)
		m.db.RestBy(tag)
		return ""
	})
	retire := func(codes []app.RecoveryCode) {
		for i := range codes {
			if codes[i].UsedAt.IsZero() && codes[i].VoidAt.IsZero() {
				codes[i].VoidAt = stamp(m.now)
			}
		}
	}
	for _, u := range m.users {
		retire(u.codes)
	}
	for i := range m.merges {
		retire(m.merges[i].from.codes)
		m.merges[i].rows = nil
	}
	for id, s := range m.here() {
		if s.EndedAt.IsZero() {
			m.t.Fatalf("%s of before the backup lives", id)
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
		codes, err := m.db.RecoveryCodes(ctx, id)
		if err != nil || !slices.Equal(codes.Codes, u.codes) || codes.Declined != u.declined {
			m.t.Fatalf("%+v has %+v, want %+v, %t: %v", u.User, codes, u.codes, u.declined, err)
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
		if codes, err := m.db.RecoveryCodes(ctx, x.from.ID); err != nil || codes.Codes != nil {
			m.t.Fatalf("%+v was absorbed and has %+v: %v", x.from.User, codes, err)
		}
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
	seeds, steps := 10, 150
	if testing.Short() {
		seeds, steps = 2, 100
	}
	done := map[string]int{}
	for seed := range uint64(seeds) {
		opt := fastOptions(t)
		opt.BackupDir, opt.Random = "", rand.NewChaCha8([32]byte{byte(seed)}) // the same IDs for the same seed
		m := &model{
			t: t, db: open(t, opt), opt: opt, path: opt.Path, random: rand.New(rand.NewPCG(seed, 12)), now: start, users: map[string]*modelUser{}, rests: map[string]time.Time{}, jar: map[string]place{}, done: done,
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
		"codes ", "codes of another conflict", "codes once more ", "use good ", "use once more ", "use twice conflict", "use used conflict", "use void conflict",
		"use resting conflict", "use gone conflict", "use foreign conflict", "remove ", "remove none ", "codes exactly back", "restore ",
		// Each that the timeline can hold, but that of a key that was lost, which the keeper's tests make.
		"event signed_up", "event signed_in", "event renamed", "event identity_linked", "event identity_unlinked", "event merged", "event merge_undone", "event merge_lapsed",
		"event recovery_codes_made", "event recovery_code_used", "event recovery_codes_removed",
		"event session_ended signed_out", "event session_ended revoked", "event session_ended reused", "event session_ended replaced", "event session_ended merged",
		"arrive ", "switched", "switch own account_ended", "switch own not_found", "switch to nobody", "switch exchanged account_lost", "switch planted ", "switch none account_lost", "switch old ",
		"replaced", "sign-out ", "sign-out of another ", "sign-out of the others ",
	} {
		if !testing.Short() && done[what] == 0 {
			t.Errorf("never happened: %q; %v", what, done)
		}
	}
	t.Log(done)
}
