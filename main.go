// Munpae (문패) is a desktop sign-in: Naver or GitHub through the person's own
// browser, a nickname the first time, and from then on an app that opens signed
// in. app/doc.go is the map of the packages.
package main

import (
	_ "embed"
	"io/fs"
	"os"

	"munpae.example/munpae/app/launch"
	"munpae.example/munpae/frontend"
)

// version is set by build/build.sh.
var version = "dev"

//go:embed build/appicon.png
var icon []byte

func main() {
	pages, err := fs.Sub(frontend.Dist, "dist")
	if err != nil {
		panic(err) // the name is checked by the compiler's embed
	}
	os.Exit(launch.Main(os.Args[1:], launch.Options{Version: version, Pages: pages, Icon: icon}))
}
