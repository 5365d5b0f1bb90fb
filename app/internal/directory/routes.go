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
	takes        any // a zero value of the body's type; nil: no body
	status       int
	gives        any  // likewise; nil: an empty answer
	signedIn     bool // needs an access token
	query        []string
	codes        []app.Code // beside those that every route of its kind answers
	answer       func(*exchange) (any, error)
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
	app.CodeAccountDeleted,
}

func join(a []app.Code, b ...app.Code) []app.Code { return append(append([]app.Code{}, a...), b...) }

// table is every route but the pages.
func table() []route {
	return []route{
		{method: "GET", path: "/v1/", summary: "What this directory is, and its providers.", status: 200, gives: Home{}, answer: (*exchange).home},
		{method: "GET", path: jwksPath, summary: "The public keys of access tokens (RFC 7517, RFC 8037).", status: 200, gives: JWKS{}, answer: (*exchange).jwks},
		{method: "GET", path: openAPIPath, summary: "This description.", status: 200, answer: (*exchange).openAPI},

		{method: "POST", path: "/v1/confirmations", summary: "Redeem an authorization code; the same request again has the same ticket.",
			takes: ConfirmationRequest{}, status: 200, gives: Confirmation{},
			codes:  join(providerCodes, app.CodeNotFound, app.CodeCodeExpired, app.CodeCodeUsed, app.CodeIssuerMismatch, app.CodeIDTokenInvalid, app.CodePrimaryEmailUnverified),
			answer: (*exchange).confirm},
		{method: "POST", path: "/v1/device", summary: "Begin a sign-in by device code (RFC 8628).",
			takes: DeviceRequest{}, status: 200, gives: DeviceAnswer{}, codes: join(providerCodes, app.CodeNotFound, app.CodeDeviceDisabled), answer: (*exchange).device},
		{method: "POST", path: "/v1/device/{id}", summary: "Has the person decided?",
			takes: Nothing{}, status: 200, gives: DevicePoll{}, codes: join(providerCodes, app.CodeNotFound, app.CodeDeviceCodeExpired, app.CodeDeviceDenied),
			answer: (*exchange).poll},
		{method: "POST", path: "/v1/nicknames", summary: "Is a nickname free? A free one is held for a minute. Needs a ticket or an access token.",
			takes: NicknameRequest{}, status: 200, gives: NicknameAnswer{}, codes: join(sessionCodes, app.CodeSignUpExpired, app.CodeRateLimited), answer: (*exchange).nickname},
		{method: "POST", path: "/v1/sessions", summary: "Open a session for a ticket whose person has an account.",
			takes: SessionRequest{}, status: 201, gives: SignedIn{}, codes: []app.Code{app.CodeNotFound, app.CodeSignUpExpired, app.CodeConflict, app.CodeSessionRevoked},
			answer: (*exchange).signIn},
		{method: "POST", path: "/v1/users", summary: "Make an account of a ticket; the same ticket again answers the same account.",
			takes: SignUpRequest{}, status: 201, gives: SignedIn{}, codes: join(nicknameCodes, app.CodeSignUpExpired, app.CodeConflict, app.CodeSessionRevoked),
			answer: (*exchange).signUp},
		{method: "POST", path: "/v1/sessions/refresh", summary: "Rotate the pair. A token may come again until its successor was presented.",
			takes: RefreshRequest{}, status: 200, gives: SignedIn{}, codes: sessionCodes, answer: (*exchange).refresh},
		{method: "POST", path: "/v1/tokens", summary: "An access token for another server.",
			takes: TokenRequest{}, status: 200, gives: TokenAnswer{}, signedIn: true, codes: []app.Code{app.CodeForbidden}, answer: (*exchange).token},
		{method: "POST", path: "/v1/recovery", summary: "Use a recovery code up: it opens a session. The same attempt again answers the same session.",
			takes: RecoveryRequest{}, status: 201, gives: Recovered{}, codes: []app.Code{
				app.CodeRecoveryMistyped, app.CodeRecoveryWrong, app.CodeRecoveryForeign, app.CodeRecoveryUsed, app.CodeRecoveryNone, app.CodeConflict, app.CodeSessionRevoked,
			}, answer: (*exchange).recover},
		{method: "DELETE", path: "/v1/session", summary: "End the session of the token in the body; again is no error.",
			takes: EndRequest{}, status: 204, codes: []app.Code{app.CodeSessionNone}, answer: (*exchange).end},

		{method: "GET", path: "/v1/me", summary: "The profile.", status: 200, gives: Me{}, signedIn: true, answer: (*exchange).me},
		{method: "PATCH", path: "/v1/me", summary: "Change the nickname.", takes: RenameRequest{}, status: 200, gives: UserAnswer{}, signedIn: true,
			codes: join(nicknameCodes, app.CodeRenameTooSoon, app.CodeRateLimited), answer: (*exchange).rename},
		{method: "DELETE", path: "/v1/me", summary: "Delete the account, with a fresh ticket and its nickname.",
			takes: DeleteRequest{}, status: 204, signedIn: true, codes: []app.Code{app.CodeConfirmationNeeded, app.CodeConflict}, answer: (*exchange).deleteAccount},
		{method: "GET", path: "/v1/me/sessions", summary: "The live sessions of all computers, by the page.",
			status: 200, gives: Sessions{}, signedIn: true, query: []string{"after", "limit"}, answer: (*exchange).sessions},
		{method: "DELETE", path: "/v1/me/sessions/{id}", summary: "End one session.", status: 204, signedIn: true, codes: []app.Code{app.CodeNotFound}, answer: (*exchange).endSession},
		{method: "DELETE", path: "/v1/me/sessions", summary: "End all other sessions.", status: 204, signedIn: true, answer: (*exchange).endOthers},
		{method: "GET", path: "/v1/me/identities", summary: "The linked provider accounts.", status: 200, gives: Identities{}, signedIn: true, answer: (*exchange).identities},
		{method: "POST", path: "/v1/me/identities/{provider}", summary: "Link the identity of a fresh ticket.",
			takes: LinkRequest{}, status: 201, gives: IdentityAnswer{}, signedIn: true,
			codes: []app.Code{app.CodeConfirmationNeeded, app.CodeIdentityLinkedElsewhere, app.CodeConflict}, answer: (*exchange).link},
		{method: "DELETE", path: "/v1/me/identities/{provider}", summary: "Unlink by provider or by the identity's ID, with a fresh ticket; the last one cannot be unlinked.",
			takes: UnlinkRequest{}, status: 204, signedIn: true, codes: []app.Code{app.CodeConfirmationNeeded, app.CodeIdentityLast, app.CodeIdentityAmbiguous, app.CodeNotFound}, answer: (*exchange).unlink},
		{method: "GET", path: "/v1/me/recovery", summary: "What there is of recovery codes. No code.", status: 200, gives: RecoveryCodes{}, signedIn: true,
			answer: (*exchange).recoveryCodes},
		{method: "POST", path: "/v1/me/recovery", summary: "Make ten recovery codes in the place of all earlier ones, with a fresh ticket. No other answer ever holds them.",
			takes: CodesRequest{}, status: 200, gives: NewRecoveryCodes{}, signedIn: true, codes: []app.Code{app.CodeConfirmationNeeded}, answer: (*exchange).makeCodes},
		{method: "DELETE", path: "/v1/me/recovery", summary: "Remove all recovery codes, with a fresh ticket.",
			takes: CodesRequest{}, status: 204, signedIn: true, codes: []app.Code{app.CodeConfirmationNeeded}, answer: (*exchange).removeCodes},
		{method: "POST", path: "/v1/me/recovery/declined", summary: "Be offered no recovery codes any more.",
			takes: Nothing{}, status: 204, signedIn: true, answer: (*exchange).declineCodes},
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

func (x *exchange) confirm() (any, error) {
	return x.s.Confirm(x.ctx, x.address, *x.body.(*ConfirmationRequest))
}

func (x *exchange) device() (any, error) {
	return x.s.StartDevice(x.ctx, x.address, *x.body.(*DeviceRequest))
}

func (x *exchange) poll() (any, error) { return x.s.PollDevice(x.ctx, x.r.PathValue("id")) }

func (x *exchange) nickname() (any, error) {
	r := *x.body.(*NicknameRequest)
	if r.Ticket == "" {
		if err := x.who(); err != nil {
			return nil, err
		}
	}
	return x.s.CheckNickname(x.ctx, x.in, r)
}

func (x *exchange) signIn() (any, error) { return x.s.SignIn(x.ctx, *x.body.(*SessionRequest)) }

func (x *exchange) signUp() (any, error) { return x.s.SignUp(x.ctx, *x.body.(*SignUpRequest)) }

func (x *exchange) refresh() (any, error) {
	return x.s.Refresh(x.ctx, x.body.(*RefreshRequest).RefreshToken)
}

func (x *exchange) token() (any, error) {
	return x.s.Token(x.ctx, x.in, x.body.(*TokenRequest).Audience)
}

func (x *exchange) end() (any, error) { return nil, x.s.End(x.ctx, *x.body.(*EndRequest)) }

func (x *exchange) me() (any, error) {
	return Me{User: userOf(x.in.User), Identity: identityOf(x.in.Identity), Session: sessionOf(x.in, x.in.Session.ID)}, nil
}

func (x *exchange) rename() (any, error) {
	u, err := x.s.Rename(x.ctx, x.in, x.body.(*RenameRequest).Nickname)
	return UserAnswer{User: u}, err
}

func (x *exchange) deleteAccount() (any, error) {
	return nil, x.s.Delete(x.ctx, x.in, *x.body.(*DeleteRequest))
}

func (x *exchange) recover() (any, error) {
	return x.s.Recover(x.ctx, x.address, *x.body.(*RecoveryRequest))
}

func (x *exchange) recoveryCodes() (any, error) { return x.s.RecoveryCodes(x.ctx, x.in) }

func (x *exchange) makeCodes() (any, error) {
	return x.s.MakeRecoveryCodes(x.ctx, x.in, x.body.(*CodesRequest).Ticket)
}

func (x *exchange) removeCodes() (any, error) {
	return nil, x.s.RemoveRecoveryCodes(x.ctx, x.in, x.body.(*CodesRequest).Ticket)
}

func (x *exchange) declineCodes() (any, error) { return nil, x.s.DeclineRecoveryCodes(x.ctx, x.in) }

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

func (x *exchange) link() (any, error) {
	i, err := x.s.Link(x.ctx, x.in, x.r.PathValue("provider"), *x.body.(*LinkRequest))
	return IdentityAnswer{Identity: i}, err
}

func (x *exchange) unlink() (any, error) {
	return nil, x.s.Unlink(x.ctx, x.in, x.r.PathValue("provider"), *x.body.(*UnlinkRequest))
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
