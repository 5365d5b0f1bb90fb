//go:build production || dev

package munpae_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"

	"munpae.example/munpae/app/munpae"
)

// What cannot work is one clear error in Go, under the app's name: no panic, and no
// window that stays empty.
func TestEM12_WhatCannotWorkIsOneClearErrorThatNamesIt(t *testing.T) {
	page := &assetserver.Options{Assets: fstest.MapFS{"index.html": {Data: []byte("x")}}}
	whole := func() *options.App { return &options.App{AssetServer: page} }
	github := munpae.GitHub{ClientID: "a", ClientSecret: "b"}
	for name, c := range map[string]struct {
		o    munpae.Options
		app  *options.App
		says string
	}{
		"no name":                 {munpae.Options{}, whole(), "Options.Name"},
		"a name with a space":     {munpae.Options{Name: "my notes"}, whole(), `"my notes"`},
		"a name in capitals":      {munpae.Options{Name: "Notes"}, whole(), "Options.Name"},
		"a name with a slash":     {munpae.Options{Name: "../notes"}, whole(), "Options.Name"},
		"a name that is too long": {munpae.Options{Name: strings.Repeat("n", 33)}, whole(), "Options.Name"},
		"no front":                {munpae.Options{Name: "notes", Front: 7}, whole(), "Options.Front"},
		"accounts beside storage": {munpae.Options{Name: "notes", Accounts: true, Storage: true}, whole(), "Options.Accounts"},
		"no options of Wails":     {munpae.Options{Name: "notes"}, nil, "options"},
		"a page that is missing":  {munpae.Options{Name: "notes"}, &options.App{AssetServer: &assetserver.Options{Assets: fstest.MapFS{}}}, "index.html"},
		"an empty AssetServer":    {munpae.Options{Name: "notes"}, &options.App{AssetServer: &assetserver.Options{}}, "AssetServer"},
		//lint:ignore SA1019 a program of others may set them
		"old and new assets":        {munpae.Options{Name: "notes"}, &options.App{AssetServer: page, Assets: fstest.MapFS{}}, "deprecated"},
		"a lock of Wails":           {munpae.Options{Name: "notes"}, &options.App{AssetServer: page, SingleInstanceLock: &options.SingleInstanceLock{}}, "SingleInstanceLock"},
		"more origins":              {munpae.Options{Name: "notes"}, &options.App{AssetServer: page, BindingsAllowedOrigins: "https://a.example"}, "BindingsAllowedOrigins"},
		"a policy for frames":       {munpae.Options{Name: "notes", Policy: map[string][]string{"frame": {"https://a.example"}}}, whole(), `"frame"`},
		"a policy for objects":      {munpae.Options{Name: "notes", Policy: map[string][]string{"object": {"'self'"}}}, whole(), `"object"`},
		"a policy for the base":     {munpae.Options{Name: "notes", Policy: map[string][]string{"base": {"'self'"}}}, whole(), `"base"`},
		"two directives in one":     {munpae.Options{Name: "notes", Policy: map[string][]string{"img": {"'self'; frame-src *"}}}, whole(), "one source"},
		"every script":              {munpae.Options{Name: "notes", Policy: map[string][]string{"script": {"*"}}}, whole(), "sha256"},
		"every inline script":       {munpae.Options{Name: "notes", Policy: map[string][]string{"script": {"'unsafe-inline'"}}}, whole(), "sha256"},
		"two of one kind":           {munpae.Options{Name: "notes", Providers: []munpae.Provider{github, github}}, whole(), "GitHub twice"},
		"no provider":               {munpae.Options{Name: "notes", Providers: []munpae.Provider{nil}}, whole(), "Providers[0]"},
		"a provider without an ID":  {munpae.Options{Name: "notes", Providers: []munpae.Provider{munpae.Naver{ClientSecret: "b"}}}, whole(), "CLIENT_ID"},
		"a provider in the open":    {munpae.Options{Name: "notes", Providers: []munpae.Provider{munpae.GitHub{ClientID: "a", URL: "http://github.example"}}}, whole(), "URL"},
		"a grey nobody reads":       {munpae.Options{Name: "notes", Brand: munpae.Brand{Light: munpae.Colours{Ground: "#ffffff", Text: "#999999", Accent: "#005500", OnAccent: "#ffffff"}}}, whole(), "contrast of 2.84 to 1"},
		"a button nobody reads":     {munpae.Options{Name: "notes", Brand: munpae.Brand{Dark: munpae.Colours{Ground: "#000000", Text: "#ffffff", Accent: "#dddddd", OnAccent: "#ffffff"}}}, whole(), "OnAccent"},
		"a colour by its name":      {munpae.Options{Name: "notes", Brand: munpae.Brand{Light: munpae.Colours{Ground: "white", Text: "#000000", Accent: "#000000", OnAccent: "#ffffff"}}}, whole(), "#rrggbb"},
		"a logo that is none":       {munpae.Options{Name: "notes", Brand: munpae.Brand{Logo: []byte("GIF89a")}}, whole(), "SVG nor PNG"},
		"a language that is none":   {munpae.Options{Name: "notes", Brand: munpae.Brand{SignIn: map[string]string{"x y": "Hello"}}}, whole(), "SignIn"},
		"a sentence in no language": {munpae.Options{Name: "notes", Keeps: map[string]string{"xx": "Hello"}}, whole(), "Options.Keeps"},
		"a function of no runtime":  {munpae.Options{Name: "notes", Runtime: []string{"Events*", "OpenShell"}}, whole(), `Options.Runtime has "OpenShell"`},
		"a function without a name": {munpae.Options{Name: "notes", Runtime: []string{""}}, whole(), "Options.Runtime"},
		"a reserved name of air":    {munpae.Options{Name: "notes", Reserved: []string{" "}}, whole(), "Options.Reserved"},
	} {
		err := munpae.New(c.o).Run(c.app)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v does not name %s", name, err, c.says)
			continue
		}
		begins := "notes: "
		if c.o.Name != "notes" {
			begins = "munpae: "
		}
		if !strings.HasPrefix(err.Error(), begins) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q is not one line under the app's name", name, err)
		}
	}
}

// docs/embedding.md has a line for everything that an app may set or is told.
func TestEveryOptionIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/embedding.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range []reflect.Type{reflect.TypeFor[munpae.Options](), reflect.TypeFor[munpae.Merge]()} {
		for _, f := range reflect.VisibleFields(of) {
			if !regexp.MustCompile("(?m)^\\| .*`" + f.Name + "`.* \\|$").Match(text) {
				t.Errorf("docs/embedding.md has no line for %s.%s", of.Name(), f.Name)
			}
		}
	}
}

// Whoever reads the package finds how each function is called, and each option is set,
// in an example; all but the package's own, which opens a window, are run.
func TestEveryFunctionAndOptionHasAnExample(t *testing.T) {
	set := token.NewFileSet()
	var files []*ast.File
	all, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		f, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	p, err := doc.NewFromFiles(set, files, "munpae.example/munpae/app/munpae")
	if err != nil {
		t.Fatal(err)
	}
	functions := p.Funcs
	for _, of := range p.Types {
		functions = append(append(functions, of.Funcs...), of.Methods...)
	}
	for _, f := range functions {
		if len(f.Examples) == 0 {
			t.Errorf("%s %s has no example", f.Recv, f.Name)
		}
		for _, e := range f.Examples {
			if e.Output == "" {
				t.Errorf("the example of %s %s is not run", f.Recv, f.Name)
			}
		}
	}
	text, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[munpae.Options]()) {
		if !regexp.MustCompile(`\b` + f.Name + `: `).Match(text) {
			t.Errorf("no example sets Options.%s", f.Name)
		}
	}
}

// What a page gets of Munpae, and what lies in its sources, are under 3 kB gzipped.
func TestTheClientIsSmall(t *testing.T) {
	size := 0
	for _, name := range []string{"../../frontend/dist/client.js", "client/index.js"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
		_, _ = z.Write(data)
		_ = z.Close()
		size += b.Len()
	}
	t.Logf("%d bytes", size)
	if size >= 3000 {
		t.Errorf("%d bytes gzipped", size)
	}
}

func TestEM12_RunTwiceIsAnError(t *testing.T) {
	a := munpae.New(munpae.Options{Name: "notes"})
	_ = a.Run(nil)
	if err := a.Run(nil); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("got %v", err)
	}
}

func TestEM12_BeforeRunNothingIsKnownAndNothingPanics(t *testing.T) {
	a := munpae.New(munpae.Options{Name: "notes"})
	_, err := a.RequireSession()
	_, dirErr := a.UserDir()
	_, tokenErr := a.Token(context.Background(), "https://api.example.com")
	for what, err := range map[string]error{"RequireSession": err, "UserDir": dirErr, "Token": tokenErr, "SignOut": a.SignOut(context.Background())} {
		if !errors.Is(err, munpae.ErrNotRunning) {
			t.Errorf("%s: %v", what, err)
		}
	}
	a.OnChange(func(munpae.Session, bool) { t.Error("told of nobody") })()
	if _, ok := munpae.FromContext(context.Background()); ok {
		t.Error("somebody is in an empty context")
	}
}

func TestCommandTakesWhatIsOursAndLeavesTheRest(t *testing.T) {
	a := munpae.New(munpae.Options{Name: "notes"})
	rest, code, done := a.Command([]string{"--lang", "en", "open.txt", "--verbose", "--theme=dark", "--profile", t.TempDir(), "--", "--demo"})
	if got := strings.Join(rest, " "); got != "open.txt --verbose --demo" || code != 0 || done {
		t.Errorf("rest %q, %d, %v", got, code, done)
	}
	if _, code, done := a.Command([]string{"--lang", "xx"}); code != 2 || !done {
		t.Errorf("a language that is none: %d, %v", code, done)
	}
}

// The demo plays its own providers: the doctor looks for the program's directory as little
// as a start does.
func TestTheDoctorOfTheDemoAsksNoDirectory(t *testing.T) {
	doctor := func(args ...string) string {
		a := munpae.New(munpae.Options{Name: "my-notes", Directory: "https://127.0.0.1:1"})
		file, err := os.Create(filepath.Join(t.TempDir(), "out"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		was := os.Stdout
		os.Stdout = file
		_, _, done := a.Command(append(args, "--json", "--profile", t.TempDir()))
		os.Stdout = was
		if !done {
			t.Fatal("the doctor did not run")
		}
		said, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(said)
	}
	const asked = "127.0.0.1:1"
	if said := doctor("doctor"); !strings.Contains(said, asked) {
		t.Errorf("without the demo it says %s", said)
	}
	if said := doctor("doctor", "--demo"); strings.Contains(said, asked) {
		t.Errorf("with the demo it says %s", said)
	}
}
