package desktop

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"

	"munpae.example/munpae/app/internal/webview"
)

// bootPage serves Wails' own scheme, which can hold no cookies: one page that
// moves the window to the origin. Where package webview sends the window there
// itself, before this page has come far, it is empty.
func bootPage(bootURL func() string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		if webview.Navigates {
			h.Set("Content-Security-Policy", "default-src 'none'")
			fmt.Fprint(w, "<!doctype html><title>Munpae</title>")
			return
		}
		address, _ := json.Marshal(bootURL()) // escapes <, > and & too
		script := fmt.Sprintf("location.replace(%s)", address)
		sum := sha256.Sum256([]byte(script))
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; script-src 'sha256-"+
			base64.StdEncoding.EncodeToString(sum[:])+"'")
		fmt.Fprintf(w, "<!doctype html><title>Munpae</title><script>%s</script>", script)
	})
}
