package account

import (
	"context"
	"time"

	"golang.org/x/time/rate"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/nickname"
)

const (
	// proposalsShown is how many nicknames are offered when one is not free.
	proposalsShown = 3

	// Bounds of nickname checks: more than any typist, less than a scan of who is
	// here (NK-20).
	checkRate  = rate.Limit(20)
	checkBurst = 40
)

// NicknameAnswer is what a check, a sign-up and a rename say about a text.
type NicknameAnswer struct {
	Text      string     `json:"text"` // exactly as asked
	Code      app.Code   `json:"code"` // available, or why not
	Params    app.Params `json:"params,omitempty"`
	Proposals []string   `json:"proposals"` // at most three, when it is not free
}

// Holder is for whom a nickname is asked: a pending sign-up, or a user, whose own
// name does not count against them. The zero Holder is nobody.
type Holder struct {
	id     string
	userID string   // empty for somebody new
	names  []string // what proposals may start from, beside the text
}

// Holder is the pending sign-up's.
func (p *Pending) Holder() Holder { return Holder{id: p.ID, names: p.names()} }

// HolderOf is the user's.
func HolderOf(u app.User) Holder { return Holder{id: u.ID, userID: u.ID} }

// hold keeps a name that passed a check for whoever checked it.
type hold struct {
	holder string
	until  time.Time
}

// keysOf are the two by which a name is held.
func keysOf(n app.Nickname) [2]string { return [2]string{"key:" + n.Key, "skeleton:" + n.Skeleton} }

// CheckNickname says whether text can be a nickname now. A free name is held for
// app.NicknameHold. CodeConflict for nobody.
func (a *Acts) CheckNickname(ctx context.Context, h Holder, text string) (answer NicknameAnswer) {
	defer func() { a.o.Log.Info("nickname checked", "code", answer.Code) }() // never the text
	answer = NicknameAnswer{Text: text, Proposals: []string{}}
	if h.id == "" {
		answer.Code = app.CodeConflict
		return answer
	}
	if !a.checks.AllowN(a.o.Clock.Now(), 1) {
		answer.Code, answer.Params = app.CodeRateLimited, app.Params{"provider": "Munpae", "minutes": "1"}
		return answer
	}
	n, err := a.allowed(ctx, text)
	if err == nil {
		err = a.hold(ctx, n, h)
	}
	if err != nil {
		return a.refuse(ctx, text, err, h)
	}
	answer.Code = app.CodeAvailable
	a.mu.Lock()
	defer a.mu.Unlock()
	a.checked[h.id] = text
	return answer
}

// Rename gives who another nickname. Codes of the nickname rules,
// CodeNicknameTaken, CodeNicknameLooksLike, CodeRenameTooSoon (param date).
func (a *Acts) Rename(ctx context.Context, who app.SignedIn, text string) (app.User, error) {
	n, err := a.parse(ctx, text, HolderOf(who.User))
	if err != nil {
		return app.User{}, err
	}
	u, err := a.o.Store.Rename(ctx, who.User.ID, n, a.o.Clock.Now())
	if err != nil {
		return app.User{}, err
	}
	a.release(u.ID)
	return u, nil
}

// ProposalsFor returns up to three free nicknames near text for who.
func (a *Acts) ProposalsFor(ctx context.Context, who app.SignedIn, text string) []string {
	return a.proposals(ctx, HolderOf(who.User), text)
}

func (a *Acts) proposals(ctx context.Context, h Holder, text string) []string {
	free := a.free(ctx, nickname.Propose(append([]string{text}, h.names...)...), h)
	return free[:min(len(free), proposalsShown)]
}

// refuse says why a text cannot be taken, and what could be.
func (a *Acts) refuse(ctx context.Context, text string, err error, h Holder) NicknameAnswer {
	answer := NicknameAnswer{Text: text, Code: app.CodeOf(err), Params: app.ParamsOf(err), Proposals: []string{}}
	switch answer.Code {
	case app.CodeNicknameTaken, app.CodeNicknameJustTaken, app.CodeNicknameLooksLike, app.CodeNicknameReserved, app.CodeNicknameHeld:
		answer.Proposals = a.proposals(ctx, h, text)
	}
	return answer
}

// allowed reads text by the rules, those of the program around among them.
func (a *Acts) allowed(ctx context.Context, text string) (app.Nickname, error) {
	n, err := nickname.Parse(text)
	if err != nil {
		return n, err
	}
	if a.reserved.Has(n) {
		return app.Nickname{}, app.Fail(app.CodeNicknameReserved, nil)
	}
	if a.o.Judge != nil {
		if err := a.o.Judge(ctx, n.Text); err != nil {
			return app.Nickname{}, app.Fail(app.CodeNicknameRefused, nil, "reason", err.Error())
		}
	}
	return n, nil
}

// parse reads text by the rules and refuses a name that somebody else holds.
func (a *Acts) parse(ctx context.Context, text string, h Holder) (app.Nickname, error) {
	n, err := a.allowed(ctx, text)
	if err != nil {
		return n, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.heldLocked(n, h.id, a.o.Clock.Now()) {
		return n, app.Fail(app.CodeNicknameHeld, nil)
	}
	return n, nil
}

// hold asks the database and then holds both keys of the name.
func (a *Acts) hold(ctx context.Context, n app.Nickname, h Holder) error {
	now := a.o.Clock.Now()
	if err := a.o.Store.NicknameFree(ctx, n, h.userID, now); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.heldLocked(n, h.id, now) {
		return app.Fail(app.CodeNicknameHeld, nil)
	}
	for key, held := range a.held { // one hold a holder, and none that is over
		if held.holder == h.id || !now.Before(held.until) {
			delete(a.held, key)
		}
	}
	for _, key := range keysOf(n) {
		a.held[key] = hold{h.id, now.Add(app.NicknameHold)}
	}
	return nil
}

func (a *Acts) heldLocked(n app.Nickname, holder string, now time.Time) bool {
	for _, key := range keysOf(n) {
		if h, ok := a.held[key]; ok && h.holder != holder && now.Before(h.until) {
			return true
		}
	}
	return false
}

// release gives back what the holder holds.
func (a *Acts) release(holder string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.checked, holder)
	for key, h := range a.held {
		if h.holder == holder {
			delete(a.held, key)
		}
	}
}

// wasFree reports whether the holder's last check found text free.
func (a *Acts) wasFree(holder, text string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	checked, ok := a.checked[holder]
	return ok && checked == text
}

// free returns the texts of those candidates that h could take, in order: one round
// trip to the database.
func (a *Acts) free(ctx context.Context, candidates []app.Nickname, h Holder) []string {
	now := a.o.Clock.Now()
	texts := []string{}
	free, err := a.o.Store.NicknamesFree(ctx, candidates, h.userID, now)
	if err != nil {
		a.o.Log.Warn("no proposals", "code", app.CodeOf(err))
		return texts
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, n := range free {
		if !a.heldLocked(n, h.id, now) && !a.reserved.Has(n) {
			texts = append(texts, n.Text)
		}
	}
	return texts
}
