// Package config reads the command line, the settings and the folders. Of the rest of
// the program it knows which languages there are: what a setting means is said by
// whoever uses it.
package config

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/words"
)

// Command is what the command line asks for.
type Command string

// The commands.
const (
	Window  Command = "window" // the app itself
	Doctor  Command = "doctor"
	Version Command = "version"
	Help    Command = "help"
)

// Usage is printed by --help.
func Usage() string { return strings.ReplaceAll(usage, "LANGUAGES", languages("|")) }

const usage = `munpae [--profile DIR] [--demo] [--lang LANGUAGES] [--theme light|dark|system] [--dev] [--version] [--help]
munpae doctor [--profile DIR] [--demo] [--lang LANGUAGES] [--json]

  --profile DIR   where accounts and settings are kept (default: the place for app data, munpae in it)
  --demo          invented providers and people, in a folder of their own
  --lang LANGUAGES    the window's language (default: the system's)
  --theme NAME    light, dark or system
  --dev           also read .env in the working directory; a page to try the HTTP API at /munpae/docs
  --version       print the version and exit
  --help          print this and exit

  doctor          check what stands between you and a sign-in; exit 1 if something is wrong
`

// languages joins the tags of all languages.
func languages(separator string) string {
	var tags []string
	for _, l := range words.Languages() {
		tags = append(tags, string(l))
	}
	return strings.Join(tags, separator)
}

// UsageError is a command line that can't be understood; the program prints it
// and exits 2. Its text is one line.
type UsageError struct{ Reason string }

// Error returns the line to print.
func (e *UsageError) Error() string { return "munpae: " + e.Reason + " (munpae --help)" }

// System is what Load asks about the computer.
type System struct {
	// Name is the program's: that of its folder in the place for app data, and how its
	// settings begin (Prefix); "munpae" if empty.
	Name string
	// Providers are the kinds of providers that may be set.
	Providers []app.ProviderKind
	// NoDirectory says that the program can have none: to name one is a wrong setting.
	NoDirectory bool
	// OS is runtime.GOOS.
	OS string
	// Env looks up an environment variable: os.LookupEnv.
	Env func(name string) (string, bool)
	// Names lists the environment's variables, so that a misspelt setting is found; may be nil.
	Names func() []string
	// Home returns the person's home folder where the environment names none.
	Home func() (string, error)
	// Languages are the system's own, the first before the second, where the environment
	// names none; may be nil.
	Languages func() []string
	// WorkDir returns the working directory.
	WorkDir func() (string, error)
}

// Config is a command line and all settings.
type Config struct {
	Command Command
	JSON    bool // doctor --json
	Dev     bool
	Demo    bool
	// Language is one of words.Languages, or empty where neither a setting nor the
	// system names one. LanguageSet tells a choice made for this start from the system's.
	Language    string
	LanguageSet bool
	// Theme is "light", "dark" or "system".
	Theme    string
	ThemeSet bool
	// Keystore is "auto", "keyring" or "file".
	Keystore string
	// Accounts allows several accounts on one computer; false where a setting forbids it.
	Accounts bool
	// Directory is the address of the directory that keeps the accounts, without a
	// slash at the end; empty: the profile itself does.
	Directory string
	// DirectoryWrong says that a directory is named whose address is wrong, or that the program
	// can't have: nobody signs in, and the accounts stay where they are.
	DirectoryWrong bool
	// Providers are those that are set and right, in the order of System.Providers.
	Providers []app.ProviderSet
	Profile   Profile
	// Problems are the wrong settings. Each has switched off what it belongs to,
	// and nothing else.
	Problems []Problem

	prefix string
	read   settings
}

// DemoSetting names the environment variable that makes a start one of the demo: what
// Start the demo gives to the process that takes this one's place.
func (c Config) DemoSetting() string { return named{c.prefix}.own(nameDemo) }

// Load reads args (without the program's name) and the settings: environment,
// .env of the profile, .env of the working directory (only --dev), defaults. It
// writes nothing. err is a *UsageError, or ErrNoHome.
func Load(args []string, s System) (Config, error) {
	n := named{Prefix(cmp.Or(s.Name, "munpae"))}
	s.Env = n.env(s.Env)
	c := Config{Command: Window, Theme: "system", Keystore: "auto", Accounts: true, prefix: n.prefix}
	profile, err := c.parse(args)
	if err != nil || c.Command == Help || c.Command == Version {
		return c, err
	}
	if v, _ := s.Env(nameDemo); v == "1" {
		c.Demo = true
	}
	if c.Profile, err = findProfile(profile, c.Demo, s); err != nil {
		return c, err
	}
	read := settings{env: s.Env, kinds: s.Providers, named: n, noDirectory: s.NoDirectory}
	read.file(c.Profile.Settings())
	if c.Dev {
		dir, err := s.WorkDir()
		if err != nil {
			read.problems = append(read.problems, Problem{File: ".env", Reason: reasonUnreadable})
		} else if f := filepath.Join(dir, ".env"); f != c.Profile.Settings() {
			read.file(f)
		}
	}
	c.apply(&read)
	if s.Names != nil && !c.Demo {
		read.misspelt(s.Names())
	}
	c.read = read
	if c.Language == "" {
		c.Language = systemLanguage(s)
	}
	for _, p := range read.problems {
		p.Name = n.own(p.Name)
		c.Problems = append(c.Problems, p)
	}
	return c, nil
}

// parse reads the command line and returns the profile it names.
func (c *Config) parse(args []string) (profile string, err error) {
	var version, help bool
	f := flag.NewFlagSet("munpae", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&profile, "profile", "", "")
	f.BoolVar(&c.Demo, "demo", false, "")
	f.StringVar(&c.Language, "lang", "", "")
	f.StringVar(&c.Theme, "theme", c.Theme, "")
	f.BoolVar(&c.Dev, "dev", false, "")
	f.BoolVar(&c.JSON, "json", false, "")
	f.BoolVar(&version, "version", false, "")
	f.BoolVar(&help, "help", false, "")
	f.BoolVar(&help, "h", false, "")

	for first := true; ; first = false {
		if err := f.Parse(args); err != nil {
			return "", &UsageError{oneLine(err.Error())}
		}
		if f.NArg() == 0 {
			break
		}
		if f.Arg(0) != "doctor" || !first {
			return "", &UsageError{fmt.Sprintf("unknown argument %q", f.Arg(0))}
		}
		c.Command, args = Doctor, f.Args()[1:]
	}
	given := map[string]bool{}
	f.Visit(func(f *flag.Flag) { given[f.Name] = true })
	c.LanguageSet, c.ThemeSet = given["lang"], given["theme"]
	switch {
	case c.LanguageSet && !words.Known(app.Language(c.Language)):
		return "", &UsageError{fmt.Sprintf("--lang is %s, not %q", languages(" or "), c.Language)}
	case c.ThemeSet && !slices.Contains(themes, c.Theme):
		return "", &UsageError{fmt.Sprintf("--theme is light, dark or system, not %q", c.Theme)}
	case given["profile"] && profile == "":
		return "", &UsageError{"--profile needs a folder"}
	case c.JSON && c.Command != Doctor:
		return "", &UsageError{"--json belongs to doctor"}
	case c.ThemeSet && c.Command == Doctor:
		return "", &UsageError{"--theme belongs to the window, not to doctor"}
	case help:
		c.Command = Help
	case version:
		c.Command = Version
	}
	return profile, nil
}

// oneLine keeps a control character out of what a terminal is sent.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

// systemLanguage reads the POSIX locale, else what the system itself says: empty where
// nothing does. Whoever chose languages in KDE has them in LANGUAGE, which stands over
// every locale but C (GNU gettext's manual, "The LANGUAGE variable").
func systemLanguage(s System) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		v, _ := s.Env(name)
		switch v, _, _ = strings.Cut(v, "."); v {
		case "":
			continue
		case "C", "POSIX":
			return ""
		default:
			chosen, _ := s.Env("LANGUAGE")
			return languageOf(append(strings.Split(chosen, ":"), v)...)
		}
	}
	if s.Languages != nil {
		if all := s.Languages(); len(all) > 0 {
			return languageOf(all...)
		}
	}
	return ""
}

// languageOf is the first language that the window knows of tags such as "ko_KR" or
// "ko-KR", or what most of those read who name others.
func languageOf(tags ...string) string {
	for _, tag := range tags {
		if i := strings.IndexAny(tag, "_-."); i >= 0 {
			tag = tag[:i]
		}
		if words.Known(app.Language(tag)) {
			return tag
		}
	}
	return string(app.English)
}

// ErrNoHome reports that no place for the profile can be found.
var ErrNoHome = errors.New("munpae: no home folder is known: name one with --profile DIR")
