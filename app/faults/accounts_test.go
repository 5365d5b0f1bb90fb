//go:build faults && crashtest && linux

package faults_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	profilefiles "munpae.example/munpae/app/internal/files"
	"munpae.example/munpae/app/internal/recovery"
	"munpae.example/munpae/app/internal/signin"
)

// The acts of a worker on whole accounts.
const (
	makeCodes = "codes"   // ten recovery codes
	useCode   = "recover" // the first of them lets person in
	merge     = "merge"   // neighbour's account becomes person's, under neighbour's nickname
	undo      = "undo"    // and is their own again
	leave     = "delete"  // person's account
	aCode     = "code"    // what is told of each code that was made
)

// drawer is the file of a receipt, as package launch has it.
type drawer struct{ dir string }

func (d drawer) path() string            { return filepath.Join(d.dir, "receipt") }
func (d drawer) Put(sealed []byte) error { return profilefiles.Write(d.path(), sealed) }
func (d drawer) Empty() error            { return profilefiles.Erase(d.path()) }
func (d drawer) Look() ([]byte, error) {
	b, err := profilefiles.Read(d.path(), 1<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

// onAccounts does one act on a whole account with what the jar of t holds.
func (h *house) onAccounts(act string, t *task, ack func(...any)) error {
	given := func(in app.SignedIn, pair app.Pair) {
		t.Door = t.Door.with(in.User.ID, pair.Refresh)
		ack(atDoor, in.User.ID, pair.Refresh)
	}
	if h.window == nil {
		in, pair, err := h.open(t.Door)
		switch {
		case err == nil:
			given(in, pair)
		case app.CodeOf(err) != app.CodeSessionNone:
			return err
		}
	}
	renew := func(in app.SignedIn) error {
		in, pair, err := h.sessions.Renew(ctx, in.Session.ID)
		if err == nil {
			given(in, pair)
			ack(act)
		}
		return err
	}
	switch act {
	case makeCodes:
		codes, err := h.newCodes()
		if err == nil {
			for _, c := range codes {
				ack(aCode, c)
			}
			ack(act)
		}
		return err
	case useCode:
		if !h.window.State().Unclaimed {
			if err := h.window.Recover(ctx, t.Codes[0]); err != nil {
				return err
			}
		}
		in, pair, err := h.window.Claim(ctx)
		if err == nil {
			given(in, pair)
			ack(act)
		}
		return err
	case merge:
		in, err := h.together()
		if err != nil {
			return err
		}
		return renew(in)
	case undo:
		in, err := h.apart()
		if err != nil {
			return err
		}
		return renew(in)
	case leave:
		who, err := h.window.Who()
		if err == nil {
			err = h.window.DeleteAccount(ctx, who, firstName)
		}
		if err == nil {
			ack(act)
		}
		return err
	}
	panic(act)
}

// newCodes makes ten codes for person.
func (h *house) newCodes() ([]string, error) {
	u, err := h.db.UserByIdentity(ctx, person.Key)
	if err != nil {
		return nil, err
	}
	return recovery.Sheet(ctx, h.db, rand.Reader, u.ID, h.clock.Now())
}

// two are whose person's and neighbour's accounts are.
func (h *house) two() (one, other app.User, err error) {
	if one, err = h.db.UserByIdentity(ctx, person.Key); err == nil {
		other, err = h.db.UserByIdentity(ctx, neighbour.Key)
	}
	return one, other, err
}

// together is what package signin does once both are confirmed; done already, it does nothing.
func (h *house) together() (app.SignedIn, error) {
	who, err := h.window.Who()
	if err != nil {
		return who, err
	}
	one, other, err := h.two()
	if err != nil || one.ID == other.ID {
		return who, err
	}
	return h.db.Merge(ctx, app.MergeRequest{From: other, Into: one, Word: neighbour, SessionID: who.Session.ID, Nickname: neighbourName, At: h.clock.Now()})
}

// apart is likewise what it does to undo it.
func (h *house) apart() (app.SignedIn, error) {
	who, err := h.window.Who()
	if err != nil {
		return who, err
	}
	one, other, err := h.two()
	if err != nil || one.ID != other.ID {
		return who, err
	}
	all, err := h.db.Merges(ctx, one.ID, h.clock.Now())
	if err != nil || len(all) != 1 {
		return who, fmt.Errorf("%d merges: %w", len(all), err)
	}
	in, err := h.db.Unmerge(ctx, one.ID, who.Session.ID, all[0].From.User.ID, h.clock.Now())
	return in, err
}

// arrive is a start with what the jar of p has, and its claim of what nobody claimed.
func (p promise) arrive(dir string, f func(h *house) error) (err error) {
	h, err := enter(dir, &clock{at: p.At.Add(time.Minute)})
	if err != nil {
		return fmt.Errorf("the next start: %w", err)
	}
	defer func() { err = errors.Join(err, h.leave()) }()
	if err := sound(dir); err != nil {
		return err
	}
	if _, _, err := h.open(p.Door); err != nil && app.CodeOf(err) != app.CodeSessionNone && app.CodeOf(err) != app.CodeSessionRevoked {
		return err
	}
	if h.window.State().Unclaimed {
		if _, _, err := h.window.Claim(ctx); err != nil {
			return fmt.Errorf("claim: %w", err)
		}
	}
	if err := f(h); err != nil {
		return err
	}
	return sound(dir)
}

// checkCodes: a code is used and its owner is in, or neither; each works once; a sheet
// is there whole, the new one or the one before.
func (p promise) checkCodes(dir string) error {
	return p.arrive(dir, func(h *house) error {
		who, err := h.window.Who()
		in := err == nil
		if !in && (p.Done[useCode] || p.Done[makeCodes]) {
			return fmt.Errorf("the session is lost: %w", err)
		}
		if in {
			if err := h.window.SignOut(ctx, who.Session.ID); err != nil {
				return err
			}
		}
		use := func(code string, want app.Code) error {
			if err := h.window.Recover(ctx, code); app.CodeOf(err) != want {
				return fmt.Errorf("a code: %w, want %q", err, want)
			}
			if want != "" {
				return nil
			}
			who, _, err := h.window.Claim(ctx)
			if err != nil || who.User.Nickname != firstName {
				return fmt.Errorf("a code let in %+v: %w", who.User, err)
			}
			return h.window.SignOut(ctx, who.Session.ID)
		}
		u, err := h.db.UserByIdentity(ctx, person.Key)
		if err != nil {
			return err
		}
		sheet, err := h.db.RecoveryCodes(ctx, u.ID)
		if err != nil || len(sheet.Codes) != 10 {
			return fmt.Errorf("a sheet of %d: %w", len(sheet.Codes), err)
		}
		before, made := p.Codes[:10], p.Codes[10:]
		if p.doubt != makeCodes && len(made) == 0 {
			first := app.Code("")
			if in { // by the code, since nobody was
				first = app.CodeRecoveryUsed
			}
			return errors.Join(use(before[0], first), use(before[1], ""), use(before[1], app.CodeRecoveryUsed))
		}
		if len(made) == 10 {
			return errors.Join(use(made[0], ""), use(before[0], app.CodeRecoveryWrong))
		}
		// It was cut off: the sheet of before, or one that nobody has seen.
		err = h.window.Recover(ctx, before[0])
		if code := app.CodeOf(err); code != "" && code != app.CodeRecoveryWrong {
			return fmt.Errorf("a code of before: %w", err)
		}
		if err == nil {
			_, _, err = h.window.Claim(ctx)
			return err
		}
		codes, err := h.newCodes()
		if err != nil {
			return fmt.Errorf("making them again: %w", err)
		}
		return use(codes[9], "")
	})
}

// checkTwo: the two accounts are one whole or two whole; taken apart each is exactly
// what it was, and the same act works again.
func (p promise) checkTwo(dir string) error {
	return p.arrive(dir, func(h *house) error {
		if _, err := h.window.Who(); err != nil {
			return fmt.Errorf("the session is lost: %w", err)
		}
		whole := func(joined bool) error {
			one, other, err := h.two()
			switch {
			case err != nil:
				return err
			case joined && (one != other || one.ID != p.Door.Screen || one.Nickname != neighbourName):
				return fmt.Errorf("joined they are %+v and %+v", one, other)
			case !joined && (one.ID != p.Door.Screen || other.ID == one.ID || one.Nickname != firstName || other.Nickname != neighbourName):
				return fmt.Errorf("two they are %+v and %+v", one, other)
			}
			users, identities, _, err := counts(dir)
			if want := map[bool]int{true: 1, false: 2}[joined]; err != nil || users != want || identities != 2 {
				return fmt.Errorf("%d users, %d identities: %w", users, identities, err)
			}
			return nil
		}
		one, other, err := h.two()
		if err != nil {
			return err
		}
		joined := one.ID == other.ID
		if p.Done[merge] && !joined || p.Done[undo] && joined {
			return errors.New("what was answered is undone")
		}
		for range 3 { // as it is, then the other, and back
			if err := whole(joined); err != nil {
				return err
			}
			act := h.together
			if joined {
				act = h.apart
			}
			if _, err := act(); err != nil {
				return fmt.Errorf("joined %t, and then: %w", joined, err)
			}
			joined = !joined
		}
		return whole(joined)
	})
}

// checkGone: the account is there as it was, or nothing of it is but its receipt, which
// says so until it is read; whoever is beside it has lost nothing.
func (p promise) checkGone(dir string) error {
	err := p.arrive(dir, func(h *house) error {
		s := h.window.State()
		u, err := h.db.UserByIdentity(ctx, person.Key)
		kept, lookErr := drawer{dir}.Look()
		switch {
		case lookErr != nil:
			return lookErr
		case err == nil:
			who, whoErr := h.window.Who()
			if p.Done[leave] || whoErr != nil || who.User != u || u.Nickname != firstName || s.Receipt != nil || len(kept) > 0 {
				return fmt.Errorf("still there: %+v, receipt %+v of %d bytes: %w", u, s.Receipt, len(kept), whoErr)
			}
			if err := h.window.DeleteAccount(ctx, who, firstName); err != nil {
				return fmt.Errorf("trying again: %w", err)
			}
			s = h.window.State()
		case app.CodeOf(err) != app.CodeNotFound:
			return err
		case !p.Done[leave] && p.doubt != leave:
			return errors.New("the account is lost")
		}
		if s.Step != signin.StepSignedOut && s.Step != signin.StepSetupNeeded {
			return fmt.Errorf("it shows %s", s.Step)
		}
		told := s.Receipt != nil && bytes.Contains([]byte(s.Receipt.Text()), []byte(firstName))
		if !told && len(p.errors) == 0 && !p.Done[shut] { // which was seen
			return errors.New("nothing says that the account is gone")
		}
		h.window.CloseReceipt()
		if kept, err := (drawer{dir}).Look(); err != nil || len(kept) > 0 {
			return fmt.Errorf("%d bytes of the receipt are left: %w", len(kept), err)
		}
		if other, err := h.db.UserByIdentity(ctx, neighbour.Key); err != nil || other.Nickname != neighbourName {
			return fmt.Errorf("the other account: %+v %w", other, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil && bytes.Contains(text, []byte(person.Login)) {
			err = fmt.Errorf("%s tells who was deleted", d.Name())
		}
		return err
	})
}

// life is a road on which a whole account comes, goes, or becomes another's.
type life struct {
	name   string
	before func(h *house, p *promise) error // with person and neighbour signed up, person at home
	acts   []string
	check  func(p promise, dir string) error
	least  int // points
}

var lives = []life{
	{"recovery codes", codesOfBefore, []string{makeCodes}, promise.checkCodes, 8},
	{"a recovery code", func(h *house, p *promise) error {
		err := codesOfBefore(h, p)
		if err == nil {
			_, err = h.window.SignOutAll(ctx)
		}
		p.Door = door{}
		return err
	}, []string{useCode}, promise.checkCodes, 12},
	{"a merge", nil, []string{merge}, promise.checkTwo, 20},
	{"its undo", func(h *house, p *promise) error {
		_, err := h.together()
		return err
	}, []string{undo}, promise.checkTwo, 20},
	{"a deletion", codesOfBefore, []string{leave}, promise.checkGone, 8},
}

func codesOfBefore(h *house, p *promise) (err error) {
	p.Codes, err = h.newCodes()
	return err
}

// prepare returns a profile in which before has happened, with its backup.
func (l life) prepare(t *testing.T) (dir string, p promise) {
	t.Helper()
	dir, p = behind(t, true)
	h, err := enter(dir, &clock{at: p.At})
	if err != nil {
		t.Fatal(err)
	}
	one, err := h.db.UserByIdentity(ctx, person.Key)
	if err != nil {
		t.Fatal(err)
	}
	p.Door.Screen = one.ID
	in, pair, err := h.open(p.Door)
	if err == nil {
		p.Door = p.Door.with(in.User.ID, pair.Refresh)
		if l.before != nil {
			err = l.before(h, &p)
		}
	}
	if err == nil {
		_, err = h.db.Backup(ctx)
	}
	if err := errors.Join(err, h.leave()); err != nil {
		t.Fatal(err)
	}
	p.At = p.At.Add(time.Minute)
	return dir, p
}

// RC-14, MG-17, LV-05: killed before and after every statement by which recovery codes
// are made and used, two accounts become one and two again, and one is deleted, and
// failing at every statement.
func TestCP01_RC14_MG17_LV05_EveryNamedPointOfAWholeAccount(t *testing.T) {
	var faults []fault
	for _, l := range lives {
		from, before := l.prepare(t)
		faults = append(faults, atPoints(t, walk{"account", l.name, from, before, l.acts, l.check, l.least})...)
	}
	tryAll(t, pointsAtMost, faults)
}
