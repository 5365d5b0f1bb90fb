package munpae

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"munpae.example/munpae/frontend"
)

// client is the page's part: names and types. What they do is served with the page, so
// that the two cannot be of different versions.
//
//go:embed client
var client embed.FS

// writeClient puts it beside what Wails generates. It runs where Wails' generator does,
// in the folder of wails.json.
func writeClient() error {
	var project struct {
		WailsJSDir  string `json:"wailsjsdir"`
		FrontendDir string `json:"frontend:dir"`
	}
	data, err := os.ReadFile("wails.json")
	if err == nil {
		err = json.Unmarshal(data, &project)
	}
	if err != nil {
		return fmt.Errorf("munpae: wails.json: %w", err)
	}
	dir := filepath.Join(cmp.Or(project.WailsJSDir, project.FrontendDir, "frontend"), "wailsjs", "munpae")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"index.js", "index.d.ts"} {
		data, err := client.ReadFile("client/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// builtPage is Munpae's own page, as the module carries it.
func builtPage() (fs.FS, error) {
	pages, err := fs.Sub(frontend.Dist, "dist")
	if err != nil {
		return nil, err
	}
	if _, err := fs.Stat(pages, "index.html"); err != nil {
		//lint:ignore ST1005 it begins with a name
		return nil, errors.New("Munpae's own page is missing: in a checkout, build/build.sh makes it")
	}
	return pages, nil
}
