// Notes is a program of its own that people sign in to: Munpae's window with one
// method more. A test builds and walks it.
package main

import (
	_ "embed"
	"io/fs"
	"os"
	"strings"
	"testing/fstest"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/launch"
	"munpae.example/munpae/frontend"
)

// Notes keeps everybody's notes.
type Notes struct {
	who func() (app.SignedIn, error)
}

// Mine returns the notes of who is signed in.
func (n *Notes) Mine() ([]string, error) {
	in, err := n.who()
	if err != nil {
		return nil, err
	}
	return []string{in.User.Nickname + " wrote this"}, nil
}

func main() {
	os.Exit(launch.Main(os.Args[1:], launch.Options{
		Name: "notes", Title: "Notes", Version: "1", Pages: pages(),
		Bind: func(who func() (app.SignedIn, error)) []any { return []any{&Notes{who}} },
	}))
}

//go:embed notes.js
var script string

// pages is Munpae's page with a script more.
func pages() fs.FS {
	all := fstest.MapFS{"assets/notes.js": {Data: []byte(script)}}
	err := fs.WalkDir(frontend.Dist, "dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(frontend.Dist, name)
		if name == "dist/index.html" {
			data = []byte(strings.Replace(string(data), "</body>", `<script defer src="/munpae/assets/notes.js"></script></body>`, 1))
		}
		all[strings.TrimPrefix(name, "dist/")] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		panic(err)
	}
	return all
}
