package signin

import (
	"time"

	"munpae.example/munpae/app/internal/account"
	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/attempt"
)

// Step names the screen that the window shows (docs/contract.md#steps).
type Step string

// The steps. The values leave the process.
const (
	StepStarting    Step = "starting"
	StepSetupNeeded Step = "setup_needed"
	StepSignedOut   Step = "signed_out"
	StepWaiting     Step = "waiting"
	StepNickname    Step = "nickname"
	StepSignedIn    Step = "signed_in"
	StepBlocked     Step = "blocked" // database damaged, keyring locked
)

// Steps are all of them, as Wails' EnumBind declares them to the page, whose switch
// does not compile without one of them.
var Steps = []struct {
	Value  Step
	TSName string
}{
	{StepStarting, "Starting"}, {StepSetupNeeded, "SetupNeeded"}, {StepSignedOut, "SignedOut"}, {StepWaiting, "Waiting"},
	{StepNickname, "Nickname"}, {StepSignedIn, "SignedIn"}, {StepBlocked, "Blocked"},
}

// State is all that the window draws. The pointer that belongs to the step is
// set; while waiting, SignUp or Home stays too if the attempt was started there,
// since that is where a cancel returns to, and so does Home behind the dialog of
// an account that is added. It carries no secret: every field
// reaches JavaScript.
type State struct {
	Seq       uint64           `json:"seq"`
	Step      Step             `json:"step"`
	Attempt   string           `json:"attempt,omitempty"` // while waiting
	Demo      bool             `json:"demo"`
	Language  app.Language     `json:"language"`
	Theme     string           `json:"theme"` // "light", "dark", "system"
	Providers []ProviderChoice `json:"providers"`
	Waiting   *Waiting         `json:"waiting,omitempty"`
	SignUp    *SignUp          `json:"sign_up,omitempty"`
	Home      *Home            `json:"home,omitempty"`
	// Link asks, at home, whether to link an account that a provider has confirmed.
	Link *Link `json:"link,omitempty"`
	// Merge asks instead, where that account has a nickname of its own here already,
	// whether to bring the two together.
	Merge *Merge `json:"merge,omitempty"`
	// Receipt is that of an account that was deleted, at signed_out and setup_needed.
	Receipt *Receipt `json:"receipt,omitempty"`
	// Accounts says that several accounts may be signed in on this computer: GET
	// /munpae/accounts lists them.
	Accounts bool `json:"accounts,omitempty"`
	// Unclaimed says that a session waits for the window's POST /munpae/session.
	Unclaimed bool         `json:"unclaimed,omitempty"`
	Problem   *app.Problem `json:"problem,omitempty"`
	// SettingsFile is where settings go, shown on the setup screen.
	SettingsFile string `json:"settings_file,omitempty"`
	// Callbacks are the addresses to register at each provider, shown there too.
	Callbacks map[string][]string `json:"callbacks,omitempty"`
}

// ProviderChoice is one button of the sign-in screen.
type ProviderChoice struct {
	app.Provider
	LastUsed bool `json:"last_used"`
}

// Waiting belongs to StepWaiting.
type Waiting struct {
	Provider string  `json:"provider"`
	Name     string  `json:"name"`
	Purpose  Purpose `json:"purpose"`
	// For names the risky act that PurposeConfirm comes before: link, unlink, unmerge,
	// codes_make, codes_remove, end_others, delete.
	For   string        `json:"for,omitempty"`
	Phase attempt.Phase `json:"phase"`
	// ExpiresAt is when the sign-in is over, Unix milliseconds.
	ExpiresAt int64 `json:"expires_at"`
	// Browser reports whether the way through the browser is open.
	Browser bool `json:"browser"`
	// BrowserSlow is set when no browser arrived after 8 s.
	BrowserSlow bool `json:"browser_slow"`
	// BrowserProblem is set when the browser could not be opened.
	BrowserProblem *app.Problem    `json:"browser_problem,omitempty"`
	DeviceOffered  bool            `json:"device_offered"`
	Device         *attempt.Device `json:"device,omitempty"`
}

// at is w when the attempt has come as far as p.
func (w Waiting) at(p attempt.Progress) Waiting {
	w.Phase, w.ExpiresAt, w.Browser = p.Phase, p.ExpiresAt, p.Browser
	w.BrowserSlow, w.BrowserProblem, w.Device = p.BrowserSlow, p.BrowserProblem, p.Device
	return w
}

// Purpose says what a confirmation by a provider is for.
type Purpose string

// The purposes.
const (
	PurposeSignIn  Purpose = "sign_in"
	PurposeLink    Purpose = "link"
	PurposeConfirm Purpose = "confirm" // a fresh word before a risky act
)

// SignUp belongs to StepNickname.
type SignUp struct {
	Provider string `json:"provider"`
	Name     string `json:"name"`
	Account  string `json:"account"`
	Proposal string `json:"proposal"`
	// Notice is email_missing or email_refused, or empty.
	Notice app.Code `json:"notice,omitempty"`
	// Before is the provider that confirmed somebody of this profile last, and BeforeName
	// what it is called: whoever it was may be the same person. Empty: nobody has an
	// account.
	Before     string `json:"before,omitempty"`
	BeforeName string `json:"before_name,omitempty"`
}

// Home belongs to StepSignedIn.
type Home struct {
	UserID       string `json:"user_id"`
	Nickname     string `json:"nickname"`
	Provider     string `json:"provider"`
	Name         string `json:"name"`
	Account      string `json:"account"`
	ConfirmedAt  int64  `json:"confirmed_at"`  // Unix milliseconds
	OfflineUntil int64  `json:"offline_until"` // Unix milliseconds
	Offline      bool   `json:"offline"`
	// RenameAfter is when the nickname may next be changed, Unix milliseconds, 0 for now.
	RenameAfter int64 `json:"rename_after"`
	// Recovered says that a recovery code opened the session: no provider confirmed it.
	Recovered bool `json:"recovered,omitempty"`
	// CodesDue says that the person was confirmed to make recovery codes: the page asks
	// for them now.
	CodesDue bool `json:"codes_due,omitempty"`
	// Another says that a second account at one provider can be linked: somebody may have
	// signed up by each, and can bring the two together.
	Another bool     `json:"another,omitempty"`
	Notice  app.Code `json:"notice,omitempty"`
}

// Link is the question whether to link an account: nothing is written before the
// person has answered it.
type Link struct {
	Provider string `json:"provider"`
	Name     string `json:"name"`
	Account  string `json:"account"` // as the provider sent it, or empty
}

// Merge is the question whether to bring two accounts together: nothing is written
// before the person has answered it.
type Merge struct {
	Link
	Nickname string `json:"nickname"` // of who is signed in
	Other    string `json:"other"`    // of whose the provider's account is
}

// state is what the window draws of m at now.
func (m machine) state(now time.Time, offline bool) State {
	s := State{Step: m.step(), Language: m.language, Theme: m.theme, Unclaimed: m.unclaimed, Problem: m.problem, Providers: make([]ProviderChoice, len(m.providers))}
	for i, p := range m.providers {
		s.Providers[i] = ProviderChoice{p, p.ID == m.lastUsed}
	}
	if w := m.attempt; w != nil {
		s.Attempt, s.Waiting = w.id, &w.shown
	}
	if p := m.signUp; p != nil {
		s.SignUp = m.dialogOf(p)
	}
	if r := m.receipt; r != nil && (s.Step == StepSignedOut || s.Step == StepSetupNeeded) {
		s.Receipt = m.shown(r)
	}
	if m.isHome() {
		s.Home = m.home(now, offline)
		if l := m.link; l != nil && s.Step == StepSignedIn {
			p := l.confirmation.Profile
			link := Link{p.Provider, m.nameOf(p.Provider), p.Account()}
			if l.merges() {
				s.Merge = &Merge{link, l.who.User.Nickname, l.other.Nickname}
			} else {
				s.Link = &link
			}
		}
	}
	return s
}

// dialogOf is what the nickname dialog starts from.
func (m machine) dialogOf(p *account.Pending) *SignUp {
	s := &SignUp{
		Provider: p.Profile.Provider, Name: m.nameOf(p.Profile.Provider), Account: p.Profile.Account(), Proposal: p.Proposal, Notice: p.Profile.Notice,
		Before: p.Before,
	}
	if p.Before != "" {
		s.BeforeName = m.nameOf(p.Before)
	}
	return s
}

// home is what home shows of who is signed in.
func (m machine) home(now time.Time, offline bool) *Home {
	in := m.person
	h := &Home{
		UserID: in.User.ID, Nickname: in.User.Nickname, Provider: in.Identity.Provider, Name: m.nameOf(in.Identity.Provider), Account: in.Identity.Account(),
		ConfirmedAt: in.Session.ConfirmedAt.UnixMilli(), OfflineUntil: in.Session.OfflineUntil().UnixMilli(), Offline: offline, Notice: m.notice,
		Recovered: in.Session.ID != "" && in.Session.IdentityID == "", CodesDue: m.codesDue,
	}
	if !in.User.RenamedAt.IsZero() {
		if next := in.User.RenamedAt.Add(app.RenameInterval); next.After(now) {
			h.RenameAfter = next.UnixMilli()
		}
	}
	return h
}

// nameOf returns what a person calls the provider, also one that is no longer configured.
func (m machine) nameOf(id string) string {
	for _, p := range m.providers {
		if p.ID == id {
			return p.Name
		}
	}
	switch id {
	case "github":
		return "GitHub"
	case "naver":
		return "NAVER"
	}
	return id
}
