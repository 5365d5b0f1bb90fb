//go:build faults && crashtest && linux

package faults_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/signin"
)

// door is what the jar holds of several accounts.
type door struct {
	Screen string            // the user whose pair it has
	Jar    map[string]string // the refresh token of each, by user
	Out    bool              // the other one was signed out of
}

// with is d after a token of that user's was given, which puts them on the screen.
func (d door) with(user, token string) door {
	jar := maps.Clone(d.Jar)
	if jar == nil {
		jar = map[string]string{}
	}
	jar[user] = token
	return door{user, jar, d.Out}
}

// other is who hangs at the door besides the one on the screen; empty if nobody does.
func (d door) other() string {
	for user := range d.Jar {
		if user != d.Screen {
			return user
		}
	}
	return ""
}

// neighbour is who signs in beside person.
var neighbour = app.Profile{
	Key:      app.IdentityKey{Issuer: "https://nid.naver.com", Subject: "n-7"},
	Provider: "naver", Login: "dooly",
}

const neighbourName = "Dooly"

// The acts of a worker with several accounts.
const (
	beside     = "beside" // one more signs in
	switchOver = "switch" // to the other
	outOf      = "outof"  // the other
	atDoor     = "door"   // what is told of a token: whose, and which
)

// open starts a window's use cases as a start does: with what the jar has.
func (h *house) open(d door) (in app.SignedIn, pair app.Pair, err error) {
	if h.window == nil {
		h.window = signin.New(signin.Options{
			Accounts: h.db, Sessions: h.sessions, Clock: h.clock, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler), Several: true, Language: app.English, Drawer: drawer{h.dir},
		})
	}
	in, pair, err = h.window.Refresh(ctx, d.Jar[d.Screen])
	if err != nil && h.window.State().Step == signin.StepBlocked {
		h.window.Close() // Try again starts anew
		h.window = nil
	}
	return in, pair, err
}

// atTheDoor does one act with what the jar of t holds, and puts into it what was given.
func (h *house) atTheDoor(act string, t *task, ack func(...any)) error {
	given := func(in app.SignedIn, pair app.Pair) {
		t.Door = t.Door.with(in.User.ID, pair.Refresh)
		ack(atDoor, in.User.ID, pair.Refresh)
	}
	if act == beside {
		in, err := h.signInAs(neighbour, neighbourName, func(...any) {})
		if err != nil {
			return err
		}
		in, pair, err := h.sessions.Claim(ctx, in.Session.ID)
		if err == nil {
			given(in, pair)
			ack(act)
		}
		return err
	}
	if h.window == nil {
		in, pair, err := h.open(t.Door)
		if err != nil {
			return err
		}
		given(in, pair)
	}
	if act == outOf {
		err := h.window.SignOutOf(ctx, t.Door.other())
		if err == nil {
			ack(act)
		}
		return err
	}
	other := t.Door.other()
	in, pair, err := h.window.SwitchTo(ctx, other, []string{t.Door.Jar[other]})
	if err == nil {
		given(in, pair)
		ack(act)
	}
	return err
}

// checkDoor starts the program once more with what the jar has: one person is on the
// screen, whom every answer is about, each account is there wholly or as before, and what
// was signed out of stays so.
func (p promise) checkDoor(dir string) (err error) {
	h, err := enter(dir, &clock{at: p.At.Add(time.Minute)})
	if err != nil {
		return fmt.Errorf("the next start: %w", err)
	}
	defer func() { err = errors.Join(err, h.leave()) }()
	if err := sound(dir); err != nil {
		return err
	}
	in, pair, err := h.open(p.Door)
	if app.CodeOf(err) == app.CodeSessionNone && p.doubt == beside {
		in, pair, err = h.window.Claim(ctx) // the newcomer, whose pair the jar never got
	}
	if err != nil {
		return fmt.Errorf("the session on the screen is lost: %w", err)
	}
	jar := p.Door.with(in.User.ID, pair.Refresh)
	one := func() error {
		who, err := h.window.Who()
		if err != nil || who.User.ID != jar.Screen || h.window.State().Home.UserID != jar.Screen {
			return fmt.Errorf("%s is on the screen, %s is answered with: %w", jar.Screen, who.User.ID, err)
		}
		return nil
	}
	if err := one(); err != nil {
		return err
	}
	if in.User.ID != p.Door.Screen && p.doubt != beside {
		return fmt.Errorf("%s is on the screen, not %s", in.User.ID, p.Door.Screen)
	}

	// There and back.
	other := jar.other()
	for range 2 {
		to := jar.other()
		if to == "" {
			break
		}
		in, pair, err := h.window.SwitchTo(ctx, to, []string{jar.Jar[to]})
		switch {
		case p.Door.Out || p.doubt == outOf && app.CodeOf(err) == app.CodeNotFound:
			if app.CodeOf(err) != app.CodeNotFound {
				return fmt.Errorf("whoever was signed out of is switched to: %w", err)
			}
		case err != nil:
			return fmt.Errorf("the other account is lost: %w", err)
		default:
			jar = jar.with(in.User.ID, pair.Refresh)
		}
		if err := one(); err != nil {
			return err
		}
	}

	// The same act again.
	first, err := h.db.UserByIdentity(ctx, neighbour.Key)
	exists := err == nil
	again, err := h.signInAs(neighbour, neighbourName, func(...any) {})
	if err != nil || exists && again.User != first {
		return fmt.Errorf("signing in again: %+v, before %+v: %w", again.User, first, err)
	}
	if other != "" {
		if err := h.window.SignOutOf(ctx, other); err != nil && app.CodeOf(err) != app.CodeNotFound {
			return fmt.Errorf("signing out again: %w", err)
		}
	}
	if _, err := h.window.SignOutAll(ctx); err != nil {
		return fmt.Errorf("signing out of all: %w", err)
	}
	if all, err := h.window.Nameplates(ctx); err != nil || len(all) != 0 {
		return fmt.Errorf("after signing out of all: %+v %w", all, err)
	}
	if users, identities, _, err := counts(dir); err != nil || users != 2 || identities != 2 {
		return fmt.Errorf("%d users, %d identities: %w", users, identities, err)
	}
	return sound(dir)
}

// doors are what is done with several accounts while a fault happens.
var doors = []struct {
	name    string
	both    bool // two are signed in
	acts    []string
	atLeast int // points
}{
	{"one more account", false, []string{beside}, 12},
	{"a switch", true, []string{switchOver}, 8},
	{"there and back", true, []string{switchOver, switchOver}, 8},
	{"out of the other", true, []string{outOf}, 8},
}

// behind returns a profile in which one person, or two, are signed in.
func behind(t *testing.T, both bool) (dir string, p promise) {
	t.Helper()
	dir, p = scratch(t), promise{At: began}
	h, err := enter(dir, &clock{at: p.At})
	if err != nil {
		t.Fatal(err)
	}
	who := []app.Profile{person}
	if both {
		who = append(who, neighbour)
	}
	for i, profile := range who {
		in, err := h.signInAs(profile, []string{firstName, neighbourName}[i], func(...any) {})
		if err != nil {
			t.Fatal(err)
		}
		in, pair, err := h.sessions.Claim(ctx, in.Session.ID)
		if err != nil {
			t.Fatal(err)
		}
		p.Door = p.Door.with(in.User.ID, pair.Refresh)
	}
	if err := h.leave(); err != nil {
		t.Fatal(err)
	}
	p.At = p.At.Add(time.Minute)
	return dir, p
}

// AC-13: killed before and after every statement of a switch, of one more account and of
// signing out of one, and failing at every statement.
func TestCP01_AC13_EveryNamedPointOfSeveralAccounts(t *testing.T) {
	var faults []fault
	for _, d := range doors {
		from, before := behind(t, d.both)
		faults = append(faults, atPoints(t, walk{"door", d.name, from, before, d.acts, promise.checkDoor, d.atLeast})...)
	}
	tryAll(t, pointsAtMost, faults)
}
