package desktop_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"

	"munpae.example/munpae/app/internal/desktop"
)

// In a child process the test binary is the terminal's shell, or a program that it starts.
func TestMain(m *testing.M) {
	switch os.Getenv("TEST_TERMINAL") {
	case "shell":
		shell()
	case "program":
		desktop.Terminal()
		fmt.Println("홍길동 was here")
		fmt.Fprintln(os.Stderr, "and here")
	case "window":
		desktop.Terminal()
		_, before := os.OpenFile("CONOUT$", os.O_RDWR, 0)
		desktop.LeaveTerminal()
		_, after := os.OpenFile("CONOUT$", os.O_RDWR, 0)
		fmt.Println("still here")
		_ = os.WriteFile(os.Getenv("TEST_REPORT"), fmt.Append(nil, before == nil, after == nil), 0o600)
	case "hold":
		hold()
	default:
		os.Exit(m.Run())
	}
}

// shell starts what TEST_STARTS names, with no console and no standard handles of its own,
// and waits for it. Where TEST_INTO is set, standard output goes there.
func shell() {
	if f, err := os.OpenFile("CONOUT$", os.O_RDWR, 0); err == nil {
		os.Stdout = f
	}
	os.Setenv("TEST_TERMINAL", os.Getenv("TEST_NEXT"))
	start := &windows.StartupInfo{}
	start.Cb = uint32(unsafe.Sizeof(*start))
	inherit := false
	if into := os.Getenv("TEST_INTO"); into != "" {
		f, err := os.Create(into)
		if err != nil {
			fmt.Println(err)
			return
		}
		windows.SetHandleInformation(windows.Handle(f.Fd()), windows.HANDLE_FLAG_INHERIT, windows.HANDLE_FLAG_INHERIT)
		start.Flags, start.StdOutput, inherit = windows.STARTF_USESTDHANDLES, windows.Handle(f.Fd()), true
	}
	line, err := windows.UTF16PtrFromString(os.Getenv("TEST_STARTS"))
	if err != nil {
		fmt.Println(err)
		return
	}
	var made windows.ProcessInformation
	if err := windows.CreateProcess(nil, line, nil, nil, inherit, windows.DETACHED_PROCESS, nil, nil, start, &made); err != nil {
		fmt.Println(err)
		return
	}
	_, _ = windows.WaitForSingleObject(made.Process, windows.INFINITE)
	fmt.Println("that was all")
}

// inTerminal returns what a terminal shows in which a shell has run with that environment.
func inTerminal(t *testing.T, environment ...string) string {
	t.Helper()
	var in, typed, shown, out windows.Handle
	must(t, windows.CreatePipe(&in, &typed, nil, 0))
	must(t, windows.CreatePipe(&shown, &out, nil, 0))
	var console windows.Handle
	must(t, windows.CreatePseudoConsole(windows.Coord{X: 100, Y: 30}, in, out, 0, &console))
	list, err := windows.NewProcThreadAttributeList(1)
	must(t, err)
	defer list.Delete()
	must(t, list.Update(windows.PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE, *(*unsafe.Pointer)(unsafe.Pointer(&console)), unsafe.Sizeof(console)))
	start := &windows.StartupInfoEx{ProcThreadAttributeList: list.List()}
	start.Cb = uint32(unsafe.Sizeof(*start))
	start.Flags = windows.STARTF_USESTDHANDLES // none of this process's own
	line, err := windows.UTF16PtrFromString(started(t))
	must(t, err)
	var block []uint16
	for _, v := range append(os.Environ(), append(environment, "TEST_TERMINAL=shell")...) {
		one, err := windows.UTF16FromString(v)
		must(t, err)
		block = append(block, one...)
	}
	block = append(block, 0)
	var made windows.ProcessInformation
	must(t, windows.CreateProcess(nil, line, nil, nil, false, windows.EXTENDED_STARTUPINFO_PRESENT|windows.CREATE_UNICODE_ENVIRONMENT, &block[0], nil, &start.StartupInfo, &made))
	said := make(chan string)
	go func() {
		text, err := io.ReadAll(os.NewFile(uintptr(shown), "shown"))
		if err != nil && !errors.Is(err, windows.ERROR_BROKEN_PIPE) {
			t.Error(err)
		}
		said <- string(text)
	}()
	_, err = windows.WaitForSingleObject(made.Process, windows.INFINITE)
	must(t, err)
	windows.ClosePseudoConsole(console)
	for _, h := range []windows.Handle{in, out, typed, made.Process, made.Thread} {
		windows.CloseHandle(h)
	}
	return <-said
}

// started is the command line that starts this test's own program.
func started(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	return `"` + self + `"`
}

// A program with a window has no console: what it prints stands in the terminal all the
// same from which it was started.
func TestWhatIsPrintedStandsInTheTerminalThatTheProgramWasStartedFrom(t *testing.T) {
	said := inTerminal(t, "TEST_STARTS="+started(t), "TEST_NEXT=program")
	for _, want := range []string{"홍길동 was here", "and here", "that was all"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in %q", want, said)
		}
	}
}

// What the shell has sent into a file goes there, and the rest to the terminal.
func TestWhatWasRedirectedStaysSo(t *testing.T) {
	into := filepath.Join(t.TempDir(), "said.txt")
	said := inTerminal(t, "TEST_STARTS="+started(t), "TEST_NEXT=program", "TEST_INTO="+into)
	if b, err := os.ReadFile(into); err != nil || string(b) != "홍길동 was here\n" {
		t.Errorf("the file has %q, %v", b, err)
	}
	if strings.Contains(said, "홍길동") || !strings.Contains(said, "and here") {
		t.Errorf("the terminal has %q", said)
	}
}

// A window has no part in the terminal, which may close, or end what runs in it by Ctrl+C.
func TestAWindowLeavesTheTerminal(t *testing.T) {
	report := filepath.Join(t.TempDir(), "report")
	said := inTerminal(t, "TEST_STARTS="+started(t), "TEST_NEXT=window", "TEST_REPORT="+report)
	if strings.Contains(said, "still here") || !strings.Contains(said, "that was all") {
		t.Errorf("the terminal has %q", said)
	}
	if b, err := os.ReadFile(report); err != nil || string(b) != "true false" {
		t.Errorf("it had a terminal, and has one: %s, %v", b, err)
	}
}
