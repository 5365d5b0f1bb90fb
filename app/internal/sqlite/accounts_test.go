package sqlite_test

import (
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/sqlite"
)

func TestNK08_ANameIsTakenInEveryCaseAndWidth(t *testing.T) {
	db := open(t, options(t))
	signUp(t, db, 1, "Kim", start)
	for i, disguise := range []string{"Kim", "kim", "KIM", "Ｋｉｍ", "\u212aim"} {
		wantCode(t, db.NicknameFree(ctx, nick(disguise), "", start), app.CodeNicknameTaken)
		_, err := trySignUp(db, 10+i, disguise, start)
		wantCode(t, err, app.CodeNicknameTaken)
	}
	wantCode(t, db.NicknameFree(ctx, nick("K1m"), "", start), app.CodeNicknameLooksLike)
	_, err := trySignUp(db, 20, "K1m", start)
	wantCode(t, err, app.CodeNicknameLooksLike)
	wantCounts(t, db, 1)
	if err := db.NicknameFree(ctx, nick("Lee"), "", start); err != nil {
		t.Error("a free name:", err)
	}
}

// wantCounts checks that there are n users, each with one identity and one session.
func wantCounts(t testing.TB, db *sqlite.DB, n int) {
	t.Helper()
	users, identities, sessions := sqlite.Counts(db)
	if users != n || identities != n || sessions != n {
		t.Errorf("%d users, %d identities, %d sessions; want %d of each", users, identities, sessions, n)
	}
}

func TestNK17_OfTwoWhoClaimANameAtOnceExactlyOneGetsIt(t *testing.T) {
	opt := fastOptions(t)
	first, second := open(t, opt), open(t, opt) // two processes would be no different
	const rounds = 200
	for round := range rounds {
		name := fmt.Sprint("name", round)
		var codes [2]app.Code
		var wg sync.WaitGroup
		for i, db := range []*sqlite.DB{first, second} {
			wg.Go(func() {
				_, err := retryBusy(func() (app.SignedIn, error) { return trySignUp(db, 2*round+i, name, start) })
				codes[i] = app.CodeOf(err)
			})
		}
		wg.Wait()
		if codes != [2]app.Code{"", app.CodeNicknameTaken} && codes != [2]app.Code{app.CodeNicknameTaken, ""} {
			t.Fatalf("round %d: %q", round, codes)
		}
	}
	wantCounts(t, first, rounds)
}

// retryBusy repeats an act while another process keeps the database.
func retryBusy[T any](f func() (T, error)) (T, error) {
	for {
		v, err := f()
		if app.CodeOf(err) != app.CodeDatabaseBusy {
			return v, err
		}
	}
}

func TestNK18_AForeignUsedOrExpiredTicketSignsNobodyUp(t *testing.T) {
	db := open(t, options(t))
	p := profile("1")
	if err := db.SavePendingSignUp(ctx, pending("p1", p, start)); err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]struct {
		ticket string
		p      app.Profile
		at     time.Time
	}{
		"unknown":              {"p2", p, start},
		"of another identity":  {"p1", profile("2"), start},
		"after 24 hours":       {"p1", p, start.Add(app.PendingLifetime)},
		"empty":                {"", p, start},
		"same subject, Naver?": {"p1", app.Profile{Key: app.IdentityKey{Issuer: "https://nid.naver.com", Subject: "1"}, Provider: "naver"}, start},
	} {
		_, err := db.SignUp(ctx, try.ticket, try.p, nick("Kim"), newSession("s", try.at))
		if app.CodeOf(err) != app.CodeSignUpExpired {
			t.Errorf("%s: %v", name, err)
		}
	}
	wantCounts(t, db, 0)
	if _, err := db.SignUp(ctx, "p1", p, nick("Kim"), newSession("s", start)); err != nil {
		t.Error("the ticket's own:", err)
	}
	// The ticket is used up; its identity is known now and simply signs in.
	again, err := db.SignUp(ctx, "p1", p, nick("Other"), newSession("s2", start))
	if err != nil || again.User.Nickname != "Kim" {
		t.Errorf("used ticket: %+v, %v", again.User, err)
	}
}

func TestCC05_TwoSignUpsOfOneIdentityEndInOneUser(t *testing.T) {
	opt := fastOptions(t)
	first, second := open(t, opt), open(t, opt)
	p := profile("1")
	if err := first.SavePendingSignUp(ctx, pending("p1", p, start)); err != nil {
		t.Fatal(err)
	}
	var got [2]app.SignedIn
	var errs [2]error
	var wg sync.WaitGroup
	for i, db := range []*sqlite.DB{first, second} {
		wg.Go(func() {
			got[i], errs[i] = retryBusy(func() (app.SignedIn, error) {
				return db.SignUp(ctx, "p1", p, nick(fmt.Sprint("name", i)), newSession(fmt.Sprint("s", i), start))
			})
		})
	}
	wg.Wait()
	if errs != [2]error{} || got[0].User != got[1].User {
		t.Errorf("%+v %v\n%+v %v", got[0].User, errs[0], got[1].User, errs[1])
	}
	if users, identities, _ := sqlite.Counts(first); users != 1 || identities != 1 {
		t.Errorf("%d users, %d identities", users, identities)
	}
}

func TestCP04_ARepeatedSignUpAnswersTheSame(t *testing.T) {
	db := open(t, options(t))
	made := signUp(t, db, 1, "Kim", start)
	again, err := db.SignUp(ctx, "p1", profile("1"), nick("Kim"), newSession("s1", start))
	if err != nil || again != made {
		t.Errorf("%+v\n%+v %v", made, again, err)
	}
	wantCounts(t, db, 1)
}

func TestASignInEndsTheUsersUnclaimedSessionsAndNoOthers(t *testing.T) {
	db := open(t, options(t))
	signUp(t, db, 1, "Kim", start)
	signUp(t, db, 2, "Lee", start)
	claim := func(s app.SignedIn) (app.Session, bool, error) {
		s.Session.ClaimedAt = start
		return s.Session, true, nil
	}
	if _, err := db.UpdateSession(ctx, "s1", claim); err != nil {
		t.Fatal(err)
	}
	later := start.Add(time.Minute)
	for _, id := range []string{"a", "b"} {
		p := profile("1")
		p.Login = "renamed at GitHub"
		got, err := db.SignIn(ctx, p, newSession(id, later))
		if err != nil {
			t.Fatal(err)
		}
		read, err := db.Session(ctx, id)
		if err != nil || read != got {
			t.Errorf("%+v\n%+v %v", got, read, err)
		}
		if got.Identity.Login != p.Login || !got.Identity.ConfirmedAt.Equal(later) || !got.Identity.LinkedAt.Equal(start) {
			t.Errorf("identity %+v", got.Identity)
		}
	}
	for id, want := range map[string]app.EndReason{"s1": "", "a": app.EndReplaced, "b": "", "s2": ""} {
		s, err := db.Session(ctx, id)
		if err != nil || s.Session.EndReason != want {
			t.Errorf("session %s: %q %v, want %q", id, s.Session.EndReason, err, want)
		}
	}
	newest, err := db.UnclaimedSession(ctx, start, "this start")
	if err != nil || newest.Session.ID != "b" {
		t.Errorf("unclaimed %q %v", newest.Session.ID, err)
	}
	_, err = db.UnclaimedSession(ctx, later.Add(time.Millisecond), "this start")
	wantCode(t, err, app.CodeNotFound)
	live, err := db.UserSessions(ctx, newest.User.ID)
	if err != nil || len(live) != 2 || live[0].Session.ID != "b" || live[1].Session.ID != "s1" {
		t.Errorf("live sessions %+v %v", live, err)
	}
}

func TestAnUnknownIdentitySignsNobodyIn(t *testing.T) {
	db := open(t, options(t))
	_, err := db.SignIn(ctx, profile("1"), newSession("s", start))
	wantCode(t, err, app.CodeNotFound)
	_, err = db.UserByIdentity(ctx, profile("1").Key)
	wantCode(t, err, app.CodeNotFound)
	wantCounts(t, db, 0)
}

func TestPJ13_AL01_OneSubjectAndOneEmailAtTwoProvidersAreTwoUsers(t *testing.T) {
	db := open(t, options(t))
	github := signUp(t, db, 1, "Kim", start)
	p := profile("1")
	p.Provider, p.Key.Issuer = "naver", "https://nid.naver.com"
	if err := db.SavePendingSignUp(ctx, pending("n1", p, start)); err != nil {
		t.Fatal(err)
	}
	naver, err := db.SignUp(ctx, "n1", p, nick("Lee"), newSession("n1", start))
	if err != nil || naver.User.ID == github.User.ID {
		t.Errorf("%+v %v", naver.User, err)
	}
	who, err := db.UserByIdentity(ctx, p.Key)
	if err != nil || who != naver.User {
		t.Errorf("%+v %v", who, err)
	}
	wantCounts(t, db, 2)
}

func TestF11_AnEmptySubjectIsNeverStored(t *testing.T) {
	db := open(t, options(t))
	if err := db.SavePendingSignUp(ctx, pending("p", profile(""), start)); err == nil {
		t.Error("pending sign-up without a subject")
	}
	kim := signUp(t, db, 1, "Kim", start)
	if _, err := db.LinkIdentity(ctx, kim.User.ID, "s1", profile(""), start); err == nil {
		t.Error("identity without a subject")
	}
	wantCounts(t, db, 1)
}

func TestAPendingSignUpIsReplacedByANewerOneAndExpires(t *testing.T) {
	db := open(t, options(t))
	for _, p := range []app.PendingSignUp{
		pending("a", profile("1"), start), pending("b", profile("1"), start.Add(time.Minute)), pending("c", profile("2"), start.Add(-time.Hour)),
	} {
		if err := db.SavePendingSignUp(ctx, p); err != nil {
			t.Fatal(err)
		}
	}
	got, err := db.PendingSignUp(ctx, start)
	if want := pending("b", profile("1"), start.Add(time.Minute)); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v, want %+v", got, err, want)
	}
	// b is over; c was over before and is deleted with it.
	_, err = db.PendingSignUp(ctx, start.Add(time.Minute+app.PendingLifetime))
	wantCode(t, err, app.CodeNotFound)
	_, err = db.PendingSignUp(ctx, start)
	wantCode(t, err, app.CodeNotFound)
	if err := db.DeletePendingSignUp(ctx, "b"); err != nil {
		t.Error("forgetting twice:", err)
	}
}

func TestAUsedPendingSignUpIsNeverSeenAgain(t *testing.T) {
	opt := options(t)
	db := open(t, opt)
	kim := signUp(t, db, 1, "Kim", start)
	_, err := db.PendingSignUp(ctx, start)
	wantCode(t, err, app.CodeNotFound)
	// Not even when the account is deleted before the row was.
	kim2 := signUp(t, db, 2, "Lee", start)
	if err := db.DeleteUser(ctx, kim2.User.ID, start); err != nil {
		t.Fatal(err)
	}
	_, err = db.PendingSignUp(ctx, start)
	wantCode(t, err, app.CodeNotFound)
	if err := db.SavePendingSignUp(ctx, pending("again", profile("1"), start)); err != nil {
		t.Fatal(err)
	}
	opt.Clock.(*clock).advance(sqlite.CheckpointDelay)
	if n := sqlite.CountPendingSignUps(db); n != 0 {
		t.Errorf("%d rows after a quiet moment", n)
	}
	if err := db.SavePendingSignUp(ctx, pending("again", profile("1"), start)); err != nil {
		t.Fatal(err)
	}
	if err := db.DeleteUser(ctx, kim.User.ID, start); err != nil {
		t.Fatal(err)
	}
	_, err = db.PendingSignUp(ctx, start)
	wantCode(t, err, app.CodeNotFound)
}

func TestAFormerNameIsItsOwnersForThirtyDays(t *testing.T) {
	db := open(t, options(t))
	kim := signUp(t, db, 1, "Kim", start)
	signUp(t, db, 2, "Lee", start)
	day := start.Add(24 * time.Hour)
	renamed, err := db.Rename(ctx, kim.User.ID, nick("Park"), day)
	if err != nil || renamed.Nickname != "Park" || !renamed.RenamedAt.Equal(day) {
		t.Fatalf("%+v %v", renamed, err)
	}
	over := day.Add(app.RenameInterval)
	just := over.Add(-time.Millisecond)
	wantCode(t, db.NicknameFree(ctx, nick("kim"), "", just), app.CodeNicknameTaken)
	wantCode(t, db.NicknameFree(ctx, nick("k1m"), "", just), app.CodeNicknameLooksLike)
	if err := db.NicknameFree(ctx, nick("Kim"), kim.User.ID, just); err != nil {
		t.Error("its owner:", err)
	}
	if err := db.NicknameFree(ctx, nick("Kim"), "", over); err != nil {
		t.Error("after 30 days:", err)
	}
	_, err = trySignUp(db, 3, "Kim", day)
	wantCode(t, err, app.CodeNicknameTaken)

	_, err = db.Rename(ctx, kim.User.ID, nick("Kim"), just)
	wantCode(t, err, app.CodeRenameTooSoon)
	if got, want := app.ParamsOf(err)["date"], over.Format(time.RFC3339); got != want {
		t.Errorf("date %q, want %q", got, want)
	}
	back, err := db.Rename(ctx, kim.User.ID, nick("Kim"), over)
	if err != nil || back.Nickname != "Kim" {
		t.Fatalf("back: %+v %v", back, err)
	}
	wantCode(t, db.NicknameFree(ctx, nick("Park"), "", over), app.CodeNicknameTaken)
	s, err := db.Session(ctx, "s1")
	if err != nil || s.User != back {
		t.Errorf("the session follows: %+v %v", s.User, err)
	}
	former, err := db.FormerNames(ctx, kim.User.ID)
	if want := (app.FormerName{Nickname: "Park", Until: over.Add(app.RenameInterval)}); err != nil || len(former) != 1 || former[0] != want {
		t.Errorf("former names: %+v %v, want %+v", former, err, want)
	}
}

func TestARenameIgnoresOnesOwnNameAndMayBeRepeated(t *testing.T) {
	db := open(t, options(t))
	kim := signUp(t, db, 1, "Kim", start)
	signUp(t, db, 2, "Lee", start)
	_, err := db.Rename(ctx, kim.User.ID, nick("lee"), start)
	wantCode(t, err, app.CodeNicknameTaken)
	_, err = db.Rename(ctx, "nobody", nick("Choi"), start)
	wantCode(t, err, app.CodeNotFound)
	first, err := db.Rename(ctx, kim.User.ID, nick("KIM"), start)
	if err != nil || first.Nickname != "KIM" {
		t.Fatalf("%+v %v", first, err)
	}
	again, err := db.Rename(ctx, kim.User.ID, nick("KIM"), start.Add(time.Hour))
	if err != nil || again != first {
		t.Errorf("%+v %v, want %+v", again, err, first)
	}
}

func TestNicknamesFreeAgreesWithNicknameFree(t *testing.T) {
	db := open(t, options(t))
	kim := signUp(t, db, 1, "Kim", start)
	signUp(t, db, 2, "Lee", start)
	if _, err := db.Rename(ctx, kim.User.ID, nick("Park"), start); err != nil {
		t.Fatal(err)
	}
	var names []app.Nickname
	for _, text := range []string{"길동이", "kim", "Lee", "k1m", `"],["`, "Choi", "park", "PARK1", "길동2"} {
		names = append(names, nick(text))
	}
	for _, user := range []string{"", kim.User.ID} {
		var want []app.Nickname
		for _, n := range names {
			if db.NicknameFree(ctx, n, user, start) == nil {
				want = append(want, n)
			}
		}
		got, err := db.NicknamesFree(ctx, names, user, start)
		if err != nil || !reflect.DeepEqual(got, want) || len(want) < 4 {
			t.Errorf("user %q: %v %v, want %v", user, got, err, want)
		}
	}
	if got, err := db.NicknamesFree(ctx, nil, "", start); err != nil || len(got) != 0 {
		t.Errorf("none: %v %v", got, err)
	}
}

func TestAL03_AnIdentityOfSomebodyElseIsNotLinked(t *testing.T) {
	db := open(t, options(t))
	kim, lee := signUp(t, db, 1, "Kim", start), signUp(t, db, 2, "Lee", start)
	p := profile("2")
	_, err := db.LinkIdentity(ctx, kim.User.ID, "s1", p, start)
	wantCode(t, err, app.CodeIdentityLinkedElsewhere)
	if app.ParamsOf(err)["provider"] != "github" {
		t.Errorf("params %v", app.ParamsOf(err))
	}
	_, err = db.LinkIdentity(ctx, kim.User.ID, "s1", profile("3"), start)
	wantCode(t, err, app.CodeConflict) // one account a provider
	for _, who := range []app.SignedIn{kim, lee} {
		s, err := db.Session(ctx, who.Session.ID)
		if err != nil || s != who {
			t.Errorf("changed: %+v %v", s, err)
		}
	}
}

func TestAL05_LinkAndUnlinkEndOtherSessionsAndTheLastIdentityStays(t *testing.T) {
	db := open(t, options(t))
	kim := signUp(t, db, 1, "Kim", start)
	wantCode(t, db.UnlinkIdentity(ctx, kim.User.ID, "s1", kim.Identity.ID, start), app.CodeIdentityLast)
	wantCode(t, db.UnlinkIdentity(ctx, kim.User.ID, "s1", "another", start), app.CodeNotFound)

	naver := app.Profile{Key: app.IdentityKey{Issuer: "https://nid.naver.com", Subject: "x"}, Provider: "naver"}
	if _, err := db.SignIn(ctx, profile("1"), newSession("other", start)); err != nil {
		t.Fatal(err)
	}
	if _, err := db.SignIn(ctx, profile("1"), newSession("keep", start)); err != nil {
		t.Fatal(err)
	}
	if _, err := db.UpdateSession(ctx, "keep", func(s app.SignedIn) (app.Session, bool, error) {
		s.Session.ClaimedAt = start
		return s.Session, true, nil
	}); err != nil {
		t.Fatal(err)
	}
	linked, err := db.LinkIdentity(ctx, kim.User.ID, "keep", naver, start.Add(time.Second))
	if err != nil || linked.UserID != kim.User.ID || linked.Key != naver.Key {
		t.Fatalf("%+v %v", linked, err)
	}
	live, err := db.UserSessions(ctx, kim.User.ID)
	if err != nil || len(live) != 1 || live[0].Session.ID != "keep" {
		t.Errorf("after link: %+v %v", live, err)
	}
	confirmed, err := db.Confirm(ctx, "keep", naver, start.Add(time.Hour))
	if err != nil || confirmed.Identity.Provider != "naver" || !confirmed.Identity.ConfirmedAt.Equal(confirmed.Session.ConfirmedAt) ||
		!confirmed.Session.ConfirmedAt.Equal(start.Add(time.Hour)) || !confirmed.Session.ClaimedAt.Equal(start) {
		t.Errorf("confirmed: %+v %v", confirmed, err)
	}
	if again, err := db.Session(ctx, "keep"); err != nil || again != confirmed {
		t.Errorf("read again: %+v %v", again, err)
	}
	if _, err := db.SignIn(ctx, naver, newSession("by naver", start.Add(time.Second))); err != nil {
		t.Fatal(err)
	}
	_, err = db.Confirm(ctx, "s1", naver, start) // ended by the link
	wantCode(t, err, app.CodeNotFound)
	if err := db.UnlinkIdentity(ctx, kim.User.ID, "by naver", kim.Identity.ID, start.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	left, err := db.Identities(ctx, kim.User.ID)
	if err != nil || len(left) != 1 || left[0].Provider != "naver" {
		t.Errorf("identities %+v %v", left, err)
	}
	live, err = db.UserSessions(ctx, kim.User.ID)
	if err != nil || len(live) != 1 || live[0].Session.ID != "by naver" {
		t.Errorf("after unlink: %+v %v", live, err)
	}
	_, err = db.UserByIdentity(ctx, profile("1").Key)
	wantCode(t, err, app.CodeNotFound)

	var kinds []string
	events, err := db.Events(ctx, kim.User.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		kinds = append(kinds, e.Kind+" "+e.Detail)
	}
	want := []string{
		"identity_unlinked github", "session_ended revoked", "signed_in naver", "identity_linked naver",
		"signed_in github", "session_ended replaced", "signed_in github", "session_ended replaced", "signed_up github",
	}
	if !reflect.DeepEqual(kinds, want) {
		t.Errorf("timeline\n%q\nwant\n%q", kinds, want)
	}
}

func TestADeletedAccountLeavesNothingAndFreesItsName(t *testing.T) {
	db := open(t, options(t))
	kim := signUp(t, db, 1, "Kim", start)
	lee := signUp(t, db, 2, "Lee", start)
	if _, err := db.Rename(ctx, kim.User.ID, nick("Park"), start); err != nil {
		t.Fatal(err)
	}
	if err := db.DeleteUser(ctx, kim.User.ID, start); err != nil {
		t.Fatal(err)
	}
	wantCode(t, db.DeleteUser(ctx, kim.User.ID, start), app.CodeNotFound)
	_, err := db.Session(ctx, "s1")
	wantCode(t, err, app.CodeNotFound)
	for _, name := range []string{"Kim", "Park"} {
		if err := db.NicknameFree(ctx, nick(name), "", start); err != nil {
			t.Error(name, err)
		}
	}
	if events, err := db.Events(ctx, kim.User.ID); err != nil || len(events) != 0 {
		t.Errorf("events %v %v", events, err)
	}
	if s, err := db.Session(ctx, "s2"); err != nil || s != lee {
		t.Errorf("somebody else: %+v %v", s, err)
	}
	wantCounts(t, db, 1)
}

func TestSettingsAndKeyRecordsAreKept(t *testing.T) {
	db := open(t, options(t))
	_, err := db.Setting(ctx, "theme")
	wantCode(t, err, app.CodeNotFound)
	for _, theme := range []string{"dark", "light"} {
		if err := db.SetSetting(ctx, "theme", theme); err != nil {
			t.Fatal(err)
		}
		if got, err := db.Setting(ctx, "theme"); err != nil || got != theme {
			t.Errorf("%q %v", got, err)
		}
	}
	a := app.KeyRecord{ID: "a", Store: "file", Fingerprint: [32]byte{1, 2, 31: 3}, CreatedAt: start}
	b := app.KeyRecord{ID: "b", Store: "keyring", Fingerprint: [32]byte{9}, CreatedAt: start.Add(time.Hour)}
	for _, r := range []app.KeyRecord{a, b} {
		if err := db.InsertKeyRecord(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, db.InsertKeyRecord(ctx, a), app.CodeConflict)
	if got, err := db.KeyRecords(ctx); err != nil || !reflect.DeepEqual(got, []app.KeyRecord{b, a}) {
		t.Errorf("%+v %v", got, err)
	}
	for range 2 {
		if err := db.DeleteKeyRecord(ctx, "a"); err != nil {
			t.Error(err)
		}
	}
	if got, err := db.KeyRecords(ctx); err != nil || !reflect.DeepEqual(got, []app.KeyRecord{b}) {
		t.Errorf("%+v %v", got, err)
	}
}
