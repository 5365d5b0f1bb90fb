// Command munpae-directory keeps one account for all computers of a person: see
// app/docs/directory.md. It needs no window and links no GTK.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/words"
)

// version is set by the linker.
var version = "unversioned"

const usage = `munpae-directory serve|migrate|doctor [--json]|keys rotate|user show ID|user delete ID [--env FILE]
munpae-directory --version|--help

  serve           answer desktops (the demo, with invented people, where no provider is set)
  migrate         make or update the tables, and exit
  doctor          check settings, database, secret and providers; exit 1 if something is wrong
  keys rotate     sign access tokens with the next key from now on
  user show ID    print what is held about a person, as JSON
  user delete ID  delete a person's account
  --env FILE      read the settings from FILE instead of the environment

The settings are MUNPAE_DIRECTORY_LISTEN, _URL, _TLS_CERT, _TLS_KEY, _DATABASE, _SECRET, _PROXIES, _AUDIENCES,
_ORIGINS, _METRICS and those of the providers: MUNPAE_GITHUB_*, MUNPAE_NAVER_*, MUNPAE_OIDC_*.
`

// usageError is a command line that can't be understood.
type usageError string

func (e usageError) Error() string { return string(e) + " (munpae-directory --help)" }

func main() {
	// The service lives in few megabytes; without this the collector would let it
	// grow to several times that under load.
	debug.SetGCPercent(50)
	err := run(os.Args[1:])
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "munpae-directory: "+oneLine(err))
	if _, ok := errors.AsType[usageError](err); ok {
		os.Exit(2)
	}
	os.Exit(1)
}

// oneLine is what an error says to whoever runs the service: for a code of ours its
// sentence, with the cause.
func oneLine(err error) string {
	text := err.Error()
	if e, ok := errors.AsType[*app.Error](err); ok {
		text = explain(e.Code)
		if e.Err != nil && e.Code != app.CodeNotFound { // which says all there is
			text += ": " + e.Err.Error()
		}
	}
	return strings.Join(strings.Fields(text), " ")
}

// explain says a code in the words of somebody who runs a service; the words for
// people at a window would send them to a button.
func explain(c app.Code) string {
	switch c {
	case app.CodeDatabaseNewer:
		return "the database belongs to a newer version of this program"
	case app.CodeDatabaseDamaged:
		return "the database is damaged or not up to date"
	case app.CodeDatabaseBusy:
		return "the database is busy"
	case app.CodeDirectoryUnavailable:
		return "the database can't be reached"
	case app.CodeDiskFull:
		return "the disk is full"
	case app.CodeProfileUnwritable:
		return "the database can't be written to"
	case app.CodeKeystoreLost:
		return "MUNPAE_DIRECTORY_SECRET is not the one that this database was sealed with"
	case app.CodeNotFound:
		return "no such user"
	}
	return string(c)
}

type command struct {
	words []string
	env   string
	json  bool
}

// parse reads the command line; flags may stand anywhere.
func parse(args []string) (command, error) {
	var c command
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		name, value, has := strings.Cut(arg, "=")
		switch {
		case name == "--env" || name == "-env":
			if !has {
				if len(args) == 0 {
					return c, usageError("--env needs a file")
				}
				value, args = args[0], args[1:]
			}
			if value == "" {
				return c, usageError("--env needs a file")
			}
			c.env = value
		case arg == "--json" || arg == "-json":
			c.json = true
		case arg == "--help" || arg == "-help" || arg == "-h":
			c.words = []string{"--help"}
			return c, nil
		case arg == "--version" || arg == "-version":
			c.words = []string{"--version"}
			return c, nil
		case strings.HasPrefix(arg, "-"):
			return c, usageError(fmt.Sprintf("unknown flag %q", arg))
		default:
			c.words = append(c.words, arg)
		}
	}
	return c, nil
}

func run(args []string) error {
	c, err := parse(args)
	if err != nil {
		return err
	}
	line := strings.Join(c.words, " ")
	if c.json && line != "doctor" {
		return usageError("--json belongs to doctor")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	switch {
	case line == "--help":
		fmt.Print(usage)
		return nil
	case line == "--version":
		fmt.Println("munpae-directory", version)
		return nil
	case line == "serve":
		return withSettings(c, func(d config.Directory) error { return serve(ctx, d) })
	case line == "migrate":
		return withSettings(c, func(d config.Directory) error { return migrate(ctx, d) })
	case line == "doctor":
		return doctor(ctx, c)
	case line == "keys rotate":
		return withSettings(c, func(d config.Directory) error { return rotateKeys(ctx, d) })
	case len(c.words) == 3 && c.words[0] == "user" && c.words[1] == "show":
		return withSettings(c, func(d config.Directory) error { return showUser(ctx, d, c.words[2]) })
	case len(c.words) == 3 && c.words[0] == "user" && c.words[1] == "delete":
		return withSettings(c, func(d config.Directory) error { return deleteUser(ctx, d, c.words[2]) })
	case line == "":
		return usageError("say what to do: serve, migrate, doctor, keys or user")
	}
	return usageError(fmt.Sprintf("unknown command %q", line))
}

// stateFolder is where the default database lies: what systemd gives, else the
// place for state (XDG base directory specification).
func stateFolder() string {
	if dir := os.Getenv("STATE_DIRECTORY"); dir != "" {
		return dir
	}
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "munpae-directory")
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "state", "munpae-directory")
	}
	return "munpae-directory"
}

func settings(c command) (config.Directory, []config.Problem) {
	return config.LoadDirectory(c.env, os.LookupEnv, provider.Settings(), stateFolder())
}

// withSettings goes on only with settings that are all right.
func withSettings(c command, f func(config.Directory) error) error {
	d, problems := settings(c)
	if len(problems) == 0 {
		return f(d)
	}
	text := describe(problems[0])
	if n := len(problems) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more: munpae-directory doctor)", n)
	}
	return errors.New(text)
}

func describe(p config.Problem) string {
	return words.In(app.English).Fill("{name} ({place, setting}): {reason, setting}", p.Params())
}

// at says where a setting stands that turned out to be wrong only in use.
func at(d config.Directory, name string, err error) error {
	p, set := d.Place(name)
	if !set {
		return fmt.Errorf("%s: %w", name, err)
	}
	return fmt.Errorf("%s: %w", words.In(app.English).Fill("{name} ({place, setting})", p.Params()), err)
}

func migrate(ctx context.Context, d config.Directory) error {
	db, err := open(d, nil)
	if err != nil {
		return err
	}
	defer db.Close()
	return prepare(ctx, db)
}

func rotateKeys(ctx context.Context, d config.Directory) error {
	db, s, err := ready(ctx, d)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := s.RotateKeys(ctx); err != nil {
		return err
	}
	keys, err := s.JWKS(ctx)
	if err != nil {
		return err
	}
	fmt.Println("signing with key", keys.Keys[0].KeyID)
	return nil
}

func showUser(ctx context.Context, d config.Directory, id string) error {
	db, s, err := ready(ctx, d)
	if err != nil {
		return err
	}
	defer db.Close()
	u, err := db.User(ctx, id)
	if err != nil {
		return err
	}
	x, err := s.Export(ctx, app.SignedIn{User: u})
	if err != nil {
		return err
	}
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	return e.Encode(x)
}

func deleteUser(ctx context.Context, d config.Directory, id string) error {
	db, _, err := ready(ctx, d)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.DeleteUser(ctx, id, time.Now()); err != nil {
		return err
	}
	fmt.Println("deleted", id)
	return nil
}
