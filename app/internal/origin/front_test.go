package origin_test

import (
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/origin"
)

func TestTheFirstFrameHasTheLanguageAndThemeOfTheWindow(t *testing.T) {
	g, err := origin.New(origin.Options{
		Pages: fstest.MapFS{"index.html": {Data: []byte(`<!doctype html><html lang="ko"><head></head></html>`)}},
		Clock: app.SystemClock{}, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
		Language: func() app.Language { return app.English }, Theme: func() string { return "dark" },
	})
	if err != nil {
		t.Fatal(err)
	}
	go g.Serve()
	defer g.Close(t.Context())
	resp, err := http.Get(g.BootURL())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(body), `<html lang="en" data-theme="dark">`) {
		t.Errorf("the page opens as %s", body)
	}
}
