package sqlite_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// tag is a keyed hash, as the keeper of the sessions makes it.
func tag(text string) (string, error) {
	mac := hmac.New(sha256.New, []byte("a key that is not in the database"))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil)), nil
}

func TestLV01_TheNicknamesOfADeletedAccountRestAndAreNotReadable(t *testing.T) {
	opt := options(t)
	db := open(t, opt)
	db.RestBy(tag)
	kim := signUp(t, db, 1, "Gildong", start)
	day := start.Add(24 * time.Hour)
	if _, err := db.Rename(ctx, kim.User.ID, nick("Chunhyang"), day); err != nil {
		t.Fatal(err)
	}
	gone := day.Add(24 * time.Hour)
	if err := db.DeleteUser(ctx, kim.User.ID, gone); err != nil {
		t.Fatal(err)
	}
	former, own := day.Add(app.RenameInterval), gone.Add(app.NicknameRest)
	if got := db.RestsUntil(gone); !got.Equal(own) {
		t.Errorf("rests until %v, want %v", got, own)
	}
	for _, x := range []struct {
		name string
		at   time.Time
		want app.Code
	}{
		{"Chunhyang", gone, app.CodeNicknameTaken},
		{"CHUNHYANG", own.Add(-time.Millisecond), app.CodeNicknameTaken},
		{"Chunhyang", own, ""},
		{"Gi1dong", gone, app.CodeNicknameLooksLike},
		{"Gildong", former.Add(-time.Millisecond), app.CodeNicknameTaken}, // no longer than nobody else would have got it
		{"Gildong", former, ""},
	} {
		if err := db.NicknameFree(ctx, nick(x.name), "", x.at); app.CodeOf(err) != x.want {
			t.Errorf("%s at %v: %v, want %q", x.name, x.at, err, x.want)
		}
		free, err := db.NicknamesFree(ctx, []app.Nickname{nick(x.name)}, "", x.at)
		if err != nil || (len(free) == 1) != (x.want == "") {
			t.Errorf("of several: %v %v, want %q", free, err, x.want)
		}
	}
	// Not by one who signs up, nor by one who is renamed, nor by the same person.
	if _, err := trySignUp(db, 1, "Chunhyang", gone); app.CodeOf(err) != app.CodeNicknameTaken {
		t.Errorf("signed up: %v", err)
	}
	lee := signUp(t, db, 2, "Lee", gone)
	if _, err := db.Rename(ctx, lee.User.ID, nick("Chunhyang"), gone); app.CodeOf(err) != app.CodeNicknameTaken {
		t.Errorf("renamed: %v", err)
	}
	if err := db.Checkpoint(ctx); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{opt.Path, opt.Path + "-wal"} {
		data, err := os.ReadFile(path)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for _, name := range []string{"Chunhyang", "chunhyang", "Gildong", "gildong"} {
			if bytes.Contains(data, []byte(name)) {
				t.Errorf("%s tells %s", path, name)
			}
		}
	}
	signUp(t, db, 3, "Chunhyang", own)
}
