package signin

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"munpae.example/munpae/app/internal/account"
	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/words"
)

// Receipt is what somebody gets to see, and may save, of an account that they deleted: in
// words, since it is the same in the window and in the file. It lives in memory, until it
// is closed or somebody signs in.
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

// withdrawal is what became of a permission at a provider.
type withdrawal int

const (
	withdrawalNone   withdrawal = iota // nothing is here to withdraw it with
	withdrawalAsked                    // the provider is being told
	withdrawalDone                     // it has said so
	withdrawalFailed                   // it could not be told, or said no
)

// receipt is what a Receipt is made of.
type receipt struct {
	id       string // of the user who was
	nickname string
	account.Deleted
	withdrawals []withdrawal // of each of Links
}

// receiptOf is the receipt of u's deletion, as it begins.
func receiptOf(u app.User, d account.Deleted) *receipt {
	r := &receipt{id: u.ID, nickname: u.Nickname, Deleted: d}
	for _, l := range d.Links {
		x := withdrawalNone
		if l.Revoke != nil {
			x = withdrawalAsked
		}
		r.withdrawals = append(r.withdrawals, x)
	}
	return r
}

// answered is r once it is known what became of a permission.
func (r receipt) answered(link int, w withdrawal) *receipt {
	r.withdrawals = slices.Clone(r.withdrawals)
	r.withdrawals[link] = w
	return &r
}

// shown is r in the window's language.
func (m machine) shown(r *receipt) *Receipt {
	l := words.In(m.language)
	w := l.Receipt
	at := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	s := &Receipt{Title: l.Say(w.Title), Links: []ReceiptLink{}, Lines: []string{
		l.Say(w.Deleted, "nickname", r.nickname, "at", at(r.At)), l.Say(w.Here, "links", strconv.Itoa(len(r.Links))),
	}}
	if n := len(r.Gone) - 1; n > 0 {
		s.Lines = append(s.Lines, l.Say(w.Merged, "accounts", strconv.Itoa(n)))
	}
	s.Lines = append(s.Lines, l.Say(w.Backups))
	if !r.RestsUntil.IsZero() {
		s.Lines = append(s.Lines, l.Say(w.Rests, "nickname", r.nickname, "until", at(r.RestsUntil)))
	}
	for i, id := range r.Links {
		x := ReceiptLink{Provider: id.Provider}
		name := m.nameOf(id.Provider)
		said := map[withdrawal]string{withdrawalNone: w.Kept, withdrawalAsked: w.Asked, withdrawalDone: w.Withdrawn, withdrawalFailed: w.Failed}
		x.Text = l.Say(said[r.withdrawals[i]], "provider", name)
		if a := id.Account(); a != "" {
			x.Text = a + " · " + x.Text
		}
		if r.withdrawals[i] == withdrawalFailed || r.withdrawals[i] == withdrawalNone {
			where := w.NoPage
			if j := slices.IndexFunc(m.providers, func(p app.Provider) bool { return p.ID == id.Provider }); j >= 0 && m.providers[j].Disconnect != "" {
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

// withdrawAll tells the providers of a deletion, and the receipt what became of it.
func (s *Service) withdrawAll(r *receipt) {
	for i, l := range r.Links {
		if l.Revoke == nil {
			continue
		}
		s.withdraw(l.Provider, l.Revoke, func(err error) {
			w := withdrawalDone
			if err != nil {
				w = withdrawalFailed
			}
			s.apply(withdrawn{r.id, i, w})
		})
	}
}
