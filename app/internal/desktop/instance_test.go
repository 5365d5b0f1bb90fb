//go:build unix

package desktop_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"munpae.example/munpae/app/internal/desktop"
)

// In a child process the test binary is a start of the app: it takes the lock,
// says what came of it, and stays until its input ends.
func TestMain(m *testing.M) {
	dir := os.Getenv("TEST_INSTANCE")
	if dir == "" {
		os.Exit(m.Run())
	}
	lock, socket := filepath.Join(dir, "munpae.lock"), filepath.Join(dir, "munpae.sock")
	i, err := desktop.Acquire(lock, socket, desktop.Here(os.Getenv))
	elsewhere, there := errors.AsType[*desktop.Elsewhere](err)
	silent, hung := errors.AsType[*desktop.NotAnswering](err)
	if there && os.Getenv("TEST_MOVE_HERE") != "" {
		fmt.Println("elsewhere", elsewhere.Place.Name())
		if err = desktop.MoveHere(lock, socket); err == nil {
			i, err = desktop.Acquire(lock, socket, desktop.Here(os.Getenv))
		}
	}
	if hung && os.Getenv("TEST_END_IT") != "" {
		fmt.Println("hung", silent.PID != 0, silent.Overcome(lock))
		i, err = desktop.Acquire(lock, socket, desktop.Here(os.Getenv))
	}
	switch {
	case errors.Is(err, desktop.ErrRunning):
		fmt.Println("running")
		os.Exit(0)
	case err != nil:
		fmt.Println(err)
		os.Exit(1)
	}
	if os.Getenv("TEST_NO_WINDOW") == "" {
		i.OnRaise(func(token string) { fmt.Printf("raise %q\n", token) })
	}
	fmt.Println("started")
	end := make(chan struct{})
	i.OnLeave(func() { close(end) })
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(end)
	}()
	<-end
	i.Close()
}

// start is one process; say reads its next line.
type start struct {
	*exec.Cmd
	stdin io.Closer
	lines *bufio.Reader
}

func launch(t *testing.T, dir string, env ...string) *start {
	t.Helper()
	return launchBy(t, nil, dir, env...)
}

// launchBy is launch with a program before it, such as strace.
func launchBy(t *testing.T, by []string, dir string, env ...string) *start {
	t.Helper()
	command := append(by, os.Args[0])
	c := exec.Command(command[0], command[1:]...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Env = append([]string{"TEST_INSTANCE=" + dir, "PATH=" + os.Getenv("PATH")}, env...) // no D-Bus
	in, err := c.StdinPipe()
	must(t, err)
	out, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	t.Cleanup(func() { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL); _ = c.Wait() })
	return &start{c, in, bufio.NewReader(out)}
}

func (s *start) says(t *testing.T, want string) {
	t.Helper()
	line, err := s.lines.ReadString('\n')
	if got := strings.TrimSuffix(line, "\n"); got != want {
		t.Fatalf("it says %q (%v), want %q", got, err, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestCC01_ASecondStartRaisesTheFirstAndExits0(t *testing.T) {
	dir := t.TempDir()
	first := launch(t, dir)
	first.says(t, "started")
	second := launch(t, dir, "XDG_ACTIVATION_TOKEN=token_TIME5")
	second.says(t, "running")
	if err := second.Wait(); err != nil {
		t.Errorf("the second start: %v, want exit 0", err)
	}
	first.says(t, `raise "token_TIME5"`)
	launch(t, dir).says(t, "running")
	first.says(t, `raise ""`)
}

func TestCC02_AnotherProfileIsAnotherApp(t *testing.T) {
	launch(t, t.TempDir()).says(t, "started")
	launch(t, t.TempDir()).says(t, "started")
}

func TestCC03_ALockOfAKilledProcessHoldsNobody(t *testing.T) {
	dir := t.TempDir()
	first := launch(t, dir)
	first.says(t, "started")
	must(t, first.Process.Kill())
	_ = first.Wait()
	if _, err := os.Lstat(filepath.Join(dir, "munpae.sock")); err != nil {
		t.Fatal("the killed process left no socket: the test shows nothing")
	}
	next := launch(t, dir)
	next.says(t, "started")
	launch(t, dir).says(t, "running")
	next.says(t, `raise ""`)
}

func TestAnEndedAppGivesTheProfileFree(t *testing.T) {
	dir := t.TempDir()
	first := launch(t, dir)
	first.says(t, "started")
	must(t, first.stdin.Close())
	must(t, first.Wait())
	if left, _ := filepath.Glob(filepath.Join(dir, "*.sock")); left != nil {
		t.Errorf("left %v", left)
	}
	launch(t, dir).says(t, "started")
}

func TestARaiseThatComesBeforeTheWindowIsNotLost(t *testing.T) {
	dir := t.TempDir()
	i, err := desktop.Acquire(filepath.Join(dir, "munpae.lock"), filepath.Join(dir, "munpae.sock"), desktop.Here(os.Getenv))
	must(t, err)
	defer i.Close()
	launch(t, dir, "DESKTOP_STARTUP_ID=early").says(t, "running")
	got := ""
	i.OnRaise(func(token string) { got = token })
	if got != "early" {
		t.Errorf("got %q", got)
	}
}

func TestALongProfileNameHasASocketToo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("문패", 20), strings.Repeat("x", 100))
	must(t, os.MkdirAll(dir, 0o700))
	first := launch(t, dir)
	first.says(t, "started")
	launch(t, dir).says(t, "running")
	first.says(t, `raise ""`)
}

func TestLockAndSocketAreClosedToOthers(t *testing.T) {
	dir := t.TempDir()
	launch(t, dir).says(t, "started")
	for _, name := range []string{"munpae.lock", "munpae.sock"} {
		st, err := os.Stat(filepath.Join(dir, name))
		must(t, err)
		if st.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", name, st.Mode().Perm())
		}
	}
}

func TestOtherWordsOnTheSocketDoNothing(t *testing.T) {
	dir := t.TempDir()
	first := launch(t, dir)
	first.says(t, "started")
	t.Chdir(dir) // a socket's name may not be as long as a folder's
	for _, word := range []string{"quit\n", "\n", "raiseX\n", "raise " + strings.Repeat("x", 4096) + "\n", "raise"} {
		c, err := net.Dial("unix", "munpae.sock")
		must(t, err)
		_, err = io.WriteString(c, word)
		must(t, err)
		must(t, c.(*net.UnixConn).CloseWrite())
		if answer, _ := io.ReadAll(c); len(answer) != 0 {
			t.Errorf("%.20q is answered %q", word, answer)
		}
		c.Close()
	}
	launch(t, dir, "XDG_ACTIVATION_TOKEN=last").says(t, "running")
	first.says(t, `raise "last"`) // the first line it says since "started"
}

func TestPF02_ALockThatIsNoFileOfOursIsSetAside(t *testing.T) {
	for name, plant := range map[string]func(path string) error{
		"a link":   func(p string) error { return os.Symlink(p+".target", p) },
		"a FIFO":   func(p string) error { return syscall.Mkfifo(p, 0o600) },
		"a folder": func(p string) error { return os.Mkdir(p, 0o700) },
	} {
		dir := t.TempDir()
		lock := filepath.Join(dir, "munpae.lock")
		must(t, plant(lock))
		first := launch(t, dir)
		first.says(t, "started")
		launch(t, dir).says(t, "running")
		if _, err := os.Lstat(lock + ".target"); err == nil {
			t.Errorf("%s: the link's target was made", name)
		}
		if kept, _ := filepath.Glob(lock + ".damaged-*"); len(kept) != 1 {
			t.Errorf("%s: kept %v", name, kept)
		}
	}
}

func TestCC07_AStartOnAnotherDisplaySaysWhereTheAppIs(t *testing.T) {
	dir := t.TempDir()
	first := launch(t, dir, "DISPLAY=:7", "XAUTHORITY=/a")
	first.says(t, "started")
	launch(t, dir, "DISPLAY=:8").says(t, "desktop: running elsewhere: :7")
	launch(t, dir, "WAYLAND_DISPLAY=wayland-0", "XDG_RUNTIME_DIR=/run/user/1000").says(t, "desktop: running elsewhere: :7")
	for _, same := range [][]string{{"DISPLAY=:7.0"}, {"DISPLAY=:7", "WAYLAND_DISPLAY=wayland-1"}, {"DISPLAY=unix:7"}, nil} {
		launch(t, dir, same...).says(t, "running") // nobody was raised before these
		first.says(t, `raise ""`)
	}
}

func TestCC07_WhoSharesACompositorSharesTheWindow(t *testing.T) {
	dir := t.TempDir()
	first := launch(t, dir, "DISPLAY=:7", "WAYLAND_DISPLAY=wayland-0", "XDG_RUNTIME_DIR=/run/user/1000")
	first.says(t, "started")
	launch(t, dir, "WAYLAND_DISPLAY=/run/user/1000/wayland-0").says(t, "running")
	first.says(t, `raise ""`)
	launch(t, dir, "WAYLAND_DISPLAY=wayland-0", "XDG_RUNTIME_DIR=/run/user/1001").says(t, "desktop: running elsewhere: :7")
}

func TestCC07_MoveHereEndsTheFirstInOrderAndStartsHere(t *testing.T) {
	dir := t.TempDir()
	first := launch(t, dir, "DISPLAY=:7")
	first.says(t, "started")
	second := launch(t, dir, "DISPLAY=:8", "TEST_MOVE_HERE=1")
	second.says(t, "elsewhere :7")
	second.says(t, "started")
	if err := first.Wait(); err != nil {
		t.Errorf("the first ended with %v, not in order", err)
	}
	launch(t, dir, "DISPLAY=:7").says(t, "desktop: running elsewhere: :8")
}

func TestCC08_AHungAppIsSaidAndCanBeEnded(t *testing.T) {
	dir := t.TempDir()
	first := launch(t, dir)
	first.says(t, "started")
	if exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", first.Process.Pid)); strings.HasPrefix(filepath.Base(exe), "qemu-") {
		t.Skip("emulated: the kernel calls every process the emulator, and none of those is ended")
	}
	must(t, first.Process.Signal(syscall.SIGSTOP))
	launch(t, dir).says(t, "desktop: running, but not answering")
	next := launch(t, dir, "TEST_END_IT=1")
	next.says(t, "hung true true")
	next.says(t, "started")
}

func TestCC09_WithoutASocketOnlyTheComfortIsLost(t *testing.T) {
	dir := t.TempDir()
	sock := filepath.Join(dir, "munpae.sock")
	must(t, os.MkdirAll(filepath.Join(sock, "in the way"), 0o700)) // nothing can be bound or removed here
	i, err := desktop.Acquire(filepath.Join(dir, "munpae.lock"), sock, desktop.Here(os.Getenv))
	must(t, err)
	if i.Comfort() == nil {
		t.Fatal("there is a socket: the test shows nothing")
	}
	launch(t, dir).says(t, "desktop: running, but not answering")
	i.Close()
	launch(t, dir).says(t, "started")
}

// flock answers as it does on file systems that have none; fcntl's locks are there.
func TestCC09_AFileSystemWithoutFlockHasFcntl(t *testing.T) {
	if exec.Command("strace", "-V").Run() != nil {
		t.Skip("strace is missing: nothing can be injected")
	}
	for _, errno := range []string{"ENOLCK", "EOPNOTSUPP", "EPERM", "ENOSYS"} {
		dir := t.TempDir()
		under := func() *start {
			return launchBy(t, []string{"strace", "-f", "-o", "/dev/null", "-e", "trace=flock", "-e", "inject=flock:error=" + errno}, dir)
		}
		first := under()
		first.says(t, "started")
		under().says(t, "running")
		first.says(t, `raise ""`)
		must(t, first.stdin.Close())
		must(t, first.Wait())
		under().says(t, "started")
	}
}
