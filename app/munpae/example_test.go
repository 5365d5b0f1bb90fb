package munpae_test

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

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
	auth := munpae.New(munpae.Options{
		Name: "notes", Version: "1.0.0",
		Providers: []munpae.Provider{
			munpae.GitHub{ClientID: "Ov23li…"},
			munpae.OIDC{Issuer: "https://login.example.com", ClientID: "notes", Name: "Example"},
		},
		Policy:   map[string][]string{"connect": {"https://api.example.com"}},
		Reserved: []string{"Notekeeper"},
	})
	_, err := auth.RequireSession() // New does nothing yet
	fmt.Println(err)
	// Output:
	// munpae: Run has not opened the profile yet
}

// What an app may ask of its sign-in beside a name. Run looks at all of it before a window
// opens, and says what cannot work.
func ExampleOptions() {
	auth := munpae.New(munpae.Options{
		Name: "notes", Version: "1.0.0", Icon: nil, // the window's PNG
		Brand:    munpae.Brand{Name: "Notes"},
		Front:    munpae.Guest,                                                // the page opens at once, and asks later
		Policy:   map[string][]string{"connect": {"https://api.example.com"}}, // beyond its own origin
		Runtime:  []string{"Events*", "WindowSetTitle"},                       // of Wails, for the page
		Accounts: true,                                                        // up to eight on one computer
		Keeps:    map[string]string{"en": "Shared notes stay with whom you shared them.", "ko": "공유한 노트는 받은 사람에게 남습니다."},
	})
	fmt.Println(auth.Run(nil))
	// Output:
	// notes: no options were given
}

// Storage keeps what the page stores from start to start, and so it cannot stand beside
// several accounts.
func ExampleOptions_storage() {
	auth := munpae.New(munpae.Options{Name: "notes", Storage: true, Accounts: true})
	fmt.Println(auth.Run(&options.App{}))
	// Output:
	// notes: Options.Accounts is set beside Options.Storage, which would show one person what another's page has stored
}

// A directory keeps the accounts, the same on every computer. It has the providers.
func ExampleOptions_directory() {
	auth := munpae.New(munpae.Options{Name: "notes", Directory: "https://accounts.example.com", Providers: []munpae.Provider{munpae.Naver{ClientID: "a", ClientSecret: "b"}}})
	fmt.Println(auth.Run(&options.App{}))
	// Output:
	// notes: Options.Providers goes without Options.Directory: the directory has the providers
}

// The app's own say about a nickname, in the words that the person reads.
func ExampleOptions_nickname() {
	options := munpae.Options{Name: "notes", Nickname: func(_ context.Context, nickname string) error {
		if strings.Contains(nickname, "spam") {
			return errors.New("Please choose another name")
		}
		return nil
	}}
	munpae.New(options)
	fmt.Println(options.Nickname(context.Background(), "spammer"))
	// Output:
	// Please choose another name
}

// A server of the app's own trades the provider's token for a session of its own.
func ExampleConfirmation() {
	options := munpae.Options{Name: "notes", OnConfirmed: func(_ context.Context, c munpae.Confirmation) error {
		fmt.Println("POST /sessions for", c.Account, "of", c.Provider)
		return nil // an error ends the sign-in
	}}
	munpae.New(options)
	_ = options.OnConfirmed(context.Background(), munpae.Confirmation{Provider: "github", Account: "nora", Subject: "7", AccessToken: "…"})
	// Output:
	// POST /sessions for nora of github
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
	stop()
	fmt.Println("nothing is told before Run has opened the profile")
	// Output:
	// nothing is told before Run has opened the profile
}

// What belongs to one person lies in a folder that goes with the account.
func ExampleAuth_UserDir() {
	auth := munpae.New(munpae.Options{Name: "notes"})
	dir, err := auth.UserDir()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "note.txt"), []byte("…"), 0o600)
	}
	fmt.Println(err)
	// Output:
	// munpae: Run has not opened the profile yet
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
	server := &assetserver.Options{Assets: assets, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in, ok := munpae.FromContext(r.Context())
		if !ok { // with Front Own or Guest only
			http.Error(w, "sign in first", http.StatusUnauthorized)
			return
		}
		fmt.Fprintln(w, in.User.Nickname)
	})}
	answer := httptest.NewRecorder()
	server.Handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/api/me", nil))
	fmt.Print(answer.Code, " ", answer.Body)
	// Output:
	// 401 sign in first
}

// An app of its own look.
func ExampleBrand() {
	auth := munpae.New(munpae.Options{Name: "notes", Brand: munpae.Brand{
		Name:   "Notes",
		Light:  munpae.Colours{Ground: "#f5f7fa", Text: "#14202b", Accent: "#8fb4d9", OnAccent: "#ffffff"}, // too light for white letters
		Dark:   munpae.Colours{Ground: "#10161c", Text: "#e8eef4", Accent: "#7db9f5", OnAccent: "#0c1a28"},
		SignIn: map[string]string{"en": "Open your notebook", "ko": "노트를 펼쳐 보세요"},
	}})
	fmt.Println(auth.Run(&options.App{}))
	// Output:
	// notes: Options.Brand.Light: Accent (#8fb4d9) on Ground (#f5f7fa) has a contrast of 2.01 to 1, and needs 4.5
}

// A server of the app's own knows who is calling, where a directory keeps the accounts.
func ExampleAuth_Token() {
	auth := munpae.New(munpae.Options{Name: "notes", Directory: "https://accounts.example.com"})
	token, err := auth.Token(context.Background(), "https://api.example.com")
	if err != nil {
		fmt.Println(err)
		return
	}
	r, _ := http.NewRequest(http.MethodGet, "https://api.example.com/notes", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	// Output:
	// munpae: Run has not opened the profile yet
}
