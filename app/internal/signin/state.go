package signin

import (
	"munpae.example/munpae/app/internal/app"
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

// Phase is what is known while waiting.
type Phase string

// The phases of StepWaiting.
const (
	PhaseOpening  Phase = "opening"  // the browser was asked to open
	PhaseOpen     Phase = "open"     // the first hop was requested
	PhaseChecking Phase = "checking" // the provider answered; code exchange and profile
)

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
	// Unclaimed says that a session waits for the window's POST /session.
	Unclaimed bool         `json:"unclaimed,omitempty"`
	Problem   *app.Problem `json:"problem,omitempty"`
	// SettingsFile is where settings go, shown on the setup screen.
	SettingsFile string `json:"settings_file,omitempty"`
}

// ProviderChoice is one button of the sign-in screen.
type ProviderChoice struct {
	app.Provider
	LastUsed bool `json:"last_used"`
}

// Waiting belongs to StepWaiting.
type Waiting struct {
	Provider  string  `json:"provider"`
	Name      string  `json:"name"`
	Purpose   Purpose `json:"purpose"`
	Phase     Phase   `json:"phase"`
	ExpiresAt int64   `json:"expires_at"` // Unix milliseconds
	// Browser reports whether the road through the browser is open.
	Browser bool `json:"browser"`
	// BrowserSlow is set when no browser arrived after 8 s.
	BrowserSlow bool `json:"browser_slow"`
	// BrowserProblem is set when the browser could not be opened.
	BrowserProblem *app.Problem `json:"browser_problem,omitempty"`
	DeviceOffered  bool         `json:"device_offered"`
	Device         *Device      `json:"device,omitempty"`
}

// Device is the road by device code, beside the browser.
type Device struct {
	UserCode        string `json:"user_code"`
	VerificationURI string `json:"verification_uri"`
	// QR is the address as rows of modules, '1' dark and '0' light, with no quiet zone.
	QR        []string     `json:"qr"`
	ExpiresAt int64        `json:"expires_at"`
	Problem   *app.Problem `json:"problem,omitempty"`
}

// Purpose says what a confirmation by a provider is for.
type Purpose string

// The purposes.
const (
	PurposeSignIn  Purpose = "sign_in"
	PurposeLink    Purpose = "link"
	PurposeConfirm Purpose = "confirm" // a fresh confirmation before linking or unlinking
)

// SignUp belongs to StepNickname.
type SignUp struct {
	Provider string `json:"provider"`
	Name     string `json:"name"`
	Account  string `json:"account"`
	Proposal string `json:"proposal"`
	// Notice is email_missing or email_refused, or empty.
	Notice app.Code `json:"notice,omitempty"`
}

// Home belongs to StepSignedIn.
type Home struct {
	Nickname     string `json:"nickname"`
	Provider     string `json:"provider"`
	Name         string `json:"name"`
	Account      string `json:"account"`
	ConfirmedAt  int64  `json:"confirmed_at"`  // Unix milliseconds
	OfflineUntil int64  `json:"offline_until"` // Unix milliseconds
	Offline      bool   `json:"offline"`
	// RenameAfter is when the nickname may next be changed, Unix milliseconds, 0 for now.
	RenameAfter int64    `json:"rename_after"`
	Notice      app.Code `json:"notice,omitempty"`
}
