package desktop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// openerPatience is how long an opener may take to fail. One that still runs then
// has become the browser, or waits for it.
const openerPatience = 5 * time.Second

// tokenPatience is how long the compositor may take for a token, which mostly comes at once.
const tokenPatience = time.Second

// Browser opens the person's own browser: the first hop of a sign-in, or a page
// that a provider is configured with, and nothing else whoever asks. It implements
// attempt.Browser.
type Browser struct {
	// Commands returns the programs that may open an address, the best first, each with
	// its arguments; the address takes the place of "%s", or comes last. A program that
	// fails is followed by the next.
	Commands func() [][]string
	// Desktop opens an address or a folder without a program of its own and reports
	// whether it did; Commands are for what it did not. nil: there is no such way.
	Desktop func(ctx context.Context, what, token string) bool
	// Token makes an activation token, with which a compositor lets what is opened come to
	// the front, or an empty one. nil: there is none.
	Token func(ctx context.Context) string
	// Pages are the addresses besides first hops: every app.Provider.Pages. Allow adds to
	// them.
	Pages []string
	// Settings is how the names of our settings begin; "MUNPAE_" if empty.
	Settings string
	// Patience is openerPatience if 0.
	Patience time.Duration

	mu sync.Mutex // guards Pages once the window is open
}

// Allow lets pages be opened, too: those of a provider that was set since the start.
func (b *Browser) Allow(pages ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Pages = append(b.Pages, pages...)
}

// NewBrowser returns the openers of this operating system. settings is how the names of
// our settings begin, which no other program is given.
func NewBrowser(pages []string, settings string) *Browser {
	return &Browser{Commands: openers, Desktop: openByDesktop, Pages: pages, Settings: settings}
}

// openers finds the system's opener, and what else can open an address where that is
// missing or fails.
func openers() [][]string {
	switch runtime.GOOS {
	case "windows":
		// By its full name: the search path starts in the working directory there.
		return [][]string{{filepath.Join(os.Getenv("SystemRoot"), "System32", "rundll32.exe"), "url.dll,FileProtocolHandler"}}
	case "darwin":
		return [][]string{{"/usr/bin/open"}}
	}
	var found [][]string
	add := func(command ...string) {
		if program := findProgram(command[0]); program != "" {
			found = append(found, append([]string{program}, command[1:]...))
		}
	}
	add(systemOpener)
	for _, command := range filepath.SplitList(os.Getenv("BROWSER")) { // a list of commands, tried in turn
		if words := strings.Fields(command); len(words) > 0 {
			add(words...)
		}
	}
	for _, name := range browsers {
		add(name)
	}
	return found
}

// systemOpener asks the desktop for the person's own choice. It shows folders too.
const systemOpener = "xdg-open"

// browsers are programs by the names that they have in the search path, or in the usual
// places beside it: Debian's alternatives, then the browsers themselves.
var browsers = []string{
	"x-www-browser", "sensible-browser", "gnome-www-browser",
	"firefox", "firefox-esr", "google-chrome", "google-chrome-stable", "chromium", "chromium-browser", "naver-whale", "whale", "microsoft-edge",
	"brave-browser", "vivaldi", "opera", "epiphany-browser", "epiphany", "falkon", "konqueror",
	"org.mozilla.firefox", "com.google.Chrome", "org.chromium.Chromium", "com.microsoft.Edge", "com.brave.Browser", "org.gnome.Epiphany",
}

// findProgram returns the path of a program, or "".
func findProgram(name string) string {
	if program, err := exec.LookPath(name); err == nil {
		return program
	}
	if strings.ContainsRune(name, filepath.Separator) {
		return ""
	}
	places := []string{"/usr/local/bin", "/usr/bin", "/bin", "/snap/bin", "/var/lib/flatpak/exports/bin", "/opt/google/chrome", "/opt/firefox", "/opt/naver/whale"}
	if home, err := os.UserHomeDir(); err == nil {
		places = append(places, filepath.Join(home, ".local", "share", "flatpak", "exports", "bin"), filepath.Join(home, ".local", "bin"))
	}
	for _, dir := range places {
		if program, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return program
		}
	}
	return ""
}

// Program returns the file name of the opener that is tried first, for the self-tests.
// CodeBrowserUnavailable.
func (b *Browser) Program() (string, error) {
	if all := b.Commands(); len(all) > 0 {
		return all[0][0], nil
	}
	return "", app.Fail(app.CodeBrowserUnavailable, errors.New("no opener, and no browser in the usual places"))
}

// Open opens address and returns when an opener has ended well, or runs on.
// CodeBrowserUnavailable; CodeForbidden for an address that is not on the list.
func (b *Browser) Open(ctx context.Context, address string) error {
	if !b.allowed(address) {
		return app.Fail(app.CodeForbidden, errors.New("desktop: not an address that the browser opens"))
	}
	return b.try(ctx, b.Commands, address)
}

// OpenFolder shows a folder in the file manager. CodeBrowserUnavailable.
func (b *Browser) OpenFolder(ctx context.Context, dir string) error {
	if !filepath.IsAbs(dir) {
		return app.Fail(app.CodeForbidden, errors.New("desktop: not an absolute folder"))
	}
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		return app.Fail(app.CodeNotFound, err)
	}
	commands := b.Commands
	if runtime.GOOS != "windows" && runtime.GOOS != "darwin" {
		commands = func() [][]string { // a browser is no file manager
			return slices.DeleteFunc(b.Commands(), func(c []string) bool { return filepath.Base(c[0]) != systemOpener })
		}
	}
	return b.try(ctx, commands, dir)
}

var (
	firstHopPath  = regexp.MustCompile(`^/oauth/[a-z][a-z0-9]*/login/$`)
	firstHopQuery = regexp.MustCompile(`^n=[A-Za-z0-9_-]+$`)
)

// allowed accepts the exact configured pages, and what a redirect listener of
// this app makes as its first hop.
func (b *Browser) allowed(address string) bool {
	b.mu.Lock()
	page := slices.Contains(b.Pages, address)
	b.mu.Unlock()
	if page {
		return strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://")
	}
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "http" && u.User == nil && u.Fragment == "" && u.RawPath == "" &&
		u.Hostname() == "127.0.0.1" && u.Port() != "" && firstHopPath.MatchString(u.Path) && firstHopQuery.MatchString(u.RawQuery) &&
		u.String() == address
}

// try asks the desktop, and then runs one command after the other until one does it.
func (b *Browser) try(ctx context.Context, commands func() [][]string, what string) error {
	token := ""
	if b.Token != nil {
		soon, stop := context.WithTimeout(ctx, tokenPatience)
		token = b.Token(soon)
		stop()
	}
	if b.Desktop != nil && b.Desktop(ctx, what, token) {
		return nil
	}
	err := app.Fail(app.CodeBrowserUnavailable, errors.New("no opener, and no browser in the usual places"))
	failures := []error{}
	for _, command := range commands() {
		failed := b.start(ctx, command, what, token)
		if failed == nil {
			return nil
		}
		failures = append(failures, failed)
	}
	if len(failures) > 0 {
		err.Err = errors.Join(failures...)
	}
	return err
}

// start runs a command, never through a shell, in the person's own environment and with
// nothing of its output on our terminal. It outlives us.
func (b *Browser) start(ctx context.Context, command []string, what, token string) error {
	arguments := slices.Clone(command[1:])
	if n := slices.Index(arguments, "%s"); n >= 0 {
		arguments[n] = what
	} else {
		arguments = append(arguments, what)
	}
	c := exec.Command(command[0], arguments...)
	c.Env = environment(Inherited(), cmp.Or(b.Settings, "MUNPAE_"))
	if token != "" {
		c.Env = append(c.Env, "XDG_ACTIVATION_TOKEN="+token, "DESKTOP_STARTUP_ID="+token) // as GLib does: older ones know the second
	}
	detach(c)
	if err := c.Start(); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(command[0]), withoutArguments(err))
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	patience := b.Patience
	if patience == 0 {
		patience = openerPatience
	}
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case err := <-ended:
		// Windows' opener returns nothing of use.
		if err != nil && runtime.GOOS != "windows" {
			return fmt.Errorf("%s: %w", filepath.Base(command[0]), err)
		}
	case <-t.C:
	case <-ctx.Done():
	}
	return nil
}

// withoutArguments keeps the address out of the log.
func withoutArguments(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}
