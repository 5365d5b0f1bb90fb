package munpae_test

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"

	"munpae.example/munpae/app/munpae"
)

var assets embed.FS // the app's own: //go:embed all:frontend/dist

// Notes is what the page may call.
type Notes struct{ auth *munpae.Auth }

// Mine returns the notes of who is signed in.
func (n *Notes) Mine() ([]string, error) {
	in, err := n.auth.RequireSession()
	if err != nil {
		return nil, err // the page gets a code: session_none
	}
	return []string{in.User.Nickname + " wrote this"}, nil
}

// A Wails app that people sign in to.
func Example() {
	auth := munpae.New(munpae.Options{Name: "notes"})
	err := auth.Run(&options.App{ // was wails.Run
		Title: "Notes", Width: 800, Height: 600,
		AssetServer: &assetserver.Options{Assets: assets},
		Bind:        []any{&Notes{auth}},
	})
	if err != nil && !errors.Is(err, munpae.ErrReported) {
		fmt.Fprintln(os.Stderr, err)
	}
}

// Providers may stand in the program rather than in settings.
func ExampleNew() {
	munpae.New(munpae.Options{
		Name: "notes", Version: "1.0.0",
		Providers: []munpae.Provider{
			munpae.GitHub{ClientID: "Ov23li…"},
			munpae.OIDC{Issuer: "https://login.example.com", ClientID: "notes", Name: "Example"},
		},
		Policy:   map[string][]string{"connect": {"https://api.example.com"}},
		Reserved: []string{"Notekeeper"},
	})
}

// The program's own arguments beside Munpae's.
func ExampleAuth_Command() {
	auth := munpae.New(munpae.Options{Name: "notes", Version: "1.0.0"})
	rest, code, done := auth.Command([]string{"--lang", "en", "shopping.txt"})
	fmt.Println(rest, code, done)
	_, code, done = auth.Command([]string{"--version"})
	fmt.Println(code, done)
	// Output:
	// [shopping.txt] 0 false
	// notes 1.0.0
	// 0 true
}

// What cannot work is one line that names it.
func ExampleAuth_Run() {
	auth := munpae.New(munpae.Options{Name: "notes", Policy: map[string][]string{"frame": {"https://example.com"}}})
	fmt.Println(auth.Run(&options.App{}))
	// Output:
	// notes: Options.Policy has "frame": only connect, font, img, media, script, style can be added to
}

// Before Run, and after the window has closed, nobody is known.
func ExampleAuth_RequireSession() {
	auth := munpae.New(munpae.Options{Name: "notes"})
	_, err := auth.RequireSession()
	fmt.Println(errors.Is(err, munpae.ErrNotRunning))
	// Output:
	// true
}

// A tray, a title or a cache that follows who is signed in.
func ExampleAuth_OnChange() {
	auth := munpae.New(munpae.Options{Name: "notes"})
	stop := auth.OnChange(func(in munpae.Session, ok bool) {
		if ok {
			fmt.Println("hello,", in.User.Nickname)
		}
	})
	defer stop()
}

// What belongs to one person lies in a folder that goes with the account.
func ExampleAuth_UserDir() {
	auth := munpae.New(munpae.Options{Name: "notes"})
	if dir, err := auth.UserDir(); err == nil {
		_ = os.WriteFile(filepath.Join(dir, "note.txt"), []byte("…"), 0o600)
	}
}

// Two accounts of one person become one, and may be two again for 30 days. What the app
// keeps by User.ID follows, and moving it twice does no harm.
func ExampleMerge() {
	owners := map[string]string{"shopping": "from", "travel": "into"} // by note
	options := munpae.Options{Name: "notes", OnMerge: func(_ context.Context, m munpae.Merge) error {
		if m.Undone {
			return nil // what was From's is theirs again: the notes say whose they were
		}
		if owners["travel"] == m.From.ID {
			return errors.New("Finish your trip first") // the sentence that is shown
		}
		for note, owner := range owners {
			if owner == m.From.ID {
				owners[note] = m.Into.ID
			}
		}
		return nil
	}}
	munpae.New(options)
	merge := munpae.Merge{From: munpae.User{ID: "from"}, Into: munpae.User{ID: "into"}}
	fmt.Println(options.OnMerge(context.Background(), merge), owners)
	// Output:
	// <nil> map[shopping:into travel:into]
}

// A menu item of the app's own.
func ExampleAuth_SignOut() {
	auth := munpae.New(munpae.Options{Name: "notes"})
	fmt.Println(auth.SignOut(context.Background()))
	// Output:
	// munpae: Run has not opened the profile yet
}

// The app's own handler, behind the sign-in.
func ExampleFromContext() {
	_ = &assetserver.Options{Assets: assets, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in, ok := munpae.FromContext(r.Context())
		if !ok { // with Front Own or Guest only
			http.Error(w, "sign in first", http.StatusUnauthorized)
			return
		}
		fmt.Fprintln(w, in.User.Nickname)
	})}
}

// An app of its own look.
func ExampleBrand() {
	munpae.New(munpae.Options{Name: "notes", Brand: munpae.Brand{
		Name:   "Notes",
		Light:  munpae.Colours{Ground: "#f5f7fa", Text: "#14202b", Accent: "#0b5cad", OnAccent: "#ffffff"},
		Dark:   munpae.Colours{Ground: "#10161c", Text: "#e8eef4", Accent: "#7db9f5", OnAccent: "#0c1a28"},
		SignIn: map[string]string{"en": "Open your notebook", "ko": "노트를 펼쳐 보세요"},
	}})
}

// A server of the app's own knows who is calling, where a directory keeps the accounts.
func ExampleAuth_Token() {
	auth := munpae.New(munpae.Options{Name: "notes", Directory: "https://accounts.example.com"})
	token, err := auth.Token(context.Background(), "https://api.example.com")
	if err != nil {
		return
	}
	r, _ := http.NewRequest(http.MethodGet, "https://api.example.com/notes", nil)
	r.Header.Set("Authorization", "Bearer "+token)
}
