package signin

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"munpae.example/munpae/app/internal/account"
	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/words"
)

// Receipt is what somebody gets to see, and may save, of an account that they deleted: in
// words, since it is the same in the window and in the file. It is there until it is
// closed, somebody signs in, or the window is closed; a program that is cut off before
// shows it at the next start.
type Receipt struct {
	Title string `json:"title"`
	// Lines say what was deleted when, and what becomes of the nickname.
	Lines []string      `json:"lines"`
	Links []ReceiptLink `json:"links"`
}

// ReceiptLink says what became of the permission that a provider's account had given.
type ReceiptLink struct {
	Provider string `json:"provider"`
	Text     string `json:"text"`
	// Page is the provider's own on which to withdraw it, or empty.
	Page string `json:"page,omitempty"`
}

// withdrawal is what became of a permission at a provider. The numbers are kept.
type withdrawal int

const (
	withdrawalNone   withdrawal = iota // nothing is here to withdraw it with
	withdrawalAsked                    // the provider is being told
	withdrawalDone                     // it has said so
	withdrawalFailed                   // it could not be told, or said no
	withdrawalUnsure                   // it was being told when the program was cut off
)

// receipt is what a Receipt is made of, and all that is left of the account: kept,
// sealed, until it is read, so that a program that is cut off can still say what became
// of it.
type receipt struct {
	UserID     string // who is gone
	Nickname   string
	At         time.Time
	RestsUntil time.Time // zero where the nickname does not rest
	Absorbed   int       // how many accounts had become this one's
	Links      []receiptLink
}

// receiptLink is what is left of a link to an account at a provider.
type receiptLink struct {
	Provider, Account string
	Withdrawal        withdrawal
}

// receiptOf is the receipt of u's deletion, as it begins.
func receiptOf(u app.User, d account.Deleted) *receipt {
	r := &receipt{UserID: u.ID, Nickname: u.Nickname, At: d.At, RestsUntil: d.RestsUntil, Absorbed: len(d.Gone) - 1}
	for _, l := range d.Links {
		x := receiptLink{l.Provider, l.Account(), withdrawalNone}
		if l.Revoke != nil {
			x.Withdrawal = withdrawalAsked
		}
		r.Links = append(r.Links, x)
	}
	return r
}

// answered is r once it is known what became of a permission.
func (r receipt) answered(link int, w withdrawal) *receipt {
	r.Links = slices.Clone(r.Links)
	r.Links[link].Withdrawal = w
	return &r
}

// Drawer keeps one receipt where a program that is cut off finds it again.
type Drawer interface {
	// Put keeps it in the place of an earlier one, durably.
	Put(sealed []byte) error
	// Look returns what was put there; nothing if nothing was.
	Look() ([]byte, error)
	// Empty takes it out; that there is none is no failure.
	Empty() error
}

// sealedFor binds a sealed receipt to what it is.
const sealedFor = "receipt"

// keepReceipt puts r where the next start finds it, or takes what is there away for good
// if it is nil. A receipt that could not be kept holds nobody up: the deletion counts.
func (s *Service) keepReceipt(r *receipt) {
	if s.o.Drawer == nil {
		return
	}
	err := s.putReceipt(r)
	if err != nil {
		s.o.Log.Warn("receipt not kept, or not taken away", "code", app.CodeOf(err), "cause", app.CauseOf(err))
	}
}

func (s *Service) putReceipt(r *receipt) error {
	if r == nil {
		return s.o.Drawer.Empty()
	}
	plain, err := json.Marshal(r)
	if err != nil {
		return err
	}
	sealed, err := s.o.Sessions.Seal(plain, sealedFor)
	if err != nil {
		return err
	}
	return s.o.Drawer.Put(sealed)
}

// recallReceipt finds the receipt that nobody has read since the program was cut off: of
// somebody who is gone, or may be where the accounts are kept elsewhere, and no older than
// their nickname rests. Any other is taken away.
func (s *Service) recallReceipt(ctx context.Context) {
	if s.o.Drawer == nil {
		return
	}
	sealed, err := s.o.Drawer.Look()
	if err != nil {
		return
	}
	r := &receipt{}
	plain, err := s.o.Sessions.Open(sealed, sealedFor)
	if err == nil {
		err = json.Unmarshal(plain, r)
	}
	if err == nil && s.now().Before(r.At.Add(app.NicknameRest)) {
		gone, err := s.isGone(ctx, r.UserID)
		switch {
		case err != nil:
			return // the next start may know
		case gone:
			s.machine.receipt = r.cutOff()
			return
		case s.unheard():
			s.machine.going, s.machine.unsure = r, s.now()
			return
		}
	}
	s.keepReceipt(nil) // also one that was cut off while it was put there
}

// isGone reports whether this profile has nothing of a user.
func (s *Service) isGone(ctx context.Context, userID string) (bool, error) {
	left, err := s.o.Accounts.Identities(ctx, userID)
	return len(left) == 0, err
}

// unheard reports whether an account may be gone where it is kept, although this profile
// has it.
func (s *Service) unheard() bool { return s.o.Token != nil }

// undeleted says that the deletion of a user failed, or that nobody knows whether it did,
// and reports whether they are gone all the same.
func (s *Service) undeleted(ctx context.Context, userID string) (gone bool) {
	e := undeleted{userID: userID}
	if s.unheard() {
		e.since = s.now()
	}
	s.apply(e)
	return s.goneElsewhere(context.WithoutCancel(ctx))
}

// goneElsewhere shows the receipt that waited for a word whether its account is gone, if
// it is.
func (s *Service) goneElsewhere(ctx context.Context) bool {
	s.mu.Lock()
	r := s.machine.going
	waits := r != nil && !s.machine.unsure.IsZero()
	s.mu.Unlock()
	if !waits {
		return false
	}
	if gone, err := s.isGone(ctx, r.UserID); err != nil || !gone {
		return false
	}
	if s.endedBy(deleted{r.cutOff()}, s.Problem(app.Fail(app.CodeAccountDeleted, nil))) { // else somebody else said so meanwhile
		s.gone(r.UserID)
	}
	return true
}

// cutOff is r where nobody waits any more for what becomes of a permission.
func (r receipt) cutOff() *receipt {
	r.Links = slices.Clone(r.Links)
	for i, l := range r.Links {
		if l.Withdrawal == withdrawalAsked {
			r.Links[i].Withdrawal = withdrawalUnsure
		}
	}
	return &r
}

// shown is r in the window's language.
func (m machine) shown(r *receipt) *Receipt {
	l := words.In(m.language)
	w := l.Receipt
	at := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	s := &Receipt{Title: l.Say(w.Title), Links: []ReceiptLink{}, Lines: []string{
		l.Say(w.Deleted, "nickname", r.Nickname, "at", at(r.At)), l.Say(w.Here, "links", strconv.Itoa(len(r.Links))),
	}}
	if r.Absorbed > 0 {
		s.Lines = append(s.Lines, l.Say(w.Merged, "accounts", strconv.Itoa(r.Absorbed)))
	}
	s.Lines = append(s.Lines, l.Say(w.Backups))
	if !r.RestsUntil.IsZero() {
		s.Lines = append(s.Lines, l.Say(w.Rests, "nickname", r.Nickname, "until", at(r.RestsUntil)))
	}
	said := map[withdrawal]string{withdrawalNone: w.Kept, withdrawalAsked: w.Asked, withdrawalDone: w.Withdrawn, withdrawalFailed: w.Failed, withdrawalUnsure: w.Unsure}
	for _, kept := range r.Links {
		x := ReceiptLink{Provider: kept.Provider}
		name := m.nameOf(kept.Provider)
		x.Text = l.Say(said[kept.Withdrawal], "provider", name)
		if kept.Account != "" {
			x.Text = kept.Account + " · " + x.Text
		}
		if kept.Withdrawal != withdrawalAsked && kept.Withdrawal != withdrawalDone {
			where := w.NoPage
			if j := slices.IndexFunc(m.providers, func(p app.Provider) bool { return p.ID == kept.Provider }); j >= 0 && m.providers[j].Disconnect != "" {
				where, x.Page = w.Page, m.providers[j].Disconnect
			}
			x.Text += " " + l.Say(where, "provider", name)
		}
		s.Links = append(s.Links, x)
	}
	return s
}

// Text is r as it is saved: title, lines, and every permission with its page.
func (r Receipt) Text() string {
	var b strings.Builder
	b.WriteString(r.Title + "\n\n")
	for _, l := range r.Lines {
		b.WriteString("- " + l + "\n")
	}
	for _, l := range r.Links {
		b.WriteString("- " + l.Text + "\n")
		if l.Page != "" {
			b.WriteString("  " + l.Page + "\n")
		}
	}
	return b.String()
}

// CloseReceipt takes the receipt off the screen, for good.
func (s *Service) CloseReceipt() { s.apply(receiptRead{}) }

// OpenReceiptPage opens a provider's page on which to withdraw its permission in the
// person's browser. CodeNotFound where the receipt on screen names none;
// CodeBrowserUnavailable.
func (s *Service) OpenReceiptPage(provider string) error {
	if r := s.State().Receipt; r != nil {
		for _, l := range r.Links {
			if l.Provider == provider && l.Page != "" {
				return s.o.Browser.Open(s.alive, l.Page)
			}
		}
	}
	return app.Fail(app.CodeNotFound, nil)
}

// withdrawAll tells the providers of a deletion, and its receipt what became of it.
func (s *Service) withdrawAll(d account.Deleted, userID string) {
	for i, l := range d.Links {
		if l.Revoke == nil {
			continue
		}
		s.withdraw(l.Provider, l.Revoke, func(err error) {
			w := withdrawalDone
			if err != nil {
				w = withdrawalFailed
			}
			s.apply(withdrawn{userID, i, w})
		})
	}
}
