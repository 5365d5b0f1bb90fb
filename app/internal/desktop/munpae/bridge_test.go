package munpae_test

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/desktop/munpae"
	"munpae.example/munpae/app/internal/signin"
)

func TestThePageCanCallTheseMethodsAndNoOthers(t *testing.T) {
	want := []string{
		"Announce", "Cancel", "Check", "CheckNickname", "CloseReceipt", "ConfirmLink", "CopyCode", "CopyLink", "CopyRecoveryCodes", "DeclineRecoveryCodes", "Dismiss", "ForgetRecoveryCodes", "OpenAgain", "OpenReceiptPage", "OpenSettingsFolder", "RestoreBackup",
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
