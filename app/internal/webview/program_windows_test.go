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
	"testing"
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
