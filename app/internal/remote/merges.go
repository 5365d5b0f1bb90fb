package remote

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory/wire"
)

// settingAbsorbed is where the profile remembers which of its people became others at the
// directory, and when that can be undone no more (Unix milliseconds by user ID): what the
// program keeps of them is kept until then.
const settingAbsorbed = "directory_absorbed "

// word is whom the directory said that an identity belongs to when it was confirmed last.
type word struct {
	user app.User // zero: nobody
	at   time.Time
}

// said remembers whose a confirmed identity is: the mirror knows nobody who was never
// signed in here.
func (r *Remote) said(i wire.Identity, u *wire.User) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := word{at: r.o.Clock.Now()}
	if u != nil {
		w.user = userOf(*u)
	}
	r.owners[app.IdentityKey{Issuer: i.Issuer, Subject: i.Subject}] = w
}

// unsaid forgets whose identities are: an act has changed it.
func (r *Remote) unsaid() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.owners)
}

// UserByIdentity finds who has an identity: as the directory said a moment ago, when it was
// confirmed, else as the mirror has it. CodeNotFound.
func (s *Store) UserByIdentity(ctx context.Context, k app.IdentityKey) (app.User, error) {
	s.r.mu.Lock()
	w, ok := s.r.owners[k]
	s.r.mu.Unlock()
	switch {
	case !ok || s.r.o.Clock.Now().Sub(w.at) > app.SignInLifetime:
		return s.Database.UserByIdentity(ctx, k)
	case w.user.ID == "":
		return app.User{}, app.Fail(app.CodeNotFound, nil)
	}
	return w.user, nil
}

// CanMerge reports whether the directory brings accounts together: an older one does not.
func (s *Store) CanMerge() bool { return s.r.home.Merges }

// Merge implements account.Merger: the directory does it, and the mirror follows in one
// transaction. CodeSignInExpired where one of the two words is too old by now.
func (s *Store) Merge(ctx context.Context, r app.MergeRequest) (app.SignedIn, error) {
	var m wire.Merged
	_, err := s.r.ask(ctx, ofSession(r.SessionID), http.MethodPost, "/v1/merges", wire.MergeRequest{
		Ticket: r.Word.Ticket, Confirmation: s.r.confirmation(r.Into.ID), From: r.From.ID, FromNickname: r.From.Nickname, IntoNickname: r.Into.Nickname, Nickname: r.Nickname,
	}, &m)
	s.r.unsaid()
	if app.CodeOf(err) == app.CodeConfirmationNeeded {
		err = app.Fail(app.CodeSignInExpired, err)
	}
	if err != nil {
		return app.SignedIn{}, err
	}
	in, err := s.merged(ctx, r.SessionID, m)
	if err != nil {
		return app.SignedIn{}, err
	}
	s.r.confirmed(r.Into.ID, r.Word.Ticket) // it is theirs now
	s.r.absorbed(ctx, r.From.ID, r.At.Add(app.MergeLifetime))
	return in, nil
}

// merged mirrors what a merge or its undo made of somebody.
func (s *Store) merged(ctx context.Context, sessionID string, m wire.Merged) (app.SignedIn, error) {
	if m.User.ID == "" || len(m.Identities) == 0 {
		return app.SignedIn{}, app.Fail(app.CodeDirectoryBadAnswer, nil)
	}
	s.r.forget(sessionID) // the next access token has the nickname that stays
	if _, err := s.r.mirror(ctx, m.User, m.Identities, app.IdentityKey{}, app.Session{}, app.Grant{}); err != nil {
		return app.SignedIn{}, err
	}
	return s.r.Sessions().Live(ctx, sessionID)
}

// Merges implements account.Merger: as the directory has them.
func (s *Store) Merges(ctx context.Context, userID string, _ time.Time) ([]app.Merge, error) {
	list, err := s.r.merges(ctx, userID)
	var all []app.Merge
	for _, m := range list.Merges {
		all = append(all, mergeOf(m, userID))
	}
	return all, err
}

func (r *Remote) merges(ctx context.Context, userID string) (list wire.Merges, err error) {
	_, err = r.ask(ctx, ofUser(userID), http.MethodGet, "/v1/merges", nil, &list)
	return list, err
}

func mergeOf(m wire.Merge, userID string) app.Merge {
	out := app.Merge{Provider: m.Provider, At: moment(m.At), Until: moment(m.Until)}
	out.From.User = app.User{ID: m.ID, Nickname: m.Nickname, CreatedAt: moment(m.CreatedAt)}
	out.Into.User = app.User{ID: userID, Nickname: m.Before}
	return out
}

// MayUnmerge implements account.Merger.
func (s *Store) MayUnmerge(ctx context.Context, userID, sessionID, fromID string, _ time.Time) (app.Merge, error) {
	var m wire.Merge
	_, err := s.r.ask(ctx, ofSession(sessionID), http.MethodGet, "/v1/merges/"+url.PathEscape(fromID), nil, &m)
	return mergeOf(m, userID), err
}

// Unmerge implements account.Merger. CodeConfirmationNeeded.
func (s *Store) Unmerge(ctx context.Context, userID, sessionID, fromID string, now time.Time) (app.SignedIn, error) {
	var m wire.Merged
	_, err := s.r.ask(ctx, ofSession(sessionID), http.MethodDelete, "/v1/merges/"+url.PathEscape(fromID), wire.UnmergeRequest{Ticket: s.r.confirmation(userID)}, &m)
	s.r.unsaid()
	if err != nil {
		return app.SignedIn{}, err
	}
	s.r.mu.Lock()
	delete(s.r.fresh, userID) // it may be the other's by now
	s.r.mu.Unlock()
	if err := s.LapseMerge(ctx, fromID, now); err != nil { // they are themselves again
		s.r.o.Log.Warn("an absorbed account not forgotten", "code", app.CodeOf(err))
	}
	return s.merged(ctx, sessionID, m)
}

// absorbed remembers that one of the profile's people became another, which can be undone
// before until.
func (r *Remote) absorbed(ctx context.Context, userID string, until time.Time) {
	err := r.changeAbsorbed(ctx, func(all map[string]int64) { all[userID] = until.UnixMilli() })
	if err != nil {
		r.o.Log.Warn("an absorbed account not remembered", "code", app.CodeOf(err))
	}
}

func (r *Remote) absorbedHere(ctx context.Context) (map[string]int64, error) {
	all := map[string]int64{}
	text, err := r.o.DB.Setting(ctx, settingAbsorbed+r.client.base)
	if app.CodeOf(err) == app.CodeNotFound {
		return all, nil
	} else if err == nil && json.Unmarshal([]byte(text), &all) != nil {
		all = map[string]int64{} // somebody else wrote it
	}
	return all, err
}

func (r *Remote) changeAbsorbed(ctx context.Context, change func(map[string]int64)) error {
	r.absorbing.Lock()
	defer r.absorbing.Unlock()
	all, err := r.absorbedHere(ctx)
	if err != nil {
		return err
	}
	change(all)
	text, err := json.Marshal(all)
	if err != nil {
		return app.Fail(app.CodeInternal, err)
	}
	return r.o.DB.SetSetting(ctx, settingAbsorbed+r.client.base, string(text))
}

// LapsedMerges implements account.Merger: of the people that this profile knows to have
// become others, those for whom the directory says that this is so for good. Where it can't
// be asked, they wait.
func (s *Store) LapsedMerges(ctx context.Context, now time.Time) ([]string, error) {
	all, err := s.r.absorbedHere(ctx)
	if err != nil {
		return nil, err
	}
	var due []string
	for id, until := range all {
		if until <= now.UnixMilli() {
			due = append(due, id)
		}
	}
	if len(due) == 0 {
		return nil, nil
	}
	grants, err := s.r.o.DB.Grants(ctx)
	if err != nil {
		return nil, err
	}
	var lapsed []string
	asked := map[string]bool{}
	for _, g := range grants {
		if asked[g.UserID] {
			continue
		}
		asked[g.UserID] = true
		list, err := s.r.merges(ctx, g.UserID)
		if err != nil {
			return nil, err
		}
		for _, id := range due {
			if slices.Contains(list.Lapsed, id) {
				lapsed = append(lapsed, id)
			}
		}
	}
	return lapsed, nil
}

// LapseMerge implements account.Merger: the directory forgets by itself.
func (s *Store) LapseMerge(ctx context.Context, fromID string, _ time.Time) error {
	return s.r.changeAbsorbed(ctx, func(all map[string]int64) { delete(all, fromID) })
}

// Absorbed implements account.Merger.
func (s *Store) Absorbed(ctx context.Context, userID string) ([]string, error) {
	list, err := s.r.merges(ctx, userID)
	if app.CodeOf(err) == app.CodeAccountDeleted { // its answer was lost: whoever deletes goes on
		return nil, nil
	}
	return list.Absorbed, err
}
