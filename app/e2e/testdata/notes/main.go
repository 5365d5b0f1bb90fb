// Notes is a program of its own that people sign in to. A test builds and walks it.
package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	wails "github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"

	"munpae.example/munpae/app/munpae"
)

//go:embed page
var page embed.FS

//go:embed logo.svg
var logo []byte

// Notes keeps everybody's notes.
type Notes struct{ auth *munpae.Auth }

// Mine returns the notes of who is signed in.
func (n *Notes) Mine() ([]string, error) {
	in, err := n.auth.RequireSession()
	if err != nil {
		return nil, err
	}
	return []string{in.User.Nickname + " wrote this"}, nil
}

// Fail fails in its own words.
func (n *Notes) Fail() error { return errors.New("no paper left") }

// Keep writes a file to the folder of who is signed in.
func (n *Notes) Keep() (string, error) {
	dir, err := n.auth.UserDir()
	if err != nil {
		return "", err
	}
	return "kept", os.WriteFile(filepath.Join(dir, "note"), []byte("x"), 0o600)
}

// SignOut ends the session from Go.
func (n *Notes) SignOut() error { return n.auth.SignOut(context.Background()) }

// merge moves the notes of one account to the other's folder, and back; not while somebody
// has them open.
func merge(_ context.Context, m munpae.Merge) error {
	if _, err := os.Stat(filepath.Join(m.FromDir, "open")); err == nil {
		return errors.New("The notes are open elsewhere.") //nolint:staticcheck // a sentence for the person
	}
	from, to := filepath.Join(m.FromDir, "note"), filepath.Join(m.IntoDir, "note of "+m.From.Nickname)
	if m.Undone {
		from, to = to, from
	}
	if err := os.Rename(from, to); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func main() {
	options := munpae.Options{Name: "notes", Version: "1", OnMerge: merge}
	if os.Getenv("NOTES_RUNTIME") != "" {
		options.Runtime = []string{"Events*", "WindowGetSize"}
	}
	if os.Getenv("NOTES_LOOK") != "" {
		options.Brand = munpae.Brand{
			Name:   "Notes & Co",
			Logo:   logo,
			Light:  munpae.Colours{Ground: "#f5f7fa", Text: "#14202b", Accent: "#0b5cad", OnAccent: "#ffffff"},
			Dark:   munpae.Colours{Ground: "#10161c", Text: "#e8eef4", Accent: "#7db9f5", OnAccent: "#0c1a28"},
			SignIn: map[string]string{"en": "Open your notebook", "ko": "노트를 펼쳐 보세요"},
		}
	}
	auth := munpae.New(options)
	rest, code, done := auth.Command(os.Args[1:])
	if done {
		os.Exit(code)
	}
	auth.OnChange(func(in munpae.Session, ok bool) { fmt.Println("changed:", in.User.Nickname, ok) })
	err := auth.Run(&wails.App{
		Title: "Notes " + fmt.Sprint(rest), Width: 500, Height: 600,
		AssetServer: &assetserver.Options{Assets: page, Handler: http.HandlerFunc(api)},
		Bind:        []any{&Notes{auth}},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// api answers what is no file of the page.
func api(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/api/me" {
		http.NotFound(w, r)
		return
	}
	in, _ := munpae.FromContext(r.Context())
	http.SetCookie(w, &http.Cookie{Name: "munpae_access", Value: "forged"})
	fmt.Fprintf(w, "%s, %d cookies", in.User.Nickname, len(r.Cookies()))
}
