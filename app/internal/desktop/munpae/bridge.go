// Package munpae is what the page may call. Its name is the page's own: Wails puts the
// methods of Bridge at window.go.munpae.Bridge. What is called here carries no secret
// in either direction.
package munpae

import (
	"context"
	"errors"
	"strings"

	"munpae.example/munpae/app/internal/account"
	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/signin"
	"munpae.example/munpae/app/internal/words"
)

// SignIn are the use cases behind the bound methods; *signin.Service implements it.
type SignIn interface {
	State() signin.State
	// Watch calls f with the state as it is, then with every later one, until ctx ends.
	Watch(ctx context.Context, f func(signin.State))
	SignIn(provider string)
	UseDeviceCode()
	OpenAgain()
	// FirstHop is the address that CopyLink copies; CodeConflict if none is waiting.
	FirstHop() (string, error)
	// UserCode is the code that CopyCode copies; CodeConflict if none is waiting.
	UserCode() (string, error)
	// ConfirmLink says yes to the question whether to link; Cancel says no.
	ConfirmLink(ctx context.Context)
	Cancel()
	CheckNickname(ctx context.Context, text string) account.NicknameAnswer
	SignUp(ctx context.Context, text string) account.NicknameAnswer
	UseAnotherAccount(ctx context.Context)
	// RecoverySheet are the recovery codes that were made a moment ago, in lines;
	// CodeConflict if none are on the screen. ForgetRecoveryCodes takes them off it.
	RecoverySheet() (string, error)
	ForgetRecoveryCodes()
	// DeclineRecoveryCodes remembers that who is signed in wants to be offered none.
	DeclineRecoveryCodes(ctx context.Context) error
	// CloseReceipt takes the receipt of a deleted account off the screen.
	CloseReceipt()
	// OpenReceiptPage opens the page on which to withdraw the permission of a provider
	// that it names. CodeNotFound, CodeBrowserUnavailable.
	OpenReceiptPage(provider string) error
	ShareEmail()
	Retry()
	Dismiss()
	// Problem is err as the page may know it: its support code also stands in the log.
	Problem(err error) *app.Problem
	SetLanguage(ctx context.Context, l app.Language)
	SetTheme(ctx context.Context, theme string)
}

// Host is what the program around the sign-in does for the window; package
// launch implements it.
type Host interface {
	// OpenSettingsFolder shows the profile's folder. CodeBrowserUnavailable.
	OpenSettingsFolder(ctx context.Context) error
	// StartDemo starts over in the demo (decisions/0006).
	StartDemo(ctx context.Context) error
	// RestoreBackup puts the newest backup in the place of a damaged database.
	RestoreBackup(ctx context.Context) error
	// SignInAgain leaves StepBlocked with a new signing key; accounts stay.
	SignInAgain(ctx context.Context) error
	// Check runs the self-tests.
	Check(ctx context.Context) ([]app.Finding, error)
	// Bundle returns what helps somebody to help, with no secret in it.
	Bundle(ctx context.Context) (Document, error)
	// RecoverySheet returns the recovery codes that are on the screen. CodeConflict.
	RecoverySheet(ctx context.Context) (Document, error)
	// Receipt returns the receipt that is on the screen. CodeConflict.
	Receipt(ctx context.Context) (Document, error)
	// Export returns everything about who is signed in. CodeSessionNone.
	Export(ctx context.Context) (Document, error)
}

// Document is a file that the person may save where they like.
type Document struct {
	Name string // proposed, such as "munpae-export.json"
	Data []byte
}

// Bridge is bound to the page: every exported method is one that the page can
// call, and there are no others. An error reaches it as its code and a support code.
type Bridge struct {
	window Window
	signIn SignIn
	host   Host
}

// Window is what the methods need of the window.
type Window interface {
	// Context is Wails' own once the window is open.
	Context() context.Context
	// CopyText puts text on the clipboard. CodeConflict before the window is open.
	CopyText(text string) error
	// CopyLink is CopyText for the address of that attempt, after whose end the
	// clipboard does not hold it any more. state is the sign-in's, which may end it
	// meanwhile.
	CopyLink(address, attempt string, state func() signin.State) error
	// Announce has a screen reader say text.
	Announce(text string)
	// SaveFile asks where to save d and does so; false if the person cancelled.
	SaveFile(d Document) (bool, error)
	// PageRuns hears that the page runs; ready says whether it has a screen to show.
	PageRuns(ready bool)
}

// NewBridge returns what is bound to the page.
func NewBridge(w Window, s SignIn, h Host) *Bridge { return &Bridge{w, s, h} }

// State returns the state as it is; the event "state" tells of every later one. It is
// the first that a page asks, so the page runs.
func (b *Bridge) State() signin.State {
	s := b.signIn.State()
	b.window.PageRuns(s.Step != signin.StepStarting)
	return s
}

// SignIn starts a sign-in in the person's browser.
func (b *Bridge) SignIn(provider string) { b.signIn.SignIn(provider) }

// UseDeviceCode adds the road by device code to the sign-in under way.
func (b *Bridge) UseDeviceCode() { b.signIn.UseDeviceCode() }

// OpenAgain asks the browser once more.
func (b *Bridge) OpenAgain() { b.signIn.OpenAgain() }

// CopyLink puts the address of the sign-in under way on the clipboard. The page
// never sees it. CodeConflict.
func (b *Bridge) CopyLink() error {
	attempt := b.signIn.State().Attempt // asked first: the address is never of an older one
	address, err := b.signIn.FirstHop()
	if err == nil {
		err = b.window.CopyLink(address, attempt, b.signIn.State)
	}
	return b.told(err)
}

// CopyCode puts the device code on the clipboard. CodeConflict.
func (b *Bridge) CopyCode() error {
	code, err := b.signIn.UserCode()
	if err == nil {
		err = b.window.CopyText(code)
	}
	return b.told(err)
}

// Announce has a screen reader say text, at most 500 characters of it.
func (b *Bridge) Announce(text string) {
	if said := []rune(text); len(said) > 500 {
		text = string(said[:500])
	}
	b.window.Announce(strings.ReplaceAll(text, "\x00", ""))
}

// Failed is a failure of the page's own, as the page may show it: its support code also
// stands in the log. what is PagePart, PageRequest or anything else, which is its script;
// nothing that the page says is kept. No pointer: Wails would take that for an error.
func (b *Bridge) Failed(what string) app.Problem {
	switch what {
	case PagePart:
		return *b.signIn.Problem(app.Fail(app.CodePageIncomplete, errPart))
	case PageRequest:
		return *b.signIn.Problem(app.Fail(app.CodeInternal, errRequest))
	}
	return *b.signIn.Problem(app.Fail(app.CodeInternal, errScript))
}

// What of the page may have failed.
const (
	PagePart    = "part"    // a part of it did not come
	PageRequest = "request" // a request of it had no answer, or none that can be read
)

var (
	errPart    = errors.New("page: a part of it did not come")
	errRequest = errors.New("page: a request had no answer, or none that can be read")
	errScript  = errors.New("page: its script failed")
)

// ConfirmLink links the account that the state asks about.
func (b *Bridge) ConfirmLink() { b.signIn.ConfirmLink(b.window.Context()) }

// Cancel ends the sign-in under way, or leaves the account of the question unlinked.
func (b *Bridge) Cancel() { b.signIn.Cancel() }

// CheckNickname says whether text can be a nickname now.
func (b *Bridge) CheckNickname(text string) account.NicknameAnswer {
	return b.signIn.CheckNickname(b.window.Context(), text)
}

// SignUp takes the nickname and makes the account.
func (b *Bridge) SignUp(text string) account.NicknameAnswer {
	return b.signIn.SignUp(b.window.Context(), text)
}

// UseAnotherAccount leaves the nickname dialog for the sign-in screen.
func (b *Bridge) UseAnotherAccount() { b.signIn.UseAnotherAccount(b.window.Context()) }

// CopyRecoveryCodes puts the recovery codes that are on the screen on the clipboard.
// CodeConflict.
func (b *Bridge) CopyRecoveryCodes() error {
	text, err := b.signIn.RecoverySheet()
	if err == nil {
		err = b.window.CopyText(text)
	}
	return b.told(err)
}

// SaveRecoveryCodes saves the recovery codes that are on the screen; false if the person
// cancelled. CodeConflict.
func (b *Bridge) SaveRecoveryCodes() (bool, error) { return b.save(b.host.RecoverySheet) }

// ForgetRecoveryCodes says that the recovery codes are off the screen.
func (b *Bridge) ForgetRecoveryCodes() { b.signIn.ForgetRecoveryCodes() }

// DeclineRecoveryCodes says that the person wants to be offered no recovery codes.
func (b *Bridge) DeclineRecoveryCodes() error {
	return b.told(b.signIn.DeclineRecoveryCodes(b.window.Context()))
}

// ShareEmail asks the provider once more for the e-mail address.
func (b *Bridge) ShareEmail() { b.signIn.ShareEmail() }

// Retry starts the last sign-in again.
func (b *Bridge) Retry() { b.signIn.Retry() }

// Dismiss takes the problem off the screen.
func (b *Bridge) Dismiss() { b.signIn.Dismiss() }

// SetLanguage changes the window's language: one of words.Languages. CodeBadRequest.
func (b *Bridge) SetLanguage(language string) error {
	l := app.Language(language)
	if !words.Known(l) {
		return b.told(app.Fail(app.CodeBadRequest, nil))
	}
	b.signIn.SetLanguage(b.window.Context(), l)
	return nil
}

// SetTheme changes the theme: "light", "dark" or "system". CodeBadRequest.
func (b *Bridge) SetTheme(theme string) error {
	switch theme {
	case "light", "dark", "system":
		b.signIn.SetTheme(b.window.Context(), theme)
		return nil
	}
	return b.told(app.Fail(app.CodeBadRequest, nil))
}

// OpenSettingsFolder shows the folder where settings go.
func (b *Bridge) OpenSettingsFolder() error {
	return b.told(b.host.OpenSettingsFolder(b.window.Context()))
}

// StartDemo starts over in the demo.
func (b *Bridge) StartDemo() error { return b.told(b.host.StartDemo(b.window.Context())) }

// RestoreBackup puts the newest backup in the place of a damaged database.
func (b *Bridge) RestoreBackup() error { return b.told(b.host.RestoreBackup(b.window.Context())) }

// SignInAgain gives up the sessions of a lost key, and no account.
func (b *Bridge) SignInAgain() error { return b.told(b.host.SignInAgain(b.window.Context())) }

// Check runs the self-tests.
func (b *Bridge) Check() ([]app.Finding, error) {
	found, err := b.host.Check(b.window.Context())
	return found, b.told(err)
}

// SaveBundle saves what helps somebody to help; false if the person cancelled.
func (b *Bridge) SaveBundle() (bool, error) { return b.save(b.host.Bundle) }

// SaveExport saves everything about who is signed in; false if the person cancelled.
func (b *Bridge) SaveExport() (bool, error) { return b.save(b.host.Export) }

// SaveReceipt saves the receipt of a deleted account; false if the person cancelled.
// CodeConflict where none is on the screen.
func (b *Bridge) SaveReceipt() (bool, error) { return b.save(b.host.Receipt) }

// OpenReceiptPage opens the page on which to withdraw a provider's permission.
// CodeNotFound where the receipt names none; CodeBrowserUnavailable.
func (b *Bridge) OpenReceiptPage(provider string) error {
	return b.told(b.signIn.OpenReceiptPage(provider))
}

// CloseReceipt takes the receipt off the screen.
func (b *Bridge) CloseReceipt() { b.signIn.CloseReceipt() }

func (b *Bridge) save(make func(context.Context) (Document, error)) (bool, error) {
	d, err := make(b.window.Context())
	saved := false
	if err == nil {
		saved, err = b.window.SaveFile(d)
	}
	return saved, b.told(err)
}

// told is err as the page may know it, nil if there is none.
func (b *Bridge) told(err error) error {
	if err == nil {
		return nil
	}
	return b.signIn.Problem(err)
}
