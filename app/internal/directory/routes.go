package directory

import (
	"strconv"

	"munpae.example/munpae/app/internal/app"
)

const (
	jwksPath    = "/.well-known/jwks.json"
	openAPIPath = "/v1/openapi.json"
)

// route is one operation of the contract, and of openapi.json.
type route struct {
	method, path string
	summary      string
	takes        any // a zero value of the body's type, see taking; nil: no body
	status       int
	gives        any  // likewise; nil: an empty answer
	signedIn     bool // needs an access token
	query        []string
	codes        []app.Code // beside those that every route of its kind answers
	answer       func(*exchange) (any, error)
}

// taking is a route with a body: what it is decoded into and what the answer is made
// from are one type.
func taking[T any](rt route, answer func(*exchange, T) (any, error)) route {
	var none T
	rt.takes = none
	rt.answer = func(x *exchange) (any, error) {
		var body T
		if err := x.decode(&body); err != nil {
			return nil, err
		}
		return answer(x, body)
	}
	return rt
}

var nicknameCodes = []app.Code{
	app.CodeNicknameTaken, app.CodeNicknameLooksLike, app.CodeNicknameHeld, app.CodeNicknameReserved, app.CodeNicknameEmpty, app.CodeNicknameTooShort,
	app.CodeNicknameTooLong, app.CodeNicknameBadCharacter, app.CodeNicknameBadSeparator, app.CodeNicknameTooManyMarks, app.CodeNicknameMixedScripts,
	app.CodeNicknameIncompleteHangul,
}

var providerCodes = []app.Code{
	app.CodeProviderDenied, app.CodeProviderMisconfigured, app.CodeProviderUnavailable, app.CodeProviderError, app.CodeProviderServerError,
	app.CodeProviderBadAnswer, app.CodeProviderUnconfirmed, app.CodeTokenRevoked, app.CodePermissionMissing, app.CodeTimeout, app.CodeRateLimited,
}

var sessionCodes = []app.Code{
	app.CodeSessionNone, app.CodeSessionAccessExpired, app.CodeSessionExpired, app.CodeSessionRevoked, app.CodeSessionReused, app.CodeClockMovedBack,
	app.CodeAccountDeleted, app.CodeAccountMerged,
}

var unmergeCodes = []app.Code{app.CodeNotFound, app.CodeMergeLapsed, app.CodeMergeOrder, app.CodeMergeNoWayIn}

func join(a []app.Code, b ...app.Code) []app.Code { return append(append([]app.Code{}, a...), b...) }

// table is every route but the pages.
func table() []route {
	return []route{
		{method: "GET", path: "/v1/", summary: "What this directory is, and its providers.", status: 200, gives: Home{}, answer: (*exchange).home},
		{method: "GET", path: jwksPath, summary: "The public keys of access tokens (RFC 7517, RFC 8037).", status: 200, gives: JWKS{}, answer: (*exchange).jwks},
		{method: "GET", path: openAPIPath, summary: "This description.", status: 200, answer: (*exchange).openAPI},

		taking(route{method: "POST", path: "/v1/confirmations", summary: "Redeem an authorization code; the same request again has the same ticket.",
			status: 200, gives: Confirmation{},
			codes: join(providerCodes, app.CodeNotFound, app.CodeCodeExpired, app.CodeCodeUsed, app.CodeIssuerMismatch, app.CodeIDTokenInvalid, app.CodeConfirmationStale, app.CodePrimaryEmailUnverified)}, (*exchange).confirm),
		taking(route{method: "POST", path: "/v1/device", summary: "Begin a sign-in by device code (RFC 8628).",
			status: 200, gives: DeviceAnswer{}, codes: join(providerCodes, app.CodeNotFound, app.CodeDeviceDisabled)}, (*exchange).device),
		taking(route{method: "POST", path: "/v1/device/{id}", summary: "Has the person decided?",
			status: 200, gives: DevicePoll{}, codes: join(providerCodes, app.CodeNotFound, app.CodeDeviceCodeExpired, app.CodeDeviceDenied)}, (*exchange).poll),
		taking(route{method: "POST", path: "/v1/nicknames", summary: "Is a nickname free? A free one is held for a minute. Needs a ticket or an access token.",
			status: 200, gives: NicknameAnswer{}, codes: join(sessionCodes, app.CodeSignUpExpired, app.CodeRateLimited)}, (*exchange).nickname),
		taking(route{method: "POST", path: "/v1/sessions", summary: "Open a session for a ticket whose person has an account.",
			status: 201, gives: SignedIn{}, codes: []app.Code{app.CodeNotFound, app.CodeSignUpExpired, app.CodeConflict, app.CodeSessionRevoked}}, (*exchange).signIn),
		taking(route{method: "POST", path: "/v1/users", summary: "Make an account of a ticket; the same ticket again answers the same account.",
			status: 201, gives: SignedIn{}, codes: join(nicknameCodes, app.CodeSignUpExpired, app.CodeConflict, app.CodeSessionRevoked)}, (*exchange).signUp),
		taking(route{method: "POST", path: "/v1/sessions/refresh", summary: "Rotate the pair. A token may come again until its successor was presented.",
			status: 200, gives: SignedIn{}, codes: sessionCodes}, (*exchange).refresh),
		taking(route{method: "POST", path: "/v1/tokens", summary: "An access token for another server.",
			status: 200, gives: TokenAnswer{}, signedIn: true, codes: []app.Code{app.CodeForbidden}}, (*exchange).token),
		taking(route{method: "POST", path: "/v1/recovery", summary: "Use a recovery code up: it opens a session. The same attempt again answers the same session.",
			status: 201, gives: Recovered{}, codes: []app.Code{
				app.CodeRecoveryMistyped, app.CodeRecoveryWrong, app.CodeRecoveryForeign, app.CodeRecoveryUsed, app.CodeRecoveryNone, app.CodeConflict, app.CodeSessionRevoked,
			}}, (*exchange).recover),
		taking(route{method: "DELETE", path: "/v1/session", summary: "End the session of the token in the body; again is no error.",
			status: 204, codes: []app.Code{app.CodeSessionNone}}, (*exchange).end),

		taking(route{method: "POST", path: "/v1/withdrawals", summary: "After an unlinking or a deletion: withdraw at the provider what was granted there, by the ticket of a confirmation that was asked for anew. Again is no error.",
			status: 204, codes: join(providerCodes, app.CodeNotFound, app.CodeConflict)}, (*exchange).withdraw),

		{method: "GET", path: "/v1/me", summary: "The profile.", status: 200, gives: Me{}, signedIn: true, answer: (*exchange).me},
		taking(route{method: "PATCH", path: "/v1/me", summary: "Change the nickname.", status: 200, gives: UserAnswer{}, signedIn: true,
			codes: join(nicknameCodes, app.CodeRenameTooSoon, app.CodeRateLimited)}, (*exchange).rename),
		taking(route{method: "DELETE", path: "/v1/me", summary: "Delete the account, with a fresh ticket and its nickname.",
			status: 204, signedIn: true, codes: []app.Code{app.CodeConfirmationNeeded, app.CodeConflict}}, (*exchange).deleteAccount),
		{method: "GET", path: "/v1/me/sessions", summary: "The live sessions of all computers, by the page.",
			status: 200, gives: Sessions{}, signedIn: true, query: []string{"after", "limit"}, answer: (*exchange).sessions},
		{method: "DELETE", path: "/v1/me/sessions/{id}", summary: "End one session.", status: 204, signedIn: true, codes: []app.Code{app.CodeNotFound}, answer: (*exchange).endSession},
		{method: "DELETE", path: "/v1/me/sessions", summary: "End all other sessions.", status: 204, signedIn: true, answer: (*exchange).endOthers},
		{method: "GET", path: "/v1/me/identities", summary: "The linked provider accounts.", status: 200, gives: Identities{}, signedIn: true, answer: (*exchange).identities},
		taking(route{method: "POST", path: "/v1/me/identities/{provider}", summary: "Link the identity of a fresh ticket.",
			status: 201, gives: IdentityAnswer{}, signedIn: true,
			codes: []app.Code{app.CodeConfirmationNeeded, app.CodeIdentityLinkedElsewhere, app.CodeConflict}}, (*exchange).link),
		taking(route{method: "DELETE", path: "/v1/me/identities/{provider}", summary: "Unlink by provider or by the identity's ID, with a fresh ticket; the last one cannot be unlinked.",
			status: 204, signedIn: true, codes: []app.Code{app.CodeConfirmationNeeded, app.CodeIdentityLast, app.CodeIdentityAmbiguous, app.CodeNotFound}}, (*exchange).unlink),
		{method: "GET", path: "/v1/me/recovery", summary: "What there is of recovery codes. No code.", status: 200, gives: RecoveryCodes{}, signedIn: true,
			answer: (*exchange).recoveryCodes},
		taking(route{method: "POST", path: "/v1/me/recovery", summary: "Make ten recovery codes in the place of all earlier ones, with a fresh ticket. No other answer ever holds them.",
			status: 200, gives: NewRecoveryCodes{}, signedIn: true, codes: []app.Code{app.CodeConfirmationNeeded}}, (*exchange).makeCodes),
		taking(route{method: "DELETE", path: "/v1/me/recovery", summary: "Remove all recovery codes, with a fresh ticket.",
			status: 204, signedIn: true, codes: []app.Code{app.CodeConfirmationNeeded}}, (*exchange).removeCodes),
		taking(route{method: "POST", path: "/v1/me/recovery/declined", summary: "Be offered no recovery codes any more.",
			status: 204, signedIn: true}, (*exchange).declineCodes),
		{method: "GET", path: "/v1/merges", summary: "The accounts that were brought together with this one and can still be undone, the last one first; and all that ever were.",
			status: 200, gives: Merges{}, signedIn: true, answer: (*exchange).merges},
		taking(route{method: "POST", path: "/v1/merges", summary: "Bring two accounts together, by a fresh ticket of the other and a fresh word of one's own. The same ticket again answers the same.",
			status: 201, gives: Merged{}, signedIn: true,
			codes: []app.Code{app.CodeConfirmationNeeded, app.CodeMergeChanged, app.CodeConflict, app.CodeRateLimited}}, (*exchange).merge),
		{method: "GET", path: "/v1/merges/{id}", summary: "May this one be undone now?",
			status: 200, gives: Merge{}, signedIn: true, codes: unmergeCodes, answer: (*exchange).mayUnmerge},
		taking(route{method: "DELETE", path: "/v1/merges/{id}", summary: "Undo one, the last one first, with a fresh ticket: both accounts are as they were. Again is no error for a day.",
			status: 200, gives: Merged{}, signedIn: true, codes: join(unmergeCodes, app.CodeConfirmationNeeded, app.CodeRateLimited)}, (*exchange).unmerge),
		{method: "GET", path: "/v1/me/events", summary: "The security timeline, by the page.",
			status: 200, gives: Events{}, signedIn: true, query: []string{"before", "limit"}, answer: (*exchange).events},
		{method: "GET", path: "/v1/me/export", summary: "All that is held about me.", status: 200, gives: Export{}, signedIn: true, answer: (*exchange).export},
	}
}

func (x *exchange) home() (any, error) {
	x.w.Header().Set("Cache-Control", "public, max-age=300")
	x.tagged = true
	return x.s.Home(x.ctx), nil
}

func (x *exchange) jwks() (any, error) {
	x.w.Header().Set("Cache-Control", "public, max-age=600")
	x.tagged = true
	return x.s.JWKS(x.ctx)
}

func (x *exchange) openAPI() (any, error) {
	x.tagged = true
	return x.h.description, nil
}

func (x *exchange) confirm(r ConfirmationRequest) (any, error) {
	return x.s.Confirm(x.ctx, x.address, r)
}

func (x *exchange) device(r DeviceRequest) (any, error) {
	return x.s.StartDevice(x.ctx, x.address, r)
}

func (x *exchange) poll(Nothing) (any, error) { return x.s.PollDevice(x.ctx, x.r.PathValue("id")) }

func (x *exchange) nickname(r NicknameRequest) (any, error) {
	if r.Ticket == "" {
		if err := x.who(); err != nil {
			return nil, err
		}
	}
	return x.s.CheckNickname(x.ctx, x.in, r)
}

func (x *exchange) withdraw(r WithdrawalRequest) (any, error) {
	return nil, x.s.Withdraw(x.ctx, x.address, r)
}

func (x *exchange) signIn(r SessionRequest) (any, error) { return x.s.SignIn(x.ctx, r) }

func (x *exchange) signUp(r SignUpRequest) (any, error) { return x.s.SignUp(x.ctx, r) }

func (x *exchange) refresh(r RefreshRequest) (any, error) {
	return x.s.Refresh(x.ctx, r.RefreshToken)
}

func (x *exchange) token(r TokenRequest) (any, error) {
	return x.s.Token(x.ctx, x.in, r.Audience)
}

func (x *exchange) end(r EndRequest) (any, error) { return nil, x.s.End(x.ctx, r) }

func (x *exchange) me() (any, error) {
	return Me{User: userOf(x.in.User), Identity: identityOf(x.in.Identity), Session: sessionOf(x.in, x.in.Session.ID)}, nil
}

func (x *exchange) rename(r RenameRequest) (any, error) {
	u, err := x.s.Rename(x.ctx, x.in, r.Nickname)
	return UserAnswer{User: u}, err
}

func (x *exchange) deleteAccount(r DeleteRequest) (any, error) {
	return nil, x.s.Delete(x.ctx, x.in, r)
}

func (x *exchange) recover(r RecoveryRequest) (any, error) {
	return x.s.Recover(x.ctx, x.address, r)
}

func (x *exchange) recoveryCodes() (any, error) { return x.s.RecoveryCodes(x.ctx, x.in) }

func (x *exchange) makeCodes(r CodesRequest) (any, error) {
	return x.s.MakeRecoveryCodes(x.ctx, x.in, r.Ticket)
}

func (x *exchange) removeCodes(r CodesRequest) (any, error) {
	return nil, x.s.RemoveRecoveryCodes(x.ctx, x.in, r.Ticket)
}

func (x *exchange) declineCodes(Nothing) (any, error) {
	return nil, x.s.DeclineRecoveryCodes(x.ctx, x.in)
}

func (x *exchange) sessions() (any, error) {
	limit, err := x.limit()
	if err != nil {
		return nil, err
	}
	return x.s.Sessions(x.ctx, x.in, x.r.URL.Query().Get("after"), limit)
}

func (x *exchange) endSession() (any, error) {
	return nil, x.s.EndSession(x.ctx, x.in, x.r.PathValue("id"))
}

func (x *exchange) endOthers() (any, error) { return nil, x.s.EndOthers(x.ctx, x.in) }

func (x *exchange) identities() (any, error) { return x.s.Identities(x.ctx, x.in) }

func (x *exchange) link(r LinkRequest) (any, error) {
	i, err := x.s.Link(x.ctx, x.in, x.r.PathValue("provider"), r)
	return IdentityAnswer{Identity: i}, err
}

func (x *exchange) unlink(r UnlinkRequest) (any, error) {
	return nil, x.s.Unlink(x.ctx, x.in, x.r.PathValue("provider"), r)
}

func (x *exchange) merges() (any, error) { return x.s.Merges(x.ctx, x.in) }

func (x *exchange) merge(r MergeRequest) (any, error) { return x.s.Merge(x.ctx, x.in, r) }

func (x *exchange) mayUnmerge() (any, error) {
	return x.s.MayUnmerge(x.ctx, x.in, x.r.PathValue("id"))
}

func (x *exchange) unmerge(r UnmergeRequest) (any, error) {
	return x.s.Unmerge(x.ctx, x.in, x.r.PathValue("id"), r.Ticket)
}

func (x *exchange) events() (any, error) {
	limit, err := x.limit()
	if err != nil {
		return nil, err
	}
	var before int64
	if text := x.r.URL.Query().Get("before"); text != "" {
		if before, err = strconv.ParseInt(text, 10, 64); err != nil || before < 1 {
			return nil, app.Fail(app.CodeBadRequest, nil)
		}
	}
	return x.s.Events(x.ctx, x.in, before, limit)
}

func (x *exchange) export() (any, error) {
	x.w.Header().Set("Content-Disposition", `attachment; filename="munpae.json"`)
	return x.s.Export(x.ctx, x.in)
}

// limit reads how long a page is to be.
func (x *exchange) limit() (int, error) {
	text := x.r.URL.Query().Get("limit")
	if text == "" {
		return maxPage, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxPage {
		return 0, app.Fail(app.CodeBadRequest, nil)
	}
	return n, nil
}
