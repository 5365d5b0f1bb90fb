package desktop_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"munpae.example/munpae/app/internal/desktop"
)

// Of a profile one app runs, whether or not there is a socket to raise it by.
func TestCC02_ASecondStartOpensNothing(t *testing.T) {
	dir := t.TempDir()
	lock, socket := filepath.Join(dir, "munpae.lock"), filepath.Join(dir, "munpae.sock")
	first, err := desktop.Acquire(lock, socket, desktop.Place{})
	if err != nil {
		t.Fatal(err)
	}
	first.OnRaise(func(string) {})
	_, err = desktop.Acquire(lock, socket, desktop.Place{})
	if _, silent := errors.AsType[*desktop.NotAnswering](err); !errors.Is(err, desktop.ErrRunning) && !(silent && first.Comfort() != nil) {
		t.Errorf("the second: %v, with a socket that is %v", err, first.Comfort())
	}
	if said, err := os.ReadFile(lock); err != nil || len(said) == 0 {
		t.Errorf("what the first says of itself can't be read: %q, %v", said, err)
	}
	first.Close()
	again, err := desktop.Acquire(lock, socket, desktop.Place{})
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	again.Close()
}
