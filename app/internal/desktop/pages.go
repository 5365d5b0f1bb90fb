//go:build production || dev || bindings

package desktop

import (
	"fmt"
	"net/http"
	"net/url"
	"os"

	"github.com/wailsapp/wails/v2/pkg/assetserver"
	"github.com/wailsapp/wails/v2/pkg/options"
)

// Pages answers what a program's own options serve, by Wails' own rules: its assets,
// its handler, its middleware, and under `wails dev` the front end's dev server. nil
// where the options serve nothing.
func Pages(a *options.App) (http.Handler, error) {
	//lint:ignore SA1019 a program of others may set them
	if a.AssetServer == nil && a.Assets == nil && a.AssetsHandler == nil {
		return nil, nil
	}
	o, err := assetserver.BuildAssetServerConfig(a)
	if err != nil {
		return nil, fmt.Errorf("AssetServer: %w", err)
	}
	if address := DevServer(); address != "" {
		u, err := url.Parse(address)
		if err != nil {
			return nil, fmt.Errorf("the dev server's address: %w", err)
		}
		return assetserver.NewExternalAssetsHandler(nil, o, u), nil
	}
	if dir := os.Getenv("assetdir"); dev && dir != "" && o.Assets != nil {
		o.Assets = os.DirFS(dir)
	}
	h, err := assetserver.NewAssetHandler(o, nil)
	if err != nil {
		return nil, fmt.Errorf("AssetServer: %w", err)
	}
	return h, nil
}
