package origin

import (
	"context"
	"net/http"

	"munpae.example/munpae/app/internal/api"
	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/words"
)

// route is one line of the table in docs/contract.md#routes, and one operation of openapi.json.
type route struct {
	method, path string
	summary      string
	status       int
	gives        any // a zero value of the answer's type; nil: an empty answer
	signedIn     bool
	codes        []app.Code // beside those that every route of its kind answers
	answer       act
}

// act is what a route does, and the body that it does it with.
type act struct {
	takes    any  // a zero value of the body's type; nil: no body, or {}
	optional bool // no body, or {}, is taken as well
	do       func(x *exchange, body []byte) error
}

var sessionCodes = []app.Code{
	app.CodeSessionNone, app.CodeSessionAccessExpired, app.CodeSessionExpired, app.CodeSessionRevoked, app.CodeAccountMerged, app.CodeSessionReused, app.CodeClockMovedBack,
}

// faultCodes are what can be wrong underneath every route that asks for an account.
var faultCodes = []app.Code{
	app.CodeKeystoreLocked, app.CodeKeystoreLost, app.CodeDatabaseBusy, app.CodeDatabaseDamaged, app.CodeDatabaseMissing, app.CodeDatabaseNewer,
	app.CodeDiskFull, app.CodeProfileUnwritable,
}

// table is every route but the pages and /boot.
func table() []route {
	return []route{
		{http.MethodPost, "/munpae/session", "Claim the session that this window's finished sign-in or sign-up made: sets the pair.",
			200, SessionAnswer{}, false, []app.Code{app.CodeSessionNone, app.CodeSessionExpired, app.CodeClockMovedBack}, plain((*exchange).claim)},
		{http.MethodGet, "/munpae/session", "Who is signed in, from the access cookie.",
			200, SessionAnswer{}, true, nil, plain((*exchange).session)},
		{http.MethodPost, "/munpae/session/refresh", "Rotate the pair, from the refresh cookie.",
			200, SessionAnswer{}, false, sessionCodes, plain((*exchange).refresh)},
		{http.MethodDelete, "/munpae/session", "Sign out: the session's row is ended first, then both cookies are cleared.",
			204, nil, false, nil, plain((*exchange).signOut)},

		{http.MethodGet, "/munpae/accounts", "The accounts of this computer: the one on the screen first.",
			200, NameplatesAnswer{}, false, nil, plain((*exchange).nameplates)},
		{http.MethodPost, "/munpae/accounts/{userID}", "Put another account of this computer on the screen, by the refresh token that the jar keeps for it alone: sets the pair anew.",
			200, SessionAnswer{}, false, []app.Code{
				app.CodeNotFound, app.CodeAccountEnded, app.CodeAccountExpired, app.CodeAccountReused, app.CodeAccountLost, app.CodeConflict, app.CodeClockMovedBack,
			}, plain((*exchange).switchTo)},
		{http.MethodDelete, "/munpae/accounts/{userID}", "Sign out of one account: its sessions' rows are ended first, then its cookies are cleared.",
			204, nil, false, []app.Code{app.CodeNotFound}, plain((*exchange).signOutOf)},
		{http.MethodDelete, "/munpae/accounts", "Sign out of all accounts of this computer.", 204, nil, false, nil, plain((*exchange).signOutAll)},

		{http.MethodGet, "/munpae/me", "The profile.", 200, MeAnswer{}, true, nil, signedIn((*exchange).me)},
		{http.MethodPatch, "/munpae/me", "Change the nickname.", 200, UserAnswer{}, true, []app.Code{
			app.CodeNicknameTaken, app.CodeNicknameJustTaken, app.CodeNicknameLooksLike, app.CodeNicknameHeld, app.CodeRenameTooSoon,
			app.CodeNicknameReserved, app.CodeNicknameRefused, app.CodeNicknameEmpty, app.CodeNicknameTooShort, app.CodeNicknameTooLong, app.CodeNicknameBadCharacter,
			app.CodeNicknameBadSeparator, app.CodeNicknameTooManyMarks, app.CodeNicknameMixedScripts, app.CodeNicknameIncompleteHangul,
		}, taking((*exchange).rename)},
		{http.MethodDelete, "/munpae/me", "Delete the account. The body repeats its nickname.",
			204, nil, true, []app.Code{app.CodeConflict, app.CodeConfirmationNeeded}, taking((*exchange).deleteAccount)},

		{http.MethodGet, "/munpae/me/sessions", "The live sessions.", 200, SessionsAnswer{}, true, nil, signedIn((*exchange).sessions)},
		{http.MethodDelete, "/munpae/me/sessions/{id}", "End one session.",
			204, nil, true, []app.Code{app.CodeNotFound}, signedIn((*exchange).endSession)},
		{http.MethodDelete, "/munpae/me/sessions", "End all other sessions. The nickname, typed, is needed only without a network and a fresh confirmation.",
			204, nil, true, []app.Code{app.CodeConfirmationNeeded, app.CodeConflict}, mayTake((*exchange).endOtherSessions)},

		{http.MethodGet, "/munpae/me/identities", "The linked provider accounts.",
			200, IdentitiesAnswer{}, true, nil, signedIn((*exchange).identities)},
		{http.MethodPost, "/munpae/me/identities/{provider}", "Start linking: the person's browser opens, and the window's state tells the rest.",
			202, Nothing{}, true, []app.Code{app.CodeNotFound, app.CodeConflict, app.CodeConfirmationNeeded}, signedIn((*exchange).link)},
		{http.MethodDelete, "/munpae/me/identities/{provider}", "Unlink, by the provider or, where it has two of theirs, by the identity's ID; the last one cannot be unlinked.",
			204, nil, true, []app.Code{app.CodeNotFound, app.CodeIdentityAmbiguous, app.CodeIdentityLast, app.CodeConfirmationNeeded}, signedIn((*exchange).unlink)},

		{http.MethodGet, "/munpae/merges", "The accounts that were brought together with this one and can still be undone, the last one first.",
			200, MergesAnswer{}, true, nil, signedIn((*exchange).merges)},
		{http.MethodPost, "/munpae/merges", "Bring together the two accounts that the window asks about, under the nickname of one of them: sets the pair anew.",
			200, SessionAnswer{}, true, []app.Code{app.CodeConflict, app.CodeSignInExpired, app.CodeMergeChanged, app.CodeMergeRefused}, taking((*exchange).merge)},
		{http.MethodDelete, "/munpae/merges/{id}", "Undo one, the last one first: both accounts are as they were.",
			204, nil, true, []app.Code{
				app.CodeNotFound, app.CodeMergeLapsed, app.CodeMergeOrder, app.CodeMergeNoWayIn, app.CodeMergeRefused, app.CodeConfirmationNeeded,
			}, signedIn((*exchange).unmerge)},

		{http.MethodGet, "/munpae/me/events", "The security timeline.", 200, EventsAnswer{}, true, nil, signedIn((*exchange).events)},
		{http.MethodGet, "/munpae/me/export", "Everything about me, in one JSON file.", 200, ExportAnswer{}, true, nil, signedIn((*exchange).export)},
		{http.MethodGet, "/munpae/recovery", "What there is of recovery codes: when they were made, which were used. No code.",
			200, RecoveryAnswer{}, true, []app.Code{app.CodeRecoveryUnsupported, app.CodeOffline}, signedIn((*exchange).recovery)},
		{http.MethodPost, "/munpae/recovery/codes", "Make ten recovery codes in the place of all earlier ones. No other answer ever holds them.",
			200, RecoveryCodesAnswer{}, true, []app.Code{app.CodeConfirmationNeeded, app.CodeRecoveryUnsupported, app.CodeOffline}, signedIn((*exchange).makeCodes)},
		{http.MethodDelete, "/munpae/recovery/codes", "Remove all recovery codes.",
			204, nil, true, []app.Code{app.CodeConfirmationNeeded, app.CodeRecoveryUnsupported, app.CodeOffline}, signedIn((*exchange).removeCodes)},
		{http.MethodPost, "/munpae/recovery", "Use a recovery code up: it opens a session, which the window then claims.",
			204, nil, false, []app.Code{
				app.CodeRecoveryMistyped, app.CodeRecoveryWrong, app.CodeRecoveryForeign, app.CodeRecoveryUsed, app.CodeRecoveryVoid, app.CodeRecoveryNone,
				app.CodeRecoveryUnsupported, app.CodeRateLimited, app.CodeOffline, app.CodeConflict,
			}, act{takes: RecoveryRequest{}, do: (*exchange).recover}},
		{http.MethodPost, "/munpae/setup/{provider}", "Set a provider by its client ID and secret, where none was set at the start: the provider checks them, then they are kept. No answer holds them.",
			204, nil, false, []app.Code{
				app.CodeClientIDMistyped, app.CodeClientSecretMistyped, app.CodeKeysRefused, app.CodeKeysSwapped, app.CodeSettingsInvalid, app.CodeNotFound, app.CodeConflict,
				app.CodeOffline, app.CodeDNSFailed, app.CodeTimeout, app.CodeCaptivePortal, app.CodeProxyPassword, app.CodeTLSUntrusted, app.CodeClockWrong,
				app.CodeProviderError, app.CodeProviderServerError, app.CodeProviderBadAnswer, app.CodeProviderUnavailable, app.CodeRateLimited,
			}, act{takes: KeysRequest{}, do: (*exchange).setUp}},
		{http.MethodGet, "/munpae/words/{code}", "What a code says in every language; the values that its sentences name are query parameters.",
			200, map[string]Sentences{}, false, []app.Code{app.CodeNotFound}, plain((*exchange).words)},
		{http.MethodGet, "/munpae/openapi.json", "This description.", 200, nil, false, nil, plain((*exchange).openAPI)},
	}
}

// plain takes no body and asks nothing before the act.
func plain(do func(*exchange) error) act {
	return act{do: func(x *exchange, body []byte) error {
		if len(body) > 0 {
			if _, err := decode[Nothing](body); err != nil {
				return err
			}
		}
		return do(x)
	}}
}

// signedIn takes no body and asks who the access cookie belongs to before the act.
func signedIn(do func(*exchange, app.SignedIn) error) act {
	return plain(func(x *exchange) error {
		in, err := x.who()
		if err != nil {
			return err
		}
		return do(x, in)
	})
}

// taking reads the body, then asks who the access cookie belongs to, before the act.
func taking[T any](do func(*exchange, app.SignedIn, T) error) act {
	var zero T
	return act{takes: zero, do: func(x *exchange, body []byte) error {
		said, err := decode[T](body)
		if err != nil {
			return err
		}
		in, err := x.who()
		if err != nil {
			return err
		}
		return do(x, in, said)
	}}
}

// mayTake is taking for a body that need not be there.
func mayTake[T any](do func(*exchange, app.SignedIn, T) error) act {
	a := taking(do)
	a.optional = true
	full := a.do
	bare := signedIn(func(x *exchange, in app.SignedIn) error {
		var none T
		return do(x, in, none)
	}).do
	a.do = func(x *exchange, body []byte) error {
		if _, err := decode[Nothing](body); err == nil || len(body) == 0 {
			return bare(x, body)
		}
		return full(x, body)
	}
	return a
}

func (x *exchange) who() (app.SignedIn, error) {
	in, err := x.g.o.UseCases.Resume(x.r.Context(), x.cookies.access.value)
	if app.CodeOf(err) == app.CodeSessionNone && x.cookies.access.count > 0 && x.heal() { // it is no token of ours
		in, err = x.g.o.UseCases.Resume(x.r.Context(), x.cookies.access.value)
	}
	if err != nil {
		x.forget(err)
		return app.SignedIn{}, err
	}
	x.window.served(in.Session.ID)
	return in, nil
}

// forget clears cookies that will never be good again. An access token that is
// expired or unreadable says nothing of the refresh token beside it.
func (x *exchange) forget(err error) {
	switch app.CodeOf(err) {
	case app.CodeSessionExpired, app.CodeSessionRevoked, app.CodeAccountMerged, app.CodeSessionReused:
		clearPair(x.w.Header())
		x.window.served("")
	case app.CodeSessionNone, app.CodeSessionAccessExpired:
		if x.cookies.access.count > 0 {
			clearAccess(x.w.Header())
		}
	}
}

func (x *exchange) session() error {
	in, err := x.who()
	if err != nil {
		return err
	}
	return write(x.w, http.StatusOK, answerOf(in))
}

func (x *exchange) claim() error {
	if x.window.beside {
		return app.Fail(app.CodeSessionNone, nil)
	}
	in, pair, err := x.g.o.UseCases.Claim(x.r.Context())
	if err != nil {
		return err
	}
	return x.give(in, pair)
}

func (x *exchange) refresh() error {
	in, pair, err := x.g.o.UseCases.Refresh(x.r.Context(), x.cookies.refresh.value)
	if err != nil {
		switch app.CodeOf(err) {
		case app.CodeSessionNone:
			if x.cookies.refresh.count > 0 {
				clearPair(x.w.Header())
			}
		default:
			x.forget(err)
		}
		return err
	}
	return x.give(in, pair)
}

func (x *exchange) give(in app.SignedIn, pair app.Pair) error {
	x.window.served(in.Session.ID)
	x.setPair(in, pair)
	return write(x.w, http.StatusOK, answerOf(in))
}

// setPair gives the window the pair, and the copy where there are copies.
func (x *exchange) setPair(in app.SignedIn, pair app.Pair) {
	now := x.g.o.Clock.Now()
	setPair(x.w.Header(), pair, now)
	if x.g.o.Several {
		setCopy(x.w.Header(), in.User.ID, pair, now)
	}
}

// signOut ends the row before it clears the cookies: if the row cannot be ended
// the person is still signed in, and is told so. The session is that of the
// access cookie, else the one that this window was served last.
func (x *exchange) signOut() error {
	id := x.window.lastServed()
	user := claimsOf(x.cookies.access.value).User // whose copy goes; an invented one is nobody's
	if x.cookies.access.value != "" {
		in, err := x.g.o.UseCases.Resume(x.r.Context(), x.cookies.access.value)
		switch {
		case err == nil:
			id, user = in.Session.ID, in.User.ID
		case api.Status(app.CodeOf(err)) != http.StatusUnauthorized:
			return err
		}
	}
	if id != "" {
		if x.g.o.Several {
			if in, err := x.g.o.UseCases.Standing(x.r.Context(), id); err == nil {
				user = in.User.ID
			}
		}
		if err := x.g.o.UseCases.SignOut(x.r.Context(), id); err != nil {
			return err
		}
	}
	return x.gone(user)
}

func (x *exchange) done() error {
	x.w.WriteHeader(http.StatusNoContent)
	return nil
}

// gone answers an act after which this window has no session, and its jar no token of
// that user.
func (x *exchange) gone(userID string) error {
	x.window.served("")
	clearPair(x.w.Header())
	x.clearCopy(userID)
	return x.done()
}

// clearCopy takes the copy of that user's refresh token away, where there are copies.
func (x *exchange) clearCopy(userID string) {
	if x.g.o.Several {
		clearCopy(x.w.Header(), userID)
	}
}

func (x *exchange) nameplates() error {
	all, err := x.g.o.UseCases.Nameplates(x.r.Context())
	if err != nil {
		return err
	}
	list := make([]Nameplate, len(all))
	for i, p := range all {
		list[i] = Nameplate{
			User: userOf(p.User), Provider: p.Identity.Provider, Account: p.Identity.Account(), SeenAt: ms(p.Session.SeenAt), Current: p.Current, Lives: p.Lives,
		}
	}
	return write(x.w, http.StatusOK, NameplatesAnswer{list})
}

func (x *exchange) switchTo() error {
	if x.window.beside {
		return app.Fail(app.CodeForbidden, nil) // whom the window shows is the window's own
	}
	in, pair, err := x.g.o.UseCases.SwitchTo(x.r.Context(), x.last, x.cookies.copies[x.last])
	if err != nil {
		switch app.CodeOf(err) {
		case app.CodeAccountEnded, app.CodeAccountExpired, app.CodeAccountReused: // never good again
			clearCopy(x.w.Header(), x.last)
		}
		return err
	}
	if len(x.cookies.copies[x.last]) > 1 { // the webview's file forgets the good one with them: it is given anew
		clearPlantedCopies(x.w.Header(), x.last)
	}
	return x.give(in, pair)
}

func (x *exchange) signOutOf() error {
	shown := claimsOf(x.cookies.access.value).User // whoever wrote it: only where nobody is known
	if in, err := x.g.o.UseCases.Standing(x.r.Context(), x.window.lastServed()); err == nil {
		shown = in.User.ID
	}
	if err := x.g.o.UseCases.SignOutOf(x.r.Context(), x.last); err != nil {
		return err
	}
	if shown == x.last {
		return x.gone(x.last)
	}
	clearCopy(x.w.Header(), x.last)
	return x.done()
}

// signOutAll takes away what it ended also where it could not end all.
func (x *exchange) signOutAll() error {
	ended, err := x.g.o.UseCases.SignOutAll(x.r.Context())
	for _, id := range ended {
		clearCopy(x.w.Header(), id)
	}
	if err != nil {
		return err
	}
	return x.gone("")
}

func (x *exchange) me(in app.SignedIn) error {
	return write(x.w, http.StatusOK, MeAnswer{userOf(in.User), identityOf(in.Identity), sessionOf(in)})
}

func (x *exchange) rename(in app.SignedIn, body NicknameRequest) error {
	text := body.Nickname
	u, err := x.g.o.UseCases.Rename(x.r.Context(), in, text)
	if err != nil {
		var proposals []string
		switch app.CodeOf(err) {
		case app.CodeNicknameTaken, app.CodeNicknameJustTaken, app.CodeNicknameLooksLike, app.CodeNicknameHeld, app.CodeNicknameReserved:
			proposals = x.g.o.Accounts.ProposalsFor(x.r.Context(), in, text)
		}
		x.g.fail(x.w, err, proposals...)
		return nil
	}
	return write(x.w, http.StatusOK, UserAnswer{userOf(u)})
}

func (x *exchange) deleteAccount(in app.SignedIn, body NicknameRequest) error {
	if err := x.g.o.UseCases.DeleteAccount(x.r.Context(), in, body.Nickname); err != nil {
		return err
	}
	return x.gone(in.User.ID)
}

func (g *Origin) listSessions(ctx context.Context, in app.SignedIn) ([]ListedSession, error) {
	all, err := g.o.Accounts.Sessions(ctx, in)
	if err != nil {
		return nil, err
	}
	list := make([]ListedSession, len(all))
	for i, s := range all {
		list[i] = ListedSession{
			Session: sessionOf(s), SeenAt: ms(s.Session.SeenAt), Device: s.Session.Device.Name, Platform: s.Session.Device.Platform,
			Current: s.Session.ID == in.Session.ID,
		}
		list[i].elsewhere = s.Session.Elsewhere
	}
	return list, nil
}

func (x *exchange) sessions(in app.SignedIn) error {
	list, err := x.g.listSessions(x.r.Context(), in)
	if err != nil {
		return err
	}
	for i, s := range list {
		if !s.elsewhere {
			list[i].Place = &x.g.o.Place
		}
	}
	return write(x.w, http.StatusOK, SessionsAnswer{list})
}

func (x *exchange) endSession(in app.SignedIn) error {
	if err := x.g.o.UseCases.EndSession(x.r.Context(), in, x.last); err != nil {
		return err
	}
	if x.last == in.Session.ID {
		return x.gone(in.User.ID)
	}
	return x.done()
}

func (x *exchange) endOtherSessions(in app.SignedIn, body NicknameRequest) error {
	if err := x.g.o.UseCases.EndOtherSessions(x.r.Context(), in, body.Nickname); err != nil {
		return err
	}
	return x.done()
}

func (g *Origin) listIdentities(ctx context.Context, in app.SignedIn) ([]Identity, error) {
	all, err := g.o.Accounts.Identities(ctx, in.User.ID)
	if err != nil {
		return nil, err
	}
	list := make([]Identity, len(all))
	for i, id := range all {
		list[i] = identityOf(id)
	}
	return list, nil
}

func (x *exchange) identities(in app.SignedIn) error {
	list, err := x.g.listIdentities(x.r.Context(), in)
	if err != nil {
		return err
	}
	return write(x.w, http.StatusOK, IdentitiesAnswer{list})
}

func (x *exchange) link(in app.SignedIn) error {
	if err := x.g.o.UseCases.Link(x.r.Context(), in, x.last); err != nil {
		return err
	}
	return write(x.w, http.StatusAccepted, Nothing{})
}

func (x *exchange) unlink(in app.SignedIn) error {
	if err := x.g.o.UseCases.Unlink(x.r.Context(), in, x.last); err != nil {
		return err
	}
	return x.done()
}

func (g *Origin) listMerges(ctx context.Context, in app.SignedIn) ([]Merge, error) {
	all, err := g.o.Accounts.Merges(ctx, in)
	if err != nil {
		return nil, err
	}
	list := make([]Merge, len(all))
	for i, m := range all {
		list[i] = Merge{
			ID: m.From.User.ID, Nickname: m.From.User.Nickname, CreatedAt: ms(m.From.User.CreatedAt), Before: m.Into.User.Nickname,
			Provider: m.Provider, At: ms(m.At), Until: ms(m.Until),
		}
	}
	return list, nil
}

func (x *exchange) merges(in app.SignedIn) error {
	list, err := x.g.listMerges(x.r.Context(), in)
	if err != nil {
		return err
	}
	return write(x.w, http.StatusOK, MergesAnswer{list})
}

func (x *exchange) merge(in app.SignedIn, body NicknameRequest) error {
	in, pair, err := x.g.o.UseCases.Merge(x.r.Context(), in, body.Nickname)
	if err != nil {
		return err
	}
	if x.g.o.Several {
		x.clearMerged(in)
	}
	if pair.Access == "" {
		return write(x.w, http.StatusOK, answerOf(in))
	}
	return x.give(in, pair)
}

// clearMerged takes away the copies of whom in absorbed: their sessions are over.
func (x *exchange) clearMerged(in app.SignedIn) {
	merged, err := x.g.o.Accounts.Merges(x.r.Context(), in)
	if err != nil {
		return // the tokens are worth nothing any more all the same
	}
	for _, m := range merged {
		clearCopy(x.w.Header(), m.From.User.ID)
	}
}

func (x *exchange) unmerge(in app.SignedIn) error {
	if err := x.g.o.UseCases.Unmerge(x.r.Context(), in, x.last); err != nil {
		return err
	}
	return x.done()
}

func (g *Origin) listEvents(ctx context.Context, in app.SignedIn) ([]Event, error) {
	all, err := g.o.Accounts.Events(ctx, in.User.ID)
	if err != nil {
		return nil, err
	}
	list := make([]Event, len(all))
	for i, e := range all {
		list[i] = Event{e.ID, ms(e.At), e.Kind, e.Detail}
	}
	return list, nil
}

func (x *exchange) events(in app.SignedIn) error {
	list, err := x.g.listEvents(x.r.Context(), in)
	if err != nil {
		return err
	}
	return write(x.w, http.StatusOK, EventsAnswer{list})
}

// Export returns everything that this profile holds about in's user; the window
// saves it through the system's own dialog, since the webview has no downloads.
func (g *Origin) Export(ctx context.Context, in app.SignedIn) (ExportAnswer, error) {
	out := ExportAnswer{ExportedAt: ms(g.o.Clock.Now()), User: userOf(in.User), RenamedAt: ms(in.User.RenamedAt), FormerNames: []FormerName{}}
	former, err := g.o.Accounts.FormerNames(ctx, in.User.ID)
	if err != nil {
		return out, err
	}
	for _, n := range former {
		out.FormerNames = append(out.FormerNames, FormerName{n.Nickname, ms(n.Until)})
	}
	if out.Identities, err = g.listIdentities(ctx, in); err != nil {
		return out, err
	}
	if out.Sessions, err = g.listSessions(ctx, in); err != nil {
		return out, err
	}
	if out.Merges, err = g.listMerges(ctx, in); err != nil {
		return out, err
	}
	if out.Events, err = g.listEvents(ctx, in); err != nil {
		return out, err
	}
	of, err := g.o.Accounts.RecoveryCodes(ctx, in)
	switch app.CodeOf(err) {
	case "":
		codes := recoveryOf(of)
		out.RecoveryCodes = &codes
	case app.CodeRecoveryUnsupported:
		err = nil
	}
	return out, err
}

func (x *exchange) export(in app.SignedIn) error {
	out, err := x.g.Export(x.r.Context(), in)
	if err != nil {
		return err
	}
	x.w.Header().Set("Content-Disposition", `attachment; filename="munpae.json"`)
	return write(x.w, http.StatusOK, out)
}

func (x *exchange) recovery(in app.SignedIn) error {
	of, err := x.g.o.Accounts.RecoveryCodes(x.r.Context(), in)
	if err != nil {
		return err
	}
	return write(x.w, http.StatusOK, recoveryOf(of))
}

func (x *exchange) makeCodes(in app.SignedIn) error {
	codes, err := x.g.o.UseCases.MakeRecoveryCodes(x.r.Context(), in)
	if err != nil {
		return err
	}
	return write(x.w, http.StatusOK, RecoveryCodesAnswer{codes})
}

func (x *exchange) removeCodes(in app.SignedIn) error {
	if err := x.g.o.UseCases.RemoveRecoveryCodes(x.r.Context(), in); err != nil {
		return err
	}
	return x.done()
}

// recover asks for no session: whoever has a code has lost theirs. It is for the window
// alone, since the session that it opens is the window's to claim.
func (x *exchange) recover(body []byte) error {
	said, err := decode[RecoveryRequest](body)
	if err != nil {
		return err
	}
	if x.window.beside || x.g.ShowsBehind() {
		return app.Fail(app.CodeConflict, nil)
	}
	if err := x.g.o.UseCases.Recover(x.r.Context(), said.Code); err != nil {
		return err
	}
	return x.done()
}

// setUp is for the window alone and for our own screens in it, as recover is: the page of the
// program behind is not where a person types a secret of ours.
func (x *exchange) setUp(body []byte) error {
	said, err := decode[KeysRequest](body)
	if err != nil {
		return err
	}
	if x.window.beside || x.g.ShowsBehind() || x.g.o.SetUp == nil {
		return app.Fail(app.CodeConflict, nil)
	}
	if err := x.g.o.SetUp(x.r.Context(), x.last, said.ClientID, said.ClientSecret); err != nil {
		return err
	}
	return x.done()
}

func (x *exchange) words() error {
	code := app.Code(x.last)
	if _, ok := words.In(app.English).Problems[code]; !ok {
		return app.Fail(app.CodeNotFound, nil)
	}
	params := app.Params{}
	for name, values := range x.r.URL.Query() {
		params[name] = values[0]
	}
	all := map[string]Sentences{}
	for _, l := range words.Languages() {
		said := words.Say(l, code, params)
		all[string(l)] = Sentences{said.Happened, said.Next, said.Button}
	}
	return write(x.w, http.StatusOK, all)
}

func (x *exchange) openAPI() error {
	body, err := x.g.document()
	if err != nil {
		return app.Fail(app.CodeInternal, err)
	}
	send(x.w, http.StatusOK, jsonType, body)
	return nil
}
