package rows_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory/rows"
	"munpae.example/munpae/app/internal/nickname"
	"munpae.example/munpae/app/internal/postgres"
	"munpae.example/munpae/app/internal/postgres/postgrestest"
	"munpae.example/munpae/app/internal/sqlite"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Run(m)) }

var (
	ctx = context.Background()
	now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// world is an empty directory on one engine.
type world struct {
	*testing.T
	db     *rows.DB
	engine func() rows.Engine
	n      int
}

// onBoth runs a promise on every engine.
func onBoth(t *testing.T, promise func(w *world)) {
	t.Helper()
	each := func(name string, open func(t *testing.T) func() rows.Engine) {
		t.Run(name, func(t *testing.T) {
			w := &world{T: t, engine: open(t)}
			w.db = w.open()
			if err := w.db.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			promise(w)
		})
	}
	each("SQLite", func(t *testing.T) func() rows.Engine {
		path := filepath.Join(t.TempDir(), "directory.db")
		return func() rows.Engine {
			e, err := sqlite.OpenDirectory(path)
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
	})
	each("PostgreSQL", func(t *testing.T) func() rows.Engine {
		dsn := postgrestest.Database(t)
		return func() rows.Engine {
			e, err := postgres.Open(dsn)
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
	})
}

// open is one more replica on the same database.
func (w *world) open() *rows.DB {
	db := rows.Open(w.engine(), rows.Options{})
	w.Cleanup(func() { db.Close() })
	return db
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) wants(code app.Code, err error) {
	w.Helper()
	if app.CodeOf(err) != code {
		w.Fatalf("got %v, want %s", err, code)
	}
}

func profile(subject string) app.Profile {
	return app.Profile{Key: app.IdentityKey{Issuer: "https://github.example", Subject: subject}, Provider: "github", Login: "login-" + subject}
}

func name(tb testing.TB, text string) app.Nickname {
	tb.Helper()
	n, err := nickname.Parse(text)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

func (w *world) session() app.Session {
	w.n++
	return session(fmt.Sprintf("session%d", w.n))
}

func session(id string) app.Session {
	return app.Session{
		ID: id, KeyID: "key", Generation: 1, CurrentJTI: "jti-" + id, RotatedAt: now, CreatedAt: now, ConfirmedAt: now, SeenAt: now,
		IdleUntil: now.Add(app.IdleLifetime), AbsoluteEnd: now.Add(app.AbsoluteLifetime), Device: app.Device{Name: "laptop", Platform: "linux"},
	}
}

// ticket stores a ticket of an identity and returns its hash.
func (w *world) ticket(p app.Profile) string {
	w.Helper()
	w.n++
	hash := fmt.Sprintf("ticket%d", w.n)
	w.must(w.db.SaveTicket(ctx, rows.Ticket{Hash: hash, Key: p.Key, Sealed: []byte("sealed"), CreatedAt: now, ExpiresAt: now.Add(24 * time.Hour)}))
	return hash
}

func (w *world) signUp(subject, nick string) app.SignedIn {
	w.Helper()
	p := profile(subject)
	in, err := w.db.SignUp(ctx, w.ticket(p), p, name(w, nick), w.session())
	w.must(err)
	return in
}

func TestTheSchemaIsMadeOnceByWhoeverComesFirst(t *testing.T) {
	onBoth(t, func(w *world) {
		var all sync.WaitGroup
		for range 6 {
			db := w.open()
			all.Go(func() {
				if err := db.Migrate(ctx); err != nil {
					w.Error(err)
				}
			})
		}
		all.Wait()
		version, err := w.db.Schema(ctx)
		w.must(err)
		if version != rows.Version {
			w.Errorf("schema %d", version)
		}
		w.must(w.db.Ready(ctx))
	})
}

func TestASchemaOfANewerProgramIsLeftAlone(t *testing.T) {
	onBoth(t, func(w *world) {
		e := w.engine()
		w.Cleanup(func() { e.Write.Close(); e.Read.Close() })
		if _, err := e.Write.Exec("UPDATE directory_schema SET version = 99"); err != nil {
			w.Fatal(err)
		}
		w.wants(app.CodeDatabaseNewer, w.db.Migrate(ctx))
		w.wants(app.CodeDatabaseNewer, w.db.Ready(ctx))
		if version, err := w.db.Schema(ctx); err != nil || version != 99 {
			w.Errorf("version %d, %v", version, err)
		}
	})
}

func TestAnEmptyDatabaseIsNotReadyBeforeItIsMigrated(t *testing.T) {
	dsn := postgrestest.Database(t)
	e, err := postgres.Open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	db := rows.Open(e, rows.Options{})
	defer db.Close()
	if err := db.Ready(ctx); err == nil {
		t.Error("ready without tables")
	}
}

func TestASignUpIsUserIdentityAndSessionAndMayBeRepeated(t *testing.T) {
	onBoth(t, func(w *world) {
		p := profile("1")
		hash := w.ticket(p)
		first, err := w.db.SignUp(ctx, hash, p, name(w, "길동"), w.session())
		w.must(err)
		again, err := w.db.SignUp(ctx, hash, p, name(w, "둘째"), w.session())
		w.must(err)
		if again.User != first.User || again.Session != first.Session || again.Identity != first.Identity {
			w.Errorf("the same ticket answers %+v, then %+v", first, again)
		}
		read, err := w.db.Session(ctx, first.Session.ID)
		w.must(err)
		if read != first {
			w.Errorf("stored %+v, answered %+v", read, first)
		}
		if n, err := w.db.Users(ctx); err != nil || n != 1 {
			w.Errorf("%d users, %v", n, err)
		}
	})
}

func TestATicketMakesOneAccountHoweverManyAskAtOnce(t *testing.T) {
	onBoth(t, func(w *world) {
		other := w.open()
		p := profile("1")
		hash := w.ticket(p)
		got := make([]app.SignedIn, 16)
		var all sync.WaitGroup
		for i := range got {
			all.Go(func() {
				db := []*rows.DB{w.db, other}[i%2]
				var err error
				if got[i], err = db.SignUp(ctx, hash, p, name(w, "길동"), session(fmt.Sprintf("s%d", i))); err != nil {
					w.Error(err)
				}
			})
		}
		all.Wait()
		for _, in := range got {
			if in.Session.ID != got[0].Session.ID || in.User.ID != got[0].User.ID {
				w.Errorf("two answers: %s and %s", in.Session.ID, got[0].Session.ID)
			}
		}
	})
}

func TestTwoTicketsOfOneIdentityEndInOneAccount(t *testing.T) {
	onBoth(t, func(w *world) {
		p := profile("1")
		tickets := []string{w.ticket(p), w.ticket(p), w.ticket(p), w.ticket(p)}
		got := make([]app.SignedIn, len(tickets))
		var all sync.WaitGroup
		for i, hash := range tickets {
			all.Go(func() {
				var err error
				if got[i], err = w.db.SignUp(ctx, hash, p, name(w, fmt.Sprintf("이름%d", i+2)), session(fmt.Sprintf("s%d", i))); err != nil {
					w.Error(err)
				}
			})
		}
		all.Wait()
		for _, in := range got {
			if in.User != got[0].User {
				w.Errorf("%+v and %+v", in.User, got[0].User)
			}
		}
		if n, _ := w.db.Users(ctx); n != 1 {
			w.Errorf("%d users", n)
		}
	})
}

func TestANicknameHasOneOwnerAmongAllReplicas(t *testing.T) {
	onBoth(t, func(w *world) {
		other := w.open()
		// One compare key, and one skeleton (l and I), for each pair.
		texts := []string{"Galil", "galil", "GaliI", "ga1il"}
		var won sync.Map
		var all sync.WaitGroup
		for i, text := range texts {
			p := profile(fmt.Sprint(i))
			hash := w.ticket(p)
			all.Go(func() {
				db := []*rows.DB{w.db, other}[i%2]
				_, err := db.SignUp(ctx, hash, p, name(w, text), session(fmt.Sprintf("s%d", i)))
				switch app.CodeOf(err) {
				case "":
					won.Store(text, true)
				case app.CodeNicknameTaken, app.CodeNicknameLooksLike:
				default:
					w.Error(err)
				}
			})
		}
		all.Wait()
		n := 0
		won.Range(func(any, any) bool { n++; return true })
		if users, _ := w.db.Users(ctx); n != 1 || users != 1 {
			w.Errorf("%d won, %d users", n, users)
		}
	})
}

func TestAHeldNameIsItsHoldersOnEveryReplicaForAMinute(t *testing.T) {
	onBoth(t, func(w *world) {
		other := w.open()
		n := name(w, "길동")
		w.must(w.db.Hold(ctx, n, "", "ticket-a", now))
		w.must(w.db.Hold(ctx, n, "", "ticket-a", now.Add(time.Second)))
		w.wants(app.CodeNicknameHeld, other.Hold(ctx, n, "", "ticket-b", now.Add(2*time.Second)))
		p := profile("b")
		_, err := other.SignUp(ctx, w.ticket(p), p, n, w.session())
		w.wants(app.CodeNicknameHeld, err)
		// Another check lets go of it, and so does time.
		w.must(w.db.Hold(ctx, name(w, "길순"), "", "ticket-a", now.Add(3*time.Second)))
		w.must(other.Hold(ctx, n, "", "ticket-b", now.Add(4*time.Second)))
		w.must(w.db.Hold(ctx, n, "", "ticket-a", now.Add(4*time.Second+app.NicknameHold)))
	})
}

func TestATicketSignsUpNobodyElse(t *testing.T) {
	onBoth(t, func(w *world) {
		hash := w.ticket(profile("1"))
		_, err := w.db.SignUp(ctx, hash, profile("2"), name(w, "길동"), w.session())
		w.wants(app.CodeSignUpExpired, err)
		_, err = w.db.SignUp(ctx, "nobody's", profile("1"), name(w, "길동"), w.session())
		w.wants(app.CodeSignUpExpired, err)
		late := w.session()
		late.CreatedAt = now.Add(25 * time.Hour)
		_, err = w.db.SignUp(ctx, hash, profile("1"), name(w, "길동"), late)
		w.wants(app.CodeSignUpExpired, err)
		if n, _ := w.db.Users(ctx); n != 0 {
			w.Errorf("%d users", n)
		}
	})
}

func TestSigningInNeedsAnAccountAndMakesOneSessionATicket(t *testing.T) {
	onBoth(t, func(w *world) {
		p := profile("1")
		hash := w.ticket(p)
		_, err := w.db.SignIn(ctx, hash, p, w.session())
		w.wants(app.CodeNotFound, err)
		first := w.signUp("1", "길동")
		p.Login = "renamed"
		second, err := w.db.SignIn(ctx, hash, p, w.session())
		w.must(err)
		if second.User != first.User || second.Session.ID == first.Session.ID || second.Identity.Login != "renamed" {
			w.Errorf("%+v", second)
		}
		again, err := w.db.SignIn(ctx, hash, p, w.session())
		w.must(err)
		if again.Session != second.Session {
			w.Error("one ticket, two sessions")
		}
		list, err := w.db.UserSessions(ctx, first.User.ID, "", 10, now)
		w.must(err)
		if len(list) != 2 {
			w.Errorf("%d sessions", len(list))
		}
		page, err := w.db.UserSessions(ctx, first.User.ID, list[0].Session.ID, 10, now)
		w.must(err)
		if len(page) != 1 || page[0].Session.ID != list[1].Session.ID {
			w.Errorf("the second page is %+v", page)
		}
	})
}

func TestASessionsRowIsDecidedByOneAtATime(t *testing.T) {
	onBoth(t, func(w *world) {
		in := w.signUp("1", "길동")
		other := w.open()
		var all sync.WaitGroup
		for i := range 12 {
			all.Go(func() {
				_, err := []*rows.DB{w.db, other}[i%2].UpdateSession(ctx, in.Session.ID, func(in app.SignedIn) (app.Session, bool, error) {
					s := in.Session
					s.Generation++
					s.PreviousJTI, s.CurrentJTI = s.CurrentJTI, fmt.Sprint("jti", s.Generation)
					return s, true, nil
				})
				if err != nil {
					w.Error(err)
				}
			})
		}
		all.Wait()
		got, err := w.db.Session(ctx, in.Session.ID)
		w.must(err)
		if got.Session.Generation != 13 || got.Session.PreviousJTI != "jti12" {
			w.Errorf("%+v", got.Session)
		}
	})
}

func TestAVerdictOfReuseIsWrittenAndAnswered(t *testing.T) {
	onBoth(t, func(w *world) {
		in := w.signUp("1", "길동")
		_, err := w.db.UpdateSession(ctx, in.Session.ID, func(in app.SignedIn) (app.Session, bool, error) {
			s := in.Session
			s.EndedAt, s.EndReason = now, app.EndReused
			return s, true, app.Fail(app.CodeSessionReused, nil)
		})
		w.wants(app.CodeSessionReused, err)
		got, err := w.db.Session(ctx, in.Session.ID)
		w.must(err)
		if got.Session.EndReason != app.EndReused {
			w.Errorf("%+v", got.Session)
		}
		events, err := w.db.Events(ctx, in.User.ID, 0, 10)
		w.must(err)
		if len(events) != 2 || events[0].Kind != "session_ended" || events[0].Detail != "reused" {
			w.Errorf("%+v", events)
		}
		_, err = w.db.UpdateSession(ctx, "unknown", nil)
		w.wants(app.CodeNotFound, err)
	})
}

func TestRenaming(t *testing.T) {
	onBoth(t, func(w *world) {
		in := w.signUp("1", "길동")
		u, err := w.db.Rename(ctx, in.User.ID, name(w, "새이름"), now)
		w.must(err)
		if u.Nickname != "새이름" || !u.RenamedAt.Equal(now) {
			w.Errorf("%+v", u)
		}
		_, err = w.db.Rename(ctx, in.User.ID, name(w, "새이름"), now.Add(time.Hour))
		w.must(err) // done again
		_, err = w.db.Rename(ctx, in.User.ID, name(w, "또하나"), now.Add(time.Hour))
		w.wants(app.CodeRenameTooSoon, err)
		p := profile("2")
		_, err = w.db.SignUp(ctx, w.ticket(p), p, name(w, "길동"), w.session())
		w.wants(app.CodeNicknameTaken, err) // the former name stays its owner's
		former, err := w.db.FormerNames(ctx, in.User.ID)
		w.must(err)
		if len(former) != 1 || former[0].Nickname != "길동" {
			w.Errorf("%+v", former)
		}
		_, err = w.db.Rename(ctx, "nobody", name(w, "홍당무"), now)
		w.wants(app.CodeNotFound, err)
	})
}

func TestOfTwoRenamesToOneNameOneWins(t *testing.T) {
	onBoth(t, func(w *world) {
		var users []app.SignedIn
		for i := range 4 {
			users = append(users, w.signUp(fmt.Sprint(i), fmt.Sprintf("사람%d", i+2)))
		}
		won := 0
		var mu sync.Mutex
		var all sync.WaitGroup
		for _, in := range users {
			all.Go(func() {
				_, err := w.db.Rename(ctx, in.User.ID, name(w, "으뜸"), now)
				if err == nil {
					mu.Lock()
					won++
					mu.Unlock()
				} else if c := app.CodeOf(err); c != app.CodeNicknameTaken {
					w.Error(err)
				}
			})
		}
		all.Wait()
		if won != 1 {
			w.Errorf("%d won", won)
		}
	})
}

func TestLinkingAndUnlinking(t *testing.T) {
	onBoth(t, func(w *world) {
		in := w.signUp("1", "길동")
		elsewhere, err := w.db.SignIn(ctx, w.ticket(profile("1")), profile("1"), w.session())
		w.must(err)
		naver := profile("n")
		naver.Provider, naver.Key.Issuer = "naver", "https://naver.example"
		w.wants(app.CodeIdentityLast, w.db.UnlinkIdentity(ctx, in.User.ID, in.Session.ID, "github", now))
		for range 2 {
			_, err = w.db.LinkIdentity(ctx, in.User.ID, in.Session.ID, naver, now)
			w.must(err)
		}
		if got, _ := w.db.Session(ctx, elsewhere.Session.ID); got.Session.EndReason != app.EndRevoked {
			w.Error("linking left another session alive")
		}
		other := w.signUp("2", "둘째")
		_, err = w.db.LinkIdentity(ctx, other.User.ID, other.Session.ID, naver, now)
		w.wants(app.CodeIdentityLinkedElsewhere, err)
		twin, err := w.db.LinkIdentity(ctx, in.User.ID, in.Session.ID, profile("3"), now)
		w.must(err) // a second account of one provider
		w.wants(app.CodeIdentityAmbiguous, w.db.UnlinkIdentity(ctx, in.User.ID, in.Session.ID, "github", now))
		w.must(w.db.UnlinkIdentity(ctx, in.User.ID, in.Session.ID, twin.ID, now))
		w.must(w.db.UnlinkIdentity(ctx, in.User.ID, in.Session.ID, "github", now))
		got, err := w.db.Session(ctx, in.Session.ID)
		w.must(err)
		if got.Identity.Provider != "naver" || !got.Session.EndedAt.IsZero() {
			w.Errorf("%+v", got)
		}
		w.wants(app.CodeNotFound, w.db.UnlinkIdentity(ctx, in.User.ID, in.Session.ID, "github", now))
	})
}

func TestTheLastIdentityStaysWhoeverUnlinksAtOnce(t *testing.T) {
	onBoth(t, func(w *world) {
		for round := range 5 {
			in := w.signUp(fmt.Sprint("u", round), fmt.Sprintf("사람%d", round+2))
			naver := profile(fmt.Sprint("n", round))
			naver.Provider, naver.Key.Issuer = "naver", "https://naver.example"
			_, err := w.db.LinkIdentity(ctx, in.User.ID, in.Session.ID, naver, now)
			w.must(err)
			var all sync.WaitGroup
			for _, provider := range []string{"github", "naver"} {
				all.Go(func() {
					if err := w.db.UnlinkIdentity(ctx, in.User.ID, in.Session.ID, provider, now); err != nil && app.CodeOf(err) != app.CodeIdentityLast {
						w.Error(err)
					}
				})
			}
			all.Wait()
			if left, err := w.db.Identities(ctx, in.User.ID); err != nil || len(left) != 1 {
				w.Fatalf("%d ways in are left, %v", len(left), err)
			}
		}
	})
}

func TestADeletedAccountLeavesNothingAndFreesItsName(t *testing.T) {
	onBoth(t, func(w *world) {
		p := profile("1")
		open := w.ticket(p)
		in := w.signUp("1", "길동")
		w.must(w.db.DeleteUser(ctx, in.User.ID, now))
		w.wants(app.CodeNotFound, w.db.DeleteUser(ctx, in.User.ID, now))
		_, err := w.db.Session(ctx, in.Session.ID)
		w.wants(app.CodeNotFound, err)
		_, err = w.db.Ticket(ctx, open)
		w.wants(app.CodeNotFound, err)
		if events, _ := w.db.Events(ctx, in.User.ID, 0, 10); len(events) != 0 {
			w.Errorf("%+v", events)
		}
		again := w.signUp("9", "길동")
		if again.User.ID == in.User.ID {
			w.Error("an ID came back")
		}
	})
}

func TestLV01_TheNicknamesOfADeletedAccountRestAndNoCopyTellsThem(t *testing.T) {
	onBoth(t, func(w *world) {
		w.db.RestBy(func(text string) (string, error) {
			sum := sha256.Sum256([]byte("a key of its own " + text))
			return hex.EncodeToString(sum[:]), nil
		})
		in := w.signUp("1", "둘리")
		_, err := w.db.Rename(ctx, in.User.ID, name(w, "또치"), now)
		w.must(err)
		w.must(w.db.DeleteUser(ctx, in.User.ID, now))
		for _, text := range []string{"둘리", "또치"} {
			n := name(w, text)
			w.wants(app.CodeNicknameTaken, w.db.Hold(ctx, n, "", "t", now.Add(app.NicknameRest-time.Second)))
			if free, err := w.db.NicknamesFree(ctx, []app.Nickname{n}, 3, "", "t", now); err != nil || len(free) != 0 {
				w.Errorf("%v, %v", free, err)
			}
			n.Key = "another"
			w.wants(app.CodeNicknameLooksLike, w.db.Hold(ctx, n, "", "t", now))
		}
		e := w.engine()
		w.Cleanup(func() { e.Write.Close(); e.Read.Close() })
		var told int
		w.must(e.Read.QueryRow("SELECT count(*) FROM resting_names WHERE key_tag LIKE '%둘리%' OR skeleton_tag LIKE '%또치%'").Scan(&told))
		if told != 0 {
			w.Error("a copy tells them")
		}
		w.must(w.db.Sweep(ctx, now.Add(app.NicknameRest)))
		w.must(w.db.Hold(ctx, name(w, "둘리"), "", "t", now.Add(app.NicknameRest)))
	})
}

func TestADeletionIsOnRecordUntilNoTokenSpeaksOfItAndAMissingAccountIsNone(t *testing.T) {
	onBoth(t, func(w *world) {
		in := w.signUp("1", "길동")
		is := func(want bool) {
			w.Helper()
			deleted, err := w.db.Deleted(ctx, in.User.ID)
			w.must(err)
			if deleted != want {
				w.Errorf("deleted: %v", deleted)
			}
		}
		is(false)
		w.must(w.db.DeleteUser(ctx, in.User.ID, now))
		is(true)
		w.must(w.db.Sweep(ctx, now.Add(app.AbsoluteLifetime)))
		is(true)
		w.must(w.db.Sweep(ctx, now.Add(app.AbsoluteLifetime+time.Second)))
		is(false)
		if deleted, err := w.db.Deleted(ctx, "somebody who was never here"); deleted || err != nil {
			w.Errorf("%v, %v", deleted, err)
		}
	})
}

func TestEventsComeInPagesNewestFirst(t *testing.T) {
	onBoth(t, func(w *world) {
		in := w.signUp("1", "길동")
		for range 4 {
			_, err := w.db.SignIn(ctx, w.ticket(profile("1")), profile("1"), w.session())
			w.must(err)
		}
		first, err := w.db.Events(ctx, in.User.ID, 0, 3)
		w.must(err)
		rest, err := w.db.Events(ctx, in.User.ID, first[2].ID, 3)
		w.must(err)
		if len(first) != 3 || len(rest) != 2 || rest[1].Kind != "signed_up" || first[0].ID < first[1].ID {
			w.Errorf("%+v then %+v", first, rest)
		}
	})
}

func TestSigningKeysAreChangedByOneAtATime(t *testing.T) {
	onBoth(t, func(w *world) {
		var all sync.WaitGroup
		for i := range 5 {
			db := w.open()
			all.Go(func() {
				err := db.UpdateSigningKeys(ctx, func(have []rows.SigningKey) (add, move []rows.SigningKey, drop []string, err error) {
					if len(have) == 0 {
						add = append(add, rows.SigningKey{ID: fmt.Sprint("k", i), Public: []byte{1}, Sealed: []byte{2}, CreatedAt: now, ActiveFrom: now})
					}
					return add, nil, nil, nil
				})
				if err != nil {
					w.Error(err)
				}
			})
		}
		all.Wait()
		keys, err := w.db.SigningKeys(ctx)
		w.must(err)
		if len(keys) != 1 {
			w.Errorf("%d first keys", len(keys))
		}
	})
}

func TestOnePollOfADeviceCodeIsOnesAtATime(t *testing.T) {
	onBoth(t, func(w *world) {
		w.must(w.db.SaveDeviceCode(ctx, rows.DeviceCode{ID: "d", Provider: "github", Sealed: []byte("x"), Pause: 5 * time.Second, NextPoll: now, ExpiresAt: now.Add(time.Minute)}))
		d, err := w.db.DeviceCode(ctx, "d")
		w.must(err)
		if d.Pause != 5*time.Second || !d.NextPoll.Equal(now) {
			w.Errorf("%+v", d)
		}
		mine, err := w.db.TakePoll(ctx, d, now.Add(5*time.Second), d.Pause)
		w.must(err)
		yours, err := w.db.TakePoll(ctx, d, now.Add(5*time.Second), d.Pause)
		w.must(err)
		if !mine || yours {
			w.Errorf("taken %v and %v", mine, yours)
		}
	})
}

func TestCountsAreOverAllReplicasAndByTheMinute(t *testing.T) {
	onBoth(t, func(w *world) {
		other := w.open()
		for i, db := range []*rows.DB{w.db, other, w.db} {
			n, err := db.Count(ctx, "a", now)
			w.must(err)
			if n != int64(i+1) {
				w.Errorf("%d. is %d", i+1, n)
			}
		}
		if n, _ := w.db.Count(ctx, "a", now.Add(time.Minute)); n != 1 {
			w.Errorf("the next minute begins at %d", n)
		}
	})
}

func TestWhatHasExpiredIsSweptAndNothingElse(t *testing.T) {
	onBoth(t, func(w *world) {
		in := w.signUp("1", "길동")
		hash := w.ticket(profile("2"))
		w.must(w.db.Sweep(ctx, now.Add(time.Hour)))
		_, err := w.db.Ticket(ctx, hash)
		w.must(err)
		w.must(w.db.Sweep(ctx, now.Add(25*time.Hour)))
		_, err = w.db.Ticket(ctx, hash)
		w.wants(app.CodeNotFound, err)
		_, err = w.db.Session(ctx, in.Session.ID)
		w.must(err)
		w.must(w.db.Sweep(ctx, now.Add(app.AbsoluteLifetime+31*24*time.Hour)))
		_, err = w.db.Session(ctx, in.Session.ID)
		w.wants(app.CodeNotFound, err)
	})
}

func TestNewRulesMakeTheKeysAnew(t *testing.T) {
	onBoth(t, func(w *world) {
		in := w.signUp("1", "길동")
		w.must(w.db.Rekey(ctx, nickname.Version+1, func(text string) app.Nickname {
			n := nickname.Keys(text)
			n.Key, n.Skeleton = "new "+n.Key, "new "+n.Skeleton
			return n
		}))
		n := name(w, "길동")
		w.must(w.db.Hold(ctx, n, "", "t", now)) // the old key is nobody's
		n.Key = "new " + n.Key
		w.wants(app.CodeNicknameTaken, w.db.Hold(ctx, n, "", "t", now))
		if u, _ := w.db.User(ctx, in.User.ID); u.Nickname != "길동" {
			w.Errorf("%+v", u)
		}
	})
}
