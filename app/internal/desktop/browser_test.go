//go:build unix

package desktop_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
	path, out := filepath.Join(dir, "xdg-open"), filepath.Join(dir, "arguments")
	must(t, os.WriteFile(path, []byte("#!/bin/sh\nfor a; do printf '%s\\n' \"$a\"; done > '"+out+"'\n"+script+"\n"), 0o700))
	return &desktop.Browser{Commands: func() [][]string { return [][]string{{path}} }, Pages: []string{"https://github.com/login/device"}}, out
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

func TestNoOpenerAtAllIsABrowserThatIsUnavailable(t *testing.T) {
	none := &desktop.Browser{Commands: func() [][]string { return nil }}
	if err := none.Open(t.Context(), firstHop); app.CodeOf(err) != app.CodeBrowserUnavailable {
		t.Errorf("got %v", err)
	}
	if _, err := none.Program(); app.CodeOf(err) != app.CodeBrowserUnavailable {
		t.Errorf("Program: got %v", err)
	}
	gone := &desktop.Browser{Commands: func() [][]string { return [][]string{{filepath.Join(t.TempDir(), "gone")}} }}
	err := gone.Open(t.Context(), firstHop)
	if app.CodeOf(err) != app.CodeBrowserUnavailable {
		t.Errorf("got %v", err)
	}
	if strings.Contains(err.Error(), "n=") {
		t.Errorf("the address is in the error: %v", err)
	}
}

// stand puts a program called name into dir, which writes its name and its arguments to
// the file out, one a line, and ends with code.
func stand(t *testing.T, dir, name, out string, code int) {
	t.Helper()
	must(t, os.MkdirAll(dir, 0o700))
	script := fmt.Sprintf("#!/bin/sh\nfor a in %s \"$@\"; do printf '%%s\\n' \"$a\" >> '%s'; done\nexit %d\n", name, out, code)
	must(t, os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700))
}

// Before saying that there is none: the desktop's opener, $BROWSER, Debian's
// alternatives, a browser in the search path, one in the usual places.
func TestABrowserIsLookedForBesideTheOpener(t *testing.T) {
	for name, c := range map[string]struct {
		stand   func(bin, home, out string)
		browser string
		want    string
	}{
		"the opener":              {func(bin, _, out string) { stand(t, bin, "xdg-open", out, 0); stand(t, bin, "firefox", out, 0) }, "firefox", "xdg-open URL"},
		"$BROWSER":                {func(bin, _, out string) { stand(t, bin, "mine", out, 0); stand(t, bin, "x-www-browser", out, 0) }, "gone:mine --new-window", "mine --new-window URL"},
		"$BROWSER with its place": {func(bin, _, out string) { stand(t, bin, "mine", out, 0) }, "mine %s --quiet", "mine URL --quiet"},
		"an opener that fails":    {func(bin, _, out string) { stand(t, bin, "xdg-open", out, 3); stand(t, bin, "mine", out, 0) }, "mine", "xdg-open URL mine URL"},
		"the alternative":         {func(bin, _, out string) { stand(t, bin, "x-www-browser", out, 0) }, "", "x-www-browser URL"},
		"a browser":               {func(bin, _, out string) { stand(t, bin, "x-www-browser", out, 1); stand(t, bin, "firefox", out, 0) }, "", "x-www-browser URL firefox URL"},
		"a browser's usual place": {func(bin, home, out string) {
			stand(t, bin, "x-www-browser", out, 1)
			stand(t, filepath.Join(home, ".local/bin"), "naver-whale", out, 0) // which no distribution has
		}, "", "naver-whale URL"},
		"a Flatpak, by its own name": {func(bin, home, out string) {
			stand(t, filepath.Join(home, ".local/share/flatpak/exports/bin"), "org.mozilla.firefox", out, 0)
		}, "org.mozilla.firefox", "org.mozilla.firefox URL"},
	} {
		dir := t.TempDir()
		bin, home, out := filepath.Join(dir, "bin"), filepath.Join(dir, "home"), filepath.Join(dir, "out")
		must(t, os.MkdirAll(bin, 0o700))
		t.Setenv("PATH", bin)
		t.Setenv("HOME", home)
		t.Setenv("BROWSER", c.browser)
		c.stand(bin, home, out)
		b := desktop.NewBrowser(nil, "")
		if strings.HasSuffix(name, "usual place") {
			// This computer has browsers of its own in the usual places: only ours count.
			all := b.Commands
			b.Commands = func() [][]string {
				return slices.DeleteFunc(all(), func(c []string) bool { return !strings.HasPrefix(c[0], home) })
			}
		}
		must(t, b.Open(t.Context(), firstHop))
		if got := strings.Join(strings.Fields(strings.ReplaceAll(arguments(t, out), firstHop, "URL")), " "); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestAFolderIsNotShownByABrowser(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	t.Setenv("PATH", dir)
	t.Setenv("BROWSER", "mine")
	stand(t, dir, "mine", out, 0)
	stand(t, dir, "xdg-open", out, 4)
	if err := desktop.NewBrowser(nil, "").OpenFolder(t.Context(), dir); app.CodeOf(err) != app.CodeBrowserUnavailable {
		t.Error(err)
	}
	if got := arguments(t, out); got != "xdg-open\n"+dir+"\n" {
		t.Errorf("started: %q", got)
	}
}

// The browser gets the environment that the person has, not what we or our package set.
func TestTheBrowsersEnvironmentIsThePersonsOwn(t *testing.T) {
	own := []string{"PATH=/usr/bin", "LANG=ko_KR.UTF-8", "EMPTY=", "DISPLAY=:0"}
	for name, c := range map[string]struct{ start, want []string }{
		"plain": {append(own, "GDK_BACKEND=wayland"), append(own, "GDK_BACKEND=wayland")},
		"ours":  {append(own, "MUNPAE_GITHUB_CLIENT_SECRET=hush"), own},
		"a snap": {
			[]string{"SNAP=/snap/munpae/7", "SNAP_NAME=munpae", "SNAP_USER_DATA=/home/k/snap/munpae/7", "SNAP_REAL_HOME=/home/k", "HOME=/home/k/snap/munpae/7", "PATH=/snap/munpae/7/bin:/usr/bin",
				"LD_LIBRARY_PATH=/snap/munpae/7/lib:/snap/munpae/7/usr/lib", "GTK_PATH=/snap/munpae/7/gtk", "XDG_DATA_DIRS=/snap/munpae/7/share:/usr/share", "XDG_CONFIG_HOME=/home/k/snap/munpae/7/.config", "DISPLAY=:0"},
			[]string{"HOME=/home/k", "PATH=/usr/bin", "XDG_DATA_DIRS=/usr/share", "DISPLAY=:0"},
		},
		"an AppImage": {
			[]string{"APPDIR=/tmp/.mount_MunpaeX", "APPIMAGE=/home/k/Munpae.AppImage", "ARGV0=./Munpae.AppImage", "OWD=/home/k", "PATH=/tmp/.mount_MunpaeX/usr/bin:/usr/bin",
				"LD_LIBRARY_PATH=/tmp/.mount_MunpaeX/usr/lib:/opt/cuda/lib", "GIO_MODULE_DIR=/tmp/.mount_MunpaeX/usr/lib/gio/modules", "QT_PLUGIN_PATH=/tmp/.mount_MunpaeX/qt", "APPIMAGE_ORIGINAL_QT_PLUGIN_PATH=/usr/lib/qt",
				"PYTHONHOME=/tmp/.mount_MunpaeX/usr/", "NEAR=/tmp/.mount_MunpaeXtra/lib"},
			[]string{"PATH=/usr/bin", "LD_LIBRARY_PATH=/opt/cuda/lib", "QT_PLUGIN_PATH=/usr/lib/qt", "NEAR=/tmp/.mount_MunpaeXtra/lib"},
		},
		"a Flatpak": {
			[]string{"FLATPAK_ID=example.Munpae", "FLATPAK_SANDBOX_DIR=/x", "PATH=/app/bin:/usr/bin", "LD_LIBRARY_PATH=/app/lib", "XDG_DATA_DIRS=/app/share:/usr/share", "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus"},
			[]string{"PATH=/usr/bin", "XDG_DATA_DIRS=/usr/share", "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus"},
		},
		"a root that is no package": {append(own, "APPDIR=/"), own},
	} {
		if got := desktop.Environment(c.start, "MUNPAE_"); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, c.want)
		}
	}
}

func TestWhatWeSetForOurselvesDoesNotReachTheBrowser(t *testing.T) {
	b, out := opener(t, "")
	script := strings.TrimSuffix(out, "arguments") + "xdg-open"
	must(t, os.WriteFile(script, []byte("#!/bin/sh\nenv > '"+out+"'\n"), 0o700))
	t.Setenv("GDK_BACKEND", "x11") // as webview does before GTK starts
	must(t, b.Open(t.Context(), firstHop))
	if got := arguments(t, out); strings.Contains(got, "GDK_BACKEND") || !strings.Contains(got, "PATH=") {
		t.Errorf("its environment is\n%s", got)
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
