package origin

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"munpae.example/munpae/app/internal/api"
	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/words"
)

// The bodies of the routes. Times are Unix milliseconds; 0 is "never".

// User is a person.
type User struct {
	ID        string `json:"id"`
	Nickname  string `json:"nickname"`
	CreatedAt int64  `json:"created_at"`
}

// Session is one sign-in as its owner may see it: never a token, never a generation.
type Session struct {
	ID           string `json:"id"`
	Provider     string `json:"provider"`
	Account      string `json:"account"`
	CreatedAt    int64  `json:"created_at"`
	ConfirmedAt  int64  `json:"confirmed_at"`
	OfflineUntil int64  `json:"offline_until"`
	IdleUntil    int64  `json:"idle_until"`
	AbsoluteEnd  int64  `json:"absolute_end"`
}

// SessionAnswer is who is signed in, and how.
type SessionAnswer struct {
	User    User    `json:"user"`
	Session Session `json:"session"`
}

// Nameplate is an account of this computer.
type Nameplate struct {
	User     User   `json:"user"`
	Provider string `json:"provider"`
	Account  string `json:"account"`
	SeenAt   int64  `json:"seen_at"`
	Current  bool   `json:"current"` // on the screen
	Lives    bool   `json:"lives"`   // else it has to be signed in to again
}

// NameplatesAnswer lists the accounts of this computer: the one on the screen first.
type NameplatesAnswer struct {
	Accounts []Nameplate `json:"accounts"`
}

// Identity is a linked provider account.
type Identity struct {
	ID            string `json:"id"`
	Provider      string `json:"provider"`
	Account       string `json:"account"`
	Login         string `json:"login"`
	Name          string `json:"name"`
	Nickname      string `json:"nickname"`
	Email         string `json:"email"`
	EmailVerified bool   `json:"email_verified"`
	LinkedAt      int64  `json:"linked_at"`
	ConfirmedAt   int64  `json:"confirmed_at"`
}

// MeAnswer is the profile.
type MeAnswer struct {
	User     User     `json:"user"`
	Identity Identity `json:"identity"`
	Session  Session  `json:"session"`
}

// NicknameRequest is a new nickname, the present one typed as a confirmation, or the one
// that stays when two accounts are brought together.
type NicknameRequest struct {
	Nickname string `json:"nickname"`
}

// Nothing is an empty object.
type Nothing struct{}

// UserAnswer is a person after a rename.
type UserAnswer struct {
	User User `json:"user"`
}

// ListedSession is a session in a list.
type ListedSession struct {
	Session
	SeenAt int64 `json:"seen_at"`
	// Device and Platform name the computer, where sessions of several are listed.
	Device   string `json:"device,omitempty"`
	Platform string `json:"platform,omitempty"`
	// Place is where on this computer it is; nothing for one on another, or of another user's,
	// and in an export, which people hand on.
	Place   *Place `json:"place,omitempty"`
	Current bool   `json:"current"`

	elsewhere bool // on another computer
}

// Place tells one profile of this computer from another, in a list of sessions.
type Place struct {
	// User is whose account of the computer the program runs in; empty if unknown.
	User string `json:"user"`
	// Folder is the profile's, where it is not the one that everybody has.
	Folder string `json:"folder,omitempty"`
}

// SessionsAnswer lists the live sessions: the one that asks, then the others, newest first.
type SessionsAnswer struct {
	Sessions []ListedSession `json:"sessions"`
}

// IdentitiesAnswer lists the linked provider accounts.
type IdentitiesAnswer struct {
	Identities []Identity `json:"identities"`
}

// Merge is an account that was brought together with this one.
type Merge struct {
	// ID is the user ID that the account had, and has again when it is undone.
	ID        string `json:"id"`
	Nickname  string `json:"nickname"` // its own
	CreatedAt int64  `json:"created_at"`
	// Before is the nickname that this account had before.
	Before   string `json:"before"`
	Provider string `json:"provider"` // whose word showed that it is theirs, too
	At       int64  `json:"at"`
	Until    int64  `json:"until"` // it can be undone before that
}

// MergesAnswer lists the merges that can still be undone, the last one first: only
// that one can be undone at once.
type MergesAnswer struct {
	Merges []Merge `json:"merges"`
}

// Event is a line of the security timeline.
type Event struct {
	ID     int64  `json:"id"`
	At     int64  `json:"at"`
	Kind   string `json:"kind"`
	Detail string `json:"detail"`
}

// EventsAnswer is the security timeline, newest first.
type EventsAnswer struct {
	Events []Event `json:"events"`
}

// FormerName is a nickname of before. Until is when others may take it.
type FormerName struct {
	Nickname string `json:"nickname"`
	Until    int64  `json:"until"`
}

// ExportAnswer is what this profile holds about a person, except what the program
// alone has a use for: keys, generations, a provider's number for them.
type ExportAnswer struct {
	ExportedAt  int64           `json:"exported_at"`
	User        User            `json:"user"`
	RenamedAt   int64           `json:"renamed_at"`
	FormerNames []FormerName    `json:"former_names"`
	Identities  []Identity      `json:"identities"`
	Sessions    []ListedSession `json:"sessions"`
	Merges      []Merge         `json:"merges"`
	Events      []Event         `json:"events"`
	// RecoveryCodes are absent where the directory keeps none.
	RecoveryCodes *RecoveryAnswer `json:"recovery_codes,omitempty"`
}

// RecoveryCode is one recovery code as its owner may see it after it was shown: never the code.
type RecoveryCode struct {
	Number int   `json:"number"`
	UsedAt int64 `json:"used_at"` // 0: it is left, unless it is void
	Void   bool  `json:"void"`    // retired when a backup was restored
}

// RecoveryAnswer is what there is of recovery codes.
type RecoveryAnswer struct {
	MadeAt int64          `json:"made_at"` // 0: none were made
	Left   int64          `json:"left"`
	Codes  []RecoveryCode `json:"codes"`
	// Offer says that the person has none and may be offered some.
	Offer bool `json:"offer"`
}

// RecoveryCodesAnswer is the one answer that holds codes.
type RecoveryCodesAnswer struct {
	Codes []string `json:"codes"`
}

// KeysRequest is what a provider's console gives out for an app.
type KeysRequest struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
}

// RecoveryRequest is a recovery code as it was typed.
type RecoveryRequest struct {
	Code string `json:"code"`
}

// Sentences are what a code says in one language.
type Sentences struct {
	Happened string `json:"happened"`
	Next     string `json:"next"`   // what to do, or nothing
	Button   string `json:"button"` // what does it, or nothing
}

// ErrorAnswer is every failure: the stable code, what its sentence names, that sentence in
// the window's language, and the support code that also stands in the log. Whoever is not
// the window, or has no session, gets none: nothing has failed.
type ErrorAnswer struct {
	Code      app.Code          `json:"code"`
	Message   string            `json:"message"`
	Params    map[string]string `json:"params"`
	Support   string            `json:"support,omitempty"`
	Proposals []string          `json:"proposals,omitempty"`
}

func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func userOf(u app.User) User { return User{u.ID, u.Nickname, ms(u.CreatedAt)} }

func sessionOf(in app.SignedIn) Session {
	s := in.Session
	return Session{
		ID: s.ID, Provider: in.Identity.Provider, Account: in.Identity.Account(),
		CreatedAt: ms(s.CreatedAt), ConfirmedAt: ms(s.ConfirmedAt),
		OfflineUntil: ms(s.OfflineUntil()), IdleUntil: ms(s.IdleUntil), AbsoluteEnd: ms(s.AbsoluteEnd),
	}
}

func identityOf(i app.Identity) Identity {
	return Identity{
		ID: i.ID, Provider: i.Provider, Account: i.Account(), Login: i.Login, Name: i.Name, Nickname: i.Profile.Nickname,
		Email: i.Email, EmailVerified: i.EmailVerified, LinkedAt: ms(i.LinkedAt), ConfirmedAt: ms(i.ConfirmedAt),
	}
}

func recoveryOf(of app.RecoveryCodes) RecoveryAnswer {
	out := RecoveryAnswer{Codes: make([]RecoveryCode, len(of.Codes)), Offer: len(of.Codes) == 0 && !of.Declined}
	for i, c := range of.Codes {
		out.Codes[i] = RecoveryCode{c.Number, ms(c.UsedAt), !c.VoidAt.IsZero()}
		out.MadeAt = ms(c.MadeAt)
		if c.UsedAt.IsZero() && c.VoidAt.IsZero() {
			out.Left++
		}
	}
	return out
}

func answerOf(in app.SignedIn) SessionAnswer { return SessionAnswer{userOf(in.User), sessionOf(in)} }

var jsonType = []string{"application/json; charset=utf-8"}

// write answers with v as JSON.
func write(w http.ResponseWriter, code int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return app.Fail(app.CodeInternal, err)
	}
	send(w, code, jsonType, body)
	return nil
}

func send(w http.ResponseWriter, code int, contentType []string, body []byte) {
	h := w.Header()
	h["Content-Type"] = contentType
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(code)
	_, _ = w.Write(body) // the client is gone: nobody to tell
}

// fail answers with err's code and the sentence that belongs to it; its cause
// goes to the log only.
func (g *Origin) fail(w http.ResponseWriter, err error, proposals ...string) {
	code := app.CodeOf(err)
	st := api.Status(code)
	answer := ErrorAnswer{Code: code, Params: app.ParamsOf(err), Proposals: proposals}
	switch code {
	case app.CodeSessionNone, app.CodeSessionAccessExpired, app.CodeForbidden: // nothing has failed
	default:
		level := slog.LevelInfo
		if st >= http.StatusInternalServerError {
			level = slog.LevelError
		}
		answer.Support = app.SupportCode(g.o.Rand)
		g.o.Log.Log(context.Background(), level, "problem", "code", code, "support", answer.Support, "cause", app.CauseOf(err))
	}
	g.refuse(w, st, answer)
}

func (g *Origin) refuse(w http.ResponseWriter, st int, answer ErrorAnswer) {
	answer.Message = words.Say(g.o.Language(), answer.Code, answer.Params).Text()
	if answer.Params == nil {
		answer.Params = app.Params{}
	}
	_ = write(w, st, answer) // these types always encode
}
