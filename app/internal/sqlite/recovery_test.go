package sqlite_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/sqlite"
)

// sheet is the rows of ten codes of a user; n tells sheets apart.
func sheet(n int, userID string, at time.Time) []app.RecoveryCode {
	codes := make([]app.RecoveryCode, 10)
	for i := range codes {
		name := fmt.Sprintf("%d-%d", n, i)
		codes[i] = app.RecoveryCode{Selector: name, UserID: userID, Number: i + 1, Verifier: "verifier of " + name, MadeAt: at}
	}
	return codes
}

func counted(g app.Guesses) (app.Guesses, error) {
	g.Failed++
	g.At, g.Until = start, start
	return g, nil
}

func guess(t testing.TB, db *sqlite.DB, selector string) app.RecoveryGuess {
	t.Helper()
	g, err := db.GuessRecoveryCode(ctx, selector, counted)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func withCodes(t testing.TB, db *sqlite.DB, n int, name string) app.SignedIn {
	t.Helper()
	in := signUp(t, db, n, name, start)
	if err := db.MakeRecoveryCodes(ctx, in.User.ID, sheet(n, in.User.ID, start), start); err != nil {
		t.Fatal(err)
	}
	return in
}

func left(t testing.TB, db *sqlite.DB, userID string) int {
	t.Helper()
	of, err := db.RecoveryCodes(ctx, userID)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, c := range of.Codes {
		if c.UsedAt.IsZero() && c.VoidAt.IsZero() {
			n++
		}
	}
	return n
}

func kinds(t testing.TB, db *sqlite.DB, userID string) map[string]int {
	t.Helper()
	all, err := db.Events(ctx, userID)
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	for _, e := range all {
		n[e.Kind]++
		if e.Detail != "" {
			n[e.Kind+" "+e.Detail]++
		}
	}
	return n
}

func TestRC06_ACodeOpensOneSessionWithoutAnIdentityAndNoSecond(t *testing.T) {
	db := open(t, fastOptions(t))
	kim := withCodes(t, db, 1, "Kim")
	withCodes(t, db, 2, "Lee")
	g := guess(t, db, "1-3")
	in, err := db.UseRecoveryCode(ctx, g.Code, newSession("r1", start.Add(time.Hour)))
	if err != nil || in.User != kim.User || in.Identity != (app.Identity{}) || in.Session.IdentityID != "" {
		t.Fatalf("%+v %v", in, err)
	}
	again, err := db.Session(ctx, "r1")
	if err != nil || again != in {
		t.Errorf("read again: %+v %v", again, err)
	}
	_, err = db.UseRecoveryCode(ctx, g.Code, newSession("r2", start.Add(time.Hour)))
	wantCode(t, err, app.CodeConflict)
	_, err = db.Session(ctx, "r2")
	wantCode(t, err, app.CodeNotFound)
	// The same act again, whose answer was lost, is answered the same.
	if same, err := db.UseRecoveryCode(ctx, g.Code, newSession("r1", start.Add(time.Hour))); err != nil || same != in {
		t.Errorf("%+v %v", same, err)
	}
	if n := left(t, db, kim.User.ID); n != 9 {
		t.Errorf("%d left", n)
	}
	if found := guess(t, db, "1-3"); found.Code.UsedAt != stamp(start.Add(time.Hour)) {
		t.Errorf("%+v", found)
	}
	if k := kinds(t, db, kim.User.ID); k["recovery_codes_made"] != 1 || k["recovery_code_used"] != 1 {
		t.Error(k)
	}
}

func stamp(at time.Time) time.Time { return time.UnixMilli(at.UnixMilli()).UTC() }

func TestRC06_OfTwoWhoUseACodeAtOnceExactlyOneGetsIn(t *testing.T) {
	opt := fastOptions(t)
	first, second := open(t, opt), open(t, opt)
	kim := withCodes(t, first, 1, "Kim")
	for i := range 10 {
		c := guess(t, first, fmt.Sprintf("1-%d", i)).Code
		var codes [2]app.Code
		var wg sync.WaitGroup
		for side, db := range []*sqlite.DB{first, second} {
			wg.Go(func() {
				_, err := retryBusy(func() (app.SignedIn, error) {
					return db.UseRecoveryCode(ctx, c, newSession(fmt.Sprint("r", i, side), start))
				})
				codes[side] = app.CodeOf(err)
			})
		}
		wg.Wait()
		if codes != [2]app.Code{"", app.CodeConflict} && codes != [2]app.Code{app.CodeConflict, ""} {
			t.Fatalf("%d: %q", i, codes)
		}
	}
	if n := left(t, first, kim.User.ID); n != 0 {
		t.Errorf("%d left", n)
	}
}

func TestRC07_NewCodesTakeAllEarlierOnesInTheSameTransaction(t *testing.T) {
	db := open(t, fastOptions(t))
	kim := withCodes(t, db, 1, "Kim")
	lee := withCodes(t, db, 2, "Lee")
	old := guess(t, db, "1-0").Code
	// A selector that Lee has: nothing is changed, Kim keeps the old ones.
	clash := sheet(3, kim.User.ID, start)
	clash[9].Selector = "2-0"
	wantCode(t, db.MakeRecoveryCodes(ctx, kim.User.ID, clash, start), app.CodeConflict)
	if guess(t, db, "1-0").Code != old || left(t, db, kim.User.ID) != 10 {
		t.Error("the old ones are gone")
	}
	if err := db.MakeRecoveryCodes(ctx, kim.User.ID, sheet(4, kim.User.ID, start), start); err != nil {
		t.Fatal(err)
	}
	if guess(t, db, "1-0").Code.Selector != "" || left(t, db, kim.User.ID) != 10 {
		t.Error("an old one is still there")
	}
	_, err := db.UseRecoveryCode(ctx, old, newSession("r1", start))
	wantCode(t, err, app.CodeConflict)
	for range 2 {
		if err := db.RemoveRecoveryCodes(ctx, kim.User.ID, start); err != nil {
			t.Fatal(err)
		}
	}
	of, err := db.RecoveryCodes(ctx, kim.User.ID)
	if err != nil || len(of.Codes) != 0 || !of.Declined || left(t, db, lee.User.ID) != 10 {
		t.Errorf("%+v %v", of, err)
	}
	if k := kinds(t, db, kim.User.ID); k["recovery_codes_made"] != 2 || k["recovery_codes_removed"] != 1 {
		t.Error(k)
	}
	wantCode(t, db.MakeRecoveryCodes(ctx, "nobody", sheet(5, "nobody", start), start), app.CodeNotFound)
}

func TestRC05_GuessesAreCountedOverARestartAndAGoodCodeForgetsThem(t *testing.T) {
	opt := fastOptions(t)
	db := open(t, opt)
	if g := guess(t, db, "1-0"); g.Any || g.Tag != "" {
		t.Errorf("%+v", g)
	}
	withCodes(t, db, 1, "Kim")
	tag, err := db.RecoveryTag(ctx, "7K")
	if again, _ := db.RecoveryTag(ctx, "XX"); err != nil || tag != "7K" || again != "7K" {
		t.Errorf("%q %q %v", tag, again, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	opt.FirstRun = false
	db = open(t, opt)
	var seen app.Guesses
	limited := app.Fail(app.CodeRateLimited, nil)
	_, err = db.GuessRecoveryCode(ctx, "1-0", func(g app.Guesses) (app.Guesses, error) {
		seen = g
		g.Failed = 7
		return g, limited
	})
	wantCode(t, err, app.CodeRateLimited)
	if seen.Failed != 1 || !seen.At.Equal(stamp(start)) {
		t.Errorf("%+v", seen)
	}
	g := guess(t, db, "1-0")
	if !g.Any || g.Tag != "7K" {
		t.Errorf("%+v", g)
	}
	if _, err := db.UseRecoveryCode(ctx, g.Code, newSession("r1", start)); err != nil {
		t.Fatal(err)
	}
	_, err = db.GuessRecoveryCode(ctx, "1-0", func(g app.Guesses) (app.Guesses, error) { seen = g; return g, nil })
	if err != nil || seen != (app.Guesses{}) {
		t.Errorf("%+v %v", seen, err)
	}
}

// What was used since the backup was made must not open anything with it.
func TestRC08_ARestoredBackupRevivesNoCode(t *testing.T) {
	opt := fastOptions(t)
	db := open(t, opt)
	kim := withCodes(t, db, 1, "Kim")
	if _, err := db.UseRecoveryCode(ctx, guess(t, db, "1-0").Code, newSession("r0", start)); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Backup(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := db.UseRecoveryCode(ctx, guess(t, db, "1-1").Code, newSession("r1", start)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.RestoreBackup(ctx, opt); err != nil {
		t.Fatal(err)
	}
	opt.FirstRun = false
	db = open(t, opt)
	for i := range 10 {
		c := guess(t, db, fmt.Sprintf("1-%d", i)).Code
		if c.Selector == "" || c.UsedAt.IsZero() == c.VoidAt.IsZero() {
			t.Errorf("%d: %+v", i, c)
		}
		_, err := db.UseRecoveryCode(ctx, c, newSession(fmt.Sprint("again", i), start))
		wantCode(t, err, app.CodeConflict)
	}
	if k := kinds(t, db, kim.User.ID); k["recovery_codes_removed restored"] != 1 {
		t.Error(k)
	}
}

func TestRC09_ADeletedPersonsCodesAreGoneAlsoFromTheBackups(t *testing.T) {
	opt := fastOptions(t)
	db := open(t, opt)
	kim := withCodes(t, db, 1, "Kim")
	withCodes(t, db, 2, "Lee")
	if _, err := db.Backup(ctx); err != nil {
		t.Fatal(err)
	}
	if err := db.DeleteUser(ctx, kim.User.ID, start); err != nil {
		t.Fatal(err)
	}
	if guess(t, db, "1-0").Code.Selector != "" || guess(t, db, "2-0").Code.Selector == "" {
		t.Error("not exactly Kim's are gone")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.RestoreBackup(ctx, opt); err != nil {
		t.Fatal(err)
	}
	opt.FirstRun = false
	db = open(t, opt)
	if guess(t, db, "1-0").Code.Selector != "" || guess(t, db, "2-0").Code.Selector == "" {
		t.Error("a backup brings them back")
	}
}

// Who was let in by a code links an account, and the session is that account's.
func TestRC10_ALinkGivesARecoveredSessionItsIdentity(t *testing.T) {
	db := open(t, fastOptions(t))
	kim := withCodes(t, db, 1, "Kim")
	at := start.Add(time.Minute)
	if _, err := db.UseRecoveryCode(ctx, guess(t, db, "1-0").Code, newSession("r1", start)); err != nil {
		t.Fatal(err)
	}
	naver := profile("9")
	naver.Provider, naver.Key.Issuer = "naver", "https://nid.naver.com"
	if _, err := db.LinkIdentity(ctx, kim.User.ID, "r1", naver, at); err != nil {
		t.Fatal(err)
	}
	in, err := db.Session(ctx, "r1")
	if err != nil || in.Identity.Provider != "naver" || in.Session.ConfirmedAt != stamp(at) {
		t.Errorf("%+v %v", in, err)
	}
	if old, err := db.Session(ctx, "s1"); err != nil || old.Session.EndedAt.IsZero() || old.Identity.Provider != "github" {
		t.Errorf("%+v %v", old, err)
	}
}

// A profile that leaves for a directory and comes back has its codes again, used ones used.
func TestRC11_CodesWaitWhileTheProfileBelongsToAnother(t *testing.T) {
	db := open(t, fastOptions(t))
	kim := withCodes(t, db, 1, "Kim")
	if _, err := db.UseRecoveryCode(ctx, guess(t, db, "1-0").Code, newSession("r1", start)); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Move(ctx, "https://directory.example", start); err != nil {
		t.Fatal(err)
	}
	if guess(t, db, "1-1").Code.Selector != "" {
		t.Error("a code of before opens something elsewhere")
	}
	if _, err := db.Move(ctx, "", start); err != nil {
		t.Fatal(err)
	}
	if n := left(t, db, kim.User.ID); n != 9 {
		t.Errorf("%d left", n)
	}
}
