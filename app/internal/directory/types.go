package directory

import (
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/directory/wire"
)

// The bodies are package wire's, since a desktop reads them too.
type (
	Home                = wire.Home
	Provider            = wire.Provider
	ConfirmationRequest = wire.ConfirmationRequest
	Confirmation        = wire.Confirmation
	WithdrawalRequest   = wire.WithdrawalRequest
	DeviceRequest       = wire.DeviceRequest
	DeviceAnswer        = wire.DeviceAnswer
	DevicePoll          = wire.DevicePoll
	NicknameRequest     = wire.NicknameRequest
	NicknameAnswer      = wire.NicknameAnswer
	Device              = wire.Device
	SessionRequest      = wire.SessionRequest
	SignUpRequest       = wire.SignUpRequest
	SignedIn            = wire.SignedIn
	RefreshRequest      = wire.RefreshRequest
	EndRequest          = wire.EndRequest
	TokenRequest        = wire.TokenRequest
	TokenAnswer         = wire.TokenAnswer
	User                = wire.User
	Identity            = wire.Identity
	Session             = wire.Session
	Me                  = wire.Me
	RenameRequest       = wire.RenameRequest
	UserAnswer          = wire.UserAnswer
	DeleteRequest       = wire.DeleteRequest
	LinkRequest         = wire.LinkRequest
	UnlinkRequest       = wire.UnlinkRequest
	IdentityAnswer      = wire.IdentityAnswer
	Sessions            = wire.Sessions
	Identities          = wire.Identities
	Event               = wire.Event
	Events              = wire.Events
	FormerName          = wire.FormerName
	Export              = wire.Export
	RecoveryRequest     = wire.RecoveryRequest
	Recovered           = wire.Recovered
	RecoveryCode        = wire.RecoveryCode
	RecoveryCodes       = wire.RecoveryCodes
	NewRecoveryCodes    = wire.NewRecoveryCodes
	CodesRequest        = wire.CodesRequest
	MergeRequest        = wire.MergeRequest
	Merge               = wire.Merge
	Merged              = wire.Merged
	Merges              = wire.Merges
	UnmergeRequest      = wire.UnmergeRequest
	JWKS                = wire.JWKS
	JWK                 = wire.JWK
	Failure             = wire.Failure
	Nothing             = wire.Nothing
)

func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func userOf(u app.User) User {
	return User{ID: u.ID, Nickname: u.Nickname, CreatedAt: ms(u.CreatedAt), RenamedAt: ms(u.RenamedAt)}
}

func identityOf(i app.Identity) Identity {
	return Identity{
		ID: i.ID, Provider: i.Provider, Issuer: i.Key.Issuer, Subject: i.Key.Subject, Account: i.Account(), Login: i.Login, Name: i.Name,
		Nickname: i.Profile.Nickname, Email: i.Email, EmailVerified: i.EmailVerified, Notice: i.Notice, LinkedAt: ms(i.LinkedAt), ConfirmedAt: ms(i.ConfirmedAt),
	}
}

func sessionOf(in app.SignedIn, current string) Session {
	s := in.Session
	return Session{
		ID: s.ID, Provider: in.Identity.Provider, Account: in.Identity.Account(), Device: Device(s.Device),
		CreatedAt: ms(s.CreatedAt), ConfirmedAt: ms(s.ConfirmedAt), SeenAt: ms(s.SeenAt),
		OfflineUntil: ms(s.OfflineUntil()), IdleUntil: ms(s.IdleUntil), AbsoluteEnd: ms(s.AbsoluteEnd), Current: s.ID == current,
	}
}
