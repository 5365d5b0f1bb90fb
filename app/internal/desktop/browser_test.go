//go:build unix

package desktop_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/desktop"
)

const firstHop = "http://127.0.0.1:40123/oauth/github/login/?n=Abc-_9"

// opener returns a Browser whose program is a shell script, and the file that the
// script writes its arguments to, one a line.
func opener(t *testing.T, script string) (*desktop.Browser, string) {
	t.Helper()
	dir := t.TempDir()
	path, out := filepath.Join(dir, "opener"), filepath.Join(dir, "arguments")
	must(t, os.WriteFile(path, []byte("#!/bin/sh\nfor a; do printf '%s\\n' \"$a\"; done > '"+out+"'\n"+script+"\n"), 0o700))
	return &desktop.Browser{Command: func() ([]string, error) { return []string{path}, nil }, Pages: []string{"https://github.com/login/device"}}, out
}

func arguments(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return ""
	}
	must(t, err)
	return string(b)
}

func TestTheFirstHopAndTheConfiguredPagesAreOpened(t *testing.T) {
	b, out := opener(t, "")
	for _, address := range []string{firstHop, "https://github.com/login/device"} {
		if err := b.Open(t.Context(), address); err != nil {
			t.Fatal(err)
		}
		if got := arguments(t, out); got != address+"\n" {
			t.Errorf("the opener was given %q, want %q alone", got, address)
		}
	}
}

func TestWV07_NoOtherAddressIsOpened(t *testing.T) {
	b, out := opener(t, "")
	for _, address := range []string{
		"", "smb://x", "file:///etc/passwd", "javascript:alert(1)", "https://evil.example", "--help", "-e", "/etc/passwd", "http://",
		"https://github.com/login/device/", "https://github.com/login/device?x", "https://github.com/login/device#x", "HTTPS://github.com/login/device",
		"https" + firstHop[4:], "http://localhost:40123/oauth/github/login/?n=a", "http://127.0.0.1/oauth/github/login/?n=a",
		"http://127.0.0.1.evil.example:1/oauth/github/login/?n=a", "http://127.0.0.1:1@evil.example/oauth/github/login/?n=a",
		"http://127.0.0.1:40123/oauth/github/callback/?n=a", "http://127.0.0.1:40123/oauth/github/login/", "http://127.0.0.1:40123/oauth/github/login/?n=a&x=b",
		"http://127.0.0.1:40123/oauth/../login/?n=a", "http://127.0.0.1:40123/oauth/git%68ub/login/?n=a", firstHop + "#x", firstHop + " ", firstHop + "\n",
		firstHop + "'; touch /tmp/x; '", "http://127.0.0.1:40123/oauth/github/login/?n=" + "%24(id)", "http://127.0.0.1:40123/oauth/github/login/?n=" + strings.Repeat("a", 2048) + "!",
	} {
		if err := b.Open(t.Context(), address); app.CodeOf(err) != app.CodeForbidden {
			t.Errorf("%q: got %v, want forbidden", address, err)
		}
	}
	if got := arguments(t, out); got != "" {
		t.Errorf("the opener was started with %q", got)
	}
}

func TestAMissingOpenerIsABrowserThatIsUnavailable(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	b := desktop.NewBrowser(nil, "MUNPAE_")
	if err := b.Open(t.Context(), firstHop); app.CodeOf(err) != app.CodeBrowserUnavailable {
		t.Errorf("got %v", err)
	}
	if _, err := b.Program(); app.CodeOf(err) != app.CodeBrowserUnavailable {
		t.Errorf("Program: got %v", err)
	}
	gone := &desktop.Browser{Command: func() ([]string, error) { return []string{filepath.Join(t.TempDir(), "gone")}, nil }}
	err := gone.Open(t.Context(), firstHop)
	if app.CodeOf(err) != app.CodeBrowserUnavailable {
		t.Errorf("got %v", err)
	}
	if strings.Contains(err.Error(), "n=") {
		t.Errorf("the address is in the error: %v", err)
	}
}

func TestAnOpenerThatFailsIsABrowserThatIsUnavailable(t *testing.T) {
	b, _ := opener(t, "exit 3")
	err := b.Open(t.Context(), firstHop)
	if app.CodeOf(err) != app.CodeBrowserUnavailable {
		t.Fatalf("got %v", err)
	}
	if strings.Contains(err.Error(), "n=") {
		t.Errorf("the address is in the error: %v", err)
	}
}

func TestAnOpenerThatRunsOnHasOpened(t *testing.T) {
	b, out := opener(t, "exec sleep 30")
	b.Patience = 300 * time.Millisecond
	if err := b.Open(t.Context(), firstHop); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); arguments(t, out) == ""; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it was not started")
		}
	}
}

func TestACancelledSignInDoesNotWaitForTheOpener(t *testing.T) {
	b, _ := opener(t, "exec sleep 30")
	b.Patience = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Open(ctx, firstHop); err != nil {
		t.Fatal(err)
	}
}

func TestTheOpenerIsToldNoneOfOurSettings(t *testing.T) {
	t.Setenv("MUNPAE_GITHUB_CLIENT_SECRET", "hush")
	t.Setenv("OF_THE_DESKTOP", "kept")
	b, out := opener(t, "")
	script := strings.TrimSuffix(out, "arguments") + "opener"
	must(t, os.WriteFile(script, []byte("#!/bin/sh\nenv > '"+out+"'\n"), 0o700))
	must(t, b.Open(t.Context(), firstHop))
	got := arguments(t, out)
	if strings.Contains(got, "hush") || !strings.Contains(got, "OF_THE_DESKTOP=kept") {
		t.Errorf("its environment is\n%s", got)
	}
}

func TestOnlyAFolderIsShown(t *testing.T) {
	b, out := opener(t, "")
	dir := t.TempDir()
	must(t, b.OpenFolder(t.Context(), dir))
	if got := arguments(t, out); got != dir+"\n" {
		t.Errorf("the opener was given %q", got)
	}
	for _, bad := range []string{"https://evil.example", "-x", "relative", "/etc/passwd", "/nowhere"} {
		if err := b.OpenFolder(t.Context(), bad); err == nil {
			t.Errorf("%q was opened", bad)
		}
	}
}
