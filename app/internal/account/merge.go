package account

import (
	"context"
	"slices"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// mergingPatience is how long the program may think about a merge.
const mergingPatience = 10 * time.Second

// Merge brings other's account together with that of who, as the person was asked by
// the provider's word c, which came at: all that was other's is theirs, under the one
// of the two nicknames that they chose. The session of who goes on, every other of the
// two ends. It can be undone for app.MergeLifetime.
//
// CodeMergeChanged where one of the two is not as it was when the person was asked,
// CodeMergeRefused (param reason) where the program does not want it, CodeConflict for
// another nickname, codes of a session that has ended (AL-04).
func (a *Acts) Merge(ctx context.Context, who app.SignedIn, other app.User, c app.Confirmation, at time.Time, nickname string) (app.SignedIn, error) {
	if a.merger == nil || who.User.ID == other.ID || nickname != who.User.Nickname && nickname != other.Nickname {
		return app.SignedIn{}, app.Fail(app.CodeConflict, nil)
	}
	in, err := a.o.Sessions.Live(ctx, who.Session.ID)
	if err != nil {
		return app.SignedIn{}, err
	}
	if err := a.merging(ctx, other, who.User, false); err != nil {
		return app.SignedIn{}, err
	}
	in, err = a.merger.Merge(ctx, app.MergeRequest{
		From: other, Into: who.User, Word: c.Profile, SessionID: in.Session.ID, Nickname: nickname, At: a.o.Clock.Now(),
	})
	if err != nil {
		return app.SignedIn{}, err
	}
	a.release(other.ID)
	a.release(in.User.ID)
	ids, err := a.o.Store.Identities(ctx, in.User.ID)
	if err != nil {
		a.o.Log.Warn("identities not read again", "code", app.CodeOf(err))
	}
	if i := slices.IndexFunc(ids, func(id app.Identity) bool { return id.Key == c.Profile.Key }); i >= 0 {
		a.remember(in.Session.ID, ids[i].ID, at, c.Revoke)
	}
	return in, nil
}

// merging asks the program.
func (a *Acts) merging(ctx context.Context, from, into app.User, undone bool) error {
	if a.o.Merging == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, mergingPatience)
	defer cancel()
	if err := a.o.Merging(ctx, from, into, undone); err != nil {
		return app.Fail(app.CodeMergeRefused, nil, "reason", err.Error())
	}
	return nil
}

// Merges are those by which who absorbed others and that can still be undone, the last
// one first.
func (a *Acts) Merges(ctx context.Context, who app.SignedIn) ([]app.Merge, error) {
	if a.merger == nil {
		return nil, nil
	}
	return a.merger.Merges(ctx, who.User.ID, a.o.Clock.Now())
}

// MayUnmerge reports whether the merge by which who absorbed fromID can be undone.
// CodeMergeLapsed, CodeMergeOrder, CodeMergeNoWayIn, CodeNotFound.
func (a *Acts) MayUnmerge(ctx context.Context, who app.SignedIn, fromID string) error {
	_, err := a.undoable(ctx, who, fromID)
	return err
}

func (a *Acts) undoable(ctx context.Context, who app.SignedIn, fromID string) (app.Merge, error) {
	if a.merger == nil {
		return app.Merge{}, app.Fail(app.CodeNotFound, nil)
	}
	return a.merger.MayUnmerge(ctx, who.User.ID, who.Session.ID, fromID, a.o.Clock.Now())
}

// Unmerge undoes the merge by which who absorbed fromID, and returns who as they are
// now. Codes of MayUnmerge, CodeMergeRefused (param reason).
func (a *Acts) Unmerge(ctx context.Context, who app.SignedIn, fromID string) (app.SignedIn, error) {
	m, err := a.undoable(ctx, who, fromID)
	if err != nil {
		return app.SignedIn{}, err
	}
	if err := a.merging(ctx, m.From.User, who.User, true); err != nil {
		return app.SignedIn{}, err
	}
	in, err := a.merger.Unmerge(ctx, who.User.ID, who.Session.ID, fromID, a.o.Clock.Now())
	if err != nil {
		return app.SignedIn{}, err
	}
	a.release(who.User.ID)
	a.forgetOthers(ctx, in)
	return in, nil
}

// forgetOthers forgets the words about identities that who has no more: their grant is
// another account's.
func (a *Acts) forgetOthers(ctx context.Context, who app.SignedIn) {
	ids, err := a.o.Store.Identities(ctx, who.User.ID)
	if err != nil {
		a.o.Log.Warn("identities not read again", "code", app.CodeOf(err))
	}
	keep := map[string]bool{}
	for _, id := range ids {
		keep[who.Session.ID+" "+id.ID] = true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for key := range a.fresh {
		if len(key) > len(who.Session.ID) && key[:len(who.Session.ID)+1] == who.Session.ID+" " && !keep[key] {
			delete(a.fresh, key)
		}
	}
}

// Lapse forgets what can be undone no more, after forget is told of each user whose
// account is another's for good.
func (a *Acts) Lapse(ctx context.Context, forget func(userID string)) error {
	if a.merger == nil {
		return nil
	}
	now := a.o.Clock.Now()
	lapsed, err := a.merger.LapsedMerges(ctx, now)
	if err != nil {
		return err
	}
	for _, id := range lapsed {
		forget(id)
		if err := a.merger.LapseMerge(ctx, id, now); err != nil {
			return err
		}
	}
	return nil
}
