//go:build unix

package journal_test

import (
	"log/slog"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/journal"
)

func TestALogThatIsAPipeLosesLinesAndHoldsNobodyUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "munpae.log")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	written := make(chan error)
	go func() {
		log, closer := journal.Open(path, slog.LevelInfo)
		log.Info("hello")
		written <- closer.Close()
	}()
	select {
	case err := <-written:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it waits for a reader")
	}
}
