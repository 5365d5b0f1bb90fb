package rows_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory/rows"
	"munpae.example/munpae/app/internal/nickname"
)

// dump is every row about people, as text; which of them are about what comes and goes by
// itself is for the caller to leave out.
func (w *world) dump() []string {
	w.Helper()
	e := w.engine()
	defer e.Write.Close()
	defer e.Read.Close()
	var all []string
	for table, columns := range map[string]string{
		"users":          "id, nick, nick_key, nick_skeleton, keys_version, created_at, renamed_at, codes_declined",
		"identities":     "id, user_id, issuer, subject, provider, login, linked_at, confirmed_at",
		"sessions":       "id, user_id, identity_id, by_code, generation, confirmed_at, ended_at, end_reason",
		"former_names":   "user_id, nick, nick_key, nick_skeleton, keys_version, until",
		"recovery_codes": "selector, user_id, number, verifier, made_at, used_at, used_by, session_id",
		"events":         "user_id, at, kind, detail",
		"merges":         "from_id, into_id", "merged_identities": "from_id, subject", "merged_names": "from_id, nick", "merged_events": "from_id, event_id",
		"merged_codes": "from_id, selector", "holds": "owner, nick_key",
	} {
		rs, err := e.Read.QueryContext(ctx, "SELECT "+columns+" FROM "+table)
		w.must(err)
		n := strings.Count(columns, ",") + 1
		for rs.Next() {
			into := make([]any, n)
			for i := range into {
				into[i] = new(any)
			}
			w.must(rs.Scan(into...))
			line := table
			for _, v := range into {
				line += fmt.Sprintf(" %v", *v.(*any))
			}
			all = append(all, line)
		}
		w.must(rs.Err())
		rs.Close()
	}
	slices.Sort(all)
	return all
}

// without leaves out the rows that begin with one of these.
func without(all []string, prefixes ...string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(row string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(row, p) })
	})
}

func missing(all, from []string) (left []string) {
	for _, row := range all {
		if !slices.Contains(from, row) {
			left = append(left, row)
		}
	}
	return left
}

func request(into app.SignedIn, from app.User, word, nick string, at time.Time) app.MergeRequest {
	return app.MergeRequest{From: from, Into: into.User, Word: profile(word), SessionID: into.Session.ID, Nickname: nick, At: at}
}

func (w *world) merge(into app.SignedIn, from app.User, word, nick string, at time.Time) app.SignedIn {
	w.Helper()
	in, m, err := w.db.Merge(ctx, w.ticket(profile(word)), request(into, from, word, nick, at))
	w.must(err)
	if m.From.User != from || m.Into.User != into.User {
		w.Fatalf("%+v", m)
	}
	return in
}

func (w *world) unmerge(who app.SignedIn, from string, at time.Time) app.SignedIn {
	w.Helper()
	in, err := w.db.Unmerge(ctx, who.User.ID, who.Session.ID, from, nil, nickname.Version, nickname.Keys, at)
	w.must(err)
	return in
}

func (w *world) called(subject, nick string) {
	w.Helper()
	u, err := w.db.UserByIdentity(ctx, profile(subject).Key)
	w.must(err)
	if u.Nickname != nick {
		w.Errorf("%s is %q, not %q", subject, u.Nickname, nick)
	}
}

func (w *world) kinds(userID string) (kinds []string) {
	w.Helper()
	all, err := w.db.Events(ctx, userID, 0, 100)
	w.must(err)
	for _, e := range slices.Backward(all) {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func TestMG01_AMergeAtADirectoryMovesAllOfOneAccountAndUndoPutsEveryRowBack(t *testing.T) {
	for _, kept := range []string{"길동", "둘리"} {
		t.Run(kept, func(t *testing.T) {
			onBoth(t, func(w *world) {
				kim, dooly := w.signUp("1", "길동"), w.signUp("2", "고길동")
				w.signUp("9", "남남")
				_, err := w.db.LinkIdentity(ctx, dooly.User.ID, dooly.Session.ID, profile("3"), now)
				w.must(err)
				dooly.User, err = w.db.Rename(ctx, dooly.User.ID, name(w, "둘리"), now)
				w.must(err)
				w.must(w.db.MakeRecoveryCodes(ctx, dooly.User.ID, sheet("A"), now))
				w.must(w.db.MakeRecoveryCodes(ctx, kim.User.ID, sheet("B"), now))
				w.must(w.db.DeclineRecoveryCodes(ctx, dooly.User.ID))
				elsewhere, err := w.db.SignIn(ctx, w.ticket(profile("1")), profile("1"), w.session()) // kim's other computer
				w.must(err)
				before := w.dump()

				in := w.merge(kim, dooly.User, "2", kept, now.Add(time.Hour))
				if in.User.ID != kim.User.ID || in.User.Nickname != kept || in.Session.ID != kim.Session.ID || (in.User.RenamedAt.IsZero()) != (kept == "길동") {
					w.Errorf("%+v", in)
				}
				for _, subject := range []string{"1", "2", "3"} {
					w.called(subject, kept)
				}
				if !slices.Contains(w.kinds(kim.User.ID), "renamed") || !slices.Contains(w.kinds(kim.User.ID), "merged") {
					w.Errorf("timeline: %v", w.kinds(kim.User.ID))
				}
				if all, err := w.db.Merges(ctx, kim.User.ID, now.Add(time.Hour)); err != nil || len(all) != 1 || all[0].From.User != dooly.User || all[0].Into.User != kim.User {
					w.Errorf("%+v, %v", all, err)
				}
				// Nobody is signed out but who was absorbed, and these hear where they went.
				if s, err := w.db.Session(ctx, elsewhere.Session.ID); err != nil || !s.Session.EndedAt.IsZero() || s.User.Nickname != kept {
					w.Errorf("%+v, %v", s, err)
				}
				w.wants(app.CodeNotFound, second(w.db.Session(ctx, dooly.Session.ID)))
				if u, err := w.db.MergedInto(ctx, dooly.User.ID); err != nil || u.ID != kim.User.ID {
					w.Errorf("%+v, %v", u, err)
				}
				if ids, err := w.db.Absorbed(ctx, kim.User.ID); err != nil || !slices.Equal(ids, []string{dooly.User.ID}) {
					w.Errorf("%v, %v", ids, err)
				}
				g, err := w.db.GuessRecoveryCode(ctx, "A0", counted)
				w.must(err)
				if g.Code.Selector != "" {
					w.Error("a code of the absorbed account opens something")
				}

				out := w.unmerge(in, dooly.User.ID, now.Add(2*time.Hour))
				if out.User != kim.User || out.Session.ID != kim.Session.ID {
					w.Errorf("%+v, not %+v", out.User, kim.User)
				}
				after := w.dump()
				if left := missing(without(before, "sessions "+dooly.Session.ID), after); len(left) != 0 {
					w.Errorf("not as before:\n%s", strings.Join(left, "\n"))
				}
				if left := missing(without(after, "events "), before); len(left) != 0 {
					w.Errorf("left over:\n%s", strings.Join(left, "\n"))
				}
				if got := w.kinds(dooly.User.ID); !slices.Equal(got[len(got)-3:], []string{"session_ended", "merged", "merge_undone"}) {
					w.Errorf("timeline: %v", got)
				}
				if s, err := w.db.Session(ctx, elsewhere.Session.ID); err != nil || !s.Session.EndedAt.IsZero() || s.User != kim.User {
					w.Errorf("%+v, %v", s, err)
				}
				w.wants(app.CodeNotFound, second(w.db.MergedInto(ctx, dooly.User.ID)))
			})
		})
	}
}

func second[T any](_ T, err error) error { return err }

func TestMG02_AtADirectoryTheOtherNicknameIsHeldForThirtyDays(t *testing.T) {
	onBoth(t, func(w *world) {
		kim, dooly := w.signUp("1", "길동"), w.signUp("2", "둘리")
		w.merge(kim, dooly.User, "2", "길동", now)
		until := now.Add(app.MergeLifetime)
		w.wants(app.CodeNicknameTaken, w.db.Hold(ctx, name(w, "둘리"), "", "somebody", until.Add(-time.Millisecond)))
		w.must(w.db.Hold(ctx, name(w, "둘리"), kim.User.ID, kim.User.ID, now)) // it is theirs
		// A replica whose clock is ahead by less than an hour gives it to nobody while another
		// may still put it back.
		w.wants(app.CodeNicknameTaken, w.db.Hold(ctx, name(w, "둘리"), "", "somebody", until.Add(59*time.Minute)))
		w.must(w.db.Hold(ctx, name(w, "둘리"), "", "somebody", until.Add(time.Hour)))
	})
}

func TestMG03_AtADirectoryWhatChangedSinceItWasAskedIsNotMerged(t *testing.T) {
	onBoth(t, func(w *world) {
		kim, dooly, third := w.signUp("1", "길동"), w.signUp("2", "둘리"), w.signUp("3", "또치")
		refused := func(code app.Code, hash string, r app.MergeRequest) {
			w.Helper()
			before := w.dump()
			_, _, err := w.db.Merge(ctx, hash, r)
			w.wants(code, err)
			if left := missing(w.dump(), before); len(left) != 0 {
				w.Errorf("%s changed %v", code, left)
			}
		}
		word := w.ticket(profile("2"))
		asked := request(kim, dooly.User, "2", "길동", now)
		third_ := asked
		third_.From = third.User
		refused(app.CodeMergeChanged, word, third_) // the word is about somebody else
		renamed := asked
		renamed.From.Nickname = "옛둘리"
		refused(app.CodeMergeChanged, word, renamed)
		own := request(kim, kim.User, "1", "길동", now)
		refused(app.CodeConflict, w.ticket(profile("1")), own)
		neither := asked
		neither.Nickname = "또치"
		refused(app.CodeConflict, word, neither)
		refused(app.CodeConfirmationNeeded, "no-such-ticket", asked)
		refused(app.CodeConfirmationNeeded, w.ticket(profile("3")), asked)
		late := asked
		late.At = now.Add(25 * time.Hour)
		refused(app.CodeConfirmationNeeded, word, late)
		used := w.ticket(profile("2"))
		_, err := w.db.SignIn(ctx, used, profile("2"), w.session())
		w.must(err)
		refused(app.CodeConfirmationNeeded, used, asked)
		foreign := asked
		foreign.SessionID = third.Session.ID
		refused(app.CodeSessionRevoked, word, foreign)
		w.must(w.db.EndSession(ctx, kim.User.ID, kim.Session.ID, app.EndSignedOut, now))
		refused(app.CodeSessionRevoked, word, asked)
	})
}

func TestMG15_HoweverManyAskAtOnceTwoAccountsAreMergedOnceAndUndoneOnce(t *testing.T) {
	onBoth(t, func(w *world) {
		kim, dooly := w.signUp("1", "길동"), w.signUp("2", "둘리")
		word := w.ticket(profile("2"))
		replicas := []*rows.DB{w.db, w.open()}
		at := func(do func(db *rows.DB) error) {
			var all sync.WaitGroup
			for i := range 8 {
				all.Go(func() {
					for {
						err := do(replicas[i%2])
						if app.CodeOf(err) == app.CodeDatabaseBusy {
							continue // nothing was written
						}
						if err != nil {
							w.Error(err)
						}
						return
					}
				})
			}
			all.Wait()
		}
		count := func(userID, kind string) (n int) {
			for _, k := range w.kinds(userID) {
				if k == kind {
					n++
				}
			}
			return n
		}
		at(func(db *rows.DB) error {
			return second(first(db.Merge(ctx, word, request(kim, dooly.User, "2", "둘리", now))))
		})
		w.called("1", "둘리")
		w.called("2", "둘리")
		if n := count(kim.User.ID, "merged"); n != 1 {
			w.Errorf("merged %d times", n)
		}
		at(func(db *rows.DB) error {
			return second(db.Unmerge(ctx, kim.User.ID, kim.Session.ID, dooly.User.ID, nil, nickname.Version, nickname.Keys, now))
		})
		w.called("1", "길동")
		w.called("2", "둘리")
		if n := count(kim.User.ID, "merge_undone"); n != 1 {
			w.Errorf("undone %d times", n)
		}
		// Without a word nothing is done but that: merged again, it is not undone by the repetition.
		again := w.ticket(profile("2"))
		_, _, err := w.db.Merge(ctx, again, request(kim, dooly.User, "2", "둘리", now))
		w.must(err)
		missing := app.Fail(app.CodeConfirmationNeeded, nil)
		_, err = w.db.Unmerge(ctx, kim.User.ID, kim.Session.ID, dooly.User.ID, missing, nickname.Version, nickname.Keys, now)
		w.wants(app.CodeConfirmationNeeded, err)
		w.called("1", "둘리")
		w.unmerge(kim, dooly.User.ID, now)
		_, err = w.db.Unmerge(ctx, kim.User.ID, kim.Session.ID, dooly.User.ID, missing, nickname.Version, nickname.Keys, now)
		w.must(err)
		// The word is used up: whoever kept the request brings nobody together with it.
		_, _, err = w.db.Merge(ctx, word, request(kim, dooly.User, "2", "둘리", now))
		w.wants(app.CodeConfirmationNeeded, err)
		w.wants(app.CodeSignUpExpired, second(w.db.SignIn(ctx, word, profile("2"), w.session())))
	})
}

func first[A, B any](a A, _ B, err error) (A, error) { return a, err }

// Whoever signs in, signs up, takes another name or uses a code while two accounts become
// one does so before or after it.
func TestMG13_WhateverRunsBesideAMergeLeavesOneOwnerOfEverything(t *testing.T) {
	onBoth(t, func(w *world) {
		kim := w.signUp("1", "길동")
		replicas := []*rows.DB{w.db, w.open()}
		for round := range 6 {
			subject := fmt.Sprintf("r%d", round)
			dooly := w.signUp(subject, fmt.Sprintf("둘리%d", round))
			w.must(w.db.MakeRecoveryCodes(ctx, dooly.User.ID, sheet(subject), now))
			g, err := w.db.GuessRecoveryCode(ctx, subject+"1", counted)
			w.must(err)
			word, door := w.ticket(profile(subject)), w.ticket(profile(subject))
			s1, s2 := w.session(), w.session()
			n := name(w, fmt.Sprintf("또치%d", round))
			var all sync.WaitGroup
			all.Go(func() {
				_, _, err := replicas[0].Merge(ctx, word, request(kim, dooly.User, subject, "길동", now))
				if c := app.CodeOf(err); err != nil && c != app.CodeMergeChanged && c != app.CodeDatabaseBusy {
					w.Error(err)
				}
			})
			all.Go(func() { w.fine(second(replicas[1].SignIn(ctx, door, profile(subject), s1))) })
			all.Go(func() { w.fine(second(replicas[1].UseRecoveryCode(ctx, g.Code, "attempt", s2)), app.CodeConflict) })
			all.Go(func() { w.fine(second(replicas[0].Rename(ctx, dooly.User.ID, n, now)), app.CodeNotFound) })
			all.Wait()
			owner, err := w.db.UserByIdentity(ctx, profile(subject).Key)
			w.must(err)
			// Whoever is in is in as whom the identity belongs to now.
			for _, s := range []string{s1.ID, s2.ID} {
				in, err := w.db.Session(ctx, s)
				if app.CodeOf(err) == app.CodeNotFound {
					continue
				}
				w.must(err)
				if in.Session.EndedAt.IsZero() && in.User.ID != owner.ID {
					w.Errorf("round %d: a session of %s, whose account is %s's", round, in.User.ID, owner.ID)
				}
			}
			if owner.ID == kim.User.ID {
				w.wants(app.CodeNotFound, second(w.db.User(ctx, dooly.User.ID)))
			}
		}
	})
}

// fine is no error, a busy database, or one of these.
func (w *world) fine(err error, codes ...app.Code) {
	if err != nil && app.CodeOf(err) != app.CodeDatabaseBusy && !slices.Contains(codes, app.CodeOf(err)) {
		w.Error(err)
	}
}

func TestMG04_AtADirectoryWhatCameAfterStaysAndWhatTheOtherOpenedEnds(t *testing.T) {
	onBoth(t, func(w *world) {
		kim, dooly := w.signUp("1", "길동"), w.signUp("2", "둘리")
		in := w.merge(kim, dooly.User, "2", "길동", now)
		byOther, err := w.db.SignIn(ctx, w.ticket(profile("2")), profile("2"), w.session())
		w.must(err)
		byOwn, err := w.db.SignIn(ctx, w.ticket(profile("1")), profile("1"), w.session())
		w.must(err)
		if byOther.User.ID != kim.User.ID {
			w.Fatalf("%+v", byOther)
		}
		_, err = w.db.Rename(ctx, kim.User.ID, name(w, "새이름"), now.Add(time.Minute))
		w.must(err)
		_, err = w.db.LinkIdentity(ctx, kim.User.ID, kim.Session.ID, profile("4"), now)
		w.must(err) // which ends the others
		byOther, err = w.db.SignIn(ctx, w.ticket(profile("2")), profile("2"), w.session())
		w.must(err)
		byOwn, err = w.db.SignIn(ctx, w.ticket(profile("1")), profile("1"), w.session())
		w.must(err)
		w.unmerge(in, dooly.User.ID, now.Add(time.Hour))
		w.called("1", "새이름")
		w.called("4", "새이름")
		w.called("2", "둘리")
		if s, err := w.db.Session(ctx, byOther.Session.ID); err != nil || s.Session.EndReason != app.EndRevoked || s.Identity.Key == profile("2").Key {
			w.Errorf("%+v, %v", s, err)
		}
		if s, err := w.db.Session(ctx, byOwn.Session.ID); err != nil || !s.Session.EndedAt.IsZero() {
			w.Errorf("%+v, %v", s, err)
		}
		w.wants(app.CodeNicknameTaken, w.db.Hold(ctx, name(w, "길동"), "", "somebody", now.Add(time.Hour))) // a name of kim's before
	})
}

func TestMG05_AnUndoAtADirectoryThatCannotBeIsRefusedAndChangesNothing(t *testing.T) {
	onBoth(t, func(w *world) {
		kim, dooly, third := w.signUp("1", "길동"), w.signUp("2", "둘리"), w.signUp("3", "또치")
		w.merge(kim, dooly.User, "2", "길동", now)
		w.merge(kim, third.User, "3", "길동", now)
		refused := func(code app.Code, userID, sessionID, from string, at time.Time) {
			w.Helper()
			before := w.dump()
			_, err := w.db.Unmerge(ctx, userID, sessionID, from, nil, nickname.Version, nickname.Keys, at)
			w.wants(code, err)
			_, err = w.db.MayUnmerge(ctx, userID, sessionID, from, at)
			w.wants(code, err)
			if left := missing(w.dump(), before); len(left) != 0 {
				w.Errorf("%s changed %v", code, left)
			}
		}
		other := w.signUp("4", "도우너")
		refused(app.CodeNotFound, other.User.ID, other.Session.ID, dooly.User.ID, now)
		refused(app.CodeSessionRevoked, kim.User.ID, other.Session.ID, third.User.ID, now)
		refused(app.CodeNotFound, kim.User.ID, kim.Session.ID, "nobody", now)
		refused(app.CodeMergeOrder, kim.User.ID, kim.Session.ID, dooly.User.ID, now)
		refused(app.CodeMergeLapsed, kim.User.ID, kim.Session.ID, third.User.ID, now.Add(app.MergeLifetime))
		ids, err := w.db.Identities(ctx, kim.User.ID)
		w.must(err)
		for _, i := range ids {
			if i.Key == profile("3").Key {
				w.must(w.db.UnlinkIdentity(ctx, kim.User.ID, kim.Session.ID, i.ID, now))
			}
		}
		refused(app.CodeMergeNoWayIn, kim.User.ID, kim.Session.ID, third.User.ID, now)
	})
}

func TestMG05_AtADirectoryANameFromInsideAChainGoesBackWithIt(t *testing.T) {
	for kept, took := range map[string]string{"둘리": "또치", "또치": "둘리"} {
		t.Run(took, func(t *testing.T) {
			onBoth(t, func(w *world) {
				kim, dooly, third := w.signUp("1", "길동"), w.signUp("2", "둘리"), w.signUp("3", "또치")
				in := w.merge(dooly, third.User, "3", kept, now)
				w.merge(kim, in.User, "2", "길동", now.Add(time.Hour))
				for _, subject := range []string{"1", "2", "3"} {
					w.called(subject, "길동")
				}
				if u, err := w.db.MergedInto(ctx, third.User.ID); err != nil || u.ID != kim.User.ID {
					w.Errorf("%+v, %v", u, err)
				}
				_, err := w.db.Rename(ctx, kim.User.ID, name(w, took), now.Add(2*time.Hour))
				w.must(err)
				w.unmerge(kim, dooly.User.ID, now.Add(3*time.Hour))
				again, err := w.db.SignIn(ctx, w.ticket(profile("2")), profile("2"), w.session())
				w.must(err)
				w.unmerge(again, third.User.ID, now.Add(4*time.Hour))
				w.called("1", "길동")
				w.called("2", "둘리")
				w.called("3", "또치")
			})
		})
	}
}

func TestMG06_AtADirectoryAMergeLapsesAndTheUndoSaysSo(t *testing.T) {
	onBoth(t, func(w *world) {
		kim, dooly := w.signUp("1", "길동"), w.signUp("2", "둘리")
		w.must(w.db.MakeRecoveryCodes(ctx, dooly.User.ID, sheet("A"), now))
		w.merge(kim, dooly.User, "2", "둘리", now)
		until := now.Add(app.MergeLifetime)
		w.must(w.db.Sweep(ctx, until.Add(-time.Millisecond)))
		if all, err := w.db.Merges(ctx, kim.User.ID, until.Add(-time.Millisecond)); err != nil || len(all) != 1 {
			w.Errorf("%+v, %v", all, err)
		}
		w.must(w.db.Sweep(ctx, until))
		for _, row := range w.dump() {
			if strings.HasPrefix(row, "merge") {
				w.Errorf("kept: %s", row)
			}
		}
		w.wants(app.CodeMergeLapsed, second(w.db.MayUnmerge(ctx, kim.User.ID, kim.Session.ID, dooly.User.ID, until)))
		if kinds := w.kinds(kim.User.ID); kinds[len(kinds)-1] != "merge_lapsed" {
			w.Errorf("%v", kinds)
		}
		if u, err := w.db.MergedInto(ctx, dooly.User.ID); err != nil || u.ID != kim.User.ID {
			w.Errorf("%+v, %v", u, err)
		}
		w.called("2", "둘리")
	})
}

func TestMG07_WhoDeletesTheirAccountAtADirectoryTakesWhomTheyAbsorbedAlong(t *testing.T) {
	onBoth(t, func(w *world) {
		w.db.RestBy(func(text string) (string, error) { return "tag of " + text, nil })
		kim, dooly, third := w.signUp("1", "길동"), w.signUp("2", "둘리"), w.signUp("3", "또치")
		w.merge(dooly, third.User, "3", "둘리", now.Add(-app.MergeLifetime)) // for good
		w.must(w.db.Sweep(ctx, now))
		w.merge(kim, dooly.User, "2", "길동", now)
		w.must(w.db.DeleteUser(ctx, kim.User.ID, now))
		for _, row := range w.dump() {
			if !strings.HasPrefix(row, "events  ") { // without a person
				w.Errorf("left: %s", row)
			}
		}
		for _, id := range []string{kim.User.ID, dooly.User.ID, third.User.ID} {
			if gone, err := w.db.Deleted(ctx, id); err != nil || !gone {
				w.Errorf("%v, %v", gone, err)
			}
		}
		w.wants(app.CodeNicknameTaken, w.db.Hold(ctx, name(w, "둘리"), "", "somebody", now.Add(time.Hour)))
	})
}

func TestMG08_AnUndoAtADirectoryUnderNewerRulesMakesTheKeysAnew(t *testing.T) {
	onBoth(t, func(w *world) {
		kim, dooly := w.signUp("1", "길동"), w.signUp("2", "둘리")
		in := w.merge(kim, dooly.User, "2", "길동", now)
		newer := func(text string) app.Nickname {
			n := nickname.Keys(text)
			n.Key, n.Version = "new "+n.Key, nickname.Version+1
			return n
		}
		_, err := w.db.Unmerge(ctx, in.User.ID, in.Session.ID, dooly.User.ID, nil, nickname.Version+1, newer, now)
		w.must(err)
		w.wants(app.CodeNicknameTaken, w.db.Hold(ctx, newer("둘리"), "", "somebody", now))
		w.called("2", "둘리")
	})
}
