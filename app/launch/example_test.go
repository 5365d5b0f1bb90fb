package launch_test

import (
	"os"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/launch"
)

// Notes is what a program of your own has to offer.
type Notes struct {
	who func() (app.SignedIn, error)
}

// Mine is a method for the page, like any that Wails binds.
func (n *Notes) Mine() ([]string, error) {
	in, err := n.who()
	if err != nil {
		return nil, err // the page gets the code: session_none
	}
	return []string{in.User.Nickname + " wrote this"}, nil
}

// A Wails program of your own with the sign-in in it: its name, its page, and what
// the page may call. The page is Munpae's front end with screens of yours where
// Home.svelte stands; it is embedded in a real program.
func Example() {
	os.Exit(launch.Main(os.Args[1:], launch.Options{
		Name: "notes", Title: "Notes", Version: "1.0.0",
		Pages: os.DirFS("frontend/dist"),
		Bind:  func(who func() (app.SignedIn, error)) []any { return []any{&Notes{who}} },
	}))
}
