package remote

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory/wire"
	"munpae.example/munpae/app/internal/nickname"
)

// freshFor is how long a ticket stands for an act that is a risk, as at the directory.
const freshFor = 5 * time.Minute

// Database is the profile's own, which holds the mirror: package sqlite.
type Database interface {
	Mirror(ctx context.Context, u app.User, n app.Nickname, identities []app.Identity, by app.IdentityKey, s app.Session, g app.Grant) (app.SignedIn, error)
	SaveGrant(ctx context.Context, g app.Grant) error
	Grants(ctx context.Context) ([]app.Grant, error)
	EndAndTell(ctx context.Context, sessionID string, why app.EndReason, at time.Time) error
	TellOfEnded(ctx context.Context) error
	Outbox(ctx context.Context) ([]app.Grant, error)
	Told(ctx context.Context, sessionID string) error
	NicknameElsewhere(ctx context.Context, k app.IdentityKey) (string, error)
	Session(ctx context.Context, id string) (app.SignedIn, error)

	SavePendingSignUp(ctx context.Context, p app.PendingSignUp) error
	PendingSignUp(ctx context.Context, now time.Time) (app.PendingSignUp, error)
	DeletePendingSignUp(ctx context.Context, id string) error
	UserByIdentity(ctx context.Context, k app.IdentityKey) (app.User, error)
	Identities(ctx context.Context, userID string) ([]app.Identity, error)
	Confirm(ctx context.Context, sessionID string, p app.Profile, now time.Time) (app.SignedIn, error)
	AdoptSession(ctx context.Context, userID, sessionID, identityID string, at time.Time) error
	DeleteUser(ctx context.Context, userID string, now time.Time) error
	Setting(ctx context.Context, name string) (string, error)
	SetSetting(ctx context.Context, name, value string) error
	ProviderBefore(ctx context.Context) (string, error)
	SessionsHere(ctx context.Context, since time.Time) ([]app.SignedIn, error)
	ForgetEnded(ctx context.Context, userID string) error
}

// Store is the accounts of a profile that belongs to a directory: signin.Accounts.
// What the directory has to know happens there first, and then in the mirror; each
// act says CodeOffline, CodeDirectoryUnavailable or CodeDirectoryBadAnswer, and
// changes nothing here, where it can't be reached.
type Store struct {
	Database
	r *Remote
}

// Store returns the accounts.
func (r *Remote) Store() *Store { return &Store{r.o.DB, r} }

// SignIn opens a session for the confirmation's ticket. CodeNotFound if the person
// has no account.
func (s *Store) SignIn(ctx context.Context, p app.Profile, row app.Session) (app.SignedIn, error) {
	var in wire.SignedIn
	if _, err := s.r.client.do(ctx, http.MethodPost, "/v1/sessions", "", wire.SessionRequest{Ticket: p.Ticket, Device: wire.Device(s.r.o.Device)}, &in); err != nil {
		return app.SignedIn{}, err
	}
	return s.entered(ctx, in, p, row)
}

// SignUp makes the account of a pending sign-up's ticket. A pending sign-up that
// another computer finished is signed in. CodeSignUpExpired, CodeNicknameTaken,
// CodeNicknameLooksLike, CodeNicknameHeld.
func (s *Store) SignUp(ctx context.Context, pendingID string, p app.Profile, n app.Nickname, row app.Session) (app.SignedIn, error) {
	var in wire.SignedIn
	r := wire.SignUpRequest{Ticket: p.Ticket, Nickname: n.Text, Device: wire.Device(s.r.o.Device)}
	if _, err := s.r.client.do(ctx, http.MethodPost, "/v1/users", "", r, &in); err != nil {
		return app.SignedIn{}, err
	}
	signedIn, err := s.entered(ctx, in, p, row)
	if err == nil {
		if err := s.Database.DeletePendingSignUp(ctx, pendingID); err != nil {
			s.r.o.Log.Warn("used sign-up not deleted", "code", app.CodeOf(err))
		}
	}
	return signedIn, err
}

// entered mirrors a session that the directory opened.
func (s *Store) entered(ctx context.Context, in wire.SignedIn, p app.Profile, row app.Session) (app.SignedIn, error) {
	g, err := s.r.grant(row.ID, in)
	if err != nil {
		return app.SignedIn{}, err
	}
	if in.Identity.ID == "" {
		return app.SignedIn{}, app.Fail(app.CodeDirectoryBadAnswer, errors.New("directory: a sign-in without its identity"))
	}
	ids := []wire.Identity{in.Identity}
	var all wire.Identities
	if _, err := s.r.client.do(ctx, http.MethodGet, "/v1/me/identities", in.AccessToken, nil, &all); err == nil && len(all.Identities) > 0 {
		ids = all.Identities // else the news bring the others
	}
	signedIn, err := s.r.mirror(ctx, in.User, ids, p.Key, row, g)
	if err != nil {
		return app.SignedIn{}, err
	}
	s.r.heard(row.ID, in.AccessToken, in.ExpiresIn)
	s.r.confirmed(in.User.ID, p.Ticket)
	s.r.unsaid()
	return signedIn, nil
}

// confirmed remembers the ticket of a user's own identity while it is fresh.
func (r *Remote) confirmed(userID, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fresh[userID] = ticket{text, r.o.Clock.Now()}
}

// confirmation is the user's fresh ticket, or empty.
func (r *Remote) confirmation(userID string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t := r.fresh[userID]; r.o.Clock.Now().Sub(t.at) <= freshFor {
		return t.text
	}
	return ""
}

// SavePendingSignUp keeps a sign-up; its ticket lies sealed in it.
func (s *Store) SavePendingSignUp(ctx context.Context, p app.PendingSignUp) error {
	s.r.mu.Lock()
	s.r.pending = ticket{}
	s.r.mu.Unlock()
	return s.Database.SavePendingSignUp(ctx, p)
}

// pendingTicket is the ticket of the sign-up that is open.
func (s *Store) pendingTicket(ctx context.Context) (string, error) {
	s.r.mu.Lock()
	known := s.r.pending.text
	s.r.mu.Unlock()
	if known != "" {
		return known, nil
	}
	row, err := s.Database.PendingSignUp(ctx, s.r.o.Clock.Now())
	if app.CodeOf(err) == app.CodeNotFound {
		return "", app.Fail(app.CodeSignUpExpired, err)
	} else if err != nil {
		return "", err
	}
	p, err := s.r.o.Keeper.OpenProfile(row.Sealed, row.ID)
	if err != nil {
		return "", err
	}
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	s.r.pending = ticket{p.Ticket, row.CreatedAt}
	return p.Ticket, nil
}

// check asks the directory about a nickname, for the open sign-up or a user.
func (s *Store) check(ctx context.Context, text, userID string) (wire.NicknameAnswer, error) {
	var a wire.NicknameAnswer
	if userID != "" {
		_, err := s.r.ask(ctx, ofUser(userID), http.MethodPost, "/v1/nicknames", wire.NicknameRequest{Nickname: text}, &a)
		return a, err
	}
	t, err := s.pendingTicket(ctx)
	if err != nil {
		return a, err
	}
	_, err = s.r.client.do(ctx, http.MethodPost, "/v1/nicknames", "", wire.NicknameRequest{Ticket: t, Nickname: text}, &a)
	return a, err
}

// NicknameFree asks the directory, which also holds a free name for a minute.
func (s *Store) NicknameFree(ctx context.Context, n app.Nickname, userID string, _ time.Time) error {
	a, err := s.check(ctx, n.Text, userID)
	switch {
	case err != nil:
		return err
	case a.Code == app.CodeAvailable:
		return nil
	}
	var params []string
	for k, v := range a.Params {
		params = append(params, k, v)
	}
	return app.Fail(a.Code, nil, params...)
}

// NicknamesFree asks about the first; where that is taken, the directory proposes.
// The first proposal of all is the name that the person had before the profile
// belonged to this directory.
func (s *Store) NicknamesFree(ctx context.Context, ns []app.Nickname, userID string, _ time.Time) ([]app.Nickname, error) {
	if len(ns) == 0 {
		return nil, nil
	}
	if userID == "" {
		ns = slices.Concat(s.carriedOver(ctx), ns)
	}
	a, err := s.check(ctx, ns[0].Text, userID)
	if err != nil {
		return nil, err
	}
	if a.Code == app.CodeAvailable {
		return ns[:1], nil
	}
	var free []app.Nickname
	for _, text := range a.Proposals {
		if n, err := nickname.Parse(text); err == nil {
			free = append(free, n)
		}
	}
	return free, nil
}

// carriedOver is the nickname that the open sign-up's identity had here before.
func (s *Store) carriedOver(ctx context.Context) []app.Nickname {
	row, err := s.Database.PendingSignUp(ctx, s.r.o.Clock.Now())
	if err != nil {
		return nil
	}
	text, err := s.Database.NicknameElsewhere(ctx, row.Key)
	if err != nil {
		return nil
	}
	n, err := nickname.Parse(text)
	if err != nil {
		return nil
	}
	return []app.Nickname{n}
}

// Rename renames at the directory and then here. Codes of the directory's PATCH /v1/me.
func (s *Store) Rename(ctx context.Context, userID string, n app.Nickname, _ time.Time) (app.User, error) {
	var a wire.UserAnswer
	if _, err := s.r.ask(ctx, ofUser(userID), http.MethodPatch, "/v1/me", wire.RenameRequest{Nickname: n.Text}, &a); err != nil {
		return app.User{}, err
	}
	if err := s.r.remirror(ctx, userID, a.User); err != nil {
		return app.User{}, err
	}
	return userOf(a.User), nil
}

// remirror stores a user and their identities as the directory has them now.
func (r *Remote) remirror(ctx context.Context, userID string, u wire.User) error {
	var ids wire.Identities
	if _, err := r.ask(ctx, ofUser(userID), http.MethodGet, "/v1/me/identities", nil, &ids); err != nil {
		return err
	}
	_, err := r.mirror(ctx, u, ids.Identities, app.IdentityKey{}, app.Session{}, app.Grant{})
	return err
}

// Confirm records a confirmation of the user's own identity: its ticket is what the
// directory wants to see before a risky act.
func (s *Store) Confirm(ctx context.Context, sessionID string, p app.Profile, now time.Time) (app.SignedIn, error) {
	in, err := s.Database.Confirm(ctx, sessionID, p, now)
	if err == nil {
		s.r.confirmed(in.User.ID, p.Ticket)
	}
	return in, err
}

// LinkIdentity links at the directory and then here.
func (s *Store) LinkIdentity(ctx context.Context, userID, _ string, p app.Profile, _ time.Time) (app.Identity, error) {
	var a wire.IdentityAnswer
	r := wire.LinkRequest{Ticket: p.Ticket, Confirmation: s.r.confirmation(userID)}
	if _, err := s.r.ask(ctx, ofUser(userID), http.MethodPost, "/v1/me/identities/"+url.PathEscape(p.Provider), r, &a); err != nil {
		return app.Identity{}, named(err, p.Provider)
	}
	s.r.confirmed(userID, p.Ticket)
	s.r.unsaid()
	return identityOf(a.Identity, userID), s.r.refreshMirror(ctx, userID)
}

// UnlinkIdentity unlinks at the directory, and then here. It is named by its provider, as
// every directory knows it, or by its ID where the provider has two of theirs.
func (s *Store) UnlinkIdentity(ctx context.Context, userID, _, identityID string, _ time.Time) error {
	all, err := s.Identities(ctx, userID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(id app.Identity) bool { return id.ID == identityID })
	if i < 0 {
		return app.Fail(app.CodeNotFound, nil)
	}
	name := all[i].Provider
	if slices.ContainsFunc(all, func(id app.Identity) bool { return id.Provider == name && id.ID != identityID }) {
		name = identityID
	}
	r := wire.UnlinkRequest{Ticket: s.r.confirmation(userID)}
	if _, err := s.r.ask(ctx, ofUser(userID), http.MethodDelete, "/v1/me/identities/"+url.PathEscape(name), r, nil); err != nil {
		return err
	}
	s.r.unsaid()
	return s.r.refreshMirror(ctx, userID)
}

// refreshMirror asks who the user is now and stores it.
func (r *Remote) refreshMirror(ctx context.Context, userID string) error {
	var me wire.Me
	g, err := r.ask(ctx, ofUser(userID), http.MethodGet, "/v1/me", nil, &me)
	if err != nil {
		return err
	}
	if err := r.remirror(ctx, userID, me.User); err != nil {
		return err
	}
	return r.adopt(ctx, g, me)
}

// adopt says here too whose a session is that a recovery code opened, once an account
// was linked in it.
func (r *Remote) adopt(ctx context.Context, g app.Grant, me wire.Me) error {
	if me.Identity.ID == "" {
		return nil
	}
	return r.o.DB.AdoptSession(ctx, g.UserID, g.SessionID, me.Identity.ID, moment(me.Session.ConfirmedAt))
}

// RestsUntil is how long the nickname of an account that is deleted at now rests at the
// directory, which says so; zero where it does not.
func (s *Store) RestsUntil(now time.Time) time.Time {
	if s.r.home.RestDays < 1 {
		return time.Time{}
	}
	return now.AddDate(0, 0, s.r.home.RestDays)
}

// DeleteUser deletes the account at the directory and then here.
// CodeConfirmationNeeded without a fresh confirmation.
func (s *Store) DeleteUser(ctx context.Context, userID string, now time.Time) error {
	g, err := s.r.grantOf(ctx, ofUser(userID))
	if err != nil {
		return err
	}
	in, err := s.Database.Session(ctx, g.SessionID)
	if err != nil {
		return err
	}
	r := wire.DeleteRequest{Ticket: s.r.confirmation(userID), Nickname: in.User.Nickname}
	if _, err := s.r.ask(ctx, ofUser(userID), http.MethodDelete, "/v1/me", r, nil); err != nil && app.CodeOf(err) != app.CodeAccountDeleted {
		return err
	}
	s.r.unsaid()
	if err := s.Database.DeleteUser(ctx, userID, now); err != nil && app.CodeOf(err) != app.CodeNotFound { // the news were faster
		return err
	}
	return nil
}

// UserSessions lists the sessions of all the user's computers, newest first; this
// profile's own under the IDs that they have here.
func (s *Store) UserSessions(ctx context.Context, userID string) ([]app.SignedIn, error) {
	own, err := s.Grants(ctx)
	if err != nil {
		return nil, err
	}
	var me wire.Me
	if _, err := s.r.ask(ctx, ofUser(userID), http.MethodGet, "/v1/me", nil, &me); err != nil {
		return nil, err
	}
	var all []app.SignedIn
	for after := ""; ; {
		var page wire.Sessions
		if _, err := s.r.ask(ctx, ofUser(userID), http.MethodGet, "/v1/me/sessions?after="+url.QueryEscape(after), nil, &page); err != nil {
			return nil, err
		}
		for _, w := range page.Sessions {
			in := app.SignedIn{User: userOf(me.User), Identity: app.Identity{UserID: userID, Profile: app.Profile{Provider: w.Provider, Login: w.Account}}}
			in.Session = app.Session{
				ID: w.ID, UserID: userID, CreatedAt: moment(w.CreatedAt), ConfirmedAt: moment(w.ConfirmedAt), SeenAt: moment(w.SeenAt),
				IdleUntil: moment(w.IdleUntil), AbsoluteEnd: moment(w.AbsoluteEnd), Device: app.Device(w.Device),
			}
			if i := slices.IndexFunc(own, func(g app.Grant) bool { return g.RemoteID == w.ID }); i >= 0 {
				in.Session.ID = own[i].SessionID
			} else {
				in.Session.Elsewhere = true
				s.r.mu.Lock()
				s.r.others[w.ID] = userID
				s.r.mu.Unlock()
			}
			all = append(all, in)
		}
		if page.Next == "" {
			break
		}
		after = page.Next
	}
	slices.SortStableFunc(all, func(a, b app.SignedIn) int { return b.Session.CreatedAt.Compare(a.Session.CreatedAt) })
	return all, nil
}

// Events is the user's security timeline at the directory, newest first.
func (s *Store) Events(ctx context.Context, userID string) ([]app.Event, error) {
	var all []app.Event
	for before := int64(0); len(all) < 1000; {
		path := "/v1/me/events"
		if before > 0 {
			path += "?before=" + strconv.FormatInt(before, 10)
		}
		var page wire.Events
		if _, err := s.r.ask(ctx, ofUser(userID), http.MethodGet, path, nil, &page); err != nil {
			return nil, err
		}
		for _, e := range page.Events {
			all = append(all, app.Event{ID: e.ID, UserID: userID, At: moment(e.At), Kind: e.Kind, Detail: e.Detail})
		}
		if before = page.Next; before == 0 {
			break
		}
	}
	return all, nil
}

// FormerNames are the nicknames that the user had before, as the directory has them.
func (s *Store) FormerNames(ctx context.Context, userID string) ([]app.FormerName, error) {
	var x wire.Export
	if _, err := s.r.ask(ctx, ofUser(userID), http.MethodGet, "/v1/me/export", nil, &x); err != nil {
		return nil, err
	}
	var all []app.FormerName
	for _, n := range x.FormerNames {
		all = append(all, app.FormerName{Nickname: n.Nickname, Until: moment(n.Until)})
	}
	return all, nil
}
