// Package windows_test tries munpae.exe and its installer as they are built, on a Windows
// without WebView2, such as Wine: installed.sh names both.
package windows_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	program   = flag.String("program", "", "a munpae.exe")
	installer = flag.String("installer", "", "a munpae-setup.exe")

	user32           = windows.NewLazySystemDLL("user32.dll")
	findWindow       = user32.NewProc("FindWindowW")
	enumChildWindows = user32.NewProc("EnumChildWindows")
	getWindowText    = user32.NewProc("GetWindowTextW")
	postMessage      = user32.NewProc("PostMessageW")
	sendMessage      = user32.NewProc("SendMessageTimeoutW")
)

func named(t *testing.T) {
	t.Helper()
	if *program == "" || *installer == "" {
		t.Skip("build/windows/installed.sh names both by -program and -installer")
	}
}

// opened starts the program, waits for its dialog and returns it with the texts in it. What
// it says on standard error is in said once it has ended.
func opened(t *testing.T, path, language string) (run *exec.Cmd, said *bytes.Buffer, window uintptr, texts []string) {
	t.Helper()
	said = &bytes.Buffer{}
	run = exec.Command(path, "--profile", t.TempDir(), "--demo", "--lang", language)
	run.Stderr = said
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = run.Process.Kill() })
	title, err := windows.UTF16PtrFromString("Munpae")
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); window == 0; {
		if time.Now().After(end) {
			t.Fatal("no dialog has come")
		}
		window, _, _ = findWindow.Call(0, uintptr(unsafe.Pointer(title)))
		time.Sleep(time.Millisecond) // the system tells nobody of a window that opens
	}
	var answer uintptr
	sendMessage.Call(window, 0, 0, 0, 0, 10_000, uintptr(unsafe.Pointer(&answer))) // it has been made whole
	enumChildWindows.Call(window, syscall.NewCallback(func(child, _ uintptr) uintptr {
		text := make([]uint16, 1000)
		getWindowText.Call(child, uintptr(unsafe.Pointer(&text[0])), uintptr(len(text)))
		texts = append(texts, windows.UTF16ToString(text))
		return 1
	}), 0)
	return run, said, window, texts
}

func shut(t *testing.T, run *exec.Cmd, window uintptr) (code int) {
	t.Helper()
	postMessage.Call(window, 0x10, 0, 0) // WM_CLOSE
	if err := run.Wait(); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			t.Fatal(err)
		}
		return exit.ExitCode()
	}
	return 0
}

func TestWithoutWebView2ThePersonIsToldAndShownTheWayToIt(t *testing.T) {
	named(t)
	for language, button := range map[string]string{"ko": "WebView2 받기", "en": "Get WebView2"} {
		run, said, window, texts := opened(t, *program, language)
		if !slices.Contains(texts, button) {
			t.Errorf("%s: there is no button %q among %q", language, button, texts)
		}
		if code := shut(t, run, window); code != 1 {
			t.Errorf("%s: it ends with %d", language, code)
		}
		if !strings.Contains(said.String(), "no Microsoft Edge WebView2") || !strings.Contains(said.String(), "https://go.microsoft.com/fwlink/p/?LinkId=2124703") {
			t.Errorf("%s: standard error has %q", language, said)
		}
	}
}

// A program that runs can't be replaced or removed, and nothing is half done.
func TestTheInstallerTouchesNoProgramThatRuns(t *testing.T) {
	named(t)
	code := func(path string, arguments ...string) int {
		err := exec.Command(path, arguments...).Run()
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return exit.ExitCode()
		}
		if err != nil {
			t.Fatal(err)
		}
		return 0
	}
	if got := code(*installer, "/S"); got != 0 {
		t.Fatalf("installed with %d", got)
	}
	folder := filepath.Join(os.Getenv("LOCALAPPDATA"), "Programs", "Munpae")
	installed := filepath.Join(folder, "munpae.exe")
	uninstall := filepath.Join(folder, "uninstall.exe")
	run, _, window, _ := opened(t, installed, "ko")
	if got := code(*installer, "/S"); got != 2 {
		t.Errorf("installed over a program that runs: %d", got)
	}
	if got := code(uninstall, "/S", "_?="+folder); got != 2 {
		t.Errorf("removed while it runs: %d", got)
	}
	for _, path := range []string{installed, uninstall, filepath.Join(os.Getenv("APPDATA"), `Microsoft\Windows\Start Menu\Programs\Munpae.lnk`)} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	shut(t, run, window)
	if got := code(*installer, "/S"); got != 0 {
		t.Errorf("installed over it afterwards: %d", got)
	}
	if got := code(uninstall, "/S", "_?="+folder); got != 0 {
		t.Errorf("removed: %d", got)
	}
	if _, err := os.Stat(installed); err == nil {
		t.Error("it is still there")
	}
	os.RemoveAll(folder)
}
