//go:build installed

package webview_test

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
	"golang.org/x/sys/windows/registry"
)

// munpae.exe and its installer as they are built, on a Windows without WebView2, such as
// Wine: build/windows/installed.sh names both.
var (
	program   = flag.String("program", "", "a munpae.exe")
	installer = flag.String("installer", "", "a munpae-setup.exe")
)

// opened starts the program, waits for its dialog and returns it with the texts in it. What
// it says on standard error is in said once it has ended.
func opened(t *testing.T, path, language string) (run *exec.Cmd, said *bytes.Buffer, window uintptr, texts []string) {
	t.Helper()
	said = &bytes.Buffer{}
	run = exec.Command(path, "--profile", t.TempDir(), "--demo", "--lang", language)
	run.Stderr = said
	must(t, run.Start())
	t.Cleanup(func() { _ = run.Process.Kill() })
	window, texts = dialog(t, "Munpae")
	return run, said, window, texts
}

// shut closes the dialog and returns what the program ends with.
func shut(t *testing.T, run *exec.Cmd, window uintptr) int {
	t.Helper()
	postMessage.Call(window, wmClose, 0, 0)
	return code(t, run.Wait())
}

// code is what a program has ended with, by the error that says so.
func code(t *testing.T, err error) int {
	t.Helper()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	must(t, err)
	return 0
}

func TestWithoutWebView2ThePersonIsToldAndShownTheWayToIt(t *testing.T) {
	for language, button := range map[string]string{"ko": "WebView2 받기", "en": "Get WebView2"} {
		run, said, window, texts := opened(t, *program, language)
		if !slices.Contains(texts, button) {
			t.Errorf("%s: there is no button %q among %q", language, button, texts)
		}
		if got := shut(t, run, window); got != 1 {
			t.Errorf("%s: it ends with %d", language, got)
		}
		if !strings.Contains(said.String(), "no Microsoft Edge WebView2") || !strings.Contains(said.String(), "https://go.microsoft.com/fwlink/p/?LinkId=2124703") {
			t.Errorf("%s: standard error has %q", language, said)
		}
	}
}

// A program that runs can't be replaced or removed, and nothing is half done.
func TestTheInstallerTouchesNoProgramThatRuns(t *testing.T) {
	runs := func(path string, arguments ...string) int {
		return code(t, exec.Command(path, arguments...).Run())
	}
	if got := runs(*installer, "/S"); got != 0 {
		t.Fatalf("installed with %d", got)
	}
	folder := filepath.Join(os.Getenv("LOCALAPPDATA"), "Programs", "Munpae")
	installed := filepath.Join(folder, "munpae.exe")
	uninstall := filepath.Join(folder, "uninstall.exe")
	run, _, window, _ := opened(t, installed, "ko")
	if got := runs(*installer, "/S"); got != 2 {
		t.Errorf("installed over a program that runs: %d", got)
	}
	if got := runs(uninstall, "/S", "_?="+folder); got != 2 {
		t.Errorf("removed while it runs: %d", got)
	}
	for _, path := range []string{installed, uninstall, filepath.Join(os.Getenv("APPDATA"), `Microsoft\Windows\Start Menu\Programs\Munpae.lnk`)} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	shut(t, run, window)
	if got := runs(*installer, "/S"); got != 0 {
		t.Errorf("installed over it afterwards: %d", got)
	}
	if got := runs(uninstall, "/S", "_?="+folder); got != 0 {
		t.Errorf("removed: %d", got)
	}
	if _, err := os.Stat(installed); err == nil {
		t.Error("it is still there")
	}
	os.RemoveAll(folder)
}

// No version, an empty one and 0.0.0.0 all mean that there is no runtime (Microsoft's
// documentation of its distribution).
func TestTheInstallerTellsOfAMissingWebView2WhateverItLeftBehind(t *testing.T) {
	const at = `Software\Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}`
	folder := filepath.Join(os.Getenv("LOCALAPPDATA"), "Programs", "Munpae")
	for _, left := range []struct {
		version string
		told    bool
	}{{"none", true}, {"", true}, {"0.0.0.0", true}, {"131.0.2903.70", false}} {
		if left.version != "none" {
			k, _, err := registry.CreateKey(registry.CURRENT_USER, at, registry.ALL_ACCESS)
			must(t, err)
			must(t, k.SetStringValue("pv", left.version))
			must(t, k.Close())
		}
		run := exec.Command(*installer)
		must(t, run.Start())
		// It either tells of WebView2 or comes to its last page, which offers to start the program.
		if got := strings.Contains(shown(t, run.Process.Pid, "LinkId=2124703", "Run Munpae", "Munpae 실행"), "LinkId=2124703"); got != left.told {
			t.Errorf("left behind %q: told %v, not %v", left.version, got, left.told)
		}
		must(t, run.Process.Kill())
		_ = run.Wait()
		if left.version != "none" {
			must(t, registry.DeleteKey(registry.CURRENT_USER, at))
		}
	}
	must(t, exec.Command(filepath.Join(folder, "uninstall.exe"), "/S", "_?="+folder).Run())
	os.RemoveAll(folder)
}

var (
	enumWindows   = user32.NewProc("EnumWindows")
	windowProcess = user32.NewProc("GetWindowThreadProcessId")
)

// shown waits for a text in the windows of that process that has one of those in it.
func shown(t *testing.T, process int, parts ...string) (found string) {
	t.Helper()
	look := syscall.NewCallback(func(child, _ uintptr) uintptr {
		text := make([]uint16, 1000)
		getWindowText.Call(child, uintptr(unsafe.Pointer(&text[0])), uintptr(len(text)))
		if s := windows.UTF16ToString(text); slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(s, part) }) {
			found = s
			return 0
		}
		return 1
	})
	each := syscall.NewCallback(func(window, _ uintptr) uintptr {
		var owner uint32
		windowProcess.Call(window, uintptr(unsafe.Pointer(&owner)))
		if owner == uint32(process) {
			enumChildWindows.Call(window, look, 0)
		}
		return 1
	})
	for end := time.Now().Add(time.Minute); found == ""; {
		if time.Now().After(end) {
			t.Fatalf("nothing with one of %q is shown", parts)
		}
		enumWindows.Call(each, 0)
		time.Sleep(time.Millisecond) // the system tells nobody of a window that opens
	}
	return found
}
