package munpae_test

import (
	"context"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/desktop/munpae"
	"munpae.example/munpae/app/internal/signin"
)

func TestThePageCanCallTheseMethodsAndNoOthers(t *testing.T) {
	want := []string{
		"Announce", "Cancel", "Check", "CheckNickname", "CloseReceipt", "ConfirmLink", "CopyCode", "CopyLink", "CopyRecoveryCodes", "DeclineRecoveryCodes", "Dismiss", "Failed", "ForgetRecoveryCodes", "OpenAgain", "OpenReceiptPage", "OpenSettingsFolder", "RestoreBackup",
		"Retry", "SaveBundle", "SaveExport", "SaveReceipt", "SaveRecoveryCodes", "SetLanguage", "SetTheme", "ShareEmail", "SignIn", "SignInAgain", "SignUp",
		"StartDemo", "State", "UseAnotherAccount", "UseDeviceCode",
	}
	var got []string
	bridge := reflect.TypeFor[*munpae.Bridge]()
	for m := range bridge.NumMethod() {
		got = append(got, bridge.Method(m).Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

// Wails takes whatever implements error for a failure of the method.
func TestNoAnswerOfABoundMethodIsTakenForItsFailure(t *testing.T) {
	bridge := reflect.TypeFor[*munpae.Bridge]()
	failure := reflect.TypeFor[error]()
	for m := range bridge.NumMethod() {
		for out := range bridge.Method(m).Type.Outs() {
			if out != failure && out.Implements(failure) {
				t.Errorf("%s answers with %s", bridge.Method(m).Name, out)
			}
		}
	}
}

// failing is a sign-in in which nothing succeeds, and failingHost a program around it.
type (
	useCases = munpae.SignIn // whose own name is that of a method
	failing  struct {
		useCases
		munpae.Window
		told []error
	}
)

type failingHost struct{ munpae.Host }

var errFailing = app.Fail(app.CodeDiskFull, nil)

func (f *failing) Problem(err error) *app.Problem {
	f.told = append(f.told, err)
	return &app.Problem{Code: app.CodeOf(err), Support: "K7-41"}
}
func (*failing) Context() context.Context                   { return context.Background() }
func (*failing) State() signin.State                        { return signin.State{} }
func (*failing) FirstHop() (string, error)                  { return "", errFailing }
func (*failing) UserCode() (string, error)                  { return "", errFailing }
func (*failing) RecoverySheet() (string, error)             { return "", errFailing }
func (*failing) DeclineRecoveryCodes(context.Context) error { return errFailing }
func (*failing) OpenReceiptPage(string) error               { return errFailing }

func (failingHost) OpenSettingsFolder(context.Context) error              { return errFailing }
func (failingHost) StartDemo(context.Context) error                       { return errFailing }
func (failingHost) RestoreBackup(context.Context) error                   { return errFailing }
func (failingHost) SignInAgain(context.Context) error                     { return errFailing }
func (failingHost) Check(context.Context) ([]app.Finding, error)          { return nil, errFailing }
func (failingHost) Bundle(context.Context) (d munpae.Document, err error) { return d, errFailing }
func (failingHost) RecoverySheet(context.Context) (d munpae.Document, err error) {
	return d, errFailing
}
func (failingHost) Receipt(context.Context) (d munpae.Document, err error) { return d, errFailing }
func (failingHost) Export(context.Context) (d munpae.Document, err error)  { return d, errFailing }

// docs/contract.md#steps: whatever method the page calls, a failure has a support code.
func TestWhatABoundMethodCouldNotDoHasASupportCode(t *testing.T) {
	f := &failing{}
	bridge := reflect.ValueOf(munpae.NewBridge(f, f, failingHost{}))
	called := 0
	for i := range bridge.NumMethod() {
		name, m := bridge.Type().Method(i).Name, bridge.Method(i)
		n := m.Type().NumOut()
		if n == 0 || m.Type().Out(n-1) != reflect.TypeFor[error]() {
			continue
		}
		called++
		out := m.Call(slices.Repeat([]reflect.Value{reflect.ValueOf("other")}, m.Type().NumIn()))
		if p, ok := out[n-1].Interface().(*app.Problem); !ok || p.Support != "K7-41" || len(f.told) != called {
			t.Errorf("%s: %v", name, out[n-1])
		}
	}
	if called < 10 {
		t.Fatalf("only %d methods can fail", called)
	}
}

// What the page could not do by itself has a support code as well, and the log knows what
// kind of failure it was and nothing that the page said.
func TestAFailureOfThePageItselfHasASupportCodeAndNothingOfThePageIsKept(t *testing.T) {
	for what, want := range map[string]struct {
		code  app.Code
		cause string
	}{
		"part":                 {app.CodePageIncomplete, "page: a part of it did not come"},
		"request":              {app.CodeInternal, "page: a request had no answer, or none that can be read"},
		"script":               {app.CodeInternal, "page: its script failed"},
		"7K3M-PQRS-TVWX-YZ01!": {app.CodeInternal, "page: its script failed"},
	} {
		f := &failing{}
		p := munpae.NewBridge(f, f, failingHost{}).Failed(what)
		if p.Code != want.code || p.Support != "K7-41" || p.Params != nil {
			t.Errorf("%s: %+v", what, p)
		}
		if len(f.told) != 1 || app.CauseOf(f.told[0]) != want.cause {
			t.Errorf("%s: the log has %v", what, f.told)
		}
	}
}

// ending is a sign-in whose attempt ends as its address is asked for, and the window that
// is told to copy it.
type ending struct {
	useCases
	munpae.Window
	state   signin.State
	attempt string
}

func (e *ending) State() signin.State { return e.state }
func (e *ending) FirstHop() (string, error) {
	e.state.Attempt = "the next"
	return "http://127.0.0.1:40123/", nil
}
func (e *ending) Problem(error) *app.Problem { return nil }
func (e *ending) CopyLink(_, attempt string, _ func() signin.State) error {
	e.attempt = attempt
	return nil
}

// Else the clipboard would hold it for as long as the next one takes.
func TestALinkIsNeverCopiedAsThatOfALaterAttempt(t *testing.T) {
	e := &ending{state: signin.State{Step: signin.StepWaiting, Attempt: "the one"}}
	_ = munpae.NewBridge(e, e, nil).CopyLink()
	if e.attempt != "the one" {
		t.Errorf("copied as of %q", e.attempt)
	}
}

// No type that crosses the bridge has a place for a secret: what a name says is
// the only thing that a type can promise.
func TestWV06_NothingThatCrossesTheBridgeHasAPlaceForASecret(t *testing.T) {
	secret := regexp.MustCompile(`(?i)token|secret|verifier|password|cookie|nonce|hop|redirect|session|access|refresh|sealed|^key$`)
	seen := map[reflect.Type]bool{}
	var walk func(t *testing.T, at string, typ reflect.Type)
	walk = func(t *testing.T, at string, typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			walk(t, at, typ.Elem())
		case reflect.Interface:
			if typ != reflect.TypeFor[error]() {
				t.Errorf("%s may hold anything", at)
			}
		case reflect.Struct:
			if seen[typ] {
				return
			}
			seen[typ] = true
			for f := range typ.NumField() {
				field := typ.Field(f)
				if field.Tag.Get("json") == "-" || !field.IsExported() {
					continue
				}
				if secret.MatchString(field.Name) {
					t.Errorf("%s.%s", at, field.Name)
				}
				walk(t, at+"."+field.Name, field.Type)
			}
		}
	}
	walk(t, "state", reflect.TypeFor[signin.State]()) // the one event
	bridge := reflect.TypeFor[*munpae.Bridge]()
	for m := range bridge.NumMethod() {
		method := bridge.Method(m)
		for i := 1; i < method.Type.NumIn(); i++ {
			if in := method.Type.In(i); in.Kind() != reflect.String {
				t.Errorf("%s takes a %s", method.Name, in)
			}
		}
		for i := range method.Type.NumOut() {
			walk(t, method.Name, method.Type.Out(i))
			if method.Type.Out(i).Kind() == reflect.String {
				t.Errorf("%s returns a bare text", method.Name)
			}
		}
	}
	if len(seen) < 5 || !strings.HasPrefix(bridge.String(), "*munpae.") {
		t.Fatal("the walk saw too little")
	}
}
