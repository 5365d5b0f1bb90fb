package desktop

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/godbus/dbus/v5"

	"munpae.example/munpae/app/internal/webview"
)

// settings is the part of a desktop's portal that tells its wish.
type settings struct{}

func (settings) ReadAll([]string) (map[string]map[string]dbus.Variant, *dbus.Error) {
	return map[string]map[string]dbus.Variant{portalAppearance: {"color-scheme": dbus.MakeVariant(uint32(1))}}, nil
}

// A desktop that is being closed ends its portal, and would have it back.
func TestAPortalThatEndsIsNotStartedAgain(t *testing.T) {
	data, started := t.TempDir(), filepath.Join(t.TempDir(), "started")
	services := filepath.Join(data, "dbus-1", "services")
	if err := os.MkdirAll(services, 0o700); err != nil {
		t.Fatal(err)
	}
	service := "[D-BUS Service]\nName=" + portalName + "\nExec=/bin/sh -c ': > " + started + "; exit 1'\n"
	if err := os.WriteFile(filepath.Join(services, "portal.service"), []byte(service), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_DATA_HOME", data)
	bus := sessionBus(t)
	offer(t, bus, portalName, settings{}, portalPath, portalSettings)
	read, write := io.Pipe()
	l := &look{own: true, theme: "system", show: func(webview.Look, bool) {}}
	told := make(chan struct{})
	go l.follow(t.Context(), webview.SessionBus(), told, slog.New(slog.NewTextHandler(write, &slog.HandlerOptions{Level: slog.LevelDebug})))
	<-told
	l.mu.Lock()
	wish := l.wish
	l.mu.Unlock()
	if wish.scheme != 1 {
		t.Fatalf("it is told %+v", wish)
	}
	if _, err := bus.ReleaseName(portalName); err != nil {
		t.Fatal(err)
	}
	if _, err := read.Read(make([]byte, 1)); err != nil { // it asked, and says that nobody answers
		t.Fatal(err)
	}
	read.Close()
	if _, err := os.Stat(started); err == nil {
		t.Error("it was started again")
	}
}
