package sqlite_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/sqlite"
)

// rowsOf are all rows of the tables that hold people, as text, but what is only added
// to: of the timeline those that were there when there were no more than events.
func rowsOf(t testing.TB, path string, events map[string]int64) []string {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var all []string
	for _, query := range []string{
		"SELECT 'users', * FROM users ORDER BY id",
		"SELECT 'identities', * FROM identities ORDER BY id",
		"SELECT 'former_names', * FROM former_names ORDER BY id",
		"SELECT 'sessions', id, user_id, identity_id FROM sessions ORDER BY id",
		"SELECT 'merges', * FROM merges ORDER BY from_id",
		"SELECT 'merged_identities', * FROM merged_identities ORDER BY 2, 3, 4",
		"SELECT 'merged_sessions', * FROM merged_sessions ORDER BY 2, 3",
		"SELECT 'merged_names', * FROM merged_names ORDER BY 2, 3, 4",
		"SELECT 'recovery_codes', * FROM recovery_codes ORDER BY selector",
		"SELECT 'recovery_declined', * FROM recovery_declined ORDER BY user_id",
		"SELECT 'merged_codes', * FROM merged_codes ORDER BY 2, 3",
		"SELECT 'events', * FROM events ORDER BY user_id, id",
	} {
		rows, err := db.Query(query)
		if err != nil {
			t.Fatal(query, err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values, targets := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				targets[i] = &values[i]
			}
			if err := rows.Scan(targets...); err != nil {
				t.Fatal(err)
			}
			if values[0] == "events" && events != nil && values[2].(int64) > events[fmt.Sprint(values[1])] {
				continue
			}
			for i, v := range values {
				if text, ok := v.(string); ok {
					values[i] = strconv.Quote(text)
				}
			}
			all = append(all, fmt.Sprint(values))
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// lastEvents are the newest event's ID of everybody.
func lastEvents(t testing.TB, path string) map[string]int64 {
	t.Helper()
	last := map[string]int64{}
	db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT user_id, max(id) FROM events GROUP BY user_id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var user string
		var id int64
		if err := rows.Scan(&user, &id); err != nil {
			t.Fatal(err)
		}
		last[user] = id
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return last
}

func differences(before, after []string) string {
	var out []string
	for _, r := range before {
		if !slices.Contains(after, r) {
			out = append(out, "- "+r)
		}
	}
	for _, r := range after {
		if !slices.Contains(before, r) {
			out = append(out, "+ "+r)
		}
	}
	return strings.Join(out, "\n")
}

func naverOf(subject string) app.Profile {
	return app.Profile{Key: app.IdentityKey{Issuer: "https://nid.naver.com", Subject: subject}, Provider: "naver", Login: "n" + subject}
}

func userOf(t testing.TB, db *sqlite.DB, subject string) app.User {
	t.Helper()
	u, err := db.UserByIdentity(ctx, profile(subject).Key)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// two are Kim with session s1 and 둘리 with s2, who has two ways in, a former name,
// and another session; both have recovery codes.
func two(t testing.TB, db *sqlite.DB) (kim, dooly app.User) {
	t.Helper()
	kim = signUp(t, db, 1, "Kim", start.Add(-40*24*time.Hour)).User
	in := signUp(t, db, 2, "고길동", start.Add(-39*24*time.Hour))
	for _, id := range []string{"s1", "s2"} {
		_, err := db.UpdateSession(ctx, id, func(s app.SignedIn) (app.Session, bool, error) {
			s.Session.ClaimedAt, s.Session.SeenAt = s.Session.CreatedAt, s.Session.CreatedAt.Add(time.Hour)
			return s.Session, true, nil
		})
		must(t, err)
	}
	u, err := db.Rename(ctx, in.User.ID, nick("둘리"), start.Add(-5*24*time.Hour))
	must(t, err)
	if _, err := db.LinkIdentity(ctx, u.ID, "s2", naverOf("2"), start.Add(-4*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := db.SignIn(ctx, naverOf("2"), claimed("s2 naver", start.Add(-3*24*time.Hour))); err != nil {
		t.Fatal(err)
	}
	must(t, db.MakeRecoveryCodes(ctx, kim.ID, sheet(1, kim.ID, start.Add(-3*24*time.Hour)), start.Add(-3*24*time.Hour)))
	must(t, db.MakeRecoveryCodes(ctx, u.ID, sheet(2, u.ID, start.Add(-2*24*time.Hour)), start.Add(-2*24*time.Hour)))
	return kim, u
}

// claimed is a session that the next sign-in does not end.
func claimed(id string, at time.Time) app.Session {
	s := newSession(id, at)
	s.ClaimedAt, s.Generation, s.SeenAt, s.RotatedAt = at, 2, at, at
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func request(into, from app.User, nickname string, at time.Time) app.MergeRequest {
	return app.MergeRequest{From: from, Into: into, Word: profile("2"), SessionID: "s1", Nickname: nickname, At: at}
}

func TestMG01_AMergeMovesAllOfOneAccountToTheOtherAndUndoPutsEveryRowBack(t *testing.T) {
	for _, choice := range []string{"Kim", "둘리"} {
		t.Run(choice, func(t *testing.T) {
			opt := options(t)
			db := open(t, opt)
			kim, dooly := two(t, db)
			last, before := lastEvents(t, opt.Path), rowsOf(t, opt.Path, nil)

			in, err := db.Merge(ctx, request(kim, dooly, choice, start))
			must(t, err)
			if in.User.ID != kim.ID || in.User.Nickname != choice || in.Session.ID != "s1" || !in.Session.EndedAt.IsZero() {
				t.Errorf("%+v", in)
			}
			for _, p := range []app.Profile{profile("1"), profile("2"), naverOf("2")} {
				if u, err := db.UserByIdentity(ctx, p.Key); err != nil || u.ID != kim.ID {
					t.Errorf("%s of %+v, %v", p.Login, u, err)
				}
			}
			for _, id := range []string{"s2", "s2 naver"} {
				s, err := db.Session(ctx, id)
				if err != nil || s.Session.EndReason != app.EndMerged || s.User.ID != kim.ID {
					t.Errorf("%s: %+v %v", id, s.Session, err)
				}
			}
			if n, m := left(t, db, kim.ID), guess(t, db, "2-0").Code; n != 10 || m.Verifier != "" {
				t.Errorf("%d codes of the one that went on, and the other's open something: %+v", n, m)
			}
			if s, err := db.Session(ctx, "s2 naver"); err != nil || s.Identity.Provider != "naver" {
				t.Errorf("a session changed hands: %+v %v", s.Identity, err)
			}
			events, err := db.Events(ctx, kim.ID)
			must(t, err)
			if got := kindsOf(events); got != "merged session_ended session_ended recovery_codes_made signed_in recovery_codes_made identity_linked renamed signed_up signed_up" {
				t.Errorf("timeline: %s", got)
			}
			all, err := db.Merges(ctx, kim.ID, start)
			if err != nil || len(all) != 1 || all[0].From.User.ID != dooly.ID || !all[0].Until.Equal(start.Add(app.MergeLifetime)) || all[0].Provider != "github" {
				t.Errorf("%+v %v", all, err)
			}

			m, err := db.MayUnmerge(ctx, kim.ID, "s1", dooly.ID, start.Add(time.Hour))
			must(t, err)
			in, err = db.Unmerge(ctx, kim.ID, "s1", dooly.ID, start.Add(time.Hour))
			must(t, err)
			if in.User != kim || m.From.User != dooly {
				t.Errorf("%+v %+v", in.User, m)
			}
			if d := differences(before, rowsOf(t, opt.Path, last)); d != "" {
				t.Errorf("not as before:\n%s", d)
			}
			for user, want := range map[string]string{
				kim.ID:   "merge_undone merged recovery_codes_made signed_up",
				dooly.ID: "merge_undone merged session_ended session_ended recovery_codes_made signed_in identity_linked renamed signed_up",
			} {
				events, err := db.Events(ctx, user)
				if got := kindsOf(events); err != nil || got != want {
					t.Errorf("timeline: %s %v", got, err)
				}
			}
			live, err := db.UserSessions(ctx, dooly.ID)
			if err != nil || len(live) != 0 {
				t.Errorf("revived: %+v %v", live, err)
			}
		})
	}
}

func kindsOf(events []app.Event) string {
	var all []string
	for _, e := range events {
		all = append(all, e.Kind)
	}
	return strings.Join(all, " ")
}

func TestMG02_TheOtherNicknameStaysTheirsForThirtyDaysAndNoLonger(t *testing.T) {
	for choice, other := range map[string]string{"Kim": "둘리", "둘리": "Kim"} {
		db := open(t, options(t))
		kim, dooly := two(t, db)
		_, err := db.Merge(ctx, request(kim, dooly, choice, start))
		must(t, err)
		for _, name := range []string{choice, other} {
			at := start.Add(app.MergeLifetime - time.Millisecond)
			wantCode(t, db.NicknameFree(ctx, nick(name), "", at), app.CodeNicknameTaken)
			_, err := trySignUp(db, 20, name, at)
			wantCode(t, err, app.CodeNicknameTaken)
		}
		must(t, db.NicknameFree(ctx, nick(other), "", start.Add(app.MergeLifetime)))
		must(t, db.NicknameFree(ctx, nick(other), kim.ID, start)) // theirs
	}
}

func TestMG03_WhatChangedSinceItWasAskedIsNotMergedAndNothingChanges(t *testing.T) {
	for what, c := range map[string]struct {
		meanwhile func(t *testing.T, db *sqlite.DB, kim, dooly app.User)
		request   func(*app.MergeRequest)
		want      app.Code
	}{
		"the other was renamed": {func(t *testing.T, db *sqlite.DB, _, dooly app.User) {
			_, err := db.Rename(ctx, dooly.ID, nick("또치"), start.Add(30*24*time.Hour))
			must(t, err)
		}, nil, app.CodeMergeChanged},
		"they were renamed": {func(t *testing.T, db *sqlite.DB, kim, _ app.User) {
			_, err := db.Rename(ctx, kim.ID, nick("또치"), start)
			must(t, err)
		}, nil, app.CodeMergeChanged},
		"the other was deleted": {func(t *testing.T, db *sqlite.DB, _, dooly app.User) {
			must(t, db.DeleteUser(ctx, dooly.ID, start))
		}, nil, app.CodeMergeChanged},
		"the identity moved": {func(t *testing.T, db *sqlite.DB, _, dooly app.User) {
			must(t, db.UnlinkIdentity(ctx, dooly.ID, "s2", identityOf(t, db, dooly.ID, "github").ID, start))
			p := pending("moved", profile("2"), start)
			must(t, db.SavePendingSignUp(ctx, p))
			_, err := db.SignUp(ctx, p.ID, profile("2"), nick("또치"), newSession("moved", start))
			must(t, err)
		}, nil, app.CodeMergeChanged},
		"the other was merged elsewhere": {func(t *testing.T, db *sqlite.DB, _, dooly app.User) {
			third := signUp(t, db, 3, "또치", start)
			r := request(third.User, dooly, "또치", start)
			r.SessionID = "s3"
			_, err := db.Merge(ctx, r)
			must(t, err)
		}, nil, app.CodeMergeChanged},
		"the session ended": {func(t *testing.T, db *sqlite.DB, kim, _ app.User) {
			_, err := db.EndSessions(ctx, app.SessionSelection{ID: "s1"}, app.EndSignedOut, start)
			must(t, err)
		}, nil, app.CodeSessionRevoked},
		"a session of another": {nil, func(r *app.MergeRequest) { r.SessionID = "s2" }, app.CodeSessionRevoked},
		"no session":           {nil, func(r *app.MergeRequest) { r.SessionID = "" }, app.CodeSessionRevoked},
		"a third nickname":     {nil, func(r *app.MergeRequest) { r.Nickname = "또치" }, app.CodeConflict},
		"another word":         {nil, func(r *app.MergeRequest) { r.Word = profile("1") }, app.CodeMergeChanged},
		"with itself":          {nil, func(r *app.MergeRequest) { r.From, r.Word = r.Into, profile("1") }, app.CodeConflict},
	} {
		t.Run(what, func(t *testing.T) {
			opt := options(t)
			db := open(t, opt)
			kim, dooly := two(t, db)
			r := request(kim, dooly, "Kim", start)
			if c.meanwhile != nil {
				c.meanwhile(t, db, kim, dooly)
			}
			if c.request != nil {
				c.request(&r)
			}
			before := rowsOf(t, opt.Path, nil)
			_, err := db.Merge(ctx, r)
			wantCode(t, err, c.want)
			if d := differences(before, rowsOf(t, opt.Path, nil)); d != "" {
				t.Error(d)
			}
		})
	}
}

func identityOf(t testing.TB, db *sqlite.DB, userID, provider string) app.Identity {
	t.Helper()
	all, err := db.Identities(ctx, userID)
	must(t, err)
	for _, i := range all {
		if i.Provider == provider {
			return i
		}
	}
	t.Fatalf("%s has no %s", userID, provider)
	return app.Identity{}
}

func TestMG04_WhatCameAfterAMergeStaysWithWhoWentOn(t *testing.T) {
	opt := options(t)
	db := open(t, opt)
	kim, dooly := two(t, db)
	_, err := db.Merge(ctx, request(kim, dooly, "Kim", start))
	must(t, err)
	later := start.Add(24 * time.Hour)
	// One of the absorbed is unlinked, a new one linked, a third nickname taken.
	must(t, db.UnlinkIdentity(ctx, kim.ID, "s1", identityOf(t, db, kim.ID, "naver").ID, later))
	oidc := app.Profile{Key: app.IdentityKey{Issuer: "https://id.example", Subject: "9"}, Provider: "oidc"}
	_, err = db.LinkIdentity(ctx, kim.ID, "s1", oidc, later)
	must(t, err)
	_, err = db.Rename(ctx, kim.ID, nick("또치"), later)
	must(t, err)
	_, err = db.SignIn(ctx, profile("2"), claimed("by github 2", later)) // into the one account
	must(t, err)
	_, err = db.Confirm(ctx, "s1", profile("2"), later)
	must(t, err)

	in, err := db.Unmerge(ctx, kim.ID, "s1", dooly.ID, later.Add(time.Hour))
	must(t, err)
	if in.User.Nickname != "또치" || !in.User.RenamedAt.Equal(later) || in.Identity.Key == profile("2").Key {
		t.Errorf("%+v", in)
	}
	if got := userOf(t, db, "2"); got != dooly {
		t.Errorf("%+v, was %+v", got, dooly)
	}
	ids, err := db.Identities(ctx, kim.ID)
	if err != nil || len(ids) != 2 || ids[1].Provider != "oidc" {
		t.Errorf("%+v %v", ids, err)
	}
	if ids, err := db.Identities(ctx, dooly.ID); err != nil || len(ids) != 1 {
		t.Errorf("%+v %v", ids, err)
	}
	if s, err := db.Session(ctx, "by github 2"); err != nil || s.User.ID != kim.ID || s.Session.EndedAt.IsZero() {
		t.Errorf("who came by the identity that went is still signed in: %+v %v", s.Session, err)
	}
	// What was theirs is still: their old name, and nobody's own name is held.
	wantCode(t, db.NicknameFree(ctx, nick("Kim"), "", later), app.CodeNicknameTaken)
	if _, err := db.Rename(ctx, dooly.ID, nick("둘리2"), start.Add(40*24*time.Hour)); err != nil {
		t.Error(err)
	}
}

func TestMG04_AnIdentityThatWasLinkedAnewGoesBackToo(t *testing.T) {
	db := open(t, options(t))
	kim := signUp(t, db, 1, "Kim", start).User
	dooly := signUp(t, db, 2, "둘리", start).User
	_, err := db.Merge(ctx, request(kim, dooly, "Kim", start))
	must(t, err)
	id := func() string {
		ids, err := db.Identities(ctx, kim.ID)
		must(t, err)
		for _, i := range ids {
			if i.Key == profile("2").Key {
				return i.ID
			}
		}
		t.Fatal("gone")
		return ""
	}
	must(t, db.UnlinkIdentity(ctx, kim.ID, "s1", id(), start))
	_, err = db.Unmerge(ctx, kim.ID, "s1", dooly.ID, start)
	wantCode(t, err, app.CodeMergeNoWayIn)
	// A second of one provider is linked by nothing but a merge: free the place.
	naver := naverOf("1")
	_, err = db.LinkIdentity(ctx, kim.ID, "s1", naver, start)
	must(t, err)
	must(t, db.UnlinkIdentity(ctx, kim.ID, "s1", identityOf(t, db, kim.ID, "github").ID, start))
	_, err = db.LinkIdentity(ctx, kim.ID, "s1", profile("2"), start)
	must(t, err)
	_, err = db.Unmerge(ctx, kim.ID, "s1", dooly.ID, start)
	must(t, err)
	if got := userOf(t, db, "2"); got.ID != dooly.ID {
		t.Errorf("%+v", got)
	}
}

func TestMG05_AnUndoTooLateForeignOrOutOfOrderChangesNothing(t *testing.T) {
	opt := options(t)
	db := open(t, opt)
	kim, dooly := two(t, db)
	third := signUp(t, db, 3, "또치", start).User
	_, err := db.Merge(ctx, request(kim, dooly, "둘리", start))
	must(t, err)
	in, err := db.Session(ctx, "s1")
	must(t, err)
	r := request(in.User, third, "또치", start.Add(time.Hour))
	r.Word = profile("3")
	_, err = db.Merge(ctx, r)
	must(t, err)
	fourth := signUp(t, db, 4, "마이콜", start).User
	before := rowsOf(t, opt.Path, nil)
	lapsed := start.Add(app.MergeLifetime)
	for what, c := range map[string]struct {
		user, session, from string
		at                  time.Time
		want                app.Code
	}{
		"the earlier one first": {kim.ID, "s1", dooly.ID, start.Add(time.Hour), app.CodeMergeOrder},
		"too late":              {kim.ID, "s1", dooly.ID, lapsed, app.CodeMergeLapsed},
		"somebody else's":       {fourth.ID, "s4", third.ID, start.Add(time.Hour), app.CodeNotFound},
		"none":                  {kim.ID, "s1", "nobody", start, app.CodeNotFound},
		"another's session":     {kim.ID, "s4", third.ID, start.Add(time.Hour), app.CodeSessionRevoked},
		"an ended session":      {kim.ID, "s2", third.ID, start.Add(time.Hour), app.CodeSessionRevoked},
	} {
		_, err := db.Unmerge(ctx, c.user, c.session, c.from, c.at)
		if app.CodeOf(err) != c.want {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := db.MayUnmerge(ctx, c.user, c.session, c.from, c.at); app.CodeOf(err) != c.want {
			t.Errorf("asked, %s: %v", what, err)
		}
	}
	if d := differences(before, rowsOf(t, opt.Path, nil)); d != "" {
		t.Error(d)
	}
	// The last first, and then the other.
	for _, id := range []string{third.ID, dooly.ID} {
		_, err := db.Unmerge(ctx, kim.ID, "s1", id, start.Add(2*time.Hour))
		must(t, err)
	}
	if k, d, th := userOf(t, db, "1"), userOf(t, db, "2"), userOf(t, db, "3"); k != kim || d != dooly || th != third {
		t.Errorf("%+v %+v %+v", k, d, th)
	}
}

// Who absorbed somebody is absorbed in turn: undone in turn, everybody is back.
func TestMG05_AChainIsUndoneFromItsEnd(t *testing.T) {
	opt := options(t)
	db := open(t, opt)
	kim, dooly := two(t, db)
	third := signUp(t, db, 3, "또치", start).User
	last, before := lastEvents(t, opt.Path), rowsOf(t, opt.Path, nil)
	r := app.MergeRequest{From: third, Into: dooly, Word: profile("3"), SessionID: "s2", Nickname: "또치", At: start}
	in, err := db.Merge(ctx, r)
	must(t, err)
	_, err = db.Merge(ctx, request(kim, in.User, "Kim", start.Add(time.Hour)))
	must(t, err)
	for _, p := range []string{"1", "2", "3"} {
		if u := userOf(t, db, p); u.ID != kim.ID {
			t.Errorf("%s is %+v", p, u)
		}
	}
	_, err = db.Unmerge(ctx, kim.ID, "s1", third.ID, start.Add(2*time.Hour))
	wantCode(t, err, app.CodeNotFound) // it is dooly's to undo
	_, err = db.Unmerge(ctx, kim.ID, "s1", dooly.ID, start.Add(2*time.Hour))
	must(t, err)
	_, err = db.SignIn(ctx, naverOf("2"), claimed("again", start.Add(3*time.Hour)))
	must(t, err)
	_, err = db.Unmerge(ctx, dooly.ID, "again", third.ID, start.Add(3*time.Hour))
	must(t, err)
	after := slices.DeleteFunc(rowsOf(t, opt.Path, last), func(r string) bool {
		return strings.HasPrefix(r, `["sessions" "again"`)
	})
	after = slices.DeleteFunc(after, func(r string) bool { return strings.Contains(r, `"n2"`) }) // confirmed since
	before = slices.DeleteFunc(before, func(r string) bool { return strings.Contains(r, `"n2"`) })
	if d := differences(before, after); d != "" {
		t.Errorf("not as before:\n%s", d)
	}
}

// Whoever went on may take any name of theirs meanwhile, but not for good: those of whom
// the absorbed one had absorbed, and what these were called before, go back as well.
func TestMG05_ANameFromInsideAChainGoesBackWithIt(t *testing.T) {
	for kept, took := range map[string]string{"둘리": "또치", "또치": "둘리"} {
		t.Run(took, func(t *testing.T) {
			opt := options(t)
			db := open(t, opt)
			kim, dooly := two(t, db)
			third := signUp(t, db, 3, "또치", start).User
			in, err := db.Merge(ctx, app.MergeRequest{From: third, Into: dooly, Word: profile("3"), SessionID: "s2", Nickname: kept, At: start})
			must(t, err)
			_, err = db.Merge(ctx, request(kim, in.User, "Kim", start.Add(time.Hour)))
			must(t, err)
			_, err = db.Rename(ctx, kim.ID, nick(took), start.Add(2*time.Hour))
			must(t, err)
			_, err = db.Unmerge(ctx, kim.ID, "s1", dooly.ID, start.Add(3*time.Hour))
			must(t, err)
			_, err = db.SignIn(ctx, naverOf("2"), claimed("again", start.Add(4*time.Hour)))
			must(t, err)
			_, err = db.Unmerge(ctx, dooly.ID, "again", third.ID, start.Add(4*time.Hour))
			must(t, err)
			for p, want := range map[string]string{"1": "Kim", "2": "둘리", "3": "또치"} {
				if u := userOf(t, db, p); u.Nickname != want {
					t.Errorf("%s is called %s", want, u.Nickname)
				}
			}
		})
	}
}

func TestMG06_AfterThirtyDaysTheAbsorbedHalfIsForgottenAndTheUndoSaysSo(t *testing.T) {
	opt := options(t)
	db := open(t, opt)
	kim, dooly := two(t, db)
	_, err := db.Merge(ctx, request(kim, dooly, "Kim", start))
	must(t, err)
	until := start.Add(app.MergeLifetime)
	if ids, err := db.LapsedMerges(ctx, until.Add(-time.Millisecond)); err != nil || len(ids) != 0 {
		t.Errorf("%q %v", ids, err)
	}
	ids, err := db.LapsedMerges(ctx, until)
	if err != nil || !slices.Equal(ids, []string{dooly.ID}) {
		t.Fatalf("%q %v", ids, err)
	}
	if all, err := db.Merges(ctx, kim.ID, until); err != nil || len(all) != 0 {
		t.Errorf("listed: %+v %v", all, err)
	}
	for range 2 {
		must(t, db.LapseMerge(ctx, dooly.ID, until))
	}
	for _, r := range rowsOf(t, opt.Path, nil) {
		if strings.HasPrefix(r, `["merge`) {
			t.Errorf("kept: %s", r)
		}
	}
	_, err = db.Unmerge(ctx, kim.ID, "s1", dooly.ID, until)
	wantCode(t, err, app.CodeMergeLapsed)
	if ids, err := db.Absorbed(ctx, kim.ID); err != nil || !slices.Equal(ids, []string{dooly.ID}) {
		t.Errorf("%q %v", ids, err)
	}
}

// The stored half is in no backup either, whichever way it is in there.
func TestDL01_MG07_WhoDeletesTheirAccountTakesWhomTheyAbsorbedWithThem(t *testing.T) {
	for what, lapse := range map[string]bool{"while it can be undone": false, "for good": true} {
		t.Run(what, func(t *testing.T) {
			opt := options(t)
			clock := opt.Clock.(*clock)
			db := open(t, opt)
			kim, dooly := two(t, db)
			signUp(t, db, 3, "또치", start)
			backup := func() {
				t.Helper()
				clock.advance(time.Second)
				_, err := db.Backup(ctx)
				must(t, err)
			}
			backup() // two accounts
			_, err := db.Merge(ctx, request(kim, dooly, "Kim", start))
			must(t, err)
			backup() // one, that can be undone
			if lapse {
				must(t, db.LapseMerge(ctx, dooly.ID, start))
			}
			must(t, db.DeleteUser(ctx, kim.ID, start))
			for _, r := range rowsOf(t, opt.Path, nil) {
				if strings.Contains(r, kim.ID) || strings.Contains(r, dooly.ID) || strings.Contains(r, "둘리") {
					t.Errorf("kept: %s", r)
				}
			}
			must(t, db.Close())
			for _, text := range backupTexts(t, opt) {
				for _, gone := range []string{kim.ID, dooly.ID, "둘리", "고길동", "octocat2"} {
					if strings.Contains(text, gone) {
						t.Errorf("a backup has %s", gone)
					}
				}
				if !strings.Contains(text, "또치") {
					t.Error("a backup has lost somebody else")
				}
			}
		})
	}
}

// With a directory the mirror alone knows that one account is another's by now.
func TestDL01_MG07_WhoWasAbsorbedAtADirectoryGoesFromTheBackupsToo(t *testing.T) {
	opt := options(t)
	clock := opt.Clock.(*clock)
	db := open(t, opt)
	kim, dooly := two(t, db)
	signUp(t, db, 3, "또치", start)
	clock.advance(time.Second)
	_, err := db.Backup(ctx)
	must(t, err)
	var all []app.Identity
	for _, user := range []string{kim.ID, dooly.ID} {
		ids, err := db.Identities(ctx, user)
		must(t, err)
		all = append(all, ids...)
	}
	_, err = db.Mirror(ctx, kim, nick(kim.Nickname), all, app.IdentityKey{}, app.Session{}, app.Grant{})
	must(t, err)
	must(t, db.DeleteUser(ctx, kim.ID, start))
	must(t, db.Close())
	for _, text := range backupTexts(t, opt) {
		for _, gone := range []string{kim.ID, dooly.ID, "둘리", "octocat2"} {
			if strings.Contains(text, gone) {
				t.Errorf("a backup has %s", gone)
			}
		}
		if !strings.Contains(text, "또치") {
			t.Error("a backup has lost somebody else")
		}
	}
}

// Who was put back is somebody else again, also in a backup of when they were one.
func TestDL01_MG07_WhoWasPutBackStaysInTheBackupOfWhenTheyWereOne(t *testing.T) {
	for _, choice := range []string{"Kim", "둘리"} {
		for what, names := range map[string]struct {
			deleted, stays string // subjects
			texts          []string
		}{
			"who went on is deleted":        {"1", "2", []string{"octocat1"}},
			"who was absorbed is deleted":   {"2", "1", []string{"octocat2", "고길동"}},
			"who was in between is deleted": {"1", "3", []string{"octocat1"}},
		} {
			t.Run(what+", "+choice, func(t *testing.T) {
				opt := options(t)
				db := open(t, opt)
				kim, dooly := two(t, db)
				third := signUp(t, db, 3, "또치", start).User
				r := app.MergeRequest{From: third, Into: kim, Word: profile("3"), SessionID: "s1", Nickname: "Kim", At: start}
				if what == "who was in between is deleted" {
					_, err := db.Merge(ctx, r)
					must(t, err)
				}
				_, err := db.Merge(ctx, request(kim, dooly, choice, start.Add(time.Minute)))
				must(t, err)
				_, err = db.Backup(ctx)
				must(t, err)
				for _, from := range []string{dooly.ID, third.ID} {
					_, err := db.Unmerge(ctx, kim.ID, "s1", from, start.Add(time.Hour))
					if app.CodeOf(err) != app.CodeNotFound { // of third, where that was not merged
						must(t, err)
					}
				}
				must(t, db.DeleteUser(ctx, userOf(t, db, names.deleted).ID, start))
				must(t, db.Close())
				for _, text := range backupTexts(t, opt) {
					for _, gone := range names.texts {
						if strings.Contains(text, gone) {
							t.Errorf("a backup has %s", gone)
						}
					}
				}
				if _, err := sqlite.RestoreBackup(ctx, opt); err != nil {
					t.Fatal(err)
				}
				opt.FirstRun = false
				db = open(t, opt)
				want := map[string]app.User{"1": kim, "2": dooly, "3": third}[names.stays]
				if got := userOf(t, db, names.stays); got != want {
					t.Errorf("%+v, want %+v", got, want)
				}
				events, err := db.Events(ctx, want.ID)
				if err != nil || !strings.Contains(kindsOf(events), "signed_up") {
					t.Errorf("timeline: %s %v", kindsOf(events), err)
				}
				_, err = db.UserByIdentity(ctx, profile(names.deleted).Key)
				wantCode(t, err, app.CodeNotFound)
				wantCode(t, db.NicknameFree(ctx, nick(want.Nickname), "", start), app.CodeNicknameTaken)
			})
		}
	}
}

// Newer rules of nicknames make the keys anew also of who is put back.
func TestNK16_MG08_AnUndoUnderNewerRulesMakesKeysOfTheirs(t *testing.T) {
	opt := options(t)
	db := open(t, opt)
	kim, dooly := two(t, db)
	_, err := db.Merge(ctx, request(kim, dooly, "둘리", start))
	must(t, err)
	must(t, db.Close())
	opt.FirstRun, opt.NicknameVersion = false, 2
	opt.Rekey = func(text string) app.Nickname {
		n := nick(text)
		n.Key, n.Skeleton, n.Version = "2:"+n.Key, "2:"+n.Skeleton, 2
		return n
	}
	db = open(t, opt)
	_, err = db.Unmerge(ctx, kim.ID, "s1", dooly.ID, start.Add(time.Hour))
	must(t, err)
	if k, d := userOf(t, db, "1"), userOf(t, db, "2"); k != kim || d != dooly {
		t.Errorf("%+v %+v", k, d)
	}
	for _, name := range []string{"Kim", "둘리"} {
		wantCode(t, db.NicknameFree(ctx, opt.Rekey(name), "", start.Add(90*24*time.Hour)), app.CodeNicknameTaken)
	}
}

// A profile that moves to a directory and back holds the names still.
func TestMG02_AProfileThatCameBackFromADirectoryHoldsTheNameStill(t *testing.T) {
	for _, choice := range []string{"Kim", "둘리"} {
		db := open(t, options(t))
		kim, dooly := two(t, db)
		_, err := db.Merge(ctx, request(kim, dooly, choice, start))
		must(t, err)
		for _, to := range []string{"https://id.example", ""} {
			_, err := db.Move(ctx, to, start)
			must(t, err)
		}
		for _, name := range []string{"Kim", "둘리"} {
			wantCode(t, db.NicknameFree(ctx, nick(name), "", start), app.CodeNicknameTaken)
		}
		_, err = db.SignIn(ctx, profile("1"), claimed("again", start))
		must(t, err)
		_, err = db.Unmerge(ctx, kim.ID, "again", dooly.ID, start)
		must(t, err)
		if k, d := userOf(t, db, "1"), userOf(t, db, "2"); k != kim || d != dooly {
			t.Errorf("%+v %+v", k, d)
		}
	}
}

// backupTexts are all bytes of each backup.
func backupTexts(t testing.TB, opt sqlite.Options) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(opt.BackupDir, "*.db"))
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	var all []string
	for _, p := range paths {
		all = append(all, string(read(t, p)))
	}
	return all
}
