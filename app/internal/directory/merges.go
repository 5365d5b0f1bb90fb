package directory

import (
	"context"
	"errors"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/nickname"
)

// Merge brings the account that a fresh ticket is about together with in's, under the
// nickname of one of the two that was chosen. The same ticket again answers the same.
// CodeConfirmationNeeded where one of the two was not confirmed a moment ago,
// CodeMergeChanged where either is not what the request says, CodeConflict for another
// nickname.
func (s *Service) Merge(ctx context.Context, in app.SignedIn, r MergeRequest) (Merged, error) {
	if r.From == "" || !stored(r.From) || r.Nickname == "" {
		return Merged{}, app.Fail(app.CodeBadRequest, errors.New("whom, and under which nickname?"))
	}
	if err := s.count(ctx, "merge "+in.User.ID, mergesPerMinute); err != nil {
		return Merged{}, err
	}
	word, err := s.freshTicket(ctx, r.Ticket)
	if err != nil {
		return Merged{}, err
	}
	if err := s.confirmedBeside(ctx, in, r.Confirmation); err != nil {
		return Merged{}, err
	}
	now, _, err := s.db.Merge(ctx, hashOf(r.Ticket), app.MergeRequest{
		From: app.User{ID: r.From, Nickname: r.FromNickname}, Into: app.User{ID: in.User.ID, Nickname: r.IntoNickname},
		Word: word, SessionID: in.Session.ID, Nickname: r.Nickname, At: s.now(),
	})
	if err != nil {
		return Merged{}, err
	}
	return s.merged(ctx, now)
}

func (s *Service) merged(ctx context.Context, in app.SignedIn) (Merged, error) {
	ids, err := s.Identities(ctx, in)
	return Merged{User: userOf(in.User), Identity: identityOf(in.Identity), Session: sessionOf(in, in.Session.ID), Identities: ids.Identities}, err
}

// Merges lists those of in that can still be undone, and whom in absorbed at all.
func (s *Service) Merges(ctx context.Context, in app.SignedIn) (Merges, error) {
	list := Merges{Merges: []Merge{}}
	all, err := s.db.Merges(ctx, in.User.ID, s.now())
	if err != nil {
		return list, err
	}
	for _, m := range all {
		list.Merges = append(list.Merges, mergeOf(m))
	}
	absorbed, err := s.db.Absorbed(ctx, in.User.ID)
	if err != nil {
		return list, err
	}
	lapsed, err := s.db.Lapsed(ctx, in.User.ID)
	list.Absorbed, list.Lapsed = full(absorbed), full(lapsed)
	return list, err
}

func mergeOf(m app.Merge) Merge {
	return Merge{
		ID: m.From.User.ID, Nickname: m.From.User.Nickname, CreatedAt: ms(m.From.User.CreatedAt), Before: m.Into.User.Nickname, Provider: m.Provider, At: ms(m.At), Until: ms(m.Until),
	}
}

// MayUnmerge says what Unmerge would. CodeMergeLapsed, CodeMergeOrder, CodeMergeNoWayIn,
// CodeNotFound.
func (s *Service) MayUnmerge(ctx context.Context, in app.SignedIn, from string) (Merge, error) {
	m, err := s.db.MayUnmerge(ctx, in.User.ID, in.Session.ID, from, s.now())
	return mergeOf(m), err
}

// Unmerge undoes the merge by which in absorbed from. Again within a day it answers the
// same. Codes of MayUnmerge, CodeConfirmationNeeded.
func (s *Service) Unmerge(ctx context.Context, in app.SignedIn, from, ticket string) (Merged, error) {
	if err := s.count(ctx, "merge "+in.User.ID, mergesPerMinute); err != nil {
		return Merged{}, err
	}
	// Whoever did not hear that it is done asks again by a word that may be the other's by now.
	word := s.confirmed(ctx, in, ticket)
	if word != nil && app.CodeOf(word) != app.CodeConfirmationNeeded {
		return Merged{}, word
	}
	now, err := s.db.Unmerge(ctx, in.User.ID, in.Session.ID, from, word, nickname.Version, nickname.Keys, s.now())
	if err != nil {
		return Merged{}, err
	}
	return s.merged(ctx, now)
}
