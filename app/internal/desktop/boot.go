package desktop

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"

	"munpae.example/munpae/app/internal/webview"
)

// bootPage serves Wails' own scheme, which can hold no cookies: one page that
// moves the window to the origin. Where package webview sends the window there
// itself, before this page has come far, it is empty; and whoever sends the window
// back here later, as Wails' WindowReloadApp does, has it sent there again.
func bootPage(title string, bootURL func() string, booted func() bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		title := html.EscapeString(title)
		if webview.Navigates {
			if booted() {
				webview.Load(bootURL())
			}
			h.Set("Content-Security-Policy", "default-src 'none'")
			fmt.Fprintf(w, "<!doctype html><title>%s</title>", title)
			return
		}
		address, _ := json.Marshal(bootURL()) // escapes <, > and & too
		script := fmt.Sprintf("location.replace(%s)", address)
		sum := sha256.Sum256([]byte(script))
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; script-src 'sha256-"+
			base64.StdEncoding.EncodeToString(sum[:])+"'")
		fmt.Fprintf(w, "<!doctype html><title>%s</title><script>%s</script>", title, script)
	})
}
