package config_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/words"
)

// computer is a System with a home and a working directory of its own.
type computer struct {
	env        map[string]string
	home, work string
	os         string
}

func newComputer(t *testing.T) *computer {
	return &computer{env: map[string]string{}, home: t.TempDir(), work: t.TempDir(), os: "linux"}
}

func (c *computer) system() config.System {
	return config.System{
		OS: c.os, Providers: provider.Settings(),
		Env:     func(n string) (string, bool) { v, ok := c.env[n]; return v, ok },
		Names:   func() []string { return slices.Collect(maps.Keys(c.env)) },
		Home:    func() (string, error) { return c.home, nil },
		WorkDir: func() (string, error) { return c.work, nil },
	}
}

// load runs Load with a profile whose .env holds dotenv.
func (c *computer) load(t *testing.T, dotenv string, args ...string) config.Config {
	t.Helper()
	dir := filepath.Join(c.home, "profile")
	write(t, filepath.Join(dir, ".env"), dotenv, 0o600)
	got, err := config.Load(append([]string{"--profile", dir}, args...), c.system())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// of is a setting of a provider that is offered, else "".
func of(c config.Config, id, name string) string {
	for _, p := range c.Providers {
		if p.ID == id {
			return p.Values[name]
		}
	}
	return ""
}

func write(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// A setting that is wrong is named, wherever it stands: in the environment, too.
func TestAMisspeltSettingInTheEnvironmentIsNamedAndStopsNothing(t *testing.T) {
	named := func(program string, variables ...string) (all []string, c config.Config) {
		pc := newComputer(t)
		for _, v := range variables {
			pc.env[v] = "secret-value"
		}
		s := pc.system()
		s.Name = program
		c, err := config.Load([]string{"--profile", t.TempDir()}, s)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range c.Problems {
			if p.Reason == "unknown" && p.File == "" && p.Line == 0 && !strings.Contains(fmt.Sprint(p.Params()), "secret-value") {
				all = append(all, p.Name)
			}
		}
		return all, c
	}
	for _, v := range []string{
		"MUNPAE_GITHUB_CLIENTID", "MUNPAE_GITHUB_SECRET", "MUNPAE_GITHB_CLIENT_ID", "MUNPAE_NAVER_CLIENT_SECERT", "MUNPAE_OIDC10_ISSUER", "MUNPAE_OIDC2_CLIENT",
		"MUNPAE_DIRECTRY", "MUNPAE_KEYSTROE", "MUNPAE_ACOUNTS", "MUNPAE_LNAG", "MUNPAE_THEM",
	} {
		if all, c := named("munpae", v); !slices.Equal(all, []string{v}) || c.DirectoryWrong {
			t.Errorf("%s: %v", v, c.Problems)
		}
	}
	if all, _ := named("my-notes", "MY_NOTES_TEHME", "MUNPAE_TEHME"); !slices.Equal(all, []string{"MY_NOTES_TEHME"}) {
		t.Errorf("my-notes: %v", all)
	}
	// What is another program's, or for something else that this one reads.
	if all, _ := named("munpae", "MUNPAE_DIRECTORY_LISTEN", "MUNPAE_DIRECTORY_UNHEARD_OF", "MUNPAE_DEMO", "MUNPAE_SECRETS_FROM", "MUNPAE_SCREENSHOTS", "MUNPAE_GOLDEN", "MUNPAE_DARK", "MUNPAE_TEST_ONLINE", "MUNPAES_THEME"); all != nil {
		t.Errorf("munpae: %v", all)
	}
	if all, _ := named("my-notes", "MY_NOTES_GITHUB_TOKEN", "MY_NOTES_LOG", "MY_NOTES_DIR"); all != nil {
		t.Errorf("my-notes: %v", all)
	}
	// A provider that is right goes on beside it.
	pc := newComputer(t)
	pc.env["MUNPAE_GITHUB_CLIENT_ID"], pc.env["MUNPAE_GITHUB_CLIENT_SECRET"], pc.env["MUNPAE_GITHUB_CLIENTID"], pc.env["MUNPAE_LNAG"] = "the-id", "the-secret", "x", ""
	if c := pc.load(t, ""); len(c.Providers) != 1 || len(c.Problems) != 1 {
		t.Errorf("%v, %v", c.Providers, c.Problems)
	}
}

func TestAProgramOfAnotherNameHasAnotherFolder(t *testing.T) {
	pc := newComputer(t)
	theirs := pc.system()
	theirs.Name = "notes"
	ours, err := config.Load(nil, pc.system())
	must(t, err)
	c, err := config.Load(nil, theirs)
	must(t, err)
	if want := filepath.Join(filepath.Dir(ours.Profile.Dir), "notes"); c.Profile.Dir != want {
		t.Errorf("folder %s, want %s", c.Profile.Dir, want)
	}
}

func TestAUsageErrorIsOneLine(t *testing.T) {
	for _, args := range [][]string{
		{"--nonsense"}, {"--lang", "xx"}, {"--lang="}, {"--theme", "blue"}, {"--profile"}, {"--profile", ""},
		{"start"}, {"doctor", "doctor"}, {"doctor", "x"}, {"--json"}, {"--demo=maybe"}, {"--lang", "ko\nx"},
		{"doctor", "--theme", "dark"}, {"--theme=light", "doctor"},
	} {
		_, err := config.Load(args, newComputer(t).system())
		usage, ok := errors.AsType[*config.UsageError](err)
		if !ok {
			t.Errorf("%q: got %v, want a usage error", args, err)
			continue
		}
		if s := usage.Error(); strings.ContainsAny(s, "\n\r") || !strings.HasPrefix(s, "munpae: ") {
			t.Errorf("%q: %q is not one line", args, s)
		}
	}
}

func TestTheCommandLineIsRead(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want config.Command
		json bool
	}{
		{nil, config.Window, false},
		{[]string{"--demo", "--lang", "en", "--theme", "dark", "--dev"}, config.Window, false},
		{[]string{"--version"}, config.Version, false},
		{[]string{"--help"}, config.Help, false},
		{[]string{"-h"}, config.Help, false},
		{[]string{"doctor"}, config.Doctor, false},
		{[]string{"doctor", "--json"}, config.Doctor, true},
		{[]string{"--demo", "doctor", "--json"}, config.Doctor, true},
	} {
		c, err := config.Load(tt.args, newComputer(t).system())
		if err != nil || c.Command != tt.want || c.JSON != tt.json {
			t.Errorf("%q: got %q, json %v, %v", tt.args, c.Command, c.JSON, err)
		}
	}
	c, err := config.Load([]string{"--demo", "--lang", "en", "--theme", "dark", "--dev"}, newComputer(t).system())
	if err != nil || !c.Demo || !c.Dev || c.Language != "en" || !c.LanguageSet || c.Theme != "dark" || !c.ThemeSet {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestSettingsComeFromTheEnvironmentThenTheProfileThenTheWorkingDirectory(t *testing.T) {
	pc := newComputer(t)
	pc.env["MUNPAE_GITHUB_CLIENT_ID"] = "from-environment"
	pc.env["MUNPAE_THEME"] = "" // an empty one counts as not set
	write(t, filepath.Join(pc.work, ".env"), "MUNPAE_OIDC_NAME=work\nMUNPAE_THEME=light\nMUNPAE_NAVER_CLIENT_ID=work\nMUNPAE_NAVER_CLIENT_SECRET=work\n", 0o600)
	profile := "MUNPAE_GITHUB_CLIENT_ID=from-profile\nMUNPAE_GITHUB_CLIENT_SECRET=s\nMUNPAE_THEME=dark\n"

	c := pc.load(t, profile, "--dev")
	if of(c, "github", "CLIENT_ID") != "from-environment" || of(c, "github", "CLIENT_SECRET") != "s" || c.Theme != "dark" || of(c, "naver", "CLIENT_ID") != "work" {
		t.Errorf("got %+v", c)
	}
	if c := pc.load(t, profile); of(c, "naver", "CLIENT_ID") != "" {
		t.Error("the working directory counts without --dev")
	}
	if c := pc.load(t, profile, "--theme", "light"); c.Theme != "light" {
		t.Error("the flag does not stand over the setting")
	}
}

func TestNothingSetMeansDefaults(t *testing.T) {
	c := newComputer(t).load(t, "")
	if len(c.Problems) != 0 || len(c.Providers) != 0 ||
		c.Keystore != "auto" || c.Theme != "system" || c.ThemeSet || c.LanguageSet {
		t.Errorf("got %+v", c)
	}
}

// What stands over it may go tomorrow.
func TestAWrongChoiceIsNamedAlsoWhereAnotherStandsOverIt(t *testing.T) {
	pc := newComputer(t)
	pc.env["MUNPAE_KEYSTORE"] = "file"
	c := pc.load(t, "MUNPAE_LANG=xx\nMUNPAE_THEME=pink\nMUNPAE_KEYSTORE=disk\n", "--lang", "en", "--theme", "dark")
	if c.Language != "en" || c.Theme != "dark" || c.Keystore != "file" {
		t.Errorf("got %+v", c)
	}
	var lines []int
	for _, p := range c.Problems {
		lines = append(lines, p.Line)
	}
	if !slices.Equal(lines, []int{1, 2, 3}) {
		t.Errorf("got %+v", c.Problems)
	}
}

func TestTheLanguageFollowsTheSystem(t *testing.T) {
	for lang, want := range map[string]string{"ko_KR.UTF-8": "ko", "ko": "ko", "en_US.UTF-8": "en", "de_DE": "en", "C.UTF-8": "", "POSIX": "", "": ""} {
		pc := newComputer(t)
		pc.env["LANG"] = lang
		if c := pc.load(t, ""); c.Language != want || c.LanguageSet {
			t.Errorf("LANG=%q: got %q", lang, c.Language)
		}
	}
	pc := newComputer(t)
	pc.env["LANG"], pc.env["LC_ALL"] = "en_US.UTF-8", "ko_KR.UTF-8"
	if c := pc.load(t, ""); c.Language != "ko" {
		t.Error("LC_ALL does not stand over LANG")
	}
	for languages, want := range map[string]string{"ko": "ko", "ko_KR:en_US": "ko", "ja:ko:en": "ko", "en_US:ko": "en", "fr": "en", ":": "en", "": "en"} {
		pc := newComputer(t)
		pc.env["LANG"], pc.env["LANGUAGE"] = "en_US.UTF-8", languages
		if c := pc.load(t, ""); c.Language != want || c.LanguageSet {
			t.Errorf("LANGUAGE=%q: got %q", languages, c.Language)
		}
		pc.env["LC_ALL"] = "C.UTF-8"
		if c := pc.load(t, ""); c.Language != "" {
			t.Errorf("LANGUAGE=%q stands over C: got %q", languages, c.Language)
		}
	}
	// Where no such variable is, as on Windows, the system itself is asked.
	for tag, want := range map[string]string{"ko-KR": "ko", "ko": "ko", "de-DE": "en", "": ""} {
		s := newComputer(t).system()
		s.Languages = func() []string {
			if tag == "" {
				return nil
			}
			return []string{tag, "en-US"} // English stands second
		}
		if c, err := config.Load(nil, s); err != nil || c.Language != want || c.LanguageSet {
			t.Errorf("the system says %q: got %q, %v", tag, c.Language, err)
		}
	}
	if c := pc.load(t, "MUNPAE_LANG=en"); c.Language != "en" || !c.LanguageSet {
		t.Error("the setting does not stand over the system")
	}
}

func TestTheDotenvIsReadAsItIsWritten(t *testing.T) {
	c := newComputer(t).load(t, "\xef\xbb\xbf# a comment\r\n"+
		"export MUNPAE_GITHUB_CLIENT_ID = abc # the app\r\n"+
		"MUNPAE_GITHUB_CLIENT_SECRET='p#q'   # quoted\n"+
		"MUNPAE_OIDC_NAME=\"문패 회사\"\nMUNPAE_OIDC_ISSUER=https://i.example\nMUNPAE_OIDC_CLIENT_ID=o\n\nSOMEBODY_ELSES=1\nMUNPAE_THEME=\n"+
		"export\tMUNPAE_NAVER_CLIENT_ID=n\t# with tabs\nMUNPAE_NAVER_CLIENT_SECRET=a=b#c$d%e\\f'\"")
	if len(c.Problems) != 0 || of(c, "naver", "CLIENT_ID") != "n" || of(c, "naver", "CLIENT_SECRET") != "a=b#c$d%e\\f'\"" || of(c, "github", "CLIENT_ID") != "abc" || of(c, "github", "CLIENT_SECRET") != "p#q" || of(c, "oidc", "NAME") != "문패 회사" || c.Theme != "system" {
		t.Errorf("got %+v", c)
	}
}

// Every wrong setting is named with file and line, switches off what it belongs
// to, and never shows its value.
func TestCF01_AWrongSettingIsNamedWithItsLine(t *testing.T) {
	const github, naver, oidc = "MUNPAE_GITHUB_CLIENT_ID=id\n", "MUNPAE_NAVER_CLIENT_ID=id\nMUNPAE_NAVER_CLIENT_SECRET=s\n", "MUNPAE_OIDC_CLIENT_ID=id\nMUNPAE_OIDC_ISSUER=https://issuer.example\n"
	const all = github + naver + oidc // five lines
	for _, tt := range []struct {
		name, line, setting string
		off                 string // the provider that is not offered
	}{
		{"an address on http", "MUNPAE_GITHUB_URL=http://ghe.example", "MUNPAE_GITHUB_URL", "github"},
		{"an address without a scheme", "MUNPAE_GITHUB_API_URL=ghe.example", "MUNPAE_GITHUB_API_URL", "github"},
		{"a user in an address", "MUNPAE_NAVER_URL=https://a:b@nid.example", "MUNPAE_NAVER_URL", "naver"},
		{"a query in an address", "MUNPAE_NAVER_API_URL=https://nid.example/?a=b", "MUNPAE_NAVER_API_URL", "naver"},
		{"a host that starts like loopback", "MUNPAE_NAVER_URL=http://127.0.0.1.evil.example", "MUNPAE_NAVER_URL", "naver"},
		{"a port that is none", "MUNPAE_GITHUB_URL=https://ghe.example:99999", "MUNPAE_GITHUB_URL", "github"},
		{"four ports", "MUNPAE_NAVER_PORTS=48111-48114", "MUNPAE_NAVER_PORTS", "naver"},
		{"the same port twice", "MUNPAE_NAVER_PORTS=5001,5002,5003,5004,5001", "MUNPAE_NAVER_PORTS", "naver"},
		{"ports backwards", "MUNPAE_NAVER_PORTS=48115-48111", "MUNPAE_NAVER_PORTS", "naver"},
		{"a privileged port", "MUNPAE_NAVER_PORTS=80,81,82,83,84", "MUNPAE_NAVER_PORTS", "naver"},
		{"ports in words", "MUNPAE_NAVER_PORTS=many", "MUNPAE_NAVER_PORTS", "naver"},
		{"a placeholder", "MUNPAE_GITHUB_CLIENT_SECRET=your-client-secret", "MUNPAE_GITHUB_CLIENT_SECRET", "github"},
		{"a space in a credential", "MUNPAE_GITHUB_CLIENT_SECRET='a b'", "MUNPAE_GITHUB_CLIENT_SECRET", "github"},
		{"a long credential", "MUNPAE_OIDC_CLIENT_SECRET=" + strings.Repeat("x1", 300), "MUNPAE_OIDC_CLIENT_SECRET", "oidc"},
		{"a long name", "MUNPAE_OIDC_NAME=" + strings.Repeat("가", 41), "MUNPAE_OIDC_NAME", "oidc"},
		{"another keystore", "MUNPAE_KEYSTORE=vault", "MUNPAE_KEYSTORE", ""},
		{"another language", "MUNPAE_LANG=xx", "MUNPAE_LANG", ""},
		{"another theme", "MUNPAE_THEME=blue", "MUNPAE_THEME", ""},
		{"a typing error", "MUNPAE_GITHUB_CLIENTID=x", "MUNPAE_GITHUB_CLIENTID", ""},
		{"the same name twice", "MUNPAE_GITHUB_CLIENT_ID=other", "MUNPAE_GITHUB_CLIENT_ID", ""},
		{"JSON", `{"github":"x"}`, "", ""},
		{"no equals sign", "MUNPAE_THEME dark", "MUNPAE_THEME", ""},
		{"a colon", "MUNPAE_THEME: dark", "MUNPAE_THEME", ""},
		{"a secret alone", "gho_0123456789", "", ""},
		{"an open quotation mark", `MUNPAE_OIDC_NAME="Acme`, "MUNPAE_OIDC_NAME", ""},
		{"text behind a quotation", `MUNPAE_OIDC_NAME="Acme" Inc`, "MUNPAE_OIDC_NAME", ""},
		{"not UTF-8", "MUNPAE_OIDC_NAME=\xff\xfe", "", ""},
		{"a NUL", "MUNPAE_OIDC_NAME=a\x00b", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pc := newComputer(t)
			c := pc.load(t, all+tt.line+"\n")
			if len(c.Problems) != 1 {
				t.Fatalf("got problems %v, want one", c.Problems)
			}
			p := c.Problems[0]
			if p.Name != tt.setting || p.Line != 6 || p.File != filepath.Join(pc.home, "profile", ".env") {
				t.Errorf("got %+v", p)
			}
			if !slices.Contains(config.Reasons, p.Reason) {
				t.Errorf("no reason: %q", p.Reason)
			}
			if _, value, ok := strings.Cut(tt.line, "="); ok && strings.Contains(fmt.Sprint(p), value) {
				t.Errorf("the value is shown: %+v", p)
			}
			for name, id := range map[string]string{"github": of(c, "github", "CLIENT_ID"), "naver": of(c, "naver", "CLIENT_ID"), "oidc": of(c, "oidc", "CLIENT_ID")} {
				if off := id == ""; off != (name == tt.off) {
					t.Errorf("%s is offered: %v", name, !off)
				}
			}
		})
	}
}

func TestCF02_HalfASignInIsNamed(t *testing.T) {
	for dotenv, want := range map[string]string{
		"MUNPAE_GITHUB_CLIENT_SECRET=s":                         "MUNPAE_GITHUB_CLIENT_ID",
		"MUNPAE_NAVER_CLIENT_ID=id":                             "MUNPAE_NAVER_CLIENT_SECRET",
		"MUNPAE_NAVER_CLIENT_SECRET=s":                          "MUNPAE_NAVER_CLIENT_ID",
		"MUNPAE_OIDC_CLIENT_ID=id":                              "MUNPAE_OIDC_ISSUER",
		"MUNPAE_OIDC_ISSUER=https://issuer.example":             "MUNPAE_OIDC_CLIENT_ID",
		"MUNPAE_GITHUB_CLIENT_ID=your-client-id":                "MUNPAE_GITHUB_CLIENT_ID",
		"MUNPAE_GITHUB_CLIENT_ID=<id>":                          "MUNPAE_GITHUB_CLIENT_ID",
		"MUNPAE_NAVER_CLIENT_ID=\nMUNPAE_NAVER_CLIENT_SECRET=s": "MUNPAE_NAVER_CLIENT_ID",
	} {
		c := newComputer(t).load(t, dotenv)
		if len(c.Problems) != 1 || c.Problems[0].Name != want {
			t.Errorf("%q: got %v, want %s", dotenv, c.Problems, want)
			continue
		}
		// A missing one is looked for where the one that needs it stands.
		if line := 1 + strings.Count(dotenv, "\n"); c.Problems[0].Line != line {
			t.Errorf("%q: line %d, want %d", dotenv, c.Problems[0].Line, line)
		}
		if of(c, "github", "CLIENT_ID")+of(c, "naver", "CLIENT_ID")+of(c, "oidc", "CLIENT_ID") != "" {
			t.Errorf("%q: something is offered", dotenv)
		}
	}
	if c := newComputer(t).load(t, "MUNPAE_GITHUB_CLIENT_ID=id"); len(c.Problems) != 0 || of(c, "github", "CLIENT_ID") != "id" {
		t.Error("GitHub without a secret is offered by device code")
	}
}

func TestAWrongSettingInTheEnvironmentHasNoFile(t *testing.T) {
	pc := newComputer(t)
	pc.env["MUNPAE_GITHUB_URL"] = "ftp://x"
	c := pc.load(t, "")
	if len(c.Problems) != 1 || c.Problems[0].File != "" || c.Problems[0].Line != 0 || c.Problems[0].Name != "MUNPAE_GITHUB_URL" {
		t.Errorf("got %+v", c.Problems)
	}
}

func TestCF03_AddressesAreHTTPSOrLoopback(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://ghe.example": true, "https://ghe.example:8443/base/": true, "http://127.0.0.1:8080": true, "http://localhost:1": true,
		"http://[::1]:8080": true, "http://127.3.2.1": true, "HTTP://LOCALHOST:1": true,
		"http://evil": false, "http://ghe.example": false, "http://0.0.0.0:80": false, "http://localhost.evil.example": false, "http://127.1": false,
		"http://[fe80::1%25lo]:80": false, "https://": false, "https:ghe.example": false, "https://ghe.example#x": false,
		"https://ghe.example?": false, "javascript:alert(1)": false, "//ghe.example": false, "https://ghe .example": false,
		"file:///etc/passwd": false, "HTTP://evil.example": false,
	} {
		c := newComputer(t).load(t, "MUNPAE_GITHUB_CLIENT_ID=id\nMUNPAE_GITHUB_URL='"+address+"'")
		if got := len(c.Problems) == 0; got != ok {
			t.Errorf("%s: accepted %v, want %v", address, got, ok)
		}
		if ok && strings.HasSuffix(of(c, "github", "URL"), "/") {
			t.Errorf("%s: keeps its slash", address)
		}
	}
}

// Several OpenID providers at once, each with settings of its own.
func TestSeveralProvidersOfAKindAreSet(t *testing.T) {
	const one, two, nine = "MUNPAE_OIDC_ISSUER=https://a.example\nMUNPAE_OIDC_CLIENT_ID=a\n", "MUNPAE_OIDC2_ISSUER=https://b.example/\nMUNPAE_OIDC2_CLIENT_ID=b\nMUNPAE_OIDC2_CLIENT_SECRET=s\nMUNPAE_OIDC2_NAME=회사\n", "MUNPAE_OIDC9_ISSUER=https://c.example\nMUNPAE_OIDC9_CLIENT_ID=c\n"
	c := newComputer(t).load(t, nine+two+one)
	var ids []string
	for _, p := range c.Providers {
		ids = append(ids, p.ID)
		if p.Kind != "oidc" {
			t.Errorf("%+v", p)
		}
	}
	if !slices.Equal(ids, []string{"oidc", "oidc2", "oidc9"}) || len(c.Problems) != 0 || of(c, "oidc2", "ISSUER") != "https://b.example/" || of(c, "oidc2", "NAME") != "회사" {
		t.Errorf("%v: %+v, %v", ids, c.Providers, c.Problems)
	}
	for line, name := range map[string]string{
		"MUNPAE_OIDC2_CLIENT_ID=b":     "MUNPAE_OIDC2_ISSUER", // half of one, and the others stay
		"MUNPAE_OIDC10_CLIENT_ID=b":    "MUNPAE_OIDC10_CLIENT_ID",
		"MUNPAE_OIDC1_CLIENT_ID=b":     "MUNPAE_OIDC1_CLIENT_ID",
		"MUNPAE_GITHUB2_CLIENT_ID=b":   "MUNPAE_GITHUB2_CLIENT_ID",
		"MUNPAE_OIDC2_PORTS=1":         "MUNPAE_OIDC2_PORTS",
		"MUNPAE_OIDC2_ISSUER=http://x": "MUNPAE_OIDC2_ISSUER",
		// The people of both would be the same.
		"MUNPAE_OIDC2_CLIENT_ID=b\nMUNPAE_OIDC2_ISSUER=https://a.example/": "MUNPAE_OIDC2_ISSUER",
	} {
		c := newComputer(t).load(t, one+line)
		if len(c.Problems) != 1 || c.Problems[0].Name != name || of(c, "oidc", "CLIENT_ID") != "a" || len(c.Providers) != 1 {
			t.Errorf("%q: %+v, %v", line, c.Providers, c.Problems)
		}
	}
}

func TestPortsAreFiveInEitherSpelling(t *testing.T) {
	for set, want := range map[string]string{
		"50001-50005":               "50001,50002,50003,50004,50005",
		"5005, 5003,5001,5002,5004": "5005,5003,5001,5002,5004",
	} {
		c := newComputer(t).load(t, "MUNPAE_NAVER_CLIENT_ID=n\nMUNPAE_NAVER_CLIENT_SECRET=s\nMUNPAE_NAVER_PORTS="+set)
		if got := of(c, "naver", "PORTS"); got != want || len(c.Problems) > 0 {
			t.Errorf("%q: got %v", set, got)
		}
	}
}

func TestARelativeProfileIsBelowTheWorkingDirectory(t *testing.T) {
	pc := newComputer(t)
	c, err := config.Load([]string{"--profile", "x/../y"}, pc.system())
	if want := filepath.Join(pc.work, "y"); err != nil || c.Profile.Dir != want {
		t.Errorf("got %q, %v, want %q", c.Profile.Dir, err, want)
	}
}

func TestTheDemoUsesNothingOfTheRealProfile(t *testing.T) {
	pc := newComputer(t)
	pc.env["MUNPAE_NAVER_CLIENT_ID"], pc.env["MUNPAE_NAVER_CLIENT_SECRET"] = "id", "s"
	c := pc.load(t, "MUNPAE_GITHUB_CLIENT_ID=id\nMUNPAE_THEME=dark\n", "--demo")
	if c.Profile.Dir != filepath.Join(pc.home, "profile", "demo") {
		t.Errorf("folder %s", c.Profile.Dir)
	}
	if of(c, "github", "CLIENT_ID")+of(c, "naver", "CLIENT_ID") != "" || c.Theme != "system" {
		t.Errorf("got %+v", c)
	}
	p := c.Profile
	for _, f := range []string{p.Database(), p.Install(), p.Backup(), p.Cookies(), p.Lock(), p.Socket(), p.Log(), p.Settings()} {
		if filepath.Dir(f) != p.Dir {
			t.Errorf("%s is not inside the demo's folder", f)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhetherAProfileCouldBeMadeIsKnownWithoutMakingIt(t *testing.T) {
	dir := t.TempDir()
	p := config.Profile{Dir: filepath.Join(dir, "a", "b")}
	if err := p.Creatable(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("it made %v", left)
	}
	write(t, filepath.Join(dir, "a"), "", 0o600)
	var e *config.ProfileError
	if err := p.Creatable(); !errors.As(err, &e) || e.Dir != p.Dir {
		t.Errorf("below a file: %v", err)
	}
}

func TestAProblemSaysWhereItStands(t *testing.T) {
	for want, p := range map[[2]string]config.Problem{
		{"환경 변수", "the environment"}:         {Name: "MUNPAE_LANG"},
		{"/p/.env", "/p/.env"}:               {File: "/p/.env"},
		{"/p/.env 3번째 줄", "/p/.env, line 3"}: {File: "/p/.env", Line: 3},
	} {
		for i, l := range []app.Language{app.Korean, app.English} {
			if got := words.In(l).Say("{place, setting}", "place", p.Params()["place"], "file", p.File, "line", p.Params()["line"]); got != want[i] {
				t.Errorf("got %q, want %q", got, want[i])
			}
		}
	}
}
