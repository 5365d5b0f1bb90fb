//go:build bindings

package desktop

import (
	"github.com/wailsapp/wails/v2"
	"github.com/wailsapp/wails/v2/pkg/options"

	"munpae.example/munpae/app/internal/desktop/munpae"
	"munpae.example/munpae/app/internal/signin"
)

// Generates reports that this program was built by the Wails CLI to write the
// TypeScript declarations of munpae.Bridge into frontend/wailsjs and end: it has no
// profile and no display, and must ask for neither.
const Generates = true

// Generate writes them, and those of the program's own bound structs and enums, relative
// to the folder with wails.json.
func Generate(bound, enums []any) error {
	return wails.Run(&options.App{Bind: append([]any{&munpae.Bridge{}}, bound...), EnumBind: append([]any{signin.Steps}, enums...)})
}
