package doctor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/doctor"
	"munpae.example/munpae/app/internal/loopback/loopbacktest"
)

type frozen struct{ app.SystemClock }

func (frozen) Now() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }

func bind(port int) (io.Closer, error) {
	return net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
}

func run(o doctor.Options) map[string]app.Finding {
	if o.Clock == nil {
		o.Clock = frozen{}
	}
	results := map[string]app.Finding{}
	for _, r := range doctor.Run(context.Background(), o).Results {
		results[r.Name] = r
	}
	return results
}

func TestAWrongSettingIsNamedWithItsFileAndLine(t *testing.T) {
	r := run(doctor.Options{Settings: []doctor.Setting{{Name: "MUNPAE_NAVER_PORTS", Params: app.Params{"name": "MUNPAE_NAVER_PORTS", "reason": "ports", "place": "line", "file": "/p/.env", "line": "3"}}}})["settings"]
	if r.Verdict != app.Bad || !strings.Contains(r.Detail, "MUNPAE_NAVER_PORTS (/p/.env:3): must be five different ports from 1024 to 65535") {
		t.Errorf("%+v", r)
	}
}

func TestAWrongSettingOfTheEnvironmentIsSaidToBeOne(t *testing.T) {
	r := run(doctor.Options{Settings: []doctor.Setting{{Name: "MUNPAE_THEME", Params: app.Params{"name": "MUNPAE_THEME", "reason": "choice", "place": "environment", "file": "", "line": "0"}}}})["settings"]
	if want := "MUNPAE_THEME (the environment): not one of the choices"; r.Detail != want {
		t.Errorf("got %q, want %q", r.Detail, want)
	}
	r = run(doctor.Options{Settings: []doctor.Setting{{Params: app.Params{"name": ".env", "reason": "unreadable", "place": "file", "file": "/p/.env", "line": "0"}}}})["settings"]
	if want := "/p/.env: the file can't be read"; r.Detail != want {
		t.Errorf("got %q, want %q", r.Detail, want)
	}
}

// A sentence names things, and every check says what they are.
func TestNoCheckSaysASentenceWithAHole(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	reach := func(err error) doctor.Endpoint {
		return doctor.Endpoint{ID: string(app.CodeOf(err)), Name: "GitHub", Reach: func(context.Context) (string, int, time.Time, error) {
			return "https://github.com", http.StatusBadGateway, time.Time{}, err
		}}
	}
	o := doctor.Options{
		Clock: frozen{}, Registered: []doctor.Registered{{ID: "naver", Name: "NAVER", Ports: []int{l.Addr().(*net.TCPAddr).Port}}}, Bind: bind,
		Settings: []doctor.Setting{{Name: "MUNPAE_THEME", Params: app.Params{"name": "MUNPAE_THEME", "reason": "choice", "place": "environment", "file": "", "line": "0"}}},
		// An error that names the host is said with the name on the button.
		Providers: []doctor.Endpoint{reach(nil), reach(app.Fail(app.CodeTimeout, nil)), reach(app.Fail(app.CodeProviderError, nil, "provider", "api.github.com"))},
	}
	for _, language := range []app.Language{app.Korean, app.English} {
		var text bytes.Buffer
		o.Language = language
		if err := doctor.Run(context.Background(), o).WriteText(&text); err != nil {
			t.Fatal(err)
		}
		if s := text.String(); strings.Contains(s, "{") || strings.Contains(s, "api.github.com") || !strings.Contains(s, "GitHub") {
			t.Errorf("%s:\n%s", language, s)
		}
	}
}

func TestAFileThatOthersCanReadIsNamed(t *testing.T) {
	dir := t.TempDir()
	others(t, dir, false)
	path := filepath.Join(dir, "munpae.db")
	os.WriteFile(path, nil, 0o644)
	others(t, path, true)
	if r := run(doctor.Options{Profile: dir})["profile"]; r.Verdict != app.Bad || !strings.Contains(r.Detail, path) {
		t.Errorf("%+v", r)
	}
	others(t, path, false)
	if r := run(doctor.Options{Profile: dir})["profile"]; r.Verdict != app.Good {
		t.Errorf("%+v", r)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".doctor-*")); len(left) > 0 {
		t.Errorf("the check left %v behind", left)
	}
}

func TestTheDemoNeedsNoSettings(t *testing.T) {
	if r := run(doctor.Options{})["settings"]; r.Verdict != app.Warning || r.Advice == "" {
		t.Errorf("%+v", r)
	}
	if r := run(doctor.Options{Demo: true})["settings"]; r.Verdict != app.Good {
		t.Errorf("%+v", r)
	}
}

// The person wrote it, and the folder around it is closed.
func TestADotenvThatOthersCanReadIsAWarning(t *testing.T) {
	dir := t.TempDir()
	others(t, dir, false)
	path := filepath.Join(dir, ".env")
	os.WriteFile(path, nil, 0o644)
	others(t, path, true)
	if r := run(doctor.Options{Profile: dir})["profile"]; r.Verdict != app.Warning || !strings.Contains(r.Detail, path) || r.Advice == "" {
		t.Errorf("%+v", r)
	}
	others(t, dir, true)
	if r := run(doctor.Options{Profile: dir})["profile"]; r.Verdict != app.Bad {
		t.Errorf("in an open folder: %+v", r)
	}
}

func TestAProfileThatCouldNotBeMadeIsBad(t *testing.T) {
	r := run(doctor.Options{NewProfile: func() error { return errors.New("read-only file system") }})["profile"]
	if r.Verdict != app.Bad || r.Code != app.CodeProfileUnwritable || !strings.Contains(r.Detail, "read-only") {
		t.Errorf("%+v", r)
	}
	if r := run(doctor.Options{NewProfile: func() error { return nil }})["profile"]; r.Verdict != app.Skipped {
		t.Errorf("%+v", r)
	}
}

func TestEveryFindingSaysWhatToDoInBothLanguages(t *testing.T) {
	open := t.TempDir()
	others(t, open, true)
	now := frozen{}.Now()
	lost := func(context.Context) error { return app.Fail(app.CodeDatabaseDamaged, nil) }
	for name, o := range map[string]doctor.Options{
		"nothing": {},
		"well": {
			Database: func(context.Context) error { return nil }, Keystore: func(context.Context) (string, error) { return "file", nil },
			CookieJar: func() error { return nil }, Registered: []doctor.Registered{{ID: "naver", Name: "NAVER", Ports: []int{0}}}, Bind: bind,
			Providers: []doctor.Endpoint{{ID: "github", Reach: answers(200, now, nil)}, {ID: "naver", Reach: answers(200, time.Time{}, nil)}},
		},
		"wrong": {
			Profile: open, Database: lost, Keystore: func(context.Context) (string, error) { return "", lost(nil) }, CookieJar: func() error { return lost(nil) },
			Providers: []doctor.Endpoint{{ID: "github", Reach: answers(200, now.Add(time.Hour), nil)}, {ID: "naver", Reach: answers(500, now, nil)}},
		},
	} {
		o.Clock = frozen{}
		english := doctor.Run(context.Background(), o).Results
		o.Language = app.Korean
		for i, k := range doctor.Run(context.Background(), o).Results {
			if e := english[i]; k.Name != e.Name || k.Verdict != e.Verdict || k.Code != e.Code {
				t.Errorf("%s: %+v in Korean, %+v in English", name, k, e)
			}
			if k.Detail == english[i].Detail && k.Code == "" {
				t.Errorf("%s: %s says %q in both languages", name, k.Name, k.Detail)
			}
			if toDo := k.Verdict == app.Warning || k.Verdict == app.Bad; toDo != (k.Advice != "") || toDo != (english[i].Advice != "") {
				t.Errorf("%s: %+v: advice %q", name, k, english[i].Advice)
			}
		}
	}
}

// answers plays a provider that was reached.
func answers(status int, date time.Time, err error) func(context.Context) (string, int, time.Time, error) {
	return func(context.Context) (string, int, time.Time, error) { return "https://github.com", status, date, err }
}

func TestWhatAProviderAnswersDecidesTheVerdict(t *testing.T) {
	now := frozen{}.Now()
	for name, tc := range map[string]struct {
		reach   func(context.Context) (string, int, time.Time, error)
		verdict app.Verdict
		code    app.Code
	}{
		"the clock is off by a day":       {answers(200, now.Add(24*time.Hour), nil), app.Bad, app.CodeClockWrong},
		"it is reached, whatever it says": {answers(404, now, nil), app.Good, ""},
		"it has no Date":                  {answers(200, time.Time{}, nil), app.Good, ""},
		"it is broken":                    {answers(503, now, nil), app.Bad, app.CodeProviderServerError},
		"there is no network":             {answers(0, time.Time{}, app.Fail(app.CodeOffline, nil)), app.Bad, app.CodeOffline},
	} {
		r := run(doctor.Options{Providers: []doctor.Endpoint{{ID: "github", Name: "GitHub", Reach: tc.reach}}})["provider_github"]
		if r.Verdict != tc.verdict || r.Code != tc.code {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestCB12_TakenNaverPortsAreListed(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	other := loopbacktest.Port(t)
	for _, language := range []app.Language{app.Korean, app.English} {
		named := map[app.Language]string{app.Korean: "네이버", app.English: "NAVER"}[language]
		for _, ports := range [][]int{{port}, {port, other}, {other}} {
			r := run(doctor.Options{Language: language, Registered: []doctor.Registered{{ID: "naver", Name: "NAVER", Ports: ports}}, Bind: bind})["naver_ports"]
			if taken := ports[0] == port; taken && len(ports) == 1 && (r.Verdict != app.Bad || r.Code != app.CodePortInUse) || taken && len(ports) == 2 && r.Verdict != app.Warning {
				t.Errorf("%+v", r)
			}
			for _, p := range ports {
				if !strings.Contains(r.Detail, strconv.Itoa(p)) || !strings.Contains(r.Detail, named) {
					t.Errorf("it does not say whose ports, or which: %q", r.Detail)
				}
			}
		}
	}
}

func TestCB12_PortsThatBrowsersRefuseAreNamed(t *testing.T) {
	for _, language := range []app.Language{app.Korean, app.English} {
		o := doctor.Options{Language: language, Refused: func(port int) bool { return port == 5060 || port == 5061 }, Bind: bind}
		o.Registered = []doctor.Registered{{ID: "naver", Name: "NAVER", Ports: []int{5060, 5061}}}
		if r := run(o)["naver_ports"]; r.Verdict != app.Bad || r.Code != app.CodePortsRefused || !strings.Contains(r.Detail, "5060, 5061") || !strings.Contains(r.Advice, "5060, 5061") {
			t.Errorf("all: %+v", r)
		}
		o.Registered[0].Ports = []int{5060, 0}
		if r := run(o)["naver_ports"]; r.Verdict != app.Warning || !strings.Contains(r.Detail, "5060") || r.Advice == "" {
			t.Errorf("one of two: %+v", r)
		}
	}
}

func TestDV02_AWindowWithoutAnAddressOfItsOwnIsSaid(t *testing.T) {
	for _, l := range []app.Language{app.Korean, app.English} {
		r := run(doctor.Options{Language: l, Apart: func() error { return errors.New("cannot assign requested address") }})["window_address"]
		if r.Verdict != app.Warning || !strings.Contains(r.Detail, "cannot assign") || !strings.Contains(r.Detail, "127.0.0.1") || r.Advice == "" {
			t.Errorf("%+v", r)
		}
		if r := run(doctor.Options{Language: l, Apart: func() error { return nil }})["window_address"]; r.Verdict != app.Good {
			t.Errorf("%+v", r)
		}
		if r := run(doctor.Options{Language: l})["window_address"]; r.Verdict != app.Skipped || !strings.Contains(r.Detail, "127.0.0.1") {
			t.Errorf("%+v", r)
		}
	}
}

func TestPE07_AKernelThatDoesNotTellWhoseAConnectionIsIsSaid(t *testing.T) {
	for _, l := range []app.Language{app.Korean, app.English} {
		r := run(doctor.Options{Language: l, PeerCheck: func() error { return errors.New("no sock_diag: operation not permitted") }})["peer_check"]
		if r.Verdict != app.Warning || !strings.Contains(r.Detail, "not permitted") || r.Advice == "" {
			t.Errorf("%+v", r)
		}
	}
	if r := run(doctor.Options{PeerCheck: func() error { return nil }})["peer_check"]; r.Verdict != app.Good {
		t.Errorf("%+v", r)
	}
}

func TestOnlyABadResultMakesTheReportBad(t *testing.T) {
	o := doctor.Options{Clock: frozen{}, Profile: t.TempDir()}
	others(t, o.Profile, false)
	if r := doctor.Run(context.Background(), o); !r.OK {
		t.Errorf("%+v", r)
	}
	o.Database = func(context.Context) error { return app.Fail(app.CodeDatabaseDamaged, errors.New("page 3")) }
	r := doctor.Run(context.Background(), o)
	if r.OK {
		t.Error("a damaged database passes")
	}
	var text bytes.Buffer
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "database") || !strings.Contains(text.String(), "page 3") {
		t.Errorf("the text does not say what is damaged:\n%s", text.String())
	}
}

// A final slash, a typing error, a realm that was never made: what was expected, and
// what was found, stand side by side.
func TestAnIssuerThatIsNotThereIsSaidWithTheOneExpected(t *testing.T) {
	for found, want := range map[string]string{
		"":                              "https://id.example/realms/x/.well-known/openid-configuration answers 404 and has no document of the issuer expected, https://id.example/realms/x",
		`"https://id.example/realms/y"`: `https://id.example/realms/x/.well-known/openid-configuration is the document of "https://id.example/realms/y"; the issuer expected is https://id.example/realms/x`,
	} {
		params := []string{"address", "https://id.example/realms/x/.well-known/openid-configuration", "expected", "https://id.example/realms/x", "status", "404"}
		if found != "" {
			params = append(params, "found", found)
		}
		r := run(doctor.Options{Providers: []doctor.Endpoint{{ID: "oidc", Name: "Corp", Reach: answers(0, time.Time{}, app.Fail(app.CodeIssuerUnknown, nil, params...))}}})["provider_oidc"]
		if r.Verdict != app.Bad || r.Detail != want || !strings.Contains(r.Advice, "Corp") {
			t.Errorf("%+v", r)
		}
	}
}
