package desktop

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"

	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/windows"

	"munpae.example/munpae/app/internal/app"
)

// A field that a new version of Wails brings is decided upon before it is used.
func TestEM13_EveryFieldOfWailsOptionsIsDecidedUponAndDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../docs/embedding.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]+) \\| (\\w+)").FindAllStringSubmatch(string(doc), -1) {
		for _, name := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(row[1], -1) {
			told[name[1]] = row[2]
		}
	}
	fields := reflect.TypeFor[options.App]()
	for i := range fields.NumField() {
		name := fields.Field(i).Name
		if Fields[name] == "" {
			t.Errorf("options.App.%s: nobody has decided what becomes of it", name)
		}
		if told[name] != string(Fields[name]) {
			t.Errorf("options.App.%s is %s, and the table in docs/embedding.md says %q", name, Fields[name], told[name])
		}
	}
	if len(Fields) != fields.NumField() {
		t.Errorf("%d fields are decided upon, Wails has %d", len(Fields), fields.NumField())
	}
}

// What is passed reaches Wails as it was given.
func TestEM13_WhatIsPassedArrivesAndWhatIsFilledIsTheProgramsFirst(t *testing.T) {
	var given options.App
	v := reflect.ValueOf(&given).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.Int:
			f.SetInt(int64(100 + i))
		case reflect.Bool:
			f.SetBool(true)
		case reflect.String:
			f.SetString(v.Type().Field(i).Name)
		case reflect.Uint8:
			f.SetUint(uint64(i))
		case reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
		}
	}
	o := Options{Name: "notes", App: &given, Origin: "http://127.0.0.1:1", CookieJar: filepath.Join("profile", "cookies.sqlite"), BootURL: func() string { return "" }, Booted: func() bool { return false }}
	run := reflect.ValueOf(o.run(nil, "light", nil, nil)).Elem()
	for name, what := range Fields {
		if f := v.FieldByName(name); what == Passed && f.Kind() != reflect.Func && !reflect.DeepEqual(run.FieldByName(name).Interface(), f.Interface()) {
			t.Errorf("%s became %v", name, run.FieldByName(name).Interface())
		}
	}
	got := run.Interface().(options.App)
	given.Windows.WebviewUserDataPath = "own"
	if got := o.run(nil, "light", nil, nil).Windows.WebviewUserDataPath; got != "own" {
		t.Errorf("the program's own folder of WebView2 became %q", got)
	}
	if got.Windows.WebviewUserDataPath != filepath.Join("profile", "webview") {
		t.Errorf("WebView2 keeps its things in %q, not in the profile", got.Windows.WebviewUserDataPath)
	}
	//lint:ignore SA1019 a program of others may set them
	if got.BackgroundColour != given.BackgroundColour || got.Linux.ProgramName != "notes" || got.BindingsAllowedOrigins != o.Origin || got.Assets != nil {
		t.Errorf("got %+v", got)
	}
}

// The title bar of Windows is as dark as the page below it, unless the program decides.
func TestTheTitleBarOfWindowsFollowsTheTheme(t *testing.T) {
	o := Options{App: &options.App{}, BootURL: func() string { return "" }, Booted: func() bool { return false }}
	for theme, want := range map[string]windows.Theme{"dark": windows.Dark, "light": windows.Light, "system": windows.SystemDefault} {
		if got := o.run(nil, theme, nil, nil).Windows.Theme; got != want {
			t.Errorf("%s: %v", theme, got)
		}
	}
	o.App.Windows = &windows.Options{Theme: windows.Light}
	if got := o.run(nil, "dark", nil, nil).Windows.Theme; got != windows.Light {
		t.Errorf("the program's own became %v", got)
	}
	o.App.Windows, o.Whole = nil, true
	if got := o.run(nil, "dark", nil, nil).Windows.Theme; got != windows.SystemDefault {
		t.Errorf("above a program's page: %v", got)
	}
}

// A page that draws no ground of its own was made on Wails' white.
func TestEM13_ThePageBehindStandsOnWailsOwnColour(t *testing.T) {
	o := Options{App: &options.App{}, Whole: true, Light: [3]uint8{1, 2, 3}, BootURL: func() string { return "" }, Booted: func() bool { return false }}
	if got := o.run(nil, "light", nil, nil).BackgroundColour; got != nil {
		t.Errorf("it stands on %v", *got)
	}
	o.Whole = false
	if got := o.run(nil, "light", nil, nil).BackgroundColour; got == nil || got.B != 3 {
		t.Errorf("Munpae's own stands on %v", got)
	}
}

func TestEM14_AnErrorOfTheProgramItselfReachesItsPageAsItWroteIt(t *testing.T) {
	if got := errorFormatter(nil)(errors.New("no paper left")); got != "no paper left" {
		t.Errorf("got %v", got)
	}
	if got := errorFormatter(nil)(app.Fail(app.CodeSessionNone, errors.New("cause"))); got != "session_none" {
		t.Errorf("ours became %v", got)
	}
	if got := errorFormatter(nil)(&app.Problem{Code: app.CodeSaveRefused, Support: "K7-41"}); got != "save_refused K7-41" {
		t.Errorf("what our own methods could not do became %v", got)
	}
	own := errorFormatter(func(err error) any { return map[string]string{"said": err.Error()} })
	if got := own(errors.New("x")); !reflect.DeepEqual(got, map[string]string{"said": "x"}) {
		t.Errorf("its own formatter made %v", got)
	}
	if got := own(app.Fail(app.CodeSessionNone, nil)); got != "session_none" {
		t.Errorf("ours became %v", got)
	}
}
