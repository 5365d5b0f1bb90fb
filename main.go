// Munpae (문패) is a desktop sign-in: Naver or GitHub through the person's own
// browser, a nickname the first time, and from then on an app that opens signed
// in. app/doc.go is the map of the packages.
//
// It is also the first program that embeds package munpae, and has nothing that another
// could not have: nothing stands behind its sign-in, so Munpae's own page is all of it.
package main

import (
	_ "embed"
	"errors"
	"fmt"
	"os"

	"github.com/wailsapp/wails/v2/pkg/options"

	"munpae.example/munpae/app/munpae"
)

// version is set by build/build.sh.
var version = "dev"

//go:embed build/appicon.png
var icon []byte

func main() {
	auth := munpae.New(munpae.Options{Name: "munpae", Version: version, Icon: icon, Accounts: true})
	rest, code, done := auth.Command(os.Args[1:])
	switch {
	case done:
		os.Exit(code)
	case len(rest) > 0:
		fmt.Fprintf(os.Stderr, "munpae: unknown argument %q (munpae --help)\n", rest[0])
		os.Exit(2)
	}
	err := auth.Run(&options.App{
		Title: "Munpae",
		Width: 440, Height: 680, MinWidth: 380, MinHeight: 560,
		DragAndDrop: &options.DragAndDrop{DisableWebViewDrop: true},
	})
	if err != nil {
		if !errors.Is(err, munpae.ErrReported) {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
}
