package desktop_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/windows"

	"munpae.example/munpae/app/internal/desktop"
)

func acquire(t *testing.T, dir string) (*desktop.Instance, error) {
	t.Helper()
	return desktop.Acquire(filepath.Join(dir, "munpae.lock"), filepath.Join(dir, "munpae.sock"), desktop.Place{})
}

// Of a profile one app runs, and a second start raises it by a named pipe.
func TestCC02_ASecondStartRaisesTheFirstAndOpensNothing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_ACTIVATION_TOKEN", "from a launcher")
	first, err := acquire(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Comfort(); err != nil {
		t.Fatalf("there is no pipe: %v", err)
	}
	for range 3 { // as often as it is asked for
		if _, err = acquire(t, dir); !errors.Is(err, desktop.ErrRunning) {
			t.Fatalf("the second: %v", err)
		}
	}
	raised := make(chan string, 1)
	first.OnRaise(func(token string) { raised <- token }) // asked for before there was a window
	if token := <-raised; token != "from a launcher" {
		t.Errorf("raised by %q", token)
	}
	if _, err = acquire(t, dir); !errors.Is(err, desktop.ErrRunning) {
		t.Errorf("the last: %v", err)
	}
	<-raised
	if said, err := os.ReadFile(filepath.Join(dir, "munpae.lock")); err != nil || len(said) == 0 {
		t.Errorf("what the first says of itself can't be read: %q, %v", said, err)
	}
	other, err := acquire(t, t.TempDir())
	if err != nil || other.Comfort() != nil {
		t.Fatalf("another profile: %v, %v", err, other.Comfort())
	}
	other.Close()
	first.Close()
	again, err := acquire(t, dir)
	if err != nil || again.Comfort() != nil {
		t.Fatalf("after the first has ended: %v, %v", err, again.Comfort())
	}
	again.Close()
	// The name is free at once: a program that starts itself anew comes right after.
	for round := range 100 {
		again, err := acquire(t, dir)
		if err != nil || again.Comfort() != nil {
			t.Fatalf("round %d: %v, %v", round, err, again.Comfort())
		}
		again.Close()
	}
}

// hold is a start of the app in a child process, which stays until it is ended.
func hold() {
	dir := os.Getenv("TEST_DIR")
	_, err := desktop.Acquire(filepath.Join(dir, "munpae.lock"), filepath.Join(dir, "munpae.sock"), desktop.Place{})
	fmt.Println("started", err)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A program that hangs is said to, and whoever asks for it ends it and goes on.
func TestCC08_AHungAppIsSaidAndCanBeEnded(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	must(t, err)
	first := exec.Command(self)
	first.Env = append(os.Environ(), "TEST_TERMINAL=hold", "TEST_DIR="+dir)
	stdin, err := first.StdinPipe()
	must(t, err)
	defer stdin.Close()
	said, err := first.StdoutPipe()
	must(t, err)
	must(t, first.Start())
	t.Cleanup(func() { _ = first.Process.Kill(); _ = first.Wait() }) // one that stands still ends by nothing else
	if line, err := bufio.NewReader(said).ReadString('\n'); line != "started <nil>\n" {
		t.Fatalf("%q, %v", line, err)
	}
	process, err := windows.OpenProcess(windows.PROCESS_ALL_ACCESS, false, uint32(first.Process.Pid))
	must(t, err)
	defer windows.CloseHandle(process)
	if status, _, _ := windows.NewLazySystemDLL("ntdll.dll").NewProc("NtSuspendProcess").Call(uintptr(process)); status != 0 {
		t.Fatalf("it could not be stopped: %x", status)
	}
	_, err = acquire(t, dir)
	hung, ok := errors.AsType[*desktop.NotAnswering](err)
	if !ok || hung.PID != first.Process.Pid {
		t.Fatalf("got %v", err)
	}
	if !hung.Overcome(filepath.Join(dir, "munpae.lock")) {
		t.Fatal("it was not ended")
	}
	next, err := acquire(t, dir)
	must(t, err)
	next.Close()
	// What is not this program is never ended.
	other := &desktop.NotAnswering{PID: os.Getppid()}
	if other.Overcome(filepath.Join(dir, "munpae.lock")) {
		t.Error("another program was ended")
	}
}

// What was planted in the lock's place is set aside.
func TestPF02_ALockThatIsNoFileIsSetAside(t *testing.T) {
	dir := t.TempDir()
	lock := filepath.Join(dir, "munpae.lock")
	must(t, os.Mkdir(lock, 0o700))
	i, err := acquire(t, dir)
	must(t, err)
	i.Close()
	if st, err := os.Lstat(lock); err != nil || !st.Mode().IsRegular() {
		t.Errorf("%v, %v", st, err)
	}
	if kept, _ := filepath.Glob(lock + ".damaged-*"); len(kept) != 1 {
		t.Errorf("kept %v", kept)
	}
}

// What takes over asks the first to end by the same pipe.
func TestCC08_AStartThatTakesOverIsHeard(t *testing.T) {
	dir := t.TempDir()
	first, err := acquire(t, dir)
	must(t, err)
	first.OnLeave(first.Close)
	must(t, desktop.MoveHere(filepath.Join(dir, "munpae.lock"), filepath.Join(dir, "munpae.sock")))
	next, err := acquire(t, dir)
	must(t, err)
	next.Close()
}
