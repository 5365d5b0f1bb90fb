// Package account holds what can be done with an account: somebody whom a provider
// confirmed is admitted, signs up, takes another nickname, links and unlinks
// providers, brings two accounts together and puts them back, looks at their sessions,
// goes for good.
//
// What goes in here: the rules of those acts, and what they remember in memory (which
// names are held, whose confirmation is still fresh). What does not: what a window
// shows, and how a provider is asked. Every act is one transaction of the Store.
package account

import (
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/nickname"
)

// Options are what New needs; every field but Reserved, Judge, Merging and Deleting is required.
type Options struct {
	Store    Store
	Sessions Sessions
	// Configured reports whether a provider can be asked for a confirmation.
	Configured func(provider string) bool
	Clock      app.Clock
	Rand       io.Reader // crypto/rand.Reader outside tests
	Log        *slog.Logger
	// Reserved are more names that nobody may take.
	Reserved []string
	// Judge is the program's own say about a nickname that the rules allow: an error
	// whose text is the sentence to show. nil: it has none.
	Judge func(ctx context.Context, nickname string) error
	// Merging is the program's own say about two accounts that are to be brought
	// together, or apart again: asked before anything is written, so it may be asked
	// again of what came to nothing. The text of its error is the sentence to show. nil:
	// it has none.
	Merging func(ctx context.Context, from, into app.User, undone bool) error
	// Deleting is told what is about to be deleted, whole but for what can fail after it;
	// nil: nobody is.
	Deleting func(who app.SignedIn, d Deleted)
}

// Acts are the acts on the accounts of one profile. They may run beside each other.
type Acts struct {
	Lists
	o        Options
	merger   Merger // nil: two accounts can't be brought together
	checks   *rate.Limiter
	reserved nickname.List

	mu      sync.Mutex // guards all below
	held    map[string]hold
	checked map[string]string       // by holder: the text that was last found free
	fresh   map[string]confirmation // by session ID and identity ID
}

// New makes Acts.
func New(o Options) *Acts {
	merger, _ := o.Store.(Merger)
	if m, ok := merger.(interface{ CanMerge() bool }); ok && !m.CanMerge() {
		merger = nil
	}
	return &Acts{
		merger: merger,
		Lists:  o.Store, o: o, checks: rate.NewLimiter(checkRate, checkBurst), reserved: nickname.NewList(o.Reserved),
		held: map[string]hold{}, checked: map[string]string{}, fresh: map[string]confirmation{},
	}
}

func (a *Acts) randomID() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(a.o.Rand, b[:]); err != nil {
		return "", app.Fail(app.CodeInternal, err)
	}
	return hex.EncodeToString(b[:]), nil
}

// Sessions lists the live sessions of who: their own, then the others, newest first.
func (a *Acts) Sessions(ctx context.Context, who app.SignedIn) ([]app.SignedIn, error) {
	all, err := a.o.Store.UserSessions(ctx, who.User.ID)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(in app.SignedIn) bool { return a.o.Sessions.Alive(in.Session) != nil })
	if i := slices.IndexFunc(all, func(in app.SignedIn) bool { return in.Session.ID == who.Session.ID }); i > 0 {
		own := all[i]
		all = slices.Insert(slices.Delete(all, i, i+1), 0, own)
	}
	return all, nil
}

// EndSession ends one session of who: their own as a sign-out. CodeNotFound if it
// is not theirs.
func (a *Acts) EndSession(ctx context.Context, who app.SignedIn, sessionID string) error {
	all, err := a.o.Store.UserSessions(ctx, who.User.ID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(in app.SignedIn) bool { return in.Session.ID == sessionID }) {
		return app.Fail(app.CodeNotFound, nil)
	}
	why := app.EndRevoked
	if sessionID == who.Session.ID {
		why = app.EndSignedOut
	}
	return a.o.Sessions.End(ctx, sessionID, why)
}

// Deleted is what became of a deleted account.
type Deleted struct {
	At         time.Time
	Gone       []string  // the users: whom they absorbed, and themselves last
	RestsUntil time.Time // when the nickname has rested; zero where it does not
	Links      []DeletedLink
}

// DeletedLink is an account at a provider that a deleted user had.
type DeletedLink struct {
	app.Identity
	// Revoke withdraws at the provider what was granted there; nil where the provider did
	// not confirm them freshly, or has no such call.
	Revoke func(context.Context) error
}

// Delete deletes who and all that is theirs in this profile, and whom they absorbed.
// typed must be their nickname (CodeConflict otherwise).
func (a *Acts) Delete(ctx context.Context, who app.SignedIn, typed string) (Deleted, error) {
	d := Deleted{At: a.o.Clock.Now()}
	if typed != who.User.Nickname {
		return Deleted{}, app.Fail(app.CodeConflict, nil)
	}
	ids, err := a.o.Store.Identities(ctx, who.User.ID)
	if err != nil {
		return Deleted{}, err
	}
	if a.merger != nil {
		if d.Gone, err = a.merger.Absorbed(ctx, who.User.ID); err != nil {
			return Deleted{}, err
		}
	}
	d.Gone = append(d.Gone, who.User.ID)
	if r, ok := a.o.Store.(Rester); ok {
		d.RestsUntil = r.RestsUntil(d.At)
	}
	for _, id := range ids {
		d.Links = append(d.Links, DeletedLink{id, a.revoker(who.Session.ID, id.ID)})
	}
	if a.o.Deleting != nil {
		a.o.Deleting(who, d)
	}
	if err := a.o.Store.DeleteUser(ctx, who.User.ID, d.At); err != nil {
		return Deleted{}, err
	}
	return d, nil
}
