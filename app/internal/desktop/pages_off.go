//go:build !production && !dev && !bindings

package desktop

import (
	"net/http"

	"github.com/wailsapp/wails/v2/pkg/options"
)

// Pages serves nothing in a program without a window: Wails' own rules need its tags.
func Pages(*options.App) (http.Handler, error) { return nil, nil }
