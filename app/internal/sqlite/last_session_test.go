package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"munpae.example/munpae/app/internal/app"
)

func TestASessionEndedByAnybodyIsSeenByTheNextRead(t *testing.T) {
	opt := options(t)
	db := open(t, opt)
	in := signUp(t, db, 1, "길동", opt.Clock.Now())
	if s, err := db.Session(ctx, in.Session.ID); err != nil || !s.Session.EndedAt.IsZero() {
		t.Fatal(s, err)
	}
	// Another connection of this process.
	if _, err := db.EndSessions(ctx, app.SessionSelection{ID: in.Session.ID}, app.EndRevoked, opt.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	if s, err := db.Session(ctx, in.Session.ID); err != nil || s.Session.EndReason != app.EndRevoked {
		t.Errorf("the read before was given again: %v %v", s.Session.EndReason, err)
	}
	// Another program.
	other, err := sql.Open("sqlite3", "file:"+filepath.ToSlash(opt.Path))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.Exec("UPDATE sessions SET end_reason = 'key_lost'"); err != nil {
		t.Fatal(err)
	}
	if s, err := db.Session(ctx, in.Session.ID); err != nil || s.Session.EndReason != app.EndKeyLost {
		t.Errorf("what another program wrote is not seen: %v %v", s.Session.EndReason, err)
	}
}
