package app_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows says what each package of the house may import of the others. main, launch
// and the commands may import everything.
var arrows = map[string][]string{
	"app":                                {},
	"app/internal/app":                   {},
	"app/internal/files":                 {},
	"app/internal/words":                 {"app/internal/app"},
	"app/internal/nickname":              {"app/internal/app"},
	"app/internal/recovery":              {"app/internal/app"},
	"app/internal/account":               {"app/internal/app", "app/internal/nickname", "app/internal/recovery"},
	"app/internal/attempt":               {"app/internal/app"},
	"app/internal/signin":                {"app/internal/app", "app/internal/account", "app/internal/attempt", "app/internal/words"},
	"app/internal/desktop":               {"app/internal/app", "app/internal/account", "app/internal/signin", "app/internal/webview", "app/internal/words", "app/internal/desktop/munpae", "app/internal/files"},
	"app/internal/desktop/munpae":        {"app/internal/app", "app/internal/account", "app/internal/signin", "app/internal/words"},
	"app/internal/kit":                   {"app/internal/app", "app/internal/config", "app/internal/signin"},
	"app/munpaetest":                     {"app/munpae", "app/internal/app", "app/internal/attempt", "app/internal/config", "app/internal/kit", "app/internal/profile", "app/internal/provider", "app/internal/provider/practice", "app/internal/provider/providertest", "app/internal/redirect", "app/internal/signin", "app/internal/words"},
	"app/munpae":                         {"app/internal/app", "app/internal/kit", "app/internal/words", "app/internal/config", "app/internal/desktop", "app/internal/origin", "app/internal/provider", "app/internal/signin", "app/internal/launch", "frontend"},
	"app/internal/api":                   {"app/internal/app"},
	"app/internal/origin":                {"app/internal/api", "app/internal/app", "app/internal/signin", "app/internal/loopback", "app/internal/words"},
	"app/internal/redirect":              {"app/internal/app", "app/internal/attempt", "app/internal/loopback", "app/internal/words"},
	"app/internal/provider":              {"app/internal/app"},
	"app/internal/provider/practice":     {"app/internal/app", "app/internal/words"},
	"app/internal/provider/providertest": {"app/internal/app", "app/internal/provider/practice"},
	"app/internal/session":               {"app/internal/app"},
	"app/internal/keystore":              {"app/internal/app", "app/internal/files"},
	"app/internal/sqlite":                {"app/internal/app", "app/internal/directory/rows", "app/internal/files"},
	"app/internal/postgres":              {"app/internal/app", "app/internal/directory/rows"},
	"app/internal/postgres/postgrestest": {},
	"app/internal/directory":             {"app/internal/api", "app/internal/app", "app/internal/nickname", "app/internal/recovery", "app/internal/session", "app/internal/directory/rows", "app/internal/directory/wire"},
	"app/internal/directory/rows":        {"app/internal/app"},
	"app/internal/directory/wire":        {"app/internal/app"},
	"app/internal/remote":                {"app/internal/app", "app/internal/nickname", "app/internal/directory/wire"},
	"app/verify":                         {},
	"app/internal/profile":               {"app/internal/app", "app/internal/config", "app/internal/keystore", "app/internal/nickname", "app/internal/session", "app/internal/sqlite"},
	"app/internal/doctor":                {"app/internal/app", "app/internal/files", "app/internal/words"},
	"app/internal/journal":               {"app/internal/files"},
	"app/internal/webview":               {"app/internal/files"},
	"app/internal/config":                {"app/internal/app", "app/internal/words", "app/internal/files"},
	"app/internal/loopback":              {},
	"app/internal/loopback/loopbacktest": {"app/internal/loopback"},
	"app/e2e":                            {},
	"app/faults":                         {"app/internal/app"},
	"frontend":                           {},
}

// tests may also import these, and what their package may: they wire the real
// neighbours up as launch does, since a database or a keystore is never imitated.
var alsoInTests = map[string][]string{
	"app/internal/words":    {"app/internal/config"},
	"app/internal/config":   {"app/internal/provider"},
	"app/internal/loopback": {"app/internal/loopback/loopbacktest"},
	"app/internal/redirect": {"app/internal/loopback/loopbacktest"},
	"app/internal/doctor":   {"app/internal/loopback/loopbacktest"},
	"app/internal/directory": {
		"app/internal/postgres", "app/internal/postgres/postgrestest", "app/internal/sqlite", "app/internal/provider", "app/internal/provider/practice", "app/internal/provider/providertest", "app/verify",
		"app/internal/loopback/loopbacktest",
	},
	"app/internal/remote": {
		"app/internal/account", "app/internal/attempt", "app/internal/directory", "app/internal/directory/rows", "app/internal/provider", "app/internal/provider/practice", "app/internal/provider/providertest",
		"app/internal/session", "app/internal/signin", "app/internal/sqlite", "app/internal/loopback/loopbacktest",
	},
	"app/internal/directory/rows": {"app/internal/nickname", "app/internal/postgres", "app/internal/postgres/postgrestest", "app/internal/sqlite"},
	"app/internal/provider":       {"app/internal/attempt", "app/internal/provider/practice", "app/internal/provider/providertest"},
	"app/internal/session":        {"app/internal/sqlite", "app/internal/keystore", "app/internal/signin"},
	"app/internal/keystore":       {"app/internal/sqlite"},
	"app/internal/sqlite":         {"app/internal/nickname", "app/internal/signin", "app/internal/session", "app/internal/keystore"},
	"app/internal/origin":         {"app/internal/account", "app/internal/loopback/loopbacktest"},
	"app/internal/signin": {
		"app/internal/nickname", "app/internal/provider", "app/internal/provider/practice", "app/internal/provider/providertest", "app/internal/redirect", "app/internal/session", "app/internal/keystore", "app/internal/sqlite", "app/internal/origin",
		"app/internal/loopback/loopbacktest",
	},
	"app/faults":                         {"app/internal/files", "app/internal/recovery", "app/internal/nickname", "app/internal/session", "app/internal/keystore", "app/internal/sqlite", "app/internal/signin"},
	"app/e2e":                            {"app/internal/app", "app/internal/words", "app/internal/provider/practice", "app/internal/provider/providertest", "app/internal/nickname", "app/internal/sqlite", "app/internal/loopback/loopbacktest"},
	"app/internal/provider/practice":     {"app/internal/provider", "app/internal/provider/providertest"},
	"app/internal/provider/providertest": {"app/internal/provider", "app/internal/words"},
}

const (
	module = "munpae.example/munpae"
	wails  = "github.com/wailsapp/wails/"
)

// drivers are what only one package may import.
var drivers = map[string][]string{
	wails:                           {"app/internal/desktop", "app/munpae"},
	"github.com/mattn/go-sqlite3":   {"app/internal/sqlite"},
	"modernc.org/sqlite":            {},
	"github.com/jackc/pgx/":         {"app/internal/postgres", "app/internal/postgres/postgrestest"},
	"github.com/zalando/go-keyring": {"app/internal/keystore"},
	"C":                             {"app/internal/webview"},
}

type listed struct {
	ImportPath, Name                   string
	Imports, TestImports, XTestImports []string
	Standard                           bool
}

// house lists the packages of this module as they are built.
func house(t *testing.T) []listed {
	t.Helper()
	c := exec.Command("go", "list", "-json=ImportPath,Name,Imports,TestImports,XTestImports,Standard", "-tags", "desktop,production,webkit2_41,e2e", "../...")
	out, err := c.Output()
	if err != nil {
		if e, ok := errors.AsType[*exec.ExitError](err); ok {
			t.Fatalf("go list: %s", e.Stderr)
		}
		t.Fatal(err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestDependenciesPointOneWay(t *testing.T) {
	checked := 0
	for _, p := range house(t) {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		if name == "" || name == "app/internal/launch" || strings.HasPrefix(name, "app/cmd/") || strings.HasPrefix(name, "build/") || strings.Contains(name, "node_modules") {
			continue // these wire everything together; build/ is no part of the program
		}
		allowed, known := arrows[name]
		if !known {
			t.Errorf("%s has no line in this test: decide what it may import", name)
			continue
		}
		checked++
		inner := func(imports []string) {
			for _, i := range imports {
				ours, ok := strings.CutPrefix(i, module+"/")
				if ok && !slices.Contains(allowed, ours) {
					t.Errorf("%s imports %s", name, ours)
				}
				for driver, only := range drivers {
					if (i == driver || strings.HasSuffix(driver, "/") && strings.HasPrefix(i, driver)) && !slices.Contains(only, name) {
						t.Errorf("%s imports %s", name, i)
					}
				}
				if name == "app/internal/app" && strings.Contains(strings.SplitN(i, "/", 2)[0], ".") {
					t.Errorf("app imports %s: standard library only", i)
				}
			}
		}
		inner(p.Imports)
		for _, i := range append(p.TestImports, p.XTestImports...) {
			ours, ok := strings.CutPrefix(i, module+"/")
			if ok && ours != name && !slices.Contains(allowed, ours) && !slices.Contains(alsoInTests[name], ours) {
				t.Errorf("the tests of %s import %s", name, ours)
			}
		}
	}
	if checked < 10 {
		t.Fatalf("only %d packages were looked at", checked)
	}
}

// The driver reaches the program through one package only, so that what is linked
// in is what that package asked for.
func TestPurePackagesLinkNoCgo(t *testing.T) {
	for _, name := range []string{"app/internal/app", "app/internal/nickname", "app/internal/signin", "app/internal/session", "app/internal/config", "app/internal/provider", "app/internal/redirect", "app/internal/origin", "app/internal/directory", "app/internal/postgres"} {
		out, err := exec.Command("go", "list", "-deps", "-f", "{{.ImportPath}}", "../"+name).Output()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for dep := range strings.Lines(string(out)) {
			dep = strings.TrimSpace(dep)
			if strings.HasPrefix(dep, wails) || dep == "github.com/mattn/go-sqlite3" || dep == module+"/app/internal/webview" {
				t.Errorf("%s needs %s", name, dep)
			}
		}
	}
}

// What people run has nothing in it that only tests use: neither the providers that
// misbehave as told nor the standard library's own testing.
func TestWhatShipsHasNothingOfTheTests(t *testing.T) {
	for _, program := range []string{"..", "./cmd/munpae-directory"} {
		out, err := exec.Command("go", "list", "-deps", "-tags", "desktop,production,webkit2_41", "-f", "{{.ImportPath}}", program).Output()
		if err != nil {
			t.Fatalf("%s: %v", program, err)
		}
		deps := strings.Fields(string(out))
		if !slices.Contains(deps, module+"/app/internal/provider/practice") {
			t.Errorf("%s: the demo's providers are not there, so this list says nothing", program)
		}
		for _, dep := range deps {
			if dep == "testing" || strings.HasPrefix(dep, module) && strings.HasSuffix(dep, "test") {
				t.Errorf("%s ships %s", program, dep)
			}
		}
	}
}

// What stands at the top of the repository is what a newcomer is told of; tools leave their
// own folders there unasked.
func TestNothingElseStandsAtTheTop(t *testing.T) {
	out, err := exec.Command("git", "-C", "..", "ls-files").Output()
	if err != nil {
		t.Skip("no checkout: ", err)
	}
	known := strings.Fields(".ci .gitignore .golangci.yml README.md app build frontend go.mod go.sum main.go wails.json")
	for name := range strings.Lines(string(out)) {
		if top, _, _ := strings.Cut(strings.TrimSpace(name), "/"); !slices.Contains(known, top) {
			t.Errorf("%s stands at the top", top)
		}
	}
}
